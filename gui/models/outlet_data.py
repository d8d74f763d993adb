"""What the window's part on outlets knows of a workspace on a day; read in another thread, all of it at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from gui.tasks import Report


@dataclass
class OutletRow:
    """One outlet in the table.

    Attributes:
        node: Its id in the chain.
        stage: Key of a stage, ``unknown`` before it was found.
        overdue: ``None`` where no deadline was set.
        findings: What the audit found about it.
        unconfirmed: It is remediated by its steps, yet the register does not say that the criteria are met.
    """

    outlet: Any
    track: Any
    node: str
    stage: str
    overdue: bool | None
    findings: list[Any] = field(default_factory=list)
    advice: Any = None
    unconfirmed: bool = False


@dataclass
class OutletData:
    """A register with everything that follows from it on a day."""

    on: date
    scope: str
    rows: list[OutletRow]
    kept: Mapping[str, Any]
    chain: Any
    findings: Sequence[Any]
    summaries: Mapping[str, Any]
    through: Sequence[Any]
    quality: Any
    results: Sequence[Any]
    steps: Sequence[Any]

    def row_of(self, outlet_id: str) -> OutletRow | None:
        """The first row of an outlet."""
        return next((row for row in self.rows if row.outlet.id == outlet_id), None)


CUTS = ("", "river", "county", "class", "remedy", "scale", "side")


def load(path: Path, on: date, scope: str, report: Report) -> OutletData | None:
    """Read a workspace's outlets; ``None`` where it has none.

    Raises:
        OutletError: Something that the workspace keeps makes no sense.
        WorkspaceError: It cannot be read.
    """
    from layers.workspace import Workspace
    from sanxian.outlets import advice, audit, bulk, chain, coverage, register, stages, water

    with Workspace.open(path, readonly=True) as workspace:
        outlets = register.read_register(workspace)
        if not outlets:
            return None
        report.or_stop(1, 6)
        kept = stages.read_tracks(workspace)
        tracks = stages.tracks_of(outlets, kept, on=on)
        graph = chain.read_chain(workspace, outlets)
        nodes = chain.outlet_ids(outlets)
        report.or_stop(2, 6)
        findings = audit.audit_workspace(workspace, on=on, outlets=outlets, chain=graph)
        by_outlet: dict[str, list[Any]] = {}
        for item in findings:
            if item.outlet is not None:
                by_outlet.setdefault(item.outlet, []).append(item)
        report.or_stop(3, 6)
        advisor = advice.advisor(workspace, outlets, on=on)
        rows, done = [], stages.done_rule(outlets)
        for outlet, track, node in zip(outlets, tracks, nodes, strict=True):
            stage = track.stage(on)
            rows.append(
                OutletRow(
                    outlet,
                    track,
                    node,
                    str(stage) if stage else "unknown",
                    stages.overdue(outlet, on, done),
                    by_outlet.get(outlet.id, []),
                    advisor.advise(outlet),
                    stage in stages.ORDER[stages.ORDER.index(stages.Stage.REMEDIATED) :]
                    and outlet.remedy != "none" and done(outlet, on) is not True,
                )
            )
        report.or_stop(4, 6)
        sources = coverage.read_sources(workspace, outlets)
        summaries = {cut: sources.summary(on=on, by=cut or None, scope=scope) for cut in CUTS}
        through = sources.progress(on=on, scope=scope)
        report.or_stop(5, 6)
        results = water.read_results(workspace, outlets)
        quality = water.assess(results, outlets, water.read_sections(workspace), sources.banks, on=on)
        return OutletData(
            on, scope, rows, kept, graph, findings, summaries, through, quality, results, bulk.steps(workspace)
        )


# --- the map --------------------------------------------------------------------------------------------------------


def overlays(data: OutletData, make_layer: Any) -> list[Any]:
    """Outlets by stage, banks that nobody surveyed, and reaches that miss their target, as layers of the map, top first."""
    from sanxian.mapping.styles import LayerStyle, Symbol
    from sanxian.outlets import layers

    register = [row.outlet for row in data.rows]
    outlets = layers.outlets(register, [row.track for row in data.rows], on=data.on)
    order = {key: place for place, key in enumerate(layers.STAGE_LOOKS)}
    order["unknown"] = -1
    # What is furthest from being done is drawn last, so that it lies on top of what is.
    outlets = outlets.sort_values("stage", key=lambda column: -column.map(order), kind="stable").reset_index(drop=True)
    banks = layers.banks(data.summaries[""].stretches)
    reaches = layers.reaches(data.quality.reaches)
    stages = tuple(
        Symbol(
            key,
            key,
            key,
            fill=colour,
            fill_opacity=1.0,
            outline="#ffffff",
            outline_width=0.8,
            marker=marker,
            size=13.0,
            letter=layers.mark(key if key != "unknown" else None),
        )
        for key, (_letter, colour, marker) in reversed(layers.STAGE_LOOKS.items())
    )
    stages = (*stages[1:], stages[0])  # the class for every other value comes last; what is drawn last lies on top
    white = Symbol(None, "", "", fill_opacity=0.0, outline="#ffffff", outline_width=4.4)
    unknown = Symbol(None, "", "", fill_opacity=0.0, outline="#4d4d4d", outline_width=2.0, dash=(5.0, 4.0))
    surveyed = Symbol(None, "", "", fill_opacity=0.0, outline="#2166ac", outline_width=2.6)
    over = Symbol(None, "", "", fill_opacity=0.0, outline="#d7191c", outline_width=20.0)

    def lines(symbol: Symbol) -> LayerStyle:
        return LayerStyle("river_bank", "single", "", (symbol,))

    def layer(key: str, frame: Any, style: LayerStyle, opacity: float = 1.0) -> Any:
        return make_layer(
            id=f"outlets:{key}",
            name=key,
            role="",
            frame=frame,
            visible=True,
            opacity=opacity,
            style=style,
            labels=False,
        )

    def part(frame: Any, state: str) -> Any:
        return frame[frame["state"] == state].reset_index(drop=True)

    return [
        layer("stage", outlets, LayerStyle("discharge_outlet", "categorised", "stage", stages)),
        layer("unknown", part(banks, "unknown"), lines(unknown)),
        layer("unknown-under", part(banks, "unknown"), lines(white)),
        layer("surveyed", part(banks, "surveyed"), lines(surveyed)),
        layer("exceeds", part(reaches, "exceeds"), lines(over), 0.45),
    ]
