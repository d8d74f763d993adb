"""The zip file of a bundle: written in one way only, and read as nothing but that.

A zip has room for bytes that no reader looks at: comments, extra fields, time stamps, gaps, bytes after the end, names
that stand twice and differ. Here every field that is not content has one value that it must have, so that a changed byte
anywhere is either in a member, where its digest tells, or in the frame, where this module tells. Any zip program opens
such a file.
"""

from __future__ import annotations

import re
import struct
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from sanxian.evidence.errors import EvidenceError
from sanxian.i18n import N_

NAME = re.compile(r"[a-z0-9][a-z0-9._-]*(/[a-z0-9][a-z0-9._-]*)*")  # no way up, no drive, no absolute path, one case
LONGEST_NAME = 120
MOST_MEMBERS = 10_000
MOST_BYTES = 1 << 30  # unpacked, all members together
MOST_PACKED = 1 << 30
STORED, DEFLATED = 0, 8

_LOCAL = struct.Struct("<4sHHHHHLLLHH")
_CENTRAL = struct.Struct("<4sHHHHHHLLLHHHHHLL")
_END = struct.Struct("<4sHHHHLLH")
_DAY = 33  # 1980-01-01, the first day that a zip can hold
_VERSION, _UNIX = 20, 3 << 8 | 20
_PLAIN_FILE = 0o100644 << 16


class ContainerDamaged(Exception):
    """The frame of the zip is not as it was written.

    Attributes:
        offset: The first byte that is not as it must be, or the start of the entry that holds it.
        member: The member at or before that place; empty where it is the directory at the end.
    """

    def __init__(self, offset: int, member: str = "") -> None:
        super().__init__(f"{member}@{offset}")
        self.offset = offset
        self.member = member


@dataclass(frozen=True, slots=True)
class Entry:
    """One member as it lies in the file.

    Attributes:
        packed: Its bytes there, compressed where ``method`` is :data:`DEFLATED`.
        size, crc: Of what it holds, as the frame states them.
    """

    name: str
    method: int
    crc: int
    size: int
    packed: bytes

    def chunks(self, step: int = 1 << 20) -> Iterator[bytes]:
        """What it holds, piece by piece and never more than it stated.

        Raises:
            ContainerDamaged: The bytes do not unpack, or to something longer or shorter than was stated.
        """
        if self.method == STORED:
            if len(self.packed) != self.size:
                raise ContainerDamaged(0, self.name)
            yield self.packed
            return
        unpacker, left, given = zlib.decompressobj(-15), self.size, self.packed
        try:
            while not unpacker.eof:
                piece = unpacker.decompress(given, min(step, left + 1))
                given = unpacker.unconsumed_tail
                left -= len(piece)
                if left < 0 or not (piece or given or unpacker.eof):
                    raise ContainerDamaged(0, self.name)
                if piece:
                    yield piece
        except zlib.error as error:
            raise ContainerDamaged(0, self.name) from error
        if left or unpacker.unused_data:
            raise ContainerDamaged(0, self.name)

    def content(self) -> bytes:
        """What it holds, in one piece.

        Raises:
            ContainerDamaged: As for :meth:`chunks`.
        """
        return b"".join(self.chunks())

    def checked(self) -> bool:
        """Whether the checksum of the frame is that of the content."""
        crc = 0
        for piece in self.chunks():
            crc = zlib.crc32(piece, crc)
        return crc == self.crc


def entry(name: str, content: bytes, *, stored: bool = False) -> Entry:
    """A member made from what it holds; kept as it is where packing would not make it smaller.

    Raises:
        ValueError: The name could be read as another place or in another case.
    """
    if not NAME.fullmatch(name) or len(name) > LONGEST_NAME:
        raise ValueError(name)
    packer = zlib.compressobj(6, zlib.DEFLATED, -15)
    packed = content if stored else packer.compress(content) + packer.flush()
    if len(packed) >= len(content):
        return Entry(name, STORED, zlib.crc32(content), len(content), content)
    return Entry(name, DEFLATED, zlib.crc32(content), len(content), packed)


def pack(entries: Mapping[str, Entry]) -> bytes:
    """The members as one zip file, in their order.

    Raises:
        EvidenceError: They are too many or too large.
    """
    if len(entries) > MOST_MEMBERS or sum(item.size for item in entries.values()) > MOST_BYTES:
        raise EvidenceError(N_("证据包过大（上限 {members} 个文件、{megabytes} MB）；请减少项目，分几次研判。"),
                            members=MOST_MEMBERS, megabytes=MOST_BYTES >> 20)
    parts, central, offset = [], [], 0
    for item in entries.values():
        head = _local(item) + item.packed
        central.append(_directory(item, offset))
        parts.append(head)
        offset += len(head)
    directory = b"".join(central)
    return b"".join([*parts, directory, _end(len(entries), len(directory), offset)])


def unpack(data: bytes) -> dict[str, Entry]:
    """The members of a zip that :func:`pack` wrote; nothing is unpacked yet.

    Raises:
        ContainerDamaged: Anything in the frame is not as ``pack`` writes it.
        EvidenceError: What it states to hold is too much to unpack.
    """
    found: dict[str, Entry] = {}
    directory: list[bytes] = []
    at, total, last = 0, 0, ""
    while data[at:at + 4] == b"PK\3\4":
        if len(data) < at + _LOCAL.size or len(found) >= MOST_MEMBERS:
            raise ContainerDamaged(at, last)
        _, _, _, method, _, _, crc, packed_size, size, name_size, _ = _LOCAL.unpack_from(data, at)
        start = at + _LOCAL.size
        name = data[start:start + name_size].decode("ascii", "replace")
        if not NAME.fullmatch(name) or name_size > LONGEST_NAME or name in found:
            raise ContainerDamaged(at, _listed(data, at) or last)
        last = name
        if method not in (STORED, DEFLATED) or start + name_size + packed_size > len(data):
            raise ContainerDamaged(at, name)
        total += size
        if total > MOST_BYTES:
            raise EvidenceError(N_("文件声称解开后超过 {megabytes} MB，没有解开。"), megabytes=MOST_BYTES >> 20)
        item = Entry(name, method, crc, size, data[start + name_size:start + name_size + packed_size])
        if data[at:start + name_size] != _local(item):
            raise ContainerDamaged(at, name)
        found[name] = item
        directory.append(_directory(item, at))
        at = start + name_size + packed_size
    here = _listed(data, at)
    if here and here not in found:  # the directory knows of a member where no member begins any more
        raise ContainerDamaged(at, here)
    if last and data[at:at + 4] not in (b"PK\1\2", b"PK\5\6") and at != _directory_place(data):
        raise ContainerDamaged(at, last)  # the last member that was read states to end where nothing begins
    for item, wanted in zip(found.values(), directory, strict=True):
        if data[at:at + len(wanted)] != wanted:
            raise ContainerDamaged(at, item.name)
        at += len(wanted)
    size = sum(map(len, directory))
    if data[at:] != _end(len(found), size, at - size):
        raise ContainerDamaged(at, last if not found else "")
    return found


def _directory_place(data: bytes) -> int:
    """Where the end of the zip says that the directory begins; -1 where there is no end."""
    return int(_END.unpack_from(data, len(data) - _END.size)[6]) if len(data) >= _END.size else -1


def _listed(data: bytes, at: int) -> str:
    """The member that the directory says begins at ``at``, to call a damaged one by its name; empty where it says none."""
    place = _directory_place(data)
    for _number in range(MOST_MEMBERS):
        if place < 0 or place + _CENTRAL.size > len(data) or data[place:place + 4] != b"PK\1\2":
            return ""
        fields = _CENTRAL.unpack_from(data, place)
        name = data[place + _CENTRAL.size:place + _CENTRAL.size + fields[10]].decode("ascii", "replace")
        if fields[16] == at:
            return name if NAME.fullmatch(name) and len(name) <= LONGEST_NAME else ""
        place += _CENTRAL.size + fields[10] + fields[11] + fields[12]
    return ""


def _local(item: Entry) -> bytes:
    name = item.name.encode("ascii")
    return _LOCAL.pack(b"PK\3\4", _VERSION, 0, item.method, 0, _DAY, item.crc, len(item.packed), item.size, len(name), 0) + name


def _directory(item: Entry, offset: int) -> bytes:
    name = item.name.encode("ascii")
    return _CENTRAL.pack(b"PK\1\2", _UNIX, _VERSION, 0, item.method, 0, _DAY, item.crc, len(item.packed), item.size,
                         len(name), 0, 0, 0, 0, _PLAIN_FILE, offset) + name


def _end(count: int, size: int, offset: int) -> bytes:
    return _END.pack(b"PK\5\6", 0, 0, count, count, size, offset, 0)
