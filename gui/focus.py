"""Where keys go, and where the keyboard is.

Never into a field that is out of sight, neither by Tab nor when a panel is covered, and what scrolls follows it; to the document's
undo where a field has nothing to undo; to the window's own shortcuts wherever the keyboard is, but for the keys that text is edited by;
to the menu of a row, to the button that has the keyboard, and to help in dialogs that lock the window.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PyQt5 import sip
from PyQt5.QtCore import QEvent, QObject, QPoint, QRect, QRectF, Qt, QTimer
from PyQt5.QtGui import QColor, QContextMenuEvent, QKeyEvent, QKeySequence, QPainter, QPaintEvent, QPen
from PyQt5.QtWidgets import (
    QAbstractItemView,
    QAbstractScrollArea,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QCommandLinkButton,
    QDockWidget,
    QKeySequenceEdit,
    QLineEdit,
    QMenu,
    QPlainTextEdit,
    QPushButton,
    QScrollArea,
    QTextEdit,
    QToolButton,
    QWidget,
)

from gui import theme

if TYPE_CHECKING:
    from gui.main_window import MainWindow

FIELDS = (QLineEdit, QAbstractSpinBox, QTextEdit, QPlainTextEdit, QComboBox)
# What text is edited by, whatever the desktop; of these the field that has the keyboard takes what it knows.
_MOVING = frozenset((
    Qt.Key_Left, Qt.Key_Right, Qt.Key_Up, Qt.Key_Down, Qt.Key_Home, Qt.Key_End, Qt.Key_PageUp, Qt.Key_PageDown, Qt.Key_Delete,
    Qt.Key_Backspace, Qt.Key_Insert, Qt.Key_Return, Qt.Key_Enter, Qt.Key_Tab, Qt.Key_Backtab, Qt.Key_Space, Qt.Key_Escape, Qt.Key_Menu,
))
_EDITING = frozenset((Qt.Key_A, Qt.Key_C, Qt.Key_V, Qt.Key_X, Qt.Key_Z, Qt.Key_Y))


def edits(code: int) -> bool:
    """Whether text is edited by a key (Qt's code with its modifiers): typing, moving, copy, cut, paste, select all, undo, redo."""
    keys, key = code & int(Qt.KeyboardModifierMask) & ~int(Qt.KeypadModifier), code & ~int(Qt.KeyboardModifierMask)
    if keys & ~int(Qt.ShiftModifier) & ~int(Qt.ControlModifier):
        return False
    if not keys & int(Qt.ControlModifier) and key < 0x01000000:  # a letter, a digit, a sign
        return True
    if key == Qt.Key_Tab and keys & int(Qt.ControlModifier):
        return False
    return key in _MOVING or (key in _EDITING and keys == int(Qt.ControlModifier)) or (
        key == Qt.Key_Z and keys == int(Qt.ControlModifier | Qt.ShiftModifier))


def out_of_sight(window: QWidget, widget: QWidget) -> bool:
    """Whether a widget lies in a panel behind another, or in a bar of tabs without any: Qt keeps these beside the window, as if seen."""
    part: QWidget | None = widget
    while part is not None and part.parentWidget() is not window:
        part = None if part.isWindow() else part.parentWidget()
    return part is not None and not part.isWindow() and not part.geometry().intersects(window.rect())


def next_stop(window: QWidget, held: QWidget, forward: bool, within: QWidget | None = None) -> QWidget | None:
    """Where Tab goes from ``held``: as Qt does (QApplicationPrivate::focusNextPrevChild_helper), but past what is out of sight.

    Args:
        within: Only what is in it.
    """
    at = held
    while True:
        at = at.nextInFocusChain() if forward else at.previousInFocusChain()
        if at is None or at is held:
            return None
        proxy = at.focusProxy()
        while proxy is not None and proxy.focusProxy() is not None:
            proxy = proxy.focusProxy()
        if (int(at.focusPolicy()) & int(Qt.TabFocus) and at.isEnabled() and at.isVisibleTo(window)
                and (within is None or within.isAncestorOf(at)) and not out_of_sight(window, at)
                and not (proxy is not None and (proxy.isAncestorOf(at) if forward else at.isAncestorOf(proxy)))):
            return at


def take_keyboard(place: QWidget) -> bool:
    """Put the keyboard into a panel or the map: where it was before in there, else what the panel names first, else its first field."""
    inside = [one for one in place.findChildren(QWidget)
              if one.focusPolicy() & Qt.TabFocus and one.isVisible() and one.isEnabled()]
    former, first = place.property("last_focus"), place.findChild(QWidget, str(place.property("first_focus") or "-"))
    for wanted in (former, first, *inside[:1]):
        if wanted in inside:
            place.window().setAttribute(Qt.WA_KeyboardFocusChange)  # so that it is seen where the keyboard now is
            wanted.setFocus(Qt.TabFocusReason)
            return True
    return False


def bring_into_view(held: QWidget) -> None:
    """Scroll what a widget lies in so that all of it is seen; where that is too much, its current row, else its beginning.

    QScrollArea goes by the text cursor alone, and knows nothing of rows.
    """
    outer: QWidget | None = held
    while outer is not None and not outer.isWindow():
        outer = outer.parentWidget()
        page = outer.widget() if isinstance(outer, QScrollArea) else None
        if not isinstance(outer, QScrollArea) or page is None or not page.isAncestorOf(held):
            continue
        shown = QRect(held.mapTo(page, QPoint(0, 0)), held.size()).adjusted(0, -Ring.WIDE, 0, Ring.WIDE)
        bar, high = outer.verticalScrollBar(), outer.viewport().height()
        if shown.height() > high and isinstance(held, QAbstractItemView) and held.currentIndex().isValid():
            row = held.visualRect(held.currentIndex())
            shown = QRect(held.viewport().mapTo(page, row.topLeft()), row.size())
        if shown.top() < bar.value() or shown.height() > high:
            bar.setValue(shown.top())
        elif shown.bottom() + 1 > bar.value() + high:
            bar.setValue(shown.bottom() + 1 - high)


class Focus(QObject):
    """Watches the panels of the window and the fields in them."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        self._ring: Ring | None = None
        for dock in window.docks.values():
            dock.visibilityChanged.connect(partial(self._shown, dock))
        QApplication.instance().focusChanged.connect(self._moved)

    def _shown(self, dock: QDockWidget, visible: bool) -> None:
        """A panel that another one covers keeps the focus, as Qt has it; what is typed would change what nobody sees."""
        held, window = QApplication.focusWidget(), self._window
        if sip.isdeleted(window) or sip.isdeleted(dock):  # a dock tells of its end while the window is taken down
            return
        if not visible and held is not None and window.isVisible() and dock.isAncestorOf(held):
            (window.canvas or window).setFocus()

    def _moved(self, _former: QWidget | None, held: QWidget | None) -> None:
        if sip.isdeleted(self._window):
            return
        if held is not None:
            self._bring_to_front(held)
        ours = held is not None and self._ours(held)
        if ours and held is not None:
            held.installEventFilter(self)
            if QApplication.mouseButtons() == Qt.NoButton:  # nothing moves under the pointer that presses it
                QTimer.singleShot(0, self._follow)
        self._show_ring(held if ours else None)

    def _follow(self) -> None:
        held = QApplication.focusWidget()
        if not sip.isdeleted(self._window) and held is not None and self._ours(held):
            bring_into_view(held)

    def _bring_to_front(self, held: QWidget) -> None:
        """A letter with Alt, or the program, can put the keyboard into a panel behind another: then it is the one to be seen."""
        for dock in self._window.docks.values():
            if dock.isAncestorOf(held) and dock.isVisible() and out_of_sight(self._window, held):
                dock.raise_()

    def _ours(self, held: QWidget) -> bool:
        """Whether it stands in the window, or in a dialog of it or of one of its dialogs."""
        at: QWidget | None = held
        while at is not None and at is not self._window:
            at = at.parentWidget()
        return at is not None

    def _show_ring(self, held: QWidget | None) -> None:
        """Round what the keyboard came to by keys; what is typed into has a mark of its own."""
        shown = held is not None and held.window().testAttribute(Qt.WA_KeyboardFocusChange) and not isinstance(
            held, QLineEdit | QAbstractSpinBox | QMenu)
        if self._ring is not None and sip.isdeleted(self._ring):  # gone with a dialog
            self._ring = None
        if shown:
            self._ring = self._ring or Ring()
            self._ring.set_widget(held)
        elif self._ring is not None:
            self._ring.set_widget(None)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if not isinstance(event, QKeyEvent) or not isinstance(watched, QWidget):
            return super().eventFilter(watched, event)
        if event.type() == QEvent.ShortcutOverride and isinstance(watched, FIELDS):
            # A field takes Ctrl+Z for itself even where it has no step to take back.
            steps = (watched if isinstance(watched, QLineEdit) else watched.document() if isinstance(watched, QTextEdit | QPlainTextEdit)
                     else watched.findChild(QLineEdit))
            for keys, own in ((QKeySequence.Undo, "isUndoAvailable"), (QKeySequence.Redo, "isRedoAvailable")):
                if steps is not None and self._window.isAncestorOf(watched) and event.matches(keys) and not getattr(steps, own)():
                    event.ignore()
                    return True
        if event.type() == QEvent.ShortcutOverride and self._of_the_window(watched, event):
            event.ignore()  # Qt then looks for the action; on X11 a field would take Ctrl+E for the end of the line
            return True
        if event.type() == QEvent.KeyPress and self._pressed(watched, event):
            return True
        if event.type() == QEvent.KeyPress and isinstance(watched, QAbstractItemView):
            QTimer.singleShot(0, self._follow)  # when the list has moved to its row
        return super().eventFilter(watched, event)

    def _of_the_window(self, held: QWidget, event: QKeyEvent) -> bool:
        """Whether a key pressed in something that is typed into is a shortcut of the window, and none that text is edited by."""
        if event.key() <= 0 or isinstance(held, QKeySequenceEdit) or not self._window.isAncestorOf(held):
            return False
        code = int(event.modifiers() & ~Qt.KeypadModifier) | event.key()
        pressed = QKeySequence(code)
        return not edits(code) and any(
            pressed == one for action in self._window.actions_by_id.values() if action.shortcutContext() == Qt.WindowShortcut
            for one in action.shortcuts())

    def _pressed(self, held: QWidget, event: QKeyEvent) -> bool:
        key, keys = event.key(), event.modifiers()
        if (key == Qt.Key_Menu and keys == Qt.NoModifier) or (key == Qt.Key_F10 and keys == Qt.ShiftModifier):
            return ask_menu(held)
        # In a dialog Qt presses only those that may become the default one, and for the others whichever is.
        if key in (Qt.Key_Return, Qt.Key_Enter) and keys & ~Qt.KeypadModifier == Qt.NoModifier and isinstance(
                held, QPushButton | QToolButton | QCommandLinkButton) and held.isEnabled():
            held.click()
            return True
        if isinstance(held, FIELDS) and self._of_the_window(held, event):  # of what cannot be done now, else Qt had done it
            self._window.keyPressEvent(event)
            return True
        pressed = QKeySequence(int(keys & ~Qt.KeypadModifier) | key) if key > 0 else QKeySequence()
        action = self._window.actions_by_id["help"]
        if any(pressed == one for one in action.shortcuts()):  # here only where a modal dialog shadows the shortcut
            self._window.do("help")
            return True
        return False


def ask_menu(held: QWidget) -> bool:
    """Open the menu of the row, or of the text cursor, that has the keyboard; X11 knows no key for that, Qt only one."""
    target, place = held, held.inputMethodQuery(Qt.ImCursorRectangle)
    at = place.center() if place is not None and not place.isNull() else held.rect().center()
    if isinstance(held, QAbstractItemView):
        target, index = held.viewport(), held.currentIndex()
        at = target.rect().center()
        if index.isValid():
            held.scrollTo(index)
            shown = held.visualRect(index)
            at = QPoint(shown.left() + min(shown.width() // 2, 40), shown.center().y())
    elif isinstance(held, QTextEdit | QPlainTextEdit):
        target, at = held.viewport(), held.cursorRect().center()
    elif isinstance(held, QAbstractScrollArea):
        target, at = held.viewport(), held.viewport().rect().center()
    event = QContextMenuEvent(QContextMenuEvent.Keyboard, at, target.mapToGlobal(at))
    QApplication.sendEvent(target, event)
    return True


class Ring(QWidget):
    """A line round what has the keyboard, in a colour that is seen on either theme; over its edge where nothing is free round it.

    QFocusFrame lies under what it surrounds: in a row as high as its buttons one end of it was all that was seen.
    """

    WIDE = 2  # pixels

    def __init__(self) -> None:
        super().__init__()
        self._held: QWidget | None = None
        self.setAttribute(Qt.WA_TransparentForMouseEvents)
        self.setAttribute(Qt.WA_NoChildEventsForParent)  # else a splitter would make room for it
        self.setFocusPolicy(Qt.NoFocus)

    def set_widget(self, held: QWidget | None) -> None:
        """Surround a widget, or nothing."""
        former = self._held
        if former is not None and not sip.isdeleted(former):
            former.removeEventFilter(self)
        self._held = held
        if held is None or held.isWindow():
            self.hide()
            return
        held.installEventFilter(self)
        if self.parentWidget() is not held.parentWidget():
            self.setParent(held.parentWidget())
        self._fit()
        self.show()

    def _fit(self) -> None:
        if self._held is not None and self.parentWidget() is self._held.parentWidget():
            out = self.WIDE
            self.setGeometry(self._held.geometry().adjusted(-out, -out, out, out) & self.parentWidget().rect())
            self.raise_()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self._held:
            if event.type() in (QEvent.Move, QEvent.Resize):
                self._fit()
            elif event.type() in (QEvent.Hide, QEvent.Show):
                self.setVisible(event.type() == QEvent.Show)
        return False

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setPen(QPen(QColor(theme.ink("link")), self.WIDE))
        painter.drawRect(QRectF(self.rect()).adjusted(1, 1, -1, -1))
        painter.end()
