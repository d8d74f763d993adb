"""Layers of a workspace prepared once for each version and projection zone, and kept on disk beside the workspace.

What is kept can be deleted at any time: it is made again from the workspace. Its folder is named by a digest over the
shapes that it was made from, so that a changed layer never meets an old preparation, and its arrays are compared with
the digests written beside them whenever it is opened.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import shapely
from pyproj import CRS
from shapely.geometry.base import BaseGeometry

from spatial.crs import CGCS2000, STRAIGHT_M, transform
from spatial.errors import SpatialError
from spatial.prepared import Prepared, PreparedError

FORMAT = 2
LIMIT_BYTES = 8 * 1024**3  # a nation of 22.9 million vertices takes some 2 GB
_HALF_ZONE = 1.5


def cache_folder(workspace: Path) -> Path:
    """Where the preparations of a workspace are kept: beside it, or with the user's caches where that is read-only."""
    beside = workspace.resolve().parent / f".{workspace.stem}.sanxian-cache"
    if beside.is_dir() and os.access(beside, os.W_OK) or os.access(beside.parent, os.W_OK):
        return beside
    import platformdirs

    name = hashlib.sha256(str(workspace.resolve()).encode()).hexdigest()[:16]
    return Path(platformdirs.user_cache_dir("sanxian", appauthor=False)) / f"{workspace.stem}-{name}"


def margin_degrees(reach_m: float) -> float:
    """How far beyond its own three degrees of longitude a zone's layers must go, for sites of some size."""
    return 0.35 + reach_m / 60_000.0  # a degree of longitude is 65 km long at 54° N


def shapes_digest(shapes: np.ndarray, crs: CRS) -> str:
    """SHA-256 over shapes and their CRS."""
    found = hashlib.sha256(f"{FORMAT}\n{crs.to_wkt()}\n".encode())
    for first in range(0, len(shapes), 4096):
        for one in shapely.to_wkb(shapes[first : first + 4096], byte_order=1):
            found.update(len(one or b"").to_bytes(8, "little"))
            found.update(one or b"")
    return found.hexdigest()


def within_zone(shapes: np.ndarray, crs: CRS, zone: CRS, margin: float) -> np.ndarray:
    """Positions of the shapes whose boxes come within ``margin`` degrees of a projection zone."""
    there = np.flatnonzero(~(shapely.is_missing(shapes) | shapely.is_empty(shapes)))
    bounds = shapely.bounds(shapes[there])
    if not crs.is_geographic or crs.srs != CGCS2000.srs:
        boxes = shapely.box(*bounds.T)
        bounds = shapely.bounds(transform(boxes, crs, CGCS2000, straight_m=20_000.0))
    west, east = span(zone, margin)
    return there[(bounds[:, 2] >= west) & (bounds[:, 0] <= east)]


def span(zone: CRS, margin: float) -> tuple[float, float]:
    """First and last longitude of a 3-degree zone with a margin on both sides."""
    middle = 75.0 + 3.0 * ((zone.to_epsg() or 0) - 4534)
    return middle - _HALF_ZONE - margin, middle + _HALF_ZONE + margin


class Cache:
    """A folder of prepared layers, bounded in size.

    Args:
        folder: Where; ``None`` keeps nothing.
        limit: Bytes that all together may take; the ones used longest ago go first.
    """

    def __init__(self, folder: Path | None, *, limit: int = LIMIT_BYTES) -> None:
        self._folder = folder
        self._limit = limit
        self._used: set[str] = set()

    def prepared(self, parts: Sequence[tuple[np.ndarray, CRS, str]], zone: CRS, margin: float) -> _Found:
        """Shapes of one or several layers carried to a zone and prepared there, from the folder or made now.

        Args:
            parts: Of each layer the shapes, their CRS, and :func:`shapes_digest` of them.
            zone: The projection zone.
            margin: Degrees beyond the zone that are taken in.

        Raises:
            SpatialError: A shape cannot be carried to the zone.
        """
        text = "\n".join([f"{FORMAT}", zone.srs, f"{margin:.6f}", *(digest for _, _, digest in parts)])
        key = hashlib.sha256(text.encode()).hexdigest()[:32]
        chosen = [within_zone(shapes, crs, zone, margin) for shapes, crs, _ in parts]
        offsets = np.cumsum([0, *(len(shapes) for shapes, _, _ in parts)])
        rows = np.concatenate([where + start for where, start in zip(chosen, offsets, strict=False)])
        kept = self._open(key, len(rows))
        if kept is None:
            moved = np.concatenate(
                [
                    transform(shapes[where], crs, zone, straight_m=STRAIGHT_M)
                    for (shapes, crs, _), where in zip(parts, chosen, strict=True)
                ]
            )
            broken = ~shapely.is_valid(moved)
            sound = moved.copy()
            sound[broken] = None
            kept = Prepared(sound, zone, checked=True)
            self._keep(key, kept)
            if broken.any():
                return _Found(kept, rows, moved[broken])
        elif shapely.is_missing(kept.geoms).any():
            lost = shapely.is_missing(kept.geoms)
            every = np.concatenate([shapes for shapes, _, _ in parts])
            which = np.concatenate([np.full(len(shapes), n) for n, (shapes, _, _) in enumerate(parts)])
            again = [transform(every[row], parts[which[row]][1], zone, straight_m=STRAIGHT_M) for row in rows[lost]]
            return _Found(kept, rows, np.array(again, dtype=object))
        return _Found(kept, rows, np.empty(0, dtype=object))

    def shape(self, made_from: str, make: Callable[[], BaseGeometry]) -> BaseGeometry:
        """One shape that takes long to make, from the folder or made now.

        Args:
            made_from: Digest of everything that it is made from, and how.
            make: Makes it.
        """
        key = hashlib.sha256(f"{FORMAT}\nshape\n{shapely.geos_version_string}\n{made_from}".encode()).hexdigest()[:32]
        if self._folder is not None:
            with contextlib.suppress(OSError):
                text = (self._folder / key / "shape").read_bytes()
                if hashlib.sha256(text[32:]).digest() == text[:32]:
                    self._used.add(key)
                    os.utime(self._folder / key)
                    return shapely.from_wkb(text[32:])
        found = make()
        if self._folder is not None:
            with contextlib.suppress(OSError):  # a full or read-only disk costs time and nothing else
                text = shapely.to_wkb(found)
                (self._folder / key).mkdir(parents=True, exist_ok=True)
                unfinished = self._folder / key / f"unfinished-{os.getpid()}"
                unfinished.write_bytes(hashlib.sha256(text).digest() + text)
                unfinished.replace(self._folder / key / "shape")
                self._used.add(key)
                self._trim()
        return found

    def _open(self, key: str, count: int) -> Prepared | None:
        if self._folder is None or not (self._folder / key / "about.json").is_file():
            return None
        try:
            kept = Prepared.load(self._folder / key, verify=True)
        except PreparedError:
            return None
        if len(kept) != count:
            return None
        self._used.add(key)
        with contextlib.suppress(OSError):
            os.utime(self._folder / key)
        return kept

    def _keep(self, key: str, made: Prepared) -> None:
        if self._folder is None or made.engine != "grid" or made._grid is None:  # noqa: SLF001 - tiles are not kept
            return
        with contextlib.suppress(OSError):  # a full or read-only disk costs time and nothing else
            made.save(self._folder / key)
            self._used.add(key)
            self._trim()

    def _trim(self) -> None:
        if self._folder is None:
            return
        sizes: list[tuple[float, int, Path]] = []
        for entry in self._folder.iterdir():
            with contextlib.suppress(OSError):
                size = sum(file.stat().st_size for file in entry.iterdir())
                sizes.append((entry.stat().st_mtime, size, entry))
        total = sum(size for _, size, _ in sizes)
        for _, size, entry in sorted(sizes):
            if total <= self._limit:
                break
            if entry.name not in self._used:
                shutil.rmtree(entry, ignore_errors=True)
                total -= size


class _Found:
    """Prepared shapes, and from which rows they come.

    Attributes:
        rows: Position of each among the shapes of all parts, one after the other.
        broken: Shapes that were sound in their own CRS and are not in the zone; they are not among the prepared.
    """

    def __init__(self, prepared: Prepared, rows: np.ndarray, broken: np.ndarray) -> None:
        self.prepared, self.rows, self.broken = prepared, rows, broken


__all__ = ["Cache", "SpatialError", "cache_folder", "margin_degrees", "shapes_digest", "span", "within_zone"]
