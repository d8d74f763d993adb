"""Qt's Fusion style, with signs that are sharp on any screen and can be read on the ground of a chosen line."""

from __future__ import annotations

from PyQt5.QtCore import QSize
from PyQt5.QtGui import QIcon, QPainter
from PyQt5.QtWidgets import QComboBox, QProxyStyle, QStyle, QStyleOption, QStyleOptionMenuItem, QWidget

from gui.resources.icons import icon

# Of the title of a panel: Fusion has pictures of 10 pixels.
_SIGNS = {QStyle.SP_TitleBarNormalButton: "float", QStyle.SP_TitleBarCloseButton: "close"}


class Fusion(QProxyStyle):
    """Fusion, but for signs."""

    def __init__(self) -> None:
        super().__init__("Fusion")

    def standardIcon(self, wanted: QStyle.StandardPixmap, option: QStyleOption | None = None, widget: QWidget | None = None) -> QIcon:  # noqa: N802 - Qt's name
        """Our own where there is one."""
        return icon(_SIGNS[wanted]) if wanted in _SIGNS else super().standardIcon(wanted, option, widget)

    def drawControl(self, element: QStyle.ControlElement, option: QStyleOption, painter: QPainter, widget: QWidget | None = None) -> None:  # noqa: N802 - Qt's name
        """A chosen line of a menu has its sign as the ground there asks; Fusion takes the one for a button under the mouse."""
        if (element == QStyle.CE_MenuItem and isinstance(option, QStyleOptionMenuItem) and not option.icon.isNull()
                and option.state & QStyle.State_Selected and option.state & QStyle.State_Enabled):
            side = self.pixelMetric(QStyle.PM_SmallIconSize, option, widget)
            size = widget.iconSize() if isinstance(widget, QComboBox) else QSize(side, side)
            window = widget.window().windowHandle() if widget is not None else None
            state = QIcon.On if option.checked else QIcon.Off
            option = QStyleOptionMenuItem(option)
            option.icon = QIcon(option.icon.pixmap(window, size, QIcon.Selected, state) if window is not None
                                else option.icon.pixmap(size, QIcon.Selected, state))
        super().drawControl(element, option, painter, widget)
