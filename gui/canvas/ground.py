"""Basemaps: a picture below every layer, from a GeoTIFF, an MBTiles file or a tile service. Knows no widget.

``read`` is called in the drawing thread. It never waits for the network: what a service has not sent yet is left out, or
stands there coarser, and the map is drawn again when it has come.
"""

from __future__ import annotations

import contextlib
import hashlib
import html
import math
import os
import re
import sqlite3
import ssl
import threading
import time
import urllib.error
import urllib.request
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, urlsplit

import numpy as np
from PyQt5.QtCore import Qt
from PyQt5.QtGui import QImage

from gui.canvas.geodesy import transform_bounds
from gui.canvas.prepare import Box
from gui.canvas.raster import RasterError, read_raster
from sanxian import __version__
from sanxian.errors import TellingError
from sanxian.i18n import N_, _

SIDE = 256  # pixels of a tile
MOST_TILES = 160  # of one picture: a screen of 4K shows 150
HELD_TILES = 256
CACHE_BYTES = 256 * 1024 * 1024
LARGEST_TILE = 4 * 1024 * 1024
SECONDS = 15.0  # for one tile
REST_SECONDS = 20.0  # after the service could not be reached, or has refused so many in a row
REFUSALS = 3
FAILED_SECONDS = 300.0  # before a tile that was refused is asked for again
TELL_SECONDS = 0.4
_EQUATOR = 20037508.342789244  # half the width of the Mercator world in metres

TIANDITU = ("https://t{{s}}.tianditu.gov.cn/{layer}_{grid}/wmts?SERVICE=WMTS&REQUEST=GetTile&VERSION=1.0.0&LAYER={layer}"
            "&STYLE=default&TILEMATRIXSET={grid}&FORMAT=tiles&TILEMATRIX={{z}}&TILEROW={{y}}&TILECOL={{x}}&tk={{key}}")


# What providers want to be named by; of others nobody but the person knows.
ATTRIBUTIONS = (
    ("tianditu.gov.cn", N_("© 国家地理信息公共服务平台“天地图”")), ("openstreetmap.org", N_("© OpenStreetMap 贡献者")),
)


class GroundError(TellingError):
    """A basemap that cannot be used; says why."""


@dataclass(frozen=True)
class Grid:
    """How tiles are laid out.

    Attributes:
        crs: ``crs_key`` of the tiles.
        left, top: Where the first tile begins.
        width: Of the world in units of ``crs``; 2**z tiles.
        tall: Share of the height to the width.
    """

    crs: str
    left: float
    top: float
    width: float
    tall: float

    def span(self, zoom: int) -> float:
        """Width of a tile."""
        return self.width / 2**zoom

    def rows(self, zoom: int) -> int:
        """How many tiles stand above one another."""
        return max(int(2**zoom * self.tall), 1)


GRIDS = {"w": Grid("EPSG:3857", -_EQUATOR, _EQUATOR, 2 * _EQUATOR, 1.0), "c": Grid("EPSG:4490", -180.0, 90.0, 360.0, 0.5)}
Tile = tuple[int, int, int]  # zoom, column, row from the top
Get = Callable[[Tile], "np.ndarray | None"]


def tiles_of(grid: Grid, box: Box, size: float, lowest: int, highest: int) -> tuple[int, range, range] | None:
    """Zoom, columns and rows that show a box of the grid's CRS at ``size`` units a pixel; None outside of the world."""
    wanted = math.log2(grid.width / (SIDE * max(size, 1e-12)))
    zoom = min(max(round(wanted + 0.2), lowest), highest)
    while True:
        span, most = grid.span(zoom), 2**zoom
        columns = range(max(math.floor((box[0] - grid.left) / span), 0), min(math.floor((box[2] - grid.left) / span), most - 1) + 1)
        rows = range(max(math.floor((grid.top - box[3]) / span), 0),
                     min(math.floor((grid.top - box[1]) / span), grid.rows(zoom) - 1) + 1)
        if not len(columns) or not len(rows):
            return None
        if len(columns) * len(rows) <= MOST_TILES or zoom <= lowest:
            return zoom, columns, rows
        zoom -= 1


def laid(grid: Grid, zooms: tuple[int, int], get: Get, crs: str, extent: Box, pixel: float,
         asked: Callable[[list[Tile]], None] = lambda tiles: None) -> tuple[np.ndarray, Box] | None:
    """Tiles put together and carried into the CRS of the map: RGBA bytes (rows, columns, 4) and the box they cover.

    Args:
        get: Gives a tile's RGBA bytes (256, 256, 4), or None where it is not there (yet).
        asked: Is told which tiles the view needs, before they are taken.
    """
    from rasterio.crs import CRS
    from rasterio.transform import from_origin
    from rasterio.warp import Resampling, reproject

    width, height = max(round((extent[2] - extent[0]) / pixel), 1), max(round((extent[3] - extent[1]) / pixel), 1)
    box = transform_bounds(extent, crs, grid.crs)
    found = None if box is None else tiles_of(grid, box, (box[2] - box[0]) / width, *zooms)
    if box is None or found is None or len(found[1]) * len(found[2]) > 4 * MOST_TILES:
        asked([])
        return None
    zoom, columns, rows = found
    tiles = [(zoom, x, y) for y in rows for x in columns]
    asked(tiles)
    sheet = np.zeros((len(rows) * SIDE, len(columns) * SIDE, 4), np.uint8)
    empty = True
    for tile in tiles:
        picture = get(tile)
        if picture is None:
            picture = _coarser(tile, zooms[0], get)
        if picture is not None:
            top, left = (tile[2] - rows[0]) * SIDE, (tile[1] - columns[0]) * SIDE
            sheet[top : top + SIDE, left : left + SIDE] = picture
            empty = False
    if empty:
        return None
    step = grid.span(zoom) / SIDE
    origin = from_origin(grid.left + columns[0] * grid.span(zoom), grid.top - rows[0] * grid.span(zoom), step, step)
    target = np.zeros((4, height, width), np.uint8)
    reproject(np.ascontiguousarray(np.moveaxis(sheet, -1, 0)), target, src_transform=origin,
              src_crs=CRS.from_user_input(grid.crs), dst_transform=from_origin(extent[0], extent[3], pixel, pixel),
              dst_crs=CRS.from_user_input(crs), resampling=Resampling.bilinear, num_threads=2)
    return np.ascontiguousarray(np.moveaxis(target, 0, -1)), (
        extent[0], extent[3] - height * pixel, extent[0] + width * pixel, extent[3])


def _coarser(tile: Tile, lowest: int, get: Get) -> np.ndarray | None:
    """The piece of a tile further up that covers this one, for as long as nothing better is there."""
    zoom, x, y = tile
    for up in range(1, 5):
        if zoom - up < lowest:
            return None
        above = get((zoom - up, x >> up, y >> up))
        if above is not None:
            side = SIDE >> up
            left, top = (x - ((x >> up) << up)) * side, (y - ((y >> up) << up)) * side
            piece = above[top : top + side, left : left + side]
            return piece.repeat(1 << up, axis=0).repeat(1 << up, axis=1)
    return None


def picture_of(raw: bytes) -> np.ndarray | None:
    """The picture of a tile as RGBA bytes (256, 256, 4), or None where the bytes are no picture."""
    image = QImage.fromData(raw)
    if image.isNull():
        return None
    if (image.width(), image.height()) != (SIDE, SIDE):
        image = image.scaled(SIDE, SIDE, Qt.IgnoreAspectRatio, Qt.SmoothTransformation)
    image = image.convertToFormat(QImage.Format_RGBA8888)
    memory = image.constBits()
    memory.setsize(image.sizeInBytes())
    return np.frombuffer(memory, np.uint8).reshape(SIDE, SIDE, 4).copy()


class _Held:
    """The tiles used last, ready to be laid."""

    def __init__(self) -> None:
        self._tiles: OrderedDict[object, np.ndarray] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: object) -> np.ndarray | None:
        with self._lock:
            found = self._tiles.get(key)
            if found is not None:
                self._tiles.move_to_end(key)
            return found

    def put(self, key: object, tile: np.ndarray) -> None:
        with self._lock:
            self._tiles[key] = tile
            while len(self._tiles) > HELD_TILES:
                self._tiles.popitem(last=False)


class GroundRaster:
    """A raster file with a CRS, such as a GeoTIFF.

    Raises:
        GroundError: It cannot be read, or has no CRS.
    """

    def __init__(self, path: Path) -> None:
        from gui.canvas.raster import raster_bounds, raster_copyright

        self.path = path
        try:
            raster_bounds(path, GRIDS["c"].crs)
        except RasterError as error:
            raise GroundError(N_("底图不能用：{why}"), why=error) from error
        self._attribution = raster_copyright(path)

    def attribution(self) -> str:
        """Whose it is, as the file says."""
        return plain_text(self._attribution)

    def read(self, crs: str, extent: Box, pixel: float) -> tuple[np.ndarray, Box] | None:
        """As ``read_raster``."""
        return read_raster(self.path, crs, extent, pixel)

    def close(self) -> None:
        """Nothing is held open."""


class MbTiles:
    """Raster tiles in one SQLite file.

    Raises:
        GroundError: It is no MBTiles file, or holds vector tiles.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.Lock()
        self._held = _Held()
        try:
            self._file = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, check_same_thread=False)
            about = dict(self._file.execute("SELECT name, value FROM metadata"))
            lowest, highest = self._file.execute("SELECT min(zoom_level), max(zoom_level) FROM tiles").fetchone()
        except sqlite3.Error as error:
            raise GroundError(N_("“{name}”不是 MBTiles 瓦片文件（{why}）。"), name=path.name, why=error) from error
        if about.get("format") in ("pbf", "mvt"):
            self._file.close()
            raise GroundError(N_("“{name}”装的是矢量瓦片，底图要用图片瓦片（png、jpg、webp）。"), name=path.name)
        if lowest is None:
            self._file.close()
            raise GroundError(N_("“{name}”里没有瓦片。"), name=path.name)
        some = self._file.execute("SELECT tile_data FROM tiles LIMIT 5").fetchall()
        if all(picture_of(bytes(data or b"")) is None for (data,) in some):  # vector tiles often do not say so
            self._file.close()
            raise GroundError(N_("“{name}”里的瓦片不是能显示的图片，底图要用 png、jpg 或 webp 瓦片。"), name=path.name)
        self.zooms = int(lowest), int(highest)
        self._attribution = str(about.get("attribution") or "")

    def attribution(self) -> str:
        """Whose it is, as the file says."""
        return plain_text(self._attribution)

    def _get(self, tile: Tile) -> np.ndarray | None:
        held = self._held.get(tile)
        if held is not None:
            return held
        zoom, x, y = tile
        with self._lock:
            found = self._file.execute("SELECT tile_data FROM tiles WHERE zoom_level=? AND tile_column=? AND tile_row=?",
                                       (zoom, x, 2**zoom - 1 - y)).fetchone()
        picture = picture_of(found[0]) if found is not None else None
        if picture is not None:
            self._held.put(tile, picture)
        return picture

    def read(self, crs: str, extent: Box, pixel: float) -> tuple[np.ndarray, Box] | None:
        """What of the extent there are tiles of."""
        try:
            return laid(GRIDS["w"], self.zooms, self._get, crs, extent, pixel)
        except sqlite3.Error as error:
            raise RasterError(_("底图不能用：{why}").format(why=error)) from error

    def close(self) -> None:
        """Let the file go."""
        with self._lock:
            self._file.close()


class TileCache:
    """Tiles of services on the disk, at most ``bound`` bytes; those that have lain longest go first."""

    def __init__(self, folder: Path, bound: int = CACHE_BYTES) -> None:
        self.folder, self.bound = folder, bound
        self._lock = threading.Lock()
        self._bytes: int | None = None

    def _path(self, source: str, tile: Tile) -> Path:
        # A digest, so that no key of a person's stands in a file's name.
        return self.folder / hashlib.sha256(source.encode()).hexdigest()[:16] / str(tile[0]) / f"{tile[1]}_{tile[2]}"

    def get(self, source: str, tile: Tile) -> bytes | None:
        """What is kept of a tile."""
        try:
            return self._path(source, tile).read_bytes()
        except OSError:
            return None

    def put(self, source: str, tile: Tile, raw: bytes) -> None:
        """Keep a tile; a disk that takes nothing is no reason to stop."""
        path = self._path(source, tile)
        with self._lock, contextlib.suppress(OSError):
            path.parent.mkdir(parents=True, exist_ok=True)
            spare = path.with_name(f"{path.name}.{os.getpid()}.new")
            spare.write_bytes(raw)
            os.replace(spare, path)
            self._bytes = (self._bytes + len(raw)) if self._bytes is not None else self.size()
            if self._bytes > self.bound:
                self._shrink()

    def _files(self) -> list[tuple[float, int, Path]]:
        found = []
        for path in self.folder.rglob("*"):
            with contextlib.suppress(OSError):
                if path.is_file():
                    about = path.stat()
                    found.append((about.st_mtime, about.st_size, path))
        return sorted(found)

    def _shrink(self) -> None:
        files = self._files()
        total = sum(size for _when, size, _path in files)
        for _when, size, path in files:
            if total <= self.bound * 0.8:
                break
            with contextlib.suppress(OSError):
                path.unlink()
                total -= size
        self._bytes = total

    def size(self) -> int:
        """Bytes on the disk."""
        return sum(size for _when, size, _path in self._files())

    def clear(self) -> None:
        """Throw every tile away."""
        with self._lock:
            for _when, _size, path in self._files():
                with contextlib.suppress(OSError):
                    path.unlink()
            self._bytes = 0


class _SameHost(urllib.request.HTTPRedirectHandler):
    """A service that was agreed to must not send the program on to another."""

    def redirect_request(self, req, fp, code, msg, headers, newurl):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN201, PLR0913
        here, there = urlsplit(req.full_url), urlsplit(newurl)
        if there.hostname != here.hostname or (here.scheme == "https" and there.scheme != "https"):
            return None
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def host_of(template: str) -> str:
    """The name of the service that a template asks; '' where it is none."""
    try:
        parts = urlsplit(template.replace("{s}", "0"))
        return (parts.hostname or "") if parts.scheme in ("http", "https") else ""
    except ValueError:
        return ""


def known_attribution(templates: Sequence[str]) -> str:
    """Whose the tiles of known services are, in the language of now; '' where no service is known."""
    hosts = [host_of(one) for one in templates]
    return " ".join(_(text) for name, text in ATTRIBUTIONS if any(host == name or host.endswith("." + name) for host in hosts))


def plain_text(markup: str) -> str:
    """The words of an attribution, which files write as HTML with links."""
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", markup)).split())[:300]


def check_template(template: str, key: str) -> None:
    """See that tiles can be asked for.

    Raises:
        GroundError: It is no address, lacks a place for zoom, column or row, or wants a key that is not given.
    """
    if not host_of(template):
        raise GroundError(N_("“{url}”不是 http:// 或 https:// 开头的瓦片地址。"), url=template[:80])
    lacking = [one for one in ("{z}", "{x}") if one not in template]
    if "{y}" not in template and "{-y}" not in template:
        lacking.append("{y}")
    if lacking:
        raise GroundError(N_("瓦片地址里缺 {marks}。"), marks=" ".join(lacking))
    if "{key}" in template and not key:
        raise GroundError(N_("这个地址要用密钥，请填写自己申请的密钥。"))


class WebTiles:
    """Tiles of a service that a person has asked for; only those of the area in view are requested, by two threads.

    Args:
        templates: Addresses with ``{z} {x} {y}`` (or ``{-y}``, counted from below), ``{s}`` for 0 to 7 and ``{key}``;
            drawn one over another.
        arrived: Called, in another thread, when tiles have come.
        told: Called, in another thread, with a sentence when the service stops answering, and once until it answers.
    """

    def __init__(self, templates: Sequence[str], grid: str, key: str, cache: TileCache, *, highest: int = 18,
                 arrived: Callable[[], None] = lambda: None, told: Callable[[str], None] = lambda words: None) -> None:
        for template in templates:
            check_template(template, key)
        self.templates, self.grid, self._key, self.cache = tuple(templates), GRIDS[grid], key, cache
        self.zooms = (1 if grid == "c" else 0), highest
        self._arrived, self._told = arrived, told
        self._held = _Held()
        self._wake = threading.Condition()
        self._wanted: list[tuple[str, Tile]] = []
        self._busy: set[tuple[str, Tile]] = set()
        self._failed: dict[tuple[str, Tile], float] = {}
        self._rest_until = 0.0
        self._silent = self._over = False
        self._refused = 0  # in a row
        self._last = 0.0
        self._threads: list[threading.Thread] = []
        self._opener = urllib.request.build_opener(_SameHost())

    def attribution(self) -> str:
        """Whose the tiles are, where the service is a known one."""
        return known_attribution(self.templates)

    # -- in the drawing thread -------------------------------------------------------------------------------------
    def read(self, crs: str, extent: Box, pixel: float) -> tuple[np.ndarray, Box] | None:
        """What has come of the extent; the rest is asked for."""
        pictures: list[tuple[np.ndarray, Box]] = []
        missing: list[tuple[str, Tile]] = []
        for template in self.templates:
            tiles: list[Tile] = []
            found = laid(self.grid, self.zooms, lambda tile, of=template: self._get(of, tile), crs, extent, pixel, tiles.extend)
            missing += [(template, tile) for tile in tiles if self._get(template, tile) is None]
            if found is not None:
                pictures.append(found)
        self._want(missing)
        if not pictures:
            return None
        below, box = pictures[0]
        for above, _box in pictures[1:]:
            share = above[..., 3:].astype(np.uint16)
            below = ((above * share + below * (255 - share)) // 255).astype(np.uint8)
            below[..., 3] = np.maximum(pictures[0][0][..., 3], above[..., 3])
        return below, box

    def _get(self, template: str, tile: Tile) -> np.ndarray | None:
        held = self._held.get((template, tile))
        if held is None:
            raw = self.cache.get(template, tile)
            held = picture_of(raw) if raw is not None else None
            if held is not None:
                self._held.put((template, tile), held)
        return held

    def _want(self, tiles: list[tuple[str, Tile]]) -> None:
        now = time.monotonic()
        with self._wake:
            if self._over:
                return
            # What an earlier view wanted and has not got is forgotten: nobody looks at it.
            self._wanted = [one for one in tiles if one not in self._busy
                            and now - self._failed.get(one, -FAILED_SECONDS) >= FAILED_SECONDS]
            if self._wanted and not self._threads:
                self._threads = [threading.Thread(target=self._serve, name=f"basemap-{i}", daemon=True) for i in range(2)]
                for thread in self._threads:
                    thread.start()
            self._wake.notify_all()

    # -- in threads of its own -------------------------------------------------------------------------------------
    def _serve(self) -> None:
        while True:
            with self._wake:
                while not self._over and (not self._wanted or time.monotonic() < self._rest_until):
                    self._wake.wait(1.0 if self._wanted else None)
                if self._over:
                    return
                one = self._wanted.pop(0)
                self._busy.add(one)
            try:
                raw = self._fetch(*one)
                picture = picture_of(raw)
                if picture is None:
                    raise ValueError(_("回答不是图片"))
            except Exception as error:  # noqa: BLE001 - whatever a service answers must not end the thread
                self._fell(one, error)
            else:
                self.cache.put(*one, raw)
                self._held.put(one, picture)
                self._came(one)

    def _fetch(self, template: str, tile: Tile) -> bytes:
        zoom, x, y = tile
        # As a browser would send it: an address with a blank would come back, with the key, in an error.
        for mark, value in (("{z}", zoom), ("{x}", x), ("{y}", y), ("{-y}", 2**zoom - 1 - y), ("{s}", (x + y) % 8),
                            ("{key}", quote(self._key, safe=""))):
            template = template.replace(mark, str(value))
        template = quote(template, safe="%/:=&?~#+!$,;'@()*[]")
        request = urllib.request.Request(template, headers={"User-Agent": f"sanxian/{__version__}"})  # noqa: S310 - http only, see check_template
        with self._opener.open(request, timeout=SECONDS) as answer:
            return answer.read(LARGEST_TILE)

    def _came(self, one: tuple[str, Tile]) -> None:
        with self._wake:
            self._busy.discard(one)
            self._silent, self._refused = False, 0
            now = time.monotonic()
            tell = not self._over and (not (self._wanted or self._busy) or now - self._last > TELL_SECONDS)
            if tell:
                self._last = now
                self._arrived()

    def _fell(self, one: tuple[str, Tile], error: Exception) -> None:
        host = host_of(one[0])
        with self._wake:
            self._busy.discard(one)
            if isinstance(error, urllib.error.HTTPError):
                words = _("底图服务“{host}”拒绝了请求（{code}），请核对地址和密钥。").format(host=host, code=error.code)
                error.close()
                self._failed[one] = time.monotonic()
                told = error.code != 404  # a place that the service has no tile of
                self._refused += told
                if self._refused >= REFUSALS:  # a key that is no good any more: each tile in view need not hear that
                    self._rest_until = time.monotonic() + REST_SECONDS
            elif isinstance(reason := getattr(error, "reason", error), ssl.SSLCertVerificationError):
                words = _("底图服务“{host}”的证书无法核实（{why}），没有向它请求瓦片。").format(host=host, why=reason.verify_message)
                told = True
                self._wanted.insert(0, one)
                self._rest_until = time.monotonic() + REST_SECONDS
            else:
                # urllib's own words name no address, hence no key.
                words = _("底图服务“{host}”没有应答（{why}），先显示已存的瓦片。").format(host=host, why=reason)
                told = True
                if isinstance(error, ValueError):
                    self._failed[one] = time.monotonic()
                else:
                    self._wanted.insert(0, one)
                    self._rest_until = time.monotonic() + REST_SECONDS
            if told and not self._silent and not self._over:
                self._silent = True
                self._told(words)

    def close(self) -> None:
        """Ask for nothing more; what is under way is not told of any more."""
        with self._wake:
            self._over = True
            self._wanted = []
            self._wake.notify_all()


def open_file(path: Path) -> GroundRaster | MbTiles:
    """A basemap of a file.

    Raises:
        GroundError: It cannot be used as one.
    """
    if not path.is_file():
        raise GroundError(N_("找不到底图文件“{name}”。"), name=path)
    return MbTiles(path) if path.suffix.lower() == ".mbtiles" else GroundRaster(path)
