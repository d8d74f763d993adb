"""Copies of a workspace beside it: each as it was before a change, the oldest dropped first.

They lie in a hidden folder next to the file and are whole workspaces themselves. Making one costs nothing where the
disk knows hard links: the former file is kept under another name instead of being thrown away.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

COUNT = 10  # copies that are kept
SIZE = 2 << 30  # bytes that they may take together; the newest is kept whatever its size
_NAME = re.compile(r"^(\d{6,})-([a-z-]+)\.gpkg$")
_AUTOSAVE = "autosave.json"


@dataclass(frozen=True, slots=True)
class Backup:
    """One copy.

    Attributes:
        number: By which it is asked for; higher is newer.
        before: The change before which it was made: add, replace, remove, … or restore; ``manual`` where asked for.
        size: Bytes.
        at: When the state in it was last changed, ISO: as its own history says, else as the disk does.
        layers: How many layers it holds; ``None`` where it cannot be read.
    """

    number: int
    before: str
    path: Path
    size: int
    at: str
    layers: int | None


def folder(workspace: Path | str) -> Path:
    """Where the copies of a workspace lie."""
    path = Path(workspace)
    return path.parent / f".{path.name}.backups"


def entries(workspace: Path | str) -> list[Backup]:
    """The copies of a workspace, the newest first. Works where the workspace itself is damaged or gone."""
    found = []
    place = folder(workspace)
    if not place.is_dir():
        return []
    for file in place.iterdir():
        name = _NAME.match(file.name)
        if name and file.is_file():
            at, layers = _about(file)
            found.append(Backup(int(name[1]), name[2], file, file.stat().st_size, at, layers))
    return sorted(found, key=lambda item: item.number, reverse=True)


def _about(file: Path) -> tuple[str, int | None]:
    at, layers = None, None
    with contextlib.suppress(sqlite3.DatabaseError, OSError):
        address = f"{file.resolve().as_uri()}?mode=ro&immutable=1"
        with contextlib.closing(sqlite3.connect(address, uri=True)) as connection:
            layers = int(connection.execute("SELECT count(*) FROM sanxian_layers").fetchone()[0])
            row = connection.execute("SELECT at FROM sanxian_history WHERE at IS NOT NULL ORDER BY id DESC").fetchone()
            at = row[0] if row else None
    stamp = datetime.fromtimestamp(file.stat().st_mtime, UTC).isoformat(timespec="seconds")
    return at or stamp, layers


def keep(workspace: Path, before: str, *, count: int = COUNT, size: int = SIZE, copy: bool = False) -> Path | None:
    """Keep the workspace's file as it is now, and drop what goes beyond ``count`` and ``size``.

    Args:
        workspace: The file; nobody may be writing in it.
        before: What is about to happen.
        count: Copies that may stay, the new one included; 0 keeps none.
        size: Bytes that they may take together.
        copy: Make a copy of the bytes: the file goes on being written in place.

    Returns:
        Where it is kept; ``None`` where it is not, also because the disk has no room: a change goes before its backup.
    """
    if count < 1:
        prune(workspace, count=0, size=0)
        return None
    place = folder(workspace)
    present = _numbers(place)
    target = place / f"{max(present, default=0) + 1:06d}-{before}.gpkg"
    part = place / f".{target.name}.part"
    try:
        place.mkdir(exist_ok=True)
        if copy:
            raise OSError("a copy of the bytes is wanted")
        os.link(workspace, target)
    except OSError:
        prune(workspace, count=count - 1, size=max(0, size - workspace.stat().st_size))
        try:
            shutil.copyfile(workspace, part)
            os.replace(part, target)
        except OSError:
            with contextlib.suppress(OSError):
                part.unlink(missing_ok=True)
            return None
    prune(workspace, count=count, size=size)
    return target


def prune(workspace: Path, *, count: int, size: int) -> None:
    """Drop the oldest copies until at most ``count`` and ``size`` bytes are left; of several the newest stays."""
    place = folder(workspace)
    total = 0
    for rank, number in enumerate(sorted(_numbers(place), reverse=True), 1):
        for file in place.glob(f"{number:06d}-*.gpkg"):
            total += file.stat().st_size
            if rank > count or (total > size and rank > 1):
                with contextlib.suppress(OSError):
                    file.unlink()


def tidy(workspace: Path) -> None:
    """Remove what a killed program left: parts of copies, and a copy that is still the workspace's own file."""
    place = folder(workspace)
    if not place.is_dir():
        return
    for file in place.iterdir():
        same = False
        with contextlib.suppress(OSError):
            same = bool(_NAME.match(file.name)) and file.samefile(workspace)
        if same or file.name.endswith(".part"):
            with contextlib.suppress(OSError):
                file.unlink()


def _numbers(place: Path) -> list[int]:
    if not place.is_dir():
        return []
    return [int(name[1]) for file in place.iterdir() if (name := _NAME.match(file.name))]


# --- what a window has not yet saved --------------------------------------------------------------------------------


def write_autosave(workspace: Path | str, content: Mapping[str, Any]) -> None:
    """Keep JSON values beside the workspace, in one step, until they are cleared; the workspace is not touched.

    Raises:
        OSError: The folder cannot be written.
    """
    place = folder(workspace)
    place.mkdir(exist_ok=True)
    part = place / f".{_AUTOSAVE}.{os.getpid()}.part"
    try:
        with part.open("w", encoding="utf-8") as stream:
            json.dump(content, stream, ensure_ascii=False, sort_keys=True)
            stream.flush()
            os.fsync(stream.fileno())
        os.replace(part, place / _AUTOSAVE)
    finally:
        part.unlink(missing_ok=True)


def read_autosave(workspace: Path | str) -> dict[str, Any] | None:
    """What was kept and not cleared; ``None`` where there is nothing or it cannot be read."""
    try:
        found = json.loads((folder(workspace) / _AUTOSAVE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return found if isinstance(found, dict) else None


def clear_autosave(workspace: Path | str) -> None:
    """Forget it: what was unsaved is saved, or was given up."""
    with contextlib.suppress(OSError):
        (folder(workspace) / _AUTOSAVE).unlink(missing_ok=True)
        folder(workspace).rmdir()  # only where nothing else lies in it
