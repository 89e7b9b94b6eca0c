"""Preflight of each model of ``examples/models`` beside one real step of it, in a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from benchmarks.measuring import Row

MODELS = Path(__file__).parents[1] / "examples" / "models"
SECONDS, MEGABYTES = 2.0, 300.0

# Processor time, divided by the cores that a step may use: a busy machine does not make it longer.
PROGRAM = """
import json, resource, runpy, sys, time
import torch
torch.set_num_threads(2)
file, which = sys.argv[1:]
made = runpy.run_path(file)["make_step"]()
if not isinstance(made, dict):
    made = dict(zip(("model", "loss", "batch_or_loader"), made))
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
start = time.process_time()
if which == "preflight":
    import snugly
    proof = snugly.preflight(**made).proof
else:
    from snugly.runtime.preflight.steps import make_step
    step = make_step(made["model"], made.get("loss"), made["batch_or_loader"], made.get("step"))
    start = time.process_time()
    result, proof = step.run(step.batch), ""
    if isinstance(result, torch.Tensor) and result.requires_grad and result.grad_fn is not None:
        try:
            result.backward()
        except RuntimeError:
            pass  # the step did so itself
seconds = time.process_time() - start
print()
print(json.dumps([seconds, (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024, proof]))
"""


def measured(file: Path, which: str) -> tuple[float, float, str]:
    """Return processor seconds, megabytes above what was there, and the proof."""
    command = [sys.executable, "-c", PROGRAM, str(file), which]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(done.stderr)
    seconds, megabytes, proof = json.loads(done.stdout.splitlines()[-1])
    return seconds, megabytes, proof


def measure() -> list[Row]:
    rows = []
    for file in sorted(MODELS.glob("*.py")):
        seconds, megabytes, proof = measured(file, "preflight")
        real, above, _ = measured(file, "step")
        name = f"preflight {file.stem}"
        rows += [
            Row(f"{name}: processor time ({proof[:24].strip()} …)", seconds, "s", SECONDS),
            Row(f"{name}: memory", megabytes, "MB", MEGABYTES),
            Row(f"{name}: beside one real step, time", seconds / real, "×"),
            Row(f"{name}: beside one real step, memory", megabytes / max(above, 1), "×"),
        ]
    return rows
