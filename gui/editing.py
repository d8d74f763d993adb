"""What the attribute table of a layer may change, and how it is changed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from gui.models import cells
from gui.models.cells import Cells
from gui.session import LayerView
from gui.tasks import Report
from gui.words import listed

if TYPE_CHECKING:
    from gui.main_window import MainWindow

MOST_RULES = 3  # that are named


class Editing:
    """Stands between the table of a layer and the session.

    A layer may be changed whose role is the person's own and that no rule asks for, not even one that the person brought.
    """

    def __init__(self, window: MainWindow, layer: LayerView) -> None:
        self.session, self._window, self._layer = window.session, window, layer

    @property
    def changed(self) -> Any:
        """The signals after which :meth:`find` may give something else."""
        return self._window.rules.store.changed, self._window.files.saved

    def find(self, _report: Report) -> Cells:
        """What may be changed; may be called in another thread."""
        session, layer = self.session, self._layer
        workspace, role = session.workspace, self._window.engine.roles().get(layer.role)
        if workspace is None or getattr(workspace, "readonly", False) or not hasattr(workspace, "set_values"):
            return Cells(cells.READONLY)
        if role is None or not role.own:
            return Cells(cells.OUTLETS if layer.role == "discharge_outlet" else cells.OFFICIAL)
        if layer in session.pending_restores or layer.frame is None or "fid" not in layer.frame.columns:
            return Cells(cells.AWAY)
        from rules.load import relations_of
        from rules.model import RuleError

        try:
            known = self._window.engine.ruleset(workspace, self._window.settings.rule_folders)
        except RuleError:  # told where rules are asked for; here it is only not known what they ask for
            return Cells(cells.UNREAD)
        asking = [rule.id for rule in known.rules if any(one.layer == layer.role for one in relations_of([rule]))]
        if asking:
            return Cells(cells.ASKED, {"rules": listed(asking[:MOST_RULES])})
        return Cells(kinds=workspace.column_kinds(layer.key))

    def put(self, field: str, values: Mapping[int, Any], told: Callable[[bool], None] | None = None) -> bool:
        """Change a field of some rows of the frame, as one step; ``False`` where it was refused already."""
        return self.session.set_values(self._layer.key, field, values, told)
