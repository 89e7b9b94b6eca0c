"""Activation functions, and what their results mean: probabilities, log-probabilities, bounds."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from snugly.facts import ranges
from snugly.facts.dims import same
from snugly.facts.dtypes import FLOATING, SCALAR_TYPES
from snugly.facts.misfits import Misfit
from snugly.facts.records import replace
from snugly.facts.values import NOTHING_KNOWN, Meaning, ValueFacts
from snugly.operations.arguments import Scalar, axis_of, chosen_dtype, integer, whole
from snugly.operations.pointwise import floating, operand_values
from snugly.operations.registry import operation
from snugly.operations.results import both, in_place, made
from snugly.operations.unary import elementwise

if TYPE_CHECKING:
    from snugly.facts.tensors import TensorFacts

_F = "torch.nn.functional."


def _refuse_whole(input: TensorFacts, kernel: str) -> None:
    """Raise what torch does for a dtype for which it has no kernel."""
    if input.dtype is not None and input.dtype not in FLOATING and input.kind != "ndarray":
        message = f"\"{kernel}\" not implemented for '{SCALAR_TYPES.get(input.dtype, input.dtype)}'"
        raise Misfit(
            message, clause="no-kernel-for-dtype", raises="NotImplementedError", argument="input", dtype=input.dtype
        )


@operation(*both("softmax"), _F + "softmax", "torch.special.softmax")
def softmax(input: TensorFacts, dim: int | None = None, dtype: str | None = None, _stacklevel: int = 3) -> TensorFacts:
    """Probabilities along ``dim``."""
    return _normalised(input, dim, dtype, Meaning.PROBABILITIES)


@operation(_F + "softmin")
def softmin(input: TensorFacts, dim: int | None = None, dtype: str | None = None, _stacklevel: int = 3) -> TensorFacts:
    """Probabilities along ``dim``, of the negated input."""
    return _normalised(input, dim, dtype, Meaning.PROBABILITIES)


@operation(_F + "gumbel_softmax")
def gumbel_softmax(
    logits: TensorFacts, tau: Scalar = 1, hard: bool = False, eps: float = 1e-10, dim: int = -1
) -> TensorFacts:
    """A sample that is nearly, or with ``hard`` exactly, one-hot along ``dim``."""
    del tau, eps
    result = _normalised(logits, dim, None, Meaning.PROBABILITIES)
    if hard is True:
        return result.with_(values=replace(result.values, integral=True, meaning=Meaning.ONE_HOT))
    return result


@operation(*both("log_softmax"), _F + "log_softmax", "torch.special.log_softmax")
def log_softmax(
    input: TensorFacts, dim: int | None = None, dtype: str | None = None, _stacklevel: int = 3
) -> TensorFacts:
    """Log-probabilities along ``dim``."""
    return _normalised(input, dim, dtype, Meaning.LOG_PROBABILITIES)


def _normalised(input: TensorFacts, dim: object, dtype: object, meaning: Meaning) -> TensorFacts:
    if dim is None and input.rank is not None:
        dim = 0 if input.rank in (0, 1, 3) else 1  # torch's own choice, with a warning
    axis = axis_of(dim, input.rank)
    result = chosen_dtype(dtype, input.dtype)
    if dtype is None:
        name = "softmax" if meaning is Meaning.PROBABILITIES else "log_softmax"
        last = axis is not None and axis == (input.rank or 0) - 1
        _refuse_whole(input, f"{name}_lastdim_kernel_impl" if last else f"{name}_kernel_impl")
    low, high = (0, 1) if meaning is Meaning.PROBABILITIES else (None, 0)
    return made(input.shape, result, input, values=ValueFacts(low, high, meaning=meaning, axis=axis), axes=input.axes)


@in_place("torch.Tensor.sigmoid_")
@operation(*both("sigmoid"), _F + "sigmoid", "torch.special.expit")
def sigmoid(input: TensorFacts) -> TensorFacts:
    """A probability for each element."""
    return elementwise(input, floating(input.dtype), ValueFacts(0, 1, meaning=Meaning.BERNOULLI))


@operation(_F + "logsigmoid")
def logsigmoid(input: TensorFacts) -> TensorFacts:
    """The logarithm of ``sigmoid``."""
    return elementwise(input, input.dtype, ValueFacts(high=0, meaning=Meaning.LOG_BERNOULLI))


@in_place("torch.Tensor.tanh_")
@operation(*both("tanh"), _F + "tanh")
def tanh(input: TensorFacts) -> TensorFacts:
    """Between -1 and 1."""
    low = 0 if input.values.low is not None and input.values.low >= 0 else -1
    return elementwise(input, floating(input.dtype), ValueFacts(low, 1))


@in_place("torch.Tensor.relu_", "torch.relu_", _F + "relu_")
@operation(*both("relu"), _F + "relu")
def relu(input: TensorFacts, inplace: bool = False) -> TensorFacts:
    """The positive part."""
    del inplace
    if input.dtype == "bool":
        raise Misfit("Boolean inputs not supported for relu", clause="no-kernel-for-dtype", argument="input")
    values = ranges.clamp(operand_values(input), ranges.constant(0), None)
    return elementwise(input, input.dtype, replace(values, meaning=None, axis=None))


@operation(_F + "relu6")
def relu6(input: TensorFacts, inplace: bool = False) -> TensorFacts:
    """Between 0 and 6."""
    del inplace
    return elementwise(input, input.dtype, ValueFacts(0, 6))


@operation(_F + "hardtanh", _F + "hardtanh_")
def hardtanh(input: TensorFacts, min_val: float = -1.0, max_val: float = 1.0, inplace: bool = False) -> TensorFacts:
    """Between ``min_val`` and ``max_val``."""
    del inplace
    values = ranges.clamp(operand_values(input), ranges.constant(min_val), ranges.constant(max_val))
    return elementwise(input, input.dtype, values)


@operation(_F + "hardsigmoid")
def hardsigmoid(input: TensorFacts, inplace: bool = False) -> TensorFacts:
    """Between 0 and 1, in pieces of straight lines."""
    del inplace
    _refuse_whole(input, "hardsigmoid_cpu")
    return elementwise(input, input.dtype, ValueFacts(0, 1, meaning=Meaning.BERNOULLI))


@operation(_F + "softplus")
def softplus(input: TensorFacts, beta: Scalar = 1, threshold: Scalar = 20) -> TensorFacts:
    """A smooth positive part."""
    del beta, threshold
    _refuse_whole(input, "softplus_cpu")
    return elementwise(input, input.dtype, ValueFacts(low=0))


@operation(_F + "softsign")
def softsign(input: TensorFacts) -> TensorFacts:
    """Between -1 and 1."""
    return elementwise(input, floating(input.dtype), ValueFacts(-1, 1))


@operation(_F + "leaky_relu", _F + "leaky_relu_")
def leaky_relu(input: TensorFacts, negative_slope: float = 0.01, inplace: bool = False) -> TensorFacts:
    """The input, damped where it is negative."""
    del inplace
    _refuse_whole(input, "leaky_relu_cpu")
    return elementwise(
        input, input.dtype, _damped(input, isinstance(negative_slope, int | float) and negative_slope >= 0)
    )


@operation(_F + "rrelu", _F + "rrelu_", "torch.rrelu")
def rrelu(
    input: TensorFacts,
    lower: float = 0.125,
    upper: float = 0.3333333333333333,
    training: bool = False,
    inplace: bool = False,
) -> TensorFacts:
    """``leaky_relu`` with a random slope."""
    del lower, upper, training, inplace
    return elementwise(input, input.dtype, _damped(input, rising=True))


def _damped(input: TensorFacts, rising: bool) -> ValueFacts:
    return ValueFacts(low=0) if rising and input.values.low is not None and input.values.low >= 0 else NOTHING_KNOWN


@operation(_F + "elu", _F + "elu_", _F + "celu", _F + "celu_", "torch.celu")
def elu(input: TensorFacts, alpha: float = 1.0, inplace: bool = False) -> TensorFacts:
    """The input where positive, an exponential above ``-alpha`` elsewhere."""
    del inplace
    _refuse_whole(input, "elu_cpu")
    return elementwise(
        input, input.dtype, ValueFacts(low=-math.fabs(alpha)) if isinstance(alpha, int | float) else NOTHING_KNOWN
    )


@operation(
    _F + "selu",
    _F + "selu_",
    "torch.selu",
    _F + "silu",
    _F + "mish",
    _F + "hardswish",
)
def selu(input: TensorFacts, inplace: bool = False) -> TensorFacts:
    """A smooth activation with no sharp range."""
    del inplace
    return elementwise(input, input.dtype, NOTHING_KNOWN)


@operation(_F + "tanhshrink")
def tanhshrink(input: TensorFacts) -> TensorFacts:
    """The input without its ``tanh``."""
    return elementwise(input, floating(input.dtype), NOTHING_KNOWN)


@operation(_F + "gelu")
def gelu(input: TensorFacts, approximate: str = "none") -> TensorFacts:
    """The input weighted by the normal distribution function."""
    if approximate not in ("none", "tanh") and isinstance(approximate, str):
        message = f"approximate argument must be either none or tanh, but got {approximate}"
        raise Misfit(message, clause="option", argument="approximate")
    return elementwise(input, input.dtype, ValueFacts(low=-0.2))


@operation(_F + "hardshrink", "torch.hardshrink", "torch.Tensor.hardshrink", _F + "softshrink")
def hardshrink(input: TensorFacts, lambd: float = 0.5) -> TensorFacts:
    """Zero near zero."""
    del lambd
    return elementwise(input, input.dtype, NOTHING_KNOWN)


@operation(_F + "threshold", _F + "threshold_", "torch.threshold")
def threshold(input: TensorFacts, threshold: Scalar, value: Scalar, inplace: bool = False) -> TensorFacts:
    """``value`` where the input is not above ``threshold``."""
    del threshold, inplace
    values = ranges.union(ranges.some_of(operand_values(input)), ranges.constant(value))
    return elementwise(input, input.dtype, ranges.between(*ranges.edges(values)))


@operation(_F + "prelu", "torch.prelu", "torch.Tensor.prelu")
def prelu(input: TensorFacts, weight: TensorFacts) -> TensorFacts:
    """``leaky_relu`` with a learned slope, one for all or one for each channel."""
    if weight.rank == 1 and input.shape is not None and same(weight.size(0), 1) is False:
        channels = input.size(1) if len(input.shape) > 1 else 1
        if same(weight.size(0), channels) is False:
            message = (
                f"Mismatch of parameter numbers and input channel size. Found parameter numbers = {weight.size(0)}"
                f" and channel size = {channels}."
            )
            raise Misfit(message, clause="channels", argument="weight", weight=weight.shape, input=input.shape)
    return made(input.shape, input.dtype, input, weight, axes=input.axes)


@operation(_F + "glu")
def glu(input: TensorFacts, dim: int = -1) -> TensorFacts:
    """One half of the input gated by the other: the axis shrinks to half."""
    axis = axis_of(dim, input.rank)
    if input.shape == ():
        raise Misfit("glu does not support 0-dimensional tensors", clause="rank", argument="input")
    if axis is None or input.shape is None:
        return made(None if input.shape is None else (None,) * len(input.shape), input.dtype, input)
    size = input.shape[axis]
    if size is not None and same(size % 2, 0) is False:
        message = f"Halving dimension must be even, but dimension {axis} is size {size}"
        raise Misfit(message, clause="even-size", argument="input", axis=axis, shape=input.shape)
    half = None if size is None else size // 2
    return made((*input.shape[:axis], half, *input.shape[axis + 1 :]), input.dtype, input, axes=input.axes)


_DROPOUTS = ("dropout", "alpha_dropout", "feature_alpha_dropout", "dropout1d", "dropout2d", "dropout3d")


@operation(
    *(_F + name for name in _DROPOUTS),
    "torch.dropout",
    "torch.alpha_dropout",
    "torch.feature_dropout",
    "torch.dropout_",
)
def dropout(input: TensorFacts, p: float = 0.5, training: bool = True, inplace: bool = False) -> TensorFacts:
    """Zero some elements, scale the others; probabilities are none any more."""
    del inplace
    if isinstance(p, int | float) and not 0 <= p <= 1:
        message = f"dropout probability has to be between 0 and 1, but got {float(p)}"
        raise Misfit(message, clause="dropout-probability", raises="ValueError", argument="p", p=p)
    values = input.values
    if training is not False and p != 0:
        scale = 1 / (1 - p) if isinstance(p, int | float) and p < 1 else math.inf
        low, high = ranges.edges(values)
        keeps = values.meaning if values.meaning is Meaning.LOGITS else None
        values = ranges.between(min(0, low * scale), max(0, high * scale), meaning=keeps)
    return elementwise(input, input.dtype, values)


@operation(_F + "one_hot")
def one_hot(input: TensorFacts, num_classes: int = -1) -> TensorFacts:
    """A new last axis with a one at the index; as many columns as classes, ``max + 1`` when not said."""
    if input.dtype is not None and input.dtype != "int64":
        message = "one_hot is only applicable to index tensor of type LongTensor."
        raise Misfit(message, clause="one-hot-dtype", argument="tensor", dtype=input.dtype)
    known: Any = integer(num_classes)
    values = input.values
    if values.inside(0, math.inf) is False:
        raise Misfit("Class values must be non-negative.", clause="one-hot-negative", argument="tensor", values=values)
    if known == -1:
        certain = values.attained or values.elements is not None
        most = max(values.elements) if values.elements else values.high
        known = int(most) + 1 if certain and most is not None else None
    elif known is not None and values.inside(-math.inf, known - 1) is False:
        message = "Class values must be smaller than num_classes."
        raise Misfit(message, clause="one-hot-range", argument="tensor", classes=known, values=values)
    if known is None and num_classes != -1:
        known = whole(num_classes)
    shape = None if input.shape is None else (*input.shape, known)
    facts = ValueFacts(0, 1, True, meaning=Meaning.ONE_HOT, axis=None if shape is None else len(shape) - 1)
    axes = None if input.axes is None else (*input.axes, None)
    return made(shape, "int64", input, values=facts, axes=axes)
