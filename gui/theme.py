"""Light and dark: every colour of the window that is not the map's, by what it is for.

The map itself stays paper white in both: its colours are those of published maps and printed sheets.
"""

from __future__ import annotations

import atexit
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

from PyQt5.QtCore import QEvent, QPointF, QRectF, Qt
from PyQt5.QtGui import QColor, QImage, QPainter, QPalette, QPen, QPolygonF
from PyQt5.QtWidgets import (
    QApplication,
    QCheckBox,
    QGroupBox,
    QListView,
    QRadioButton,
    QTableView,
    QTreeView,
    QWidget,
)

THEMES = ("system", "light", "dark")
CONTRAST = 4.5  # WCAG 2.1, success criterion 1.4.3, for text

_LIGHT = {
    "ground": "#ffffff", "window": "#eff1f2", "button": "#eff1f2", "text": "#1b2226", "muted": "#4a5860", "off": "#8b959b",
    "select": "#1f6f8b", "selected": "#ffffff", "title": "#14424f", "bar": "#e4ebee", "line": "#d8dee2", "rule": "#c3ccd2",
    "icon": "#26414f", "wrong": "#b3261e", "doubt": "#8a4d00", "fine": "#2e5a3c", "wrong_ground": "#fbe3e1",
    "doubt_ground": "#fff3d6", "fine_ground": "#e8f3ea", "doubt_line": "#d9a400", "link": "#0b5cad",
}
_DARK = {
    "ground": "#1e2326", "window": "#2a3034", "button": "#343b40", "text": "#e6eaec", "muted": "#aebac1", "off": "#78848b",
    "select": "#2f7f9d", "selected": "#ffffff", "title": "#9fd3e4", "bar": "#363e43", "line": "#434c52", "rule": "#566168",
    "icon": "#c9d6dd", "wrong": "#ff9b93", "doubt": "#f2c46d", "fine": "#93d3a5", "wrong_ground": "#4a2523",
    "doubt_ground": "#453817", "fine_ground": "#20382a", "doubt_line": "#a5822c", "link": "#7cb8f2",
}
_ENDINGS = ((_LIGHT, ""), (_DARK, "_dark"))
_BAR, _RULE = "rgba(145, 181, 196, 28)", "rgba(141, 158, 170, 114)"  # over either ground what ``bar`` and ``rule`` are
_THEMED = (QCheckBox, QRadioButton, QTreeView, QListView, QTableView, QGroupBox)  # of which the style sheet says what differs
_NONE_OF_ITS_OWN = QPalette()
_MARK, _TONE = "sanxian_dark", "sanxian_tone"  # properties: of a window, and of a label whichever the theme
_now = _LIGHT
_folder: Path | None = None  # of pictures for the style sheet


def ink(name: str) -> str:
    """The colour of that name in the present theme, as ``#rrggbb``.

    Raises:
        KeyError: No such colour.
    """
    return _now[name]


def muted() -> str:
    """The colour of what is said beside the point."""
    return ink("muted")


def is_dark() -> bool:
    """Whether the dark theme is on."""
    return _now is _DARK


def apply(app: QApplication, name: str, later: Callable[[Callable[[QWidget], object], list[QWidget]], object] | None = None) -> None:
    """Dress the application.

    Args:
        name: ``light``, ``dark`` or ``system`` (dark where the desktop's own window colour is dark).
        later: Called with ``dress`` and the widgets that are not seen, to do it to them soon; without it this is done here.
    """
    global _now
    if not hasattr(app, "_desktop_window"):  # what the desktop says, before anything is changed
        app._desktop_window = QColor(app.palette().color(QPalette.Window))
    _now = _DARK if name == "dark" or (name == "system" and app._desktop_window.lightnessF() < 0.5) else _LIGHT
    palette = QPalette()
    for role, colour in (
        (QPalette.Window, "window"), (QPalette.WindowText, "text"), (QPalette.Base, "ground"),
        (QPalette.AlternateBase, "window"), (QPalette.Text, "text"), (QPalette.Button, "button"),
        (QPalette.ButtonText, "text"), (QPalette.ToolTipBase, "window"), (QPalette.ToolTipText, "text"),
        (QPalette.Highlight, "select"), (QPalette.HighlightedText, "selected"), (QPalette.PlaceholderText, "off"),
        (QPalette.Link, "link"), (QPalette.LinkVisited, "link"),
        (QPalette.BrightText, "line"),  # the one role that no widget of the Fusion style draws with
    ):
        palette.setColor(role, QColor(ink(colour)))
    for role in (QPalette.WindowText, QPalette.Text, QPalette.ButtonText):
        palette.setColor(QPalette.Disabled, role, QColor(ink("off")))
    if is_dark():
        palette.setColor(QPalette.Light, palette.color(QPalette.Window))  # in which Fusion draws disabled lines of menus once more
    app.setPalette(palette)
    sheet = _sheet()
    if app.styleSheet() != sheet:  # once: with another one Qt would dress every widget anew, seen or not, in one call
        app.setStyleSheet(sheet)
    for widget in app.topLevelWidgets():
        mark(widget)
    widgets = app.allWidgets()
    seen = [widget for widget in widgets if widget.isVisible()] if later is not None else widgets
    for widget in seen:
        dress(widget)
    if later is not None:
        now = set(map(id, seen))
        later(dress, [widget for widget in widgets if id(widget) not in now])


def dress(widget: QWidget) -> None:
    """Have a widget follow the theme that was applied."""
    if not widget.testAttribute(Qt.WA_SetPalette):
        widget.setPalette(_NONE_OF_ITS_OWN)  # where there is a style sheet, Qt hands the palette on to no widget
    said = widget.property(_TONE)
    if said is not None:
        tone(widget, said)
    elif isinstance(widget, _THEMED):
        _polish(widget)
        QApplication.sendEvent(widget, QEvent(QEvent.StyleChange))  # its boxes are of another size


def mark(widget: QWidget) -> None:
    """Tell a window without a parent the present theme, by which its boxes are drawn; ``apply`` does it to those that are there."""
    if widget.parent() is None:
        widget.setProperty(_MARK, is_dark())


def _polish(widget: QWidget) -> None:
    """Look up again what the style sheet says of a widget."""
    widget.style().unpolish(widget)
    widget.style().polish(widget)


def _marks() -> dict[str, str]:
    """Pictures of the marks in boxes, which a style sheet takes from files only: name to path."""
    global _folder
    if _folder is None:
        _folder = Path(tempfile.mkdtemp(prefix="sanxian-marks-"))
        atexit.register(shutil.rmtree, _folder, ignore_errors=True)
    for name in ("checked", "indeterminate", "dot"):
        for times, ending in ((1, ""), (2, "@2x")):
            path = _folder / f"{name}{ending}.png"
            if not path.exists():
                image = QImage(12 * times, 12 * times, QImage.Format_ARGB32_Premultiplied)
                image.fill(Qt.transparent)
                painter = QPainter(image)
                painter.setRenderHint(QPainter.Antialiasing)
                painter.scale(times, times)
                colour = QColor(_DARK["text"])
                if name == "checked":
                    painter.setPen(QPen(colour, 1.8, Qt.SolidLine, Qt.RoundCap, Qt.RoundJoin))
                    painter.drawPolyline(QPolygonF([QPointF(2.5, 6.2), QPointF(5, 9), QPointF(9.6, 2.8)]))
                else:
                    painter.setPen(Qt.NoPen)
                    painter.setBrush(colour)
                    painter.drawEllipse(QRectF(3, 3, 6, 6)) if name == "dot" else painter.drawRect(QRectF(2.5, 5, 7, 2))
                painter.end()
                image.save(str(path))
    return {name: (_folder / f"{name}.png").as_posix() for name in ("checked", "indeterminate", "dot")}


def _boxes() -> list[str]:
    """Boxes of the dark theme: Qt would draw their frames in black, whether ticked or not."""
    marks, rows = _marks(), []
    for kind in ("QCheckBox", "QRadioButton", "QTreeView", "QListView", "QTableView", "QGroupBox"):
        shape = "border-radius: 6px; " if kind == "QRadioButton" else ""
        rows.append(f"{kind}::indicator {{ border: 1px solid {_DARK['muted']}; background: {_DARK['ground']}; "
                    f"width: 12px; height: 12px; {shape}}}")
        rows.append(f"{kind}::indicator:disabled {{ border-color: {_DARK['rule']}; }}")
        for state, mark in (("checked", "dot" if kind == "QRadioButton" else "checked"), ("indeterminate", "indeterminate")):
            rows.append(f'{kind}::indicator:{state} {{ image: url("{marks[mark]}"); }}')
    return [f'*[{_MARK}="true"] {row}' for row in rows]


def _sheet() -> str:
    """The same in every theme: what differs goes by the palette, a veil over it, or a property that ``apply`` sets."""
    return "\n".join((
        "QToolBar { spacing: 1px; padding: 2px; }",
        "QToolButton { padding: 3px; }",
        "QDialogButtonBox { dialogbuttonbox-buttons-have-icons: 0; }",  # the style's own are black in the dark
        "QInputDialog QLabel { min-width: 320px; }",  # else the desktop cuts the title
        f"QDockWidget::title {{ padding: 4px 6px; background: {_BAR}; }}",
        "QGroupBox { font-weight: 600; border: none; border-top: 1px solid palette(bright-text); margin-top: 26px; }",
        "QGroupBox::title { subcontrol-origin: margin; left: 4px; top: 2px; }",
        "QTreeView, QTableView { gridline-color: palette(bright-text); }",
        "QStatusBar::item { border: none; }",
        f"QToolTip {{ color: palette(text); background: palette(window); border: 1px solid {_RULE}; }}",
        *_boxes(),
        *(f'QLabel[tone="{name}{ending}"] {{ color: {inks[name]}; }}'
          for inks, ending in _ENDINGS for name in ("muted", "wrong", "doubt", "fine", "title")),
        *(f'QLabel[tone="{name}_box{ending}"] {{ color: {inks["text"]}; background: {inks[name + "_ground"]}; '
          f"border: 1px solid {inks[line]}; padding: 4px; }}"
          for inks, ending in _ENDINGS for name, line in (("wrong", "wrong"), ("doubt", "doubt_line"), ("fine", "fine"))),
    ))


def tone(widget: QWidget, name: str) -> None:
    """Give a label a tone: ``muted``, ``wrong``, ``doubt``, ``fine``, ``title``, one of these with ``_box``, or none."""
    said = f"{name}_dark" if name and is_dark() else name
    if widget.property("tone") != said:
        widget.setProperty(_TONE, name)
        widget.setProperty("tone", said)
        _polish(widget)


def readable(colour: str, on: str = "ground") -> QColor:
    """``colour``, made lighter where the ground is dark until text in it can be read (4.5 to 1) on the colour of the name ``on``."""
    found = QColor(colour)
    ground = QColor(ink(on))
    for _step in range(20):
        if contrast(found, ground) >= CONTRAST:
            break
        found = found.lighter(115) if is_dark() else found.darker(110)
        if is_dark() and found.value() == 255:  # as light as this hue gets; what remains is less of it
            found.setHsv(found.hue(), max(0, found.saturation() - 25), 255)
    return found


def contrast(one: QColor, other: QColor) -> float:
    """Contrast ratio of two colours, 1 to 21 (WCAG 2.1)."""
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: QColor) -> float:
    parts = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
             for part in (colour.redF(), colour.greenF(), colour.blueF())]
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]
