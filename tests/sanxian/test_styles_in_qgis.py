"""QGIS itself opens our QML and SLD and draws every feature in the colour of its class; skipped where QGIS is not installed."""

from __future__ import annotations

import json
import os
import subprocess
from dataclasses import replace
from pathlib import Path
from xml.sax.saxutils import quoteattr

import geopandas
import numpy as np
import pandas as pd
import pytest
from shapely import LineString, Point, box

from sanxian.mapping import make_style
from sanxian.mapping.exchange import read_style, write_style
from sanxian.mapping.filters import Condition, Filter, yes_no_fields

PYTHON = "/usr/bin/python3"  # the one that QGIS's packages belong to
COLOURS = ("#ff0000", "#00ff00", "#0000ff", "#ffff00", "#ff00ff", "#00ffff", "#808080")
PLACES = {"polygon": (4.0, 4.0), "point": (0.0, 3.0), "line": (2.5, 4.5)}
SCRIPT = """
import json, os, sys
from qgis.PyQt.QtCore import QSize
from qgis.PyQt.QtGui import QColor
from qgis.core import QgsApplication, QgsMapRendererSequentialJob, QgsMapSettings, QgsRectangle, QgsVectorLayer
app = QgsApplication([], False)
app.initQgis()
found = {}
for data, style, x, y, count in json.load(open(sys.argv[1])):
    layer = QgsVectorLayer(data, "x", "ogr")
    told, fine = layer.loadNamedStyle(style) if style.endswith(".qml") else layer.loadSldStyle(style)
    settings = QgsMapSettings()
    settings.setLayers([layer])
    settings.setDestinationCrs(layer.crs())
    settings.setExtent(QgsRectangle(0, -5, 10 * count, 15))
    settings.setOutputSize(QSize(100 * count, 200))
    settings.setFlag(QgsMapSettings.Antialiasing, False)
    settings.setBackgroundColor(QColor("#ffffff"))
    job = QgsMapRendererSequentialJob(settings)
    job.start()
    job.waitForFinished()
    image = job.renderedImage()
    found[style] = [fine, [image.pixelColor(int((10 * i + x) * 10), int((15 - y) * 10)).name() for i in range(count)]]
    if style.endswith(".qml"):
        layer.saveNamedStyle(style + ".back.qml")
json.dump(found, open(sys.argv[2], "w"))
os._exit(0)  # its own end crashes without a screen
"""


def has_qgis():
    try:
        return subprocess.run([PYTHON, "-c", "import qgis.core"], capture_output=True, timeout=60, check=False).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


def styles(role, geometry, frame):
    rules = make_style.rules(role, geometry=geometry)
    wheres = [
        Filter((Condition("v", "above", "12"), Condition("k", "is-not", "甲"))),
        Filter((Condition("k", "contains", "_%;Neil"), Condition("v", "at-most", "3")), True),
        Filter((Condition("k", "filled"),)), Filter((Condition("v", "empty"),)),
    ]
    classes = [replace(make_style.rule(role, number, geometry=geometry), zh=str(number), en=str(number), where=where)
               for number, where in enumerate(wheres)]
    yield "rules", replace(rules, classes=(*classes, *rules.classes))
    yield "values", make_style.categorised(role, "k", frame["k"], geometry=geometry)
    yield "numbers", make_style.graduated(role, "v", make_style.breaks(frame["v"], 4, "natural"), ramp="blues", geometry=geometry)
    yield "one", make_style.single(role, geometry=geometry)
    yield "truths", make_style.categorised(role, "flag", frame["flag"], geometry=geometry)
    yes = replace(make_style.rule(role, 0, geometry=geometry), zh="是", en="是",
                  where=Filter((Condition("flag", "is", "是"), Condition("v", "above", "3"))))
    not_no = replace(make_style.rule(role, 1, geometry=geometry), zh="非否", en="非否", where=Filter((Condition("flag", "is-not", "False"),)))
    yield "truthrules", replace(rules, classes=(yes, not_no, *rules.classes))
    several = make_style.categorised(role, "k", frame["k"], geometry=geometry)
    first, second = (one.value for one in several.classes[:2])
    yield "several", replace(several, classes=(several.classes[0], *several.classes[2:]), synonyms={second: first})


def plain(style, geometry):
    """In pure colours, so that a pixel tells the class."""
    look = {"hatch": "", "fill_opacity": 1.0, "dash": (), "outline_width": 3.0 if geometry == "line" else 0.5}
    classes = [replace(one, fill=colour, outline=colour, **look) for one, colour in zip(style.classes, COLOURS, strict=False)]
    return replace(style, labels=False, classes=tuple(classes))


@pytest.mark.skipif(not has_qgis(), reason="QGIS is not installed")
def test_qgis_draws_each_feature_as_we_do(tmp_path):
    rng, count = np.random.default_rng(2), 60
    kinds = np.array(["甲", "乙", "丙_%", "O'Neil", "", None], object)
    shapes = {
        "polygon": [box(i * 10, 0, i * 10 + 8, 8) for i in range(count)], "point": [Point(i * 10, 3) for i in range(count)],
        "line": [LineString([(i * 10, 0), (i * 10 + 5, 9)]) for i in range(count)],
    }
    asked, wanted = [], {}
    for geometry, role in (("polygon", "control_unit"), ("point", "discharge_outlet"), ("line", "river_bank")):
        data = tmp_path / f"{geometry}.gpkg"
        columns = {"k": rng.choice(kinds, count), "v": np.where(rng.random(count) < 0.15, np.nan, rng.integers(0, 20, count)),
                   "flag": pd.array(rng.choice(np.array([True, False, None], object), count), dtype="boolean")}
        geopandas.GeoDataFrame(columns, geometry=shapes[geometry], crs=4548).to_file(data)
        frame = geopandas.read_file(data)
        frame["flag"] = pd.Series([None if one != one else bool(one) for one in frame["flag"]], dtype=object)  # as a workspace reads it
        for name, style in styles(role, geometry, frame):
            style = plain(style, geometry)
            numbers = style.class_numbers(frame)
            for suffix, version in ((".qml", "1.1.0"), (".sld", "1.1.0"), (".old.sld", "1.0.0")):
                path = str(tmp_path / f"{geometry}_{name}{suffix}")
                write_style(style, path, geometry, columns=list(frame.columns), yes_no=yes_no_fields(frame), version=version)
                no_class = name == "numbers" and suffix == ".qml"  # the rest has no class in QGIS, and export says so
                wanted[path] = [True, ["#ffffff" if no_class and number == len(style.classes) - 1 else style.classes[number].fill
                                       for number in numbers]]
                asked.append((str(data), path, *PLACES[geometry], count))
    assert drawn(tmp_path, asked) == wanted
    for _data, path, *_rest in asked:
        if path.endswith(".qml"):
            role = {"polygon": "control_unit", "point": "discharge_outlet", "line": "river_bank"}[Path(path).name.split("_")[0]]
            assert read_style(path + ".back.qml", role).style == read_style(path, role).style, "QGIS wrote it again as it read it"


def drawn(tmp_path, asked):
    """What QGIS makes of data and styles."""
    (tmp_path / "asked.json").write_text(json.dumps(asked), encoding="utf-8")
    script, answer = tmp_path / "draw.py", tmp_path / "answer.json"
    script.write_text(SCRIPT, encoding="utf-8")
    environment = {**{key: value for key, value in os.environ.items() if key != "PYTHONPATH"}, "QT_QPA_PLATFORM": "offscreen"}
    done = subprocess.run([PYTHON, str(script), str(tmp_path / "asked.json"), str(answer)], capture_output=True, timeout=300, check=False,
                          env=environment, cwd=tmp_path)
    assert answer.exists(), done.stderr.decode()
    return json.loads(answer.read_text(encoding="utf-8"))


RULES = {
    "elsegroup": [("k = '甲'", 0), ("ELSE", None, [("v > 9", 1), ("ELSE", 2)])],
    "elsewithin": [("v > 9", None, [("k = '甲'", 0), ("ELSE", 1)]), ("ELSE", 2)],
    "nothingdrawn": [("v > 9", None, [("k = '甲'", 0)]), ("ELSE", 2)],
    "elsefirst": [("ELSE", None, [("ELSE", 3)]), ("flag = true", 0)],
    "everything": [("", 0), ("ELSE", 1)],
}


def _rules(rules):
    return "".join(f'<rule key="{{{id(one)}}}" label="{number}" filter={quoteattr(one[0])}'
                   + (f' symbol="{one[1]}"' if one[1] is not None else "") + f'>{_rules(one[2] if len(one) > 2 else [])}</rule>'
                   for number, one in enumerate(rules))


@pytest.mark.skipif(not has_qgis(), reason="QGIS is not installed")
def test_rules_for_all_others_and_yes_and_no_are_read_as_qgis_draws_them(tmp_path):
    rng, count = np.random.default_rng(5), 60
    data = tmp_path / "a.gpkg"
    geopandas.GeoDataFrame({"k": rng.choice(np.array(["甲", "乙", None], object), count), "flag": rng.random(count) < 0.5,
                            "v": np.where(rng.random(count) < 0.15, np.nan, rng.integers(0, 20, count))},
                           geometry=[box(i * 10, 0, i * 10 + 8, 8) for i in range(count)], crs=4548).to_file(data)
    frame = geopandas.read_file(data)
    symbols = "".join(f'<symbol type="fill" name="{number}"><layer class="SimpleFill"><prop k="color" v="{",".join(str(one) for one in bytes.fromhex(colour[1:]))},255"/>'
                      '<prop k="outline_style" v="no"/></layer></symbol>' for number, colour in enumerate(COLOURS))
    renderers = {name: f'type="RuleRenderer"><rules key="{{r}}">{_rules(rules)}</rules>' for name, rules in RULES.items()}
    renderers["truths"] = ('type="categorizedSymbol" attr="flag"><categories><category symbol="0" value="true" label="是"/>'
                           '<category symbol="1" value="false" label="否"/></categories>')
    renderers["several"] = ('type="categorizedSymbol" attr="k"><categories><category symbol="0" label="甲乙"><val value="甲"/><val value="乙"/>'
                            '</category><category symbol="1" value="" label="其余"/></categories>')
    asked, wanted = [], {}
    for name, renderer in renderers.items():
        path = tmp_path / f"{name}.qml"
        path.write_text(f'<!DOCTYPE qgis><qgis version="3.22.0" styleCategories="Symbology"><renderer-v2 {renderer}<symbols>{symbols}</symbols>'
                        "</renderer-v2></qgis>", encoding="utf-8")
        style = read_style(path, "reference").style
        colours = [style.classes[number].fill if style.classes[number].shown else "#ffffff" for number in style.class_numbers(frame)]
        asked.append((str(data), str(path), *PLACES["polygon"], count))
        wanted[str(path)] = [True, colours]
    found = drawn(tmp_path, asked)
    assert found == wanted
