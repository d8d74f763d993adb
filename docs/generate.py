"""Writes the pages of this folder that are made from the program's own data: ``rules.md`` and ``reference.md``.

Run from anywhere: ``python docs/generate.py``. A test fails when a page is out of date.
"""

from __future__ import annotations

import sys
import tomllib
from argparse import SUPPRESS
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from argparse import ArgumentParser

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))


def rule_page() -> str:
    """The text of ``docs/rules.md``."""
    from sanxian.rulebook import rule_book
    from sanxian.screen import rule_set

    cases = {
        path.stem: tomllib.loads(path.read_text(encoding="utf-8"))["case"]
        for path in sorted((ROOT / "tests" / "rules" / "cases").glob("*.toml"))
    }
    return rule_book(rule_set(), cases)


def reference_page() -> str:
    """The text of ``docs/reference.md``."""
    parts = [
        "# 对照表",
        "本页由 `python docs/generate.py` 从程序自己的数据生成，请勿手改。",
        "编写规则包见 [怎样编写规则包](rule-packs.zh-CN.md)，内置规则见 [规则手册](rules.md)。",
        *_attributes(), *_parameters(), *_roles(), *_command_line(), *_result(),
    ]  # fmt: skip
    return "\n\n".join(parts) + "\n"


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = ["| " + " | ".join(heads) + " |", "|" + "---|" * len(heads)]
    lines += ["| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in rows]
    return "\n".join(lines)


_KINDS = {
    "bool": "是否", "number": "数字", "choice": "单选", "choices": "多选", "codes": "行业代码，可多个", "texts": "文字，可多个",
    "text": "文字", "code": "编码（文字）", "date": "日期",
}  # fmt: skip


def _attributes() -> Iterator[str]:
    from rules.attributes import ATTRIBUTES, GROUPS

    yield "## 项目情况"
    yield "项目文件的列名可以写名称、中文名或别名；取值可以写代码、中文或别名；空着、“未知”“不详”都是未知。多个值用分号或顿号隔开。"
    for group, (title, _english) in GROUPS.items():
        yield f"### {title}"
        rows = []
        for kind in ATTRIBUTES.values():
            if kind.group == group:
                values = "；".join(f"`{name}` {words[0]}" for name, words in kind.choices.items())
                unit = f"（{kind.unit}）" if kind.unit else ""
                rows.append((f"`{kind.name}`", kind.zh, _KINDS[kind.kind] + unit, values, "、".join(kind.aliases)))
        yield _table(("名称", "中文名", "类型", "取值", "列名别名"), rows)
    yield "### 取值的其他写法"
    yield _table(
        ("名称", "取值", "也认得"),
        [
            (f"`{kind.name}`", f"`{name}` {words[0]}", "、".join(words[1:]))
            for kind in ATTRIBUTES.values()
            for name, words in kind.choices.items()
        ],
    )


def _parameters() -> Iterator[str]:
    from sanxian.messages import PARAMETERS

    yield "## 由使用者设定的距离"
    yield "法律没有给出米数的距离；不设定，有关规则就是资料不足。用 `--parameter 名称=米数` 设定。"
    yield _table(("名称", "意思"), [(f"`{name}`", words) for name, words in sorted(PARAMETERS.items())])


def _roles() -> Iterator[str]:
    from layers.schema import ROLES

    shapes = {"polygon": "面", "line": "线", "point": "点", "any": "不限", "raster": "栅格"}
    yield "## 图层角色"
    yield "字段列：必有的字段缺了不收；应有的字段缺了能收，但有关规则会是资料不足。别名是各部门数据里常见的字段名，读入时自动对应。"
    for role in ROLES.values():
        yield f"### `{role.name}` {role.zh}（{shapes[role.geometry]}）"
        rows = []
        for field in role.fields:
            words: dict[str, list[str]] = {choice: [] for choice in field.choices}
            for alias, choice in field.value_aliases.items():
                words.setdefault(choice, []).append(alias)
            values = "；".join(f"`{choice}`" + (f" {'、'.join(known)}" if known else "") for choice, known in words.items())
            need = "必有" if field.required else "应有" if field.expected else ""
            rows.append((f"`{field.name}`", field.zh, _KINDS[field.kind], need, values, "、".join(field.aliases)))
        if rows:
            yield _table(("字段", "中文名", "类型", "", "取值和写法", "别名"), rows)


def _command_line() -> Iterator[str]:
    from sanxian.cli import build_parser

    yield "## 命令行"
    yield "每个命令都有 `--help`；`--lang zh` 或 `--lang en` 选语言。方括号表示可以不给，`…` 表示可以给几个。"
    for command, parser in _parsers("sanxian", build_parser()):
        rows = []
        for action in parser._actions:
            words = action.metavar if isinstance(action.metavar, str) else "|".join(action.choices or [action.dest.upper()])
            takes_value = action.nargs != 0
            if action.help == SUPPRESS or action.dest in ("help", "lang") or isinstance(action.choices, dict):
                continue
            name = " ".join([*action.option_strings, words] if takes_value or not action.option_strings else action.option_strings)
            several = "…" if action.nargs == "+" or type(action).__name__ == "_AppendAction" else ""
            optional = not action.required if action.option_strings else action.nargs == "?"
            rows.append((f"`[{name}]{several}`" if optional else f"`{name}{several}`", str(action.help or "")))
        yield f"### `{command}`"
        yield f"{parser.description}。" if not str(parser.description).endswith("？") else str(parser.description)
        if rows:
            yield _table(("参数", "意思"), rows)
    yield "### 退出码"
    yield _table(
        ("码", "意思"),
        [
            ("0", "`screen`：全部符合、不涉及或仅有提示；其他命令：完成"),
            ("1", "`screen`：有禁止、限制或有条件；`check`、`rules check`：有毛病"),
            ("2", "用法有误，或文件读不了"),
            ("3", "`screen`：没有 1 的情形，但有资料不足"),
            ("130", "使用者中断"),
        ],
    )


def _parsers(name: str, parser: ArgumentParser) -> Iterator[tuple[str, ArgumentParser]]:
    yield name, parser
    for action in parser._actions:
        if isinstance(action.choices, dict):
            for child, below in action.choices.items():
                yield from _parsers(f"{name} {child}", below)


def _result() -> Iterator[str]:
    from sanxian.result import SCHEMA

    yield "## 结果 JSON 的键"
    yield f"格式标识 `{SCHEMA}`。面积、距离保留 0.1，比例保留百万分之一；`null` 表示没有这个量。"
    yield _table(("键", "意思"), [(f"`{key}`", words) for key, words in RESULT_KEYS.items()])


# Every key that ``Screening.to_dict`` writes; ``[]`` stands for an entry of a list. A test compares it with the program.
RESULT_KEYS = {
    "schema": "格式标识",
    "program": "程序版本",
    "on": "判定基准日",
    "rule_set.sha256": "规则集的摘要",
    "rule_set.rules": "当日施行的规则条数",
    "rule_set.complete_from": "规则集自哪一天起收录完整；此前的基准日除“禁止”外一律为资料不足",
    "projects_sha256": "项目文件的摘要",
    "parameters": "使用者设定的距离，名称到米数",
    "layers[].role": "图层角色",
    "layers[].name": "图层在工作区中的名称",
    "layers[].version": "数据版本",
    "layers[].sha256": "来源文件的摘要",
    "layers[].features": "要素数",
    "layers[].coverage": "覆盖范围：`known` 已知、`unknown` 未知",
    "layers[].coverage_from": "覆盖范围的依据：`stated` 随图层声明、`admin` 没有声明而按行政区认定、空为未知",
    "layers[].data_date": "现势日期",
    "layers[].accuracy_m": "精度（米）",
    "layers[].source": "来源",
    "missing_roles": "规则需要而没有加载的图层角色",
    "projects[].id": "项目编号",
    "projects[].name": "项目名称",
    "projects[].verdict": "程序结论，见下面的 `outcome`",
    "projects[].reviewed_verdict": "计入人工复核后的结论；没有复核则无此键",
    "projects[].overrides[]": "人工复核的记录；没有复核则无此键。`acting` 是否起作用，`state` 为何：`acting`、`unrecorded`（起作用，"
    "复核时所见记录不全，`seen` 不全或没有）、`expired`、`early`、`no-outcome`（当日没有这条规则的判定）、`site-changed`、"
    "`outcome-changed`、`grounds-changed`、"
    "`feature-changed`（用地、程序结论、其依据、图层要素与复核时不同，不起作用）；`seen` 是复核时所见："
    "`outline_sha256` 用地的摘要、`outcome` 程序结论、`grounds_sha256` 其依据的摘要、`layers` 要素所在图层",
    "projects[].site.geometry_type": "用地图形类型",
    "projects[].site.area_m2": "用地面积（平方米，椭球面）",
    "projects[].site.length_m": "线路长度（米）；既有面又有线的项目，是其中线的长度",
    "projects[].site.crs": "量算所用的投影带",
    "projects[].attributes": "项目情况，名称见上",
    "projects[].layers[].role": "图层角色",
    "projects[].layers[].overlap_m2": "与整个图层的重叠面积，重叠处只计一次",
    "projects[].layers[].share": "重叠占用地的比例",
    "projects[].layers[].uncovered_m2": "图层未声明完整的用地面积",
    "projects[].layers[].coverage": "图层对用地的覆盖：`full` 全部、`partial` 部分或没有、`unknown` 未知",
    "projects[].rasters[].name": "栅格在工作区中的名称；栅格只供参考，不影响结论；工作区没有栅格则无此键",
    "projects[].rasters[].kind": "栅格类型：`dem`、`landcover`、`ndvi`、`other`",
    "projects[].rasters[].state": "`measured` 已量；`outside` 用地内没有数据；`no-area` 用地不是面；"
    "`file-missing` 文件不在；`unusable` 不能统计（如旋转的）",
    "projects[].rasters[].missing_share": "用地中没有数据的比例",
    "projects[].rasters[].mean": "平均值，像元按落在用地内的部分计；高程以米计",
    "projects[].rasters[].lowest": "最小值",
    "projects[].rasters[].highest": "最大值",
    "projects[].rasters[].deviation": "标准差",
    "projects[].rasters[].median": "中位数",
    "projects[].rasters[].slope_mean": "平均坡度（度），只有 `dem` 有",
    "projects[].rasters[].slope_highest": "最大坡度（度）",
    "projects[].rasters[].classes": "各类占用地的比例，类号到比例，只有 `landcover` 有",
    "projects[].control_units[].code": "管控单元编码",
    "projects[].control_units[].name": "管控单元名称",
    "projects[].control_units[].category": "类别：`priority`、`key`、`general`",
    "projects[].control_units[].area_m2": "用地在单元内的面积",
    "projects[].control_units[].share": "用地在单元内的比例",
    "projects[].outcomes[].rule": "规则 id",
    "projects[].outcomes[].title": "规则标题",
    "projects[].outcomes[].outcome": "`prohibited` 禁止、`restricted` 限制、`conditional` 有条件、`advisory` 提示、`permitted` 符合、"
    "`not_applicable` 不涉及、`undetermined` 资料不足",
    "projects[].outcomes[].could_be": "缺的资料补齐后最坏会是什么；已定的与 `outcome` 相同",
    "projects[].outcomes[].reason": "理由代码",
    "projects[].outcomes[].dimension": "维度",
    "projects[].outcomes[].force": "效力",
    "projects[].outcomes[].confidence": "对措辞的把握",
    "projects[].outcomes[].basis[].document": "依据的名称",
    "projects[].outcomes[].basis[].key": "依据在登记表中的键",
    "projects[].outcomes[].basis[].number": "文号",
    "projects[].outcomes[].basis[].article": "条款",
    "projects[].outcomes[].basis[].status": "基准日当日：`in_force` 现行、`not_yet` 未施行、`repealed` 已废止",
    "projects[].outcomes[].basis[].in_force_from": "施行日",
    "projects[].outcomes[].basis[].in_force_until": "最后一天；`null` 为至今",
    "projects[].outcomes[].evidence[].layer": "比对的图层角色",
    "projects[].outcomes[].evidence[].feature": "要素名称或编码",
    "projects[].outcomes[].evidence[].feature_id": "要素在工作区图层中的编号",
    "projects[].outcomes[].evidence[].overlap_m2": "重叠面积（平方米）",
    "projects[].outcomes[].evidence[].overlap_m": "重叠长度（米）",
    "projects[].outcomes[].evidence[].share": "占用地的比例",
    "projects[].outcomes[].evidence[].distance_m": "距离（米），0 为相接或重叠",
    "projects[].outcomes[].evidence[].baseline": "岸线量到哪一种线",
    "projects[].outcomes[].missing": "缺什么：`attribute:` 项目情况、`layer:` 图层、`coverage:` 覆盖范围、`field:` 要素属性、"
    "`survey:` 实测、`parameter:` 距离、`access_list:` 清单、`clause:` 条款",
    "projects[].outcomes[].documents_needed": "须取得的文件",
    "projects[].outcomes[].exceptions_checked": "核对过的例外和情形",
    "projects[].outcomes[].derived": "推定而非填报的项目情况",
    "projects[].outcomes[].borderline": "是否临界",
    "projects[].outcomes[].margin_m": "离结论翻转还有多少米",
    "projects[].outcomes[].explanation": "逐步的判定过程：`kind` 问什么、`truth` 是/否/`null`、比较的值、`children`",
    "projects[].outcomes[].clauses[].id": "准入清单条款（仅 `access-list-clause`）",
    "projects[].outcomes[].clauses[].tier": "层级：`province`、`basin`、`city`、`unit`",
    "projects[].outcomes[].clauses[].unit": "所属单元",
    "projects[].outcomes[].clauses[].dimension": "维度",
    "projects[].outcomes[].clauses[].text": "条款原文",
    "projects[].outcomes[].clauses[].provenance": "出处",
    "projects[].outcomes[].clauses[].status": "`confirmed` 已核、`machine_read` 机读待核、`manual` 人工判定",
    "projects[].outcomes[].clauses[].outcome": "该条的结论",
    "projects[].outcomes[].clauses[].could_be": "最坏会是什么",
    "projects[].outcomes[].clauses[].reason": "理由代码",
    "projects[].outcomes[].clauses[].missing": "缺什么",
    "projects[].outcomes[].clauses[].share": "用地在该单元内的比例",
    "projects[].outcomes[].clauses[].list": "清单的键",
}


if __name__ == "__main__":
    for name, text in (("rules.md", rule_page()), ("reference.md", reference_page())):
        (ROOT / "docs" / name).write_text(text, encoding="utf-8")
