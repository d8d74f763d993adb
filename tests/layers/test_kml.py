"""Attributes of KML files: names and cells come through as they stand in the file, and no two become one."""

from __future__ import annotations

import time
import zipfile
from contextlib import ExitStack

import pandas as pd
import pytest

from layers.kml import readable
from layers.look import look
from layers.read import read_layer, read_projects
from layers.workspace import Workspace

HEAD = '<?xml version="1.0" encoding="UTF-8"?><kml xmlns="http://www.opengis.net/kml/2.2">'
SHAPE = ("<Polygon><outerBoundaryIs><LinearRing><coordinates>115.8,29.5 115.9,29.5 115.9,29.6 115.8,29.5"
         "</coordinates></LinearRing></outerBoundaryIs></Polygon>")  # fmt: skip
SITE = {"行业代码": "2614", "项目名称": "某化工", "项目编号": "X1"}


def place(data, *, tag="Data", more=""):
    cells = "".join(f'<{tag} name="{name}"><value>{value}</value></{tag}>' for name, value in data.items())
    return f"<Placemark><name>甲</name><ExtendedData>{more}{cells}</ExtendedData>{SHAPE}</Placemark>"


def kml(path, *places, head=HEAD, encoding="utf-8"):
    path.write_bytes(f"{head}<Document><name>项目</name>{''.join(places)}</Document></kml>".encode(encoding))
    return path


def cells(path, **more):
    """The columns of a reference layer that are the file's own, with what stands in them; the first look says the same."""
    frame = read_layer(path, "reference", **more).frame
    seen = look(path, **more).cells
    found = {}
    for name in seen.columns:
        values = [None if value is None or value != value or value == "" else str(value) for value in seen[name]]
        if name in frame:
            assert [None if value is None or value != value else str(value) for value in frame[name]] == values
        found[name] = values
    return found


def test_names_of_one_length_stay_apart_and_a_project_is_mapped_by_them(tmp_path):
    """In GDAL's hands all three names are twelve underscores, and the last one's cell is what is left."""
    path = kml(tmp_path / "a.kml", place(SITE))
    found = cells(path)
    assert {name: found[name] for name in SITE} == {name: [value] for name, value in SITE.items()}
    site = read_projects(path)
    assert site.frame.loc[0, ["industry_code", "id", "项目名称"]].tolist() == ["2614", "X1", "某化工"]
    assert not [name for name in site.frame if name.startswith(("d_", "__"))]


@pytest.mark.parametrize("packed", [False, True])
def test_in_gbk_and_in_a_kmz_too(tmp_path, packed):
    path = kml(tmp_path / "doc.kml", place(SITE), head=HEAD.replace("UTF-8", "GBK"), encoding="gbk")
    if packed:
        with zipfile.ZipFile(tmp_path / "a.kmz", "w") as archive:
            archive.write(path, "doc.kml")
        path = tmp_path / "a.kmz"
    found = cells(path)
    assert {name: found[name] for name in SITE} == {name: [value] for name, value in SITE.items()}
    assert read_projects(path).frame.industry_code.tolist() == ["2614"]


def test_places_with_different_names(tmp_path):
    path = kml(tmp_path / "a.kml", place({"行业代码": "2614"}), place({"用地性质": "工业"}), place({}))
    found = cells(path)
    assert found["行业代码"] == ["2614", None, None]
    assert found["用地性质"] == [None, "工业", None]


def test_names_that_are_odd_in_xml(tmp_path):
    """Entities, quotes and blanks belong to a name; what stands in a comment or in CDATA is none."""
    odd = {"A&amp;B": "1", "A&lt;B": "2", "a'b": "3", "&#34892;业": "4", " 行业": "5", "行业 ": "6", "d_1": "7", "D_2": "8"}
    more = ('<!-- <Data name="注释"><value>9</value></Data> --><Data\n name = \'单"引\'\n><value><![CDATA[<Data name="内文">]]></value>'
            '</Data><Data note=" name=\'错\'" name="对>"><value>10</value></Data>')  # fmt: skip
    found = cells(kml(tmp_path / "a.kml", place(odd, more=more)))
    wanted = {"A&B": "1", "A<B": "2", "a'b": "3", "行业": "4", " 行业": "5", "行业 ": "6", "d_1": "7", "D_2": "8",
              '单"引': '<Data name="内文">', "对>": "10"}  # fmt: skip
    assert {name: found.get(name) for name in wanted} == {name: [value] for name, value in wanted.items()}
    assert not {"注释", "内文", "错"} & set(found)


def test_names_that_differ_in_case_only_stay_apart_and_go_into_a_workspace(tmp_path):
    path = kml(tmp_path / "a.kml", place({"code": "1", "CODE": "2", "Ａ": "3"}))
    found = cells(path)
    assert (found["code"], found["CODE_"], found["Ａ"]) == (["1"], ["2"], ["3"])
    layer = read_layer(path, "reference")
    with Workspace.create(tmp_path / "w.gpkg") as workspace:
        workspace.add(layer)


@pytest.mark.parametrize("whole", [False, True])
def test_a_prefix_for_the_namespace(tmp_path, whole):
    """Beside a default namespace GDAL does not see the same one under a prefix."""
    head = HEAD.replace(" xmlns=", ' xmlns:k="http://www.opengis.net/kml/2.2" xmlns=')
    path = kml(tmp_path / "a.kml", place(SITE, tag="k:Data").replace("value>", "k:value>"), head=head)
    if whole:
        text = kml(path, place(SITE), head=HEAD.replace("xmlns=", "xmlns:kml=")).read_text("utf-8")
        text = text.replace("</", "</kml:").replace("<", "<kml:").replace("<kml:/kml:", "</kml:").replace("<kml:?", "<?")
        path.write_text(text, encoding="utf-8")
    found = cells(path)
    assert {name: found.get(name) for name in SITE} == {name: [value] for name, value in SITE.items()}


def test_a_name_that_has_a_schema_in_another_place_is_one_column(tmp_path):
    schema = '<Schema name="s" id="s"><SimpleField name="行业代码" type="string"/></Schema>'
    typed = '<SchemaData schemaUrl="#s"><SimpleData name="行业代码">2611</SimpleData></SchemaData>'
    path = kml(tmp_path / "a.kml", schema, place({}, more=typed), place({"行业代码": "2614"}))
    assert cells(path)["行业代码"] == ["2611", "2614"]
    path = kml(tmp_path / "b.kml", schema, place({}, more=typed), place({"note": "x"}))
    assert cells(path)["note"] == [None, "x"]  # GDAL keeps to the schema


def typed(kind, *cells):
    schema = f'<Schema name="s" id="s"><SimpleField name="是否排放废气" type="{kind}"/><SimpleField name="行业代码" type="int"/></Schema>'
    more = ('<SchemaData schemaUrl="#s"><SimpleData name="是否排放废气">{}</SimpleData><SimpleData name="行业代码">{}</SimpleData></SchemaData>')
    return schema, *(place({}, more=more.format(*pair)) for pair in cells)


@pytest.mark.parametrize("kind", ["string", "bool", "int", "float", "double"])
def test_what_stands_there_counts_and_not_what_its_schema_makes_of_it(tmp_path, kind):
    """GDAL makes 0 of 是, of 未知 and of nothing, which is "no"; and 311, the making of iron, of 0311, the keeping of cattle."""
    path = kml(tmp_path / "a.kml", *typed(kind, ("是", "0311"), ("未知", "2614"), ("", "")))
    found = cells(path)
    assert (found["是否排放废气"], found["行业代码"]) == (["是", "未知", None], ["0311", "2614", None])
    assert read_projects(path).frame.emits_air.tolist() == ["是", "未知", None]


def test_numbers_with_a_schema_are_numbers_where_all_of_them_are(tmp_path):
    path = kml(tmp_path / "a.kml", *typed("double", ("1.5", "12"), ("-2", "7")))
    frame = read_layer(path, "reference").frame
    assert (frame["是否排放废气"].tolist(), frame["行业代码"].tolist()) == ([1.5, -2.0], [12, 7])
    assert frame.dtypes[["是否排放废气", "行业代码"]].map(pd.api.types.is_numeric_dtype).all()
    path = kml(tmp_path / "b.kml", *typed("bool", ("1", "12"), ("false", "")))
    assert read_layer(path, "reference").frame["是否排放废气"].tolist() == [True, False]


def test_an_attribute_that_stands_there_twice_is_unknown_where_it_differs(tmp_path):
    more = '<Data name="行业代码"><value>5211</value></Data>'
    path = kml(tmp_path / "a.kml", place({"用地性质": "商业"}), place({"行业代码": "6210"}, more=more), place({"行业代码": "5211"}, more=more))
    layer = read_projects(path)
    assert layer.frame.industry_code.tolist() == [None, None, "5211"]
    assert [(one.row, one.field, one.values["values"]) for one in layer.issues if one.code == "attribute-twice"] == [(2, "行业代码", "5211、6210")]
    assert [one.row for one in look(path).issues if one.code == "attribute-twice"] == [2]


def test_all_sets_with_a_schema_and_free_ones_beside_them_count(tmp_path):
    schemas = ('<Schema name="a" id="a"><SimpleField name="行业代码" type="string"/></Schema>'
               '<Schema name="b" id="b"><SimpleField name="用地性质" type="string"/></Schema>')  # fmt: skip
    more = ('<SchemaData schemaUrl="#a"><SimpleData name="行业代码">6210</SimpleData></SchemaData>'
            '<SchemaData schemaUrl="#b"><SimpleData name="用地性质">居住</SimpleData></SchemaData>')  # fmt: skip
    found = cells(kml(tmp_path / "a.kml", schemas, place({"备注": "x"}, more=more), place({})))
    assert [found[name] for name in ("行业代码", "用地性质", "备注")] == [["6210", None], ["居住", None], ["x", None]]


def test_a_name_or_number_among_the_attributes_comes_before_that_of_the_place(tmp_path):
    frame = read_layer(kml(tmp_path / "a.kml", place({"name": "某化工", "id": "X1"}), place({})), "reference").frame
    assert (frame["name"].tolist(), frame["id"].tolist()) == (["某化工", "甲"], ["X1", None])
    empty = kml(tmp_path / "b.kml", "<Schema name='a' id='a'/>", f"<Placemark><ExtendedData/>{SHAPE}</Placemark>", place({"a": "1"}))
    assert cells(empty)["a"] == [None, "1"]


def test_folders_with_names_of_their_own(tmp_path):
    folders = (f"<Folder><name>{name}</name>{place(data)}</Folder>" for name, data in (
        ("一", SITE), ("二", {"用地性质": "工业", "行业代码": "2710"})))  # fmt: skip
    path = kml(tmp_path / "a.kml", *folders)
    frame = read_projects(path).frame
    assert frame.industry_code.tolist() == ["2614", "2710"]
    assert frame["用地性质"].tolist() == [None, "工业"]
    assert cells(path, layer="二")["行业代码"] == ["2710"]


def test_a_file_without_attributes_is_read_as_it_is(tmp_path, monkeypatch):
    from layers import kml as module

    monkeypatch.setattr(module.scratch, "temporary", lambda: pytest.fail("a copy was made"))
    path = kml(tmp_path / "a.kml", f"<Placemark><name>乙</name>{SHAPE}</Placemark>")
    assert cells(path)["Name"] == ["乙"]


def test_the_names_of_a_large_file_are_found_in_one_pass(tmp_path):
    """Ten times the places take about ten times as long, not a hundred times."""
    took = []
    for count in (2_000, 20_000):
        path = kml(tmp_path / f"{count}.kml", place(SITE) * count)
        best = []
        for _ in range(3):
            with ExitStack() as stack:
                start = time.process_time()
                readable(path, stack)
                best.append(time.process_time() - start)
        took.append(min(best))
    assert took[1] < 40 * took[0] + 0.5
