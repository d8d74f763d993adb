"""What was measured of a site, as the rules see it: plain numbers and words, from whichever engine made them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class FeatureFact:
    """What was measured between the site and one feature of a layer.

    Attributes:
        attributes: The feature's attributes under this program's names; a value that the data lacks is ``None``.
        overlap_m2, overlap_m, share: Area shared (polygon sites), length shared (line sites), and either as part of
            the site. All 0 for a point site, where ``inside`` tells.
        inside: The site and the feature share more than an edge: area, length, or for a point site the point itself.
        distance_m: From the site's outline, on the ellipsoid; 0 where they touch or overlap.
        depth_m: How far the site reaches into the feature; ``None`` where it does not or nobody measured.
        deeper: Measures ``depth_m``, where that was left for when somebody asks (:func:`deepest`).
        outlet_inside: The project's outlet lies in the feature; ``None`` where no outlet location was given.
    """

    feature: str
    feature_id: int | None = None
    attributes: Mapping[str, Any] = field(default_factory=dict[str, Any])
    overlap_m2: float = 0.0
    overlap_m: float = 0.0
    share: float = 0.0
    inside: bool = False
    distance_m: float = 0.0
    depth_m: float | None = None
    outlet_inside: bool | None = None
    deeper: Callable[[float], float] | None = field(default=None, compare=False, repr=False)


def deepest(features: Iterable[FeatureFact]) -> float | None:
    """How far the site reaches into that feature in which it is deepest; ``None`` where of one nobody knows.

    ``FeatureFact.deeper`` is asked with the depth that counts: what is not deeper than that need not be measured.
    """
    most: float | None = None
    for feature in features:
        depth = feature.depth_m if feature.deeper is None else feature.deeper(most or 0.0)
        if depth is None:
            return None
        most = max(most or 0.0, depth)
    return most


@dataclass(frozen=True, slots=True)
class FilterFact:
    """How much of the site lies within those features of a layer that pass a filter, each part counted once.

    Attributes:
        share: Within features that surely pass.
        possible_share: Within features that pass or whose attributes do not say.
        reach_out_m: How far the site reaches out of the features that surely pass; 0 where it lies within them.
        clearance_m: How far the site keeps from their outer edge, inside; 0 where it does not lie within them.
    """

    share: float
    possible_share: float
    reach_out_m: float | None = None
    clearance_m: float | None = None


@dataclass(frozen=True, slots=True)
class LayerFact:
    """What was measured between the site and one layer.

    Attributes:
        features: Those that the site meets, those within ``searched_m``, and in any case the nearest one.
        searched_m: Distance up to which ``features`` is complete.
        union_m2, union_share: Area of the site within any feature, each square metre counted once, and its share.
            For line sites the share is that of the length; for a point it is 0 or 1.
        covered: Whether the layer claims to be complete over the site; ``None`` where nobody has said.
        uncovered_m2: Area of the site outside the layer's coverage.
        covered_to_m: Largest distance from the site up to which the layer claims to be complete; ``None`` unknown.
        accuracy_m: Stated positional accuracy of the layer and the site together; ``None`` where neither states one.
        count: Features in the whole layer. A layer with none has checked nothing.
        outlet_covered: Whether the layer is complete at the project's outlet; ``None`` where nobody has said.
        common: By ``Relation.common_key``, how wide the part of the site is that lies in this layer and another one: the
            largest distance of one of its points from its edge, 0 where the two share nothing.
        filtered: By ``rules.conditions.Relation.filter_key``, for the relations that need a union over a filter.
    """

    features: tuple[FeatureFact, ...] = ()
    searched_m: float = 0.0
    union_m2: float = 0.0
    union_share: float = 0.0
    covered: bool | None = None
    uncovered_m2: float = 0.0
    covered_to_m: float | None = None
    accuracy_m: float | None = None
    count: int = 0
    outlet_covered: bool | None = None
    filtered: Mapping[str, FilterFact] = field(default_factory=dict[str, FilterFact])
    common: Mapping[str, float] = field(default_factory=dict[str, float])


@dataclass(frozen=True, slots=True)
class SiteFacts:
    """Everything measured of one project's site.

    Attributes:
        layers: By role. A role that is not loaded is absent: nothing about it is known.
    """

    geometry_type: str
    area_m2: float
    length_m: float
    crs: str
    layers: Mapping[str, LayerFact]
