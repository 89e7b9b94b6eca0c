"""``kl_div``, ``poisson_nll_loss`` and ``gaussian_nll_loss``: the likelihood of a target under a distribution.

All three broadcast silently, without even the warning of the elementwise losses.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from snugly.contracts.arithmetic import (
    Node,
    any_empty,
    binary,
    can_cast,
    clamp,
    divide,
    in_place,
    is_one,
    mean,
    number,
    reduce,
    same_sizes,
    scalar_type,
    subtract,
    to_float,
    total,
)
from snugly.contracts.contract import (
    REDUCE,
    REDUCTION,
    REQUIRED,
    SIZE_AVERAGE,
    Contract,
    Mode,
    Parameter,
    declare,
    tensors,
)
from snugly.facts.dims import Dim, same
from snugly.facts.dtypes import COMPLEX, FLOATING

if TYPE_CHECKING:
    from snugly.contracts.trace import Trace

_SAME_SHAPE = {"input": "*", "target": "*"}
# The names of C++ types in the message of ``clamp_``.
_CPP_TYPES = {
    "bool": "bool",
    "uint8": "unsigned char",
    "int8": "signed char",
    "int16": "short int",
    "int32": "int",
    "int64": "long int",
}

_NOT_A_TENSOR = """any() received an invalid combination of arguments - got (bool), but expected one of:
 * (Tensor input, *, Tensor out = None)
 * (Tensor input, tuple of ints dim = None, bool keepdim = False, *, Tensor out = None)
 * (Tensor input, int dim, bool keepdim = False, *, Tensor out = None)
"""


def _mode(trace: Trace, input: Node, target: Node, name: str) -> None:
    trace.mode = name if same_sizes(input.shape, target.shape) else "broadcast"


def kl_div(trace: Trace) -> Node:
    """Check a call of ``kl_div``."""
    reduction = trace.reduction()
    legacy = trace.call.options.get("size_average") is not None or trace.call.options.get("reduce") is not None
    reduction = trace.checked("sum" if reduction == "batchmean" and not legacy else reduction)
    input, target = trace.tensor("input"), trace.tensor("target")
    log_target = trace.flag("log_target", default=False)
    _mode(trace, input, target, "log-probabilities" if log_target else "probabilities")
    for dtypes, word in ((COMPLEX, "Complex"), (None, "Integral")):
        for node in (input, target):
            allowed = None if node.dtype is None else _is_allowed(node.dtype, dtypes)
            message = f"kl_div: {word} inputs not supported."
            trace.require(allowed, "RuntimeError", message, "kernel-dtype", node.name, dtype=node.dtype)
    if log_target:
        loss = binary(trace, target, subtract(trace, target, input))
    else:
        loss = binary(trace, target, binary(trace, target, input))
    return reduce(trace, loss, reduction)


def _is_allowed(dtype: str, refused: tuple[str, ...] | None) -> bool:
    return dtype in FLOATING or dtype in COMPLEX if refused is None else dtype not in refused


def poisson_nll_loss(trace: Trace) -> Node:
    """Check a call of ``poisson_nll_loss``."""
    reduction = trace.reduction()
    if reduction not in ("mean", "sum", "none"):
        trace.bad_reduction(reduction, f"{reduction} is not a valid value for reduction")
    input, target = trace.tensor("input"), trace.tensor("target")
    log_input = trace.flag("log_input", default=True)
    _mode(trace, input, target, "log rates" if log_input else "rates")
    if log_input:
        loss = subtract(trace, to_float(input), binary(trace, target, input))
    else:
        shifted = to_float(binary(trace, input, number("float32")))
        loss = subtract(trace, input, binary(trace, target, shifted))
    if trace.flag("full", default=False):
        loss = in_place(trace, loss, _stirling(trace, target))
    return reduce(trace, loss, reduction)


def _stirling(trace: Trace, target: Node) -> Node:
    term = subtract(trace, binary(trace, target, to_float(target)), target)
    trace.require(
        None if target.dtype is None else target.dtype not in COMPLEX,
        "NotImplementedError",
        f"\"le_cpu\" not implemented for '{scalar_type(target.dtype)}'",
        "complex",
        "target",
    )
    return term


def gaussian_nll_loss(trace: Trace) -> Node:
    """Check a call of ``gaussian_nll_loss``."""
    input, target = trace.tensor("input"), trace.tensor("target")
    _mode(trace, input, target, "mean and variance")
    reduction = trace.reduction(legacy=False)
    var = _variance(trace, input)
    if reduction not in ("mean", "sum", "none"):
        trace.bad_reduction(reduction, f"{reduction} is not valid")
    _clamp_variance(trace, var)
    square = subtract(trace, input, target)
    trace.require(
        None if square.dtype is None else square.dtype != "complex32",
        "NotImplementedError",
        "\"pow\" not implemented for 'ComplexHalf'",
        "kernel-dtype",
        "target",
    )
    loss = binary(trace, to_float(var), divide(trace, square, var))
    if reduction == "mean":
        return mean(trace, loss)
    return total(trace, loss) if reduction == "sum" else loss


def _clamp_variance(trace: Trace, var: Node) -> None:
    clamp(trace, var)
    trace.require(
        None if var.dtype is None else can_cast("float32", var.dtype),
        "RuntimeError",
        lambda: (
            "result type Float can't be cast to the desired output type "
            f"{_CPP_TYPES.get(var.dtype or '', scalar_type(var.dtype))}"
        ),
        "result-dtype",
        "var",
        dtype=var.dtype,
    )


def _variance(trace: Trace, input: Node) -> Node:
    """Return the variance, expanded as the Python code of torch does it."""
    given = trace.optional("var")
    if given is None:
        return _number_variance(trace, input)
    trace.require(
        None if given.dtype is None else given.dtype not in COMPLEX,
        "NotImplementedError",
        f"\"lt_cpu\" not implemented for '{scalar_type(given.dtype)}'",
        "complex",
        "var",
    )
    negative = False if any_empty(given.shape) else given.values.any_below(0)
    trace.require(
        None if negative is None else not negative,
        "ValueError",
        "var has negative entry/entries",
        "variance-range",
        "var",
    )
    if trace.decide(same_sizes(given.shape, input.shape)):
        return given
    if trace.decide(same_sizes(given.shape, input.shape[:-1])):
        return given.like((*given.shape, 1))
    fits = _one_axis_of_one(input, given) if given.rank == input.rank else False
    trace.require(
        fits, "ValueError", "var is of incorrect size", "variance-shape", "var", input=input.shape, var=given.shape
    )
    return given


def _one_axis_of_one(input: Node, var: Node) -> bool | None:
    """Tell whether the sizes of the variance that differ from the input's add up to 1."""
    total_size: Dim | None = 0
    for x, y in zip(input.shape, var.shape, strict=True):
        equal = same(x, y)
        if equal is None:
            return None
        if not equal:
            total_size = None if total_size is None or y is None else total_size + y
    return is_one(total_size)


def _number_variance(trace: Trace, input: Node) -> Node:
    value = trace.option("var", None)
    if isinstance(value, int):
        trace.reject("TypeError", _NOT_A_TENSOR, "variance-type", "var", var=value)
    trace.require(
        None if value is None else not value < 0,
        "ValueError",
        "var has negative entry/entries",
        "variance-range",
        "var",
    )
    result = binary(trace, input, number("float32"))
    return Node(input.shape, result.dtype, False, name="var")


declare(
    Contract(
        "torch.nn.functional.kl_div",
        (*tensors("input", "target"), SIZE_AVERAGE, REDUCE, REDUCTION, Parameter("log_target", default=False)),
        (
            Mode("probabilities", _SAME_SHAPE, {"input": FLOATING}, "*", {"input": "log-probabilities"}),
            Mode("log-probabilities", _SAME_SHAPE, {"input": FLOATING}, "*", {"input": "log-probabilities"}),
        ),
        kl_div,
    ),
    Contract(
        "torch.nn.functional.poisson_nll_loss",
        (
            *tensors("input", "target"),
            Parameter("log_input", default=True),
            Parameter("full", default=False),
            SIZE_AVERAGE,
            Parameter("eps", 1e-8),
            REDUCE,
            REDUCTION,
        ),
        (
            Mode("log rates", _SAME_SHAPE, {"input": FLOATING}, "*"),
            Mode("rates", _SAME_SHAPE, {"input": FLOATING}, "*", {"input": "positive"}),
        ),
        poisson_nll_loss,
    ),
    Contract(
        "torch.nn.functional.gaussian_nll_loss",
        (
            *tensors("input", "target"),
            Parameter("var", REQUIRED, tensor=True),
            Parameter("full", default=False),
            Parameter("eps", 1e-6),
            REDUCTION,
        ),
        (
            Mode(
                "mean and variance",
                {"input": "*", "target": "*", "var": "*"},
                {"input": FLOATING},
                "*",
                {"var": "not negative"},
            ),
        ),
        gaussian_nll_loss,
    ),
)
