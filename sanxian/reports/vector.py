"""The screened sites with their verdicts as a map layer: GeoJSON or GeoPackage, in CGCS2000 longitude and latitude."""

from __future__ import annotations

import contextlib
import json
import sqlite3
import warnings
from pathlib import Path
from typing import Any

import shapely

from sanxian import messages
from sanxian.i18n import _
from sanxian.mapping.styles import VERDICT_STYLES, verdict_style
from sanxian.reports.wording import plain

LAYER = "screening"


def write(screening: Any, path: Path, *, workspace: Any = None, ruleset: Any = None) -> None:
    """Write the sites of ``screening`` to ``path``, by its suffix; ``workspace`` and ``ruleset`` are not asked.

    GeoJSON is read as WGS 84 by other programs, which differs from CGCS2000 by centimetres; the GeoPackage names its
    CRS. A project without a place has no geometry there, and is still listed.
    """
    if path.suffix.lower() == ".gpkg":
        _geopackage(screening, path)
    else:
        path.write_text(geojson(screening), encoding="utf-8", newline="\n")


def properties(screening: Any, project: Any) -> dict[str, Any]:
    """What the layer says of one project: names as in the result JSON."""
    counts = {verdict: sum(item.outcome == verdict for item in project.outcomes) for verdict in VERDICT_STYLES}
    redline = project.redline
    length = messages.line_within_m(project.site, redline) if redline else None
    return {
        "id": plain(project.id), "name": plain(project.name), "verdict": str(project.verdict),
        "verdict_words": messages.verdict_words(project.verdict),
        "reviewed_verdict": str(project.reviewed_verdict) if project.reviewed_verdict is not None else None,
        "review_states": ";".join(item.state for item in project.overrides) or None,
        "colour": verdict_style(project.verdict).colour,
        **{f"count_{verdict}": count for verdict, count in counts.items()},
        "area_m2": round(project.site.area_m2, 1), "length_m": round(project.site.length_m, 1),
        "control_units": ";".join(plain(unit.code) for unit in project.control_units),
        "redline_checked": bool(redline and redline.checked),
        "redline_overlap_m2": round(project.redline_m2, 1) if project.redline_m2 is not None else None,
        "redline_overlap_m": round(length, 1) if length is not None else None,
        "redline_distance_m": round(redline.distance_m, 1) if redline and redline.distance_m is not None else None,
        "alternative": plain(project.alternative) or None, "alternative_of": plain(project.alternative_of) or None,
        "on": screening.on.isoformat(), "rule_set_sha256": screening.rule_set_sha256,
        "note": _("初步筛查结果，以主管部门审查为准，不是行政许可。"),
    }


def geojson(screening: Any) -> str:
    """The layer as GeoJSON, coordinates to 1e-7 degrees (1 cm), one feature a line."""
    features = []
    for project in screening.projects:
        shape = None
        if project.lonlat is not None and not project.lonlat.is_empty:
            shape = _rounded(json.loads(shapely.to_geojson(shapely.force_2d(project.lonlat))))
        features.append(json.dumps({"type": "Feature", "properties": properties(screening, project), "geometry": shape},
                                   ensure_ascii=False))
    head = json.dumps({"type": "FeatureCollection", "name": LAYER}, ensure_ascii=False)[:-1]
    return head + ', "features": [\n' + ",\n".join(features) + "\n]}\n"


def _rounded(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _rounded(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_rounded(item) for item in value]
    return round(value, 7) if isinstance(value, float) else value


def _geopackage(screening: Any, path: Path) -> None:
    import geopandas

    frame = geopandas.GeoDataFrame(
        [properties(screening, project) for project in screening.projects],
        geometry=[None if project.lonlat is None else shapely.force_2d(project.lonlat)
                  for project in screening.projects],
        crs="EPSG:4490")
    with warnings.catch_warnings():
        # Points, lines and areas stand in one layer here on purpose.
        warnings.filterwarnings("ignore", message=".*geometry type.*")
        frame.to_file(path, layer=LAYER, driver="GPKG", engine="pyogrio")
    with contextlib.closing(sqlite3.connect(path)) as connection, connection:
        # The one thing in the file that tells when it was written.
        connection.execute("UPDATE gpkg_contents SET last_change=?", (f"{screening.on.isoformat()}T00:00:00.000Z",))
