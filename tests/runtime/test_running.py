"""``snugly run`` beside ``python``: the same program, and an explanation on standard error."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time

import pytest

# what a frame of ours would show in a traceback, whatever folder the checkout is in
OWN = os.path.join("snugly", "runtime")


def python(*arguments, cwd):
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "HERE": "3 1"}
    return subprocess.run(
        [sys.executable, *arguments], cwd=cwd, capture_output=True, text=True, check=False, env=environment, timeout=120
    )


def both(cwd, *arguments):
    return python(*arguments, cwd=cwd), python("-m", "snugly", "run", *arguments, cwd=cwd)


ECHO = """\
import sys
print(sys.argv, __name__, __file__, __spec__ and __spec__.name, __package__, sys.path[0], sorted(globals()))
import beside
import __main__
print(__main__.__dict__ is globals(), beside.value)
"""


def test_without_torch_everything_is_as_under_python(tmp_path):
    (tmp_path / "beside.py").write_text("value = 3\n")
    (tmp_path / "echo.py").write_text(ECHO)
    for arguments in (["echo.py", "-m", "--output-format", "x"], ["-m", "echo", "a"], ["./echo.py"]):
        plain, watched = both(tmp_path, *arguments)
        assert (plain.returncode, plain.stdout) == (watched.returncode, watched.stdout)
        assert watched.stderr == ""
    (tmp_path / "exits.py").write_text("import sys; sys.exit(sys.argv[1] if sys.argv[1:] else 7)\n")
    for arguments in ([], ["words for stderr"]):
        plain, watched = both(tmp_path, "exits.py", *arguments)
        assert (plain.returncode, plain.stdout, plain.stderr) == (watched.returncode, watched.stdout, watched.stderr)


CRASHES = {
    "plain": "def f():\n    return {}['no']\nf()\n",
    "chained": "try:\n    1 / 0\nexcept ZeroDivisionError as e:\n    raise ValueError('x') from e\n",
    "hooked": "import sys\nsys.excepthook = lambda *a: print('mine', a[0].__name__)\nraise RuntimeError('y')\n",
    "recursion": "def f(): f()\nimport sys\nsys.setrecursionlimit(200)\nf()\n",
    "interrupt": "raise KeyboardInterrupt\n",
}


ODD = {
    "child": "import os\npid = os.fork()\nif not pid:\n    raise ValueError('child')\nprint(os.waitpid(pid, 0)[1] >> 8)\n",
    "source": "import inspect, pickle\nclass A:\n    x = 1\nprint(inspect.getsource(A), type(pickle.loads(pickle.dumps(A()))))\n",
    "future": "from __future__ import annotations\ndef f(x: Undefined): pass\nprint(f.__annotations__)\n",
    "atexit": "import atexit, sys\natexit.register(print, 'bye')\nsys.exit(3)\n",
    "leaves": "import os\nprint('x', flush=True)\nos._exit(4)\n",
    "ended": "import os, signal, time\nos.kill(os.getpid(), signal.SIGTERM)\ntime.sleep(9)\n",
    "group": "raise ExceptionGroup('g', [ValueError(1), TypeError('t')])\n",
    "task": "import asyncio\nasync def main():\n    raise ValueError('in task')\nasyncio.run(main())\n",
    "warns": "import warnings\nwarnings.warn('careful')\n",
    "thread": "import threading\nt = threading.Thread(target=lambda: {}[1], name='t')\nt.start()\nt.join()\n",
}


def test_odd_programs_end_as_under_python(tmp_path):
    for name, text in ODD.items():
        (tmp_path / f"{name}.py").write_text(text)
        plain, watched = both(tmp_path, f"{name}.py")
        assert (plain.returncode, plain.stdout, plain.stderr) == (
            watched.returncode,
            watched.stdout,
            watched.stderr,
        ), name


def depthless(text):
    return re.sub(r"repeated \d+ more times", "", text)


def test_other_crashes_look_as_under_python(tmp_path):
    for name, text in CRASHES.items():
        (tmp_path / f"{name}.py").write_text(text)
        plain, watched = both(tmp_path, f"{name}.py")
        assert (plain.stdout, depthless(plain.stderr)) == (watched.stdout, depthless(watched.stderr)), name
        assert watched.returncode == (130 if name == "interrupt" else plain.returncode)


def test_what_cannot_be_run_is_said_at_once(tmp_path):
    (tmp_path / "broken.py").write_text("x = (\n")
    (tmp_path / "binary.py").write_bytes(b"\x00\xff\x00")
    for arguments in (["none.py"], ["broken.py"], ["binary.py"], ["-m", "no.such.module"], []):
        done = python("-m", "snugly", "run", *arguments, cwd=tmp_path)
        assert (done.returncode, done.stdout) == (2, "")
        assert done.stderr.startswith("snugly: ")
        assert "Traceback" not in done.stderr


def heed_interrupts():
    """Undo what a test run in the background may have inherited: interrupts that are ignored."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def test_an_interrupt_ends_the_run_as_python_shows_it(tmp_path):
    (tmp_path / "waits.py").write_text("import time\nprint('up', flush=True)\ntime.sleep(60)\n")
    run = subprocess.Popen(
        [sys.executable, "-m", "snugly", "run", "waits.py"],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=heed_interrupts,  # noqa: PLW1509 - the child sets one signal and runs Python
    )
    with run:
        assert run.stdout.readline() == "up\n"
        time.sleep(0.1)
        run.send_signal(signal.SIGINT)
        _, errors = run.communicate(timeout=20)
    assert run.returncode == 130
    assert errors.splitlines()[0] == "Traceback (most recent call last):"
    assert errors.splitlines()[-1] == "KeyboardInterrupt"
    assert OWN not in errors


TRAINS = """\
import sys
import torch
from torch import nn
from torch.nn.functional import cross_entropy
from torch.utils.data import DataLoader, Dataset


class Rows(Dataset):
    def __len__(self):
        return 6

    def __getitem__(self, i):
        return torch.full((3,), float(i)), torch.tensor(float(i))


def main(method):
    model = nn.Linear(3, 1)
    for x, y in DataLoader(Rows(), 2, num_workers=1, multiprocessing_context=method):
        loss = nn.MSELoss()(model(x), y)
    print("trained", method, tuple(x.shape))


if __name__ == "__main__":
    torch.manual_seed(0)
    main("fork")
    main("spawn")
    raise_now = cross_entropy(torch.ones(4, 3), torch.zeros(1, 4, dtype=torch.long))
"""


def test_a_training_script_with_workers_a_trap_and_a_crash(tmp_path):
    (tmp_path / "train.py").write_text(TRAINS)
    plain = python("train.py", cwd=tmp_path)
    watched = python(
        "-m", "snugly", "run", "--output-file", "out.json", "--output-format", "json", "train.py", cwd=tmp_path
    )
    assert plain.returncode == watched.returncode == 1
    assert plain.stdout == watched.stdout == "trained fork (2, 3)\ntrained spawn (2, 3)\n"
    assert [line for line in plain.stderr.splitlines() if "Error" in line] == [
        line for line in watched.stderr.splitlines() if "Error" in line
    ]
    assert OWN not in watched.stderr
    found = json.loads((tmp_path / "out.json").read_text())["findings"]
    assert [(each["file"], each["line"], each["loss"]) for each in found] == [
        ("train.py", 19, "torch.nn.functional.mse_loss"),
        ("train.py", 27, "torch.nn.functional.cross_entropy"),
    ]
    assert found[0]["facts"]["input"] == {"shape": [2, 1], "dtype": "float32"}
    assert found[0]["raises"] is None
    assert found[1]["raises"]["message"] == plain.stderr.splitlines()[-1].partition(": ")[2]


QUIET = """\
import torch
from torch.nn.functional import l1_loss, mse_loss, smooth_l1_loss
x, y = torch.ones(4, 1), torch.ones(4)
mse_loss(x, y)  # snugly: ignore[SNG401]
l1_loss(x, y)  # noqa: SNG401
smooth_l1_loss(x, y)
"""


def test_comments_and_settings_silence_a_run_as_they_silence_a_check(tmp_path):
    (tmp_path / "train.py").write_text(QUIET)
    command = ("-W", "ignore", "-m", "snugly", "run", "--output-format", "concise", "train.py")
    assert [line.split(":")[1] for line in python(*command, cwd=tmp_path).stderr.splitlines() if "SNG" in line] == ["6"]
    (tmp_path / "pyproject.toml").write_text('[tool.snugly]\nignore = ["SNG4"]\n')
    assert "SNG" not in python(*command, cwd=tmp_path).stderr


COLLATES = """\
import torch
from torch.utils.data import DataLoader

rows = [torch.zeros(3), torch.zeros(4)]
for batch in DataLoader(rows, batch_size=2, num_workers=1):
    print(batch)
"""

WIDTHS = """\
import torch
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.first = nn.Linear(5, 7)

    def forward(self, x):
        return self.first(x)


print("before", flush=True)
Net()(torch.ones(2, 6))
"""


@pytest.mark.parametrize(
    ("text", "line", "words"), [(COLLATES, 5, "[3]"), (WIDTHS, 11, "2x6 and 5x7")], ids=["worker", "layer"]
)
def test_a_crash_away_from_a_loss_is_explained_after_the_traceback(tmp_path, text, line, words):
    (tmp_path / "train.py").write_text(text)
    done = python("-m", "snugly", "run", "train.py", cwd=tmp_path)
    assert done.returncode == 1
    traceback, _, explanation = done.stderr.partition("error[SNG")
    assert "Traceback" in traceback
    assert f"train.py:{line}:" in explanation
    assert words in traceback
    assert done.stderr.count("Traceback (most recent call last)") == traceback.count(
        "Traceback (most recent call last)"
    )


def test_two_ranks_explain_once(tmp_path):
    (tmp_path / "train.py").write_text(
        "import os, torch\nimport torch.distributed as dist\nfrom torch import nn\ndist.init_process_group('gloo')\n"
        "nn.MSELoss()(torch.ones(4, 1, requires_grad=True), torch.ones(4))\n"
        "shape = [int(size) for size in os.environ['HERE'].split()]\n"  # what the source alone cannot know
        "if os.environ['RANK'] == '1':\n    nn.MSELoss()(torch.ones(shape, requires_grad=True), torch.ones(3))\n"
        "dist.destroy_process_group()\n"
    )
    arguments = ["--nproc-per-node", "2", "--master-port", "29511", "-m", "snugly", "run", "train.py"]
    done = python("-m", "torch.distributed.run", *arguments, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stderr.count("train.py:5:") == 1
    assert done.stderr.count("train.py:8:") == 1
    assert "[rank 1]" in done.stderr
