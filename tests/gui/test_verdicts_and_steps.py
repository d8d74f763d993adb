"""A verdict holds as long as project, rules and reviews are what it was found with, however often steps are taken back and done again."""

from __future__ import annotations

from datetime import date
from types import SimpleNamespace

from hypothesis import given, settings
from hypothesis import strategies as st

from gui.models.rule_store import RuleStore
from gui.session import Session, Site
from rules.model import Verdict
from sanxian.overrides import Override

DAY = date(2026, 11, 22)


class Kept:
    """A workspace without layers."""

    path = "made-up.gpkg"

    def __init__(self):
        self.states = {}

    def layers(self):
        return []

    def state(self, key, default=None):
        return self.states.get(key, default)

    def contents(self):
        return ""

    def set_state(self, key, value):
        self.states[key] = value

    def packs(self):
        return {}

    def close(self):
        pass


def judge(session, stamps=None):
    results = [SimpleNamespace(id=site.id, verdict="permitted") for site in session.sites]
    session.set_results(SimpleNamespace(projects=results, layers=(), missing_roles=(), on=DAY), stamps)


def review(project):
    return Override(project, "bank", Verdict.CONDITIONAL, "measured", "Zhang San", DAY, DAY)


def made():
    session = Session()
    session.open(Kept())
    session.load_sites([Site("P1", "甲", None, "EPSG:4548"), Site("P2", "乙", None, "EPSG:4548")])
    session.set_day(DAY)
    return session, RuleStore(session)


def test_what_was_judged_holds_again_once_everything_is_done_again(qapp):
    session, store = made()
    site, stack = session.sites[0], session.undo_stack
    session.set_attribute("P1", "is_chemical", True)
    session.rename_site("P1", "丙")
    assert store.set_parameter("soil_risk", 300.0) is not False
    judge(session)
    assert not site.stale
    for _step in range(3):
        stack.undo()
        assert site.stale
    for _step in range(2):
        stack.redo()
        assert site.stale, "not everything is there again"
    stack.redo()
    assert not site.stale
    stack.undo()
    session.set_attribute("P1", "is_chemical", False)
    assert site.stale
    stack.undo()
    assert site.stale, "the distance was set when it was judged"


def test_what_changes_while_it_is_judged_makes_the_verdict_one_of_before(qapp):
    session, store = made()
    site = session.sites[0]
    stamps = session.stamps({"P1", "P2"})
    store.set_parameter("soil_risk", 300.0)
    judge(session, stamps)
    assert site.stale
    session.undo_stack.undo()
    assert not site.stale


def test_a_copy_of_a_project_is_not_what_was_judged(qapp):
    from dataclasses import replace

    session, _store = made()
    judge(session)
    site = session.sites[0]
    session.replace_sites("拆分用地", {"P1": replace(site, name="另一个", stale=True)})
    copy = session.site("P1")
    session.set_attribute("P1", "is_chemical", True)
    session.undo_stack.undo()
    assert copy.stale, "taking back a later edit does not make it what was judged"
    session.undo_stack.undo()
    assert session.site("P1") is site
    assert not site.stale


def test_a_review_is_nothing_to_the_verdicts_of_other_projects(qapp):
    session, store = made()
    stack = session.undo_stack
    judge(session)

    def marked():
        return [site.stale for site in session.sites]

    store.add_override(review("P1"))
    assert marked() == [True, False]
    judge(session)
    (kept,) = store.overrides()
    store.remove_override(kept.raw)
    assert marked() == [True, False], "what is no longer reviewed was judged as if it were"
    stack.undo()
    assert marked() == [False, False]
    stack.undo()
    assert marked() == [True, False]
    stack.redo()
    assert marked() == [False, False]
    store.set_parameter("soil_risk", 300.0)
    assert marked() == [True, True]
    stack.undo()
    store.add_override(review("P2"))
    assert marked() == [False, True]


def test_a_review_that_nobody_can_read_may_be_of_any_project(qapp):
    session, store = made()
    session.workspace.set_state("overrides", [{"rule": "bank"}])
    judge(session)
    (kept,) = store.overrides()
    store.remove_override(kept.raw)
    assert all(site.stale for site in session.sites)


ACTIONS = st.lists(st.one_of(
    st.tuples(st.just("set"), st.sampled_from(("P1", "P2")), st.sampled_from(("is_chemical", "is_major")), st.booleans()),
    st.tuples(st.just("name"), st.sampled_from(("P1", "P2")), st.sampled_from("甲乙丙")),
    st.tuples(st.just("metres"), st.sampled_from((100.0, 200.0, None))),
    st.tuples(st.just("review"), st.sampled_from(("P1", "P2"))),
    st.tuples(st.sampled_from(("undo", "redo", "judge", "undo all", "redo all"))),
), max_size=25)


@settings(max_examples=150, deadline=None)
@given(ACTIONS)
def test_no_verdict_is_shown_as_good_that_is_of_anything_else(qapp, steps):
    session, store = made()
    stack = session.undo_stack
    judged = {}

    def done(index):
        """The steps that stand: a later one may have become part of the last of them, with the same values again."""
        return [(command, command._redo) for command in map(stack.command, range(index))]

    def now(site):
        return site.name, dict(site.attributes), dict(store.parameters()), sum(
            one.raw["project"] == site.id for one in store.overrides())

    for what, *more in steps:
        if what == "set":
            session.set_attribute(*more)
        elif what == "name":
            session.rename_site(*more)
        elif what == "metres":
            store.set_parameter("soil_risk", *more)
        elif what == "review":
            store.add_override(review(*more))
        elif what == "judge":
            judge(session)
            judged = {site.id: now(site) for site in session.sites}
            at = stack.index(), done(stack.index())
            assert not any(site.stale for site in session.sites)
        elif what in ("undo", "redo"):
            getattr(stack, what)()
        else:
            stack.setIndex(0 if what == "undo all" else stack.count())
        for site in session.sites:
            if site.id in judged and not site.stale:
                assert now(site) == judged[site.id]
    if judged:  # whatever was done since: where the very same steps stand again, the verdict does too
        index, commands = at
        if index <= stack.count() and commands == done(index):
            stack.setIndex(index)
            assert not any(site.stale for site in session.sites)
