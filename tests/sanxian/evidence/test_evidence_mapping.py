"""A project file that a mapping was needed for can be read again from the bundle alone."""

from __future__ import annotations

import json
import zipfile

from sanxian.cli import main


def test_a_bundle_remembers_how_the_file_was_read(tmp_path, capsys, workspace):
    table = tmp_path / "项目.csv"
    out = tmp_path / "b.zip"
    asked = ["screen", str(workspace), str(table), "--on", "2026-11-22", "--encoding", "gbk",
             "--map", "化不化=is_chemical", "--value", "is_chemical:对=是", "--bundle", str(out)]
    table.write_text("编号,名称,经度,纬度,化不化\nA,甲,116.0,29.7,对\n", encoding="gbk")
    status = main(asked)
    assert status in (0, 1, 3), capsys.readouterr().err
    with zipfile.ZipFile(out) as bundle:
        manifest = json.loads(bundle.read("manifest.json"))
    assert manifest["projects"]["options"]["fields"] == {"is_chemical": "化不化"}
    assert main(["verify", str(out)]) == 0, capsys.readouterr()
