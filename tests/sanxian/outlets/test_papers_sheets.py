"""Files with digests, sheets and atlases, the report, codes that are made up from what is known, and a new outlet followed downstream."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest

from layers.workspace import Workspace
from sanxian.cli import main
from sanxian.outlets import audit, bulk, codes, follow, papers, propose, register, report, sheets
from sanxian.outlets.errors import OutletError

ON = date(2024, 1, 31)
CODE = "FA-360404-0001-GY-00"


def run(capsys, *words):
    status = main(["outlets", *map(str, words)])
    out, err = capsys.readouterr()
    return status, out, err


@pytest.fixture
def pictured(clean):
    """A register whose first outlet has a photo, kept with its digest."""
    from PIL import Image

    photo = clean.parent / "照片" / "近景.jpg"
    photo.parent.mkdir(exist_ok=True)
    Image.new("RGB", (60, 40), "#4477aa").save(photo)
    with Workspace.open(clean) as workspace:
        outlet = register.find(register.read_register(workspace), CODE)
        papers.attach(workspace, outlet, "photo_near", [photo], folder=clean.parent.resolve(), on=ON)
    return clean, photo


def test_a_photo_is_named_with_its_digest_and_checked(pictured, capsys):
    path, photo = pictured

    def states():
        with Workspace.open(path, readonly=True) as workspace:
            found = papers.read(workspace, register.read_register(workspace))
            told = {item.finding for item in audit.audit_workspace(workspace, on=ON)}
        return [(item.path, item.state) for item in found], told

    assert states() == ([("照片/近景.jpg", "same")], set())
    content = photo.read_bytes()
    photo.write_bytes(content + b"x")
    assert states() == ([("照片/近景.jpg", "changed")], {"file-changed"})
    assert run(capsys, path, "files")[0] == 1
    photo.unlink()
    assert states() == ([("照片/近景.jpg", "missing")], {"file-missing"})
    photo.write_bytes(content)
    assert run(capsys, path, "files")[0] == 0
    with Workspace.open(path) as workspace:
        bulk.undo(workspace)
        assert papers.read(workspace, register.read_register(workspace)) == []


def test_a_file_that_no_digest_was_kept_of_is_recorded_on_demand(clean):
    with Workspace.open(clean) as workspace:
        (clean.parent / "a.pdf").write_bytes(b"a")
        outlet = register.find(register.read_register(workspace), CODE)
        bulk.commit(
            workspace, [bulk.Change(outlet.layer, outlet.fid, CODE, 0, "proof", None, "a.pdf")], on=ON, title=""
        )
        found = papers.read(workspace, register.read_register(workspace))
        assert [item.state for item in found] == ["unrecorded"]
        assert papers.record(workspace, found, on=ON) == 1
        assert [item.state for item in papers.read(workspace, register.read_register(workspace))] == ["same"]


def test_what_cannot_be_attached_is_refused(clean):
    with Workspace.open(clean) as workspace:
        outlet = register.read_register(workspace)[0]
        with pytest.raises(OutletError, match="不是放照片"):
            papers.attach(workspace, outlet, "name", [], folder=clean.parent, on=ON)
        with pytest.raises(OutletError, match="不在"):
            papers.attach(workspace, outlet, "proof", [clean.parent / "没有.pdf"], folder=clean.parent, on=ON)
        awkward = clean.parent / "a、b.pdf"
        awkward.write_bytes(b"a")
        with pytest.raises(OutletError, match="顿号"):
            papers.attach(workspace, outlet, "proof", [awkward], folder=clean.parent, on=ON)


def test_an_atlas_has_a_bookmark_for_each_outlet_and_the_same_bytes_twice(pictured, tmp_path):
    path, _photo = pictured
    with Workspace.open(path, readonly=True) as workspace:
        outlets = register.read_register(workspace)
        found, around = sheets.gather(workspace, outlets, outlets, on=ON)
        one, two = tmp_path / "a.pdf", tmp_path / "b.pdf"
        for target in (one, two):
            sheets.write_atlas(found, target, around=around)
    content = one.read_bytes()
    assert content == two.read_bytes()
    assert content.count(b"/Title") == 2 + len(outlets), "the file's own, that of the index, and one for each"
    assert b"/Subtype /Image" in content.replace(b"/Subtype/Image", b"/Subtype /Image")


def test_files_are_named_by_a_field(clean, tmp_path):
    with Workspace.open(clean, readonly=True) as workspace:
        outlets = register.read_register(workspace)
        found, _around = sheets.gather(workspace, outlets, outlets, on=ON)
    written = sheets.write_atlas(found, tmp_path / "档案", name_field="code", form="json")
    assert [path.name for path in written] == [f"{item.id}.json" for item in outlets]
    assert json.loads(written[0].read_text(encoding="utf-8"))["schema"] == "sanxian/outlet/1"
    assert sheets.file_names(found, "county", ".pdf") == ["示例县.pdf", "示例县-2.pdf", "示例县-3.pdf"]
    assert sheets.file_names(found, "local_code", ".pdf")[0] == f"{CODE}.pdf", "a field that is missing: the id"
    with pytest.raises(OutletError, match="没有字段"):
        sheets.file_names(found, "颜色", ".pdf")
    with pytest.raises(OutletError):
        sheets.write_pdf([], tmp_path / "x.pdf")


@pytest.mark.parametrize("suffix", [".pdf", ".docx"])
def test_the_report_is_written_and_the_same_twice(clean, tmp_path, suffix):
    with Workspace.open(clean, readonly=True) as workspace:
        made = report.gather(workspace, on=ON)
    one, two = tmp_path / f"a{suffix}", tmp_path / f"b{suffix}"
    report.write(made, one)
    report.write(made, two)
    assert one.read_bytes() == two.read_bytes()
    said = "\n".join(cell for block in made.blocks for row in block.rows for cell in row)
    assert "10" in said
    assert any("排查率的分母" in block.text for block in made.blocks)


def test_a_code_is_made_of_what_is_known(make_workspace, help_):
    rows = help_.outlet_rows({}, {}, {"code": None, "name": None})
    path = make_workspace(
        discharge_outlet=help_.outlet_frame(rows), admin=help_.county(), pollution_source=help_.sources()
    )
    with Workspace.open(path, readonly=True) as workspace:
        outlets = register.read_register(workspace)
        made = propose.propose(workspace, outlets, outlets[2])
        assert made.code.hyphenated == "FA-360404-0003-GY-00", (
            "the county of the place, the next serial, the letters of the class"
        )
        assert made.code.plain == "FA3604040003GY00"
        assert made.name.startswith("示例县城关镇示例甲公司")
        assert "HJ 1235" in " ".join(made.words())
        assert propose.propose(workspace, outlets, outlets[2], kind="YH").code.kind == "YH"
        with pytest.raises(OutletError):
            propose.propose(workspace, outlets, outlets[2], kind="XX")


def test_an_office_has_its_own_tables(clean, tmp_path, capsys):
    table = tmp_path / "编码.toml"
    table.write_text('[county]\n360405 = { zh = "示例邻县" }\n', encoding="utf-8")
    assert run(capsys, clean, "code", "--tables", table, "--apply")[0] == 0
    with Workspace.open(clean) as workspace:
        told = [item.finding for item in audit.audit_workspace(workspace, on=ON)]
        assert told.count("code-county") == 3, "360404 is not in the office's table"
        codes.keep_tables(workspace, None)
        assert "code-county" not in [item.finding for item in audit.audit_workspace(workspace, on=ON)]
    table.write_text("[kind]\nx = {}\n", encoding="utf-8")
    assert run(capsys, clean, "code", "--tables", table)[0] == 2


def test_a_new_outlet_is_followed_with_what_it_would_reach(make_workspace, help_):
    intake = help_.points([("示例取水口", 6000.0, 0.0, {"kind": "取水口", "river": "示例江"})])
    path = make_workspace(
        discharge_outlet=help_.outlet_frame(help_.outlet_rows()),
        river_bank=help_.bank_frame(),
        monitoring_section=help_.sections(),
        receptor=intake,
        water_source=help_.zone(5000, -300, 7000, 300, name="示例水源区", grade="2"),
    )
    with Workspace.open(path, readonly=True) as workspace:
        from sanxian.outlets.chain import read_chain

        place = read_chain(workspace).find(CODE).lonlat
        found = follow.follow(workspace, place)
        assert (found.river, found.stated) == ("示例江", False)
        named = {item.name: round(item.river_m, -1) for item in found.below}
        assert named["示例取水口"] == 5000
        assert named["示例出境断面"] == 8000
        assert named["示例水源区"] == 3900, "100 m before the zone begins"
        assert "示例入境断面" not in named, "upstream"
        assert "ecological_redline" in found.unchecked
        with pytest.raises(OutletError):
            follow.follow(workspace, place, "没有的河")


def test_the_commands_write_whole_files_and_say_what_is_wrong(clean, tmp_path, capsys):
    for action, name in (
        ("progress", "p.xlsx"),
        ("water", "w.xlsx"),
        ("water", "w.geojson"),
        ("stage", "s.xlsx"),
        ("advice", "a.xlsx"),
        ("map", "m.geojson"),
        ("map", "m.gpkg"),
        ("report", "r.docx"),
        ("files", "f.xlsx"),
    ):
        assert run(capsys, clean, action, "--out", tmp_path / name, "--on", "2024-01-31")[0] == 0, action
        assert (tmp_path / name).stat().st_size > 100
    assert run(capsys, clean, "trace", CODE, "--out", tmp_path / "t.xlsx")[0] == 0
    assert run(capsys, clean, "dossier", CODE, "--out", tmp_path / "d.pdf", "--on", "2024-01-31")[0] == 0
    assert run(capsys, clean, "atlas", "--out", tmp_path / "atlas.pdf", "--on", "2024-01-31")[0] == 0
    for words in (
        ("atlas",),
        ("map",),
        ("stage", CODE, "--to", "accepted", "--reopen", "found"),
        ("stage", "--apply"),
        ("follow",),
        ("follow", "--at", "东经116"),
        ("water", "--apply"),
        ("summary", "--to", "found"),
        ("attach", CODE),
        ("stage", CODE, "--to", "飞了"),
        ("summary", "x", "--scope", "district"),
    ):
        status, out, err = run(capsys, clean, *words)
        assert (status, out) == (2, ""), words
        assert err.count("\n") == 1
    left = {path.name for path in Path(tmp_path).iterdir()}
    assert not any(".part" in name for name in left)


def test_a_stage_on_the_command_line(clean, capsys):
    status, out, _err = run(capsys, clean, "stage", CODE, "--on", "2024-01-31")
    assert (status, json.loads(out)["stage"]) == (0, "accepted")
    status, out, _err = run(
        capsys,
        clean,
        "stage",
        CODE,
        "--reopen",
        "planned",
        "--note",
        "回潮",
        "--date",
        "2024-01-30",
        "--on",
        "2024-01-31",
    )
    assert json.loads(out)["applied"] is False
    assert json.loads(run(capsys, clean, "stage", CODE)[1])["stage"] == "accepted", "without --apply nothing is done"
    run(
        capsys,
        clean,
        "stage",
        CODE,
        "--reopen",
        "planned",
        "--note",
        "回潮",
        "--date",
        "2024-01-30",
        "--on",
        "2024-01-31",
        "--apply",
    )
    assert json.loads(run(capsys, clean, "stage", CODE)[1])["stage"] == "planned"
    late = json.loads(run(capsys, clean, "stage", "--overdue", "--on", "2024-02-01")[1])
    assert [item["outlet"] for item in late] == [CODE]
    status, _out, err = run(capsys, clean, "stage", CODE, "--to", "remediated", "--on", "2024-01-31")
    assert status == 1
    assert "整治前后同角度照片" in err
    run(capsys, clean, "undo")
    assert json.loads(run(capsys, clean, "stage", CODE)[1])["stage"] == "accepted"


def test_every_kind_of_finding_has_a_word():
    """What a report or the window lists is read by people: no identifier of ours is among it."""
    import re
    from pathlib import Path

    import sanxian.outlets
    from sanxian.outlets import codes, findings

    folder = Path(sanxian.outlets.__file__).parent
    said = set().union(*(re.findall(r'Finding\(\s*"([a-z0-9-]+)"', path.read_text(encoding="utf-8")) for path in folder.glob("*.py")))
    said |= set(codes.PROBLEMS)
    assert said
    assert said <= set(findings.KINDS)
    assert all(findings.kind_words(kind) != kind for kind in said)
