"""Which features of a layer are meant, as a few conditions on their fields: what the map shows, and rules of a style.

Knows no Qt and changes no data.
"""

from __future__ import annotations

import operator
from collections.abc import Mapping
from dataclasses import dataclass
from time import sleep
from typing import TYPE_CHECKING, Any

from sanxian.i18n import N_

if TYPE_CHECKING:
    import numpy as np

OPERATORS: Mapping[str, str] = {
    "is": N_("等于"), "is-not": N_("不等于"), "contains": N_("包含"), "starts": N_("开头是"), "above": N_("大于"),
    "below": N_("小于"), "at-least": N_("不小于"), "at-most": N_("不大于"), "empty": N_("为空"), "filled": N_("不为空"),
}
WITHOUT_VALUE = ("empty", "filled")
# What compares as a number; with what is none, nothing holds.
NUMBERS: Mapping[str, Any] = {"above": operator.gt, "below": operator.lt, "at-least": operator.ge, "at-most": operator.le}


_PORTION = 5_000
_TRUTHS = {"true": True, "1": True, "yes": True, "是": True, "false": False, "0": False, "no": False, "否": False}


def parted(text: str) -> list[str]:
    """The values that a text lists, separated by ``;`` in either width."""
    return [part.strip() for part in text.replace("；", ";").split(";") if part.strip()]


def truth(text: str) -> bool | None:
    """What a word says of a field of yes and no; ``None`` for nothing."""
    return _TRUTHS.get(text.strip().casefold())


def is_yes_no(column: Any) -> bool:
    """Whether a column holds nothing but yes and no, whatever is missing in it."""
    import pandas as pd

    if pd.api.types.is_bool_dtype(column.dtype):
        return True
    return bool(pd.api.types.is_object_dtype(column.dtype)) and pd.api.types.infer_dtype(column, skipna=True) == "boolean"


def yes_no_fields(frame: Any) -> list[str]:
    """The fields of a table that hold nothing but yes and no."""
    return [str(name) for name in frame.columns if is_yes_no(frame[name])]


def as_numbers(values: Any) -> np.ndarray:
    """A column as floats, NaN for what is no number.

    Texts are read a portion at a time: pandas keeps every other thread waiting while it reads some, 100 ms for 120,000 words.
    """
    import numpy as np
    import pandas as pd

    column = pd.Series(values)
    texts = pd.api.types.is_string_dtype(column.dtype) or pd.api.types.is_object_dtype(column.dtype)
    portion = _PORTION if texts else max(len(column), 1)
    found = []
    for start in range(0, max(len(column), 1), portion):
        if start:
            sleep(0.0001)  # who only asks for its turn may not get it between two portions
        part = column.iloc[start:start + portion]
        found.append(pd.to_numeric(part, errors="coerce").to_numpy(dtype=float, na_value=np.nan))
    return np.concatenate(found)


@dataclass(frozen=True)
class Condition:
    """One test of one field; several values are separated by ``;`` and any of them will do."""

    field: str
    operator: str
    value: str = ""

    def hits(self, frame: Any) -> Any:
        """For each row whether it passes; a field that is not there passes nothing."""
        import numpy as np
        import pandas as pd

        if self.field not in frame.columns:
            return np.zeros(len(frame), bool)
        column = frame[self.field]
        missing = column.isna().to_numpy() | (column.astype(str).str.strip() == "").to_numpy()
        if self.operator in WITHOUT_VALUE:
            return missing if self.operator == "empty" else ~missing
        wanted = parted(self.value)
        if self.operator in NUMBERS:
            numbers = as_numbers(column)
            limit = pd.to_numeric(pd.Series(wanted[:1] or [None]), errors="coerce").iloc[0]
            return NUMBERS[self.operator](numbers, limit)
        text = column.astype(str).str.strip().str.casefold()
        found = np.zeros(len(frame), bool)
        if self.operator in ("is", "is-not") and is_yes_no(column):
            wanted = [part if truth(part) is None else str(truth(part)) for part in wanted]
        for part in (one.casefold() for one in wanted):
            if self.operator in ("is", "is-not"):
                same = text == part
                number = pd.to_numeric(pd.Series([part]), errors="coerce").iloc[0]
                if number == number and pd.api.types.is_numeric_dtype(column.dtype):
                    same |= column == number
                found |= same.fillna(False).to_numpy(dtype=bool)
            elif self.operator == "contains":
                found |= text.str.contains(part, regex=False).to_numpy(dtype=bool)
            else:
                found |= text.str.startswith(part).to_numpy(dtype=bool)
        return (~found if self.operator == "is-not" else found & ~missing)


@dataclass(frozen=True)
class Filter:
    """Conditions of which all, or any, must hold."""

    conditions: tuple[Condition, ...]
    any_of: bool = False

    def hits(self, frame: Any) -> Any:
        """For each row whether it passes; of no conditions all hold, and none does."""
        import numpy as np

        if not self.conditions:
            return np.full(len(frame), not self.any_of)
        hits = np.array([condition.hits(frame) for condition in self.conditions])
        return hits.any(axis=0) if self.any_of else hits.all(axis=0)

    def rows(self, frame: Any) -> Any:
        """Positions of the rows that pass."""
        import numpy as np

        return np.flatnonzero(self.hits(frame))

    def rows_again(self, frame: Any, rows: Any, changed: Any) -> Any:
        """As ``rows``, where they were ``rows`` until the rows ``changed`` came to say something else."""
        import numpy as np

        passing = np.zeros(len(frame), bool)
        passing[rows] = True
        passing[changed] = self.hits(frame.iloc[changed])
        return np.flatnonzero(passing)

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values."""
        return {"any": self.any_of, "conditions": [[one.field, one.operator, one.value] for one in self.conditions]}

    @classmethod
    def from_dict(cls, stored: Mapping[str, Any] | None) -> Filter | None:
        """Back from ``to_dict``; ``None`` for nothing, or for what is no filter."""
        if not stored:
            return None
        conditions = [Condition(*map(str, one)) for one in stored.get("conditions", ()) if len(one) == 3]
        known = tuple(one for one in conditions if one.operator in OPERATORS)
        return cls(known, bool(stored.get("any"))) if known else None
