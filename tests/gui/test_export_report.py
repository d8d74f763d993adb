"""The window asks what kind of report is wanted, and hands that on."""

from datetime import date
from pathlib import Path

import pytest
from PyQt5.QtCore import Qt

from gui.dialogs.export_report import BUNDLE, KINDS, ExportChoice, ExportReport


@pytest.fixture
def dialog(qtbot):
    made = ExportReport()
    qtbot.addWidget(made)
    return made


def pick(box, key):
    box.setCurrentIndex(box.findData(key))


def test_only_what_matters_can_be_chosen(dialog, tmp_path):
    assert dialog.form.isEnabled()
    assert dialog.template.isEnabled()
    assert not dialog.secret.isEnabled()
    dialog.template.setText(str(tmp_path / "t.docx"))
    assert not dialog.form.isEnabled()  # the template decides
    assert dialog.choice() == ExportChoice(".docx", "auto", tmp_path / "t.docx", "refuse")
    pick(dialog.kind, ".xlsx")
    assert not dialog.form.isEnabled()
    assert dialog.choice().template is None
    pick(dialog.kind, BUNDLE)
    assert dialog.secret.isEnabled()
    assert "重新研判" in dialog.said.text()
    pick(dialog.kind, ".pdf")
    pick(dialog.form, "short")
    assert dialog.choice() == ExportChoice(".pdf", "short")


@pytest.mark.parametrize("suffix", [suffix for _title, suffix in KINDS])
def test_every_kind_is_written_where_it_was_asked(qtbot, judged, engine, said, tmp_path, monkeypatch, suffix):
    monkeypatch.setattr("gui.dialogs.choose.target", lambda *_args, **_kw: tmp_path / f"成果{suffix}")
    asked = judged.files.ask_export()
    pick(asked.kind, suffix)
    pick(asked.form, "long")
    asked.accept()
    qtbot.waitUntil(lambda: bool(engine.reports or engine.bundles) and not judged.work.running, timeout=20_000)
    wanted = tmp_path / f"成果{suffix}"
    if suffix == BUNDLE:
        ((ids, on, path, secret),) = engine.bundles
        assert path == wanted
        assert ids
        assert isinstance(on, date)
        assert secret == "refuse"
    else:
        assert engine.reports == [(wanted, "zh")]
        assert engine.asked_of_reports == [("long", None)]


def test_a_template_is_chosen_from_a_file(qtbot, dialog, monkeypatch):
    monkeypatch.setattr("gui.dialogs.choose.file", lambda *_args, **_kw: Path("/x/模板.docx"))
    qtbot.mouseClick(dialog.browse, Qt.LeftButton)
    assert dialog.choice().template == Path("/x/模板.docx")


def test_a_long_report_is_written_by_another_process_and_is_the_same(tmp_path, monkeypatch):
    import gui.engine
    import sanxian.apart
    from layers.workspace import Workspace
    from sanxian.demo import build
    from sanxian.request import load_projects
    from sanxian.screen import rule_set, screen

    made = build(tmp_path / "demo")
    with Workspace.open(made.workspace, readonly=True) as workspace:
        projects, _ = load_projects(made.workspace.parent / "projects.gpkg", workspace)
        screening = screen(workspace, projects[: gui.engine.FEW + 1], rule_set(workspace), on=date(2026, 11, 22))
    asked = []
    real = sanxian.apart.apart
    monkeypatch.setattr(sanxian.apart, "apart", lambda *args, **options: (asked.append(args[0]), real(*args, **options)))
    engine = gui.engine.Engine()
    for folder, few in (("here", 99), ("apart", gui.engine.FEW)):
        monkeypatch.setattr(gui.engine, "FEW", few)
        monkeypatch.setattr(gui.engine, "FEW_DRAWN", few)
        (tmp_path / folder).mkdir()
        for name in ("r.geojson", "r.docx"):
            engine.write_report(screening, tmp_path / folder / name, workspace_path=made.workspace, folders=(), language="en")
    assert len(asked) == 2
    assert (tmp_path / "here" / "r.geojson").read_bytes() == (tmp_path / "apart" / "r.geojson").read_bytes()
    assert (tmp_path / "apart" / "r.docx").stat().st_size == (tmp_path / "here" / "r.docx").stat().st_size > 0
    with pytest.raises(Exception, match="xyz"):
        engine.write_report(screening, tmp_path / "r.xyz", workspace_path=made.workspace, folders=(), language="zh")
