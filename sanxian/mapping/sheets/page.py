"""Where things stand on the paper, in millimetres from its upper left corner."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import NamedTuple

from sanxian.i18n import N_
from sanxian.mapping.sheets.errors import SheetError
from sanxian.mapping.sheets.template import Template

# Text grows with the paper: a larger sheet is read from further away.
TEXT_UNIT = MappingProxyType({"A4": 1.0, "A3": 1.2, "A2": 1.5, "A1": 1.9, "A0": 2.4})
TITLE_MM, SUBTITLE_MM, BODY_MM, SMALL_MM = 7.0, 3.8, 2.6, 2.1


class Rect(NamedTuple):
    """A box on the paper in mm."""

    x: float
    y: float
    width: float
    height: float

    @property
    def right(self) -> float:
        """Its right side."""
        return self.x + self.width

    @property
    def bottom(self) -> float:
        """Its lower side."""
        return self.y + self.height

    def inset(self, mm: float) -> Rect:
        """Smaller by ``mm`` on every side."""
        return Rect(self.x + mm, self.y + mm, self.width - 2 * mm, self.height - 2 * mm)

    def meets(self, other: Rect, slack: float = 0.0) -> bool:
        """Whether both have more than ``slack`` mm in common."""
        return (self.x < other.right - slack and other.x < self.right - slack and self.y < other.bottom - slack
                and other.y < self.bottom - slack)  # fmt: skip

    def holds(self, other: Rect, slack: float = 0.0) -> bool:
        """Whether ``other`` lies within it, but for ``slack`` mm."""
        return (other.x >= self.x - slack and other.y >= self.y - slack and other.right <= self.right + slack
                and other.bottom <= self.bottom + slack)  # fmt: skip


EDGE_MM = 3.0  # most printers leave so much of the paper white


def placed(box: Rect, x: float, y: float, paper: Rect) -> Rect:
    """``box`` with its upper left corner at (x, y), or as near to it as the paper allows: nothing leaves the page."""
    room = paper.inset(EDGE_MM)
    return Rect(max(min(x, room.right - box.width), room.x), max(min(y, room.bottom - box.height), room.y), box.width, box.height)


@dataclass(frozen=True, slots=True)
class Layout:
    """Where the parts of a sheet stand.

    Attributes:
        unit: What text sizes are multiplied by.
        title: The band of title, subtitle and classification.
        outer, map: The neat lines; figures of the grids stand between them.
        panel: What stands beside or below the map; ``None`` for nothing.
        columns: The panel's columns, one for a panel at the side.
        footer: CRS, sources, who and when.
    """

    paper: Rect
    unit: float
    title: Rect
    outer: Rect
    map: Rect
    panel: Rect | None
    columns: tuple[Rect, ...]
    footer: Rect

    @property
    def body(self) -> float:
        """Height of ordinary text in mm."""
        return BODY_MM * self.unit

    @property
    def small(self) -> float:
        """Height of small text in mm."""
        return SMALL_MM * self.unit


def arrange(template: Template, *, subtitle: bool = False, source_lines: int = 2) -> Layout:
    """The sheet's boxes.

    Raises:
        SheetError: Margins or panel leave no room for the map.
    """
    wide, high = template.paper_mm
    unit = TEXT_UNIT[template.size]
    margin, gap = template.margin_mm, 2.0 * unit
    title_high = 0.0
    if template.shows("title"):
        title_high = TITLE_MM * unit * 1.35 + (SUBTITLE_MM * unit * 1.45 if subtitle else 0.0)
    elif template.fields.get("classification"):
        title_high = BODY_MM * unit * 1.6
    lines = source_lines * template.shows("sources") + template.shows("crs")
    lines = max(lines, 3 * template.shows("credits"))
    footer_high = lines * SMALL_MM * unit * 1.45 + (1.2 * unit if lines else 0.0)
    top, bottom = margin + title_high, high - margin - footer_high
    left, right = margin, wide - margin
    side = template.panel_side
    anything = any(template.shows(one) for one in ("legend", "inset", "units", "notes", "scale_bar"))
    panel = None
    columns: tuple[Rect, ...] = ()
    if side == "right" and anything:
        width = template.panel_mm or 0.225 * wide
        panel = Rect(right - width, top, width, bottom - top)
        columns = (panel.inset(1.6 * unit),)
        right = panel.x - gap
    elif side == "bottom" and anything:
        height = template.panel_mm or 0.25 * high
        panel = Rect(left, bottom - height, right - left, height)
        inner = panel.inset(1.6 * unit)
        shares = (0.30, 0.30, 0.40) if template.shows("units") or template.shows("notes") else (0.45, 0.55)
        x = inner.x
        made = []
        for share in shares:
            width = (inner.width - gap * (len(shares) - 1)) * share
            made.append(Rect(x, inner.y, width, inner.height))
            x += width + gap
        columns = tuple(made)
        bottom = panel.y - gap
    outer = Rect(left, top, right - left, bottom - top)
    band = (4.4 * unit if template.shows("graticule") or template.kilometre_grid != "none" and template.shows("kilometre_grid")
            else 1.2 * unit) if template.shows("neat_line") else 0.0
    inner_map = outer.inset(band)
    if inner_map.width < 40 or inner_map.height < 40:
        raise SheetError(N_("页边距和边栏太大，图面只剩 {width:.0f}×{height:.0f} 毫米"), width=inner_map.width, height=inner_map.height)
    return Layout(
        Rect(0, 0, wide, high), unit, Rect(margin, margin, wide - 2 * margin, title_high), outer, inner_map, panel, columns,
        Rect(margin, high - margin - footer_high, wide - 2 * margin, footer_high),
    )  # fmt: skip
