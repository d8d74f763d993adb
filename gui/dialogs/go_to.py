"""Go to a coordinate or a place, by typing."""

from __future__ import annotations

from typing import Any

from PyQt5.QtCore import QEvent, QObject, Qt, QTimer, pyqtSignal
from PyQt5.QtGui import QKeyEvent
from PyQt5.QtWidgets import QDialog, QLabel, QLineEdit, QListWidget, QListWidgetItem, QVBoxLayout, QWidget

from gui.dialogs import sized
from gui.places import LIMIT, Index, Place, coordinates
from gui.words import Speaker, aside
from sanxian.i18n import _

WAIT_MS = 80


class GoTo(QDialog, Speaker):
    """One line to type in, and what it may mean.

    Signals:
        chosen: The place to go to (``gui.places.Place``).
    """

    chosen = pyqtSignal(object)

    def __init__(self, session: Any, index: Index, epsg: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session, self._index, self._epsg = session, index, epsg
        self.say(self.setWindowTitle, "转到坐标或地点")
        sized(self, 480, 380)
        self.text = QLineEdit(objectName="go_to_text", clearButtonEnabled=True)
        self.say(self.text.setAccessibleName, "坐标、名称或编码")
        self.say(self.text.setPlaceholderText, "坐标、单元编码、区县、排污口、项目……")
        self.text.installEventFilter(self)
        self.list = QListWidget(objectName="go_to_list")
        self.say(self.list.setAccessibleName, "找到的地点")
        self.said = QLabel(wordWrap=True)
        layout = QVBoxLayout(self)
        layout.addWidget(self.text)
        layout.addWidget(self.list, 1)
        layout.addWidget(self.said)
        self._timer = QTimer(self, singleShot=True, interval=WAIT_MS)
        self._timer.timeout.connect(self.search)
        self.text.textChanged.connect(lambda _text: self._timer.start())
        self.text.returnPressed.connect(self._take)
        self.list.itemActivated.connect(self._go)
        self._unread = [layer for layer in session.layers if layer.frame is not None and not index.knows(layer)]
        QTimer.singleShot(0, self._learn)
        self.search()

    def _learn(self) -> None:
        """Read one layer a turn, so that typing never waits for all of them."""
        if self._unread:
            self._index.learn(self._unread.pop(0))
            if not self._unread and self.text.text().strip():
                self.search()
            QTimer.singleShot(0, self._learn)

    def retranslate(self) -> None:
        super().retranslate()
        self.search()

    def search(self) -> None:
        """Show what the text may mean."""
        self._timer.stop()
        text = self.text.text()
        self.list.clear()
        points = coordinates(text, self._epsg) if text.strip() else []
        for point in points:
            x, y = point.xy or (0.0, 0.0)
            shown = f"{x:.6f}, {y:.6f}" if point.key == "EPSG:4490" else f"X {y:,.2f}  Y {x:,.2f}"
            self._add(point, _("坐标 {place}").format(place=f"{shown}{aside(point.key)}"))
        asked = text.strip().lower()
        for site in self._session.sites:
            if asked and (asked in site.id.lower() or asked in site.name.lower()):
                self._add(Place("site", site.id, site.name), f"{site.name}{aside(site.id)}")
        names = {layer.key: layer.name for layer in self._session.layers}
        for place in self._index.search(self._session.layers, text):
            self._add(place, f"{place.label}  —  {names[place.key]}")
        if self.list.count() and len(points) < 2:  # Enter takes no reading of several
            self.list.setCurrentRow(0)
        self.said.setText(
            _("这些数字有几种读法，请选一种。") if len(points) > 1
            else "" if not text.strip() or self.list.count()
            else _("没有找到。坐标写成“115.98, 29.71”、度分秒，或高斯坐标“北 东”。"))
        if self.list.count() >= LIMIT:
            self.said.setText(_("只列出前 {count} 处，请多写几个字。").format(count=f"{LIMIT:,}"))

    def _add(self, place: Place, text: str) -> None:
        item = QListWidgetItem(text)
        item.setData(Qt.UserRole, place)
        self.list.addItem(item)

    def _take(self) -> None:
        chosen = self.list.currentRow() if not self._timer.isActive() else -1
        self.search()
        if chosen >= 0:
            self.list.setCurrentRow(chosen)
        if self.list.currentItem() is not None:
            self._go(self.list.currentItem())

    def _go(self, item: QListWidgetItem) -> None:
        self.chosen.emit(item.data(Qt.UserRole))
        self.accept()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Arrow keys move in the list while the hands stay in the line."""
        if watched is self.text and isinstance(event, QKeyEvent) and event.type() == QEvent.KeyPress:
            step = {Qt.Key_Down: 1, Qt.Key_Up: -1}.get(event.key())
            if step and self.list.count():
                self.list.setCurrentRow(max(0, min(self.list.count() - 1, self.list.currentRow() + step)))
                return True
        return super().eventFilter(watched, event)
