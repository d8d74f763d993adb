"""Which projects a report tells of, what kind it is, how long, and after whose template."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from PyQt5.QtCore import Qt
from PyQt5.QtWidgets import (
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from gui import theme
from gui.dialogs import choose
from gui.telling import ALL, SCOPES, Told
from sanxian.i18n import N_, _

BUNDLE = ".zip"
KINDS = (
    (N_("Word 报告"), ".docx"), (N_("PDF 报告"), ".pdf"), (N_("网页报告"), ".html"), (N_("Excel 表格"), ".xlsx"),
    (N_("JSON 记录"), ".json"), (N_("项目图层（GeoPackage）"), ".gpkg"), (N_("证据包（输入、图层摘录、规则与成果，可复算）"), BUNDLE),
)
FORMS = ((N_("按项目数决定（10 个以内写全文）"), "auto"), (N_("短版：总览、对照总表和每项目一张简表"), "short"),
         (N_("长版：逐条对照全文"), "long"))
SECRET = ((N_("遇到标有密级的图层则不写"), "refuse"), (N_("不带出标有密级的图层"), "leave-out"), (N_("带出（须经批准）"), "include"))
_FORMED = (".docx", ".pdf", ".html")


@dataclass(frozen=True, slots=True)
class ExportChoice:
    """What was decided.

    Attributes:
        suffix: The kind of file.
        form: ``auto``, ``short`` or ``long``.
        template: A Word template of the person's own.
        confidential: What a bundle does with confidential layers.
        scope: The projects, one of ``gui.telling.SCOPES``.
    """

    suffix: str = ".docx"
    form: str = "auto"
    template: Path | None = None
    confidential: str = "refuse"
    scope: str = ALL


class ExportReport(QDialog):
    """Asks for the kind of report before the file is chosen.

    Args:
        scopes: What each choice of projects comes to; without them nothing is said of projects.
    """

    def __init__(self, parent: QWidget | None = None, scopes: Mapping[str, Told] | None = None) -> None:
        super().__init__(parent)
        self._scopes = dict(scopes or {})
        self.setWindowTitle(_("导出研判报告"))
        self.setObjectName("export_report")
        self.kind = self._choices(KINDS, _("类型"))
        self.scope = self._choices(tuple((_(SCOPES[key]).format(count=f"{len(told.judged):,}"), key)
                                         for key, told in self._scopes.items()), _("写哪些项目"))
        self.scope.setObjectName("export_scope")
        for place, told in enumerate(self._scopes.values()):
            self.scope.model().item(place).setEnabled(bool(told.judged))
        self.form = self._choices(FORMS, _("篇幅"))
        self.secret = self._choices(SECRET, _("密级图层"))
        self.template = QLineEdit(objectName="export_template", clearButtonEnabled=True)
        self.template.setAccessibleName(_("自备模板"))
        self.template.setPlaceholderText(_("不用模板"))
        self.browse = QPushButton(_("选择…"))
        self.browse.setAutoDefault(False)
        self.browse.clicked.connect(self._ask_template)
        row = QHBoxLayout()
        row.addWidget(self.template, 1)
        row.addWidget(self.browse)
        self.said = QLabel(wordWrap=True)
        self.left_out = QLabel(wordWrap=True, objectName="export_left_out")
        self.left_out.setTextFormat(Qt.PlainText)
        theme.tone(self.left_out, "doubt_box")
        fields = QFormLayout()
        fields.addRow(_("类型"), self.kind)
        if self._scopes:
            fields.addRow(_("写哪些项目"), self.scope)
            fields.addRow("", self.left_out)
        fields.addRow(_("篇幅"), self.form)
        fields.addRow(_("自备模板"), row)
        fields.addRow(_("密级图层"), self.secret)
        buttons = QDialogButtonBox(QDialogButtonBox.Ok | QDialogButtonBox.Cancel)
        buttons.button(QDialogButtonBox.Ok).setText(_("选择文件…"))
        buttons.button(QDialogButtonBox.Cancel).setText(_("取消"))
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.addLayout(fields)
        layout.addWidget(self.said)
        layout.addWidget(buttons)
        self.kind.currentIndexChanged.connect(self._show)
        self.scope.currentIndexChanged.connect(self._show)
        self.template.textChanged.connect(self._show)
        self.resize(560, self.sizeHint().height())
        self._show()

    def _choices(self, rows: tuple[tuple[str, str], ...], name: str) -> QComboBox:
        box = QComboBox()
        box.setAccessibleName(name)
        for words, key in rows:
            box.addItem(_(words), key)
        return box

    def _show(self) -> None:
        suffix = self.kind.currentData()
        own = suffix == ".docx" and bool(self.template.text().strip())
        self.form.setEnabled(suffix in _FORMED and not own)
        self.template.setEnabled(suffix == ".docx")
        self.browse.setEnabled(suffix == ".docx")
        self.secret.setEnabled(suffix == BUNDLE)
        self.said.setText(_("证据包会把所列项目重新研判一遍，并在写出前复算核对。") if suffix == BUNDLE else
                          _("模板决定报告的内容；占位符见手册“报告”一页。") if own else "")
        told = self._scopes.get(self.scope.currentData() or ALL)
        self.left_out.setText(told.words() if told is not None else "")
        self.left_out.setVisible(bool(self.left_out.text()))
        self.layout().activate()
        needed = self.layout().totalHeightForWidth(self.width())  # what is left out may take several lines
        self.resize(self.width(), max(self.height(), needed))

    def _ask_template(self) -> None:
        path = choose.file(self, _("自备模板"), _("Word 文档 (*.docx)"), start=self.template.text().strip())
        if path is not None:
            self.template.setText(str(path))

    def choice(self) -> ExportChoice:
        """What was decided."""
        suffix = self.kind.currentData()
        text = self.template.text().strip()
        return ExportChoice(suffix, self.form.currentData(), Path(text) if text and suffix == ".docx" else None,
                            self.secret.currentData(), self.scope.currentData() or ALL)
