"""Which encoding a file's text is in, decided by evidence: what it says, and whether the bytes agree."""

from __future__ import annotations

import codecs
import dataclasses
import re
from collections.abc import Iterable, Mapping
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
    try:
        return data.decode("utf-8"), "utf-8", []
    except UnicodeError:
        pass
    lines = data.splitlines(keepends=True)
    # Lines in UTF-8 among lines that are not: two programs have written here, and GBK would take both without a word.
    utf8 = [number for number, line in enumerate(lines, 1) if _is_utf8_chinese(line)]
    if utf8:
        text = "".join(line.decode("utf-8" if number in set(utf8) else "gb18030", "replace")
                       for number, line in enumerate(lines, 1))  # fmt: skip
        values = {"utf8_lines": utf8[:20], "lines": len(lines)}
        return text, "gb18030+utf-8", [Issue("encoding-mixed", severity="error", values=values)]
    evidence = weigh(lines, None)
    text = data.decode(evidence.encoding, "replace")
    issues = evidence.issues()
    if "\ufffd" in text:
        issues.append(Issue("text-unreadable", None, None, "error", {"value": "", "encoding": evidence.encoding}))
    return text, evidence.encoding, [issue for issue in issues if issue.code != "encoding-decided"]


def _is_utf8_chinese(line: bytes) -> bool:
    """Whether a line is UTF-8 that holds Chinese and would be no likely text in GBK."""
    if line.isascii():
        return False
    try:
        text = line.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return sum("\u4e00" <= character <= "\u9fff" for character in text) >= 2 and not _looks_chinese([line])


def check_encoding(encoding: str) -> None:
    """Refuse an encoding name that Python does not know.

    Raises:
        LayerError: There is no such encoding.
    """
    try:
        codecs.lookup(encoding)
    except (LookupError, ValueError) as error:
        raise LayerError(N_("没有名为 {encoding} 的编码；常用：utf-8、gbk、gb18030"), encoding=encoding) from error


# --- evidence -------------------------------------------------------------------------------------------------------

_DESTROYED = re.compile(r"\ufffd|锟斤拷|ï¿½|烫烫烫|\?{3,}")
# Language driver bytes of dBASE, as far as they are met in shapefiles.
_DRIVERS = {
    0x01: "cp437", 0x02: "cp850", 0x03: "cp1252", 0x4D: "gbk", 0x4F: "big5", 0x57: "cp1252", 0x58: "cp1252",
    0x59: "cp1252", 0x78: "big5", 0x7A: "gbk", 0x7B: "cp932", 0x79: "cp949", 0x13: "cp932", 0x4E: "cp949",
    0xC8: "cp1250", 0xC9: "cp1251",
}  # fmt: skip
_PAGES = {"936": "gbk", "65001": "utf-8", "54936": "gb18030", "950": "big5", "utf8": "utf-8", "ansi936": "gbk"}


@dataclasses.dataclass(frozen=True, slots=True)
class Evidence:
    """Which encoding some bytes are in, and why.

    Attributes:
        encoding: A Python codec.
        stated: What the file says of itself; ``None`` where it says nothing.
        sure: Whether the bytes leave no other choice, or the file says so and the bytes agree.
        tried: For each encoding how many of the texts do not fit it.
        texts: How many texts other than plain ASCII there were.
    """

    encoding: str
    stated: str | None
    sure: bool
    tried: Mapping[str, int]
    texts: int

    def issues(self) -> list[Issue]:
        """What a person should know: a wrong statement, or a choice made without one."""
        if not self.texts:
            return []
        values = {"encoding": self.encoding, "stated": self.stated, "texts": self.texts, "failed": dict(self.tried)}
        if self.stated is not None and not same(self.stated, self.encoding):
            return [Issue("encoding-stated-wrongly", severity="warning", values=values)]
        if not self.sure:
            return [Issue("encoding-guessed", severity="warning", values=values)]
        if self.stated is None:
            return [Issue("encoding-decided", severity="info", values=values)]
        return []


def same(one: str, other: str) -> bool:
    """Whether two encoding names mean the same, or one the extension of the other."""
    family = {"gb2312": "gb", "gbk": "gb", "gb18030": "gb", "cp1252": "latin", "iso8859-1": "latin", "latin-1": "latin"}
    first, second = (codecs.lookup(name).name for name in (one, other))
    return family.get(first, first) == family.get(second, second)


def stated_by_page(text: str) -> str | None:
    """The codec that a .cpg file names, or ``None`` where it names none that is known."""
    word = text.strip().strip("\ufeff\0").lower()
    digits = re.sub(r"^(ansi|cp|windows|oem|ibm|ms|x)[ _-]*", "", word)
    for name in (_PAGES.get(word.replace("-", "").replace(" ", "")), _PAGES.get(digits), word, f"cp{digits}"):
        if name:
            try:
                return codecs.lookup(name.replace(" ", "-")).name
            except (LookupError, ValueError):
                continue
    found = re.fullmatch(r"8859[ _-]?(\d+)", digits)
    return f"iso8859-{found[1]}" if found else None


def stated_by_driver(byte: int) -> str | None:
    """The codec that a DBF's language driver byte stands for; ``None`` for 0 and what is not known."""
    return _DRIVERS.get(byte)


def weigh(texts: Iterable[bytes], stated: str | None) -> Evidence:
    """Decide an encoding by trial.

    UTF-8 seldom fits by chance, hence comes first, whatever the file says. Chinese in GBK uses two high bytes a
    character and mostly common characters; Latin text read so does not. What fits neither is as stated, else Latin.
    """
    high = [text for text in texts if not text.isascii()]
    if not high:
        return Evidence(stated or "utf-8", stated, True, {}, 0)
    utf8 = [decode(text, "utf-8")[0] for text in high]
    gbk = [decode(text, "gb18030")[0] for text in high]
    tried = {"utf-8": sum(text is None for text in utf8), "gbk": sum(text is None for text in gbk)}
    count = len(high)
    chinese = tried["gbk"] == 0 and _looks_chinese(high)
    if tried["utf-8"] == 0:
        letters = "".join(character for text in utf8 for character in (text or "") if character > "\x7f")
        wide = sum(character >= "\u2000" for character in letters)
        latin = sum("\xa0" <= character <= "\u017f" for character in letters)
        narrow_only = wide < len(letters) / 2
        if not narrow_only:
            return Evidence("utf-8", stated, True, tried, count)
        if latin == len(letters) and not (stated and same(stated, "gbk")):
            return Evidence("utf-8", stated, stated is not None and same(stated, "utf-8"), tried, count)
        if not chinese or (stated and same(stated, "utf-8")):
            return Evidence("utf-8", stated, False, tried, count)
        return Evidence("gb18030", stated, bool(stated and same(stated, "gbk")), tried, count)
    other = stated is not None and not same(stated, "utf-8") and not same(stated, "gbk")
    if other and not _is_single_byte(stated) and all(decode(text, stated)[0] is not None for text in high):
        return Evidence(stated, stated, True, tried, count)  # Big5, Shift-JIS: they too fit GBK by chance
    if chinese:
        return Evidence("gb18030", stated, True, tried, count)
    if stated and not same(stated, "utf-8") and all(decode(text, stated)[0] is not None for text in high):
        return Evidence(stated, stated, True, tried, count)
    if tried["utf-8"] <= count * 0.2 and tried["utf-8"] < tried["gbk"]:
        return Evidence("utf-8", stated, False, tried, count)
    if tried["gbk"] <= count * 0.2 and _looks_chinese([text for text, good in zip(high, gbk, strict=True) if good]):
        return Evidence("gb18030", stated, False, tried, count)
    return Evidence("cp1252" if stated is None or same(stated, "utf-8") else stated, stated, False, tried, count)


def _is_single_byte(encoding: str) -> bool:
    name = codecs.lookup(encoding).name
    return name.startswith(("iso8859", "cp125", "cp4", "cp8", "latin", "koi8", "mac"))


def _looks_chinese(texts: Iterable[bytes]) -> bool:
    """Whether high bytes come in pairs that are mostly the 3755 common characters of GB 2312."""
    pairs = common = rare = 0
    for text in texts:
        index = 0
        while index < len(text):
            first = text[index]
            if first < 0x80:
                index += 1
                continue
            second = text[index + 1] if index + 1 < len(text) else 0
            pairs += 1
            if 0xB0 <= first <= 0xD7 and second >= 0xA1:
                common += 1
            elif not (0xA1 <= first <= 0xF7 and second >= 0xA1):
                rare += 1
            index += 2
    return pairs > 0 and common >= 0.5 * pairs and rare <= 0.2 * pairs


def decode(data: bytes, encoding: str, *, width: int | None = None) -> tuple[str | None, bool]:
    """Text, and whether its last character had been cut in two by the width of its field and is left out.

    Args:
        data: The bytes.
        encoding: A Python codec.
        width: Bytes that the field has room for; a cut is believed only where the text fills it or it is unknown.

    Returns:
        ``None`` for the text where the bytes do not fit the encoding.
    """
    try:
        return data.decode(encoding), False
    except UnicodeDecodeError as error:
        cut = error.start >= len(data) - 3 and error.start > 0 and (width is None or len(data) >= width - 3)
        if cut and codecs.lookup(encoding).name in ("utf-8", "gb18030", "gbk"):
            try:
                head = data[: error.start].decode(encoding)
            except UnicodeDecodeError:
                return None, False
            tail = data[error.start :]
            whole = tail[0] >= 0xC0 if codecs.lookup(encoding).name == "utf-8" else len(tail) == 1
            if whole:
                return head, True
        return None, False
    except LookupError:
        return None, False


def is_destroyed(text: str) -> bool:
    """Whether a text bears the marks of characters lost for good: �, 锟斤拷 or rows of question marks."""
    return bool(_DESTROYED.search(text))
