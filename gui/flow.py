"""Widgets beside one another that go on in the next line where there is no more room."""

from __future__ import annotations

from PyQt5.QtCore import QPoint, QRect, QSize, Qt
from PyQt5.QtWidgets import QLayout, QLayoutItem, QSizePolicy


class Flow(QLayout):
    """As many in a line as fit; those that may grow share what is left of it."""

    def __init__(self) -> None:
        super().__init__()
        self._items: list[QLayoutItem] = []
        self.setContentsMargins(0, 0, 0, 0)
        self.setSpacing(4)

    # -- what Qt asks ------------------------------------------------------------------------------------------------
    def addItem(self, item: QLayoutItem) -> None:
        self._items.append(item)

    def count(self) -> int:
        return len(self._items)

    def itemAt(self, index: int) -> QLayoutItem | None:  # type: ignore[override]
        return self._items[index] if 0 <= index < len(self._items) else None

    def takeAt(self, index: int) -> QLayoutItem | None:  # type: ignore[override]
        return self._items.pop(index) if 0 <= index < len(self._items) else None

    def expandingDirections(self) -> Qt.Orientations:
        return Qt.Orientations(Qt.Horizontal)

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        lines = self._lines(width)
        return sum(self._high(line) for line in lines) + self.spacing() * max(len(lines) - 1, 0)

    def minimumSize(self) -> QSize:
        shown = self._shown()
        return QSize(max((item.minimumSize().width() for item in shown), default=0),
                     max((item.minimumSize().height() for item in shown), default=0))

    def sizeHint(self) -> QSize:
        shown = self._shown()
        wide = sum(item.sizeHint().width() for item in shown) + self.spacing() * max(len(shown) - 1, 0)
        return QSize(wide, self._high(shown))

    def setGeometry(self, rect: QRect) -> None:
        super().setGeometry(rect)
        top = rect.top()
        for line in self._lines(rect.width()):
            high, left = self._high(line), rect.left()
            widths = [min(self._wide(item), rect.width()) for item in line]
            growing = [place for place, item in enumerate(line) if _grows(item)]
            rest = rect.width() - sum(widths) - self.spacing() * (len(line) - 1)
            for number, place in enumerate(growing):
                widths[place] += max(rest, 0) * (number + 1) // len(growing) - max(rest, 0) * number // len(growing)
            for item, wide in zip(line, widths, strict=True):
                tall = min(item.sizeHint().height(), high)
                item.setGeometry(QRect(QPoint(left, top + (high - tall) // 2), QSize(wide, tall)))
                left += wide + self.spacing()
            top += high + self.spacing()

    # ----------------------------------------------------------------------------------------------------------------
    def _shown(self) -> list[QLayoutItem]:
        return [item for item in self._items if not item.isEmpty()]

    @staticmethod
    def _wide(item: QLayoutItem) -> int:
        return max(item.sizeHint().width(), item.minimumSize().width())

    @staticmethod
    def _high(line: list[QLayoutItem]) -> int:
        return max((item.sizeHint().height() for item in line), default=0)

    def _lines(self, width: int) -> list[list[QLayoutItem]]:
        lines: list[list[QLayoutItem]] = []
        left = 0
        for item in self._shown():
            wide = self._wide(item)
            if not lines or left + wide > width:
                lines.append([])
                left = 0
            lines[-1].append(item)
            left += wide + self.spacing()
        return lines


def _grows(item: QLayoutItem) -> bool:
    widget = item.widget()
    return widget is not None and bool(widget.sizePolicy().horizontalPolicy() & QSizePolicy.ExpandFlag)
