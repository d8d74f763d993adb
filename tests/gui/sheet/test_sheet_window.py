"""The layout window: preview, choices, undo, findings mended, export and atlas."""

from datetime import date
from types import SimpleNamespace

import pytest
from PyQt5.QtCore import QPoint, QRect, QRectF, Qt
from PyQt5.QtGui import QGuiApplication
from PyQt5.QtWidgets import QMessageBox, QPushButton

from gui.session import Site
from sanxian import i18n
from sanxian.mapping.sheets import checks, template


def changed(dialog, qtbot, change):
    with qtbot.waitSignal(dialog.proofed, timeout=20_000):
        change()
        dialog.draw()


def choose(box, data):
    box.setCurrentIndex(box.findData(data))
    box.activated.emit(box.currentIndex())


def test_a_preview_is_there_with_its_findings(dialog):
    assert not dialog.preview.pixmap().isNull()
    assert dialog.findings
    assert "检查" in dialog.tabs.tabText(5)
    assert "1:" in dialog.told.text()
    assert [dialog.tabs.tabText(i) for i in range(5)] == ["页面", "图上文字", "部件", "图层", "图集"]


def test_choices_change_the_sheet_and_can_be_taken_back(dialog, qtbot):
    def act():
        choose(dialog.orientation, "portrait")
        dialog.size.setCurrentText("A4")
        dialog.size.activated.emit(0)

    changed(dialog, qtbot, act)
    assert (dialog.state.template.size, dialog.state.template.orientation) == ("A4", "portrait")
    size = dialog.preview.pixmap().size()
    assert size.height() > size.width()
    qtbot.mouseClick(dialog.undo, Qt.LeftButton)
    assert (dialog.state.template.size, dialog.state.template.orientation) == ("A3", "portrait")
    qtbot.mouseClick(dialog.undo, Qt.LeftButton)
    assert dialog.state.template.orientation == "landscape"
    assert not dialog.undo.isEnabled()
    qtbot.mouseClick(dialog.redo, Qt.LeftButton)
    assert dialog.orientation.currentData() == "portrait"


def test_a_scale_that_is_none_is_told(dialog):
    dialog.scale.setEditText("五万")
    dialog.scale.lineEdit().editingFinished.emit()
    assert "不是比例尺" in dialog.told.text()
    assert dialog.state.scale is None
    dialog.scale.setEditText("1:2.5万")
    dialog.scale.lineEdit().editingFinished.emit()
    assert dialog.state.scale == 25_000


def test_fields_and_elements_reach_the_sheet(dialog):
    dialog.fields["producer"].setText("<b>某局</b>")
    dialog.fields["producer"].editingFinished.emit()
    dialog.elements["legend"].setChecked(False)
    request = dialog.request()
    assert request.template.fields["producer"] == "<b>某局</b>"
    assert not request.template.shows("legend")
    assert request.on == date(2026, 11, 22)


def test_a_finding_is_mended(dialog, qtbot):
    changed(dialog, qtbot, lambda: dialog.elements["crs"].setChecked(False))
    row = next(i for i, one in enumerate(dialog.findings) if one.code == "no-crs")
    dialog.list.setCurrentRow(row)
    assert dialog.mend.isEnabled()
    changed(dialog, qtbot, dialog.mend_picked)
    assert dialog.elements["crs"].isChecked()
    assert "no-crs" not in {one.code for one in dialog.findings}


def test_a_layer_is_marked_and_then_refused(dialog, qtbot, tmp_path):
    changed(dialog, qtbot, lambda: dialog.set_secrecy("管控单元", "secret"))
    assert dialog._window.session.workspace.record("管控单元").secrecy == "secret"
    assert "secret-layer" in {one.code for one in dialog.findings}
    before = [one.words for one in dialog.findings]
    assert len(before) > 3
    dialog.export_to(tmp_path / "a.pdf")
    qtbot.waitUntil(lambda: dialog.findChild(object, "error_box") is not None, timeout=20_000)
    assert not (tmp_path / "a.pdf").exists()
    box = dialog.findChild(object, "error_box")
    assert "a.pdf 没有写出" in box.text()
    box.close()
    assert [one.words for one in dialog.findings] == before, "the warnings are still there"
    dialog.copy_picture()
    qtbot.waitUntil(lambda: dialog.findChild(object, "error_box") not in (None, box), timeout=20_000)
    dialog.findChild(object, "error_box").close()
    assert [one.words for one in dialog.findings] == before
    choose(dialog.secret, "omit")
    assert dialog.request().secrecy == "omit"


def test_the_drawn_extent_is_the_sheets(dialog, qtbot):
    changed(dialog, qtbot, lambda: dialog.set_extent((116.99, 29.71, 117.02, 29.73)))
    assert dialog.request().extent == (116.99, 29.71, 117.02, 29.73)
    assert "116.9900" in dialog.extent.text()


def test_a_sheet_and_an_atlas_are_written(dialog, qtbot, tmp_path):
    dialog.export_to(tmp_path / "图.svg")
    qtbot.waitUntil(lambda: (tmp_path / "图.svg").exists() and not dialog._window.work.running, timeout=20_000)
    assert (tmp_path / "图.svg").read_bytes().startswith(b"<?xml")
    dialog.findChild(object, "done_box").close()
    choose(dialog.atlas, "管控单元")
    choose(dialog.atlas_field, "code")
    assert dialog.page.maximum() == 4
    assert "ZH36040310001" in dialog.page_name.text()
    dialog.export_atlas_to(tmp_path / "单元.pdf")
    qtbot.waitUntil(lambda: len(list(tmp_path.glob("单元-ZH*.pdf"))) == 4 and not dialog._window.work.running, timeout=20_000)
    for box in dialog.findChildren(object, "done_box"):
        box.close()


def test_the_sheet_is_copied_as_a_picture(dialog, qtbot):
    board = QGuiApplication.clipboard()
    board.setText("before")
    with qtbot.waitSignal(board.dataChanged, timeout=20_000):
        qtbot.mouseClick(dialog.findChild(QPushButton, "sheet_copy"), Qt.LeftButton)
    image = board.image()
    assert image.width() / image.height() == pytest.approx(420 / 297, rel=0.001)
    assert 15_000_000 < image.width() * image.height() <= 20_010_000
    assert f"{image.width()}×{image.height()}" in dialog.told.text()


def test_a_secret_layer_is_asked_about_before_it_is_copied(dialog, qtbot, monkeypatch):
    board = QGuiApplication.clipboard()
    board.setText("before")
    asked, answers = [], [False, True]
    monkeypatch.setattr("gui.dialogs.message.ask", lambda _parent, _title, text, _yes, **_more: asked.append(text) or answers.pop(0))
    changed(dialog, qtbot, lambda: dialog.set_secrecy("管控单元", "secret"))
    copy = dialog.findChild(QPushButton, "sheet_copy")
    qtbot.mouseClick(copy, Qt.LeftButton)
    qtbot.waitUntil(lambda: dialog.findChild(QMessageBox, "error_box") is not None, timeout=20_000)
    box = dialog.findChild(QMessageBox, "error_box")  # may not stand on a sheet that is marked lower
    assert "没有复制" in box.text()
    assert "密级" in box.text()
    box.close()
    assert (board.text(), asked) == ("before", [])
    dialog.fields["classification"].setEditText("秘密")
    dialog.fields["classification"].lineEdit().editingFinished.emit()
    for count in (1, 2):
        qtbot.mouseClick(copy, Qt.LeftButton)
        qtbot.waitUntil(lambda now=count: len(asked) == now and not dialog._window.work.running, timeout=20_000)
        assert (board.text() == "before") == (count == 1)
    assert "管控单元" in asked[0]
    assert "秘密" in asked[0]
    assert not board.image().isNull()


def test_what_was_written_can_be_opened(dialog, qtbot, tmp_path, monkeypatch):
    opened = []
    monkeypatch.setattr("gui.dialogs.message.QDesktopServices.openUrl", lambda url: opened.append(url.toLocalFile()))
    choose(dialog.atlas, "管控单元")
    for export, last in ((lambda: dialog.export_to(tmp_path / "图.png"), "图.png"),
                         (lambda: dialog.export_atlas_to(tmp_path / "册.png"), "册-ZH36040320002.png")):
        export()
        qtbot.waitUntil(lambda: dialog.findChild(QMessageBox, "done_box") is not None, timeout=20_000)
        box = dialog.findChild(QMessageBox, "done_box")
        for button in box.buttons():
            if button.text() in ("打开文件", "打开文件夹"):
                button.click()
        assert sorted(opened) == sorted([str(tmp_path), str(tmp_path / last)])
        opened.clear()
        box.close()
        qtbot.waitUntil(lambda: dialog.findChild(QMessageBox, "done_box") is None, timeout=20_000)


def test_an_atlas_can_be_stopped_between_two_sheets(dialog, qtbot, tmp_path):
    choose(dialog.atlas, "管控单元")
    work = dialog._window.work
    work.progressed.connect(lambda done, _total: work.cancel() if done == 1 else None)
    said, tell = [], dialog.tell  # the preview may be drawn right afterwards, and says so in the same place
    dialog.tell = lambda text: (said.append(text), tell(text))
    dialog.export_atlas_to(tmp_path / "单元.pdf")
    qtbot.waitUntil(lambda: "已停止" in said, timeout=20_000)
    assert 1 <= len(list(tmp_path.glob("单元-*.pdf"))) < 4
    assert not list(tmp_path.glob(".*part*"))


def test_a_template_that_cannot_be_written_is_a_sentence(dialog, tmp_path, monkeypatch):
    monkeypatch.setattr("gui.dialogs.choose.target", lambda *_args: tmp_path / "a.toml")
    dialog.ask_share()
    assert (tmp_path / "a.toml").is_file()
    monkeypatch.setattr("gui.dialogs.choose.target", lambda *_args: tmp_path / "gone" / "a.toml")
    dialog.ask_share()
    box = dialog.findChild(QMessageBox, "error_box")
    assert "a.toml" in box.text()
    box.close()


def test_a_template_is_kept_in_the_workspace_and_loaded_from_a_file(dialog, qtbot, tmp_path):
    dialog.fields["producer"].setText("某局")
    dialog.fields["producer"].editingFinished.emit()
    dialog.keep("局里 的/模板")
    kept = template.of_workspace(dialog._window.session.workspace)
    assert kept["局里的模板"].fields["producer"] == "某局"
    file = tmp_path / "t.toml"
    file.write_text(template.builtin()["plain"].to_toml(), encoding="utf-8")
    dialog.load(file)
    assert dialog.state.template.id == "plain"
    assert dialog.state.template.fields["producer"] == "某局"  # who makes the map stays
    file.write_text("format = 7", encoding="utf-8")
    dialog.load(file)
    box = dialog.findChild(object, "error_box")
    assert "format" in box.text()
    box.close()


def test_it_speaks_english_when_asked(dialog, qtbot):
    from sanxian.i18n import set_language

    set_language("en")
    try:
        dialog.retranslate()
        assert dialog.export.text() == "Export…"
        assert [dialog.tabs.tabText(number) for number in range(2)] == ["Page", "Text"]
        assert dialog.findChild(QPushButton, "sheet_all").text() == dialog.extent.text() == "All"
        changed(dialog, qtbot, lambda: None)
        assert any("Missing" in one.words or "Not filled in" in one.words for one in dialog.findings)
    finally:
        set_language("zh")
        dialog.retranslate()


def test_a_small_dialog_in_english_does_not_pan_sideways(dialog, qtbot):
    from PyQt5.QtWidgets import QScrollArea

    from sanxian.i18n import set_language

    set_language("en")
    try:
        dialog.retranslate()
        dialog.resize(660, 340)
        pages = [dialog.tabs.widget(number) for number in range(dialog.tabs.count())]
        assert all(isinstance(one, QScrollArea) for one in pages)
        for number, page in enumerate(pages):
            dialog.tabs.setCurrentIndex(number)
            qtbot.waitUntil(lambda page=page: page.horizontalScrollBar().maximum() == 0, timeout=20_000)
    finally:
        set_language("zh")
        dialog.retranslate()


@pytest.mark.parametrize("size", [(660, 340), (1240, 720)])
def test_a_sheet_that_fits_the_window_is_seen_whole(dialog, qtbot, size):
    changed(dialog, qtbot, lambda: None)
    dialog.show()
    dialog.resize(*size)

    def whole():
        port, paper = dialog.area.viewport(), dialog.preview.paper_px()
        shown = port.rect()
        there = paper.translated(dialog.preview.mapTo(port, QPoint(0, 0)))
        return not paper.isEmpty() and dialog.rect().contains(QRect(port.mapTo(dialog, QPoint(0, 0)), port.size())) and (
            QRectF(shown).contains(there)) and (
            there.width() > shown.width() * 0.85 or there.height() > shown.height() * 0.85)

    qtbot.waitUntil(whole, timeout=20_000)
    assert (dialog.area.horizontalScrollBar().maximum(), dialog.area.verticalScrollBar().maximum()) == (0, 0)


def test_what_is_judged_or_changes_meanwhile_is_on_the_sheet(dialog, qtbot):
    session = dialog._window.session
    site = Site("P1", "项目", square_of(dialog), "EPSG:4548")
    changed(dialog, qtbot, lambda: session.add_sites([site]))
    source = next(one for one in dialog.sources if one.role == "project_site")
    assert list(source.frame["verdict"]) == [""]
    site.result = SimpleNamespace(verdict="permitted")
    with qtbot.waitSignal(dialog.proofed, timeout=20_000):
        session.resultsChanged.emit(["P1"])
    source = next(one for one in dialog.sources if one.role == "project_site")
    assert list(source.frame["verdict"]) == ["permitted"]
    with qtbot.waitSignal(dialog.proofed, timeout=20_000):
        session.rename_site("P1", "另一个")
    source = next(one for one in dialog.sources if one.role == "project_site")
    assert list(source.frame["verdict"]) == ["outdated"]
    layer = session.layers[0]
    layer.frame = layer.frame.copy()
    with qtbot.waitSignal(dialog.proofed, timeout=20_000):
        session.layersChanged.emit()
    assert any(one.frame is layer.frame for one in dialog.sources), "read again since another program has changed it"


def square_of(dialog):
    return next(one for one in dialog.sources if one.role == "control_unit").frame.geometry.iloc[0].buffer(-100)


@pytest.mark.parametrize("title", ["", "某区{scale}分区图"])
def test_a_template_that_is_kept_changes_no_title(dialog, qtbot, title):
    if title:
        dialog.fields["title"].setText(title)
        dialog.fields["title"].editingFinished.emit()
    printed = title or dialog.fields["title"].placeholderText()
    assert printed
    dialog.keep("模板A")
    assert dialog.fields["title"].text() == printed
    assert dialog.template.currentText() == "模板A"
    choose(dialog.template, template.DEFAULT)
    dialog.choose_template(template.DEFAULT)
    dialog.choose_template("模板A")
    assert dialog.request().template.fields["title"] == printed
    assert template.from_dict(dialog._named("乙").to_dict(), "乙").fields["title"] == printed, "in a file, too"


def test_what_begins_a_line_of_the_checks_has_one_way_of_capitals(dialog):
    i18n.set_language("en")
    try:
        dialog.show_findings([checks.Finding("x", severity, "图上没有{word}。", {"word": "比例尺"})
                              for severity in (checks.ERROR, checks.WARNING, checks.NOTE)])
        assert [dialog.list.item(row).text().split("　")[0] for row in range(3)] == ["Error", "Warning", "Note"]
    finally:
        i18n.set_language("zh")
