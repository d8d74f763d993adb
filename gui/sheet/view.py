"""The sheet as it will be printed, in the layout window: its blocks are dragged, or moved by keys, between rulers in mm."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from PyQt5.QtCore import QEvent, QObject, QPoint, QPointF, QRectF, QSize, Qt, pyqtSignal
from PyQt5.QtGui import (
    QColor,
    QFocusEvent,
    QFont,
    QFontMetrics,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPixmap,
)
from PyQt5.QtWidgets import QApplication, QLabel, QScrollArea, QWidget

from gui.theme import ink
from sanxian.mapping.sheets.page import Layout, Rect, placed
from sanxian.mapping.sheets.template import BLOCKS

# The paper is white in a dark window too.
PICKED, GUIDE = QColor("#0b5cad"), QColor("#c2185b")
SNAP_PX = 7
ARROWS = {Qt.Key_Left: (-1, 0), Qt.Key_Right: (1, 0), Qt.Key_Up: (0, -1), Qt.Key_Down: (0, 1)}
STEP_MM, LARGE_MM, SMALL_MM = 1.0, 10.0, 0.1
_TICKS = (1, 2, 5, 10, 20, 50, 100, 200, 500)


def snapped(box: Rect, upright: Iterable[float], level: Iterable[float], reach: float) -> tuple[float, float, list[float], list[float]]:
    """Where a box comes to lie when its edges and its middle are drawn to lines that are near.

    Args:
        box: In mm.
        upright, level: The lines: their x, their y.
        reach: How near a line has to be, in mm.

    Returns:
        x and y of the box, and those upright and level lines on which it then stands.
    """
    x, of_x = _drawn_to((box.x, box.x + box.width / 2, box.right), upright, reach)
    y, of_y = _drawn_to((box.y, box.y + box.height / 2, box.bottom), level, reach)
    return box.x + x, box.y + y, of_x, of_y


def _drawn_to(own: Sequence[float], lines: Iterable[float], reach: float) -> tuple[float, list[float]]:
    found = sorted(set(lines))
    by = min((line - edge for line in found for edge in own), key=abs, default=reach + 1)
    if abs(by) > reach:
        return 0.0, []
    return by, [line for line in found if any(abs(edge + by - line) < 0.05 for edge in own)]


def lines_of(layout: Layout, others: Iterable[Rect]) -> tuple[list[float], list[float]]:
    """The upright and the level lines to which blocks are drawn: margins, middle of the page, map, panel, other blocks."""
    paper = layout.paper
    upright, level = [paper.width / 2], [paper.height / 2]
    margins = Rect(layout.title.x, layout.title.y, layout.title.width, layout.footer.bottom - layout.title.y)
    for box in (margins, layout.outer, layout.map, *([layout.panel] if layout.panel else []), *layout.columns, *others):
        upright += [box.x, box.x + box.width / 2, box.right]
        level += [box.y, box.y + box.height / 2, box.bottom]
    return upright, level


class SheetView(QLabel):
    """The sheet.

    Signals:
        moved: A block, its x and y in mm, and whether it was by a key: those of one block after another are one step.
        putBack: A block is to stand where the layout has it.
        picked: A block was picked, or none ('').
        pointed: Where the mouse is has changed, or what stands where: for the rulers.
    """

    moved = pyqtSignal(str, float, float, bool)
    putBack = pyqtSignal(str)
    picked = pyqtSignal(str)
    pointed = pyqtSignal()

    def __init__(self, name: str) -> None:
        super().__init__(objectName=name, alignment=Qt.AlignCenter)
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.StrongFocus)
        self.layout_mm: Layout | None = None
        self.pick = ""
        self.mouse: tuple[float, float] | None = None  # in mm
        self.guides: tuple[list[float], list[float]] = ([], [])
        self._boxes: dict[str, Rect] = {}  # as in the picture
        self._there: dict[str, Rect] = {}  # of those that have been moved since it was painted
        self._held: tuple[str, float, float, Rect] | None = None  # block, where it was taken, where it stood
        self._dragged = False

    # -- what is shown ---------------------------------------------------------------------------------------------
    def show_sheet(self, picture: QPixmap, layout: Layout, boxes: Mapping[str, Rect]) -> None:
        """Show a sheet that was painted."""
        self.layout_mm, self._boxes = layout, dict(boxes)
        if not self._dragged:
            self._there = {}
        if self.pick not in self._boxes:
            self._drop()
        self.setPixmap(picture)
        self.pointed.emit()

    def show_nothing(self) -> None:
        """There is no sheet."""
        self.layout_mm, self._boxes, self._there = None, {}, {}
        self._drop()
        self.clear()
        self.pointed.emit()

    def blocks(self) -> list[str]:
        """The blocks that stand on the sheet, as they are listed."""
        return [name for name in BLOCKS if name in self._boxes]

    def box(self, name: str) -> Rect | None:
        """Where a block stands, in mm."""
        return self._there.get(name) or self._boxes.get(name)

    def set_box(self, name: str, box: Rect) -> None:
        """Show a block elsewhere until the sheet has been painted anew."""
        if name in self._boxes:
            self._there[name] = box
            self.update()
            self.pointed.emit()

    def set_pick(self, name: str) -> None:
        """Pick a block, or none."""
        if name != self.pick:
            self.pick = name if name in self._boxes else ""
            self.update()
            self.pointed.emit()
            self.picked.emit(self.pick)

    def _drop(self) -> None:
        """Let go of what is held, and of what was picked."""
        self._held, self._dragged, self.guides = None, False, ([], [])
        self.set_pick("")

    # -- millimetres and pixels ------------------------------------------------------------------------------------
    def paper_px(self) -> QRectF:
        """Where the paper is, in this widget; empty without a sheet."""
        shown = self.pixmap()
        if shown is None or shown.isNull() or self.layout_mm is None:
            return QRectF()
        size = shown.size() / shown.devicePixelRatioF()
        return QRectF((self.width() - size.width()) // 2, (self.height() - size.height()) // 2, size.width(), size.height())

    def per_mm(self) -> float:
        """Pixels of a millimetre; 0 without a sheet."""
        paper = self.layout_mm
        return 0.0 if paper is None else self.paper_px().width() / paper.paper.width

    def to_mm(self, at: QPoint) -> tuple[float, float] | None:
        """A place of this widget on the paper; may lie beside it."""
        per, paper = self.per_mm(), self.paper_px()
        return None if not per else ((at.x() - paper.x()) / per, (at.y() - paper.y()) / per)

    def to_px(self, box: Rect) -> QRectF:
        """A box of the paper in this widget."""
        per, paper = self.per_mm(), self.paper_px()
        return QRectF(paper.x() + box.x * per, paper.y() + box.y * per, box.width * per, box.height * per)

    def block_at(self, at: QPoint) -> str:
        """The block that stands there; of several the smallest."""
        found = [(box.width * box.height, name) for name in self._boxes
                 if (box := self.box(name)) is not None and self.to_px(box).adjusted(-2, -2, 2, 2).contains(QPointF(at))]
        return min(found)[1] if found else ""

    # -- mouse -----------------------------------------------------------------------------------------------------
    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() != Qt.LeftButton:
            super().mousePressEvent(event)
            return
        name, at = self.block_at(event.pos()), self.to_mm(event.pos())
        self.set_pick(name)
        box = self.box(name)
        self._held = (name, *at, box) if at is not None and box is not None else None
        self._dragged = False

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self.mouse = self.to_mm(event.pos())
        if self._held is None:
            self.setCursor(Qt.SizeAllCursor if self.block_at(event.pos()) else Qt.ArrowCursor)
        elif self.mouse is not None and self.layout_mm is not None:
            name, x, y, box = self._held
            by_x, by_y = self.mouse[0] - x, self.mouse[1] - y
            if self._dragged or max(abs(by_x), abs(by_y)) * self.per_mm() >= QApplication.startDragDistance() / 2:
                self._dragged = True
                self._drag(name, Rect(box.x + by_x, box.y + by_y, box.width, box.height),
                           free=bool(event.modifiers() & Qt.ControlModifier))
        self.pointed.emit()

    def _drag(self, name: str, box: Rect, *, free: bool) -> None:
        layout = self.layout_mm
        assert layout is not None
        self.guides = ([], [])
        x, y = box.x, box.y
        if not free:
            others = [there for one in self._boxes if one != name and (there := self.box(one)) is not None]
            x, y, *self.guides = snapped(box, *lines_of(layout, others), SNAP_PX / self.per_mm())
        there = placed(box, x, y, layout.paper)
        if (abs(there.x - x), abs(there.y - y)) != (0, 0):  # the edge of the page is stronger than a line
            self.guides = ([line for line in self.guides[0] if there.x == x], [line for line in self.guides[1] if there.y == y])
        self.set_box(name, there)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        held, dragged = self._held, self._dragged
        self._held, self._dragged, self.guides = None, False, ([], [])
        self.update()
        if event.button() == Qt.LeftButton and held is not None and dragged:
            box = self.box(held[0])
            if box is not None and box[:2] != held[3][:2]:
                self.moved.emit(held[0], box.x, box.y, False)

    def leaveEvent(self, event: QEvent) -> None:
        self.mouse = None
        self.pointed.emit()
        super().leaveEvent(event)

    # -- keys ------------------------------------------------------------------------------------------------------
    def keyPressEvent(self, event: QKeyEvent) -> None:
        key, box = event.key(), self.box(self.pick)
        if key in (Qt.Key_PageDown, Qt.Key_PageUp) and self._boxes:
            names, on = self.blocks(), 1 if key == Qt.Key_PageDown else -1
            first = 0 if on > 0 else len(names) - 1
            self.set_pick(names[(names.index(self.pick) + on) % len(names)] if self.pick else names[first])
        elif key == Qt.Key_Escape and self._held is not None and self._dragged:
            self.set_box(self._held[0], self._held[3])
            self._held, self._dragged, self.guides = None, False, ([], [])
        elif key == Qt.Key_Escape and self.pick:
            self.set_pick("")
        elif key in (Qt.Key_Delete, Qt.Key_Backspace) and self.pick:
            self.putBack.emit(self.pick)
        elif key in ARROWS and box is not None and self.layout_mm is not None and self._held is None:
            large, small = event.modifiers() & Qt.ShiftModifier, event.modifiers() & Qt.ControlModifier
            step = LARGE_MM if large else SMALL_MM if small else STEP_MM
            there = placed(box, box.x + ARROWS[key][0] * step, box.y + ARROWS[key][1] * step, self.layout_mm.paper)
            if there != box:
                self.set_box(self.pick, there)
                self.moved.emit(self.pick, there.x, there.y, True)
        else:
            super().keyPressEvent(event)
            return
        event.accept()

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.update()

    # -- painting --------------------------------------------------------------------------------------------------
    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        paper = self.paper_px()
        if paper.isEmpty():
            return
        painter = QPainter(self)
        painter.setClipRect(paper.adjusted(-2, -2, 2, 2))
        shown = self.pixmap()
        ratio = shown.devicePixelRatioF()
        for name, box in self._there.items():
            before = self.to_px(self._boxes[name])
            if self._boxes[name] == box:
                continue
            source = QRectF((before.topLeft() - paper.topLeft()) * ratio, before.size() * ratio)
            painter.fillRect(before, QColor(255, 255, 255, 170))
            painter.setOpacity(0.85)
            painter.drawPixmap(self.to_px(box), shown, source)
            painter.setOpacity(1.0)
        for upright, at in [(True, x) for x in self.guides[0]] + [(False, y) for y in self.guides[1]]:
            painter.setPen(QPen(GUIDE, 1, Qt.DashLine))
            on = self.to_px(Rect(at, at, 0, 0)).topLeft()
            if upright:
                painter.drawLine(QPointF(on.x(), paper.top()), QPointF(on.x(), paper.bottom()))
            else:
                painter.drawLine(QPointF(paper.left(), on.y()), QPointF(paper.right(), on.y()))
        picked = self.box(self.pick)
        if picked is not None:
            frame = self.to_px(picked)
            painter.setPen(QPen(PICKED, 2 if self.hasFocus() else 1))
            painter.drawRect(frame)
            for corner in (frame.topLeft(), frame.topRight(), frame.bottomLeft(), frame.bottomRight()):
                painter.fillRect(QRectF(corner.x() - 3, corner.y() - 3, 6, 6), PICKED)
        elif self.hasFocus():
            painter.setPen(QPen(PICKED, 2))
            painter.drawRect(paper)


class Ruler(QWidget):
    """Millimetres of the paper along one side of the preview, with the picked block and the mouse on them."""

    def __init__(self, view: SheetView, area: QScrollArea, *, upright: bool) -> None:
        super().__init__(objectName="sheet_ruler_left" if upright else "sheet_ruler_top")
        self._view, self._area, self._upright = view, area, upright
        view.pointed.connect(self.update)
        for bar in (area.horizontalScrollBar(), area.verticalScrollBar()):
            bar.valueChanged.connect(lambda _value: self.update())
            bar.rangeChanged.connect(lambda _low, _high: self.update())
        view.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() in (QEvent.Resize, QEvent.Move):
            self.update()
        return super().eventFilter(watched, event)

    def sizeHint(self) -> QSize:
        wide = QFontMetrics(self._font()).height() + 5
        return QSize(wide, 10) if self._upright else QSize(10, wide)

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def _font(self) -> QFont:
        small = QFont(self.font())
        small.setPointSizeF(max(small.pointSizeF() * 0.8, 6.0))
        return small

    def start(self) -> float:
        """Where the paper begins, in pixels of this ruler; negative where it is scrolled out of sight."""
        corner = self._view.paper_px().topLeft()
        view = self.mapFromGlobal(self._view.mapToGlobal(QPoint(0, 0)))
        return view.y() + corner.y() if self._upright else view.x() + corner.x()

    def step(self) -> int:
        """Millimetres between two figures: as few as there is room for."""
        per = self._view.per_mm()
        room = QFontMetrics(self._font()).horizontalAdvance("0000") + 8
        return next((one for one in _TICKS if one * per >= room), _TICKS[-1])

    def paintEvent(self, _event: QPaintEvent) -> None:
        layout, per = self._view.layout_mm, self._view.per_mm()
        if layout is None or not per:
            return
        painter = QPainter(self)
        if self._upright:  # painted lying, and turned
            painter.translate(0, self.height())
            painter.rotate(-90)
        long, deep = (self.height(), self.width()) if self._upright else (self.width(), self.height())
        paper = layout.paper.height if self._upright else layout.paper.width

        def at(mm: float) -> float:
            along = self.start() + mm * per
            return long - along if self._upright else along

        def band(low: float, high: float, colour: str) -> None:
            first, last = sorted((at(low), at(high)))
            painter.fillRect(QRectF(first, 0, last - first, deep), QColor(ink(colour)))

        band(0, paper, "ground")
        box = self._view.box(self._view.pick)
        if box is not None:
            band(*((box.y, box.bottom) if self._upright else (box.x, box.right)), "bar")
        painter.setFont(self._font())
        painter.setPen(QColor(ink("text")))
        step = self.step()
        fine = next((one for one in (10, 5, 2) if step % one == 0 and step / one * per >= 4), 1)
        first, last = max(int(-self.start() / per / step) * step, 0), min(paper, (long - self.start()) / per)
        number = 0
        while (mm := first + number * step / fine) <= last + 1e-9:
            whole = number % fine == 0
            high = deep if whole else deep / 2 if fine == 10 and number % 5 == 0 else deep / 3
            painter.drawLine(QPointF(at(mm), deep - high), QPointF(at(mm), deep))
            if whole:
                painter.drawText(QPointF(at(mm) + 2, deep * 0.66), f"{mm:.0f}")
            number += 1
        if self._view.mouse is not None:
            mouse = self._view.mouse[1 if self._upright else 0]
            if 0 <= mouse <= paper:
                painter.setPen(QPen(QColor(ink("wrong")), 1))
                painter.drawLine(QPointF(at(mouse), 0), QPointF(at(mouse), deep))
