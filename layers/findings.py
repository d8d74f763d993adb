"""Findings of a check to keep and to hand on: as a layer of the workspace, as a spreadsheet, as a GeoPackage."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import geopandas
import pandas as pd
import pyogrio
from pyproj import CRS

from layers.check import Finding, finding_words
from layers.errors import N_, LayerError

SUFFIXES = (".xlsx", ".gpkg")
SEVERITIES: Mapping[str, str] = {"error": N_("错误"), "warning": N_("存疑"), "info": N_("提示")}
STATUS_WORDS: Mapping[str, str] = {"open": N_("待处理"), "accepted": N_("已接受"), "fixed": N_("已改正")}
# Column of the export, its heading, and how wide the spreadsheet shows it.
COLUMNS: tuple[tuple[str, str, int], ...] = (
    ("key", N_("编号"), 12),
    ("severity", N_("程度"), 8),
    ("layer", N_("图层"), 22),
    ("feature", N_("要素"), 8),
    ("message", N_("发现"), 70),
    ("status", N_("处理状态"), 10),
    ("note", N_("说明"), 30),
    ("person", N_("处理人"), 12),
    ("first_seen", N_("首次发现"), 20),
    ("last_seen", N_("最近发现"), 20),
    ("lon", N_("经度"), 12),
    ("lat", N_("纬度"), 12),
    ("code", N_("类别"), 22),
)
# What of a finding's values tells which thing it is about; areas and widths change while it stays the same finding.
_IDENTITY = ("name", "first", "second", "field", "features", "reference", "system", "county", "row", "other", "parcel",
             "value", "text", "kind", "part")  # fmt: skip


def key(finding: Finding) -> str:
    """Twelve letters that name a finding from one check to the next, as long as it is about the same thing."""
    what: list[Any] = [finding.code, finding.layer, finding.feature]
    what += [str(finding.values.get(name)) for name in _IDENTITY if name in finding.values]
    if finding.feature is None and finding.geometry is not None and not finding.geometry.is_empty:
        point = finding.geometry.representative_point()
        what += [round(point.x, 3), round(point.y, 3)]  # about a hundred metres
    return hashlib.sha256(json.dumps(what, ensure_ascii=False, default=str).encode()).hexdigest()[:12]


def rows(findings: Iterable[Finding]) -> list[dict[str, Any]]:
    """Findings as ``Workspace.save_findings`` takes them; two of one key are told apart by a number."""
    found: list[dict[str, Any]] = []
    seen: dict[str, int] = {}
    for finding in findings:
        name = key(finding)
        seen[name] = seen.get(name, 0) + 1
        found.append(
            {
                "key": name if seen[name] == 1 else f"{name}-{seen[name]}", "code": finding.code,
                "severity": finding.severity, "layer": finding.layer, "feature": finding.feature,
                "message": finding_words(finding), "values": dict(finding.values), "geometry": finding.geometry,
            }
        )  # fmt: skip
    return found


def frame(findings: Sequence[Finding]) -> geopandas.GeoDataFrame:
    """Findings that no workspace keeps, in the shape of ``Workspace.findings``."""
    made = rows(findings)
    data = pd.DataFrame(
        {name: pd.Series([item[name] for item in made], dtype=object)
         for name in ("key", "code", "severity", "layer", "feature", "message", "values")}
    )  # fmt: skip
    for name in ("note", "person", "first_seen", "last_seen"):
        data[name] = pd.Series([None] * len(made), dtype=object)
    data["status"] = "open"
    geometry = geopandas.GeoSeries([item["geometry"] for item in made], crs=CRS.from_epsg(4490))
    return geopandas.GeoDataFrame(data, geometry=geometry.rename("geometry"))


def export(found: geopandas.GeoDataFrame, path: Path | str, translate: Callable[[str], str] = lambda text: text) -> None:
    """Write findings as a spreadsheet (``.xlsx``) or a map layer (``.gpkg``), all of it or nothing.

    Args:
        found: As ``Workspace.findings`` or ``frame`` gives them.
        path: Where to; a file there is replaced.
        translate: Takes headings, sentences and words to another language.

    Raises:
        LayerError: The suffix is none of these.
    """
    path = Path(path)
    if path.suffix.lower() not in SUFFIXES:
        raise LayerError(
            N_("检查结果不能写成 {file}；可用 {known}"), file=path.name, known=" ".join(SUFFIXES)
        )
    table = _table(found, translate)
    part = path.with_name(f".{path.stem}.part{path.suffix}")
    try:
        if path.suffix.lower() == ".xlsx":
            _spreadsheet(table, part, translate)
        else:
            _map(table, found, part)
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)


def _table(found: geopandas.GeoDataFrame, translate: Callable[[str], str]) -> pd.DataFrame:
    data = pd.DataFrame({name: found[name] for name, _, _ in COLUMNS if name in found}, index=found.index)
    places = [None if g is None or g.is_empty else g.representative_point() for g in found.geometry]
    data["lon"] = pd.Series([round(p.x, 7) if p else None for p in places], index=found.index, dtype=object)
    data["lat"] = pd.Series([round(p.y, 7) if p else None for p in places], index=found.index, dtype=object)
    said = zip(found["code"], found["severity"], found["layer"], found["feature"], found["values"], strict=True)
    data["message"] = [
        finding_words(Finding(code, severity, None, None, values), translate) for code, severity, _, _, values in said
    ]
    data["severity"] = [translate(SEVERITIES.get(word, word)) for word in found["severity"]]
    data["status"] = [translate(STATUS_WORDS.get(word, word)) for word in found["status"]]
    return pd.DataFrame({name: data[name] for name, _, _ in COLUMNS})


def _spreadsheet(table: pd.DataFrame, path: Path, translate: Callable[[str], str]) -> None:
    from openpyxl import Workbook
    from openpyxl.styles import Alignment, Font
    from openpyxl.utils import get_column_letter

    book = Workbook()
    sheet = book.active
    sheet.title = translate(N_("数据检查发现"))
    sheet.append([translate(heading) for _, heading, _ in COLUMNS])
    for row in table.itertuples(index=False):
        sheet.append([_cell(value) for value in row])
    for number, (_, _, width) in enumerate(COLUMNS, 1):
        sheet.column_dimensions[get_column_letter(number)].width = width
        sheet.cell(1, number).font = Font(bold=True)
    message = [name for name, _, _ in COLUMNS].index("message") + 1
    for (cell,) in sheet.iter_rows(min_row=2, min_col=message, max_col=message):
        cell.alignment = Alignment(wrap_text=True, vertical="top")
    sheet.freeze_panes = "A2"
    sheet.auto_filter.ref = sheet.dimensions
    book.save(path)


def _cell(value: Any) -> Any:
    if value is None or (isinstance(value, float) and value != value):
        return None
    if isinstance(value, str):
        # A sheet takes no control characters, and text that begins like a formula must stay text.
        text = "".join(letter for letter in value if letter.isprintable() or letter == "\n")
        return f"'{text}" if text[:1] in "=+@" else text
    return value


def _map(table: pd.DataFrame, found: geopandas.GeoDataFrame, path: Path) -> None:
    out = geopandas.GeoDataFrame(table.drop(columns=["lon", "lat"]), geometry=found.geometry, crs=found.crs)
    for name in out.columns:
        if name == "feature":
            out[name] = pd.array([None if v is None or v != v else int(v) for v in out[name]], dtype="Int64")
        elif name != "geometry":
            out[name] = [None if value is None else str(value) for value in out[name]]
    path.unlink(missing_ok=True)
    pyogrio.write_dataframe(out, path, layer="findings", driver="GPKG", geometry_type="Unknown")
