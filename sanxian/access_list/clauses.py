"""One cell of long text into its clauses: numbering of every published kind, nested, nothing lost.

Put together again, the clauses of a cell are the cell: only whitespace between them goes. A heading that rules what
follows stays in front of the first clause under it, and every clause knows the headings over it, since a bar under
“岸线一公里范围内：” is no bar elsewhere.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_CN = "一二三四五六七八九十"
_CIRCLED = "".join(chr(code) for code in range(0x2460, 0x2474))  # ① to ⑳
_BRACKETED = "".join(chr(code) for code in range(0x2474, 0x2488))  # ⑴ to ⒇
_DOTTED = "".join(chr(code) for code in range(0x2488, 0x249C))  # ⒈ to ⒛
_D = r"[0-9０-９]"
_UNITS = r"万?吨|蒸吨|公里|千米|米|亩|公顷|平方|立方|个|家|倍|年|月|日|[%％‰]|km|m\b|t/h|t\b|mg|MW|万"

# style, pattern; decimals before plain numbers
_MARKERS: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("article", re.compile(rf"第(?P<n>[{_CN}百]{{1,4}})条[\s、.．:：]?")),
    ("chinese", re.compile(rf"(?P<n>[{_CN}]{{1,3}})\s*[、.．]")),
    ("chinese-bracket", re.compile(rf"[（(〔【]\s*(?P<n>[{_CN}]{{1,3}})\s*[）)〕】]\s*[、.．]?")),
    (
        "decimal",
        re.compile(
            rf"[（(]?\s*(?P<n>{_D}{{1,2}}(?:[.．\-－]{_D}{{1,2}}){{1,3}})\s*[）)]?\s*[、.．]?(?!\s*(?:{_UNITS}))(?!{_D})(?=\s*\S)"
        ),
    ),
    ("arabic-bracket", re.compile(rf"[（(]\s*(?P<n>{_D}{{1,2}})\s*[）)]\s*[、.．]?")),
    ("arabic-half", re.compile(rf"(?P<n>{_D}{{1,2}})\s*[）)]\s*[、.．]?")),
    ("arabic", re.compile(rf"(?P<n>{_D}{{1,2}})\s*(?:[、．]|\.(?!{_D}))")),
    ("arabic-space", re.compile(rf"(?P<n>{_D}{{1,2}})[ \t\u3000]+(?=[\u4e00-\u9fff【])(?!\s*(?:{_UNITS}))")),
    ("circled", re.compile(rf"(?P<n>[{_CIRCLED}])\s*[、.．]?")),
    ("bracketed", re.compile(rf"(?P<n>[{_BRACKETED}])\s*[、.．]?")),
    ("dotted", re.compile(rf"(?P<n>[{_DOTTED}])\s*")),
    ("letter", re.compile(r"(?P<n>[a-zA-Z])\s*[.．、)）](?![a-zA-Z0-9])")),
    ("bullet", re.compile(r"(?P<n>[•●◆■▪◦★☆※*]|[·\-－—–](?=\s*[\u4e00-\u9fff]))\s*")),
)
_COULD_BE = re.compile(rf"[第（(〔【{_CN}0-9０-９{_CIRCLED}{_BRACKETED}{_DOTTED}a-zA-Z•●◆■▪◦★☆※*·\-－—–]")
_LINE_ONLY = {"arabic-space", "letter", "bullet", "article"}
_SENTENCE_END = "。；;：:！!？?"
_REFERS_BEFORE = re.compile(r"(?:第|款|条|项|上述|前述|附件|附表|表|图|至|和|及|与|到|～|~)\s*$")

_OPENS = re.compile(
    r"^(?:依法|坚决|全面|一律|原则上)?(?:禁止|严禁|不得|不准|不允许|不再|不予|严格|从严|限制|严控|控制|鼓励|支持|推进|推动|加强|加快"
    r"|强化|优化|完善|提高|提升|落实|执行|实施|建立|开展|现有|已有|新建|扩建|改建|除)"
)
_BARS = re.compile(r"^(?:依法|坚决|全面|一律|原则上)?(?:禁止|严禁|不得|不准|不再|不予|严格控制|从严控制|限制|鼓励|支持|推进|推动|加强)")
# words that make a line a statement of its own rather than an item of a list
_STATES = re.compile(
    r"禁止|严禁|不得|不准|不允许|不再|不予|停止|限制|严格|从严|严控|控制|鼓励|支持|推进|推动|加强|加快|强化|优化|完善|落实|执行|实施"
    r"|应|须|需要|必须|要求|逐步|确保|开展|建立|提高|提升|达到|淘汰|退出|搬迁|关闭|整治|替代"
)

_NEUTRAL = re.compile(
    r"[【\[〔（(]?(?:"
    r"(?:(?:产业|布局|生态|水|大气|土壤|岸线|能源|水资源|土地资源|空间|区域|综合|其他|总量|污染物|固废|风险)?[/／·、]?)"
    r"(?:鼓励|引导|鼓励引导|允许|禁止|限制|严格限制|淘汰|退出|综合|其他)(?:准入|引导|发展|开发)?类?"
    r"|空间布局(?:约束|管控|引导)?(?:要求)?|区域布局管控(?:要求)?|污染物排放管控(?:要求)?|环境风险防控(?:要求)?"
    r"|资源(?:能源)?(?:开发)?(?:利用)?效率(?:要求)?|能源资源利用(?:要求)?"
    r"|(?:允许|禁止|限制|鼓励|不符合空间布局要求|其他)(?:开发建设)?活动的?(?:退出)?要求|其他空间布局约束要求"
    r"|(?:产业|项目|环境)?(?:准入)?(?:禁止|限制|总体|管控|准入|基本|具体|共性|差异化)(?:性)?(?:要求|清单|条件|规定)"
    r"|(?:本单元|本管控单元|单元|全市|全省)?(?:应|须)?(?:执行|实行)(?:以下|下列|如下)(?:生态环境)?(?:总体)?(?:管控|准入)?(?:要求|清单)"
    r")[】\]〕）)]?[：:]?"
)


@dataclass(frozen=True, slots=True)
class Part:
    """One clause of a cell.

    Attributes:
        text: Word for word, with its number, and with the headings that stand directly before it.
        own: The clause without those headings and without its number.
        headings: The headings and lead-ins over it, outermost first, without their numbers.
        number: As printed; empty where the clause has none.
        lead: The clause is a lead-in and its list, such as 禁止新建下列项目：（1）…；（2）…
    """

    text: str
    own: str
    headings: tuple[str, ...] = ()
    number: str = ""
    items: tuple[str, ...] = ()


@dataclass(slots=True)
class _Node:
    style: str
    number: str
    start: int  # of the number
    body: int  # of the text after the number
    end: int
    children: list[_Node]

    def own(self, text: str) -> str:
        return text[self.body : self.end].strip()


def is_neutral(text: str) -> bool:
    """Whether a heading says nothing that could narrow what stands under it."""
    return _NEUTRAL.fullmatch(re.sub(r"\s+", "", text)) is not None


def strip_number(text: str) -> str:
    """A clause's text without its leading number."""
    stripped = text.strip()
    found = _marker_at(stripped, 0, line_start=True)
    return stripped[found[2] :].strip() if found else stripped


def split_clauses(text: str) -> list[Part]:
    """The clauses of one cell, in order.

    Joined again and without whitespace, their ``text`` is ``text`` without whitespace, whatever the text is.
    """
    nodes = _nodes(text)
    roots: list[_Node] = []
    stack: list[tuple[str, _Node]] = []
    for node in nodes:
        if node.style == "plain":
            while stack and not _stays(text, stack[-1][1], node):
                stack.pop()
        else:
            at = next((n for n, (style, _) in enumerate(stack) if style == node.style), None)
            if at is not None:
                del stack[at:]
            elif stack and stack[-1][0] == "plain" and not _governs(stack[-1][1].own(text)):
                stack.pop()
        (stack[-1][1].children if stack else roots).append(node)
        stack.append((node.style, node))
    parts: list[Part] = []
    _emit(text, roots, (), parts, None)
    return parts


def _stays(text: str, over: _Node, node: _Node) -> bool:
    """Whether ``over`` still rules an unnumbered ``node``; in doubt it does, which can only make a person look."""
    above, own = over.own(text), node.own(text)
    if not _governs(above):
        return False
    if over.style == "plain" and over.children and _governs(own):
        return is_neutral(own) and not is_neutral(above)
    return True


def _governs(own: str) -> bool:
    """Whether a text without clause of its own rules what follows: a heading, a lead-in, or a setting of the scope."""
    stripped = own.strip()
    if not stripped:
        return True
    if stripped[-1] in "：:" or is_neutral(stripped):
        return True
    if re.search(r"以下|下列|如下|适用|范围内|仅限|范围为", stripped):
        return True
    return stripped[-1] not in "。；;！!？?.，,、" and not _BARS.match(stripped)


def _emit(text: str, nodes: list[_Node], headings: tuple[str, ...], parts: list[Part], carried: int | None) -> int | None:
    """Write the clauses of ``nodes``; ``carried`` is where a heading still waiting for its first clause begins."""
    for node in nodes:
        start = node.start if carried is None else carried
        own = node.own(text)
        if not node.children:
            parts.append(Part(text[start : node.end].strip(), own, headings, text[node.start : node.body].strip()))
            carried = None
            continue
        leads = _governs(own)
        items = [child.own(text) for child in node.children]
        if (
            leads
            and own
            and not is_neutral(own)
            and all(not child.children and not _STATES.search(item) for child, item in zip(node.children, items, strict=True))
        ):
            end = node.children[-1].end
            number = text[node.start : node.body].strip()
            parts.append(Part(text[start:end].strip(), own, headings, number, tuple(items)))
            carried = None
            continue
        over = (*headings, own) if own else headings
        if leads:
            carried = _emit(text, node.children, over, parts, start)
        else:
            parts.append(Part(text[start : node.end].strip(), own, headings, text[node.start : node.body].strip()))
            carried = _emit(text, node.children, over, parts, None)
    return carried


def _nodes(text: str) -> list[_Node]:
    """Numbered and plain pieces in order; together they cover the text."""
    starts = _starts(text)
    nodes: list[_Node] = []
    if not starts or starts[0][0] > 0:
        nodes += _plain(text, 0, starts[0][0] if starts else len(text))
    for position, (start, body, style, number) in enumerate(starts):
        end = starts[position + 1][0] if position + 1 < len(starts) else len(text)
        cut = _heading_line(text, body, end)
        nodes.append(_Node(style, number, start, body, cut if cut is not None else end, []))
        if cut is not None:
            nodes += _plain(text, cut, end)
    return [node for node in nodes if text[node.start : node.end].strip()]


def _heading_line(text: str, body: int, end: int) -> int | None:
    """Where an unnumbered heading begins on a line of its own within a numbered clause."""
    for found in re.finditer(r"\n[ \t\u3000]*(?=\S)", text[body:end]):
        at = body + found.end()
        before = text[body : body + found.start()].rstrip()
        line = text[at:end].split("\n", 1)[0].strip()
        if not before:
            continue
        if is_neutral(line) or (before[-1] in "。；;" and line and line[-1] in "：:"):
            return at
    return None


def _plain(text: str, start: int, end: int) -> list[_Node]:
    """Unnumbered text by lines; a line goes on with the one before unless that one was finished."""
    nodes: list[_Node] = []
    begin = start
    for found in re.finditer(r"\n", text[start:end]):
        at = start + found.start()
        before = text[begin:at].strip()
        after = text[at:end].strip()
        if not before or not after:
            continue
        line = before.rsplit("\n", 1)[-1].strip()
        if before[-1] in "。；;：:！!" or is_neutral(line) or (_OPENS.match(before) and _OPENS.match(after) and before[-1] not in "，,、"):
            nodes.append(_Node("plain", "", begin, begin, at, []))
            begin = at
    nodes.append(_Node("plain", "", begin, begin, end, []))
    return nodes


def _starts(text: str) -> list[tuple[int, int, str, str]]:
    """Where numbered clauses begin: position, position after the number, style, number."""
    found: list[tuple[int, int, str, str]] = []
    last: dict[str, str] = {}
    position = 0
    while position < len(text):
        if not _COULD_BE.match(text[position]):
            position += 1
            continue
        before = text[max(0, position - 200) : position].rstrip(" \t\u3000")
        line_start = not before.strip() or before.endswith("\n")
        previous = before.rstrip()[-1:]
        marker = _marker_at(text, position, line_start=line_start)
        if marker is not None and _accept(marker, line_start, previous, before, last):
            style, number, body = marker
            if body >= len(text) or text[body:].strip():
                _open(last, style, number)
                found.append((position, body, style, number))
                position = body
                continue
        position += 1
    return found


def _marker_at(text: str, position: int, *, line_start: bool) -> tuple[str, str, int] | None:
    for style, pattern in _MARKERS:
        if style in _LINE_ONLY and not line_start:
            continue
        found = pattern.match(text, position)
        if found:
            number = found["n"]
            if style == "decimal":
                number = re.sub("[.．－-]", ".", number)
                return f"decimal{number.count('.')}", number, found.end()
            return style, number, found.end()
    return None


def _accept(
    marker: tuple[str, str, int], line_start: bool, previous: str, before: str, last: dict[str, str]
) -> bool:
    style, number, _ = marker
    value = _value(style, number)
    expected = _follows(style, number, last.get(style))
    ended = not previous or previous in _SENTENCE_END or previous in "】]"
    if style == "bullet":
        return line_start and ended
    if line_start:
        # a line that only wraps can begin with a number too: 淘汰\n35、65蒸吨…
        return ended or expected or value == 1
    if _REFERS_BEFORE.search(before):
        return False
    if style in ("arabic-bracket", "chinese-bracket", "circled", "bracketed", "dotted"):
        return (ended and (expected or value == 1)) or (expected and style in last and previous in "，,、 \t\u3000")
    return ended and (value == 1 or (expected and style in last))


def _open(last: dict[str, str], style: str, number: str) -> None:
    """Remember the number of a style, and forget those of the styles opened after it."""
    if style in last:
        for later in list(last)[list(last).index(style) + 1 :]:
            del last[later]
    last[style] = number


def _value(style: str, number: str) -> int:
    if style.startswith("decimal"):
        return int(_ascii(number.rsplit(".", 1)[-1]) or 0)
    if style in ("arabic", "arabic-space", "arabic-half", "arabic-bracket"):
        return int(_ascii(number))
    if style in ("chinese", "chinese-bracket", "article"):
        return _chinese(number)
    if style == "circled":
        return _CIRCLED.index(number) + 1
    if style == "bracketed":
        return _BRACKETED.index(number) + 1
    if style == "dotted":
        return _DOTTED.index(number) + 1
    if style == "letter":
        return ord(number.lower()) - ord("a") + 1
    return 1


def _follows(style: str, number: str, earlier: str | None) -> bool:
    if earlier is None:
        return False
    if style.startswith("decimal"):
        head, tail = ([int(_ascii(item)) for item in text.split(".")] for text in (earlier, number))
        return tail[:-1] == head[:-1] and tail[-1] == head[-1] + 1 or (tail[:-1] > head[:-1] and tail[-1] == 1)
    return _value(style, number) == _value(style, earlier) + 1


def _ascii(digits: str) -> str:
    return "".join(str(int(digit)) for digit in digits if digit.isdigit())


def _chinese(number: str) -> int:
    if "百" in number:
        return 100
    tens, _, ones = number.partition("十")
    if "十" not in number:
        return _CN.index(number) + 1 if len(number) == 1 else 0
    high = _CN.index(tens) + 1 if tens in tuple(_CN) else 1
    low = _CN.index(ones) + 1 if ones in tuple(_CN) else 0
    return 10 * high + low
