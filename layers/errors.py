"""Sentences for people: what is wrong with a file, written so that it can also be said in another language."""

from __future__ import annotations

import re
from typing import Any


def N_(text: str) -> str:  # noqa: N802 - the name that translators' tools look for
    """Mark ``text`` as a message to translate; it is translated where it is shown."""
    return text


class _Sentence(Exception):
    """An error whose text is one Chinese sentence, kept apart from what varies in it."""

    def __init__(self, template: str, **params: Any) -> None:
        super().__init__(template.format(**params))
        self.template = template
        self.params = params

    def __reduce__(self) -> tuple[Any, ...]:
        return _again, (type(self), str(self)), self.__dict__  # an exception alone would take its text for the template


def _again(kind: type[_Sentence], text: str) -> _Sentence:
    return kind.__new__(kind, text)


class LayerError(_Sentence):
    """A file that cannot be read as the layer that it was said to be.

    Attributes:
        template: The sentence in Chinese, with ``{names}`` for what varies; the key of its translation.
        params: What varies.
    """


class DoubtfulSystem(LayerError):
    """A file that leaves its coordinate system open, or says what cannot be.

    Attributes:
        likely: Systems that its numbers would fit, as ``EPSG:4490`` or ``GCJ-02``.
    """

    def __init__(self, likely: tuple[str, ...], template: str, **params: Any) -> None:
        super().__init__(template, **params)
        self.likely = likely


class UnstatedSystem(LayerError):
    """A raster that does not state its coordinate system."""


class WorkspaceError(_Sentence):
    """A workspace that cannot be opened or written.

    Attributes:
        template: The sentence in Chinese, with ``{names}`` for what varies; the key of its translation.
        params: What varies.
    """


class ReadOnlyError(WorkspaceError):
    """A workspace, or the folder or disk that it lies on, cannot be written; it can still be read and copied."""


class ReplacedError(WorkspaceError):
    """Another file stands in the place of a workspace that is open."""


# What GDAL and the libraries beside it say in English, and what it means; the first that is found counts.
LIBRARY_REASONS = (
    (r"not recognized as|not a supported|unable to open", N_("不是本程序认识的格式，或内容与后缀不符")),
    (r"not well-formed|xml pars|syntax error|no element found|mismatched tag|json|unexpected (?:char|end)|invalid token|parse error",
     N_("文字格式有误或没有写完")),
    (r"malformed|corrupt|not a database|encrypted|checksum|inflate|magic|parquet|flatbuffer|decompress", N_("文件已损坏或不完整")),
    (r"truncat|unexpected eof|end of file|read failed|failed to read|too short|fread|out of range|invalid offset",
     N_("文件不完整，可能没有复制或下载完")),
    (r"no such (?:file|layer|table)|does not exist|not found|missing", N_("缺少其中的一部分")),
    (r"permission denied|access is denied", N_("没有读取权限")),
    (r"memory|too (?:large|big|many)", N_("过大，内存不够")),
    (r"geometr|wkb|ring|coordinate|linearring|shape", N_("其中的图形不能读取")),
    (r"codec|encod|decode|utf-?8", N_("其中的文字不能解读")),
)  # fmt: skip
UNKNOWN_REASON = N_("读取中断，文件可能已损坏")


def reason_words(text: str) -> str:
    """What an English message of a library means, in one of a few Chinese words that can be translated."""
    return next((words for pattern, words in LIBRARY_REASONS if re.search(pattern, text, re.IGNORECASE)), UNKNOWN_REASON)
