"""Words that follow the language while the window runs."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any

from PyQt5.QtCore import Qt

from sanxian import messages
from sanxian.i18n import N_, _, language

VERDICT_ORDER = ("prohibited", "undetermined", "restricted", "conditional", "advisory", "permitted", "not_applicable")
DIMENSIONS = ("spatial_layout", "pollutant_discharge", "environmental_risk", "resource_efficiency")
LEVELS = {"national": N_("全国"), "basin": N_("流域"), "province": N_("省"), "city": N_("市"), "district": N_("区县"), "park": N_("园区")}
FORCES = ("statute", "regulation", "list", "plan", "reference")
# What mouse and keys do on the map, said with the tool; of a sketch Enter at another place than the last point adds one more.
SKETCHING = N_("单击或空格加点，双击或加点后回车结束，退格删点，Esc 取消；方向键移动十字光标")
CLICKING = N_("方向键移动十字光标，空格或回车单击")
BOXING = N_("方向键移动十字光标，空格定一角、再按定对角")
# What stands in the window for an option of the command line, which sentences of both name.
OPTIONS = {
    "crs": N_("“坐标系”"), "coverage": N_("“覆盖范围”"), "layer": N_("“文件中的图层”"), "map": N_("“字段”页"),
    "close-lines": N_("“把像边界的线闭合成面”"), "elsewhere": N_("“我核对过位置”"), "template": N_("“自备模板”"),
    "repair": N_("“修复会改变面积的图形”"),
    "confidential leave-out": N_("“密级图层”一项"), "confidential include": N_("“密级图层”一项"),
}
_KNOWN = "|".join(OPTIONS)
_OPTION = re.compile(rf" ?--({_KNOWN})(?![\w-])((?: [^\s=，。；（）]+=[^\s，。；（）]+)?) ?")
_OTHERS = re.compile("|".join(  # what is in brackets is only of use on the command line
    rf"{left}(?:--(?!(?:{_KNOWN})\b)|sanxian )[^{right}]*{right}" for left, right in ((r"（", r"）"), (r" \(", r"\)"))))


def in_window(text: str) -> str:
    """A sentence that may name options of the command line, with the names that they have in the window."""
    space = "" if language() == "zh" else " "
    named = _OPTION.sub(lambda found: space + _(OPTIONS[found[1]]) + space, _OTHERS.sub("", text))
    return re.sub(r"([(（“]) | (?=[),.;:）])", r"\1", named).strip() if named != text else text


def error_words(error: BaseException) -> str:
    """An error as the window says it."""
    return in_window(messages.words(error))


def plain_tip(text: str) -> str:
    """A tip that says text from files letter by letter: Qt takes what looks like HTML for HTML."""
    return str(Qt.convertFromPlainText(text)) if text and Qt.mightBeRichText(text) else text


def verdict_word(verdict: str | None) -> str:
    """The word for a verdict, or for a project nobody has judged yet."""
    return _("未研判") if verdict is None else messages.short_verdict(str(verdict))


def listed(items: Iterable[str]) -> str:
    """Things one after another, with the comma of the language."""
    return ("、" if language() == "zh" else ", ").join(items)


def together(items: Iterable[str]) -> str:
    """Sentences one after another, with the semicolon of the language."""
    return ("；" if language() == "zh" else "; ").join(items)


def sentences(items: Iterable[str]) -> str:
    """Sentences one after another, each with its full stop."""
    stop, gap = ("。", "") if language() == "zh" else (".", " ")
    return gap.join(item if item.endswith(tuple("。.！!？?；;")) else item + stop for item in items)


def aside(text: str) -> str:
    """Text in the brackets of the language, to be put straight after other text."""
    return f"（{text}）" if language() == "zh" else f" ({text})"


def named(title: str, text: str) -> str:
    """A title and what it says."""
    return f"{title}：{text}" if language() == "zh" else f"{title}: {text}"


def choice_word(field: Any, choice: str) -> str:
    """A choice of a field as people say it."""
    if choice in ("true", "false"):
        return _("是") if choice == "true" else _("否")
    if not hasattr(field, "value_aliases"):  # an attribute of projects
        return field.choices[choice][1 if language() == "en" else 0]
    return field.choice_words(choice)[1 if language() == "en" else 0]


def cell_words(role: str, field: str, value: Any) -> Any:
    """A value of a layer's field, in words where it is a code; any other as it is."""
    if isinstance(value, str) or (isinstance(value, bool | int | float) and value in (0, 1)):
        said = messages.field_value_words(role, field, value)
        return value if said == str(value) else said
    return value


class Speaker:
    """What a widget mixes in so that its words can change language without being built again."""

    def say(self, setter: Callable[[str], Any], text: str | Callable[[], str]) -> None:
        """Set ``text`` (a msgid, or what gives the words) now and again whenever the language changes."""
        self.__dict__.setdefault("_said", []).append((setter, text))
        setter(_(text) if isinstance(text, str) else text())

    def retranslate(self) -> None:
        """Say everything again; a subclass adds what it composes itself."""
        for setter, text in self.__dict__.get("_said", ()):
            setter(_(text) if isinstance(text, str) else text())


def dms(degrees: float, positive: str, negative: str) -> str:
    """Degrees as degrees, minutes and seconds to 0.01″ (about 0.3 m)."""
    hundredths = round(abs(degrees) * 360000)
    minutes, rest = divmod(hundredths, 6000)
    whole, minutes = divmod(minutes, 60)
    return f"{whole}°{minutes:02d}′{rest / 100:05.2f}″{positive if degrees >= 0 else negative}"
