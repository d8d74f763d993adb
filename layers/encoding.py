"""Which encoding a file's text is in, decided by evidence: what it says, and whether the bytes agree."""

from __future__ import annotations

import codecs
from pathlib import Path

from layers.errors import N_, LayerError
from layers.issues import Issue


def read_text(path: Path, encoding: str | None = None) -> tuple[str, str, list[Issue]]:
    """A text file's content, its encoding, and what is doubtful about it.

    Raises:
        LayerError: The named encoding does not exist or does not fit, or none fits.
    """
    data = path.read_bytes()
    if encoding is not None:
        check_encoding(encoding)
        try:
            return data.decode(encoding).lstrip("\ufeff"), encoding, []
        except UnicodeError as error:
            raise LayerError(N_("{file} 不是 {encoding} 编码"), file=path.name, encoding=encoding) from error
    for mark, name in (
        (codecs.BOM_UTF8, "utf-8-sig"),
        (codecs.BOM_UTF16_LE, "utf-16"),
        (codecs.BOM_UTF16_BE, "utf-16"),
    ):
        if data.startswith(mark):
            try:
                return data.decode(name), name, []
            except UnicodeError as error:
                raise LayerError(
                    N_("{file} 的文字已损坏，无法按 {encoding} 解读"), file=path.name, encoding=name
                ) from error
    if b"\0" in data[:4096]:
        for name in ("utf-16-le", "utf-16-be"):
            try:
                text = data.decode(name)
            except UnicodeError:
                continue
            if text[:200].isprintable() or "\n" in text[:2000]:
                return text, name, []
        raise LayerError(N_("{file} 不是文本文件"), file=path.name)
    for name in ("utf-8", "gb18030"):
        try:
            return data.decode(name), name, []
        except UnicodeError:
            continue
    # Some lines in one encoding and some in the other: two programs have written here.
    lines, mixed = [], {}
    for number, line in enumerate(data.splitlines(keepends=True), 1):
        for name in ("utf-8", "gb18030", "latin-1"):
            try:
                lines.append(line.decode(name))
            except UnicodeError:
                continue
            if not line.isascii():
                mixed.setdefault(name, number)
            break
    if "latin-1" in mixed and len(mixed) == 1:
        return "".join(lines), "latin-1", [Issue("encoding-guessed", values={"encoding": "latin-1"})]
    issue = Issue("encoding-mixed", severity="error", values={"first_line": mixed})
    return "".join(lines), "+".join(sorted(mixed)), [issue]


def check_encoding(encoding: str) -> None:
    """Refuse an encoding name that Python does not know.

    Raises:
        LayerError: There is no such encoding.
    """
    try:
        codecs.lookup(encoding)
    except (LookupError, ValueError) as error:
        raise LayerError(N_("没有名为 {encoding} 的编码；常用：utf-8、gbk、gb18030"), encoding=encoding) from error
