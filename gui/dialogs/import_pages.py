"""The pages of the import dialog: what was seen of a file, and what a person can decide about it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from PyQt5.QtCore import Qt, pyqtSignal
from PyQt5.QtGui import QBrush, QColor, QIcon, QPixmap
from PyQt5.QtWidgets import (
    QAbstractItemView,
    QCheckBox,
    QComboBox,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QSplitter,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from gui import theme
from gui.dialogs.place_map import COLOURS, PlaceMap
from gui.systems import system_words
from gui.words import aside, choice_word, listed, plain_tip, sentences
from sanxian.i18n import N_, _, language

_SAID_BY = {
    "cpg": N_("文件注明（.cpg）：{stated}"), "ldid": N_("文件注明（属性表的语言标记）：{stated}"), "bom": N_("文件开头的标记：{stated}"),
    "header": N_("格式规定：{stated}"), "": N_("文件没有注明编码"),
}
_DOUBTS = {
    "no-crs": N_("文件没有说明坐标系。"),
    "axes-swapped": N_("坐标的两轴看起来对调了：x 从 {west} 到 {east}，y 从 {south} 到 {north}。"),
    "metres-in-degrees": N_("文件注明的坐标系以度为单位，坐标值却是米（{west} 到 {east}）。"),
    "degrees-in-metres": N_("文件注明的坐标系以米为单位，坐标值却像度（{west} 到 {east}）。"),
    "zone-mismatch": N_("坐标的带号是 {zone}，注明的坐标系却是 {stated_zone} 带。"),
    "zone-number-present": N_("坐标带有带号 {zone}，注明的坐标系却不带。"),
    "zone-number-absent": N_("坐标没有带号，注明的坐标系却带有（{stated_zone} 带）。"),
    "zones-mixed": N_("文件里混有不同带号的坐标，没有一个坐标系能同时放下；请按带号分成几个文件，分别添加。"),
    "crs-old-datum": N_("坐标系是 1954 北京或 1980 西安：与 2000 国家大地坐标系相差数十米以上，换算参数须由测绘部门提供。"),
    "lies-elsewhere": N_("按文件注明的坐标系 {stated}，图形落在 {lon}°E {lat}°N，离工作区的数据 {away_km} 公里。"),
    "shifted-coordinates": N_("与图层“{reference}”相比整体偏移约 {shift_m} 米，像是 {system} 坐标；换算后边界才对得上。"
                              "请在列表里选择按 {system} 换算，或按文件注明的坐标系原样读取。"),
    "web-mercator": N_("坐标系是 Web 墨卡托：平面面积在本地偏大约三成，本程序一律按椭球面积计算。"),
    "column-contradicts": N_("文件注明的坐标系与它自己的列写的不同。"),
}
_SURE = {"likely": N_("很可能"), "possible": N_("有可能")}


def inked(name: str) -> str:
    """A style sheet for words in a colour of the theme, '' for its plain one."""
    return f"color: {theme.ink(name)};" if name else ""


def brush(name: str) -> QBrush:
    """A colour of the theme for the words of a cell."""
    return QBrush(QColor(theme.ink(name)))


def table(name: str, headers: Sequence[str], spoken: str, stretch: int) -> QTableWidget:
    """A table that only shows; whole rows are selected."""
    made = QTableWidget(0, len(headers), objectName=name)
    made.setHorizontalHeaderLabels(list(headers))
    made.setAccessibleName(spoken)
    made.setEditTriggers(QAbstractItemView.NoEditTriggers)
    made.setSelectionBehavior(QAbstractItemView.SelectRows)
    made.setSelectionMode(QAbstractItemView.SingleSelection)
    made.verticalHeader().setVisible(False)
    made.verticalHeader().setDefaultSectionSize(24)
    made.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeToContents)
    made.horizontalHeader().setSectionResizeMode(stretch, QHeaderView.Stretch)
    made.setAlternatingRowColors(True)
    made.setWordWrap(False)
    made.setTabKeyNavigation(False)  # Tab leads on: from cell to cell it went round for ever, and chose what it came by
    return made


def cell(text: str, tip: str = "") -> QTableWidgetItem:
    """A cell that cannot be edited."""
    item = QTableWidgetItem(text)
    item.setFlags(Qt.ItemIsEnabled | Qt.ItemIsSelectable)
    item.setToolTip(plain_tip(tip or text))
    return item


class TextPage(QWidget):
    """Which encoding the text is in, with its evidence and a sample in each.

    Signals:
        chosen: An encoding, '' for "by the evidence".
    """

    chosen = pyqtSignal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.evidence = QLabel(wordWrap=True, objectName="import_text_evidence")
        self.trials = table("import_trials", [_("编码"), _("不符"), _("读出的文字")], _("各种编码读出的文字"), 2)
        self.trials.itemSelectionChanged.connect(self._picked)
        layout = QVBoxLayout(self)
        layout.addWidget(self.evidence)
        layout.addWidget(self.trials, 1)
        self._filling = False

    def show_text(self, text: Any, given: str) -> None:
        """Show the evidence; ``given`` is what the person chose, or ''."""
        self._filling = True
        self.trials.setRowCount(0)
        if text.encoding is None:
            self.evidence.setText(_("这种格式的文字编码由格式本身规定，不必选择。"))
            self.evidence.setStyleSheet("")
            self._filling = False
            return
        said = [_(_SAID_BY[text.where if text.stated else ""]).format(stated=text.stated)]
        wrong = text.stated is not None and _differ(text.stated, text.encoding)
        if not text.texts and not text.trials:
            said.append(_("没有英文以外的文字，任何编码读来都一样。"))
        elif wrong:
            said.append(_("内容其实是 {encoding}：按注明的编码有文字读不通。").format(encoding=text.encoding))
        elif text.sure:
            said.append(_("内容与 {encoding} 相符。").format(encoding=text.encoding))
        else:
            said.append(_("按内容判断是 {encoding}，但没有十足把握，请核对下面的文字。").format(encoding=text.encoding))
        self.evidence.setText(sentences(said))
        self.evidence.setStyleSheet(inked("doubt") if wrong or not text.sure else "")
        used = given or text.encoding
        self.trials.setRowCount(len(text.trials))
        for row, trial in enumerate(text.trials):
            self.trials.setItem(row, 0, cell(trial.encoding))
            item = cell(_("全部相符") if not trial.failed else _("{count} 处").format(count=f"{trial.failed:,}"))
            item.setForeground(brush("wrong" if trial.failed else "fine"))
            self.trials.setItem(row, 1, item)
            self.trials.setItem(row, 2, cell(" · ".join(trial.sample)))
            if not _differ(trial.encoding, used):
                self.trials.selectRow(row)
        self._filling = False

    def _picked(self) -> None:
        rows = self.trials.selectionModel().selectedRows()
        if rows and not self._filling:
            self.chosen.emit(self.trials.item(rows[0].row(), 0).text())


def _differ(one: str, other: str) -> bool:
    from layers.encoding import same

    try:
        return not same(one, other)
    except LookupError:
        return True


class PlacePage(QWidget):
    """Where the file would lie under each coordinate system; the person says which is right.

    Signals:
        chosen: An EPSG code, ``GCJ-02`` or ``BD-09``.
        confirmed: The box was ticked or cleared.
    """

    chosen = pyqtSignal(str)
    confirmed = pyqtSignal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.evidence = QLabel(wordWrap=True, objectName="import_place_evidence")
        self.list = table("import_places", ["", _("坐标系"), _("中心位置"), _("相符"), _("把握")],
                          _("可能的坐标系"), 1)
        self.list.setMinimumWidth(200)
        self.list.horizontalHeader().setSectionResizeMode(4, QHeaderView.Interactive)
        self.list.horizontalHeaderItem(3).setToolTip(_("有多少图形落在工作区已有图层的范围里"))
        self.map = PlaceMap()
        self.map.setAccessibleName(_("各种坐标系下的位置"))
        self.confirm = QCheckBox(_("我核对过位置，按所选的坐标系读取"), objectName="import_confirm")
        split = QSplitter(Qt.Horizontal)
        split.addWidget(self.list)
        split.addWidget(self.map)
        split.setStretchFactor(0, 0)
        split.setStretchFactor(1, 1)
        split.setSizes([600, 400])
        split.setChildrenCollapsible(False)
        layout = QVBoxLayout(self)
        layout.addWidget(self.evidence)
        layout.addWidget(self.confirm)  # above what may be higher than a small screen
        layout.addWidget(split, 1)
        self._codes: list[str] = []
        self._sureness: list[str] = []
        self._said: list[str] = []
        self._decided: list[str] = []  # the same without the advice to choose
        self._filling = False
        self.list.itemSelectionChanged.connect(self._picked)
        self.map.picked.connect(lambda number: self.list.selectRow(number))
        self.confirm.toggled.connect(lambda _on: self.confirmed.emit())

    def show_places(self, places: Any, outlines: Sequence[Any], stated: str, given: str, assumed: bool = False,
                    refused: str = "", told: str = "", choice: str = "", against: str = "") -> None:
        """Show what is doubtful and where the file could be.

        Args:
            places: ``layers.look.Places``.
            outlines: Of the workspace's layers, in degrees.
            stated: What the file says, '' for nothing.
            given: What the person chose, or ''.
            assumed: ``stated`` was not said by the file, but taken from its columns of longitude and latitude.
            refused: What the file says of its system that leaves it open, in words, or ''.
            told: From which of its columns the file's system is known, in words, or ''.
            choice: What becomes of the coordinates under the system chosen, in words, or ''.
            against: That the file says another system than the one chosen, in words, or ''.
        """
        self._filling = True
        self._assumed = assumed
        said = []
        for doubt in places.doubts:
            values = {key: f"{value:,.3f}" if isinstance(value, float) else value for key, value in doubt.evidence.items()}
            if "away_km" in doubt.evidence:
                values["away_km"] = f"{doubt.evidence['away_km']:,.1f}"
            said.append(refused or _(_DOUBTS.get(doubt.code, "")).format_map(_Blank(values)))
            if "offset_deg" in doubt.evidence:
                said.append(_("经度加 {offset}° 则正好落在工作区内：多半是换算时用错了中央子午线，请从原始坐标重新换算。").format(
                    offset=doubt.evidence["offset_deg"]))
        unstated = not said and assumed
        if unstated:
            said.append(_("文件没有说明坐标系，坐标列为经纬度，按 {stated} 读取；若来自高德、腾讯、百度或手机地图，可能偏移数百米，"
                          "请问清来源，在上面选择 GCJ-02 或 BD-09。").format(stated=stated))
        elif not said:
            said.append(_("文件里没有可以定位的图形。") if not places.placements
                        else told or _("文件注明坐标系 {stated}，与坐标值相符。").format(stated=stated))
        stray = any(doubt.code == "lies-elsewhere" for doubt in places.doubts)
        shifted = any(doubt.code == "shifted-coordinates" for doubt in places.doubts)
        if places.open and stray and not any(doubt.candidates for doubt in places.doubts):
            said.append(_("没有常用的坐标系能使它落在工作区内；确实在那里，请选中文件注明的坐标系并确认。"))
        elif shifted:
            pass  # said with the doubt
        elif places.open and places.certain:
            said.append(_("候选中只有一个落在工作区范围内，请在图上核对。"))
        elif places.open and len(places.placements) > 1:
            said.append(_("坐标值本身分不出是哪一个，请看图上哪一个落在该落的地方。"))
        elif places.open and not places.placements:
            said.append(_("坐标值看不出是哪个坐标系，请在上面写明，如 EPSG:4548。"))
        self._said = said
        self._decided = [_("文件没有说明坐标系，坐标列为经纬度。")] if unstated else said
        self._doubts = bool(places.doubts)
        self._codes = [one.crs for one in places.placements]
        self.list.setRowCount(len(self._codes))
        self._sureness = []
        chosen = -1
        for row, one in enumerate(places.placements):
            badge = QPixmap(14, 14)
            badge.fill(QColor(COLOURS[row % len(COLOURS)]))
            number = cell(str(row + 1))
            number.setIcon(QIcon(badge))
            self.list.setItem(row, 0, number)
            code = one.crs if len(one.crs) < 14 else ""
            words = system_words(one.crs)
            title = words if words.startswith(code) else f"{code} {words}"
            self.list.setItem(row, 1, cell(title))
            inside = -180 <= one.lon <= 180 and -90 <= one.lat <= 90
            self.list.setItem(row, 2, cell(f"{one.lon:.1f}°E {one.lat:.1f}°N" if inside else _("不在地球上")))
            beside = shifted and one.stated  # within the district, and yet beside every border
            share = "" if one.within is None or beside else f"{one.within:.0%}"
            item = cell(share)
            item.setTextAlignment(int(Qt.AlignRight | Qt.AlignVCenter))
            if one.within is not None:
                item.setForeground(brush("fine" if one.within > 0.5 else "wrong"))
            self.list.setItem(row, 3, item)
            self.list.setItem(row, 4, cell(""))
            self._sureness.append(self._sure(one, places, inside))
            if one.crs == given or (not given and not places.open and one.stated):
                chosen = row
        self.map.show_places(outlines, [one.shapes for one in places.placements], chosen)
        self.list.clearSelection()
        if chosen >= 0:
            self.list.selectRow(chosen)
        self._open = bool(places.open)
        self._filling = False
        self.follow(given, choice, against)

    def follow(self, given: str, choice: str, against: str = "") -> None:
        """Say what has been chosen.

        Args:
            given: The system, or '' for nothing.
            choice: What becomes of the coordinates then.
            against: That the file says otherwise: what it says holds no more, and the place is to be confirmed.
        """
        known = [against] if against else self._decided if given else self._said
        self.evidence.setText(sentences([*known, *([choice] if choice else [])]))
        self.evidence.setStyleSheet(inked("doubt") if self._doubts or against else "")
        self.confirm.setVisible(self._open or bool(against))
        for row, code in enumerate(self._codes):
            sure = _("您选的") if given and code == given else self._sureness[row]
            self.list.item(row, 4).setText(sure)
            self.list.item(row, 4).setToolTip(plain_tip(sure))
        self.list.resizeColumnToContents(4)
        self.list.setColumnWidth(4, min(self.list.columnWidth(4), 170))  # the name of the system is to be read, too

    def _sure(self, one: Any, places: Any, inside: bool) -> str:
        if one.stated and self._assumed:
            return _("按经纬度列认定")
        if one.stated:
            if any(doubt.code == "shifted-coordinates" for doubt in places.doubts):
                return _("文件注明，边界却对不上")
            stray = any(doubt.code == "lies-elsewhere" for doubt in places.doubts)
            if stray:
                return _("文件注明，却在别处")
            if any(doubt.code == "axes-swapped" and one.crs in doubt.candidates for doubt in places.doubts):
                return _("文件注明，两轴对调")  # as it is drawn beside
            # Where it stands for the numbers, the doubt is about a column that says otherwise, or about an older datum.
            fits = one.within is not None and one.within > 0.5
            return (_("文件注明，还有疑问") if fits else _("文件注明，与坐标值不符")) if places.open else _("文件注明")
        if not inside or one.within == 0:
            return _("不像")
        sole = one.within is not None and places.certain
        sole = sole or any(doubt.code == "shifted-coordinates" and one.crs in doubt.candidates for doubt in places.doubts)
        sole = sole or (len(places.doubts) == 1 and places.doubts[0].candidates == (one.crs,)
                        and places.doubts[0].confidence == "certain")
        return _(_SURE["likely" if sole else "possible"])

    def _picked(self) -> None:
        rows = self.list.selectionModel().selectedRows()
        number = rows[0].row() if rows else -1
        self.map.choose(number)
        if number >= 0 and not self._filling:
            self.chosen.emit(self._codes[number])


class _Blank(dict[str, Any]):
    def __missing__(self, key: str) -> str:
        return "?"


class FieldsPage(QWidget):
    """Which of the file's columns is which of ours, with values to tell them by.

    Signals:
        changed: A field was mapped otherwise.
    """

    changed = pyqtSignal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.said = QLabel(wordWrap=True, objectName="import_fields_said")
        self.table = table("import_fields", [_("本程序字段"), _("文件中的字段"), _("样例值"), _("说明")], _("字段对应"), 2)
        self.table.setSelectionMode(QAbstractItemView.NoSelection)
        self.table.setWordWrap(False)
        layout = QVBoxLayout(self)
        layout.addWidget(self.said)
        layout.addWidget(self.table, 1)

    def show_fields(self, wanted: Sequence[tuple[str, str, bool, bool, tuple[str, ...]]], seen: Any,
                    known: Mapping[str, str]) -> None:
        """Fill the table.

        Args:
            wanted: Of each field its name, its title, whether it is required, whether rules ask for it, its aliases.
            seen: ``layers.look.Look`` or ``None``.
            known: What was decided the last time: the file's names by ours.
        """
        from layers.read import known_as

        headers = seen.headers if seen is not None else ()
        self.table.setRowCount(len(wanted))
        taken: set[str] = set()
        for row, (name, title, required, expected, aliases) in enumerate(wanted):
            item = cell(f"{title} *" if required else title, name)
            item.setData(Qt.UserRole, name)
            item.setData(Qt.UserRole + 1, required)
            item.setData(Qt.UserRole + 2, expected)
            self.table.setItem(row, 0, item)
            box = QComboBox(objectName=f"field_{name}")
            box.addItem(_("（没有）"), "")
            for header in headers:
                samples = seen.samples(header, 1)
                box.addItem(header + aside(samples[0][:16]) if samples else header, header)
            box.setSizeAdjustPolicy(QComboBox.AdjustToMinimumContentsLengthWithIcon)
            box.setMinimumContentsLength(20)
            found = known_as((name, *aliases), [one for one in headers if one not in taken], seen.cells) or "" if headers else ""
            remembered = known.get(name, "")
            used = remembered if remembered in headers else found
            taken.add(used)
            box.setCurrentIndex(max(0, box.findData(used)))
            box.setProperty("found", found)
            box.setProperty("remembered", remembered)
            box.setAccessibleName(title)
            box.currentIndexChanged.connect(lambda _i, one=row, look=seen: self._row_changed(one, look))
            self.table.setCellWidget(row, 1, box)
            self._show_row(row, seen)
        self._say(seen)

    def _row_changed(self, row: int, seen: Any) -> None:
        self._show_row(row, seen)
        self._say(seen)
        self.changed.emit()

    def _show_row(self, row: int, seen: Any) -> None:
        box = self.table.cellWidget(row, 1)
        header = box.currentData()
        samples = seen.samples(header) if seen is not None and header else []
        self.table.setItem(row, 2, cell(listed(samples)))
        head = self.table.item(row, 0)
        required, expected = head.data(Qt.UserRole + 1), head.data(Qt.UserRole + 2)
        note = ""
        if header and header == box.property("remembered"):
            note = _("按上次的对应")
        elif header and header == box.property("found"):
            note = _("按名称识别")
        elif header:
            note = _("手工指定")
        elif required:
            note = _("必填，文件中没有")
        elif expected:
            note = _("规则要用，缺了会成为资料不足")
        item = cell(note)
        if not header and (required or expected):
            item.setForeground(brush("wrong" if required else "doubt"))
        self.table.setItem(row, 3, item)

    def _say(self, seen: Any) -> None:
        missing = self.missing()
        if seen is None or not self.table.rowCount():
            self.said.setText("")
        elif missing:
            self.said.setText(_("还缺必填字段：{fields}。请在“文件中的字段”里指明。").format(fields=listed(missing)))
        else:
            spare = [one for one in seen.headers if one not in self.mapping().values()]
            said = [_("没有用到的字段（原样保留）：{fields}").format(fields=listed(spare)) if spare else _("文件的每个字段都有对应。")]
            if len(seen.coordinates.columns):  # they are no attributes, and yet nobody should look for them in vain
                said.insert(0, _("位置取自列：{columns}").format(columns=listed(seen.coordinates.columns)))
            self.said.setText(sentences(said))
        self.said.setStyleSheet(inked("wrong") if missing else "")

    def mapping(self) -> dict[str, str]:
        """The file's names by ours, for every field that has one."""
        return {self.table.item(row, 0).data(Qt.UserRole): self.table.cellWidget(row, 1).currentData()
                for row in range(self.table.rowCount()) if self.table.cellWidget(row, 1).currentData()}

    def by_hand(self) -> dict[str, str]:
        """Those that differ from what the names say."""
        return {self.table.item(row, 0).data(Qt.UserRole): box.currentData() for row in range(self.table.rowCount())
                if (box := self.table.cellWidget(row, 1)).currentData() and box.currentData() != box.property("found")}

    def missing(self) -> list[str]:
        """Titles of required fields that the file has no column for."""
        return [self.table.item(row, 0).text().rstrip(" *") for row in range(self.table.rowCount())
                if self.table.item(row, 0).data(Qt.UserRole + 1) and not self.table.cellWidget(row, 1).currentData()]


class ValuesPage(QWidget):
    """What the file's words for a choice mean.

    Signals:
        changed: A word was given another meaning.
    """

    changed = pyqtSignal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.said = QLabel(wordWrap=True, objectName="import_values_said")
        self.table = table("import_values", [_("本程序字段"), _("文件中的取值"), _("个数"), _("含义")], _("取值对应"), 3)
        self.table.setSelectionMode(QAbstractItemView.NoSelection)
        layout = QVBoxLayout(self)
        layout.addWidget(self.said)
        layout.addWidget(self.table, 1)
        self._strange: list[bool] = []  # of each row: the program does not know the word
        self._rows: list[tuple[str, str, str]] = []  # field, the file's word, what the program takes it for by itself

    def show_values(self, fields: Sequence[Any], mapping: Mapping[str, str], seen: Any,
                    known: Mapping[str, Mapping[str, str]], extra: Mapping[str, Sequence[str]],
                    projects: bool = False) -> None:
        """Fill the table.

        Args:
            fields: Of the role, those with choices or yes and no.
            mapping: The file's names by ours.
            seen: ``layers.look.Look``.
            known: What was decided the last time, by field and by the file's word.
            extra: Words that only reading the whole file brought up, by field.
            projects: The fields are attributes of projects (``rules.attributes.AttributeKind``), of which a word that
                nobody knows is refused, and not taken for unknown.
        """
        from layers.codelist import unknown as no_codes
        from layers.schema import plain
        from layers.values import Unreadable, normalise
        from rules.attributes import ValueRefused, parse_value

        chosen = {(field, word): self.table.cellWidget(row, 3).currentData()
                  for row, (field, word, _own) in enumerate(self._rows)}
        self._rows, self._strange, lines, unknown = [], [], [], 0
        for field in fields:
            if field.name not in mapping or seen is None or mapping[field.name] not in seen.headers:
                continue
            counted = seen.values(mapping[field.name])
            words = [*counted, *((word, 0) for word in extra.get(field.name, ()) if word not in dict(counted))]
            for word, count in words[:60]:
                strange = not projects
                try:
                    own = parse_value(field, word) if projects else normalise(word, field)
                except (Unreadable, ValueRefused):
                    own, strange = None, True
                if field.kind == "codes":  # only those that the standard does not have are asked about
                    if not strange and not (own and no_codes(own)):
                        continue
                    own, strange = None, True
                if projects and own is None and not strange:
                    own = _UNKNOWN
                if isinstance(own, tuple):
                    if len(own) != 1:
                        continue  # several of them in one cell, all known
                    own = own[0]
                remembered = known.get(field.name, {})
                used = chosen.get((field.name, word), remembered.get(word, remembered.get(plain(word), own)))
                lines.append((field, word, count, own, used))
                self._strange.append(strange)
                unknown += strange and not _text(used)
        self.table.setRowCount(len(lines))
        for row, (field, word, count, own, used) in enumerate(lines):
            self._rows.append((field.name, word, _text(own)))
            self.table.setItem(row, 0, cell(field.en if language() == "en" else field.zh))
            self.table.setItem(row, 1, cell(word))
            number = cell(f"{count:,}" if count else _("文件后部"))
            number.setTextAlignment(int(Qt.AlignRight | Qt.AlignVCenter))
            self.table.setItem(row, 2, number)
            box = QComboBox(objectName=f"value_{field.name}_{row}")
            box.setAccessibleName(_("“{word}”的含义").format(word=word))
            if projects:  # of which nothing is taken for unknown unless a person says so
                box.addItem(_("请选择含义…"), "")
                box.addItem(_("按未知处理"), _UNKNOWN)
            else:
                box.addItem(_("不认识，按未知处理"), "")
            if field.kind == "codes":
                for code, said in _industries(word):
                    box.addItem(said, code)
                if used and box.findData(used) < 0:
                    box.addItem(str(used), used)
            else:
                for choice in field.choices or ("true", "false"):
                    box.addItem(choice_word(field, choice), choice)
            box.setCurrentIndex(max(0, box.findData(_text(used))))
            box.currentIndexChanged.connect(lambda _at: self.changed.emit())
            self.table.setCellWidget(row, 3, box)
        if not lines:
            self.said.setText(_("这类图层没有要对应取值的字段，或文件里没有这些字段。"))
        elif unknown and projects:
            self.said.setText(_("有 {count} 种取值不认识，留着不管就不能导入：请说明它们的含义。").format(count=f"{unknown:,}"))
        elif unknown:
            self.said.setText(_("有 {count} 种取值不认识，留着不管就按未知处理：请说明它们的含义。").format(count=f"{unknown:,}"))
        else:
            self.said.setText(_("取值都认识，可以改。"))
        self.said.setStyleSheet(inked("doubt") if unknown else "")

    @property
    def unknown(self) -> int:
        """How many words nobody has given a meaning."""
        return sum(strange and not self.table.cellWidget(row, 3).currentData() for row, strange in enumerate(self._strange))

    def values(self) -> dict[str, dict[str, str]]:
        """What the file's words mean where the program would not have known, by field."""
        found: dict[str, dict[str, str]] = {}
        for row, (field, word, own) in enumerate(self._rows):
            choice = self.table.cellWidget(row, 3).currentData()
            if choice and choice != own:
                found.setdefault(field, {})[word] = choice
        return found


_UNKNOWN = "unknown"  # as tables write it


def _industries(word: str) -> list[tuple[str, str]]:
    """What a cell of industries may mean, as tables write it and in words: the codes in it stay, beside one for the word that is none."""
    from layers.codelist import find, search
    from rules.industry import written

    def name(code: str) -> str | None:
        return entry.name if (entry := find(code)) is not None else None

    parts = written(word, name)
    known, strange = [code for code in parts if find(code)], [one for one in parts if not find(one)]
    if not strange:  # codes with their names
        return [(";".join(known), "、".join(f"{code} {name(code)}" for code in known))]
    found = search(strange[0]) if len(strange) == 1 else []
    return [(";".join([*known, entry.code]), "、".join([*known, f"{entry.code} {entry.name}"])) for entry in found]


def _text(value: Any) -> str:
    return "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)


_REPAIRS = (("", N_("遇到再问")), ("union", N_("重叠处算一次（合并）")), ("evenodd", N_("重叠处不算（当作洞）")),
            ("leave-out", N_("不读入这些图形")))


class ShapesPage(QWidget):
    """Shapes that have two readings, lines that look like outlines, and everything else that reading said.

    Signals:
        changed: Something was decided.
        rowPicked: A shape with two readings was selected (its row in the file), 0 for anything else.
    """

    changed = pyqtSignal()
    rowPicked = pyqtSignal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.said = QLabel(wordWrap=True, objectName="import_shapes_said")
        self.repair = QComboBox(objectName="import_repair")
        self.open = False  # whether something is to be decided here
        self.set_projects(False)
        self.repair.setAccessibleName(_("修复会改变面积的图形"))
        self.close_lines = QCheckBox(_("把像边界的线闭合成面"), objectName="import_close_lines")
        self.shift = QComboBox(objectName="import_shift")
        self.shift.setAccessibleName(_("坐标整体偏移"))
        self.shift.hide()
        self.leave_out = QCheckBox(objectName="import_leave_out")
        self.leave_out.hide()
        self.list = table("import_issues", [_("位置"), _("说明"), _("原样面积"), _("合并后"), _("重叠不计")],
                          _("读取时发现的问题"), 1)
        row = QHBoxLayout()
        row.addWidget(QLabel(_("修复会改变面积的图形")))
        row.addWidget(self.repair, 1)
        for box in (self.repair, self.shift):  # as wide as there is room: the page is to fit a small screen
            box.setSizeAdjustPolicy(QComboBox.AdjustToMinimumContentsLengthWithIcon)
            box.setMinimumContentsLength(8)
        other = QHBoxLayout()
        other.addWidget(self.close_lines)
        other.addWidget(self.shift, 1)
        other.addStretch(1)
        self.map = PlaceMap()
        self.map.setAccessibleName(_("两种读法"))
        self.map.setToolTip(_("1：重叠处算一次；2：重叠处不算"))
        self.map.hide()
        self.list.itemSelectionChanged.connect(self._row_picked)
        layout = QVBoxLayout(self)
        layout.addWidget(self.said)
        layout.addLayout(row)
        layout.addLayout(other)
        layout.addWidget(self.leave_out)
        layout.addWidget(self.list, 1)
        layout.addWidget(self.map, 1)
        self._before = _("读取后在这里列出图形问题：修复前后的面积、没有闭合的线、空的或类型不符的图形。")
        self.said.setText(self._before)
        for signal in (self.repair.activated, self.close_lines.toggled, self.shift.activated, self.leave_out.toggled):
            signal.connect(lambda *_args: self.changed.emit())

    def set_projects(self, projects: bool) -> None:
        """Offer what can be chosen: a layer may do without a shape, a project is nothing without its site."""
        chosen = self.repair.currentData()
        self.repair.clear()
        for key, text in _REPAIRS[: -1 if projects else None]:
            self.repair.addItem(_(text), key)
        self.repair.setCurrentIndex(max(0, self.repair.findData(chosen)))
        self._projects = projects

    def offer_leaving(self, bad: int, good: int, *, choice: bool = True) -> None:
        """Ask whether rows without a usable place are to be left out; 0 bad ones to ask no longer.

        Args:
            bad: Rows without a usable place.
            good: Rows with one, 0 where that is not known.
            choice: The others are taken only if a person wants them without these; a layer is read without them.
        """
        self.leave_out.setVisible(bad > 0 and good > 0 and choice)
        self.leave_out.setEnabled(good > 0)
        if not bad or not good or not choice:
            self.leave_out.setChecked(False)
        if not bad or not choice:
            self.open = False
            self.said.setText(_("有 {bad} 行没有可用的位置，不会读入，原因逐行列在下面。").format(bad=bad) if bad else self._before)
            self.said.setStyleSheet(inked("doubt") if bad else "")
            return
        self.open = not self.leave_out.isChecked()
        self.leave_out.setText(_("不导入这 {bad} 行，只导入其余 {good} 行").format(bad=bad, good=good))
        self.said.setText((_("有 {bad} 行没有可用的位置，原因逐行列在下面：在文件里改好再导入，或勾选不导入这些行。") if good > 0 else
                           _("有 {bad} 行没有可用的位置，原因逐行列在下面：请在文件里改好再导入。")).format(bad=bad))
        self.said.setStyleSheet(inked("doubt"))

    def show_issues(self, issues: Sequence[Any], words: Callable[[Any], str], lines: bool = False) -> None:
        """List what reading said, the questions first; ``lines`` where rows are those of a table."""
        order = {"repair-has-two-readings": 0, "repair-left-out": 0, "line-like-boundary": 1, "shifted-coordinates": 1,
                 "coverage-assumed": 1}
        severity = {"error": 2, "warning": 3, "info": 4}
        ranked = list(issues) if lines else sorted(issues, key=lambda one: order.get(one.code, severity.get(one.severity, 4)))
        self.list.setRowCount(min(len(ranked), 300))
        for row, issue in enumerate(ranked[:300]):
            numbered = _("第 {row} 行") if lines else _("第 {row} 个")
            first = cell(numbered.format(row=issue.row) if issue.row is not None else _("整个文件"))
            first.setData(Qt.UserRole, issue.row or 0 if issue.code == "repair-has-two-readings" else 0)
            self.list.setItem(row, 0, first)
            item = cell(words(issue))
            item.setForeground(brush({"error": "wrong", "warning": "doubt"}.get(issue.severity, "muted")))
            self.list.setItem(row, 1, item)
            for column, key in ((2, "area_before_m2"), (3, "area_after_m2"), (4, "evenodd_m2")):
                value = issue.values.get(key)
                self.list.setItem(row, column, cell("" if value is None else f"{value:,.1f} m²"))

        for column in (2, 3, 4):  # room for the words where no area is told
            self.list.setColumnHidden(column, not any(self.list.item(row, column).text() for row in range(self.list.rowCount())))
        if ranked and ranked[0].code == "repair-has-two-readings":
            self.list.selectRow(0)
        else:
            self.map.hide()

    def _row_picked(self) -> None:
        rows = self.list.selectionModel().selectedRows()
        self.rowPicked.emit(self.list.item(rows[0].row(), 0).data(Qt.UserRole) if rows else 0)

    def show_readings(self, union: Any, evenodd: Any) -> None:
        """Draw both readings of a shape, one beside the other."""
        import shapely

        shapes = [one for one in (union, evenodd) if one is not None]
        if not shapes:
            self.map.hide()
            return
        left, _bottom, right, _top = shapes[0].bounds
        apart = (right - left) * 1.25
        beside = [[shapely.transform(shape, lambda xy, step=number * apart: xy + [step, 0])]
                  for number, shape in enumerate(shapes)]
        self.map.show_places((), beside, 0 if self.repair.currentData() != "evenodd" else 1)
        self.map.show()

    def ask(self, two: int, lines: int, shift: Any, narrow: str = "") -> None:
        """Say which questions are open.

        Args:
            two: Shapes that have two readings.
            lines: Lines that look like outlines.
            shift: The issue about shifted coordinates, or ``None``.
            narrow: That nobody has said where the layer is complete, in words, or ''.
        """
        said = [narrow] if narrow else []
        self.open = bool(two or lines or narrow or shift is not None)
        if two:
            said.append((_("有 {count} 个项目的用地一修复面积就变，要选一种读法：重叠处算一次，或重叠处不算。") if self._projects else
                         _("有 {count} 个图形一修复面积就变，要选一种读法：重叠处算一次、重叠处不算，或不读入。")).format(count=f"{two:,}"))
        if lines:
            said.append(_("有 {count} 条线像是没有闭合的边界；不闭合就不会读入。").format(count=f"{lines:,}"))
        if shift is not None:
            said.append(_("与工作区的同名要素相比整体偏移约 {shift_m} 米，像是 {system} 坐标。").format(
                shift_m=shift.values.get("shift_m"), system=shift.values.get("system")))
            self.shift.clear()
            self.shift.addItem(_("请选择怎样处理偏移…"), "")
            self.shift.addItem(_("按 {system} 换算").format(system=shift.values.get("system")), shift.values.get("system"))
            self.shift.addItem(_("坐标没有问题，原样读取"), "as-it-is")
        self.shift.setVisible(shift is not None)
        self.said.setText(sentences(said) if said else _("读取时没有要选择的问题。"))
        self.said.setStyleSheet(inked("doubt") if said else "")
