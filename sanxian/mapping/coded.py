"""Values that a style file says in words, where the field of the layer holds codes.

A style made in QGIS on the agency's own file asks for 右岸; the layer that was read from that file holds ``right``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

from layers.schema import plain
from sanxian.i18n import N_, _, in_every_language
from sanxian.mapping.filters import OPERATORS, Condition, parted, truth
from sanxian.mapping.notes import Note
from sanxian.mapping.styles import LayerStyle, style_for
from sanxian.messages import field_choices, field_spellings, is_truth

Held = Callable[[str], Iterable[str]]
_TRUTHS = {True: N_("是"), False: N_("否")}
PARTS = ("contains", "starts")  # operators that ask for a part of a word


def held_in(frames: Iterable[Any]) -> Held:
    """What the fields of some tables hold, as text."""
    frames = list(frames)
    return lambda field: {str(one).strip() for frame in frames if field in frame.columns for one in frame[field].dropna().unique()}


def in_codes(style: LayerStyle, held: Held | None = None) -> tuple[LayerStyle, list[Note]]:
    """``style`` with the codes of its fields in the place of words that mean them, and what was understood so.

    Args:
        held: What a field of the layer holds, so that a word that stands in it as it is written stays; ``None`` where not known.
    """
    if style.kind == "categorised" and style.field:
        words = _Words(style.role, style.field, held)
        return _categorised(style, words), words.notes()
    if style.kind != "rules":
        return style, []
    fields: dict[str, _Words] = {}

    def coded(one: Condition) -> Condition:
        if one.operator not in ("is", "is-not", *PARTS):
            return one
        words = fields.setdefault(one.field, _Words(style.role, one.field, held))
        parts = parted(one.value)
        if one.operator in PARTS:
            codes = words.like(one.operator, parts)
            return replace(one, operator="is", value=";".join(codes)) if codes else one
        found = list(dict.fromkeys(code for part in parts for code in words.meant(part)))
        words.kept(parts, found)
        return one if found == parts else replace(one, value=";".join(found))

    classes = tuple(
        one if one.where is None else replace(one, where=replace(one.where, conditions=tuple(map(coded, one.where.conditions))))
        for one in style.classes)
    return replace(style, classes=classes), [note for words in fields.values() for note in words.notes()]


class _Words:
    """What the words of one field mean, and which were asked for."""

    def __init__(self, role: str, field: str, held: Held | None) -> None:
        self.field, self.codes = field, frozenset(field_choices(role, field))
        self._meant = field_spellings(role, field) if self.codes else {}
        preset = style_for(role)
        if self.codes and preset.field == field:
            named = {word: one.value for one in preset.classes for word in (one.zh, one.en)}
            for word, code in {**named, **preset.synonyms}.items():
                if code in self.codes:
                    self._meant.setdefault(plain(word), str(code))
        self.truth = not self.codes and is_truth(role, field)
        if self.truth:  # yes and no are the codes, and have the names of the classes that the program draws them by
            self.codes = frozenset(("true", "false"))
            self._meant = {plain(word): str(value).lower() for value in (True, False) for word in in_every_language(_TRUTHS[value])}
            if preset.field == field:
                self._meant |= {plain(word): str(one.value).lower() for one in preset.classes if isinstance(one.value, bool)
                                for word in (one.zh, one.en)}
        self._held = held
        self._there: frozenset[str] | None = None
        self.understood: dict[str, str] = {}
        self.lost: dict[str, None] = {}  # words that mean none of the codes, in order

    def _holds(self) -> frozenset[str]:
        if self._there is None:
            self._there = frozenset(one.casefold() for one in self._held(self.field)) if self._held is not None else frozenset()
        return self._there

    def meant(self, word: str) -> list[str]:
        """The code that a word means; the word itself where the layer holds it or it means none, and both where it holds both."""
        code = self._meant.get(plain(word))
        if word in self.codes or self.truth and truth(word) is not None:
            return [word]
        if code is None:
            if self.codes and self._held is not None and word.casefold() not in self._holds():
                self.lost[word] = None
            return [word]
        if word.casefold() in self._holds():
            return [word, code] if code.casefold() in self._holds() else [word]
        return [code]

    def like(self, operator: str, parts: Iterable[str]) -> list[str]:
        """The codes of which a word contains, or starts with, one of these texts; none where what is asked stays as it is."""
        found: dict[str, None] = {}
        for part in parts if self.codes else ():
            wanted, said = plain(part), f"{_(OPERATORS[operator])} {part}"

            def hit(text: str, wanted: str = wanted) -> bool:
                return plain(text).startswith(wanted) if operator == "starts" else wanted in plain(text)

            codes = sorted({code for word, code in self._meant.items() if hit(word)})
            if any(map(hit, (*self.codes, *self._holds()))):  # it is asked of what stands there
                if codes and any(code.casefold() in self._holds() for code in codes if not hit(code)):
                    self.lost[said] = None
                return []
            if not codes:
                self.lost[said] = None
                continue
            found |= dict.fromkeys(codes)
            self.understood[said] = _("、").join(codes)
        return list(found)

    def kept(self, asked: Iterable[str], values: Iterable[str]) -> None:
        """Remember which of the words that were asked for became codes."""
        values = set(values)
        self.understood |= {word: code for word in asked if word not in values and (code := self._meant.get(plain(word)))}

    def notes(self) -> list[Note]:
        """What was understood, in a sentence."""
        found: list[Note] = []
        if self.understood:
            pairs = _("；").join(f"{word} → {code}" for word, code in self.understood.items())
            found.append(Note(N_("图层的字段“{field}”里是代码，样式里的文字已按代码读入：{pairs}"), field=self.field, pairs=pairs))
        if self.lost:
            found.append(Note(N_("图层的字段“{field}”里是代码或是、否，样式里的这些文字读不出是哪一个，照原样留着，多半没有要素符合，请核对：{words}"),
                              field=self.field, words=_("；").join(self.lost)))
        return found


def _categorised(style: LayerStyle, words: _Words) -> LayerStyle:
    preset = style_for(style.role)
    usual = preset.synonyms if preset.field == style.field else {}
    asked = {number: [one.value, *(raw for raw, value in style.synonyms.items() if value == one.value and usual.get(raw) != value)]
             for number, one in enumerate(style.classes) if isinstance(one.value, str)}
    taken = {raw for raws in asked.values() for raw in raws}  # what the file says itself comes before what it means
    classes = list(style.classes)
    synonyms = {raw: value for raw, value in style.synonyms.items() if isinstance(value, bool) or usual.get(raw) == value}
    own: dict[str, str | bool] = {}
    for number, raws in asked.items():
        values: list[str] = []
        late: list[str] = []  # words whose code an earlier class has: it takes these features in QGIS as well
        for raw in raws:
            for each in words.meant(raw):
                if each == raw or each not in taken:
                    values.append(each)
                elif each not in (*raws, *values) and raw not in values:
                    late.append(raw)
            taken.update(values)
        values = list(dict.fromkeys((*values, *late)))
        words.kept(raws, values)
        if words.truth:
            first = truth(values[0]) if values[0] not in raws else None  # a word of the file's own that was read
            if first is not None:
                classes[number] = replace(classes[number], value=first)
                own |= dict.fromkeys((one for one in values[1:]), first)
                continue
        one = classes[number]
        if values != raws:
            known = preset.classes if usual is preset.synonyms else ()
            english = next((same.en for same in known if same.value == values[0] and same.zh == one.zh), one.en)
            classes[number] = replace(one, value=values[0], en=english)
            synonyms |= {raw: code for raw, code in usual.items() if code == values[0]}
        own |= dict.fromkeys(values[1:], values[0])
    plainly = {one.value for one in classes}
    return replace(style, classes=tuple(classes), synonyms={raw: code for raw, code in synonyms.items() if raw not in plainly} | own)
