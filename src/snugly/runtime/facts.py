"""Facts of live tensors and arrays: metadata at once, elements only when a question asks for them.

Nothing here changes a tensor, keeps it alive longer than the facts live, or waits for a device
unless that is allowed. Where the elements cannot be seen (a fake tensor, a batched one under
``vmap``, a device that must not be waited for) the answer is "not known".
"""

from __future__ import annotations

import sys
from functools import cached_property
from typing import TYPE_CHECKING, Any

from snugly.facts.dtypes import canonical_dtype
from snugly.facts.tensors import TensorFacts
from snugly.facts.values import NOTHING_KNOWN, Meaning, ValueFacts
from snugly.runtime.lineage import Lineage, trace

if TYPE_CHECKING:
    from collections.abc import Iterable

    import numpy as np
    import torch

MAX_MEMBERS = 64
MAX_ELEMENTS = 4096
SCAN_LIMIT = 2**26
"""The most elements that one look reads; of a larger tensor it reads evenly spaced ones."""
_SURE_ROWS = 4
_TOLERANCE = {"float16": 5e-3, "bfloat16": 2e-2}


class LiveValues(ValueFacts):
    """The elements of a live tensor, looked at when asked and only then; every answer is kept.

    Of a tensor with more than ``limit`` elements only evenly spaced ones are read. Then what is seen
    can refute a claim about all elements and never confirm one.
    """

    def __new__(cls, tensor: torch.Tensor | None = None, /, *_: Any, **fields: Any) -> ValueFacts:  # type: ignore[misc]
        """Return live values of a tensor; without one plain facts, which is what ``replace`` asks for."""
        if tensor is None:
            return ValueFacts(**fields)
        return object.__new__(cls)

    def __init__(self, tensor: torch.Tensor, lineage: Lineage | None = None, *, limit: int = SCAN_LIMIT) -> None:
        """Look at ``tensor``, which is detached, when the first question comes."""
        state = self.__dict__
        state["_complete"] = tensor.numel() <= limit
        state["_tensor"] = tensor if state["_complete"] else _spaced(tensor, limit)
        state["_whole"] = tensor
        state["_lineage"] = lineage

    __slots__ = ("__dict__",)
    __hash__ = object.__hash__

    def __eq__(self, other: object) -> bool:
        """Two looks are equal when they look at the same tensor."""
        return isinstance(other, LiveValues) and self._whole is other._whole

    def __repr__(self) -> str:
        """Name the tensor, not its elements."""
        return f"LiveValues({tuple(self._whole.shape)})"

    def __getattr__(self, name: str) -> Any:
        """Say of a fact that no look answers what is said where nothing is known."""
        if name.startswith("_"):
            raise AttributeError(name)
        return getattr(NOTHING_KNOWN, name)

    if TYPE_CHECKING:
        _tensor: torch.Tensor
        _whole: torch.Tensor
        _complete: bool
        _lineage: Lineage | None

    @cached_property
    def _range(self) -> tuple[float, float] | None:
        """The smallest and the largest element that is not NaN, of those looked at."""
        seen = self._tensor
        if not seen.numel() or seen.is_complex():
            return None
        least, most = _aminmax(seen)
        if least != least:  # noqa: PLR0124 - NaN
            seen = seen[~seen.isnan()]
            if not seen.numel():
                return None
            least, most = _aminmax(seen)
        return least, most

    @cached_property
    def _seen_members(self) -> frozenset[float] | None:
        """The distinct elements of those looked at, when there are few."""
        seen = self._tensor
        if seen.is_complex() or (self._range is None and seen.numel()):
            return None
        distinct = _few_distinct(seen)
        return None if distinct is None else frozenset(distinct)

    @cached_property
    def low(self) -> float | None:
        """The smallest element."""
        return self._range[0] if self._complete and self._range is not None else None

    @cached_property
    def high(self) -> float | None:
        """The largest element."""
        return self._range[1] if self._complete and self._range is not None else None

    @cached_property
    def attained(self) -> bool:
        """What was seen is there."""
        return self._complete and self._tensor.numel() > 0

    @cached_property
    def integral(self) -> bool | None:
        """Whether every element is an integer in value."""
        seen = self._tensor
        if seen.is_complex():
            return None
        if not seen.is_floating_point():
            return True
        whole = bool((seen == seen.round()).all())
        return whole if self._complete or not whole else None

    @cached_property
    def members(self) -> frozenset[float] | None:
        """The distinct elements, when there are few."""
        return self._seen_members if self._complete else None

    @cached_property
    def written(self) -> frozenset[float]:
        """Elements that are certainly there: those that were seen, when they are few."""
        return self._seen_members or frozenset()

    @cached_property
    def elements(self) -> tuple[Any, ...] | None:
        """The elements, row-major, when there are few."""
        if self._whole.numel() > MAX_ELEMENTS:
            return None
        return tuple(self._whole.reshape(-1).tolist())

    @cached_property
    def finite(self) -> bool | None:
        """Whether no element is NaN or infinite."""
        seen = self._tensor
        if not seen.is_floating_point() and not seen.is_complex():
            return True
        finite = bool(seen.isfinite().all())
        return finite if self._complete or not finite else None

    @cached_property
    def meaning(self) -> Meaning | None:
        """What the elements are: from autograd's graph, else from rows that sum to one."""
        return self._meant[0]

    @cached_property
    def axis(self) -> int | None:
        """For probabilities, the axis along which they sum to one."""
        return self._meant[1]

    @cached_property
    def _meant(self) -> tuple[Meaning | None, int | None]:
        if self._lineage is not None:
            along = self._lineage.axis if self._lineage.layer is None else None
            return self._lineage.meaning, along
        if self._whole.dtype is _torch().bool:
            return Meaning.MASK, None
        for axis in dict.fromkeys((1, self._whole.dim() - 1)):
            found = self._distribution(axis)
            if found is not None:
                return found, axis
        return None, None

    def _distribution(self, axis: int) -> Meaning | None:
        """Say whether the rows along ``axis`` are one-hot, probabilities or logarithms, chance ruled out."""
        whole = self._whole
        if not self._complete or not 1 <= axis < whole.dim() or whole.shape[axis] < 2:
            return None
        if whole.numel() // whole.shape[axis] < _SURE_ROWS:
            return None
        if self.sums_to_one(axis):
            return Meaning.ONE_HOT if self.only((0.0, 1.0)) else Meaning.PROBABILITIES
        if whole.is_floating_point() and self._range is not None and self._range[1] <= 0 and self.finite:
            total = whole.double().logsumexp(axis)
            if bool((total.abs() < _tolerance(whole)).all()):
                return Meaning.LOG_PROBABILITIES
        return None

    def inside(self, low: float, high: float, *, ignoring: float | None = None) -> bool | None:
        """Tell whether every element lies in ``[low, high]``, those equal to ``ignoring`` left out."""
        if not self._tensor.numel():
            return True
        if self._tensor.is_complex():
            return None
        has_nan = self._tensor.is_floating_point() and bool(self._tensor.isnan().any())
        fits = not has_nan and self._range is not None and low <= self._range[0] and self._range[1] <= high
        if not fits and not has_nan and ignoring is not None:
            outside = (self._tensor < low) | (self._tensor > high)
            fits = not bool((outside & (self._tensor != ignoring)).any())
        return fits if self._complete or not fits else None

    def has_nan(self) -> bool | None:
        """Tell whether some element is NaN."""
        seen = self._tensor
        if not seen.is_floating_point() and not seen.is_complex():
            return False
        found = bool(seen.isnan().any())
        return found if self._complete or found else None

    def any_below(self, bound: float) -> bool | None:
        """Tell whether some element is smaller than ``bound``; NaN is not."""
        if not self._tensor.numel():
            return False
        if self._tensor.is_complex():
            return None
        found = self._range is not None and self._range[0] < bound
        return found if self._complete or found else None

    def first_outside(self, low: float, high: float, *, ignoring: float | None = None) -> float | None:
        """Return the first element, row-major, outside of ``[low, high]``; of a tensor read in part it is not known."""
        if not self._complete or self._tensor.is_complex():
            return None
        seen = self._tensor.reshape(-1)
        outside = ~((seen >= low) & (seen <= high))
        if ignoring is not None:
            outside &= seen != ignoring
        places = outside.nonzero()
        return None if not len(places) else seen[places[0, 0]].item()

    def only(self, values: Iterable[float]) -> bool | None:
        """Tell whether every element is one of ``values``."""
        allowed = frozenset(values)
        if not self._tensor.numel():
            return True
        if self._seen_members is None:
            return None if self._tensor.is_complex() or len(allowed) > MAX_MEMBERS else False
        if not self._seen_members <= allowed:
            return False
        return True if self._complete else None

    def contains(self, x: float) -> bool | None:
        """Tell whether some element equals ``x``."""
        if self._tensor.is_complex():
            return None
        found = bool((self._tensor == x).any())
        return found if self._complete or found else None

    def is_integral(self) -> bool | None:
        """Tell whether every element is an integer in value."""
        return self.integral

    def sums_to_one(self, axis: int) -> bool | None:
        """Tell whether the elements along ``axis`` are non-negative and sum to one."""
        whole = self._whole
        if not -whole.dim() <= axis < whole.dim() or whole.is_complex():
            return None
        if not self._complete:
            whole = whole.movedim(axis, -1).reshape(-1, whole.shape[axis])[
                : max(1, SCAN_LIMIT // max(1, whole.shape[axis]))
            ]
            axis = -1
        if not whole.numel():
            return None
        total = whole.double().sum(axis)
        fits = bool((whole >= 0).all()) and bool(((total - 1).abs() < _tolerance(whole)).all())
        return fits if self._complete or not fits else None


def facts_of(
    value: Any,
    *,
    look: bool = True,
    wait: bool = True,
    limit: int = SCAN_LIMIT,
    shape: tuple[int, ...] | None = None,
) -> TensorFacts:
    """Return the facts of a live tensor or numpy array.

    Args:
        value: a ``torch.Tensor`` or ``numpy.ndarray``.
        look: whether questions about elements may read them.
        wait: whether a question about elements may wait for a device other than the CPU.
        limit: how many elements one look may read; of a larger tensor evenly spaced ones are read.
        shape: the sizes of the tensor, where it says them in symbols.

    Raises:
        TypeError: ``value`` is neither.
    """
    torch = sys.modules.get("torch")
    if torch is not None and isinstance(value, torch.Tensor):
        return _tensor_facts(value, look=look, wait=wait, limit=limit, shape=shape)
    numpy = sys.modules.get("numpy")
    if numpy is not None and isinstance(value, (numpy.ndarray, numpy.generic)):
        return _array_facts(value, look=look, limit=limit)
    msg = f"facts_of needs a torch.Tensor or a numpy.ndarray, not {type(value).__qualname__}"
    raise TypeError(msg)


def is_tensor_like(value: Any) -> bool:
    """Tell whether ``facts_of`` takes this value, without importing torch or numpy."""
    torch = sys.modules.get("torch")
    numpy = sys.modules.get("numpy")
    return bool(
        (torch is not None and isinstance(value, torch.Tensor))
        or (numpy is not None and isinstance(value, numpy.ndarray))
    )


def _tensor_facts(
    tensor: torch.Tensor, *, look: bool, wait: bool, limit: int, shape: tuple[int, ...] | None
) -> TensorFacts:
    torch = _torch()
    if shape is None and _plain_sizes(tensor):
        shape = tuple(int(size) for size in tensor.shape)
    lineage = None
    if shape is not None and tensor.grad_fn is not None:
        lineage = _traced(tensor, shape)
    values: ValueFacts = NOTHING_KNOWN
    if look and _readable(tensor) and (wait or tensor.device.type == "cpu"):
        values = LiveValues(tensor.detach(), lineage, limit=limit)
    elif lineage is not None:
        values = ValueFacts(meaning=lineage.meaning, axis=lineage.axis if lineage.layer is None else None)
    return TensorFacts(
        shape=shape,
        dtype=canonical_dtype(str(tensor.dtype)),
        device=str(tensor.device),
        requires_grad=tensor.requires_grad,
        values=values,
        axes=_axes(lineage, shape),
        kind="parameter" if isinstance(tensor, torch.nn.Parameter) else "tensor",
    )


def _array_facts(array: np.ndarray[Any, Any], *, look: bool, limit: int) -> TensorFacts:
    dtype = canonical_dtype(array.dtype.name)
    values: ValueFacts = NOTHING_KNOWN
    if look and dtype is not None and "torch" in sys.modules:
        try:
            values = LiveValues(_torch().from_numpy(array.copy() if array.ndim == 0 else array[...]), limit=limit)
        except (TypeError, ValueError):  # negative strides, foreign byte order: the elements stay unknown
            values = NOTHING_KNOWN
    return TensorFacts(tuple(array.shape), dtype, "cpu", requires_grad=False, values=values, kind="ndarray")


def _traced(tensor: torch.Tensor, shape: tuple[int, ...]) -> Lineage | None:
    try:
        return trace(tensor.grad_fn, shape)
    except (AttributeError, RuntimeError, TypeError, IndexError, ValueError):
        # saved tensors already freed, or a node of another torch version: the graph does not tell
        return None


def _axes(lineage: Lineage | None, shape: tuple[int, ...] | None) -> tuple[str | None, ...] | None:
    if lineage is None or lineage.layer is None or lineage.axis is None or shape is None:
        return None
    return tuple(lineage.layer if axis == lineage.axis else None for axis in range(len(shape)))


def _plain_sizes(tensor: torch.Tensor) -> bool:
    return not tensor.is_nested and all(type(size) is int for size in tensor.shape)


def _readable(tensor: torch.Tensor) -> bool:
    """Tell whether the elements may be read: a dense tensor of torch's own classes that holds data."""
    torch = _torch()
    if type(tensor) not in (torch.Tensor, torch.nn.Parameter, torch.nn.Buffer) or tensor.is_meta:
        return False
    if tensor.layout is not torch.strided or tensor.is_quantized or tensor.is_nested:
        return False
    functorch = torch._C._functorch
    if functorch.is_functorch_wrapped_tensor(tensor) or str(tensor.dtype).startswith("torch.float8"):
        return False
    return not torch.compiler.is_compiling()


def _spaced(tensor: torch.Tensor, limit: int) -> torch.Tensor:
    """Return at most ``limit`` evenly spaced elements without copying the whole."""
    step = -(-tensor.numel() // max(1, limit))
    if tensor.is_contiguous():
        return tensor.reshape(-1)[::step]
    while tensor.numel() > limit:
        axis = max(range(tensor.dim()), key=lambda at: tensor.shape[at])
        tensor = tensor.narrow(axis, 0, max(1, tensor.shape[axis] // 2))
    return tensor


def _aminmax(tensor: torch.Tensor) -> tuple[float, float]:
    torch = _torch()
    if tensor.dtype in (torch.uint16, torch.uint32, torch.uint64):
        tensor = tensor.to(torch.int64) if tensor.dtype is not torch.uint64 else tensor.double()
    least, most = tensor.aminmax()
    return float(least), float(most)


def _few_distinct(tensor: torch.Tensor) -> list[float] | None:
    """Return the distinct elements, or ``None`` when there are more than a few; NaN counts as one."""
    flat = tensor.reshape(-1)
    head = flat[:MAX_ELEMENTS].double().unique()
    if head.numel() > MAX_MEMBERS:
        return None
    whole = head if flat.numel() <= MAX_ELEMENTS else flat.double().unique()
    return None if whole.numel() > MAX_MEMBERS else whole.tolist()


def _tolerance(tensor: torch.Tensor) -> float:
    return _TOLERANCE.get(str(tensor.dtype).removeprefix("torch."), 1e-4)


def _torch() -> Any:
    import torch

    return torch


__all__ = ["SCAN_LIMIT", "LiveValues", "facts_of", "is_tensor_like"]
