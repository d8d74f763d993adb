"""A small map: where a file would lie under each coordinate system, over what the workspace already knows."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from PyQt5.QtCore import QPointF, QRectF, QSize, Qt, pyqtSignal
from PyQt5.QtGui import QColor, QFont, QMouseEvent, QPainter, QPainterPath, QPaintEvent, QPen
from PyQt5.QtWidgets import QSizePolicy, QWidget

from sanxian.i18n import _

COLOURS = ("#0b5fa5", "#b3261e", "#6a3d9a", "#a05a00", "#1b7837", "#c51b7d", "#4d4d4d", "#00796b")
FAR_KM = 6000  # from the middle of the country's own; a number beyond tells nothing but that the reading is wrong
_INK = QColor("#8a949b")


class PlaceMap(QWidget):
    """Reference layers in grey, each candidate in a colour of its own with its number.

    Signals:
        picked: The number of the candidate that was clicked, from 0.
    """

    picked = pyqtSignal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setSizePolicy(QSizePolicy.Expanding, QSizePolicy.Expanding)
        self.setMinimumSize(240, 160)
        self._reference: list[QPainterPath] = []
        self._home = QRectF()  # what they take up
        self._candidates: list[tuple[QPainterPath, QRectF]] = []
        self._chosen = -1
        self._near = False

    def sizeHint(self) -> QSize:
        return QSize(380, 260)

    def show_places(self, reference: Sequence[Any], candidates: Sequence[Sequence[Any]], chosen: int = -1) -> None:
        """Draw outlines in degrees.

        Args:
            reference: Of the workspace.
            candidates: Of the file, under each coordinate system.
            chosen: Which of them is chosen.
        """
        self._reference = _paths(reference)
        self._home = QRectF()
        for path in self._reference:
            self._home = self._home.united(path.boundingRect())
        self._candidates = [(path, path.boundingRect()) for path in map(_path, candidates)]
        self.choose(chosen)

    def choose(self, number: int) -> None:
        """Mark one candidate; -1 for none."""
        self._chosen = number
        self.update()

    def candidates(self) -> int:
        """How many candidates are drawn."""
        return len(self._candidates)

    def _bounds(self) -> QRectF:
        """What is shown: the workspace with what lies near it and what is chosen; without one, every candidate."""
        china = QRectF(60, 0, 90, 60)
        home = self._home
        box, near = QRectF(home), _at_least(home, 2 * max(home.width(), home.height(), 0.1))
        for number, (_shape, around) in enumerate(self._candidates):
            if china.contains(around.center()) and (home.isNull() or number == self._chosen or near.intersects(around)):
                box = box.united(_at_least(around, 1e-5))
        return _at_least(box if not box.isNull() else china, 1e-4 if not self._reference else 0.02)

    def _scale(self) -> tuple[float, float, float, float]:
        """Pixels in a degree east and north, and the middle of what is shown."""
        box = self._bounds()
        flat = max(math.cos(math.radians(box.center().y())), 0.2)
        step = min((self.width() - 40) / max(box.width() * flat, 1e-6), (self.height() - 40) / max(box.height(), 1e-6))
        return step * flat, step, box.center().x(), box.center().y()

    def _on_screen(self, x: float, y: float) -> QPointF:
        east, north, lon, lat = self._scale()
        return QPointF(self.width() / 2 + (x - lon) * east, self.height() / 2 - (y - lat) * north)

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.Antialiasing)
        painter.fillRect(self.rect(), QColor("#ffffff"))
        painter.setPen(QPen(QColor("#c9d1d6"), 1))
        painter.drawRect(self.rect().adjusted(0, 0, -1, -1))
        if not self._reference and not self._candidates:
            painter.setPen(QColor("#52606d"))
            painter.drawText(self.rect().adjusted(12, 12, -12, -12), Qt.AlignCenter | Qt.TextWordWrap,
                             _("没有可以画在地图上的图形。"))
            painter.end()
            return
        painter.save()
        east, north, lon, lat = self._scale()
        painter.translate(self.width() / 2, self.height() / 2)
        painter.scale(east, -north)
        painter.translate(-lon, -lat)
        for path in self._reference:
            painter.setPen(_pen(_INK, 1.0))
            painter.setBrush(QColor(138, 148, 155, 45))
            painter.drawPath(path)
        order = [i for i in range(len(self._candidates)) if i != self._chosen]
        order += [self._chosen] if 0 <= self._chosen < len(self._candidates) else []
        for number in order:
            colour = QColor(COLOURS[number % len(COLOURS)])
            fill = QColor(colour)
            fill.setAlpha(110 if number == self._chosen else 30)
            painter.setPen(_pen(colour, 2.0 if number == self._chosen else 1.2))
            painter.setBrush(fill)
            painter.drawPath(self._candidates[number][0])
        painter.restore()
        for number in order:
            self._number(painter, number)
        if self._reference:
            painter.setPen(QColor("#52606d"))
            painter.drawText(self.rect().adjusted(8, 6, -8, -6), Qt.AlignLeft | Qt.AlignBottom, _("灰色：工作区已有图层"))
        painter.end()

    def badge(self, number: int) -> QRectF:
        """Where the number of a candidate stands: on it, or at the edge that it lies beyond."""
        taken: list[QRectF] = []
        for other, (_shape, around) in enumerate(self._candidates):
            at = self._on_screen(around.center().x(), around.center().y())
            at = QPointF(min(max(at.x(), 14), self.width() - 14), min(max(at.y(), 14), self.height() - 14))
            first = QRectF(at.x() - 10, at.y() - 10, 20, 20)
            # Candidates in one place stand above and below one another; one badge is in the way of two others at most.
            steps = [0, *(step for away in range(1, 2 * len(taken) + 3) for step in (-away, away))]
            free = [one for one in (first.translated(0, 22 * step) for step in steps)
                    if not any(one.intersects(former) for former in taken)]
            taken.append(next((one for one in free if 0 <= one.top() <= self.height() - 20), free[0]))
            if other == number:
                break
        return taken[-1]

    def _number(self, painter: QPainter, number: int) -> None:
        badge, around = self.badge(number), self._candidates[number][1]
        painter.setPen(QPen(QColor("#ffffff"), 2))
        painter.setBrush(QColor(COLOURS[number % len(COLOURS)]))
        painter.drawEllipse(badge)
        font = QFont(self.font())
        font.setPixelSize(12)
        font.setBold(True)
        painter.setFont(font)
        painter.drawText(badge, Qt.AlignCenter, str(number + 1))
        at = self._on_screen(around.center().x(), around.center().y())
        if self.rect().contains(at.toPoint()):
            return
        shown = self._bounds().center()
        painter.setPen(QColor(COLOURS[number % len(COLOURS)]))
        words = away_words(around.center(), shown)
        left = badge.center().x() < self.width() / 2
        room = QRectF(badge.right() + 4 if left else badge.left() - 124, badge.top(), 120, 20)
        painter.drawText(room, int(Qt.AlignVCenter | (Qt.AlignLeft if left else Qt.AlignRight)), words)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        hits = []
        for number, (_shape, around) in enumerate(self._candidates):
            if self.badge(number).contains(event.pos()):
                self.picked.emit(number)
                return
            first = self._on_screen(around.left(), around.bottom())
            last = self._on_screen(around.right(), around.top())
            box = _at_least(QRectF(first, last).normalized(), 20)
            if box.contains(event.pos()):
                middle = box.center() - event.pos()
                hits.append((middle.x() ** 2 + middle.y() ** 2, number))
        if hits:
            self.picked.emit(min(hits)[1])


def away_words(place: QPointF, shown: QPointF) -> str:
    """How far a place is from what is shown, both in degrees, where a number of kilometres tells anything."""
    if not (abs(place.x()) <= 180 and abs(place.y()) <= 90):
        return _("不在地球上")
    km = 111.3 * math.hypot((place.x() - shown.x()) * math.cos(math.radians(shown.y())), place.y() - shown.y())
    return _("不在中国附近") if km > FAR_KM else f"{km:,.0f} km"


def _pen(colour: QColor, width: float) -> QPen:
    pen = QPen(colour, width)
    pen.setCosmetic(True)
    return pen


def _at_least(box: QRectF, size: float) -> QRectF:
    dx, dy = max(0.0, (size - box.width()) / 2), max(0.0, (size - box.height()) / 2)
    return box.adjusted(-dx, -dy, dx, dy)


def _paths(shapes: Sequence[Any]) -> list[QPainterPath]:
    """A path for each shape; taken apart all at once, since a workspace has hundreds of outlines."""
    import numpy as np
    import shapely

    from gui.canvas.paint import qpolygon

    paths = [QPainterPath() for _shape in shapes]
    parts, owners = shapely.get_parts(np.asarray(shapes, dtype=object), return_index=True)
    kinds = shapely.get_type_id(parts)
    for part, owner in zip(parts[kinds == 0], owners[kinds == 0], strict=True):
        paths[owner].addEllipse(QPointF(part.x, part.y), 0.004, 0.004)
    rings, ring_owners = shapely.get_rings(parts[kinds == 3], return_index=True)
    lines = np.isin(kinds, (1, 2))
    outlines = np.concatenate([rings, parts[lines]])
    ends = np.cumsum(shapely.get_num_coordinates(outlines))
    owners = np.concatenate([owners[kinds == 3][ring_owners], owners[lines]])
    for owner, xy in zip(owners, np.split(shapely.get_coordinates(outlines), ends[:-1]), strict=False):
        paths[owner].addPolygon(qpolygon(xy))
    return paths


def _path(shapes: Sequence[Any]) -> QPainterPath:
    path = QPainterPath()
    path.setFillRule(Qt.OddEvenFill)
    for one in _paths(shapes):
        path.addPath(one)
    return path
