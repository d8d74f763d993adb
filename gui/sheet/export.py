"""Sheets as files: vector PDF, SVG with text as shapes, PNG, TIFF that lies on the map; and as a picture for the window.

Called from the command line by name (``sanxian.mapping.sheets.cli``), with no window and without a screen.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path

import numpy as np
from PyQt5.QtCore import QBuffer, QByteArray, QIODevice, QMarginsF, QRect, QRectF, QSize, QSizeF, qInstallMessageHandler
from PyQt5.QtGui import QGuiApplication, QImage, QPageSize, QPainter, QPdfWriter

from gui.canvas.paint import pixels_of
from gui.sheet.layers import scaled
from gui.sheet.paint import paint_sheet
from gui.sheet.pen import Drawn
from sanxian import __version__
from sanxian.i18n import N_
from sanxian.mapping.sheets.build import Sheet
from sanxian.mapping.sheets.errors import SheetError
from sanxian.mapping.sheets.files import written

PDF_DPI, SVG_DPI, PNG_DPI = 1200, 254, 300
CLIPBOARD_PIXELS = 20_000_000
TIFFS = (".tif", ".tiff")
SUFFIXES = (".pdf", ".svg", ".png", *TIFFS)
_THIN_DASH = re.compile(rb'(stroke-dasharray=")([0-9.,e-]+)" stroke-dashoffset="[^"]*" stroke-width="([0-9.e-]+)"')
_application: QGuiApplication | None = None


def ready() -> None:
    """Make sure that fonts can be used: Qt wants an application for them."""
    global _application
    if QGuiApplication.instance() is None:
        # On a server Qt remarks that there is no folder for the session; nobody can do anything about it.
        before = qInstallMessageHandler(_but_the_folder)
        _application = QGuiApplication(["sanxian"])
        qInstallMessageHandler(before)


def _but_the_folder(_kind: object, _where: object, words: str | None) -> None:
    if words and not words.startswith("QStandardPaths"):
        sys.stderr.write(words + "\n")


def write(sheet: Sheet, path: Path, *, on: date, dpi: int = PNG_DPI, tick: Callable[[], object] = lambda: None) -> Drawn:
    """Write one sheet; the file is there whole or not at all.

    Raises:
        SheetError: As for ``render``.
    """
    content, drawn = render([sheet], path.suffix, on=on, dpi=dpi, tick=tick)
    put(sheet, content, path, dpi=dpi)
    return drawn[0]


def put(sheet: Sheet, content: bytes, path: Path, *, dpi: int = PNG_DPI) -> None:
    """Write the file of a sheet that was rendered; beside a TIFF the world file, for programs that do not look into it."""
    with written(path) as part:
        part.write_bytes(content)
    if path.suffix.lower() in TIFFS:
        with written(path.with_suffix(".tfw")) as part:
            part.write_text(world_file(sheet, dpi), encoding="ascii")


def render(sheets: Sequence[Sheet], suffix: str, *, on: date, dpi: int = PNG_DPI,
           tick: Callable[[], object] = lambda: None) -> tuple[bytes, list[Drawn]]:
    """A file of one sheet, or a PDF of several, in memory: it can be looked at before it is written.

    Args:
        sheets: What to paint.
        suffix: Says the format.
        on: The day that the file says it was made.
        dpi: Of a PNG or TIFF.
        tick: Called every few strokes; may raise to stop.

    Raises:
        SheetError: A format that is not known, or a picture too large.
    """
    ready()
    suffix = suffix.lower()
    if suffix not in SUFFIXES or (len(sheets) > 1 and suffix != ".pdf"):
        raise SheetError(N_("图件的格式由后缀决定：.pdf、.svg、.png 或 .tif（多幅合订只能是 .pdf），“{name}”不是"), name=suffix)
    if suffix == ".pdf":
        return pdf(sheets, on=on, tick=tick)
    if suffix == ".svg":
        content, drawn = svg(sheets[0], tick=tick)
        return content, [drawn]
    image, drawn = picture(sheets[0], dpi=dpi, tick=tick)
    if suffix in TIFFS:
        return tiff(sheets[0], image, dpi), [drawn]
    buffer = QBuffer()
    buffer.open(QIODevice.WriteOnly)
    image.save(buffer, "PNG", 60)
    return bytes(buffer.data()), [drawn]


def pdf(sheets: Sequence[Sheet], *, on: date, tick: Callable[[], object] = lambda: None) -> tuple[bytes, list[Drawn]]:
    """A PDF with one page a sheet; text in it can be searched."""
    ready()
    buffer = QBuffer()
    buffer.open(QIODevice.WriteOnly)
    writer = QPdfWriter(buffer)
    writer.setResolution(PDF_DPI)
    writer.setCreator(f"sanxian {__version__}")
    writer.setTitle(sheets[0].words.title)
    drawn: list[Drawn] = []
    painter = QPainter()
    try:
        for number, sheet in enumerate(sheets):
            wide, high = sheet.template.paper_mm
            writer.setPageSize(QPageSize(QSizeF(wide, high), QPageSize.Millimeter, "", QPageSize.ExactMatch))
            writer.setPageMargins(QMarginsF(0, 0, 0, 0))
            if number:
                writer.newPage()
            else:
                painter.begin(writer)
            with scaled(painter, PDF_DPI / 25.4):
                drawn.append(paint_sheet(painter, sheet, tick=tick))
    finally:
        painter.end()
    content = bytes(buffer.data())
    # The writer asks the clock; the day that was given stands in its place, letter for letter.
    stamp = f"/CreationDate (D:{on:%Y%m%d}000000Z)".encode()
    return re.sub(rb"/CreationDate \(D:\d{14}[^)]*\)", lambda found: stamp.ljust(len(found[0]))[:len(found[0])], content), drawn


def svg(sheet: Sheet, *, tick: Callable[[], object] = lambda: None) -> tuple[bytes, Drawn]:
    """An SVG picture; text is drawn as shapes, since the file carries no font."""
    from PyQt5.QtSvg import QSvgGenerator

    ready()
    wide, high = sheet.template.paper_mm
    content = QByteArray()
    buffer = QBuffer(content)
    buffer.open(QIODevice.WriteOnly)
    generator = QSvgGenerator()
    generator.setOutputDevice(buffer)
    generator.setResolution(SVG_DPI)
    per_mm = SVG_DPI / 25.4
    generator.setSize(QSize(round(wide * per_mm), round(high * per_mm)))
    generator.setViewBox(QRect(0, 0, round(wide * per_mm), round(high * per_mm)))
    generator.setTitle("sanxian")
    generator.setDescription("")
    painter = QPainter(generator)
    try:
        painter.scale(per_mm, per_mm)
        drawn = paint_sheet(painter, sheet, outlines=True, tick=tick)
    finally:
        painter.end()
    return _THIN_DASH.sub(_dash_in_units, bytes(content)), drawn


def _dash_in_units(match: re.Match[bytes]) -> bytes:
    # Qt 5 rounds the width to a whole number before it turns dashes from widths into units; below half it takes 1.
    width = float(match[3])
    if not 0 < width < 0.5:
        return match[0]
    lengths = b",".join(f"{float(length) * width:g}".encode() for length in match[2].split(b","))
    return match[1] + lengths + match[0][match.end(2) - match.start():]


def _pixel(sheet: Sheet, dpi: float) -> tuple[float, float, float]:
    """Metres of the map in a pixel of the sheet's picture, and where its upper left corner lies on the map."""
    (left, top), = sheet.paper.to_map(np.array([[0.0, 0.0]])).tolist()
    return 25.4 / dpi * sheet.paper.metres_per_mm, left, top


def world_file(sheet: Sheet, dpi: float) -> str:
    """Where the picture of a sheet lies on the map, as ESRI world files say it: by the middle of the first pixel."""
    size, left, top = _pixel(sheet, dpi)
    return "".join(f"{value:.10f}\n" for value in (size, 0.0, 0.0, -size, left + size / 2, top - size / 2))


def tiff(sheet: Sheet, image: QImage, dpi: float) -> bytes:
    """A GeoTIFF of the picture of a sheet: the map on it lies where it belongs, in its CRS."""
    from rasterio.crs import CRS
    from rasterio.io import MemoryFile
    from rasterio.transform import Affine

    size, left, top = _pixel(sheet, dpi)
    pixels = pixels_of(image)
    with MemoryFile() as memory:
        with memory.open(driver="GTiff", width=image.width(), height=image.height(), count=3, dtype="uint8", photometric="RGB",
                         compress="deflate", predictor=2, crs=CRS.from_wkt(sheet.paper.crs.to_wkt()),
                         transform=Affine(size, 0.0, left, 0.0, -size, top)) as file:
            for band in range(3):  # blue, green and red in the picture
                file.write(pixels[:, :image.width(), 2 - band], band + 1)
            file.update_tags(TIFFTAG_XRESOLUTION=dpi, TIFFTAG_YRESOLUTION=dpi, TIFFTAG_RESOLUTIONUNIT=2)
        return bytes(memory.getbuffer())


def clipboard_dpi(paper_mm: tuple[float, float]) -> float:
    """How fine a picture of a sheet is that goes to the clipboard: as in print, less on large paper; others hold it in memory."""
    wide, high = paper_mm
    return min(float(PNG_DPI), (CLIPBOARD_PIXELS / (wide * high)) ** 0.5 * 25.4)


def picture(sheet: Sheet, *, dpi: float = PNG_DPI, tick: Callable[[], object] = lambda: None) -> tuple[QImage, Drawn]:
    """A picture of the whole sheet.

    Raises:
        SheetError: It would be larger than memory should hold.
    """
    ready()
    wide, high = sheet.template.paper_mm
    size = QSize(round(wide / 25.4 * dpi), round(high / 25.4 * dpi))
    if size.width() * size.height() > 250_000_000:
        raise SheetError(N_("{dpi:.0f} dpi 的 {size} 图片太大，请降低分辨率或改用 PDF"), dpi=dpi, size=sheet.template.size)
    image = QImage(size, QImage.Format_RGB32)
    image.fill(0xFFFFFFFF)
    image.setDotsPerMeterX(round(dpi / 0.0254))
    image.setDotsPerMeterY(round(dpi / 0.0254))
    painter = QPainter(image)
    try:
        painter.scale(dpi / 25.4, dpi / 25.4)
        drawn = paint_sheet(painter, sheet, tick=tick)
    finally:
        painter.end()
    return image, drawn


def measured_bar_mm(sheet: Sheet, drawn: Drawn, *, dpi: float = 600.0) -> float | None:
    """Length of the scale bar as it comes out in pixels, measured along its middle; ``None`` where there is no bar."""
    if drawn.bar is None or drawn.bar_box is None:
        return None
    ready()
    box, per_mm = drawn.bar_box, dpi / 25.4
    image = QImage(QSize(round(box.width * per_mm), max(round(box.height * per_mm), 3)), QImage.Format_RGB32)
    image.fill(0xFFFFFFFF)
    painter = QPainter(image)
    try:
        painter.scale(per_mm, per_mm)
        painter.translate(-box.x, -box.y)
        painter.setClipRect(QRectF(box.x, box.y, box.width, box.height))
        from dataclasses import replace

        paint_sheet(painter, replace(sheet, layers=(), highlight=()))
    finally:
        painter.end()
    grey = pixels_of(image)[:, :, :3].astype(float).mean(axis=2)
    row = round((drawn.bar[2] - box.y) * per_mm)
    ink = 1 - grey[row] / 255  # how much of each pixel is covered, so that an edge is found within it
    dark = np.flatnonzero(ink > 0.5)
    if not len(dark):
        return 0.0
    first, last = int(dark[0]), int(dark[-1])
    length = last - first + 1.0
    length += (ink[first - 1] if first else 0.0) - (1 - ink[first])
    length += (ink[last + 1] if last + 1 < len(ink) else 0.0) - (1 - ink[last])
    return length / per_mm
