import sys
import threading
from pathlib import Path

import pytest

# importmode=importlib puts no test directory on the path; the helpers beside this file are wanted by name.
sys.path.insert(0, str(Path(__file__).parent))

from canvas_help import SIZE, Mouse, X, Y, pixel_of  # noqa: E402

from gui.canvas.canvas import MapCanvas  # noqa: E402


@pytest.fixture
def canvas(qtbot):
    """A shown canvas of 400 by 300 pixels, 1 m a pixel round (X, Y) in EPSG:4548; no thread may outlive it."""
    made = MapCanvas()
    qtbot.addWidget(made)
    made.resize(*SIZE)
    made.set_crs(4548)
    with qtbot.waitExposed(made):
        made.show()
    made.center_on(X, Y)
    made.zoom_to((X - 200, Y - 150, X + 200, Y + 150), margin=0.0)
    assert made.wait_idle()
    yield made
    made.shutdown()
    assert not [thread for thread in threading.enumerate() if thread.name == "map-renderer"], sys.argv


@pytest.fixture
def mouse(canvas):
    return Mouse(canvas)


@pytest.fixture
def show(canvas):
    """Show layers over the fixed view, wait until they are drawn, and hand back a function that reads a pixel."""

    def shown(*layers):
        canvas.set_layers(layers)
        canvas.zoom_to((X - 200, Y - 150, X + 200, Y + 150), margin=0.0)
        assert canvas.wait_idle()
        return pixel_of(canvas)

    return shown


