"""The font of sheets: the one that the program's packages carry, made fit for searching.

Qt writes into a PDF, for each glyph, the first code point that has it. In Noto Sans SC the Kangxi radicals and the
compatibility ideographs share their glyphs with ordinary characters and come first, so that 生 would be found only as
U+2F63. Glyphs that a substitution put in have no code point at all and are not found. Hence a copy in memory without
those code points and without substitutions; no file is written. The copy has a name of its own, as the full font may be
loaded for the window.
"""

from __future__ import annotations

import struct
from functools import cache

from PyQt5.QtCore import QByteArray
from PyQt5.QtGui import QFont, QFontDatabase

from sanxian.assets import chinese_font

FAMILY = "Sanxian Sheet"
EM = 100  # px; text is drawn at this size and scaled, so that widths are the same on every device
_LEFT_OUT = ((0x2E80, 0x2FDF), (0xF900, 0xFAFF), (0x2F800, 0x2FA1F))
_DROPPED = ("GSUB", "GPOS", "GDEF", "BASE", "DSIG", "VORG", "vhea", "vmtx")


@cache
def _register() -> str:
    number = QFontDatabase.addApplicationFontFromData(QByteArray(searchable(chinese_font().read_bytes())))
    families = QFontDatabase.applicationFontFamilies(number) if number >= 0 else []
    return families[0] if families else FAMILY


def sheet_font() -> QFont:
    """The font of sheets, ``EM`` pixels high, without hinting.

    Raises:
        sanxian.assets.AssetError: The package that carries it is not installed.
    """
    font = QFont(_register())
    font.setPixelSize(EM)
    font.setHintingPreference(QFont.PreferNoHinting)
    font.setStyleStrategy(QFont.StyleStrategy(QFont.PreferOutline | QFont.NoFontMerging))
    font.setKerning(False)
    return font


def searchable(font: bytes) -> bytes:
    """An OpenType font without the code points that spoil searching, without substitutions, under ``FAMILY``."""
    tag, count = struct.unpack(">4sH", font[:6])
    tables = {}
    for i in range(count):
        name, _sum, offset, length = struct.unpack(">4sIII", font[12 + 16 * i:28 + 16 * i])
        key = name.decode("latin-1")
        if key not in _DROPPED:
            tables[key] = font[offset:offset + length]
    tables["cmap"] = _cmap(tables["cmap"])
    tables["name"] = _names()
    return _assembled(tag, tables)


def _cmap(table: bytes) -> bytes:
    """One subtable of format 12 with the groups of the best one that is there, less what is left out."""
    subtables = [struct.unpack(">HHI", table[4 + 8 * i:12 + 8 * i]) for i in range(struct.unpack(">H", table[2:4])[0])]
    at = next(offset for _platform, _encoding, offset in subtables if struct.unpack(">H", table[offset:offset + 2])[0] == 12)
    groups = []
    for i in range(struct.unpack(">I", table[at + 12:at + 16])[0]):
        pieces = [struct.unpack(">III", table[at + 16 + 12 * i:at + 28 + 12 * i])]
        for low, high in _LEFT_OUT:
            cut = []
            for first, last, glyph in pieces:
                if last < low or first > high:
                    cut.append((first, last, glyph))
                    continue
                if first < low:
                    cut.append((first, low - 1, glyph))
                if last > high:
                    cut.append((high + 1, last, glyph + high + 1 - first))
            pieces = cut
        groups += pieces
    body = b"".join(struct.pack(">III", *group) for group in groups)
    subtable = struct.pack(">HHIII", 12, 0, 16 + len(body), 0, len(groups)) + body
    # Under both numbers of Unicode: Qt takes a font that has it as Microsoft's alone for one of Latin-1.
    return struct.pack(">HHHHIHHI", 0, 2, 0, 4, 20, 3, 10, 20) + subtable


def _names() -> bytes:
    words = {1: FAMILY, 2: "Regular", 3: FAMILY, 4: FAMILY, 6: FAMILY.replace(" ", "")}
    records, texts = b"", b""
    for number, text in words.items():
        raw = text.encode("utf-16-be")
        records += struct.pack(">HHHHHH", 3, 1, 0x409, number, len(raw), len(texts))
        texts += raw
    return struct.pack(">HHH", 0, len(words), 6 + len(records)) + records + texts


def _assembled(tag: bytes, tables: dict[str, bytes]) -> bytes:
    count = len(tables)
    power = 1
    while power * 2 <= count:
        power *= 2
    head = struct.pack(">4sHHHH", tag, count, power * 16, power.bit_length() - 1, (count - power) * 16)
    offset = 12 + 16 * count
    entries, bodies = b"", []
    for key in sorted(tables):
        body = tables[key]
        padded = body + b"\0" * (-len(body) % 4)
        entries += struct.pack(">4sIII", key.encode("latin-1"), _checksum(padded) if len(body) < 1_000_000 else 0, offset, len(body))
        bodies.append(padded)
        offset += len(padded)
    return head + entries + b"".join(bodies)


def _checksum(body: bytes) -> int:
    return sum(struct.unpack(f">{len(body) // 4}I", body)) & 0xFFFFFFFF
