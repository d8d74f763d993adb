"""The status bar: where the pointer is, at what scale, in which CRS, and what is being worked on."""

from __future__ import annotations

import re

from PyQt5.QtCore import QEvent, QRect, QRegularExpression, QSize, Qt, QTimer, pyqtSignal
from PyQt5.QtGui import QFocusEvent, QKeyEvent, QPainter, QPaintEvent, QPalette, QRegularExpressionValidator
from PyQt5.QtWidgets import (
    QComboBox,
    QLabel,
    QLineEdit,
    QProgressBar,
    QPushButton,
    QSizePolicy,
    QStatusBar,
    QStyle,
    QStyleOption,
    QToolButton,
    QToolTip,
    QWidget,
)

from gui.measures import UNITS, total_words
from gui.resources.icons import icon
from gui.words import Speaker, dms, listed, named, plain_tip, together
from sanxian.i18n import _

SCALES = (1000, 2000, 5000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000)
FORMATS = ("decimal", "dms", "gauss")


class Elided(QLabel):
    """Words in one line that end in dots where they have no room, so that they make no window wider than the screen."""

    def minimumSizeHint(self) -> QSize:
        least = super().minimumSizeHint()
        return least if self.wordWrap() else QSize(1, least.height())

    def paintEvent(self, event: QPaintEvent) -> None:
        if self.wordWrap():  # on several lines everything is said
            super().paintEvent(event)
            return
        painter = QPainter(self)
        short = self.fontMetrics().elidedText(self.text(), Qt.ElideRight, self.width())
        self.style().drawItemText(painter, self.rect(), int(Qt.AlignVCenter | Qt.AlignLeft), self.palette(), self.isEnabled(), short,
                                  QPalette.WindowText)
        painter.end()


class _Place(QLineEdit):
    """Coordinates that follow the pointer until somebody types others; it has room for the longest where there is any.

    Signals:
        given_up: Escape was pressed: what is typed counts no more.
    """

    given_up = pyqtSignal()

    def sizeHint(self) -> QSize:
        room = self.fontMetrics().horizontalAdvance("X 3,290,000.00 (北)  Y 39,500,000.00 (东)")
        return super().sizeHint().expandedTo(QSize(room + 12, 0))

    def follow(self, text: str) -> None:
        """Show where the pointer is, unless somebody is typing."""
        if not (self.hasFocus() and self.isModified()):
            self.setText(text)
            self.selectAll() if self.hasFocus() else self.setCursorPosition(0)

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        QTimer.singleShot(0, self.selectAll)  # after the click, which would put the cursor somewhere

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key_Escape:
            self.setModified(False)
            self.given_up.emit()
            return
        super().keyPressEvent(event)


class StatusBar(QStatusBar, Speaker):
    """The status bar.

    Signals:
        formatChanged: How coordinates are shown from now on.
        placeTyped: Coordinates to go to, as they were typed.
        placeLeft: Nobody types there any more.
        scaleAsked: A scale denominator.
        crsAsked: Choose another CRS.
        cancelAsked: Stop what is running.
        unseenAsked: Show which layers are ticked and not drawn in full.
    """

    formatChanged = pyqtSignal(str)
    placeTyped = pyqtSignal(str)
    placeLeft = pyqtSignal()
    scaleAsked = pyqtSignal(float)
    crsAsked = pyqtSignal()
    cancelAsked = pyqtSignal()
    unseenAsked = pyqtSignal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._format = "decimal"
        self._place: tuple[float, float, float, float] | None = None
        self._what = ""
        self._sketch: tuple[float, float, tuple[str, str]] = (0.0, 0.0, UNITS)
        self.task = Elided(objectName="task_label")
        self.progress = QProgressBar(objectName="progress")
        self.progress.setMinimumWidth(16)
        self.progress.setMaximumWidth(160)
        self.progress.setMaximumHeight(16)
        self.say(self.progress.setAccessibleName, "进度")
        self.cancel = QToolButton(objectName="cancel", icon=icon("stop"), autoRaise=True)
        self.say(self.cancel.setToolTip, "停止当前任务")
        self.say(self.cancel.setAccessibleName, "停止当前任务")
        self.cancel.clicked.connect(self.cancelAsked)
        self.sketch = QLabel(objectName="sketch")
        self._unseen: tuple[list[str], list[str]] = ([], [])
        self.unseen = QPushButton(objectName="unseen", flat=True, icon=icon("out_of_scale"))
        self.say(self.unseen.setAccessibleName, "未全部显示的图层")
        self.unseen.clicked.connect(self.unseenAsked)
        self.unseen.hide()
        for widget, least in ((self.sketch, 1), (self.unseen, 24)):  # long measures make no window wider than the screen
            widget.setMinimumWidth(least)
        self.coordinates = _Place(objectName="coordinates")
        self.coordinates.setSizePolicy(QSizePolicy.Preferred, QSizePolicy.Fixed)
        self.coordinates.setMinimumWidth(self.fontMetrics().horizontalAdvance("117.000000°E  28.000000°N") + 16)
        self.say(self.coordinates.setToolTip, "光标处坐标；输入坐标后回车，地图转到那里")
        self.say(self.coordinates.setAccessibleName, "光标处坐标")
        self.coordinates.returnPressed.connect(self._place_typed)
        self.coordinates.given_up.connect(self.end_typing)
        self.coordinates.editingFinished.connect(lambda: None if self.coordinates.hasFocus() else self._show_place())
        self.form = QToolButton(objectName="coordinate_form", icon=icon("coordinates"), autoRaise=True)
        self.say(self.form.setToolTip, "单击切换坐标格式：十进制度、度分秒、高斯平面坐标")
        self.say(self.form.setAccessibleName, "坐标格式")
        self.form.clicked.connect(self._next)
        self.scale = QComboBox(objectName="scale", editable=True)
        self.scale.setInsertPolicy(QComboBox.NoInsert)
        self.scale.setValidator(QRegularExpressionValidator(
            QRegularExpression(r"\s*(1\s*[:：]\s*)?\d[\d,， ]*(\.\d+)?\s*"), self.scale))
        self.scale.setMinimumWidth(self.fontMetrics().horizontalAdvance("1:10,000,000") + 36)
        self.say(self.scale.setToolTip, "比例尺，可直接输入")
        self.say(self.scale.setAccessibleName, "比例尺")
        for one in SCALES:
            self.scale.addItem(f"1:{one:,}", float(one))
        self.scale.activated.connect(lambda _row: self._typed())
        self.scale.lineEdit().returnPressed.connect(self._typed)
        self.crs = QPushButton("", objectName="crs", flat=True)
        self.crs.setMinimumWidth(self.fontMetrics().horizontalAdvance("EPSG:45490") + 16)
        self.say(self.crs.setToolTip, "地图坐标系，单击更换")
        self.say(self.crs.setAccessibleName, "地图坐标系")
        self.crs.clicked.connect(self.crsAsked)
        self._always = (self.task, self.progress, self.cancel, self.sketch, self.unseen, self.coordinates, self.form, self.scale,
                        self.crs)
        for widget in self._always:
            self.addPermanentWidget(widget)
        self.set_running("")
        self._show_place()

    @property
    def coordinate_format(self) -> str:
        """``decimal``, ``dms`` or ``gauss``."""
        return self._format

    @property
    def place(self) -> tuple[float, float, float, float] | None:
        """Longitude, latitude, x and y where the pointer was last on the map."""
        return self._place

    def set_format(self, name: str) -> None:
        """Show coordinates in another way."""
        self._format = name
        self._show_place()

    def _next(self) -> None:
        self.set_format(FORMATS[(FORMATS.index(self._format) + 1) % len(FORMATS)])
        self.formatChanged.emit(self._format)

    def retranslate(self) -> None:
        super().retranslate()
        self._show_place()
        self.set_sketch(*self._sketch)
        self.set_unseen(*self._unseen)
        if self._what:
            self._name_task(_(self._what))

    def set_place(self, lon: float, lat: float, x: float, y: float) -> None:
        """Say where the pointer is."""
        self._place = (lon, lat, x, y)
        self._show_place()

    def forget_place(self) -> None:
        """The map moved away under a pointer that is elsewhere: no place is shown until it comes back."""
        self._place = None
        self._show_place()

    def set_map(self, there: bool) -> None:
        """Whether a map is shown; without one there is no place, no scale and no CRS to tell of."""
        for widget in (self.coordinates, self.form, self.scale, self.crs):
            widget.setVisible(there)
        if not there:
            self.forget_place()
            self.set_sketch()

    def set_unseen(self, beyond: list[str], filtered: list[str]) -> None:
        """Say how many layers are ticked and not drawn at this scale, and how many a filter thins out."""
        self._unseen = (list(beyond), list(filtered))
        said = []
        if beyond:
            said.append((_("{count} 个图层此比例尺不显示").format(count=f"{len(beyond):,}"), beyond))
        if filtered:
            said.append((_("{count} 个图层已筛选").format(count=f"{len(filtered):,}"), filtered))
        self.unseen.setVisible(bool(said))
        if said:
            self.unseen.setText(" · ".join(words for words, _names in said))
            self.unseen.setToolTip("\n".join([*(named(words, listed(names)) for words, names in said), _("单击在图层列表中逐个查看")]))
            self.unseen.setAccessibleDescription(together(named(words, listed(names)) for words, names in said))

    def paintEvent(self, event: QPaintEvent) -> None:
        """A message that has no room ends in dots; Qt would let it run under the measures."""
        said = self.currentMessage()
        if not said:
            super().paintEvent(event)
            return
        painter, option = QPainter(self), QStyleOption()
        option.initFrom(self)
        self.style().drawPrimitive(QStyle.PE_PanelStatusBar, option, painter, self)
        place = self._room()
        painter.setPen(self.palette().windowText().color())
        painter.drawText(place, int(Qt.AlignLeft | Qt.AlignVCenter | Qt.TextSingleLine),
                         self.fontMetrics().elidedText(said, Qt.ElideRight, place.width()))
        painter.end()

    def _room(self) -> QRect:
        """Where a message stands: left of the first of what is always there."""
        first = min((one.x() for one in self._always if one.isVisible() and one.width() > 1), default=self.width())
        return QRect(6, 0, max(first - 12, 0), self.height())

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.ToolTip and self._room().contains(event.pos()) and self.currentMessage():
            QToolTip.showText(event.globalPos(), self.currentMessage(), self)
            return True
        return super().event(event)

    def set_sketch(self, area_m2: float = 0.0, length_m: float = 0.0, units: tuple[str, str] = UNITS) -> None:
        """Say how large what is being drawn is; nothing when nothing is."""
        self._sketch = (area_m2, length_m, units)
        text = " · ".join(total_words(area_m2, length_m, units))
        self.sketch.setText(text)
        self.sketch.setToolTip(plain_tip(text))

    def _show_place(self) -> None:
        self.coordinates.setPlaceholderText({"decimal": _("经纬度"), "dms": _("度分秒"), "gauss": _("高斯坐标")}[self._format])
        if self._place is None:
            self.coordinates.follow("")
            return
        lon, lat, x, y = self._place
        if self._format == "decimal":
            text = f"{lon:.6f}°E  {lat:.6f}°N"
        elif self._format == "dms":
            text = f"{dms(lon, 'E', 'W')}  {dms(lat, 'N', 'S')}"
        else:
            text = _("X {x:,.2f}（北）  Y {y:,.2f}（东）").format(x=y, y=x)
        self.coordinates.follow(text)

    def _place_typed(self) -> None:
        if self.coordinates.isModified() and self.coordinates.text().strip():
            self.placeTyped.emit(self.coordinates.text())
        else:
            self.end_typing()

    def end_typing(self) -> None:
        """Show where the pointer is again, whatever was typed."""
        self.coordinates.setModified(False)
        self._show_place()
        self.placeLeft.emit()

    def set_scale(self, denominator: float) -> None:
        """Show the scale of the map, unless somebody is typing one."""
        if not self.scale.lineEdit().hasFocus() or not self.scale.lineEdit().isModified():
            self.scale.setEditText(f"1:{denominator:,.0f}")

    def set_crs(self, epsg: int) -> None:
        """Show the CRS of the map."""
        self.crs.setText(f"EPSG:{epsg}")

    def _typed(self) -> None:
        text = re.sub(r"[,，\s]", "", self.scale.currentText()).replace("：", ":")
        number = text.split(":")[-1]
        try:
            denominator = float(number)
        except ValueError:
            return
        if denominator >= 1:
            self.scale.lineEdit().setModified(False)
            self.scaleAsked.emit(denominator)

    def set_running(self, title: str) -> None:
        """Say what is being worked on; '' when nothing is."""
        self._what = title
        self._name_task(_(title) if title else "")
        for widget in (self.task, self.progress, self.cancel):
            widget.setVisible(bool(title))
        self.progress.setRange(0, 0)

    def _name_task(self, words: str) -> None:
        self.task.setText(words)
        self.task.setToolTip(plain_tip(words))

    def set_progress(self, done: int, total: int) -> None:
        """Say how far it is."""
        self.progress.setRange(0, max(total, 0))
        self.progress.setValue(done)
