"""The rules that a screening uses: several packs together, cut to one day, with a digest that names them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from rules.conditions import Relation
from rules.load import Pack, relations_of
from rules.model import AccessList, Document, Rule, RuleError


@dataclass(frozen=True, slots=True)
class RuleSet:
    """Rules, access lists and the documents that they stand on.

    Attributes:
        sha256: Digest of the packs' bytes, in order of their digests: the same packs give the same digest.
        complete_from: Latest of the packs' first days; on an earlier day law may be missing, so nothing is clear.
    """

    rules: tuple[Rule, ...]
    access_lists: tuple[AccessList, ...]
    documents: Mapping[str, Document]
    sha256: str
    complete_from: date | None = None

    @classmethod
    def of(cls, packs: Iterable[Pack]) -> RuleSet:
        """Put packs together.

        Raises:
            RuleError: Two packs use one id for different things, or a rule cites a document that is not registered.
        """
        rules: dict[str, Rule] = {}
        documents: dict[str, Document] = {}
        lists: dict[str, AccessList] = {}
        digests: set[str] = set()
        complete_from: date | None = None
        for pack in packs:
            if pack.complete_from is not None:
                complete_from = max(pack.complete_from, complete_from or date.min)
            if pack.sha256 in digests:
                continue  # the same pack given twice, such as from a folder and from the workspace
            digests.add(pack.sha256)
            for rule in pack.rules:
                if rule.id in rules:
                    raise RuleError("规则 id“{id}”在两个规则包中重复", id=rule.id)
                rules[rule.id] = rule
            for key, document in pack.documents.items():
                if documents.setdefault(key, document) != document:
                    raise RuleError("文件键“{key}”在两个规则包中登记的内容不同", key=key)
            for access_list in pack.access_lists:
                if lists.setdefault(access_list.key, access_list) != access_list:
                    raise RuleError("准入清单“{key}”在两个规则包中重复", key=access_list.key)
        for rule in rules.values():
            for version in rule.versions:
                for basis in version.basis:
                    if basis.document not in documents:
                        raise RuleError(
                            "规则“{id}”所依据的文件“{key}”未在文件登记表中登记", id=rule.id, key=basis.document
                        )
        for access_list in lists.values():
            if access_list.document not in documents:
                raise RuleError(
                    "准入清单“{id}”所依据的文件“{key}”未在文件登记表中登记",
                    id=access_list.key, key=access_list.document,
                )  # fmt: skip
        return cls(
            tuple(rules[key] for key in sorted(rules)),
            tuple(lists[key] for key in sorted(lists)),
            {key: documents[key] for key in sorted(documents)},
            hashlib.sha256("\n".join(sorted(digests)).encode()).hexdigest(),
            complete_from,
        )

    def on(self, day: date) -> RuleSet:
        """The rules in force on ``day``: with a version for it, standing on at least one document in force that day.

        A rule whose documents are all repealed or not yet in force does not apply, whatever its own dates say.
        """
        rules = tuple(
            rule
            for rule in self.rules
            if (version := rule.on(day)) is not None
            and any(self.documents[basis.document].status(day) == "in_force" for basis in version.basis)
        )
        lists = tuple(
            access_list
            for access_list in self.access_lists
            if access_list.in_force_from <= day
            and (access_list.in_force_until is None or day <= access_list.in_force_until)
            and self.documents[access_list.document].status(day) == "in_force"
        )
        return RuleSet(rules, lists, self.documents, self.sha256, self.complete_from)

    def searches(self, parameters: Mapping[str, float]) -> dict[str, float]:
        """How far around a site each layer must be searched, in metres, by role."""
        needed: dict[str, float] = {}
        for relation in relations_of(self.rules):
            distance_m = relation.distance_m or parameters.get(relation.parameter or "", 0.0)
            needed[relation.layer] = max(needed.get(relation.layer, 0.0), distance_m)
        if any(rule.place.codes for rule in self.rules):
            needed.setdefault("admin", 0.0)
        needed.setdefault("control_unit", 0.0)  # every result says how the site lies to these two, whatever the day's rules ask
        needed.setdefault("ecological_redline", 0.0)
        return needed

    def parameters(self) -> tuple[str, ...]:
        """Names of the distances that the law leaves open and some rule asks for."""
        return tuple(sorted({relation.parameter for relation in relations_of(self.rules) if relation.parameter}))

    def commons(self) -> dict[str, dict[str, Relation]]:
        """By role, the relations that ask for a part of the site in two layers at once, by their key."""
        needed: dict[str, dict[str, Relation]] = {}
        for relation in relations_of(self.rules):
            if relation.also_in is not None:
                needed.setdefault(relation.layer, {})[relation.common_key] = relation
        return needed

    def unions(self) -> dict[str, dict[str, Mapping[str, tuple[str | bool, ...]]]]:
        """By role, the filters over which the site's share in a union must be measured, by their key."""
        needed: dict[str, dict[str, Mapping[str, tuple[str | bool, ...]]]] = {}
        for relation in relations_of(self.rules):
            if relation.needs_union:
                needed.setdefault(relation.layer, {})[relation.filter_key] = relation.where
        return needed
