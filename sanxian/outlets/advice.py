"""What the map suggests for an outlet: close, merge or put in order, each with its reason and the law of the day.

A suggestion is no decision. Where a layer that could bar the outlet was not loaded, or does not cover it, the suggestion says
that this was not checked; where the outlet lies within the accuracy of an edge, that it has to be surveyed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from pyproj import CRS
from shapely.geometry import Point

from layers.schema import ROLES, feature_label, plain
from rules.conditions import Relation, feature_matches, leaves
from rules.model import Rule, RuleVersion
from sanxian.i18n import N_, _, language
from sanxian.messages import basis_words
from sanxian.outlets.register import Outlet
from sanxian.outlets.stages import REMEDY_WORDS
from spatial.crs import CGCS2000, transform, zone_for

if TYPE_CHECKING:
    from layers.workspace import Workspace
    from rules.ruleset import RuleSet

CLOSING_RULES = ("water-source-outlet", "protected-core-area", "special-water-new-outlet")  # in order of weight
PARK_M = 300.0  # how near a park the outlet of a plant whose place is not known counts as the park's
SEWER_M = 200.0  # how near a sewer must run for an outlet to be within the network
_SEWAGE = ("污水", "合流", "截污")
_REASONS: Mapping[str, str] = {
    "close": N_("位于{zone}（{role}）内"),
    "merge-sewer": N_("城镇生活污水散排口，距{zone} {metres:.0f} 米，在污水收集管网覆盖范围内"),
    "merge-park": N_("工矿企业排污口，位于{zone}内"),
    "merge-park-near": N_("工矿企业排污口，距{zone} {metres:.0f} 米"),
    "merge-park-source": N_("工矿企业排污口，其责任主体“{party}”位于{zone}内"),
    "merge-several": N_("园区外同一企业“{party}”有 {count} 个工矿企业排污口，原则上一企一口"),
    "tidy": N_("不属于取缔、合并的情形"),
    "no-place": N_("没有点位坐标，无法按图判断"),
}
_CAVEATS: Mapping[str, str] = {
    "borderline": N_("距边界仅 {metres:.1f} 米，在数据精度之内，须现场核实"),
    "also-near": N_("距{zone}边界 {metres:.1f} 米，是否在其内须现场核实"),
    "quasi": N_("只在准保护区内：准保护区是否适用，按当地口径"),
    "new-only": N_("条文所禁的是新设；已有排污口须核实设置时间与保护区划定时间，并按国办函〔2022〕17号的取缔情形判断"),
    "sewer-kind": N_("该管线没有写明是污水管还是雨水管，须核实"),
    "near-park": N_("责任主体的厂址不详，排污口又在园区以外：企业是否在园区内须核实"),
    "no-zone": N_("保护地未写功能分区，须补充"),
    "unchecked": N_("未核对：{roles}（图层未加载或未覆盖该点）"),
}


@dataclass(frozen=True, slots=True)
class Advice:
    """A suggestion.

    Attributes:
        remedy: ``close``, ``merge``, ``tidy``, or ``None`` where nothing can be said.
        reason: Key of the reason's sentence, with ``params``.
        basis: Articles in force on the day, in words.
        caveats: Sentences that the suggestion must not be read without.
        unchecked: Roles of layers that were not asked.
        recorded: What the register has planned.
    """

    outlet: str
    remedy: str | None
    reason: str
    params: Mapping[str, Any] = field(default_factory=dict)
    basis: tuple[str, ...] = ()
    caveats: tuple[str, ...] = ()
    unchecked: tuple[str, ...] = ()
    borderline: bool = False
    recorded: str | None = None

    @property
    def certain(self) -> bool:
        """Whether everything that could change the suggestion was checked and nothing is left for a person to find out."""
        return not (self.unchecked or self.borderline or self.caveats)

    @property
    def differs(self) -> bool:
        """Whether the register has planned something else."""
        return None not in (self.recorded, self.remedy) and self.recorded != self.remedy

    def words(self) -> str:
        """The suggestion in one sentence."""
        reason = _(_REASONS[self.reason]).format(**self.params)
        if self.remedy is None:
            return _("无法建议") + _("；{caveat}").format(caveat=reason)
        text = _("建议{what}：{reason}").format(what=_(REMEDY_WORDS[self.remedy]), reason=reason)
        if self.basis:
            text += _("；依据：{basis}").format(basis="；".join(self.basis))
        return text + "".join(_("；{caveat}").format(caveat=caveat) for caveat in self.caveats)

    def to_dict(self) -> dict[str, Any]:
        """As plain values."""
        return {
            "outlet": self.outlet, "remedy": self.remedy, "reason": self.reason, "certain": self.certain,
            "borderline": self.borderline, "basis": list(self.basis), "caveats": list(self.caveats),
            "unchecked": list(self.unchecked), "recorded": self.recorded, "message": self.words(),
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Zones:
    """A layer as advice asks it: shapes in metres, attributes, and where it claims to be complete.

    Attributes:
        coverage: In the metres of ``crs``; ``None`` where nobody said.
    """

    role: str
    crs: CRS
    shapes: np.ndarray
    attributes: tuple[Mapping[str, Any], ...]
    accuracy_m: float = 0.0
    coverage: Any = None

    def covers(self, here: Point) -> bool:
        """Whether the layer claims to be complete there."""
        return self.coverage is not None and bool(self.coverage.covers(here))


class Advisor:
    """Suggests for one outlet after another with the law of one day.

    Args:
        zones: Layers by role.
        rules: The rule set; its version of the day decides which zones bar an outlet and which articles are cited.
        on: The day.
        outlets: The register, to see how many outlets one party has.
    """

    def __init__(
        self, zones: Iterable[Zones], rules: RuleSet, *, on: date, outlets: Sequence[Outlet] = (), sewer_m: float = SEWER_M
    ) -> None:
        self._zones: dict[str, list[Zones]] = {}
        for layer in zones:
            self._zones.setdefault(layer.role, []).append(layer)
        self._today = rules.on(on)
        self._on, self._sewer_m = on, sewer_m
        self._rules = [rule for key in CLOSING_RULES for rule in self._today.rules if rule.id == key]
        self._sources: dict[str, Point] = {}
        for layer in self._zones.get("pollution_source", []):
            for shape, attributes in zip(layer.shapes, layer.attributes, strict=True):
                if shape is not None and not shape.is_empty and attributes.get("name"):
                    self._sources[plain(attributes["name"])] = transform(shape.representative_point(), layer.crs, CGCS2000)
        self._works: dict[str, list[Outlet]] = {}
        for outlet in outlets:
            if outlet.classified.sub == "works" and outlet.get("responsible"):
                self._works.setdefault(plain(outlet.get("responsible")), []).append(outlet)

    def advise(self, outlet: Outlet) -> Advice:
        """The suggestion for one outlet."""
        if outlet.place is None:
            return Advice(outlet.id, None, "no-place", unchecked=("place",), recorded=outlet.remedy)
        lonlat = Point(outlet.place.lon, outlet.place.lat)
        unchecked: list[str] = []
        maybe: Advice | None = None
        for rule in self._rules:
            version = rule.on(self._on)
            assert version is not None
            advice = self._closing(outlet, lonlat, rule, version, unchecked)
            if advice is not None and not advice.borderline:
                return advice
            maybe = maybe or advice
        if maybe is not None:
            return maybe
        missing_rules = [key for key in CLOSING_RULES if key not in {rule.id for rule in self._rules}]
        unchecked += [f"rule:{key}" for key in missing_rules]
        merging = self._merging(outlet, lonlat, unchecked)
        left = tuple(dict.fromkeys(unchecked))
        reason, params, doubt = merging or ("tidy", {}, None)
        caveats = (_(_CAVEATS[doubt]),) if doubt else ()
        caveats += (_(_CAVEATS["unchecked"]).format(roles=_unchecked_words(left)),) if left else ()
        remedy = "merge" if merging else "tidy"
        return Advice(outlet.id, remedy, reason, params, (), caveats, left, recorded=outlet.remedy)

    def _closing(self, outlet: Outlet, lonlat: Point, rule: Rule, version: RuleVersion, unchecked: list[str]) -> Advice | None:
        """The suggestion to close under one rule; notes which layers could not be asked."""
        borderline: Advice | None = None
        for relation in leaves(version.spatial):
            if not isinstance(relation, Relation):
                continue
            layers = self._zones.get(relation.layer, [])
            asked = False
            for layer in layers:
                here = transform(lonlat, CGCS2000, layer.crs)
                asked |= layer.covers(here)
                advice = self._inside(outlet, here, layer, relation, rule, version)
                if advice is not None and not advice.borderline:
                    return advice
                borderline = borderline or advice
            if not asked:
                unchecked.append(relation.layer)
        return borderline

    def _inside(
        self, outlet: Outlet, here: Point, layer: Zones, relation: Relation, rule: Rule, version: RuleVersion
    ) -> Advice | None:
        slack = layer.accuracy_m + (outlet.accuracy_m or 0.0)
        hits = []
        for shape, attributes in zip(layer.shapes, layer.attributes, strict=True):
            if shape is None or shape.is_empty:
                continue
            matches = feature_matches(relation.where, attributes) if relation.where else True
            if matches is False or shape.distance(here) > slack:
                continue
            edge_m = float(shape.boundary.distance(here))
            hits.append((not shape.covers(here) or edge_m <= slack, str(attributes.get("grade") or ""), edge_m, attributes, matches))
        if not hits:
            return None
        # Sure and within the zone proper first, then sure and in a quasi zone only, then what lies on an edge.
        hits.sort(key=lambda hit: (hit[0] or hit[1] == "3", *hit[:3]))
        near_edge, grade, edge_m, attributes, matches = hits[0]
        caveats = []
        other = next((hit for hit in hits[1:] if hit[0] and (grade == "3" or not grade)), None)
        if other is not None and not near_edge:
            name = feature_label(layer.role, other[3])
            caveats.append(_(_CAVEATS["also-near"]).format(zone=name, metres=other[2]))
        if near_edge:
            caveats.append(_(_CAVEATS["borderline"]).format(metres=edge_m))
        if layer.role == "water_source" and grade == "3":
            caveats.append(_(_CAVEATS["quasi"]))
        if rule.id == "special-water-new-outlet":
            caveats.append(_(_CAVEATS["new-only"]))
        if matches is None:
            caveats.append(_(_CAVEATS["no-zone"]))
        role = ROLES[layer.role]
        params = {"zone": feature_label(layer.role, attributes), "role": role.zh if language() == "zh" else role.en}
        cited = tuple(
            basis_words(item, self._today.documents) for item in version.basis
            if self._today.documents[item.document].status(self._on) == "in_force"
        )  # fmt: skip
        return Advice(
            outlet.id, "close", "close", params, cited, tuple(caveats), (), bool(near_edge or matches is None), outlet.remedy
        )

    def _merging(self, outlet: Outlet, lonlat: Point, unchecked: list[str]) -> tuple[str, dict[str, Any], str | None] | None:
        """Why to merge, with what varies, and the key of the caveat that goes with it."""
        sub = outlet.classified.sub
        if sub is None:
            unchecked.append("field:subkind")
        if sub == "town_home":
            best: tuple[bool, float, str] | None = None  # one that is known to take sewage goes before one that may
            for layer in self._zones.get("sewer", []):
                here = transform(lonlat, CGCS2000, layer.crs)
                for shape, attributes in zip(layer.shapes, layer.attributes, strict=True):
                    kind = str(attributes.get("kind") or "")
                    if shape is None or shape.is_empty or (kind and not any(word in kind for word in _SEWAGE)):
                        continue
                    metres = float(shape.distance(here))
                    if metres <= self._sewer_m and (best is None or (not kind, metres) < best[:2]):
                        best = (not kind, metres, feature_label("sewer", attributes))
            if best is not None:
                return "merge-sewer", {"zone": best[2], "metres": best[1]}, "sewer-kind" if best[0] else None
            if not self._asked("sewer", lonlat):
                unchecked.append("sewer")
        if sub == "works":
            # An outlet lies on the bank, a park behind it: where the plant stands tells more than where its pipe ends.
            party = self._sources.get(plain(outlet.get("responsible") or ""))
            park = self._park(party, 0.0) if party is not None else None
            if park is not None:
                return "merge-park-source", {"party": outlet.get("responsible"), "zone": park[0]}, None
            park = self._park(lonlat, PARK_M) if party is None else None
            if park is not None:
                if park[1] > 0:
                    return "merge-park-near", {"zone": park[0], "metres": park[1]}, "near-park"
                return "merge-park", {"zone": park[0]}, None
            if not self._asked("industrial_park", lonlat):
                unchecked.append("industrial_park")
            same = self._works.get(plain(outlet.get("responsible") or ""), [])
            if len(same) > 1:
                return "merge-several", {"party": outlet.get("responsible"), "count": len(same)}, None
        return None

    def _park(self, place: Point, within_m: float) -> tuple[str, float] | None:
        """The park that a place lies in, or the nearest one within so many metres, and how far it is."""
        best: tuple[str, float] | None = None
        for layer in self._zones.get("industrial_park", []):
            here = transform(place, CGCS2000, layer.crs)
            for shape, attributes in zip(layer.shapes, layer.attributes, strict=True):
                metres = float(shape.distance(here)) if shape is not None and not shape.is_empty else float("inf")
                if metres <= within_m and (best is None or metres < best[1]):
                    best = (feature_label("industrial_park", attributes), metres)
        return best

    def _asked(self, role: str, lonlat: Point) -> bool:
        return any(layer.covers(transform(lonlat, CGCS2000, layer.crs)) for layer in self._zones.get(role, []))


def _unchecked_words(keys: Sequence[str]) -> str:
    words = []
    for key in keys:
        if key in ROLES:
            words.append(ROLES[key].zh if language() == "zh" else ROLES[key].en)
        elif key.startswith("rule:"):
            words.append(_("当日没有施行的规则 {id}").format(id=key.removeprefix("rule:")))
        else:
            words.append(_("二级分类"))
    return "、".join(words)


def read_zones(workspace: Workspace, roles: Iterable[str]) -> list[Zones]:
    """The layers that advice asks, in metres of the zone where they lie."""
    found = []
    for role in roles:
        for record in workspace.by_role(role):
            frame = workspace.read(record.name)
            if len(frame):
                area = workspace.coverage_of(record) if record.coverage == "known" else None
                found.append(zones_of(role, frame, accuracy_m=record.accuracy_m or 0.0, coverage=area))
    return found


def zones_of(role: str, frame: Any, *, accuracy_m: float = 0.0, coverage: Any = None) -> Zones:
    """A layer as advice asks it; ``coverage`` in EPSG:4490."""
    lonlat = np.atleast_1d(transform(np.asarray(frame.geometry.array, dtype=object), CRS.from_user_input(frame.crs), CGCS2000))
    crs = zone_for(lonlat)
    rows = frame.drop(columns=frame.geometry.name).astype(object)
    rows = rows.where(rows.notna(), None).to_dict("records")
    shapes = np.atleast_1d(transform(lonlat, CGCS2000, crs))
    shapely.prepare(shapes)
    area = transform(coverage, CGCS2000, crs) if coverage is not None else None
    return Zones(role, crs, shapes, tuple(rows), accuracy_m, area)


def advisor(workspace: Workspace, outlets: Sequence[Outlet], *, on: date, rules: RuleSet | None = None) -> Advisor:
    """An advisor over a workspace's layers, with the built-in rules and the packs that it carries.

    Raises:
        RuleError: A pack cannot be read.
    """
    from sanxian.screen import rule_set

    rules = rules or rule_set(workspace)
    today = [rule.on(on) for rule in rules.on(on).rules if rule.id in CLOSING_RULES]
    roles = {leaf.layer for version in today if version for leaf in leaves(version.spatial) if isinstance(leaf, Relation)}
    zones = read_zones(workspace, sorted(roles | {"sewer", "industrial_park", "pollution_source"}))
    return Advisor(zones, rules, on=on, outlets=outlets)
