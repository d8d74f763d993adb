from __future__ import annotations

import struct

import pytest
from files import UNITS, frame, write

from layers import encoding as encodings
from layers.read import read_layer
from layers.tables import read_table

CHINESE = ["浔阳区江岸优先保护单元", "濂溪区一般管控单元", "庐山风景名胜区"]


def codes(layer):
    return [issue.code for issue in layer.issues]


def make_shapefile(folder, encoding, *, name_field="名称", cpg=None, driver=0, values=CHINESE[:2], width=40):
    """A shapefile whose attribute table is written byte by byte, so that nothing tidies its encoding."""
    path = write(folder / "a.shp", frame({"x": ["1", "2"]}))
    for part in (".cpg", ".dbf"):
        path.with_suffix(part).unlink(missing_ok=True)
    fields = [(b"HJGKDYBM", 13), (name_field.encode(encoding), width)]
    record = 1 + sum(size for _, size in fields)
    head = struct.pack("<B3BIHH16xB3x", 3, 126, 1, 1, 2, 32 + 32 * len(fields) + 1, record, 0)
    head = head[:29] + bytes([driver]) + head[30:]
    for name, size in fields:
        head += name[:10].ljust(11, b"\0") + b"C" + b"\0" * 4 + bytes([size, 0]) + b"\0" * 14
    body = b""
    for code, value in zip(UNITS["HJGKDYBM"], values, strict=True):
        cell = value if isinstance(value, bytes) else value.encode(encoding)
        body += b" " + code.encode().ljust(13) + cell[:width].ljust(width)
    path.with_suffix(".dbf").write_bytes(head + b"\r" + body + b"\x1a")
    if cpg:
        path.with_suffix(".cpg").write_text(cpg)
    return path


@pytest.mark.parametrize(
    ("encoding", "cpg", "driver", "used", "issue"),
    [
        ("gbk", None, 0, "gb18030", "encoding-decided"),
        ("gbk", "GBK", 0, "gb18030", None),
        ("gbk", None, 0x4D, "gb18030", None),
        ("gbk", "936", 0, "gb18030", None),
        ("gbk", "UTF-8", 0, "gb18030", "encoding-stated-wrongly"),
        ("gbk", "ISO-8859-1", 0, "gb18030", "encoding-stated-wrongly"),
        ("gbk", None, 0x57, "gb18030", "encoding-stated-wrongly"),
        ("utf-8", None, 0, "utf-8", "encoding-decided"),
        ("utf-8", "UTF-8", 0, "utf-8", None),
        ("utf-8", "GBK", 0, "utf-8", "encoding-stated-wrongly"),
        ("utf-8", None, 0x4D, "utf-8", "encoding-stated-wrongly"),
        ("big5", "BIG5", 0, "big5", None),
    ],
)
def test_chinese_text_is_read_by_its_bytes_whatever_the_file_says(tmp_path, encoding, cpg, driver, used, issue):
    values = ["潯陽區", "濂溪區"] if encoding == "big5" else CHINESE[:2]
    field = "名稱" if encoding == "big5" else "名称"
    path = make_shapefile(tmp_path, encoding, name_field=field, cpg=cpg, driver=driver, values=values)
    layer = read_layer(path, "control_unit", fields={"name": field})
    assert layer.frame.name.tolist() == values
    assert layer.encoding == used
    assert [code for code in codes(layer) if code.startswith("encoding")] == ([issue] if issue else [])


@pytest.mark.parametrize(
    ("encoding", "cpg", "driver"),
    [
        ("latin-1", "ISO-8859-1", 0),
        ("latin-1", None, 0),
        ("cp1252", "1252", 0),
        ("utf-8", "utf8", 0),
        ("cp1252", None, 0x57),
    ],
)
@pytest.mark.parametrize("text", ["äöü", "Kälteerzeugung", "São Félix", "Œuvré café"])
def test_latin_text_does_not_become_chinese(tmp_path, encoding, cpg, driver, text):
    if encoding == "latin-1" and "Œ" in text:
        pytest.skip("not in this encoding")
    path = make_shapefile(tmp_path, encoding, name_field="name", cpg=cpg, driver=driver, values=[text, "x"])
    assert read_layer(path, "control_unit").frame.name[0] == text


def test_a_given_encoding_is_taken_and_misfits_are_named(tmp_path):
    path = make_shapefile(tmp_path, "gbk", name_field="name")
    layer = read_layer(path, "control_unit", encoding="utf-8")
    assert [(issue.code, issue.row) for issue in layer.issues if issue.severity == "error"][:2] == [
        ("text-unreadable", 1),
        ("text-unreadable", 2),
    ]
    assert read_layer(path, "control_unit", encoding="gbk").frame.name.tolist() == CHINESE[:2]


def test_text_cut_in_the_middle_of_a_character_is_named(tmp_path):
    path = make_shapefile(tmp_path, "utf-8", name_field="name", cpg="UTF-8", width=11, values=["共青城市", "德安县"])
    layer = read_layer(path, "control_unit")
    assert layer.frame.name.tolist() == ["共青城", "德安县"]
    about_text = [(issue.code, issue.row) for issue in layer.issues if issue.code.startswith("text")]
    assert about_text == [("text-cut", 1), ("text-may-be-cut", None)]


def test_text_as_long_as_a_shapefile_can_hold_is_named(tmp_path):
    path = make_shapefile(tmp_path, "gbk", name_field="KJBJYS", cpg="GBK", width=254, values=["禁" * 127, "无"])
    assert [(issue.code, issue.row, issue.field) for issue in read_layer(path, "control_unit").issues][:1] == [
        ("text-cut", 1, "KJBJYS")
    ]


@pytest.mark.parametrize("text", ["锟斤拷锟斤拷", "\ufffd\ufffd", "????????"])
def test_destroyed_text_is_named(tmp_path, text):
    path = tmp_path / "a.geojson"
    frame({"HJGKDYBM": UNITS["HJGKDYBM"], "name": [text, "好的"]}).to_file(path)
    layer = read_layer(path, "control_unit")
    assert [(issue.code, issue.row, issue.severity) for issue in layer.issues if issue.code == "text-destroyed"] == [
        ("text-destroyed", 1, "error")
    ]


@pytest.mark.parametrize(
    ("cpg", "codec"),
    [("UTF-8", "utf-8"), ("65001", "utf-8"), ("GBK", "gbk"), ("936", "gbk"), ("CP936", "gbk"), ("ANSI 936", "gbk"),
     ("GB18030", "gb18030"), ("88591", None), ("8859-1", "iso8859-1"), ("ISO 88591", None), ("nonsense", None)],
)  # fmt: skip
def test_a_page_file_names_a_codec(cpg, codec):
    found = encodings.stated_by_page(cpg)
    assert found == codec or (codec is None and (found is None or found == "iso8859-1"))


ROWS = "编号,名称,经度,纬度\nZ01,九江浔阳区江岸示例地块,115.985,29.733\n"


@pytest.mark.parametrize(
    ("data", "used"),
    [
        (ROWS.encode("gbk"), "gb18030"),
        (ROWS.encode("utf-8"), "utf-8"),
        (ROWS.encode("utf-8-sig"), "utf-8-sig"),
        (ROWS.replace(",", "\t").encode("utf-16"), "utf-16"),
        (ROWS.encode("utf-16-le"), "utf-16-le"),
        (ROWS.replace(",", ";").encode("gb18030"), "gb18030"),
        (ROWS.replace("\n", "\r").encode("utf-8"), "utf-8"),
        (ROWS.replace(",", "，").encode("utf-8"), "utf-8"),
        (ROWS.replace(",", "|").encode("utf-8"), "utf-8"),
    ],
)
def test_a_table_is_read_in_every_usual_encoding_and_separator(tmp_path, data, used):
    path = tmp_path / "a.csv"
    path.write_bytes(data)
    table = read_table(path)
    assert table.headers == ["编号", "名称", "经度", "纬度"]
    assert table.rows == [{"编号": "Z01", "名称": "九江浔阳区江岸示例地块", "经度": "115.985", "纬度": "29.733"}]
    assert table.encoding == used


def test_a_table_in_two_encodings_is_named(tmp_path):
    path = tmp_path / "a.csv"
    header, body = ROWS.split("\n", 1)
    path.write_bytes(header.encode("gbk") + b"\n" + body.encode("utf-8"))
    table = read_table(path)
    assert [(issue.code, issue.severity) for issue in table.issues] == [("encoding-mixed", "error")]
    assert table.rows[0]["名称"] == "九江浔阳区江岸示例地块"


def test_a_geojson_or_kml_in_gbk_is_read_and_named(tmp_path):
    path = tmp_path / "a.geojson"
    frame({"HJGKDYBM": UNITS["HJGKDYBM"], "name": ["浔阳区", "濂溪区"]}).to_file(path)
    path.write_bytes(path.read_text("utf-8").encode("gbk"))
    layer = read_layer(path, "control_unit")
    assert layer.frame.name.tolist() == ["浔阳区", "濂溪区"]
    assert "encoding-stated-wrongly" in codes(layer)
