"""Many files are checked on several cores with the results of one."""

from __future__ import annotations

import os
import signal
import time

import pytest

from snugly.surfaces import spreading


@pytest.fixture
def cores(monkeypatch):
    monkeypatch.setattr(spreading, "_cores", lambda: 3)


def _files(tmp_path, count):
    for number in range(count):
        (tmp_path / f"{number}.py").write_text("x = 1\n" * (500 + number % 7))
    return [str(tmp_path / f"{number}.py") for number in range(count)]


def lost(file):
    return f"lost {file}"


@pytest.mark.usefixtures("cores")
def test_results_come_in_the_order_of_the_files_and_from_several_processes(tmp_path):
    files = _files(tmp_path, 40)
    results = spreading.spread(lambda file: (file, os.getpid(), "long" * 50_000), files, lost)
    assert [file for file, *_ in results] == files
    assert len({process for _, process, _ in results}) == 4  # three workers, and this process for the first file


@pytest.mark.usefixtures("cores")
def test_what_a_worker_that_ends_by_itself_had_is_done_here(tmp_path):
    here = os.getpid()

    def work(file):
        if os.getpid() != here:
            os._exit(9)
        return file

    files = _files(tmp_path, 20)
    assert spreading.spread(work, files, lost) == files


@pytest.mark.usefixtures("cores")
def test_an_exception_in_a_worker_is_raised_here(tmp_path):
    files = _files(tmp_path, 20)

    def work(file):
        if file == files[7]:
            raise LookupError(file)
        return file

    with pytest.raises(LookupError, match=r"7\.py"):
        spreading.spread(work, files, lost)


@pytest.mark.usefixtures("cores")
def test_a_file_that_takes_its_process_down_is_lost_and_no_other(tmp_path):
    files = _files(tmp_path, 20)

    def work(file):
        if file == files[7]:
            os.kill(os.getpid(), signal.SIGKILL)
        return file

    assert spreading.spread(work, files, lost) == [*files[:7], lost(files[7]), *files[8:]]


@pytest.mark.usefixtures("cores")
def test_a_file_is_tried_again_where_another_process_was_killed(tmp_path):
    files = _files(tmp_path, 20)

    def work(file):
        first = tmp_path / "killed"
        if file == files[7] and not first.exists():
            first.touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return file

    assert spreading.spread(work, files, lost) == files


@pytest.mark.usefixtures("cores")
def test_a_worker_that_stays_away_is_stopped(tmp_path, monkeypatch):
    monkeypatch.setattr(spreading, "PATIENCE", 0.5)
    files = _files(tmp_path, 20)

    def work(file):
        if file == files[7]:
            signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM})
            time.sleep(30)
        return file

    assert spreading.spread(work, files, lost) == [*files[:7], lost(files[7]), *files[8:]]


@pytest.mark.usefixtures("cores")
def test_an_interrupt_ends_every_worker(tmp_path):
    files = _files(tmp_path, 20)
    here = os.getpid()

    def work(file):
        if os.getpid() != here:
            (tmp_path / f"worker {os.getpid()}").touch()
            time.sleep(1)  # until this process waits: a hook of logging swallows an interrupt while it forks
            if file == files[6]:  # the largest comes first
                os.kill(here, signal.SIGINT)
            time.sleep(30)
        return file

    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with pytest.raises(KeyboardInterrupt):
            spreading.spread(work, files, lost)
    finally:
        signal.signal(signal.SIGINT, before)
    workers = [int(path.name.split()[1]) for path in tmp_path.glob("worker *")]
    assert workers
    for process in workers:
        with pytest.raises(ProcessLookupError):
            os.kill(process, 0)


@pytest.mark.usefixtures("cores")
def test_without_another_process_all_is_done_here(tmp_path, monkeypatch):
    def refuse():
        raise BlockingIOError

    monkeypatch.setattr(os, "fork", refuse)
    open_before = len(os.listdir("/proc/self/fd")) if os.path.isdir("/proc/self/fd") else 0
    files = _files(tmp_path, 20)
    assert spreading.spread(lambda file: file, files, lost) == files
    if open_before:
        assert len(os.listdir("/proc/self/fd")) == open_before


@pytest.mark.usefixtures("cores")
def test_few_or_small_files_are_checked_in_this_process(tmp_path):
    assert set(spreading.spread(lambda _: os.getpid(), _files(tmp_path, 3), lost)) == {os.getpid()}
    for number in range(40):
        (tmp_path / f"{number}.py").write_text("x = 1\n")
    files = [str(tmp_path / f"{number}.py") for number in range(40)]
    assert set(spreading.spread(lambda _: os.getpid(), files, lost)) == {os.getpid()}


@pytest.mark.usefixtures("cores")
def test_findings_come_back_from_a_worker_as_they_are():
    from pathlib import Path

    from snugly.surfaces.checking import check_file

    cases = sorted(map(str, (Path(__file__).parents[1] / "quality" / "cases").glob("*/broken.py")))[:8]
    here = os.getpid()

    def work(file):
        return os.getpid(), check_file(file)

    spread = spreading.spread(work, cases, lost)
    assert here not in {process for process, _ in spread[1:]}
    assert [str(checked.findings) for _, checked in spread] == [str(check_file(file).findings) for file in cases]
