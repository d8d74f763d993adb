"""The next vertex by bearing and distance, as boundary descriptions and survey notes give it."""

from __future__ import annotations

from collections.abc import Callable

from PyQt5.QtWidgets import (
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QDoubleSpinBox,
    QFormLayout,
    QLabel,
    QLineEdit,
    QVBoxLayout,
    QWidget,
)

from gui import theme
from gui.shapes import ShapeError, bearing
from gui.words import Speaker, error_words
from sanxian.i18n import N_, _


class BearingDialog(QDialog, Speaker):
    """Stays open: one vertex after another.

    Args:
        add: Takes a bearing in degrees, a distance in metres and whether the bearing is from true north (else from grid
            north); raises ``ShapeError`` where there is nothing to go on from.
    """

    def __init__(self, add: Callable[[float, float, bool], None], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._add = add
        self.say(self.setWindowTitle, "方位角与距离")
        self.north = QComboBox(objectName="bearing_north")
        for row, (text, true) in enumerate(((N_("真北（经线方向）"), True), (N_("坐标北（地图纵轴）"), False))):
            self.north.addItem("", true)
            self.say(lambda words, at=row: self.north.setItemText(at, words), text)
        self.bearing = QLineEdit(objectName="bearing")
        self.bearing.setPlaceholderText("135.5  /  135°30′00″")
        self.distance = QDoubleSpinBox(objectName="bearing_distance", decimals=3, minimum=0.0, maximum=1e6)
        self.distance.setSuffix(" m")
        self.said = QLabel(wordWrap=True, objectName="bearing_said")
        buttons = QDialogButtonBox(QDialogButtonBox.Close)
        self.go = buttons.addButton("", QDialogButtonBox.AcceptRole)
        self.say(self.go.setText, "添加顶点")
        self.go.setDefault(True)
        self.say(buttons.button(QDialogButtonBox.Close).setText, "关闭")
        buttons.accepted.connect(self.add_vertex)
        buttons.rejected.connect(self.reject)
        form = QFormLayout()
        for text, widget in ((N_("起算方向"), self.north), (N_("方位角"), self.bearing), (N_("距离"), self.distance)):
            label = QLabel()
            label.setBuddy(widget)
            self.say(label.setText, text)
            self.say(widget.setAccessibleName, text)
            form.addRow(label, widget)
        layout = QVBoxLayout(self)
        layout.addLayout(form)
        layout.addWidget(self.said)
        layout.addWidget(buttons)
        self.retranslate()

    def retranslate(self) -> None:
        super().retranslate()
        theme.tone(self.said, "muted")
        self.said.setText(_("从上一个顶点起，顺时针计角。先用绘制工具放下第一个点。"))

    def add_vertex(self) -> None:
        """Put the vertex down, or say why not."""
        try:
            degrees = bearing(self.bearing.text())
            if self.distance.value() <= 0:
                raise ShapeError(N_("距离要大于 0 米。"))
            self._add(degrees, self.distance.value(), bool(self.north.currentData()))
        except ShapeError as error:
            theme.tone(self.said, "wrong")
            self.said.setText(error_words(error))
            return
        theme.tone(self.said, "muted")
        self.said.setText(_("已添加：{bearing:.4f}°，{distance:,.3f} m").format(
            bearing=degrees, distance=self.distance.value()))
        self.bearing.setFocus()
        self.bearing.selectAll()
