"""A bundle gives the same result again from itself alone, and no byte of it can change unseen."""

import io
import json
import re
import shutil
import struct
import zipfile
import zlib
from dataclasses import replace
from datetime import date
from pathlib import Path

import geopandas
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from layers.read import read_layer
from layers.workspace import Workspace
from sanxian.cli import main
from sanxian.evidence import bundle, container, extract
from sanxian.evidence import verify as verifying
from sanxian.evidence.bundle import ProjectsSource, write_bundle
from sanxian.evidence.errors import EvidenceError
from sanxian.evidence.verify import WORDS, verify_bundle
from sanxian.request import load_projects
from sanxian.screen import rule_set, screen

DAY = date(2026, 11, 22)
WEST, SOUTH = 115.9, 29.6


def boxes(path, cells, **columns):
    """Squares of about 100 m by place in a grid: x, y, width, height."""
    shapes = [shapely.box(WEST + x / 1000, SOUTH + y / 1000, WEST + (x + w) / 1000, SOUTH + (y + h) / 1000) for x, y, w, h in cells]
    geopandas.GeoDataFrame(columns, geometry=shapes, crs=4490).to_file(path)
    return path


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A workspace with near, far and empty layers, three projects, and the bundle of their screening."""
    folder = tmp_path_factory.mktemp("bundle")
    files = {
        "admin": boxes(folder / "admin.gpkg", [(-100, -100, 300, 300)], code=["360403"], name=["示例区"], level=["county"]),
        "ecological_redline": boxes(folder / "red.gpkg", [(9, 0, 10, 10), (12, 2, 9, 9), (90, 90, 3, 3), (150, 150, 3, 3)],
                                    name=["甲红线", "乙红线", "远红线", "最远红线"]),
        "control_unit": boxes(folder / "units.gpkg", [(-50, -50, 60, 200), (10, -50, 90, 200)], code=["ZH36040310001", "ZH36040320002"],
                              name=["优先", "重点"], category=["priority", "key"]),
        "permanent_farmland": boxes(folder / "farm.gpkg", [(140, 140, 2, 2)], name=["很远的农田"]),
    }
    path = folder / "示例.gpkg"
    with Workspace.create(path) as workspace:
        for role, file in files.items():
            workspace.add(read_layer(file, role, name=role), version="2024", accuracy_m=3.0)
        workspace.set_state("parameters", {"near_habitation": 500.0})
        workspace.set_state("overrides", [
            {"project": "A", "rule": "redline-any-development", "outcome": "conditional", "reason": "已勘界", "person": "李工",
             "made_on": "2026-01-01", "expires_on": "2027-01-01", "attachment": ""},
            {"project": "别人的", "rule": "redline-any-development", "outcome": "permitted", "reason": "x", "person": "y",
             "made_on": "2026-01-01", "expires_on": "2027-01-01", "attachment": ""},
        ])
    projects = boxes(folder / "项目.gpkg", [(8, 1, 6, 6), (40, 40, 2, 2), (1, 1, 1, 1)], id=["A", "B", "C"], name=["甲", "乙", "丙"],
                     industry_code=["2614", None, "7310"], nature=["new", "new", "expansion"], accuracy_m=[None, 2.0, None])
    with Workspace.open(path, readonly=True) as workspace:
        rules = rule_set(workspace)
        asked, digest = load_projects(projects, workspace)
        result = screen(workspace, asked, rules, on=DAY, projects_sha256=digest)
        target = folder / "证据.zip"
        sha = write_bundle(target, result, asked, workspace, source=ProjectsSource(projects))
    return {"path": path, "projects": projects, "bundle": target, "result": result, "sha": sha, "asked": asked, "folder": folder}


def test_the_bundle_gives_the_same_bytes_again(made):
    found = verify_bundle(made["bundle"])
    assert found.whole
    assert found.projects == 3
    assert found.manifest_sha256 == made["sha"]
    with zipfile.ZipFile(made["bundle"]) as file:
        assert file.testzip() is None
        assert file.read("result.json").decode() == made["result"].to_json()
        manifest = json.loads(file.read("manifest.json"))
        assert file.read("manifest.sha256").decode() == f"{made['sha']}  manifest.json\n"
        assert file.namelist()[2:] == sorted(item["name"] for item in manifest["members"])
        assert {info.date_time for info in file.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        overrides = json.loads(file.read("request.json"))["overrides"]
        assert [item["project"] for item in overrides] == ["A"]  # what concerns nobody here stays at home
        assert {"report/report.docx", "report/report.html", "inputs/projects.gpkg"} <= set(file.namelist())
        assert manifest["projects"]["files"] == {"inputs/projects.gpkg": "项目.gpkg"}


def test_the_same_screening_gives_the_same_bundle(made, tmp_path):
    with Workspace.open(made["path"], readonly=True) as workspace:
        write_bundle(tmp_path / "b.zip", made["result"], made["asked"], workspace, source=ProjectsSource(made["projects"]))
    assert (tmp_path / "b.zip").read_bytes() == made["bundle"].read_bytes()


def test_what_lies_far_away_is_not_carried_along_but_the_nearest_is(made):
    with zipfile.ZipFile(made["bundle"]) as file:
        layers = {item["role"]: item for item in json.loads(file.read("manifest.json"))["layers"]}
        redlines = json.loads(file.read(layers["ecological_redline"]["extract"]))
        farmland = json.loads(file.read(layers["permanent_farmland"]["extract"]))
    assert layers["ecological_redline"]["features"] == 4
    assert "最远红线" not in {item["properties"]["name"] for item in redlines["features"]}
    assert {item["properties"]["name"] for item in farmland["features"]} == {"很远的农田"}


def test_the_result_does_not_hang_on_the_workspace(made, tmp_path, monkeypatch):
    moved = shutil.copy(made["bundle"], tmp_path / "x.zip")
    monkeypatch.setattr(Workspace, "open", lambda *_args, **_more: pytest.fail("the bundle alone"))
    assert verify_bundle(moved).whole


# --- every byte ----------------------------------------------------------------------------------------------------


def damaged(data, path):
    """Whether a changed bundle is found out, before anything is done with what it holds."""
    path.write_bytes(data)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(verifying, "_recomputed", lambda *_args: pytest.fail("got as far as recomputing"))
        try:
            return not verify_bundle(path).whole
        except EvidenceError:
            return True


def structure(data):
    """Positions of everything that is not content: headers, directory, end."""
    names, at = [], 0
    while data[at:at + 4] == b"PK\3\4":
        packed, name = struct.unpack_from("<L", data, at + 18)[0], struct.unpack_from("<H", data, at + 26)[0]
        names.append(range(at, at + 30 + name))
        at += 30 + name + packed
    return [position for part in [*names[:3], *names[-2:], range(at, at + 200), range(len(data) - 120, len(data))] for position in part]


def test_a_changed_byte_of_the_frame_is_found(made, tmp_path):
    data = made["bundle"].read_bytes()
    for position in structure(data)[::3]:
        broken = bytearray(data)
        broken[position] ^= 1 << position % 8
        assert damaged(bytes(broken), tmp_path / "x.zip"), position


@settings(max_examples=60, deadline=None)
@given(share=st.floats(0, 1, exclude_max=True), mask=st.integers(1, 255))
def test_a_changed_byte_anywhere_is_found(made, share, mask):
    data = bytearray(made["bundle"].read_bytes())
    data[int(share * len(data))] ^= mask
    assert damaged(bytes(data), made["folder"] / "x.zip")


@settings(max_examples=25, deadline=None)
@given(share=st.floats(0, 1, exclude_max=True), cut=st.integers(1, 40), more=st.binary(max_size=40))
def test_a_piece_cut_out_put_in_or_put_behind_is_found(made, share, cut, more):
    data = made["bundle"].read_bytes()
    at = int(share * len(data))
    for changed in (data[:at] + more + data[at + cut:], data + more + b"\0", data[:at], b"x" + data, data[:-22]):
        if changed != data:
            assert damaged(changed, made["folder"] / "x.zip")


def test_the_file_that_differs_is_named(made, tmp_path):
    data = bytearray(made["bundle"].read_bytes())
    entries = container.unpack(bytes(data))
    for name in ("result.json", "report/report.docx", "rules/00-builtin/documents.toml", "manifest.json"):
        at = bytes(data).index(entries[name].packed) + len(entries[name].packed) // 2
        broken = bytearray(data)
        broken[at] ^= 4
        (tmp_path / "x.zip").write_bytes(broken)
        found = verify_bundle(tmp_path / "x.zip")
        assert [item.file for item in found.differences] == [name]
        assert name in found.differences[0].words()
        assert not found.recomputed


# --- what somebody changes on purpose, with all digests made to fit ------------------------------------------------


def rebuilt(source, target, change):
    """A bundle whose members were changed by ``change`` and whose manifest fits them."""
    entries = container.unpack(source.read_bytes())
    members = {name: entry.content() for name, entry in entries.items()}
    manifest = json.loads(members.pop("manifest.json"))
    del members["manifest.sha256"]
    change(members, manifest)
    about = {key: manifest[key] for key in ("projects", "rules", "layers")}
    said = type("Said", (), {"on": DAY})
    target.write_bytes(bundle._finish(about, members, said, manifest["language"]))
    return target


def edit(name, old, new):
    def change(members, _manifest):
        assert old in members[name]
        members[name] = members[name].replace(old, new, 1)

    return change


@pytest.mark.parametrize(("change", "code", "file"), [
    (edit("result.json", b'"verdict": "undetermined"', b'"verdict": "permitted"'), "result", "result.json"),
    (edit("request.json", b"2026-11-22", b"2026-08-14"), "result", "result.json"),
    (edit("request.json", b"conditional", b"restricted"), "result", "result.json"),
    (edit("projects.json", b'"2614"', b'"7310"'), "result", "result.json"),
    (edit("layers/02-ecological_redline.geojson", "甲红线".encode(), "丙红线".encode()), "result", "result.json"),
    (edit("report/sites.geojson", b"undetermined", b"permitted"), "sites", "report/sites.geojson"),
    (edit("crs.json", b"Gauss", b"Gaus"), "crs", "crs.json"),
])
def test_a_forged_bundle_does_not_come_out_the_same(made, tmp_path, change, code, file):
    found = verify_bundle(rebuilt(made["bundle"], tmp_path / "x.zip", change))
    assert (code, file) in {(item.code, item.file) for item in found.differences}
    assert found.recomputed
    assert not found.whole


def test_a_file_of_projects_that_says_something_else_is_found(made, tmp_path):
    def change(members, _manifest):
        boxes(tmp_path / "other.gpkg", [(8, 1, 6, 6)], id=["A"], name=["甲"])
        members["inputs/projects.gpkg"] = (tmp_path / "other.gpkg").read_bytes()

    found = verify_bundle(rebuilt(made["bundle"], tmp_path / "x.zip", change))
    assert [item.code for item in found.differences] == ["inputs"]


def test_another_version_of_the_program_is_told_apart_from_another_result(made, tmp_path):
    def change(members, manifest):
        members["result.json"] = members["result.json"].replace(b'"program": "0.', b'"program": "9.', 1)

    assert verify_bundle(rebuilt(made["bundle"], tmp_path / "x.zip", change)).whole


@pytest.mark.parametrize("name", ["request.json", "projects.json", "layers/02-ecological_redline.geojson", "crs.json"])
def test_nonsense_with_fitting_digests_is_no_crash(made, tmp_path, name):
    for text in (b"", b"[]", b"{}", b"[" * 5000, b"\xff\xfe"):
        found = verify_bundle(rebuilt(made["bundle"], tmp_path / "x.zip", lambda members, _manifest, text=text: members.update({name: text})))
        assert not found.whole
        assert found.differences[0].words()


# --- hostile zips --------------------------------------------------------------------------------------------------


def zipped(*members, method=zipfile.ZIP_STORED):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as file:
        for name, content in members:
            file.writestr(name, content)
    return out.getvalue()


@pytest.mark.parametrize("name", ["../../evil.txt", "/etc/passwd", "c:\\windows\\x", "a/../b", "A.txt", "con:", "a//b", "-x", "图.txt", ""])
def test_a_name_that_leads_elsewhere_is_refused(tmp_path, name):
    (tmp_path / "x.zip").write_bytes(zipped(("manifest.json", b'{"schema": "sanxian/evidence/1"}'), (name or "x/", b"x")))
    before = set(tmp_path.parent.iterdir())
    assert not verify_bundle(tmp_path / "x.zip").whole
    assert set(tmp_path.parent.iterdir()) == before
    with pytest.raises(ValueError, match=f"^{re.escape(name)}$"):
        container.entry(name, b"x")


def test_a_bomb_is_not_unpacked(tmp_path):
    bomb = zlib.compressobj(9, zlib.DEFLATED, -15)
    packed = bomb.compress(b"\0" * (64 << 20)) + bomb.flush()
    honest = container.Entry("bomb", container.DEFLATED, 0, 64 << 20, packed)
    assert sum(map(len, honest.chunks())) == 64 << 20
    with pytest.raises(container.ContainerDamaged):  # it stated less than it holds
        sum(map(len, replace(honest, size=1000).chunks()))
    many = {f"bomb{number}": replace(honest, name=f"bomb{number}") for number in range(20)}
    with pytest.raises(EvidenceError, match="过大"):
        container.pack(many)
    frames = [container._local(item) + item.packed for item in many.values()]
    (tmp_path / "x.zip").write_bytes(b"".join(frames))
    with pytest.raises(EvidenceError, match="解开"):
        verify_bundle(tmp_path / "x.zip")


@pytest.mark.parametrize("data", [b"", b"PK\5\6" + bytes(18), b"not a zip at all", zipped(("a.txt", b"x"))])
def test_what_is_no_bundle_is_said_to_be_none(tmp_path, data, capsys):
    (tmp_path / "x.zip").write_bytes(data)
    assert main(["verify", str(tmp_path / "x.zip")]) == 2
    assert "不是三线的证据包" in capsys.readouterr().err


@given(st.dictionaries(st.from_regex(r"[a-z]{1,8}(/[a-z]{1,5}\.json)?", fullmatch=True), st.binary(max_size=300), max_size=6))
@settings(max_examples=40, deadline=None)
def test_what_is_packed_is_unpacked_and_any_zip_program_reads_it(members):
    entries = {name: container.entry(name, content) for name, content in members.items()}
    data = container.pack(entries)
    assert container.unpack(data) == entries
    with zipfile.ZipFile(io.BytesIO(data)) as file:
        assert {name: file.read(name) for name in file.namelist()} == members


# --- confidential layers -------------------------------------------------------------------------------------------


@pytest.fixture
def marked(made, tmp_path):
    path = Path(shutil.copy(made["path"], tmp_path / "marked.gpkg"))
    with Workspace.open(path) as workspace:
        workspace.set_state("confidentiality", {"ecological_redline": "内部", "control_unit": "公开"})
    return path


def test_a_confidential_layer_is_not_carried_out_unasked(made, marked, tmp_path):
    target = tmp_path / "b.zip"
    with Workspace.open(marked, readonly=True) as workspace:
        with pytest.raises(EvidenceError, match="内部"):
            write_bundle(target, made["result"], made["asked"], workspace)
        assert not target.exists()
        write_bundle(target, made["result"], made["asked"], workspace, confidential="include")
        assert verify_bundle(target).whole
        write_bundle(target, made["result"], made["asked"], workspace, confidential="leave-out")
        with zipfile.ZipFile(target) as file:
            assert not any("ecological_redline" in name for name in file.namelist())
            assert b"115.909, 29.6" not in file.read("report/report.html")
        alone = verify_bundle(target)
        assert [item.code for item in alone.differences] == ["withheld"]
        assert not alone.recomputed
        assert verify_bundle(target, workspace=workspace).whole
    with Workspace.open(marked) as workspace:
        workspace.remove("ecological_redline")
        assert [item.code for item in verify_bundle(target, workspace=workspace).differences] == ["withheld-differs"]


def test_a_mark_is_looked_for_where_it_may_stand():
    class Kept:
        def state(self, _key, _default=None):
            return {"图层": " 秘密 ", "另一": "公开"}

    def record(**more):
        return type("Record", (), {"name": "别的", **more})

    assert extract.confidentiality(Kept(), record(name="图层")) == "秘密"
    assert extract.confidentiality(Kept(), record(name="另一")) == ""
    assert extract.confidentiality(Kept(), record()) == ""
    assert extract.confidentiality(Kept(), record(confidentiality="机密")) == "机密"
    assert extract.confidentiality(Kept(), record(confidentiality="公开", name="图层")) == ""


# --- the commands --------------------------------------------------------------------------------------------------


def test_screen_writes_a_bundle_and_verify_reads_it(made, tmp_path, capsys):
    target = tmp_path / "e.zip"
    status = main(["screen", str(made["path"]), str(made["projects"]), "--on", "2026-11-22", "--bundle", str(target)])
    assert status == 3
    assert main(["verify", str(target)]) == 0
    assert "3 个项目" in capsys.readouterr().out
    assert main(["verify", str(target), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["whole"] is True
    data = bytearray(target.read_bytes())
    data[len(data) // 2] ^= 1
    target.write_bytes(data)
    assert main(["verify", str(target)]) == 1
    assert "report/" in capsys.readouterr().out
    assert [path.name for path in tmp_path.iterdir()] == ["e.zip"]


def test_a_bundle_of_a_layer_of_the_workspace(made, tmp_path, capsys):
    path = Path(shutil.copy(made["path"], tmp_path / "w.gpkg"))
    assert main(["add", str(path), str(made["projects"]), "--role", "project_site", "--name", "拟建"]) == 0
    assert main(["screen", str(path), "拟建", "--on", "2026-11-22", "--bundle", str(tmp_path / "e.zip")]) == 3
    capsys.readouterr()
    assert main(["verify", str(tmp_path / "e.zip"), "--lang", "en"]) == 0
    assert "The bundle is whole" in capsys.readouterr().out


@pytest.mark.parametrize(("bundle_name", "words"), [("e.tar", ".zip"), ("nowhere/e.zip", "不存在")])
def test_a_bundle_that_cannot_be_written_is_refused_before_the_work(made, tmp_path, capsys, bundle_name, words):
    assert main(["screen", str(made["path"]), str(made["projects"]), "--bundle", str(tmp_path / bundle_name)]) == 2
    assert words in capsys.readouterr().err


def test_a_changed_workspace_gives_no_bundle(made, tmp_path):
    path = Path(shutil.copy(made["path"], tmp_path / "w.gpkg"))
    with Workspace.open(path) as workspace:
        workspace.remove("permanent_farmland")
        with pytest.raises(EvidenceError, match="不一致"):
            write_bundle(tmp_path / "b.zip", made["result"], made["asked"], workspace)
    assert not (tmp_path / "b.zip").exists()


def test_a_signature_is_checked_with_the_right_key_only(made, tmp_path, capsys):
    pytest.importorskip("cryptography", reason="signatures are an extra")
    target = Path(shutil.copy(made["bundle"], tmp_path / "e.zip"))
    for name in ("mine", "other"):
        assert main(["sign", "--key", str(tmp_path / f"{name}.pem"), "--new-key"]) == 0
    assert main(["sign", "--key", str(tmp_path / "mine.pem"), "--new-key"]) == 2  # a key is never replaced
    assert (tmp_path / "mine.pem").stat().st_mode & 0o77 == 0
    assert main(["sign", str(target), "--key", str(tmp_path / "mine.pem")]) == 0
    assert (tmp_path / "e.zip.sig").stat().st_size == 64
    capsys.readouterr()
    assert main(["verify", str(target), "--public-key", str(tmp_path / "mine.pub.pem")]) == 0
    assert "签名相符" in capsys.readouterr().out
    assert main(["verify", str(target), "--public-key", str(tmp_path / "other.pub.pem")]) == 1
    assert "签名" in capsys.readouterr().out
    rebuilt(target, target, lambda _members, manifest: manifest["projects"].update(name="别的"))
    assert main(["verify", str(target)]) == 0  # all digests fit
    assert main(["verify", str(target), "--public-key", str(tmp_path / "mine.pub.pem")]) == 1
    for wrong in ("mine.pem", "e.zip", "nowhere.pem"):
        assert main(["verify", str(target), "--public-key", str(tmp_path / wrong)]) == 2
    assert main(["sign", str(target), "--key", str(tmp_path / "mine.pub.pem")]) == 2


def test_every_difference_has_its_sentence():
    for code, words in WORDS.items():
        assert words.format(file="x", offset=1, detail="d"), code


def test_a_member_whose_header_is_damaged_is_called_by_its_own_name():
    names = ("manifest.json", "layers/a.geojson", "result.json")
    data = container.pack({name: container.entry(name, name.encode() * 9) for name in names})
    with zipfile.ZipFile(io.BytesIO(data)) as opened:
        starts = {info.filename: info.header_offset for info in opened.infolist()}
    for name, start in starts.items():
        for place in set(range(30 + len(name))) - {25}:  # the size's highest byte states more than may be unpacked at all
            changed = bytearray(data)
            changed[start + place] ^= 0x80
            with pytest.raises(container.ContainerDamaged) as found:
                container.unpack(bytes(changed))
            assert found.value.member == name, place
