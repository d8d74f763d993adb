"""The only place where the window calls the rest of the program; every import here waits until it is needed.

A test passes the window another object with these methods.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from gui.preview import Preview
from gui.session import STATE_KEY, Session, Site
from gui.tasks import Cancelled, Report

TABLES = (".csv", ".txt", ".tsv", ".xlsx", ".xls", ".xlsm", ".ods")
PREVIEW_ROWS = 50


class Engine:
    """Workspaces, files, screenings and reports, as the window needs them."""

    def load(self) -> None:
        """Import everything that takes its time; run in another thread just after the window is shown."""
        import geopandas  # noqa: F401
        import pyogrio  # noqa: F401
        import pyproj  # noqa: F401
        import shapely  # noqa: F401

        import sanxian.screen  # noqa: F401

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

    def read_frames(self, path: Path, names: Sequence[str], report: Report) -> dict[str, Any]:
        """Features of layers, each by its name; a layer that cannot be read gives its exception instead."""
        from layers.workspace import Workspace

        frames: dict[str, Any] = {}
        with Workspace.open(path, readonly=True) as workspace:
            for done, name in enumerate(names):
                report.or_stop(done, len(names))
                try:
                    frames[name] = workspace.read(name)
                except Exception as error:  # noqa: BLE001 - one broken layer must not hide the others
                    frames[name] = error
        report(len(names), len(names))
        return frames

    def save(self, session: Session) -> None:
        """Write what changed in the window: projects, removed and renamed layers, and how it all looks."""
        workspace = session.workspace
        for name in session.pending_removals:
            workspace.remove(name)
        for old, new in session.renamed:
            workspace.rename(old, new)
        self._save_sites(session)
        workspace.set_state(STATE_KEY, session.window_state())
        session.mark_saved()

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

    def preview(self, path: Path, *, layer: str | None = None, encoding: str | None = None) -> Preview:
        """The beginning of a file, as it stands; nothing is mapped or repaired yet.

        Raises:
            LayerError: The file cannot be opened.
        """
        from layers.read import list_layers

        found = list_layers(path)
        names = tuple((info.name, info.features if info.features >= 0 else None) for info in found)
        info = next((one for one in found if one.name == layer), found[0] if found else None)
        if path.suffix.lower() in TABLES:
            from layers.tables import read_table

            table = read_table(path, sheet=layer if len(found) > 1 else None, encoding=encoding)
            rows = tuple(tuple(str(row.get(header) or "") for header in table.headers)
                         for row in table.rows[:PREVIEW_ROWS])
            return Preview(names, tuple(table.headers), rows, "", str(info.crs or "") if info else "")
        import pyogrio

        from layers.files import unpacked
        from layers.read import quietly

        def head(source: Path) -> Any:
            options: dict[str, Any] = {"max_features": PREVIEW_ROWS, "read_geometry": False}
            if info is not None:
                options["layer"] = info.name
            if encoding:
                options["encoding"] = encoding
            return quietly(pyogrio.read_dataframe, source, **options)[0]

        if path.suffix.lower() in (".zip", ".kmz"):
            with unpacked(path) as source:
                frame = head(source)
        else:
            frame = head(path)
        headers = tuple(str(name) for name in frame.columns)
        rows = tuple(tuple("" if value is None or value != value else str(value) for value in row)
                     for row in frame.itertuples(index=False))
        return Preview(names, headers, rows, str(info.geometry_type or "") if info else "",
                       str(info.crs or "") if info else "", encoding or "")

    def read_layer(self, path: Path, role: str, **options: Any) -> Any:
        """Read and check a file as a layer of ``role``."""
        from layers.read import read_layer

        return read_layer(path, role, **options)

    def add_layer(self, workspace: Any, layer: Any, **about: Any) -> None:
        """Put a layer into the workspace, with the style that QGIS will show it in."""
        from sanxian.mapping.qgis import save_styles

        workspace.add(layer, **about)
        save_styles(workspace)

    def roles(self) -> Mapping[str, Any]:
        """Every layer role."""
        from layers.schema import ROLES

        return ROLES

    def label(self, role: str, attributes: Mapping[str, Any]) -> str:
        """What people call a feature."""
        from layers.schema import feature_label

        return feature_label(role, attributes)

    def style(self, role: str, colour: str | None = None) -> Any:
        """How a layer is drawn, in a colour of the person's own if there is one."""
        from dataclasses import replace

        from sanxian.mapping.styles import style_for

        style = style_for(role)
        if colour is None:
            return style
        symbol = replace(style.classes[0], value=None, zh=style.zh, en=style.en, fill=colour, outline=colour)
        return replace(style, kind="single", field="", classes=(symbol,))

    def search_industries(self, text: str) -> list[tuple[str, str]]:
        """Code and name of the industries that ``text`` may mean, the likeliest first."""
        from layers.codelist import search

        return [(entry.code, entry.name) for entry in search(text)]

    def industry_name(self, code: str) -> str | None:
        """The name of an industry, or ``None`` where GB/T 4754 has no such code."""
        from layers.codelist import find

        found = find(code)
        return found.name if found is not None else None

    # -- projects --------------------------------------------------------------------------------------------------
    def project(self, site: Site) -> Any:
        """The project as the engine takes it."""
        from sanxian.request import Project

        return Project(site.id, site.name, site.geometry, site.crs, dict(site.attributes))

    def _with_accuracy(self, site: Site, workspace: Any) -> Any:
        """The project, with the accuracy stated of the layer that it stands in where it states none itself."""
        project = self.project(site)
        stated = {record.name: record.accuracy_m for record in workspace.by_role("project_site")}
        accuracy_m = stated.get(site.origin.layer) if site.origin is not None else None
        if accuracy_m is None or project.attributes.get("accuracy_m") is not None:
            return project
        from dataclasses import replace

        return replace(project, attributes={**project.attributes, "accuracy_m": float(accuracy_m)})

    def read_projects(self, path: Path, **options: Any) -> list[Site]:
        """The projects of a file.

        Raises:
            LayerError, RequestError: The file cannot be read as projects; says where and why.
        """
        from sanxian.request import load_projects

        options.pop("layer", None)
        return [self.site(project) for project in load_projects(path, **options)[0]]

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
        from sanxian import screen

        with Workspace.open(path, readonly=True) as workspace:
            try:
                return screen.screen(workspace, [self._with_accuracy(site, workspace) for site in sites],
                                     self.ruleset(workspace, folders), on=on, progress=report)
            except screen.Cancelled as stopped:
                raise Cancelled from stopped

    def live(self, path: Path, *, on: date, folders: Sequence[str]) -> LiveScreener:
        """What judges one site after another quickly; made, used and closed in one thread."""
        return LiveScreener(self, path, on, folders)

    def write_report(self, screening: Any, path: Path, *, workspace_path: Path, folders: Sequence[str],
                     language: str) -> None:
        """Write a report in the format of its suffix."""
        from layers.workspace import Workspace

        if path.suffix.lower() == ".json":
            path.write_bytes(screening.to_json().encode())
            return
        from sanxian.reports import write_report

        with Workspace.open(workspace_path, readonly=True) as workspace:
            write_report(screening, path, workspace=workspace, ruleset=self.ruleset(workspace, folders),
                         language=language)

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
        if source == target:
            return geometry
        import numpy as np
        from pyproj import CRS

        from spatial.crs import transform

        return transform(np.array([geometry], dtype=object), CRS.from_user_input(source),
                         CRS.from_user_input(target))[0]

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
