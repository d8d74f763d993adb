"""Projects that come in are seen, whatever the list was filtered by."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support ", extend=True)


def bring_in(window, site, tmp_path, *ids):
    window.files.import_projects(tmp_path / "a.geojson", SimpleNamespace(sites=[site(one) for one in ids], issues=()))


def shown(window):
    return [window.projects.model.site(row).id for row in range(window.projects.model.rowCount())]


@pytest.mark.parametrize("by", ["text", "verdict"])
def test_a_filter_that_hides_what_is_imported_is_given_up_and_that_is_said(judged, site, tmp_path, by):
    said = []
    judged.files.said.connect(said.append)
    if by == "text":
        judged.projects.search.setText("P1")
    else:
        judged.projects.verdicts.setCurrentIndex(judged.projects.verdicts.findData(judged.session.sites[0].acting))
    assert shown(judged) == ["P1"]
    bring_in(judged, site, tmp_path, "N1", "N2")
    assert shown(judged) == ["P1", "P2", "N1", "N2"]
    assert judged.session.current_id == "N1"
    assert judged.projects.selected_ids() == ["N1"]
    assert "筛选" in said[0]


def test_a_filter_that_shows_all_that_is_imported_stays(judged, site, tmp_path):
    said = []
    judged.files.said.connect(said.append)
    judged.projects.search.setText("N")
    bring_in(judged, site, tmp_path, "N1", "N2")
    assert judged.projects.search.text() == "N"
    assert shown(judged) == ["N1", "N2"]
    assert judged.projects.selected_ids() == ["N1"]
    assert "筛选" not in said[0]


def test_a_filter_that_hides_only_one_of_them_is_given_up(judged, site, tmp_path):
    judged.projects.search.setText("N1")
    bring_in(judged, site, tmp_path, "N1", "X2")
    assert shown(judged)[-2:] == ["N1", "X2"]
