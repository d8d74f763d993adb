"""A site from typed or pasted coordinates."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
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
from gui.coordinates import CoordinateError, bare_crs, geometry, metres, must_fit_zone, parse, zone_crs
from gui.dialogs import by_ctrl_enter, sized
from gui.looks import Looks
from sanxian.i18n import N_, _
from sanxian.messages import area_words

LINES_AT_ONCE = 100  # that are read before anybody could notice
DEGREES = ("lonlat", "EPSG:4490")
SHAPES = (("polygon", N_("面状")), ("line", N_("线状")), ("point", N_("点状")))


class CoordinatesDialog(QDialog):
    """Says at once what the text means; ``geometry`` and ``crs`` once it is a site."""

    def __init__(self, engine: Any, epsg: int, looks: Looks, parent: QWidget | None = None,
                 kept_as: Callable[[str], str] = lambda crs: crs) -> None:
        super().__init__(parent)
        self._engine, self._kept_as, self._looks = engine, kept_as, looks
        self.finished.connect(lambda _result: looks.forget(id(self)))
        self.geometry: Any = None
        self.crs = ""
        self._chosen = False  # a system or an order that a person chose is kept; until then each text shows its own
        self.setWindowTitle(_("输入坐标"))
        sized(self, 560, 460)
        self.shape = QComboBox(objectName="shape")
        for key, text in SHAPES:
            self.shape.addItem(_(text), key)
        self.system = QComboBox(objectName="system")
        self.system.addItem(_("经纬度（CGCS2000，EPSG:4490）"), DEGREES)
        codes = [epsg] if 4491 <= epsg <= 4554 else []
        codes += [code for code in (*range(4534, 4555), *range(4502, 4513)) if code not in codes]
        for code in codes:
            words = (N_("高斯 3° 带，中央经线 {meridian}°（EPSG:{code}）") if code > 4512
                     else N_("高斯 6° 带，中央经线 {meridian}°（EPSG:{code}）"))
            self.system.addItem(_(words).format(meridian=_meridian(code), code=code), ("gauss", f"EPSG:{code}"))
        self.north_first = QCheckBox(objectName="north_first", checked=True)
        self.north_first.setText(_("X 为北、Y 为东（测绘习惯）(&N)"))
        self.text = QPlainTextEdit(objectName="coordinates_text", tabChangesFocus=True)
        self.text.setAccessibleName(_("坐标"))
        self.text.setPlaceholderText(
            _("每行一个点，可直接粘贴，点号、圈号可有可无，几圈之间可空一行，例如：")
            + "\n1  115.98213  29.71345\nJ2  1  115.98213  29.71345\n115°58′55.7″  29°42′48.4″")
        self.said = QLabel(wordWrap=True, objectName="coordinates_said")
        self.buttons = QDialogButtonBox(QDialogButtonBox.Ok | QDialogButtonBox.Cancel)
        self.buttons.button(QDialogButtonBox.Ok).setText(_("添加为项目用地(&A)"))
        self.buttons.button(QDialogButtonBox.Cancel).setText(_("取消"))
        self.buttons.accepted.connect(self.accept)
        self.buttons.rejected.connect(self.reject)
        form = QFormLayout()
        form.addRow(_("几何类型(&G)"), self.shape)
        form.addRow(_("坐标系(&S)"), self.system)
        form.addRow("", self.north_first)
        layout = QVBoxLayout(self)
        layout.addLayout(form)
        typed = QLabel(_("坐标(&C)"))
        typed.setBuddy(self.text)
        layout.addWidget(typed)
        layout.addWidget(self.text, 1)
        layout.addWidget(self.said)
        layout.addWidget(self.buttons)
        self.shape.currentIndexChanged.connect(self.check)
        self.system.activated.connect(self._choose)
        self.system.currentIndexChanged.connect(self._choose)
        self.north_first.toggled.connect(self._choose)
        self.text.textChanged.connect(self.check)
        by_ctrl_enter(self, self.buttons.button(QDialogButtonBox.Ok))
        self.text.setFocus()  # most paste
        self.check()

    def put(self, text: str) -> None:
        """Begin with text that was typed before; all of it is selected, so that other text takes its place."""
        self.text.setPlainText(text)
        self.text.selectAll()

    def _choose(self, *_args: object) -> None:
        self._chosen = True
        self.check()

    def check(self, *_args: object) -> None:
        """Read the text and say what it is; a long one beside the window, which takes no answer to what has changed since."""
        self._looks.forget(id(self))
        text, shape = self.text.toPlainText(), self.shape.currentData()
        if not text.strip():
            self._take(None)
            return
        kind, crs = self.system.currentData(Qt.UserRole) if self._chosen else DEGREES
        north_first, engine, kept_as, chosen = self.north_first.isChecked(), self._engine, self._kept_as, self._chosen

        def read(_report: Any = None) -> _Read | CoordinateError:
            try:
                return _read(text, shape, kind, crs, north_first, engine, kept_as)
            except CoordinateError as error:
                if kind != "lonlat":
                    return error
                try:
                    found, order = metres(text, error)
                    if chosen:
                        return CoordinateError(N_("不是经纬度，是带有带号 {zone} 的米制坐标；请在“坐标系”里选高斯带"), zone=found.zone)
                    return _read(text, shape, "gauss", bare_crs(found.zone), order, engine, kept_as)
                except CoordinateError as why:
                    return why

        if self.text.blockCount() <= LINES_AT_ONCE:
            self._take(read())
        else:
            self._show(_("正在读取坐标……"))
            self._looks.ask(id(self), read, self._take)

    def _take(self, found: _Read | CoordinateError | None) -> None:
        """Say what was found; ``None`` for no text."""
        if not self._chosen:
            self._show_system(found if isinstance(found, _Read) else None)
        self.north_first.setEnabled(self.system.currentData(Qt.UserRole)[0] == "gauss")
        if not isinstance(found, _Read):
            self._show("" if found is None else _(found.template).format(**found.params), wrong=found is not None)
            return
        said = _("{count} 个点").format(count=f"{found.points:,}") + " · " + found.crs
        if found.zone is not None:
            words = N_("东坐标带 {zone} 带号") if found.zone > 23 else N_("东坐标带 6° 带的 {zone} 带号")
            said += " · " + _(words).format(zone=found.zone)
        if found.run_together is not None:
            words = (N_("按连写的度分秒读作 {place}") if self.system.currentData(Qt.UserRole)[0] == "lonlat" else
                     N_("也可能是连写的度分秒 {place}；如是，请在“坐标系”里选经纬度"))
            said += " · " + _(words).format(place="  ".join(map(_dms, found.run_together)))
        if found.area > 0:
            parts = getattr(found.geometry, "geoms", [found.geometry])
            said += " · " + _("{outer} 个外圈、{holes} 个洞").format(outer=len(parts), holes=sum(len(part.interiors) for part in parts))
            said += "\n" + area_words(found.area)
        elif found.length > 0:
            said += "\n" + _("长 {length:,.1f} m").format(length=found.length)
        self._show(said, found.geometry, found.crs)

    def _show_system(self, found: _Read | None) -> None:
        """Show the system and the order that the text itself names; what a text showed is forgotten with it."""
        item = DEGREES if found is None or found.zone is None else ("gauss", bare_crs(found.zone))
        row = next(row for row in range(self.system.count()) if self.system.itemData(row) == item)
        for widget in (self.north_first, self.system):
            widget.blockSignals(True)
        self.north_first.setChecked(found is None or found.north_first)
        self.system.setCurrentIndex(row)
        for widget in (self.north_first, self.system):
            widget.blockSignals(False)

    def _show(self, said: str, shape: Any = None, crs: str = "", *, wrong: bool = False) -> None:
        self.geometry, self.crs = shape, crs
        self.said.setText(said)
        theme.tone(self.said, "wrong" if wrong else "fine")
        self.buttons.button(QDialogButtonBox.Ok).setEnabled(shape is not None)


@dataclass(frozen=True)
class _Read:
    """What a text says: in m² and m on the ellipsoid, as it will be judged."""

    points: int
    geometry: Any
    crs: str
    zone: int | None
    run_together: tuple[float, float] | None  # the first place, were it degrees that run together
    area: float
    length: float
    north_first: bool


def _read(text: str, shape: str, kind: str, crs: str, north_first: bool, engine: Any, kept_as: Callable[[str], str]) -> _Read:
    parsed = parse(text, kind, north_first=north_first, six=kind == "gauss" and int(crs.removeprefix("EPSG:")) <= 4512)
    if parsed.zone is not None:
        meridian = _meridian(int(bare_crs(parsed.zone).removeprefix("EPSG:")))
        if meridian != _meridian(int(crs.removeprefix("EPSG:"))):
            raise CoordinateError(
                N_("东坐标带 {zone} 带号，中央经线 {meridian}°，与所选的坐标系不是一个带；带号不错，请在“坐标系”里选这条中央经线"),
                zone=parsed.zone, meridian=meridian)
        crs = zone_crs(parsed.zone)
    if kind == "gauss":
        must_fit_zone(parsed, crs)
    made = geometry(parsed.parts, shape)
    kept = kept_as(crs)  # measured as it will be judged and saved
    area, length = engine.measure(engine.transform(made, crs, kept), kept)
    return _Read(len(parsed.points), made, crs, parsed.zone, parsed.run_together[0] if parsed.run_together else None, area, length,
                 north_first or kind == "lonlat")


def _meridian(epsg: int) -> int:
    """Central meridian of a CGCS2000 zone: 4491 to 4512 of 6 degrees, 4513 to 4554 of 3; half of each with a zone prefix."""
    first = max(one for one in (4491, 4502, 4513, 4534) if one <= epsg)
    return 75 + (6 if epsg <= 4512 else 3) * (epsg - first)


def _dms(angle: float) -> str:
    degrees, seconds = divmod(round(angle * 3600, 3), 3600)
    minutes, seconds = divmod(seconds, 60)
    return f"{degrees:.0f}°{minutes:02.0f}′{f'{seconds:06.3f}'.rstrip('0').rstrip('.')}″"
