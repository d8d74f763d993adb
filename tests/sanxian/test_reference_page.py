"""The page of attributes, layers, commands and result keys is that of the program."""

from __future__ import annotations

import runpy
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
from rasterio.transform import from_origin

ROOT = Path(__file__).parents[2]
MADE = runpy.run_path(str(ROOT / "docs" / "generate.py"))
OPEN = ("parameters", "projects[].attributes", "projects[].rasters[].classes", "projects[].outcomes[].explanation", "projects[].overrides[]")


def test_the_page_is_up_to_date():
    kept = (ROOT / "docs" / "reference.md").read_text(encoding="utf-8")
    assert MADE["reference_page"]() == kept, "run: python docs/generate.py"


def test_every_attribute_role_and_command_is_there():
    from layers.schema import ROLES
    from rules.attributes import ATTRIBUTES
    from sanxian.cli import build_parser

    text = MADE["reference_page"]()
    for name in ATTRIBUTES:
        assert f"| `{name}` |" in text
    for role in ROLES.values():
        assert f"### `{role.name}` " in text
        for field in role.fields:
            assert f"| `{field.name}` |" in text
    for command, _parser in MADE["_parsers"]("sanxian", build_parser()):
        assert f"### `{command}`\n" in text


def keys(value: Any, path: str = "") -> Iterator[str]:
    if path in OPEN:
        yield path
    elif isinstance(value, dict):
        for name, item in value.items():
            yield from keys(item, f"{path}.{name}" if path else name)
    elif isinstance(value, list) and any(key.startswith(f"{path}[]") for key in MADE["RESULT_KEYS"]):
        for item in value:
            yield from keys(item, f"{path}[]")
    else:
        yield path


def test_the_keys_are_those_that_a_screening_has(workspace, tmp_path, write_boxes):
    from layers.workspace import Workspace
    from rules.model import Verdict
    from sanxian.overrides import Override
    from sanxian.request import load_projects
    from sanxian.screen import rule_set, screen

    with Workspace.open(workspace) as opened:
        opened.add_pack("example", {path.name: path.read_bytes() for path in (ROOT / "examples" / "rule-pack").glob("*.toml")})
        units = {"ZH36040420001": "ZH36990120001", "ZH36040410001": "ZH36990110001"}
        frame = opened.read("units").drop(columns="fid").replace(units)
        frame.to_file(tmp_path / "units.gpkg")
        from layers.read import read_layer

        opened.remove("units")
        opened.add(read_layer(tmp_path / "units.gpkg", "control_unit"), version="2022")
        decided = Override("P1", "redline-any-development", Verdict.ADVISORY, "r", "p", date(2026, 1, 1), date(2027, 1, 1))
        opened.set_state("overrides", [decided.to_dict()])
        for kind in ("dem", "landcover"):
            with rasterio.open(
                tmp_path / f"{kind}.tif", "w", driver="GTiff", width=50, height=50, count=1, dtype="uint8", crs="EPSG:4548",
                transform=from_origin(402_000.0, 3_291_000.0, 20, 20),
            ) as raster:  # fmt: skip
                raster.write(np.ones((50, 50), dtype=np.uint8), 1)
            opened.add_raster(tmp_path / f"{kind}.tif", kind)
        file = write_boxes(tmp_path / "p.gpkg", [(400, 400, 600, 600)], id=["P1"], nature=["new"])
        projects, digest = load_projects(file, opened)
        result = screen(opened, projects, rule_set(opened), on=date(2026, 11, 22), projects_sha256=digest)
    assert set(keys(result.to_dict())) == set(MADE["RESULT_KEYS"])
