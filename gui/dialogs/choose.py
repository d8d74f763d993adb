"""Choosing files and folders: every such dialog comes from here, in the language of the window.

The system's own dialogs are used where there are any. Qt's own, which a bare Linux desktop gets, is worded by Qt's
translation, but for what it asks of the system: dates and sizes, which are written here.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from PyQt5.QtCore import QIdentityProxyModel, QLocale, QModelIndex, QStandardPaths, Qt
from PyQt5.QtWidgets import (
    QApplication,
    QFileDialog,
    QFileSystemModel,
    QHeaderView,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTreeView,
    QWidget,
)

from gui.dialogs import message, sized
from gui.settings import Settings
from sanxian.i18n import N_, _

_SIZE, _DATE = 1, 3  # columns of QFileSystemModel
_TITLES = {0: N_("名称"), _SIZE: N_("大小"), 2: N_("类型"), _DATE: N_("修改时间")}
_WIDE, _HIGH = 820, 520  # so that names, sizes and dates are all seen
_NOT_IN_NAMES = re.compile(r'[\\/:*?"<>|\x00-\x1f]+')


def file(parent: QWidget, title: str, kinds: str = "", *, start: str | Path = "") -> Path | None:
    """The file that a person chooses, or ``None``.

    Args:
        parent: What the dialog stands before; its window's settings know the folder used last.
        title: Of the dialog.
        kinds: As Qt has them: ``words (*.one *.other);;…``; '' for every file.
        start: The file that is chosen now, or the folder to begin in where none has been used yet.
    """
    dialog = _dialog(parent, title, kinds or _("所有文件 (*)"), start)
    dialog.setFileMode(QFileDialog.ExistingFile)
    found = _asked(dialog)
    return found[0] if found else None


def files(parent: QWidget, title: str, kinds: str = "", *, start: str | Path = "") -> list[Path]:
    """The files that a person chooses, one or many; as ``file``."""
    dialog = _dialog(parent, title, kinds or _("所有文件 (*)"), start)
    dialog.setFileMode(QFileDialog.ExistingFiles)
    return _asked(dialog)


def folder(parent: QWidget, title: str) -> Path | None:
    """The folder that a person chooses, or ``None``."""
    dialog = _dialog(parent, title, "", "")
    dialog.setFileMode(QFileDialog.Directory)
    dialog.setOption(QFileDialog.ShowDirsOnly)
    found = _asked(dialog)
    return found[0] if found else None


def target(parent: QWidget, title: str, name: str, kinds: str, *, start: str | Path = "") -> Path | None:
    """The file to write, with a suffix that says its kind, or ``None``. Who would lose a file has been asked.

    Args:
        parent, title, start: As for ``file``.
        name: Proposed; may hold what no file name may.
        kinds: As for ``file``; a name with none of these suffixes gets the first of the kind that is chosen.
    """
    dialog = _dialog(parent, title, kinds, start)
    dialog.setAcceptMode(QFileDialog.AcceptSave)
    dialog.setFileMode(QFileDialog.AnyFile)
    known = [suffix for kind in kinds.split(";;") for suffix in _suffixes(kind)]

    def follow(kind: str) -> None:
        dialog.setDefaultSuffix(_suffixes(kind)[0].removeprefix("."))

    dialog.filterSelected.connect(follow)
    name = _NOT_IN_NAMES.sub("_", name).strip() or "_"
    own = next((kind for kind in kinds.split(";;") if name.lower().endswith(tuple(_suffixes(kind)))), kinds.split(";;")[0])
    dialog.selectNameFilter(own)
    follow(own)
    dialog.selectFile(name)
    while found := _asked(dialog, keep=True):
        said = found[0]
        suffixes = _suffixes(dialog.selectedNameFilter()) or known
        path = said if said.name.lower().endswith(tuple(known)) else said.with_name(said.name + suffixes[0])
        # Qt has asked of the name that it knows: it adds no suffix to one with a dot in it.
        if path == said or not path.exists() or message.ask(
                dialog, _("文件已存在"), _("“{name}”已经存在，要替换它吗？").format(name=path.name), _("替换"), loses=True):
            dialog.deleteLater()
            return path
        dialog.selectFile(path.name)
    dialog.deleteLater()
    return None


def _suffixes(kind: str) -> list[str]:
    return [one.lower() for one in re.findall(r"\*(\.[^\s*)]+)", kind)]


def _dialog(parent: QWidget, title: str, kinds: str, start: str | Path) -> QFileDialog:
    """A dialog in the folder used last, else at ``start``, else among the documents."""
    dialog = QFileDialog(parent, title)
    if kinds:
        dialog.setNameFilters(kinds.split(";;"))
    settings = _settings(parent)
    begin = Path(start) if str(start) else None
    if begin is not None and begin.is_file():
        dialog.setDirectory(str(begin.parent))
        dialog.selectFile(begin.name)
    else:
        last = settings.last_folder if settings is not None else None
        begin = last or begin
        if begin is None or not begin.is_dir():
            begin = Path(QStandardPaths.writableLocation(QStandardPaths.DocumentsLocation) or Path.home())
        dialog.setDirectory(str(begin if begin.is_dir() else Path.home()))
    view = dialog.findChild(QTreeView, "treeView")
    if view is not None:  # else it is the system's
        _dress(dialog, view)
    return dialog


def _asked(dialog: QFileDialog, *, keep: bool = False) -> list[Path]:
    """Show a dialog and wait: what was chosen, whose folder is remembered."""
    accepted = dialog.exec_()
    # The names that Qt proposes below the field outlive the dialog a little, and a window that becomes active meanwhile would
    # not be told so: it would hear no key until another dialog came and went.
    while (proposed := QApplication.activePopupWidget()) is not None and proposed.close():
        pass
    found = [Path(text) for text in dialog.selectedFiles()] if accepted else []
    settings = _settings(dialog)
    if found and settings is not None:
        whole = dialog.fileMode() == QFileDialog.Directory
        settings.last_folder = found[0] if whole else found[0].parent
    if not keep:
        dialog.deleteLater()
    return found


def _settings(widget: QWidget | None) -> Settings | None:
    """The settings of the window that a widget belongs to."""
    while widget is not None:
        settings = getattr(widget, "settings", None)
        if isinstance(settings, Settings):
            return settings
        widget = widget.parentWidget()
    return None


def _dress(dialog: QFileDialog, view: QTreeView) -> None:
    """Qt's own dialog: large enough, with titles, dates and sizes as the window writes them."""
    dialog.setProxyModel(_Titled(dialog))
    told = _Told(dialog)  # of the dialog, which Python holds: of the view its Python half would go
    for column in (_SIZE, _DATE):
        view.setItemDelegateForColumn(column, told)
    sized(dialog, max(dialog.width(), _WIDE), max(dialog.height(), _HIGH))
    header = view.header()
    header.setStretchLastSection(False)
    header.setSectionResizeMode(0, QHeaderView.Stretch)
    header.resizeSection(_DATE, view.fontMetrics().horizontalAdvance("0000-00-00 00:00") + 24)


class _Titled(QIdentityProxyModel):
    """The files with titles of columns in our words; for the size Qt's translation has that of a solid (体积)."""

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.DisplayRole) -> Any:  # noqa: N802 - Qt's
        if role == Qt.DisplayRole and orientation == Qt.Horizontal and section in _TITLES:
            return _(_TITLES[section])
        return super().headerData(section, orientation, role)


class _Told(QStyledItemDelegate):
    """Date and size of a file in the language of the window; Qt's model writes them in that of the system."""

    def initStyleOption(self, option: QStyleOptionViewItem, index: QModelIndex) -> None:  # noqa: N802 - Qt's
        super().initStyleOption(option, index)
        proxy = index.model()
        if not isinstance(proxy, QIdentityProxyModel):
            return
        model, place = proxy.sourceModel(), proxy.mapToSource(index)
        if not isinstance(model, QFileSystemModel):
            return
        if index.column() == _DATE:
            option.text = model.lastModified(place).toString("yyyy-MM-dd HH:mm")
        elif not model.isDir(place):
            option.text = size_words(model.size(place))


def size_words(count: int) -> str:
    """A number of bytes for people."""
    return QLocale().formattedDataSize(count, 1, QLocale.DataSizeTraditionalFormat)


def kinds_of(named: Sequence[tuple[str, str]]) -> str:
    """Kinds of files as the functions here take them, from (words, suffix)."""
    return ";;".join(f"{words} (*{suffix})" for words, suffix in named)
