"""What a project is: every attribute a rule may ask for, with unknown kept apart from no."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from PyQt5.QtCore import QRect, QSize, QStringListModel, Qt, pyqtSignal
from PyQt5.QtGui import QDoubleValidator, QResizeEvent
from PyQt5.QtWidgets import (
    QAction,
    QApplication,
    QCheckBox,
    QComboBox,
    QCompleter,
    QFormLayout,
    QGroupBox,
    QLabel,
    QLineEdit,
    QMenu,
    QScrollArea,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from gui import theme
from gui.dialogs import NoWheel
from gui.flow import Flow
from gui.models.project_table import KINDS
from gui.outside import NAME
from gui.project_fields import BY_NAME, FIELDS, GROUPS, ProjectField, choice_words
from gui.session import Session, Site
from gui.words import Speaker, listed, plain_tip
from rules.industry import written
from sanxian.i18n import _, pick
from sanxian.messages import area_words

UNKNOWN = "未知"


class Choice(QComboBox):
    """One of several, or unknown; unknown is the first and the default.

    Signals:
        changed: The value, ``None`` for unknown; only when a person chose.
    """

    changed = pyqtSignal(object)

    def __init__(self, choices: tuple[tuple[Any, Mapping[str, str]], ...], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._choices = choices
        self.setSizeAdjustPolicy(QComboBox.AdjustToMinimumContentsLengthWithIcon)
        self.setMinimumContentsLength(8)
        self.setFocusPolicy(Qt.StrongFocus)
        self.retranslate()
        self.activated.connect(lambda _row: self.changed.emit(self.value()))

    def retranslate(self) -> None:
        """Say the choices again."""
        value = self.value() if self.count() else None
        self.blockSignals(True)
        self.clear()
        self.addItem(_(UNKNOWN), None)
        for key, label in self._choices:
            self.addItem(choice_words(label), key)
        self.set_value(value)
        self.blockSignals(False)

    def value(self) -> Any:
        """The choice, or ``None`` for unknown."""
        return self.currentData()

    def set_value(self, value: Any) -> None:
        """Show a value; one that is not among the choices is shown as it is, never as unknown."""
        keys = [None, *(key for key, _label in self._choices)]
        row = next((i for i, key in enumerate(keys) if type(key) is type(value) and key == value), -1)
        while self.count() > len(keys):
            self.removeItem(self.count() - 1)
        if row < 0:
            row = next((i for i, key in enumerate(keys) if value is not None and str(key) == str(value)), -1)
        if row < 0:
            self.addItem(str(value), value)
            row = self.count() - 1
        self.setCurrentIndex(row)


class Several(QToolButton):
    """Several of a list; none ticked is unknown, and ``none`` is an answer of its own that excludes the others."""

    changed = pyqtSignal(object)

    def __init__(self, choices: tuple[tuple[Any, Mapping[str, str]], ...], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._choices = choices
        self.setPopupMode(QToolButton.InstantPopup)
        self.setToolButtonStyle(Qt.ToolButtonTextOnly)
        self.setFocusPolicy(Qt.StrongFocus)
        self._menu = QMenu(self)
        self.setMenu(self._menu)
        self._actions: dict[str, QAction] = {}
        for key, label in choices:
            action = self._menu.addAction(choice_words(label))
            action.setCheckable(True)
            action.triggered.connect(lambda checked, name=key: self._ticked(name, checked))
            self._actions[key] = action
        self._show()

    def retranslate(self) -> None:
        """Say the choices again."""
        for key, label in self._choices:
            self._actions[key].setText(choice_words(label))
        self._show()

    def value(self) -> tuple[str, ...] | None:
        """What is ticked, or ``None`` for unknown."""
        ticked = tuple(key for key, _label in self._choices if self._actions[key].isChecked())
        return ticked or None

    def set_value(self, value: Any) -> None:
        """Show a value."""
        wanted = {value} if isinstance(value, str) else set(value or ())
        for key, action in self._actions.items():
            action.setChecked(key in wanted)
        self._show()

    def _ticked(self, key: str, checked: bool) -> None:
        if checked:
            for other, action in self._actions.items():
                if (key == "none") != (other == "none") and action.isChecked():
                    action.setChecked(False)
        self._show()
        self.changed.emit(self.value())

    def _show(self) -> None:
        labels = dict(self._choices)
        value = self.value()
        self.setText(_(UNKNOWN) if value is None else listed(choice_words(labels[key]) for key in value))
        self.setToolTip(plain_tip(self.text()))

    def sizeHint(self) -> QSize:
        return QSize(120, super().sizeHint().height())


class Line(QLineEdit):
    """Free words or a number; empty is unknown."""

    changed = pyqtSignal(object)

    def __init__(self, kind: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._kind = kind
        self._last: Any = None
        if kind == "number":
            validator = QDoubleValidator(0.0, 1e9, 3, self)
            validator.setNotation(QDoubleValidator.StandardNotation)
            self.setValidator(validator)
        self.retranslate()
        self.editingFinished.connect(self.commit)

    def retranslate(self) -> None:
        """Say again what an empty field means."""
        self.setPlaceholderText(_(UNKNOWN))

    def value(self) -> Any:
        """What is written, or ``None`` for unknown."""
        text = self.text().strip()
        if not text:
            return None
        if self._kind == "number":
            try:
                return float(text)
            except ValueError:
                return None
        if self._kind == "texts":
            return tuple(part.strip() for part in text.replace("；", ";").split(";") if part.strip()) or None
        return text

    def set_value(self, value: Any, *, typing: bool = False) -> None:
        """Show a value; while somebody is ``typing`` what is written stays."""
        if isinstance(value, str) and self._kind in ("texts", "codes"):
            value = tuple(part.strip() for part in value.split(";") if part.strip()) or None
        self._last = value
        if typing:
            return
        if value is None:
            text = ""
        elif self._kind == "number":
            text = f"{value:g}"
        elif self._kind in ("texts", "codes"):
            text = ";".join(map(str, value))
        else:
            text = str(value)
        if text != self.text():
            self.setText(text)

    def commit(self) -> None:
        """Tell what was written, if it differs."""
        if not self.isModified():  # what nobody typed is no edit, however it reads back
            return
        self.setModified(False)
        value = self.value()
        if value != self._last:
            self._last = value
            self.changed.emit(value)


class Industry(Line):
    """Codes of GB/T 4754, found by code, by any part of the name or by an everyday word."""

    def __init__(self, search: Callable[[str], list[tuple[str, str]]], name: Callable[[str], str | None],
                 parent: QWidget | None = None) -> None:
        super().__init__("codes", parent)
        self._find, self._name = search, name
        self._rows = QStringListModel(self)
        completer = QCompleter(self._rows, self)
        completer.setCompletionMode(QCompleter.UnfilteredPopupCompletion)
        completer.setMaxVisibleItems(12)
        completer.setWidget(self)
        completer.activated[str].connect(self._take)
        self.completions = completer
        self.textEdited.connect(self._search)

    def value(self) -> Any:
        """The codes that are written; beside a word that is none they do not count either: what it means may be banned."""
        return None if self.strange() else tuple(self._written()) or None

    def strange(self) -> list[str]:
        """What is written and is no code of the standard."""
        return [code for code in self._written() if not self._name(code)]

    def _written(self) -> list[str]:
        return written(self.text(), self._name)

    def set_value(self, value: Any, *, typing: bool = False) -> None:
        """Show a value; what was written with words that are no code stays to be mended."""
        if self.strange() and value == self.value():
            self._last = value
        else:
            super().set_value(value, typing=typing)

    def names(self) -> str:
        """The names of the codes that are written, and what is none."""
        return listed(self._name(code) or _("“{code}”不是 GB/T 4754 的代码，不算已填，请从列表里选一个行业").format(code=code)
                      for code in self._written())

    def _search(self, text: str) -> None:
        word = text.replace("；", ";").split(";")[-1].strip()
        found = self._find(word) if word else []
        self._rows.setStringList([f"{code} {name}" for code, name in found])
        if found:
            popup = self.completions.popup()
            wide = popup.sizeHintForColumn(0) + 2 * popup.frameWidth() + popup.verticalScrollBar().sizeHint().width() + 4
            room = (self.screen() or QApplication.primaryScreen()).availableSize().width()
            self.completions.complete(QRect(0, 0, min(max(self.width(), wide), room), self.height()))
        else:
            self.completions.popup().hide()

    def _take(self, row: str) -> None:
        before = [part.strip() for part in self.text().replace("；", ";").split(";")[:-1] if part.strip()]
        self.setText(";".join([*before, row.split(" ")[0]]))
        self.setModified(True)
        self.commit()


class Wrapped(QLabel):
    """Words over as many lines as they need: a form in a scrolling page would cut the last of them off."""

    def __init__(self, name: str) -> None:
        super().__init__(wordWrap=True, objectName=name)
        policy = QSizePolicy(QSizePolicy.Ignored, QSizePolicy.Minimum)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)

    def setText(self, text: str) -> None:
        super().setText(text)
        self._grow()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._grow()

    def _grow(self) -> None:
        self.setMinimumHeight(self.heightForWidth(self.width()) if self.text() else 0)


class SiteForm(QWidget, Speaker):
    """The attributes of the current project."""

    def __init__(self, session: Session, engine: Any, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session, self._engine = session, engine
        self._no_wheel = NoWheel(self)
        self._labels: dict[str, QLabel] = {}
        self.fields: dict[str, Any] = {}
        self._boxes: list[tuple[QGroupBox, list[str]]] = []
        self._of = ""  # the project whose attributes are shown

        self.empty = QLabel(alignment=Qt.AlignCenter, wordWrap=True)
        self.say(self.empty.setText, "在项目表或地图上选择项目，或用工具栏绘制用地，即可在此填写属性。")
        self.name = QLineEdit(objectName="project_name")
        self.say(self.name.setPlaceholderText, "项目名称")
        self.say(self.name.setAccessibleName, "项目名称")
        self.name.editingFinished.connect(self._rename)
        self.shape = QLabel(objectName="site_shape", wordWrap=True)
        self.shape.setTextInteractionFlags(Qt.TextSelectableByMouse)
        self.unread = Wrapped("site_unread")
        theme.tone(self.unread, "wrong")
        self.filled = QLabel(objectName="site_filled")
        self.only_missing = QCheckBox(objectName="only_missing")
        self.say(self.only_missing.setText, "只看待补充")
        self.only_missing.toggled.connect(self._show_rows)
        head = Flow()
        head.addWidget(self.filled)
        head.addWidget(self.only_missing)

        inner = QWidget()
        column = QVBoxLayout(inner)
        column.setContentsMargins(2, 2, 8, 2)
        for group in GROUPS:
            box = QGroupBox()
            self.say(box.setTitle, lambda words=GROUPS[group]: pick(words))
            form = QFormLayout(box)
            form.setFieldGrowthPolicy(QFormLayout.AllNonFixedFieldsGrow)
            form.setRowWrapPolicy(QFormLayout.WrapLongRows)
            form.setLabelAlignment(Qt.AlignLeft | Qt.AlignVCenter)
            form.setVerticalSpacing(4)
            names = []
            for field in FIELDS:
                if field.group == group:
                    self._row(form, field)
                    names.append(field.name)
            self._boxes.append((box, names))
            column.addWidget(box)
        column.addStretch(1)
        self.scroll = QScrollArea(widgetResizable=True, frameShape=QScrollArea.NoFrame)
        self.scroll.setWidget(inner)
        self.scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarAlwaysOff)

        self.body = QWidget()
        layout = QVBoxLayout(self.body)
        layout.setContentsMargins(4, 4, 4, 4)
        layout.setSpacing(4)
        layout.addWidget(self.name)
        layout.addWidget(self.shape)
        layout.addWidget(self.unread)
        layout.addLayout(head)
        layout.addWidget(self.scroll, 1)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(self.body)
        outer.addWidget(self.empty)
        session.currentChanged.connect(self.show_current)
        session.siteChanged.connect(lambda site_id: self.show_current() if site_id == session.current_id else None)
        session.resultsChanged.connect(self.show_current)
        session.opened.connect(self.show_current)
        self.show_current()

    def _row(self, form: QFormLayout, field: ProjectField) -> None:
        if field.kind == "bool":
            widget: Any = Choice(((True, {"msgid": "是"}), (False, {"msgid": "否"})))
        elif field.kind == "choice":
            widget = Choice(field.choices)
        elif field.kind == "choices":
            widget = Several(field.choices)
        elif field.kind == "codes":
            widget = Industry(self._engine.search_industries, self._engine.industry_name)
        else:
            widget = Line(field.kind)
        widget.setObjectName(f"field_{field.name}")
        widget.installEventFilter(self._no_wheel)
        label = QLabel()
        label.setBuddy(widget)
        self.say(label.setText, lambda: field.label)
        self.say(widget.setAccessibleName, lambda: field.label)
        self.say(label.setToolTip, lambda: field.hint)
        if isinstance(widget, Line):
            self.say(widget.setToolTip, lambda: field.hint)
        widget.changed.connect(lambda value, name=field.name: self._set(name, value))
        self.fields[field.name] = widget
        self._labels[field.name] = label
        if field.kind == "codes":
            self.industry_names = Wrapped("industry_names")
            widget.editingFinished.connect(self._name_industries)  # also where no code comes of it
            theme.tone(self.industry_names, "muted")
            form.addRow(label, widget)
            form.addRow(self.industry_names)  # over the whole width
        else:
            form.addRow(label, widget)

    def retranslate(self) -> None:
        super().retranslate()
        for widget in self.fields.values():
            widget.retranslate()
        self.show_current()

    def show_current(self, *_args: object) -> None:
        """Show the current project."""
        site = self._session.current
        self.body.setVisible(site is not None)
        self.empty.setVisible(site is None)
        if site is None:
            self._of = ""
            return
        typed = self.typed() if self._of == site.id else set()  # nobody wants a word that is not finished to be gone
        if NAME not in typed and (not self.name.hasFocus() or self.name.text() != site.name):
            self.name.setText(site.name)
        industry = self.fields["industry_code"]
        if self._of != site.id:  # what is no code was written for another project
            self._of = site.id
            industry.setText("")
        for name, widget in self.fields.items():
            widget.set_value(site.attributes.get(name), **({"typing": True} if f".{name}" in typed else {}))
        self._name_industries()
        self.shape.setText(self._shape_words(site))
        unread = listed(_("{field}“{value}”").format(field=BY_NAME[one.attribute].label, value=_(one.value)) for one in site.unread)
        self.unread.setText(_("文件里的取值不认识，按未知：{cells}").format(cells=unread) if unread else "")
        self.unread.setVisible(bool(unread))
        known = sum(name in site.attributes for name in self.fields)
        self.filled.setText(_("已填 {known} 项，未知 {unknown} 项").format(known=known, unknown=len(FIELDS) - known))
        self._show_rows()

    def typed(self) -> set[str]:
        """What of the project somebody has begun to write and is writing still, as ``gui.outside`` calls it."""
        fields = {f".{name}": widget for name, widget in self.fields.items() if isinstance(widget, Line)}
        return {name for name, widget in {NAME: self.name, **fields}.items()
                if widget.isModified() and widget.window().focusWidget() is widget}  # also while another window is in front

    def _name_industries(self) -> None:
        industry = self.fields["industry_code"]
        self.industry_names.setText(industry.names())
        theme.tone(self.industry_names, "wrong" if industry.strange() else "muted")
        self.industry_names.setVisible(bool(self.industry_names.text()) and not industry.isHidden())

    def wanted(self) -> set[str]:
        """Attributes whose absence leaves something undetermined."""
        site = self._session.current
        if site is None or site.result is None:
            return set()
        keys = {key for outcome in site.result.outcomes for key in outcome.missing}
        return {key.split(":", 1)[1] for key in keys if key.startswith("attribute:")}

    def show_field(self, name: str) -> None:
        """Scroll to an attribute and put the cursor there."""
        widget = self.fields.get(name)
        if widget is not None:
            self.only_missing.setChecked(False)
            self.scroll.ensureWidgetVisible(widget)
            widget.setFocus(Qt.OtherFocusReason)

    def _show_rows(self, *_args: object) -> None:
        site = self._session.current
        wanted = self.wanted() - set(site.attributes if site is not None else ())
        self.only_missing.setEnabled(bool(wanted))
        if not wanted:  # an empty form would look broken
            self.only_missing.blockSignals(True)
            self.only_missing.setChecked(False)
            self.only_missing.blockSignals(False)
        only = self.only_missing.isChecked()
        for box, names in self._boxes:
            shown = False
            for name in names:
                label, widget = self._labels[name], self.fields[name]
                font = label.font()
                font.setBold(name in wanted)
                label.setFont(font)
                theme.tone(label, "wrong" if name in wanted else "")
                visible = not only or name in wanted
                shown = shown or visible
                label.setVisible(visible)
                widget.setVisible(visible)
                if name == "industry_code":
                    self.industry_names.setVisible(visible and bool(self.industry_names.text()))
                widget.setAccessibleDescription(_("待补充：有结论缺少这一项") if name in wanted else "")
            box.setVisible(shown)

    def show_measures(self, facts: dict[str, Any] | None) -> None:
        """Say how large the current site is while it is dragged; ``None`` when it is let go of where it was."""
        site = self._session.current
        if site is not None and (facts is None or facts.get("valid")):
            self.shape.setText(self._shape_words(site, (facts["area_m2"], facts["length_m"]) if facts else None))

    def _shape_words(self, site: Site, measured: tuple[float, float] | None = None) -> str:
        if site.geometry is None or site.geometry.is_empty:
            return _("没有用地边界")
        kind = _(KINDS.get(site.geometry.geom_type, site.geometry.geom_type))
        area, length = measured or self._engine.measure(site.geometry, site.crs)
        parts = [_("编号 {id}").format(id=site.id), kind]
        if area > 0:
            parts += [area_words(area), _("周长 {length:,.1f} m").format(length=length)]
        elif length > 0:
            parts.append(_("长 {length:,.1f} m").format(length=length))
        parts.append(site.crs)
        return " · ".join(parts)

    def _set(self, name: str, value: Any) -> None:
        if self._session.current is not None:
            self._session.set_attribute(self._session.current_id, name, value)

    def _rename(self) -> None:
        site = self._session.current
        if site is not None and self.name.isModified() and self.name.text().strip():
            self.name.setModified(False)
            self._session.rename_site(site.id, self.name.text().strip())

    def commit(self) -> None:
        """Take over what is being typed, before a screening or a save reads the project."""
        self._rename()
        for widget in self.fields.values():
            if isinstance(widget, Line):
                widget.commit()
