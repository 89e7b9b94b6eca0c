"""Conversions: dtype, device, numpy, Python numbers; and questions about a tensor's shape."""

from __future__ import annotations

from typing import Any

from snugly.facts import ranges
from snugly.facts.dims import Dim, less, same
from snugly.facts.dtypes import FLOATING, canonical_dtype, complex_of, real_of
from snugly.facts.misfits import Misfit
from snugly.facts.scalars import Number
from snugly.facts.tensors import TensorFacts
from snugly.operations.arguments import axis_of, chosen_device, chosen_dtype
from snugly.operations.registry import UNKNOWN, Repeated, operation
from snugly.operations.results import both, gradient

_CASTS = {
    "float": "float32", "double": "float64", "half": "float16", "bfloat16": "bfloat16", "long": "int64", "int": "int32",
    "short": "int16", "char": "int8", "byte": "uint8", "bool": "bool", "cfloat": "complex64", "cdouble": "complex128",
    "chalf": "complex32",
}  # fmt: skip
_LEGACY = {
    "FloatTensor": "float32", "DoubleTensor": "float64", "HalfTensor": "float16", "BFloat16Tensor": "bfloat16",
    "LongTensor": "int64", "IntTensor": "int32", "ShortTensor": "int16", "CharTensor": "int8", "ByteTensor": "uint8",
    "BoolTensor": "bool",
}  # fmt: skip


def converted(input: TensorFacts, dtype: str | None, device: str | None) -> TensorFacts:
    """Return the facts with another dtype and device; ranges and meaning stay where they can."""
    values = ranges.cast(input.values, input.dtype, dtype)
    kind = "tensor" if input.kind == "parameter" else input.kind
    grad = gradient(dtype, (input,))
    return TensorFacts(input.shape, dtype, device, grad, values, input.axes, None, kind)


def _declare_casts() -> None:
    for name, target in _CASTS.items():

        def cast(input: TensorFacts, *, target: str = target) -> TensorFacts:
            return converted(input, target, input.device)

        operation(f"torch.Tensor.{name}")(cast)


_declare_casts()


@operation("torch.Tensor.to")
def to(
    input: TensorFacts,
    *target: Any,
    dtype: str | None = None,
    device: str | None = None,
    other: TensorFacts | None = None,
    copy: bool = False,
) -> TensorFacts:
    """Another dtype, another device, or those of another tensor."""
    del copy
    new_dtype, new_device = chosen_dtype(dtype, input.dtype), chosen_device(device, input.device)
    for item in (*target, other):
        if isinstance(item, TensorFacts):
            new_dtype, new_device = item.dtype, item.device
        elif isinstance(item, str) and canonical_dtype(item) is not None:
            new_dtype = canonical_dtype(item)
        elif isinstance(item, str) or (isinstance(item, int) and not isinstance(item, bool)):
            new_device = chosen_device(item, input.device)
        elif item is UNKNOWN:
            new_dtype, new_device = (new_dtype, None) if len(target) > 1 else (None, None)
    return converted(input, new_dtype, new_device)


@operation("torch.Tensor.type")
def type(input: TensorFacts, dtype: Any = None, non_blocking: bool = False) -> TensorFacts:
    """Another dtype, as a dtype or a legacy name such as ``"torch.cuda.FloatTensor"``."""
    del non_blocking
    if not isinstance(dtype, str):
        return UNKNOWN if dtype is None else converted(input, None, None)  # type: ignore[return-value]
    legacy = dtype.rsplit(".", 1)[-1]
    if legacy in _LEGACY:
        return converted(input, _LEGACY[legacy], "cuda" if ".cuda." in dtype else "cpu")
    return converted(input, canonical_dtype(dtype), input.device)


@operation("torch.Tensor.type_as")
def type_as(input: TensorFacts, other: TensorFacts) -> TensorFacts:
    """The dtype and device of another tensor."""
    return converted(input, other.dtype, other.device)


@operation("torch.Tensor.cpu")
def cpu(input: TensorFacts) -> TensorFacts:
    """On the CPU."""
    return converted(input, input.dtype, "cpu")


@operation("torch.Tensor.cuda")
def cuda(input: TensorFacts, device: Any = None, non_blocking: bool = False) -> TensorFacts:
    """On a GPU."""
    del non_blocking
    return converted(input, input.dtype, chosen_device(device, "cuda"))


@operation("torch.Tensor.numpy", "torch.Tensor.__array__")
def numpy(input: TensorFacts, dtype: Any = None, *, force: bool = False) -> TensorFacts:
    """As a numpy array; a tensor that requires grad or is on a GPU is refused."""
    if input.requires_grad and not force:
        message = "Can't call numpy() on Tensor that requires grad. Use tensor.detach().numpy() instead."
        raise Misfit(message, clause="numpy-requires-grad", argument="input")
    if input.device is not None and input.device.startswith(("cuda", "mps")) and not force:
        message = (
            f"can't convert {input.device}{'' if ':' in input.device else ':0'} device type tensor to numpy."
            " Use Tensor.cpu() to copy the tensor to host memory first."
        )
        raise Misfit(message, clause="numpy-device", raises="TypeError", argument="input", device=input.device)
    if input.dtype == "bfloat16":
        raise Misfit("Got unsupported ScalarType BFloat16", clause="numpy-dtype", raises="TypeError", argument="input")
    target = input.dtype if dtype is None else chosen_dtype(dtype, None)
    return TensorFacts(input.shape, target, "cpu", False, input.values, input.axes, None, "ndarray")


@operation("torch.from_numpy")
def from_numpy(ndarray: TensorFacts) -> TensorFacts:
    """As a tensor, sharing memory."""
    return TensorFacts(ndarray.shape, ndarray.dtype, "cpu", False, ndarray.values, ndarray.axes)


_NUMBERS = {"bool": "bool", "complex64": "complex", "complex128": "complex", "complex32": "complex"}


def _one(input: TensorFacts, message: str, raises: str) -> object:
    """Return the only element as a Python number."""
    if same(input.numel, 1) is False:
        raise Misfit(message, clause="one-element", raises=raises, argument="input", shape=input.shape)
    if input.values.elements is not None and len(input.values.elements) == 1:
        return input.values.elements[0]
    if input.dtype is None:
        return UNKNOWN
    kind = _NUMBERS.get(input.dtype, "float" if input.dtype in FLOATING else "int")
    return Number(kind, input.values.low, input.values.high)


@operation("torch.Tensor.item")
def item(input: TensorFacts) -> object:
    """The only element as a Python number."""
    if input.shape == () and input.values.most is not None and input.values.integral:
        return input.values.most
    return _one(input, f"a Tensor with {input.numel} elements cannot be converted to Scalar", "RuntimeError")


def _converted(input: TensorFacts, kind: str) -> object:
    number = _one(input, "only one element tensors can be converted to Python scalars", "ValueError")
    if isinstance(number, Number):
        return Number(kind, number.low, number.high)
    return {"int": int, "float": float}[kind](number) if isinstance(number, int | float) else Number(kind)


@operation("builtins.float", "torch.Tensor.__float__")
def to_float(input: TensorFacts) -> object:
    """``float(tensor)``."""
    return _converted(input, "float")


@operation("builtins.int", "torch.Tensor.__int__", "operator.index", "torch.Tensor.__index__")
def to_int(input: TensorFacts) -> object:
    """``int(tensor)``."""
    if input.shape == () and input.values.most is not None and input.values.integral:
        return input.values.most
    return _converted(input, "int")


@operation("builtins.bool", "torch.Tensor.__bool__", "torch.is_nonzero", "torch.Tensor.is_nonzero")
def to_bool(input: TensorFacts) -> object:
    """``bool(tensor)``: refused for more than one element."""
    count = input.numel
    if less(1, count):
        message = "Boolean value of Tensor with more than one value is ambiguous"
        raise Misfit(message, clause="truth-of-many", argument="input", shape=input.shape)
    if input.values.elements is not None and len(input.values.elements) == 1:
        return bool(input.values.elements[0])
    return Number("bool")


@operation("torch.Tensor.tolist")
def tolist(input: TensorFacts) -> object:
    """Nested lists of Python numbers."""
    if input.shape is None:
        return UNKNOWN
    if input.values.elements is not None and all(isinstance(size, int) for size in input.shape):
        return _nested(list(input.values.elements), [size for size in input.shape if isinstance(size, int)])
    kind = None if input.dtype is None else _NUMBERS.get(input.dtype, "float" if input.dtype in FLOATING else "int")
    element: Any = UNKNOWN if kind is None else Number(kind, input.values.low, input.values.high)
    for size in reversed(input.shape):
        element = Repeated(element, size)
    return element


def _nested(elements: list[Any], sizes: list[int]) -> Any:
    if not sizes:
        return elements[0]
    if len(sizes) == 1:
        return elements
    step = len(elements) // sizes[0] if sizes[0] else 0
    return [_nested(elements[i * step : (i + 1) * step], sizes[1:]) for i in range(sizes[0])]


@operation("torch.Tensor.size", "torch.Tensor.shape")
def size(input: TensorFacts, dim: int | None = None) -> object:
    """The shape, or the size of one axis."""
    if input.shape is None:
        return UNKNOWN
    if dim is None:
        return tuple(UNKNOWN if axis is None else axis for axis in input.shape)
    if not input.shape:
        message = "Dimension specified as 0 but tensor has no dimensions"
        raise Misfit(message, clause="axis-range", raises="IndexError", argument="dim")
    axis = axis_of(dim, len(input.shape))
    found = None if axis is None else input.shape[axis]
    return UNKNOWN if found is None else found


@operation(*both("numel"), "torch.Tensor.nelement")
def numel(input: TensorFacts) -> Dim | object:
    """The number of elements."""
    count = input.numel
    return UNKNOWN if count is None else count


@operation("torch.Tensor.dim", "torch.Tensor.ndimension", "torch.Tensor.ndim")
def dim(input: TensorFacts) -> int | object:
    """The number of axes."""
    return UNKNOWN if input.rank is None else input.rank


@operation("builtins.len", "torch.Tensor.__len__")
def length(input: TensorFacts) -> Dim | object:
    """``len(tensor)``: the first size."""
    if input.shape == ():
        raise Misfit("len() of a 0-d tensor", clause="rank", raises="TypeError", argument="input")
    found = input.size(0)
    return UNKNOWN if found is None else found


@operation(*both("is_floating_point"))
def is_floating_point(input: TensorFacts) -> bool | object:
    """Whether the dtype is a floating one."""
    return UNKNOWN if input.dtype is None else input.dtype in FLOATING


@operation("torch.is_tensor")
def is_tensor(obj: object) -> bool | object:
    """Whether something is a tensor."""
    if isinstance(obj, TensorFacts):
        return obj.kind != "ndarray"
    return UNKNOWN if obj is UNKNOWN else False


@operation("torch.Tensor.element_size")
def element_size(input: TensorFacts) -> object:
    """Bytes of one element."""
    digits = "".join(c for c in (input.dtype or "").removeprefix("b") if c.isdigit())
    return {"bool": 1}.get(
        input.dtype or "", int(digits) // 8 if digits and "_" not in (input.dtype or "") else UNKNOWN
    )


@operation("torch.view_as_real")
def view_as_real(input: TensorFacts) -> TensorFacts:
    """Complex numbers as a last axis of two."""
    shape = None if input.shape is None else (*input.shape, 2)
    return TensorFacts(shape, None if input.dtype is None else real_of(input.dtype), input.device, input.requires_grad)


@operation("torch.view_as_complex")
def view_as_complex(input: TensorFacts) -> TensorFacts:
    """A last axis of two as complex numbers."""
    if input.shape is not None and (not input.shape or same(input.shape[-1], 2) is False):
        raise Misfit("Tensor must have a last dimension of size 2", clause="view-as-complex", argument="input")
    shape = None if input.shape is None else input.shape[:-1]
    return TensorFacts(
        shape, None if input.dtype is None else complex_of(input.dtype), input.device, input.requires_grad
    )
