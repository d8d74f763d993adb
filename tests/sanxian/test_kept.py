"""What is kept of a screening is had again to the last digit, and a file can say nothing but a result."""

from __future__ import annotations

import base64
import json
import lzma
from contextlib import suppress
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from layers.workspace import Workspace
from sanxian.demo import build
from sanxian.kept import KeptError, pack, unpack
from sanxian.overrides import Override
from sanxian.request import load_projects
from sanxian.screen import rule_set, screen


@pytest.fixture(scope="module")
def screening(tmp_path_factory):
    made = build(tmp_path_factory.mktemp("demo") / "demo")
    day = date(2026, 11, 22)
    with Workspace.open(made.workspace) as workspace:
        projects, _digest = load_projects(made.workspace.parent / "projects.gpkg", workspace)
        review = Override(projects[0].id, "wetland-fill", "permitted", "measured", "Zhang San", day, day)
        workspace.set_state("overrides", [review.to_dict()])
        return screen(workspace, projects[::6], rule_set(workspace), on=day)


def plain(result):
    """Without what clauses were judged by, which is not kept."""
    return replace(result, outcomes=tuple(
        replace(one, clauses=tuple(replace(item, clause=replace(item.clause, project=None, reading={})) for item in one.clauses))
        for one in result.outcomes))


def test_a_screening_is_had_again_as_it_was(screening):
    assert any(one.clauses for result in screening.projects for one in result.outcomes)
    assert screening.projects[0].overrides
    found = unpack(pack([({"id": one.id}, one, screening) for one in screening.projects]))
    assert [key for key, _result, _of in found] == [{"id": one.id} for one in screening.projects]
    again = found[0][2]
    assert all(of is again for _key, _result, of in found)
    assert again.to_json() == screening.to_json()
    assert [result for _key, result, _of in found] == [plain(one) for one in screening.projects]
    assert replace(again, projects=()) == replace(screening, projects=())


def text(content):
    lines = [*content.pop("things"), content] if isinstance(content, dict) and isinstance(content.get("things"), list) else [content]
    return base64.b85encode(lzma.compress("\n".join(map(json.dumps, lines)).encode())).decode()


def taken_apart(packed):
    *things, content = map(json.loads, lzma.decompress(base64.b85decode(packed)).split(b"\n"))
    return {"things": things, **content}


@pytest.mark.parametrize("spoil", [
    lambda it: it["rows"][0].__setitem__(1, 9), lambda it: it["rows"][0].__setitem__(1, -1), lambda it: it["rows"][0].__setitem__(2, -1),
    lambda it: it["rows"][0].__setitem__(2, 10**9), lambda it: it["rows"][0].__setitem__(2, {"id": "P"}),
    lambda it: it["things"][it["rows"][0][2]].update(verdict="splendid"), lambda it: it["things"][it["rows"][0][2]].update(more=1),
    lambda it: it["things"][it["rows"][0][2]].update(name=3), lambda it: it["things"][it["rows"][0][2]].update(outcomes=[None]),
    lambda it: it["things"][it["rows"][0][2]].update(lonlat="00"), lambda it: it["screenings"][0].pop("on"),
    lambda it: it.pop("things"),
    # itself within itself
    lambda it: next(one for one in it["things"] if "kind" in one and "truth" in one).update(
        children=[next(n for n, one in enumerate(it["things"]) if "kind" in one and "truth" in one)]),
])
def test_what_is_no_result_is_refused(screening, spoil):
    content = taken_apart(pack([({}, screening.projects[0], screening)]))
    spoil(content)
    with pytest.raises(KeptError):
        unpack(text(content))


@given(st.one_of(st.text(), st.binary().map(lambda raw: base64.b85encode(raw).decode()),
                 st.recursive(st.none() | st.integers() | st.text(), lambda inner: st.lists(inner) | st.dictionaries(
                     st.sampled_from(("things", "screenings", "rows")), inner)).map(text)))
def test_anything_else_is_refused_or_nothing(content):
    with suppress(KeptError):
        assert unpack(content) == []
