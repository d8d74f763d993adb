"""A layer prepared once, to be asked about many sites: overlaps and nearest features, kept on disk if wanted.

Two engines give the same rows, areas and lengths. ``grid`` (needs numba) is the fast one; ``tiles`` needs only
shapely. What floating point cannot settle is measured by shapely on the whole shapes under either.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import mmap
import os
import shutil
import tokenize
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from pyproj import CRS
from shapely import STRtree

from spatial.crs import CGCS2000
from spatial.errors import N_, GeometryError, SpatialError
from spatial.overlay import as_array, once, overlaps, require_valid
from spatial.subdivide import chunks, subdivide

if TYPE_CHECKING:
    from spatial.rings import Rings

FORMAT = 2
DOUBT = 1e-3  # m² or m up to which an overlap is measured on the whole shapes; as in spatial.edge_grid
_GRID_ARRAYS = ("frame", "size", "offsets", "fragments", "zones", "tiny")
_FEW = 20_000  # shapes of a preparation on disk that are held at a time
# What numpy, json and shapely raise over files that are not as they were written.
_DAMAGED = (
    OSError, EOFError, ValueError, KeyError, TypeError, AttributeError, SyntaxError, ArithmeticError, MemoryError,
    tokenize.TokenError, shapely.errors.ShapelyError,
)  # fmt: skip
_LARGE_MAP = 1 << 20  # bytes of a map from which on it is worth giving back


class PreparedError(SpatialError):
    """A prepared layer on disk cannot be used."""


@dataclass(frozen=True, slots=True)
class Overlaps:
    """Which sites meet which zones, in columns; ordered by site, then zone.

    Attributes:
        site, zone: Positions in what was asked and in what was prepared.
        area_m2: Planar area shared; 0 unless both have area.
        length_m: Planar length shared where one of the two is a line, without what runs along the other's edge.
        inside: The interiors meet; where not, the two only touch.
    """

    site: np.ndarray
    zone: np.ndarray
    area_m2: np.ndarray
    length_m: np.ndarray
    inside: np.ndarray

    def __len__(self) -> int:
        return len(self.site)


@dataclass(frozen=True, slots=True)
class Survey:
    """What many sites share with the zones that they lie in, on the ellipsoid too; ordered by site, then zone.

    Attributes:
        site, zone: Positions of pairs whose interiors meet.
        measure: Planar m² of a site with area, m of a line, 1 of a point.
        ground: The same on the ellipsoid; NaN where it must be measured on the whole shapes.
        deep: The two are known to do more than touch.
    """

    site: np.ndarray
    zone: np.ndarray
    measure: np.ndarray
    ground: np.ndarray
    deep: np.ndarray


@dataclass(frozen=True, slots=True)
class Nearest:
    """The nearest feature of every site, in columns: one row a site, in the order of the sites.

    Attributes:
        index: Position of the feature, the first of those equally near; -1 where none is within the radius.
        distance: Planar metres from the site's outline, 0 where they meet; NaN where there is none.
        on_site, on_feature: (x, y) of both ends of the shortest way; NaN where there is none, also where site and
            feature meet: :func:`spatial.proximity.nearest` names a place that they share, at a price.
    """

    index: np.ndarray
    distance: np.ndarray
    on_site: np.ndarray
    on_feature: np.ndarray


def has_grid() -> bool:
    """Whether numba is there, which the ``grid`` engine needs."""
    return importlib.util.find_spec("numba") is not None


def warm() -> None:
    """Have the grid's code compiled now and kept, so that no user waits for it; does nothing without numba."""
    if has_grid():
        sites = np.array([shapely.Point(1, 1), shapely.LineString([(0, 0), (9, 9)]), shapely.box(2, 2, 5, 5)])
        zone = np.array([shapely.box(0, 0, 4, 4)])
        Prepared(zone, None, engine="grid").nearest_batch(sites)
        from spatial.rings import Rings

        body = np.frombuffer(shapely.to_wkb(zone[0], byte_order=1), dtype=np.uint8)
        if (rings := Rings.of_wkb(body, np.array([0, len(body)]))) is not None:
            there = rings.split(1.0).carried(CGCS2000, CRS.from_epsg(4547))
            there.take(np.flatnonzero(there.clear(there) >= 0))
            Prepared.of_rings(there, None)


class Prepared:
    """Shapes of one layer, indexed once, to be asked about any number of sites.

    Asking changes nothing that can be seen, so that several threads may ask at the same time once
    :meth:`overlaps_batch` and :meth:`nearest_batch` have each been called.

    Attributes:
        geoms: The shapes, without heights.
        crs: Their CRS, in metres.
        engine: ``grid`` or ``tiles``.
        digest: SHA-256 over shapes and CRS: what the preparation was made from.
        kinds, dimensions, bounds: Of each shape as shapely gives them, -1 and NaN where there is none.
        extra: Arrays that were kept beside it on disk.
    """

    def __init__(self, geoms: Any, crs: CRS | None, *, engine: str = "auto", checked: bool = False) -> None:
        """Check and index.

        Args:
            geoms: Valid shapes that share one projected CRS in metres; empty ones and ``None`` are never found.
            crs: That CRS, kept beside the shapes; sites must come in the same one.
            engine: ``auto`` takes the grid when numba is installed, else tiles. Overlaps with a layer that has lines
                or points in it are found with tiles under either.
            checked: The shapes are known to be valid, as those of a workspace are: looking at each vertex again takes
                longer than all the rest.

        Raises:
            GeometryError: A shape is invalid.
            PreparedError: ``grid`` was asked for and numba is not installed.
        """
        self._geoms: np.ndarray | None = as_array(geoms)
        self._maps: list[Any] = []
        self._wkb: Mapping[str, np.ndarray] | None = None
        self.crs = crs
        if not checked:
            require_valid(self.geoms, np.arange(len(self.geoms)))
        self.kinds = shapely.get_type_id(self.geoms).astype(np.int8)
        self.bounds = shapely.bounds(self.geoms)
        self.dimensions = shapely.get_dimensions(self.geoms).astype(np.int8)
        self.extra: Mapping[str, np.ndarray] = {}
        there = ~_blank(self.geoms)
        self.kinds[~there] = -1
        polygons = bool(np.isin(self.kinds[there], (3, 6)).all())
        if engine == "auto":
            engine = "grid" if has_grid() else "tiles"
        if engine not in ("grid", "tiles"):
            raise ValueError(f"engine must be auto, grid or tiles, not {engine!r}")
        if engine == "grid" and not has_grid():
            raise PreparedError(N_("网格索引需要安装 numba。"))
        self.engine = engine
        self._grid = None
        if engine == "grid" and polygons:
            from spatial.edge_grid import build

            self._grid = build(self.geoms)

    @classmethod
    def of_rings(cls, rings: Rings, crs: CRS | None) -> Prepared:
        """From polygons in flat arrays, known to be valid; what the same shapes give. Needs numba.

        Args:
            rings: The polygons, which share one projected CRS in metres.
            crs: That CRS.
        """
        from spatial.edge_grid import build_rings

        self = cls.__new__(cls)
        self._geoms, self._maps, self.crs, self.extra, self.engine = None, [], crs, {}, "grid"
        wkb, starts = rings.wkb()
        self._wkb = {"wkb": wkb, "wkb_starts": starts}
        self.kinds, self.bounds = rings.kinds, rings.bounds()
        self.dimensions = np.full(len(rings), 2, dtype=np.int8)
        self._grid = build_rings(rings)
        return self

    def __len__(self) -> int:
        return len(self.kinds)

    @property
    def geoms(self) -> np.ndarray:
        """All shapes; those of a preparation on disk are read when first asked for. Few of them: :meth:`shapes`."""
        if self._geoms is None:
            assert self._wkb is not None
            self._geoms = _unpacked(self._wkb)
        return self._geoms

    def shapes(self, rows: Any) -> np.ndarray:
        """Some of the shapes, without reading the others from disk."""
        rows = np.asarray(rows)
        if self._geoms is not None or self._wkb is None:
            return self.geoms[rows]
        which, member = np.unique(rows, return_inverse=True)
        fresh = [row for row in which.tolist() if row not in self._few]
        if len(self._few) > _FEW:
            self._few.clear()
            fresh = which.tolist()
        if fresh:
            self._few.update(zip(fresh, _unpacked(self._wkb, fresh), strict=True))
        found = np.empty(len(which), dtype=object)
        found[:] = [self._few[row] for row in which.tolist()]
        return found[member.reshape(rows.shape)]

    @cached_property
    def _few(self) -> dict[int, Any]:
        return {}

    @cached_property
    def digest(self) -> str:
        """SHA-256 over shapes and CRS; see the class."""
        packed = self._wkb if self._wkb is not None else _packed(self.geoms)
        return _digest({name: _hash(array) for name, array in packed.items()}, self.crs)

    @cached_property
    def _tiles(self) -> tuple[np.ndarray, np.ndarray, STRtree]:
        """Polygons cut small and other shapes whole, the shape that each came from, and a tree over them."""
        area = shapely.get_dimensions(self.geoms) == 2
        plain = np.isin(shapely.get_type_id(self.geoms), (3, 6))
        cut = np.flatnonzero(area & plain)
        whole = np.flatnonzero(~(area & plain) & ~_blank(self.geoms))
        tiles, owner = subdivide(self.geoms[cut])
        tiles = np.concatenate([tiles, self.geoms[whole]])
        shapely.prepare(tiles)
        return tiles, np.concatenate([cut[owner], whole]), STRtree(tiles)

    @cached_property
    def _tree(self) -> STRtree:
        return STRtree(self.geoms)

    @cached_property
    def _chunks(self) -> tuple[np.ndarray, np.ndarray, STRtree]:
        pieces, owner = chunks(self.geoms)
        return pieces, owner, STRtree(pieces)

    @cached_property
    def _outlines(self) -> Any:
        """Grid of the edges of all shapes, whatever their kind."""
        if self._grid is not None:
            return self._grid
        from spatial.edge_grid import build_outlines

        return build_outlines(self.geoms)

    def survey(self, sites: np.ndarray, edges: Any, *, threads: int | None = None) -> Survey:
        """What sites share with the zones, in the plane and on the ellipsoid.

        Args:
            sites: Plain shapes, checked as for :meth:`overlaps_batch`.
            edges: The same sites as :class:`spatial.edge_grid.SiteEdges`; ``None`` without numba.
            threads: As for :meth:`overlaps_batch`.
        """
        if self._grid is None or edges is None:
            met = self.overlaps_batch(sites, threads=threads, checked=True)
            rows = np.flatnonzero(met.inside)
            site, kinds = met.site[rows], shapely.get_dimensions(sites)[met.site[rows]]
            measure = np.where(kinds == 2, met.area_m2[rows], np.where(kinds == 1, met.length_m[rows], 1.0))
            nothing = np.full(len(rows), np.nan)
            return Survey(site, met.zone[rows], measure, nothing, np.zeros(len(rows), dtype=bool))
        from spatial.edge_grid import survey

        site, zone, measure, ground, doubt, deep = survey(self._grid, edges, threads=threads)
        open_ = np.flatnonzero(doubt)
        inside = np.ones(len(site), dtype=bool)
        if open_.size:
            _, inside[open_], area, length = _exact(sites[site[open_]], self.shapes(zone[open_]))
            kinds = edges.kinds[site[open_]]
            measure[open_] = np.where(kinds == 2, area, np.where(kinds == 1, length, 1.0))
            ground[open_] = np.nan
        order = np.lexsort((zone, site))
        order = order[inside[order]]
        return Survey(site[order], zone[order].astype(np.int64), measure[order], ground[order], deep[order])

    def within_batch(
        self, edges: Any, reach: float, *, threads: int | None = None
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Shapes with an edge within some metres of a site's outline; needs numba.

        Args:
            edges: Sites as :class:`spatial.edge_grid.SiteEdges`.
            reach: Metres in the plane.
            threads: As for :meth:`overlaps_batch`.

        Returns:
            Positions of sites and of shapes, and metres in the plane.
        """
        from spatial.edge_grid import within

        return within(self._outlines, edges, reach, threads=threads)

    def nearest_edges(
        self, edges: Any, radius: float, allowed: np.ndarray | None = None, *, threads: int | None = None
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """The nearest edge of some of the shapes; needs numba.

        Args:
            edges: Sites as :class:`spatial.edge_grid.SiteEdges`, which should meet none of these shapes.
            radius: Metres to look.
            allowed: For each shape whether it counts; all of them if left out.
            threads: As for :meth:`overlaps_batch`.

        Returns:
            The shape or -1, metres in the plane, and (x, y, x, y) of both ends of the way.
        """
        from spatial.edge_grid import nearest

        return nearest(self._outlines, edges, radius, allowed=allowed, threads=threads)

    def overlaps_batch(self, sites: Any, *, threads: int | None = None, checked: bool = False) -> Overlaps:
        """What each site shares with each zone that it meets.

        Args:
            sites: Valid shapes of any kind in the same CRS.
            checked: The sites are known to be two-dimensional, valid and not empty, and their lines to run nowhere
                over themselves: whoever asks many layers about the same sites looks at them once.
            threads: At most so many, for the grid; by default as many as there are processors, up to four.

        Raises:
            GeometryError: A site is missing, empty or invalid; its position is named.
        """
        given = np.asarray(sites, dtype=object) if checked else _checked(sites)
        sites = given if checked else once(given)
        plain = np.isin(shapely.get_type_id(sites), (0, 1, 3, 5, 6))
        site, zone, measure, doubt = self._candidates(sites, given, np.flatnonzero(plain), threads)
        odd = np.flatnonzero(~plain)
        if odd.size:
            more, which = self._tree.query(given[odd], predicate="intersects")
            site, zone = np.concatenate([site, odd[more]]), np.concatenate([zone, which])
            measure = np.concatenate([measure, np.zeros(len(more))])
            doubt = np.concatenate([doubt, np.ones(len(more), dtype=bool)])
        area, length = np.zeros(len(site)), np.zeros(len(site))
        kinds = shapely.get_dimensions(sites)[site]
        area[kinds == 2], length[kinds == 1] = measure[kinds == 2], measure[kinds == 1]
        inside, meets = np.ones(len(site), dtype=bool), np.ones(len(site), dtype=bool)
        open_ = np.flatnonzero(doubt)
        if open_.size:
            zones = self.shapes(zone[open_])
            meets[open_], inside[open_], area[open_], length[open_] = _exact(sites[site[open_]], zones)
            # A line cut where it crosses itself may miss by rounding a corner that it was drawn through.
            cut = open_[~meets[open_] & (given != sites)[site[open_]]]
            meets[cut] = shapely.intersects(given[site[cut]], self.shapes(zone[cut]))
        order = np.lexsort((zone, site))
        order = order[meets[order]]
        return Overlaps(site[order], zone[order], area[order], length[order], inside[order])

    def _candidates(
        self, sites: np.ndarray, given: np.ndarray, chosen: np.ndarray, threads: int | None
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """(site, zone, measure, doubtful) of plain sites; ``given`` as they were drawn."""
        if self._grid is not None:
            from spatial.edge_grid import rows

            site, zone, measure, doubt = rows(self._grid, sites[chosen], threads=threads)
            return chosen[site], zone.astype(np.int64), measure, doubt
        tiles, owner, tree = self._tiles
        site, tile = tree.query(given[chosen], predicate="intersects")
        site = chosen[site]
        kinds, tile_kinds = shapely.get_dimensions(sites[site]), shapely.get_dimensions(tiles[tile])
        measure, doubt = np.zeros(len(site)), tile_kinds < 2
        area = np.flatnonzero((kinds == 2) & ~doubt)
        # Most tiles that a site meets hold all of it or lie wholly within it; only the others need an overlay.
        within = shapely.contains_properly(tiles[tile[area]], sites[site[area]])
        measure[area[within]] = shapely.area(sites[site[area[within]]])
        cut = area[~within]
        measure[cut] = shapely.area(shapely.intersection(sites[site[cut]], tiles[tile[cut]]))
        line = np.flatnonzero((kinds == 1) & ~doubt)
        measure[line] = shapely.length(shapely.intersection(sites[site[line]], tiles[tile[line]]))
        # A line along the side of a tile may run along the zone's edge or along a seam, where two tiles count it.
        sides = shapely.length(shapely.intersection(sites[site[line]], shapely.boundary(tiles[tile[line]])))
        doubt[line] |= sides > 0
        pairs, member = np.unique(np.column_stack([site, owner[tile]]), axis=0, return_inverse=True)
        member = member.ravel()
        total = np.bincount(member, weights=measure, minlength=len(pairs))
        doubtful = np.bincount(member, weights=doubt, minlength=len(pairs)) > 0
        return pairs[:, 0], pairs[:, 1], total, doubtful | (total <= DOUBT)

    def nearest_batch(
        self, sites: Any, radius: float | None = None, *, threads: int | None = None, checked: bool = False
    ) -> Nearest:
        """The nearest shape of each site.

        Args:
            sites: Valid shapes of any kind in the same CRS.
            radius: Metres to look; everywhere if left out. A shape at exactly this distance counts.
            threads: As for :meth:`overlaps_batch`.
            checked: As for :meth:`overlaps_batch`.

        Raises:
            GeometryError: A site is missing, empty or invalid, or the radius makes no sense.
        """
        sites = np.asarray(sites, dtype=object) if checked else _checked(sites)
        if radius is not None and not (np.isfinite(radius) and radius >= 0):
            raise GeometryError(N_("搜索距离 {radius} 无效，应为不小于 0 的米数。"), radius=radius)
        index, distance = np.full(len(sites), -1), np.full(len(sites), np.nan)
        ends = np.full((len(sites), 2, 2), np.nan)
        met = self.overlaps_batch(sites, threads=threads, checked=checked)
        first = np.unique(met.site, return_index=True)[1]
        here = met.site[first]
        index[here], distance[here] = met.zone[first], 0.0
        apart = np.flatnonzero(index < 0)
        if apart.size and self.engine == "grid":
            from spatial.edge_grid import nearest

            index[apart], distance[apart], found_ends = nearest(self._outlines, sites[apart], radius, threads=threads)
            ends[apart] = found_ends.reshape(-1, 2, 2)
        elif apart.size and len(self._chunks[0]):
            pieces, owner, tree = self._chunks
            # Apart, so the shortest way leaves from the outline; and short pieces of it have small boxes to search.
            parts, whose = chunks(sites[apart])
            reach = None if radius is None else max(np.nextafter(radius, np.inf), 1e-300)
            (part, piece), metres = tree.query_nearest(
                parts, max_distance=reach, return_distance=True, all_matches=True
            )
            near = np.ones(len(part), dtype=bool) if radius is None else metres <= radius
            part, piece, metres = part[near], piece[near], metres[near]
            order = np.lexsort((owner[piece], metres, whose[part]))
            row, first = np.unique(whose[part[order]], return_index=True)
            first = order[first]
            found = apart[row]
            index[found], distance[found] = owner[piece[first]], metres[first]
            ends[found] = _ends(parts[part[first]], pieces[piece[first]])
        return Nearest(index, distance, ends[:, 0], ends[:, 1])

    def edges_within(self, sites: Any, radius: float, *, threads: int | None = None) -> np.ndarray:
        """How near the outline of each site comes to an edge of any shape, looked for up to a radius.

        Two edges that cross and whose ends keep away from one another are not seen: where a site shares a part of
        itself with a shape, ask :meth:`overlaps_batch`.

        Args:
            sites: As for :meth:`overlaps_batch`, known to be valid.
            radius: Metres to look.
            threads: As for :meth:`overlaps_batch`.

        Returns:
            Metres for each site; infinite where no edge is within the radius.
        """
        sites = np.asarray(sites, dtype=object)
        metres = np.full(len(sites), np.inf)
        if not len(sites):
            return metres
        if self.engine == "grid":
            from spatial.edge_grid import nearest

            index, found, _ = nearest(self._outlines, sites, radius, threads=threads)
            metres[index >= 0] = found[index >= 0]
        elif len(self._chunks[0]):
            pieces, _, tree = self._chunks
            parts, whose = chunks(sites)
            (part, _), found = tree.query_nearest(
                parts, max_distance=max(np.nextafter(radius, np.inf), 1e-300), return_distance=True, all_matches=False
            )
            np.minimum.at(metres, whose[part], found)
        return metres

    def rest(self) -> None:
        """Give back the memory of what is mapped from disk; it comes back when it is next asked for.

        The pages stay with the system, which may have them: a process that goes through many preparations in turn then
        holds only the one that it is at.
        """
        if hasattr(mmap.mmap, "madvise") and hasattr(mmap, "MADV_DONTNEED"):
            for one in self._maps:
                one.madvise(mmap.MADV_DONTNEED)  # nothing is ever written to the maps, so nothing is lost

    def save(self, path: Path | str, *, extra: Mapping[str, np.ndarray] | None = None) -> None:
        """Write the preparation as a folder of arrays; replaces what stands there only when all of it is written.

        Args:
            path: The folder.
            extra: Arrays to keep beside it; found again as ``extra``.
        """
        path = Path(path)
        unfinished = path.with_name(f"{path.name}.unfinished-{os.getpid()}")
        shutil.rmtree(unfinished, ignore_errors=True)
        try:
            unfinished.mkdir(parents=True)
            self._write(unfinished, extra or {})
            if path.exists():
                shutil.rmtree(path)
            unfinished.rename(path)
        except OSError:
            shutil.rmtree(unfinished, ignore_errors=True)  # on a full disk it would keep others from writing
            raise

    def _write(self, folder: Path, extra: Mapping[str, np.ndarray]) -> None:
        packed = self._wkb if self._wkb is not None else _packed(self.geoms)
        arrays: dict[str, np.ndarray] = {**packed, "kinds": self.kinds, "dimensions": self.dimensions, "bounds": self.bounds}
        if self._grid is not None:
            arrays |= {f"grid_{name}": getattr(self._grid, name) for name in _GRID_ARRAYS}
        elif self.engine == "grid":
            arrays |= {f"outlines_{name}": getattr(self._outlines, name) for name in _GRID_ARRAYS}
        arrays |= {f"extra_{name}": array for name, array in extra.items()}
        hashes = {name: _hash(array) for name, array in sorted(arrays.items())}
        for name, array in arrays.items():
            np.save(folder / f"{name}.npy", array)
        if "digest" not in self.__dict__:
            self.__dict__["digest"] = _digest({name: hashes[name] for name in packed}, self.crs)
        about = {
            "format": FORMAT,
            "engine": self.engine,
            "crs": None if self.crs is None else self.crs.to_wkt(),
            "digest": self.digest,
            "arrays": hashes,
        }
        (folder / "about.json").write_text(json.dumps(about, indent=1, sort_keys=True), encoding="utf-8")

    @classmethod
    def load(cls, path: Path | str, *, digest: str | None = None, verify: bool = False) -> Prepared:
        """Open what :meth:`save` wrote; the arrays are mapped, not read, and the shapes are made when asked for.

        Args:
            path: The folder.
            digest: Of the shapes that it should have been made from, to tell whether it is out of date.
            verify: Read everything and compare it with the digests written beside it.

        Raises:
            PreparedError: It is missing, damaged, made by another version or from other shapes, or needs numba.
        """
        path = Path(path)
        try:
            about = json.loads((path / "about.json").read_text(encoding="utf-8"))
            if about["format"] != FORMAT:
                raise PreparedError(N_("空间索引由其他版本的程序生成，需要重建。"))
            if digest is not None and about["digest"] != digest:
                raise PreparedError(N_("空间索引与图层不一致（图层已更新），需要重建。"))
            # Mapped for writing to memory only: numba compiles arrays that are read-only a second time.
            mapped = {name: np.load(path / f"{name}.npy", mmap_mode="c") for name in about["arrays"]}
            arrays = {name: array.view(np.ndarray) for name, array in mapped.items()}
            if verify and any(_hash(array) != about["arrays"][name] for name, array in arrays.items()):
                raise PreparedError(N_("空间索引文件已损坏，需要重建。"))
            self = cls.__new__(cls)
            self._maps = [array._mmap for array in mapped.values() if array.nbytes > _LARGE_MAP]  # noqa: SLF001
            self._geoms, self._wkb = None, {name: arrays[name] for name in ("wkb", "wkb_starts")}
            self.kinds, self.dimensions, self.bounds = arrays["kinds"], arrays["dimensions"], arrays["bounds"]
            if len(arrays["wkb_starts"]) != len(self.kinds) + 1:
                raise PreparedError(N_("空间索引文件已损坏，需要重建。"))
            self.extra = {name.removeprefix("extra_"): array for name, array in arrays.items() if name.startswith("extra_")}
            self.crs = None if about["crs"] is None else CRS.from_wkt(about["crs"])
            self.engine = about["engine"]
            self.__dict__["digest"] = about["digest"]
            self._grid = None
            if self.engine == "grid" and not has_grid():
                self.engine = "tiles"
            if self.engine == "grid":
                from spatial.edge_grid import EdgeGrid

                if "grid_frame" in arrays:
                    self._grid = EdgeGrid(**{name: arrays[f"grid_{name}"] for name in _GRID_ARRAYS})
                if "outlines_frame" in arrays:
                    self.__dict__["_outlines"] = EdgeGrid(**{name: arrays[f"outlines_{name}"] for name in _GRID_ARRAYS})
        except PreparedError:
            raise
        except _DAMAGED as error:
            raise PreparedError(N_("空间索引文件缺失或已损坏，需要重建。")) from error
        return self


def _blank(geoms: np.ndarray) -> np.ndarray:
    return shapely.is_missing(geoms) | shapely.is_empty(geoms)


def _checked(sites: Any) -> np.ndarray:
    sites = as_array(sites)
    wrong = np.flatnonzero(_blank(sites) | ~shapely.is_valid(sites))
    if wrong.size:
        row = int(wrong[0])
        why = N_("图形为空") if _blank(sites[row : row + 1])[0] else shapely.is_valid_reason(sites[row])
        raise GeometryError(N_("第 {row} 个项目用地图形无效（{why}），请先修复。"), row=row + 1, why=why)
    return sites


def _exact(
    sites: np.ndarray, zones: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """(meets, inside, m², m) of pairs, by shapely on the whole shapes."""
    meets = shapely.intersects(sites, zones)
    inside = meets & ~shapely.touches(sites, zones)
    area, length = np.zeros(len(sites)), np.zeros(len(sites))
    kinds, zone_kinds = shapely.get_dimensions(sites), shapely.get_dimensions(zones)
    area[inside] = shapely.area(shapely.intersection(sites[inside], zones[inside]))
    mixed = (shapely.get_type_id(sites) == 7) | (shapely.get_type_id(zones) == 7)
    for pair in np.flatnonzero(inside & ((kinds == 1) | (zone_kinds == 1) | mixed)):
        (found,) = overlaps(sites[pair], zones[pair : pair + 1], depth=False)
        area[pair], length[pair] = found.area_m2, found.length_m
    return meets, inside, area, length


def _ends(sites: np.ndarray, features: np.ndarray) -> np.ndarray:
    return shapely.get_coordinates(shapely.shortest_line(sites, features)).reshape(-1, 2, 2)


def _packed(geoms: np.ndarray) -> Mapping[str, np.ndarray]:
    """Shapes as flat arrays: WKB end to end, and where each starts."""
    wkb = shapely.to_wkb(geoms, byte_order=1)
    parts = [b"" if one is None else one for one in wkb]
    starts = np.concatenate([[0], np.cumsum([len(one) for one in parts], dtype=np.int64)]).astype(np.int64)
    return {"wkb": np.frombuffer(b"".join(parts), dtype=np.uint8), "wkb_starts": starts}


def _unpacked(arrays: Mapping[str, np.ndarray], rows: Sequence[int] | None = None) -> np.ndarray:
    """The shapes, or those of some rows."""
    starts = arrays["wkb_starts"]
    if rows is None:
        body, ends = arrays["wkb"].tobytes(), starts.tolist()
        parts = [body[a:b] or None for a, b in zip(ends[:-1], ends[1:], strict=True)]
    else:
        parts = [arrays["wkb"][starts[row] : starts[row + 1]].tobytes() or None for row in rows]
    wkb = np.empty(len(parts), dtype=object)
    wkb[:] = parts
    return shapely.from_wkb(wkb)


def _hash(array: np.ndarray) -> str:
    return hashlib.sha256(np.ascontiguousarray(array).data).hexdigest()


def _digest(packed: Mapping[str, str], crs: CRS | None) -> str:
    """Over the digests of packed shapes."""
    parts = [str(FORMAT), "" if crs is None else crs.to_wkt(), *(packed[name] for name in sorted(packed))]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()
