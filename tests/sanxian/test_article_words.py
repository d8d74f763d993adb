"""Articles are cited in the language of the moment."""

from __future__ import annotations

import re
from importlib.resources import files

import pytest

from sanxian.i18n import set_language
from sanxian.messages import article_words


@pytest.fixture(autouse=True)
def _english():
    set_language("en")
    yield
    set_language("zh")


@pytest.mark.parametrize(("text", "words"), [
    ("第六十七条", "art. 67"), ("第四十七条第三款", "art. 47 para. 3"), ("第八百六十一条、第八百六十四条", "art. 861, art. 864"),
    ("第一百七十一条第三款", "art. 171 para. 3"), ("第二百零八条", "art. 208"), ("第十条", "art. 10"), ("第三百一十八条", "art. 318"),
    ("第十九条第三款、第四款，第二十一条", "art. 19 para. 3, para. 4, art. 21"), ("条号未核", "article number not checked"),
    ("第二章（条号未核）", "ch. 2 (article number not checked)"),
    ("Ⅰ类、Ⅱ类（条号未核）", "class Ⅰ, class Ⅱ (article number not checked)"),
    ("第九条（文字未逐字核对）", "art. 9 (wording not checked word for word)"), ("", ""),
])
def test_in_english(text, words):
    assert article_words(text) == words


def test_in_chinese_as_it_stands():
    set_language("zh")
    assert article_words("第六十七条第二款") == "第六十七条第二款"


def test_no_article_of_the_packs_is_left_in_chinese():
    cited = set()
    for path in (files("rules") / "packs").rglob("*.toml"):
        cited |= set(re.findall(r'article = "([^"]*)"', path.read_text(encoding="utf-8")))
    assert len(cited) > 50
    assert not [one for one in cited if re.search("第.+[条款]", one) and re.search("第.+[条款]", article_words(one))]
