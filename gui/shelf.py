"""How sources were read before, kept in the workspace: prefilled the next time, never applied in silence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any


class Shelf:
    """Mappings of a workspace, for the import dialog."""

    def __init__(self, workspace: Any) -> None:
        self._workspace = workspace

    def recall(self, path: Path, headers: Sequence[str], role: str) -> Any:
        """How such a source was read the last time, or ``None``."""
        from layers import mappings

        return self._workspace.mapping_for(mappings.signature(path, headers), role)

    def keep(self, path: Path, headers: Sequence[str], role: str, fields: Mapping[str, str],
             values: Mapping[str, Mapping[str, str]], encoding: str | None, crs: str | None) -> None:
        """Keep how this source is read."""
        from layers import mappings

        said = mappings.SourceMapping(role, dict(fields), {name: dict(words) for name, words in values.items()}, encoding,
                                      crs, mappings.pattern(path))
        if said:
            self._workspace.save_mapping(mappings.signature(path, headers), said)
