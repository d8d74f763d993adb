"""A site from typed or pasted coordinates."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PyQt5.QtCore import Qt
from PyQt5.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QLabel,
    QPlainTextEdit,
    QVBoxLayout,
    QWidget,
)

from gui import theme
from gui.coordinates import CoordinateError, geometry, parse
from gui.dialogs import sized
from sanxian.i18n import N_, _
from sanxian.messages import area_words

SHAPES = (("polygon", N_("面状")), ("line", N_("线状")), ("point", N_("点状")))


class CoordinatesDialog(QDialog):
    """Says at once what the text means; ``geometry`` and ``crs`` once it is a site."""

    def __init__(self, engine: Any, epsg: int, parent: QWidget | None = None,
                 kept_as: Callable[[str], str] = lambda crs: crs) -> None:
        super().__init__(parent)
        self._engine, self._kept_as = engine, kept_as
        self.geometry: Any = None
        self.crs = ""
        self.setWindowTitle(_("输入坐标"))
        sized(self, 560, 460)
        self.shape = QComboBox(objectName="shape")
        for key, text in SHAPES:
            self.shape.addItem(_(text), key)
        self.system = QComboBox(objectName="system")
        self.system.addItem(_("经纬度（CGCS2000，EPSG:4490）"), ("lonlat", "EPSG:4490"))
        codes = [epsg] if 4513 <= epsg <= 4554 else []
        codes += [code for code in range(4534, 4555) if code not in codes]
        for code in codes:
            self.system.addItem(_("高斯 3° 带，中央经线 {meridian}°（EPSG:{code}）").format(
                meridian=_meridian(code), code=code), ("gauss", f"EPSG:{code}"))
        self.north_first = QCheckBox(objectName="north_first", checked=True)
        self.north_first.setText(_("X 为北、Y 为东（测绘习惯）"))
        self.text = QPlainTextEdit(objectName="coordinates_text")
        self.text.setAccessibleName(_("坐标"))
        self.text.setPlaceholderText(
            _("每行一个点，可直接粘贴，点号、圈号可有可无，几圈之间可空一行，例如：")
            + "\n1  115.98213  29.71345\nJ2  1  115.98213  29.71345\n115°58′55.7″  29°42′48.4″")
        self.said = QLabel(wordWrap=True, objectName="coordinates_said")
        self.buttons = QDialogButtonBox(QDialogButtonBox.Ok | QDialogButtonBox.Cancel)
        self.buttons.button(QDialogButtonBox.Ok).setText(_("添加为项目用地"))
        self.buttons.button(QDialogButtonBox.Cancel).setText(_("取消"))
        self.buttons.accepted.connect(self.accept)
        self.buttons.rejected.connect(self.reject)
        form = QFormLayout()
        form.addRow(_("几何类型"), self.shape)
        form.addRow(_("坐标系"), self.system)
        form.addRow("", self.north_first)
        layout = QVBoxLayout(self)
        layout.addLayout(form)
        layout.addWidget(self.text, 1)
        layout.addWidget(self.said)
        layout.addWidget(self.buttons)
        self.shape.currentIndexChanged.connect(self.check)
        self.system.currentIndexChanged.connect(self.check)
        self.north_first.toggled.connect(self.check)
        self.text.textChanged.connect(self.check)
        self.text.setFocus()  # most paste
        self.check()

    def put(self, text: str) -> None:
        """Begin with text that was typed before; all of it is selected, so that other text takes its place."""
        self.text.setPlainText(text)
        self.text.selectAll()

    def check(self, *_args: object) -> None:
        """Read the text and say what it is."""
        kind, crs = self.system.currentData(Qt.UserRole)
        self.north_first.setEnabled(kind == "gauss")
        self.geometry, self.crs = None, ""
        said, wrong = "", False
        if self.text.toPlainText().strip():
            try:
                parsed = parse(self.text.toPlainText(), kind, north_first=self.north_first.isChecked())
                if parsed.zone is not None:
                    crs = f"EPSG:{4513 + parsed.zone - 25}"
                shape = geometry(parsed.parts, self.shape.currentData())
                kept = self._kept_as(crs)  # measured as it will be judged and saved
                area, length = self._engine.measure(self._engine.transform(shape, crs, kept), kept)
                self.geometry, self.crs = shape, crs
                said = _("{count} 个点").format(count=f"{len(parsed.points):,}") + " · " + crs
                if parsed.zone is not None:
                    said += " · " + _("东坐标带 {zone} 带号").format(zone=parsed.zone)
                if area > 0:
                    holes = sum(len(part.interiors) for part in getattr(shape, "geoms", [shape]))
                    outer = len(getattr(shape, "geoms", [shape]))
                    said += " · " + _("{outer} 个外圈、{holes} 个洞").format(outer=outer, holes=holes)
                    said += "\n" + area_words(area)
                elif length > 0:
                    said += "\n" + _("长 {length:,.1f} m").format(length=length)
            except CoordinateError as error:
                said, wrong = _(error.template).format(**error.params), True
        self.said.setText(said)
        theme.tone(self.said, "wrong" if wrong else "fine")
        self.buttons.button(QDialogButtonBox.Ok).setEnabled(self.geometry is not None)


def _meridian(epsg: int) -> int:
    """Central meridian of a CGCS2000 3-degree zone: 4513–4533 with a zone prefix, 4534–4554 without."""
    return 75 + 3 * (epsg - (4513 if epsg <= 4533 else 4534))
