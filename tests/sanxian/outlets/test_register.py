from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from layers.schema import ROLES
from layers.workspace import Workspace
from sanxian.outlets import classes, codes, register, schema
from sanxian.outlets.errors import OutletError


def test_the_file_has_every_group_and_its_headers_are_the_layers_own_too():
    assert [group.name for group in schema.groups()][:9] == [
        "identity", "water", "scene", "monitoring", "tracing", "approval", "remediation", "standardisation", "photos",
    ]  # fmt: skip
    for field in ROLES["discharge_outlet"].fields:
        assert field.name in schema.fields(), field.name
        assert schema.field_of(field.zh) in (field.name, "receiving_water", "river", "name"), field.zh
    assert schema.field_of("实验室 COD（mg/L）") == "cod"


def test_chinese_headers_dms_and_several_places():
    rows = [
        {
            "入河排污口编码": "FA-360404-0001-GY-00", "排污口名称": "甲", "经度": "东经115度59分14.9秒", "纬度": "29°44′24.0″",
            "排查经度": "115.9880", "排查纬度": "29.7400", "责任主体经度": "116°00′", "责任主体纬度": "29°43′", "化学需氧量": "38",
            "是否规模以上": "是", "异常情况": "浑浊、黑臭，泡沫", "采样日期": "2021/3/4", "氨氮": "未检出", "别的": "x", "总磷": "",
        }
    ]  # fmt: skip
    outlet = register.from_rows(rows)[0]
    assert [place.what for place in outlet.positions] == ["outlet", "responsible", "survey"]
    assert outlet.place.lon == pytest.approx(115.9874722, abs=1e-6)
    assert (outlet.get("cod"), outlet.get("over_scale"), outlet.get("monitored_on")) == (38.0, True, "2021-03-04")
    assert outlet.get("abnormal") == ("浑浊", "黑臭", "泡沫")
    assert "tp" not in outlet.values, "an empty cell is missing, not nought"
    assert outlet.issues == ()
    assert outlet.get("nh3n") == "未检出", "below detection is a result"
    assert outlet.extra["别的"] == "x"


def test_missing_stays_missing():
    outlet = register.from_rows([{"国家编码": "FA-360404-0001-GY-00"}])[0]
    assert outlet.place is None
    assert outlet.discharging is None
    assert outlet.over_scale is None
    assert outlet.remedy is None
    lacking = register.lacking(outlet)
    assert {"name", "place", "cod", "due", "responsible"} <= set(lacking)


@pytest.mark.parametrize(("word", "flows"), [("排水", True), ("无水", False), ("有死水", False), ("闸断", False), ("不确定", None), (None, None)])
def test_flow_words(word, flows):
    assert register.from_rows([{"排水特征": word, "名称": "甲"}])[0].discharging is flows


def test_a_second_column_for_one_field_is_kept_apart():
    outlet = register.from_rows([{"责任主体": "甲", "责任单位": "乙"}])[0]
    assert outlet.get("responsible") == "甲"
    assert outlet.extra == {"责任单位": "乙"}


@given(
    st.sampled_from("ABCDEFGHJK"), st.sampled_from("ABCXYZ"), st.integers(1, 9999),
    st.sampled_from(["GY", "SH", "NY", "GK", "YH", "GQ", "QT"]), st.integers(0, 99),
)  # fmt: skip
def test_codes_go_round(first, second, serial, kind, extension):
    code = codes.build(first + second, "420582", serial, kind, extension=extension)
    for spelling in (code.hyphenated, code.plain, code.hyphenated.lower(), code.hyphenated.replace("-", "－")):
        assert codes.parse(spelling) == code
        assert codes.same_code(spelling) == code.plain
    assert codes.check(code.hyphenated) == []


def test_the_published_code_is_one():
    code = codes.parse("FA-420582-0083-QT-00")
    assert (code.basin, code.county, code.serial, code.kind, code.extension) == ("FA", "420582", "0083", "QT", "00")


@pytest.mark.parametrize(
    ("text", "kind", "problem"),
    [
        ("FA-420582-83-QT-00", None, "code-pattern"),
        ("ZA-420582-0083-QT-00", None, "code-basin"),
        ("FA-420500-0083-QT-00", None, "code-county"),
        ("FA-990582-0083-QT-00", None, "code-county"),
        ("FA-420582-0083-XX-00", None, "code-kind"),
        ("FA-420582-0000-QT-00", None, "code-serial"),
        ("FA-420582-0083-GY-00", "agricultural", "code-class"),
        ("浔阳-012", None, "code-looks-local"),
        ("XY12", None, "code-looks-local"),
    ],
)
def test_a_wrong_code_is_told_for_what_is_wrong(text, kind, problem):
    found = codes.check(text, kind=kind)
    assert [item.problem for item in found] == [problem]
    assert codes.PROBLEMS[problem].format(**found[0].params)


def test_an_office_can_bring_its_own_letters(tmp_path):
    path = tmp_path / "codes.toml"
    path.write_text('[kind]\nZZ = { zh = "自定", en = "own", classes = [] }\n', encoding="utf-8")
    tables = codes.load_tables(path)
    assert codes.check("FA-420582-0083-ZZ-00", tables=tables) == []
    assert [item.problem for item in codes.check("FA-420582-0083-GY-00", tables=tables)] == ["code-kind"]
    path.write_text("[kind]\nzz = {}\n", encoding="utf-8")
    with pytest.raises(OutletError, match="2 个大写字母"):
        codes.load_tables(path)
    path.write_text("[kind", encoding="utf-8")
    with pytest.raises(OutletError, match="TOML"):
        codes.load_tables(path)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [(("1A", "420582", 1, "QT"), "流域"), (("FA", "42058", 1, "QT"), "区县"), (("FA", "420582", 0, "QT"), "顺序号"), (("FA", "420582", 1, "XX"), "类型")],
)
def test_a_code_cannot_be_built_of_wrong_parts(arguments, message):
    with pytest.raises(OutletError, match=message):
        codes.build(*arguments)


def test_serials_are_never_given_again():
    given_out = ["FA-420582-0083-QT-00", None, "FA-420583-0100-QT-00", "本地1"]
    assert codes.next_serial(given_out, "420582") == 84
    assert codes.next_serial(given_out, "420584") == 1


def test_every_sub_class_is_known_by_its_name_and_one_elsewhere_is_told():
    for item in classes.classes():
        for sub in item.subs:
            found = classes.classify(item.title["zh"], sub.title["zh"])
            assert (found.kind, found.sub, found.problems) == (item.name, sub.name, ())
    assert classes.classify("农业排口", "港口码头排污口").problems == ("subkind-elsewhere",)
    assert classes.classify("某某", None).problems == ("kind-unknown",)
    assert classes.classify("其他排口", "某某").problems == ("subkind-unknown",)
    assert classes.classify(None, None) == classes.Classified(None, None)


def test_names_by_the_pattern():
    words, metres = register.bearing_words((116.0, 29.7), (116.0066, 29.7057))
    assert words == "东北侧"
    name = register.compose_name("种植业", city="宜昌市", county="当阳市", town="王店镇", place="泵站", bearing=words, distance_m=metres)
    assert name == f"宜昌市当阳市王店镇泵站东北侧{metres:.0f}m种植业排口"
    assert 895 < metres < 905
    with pytest.raises(OutletError, match="行政区"):
        register.compose_name("种植业", place="泵站")
    with pytest.raises(OutletError, match="位置"):
        register.compose_name("种植业", county="当阳市")


def test_duplicates_by_place_and_by_code(help_):
    rows = help_.outlet_rows({}, {"at": (1008.0, 0.0)}, {"code": "FA3604040001GY00"}, count=4)
    found = register.duplicates(register.from_frame(help_.outlet_frame(rows)), within_m=10)
    assert [(pair.left.fid, pair.right.fid, pair.same_code) for pair in found] == [(1, 2, False), (1, 3, True)]
    assert found[0].distance_m == pytest.approx(8.0, abs=0.01)
    assert found[1].distance_m == pytest.approx(2000.0, rel=1e-3)
    assert register.duplicates(register.from_frame(help_.outlet_frame(rows[:2])), within_m=7) == []


def test_finding_an_outlet(help_):
    outlets = register.from_frame(help_.outlet_frame(help_.outlet_rows({"local_code": "示例-1"}, {}, {"code": "FA-360404-0001-GY-00"})))
    assert register.find(outlets, "fa3604040002gy00").fid == 2
    assert register.find(outlets, "示例-1").fid == 1
    assert register.find(outlets, "#3").fid == 3
    with pytest.raises(OutletError, match="2 个排污口"):
        register.find(outlets, "FA-360404-0001-GY-00")
    with pytest.raises(OutletError, match="没有排污口"):
        register.find(outlets, "nope")


def test_through_a_workspace_and_back(clean):
    with Workspace.open(clean, readonly=True) as workspace:
        outlets = register.read_register(workspace)
    assert [item.id for item in outlets] == [f"FA-360404-{n:04d}-GY-00" for n in (1, 2, 3)]
    assert outlets[0].get("meets_criteria") is True
    assert outlets[0].get("cod") == 20.0
    assert outlets[0].accuracy_m == 3.0
    assert not outlets[0].issues


def test_attachments_carry_their_digest(tmp_path):
    (tmp_path / "a.jpg").write_bytes(b"picture")
    outlet = register.from_rows([{"名称": "甲", "近景照片": "a.jpg;gone.jpg"}])[0]
    found = register.attachments(outlet, tmp_path)
    assert [(item.path, bool(item.sha256)) for item in found] == [("a.jpg", True), ("gone.jpg", False)]


def test_near_ones_are_found_wherever_on_earth_the_register_lies():
    """Two places 3 m apart on one meridian in England, where there is no zone of China's."""
    rows = [{"名称": "A", "经度": "-2.30", "纬度": "50.700000"}, {"名称": "B", "经度": "-2.30", "纬度": "50.700027"}, {"名称": "C", "经度": "-2.31", "纬度": "50.7"}]
    (pair,) = register.duplicates(register.from_rows(rows), within_m=5.0)
    assert (pair.left.name, pair.right.name) == ("A", "B")
    assert pair.distance_m == pytest.approx(3.0, abs=0.01)


@pytest.mark.parametrize(
    ("words", "remedy"),
    [("依法取缔", "close"), ("清理合并", "merge"), ("规范化整治", "tidy"), ("无须整治", "none"), ("不取缔", None), ("暂不合并", None), ("取缔/合并", None)],
)
def test_what_is_not_to_be_done_is_no_plan(words, remedy):
    assert register.remedy_of(words) == remedy
