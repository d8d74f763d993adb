"""What people's decisions come to, beside what the machine says."""

from __future__ import annotations

from html import escape
from typing import Any

from PyQt5.QtWidgets import QGridLayout, QLabel, QWidget

from gui import theme
from gui.models.project_table import MARKS
from gui.resources.icons import icon, verdict_icon
from gui.words import Speaker, aside, together, verdict_word
from sanxian import messages
from sanxian.i18n import N_, _
from sanxian.mapping.styles import verdict_style


class Reviewed(QWidget, Speaker):
    """The verdict after review; hidden where nobody decided anything about the project."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("reviewed")
        self.caption = QLabel()
        self.say(self.caption.setText, N_("人工复核后"))
        self.mark = QLabel(objectName="reviewed_mark")
        self.word = QLabel(objectName="reviewed_word")
        self.count = QLabel(objectName="reviewed_count", wordWrap=True)  # a long sentence would make the panel wider than its dock
        for label in (self.caption, self.count):
            theme.tone(label, "muted")
        grid = QGridLayout(self)
        grid.setContentsMargins(6, 0, 0, 0)
        grid.setVerticalSpacing(0)
        grid.addWidget(self.caption, 0, 0, 1, 2)
        grid.addWidget(self.mark, 1, 0)
        grid.addWidget(self.word, 1, 1)
        grid.addWidget(self.count, 2, 0, 1, 2)
        grid.setColumnStretch(1, 1)
        self.hide()

    def show_result(self, result: Any, old: bool = False) -> None:
        """Show what was decided about a project; ``old``: of something that is no longer so."""
        overrides = getattr(result, "overrides", ())
        self.setVisible(bool(overrides) and result.reviewed_verdict is not None)
        if self.isHidden():
            return
        verdict = str(result.reviewed_verdict)
        self.mark.setPixmap((icon("doubtful") if old else verdict_icon(verdict)).pixmap(22, 22))
        self.word.setText(verdict_word(verdict))
        colour = theme.ink("muted") if old else theme.readable(verdict_style(verdict).colour).name()
        self.word.setStyleSheet(f"font-size: {14 if old else 16}px; font-weight: 700; color: {colour};")
        self.word.setAccessibleName(_("人工复核后：{verdict}").format(verdict=_(MARKS[False, old]).format(verdict=verdict_word(verdict))))
        acting = sum(one.acting for one in overrides)
        changed = messages.reviews_changed(one.state for one in overrides)
        said = (_("复核 {count} 条，重判后才知是否有效") if old else _("复核 {count} 条，有效 {acting} 条")).format(
            count=f"{len(overrides):,}", acting=f"{acting:,}")
        self.count.setText(said + ("\n" + _("× 复核后情况已变") if changed else ""))
        self.setToolTip(changed)


def overrides_html(result: Any, outcome: Any, *, old: bool = False) -> str:
    """The decisions about one outcome, or about features that counted for it; ``old``: whether they act is not known any more."""
    lines = []
    features = {(one.layer, one.feature_id) for one in outcome.evidence}
    for applied in getattr(result, "overrides", ()):
        one = applied.override
        if one.rule != outcome.rule and (one.layer, one.feature_id) not in features:
            continue
        said = (messages.marked_verdict(one.outcome) if one.outcome is not None
                else _("– 不计入") + " " + messages.role_words(one.layer) + f" #{one.feature_id}")
        state = _("待重判") if old else messages.review_words(applied.state)
        about = [one.person, f"{one.made_on.isoformat()} — {one.expires_on.isoformat()}"]
        about += [one.attachment] if one.attachment else []
        if applied.state == "outcome-changed":
            about.append(_("复核时程序判定为“{verdict}”").format(verdict=messages.short_verdict(one.seen.outcome)))
        lines.append(f"<br>· {escape(said)} {escape(state)}{escape(aside(together(about)))}<br>　{escape(one.reason)}")
    return f"<p><b>{escape(_('人工复核'))}</b>{''.join(lines)}</p>" if lines else ""
