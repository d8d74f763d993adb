"""Outlets, banks and reaches as layers to be drawn: by the window, on a sheet, on a web map.

Every state has a letter or a dash besides its colour. What nobody looked at is drawn as unknown, never left out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING

from shapely.geometry import Point

from sanxian.i18n import N_, _
from sanxian.outlets import stages
from sanxian.outlets.banks import Stretch
from sanxian.outlets.coverage import group_words
from sanxian.outlets.register import Outlet
from sanxian.outlets.stages import Stage, Track
from sanxian.outlets.water import Reach

if TYPE_CHECKING:
    import geopandas

    from layers.workspace import LayerRecord, Workspace

CRS = "EPSG:4490"
# Stage: letter, colour, marker. A round mark is work to be done, a square one is work done; the letter says which stage, and
# colours that weak colour vision mixes up differ in lightness.
STAGE_LOOKS: Mapping[str, tuple[str, str, str]] = {
    "found": (N_("查"), "#67001f", "circle"),
    "monitored": (N_("测"), "#b2182b", "circle"),
    "traced": (N_("溯"), "#e0603a", "circle"),
    "planned": (N_("案"), "#fdae61", "circle"),
    "remediated": (N_("治"), "#5aae61", "square"),
    "standardised": (N_("规"), "#1b7837", "square"),
    "accepted": (N_("销"), "#00441b", "square"),
    "unknown": ("?", "#6e6e6e", "diamond"),
}
REACH_WORDS: Mapping[str, str] = {"exceeds": N_("超标河段"), "meets": N_("达标河段"), "unknown": N_("水质未知河段")}


def mark(stage: Stage | str | None) -> str:
    """The letter of a stage in the language of the moment."""
    letter, _colour, _marker = STAGE_LOOKS[str(stage) if stage else "unknown"]
    return _(letter)


def outlets(
    register: Sequence[Outlet],
    tracks: Sequence[Track],
    *,
    on: date,
    problems: Mapping[str, Sequence[str]] | None = None,
) -> geopandas.GeoDataFrame:
    """One point for each outlet with a place; ``register`` is the whole of one.

    Columns: ``id``, ``name`` (the stage's letter, for labels), ``title`` (the outlet's name), ``stage``, ``stage_title``,
    ``overdue`` (yes, no, unknown), ``remedy``, ``kind``, ``river``, ``side``, ``county``, ``problems`` (kinds of findings,
    ``;``-separated), ``place`` (its place in ``register``).
    """
    import geopandas

    done = stages.done_rule(register)
    rows, shapes = [], []
    for place, (outlet, track) in enumerate(zip(register, tracks, strict=True)):
        if outlet.place is None:
            continue
        stage = track.stage(on)
        overdue = stages.overdue(outlet, on, done)
        rows.append(
            {
                "id": outlet.id,
                "name": mark(stage),
                "title": outlet.name,
                "stage": str(stage) if stage else "unknown",
                "stage_title": _(stages.STAGE_WORDS[stage]) if stage else _("未知"),
                "overdue": {True: "yes", False: "no", None: "unknown"}[overdue],
                "remedy": outlet.remedy or "unknown",
                "kind": group_words(outlet.classified.kind or "unknown"),
                "river": outlet.river or "",
                "side": outlet.get("bank_side") or "",
                "county": outlet.get("county") or "",
                "problems": ";".join(sorted(set((problems or {}).get(outlet.id, ())))),
                "place": place,
            }
        )
        shapes.append(Point(outlet.place.lon, outlet.place.lat))
    columns = [
        "id",
        "name",
        "title",
        "stage",
        "stage_title",
        "overdue",
        "remedy",
        "kind",
        "river",
        "side",
        "county",
        "problems",
        "place",
    ]
    return geopandas.GeoDataFrame(rows, columns=columns, geometry=shapes, crs=CRS)


def banks(pieces: Sequence[Stretch]) -> geopandas.GeoDataFrame:
    """Stretches of bank; ``state`` is ``surveyed`` or ``unknown``, chainages and lengths are metres."""
    import geopandas

    rows = [
        {
            "state": "surveyed" if piece.surveyed else "unknown",
            "river": piece.bank.river,
            "side": piece.bank.side or "",
            "bank": piece.bank.name,
            "from_m": round(piece.from_m, 1),
            "to_m": round(piece.to_m, 1),
            "length_m": round(piece.length_m, 1),
            "on": piece.on.isoformat() if piece.on else "",
        }
        for piece in pieces
    ]
    columns = ["state", "river", "side", "bank", "from_m", "to_m", "length_m", "on"]
    return geopandas.GeoDataFrame(rows, columns=columns, geometry=[piece.lonlat for piece in pieces], crs=CRS)


def reaches(found: Sequence[Reach]) -> geopandas.GeoDataFrame:
    """Reaches of rivers; ``state`` is ``exceeds``, ``meets`` or ``unknown``, ``upper`` and ``lower`` are sections."""
    import geopandas

    rows = [{key: ("" if value is None else value) for key, value in reach.to_dict().items()} for reach in found]
    columns = ["river", "upper", "lower", "from_m", "to_m", "length_m", "state", "why", "on", "class", "target"]
    return geopandas.GeoDataFrame(rows, columns=columns, geometry=[reach.lonlat for reach in found], crs=CRS)


WORK = "work_state"  # the column that maps and lists tell outlets apart by


def with_states(workspace: Workspace, record: LayerRecord, frame: geopandas.GeoDataFrame, *, on: date) -> geopandas.GeoDataFrame:
    """Features of a ``discharge_outlet`` layer with the state of their remediation on a day, in the column ``work_state``.

    It is told as the figures tell it (``stages.work_state``), by the rule that holds for the whole register and not by the
    words of the stage. Features of other roles come back as they are.
    """
    return frame if record.role != "discharge_outlet" else stated(frame, states(workspace, record, on=on))


def states(workspace: Workspace, record: LayerRecord, *, on: date) -> dict[int, str | None]:
    """The state of each outlet of a layer on a day, by its ``fid``."""
    from sanxian.outlets import register

    every = register.read_register(workspace) if record.current else register.from_frame(
        workspace.read(record.name), layer=record.name)
    done = stages.done_rule(every)
    return {item.fid: stages.work_state(item, on, done) for item in every if item.layer == record.name}


def stated(frame: geopandas.GeoDataFrame, states: Mapping[int, str | None]) -> geopandas.GeoDataFrame:
    """Outlets with their states in the column ``work_state``."""
    frame = frame.copy()
    frame[WORK] = [states.get(int(fid)) for fid in frame["fid"]]
    return frame


def nowhere(workspace: Workspace, record: LayerRecord) -> int:
    """How many outlets of a layer no map can show, because nobody knows where they are."""
    if record.role != "discharge_outlet":
        return 0
    if not record.current:
        return len(workspace.read_unplaced(record.name))
    from sanxian.outlets import register

    return sum(item.layer == record.name for item in register.unplaced(register.read_register(workspace)))


def nowhere_words(count: int) -> str:
    """That outlets are not on the map, for the map that does not show them."""
    return _("另有 {count} 个排污口没有点位坐标，图上没有；各项指标仍计入。").format(count=count)


def of_workspace(workspace: Workspace, *, on: date) -> dict[str, geopandas.GeoDataFrame]:
    """``outlets``, ``banks`` and ``reaches`` of a workspace on a day, in EPSG:4490."""
    from sanxian.outlets import audit, coverage, register, water

    found = register.read_register(workspace)
    tracks = stages.tracks_of(found, stages.read_tracks(workspace), on=on)
    problems: dict[str, list[str]] = {}
    for item in audit.audit_workspace(workspace, on=on, outlets=found):
        if item.outlet:
            problems.setdefault(item.outlet, []).append(item.finding)
    summary = coverage.read_sources(workspace, found).summary(on=on)
    return {
        "outlets": outlets(found, tracks, on=on, problems=problems),
        "banks": banks(summary.stretches),
        "reaches": reaches(water.load(workspace, on=on).reaches),
    }
