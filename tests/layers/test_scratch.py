"""Folders for the length of a job, and what is left of them when a process was killed."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile

import pytest

from layers import scratch


@pytest.fixture
def temp(tmp_path, monkeypatch):
    folder = tmp_path / "temp"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


@pytest.fixture
def ended():
    """The number of a process that is no longer there."""
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


def test_what_a_killed_process_left_is_taken_away(temp):
    code = (
        f"import tempfile, time\ntempfile.tempdir = {str(temp)!r}\nfrom layers import scratch\n"
        "(scratch.lasting() / 'layer').write_text('x')\nopened = scratch.temporary()\nprint('ready', flush=True)\ntime.sleep(60)\n"
    )
    process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout.readline() == "ready\n"
        left = sorted(temp.iterdir())
        assert len(left) == 2
        assert scratch.sweep() == [], "its owner is still at work"
        assert sorted(temp.iterdir()) == left
    finally:
        process.kill()
        process.communicate()
    assert scratch.sweep() == left
    assert list(temp.iterdir()) == []


def test_a_folder_is_gone_after_its_job_and_a_lasting_one_stays(temp):
    with scratch.temporary() as folder:
        assert os.path.dirname(folder) == str(temp)
    kept = scratch.lasting()
    assert scratch.sweep() == []
    assert list(temp.iterdir()) == [kept]


@pytest.mark.parametrize("name", ["sanxian-abc123", "sanxian-fuzz-{pid}-a", "other-{pid}-a", "sanxian-{pid}", "sanxian-0{pid}-a", "x-sanxian-{pid}-a", "sanxian-0-a"])
def test_what_is_not_ours_is_left(temp, ended, name):
    other = temp / name.format(pid=ended)
    other.mkdir()
    assert scratch.sweep() == []
    assert other.is_dir()


def test_links_are_never_followed(temp, ended, tmp_path):
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "data.txt").write_text("x")
    link = temp / f"sanxian-{ended}-link"
    link.symlink_to(outside, target_is_directory=True)
    ours = temp / f"sanxian-{ended}-ours"
    ours.mkdir()
    (ours / "inner").symlink_to(outside, target_is_directory=True)
    (temp / f"sanxian-{ended}-file").write_text("x")
    assert scratch.sweep() == [ours]
    assert link.is_symlink()
    assert (outside / "data.txt").read_text() == "x"
    assert (temp / f"sanxian-{ended}-file").is_file()


@pytest.mark.skipif(not hasattr(os, "getuid"), reason="no users")
def test_another_users_folder_is_left(temp, ended, monkeypatch):
    other = temp / f"sanxian-{ended}-theirs"
    other.mkdir()
    monkeypatch.setattr(os, "getuid", lambda: other.stat().st_uid + 1)
    assert scratch.sweep() == []
    assert other.is_dir()


def test_it_never_fails(temp, ended, monkeypatch):
    (temp / f"sanxian-{'9' * 10}-a").mkdir()  # no such process can be
    scratch.sweep()
    monkeypatch.setattr(tempfile, "tempdir", str(temp / "not-there"))
    assert scratch.sweep() == []
