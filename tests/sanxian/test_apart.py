"""Jobs in a process of their own: what comes back, what is raised there, and a process that dies."""

from __future__ import annotations

import os
import pickle

import pytest

from sanxian.apart import ApartError, apart
from sanxian.outlets.errors import OutletError
from sanxian.request import RequestError


def product(one, other=2):
    return one * other, os.getpid()


def refuse(path):
    raise RequestError("找不到“{path}”；请检查路径", path=path)


def die():
    os._exit(3)


def test_the_answer_comes_from_another_process():
    value, process = apart(product, 21, other=4)
    assert value == 84
    assert process != os.getpid()


def test_a_refusal_comes_through_with_its_words():
    with pytest.raises(RequestError) as caught:
        apart(refuse, "项目.csv")
    assert str(caught.value) == "找不到“项目.csv”；请检查路径"
    assert caught.value.params == {"path": "项目.csv"}


def test_a_process_that_dies_is_a_sentence():
    with pytest.raises(ApartError, match="意外结束"):
        apart(die)


@pytest.mark.parametrize("kind", [RequestError, OutletError])
def test_errors_are_the_same_after_a_journey(kind):
    error = pickle.loads(pickle.dumps(kind("第 {row} 行有误", row=3)))
    assert (type(error), str(error), error.template, error.params) == (kind, "第 3 行有误", "第 {row} 行有误", {"row": 3})
