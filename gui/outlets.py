"""The window's part on discharge outlets: register, one outlet, dashboard, and what stands between them and the workspace."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from PyQt5.QtCore import Qt, QTimer
from PyQt5.QtWidgets import QWidget

from gui.dialogs import choose, message
from gui.dialogs.outlet_preview import PreviewDialog
from gui.models import outlet_data
from gui.models.outlet_data import OutletData, OutletRow
from gui.panels.outlet_board import BoardPanel
from gui.panels.outlet_card import OutletCard
from gui.panels.outlets import OutletsPanel
from gui.part import Part
from gui.tasks import Report
from gui.words import aside, error_words
from sanxian.i18n import N_, _, language

MANY = 400  # things highlighted at once
TALL = 320  # points that the register would like to be high
_TABLES = "*.xlsx *.xls *.xlsm *.ods *.csv *.tsv *.txt"


class OutletsPart(Part):
    """Reads, shows and changes a workspace's outlets.

    The register is read when its panel is first shown, and again after the day, the scope or the workspace changed.
    """

    def __init__(self, window: Any) -> None:
        super().__init__(window)
        self.data: OutletData | None = None
        self._stale = True
        self._asked: tuple[Path, date, str, str] | None = None
        self._began = False  # whether that reading began, so that what changes now may not be in it
        self._spoken = language()  # what the sentences in the data are written in
        self._known = False  # whether the register was read, so that its absence is known
        self._scope = "layer"
        self._shown_on_map = False
        self.panel, self.card, self.board = OutletsPanel(), OutletCard(), BoardPanel()
        self.panel.picked.connect(self._picked)
        self.panel.zoomAsked.connect(self._zoom)
        self.panel.asked.connect(lambda what: self._window.open_dock("outlet") if what == "outlet_card" else self.jobs()[what]())
        self.card.entryAsked.connect(self.enter)
        self.card.traceAsked.connect(self.trace)
        self.card.nodeAsked.connect(self._show_node)
        self.card.undoAsked.connect(self.undo)
        self.card.dossierAsked.connect(self.ask_dossier)
        self.board.scopeAsked.connect(self._set_scope)
        self.board.reportAsked.connect(self.ask_report)
        self.board.outletAsked.connect(self.show_outlet)
        self.board.spoken.connect(self._speak)
        window.session.opened.connect(self._opened)
        window.session.layersChanged.connect(self._outdate)
        window.day.dateChanged.connect(self._day_changed)
        self._later = QTimer(self, singleShot=True, interval=50)
        self._later.timeout.connect(self._load_if_shown)

    # -- the window's side -----------------------------------------------------------------------------------------
    def menu_ready(self) -> None:
        """A panel that is shown by whatever way shows what holds now."""
        for name in ("outlets", "outlet", "outlet_board"):
            self._window.docks[name].visibilityChanged.connect(lambda seen: seen and self._later.start())

    def docks(self) -> Sequence[tuple[str, str, QWidget, Qt.DockWidgetArea]]:
        """Its panels."""
        return (
            ("outlets", N_("排污口台账"), self.panel, Qt.BottomDockWidgetArea),
            ("outlet", N_("排污口办理"), self.card, Qt.RightDockWidgetArea),
            ("outlet_board", N_("排污口看板"), self.board, Qt.RightDockWidgetArea),
        )

    def jobs(self) -> dict[str, Callable[[], Any]]:
        """What its actions do."""
        return {
            "outlets": self.open,
            "outlet_board": self.open_board,
            "outlet_map": self.toggle_map,
            "outlet_trace": lambda: self.trace("both"),
            "outlet_follow": self.follow,
            "outlet_update": self.ask_update,
            "outlet_entries": self.ask_entries,
            "outlet_results": self.ask_results,
            "outlet_surveys": self.ask_surveys,
            "outlet_targets": self.ask_targets,
            "outlet_undo": self.undo,
            "outlet_dossier": self.ask_dossier,
            "outlet_atlas": self.ask_atlas,
            "outlet_report": self.ask_report,
        }

    def open(self) -> None:
        """Show the register and the card, and the stages on the map."""
        low = self._window.docks["outlets"].isHidden()
        for name in ("outlets", "outlet"):
            self._window.show_dock(name)
        if low:  # tall enough for some rows
            self._window.resizeDocks([self._window.docks["outlets"]], [min(TALL, self._window.height() * 2 // 5)], Qt.Vertical)
        self._window.open_dock("outlets")
        self._shown_on_map = True
        self._load_if_shown(force=True)

    def open_board(self) -> None:
        """Show the dashboard."""
        self._window.open_dock("outlet_board")
        self._load_if_shown(force=True)

    def _opened(self) -> None:
        self.data, self._stale, self._asked, self._known = None, True, None, False
        self._shown_on_map = False
        self._show()
        self._later.start()

    def _outdate(self, *_what: object) -> None:
        self._stale = True
        self._later.start()

    def _speak(self) -> None:
        """Sentences that came with the data are in the language that it was read in."""
        if self._spoken != language() and (self.data is not None or self._asked is not None):
            self._outdate()

    def _day_changed(self, *_what: object) -> None:
        self._window.files.day_changed()
        self._outdate()

    def _set_scope(self, scope: str) -> None:
        self._scope = scope
        self._outdate()

    def _visible(self) -> bool:
        return any(
            not self._window.docks[name].isHidden()
            for name in ("outlets", "outlet", "outlet_board")
            if name in self._window.docks
        )

    def _load_if_shown(self, *, force: bool = False) -> None:
        path = self._window.session.path
        if path is None or not self._window.ready or not hasattr(self._window, "docks"):
            return
        if not self._stale or not (force or self._visible()):
            return
        asked = (path, self._window.on, self._scope, language())
        if self._asked == asked:  # it is being read already; else it will be once more
            self._stale = self._began
            return
        self._asked = asked
        self._stale = self._began = False
        if self.data is None:
            self._show()  # that it is being read
        else:
            self._say_reading()

        def done(data: OutletData | None) -> None:
            if self._asked == asked:
                self._asked = None
            if self._window.session.path != path:
                return
            self.data, self._known, self._spoken = data, True, asked[3]
            self._load_if_shown()  # something changed meanwhile
            self._show()
            if data is None:
                self._window.tell(_("工作区没有入河排污口图层：把台账作为“入河排污口”图层加入后再用。"))

        def failed(error: Exception) -> None:
            self._asked = None
            self._show()
            self._window.show_error(error)

        def stopped() -> None:
            self._asked, self._stale = None, True
            self._show()

        def read(report: Report) -> OutletData | None:
            self._began = True
            return outlet_data.load(*asked[:3], report)

        self._window.work.run(N_("读取排污口"), read, done, failed, stopped)

    def _say_reading(self) -> None:
        for panel in (self.card, self.board):
            panel.set_reading(self._asked is not None)

    def _show(self) -> None:
        self._say_reading()
        self.card.folder = self._window.session.path.resolve().parent if self._window.session.path else Path()
        self.panel.set_data(self.data)
        self.board.set_data(self.data, reading=self._asked is not None, known=self._known)
        self.card.show_row(self.panel.current(), self.data)
        self._draw()

    # -- the map ---------------------------------------------------------------------------------------------------
    def toggle_map(self) -> None:
        """Show the stages on the map, or take them away."""
        self._shown_on_map = not self._shown_on_map
        if self._shown_on_map:
            self._load_if_shown(force=True)
        self._draw()

    def _draw(self) -> None:
        view = self._window.map
        if view is None:
            return
        if self._shown_on_map and self.data is not None:
            view.set_overlays("outlets:", outlet_data.overlays(self.data, self._window._make_layer))  # noqa: SLF001 - the window's own maker of layers
        else:
            view.set_overlays("outlets:", [])

    def _picked(self, row: OutletRow) -> None:
        self.card.show_row(row, self.data)
        if row.outlet.place is not None and self._window.canvas is not None:
            from shapely import Point

            self._window.map.highlight_shapes([Point(row.outlet.place.lon, row.outlet.place.lat)])

    def _zoom(self, row: OutletRow) -> None:
        place = row.outlet.place
        if place is None:
            self._window.tell(_("{name} 没有点位坐标，图上没有。").format(name=row.outlet.name))
            return
        if self._window.canvas is None:
            return
        from shapely import Point

        view = self._window.map
        here = self._window.engine.transform(Point(place.lon, place.lat), "EPSG:4490", view.crs)
        self._window.canvas.zoom_to((here.x - 600, here.y - 450, here.x + 600, here.y + 450))

    def show_outlet(self, outlet_id: str) -> None:
        """Make an outlet the current one and show it."""
        row = self.data.row_of(outlet_id) if self.data else None
        if row is not None:
            for name in ("outlets", "outlet"):
                self._window.show_dock(name)
            self.panel.show_outlet(row.node)
            self._zoom(row)

    def trace(self, way: str) -> None:
        """Show on the map what lies above and below the current outlet."""
        row = self.panel.current()
        if row is None or self.data is None:
            self._window.tell(_("先在排污口台账中选一个排污口。"))
            return
        chain = self.data.chain
        steps = [
            step
            for up in (True, False)
            if way in ("both", "up" if up else "down")
            for step in chain.trace(row.node, up=up)
        ]
        shapes = [
            shape
            for node in (chain.nodes[row.node], *(step.node for step in steps))
            if (shape := _shape(node)) is not None
        ]
        if self._window.canvas is not None:
            self._window.map.highlight_shapes(shapes[:MANY])
            if shapes:
                self._window.map.zoom_to_shapes(shapes[:MANY])
        lost = sum(_shape(step.node) is None for step in steps)
        text = _("{name}：{count} 个上下游对象").format(name=row.outlet.name, count=f"{len(steps):,}")
        self._window.tell(text + (aside(_("{count} 个没有位置，图上不显示").format(count=f"{lost:,}")) if lost else ""))

    def _show_node(self, node_id: str) -> None:
        node = self.data.chain.nodes.get(node_id) if self.data else None
        shape = _shape(node) if node is not None else None
        if shape is not None and self._window.canvas is not None:
            self._window.map.highlight_shapes([shape], node.name)

    def follow(self) -> None:
        """Follow the current project's site downstream, as if it had an outlet."""
        session = self._window.session
        site = session.current
        if site is None or site.geometry is None or session.path is None:
            self._window.tell(_("先选一个有用地边界的项目。"))
            return
        path, engine = session.path, self._window.engine
        place = engine.transform(site.geometry.representative_point(), site.crs, "EPSG:4490")

        def work(_report: Report) -> Any:
            from layers.workspace import Workspace
            from sanxian.outlets.follow import follow

            with Workspace.open(path, readonly=True) as workspace:
                return follow(workspace, (place.x, place.y))

        def done(found: Any) -> None:
            rows = [[item.kind_words(), item.name, f"{item.river_m:,.0f}", item.detail] for item in found.below]
            said = _(
                "{name}：沿{river}岸线向下（项目距岸线 {metres:,.0f} 米；河流按最近的岸线取，其他可能：{others}）。"
                "只供了解，是否允许以研判为准。"
            ).format(
                name=site.name,
                river=found.river,
                metres=found.off_m,
                others="、".join(f"{name} {metres:,.0f} m" for name, metres in found.rivers[1:]) or "—",
            )
            dialog = PreviewDialog(
                N_("沿河向下"),
                said,
                [_("类型"), _("名称"), _("沿河距离（m）"), _("说明")],
                rows,
                [_("没有加载：{roles}").format(roles="、".join(found.unchecked))] if found.unchecked else [],
                lambda: None,
                self._window,
            )
            dialog.apply.hide()
            dialog.open()

        self._window.work.run(N_("沿河向下"), work, done)

    # -- changes ---------------------------------------------------------------------------------------------------
    def _ready(self) -> bool:
        if self.data is None or self._window.session.workspace is None:
            self._window.tell(_("先打开排污口台账。"))
            return False
        return True

    def _write(self, title: str, work: Callable[[Any], Any], said: Callable[[Any], str],
               told: Callable[[bool], None] = lambda _written: None) -> None:
        """Change the workspace in the other thread, as one step that can be taken back; ``told`` is told whether it was changed."""
        from sanxian.outlets import bulk

        session = self._window.session
        workspace = session.workspace

        def write(of: Any) -> Any:
            before = bulk.last(of)
            result = work(of)
            step = bulk.last(of)
            return result, step if step != before else None

        def done(found: Any) -> None:
            result, step = found
            if session.workspace is not workspace:
                return
            self._changed(said(result))
            if step is not None:
                self._push("排污口台账：{title}", step, bulk.redo, bulk.undo)
            told(True)

        def refused(error: Exception | None) -> None:
            if session.workspace is workspace:
                told(False)
                self._window.tell(_("没有写入：{title}").format(title=_(title)))
            if error is not None:
                self._window.show_error(error)

        session.steps.run(title, write, done, refused)

    def _changed(self, said: str) -> None:
        """Read again what changed in the file."""
        self._window.tell(said)
        self._stale = True
        self._window.session.reload_layers()
        self._window.files.read_frames()
        self._load_if_shown(force=True)

    def _push(self, text: str, step: Mapping[str, Any], redo: Callable[[Any, Any], int], undo: Callable[[Any, Any], int]) -> None:
        """A step that is in the file already goes onto the window's undo stack."""
        def settled(wanted: bool, count: int) -> None:
            self.card.said.tell("")  # what was entered may be taken back by this
            said = _("已重做，更改 {count} 处。") if wanted else _("已撤销，恢复 {count} 处。")
            self._changed(said.format(count=f"{count:,}"))

        self._window.session.steps.write(
            text, {"title": step["title"]}, lambda workspace: redo(workspace, step), lambda workspace: undo(workspace, step),
            settled=settled, inside=True)

    def enter(
        self, stage: str, on: date, reopen: bool, papers: list[str], fields: list[str], person: str, note: str
    ) -> None:
        """Enter a step of the current outlet, or say what is missing."""
        row = self.panel.current()
        if not self._ready() or row is None or self.data is None:
            return
        from sanxian.outlets import entry
        from sanxian.outlets.errors import OutletError

        try:
            wanted = entry.entry_from(
                self._key(row),
                stage,
                on=on,
                papers=papers,
                fields=fields,
                reopen=reopen,
                by=person,
                note=note,
                folder=self.card.folder,
            )
        except OutletError as error:
            self.card.said.tell(error_words(error), wrong=True)
            return
        today = self._window.on
        shown = entry.preview([one.outlet for one in self.data.rows], self.data.kept, [wanted], on=max(today, on))
        if shown.refused:
            self.card.said.tell(shown.refused[0].words(), wrong=True)
            return
        written = self.card.said.when_written(_("已登记。"))

        def told(well: bool) -> None:
            now = self.panel.current()
            if now is not None and now.node == row.node:  # else the card is another outlet's by now
                written(well)

        self._write(
            N_("登记办理"),
            lambda workspace: entry.apply(workspace, shown, on=today, title=row.outlet.name),
            lambda _count: _("已登记：{name} {stage}").format(name=row.outlet.name, stage=_words_of(stage)),
            told,
        )

    def _key(self, row: OutletRow) -> str:
        """How to name an outlet so that only it is meant."""
        same = sum(other.outlet.id == row.outlet.id for other in self.data.rows) if self.data else 1
        return row.outlet.id if same == 1 else f"#{row.outlet.fid}"

    def undo(self) -> None:
        """Take back the last entry, update or import."""
        if not self._ready() or self.data is None:
            return
        if not self.data.steps:
            self._window.tell(_("没有可以撤销的登记或更新。"))
            return
        last = self.data.steps[-1]
        if not message.ask(
            self._window,
            _("撤销登记或更新"),
            _("撤销“{title}”（{day}，{cells} 个单元格、{entries} 条记录）？").format(
                title=last.title, day=last.on, cells=last.cells, entries=last.entries
            ),
            _("撤销"),
        ):
            return
        from sanxian.outlets import bulk

        session = self._window.session
        workspace = session.workspace

        def take_back(of: Any) -> Any:
            step = bulk.last(of)
            return bulk.undo(of, step), step

        def done(found: Any) -> None:
            count, step = found
            if session.workspace is workspace:
                self.card.said.tell("")
                self._changed(_("已撤销，恢复 {count} 处。").format(count=f"{count:,}"))
                self._push("撤销“{title}”", step, bulk.undo, bulk.redo)

        def refused(error: Exception | None) -> None:
            self._window.tell(_("没有撤销：{step}").format(step=last.title))
            if error is not None:
                self._window.show_error(error)

        session.steps.run(N_("撤销"), take_back, done, refused)

    def ask_update(self) -> None:
        """Choose a table and show what it would change in the register."""
        self._ask_table(N_("批量更新台账"), self.preview_update)

    def ask_entries(self) -> None:
        """Choose a table of stages and show what it would enter."""
        self._ask_table(N_("批量登记办理"), self.preview_entries)

    def ask_results(self) -> None:
        """Choose a table of results and show what it would bring."""
        self._ask_table(N_("导入监测结果"), self.preview_results)

    def ask_surveys(self) -> None:
        """Choose a table of surveyed banks and show what it would add to the log."""
        self._ask_table(N_("导入排查记录"), self.preview_surveys)

    def ask_targets(self) -> None:
        """Choose a table of targets and show which would take the place of which."""
        self._ask_table(N_("导入目标"), self.preview_targets)

    def _ask_table(self, title: str, show: Callable[[Path], Any]) -> None:
        if not self._ready():
            return
        path = choose.file(self._window, _(title), _("表格 ({patterns})").format(patterns=_TABLES), start=self.card.folder)
        if path is not None:
            show(path)

    def _register(self) -> list[Any]:
        return [row.outlet for row in self.data.rows] if self.data else []

    def preview_update(self, path: Path) -> None:
        """Show what a table would change in the register."""
        outlets, on = self._register(), self._window.on

        def work(_report: Report) -> Any:
            from sanxian.outlets import bulk

            return bulk.preview_file(path, outlets)

        def done(found: Any) -> None:
            from sanxian.outlets import bulk, register

            said = _("{file}：{rows} 行，更改 {changes} 个单元格，{same} 行没有变化，{wrong} 处不能接受。").format(
                file=path.name,
                rows=f"{found.rows:,}",
                changes=f"{len(found.changes):,}",
                same=f"{found.unchanged:,}",
                wrong=f"{len(found.problems):,}",
            )
            rows = [
                [one.outlet, register.field_words(one.field), _cell(one.before), _cell(one.after)]
                for one in found.changes
            ]
            self._preview(
                N_("批量更新台账"),
                said,
                [_("排污口"), _("字段"), _("原值"), _("新值")],
                rows,
                [one.words() for one in found.problems],
                lambda workspace: bulk.apply(workspace, found, on=on, title=path.name),
                lambda count: _("已更新 {count} 个单元格").format(count=f"{count:,}"),
            )

        self._window.work.run(N_("读取文件"), work, done)

    def preview_entries(self, path: Path) -> None:
        """Show what a table of stages would enter."""
        outlets, on, kept = self._register(), self._window.on, self.data.kept if self.data else {}

        def work(_report: Report) -> Any:
            from sanxian.outlets import entry

            entries, refused = entry.read_entries(path, folder=path.resolve().parent)
            return entry.preview(outlets, kept, entries, on=on, refused=refused)

        def done(found: Any) -> None:
            from sanxian.outlets import entry

            said = _("{file}：可登记 {taken} 条，{wrong} 条不能接受。").format(
                file=path.name, taken=f"{len(found.taken):,}", wrong=f"{len(found.refused):,}"
            )
            rows = [
                [
                    one.outlet.id,
                    one.outlet.name,
                    _words_of(str(one.before)) if one.before else "—",
                    _words_of(str(one.track.stage())),
                    str(one.entry.on),
                ]
                for one in found.taken
            ]
            self._preview(
                N_("批量登记办理"),
                said,
                [_("排污口编码"), _("名称"), _("现在"), _("登记后"), _("日期")],
                rows,
                [one.words() for one in found.refused],
                lambda workspace: entry.apply(workspace, found, on=on, title=path.name),
                lambda count: _("已登记 {count} 条").format(count=f"{count:,}"),
            )

        self._window.work.run(N_("读取文件"), work, done)

    def preview_results(self, path: Path) -> None:
        """Show what a table of results would bring."""
        outlets, on, session = self._register(), self._window.on, self._window.session.path

        def work(_report: Report) -> Any:
            from layers.workspace import Workspace
            from sanxian.outlets import water

            with Workspace.open(session, readonly=True) as workspace:
                return water.preview_file(
                    path, outlets, water.read_sections(workspace), known=water.read_results(workspace)
                )

        def done(found: Any) -> None:
            from sanxian.outlets import water

            said = _(
                "{file}：{rows} 行，新结果 {new} 个，已有 {known} 个，空缺 {missing} 个（仍为缺失），{wrong} 处须看。"
            ).format(
                file=path.name,
                rows=f"{found.rows:,}",
                new=f"{len(found.results):,}",
                known=f"{found.known:,}",
                missing=f"{found.missing:,}",
                wrong=f"{len(found.problems):,}",
            )
            rows = [
                [
                    one.name,
                    str(one.on),
                    water.item_words(one.item),
                    one.reading.words(),
                    water.items()[one.item].unit,
                    one.standard,
                ]
                for one in found.results
            ]
            self._preview(
                N_("导入监测结果"),
                said,
                [_("点位"), _("采样日期"), _("项目"), _("结果"), _("单位"), _("执行标准")],
                rows,
                [one.words() for one in found.problems],
                lambda workspace: water.keep(workspace, found, on=on, title=path.name),
                lambda _name: _("已导入 {count} 个结果").format(count=f"{len(found.results):,}"),
            )

        self._window.work.run(N_("读取文件"), work, done)

    def preview_surveys(self, path: Path) -> None:
        """Show which stretches of bank a table would add to the survey log, and what of the banks would be surveyed then."""
        on, opened = self._window.on, self._window.session.path

        def work(_report: Report) -> Any:
            from layers.workspace import Workspace
            from sanxian.outlets import logs
            from sanxian.outlets.banks import read_banks

            with Workspace.open(opened, readonly=True) as workspace:
                return logs.preview_surveys(path, read_banks(workspace), workspace.state(logs.SURVEYS, []) or [], on=on)

        def done(found: Any) -> None:
            from sanxian.outlets import logs
            from sanxian.outlets.banks import SIDES

            said = _("{file}：新增 {added} 段排查记录，已排查岸线由 {before} 公里变为 {after} 公里，{wrong} 处须看。").format(
                file=path.name,
                added=f"{found.added:,}",
                before=f"{found.before_m / 1000:,.3f}",
                after=f"{found.after_m / 1000:,.3f}",
                wrong=f"{len(found.problems):,}",
            )
            rows = [
                [
                    str(one["bank"] or one["river"] or ""),
                    _(SIDES[one["side"]]) if one["side"] in SIDES else "" if one["bank"] else _("两岸"),
                    _metres(one["from_m"]),
                    _metres(one["to_m"]),
                    str(one["on"] or "—"),
                    str(one["method"] or ""),
                ]
                for one in found.kept[len(found.kept) - found.added :]
            ]
            self._preview(
                N_("导入排查记录"),
                said,
                [_("河流或岸线"), _("岸别"), _("起点桩号（m）"), _("终点桩号（m）"), _("排查日期"), _("方式")],
                rows,
                [one.words() for one in found.problems],
                lambda workspace: logs.keep(workspace, found, on=on, title=path.name),
                lambda _nothing: _("已导入 {count} 段排查记录").format(count=f"{found.added:,}"),
            )

        self._window.work.run(N_("读取文件"), work, done)

    def preview_targets(self, path: Path) -> None:
        """Show the targets of a table, each beside the one whose place it takes."""
        on, opened = self._window.on, self._window.session.path

        def work(_report: Report) -> Any:
            from layers.workspace import Workspace
            from sanxian.outlets import coverage, logs
            from sanxian.outlets.errors import OutletError

            with Workspace.open(opened, readonly=True) as workspace:
                try:
                    former = coverage.read_targets(workspace)
                except OutletError:  # what cannot be read must not stop what takes its place
                    former = ()
                return logs.preview_targets(path), former

        def done(both: tuple[Any, Sequence[Any]]) -> None:
            from sanxian.outlets import logs
            from sanxian.outlets.coverage import ALL, INDICATORS

            found, former = both
            known: dict[tuple[str, str], list[str]] = {}
            for one in former:
                known.setdefault((one.indicator, one.group), []).append(f"{one.value:.1%} · {one.due}")
            said = _("{file}：{added} 条目标，取代现有的 {former} 条，{wrong} 处须看。").format(
                file=path.name, added=f"{found.added:,}", former=f"{len(former):,}", wrong=f"{len(found.problems):,}"
            )

            def group(name: str) -> str:
                return _("全部") if name == ALL else name

            rows = [
                [
                    _(INDICATORS[one["indicator"]][0]),
                    group(one["group"]),
                    "；".join(known.get((one["indicator"], one["group"]), ["—"])),
                    f"{one['value']:.1%} · {one['due']}",
                    str(one["source"]),
                ]
                for one in found.kept
            ]
            kept = {(one["indicator"], one["group"]) for one in found.kept}
            gone = [
                _("现有目标“{name} · {group}”不在表中，写入后不再有").format(name=_(INDICATORS[name][0]), group=group(of))
                for name, of in known
                if found.added and (name, of) not in kept
            ]
            self._preview(
                N_("导入目标"),
                said,
                [_("指标"), _("分组"), _("现有目标"), _("新目标"), _("依据")],
                rows,
                [*(one.words() for one in found.problems), *gone],
                lambda workspace: logs.keep(workspace, found, on=on, title=path.name),
                lambda _nothing: _("已导入 {count} 条目标").format(count=f"{found.added:,}"),
            )

        self._window.work.run(N_("读取文件"), work, done)

    def _preview(
        self,
        title: str,
        said: str,
        heads: Sequence[str],
        rows: Sequence[Sequence[str]],
        problems: Sequence[str],
        work: Callable[[Any], Any],
        done: Callable[[Any], str],
    ) -> PreviewDialog:
        dialog = PreviewDialog(title, said, heads, rows, problems, lambda: self._write(title, work, done), self._window)
        dialog.open()
        return dialog

    # -- files -----------------------------------------------------------------------------------------------------
    def ask_dossier(self) -> None:
        """Choose where, and write the current outlet's file."""
        row = self.panel.current()
        if row is None:
            self._window.tell(_("先在排污口台账中选一个排污口。"))
            return
        name = "".join(letter if letter not in '\\/:*?"<>|' else "_" for letter in row.outlet.id)
        path = self._ask_file(N_("导出排污口档案"), f"{name}.pdf", (".pdf", ".docx", ".html", ".json"))
        if path is not None:
            self.write_dossier(row, path)

    def ask_atlas(self) -> None:
        """Choose where, and write the files of all outlets that the table shows as one PDF."""
        if self._ready():
            path = self._ask_file(N_("导出档案图集"), "atlas.pdf", (".pdf",))
            if path is not None:
                self.write_atlas([self.panel.model.item(row) for row in range(self.panel.model.rowCount())], path)

    def ask_report(self) -> None:
        """Choose where, and write the report."""
        if self._ready():
            path = self._ask_file(N_("导出排污口报告"), "outlets.pdf", (".pdf", ".docx"))
            if path is not None:
                self.write_report(path)

    def _ask_file(self, title: str, name: str, suffixes: Sequence[str]) -> Path | None:
        kinds = ";;".join(f"{suffix.removeprefix('.').upper()} (*{suffix})" for suffix in suffixes)
        return choose.target(self._window, _(title), name, kinds, start=self.card.folder)

    def _file(self, path: Path, write: Callable[[Any, Path, Report], None], said: str) -> None:
        workspace_path, lang = self._window.session.path, language()

        def work(report: Report) -> Path:
            from layers.workspace import Workspace
            from sanxian.reports import replace_whole, speaking

            with Workspace.open(workspace_path, readonly=True) as workspace, speaking(lang):
                replace_whole(path, lambda target: write(workspace, target, report))
            return path

        self._window.work.run(N_("导出报告"), work, lambda written: message.tell_done(self._window, _(said), written),
                              wanted=True)

    def write_dossier(self, row: OutletRow, path: Path) -> None:
        """Write one outlet's file."""
        self._sheets([row], path, N_("排污口档案已写好。"))

    def write_atlas(self, rows: Sequence[OutletRow], path: Path) -> None:
        """Write the files of several outlets as one PDF with bookmarks."""
        self._sheets(rows, path, N_("档案图集已写好。"), atlas=True)

    def _sheets(self, rows: Sequence[OutletRow], path: Path, said: str, *, atlas: bool = False) -> None:
        on, wanted = self._window.on, {(row.outlet.layer, row.outlet.fid) for row in rows}

        def write(workspace: Any, target: Path, report: Report) -> None:
            from sanxian.outlets import dossier, register, sheets

            outlets = register.read_register(workspace)
            mine = [item for item in outlets if (item.layer, item.fid) in wanted]
            secrecy = sheets.classification(workspace, None)
            found, around = sheets.gather(workspace, outlets, mine, on=on, secrecy=secrecy)
            if atlas:
                sheets.write_atlas(found, target, around=around, secrecy=secrecy, progress=report.or_stop)
            elif target.suffix.lower() == ".pdf":
                sheets.write_pdf(found, target, around=around, secrecy=secrecy)
            else:
                dossier.write(found[0], target)

        self._file(path, write, said)

    def write_report(self, path: Path) -> None:
        """Write the report on all outlets."""
        on, cut, scope = self._window.on, self.board.cut.currentData() or "river", self._scope

        def write(workspace: Any, target: Path, _report: Report) -> None:
            from sanxian.outlets import report

            report.write(report.gather(workspace, on=on, by=cut, scope=scope), target)

        self._file(path, write, N_("排污口报告已写好。"))


def _shape(node: Any) -> Any:
    """What to draw a thing of the chain by, in EPSG:4490."""
    if node.shape is not None and not node.shape.is_empty:
        return node.shape
    if node.lonlat is None:
        return None
    from shapely import Point

    return Point(node.lonlat)


def _metres(value: float | None) -> str:
    return "—" if value is None else f"{value:,.0f}"


def _words_of(stage: str) -> str:
    from gui.panels.outlets import stage_words

    return stage_words(stage)


def _cell(value: Any) -> str:
    from sanxian.outlets.dossier import value_words

    return value_words(value)
