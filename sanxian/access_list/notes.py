"""What a note says to the clauses beside it: nothing, or another meaning of a word, or a limit to the whole list.

A note is never applied. One that defines a word takes every clause with that word from the program and hands it to a
person; one that limits, and names no word that a clause could be found by, does so to every clause. Notes that only
say who drew the table, or where the figures come from, change nothing.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from sanxian.access_list.clauses import strip_number
from sanxian.access_list.lexicon import Lexicon, load_lexicon, plain

_SENTENCES = re.compile(r"[。；;！!]|\n(?=\s*[（(]?\s*(?:\d{1,2}|[一二三四五六七八九十]{1,2}|[①-⑳])\s*[）)、.．]?)")
_LABEL = re.compile(r"^(?:注释|附注|备注|填表说明|编制说明|说明|注)\d*[:：、.．]*")
_PREFIX = re.compile(
    r"^(?:其中|另外|此外|(?:本|该)(?:清单|表|附表|名录)|(?:清单|表)(?=[中内里])|上述|前述|以上(?![、，,和及与]))"
    r"[中内里]?(?:所列)?的?[，,:：]?"
)
_CALLED = r"所[称指]的?"
_MEANS = r"是指|系指|指的是|均指|特指"
_BY = r"以(?![上下内外])[^，,]{1,60}为准"
_DEFINES = rf"{_MEANS}|仅指|只指|不含|不包括|不包含|不计入|不纳入|不属于|不视为|仅包括|只包括|{_BY}"
# only where what stands before is a word of the lexicon: “管控单元包括…” says nothing about a clause
_DEFINES_KNOWN = rf"{_DEFINES}|指(?![标导引定南数])|均?包括|均?包含|均?含|视为|视同|参照|按"
_LETS_OUT = (
    r"除外|不适用|例外|豁免|从其规定|另有[^，,]{0,6}规定|另行规定|不受[^，,]{0,6}限制|不在此(?:列|限)|除[^，,]{1,30}外"
    r"|[仅只](?:适用|限|对|针对)|限于"
)
_FIGURES = re.compile(r"^(?:各|本|管控|环境|综合|单元)*(?:的)?(?:总|国土|土地)?(?:面积|数量|个数|人口|坐标)")
_QUOTED = re.compile(r"[“\"「‘]([^”\"」’]{1,30})[”\"」’]")
# words of a definition that every clause of the list answers to
_EVERY_CLAUSE = re.compile(r"禁|不得|不准|限制|控制|严格|原则上|清单|要求|条款|规定|内容|事项|措施|准入")
_BARS = re.compile(r"禁止|严禁|不得|不准|不允许|不再|不予|限制|严格|从严")
_OF_ALL = re.compile(r"所[称指]|是指|系指|本(?:清单|表|名录)|上述|前述|以上(?:要求|规定|各)|各条")
_GLUE = re.compile(
    r"[、，,和及与或的类等/（）()]|建设项目|工业项目|项目|企业|行业|产业|工业|工程|设施|设备|装置|生产线|生产|产能|加工|制造"
)


@dataclass(frozen=True, slots=True)
class Note:
    """A note that changes what clauses mean.

    Attributes:
        said: The sentences that do so, as printed.
        words: What it defines, as printed; empty where it limits every clause.
        signs: Any of these in a clause's plain text means that the clause uses a defined word.
    """

    said: str
    words: tuple[str, ...] = ()
    signs: frozenset[str] = frozenset()

    def concerns(self, text: str) -> bool:
        """Whether a clause must be read together with the note."""
        compared = plain(text)
        return not self.words or any(sign in compared for sign in self.signs)


def read_note(text: str, *, among_clauses: bool = False, lexicon: Lexicon | None = None) -> Note | None:
    """What a note does to the clauses beside it; ``None`` where it does nothing.

    Args:
        text: The note as printed.
        among_clauses: The text may be requirements that were not recognised: a bar with an exception of its own
            (“禁止…，…除外”) then says nothing to other clauses.
        lexicon: Defaults to the one that comes with the program.
    """
    lexicon = lexicon or load_lexicon()
    words: dict[str, None] = {}
    signs: set[str] = set()
    said: list[str] = []
    every = False
    for sentence in _SENTENCES.split(_LABEL.sub("", text.strip())):
        if among_clauses and _BARS.search(sentence) and not _OF_ALL.search(sentence):
            continue
        found = _sentence(_bare(sentence), lexicon)
        if found is None:
            continue
        said.append(" ".join(sentence.split()))
        every = every or not found[0]
        words |= dict.fromkeys(found[0])
        signs |= found[1]
    if not said:
        return None
    return Note("；".join(said)) if every else Note("；".join(said), tuple(words), frozenset(signs))


def _bare(sentence: str) -> str:
    """A sentence without whitespace, label, number and words that only point at the list."""
    text = re.sub(r"[\s\u200b\ufeff]+", "", strip_number(sentence))
    while True:
        shorter = _PREFIX.sub("", strip_number(_LABEL.sub("", text)))
        if shorter == text:
            return text
        text = shorter


def _sentence(sentence: str, lexicon: Lexicon) -> tuple[list[str], set[str]] | None:
    """The words that a sentence defines and their signs, both empty where it limits every clause; ``None``: nothing."""
    if not sentence or _FIGURES.match(sentence):
        return None
    joined = re.sub(rf"[，,](?={_DEFINES})", "", sentence)  # “化工项目，是指…”
    words: dict[str, None] = {}
    signs: set[str] = set()
    defined = False
    for piece in re.split(r"[，,]", joined):
        piece = _bare(piece)
        named = _subjects(piece, lexicon)
        for word in named:
            known = _signs(word, lexicon)
            if known is None:
                return [], set()
            words[word] = None
            signs |= known
        defines = re.search(_DEFINES, piece) is not None
        if not named and not defines and defined and re.search(_LETS_OUT, piece):
            return [], set()  # “所称化工项目不含…，国家重大项目除外”: out of that word only, or of the list?
        defined = defined or defines
    if words or re.search(rf"{_CALLED}|{_DEFINES}|{_LETS_OUT}", joined):
        return list(words), signs
    return None


def _subjects(piece: str, lexicon: Lexicon) -> list[str]:
    """The words that a piece of a sentence defines, as printed; none where it defines none that can be told."""
    called = re.search(
        rf"{_CALLED}(?P<word>.+?)(?=[:：，,]|{_DEFINES_KNOWN}|均|仅|只|是|系|不|为|除|$)", piece
    )
    if called:
        return _split(called["word"])
    found = re.match(rf"(?P<word>[^，,:：]{{1,30}}?)[:：]?(?={_DEFINES_KNOWN})", piece)
    if found is None:
        return []
    if _known(found["word"], lexicon):
        return [re.sub(r"[“”\"「」‘’]", "", found["word"]).strip("（(")]  # “高耗能、高排放” is one word
    named = _split(found["word"])
    if re.match(_MEANS, piece[found.end() :]) or re.fullmatch(rf"(?:{_QUOTED.pattern}|[、和及与或的]|项目|企业|行业)+", found["word"]):
        return named
    return []


def _split(text: str) -> list[str]:
    quoted = _QUOTED.findall(text)
    return quoted or [word for word in re.split(r"[、和及与或]", text.strip("“”\"「」‘’（(：:")) if word]


def _signs(word: str, lexicon: Lexicon) -> set[str] | None:
    """What to look for in clauses; ``None`` where every clause could be meant."""
    if _EVERY_CLAUSE.search(word):
        return None
    known = _known(word, lexicon)
    if known:
        return known
    core = re.sub(r"^(?:建设|工业)?(?:项目|企业|行业)+$", "", plain(word))
    core = re.sub(r"(?<=..)(?:类|建设|工业)?(?:项目|企业|行业|产业|工程|设施)$", "", core)
    if len(core) < 2:
        return None
    if re.fullmatch(r"[A-Za-z0-9.]+", core):
        return {core}
    # a word outside the lexicon may be printed otherwise in a clause: two characters in common are enough
    return {core[at : at + 2] for at in range(len(core) - 1)}


def _known(word: str, lexicon: Lexicon) -> set[str]:
    """All ways to write the words of the lexicon that ``word`` is made of; empty where it is made of others, too."""
    text = plain(word)
    signs: set[str] = set()
    at = 0
    tables = (
        (lexicon.term_pattern, lexicon.terms),
        (lexicon.nature_pattern, lexicon.natures),
        (lexicon.fuel_pattern, lexicon.fuels),
        (lexicon.exception_pattern, lexicon.exceptions),
    )
    while at < len(text):
        matches = [(match, table) for pattern, table in tables if (match := pattern.match(text, at))]
        matches = [(match, table) for match, table in matches if not getattr(table[match.group()], "anything", False)]
        if matches:
            longest = max(match.end() for match, _ in matches)
            for match, table in matches:
                if match.end() == longest:
                    signs |= {other for other, value in table.items() if _alike(value, table[match.group()])}
            at = longest
            continue
        glue = _GLUE.match(text, at)
        if glue is None:
            return set()
        at = glue.end()
    return signs


def _alike(one: object, other: object) -> bool:
    """Natures and fuels are alike where they share one; terms and exceptions where they are the same entry."""
    if isinstance(one, tuple) and isinstance(other, tuple):
        return bool(set(one) & set(other))
    return one == other
