"""Jobs in a process of their own: what comes back, what is raised there, and a process that dies."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from layers.errors import DoubtfulSystem, LayerError
from rules.model import RuleError
from sanxian.apart import ApartError, Stopped, apart, pack, unpack
from sanxian.i18n import language, set_language
from sanxian.outlets.errors import OutletError
from sanxian.request import RequestError
from spatial.errors import CrsError


def product(progress, one, other=2):
    for done in range(3):
        progress(done, 3)
        time.sleep(0.06)
    Path(tempfile.mkstemp()[1]).write_text("left behind", encoding="utf-8")
    return one * other, os.getpid(), language(), tempfile.gettempdir()


def refuse(_progress, path):
    raise RequestError("找不到“{path}”；请检查路径", path=path)


class Lame(Exception):
    def __init__(self, one, other):
        super().__init__(one)


def break_down(_progress, kind):
    if kind is Lame:
        raise Lame("gone", 2)
    raise kind("gone")


def die(_progress):
    os._exit(3)


def write_for_long(progress, path, patient):
    part = path.with_suffix(".part")
    part.write_text("half", encoding="utf-8")
    try:
        for done in range(600):
            if patient:
                progress(done, 600)
            else:
                progress(0, 1) if not done else None
            time.sleep(0.05)
    finally:
        part.unlink()
    path.write_text("whole", encoding="utf-8")


def go_on(_done, _total):
    return True


def test_the_answer_comes_from_another_process():
    heard = []
    set_language("en")
    try:
        value, process, spoken, folder = apart(lambda *said: heard.append(said) or True, product, 21, other=4)
    finally:
        set_language("zh")
    assert (value, spoken) == (84, "en")
    assert process != os.getpid()
    assert {(1, 3), (2, 3)} <= set(heard)
    assert folder != tempfile.gettempdir()
    assert not Path(folder).exists(), "what it left is gone with it"


def test_a_refusal_comes_through_with_its_words():
    with pytest.raises(RequestError) as caught:
        apart(go_on, refuse, "项目.csv")
    assert str(caught.value) == "找不到“项目.csv”；请检查路径"
    assert caught.value.params == {"path": "项目.csv"}


@pytest.mark.parametrize(("kind", "comes"), [(KeyError, KeyError), (Lame, RuntimeError)])
def test_a_bug_tells_where_it_was(kind, comes):
    with pytest.raises(comes, match="gone") as caught:
        apart(go_on, break_down, kind)
    assert "in break_down" in "".join(caught.value.__notes__)


def test_a_process_that_dies_is_a_sentence():
    with pytest.raises(ApartError, match="意外结束"):
        apart(go_on, die)


@pytest.mark.parametrize("patient", [True, False], ids=["at its next step", "where it does not ask"])
def test_a_job_is_stopped_and_leaves_nothing(tmp_path, patient):
    path, heard = tmp_path / "out.txt", []

    def until_it_writes(done, total):
        heard.append(total)
        return not (total and path.with_suffix(".part").exists())

    begun = time.monotonic()
    with pytest.raises(Stopped):
        apart(until_it_writes, write_for_long, path, patient)
    assert max(heard) > 0, "it had begun"
    assert list(tmp_path.iterdir()) == []
    assert time.monotonic() - begun < 25, "half a minute would have been its own end"


def test_a_bug_in_who_listens_ends_the_job(tmp_path):
    def listen(done, total):
        if total:
            raise ZeroDivisionError
        return True

    with pytest.raises(ZeroDivisionError):
        apart(listen, write_for_long, tmp_path / "out.txt", True)
    assert list(tmp_path.iterdir()) == []


@given(st.lists(st.one_of(st.integers(), st.text(), st.binary(max_size=100)), max_size=300), st.integers(1, 3000))
@settings(max_examples=30, deadline=None)
def test_what_is_packed_comes_out_the_same(items, size):
    items = [*items, "x" * size * 100, *items]
    pieces = pack(items)
    assert unpack(pickle.loads(pickle.dumps(pieces))) == items
    assert unpack(pack([])) == []


def test_much_is_packed_in_many_pieces():
    pieces = pack([os.urandom(1000) for _ in range(3000)])
    assert max(map(len, pieces)) < 1_000_000
    assert len(pieces) >= 3000 * 1000 / 1_000_000


@pytest.mark.parametrize("kind", [LayerError, CrsError, RuleError])
def test_sentences_with_braces_survive_a_journey(kind):
    error = pickle.loads(pickle.dumps(kind("{file} 有误", file="{x} 0.shp")))
    assert (type(error), str(error), error.template, error.params) == (kind, "{x} 0.shp 有误", "{file} 有误", {"file": "{x} 0.shp"})


def test_what_a_sentence_knows_beside_its_words_survives_too():
    error = pickle.loads(pickle.dumps(DoubtfulSystem(("EPSG:4490",), "{file} 未定", file="a.txt")))
    assert (error.likely, str(error)) == (("EPSG:4490",), "a.txt 未定")


@pytest.mark.parametrize("kind", [RequestError, OutletError])
def test_errors_are_the_same_after_a_journey(kind):
    error = pickle.loads(pickle.dumps(kind("第 {row} 行有误", row=3)))
    assert (type(error), str(error), error.template, error.params) == (kind, "第 3 行有误", "第 {row} 行有误", {"row": 3})


_ASKS = """
import os, sys
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from test_apart import go_on, stay
from sanxian.apart import apart, end_with_parent

if __name__ == "__main__":
    if sys.argv[1] == "job":
        apart(go_on, stay, sys.argv[2])
    else:
        with ProcessPoolExecutor(1, mp_context=get_context("spawn"), initializer=end_with_parent) as pool:
            pool.submit(stay, None, sys.argv[2]).result()
"""


def stay(_progress, path):
    part = Path(path).with_suffix(".part")
    part.write_text(str(os.getpid()), encoding="ascii")
    part.rename(path)
    time.sleep(60)


@pytest.mark.skipif(os.name != "posix", reason="kills by signal")
@pytest.mark.parametrize("kind", ["job", "pool"])
def test_what_a_killed_program_had_started_ends_too(tmp_path, kind):
    script, said = tmp_path / "asks.py", tmp_path / "child.txt"
    script.write_text(_ASKS, encoding="utf-8")
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(Path(__file__).parent), *sys.path])}
    asking = subprocess.Popen([sys.executable, str(script), kind, str(said)], env=environment)
    try:
        for _ in range(600):
            if said.exists():
                break
            time.sleep(0.05)
        child = int(said.read_text(encoding="ascii"))
    finally:
        asking.kill()
        asking.wait()
    for _ in range(100):
        try:
            os.kill(child, 0)
        except ProcessLookupError:
            return
        time.sleep(0.05)
    os.kill(child, 9)
    pytest.fail("the child went on without its parent")
