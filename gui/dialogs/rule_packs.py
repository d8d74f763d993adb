"""The packs of the workspace: a folder or a published list is looked over before it is taken in."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

from PyQt5.QtCore import QDate, Qt, pyqtSignal
from PyQt5.QtWidgets import (
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from gui.day import DayEdit
from gui.dialogs import choose, message
from gui.dialogs.parts import Listing, Said, Table, patience
from gui.models.rows import Column, Rows
from gui.models.rule_store import Files, PackView, RuleStore, builtin, read_folder
from gui.models.rule_words import KINDS, pack_words
from gui.words import Speaker, error_words
from rules.check import check_files, check_pack
from rules.load import Pack
from rules.model import RuleError
from sanxian.access_list import AccessListError, ImportedList, import_list, write_pack
from sanxian.i18n import N_, _, pick
from sanxian.rulebook import finding_words, vocabulary

SEVERITIES: Mapping[str, str] = {"error": N_("× 错误"), "warning": N_("! 警告"), "info": N_("○ 说明")}
UNSET = QDate(1900, 1, 1)  # what an import says where a list names no day


def clause_counts(pack: Pack) -> tuple[int, int]:
    """Clauses of a pack's access lists, and how many of them wait for a person."""
    clauses = [clause for one in pack.access_lists for clause in one.clauses]
    return len(clauses), sum(clause.status == "machine_read" for clause in clauses)


class AddPack(Listing):
    """What the linter finds in a folder, before it is taken in; ``name`` is what the pack will be called."""

    def __init__(self, store: RuleStore, folder: Path, files: Files, day: date, parent: QWidget | None = None) -> None:
        read = store.parse(folder.name, files)
        packs = store.packs()
        findings = check_files(files, on=day, vocabulary=vocabulary(), known=store.documents(packs))
        self.files = files
        self._store, self._packs = store, packs
        if isinstance(read, RuleError):
            intro = _("规则包“{name}”不能读取，没有添加。").format(name=folder.name)
        else:
            clauses, _waiting = clause_counts(read)
            intro = _("规则包“{name}”：规则 {rules} 条，准入清单 {lists} 份（条款 {clauses} 条），登记文件 {documents} 个。").format(
                name=folder.name, rules=len(read.rules), lists=len(read.access_lists), clauses=clauses,
                documents=len(read.documents))
            intro += "\n" + (_("检查发现 {count} 处，请先看过：").format(count=len(findings)) if findings else _("检查没有发现问题。"))
        super().__init__(_("添加规则包"), intro, map(finding_words, findings), _("添加到工作区"),
                         wrong=error_words(read) if isinstance(read, RuleError) else "", parent=parent)
        self.setObjectName("add_pack")
        self.name = QLineEdit(folder.name, objectName="pack_name")
        form = QFormLayout()
        form.addRow(_("规则包名称"), self.name)
        self.name.setAccessibleName(_("规则包名称"))
        self.body.addLayout(form)
        self._read = read
        self.name.textChanged.connect(self._check)
        self._check()

    def _check(self, *_args: object) -> None:
        if isinstance(self._read, RuleError):
            return
        name = self.name.text().strip()
        if not name:
            self.refuse(_("请写明规则包的名称。"))
            return
        others = [view for view in self._packs if not (view.kind == "workspace" and view.name == name)]
        clash = self._store.conflict([*(view for view in others if view.error is None),
                                      PackView(name, "workspace", True, self._read)])
        self.refuse(error_words(clash) if clash is not None else "")


class AddList(Listing):
    """What an import read of a published list; its title and first day are the person's to set."""

    def __init__(self, imported: ImportedList, taken: set[str], parent: QWidget | None = None) -> None:
        self._imported = imported
        access_list = imported.access_list
        clauses = access_list.clauses
        intro = _("读到管控单元 {units} 个、条款 {clauses} 条：机读待核 {waiting} 条，由人判断 {manual} 条。").format(
            units=len(access_list.units), clauses=len(clauses),
            waiting=sum(one.status == "machine_read" for one in clauses),
            manual=sum(one.status == "manual" for one in clauses))
        intro += "\n" + _("机读的条款要在“条款审核”里由人确认才算数，之前一律按资料不足处理。")
        issues = sorted(imported.issues, key=lambda one: list(SEVERITIES).index(one.severity))
        super().__init__(_("导入准入清单"), intro, (f"{_(SEVERITIES[one.severity])}　{one.words}" for one in issues),
                         _("添加到工作区"), parent=parent)
        self.setObjectName("add_list")
        self._taken = taken
        self.name = QLineEdit(access_list.key, objectName="list_name")
        self.title = QLineEdit(pick(access_list.title), objectName="list_title")
        start = access_list.in_force_from
        day = QDate(start.year, start.month, start.day)
        self.start = DayEdit(None if day == UNSET else day, objectName="list_start")
        self.start.setPlaceholderText(_("请填写"))
        form = QFormLayout()
        for text, widget in ((_("规则包名称"), self.name), (_("标题"), self.title), (_("施行日期"), self.start)):
            widget.setAccessibleName(text)
            form.addRow(text, widget)
        self.body.addLayout(form)
        for signal in (self.name.textChanged, self.title.textChanged, self.start.textChanged):
            signal.connect(self._check)
        self._check()

    def _check(self, *_args: object) -> None:
        if not self.name.text().strip() or not self.title.text().strip():
            self.refuse(_("请写明清单的名称和标题。"))
        elif not self.start.text():
            self.refuse(_("文件没有写明施行日期，请填写。"))
        elif self.start.wrong:
            self.refuse(self.start.wrong)
        elif self.name.text().strip() in self._taken:
            self.refuse(_("工作区里已有名为“{name}”的规则包，请换一个名称。").format(name=self.name.text().strip()))
        else:
            self.refuse("")

    def files(self) -> Files:
        """The pack as the person settled it."""
        title = self.title.text().strip()
        former = self._imported.access_list
        titles = dict(former.title) if title == pick(former.title) else {**former.title, "zh": title, "en": title}
        key = self.name.text().strip()
        document = key if former.document == former.key else former.document
        settled = replace(former, key=key, document=document, title=titles, in_force_from=self.start.date().toPyDate())
        with TemporaryDirectory() as folder:
            return {"access_list.toml": write_pack(settled, folder).read_bytes()}


class PacksTab(QWidget, Speaker):
    """Every pack that rules come from; those of the workspace can be added, left out and removed.

    Signals:
        reviewAsked: Review the clauses of the pack of that name.
    """

    reviewAsked = pyqtSignal(str)

    def __init__(self, store: RuleStore, day: Callable[[], date], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._store, self._day = store, day
        self._added = ""  # selected as soon as it is shown
        self.model = Rows((
            Column(N_("规则包名称"), pack_words, checked=lambda one: one.enabled if one.kind == "workspace" else None),
            Column(N_("来源"), lambda one: _(KINDS[one.kind])),
            Column(N_("启用"), lambda one: _("√ 启用") if one.enabled and one.error is None else _("– 停用")),
            Column(N_("规则数"), lambda one: str(len(one.pack.rules)) if one.pack else ""),
            Column(N_("清单条款"), self._clauses),
            Column(N_("登记文件"), lambda one: str(len(one.pack.documents)) if one.pack else ""),
            Column(N_("状况"), self._state),
        ), self, tick=lambda view, on: store.enable_pack(view.name, on))
        self.table = Table(self.model, "pack_table", wrap=True)
        self.say(self.table.setAccessibleName, N_("规则包"))
        self.table.widths(230, 130, 80, 70, 150, 100, 300)
        self.said = Said()
        row = QHBoxLayout()
        self.buttons: dict[str, QPushButton] = {}
        for name, text, act in (
            ("folder", N_("添加规则包文件夹…"), self.ask_folder), ("list", N_("导入准入清单…"), self.ask_list),
            ("check", N_("检查"), self.check), ("review", N_("条款审核…"), self._review),
            ("toggle", N_("启用或停用"), self.toggle), ("remove", N_("移除"), self.remove),
        ):
            button = QPushButton(objectName=f"pack_{name}", autoDefault=False)
            self.say(button.setText, text)
            button.clicked.connect(lambda _checked=False, do=act: do())
            self.buttons[name] = button
            row.addWidget(button)
        row.addStretch(1)
        self.hint = QLabel(wordWrap=True)
        self.say(self.hint.setText, N_("规则包只是数据，不含程序。停用的规则包不参与研判；移除和添加都可以撤销。"))
        layout = QVBoxLayout(self)
        layout.addWidget(self.hint)
        layout.addWidget(self.table, 1)
        layout.addWidget(self.said)
        layout.addLayout(row)
        self.table.selectionModel().selectionChanged.connect(lambda *_what: self._enable())

    # -- showing ---------------------------------------------------------------------------------------------------
    @staticmethod
    def _clauses(view: PackView) -> str:
        if view.pack is None or not view.pack.access_lists:
            return ""
        clauses, waiting = clause_counts(view.pack)
        return _("{count}（待核 {waiting}）").format(count=f"{clauses:,}", waiting=f"{waiting:,}") if waiting else str(clauses)

    @staticmethod
    def _state(view: PackView) -> str:
        if view.error is not None:
            return "× " + error_words(view.error)
        return view.path or _("SHA-256 {sha}").format(sha=view.pack.sha256[:16])

    def show_packs(self, packs: list[PackView]) -> None:
        """Show these."""
        chosen = self.chosen()
        self.model.set_items(packs)
        wanted = ("workspace", self._added) if self._added else (chosen.kind, chosen.name) if chosen is not None else None
        self._added = ""
        self.table.pick_row(self.model.row_of(lambda one: (one.kind, one.name) == wanted))
        self._enable()

    def retranslate(self) -> None:
        super().retranslate()
        self.model.retranslate()
        self.said.tell("")

    def chosen(self) -> PackView | None:
        """The selected pack."""
        return next(iter(self.table.chosen()), None)

    def _enable(self) -> None:
        view = self.chosen()
        mine = view is not None and view.kind == "workspace"
        for name in ("folder", "list"):
            self.buttons[name].setEnabled(self._store.open)
        self.buttons["check"].setEnabled(view is not None)
        for name in ("toggle", "remove"):
            self.buttons[name].setEnabled(mine)
        self.buttons["review"].setEnabled(mine and view.pack is not None and bool(view.pack.access_lists))

    # -- doing -----------------------------------------------------------------------------------------------------
    def ask_folder(self) -> None:
        """Choose the folder of a pack."""
        folder = choose.folder(self, _("选择规则包目录"))
        if folder is not None:
            self.add_folder(folder)

    def add_folder(self, folder: Path) -> AddPack | None:
        """Look a folder over and show what was found; it is taken in when the person says so."""
        try:
            with patience():
                files = read_folder(folder)
                dialog = AddPack(self._store, folder, files, self._day(), self)
        except RuleError as error:
            self.said.tell(error_words(error), wrong=True)
            return None
        except OSError as error:
            self.said.tell(_("文件不能读写：{why}").format(why=error), wrong=True)
            return None
        dialog.setAttribute(Qt.WA_DeleteOnClose)
        dialog.accepted.connect(lambda: self._put(dialog.name.text().strip(), dialog.files))
        dialog.open()
        return dialog

    def ask_list(self) -> None:
        """Choose the Excel file of a published list."""
        path = choose.file(self, _("导入准入清单"), _("Excel 文件 (*.xlsx *.xlsm *.xls)"))
        if path is not None:
            self.add_list(path)

    def add_list(self, path: Path) -> AddList | None:
        """Read a published list and show what was read."""
        try:
            with patience():
                imported = import_list(path)
        except AccessListError as error:
            self.said.tell(error_words(error), wrong=True)
            return None
        taken = {view.name for view in self._store.packs() if view.kind == "workspace"}
        dialog = AddList(imported, taken, self)
        dialog.setAttribute(Qt.WA_DeleteOnClose)

        def take() -> None:
            try:
                files = dialog.files()
            except AccessListError as error:
                self.said.tell(error_words(error), wrong=True)
            else:
                self._put(dialog.name.text().strip(), files)

        dialog.accepted.connect(take)
        dialog.open()
        return dialog

    def _put(self, name: str, files: Files) -> None:
        read = self._store.parse(name, files)
        clash = read if isinstance(read, RuleError) else self._store.conflict([
            *(one for one in self._store.packs() if one.error is None and not (one.kind == "workspace" and one.name == name)),
            PackView(name, "workspace", True, read)])
        if clash is not None:
            self.said.tell(error_words(clash), wrong=True)
        else:
            self._added = name
            self._store.put_pack(name, files, self.said.when_written(_("已添加规则包“{name}”。").format(name=name)))

    def toggle(self) -> None:
        """Let the selected pack take part, or not."""
        view = self.chosen()
        if view is not None:
            said = _("规则包“{name}”不再参与研判。") if view.enabled else _("规则包“{name}”参与研判。")
            self._store.enable_pack(view.name, not view.enabled, self.said.when_written(said.format(name=view.name)))

    def remove(self) -> None:
        """Take the selected pack out of the workspace, once the person has said so."""
        view = self.chosen()
        if view is not None and message.ask(
                self, _("移除规则包"), _("从工作区移除规则包“{name}”？可以撤销。").format(name=view.name), _("移除")
        ):
            self._store.remove_pack(view.name, self.said.when_written(_("已移除规则包“{name}”。").format(name=view.name)))

    def check(self) -> None:
        """Show what the linter finds in the selected pack."""
        view = self.chosen()
        if view is None:
            return
        with patience():
            if view.kind == "builtin":
                findings = check_pack(builtin(), on=self._day(), vocabulary=vocabulary())
            else:
                known = self._store.documents([one for one in self._store.packs() if one.name != view.name])
                findings = check_files(view.files or {}, on=self._day(), vocabulary=vocabulary(), known=known)
        if view.error is not None and not findings:
            intro = error_words(view.error)
        else:
            intro = _("检查发现 {count} 处：").format(count=f"{len(findings):,}") if findings else _("检查没有发现问题。")
        dialog = Listing(_("检查 — {name}").format(name=pack_words(view)), intro, map(finding_words, findings), parent=self)
        dialog.setObjectName("pack_findings")
        dialog.setAttribute(Qt.WA_DeleteOnClose)
        dialog.open()

    def _review(self) -> None:
        view = self.chosen()
        if view is not None:
            self.reviewAsked.emit(view.name)
