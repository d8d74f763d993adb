"""Doubts about a file, as codes and values: words are added where they are shown."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import Any


@dataclasses.dataclass(frozen=True, slots=True)
class Issue:
    """Something about a file that a person should look at.

    Attributes:
        code: What is wrong, such as ``geometry-repaired``.
        row: Position of the feature in the file, from 1; for a table the row number that a spreadsheet shows.
            ``None`` for the whole file.
        field: The field that it concerns, under this program's name or the file's own; ``None`` for the geometry.
        severity: error (something was left out or cannot be relied on), warning or info.
        values: What varies; plain JSON values.
    """

    code: str
    row: int | None = None
    field: str | None = None
    severity: str = "warning"
    values: Mapping[str, Any] = dataclasses.field(default_factory=dict)


def N_(text: str) -> str:  # noqa: N802 - the name that translators' tools look for
    """Mark ``text`` as a message to translate; it is translated where it is shown."""
    return text


_KINDS = {
    "point": N_("点"), "line": N_("线"), "polygon": N_("面"), "collection": N_("混合几何"), "none": N_("没有图形"),
}  # fmt: skip
_CHOICES = {"union": N_("合并"), "evenodd": N_("重叠不计"), "leave-out": N_("不读入")}


def said_values(values: Mapping[str, Any], translate: Callable[[str], str]) -> dict[str, Any]:
    """Values of an issue with words in the place of this program's own identifiers: kinds, readings, names of fields."""
    said = dict(values)
    for name, words in (("found", _KINDS), ("kept", _KINDS), ("choice", _CHOICES)):
        if isinstance(said.get(name), str) and said[name] in words:
            said[name] = translate(words[said[name]])
    # The schema has its own words in both languages; a word that stays as it is tells which one is asked for.
    chinese = translate(_KINDS["polygon"]) == _KINDS["polygon"]
    if "meant" in said and not chinese:
        said["meant"] = said.get("meant_en", said["meant"])
    if said.get("title") and said.get("field"):
        title = str(said["title"] if chinese else said.get("title_en", ""))
        same = title.replace("_", " ").casefold() == str(said["field"]).replace("_", " ").casefold()  # "zone zone"
        said["field"] = title if same else f"{title} {said['field']}".strip()
    return said
MANY = 100  # issues of one kind that are listed one by one; the rest are counted


def counted(issues: Iterable[Issue]) -> list[Issue]:
    """At most a hundred issues of one kind one by one, then how many more there are; counts of such lists add up."""
    listed: list[Issue] = []
    seen: Counter[tuple[str, str | None]] = Counter()
    more: Counter[tuple[str, str | None]] = Counter()
    severity: dict[tuple[str, str | None], str] = {}
    for issue in issues:
        if issue.code == "more-of-the-same":
            more[issue.values["code"], issue.field] += issue.values["count"]
            continue
        key = (issue.code, issue.field)
        seen[key] += 1
        severity[key] = issue.severity
        if seen[key] <= MANY:
            listed.append(issue)
        else:
            more[key] += 1
    for (code, field), count in more.items():
        listed.append(Issue("more-of-the-same", None, field, severity[code, field], {"code": code, "count": count}))
    return listed


# Every code that reading gives, in words; ``{field}`` is the issue's field, other names are keys of its values.
WORDS: Mapping[str, str] = {
    "attribute-twice": N_("属性“{field}”在同一个地标里写了几次，内容不同：{values}，按未知处理；请在文件里只留一个"),
    "attributes-contradict": N_("“{field}”与“{other}”自相矛盾，“{field}”按未知处理，请核实"),
    "attributes-doubtful": N_("“{field}”填“否”，“{other}”却是纳管：纳管算不算排放由主管部门认定，现按所填研判，请核实"),
    "axes-north-first": N_("按测绘习惯读取坐标：X 为北、Y 为东"),
    "axes-swapped": N_("坐标的两轴看起来对调了"),
    "binary-left-out": N_("“{field}”是二进制字段（如照片），没有读入"),
    "boundary-area-differs": N_("地块 {parcel} 注明面积 {stated_ha} 公顷，按坐标计算为 {computed_ha} 公顷"),
    "boundary-closed": N_("地块 {parcel} 的界址线没有闭合，已连回起点"),
    "boundary-count-differs": N_("地块 {parcel} 注明 {stated} 个界址点，实有 {found} 个"),
    "boundary-duplicate": N_("地块 {parcel} 与地块 {other} 的界址点完全相同"),
    "category-from-code": N_("有 {count} 个单元的类别由编码推出"),
    "code-rounded": N_("“{field}”的 {value} 是电子表格对长数字的缩写，末几位已经丢失，按空值处理；请从原表按文本格式重新导出"),
    "columns-ignored": N_("有 {count} 列不是本程序认识的项目属性，没有参与研判：{columns}；如是，请用 --map 指明"),
    "coordinate-outside-china": N_("坐标不在中国范围内：{lon}, {lat}"),
    "coordinate-swapped": N_("经度、纬度看来写反了：对调后是 {lon}°E {lat}°N"),
    "coordinate-run-together": N_("经纬度列里看来是连写的度分秒（{values}）：按度分秒读是 {lon}°E {lat}°N；请写成 116°01′30″ 或十进制度"),
    "coordinate-in-metres": N_("经纬度列里看来是以米为单位的平面坐标（{x}, {y}），只凭数值分不出是哪个坐标系"),
    "coordinate-in-metres-of": N_("经纬度列里看来是以米为单位的平面坐标：按 {crs} 读是 {lon}°E {lat}°N"),
    "coordinate-unreadable": N_("坐标不能识别：{value}"),
    "curves-straightened": N_("有 {count} 个图形含弧线，已按折线读取"),
    "coverage-assumed": N_(
        "没有说明在哪里完整，按行政区（{district_km2} 平方公里）认定为处处完整，而要素只分布在其中 {percent}%（{extent_km2} 平方公里）："
        "数据若只是一部分（如一个乡镇）的，范围以外会误判为“不涉及”；请指明范围（--coverage）"
    ),
    "crs-assumed": N_(
        "坐标列为经纬度，文件没有说明坐标系，按 {crs} 读取；若来自高德、腾讯、百度或手机地图，可能偏移数百米，请问清来源"
        "（--crs GCJ-02、BD-09）"
    ),
    "crs-from-column": N_("坐标系按文件“{field}”列写的“{said}”认定为 {crs}"),
    "crs-given": N_("文件没有说明坐标系，按指定的 {crs} 读取"),
    "crs-from-zone": N_("坐标系按文件注明的带号确定为 {crs}"),
    "crs-matched": N_("坐标系没有编号，按椭球和投影参数认定为 {crs}"),
    "crs-old-datum": N_(
        "坐标系是 {stated}（1954 北京或 1980 西安）：与 2000 国家大地坐标系相差数十米，换算参数须由测绘部门提供"
    ),
    "crs-overridden": N_("文件自带坐标系 {stated}，已按指定的 {given} 读取"),
    "drawing-units": N_("图中单位不是米，已按每单位 {metres} 米换算"),
    "drawing-units-inferred": N_("图中没有注明单位，坐标只有按毫米才落在中国境内，已按每单位 {metres} 米换算，请核对"),
    "lies-elsewhere": N_(
        "按坐标系 {stated} 落在 {lon}°E {lat}°N，离工作区其他数据 {away_km} 公里，请核对坐标系；确实在别处则不影响使用"
    ),
    "lies-elsewhere-fits": N_(
        "按坐标系 {stated} 落在 {lon}°E {lat}°N，离工作区其他数据 {away_km} 公里；换作 {candidates} 则落在工作区内，请核对坐标系"
    ),
    "lies-elsewhere-turned": N_(
        "按坐标系 {stated} 落在 {lon}°E {lat}°N，离工作区其他数据 {away_km} 公里；经度加 {offset_deg}° 则正好落在工作区内，"
        "多半是换算时用错了中央子午线"
    ),
    "empty-layer": N_("0 个可用要素：等于什么都没有检查，不会被当作“不涉及”"),
    "encoding-decided": N_("文字编码没有注明，按内容判定为 {encoding}"),
    "encoding-guessed": N_("文字编码不能确定，暂按 {encoding} 读取，请核对名称"),
    "encoding-remembered": N_("文字编码按上次为同类文件选定的 {encoding} 读取"),
    "encoding-mixed": N_("文件里混有几种文字编码，请核对文字"),
    "encoding-stated-wrongly": N_("文件注明文字编码为 {stated}，内容其实是 {encoding}，已按内容读取"),
    "field-name-cut": N_("字段名“{field}”在 10 字节处被截断，认作{meant}；不对请用 --map 指明"),
    "field-missing": N_("文件中没有“{field}”字段，相关规则将无法判定"),
    "feature-outside-china": N_("图形不在中国范围内（坐标 {x}, {y}），同层的其他图形却在：坐标或单位有误"),
    "hatches-left-out": N_("有 {count} 个填充图案与边界线重复，未读入"),
    "hatches-read": N_("没有边界线，按 {count} 个填充图案的外轮廓读取，请核对"),
    "layer-outside-china": N_("{count} 个图形都不在中国范围内，请核对坐标系"),
    "features-not-read": N_("文件记有 {there} 个要素，只读出 {read} 个"),
    "fields-by-alias": N_("按地理数据库里的字段别名识别：{fields}"),
    "folders-merged": N_("{count} 个文件夹合为一个图层：{folders}"),
    "formulas-without-results": N_(
        "有 {count} 个公式单元格没有存下计算结果（如 {cell}），按空格处理；请用 Excel 或 WPS 打开并保存一次再读"
    ),
    "geometry-degenerate": N_("图形退化（点数不足或没有面积），未读入"),
    "geometry-empty": N_("图形为空，未读入"),
    "geometry-kind": N_("图形类型不符（{found}），未读入"),
    "geometry-missing": N_("没有图形，未读入"),
    "geometry-not-finite": N_("图形坐标不是数字，未读入"),
    "geometry-parts-dropped": N_("图形中不属于该类图层的部分未读入"),
    "geometry-repaired": N_(
        "图形有误（{reason}），已在副本上修复，面积由 {area_before_m2} 变为 {area_after_m2} 平方米"
    ),
    "geometry-unreadable": N_("图形文字不能识别：{value}"),
    "geometry-unsupported": N_("有 {count} 个图形的类型（{kind}，如 MultiPatch、TIN）不能用于平面研判，未读入"),
    "line-closed": N_("线的两端相距 {gap_m} 米，已闭合成面"),
    "line-like-boundary": N_("是一条没有闭合的线（{points} 个点），像是边界，未当作面；如是边界请用 --close-lines 闭合"),
    "line-made-polygon": N_("没有闭合的线（{points} 个点）已按要求闭合成面"),
    "lines-joined": N_("{lines} 条线已连成 {polygons} 个面"),
    "mapping-used": N_("按上次为同类文件保存的对应读取：字段 {fields}；取值 {values}"),
    "measures-dropped": N_("图形带 M 值，平面研判用不到，已略去"),
    "more-of-the-same": N_("同类问题（{code}）还有 {count} 处"),
    "network-links": N_("文件里有 {count} 个网络链接（NetworkLink），所指的内容不在文件里，未读入；请向提供者要完整的文件"),
    "no-attribute-table": N_("没有属性表（.dbf）"),
    "outlines-identical": N_("有 {count} 条闭合线与别的完全重合（同一边界画了两遍）"),
    "outlines-nested": N_("有 {count} 条闭合线套在别的闭合线之内：是洞还是另一地块，图上没有说明，各自按面读取，请核对"),
    "paper-left-out": N_("有 {count} 个图纸空间的图形（图框、标题栏），未读入"),
    "place-unknown": N_("没有可用的点位：已登记，不上图"),
    "placemarks-not-read": N_("文件里有 {there} 个地标，只读出 {read} 个"),
    "raster-bands": N_("栅格有 {count} 个波段，只用第一个"),
    "raster-heights-doubtful": N_("高程从 {lowest} 到 {highest} 米，不像真实高程，请核对无数据值和单位"),
    "raster-nodata-share": N_("{percent}% 的像元没有数据"),
    "raster-nodata-unstated": N_("没有注明无数据值，0 也会当作数值"),
    "raster-palette": N_("像元是颜色表的编号，不是数值"),
    "raster-scaled": N_("像元值按 ×{scale}＋{offset} 换算后使用"),
    "raster-south-up": N_("栅格自南向北存放，已按坐标读取"),
    "reader-message": N_("读取时的提示：{text}"),
    "records-deleted": N_("属性表有 {there} 条记录，其中 {count} 条带有删除标记，连同图形未读入；如不该删，请在原软件中恢复后另存"),
    "repair-has-two-readings": N_(
        "图形有误（{reason}），修复改变面积：原样计 {area_before_m2} 平方米，重叠合并计 {area_after_m2} 平方米，"
        "重叠不计 {evenodd_m2} 平方米；本次按 {choice} 读取，请核对"
    ),
    "repair-left-out": N_(
        "图形有误（{reason}），按要求未读入：原样计 {area_before_m2} 平方米，重叠合并计 {area_after_m2} 平方米"
    ),
    "reference-shifted": N_("与参照图层相差约 {shift_m} 米，像是参照图层为 {system} 坐标；请先核对参照图层的来源"),
    "ring-closed": N_("面的边界没有闭合（末点不是起点），已连回起点"),
    "row-not-data": N_("是合计或备注行，未当作数据：{text}"),
    "sheets-not-read": N_("只读取了工作表“{sheet}”，其余未读"),
    "shift-converted": N_(
        "按声明的 {system} 坐标换算，平均移动 {shift_m} 米；换算公式非官方，误差约 1 米，要精确须取得原始坐标"
    ),
    "shifted-coordinates": N_("与参照图层相比整体偏移约 {shift_m} 米，像是 {system} 坐标；请问清坐标来源"),
    "source-to-ask": N_(
        "坐标按 {crs} 读取；若来自高德、腾讯、百度或手机地图，可能偏移数百米，请问清来源（--crs GCJ-02、BD-09 或 EPSG:4326）"
    ),
    "splines-drawn": N_("有 {count} 条样条曲线只记有经过的点，已按过这些点的光滑曲线画成折线，请与原图核对，或在 CAD 中转为多段线"),
    "text-cut": N_("“{field}”的文字在字段宽度处被截断"),
    "text-destroyed": N_("“{field}”的文字在来源处已经损坏，无法恢复：{value}"),
    "text-may-be-cut": N_("“{field}”的字段宽度只有 {width} 字节，有的文字可能被截断"),
    "text-unreadable": N_("“{field}”的文字不是 {encoding} 编码：{value}"),
    "title-rows-skipped": N_("跳过表头前的 {rows} 行标题"),
    "value-unreadable": N_("“{field}”的取值不认识：{value}，按未知处理"),
    "web-mercator": N_("坐标系是 Web 墨卡托：平面面积在本地偏大约三成，本程序一律按椭球面积计算"),
}
