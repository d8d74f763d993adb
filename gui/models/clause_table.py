"""Clauses of an access list as a table for review."""

from __future__ import annotations

from collections.abc import Mapping

from PyQt5.QtCore import QObject

from gui.models.rows import Column, Rows
from gui.words import listed
from rules.conditions import Attribute, leaves
from rules.model import AccessList, Clause
from sanxian import messages
from sanxian.i18n import N_, _
from sanxian.rulebook import condition_words

# a mark with each, so that none is told by colour or place alone
STATUSES: Mapping[str, str] = {
    "machine_read": N_("? 机读待核"), "manual": N_("! 人工判断"), "confirmed": N_("√ 已确认"),
}
NATURES: Mapping[str, str] = {"new": N_("新建"), "expansion": N_("扩建"), "rebuild": N_("改建"), "upgrade": N_("技改"),
                              "relocation": N_("迁建")}

def status_words(clause: Clause) -> str:
    """How far the review of a clause is, with its mark."""
    return _(STATUSES[clause.status])


def outcome_words(clause: Clause) -> str:
    """What the clause is read to mean, with its mark."""
    return messages.marked_verdict(clause.outcome) if clause.outcome is not None else "–"


def nature_words(clause: Clause) -> str:
    """Kinds of construction that it was read to name."""
    return listed(_(NATURES.get(one, one)) for one in _read(clause, "nature", "nature"))


def industry_words(clause: Clause) -> str:
    """Industry codes that it was read to name."""
    return listed(industries(clause))


def industries(clause: Clause) -> list[str]:
    """The industry codes themselves."""
    return _read(clause, "industries", "industry_code")


def _read(clause: Clause, name: str, attribute: str) -> list[str]:
    """What was noted when the clause was read; where nothing was, what its condition asks of the attribute."""
    if name in clause.reading or clause.project is None:
        return [str(one) for one in clause.reading.get(name, ())]
    found = [leaf.value for leaf in leaves(clause.project) if isinstance(leaf, Attribute) and leaf.name == attribute]
    return list(dict.fromkeys(str(one) for value in found for one in (value if isinstance(value, tuple) else (value,))))


def reading_words(clause: Clause) -> str:
    """The condition that was read, as a sentence."""
    if clause.project is None:
        return _("没有读出条件，由人对照原文")
    return condition_words(clause.project)


class ClauseTable(Rows):
    """Thousands of clauses; the words of a row are made when it is shown."""

    def __init__(self, parent: QObject | None = None) -> None:
        self._units: Mapping[str, Mapping[str, str]] = {}
        self._hay: dict[str, str] = {}
        super().__init__((
            Column(N_("管控单元"), self.unit_words),
            Column(N_("层级"), lambda one: _(messages.TIERS.get(one.tier, one.tier))),
            Column(N_("维度"), lambda one: messages.dimension_words(one.dimension)),
            Column(N_("条款原文"), lambda one: one.text),
            Column(N_("出处"), lambda one: one.provenance),
            Column(N_("审核状态"), status_words),
            Column(N_("读出的条件"), reading_words),
            Column(N_("建议结论"), outcome_words),
            Column(N_("建设性质"), nature_words),
            Column(N_("所涉行业"), industry_words),
        ), parent, top=True)

    def set_list(self, access_list: AccessList) -> None:
        """Show the clauses of a list."""
        self._units, self._hay = access_list.units, {}
        self.set_items(access_list.clauses)

    def replace_list(self, access_list: AccessList) -> None:
        """Show the same list after some decisions."""
        self._units = access_list.units
        self.replace_items(access_list.clauses)

    def unit_words(self, clause: Clause) -> str:
        """Code and name of the unit, or where a general clause applies."""
        if clause.unit is None:
            return listed(clause.place_codes) or "–"
        return f"{clause.unit} {self._units.get(clause.unit, {}).get('name', '')}".strip()

    def wanted(self, clause: Clause, status: str, unit: str, needle: str) -> bool:
        """Whether a clause passes the filters; ``needle`` is in small letters."""
        if status and clause.status != status or unit and (clause.unit or "") != unit:
            return False
        if not needle:
            return True
        if clause.id not in self._hay:
            words = [clause.id, self.unit_words(clause), clause.text, clause.provenance, *map(str, clause.place_codes)]
            self._hay[clause.id] = " ".join(words).casefold()
        return needle in self._hay[clause.id] or needle in industry_words(clause).casefold()
