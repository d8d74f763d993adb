"""Bringing a data file in: what it is, how it is written, and which of its fields are which of ours."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from PyQt5.QtCore import Qt
from PyQt5.QtWidgets import (
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QLineEdit,
    QTableWidget,
    QTableWidgetItem,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from gui.preview import Preview
from gui.tasks import Report, Task, Worker
from sanxian.i18n import N_, _, language
from sanxian.messages import words

PROJECTS = "project_site"
ENCODINGS = ("", "utf-8", "gb18030", "big5")
SYSTEMS: tuple[tuple[str, str], ...] = (
    ("", N_("按文件（没有则询问）")), ("EPSG:4490", "CGCS2000 (EPSG:4490)"), ("EPSG:4326", "WGS 84 (EPSG:4326)"),
    *((f"EPSG:{code}", f"CGCS2000 3° CM {75 + 3 * (code - 4534)}E (EPSG:{code})") for code in range(4545, 4552)),
    *((f"EPSG:{code}", f"CGCS2000 3° zone {25 + code - 4513} (EPSG:{code})") for code in range(4524, 4531)),
)
COVERAGE = (
    ("", N_("行政区范围（默认）")), ("all", N_("声明处处完整")), ("hull", N_("要素外包范围")),
)
_PROJECT_WORDS = ("项目名称", "建设项目名称", "XMMC", "PROJECT_NAME", "项目编号", "项目代码", "XMBH", "XMDM", "PROJECT_ID")
_PROJECT_FACTS = ("nature", "industry_code", "new_outlet", "is_two_high", "wastewater", "land_use_after", "adds_capacity")
_PARK_WORDS = ("园区名称", "YQMC", "PARK_NAME")


@dataclass(frozen=True)
class ImportChoice:
    """What a person decided about a file; '' stands for "find out"."""

    path: Path
    role: str
    name: str
    options: Mapping[str, Any] = field(default_factory=dict)
    about: Mapping[str, Any] = field(default_factory=dict)


def guess_role(path: Path, headers: tuple[str, ...], roles: Mapping[str, Any]) -> str:
    """The role that a file has by its columns or its name, or '' where they leave a doubt."""
    from layers.schema import PROJECT_ALIASES, plain_header
    from rules.attributes import ATTRIBUTES

    have = {plain_header(header) for header in headers}

    def said(words: Iterable[str]) -> set[str]:
        return have & {plain_header(word) for word in words}

    # A park may be chemical just as a project may: what only a project has speaks for projects.
    every = {name: said((name, one.zh, *one.aliases, *PROJECT_ALIASES.get(name, ()))) for name, one in ATTRIBUTES.items()}
    facts = {name: found for name, found in every.items()
             if name not in ("is_chemical", "is_chemical_park", "is_heavy_chemical_park", "accuracy_m")}
    strong = said(_PROJECT_WORDS) | set().union(*(facts[name] for name in _PROJECT_FACTS))
    asked = sum(bool(found) for found in facts.values())
    if len(strong) > 1 or (strong and asked > 1):
        return PROJECTS
    stem = path.stem.casefold()
    for word, role in (("项目", PROJECTS), ("project", PROJECTS), ("stbhhx", "ecological_redline"),
                       ("红线", "ecological_redline"), ("yjjbnt", "permanent_farmland"), ("czkfbj", "urban_boundary"),
                       ("xzq", "admin")):
        if word in stem:
            return role
    named = [name for name, role in roles.items() if role.zh in path.stem or name in stem]
    if named and not strong:
        return max(named, key=lambda name: len(roles[name].zh))
    if strong:
        return PROJECTS if not named and asked == 1 and not said(_PARK_WORDS) else ""
    claimed = Counter(header for role in roles.values() for header in set().union(
        *(said((one.name, one.zh, *one.aliases)) for one in role.fields)))
    generic = {header for header, count in claimed.items() if count > 1}.union(*every.values())
    scores: dict[str, int] = {}
    for name, role in roles.items():
        hits = [found for one in role.fields if (found := said((one.name, one.zh, *one.aliases)))]
        if len(hits) > 1 and any(found - generic for found in hits):
            scores[name] = len(hits)
    best = sorted(scores, key=lambda name: scores[name], reverse=True)
    if not best or (len(best) > 1 and scores[best[0]] == scores[best[1]]) or asked >= scores[best[0]]:
        return ""
    return best[0]


class ImportDialog(QDialog):
    """Role, layer, encoding, CRS, fields; shows the first rows as they would be read."""

    def __init__(self, engine: Any, path: Path, worker: Worker, *, role: str = "",
                 parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._engine, self._path, self._worker = engine, path, worker
        self._roles = engine.roles()
        self._task: Task | None = None
        self._asked_role = role
        self.preview: Preview | None = None
        self.setWindowTitle(_("导入 — {file}").format(file=path.name))
        self.resize(900, 620)

        self.role = QComboBox(objectName="import_role", maxVisibleItems=20)
        self.role.addItem(_("请选择图层类型…"), "")
        self.role.addItem(_("项目（导入到项目表）"), PROJECTS)
        for name, one in self._roles.items():
            if name not in (PROJECTS, "raster"):
                self.role.addItem(one.en if language() == "en" else one.zh, name)
        self.role.setAccessibleName(_("图层类型"))
        self.layer = QComboBox(objectName="import_layer")
        self.name = QLineEdit(path.stem, objectName="import_name")
        self.encoding = QComboBox(objectName="import_encoding")
        for one in ENCODINGS:
            self.encoding.addItem(one or _("自动判断"), one)
        self.crs = QComboBox(objectName="import_crs", editable=True)
        for code, text in SYSTEMS:
            self.crs.addItem(_(text), code)
        self.crs.setInsertPolicy(QComboBox.NoInsert)
        left = QFormLayout()
        for title, widget in ((_("图层类型"), self.role), (_("文件中的图层"), self.layer), (_("图层名称"), self.name),
                              (_("文字编码"), self.encoding), (_("坐标系"), self.crs)):
            left.addRow(title, widget)
        self.version = QLineEdit(objectName="import_version", placeholderText=_("如 2023 年动态更新成果"))
        self.date = QLineEdit(objectName="import_date", placeholderText=_("如 2023-12-31"))
        self.accuracy = QLineEdit(objectName="import_accuracy", placeholderText=_("未知"))
        self.source = QLineEdit(objectName="import_source", placeholderText=_("提供单位或文号"))
        self.coverage = QComboBox(objectName="import_coverage")
        for code, text in COVERAGE:
            self.coverage.addItem(_(text), code)
        self.coverage.setToolTip(_("图层在哪里声称是完整的；范围之外没有要素不等于没有限制"))
        right = QFormLayout()
        for title, widget in ((_("版本"), self.version), (_("数据日期"), self.date), (_("精度（米）"), self.accuracy),
                              (_("来源"), self.source), (_("覆盖范围"), self.coverage)):
            right.addRow(title, widget)
        top = QHBoxLayout()
        top.addLayout(left, 1)
        self._about = QWidget()
        self._about.setLayout(right)
        right.setContentsMargins(0, 0, 0, 0)
        top.addWidget(self._about, 1)

        self.said = QLabel(wordWrap=True, objectName="import_said")
        self.fields = QTableWidget(0, 3, objectName="import_fields")
        self.fields.setHorizontalHeaderLabels([_("本程序字段"), _("文件中的字段"), _("说明")])
        self.fields.horizontalHeader().setSectionResizeMode(QHeaderView.Stretch)
        self.fields.verticalHeader().setVisible(False)
        self.rows = QTableWidget(objectName="import_preview")
        self.rows.setEditTriggers(QTableWidget.NoEditTriggers)
        self.rows.verticalHeader().setDefaultSectionSize(22)
        self.rows.setAlternatingRowColors(True)
        tabs = QTabWidget()
        tabs.addTab(self.rows, _("预览"))
        tabs.addTab(self.fields, _("字段对应"))
        self.tabs = tabs
        self.buttons = QDialogButtonBox(QDialogButtonBox.Ok | QDialogButtonBox.Cancel)
        self.buttons.button(QDialogButtonBox.Ok).setText(_("导入"))
        self.buttons.button(QDialogButtonBox.Cancel).setText(_("取消"))
        self.buttons.accepted.connect(self.accept)
        self.buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.addLayout(top)
        layout.addWidget(self.said)
        layout.addWidget(tabs, 1)
        layout.addWidget(self.buttons)
        self.role.currentIndexChanged.connect(self._role_changed)
        self.encoding.currentIndexChanged.connect(self.read)
        self.layer.activated.connect(self.read)
        self._role_changed()
        self.read()

    # -- reading ---------------------------------------------------------------------------------------------------
    def read(self, *_args: object) -> None:
        """Read the beginning of the file again, in another thread."""
        self.said.setStyleSheet("")
        self.said.setText(_("正在读取…"))
        layer, encoding = self.layer.currentData() or None, self.encoding.currentData() or None
        path, engine = self._path, self._engine

        def work(_report: Report) -> Preview:
            return engine.preview(path, layer=layer, encoding=encoding)

        self._task = task = Task(work, parent=self)
        task.succeeded.connect(lambda preview: self._show(preview) if task is self._task else None)
        task.failed.connect(lambda error: self._fail(error) if task is self._task else None)
        task.start(self._worker)

    def _fail(self, error: Exception) -> None:
        self.preview = None
        self.said.setStyleSheet("color: #b3261e;")
        self.said.setText(words(error))
        self.rows.setRowCount(0)
        self._enable()

    def _show(self, preview: Preview) -> None:
        first = self.preview is None
        self.preview = preview
        if self.layer.count() != len(preview.layers):
            self.layer.clear()
            for name, count in preview.layers:
                self.layer.addItem(name if count is None else _("{name}（{count} 个）").format(name=name, count=count),
                                   name)
        self.layer.setEnabled(len(preview.layers) > 1)
        parts = [part for part in (preview.geometry, preview.encoding) if part]
        parts.append(preview.crs or _("文件没有坐标系，请在上面指定"))
        self.said.setText(" · ".join(parts))
        self.said.setStyleSheet("" if preview.crs else "color: #a05a00;")
        self.rows.setColumnCount(len(preview.headers))
        self.rows.setHorizontalHeaderLabels(list(preview.headers))
        self.rows.setRowCount(len(preview.rows))
        for i, row in enumerate(preview.rows):
            for j, cell in enumerate(row):
                self.rows.setItem(i, j, QTableWidgetItem(cell))
        if first and not self.role.currentData():
            role = self._asked_role or guess_role(self._path, preview.headers, self._roles)
            self.role.setCurrentIndex(max(0, self.role.findData(role)))
        self._fill_fields()
        self._enable()

    def _role_changed(self, *_args: object) -> None:
        projects = self.role.currentData() == PROJECTS
        self._about.setEnabled(not projects)
        self.name.setEnabled(not projects)
        self._fill_fields()
        self._enable()

    def _enable(self) -> None:
        self.buttons.button(QDialogButtonBox.Ok).setEnabled(bool(self.role.currentData()) and self.preview is not None)

    def _wanted(self) -> list[tuple[str, str, bool, tuple[str, ...]]]:
        role = self.role.currentData()
        if role == PROJECTS:
            from rules.attributes import ATTRIBUTES

            english = language() == "en"
            return [("id", _("编号"), False, ("编号", "项目编号")), ("name", _("项目名称"), False, ("项目名称", "名称")),
                    *((name, one.en if english else one.zh, False, (one.zh, *one.aliases))
                      for name, one in ATTRIBUTES.items())]
        if role not in self._roles:
            return []
        english = language() == "en"
        return [(one.name, one.en if english else one.zh, one.required, (one.zh, *one.aliases))
                for one in self._roles[role].fields]

    def _fill_fields(self) -> None:
        headers = self.preview.headers if self.preview is not None else ()
        wanted = self._wanted()
        projects = self.role.currentData() == PROJECTS
        self.fields.setRowCount(len(wanted))
        for row, (name, title, required, aliases) in enumerate(wanted):
            item = QTableWidgetItem(f"{title} *" if required else title)
            item.setFlags(Qt.ItemIsEnabled)
            item.setData(Qt.UserRole, name)
            self.fields.setItem(row, 0, item)
            box = QComboBox()
            box.addItem(_("（没有）"), "")
            for header in headers:
                box.addItem(header, header)
            words = {word.casefold() for word in (name, *aliases)}
            found = next((header for header in headers if header.strip().casefold() in words), "")
            box.setCurrentIndex(max(0, box.findData(found)))
            box.setEnabled(not projects)
            box.setProperty("found", found)
            box.setAccessibleName(title)
            self.fields.setCellWidget(row, 1, box)
            note = QTableWidgetItem(_("按名称识别") if found else (_("必填") if required else ""))
            note.setFlags(Qt.ItemIsEnabled)
            self.fields.setItem(row, 2, note)

    # -- answer ----------------------------------------------------------------------------------------------------
    def choice(self) -> ImportChoice:
        """What was decided."""
        mapping = {}
        for row in range(self.fields.rowCount()):
            box = self.fields.cellWidget(row, 1)
            if box.currentData() and box.currentData() != box.property("found"):
                mapping[self.fields.item(row, 0).data(Qt.UserRole)] = box.currentData()
        data = self.crs.itemData(self.crs.currentIndex()) if self.crs.findText(self.crs.currentText()) >= 0 else None
        crs = data if data is not None else self.crs.currentText().strip()
        options: dict[str, Any] = {"crs": crs or None, "encoding": self.encoding.currentData() or None}
        if self.layer.count() > 1:
            options["layer"] = self.layer.currentData()
        if self.role.currentData() == PROJECTS:
            return ImportChoice(self._path, PROJECTS, self.name.text().strip(), options)
        options["fields"] = mapping or None
        about = {"version": self.version.text().strip() or None, "data_date": self.date.text().strip() or None,
                 "accuracy_m": _number(self.accuracy.text()), "source": self.source.text().strip() or None,
                 "coverage": self.coverage.currentData() or None}
        return ImportChoice(self._path, self.role.currentData(), self.name.text().strip() or self._path.stem, options,
                            about)

    def done(self, result: int) -> None:
        self._task = None
        super().done(result)


def _number(text: str) -> float | None:
    try:
        return float(text.strip())
    except ValueError:
        return None
