"""Paints a sheet in millimetres on any device: paper, screen, SVG or picture."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import replace

import numpy as np
from PyQt5.QtCore import Qt
from PyQt5.QtGui import QColor, QImage, QPainter

from gui.canvas.paint import qpolygon
from gui.sheet.layers import Labels, paint_layer, paint_patch
from gui.sheet.pen import ASCENT, INK, Drawn, Pen, mm_pen
from sanxian.i18n import _, language, set_language
from sanxian.mapping.sheets.build import Sheet
from sanxian.mapping.sheets.content import Layer, measure_text
from sanxian.mapping.sheets.grid import GridLine, scale_words
from sanxian.mapping.sheets.page import SUBTITLE_MM, TITLE_MM, Rect, placed

GRATICULE, KILOMETRE = "#4a6f8a", "#8a5a2b"
HIGHLIGHT = "#111111"
LINE_THICK, LINE_THIN = 0.7, 0.18


def paint_sheet(painter: QPainter, sheet: Sheet, *, outlines: bool = False, tick: Callable[[], object] = lambda: None) -> Drawn:
    """Paint a sheet.

    Args:
        painter: Scaled so that one unit is a millimetre, at the paper's upper left corner.
        sheet: What to paint.
        outlines: Draw text as shapes.
        tick: Called every few strokes; may raise to stop.

    Returns:
        What was painted where, for the checks.
    """
    drawn = Drawn()
    pen = Pen(painter, drawn, outlines=outlines)
    painter.setRenderHints(QPainter.Antialiasing | QPainter.TextAntialiasing)
    with _speaking(sheet.language):
        pen.box(sheet.layout.paper, fill="#ffffff")
        _Painting(pen, sheet, tick, _natural(sheet, tick)).all()
    return drawn


def _natural(sheet: Sheet, tick: Callable[[], object]) -> dict[str, Rect]:
    """Where the layout has the blocks of a sheet some of which were moved by hand: how large one is shows when it is painted."""
    if not sheet.template.places:
        return {}
    nowhere = QImage(1, 1, QImage.Format_RGB32)
    painter = QPainter(nowhere)
    try:
        still = replace(sheet, layers=(), highlight=(), request=replace(sheet.request, template=replace(sheet.template, places={})))
        drawn = Drawn()
        _Painting(Pen(painter, drawn), still, tick, {}).all()
    finally:
        painter.end()
    return drawn.blocks


@contextmanager
def _speaking(wanted: str):  # noqa: ANN202
    """The sheet's own language, whatever was chosen since it was made."""
    before = language()
    if wanted != before:
        set_language(wanted)
    try:
        yield
    finally:
        if wanted != before:
            set_language(before)


class _Painting:
    def __init__(self, pen: Pen, sheet: Sheet, tick: Callable[[], object], natural: dict[str, Rect]) -> None:
        self.pen, self.sheet, self.tick = pen, sheet, tick
        self.natural = natural
        self.later: list[Callable[[], object]] = []
        self.layout, self.template = sheet.layout, sheet.template
        self.unit = sheet.layout.unit

    def all(self) -> None:
        sheet, pen = self.sheet, self.pen
        frame = sheet.paper.frame
        for layer in sheet.layers:
            self.tick()
            paint_layer(pen, layer.source.id, layer.style, layer.classes, layer.shapes, frame, layer.source.opacity,
                        pen.drawn, self.tick)
        self._highlight()
        if self.template.kilometre_grid != "ticks":
            self._kilometre_lines()
        self._graticule_lines()
        taken = [there for name in self.natural if (there := self._moved(name)) is not None]
        if self.template.shows("north_arrow"):
            taken.append(self._block("north_arrow", self._north_arrow))
        if not self.layout.columns and self.template.shows("scale_bar"):
            width = sheet.bar.length_mm + 18 * self.unit
            box = Rect(frame[0] + 3 * self.unit, frame[3] - 15 * self.unit, width, 12.5 * self.unit)
            taken.append(self._block("scale_bar", lambda: self._scale_bar_on_map(box)))
        if self.template.shows("labels"):
            labels = Labels(pen, frame, taken, self.layout.small * 1.12)
            for layer in sheet.layers:
                labels.avoid(layer)
            for layer in self._by_weight():
                labels.add(layer, self.tick)
            labels.draw()
        if self.template.shows("neat_line"):
            self._neat_lines()
        self._head()
        self._panel()
        self._foot()
        for paint in self.later:  # on top of everything else
            paint()

    # -- blocks that a person may have moved -----------------------------------------------------------------------
    def _block(self, name: str, paint: Callable[[], Rect]) -> Rect:
        """Paint a block where the layout has it, or, last of all, where a person put it; where the layout has it."""
        there = self._moved(name)
        if there is None:
            box = self.pen.drawn.blocks[name] = paint()
            return box
        self.later.append(lambda: self._elsewhere(name, there, paint))
        return self.natural[name]

    def _moved(self, name: str) -> Rect | None:
        """Where a person put a block, with the white around it; ``None`` for one that stands where the layout has it."""
        place, box = self.template.places.get(name), self.natural.get(name)
        return None if place is None or box is None else placed(box, *place, self.layout.paper)

    def _elsewhere(self, name: str, there: Rect, paint: Callable[[], Rect]) -> None:
        self.pen.drawn.blocks[name] = there
        self.pen.drawn.moved.add(name)
        if there.meets(self.layout.outer):  # on the map it needs a ground of its own
            self.pen.box(there, fill="#ffffff", line=0.0 if name == "north_arrow" else LINE_THIN)
        box = self.natural[name]
        with self.pen.shifted(there.x - box.x, there.y - box.y):
            paint()

    def _around(self, *boxes: Rect) -> Rect:
        """The box around what a block wrote, with a little white."""
        left, top = min(one.x for one in boxes), min(one.y for one in boxes)
        right, bottom = max(one.right for one in boxes), max(one.bottom for one in boxes)
        return Rect(left, top, right - left, bottom - top).inset(-0.8 * self.unit)

    def _by_weight(self) -> list[Layer]:
        """Whose names come first: the atlas layer's, then those on top; counties take the room that is left."""
        place = self.sheet.request.place
        subject = place.layer if place is not None else ""
        return sorted(self.sheet.layers, key=lambda layer: (layer.source.id != subject, layer.source.role == "admin"))

    # -- the map's frame -------------------------------------------------------------------------------------------
    def _neat_lines(self) -> None:
        frame = self.layout.map
        # Two lines and the figures between them; pens are centred, so the thin one stands just on the frame.
        self.pen.box(frame, line=LINE_THIN * 1.5)
        self.pen.box(self.layout.outer.inset(LINE_THICK / 2), line=LINE_THICK)
        taken: list[Rect] = []
        size = self.layout.small * 0.92
        for lines, colour in ((self.sheet.graticule, GRATICULE), (self.sheet.kilometres, KILOMETRE)):
            for line in lines:
                for side, x, y in line.ends:
                    self._figure(line, side, x, y, size, colour, taken)

    def _figure(self, line: GridLine, side: str, x: float, y: float, size: float, colour: str, taken: list[Rect]) -> None:
        """A figure between the neat lines, unless another one or a corner is in its way."""
        if line.upright != (side in ("top", "bottom")):
            return
        inner, outer = self.layout.map, self.layout.outer
        width = self.pen.width(line.label, size)
        tick = 0.9 * self.unit
        if side in ("top", "bottom"):
            middle = (outer.y + inner.y) / 2 if side == "top" else (inner.bottom + outer.bottom) / 2
            middle += 0.15 * self.unit * (1 if side == "top" else -1) * -1
            at, turn = (x, middle + size * (ASCENT - 0.5)), 0.0
            box = Rect(x - width / 2, middle - size / 2, width, size)
            fits = box.x > outer.x + size and box.right < outer.right - size
            ends = ((x, inner.y), (x, inner.y - tick)) if side == "top" else ((x, inner.bottom), (x, inner.bottom + tick))
        else:
            turn = -90.0 if side == "left" else 90.0
            middle = (outer.x + inner.x) / 2 if side == "left" else (inner.right + outer.right) / 2
            at = (middle + size * (ASCENT - 0.5), y) if side == "left" else (middle - size * (ASCENT - 0.5), y)
            box = Rect(middle - size / 2, y - width / 2, size, width)
            fits = box.y > outer.y + size and box.bottom < outer.bottom - size
            ends = ((inner.x, y), (inner.x - tick, y)) if side == "left" else ((inner.right, y), (inner.right + tick, y))
        self.pen.line(ends, LINE_THIN, colour)
        if not fits or any(box.meets(other, -size) for other in taken):
            return
        taken.append(box)
        element = "graticule" if colour == GRATICULE else "kilometre_grid"
        self.pen.text(element, line.label, *at, size, align=0.5, colour=colour, turn=turn)

    def _graticule_lines(self) -> None:
        for line in self.sheet.graticule:
            for piece in line.pieces:
                self.pen.line(piece, LINE_THIN * 0.9, GRATICULE, (2.4, 1.2))

    def _kilometre_lines(self) -> None:
        lines = self.sheet.kilometres
        if self.template.kilometre_grid == "lines":
            for line in lines:
                for piece in line.pieces:
                    self.pen.line(piece, LINE_THIN * 0.7, KILOMETRE)
            return
        reach = 1.5 * self.unit
        for upright in (line for line in lines if line.upright):
            for level in (line for line in lines if not line.upright):
                x, y = upright.pieces[0][0][0], level.pieces[0][0][1]
                self.pen.line([(x - reach, y), (x + reach, y)], LINE_THIN * 0.9, KILOMETRE)
                self.pen.line([(x, y - reach), (x, y + reach)], LINE_THIN * 0.9, KILOMETRE)

    def _highlight(self) -> None:
        painter = self.pen.painter
        for line in self.sheet.highlight:
            if len(line) == 1:
                for colour, width in (("#ffffff", 1.6), (HIGHLIGHT, 0.7)):
                    painter.setPen(mm_pen(QColor(colour), width * self.unit ** 0.5))
                    painter.setBrush(Qt.NoBrush)
                    x, y = line[0]
                    self.pen.painter.drawEllipse(_rect(Rect(x - 3, y - 3, 6, 6)))
                continue
            from sanxian.mapping.sheets.outlines import cut_line

            for run in cut_line(line, self.sheet.paper.frame):
                for colour, width in (("#ffffff", 1.5), (HIGHLIGHT, 0.75)):
                    painter.setPen(mm_pen(QColor(colour), width * self.unit ** 0.5))
                    painter.setBrush(Qt.NoBrush)
                    painter.drawPolyline(qpolygon(run))

    def _north_arrow(self) -> Rect:
        """True north, turned against the grid as it is at the middle of the map."""
        frame, unit = self.layout.map, self.unit
        high = 11.0 * unit
        x, y = frame.right - 8.5 * unit, frame.y + 5.5 * unit + high / 2
        box = Rect(x - 6 * unit, y - high / 2 - 4.5 * unit, 12 * unit, high + 6.5 * unit)
        painter = self.pen.painter
        self.pen.box(box, fill=QColor(255, 255, 255, 215))
        painter.save()
        painter.translate(x, y + 1.0 * unit)
        painter.rotate(self.sheet.north_deg)
        half, wide = high / 2, 2.6 * unit
        self.pen.polygon([(0, -half), (-wide, half), (0, half * 0.55)], INK, LINE_THIN)
        self.pen.polygon([(0, -half), (wide, half), (0, half * 0.55)], "#ffffff", LINE_THIN)
        painter.restore()
        self.pen.text("north_arrow", _("北"), x, box.y + 3.2 * unit, 3.1 * unit, align=0.5)
        return box

    # -- head and foot ---------------------------------------------------------------------------------------------
    def _head(self) -> None:
        words, box = self.sheet.words, self.layout.title
        if words.classification:
            size = self.layout.body * 1.05
            self._block("classification", lambda: self._around(
                self.pen.text("credits", words.classification, box.right, box.y + size, size, align=1.0)))
        if self.template.shows("title"):
            self._block("title", self._title)

    def _title(self) -> Rect:
        words, unit, box = self.sheet.words, self.unit, self.layout.title
        size, middle = TITLE_MM * unit, self.layout.outer.x + self.layout.outer.width / 2
        room = self.layout.outer.width
        middle_page = box.x + box.width / 2
        if self.layout.panel is not None and self.template.panel_side == "right":
            middle, room = middle_page, box.width * 0.8
        wide = self.pen.width(words.title, size)
        spread = min(0.18 * size, max((room - wide) / max(len(words.title), 1), 0)) if language() == "zh" else 0.0
        if wide > room:
            size = max(size * room / wide, size * 0.55)
        wrote = [self.pen.text("title", self.pen.fitted("title", words.title, room, size), middle, box.y + size * 0.98, size, align=0.5,
                               spread=spread if wide <= room else 0.0)]
        if words.subtitle:
            small = SUBTITLE_MM * unit
            wrote.append(self.pen.text("title", self.pen.fitted("title", words.subtitle, room, small), middle,
                                       box.y + TITLE_MM * unit * 1.32 + small * 0.85, small, align=0.5))
        return self._around(*wrote)

    def _foot(self) -> None:
        box, words, size = self.layout.footer, self.sheet.words, self.layout.small
        if box.height <= 0:
            return
        step = size * 1.45
        y = box.y + 1.2 * self.unit + size
        if words.credits:
            self._block("credits", lambda: self._around(*(
                self.pen.text("credits", line, box.right, y + number * step, size, align=1.0)
                for number, line in enumerate(words.credits))))
        right = max((self.pen.width(line, size) for line in words.credits), default=0.0)
        if words.crs or words.sources:
            self._block("crs", lambda: self._crs_and_sources(y, box.width - right - 4 * self.unit))

    def _crs_and_sources(self, y: float, room: float) -> Rect:
        box, words, size = self.layout.footer, self.sheet.words, self.layout.small
        step = size * 1.45
        wrote = []
        rows = int((box.height - 1.2 * self.unit) / step + 0.01)
        if words.crs:
            wrote.append(self.pen.text("crs", self.pen.fitted("crs", words.crs, room, size), box.x, y, size))
            y += step
            rows -= 1
        if words.sources and rows > 0:
            for shrink in (1.0, 0.9, 0.8, 0.7):
                lines = self.pen.wrapped(words.sources, room, size * shrink)
                fits = int(rows * step / (step * shrink) + 0.01)
                if len(lines) <= fits or shrink == 0.7:
                    break
            if len(lines) > fits:
                self.pen.drawn.cut.append(("sources", words.sources))
                lines = [*lines[:fits - 1], lines[fits - 1][:-2] + "……"]
            for number, line in enumerate(lines):
                wrote.append(self.pen.text("sources", line, box.x, y + number * step * shrink - size * (1 - shrink), size * shrink))
        return self._around(*wrote) if wrote else Rect(box.x, y, 0, 0)

    # -- the panel -------------------------------------------------------------------------------------------------
    def _panel(self) -> None:
        layout, sheet = self.layout, self.sheet
        if layout.panel is None:
            return
        self.pen.box(layout.panel, line=LINE_THIN * 1.5)
        gap = 2.2 * self.unit
        bar_high = 12.5 * self.unit if self.template.shows("scale_bar") else 0.0
        columns = layout.columns
        if len(columns) == 1:
            column = columns[0]
            top, bottom = column.y, column.bottom
            if sheet.inset is not None:
                top = self._block("inset", self._inset).bottom + gap
            if bar_high:
                box = Rect(column.x, bottom - bar_high, column.width, bar_high)
                self._block("scale_bar", lambda: self._scale_bar(box))
                bottom = box.y - gap
            bottom = self._notes(Rect(column.x, top, column.width, bottom - top))
            room = bottom - top
            table_high = self._table_height(column.width) if sheet.table else 0.0
            legend_room = max(room - min(table_high + gap, room * 0.5), room * 0.5) if table_high else room
            if self.template.shows("legend"):
                of_legend = Rect(column.x, top, column.width, legend_room)
                top = self._block("legend", lambda: self._legend(of_legend)).bottom + gap
            if sheet.table:
                of_table = Rect(column.x, top, column.width, bottom - top)
                self._block("units", lambda: self._table(of_table))
            return
        first, second, third = columns[0], columns[1], columns[2] if len(columns) > 2 else None
        if sheet.inset is not None:
            self._block("inset", self._inset)
        if bar_high:
            self._block("scale_bar", lambda: self._scale_bar(Rect(first.x, first.bottom - bar_high, first.width, bar_high)))
        if self.template.shows("legend"):
            self._block("legend", lambda: self._legend(second))
        if third is not None:
            bottom = self._notes(third)
            if sheet.table:
                self._block("units", lambda: self._table(Rect(third.x, third.y, third.width, bottom - third.y)))

    def _heading(self, element: str, text: str, box: Rect) -> float:
        size = self.layout.body * 1.18
        self.pen.text(element, self.pen.fitted(element, text, box.width, size), box.x + box.width / 2, box.y + size * 0.95, size,
                      align=0.5)
        return box.y + size * 1.5

    def _inset(self) -> Rect:
        inset = self.sheet.inset
        assert inset is not None
        left, top, right, bottom = inset.paper.frame
        box = Rect(left, top, right - left, bottom - top)
        self.pen.box(box, fill="#fbfbf7", line=LINE_THIN)
        for shapes, style, classes in inset.shapes:
            paint_layer(self.pen, "", style, classes, shapes, inset.paper.frame, 1.0, Drawn(), self.tick)
        self.pen.line(np.clip(inset.frame_mm, (left, top), (right, bottom)), 0.5, "#c1121f")
        size = self.layout.small
        self.pen.text("inset", _("位置示意图"), box.x + size * 0.5, box.y + size * 1.2, size, halo=0.25)
        return box

    def _scale_bar_on_map(self, box: Rect) -> Rect:
        self.pen.box(box, fill=QColor(255, 255, 255, 225), line=LINE_THIN)
        self._scale_bar(box.inset(1.0 * self.unit))
        return box

    def _scale_bar(self, box: Rect) -> Rect:
        """Numbers, ground units and the bar itself, alternately black and white; the box around them."""
        bar, unit = self.sheet.bar, self.unit
        size = self.layout.body
        middle = box.x + box.width / 2
        words = scale_words(self.sheet.paper.scale, self.sheet.language)
        wrote = [self.pen.text("scale_bar", _("比例尺 {scale}").format(scale=words), middle, box.y + size * 1.1, size * 1.1, align=0.5)]
        left = middle - bar.length_mm / 2
        top, high = box.y + 8.4 * unit, 1.5 * unit
        step = bar.length_mm / bar.steps
        for number in range(bar.steps):
            piece = Rect(left + number * step, top, step, high)
            self.pen.box(piece, fill="#000000" if number % 2 == 0 else "#ffffff")
        # The rim lies within the bar, so that its outer edges are the bar's ends.
        thin = 0.16
        for x in (left + thin / 2, left + bar.length_mm - thin / 2):
            self.pen.line([(x, top), (x, top + high)], thin, "#000000")
        for y in (top + thin / 2, top + high - thin / 2):
            self.pen.line([(left, y), (left + bar.length_mm, y)], thin, "#000000")
        small = self.layout.small
        for number, label in enumerate(bar.labels()):
            last = number == bar.steps
            text = f"{label} {bar.unit}" if last else label
            x = left + number * step
            # The last figure stands over its end; the unit comes behind it.
            shift = self.pen.width(label, small) / 2 if last else 0.0
            wrote.append(self.pen.text("scale_bar", text, x - shift, top - 0.7 * unit, small, align=0.0 if last else 0.5))
        ends = self.pen.there(Rect(left, top, bar.length_mm, high))
        self.pen.drawn.bar = (ends.x, ends.right, ends.y + high / 2)
        self.pen.drawn.bar_box = Rect(ends.x - 2, ends.y - 0.5, ends.width + 4, high + 1)
        # Two millimetres and more beside the bar: it is measured with so much white around it.
        return self._around(Rect(left - 2, top, bar.length_mm + 4, high), *wrote)

    def _legend(self, box: Rect) -> Rect:
        """Every class with its patch, count and measure; smaller, then in two columns, where there are many."""
        rows, pen, layout = self.sheet.legend, self.pen, self.layout
        top = self._heading("legend", _("图例"), box)
        if not rows:
            return self._tall(box, top)
        available = box.bottom - top
        columns, size = 1, layout.body
        step = size * 1.75
        for columns, shrink in ((1, 1.0), (1, 0.9), (1, 0.8), (2, 0.8), (2, 0.7), (2, 0.6)):
            size = layout.body * shrink
            step = size * 1.75
            fits = int((available - step * 0.9) / step) * columns
            if len(rows) <= fits:
                break
        fits = max(int((available - step * 0.9) / step), 1) * columns
        shown = rows if len(rows) <= fits else rows[:fits - 1]
        per = -(-len(shown) // columns)
        width = (box.width - 2.0 * self.unit * (columns - 1)) / columns
        patch = Rect(0, 0, 7.0 * self.unit * size / layout.body, size * 1.15)
        small = size * 0.88
        measures = [measure_text(row, rows) for row in shown]
        wide = max((pen.width(text, small) for text in measures), default=0.0)
        counts = [("" if row.count is None else str(row.count)) for row in shown]
        narrow = max([pen.width(text, small) for text in counts] + [pen.width(_("数量"), small)])
        wide = max(wide, pen.width(_("面积或长度"), small)) if any(measures) else 0.0
        name_room = width - patch.width - 1.6 * self.unit - wide - narrow - 2.4 * self.unit
        if name_room < 12 * size * 0.7 and columns == 2:
            wide, measures = 0.0, [""] * len(shown)
            name_room = width - patch.width - 1.6 * self.unit - narrow - 1.2 * self.unit
        bottom = top
        for column in range(columns):
            x = box.x + column * (width + 2.0 * self.unit)
            y = top + size * 0.2
            pen.text("legend", _("数量"), x + width - wide - (1.2 * self.unit if wide else 0), y + small * 0.6, small * 0.9, align=1.0,
                     colour="#555555")
            if wide:
                pen.text("legend", _("面积或长度"), x + width, y + small * 0.6, small * 0.9, align=1.0, colour="#555555")
            y += step * 0.6
            for number in range(column * per, min((column + 1) * per, len(shown))):
                row = shown[number]
                self.tick()
                place = Rect(x, y + (step - patch.height) / 2, patch.width, patch.height)
                paint_patch(pen, row.symbol, row.kind, place, row.opacity)
                base = y + step / 2 + size * 0.36
                self._legend_name(row.words, x + patch.width + 1.6 * self.unit, base, name_room, size)
                if counts[number]:
                    pen.text("legend", counts[number], x + width - wide - (1.2 * self.unit if wide else 0), base, small, align=1.0)
                if measures[number]:
                    pen.text("legend", measures[number], x + width, base, small, align=1.0)
                pen.drawn.legend.update(row.keys)
                y += step
            bottom = max(bottom, y)
        if len(shown) < len(rows):
            words = _("另有 {count} 类未列出").format(count=len(rows) - len(shown))
            pen.text("legend", words, box.x, bottom + size, size)
            pen.drawn.cut.append(("legend", words))
            bottom += step
        return self._tall(box, bottom)

    def _tall(self, box: Rect, bottom: float) -> Rect:
        """A block of the panel as high as what stands in it; the panel has white at its sides already."""
        return Rect(box.x - 0.8 * self.unit, box.y, box.width + 1.6 * self.unit, bottom - box.y)

    def _legend_name(self, name: str, x: float, base: float, room: float, size: float) -> None:
        """A class's name on one line, smaller if need be, else on two."""
        pen = self.pen
        wide = pen.width(name, size)
        if wide <= room * 1.25:
            fit = min(size, size * room / wide)
            pen.text("legend", name, x, base - (size - fit) * 0.3, fit)
            return
        small = size * 0.74
        lines = pen.wrapped(name, room, small)
        if len(lines) > 2:
            lines = [lines[0], pen.fitted("legend", "".join(lines[1:]), room, small)]
        for number, line in enumerate(lines):
            pen.text("legend", line, x, base - size * 0.36 + small * 0.36 + (number - (len(lines) - 1) / 2) * small * 1.12, small)

    # -- the table -------------------------------------------------------------------------------------------------
    def _table_columns(self, width: float, size: float) -> list[float]:
        table, pen = self.sheet.table, self.pen
        assert table is not None
        pad = size * 0.7
        natural = [max([pen.width(table.heads[i], size), *(pen.width(row[i], size) for row in table.rows)]) + pad
                   for i in range(len(table.heads))]
        name = 1
        natural[name] = max(width - sum(natural) + natural[name], size * 6)
        return [one * width / sum(natural) for one in natural]

    def _table_lines(self, width: float, size: float) -> list[list[str]]:
        table = self.sheet.table
        assert table is not None
        room = self._table_columns(width, size)[1] - size * 0.7
        # A name that is a little too long is written a little smaller, rather than with one character on its second line.
        return [[row[1]] if self.pen.width(row[1], size) <= room * 1.18 else self.pen.wrapped(row[1], room, size) for row in table.rows]

    def _table_height(self, width: float) -> float:
        size = self.layout.small
        lines = self._table_lines(width, size)
        return self.layout.body * 1.8 + size * 1.6 + sum(max(len(one), 1) * size * 1.22 + size * 0.45 for one in lines)

    def _table(self, box: Rect) -> Rect:
        table, pen = self.sheet.table, self.pen
        assert table is not None
        for shrink in (1.0, 0.9, 0.8, 0.7):
            size = self.layout.small * shrink
            lines = self._table_lines(box.width, size)
            heights = [max(len(one), 1) * size * 1.22 + size * 0.45 for one in lines]
            room = box.height - self.layout.body * 1.8 - size * 1.6
            if sum(heights) <= room and not table.left_out or sum(heights) + size * 1.5 <= room:
                break
        widths = self._table_columns(box.width, size)
        edges = [box.x + sum(widths[:i]) for i in range(len(widths) + 1)]
        top = self._heading("units", table.title, box) - self.layout.body * 0.1
        if top + size * 4 > box.bottom:
            pen.drawn.cut.append(("units", table.title))
            return self._tall(box, top)
        y = top
        head_high = size * 1.6
        pen.box(Rect(box.x, y, box.width, head_high), fill="#eef1f3", line=LINE_THIN)
        for i, head in enumerate(table.heads):
            pen.text("units", pen.fitted("units", head, widths[i], size), (edges[i] + edges[i + 1]) / 2, y + head_high / 2 + size * 0.36,
                     size, align=0.5)
        y += head_high
        left_out = table.left_out
        for row, name, high in zip(table.rows, lines, heights, strict=True):
            after = len(table.rows) - table.rows.index(row) - 1 + table.left_out
            if y + high + (size * 1.5 if after else 0) > box.bottom + 0.01:
                left_out = after + 1
                break
            self.tick()
            pen.line([(box.x, y + high), (box.right, y + high)], LINE_THIN * 0.7, "#777777")
            for i, cell in enumerate(row):
                if i == 1:
                    for number, line in enumerate(name or [""]):
                        base = y + high / 2 + (number - (len(name) - 1) / 2) * size * 1.22 + size * 0.36
                        if line:
                            room = widths[i] - size * 0.7
                            fit = min(size, size * room / max(pen.width(line, size), 0.01))
                            pen.text("units", line, edges[i] + size * 0.35, base, fit)
                    continue
                last = i == len(row) - 1 and i > 1
                x = edges[i + 1] - size * 0.35 if last else edges[i] + size * 0.35
                pen.text("units", pen.fitted("units", cell, widths[i] - size * 0.5, size), x, y + high / 2 + size * 0.36, size,
                         align=1.0 if last else 0.0)
            y += high
        for edge in edges:
            pen.line([(edge, top), (edge, y)], LINE_THIN * 0.7, "#777777")
        if left_out:
            pen.text("units", _("另有 {count} 个未列出").format(count=left_out), box.x, y + size * 1.15, size)
            pen.drawn.left_out = left_out
            y += size * 1.5
        return self._tall(box, y + 0.8 * self.unit)

    def _notes(self, box: Rect) -> float:
        """The notes at the bottom of ``box``; where they begin."""
        words = self.sheet.words.notes
        if not words:
            return box.bottom
        return self._block("notes", lambda: self._notes_block(words, box)).y - 0.4 * self.unit

    def _notes_block(self, words: str, box: Rect) -> Rect:
        size = self.layout.small
        lines = self.pen.wrapped(_("说明：{words}").format(words=words), box.width, size)
        most = int(box.height * 0.45 / (size * 1.35))
        if len(lines) > most:
            self.pen.drawn.cut.append(("notes", words))
            lines = [*lines[:most - 1], lines[most - 1][:-2] + "……"] if most else []
        top = box.bottom - len(lines) * size * 1.35
        for number, line in enumerate(lines):
            self.pen.text("notes", line, box.x, top + number * size * 1.35 + size, size)
        return Rect(box.x - 0.8 * self.unit, top - 0.8 * self.unit, box.width + 1.6 * self.unit, box.bottom - top + 1.2 * self.unit)


def _rect(box: Rect):  # noqa: ANN202
    from PyQt5.QtCore import QRectF

    return QRectF(box.x, box.y, box.width, box.height)
