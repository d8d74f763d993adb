"""Layers of a workspace prepared once for each version and projection zone, and kept on disk beside the workspace.

What is kept can be deleted at any time: it is made again from the workspace. Its folder is named by a digest over the
shapes that it was made from, so that a changed layer never meets an old preparation. Its arrays are compared with the
digests written beside them when it is opened, unless no file of it was touched since that was last done.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from pyproj import CRS
from shapely.geometry.base import BaseGeometry

from layers.nearby import file_stamp as workspace_stamp
from spatial.crs import CGCS2000, STRAIGHT_M, _transformer, transform, units
from spatial.errors import SpatialError
from spatial.prepared import Prepared, PreparedError, has_grid

if TYPE_CHECKING:
    from spatial.rings import Rings

FORMAT = 3
LIMIT_BYTES = 8 * 1024**3  # a nation of 22.9 million vertices takes some 2 GB
_HALF_ZONE = 1.5


def cache_folder(workspace: Path) -> Path:
    """Where the preparations of a workspace are kept: beside it, or with the user's caches where that is read-only."""
    beside = workspace.resolve().parent / f".{workspace.stem}.sanxian-cache"
    if beside.is_dir() and os.access(beside, os.W_OK) or os.access(beside.parent, os.W_OK):
        return beside
    import platformdirs

    name = hashlib.sha256(str(workspace.resolve()).encode()).hexdigest()[:16]
    return Path(platformdirs.user_cache_dir("sanxian", appauthor=False)) / f"{workspace.stem}-{name}"


def margin_degrees(reach_m: float) -> float:
    """How far beyond its own three degrees of longitude a zone's layers must go, for sites of some size."""
    return 0.35 + reach_m / 60_000.0  # a degree of longitude is 65 km long at 54° N


def shapes_digest(shapes: np.ndarray, crs: CRS) -> str:
    """SHA-256 over shapes and their CRS."""
    found = hashlib.sha256(f"{FORMAT}\n{crs.to_wkt()}\n".encode())
    for first in range(0, len(shapes), 4096):
        for one in shapely.to_wkb(shapes[first : first + 4096], byte_order=1):
            found.update(len(one or b"").to_bytes(8, "little"))
            found.update(one or b"")
    return found.hexdigest()


def wkb_digest(body: np.ndarray, starts: np.ndarray, crs: CRS) -> str:
    """SHA-256 over shapes as they stand in their file, end to end, where each starts, and their CRS."""
    found = hashlib.sha256(f"{FORMAT}\nwkb\n{crs.to_wkt()}\n".encode())
    found.update(np.ascontiguousarray(starts).data)
    found.update(np.ascontiguousarray(body).data)
    return found.hexdigest()


def lonlat_bounds(shapes: np.ndarray, crs: CRS) -> np.ndarray:
    """West, south, east, north of each shape in EPSG:4490, a little too wide rather than too narrow; NaN for none."""
    return in_lonlat(shapely.bounds(shapes), crs)


def in_lonlat(bounds: np.ndarray, crs: CRS) -> np.ndarray:
    """Boxes of shapes as :func:`lonlat_bounds` gives them."""
    if crs.is_geographic and crs.srs == CGCS2000.srs:
        return bounds
    there = np.flatnonzero(np.isfinite(bounds).all(axis=1))
    west, south, east, north = bounds[there].T[:, :, None]
    along, ones = np.linspace(0.0, 1.0, 9), np.ones(9)
    across, up = west + (east - west) * along, south + (north - south) * along
    x = np.hstack([across, across, west * ones, east * ones])
    y = np.hstack([south * ones, north * ones, up, up])
    lon, lat = _transformer(crs, CGCS2000).transform(x.ravel(), y.ravel())
    lon, lat = np.reshape(lon, x.shape), np.reshape(lat, x.shape)
    found = np.full((len(bounds), 4), np.nan)
    for place, (low, high) in enumerate(((lon.min(axis=1), lon.max(axis=1)), (lat.min(axis=1), lat.max(axis=1)))):
        margin = 0.02 * (high - low)  # sides bend between the places looked at
        found[there, place], found[there, place + 2] = low - margin, high + margin
    return found


def within_zone(bounds: np.ndarray, zone: CRS, margin: float) -> np.ndarray:
    """Positions of the boxes in longitude and latitude that come within ``margin`` degrees of a projection zone."""
    west, east = span(zone, margin)
    with np.errstate(invalid="ignore"):
        return np.flatnonzero((bounds[:, 2] >= west) & (bounds[:, 0] <= east))


def span(zone: CRS, margin: float) -> tuple[float, float]:
    """First and last longitude of a 3-degree zone with a margin on both sides."""
    middle = 75.0 + 3.0 * (zone_code(zone) - 4534)
    return middle - _HALF_ZONE - margin, middle + _HALF_ZONE + margin


def zone_code(zone: CRS) -> int:
    """EPSG code of a projection zone; ``to_epsg`` searches the whole database each time."""
    text = zone.srs.upper()
    return int(text[5:]) if text.startswith("EPSG:") else (zone.to_epsg() or 0)


class Cache:
    """A folder of prepared layers, bounded in size.

    Args:
        folder: Where; ``None`` keeps nothing.
        limit: Bytes that all together may take; the ones used longest ago go first.
    """

    def __init__(self, folder: Path | None, *, limit: int = LIMIT_BYTES) -> None:
        self._folder = folder
        self._limit = limit
        self._used: set[str] = set()

    def prepared(self, parts: Sequence[Part | tuple[np.ndarray, CRS, str]], zone: CRS, margin: float) -> _Found:
        """Shapes of one or several layers carried to a zone and prepared there, from the folder or made now.

        Of several processes that want the same, one makes it and the others wait.

        Args:
            parts: Of each layer the shapes, their CRS, and :func:`shapes_digest` of them.
            zone: The projection zone.
            margin: Degrees beyond the zone that are taken in.

        Raises:
            SpatialError: A shape cannot be carried to the zone.
        """
        layers = [part if isinstance(part, Part) else Part(lambda part=part: part[0], part[1], part[2]) for part in parts]
        text = "\n".join([f"{FORMAT}", zone.srs, f"{margin:.6f}", *(layer.digest for layer in layers)])
        key = hashlib.sha256(text.encode()).hexdigest()[:32]
        kept = self._open(key)
        if kept is not None:
            return kept
        with self._making(key):
            kept = self._open(key)
            if kept is None:
                made = _prepare(layers, zone, margin)
                self._keep(key, made)
                kept = self._open(key) or made  # mapped from disk it takes no memory of its own
        return kept

    def digest(self, name: str, stamp: Sequence[Any], make: Callable[[], str]) -> str:
        """The digest of a layer's shapes, worked out again only where its file is another than when it was noted.

        Args:
            name: What tells the layer from the others of its file.
            stamp: How the file stands: size and time.
            make: Works it out.
        """
        note = None if self._folder is None else self._folder / ".layers.json"
        known: dict[str, Any] = {}
        if note is not None:
            with contextlib.suppress(OSError, ValueError):
                known = json.loads(note.read_text(encoding="utf-8"))
        entry = known.get(name) if isinstance(known, dict) else None
        if isinstance(entry, list) and len(entry) == 2 and entry[0] == [FORMAT, *stamp]:
            return str(entry[1])
        found = make()
        if note is not None and isinstance(known, dict):
            known[name] = [[FORMAT, *stamp], found]
            unfinished = note.with_name(f"{note.name}.{os.getpid()}")
            with contextlib.suppress(OSError):
                note.parent.mkdir(parents=True, exist_ok=True)
                unfinished.write_text(json.dumps(known, ensure_ascii=False, sort_keys=True), encoding="utf-8")
                os.replace(unfinished, note)
        return found

    @contextlib.contextmanager
    def _making(self, key: str) -> Iterator[None]:
        from layers.workspace import _os_lock

        lock = None
        if self._folder is not None:
            with contextlib.suppress(OSError):  # where nothing can be written, nobody waits for anybody
                self._folder.mkdir(parents=True, exist_ok=True)
                lock = (self._folder / f".{key}.lock").open("a+", encoding="ascii")
        if lock is None:
            yield
            return
        with lock:
            while True:
                try:
                    _os_lock(lock)
                    break
                except OSError:
                    time.sleep(0.1)
            yield
        with contextlib.suppress(OSError):
            Path(lock.name).unlink()

    def shape(self, made_from: str, make: Callable[[], BaseGeometry]) -> BaseGeometry:
        """One shape that takes long to make, from the folder or made now.

        Args:
            made_from: Digest of everything that it is made from, and how.
            make: Makes it.
        """
        key = hashlib.sha256(f"{FORMAT}\nshape\n{shapely.geos_version_string}\n{made_from}".encode()).hexdigest()[:32]
        if self._folder is not None:
            with contextlib.suppress(OSError):
                text = (self._folder / key / "shape").read_bytes()
                if hashlib.sha256(text[32:]).digest() == text[:32]:
                    self._used.add(key)
                    os.utime(self._folder / key)
                    return shapely.from_wkb(text[32:])
        found = make()
        if self._folder is not None:
            with contextlib.suppress(OSError):  # a full or read-only disk costs time and nothing else
                text = shapely.to_wkb(found)
                (self._folder / key).mkdir(parents=True, exist_ok=True)
                unfinished = self._folder / key / f"unfinished-{os.getpid()}"
                unfinished.write_bytes(hashlib.sha256(text).digest() + text)
                unfinished.replace(self._folder / key / "shape")
                self._used.add(key)
                self._trim()
        return found

    def _open(self, key: str) -> _Found | None:
        if self._folder is None or not (self._folder / key / "about.json").is_file():
            return None
        folder = self._folder / key
        try:
            found = _Found.of(Prepared.load(folder, verify=not _untouched(folder)))
        except (PreparedError, KeyError, ValueError, shapely.errors.ShapelyError):
            return None
        _note_stamps(folder)
        self._used.add(key)
        with contextlib.suppress(OSError):
            os.utime(folder)
        return found

    def _keep(self, key: str, made: _Found) -> None:
        if self._folder is None or made.prepared.engine != "grid":  # tiles are not kept
            return
        with contextlib.suppress(OSError):  # a full or read-only disk costs time and nothing else
            wkb = [bytes(one) for one in shapely.to_wkb(made.broken, byte_order=1)]
            starts = np.cumsum([0, *map(len, wkb)]).astype(np.int64)
            extra = {"rows": made.rows, "broken": np.frombuffer(b"".join(wkb), dtype=np.uint8), "broken_starts": starts}
            for former in self._folder.glob(f"{key}.unfinished-*"):  # of a process that was killed: only one makes it at a time
                shutil.rmtree(former, ignore_errors=True)
            made.prepared.save(self._folder / key, extra=extra)
            _note_stamps(self._folder / key)
            self._used.add(key)
            self._trim()

    def _trim(self) -> None:
        if self._folder is None:
            return
        sizes: list[tuple[float, int, Path]] = []
        for entry in self._folder.iterdir():
            if not entry.is_dir():
                continue
            with contextlib.suppress(OSError):
                size = sum(file.stat().st_size for file in entry.iterdir())
                sizes.append((entry.stat().st_mtime, size, entry))
        total = sum(size for _, size, _ in sizes)
        for _, size, entry in sorted(sizes):
            if total <= self._limit:
                break
            if entry.name not in self._used:
                shutil.rmtree(entry, ignore_errors=True)
                total -= size


class Part:
    """A layer to prepare.

    Attributes:
        shapes: Gives its shapes; asked only where nothing is kept.
        crs: Theirs.
        digest: :func:`shapes_digest` of them.
        band: Gives the positions and shapes of the features that may lie between two longitudes, without reading all.
        count: How many features there are, where ``band`` or ``wkb`` is given.
        wkb: As ``band``, the shapes as WKB end to end and where each starts; ``None`` where that is not to be had.
    """

    def __init__(
        self,
        shapes: Callable[[], np.ndarray],
        crs: CRS,
        digest: str,
        band: Callable[[float, float], tuple[np.ndarray, np.ndarray]] | None = None,
        count: int = 0,
        wkb: Callable[[float, float], tuple[np.ndarray, np.ndarray, np.ndarray] | None] | None = None,
    ) -> None:
        self.shapes, self.crs, self.digest, self._band, self._count, self._wkb = shapes, crs, digest, band, count, wkb

    def rings(self, zone: CRS, margin: float) -> tuple[np.ndarray, Rings, int] | None:
        """As :meth:`near`, as flat arrays; ``None`` where they cannot be had like this."""
        from spatial.rings import Rings

        found = None if self._wkb is None else self._wkb(*span(zone, margin))
        rings = None if found is None else Rings.of_wkb(*found[1:])
        if found is None or rings is None:
            return None
        chosen = within_zone(in_lonlat(rings.bounds(), self.crs), zone, margin)
        return found[0][chosen], rings.take(chosen), self._count

    def near(self, zone: CRS, margin: float) -> tuple[np.ndarray, np.ndarray, int]:
        """Positions and shapes of what comes within ``margin`` degrees of a zone, and how many features there are."""
        if self._band is None:
            shapes = self.shapes()
            rows, count = np.arange(len(shapes)), len(shapes)
        else:
            rows, shapes = self._band(*span(zone, margin))
            count = self._count
        chosen = within_zone(lonlat_bounds(shapes, self.crs), zone, margin)
        return rows[chosen], shapes[chosen], count


class _Found:
    """Prepared shapes, and from which rows they come.

    Attributes:
        rows: Position of each among the shapes of all parts, one after the other.
        broken: Shapes that were sound in their own CRS and are not in the zone; they are not among the prepared.
    """

    def __init__(self, prepared: Prepared, rows: np.ndarray, broken: np.ndarray) -> None:
        self.prepared, self.rows, self.broken = prepared, rows, broken

    @classmethod
    def of(cls, prepared: Prepared) -> _Found:
        """What was kept on disk."""
        body, starts = prepared.extra["broken"].tobytes(), prepared.extra["broken_starts"].tolist()
        wkb = [body[a:b] for a, b in zip(starts[:-1], starts[1:], strict=True)]
        return cls(prepared, prepared.extra["rows"], np.asarray(shapely.from_wkb(wkb), dtype=object).reshape(-1))


def _prepare(layers: Sequence[Part], zone: CRS, margin: float) -> _Found:
    return (_prepare_rings(layers, zone, margin) if has_grid() else None) or _prepare_shapes(layers, zone, margin)


def _prepare_rings(layers: Sequence[Part], zone: CRS, margin: float) -> _Found | None:
    """As :func:`_prepare_shapes`, without making shapes; ``None`` where it takes shapes to tell what comes out."""
    from spatial.rings import BEND_M, SOUND, TOUCHING, joined

    rows: list[np.ndarray] = []
    moved: list[Rings] = []
    start = 0
    for layer in layers:
        found = layer.rings(zone, margin)
        if found is None:
            return None
        chosen, given, count = found
        rows.append(chosen + start)
        start += count
        if not len(given):
            continue
        longest = units(STRAIGHT_M, layer.crs)
        fine = given.split(longest)
        there = fine.carried(layer.crs, zone)
        if not np.isfinite(there.xy).all() or not given.bends(longest, layer.crs, zone) <= BEND_M:
            return None
        # Whose edges keep apart hangs together as it did. What comes too close to tell is made anew from shapes, and
        # where that gives another thing than is here, all of it must be prepared from shapes.
        said = there.clear(fine)
        touching = np.flatnonzero(said == TOUCHING)
        said[touching[shapely.is_valid(_shapes(given.take(touching)))]] = SOUND
        doubtful = np.flatnonzero(said != SOUND)
        if doubtful.size:
            shapes = _shapes(given.take(doubtful))
            anew = np.asarray(transform(shapes, layer.crs, zone, straight_m=STRAIGHT_M), dtype=object)
            if not shapely.is_valid(anew).all():
                return None
            if b"".join(shapely.to_wkb(anew, byte_order=1)) != there.take(doubtful).wkb()[0].tobytes():
                return None
        moved.append(there)
    if not moved:
        return None
    return _Found(Prepared.of_rings(joined(moved), zone), np.concatenate(rows), np.empty(0, dtype=object))


def _shapes(rings: Rings) -> np.ndarray:
    body, starts = rings.wkb()
    return shapely.from_wkb([body[a:b].tobytes() for a, b in zip(starts[:-1], starts[1:], strict=True)])


def _prepare_shapes(layers: Sequence[Part], zone: CRS, margin: float) -> _Found:
    rows: list[np.ndarray] = []
    moved: list[np.ndarray] = []
    start = 0
    for layer in layers:
        chosen, shapes, count = layer.near(zone, margin)
        # split as a site's long edges are: see sanxian.facts
        moved.append(np.asarray(transform(shapes, layer.crs, zone, straight_m=STRAIGHT_M), dtype=object))
        rows.append(chosen + start)
        start += count
    sound = np.concatenate(moved)
    invalid = ~shapely.is_valid(sound)
    broken = sound[invalid]
    sound[invalid] = None
    return _Found(Prepared(sound, zone, checked=True), np.concatenate(rows), broken)


def _stamps(folder: Path) -> list[list[Any]]:
    found = [(file.name, file.stat()) for file in sorted(folder.glob("*.npy"))]
    return [[name, stat.st_size, stat.st_mtime_ns, stat.st_ino] for name, stat in found]


def _note_stamps(folder: Path) -> None:
    """Note how the files stood when they were last known to be sound."""
    with contextlib.suppress(OSError):
        note, now = folder / "sound.json", json.dumps(_stamps(folder))
        if not note.is_file() or note.read_bytes() != now.encode():
            unfinished = folder / f"sound.json.{os.getpid()}"
            unfinished.write_text(now, encoding="utf-8")
            os.replace(unfinished, note)


def _untouched(folder: Path) -> bool:
    try:
        return json.loads((folder / "sound.json").read_text(encoding="utf-8")) == _stamps(folder)
    except (OSError, ValueError):
        return False


__all__ = ["Cache", "Part", "SpatialError", "cache_folder", "margin_degrees", "shapes_digest", "span", "wkb_digest", "workspace_stamp"]
