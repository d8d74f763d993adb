from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import pytest

_spec = importlib.util.spec_from_file_location("outlet_help", Path(__file__).with_name("outlet_help.py"))
outlet_help = importlib.util.module_from_spec(_spec)
sys.modules["outlet_help"] = outlet_help
_spec.loader.exec_module(outlet_help)


@pytest.fixture(scope="session")
def help_():
    return outlet_help


@pytest.fixture
def make_workspace(tmp_path):
    """A workspace from frames by role; a role with several frames gets several layers."""
    from layers.read import Layer
    from layers.workspace import Workspace

    def make(accuracy_m=3.0, coverage="all", **frames):
        path = tmp_path / "w.gpkg"
        path.unlink(missing_ok=True)
        with Workspace.create(path) as made:
            for role, several in frames.items():
                for number, frame in enumerate(several if isinstance(several, list) else [several]):
                    layer = Layer(role, f"{role}{number or ''}", frame, Path("x.gpkg"), "0" * 64, None, ())
                    made.add(layer, accuracy_m=accuracy_m, coverage=coverage)
        return path

    return make


@pytest.fixture
def clean(make_workspace, help_):
    """A register without a fault."""
    return make_workspace(
        discharge_outlet=help_.outlet_frame(help_.outlet_rows()), river_bank=help_.bank_frame(), pollution_source=help_.sources(),
        monitoring_section=help_.sections(), admin=help_.county(),
    )  # fmt: skip
