"""The only place where the window calls the rest of the program; every import here waits until it is needed.

A test passes the window another object with these methods.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from gui.session import STATE_KEY, Session, Site
from gui.tasks import Report


class Engine:
    """Workspaces, files, screenings and reports, as the window needs them."""

    def __init__(self) -> None:
        self._rulesets: dict[Any, Any] = {}

    def load(self) -> None:
        """Import everything that takes its time; run in another thread just after the window is shown."""
        import geopandas  # noqa: F401
        import pyogrio  # noqa: F401
        import pyproj  # noqa: F401
        import shapely  # noqa: F401

        import layers.read
        import layers.workspace
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
        from sanxian.request import projects_layer

        workspace = session.workspace
        former = [record.name for record in workspace.by_role("project_site")]
        if session.sites:
            layer = projects_layer([self.project(site) for site in session.sites], name="projects")
            workspace.add(layer, replace="projects" in former)
        for name in former:
            if name != "projects" or not session.sites:
                workspace.remove(name)

    # -- files -----------------------------------------------------------------------------------------------------
    def list_layers(self, path: Path) -> list[Any]:
        """The layers of a vector file."""
        from layers.read import list_layers

        return list_layers(path)

    def read_layer(self, path: Path, role: str, **options: Any) -> Any:
        """Read and check a file as a layer of ``role``."""
        from layers.read import read_layer

        return read_layer(path, role, **options)

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

    def industries(self) -> list[tuple[str, str]]:
        """Code and name of every industry of GB/T 4754, or nothing where the list is not there."""
        try:
            from layers.codelist import industries
        except ImportError:
            return []
        return industries()

    # -- projects --------------------------------------------------------------------------------------------------
    def project(self, site: Site) -> Any:
        """The project as the engine takes it."""
        from sanxian.request import Project

        return Project(id=site.id, name=site.name, attributes=dict(site.attributes), geometry=site.geometry,
                       crs=site.crs, row=None)

    def read_projects(self, path: Path, **options: Any) -> list[Site]:
        """The projects of a file."""
        from sanxian.request import load_projects

        return [self.site(project) for project in load_projects(path, **options)]

    def stored_sites(self, workspace: Any) -> list[Site]:
        """The projects that a workspace holds."""
        from sanxian.request import load_projects

        return [self.site(project) for record in workspace.by_role("project_site")
                for project in load_projects((workspace, record.name))]

    @staticmethod
    def site(project: Any) -> Site:
        """A project of the engine as the window keeps it."""
        known = {name: value for name, value in project.attributes.items() if value is not None}
        return Site(id=str(project.id), name=str(project.name or ""), geometry=project.geometry,
                    crs=str(project.crs), attributes=known)

    # -- screening -------------------------------------------------------------------------------------------------
    def ruleset(self, workspace: Any, folders: Sequence[str] = ()) -> Any:
        """The program's own rules, those of ``folders`` and those that the workspace carries."""
        from sanxian.screen import load_rules

        return load_rules(workspace, [Path(folder) for folder in folders])

    def screen(self, path: Path, sites: Sequence[Site], *, on: date, folders: Sequence[str], report: Report) -> Any:
        """Judge projects; runs in another thread, so it opens the workspace for itself."""
        from layers.workspace import Workspace
        from sanxian.screen import screen

        with Workspace.open(path, readonly=True) as workspace:
            return screen(workspace, [self.project(site) for site in sites], self.ruleset(workspace, folders), on=on,
                          progress=report.or_stop)

    def documents(self, workspace: Any, folders: Sequence[str] = ()) -> Mapping[str, Any]:
        """The register of laws, by key."""
        return self.ruleset(workspace, folders).documents

    def write_report(self, screening: Any, path: Path, *, workspace_path: Path, folders: Sequence[str],
                     language: str) -> None:
        """Write a report in the format of its suffix."""
        from layers.workspace import Workspace

        if path.suffix.lower() == ".json":
            path.write_text(screening.to_json(), encoding="utf-8")
            return
        from sanxian.reports import write_report

        with Workspace.open(workspace_path, readonly=True) as workspace:
            write_report(screening, path, workspace=workspace, ruleset=self.ruleset(workspace, folders),
                         language=language)

    def build_demo(self, folder: Path) -> tuple[Path, list[Path]]:
        """Draw the made-up district; the workspace, and the files of projects beside it."""
        from sanxian.demo import build

        workspace = Path(build(folder))
        return workspace, sorted(path for path in folder.glob("projects.*") if path.suffix in (".gpkg", ".geojson"))

    # -- words -----------------------------------------------------------------------------------------------------
    def reason(self, outcome: Any) -> str:
        """Why an outcome is what it is."""
        from sanxian.messages import reason_words

        return reason_words(outcome)

    def missing(self, key: str) -> str:
        """What to obtain."""
        from sanxian.messages import missing_words

        return missing_words(key)

    def error(self, error: BaseException) -> str:
        """An error in words."""
        from sanxian.messages import words

        return words(error)

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

    def measure(self, geometry: Any, crs: str) -> tuple[float, float]:
        """Area in m² and length of outline or line in m, both on the ellipsoid."""
        import numpy as np
        from pyproj import CRS

        from spatial.measure import area_m2, length_m

        geometries, system = np.array([geometry], dtype=object), CRS.from_user_input(crs)
        return float(area_m2(geometries, system)[0]), float(length_m(geometries, system)[0])


