"""What is open: the workspace, how its layers look, the projects and what was found of them.

Every edit is a :class:`Change` on the undo stack, so that ``undo`` and the ``*`` in the title agree with each other.
Widgets change nothing themselves: they ask the session and listen to it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from operator import is_
from pathlib import Path
from typing import Any

from PyQt5.QtCore import QObject, pyqtSignal
from PyQt5.QtWidgets import QUndoStack

from gui import layer_groups
from gui.models.cells import shown
from gui.steps import Change, Steps
from gui.steps import state as state_of
from gui.words import together
from sanxian.i18n import N_, _
from sanxian.mapping.styles import shown_key

STATE_KEY = "window"
RASTER = "raster:"  # before the name of a raster, since a layer may have the same


def raster_key(name: str) -> str:
    """The key of a raster's row in the tree."""
    return RASTER + name


def drop(workspace: Any, key: str) -> None:
    """Take the layer or the raster of a row out of the file."""
    if key.startswith(RASTER):
        workspace.remove_raster(key.removeprefix(RASTER))
    else:
        workspace.remove(key)


@dataclass(frozen=True)
class Origin:
    """Where a project stands in the workspace, and how it was when it was last read or written.

    Attributes:
        layer: The layer's name.
        code: The project's id in the layer; the window may have had to give it another one.
        rows: Its rows with every column of the layer, also those that the window does not know.
        unread: What stands there and is not understood (``sanxian.request.Unread``): unknown until it is corrected, and left there.
    """

    layer: str
    code: str
    name: str
    attributes: Mapping[str, Any]
    geometry: Any
    crs: str
    rows: tuple[Mapping[str, Any], ...] = ()
    unread: tuple[Any, ...] = ()


@dataclass
class Site:
    """A project and its site.

    Attributes:
        attributes: Under the contract's names; what is absent is unknown, which is not ``False``.
        geometry: shapely, x east and y north, in ``crs``.
        result: The ``ProjectResult`` of the last screening.
        stale: The project, the rules or the reviews changed after ``result`` was found.
        outdated: ``result`` is of other layers than the workspace has now, or of another day than the window asks about.
        screening: The ``Screening`` that ``result`` belongs to; it knows the day, the rules and the layers.
        origin: Where it stands in the workspace; ``None`` for one that was not saved yet.
        inputs: Stands for what the project now says: another object after every edit, and the former one once that is undone.
            A copy has one of its own.
        judged: The ``inputs`` and the session's ``rules`` and ``reviews`` that ``result`` was found with; ``None`` where nobody knows.
    """

    id: str
    name: str
    geometry: Any
    crs: str
    attributes: dict[str, Any] = field(default_factory=dict)
    result: Any = None
    stale: bool = False
    outdated: bool = False
    screening: Any = None
    origin: Origin | None = None
    inputs: object = field(default_factory=object, init=False, repr=False, compare=False)
    judged: tuple[object, ...] | None = field(default=None, repr=False, compare=False)

    @property
    def verdict(self) -> str | None:
        """The program's last verdict, ``None`` where there is none; whether it still holds says :attr:`obsolete`."""
        return None if self.result is None else str(self.result.verdict)

    @property
    def reviewed(self) -> bool:
        """Whether a person's decision acts beside what the program says."""
        return getattr(self.result, "reviewed_verdict", None) is not None and any(one.acting for one in self.result.overrides)

    @property
    def acting(self) -> str | None:
        """The verdict that counts: what people's decisions come to where one acts, else the program's own."""
        return str(self.result.reviewed_verdict) if self.reviewed else self.verdict

    @property
    def shown(self) -> str:
        """How maps show it: as a key of ``sanxian.mapping.styles.shown_style``."""
        return shown_key(self.acting, reviewed=self.reviewed, outdated=self.obsolete)

    @property
    def unread(self) -> list[Any]:
        """What the file says of it that is not understood and was not corrected here (``sanxian.request.Unread``)."""
        was = self.origin
        return [] if was is None else [
            one for one in was.unread if self.attributes.get(one.attribute) == was.attributes.get(one.attribute)]

    @property
    def obsolete(self) -> bool:
        """Whether what the last verdict rests on is no longer what there is."""
        return self.stale or self.outdated


@dataclass
class LayerView:
    """A layer of the workspace and how the window shows it.

    Attributes:
        key: Its name in the workspace file.
        name: The name shown; written to the file when saved.
        colour: ``#rrggbb`` in place of the role's own, or ``None``.
        frame: Its features, or ``None`` until they are read.
        error: Why they could not be read.
        raster: Path of a raster, which has no features.
        filter: Which features the map shows (``sanxian.mapping.filters``); screening counts all of them.
        style: A ``LayerStyle`` of the person's own in place of the preset and of ``colour``, or ``None``.
        edited: The frame before values of some of its features were changed, which rows those are, and the field; ``frame``
            is another then, with the same shapes in the same order.
    """

    key: str
    name: str
    role: str
    group: str
    record: Any = None
    visible: bool = True
    opacity: float = 1.0
    colour: str | None = None
    frame: Any = None
    error: str = ""
    raster: Path | None = None
    filter: Any = None
    style: Any = None
    edited: tuple[Any, Any, str] | None = None

    @property
    def retired(self) -> bool:
        """Whether another version of the layer is the one in use."""
        return not getattr(self.record, "current", True)


SAID = ("version", "data_date", "accuracy_m", "coverage", "coverage_from", "coverage_sha256")  # of a layer, that verdicts rest on


# What the window keeps of looks, the styles by layer, what is said of the layers, and the rasters.
Listing = tuple[Mapping[str, Any], Mapping[str, Any], Sequence[Any], Sequence[Any]]


def listing_of(workspace: Any) -> Listing:
    """What a workspace says of its layers, as ``Session.open`` takes it; reads the file, and may be run in another thread."""
    from sanxian.mapping.own_styles import styles_of

    return workspace.state(STATE_KEY) or {}, styles_of(workspace), workspace.layers(), getattr(workspace, "rasters", list)()


def _grounds(layers: Sequence[Any], roles: Collection[str]) -> list[str]:
    """What of these layers a verdict that asks for these roles rests on; their names and looks are no part of it."""
    return sorted(repr((one.role, one.sha256, one.version or "", str(one.data_date or ""), one.accuracy_m, one.coverage,
                        one.coverage_from, one.coverage_sha256, one.changed)) for one in layers if one.role in roles)


def _raster_grounds(rasters: Sequence[Any]) -> list[tuple[str, ...]]:
    """What of rasters a report tells; pictures are not measured in."""
    return sorted((one.name, one.kind, one.sha256, getattr(one, "stamp", "")) for one in rasters if one.kind != "image")


class Session(QObject):
    """The document of the window.

    Signals:
        opened: Another workspace, or none, is open.
        unsavedChanged: Something counts as unsaved, or no more, though the undo stack does not say so.
        readingChanged: Layers are being read that are not there yet, or no more.
        layersChanged: Layers came, went or were put in another order.
        rekeyed: Layers have another key, as their new names were saved: the former key and that of now of each.
        layerLooked: One layer's visibility, opacity, colour, name or features changed (its key).
        valuesChanged: What some features of a layer say was changed: its key, the field and the rows of its frame.
        sitesChanged: Projects came or went.
        siteChanged: One project changed (its id).
        currentChanged: Another project is the current one (its id, '' for none).
        resultsChanged: Projects were judged, or what was found of them counts no more, or again (their ids).
        refused: A step could not be written to the file, or the file cannot be read any more.
        changedElsewhere: Another program has changed what layers hold, or a raster's file, or has taken them away: their keys;
            of layers too that were taken off the tree and that the file still holds.
        framesWanted: A layer is on the tree again whose features are to be read.
        projectsElsewhere: Another program has changed projects in the file (``gui.outside.Taken``).
        previewed: A layer is to be shown in a style that is only tried out, or no longer (its key).
    """

    opened = pyqtSignal()
    unsavedChanged = pyqtSignal()
    readingChanged = pyqtSignal(bool)
    layersChanged = pyqtSignal()
    rekeyed = pyqtSignal(dict)
    layerLooked = pyqtSignal(str)
    valuesChanged = pyqtSignal(str, str, object)
    sitesChanged = pyqtSignal()
    siteChanged = pyqtSignal(str)
    currentChanged = pyqtSignal(str)
    resultsChanged = pyqtSignal(list)
    refused = pyqtSignal(Exception)
    previewed = pyqtSignal(str)
    changedElsewhere = pyqtSignal(list)
    framesWanted = pyqtSignal()
    projectsElsewhere = pyqtSignal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.undo_stack = QUndoStack(self)
        self.steps = Steps(self)  # those that stand in the file as soon as they are done
        self.workspace: Any = None
        self.path: Path | None = None
        self.layers: list[LayerView] = []
        self.groups: list[str] = []
        self.titles: dict[str, str] = {}  # of groups that a person made or named
        self.folded: set[str] = set()  # groups and layers whose rows are folded; kept, but no edit
        self.sites: list[Site] = []
        # Projects that the file holds and that could not be read (``sanxian.request.LeftOut``), by layer and id there.
        self.left_out: dict[tuple[str, str], Any] = {}
        self.stored: list[Origin] = []  # the projects that the file holds, as they were last read or written
        self.project_marks: dict[Any, str] = {}  # what other programs had left of the layers of projects when these were read
        self.clashes: dict[tuple[str, str], Any] = {}  # projects that were changed here and by another program (``gui.outside``)
        self.behind: set[Any] = set()  # why the file is not what is shown though no step says so
        self.left_in_file = 0  # values of layers that could not be taken back, since other programs have changed them or their rows
        self.left: dict[object, tuple[str, int]] = {}  # those that count as unsaved: the layer and how many, by step
        self.away: set[str] = set()  # layers of projects that another program has taken out of the file
        self.current_id = ""
        self.day: date | None = None  # that the window asks about
        self.previews: dict[str, Any] = {}  # styles that nobody has settled on yet, by layer
        self.rules = object()  # stands for the rules and distances of now, as ``inputs`` of a project does
        self.reviews: dict[str, object] = {}  # likewise for the reviews of each project, which are nothing to the others
        self._removed: list[str] = []
        self._off: dict[str, LayerView] = {}  # what was taken off the tree, by key
        self.unplaced: dict[str, Any] = {}  # of layers that were removed from the file: what they had without a place
        self._fresh: list[LayerView] = []  # added since the workspace was saved, whether on the tree or not
        self._restored: list[LayerView] = []  # taken off, saved, and brought back: to be written again
        self.layersChanged.connect(self._compare)
        self.layerLooked.connect(lambda _key: self._compare())

    # -- opening and saving ----------------------------------------------------------------------------------------
    def open(self, workspace: Any, listing: Listing | None = None) -> None:
        """Show this workspace; whatever was open must have been saved or given up before.

        Args:
            listing: What ``listing_of`` has read of it in another thread; read now without.
        """
        if self.workspace is not None:
            self.close()
        self.workspace = workspace
        self.path = Path(workspace.path)
        self._read_layers(listing)
        self.opened.emit()

    def close(self) -> None:
        """Show nothing."""
        if self.workspace is not None:
            self.workspace.close()
        self.workspace, self.path = None, None
        self.layers, self.groups, self.sites, self._removed, self._restored, self._fresh = [], [], [], [], [], []
        self.steps.forget()
        self.titles, self.folded, self.stored, self.unplaced, self._off = {}, set(), [], {}, {}
        self.left_out = {}
        self.project_marks, self.clashes, self.behind, self.away, self.left = {}, {}, set(), set(), {}
        self.previews, self.reviews = {}, {}
        self.current_id = ""
        self.undo_stack.clear()
        self.opened.emit()

    @property
    def dirty(self) -> bool:
        """Whether something is not yet written to the file."""
        return self.workspace is not None and (not self.undo_stack.isClean() or bool(self.behind) or bool(self.left))

    def left_words(self) -> list[str]:
        """Of which layers how many values could not be taken back since the workspace was saved."""
        counts: dict[str, int] = {}
        for layer, count in self.left.values():
            counts[layer] = counts.get(layer, 0) + count
        return [_("图层“{layer}”的 {count} 处").format(layer=layer, count=f"{count:,}") for layer, count in counts.items()]

    def take_back(self) -> None:
        """Undo what was not saved: rule packs, distances and reviews are in the file as soon as they are decided."""
        clean = self.undo_stack.cleanIndex()
        if clean >= 0:
            self.undo_stack.setIndex(clean)

    def kept(self, key: str) -> Any:
        """What the workspace keeps under a key, with what is just being written; ``None`` for nothing."""
        return self.steps.kept(state_of(key)) if self.workspace is not None else None

    def keep_state(self, text: str, params: Mapping[str, Any], key: str, change: Callable[[Any], Any],
                   told: Callable[[bool], None] | None = None) -> bool:
        """Keep with the workspace what ``change`` makes of what it keeps under a key, as one step; ``told`` as of a ``FileStep``."""
        return self.steps.change(text, params, {state_of(key): change}, told=told)

    @property
    def unrestorable(self) -> bool:
        """Whether the file will differ from what was last saved though nothing more is saved."""
        return self.steps.lost or bool(self._fresh) and self.undo_stack.cleanIndex() < 0

    @property
    def pending_removals(self) -> list[str]:
        """Layers taken off the tree that the file still holds, and that a screening would still count."""
        return list(self._removed)

    def taken_off(self, key: str) -> LayerView | None:
        """A layer that was taken off the tree and that the file still holds."""
        return self._off.get(key) if key in self._removed else None

    @property
    def fresh_layers(self) -> list[str]:
        """Layers that the file holds and would not hold as it was last saved."""
        return [layer.key for layer in self._fresh]

    def dropped(self, key: str) -> None:
        """The file holds a layer no more that was added since the workspace was saved and is off the tree."""
        self._fresh = [layer for layer in self._fresh if layer.key != key]
        if key in self._removed:
            self._removed.remove(key)

    @property
    def pending_restores(self) -> list[LayerView]:
        """Layers on the tree that the file holds no more, since their removal was saved and then undone."""
        return list(self._restored)

    def _read_layers(self, listing: Listing | None = None, *, added: bool = False) -> None:
        from sanxian.mapping.filters import Filter

        saved, own, records, rasters = listing or listing_of(self.workspace)
        first = not saved and not added
        looks = {look["name"]: look for look in saved.get("layers", ())}
        order = {name: place for place, name in enumerate(looks)}
        fresh: list[LayerView] = []
        for record in records:
            if record.role == "project_site":
                if not added and getattr(record, "current", True):
                    self.project_marks[getattr(record, "added", record.name)] = getattr(record, "changed", "")
                continue
            look = looks.get(record.name, {})
            current = getattr(record, "current", True)
            if not current and not look.get("retired"):  # it was in use when its look was kept
                look = {**look, "visible": False}
            fresh.append(LayerView(
                key=record.name, name=record.name, role=record.role, record=record,
                group=look.get("group") or layer_groups.group_of(record.role),
                visible=bool(look.get("visible", not (first and record.role in layer_groups.QUIET))),
                opacity=float(look.get("opacity", 1.0)), colour=look.get("colour"),
                filter=Filter.from_dict(look.get("filter")), style=own.get(record.name),
            ))
        for record in rasters:
            look = looks.get(raster_key(record.name), {})
            fresh.append(LayerView(
                key=raster_key(record.name), name=record.name, role="raster", record=record, raster=record.path,
                group=look.get("group") or layer_groups.group_of("raster"), visible=bool(look.get("visible", not first)),
                opacity=float(look.get("opacity", 1.0)), error=_("找不到文件 {path}").format(path=record.path)
                if record.missing else "",
            ))
        # Known layers keep their order; a new one goes where its kind belongs.
        fresh.sort(key=lambda layer: (layer.key not in order, order.get(layer.key, 0),
                                      layer_groups.place_of(layer.role)))
        self.layers = []
        for layer in fresh:
            if layer.key in order:
                self.layers.append(layer)
            else:
                place = next((i for i, other in enumerate(self.layers)
                              if layer_groups.place_of(other.role) > layer_groups.place_of(layer.role)),
                             len(self.layers))
                self.layers.insert(place, layer)
        if not added:  # what was arranged since stands only here
            known = [key for key in saved.get("groups", ()) if key]
            self.groups = known + [key for key, _title, _roles in layer_groups.GROUPS if key not in known]
            self.titles = {str(key): str(title) for key, title in (saved.get("titles") or {}).items() if key in self.groups}
            self.folded = set(saved.get("folded", ()))
        for layer in self.layers:
            if layer.group not in self.groups:
                layer.group = layer_groups.group_of(layer.role)
        self.layers = self._flat(self.layers)

    def look_again(self) -> bool:
        """Read what is said of the layers again where another program has changed them while they were open.

        Returns:
            ``False`` where the file cannot be read, which ``refused`` has told.
        """
        if self.workspace is None:
            return True
        from gui import outside

        try:
            if hasattr(self.workspace, "look_at_file"):
                self.workspace.look_at_file()
            changes, rasters = self.workspace.changes(), self.workspace.rasters()
            projects = outside.read(self.workspace, changes, self.project_marks)
        except Exception as error:  # noqa: BLE001 - the file is gone, damaged or being written: said, and nothing is lost
            self.refused.emit(error)
            return False
        self.take_changes(changes, rasters, projects)
        return True

    def take_changes(self, changes: Mapping[Any, str], rasters: Sequence[Any], projects: Any = None,
                     said: Mapping[Any, Any] | None = None) -> None:
        """Mark what rests on layers and rasters that another program has changed, and take over its changes of projects.

        Args:
            changes, rasters: As the workspace that is open gives them.
            projects: What the file has of projects now (``gui.outside.Found``); ``None`` where nobody has touched them.
            said: Records by ``added``, where this program writes nothing now: what is said there of a layer is of other programs.
        """
        from layers.workspace import is_gone

        files = {record.name: record for record in rasters}
        found: list[str] = []
        for layer in [*self.layers, *filter(None, map(self.taken_off, self._removed))]:
            record = layer.record
            if layer.raster is not None:
                now = files.get(record.name)
                if now is not None and (now.sha256, now.stamp) != (record.sha256, record.stamp):
                    layer.record, layer.error = now, _("{file} 不在原处了").format(file=now.path) if now.missing else ""
                    found.append(layer.key)
            elif record is not None and (mark := changes.get(getattr(record, "added", None))) is not None and mark != record.changed:
                # Not the whole record: what is being written of it by this program is shown already.
                layer.record, layer.frame, layer.edited = replace(record, changed=mark), None, None
                layer.error = _("图层“{layer}”不在文件里了").format(layer=layer.name) if is_gone(mark) else ""
                found.append(layer.key)
            now = (said or {}).get(getattr(record, "added", None)) if layer.raster is None else None
            differ = {} if now is None else {
                name: getattr(now, name) for name in SAID if getattr(now, name) != getattr(layer.record, name)}
            if differ:
                layer.record = replace(layer.record, **differ)
                found += [] if layer.key in found else [layer.key]
        if found:
            self.layersChanged.emit()
            self.changedElsewhere.emit(found)
        if projects is not None:
            from gui import outside

            if taken := outside.take(self, projects):
                self.projectsElsewhere.emit(taken)

    def reload_layers(self) -> None:
        """Read the list of layers again after one was added; looks and read features are kept."""
        former = {layer.key: layer for layer in self.layers}
        removed = set(self._removed)
        order = [layer.key for layer in self.layers]
        self._read_layers(added=True)
        fresh = []
        for layer in self.layers:
            if layer.key in removed:
                continue
            old = former.get(layer.key)
            if old is not None and old.record.sha256 == layer.record.sha256 and not layer.error:
                if layer.retired and not old.retired:
                    old.visible = False
                if getattr(old.record, "changed", "") != getattr(layer.record, "changed", ""):
                    old.frame, old.edited = None, None  # another program has changed what it holds
                old.record = layer.record
                layer = old
            fresh.append(layer)
        there = {layer.key for layer in fresh}
        fresh += [layer for layer in self._restored if layer.key not in there and former.get(layer.key) is layer]  # in no file yet
        place = {key: index for index, key in enumerate(order)}
        if order:
            kept = sorted((one for one in fresh if one.key in place), key=lambda one: place[one.key])
            for layer in fresh:
                if layer.key not in place:
                    index = next((i for i, other in enumerate(kept)
                                  if layer_groups.place_of(other.role) > layer_groups.place_of(layer.role)), len(kept))
                    kept.insert(index, layer)
            fresh = kept
        self.layers = self._flat(fresh)
        self.layersChanged.emit()

    def window_state(self) -> dict[str, Any]:
        """What is stored in the workspace about how it looks."""
        return {
            "groups": list(self.groups), "titles": dict(self.titles), "folded": sorted(self.folded),
            "layers": [
                {"name": layer.name if layer.raster is None else layer.key, "group": layer.group,
                 "visible": layer.visible, "opacity": layer.opacity, "colour": layer.colour, **({"retired": True} if layer.retired else {}),
                 **({"filter": layer.filter.to_dict()} if layer.filter is not None else {})}
                for layer in self.layers
            ],
            "current": self.current_id,
            "styles": self.styles(),
        }

    def styles(self) -> dict[str, Any]:
        """The styles of the person's own as JSON values, by the layers' names."""
        from sanxian.mapping.own_styles import to_dict

        return {layer.name: to_dict(layer.style) for layer in self.layers if layer.style is not None}

    def moved(self, workspace: Any) -> None:
        """This workspace has been made of what is shown, and is the one that is open from now on."""
        self.workspace, self.path = workspace, Path(workspace.path)
        records = {record.name: record for record in workspace.layers()}
        rasters = {record.name: record for record in workspace.rasters()}
        self._removed, self._restored, self._fresh, self.unplaced, self._off = [], [], [], {}, {}
        self.layers = [layer for layer in self.layers if (layer.record.name if layer.raster is not None else layer.name) in (
            rasters if layer.raster is not None else records)]
        for layer in self.layers:
            layer.record, layer.error = rasters[layer.record.name] if layer.raster is not None else records[layer.name], ""
        self.project_marks = {record.added: record.changed for record in workspace.by_role("project_site")}
        self.mark_saved()
        self.layersChanged.emit()

    def mark_saved(self) -> None:
        """Called when everything has been written."""
        names = dict(self.renamed)
        for layer in self.layers:
            if layer.raster is None:
                layer.key = layer.name
        self._removed, self._restored, self._fresh, self._off = [], [], [], {}
        self.clashes, self.behind, self.away, self.left = {}, set(), set(), {}
        self.steps.saved()
        self.undo_stack.setClean()
        self.unsavedChanged.emit()
        if names:
            self.folded = {names.get(key, key) for key in self.folded}
            self.previews = {names.get(key, key): style for key, style in self.previews.items()}
            self.rekeyed.emit(names)
            self.layersChanged.emit()

    @property
    def renamed(self) -> list[tuple[str, str]]:
        """Layers whose name in the file is not yet the one shown: (in the file, shown)."""
        return [(layer.key, layer.name) for layer in self.layers
                if layer.raster is None and layer.key != layer.name]

    # -- layers ----------------------------------------------------------------------------------------------------
    def layer(self, key: str) -> LayerView | None:
        """The layer with this name in the file."""
        return next((layer for layer in self.layers if layer.key == key), None)

    def _flat(self, layers: Sequence[LayerView]) -> list[LayerView]:
        place = {key: index for index, key in enumerate(self.groups)}
        return sorted(layers, key=lambda layer: place.get(layer.group, len(place)))

    def set_look(self, key: str, **values: Any) -> None:
        """Change ``visible``, ``opacity``, ``colour``, ``name``, ``filter`` or ``style`` of a layer, as one step.

        The first of several names the step.
        """
        layer = self.layer(key)
        if layer is None:
            return
        before = {name: getattr(layer, name) for name in values}
        if before == values:
            return
        name = next(iter(values))
        text = {"visible": "显示或隐藏“{layer}”", "opacity": "不透明度“{layer}”", "colour": "颜色“{layer}”",
                "name": "重命名“{layer}”", "filter": "筛选“{layer}”",
                "style": "样式“{layer}”"}[name]

        def put(new: Mapping[str, Any]) -> Callable[[], None]:
            def run() -> None:
                for one, value in new.items():
                    setattr(layer, one, value)
                self.layerLooked.emit(layer.key)
            return run

        self.undo_stack.push(Change(text, {"layer": layer.name}, put(values), put(before),
                                    f"opacity:{key}" if name == "opacity" else ""))

    def preview(self, key: str, style: Any) -> None:
        """Show a layer in a style that nobody has settled on yet, on the map and in the legend; ``None`` for its own again."""
        if self.previews.get(key) is not style:
            if style is None:
                del self.previews[key]
            else:
                self.previews[key] = style
            self.previewed.emit(key)

    def set_all_visible(self, visible: bool) -> None:
        """Show or hide every layer, as one step; a version that is set aside is never shown by this."""
        before = [(layer, layer.visible) for layer in self.layers if not (visible and layer.retired)]

        def put(states: Sequence[tuple[LayerView, bool]]) -> Callable[[], None]:
            def run() -> None:
                for layer, state in states:
                    layer.visible = state
                self.layersChanged.emit()
            return run

        self.undo_stack.push(Change("显示全部图层" if visible else "隐藏全部图层", {},
                                    put([(layer, visible) for layer, _old in before]), put(before)))

    def set_group_visible(self, group: str, visible: bool, with_layer: str = "") -> None:
        """Show or hide the layers of a group, as one step; a version that is set aside is shown only where it is named."""
        before = [(layer, layer.visible) for layer in self.layers
                  if layer.group == group and not (visible and layer.retired and layer.key != with_layer)]

        def put(states: Sequence[tuple[LayerView, bool]]) -> Callable[[], None]:
            def run() -> None:
                for layer, state in states:  # not the tree as a whole: the row that was ticked is still being told of it
                    layer.visible = state
                    self.layerLooked.emit(layer.key)
            return run

        self.undo_stack.push(Change("显示或隐藏一组图层", {}, put([(one, visible) for one, _ in before]), put(before)))

    def arrange(self, groups: Sequence[str], order: Sequence[tuple[str, str]]) -> None:
        """Put the layers in another order.

        Args:
            groups: Every group, top first.
            order: (layer key, its group), top first.
        """
        before = (list(self.groups), [(layer, layer.group) for layer in self.layers])
        after = ([*groups, *(key for key in self.groups if key not in groups)],
                 [(layer, group) for key, group in order if (layer := self.layer(key)) is not None])
        if before == after:
            return

        def put(new: tuple[list[str], list[tuple[LayerView, str]]]) -> Callable[[], None]:
            def run() -> None:
                self.groups = list(new[0])
                for layer, group in new[1]:
                    layer.group = group
                place = {id(layer): index for index, (layer, _group) in enumerate(new[1])}
                self.layers = self._flat(sorted(self.layers, key=lambda layer: place.get(id(layer), len(place))))
                self.layersChanged.emit()
            return run

        self.undo_stack.push(Change("调整图层顺序", {}, put(after), put(before)))

    def group_title(self, key: str) -> str:
        """What a group is called, in the language of now where the program named it."""
        return self.titles.get(key) or _(layer_groups.TITLES.get(key, key))

    def add_group(self, title: str, layers: Sequence[str] = ()) -> str:
        """Make a group on top of the tree, holding these layers; its key."""
        number = 1 + max((int(key.removeprefix(layer_groups.OWN)) for key in self.groups
                          if key.startswith(layer_groups.OWN) and key.removeprefix(layer_groups.OWN).isdigit()), default=0)
        key = f"{layer_groups.OWN}{number}"
        home = self.layer(layers[0]) if layers else None
        place = self.groups.index(home.group) if home is not None else 0  # what was above stays above
        after = [*self.groups[:place], key, *self.groups[place:]]
        self._regroup("新建图层组“{group}”", title, after, {**self.titles, key: title}, dict.fromkeys(layers, key))
        return key

    def rename_group(self, key: str, title: str) -> None:
        """Call a group something else."""
        if title != self.group_title(key):
            self._regroup("重命名图层组“{group}”", self.group_title(key), list(self.groups), {**self.titles, key: title}, {})

    def remove_group(self, key: str) -> None:
        """Dissolve a group that a person made; its layers go where their kind belongs."""
        if key not in self.groups or not key.startswith(layer_groups.OWN):
            return
        homes = {one.key: layer_groups.group_of(one.role) for one in self.layers if one.group == key}
        self._regroup("解散图层组“{group}”", self.group_title(key), [one for one in self.groups if one != key],
                      {one: title for one, title in self.titles.items() if one != key}, homes)

    def set_secrecy(self, key: str, mark: str | None) -> bool:
        """Say how secret a layer is, of all its versions; kept in the file at once, as one step."""
        layer = self.layer(key)
        before = getattr(layer.record, "secrecy", None) if layer is not None else None
        if layer is None or before == mark:
            return layer is not None

        family = getattr(layer.record, "family", None)

        def show(wanted: bool) -> None:
            value = mark if wanted else before
            for view in self.layers:
                if view is layer or family is not None and getattr(view.record, "family", None) == family:
                    view.record = replace(view.record, secrecy=value)
                    self.layerLooked.emit(view.key)

        def put(value: str | None) -> Callable[[Any], None]:
            def run(workspace: Any) -> None:
                workspace.describe(layer.key, secrecy=value)
            return run

        return self.steps.write("修改密级“{layer}”", {"layer": layer.name}, put(mark), put(before), now=show,
                                settled=lambda wanted, _none: show(wanted))

    def set_values(self, key: str, field: str, values: Mapping[int, Any], told: Callable[[bool], None] | None = None) -> bool:
        """Change what features of a layer say in one field; kept in the file at once, as one step.

        Args:
            key: Of the layer, which has to be one whose values may be changed.
            values: By row of its frame, of the field's kind; ``None`` is unknown.
            told: As of a ``FileStep``.
        """
        from layers.errors import WorkspaceError

        layer = self.layer(key)
        if layer is None or layer.frame is None or not values:
            return False
        rows = list(values)
        fids = [int(fid) for fid in layer.frame["fid"].to_numpy()[rows]]
        before = dict(zip(fids, layer.frame[field].to_numpy(dtype=object)[rows].tolist(), strict=True))
        after = dict(zip(fids, values.values(), strict=True))
        there, mark = getattr(layer.record, "added", None), getattr(layer.record, "changed", "")
        was: dict[int, Mapping[str, Any]] = {}  # what the file said
        rest: dict[int, Any] = {}  # what else those rows said, by which they are known again
        begun: list[bool] = []
        step = object()

        def view() -> LayerView | None:
            """The layer as it stands in the tree now: it may have been read anew."""
            return next((one for one in self.layers if one is layer or there is not None and one.raster is None
                         and getattr(one.record, "added", None) == there), None)

        def show(wanted: bool) -> None:
            """Not where another program has changed the layer: its rows may have other numbers, which the file alone knows."""
            if (one := view()) is not None and getattr(one.record, "changed", "") == mark:
                self._put_values(one, field, *((after, before) if wanted else (before, after)))

        def do(workspace: Any) -> Any:
            wanted = {fid: {field: value} for fid, value in after.items()}
            if begun:
                return again(workspace, {fid: wanted[fid] for fid in was}, was)
            if workspace.changes().get(there, mark) != mark:  # what the person saw is no longer what stands there
                raise WorkspaceError(N_("别的程序刚改了图层 {name}，没有写入；请看过重新读入的内容再改"), name=layer.name)
            was.update(workspace.set_values(layer.key, wanted, rows=rest))
            begun.append(True)
            return workspace.record(layer.key), 0, 0, mark, {}

        def back(workspace: Any) -> Any:
            found = again(workspace, was, {fid: {field: after[fid]} for fid in was})
            self.left_in_file += found[1] + found[2]
            return found

        def again(workspace: Any, new: Mapping[int, Mapping[str, Any]], instead_of: Mapping[int, Mapping[str, Any]]) -> Any:
            """What another program has written since is its own, and stays.

            Returns:
                The layer's record; how many values stay, and how many because rows are alike; what other programs had left of
                the layer, and, where that was something else than before or any stay, what is to be shown by row id.
            """
            found: dict[int, int | None] = {}
            if hasattr(workspace, "watch_again"):
                workspace.watch_again()  # else what is written here would look like another program's
            there_now = getattr(workspace.record(layer.key), "changed", "")
            workspace.set_values(layer.key, new, instead_of=instead_of, rows=rest, found=found)
            alike = sum(at is None for at in found.values())
            now: dict[int, Any] = {}
            if len(found) < len(new) or alike or there_now != mark:
                now = workspace.values(layer.key, field, sorted({*new, *(at for at in found.values() if at is not None)}))
            return workspace.record(layer.key), len(new) - len(found), alike, there_now, now

        def settled(wanted: bool, found: tuple[Any, int, int, str, Mapping[int, Any]]) -> str:
            record, changed, alike, there_now, now = found
            one = view()
            if one is not None and hasattr(one.record, "sha256"):
                one.record = replace(one.record, sha256=record.sha256)
                self._compare()
            before.update({fid: cells[field] for fid, cells in was.items()})
            show(wanted)
            if one is not None and now and getattr(one.record, "changed", "") == there_now:
                self._put_values(one, field, now)  # else it is about to be read again
            self.left.pop(step, None)
            if (changed or alike) and not wanted:
                self.left[step] = (layer.name, changed + alike)
            self.unsavedChanged.emit()
            other = (N_("{count} 处已被别的程序改过或删去，没有重做：{step}") if wanted
                     else N_("{count} 处已被别的程序改过或删去，没有撤销：{step}"))
            several = (N_("{count} 处分不清是几行相同的要素中的哪一行，没有重做：{step}") if wanted
                       else N_("{count} 处分不清是几行相同的要素中的哪一行，没有撤销：{step}"))
            title = _("修改属性“{layer}”").format(layer=layer.name)
            said = [_(text).format(count=f"{count:,}", step=title) for text, count in ((other, changed), (several, alike)) if count]
            return together(said)

        return self.steps.write("修改属性“{layer}”", {"layer": layer.name, "added": there}, do, back, now=show, settled=settled, told=told)

    def _put_values(self, layer: LayerView, field: str, values: Mapping[int, Any], former: Mapping[int, Any] | None = None) -> None:
        """Show features with other values, but for those that say something else than ``former``, where given, by now.

        The frame itself stays as it is for whoever draws it just now.
        """
        import numpy as np
        import pandas as pd

        frame = layer.frame
        if frame is None or field not in frame.columns or "fid" not in frame.columns:
            return
        fids = frame["fid"].to_numpy()
        rows = np.flatnonzero(np.isin(fids, list(values)))
        cells = frame[field].to_numpy(dtype=object, copy=True)
        differing = [row for row in rows.tolist()
                     if (type(cells[row]), cells[row]) != (type(value := values[int(fids[row])]), value)
                     and (former is None or shown(cells[row]) == shown(former[int(fids[row])]))]
        if not differing:
            return
        for row in differing:
            cells[row] = values[int(fids[row])]
        column = pd.Series(cells, index=frame.index, dtype=object)
        # A text or a gap among those put in settles it: all the others need not be looked at.
        text = any(isinstance(cells[row], str | None) for row in differing)
        known = [] if text else [value for value in cells.tolist() if value is not None and value == value]
        if len(known) == len(cells) and (all(type(value) is bool for value in known)
                                         or all(isinstance(value, int | float) and type(value) is not bool for value in known)):
            column = column.infer_objects()  # as the file is read
        made = frame.copy(deep=False)
        made[field] = column
        layer.edited, layer.frame = (frame, np.array(differing), field), made
        self.layerLooked.emit(layer.key)
        self.valuesChanged.emit(layer.key, field, layer.edited[1])

    def _regroup(self, text: str, title: str, groups: list[str], titles: dict[str, str], homes: Mapping[str, str]) -> None:
        before = (list(self.groups), dict(self.titles), [(one, one.group) for one in self.layers], list(self.layers))
        held = [(one, homes.get(one.key, one.group)) for one in self.layers]

        def put(new_groups: list[str], new_titles: dict[str, str], of: Sequence[tuple[LayerView, str]],
                order: Sequence[LayerView]) -> Callable[[], None]:
            def run() -> None:
                self.groups, self.titles = list(new_groups), dict(new_titles)
                for layer, group in of:
                    layer.group = group
                place = {id(layer): index for index, layer in enumerate(order)}
                self.layers = self._flat(sorted(self.layers, key=lambda layer: place.get(id(layer), len(place))))
                self.layersChanged.emit()
            return run

        self.undo_stack.push(Change(text, {"group": title}, put(groups, titles, held, before[3]), put(*before)))

    def remove_layer(self, key: str) -> None:
        """Take a layer off the tree; it leaves the file when the workspace is saved."""
        layer = self.layer(key)
        if layer is None:
            return
        place = self.layers.index(layer)
        self.undo_stack.push(Change("移除图层“{layer}”", {"layer": layer.name}, lambda: self._take_off(layer),
                                    lambda: self._put_back(layer, place)))

    def added_layer(self, key: str) -> None:
        """A layer was added, which can be undone: it then leaves the file when the workspace is saved."""
        layer = self.layer(key)
        if layer is None:
            return
        place, there = self.layers.index(layer), [True]

        def redo() -> None:
            if not there[0]:
                self._put_back(layer, place)
            there[0] = True

        def undo() -> None:
            there[0] = False
            self._take_off(layer)

        self._fresh.append(layer)
        self.undo_stack.push(Change("添加图层“{layer}”", {"layer": layer.name}, redo, undo))

    def copied_layer(self, key: str, original: str) -> None:
        """A copy of a layer was added: as one that was added, but it looks as the other does and stands right below it."""
        copy, model = self.layer(key), self.layer(original)
        if copy is not None and model is not None:
            copy.group, copy.visible, copy.opacity = model.group, model.visible, model.opacity
            copy.colour, copy.filter, copy.style = model.colour, model.filter, model.style
            layers = [one for one in self.layers if one is not copy]
            layers.insert(layers.index(model) + 1, copy)
            self.layers = self._flat(layers)
            self.layersChanged.emit()
        self.added_layer(key)

    def _take_off(self, layer: LayerView) -> None:
        self.layers = [one for one in self.layers if one is not layer]
        if layer in self._restored:
            self._restored.remove(layer)  # the file does not hold it
        else:
            self._removed.append(layer.key)
            self._off[layer.key] = layer
        self.layersChanged.emit()

    def _put_back(self, layer: LayerView, place: int) -> None:
        if layer.key in self._removed:
            self._removed.remove(layer.key)
        else:
            self._restored.append(layer)
        self.layers.insert(place, layer)
        self.layers = self._flat(self.layers)
        self.layersChanged.emit()
        if layer.frame is None and layer.raster is None and not layer.error:
            self.framesWanted.emit()

    def recover(self, sites: Sequence[Site], state: Mapping[str, Any], removed: Sequence[str],
                renamed: Sequence[Sequence[str]]) -> None:
        """Take over edits that a crash had kept from being saved, as one step.

        Args:
            sites: Every project as it was.
            state: As ``window_state`` gave it.
            removed: Keys of layers that had been taken off the tree.
            renamed: Layers' names in the file and as they were shown.
        """
        from sanxian.mapping.filters import Filter
        from sanxian.mapping.own_styles import from_dict

        own = {str(name): from_dict(row) for name, row in dict(state.get("styles") or {}).items()}
        names = {str(key): str(name) for key, name in renamed}
        in_file = {new: old for old, new in names.items()}
        looks = {in_file.get(look["name"], look["name"]): look for look in state.get("layers", ())}
        gone = set(removed)
        place = {key: number for number, key in enumerate(looks)}
        kept = sorted((one for one in self.layers if one.key not in gone), key=lambda one: place.get(one.key, len(place)))
        after = {one.key: {"visible": bool(look.get("visible", one.visible)), "opacity": float(look.get("opacity", 1.0)),
                           "colour": look.get("colour"), "group": look.get("group") or one.group,
                           "filter": Filter.from_dict(look.get("filter")), "name": names.get(one.key, one.name),
                           "style": own.get(names.get(one.key, one.name))}
                 for one in kept if (look := looks.get(one.key)) is not None}
        before = {one.key: {name: getattr(one, name) for name in ("visible", "opacity", "colour", "group", "filter", "name", "style")}
                  for one in self.layers}
        groups = [key for key in state.get("groups", ()) if key]
        groups += [key for key in self.groups if key not in groups]
        titles = {str(key): str(title) for key, title in (state.get("titles") or self.titles).items()}
        self._off.update({one.key: one for one in self.layers if one.key in gone})
        now = (before, list(self.layers), (list(self.groups), dict(self.titles)), list(self.sites), list(self._removed))
        then = (after, kept, (groups, titles), list(sites), [*self._removed, *(one.key for one in self.layers if one.key in gone)])

        def put(values: Any) -> Callable[[], None]:
            def run() -> None:
                looks_of, layers, groups_, sites_, removed_ = values
                for one in self.layers + layers:
                    for name, value in looks_of.get(one.key, {}).items():
                        setattr(one, name, value)
                self.groups, self.titles = list(groups_[0]), dict(groups_[1])
                self.sites, self._removed = list(sites_), list(removed_)
                self.layers = self._flat(layers)
                if self.site(self.current_id) is None:
                    self.current_id = ""
                self.layersChanged.emit()
                self.sitesChanged.emit()
                self.set_current(sites_[0].id if sites_ and not self.current_id else self.current_id)
                self.currentChanged.emit(self.current_id)
            return run

        self.undo_stack.push(Change("恢复没有保存的修改", {}, put(then), put(now)))

    # -- projects --------------------------------------------------------------------------------------------------
    def site(self, site_id: str) -> Site | None:
        """The project with this id."""
        return next((site for site in self.sites if site.id == site_id), None)

    @property
    def current(self) -> Site | None:
        """The current project."""
        return self.site(self.current_id)

    def set_current(self, site_id: str) -> None:
        """Make another project the current one; not an edit."""
        if site_id != self.current_id and (not site_id or self.site(site_id) is not None):
            self.current_id = site_id
            self.currentChanged.emit(site_id)

    def load_sites(self, sites: Sequence[Site]) -> None:
        """Show the projects that the workspace holds; not an edit."""
        self.sites = list(sites)
        self.left_out = dict(getattr(sites, "left", {}))
        self.stored = [site.origin for site in sites if site.origin is not None]
        self.current_id = ""
        self.sitesChanged.emit()
        self.currentChanged.emit("")

    def free_id(self) -> str:
        """An id that no project has yet."""
        taken = {site.id for site in self.sites} | {code for _layer, code in self.left_out}
        number = len(self.sites) + 1
        while f"P{number}" in taken:
            number += 1
        return f"P{number}"

    def crs_of_new(self, given: str) -> str:
        """The CRS that a new outline is kept in: that of the others that go into the same layer, else ``given``.

        A layer has one CRS. A side that is straight in one is not in another, so an outline that were carried over only
        when it is saved would be measured otherwise afterwards.
        """
        systems = {site.crs for site in self.sites
                   if site.geometry is not None and (site.origin is None or site.origin.layer == "projects")}  # fmt: skip
        return given if not systems else systems.pop() if len(systems) == 1 else "EPSG:4490"

    def add_sites(self, sites: Sequence[Site], text: str = "添加项目") -> None:
        """Add projects as one step and make the first of them the current one."""
        added = list(sites)
        if not added:
            return
        former = self.current_id

        def redo() -> None:
            self.sites = [*self.sites, *added]
            self.sitesChanged.emit()
            self.set_current(added[0].id)

        def undo() -> None:
            gone = {site.id for site in added}
            self.sites = [site for site in self.sites if site.id not in gone]
            if self.current_id in gone:
                self.current_id = ""
            self.sitesChanged.emit()
            self.set_current(former)
            self.currentChanged.emit(self.current_id)

        self.undo_stack.push(Change(text, {}, redo, undo))

    def remove_sites(self, ids: Sequence[str]) -> None:
        """Remove projects as one step."""
        before, current = list(self.sites), self.current_id
        gone = set(ids)
        if not gone & {site.id for site in before}:
            return

        def put(sites: list[Site], chosen: str = "") -> Callable[[], None]:
            def run() -> None:
                self.sites = list(sites)
                self.current_id = chosen or self.current_id
                if self.site(self.current_id) is None:
                    self.current_id = ""
                self.sitesChanged.emit()
                self.currentChanged.emit(self.current_id)
            return run

        self.undo_stack.push(Change("删除项目", {}, put([one for one in before if one.id not in gone]), put(before, current)))

    def replace_sites(self, text: str, changed: Mapping[str, Site], *, added: Sequence[Site] = (),
                      removed: Sequence[str] = ()) -> None:
        """Change, add and remove projects as one step.

        Args:
            text: msgid of the step.
            changed: What takes the place of the project of that id.
            added: Come right after the last of those changed.
        """
        before, current = list(self.sites), self.current_id
        after: list[Site] = []
        for site in before:
            if site.id not in removed:
                after.append(changed.get(site.id, site))
        place = max((i for i, site in enumerate(after) if site.id in changed), default=len(after) - 1) + 1
        after[place:place] = added

        def put(sites: list[Site], chosen: str) -> Callable[[], None]:
            def run() -> None:
                self.sites = list(sites)
                self.current_id = chosen
                self.sitesChanged.emit()
                self.currentChanged.emit(chosen)
            return run

        self.undo_stack.push(Change(text, {}, put(after, next(iter(changed), current)), put(before, current)))

    def set_geometry(self, site_id: str, geometry: Any, crs: str) -> None:
        """Give a project another outline."""
        site = self.site(site_id)
        if site is not None:
            self._change_site(site, "修改用地边界", {"geometry": geometry, "crs": crs})

    def rename_site(self, site_id: str, name: str) -> None:
        """Give a project another name."""
        site = self.site(site_id)
        if site is not None and site.name != name:
            self._change_site(site, "修改项目名称", {"name": name}, f"name:{site_id}")

    def set_attribute(self, site_id: str, name: str, value: Any) -> None:
        """Say what a project is; ``None`` means unknown and takes the attribute away."""
        site = self.site(site_id)
        if site is None or site.attributes.get(name) == value and (name in site.attributes) == (value is not None):
            return
        attributes = {key: old for key, old in site.attributes.items() if key != name}
        if value is not None:
            attributes[name] = value
        self._change_site(site, "修改项目属性", {"attributes": attributes}, f"attribute:{site_id}:{name}")

    def _change_site(self, site: Site, text: str, values: Mapping[str, Any], merge: str = "") -> None:
        before = {name: getattr(site, name) for name in values}
        was_stale, judged, former, latter = site.stale, site.result, site.inputs, object()

        def put(new: Mapping[str, Any], back: bool) -> Callable[[], None]:
            def run() -> None:
                for name, value in new.items():
                    setattr(site, name, value)
                site.inputs = former if back else latter
                # Back at what was judged only if nobody has judged it since.
                site.stale = self.is_stale(site, was_stale if back and site.result is judged else site.result is not None)
                self.siteChanged.emit(site.id)
            return run

        self.undo_stack.push(Change(text, {}, put(values, False), put(before, True), merge))

    def _stamp(self, site: Site) -> tuple[object, ...]:
        return site.inputs, self.rules, self.reviews.get(site.id)

    def stamps(self, ids: Collection[str]) -> dict[str, tuple[object, ...]]:
        """What projects would be judged by now, for ``set_results``, which may come when it is no longer so."""
        return {site.id: self._stamp(site) for site in self.sites if site.id in ids}

    def is_stale(self, site: Site, unknown: bool) -> bool:
        """Whether the verdict of a project is of other inputs or other rules; ``unknown`` where nobody knows of which."""
        if site.result is None:
            return False
        return unknown if site.judged is None else not all(map(is_, site.judged, self._stamp(site)))

    def set_results(self, screening: Any, stamps: Mapping[str, tuple[object, ...]] | None = None) -> None:
        """Take over what a screening found; not an edit, since nothing of it is an input.

        Args:
            stamps: What :meth:`stamps` gave when the screening was asked for; without them it is of now.
        """
        found = {result.id: result for result in screening.projects}
        now = self.stamps(found) if stamps is None else stamps
        for site in self.sites:
            if site.id in found:
                site.result, site.judged, site.screening = found[site.id], now.get(site.id), screening
                site.stale = self.is_stale(site, True)
        self._compare()
        self.resultsChanged.emit(list(found))

    def restore_results(self, found: Sequence[tuple[Site, Any, Any, tuple[object, ...] | None]]) -> None:
        """Show verdicts of before: project, its result, the screening of that, and the stamps that it was found with.

        Without stamps it is of something else, and stays marked until it is judged again.
        """
        for site, result, screening, stamps in found:
            site.result, site.screening, site.judged = result, screening, stamps or (object(),)
            site.stale = self.is_stale(site, True)
        self._compare()
        self.resultsChanged.emit([site.id for site, *_rest in found])

    def set_day(self, day: date) -> None:
        """Ask about another day; verdicts of a former one are marked."""
        self.day = day
        self._compare()

    def _compare(self) -> None:
        """Mark the verdicts that rest on other layers than there are now, or are of another day."""
        records = [one.record for one in self.layers if one.record is not None and one.raster is None and not one.retired]
        rasters = [one.record for one in self.layers if one.raster is not None and hasattr(one.record, "sha256")]
        differs: dict[int, bool] = {}
        changed = []
        for site in self.sites:
            screening = site.screening
            if site.result is None or screening is None:
                continue
            if id(screening) not in differs:
                roles = {one.role for one in screening.layers} | {*screening.missing_roles, "admin"}
                differs[id(screening)] = (self.day not in (None, screening.on)
                                          or getattr(screening, "disturbed", False)
                                          or _grounds(screening.layers, roles) != _grounds(records, roles)
                                          or (used := getattr(screening, "rasters", None)) is not None
                                          and _raster_grounds(used) != _raster_grounds(rasters))
            if site.outdated != differs[id(screening)]:
                site.outdated = differs[id(screening)]
                changed.append(site.id)
        for one in changed:
            self.siteChanged.emit(one)
