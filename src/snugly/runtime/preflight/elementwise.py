"""Elementwise operators and reductions: the sizes of their arguments, and the dtype that the real kernel gives.

A dtype comes from the kernel itself, run on one element, and so does what it raises about dtypes. Sizes come from
broadcasting sizes that are plainly the same for every batch size, or one.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from snugly.runtime.preflight.formation import at_lead

if TYPE_CHECKING:
    from collections.abc import Mapping

    from snugly.runtime.preflight.forms import Form, Forms


def of_elements(forms: Forms, func: Any, given: Any, named: Mapping[str, Any]) -> list[Form | None] | None:
    """Return the forms of what an elementwise operator or a reduction gives; ``None`` where that is left to torch."""
    if func in _likes():
        return _like(forms, given, named)
    if _elementwise(func):
        return _elementwise_form(forms, func, given, named)
    if _reducing(func) is not None:
        return _reduced(forms, func, given, named)
    if func in _filling():
        return [given[0].form]
    return None


@cache
def _elementwise(func: Any) -> bool:
    import torch

    if len(func._schema.returns) != 1:
        return False
    name = func._schema.name.removeprefix("aten::")
    return torch.Tag.pointwise in func.tags or name.removesuffix("_backward") in _ACTIVATIONS or name in _ACTIVATIONS


# Elementwise too, though torch has no tag for it, or none for its gradient.
_ACTIVATIONS = frozenset(
    (
        "leaky_relu",
        "elu",
        "hardtanh",
        "softplus",
        "softshrink",
        "hardswish",
        "hardsigmoid",
        "mish",
        "celu",
        "_prelu_kernel",
    )
)


@cache
def _likes() -> frozenset[Any]:
    import torch

    aten = torch.ops.aten
    return frozenset(
        each.default
        for each in (
            *(aten.empty_like, aten.zeros_like, aten.ones_like, aten.full_like, aten.rand_like, aten.randn_like),
            *(aten.clone, aten._to_copy),
        )
    )


def _like(forms: Forms, given: Any, named: Mapping[str, Any]) -> list[Form | None] | None:
    """Return the form of a new tensor of the sizes of another."""
    import torch

    form, dtype, kept = given[0].form, named.get("dtype"), named.get("memory_format")
    formats = (None, torch.preserve_format, torch.contiguous_format)
    if named.get("layout") not in {None, torch.strided} or kept not in formats:
        return None
    rows = kept is torch.contiguous_format
    strides = forms.laid_out(form.dtype, form.sizes).strides if rows else result_strides(forms, [form], form.sizes)
    return None if strides is None else [forms.form(dtype or form.dtype, form.sizes, strides)]


@cache
def _filling() -> frozenset[Any]:
    """Return the operators that write their one tensor, and return it."""
    import torch

    aten = torch.ops.aten
    filling = (aten.zero_, aten.fill_, aten.bernoulli_, aten.normal_, aten.uniform_, aten.random_, aten.exponential_)
    return frozenset(getattr(each, name) for each in filling for name in each.overloads() if name != "Tensor")


def _elementwise_form(forms: Forms, func: Any, given: Any, named: Mapping[str, Any]) -> list[Form | None] | None:
    """Return the form that an elementwise operator gives for tensors whose sizes are plainly the same, or one."""
    parts = [each.form for each in given if hasattr(each, "form")]
    if not parts or any(hasattr(each, "form") for name, each in named.items() if name != "out"):
        return None
    if "out" in named:
        out = named["out"].form
        found = _elementwise_form(forms, _plain(func), given, {k: v for k, v in named.items() if k != "out"})
        return [out] if found == [out] else None
    rank = max(len(form.sizes) for form in parts)
    sizes = _broadcast(parts, rank)
    if sizes is None:
        return None
    written = func._schema.returns[0].alias_info is not None
    if written and parts[0].sizes != sizes:
        return None
    (dtype,) = _dtypes(func, given, named)
    if written:
        return [parts[0]] if parts[0].dtype == dtype else None
    strides = result_strides(forms, parts, sizes)
    return None if strides is None else [forms.form(dtype, sizes, strides)]


@cache
def _plain(func: Any) -> Any:
    """Return the operator that makes its result anew, of one that writes it to ``out``."""
    packet = func.overloadpacket
    wanted = [str(each.type) for each in func._schema.arguments if each.name != "out"]
    for name in packet.overloads():
        other = getattr(packet, name)
        if [str(each.type) for each in other._schema.arguments] == wanted and not name.endswith("out"):
            return other
    return func


def result_strides(forms: Forms, parts: list[Form], sizes: tuple[Any, ...]) -> tuple[Any, ...] | None:
    """Return the strides that torch chooses for an elementwise result; ``None`` where they differ by batch size.

    https://github.com/pytorch/pytorch/blob/v2.13.0/aten/src/ATen/TensorIterator.cpp, ``reorder_dimensions``
    """
    full = [form for form in parts if form.sizes == sizes]
    if len(full) == len(parts) and full[0].dense and all(form.strides == full[0].strides for form in full):
        return full[0].strides
    formation = forms.formation
    ends = {formation.lead, formation.flying[0], formation.flying[-1]}
    orders = {_order([_laid(form, sizes, member) for form in parts], _numbers(sizes, member)) for member in ends}
    if len(orders) > 1:
        return None
    order = orders.pop()
    return forms.strides(sizes, [order.index(axis) for axis in range(len(sizes))])


def _numbers(values: tuple[Any, ...], member: int) -> list[int]:
    return [value if type(value) is int else value.values[member] for value in values]


def _laid(form: Form, sizes: tuple[Any, ...], member: int) -> list[int]:
    """Return the strides of an argument along each axis of the result; none where it is repeated."""
    missing = len(sizes) - len(form.sizes)
    own, whole = _numbers(form.sizes, member), _numbers(sizes[missing:], member)
    strides = _numbers(form.strides, member)
    return [0] * missing + [0 if a == 1 != b else stride for a, b, stride in zip(own, whole, strides, strict=True)]


def _order(strides: list[list[int]], sizes: list[int]) -> tuple[int, ...]:
    """Return the axes from the one that varies fastest in memory to the slowest."""

    def compare(one: int, other: int) -> int:
        for laid in strides:
            if laid[one] == 0 or laid[other] == 0:
                continue
            if laid[one] != laid[other]:
                return -1 if laid[one] < laid[other] else 1
            if sizes[one] > sizes[other]:
                return 1
        return 0

    order = list(range(len(sizes)))[::-1]
    for start in range(1, len(order)):
        at = start
        for before in range(start - 1, -1, -1):
            told = compare(order[before], order[at])
            if told > 0:
                order[before], order[at] = order[at], order[before]
                at = before
            elif told < 0:
                break
    return tuple(order)


def _broadcast(parts: list[Form], rank: int) -> tuple[Any, ...] | None:
    sizes: list[Any] = [1] * rank
    for form in parts:
        start = rank - len(form.sizes)
        for at, size in enumerate(form.sizes, start):
            if size is sizes[at] or (type(size) is int and (size == 1 or size == sizes[at])):
                continue
            if type(sizes[at]) is not int or sizes[at] != 1:
                return None
            sizes[at] = size
    return tuple(sizes)


def _dtypes(func: Any, given: Any, named: Mapping[str, Any]) -> tuple[Any, ...]:
    """Return the dtypes that the real kernel gives for one element.

    Raises:
        RuntimeError: what torch raises for these dtypes.
    """
    key = (func, *(_sketch(each) for each in (*given, *named.items())))
    found = _DTYPES.get(key)
    if found is None:
        out = func(*map(_one, given), **{name: _one(each) for name, each in named.items()})
        found = _DTYPES[key] = tuple(each.dtype for each in (out if isinstance(out, tuple) else (out,)))
    return found


_DTYPES: dict[Any, tuple[Any, ...]] = {}


def _sketch(value: Any) -> Any:
    if hasattr(value, "form"):
        return value.form.dtype, len(value.form.sizes)
    return type(value), str(at_lead(value))


def _one(value: Any) -> Any:
    import torch

    if hasattr(value, "form"):
        return torch.ones((1,) * len(value.form.sizes), dtype=value.form.dtype)
    return at_lead(value)


@cache
def _reducing(func: Any) -> tuple[int | None, int | None] | None:
    """Return where a reduction takes its axes and whether to keep them; ``None`` for what is no plain reduction."""
    import torch

    schema = func._schema
    names = [each.name for each in schema.arguments]
    if torch.Tag.reduction not in func.tags or schema.name.removeprefix("aten::") not in _REDUCTIONS:
        return None
    return tuple(names.index(name) if name in names else None for name in ("dim", "keepdim"))  # type: ignore[return-value]


# Whose results lie row by row, whatever the tensor does.
_REDUCTIONS = frozenset(
    ("linalg_vector_norm", "sum", "mean", "amax", "amin", "argmax", "argmin", "any", "all", "nansum", "prod")
)


def _reduced(forms: Forms, func: Any, given: Any, named: Mapping[str, Any]) -> list[Form | None] | None:
    """Return the forms of what a reduction gives."""
    at, keep = _reducing(func) or (None, None)
    form = given[0].form
    axes, rank = given[at] if at is not None and at < len(given) else None, len(form.sizes)
    axes = [axes] if type(axes) is int else axes or range(rank)
    if not rank or any(not -rank <= axis < rank for axis in axes):
        return None
    gone = {axis % rank for axis in axes}
    if len(gone) < len(axes) or any(form.sizes[axis] == 0 for axis in gone):
        return None
    keeps = keep is not None and keep < len(given) and given[keep]
    sizes = tuple(1 if axis in gone else size for axis, size in enumerate(form.sizes) if keeps or axis not in gone)
    return [forms.laid_out(dtype, sizes) for dtype in _dtypes(func, given, named)]
