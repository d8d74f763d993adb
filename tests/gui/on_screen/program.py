"""The program as a person starts it, told on standard input to say on standard output what stands where on the screen.

One line in, one line of JSON out. Nothing is pressed or changed from here: hands and eyes are the X server's.
"""

from __future__ import annotations

import json
import os
import runpy
import sys
import threading
import time
import traceback

answers = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8")  # the program's own prints must not come between
os.dup2(sys.stderr.fileno(), sys.stdout.fileno())


def seen() -> dict:
    """Every widget in view, with its words and its place in pixels of the screen."""
    from PyQt5 import QtWidgets as w
    from PyQt5.QtCore import QRect, Qt
    from PyQt5.QtWidgets import QApplication

    found: list[dict] = []

    def add(widget: w.QWidget, rect: QRect, text: str, **more: object) -> None:
        top, ratio = widget.mapToGlobal(rect.topLeft()), widget.devicePixelRatioF()
        found.append({"class": type(widget).__name__, "name": widget.objectName(), "text": text, "on": widget.isEnabled(),
                      "box": [round(v * ratio) for v in (top.x(), top.y(), rect.width(), rect.height())], **more})

    for widget in QApplication.allWidgets():
        ground = widget.viewport() if isinstance(widget, w.QAbstractScrollArea) else widget  # it hides the widget itself
        if not widget.isVisible() or ground.visibleRegion().isEmpty():
            continue
        text = ""
        for reader in ("text", "toPlainText", "currentText", "windowTitle"):
            if callable(getattr(widget, reader, None)) and (text := getattr(widget, reader)() or ""):
                break
        add(widget, widget.rect(), text, said=widget.accessibleName())
        if isinstance(widget, (w.QMenu, w.QMenuBar)):
            for action in widget.actions():
                if action.isVisible() and not action.isSeparator():
                    add(widget, widget.actionGeometry(action), action.text(), part="action", usable=action.isEnabled(),
                        checked=action.isChecked())
        elif isinstance(widget, w.QTabBar):
            for i in range(widget.count()):
                add(widget, widget.tabRect(i), widget.tabText(i), part="tab")
        elif isinstance(widget, w.QHeaderView) and widget.model() is not None:
            for i in range(widget.count()):
                if not widget.isSectionHidden(i):
                    near, size = widget.sectionViewportPosition(i), widget.sectionSize(i)
                    lies = widget.orientation() == Qt.Horizontal
                    rect = QRect(near, 0, size, widget.height()) if lies else QRect(0, near, widget.width(), size)
                    words = widget.model().headerData(i, widget.orientation())
                    add(widget.viewport(), rect, str(words), part="header" if lies else "line", of=widget.parent().objectName())
        elif isinstance(widget, w.QAbstractItemView) and widget.model() is not None:
            step, area, before = max(1, widget.fontMetrics().height() // 2), widget.viewport().rect(), None
            for y in range(0, area.height(), step):
                index = widget.indexAt(area.topLeft() + type(area.topLeft())(40, y))
                if not index.isValid() or index == before:
                    continue
                before = index
                columns = widget.model().columnCount(index.parent()) if isinstance(widget, (w.QTableView, w.QTreeView)) else 1
                cells = [index.siblingAtColumn(c).data() for c in range(columns)]
                add(widget.viewport(), widget.visualRect(index), str(cells[0] or ""), part="row", of=widget.objectName(),
                    cells=[str(one) if one is not None else "" for one in cells])
    active = QApplication.activeWindow()
    held = QApplication.focusWidget()
    return {"widgets": found, "active": active.windowTitle() if active else "",
            "focus": f"{type(held).__name__} {held.objectName()}" if held is not None else ""}


def listen() -> None:
    """Wait for the application, then hand every question to its thread."""
    from PyQt5.QtCore import QObject, pyqtSignal
    from PyQt5.QtWidgets import QApplication

    class Ear(QObject):
        asked = pyqtSignal()

        def answer(self) -> None:
            try:
                words = json.dumps(seen(), ensure_ascii=False)
            except Exception:  # noqa: BLE001 - whoever asks waits for an answer
                words = json.dumps({"failed": traceback.format_exc()})
            answers.write(words + "\n")
            answers.flush()

    while QApplication.instance() is None:
        time.sleep(0.05)
    ear = Ear()
    ear.moveToThread(QApplication.instance().thread())
    ear.asked.connect(ear.answer)
    for _line in sys.stdin:
        ear.asked.emit()


if __name__ == "__main__":
    import PyQt5.QtCore  # noqa: F401 - by this thread first: Qt takes it for the one of the application
    threading.Thread(target=listen, daemon=True).start()
    runpy.run_module("gui", run_name="__main__", alter_sys=True)
