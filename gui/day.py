"""A field for a day that is typed as people write days.

``QDateEdit`` takes digits section by section: of ``2023-06-01`` typed over a selected date it kept the year of before, or
took ``06`` for the day. A day that the law is read for must be the one that was typed, or none.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Any

from PyQt5.QtCore import QDate, QEvent, QLocale, QPoint, QSize, Qt, QTimer, pyqtSignal
from PyQt5.QtGui import QFocusEvent, QKeyEvent, QWheelEvent
from PyQt5.QtWidgets import QCalendarWidget, QLineEdit, QSizePolicy, QToolTip, QVBoxLayout, QWidget

from gui.resources.icons import icon
from sanxian.i18n import _

YEARS = 1900, 2200
FORM = "yyyy-MM-dd"
_WRITTEN = re.compile(r"(\d{4})(?:[-/.年](\d{1,2})[-/.月](\d{1,2})日?|(\d{2})(\d{2}))")
_STEPS = {Qt.Key_Up: (1, 0), Qt.Key_Down: (-1, 0), Qt.Key_PageUp: (0, 1), Qt.Key_PageDown: (0, -1)}


def read_day(text: str) -> QDate | None:
    """The day that is written, such as ``2023-06-01``, ``2023/6/1``, ``20230601`` or ``2023年6月1日``; else ``None``."""
    found = _WRITTEN.fullmatch(re.sub(r"\s", "", unicodedata.normalize("NFKC", text)))
    if found is None or not YEARS[0] <= int(found[1]) <= YEARS[1]:
        return None
    day = QDate(int(found[1]), int(found[2] or found[4]), int(found[3] or found[5]))
    return day if day.isValid() else None


class DayEdit(QLineEdit):
    """A day, typed or picked from a calendar (Alt+Down, F4, or the button in it).

    Up and Down go by days, Page Up and Down by months, with Ctrl by years; the wheel does nothing.

    Args:
        day: Shown first; ``None`` for none yet.
        keeps: What is no day goes when the field is left, which is said, and the day of before is back. Else it stays, and
            whoever asks for the day looks at ``wrong`` first.

    Signals:
        dateChanged: Another day than before; as soon as one is written in full, else when the field is left.
    """

    dateChanged = pyqtSignal(QDate)

    def __init__(self, day: QDate | None = None, *, keeps: bool = False, **properties: Any) -> None:
        super().__init__(**properties)
        self._day, self._keeps = day if day is not None else QDate(), keeps
        self._before = self._day  # the day that counts again where what is being typed turns out to be none
        self._calendar: QWidget | None = None
        self.setText(self._words(self._day))
        self.setSizePolicy(QSizePolicy.Fixed, QSizePolicy.Fixed)  # a tool bar would give it all the room that is left
        self._pick = self.addAction(icon("calendar"), QLineEdit.TrailingPosition)
        self._pick.triggered.connect(self.open_calendar)
        self._retranslate()
        self.textEdited.connect(self._typed)
        self.editingFinished.connect(self.finish)

    # -- what QDateEdit has ------------------------------------------------------------------------------------------
    def date(self) -> QDate:
        """The day; invalid where none was given yet."""
        return read_day(self.text()) or self._day

    def setDate(self, day: QDate) -> None:
        """Show another day."""
        changed, self._day, self._before = day != self._day, day, day
        self.setText(self._words(day))
        if changed:
            self.dateChanged.emit(day)

    # ----------------------------------------------------------------------------------------------------------------
    @staticmethod
    def _words(day: QDate) -> str:
        return day.toString(FORM) if day.isValid() else ""

    @property
    def wrong(self) -> str:
        """What is wrong with what stands there, or ''."""
        if read_day(self.text()) is not None:
            return ""
        return _("“{text}”不是日期；请写成 2023-06-01 这样。").format(text=self.text()) if self.text().strip() else _("请填写日期。")

    def _typed(self, text: str) -> None:
        day = read_day(text) or QDate()
        if day.isValid() and (text == self._words(day) or re.fullmatch(r"\d{8}", text)):
            self._take(day)
        elif not day.isValid():  # of 2023-06-011 the first ten characters are not the day
            self._take(self._before)

    def _take(self, day: QDate) -> None:
        """As ``setDate``, and what is typed stays as it is."""
        if day.isValid() and day != self._day:
            self._day = day
            self.dateChanged.emit(day)

    def finish(self) -> None:
        """Take what is typed; say so where it is no day."""
        if not self.wrong:
            self.setDate(self.date())
            return
        said = self.wrong
        if self._keeps:
            self.setText(self._words(self._day))
            said += _("仍是 {day}。").format(day=self._words(self._day))
        QToolTip.showText(self.mapToGlobal(QPoint(0, self.height())), said, self)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key, held = event.key(), event.modifiers() & ~Qt.KeypadModifier
        if key == Qt.Key_F4 or (key == Qt.Key_Down and held == Qt.AltModifier):
            self.open_calendar()
            return
        step = _STEPS.get(key)
        if step is not None and held in (Qt.NoModifier, Qt.ControlModifier) and not self.isReadOnly():
            day = self.date() if self.date().isValid() else QDate.currentDate()
            by_days, by_months = step
            if held == Qt.ControlModifier:
                by_days, by_months = 0, 12 * (by_days + by_months)
            self.setDate(day.addDays(by_days).addMonths(by_months))
            return
        super().keyPressEvent(event)

    def changeEvent(self, event: QEvent) -> None:
        if event.type() in (QEvent.LanguageChange, QEvent.LocaleChange):
            self._retranslate()
        super().changeEvent(event)

    def _retranslate(self) -> None:
        self._pick.setToolTip(_("从日历中选（F4）"))

    def focusInEvent(self, event: QFocusEvent) -> None:
        """A click from elsewhere takes up the whole day: typed between its digits another would be none."""
        super().focusInEvent(event)
        if event.reason() == Qt.MouseFocusReason:
            QTimer.singleShot(0, self.selectAll)  # after the click, which puts the cursor somewhere

    def wheelEvent(self, event: QWheelEvent) -> None:
        event.ignore()

    def open_calendar(self) -> None:
        """Show the month of the day below the field."""
        if self._calendar is not None:
            self._calendar.close()
        popup = QWidget(self, Qt.Popup)
        popup.setAttribute(Qt.WA_DeleteOnClose)
        popup.destroyed.connect(lambda: setattr(self, "_calendar", None))
        calendar = QCalendarWidget()
        calendar.setLocale(QLocale())
        calendar.setVerticalHeaderFormat(QCalendarWidget.NoVerticalHeader)
        calendar.setDateEditEnabled(False)  # Qt's own field for typed digits has another form, and took 2028-01-01 for 1900
        calendar.setAccessibleName(self.accessibleName())
        calendar.setDateRange(QDate(YEARS[0], 1, 1), QDate(YEARS[1], 12, 31))
        if self.date().isValid():
            calendar.setSelectedDate(self.date())
        for picked in (calendar.clicked, calendar.activated):
            picked.connect(lambda day: (popup.close(), self.setDate(day)))
        layout = QVBoxLayout(popup)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(calendar)
        popup.adjustSize()
        room = (self.screen() or popup.screen()).availableGeometry()
        at = self.mapToGlobal(QPoint(0, self.height()))
        if at.y() + popup.height() > room.bottom():
            at = self.mapToGlobal(QPoint(0, -popup.height()))
        popup.move(max(room.left(), min(at.x(), room.right() - popup.width())), at.y())
        self._calendar = popup
        popup.show()
        calendar.setFocus()

    def sizeHint(self) -> QSize:
        hint = super().sizeHint()
        return QSize(self.fontMetrics().horizontalAdvance("2026-00-00 ") + hint.height() + 12, hint.height())

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()
