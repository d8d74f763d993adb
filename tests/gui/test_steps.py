"""What stands in the file as soon as it is done: the window never waits for the file, and nothing asked for is lost or told too early."""

from __future__ import annotations

import threading
from time import monotonic

import geopandas
import pytest
from PyQt5.QtCore import Qt, QTimer
from PyQt5.QtWidgets import QApplication, QProgressDialog

from gui.dialogs import message
from gui.dialogs.export_report import ExportChoice
from gui.dialogs.import_file import ImportChoice
from gui.dialogs.rule_packs import PacksTab
from gui.outlets import OutletsPart
from layers.workspace import Workspace
from sanxian.outlets import register
from tests.gui import test_undo
from tests.gui.test_undo import SITE, behind, bookmark, held, idle, named, refuse, template, updated, window

__all__ = ["behind", "template", "window"]  # fixtures


def marked(window, qtbot, monkeypatch, name):
    """Keep the view as a bookmark, by the menu; how many seconds the window was busy with it."""
    named(monkeypatch, name)
    before = monotonic()
    window.actions_by_id["add_bookmark"].trigger()
    return monotonic() - before


def bookmarks(window):
    """As the menu shows them."""
    menu = window.parts[0].menu
    menu.aboutToShow.emit()
    return [action.text() for action in menu.actions() if action.isEnabled() and action.text()][:-1]


def in_file(path):
    with Workspace.open(path, readonly=True) as kept:
        return [one["name"] for one in kept.state("bookmarks") or ()]


def secret(path):
    with Workspace.open(path, readonly=True) as kept:
        return kept.record("红线").secrecy


# ---------------------------------------------------------------------------------------- while the file is being written
def test_a_step_is_taken_and_shown_at_once_while_the_file_is_being_written(window, qtbot, monkeypatch, behind):
    path, stack = window.session.path, window.session.undo_stack
    gate = behind()
    assert marked(window, qtbot, monkeypatch, "码头") < 0.5
    assert marked(window, qtbot, monkeypatch, "渡口") < 0.5
    before = monotonic()
    window.session.set_secrecy("红线", "secret")
    window.rules.store.set_parameter("buffer", 120.0)
    assert monotonic() - before < 0.5
    assert bookmarks(window) == ["码头", "渡口"]
    assert window.session.layer("红线").record.secrecy == "secret"
    assert window.rules.store.parameters() == {"buffer": 120.0}
    assert stack.undoText() == "设定距离参数"
    assert (in_file(path), secret(path)) == ([], None), "the file is another's meanwhile"
    qtbot.waitUntil(lambda: "已收下，等前面的写完就写入：添加书签“码头”" in window.messages.toPlainText(), timeout=20_000)
    assert "已添加书签" not in window.messages.toPlainText(), "said when it is done"
    assert [job.words() for job in window.work.writing()] == ["添加书签“码头”", "添加书签“渡口”", "修改密级“红线”", "设定距离参数"]
    gate.set()
    idle(qtbot, window)
    assert (in_file(path), secret(path)) == (["码头", "渡口"], "secret")
    assert bookmarks(window) == ["码头", "渡口"]
    assert "已添加书签“渡口”" in window.messages.toPlainText()


def test_doing_doing_and_undoing_keep_their_order(window, qtbot, monkeypatch, behind):
    path, gate = window.session.path, behind()
    for name in ("甲", "乙", "丙"):
        marked(window, qtbot, monkeypatch, name)
    undo, redo = (window.actions_by_id[name] for name in ("undo", "redo"))
    undo.trigger()
    undo.trigger()
    assert bookmarks(window) == ["甲"]
    redo.trigger()
    assert bookmarks(window) == ["甲", "乙"]
    window.parts[0].rename_bookmark("乙", "丁")
    assert bookmarks(window) == ["甲", "丁"]
    gate.set()
    idle(qtbot, window)
    assert in_file(path) == bookmarks(window) == ["甲", "丁"]
    undo.trigger()
    undo.trigger()
    idle(qtbot, window)
    assert in_file(path) == bookmarks(window) == ["甲"]


def test_what_is_dropped_leaves_the_stack_and_what_is_shown(window, qtbot, monkeypatch, behind):
    bookmark(window, qtbot, monkeypatch)
    idle(qtbot, window)
    before, stack, gate = held(window), window.session.undo_stack, behind()
    marked(window, qtbot, monkeypatch, "渡口")
    window.session.set_secrecy("红线", "secret")
    window.rules.store.set_parameter("buffer", 120.0)
    window.actions_by_id["undo"].trigger()
    QTimer.singleShot(200, gate.set)
    window.work.stop(window.work.writing())
    idle(qtbot, window)
    assert held(window) == before
    assert (stack.count(), stack.undoText()) == (1, "添加书签“码头”")
    assert bookmarks(window) == ["码头"]
    assert window.session.layer("红线").record.secrecy is None
    assert "没有写入：修改密级“红线”" in window.messages.toPlainText()


def test_one_that_the_file_refuses_takes_none_of_the_others_with_it(window, qtbot, monkeypatch, behind, said):
    path, gate = window.session.path, behind()
    workspace, real = window.session.workspace, window.session.workspace.set_state
    monkeypatch.setattr(workspace, "set_state", lambda key, value: refuse() if value and value[-1]["name"] == "乙" else real(key, value))
    for name in ("甲", "乙", "丙"):
        marked(window, qtbot, monkeypatch, name)
    gate.set()
    idle(qtbot, window)
    assert in_file(path) == bookmarks(window) == ["甲", "丙"]
    assert "磁盘满了" in said[-1].text()
    for left in (["甲"], ["甲"], []):  # what came to nothing stays between the others until it is met
        window.actions_by_id["undo"].trigger()
        idle(qtbot, window)
        assert in_file(path) == left
    assert window.session.undo_stack.index() == 0
    assert window.session.undo_stack.count() == 2


def test_a_step_does_not_wait_for_what_takes_long_and_what_comes_after_it_finds_it(window, qtbot, monkeypatch):
    path, gate, seen = window.session.path, threading.Event(), []
    window.work.run("研判", lambda _report: gate.wait(20), lambda _found: None)
    marked(window, qtbot, monkeypatch, "码头")
    qtbot.waitUntil(lambda: in_file(path) == ["码头"], timeout=20_000)
    assert window.work.running, "the judging goes on"
    gate.set()
    idle(qtbot, window)
    with window.session.workspace.in_turn(lambda: None):  # the step cannot be written yet
        window.rules.store.set_parameter("buffer", 120.0)
        for beside in (False, True):
            window.work.run("研判", lambda _report: window.session.workspace.state("parameters"), seen.append, beside=beside)
        qtbot.wait(200)
        assert seen == []
    idle(qtbot, window)
    assert seen == [{"buffer": 120.0}] * 2


def test_a_dialog_says_that_it_is_done_when_it_is_done(window, qtbot, behind, monkeypatch):
    tab = PacksTab(window.rules.store, lambda: window.on, window)
    qtbot.addWidget(tab)
    files = {"a.toml": b'[pack]\nid = "mine"\ntitle = { zh = "x", en = "x" }\n'}
    monkeypatch.setattr(window.rules.store, "conflict", lambda _packs: None)
    monkeypatch.setattr(window.rules.store, "parse", lambda _name, _files: None)
    gate = behind()
    tab._put("mine", files)
    assert tab.said.text() == "√ 正在写入…"
    assert "mine" in [view.name for view in window.rules.store.packs()], "shown at once"
    gate.set()
    idle(qtbot, window)
    assert tab.said.text() == "√ 已添加规则包“mine”。"
    monkeypatch.setattr(window.session.workspace, "add_pack", refuse)
    tab._put("other", files)
    idle(qtbot, window)
    assert tab.said.text() == "× 没有写入。"
    assert "other" not in [view.name for view in window.rules.store.packs()]


@pytest.mark.parametrize("answer", ["wait", "drop", "cancel"])
def test_leaving_asks_about_a_step_that_waits(window, qtbot, monkeypatch, behind, answer):
    path, gate, asked = window.session.path, behind(), []
    marked(window, qtbot, monkeypatch, "码头")

    def ask(_parent, titles, _left):
        asked.append(titles)
        QTimer.singleShot(50, gate.set)
        return answer

    monkeypatch.setattr("gui.files.message.ask_unwritten", ask)
    monkeypatch.setattr("gui.files.message.ask_save", lambda *_args: "save")
    window.files.close()
    assert asked == ["添加书签“码头”"]
    assert (window.session.workspace is None) is (answer != "cancel")
    gate.set()
    idle(qtbot, window)
    assert in_file(path) == ([] if answer == "drop" else ["码头"])


# ------------------------------------------------------------------------------------------------------- saving meanwhile
def boxes(window):
    return [one for one in window.findChildren(QProgressDialog) if one.isVisible()]


def test_saving_while_the_file_is_being_written_says_what_it_waits_for_and_can_be_ended(window, qtbot, behind, monkeypatch):
    window.session.rename_site("P1", "新名")
    gate, seen, ticks = behind(), [], []
    window.work.jobs[-1].writes = True  # as an import
    clock = QTimer(interval=10)
    clock.timeout.connect(lambda: ticks.append(monotonic()))
    clock.start()

    def press():
        seen.extend(one.labelText() for one in boxes(window))
        qtbot.mouseClick(boxes(window)[0]._stop, Qt.LeftButton)

    QTimer.singleShot(900, press)
    assert window.files.save() is False
    assert seen == ["保存：正在等 研判"]
    assert max(after - before for before, after in zip(ticks, ticks[1:], strict=False)) < 0.3, "it is alive"
    assert window.session.dirty
    assert not boxes(window)
    QTimer.singleShot(900, gate.set)
    assert window.files.save() is True
    assert not window.session.dirty
    assert not boxes(window)
    idle(qtbot, window)


def test_saving_waits_for_the_steps_before_it(window, qtbot, behind, monkeypatch):
    path, gate = window.session.path, behind()
    marked(window, qtbot, monkeypatch, "码头")
    QTimer.singleShot(100, gate.set)
    assert window.files.save()
    assert in_file(path) == ["码头"]


# -------------------------------------------------------------------------------------------------------------- save as
def test_after_save_as_the_former_file_is_as_it_was_saved_and_undo_is_of_the_new_one(window, qtbot, monkeypatch, tmp_path):
    former, copy = window.session.path, tmp_path / "copy.gpkg"
    bookmark(window, qtbot, monkeypatch)
    idle(qtbot, window)
    assert window.files.save()
    saved = file_says(former)
    marked(window, qtbot, monkeypatch, "渡口")
    window.session.set_secrecy("红线", "secret")
    qtbot.mouseClick(updated(window, qtbot, tmp_path), Qt.LeftButton)
    idle(qtbot, window)
    test_undo.layer_described(window, qtbot, monkeypatch)
    bring_in(window, tmp_path)
    idle(qtbot, window)
    assert file_says(former) != saved
    window.files.save_as(copy)
    idle(qtbot, window)
    assert window.session.path == copy
    assert file_says(former) == saved
    whole = file_says(copy)
    assert whole[0] == ["码头", "渡口"]
    assert whole[1:3] == ("secret", "示例甲公司")
    assert "单元二" in whole[4]
    left = former.read_bytes()
    while window.session.undo_stack.canUndo():
        window.actions_by_id["undo"].trigger()
        idle(qtbot, window)
    assert window.files.save()
    assert former.read_bytes() == left, "undo is of the file that is open"
    assert file_says(copy) == ([], None, None, None, saved[4])
    while window.session.undo_stack.canRedo():
        window.actions_by_id["redo"].trigger()
        idle(qtbot, window)
    assert window.files.save()
    assert file_says(copy) == whole
    assert former.read_bytes() == left


def test_save_as_does_again_in_the_former_file_what_was_undone_since(window, qtbot, monkeypatch, tmp_path):
    former = window.session.path
    bookmark(window, qtbot, monkeypatch)
    idle(qtbot, window)
    assert window.files.save()
    window.actions_by_id["undo"].trigger()
    idle(qtbot, window)
    assert in_file(former) == []
    window.files.save_as(tmp_path / "copy.gpkg")
    assert in_file(former) == ["码头"]
    assert in_file(tmp_path / "copy.gpkg") == []


def test_save_as_says_where_the_former_file_keeps_what_was_not_saved(window, qtbot, monkeypatch, tmp_path, said):
    former = window.session.path
    bookmark(window, qtbot, monkeypatch)
    idle(qtbot, window)
    monkeypatch.setattr(window.session.workspace, "set_state", refuse)
    window.files.save_as(tmp_path / "copy.gpkg")
    assert window.session.path == tmp_path / "copy.gpkg"
    assert in_file(former) == in_file(tmp_path / "copy.gpkg") == ["码头"]
    assert str(former) in said[-1].text()
    assert not window.session.dirty


def file_says(path):
    with Workspace.open(path, readonly=True) as kept:
        return ([one["name"] for one in kept.state("bookmarks") or ()], kept.record("红线").secrecy,
                register.read_register(kept)[0].get("responsible"), kept.record("区").source,
                [one.name for one in kept.layers() if one.role != "project_site"])


def bring_in(window, tmp_path):
    source = tmp_path / "单元二.gpkg"
    geopandas.GeoDataFrame({"name": ["丙"], "category": ["key"], "code": ["ZH36040320009"]}, geometry=[SITE], crs=4490).to_file(source)
    window.files.take(ImportChoice(source, "control_unit", "单元二"))


# --------------------------------------------------------------------------------------------------------------- leaving
def test_who_does_not_save_gets_the_file_without_the_layers_that_were_added(window, qtbot, monkeypatch, tmp_path):
    path = window.session.path
    before = file_says(path)
    bring_in(window, tmp_path)
    bookmark(window, qtbot, monkeypatch)
    idle(qtbot, window)
    assert file_says(path) != before
    monkeypatch.setattr("gui.files.message.ask_save", lambda *_args: "discard")
    window.files.close()
    assert window.session.workspace is None
    assert file_says(path) == before


def test_a_layer_whose_adding_was_undone_is_not_in_the_file_that_is_left(window, qtbot, monkeypatch, tmp_path):
    path = window.session.path
    window.session.undo_stack.setClean()
    before = file_says(path)
    bring_in(window, tmp_path)
    idle(qtbot, window)
    window.actions_by_id["undo"].trigger()
    assert not window.session.dirty
    window.files.close()
    assert window.session.workspace is None
    assert file_says(path) == before


@pytest.mark.parametrize("what", ["a step", "a layer"])
def test_who_does_not_save_stays_where_something_cannot_be_taken_back(window, qtbot, monkeypatch, tmp_path, said, what):
    workspace = window.session.workspace
    bookmark(window, qtbot, monkeypatch) if what == "a step" else bring_in(window, tmp_path)
    idle(qtbot, window)
    monkeypatch.setattr(workspace, "set_state" if what == "a step" else "remove", refuse)
    monkeypatch.setattr("gui.files.message.ask_save", lambda *_args: "discard")
    asked = []
    monkeypatch.setattr("gui.files.message.ask_leave", lambda _window, stays: asked.append(stays) or len(asked) > 1)
    assert not window.files.may_leave()
    assert len(asked[0]) == 1
    assert ("撤销：" in asked[0][0] if what == "a step" else asked[0] == ["移除图层“单元二”"])
    assert window.session.workspace is workspace
    assert "磁盘满了" in said[-1].text()
    assert "有的修改没有撤销，工作区还开着。" in window.messages.toPlainText()
    assert window.files.may_leave(), "who wants to leave all the same may"
    assert len(asked) == 2
    monkeypatch.undo()
    monkeypatch.setattr("gui.files.message.ask_save", lambda *_args: "discard")
    assert window.files.may_leave()
    assert file_says(window.session.path)[0] == []
    assert "单元二" not in file_says(window.session.path)[-1]
    window.actions_by_id["redo"].trigger()  # who stays after all can have it again
    idle(qtbot, window)
    assert window.files.save()
    assert (file_says(window.session.path)[0] == ["码头"]) is (what == "a step")
    assert ("单元二" in file_says(window.session.path)[-1]) is (what == "a layer")


@pytest.mark.parametrize("leave", ["close", "quit", "another"])
@pytest.mark.parametrize("answer", ["wait", "drop", "cancel"])
def test_leaving_asks_about_a_report_under_way_and_leaves_nothing_half_written(window, qtbot, monkeypatch, tmp_path, leave, answer, said):
    folder, gate, asked = tmp_path / "out", threading.Event(), []
    folder.mkdir()
    window.actions_by_id["judge"].trigger()
    idle(qtbot, window)
    window.session.undo_stack.setClean()
    real = window.engine.write_report

    def slow(*args, report, **options):
        while not gate.wait(0.02):
            report.or_stop(0, 1)
        real(*args, report=report, **options)

    monkeypatch.setattr(window.engine, "write_report", slow)
    window.files.export(folder / "report.json", ExportChoice())

    def ask(_parent, titles, _left):
        asked.append(titles)
        if answer == "wait":
            QTimer.singleShot(50, gate.set)
        return answer

    monkeypatch.setattr("gui.files.message.ask_unwritten", ask)
    monkeypatch.setattr("gui.files.message.ask_save", lambda *_args: "save")
    other = tmp_path / "other.gpkg"
    Workspace.create(other).close()
    {"close": window.files.close, "quit": window.close, "another": lambda: window.files.open(other)}[leave]()
    assert asked == ["导出报告"]
    gate.set()
    if leave != "quit" or answer == "cancel":
        idle(qtbot, window)
    left = {"close": None, "quit": None, "another": other}[leave]
    assert (window.session.path == left) is (answer != "cancel")
    assert [one.name for one in folder.iterdir()] == ([] if answer == "drop" else ["report.json"])


@pytest.mark.parametrize("job", ["check", "batch", "backup"])
def test_leaving_asks_about_a_check_a_batch_and_a_backup(window, qtbot, monkeypatch, tmp_path, job):
    gate, asked = threading.Event(), []
    window.session.undo_stack.setClean()

    def slow(*_args, **_more):
        gate.wait(20)
        raise OSError("x")

    monkeypatch.setattr(window.engine, "check", slow)
    monkeypatch.setattr(window.engine, "batch", slow)
    monkeypatch.setattr(window.session.workspace, "backup", slow)
    if job == "check":
        window.jobs["check"]()
    elif job == "batch":
        next(one for one in window.parts if hasattr(one, "judge")).judge(tmp_path / "a.gpkg", tmp_path / "b.parquet")
    else:
        next(one for one in window.parts if hasattr(one, "_backup"))._backup()
    monkeypatch.setattr("gui.files.message.ask_unwritten", lambda _parent, titles, _left: asked.append(titles) or "cancel")
    assert not window.files.may_leave()
    assert asked == [{"check": "检查图层数据", "batch": "批量研判", "backup": "备份"}[job]]
    gate.set()
    idle(qtbot, window)


def test_who_waits_for_something_long_can_have_enough_of_it(window, qtbot, monkeypatch):
    gate = threading.Event()
    window.session.undo_stack.setClean()
    window.work.run("批量研判", lambda _report: gate.wait(20), lambda _found: None, beside=True, wanted=True)
    monkeypatch.setattr("gui.files.message.ask_unwritten", lambda *_args: "wait")
    QTimer.singleShot(800, lambda: qtbot.mouseClick(boxes(window)[0]._stop, Qt.LeftButton))
    assert not window.files.may_leave()
    assert window.work.running, "what was waited for goes on"
    assert not boxes(window)
    gate.set()
    idle(qtbot, window)


def test_the_waiting_box_says_how_it_stands(qtbot, window):
    now = ["正在等：导入", True]
    box = message.Waiting(window, lambda: tuple(now))
    qtbot.addWidget(box)
    box.show()
    now[:] = ["正在保存…", False]
    qtbot.waitUntil(lambda: box.labelText() == "正在保存…")
    assert not box._stop.isEnabled()
    qtbot.keyClick(box, Qt.Key_Escape)
    assert box.isVisible(), "there is nothing to end"


# ------------------------------------------------------------------------------------------------------------- the card
def test_the_card_of_an_outlet_says_that_it_is_entered_when_it_is(window, qtbot, monkeypatch, behind):
    part = next(one for one in window.parts if isinstance(one, OutletsPart))
    part.open()
    qtbot.waitUntil(lambda: part.data is not None and not window.work.running, timeout=20_000)
    part.panel.show_outlet(part.data.rows[0].node)

    def enter():
        for edit in (*part.card._papers.values(), *part.card._fields.values()):
            if hasattr(edit, "setText"):
                edit.setText("示例文号〔2026〕1号")
        part.card.person.setText("示例经办人")
        part.card.enter.click()

    gate = behind()
    enter()
    assert part.card.said.text() == "√ 正在写入…"
    gate.set()
    idle(qtbot, window)
    assert part.card.said.text() == "√ 已登记。"
    monkeypatch.setattr("sanxian.outlets.entry.apply", refuse)
    enter()
    idle(qtbot, window)
    assert part.card.said.text() == "× 没有写入。"


def test_the_question_on_leaving_says_where_the_last_save_cannot_come_back(window, qtbot, monkeypatch):
    session, asked = window.session, []
    monkeypatch.setattr("gui.files.message.ask_save", lambda _parent, _name, unrestorable, _left: asked.append(unrestorable) or "cancel")
    bookmark(window, qtbot, monkeypatch)
    idle(qtbot, window)
    assert not window.files.may_leave()
    assert window.files.save()
    session.undo_stack.undo()
    idle(qtbot, window)
    assert not window.files.may_leave()
    session.set_look(session.layers[0].key, opacity=0.5)  # in the place of what was saved
    assert not window.files.may_leave()
    assert asked == [False, False, True]
    assert window.files.save()
    session.set_look(session.layers[0].key, opacity=0.7)
    session.undo_stack.undo()
    session.undo_stack.undo()
    session.set_look(session.layers[0].key, visible=False)
    assert not window.files.may_leave()
    assert asked[3:] == [False], "nothing of it was written to the file"


def test_the_question_on_leaving_is_read_in_full(qtbot):
    from gui.dialogs import message

    read = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(message, "_choice", lambda box, _words: read.append(box.informativeText()) or "cancel")
        message.ask_save(None, "示例区")
        message.ask_save(None, "示例区", True)
    assert read[0] == ""
    assert "不能完全回到上次保存的样子" in read[1]


def test_a_question_about_what_ends_meanwhile_goes_by_itself(qtbot):
    left = ["导出图层"]
    QTimer.singleShot(300, left.clear)
    assert message.ask_unwritten(None, "“导出图层”", lambda: left) == "wait"
    left.append("另一个")
    QTimer.singleShot(500, lambda: QApplication.activeModalWidget().reject())
    assert message.ask_unwritten(None, "“另一个”", lambda: left) == "cancel", "as long as something is left it stays"
