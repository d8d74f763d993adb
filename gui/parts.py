"""The parts of the window beyond map, layers, projects and verdicts, each with its own panels and actions.

A part is made with the main window before its docks and menus are. What it can do stands in ``gui.actions`` as well, so
that menus, shortcuts and tests keep their one table. A part imports what is slow only when it is first used.
"""

from __future__ import annotations

from gui.basemap import BasemapPart
from gui.clipboard import ClipboardPart
from gui.elsewhere import Elsewhere
from gui.help import Help
from gui.layer_tools import LayerTools
from gui.live import Live
from gui.navigation import Navigation
from gui.outlets import OutletsPart
from gui.panels.batch import BatchPart
from gui.panels.coverage import CoveragePart
from gui.panels.findings import FindingsPart
from gui.panels.measure import Measuring
from gui.part import Part
from gui.selection import Selection
from gui.shaping import Shaping
from gui.sheets import Sheets
from gui.statistics import StatisticsPart
from gui.styling import Styling
from gui.swipe import Swiping
from gui.thumbnails import Thumbnails

PARTS: tuple[type[Part], ...] = (
    Navigation, OutletsPart, Selection, Shaping, Live, Help, LayerTools, FindingsPart, CoveragePart, Sheets, StatisticsPart,
    Styling, Swiping, BatchPart, BasemapPart, ClipboardPart, Measuring, Elsewhere, Thumbnails,
)
