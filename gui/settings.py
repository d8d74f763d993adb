"""What the window remembers between two days, in one INI file that a person can read."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from PyQt5.QtCore import QByteArray, QSettings, QStandardPaths

RECENT = 10


@dataclass(frozen=True)
class Basemap:
    """What lies under the map; a person's own affair, hence never in a workspace.

    Attributes:
        kind: '' for nothing, ``file`` or ``online``.
        shown: Whether it is drawn now.
        urls, key, grid, highest: Of a tile service, as ``gui.canvas.ground.WebTiles`` takes them.
        agreed: Hosts that the person has agreed to ask for tiles.
        attribution: Whose it is, as it shall stand on the map; '' for what the file or the service is known to want.
    """

    kind: str = ""
    shown: bool = False
    path: str = ""
    urls: tuple[str, ...] = ()
    key: str = ""
    grid: str = "c"
    highest: int = 18
    opacity: float = 1.0
    agreed: tuple[str, ...] = ()
    attribution: str = ""

    def hosts(self) -> list[str]:
        """The services that the addresses name, ``{s}`` standing for any of theirs."""
        found = {urlsplit(url.replace("{s}", "*")).netloc for url in self.urls}
        return sorted(host for host in found if host)


def default_settings() -> QSettings:
    """The settings of this person on this machine."""
    return QSettings(QSettings.IniFormat, QSettings.UserScope, "Sanxian", "sanxian")


class Settings:
    """Typed access to a ``QSettings``, which is passed in so that a test can use its own file."""

    def __init__(self, store: QSettings) -> None:
        self.store = store

    @property
    def folder(self) -> Path:
        """Where the settings file lies; crash reports go beside it."""
        return Path(self.store.fileName()).parent

    @property
    def language(self) -> str | None:
        value = self.store.value("language")
        return value if value in ("zh", "en") else None

    @language.setter
    def language(self, value: str) -> None:
        self.store.setValue("language", value)

    @property
    def coordinate_format(self) -> str:
        value = self.store.value("coordinate_format", "decimal")
        return value if value in ("decimal", "dms", "gauss") else "decimal"

    @coordinate_format.setter
    def coordinate_format(self, value: str) -> None:
        self.store.setValue("coordinate_format", value)

    @property
    def measure_units(self) -> tuple[str, str]:
        """In which units of length and area is measured."""
        from gui.measures import AREAS, LENGTHS, UNITS

        length, _dot, area = str(self.store.value("measure_units") or "").partition(".")
        return (length, area) if length in LENGTHS and area in AREAS else UNITS

    @measure_units.setter
    def measure_units(self, value: tuple[str, str]) -> None:
        self.store.setValue("measure_units", ".".join(value))

    @property
    def person(self) -> str:
        """Who changes workspaces here, as it shall stand in their history; '' for nobody named."""
        return str(self.store.value("person") or "")

    @person.setter
    def person(self, value: str) -> None:
        self.store.setValue("person", value.strip())

    @property
    def theme(self) -> str:
        value = self.store.value("theme", "system")
        return value if value in ("system", "light", "dark") else "system"

    @theme.setter
    def theme(self, value: str) -> None:
        self.store.setValue("theme", value)

    @property
    def cache_folder(self) -> Path:
        """Where what can be fetched again is kept; beside the settings where a test has its own."""
        if self.store.fileName() == default_settings().fileName():
            return Path(QStandardPaths.writableLocation(QStandardPaths.GenericCacheLocation)) / "sanxian"
        return self.folder

    @property
    def basemap(self) -> Basemap:
        """The basemap; none until a person chooses one."""
        try:
            kept = json.loads(self.store.value("basemap") or "{}")
            made = Basemap(**{**kept, "urls": tuple(kept.get("urls", ())), "agreed": tuple(kept.get("agreed", ()))})
        except (TypeError, ValueError, AttributeError):
            return Basemap()
        return made if made.kind in ("", "file", "online") and made.grid in ("c", "w") else Basemap()

    @basemap.setter
    def basemap(self, value: Basemap) -> None:
        self.store.setValue("basemap", json.dumps(asdict(value)))

    @property
    def live(self) -> bool:
        """Whether a site is judged while it is dragged."""
        return self.store.value("live", True, type=bool)

    @live.setter
    def live(self, value: bool) -> None:
        self.store.setValue("live", value)

    @property
    def snapping(self) -> bool:
        """Whether drawing, editing and measuring snap to vertices."""
        return self.store.value("snapping", True, type=bool)

    @snapping.setter
    def snapping(self, value: bool) -> None:
        self.store.setValue("snapping", value)

    @property
    def identify_current(self) -> bool:
        """Whether only the current layer is identified."""
        return self.store.value("identify_current", False, type=bool)

    @identify_current.setter
    def identify_current(self, value: bool) -> None:
        self.store.setValue("identify_current", value)

    @property
    def keys(self) -> dict[str, list[str]]:
        """Shortcuts of the person's own, by the id of the action."""
        try:
            kept = json.loads(self.store.value("keys") or "{}")
        except (TypeError, ValueError):
            return {}
        return {str(name): [str(key) for key in keys] for name, keys in kept.items()} if isinstance(kept, dict) else {}

    @keys.setter
    def keys(self, value: dict[str, list[str]]) -> None:
        self.store.setValue("keys", json.dumps(value))

    @property
    def style_presets(self) -> dict[str, dict[str, Any]]:
        """Styles that the person has kept for any layer, by name, as JSON values."""
        try:
            kept = json.loads(self.store.value("style_presets") or "{}")
        except (TypeError, ValueError):
            return {}
        return {str(name): row for name, row in kept.items() if isinstance(row, dict)} if isinstance(kept, dict) else {}

    @style_presets.setter
    def style_presets(self, value: dict[str, dict[str, Any]]) -> None:
        self.store.setValue("style_presets", json.dumps(value, ensure_ascii=False))

    @property
    def rule_folders(self) -> list[str]:
        return self._list("rule_folders")

    @rule_folders.setter
    def rule_folders(self, value: list[str]) -> None:
        self.store.setValue("rule_folders", value)

    @property
    def last_folder(self) -> Path | None:
        """Where a file was chosen last; ``None`` before that, and where the folder has gone."""
        kept = str(self.store.value("last_folder") or "")
        try:
            return Path(kept) if kept and Path(kept).is_dir() else None
        except OSError:  # a drive that is away
            return None

    @last_folder.setter
    def last_folder(self, value: Path) -> None:
        self.store.setValue("last_folder", str(value.absolute()))

    @property
    def recent(self) -> list[str]:
        return self._list("recent")

    @property
    def pinned(self) -> list[str]:
        """Recent workspaces that stay in the list, and on top of it."""
        return [path for path in self._list("pinned") if path in self.recent]

    def pin(self, path: str, on: bool) -> None:
        """Have a recent workspace stay on top, or not."""
        self.store.setValue("pinned", [*(one for one in self.pinned if one != path), *([path] if on else [])])

    def remember(self, path: Path) -> None:
        """Put a workspace at the head of the recent ones; the oldest of too many goes that is not pinned."""
        text = str(path.absolute())  # the next start may be in another folder
        paths, pinned = [text, *(old for old in self.recent if old != text)], set(self.pinned)
        for old in [one for one in reversed(paths[1:]) if one not in pinned][:max(0, len(paths) - RECENT)]:
            paths.remove(old)
        self.store.setValue("recent", paths)

    def forget(self, path: str) -> None:
        """Take a workspace off the recent list."""
        self.store.setValue("recent", [old for old in self.recent if old != path])

    def layout(self) -> tuple[QByteArray | None, QByteArray | None]:
        """Geometry and state of the main window as it was left."""
        return self.store.value("geometry"), self.store.value("state")

    def keep_layout(self, geometry: QByteArray, state: QByteArray) -> None:
        """Remember the layout."""
        self.store.setValue("geometry", geometry)
        self.store.setValue("state", state)

    def forget_layout(self) -> None:
        """Back to the layout the program came with, at the next start."""
        self.store.remove("geometry")
        self.store.remove("state")

    def _list(self, key: str) -> list[str]:
        value = self.store.value(key) or []
        return [value] if isinstance(value, str) else [str(item) for item in value]
