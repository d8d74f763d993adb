"""What the map shows: layers and the view on them. Knows no Qt."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import geopandas as gpd

_revisions = itertools.count(1)


class Picked(Sequence[tuple[str, int]]):
    """Features of layers: reads as pairs of layer id and row.

    Held as one array a layer, so that all features of a large layer cost no more than a few.

    Attributes:
        rows: By layer, in the order of the layers, their rows: sorted, each once, at least one.
    """

    __slots__ = ("rows",)

    def __init__(self, rows: Mapping[str, Any] | None = None) -> None:
        self.rows: dict[str, np.ndarray] = {}
        for layer, some in (rows or {}).items():
            numbers = np.asarray(some, dtype=np.int64)
            if len(numbers):
                self.rows[layer] = numbers if (numbers[1:] > numbers[:-1]).all() else np.unique(numbers)

    @classmethod
    def of(cls, features: Iterable[tuple[str, int]]) -> Picked:
        """From pairs in any order; what is picked already is given back as it is."""
        if isinstance(features, Picked):
            return features
        rows: dict[str, list[int]] = {}
        for layer, row in features:
            rows.setdefault(layer, []).append(row)
        return cls(rows)

    def of_layer(self, layer: str) -> np.ndarray:
        """The rows of one layer."""
        return self.rows.get(layer, np.empty(0, np.int64))

    def without(self, layer: str) -> Picked:
        """All but one layer's."""
        return Picked({key: some for key, some in self.rows.items() if key != layer})

    def __or__(self, other: Picked) -> Picked:
        return Picked({key: np.concatenate([self.of_layer(key), other.of_layer(key)]) for key in {**self.rows, **other.rows}})

    def __sub__(self, other: Picked) -> Picked:
        return Picked({key: np.setdiff1d(some, other.of_layer(key), assume_unique=True) for key, some in self.rows.items()})

    def __xor__(self, other: Picked) -> Picked:
        return (self - other) | (other - self)

    def __len__(self) -> int:
        return sum(map(len, self.rows.values()))

    def __iter__(self) -> Iterator[tuple[str, int]]:
        for layer, some in self.rows.items():
            for row in some.tolist():
                yield layer, row

    def __getitem__(self, number: Any) -> Any:
        return list(self)[number]

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Picked):
            return self.rows.keys() == other.rows.keys() and all(
                np.array_equal(some, other.rows[layer]) for layer, some in self.rows.items())
        return isinstance(other, (list, tuple)) and list(self) == list(other)

    def __hash__(self) -> int:
        raise TypeError("features that are picked are compared and never a key")

    def __repr__(self) -> str:
        return f"Picked({self.rows})"


@dataclass(eq=False)
class MapLayer:
    """One layer of the map; change its attributes in the window's thread, then call ``MapCanvas.refresh``.

    The canvas takes a copy of everything but the frame when a drawing begins, so a change can't tear a picture.

    Attributes:
        id: Unique in one canvas; what ``identified`` reports.
        name: For people.
        role: A role of the data contract, such as ``ecological_redline``; picks the style when none is given.
        frame: The features, in any CRS: reprojected on the fly; None for a raster. Not to be changed in place, but by
            ``set_frame`` or ``set_values``.
        visible: Whether it is drawn, identified and snapped to.
        opacity: 0 (nothing) to 1.
        style: A ``sanxian.mapping.styles.LayerStyle`` or None for the style of the role.
        raster: Path of a raster file, or a basemap that reads itself, instead of a frame.
        labels: None as the style says, else whether names are drawn.
        attribution: Of a basemap: gives whose it is, in the language of now, to be written in a corner of the map.
        overlay: It is drawn over the layers and belongs to none: it can be identified and is never selected.
    """

    id: str
    name: str
    role: str = ""
    frame: gpd.GeoDataFrame | None = None
    visible: bool = True
    opacity: float = 1.0
    style: Any = None
    raster: Any = None
    labels: bool | None = None
    attribution: Callable[[], str] = str
    overlay: bool = False
    revision: int = field(default_factory=lambda: next(_revisions), init=False, repr=False)
    values: int = field(default=0, init=False, repr=False)

    def set_values(self, frame: gpd.GeoDataFrame) -> None:
        """The same features with other values: what was prepared of their shapes stays."""
        self.frame = frame
        self.values = next(_revisions)

    def set_frame(self, frame: gpd.GeoDataFrame | None) -> None:
        """Show other features; what was prepared for the old ones is thrown away at the next drawing."""
        self.frame = frame
        self.revision = next(_revisions)


@dataclass(frozen=True)
class View:
    """A window on the map.

    Attributes:
        x: Easting of the centre, in units of the canvas CRS.
        y: Northing of the centre.
        resolution: CRS units in one logical pixel.
        width: Logical pixels.
        height: Logical pixels.
    """

    x: float
    y: float
    resolution: float
    width: int
    height: int

    @property
    def extent(self) -> tuple[float, float, float, float]:
        """Left, bottom, right, top in CRS units."""
        dx, dy = self.resolution * self.width / 2, self.resolution * self.height / 2
        return self.x - dx, self.y - dy, self.x + dx, self.y + dy

    def to_map(self, px: float, py: float) -> tuple[float, float]:
        """The place under a pixel; pixels count from the top left corner, y down."""
        return (
            self.x + (px - self.width / 2) * self.resolution,
            self.y - (py - self.height / 2) * self.resolution,
        )

    def to_pixel(self, x: float, y: float) -> tuple[float, float]:
        """The pixel, with fractions, of a place."""
        return (
            (x - self.x) / self.resolution + self.width / 2,
            (self.y - y) / self.resolution + self.height / 2,
        )

    def moved(self, dx: float, dy: float) -> View:
        """The view after its content was dragged by so many pixels (right and down count up)."""
        step = self.resolution
        return View(self.x - dx * step, self.y + dy * step, step, self.width, self.height)

    def zoomed(self, factor: float, px: float, py: float) -> View:
        """The view with resolution divided by ``factor``; the place under the pixel stays under it."""
        x, y = self.to_map(px, py)
        resolution = self.resolution / factor
        return View(
            x - (px - self.width / 2) * resolution,
            y + (py - self.height / 2) * resolution,
            resolution,
            self.width,
            self.height,
        )

    def resized(self, width: int, height: int) -> View:
        """The same centre and scale in a window of another size."""
        return View(self.x, self.y, self.resolution, width, height)

    @staticmethod
    def around(bounds: tuple[float, float, float, float], width: int, height: int, margin: float = 0.05) -> View:
        """The view that shows all of ``bounds`` with some margin (a share of the window)."""
        left, bottom, right, top = bounds
        room = max(1 - 2 * margin, 0.1)
        resolution = max((right - left) / (max(width, 1) * room), (top - bottom) / (max(height, 1) * room))
        return View((left + right) / 2, (bottom + top) / 2, resolution or 1.0, width, height)
