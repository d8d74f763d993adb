"""Millions of sites screened in columns: streamed in chunks, resumable, with results in one GeoParquet file.

Every verdict is the one that ``sanxian screen`` gives. Overlaps and distances come from layers prepared once; where
these cannot decide a site with certainty, the site is screened on its own. A chunk that is done stands in a folder
beside the result, so that a run that was killed goes on where it stopped; the result itself appears when all is done.
"""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import json
import os
import shutil
import signal
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import shapely
from pyproj import CRS

from layers.files import digest
from layers.issues import Issue, counted
from rules.attributes import ATTRIBUTES, ValueRefused, parse_value
from rules.conditions import Attribute
from rules.model import Verdict
from sanxian import __version__
from sanxian.apart import end_with_parent
from sanxian.batch_facts import OPEN, Layers, RoleInZone, SitesInZone
from sanxian.batch_rules import VERDICTS, RuleColumns, UnitsMet, attribute_codes, distinct, missing_word
from sanxian.errors import TellingError
from sanxian.i18n import N_
from sanxian.prepared_layers import Cache, cache_folder, lonlat_bounds, workspace_stamp, zone_code
from sanxian.request import (
    HALF_OUTLET,
    Project,
    RequestError,
    _listed,
    _refusal,
    _text,
    attribute_columns,
    contradictory,
    drop_contradictions,
    ignored_columns,
    is_address,
    must_be_attributes,
    must_keep_zeros,
    projects_of,
    row_ids,
    row_list,
    with_places,
)
from sanxian.result import BATCH_SCHEMA, ProjectResult, Screening
from sanxian.screen import Cancelled, Screener, rule_set
from spatial.crs import CGCS2000, STRAIGHT_M, gauss_kruger_3deg, transform, units
from spatial.errors import SpatialError
from spatial.overlay import once
from spatial.prepared import has_grid

if TYPE_CHECKING:
    from layers.whereabouts import Around
    from layers.workspace import Workspace

FORMAT = 6  # of the parts: those of an earlier one are made again
CHUNK = 50_000
_EDGE_DEGREES = 0.3  # a site may reach this far out of its zone and still find all that lies near it prepared
_PLAIN_KINDS = (0, 1, 3, 5, 6)
_ROW = "__row"  # staged beside the attributes: the number that a row has in its own file
_OWN = ("accuracy_m", "outlet_lon", "outlet_lat")  # numbers of each site that measuring uses and rules hardly ask about


class BatchError(TellingError):
    """A batch that cannot be run as it was asked for."""


@dataclass(frozen=True, slots=True)
class Job:
    """All that a process needs to know to screen a chunk.

    Attributes:
        workspace: The layers.
        projects: The projects as one GeoParquet file under contract names, one row a project.
        threads: For the grid, within this process.
    """

    workspace: Path
    projects: Path
    file: str
    on: date
    rules: tuple[Path, ...]
    parameters: Mapping[str, float]
    explain: bool
    chunk: int
    threads: int | None
    cache: Path | None


@dataclass(frozen=True, slots=True)
class Done:
    """What a batch came to.

    Attributes:
        verdicts: How many projects have each verdict.
        alone: How many were screened on their own, because columns could not decide them.
        failed: How many could not be measured; the result says why.
        doubts: What is doubtful about sites and cells and does not stop the screening, as ``layers.issues.Issue``.
        left_out: Why rows without a usable place were left out, one issue a row.
        law_from: Since when all rules are known, where the day asked about is before it; else ``None``.
    """

    projects: int
    verdicts: Mapping[str, int]
    alone: int
    failed: int
    doubts: tuple[Issue, ...] = ()
    left_out: tuple[Issue, ...] = ()
    law_from: date | None = None


# ---------------------------------------------------------------------------------------------------- one process


class Batch:
    """Screens chunks of projects in columns; layers are read and prepared once.

    Args:
        workspace: Its layers, parameters and overrides are used.
        screener: Screens single sites, and holds the rules, the day and the layers.
        cache: Where preparations are kept.
        explain: Also write the explanation of every outcome, which screens every site on its own.
        threads: For the grid.
    """

    def __init__(
        self, screener: Screener, cache: Cache, *, explain: bool = False, threads: int | None = None
    ) -> None:
        self._screener = screener
        self._explain = explain
        self._threads = threads
        self._rules = RuleColumns(screener.today, screener.on)
        self.layers = Layers(screener.workspace, screener.searches, cache)
        self._overruled = {item.project for item in screener.overrides}
        self._record: Screening | None = None
        self._unit_tables: dict[str, _UnitTable] = {}
        self.rule_ids = tuple(rule.id for rule in self._rules.rules)

    def screen(
        self, frame: geopandas.GeoDataFrame, numbers: np.ndarray, file: str
    ) -> tuple[pa.Table, int, list[Issue]]:
        """The result of some projects, one row each in their order, how many were screened on their own, and doubts.

        Args:
            frame: Contract columns as text, geometry, CRS.
            numbers: Which rows of the file they are, from 1.
            file: Name of the file, for errors.

        Raises:
            RequestError: A cell says something that its attribute cannot be.
        """
        count = len(frame)
        chunk = _Chunk.of(frame, numbers, file)
        result = _Rows(count, self.rule_ids)
        alone = np.zeros(count, dtype=bool)
        lonlat, zones, sound = _placed(chunk, alone)
        alone |= ~sound
        alone |= np.array([one in self._overruled for one in chunk.ids], dtype=bool)
        asked = {leaf.name for leaf in self._rules.leaves.values() if isinstance(leaf, Attribute)}
        if self._explain or asked & set(_OWN):
            alone[:] = True
        known = {
            key: np.array(attribute_codes(self._rules.codes, leaf, chunk.profiles), dtype=np.int64)
            for key, leaf in self._rules.leaves.items()
            if isinstance(leaf, Attribute)
        }
        spatial = [(key, leaf) for key, leaf in self._rules.leaves.items() if not isinstance(leaf, Attribute)]
        columns = {key: np.full(count, OPEN) for key, _ in spatial}
        situations = _Situations(count)
        wide = np.ptp(shapely.bounds(chunk.geometry).reshape(-1, 2, 2), axis=1)
        long = ~(np.hypot(wide[:, 0], wide[:, 1]) <= units(STRAIGHT_M, chunk.crs))
        for zone_lon in np.unique(zones[~alone]):
            chosen = np.flatnonzero(~alone & (zones == zone_lon))
            zone = gauss_kruger_3deg(float(zone_lon))
            sites = _carried(chunk.geometry[chosen], long[chosen], chunk.crs, zone)
            fine = shapely.is_valid(sites) & ~shapely.is_missing(sites)
            alone[chosen[~fine]] = True
            chosen, sites = chosen[fine], sites[fine]
            if len(chosen):
                alone[chosen] |= self._zone(chunk, chosen, once(sites), sites, zone, spatial, columns, situations, result)
                self.layers.rest(zone)
        rest = np.flatnonzero(~alone)
        if rest.size:
            said = self._rules.judge(
                {key: column[rest] for key, column in columns.items()}, known, chunk.profile_of[rest],
                situations.found, situations.of[rest],
            )  # fmt: skip
            complete_from = self._screener.rules.complete_from
            if complete_from is not None and self._screener.on < complete_from:  # only a ban stands where law may be missing
                prohibited = VERDICTS.index(Verdict.PROHIBITED)
                said.verdict[said.verdict != prohibited] = VERDICTS.index(Verdict.UNDETERMINED)
            result.verdict[rest] = said.verdict
            result.outcome[:, rest] = said.outcome
            lists, member = said.missing()
            result.missing[rest] = len(result.words) + member
            result.words += lists
            alone[rest[said.open]] = True
        result.drop_units(alone)
        for row in np.flatnonzero(alone):
            self._one(chunk, int(row), result)
        return result.table(chunk, lonlat, explain=self._explain), int(alone.sum()), chunk.doubts

    def _zone(
        self,
        chunk: _Chunk,
        chosen: np.ndarray,
        sites: np.ndarray,
        drawn: np.ndarray,
        zone: CRS,
        spatial: Sequence[tuple[tuple[Any, ...], Any]],
        columns: Mapping[tuple[Any, ...], np.ndarray],
        situations: _Situations,
        result: _Rows,
    ) -> np.ndarray:
        """Measure the sites of one zone; returns those that must be screened on their own."""
        layers, codes = self.layers, self._rules.codes
        are_outlets = np.array([profile.get("site_is_outlet") is True for profile in chunk.profiles], dtype=bool)
        asked = SitesInZone(
            layers, zone, sites, chunk.number("accuracy_m")[chosen], chunk.outlets[chosen],
            are_outlets[chunk.profile_of[chosen]], self._screener.parameters, codes.named, threads=self._threads,
        )  # fmt: skip
        for key, leaf in spatial:
            columns[key][chosen] = asked.answers(leaf)
        try:
            units = layers.role("control_unit", zone)
            redline = layers.role("ecological_redline", zone)
        except SpatialError:
            return np.ones(len(chosen), dtype=bool)
        areas, lengths = asked.sizes()
        again = np.flatnonzero((asked.kinds == 1) & (drawn != sites))
        if again.size:  # a line that runs over itself is as long as it was drawn
            from spatial.measure import length_m

            lengths = lengths.copy()
            lengths[again] = length_m(drawn[again], zone)
        lost = np.zeros(len(chosen), dtype=bool)
        if units is not None and units.count:
            if zone.srs not in self._unit_tables:
                self._unit_tables[zone.srs] = _UnitTable.of(units, self._rules.unit_class)
            table = self._unit_tables[zone.srs]
            situations.add(asked, units, table.classes, chosen)
            _, own = asked.sizes()
            met = asked.met(units)
            shared, share = asked.unit_shares(met, units, areas, np.where(asked.kinds == 1, own, 1.0))
            result.add_units(chosen[met.site], table.codes[met.feature], table.rank[met.feature], shared, share)
        if redline is not None and redline.count:
            met = asked.met(redline)
            lost |= met.lost
            area = asked.union_m2(met, redline, asked.shared_m2(met, redline, areas))
            over, _ = asked.covered(redline, 0.0)
            hit = np.zeros(len(chosen), dtype=bool)
            hit[met.site] = True
            flat = asked.kinds == 2
            lost |= flat & (over == -1) & ~hit
            # nothing found where nobody has looked is not 0, and no more has a line or point an area
            result.redline[chosen] = np.where((area > 0) | (flat & (hit | (over == 1))), area, np.nan)
        result.area[chosen], result.length[chosen] = areas, lengths
        result.crs[chosen] = f"EPSG:{zone_code(zone)}"
        return lost

    def _one(self, chunk: _Chunk, row: int, result: _Rows) -> None:
        """Screen one site on its own."""
        project = chunk.project(row)
        try:
            found = self._screener.screen_one(project)
        except SpatialError as error:
            result.fail(row, str(error))
            return
        result.fill(row, found)
        if self._explain:
            if self._record is None:
                self._record = self._screener.finish([])
            one = self._record._project(found)  # noqa: SLF001
            result.explanation[row] = json.dumps(one["outcomes"], ensure_ascii=False, sort_keys=True)


@dataclass(frozen=True, slots=True)
class _UnitTable:
    """The control units of a zone: class, code, and place in the order by code and name."""

    classes: np.ndarray
    codes: np.ndarray
    rank: np.ndarray

    @classmethod
    def of(cls, units: RoleInZone, unit_class: Callable[[Any], int]) -> _UnitTable:
        from layers.schema import feature_label

        known: dict[Any, int] = {}
        classes = np.empty(len(units.attributes), dtype=np.int64)
        codes = np.empty(len(units.attributes), dtype=object)
        names: list[tuple[str, str]] = []
        for place, item in enumerate(units.attributes):
            code = item.get("code")
            if code not in known:
                known[code] = unit_class(code)
            classes[place], codes[place] = known[code], str(code or "")
            names.append((codes[place], str(item.get("name") or feature_label("control_unit", item))))
        order = {name: number for number, name in enumerate(sorted(set(names)))}
        return cls(classes, codes, np.array([order[name] for name in names], dtype=np.int64))


class _Situations:
    """The distinct situations of sites among control units, and which is each site's."""

    def __init__(self, count: int) -> None:
        self.found: list[UnitsMet | None] = [UnitsMet(((), (), False, False)), None]
        self.of = np.zeros(count, dtype=np.int64)
        self._known: dict[Any, int] = {None: 1}

    def add(self, asked: SitesInZone, units: RoleInZone, classes: np.ndarray, chosen: np.ndarray) -> None:
        met, whole = asked.units_met(units)
        count = len(asked)
        inside, beside = classes[met.feature], classes[met.near_feature]
        # Nearly all sites meet units of one class: then its first and last are the same, and say it all.
        most = np.iinfo(np.int64).max
        bounds = []
        for site, member in ((met.site, inside), (met.near_site, beside)):
            low, high = np.full(count, most), np.full(count, -1)
            np.minimum.at(low, site, member)
            np.maximum.at(high, site, member)
            bounds += [np.where(high < 0, -1, low), high]
        rows, member = distinct([bounds[0] + 1, bounds[1] + 1, bounds[2] + 1, bounds[3] + 1, whole + 1], count)
        member = np.array([self._simple(*row) for row in (rows - 1).tolist()], dtype=np.int64)[member]
        mixed = np.flatnonzero(member < 0)
        if mixed.size:
            flags = np.zeros(count, dtype=bool)
            flags[mixed] = True
            sets: dict[int, tuple[set[int], set[int]]] = {site: (set(), set()) for site in mixed.tolist()}
            for place, (site, classed) in enumerate(((met.site, inside), (met.near_site, beside))):
                here = flags[site]
                for one, value in zip(site[here].tolist(), classed[here].tolist(), strict=True):
                    sets[one][place].add(value)
            for site, (into, near) in sets.items():
                member[site] = self._key((tuple(sorted(into)), tuple(sorted(near)), whole[site] == 1, True))
        self.of[chosen] = member

    def _simple(self, low: int, high: int, near_low: int, near_high: int, whole: int) -> int:
        if whole < 0:
            return 1
        if low != high or near_low != near_high:
            return -1
        return self._key(((low,) if low >= 0 else (), (near_low,) if near_low >= 0 else (), whole == 1, True))

    def _key(self, key: Any) -> int:
        if key not in self._known:
            self._known[key] = len(self.found)
            self.found.append(UnitsMet(key))
        return self._known[key]


def _carried(geoms: np.ndarray, long: np.ndarray, crs: CRS, zone: CRS) -> np.ndarray:
    """Sites in another CRS, ``None`` where one has no place there; only those with a long edge are split first."""
    found = np.full(len(geoms), None, dtype=object)
    try:
        found[~long] = transform(geoms[~long], crs, zone)
        found[long] = transform(geoms[long], crs, zone, straight_m=STRAIGHT_M)
    except SpatialError:
        for row, one in enumerate(geoms):
            with contextlib.suppress(SpatialError):
                found[row] = transform(one, crs, zone, straight_m=STRAIGHT_M)
    return found


def _placed(chunk: _Chunk, alone: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The sites in EPSG:4490, the middle longitude of the zone of each, and whether columns can hold it."""
    kinds = shapely.get_type_id(chunk.geometry)
    sound = np.isin(kinds, _PLAIN_KINDS) & shapely.is_valid(chunk.geometry) & ~shapely.is_empty(chunk.geometry)
    count = len(chunk.geometry)
    wide = np.ptp(shapely.bounds(chunk.geometry).reshape(-1, 2, 2), axis=1)
    long = ~(np.hypot(wide[:, 0], wide[:, 1]) <= units(STRAIGHT_M, chunk.crs))
    try:
        lonlat = np.asarray(transform(chunk.geometry, chunk.crs, CGCS2000), dtype=object)
        dense = lonlat.copy()
        chosen = np.flatnonzero(long)
        chosen = chosen[_near_an_end(shapely.bounds(lonlat[chosen]))]
        dense[chosen] = transform(chunk.geometry[chosen], chunk.crs, CGCS2000, straight_m=STRAIGHT_M)
    except SpatialError:
        lonlat, dense = np.full(count, None, dtype=object), np.full(count, None, dtype=object)
        for row, one in enumerate(chunk.geometry):
            with contextlib.suppress(SpatialError):
                lonlat[row] = transform(one, chunk.crs, CGCS2000)
                dense[row] = transform(one, chunk.crs, CGCS2000, straight_m=STRAIGHT_M)
    bounds = shapely.bounds(dense)
    middle = (bounds[:, 0] + bounds[:, 2]) / 2
    with np.errstate(invalid="ignore"):
        zones = np.floor(middle / 3 + 0.5)
        sound &= np.isfinite(middle) & (zones >= 25) & (zones <= 45)
        zones = np.where(sound, zones * 3.0, 0.0)
        sound &= (bounds[:, 0] >= zones - 1.5 - _EDGE_DEGREES) & (bounds[:, 2] <= zones + 1.5 + _EDGE_DEGREES)
    return lonlat, zones, sound


def _near_an_end(bounds: np.ndarray) -> np.ndarray:
    """Boxes in longitude and latitude whose zone may be another one once the edges of their sites are split.

    An edge of ``s`` metres bends by s² / 8R, and 1,000 km by two parts in a hundred; with a twentieth to spare, most
    boxes lie clear of where anything is decided.
    """
    west, south, east, north = bounds.T
    spare = 0.05 * np.maximum(east - west, north - south) + 1e-6
    middle = (west + east) / 2
    with np.errstate(invalid="ignore"):
        zones = np.floor(middle / 3 + 0.5)
        clear = (np.floor((middle - spare) / 3 + 0.5) == zones) & (np.floor((middle + spare) / 3 + 0.5) == zones)
        for out in (3 * zones - 1.5 - _EDGE_DEGREES - west, east - (3 * zones + 1.5 + _EDGE_DEGREES)):
            clear &= np.abs(out) > spare
    return ~clear


# ---------------------------------------------------------------------------------------------------- projects, rows


@lru_cache(maxsize=8)
def _crs_text(wkt: str) -> str:
    """A CRS as a single screening names it; to find its EPSG code, the whole database is searched."""
    epsg = CRS.from_wkt(wkt).to_epsg()
    return f"EPSG:{epsg}" if epsg else wkt


def _texts(cells: pd.Series) -> list[str]:
    """Ids or names as text."""
    return [value.strip() if type(value) is str else _text(value) for value in cells.to_numpy(dtype=object)]


@dataclass(slots=True)
class _Chunk:
    """Some projects: what is known of each as one of few distinct profiles."""

    ids: list[str]
    names: list[str]
    geometry: np.ndarray
    crs: CRS
    crs_text: str
    profiles: list[dict[str, Any]]
    profile_of: np.ndarray
    places: Mapping[str, np.ndarray]
    outlets: np.ndarray
    numbers: np.ndarray
    doubts: list[Issue]

    @classmethod
    def of(cls, frame: geopandas.GeoDataFrame, numbers: np.ndarray, file: str) -> _Chunk:
        """Read the cells of a frame, each distinct text once.

        Raises:
            RequestError: A cell says something that its attribute cannot be.
        """
        count = len(frame)
        columns = attribute_columns([str(name) for name in frame.columns if name != frame.geometry.name])
        from layers.codelist import unknown

        member = np.zeros(count, dtype=np.int64)
        values: dict[str, list[Any]] = {}
        place: dict[str, np.ndarray] = {}
        refused: list[tuple[int, str, str]] = []
        own: dict[str, np.ndarray] = {}
        for name, (column, *others) in columns.items():
            if name not in ATTRIBUTES:
                continue
            assert not others  # staging has settled them
            code, texts = pd.factorize(frame[column].to_numpy(dtype=object), use_na_sentinel=False)
            values[name] = []
            for number, text in enumerate(texts):
                try:
                    value = parse_value(ATTRIBUTES[name], text)
                    strange = unknown(value) if name == "industry_code" and value is not None else ()
                    if strange:
                        refused.append((int(np.flatnonzero(code == number)[0]), column, "；".join(strange)))
                    values[name].append(value)
                except ValueRefused as error:
                    values[name].append(None)
                    refused.append((int(np.flatnonzero(code == number)[0]), column, str(error)))
            if name in _OWN:
                stated = np.array([np.nan if value is None else float(value) for value in values[name]])
                own[name] = stated[code]
                place[name] = code
                continue
            place[name] = code
            member = pd.factorize(member * len(texts) + code)[0]
        nowhere = np.full(count, np.nan)
        lon, lat = (np.isfinite(own.get(name, nowhere)) for name in ("outlet_lon", "outlet_lat"))
        half = (columns.get("outlet_lon") or columns.get("outlet_lat") or [""])[0]
        refused += [(row, half, HALF_OUTLET) for row in np.flatnonzero(lon != lat).tolist()]
        if refused:
            cells = _listed([_refusal(int(numbers[row]), column, said) for row, column, said in sorted(refused)[:8]])
            raise RequestError(
                N_("{file}：有 {count} 处取值不认识：{cells}；请改为约定的取值，未知的留空。"),
                file=file, count=len(refused), cells=cells,
            )  # fmt: skip
        firsts = np.flatnonzero(~pd.Series(member).duplicated().to_numpy())
        profiles: list[dict[str, Any]] = [{} for _ in firsts]
        contradictions: list[tuple[int, str, str, str]] = []
        for row in firsts.tolist():
            profiles[member[row]] = {
                name: values[name][place[name][row]]
                for name in place
                if name not in own and values[name][place[name][row]] is not None
            }
            for said in drop_contradictions(profiles[member[row]]):
                contradictions += [(int(numbers[one]), *said) for one in np.flatnonzero(member == member[row]).tolist()]
        ids = _texts(frame[columns["id"][0]]) if "id" in columns else [""] * count
        ids = [value or f"P{numbers[row]}" for row, value in enumerate(ids)]
        names = _texts(frame[columns["name"][0]]) if "name" in columns else [""] * count
        text = _crs_text(frame.crs.to_wkt())
        return cls(
            ids, [name or one for name, one in zip(names, ids, strict=True)],
            np.asarray(frame.geometry.array, dtype=object), CRS.from_user_input(text), text,
            profiles, member, own, lon & lat, numbers, contradictory(sorted(contradictions)),
        )  # fmt: skip

    def number(self, name: str) -> np.ndarray:
        """A number that each project states; NaN where it states none."""
        return self.places.get(name, np.full(len(self.ids), np.nan))

    def project(self, row: int) -> Project:
        """One project, as a single screening takes it."""
        attributes = dict(self.profiles[self.profile_of[row]])
        attributes |= {name: float(values[row]) for name, values in self.places.items() if np.isfinite(values[row])}
        return Project(self.ids[row], self.names[row], self.geometry[row], self.crs_text, attributes, int(self.numbers[row]))


class _Rows:
    """The result of some projects, column by column."""

    def __init__(self, count: int, rule_ids: Sequence[str]) -> None:
        self.rule_ids = rule_ids
        self.verdict = np.full(count, VERDICTS.index(Verdict.UNDETERMINED), dtype=np.int8)
        self.reviewed = np.full(count, -1, dtype=np.int8)
        self.reviews: list[list[str] | None] = [None] * count
        self.outcome = np.full((len(rule_ids), count), -1, dtype=np.int8)
        self.area, self.length = np.zeros(count), np.zeros(count)
        self.redline = np.full(count, np.nan)
        self.crs = np.full(count, None, dtype=object)
        self.words: list[list[str]] = [[]]
        self.missing = np.zeros(count, dtype=np.int64)
        self.explanation: list[str | None] = [None] * count
        self.error: list[str | None] = [None] * count
        self._units: list[tuple[np.ndarray, ...]] = []

    def add_units(
        self, row: np.ndarray, code: np.ndarray, rank: np.ndarray, area: np.ndarray, share: np.ndarray
    ) -> None:
        """Control units that sites lie in; ``rank`` decides between equal shares."""
        self._units.append((row, code, rank, area, share))

    def drop_units(self, rows: np.ndarray) -> None:
        """Forget the control units of some rows."""
        self._units = [tuple(column[~rows[found[0]]] for column in found) for found in self._units]

    def fail(self, row: int, words: str) -> None:
        """A site that cannot be measured: undetermined, and the reason."""
        self.verdict[row] = VERDICTS.index(Verdict.UNDETERMINED)
        self.outcome[:, row] = -1
        self.area[row] = self.length[row] = self.redline[row] = np.nan
        self.missing[row] = 0
        self.crs[row], self.error[row] = None, words

    def fill(self, row: int, found: ProjectResult) -> None:
        """A site that was screened on its own."""
        self.verdict[row] = VERDICTS.index(found.verdict)
        if found.reviewed_verdict is not None:
            self.reviewed[row] = VERDICTS.index(found.reviewed_verdict)
            self.reviews[row] = [item.state for item in found.overrides]
        by_rule = {outcome.rule: outcome for outcome in found.outcomes}
        for place, rule in enumerate(self.rule_ids):
            self.outcome[place, row] = VERDICTS.index(by_rule[rule].outcome)
        self.area[row], self.length[row], self.crs[row] = found.site.area_m2, found.site.length_m, found.site.crs
        self.redline[row] = np.nan if found.redline_m2 is None else found.redline_m2
        count = len(found.control_units)
        self.add_units(
            np.full(count, row), np.array([unit.code for unit in found.control_units], dtype=object), np.arange(count),
            np.array([unit.area_m2 for unit in found.control_units]), np.array([unit.share for unit in found.control_units]),
        )  # fmt: skip
        self.missing[row] = len(self.words)
        self.words.append(sorted({missing_word(item) for outcome in found.outcomes for item in outcome.missing}))

    def table(self, chunk: _Chunk, lonlat: np.ndarray, *, explain: bool) -> pa.Table:
        """As an Arrow table whose rows are the projects in their order."""
        words = pa.array([str(verdict) for verdict in VERDICTS])

        def verdicts(places: np.ndarray) -> pa.Array:
            return pa.DictionaryArray.from_arrays(pa.array(places, pa.int8(), mask=places < 0), words)

        def numbers(values: np.ndarray) -> pa.Array:
            return pa.array(values, pa.float64(), mask=np.isnan(values))

        columns: dict[str, Any] = {
            "id": pa.array(chunk.ids, pa.string()),
            "name": pa.array(chunk.names, pa.string()),
            "verdict": verdicts(self.verdict),
            "reviewed_verdict": verdicts(self.reviewed),
            "review_states": pa.array(self.reviews, pa.list_(pa.string())),
            "area_m2": numbers(self.area),
            "length_m": numbers(self.length),
            "crs": pa.array(self.crs, pa.string()),
            **self._unit_columns(),
            "redline_m2": numbers(self.redline),
            "missing": pa.array(self.words, pa.list_(pa.string())).take(pa.array(self.missing)),
            "error": pa.array(self.error, pa.string()),
        }
        columns |= {f"rule:{rule}": verdicts(self.outcome[place]) for place, rule in enumerate(self.rule_ids)}
        if explain:
            columns["explanation"] = pa.array(self.explanation, pa.string())
        wkb = shapely.to_wkb(lonlat, byte_order=1, flavor="iso")
        columns["geometry"] = pa.array(wkb, pa.binary())
        return pa.table(columns)

    def _unit_columns(self) -> dict[str, pa.Array]:
        """Lists of control units, the largest share first."""
        nothing = (np.empty(0, np.int64), np.empty(0, object), np.empty(0, np.int64), np.empty(0), np.empty(0))
        row, code, rank, area, share = (np.concatenate(column) for column in zip(nothing, *self._units, strict=True))
        order = np.lexsort((area, rank, -share, row))
        offsets = pa.array(np.searchsorted(row[order], np.arange(len(self.verdict) + 1)), pa.int32())
        values = {
            "control_units": pa.array(code[order], pa.string()),
            "control_unit_m2": pa.array(area[order].astype(float), pa.float64()),
            "control_unit_share": pa.array(share[order].astype(float), pa.float64()),
        }
        return {name: pa.ListArray.from_arrays(offsets, column) for name, column in values.items()}


# ---------------------------------------------------------------------------------------------------- reading


def _stage(
    source: str | Path,
    workspace: Workspace,
    folder: Path,
    *,
    layer: str | None,
    crs: str | None,
    encoding: str | None,
    fields: Mapping[str, str] | None = None,
    values: Mapping[str, Mapping[str, str]] | None = None,
    elsewhere: bool = False,
    leave_out: bool = False,
    lost: Callable[[Sequence[Issue]], None] = lambda issues: None,
    doubts: Callable[[Sequence[Issue]], None],
    read: Callable[[Any], None] = lambda found: None,
) -> tuple[Path, str, str, int]:
    """The projects as a GeoParquet file that can be read in chunks.

    Returns:
        The file, the name to show, the digest of the source, and the number of projects.

    Raises:
        LayerError: The file cannot be read as projects.
        RequestError: A project has no place, or two rows of one id contradict each other.
    """
    from layers.read import read_projects
    from layers.whereabouts import around

    must_be_attributes(fields or {}, values or {})
    staged = folder / "projects.parquet"
    here = around(workspace)
    if is_address(source):
        path, whole = Path(str(source)), True
    else:
        path = Path(source)
        # What a person has said of such files, now or before, is for the reader of whole files, as for a single screening.
        whole = crs is not None or encoding is not None or bool(fields) or bool(values) or leave_out or _is_mapped(path, workspace)
        if not path.exists():
            record = next((item for item in workspace.layers() if item.name == str(source)), None)
            if record is not None:
                made = _write_staged(workspace.read(record.name), staged, record.name, record.accuracy_m)
                return made, record.name, record.sha256, _count(staged)
    if path.suffix.lower() in (".parquet", ".geoparquet") and path.is_file() and not whole and _plain_parquet(path, doubts):
        _must_lie_here(path, path.name, here, elsewhere)
        return path, path.name, digest(path), pq.ParquetFile(path).metadata.num_rows
    if not whole and _streamed(path, layer, staged, doubts):
        _must_lie_here(staged, path.name, here, elsewhere)
        return staged, path.name, digest(path), _count(staged)
    found = read_projects(
        source if is_address(source) else path, layer=layer, crs=crs, encoding=encoding, fields=fields, values=values,
        remembered=workspace, around=here, elsewhere=elsewhere,
    )  # fmt: skip
    read(found)
    found, left = with_places(found, path.name, leave_out=leave_out)
    lost(left)
    made = _write_staged(found.frame, staged, path.name, numbers=found.rows)
    columns = [str(name) for name in found.frame.columns if name != found.frame.geometry.name]
    doubts([*found.issues, *ignored_columns(columns, lambda name: found.frame[name].notna().any())])
    return made, path.name, found.sha256, _count(staged)


def _is_mapped(path: Path, workspace: Workspace) -> bool:
    """Whether a person has said how files of this name are to be read."""
    from layers.mappings import pattern

    return any(one.role == "project_site" and one.pattern == pattern(path) for _, one in workspace.mappings())


def _must_lie_here(staged: Path, file: str, here: Around | None, confirmed: bool) -> None:
    """Refuse sites that lie away from the workspace and would lie in it under another coordinate system.

    Raises:
        LayerError: They do, and nobody has confirmed it.
    """
    from layers.whereabouts import doubt, refusal

    if here is None or confirmed:
        return
    read = pq.ParquetFile(staged)
    column = json.loads((read.schema_arrow.metadata or {})[b"geo"])
    name = column["primary_column"]
    stated = column["columns"][name].get("crs", "OGC:CRS84")
    # Some of the sites, from the whole length of the file, tell where it lies.
    wanted = sorted({*np.linspace(0, read.num_row_groups - 1, min(20, read.num_row_groups)).astype(int).tolist()})
    shapes = [
        shapely.from_wkb(part.column(name).to_numpy(zero_copy_only=False)[:500])
        for part in (read.read_row_group(group, columns=[name]) for group in wanted)
    ]
    if (found := doubt(np.concatenate(shapes), CRS.from_user_input(stated), here, layer=False)) and found.stops:
        raise refusal(found, file)


def _count(staged: Path) -> int:
    return pq.ParquetFile(staged).metadata.num_rows


def _write_staged(
    given: geopandas.GeoDataFrame, staged: Path, file: str, accuracy_m: float | None = None, numbers: Sequence[int] = ()
) -> Path:
    """One row a project and one column an attribute, and the file's own number of the row; rows that share an id become one.

    Args:
        accuracy_m: Holds for each site that states none.
        numbers: The file's own numbers of the rows; by default they are counted from 1.
    """
    frame: Any = given
    rows = np.asarray(numbers if len(numbers) else range(1, len(frame) + 1), dtype=np.int64)
    if frame.crs is None:
        raise RequestError(N_("{file}：没有坐标系；请用 --crs 指明。"), file=file)
    if not len(frame):
        raise RequestError(N_("{file}：没有项目（0 个要素）。"), file=file)
    columns = attribute_columns([str(name) for name in frame.columns if name != frame.geometry.name])
    cells = frame[columns["id"][0]] if "id" in columns else [""] * len(frame)
    must_keep_zeros(frame, file, numbers)
    ids = pd.Series(row_ids([_text(value) for value in cells]))
    again = ids.duplicated(keep=False).to_numpy()
    several = {name: found for name, found in columns.items() if name in ATTRIBUTES and len(found) > 1}
    if again.any() or several:
        frame = frame.reset_index(drop=True)
        merged = {project.id: project.geometry for project in projects_of(frame, file, numbers=numbers)}
        for name, found in several.items():  # they do not contradict each other: the first that says something
            cells = zip(*(frame[column] for column in found), strict=True)
            kind = ATTRIBUTES[name]
            frame[found[0]] = pd.Series(
                [next((cell for cell in row if parse_value(kind, cell) is not None), None) for row in cells], dtype=object
            )
        keep = ~ids.duplicated().to_numpy()
        geometry = np.array([merged[one] for one in ids[keep]], dtype=object)
        frame, ids, rows = frame[keep].reset_index(drop=True), ids[keep].reset_index(drop=True), rows[keep]
        frame = frame.set_geometry(geopandas.GeoSeries(geometry, crs=frame.crs))
    blank = shapely.is_missing(np.asarray(frame.geometry.array)) | np.asarray(frame.geometry.is_empty)
    if blank.any():
        raise RequestError(
            N_("{file}：第 {rows} 行没有可用的位置（空图形、缺坐标或坐标有误），无法研判；请补上坐标或删去这些行。"),
            file=file, rows=int(rows[blank][0]),
        )  # fmt: skip
    plain = pd.DataFrame({"id": ids.to_list()})
    for name, (column, *_others) in columns.items():
        if name == "name":
            cells = [_text(value) or None for value in frame[column]]
        elif name in ATTRIBUTES:
            cells = [_cell(value) for value in frame[column]]
        else:
            continue
        plain[name] = pd.array(cells, dtype="string")  # text, even where no row says anything
    if accuracy_m is not None:
        stated = plain["accuracy_m"] if "accuracy_m" in plain else [None] * len(plain)
        plain["accuracy_m"] = [
            str(float(accuracy_m)) if cell is pd.NA or parse_value(ATTRIBUTES["accuracy_m"], cell) is None else cell
            for cell in stated
        ]
    plain[_ROW] = rows
    made = geopandas.GeoDataFrame(plain, geometry=np.asarray(frame.geometry.array, dtype=object), crs=frame.crs)
    made.to_parquet(staged, index=False, row_group_size=CHUNK)
    return staged


def _cell(value: Any) -> str | None:
    if isinstance(value, list | tuple | np.ndarray):
        return ";".join(map(str, value))
    return None if pd.isna(value) else str(value)


def _plain_parquet(path: Path, doubts: Callable[[Sequence[Issue]], None] = lambda issues: None) -> bool:
    """Whether a GeoParquet file can be read in chunks as it stands: one column a thing, plain cells, WKB, ids that differ."""
    try:
        file = pq.ParquetFile(path)
        about = json.loads((file.schema_arrow.metadata or {})[b"geo"])
        column = about["columns"][about["primary_column"]]
        if column["encoding"] != "WKB" or "crs" in column and column["crs"] is None or not file.metadata.num_rows:
            return False
        names = _plain_columns(file.schema_arrow, about["primary_column"])
        if names is None:
            return False
        ids = file.read(columns=[names["id"]])[names["id"]]
        if not pa.types.is_string(ids.type) and not pa.types.is_large_string(ids.type):
            ids = pa.chunked_array([pa.array([_text(value) for value in ids.to_pylist()], pa.string())])
        ids = pc.utf8_trim_whitespace(ids)
        if ids.null_count or pc.any(pc.equal(ids, "")).as_py() or len(ids.unique()) < len(ids):
            return False
        schema = [name for name in file.schema_arrow.names if name != about["primary_column"]]
        doubts(ignored_columns(schema, lambda name: _says_something(file.read(columns=[name])[name])))
        return True
    except (KeyError, ValueError, TypeError, OSError, pa.ArrowException):
        return False


def _says_something(column: pa.ChunkedArray) -> bool:
    return column.null_count < len(column)


# What GEOS cannot hold, by the number of its kind in WKB: arcs, and surfaces in space.
_CURVED = range(8, 18)


def _straight(wkb: pa.Array) -> bool:
    """Whether shapes are of kinds that can be read as they stand; others the reader of whole files makes straight."""
    heads = pc.unique(pc.binary_slice(wkb.drop_null(), 0, 5)).to_pylist()
    kinds = [int.from_bytes(one[1:5], "little" if one[0] else "big") & 0x0FFF_FFFF for one in heads]
    return not any(kind % 1000 in _CURVED for kind in kinds)


def _plain_columns(schema: pa.Schema, geometry: str) -> dict[str, str] | None:
    """Columns that say something of a project: the name that a single screening gives them, and their own.

    ``None`` where a thing is said twice, a cell is no plain value, or there is no id.
    """
    from layers.read import _project_columns
    from layers.system_names import is_column

    names = [name for name in schema.names if name != geometry]
    if "geometry" in names or len(set(names)) < len(names) or any(map(is_column, names)):
        return None  # what a column says of the coordinate system is for the reader of whole files too
    empty = geopandas.GeoDataFrame({name: [] for name in names}, geometry=[], crs=CGCS2000)
    given = [str(name) for name in _project_columns(empty).columns[:-1]]
    columns = attribute_columns(given)
    if "id" not in columns or any(len(found) > 1 for found in columns.values()):
        return None
    own = dict(zip(given, names, strict=True))
    ours = {found[0]: own[found[0]] for found in columns.values()}
    if columns["id"][0] != "id" or not all(_is_plain(schema.field(name)) for name in ours.values()):
        return None
    if "industry_code" in columns and _is_number(schema.field(own[columns["industry_code"][0]])):
        return None  # whether zeros were lost is for the reader of whole files
    return ours


_STREAMED = (".gpkg", ".fgb")


def _streamed(path: Path, layer: str | None, staged: Path, doubts: Callable[[Sequence[Issue]], None]) -> bool:
    """Put a GeoPackage or FlatGeobuf file down as GeoParquet in batches; ``False`` where it must be read as a whole."""
    import pyogrio

    if path.suffix.lower() not in _STREAMED or not path.is_file():
        return False
    unfinished = staged.with_name(f"{staged.name}.{os.getpid()}")
    try:
        found = [str(name) for name, kind in pyogrio.list_layers(path).tolist() if kind is not None]
        chosen = layer or (found[0] if len(found) == 1 else None)
        if chosen is None or chosen not in found:
            return False
        crs = pyogrio.read_info(path, layer=chosen)["crs"]
        if not crs:
            return False
        with pyogrio.open_arrow(path, layer=chosen, batch_size=CHUNK, use_pyarrow=True) as (about, reader):
            geometry = about["geometry_name"] or "wkb_geometry"
            names = _plain_columns(reader.schema, geometry)
            if names is None:
                return False
            column = {"encoding": "WKB", "geometry_types": [], "crs": CRS.from_user_input(crs).to_json_dict()}
            note = {"version": "1.1.0", "primary_column": "geometry", "columns": {"geometry": column}}
            writer: pq.ParquetWriter | None = None
            said: set[str] = set()
            try:
                for batch in reader:
                    if not _straight(batch.column(geometry)):
                        return False
                    said.update(name for name in batch.schema.names if batch.column(name).null_count < len(batch))
                    data = {name: batch.column(own) for name, own in names.items()}
                    data["geometry"] = batch.column(geometry).cast(pa.binary())
                    table = pa.table(data).replace_schema_metadata({b"geo": json.dumps(note).encode()})
                    writer = writer or pq.ParquetWriter(unfinished, table.schema, compression="lz4")
                    writer.write_table(table)
            finally:
                if writer is not None:
                    writer.close()
        if writer is None or not _plain_parquet(unfinished):
            return False
        os.replace(unfinished, staged)
        doubts(ignored_columns([name for name in reader.schema.names if name != geometry], said.__contains__))
        return True
    except (RuntimeError, ValueError, KeyError, OSError, pa.ArrowException):
        return False  # the whole reading says what is wrong with it
    finally:
        with contextlib.suppress(OSError):
            unfinished.unlink()


def _is_number(field: pa.Field) -> bool:
    return bool(pa.types.is_integer(field.type) or pa.types.is_floating(field.type))


def _is_plain(field: pa.Field) -> bool:
    kind = field.type.value_type if pa.types.is_dictionary(field.type) else field.type
    return any(
        test(kind)
        for test in (
            pa.types.is_string, pa.types.is_large_string, pa.types.is_boolean, pa.types.is_integer, pa.types.is_floating,
            pa.types.is_null,  # a column in which no row says anything
        )
    )  # fmt: skip


def _from_wkb(wkb: np.ndarray) -> np.ndarray:
    """Shapes; ``None`` where one cannot be read, such as an arc."""
    try:
        return np.asarray(shapely.from_wkb(wkb, on_invalid="ignore"), dtype=object)
    except NotImplementedError:
        found = np.full(len(wkb), None, dtype=object)
        for row, one in enumerate(wkb):
            with contextlib.suppress(NotImplementedError):
                found[row] = shapely.from_wkb(one, on_invalid="ignore")
        return found


class _Source:
    """The staged projects, read a run of rows at a time."""

    def __init__(self, path: Path) -> None:
        self._file = pq.ParquetFile(path)
        about = json.loads(self._file.schema_arrow.metadata[b"geo"])
        self._geometry = about["primary_column"]
        names = _plain_columns(self._file.schema_arrow, self._geometry)
        if names is None:  # to go on without what it says of the projects would change their verdicts
            raise ValueError(f"{path.name} is not put down as plain columns")
        self._names = names
        column = about["columns"][self._geometry]
        self._crs = CRS.from_json_dict(column["crs"]) if "crs" in column else CRS.from_user_input("OGC:CRS84")
        sizes = [self._file.metadata.row_group(number).num_rows for number in range(self._file.metadata.num_row_groups)]
        self._starts = np.cumsum([0, *sizes])
        self._placed: tuple[CRS, np.ndarray] | None = None

    def table(self, first: int, last: int) -> pa.Table:
        """Rows ``first`` up to but without ``last``, as they stand."""
        groups = [
            number
            for number in range(len(self._starts) - 1)
            if self._starts[number] < last and self._starts[number + 1] > first
        ]
        own = [_ROW] if _ROW in self._file.schema_arrow.names else []
        wanted = [*self._names.values(), *own, self._geometry]
        table = self._file.read_row_groups(groups, columns=wanted, use_threads=False)
        return table.slice(first - int(self._starts[groups[0]]), last - first)

    def rows(self, first: int, last: int, file: str) -> geopandas.GeoDataFrame:
        """Rows ``first`` up to but without ``last``; errors as for :meth:`frame`."""
        return self.frame(self.table(first, last), np.arange(first + 1, last + 1), file)

    def frame(
        self, table: pa.Table, rows: np.ndarray, file: str, doubts: list[Issue] | None = None
    ) -> geopandas.GeoDataFrame:
        """Sites that can be screened, from a table as :meth:`table` gives it.

        Args:
            table: Some rows.
            rows: Their numbers in the file, from 1.
            file: Its name, for errors.
            doubts: Is filled with what had to be mended.

        Raises:
            LayerError: The sites' CRS is in doubt.
            RequestError: A row has no usable place.
        """
        from layers.read import _placed as settle
        from layers.read import _sound as sound
        from layers.schema import ROLES
        from layers.values import as_text

        geometry = _from_wkb(table[self._geometry].to_numpy(zero_copy_only=False))
        data: dict[str, np.ndarray] = {}
        for name, own in self._names.items():
            column = table[own].combine_chunks()
            if name in ("id", "name"):
                texts = [(one.strip() if type(one) is str else as_text(one)) or None for one in column.to_pylist()]
                data[name] = np.array(texts, dtype=object)
                continue
            coded = column if pa.types.is_dictionary(column.type) else column.dictionary_encode()
            values = [*(as_text(value) or None for value in coded.dictionary.to_pylist()), None]
            code = coded.indices.fill_null(len(values) - 1).to_numpy(zero_copy_only=False)
            data[name] = np.array(values, dtype=object)[code]
        frame = geopandas.GeoDataFrame(pd.DataFrame(data), geometry=geometry, crs=self._crs)
        kept, _, issues = sound(frame, rows.tolist(), ROLES["project_site"], Path(file), "tell")
        lost = [issue for issue in issues if issue.severity == "error" and issue.row is not None]
        if lost:
            first = row_list(issue.row for issue in lost)
            raise RequestError(
                N_("{file}：第 {rows} 行没有可用的位置（空图形、缺坐标或坐标有误），无法研判；请补上坐标或删去这些行。"),
                file=file, rows=first,
            )  # fmt: skip
        box = kept.total_bounds
        if self._placed is not None:  # looked at already, unless these sites lie farther out than any before
            crs, seen = self._placed
            if (box[:2] >= seen[:2]).all() and (box[2:] <= seen[2:]).all():
                if doubts is not None:
                    doubts += issues
                return kept.set_crs(crs, allow_override=True)
        found = settle(kept, None, Path(file), issues)
        crs, seen = found.crs, box if self._placed is None else self._placed[1]
        self._placed = crs, np.concatenate([np.minimum(box[:2], seen[:2]), np.maximum(box[2:], seen[2:])])
        if doubts is not None:
            doubts += issues
        return found


# ---------------------------------------------------------------------------------------------------- the whole run


def run_batch(
    workspace: Workspace,
    source: str | Path,
    out: Path,
    *,
    on: date,
    rules: Sequence[Path] = (),
    parameters: Mapping[str, float] | None = None,
    jobs: int = 1,
    explain: bool = False,
    layer: str | None = None,
    crs: str | None = None,
    encoding: str | None = None,
    fields: Mapping[str, str] | None = None,
    values: Mapping[str, Mapping[str, str]] | None = None,
    elsewhere: bool = False,
    leave_out: bool = False,
    chunk: int = CHUNK,
    cache: Path | None | str = "beside",
    scheduler: str | None = None,
    progress: Callable[[int, int], bool] = lambda done, total: True,
    doubts: Callable[[Sequence[Issue]], None] = lambda issues: None,
    read: Callable[[Any], None] = lambda found: None,
) -> Done:
    """Screen the projects of a file and write one GeoParquet file, row by row in the file's order.

    Args:
        workspace: The layers.
        source: A project file, or the name of a layer of the workspace.
        out: The result; replaced only when all is done.
        on: The day whose law counts.
        rules: Folders of further rule packs.
        parameters: Distances that the law leaves open, in metres.
        jobs: Processes that share the work.
        explain: Also write a column with the explanation of every outcome.
        layer, crs, encoding: Of the project file, where it does not say.
        fields, values, elsewhere, leave_out: As for ``sanxian.request.load_projects``.
        chunk: Projects that are held at a time, by each process.
        cache: Folder of prepared layers; ``None`` keeps none.
        scheduler: Address of a Dask scheduler whose workers do the work in place of processes of this machine; they
            must see workspace, projects and the folder of the result under the same paths.
        progress: Called with how many projects are done and how many there are; return ``False`` to stop.
        doubts: Called with what is doubtful about the file and does not stop the screening, before the first site; what
            is doubtful about single sites is in :class:`Done`.
        read: Called with the project file as a whole, where it is read so: how it was read is in it.

    Raises:
        BatchError: Another run is writing the same result, or the place for it does not take files.
        Cancelled: ``progress`` returned ``False``; what is done stays for the next run.
        LayerError, RequestError: The projects cannot be used.
    """
    out = Path(out)
    if out.suffix.lower() not in (".parquet", ".geoparquet"):
        raise BatchError(N_("批量研判的成果是 GeoParquet 文件，“{file}”应以 .parquet 结尾。"), file=out.name)
    if not out.resolve().parent.is_dir():
        raise BatchError(N_("文件夹“{folder}”不存在；请先建好。"), folder=out.resolve().parent)
    for other in (Path(source), workspace.path):
        if other.exists() and out.exists() and os.path.samefile(other, out):
            raise BatchError(N_("成果文件“{file}”就是输入文件；请换一个名称。"), file=out.name)
    if jobs < 1:
        raise BatchError(N_("--jobs 应为不小于 1 的整数，而不是 {jobs}。"), jobs=jobs)
    folder = out.resolve().parent / f".{out.name}.parts"
    before = folder.exists()
    folder.mkdir(exist_ok=True)
    finished = False
    left: list[Issue] = []
    told: list[Issue] = []

    def say(issues: Sequence[Issue]) -> None:
        told.extend(issues)
        doubts(issues)

    with _alone(folder, out):
        try:
            staged, file, sha256, count = _stage(
                source, workspace, folder, layer=layer, crs=crs, encoding=encoding, fields=fields, values=values,
                elsewhere=elsewhere, leave_out=leave_out, lost=left.extend, doubts=say, read=read,
            )  # fmt: skip
            kept = cache_folder(workspace.path) if cache == "beside" else cache
            found = rule_set(workspace, rules)
            screener = Screener(workspace, found, on=on, parameters=parameters)
            record = dataclasses.replace(screener.finish([], sha256), left_out=tuple(left))
            job = Job(
                workspace.path, staged, file, on, tuple(rules), dict(screener.parameters), explain, chunk,
                None if jobs == 1 else 1, None if kept is None else Path(kept),
            )  # fmt: skip
            key = _key(record, workspace, count, explain=explain, chunk=chunk, spread=scheduler is not None)
            _same_run(folder, key)
            parts = [folder / f"part-{number:06d}.arrow" for number in range(-(-count // chunk))]
            with _Result(parts, out, folder, record, count) as result:
                if scheduler is not None:
                    from sanxian.batch_dask import run_spread

                    run_spread(scheduler, job, screener, folder, count, progress, result)
                else:
                    _run(job, screener, parts, count, jobs, progress, result)
                done = result.finish()
            finished = True
            known = [_gist(one) for one in told if _of_file(one)]
            rest = tuple(one for one in done.doubts if not _of_file(one) or _gist(one) not in known)
            law_from = None if record.law_complete else record.complete_from
            return dataclasses.replace(done, doubts=rest, left_out=tuple(left), law_from=law_from)
        except BaseException as error:
            # What is done is kept for the next run, but not where the projects must be mended first.
            finished = isinstance(error, RequestError) or not (before or any(folder.glob("part-*.arrow")))
            raise
        finally:
            if finished:
                shutil.rmtree(folder, ignore_errors=True)


def _of_file(issue: Issue) -> bool:
    """Whether it is said of the file, and not of a row or of how many rows."""
    return issue.row is None and issue.code != "more-of-the-same"


def _gist(issue: Issue) -> tuple[Any, ...]:
    """What it says but for where the features lie, in which the parts of one file differ."""
    values = {key: value for key, value in issue.values.items() if key not in ("west", "south", "east", "north")}
    return issue.code, issue.field, issue.severity, values


def _key(record: Screening, workspace: Workspace, count: int, *, explain: bool, chunk: int, spread: bool) -> str:
    """What a chunk's result depends on; another run's chunks are of no use where any of it differs."""
    about = json.loads(record.to_json())
    about["overrides"] = workspace.state("overrides", []) or []
    about["coverages"] = [
        hashlib.sha256(shapely.to_wkb(area)).hexdigest() if area is not None else ""
        for area in (workspace.coverage_of(item) for item in workspace.layers())
    ]
    # the digest of a layer is that of its file; a layer that was edited where it lies has another time
    about["file"] = workspace_stamp(workspace.path)
    about["batch"] = [FORMAT, __version__, count, explain, chunk, spread, pa.__version__, shapely.__version__]
    return hashlib.sha256(json.dumps(about, sort_keys=True).encode()).hexdigest()


def _same_run(folder: Path, key: str) -> None:
    """Keep the finished chunks of the same run; those of another are thrown away."""
    note = folder / "run.txt"
    if not note.is_file() or note.read_text(encoding="ascii", errors="replace") != key:
        for part in (*folder.glob("part-*"), *folder.glob("spread*")):
            part.unlink()
        note.write_text(key, encoding="ascii")


@contextlib.contextmanager
def _alone(folder: Path, out: Path) -> Any:
    """Hold the folder of parts for this run; the lock goes with its process."""
    from layers.workspace import _os_lock

    with (folder / "lock").open("a+", encoding="ascii") as stream:
        try:
            _os_lock(stream)
        except OSError as error:
            raise BatchError(N_("“{file}”正由另一个批量研判写入，请等它结束。"), file=out.name) from error
        yield


def _run(
    job: Job,
    screener: Screener,
    parts: Sequence[Path],
    count: int,
    jobs: int,
    progress: Callable[[int, int], bool],
    result: _Result,
) -> None:
    left = [number for number, part in enumerate(parts) if not _whole(part, min(job.chunk, count - number * job.chunk))]
    done = count - sum(min(job.chunk, count - number * job.chunk) for number in left)

    def tell() -> None:
        if not progress(done, count):
            raise Cancelled

    result.waits_for(left)
    tell()
    if jobs == 1 or len(left) < 2:
        worker: _Worker | None = None
        for number in left:
            worker = worker or _Worker(job, screener)
            worker.make(number, parts[number], count)
            done += min(job.chunk, count - number * job.chunk)
            tell()
            result.ready(number)
        return
    waiting = list(left)
    pool = ProcessPoolExecutor(
        min(jobs, len(left)), mp_context=get_context("spawn"), initializer=_begin, initargs=(job,)
    )
    with pool:
        running: dict[Any, int] = {}
        fresh: list[int] = []
        try:
            for _ in range(min(jobs, len(left))):
                pool.submit(_wake)  # they start while the digests are looked at
            # What no earlier run has prepared is prepared first, by all processes together.
            early = [pool.submit(_prepare, zone) for zone in _zones(job, screener, waiting[0], count)]
            while waiting or running:
                while waiting and len(running) < 2 * jobs:
                    number = waiting.pop(0)
                    running[pool.submit(_make, number, parts[number], count)] = number
                ready, _ = wait(running, timeout=0.5, return_when=FIRST_COMPLETED)
                for future in ready:
                    future.result()
                    while early and early[0].done():
                        early.pop(0).result()
                    number = running.pop(future)
                    done += min(job.chunk, count - number * job.chunk)
                    fresh.append(number)
                tell()
                while fresh and not any(future.done() for future in running):
                    result.ready(fresh.pop(0))
        except BrokenProcessPool as error:
            raise BatchError(
                N_("一个工作进程意外结束（可能内存不足）；已完成的部分已保留，再运行同一命令即可续作。")
            ) from error
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def _zones(job: Job, screener: Screener, number: int, count: int) -> list[float]:
    """Middle longitudes of the zones in which the sites of a chunk lie, those with the most sites first."""
    if job.cache is None:
        return []  # then each process prepares for itself
    Layers(screener.workspace, screener.searches, Cache(job.cache)).note_digests()
    first = number * job.chunk
    frame = _Source(job.projects).rows(first, min(first + job.chunk, count), job.file)
    try:
        bounds = lonlat_bounds(np.asarray(frame.geometry.array, dtype=object), CRS.from_user_input(frame.crs))
    except SpatialError:
        return []
    zones = np.floor((bounds[:, 0] + bounds[:, 2]) / 6 + 0.5)
    found, counts = np.unique(zones[np.isfinite(zones) & (zones >= 25) & (zones <= 45)], return_counts=True)
    return [float(3 * zone) for zone in found[np.argsort(-counts)]]


class _Worker:
    """Makes parts; one for each process."""

    def __init__(self, job: Job, screener: Screener) -> None:
        self._job = job
        self._source = _Source(job.projects)
        self._batch = Batch(screener, Cache(job.cache), explain=job.explain, threads=job.threads)

    def prepare(self, zone_lon: float) -> None:
        """Prepare the layers around a zone, or find them prepared."""
        zone = gauss_kruger_3deg(zone_lon)
        self._batch.layers.prepare(zone)
        self._batch.layers.rest(zone)

    def make(self, number: int, part: Path, count: int) -> None:
        """Screen one chunk and put its part in place in one step."""
        first, last = number * self._job.chunk, min((number + 1) * self._job.chunk, count)
        self.screen(self._source.table(first, last), np.arange(first + 1, last + 1), part)

    def screen(self, given: pa.Table, rows: np.ndarray, part: Path, *, compression: str | None = "lz4") -> None:
        """Screen some rows of the projects, as they stand there, and put the result in place in one step."""
        doubts: list[Issue] = []
        if _ROW in given.column_names:  # what is said of a row names it as its own file does
            rows = given[_ROW].to_numpy()
        frame = self._source.frame(given, rows, self._job.file, doubts)
        table, alone, more = self._batch.screen(frame, rows, self._job.file)
        said = json.dumps([dataclasses.asdict(one) for one in counted([*doubts, *more])], ensure_ascii=False, sort_keys=True)
        table = table.replace_schema_metadata({"alone": str(alone), "rows": str(len(table)), "doubts": said})
        unfinished = part.with_name(f"{part.name}.{os.getpid()}")
        options = pa.ipc.IpcWriteOptions(compression=compression)
        with pa.OSFile(str(unfinished), "wb") as stream, pa.ipc.new_file(stream, table.schema, options=options) as writer:
            writer.write_table(table.combine_chunks())
        _to_disk(unfinished)
        _seal(part).write_text(digest(unfinished), encoding="ascii")
        os.replace(unfinished, part)


_worker: _Worker | None = None


def _begin(job: Job) -> None:
    """Start a process of the pool."""
    global _worker
    from layers.workspace import Workspace

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the process that was started by hand
    end_with_parent()
    workspace = Workspace.open(job.workspace, readonly=True)
    screener = Screener(workspace, rule_set(workspace, job.rules), on=job.on, parameters=job.parameters)
    _worker = _Worker(job, screener)


def _wake() -> None:
    """Load what every chunk needs."""
    if has_grid():
        import spatial.edge_grid
        import spatial.rings  # noqa: F401


def _prepare(zone_lon: float) -> None:
    assert _worker is not None
    _worker.prepare(zone_lon)


def _make(number: int, part: Path, count: int) -> None:
    assert _worker is not None
    _worker.make(number, part, count)


def _seal(part: Path) -> Path:
    """Where the digest of a part stands."""
    return part.with_suffix(".sha256")


def _whole(part: Path, rows: int) -> bool:
    """Whether an earlier run has made a part, and it stands as it was written."""
    try:
        if _seal(part).read_text(encoding="ascii") != digest(part):
            return False
        with pa.memory_map(str(part)) as stream:
            return int((pa.ipc.open_file(stream).schema.metadata or {})[b"rows"]) == rows
    except (OSError, KeyError, ValueError, pa.ArrowException):
        return False


def _to_disk(path: Path) -> None:
    """Have a file on the disk, and not only in its cache."""
    with path.open("rb+") as stream:
        os.fsync(stream.fileno())


class _Result:
    """The result as it grows: parts are taken in order as they get ready, and the file appears when all are in it."""

    def __init__(self, parts: Sequence[Path], out: Path, folder: Path, record: Screening, count: int) -> None:
        self._parts, self._out, self._count = parts, out, count
        self._unfinished = folder / "result.parquet"  # of a run that is killed nothing stays behind for good
        self._writer: pq.ParquetWriter | None = None
        self._missing: set[int] = set(range(len(parts)))
        self._next = 0
        self._totals = np.zeros(len(VERDICTS), dtype=np.int64)
        self._alone, self._failed, self._rest = 0, 0, True
        self._doubts: list[Issue] = []
        about = json.loads(record.to_json())
        about.pop("projects")
        about["schema"], about["count"] = BATCH_SCHEMA, count
        geo = {
            "version": "1.1.0",
            "primary_column": "geometry",
            "columns": {"geometry": {"encoding": "WKB", "geometry_types": [], "crs": CGCS2000.to_json_dict()}},
        }
        self._metadata = {
            b"geo": json.dumps(geo, sort_keys=True).encode(),
            b"sanxian": json.dumps(about, ensure_ascii=False, sort_keys=True).encode(),
        }

    def __enter__(self) -> _Result:
        return self

    def __exit__(self, *exc: object) -> None:
        if self._writer is not None:
            with contextlib.suppress(OSError, pa.ArrowException):
                self._writer.close()
        with contextlib.suppress(OSError):
            self._unfinished.unlink()

    def fed(self) -> None:
        """All rows came by :meth:`take`; there are no parts to be taken in."""
        self._rest = False

    def waits_for(self, numbers: Sequence[int]) -> None:
        """Say which parts are still to be made."""
        self._missing = set(numbers)

    def ready(self, number: int) -> None:
        """A part is there: take in what can be taken in."""
        self._missing.discard(number)
        if self._next not in self._missing and self._next < len(self._parts):
            self._take(self._parts[self._next])
            self._next += 1

    def _take(self, part: Path) -> None:
        with pa.memory_map(str(part)) as stream:
            table = pa.ipc.open_file(stream).read_all()
        self.take(table)
        self.note(table.schema.metadata or {})

    def note(self, about: Mapping[bytes, bytes]) -> None:
        """Count in what is written beside the rows of a part."""
        self._alone += int(about[b"alone"])
        fresh = [Issue(**one) for one in json.loads(about[b"doubts"])]
        said = [_gist(one) for one in self._doubts if _of_file(one)]  # each part says it again
        self._doubts = counted([*self._doubts, *(one for one in fresh if not _of_file(one) or _gist(one) not in said)])

    def take(self, table: pa.Table) -> None:
        """Put the next rows into the file."""
        self._failed += len(table) - table["error"].null_count
        codes = table["verdict"].combine_chunks()
        words = codes.dictionary.to_pylist()
        counts = np.bincount(codes.indices.to_numpy(), minlength=len(words))
        for word, number in zip(words, counts.tolist(), strict=True):
            self._totals[VERDICTS.index(Verdict(word))] += number
        table = table.replace_schema_metadata(self._metadata)
        if self._writer is None:
            once_each = ("id", "name", "area_m2", "length_m", "redline_m2", "control_unit_m2", "control_unit_share", "geometry")
            self._writer = pq.ParquetWriter(
                self._unfinished, table.schema, compression="zstd", store_schema=True,
                use_dictionary=[name for name in table.schema.names if name not in once_each],
            )  # fmt: skip
        self._writer.write_table(table)

    def finish(self) -> Done:
        """Take in what is left and put the result in place, in one step."""
        for part in self._parts[self._next :] if self._rest else ():
            self._take(part)
        assert self._writer is not None
        self._writer.close()
        self._writer = None
        _to_disk(self._unfinished)
        os.replace(self._unfinished, self._out)
        counts = {str(verdict): int(number) for verdict, number in zip(VERDICTS, self._totals, strict=True) if number}
        return Done(self._count, counts, self._alone, self._failed, tuple(self._doubts))


__all__ = ["Batch", "BatchError", "Done", "Job", "run_batch"]
