"""The figures as the tables that planners publish: numbered, with their unit, a total, and notes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sanxian.i18n import N_, _
from sanxian.reports.wording import plain
from sanxian.zoning.figures import Figure, Place, Statistics, Units

_KM2 = 1e6
# Letters of the first column of a row that is a total.
CLASS_WORDS: Mapping[str, str] = {
    "priority": N_("优先保护单元"), "key": N_("重点管控单元"), "general": N_("一般管控单元"), "unstated": N_("类别未注明"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Cell:
    """What stands in a table.

    Attributes:
        text: As printed.
        number: As a spreadsheet holds it: km², a share or a count; ``None`` where there is no figure, or only a bound.
    """

    text: str
    number: float | None = None


@dataclass(frozen=True, slots=True)
class Column:
    """A column; ``kind`` is text, count, area (km²) or share."""

    title: str
    kind: str = "text"


@dataclass(frozen=True, slots=True)
class Table:
    """A table.

    Attributes:
        key: What it is, for file and sheet names.
        unit: What its numbers are in.
        total: The last row is a total.
        notes: Below it.
    """

    key: str
    title: str
    unit: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    total: bool = True
    notes: tuple[str, ...] = ()


def tables(statistics: Statistics) -> list[Table]:
    """The tables that there is something for, in order."""
    found = []
    if statistics.units:
        found.append(_classes(statistics))
        if statistics.counties:
            found.append(_counties(statistics))
    if statistics.editions:
        found.append(_redline(statistics))
    if statistics.changes:
        found.append(_changes(statistics))
    found.append(_matrix(statistics))
    found.append(_matrix_shares(statistics))
    if statistics.conflicts:
        found.append(_conflicts(statistics))
    found.append(_sources(statistics))
    return found


def statements(statistics: Statistics) -> list[str]:
    """The sentence that a plan quotes, for each county and each redline in use: area, how sure, share."""
    found = []
    for edition in statistics.editions:
        if not edition.current:
            continue
        name = edition.version or edition.layer
        for place in (*statistics.counties, statistics.whole):
            if place.whole and len(statistics.counties) == 1:
                continue
            figure = edition.figures[place.name]
            if figure.nothing_known or (not figure.area_m2 and len(statistics.counties) > 1 and not place.whole):
                continue  # the table has it
            values = {"place": _("各县（市、区）合计") if place.whole else plain(place.name), "version": plain(name),
                      "area": km2(figure.area_m2), "bound": bound(figure).text, "share": percent(figure.share)}
            stated = figure.plus_minus_m2 is not None
            if figure.share is None:
                text = (_("生态保护红线（{version}）面积 {area} km²（±{bound} km²）。") if stated
                        else _("生态保护红线（{version}）面积 {area} km²（精度未注明，误差不知道）。"))
            elif figure.partial and stated:
                text = _("{place}已覆盖范围内生态保护红线（{version}）面积 {area} km²（±{bound} km²），另有部分范围图层未覆盖。")
            elif figure.partial:
                text = _("{place}已覆盖范围内生态保护红线（{version}）面积 {area} km²（精度未注明，误差不知道），另有部分范围图层未覆盖。")
            else:
                text = (_("{place}生态保护红线（{version}）面积 {area} km²（±{bound} km²），占全域面积的 {share}%。") if stated
                        else _("{place}生态保护红线（{version}）面积 {area} km²（精度未注明，误差不知道），占全域面积的 {share}%。"))
            found.append(text.format(**values))
    return found


def notes(statistics: Statistics) -> list[str]:
    """How the figures were made and what they leave open."""
    found = [
        _("面积为 CGCS2000 椭球面面积；同一类别或同一图层内重叠的部分只计一次；宽不足 1 毫米的条带是坐标舍入，不计。"),
        _("“±”为界线按所注精度整体外移或内移时面积的最大变化（界线长度×精度），不是中误差；图层精度未注明的写“未注明”，不是零。"),
        _("“≥”表示该范围有一部分图层没有覆盖，面积只会更大；“未覆盖”表示全部没有覆盖，不是零；“*”表示图层没有说明覆盖范围。"),
        _("因四舍五入，分项之和与合计可能相差末位数。"),
    ]
    if statistics.counties and statistics.admin_accuracy_m is None:
        found.append(_("行政区界没有注明精度，按所给界线计，其误差没有计入“±”。"))
    if not statistics.counties:
        found.append(_("工作区没有行政区图层：不分县区统计，也没有占行政区面积的比例。"))
    if statistics.overlapping_counties_m2:
        found.append(_("行政区界线互有重叠 {area} km²，重叠部分在各自的行中都计入，合计只计一次。").format(
            area=km2(statistics.overlapping_counties_m2)))
    for role, area in statistics.outside.items():
        if area:
            found.append(_("{layer}另有 {area} km² 在行政区以外，没有计入各表。").format(layer=_role(role), area=km2(area)))
    missing = [_role(line.role) for line in statistics.lines if not line.loaded]
    if missing:
        found.append(_("没有加载的图层：{layers}；与之有关的面积和重叠不知道，不是零。").format(layers=_("、").join(dict.fromkeys(missing))))
    found.append(_("本统计供规划和研判参考，公布数据以主管部门发布的为准。"))
    return found


# --- cells -----------------------------------------------------------------------------------------------------------


def km2(area_m2: float) -> str:
    """Square kilometres to 0.01; what is not nothing is never printed as nothing."""
    value = area_m2 / _KM2
    return "<0.01" if 0 < value < 0.005 else f"{value:,.2f}"


def percent(share: float | None) -> str:
    """A share in per cent, without the sign."""
    if share is None:
        return "—"
    value = share * 100
    return "<0.01" if 0 < value < 0.005 else f"{value:.2f}"


def area(figure: Figure, *, told: bool = False) -> Cell:
    """The area of a figure, with what makes it less than a figure; ``told`` where the table says what is not covered."""
    if figure.nothing_known:
        return Cell(_("未覆盖"))
    text = km2(figure.area_m2)
    if figure.partial and not told:
        return Cell(f"≥{text}", figure.area_m2 / _KM2)
    return Cell(f"{text}*" if figure.uncovered_m2 is None else text, figure.area_m2 / _KM2)


def bound(figure: Figure) -> Cell:
    """How far a figure may be wrong."""
    if figure.nothing_known:
        return Cell("—")
    if figure.plus_minus_m2 is None:
        return Cell(_("未注明"))
    return Cell(km2(figure.plus_minus_m2), figure.plus_minus_m2 / _KM2)


def _share(figure: Figure, whole_m2: float | None) -> Cell:
    if figure.nothing_known or not whole_m2:
        return Cell("—")
    value = figure.area_m2 / whole_m2
    return Cell(percent(value), value)


def _plain_area(value: float | None) -> Cell:
    return Cell(_("不知道")) if value is None else Cell(km2(value), value / _KM2)


def _count(number: int) -> Cell:
    return Cell(f"{number:,}", float(number))


def place_words(place: Place) -> str:
    """The place's name; all together is 合计."""
    return _("合计") if place.whole else plain(place.name)


def _role(role: str) -> str:
    from sanxian.messages import role_words

    return role_words(role)


def line_words(key: str) -> str:
    """A line of the matrix in words."""
    role, _colon, category = key.partition(":")
    return _(CLASS_WORDS[category]) if category else _role(role)


# --- tables ----------------------------------------------------------------------------------------------------------


def _known_m2(units: Units) -> float | None:
    """What the shares of units are of: the land of the place that the layer covers, or all units where no place is."""
    if units.place.area_m2 is None:
        return units.total.area_m2
    return units.place.area_m2 - (units.total.uncovered_m2 or 0.0)


def _classes(statistics: Statistics) -> Table:
    whole = statistics.units[-1]
    known = _known_m2(whole)
    rows = [(Cell(_(CLASS_WORDS[key])), _count(count), area(figure, told=True), bound(figure), _share(figure, known))
            for key, (count, figure) in whole.classes.items()]
    rows.append((Cell(_("合计")), _count(whole.count), area(whole.total, told=True), bound(whole.total), _share(whole.total, known)))
    told = []
    if known:
        told.append((_("占比以图层覆盖到的 {area} km² 为分母。") if whole.place.area_m2 is not None
                     else _("占比以全部单元的面积 {area} km² 为分母。")).format(area=km2(known)))
    if whole.total.uncovered_m2:
        told.append(_("行政区另有 {area} km² 图层没有覆盖，不在本表内。").format(area=km2(whole.total.uncovered_m2)))
    if whole.twice_m2:
        told.append(_("不同类别的单元互有重叠 {area} km²，各类都计入，合计只计一次。").format(area=km2(whole.twice_m2)))
    if whole.within_m2:
        told.append(_("同一类别的单元互有重叠 {area} km²，只计一次。").format(area=km2(whole.within_m2)))
    if whole.gap_m2:
        told.append(_("图层声明覆盖的范围内有 {area} km² 没有划入任何单元。").format(area=km2(whole.gap_m2)))
    return Table("classes", _("环境管控单元分类统计表"), _("单位：个、km²、%"),
                 (Column(_("类别")), Column(_("单元数"), "count"), Column(_("面积"), "area"), Column("±", "area"),
                  Column(_("占比"), "share")), tuple(rows), notes=tuple(told))


def _counties(statistics: Statistics) -> Table:
    classes = list(dict.fromkeys(key for units in statistics.units for key in units.classes))
    columns = [Column(_("县（市、区）")), Column(_("行政区面积"), "area")]
    for key in classes:
        columns += [Column(_("{name}面积").format(name=_(CLASS_WORDS[key])), "area"),
                    Column(_("{name}占比").format(name=_(CLASS_WORDS[key])), "share")]
    columns += [Column(_("单元合计"), "area"), Column(_("类间重叠"), "area"), Column(_("未划入单元"), "area"),
                Column(_("图层未覆盖"), "area")]
    rows = []
    for units in statistics.units:
        cells = [Cell(place_words(units.place)), _plain_area(units.place.area_m2)]
        nothing = units.total.nothing_known
        for key in classes:
            count_figure = units.classes.get(key)
            figure = count_figure[1] if count_figure else Figure(0.0, 0.0, units.total.uncovered_m2, 0.0, nothing)
            cells += [area(figure, told=True), _share(figure, _known_m2(units))]
        cells += [area(units.total, told=True), Cell("—") if nothing else _plain_area(units.twice_m2),
                  Cell("—") if nothing else _plain_area(units.gap_m2), _plain_area(units.total.uncovered_m2)]
        rows.append(tuple(cells))
    return Table("counties", _("各县（市、区）环境管控单元面积统计表"), _("单位：km²、%"), tuple(columns), tuple(rows),
                 notes=(_("占比以该县（市、区）内图层覆盖到的面积为分母；各类面积之和减去类间重叠，加上未划入单元和图层未覆盖的面积，等于行政区面积。"),))


def _redline(statistics: Statistics) -> Table:
    columns = [Column(_("县（市、区）")), Column(_("行政区面积"), "area")]
    several = len({edition.family for edition in statistics.editions}) > 1
    for edition in statistics.editions:
        name = plain(edition.layer if several or not edition.version else edition.version)
        if not edition.current:
            name = _("{version}（已被取代）").format(version=name)
        columns += [Column(_("{version}面积").format(version=name), "area"), Column("±", "area"), Column(_("占比"), "share")]
    rows = []
    for place in statistics.places:
        cells = [Cell(place_words(place)), Cell("—") if place.area_m2 is None else _plain_area(place.area_m2)]
        for edition in statistics.editions:
            figure = edition.figures[place.name]
            share = _share(figure, place.area_m2)
            if figure.partial and share.number is not None:
                share = Cell(f"≥{share.text}", share.number)
            cells += [area(figure), bound(figure), share]
        rows.append(tuple(cells))
    return Table("redline", _("生态保护红线面积统计表"), _("单位：km²、%"), tuple(columns), tuple(rows),
                 notes=(_("占比以行政区面积为分母。"),))


def _changes(statistics: Statistics) -> Table:
    columns = (Column(_("版本")), Column(_("县（市、区）")), Column(_("保留"), "area"), Column(_("调入"), "area"),
               Column(_("调出"), "area"), Column(_("净变化"), "area"), Column("±", "area"), Column(_("其中不宽于精度的条带"), "area"))
    rows = []
    for item in statistics.changes:
        if len(statistics.counties) == 1 and item.place.whole:
            continue
        net = item.added.area_m2 - item.removed.area_m2
        sure = item.net_plus_minus_m2
        cells = [Cell(_("{old} → {new}").format(old=plain(item.old), new=plain(item.new))), Cell(place_words(item.place))]
        if item.comparable:
            cells += [_plain_area(item.kept.area_m2), _plain_area(item.added.area_m2), _plain_area(item.removed.area_m2),
                      Cell(f"{net / _KM2:+,.2f}", net / _KM2), Cell(_("未注明")) if sure is None else _plain_area(sure),
                      Cell(_("未注明")) if item.strips_m2 is None else _plain_area(item.strips_m2)]
        else:
            cells += [Cell(_("覆盖不全，不可比"))] + [Cell("—")] * 5
        rows.append(tuple(cells))
    return Table("changes", _("生态保护红线版本变化统计表"), _("单位：km²"), columns, tuple(rows), total=False,
                 notes=(_("不宽于两版精度之和的条带多半是界线重新描绘，不是调整。"),))


def _matrix(statistics: Statistics) -> Table:
    keys = [line.key for line in statistics.lines]
    loaded = {line.key: line.loaded for line in statistics.lines}
    rows = []
    for a in keys:
        cells = [Cell(line_words(a))]
        for b in keys:
            figure = statistics.matrix.get((a, b)) or statistics.matrix.get((b, a))
            if figure is None:
                cells.append(Cell(_("未加载") if not (loaded[a] and loaded[b]) else "—"))
                continue
            sign = area(figure, told=True)
            more = "" if figure.nothing_known or a == b or figure.plus_minus_m2 is None else f" ±{bound(figure).text}"
            cells.append(Cell(f"{sign.text}{more}", sign.number))
        rows.append(tuple(cells))
    told = [_("对角线为各自的面积。重叠为零而“±”不为零，表示两条线相距在精度之内，不能断定没有重叠。")]
    uncovered = max((figure.uncovered_m2 or 0.0 for figure in statistics.matrix.values()), default=0.0)
    if uncovered:
        told.append(_("行政区有 {area} km² 至少一个图层没有覆盖，那里有没有重叠不知道，不在本表内。").format(area=km2(uncovered)))
    columns = (Column(""), *(Column(line_words(key), "area") for key in keys))
    return Table("matrix", _("控制线与管控单元重叠面积矩阵"), _("单位：km²"), columns, tuple(rows), total=False, notes=tuple(told))


def _matrix_shares(statistics: Statistics) -> Table:
    keys = [line.key for line in statistics.lines]
    rows = []
    for a in keys:
        own = statistics.matrix.get((a, a))
        cells = [Cell(line_words(a))]
        for b in keys:
            figure = statistics.matrix.get((a, b)) or statistics.matrix.get((b, a))
            if figure is None or own is None or not own.area_m2:
                cells.append(Cell("—"))
            else:
                cells.append(_share(figure, own.area_m2))
        rows.append(tuple(cells))
    return Table("matrix_shares", _("重叠面积占各行面积的比例"), _("单位：%"),
                 (Column(""), *(Column(line_words(key), "share") for key in keys)), tuple(rows), total=False)


def _conflicts(statistics: Statistics) -> Table:
    pairs = list(statistics.conflicts)
    columns = [Column(_("县（市、区）"))]
    for a, b in pairs:
        columns += [Column(_("{first}与{second}重叠").format(first=line_words(a), second=line_words(b)), "area"), Column("±", "area")]
    rows = [(Cell(place_words(place)), *(cell for pair in pairs for figure in (statistics.conflicts[pair][place.name],)
                                         for cell in (area(figure), bound(figure)))) for place in statistics.places]
    return Table("conflicts", _("三条控制线重叠统计表"), _("单位：km²"), tuple(columns), tuple(rows),
                 notes=(_("三条控制线原则上互不重叠；有重叠的，须核对版本和界线。"),))


def _sources(statistics: Statistics) -> Table:
    stated = _("未注明")
    rows = tuple(
        (Cell(plain(item.name)), Cell(_role(item.role)), Cell(plain(item.version or stated)), Cell(plain(item.data_date or stated)),
         Cell(stated if item.accuracy_m is None else f"{item.accuracy_m:g} m"),
         Cell(_("已说明") if item.coverage == "known" else _("未说明")), _count(item.features),
         Cell(_("在用") if item.current else _("已被取代")), Cell(item.sha256[:12]))
        for item in statistics.sources)
    heads: Sequence[str] = (_("图层"), _("类别"), _("版本"), _("现势日期"), _("精度"), _("覆盖范围"), _("要素数"), _("状态"), _("摘要"))
    columns = tuple(Column(head, "count" if head == _("要素数") else "text") for head in heads)
    return Table("sources", _("所用图层"), "", columns, rows, total=False)
