"""Opens the dialogs about rules, clauses and reviews beside the window, and tells them what the window does."""

from __future__ import annotations

from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING, Any

from PyQt5.QtCore import QObject
from PyQt5.QtWidgets import QDialog

if TYPE_CHECKING:
    from gui.models.rule_store import RuleStore


class RuleWindows(QObject):
    """One of each at a time.

    Args:
        window: The main window.
        today: The person's day, on which reviews are made.
    """

    def __init__(self, window: Any, today: date) -> None:
        super().__init__(window)
        self._window, self._today = window, today
        self._open: dict[str, QDialog] = {}
        window.session.opened.connect(self.close)
        window.day.dateChanged.connect(self._day_changed)

    @cached_property
    def store(self) -> RuleStore:
        """Made when it is first asked for: what it imports would keep the window from the screen."""
        from gui.models.rule_store import RuleStore

        return RuleStore(self._window.session, lambda: self._window.settings.rule_folders, self)

    def _show(self, name: str, dialog: QDialog) -> QDialog:
        self._open[name] = dialog
        dialog.finished.connect(lambda _result: self._open.pop(name, None) if self._open.get(name) is dialog else None)
        dialog.show()
        return dialog

    def _there(self, name: str) -> QDialog | None:
        dialog = self._open.get(name)
        if dialog is not None:
            dialog.raise_()
            dialog.activateWindow()
        return dialog

    def manage(self) -> QDialog:
        """Open the rule manager, or bring it to the front."""
        from gui.dialogs.rule_manager import RuleManager

        there = self._there("manage")
        if there is not None:
            return there
        dialog = RuleManager(self.store, lambda: self._window.on, self._window)
        dialog.reviewAsked.connect(self.review)
        return self._show("manage", dialog)

    def review(self, pack: str = "") -> QDialog:
        """Open the review of clauses, of a certain pack where one is asked for."""
        from gui.dialogs.clause_review import ClauseReview

        if "review" in self._open and pack:
            self._open["review"].close()
        return self._there("review") or self._show(
            "review", ClauseReview(self.store, self._today, self._window, pack=pack))

    def override(self, outcome: Any = None, evidence: Any = None) -> QDialog:
        """Open the dialog of reviews for the current project, at an outcome or a piece of evidence of it."""
        from gui.dialogs.override import OverrideDialog

        if not self.may_leave():
            return self._open["override"]
        outcome = outcome if outcome is not None else self._window.verdict.shown
        feature = (evidence.layer, evidence.feature_id) if evidence is not None else None
        dialog = OverrideDialog(
            self.store, self._window.session.current, lambda: self._window.on, self._today,
            rule=outcome.rule if outcome is not None else "", feature=feature, parent=self._window)
        dialog.decided.connect(self._judge_again)
        dialog.judgeAsked.connect(self._judge_again)
        if not dialog.person.text():
            dialog.person.setText(self._window.settings.person)
        # The history of the workspace names whoever decides, for as long as this dialog is open.
        dialog.person.textChanged.connect(lambda name: self._sign(name.strip() or self._window.settings.person))
        dialog.finished.connect(lambda _result: self._sign(self._window.settings.person))
        return self._show("override", dialog)

    def may_leave(self) -> bool:
        """Close the dialog of reviews; ``False`` where a review in it is not on the record and the person goes on with it."""
        dialog = self._open.get("override")
        if dialog is not None and dialog.close():
            dialog = None
        if dialog is not None:
            dialog.raise_()
        return dialog is None

    def _sign(self, person: str) -> None:
        if self._window.session.workspace is not None:
            self._window.engine.sign(self._window.session.workspace, person)

    def _judge_again(self, project: str) -> None:
        site = self._window.session.site(project)
        if site is not None and site.result is not None:
            self._window.judge([project])

    def _day_changed(self, *_args: object) -> None:
        for dialog in self._open.values():
            if hasattr(dialog, "day_changed"):
                dialog.day_changed()

    def close(self) -> None:
        """Another workspace, or none, is open: what stood beside the former goes."""
        for dialog in list(self._open.values()):
            dialog.done(QDialog.Rejected)
