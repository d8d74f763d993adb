"""Conditions of rules between three tongues: our ``Filter``, the expressions of QGIS, the filters of OGC's SLD.

What all three can say is a small tree of tuples: ``("cmp", "=", field, value)`` (also <>, >, <, >=, <=), ``("in", field,
values)``, ``("contains", field, text)``, ``("starts", field, text)``, ``("null", field)``, ``("and", parts)``, ``("or",
parts)`` and ``("not", part)``. A tree compares equal to another that says the same in the same order.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from typing import Any
from xml.etree import ElementTree

from sanxian.mapping.filters import Condition, Filter, parted, truth

Node = tuple[Any, ...]
_SIGNS = {"above": ">", "below": "<", "at-least": ">=", "at-most": "<="}
_OPERATORS = {sign: name for name, sign in _SIGNS.items()}
_OGC = {"=": "PropertyIsEqualTo", "<>": "PropertyIsNotEqualTo", ">": "PropertyIsGreaterThan", "<": "PropertyIsLessThan",
        ">=": "PropertyIsGreaterThanOrEqualTo", "<=": "PropertyIsLessThanOrEqualTo"}  # fmt: skip
_OF_OGC = {name: sign for sign, name in _OGC.items()}


class Unsayable(ValueError):
    """An expression or a filter that the small tree has no form for."""


# --- Filter ------------------------------------------------------------------------------------------------------------


def node_of(rule: Filter) -> Node:
    """A filter as a tree.

    Raises:
        Unsayable: A condition that needs a value has none.
    """
    if not rule.conditions:
        raise Unsayable("")
    parts = tuple(_node(one) for one in rule.conditions)
    return parts[0] if len(parts) == 1 else ("or" if rule.any_of else "and", parts)


def _node(one: Condition) -> Node:
    values = tuple(parted(one.value))
    field, empty = one.field, ("or", (("null", one.field), ("cmp", "=", one.field, "")))
    if one.operator == "empty":
        return empty
    if one.operator == "filled":
        return ("not", empty)
    if not values:
        raise Unsayable(one.operator)
    if one.operator in _SIGNS:
        return ("cmp", _SIGNS[one.operator], field, values[0])
    if one.operator in ("contains", "starts"):
        parts = tuple((one.operator, field, value) for value in values)
        return parts[0] if len(parts) == 1 else ("or", parts)
    same: Node = ("cmp", "=", field, values[0]) if len(values) == 1 else ("in", field, values)
    return same if one.operator == "is" else ("or", (("null", field), ("not", same)))


def filter_of(node: Node) -> Filter | None:
    """A tree as a filter; ``None`` where a filter cannot say it."""
    any_of = node[0] == "or" and _special_or(node) is None
    parts = [_conditions(part, any_of) for part in _flat(node, "or" if any_of else "and")]
    if any(part is None for part in parts):
        return None
    return Filter(tuple(dict.fromkeys(one for part in parts for one in part or ())), any_of)


def _flat(node: Node, kind: str) -> list[Node]:
    if node[0] != kind or (kind == "or" and _special_or(node) is not None):
        return [node]
    return [inner for part in node[1] for inner in _flat(part, kind)]


def _conditions(node: Node, any_of: bool) -> list[Condition] | None:
    """Conditions that together say it, where all, or any, of a filter must hold."""
    kind = node[0]
    if kind == "cmp":
        _kind, sign, field, value = node
        if ";" in value or "；" in value or value != value.strip():
            return None
        if sign in _OPERATORS:
            return [Condition(field, _OPERATORS[sign], value)]
        if value == "":
            return [Condition(field, "empty" if sign == "=" else "filled")]
        if sign == "=":
            return [Condition(field, "is", value)]
        return None if any_of else [Condition(field, "is-not", value), Condition(field, "filled")]
    if kind == "in":
        return None if any(";" in one or "；" in one or not one.strip() for one in node[2]) else [
            Condition(node[1], "is", ";".join(node[2]))]  # fmt: skip
    if kind in ("contains", "starts"):
        return None if ";" in node[2] or "；" in node[2] or not node[2].strip() else [Condition(node[1], kind, node[2])]
    if kind == "null":
        return [Condition(node[1], "empty")]
    if kind == "or":
        return _special_or(node)
    if kind == "not":
        inner = node[1]
        found = _conditions(inner, False)
        if found is None or len(found) != 1:
            return None
        one = found[0]
        if one.operator == "empty":
            return [Condition(one.field, "filled")]
        if one.operator == "filled":
            return [Condition(one.field, "empty")]
        if one.operator == "is" and not any_of:  # of no value at all neither side holds in QGIS
            return [Condition(one.field, "is-not", one.value), Condition(one.field, "filled")]
    return None


def _special_or(node: Node) -> list[Condition] | None:
    """What we write with ``or`` inside one condition: is empty, is not, contains one of several."""
    parts = node[1]
    if len({part[1] for part in parts if part[0] in ("contains", "starts")}) == 1 and len({part[0] for part in parts}) == 1:
        texts = [part[2] for part in parts]
        return None if any(";" in one for one in texts) else [Condition(parts[0][1], parts[0][0], ";".join(texts))]
    if len(parts) == 2 and parts[0][0] == "null":
        field, second = parts[0][1], parts[1]
        if second == ("cmp", "=", field, ""):
            return [Condition(field, "empty")]
        negated = second[1] if second[0] == "not" else ("cmp", "=", *second[2:]) if second[:2] == ("cmp", "<>") else None
        if negated is not None:
            found = _conditions(negated, False)
            if found is not None and len(found) == 1 and found[0].operator == "is" and found[0].field == field:
                return [Condition(field, "is-not", found[0].value)]
    return None


def canonical(node: Node) -> Node:
    """The form in which a tree comes back from OGC's filters: several ``=`` of one field are an ``in``."""
    if node[0] in ("and", "or"):
        parts = tuple(canonical(part) for part in node[1])
        return _gathered(parts) if node[0] == "or" else ("and", parts)
    return ("not", canonical(node[1])) if node[0] == "not" else node


def empty_or_none(node: Node) -> bool:
    """Whether a tree tells an empty text from no value, which a filter does not: there both are empty."""
    if node[0] in ("and", "or"):
        field = _special_or(node) if node[0] == "or" else None
        return field is None and any(empty_or_none(part) for part in node[1])
    if node[0] == "not":
        return empty_or_none(node[1])
    return node[0] == "null" or node[0] == "cmp" and node[1] in ("=", "<>") and node[3] == ""


def with_truth(node: Node, fields: Collection[str], *, words: bool = False) -> Node:
    """A tree in which yes and no of ``fields`` are no texts; no program takes the text 'true' for yes.

    Args:
        words: As two words of which one will do: SLD has no form for yes, and of ``true`` and ``1`` QGIS takes the one when it
            asks the file and the other when it draws.
    """
    kind = node[0]
    if kind in ("and", "or"):
        return kind, tuple(with_truth(part, fields, words=words) for part in node[1])
    if kind == "not":
        return "not", with_truth(node[1], fields, words=words)
    if kind == "in" and node[1] in fields or kind == "cmp" and node[1] in ("=", "<>") and node[2] in fields:
        field, values = (node[1], node[2]) if kind == "in" else (node[2], (node[3],))
        known = [value if truth(value) is None else truth(value) for value in values]
        if any(isinstance(value, bool) for value in known):
            if words:
                texts = [text for value in known for text in (truth_words(value) if isinstance(value, bool) else (value,))]
                same: Node = ("in", field, tuple(dict.fromkeys(texts)))
                return same if kind == "in" or node[1] == "=" else ("not", same)
            return ("in", field, tuple(dict.fromkeys(known))) if kind == "in" else ("cmp", node[1], field, known[0])
    return node


def truth_words(value: bool) -> tuple[str, str]:
    """Yes or no as the two words that stand for it in SLD."""
    return ("true", "1") if value else ("false", "0")


def one_truth(node: Node) -> Node:
    """Back from the two words of ``with_truth``."""
    if node[0] in ("and", "or"):
        return node[0], tuple(one_truth(part) for part in node[1])
    if node[0] == "not":
        return "not", one_truth(node[1])
    if node[0] == "in" and node[2] in (truth_words(True), truth_words(False)):
        return "cmp", "=", node[1], node[2][0]
    return node


def negated(node: Node) -> Node:
    """What holds where a tree does not, also where a field has no value: there ``NOT`` of SQL would leave it open."""
    kind = node[0]
    if kind in ("and", "or"):
        return "or" if kind == "and" else "and", tuple(negated(part) for part in node[1])
    if kind == "not":
        return node[1]
    if kind == "null":
        return ("not", node)
    field = node[2] if kind == "cmp" else node[1]
    if kind == "cmp" and node[1] in _OPPOSITE:
        return ("or", (("null", field), ("cmp", _OPPOSITE[node[1]], field, node[3])))
    return ("or", (("null", field), ("not", node)))


_OPPOSITE = {">": "<=", "<=": ">", "<": ">=", ">=": "<"}


def exclusive(nodes: Sequence[Node]) -> list[Node]:
    """Rules of which the first that holds counts, as rules that all count: each says that none before it holds."""
    return [node if not number else ("and", (node, *(negated(former) for former in nodes[:number])))
            for number, node in enumerate(nodes)]


def inclusive(nodes: Sequence[Node]) -> list[Node]:
    """Back from ``exclusive``, also where another program has left brackets out; what does not say so stays as it is."""
    found: list[Node] = []
    for node in nodes:
        for no in (negated, _not):
            parts, tail = _flat_and(node), [_level(part) for former in found for part in _flat_and(no(former))]
            if tail and len(parts) > len(tail) and [_level(part) for part in parts[-len(tail):]] == tail:
                head = parts[:-len(tail)]
                node = head[0] if len(head) == 1 else ("and", tuple(head))
                break
        found.append(node)
    return found


def _not(node: Node) -> Node:
    return ("not", node)


def _flat_and(node: Node) -> list[Node]:
    """The parts that must all hold, however they are bracketed."""
    return [inner for part in node[1] for inner in _flat_and(part)] if node[0] == "and" else [node]


def _level(node: Node) -> Node:
    """A tree without the brackets that change nothing."""
    if node[0] in ("and", "or"):
        parts: list[Node] = []
        for part in (_level(one) for one in node[1]):
            parts += part[1] if part[0] == node[0] else [part]
        return node[0], tuple(parts)
    return ("not", _level(node[1])) if node[0] == "not" else node


def rest_of(nodes: Sequence[Node]) -> Node:
    """What holds where none of these does."""
    parts = tuple(negated(node) for node in nodes)
    return parts[0] if len(parts) == 1 else ("and", parts)


def is_rest(node: Node, nodes: Sequence[Node]) -> bool:
    """Whether a tree says what ``rest_of`` says of these."""
    return bool(nodes) and _level(node) == _level(rest_of(nodes))


# --- QGIS --------------------------------------------------------------------------------------------------------------


def expression(node: Node) -> str:
    """A tree as an expression of QGIS."""
    kind = node[0]
    if kind == "cmp":
        _kind, sign, field, value = node
        return f"{_column(field)} {sign} {_literal(value, number=sign in _OPERATORS)}"
    if kind == "in":
        return f"{_column(node[1])} IN ({', '.join(_literal(value) for value in node[2])})"
    if kind in ("contains", "starts"):
        text = re.sub(r"([\\%_])", r"\\\1", node[2])
        return f"{_column(node[1])} ILIKE {_literal(('%' if kind == 'contains' else '') + text + '%')}"
    if kind == "null":
        return f"{_column(node[1])} IS NULL"
    if kind == "not":
        return f"NOT ({expression(node[1])})"
    if kind in ("and", "or"):
        return f" {kind.upper()} ".join(f"({expression(part)})" for part in node[1])
    raise Unsayable(kind)


def _column(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _literal(value: str | bool, *, number: bool = False) -> str:
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if number and _NUMBER.fullmatch(value):
        return value
    return "'" + value.replace("\\", "\\\\").replace("'", "''") + "'"


_NUMBER = re.compile(r"-?(\d+(\.\d*)?|\.\d+)([eE][-+]?\d+)?")
_TOKEN = re.compile(
    r"""\s*(?:(?P<name>"(?:[^"]|"")*")|(?P<text>'(?:[^'\\]|''|\\.)*')|(?P<number>-?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)"""
    r"""|(?P<sign><=|>=|<>|!=|==|=|<|>)|(?P<mark>[(),])|(?P<word>[^\W\d]\w*))""")


def parse(text: str) -> Node:
    """An expression of QGIS as a tree.

    Raises:
        Unsayable: It uses what the tree has no form for: functions, arithmetic, comparisons of two fields …
    """
    return _Parser(text).whole()


class _Parser:
    """Recursive descent over the few forms that rules are made of."""

    def __init__(self, text: str) -> None:
        self._tokens: list[tuple[str, str]] = []
        place = 0
        text = text.strip()
        while place < len(text):
            found = _TOKEN.match(text, place)
            if found is None:
                raise Unsayable(text)
            kind = str(found.lastgroup)
            self._tokens.append((kind, found.group(kind)))
            place = found.end()
        self._at, self._depth = 0, 0

    def whole(self) -> Node:
        node = self._or()
        if self._at != len(self._tokens):
            raise Unsayable(self._tokens[self._at][1])
        return node

    def _peek(self) -> tuple[str, str]:
        return self._tokens[self._at] if self._at < len(self._tokens) else ("", "")

    def _next(self) -> tuple[str, str]:
        token = self._peek()
        self._at += 1
        return token

    def _word(self, *words: str) -> bool:
        """Whether these words come next; they are then taken."""
        here = self._tokens[self._at:self._at + len(words)]
        if [(kind, text.upper()) for kind, text in here] != [("word", word) for word in words]:
            return False
        self._at += len(words)
        return True

    def _mark(self, mark: str) -> None:
        if self._next() != ("mark", mark):
            raise Unsayable(mark)

    def _joined(self, word: str, inner: Any) -> Node:
        parts = [inner()]
        while self._word(word):
            parts.append(inner())
        return parts[0] if len(parts) == 1 else (word.lower(), tuple(parts))

    def _or(self) -> Node:
        self._depth += 1
        if self._depth > 40:
            raise Unsayable("depth")
        node = self._joined("OR", lambda: self._joined("AND", self._not))
        self._depth -= 1
        return node

    def _not(self) -> Node:
        return ("not", self._not()) if self._word("NOT") else self._term()

    def _term(self) -> Node:
        if self._peek() == ("mark", "("):
            self._next()
            node = self._or()
            self._mark(")")
            return node
        return self._comparison()

    def _comparison(self) -> Node:
        kind, text = self._next()
        if kind == "name":
            field = text[1:-1].replace('""', '"')
        elif kind == "word" and self._peek()[1] != "(":
            field = text
        else:
            raise Unsayable(text)
        negated = False
        if self._word("IS"):
            negated = self._word("NOT")
            if self._word("NULL"):
                node: Node = ("null", field)
                return ("not", node) if negated else node
            value = self._value()
            node = ("cmp", "=", field, value)
            return ("or", (("null", field), ("not", node))) if negated else node
        negated = self._word("NOT")
        if self._word("IN"):
            self._mark("(")
            values = [self._value()]
            while self._peek() == ("mark", ","):
                self._next()
                values.append(self._value())
            self._mark(")")
            node = ("in", field, tuple(values)) if len(values) > 1 else ("cmp", "=", field, values[0])
        elif self._word("LIKE") or self._word("ILIKE"):
            node = _like(field, self._value())
        else:
            kind, sign = self._next()
            if kind != "sign" or negated:
                raise Unsayable(sign)
            return ("cmp", {"!=": "<>", "==": "="}.get(sign, sign), field, self._value())
        return ("not", node) if negated else node

    def _value(self) -> str:
        kind, text = self._next()
        if kind == "text":
            return re.sub(r"\\(.)", r"\1", text[1:-1].replace("''", "'"))
        if kind == "number":
            return text
        if kind == "word" and text.upper() in ("TRUE", "FALSE"):
            return text.lower()
        raise Unsayable(text)


def _like(field: str, pattern: str, *, any_sign: str = "%", one_sign: str = "_", escape: str = "\\") -> Node:
    """A pattern as ``contains`` or ``starts``."""
    plain, signs, place = "", [], 0
    while place < len(pattern):
        letter = pattern[place]
        if letter == escape and place + 1 < len(pattern):
            plain += pattern[place + 1]
            place += 2
            continue
        if letter == one_sign or (letter == any_sign and 0 < place < len(pattern) - 1):
            raise Unsayable(pattern)
        if letter == any_sign:
            signs.append(place)
        else:
            plain += letter
        place += 1
    if signs == [0, len(pattern) - 1]:
        return ("contains", field, plain)
    if signs == [len(pattern) - 1]:
        return ("starts", field, plain)
    if not signs:
        return ("cmp", "=", field, plain)
    raise Unsayable(pattern)


# --- OGC ---------------------------------------------------------------------------------------------------------------


def to_ogc(node: Node, parent: ElementTree.Element, ns: str) -> None:
    """A tree as a child of an OGC ``Filter``; ``ns`` is its namespace in braces."""
    kind = node[0]
    if kind in ("and", "or"):
        inner = ElementTree.SubElement(parent, f"{ns}{kind.title()}")
        for part in node[1]:
            to_ogc(part, inner, ns)
    elif kind == "not":
        to_ogc(node[1], ElementTree.SubElement(parent, f"{ns}Not"), ns)
    elif kind == "null":
        _property(ElementTree.SubElement(parent, f"{ns}PropertyIsNull"), node[1], None, ns)
    elif kind == "cmp":
        _property(ElementTree.SubElement(parent, f"{ns}{_OGC[node[1]]}"), node[2], node[3], ns)
    elif kind == "in":
        to_ogc(("or", tuple(("cmp", "=", node[1], value) for value in node[2])), parent, ns)
    elif kind in ("contains", "starts"):
        element = ElementTree.SubElement(parent, f"{ns}PropertyIsLike", wildCard="%", singleChar="_", escapeChar="\\", matchCase="false")
        text = re.sub(r"([\\%_])", r"\\\1", node[2])
        _property(element, node[1], f"{'%' if kind == 'contains' else ''}{text}%", ns)
    else:
        raise Unsayable(kind)


def _property(element: ElementTree.Element, field: str, value: str | None, ns: str) -> None:
    ElementTree.SubElement(element, f"{ns}PropertyName").text = field
    if value is not None:
        ElementTree.SubElement(element, f"{ns}Literal").text = value


def local(element: Any) -> str:
    """The name of an element without its namespace."""
    return str(element.tag).rsplit("}", 1)[-1]


def from_ogc(element: Any, depth: int = 0) -> Node:
    """A child of an OGC ``Filter`` as a tree.

    Raises:
        Unsayable: It uses what the tree has no form for: functions, arithmetic, spatial operators …
    """
    name, children = local(element), list(element)
    if depth > 40:
        raise Unsayable("depth")
    if name in ("And", "Or"):
        parts = tuple(from_ogc(child, depth + 1) for child in children)
        return _gathered(parts) if name == "Or" else ("and", parts)
    if name == "Not" and len(children) == 1:
        return ("not", from_ogc(children[0], depth + 1))
    if name == "PropertyIsBetween":
        return between(element)
    texts = {local(child): (child.text or "") for child in children}
    field = texts.get("PropertyName") or texts.get("ValueReference")
    if field is None or any(len(child) for child in children):
        raise Unsayable(name)
    field = field.strip()
    if name == "PropertyIsNull":
        return ("null", field)
    if "Literal" not in texts:
        raise Unsayable(name)
    if name in _OF_OGC:
        return ("cmp", _OF_OGC[name], field, texts["Literal"])
    if name == "PropertyIsLike":
        return _like(field, texts["Literal"], any_sign=element.get("wildCard", "%"), one_sign=element.get("singleChar", "_"),
                     escape=element.get("escapeChar") or element.get("escape") or "\\")
    raise Unsayable(name)


def _gathered(parts: Iterable[Node]) -> Node:
    """Several ``=`` of one field as one ``in``, which is how SLD has to say it; "is null" comes first."""
    parts = tuple(parts)
    if len(parts) == 2 and parts[1][0] == "null":
        parts = parts[::-1]  # where QGIS writes "is '' or is null"
    if len(parts) > 1 and all(part[:2] == ("cmp", "=") and part[3] for part in parts) and len({part[2] for part in parts}) == 1:
        return ("in", parts[0][2], tuple(part[3] for part in parts))
    return ("or", parts)


def between(element: Any) -> Node:
    """OGC's ``PropertyIsBetween`` as a tree of its two ends.

    Raises:
        Unsayable: Its ends are no numbers that stand there.
    """
    found = {local(child): child for child in element}
    try:
        field = next(child.text for name, child in found.items() if name in ("PropertyName", "ValueReference"))
        low, high = (next(iter(found[name])).text for name in ("LowerBoundary", "UpperBoundary"))
    except (KeyError, StopIteration) as error:
        raise Unsayable("PropertyIsBetween") from error
    return ("and", (("cmp", ">=", field or "", low or ""), ("cmp", "<=", field or "", high or "")))
