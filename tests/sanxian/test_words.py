"""Every word that a person can meet is in both languages, and none slips past the catalogues."""

from __future__ import annotations

import ast
import string
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import polib
import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("gui", "sanxian", "layers", "rules", "spatial")
LOCALES = ROOT / "sanxian" / "locales" / "en"
MARKS = ("_", "N_")


def is_chinese(text: str) -> bool:
    return any("\u4e00" <= letter <= "\u9fff" for letter in text)


# ---------------------------------------------------------------------------------------------------- collecting


@cache
def trees() -> dict[str, ast.Module]:
    """Every module of the five packages."""
    files = (path for package in PACKAGES for path in sorted((ROOT / package).rglob("*.py")))
    return {path.relative_to(ROOT).as_posix(): ast.parse(path.read_text(encoding="utf-8")) for path in files}


@cache
def sentence_errors() -> frozenset[str]:
    """Names of our exception classes whose first argument is a sentence to translate: those that keep ``template``."""
    bases: dict[str, set[str]] = {}
    keeps: set[str] = set()
    for tree in trees().values():
        for node in ast.walk(tree):
            if isinstance(node, ast.ClassDef):
                bases[node.name] = {base.id for base in node.bases if isinstance(base, ast.Name)}
                for inner in ast.walk(node):
                    if isinstance(inner, ast.Attribute) and inner.attr == "template" and isinstance(inner.ctx, ast.Store):
                        keeps.add(node.name)
    while True:
        more = {name for name, above in bases.items() if above & keeps} - keeps
        if not more:
            return frozenset(keeps)
        keeps |= more


def literals(node: ast.AST) -> Iterator[str]:
    """The texts that an argument can be: one, or those of ``a if x else b``."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.IfExp):
        yield from literals(node.body)
        yield from literals(node.orelse)


@cache
def messages() -> dict[str, tuple[str, ...]]:
    """Every message, and the places where it stands."""
    found: dict[str, list[str]] = {}
    for file, tree in trees().items():
        for node in ast.walk(tree):
            if not isinstance(node, ast.Call) or not node.args:
                continue
            name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
            if name in MARKS or name in sentence_errors():
                for text in literals(node.args[0]):
                    found.setdefault(text, []).append(f"{file}:{node.lineno}")
    return {text: tuple(places) for text, places in found.items()}


@cache
def catalogues() -> dict[str, polib.POFile]:
    return {path.name: polib.pofile(path.read_text(encoding="utf-8")) for path in sorted(LOCALES.glob("*.po"))}


@cache
def english() -> dict[str, str]:
    return {entry.msgid: entry.msgstr for file in catalogues().values() for entry in file if entry.msgstr}
