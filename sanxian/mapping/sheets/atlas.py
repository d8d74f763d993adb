"""An atlas: one sheet for each feature of a layer, each in a file named after it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import numpy as np
import shapely
from pyproj import CRS

from layers.schema import feature_label
from sanxian.i18n import N_
from sanxian.mapping.scene import to_lonlat
from sanxian.mapping.sheets.build import ROOM, Place
from sanxian.mapping.sheets.errors import SheetError
from sanxian.reports.wording import plain

MOST = 5000
_RESERVED = {"con", "prn", "aux", "nul", *(f"com{i}" for i in range(10)), *(f"lpt{i}" for i in range(10))}


def places(frame: Any, role: str, name: str, *, field: str | None = None, secrecy: str | None = None) -> list[Place]:
    """The pages of an atlas over the features of a layer, in the layer's order.

    Features of one project (same ``id``) share a page.

    Args:
        frame: The features, with a CRS.
        role: The layer's role.
        name: The layer's name, for messages.
        field: Column that file names are taken from; ``None`` for code, id or name.
        secrecy: How secret the layer is; ``None`` where nobody has said.

    Raises:
        SheetError: There is no such column, there is nothing in the layer, or too much.
    """
    columns = [str(column) for column in frame.columns if column != frame.geometry.name]
    if field is not None and field not in columns:
        raise SheetError(N_("图层“{name}”没有字段“{field}”；有：{known}"), name=name, field=field, known="、".join(columns))
    shapes = to_lonlat(np.asarray(frame.geometry.array, dtype=object), CRS.from_user_input(frame.crs))
    rows = [dict(zip(columns, values, strict=True)) for values in frame[columns].itertuples(index=False, name=None)]
    groups: dict[Any, list[int]] = {}
    for row, shape in enumerate(shapes):
        if shape is not None and not shape.is_empty:
            ident = rows[row].get("id") if role == "project_site" else None
            groups.setdefault(str(ident) if ident not in (None, "") else ("row", row), []).append(row)
    if not groups:
        raise SheetError(N_("图层“{name}”没有要素，做不成图集"), name=name)
    if len(groups) > MOST:
        raise SheetError(N_("图层“{name}”有 {count} 个要素，图集最多 {most} 幅"), name=name, count=len(groups), most=MOST)
    made, taken = [], set()
    for number, members in enumerate(groups.values(), start=1):
        attributes = rows[members[0]]
        shape = shapes[members[0]] if len(members) == 1 else shapely.union_all(shapes[members])
        label = feature_label(role, {"fid": number, **attributes})
        code = _said(attributes.get("code")) or _said(attributes.get("id"))
        wanted = _said(attributes.get(field)) if field else code or label
        file = free(file_name(wanted, f"{number:03d}"), taken)
        west, south, east, north = (float(value) for value in shape.bounds)
        extra = (ROOM * 1.12 - 1) / 2
        box = (west - (east - west) * extra, south - (north - south) * extra, east + (east - west) * extra,
               north + (north - south) * extra)
        values = {"name": plain(label), "code": plain(code), "number": str(number), "count": str(len(groups))}
        made.append(Place(box, shape, values, file, name, secrecy))
    return made


def _said(value: Any) -> str:
    if value is None or value != value:
        return ""
    return f"{value:g}" if isinstance(value, float) else str(value).strip()


def file_name(text: str, otherwise: str) -> str:
    """``text`` as a file's name on any system: no path, nothing unseen, not too long; ``otherwise`` if nothing is left."""
    text = plain(text)
    text = re.sub(r'[\x00-\x1f<>:"/\\|?*\[\]%$`;&!\']+', "_", text)
    text = re.sub(r"\s+", " ", text).strip(" ._-=+@~")
    while len(text.encode("utf-8")) > 120:
        text = text[:-1]
    text = text.rstrip(" .")
    return f"_{text}" if text.split(".")[0].lower() in _RESERVED else text or otherwise


def free(name: str, taken: set[str]) -> str:
    """``name``, or with a number behind it where that is taken (whatever the case); it is taken then."""
    found, number = name, 2
    while found.lower() in taken:
        found, number = f"{name}-{number}", number + 1
    taken.add(found.lower())
    return found


def choose(made: Sequence[Place], only: Sequence[str]) -> list[Place]:
    """The pages whose file, name or code is in ``only``; all for none."""
    if not only:
        return list(made)
    return [place for place in made if {place.file, place.values["name"], place.values["code"]} & set(only)]
