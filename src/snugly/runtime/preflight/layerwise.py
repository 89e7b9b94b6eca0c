"""What the commonest operators give, said at once for every batch size: those that carry sizes on as they are.

Torch describes many of these by Python that takes milliseconds for one call and loads its compiler first. Whatever is
less simple than here is left to torch; so is every call that does not fit. ``tests/runtime/test_forms.py`` compares
with torch.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from snugly.runtime.preflight.elementwise import of_elements, result_strides

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from snugly.runtime.preflight.forms import Form, Forms

    Answer = Callable[[Forms, Any], list[Form | None] | None]


def answer(forms: Forms, func: Any, given: Any, named: Mapping[str, Any]) -> list[Form | None] | None:
    """Return the forms of what an operator gives; ``None`` where that is left to torch.

    Args:
        forms: the forms of the run.
        func: the operator.
        given: its arguments, with forms for tensors.
        named: its arguments by name.
    """
    if func in _counting():
        return _arange(forms, func, given, named)
    known = _layers().get(func)
    return known(forms, given) if known is not None else of_elements(forms, func, given, named)


@cache
def _counting() -> frozenset[Any]:
    import torch

    return frozenset((torch.ops.aten.arange.default, torch.ops.aten.arange.start, torch.ops.aten.arange.start_step))


def _arange(forms: Forms, func: Any, given: Any, named: Mapping[str, Any]) -> list[Form | None] | None:
    """https://docs.pytorch.org/docs/stable/generated/torch.arange.html, of plain integers."""
    import torch

    if any(type(each) is not int for each in given) or (len(given) > 2 and given[2] == 0):
        return None
    count = len(range(*given))
    dtype = named.get("dtype") or torch.int64
    del func
    return [forms.laid_out(dtype, (count,))]


@cache
def _layers() -> Mapping[Any, Answer]:
    import torch

    aten = torch.ops.aten
    return {
        aten.native_batch_norm.default: _batch_norm,
        aten.native_batch_norm_backward.default: _batch_norm_backward,
        aten.native_layer_norm.default: _layer_norm,
        aten.native_layer_norm_backward.default: _layer_norm_backward,
        aten.native_dropout.default: _dropout,
        aten.convolution.default: _convolution,
        aten.convolution_backward.default: _convolution_backward,
        aten.max_pool2d_with_indices.default: _max_pool,
        aten.max_pool2d_with_indices_backward.default: lambda _, given: [given[1].form] if given[1].form.rows else None,
        aten.embedding.default: _embedding,
        aten.embedding_dense_backward.default: _embedding_backward,
        aten.mm.default: lambda forms, given: _product(forms, *given),
        aten.bmm.default: lambda forms, given: _product(forms, *given),
        aten.addmm.default: _affine,
        aten.mv.default: _vector_product,
        aten.dot.default: _vector_product,
        aten.vdot.default: _vector_product,
        aten.cat.default: _cat,
        aten.select_backward.default: _unpicked,
        aten.slice_backward.default: _unpicked,
        aten._scaled_dot_product_flash_attention_for_cpu.default: _attention,
        aten._scaled_dot_product_flash_attention_for_cpu_backward.default: _attention_backward,
        **dict.fromkeys((aten._softmax.default, aten._log_softmax.default, aten._safe_softmax.default), _softmax),
        **dict.fromkeys(
            (aten._softmax_backward_data.default, aten._log_softmax_backward_data.default), _softmax_backward
        ),
    }


def _batch_norm(forms: Forms, given: Any) -> list[Form | None] | None:
    """https://docs.pytorch.org/docs/stable/generated/torch.nn.BatchNorm2d.html: statistics for each channel."""
    form, training = given[0].form, given[5]
    if not form.dense or not form.dtype.is_floating_point or type(form.sizes[1]) is not int:
        return None
    channels = (form.sizes[1],) if training else (0,)
    statistics = forms.form(_statistics(form.dtype), channels, (1,))
    return [form, statistics, statistics]


def _layer_norm(forms: Forms, given: Any) -> list[Form | None] | None:
    """https://docs.pytorch.org/docs/stable/generated/torch.nn.LayerNorm.html: statistics for each vector."""
    form, normalized, weight, bias = given[0].form, tuple(given[1]), given[2], given[3]
    kept = len(form.sizes) - len(normalized)
    same = kept >= 0 and form.sizes[kept:] == normalized
    if not same or not form.rows or any(each is not None and each.form.sizes != normalized for each in (weight, bias)):
        return None
    if any(each is not None and each.form.dtype != form.dtype for each in (weight, bias)):
        return None
    sizes = (*form.sizes[:kept], *(1 for _ in normalized))
    statistics = forms.laid_out(_statistics(form.dtype), sizes)
    return [form, statistics, statistics]


def _layer_norm_backward(forms: Forms, given: Any) -> list[Form | None] | None:
    form = given[1].form
    if not form.rows or given[0].form.sizes != form.sizes:
        return None
    wanted = given[7]
    normalized = tuple(given[2])
    grads = [forms.laid_out(form.dtype, normalized) for _ in range(2)]
    found = (form, *(grad if each is not None else None for grad, each in zip(grads, given[5:7], strict=True)))
    return [each if asked else None for each, asked in zip(found, wanted, strict=True)]


def _batch_norm_backward(forms: Forms, given: Any) -> list[Form | None] | None:
    form, weight, wanted = given[1].form, given[2], given[9]
    if not form.dense or given[0].form is not form or type(form.sizes[1]) is not int:
        return None
    grad = forms.form(form.dtype if weight is None else weight.form.dtype, (form.sizes[1],), (1,))
    return [each if asked else None for each, asked in zip((form, grad, grad), wanted, strict=True)]


def _dropout(forms: Forms, given: Any) -> list[Form | None] | None:
    import torch

    form = given[0].form
    return [form, forms.form(torch.bool, form.sizes, form.strides)] if form.dense else None


def _convolution(forms: Forms, given: Any) -> list[Form | None] | None:
    """https://docs.pytorch.org/docs/stable/generated/torch.nn.Conv2d.html, and ConvTranspose2d."""
    parts = [each.form for each in given[:3] if each is not None]
    image, kernel = parts[:2]
    stride, padding, dilation, transposed, output_padding, groups = given[3:9]
    axes = len(image.sizes) - 2
    if not (image.rows and kernel.rows) or len({form.dtype for form in parts}) > 1 or len(kernel.sizes) != axes + 2:
        return None
    per_group = kernel.sizes[0] if transposed else kernel.sizes[1] * groups
    channels = kernel.sizes[1] * groups if transposed else kernel.sizes[0]
    numbers = (*image.sizes[1:], *kernel.sizes, *(size for form in parts[2:] for size in form.sizes))
    if any(type(size) is not int for size in numbers) or image.sizes[1] != per_group or channels % groups:
        return None
    if any(form.sizes != (channels,) for form in parts[2:]) or min(numbers) < 1:
        return None
    sizes = []
    for at in range(axes):
        s, p, d, more = (each[at if len(each) > 1 else 0] for each in (stride, padding, dilation, output_padding))
        size, reach = image.sizes[2 + at], d * (kernel.sizes[2 + at] - 1)
        if transposed and not (more < s or more < d):
            return None
        sizes.append((size - 1) * s - 2 * p + reach + more + 1 if transposed else (size + 2 * p - reach - 1) // s + 1)
    return [forms.laid_out(image.dtype, (image.sizes[0], channels, *sizes))] if min(sizes) > 0 else None


def _convolution_backward(forms: Forms, given: Any) -> list[Form | None] | None:
    grad, image, kernel = (each.form for each in given[:3])
    if not (image.rows and kernel.rows):
        return None
    bias = forms.laid_out(grad.dtype, (grad.sizes[1],))
    return [form if wanted else None for form, wanted in zip((image, kernel, bias), given[10], strict=True)]


def _max_pool(forms: Forms, given: Any) -> list[Form | None] | None:
    """https://docs.pytorch.org/docs/stable/generated/torch.nn.MaxPool2d.html."""
    import torch

    image, kernel, stride, padding, dilation, ceil = _with_defaults(given, (None, None, [], [0], [1], False))
    form = image.form
    if not form.rows or len(form.sizes) != 4 or ceil or any(type(size) is not int for size in form.sizes[1:]):
        return None
    sizes = []
    for at in range(2):
        k, p, d = (each[at if len(each) > 1 else 0] for each in (kernel, padding, dilation))
        s = (stride or kernel)[at if len(stride or kernel) > 1 else 0]
        sizes.append((form.sizes[2 + at] + 2 * p - d * (k - 1) - 1) // s + 1)
        if 2 * p > k or s < 1 or sizes[-1] < 1:
            return None
    whole = (*form.sizes[:2], *sizes)
    return [forms.laid_out(form.dtype, whole), forms.laid_out(torch.int64, whole)]


def _embedding(forms: Forms, given: Any) -> list[Form | None] | None:
    """https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.embedding.html."""
    table, indices = (each.form for each in given[:2])
    if len(table.sizes) != 2 or not _counts(indices):
        return None
    return [forms.laid_out(table.dtype, (*indices.sizes, table.sizes[1]))]


def _embedding_backward(forms: Forms, given: Any) -> list[Form | None] | None:
    grad, indices = (each.form for each in given[:2])
    return [forms.laid_out(grad.dtype, (given[2], grad.sizes[-1]))] if _counts(indices) else None


def _counts(form: Form) -> bool:
    import torch

    return form.dtype in {torch.int32, torch.int64}


def _product(forms: Forms, one: Any, other: Any) -> list[Form | None] | None:
    """https://docs.pytorch.org/docs/stable/generated/torch.mm.html, and bmm."""
    a, b = one.form, other.form
    batched = len(a.sizes) - 2
    if len(a.sizes) != len(b.sizes) or a.dtype != b.dtype or batched not in {0, 1}:
        return None
    if a.sizes[:batched] != b.sizes[:batched] or a.sizes[-1] != b.sizes[-2]:
        return None
    return [forms.laid_out(a.dtype, (*a.sizes[:-1], b.sizes[-1]))]


def _vector_product(forms: Forms, given: Any) -> list[Form | None] | None:
    """https://docs.pytorch.org/docs/stable/generated/torch.mv.html, and dot."""
    a, b = given[0].form, given[1].form
    if a.dtype != b.dtype or len(b.sizes) != 1 or a.sizes[-1:] != b.sizes:
        return None
    return [forms.laid_out(a.dtype, a.sizes[:-1])]


def _affine(forms: Forms, given: Any) -> list[Form | None] | None:
    found = _product(forms, *given[1:3])
    bias = given[0].form
    fits = found is not None and found[0] is not None and bias.sizes in {found[0].sizes, found[0].sizes[1:]}
    return found if fits and bias.dtype == given[1].form.dtype else None


def _cat(forms: Forms, given: Any) -> list[Form | None] | None:
    """https://docs.pytorch.org/docs/stable/generated/torch.cat.html."""
    parts = [each.form for each in given[0]]
    rank = len(parts[0].sizes)
    axis = given[1] % rank if len(given) > 1 and rank else 0
    if not rank or any(len(form.sizes) != rank or form.dtype != parts[0].dtype for form in parts):
        return None
    if rank in {4, 5} and not all(form.rows for form in parts):
        return None  # the result may keep the channels last
    around = {(form.sizes[:axis], form.sizes[axis + 1 :]) for form in parts}
    along = [form.sizes[axis] for form in parts]
    if len(around) > 1 or any(type(size) is not int for size in along):
        return None
    return [forms.laid_out(parts[0].dtype, (*parts[0].sizes[:axis], sum(along), *parts[0].sizes[axis + 1 :]))]


def _unpicked(forms: Forms, given: Any) -> list[Form | None] | None:
    """The gradient of what was picked from a tensor, whose sizes are an argument."""
    return [forms.laid_out(given[0].form.dtype, tuple(given[1]))]


def _softmax(forms: Forms, given: Any) -> list[Form | None] | None:
    form, axis = given[0].form, given[1]
    fits = form.rows and form.dtype.is_floating_point and -len(form.sizes) <= axis < len(form.sizes)
    plain = len(given) < 3 or given[2] is False or given[2] is None
    return [forms.laid_out(form.dtype, form.sizes)] if fits and plain else None


def _softmax_backward(_: Forms, given: Any) -> list[Form | None] | None:
    grad, output = given[0].form, given[1].form
    return [grad] if grad is output and grad.rows and given[3] == grad.dtype else None


def _attention(forms: Forms, given: Any) -> list[Form | None] | None:
    """https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.scaled_dot_product_attention.html."""
    query = given[0].form
    strides = result_strides(forms, [query], query.sizes)
    if strides is None or len(query.sizes) != 4:
        return None
    batch, heads, rows, _ = query.sizes
    return [
        forms.form(query.dtype, query.sizes, strides),
        forms.permuted(_statistics(query.dtype), (batch, heads, rows), (0, 2, 1)),
    ]


def _attention_backward(forms: Forms, given: Any) -> list[Form | None] | None:
    return [forms.permuted(each.form.dtype, each.form.sizes, (0, 2, 1, 3)) for each in given[1:4]]


def _with_defaults(given: Any, defaults: tuple[Any, ...]) -> tuple[Any, ...]:
    return (*given, *defaults[len(given) :])


def _statistics(dtype: Any) -> Any:
    """Return the dtype of means and variances: half precision keeps them in single precision."""
    import torch

    return torch.float32 if dtype in {torch.float16, torch.bfloat16} else dtype
