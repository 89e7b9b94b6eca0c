"""Compare contracts with kernels on generated calls.

    python tests/agreement/agree.py --calls 1000000 --seed 7

prints the seed, the calls made and every kind of disagreement. ``--loss`` runs one loss of the same run again.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
import warnings
from collections import Counter
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any

import torch
from calls import LOSSES, Generated, Generator
from oracle import Truth, run
from pool import arguments_of

from snugly.contracts import LossCall, Verdict, evaluate

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable


def qualified(loss: str) -> str:
    """Return the qualified name of a loss."""
    return f"torch.nn.{loss}" if loss[0].isupper() else f"torch.nn.functional.{loss}"


TRACE = bool(os.environ.get("TRACE"))


@cache
def _adaptive(in_features: int, n_classes: int, cutoffs: tuple[int, ...]) -> torch.nn.Module:
    return torch.nn.AdaptiveLogSoftmaxWithLoss(in_features, n_classes, cutoffs)


def callable_of(loss: str, options: dict[str, Any]) -> tuple[Callable[..., Any], dict[str, Any]]:
    """Return what to call with the tensors by name, and the options to pass."""
    if not loss[0].isupper():
        return getattr(torch.nn.functional, loss), options
    made = _adaptive(options["in_features"], options["n_classes"], tuple(options["cutoffs"]))
    return lambda input, target: made(input, target), {}  # noqa: PLW0108 - the module calls them input_ and target_


@dataclass
class Tally:
    """What a comparison found."""

    calls: int = 0
    accepted: int = 0
    refused: int = 0
    messages: int = 0
    disagreements: dict[str, str] = field(default_factory=dict)
    counts: Counter[str] = field(default_factory=Counter)
    texts: Counter[str] = field(default_factory=Counter)


def disagreement(verdict: Verdict, truth: Truth) -> str | None:
    """Say in what a verdict and the truth differ."""
    if verdict.accepted is None:
        return f"undetermined {verdict.missing}"
    if verdict.accepted:
        if truth.raised is not None:
            return f"accepted, torch raises {truth.raised} in {truth.when}: {truth.message[:90]}"
        return _output(verdict, truth)
    assert verdict.raises is not None
    if truth.raised is None:
        return f"rejected ({verdict.raises.message[:70]}), torch accepts"
    if (verdict.raises.type, verdict.raises.when) != (truth.raised, truth.when):
        return (
            f"{verdict.raises.type} in {verdict.raises.when} ({verdict.raises.message[:60]}), "
            f"torch {truth.raised} in {truth.when}: {truth.message[:60]}"
        )
    return None if truth.when == "forward" else _output(verdict, truth)


def _output(verdict: Verdict, truth: Truth) -> str | None:
    output = verdict.output
    if output is None or output.shape != truth.shape or output.dtype != truth.dtype:
        return f"output {output}, torch {truth.dtype}{list(truth.shape or ())}"
    return None


def compare(generator: Generator, loss: str, calls: int, tally: Tally) -> Tally:
    """Compare a number of calls of a loss."""
    name = qualified(loss)
    for _ in range(calls):
        generated = generator.call(loss)
        tensors, facts = arguments_of(generated.entries, generated.wanted)
        verdict = evaluate(LossCall(name, facts, generated.options))
        if verdict.accepted is False and verdict.raises is None:
            tally.refused += 1  # a label of CTC out of range: torch would read and write outside of memory
            continue
        if verdict.accepted is None and loss == "ctc_loss":
            tally.calls += 1
            _record(tally, loss, generated, f"undetermined {verdict.missing}")  # not safe to run
            continue
        if TRACE:
            print(
                shown(generated),
                {n: e.facts.values.elements for n, e in generated.entries.items() if n != "log_probs"},
                flush=True,
            )
        function, options = callable_of(loss, generated.options)
        truth = run(function, tensors, options)
        tally.calls += 1
        tally.accepted += truth.raised is None
        problem = disagreement(verdict, truth)
        if problem is not None:
            _record(tally, loss, generated, problem)
        elif verdict.raises is not None:
            same_text = verdict.raises.message.splitlines()[:1] == truth.message.splitlines()[:1]
            tally.messages += same_text
            if not same_text and "options" not in generated.options:  # the chunked path fails in many wordings
                tally.texts[f"{loss}: {verdict.raises.message[:140]!r} for {truth.message[:140]!r}"] += 1
    return tally


def _record(tally: Tally, loss: str, generated: Generated, problem: str) -> None:
    kind = f"{loss}: {problem}"
    kind = "".join("#" if character.isdigit() else character for character in kind)
    tally.counts[kind] += 1
    tally.disagreements.setdefault(kind, f"{shown(generated)} -> {problem}")


def shown(generated: Generated) -> str:
    """Write a generated call."""
    parts = [
        f"{name}={entry.facts}{'*' if name in generated.wanted and entry.leaf is not None else ''}"
        for name, entry in generated.entries.items()
    ]
    parts += [f"{name}={value!r}" for name, value in generated.options.items()]
    return f"{generated.loss}({', '.join(parts)})"


def main(arguments: Iterable[str] | None = None) -> int:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calls", type=int, default=1_000_000, help="calls in all")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--loss", action="append", help="only this loss")
    parser.add_argument("--show", type=int, default=40)
    options = parser.parse_args(None if arguments is None else list(arguments))
    warnings.simplefilter("ignore")
    torch.set_num_threads(1)
    losses = options.loss or LOSSES
    calls = options.calls // len(losses)
    start, failures = time.perf_counter(), 0
    print(f"seed {options.seed}: {calls} calls of each of {len(losses)} losses", flush=True)
    for loss in losses:
        if loss == "ctc_loss" and len(losses) > 1:
            failures += _in_a_process(loss, calls, options.seed)
        else:
            failures += _told(loss, calls, options.seed, options.show)
    print(f"seed {options.seed}: {failures} disagreements, {time.perf_counter() - start:.0f} s")
    return 1 if failures else 0


def _told(loss: str, calls: int, seed: int, show: int) -> int:
    tally, begun = Tally(), time.perf_counter()
    compare(Generator(seed * 1000 + LOSSES.index(loss)), loss, calls, tally)
    spent = (time.perf_counter() - begun) / max(tally.calls, 1) * 1e6
    print(
        f"{loss}: {tally.calls} calls, {tally.accepted} accepted, {sum(tally.counts.values())} disagreements, "
        f"{sum(tally.texts.values())} other texts, {spent:.0f} µs a call",
        flush=True,
    )
    for kind, count in tally.counts.most_common(show):
        print(f"  {count} x {tally.disagreements[kind]}")
    for kind, count in tally.texts.most_common(show // 4):
        print(f"  text {count} x {kind}")
    return sum(tally.counts.values())


def _in_a_process(loss: str, calls: int, seed: int) -> int:
    """Compare in a process that may die: a label that the contract let through would corrupt its memory."""
    command = [sys.executable, __file__, "--loss", loss, "--calls", str(calls), "--seed", str(seed)]
    return int(subprocess.run(command, check=False).returncode != 0)


if __name__ == "__main__":
    raise SystemExit(main())
