"""The style panel and the swipe: real widgets, clicked and typed at."""

from __future__ import annotations

import threading
from dataclasses import replace
from types import SimpleNamespace

import geopandas
import pytest
from PyQt5.QtCore import Qt
from PyQt5.QtGui import QColor
from PyQt5.QtWidgets import QColorDialog, QInputDialog, QMessageBox
from shapely import LineString, Point, box

from gui.dialogs.message import ask_style
from gui.resources.icons import swatch, verdict_icon
from gui.styling import RuleDialog, Styling
from gui.swipe import Swiping
from sanxian.mapping import make_style
from sanxian.mapping.filters import Condition, Filter
from sanxian.mapping.own_styles import from_dict
from sanxian.mapping.styles import SAFE, LayerStyle, style_for

UNITS = "示例单元"


@pytest.fixture
def frames(frames):
    units = geopandas.GeoDataFrame(
        {"fid": [1, 2, 3], "code": ["ZH36040320001", "ZH36040310001", "ZH36040310002"], "name": ["城区", "山区", "湖区"],
         "category": ["key", "priority", "priority"], "area": [5.0, 20.0, 7.5]},
        geometry=[box(0, 0, 5000, 5000), box(5000, 0, 9000, 5000), box(0, 5000, 1000, 6000)], crs="EPSG:4548")
    return {**frames, UNITS: units}


@pytest.fixture
def styling(opened):
    part = next(one for one in opened.parts if isinstance(one, Styling))
    opened.layers.select(UNITS)
    opened.actions_by_id["style_panel"].trigger()
    assert opened.docks["style"].isVisible()
    return part


@pytest.fixture
def panel(styling):
    assert styling.panel.title.text() == UNITS
    return styling.panel


def pick(combo, data):
    """Choose an entry as the keyboard does."""
    index = combo.findData(data)
    assert index >= 0, [combo.itemData(number) for number in range(combo.count())]
    combo.setCurrentIndex(index)
    combo.activated.emit(index)


def drawn(window, key=UNITS):
    """The style that the map draws a layer in."""
    return next(one for one in window.canvas.last("set_layers")[0] if one.id == key).style


def clicked(qtbot, button):
    assert button.isEnabled()
    qtbot.mouseClick(button, Qt.LeftButton)


def test_a_change_is_drawn_at_once_and_cancel_takes_it_back(opened, panel, qtbot):
    preset = style_for("control_unit")
    assert drawn(opened) == preset
    assert not panel.apply.isEnabled()
    panel.table.selectRow(1)
    qtbot.keyClick(panel.opacity, Qt.Key_Up)
    qtbot.waitUntil(lambda: drawn(opened).classes[1].fill_opacity == pytest.approx(0.46))
    assert opened.session.layer(UNITS).style is None
    assert opened.session.undo_stack.count() == 0
    clicked(qtbot, panel.cancel)
    assert drawn(opened) == preset
    assert panel.style_now == preset
    assert not panel.cancel.isEnabled()


def legend(window, key=UNITS):
    """Text, count and colour in the middle of the sign of every row of the legend."""
    item = window.layers.item(key)
    return [(item.child(row).text(0), item.child(row).text(1),
             item.child(row).icon(0).pixmap(16, 16).toImage().pixelColor(8, 8).name()) for row in range(item.childCount())]


def test_the_legend_follows_what_is_tried_out_and_goes_back(opened, panel, qtbot):
    before, sign = legend(opened), opened.layers.item(UNITS).icon(0).pixmap(16, 16).toImage()
    assert len(before) == 2
    pick(panel.kind, "graduated")
    panel.count.setValue(2)
    qtbot.waitUntil(lambda: [row[:2] for row in legend(opened)] == [("5 – 12.5", "2"), ("12.5 – 20", "1")], timeout=20_000)
    tried = legend(opened)
    pick(panel.ramp, "viridis")
    qtbot.waitUntil(lambda: [row[2] for row in legend(opened)] != [row[2] for row in tried], timeout=20_000)
    assert opened.layers.item(UNITS).icon(0).pixmap(16, 16).toImage() != sign
    assert opened.session.undo_stack.count() == 0
    opened.choose_language("en")
    assert len(legend(opened)) == 2, "another language builds the tree anew, and it is still what is tried out"
    opened.choose_language("zh")
    clicked(qtbot, panel.cancel)
    assert legend(opened) == before
    pick(panel.field, "name")
    qtbot.waitUntil(lambda: [row[0] for row in legend(opened)] == ["城区", "山区", "湖区"], timeout=20_000)
    opened.layers.select("示例红线")  # nobody leaves a layer with its style unsettled: asked there, or given up
    opened.session.remove_layer(UNITS)
    opened.session.undo_stack.undo()
    assert legend(opened) == before


def with_columns(window, **columns):
    """The units with more columns, in the window."""
    layer = window.session.layer(UNITS)
    layer.frame = layer.frame.assign(**columns)
    window.layers.select("示例红线")
    window.layers.select(UNITS)


def test_a_field_of_yes_and_no_makes_the_classes_yes_and_no(opened, panel, qtbot):
    with_columns(opened, flag=[True, False, True])
    pick(panel.kind, "categorised")
    pick(panel.field, "flag")
    qtbot.waitUntil(lambda: [row[:2] for row in legend(opened)] == [("是", "2"), ("否", "1")], timeout=20_000)
    assert [panel.table.item(row, 1).text() for row in range(3)] == ["是", "否", "其余要素"]


def test_a_class_of_several_values_shows_them_all_and_takes_others(opened, panel, qtbot):
    with_columns(opened, kind=["甲", "乙", "丙"])
    made = make_style.categorised("control_unit", "kind", ["甲", "丙"], geometry="polygon")
    panel.put(replace(made, synonyms={"乙": "丙"}))
    values = [panel.table.item(row, 1).text() for row in range(2)]
    assert values == ["丙; 乙", "甲"]
    panel.table.item(0, 1).setText("乙")
    qtbot.waitUntil(lambda: panel.style_now.classes[0].value == "乙", timeout=20_000)
    assert panel.style_now.synonyms == {}
    panel.table.item(0, 1).setText("乙；丁; 丙")
    qtbot.waitUntil(lambda: panel.style_now.synonyms == {"丁": "乙", "丙": "乙"}, timeout=20_000)
    assert panel.style_now.class_numbers(opened.session.layer(UNITS).frame).tolist() == [1, 0, 0]
    panel.table.item(1, 1).setText("丙")  # the first class has it
    qtbot.waitUntil(lambda: panel.table.item(1, 1).text() == "甲", timeout=20_000)


def test_values_that_are_codes_are_shown_and_typed_in_words_and_kept_as_codes(opened, panel, styling, qtbot, tmp_path, said):
    assert [panel.table.item(row, 1).text() for row in range(3)] == ["优先保护", "重点管控", "一般管控"]
    clicked(qtbot, panel.tools["remove"])  # of "priority"
    clicked(qtbot, panel.tools["add"])
    panel.table.item(2, 1).setText("优先保护单元")
    qtbot.waitUntil(lambda: panel.style_now.classes[2].value == "priority", timeout=20_000)
    assert panel.table.item(2, 1).text() == "优先保护"
    panel.table.item(1, 1).setText("优先保护; 一般管控")  # which another class has
    qtbot.waitUntil(lambda: panel.table.item(1, 1).text() == "一般管控", timeout=20_000)
    panel.table.selectRow(0)
    clicked(qtbot, panel.tools["remove"])  # of "key"
    panel.table.item(0, 1).setText("general；重点管控")
    qtbot.waitUntil(lambda: panel.style_now.synonyms.get("key") == "general", timeout=20_000)
    assert panel.table.item(0, 1).text() == "一般管控; 重点管控"
    assert panel.style_now.class_numbers(opened.session.layer(UNITS).frame).tolist() == [0, 1, 1]
    opened.choose_language("en")
    assert [panel.table.item(row, 1).text() for row in range(2)] == ["general control; key control", "priority protection"]
    opened.choose_language("zh")
    styling.write(tmp_path / "units.qml")
    assert 'value="priority"' in (tmp_path / "units.qml").read_text("utf-8")


def test_a_field_of_one_value_does_not_settle_the_number_of_classes(opened, panel, qtbot):
    with_columns(opened, one=[5.0, 5.0, 5.0], more=[1.0, 2.0, 9.0])
    pick(panel.kind, "graduated")
    panel.count.setValue(3)
    pick(panel.field, "one")
    assert panel.count.value() == 1
    pick(panel.field, "more")
    assert panel.count.value() == 3
    pick(panel.method, "natural")
    assert [(one.lower, one.upper) for one in panel.style_now.classes[:-1]] == [(1, 1), (1, 2), (2, 9)]


def test_the_method_that_is_shown_is_the_one_that_made_the_classes(opened, panel, qtbot):
    numbers = [1.0, 2.0, 9.0]
    with_columns(opened, more=numbers)
    for method, ends in (("quantile", make_style.breaks(numbers, 2, "quantile")), ("hand", [0.0, 4.0, 9.0]),
                         ("equal", make_style.breaks(numbers, 2, "equal"))):
        style = make_style.graduated("control_unit", "more", ends, ramp="blues", geometry="polygon")
        opened.session.set_look(UNITS, style=style, colour=None)
        opened.layers.select("示例红线")
        opened.layers.select(UNITS)
        assert panel.style_now == style
        qtbot.waitUntil(lambda wanted=method: panel.method.currentData() == wanted, timeout=20_000)
        qtbot.waitUntil(lambda: not panel._looks.asking("style_method"), timeout=20_000)
        assert panel.method.currentData() == method
        assert panel.count.value() == 2


def test_classes_begin_with_a_field_that_makes_classes(opened, panel):
    many = 300
    opened.session.layer(UNITS).frame = geopandas.GeoDataFrame(
        {"code": [f"U{i}" for i in range(many)], "note": [i % 70 for i in range(many)], "kind": [f"第{i % 3}类" for i in range(many)]},
        geometry=[box(i, 0, i + 1, 1) for i in range(many)], crs="EPSG:4548")
    pick(panel.kind, "single")
    pick(panel.kind, "categorised")
    assert panel.kind.currentData() == "categorised"
    assert panel.field.currentData() == "kind"
    assert panel.field.isVisible()
    assert panel.table.rowCount() == 4


@pytest.fixture
def elsewhere(monkeypatch):
    """Every layer counts as long: in which threads values and filters are gone through, and a gate that they wait at."""
    seen, gate = [], threading.Event()
    gate.set()
    for name in ("gui.passing.AT_ONCE", "gui.panels.style.AT_ONCE"):
        monkeypatch.setattr(name, 0)

    def noted(real):
        def call(*args, **options):
            assert gate.wait(10)
            seen.append(threading.current_thread() is threading.main_thread())
            return real(*args, **options)
        return call

    for name in ("categorised", "breaks"):
        monkeypatch.setattr(make_style, name, noted(getattr(make_style, name)))
    monkeypatch.setattr(LayerStyle, "class_numbers", noted(LayerStyle.class_numbers))
    monkeypatch.setattr(Filter, "rows", noted(Filter.rows))
    return SimpleNamespace(seen=seen, gate=gate)


def test_what_takes_long_to_count_is_shown_without_numbers_until_it_is_counted(opened, panel, elsewhere, qtbot):
    elsewhere.gate.clear()
    pick(panel.kind, "rules")
    qtbot.waitUntil(lambda: [row[1] for row in legend(opened)] == [""] * panel.table.rowCount(), timeout=20_000)
    elsewhere.gate.set()
    qtbot.waitUntil(lambda: sum(int(row[1] or 0) for row in legend(opened)) == 3, timeout=20_000)
    counted = len(elsewhere.seen)
    panel.opacity.setValue(31)
    clicked(qtbot, panel.apply)
    assert sum(int(row[1]) for row in legend(opened)) == 3, "another look of a class is no other class"
    assert len(elsewhere.seen) == counted
    assert not any(elsewhere.seen), "never in the window's thread"


def test_classes_of_a_long_layer_are_made_beside_the_window(opened, panel, elsewhere, qtbot):
    elsewhere.gate.clear()
    pick(panel.kind, "single")
    pick(panel.kind, "graduated")
    assert panel.told.isVisible()
    assert panel.style_now.kind == "single"
    pick(panel.kind, "categorised")
    elsewhere.gate.set()
    qtbot.waitUntil(lambda: panel.style_now.kind == "categorised", timeout=20_000)
    assert not panel.told.isVisible()
    assert not any(elsewhere.seen)
    elsewhere.gate.clear()
    pick(panel.kind, "graduated")
    panel.give_up()
    elsewhere.gate.set()
    qtbot.waitUntil(lambda: not opened.looks.asking("style_classes") and not opened.looks._worker.busy, timeout=20_000)
    qtbot.wait(20)
    assert panel.style_now.kind != "graduated", "what was given up does not come back"


def test_a_filter_of_a_long_layer_is_looked_up_once_and_beside_the_window(opened, elsewhere, qtbot):
    shown = lambda: [len(one.frame) for one in opened.canvas.last("set_layers")[0] if one.id == UNITS]  # noqa: E731
    whole = len(opened.session.layer(UNITS).frame)
    where = Filter((Condition("code", "is", str(opened.session.layer(UNITS).frame["code"].iloc[0])),))
    elsewhere.gate.clear()
    opened.session.set_look(UNITS, filter=where)
    assert shown() == [whole]
    assert opened.layers.item(UNITS).text(1) == f"… / {whole}"
    elsewhere.gate.set()
    qtbot.waitUntil(lambda: shown() == [1], timeout=20_000)
    assert opened.layers.item(UNITS).text(1) == f"1 / {whole}"
    assert not any(elsewhere.seen)
    opened.session.undo_stack.undo()
    assert shown() == [whole]
    opened.session.undo_stack.redo()
    qtbot.waitUntil(lambda: shown() == [1], timeout=20_000)


def test_what_is_applied_is_one_step_with_legend_and_is_kept_in_the_file(opened, panel, qtbot, engine):
    pick(panel.kind, "graduated")
    assert panel.field.currentData() == "area", "the only field of numbers"
    panel.count.setValue(2)
    pick(panel.ramp, "viridis")
    assert panel.table.rowCount() == 3
    clicked(qtbot, panel.apply)
    session = opened.session
    assert session.undo_stack.count() == 1
    assert "样式" in session.undo_stack.undoText()
    item = opened.layers.item(UNITS)
    assert [(item.child(row).text(0), item.child(row).text(1)) for row in range(item.childCount())] == [("5 – 12.5", "2"), ("12.5 – 20", "1")]
    own = session.layer(UNITS).style
    assert own.kind == "graduated"
    assert drawn(opened) == own
    opened.do("save")
    qtbot.waitUntil(lambda: not opened.work.running and not session.dirty, timeout=20_000)
    assert from_dict(engine.workspace.kept["styles"][UNITS]) == own
    opened.do("undo")
    assert session.layer(UNITS).style is None
    assert drawn(opened) == style_for("control_unit") == panel.style_now
    opened.do("redo")
    assert drawn(opened) == own
    session.open(engine.workspace)
    assert session.layer(UNITS).style == own


def test_an_applied_preset_is_no_style_of_ones_own(opened, panel, qtbot):
    opened.session.set_look(UNITS, colour="#123456")
    pick(panel.preset, SAFE)
    clicked(qtbot, panel.apply)
    assert opened.session.layer(UNITS).style == style_for("control_unit", palette=SAFE)
    assert opened.session.layer(UNITS).colour is None
    opened.session.undo_stack.undo()
    assert opened.session.layer(UNITS).colour == "#123456", "colour and style are one step"
    opened.session.undo_stack.redo()
    pick(panel.preset, "official")
    clicked(qtbot, panel.apply)
    assert opened.session.layer(UNITS).style is None


def test_values_numbers_and_rules_by_hand(opened, panel, styling, qtbot):
    pick(panel.field, "name")
    assert [panel.table.item(row, 1).text() for row in range(4)] == ["城区", "山区", "湖区", "其余要素"]
    panel.table.item(0, 0).setText("城里")
    qtbot.waitUntil(lambda: panel.style_now.classes[0].zh == "城里", timeout=20_000)
    panel.table.item(1, 0).setCheckState(Qt.Unchecked)
    qtbot.waitUntil(lambda: not panel.style_now.classes[1].shown, timeout=20_000)
    panel.table.selectRow(2)
    clicked(qtbot, panel.tools["remove"])
    assert [one.value for one in panel.style_now.classes] == ["城区", "山区", None]
    clicked(qtbot, panel.tools["add"])
    panel.table.item(2, 1).setText("湖区")
    qtbot.waitUntil(lambda: panel.style_now.classes[2].value == "湖区", timeout=20_000)
    clicked(qtbot, panel.tools["up"])
    assert [one.value for one in panel.style_now.classes] == ["城区", "湖区", "山区", None]

    pick(panel.kind, "graduated")
    panel.count.setValue(3)
    panel.table.item(0, 1).setText("6")
    qtbot.waitUntil(lambda: panel.style_now.classes[0].upper == 6.0, timeout=20_000)
    assert panel.style_now.classes[1].lower == 6.0, "the next class still touches it"
    assert panel.method.currentData() == "hand"
    panel.table.item(0, 1).setText("多")
    assert "不是范围" in panel.told.text()
    assert panel.style_now.classes[0].upper == 6.0

    pick(panel.kind, "rules")
    assert panel.table.item(0, 1).text() == "还没有条件"
    clicked(qtbot, panel.tools["where"])
    (dialog,) = opened.findChildren(RuleDialog)
    field, operator, value, _gone = dialog.lines[0]
    field.setCurrentIndex(field.findData("area"))
    operator.setCurrentIndex(operator.findData("at-least"))
    value.setEditText("7.5")
    assert "2 / 3" in dialog.count.text()
    clicked(qtbot, dialog.buttons.button(dialog.buttons.Ok))
    assert panel.style_now.classes[0].where == Filter((Condition("area", "at-least", "7.5"),))
    assert "不小于 7.5" in panel.table.item(0, 1).text()
    assert panel.style_now.class_numbers(opened.session.layer(UNITS).frame).tolist() == [1, 0, 0]
    clicked(qtbot, panel.apply)
    assert opened.layers.item(UNITS).child(0).text(1) == "2"
    assert opened.session.layer(UNITS).filter is None, "a rule hides nothing"


def test_symbols_scales_and_labels(opened, panel, monkeypatch, qtbot):
    monkeypatch.setattr(QColorDialog, "getColor", lambda *_args: QColor("#010203"))
    panel.table.selectRow(0)
    clicked(qtbot, panel.fill)
    clicked(qtbot, panel.outline)
    pick(panel.hatch, "cross")
    panel.width.setValue(3.5)
    panel.dash.setEditText("4 1.5")
    panel.dash.lineEdit().editingFinished.emit()
    first = panel.style_now.classes[0]
    assert (first.fill, first.outline, first.hatch, first.outline_width, first.dash) == ("#010203", "#010203", "cross", 3.5, (4.0, 1.5))
    panel.dash.setEditText("abc")
    panel.dash.lineEdit().editingFinished.emit()
    assert panel.style_now.classes[0].dash == (4.0, 1.5)
    panel.scales[1].setValue(100_000)
    panel.label_scales[0].setValue(5_000)
    pick(panel.label_field, "code")
    style = panel.style_now
    assert (style.scales, style.label_scales, style.label_field) == ((0.0, 100_000.0), (5_000.0, 0.0), "code")
    qtbot.keyClick(panel.labels, Qt.Key_Space)
    assert panel.style_now.labels is False
    assert not panel.label_field.isEnabled()
    assert panel.style_now.classes[1] == style_for("control_unit").classes[1], "only the selected class"


def test_several_classes_are_changed_together(panel):
    panel.table.selectAll()
    panel.width.setValue(2.2)
    assert {one.outline_width for one in panel.style_now.classes} == {2.2}


def test_ones_own_preset_is_kept_for_other_layers(opened, panel, monkeypatch, qtbot):
    panel.table.selectAll()
    panel.width.setValue(5.0)
    monkeypatch.setattr(QInputDialog, "getText", lambda *_args, **_more: ("粗线", True))
    clicked(qtbot, panel.keep)
    panel.give_up()
    opened.layers.select("示例红线")
    pick(panel.preset, "own:粗线")
    assert (panel.style_now.role, panel.style_now.classes[0].outline_width) == ("ecological_redline", 5.0)
    opened.settings.style_presets = {"坏": {"classes": 3}}
    panel.give_up()
    panel.retranslate()
    pick(panel.preset, "own:坏")
    assert "样式数据" in panel.told.text()


def test_another_layer_waits_until_the_change_is_settled(opened, panel, qtbot):
    panel.table.selectRow(0)
    panel.width.setValue(5.0)
    opened.layers.select("示例红线")
    assert panel.title.text() == UNITS
    assert panel.pending
    clicked(qtbot, panel.apply)
    assert opened.session.layer(UNITS).style.classes[0].outline_width == 5.0
    assert panel.title.text() == "示例红线"
    panel.table.selectRow(0)
    panel.width.setValue(4.0)
    opened.session.remove_layer("示例红线")
    assert not panel.pending


def test_files_out_and_in(opened, panel, styling, qtbot, tmp_path, said):
    panel.table.selectRow(0)
    panel.width.setValue(5.0)
    path = tmp_path / "单元.qml"
    styling.write(path)
    panel.give_up()
    styling.read(path)
    assert panel.style_now.classes[0].outline_width == 5.0
    assert "尚未应用" in panel.told.text()
    assert "字体" in panel.told.text()
    assert opened.session.layer(UNITS).style is None
    panel.give_up()
    styling.write(path)
    styling.read(path)
    assert "与图层现在的样式相同" in panel.told.text()
    assert not panel.apply.isEnabled()
    path.write_text(path.read_text("utf-8").replace('value="priority"', 'value="优先保护单元"'), encoding="utf-8")
    styling.read(path)
    assert "优先保护单元 → priority" in panel.told.text()
    assert not panel.pending, "the layer holds the code"
    (tmp_path / "坏.sld").write_text("<x", encoding="utf-8")
    styling.read(tmp_path / "坏.sld")
    assert "XML" in said[-1].text()


def test_the_state_of_outlets_goes_out_as_what_gives_it(opened, panel, styling, qtbot, tmp_path, said, monkeypatch):
    state = "CASE WHEN FALSE THEN 'no_need' WHEN TRUE THEN CASE WHEN FALSE THEN 'closed' ELSE 'done' END ELSE '' END"
    threads = []
    monkeypatch.setattr("gui.styling._derived", lambda _file, _name: threads.append(threading.current_thread()) or state)
    panel.put(style_for("discharge_outlet"))
    styling.write(tmp_path / "a.qml")
    qtbot.waitUntil((tmp_path / "a.qml").exists, timeout=20_000)
    assert threads[0] is not threading.main_thread()
    assert state in (tmp_path / "a.qml").read_text(encoding="utf-8")
    qtbot.waitUntil(lambda: not panel.told.text(), timeout=20_000)
    styling.write(tmp_path / "a.sld")
    assert "work_state" in panel.told.text()


def test_the_menu_asks_for_files(opened, panel, monkeypatch, tmp_path, said):
    path = tmp_path / "红线"
    monkeypatch.setattr("gui.dialogs.choose.target", lambda *_args, **_kw: path.with_suffix(".sld"))
    opened.layers.select("示例红线")
    opened.actions_by_id["style_export"].trigger()
    text = path.with_suffix(".sld").read_text(encoding="utf-8")
    assert "#d7191c" in text
    path.with_suffix(".sld").write_text(text.replace("#d7191c", "#0000aa"), encoding="utf-8")
    monkeypatch.setattr("gui.dialogs.choose.file", lambda *_args, **_kw: path.with_suffix(".sld"))
    opened.actions_by_id["style_import"].trigger()
    assert panel.style_now.classes[0].outline == "#0000aa"
    monkeypatch.setattr("gui.dialogs.choose.file", lambda *_args, **_kw: None)
    opened.actions_by_id["style_import"].trigger()


def test_the_panel_speaks_both_languages_and_has_help(opened, panel):
    from gui.help import page_of

    opened.choose_language("en")
    assert panel.kind.currentText() == "Values"
    assert panel.table.item(0, 0).text() == "Priority protection unit"
    assert panel.scales[0].text() == "No limit"
    assert page_of(panel.width) == "StylePanel"
    for widget in (panel.kind, panel.fill, panel.table, panel.scales[0], *panel.tools.values()):
        assert widget.accessibleName()


def test_styles_survive_a_crash(opened, panel, qtbot):
    panel.table.selectRow(0)
    panel.width.setValue(5.0)
    clicked(qtbot, panel.apply)
    state = opened.session.window_state()
    style = opened.session.layer(UNITS).style
    opened.session.undo_stack.undo()
    opened.session.recover([], state, [], [])
    assert opened.session.layer(UNITS).style == style


# ------------------------------------------------------------------------------------------------------------- comparing


def swiping(window):
    return next(one for one in window.parts if isinstance(one, Swiping))


def test_the_divider_is_moved_with_keys_and_mouse_and_esc_ends(opened, qtbot):
    opened.layers.select(UNITS)
    action = opened.actions_by_id["swipe"]
    action.trigger()
    divider = swiping(opened).divider
    assert action.isChecked()
    assert divider.hasFocus()
    assert opened.canvas.last("set_swipe") == ([UNITS], [], 0.5)
    qtbot.keyClick(divider, Qt.Key_Right)
    assert opened.canvas.last("set_swipe")[2] == pytest.approx(0.52)
    qtbot.keyClick(divider, Qt.Key_Left, Qt.ShiftModifier)
    assert opened.canvas.last("set_swipe")[2] == pytest.approx(0.518)
    qtbot.keyClick(divider, Qt.Key_End)
    assert divider.share == 1.0
    qtbot.keyClick(divider, Qt.Key_Home)
    qtbot.mousePress(divider, Qt.LeftButton, pos=divider.rect().center())
    qtbot.mouseMove(divider, divider.rect().center() + divider.mapFromParent(divider.parentWidget().rect().center()))
    qtbot.mouseRelease(divider, Qt.LeftButton)
    assert divider.accessibleDescription().endswith("%")
    qtbot.keyClick(divider, Qt.Key_Escape)
    assert swiping(opened).divider is None
    assert not action.isChecked()
    assert opened.canvas.last("set_swipe") == ()


def test_esc_on_the_map_ends_the_comparison_too(opened):
    opened.layers.select(UNITS)
    opened.do("swipe")
    opened.canvas.escaped.emit()
    assert swiping(opened).divider is None
    opened.canvas.escaped.emit()  # nobody hears it any more
    opened.do("swipe")
    assert swiping(opened).divider is not None


def test_versions_stand_on_either_side_and_a_removed_layer_ends_it(opened):
    old, new = opened.session.layer(UNITS), opened.session.layer("示例红线")
    for layer, current in ((old, False), (new, True)):
        layer.record.family, layer.record.current = "单元", current
    opened.layers.select(UNITS)
    opened.do("swipe")
    assert opened.canvas.last("set_swipe") == ([UNITS], ["示例红线"], 0.5)
    opened.session.remove_layer(UNITS)
    assert swiping(opened).divider is None


def test_the_same_action_ends_it_and_another_layer_takes_over(opened):
    opened.layers.select(UNITS)
    opened.do("swipe")
    opened.layers.select("示例红线")
    opened.do("swipe")
    assert swiping(opened).key == "示例红线"
    opened.do("swipe")
    assert swiping(opened).divider is None


def test_a_layer_that_its_scale_limits_hide_is_told_in_the_tree_and_the_status_bar(opened, qtbot):
    window, layers, status = opened, opened.layers, opened.status
    window.session.set_look(UNITS, style=replace(style_for("control_unit"), scales=(10_000.0, 20_000.0)))
    window.canvas.viewChanged.emit(15_000.0, (0, 0, 1, 1))
    row = layers.item(UNITS)
    assert row.text(0) == UNITS
    assert not status.unseen.isVisible()

    def rows():
        return layers.item(UNITS).child(0).text(0)

    window.canvas.viewChanged.emit(50_000.0, (0, 0, 1, 1))
    assert rows() == "1:10,000–1:20,000 才显示"
    assert "1:10,000–1:20,000 才显示" in layers.item(UNITS).toolTip(0)
    assert layers.item(UNITS).isExpanded()
    assert layers.item(UNITS).child(0).isFirstColumnSpanned()  # there is room for all of it
    assert not layers.item(UNITS).icon(1).isNull()
    assert status.unseen.isVisible()
    assert status.unseen.text() == "1 个图层此比例尺不显示"
    assert UNITS in status.unseen.toolTip()
    layers.select(next(one.key for one in window.session.layers if one.key != UNITS))
    clicked(qtbot, status.unseen)
    assert layers.current_key() == UNITS
    window.session.set_look(UNITS, visible=False)  # who switched it off knows why it is not there
    assert "才显示" not in rows()
    assert not status.unseen.isVisible()
    window.session.set_look(UNITS, visible=True)
    assert status.unseen.isVisible()
    window.session.set_look(UNITS, style=None)
    assert "才显示" not in rows()
    assert not status.unseen.isVisible()


def test_layers_that_a_filter_thins_out_are_told_in_the_status_bar(opened):
    opened.session.set_look(UNITS, filter=Filter((Condition("category", "is", "key"),)))
    assert opened.status.unseen.text() == "1 个图层已筛选"
    opened.session.set_look(UNITS, filter=None)
    assert not opened.status.unseen.isVisible()


@pytest.mark.parametrize(("shape", "kind"), [(LineString([(0, 0), (9, 9)]), "line"), (Point(1, 1), "point"), (box(0, 0, 1, 1), "polygon")])
def test_the_sign_of_a_reference_layer_is_that_of_its_geometry(opened, shape, kind):
    from gui.panels.style import geometry_of_layer

    layer = opened.session.layer(UNITS)
    layer.role, layer.frame = "reference", geopandas.GeoDataFrame({}, geometry=[shape], crs="EPSG:4548")
    assert geometry_of_layer(layer) == kind
    opened.layers.update_layer(UNITS)
    symbol = style_for("reference").classes[0]
    signs = {one: swatch(symbol, geometry=one).pixmap(16).toImage() for one in ("line", "point", "polygon")}
    shown = opened.layers.item(UNITS).icon(0).pixmap(16).toImage()
    assert [one for one, image in signs.items() if image == shown] == [kind]


@pytest.mark.parametrize("kind", ["categorised", "graduated", "rules"])
def test_lines_among_points_are_drawn_in_the_colours_of_their_classes(opened, styling, kind):
    layer = opened.session.layer(UNITS)
    layer.record.geometry_type = "GEOMETRY"
    layer.role, layer.frame = "reference", geopandas.GeoDataFrame(
        {"name": ["点", "线"], "area": [1.0, 2.0]}, geometry=[Point(1, 1), LineString([(0, 0), (9, 9)])], crs="EPSG:4548")
    styling.panel.show_layer(layer, style_for("reference"))
    pick(styling.panel.kind, kind)
    classes = styling.panel.style_now.classes
    assert len(classes) > 1
    assert [one.outline for one in classes[:-1]] == [one.fill for one in classes[:-1]]
    assert classes[-1].outline != "#ffffff"
    if kind == "graduated":
        return
    layer.frame = layer.frame.iloc[:1]
    styling.panel.show_layer(layer, style_for("reference"))
    pick(styling.panel.kind, kind)
    assert styling.panel.style_now.classes[0].outline == "#ffffff", "points alone keep the rim that sets them apart"


@pytest.mark.parametrize("sign", [
    lambda: swatch(style_for("ecological_redline").classes[0]), lambda: swatch(style_for("outlet").classes[0]), lambda: verdict_icon("prohibited"),
])
def test_signs_are_drawn_anew_for_a_screen_of_200_percent(qtbot, sign):
    """Stretched from 16 pixels, four neighbours would be as one everywhere."""
    image = sign().pixmap(32, 32).toImage()
    assert image.width() == 32
    stretched = image.scaled(16, 16).scaled(32, 32)
    assert image != stretched


@pytest.mark.parametrize(("answer", "kept"), [("apply", True), ("leave", False), ("cancel", False)])
def test_leaving_asks_about_a_style_that_is_only_tried_out(opened, panel, qtbot, monkeypatch, answer, kept):
    asked = []
    monkeypatch.setattr("gui.dialogs.message.ask_style", lambda _parent, layer, *, leaving: asked.append((layer, leaving)) or answer)
    monkeypatch.setattr("gui.files.message.ask_save", lambda *_args: "save")
    panel.table.selectRow(1)
    qtbot.keyClick(panel.opacity, Qt.Key_Up)
    assert panel.pending
    written = []
    opened.files.saved.connect(lambda: written.append(opened.session.layer(UNITS).style is not None))
    assert opened.files.may_leave() is (answer != "cancel")
    assert asked == [(UNITS, True)]
    assert panel.pending is (answer == "cancel")
    assert written == ([True] if kept else [])
    panel.give_up()


@pytest.mark.parametrize("answer", ["apply", "leave", "cancel"])
def test_saving_asks_about_a_style_that_is_only_tried_out(opened, panel, qtbot, monkeypatch, answer):
    asked, written = [], []
    monkeypatch.setattr("gui.dialogs.message.ask_style", lambda _parent, layer, *, leaving: asked.append((layer, leaving)) or answer)
    opened.files.saved.connect(lambda: written.append(True))
    panel.table.selectRow(1)
    qtbot.keyClick(panel.opacity, Qt.Key_Up)
    opened.actions_by_id["save"].trigger()
    assert asked == [(UNITS, False)]
    assert written == ([] if answer == "cancel" else [True])
    assert panel.pending is (answer != "apply"), "it stays on trial"
    assert (opened.session.layer(UNITS).style is not None) is (answer == "apply")
    panel.give_up()
    opened.actions_by_id["save"].trigger()
    assert len(asked) == 1, "there is nothing to ask any more"


@pytest.mark.parametrize(("leaving", "labels"), [(True, ["应用", "不要这个样式", "取消"]), (False, ["应用", "先不应用", "取消"])])
def test_the_question_about_a_style_names_the_layer_and_what_each_answer_does(opened, qtbot, monkeypatch, leaving, labels):
    seen = []

    def run(box):
        seen.append((box.text(), sorted(button.text() for button in box.buttons()), box.defaultButton().text()))
        box.escapeButton().click()

    monkeypatch.setattr(QMessageBox, "exec_", run)
    assert ask_style(opened, UNITS, leaving=leaving) == "cancel"
    assert seen == [(f"图层“{UNITS}”正在试用的样式还没有应用，不会保存。", sorted(labels), "应用")]


def test_conditions_say_codes_in_words():
    from gui.panels.style import filter_words
    from sanxian.mapping.filters import Condition, Filter

    where = Filter((Condition("category", "is", "priority; key"), Condition("name", "is", "priority"), Condition("category", "contains", "pri")), False)
    assert filter_words(where, str, "control_unit") == "category 等于 优先保护; 重点管控；name 等于 priority；category 包含 pri"
    assert filter_words(Filter((Condition("chemical", "is", "true"),), False), str, "industrial_park") == "chemical 等于 是"


def test_conditions_of_a_rule_that_are_left_open_follow_what_becomes_of_the_layer(opened, panel, qtbot):
    """They were of a copy of the layer: new columns and values were neither offered nor counted."""
    session, layer = opened.session, opened.session.layer(UNITS)
    pick(panel.kind, "rules")
    dialog = next(one for one in opened.parts if isinstance(one, Styling)).ask_rule(0)
    field, operator, value, _gone = dialog.lines[0]
    qtbot.waitUntil(dialog.isVisible)
    frame = layer.frame.copy()
    frame["new"] = ["甲", "乙", "乙"]
    layer.frame = None
    session.layersChanged.emit()
    assert not dialog.buttons.button(dialog.buttons.Ok).isEnabled()
    layer.frame = frame
    session.layersChanged.emit()
    field.setCurrentIndex(field.findData("new"))
    assert [value.itemText(row) for row in range(value.count())] == ["甲", "乙"]
    operator.setCurrentIndex(operator.findData("is"))
    value.setEditText("乙")
    assert "2 / 3" in dialog.count.text()
    clicked(qtbot, dialog.buttons.button(dialog.buttons.Ok))
    assert panel.style_now.classes[0].where == Filter((Condition("new", "is", "乙"),))
    dialog = next(one for one in opened.parts if isinstance(one, Styling)).ask_rule(0)
    gone = []
    dialog.rejected.connect(lambda: gone.append(True))
    qtbot.waitUntil(dialog.isVisible)
    session.remove_layer(UNITS)
    assert gone
