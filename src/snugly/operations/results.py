"""Building the facts of a result: device, gradient, axes and names of several results."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any, NamedTuple

from snugly.facts import ranges
from snugly.facts.dims import same
from snugly.facts.dtypes import COMPLEX, FLOAT8, FLOATING, SCALAR_TYPES, can_cast
from snugly.facts.misfits import Misfit
from snugly.facts.shapes import shown
from snugly.facts.tensors import TensorFacts
from snugly.facts.values import NOTHING_KNOWN, ValueFacts
from snugly.operations.registry import operation

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from snugly.facts.tensors import Shape

_DIFFERENTIABLE = frozenset((*FLOATING, *FLOAT8, *COMPLEX))


class ValuesAndIndices(NamedTuple):
    """What ``max(dim)``, ``sort``, ``topk`` … return."""

    values: TensorFacts
    indices: TensorFacts


def both(*names: str) -> tuple[str, ...]:
    """Return the qualified names of functions that are methods as well."""
    return tuple(f"{owner}.{name}" for name in names for owner in ("torch", "torch.Tensor"))


def gradient(dtype: str | None, inputs: Iterable[object]) -> bool | None:
    """Tell whether a result requires grad: when any input does and the dtype can."""
    if dtype is not None and dtype not in _DIFFERENTIABLE:
        return False
    result: bool | None = False
    for facts in inputs:
        if isinstance(facts, TensorFacts):
            if facts.requires_grad:
                return True if dtype is not None else None
            if facts.requires_grad is None:
                result = None
    return result


def common_device(inputs: Iterable[object]) -> str | None:
    """Return the device of the inputs.

    Raises:
        Misfit: two of them are certainly on different devices; a tensor without axes may stay on the CPU.
    """
    found: str | None = None
    unsure = False
    for facts in inputs:
        if not isinstance(facts, TensorFacts):
            continue
        device = facts.device
        if device is None:
            unsure = True
        elif found is None:
            found = device
        elif device != found and device.split(":")[0] != found.split(":")[0]:
            found = _settle(found, facts, inputs)
    return None if unsure and (found is None or found == "cpu") else found


def _settle(found: str, facts: TensorFacts, inputs: Iterable[object]) -> str:
    device = facts.device or ""
    on_host = [x for x in inputs if isinstance(x, TensorFacts) and x.device == "cpu"]
    if "cpu" in (device, found) and all(x.shape is None or not x.shape for x in on_host):
        return found if device == "cpu" else device
    first, second = (device, found) if found == "cpu" else (found, device)
    message = (
        f"Expected all tensors to be on the same device, but found at least two devices, {_indexed(first)}"
        f" and {_indexed(second)}!"
    )
    raise Misfit(message, clause="device", devices=(found, device))


def _indexed(device: str) -> str:
    return "cuda:0" if device == "cuda" else device


def made(
    shape: Shape | None,
    dtype: str | None,
    *inputs: object,
    values: ValueFacts = NOTHING_KNOWN,
    axes: tuple[str | None, ...] | None = None,
) -> TensorFacts:
    """Return the facts of a result made from ``inputs``: their device, and grad where any of them has it."""
    if axes is not None and (shape is None or len(axes) != len(shape)):
        axes = None
    if len(inputs) == 1 and isinstance(inputs[0], TensorFacts):
        only = inputs[0]
        grad = gradient(dtype, inputs) if only.requires_grad is not False else False
        kind = "ndarray" if only.kind == "ndarray" else "tensor"
        return TensorFacts(shape, dtype, only.device, grad, values, axes, None, kind)
    kind = "tensor"
    tensors = [x for x in inputs if isinstance(x, TensorFacts)]
    if tensors and all(x.kind == "ndarray" for x in tensors):
        kind = "ndarray"
    return TensorFacts(shape, dtype, common_device(tensors), gradient(dtype, tensors), values, axes, None, kind)


def broadcast_axes(shape: Shape | None, tensors: Iterable[TensorFacts]) -> tuple[str | None, ...] | None:
    """Return the labels of the axes of a broadcast result: those on which the operands do not differ."""
    if shape is None:
        return None
    labels: list[str | None] | None = None
    clash: set[int] = set()
    for facts in tensors:
        if facts.axes is None:
            continue
        if labels is None:
            labels = [None] * len(shape)
        for place, label in enumerate(facts.axes, len(shape) - len(facts.axes)):
            if label is None:
                continue
            if labels[place] is None:
                labels[place] = label
            elif labels[place] != label:
                clash.add(place)
    if labels is None:
        return None
    return tuple(None if place in clash else label for place, label in enumerate(labels))


def rearranged(facts: TensorFacts, shape: Shape | None, moves: Mapping[int, int] | None) -> TensorFacts:
    """Return the same elements under another shape, a view.

    Args:
        facts: before.
        shape: after.
        moves: for each old axis that is still there as itself, its new place; ``None`` where that is not known.
    """
    values = facts.values
    if values.axis is not None or values.elements is not None:
        values = moved(values, moves)
    axes: tuple[str | None, ...] | None = None
    if facts.axes is not None and moves is not None and shape is not None:
        labels: list[str | None] = [None] * len(shape)
        for old, new in moves.items():
            labels[new] = facts.axes[old]
        axes = tuple(labels)
    kind = "tensor" if facts.kind == "parameter" else facts.kind
    return TensorFacts(shape, facts.dtype, facts.device, facts.requires_grad, values, axes, None, kind)


def moved(values: ValueFacts, moves: Mapping[int, int] | None) -> ValueFacts:
    """Follow the axis that value facts speak of through a change of axes."""
    if values.axis is None:
        return values
    new = None if moves is None else moves.get(values.axis)
    return _with_axis(values, new)


def _with_axis(values: ValueFacts, axis: int | None) -> ValueFacts:
    return ValueFacts(
        values.low, values.high, values.integral, values.members, values.elements, values.finite,
        values.attained, values.meaning, axis, values.written, values.most,
    )  # fmt: skip


def unordered(values: ValueFacts) -> ValueFacts:
    """Forget in which order the elements come; what each of them can be stays."""
    if values.elements is None:
        return values
    members = values.members
    if members is None:
        distinct = frozenset(values.elements)
        members = distinct if len(distinct) <= ranges.MOST_MEMBERS else None
    return ValueFacts(
        values.low, values.high, values.integral, members, None, values.finite, values.attained, values.meaning,
        values.axis, values.written, values.most,
    )  # fmt: skip


def in_place(*names: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Declare ``names`` as the in-place form of an operation: the result stays in the first tensor.

    Torch refuses where the broadcast shape is not that of the tensor, or its dtype cannot hold the result.
    """

    def declare(function: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(function)
        def kept(*args: Any, **kwargs: Any) -> Any:
            target = args[0] if args else kwargs.get("input")
            result = function(*args, **kwargs)
            return stored(target, result) if isinstance(target, TensorFacts) else result

        operation(*names)(kept)
        return function

    return declare


def stored(target: TensorFacts, result: TensorFacts) -> TensorFacts:
    """Return the facts of ``target`` after ``result`` was written into it."""
    if target.shape is not None and result.shape is not None:
        grown = len(result.shape) > len(target.shape) or any(
            same(old, new) is False for old, new in zip(reversed(target.shape), reversed(result.shape), strict=False)
        )
        if grown:
            message = f"output with shape {shown(target.shape)} doesn't match the broadcast shape {shown(result.shape)}"
            raise Misfit(message, clause="in-place-shape", argument="other", shape=target.shape, result=result.shape)
    if can_cast(result.dtype, target.dtype) is False and target.kind != "ndarray":
        source, kept = SCALAR_TYPES[result.dtype or ""], SCALAR_TYPES[target.dtype or ""]
        message = f"result type {source} can't be cast to the desired output type {kept}"
        raise Misfit(message, clause="in-place-dtype", argument="other", source=result.dtype, target=target.dtype)
    values = ranges.cast(result.values, result.dtype, target.dtype)
    return target.with_(
        requires_grad=gradient(target.dtype, (target, result)), values=values, axes=target.axes or result.axes,
        origin=None,
    )  # fmt: skip
