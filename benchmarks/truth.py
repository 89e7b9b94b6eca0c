"""Compares what the interpreter says of a program's tensors with what happens when the program runs.

    python benchmarks/truth.py FILE ...

Each file is followed, then run (so only name programs that you trust), and every name that a line binds to a tensor
or an array is compared: shape, dtype, and bounds of the elements. What is said and never happens is printed; the
last line counts the names that were met, those whose every size was known, and what was wrong.
"""

from __future__ import annotations

import contextlib
import io
import math
import os
import runpy
import sys
from pathlib import Path

from snugly.facts.dims import bounds
from snugly.interpreter.entry import follow
from snugly.interpreter.modules import Program

MOST = 400  # observations kept for one name on one line


def observe(path: Path) -> dict[tuple[str, int, str], list[tuple]]:
    """Run a program and return (shape, dtype, smallest, largest) of the tensors it bound, by file, line and name."""
    import numpy as np
    import torch

    seen: dict[tuple[str, int, str], list[tuple]] = {}
    folder = str(path.parent)

    def look(value):
        if isinstance(value, torch.Tensor):
            dtype = str(value.dtype).removeprefix("torch.")
            shape = tuple(value.shape)
        elif isinstance(value, np.ndarray):
            dtype, shape = str(value.dtype), value.shape
        else:
            return None
        if 0 in shape or value.dtype in {torch.complex64, object}:
            return shape, dtype, None, None
        with torch.no_grad():
            return shape, dtype, float(value.min()), float(value.max())

    def trace(frame, _event, _argument):
        if not frame.f_code.co_filename.startswith(folder):
            return None
        last = {"line": frame.f_lineno}
        before: dict[str, int] = {name: id(value) for name, value in frame.f_locals.items()}

        def local(frame, _event, _argument):
            for name, value in list(frame.f_locals.items()):
                if before.get(name) != id(value):
                    before[name] = id(value)
                    observations = seen.setdefault((frame.f_code.co_filename, last["line"], name), [])
                    if len(observations) < MOST:
                        looked = look(value)
                        if looked is not None:
                            observations.append(looked)
            last["line"] = frame.f_lineno
            return local

        return local

    sys.path.insert(0, folder)
    sys.settrace(trace)
    try:
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            os.chdir(folder)
            sys.argv = [str(path)]
            runpy.run_path(str(path), run_name="__main__")
    except BaseException:  # noqa: BLE001 - broken programs are welcome
        pass
    finally:
        sys.settrace(None)
        sys.path.remove(folder)
        for name, module in list(sys.modules.items()):
            if (getattr(module, "__file__", None) or "").startswith(folder):
                del sys.modules[name]
    return seen


def agrees(facts, actual: tuple) -> bool:
    """Tell whether an observation is one that the facts allow."""
    shape, dtype, low, high = actual
    if facts.dtype is not None and facts.dtype != dtype:
        return False
    if facts.shape is not None:
        if len(facts.shape) != len(shape):
            return False
        for said, size in zip(facts.shape, shape, strict=True):
            least, most = (None, None) if said is None else bounds(said)
            if (least is not None and size < least) or (most is not None and size > most):
                return False
    if low is None or math.isnan(low) or math.isnan(high):
        return True
    slack = 1e-4 * max(1.0, abs(low), abs(high))
    values = facts.values
    if (values.low is not None and low < values.low - slack) or (
        values.high is not None and high > values.high + slack
    ):
        return False
    return values.members is None or (low in values.members and high in values.members) or not dtype.startswith("int")


def main() -> int:
    """Compare every file that is named."""
    met = known = wrong = 0
    for name in sys.argv[1:]:
        path = Path(name).resolve()
        program = Program(path.parent)
        machine = follow(program, program.read(path))
        said: dict[tuple[str, int, str], list] = {}
        for record in machine.events.lines:
            said.setdefault((record.place.file, record.place.line, record.name), []).append(record.facts)
        actual = observe(path)
        for key, observations in actual.items():
            if not observations:
                continue
            met += 1
            facts = said.get(key, [])
            known += any(f.shape is not None and None not in f.shape for f in facts)
            for one in facts:
                if not any(agrees(one, observation) for observation in observations):
                    wrong += 1
                    sample = list(dict.fromkeys((shape, dtype) for shape, dtype, _, _ in observations))[:3]
                    spread = (
                        min((o[2] for o in observations if o[2] is not None), default=None),
                        max((o[3] for o in observations if o[3] is not None), default=None),
                    )
                    where = f"{Path(key[0]).parent.name}/{Path(key[0]).name}:{key[1]} {key[2]}"
                    print(f"{where}: said {one} {one.values.low, one.values.high}, is {sample} {spread}")
    print(f"{met} names met, {known} with every size known, {wrong} wrong")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
