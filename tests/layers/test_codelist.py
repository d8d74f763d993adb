"""The industry list: whole, with its zeros, and found by the words that people use."""

from __future__ import annotations

from collections import Counter

import pytest

from layers import codelist


def test_whole_and_in_four_levels():
    levels = Counter(entry.level for entry in codelist.industries().values())
    assert levels == {1: 20, 2: 97, 3: 473, 4: 1381}


def test_every_entry_hangs_on_another():
    entries = codelist.industries()
    assert all(entry.parent in entries for entry in entries.values() if entry.level > 1)
    assert all(entry.name and entry.name == entry.name.strip() for entry in entries.values())


def test_leading_zeros_stay():
    assert codelist.find("0111") == codelist.find("A0111")
    assert codelist.find("A0111").digits == "0111"  # type: ignore[union-attr]
    assert codelist.find("111").code == "B111"  # type: ignore[union-attr]


@pytest.mark.parametrize("code", ["c2614", " C2614 ", "2614", "Ｃ２６１４"])
def test_a_code_is_found_however_it_is_written(code: str):
    found = codelist.find(code)
    assert found is not None
    assert found.label == "C2614 有机化学原料制造"


@pytest.mark.parametrize("code", ["", "9999", "A2614", "C26145", "化工"])
def test_no_code(code: str):
    assert codelist.find(code) is None


def test_unknown_codes_are_named_as_given():
    assert codelist.unknown(["C2614", "2699x", "0111"]) == ["2699x"]


def test_children():
    assert [entry.code for entry in codelist.children("")][:3] == ["A", "B", "C"]
    assert [entry.code for entry in codelist.children("191")] == ["C1910"]
    assert codelist.children("nothing") == []


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("养猪场", "A0313"),
        ("加油站", "F5265"),
        ("电镀", "C3360"),
        ("污水处理厂", "D4620"),
        ("年产一万吨锂电池项目", "C3841"),
        ("水泥制造", "C3011"),
        ("sewage works", "D4620"),
        ("Paper Mill", "C2221"),
        ("皮革鞣制", "C1910"),
        ("危险化学品仓储", "G5942"),
    ],
)
def test_first_found(text: str, code: str):
    assert codelist.search(text)[0].code == code


def test_the_beginning_of_a_code():
    assert [entry.code for entry in codelist.search("261")][:2] == ["C261", "C2611"]
    assert {entry.code[0] for entry in codelist.search("C26", limit=99)} == {"C"}


def test_nothing_found():
    assert codelist.search("") == []
    assert codelist.search("   ") == []
    assert codelist.search("鑫鑫鑫") == []
    assert len(codelist.search("制造", limit=5)) == 5


def test_every_everyday_word_leads_to_a_code():
    for word, codes in codelist.everyday_words().items():
        assert codes, word
        assert not codelist.unknown(codes), word
        assert codelist.search(word)[0].code == codes[0], word
