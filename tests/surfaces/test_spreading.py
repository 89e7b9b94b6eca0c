"""Many files are checked on several cores with the results of one."""

from __future__ import annotations

import os

import pytest

from snugly.surfaces import spreading


@pytest.fixture
def cores(monkeypatch):
    monkeypatch.setattr(spreading, "_cores", lambda: 3)


def _files(tmp_path, count):
    for number in range(count):
        (tmp_path / f"{number}.py").write_text("x = 1\n" * (number % 7))
    return [str(tmp_path / f"{number}.py") for number in range(count)]


@pytest.mark.usefixtures("cores")
def test_results_come_in_the_order_of_the_files_and_from_several_processes(tmp_path):
    files = _files(tmp_path, 40)
    results = spreading.spread(lambda file: (file, os.getpid()), files)
    assert [file for file, _ in results] == files
    assert len({process for _, process in results}) == 3


@pytest.mark.usefixtures("cores")
def test_the_share_of_a_worker_that_dies_is_done_here(tmp_path):
    here = os.getpid()

    def work(file):
        if os.getpid() != here:
            os._exit(9)
        return file

    files = _files(tmp_path, 40)
    assert spreading.spread(work, files) == files


def test_few_files_are_checked_in_this_process(tmp_path):
    assert set(spreading.spread(lambda _: os.getpid(), _files(tmp_path, 5))) == {os.getpid()}
