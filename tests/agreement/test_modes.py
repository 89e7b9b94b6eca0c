"""What the modes of the contracts say is true: their instances are accepted, by the contract and by torch."""

import math
from random import Random

import pytest
import torch
from oracle import run
from pool import Pool, arguments_of

from snugly.contracts import LOSSES, LossCall, contract, evaluate

MODES = [(name, mode) for name in LOSSES for mode in contract(name).modes if ".functional." in name]
VALUES = {
    "class indices": ("any", "index"),
    "probabilities": ("unit", "unit"),
    "label lists": ("any", "list"),
    "signs": ("any", "sign"),
}


def instance(mode, random: Random) -> tuple[dict[str, tuple[int, ...]], tuple[int, ...]]:
    """Return a shape for every argument, the same alternative for all, and the one of the result."""
    sizes: dict[str, tuple[int, ...]] = {}
    which = random.randrange(max(len(mode.alternatives(name)) for name in mode.shapes))
    shapes = {}
    for name in mode.shapes:
        options = mode.alternatives(name)
        axes = options[min(which, len(options) - 1)]
        shape: tuple[int, ...] = ()
        for axis in axes:
            lengths = random.randrange(3) if axis.startswith("*") else 1
            shape += sizes.setdefault(axis, tuple(random.choice((1, 2, 3, 4)) for _ in range(lengths)))
        shapes[name] = shape
    options = [shape.split() for shape in mode.reduces_to.split("|")]
    result: tuple[int, ...] = ()
    for axis in options[min(which, len(options) - 1)]:
        result += sizes[axis]
    return shapes, result


@pytest.mark.parametrize(("name", "mode"), MODES, ids=lambda part: getattr(part, "name", part))
def test_instances_of_a_mode_are_accepted(name, mode):
    if name.endswith("ctc_loss"):
        pytest.skip("lengths depend on sizes: see the generated calls")
    random = Random(3)
    pool = Pool(Random(4))
    function = getattr(torch.nn.functional, name.rpartition(".")[2])
    input_kind, target_kind = VALUES.get(mode.name, ("any", "unit"))
    for _ in range(60):
        shapes, result = instance(mode, random)
        classes = shapes["input"][1 if len(shapes["input"]) > 1 else 0] if shapes.get("input") else 1
        if "linear_weight" in shapes:
            classes = shapes["linear_weight"][0]
        if mode.name == "label lists" or "margin" in name:
            classes = shapes["input"][-1] if shapes.get("input") else 1
        entries = {}
        for argument, shape in shapes.items():
            allowed = mode.dtypes.get(argument, ("float32",))
            dtype = "float32" if "float32" in allowed else "int64"
            kind = {"input": input_kind, "target": target_kind}.get(argument, "positive")
            assert math.prod(shape) <= 400
            entries[argument] = pool.draw(shape, dtype, kind, classes)
        options = {"reduction": "none"}
        if name.endswith("kl_div"):
            options["log_target"] = mode.name == "log-probabilities"
        if name.endswith("poisson_nll_loss"):
            options["log_input"] = mode.name == "log rates"
        tensors, facts = arguments_of(entries, {"input", "input1", "anchor"})
        verdict = evaluate(LossCall(name, facts, options))
        truth = run(function, tensors, options)
        assert truth.raised is None, (shapes, truth)
        assert verdict.accepted is True, (shapes, verdict.raises)
        assert verdict.output.shape == truth.shape == result
        if shapes.get("input") != shapes.get("target"):
            assert verdict.mode == mode.name
