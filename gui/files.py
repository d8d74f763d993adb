"""Opening, saving, importing and exporting: every way in and out of the window."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PyQt5.QtCore import QEventLoop, QObject, Qt, QTimer, pyqtSignal
from PyQt5.QtWidgets import QApplication

from gui import kept, telling
from gui import stored as projects
from gui.dialogs import choose, message
from gui.dialogs.export_report import BUNDLE, KINDS, ExportChoice, ExportReport
from gui.dialogs.import_file import PROJECTS, ImportChoice, ImportDialog
from gui.incoming import DATA, Incoming
from gui.session import RASTER, Listing, Site, drop, listing_of, raster_key
from gui.steps import turn
from gui.tasks import Cancelled, Report, Task, Worker
from gui.words import aside, error_words, listed, together
from gui.work import Job
from sanxian.i18n import N_, _, language

if TYPE_CHECKING:
    from gui.main_window import MainWindow

SOON_MS = 400  # what takes longer is told of in a box
MOST_SAID = 20  # of what was noticed about a file, in the list of messages
MANY_PROJECTS = 5_000  # more than these are not drawn, judged and listed one by one without a wait


class Files(QObject):
    """What the project menu does.

    Signals:
        said: A sentence for the message list and the status bar.
        saved: Everything has been written.
        verdictsRead: The verdicts that the workspace keeps are there, or cannot be read.
    """

    said = pyqtSignal(str)
    saved = pyqtSignal()
    verdictsRead = pyqtSignal()

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        self._session = window.session
        self._engine = window.engine
        self._settings = window.settings
        self._work = window.work
        self._saver = Worker()  # of its own: a long screening must not keep a save waiting
        self._saving: Task | None = None
        self._memory = kept.Memory(window.session)
        self._reading: object | None = None
        self._reads = 0  # of layers, under way or waiting
        self.incoming = Incoming(window)
        self.copies: set[Path] = set()  # put elsewhere since the workspace could not be written; the title tells which file it is
        self._session.framesWanted.connect(self.read_frames)

    # -- workspaces ------------------------------------------------------------------------------------------------
    def ask_new(self) -> None:
        """Choose where, and make an empty workspace."""
        if not self.may_leave():
            return
        path = choose.target(self._window, _("新建工作区"), "workspace.gpkg", _("工作区 (*.gpkg)"), start=self._start())
        if path is not None:
            self.new(path)

    def new(self, path: Path) -> None:
        """Make an empty workspace and open it."""
        def make() -> Any:
            if path.exists():  # the file dialog has asked
                path.unlink()
            return self._engine.new_workspace(path)

        self._open(make, path)

    def ask_open(self) -> None:
        """Choose a workspace and open it."""
        path = choose.file(self._window, _("打开工作区"), _("工作区 (*.gpkg)"), start=self._start())
        if path is not None:
            self.open(path)

    def open(self, path: Path) -> None:
        """Open a workspace, once what is unsaved has been dealt with."""
        if self.may_leave():
            self._open(lambda: self._engine.open_workspace(path), path)

    def _open(self, get: Callable[[], Any], path: Path) -> None:
        if self._session.path is not None and self._session.path == path:
            self._session.close()  # its own lock would be in the way
        def read() -> tuple[Any, Any, Listing, list[Site], Exception | None]:
            workspace = get()
            self._engine.sign(workspace, self._settings.person)
            found = workspace, workspace.state(kept.KEY), listing_of(workspace)
            try:
                return *found, self._engine.stored_sites(workspace), None
            except Exception as error:  # noqa: BLE001 - the layers can be looked at all the same
                return *found, [], error

        found, error = self._meanwhile(N_("打开工作区"), lambda _report: read())
        from layers.errors import ReadOnlyError

        if isinstance(error, ReadOnlyError):
            self._offer_copy(path)
            return
        if error is not None:  # every refusal is shown in the same way
            self._window.show_error(error)
            return
        workspace, stored, listing, sites, wrong = found
        self._reading = None
        self._window.take_day(kept.read_day(stored))
        self._session.open(workspace, listing)
        if wrong is not None:
            self._window.show_error(wrong)
        self._session.load_sites(sites)
        if sites:
            self._session.set_current(sites[0].id)
        self._settings.remember(path)
        if path.parent != self._settings.folder / "demo":  # where nobody keeps files
            self._settings.last_folder = path.parent
        self._window.recent_changed()
        self.said.emit(_("已打开 {path}").format(path=path))
        if unread := projects.unread_words(sites):
            self.said.emit(unread)
        if self._session.left_out:
            self.said.emit(words := projects.left_words(self._session.left_out.values()))
            message.tell_error(self._window, words)
        self.read_frames()
        if stored:
            self._read_verdicts()
        self._window.recovery.offer()

    def _offer_copy(self, path: Path) -> None:
        """Offer to work on a copy of a workspace that cannot be written; without one everything stays as it is."""
        if not message.ask(
                self._window, _("工作区只读"),
                _("{path} 不能写入：文件或所在磁盘是只读的。可以在别处放一份副本，在副本上工作；原来的文件不变。").format(path=path),
                _("放一份副本并打开…")):
            return
        target = choose.target(self._window, _("副本放在哪里"), path.name, _("工作区 (*.gpkg)"), start=self._start())
        if target is None:
            return
        if self._session.path is not None and self._session.path == target:
            message.tell_error(self._window, _("{path} 正在这个窗口里打开，副本请放在别处。").format(path=target))
            return
        _done, error = self._meanwhile(N_("复制工作区"), lambda _report: self._engine.copy_workspace(path, target))
        if error is not None:
            self._window.show_error(error)
            return
        self.copies.add(target)
        self._open(lambda: self._engine.open_workspace(target), target)
        if self._session.path == target:
            self.said.emit(_("这是 {path} 的副本，改动都在副本 {copy} 里").format(path=path, copy=target))

    def _read_verdicts(self) -> None:
        """Show the verdicts that the workspace keeps."""
        session, window, engine, folders = self._session, self._window, self._engine, list(self._settings.rule_folders)
        path, stamps = session.path, session.stamps({site.id for site in session.sites})
        self._reading = mine = object()

        def ended() -> None:
            if self._reading is mine:  # else another workspace was opened meanwhile
                self._reading = None
                self.verdictsRead.emit()

        def refused(error: Exception) -> None:
            self.said.emit(error_words(error))
            ended()

        def done(found: kept.Found) -> None:
            if self._reading is not mine or session.path != path:
                ended()
                return
            judged = any(site.result is not None for site in session.sites)
            window.verdict.levels = {**found.levels, **window.verdict.levels} if judged else dict(found.levels)
            count, good = kept.show(session, found, stamps)
            if not judged:
                self._memory.settled()
            if count:
                self.said.emit(_("上次的研判结论：{count} 个项目，{old} 个待重判；判定基准日 {day}").format(
                    count=f"{count:,}", old=f"{count - good:,}", day=window.on.isoformat()))
            ended()

        self._work.run(N_("读取上次的研判结论"), lambda _report: engine.kept_verdicts(path, folders), done, refused, ended)

    @property
    def saving(self) -> bool:
        """Whether the file is being written, or another opened, by the thread that writes."""
        return self._saving is not None

    @property
    def reading_verdicts(self) -> bool:
        """Whether the verdicts that the workspace keeps are still to come."""
        return self._reading is not None

    def _keep_verdicts(self) -> bool:
        """Write the verdicts that the file does not have yet; ``False`` where they would be lost and the person would rather stay."""
        session, engine, day = self._session, self._engine, self._window.on
        workspace = session.workspace
        if workspace is None or not self._memory.changed:
            return True
        rows = self._memory.rows()

        def write(report: Report) -> None:
            with turn(workspace, lambda: report.or_stop(0, 0)):
                engine.keep_verdicts(workspace, rows, day)

        _done, error = self._meanwhile(N_("保存研判结论"), write)
        if error is None:
            self._memory.settled()
            return True
        return message.ask(self._window, _("研判结论没有保存"), together([
            error_words(error).rstrip("。."), _("关闭以后这些项目又是未研判")]), _("仍然关闭"), loses=True)

    def read_frames(self) -> None:
        """Read the features of the layers that have not been read yet."""
        names = [layer.key for layer in self._session.layers
                 if layer.frame is None and layer.raster is None and not layer.error]
        path = self._session.path
        if not names or path is None:
            return

        def done(frames: dict[str, Any]) -> None:
            ended()
            if self._session.path != path:
                return
            for layer in self._session.layers:
                found = frames.get(layer.key)
                if isinstance(found, Exception):
                    layer.error = error_words(found)
                    self.said.emit(_("图层“{layer}”读不出来：{why}").format(layer=layer.name, why=layer.error))
                elif found is not None:
                    layer.frame = found
            self._session.layersChanged.emit()

        def ended() -> None:
            self._reads -= 1
            self._session.readingChanged.emit(self._reads > 0)

        def failed(error: Exception) -> None:
            ended()
            self._work.failed.emit(error)

        engine, on = self._engine, self._window.on
        self._reads += 1
        self._session.readingChanged.emit(True)
        self._work.run(N_("读取图层"), lambda report: engine.read_frames(path, names, report, on), done, failed, ended)

    def day_changed(self) -> None:
        """Read the outlets again: how far their remediation is depends on the day."""
        for layer in self._session.layers:
            if layer.role == "discharge_outlet" and layer.frame is not None:
                layer.frame = None
        self.read_frames()

    def may_leave(self) -> bool:
        """Ask about what is not done yet and about unsaved edits; ``False`` when the person would rather stay."""
        self._window.commit_typing()
        return (self._window.tables_may_close() and self._window.rules.may_leave() and self._style_settled(leaving=True) and self.all_done()
                and self._saved_or_given_up() and self._keep_verdicts())

    def _saved_or_given_up(self) -> bool:
        if not self._session.dirty:
            return not self._session.fresh_layers or self._take_back()  # their adding was undone
        if self._lost():
            return self._saved_elsewhere()
        answer = message.ask_save(self._window, self._session.path.stem if self._session.path else "", self._session.unrestorable,
                                  self._session.left_words())
        if answer == "save":
            return self.save()
        return answer == "discard" and self._take_back()

    def _saved_elsewhere(self) -> bool:
        """What to do with unsaved edits of a file that is away, or is another one now; ``False`` to stay."""
        kept_in = self._window.recovery.keep_apart()
        answer = message.ask_save_elsewhere(self._window, self._session.path.stem, self._lost(), kept_in)
        if answer == "save":
            before = self._session.workspace
            self.ask_save_as()
            return self._session.workspace is not before
        if answer == "discard":
            self._work.give_up()
            self._window.recovery.let_go()
            self._memory.settled()  # the verdicts can be kept nowhere either, as the question said
            return True
        return False

    def all_done(self, *, written: bool = False) -> bool:
        """Wait for what is under way and would be lost, or drop it, as the person decides; ``False`` to stay.

        What failed meanwhile has been told, and is a reason to stay.

        Args:
            written: Only changes of the file count; reports and the like may go on.
        """
        left = self._work.writing if written else self._work.unfinished
        while jobs := left():
            answer = message.ask_unwritten(self._window, _titles(jobs), left)
            if answer == "cancel":
                return False
            if answer == "drop":
                self._work.stop(left())
            if not self._await(left) or answer == "wait" and any(job.state == "failed" for job in jobs):
                return False
        return True

    def _await(self, left: Callable[[], list[Job]]) -> bool:
        """Live on until none of these jobs is left; ``False`` where the person would not wait for it."""
        if not left():
            return True
        loop = QEventLoop()
        ended = self._work.jobsChanged.connect(lambda: None if left() else loop.quit())
        try:
            self._live(loop, lambda: not left(), lambda: (_("正在等：{titles}").format(titles=_titles(left())), True), loop.quit)
        finally:
            self._work.jobsChanged.disconnect(ended)
        return not left()

    def _live(self, loop: QEventLoop, done: Callable[[], bool], said: Callable[[], tuple[str, bool]], stop: Callable[[], None]) -> None:
        """Run ``loop`` until something is done, taking no input; where it takes its time, a box says what is waited for.

        Args:
            said: The words, and whether the waiting can be ended.
            stop: Ends it; the box has a button for it.
        """
        soon = QTimer(singleShot=True, interval=SOON_MS)
        soon.timeout.connect(loop.quit)
        soon.start()
        QApplication.setOverrideCursor(Qt.BusyCursor)
        try:
            loop.exec_(QEventLoop.ExcludeUserInputEvents)
        finally:
            QApplication.restoreOverrideCursor()
            soon.stop()
        if done():
            return
        box = message.Waiting(self._window, said)
        box.canceled.connect(stop)
        box.show()
        try:
            loop.exec_()
        finally:
            box.canceled.disconnect(stop)
            box.close()
            box.deleteLater()

    def _take_back(self) -> bool:
        """Undo what was not saved, and wait until the file is as it was; ``False`` where it could not be, and the person stays."""
        self._work.give_up()
        left = set(self._session.left)
        self._session.take_back()
        jobs = self._work.steps()
        wrong: list[Exception | None] = []
        stays: list[str] = []
        for key in set(self._session.fresh_layers) & set(self._session.pending_removals):
            params = {"layer": key.removeprefix(RASTER)}

            def refused(error: Exception | None, words: str = _("移除图层“{layer}”").format(**params)) -> None:
                wrong.append(error)
                stays.append(words)

            self._session.steps.run(N_("移除图层“{layer}”"), lambda workspace, one=key: drop(workspace, one),
                                    lambda _none, one=key: self._session.dropped(one), refused, params)
        self._work.wait()
        for error in wrong:
            if error is not None:
                self._window.show_error(error)
        if set(self._session.left) - left:
            stays = [*self._session.left_words(), *stays]
        if failed := [job for job in jobs if job.state != "done"]:
            stays.append(_titles(failed))
        if stays and not message.ask_leave(self._window, stays):
            self.said.emit(_("有的修改没有撤销，工作区还开着。"))
            return False
        return True

    def close(self) -> None:
        """Show the first page."""
        if self.may_leave():
            self._session.close()

    def _style_settled(self, *, leaving: bool = False) -> bool:
        """Ask about a style that is only tried out, and would not be saved; ``False`` to stay."""
        from gui.styling import Styling

        return next(part for part in self._window.parts if isinstance(part, Styling)).settled(leaving=leaving)

    def save(self, *, asks: bool = True) -> bool:
        """Write what changed; ``False`` when it could not be written.

        The file is written in a thread of its own. The window goes on drawing, but takes no input before it is done:
        what is being written must not change meanwhile.

        Args:
            asks: Whether to ask about a style that is only tried out.
        """
        self._window.commit_typing()
        if self._session.workspace is None:
            return True
        if self._saving is not None or asks and not self._style_settled():
            return False
        engine, session = self._engine, self._session
        if not self._await(self._work.steps):  # what is saved is all that was done before
            return False
        asked, wrong = [True], []
        workspace = session.workspace
        rows, day, known = self._memory.rows() if self._memory.changed else None, self._window.on, self._memory.known
        if not session.look_again() or not self._clashes_settled():
            return False

        def write(report: Report) -> None:
            with turn(workspace, lambda: report.or_stop(0, 0)):  # an import may be writing the file
                asked.clear()
                engine.save(session)
                if rows is not None or known:
                    try:
                        engine.keep_verdicts(workspace, rows, day) if rows is not None else engine.keep_contents(workspace)
                    except Exception as error:  # noqa: BLE001 - what the person did is saved; said again on leaving
                        wrong.append(error)

        _done, error = self._meanwhile(N_("保存"), write, lambda: bool(asked))
        if isinstance(error, Cancelled):
            self.said.emit(_("没有保存：{path}").format(path=session.path))
            return False
        if error is not None:
            self._window.show_error(error)
            return False
        rewritten = bool(session.pending_removals or session.pending_restores)
        session.mark_saved()
        if rewritten:
            session.reload_layers()  # which version is in use may have changed with it
            self.read_frames()
        if rows is not None and not wrong:
            self._memory.settled()
        self.saved.emit()
        for one in wrong:
            self.said.emit(error_words(one))
        self.said.emit(_("已保存 {path}").format(path=self._session.path))
        return True

    def _clashes_settled(self) -> bool:
        """Ask whose counts where a project was changed here and by another program; ``False`` to save nothing."""
        from gui import outside
        from gui.elsewhere import field_words

        clashes, contested = outside.clashing(self._session), outside.contested(self._session)
        if not clashes and not contested:
            return True
        names = [_("{name}（{fields}）").format(name=clash.theirs.name or clash.theirs.id, fields=field_words(clash.fields))
                 for clash in clashes.values()]
        names += [_("{name}（文件里同一编号的各行不一致）").format(name=site.name or site.id) for site in contested]
        answer = message.ask_whose(self._window, listed(names))
        if answer == "theirs":
            outside.take_theirs(self._session)
        return answer != "cancel"

    def _meanwhile(self, title: str, work: Callable[[Report], Any],
                   waits: Callable[[], bool] = lambda: False) -> tuple[Any, Exception | None]:
        """Do ``work`` in the thread that writes and wait for it, drawing all the while: its result, or its error.

        Args:
            title: msgid.
            waits: Whether it still waits for another thread, and can be given up (``Cancelled``).
        """
        self._saving = task = Task(work, parent=self)
        loop, results, errors, ended = QEventLoop(), [], [], []
        task.succeeded.connect(results.append)
        task.failed.connect(errors.append)
        task.cancelled.connect(lambda: errors.append(Cancelled()))
        task.finished.connect(lambda: (ended.append(True), loop.quit()))

        def said() -> tuple[str, bool]:
            writing = _titles(self._work.writing())
            if waits() and writing:
                return _("{title}：正在等 {titles}").format(title=_(title), titles=writing), True
            return _("正在{title}…").format(title=_(title)), waits()

        self._window.status.set_running(title)
        try:
            task.start(self._saver)
            self._live(loop, lambda: bool(ended), said, task.cancel)
            if not ended:  # given up, and about to end
                loop.exec_(QEventLoop.ExcludeUserInputEvents)
        finally:
            self._window.status.set_running("")
            self._saving = None
            task.deleteLater()
        return (results[0] if results else None), (errors[0] if errors else None)

    def shutdown(self) -> None:
        """End the thread that writes."""
        self._saver.stop()

    def ask_save_as(self) -> None:
        """Choose where, and save a copy that is open from then on."""
        path = choose.target(self._window, _("另存为"), "workspace.gpkg", _("工作区 (*.gpkg)"), start=self._start())
        if path is not None:
            self.save_as(path)

    def save_as(self, path: Path) -> None:
        """Save the edits in a copy, which is open from then on; the former file is as it was last saved.

        What was written to it at once since is taken out of it again.
        """
        import shutil

        if not self._style_settled():
            return
        former = self._session.path
        if former is not None and (why := self._lost()) and (path != former or not former.exists()):
            self._rescue(path, why)
            return
        if former is None or path == former:
            self.save(asks=False)
            return
        self._window.commit_typing()
        if not self.all_done(written=True):  # they would go to the file that is left
            return
        engine, left = self._engine, self._session.workspace
        undo, fresh = self._session.steps.since_saved(), self._session.fresh_layers
        part = path.with_name(f".{path.name}.part")

        def copy(report: Report) -> tuple[Any, Exception | None, bool]:
            from layers.workspace import gone

            if not former.exists():
                raise gone(former)
            with turn(left, lambda: report.or_stop(0, 0)):
                try:
                    shutil.copyfile(former, part)
                    part.replace(path)
                finally:
                    part.unlink(missing_ok=True)
                workspace, wrong = engine.open_workspace(path), None
                before = self._session.left_in_file - len(self._session.left)  # what was left before is left there too
                try:
                    for take_out in undo or ():
                        take_out(left)
                    for key in fresh:
                        drop(left, key)
                except Exception as error:  # noqa: BLE001 - the copy is there all the same; told below
                    wrong = error
            return workspace, wrong, self._session.left_in_file > before

        found, error = self._meanwhile(N_("另存为"), copy)
        if error is not None:
            self._window.show_error(error)
            return
        workspace, wrong, some_left = found
        engine.sign(workspace, self._settings.person)
        self._window.recovery.clear()
        left.close()
        self._session.workspace, self._session.path = workspace, path
        self._window.recovery.moved()
        if self.save(asks=False):
            self._settings.remember(path)
            self._window.recent_changed()
            self._window.show_title()
        if wrong is not None:
            self._window.show_error(wrong)
        if wrong is not None or undo is None or some_left:
            message.tell_error(self._window, _("原来的文件 {path} 里还有上次保存以后的修改。").format(path=former))

    def _lost(self) -> str:
        """Why the file that is open can be neither read nor written as such: it is away, or another stands in its place; '' else."""
        from layers.errors import ReplacedError
        from layers.workspace import gone

        path, workspace = self._session.path, self._session.workspace
        if path is None or not hasattr(workspace, "look_at_file"):
            return ""
        if not path.exists():
            return error_words(gone(path))
        try:
            workspace.look_at_file()
        except ReplacedError as error:
            return error_words(error)
        except Exception:  # noqa: BLE001 - being written just now, or damaged: told where it is saved
            return ""
        return ""

    def _spare(self) -> Any:
        """What was remembered of the file while it was there."""
        from gui.elsewhere import Elsewhere

        return next(part for part in self._window.parts if isinstance(part, Elsewhere)).spare

    def _rescue(self, path: Path, why: str) -> None:
        """Write what the window holds to another file, which is open from then on; the former one cannot be copied."""
        from gui import rescue

        self._window.commit_typing()
        session, engine, spare, left = self._session, self._engine, self._spare(), self._session.workspace
        rows, day = self._memory.rows(), self._window.on
        part = path.with_name(f".{path.stem}.part.gpkg")

        def write(_report: Report) -> tuple[Any, list[str], Exception | None]:
            wrong = None
            part.unlink(missing_ok=True)
            try:
                lost = rescue.write(engine, session, spare, part)
                part.replace(path)
            finally:
                part.unlink(missing_ok=True)
            left.close()
            workspace = engine.open_workspace(path)
            try:
                engine.keep_verdicts(workspace, rows, day)
            except Exception as error:  # noqa: BLE001 - the rest is saved; told below
                wrong = error
            return workspace, lost, wrong

        found, error = self._meanwhile(N_("另存为"), write)
        if error is not None:
            self._window.show_error(error)
            return
        workspace, lost, wrong = found
        engine.sign(workspace, self._settings.person)
        self._window.recovery.clear()
        session.moved(workspace)
        self._window.recovery.moved()
        self._memory.settled()
        self.saved.emit()
        self._settings.remember(path)
        self._window.recent_changed()
        self._window.show_title()
        self.said.emit(_("已保存 {path}").format(path=path))
        more = [_("历史、备份和数据检查的结果没有带过来。")]
        if lost:
            more.append(_("窗口里没有、不能写入的图层：{names}。").format(names=listed(lost)))
        if wrong is not None:
            more.append(error_words(wrong))
        message.tell_error(self._window, _("已由窗口里的内容写成 {path}，现在打开的是它。").format(path=path), "\n".join([*more, why]))

    def open_demo(self) -> None:
        """Draw the made-up district, if it is not there yet, and open it."""
        if not self.may_leave():
            return
        folder = self._settings.folder / "demo"
        engine = self._engine

        def done(found: tuple[Path, Sequence[Any]]) -> None:
            workspace, sites = found
            self._open(lambda: engine.open_workspace(workspace), workspace)
            if self._session.workspace is not None and not self._session.sites:
                self._session.load_sites(sites)
                if self.save() and sites:
                    self._session.set_current(sites[0].id)

        def work(report: Report) -> Any:
            folder.mkdir(parents=True, exist_ok=True)
            return engine.build_demo(folder, report)

        self._session.close()
        self._work.run(N_("绘制示范区"), work, done)

    # -- data ------------------------------------------------------------------------------------------------------
    def ask_layer(self) -> None:
        """Choose data files and bring them in as layers."""
        self._ask_import("")

    def ask_projects(self) -> None:
        """Choose a file of projects."""
        self._ask_import(PROJECTS)

    def _ask_import(self, role: str) -> None:
        self.incoming.add(choose.files(
            self._window, _("导入项目文件") if role else _("添加图层"),
            _("数据文件 ({patterns})").format(patterns=" ".join(DATA)) + ";;" + _("所有文件 (*)"), start=self._start()), role)

    def import_dialog(self, path: Path, role: str = "") -> ImportDialog:
        """Ask how a file is to be read; does not wait for the answer."""
        from layers.crosschecks import BORDERED

        known = sorted((layer for layer in self._session.layers if layer.frame is not None),
                       key=lambda layer: (layer.role != "admin", layer.retired))
        dialog = ImportDialog(self._engine, path, self._work.worker, role=role, parent=self._window,
                              reference={layer.key: layer.frame for layer in known},
                              borders=[layer.key for layer in known if layer.role in BORDERED and not layer.retired],
                              shelf=self._engine.shelf(self._session.workspace), workspace=self._session.workspace)
        dialog.setAttribute(Qt.WA_DeleteOnClose)

        def take() -> None:
            self.take(dialog.choice(), dialog.remember())

        dialog.accepted.connect(take)
        dialog.open()
        return dialog

    def take(self, choice: ImportChoice, keep: Callable[[], None] = lambda: None) -> None:
        """Bring a file in as it was decided; ``keep`` remembers how."""
        options = {key: value for key, value in choice.options.items() if value}
        if choice.role == PROJECTS:
            self.import_projects(choice.path, choice.layer and choice.layer.layer, **options)
            return
        engine, workspace = self._engine, self._session.workspace

        def work(report: Report) -> Any:
            found = choice.layer or engine.read_layer(choice.path, choice.role, report, name=choice.name, **options)
            about = {key: value for key, value in choice.about.items() if value is not None}
            record = engine.add_layer(workspace, found.layer, report, **about)
            keep()
            return found.layer, record

        def done(found: tuple[Any, Any]) -> None:
            layer, record = found
            if self._session.workspace is not workspace:
                return
            self._session.reload_layers()
            self._session.added_layer(name := getattr(record, "name", layer.name))
            self._window.layers.select(name)
            self.read_frames()
            wrong = sum(issue.severity in ("error", "warning") for issue in layer.issues)
            said = _("已添加图层“{layer}”，{count} 个要素").format(layer=layer.name, count=f"{layer.count:,}")
            self.said.emit(said + (_("，{wrong} 处要留意（见图层提示）").format(wrong=f"{wrong:,}") if wrong else ""))

        self._work.run(N_("导入“{file}”"), work, done, writes=True, params={"file": choice.path.name})

    def add_raster(self, path: Path, kind: str = "", crs: str | None = None) -> None:
        """Point to a raster, once every block of it has been read.

        Args:
            crs: For a file that does not say; the person is asked where it is missing.
        """
        from gui.dialogs.simple import ask_raster_kind

        kind = kind or ask_raster_kind(self._window, path)
        if not kind:
            return
        engine, workspace = self._engine, self._session.workspace

        def done(record: Any) -> None:
            if self._session.workspace is not workspace:
                return
            self._session.reload_layers()
            self._session.added_layer(raster_key(record.name))
            self._window.layers.select(raster_key(record.name))
            self.said.emit(_("已添加栅格“{name}”").format(name=record.name))

        def failed(error: Exception) -> None:
            from layers.errors import UnstatedSystem

            if isinstance(error, UnstatedSystem) and self._session.workspace is workspace:
                self._ask_system(path, kind)
            else:
                self._work.failed.emit(error)

        self._work.run(N_("读取栅格"), lambda report: engine.add_raster(workspace, path, kind, report, crs), done, failed,
                       writes=True)

    def _ask_system(self, path: Path, kind: str) -> None:
        """Ask in which coordinate system a raster is, and go on with the answer."""
        from gui.dialogs.system import RasterSystemDialog

        dialog = RasterSystemDialog(path.name, self._window)
        dialog.setAttribute(Qt.WA_DeleteOnClose)
        dialog.accepted.connect(lambda: self.add_raster(path, kind, dialog.choice()))
        dialog.open()

    def import_projects(self, path: Path, read: Any = None, **options: Any) -> None:
        """Add the projects of a file, ``read`` where that was done already, as one step that can be undone."""
        engine, workspace = self._engine, self._session.workspace

        def done(sites: list[Any]) -> None:
            if self._session.workspace is not workspace or not self._wanted_here(path, len(sites)):
                return
            taken = {site.id for site in self._session.sites}
            numbers: dict[str, int] = {}  # thousands of one id are not counted from the beginning each
            for site in sites:
                wanted = site.id
                number = numbers.get(wanted, 2)
                while site.id in taken:
                    site.id, number = f"{wanted}-{number}", number + 1
                numbers[wanted] = number
                taken.add(site.id)
            engine.settle(sites, self._session)
            self._session.add_sites(sites, "导入项目")
            unfiltered = self._window.projects.reveal_all([site.id for site in sites])
            issues = [one for one in (read.issues if read is not None else ()) if one.severity != "info"]
            left = engine.left_out(issues) if issues else []
            gone = {one.row for one in left}
            said = _("已导入 {count} 个项目：{file}").format(count=f"{len(sites):,}", file=path.name)
            said += _("；有 {left} 行没有可用的位置，没有导入").format(left=f"{len(left):,}") if left else ""
            self.said.emit(said + (_("；项目列表的筛选藏着它们，已取消") if unfiltered else ""))
            for issue in left[:MOST_SAID]:
                self.said.emit(_("没有导入第 {row} 行：{why}").format(row=issue.row, why=engine.issue_words(issue)))
            for issue in [one for one in issues if one.row not in gone][:MOST_SAID]:
                self.said.emit(_placed(engine.issue_words(issue), issue.row))

        if read is not None:
            done(list(read.sites))
            return
        self._work.run(N_("读取项目"), lambda report: engine.read_projects(path, report, **options), done,
                       writes=True)

    def _wanted_here(self, path: Path, count: int) -> bool:
        """Whether so many projects are to stand in the list, which is made for those that somebody works on."""
        if count <= MANY_PROJECTS:
            return True
        answer = message.ask_many(self._window, count, MANY_PROJECTS)
        if answer == "batch" and (dialog := self._window.jobs["batch"]()) is not None:
            dialog.source.setText(str(path))
        return answer == "here"

    # -- reports ---------------------------------------------------------------------------------------------------
    def ask_export(self) -> ExportReport | None:
        """Ask what kind of report is wanted and of which projects, then where, and write it; does not wait for the answer.

        A report tells of verdicts that hold. Where none does any more, it asks whether to tell of those that were.
        """
        self._window.commit_typing()
        if not self._session.look_again():
            return None
        selected = self._window.projects.selected_ids()
        scopes = telling.scopes(self._session, selected)
        every = scopes[telling.ALL]
        if not every.judged and not self._wanted_though_old(every):
            return None
        dialog = ExportReport(self._window, scopes if every.judged else None)
        dialog.setAttribute(Qt.WA_DeleteOnClose)
        dialog.accepted.connect(lambda: self._ask_target(dialog.choice(), selected, not every.judged))
        dialog.open()
        return dialog

    def _wanted_though_old(self, told: telling.Told) -> bool:
        """Whether somebody wants a report of verdicts of which none holds any more; ``False`` also where there is none."""
        screening = telling.former(self._session)
        old = sum(site.screening is screening for site in told.old)
        words = _("{count} 个项目的结论已过时：研判之后项目、图层、规则、复核或判定基准日有改动。报告写的仍是当时的结论。")
        return bool(old) and message.ask(self._window, _("结论已过时"), words.format(count=f"{old:,}"), _("仍然导出"))

    def _ask_target(self, choice: ExportChoice, selected: Collection[str], though_old: bool) -> None:
        words = next(_(title) for title, suffix in KINDS if suffix == choice.suffix)
        path = choose.target(self._window, _("导出研判报告"), f"report{choice.suffix}", f"{words} (*{choice.suffix})",
                             start=self._start())
        if path is not None:
            self.export(path, choice, selected, though_old)

    def export(self, path: Path, choice: ExportChoice = ExportChoice(),  # noqa: B008 - it cannot change
               selected: Collection[str] = (), though_old: bool = False) -> None:
        """Write the report of the projects that were asked for, by the suffix of ``path``.

        It tells of those whose verdicts hold; where none of them does, of the last screening as it was.

        Args:
            though_old: The person knows that it is of verdicts that hold no more. Else that is asked, since a day may have been
                put in, or a layer changed by another program, after the choice was made.
        """
        self._window.commit_typing()
        if not self._session.look_again():
            return
        scopes = telling.scopes(self._session, selected)
        told = scopes.get(choice.scope, scopes[telling.ALL])
        if not told.judged and not though_old and not self._wanted_though_old(scopes[telling.ALL]):
            return
        try:
            screening = telling.screening_of(told.judged) if told.judged else telling.former(self._session)
        except Exception as error:  # noqa: BLE001 - what was not judged by the same is refused in one sentence
            self._window.show_error(error)
            return
        workspace = self._session.path
        if screening is None or workspace is None:
            return
        left_out = told.words() if told.judged else ""
        engine, folders, lang = self._engine, self._settings.rule_folders, language()
        judged = {project.id for project in screening.projects}
        sites = [Site(site.id, site.name, site.geometry, site.crs, dict(site.attributes), origin=site.origin)
                 for site in self._session.sites if site.id in judged]

        def work(report: Report) -> Path:
            if path.suffix.lower() == BUNDLE:
                engine.write_bundle(sites, path, on=screening.on, workspace_path=workspace, folders=folders, language=lang,
                                    confidential=choice.confidential, report=report)
            else:
                engine.write_report(screening, path, report=report, workspace_path=workspace, folders=folders, language=lang,
                                    form=choice.form, template=choice.template if path.suffix.lower() == ".docx" else None)
            return path

        def done(written: Path) -> None:
            self.said.emit(_("已导出 {path}").format(path=written))
            words = _("研判报告已写好，写入 {count} 个项目。").format(count=f"{len(screening.projects):,}")
            message.tell_done(self._window, "\n".join(filter(None, (words, left_out))), written)

        self._work.run(N_("导出报告"), work, done, wanted=True)

    def _start(self) -> Path | str:
        return self._session.path.parent if self._session.path is not None else ""


def _titles(jobs: Sequence[Job]) -> str:
    return _("、").join(dict.fromkeys(job.words() for job in jobs))


def _placed(text: str, row: int | None) -> str:
    """What was noticed, with where it was."""
    return text if row is None else text + aside(_("第 {row} 个").format(row=row))
