"""The only place where the window calls the rest of the program; every import here waits until it is needed.

A test passes the window another object with these methods.
"""

from __future__ import annotations

import gc
import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from threading import Event
from types import MappingProxyType
from typing import Any

from gui import kept
from gui.session import RASTER, STATE_KEY, Session, Site
from gui.tasks import Cancelled, Report
from gui.words import cell_words, in_window, listed
from sanxian.i18n import N_, language

LARGE_FILE = 1_000_000  # bytes of a file from which on another process reads it: less is read sooner than that begins
LARGE_WORKSPACE = 16_000_000  # bytes of a workspace from which on another process goes through all of it
FEW = 8  # projects that are judged, or reported, in this process
FEW_DRAWN = 1  # likewise where a document with maps is made of them
MANY_OUTLETS = 5000  # whose states another process works out
UNHEARD = Report(lambda _done, _total: None, Event())  # for who does not want to know how far it is
REASONS = {
    "self-intersection": N_("自相交"), "ring self-intersection": N_("环自相交"), "hole lies outside shell": N_("洞在外环之外"),
    "nested holes": N_("洞套着洞"), "nested shells": N_("外环套着外环"), "interior is disconnected": N_("内部不连通"),
    "duplicate rings": N_("重复的环"), "too few points in geometry component": N_("点数不足"),
    "invalid coordinate": N_("坐标无效"), "ring is not closed": N_("环没有闭合"),
}  # what GEOS says of a shape that is not valid


def said_of(code: str, severity: str, values: Mapping[str, Any]) -> str:
    """A finding or an issue in the language of the moment, without its layer."""
    from layers.check import Finding, finding_words
    from sanxian.i18n import _

    told = {name: listed(map(str, value)) if isinstance(value, list) else value for name, value in values.items()}
    reason = str(told.get("reason", "")).strip()
    if reason:
        told["reason"] = _(REASONS.get(reason.casefold(), reason))
    return finding_words(Finding(code, severity, None, None, told), _)


def issue_words(issue: Any) -> str:
    """What reading said of a file, in words, without its place in it."""
    values = dict(issue.values)
    if issue.field is not None:
        values["field"] = issue.field
    return in_window(said_of(issue.code, issue.severity, values))


@dataclass(frozen=True)
class CoverageRow:
    """A layer in use, or a kind of layer that is not there, and where it has not looked.

    Attributes:
        name: Of the layer; '' for a kind that is not there.
        share: Part of the district that is covered, 0 to 1; ``None`` where nobody said.
        missing: Of the district, in EPSG:4490; ``None`` where there is no district.
    """

    name: str
    role: str
    stated: str
    share: float | None
    missing: Any
    features: int = 0
    data_date: str | None = None
    scale: int | None = None
    accuracy_m: float | None = None
    accuracy_from: str | None = None
    source: str | None = None
    extent_share: float | None = None
    absent: bool = False


@dataclass(frozen=True)
class ReadProjects:
    """Projects of a file, and what reading it noticed."""

    sites: Sequence[Site]
    issues: Sequence[Any]


@dataclass(frozen=True)
class ReadLayer:
    """A layer that was read and is to be added.

    Attributes:
        layer: A ``layers.read.Layer``, or a ``sanxian.apart_jobs.KeptLayer`` that another process has read; its file goes
            with this object.
        shift, narrow: What is doubtful about its place and its coverage, or ``None``.
    """

    layer: Any
    shift: Any = None
    narrow: Any = None


def apart(report: Callable[[int, int], Any], job: Any, *args: Any, **options: Any) -> Any:
    """What a job gives, done by another process.

    Raises:
        gui.tasks.Cancelled: The person asked to stop.
    """
    from sanxian import apart as other

    try:
        return other.apart(report, job, *args, **options)
    except other.Stopped as stopped:
        raise Cancelled from stopped


def still(report: Report) -> Report:
    """The same, for one step of several: it can be stopped, and says nothing of its own steps."""
    return Report(lambda _done, _total: None, report.stop)


def large(path: Path, least: int) -> bool:
    """Whether there is so much in a file or a folder, the parts of a shapefile together."""
    from layers.files import parts as shapefile_parts

    try:
        if path.is_dir():
            parts = list(path.iterdir())
        else:
            parts = shapefile_parts(path) if path.suffix.lower() == ".shp" else [path]
        return sum(part.stat().st_size for part in parts) >= least
    except OSError:
        return False  # whoever reads it says why


class Engine:
    """Workspaces, files, screenings and reports, as the window needs them."""

    def _do(self, much: bool, report: Report, job: Any, *args: Any, **options: Any) -> Any:
        """A job of ``sanxian.apart_jobs``: here, or by another process where it is much."""
        return apart(report, job, *args, **options) if much else job(report.or_stop, *args, **options)

    def load(self) -> None:
        """Import everything that takes its time; run in another thread just after the window is shown."""
        import geopandas  # noqa: F401
        import pyogrio  # noqa: F401
        import pyproj  # noqa: F401
        import shapely  # noqa: F401

        import gui.stored  # noqa: F401
        import sanxian.apart_jobs  # noqa: F401
        import sanxian.mapping.qgis  # noqa: F401
        import sanxian.mapping.scene  # noqa: F401
        import sanxian.outlets.layers  # noqa: F401
        import sanxian.screen  # noqa: F401
        from layers.codelist import find
        from sanxian.i18n import prepare

        find("2611")  # the list of industries is read
        prepare()  # the words of the other language, which nobody shall wait for on changing to it
        # What is imported stays: looking through it all again and again for garbage stops every thread for a tenth of a second.
        gc.freeze()

    # -- workspaces ------------------------------------------------------------------------------------------------
    def new_workspace(self, path: Path) -> Any:
        """Create an empty workspace."""
        from layers.workspace import Workspace

        return Workspace.create(path)

    def open_workspace(self, path: Path) -> Any:
        """Open a workspace.

        Raises:
            layers.workspace.WorkspaceError: It cannot be opened; says why.
        """
        from layers.workspace import Workspace

        return Workspace.open(path)

    def copy_workspace(self, path: Path, target: Path) -> None:
        """Put a copy of a workspace somewhere else.

        Raises:
            layers.workspace.WorkspaceError: It cannot be written there.
        """
        from layers.workspace import copy_of

        copy_of(path, target)

    def is_workspace(self, path: Path) -> bool:
        """Whether a GeoPackage is one of our workspaces and not just data."""
        import contextlib
        import sqlite3

        try:
            with contextlib.closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as connection:
                return connection.execute(
                    "SELECT 1 FROM sqlite_master WHERE name='sanxian_layers'").fetchone() is not None
        except sqlite3.Error:
            return False

    def read_frames(self, path: Path, names: Sequence[str], report: Report, on: date = date.max) -> dict[str, Any]:
        """Features of layers, each by its name; a layer that cannot be read gives its exception instead.

        Outlets come with the state of their remediation on the day ``on``.
        """
        from layers.workspace import Workspace
        from sanxian import apart_jobs
        from sanxian.outlets.layers import stated

        frames: dict[str, Any] = {}
        with Workspace.open(path, readonly=True) as workspace:
            for done, name in enumerate(names):
                report.or_stop(done, len(names))
                try:
                    record, frame = workspace.record(name), workspace.read(name)
                    if record.role == "discharge_outlet":
                        much = record.features > MANY_OUTLETS
                        frame = stated(frame, self._do(much, still(report), apart_jobs.states, path, name, on=on))
                    frames[name] = frame
                except Cancelled:
                    raise
                except Exception as error:  # noqa: BLE001 - one broken layer must not hide the others
                    frames[name] = error
        report(len(names), len(names))
        return frames

    def save(self, session: Session) -> None:
        """Write what changed in the window: projects, removed and renamed layers, and how it all looks.

        Runs in another thread; ``Session.mark_saved`` is the window's to call afterwards.
        """
        workspace = session.workspace
        for name in session.pending_removals:
            if name.startswith(RASTER):
                workspace.remove_raster(name.removeprefix(RASTER))
            else:
                self._as_dropped(session, name)
                unplaced = workspace.read_unplaced(name) if not workspace.record(name).gone else ()
                if len(unplaced):  # what the map never had; undo has to put it back too
                    session.unplaced[name] = unplaced
                workspace.remove(name)
        for layer in session.pending_restores:
            self._restore(session, layer)
        for old, new in session.renamed:
            workspace.rename(old, new)
        from sanxian.mapping import own_styles
        from sanxian.mapping.qgis import save_styles

        self._save_sites(session)
        state = session.window_state()
        before = workspace.state(own_styles.STATE_KEY)
        own_styles.keep(workspace, {record.name: None for record in workspace.layers() if record.role != "project_site"}
                        | {layer.name: layer.style for layer in session.layers if layer.raster is None})
        del state["styles"]
        workspace.set_state(STATE_KEY, state)
        if workspace.state(own_styles.STATE_KEY) != before:
            save_styles(workspace)

    def _as_dropped(self, session: Session, name: str) -> None:
        """Have what undo puts back be what the file holds now: another program may have changed it after it left the tree."""
        view, record = session.taken_off(name), session.workspace.record(name)
        if view is None or record.gone or view.error or view.frame is not None and (
                view.record.sha256, view.record.changed) == (record.sha256, record.changed):
            return
        frame = self.read_frames(Path(session.workspace.path), [name], UNHEARD, session.day or date.max)[name]
        if not isinstance(frame, Exception):  # a layer that cannot be read can be removed all the same
            view.record, view.frame, view.edited = record, frame, None

    def _restore(self, session: Session, view: Any) -> None:
        """Write a layer again whose removal had been saved before it was undone."""
        workspace, record = session.workspace, view.record
        if view.raster is not None:
            workspace.add_raster(view.raster, record.kind, name=record.name, source=record.source, version=record.version, crs=record.crs)
            return
        from layers.errors import WorkspaceError
        from layers.read import Layer

        if view.frame is None:  # another program had taken it away before it was removed
            raise WorkspaceError(N_("图层 {name} 的数据已不在文件里，不能放回"), name=view.key)
        # Features keep their numbers, by which steps that can be taken back know them.
        frame = view.frame.drop(columns="work_state", errors="ignore")  # stands in no file
        if record.changed:  # verdicts of what it was before another program changed it are not to look as if they held
            record = view.record = replace(record, sha256=hashlib.sha256(f"{record.sha256} {record.changed}".encode()).hexdigest())
        layer = Layer(record.role, view.key, frame, Path(record.file or view.key), record.sha256, record.encoding,
                      record.issues, unplaced=session.unplaced.get(view.key))
        self.add_layer(workspace, layer, UNHEARD, **about(record))

    def _save_sites(self, session: Session) -> None:
        from gui import stored

        if stored.save(session, self.transform):
            from sanxian.mapping.qgis import save_styles

            save_styles(session.workspace)

    # -- files -----------------------------------------------------------------------------------------------------
    def list_layers(self, path: Path) -> list[Any]:
        """The layers of a vector file."""
        from layers.read import list_layers

        return list_layers(path)

    def look(self, path: Path, report: Report, *, layer: str | None = None, encoding: str | None = None) -> Any:
        """The beginning of a file, as it stands, with the evidence for its encoding.

        Raises:
            LayerError: The file cannot be opened.
        """
        from sanxian import apart_jobs

        # These can be opened without being read.
        much = path.suffix.lower() not in (".gpkg", ".shp", ".gdb", ".fgb") and large(path, LARGE_FILE)
        return self._do(much, report, apart_jobs.look, path, layer=layer, encoding=encoding)

    def inside(self, path: Path) -> Any:
        """What the layers of a file are by their names and columns, before one of them is looked at.

        Raises:
            LayerError: The file cannot be opened.
        """
        from layers.look import inside

        return inside(path)

    def file_state(self, path: Path) -> tuple[Any, ...]:
        """Other than before where a file, or another that belongs to it, was written meanwhile."""
        from layers.files import state

        return state(path)

    def extent_of(self, frames: Sequence[Any]) -> tuple[Any, tuple[Any, ...]]:
        """Where layers lie, and outlines of them, in degrees."""
        from layers.look import extent_of

        return extent_of(frames)

    def places(self, seen: Any, *, crs: str | None = None, area: Any = None, around: Any = None,
               borders: Mapping[str, Any] = MappingProxyType({})) -> Any:
        """What is doubtful about a file's coordinates, and where it could lie; ``borders`` as for ``layers.look.places``."""
        from layers.look import places

        return places(seen, crs=crs, area=area, around=around, borders=borders)

    def moved_m(self, seen: Any, system: str) -> float | None:
        """By how much the places of a file that was looked at move when they are converted from a consumer map."""
        from layers.look import moved_m

        return moved_m(seen, system)

    def around(self, workspace: Any) -> Any:
        """Where the layers of a workspace lie, to see what lies elsewhere; ``None`` where there are none."""
        from layers.whereabouts import around

        return around(workspace) if hasattr(workspace, "boxes") else None

    def coverage_doubt(self, workspace: Any, layer: Any) -> Any:
        """The issue that a layer to be added would be taken as complete all over a district of which it has a corner."""
        from layers.ledger import assumed_for

        found = assumed_for(workspace, layer) if hasattr(workspace, "boxes") else None
        return found.issue() if found is not None else None

    def readings(self, path: Path, row: int, report: Report, **options: Any) -> tuple[Any, Any]:
        """Both readings of a broken polygon of a file, in degrees."""
        from sanxian import apart_jobs

        return self._do(large(path, LARGE_FILE), report, apart_jobs.readings, path, row, **options)

    def issue_words(self, issue: Any) -> str:
        """What reading said of a file, in words."""
        return issue_words(issue)

    def read_layer(self, path: Path, role: str, report: Report, *, workspace: Any = None,
                   reference: Mapping[str, Any] = MappingProxyType({}), whole: bool = False, **options: Any) -> ReadLayer:
        """Read and check a file as a layer of ``role``.

        Args:
            workspace: What it is to be added to.
            reference: Layers there with which it is compared, by name.
            whole: Whether it would count as complete wherever the administrative areas are.

        Raises:
            LayerError: It cannot be read; says why.
            gui.tasks.Cancelled: The person asked to stop.
        """
        import shutil
        import weakref

        from layers import scratch
        from layers.read import read_layer
        from sanxian import apart_jobs

        if large(path, LARGE_FILE):
            folder = scratch.lasting()
            try:
                kept = apart(report, apart_jobs.read_layer, path, role, folder / "layer",
                             workspace=getattr(workspace, "path", None), reference=tuple(reference), whole=whole, **options)
            except BaseException:
                shutil.rmtree(folder, ignore_errors=True)
                raise
            found = ReadLayer(kept, kept.shift, kept.narrow)
            weakref.finalize(found, shutil.rmtree, folder, ignore_errors=True)
            return found
        layer = read_layer(path, role, progress=report.or_stop, **options)
        narrow = self.coverage_doubt(workspace, layer) if whole else None
        return ReadLayer(layer, apart_jobs.shift_doubt(layer, list(reference.values())), narrow)

    def add_layer(self, workspace: Any, layer: Any, report: Report = UNHEARD, **about: Any) -> Any:
        """Put a layer into the workspace, with the style that QGIS will show it in; its record there.

        Raises:
            gui.tasks.Cancelled: The person asked to stop; the file is as before.
        """
        from sanxian import apart_jobs
        from sanxian.mapping.qgis import save_styles

        if isinstance(layer, apart_jobs.KeptLayer):
            with workspace.lend() as loan:
                name = apart(report, apart_jobs.add_layer, loan, layer.file, about)
            return workspace.record(name)
        record = workspace.add(layer, progress=report.or_stop, **about)
        save_styles(workspace)
        return record

    def add_raster(self, workspace: Any, path: Path, kind: str, report: Report, crs: str | None = None) -> Any:
        """Point to a raster file after reading every block of it; ``crs`` for one that does not say."""
        return workspace.add_raster(path, kind, crs=crs, progress=report.or_stop)

    def duplicate_layer(self, workspace: Any, name: str, new: str, report: Report) -> Any:
        """A copy of a layer under another name, as a layer of its own."""
        from layers.read import Layer

        record = workspace.record(name)
        frame = workspace.read(name).drop(columns="fid")
        unplaced = workspace.read_unplaced(name).drop(columns="fid")
        layer = Layer(record.role, new, frame, Path(record.file or name), record.sha256, record.encoding, record.issues,
                      unplaced=unplaced)
        return self.add_layer(workspace, layer, report, **about(record))

    def export_layer(self, path: Path, name: str, target: Path, report: Report, *, title: str, fids: Sequence[int] | None = None,
                     ) -> tuple[int, list[tuple[str, dict[str, Any]]]]:
        """Write a layer of a workspace as a file of its own, by another process; how many features, and what was lost.

        Raises:
            LayerFileError: The format cannot hold it.
            OSError: It cannot be written.
            gui.tasks.Cancelled: The person asked to stop; what was there before is still there.
        """
        from sanxian import layer_files

        with layer_files.beside(target) as folder:
            found = apart(report, layer_files.write, path, name, folder, target.suffix.lower(), title=title, fids=fids)
            report.or_stop(found[0], found[0])
            layer_files.put(folder, target)
        return found

    def shelf(self, workspace: Any) -> Any:
        """What is remembered of sources, and is to be; ``None`` where a workspace keeps none."""
        from gui.shelf import Shelf

        return Shelf(workspace) if hasattr(workspace, "mapping_for") else None

    def sign(self, workspace: Any, person: str | None) -> None:
        """Say who changes the workspace from now on; when is the clock's to say."""
        from datetime import datetime

        if hasattr(workspace, "sign"):
            workspace.sign(person or None, lambda: datetime.now().astimezone().isoformat(timespec="seconds"))

    def roles(self) -> Mapping[str, Any]:
        """Every layer role."""
        from layers.schema import ROLES

        return ROLES

    def label(self, role: str, attributes: Mapping[str, Any]) -> str:
        """What people call a feature."""
        from layers.schema import feature_label

        return feature_label(role, attributes)

    def value_words(self, role: str, field: str, value: Any) -> Any:
        """What people call a value that is one of a few; any other as it is."""
        return cell_words(role, field, value)

    def style(self, role: str, colour: str | None = None, own: Any = None) -> Any:
        """How a layer is drawn: in a style or a colour of the person's own if there is one."""
        from sanxian.mapping.own_styles import plain_style
        from sanxian.mapping.styles import style_for

        if own is not None:
            return own
        return style_for(role) if colour is None else plain_style(role, colour)

    def search_industries(self, text: str) -> list[tuple[str, str]]:
        """Code and name of the industries that ``text`` may mean, the likeliest first; in English with English words."""
        from layers.codelist import search

        return [(entry.code, _industry(entry)) for entry in search(text)]

    def industry_name(self, code: str) -> str | None:
        """The name of an industry, or ``None`` where GB/T 4754 has no such code."""
        from layers.codelist import find

        found = find(code)
        return _industry(found) if found is not None else None

    # -- history ---------------------------------------------------------------------------------------------------
    def about_layer(self, workspace: Any, view: Any) -> tuple[list[Any], list[Any]]:
        """Lines of the history about a layer or a version of it, and its versions."""
        history = workspace.history() if hasattr(workspace, "history") else []
        if view.raster is not None:
            return [one for one in history if one.subject == view.name and "raster" in one.action], []
        versions = [one for one in workspace.layers() if getattr(one, "family", one.name) == getattr(
            view.record, "family", view.record.name)]
        names = {one.name for one in versions} | {one.details.get("was") for one in history if one.action == "rename"
                                                  and one.subject in {version.name for version in versions}}
        return [one for one in history if one.subject in names], versions

    def about_workspace(self, workspace: Any) -> tuple[list[Any], Any, list[Any]]:
        """The history of a workspace, the change that can be taken back, and its backups."""
        from layers import backups

        return workspace.history(), workspace.undoable(), backups.entries(workspace.path)

    def undo_workspace(self, workspace: Any) -> Any:
        """Take back the last change of the file."""
        return workspace.undo()

    def restore_workspace(self, path: Path, number: int, person: str) -> Any:
        """Put a backup in the place of a workspace that is not open."""
        from datetime import datetime

        from layers.workspace import restore

        return restore(path, number, person=person or None, at=datetime.now().astimezone().isoformat(timespec="seconds"))

    # -- checks and coverage ---------------------------------------------------------------------------------------
    def findings(self, path: Path) -> Any:
        """What the last check found."""
        from layers.workspace import Workspace

        with Workspace.open(path, readonly=True) as workspace:
            return workspace.findings()

    def check(self, workspace: Any, report: Report) -> Any:
        """Check every layer in use, keep what is found, and give it back.

        Raises:
            gui.tasks.Cancelled: The person asked to stop; what was kept before stays.
        """
        from sanxian import apart_jobs
        from sanxian.apart import unpack

        found = self._do(large(workspace.path, LARGE_WORKSPACE), report, apart_jobs.check, workspace.path)
        workspace.save_findings(unpack(found))
        return workspace.findings()

    def mark_findings(self, workspace: Any, marks: Sequence[tuple[str, str, str | None]]) -> Any:
        """Say how far findings are: key, status and note of each; all findings afterwards."""
        for key, status, note in marks:
            workspace.mark_finding(key, status, note=note)
        return workspace.findings()

    def export_findings(self, frame: Any, path: Path) -> None:
        """Write findings as a spreadsheet or a map layer, in the language of the moment."""
        from layers.findings import export
        from sanxian.i18n import _

        export(frame, path, _)

    def coverage(self, path: Path, report: Report) -> list[CoverageRow]:
        """Every layer in use and every kind that is not there, each with where in the district it has not looked."""
        from sanxian import apart_jobs
        from sanxian.apart import unpack

        found = []
        for one, missing in unpack(self._do(large(path, LARGE_WORKSPACE), report, apart_jobs.coverage, path)):
            if isinstance(one, str):
                found.append(CoverageRow("", one, "unknown", 0.0, missing, absent=True))
            else:
                found.append(CoverageRow(one.name, one.role, one.stated, one.district_share, missing, one.features,
                                         one.data_date, one.scale, one.accuracy_m, one.accuracy_from, one.source,
                                         one.extent_share))
        return found

    # -- projects --------------------------------------------------------------------------------------------------
    def project(self, site: Site) -> Any:
        """The project as the engine takes it."""
        from sanxian.request import Project

        return Project(site.id, site.name, site.geometry, site.crs, dict(site.attributes))

    def _with_accuracy(self, site: Site, workspace: Any) -> Any:
        """The project, with the accuracy stated of the layer that it stands in where it states none itself."""
        from dataclasses import replace

        return replace(self.project(site), attributes=kept.as_judged(site, self._stated(workspace)))

    @staticmethod
    def _stated(workspace: Any) -> dict[str, float | None]:
        return {record.name: record.accuracy_m for record in workspace.by_role("project_site")}

    def read_projects(self, path: Path, report: Report = UNHEARD, **options: Any) -> list[Site]:
        """The projects of a file.

        Raises:
            LayerError, RequestError: The file cannot be read as projects; says where and why.
            gui.tasks.Cancelled: The person asked to stop.
        """
        return list(self.projects_of_file(path, report, **options).layer.sites)

    def projects_of_file(self, path: Path, report: Report, **options: Any) -> ReadLayer:
        """The projects of a file with what reading it noticed, for somebody to decide about; a ``ReadProjects``.

        Raises:
            LayerError, RequestError: The file cannot be read as projects; says where and why.
            gui.tasks.Cancelled: The person asked to stop.
        """
        from sanxian import apart_jobs
        from sanxian.apart import unpack

        found, issues = self._do(large(path, LARGE_FILE), report, apart_jobs.projects, path, **options)
        return ReadLayer(ReadProjects([self.site(project) for project in unpack(found)], issues))

    def left_out(self, issues: Sequence[Any]) -> list[Any]:
        """Of what reading a file of projects noticed, why rows were left out; one issue a row."""
        from sanxian.request import without_place

        return without_place(issues)

    def stored_sites(self, workspace: Any) -> list[Site]:
        """The projects that a workspace holds."""
        from gui import stored

        return stored.load(workspace)

    @staticmethod
    def site(project: Any) -> Site:
        """A project of the engine as the window keeps it."""
        known = {name: value for name, value in project.attributes.items() if value is not None}
        return Site(id=str(project.id), name=str(project.name or ""), geometry=project.geometry,
                    crs=str(project.crs), attributes=known)

    # -- screening -------------------------------------------------------------------------------------------------
    def ruleset(self, workspace: Any, folders: Sequence[str] = ()) -> Any:
        """The program's own rules, those of ``folders`` and those that the workspace carries."""
        from sanxian.screen import rule_set

        return rule_set(workspace, [Path(folder) for folder in folders])

    def screen(self, path: Path, sites: Sequence[Site], *, on: date, folders: Sequence[str], report: Report) -> Any:
        """Judge projects; runs in another thread, so it opens the workspace for itself.

        Raises:
            gui.tasks.Cancelled: The person asked to stop.
        """
        from layers.workspace import Workspace
        from sanxian import apart_jobs
        from sanxian.apart import pack

        with Workspace.open(path, readonly=True) as workspace:
            projects = [self._with_accuracy(site, workspace) for site in sites]
        much = len(sites) > FEW or len(sites) > 1 and large(path, LARGE_WORKSPACE)
        return apart_jobs.whole(self._do(much, report, apart_jobs.screen, path, pack(projects), [Path(one) for one in folders], on=on))

    def keep_verdicts(self, workspace: Any, rows: Sequence[tuple[dict[str, str], Any, Any]], on: date) -> None:
        """Keep verdicts and the day that was asked about with the workspace; runs in another thread.

        Raises:
            KeptError: They are too many.
        """
        from sanxian.kept import FORMAT, KeptError, pack

        many = len(rows) > kept.MOST
        workspace.set_state(kept.KEY, {
            "format": FORMAT, "on": on.isoformat(), "data": pack(rows), "contents": workspace.contents()} if rows and not many else None)
        if many:
            raise KeptError(N_("{count} 个项目的研判结论不随工作区保存（最多 {most} 个），请导出报告。"), count=f"{len(rows):,}",
                            most=kept.MOST)

    def keep_contents(self, workspace: Any) -> None:
        """Say beside verdicts that are kept already what layers hold now, since this program has changed them."""
        stored = workspace.state(kept.KEY)
        if isinstance(stored, dict) and "data" in stored and stored.get("contents") != (now := workspace.contents()):
            workspace.set_state(kept.KEY, {**stored, "contents": now})

    def kept_verdicts(self, path: Path, folders: Sequence[str]) -> kept.Found:
        """The verdicts that a workspace keeps, and what of what they rest on is the same.

        Raises:
            KeptError: They cannot be read.
        """
        from layers.workspace import Workspace
        from sanxian import __version__
        from sanxian.kept import FORMAT, KeptError, unpack
        from sanxian.overrides import Override, of_project

        with Workspace.open(path, readonly=True) as workspace:
            stored = workspace.state(kept.KEY)
            if not isinstance(stored, dict) or stored.get("format") != FORMAT or not isinstance(stored.get("data"), str):
                raise KeptError(N_("保存的研判结论读不出来：{why}"), why="format")
            rules = self.ruleset(workspace, folders)
            was, is_now = stored.get("contents"), workspace.contents()
            # Else another program has changed what a layer holds. What came since counts where the screening asks for it.
            same = isinstance(was, dict) and all(is_now.get(name) == digest for name, digest in was.items())
            parameters = {str(key): float(value) for key, value in (workspace.state("parameters") or {}).items()}
            overrides = [Override.from_dict(item) for item in workspace.state("overrides") or []]
            rows, rasters = unpack(stored["data"]), workspace.rasters()
            now = {id(one): kept.with_rasters(one, rasters) for one in {id(row[2]): row[2] for row in rows}.values()}
            verdicts = tuple(
                kept.Kept(str(key["id"]), str(key["outline"]), result, now[id(screening)],
                          same and screening.program == __version__ and screening.rule_set_sha256 == rules.sha256
                          and screening.complete_from == rules.complete_from and dict(screening.parameters) == parameters
                          and [one.override for one in result.overrides] == of_project(overrides, result.id))
                for key, result, screening in rows if key["id"] == result.id)
            return kept.Found(verdicts, {rule.id: rule.place.level for rule in rules.rules}, self._stated(workspace))

    def rule_levels(self, path: Path, folders: Sequence[str]) -> dict[str, str]:
        """For whom each rule is made: ``national``, ``basin``, ``province``, ``city``, ``district`` or ``park``."""
        from layers.workspace import Workspace

        with Workspace.open(path, readonly=True) as workspace:
            return {rule.id: rule.place.level for rule in self.ruleset(workspace, folders).rules}

    def batch(self, path: Path, source: Path, out: Path, *, on: date, folders: Sequence[str], report: Report) -> Any:
        """Judge every project of a file in another process; what came of it, as ``sanxian.batch`` counts it.

        Raises:
            gui.tasks.Cancelled: The person asked to stop.
        """
        import os

        from sanxian.batch_apart import run_apart
        from sanxian.screen import Cancelled as Stopped

        jobs = max(1, min(4, (os.cpu_count() or 2) - 1))  # one is left for the window
        try:
            return run_apart(path, source, out, on=on, rules=[Path(folder) for folder in folders], jobs=jobs, progress=report)
        except Stopped as stopped:
            raise Cancelled from stopped

    def inputs(self, path: Path, folders: Sequence[str]) -> list[Any]:
        """What verdicts follow from, as it stands in the file now, to be compared with what it was.

        Layers of projects, and the person's own that no rule asks for, are none of it.
        """
        from layers.schema import ROLES
        from layers.workspace import Workspace
        from rules.load import relations_of

        with Workspace.open(path, readonly=True) as workspace:
            rules = self.ruleset(workspace, folders)
            asked = {one.layer for one in relations_of(rules.rules)}
            apart = {role for role, schema in ROLES.items() if schema.own and role not in asked} | {"project_site"}
            layers = [(one.added, one.role, one.version, one.data_date, one.sha256, one.changed, one.accuracy_m,
                       None if one.coverage_geometry is None else one.coverage_geometry.wkb)
                      for one in workspace.layers() if one.current and one.role not in apart]
            kept = [workspace.state(name) or None for name in ("parameters", "overrides")]
            return [rules.sha256, layers, *kept]

    def read_batch(self, path: Path, out: Path, folders: Sequence[str]) -> tuple[Any, dict[str, Any]]:
        """The result of a batch, and what the rules in it are called.

        Raises:
            BatchError: The file is no such result.
        """
        import geopandas

        from layers.workspace import Workspace
        from sanxian.batch import BatchError
        from sanxian.i18n import N_

        try:
            frame = geopandas.read_parquet(out)
        except (ValueError, OSError) as error:
            raise BatchError(N_("“{file}”不是批量研判的成果。"), file=out.name) from error
        if not {"id", "name", "verdict", "area_m2", "missing"} <= set(frame.columns):
            raise BatchError(N_("“{file}”不是批量研判的成果。"), file=out.name)
        for name in frame.columns:
            if name.endswith("verdict") or name.startswith("rule:"):
                values = frame[name].astype(object)
                frame[name] = values.where(values.notna(), None)
        with Workspace.open(path, readonly=True) as workspace:
            return frame, {rule.id: rule.title for rule in self.ruleset(workspace, folders).rules}

    def batch_grounds(self, out: Path) -> dict[str, Any]:
        """What the result of a batch says that it was judged by; empty for one that does not say it."""
        import json

        import pyarrow.parquet as pq

        try:
            return dict(json.loads((pq.ParquetFile(out).schema_arrow.metadata or {})[b"sanxian"]))
        except (OSError, ValueError, KeyError, TypeError):
            return {}

    def batch_holds(self, path: Path, folders: Sequence[str], grounds: Mapping[str, Any]) -> bool:
        """Whether projects would be judged on the day of a batch by what they were judged by then; reads the rules.

        Args:
            grounds: As :meth:`batch_grounds` gives them.
        """
        import json

        from layers.workspace import Workspace
        from sanxian.result import BATCH_SCHEMA
        from sanxian.screen import Screener

        if grounds.get("schema") != BATCH_SCHEMA:  # another version of the program measured otherwise
            return False
        with Workspace.open(path, readonly=True) as workspace:
            try:
                on = date.fromisoformat(grounds["on"])
                now = json.loads(Screener(workspace, self.ruleset(workspace, folders), on=on).finish([]).to_json())
                return all(_but_names(grounds[key]) == _but_names(now[key]) for key in (
                    "program", "rule_set", "parameters", "layers", "missing_roles"))
            except (KeyError, TypeError, ValueError):
                return False

    def live(self, path: Path, *, on: date, folders: Sequence[str]) -> LiveScreener:
        """What judges one site after another quickly; made, used and closed in one thread."""
        return LiveScreener(self, path, on, folders)

    def write_report(self, screening: Any, path: Path, *, workspace_path: Path, folders: Sequence[str], language: str,
                     form: str = "auto", template: Path | None = None, report: Report = UNHEARD) -> None:
        """Write a report in the format of its suffix.

        Raises:
            gui.tasks.Cancelled: The person asked to stop; there is no file then.
        """
        from sanxian import apart_jobs

        if path.suffix.lower() == ".json":
            path.write_bytes(screening.to_json().encode())
            return
        much = len(screening.projects) > (FEW_DRAWN if path.suffix.lower() == ".docx" else FEW)
        self._do(much, report, apart_jobs.report, apart_jobs.parted(screening), path, workspace_path, [Path(one) for one in folders],
                 language=language, form=form, template=template)

    def write_bundle(self, sites: Sequence[Site], path: Path, *, on: date, workspace_path: Path, folders: Sequence[str],
                     language: str, confidential: str, report: Report) -> None:
        """Judge projects and write the evidence bundle of it; runs in another thread.

        Raises:
            gui.tasks.Cancelled: The person asked to stop.
        """
        from layers.workspace import Workspace
        from sanxian import apart_jobs
        from sanxian.apart import pack

        with Workspace.open(workspace_path, readonly=True) as workspace:
            projects = [self._with_accuracy(site, workspace) for site in sites]
        much = len(sites) > FEW or large(workspace_path, LARGE_WORKSPACE)
        self._do(much, report, apart_jobs.bundle, pack(projects), path, workspace_path, [Path(one) for one in folders], on=on,
                 language=language, confidential=confidential)

    def statistics(self, path: Path, on: date, report: Report) -> tuple[Any, list[Any]]:
        """The figures of a workspace and their charts.

        Raises:
            StatisticsError: There is nothing to count.
            gui.tasks.Cancelled: The person asked to stop.
        """
        from sanxian import apart_jobs

        return self._do(large(path, LARGE_WORKSPACE), report, apart_jobs.statistics, path, on=on)

    def write_web_map(self, workspace: Path, path: Path, results: Sequence[Any], on: date, report: Report) -> Path:
        """Write the web map of a workspace with what came of projects on a day.

        Raises:
            gui.tasks.Cancelled: The person asked to stop; there is no file then.
        """
        from sanxian import apart_jobs
        from sanxian.apart import pack

        return self._do(large(workspace, LARGE_WORKSPACE), report, apart_jobs.web_map, workspace, path,
                        pack(results) if results else None, on=on)

    def build_demo(self, folder: Path, report: Report) -> tuple[Path, list[Site]]:
        """Draw the made-up district, unless it is there already; the workspace, and the projects that go with it."""
        from sanxian.demo import build

        there = sorted(folder.glob("*.gpkg"))
        workspace = next((path for path in there if self.is_workspace(path)), None)
        if workspace is None:
            workspace = build(folder, progress=report.or_stop).workspace
        return workspace, self.read_projects(folder / "projects.gpkg")

    # -- geometry --------------------------------------------------------------------------------------------------
    def transform(self, geometry: Any, source: str, target: str) -> Any:
        """A geometry in another CRS, x east and y north."""
        return geometry if source == target else self.transform_all([geometry], source, target)[0]

    def transform_all(self, geometries: Sequence[Any], source: str, target: str) -> list[Any]:
        """The same of many at once."""
        import numpy as np
        from pyproj import CRS

        from spatial.crs import transform

        shapes = np.empty(len(geometries), dtype=object)
        shapes[:] = geometries
        return list(transform(shapes, CRS.from_user_input(source), CRS.from_user_input(target)))

    def settle(self, sites: Sequence[Any], session: Any) -> None:
        """Carry new sites into the CRS that they are kept in beside the others: see ``Session.crs_of_new``."""
        placed = [site for site in sites if site.geometry is not None]
        if not placed:
            return
        import numpy as np
        from pyproj import CRS

        from spatial.crs import transform

        kept = session.crs_of_new(placed[0].crs)
        for crs in {site.crs for site in placed} - {kept}:
            moved = [site for site in placed if site.crs == crs]
            shapes = transform(np.array([site.geometry for site in moved], dtype=object), CRS.from_user_input(crs),
                               CRS.from_user_input(kept))
            for site, shape in zip(moved, shapes, strict=True):
                site.geometry, site.crs = shape, kept

    def corridor(self, line: Any, crs: str, width_m: float) -> Any:
        """The strip along a line, made in the 3-degree zone where it lies and given back in its own CRS.

        Raises:
            gui.shapes.ShapeError: No line, or no width.
        """
        from gui.shapes import corridor
        from spatial.crs import zone_for

        zone = zone_for(self.transform(line, crs, "EPSG:4490")).to_string()
        return self.transform(corridor(self.transform(line, crs, zone), width_m), zone, crs)

    def measure(self, geometry: Any, crs: str) -> tuple[float, float]:
        """Area in m² and length of outline or line in m, both on the ellipsoid."""
        import numpy as np
        from pyproj import CRS

        from spatial.measure import area_m2, length_m

        geometries, system = np.array([geometry], dtype=object), CRS.from_user_input(crs)
        return float(area_m2(geometries, system)[0]), float(length_m(geometries, system)[0])


def _industry(entry: Any) -> str:
    """The name of an industry as the standard has it, and what its group is in English, where that is the language."""
    return f"{entry.name} ({entry.english})" if language() == "en" and entry.english else str(entry.name)


class LiveScreener:
    """An open workspace and its layers, for one screening after another.

    Args:
        engine: Makes projects of sites and knows the rules.
        path: The workspace.
        on: The day whose law counts.
        folders: The person's own rule packs.
    """

    def __init__(self, engine: Engine, path: Path, on: date, folders: Sequence[str]) -> None:
        from layers.workspace import Workspace
        from sanxian.screen import Screener

        self._engine = engine
        self._workspace = Workspace.open(path, readonly=True)
        self._screener = Screener(self._workspace, engine.ruleset(self._workspace, folders), on=on)

    def judge(self, site: Site) -> Any:
        """The screening of one site.

        Raises:
            SpatialError: It cannot be measured.
        """
        return self._screener.finish([self._screener.screen_one(self._engine._with_accuracy(site, self._workspace))])

    def close(self) -> None:
        """Let the file go."""
        self._workspace.close()


def _but_names(found: Any) -> Any:
    """Layers without what they are called, which is nothing to a verdict."""
    return [{**one, "name": ""} if isinstance(one, dict) else one for one in found] if isinstance(found, list) else found


def about(record: Any) -> dict[str, Any]:
    """What stands about a layer, as ``Workspace.add`` takes it."""
    stated = getattr(record, "stated_accuracy_m", record.accuracy_m)
    known = {"version": record.version, "data_date": record.data_date, "accuracy_m": stated, "source": record.source}
    if getattr(record, "scale", None) is not None:
        known["scale"] = record.scale
    if getattr(record, "secrecy", None) is not None:
        known["secrecy"] = record.secrecy  # what is made of a secret layer is no less secret
    if record.coverage_geometry is not None:
        import geopandas

        known["coverage"] = geopandas.GeoSeries([record.coverage_geometry], crs=4490)
    return known
