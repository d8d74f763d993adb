"""The whole of it, nothing made up but the district: the real engine, the real canvas, the demo workspace."""

from __future__ import annotations

import pytest
from PyQt5.QtCore import Qt

pytestmark = [pytest.mark.timeout(300), pytest.mark.qt_log_ignore("This plugin does not support ", extend=True)]


@pytest.fixture
def window(begin, said):
    return begin()


def test_open_the_demo_judge_a_project_read_why_and_save(qtbot, window, said):
    qtbot.mouseClick(window.welcome.buttons["demo"], Qt.LeftButton)
    qtbot.waitUntil(lambda: window.session.workspace is not None and not window.work.running, timeout=120_000)
    assert said == []
    assert len(window.session.layers) > 20
    assert all(layer.frame is not None or layer.raster is not None for layer in window.session.layers)
    assert not window.session.dirty, "the demo comes with its projects"
    assert window.canvas.wait_idle(30_000)
    assert window.focusWidget() is window.canvas, "no key is to change the day"
    assert window.minimumSizeHint().width() <= 1366 // 2, "at 200 %"
    assert window.minimumSizeHint().height() <= 768
    window.status.set_unseen(["层"], ["别的层"])
    window.status.set_running("读取以前的研判结果，和正在做的别的很长的事情")
    qtbot.wait(50)
    assert window.minimumSizeHint().width() <= 1366 // 2 - 16, "at 200 %, within a frame, and with a task"
    window.status.set_running("")
    window.status.set_unseen([], [])

    told = []
    highlight = window.canvas.highlight
    window.canvas.highlight = lambda *args, **more: (told.append(args), highlight(*args, **more))
    site = next(one for one in window.session.sites if "排污口" in one.name)
    window.session.set_current(site.id)
    window.actions_by_id["judge"].trigger()
    qtbot.waitUntil(lambda: site.result is not None and not window.work.running, timeout=120_000)
    assert said == []
    assert window.verdict.word.text() != ""
    shown = window.verdict.outcome_items()
    assert shown
    with_evidence = [item for item in shown if item.data(0, Qt.UserRole).evidence]
    told.clear()
    window.verdict.tree.setCurrentItem(shown[-1])
    window.verdict.tree.setCurrentItem(with_evidence[0])
    geometries = told[-1][0]
    assert geometries
    assert all(not one.is_empty for one in geometries)

    window.session.set_attribute(site.id, "is_two_high", None)
    window.session.set_attribute(site.id, "is_two_high", True)
    assert window.files.save()
    path, count = window.session.path, len(window.session.sites)
    before = {one.id: (dict(one.attributes), one.geometry) for one in window.session.sites}
    window.files.open(path)
    qtbot.waitUntil(lambda: window.session.workspace is not None and not window.work.running, timeout=60_000)
    assert said == []
    assert len(window.session.sites) == count
    for one in window.session.sites:
        assert one.attributes == before[one.id][0]
        assert one.geometry.equals_exact(before[one.id][1], 1e-9)

    copy = path.with_name("copy.gpkg")
    keys = [layer.key for layer in window.session.layers]
    window.session.remove_layer(keys[0])
    window.rename_layer(keys[1], "另一个名字")
    window.files.save_as(copy)
    assert said == []
    assert window.session.path == copy
    assert not window.session.dirty
    names = [record.name for record in window.session.workspace.layers()]
    assert keys[0] not in names
    assert "另一个名字" in names

    window.session.set_current(site.id)
    window.actions_by_id["judge"].trigger()
    qtbot.waitUntil(lambda: window.session.current.result is not None and not window.work.running, timeout=120_000)
    for suffix in (".json", ".html", ".xlsx", ".docx"):
        report = path.with_name(f"report{suffix}")
        window.files.export(report)
        qtbot.waitUntil(lambda: not window.work.running, timeout=120_000)
        assert report.stat().st_size > 1000, suffix
    assert [box.objectName() for box in said] == ["done_box"] * 4
