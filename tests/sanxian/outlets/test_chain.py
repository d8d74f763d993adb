from __future__ import annotations

import time
from datetime import date

import pytest

from layers.workspace import Workspace
from sanxian.outlets import audit, banks, chain, place, register
from sanxian.outlets.errors import OutletError
from sanxian.outlets.findings import KINDS

ON = date(2024, 1, 1)


def findings(path, on=ON):
    with Workspace.open(path, readonly=True) as workspace:
        return audit.audit_workspace(workspace, on=on)


def in_memory(frames, on=ON):
    """The same without a file."""
    outlets = register.from_frame(frames["discharge_outlet"], accuracy_m=3.0)
    lines = banks.from_frame(frames["river_bank"])
    rows = {role: chain.rows_of(frames[role]) for role in ("pollution_source", "sewer", "monitoring_section") if role in frames}
    graph = chain.build(
        outlets, banks.once(lines), sources=rows["pollution_source"], sewers=rows.get("sewer", ()), sections=rows["monitoring_section"]
    )  # fmt: skip
    area = frames["admin"].to_crs(4490)
    return audit.audit(outlets, graph, lines, list(zip(area["name"], area["code"], area.geometry, strict=True)), on=on)


def kinds(frames):
    return {item.finding for item in in_memory(frames)}


def layers(help_, *changes, **more):
    return {
        "discharge_outlet": help_.outlet_frame(help_.outlet_rows(*changes)), "river_bank": help_.bank_frame(),
        "pollution_source": help_.sources(), "monitoring_section": help_.sections(), "admin": help_.county(), **more,
    }  # fmt: skip


def test_a_clean_register_has_no_findings(clean):
    assert findings(clean) == []


OFF = 30.0 * 35  # metres: more than an outlet may lie off a bank
SEEDED = {
    "duplicate-code": lambda h: layers(h, {}, {"code": "FA-360404-0001-GY-00"}, {}, pollution_source=h.sources(leads_to="示例县城关镇码头东侧10m工矿企业排口")),
    "duplicate-place": lambda h: layers(h, {}, {"at": (1003.0, 0.0)}),
    "no-code": lambda h: layers(h, {}, {"code": None}),
    "code-pattern": lambda h: layers(h, {}, {"code": "FA-360404-2-GY-00"}),
    "code-class": lambda h: layers(h, {}, {"kind": "农业排口", "subkind": "规模化水产养殖排污口"}),
    "kind-unknown": lambda h: layers(h, {}, {"kind": "某某"}),
    "no-responsible": lambda h: layers(h, {}, {"responsible": None}),
    "no-responsible-again": lambda h: layers(h, {}, {"responsible": "待查"}),
    "unreadable": lambda h: layers(h, {}, {"due": "明年"}),
    "name-pattern": lambda h: layers(h, {}, {"name": "二号口"}),
    "dates-out-of-order": lambda h: layers(h, {}, {"traced_on": "2020-01-01"}),
    "accepted-not-done": lambda h: layers(h, {}, {"meets_criteria": False, "stage": "整治中", "finished": None}),
    "overdue": lambda h: layers(h, {}, {"meets_criteria": False, "stage": "整治中", "finished": None, "accepted_on": None}),
    "closed-still-fed": lambda h: layers(h, {"measure_kind": "清理合并", "discharging": False}),
    "closed-still-discharging": lambda h: layers(h, {}, {"measure_kind": "依法取缔"}),
    "off-bank": lambda h: layers(h, {}, {"at": (2000.0, -OFF)}),
    "wrong-river": lambda h: layers(h, {}, {"river": "示例河"}, river_bank=h.bank_frame(("示例江", "right", "water_edge", True, 0.0, 0.0, 10_000.0), ("示例河", "left", "water_edge", True, -5000.0, 0.0, 10_000.0))),
    "other-county": lambda h: layers(h, {}, {"code": "FA-360405-0002-GY-00"}),
    "other-county-again": lambda h: layers(h, {}, {"code": None, "local_code": "甲-2", "county": "示例邻县"}),
    "county-differs": lambda h: layers(h, {}, {"county": "示例邻县"}),
    "code-basin": lambda h: layers(h, {}, {"code": "ZA-360404-0002-GY-00"}),
    "code-county": lambda h: layers(h, {}, {"code": "FA-360000-0002-GY-00"}),
    "code-kind": lambda h: layers(h, {}, {"code": "FA-360404-0002-ZZ-00"}),
    "code-serial": lambda h: layers(h, {}, {"code": "FA-360404-0000-GY-00"}),
    "code-looks-local": lambda h: layers(h, {}, {"code": "浔阳-012"}),
    "subkind-unknown": lambda h: layers(h, {}, {"subkind": "某某排口"}),
    "subkind-elsewhere": lambda h: layers(h, {}, {"subkind": "规模化水产养殖排污口"}),
    "step-missing": lambda h: layers(h, {}, {"sampled": None, "monitored_on": None, "discharging": False}, {"traced": False, "traced_on": None}),
    "word-unknown": lambda h: layers(h, {}, {"discharging": None, "flow_state": "少量排水"}),
    "word-unknown-again": lambda h: layers(h, {}, {"approval": "已取得批文"}),
    "date-odd": lambda h: layers(h, {}, {"accepted_on": "2031-07-01"}),
    "date-odd-again": lambda h: layers(h, {}, {"found_on": "1021-01-01"}),
    "survey-unreadable": lambda h: layers(h, river_bank=h.bank_frame(("示例江", "right", "water_edge", "大部分", 0.0, 0.0, 10_000.0))),
    "several-places": lambda h: layers(h, {}, {"排查经度": "116.0", "排查纬度": "29.8"}),
    "section-upstream": lambda h: layers(h, {}, {"section": "示例入境断面"}),
    "section-unknown": lambda h: layers(h, {}, {"section": "别处断面"}),
    "no-place": lambda h: layers(h, {}, {"at": None}),
    "break": lambda h: layers(h, pollution_source=h.sources(leads_to="不存在的管道")),
    "orphan": lambda h: layers(h, pollution_source=h.points([("示例甲公司", 0, 0, {"code": "S1", "leads_to": "FA-360404-0001-GY-00"}), ("示例乙公司", 0, 0, {"code": "S2"})])),
    "ambiguous-link": lambda h: layers(h, sewer=h.points([("井一", 0, 0, {"code": "W1", "leads_to": "井二"}), ("井二", 0, 0, {"code": "W2", "leads_to": "FA-360404-0001-GY-00"}), ("井二", 9, 0, {"code": "W3", "leads_to": "W2"})])),
    "cycle": lambda h: layers(h, sewer=h.points([("井一", 0, 0, {"code": "W1", "leads_to": "W2"}), ("井二", 0, 0, {"code": "W2", "leads_to": "W3"}), ("井三", 0, 0, {"code": "W3", "leads_to": "W1"})])),
    "cycle-again": lambda h: layers(h, sewer=h.points([("井一", 0, 0, {"code": "W1", "leads_to": "W1"})])),
    "reversed-link": lambda h: layers(h, sewer=h.points([("井一", 0, 0, {"code": "W1", "leads_to": "S1"})])),
}  # fmt: skip


@pytest.mark.parametrize("fault", [key for key, make in SEEDED.items() if make])
def test_every_seeded_fault_is_found(fault, help_):
    found = in_memory(SEEDED[fault](help_))
    fault = fault.removesuffix("-again")  # another seed of one kind
    mine = [item for item in found if item.finding == fault]
    assert mine, sorted({item.finding for item in found})
    assert all(item.message and "{" not in item.message for item in found)
    allowed = {
        "duplicate-code": {"ambiguous-link"}, "closed-still-discharging": {"closed-still-fed"}, "closed-still-fed": {"orphan"},
        "no-code": {"orphan"}, "accepted-not-done": {"overdue"}, "wrong-river": {"section-upstream"},
        "other-county": {"county-differs", "no-code", "orphan"}, "county-differs": {"other-county"}, "code-county": {"other-county"},
        "date-odd": {"dates-out-of-order"}, "code-pattern": {"orphan"}, "code-looks-local": {"orphan"}, "code-kind": set(),
    }.get(fault, set())  # fmt: skip
    assert {item.finding for item in found} <= {fault} | allowed


# Kinds that other tests seed: they need files, a history, results of water, or a workspace that lacks layers.
ELSEWHERE = {
    "gcj02-suspected", "history-differs", "file-missing", "file-changed", "file-empty", "not-checked", "no-register",
    "outlet-exceeds", "section-exceeds", "section-worse", "outlet-stale", "outlet-unmeasured", "section-open", "section-stale",
    "section-unmeasured", "no-limit",
}  # fmt: skip


def test_every_kind_of_finding_has_a_seed():
    assert {key.removesuffix("-again") for key in SEEDED} | ELSEWHERE == set(KINDS)


def test_a_record_without_a_place_is_told(help_):
    outlets = register.from_rows([{"国家编码": "FA-360404-0001-GY-00", "名称": "甲"}])
    assert [item.finding for item in place.check_places(outlets, [], [])][0] == "no-place"


def test_what_was_not_loaded_is_said_to_be_unchecked(help_, make_workspace):
    found = findings(make_workspace(discharge_outlet=help_.outlet_frame(help_.outlet_rows())))
    assert sum(item.finding == "not-checked" for item in found) == 2
    empty = findings(make_workspace(river_bank=help_.bank_frame()))
    assert [item.finding for item in empty] == ["no-register"]


def test_gcj02_is_asked_with_the_place_restored_and_nothing_moved(help_, make_workspace):
    rows = help_.outlet_rows()
    frame = help_.outlet_frame(rows).to_crs(4490)
    true = [(point.x, point.y) for point in frame.geometry]
    from shapely import Point

    frame.loc[1, "geometry"] = Point(place.gcj02(*true[1]))
    path = make_workspace(**{**layers(help_), "discharge_outlet": frame})
    found = [item for item in findings(path) if item.finding == "gcj02-suspected"]
    assert [item.outlet for item in found] == ["FA-360404-0002-GY-00"]
    candidate = found[0].candidates[0]
    assert (candidate["lon"], candidate["lat"]) == pytest.approx(true[1], abs=2e-6)
    assert candidate["distance_m"] < 1
    assert 300 < candidate["moved_m"] < 800
    with Workspace.open(path, readonly=True) as workspace:
        kept = register.read_register(workspace)[1].place
    assert (kept.lon, kept.lat) == pytest.approx(place.gcj02(*true[1]))


def test_gcj02_formula_against_published_pairs():
    """Pairs of public places in both systems; the published ones stray from the formula by half a metre."""
    pairs = [
        ((114.0164322, 33.0133556), (114.022306, 33.0115324)), ((111.4622119, 27.242124), (111.4677938, 27.2388981)),
        ((114.498916, 37.0700925), (114.5048503, 37.0705911)), ((112.1935849, 31.0376011), (112.1994301, 31.0354012)),
    ]  # fmt: skip
    for true, shown in pairs:
        assert place.gcj02(*true) == pytest.approx(shown, abs=1e-5)
        assert place.from_gcj02(*place.gcj02(*true)) == pytest.approx(true, abs=1e-9)


def test_a_trace_from_source_to_intake_and_back(help_, make_workspace):
    path = make_workspace(**layers(
        help_, receptor=help_.points([("示例水厂取水口", 5000.0, 0.0, {"kind": "取水口", "river": "示例江"}), ("学校", 0, 0, {"kind": "学校"})]),
        pollution_source=help_.sources(leads_to="井一"),
        sewer=help_.points([("井一", 1400.0, -300.0, {"code": "W1", "leads_to": "W2"}), ("井二", 1200.0, -100.0, {"code": "W2", "leads_to": "FA-360404-0001-GY-00"})]),
    ))  # fmt: skip
    with Workspace.open(path, readonly=True) as workspace:
        graph = chain.read_chain(workspace)
    start = graph.find("FA3604040001GY00")
    up = [(step.node.key, step.evidence) for step in graph.trace(start.id, up=True)]
    assert up == [("W2", "recorded"), ("S1", "responsible"), ("W1", "recorded")]
    down = graph.trace(start.id, up=False)
    assert [step.node.kind for step in down] == ["reach", "intake", "reach", "section", "reach"]
    metres = {step.node.name: step.river_m for step in down}
    assert metres["示例水厂取水口"] == pytest.approx(4000, rel=1e-3)
    assert metres["示例出境断面"] == pytest.approx(8000, rel=1e-3)
    assert [step.node.name for step in graph.trace(graph.find("示例水厂取水口").id, up=True) if step.node.kind == "source"] == ["示例甲公司"]
    assert graph.find("示例甲公司").id == "source:S1"
    with pytest.raises(OutletError, match="没有“nope”"):
        graph.find("nope")


def test_links_by_wells_and_by_hand(help_, make_workspace):
    import geopandas
    from shapely import LineString, Point

    pipes = geopandas.GeoDataFrame(
        {"code": ["P1", "W1", "W2"], "name": ["管一", "井一", "井二"], "起点井号": ["W1", None, None], "终点井号": ["W2", None, None]},
        geometry=[LineString([(402_000, 3_289_000), (402_100, 3_289_000)]), Point(402_000, 3_289_000), Point(402_100, 3_289_000)], crs=4548,
    )  # fmt: skip
    path = make_workspace(**layers(help_, sewer=pipes))
    with Workspace.open(path) as workspace:
        workspace.set_state("outlet_links", [{"from": "井二", "to": "FA-360404-0002-GY-00"}, {"from": "S1", "to": "别处"}])
        graph = chain.read_chain(workspace)
    assert [step.node.key for step in graph.trace("well:W1", up=False)][:3] == ["P1", "W2", "FA-360404-0002-GY-00"]
    assert [item.finding for item in graph.noticed] == ["break"]


def test_a_pipe_drawn_against_its_flow_is_asked_about(help_):
    import geopandas
    from shapely import LineString

    def pipe(*xy):
        return geopandas.GeoDataFrame({"code": ["P1"], "name": ["管一"], "leads_to": ["FA-360404-0001-GY-00"]},
                                      geometry=[LineString([(402_000 + x, 3_290_000 + y) for x, y in xy])], crs=4548)  # fmt: skip

    assert kinds(layers(help_, sewer=pipe((1000, -900), (1000, -10)))) == set()
    assert kinds(layers(help_, sewer=pipe((1000, -10), (1000, -900)))) == {"reversed-link"}


def test_a_pipe_that_leads_nowhere_names_what_lies_near_and_links_nothing(help_, make_workspace):
    path = make_workspace(**layers(help_, sewer=help_.points([("井一", 2000.0, -60.0, {"code": "W1"})])))
    found = findings(path)
    assert [item.finding for item in found] == ["orphan"]
    assert found[0].candidates[0]["id"] == "outlet:FA-360404-0002-GY-00"
    assert found[0].candidates[0]["distance_m"] == pytest.approx(60, abs=0.5)


def test_ten_thousand_links_are_traced_in_a_tenth_of_a_second():
    graph = chain.Chain()
    for number in range(10_000):
        graph.add(chain.Node(f"well:{number}", "well", str(number), str(number)))
    for number in range(1, 10_000):
        graph.link(f"well:{number}", f"well:{(number - 1) // 2}", "recorded")
    graph.link("well:9999", "well:0", "recorded")
    best = min(_timed(lambda: graph.trace("well:0", up=True)) for _ in range(5))
    assert best < 0.1
    assert len(graph.trace("well:0", up=True)) == 9999
    assert len(graph.trace("well:9998", up=False)) == 13


def _timed(job):
    start = time.process_time()  # what the work takes, not what else the machine is doing
    job()
    return time.process_time() - start


def test_rivers_drawn_in_pieces_are_one(help_):
    frame = help_.bank_frame(("示例江", "right", "water_edge", True, 0.0, 5000.0, 10_000.0), ("示例江", "right", "water_edge", True, 0.0, 0.0, 5000.0))
    outlets = register.from_frame(help_.outlet_frame(help_.outlet_rows()))
    graph = chain.build(outlets, banks.from_frame(frame), sections=chain.rows_of(help_.sections()))
    down = graph.trace("outlet:FA-360404-0001-GY-00", up=False)
    assert [step.node.name for step in down if step.node.kind == "section"] == ["示例出境断面"]


def test_a_new_outlet_is_followed_downstream(help_):
    lines = banks.from_frame(help_.bank_frame())
    frame = help_.outlet_frame(help_.outlet_rows())
    graph = chain.build(register.from_frame(frame), lines, sections=chain.rows_of(help_.sections()))
    here = frame.to_crs(4490).geometry[1]
    found = chain.follow(graph, lines, (here.x, here.y), "示例江")
    assert [(step.node.name[-8:], round(step.river_m, -1)) for step in found][-1] == ("示例出境断面", 7000)
    assert [step.node.kind for step in found] == ["outlet", "outlet", "section"]
    with pytest.raises(OutletError, match="没有岸线"):
        chain.follow(graph, lines, (here.x, here.y), "别的河")
