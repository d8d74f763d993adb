"""Telling people what went wrong, and asking before something is lost."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from PyQt5.QtCore import Qt, QTimer, QUrl
from PyQt5.QtGui import QDesktopServices, QKeyEvent
from PyQt5.QtWidgets import QApplication, QMessageBox, QProgressDialog, QPushButton, QWidget

from sanxian.i18n import _


def _box(parent: QWidget | None, sign: QMessageBox.Icon, title: str, text: str) -> QMessageBox:
    box = QMessageBox(sign, title, text, QMessageBox.NoButton, parent)
    box.setTextFormat(Qt.PlainText)
    box.setTextInteractionFlags(Qt.TextSelectableByMouse)
    box.setAttribute(Qt.WA_DeleteOnClose)
    return box


def tell_error(parent: QWidget | None, text: str, more: str = "") -> QMessageBox:
    """One clear sentence in one dialog; does not wait for the answer."""
    box = _box(parent, QMessageBox.Warning, _("不能完成"), text)
    box.setObjectName("error_box")
    if more:
        box.setInformativeText(more)
    box.addButton(_("知道了"), QMessageBox.AcceptRole)
    box.open()
    return box


def tell_crash(parent: QWidget | None, error: BaseException, report: Path | None) -> QMessageBox:
    """Something nobody thought of: what it was, where the report lies, and that nothing is lost.

    One box at a time: what goes wrong while it is there is counted in it, for boxes that pile up do not hear the keyboard.
    """
    for there in (QApplication.topLevelWidgets() if parent is None else parent.findChildren(QMessageBox, "crash_box")):
        if isinstance(there, QMessageBox) and there.objectName() == "crash_box" and there.isVisible():
            count = (there.property("further") or 0) + 1
            there.setProperty("further", count)
            first = there.property("said")
            there.setInformativeText(first + "\n" + _("此后又出错 {count} 次，报告在同一个文件夹里。").format(count=count))
            return there
    box = _box(parent, QMessageBox.Critical, _("程序出错"), _("程序遇到意外错误，已打开的内容都还在。请先保存。"))
    box.setObjectName("crash_box")
    said = f"{type(error).__name__}: {error}"
    said += "\n" + _("错误报告：{path}").format(path=report) if report else ""
    box.setProperty("said", said)
    box.setInformativeText(said)
    box.setEscapeButton(box.addButton(_("知道了"), QMessageBox.AcceptRole))  # beside another button Qt guesses none
    box.setDefaultButton(box.escapeButton())
    if report is not None:
        button: QPushButton = box.addButton(_("打开报告"), QMessageBox.ActionRole)
        button.clicked.connect(lambda: QDesktopServices.openUrl(QUrl.fromLocalFile(str(report))))
    box.open()
    return box


def tell_done(parent: QWidget | None, text: str, path: Path) -> QMessageBox:
    """A file was written: open it, or its folder."""
    box = _box(parent, QMessageBox.Information, _("已完成"), text)
    box.setObjectName("done_box")
    box.setInformativeText(str(path))
    close = box.addButton(_("关闭"), QMessageBox.AcceptRole)
    box.setDefaultButton(close)
    box.setEscapeButton(close)
    for title, target in ((_("打开文件"), path), (_("打开文件夹"), path.parent)):
        button = box.addButton(title, QMessageBox.ActionRole)
        button.clicked.connect(lambda _checked=False, one=target: QDesktopServices.openUrl(
            QUrl.fromLocalFile(str(one))))
    box.open()
    return box


def ask_save(parent: QWidget | None, name: str, unrestorable: bool = False, left: Sequence[str] = ()) -> str:
    """What to do with unsaved edits: ``save``, ``discard`` or ``cancel``.

    Args:
        unrestorable: What was written at once cannot be taken back, since saved steps were undone and others followed.
        left: What could not be taken back when it was tried, in words.
    """
    box = _box(parent, QMessageBox.Question, _("尚未保存"), _("“{name}”有未保存的修改，要保存吗？").format(name=name))
    said = []
    if left:
        said.append(_("不保存也恢复不了撤销时没能恢复的修改：{what}。").format(what=_("、").join(left)))
    if unrestorable:
        said.append(_("不保存也不能完全回到上次保存的样子：保存过的步骤被撤销后又有了新的修改，其间已写入文件的图层、书签、规则、"
                      "复核等改动会留在文件里。“历史与备份”中可能有那时的备份。"))
    box.setInformativeText("\n".join(said))
    box.setObjectName("save_box")
    return _choice(box, {"save": _("保存"), "discard": _("不保存"), "cancel": _("取消")})


def ask_leave(parent: QWidget | None, stays: Sequence[str]) -> bool:
    """Whether to leave though some of what was not to be saved could not be taken back.

    Args:
        stays: What, in words.
    """
    text = _("有的修改没有撤销，文件里会留着：{what}。").format(what=_("、").join(stays))
    return ask(parent, _("有的修改没有撤销"), text + "\n\n" + _("取消就留在工作区里，可以保存，也可以再试。"), _("仍然关闭"), loses=True)


def ask_style(parent: QWidget | None, layer: str, *, leaving: bool) -> str:
    """What to do with a style that is only tried out: ``apply``, ``leave`` or ``cancel``.

    Args:
        leaving: It is gone then; else it stays on trial, and only the rest is saved.
    """
    text = _("图层“{layer}”正在试用的样式还没有应用，不会保存。").format(layer=layer)
    box = _box(parent, QMessageBox.Question, _("样式还没有应用"), text)
    box.setObjectName("style_box")
    return _choice(box, {"apply": _("应用"), "leave": _("不要这个样式") if leaving else _("先不应用"), "cancel": _("取消")},
                   QMessageBox.DestructiveRole if leaving else QMessageBox.AcceptRole)


def ask_save_elsewhere(parent: QWidget | None, name: str, why: str, kept_in: Path | None) -> str:
    """What to do with unsaved edits of a workspace that cannot be saved where it was: ``save``, ``discard`` or ``cancel``."""
    box = _box(parent, QMessageBox.Warning, _("尚未保存"), _("“{name}”有未保存的修改，原来的文件不能写。").format(name=name))
    box.setObjectName("save_elsewhere_box")
    said = [why]
    if kept_in is not None:
        said.append(_("不另存也留有恢复副本（项目和图层的样子，没有结论）：{path}；原文件回到原处再打开时会问是否恢复。").format(path=kept_in))
    box.setInformativeText("\n".join(said))
    return _choice(box, {"save": _("另存为…"), "discard": _("不另存"), "cancel": _("取消")})


def ask_whose(parent: QWidget | None, projects: str) -> str:
    """Whose changes of projects count, where the window and another program both made some: ``theirs``, ``mine`` or ``cancel``."""
    box = _box(parent, QMessageBox.Warning, _("别的程序也改过"), _("窗口里和文件里都改过：{projects}。").format(projects=projects))
    box.setObjectName("whose_box")
    box.setInformativeText(_("保存窗口里的，会盖过别的程序写进文件的；用文件里的，窗口里的这几处修改就不要了，可以撤销。"))
    return _choice(box, {"mine": _("保存窗口里的"), "theirs": _("用文件里的"), "cancel": _("取消")}, careful=True)


class Waiting(QProgressDialog):
    """Says what is being waited for; its button ends the waiting.

    Args:
        said: The words, and whether there is anything to end; asked again and again.
    """

    def __init__(self, parent: QWidget | None, said: Callable[[], tuple[str, bool]]) -> None:
        super().__init__("", "", 0, 0, parent)
        self.setObjectName("waiting_box")
        self.setWindowTitle(_("请稍候"))
        self.setWindowModality(Qt.ApplicationModal)
        self.setWindowFlag(Qt.WindowCloseButtonHint, False)
        self.setMinimumDuration(1 << 30)  # whoever waits shows it
        self._said, self._stop = said, QPushButton(_("不等了"))
        self.setCancelButton(self._stop)
        self._again = QTimer(self, interval=100)
        self._again.timeout.connect(self._look)
        self._again.start()
        self._look()

    def _look(self) -> None:
        text, able = self._said()
        self.setLabelText(text)
        self._stop.setEnabled(able)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() != Qt.Key_Escape or self._stop.isEnabled():
            super().keyPressEvent(event)


def ask_unwritten(parent: QWidget | None, titles: str, left: Callable[[], object]) -> str:
    """What to do with what is under way or waits, and would be lost: ``wait``, ``drop`` or ``cancel``.

    Args:
        left: What of it there still is; the question goes by itself (``wait``) once there is nothing.
    """
    box = _box(parent, QMessageBox.Question, _("还没做完"), _("还有没做完的：{titles}。").format(titles=titles))
    box.setObjectName("unwritten_box")
    again = QTimer(box, interval=200)
    again.timeout.connect(lambda: None if left() else box.defaultButton().click())
    box.finished.connect(again.stop)  # a box without a parent may be swept before Qt deletes it, and the clock would still ask
    again.start()
    return _choice(box, {"wait": _("等它做完"), "drop": _("不做了"), "cancel": _("取消")})


def ask_rows(parent: QWidget | None, selected: int, shown: int) -> str:
    """Which rows of a table are meant: ``selected``, ``shown`` or ``cancel``."""
    box = _box(parent, QMessageBox.Question, _("导出属性表"), _("导出哪些行？"))
    box.setObjectName("rows_box")
    return _choice(box, {"selected": _("所选 {count} 行").format(count=f"{selected:,}"),
                         "shown": _("显示的 {count} 行").format(count=f"{shown:,}"), "cancel": _("取消")}, QMessageBox.AcceptRole)


def ask_features(parent: QWidget | None, selected: int, count: int) -> str:
    """Which features of a layer are meant: ``selected``, ``all`` or ``cancel``."""
    box = _box(parent, QMessageBox.Question, _("导出图层"), _("导出哪些要素？"))
    box.setObjectName("features_box")
    return _choice(box, {"selected": _("选中的 {count} 个").format(count=f"{selected:,}"),
                         "all": _("全部 {count} 个").format(count=f"{count:,}"), "cancel": _("取消")}, QMessageBox.AcceptRole)


def ask_many(parent: QWidget | None, count: int, many: int) -> str:
    """What to do with very many projects: ``batch``, ``here`` or ``cancel``."""
    box = _box(parent, QMessageBox.Question, _("导入项目"),
               _("{count} 个项目；多于 {many} 个请用批量研判").format(count=f"{count:,}", many=f"{many:,}"))
    box.setObjectName("many_box")
    box.setInformativeText(_("项目列表里的项目逐个绘制和研判，太多时窗口会变慢；批量研判直接读文件，可达数百万个。"))
    return _choice(box, {"batch": _("批量研判…"), "here": _("仍加入项目列表"), "cancel": _("取消")}, QMessageBox.AcceptRole)


def _choice(box: QMessageBox, answers: dict[str, str], second: Any = QMessageBox.DestructiveRole, *, careful: bool = False) -> str:
    """Which of three answers was given: what Enter does, what loses something, and what Escape does.

    Args:
        careful: Either of the first two loses something, and Enter does what Escape does.
    """
    roles = (QMessageBox.AcceptRole, second, QMessageBox.RejectRole)
    buttons = {answer: box.addButton(label, role) for (answer, label), role in zip(answers.items(), roles, strict=True)}
    first, _loses, last = buttons
    box.setDefaultButton(buttons[last if careful else first])
    box.setEscapeButton(buttons[last])
    box.setAttribute(Qt.WA_DeleteOnClose, False)
    box.exec_()
    clicked = box.clickedButton()
    box.deleteLater()
    return next((answer for answer, button in buttons.items() if button is clicked), last)


def ask(parent: QWidget | None, title: str, text: str, yes: str, *, loses: bool = False) -> bool:
    """Whether to go on.

    Args:
        yes: What the button says.
        loses: Going on cannot be taken back: something is lost, or leaves. Enter then does not go on, as Escape never does.
    """
    box = _box(parent, QMessageBox.Question, title, text)
    box.setObjectName("ask_box")
    go = box.addButton(yes, QMessageBox.AcceptRole)
    stop = box.addButton(_("取消"), QMessageBox.RejectRole)
    box.setDefaultButton(stop if loses else go)
    box.setEscapeButton(stop)
    box.setAttribute(Qt.WA_DeleteOnClose, False)
    box.exec_()
    clicked = box.clickedButton()
    box.deleteLater()
    return clicked is go


def ask_recover(parent: QWidget | None, name: str, when: str, projects: int) -> QMessageBox:
    """Offer what a crash has left; does not wait for the answer."""
    box = _box(parent, QMessageBox.Question, _("恢复没有保存的修改"),
               _("“{name}”上次没有正常关闭，留有 {when} 的未保存修改（{count} 个项目和图层的样子）。").format(
                   name=name, when=when, count=f"{projects:,}"))
    box.setObjectName("recover_box")
    box.setInformativeText(_("恢复后可以撤销，也可以不保存。"))
    box.setDefaultButton(box.addButton(_("恢复"), QMessageBox.AcceptRole))  # it can be undone, and Qt takes whichever stands first
    box.addButton(_("放弃这些修改"), QMessageBox.DestructiveRole)
    box.setEscapeButton(box.addButton(_("以后再说"), QMessageBox.RejectRole))
    box.open()
    return box


def ask_reopen(parent: QWidget | None, path: Path, when: str) -> QMessageBox:
    """Offer to open the workspace that was open when the program was killed; does not wait for the answer."""
    box = _box(parent, QMessageBox.Question, _("恢复没有保存的修改"),
               _("程序上次没有正常退出，“{name}”留有 {when} 的未保存修改。现在打开它吗？").format(name=path.stem, when=when))
    box.setObjectName("reopen_box")
    box.setInformativeText(str(path))
    box.setDefaultButton(box.addButton(_("打开"), QMessageBox.AcceptRole))
    box.setEscapeButton(box.addButton(_("以后再说"), QMessageBox.RejectRole))
    box.open()
    return box
