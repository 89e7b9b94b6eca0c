"""Whatever Python file is checked, there is a verdict in time, and nothing of the file is executed."""

from __future__ import annotations

import gc
import importlib.util
from pathlib import Path

from snugly.surfaces.checking import check_file

_SPEC = importlib.util.spec_from_file_location("any_source", Path(__file__).with_name("any_source.py"))
any_source = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(any_source)

SAMPLE = 60
CANARY = """
import canary_beside
open({trace!r}, "w").write("executed")
__import__("os").system("touch {trace}")
class Meta(type):
    def __new__(cls, *args):
        open({trace!r}, "w")
        return super().__new__(cls, *args)
class Traced(metaclass=Meta):
    x = exec("open({trace!r}, 'w')")
def __getattr__(name):
    open({trace!r}, "w")
print(f"{{open({trace!r}, 'w')}}")
"""


def test_a_sample_of_all_installed_files_ends_with_a_verdict():
    files = any_source.sources()
    assert len(files) > SAMPLE
    step = len(files) // SAMPLE
    gc.collect()
    gc.freeze()  # what earlier tests left is not walked while a file is timed
    try:
        assert list(any_source.troubles(files[::step])) == []
    finally:
        gc.unfreeze()


def test_nothing_of_a_checked_file_is_executed(tmp_path):
    trace = tmp_path / "trace"
    (tmp_path / "canary.py").write_text(CANARY.format(trace=str(trace)))
    (tmp_path / "canary_beside.py").write_text(f"with open({str(trace)!r}, 'w') as file:\n    file.write('imported')\n")
    checked = check_file(str(tmp_path / "canary.py"))
    assert checked.failure is None
    assert not trace.exists()
    exec(compile((tmp_path / "canary_beside.py").read_text(), "canary_beside.py", "exec"), {})
    assert trace.exists()  # the canary would have left a trace
