"""What geometry work refuses, in a sentence for the person at the screen."""

from __future__ import annotations

from typing import Any


def N_(text: str) -> str:
    """Mark a sentence for translation; ``spatial`` knows no language, so the words are looked up further up."""
    return text


class SpatialError(ValueError):
    """Something cannot be measured as it stands.

    Attributes:
        template: The sentence in Chinese, with ``{names}`` for what varies; the key of its translation.
        params: What varies.
    """

    def __init__(self, template: str, **params: Any) -> None:
        super().__init__(template.format(**params))
        self.template = template
        self.params = params

    def __reduce__(self) -> tuple[Any, ...]:
        return _again, (type(self), str(self)), self.__dict__  # an exception alone would take its text for the template


def _again(kind: type[SpatialError], text: str) -> SpatialError:
    return kind.__new__(kind, text)


class CrsError(SpatialError):
    """Coordinates cannot be put where they are needed."""


class GeometryError(SpatialError):
    """A shape is empty, broken or of the wrong kind for what was asked."""
