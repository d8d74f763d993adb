"""Which features of a layer its filter lets pass, and how many are of each class of its style.

Found out once for the map and for the tree; of a long layer in another thread, and told when it is known.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import numpy as np
from PyQt5.QtCore import QObject, pyqtSignal

from gui.looks import AT_ONCE, Looks


class Passing(QObject):
    """Answers at once where it is known or soon found out.

    Signals:
        found: Of this layer (its key) something is known now that was asked for before.
    """

    found = pyqtSignal(str)

    def __init__(self, looks: Looks, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._looks = looks
        self._known: dict[tuple[str, str], tuple[tuple[Any, ...], Any]] = {}
        self._asked: dict[tuple[str, str], tuple[Any, ...]] = {}

    def forget(self) -> None:
        """Other layers may come under the same keys."""
        for what in list(self._asked):
            self._looks.forget(("passing", *what))
        self._known.clear()
        self._asked.clear()

    def rows(self, layer: Any) -> tuple[Any, Any] | None:
        """Of a layer with a filter the rows that pass (positions in its frame), and a frame of them; ``None``: not known yet."""
        frame, where = layer.frame, layer.filter

        def find() -> tuple[Any, Any]:
            rows = where.rows(frame)
            return rows, frame.iloc[rows]

        def again(former: tuple[Any, Any]) -> tuple[Any, Any]:
            _frame, changed, field = layer.edited
            rows = where.rows_again(frame, former[0], changed)
            if not np.array_equal(rows, former[0]):
                return rows, frame.iloc[rows]
            part = former[1].copy(deep=False)
            part[field] = frame[field].array[rows]
            return rows, part

        return self._answer("rows", layer, (where,), find, again)

    def counts(self, layer: Any, style: Any) -> Counter | None:
        """How many of the features that pass are of each class of a style, by its number; ``None``: not known yet."""
        frame, where = layer.frame, layer.filter

        def find() -> Counter:
            return Counter(style.class_numbers(frame if where is None else frame.iloc[where.rows(frame)]).tolist())

        # Not the style as a whole: in another colour a class holds what it held.
        sorts = (style.kind, style.field, tuple(style.synonyms.items()),
                 tuple((one.value, one.lower, one.upper, one.where) for one in style.classes))

        def again(former: Counter) -> Counter:
            was, changed, _field = layer.edited

            def classes(of_frame: Any) -> Counter:
                some = of_frame.iloc[changed]
                some = some if where is None else some.iloc[where.rows(some)]
                return Counter(style.class_numbers(some).tolist())

            return former - classes(was) + classes(frame)

        return self._answer("counts", layer, (where, sorts), find, again)

    def _answer(self, what: str, layer: Any, of: tuple[Any, ...], find: Callable[[], Any], again: Callable[[Any], Any]) -> Any:
        """What is known; ``again`` makes it of what was known before a few values were changed."""
        key, frame, edited = layer.key, layer.frame, layer.edited
        place = (what, key)

        def same(other: tuple[Any, ...] | None) -> bool:
            return other is not None and other[0] is frame and other[1:] == of

        known = self._known.get(place)
        if known is not None and edited is not None and known[0][0] is edited[0] and known[0][1:] == of and frame is not edited[0]:
            self._known[place] = known = (frame, *of), again(known[1])
        if known is not None and same(known[0]):
            if place in self._asked:  # what was asked for meanwhile is no longer wanted
                del self._asked[place]
                self._looks.forget(("passing", *place))
            return known[1]
        if len(frame) <= AT_ONCE:
            self._known[place] = ((frame, *of), find())
            return self._known[place][1]
        if not same(self._asked.get(place)):
            self._asked[place] = (frame, *of)

            def take(answer: Any) -> None:
                self._known[place] = (self._asked.pop(place), answer)
                self.found.emit(key)

            self._looks.ask(("passing", *place), lambda _report: find(), take)
        return None
