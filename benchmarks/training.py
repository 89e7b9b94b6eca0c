"""A training loop of small steps under ``snugly run``, beside the same loop under Python."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.measuring import Row
from snugly.surfaces.cli.commands import COMMANDS

LOOP = """\
import json, sys, time
import torch
from torch import nn

torch.set_num_threads(1)
torch.manual_seed(0)
model = nn.Sequential(nn.Linear(32, 64), nn.ReLU(), nn.Linear(64, 10))
optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
criterion = nn.CrossEntropyLoss()
x, y = torch.randn(32, 32), torch.randint(10, (32,))
times = []
for step in range(6000):
    start = time.perf_counter()
    optimizer.zero_grad()
    criterion(model(x), y).backward()
    optimizer.step()
    times.append(time.perf_counter() - start)
times.sort()
print(json.dumps(times[len(times) // 2]))
"""

ROUNDS = 5


def measure() -> list[Row]:
    """Return the median step of each and their ratio, of rounds that alternate."""
    if "run" not in COMMANDS:
        return []
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder, "loop.py")
        script.write_text(LOOP)
        rounds = [(_step(str(script)), _step("-m", "snugly", "run", str(script))) for _ in range(ROUNDS)]
    plain, watched = (statistics.median(times) for times in zip(*rounds, strict=True))
    ratio = statistics.median(after / before for before, after in rounds)
    return [
        Row("small training step, python", 1e6 * plain, "µs"),
        Row("small training step, snugly run", 1e6 * watched, "µs"),
        Row("snugly run / python", ratio, "×", 1.02),
    ]


def _step(*arguments: str) -> float:
    done = subprocess.run([sys.executable, *arguments], capture_output=True, text=True, check=True)
    seconds: float = json.loads(done.stdout)
    return seconds
