"""Basemaps: in their place under the layers, from files, and from a service on the loopback that is asked for no more than the view."""

from __future__ import annotations

import html
import http.server
import re
import sqlite3
import ssl
import threading
from contextlib import closing, contextmanager
from urllib.parse import parse_qs, urlsplit

import numpy as np
import pytest
from canvas_help import X, Y, layer, pixel_of, plain, square
from hypothesis import given
from hypothesis import strategies as st
from PyQt5.QtCore import QBuffer, QIODevice
from PyQt5.QtGui import QColor, QImage

from gui.canvas import ground
from gui.canvas.geodesy import transform
from gui.canvas.ground import (
    GRIDS,
    GroundError,
    MbTiles,
    TileCache,
    WebTiles,
    check_template,
    host_of,
    known_attribution,
    open_file,
    plain_text,
    tiles_of,
)
from gui.canvas.raster import RasterError
from gui.canvas.scene import MapLayer


def png(colour):
    image = QImage(256, 256, QImage.Format_RGB32)
    image.fill(QColor(colour))
    buffer = QBuffer()
    buffer.open(QIODevice.WriteOnly)
    image.save(buffer, "PNG")
    return bytes(buffer.data())


def tile_at(grid, zoom, east=0.0, north=0.0):
    x, y = transform(np.array([[X + east, Y + north]]), "EPSG:4548", GRIDS[grid].crs)[0]
    span = GRIDS[grid].span(zoom)
    return int((x - GRIDS[grid].left) // span), int((GRIDS[grid].top - y) // span)


def mbtiles(path, tiles, **about):
    with closing(sqlite3.connect(path)) as file:
        file.execute("CREATE TABLE metadata (name text, value text)")
        file.execute("CREATE TABLE tiles (zoom_level integer, tile_column integer, tile_row integer, tile_data blob)")
        file.executemany("INSERT INTO metadata VALUES (?, ?)", list({"format": "png", **about}.items()))
        file.executemany("INSERT INTO tiles VALUES (?, ?, ?, ?)",
                         [(z, x, 2**z - 1 - y, raw) for (z, x, y), raw in tiles.items()])
        file.commit()
    return path


def under(canvas, basemap, opacity=1.0):
    canvas.set_basemap(MapLayer("basemap", "", "raster", raster=basemap, opacity=opacity, labels=False))
    assert canvas.wait_idle()


def boundary(zoom):
    """Metres east of the middle of the map at which the next tile of the Mercator grid begins."""
    column, row = tile_at("w", zoom)
    left = GRIDS["w"].left + (column + 1) * GRIDS["w"].span(zoom)
    _x, y = transform(np.array([[X, Y]]), "EPSG:4548", "EPSG:3857")[0]
    return transform(np.array([[left, y]]), "EPSG:3857", "EPSG:4548")[0, 0] - X


def test_tiles_of_a_file_lie_in_their_place_and_below_the_layers(canvas, show, tmp_path):
    zoom = 17
    column, row = tile_at("w", zoom)
    tiles = {(zoom, column + dx, row + dy): png("#00aa00" if dx <= 0 else "#0000ff") for dx in range(-3, 4) for dy in range(-3, 4)}
    edge = boundary(zoom)
    show(layer("a", [square(-150, 0, 20)], look=plain("#ff0000")))
    under(canvas, MbTiles(mbtiles(tmp_path / "b.mbtiles", tiles)))
    pixel = pixel_of(canvas)
    assert pixel(-150, 0) == "#ff0000"
    # within 3 m of where the tiles meet, to both sides
    inside = [at for at in (edge - 3, edge - 40, edge + 3, edge + 40) if -198 < at < 198]
    assert len(inside) >= 2
    for at in inside:
        assert pixel(at, 80) == ("#00aa00" if at < edge else "#0000ff"), (at, edge)


def test_a_basemap_is_not_zoomed_to_identified_or_counted_as_a_layer(canvas, tmp_path):
    under(canvas, MbTiles(mbtiles(tmp_path / "b.mbtiles", {(0, 0, 0): png("#00aa00")})))
    extent = canvas.extent()
    canvas.zoom_full()
    assert canvas.wait_idle()
    assert canvas.extent() == extent
    assert canvas.layers() == []
    canvas.set_layers([layer("far", [square(90_000, 0, 500)])])
    assert canvas.wait_idle()
    assert canvas.extent()[0] > X + 50_000  # the first data are zoomed to, basemap or not


def test_a_coarser_tile_stands_in_for_one_that_is_not_there(canvas, tmp_path):
    column, row = tile_at("w", 15)
    deep = tile_at("w", 18, 5000, 0)
    under(canvas, MbTiles(mbtiles(tmp_path / "b.mbtiles", {(15, column, row): png("#00aa00"), (18, *deep): png("#ff0000")})))
    assert pixel_of(canvas)(0, 0) == "#00aa00"


def test_opacity_lets_the_white_paper_through(canvas, tmp_path):
    column, row = tile_at("w", 14)
    tiles = {(14, column + dx, row + dy): png("#000000") for dx in (-1, 0, 1) for dy in (-1, 0, 1)}
    under(canvas, MbTiles(mbtiles(tmp_path / "b.mbtiles", tiles)), 0.5)
    assert abs(int(pixel_of(canvas)(0, 0)[1:3], 16) - 128) < 8


def test_a_geotiff_is_a_basemap_and_one_without_crs_says_so(canvas, tmp_path):
    import rasterio
    from rasterio.transform import from_origin

    for crs, name in (("EPSG:4548", "b.tif"), (None, "c.tif")):
        with rasterio.open(tmp_path / name, "w", driver="GTiff", width=40, height=30, count=3, dtype="uint8", crs=crs,
                           transform=from_origin(X - 200, Y + 150, 10, 10)) as file:
            file.write(np.broadcast_to(np.array([0, 0, 255], np.uint8)[:, None, None], (3, 30, 40)))
    under(canvas, open_file(tmp_path / "b.tif"))
    assert pixel_of(canvas)(50, 50) == "#0000ff"
    with pytest.raises(GroundError, match="没有坐标系"):
        open_file(tmp_path / "c.tif")


@pytest.mark.parametrize(("about", "words"), [({"format": "pbf"}, "矢量瓦片"), ({}, "没有瓦片")])
def test_what_is_no_basemap_says_so(tmp_path, about, words):
    tiles = {(0, 0, 0): b"x"} if about else {}
    with pytest.raises(GroundError, match=words):
        open_file(mbtiles(tmp_path / "b.mbtiles", tiles, **about))
    (tmp_path / "no.mbtiles").write_bytes(b"no database at all, but long enough to be read as one" * 40)
    with pytest.raises(GroundError, match="不是 MBTiles"):
        open_file(tmp_path / "no.mbtiles")
    with pytest.raises(GroundError, match="找不到"):
        open_file(tmp_path / "gone.tif")


@pytest.mark.parametrize(("template", "key", "words"), [
    ("ftp://x/{z}/{x}/{y}", "", "瓦片地址"), ("file:///etc/{z}/{x}/{y}", "", "瓦片地址"), ("http://x/{z}/{x}", "", r"\{y\}"),
    ("http://x/{z}/{x}/{y}?tk={key}", "", "密钥"), ("http://[x/{z}/{x}/{y}", "", "瓦片地址"),
])
def test_an_address_that_gives_no_tiles_is_refused(template, key, words):
    with pytest.raises(GroundError, match=words):
        check_template(template, key)


def test_the_address_of_tianditu_is_one():
    template = ground.TIANDITU.format(layer="img", grid="c")
    check_template(template, "k")
    assert host_of(template) == "t0.tianditu.gov.cn"


@pytest.mark.parametrize("grid", ["c", "w"])
def test_tiles_cover_the_view_and_nothing_beside_it(grid):
    for zoom in range(3, 19):
        column, row = tile_at(grid, zoom)
        span = GRIDS[grid].span(zoom)
        left, top = GRIDS[grid].left + column * span, GRIDS[grid].top - row * span
        box = (left + span * 0.25, top - span * 1.5, left + span * 1.75, top - span * 0.5)
        found = tiles_of(GRIDS[grid], box, span / 256, 1, 20)
        assert found == (zoom, range(column, column + 2), range(row, row + 2))
    assert tiles_of(GRIDS[grid], (5e8, 0, 6e8, 1), 1.0, 1, 18) is None


# ------------------------------------------------------------------------------------------------------ a service
@contextmanager
def service(colour="#00aa00", status=200):
    asked = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append((self.path, dict(self.headers)))
            raw = png(colour) if status == 200 else b"<html>no</html>"
            self.send_response(status)
            self.send_header("Content-Length", str(len(raw)))
            self.end_headers()
            self.wfile.write(raw)

        def log_message(self, *args):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/{{z}}/{{x}}/{{y}}?tk={{key}}", asked
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture
def web(canvas, tmp_path):
    made = []

    def make(url, **more):
        tiles = WebTiles([url], more.pop("grid", "w"), "geheim", more.pop("cache", TileCache(tmp_path / "tiles")),
                         told=made_words.append, **more)
        made.append(tiles)
        return tiles

    made_words = make.words = []
    yield make
    for tiles in made:
        tiles.close()


def drawn(qtbot, canvas, colour):
    def same():
        canvas.refresh()
        assert canvas.wait_idle()
        assert pixel_of(canvas)(0, 0) == colour

    qtbot.waitUntil(lambda: not _fails(same), timeout=15_000)


def _fails(check):
    try:
        check()
    except AssertionError:
        return True
    return False


@pytest.mark.parametrize("grid", ["c", "w"])
def test_a_service_is_asked_for_the_tiles_in_view_once_and_for_nothing_else(qtbot, canvas, web, grid):
    with service() as (url, asked):
        under(canvas, web(url, grid=grid))
        drawn(qtbot, canvas, "#00aa00")
        seen = len(asked)
        canvas.refresh()
        assert canvas.wait_idle()
        qtbot.wait(100)
        assert len(asked) == seen == len({path for path, _headers in asked})
        places = [tuple(map(int, re.fullmatch(r"/(\d+)/(\d+)/(\d+)\?tk=geheim", path).groups())) for path, _headers in asked]
        zoom = places[0][0]
        corners = [tile_at(grid, zoom, east, north) for east in (-200, 200) for north in (-150, 150)]
        columns, rows = zip(*corners, strict=True)
        assert {place[0] for place in places} == {zoom}
        assert all(min(columns) <= x <= max(columns) and min(rows) <= y <= max(rows) for _z, x, y in places)
        for _path, headers in asked:
            assert set(headers) <= {"Host", "User-Agent", "Accept-Encoding", "Connection"}
    assert web.words == []


def test_what_was_fetched_is_drawn_offline_and_the_silence_is_told_once_without_the_key(qtbot, canvas, web):
    with service() as (url, asked):
        under(canvas, web(url))
        drawn(qtbot, canvas, "#00aa00")
    again = web(url)  # nothing in memory any more, and nobody answers
    under(canvas, again)
    assert pixel_of(canvas)(0, 0) == "#00aa00"
    canvas.pan(3000, 0)
    assert canvas.wait_idle()
    qtbot.waitUntil(lambda: bool(web.words), timeout=20_000)
    qtbot.wait(100)
    assert len(web.words) == 1
    assert "127.0.0.1" in web.words[0]
    assert "geheim" not in web.words[0]


@pytest.mark.parametrize("status", [403, 200])
def test_a_refusal_is_told_once_and_not_asked_again(qtbot, canvas, web, status, monkeypatch):
    if status == 200:
        monkeypatch.setattr(ground, "picture_of", lambda raw: None)
    with service(status=status) as (url, asked):
        under(canvas, web(url))
        qtbot.waitUntil(lambda: bool(web.words), timeout=20_000)
        qtbot.wait(300)
        seen = len(asked)
        canvas.refresh()
        assert canvas.wait_idle()
        qtbot.wait(100)
        assert len(asked) == seen
        assert len(web.words) == 1


def test_a_service_that_refuses_is_not_asked_for_every_tile_in_view(qtbot, canvas, web):
    with service(status=403) as (url, asked):
        tiles = web(url)
        under(canvas, tiles)
        qtbot.waitUntil(lambda: bool(web.words), timeout=20_000)
        for _ in range(5):
            canvas.pan(2000, 0)
            assert canvas.wait_idle()
            qtbot.wait(50)
        assert len(tiles._wanted) > 2, "there is more that could be asked for"
        assert len(asked) <= ground.REFUSALS + 1  # two at a time


@pytest.mark.parametrize("tile", [b"no picture", b"\x1f\x8b\x08\x00", b""])
def test_tiles_that_are_no_pictures_are_told_at_once(tmp_path, tile):
    path = mbtiles(tmp_path / "b.mbtiles", {})
    with closing(sqlite3.connect(path)) as file:
        file.execute("INSERT INTO tiles VALUES (2, 3, 2, ?)", (tile,))
        file.commit()
    with pytest.raises(GroundError, match="不是能显示的图片"):
        open_file(path)


def test_a_geotiff_that_was_cut_off_says_what_is_wrong_in_its_own_words(tmp_path):
    import rasterio
    from rasterio.transform import from_origin

    path = tmp_path / "cut.tif"
    with rasterio.open(path, "w", driver="GTiff", width=64, height=64, count=1, dtype="uint8", crs="EPSG:4548",
                       transform=from_origin(400_000, 3_300_000, 10, 10)) as file:
        file.write(np.ones((1, 64, 64), dtype=np.uint8))
    path.write_bytes(path.read_bytes()[:-3000])
    raster = open_file(path)
    try:
        with pytest.raises(RasterError, match="cut.tif") as caught:
            raster.read("EPSG:4548", (400_000, 3_299_360, 400_640, 3_300_000), 10.0)
    finally:
        raster.close()
    assert "previous exception" not in str(caught.value)


def test_a_key_goes_out_as_a_browser_would_send_it_and_into_no_sentence(qtbot, canvas, tmp_path):
    words = []
    with service() as (url, asked):
        tiles = WebTiles([url.replace("?tk", "?层=影像 图&tk")], "w", "ge heim&密", TileCache(tmp_path / "tiles"), told=words.append)
        try:
            under(canvas, tiles)
            drawn(qtbot, canvas, "#00aa00")
        finally:
            tiles.close()
    assert {parse_qs(urlsplit(path).query)["tk"][0] for path, _headers in asked} == {"ge heim&密"}
    assert {parse_qs(urlsplit(path).query)["层"][0] for path, _headers in asked} == {"影像 图"}
    assert words == []


@pytest.fixture
def untrusted(tmp_path):
    """A certificate of nobody's authority for this machine: the file that a server takes."""
    pytest.importorskip("cryptography")
    from datetime import UTC, datetime, timedelta

    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import NameOID

    key, name, now = ec.generate_private_key(ec.SECP256R1()), x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "x")]), datetime.now(UTC)
    made = (x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key()).serial_number(1)
            .not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1)).sign(key, hashes.SHA256()))
    path = tmp_path / "server.pem"
    path.write_bytes(made.public_bytes(serialization.Encoding.PEM) + key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))
    return path


def test_a_service_that_cannot_prove_who_it_is_is_told_once_and_gets_no_key(qtbot, canvas, web, untrusted):
    reached, tried = [], []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            reached.append(self.path)

        def log_message(self, *args):
            pass

    class Server(http.server.ThreadingHTTPServer):
        def verify_request(self, request, address):
            tried.append(address)
            return True

        def handle_error(self, request, address):
            pass  # the handshake that failed

    server = Server(("127.0.0.1", 0), Handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(untrusted)
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        under(canvas, web(f"https://127.0.0.1:{server.server_port}/{{z}}/{{x}}/{{y}}?tk={{key}}"))
        qtbot.waitUntil(lambda: bool(web.words), timeout=20_000)
        canvas.pan(2000, 0)
        assert canvas.wait_idle()
        qtbot.wait(300)
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
    (said,) = web.words
    assert said.startswith("底图服务“127.0.0.1”的证书无法核实（")
    assert "geheim" not in said
    assert reached == []
    assert len(tried) <= 2


def test_another_host_is_not_followed(qtbot, canvas, web):
    with service() as (other, reached):
        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                self.send_response(302)
                self.send_header("Location", other.split("/{z}")[0].replace("127.0.0.1", "localhost") + "/x")
                self.end_headers()

            def log_message(self, *args):
                pass

        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        under(canvas, web(f"http://127.0.0.1:{server.server_port}/{{z}}/{{x}}/{{y}}"))
        qtbot.waitUntil(lambda: bool(web.words), timeout=20_000)
        server.shutdown()
        server.server_close()
        assert reached == []


def test_the_cache_stays_within_its_bound_and_the_oldest_go(tmp_path):
    import os

    cache = TileCache(tmp_path, bound=10_000)
    for number in range(30):
        cache.put("s", (5, number, 0), bytes(1000))
        os.utime(cache._path("s", (5, number, 0)), (number, number))
        assert cache.size() <= 11_000
    assert cache.get("s", (5, 0, 0)) is None
    assert cache.get("s", (5, 29, 0)) is not None
    cache.clear()
    assert cache.size() == 0


# ------------------------------------------------------------------------------------------------------- whose it is
WHOSE = '&copy; <a href="https://example.org">示例局</a> 底图'


def credited(canvas, basemap, text=None):
    canvas.set_basemap(MapLayer("basemap", "", "raster", raster=basemap, labels=False,
                                attribution=basemap.attribution if text is None else lambda: text))
    assert canvas.wait_idle()


def corner(image, ratio=1.0):
    """How many dark pixels there are in the lower right corner, where nothing else is written."""
    wide, high = round(300 * ratio), round(22 * ratio)
    return sum(image.pixelColor(image.width() - 1 - x, image.height() - 1 - y).lightness() < 110 for x in range(wide) for y in range(high))


def test_a_file_says_whose_it_is_on_the_map_and_on_copies_of_it(canvas, tmp_path):
    basemap = MbTiles(mbtiles(tmp_path / "b.mbtiles", {(0, 0, 0): png("#ffffff")}, attribution=WHOSE))
    assert basemap.attribution() == "© 示例局 底图"
    credited(canvas, basemap, "")
    assert corner(canvas.grab().toImage()) == corner(canvas.grab_image(800, 600)) == 0
    credited(canvas, basemap)
    assert canvas.attribution() == "© 示例局 底图"
    assert corner(canvas.grab().toImage(), canvas.devicePixelRatioF()) > 50
    assert corner(canvas.grab_image(800, 600)) > 50
    canvas.set_basemap(None)
    assert canvas.wait_idle()
    assert canvas.attribution() == ""
    assert corner(canvas.grab_image(800, 600)) == 0


def test_a_long_attribution_is_wrapped_beside_the_scale_bar(canvas, tmp_path):
    basemap = MbTiles(mbtiles(tmp_path / "b.mbtiles", {(0, 0, 0): png("#ffffff")}))
    credited(canvas, basemap, "")
    before = canvas.grab_image(500, 400)
    credited(canvas, basemap, "示例测绘地理信息局 " * 12)
    after = canvas.grab_image(500, 400)
    changed = [(x, y) for x in range(500) for y in range(400) if before.pixel(x, y) != after.pixel(x, y)]
    assert min(x for x, _y in changed) >= 200, "the scale bar stays free"
    assert min(y for _x, y in changed) < 370, "more than one line"


def test_a_geotiff_says_whose_it_is_by_its_tag(tmp_path):
    import rasterio
    from rasterio.transform import from_origin

    with rasterio.open(tmp_path / "b.tif", "w", driver="GTiff", width=4, height=3, count=1, dtype="uint8", crs="EPSG:4548",
                       transform=from_origin(X, Y, 10, 10)) as file:
        file.update_tags(TIFFTAG_COPYRIGHT="Example Office 2024")
    assert open_file(tmp_path / "b.tif").attribution() == "Example Office 2024"


@pytest.mark.parametrize(("url", "words"), [
    (ground.TIANDITU.format(layer="vec", grid="c"), "天地图"), ("https://tile.openstreetmap.org/{z}/{x}/{y}.png", "OpenStreetMap"),
    ("https://tile.example.org/{z}/{x}/{y}.png", None), ("https://eviltianditu.gov.cn/{z}/{x}/{y}", None), ("no address", None),
])
def test_known_services_are_named_and_no_others(url, words):
    found = known_attribution([url, url])
    assert (words in found) if words else found == ""


@given(st.text(max_size=60))
def test_an_attribution_is_plain_text_whatever_the_file_says(text):
    found = plain_text(f"<b>{html.escape(text)}</b>")
    assert found == " ".join(text.split())[:300]
