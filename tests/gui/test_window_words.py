"""What sentences made for both the command line and the window say in the window."""

from __future__ import annotations

import re
from pathlib import Path

import polib
import pytest

from gui.words import error_words, in_window, sentences
from layers.errors import LayerError
from sanxian import i18n

LOCALES = Path(i18n.__file__).parent / "locales" / "en"

@pytest.fixture(params=["zh", "en"])
def language(request):
    i18n.set_language(request.param)
    yield request.param
    i18n.set_language("zh")


@pytest.mark.parametrize(("said", "zh"), [
    ("请用 --crs 指明其一；确实在别处，请用 --elsewhere 确认", "请用“坐标系”指明其一；确实在别处，请用“我核对过位置”确认"),
    ("请指明范围（--coverage）", "请指明范围（“覆盖范围”）"),
    ("请问清来源（--crs GCJ-02、BD-09）", "请问清来源（“坐标系”GCJ-02、BD-09）"),
    ("可用 --map 文件字段=code 指明", "可用“字段”页指明"),
    ("打开图面要素“图例”（--show legend）。", "打开图面要素“图例”。"),
    ("标注图层的密级（sanxian layers WORKSPACE --secrecy 图层=密级）。", "标注图层的密级。"),
    ("名称--crsx 不是选项 -- 也不是", "名称--crsx 不是选项 -- 也不是"),
])
def test_options_have_the_names_of_the_window(said, zh):
    assert in_window(said) == zh


def test_an_error_names_what_is_in_the_window(language):
    error = LayerError("压缩包 {file} 里有多个图层，请用 --layer 指明一个：{names}", file="a.zip", names="b, c")
    assert error_words(error) == {
        "zh": "压缩包 a.zip 里有多个图层，请用“文件中的图层”指明一个：b, c",
        "en": 'Archive a.zip holds several layers; name one with "Layer in the file": b, c'}[language]


def test_no_sentence_that_reading_says_names_an_option(language):
    """Of the catalogues of reading, which the import dialog shows."""
    left = {}
    for name in ("layers", "reading", "whereabouts", "datawindow"):
        for entry in polib.pofile(str(LOCALES / f"{name}.po")):
            text = in_window(entry.msgid if language == "zh" else entry.msgstr)
            if entry.msgid.startswith("--"):  # of arguments of the command line, which the window has not
                continue
            if found := re.search(r"(?<!\w)--[a-z-]+", text):
                left[entry.msgid] = found[0]
    assert not left


def test_sentences_end(language):
    assert sentences(["甲", "乙。", "丙：1"]) == {"zh": "甲。乙。丙：1。", "en": "甲. 乙。 丙：1."}[language]
