"""What every error of this package is: one sentence for people, in the language of whoever reads it."""

from __future__ import annotations

from typing import Any


class TellingError(Exception):
    """Something that a person can set right; a subclass says what kind of thing.

    Attributes:
        template: The sentence in Chinese, with ``{names}`` for what varies; the key of its translation.
        params: What varies.
    """

    def __init__(self, template: str, **params: Any) -> None:
        super().__init__(template.format(**params))
        self.template = template
        self.params = params

    def __reduce__(self) -> tuple[Any, ...]:
        return _again, (type(self), self.template, self.params)  # an exception alone would come back without its params


def _again(kind: type[TellingError], template: str, params: dict[str, Any]) -> TellingError:
    return kind(template, **params)
