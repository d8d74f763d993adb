"""Small dialogs: folders of rule packs, keys, about, choice of CRS."""

from __future__ import annotations

from pathlib import Path

from PyQt5.QtCore import Qt
from PyQt5.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QHBoxLayout,
    QInputDialog,
    QLabel,
    QListWidget,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from gui.dialogs import choose
from sanxian import __version__
from sanxian.i18n import N_, _


def _close_button(dialog: QDialog) -> QDialogButtonBox:
    buttons = QDialogButtonBox(QDialogButtonBox.Close)
    buttons.button(QDialogButtonBox.Close).setText(_("关闭"))
    buttons.rejected.connect(dialog.reject)
    return buttons


class RuleFolders(QDialog):
    """Folders of the person's own rule packs; the program's own rules are always used."""

    def __init__(self, folders: list[str], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(_("规则包目录"))
        self.resize(560, 300)
        label = QLabel(_("自带的法律规则始终参与研判；这里添加本地的规则包（准入清单、地方规定）。"), wordWrap=True)
        self.list = QListWidget(objectName="rule_folder_list")
        self.list.setAccessibleName(_("规则包目录"))
        self.list.addItems(folders)
        add, remove = QPushButton(_("添加目录…")), QPushButton(_("移除"))
        add.clicked.connect(self._add)
        remove.clicked.connect(lambda: self.list.takeItem(self.list.currentRow()))
        row = QHBoxLayout()
        row.addWidget(add)
        row.addWidget(remove)
        row.addStretch(1)
        buttons = QDialogButtonBox(QDialogButtonBox.Ok | QDialogButtonBox.Cancel)
        buttons.button(QDialogButtonBox.Ok).setText(_("确定"))
        buttons.button(QDialogButtonBox.Cancel).setText(_("取消"))
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.addWidget(label)
        layout.addWidget(self.list, 1)
        layout.addLayout(row)
        layout.addWidget(buttons)

    def _add(self) -> None:
        folder = choose.folder(self, _("选择规则包目录"))
        if folder is not None:
            self.list.addItem(str(folder))

    def folders(self) -> list[str]:
        """What is listed."""
        return [self.list.item(i).text() for i in range(self.list.count())]


RASTER_KINDS = (("dem", N_("高程")), ("landcover", N_("土地覆盖")), ("ndvi", N_("植被指数")), ("image", N_("影像或底图")),
                ("other", N_("其他")))


def ask_raster_kind(parent: QWidget | None, path: Path) -> str:
    """Which kind of raster a file is, or '' where the person would rather not."""
    titles = [_(title) for _kind, title in RASTER_KINDS]
    title, given = QInputDialog.getItem(parent, _("添加栅格"), _("“{file}”是哪一类栅格").format(file=path.name), titles, 0,
                                        False)
    return RASTER_KINDS[titles.index(title)][0] if given else ""


class About(QDialog):
    """What this is, and what it is not."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(_("关于三线"))
        self.resize(460, 260)
        text = QLabel(wordWrap=True)
        text.setTextInteractionFlags(Qt.TextSelectableByMouse)
        text.setText("\n\n".join((
            _("三线 {version}").format(version=__version__),
            _("“三线一单”项目选址研判：把法律、准入清单与图层逐条对照，给出结论、依据和缺少的资料。"),
            _("研判结论供审查参考，不替代行政机关的决定。没有核对过的，从不写成“符合”。"),
            _("以 GPL-3.0 发布；界面使用 PyQt5。"),
        )))
        layout = QVBoxLayout(self)
        layout.addWidget(text, 1)
        layout.addWidget(_close_button(self))
