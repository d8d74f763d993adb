"""A screening made by hand: every verdict, every way of not knowing, long clauses and hostile words."""

from datetime import date
from types import SimpleNamespace

import geopandas
import pytest
import shapely

from rules.model import (
    Basis,
    Clause,
    ClauseOutcome,
    Confidence,
    Dimension,
    Document,
    Evidence,
    Force,
    Outcome,
    Trace,
    Verdict,
    overall,
)
from sanxian import i18n
from sanxian.overrides import AppliedOverride, Override
from sanxian.reports import picture
from sanxian.result import LayerUsed, ProjectResult, RedlineStatement, Screening, SiteSummary, UnitShare

HOSTILE = '<script>alert("x")</script>{{7*7}}\u202egnp.exe\x07'
D = Dimension
V = Verdict


def zh_en(zh, en):
    return {"zh": zh, "en": en}


DOCUMENTS = {
    document.key: document
    for document in [
        Document("eco-code", zh_en("中华人民共和国生态环境法典", "Ecological and Environmental Code"), "主席令", "全国人大",
                 date(2026, 3, 12), date(2026, 8, 15)),
        Document("yangtze-law", zh_en("中华人民共和国长江保护法", "Yangtze River Protection Law"), "主席令第六十五号",
                 "全国人大常委会", date(2020, 12, 26), date(2021, 3, 1)),
        Document("xunyang-plan", zh_en("浔阳区“十四五”生态环境保护规划", "Xunyang 14th five-year plan"), "", "浔阳区人民政府",
                 date(2022, 2, 23), date(2021, 1, 1), date(2025, 12, 31)),
        Document("demo-list", zh_en("演示用生态环境准入清单", "Demo access list"), "", "演示", None, date(2024, 1, 1)),
    ]
}


def outcome(rule, zh, en, verdict, reason="clear", *, could_be=None, force=Force.STATUTE, dimension=D.SPATIAL_LAYOUT,
            basis=None, **more):
    basis = basis or (Basis("eco-code", "第六十条"),)
    return Outcome(rule, zh_en(zh, en), verdict, could_be or verdict, reason, dimension, force, basis, **more)


LONG = ("禁止新建、扩建不符合国家石化、现代煤化工等产业布局规划的项目；禁止新建、扩建法律法规和相关政策明令禁止的落后产能项目；"
        "禁止新建、扩建不符合国家产能置换要求的严重过剩产能行业的项目；现有企业应当按照“一企一策”要求限期完成提升改造，"
        "逾期未完成的依法关停退出；园区应当建立突发环境事件三级防控体系并定期开展演练。") * 2


def clause(key, tier, unit, dimension, text, verdict, reason, *, status="confirmed", could_be=None, missing=()):
    return ClauseOutcome(
        Clause(key, tier, unit, dimension, text, f"单元清单!F{len(key)}", status, outcome=verdict, place_codes=("3604",)),
        verdict, could_be or verdict, reason, missing, share=0.62 if unit else None, list_key="demo-list",
    )


def clauses():
    return (
        clause("p1", "province", None, D.SPATIAL_LAYOUT, LONG, V.NOT_APPLICABLE, "not-concerned"),
        clause("c1", "city", None, D.POLLUTANT_DISCHARGE, "新建项目主要污染物排放实行倍量替代。", V.CONDITIONAL, "clause-hit"),
        clause("u1", "unit", "ZH36040320001", D.SPATIAL_LAYOUT, "禁止新建、扩建化工项目。", V.PROHIBITED, "clause-hit"),
        clause("u2", "unit", "ZH36040320001", D.ENVIRONMENTAL_RISK, "紧邻居民区的地块，应开展土壤污染状况调查。", V.UNDETERMINED,
               "clause-manual", status="manual", could_be=V.PROHIBITED, missing=("clause:u2",)),
        clause("u3", "unit", "ZH36040310002", D.RESOURCE_EFFICIENCY, "单位工业增加值用水量不高于 20 立方米/万元。",
               V.UNDETERMINED, "missing-attribute", status="machine_read", could_be=V.RESTRICTED,
               missing=("attribute:wastewater",)),
    )


def many_outcomes():
    return (
        outcome("access-list-clause", "违反生态环境准入清单", "Against the access list", V.PROHIBITED, "clause-hit",
                values={"text": "禁止新建、扩建化工项目。"}, clauses=clauses(), force=Force.LIST, basis=(Basis("eco-code", "第六十七条"),)),
        outcome("redline-any-development", "占用生态保护红线", "Development in the redline", V.PERMITTED, "clear",
                evidence=(Evidence("ecological_redline", "庐山红线", 2, distance_m=1480.25),), margin_m=1480.25,
                exceptions_checked=("limited-activity", "national-major-project")),
        outcome("yangtze-bank-1km-chemical", "长江干支流岸线一公里内新建、扩建化工项目", "Chemical works within 1 km of the bank",
                V.PROHIBITED, "hit", basis=(Basis("yangtze-law", "第二十六条第二款"),),
                evidence=(Evidence("river_bank", "长江（浔阳段）", 5, distance_m=992.4, baseline="water_edge"),),
                borderline=True, margin_m=7.6, derived=("is_chemical",), exceptions_checked=("safety-upgrade",),
                trace=Trace("rule", True, {}, (
                    Trace("exception", False, {"id": "safety-upgrade", "title": zh_en("以提升安全、环保水平为目的的改建",
                                                                                      "Rebuilt for safety")}),))),
        outcome("water-source-grade-2", "饮用水水源二级保护区内排放污染物", "Discharging in a grade 2 zone", V.UNDETERMINED,
                "missing-layer", could_be=V.PROHIBITED, missing=("layer:water_source", "attribute:discharges_pollutants")),
        outcome("outlet-approval", "新设入河排污口须经同意", "A new outlet needs consent", V.CONDITIONAL, "hit",
                documents_needed=(zh_en("入河排污口设置论证报告及批复", "Outlet report and consent"),),
                basis=(Basis("eco-code", "第二百七十五条"),), dimension=D.POLLUTANT_DISCHARGE),
        outcome("xunyang-bank-1km-heavy-pollution", "沿江一公里内重污染项目（规划）", "Heavy pollution near the bank (plan)",
                V.RESTRICTED, "hit", force=Force.PLAN, basis=(Basis("xunyang-plan", "第三章"),),
                evidence=(Evidence("river_bank", "长江（浔阳段）", 5, distance_m=992.4, baseline="levee"),), margin_m=7.6,
                confidence=Confidence.MEDIUM),
        outcome("noise-zone-notice", "声环境功能区提示", "Noise zone notice", V.ADVISORY, "hit",
                evidence=(Evidence("noise_zone", "3 类区", 1, overlap_m2=41234.5, share=1.0),), dimension=D.ENVIRONMENTAL_RISK),
        outcome("wetland-fill", "擅自填埋湿地", "Filling of wetland", V.NOT_APPLICABLE, "not-concerned"),
        outcome("yangtze-tailings-pond", "岸线内尾矿库", "Tailings pond by the bank", V.NOT_APPLICABLE,
                "not-concerned", basis=(Basis("yangtze-law", "第二十六条第三款"),)),
    )


def box(lon, lat, size=0.002):
    return shapely.box(lon, lat, lon + size, lat + size)


def project(number, name, outcomes, geometry, **more):
    flat = geometry.geom_type in ("Polygon", "MultiPolygon")
    return ProjectResult(
        f"P{number}", name, overall(outcomes),
        SiteSummary(geometry.geom_type, 41234.5 if flat else 0.0, 0.0, "EPSG:4548"),
        (UnitShare("ZH36040320001", "浔阳区重点管控单元1", "key", 25565.4, 0.62),
         UnitShare("ZH36040310002", "浔阳区优先保护单元2", "priority", 15669.1, 0.38)) if flat else (),
        tuple(outcomes), more.pop("attributes", {"industry_code": ("2614",), "nature": ("new",), "is_chemical": True,
                                                  "fuels": ("coal", "natural_gas"), "boiler_t_h": 35.0}), **more,
        lonlat=geometry)


def make_screening():
    simple = {
        V.UNDETERMINED: outcome("permanent-farmland", "占用永久基本农田", "Occupying permanent farmland", V.UNDETERMINED,
                                "missing-coverage", could_be=V.PROHIBITED, missing=("coverage:permanent_farmland",)),
        V.RESTRICTED: outcome("two-high-outside-park", "园区外两高项目", "Two-high outside parks", V.RESTRICTED, "hit"),
        V.CONDITIONAL: outcome("wetland-other", "占用一般湿地", "Occupying wetland", V.CONDITIONAL, "hit",
                               evidence=(Evidence("wetland", "八里湖", 3, overlap_m2=0.42, share=1e-5),)),
        V.ADVISORY: outcome("urban-boundary-outside", "位于城镇开发边界外", "Outside the urban boundary", V.ADVISORY, "hit",
                            force=Force.REGULATION),
        V.PERMITTED: outcome("scenic-core-buildings", "风景名胜区核心景区内建设", "Building in a scenic core", V.PERMITTED, "clear",
                             evidence=(Evidence("scenic_area", "庐山", 1, distance_m=5210.0),), margin_m=5210.0),
    }
    projects = [
        project(1, "九江某精细化工有限公司年产 2 万吨电子级化学品新建项目（一期）", many_outcomes(), box(115.99, 29.73),
                redline=RedlineStatement(True, distance_m=1480.25, feature="庐山红线"), reviewed_verdict=V.RESTRICTED,
                overrides=(AppliedOverride(
                    Override("P1", "yangtze-bank-1km-chemical", V.RESTRICTED, "经实测，岸线距用地边界 1003 米。", "李工",
                             date(2026, 11, 1), date(2027, 10, 31), "实测报告.pdf"), V.PROHIBITED, True),)),
        *(project(number, f"示例项目 {number}", (each,), box(115.98 + number / 100, 29.72),
                  redline=RedlineStatement(True, 512.5, 0.0124, 0.0, "庐山红线", True) if number == 3
                  else RedlineStatement(False, distance_m=800.0, feature="庐山红线"))
          for number, each in enumerate(simple.values(), start=2)),
        project(7, HOSTILE, (simple[V.PERMITTED], simple[V.ADVISORY]), shapely.Point(116.01, 29.71),
                attributes={"=cmd|' /C calc'!A0": "@SUM(1)", "nature": ("new",)},
                redline=RedlineStatement(True, distance_m=0.0, feature="=1+1")),
    ]
    sha = "0123456789abcdef" * 4
    return Screening(
        date(2026, 11, 22), "0.1.0", sha, 71,
        (LayerUsed("ecological_redline", "生态保护红线2022", "2022 版", sha, 12, "known", "2022-10-01", 5.0, "自然资源部门"),
         LayerUsed("control_unit", "环境管控单元", "2023 动态更新", sha[::-1], 40, "known", "2023-12-01", None, "生态环境部门"),
         LayerUsed("river_bank", "岸线", "", sha, 8, "unknown")),
        ("groundwater_zone", "permanent_farmland", "water_source"), tuple(projects), DOCUMENTS)


class Workspace:
    """As much of a workspace as a map needs."""

    def __init__(self):
        self.tables = {
            "环境管控单元": ("control_unit", geopandas.GeoDataFrame(
                {"fid": [1, 2], "code": ["ZH36040320001", "ZH36040310002"], "name": ["重点1", "优先2"],
                 "category": ["key", "priority"]},
                geometry=[shapely.box(115.95, 29.70, 115.9912, 29.76), shapely.box(115.9912, 29.70, 116.05, 29.76)],
                crs="EPSG:4490")),
            "生态保护红线2022": ("ecological_redline", geopandas.GeoDataFrame(
                {"fid": [2], "name": [HOSTILE]}, geometry=[shapely.box(116.005, 29.735, 116.03, 29.75)],
                crs="EPSG:4490")),
            "岸线": ("river_bank", geopandas.GeoDataFrame(
                {"fid": [5], "river": ["长江"], "rank": ["main"], "baseline": ["water_edge"]},
                geometry=[shapely.LineString([(115.95, 29.741), (115.99, 29.742), (116.05, 29.7455)])],
                crs="EPSG:4490").to_crs(4548)),
        }

    def layers(self):
        return [SimpleNamespace(name=name, role=role, crs=frame.crs, features=len(frame), current=True)
                for name, (role, frame) in self.tables.items()]

    def read(self, name):
        return self.tables[name][1]

    def read_bbox(self, name, bounds):
        west, south, east, north = bounds
        return self.tables[name][1].cx[west:east, south:north].reset_index(drop=True)


@pytest.fixture
def screening():
    return make_screening()


@pytest.fixture
def workspace():
    return Workspace()


@pytest.fixture
def ruleset():
    return SimpleNamespace(rules=(), documents=DOCUMENTS, access_lists=(), sha256="0" * 64)


_DRAW = picture.draw
_drawn = []


@pytest.fixture
def real_picture():
    return _DRAW


@pytest.fixture(autouse=True)
def one_picture_for_all(monkeypatch):
    """A picture takes a third of a second; one of them stands for all where it is not the thing that is tested."""

    def draw(project, workspace=None):
        if not _drawn:
            _drawn.append(_DRAW(project, workspace))
        return _drawn[0]

    monkeypatch.setattr(picture, "draw", draw)


@pytest.fixture(autouse=True)
def chinese_again():
    yield
    i18n.set_language("zh")
