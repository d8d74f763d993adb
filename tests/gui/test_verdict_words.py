"""What the verdict panel says where little or nothing was found, and that its columns hold what they say."""

from __future__ import annotations

from dataclasses import replace

import pytest

from rules.model import Verdict
from sanxian.result import LayerUsed, RedlineStatement

USED = LayerUsed("ecological_redline", "示例红线", "", "0" * 64, 1, "known", "2022-10-01", 2.0, "示例")


def show(window, redline=None, outcomes=None, attributes=None, rules=52):
    site = window.session.current
    site.attributes = {**site.attributes, **(attributes or {})}
    site.screening = replace(site.screening, layers=(USED,), rule_count=rules)
    site.result = replace(site.result, **({"redline": redline} if redline else {}), **({"outcomes": outcomes, "verdict": Verdict.UNDETERMINED}
                                                                                         if outcomes is not None else {}))
    window.verdict.show_current()


def test_without_rules_the_panel_says_that_nothing_was_judged(judged):
    show(judged, outcomes=(), rules=0)
    said = judged.verdict.text.toPlainText()
    assert "什么也没有判定，不等于符合" in said
    assert judged.session.current.screening.on.isoformat() in said
    assert "筛选" not in said
    judged.choose_language("en")
    assert "does not mean clear" in judged.verdict.text.toPlainText()


def test_a_filter_that_hides_all_is_said_to_be_one(judged):
    judged.verdict.search.setText("没有这样的规则")
    assert "没有符合筛选条件的结果" in judged.verdict.text.toPlainText()


@pytest.mark.parametrize(("metres", "attributes", "said"), [
    (0.0, {}, "贴边（与边界相接）"), (0.0005, {}, "贴边（与边界相接）"),
    (0.4, {}, "最近 0.4 m，在数据精度（2 m）之内，不能断定不压占"),
    (4.0, {"accuracy_m": 3.0}, "最近 4.0 m，在数据精度（5 m）之内，不能断定不压占"),
    (4.0, {}, "不压占，最近 4.0 m"), (1500.0, {}, "不压占，最近 1,500 m"),
])
def test_a_site_at_the_redline_is_not_said_to_be_clear_of_it_by_0_m(judged, metres, attributes, said):
    show(judged, RedlineStatement(True, distance_m=metres), attributes=attributes)
    words = judged.verdict.facts.accessibleName()
    assert said in words
    assert "最近 0 m" not in words


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_column_of_the_reasoning_holds_its_words(judged, language):
    judged.choose_language(language)
    judged.verdict.detail.setCurrentWidget(judged.verdict.trace)
    tree = judged.verdict.trace
    unknown = tree.topLevelItem(0).child(0)
    assert unknown.text(1) == {"zh": "未知", "en": "Unknown"}[language]
    assert tree.columnWidth(1) >= tree.sizeHintForIndex(tree.indexFromItem(unknown, 1)).width()
