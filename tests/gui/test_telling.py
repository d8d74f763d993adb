"""A report tells of every project whose verdict holds, however they were judged, and says which it leaves out."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from gui import telling
from gui.dialogs.export_report import BUNDLE, ExportChoice
from rules.model import Verdict
from sanxian.errors import TellingError
from sanxian.i18n import set_language
from sanxian.result import LayerUsed, MixedError, ProjectResult, Screening, SiteSummary, joined

DAY = date(2026, 11, 22)
LAYER = LayerUsed("wetland", "湿地", "2025", "ab", 3, "known")


def result(key):
    return ProjectResult(key, key, Verdict.PERMITTED, SiteSummary("Polygon", 1.0, 1.0, "EPSG:4548"), (), ())


def screening(*keys, **more):
    return replace(Screening(DAY, "0.1.0", "ab", 3, (LAYER,), ("admin",), tuple(map(result, keys)), {}, "f1"), **more)


def pairs(*screenings):
    return [(one, of) for of in screenings for one in of.projects]


def test_what_was_judged_one_after_another_is_one_record():
    found = joined(pairs(screening("A", "B"), screening("C", projects_sha256="f2")))
    assert [one.id for one in found.projects] == ["A", "B", "C"]
    assert (found.on, found.layers, found.projects_sha256) == (DAY, (LAYER,), "")
    assert joined(pairs(screening("A", "B"))) == screening("A", "B")
    renamed = screening("C", layers=(replace(LAYER, name="湿地 2025"),))
    assert joined(pairs(screening("A"), renamed)).layers == renamed.layers, "a name is nothing to a verdict"


@pytest.mark.parametrize(("other", "what"), [
    ({"on": date(2026, 11, 21)}, "判定日"), ({"program": "0.2.0"}, "程序版本"), ({"rule_set_sha256": "cd"}, "规则的版本"),
    ({"parameters": {"soil": 3.0}}, "距离设定"), ({"missing_roles": ()}, "图层版本"),
    ({"layers": (replace(LAYER, version="2026"),)}, "图层版本"), ({"layers": (replace(LAYER, accuracy_m=5.0),)}, "图层版本"),
])
def test_what_was_not_judged_by_the_same_is_not_mixed(other, what):
    with pytest.raises(MixedError, match=what) as told:
        joined(pairs(screening("A"), screening("B", **other)))
    assert isinstance(told.value, TellingError)


@pytest.fixture
def three(qtbot, opened, site):
    """Two projects that were judged together, one of them again by itself, and one that nobody has judged."""
    opened.session.add_sites([site("P3")])
    opened.judge(["P1", "P2"])
    done(qtbot, opened)
    opened.session.set_current("P1")
    opened.judge(["P1"])
    done(qtbot, opened)
    return opened


def done(qtbot, window):
    qtbot.waitUntil(lambda: not window.work.running, timeout=20_000)


def told_of(engine, monkeypatch):
    told = []
    write = engine.write_report
    monkeypatch.setattr(engine, "write_report", lambda screening, path, **more: (
        told.append([one.id for one in screening.projects]), write(screening, path, **more)))
    return told


def test_a_report_tells_of_all_whose_verdicts_hold(qtbot, three, engine, said, tmp_path, monkeypatch):
    told = told_of(engine, monkeypatch)
    monkeypatch.setattr("gui.dialogs.choose.target", lambda *_args, **_kw: tmp_path / "r.docx")
    dialog = three.files.ask_export()
    assert dialog.scope.currentText() == "全部已研判（2 个）"
    assert "1 个项目未研判，不写入：P3 项目P3" in dialog.left_out.text()
    assert dialog.left_out.isVisible()
    dialog.accept()
    done(qtbot, three)
    assert told == [["P1", "P2"]]
    assert "写入 2 个项目" in said[-1].text()
    assert "P3" in said[-1].text()


def test_a_report_of_some_is_asked_for(qtbot, three, engine, tmp_path, monkeypatch):
    told = told_of(engine, monkeypatch)
    three.projects.view.selectAll()
    dialog = three.files.ask_export()
    assert [dialog.scope.itemText(place) for place in range(dialog.scope.count())] == [
        "全部已研判（2 个）", "列表中选中的（2 个）", "当前项目（1 个）"]
    dialog.scope.setCurrentIndex(dialog.scope.findData(telling.CURRENT))
    assert dialog.left_out.isHidden()
    assert dialog.choice().scope == telling.CURRENT
    dialog.reject()
    three.files.export(tmp_path / "a.docx", ExportChoice(scope=telling.CURRENT))
    three.files.export(tmp_path / "b.docx", ExportChoice(scope=telling.SELECTED), {"P2", "P3"})
    three.files.export(tmp_path / "c.zip", ExportChoice(BUNDLE))
    done(qtbot, three)
    assert told == [["P1"], ["P2"]]
    assert engine.bundles[0][0] == ["P1", "P2"]


def test_what_is_to_be_judged_again_is_named_and_left_out(qtbot, three, engine, tmp_path, monkeypatch):
    told = told_of(engine, monkeypatch)
    three.session.rename_site("P1", "另一个名字")
    dialog = three.files.ask_export()
    assert dialog.left_out.text() == "1 个项目待重判，不写入：P1 另一个名字；1 个项目未研判，不写入：P3 项目P3"
    place = dialog.scope.findData(telling.CURRENT)
    assert not dialog.scope.model().item(place).isEnabled()
    dialog.reject()
    three.files.export(tmp_path / "a.docx")
    done(qtbot, three)
    assert told == [["P2"]]
    set_language("en")
    assert three.files.ask_export().left_out.text().startswith("1 project to be screened again, left out: P1")


def test_verdicts_that_do_not_belong_together_are_refused(qtbot, three, engine, said, tmp_path):
    site = three.session.site("P2")
    site.screening = replace(site.screening, rule_set_sha256="f" * 64)
    three.files.export(tmp_path / "a.docx")
    done(qtbot, three)
    assert engine.reports == []
    assert "一起重新研判" in said[-1].text()


def test_what_is_left_out_has_room(qtbot, three, site):
    three.session.add_sites([site(f"很长的编号{number:03}") for number in range(9)])
    dialog = three.files.ask_export()
    assert dialog.left_out.text().endswith(" …")
    label = dialog.left_out
    qtbot.waitUntil(lambda: label.height() >= label.heightForWidth(label.width()), timeout=20_000)
    dialog.reject()


def test_projects_that_could_not_be_opened_are_named_too(three):
    from gui import telling

    three.session.left_out = {("项目", "SL-07"): object()}
    assert "1 个项目在文件里各行不一致，没有打开，不写入：SL-07" in telling.told(three.session).words()
    assert "SL-07" not in telling.told(three.session, {"P1"}).words()
