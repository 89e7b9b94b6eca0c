"""Normalisation layers as functions: what sizes their statistics and weights must have."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from snugly.facts.dims import Dim, product, same
from snugly.facts.misfits import Misfit
from snugly.facts.shapes import shown
from snugly.facts.values import NOTHING_KNOWN, ValueFacts
from snugly.operations.arguments import axes_of, flag, sizes_of, whole
from snugly.operations.pointwise import floating
from snugly.operations.registry import operation
from snugly.operations.results import made
from snugly.operations.unary import elementwise

if TYPE_CHECKING:
    from snugly.facts.tensors import Shape, TensorFacts

_F = "torch.nn.functional."


def _same_shape(input: TensorFacts, *others: TensorFacts | None) -> TensorFacts:
    return made(input.shape, input.dtype, input, *others, values=NOTHING_KNOWN, axes=input.axes)


def _elements(facts: TensorFacts | None, name: str, channels: Dim | None) -> None:
    if facts is not None and same(facts.numel, channels) is False:
        message = f"{name} should contain {channels} elements not {facts.numel}"
        details: dict[str, Any] = {"channels": channels, "given": facts.numel, "parameter": name}
        raise Misfit(message, clause="norm-channels", argument="input", **details)


@operation(_F + "batch_norm")
def batch_norm(
    input: TensorFacts,
    running_mean: TensorFacts | None,
    running_var: TensorFacts | None,
    weight: TensorFacts | None = None,
    bias: TensorFacts | None = None,
    training: bool = False,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> TensorFacts:
    """Normalised over the batch, per channel (axis 1); in training more than one value per channel is needed."""
    del momentum, eps
    shape = input.shape
    if shape is not None and flag(training):
        _more_than_one(shape)
    if shape is not None and len(shape) < 2 and same(product(shape), 0) is not True:
        message = (
            f"Dimension out of range (expected to be in range of [-{max(len(shape), 1)},"
            f" {max(len(shape), 1) - 1}], but got 1)"
        )
        raise Misfit(message, clause="axis-range", raises="IndexError", argument="input", shape=shape)
    if shape is not None and len(shape) > 1:
        named = (("running_mean", running_mean), ("running_var", running_var), ("weight", weight), ("bias", bias))
        for name, facts in named:
            _elements(facts, name, shape[1])
    return _same_shape(input, weight, bias)


def _more_than_one(shape: Shape) -> None:
    count = product((*shape[:1], *shape[2:]))
    if same(count, 1):
        message = f"Expected more than 1 value per channel when training, got input size torch.Size({shown(shape)})"
        raise Misfit(message, clause="batch-norm-one-value", raises="ValueError", argument="input", shape=shape)


@operation(_F + "instance_norm")
def instance_norm(
    input: TensorFacts,
    running_mean: TensorFacts | None = None,
    running_var: TensorFacts | None = None,
    weight: TensorFacts | None = None,
    bias: TensorFacts | None = None,
    use_input_stats: bool = True,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> TensorFacts:
    """Normalised per sample and channel; more than one spatial element is needed."""
    del momentum, eps
    shape = input.shape
    if shape is not None and flag(use_input_stats) and same(product(shape[2:]), 1):
        message = f"Expected more than 1 spatial element when training, got input size torch.Size({shown(shape)})"
        raise Misfit(message, clause="instance-norm-one-element", raises="ValueError", argument="input", shape=shape)
    if shape is not None and len(shape) > 1:
        for name, facts in (
            ("running_mean", running_mean),
            ("running_var", running_var),
            ("weight", weight),
            ("bias", bias),
        ):
            if facts is not None and same(facts.numel, shape[1]) is False:
                rows = shape[0]
                scaled = [None if size is None or rows is None else rows * size for size in (shape[1], facts.numel)]
                message = f"{name} should contain {scaled[0]} elements not {scaled[1]}"
                details: dict[str, Any] = {"channels": shape[1], "given": facts.numel, "parameter": name}
                raise Misfit(message, clause="norm-channels", argument="input", **details)
    return _same_shape(input, weight, bias)


def _check_normalized(
    input: TensorFacts, wanted: Shape | None, parameters: dict[str, TensorFacts | None], star: str
) -> None:
    if wanted is None:
        return
    for name, facts in parameters.items():
        if facts is None or facts.shape is None:
            continue
        if len(facts.shape) != len(wanted) or any(
            same(a, b) is False for a, b in zip(facts.shape, wanted, strict=True)
        ):
            message = (
                f"Expected {name} to be of same shape as normalized_shape, but got {name} of shape {shown(facts.shape)}"
                f" and normalized_shape = {shown(wanted)}"
            )
            raise Misfit(message, clause="norm-weight-shape", argument=name, given=facts.shape, expected=wanted)
    shape = input.shape
    if shape is None:
        return
    if len(shape) < len(wanted) or any(
        same(a, b) is False for a, b in zip(reversed(shape), reversed(wanted), strict=False)
    ):
        message = (
            f"Given normalized_shape={shown(wanted)}, expected input with shape [*{star}{shown(wanted)[1:-1]}],"
            f" but got input of size{shown(shape)}"
        )
        raise Misfit(message, clause="layer-norm-shape", argument="input", shape=shape, expected=wanted)


@operation(_F + "layer_norm", "torch.layer_norm")
def layer_norm(
    input: TensorFacts,
    normalized_shape: Any,
    weight: TensorFacts | None = None,
    bias: TensorFacts | None = None,
    eps: float = 1e-5,
) -> TensorFacts:
    """Normalised over the last axes, whose sizes are ``normalized_shape``."""
    del eps
    wanted = sizes_of((normalized_shape,)) if not isinstance(normalized_shape, int) else (normalized_shape,)
    _check_normalized(input, wanted, {"weight": weight, "bias": bias}, ", ")
    return _same_shape(input, weight, bias)


@operation(_F + "rms_norm", "torch.rms_norm")
def rms_norm(
    input: TensorFacts, normalized_shape: Any, weight: TensorFacts | None = None, eps: float | None = None
) -> TensorFacts:
    """Scaled by the root of the mean square over the last axes."""
    del eps
    wanted = sizes_of((normalized_shape,)) if not isinstance(normalized_shape, int) else (normalized_shape,)
    _check_normalized(input, wanted, {"weight": weight}, "")
    return _same_shape(input, weight)


@operation(_F + "group_norm", "torch.group_norm")
def group_norm(
    input: TensorFacts,
    num_groups: Any,
    weight: TensorFacts | None = None,
    bias: TensorFacts | None = None,
    eps: float = 1e-5,
) -> TensorFacts:
    """Normalised over groups of channels (axis 1)."""
    del eps
    groups, shape = whole(num_groups), input.shape
    if shape is not None and len(shape) < 2:
        message = f"Expected at least 2 dimensions for input tensor but received {len(shape)}"
        raise Misfit(message, clause="rank", argument="input", shape=shape)
    if shape is not None:
        channels = shape[1]
        if (
            channels is not None
            and groups is not None
            and same(groups, 0) is False
            and same(channels % groups, 0) is False
        ):
            message = (
                "Expected number of channels in input to be divisible by num_groups, but got input of shape"
                f" {shown(shape)} and num_groups={groups}"
            )
            raise Misfit(message, clause="group-norm-groups", argument="input", shape=shape, groups=groups)
        for name, facts in (("weight", weight), ("bias", bias)):
            if facts is not None and same(facts.numel, channels) is False:
                message = (
                    f"Expected {name} to be a vector of size equal to the number of channels in"
                    f" input, but got {name} of"
                    f" shape {shown(facts.shape or ())} and input of shape {shown(shape)}"
                )
                raise Misfit(message, clause="norm-channels", argument="input", shape=shape, given=facts.shape)
    return _same_shape(input, weight, bias)


@operation(_F + "local_response_norm")
def local_response_norm(
    input: TensorFacts, size: int, alpha: float = 1e-4, beta: float = 0.75, k: float = 1.0
) -> TensorFacts:
    """Normalised over neighbouring channels."""
    del size, alpha, beta, k
    if input.rank is not None and input.rank < 3:
        message = f"Expected 3D or higher dimensionality                          input (got {input.rank} dimensions)"
        raise Misfit(message, clause="rank", raises="ValueError", argument="input", shape=input.shape)
    empty = same(input.numel, 0)  # nothing is returned as it came
    dtype = (
        input.dtype
        if empty or floating(input.dtype) == input.dtype
        else (floating(input.dtype) if empty is False else None)
    )
    return elementwise(input, dtype, NOTHING_KNOWN)


@operation(_F + "normalize")
def normalize(input: TensorFacts, p: float = 2.0, dim: Any = 1, eps: float = 1e-12) -> TensorFacts:
    """Divided by its norm along an axis: every element is between -1 and 1."""
    del eps
    axes_of(dim, input.rank)
    bounded = isinstance(p, int | float) and p >= 1
    low = 0 if input.values.low is not None and input.values.low >= 0 else -1
    return elementwise(input, input.dtype, ValueFacts(low, 1) if bounded else NOTHING_KNOWN)
