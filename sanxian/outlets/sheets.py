"""The file of one outlet as a PDF sheet with a sketch of where it lies, and many of them as one atlas with bookmarks, or a file each."""

from __future__ import annotations

import io
import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from pyproj import CRS
from shapely.geometry import Point, box

from sanxian import __version__
from sanxian.i18n import _
from sanxian.mapping.scene import withheld_words
from sanxian.outlets import dossier as dossiers
from sanxian.outlets import register, stages
from sanxian.outlets.banks import Stretch
from sanxian.outlets.dossier import Dossier
from sanxian.outlets.errors import OutletError
from sanxian.outlets.layers import STAGE_LOOKS, mark
from sanxian.outlets.register import Outlet
from sanxian.outlets.water import Reading, item_words
from sanxian.reports.pdf import MARGIN_MM, WIDTH_MM, Sheet
from spatial.crs import CGCS2000, transform

if TYPE_CHECKING:
    from layers.workspace import Workspace

_REACH_M = 700.0  # from the outlet to the edge of its sketch, east and west
_PICTURES = ("photo_near", "photo_far", "photo_party", "photo_after", "sign_photo")
_PIXELS = 900
_FONT = "noto"


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the sketches show, in the metres of one zone.

    Attributes:
        lines: Banks: the line, and whether it was surveyed.
        water: Water bodies.
        outlets: Every outlet: place, and its stage's key.
        withheld: Layers that are not drawn because of their secrecy.
    """

    crs: CRS
    lines: tuple[tuple[Any, bool], ...] = ()
    water: tuple[Any, ...] = ()
    outlets: tuple[tuple[Any, str], ...] = ()
    named: tuple[tuple[Any, str], ...] = field(default=())
    withheld: int = 0


def surroundings(
    outlets: Sequence[Outlet],
    stage_keys: Sequence[str],
    pieces: Sequence[Stretch],
    *,
    water: Sequence[Any] = (),
    named: Sequence[tuple[str, tuple[float, float]]] = (),
    withheld: int = 0,
) -> Surroundings | None:
    """What lies around outlets; ``None`` where none of them has a place. ``water`` in EPSG:4490; ``named``: words and places."""
    points = [Point(item.place.lon, item.place.lat) for item in outlets if item.place]
    if not points:
        return None
    crs = register.plane_for(np.array(points, dtype=object))
    lines = tuple((transform(piece.lonlat, CGCS2000, crs), piece.surveyed) for piece in pieces)
    places = tuple(
        (transform(Point(item.place.lon, item.place.lat), CGCS2000, crs), key)
        for item, key in zip(outlets, stage_keys, strict=True)
        if item.place
    )
    return Surroundings(
        crs,
        lines,
        tuple(transform(shape, CGCS2000, crs) for shape in water),
        places,
        tuple((transform(Point(at), CGCS2000, crs), words) for words, at in named),
        withheld,
    )


def write_pdf(
    found: Sequence[Dossier],
    path: Path,
    *,
    around: Surroundings | None = None,
    title: str = "",
    index: bool = False,
    secrecy: str = "",
    progress: Callable[[int, int], Any] | None = None,
) -> None:
    """Sheets in one file, each with a bookmark.

    Args:
        found: In the order of the file; at least one.
        around: What the sketches show; without it there are none.
        title: Of the file; by default the name of the one outlet.
        index: Begin with a list of what follows.
        secrecy: Mark in words, on every page.
        progress: Called with sheets done and in all.

    Raises:
        OutletError: There is nothing to write.
    """
    if not found:
        raise OutletError("没有可以写出的排污口档案")
    on = found[0].on
    title = title or (found[0].outlet.name if len(found) == 1 else _("入河排污口档案图集"))
    head = f"{title}    {_('统计日 {day}').format(day=on)}"
    head += f"    {_('密级：{mark}').format(mark=secrecy)}" if secrecy else ""
    sheet = Sheet(title, head, on=on, program=__version__)
    if index:
        sheet.add_page()
        sheet.start_section(_("目录"))
        sheet.heading(title, 1)
        rows = []
        for number, item in enumerate(found, 1):
            stage = item.track.stage(on)
            rows.append(
                (str(number), item.outlet.id, item.outlet.name, _(stages.STAGE_WORDS[stage]) if stage else _("未知"))
            )
        sheet.table((_("序号"), _("排污口编码"), _("名称"), _("办理环节")), rows, (14, 48, 82, 26))
    for number, item in enumerate(found):
        if progress is not None:
            progress(number, len(found))
        sheet.add_page()
        sheet.start_section(f"{item.outlet.id}  {item.outlet.name}")
        _one(sheet, item, around)
    if progress is not None:
        progress(len(found), len(found))
    sheet.output(str(path))


def _one(sheet: Sheet, item: Dossier, around: Surroundings | None) -> None:
    outlet, on = item.outlet, item.on
    sheet.heading(outlet.name, 1)
    stage = item.track.stage(on)
    late = {True: _("已逾期"), False: _("未逾期"), None: _("未定时限")}[item.overdue]
    facts = [
        (_("排污口编码"), outlet.id),
        (_("办理环节"), f"{mark(stage)} {_(stages.STAGE_WORDS[stage]) if stage else _('未知')}"),
        (_("逾期"), late),
        (register.field_words("responsible"), dossiers.value_words(outlet.get("responsible"))),
    ]
    sheet.table((), facts, (34, WIDTH_MM - 34), fills=[{0: "#f2f2f2"}] * len(facts))
    top = sheet.get_y()
    sketched = around is not None and outlet.place is not None
    if outlet.place is None:
        sheet.paragraph(_("没有点位坐标：图上没有这个排污口，各项指标仍计入。"))
        top = sheet.get_y() + 1
    if around is not None and around.withheld:
        sheet.paragraph(withheld_words(around.withheld))
        top = sheet.get_y() + 1
    if sketched:
        _sketch(sheet, outlet, around, MARGIN_MM, top, 118.0, 66.0)
    side = MARGIN_MM + (124.0 if sketched else 0.0)
    sheet.image(io.BytesIO(dossiers.qr_png(outlet)), x=side, y=top, w=34, alt_text=_("标志牌二维码"))
    sheet.set_font(_FONT, size=7)
    sheet.set_xy(side, top + 35)
    sheet.multi_cell(46, 3.6, sheet.wrapped(dossiers.sign_text(outlet), 46), align="L", new_x="LMARGIN", new_y="NEXT")
    sheet.set_y(max(sheet.get_y(), top + (68.0 if sketched else 36.0)) + 1)
    for title, rows in dossiers.sections(item):
        sheet.heading(title, 3)
        if all(len(label) < 16 and len(value) < 18 for label, value in rows) and len(rows) > 3:
            pairs = [(*rows[n], *(rows[n + 1] if n + 1 < len(rows) else ("", ""))) for n in range(0, len(rows), 2)]
            sheet.table((), pairs, (36, 49, 36, 49), fills=[{0: "#f2f2f2", 2: "#f2f2f2"}] * len(pairs))
        else:
            sheet.table((), rows, (36, WIDTH_MM - 36), fills=[{0: "#f2f2f2"}] * len(rows))
        if title == _("水质监测") and item.trends:
            trends(sheet, [(item_words(name), points) for name, points in item.trends.items()])
    _pictures(sheet, item)


def _sketch(
    sheet: Sheet, outlet: Outlet, around: Surroundings, left: float, top: float, width: float, height: float
) -> None:
    """Where the outlet lies: banks (dashed where nobody looked), water, other outlets with the letters of their stage."""
    place = outlet.place
    assert place is not None
    middle = transform(Point(place.lon, place.lat), CGCS2000, around.crs)
    scale = width / (2 * _REACH_M)
    half = height / scale / 2
    window = box(middle.x - _REACH_M, middle.y - half, middle.x + _REACH_M, middle.y + half)

    def at(x: float, y: float) -> tuple[float, float]:
        return left + (x - window.bounds[0]) * scale, top + (window.bounds[3] - y) * scale

    sheet.set_draw_color(120)
    sheet.set_line_width(0.2)
    with sheet.rect_clip(left, top, width, height):
        sheet.set_fill_color(214, 230, 244)
        for shape in around.water:
            for part in shapely.get_parts(shapely.intersection(shape, window.buffer(50))):
                if part.geom_type == "Polygon" and not part.is_empty:
                    sheet.polygon([at(x, y) for x, y in part.exterior.coords], style="F")
        for line, surveyed in around.lines:
            if not line.intersects(window):
                continue
            sheet.set_line_width(0.6 if surveyed else 0.5)
            sheet.set_draw_color(*((33, 102, 172) if surveyed else (110, 110, 110)))
            sheet.set_dash_pattern(dash=0 if surveyed else 2, gap=0 if surveyed else 1.4)
            for part in shapely.get_parts(line.intersection(window)):
                if part.geom_type == "LineString":
                    sheet.polyline([at(x, y) for x, y in part.coords])
        sheet.set_dash_pattern()
        sheet.set_line_width(0.2)
        sheet.set_font(_FONT, size=6)
        for spot, key in around.outlets:
            if spot.within(window) and spot.distance(middle) > 1.0:
                x, y = at(spot.x, spot.y)
                colour = STAGE_LOOKS[key][1]
                sheet.set_fill_color(int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16))
                sheet.set_draw_color(255)
                sheet.ellipse(x - 0.9, y - 0.9, 1.8, 1.8, style="DF")
        for spot, words in around.named:
            if spot.within(window):
                x, y = at(spot.x, spot.y)
                sheet.set_fill_color(90, 40, 120)
                sheet.rect(x - 0.8, y - 0.8, 1.6, 1.6, style="F")
                sheet.text(x + 1.4, y + 0.8, words)
        x, y = at(middle.x, middle.y)
        sheet.set_draw_color(200, 0, 0)
        sheet.set_line_width(0.5)
        sheet.ellipse(x - 2.2, y - 2.2, 4.4, 4.4, style="D")
        sheet.line(x - 4, y, x + 4, y)
        sheet.line(x, y - 4, x, y + 4)
    sheet.set_line_width(0.2)
    sheet.set_draw_color(120)
    sheet.rect(left, top, width, height)
    bar = 200 * scale
    sheet.set_fill_color(255)
    sheet.rect(left + 1.5, top + height - 8.5, bar + 18, 7, style="F")
    sheet.set_draw_color(0)
    sheet.line(left + 3, top + height - 3, left + 3 + bar, top + height - 3)
    sheet.set_font(_FONT, size=6.5)
    sheet.text(left + 3, top + height - 4.2, "0")
    sheet.text(left + 1 + bar, top + height - 4.2, "200 m")
    x, y = left + width - 6, top + 10
    sheet.set_fill_color(0)
    sheet.polygon([(x, y - 7), (x - 1.6, y), (x + 1.6, y)], style="F")
    sheet.text(x - 1.0, y + 3.2, "N")
    sheet.set_fill_color(255)
    sheet.rect(left + width - 41, top + height - 8.5, 40, 7, style="F")
    for row, (words, surveyed) in enumerate(((_("已排查岸线"), True), (_("未排查岸线（未知）"), False))):
        y = top + height - 6 + row * 3.2
        sheet.set_draw_color(*((33, 102, 172) if surveyed else (110, 110, 110)))
        sheet.set_dash_pattern(dash=0 if surveyed else 1.5, gap=0 if surveyed else 1.0)
        sheet.line(left + width - 40, y, left + width - 33, y)
        sheet.set_dash_pattern()
        sheet.text(left + width - 32, y + 0.9, words)
    sheet.set_draw_color(127)


def trends(sheet: Sheet, charts: Sequence[tuple[str, Sequence[tuple[date, Reading]]]]) -> None:
    """Small lines through time, three in a row; hollow where a result was below detection."""
    wide, high, gap = 54.0, 20.0, 4.0
    for start in range(0, len(charts), 3):
        if sheet.get_y() + high + 8 > 297 - 20:
            sheet.add_page()
        top = sheet.get_y() + 1
        for column, (words, points) in enumerate(charts[start : start + 3]):
            left = MARGIN_MM + column * (wide + gap)
            _chart(sheet, words, points, left, top, wide, high)
        sheet.set_y(top + high + 6)


def _chart(
    sheet: Sheet, words: str, points: Sequence[tuple[date, Reading]], left: float, top: float, wide: float, high: float
) -> None:
    first, last = points[0][0].toordinal(), points[-1][0].toordinal()
    most = max((reading.value or 0.0 for _day, reading in points), default=0.0) or 1.0
    sheet.set_draw_color(180)
    sheet.set_line_width(0.15)
    sheet.line(left, top + high, left + wide, top + high)
    sheet.line(left, top + 4, left, top + high)
    sheet.set_font(_FONT, size=6.5)
    sheet.text(left + 1, top + 3, f"{words}  ≤{most:g}")
    sheet.text(left, top + high + 3, points[0][0].isoformat())
    sheet.text(left + wide - 13, top + high + 3, points[-1][0].isoformat())
    places = [
        (
            left + 1 + (day.toordinal() - first) / max(last - first, 1) * (wide - 2),
            top + high - (reading.value or 0.0) / most * (high - 6),
            reading,
        )
        for day, reading in points
    ]
    sheet.set_draw_color(33, 102, 172)
    sheet.set_line_width(0.35)
    sheet.polyline([(x, y) for x, y, _reading in places])
    for x, y, reading in places:
        sheet.set_fill_color(*((255, 255, 255) if reading.below else (33, 102, 172)))
        sheet.ellipse(x - 0.6, y - 0.6, 1.2, 1.2, style="DF")
    sheet.set_draw_color(127)


def _pictures(sheet: Sheet, item: Dossier) -> None:
    """The photos that are there, two in a row, each smaller than it was taken."""
    shown = [
        (paper.words(), image)
        for paper in item.papers
        if paper.field in _PICTURES
        and paper.state != "missing"
        and (image := _small((item.folder or Path()) / paper.path)) is not None
    ]
    if not shown:
        return
    sheet.heading(_("照片"), 3)
    sheet.paragraph(" ")
    wide = WIDTH_MM / 2 - 3
    for start in range(0, len(shown), 2):
        row = shown[start : start + 2]
        high = max(wide * image.height / image.width for _words, image in row)
        if sheet.get_y() + high + 8 > 297 - 20:
            sheet.add_page()
        top = sheet.get_y()
        for column, (words, image) in enumerate(row):
            left = MARGIN_MM + column * (wide + 6)
            sheet.image(image, x=left, y=top, w=wide, alt_text=words)
            sheet.set_font(_FONT, size=8)
            sheet.text(left, top + wide * image.height / image.width + 4, words)
        sheet.set_y(top + high + 7)


def _small(path: Path) -> Any:
    """A photo, turned as it was held and made small; ``None`` where it is none."""
    from PIL import Image, ImageOps, UnidentifiedImageError

    try:
        with Image.open(path) as source:
            image = ImageOps.exif_transpose(source).convert("RGB")
            image.thumbnail((_PIXELS, _PIXELS))
            return image.copy()
    except (UnidentifiedImageError, OSError, ValueError):
        return None


# --- an atlas -------------------------------------------------------------------------------------------------------


def classification(workspace: Workspace, given: str | None) -> str:
    """The mark (密级) that sheets of a register carry, in words; empty where neither the layers nor anybody says one.

    Args:
        given: As asked for, a code or a Chinese word; ``None`` takes the layers' own.

    Raises:
        OutletError: The mark is none, or lower than that of a layer that is secret: the sheets would leave the house.
    """
    from layers.workspace import SECRECY
    from sanxian.mapping.sheets.secrecy import REFUSED_FROM, secrecy_rank, secrecy_words

    marks = [(secrecy_rank(record.secrecy), record) for record in workspace.by_role("discharge_outlet")]
    most, layer = max(marks, key=lambda pair: pair[0], default=(-1, None))
    if given is None:
        return secrecy_words(layer.secrecy) if layer is not None and most > 0 else ""
    rank = secrecy_rank(given)
    if given and rank < 0:
        raise OutletError("没有密级“{mark}”；有：{known}", mark=given, known="、".join(secrecy_words(mark) for mark in SECRECY))
    if layer is not None and most >= secrecy_rank(REFUSED_FROM) and rank < most:
        raise OutletError(
            "图层“{layer}”的密级是“{mark}”，成果没有标这样的密级，没有写出；用 --secrecy {mark} 标明",
            layer=layer.name, mark=secrecy_words(layer.secrecy),
        )  # fmt: skip
    if rank >= most:
        return secrecy_words(given) if rank > 0 else ""
    return secrecy_words(layer.secrecy) if layer is not None and most > 0 else ""


def gather(
    workspace: Workspace, outlets: Sequence[Outlet], wanted: Sequence[Outlet], *, on: date, secrecy: str | None = None
) -> tuple[list[Dossier], Surroundings | None]:
    """The files of several outlets and what lies around them, each layer read once.

    Args:
        outlets: The whole register.
        wanted: Those of it whose files are asked for.
        secrecy: The mark that the sheets will carry; layers marked secret and higher than that stay out of the sketches.
    """
    from sanxian.mapping.sheets.secrecy import REFUSED_FROM, secrecy_rank

    def hidden(role: str) -> set[str]:
        least = max(secrecy_rank(REFUSED_FROM), secrecy_rank(secrecy) + 1)
        return {record.name for record in workspace.by_role(role) if secrecy_rank(record.secrecy) >= least}

    from sanxian.outlets import advice, audit, chain, coverage, papers, water

    graph = chain.read_chain(workspace, outlets)
    nodes = dict(zip(map(id, outlets), chain.outlet_ids(outlets), strict=True))
    kept = stages.read_tracks(workspace)
    tracks, done = stages.tracks_of(outlets, kept, on=on), stages.done_rule(outlets)
    by_object = {id(outlet): track for outlet, track in zip(outlets, tracks, strict=True)}
    findings = audit.audit_workspace(workspace, on=on, outlets=outlets, chain=graph)
    advisor = advice.advisor(workspace, outlets, on=on)
    results = water.read_results(workspace, outlets)
    summary = coverage.read_sources(workspace, outlets).summary(on=on)
    sections = water.read_sections(workspace)
    quality = water.assess(results, outlets, sections, [], on=on)
    folder = workspace.path.resolve().parent
    files = papers.check(
        wanted, folder, digests=papers.recorded(workspace), tracks=[by_object[id(item)] for item in wanted]
    )
    found = [
        dossiers.make(
            item,
            on=on,
            track=by_object[id(item)],
            advice=advisor.advise(item),
            findings=findings,
            chain=graph,
            node=nodes[id(item)],
            folder=folder,
            papers=files,
            samples=quality.outlets.get(item.id, ()),
            results=results,
            secrecy=secrecy or "",
            done=done,
        )
        for item in wanted
    ]
    water_shapes: list[Any] = []
    secret = {role: hidden(role) for role in ("water_body", "river_bank", "monitoring_section")}
    for record in workspace.by_role("water_body"):
        if record.name in secret["water_body"]:
            continue
        frame = workspace.read(record.name)
        if len(frame):
            shapes = np.atleast_1d(transform(np.asarray(frame.geometry.array, dtype=object), record.crs, CGCS2000))
            water_shapes += [shape for shape in shapes if shape is not None]
    keys = [str(track.stage(on) or "unknown") for track in tracks]
    named = [(section.name, section.lonlat) for section in sections if section.lonlat and not secret["monitoring_section"]]
    pieces = [] if secret["river_bank"] else summary.stretches
    return found, surroundings(outlets, keys, pieces, water=water_shapes, named=named, withheld=sum(map(len, secret.values())))


def file_names(found: Sequence[Dossier], name_field: str, suffix: str) -> list[str]:
    """Names of files from a field of the record; where it is missing the outlet's id, and a number behind what is there twice.

    Raises:
        OutletError: There is no such field.
    """
    from sanxian.outlets import schema

    known = name_field if name_field in schema.fields() else schema.field_of(name_field)
    if known is None:
        raise OutletError("没有字段“{field}”；可用一口一档字段名，如 code、name、local_code", field=name_field)
    taken: dict[str, int] = {}
    names = []
    for item in found:
        text = str(item.outlet.get(known) or item.outlet.id)
        clean = re.sub(r'[\\/:*?"<>|\s]+', "_", unicodedata.normalize("NFC", text)).strip("._")[:80] or "outlet"
        taken[clean.casefold()] = taken.get(clean.casefold(), 0) + 1
        number = taken[clean.casefold()]
        names.append(f"{clean}{f'-{number}' if number > 1 else ''}{suffix}")
    return names


def write_atlas(
    found: Sequence[Dossier],
    target: Path,
    *,
    around: Surroundings | None = None,
    name_field: str = "code",
    form: str = "pdf",
    title: str = "",
    secrecy: str = "",
    progress: Callable[[int, int], Any] | None = None,
) -> list[Path]:
    """An atlas: one PDF with bookmarks where ``target`` ends in .pdf, else a folder with one file for each outlet.

    Returns:
        What was written.

    Raises:
        OutletError: The form is not known, or the field to name files by.
    """
    if target.suffix.lower() == ".pdf":
        write_pdf(found, target, around=around, title=title, index=True, secrecy=secrecy, progress=progress)
        return [target]
    suffix = f".{form.lstrip('.').lower()}"
    if suffix not in dossiers.FORMATS:
        raise OutletError("“{file}”的后缀不认识；可用 {known}", file=form, known=" ".join(dossiers.FORMATS))
    target.mkdir(parents=True, exist_ok=True)
    written = []
    for number, (item, name) in enumerate(zip(found, file_names(found, name_field, suffix), strict=True)):
        if progress is not None:
            progress(number, len(found))
        path = target / name
        part = target / f".{name}.part{suffix}"
        try:
            if suffix == ".pdf":
                write_pdf([item], part, around=around, secrecy=secrecy)
            else:
                dossiers.write(item, part)
            part.replace(path)
        finally:
            part.unlink(missing_ok=True)
        written.append(path)
    return written
