"""Everything known of a layer: where it comes from, how exact it is, what was decided about it, and its versions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from PyQt5.QtCore import Qt, pyqtSignal
from PyQt5.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QTabWidget,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from gui.dialogs.import_pages import brush, inked
from gui.session import LayerView
from gui.systems import system_words
from gui.words import aside, listed, named, plain_tip
from sanxian.i18n import N_, _

ACTIONS: Mapping[str, str] = {
    "add": N_("添加"), "replace": N_("替换"), "remove": N_("移除"), "rename": N_("改名"), "make-current": N_("启用版本"),
    "describe": N_("修改说明"), "edit": N_("修改属性值"), "add-raster": N_("添加栅格"), "remove-raster": N_("移除栅格"),
    "add-pack": N_("添加规则包"), "remove-pack": N_("移除规则包"), "check": N_("检查数据"),
    "mark-finding": N_("处理检查发现"), "map": N_("保存字段对应"), "undo": N_("撤销改动"),
    "restore": N_("从备份恢复"), "compact": N_("压缩文件"),
}  # fmt: skip
_DETAILS: Mapping[str, str] = {
    "file": N_("来源文件"), "sha256": N_("摘要"), "features": N_("要素数"), "version": N_("版本"), "was": N_("原为"),
    "was_features": N_("原有要素"), "now": N_("改为"), "crs": N_("坐标系"), "found": N_("发现"), "new": N_("新发现"),
    "fixed": N_("已改正"), "status": N_("状态"), "note": N_("说明"), "kind": N_("类型"), "undone": N_("第几条"),
    "action": N_("动作"), "before": N_("之前"), "backup": N_("备份"), "role": N_("图层类型"), "fields": N_("字段"),
    "values": N_("取值"), "encoding": N_("编码"), "files": N_("文件数"), "data_date": N_("数据日期"),
    "accuracy_m": N_("精度（米）"), "scale": N_("比例尺"), "source": N_("来源"), "coverage": N_("覆盖范围"),
}  # fmt: skip
MOST_CELLS = 3  # that a line of the history tells


def detail_words(details: Mapping[str, Any]) -> str:
    """What a line of the history tells beside its action."""
    said = []
    for key, value in details.items():
        if value in (None, False, {}) or key == "layer" and "cells" in details:
            continue
        if key == "cells":
            said += [_("{field}（行号 {row}）：{old} → {new}").format(field=field, row=row, old=_cell(old), new=_cell(new))
                     for row, field, old, new in value[:MOST_CELLS]]
            said += [_("等 {count} 处").format(count=f"{len(value):,}")] if len(value) > MOST_CELLS else []
            continue
        if isinstance(value, Mapping):
            shown = detail_words(value)
        elif key in ("sha256", "was") and isinstance(value, str) and len(value) == 64:
            shown = value[:12] + "…"
        else:
            shown = _("是") if value is True else str(value)
        said.append(f"{_(_DETAILS.get(key, key))} {shown}")
    return listed(said)


def _cell(value: Any) -> str:
    return _("未知") if value is None else str(value)


def history_tree(name: str, entries: Sequence[Any]) -> QTreeWidget:
    """Lines of the history, the newest first."""
    tree = QTreeWidget(objectName=name)
    tree.setAccessibleName(_("历史"))
    tree.setRootIsDecorated(False)
    tree.setAlternatingRowColors(True)
    tree.setHeaderLabels([_("时间"), _("人员"), _("动作"), _("对象"), _("详情")])
    for entry in reversed(entries):
        item = QTreeWidgetItem([str(entry.at or _("未记录"))[:19].replace("T", " "), str(entry.person or _("未署名")),
                                _(ACTIONS.get(entry.action, entry.action)), str(entry.subject or ""),
                                detail_words(entry.details)])
        item.setToolTip(4, plain_tip(item.text(4)))
        tree.addTopLevelItem(item)
    tree.header().setSectionResizeMode(QHeaderView.ResizeToContents)
    tree.header().setStretchLastSection(True)
    return tree


class LayerProperties(QDialog):
    """Tabs: description, source and coordinates, what reading noticed, versions, history.

    Signals:
        described: What was changed of the description, by ``Workspace.describe``'s names.
        currentAsked: The version that is to be used.
        reimportAsked: The layer's file is to be imported again, as another kind.
    """

    described = pyqtSignal(dict)
    currentAsked = pyqtSignal(str)
    reimportAsked = pyqtSignal()

    def __init__(self, layer: LayerView, role_title: str, versions: Sequence[Any], history: Sequence[Any],
                 issues: Sequence[tuple[str, str]], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._record = layer.record
        self.setWindowTitle(_("图层属性 — {layer}").format(layer=layer.name))
        self.resize(760, 480)
        self.tabs = QTabWidget(objectName="properties_tabs")
        if layer.raster is None:
            self.tabs.addTab(self._description(layer, role_title), _("说明"))
        self.tabs.addTab(self._origin(layer, role_title), _("来源与坐标系"))
        wrong = sum(severity != "info" for _words, severity in issues)
        self.tabs.addTab(self._issues(issues), _("读取时的问题 {count}").format(count=f"{wrong:,}"))
        if layer.raster is None:
            self.tabs.addTab(self._versions(versions), _("版本 {count}").format(count=f"{len(versions):,}"))
        self.tabs.addTab(history_tree("properties_history", history), _("历史"))
        self.buttons = QDialogButtonBox(QDialogButtonBox.Ok | QDialogButtonBox.Cancel)
        self.buttons.button(QDialogButtonBox.Ok).setText(_("确定"))
        self.buttons.button(QDialogButtonBox.Cancel).setText(_("取消"))
        self.buttons.accepted.connect(self._accept)
        self.buttons.rejected.connect(self.reject)
        self.said = QLabel(objectName="properties_said", wordWrap=True)
        self.said.setStyleSheet(inked("wrong"))
        self.said.hide()
        layout = QVBoxLayout(self)
        layout.addWidget(self.tabs, 1)
        layout.addWidget(self.said)
        layout.addWidget(self.buttons)

    def _description(self, layer: LayerView, role_title: str) -> QWidget:
        record = layer.record
        stated = getattr(record, "stated_accuracy_m", record.accuracy_m)
        self.edits = {
            "version": QLineEdit(record.version or "", objectName="properties_version"),
            "data_date": QLineEdit(record.data_date or "", objectName="properties_data_date"),
            "accuracy_m": QLineEdit("" if stated is None else f"{stated:g}", objectName="properties_accuracy_m"),
            "scale": QLineEdit(str(getattr(record, "scale", None) or ""), objectName="properties_scale"),
            "source": QLineEdit(record.source or "", objectName="properties_source"),
        }
        derived = record.accuracy_m if stated is None and record.accuracy_m is not None else None
        if derived is not None:
            self.edits["accuracy_m"].setPlaceholderText(_("按比例尺推算 {metres} 米").format(metres=f"{derived:g}"))
        form = QFormLayout()
        kind = QHBoxLayout()
        kind.addWidget(QLabel(role_title), 1)
        self.again = QPushButton(_("按另一类型重新导入…"), objectName="properties_again")
        self.again.setToolTip(_("类型决定字段怎样对应、用哪些规则，导入后不能直接改：请用来源文件按正确的类型再导入一次，然后移除这个图层。"))
        self.again.clicked.connect(lambda: (self.reject(), self.reimportAsked.emit()))
        kind.addWidget(self.again)
        form.addRow(_("图层类型"), kind)
        form.addRow(_("要素数"), QLabel(f"{record.features:,}"))
        for name, title in (("version", N_("版本")), ("data_date", N_("数据日期")), ("accuracy_m", N_("精度（米）")),
                            ("scale", N_("比例尺 1:")), ("source", N_("来源"))):
            self.edits[name].setAccessibleName(_(title))
            form.addRow(_(title), self.edits[name])
        known = getattr(record, "coverage_geometry", None) is not None
        form.addRow(_("覆盖范围"), QLabel(_("随图层说明") if known else _("按行政区范围") if record.coverage == "known"
                                     else _("没有说明：未压占之处按资料不足处理"), wordWrap=True))
        page = QWidget()
        page.setLayout(form)
        return page

    @staticmethod
    def _origin(layer: LayerView, role_title: str) -> QWidget:
        record = layer.record
        crs = record.crs
        number = crs.to_epsg() if hasattr(crs, "to_epsg") else None
        code = f"EPSG:{number}" if number else str(crs or "")
        decided = [issue for issue in record.issues if issue.code in ("crs-overridden", "crs-given", "crs-assumed",
                                                                     "crs-from-zone", "crs-from-column", "crs-matched", "shift-converted",
                                                                     "axes-swapped", "crs-old-datum")]
        lines = [
            (_("来源文件"), getattr(record, "file", None) or str(layer.raster or "")),
            (_("摘要（SHA-256）"), record.sha256),
            (_("文字编码"), getattr(record, "encoding", None) or _("由格式规定")),
            (_("坐标系"), f"{code} {system_words(code)}" if system_words(code) != code else code),
            (_("坐标系的由来"), listed(_(_DECIDED.get(issue.code, issue.code)) + aside(listed(
                f"{value}" for key, value in issue.values.items() if key in ("stated", "given", "crs", "system")))
                for issue in decided) or _("文件注明，与坐标值相符")),
            (_("图形类型"), getattr(record, "geometry_type", None) or role_title),
        ]
        form = QFormLayout()
        for title, text in lines:
            label = QLabel(str(text), wordWrap=True)
            label.setTextInteractionFlags(Qt.TextSelectableByMouse)
            form.addRow(title, label)
        page = QWidget()
        page.setLayout(form)
        return page

    @staticmethod
    def _issues(issues: Sequence[tuple[str, str]]) -> QWidget:
        """What reading noticed, the worst first; what is no more than a note is called so, and is not counted."""
        shown = QListWidget(objectName="properties_issues")
        shown.setAccessibleName(_("读取时的问题"))
        shown.setWordWrap(True)
        shown.setTextElideMode(Qt.ElideNone)
        shown.setHorizontalScrollBarPolicy(Qt.ScrollBarAlwaysOff)
        shown.setResizeMode(QListWidget.Adjust)
        order = {"error": 0, "warning": 1}
        ranked = sorted(issues, key=lambda one: order.get(one[1], 2))
        if not ranked:
            shown.addItem(_("读取时没有发现问题。"))
        for words, severity in ranked:
            item = QListWidgetItem(words if severity != "info" else named(_("备查"), words))
            item.setForeground(brush({"error": "wrong", "warning": "doubt"}.get(severity, "muted")))
            shown.addItem(item)
        return shown

    def _versions(self, versions: Sequence[Any]) -> QWidget:
        self.versions = QTreeWidget(objectName="properties_versions")
        self.versions.setAccessibleName(_("版本"))
        self.versions.setRootIsDecorated(False)
        self.versions.setHeaderLabels([_("图层"), _("版本"), _("数据日期"), _("要素数"), _("状态"), _("摘要")])
        for record in versions:
            item = QTreeWidgetItem([record.name, str(record.version or ""), str(record.data_date or ""),
                                    f"{record.features:,}", _("在用") if record.current else _("停用"), record.sha256[:12]])
            item.setData(0, Qt.UserRole, (record.name, record.current))
            self.versions.addTopLevelItem(item)
        self.versions.header().setSectionResizeMode(QHeaderView.ResizeToContents)
        self.use = QPushButton(_("启用所选版本，其余停用"), objectName="properties_use")
        self.use.setEnabled(False)
        self.versions.itemSelectionChanged.connect(self._version_picked)
        self.use.clicked.connect(self._use)
        row = QHBoxLayout()
        row.addWidget(QLabel(_("研判只用在用的版本；停用的留在工作区里，随时可以再启用。"), wordWrap=True), 1)
        row.addWidget(self.use)
        box = QVBoxLayout()
        box.addWidget(self.versions, 1)
        box.addLayout(row)
        page = QWidget()
        page.setLayout(box)
        return page

    def _version_picked(self) -> None:
        chosen = self.versions.selectedItems()
        self.use.setEnabled(bool(chosen) and not chosen[0].data(0, Qt.UserRole)[1])

    def _use(self) -> None:
        self.currentAsked.emit(self.versions.selectedItems()[0].data(0, Qt.UserRole)[0])
        self.reject()

    def changes(self) -> dict[str, Any]:
        """What was changed of the description.

        Raises:
            ValueError: A number is none; its argument is the field.
        """
        if not hasattr(self, "edits"):
            return {}
        from gui.dialogs.import_file import _whole

        stated = getattr(self._record, "stated_accuracy_m", self._record.accuracy_m)
        found: dict[str, Any] = {}
        for name, edit in self.edits.items():
            text = edit.text().strip()
            value: Any = text or None
            if text and name == "accuracy_m":
                try:
                    value = float(text)
                except ValueError:
                    raise ValueError(name) from None
            elif text and name == "scale":
                value = _whole(text)
                if value is None:
                    raise ValueError(name)
            former = stated if name == "accuracy_m" else getattr(self._record, name, None)
            if value != former:
                found[name] = value
        return found

    def _accept(self) -> None:
        try:
            changes = self.changes()
        except ValueError as error:
            self.said.setText(_("精度要写成米数，如 2.5。") if str(error) == "accuracy_m" else _("比例尺要写成分母，如 10000。"))
            self.said.show()
            self.edits[str(error)].setFocus()
            return
        if changes:
            self.described.emit(changes)
        self.accept()


_DECIDED: Mapping[str, str] = {
    "crs-overridden": N_("由人指定，与文件注明的不同"), "crs-given": N_("文件没有说明，由人指定"), "crs-assumed": N_("按经纬度列认定"),
    "crs-from-zone": N_("按文件注明的带号确定"), "crs-from-column": N_("按文件的列写的认定"),
    "crs-matched": N_("没有编号，按椭球和投影参数认定"),
    "shift-converted": N_("按声明的消费地图坐标换算"), "axes-swapped": N_("两轴对调后读取"),
    "crs-old-datum": N_("旧坐标系，没有精确换算参数"),
}
