"""How torch's elementwise operations and reductions treat shapes, dtypes and gradients inside a loss.

Losses that torch composes of such operations inherit their checks, in their order. Everything here is
what the CPU kernels of torch 2.13 do (``aten/src/ATen/TensorIterator.cpp``, ``BinaryOps.cpp``,
``ReduceOps.cpp``); the agreement suite compares it with them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from snugly.facts.dims import Dim, same, value
from snugly.facts.dtypes import COMPLEX, FLOATING, INTEGRAL, SCALAR_TYPES
from snugly.facts.values import NOTHING_KNOWN, ValueFacts

if TYPE_CHECKING:
    from snugly.contracts.trace import Trace

Sizes = tuple[Dim | None, ...]

TWO_BOOLS = (
    "Subtraction, the `-` operator, with two bool tensors is not supported. "
    "Use the `^` or `logical_xor()` operator instead."
)
ONE_BOOL = (
    "Subtraction, the `-` operator, with a bool tensor is not supported. "
    "If you are trying to invert a mask, use the `~` or `logical_not()` operator instead."
)
NEGATED_BOOL = (
    "Negation, the `-` operator, on a bool tensor is not supported. "
    "If you are trying to invert a mask, use the `~` or `logical_not()` operator instead."
)

# The names of C++ types, in messages about products of matrices.
CPP_TYPES = {
    "bool": "bool",
    "uint8": "unsigned char",
    "int8": "signed char",
    "int16": "short int",
    "int32": "int",
    "int64": "long int",
    "float16": "c10::Half",
    "bfloat16": "c10::BFloat16",
    "float32": "float",
    "float64": "double",
    "complex64": "c10::complex<float>",
    "complex128": "c10::complex<double>",
}


class Node:
    """A tensor on the way through a loss.

    Attributes:
        shape: a size or ``None`` for each axis.
        dtype: torch's name, ``None`` when not known.
        grad: whether gradients flow to it, ``None`` when not known.
        number: whether it is a Python number, which takes no part in dtype promotion within its kind.
        name: the argument it is, or the one to blame for what it became.
        values: facts about its elements.
        device: where it lives.
    """

    __slots__ = ("device", "dtype", "grad", "name", "number", "shape", "values")

    def __init__(
        self,
        shape: Sizes,
        dtype: str | None,
        grad: bool | None,
        *,
        name: str = "input",
        number: bool = False,
        values: ValueFacts = NOTHING_KNOWN,
        device: str | None = None,
    ) -> None:
        """Keep the facts."""
        self.shape = shape
        self.dtype = dtype
        self.grad = grad
        self.name = name
        self.number = number
        self.values = values
        self.device = device

    @property
    def rank(self) -> int:
        """The number of axes."""
        return len(self.shape)

    def like(self, shape: Sizes | None = None, dtype: str | None = None) -> Node:
        """Return a result made of this tensor alone, of another shape or dtype."""
        return Node(self.shape if shape is None else shape, dtype or self.dtype, self.grad, name=self.name)


def number(dtype: str) -> Node:
    """Return a Python number of the kind of ``dtype``."""
    return Node((), dtype, False, number=True)


def either(*truths: bool | None) -> bool | None:
    """Tell whether one of them holds."""
    if True in truths:
        return True
    return None if None in truths else False


def scalar_type(dtype: str | None) -> str:
    """Return the name that ATen uses in its messages."""
    return SCALAR_TYPES.get(dtype, dtype) if dtype is not None else "?"


def kind_of(dtype: str) -> int:
    """Return 0 for bool, 1 for integers, 2 for floating point, 3 for complex."""
    if dtype == "bool":
        return 0
    if dtype in INTEGRAL:
        return 1
    return 3 if dtype in COMPLEX else 2


_SIGNED = ("int8", "int16", "int32", "int64")
_PAIRS: dict[tuple[str, str], str] = {}


def promote(a: str, b: str) -> str:
    """Return the dtype that holds both. Source: ``c10/core/ScalarType.cpp``."""
    if a == b:
        return a
    known = _PAIRS.get((a, b))
    if known is None:
        known = _PAIRS[a, b] = _promote(a, b)
    return known


def _promote(a: str, b: str) -> str:
    low, high = sorted((a, b), key=kind_of)
    if kind_of(low) != kind_of(high):
        if kind_of(high) == 3 and kind_of(low) == 2:
            return _complex_of(promote(_real_of(high), low))
        return high
    if kind_of(a) == 1:
        if "uint8" in (a, b):
            other = b if a == "uint8" else a
            return "int16" if other == "int8" else other
        return max(a, b, key=_SIGNED.index)
    if kind_of(a) == 2:
        if {a, b} == {"float16", "bfloat16"}:
            return "float32"
        return max(a, b, key=("float16", "bfloat16", "float32", "float64").index)
    return max(a, b, key=COMPLEX.index)


def _real_of(dtype: str) -> str:
    return {"complex32": "float16", "complex64": "float32", "complex128": "float64"}[dtype]


def _complex_of(dtype: str) -> str:
    return {"float16": "complex32", "bfloat16": "complex64", "float32": "complex64", "float64": "complex128"}[dtype]


def real_of(dtype: str | None) -> str | None:
    """Return the dtype of the absolute value."""
    return _real_of(dtype) if dtype in COMPLEX else dtype


def result_type(*nodes: Node) -> str | None:
    """Return the dtype in which torch computes with these operands.

    Tensors with axes count before those without, and both before Python numbers, within a kind.
    Source: ``c10/core/... result_type`` in ``aten/src/ATen/native/TypeProperties.cpp``.
    """
    first = nodes[0].dtype
    if all(node.dtype == first and not node.number for node in nodes):
        return first
    ranked: list[str | None] = [None, None, None]
    for node in nodes:
        if node.dtype is None:
            return None
        place = 2 if node.number else (0 if node.shape else 1)
        current = ranked[place]
        ranked[place] = node.dtype if current is None else promote(current, node.dtype)
    return _combine(ranked[0], _combine(ranked[1], ranked[2]))


def _combine(higher: str | None, lower: str | None) -> str | None:
    if higher is None or lower is None:
        return higher or lower
    top, bottom = kind_of(higher), kind_of(lower)
    if top == 3:
        return higher
    if top == 2:
        return _complex_of(higher) if bottom == 3 else higher
    if top == 0 or bottom >= 2:
        return promote(higher, lower)
    return higher


def can_cast(source: str | None, target: str | None) -> bool | None:
    """Tell whether a result of one dtype may be written to a tensor of another."""
    if source is None or target is None:
        return None
    have, want = kind_of(source), kind_of(target)
    if have == 3:
        return want == 3
    if have == 2:
        return want >= 2
    return have == 0 or want >= 1


def is_one(size: Dim | None) -> bool | None:
    """Tell whether a size is 1."""
    return size == 1 if isinstance(size, int) else same(size, 1)


def shown(size: Dim | None) -> str:
    """Write a size as torch would."""
    return "?" if size is None else str(size)


def listed(sizes: Sizes) -> str:
    """Write sizes as ATen does: ``[3, 2]``."""
    return f"[{', '.join(shown(size) for size in sizes)}]"


def torch_size(sizes: Sizes) -> str:
    """Write sizes as Python does: ``torch.Size([3, 2])``."""
    return f"torch.Size({listed(sizes)})"


def tupled(sizes: Sizes) -> str:
    """Write sizes as a Python tuple."""
    return f"({', '.join(shown(size) for size in sizes)}{',' if len(sizes) == 1 else ''})"


def same_sizes(a: Sizes, b: Sizes) -> bool | None:
    """Tell whether two shapes are equal."""
    if len(a) != len(b):
        return False
    if a == b and None not in a:
        return True
    answer: bool | None = True
    for x, y in zip(a, b, strict=True):
        equal = x == y if type(x) is int and type(y) is int else same(x, y)
        if equal is False:
            return False
        if equal is None:
            answer = None
    return answer


def any_empty(sizes: Sizes) -> bool | None:
    """Tell whether a tensor of these sizes has no elements."""
    answer: bool | None = False
    for size in sizes:
        empty = size == 0 if isinstance(size, int) else same(size, 0)
        if empty:
            return True
        if empty is None:
            answer = None
    return answer


def count(sizes: Sizes) -> Dim | None:
    """Return the number of elements."""
    total: Dim | None = 1
    for size in sizes:
        if size == 0:
            return 0
        total = None if total is None or size is None else total * size
    return total


def broadcast(trace: Trace, a: Sizes, b: Sizes, argument: str, clause: str = "broadcast") -> Sizes:
    """Return the common shape.

    Raises:
        Rejected: two sizes differ and neither is 1.
    """
    if a == b and None not in a:
        return a
    rank = max(len(a), len(b))
    sizes: list[Dim | None] = [1] * rank
    for axis in range(rank - 1, -1, -1):
        x = a[axis - rank + len(a)] if axis >= rank - len(a) else 1
        y = b[axis - rank + len(b)] if axis >= rank - len(b) else 1
        sizes[axis] = _broadcast_size(trace, x, y, axis, argument, clause)
    return tuple(sizes)


def _broadcast_size(trace: Trace, x: Dim | None, y: Dim | None, axis: int, argument: str, clause: str) -> Dim | None:
    equal = x == y if type(x) is int and type(y) is int else same(x, y)
    if equal:
        return x
    x_one, y_one = is_one(x), is_one(y)
    if x_one:
        return y
    if y_one:
        return x
    fits: bool | None = False if equal is False and x_one is False and y_one is False else None
    trace.require(
        fits,
        "RuntimeError",
        lambda: (
            f"The size of tensor a ({shown(x)}) must match the size of tensor b ({shown(y)}) "
            f"at non-singleton dimension {axis}"
        ),
        clause,
        argument,
        axis=axis,
        sizes=(x, y),
    )
    if x_one is False:
        return x
    return y if y_one is False else None


def binary(trace: Trace, a: Node, b: Node, *, dtype: str | None = None, argument: str | None = None) -> Node:
    """Return what an elementwise operation of two operands gives."""
    blame = argument or b.name
    shape = broadcast(trace, a.shape, b.shape, blame)
    return Node(shape, dtype or result_type(a, b), either(a.grad, b.grad), name=a.name)


def subtract(trace: Trace, a: Node, b: Node) -> Node:
    """Return ``a - b``."""
    if a.dtype == "bool" or b.dtype == "bool":
        both = a.dtype == b.dtype
        blame = b.name if b.dtype == "bool" else a.name
        if both or (a.dtype is not None and b.dtype is not None):
            trace.reject("RuntimeError", TWO_BOOLS if both else ONE_BOOL, "bool-arithmetic", blame)
        trace.reject("RuntimeError", ONE_BOOL, "bool-arithmetic", blame)
    if a.dtype is None or b.dtype is None:
        trace.missing.append(f"{b.name if b.dtype is None else a.name}: bool-arithmetic")
    return binary(trace, a, b)


def negate(trace: Trace, a: Node) -> Node:
    """Return ``-a``."""
    trace.require(_is_not(a.dtype, "bool"), "RuntimeError", NEGATED_BOOL, "bool-arithmetic", a.name)
    return a


def _is_not(dtype: str | None, other: str) -> bool | None:
    return None if dtype is None else dtype != other


def to_float(a: Node) -> Node:
    """Return what a unary floating point function (``log``, ``exp``, ``sqrt``, ``lgamma``) gives."""
    if a.dtype is None or kind_of(a.dtype) >= 2:
        return a
    return a.like(dtype="float32")


def divide(trace: Trace, a: Node, b: Node) -> Node:
    """Return ``a / b``."""
    result = binary(trace, a, b)
    return to_float(result)


def absolute(a: Node) -> Node:
    """Return ``abs(a)``."""
    return a.like(dtype=real_of(a.dtype)) if a.dtype in COMPLEX else a


def clamp(trace: Trace, a: Node) -> Node:
    """Return ``a`` clamped from one side."""
    trace.require(
        None if a.dtype is None else a.dtype not in COMPLEX,
        "NotImplementedError",
        "clamp is not supported for complex types",
        "complex",
        a.name,
        dtype=a.dtype,
    )
    return a


def in_place(trace: Trace, target: Node, operand: Node) -> Node:
    """Write the result of an elementwise operation of both to the first.

    Raises:
        Rejected: the result has another shape, or a dtype that cannot be cast.
    """
    common = result_type(target, operand)
    shape = broadcast(trace, target.shape, operand.shape, operand.name)
    trace.require(
        same_sizes(shape, target.shape),
        "RuntimeError",
        lambda: f"output with shape {listed(target.shape)} doesn't match the broadcast shape {listed(shape)}",
        "broadcast",
        operand.name,
        shape=target.shape,
        broadcast=shape,
    )
    require_cast(trace, common, target.dtype, operand.name)
    return Node(target.shape, target.dtype, either(target.grad, operand.grad), name=target.name)


def require_cast(trace: Trace, source: str | None, target: str | None, argument: str) -> None:
    """Require that a result may be written to an output of the dtype ``target``."""
    trace.require(
        can_cast(source, target),
        "RuntimeError",
        lambda: f"result type {scalar_type(source)} can't be cast to the desired output type {scalar_type(target)}",
        "result-dtype",
        argument,
        result=source,
        output=target,
    )


def mean(trace: Trace, a: Node) -> Node:
    """Return the mean over all axes."""
    trace.require(
        None if a.dtype is None else kind_of(a.dtype) >= 2,
        "RuntimeError",
        lambda: (
            "mean(): could not infer output dtype. Input dtype must be either a floating point or complex dtype. "
            f"Got: {scalar_type(a.dtype)}"
        ),
        "integral-mean",
        a.name,
        dtype=a.dtype,
    )
    _require_summed(trace, a)
    return a.like(())


def _require_summed(trace: Trace, a: Node) -> None:
    if a.dtype == "complex32":
        message = "\"sum_cpu\" not implemented for 'ComplexHalf'"
        trace.reject("NotImplementedError", message, "kernel-dtype", a.name, dtype=a.dtype)


def total(trace: Trace, a: Node, shape: Sizes = ()) -> Node:
    """Return the sum over some axes, of integers as ``int64``."""
    _require_summed(trace, a)
    if a.dtype is None or kind_of(a.dtype) >= 2:
        return a.like(shape)
    return a.like(shape, "int64")


def reduce(trace: Trace, a: Node, reduction: str) -> Node:
    """Apply the reduction of a loss."""
    if reduction == "mean":
        return mean(trace, a)
    return total(trace, a) if reduction == "sum" else a


def require_kernel(trace: Trace, a: Node, kernel: str, dtypes: tuple[str, ...] = FLOATING) -> None:
    """Require that a kernel exists for a dtype."""
    trace.require(
        None if a.dtype is None else a.dtype in dtypes,
        "NotImplementedError",
        lambda: f"\"{kernel}\" not implemented for '{scalar_type(a.dtype)}'",
        "kernel-dtype",
        a.name,
        dtype=a.dtype,
        allowed=dtypes,
    )


def require_real_autograd(trace: Trace, result: Node, operation: str) -> None:
    """Require that torch has a gradient for an operation, which has none where the result is complex."""
    if result.dtype in COMPLEX and result.grad is not False:
        trace.require(
            None if result.grad is None else False,
            "RuntimeError",
            f"{operation} does not support automatic differentiation for outputs with complex dtype.",
            "complex-gradient",
            result.name,
        )


def require_no_grad(trace: Trace, node: Node | None, function: str) -> None:
    """Require that no gradient is asked for an argument for which a function has none."""
    if node is None or node.grad is False:
        return
    trace.require(
        None if node.grad is None else False,
        "RuntimeError",
        f"The function '{function}' is not differentiable with respect to argument '{node.name}'. "
        "This input cannot have requires_grad True.",
        "no-gradient",
        node.name,
        function=function,
    )


def known(size: Dim | None) -> int | None:
    """Return the one integer that a size can be."""
    return size if size is None or isinstance(size, int) else value(size)
