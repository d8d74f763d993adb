"""The chain from pollution source over sewers and outlets into the river and on to sections and intakes, as a graph.

Links come from what the layers say (``leads_to``, wells at both ends, the responsible party) and along rivers from where things lie
on the bank line, whose direction as drawn is taken for downstream. A link is never guessed from distance: where one is missing
the audit says so and names what lies near.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import networkx as nx
import numpy as np
import shapely
from pyproj import CRS
from shapely.geometry import LineString, Point
from shapely.ops import substring

from layers.schema import plain
from sanxian.i18n import N_
from sanxian.outlets import codes
from sanxian.outlets.banks import Bank, read_banks, river_key
from sanxian.outlets.errors import OutletError
from sanxian.outlets.findings import Finding
from sanxian.outlets.match import Place, candidates
from sanxian.outlets.register import Outlet, Position, read_register
from spatial.crs import CGCS2000, transform

if TYPE_CHECKING:
    from layers.workspace import Workspace

KINDS: Mapping[str, str] = {
    "party": N_("责任主体"),
    "source": N_("污染源"),
    "plant": N_("污水处理厂"),
    "sewer": N_("管网"),
    "well": N_("检查井"),
    "outlet": N_("排污口"),
    "reach": N_("河段"),
    "section": N_("监测断面"),
    "intake": N_("取水口"),
}
_RANK = {"party": 0, "source": 1, "plant": 2, "sewer": 2, "well": 2, "outlet": 3, "reach": 4, "section": 4, "intake": 4}
_LEADS_TO = ("leads_to", "去向", "排水去向", "废水去向", "接入", "排入", "下游编号", "入河排污口", "排污口编码")
_FROM_WELL = ("from_well", "起点井号", "上游井号", "起始井")
_TO_WELL = ("to_well", "终点井号", "下游井号", "终止井")
_JOIN_M = 60.0  # ends of bank lines this close are one river
_NEAR_M = 500.0  # how far candidates for a missing link are looked for
_ANSWERS = {"outlet": 0, "sewer": 1, "well": 2, "plant": 3, "source": 4, "party": 5}  # who answers first to a name
_SPLIT = re.compile(r"[;；、]")
_NOWHERE = {"无", "不外排", "回用", "零排放", "none"}


@dataclass(frozen=True, slots=True)
class Node:
    """One thing in the chain.

    Attributes:
        id: ``kind:key``.
        lonlat: Where it is; of a line the middle, ``None`` for a party.
        ends: Both ends of a line.
        shape: To draw it by, in EPSG:4490; ``None`` where its place says it all.
        chainage_m: Along its river, downstream, where it lies on one.
    """

    id: str
    kind: str
    name: str
    key: str
    lonlat: tuple[float, float] | None = None
    river: str = ""
    axis: int | None = None
    chainage_m: float | None = None
    values: Mapping[str, Any] = field(default_factory=dict)
    ends: tuple[tuple[float, float], ...] = ()
    shape: Any = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Step:
    """One thing reached by a trace.

    Attributes:
        steps: Links from the start.
        via: Id of the thing before it.
        evidence: What the link stands on: ``recorded``, ``responsible``, ``wells``, ``river`` or ``stated``.
        river_m: Metres along the river from the outlet traced, where both lie on one river.
    """

    node: Node
    steps: int
    via: str
    evidence: str
    river_m: float | None = None


class Chain:
    """The graph, and what was noticed while it was put together."""

    def __init__(self) -> None:
        self.graph: nx.DiGraph = nx.DiGraph()
        self.nodes: dict[str, Node] = {}
        self.noticed: list[Finding] = []

    def add(self, node: Node) -> None:
        """Put a thing in; of two with one id the first stays."""
        if node.id not in self.nodes:
            self.nodes[node.id] = node
            self.graph.add_node(node.id)

    def link(self, above: str, below: str, evidence: str) -> None:
        """Water runs from ``above`` to ``below``.

        Raises:
            OutletError: One of them is not in the chain.
        """
        for end in (above, below):
            if end not in self.nodes:
                raise OutletError("链条中没有“{id}”", id=end)
        self.graph.add_edge(above, below, evidence=evidence)

    def find(self, wanted: str) -> Node:
        """The node that somebody means by its id, key or name; outlets go before other things.

        Raises:
            OutletError: There is none, or there are several.
        """
        if wanted in self.nodes:
            return self.nodes[wanted]
        code = codes.same_code(wanted)
        for test in (
            lambda node: node.kind == "outlet" and codes.same_code(node.key) == code,
            lambda node: node.key == wanted,
            lambda node: node.kind == "outlet" and (node.values.get("local_code") == wanted or node.name == wanted),
            lambda node: node.name == wanted,
        ):
            hits = [node for node in self.nodes.values() if test(node)]
            if len(hits) == 1:
                return hits[0]
            if hits:
                raise OutletError("“{id}”有 {count} 个：{list}", id=wanted, count=len(hits), list="、".join(n.id for n in hits[:8]))
        raise OutletError("链条中没有“{id}”", id=wanted)

    def trace(self, start: str, *, up: bool) -> list[Step]:
        """Everything above, or below, a thing; nearest first. A cycle is gone round once."""
        first = self.nodes[start]
        links, nodes = (self.graph._pred if up else self.graph._succ), self.nodes  # the views over them cost more than the walk
        axis, origin, sign = first.axis, first.chainage_m or 0.0, -1 if up else 1
        found: list[Step] = []
        seen, ring, depth = {start}, [start], 0
        while ring:
            depth += 1
            following = []
            for here in ring:
                for other, link in links[here].items():
                    if other in seen:
                        continue
                    seen.add(other)
                    following.append(other)
                    node, metres = nodes[other], None
                    if axis is not None and node.axis == axis and node.chainage_m is not None:
                        # A reach begins above the outlet that leads into it: that one is no way off.
                        metres = max(0.0, round((node.chainage_m - origin) * sign, 1))
                    found.append(Step(node, depth, here, link["evidence"], metres))
            ring = following
        return found

    def to_json(self, start: str) -> dict[str, Any]:
        """Both traces of a thing as plain values."""

        def of(step: Step) -> dict[str, Any]:
            return {
                "id": step.node.id, "kind": step.node.kind, "name": step.node.name, "steps": step.steps, "via": step.via,
                "evidence": step.evidence, "river_m": step.river_m,
                "lon": round(step.node.lonlat[0], 7) if step.node.lonlat else None,
                "lat": round(step.node.lonlat[1], 7) if step.node.lonlat else None,
            }  # fmt: skip

        node = self.nodes[start]
        return {
            "id": node.id, "kind": node.kind, "name": node.name,
            "upstream": [of(step) for step in self.trace(start, up=True)],
            "downstream": [of(step) for step in self.trace(start, up=False)],
            "notes": [item.to_dict() for item in self.noticed if item.outlet in (node.key, node.id)],
        }  # fmt: skip


def follow(chain: Chain, banks: Sequence[Bank], lonlat: tuple[float, float], river: str) -> list[Step]:
    """What lies downstream of an outlet that is not there yet, such as a new project's, with metres along the river.

    Args:
        chain: Left as it is.
        banks: The banks that ``chain`` was built with.
        lonlat: Where the outlet would be.
        river: The river it would lead to.

    Raises:
        OutletError: That river has no bank line, so nothing can be said of what lies below.
    """
    axes = axes_of(banks)
    placed = _place(axes, Node("outlet:new", "outlet", "", "", lonlat, river))
    if placed is None:
        raise OutletError("“{river}”没有岸线，不能沿河向下查找", river=river)
    axis, chainage = placed
    number = [id(item) for group in axes.values() for item in group].index(id(axis))
    below = [
        node for node in chain.nodes.values()
        if node.axis == number and node.kind != "reach" and node.chainage_m is not None and node.chainage_m >= chainage
    ]  # fmt: skip
    below.sort(key=lambda node: (node.chainage_m, node.id))
    return [Step(node, place, "", "river", round((node.chainage_m or 0.0) - chainage, 1)) for place, node in enumerate(below, 1)]


# --- from a workspace -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Row:
    """A feature of one of the layers: its columns, its shape in EPSG:4490."""

    key: str
    name: str
    values: Mapping[str, Any]
    shape: Any


def read_chain(workspace: Workspace, outlets: Sequence[Outlet] | None = None) -> Chain:
    """The chain of a workspace's layers and of the links stated by hand (state ``outlet_links``).

    Args:
        outlets: Its register, where that was read already.
    """
    receptors = [row for row in _rows(workspace, "receptor") if "取水" in f"{row.values.get('kind') or ''}{row.name}"]
    return build(
        read_register(workspace) if outlets is None else outlets, read_banks(workspace), sources=_rows(workspace, "pollution_source"),
        sewers=_rows(workspace, "sewer"), sections=_rows(workspace, "monitoring_section"), intakes=receptors,
        links=[(item["from"], item["to"]) for item in workspace.state("outlet_links", []) or []],
    )  # fmt: skip


def _rows(workspace: Workspace, role: str) -> list[_Row]:
    found = []
    for record in workspace.by_role(role):
        frame = workspace.read(record.name)
        if len(frame):
            found += rows_of(frame, layer=record.name)
    return found


def rows_of(frame: Any, *, layer: str = "") -> list[_Row]:
    """A layer's features for ``build``."""
    shapes = np.atleast_1d(transform(np.asarray(frame.geometry.array, dtype=object), CRS.from_user_input(frame.crs), CGCS2000))
    found = []
    for number, (row, shape) in enumerate(zip(frame.drop(columns=frame.geometry.name).to_dict("records"), shapes, strict=True), 1):
        values = {key: value for key, value in row.items() if value is not None and value == value}
        key = str(values.get("code") or values.get("name") or f"{layer}#{values.get('fid', number)}")
        found.append(_Row(key, str(values.get("name") or key), values, shape))
    return found


def build(
    outlets: Sequence[Outlet], banks: Sequence[Bank], *, sources: Sequence[_Row] = (), sewers: Sequence[_Row] = (),
    sections: Sequence[_Row] = (), intakes: Sequence[_Row] = (), links: Iterable[tuple[str, str]] = (),
) -> Chain:  # fmt: skip
    """Put the chain together.

    Args:
        outlets: The register.
        banks: Each bank once.
        sources: Features of ``pollution_source``.
        sewers: Features of ``sewer``: lines are pipes, points are wells.
        sections: Features of ``monitoring_section``.
        intakes: Places where water is taken.
        links: Stated by hand: ids, keys or names.
    """
    chain = Chain()
    for row in sources:
        chain.add(_node(_source_kind(row), row))
    for row in sewers:
        chain.add(_node("well" if _is_point(row.shape) else "sewer", row))
    ids = outlet_ids(outlets)
    for outlet, here in zip(outlets, ids, strict=True):
        lonlat = (outlet.place.lon, outlet.place.lat) if outlet.place else None
        key = here.removeprefix("outlet:")
        chain.add(Node(here, "outlet", outlet.name, key, lonlat, outlet.river or "", values=outlet.values))
    _rivers(chain, outlets, ids, banks, sections, intakes)
    names = _Names(chain)
    _recorded(chain, names, sources, sewers)
    _parties(chain, outlets, ids, sources)
    for above, below in links:
        try:
            chain.link(chain.find(above).id, chain.find(below).id, "stated")
        except OutletError as error:
            chain.noticed.append(Finding("break", "error", above, error.template, error.params))
    return chain


def outlet_ids(outlets: Sequence[Outlet]) -> list[str]:
    """The node of each outlet: its id, and its row behind it where two outlets have one code."""
    often = Counter(outlet.id for outlet in outlets)
    return [f"outlet:{item.id}" if often[item.id] == 1 else f"outlet:{item.id}#{item.fid}" for item in outlets]


def _source_kind(row: _Row) -> str:
    """A sewage plant takes in what others send; GB/T 4754 calls its trade 462."""
    treats = re.search(r"污水|水质净化|再生水", row.name) or str(row.values.get("industry_code") or "").startswith("462")
    return "plant" if treats else "source"


def _node(kind: str, row: _Row) -> Node:
    lonlat, ends = None, ()
    if row.shape is not None and not row.shape.is_empty:
        middle = row.shape if row.shape.geom_type == "Point" else shapely.line_interpolate_point(_line(row.shape), 0.5, normalized=True)
        middle = middle if middle is not None and not middle.is_empty else row.shape.representative_point()
        lonlat = (middle.x, middle.y)
        line = _line(row.shape)
        ends = tuple((float(x), float(y)) for x, y in (line.coords[0][:2], line.coords[-1][:2])) if line else ()
    river = str(row.values.get("river") or "")
    return Node(f"{kind}:{row.key}", kind, row.name, row.key, lonlat, river, values=row.values, ends=ends, shape=row.shape)


def _is_point(shape: Any) -> bool:
    return shape is not None and shape.geom_type in ("Point", "MultiPoint")


def _line(shape: Any) -> LineString | None:
    """The line of a pipe; of a shape of several parts the longest."""
    parts = [part for part in shapely.get_parts(shapely.line_merge(shape)) if part.geom_type == "LineString"]
    return max(parts, key=lambda part: part.length, default=None)


class _Names:
    """What a recorded destination means: codes before names, outlets before pipes, pipes before plants."""

    def __init__(self, chain: Chain) -> None:
        self._keys: dict[str, list[str]] = defaultdict(list)
        for node in sorted(chain.nodes.values(), key=lambda node: _ANSWERS.get(node.kind, 9)):
            if node.kind in ("reach", "section", "intake"):
                continue
            words = {codes.same_code(node.key), plain(node.key), plain(node.name)}
            words |= {plain(str(node.values[key])) for key in ("local_code", "province_code") if node.values.get(key)}
            for word in words:
                if word:
                    self._keys[word].append(node.id)

    def of(self, word: str, *, but: str = "") -> list[str]:
        """Ids of the first kind that answers to ``word``."""
        keys = dict.fromkeys((codes.same_code(word) or "", plain(word)))
        hits = list(dict.fromkeys(node for key in keys for node in self._keys.get(key, ()) if node != but))
        kinds = [node.split(":", 1)[0] for node in hits]
        return [node for node, kind in zip(hits, kinds, strict=True) if kind == kinds[0]]


def _recorded(chain: Chain, names: _Names, sources: Sequence[_Row], sewers: Sequence[_Row]) -> None:
    """Links that the layers of sources and sewers state."""
    for kind, rows in (("source", sources), ("sewer", sewers)):
        for row in rows:
            exact = _source_kind(row) if kind == "source" else "well" if _is_point(row.shape) else "sewer"
            here = f"{exact}:{row.key}"
            for word in _words(row.values, _LEADS_TO):
                hits = names.of(word, but=here)
                if len(hits) == 1:
                    chain.link(here, hits[0], "recorded")
                    _drawn(chain, row, here, hits[0])
                elif hits:
                    params = {"name": row.name, "to": word, "count": len(hits)}
                    chain.noticed.append(Finding("ambiguous-link", "error", here, N_("{name} 的去向“{to}”对应 {count} 个对象"), params,
                                                 tuple({"id": item} for item in hits)))  # fmt: skip
                elif here in names.of(word):
                    chain.link(here, here, "recorded")  # leads to itself: the audit calls it a cycle
                elif plain(word) not in {plain(item) for item in _NOWHERE}:
                    params = {"name": row.name, "to": word}
                    chain.noticed.append(
                        Finding("break", "error", here, N_("{name} 的去向“{to}”不在排污口、管网和污染源图层中，链条在此断开"), params,
                                _near(chain, here), chain.nodes[here].lonlat)
                    )  # fmt: skip
            if kind == "sewer" and not _is_point(row.shape):
                above, below = _words(row.values, _FROM_WELL), _words(row.values, _TO_WELL)
                for word, upstream in [*((word, True) for word in above), *((word, False) for word in below)]:
                    well = f"well:{word}"
                    if well not in chain.nodes:
                        chain.noticed.append(Finding("break", "error", here, N_("{name} 所接的检查井“{to}”不在图层中，链条在此断开"),
                                                     {"name": row.name, "to": word}))  # fmt: skip
                        continue
                    chain.link(*((well, here) if upstream else (here, well)), "wells")


def _words(values: Mapping[str, Any], names: Sequence[str]) -> list[str]:
    cell = next((values[name] for name in names if values.get(name)), None)
    return [part.strip() for part in _SPLIT.split(str(cell)) if part.strip()] if cell is not None else []


def _drawn(chain: Chain, row: _Row, here: str, there: str) -> None:
    """Notice a pipe that is drawn from what it leads to: its start lies nearer to that than its end."""
    target = chain.nodes[there].lonlat
    if target is None or row.shape is None or _is_point(row.shape):
        return
    line = _line(row.shape)
    if line is None:
        return
    east = np.cos(np.radians(target[1]))
    start, end = ((line.coords[i][0] - target[0], line.coords[i][1] - target[1]) for i in (0, -1))
    from_start, from_end = (float(np.hypot(x * east, y)) * 111_320 for x, y in (start, end))
    if chain.nodes[there].kind != "sewer" and from_start + 20 < from_end and from_start < 0.5 * from_end:
        params = {"name": row.name, "to": chain.nodes[there].name, "start": from_start, "end": from_end}
        template = N_("{name} 记录流向“{to}”，画线却从那里起（起点距 {start:.0f} 米，终点距 {end:.0f} 米）：流向画反了？")
        chain.noticed.append(Finding("reversed-link", "warning", here, template, params, (), chain.nodes[here].lonlat))


def _near(chain: Chain, here: str, kinds: tuple[str, ...] = ("outlet", "sewer", "well")) -> tuple[Mapping[str, Any], ...]:
    """What lies near a thing whose link is missing: for a person to choose from."""
    node = chain.nodes[here]
    if node.lonlat is None:
        return ()
    places = [Place(n.id, n.name, *n.lonlat) for n in chain.nodes.values() if n.kind in kinds and n.id != here and n.lonlat]
    own = Outlet(node.key, {"name": node.name}, tuple(Position(*at) for at in node.ends or (node.lonlat,)))
    return tuple(
        {"id": item.place.id, "name": item.place.name, "distance_m": round(item.distance_m, 1), "evidence": item.evidence}
        for item in candidates(own, places, within_m=_NEAR_M, most=3)
    )


def _parties(chain: Chain, outlets: Sequence[Outlet], ids: Sequence[str], sources: Sequence[_Row]) -> None:
    """The responsible party stands above its outlet: as the source of that name where there is exactly one.

    An outlet that was closed keeps its party on record only: who answers for it does not still feed it.
    """
    by_name: dict[str, list[str]] = defaultdict(list)
    for row in sources:
        by_name[plain(row.name)].append(f"{_source_kind(row)}:{row.key}")
    for outlet, here in zip(outlets, ids, strict=True):
        if is_closed(outlet):
            continue
        for name in (outlet.get("responsible"), *(outlet.get("other_responsible") or ())):
            if not name:
                continue
            hits = by_name.get(plain(name), [])
            above = hits[0] if len(hits) == 1 else f"party:{plain(name)}"
            if above not in chain.nodes:
                chain.add(Node(above, "party", name, name))
            if not chain.graph.has_edge(above, here):
                chain.link(above, here, "responsible")


def is_closed(outlet: Outlet) -> bool:
    """Whether the record says that this outlet is no more: closed or merged, and that work done."""
    return outlet.remedy in ("close", "merge") and bool(
        outlet.get("accepted_on") or outlet.get("meets_criteria") or outlet.get("stage") in ("完成整治", "已销号")
    )


# --- rivers ---------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class Axis:
    """A line of bank by which things along a river are put in order, downstream as drawn."""

    river: str
    line: LineString
    crs: CRS
    scale: float

    def chainage(self, lonlat: tuple[float, float]) -> tuple[float, float]:
        """Metres along, and metres off."""
        here = transform(Point(lonlat), CGCS2000, self.crs)
        return float(self.line.project(here)) * self.scale, float(self.line.distance(here))


def axes_of(banks: Sequence[Bank]) -> dict[str, list[Axis]]:
    """For each river the lines of its better known side, joined where they meet end to end."""
    sides: dict[str, dict[str | None, list[Bank]]] = defaultdict(lambda: defaultdict(list))
    for bank in banks:
        sides[river_key(bank.river)][bank.side].append(bank)
    found: dict[str, list[Axis]] = {}
    for river, by_side in sides.items():
        def known(group: Sequence[Bank]) -> tuple[float, float]:
            return sum(b.length_m for b in group if b.surveyed), sum(b.length_m for b in group)

        _side, group = max(by_side.items(), key=lambda pair: (known(pair[1]), str(pair[0])))
        lines = [(bank.line, bank.crs, bank.scale) for bank in group]
        joined = True
        while joined:
            joined = False
            for a, (one, crs, scale) in enumerate(lines):
                for b, (two, other, _scale) in enumerate(lines):
                    if a != b and crs == other and Point(one.coords[-1]).distance(Point(two.coords[0])) <= _JOIN_M:
                        line = LineString([*one.coords, *two.coords])
                        lines = [item for place, item in enumerate(lines) if place not in (a, b)] + [(line, crs, scale)]
                        joined = True
                        break
                if joined:
                    break
        found[river] = [Axis(river, line, crs, scale) for line, crs, scale in lines]
    return found


def _rivers(
    chain: Chain, outlets: Sequence[Outlet], ids: Sequence[str], banks: Sequence[Bank], sections: Sequence[_Row],
    intakes: Sequence[_Row],
) -> None:  # fmt: skip
    """Reaches between sections and intakes, in order along each river, and every outlet into the reach where it lies."""
    axes = axes_of(banks)
    numbers = {id(axis): number for number, axis in enumerate(axis for group in axes.values() for axis in group)}
    marks: dict[int, list[tuple[float, Node]]] = defaultdict(list)
    for kind, rows in (("section", sections), ("intake", intakes)):
        for row in rows:
            node = _node(kind, row)
            placed = _place(axes, node)
            if placed is not None:
                axis, chainage = placed
                node = Node(node.id, kind, node.name, node.key, node.lonlat, node.river, numbers[id(axis)], chainage, node.values)
                marks[numbers[id(axis)]].append((chainage, node))
            else:
                params = {"name": row.name, "river": node.river or "?"}
                chain.noticed.append(Finding("break", "warning", node.id, N_("{name} 所在的河流“{river}”没有岸线，排不进河段"), params,
                                             (), node.lonlat))  # fmt: skip
            chain.add(node)
    reaches: dict[int, list[tuple[float, str]]] = {}
    for group in axes.values():
        for axis in group:
            number = numbers[id(axis)]
            reaches[number] = _reaches(chain, axis, number, sorted(marks[number], key=lambda pair: (pair[0], pair[1].id)))
    for outlet, here in zip(outlets, ids, strict=True):
        node = chain.nodes[here]
        placed = _place(axes, node)
        if placed is None:
            if banks and outlet.place is not None:  # without a place nobody knows which bank it is on; the audit says so
                params = {"name": outlet.name, "river": outlet.river or "?"}
                chain.noticed.append(
                    Finding("break", "warning", outlet.id, N_("{name} 的受纳水体“{river}”没有岸线，接不到河段"), params, (), node.lonlat)
                )
            continue
        axis, chainage = placed
        number = numbers[id(axis)]
        chain.nodes[here] = Node(here, "outlet", node.name, node.key, node.lonlat, node.river, number, chainage, node.values)
        reach = [name for start, name in reaches[number] if start <= chainage][-1]
        chain.link(here, reach, "river")
    by_name = {plain(word): node for node in chain.nodes.values() if node.kind == "section" for word in (node.key, node.name)}
    for outlet, here in zip(outlets, ids, strict=True):
        _section(chain, outlet, chain.nodes[here], by_name, bool(sections))


def _place(axes: Mapping[str, Sequence[Axis]], node: Node) -> tuple[Axis, float] | None:
    """The axis of a thing's own river and where along it; a thing without a river is on none."""
    if node.lonlat is None or not node.river:
        return None
    found = [(off, along, axis) for axis in axes.get(river_key(node.river), ()) for along, off in [axis.chainage(node.lonlat)]]
    if not found:
        return None
    _off, along, axis = min(found, key=lambda item: item[:2])
    return axis, along


def _reaches(chain: Chain, axis: Axis, number: int, marks: Sequence[tuple[float, Node]]) -> list[tuple[float, str]]:
    """Nodes for the reaches of one axis; where each begins, and its id."""
    cuts = [0.0, *(chainage for chainage, _node in marks)]
    end = axis.line.length * axis.scale
    found, before = [], None
    for place, start in enumerate(cuts):
        stop = cuts[place + 1] if place + 1 < len(cuts) else end
        middle = shapely.get_coordinates(transform(axis.line.interpolate((start + stop) / 2 / axis.scale), axis.crs, CGCS2000))[0]
        name = f"{axis.river} {start / 1000:.2f}–{stop / 1000:.2f} km"
        node = Node(f"reach:{axis.river}/{number}/{place + 1}", "reach", name, f"{axis.river}/{number}/{place + 1}",
                    (float(middle[0]), float(middle[1])), axis.river, number, start,
                    shape=transform(substring(axis.line, start / axis.scale, stop / axis.scale), axis.crs, CGCS2000))  # fmt: skip
        chain.add(node)
        if before is not None:
            chain.link(before, node.id, "river")
        if place < len(marks):
            mark = marks[place][1]
            chain.link(node.id, mark.id, "river")
            before = mark.id
        found.append((start, node.id))
    return found


def _section(chain: Chain, outlet: Outlet, node: Node, by_name: Mapping[str, Node], there_are: bool) -> None:
    """The section that the record names must be there, and lie downstream."""
    word = outlet.get("section")
    if not word or not there_are:
        return
    section = by_name.get(plain(word))
    if section is None:
        params = {"name": outlet.name, "section": word}
        chain.noticed.append(Finding("section-unknown", "warning", outlet.id, N_("{name} 登记的断面“{section}”不在断面图层中"), params,
                                     _near(chain, node.id, ("section",)), node.lonlat))  # fmt: skip
        return
    if node.axis is None:
        chain.link(node.id, section.id, "recorded")
        return
    if section.axis == node.axis and section.chainage_m is not None and section.chainage_m < (node.chainage_m or 0.0):
        metres = (node.chainage_m or 0.0) - section.chainage_m
        below = [
            other for other in chain.nodes.values()
            if other.kind == "section" and other.axis == node.axis and (other.chainage_m or 0.0) >= (node.chainage_m or 0.0)
        ]  # fmt: skip
        below.sort(key=lambda other: other.chainage_m or 0.0)
        choices = tuple(
            {"id": o.id, "name": o.name, "distance_m": round((o.chainage_m or 0.0) - (node.chainage_m or 0.0), 1)} for o in below[:3]
        )
        params = {"name": outlet.name, "section": section.name, "metres": metres}
        template = N_("{name} 登记的断面“{section}”在排污口上游 {metres:.0f} 米，测不到它的影响")
        chain.noticed.append(Finding("section-upstream", "error", outlet.id, template, params, choices, node.lonlat))


# --- audit ----------------------------------------------------------------------------------------------------------


def audit(chain: Chain) -> list[Finding]:
    """Faults of the graph: what was noticed while building, then cycles, reversed links, loose ends and orphans."""
    found = list(chain.noticed)
    broken = {item.outlet for item in found if item.finding in ("break", "ambiguous-link")}
    for ring in nx.strongly_connected_components(chain.graph):
        if len(ring) > 1 or chain.graph.has_edge(*(list(ring) * 2)[:2]):
            names = sorted(chain.nodes[node].name for node in ring)
            first = min(ring)
            params = {"count": len(ring), "names": "、".join(names[:6])}
            found.append(Finding("cycle", "error", _label(chain, first), N_("{count} 个对象首尾相接成环：{names}"), params,
                                 tuple({"id": node} for node in sorted(ring))))  # fmt: skip
    for above, below in chain.graph.edges:
        one, two = chain.nodes[above], chain.nodes[below]
        if _RANK[one.kind] > _RANK[two.kind]:
            params = {"above": one.name, "below": two.name}
            template = N_("连线方向反了：{above} → {below}")
            found.append(Finding("reversed-link", "error", _label(chain, above), template, params, (), one.lonlat))
    for node in chain.nodes.values():
        if node.kind in ("source", "plant", "sewer", "well") and node.id not in broken:
            nowhere = any(plain(word) in {plain(item) for item in _NOWHERE} for word in _words(node.values, _LEADS_TO))
            if chain.graph.out_degree(node.id) == 0 and not nowhere:
                lone = chain.graph.in_degree(node.id) == 0
                template = N_("{name} 没有去向记录，也没有谁接入：孤立") if lone else N_("{name} 有来水而没有去向记录，链条在此断开")
                found.append(Finding("orphan" if lone else "break", "warning", node.id, template, {"name": node.name},
                                     _near(chain, node.id), node.lonlat))  # fmt: skip
        if node.kind == "outlet" and chain.graph.degree(node.id) == 0 and node.key not in broken:
            found.append(Finding("orphan", "warning", node.key, N_("{name} 上不接污染源、管网或责任主体，下不接河段：孤立"),
                                 {"name": node.name}, (), node.lonlat))  # fmt: skip
    return found


def _label(chain: Chain, node: str) -> str:
    """An outlet by its own id, anything else with its kind before it."""
    return chain.nodes[node].key if chain.nodes[node].kind == "outlet" else node
