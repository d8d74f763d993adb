"""The parts that need no window."""

from __future__ import annotations

import sys
import threading

import pytest
import shapely
from PyQt5.QtCore import QItemSelectionModel, QSettings, QSize, Qt, QThread
from PyQt5.QtGui import QColor, QIcon, QImage

from gui import crash, recovery, theme
from gui.engine import Engine
from gui.layer_groups import GROUPS, group_of
from gui.looks import Looks
from gui.models.project_table import ProjectTable
from gui.panels.projects import ProjectsPanel
from gui.project_fields import FIELDS, shown
from gui.resources.icons import _SHAPES, icon, verdict_icon
from gui.session import Session
from gui.settings import Settings
from gui.stored import cell
from gui.tasks import Cancelled, Task, Worker
from gui.words import VERDICT_ORDER, dms
from layers.schema import ROLES
from rules.attributes import ATTRIBUTES, parse_value
from sanxian.i18n import language, set_language


@pytest.fixture
def worker():
    worker = Worker()
    yield worker
    worker.stop()


def test_the_result_arrives_in_the_windows_thread(qtbot, worker):
    here, arrived = QThread.currentThread(), []
    task = Task(lambda report: threading.current_thread())
    task.succeeded.connect(lambda result: arrived.append(QThread.currentThread()))
    with qtbot.waitSignal(task.finished) as _done, qtbot.waitSignal(task.succeeded) as caught:
        task.start(worker)
    assert caught.args[0] is not threading.current_thread()
    assert arrived == [here]


def test_an_error_is_shown_and_not_lost(qtbot, worker):
    task = Task(lambda report: 1 / 0)
    with qtbot.waitSignal(task.failed) as caught:
        task.start(worker)
    assert isinstance(caught.args[0], ZeroDivisionError)


def test_cancel_reaches_the_work_at_its_next_step(qtbot, worker):
    def work(report):
        if not report(1, 2):
            raise Cancelled
        return "done"

    task = Task(work)
    task.cancel()
    with qtbot.waitSignal(task.cancelled):
        task.start(worker)


def test_a_worker_keeps_one_thread_for_all_its_tasks(qtbot, worker):
    found = []
    for _ in range(3):
        task = Task(lambda report: threading.get_ident())
        task.succeeded.connect(found.append)
        with qtbot.waitSignal(task.finished):
            task.start(worker)
    assert len(set(found)) == 1


def test_seconds_never_reach_sixty():
    assert dms(115.9999999999, "E", "W") == "116°00′00.00″E"
    assert dms(-0.5, "E", "W") == "0°30′00.00″W"


def test_every_attribute_of_the_rules_is_in_the_form_and_survives_a_save():
    assert [field.name for field in FIELDS] == list(ATTRIBUTES)
    for field in FIELDS:
        for value, _words in field.choices:
            given = (value,) if field.kind == "choices" else value
            assert parse_value(ATTRIBUTES[field.name], cell(given)) == given
            assert shown(field.name, value)
    for value in (True, False):
        assert parse_value(ATTRIBUTES["is_chemical"], cell(value)) is value
    assert cell(None) is None


def test_every_role_has_a_group():
    known = {role for _key, _title, roles in GROUPS for role in roles}
    assert set(ROLES) - {"project_site"} <= known
    assert group_of("ecological_redline") == "protected"


def test_every_icon_draws_and_every_verdict_has_its_own_shape(qtbot):
    for name in _SHAPES:
        assert not icon(name).pixmap(24, 24).isNull()
    pictures = set()
    for one in VERDICT_ORDER:  # without colour: the shape alone must tell them apart
        image = verdict_icon(one).pixmap(24, 24).toImage().convertToFormat(QImage.Format_Alpha8)
        white = verdict_icon(one).pixmap(24, 24).toImage().convertToFormat(QImage.Format_Grayscale8)
        pictures.add(image.constBits().asstring(image.sizeInBytes()) + bytes(
            level > 200 for level in white.constBits().asstring(white.sizeInBytes())))
    assert len(pictures) == len(VERDICT_ORDER)
    with pytest.raises(KeyError):
        icon("nothing")


def test_settings_are_kept_in_the_file_given(tmp_path):
    store = QSettings(str(tmp_path / "a.ini"), QSettings.IniFormat)
    settings = Settings(store)
    assert settings.recent == []
    for name in ("one", "two", "one"):
        settings.remember(tmp_path / name)
    settings.language = "en"
    settings.rule_folders = ["x"]
    store.sync()
    again = Settings(QSettings(str(tmp_path / "a.ini"), QSettings.IniFormat))
    assert again.recent == [str(tmp_path / "one"), str(tmp_path / "two")]
    assert again.language == "en"
    assert again.rule_folders == ["x"]
    assert again.folder == tmp_path


def test_an_exception_that_reaches_the_top_is_written_and_shown(tmp_path, capsys):
    seen = []
    restore = crash.install(tmp_path, lambda error, report: seen.append((error, report)))
    try:
        error = RuntimeError("boom")
        sys.excepthook(RuntimeError, error, None)
    finally:
        restore()
    assert seen[0][0] is error
    assert "boom" in seen[0][1].read_text(encoding="utf-8")
    assert "boom" in capsys.readouterr().err
    assert sys.excepthook is not None


def test_an_exception_in_a_thread_is_shown_in_the_windows_thread(tmp_path, qtbot, capsys):
    seen = []
    restore = crash.install(tmp_path, lambda error, report: seen.append((error, report, threading.get_ident())))
    try:
        thread = threading.Thread(target=lambda: 1 / 0)
        thread.start()
        thread.join()
        assert seen == []
        qtbot.waitUntil(lambda: bool(seen), timeout=20_000)
    finally:
        restore()
    error, report, ident = seen[0]
    assert isinstance(error, ZeroDivisionError)
    assert "ZeroDivisionError" in report.read_text(encoding="utf-8")
    assert ident == threading.get_ident()
    assert "ZeroDivisionError" in capsys.readouterr().err


def test_a_thread_that_ends_itself_is_no_error(tmp_path, qtbot):
    seen = []
    restore = crash.install(tmp_path, lambda error, report: seen.append(error))
    try:
        thread = threading.Thread(target=sys.exit)
        thread.start()
        thread.join()
        qtbot.wait(50)
    finally:
        restore()
    assert seen == []
    assert threading.excepthook is not None


def test_the_project_table_is_a_sound_model(qtmodeltester, site):
    session = Session()
    session.sites = [site("P1"), site("P2")]
    table = ProjectTable(session, Looks())
    table.reset()
    qtmodeltester.check(table)


def test_many_projects_are_ordered_and_looked_through_beside_the_window(qtbot, site, monkeypatch):
    monkeypatch.setattr("gui.models.project_table.AT_ONCE", 10)
    session, looks = Session(), Looks()
    panel = ProjectsPanel(session, looks)
    qtbot.addWidget(panel)
    session.load_sites([site(f"P{i}") for i in range(50)])
    for at, one in enumerate(session.sites):
        one.name = f"厂{at % 5}"
    threads, real = [], ProjectTable._text_of

    def noted(self, one, column):
        threads.append(threading.current_thread() is threading.main_thread())
        return real(self, one, column)

    def ids():
        return [panel.model.site(row).id for row in range(panel.model.rowCount())]

    def settled():
        qtbot.waitUntil(lambda: not looks.asking("projects"), timeout=20_000)
        return ids()

    session.set_current("P7")
    panel.view.selectAll()
    monkeypatch.setattr(ProjectTable, "_text_of", noted)
    panel.view.sortByColumn(1, Qt.DescendingOrder)
    panel.search.setText("厂")
    panel.search.setText("厂3")
    assert settled() == [f"P{i}" for i in range(3, 50, 5)]
    assert panel.count.text().startswith("10 / 50")
    panel.search.clear()
    assert settled() == [f"P{i}" for last in (4, 3, 2, 1, 0) for i in range(last, 50, 5)], "equals as they came"
    assert len(panel.selected_ids()) <= 50
    assert threads
    assert not any(threads)
    monkeypatch.setattr(ProjectTable, "_text_of", real)
    session.remove_sites(["P4"])
    assert "P4" not in ids(), "what is gone is not shown until the rest is in order again"
    settled()
    session.rename_site("P9", "厂0")
    assert settled()[-1] == "P45"
    assert settled().index("P9") > settled().index("P5")
    assert session.current_id == "P7"
    panel.view.sortByColumn(-1, Qt.AscendingOrder)
    assert ids() == [one.id for one in session.sites]
    looks.shutdown()


def test_what_is_selected_stays_so_in_another_order(qtbot, site):
    session, looks = Session(), Looks()
    panel = ProjectsPanel(session, looks)
    qtbot.addWidget(panel)
    session.load_sites([site(f"P{i}") for i in range(6)])
    rows = QItemSelectionModel.ClearAndSelect | QItemSelectionModel.Rows
    panel.view.selectionModel().setCurrentIndex(panel.model.index(1, 0), rows)
    assert session.current_id == "P1"
    panel.view.selectionModel().select(panel.model.index(4, 0), QItemSelectionModel.Select | QItemSelectionModel.Rows)
    panel.view.sortByColumn(0, Qt.DescendingOrder)
    assert sorted(panel.selected_ids()) == ["P1", "P4"]
    assert session.current_id == "P1"
    assert panel.view.currentIndex().row() == panel.model.row_of("P1") == 4


def test_an_undo_after_a_new_verdict_never_calls_it_up_to_date(site):
    session = Session()
    session.load_sites([site("P1")])
    one = session.sites[0]
    session.set_attribute("P1", "is_chemical", True)
    one.result = object()
    session.undo_stack.undo()
    assert one.stale


def test_steps_keep_only_what_differs(site):
    session = Session()
    session.load_sites([site(f"P{i}") for i in range(3)])
    session.set_attribute("P1", "nature", ("new",))
    session.set_attribute("P1", "nature", ("new",))
    assert session.undo_stack.count() == 1
    session.set_attribute("P1", "is_chemical", None)
    assert session.undo_stack.count() == 1, "unknown stays unknown"


def test_in_english_an_industry_is_found_and_told_in_english():
    engine, was = Engine(), language()
    try:
        set_language("en")
        assert any(code == "D4415" and "wind" not in name and "electricity" in name for code, name in engine.search_industries("wind power"))
        assert engine.search_industries("dairy")[0] == ("C1441", "液体乳制造 (dairy products, milk, cheese)")
        assert engine.industry_name("2614") == "有机化学原料制造 (basic chemicals, acids, alkalis, salts)"
        set_language("zh")
        assert engine.search_industries("奶牛")[0] == ("A0311", "牛的饲养")
    finally:
        set_language(was)


def test_what_is_kept_of_unsaved_work_is_made_plain_elsewhere_and_later(site, monkeypatch):
    session = Session()
    session.load_sites([site("P1"), site("P2")])
    before = shapely.to_wkb(session.sites[0].geometry).hex()
    monkeypatch.setattr(shapely, "to_wkb", None)  # nothing is made plain in the window's thread
    taken = recovery.snapshot(session)
    monkeypatch.undo()
    session.set_attribute("P1", "is_chemical", True)
    session.set_geometry("P1", shapely.box(0, 0, 1, 1), "EPSG:4548")
    session.remove_sites(["P2"])
    content = taken()
    assert [one["id"] for one in content["sites"]] == ["P1", "P2"]
    assert content["sites"][0]["wkb"] == before
    assert "is_chemical" not in content["sites"][0]["attributes"]


@pytest.mark.parametrize("theme_name", ["light", "dark"])
def test_the_sign_of_a_group_can_be_seen_on_the_ground_of_a_selected_row(qtbot, qapp, theme_name):
    before = "dark" if theme.is_dark() else "light"
    theme.apply(qapp, theme_name)
    try:
        image = icon("group").pixmap(QSize(32, 32), QIcon.Selected).toImage()
        inked = max((image.pixelColor(x, y) for x in range(32) for y in range(32)), key=lambda one: one.alpha())
        ground = QColor(theme.ink("select"))

        def light(colour):
            parts = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in colour.getRgbF()[:3]]
            return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]

        one, other = sorted((light(inked), light(ground)))
        assert (other + 0.05) / (one + 0.05) >= 4.5
    finally:
        theme.apply(qapp, before)
