"""Products of vectors and matrices, ``linear``, ``einsum``: whose inner sizes must meet."""

from __future__ import annotations

from typing import Any

from snugly.facts import shapes
from snugly.facts.dims import Dim, product, same
from snugly.facts.dtypes import SCALAR_TYPES
from snugly.facts.misfits import Misfit
from snugly.facts.shapes import crossed, shown
from snugly.facts.tensors import Shape, TensorFacts
from snugly.facts.values import NOTHING_KNOWN, Meaning, ValueFacts
from snugly.operations.arguments import Scalar, axes_of, integer, listed, promoted
from snugly.operations.registry import UNKNOWN, operation
from snugly.operations.results import both, in_place, made

LOGITS = ValueFacts(meaning=Meaning.LOGITS)
CPP_NAMES = {
    "bool": "bool",
    "uint8": "unsigned char",
    "int8": "signed char",
    "int16": "short",
    "int32": "int",
    "int64": "long int",
    "float16": "c10::Half",
    "bfloat16": "c10::BFloat16",
    "float32": "float",
    "float64": "double",
    "complex64": "c10::complex<float>",
    "complex128": "c10::complex<double>",
}


def _differ(a: TensorFacts, b: TensorFacts) -> bool:
    return (
        a.dtype is not None
        and b.dtype is not None
        and a.dtype != b.dtype
        and a.kind != "ndarray"
        and b.kind != "ndarray"
    )


def _shared_dtype(*tensors: TensorFacts) -> str | None:
    """Return the dtype of a product: torch wants one for all, so any known one is it."""
    return next((facts.dtype for facts in tensors if facts.dtype is not None), None)


def _labels(a: TensorFacts, b: TensorFacts, shape: Shape | None) -> tuple[str | None, ...] | None:
    """Return the labels of a matrix product: the rows of ``a``; batch axes where the ranks agree; columns of ``b``."""
    if shape is None or a.axes is None or a.shape is None or b.shape is None:
        return None
    if len(b.shape) <= 2 or len(a.shape) >= len(b.shape):
        column = (b.axes[-1] if b.axes is not None else None,) if len(b.shape) > 1 else ()
        labels = (*a.axes[:-1], *column)
        return labels if len(labels) == len(shape) else None
    return None


def _values(a: TensorFacts, b: TensorFacts) -> ValueFacts:
    if "parameter" in (a.kind, b.kind):
        return LOGITS
    positive = all(x.values.low is not None and x.values.low >= 0 for x in (a, b))
    return ValueFacts(low=0) if positive else NOTHING_KNOWN


@operation(*both("matmul"), "operator.matmul", "torch.Tensor.__matmul__", "torch.linalg.matmul")
def matmul(input: TensorFacts, other: TensorFacts) -> TensorFacts:
    """The product of vectors, matrices or batches of matrices."""
    shape = shapes.matmul(input.shape, other.shape)
    if _differ(input, other):
        raise _matmul_dtypes(input, other)
    dtype = _shared_dtype(input, other)
    return made(shape, dtype, input, other, values=_values(input, other), axes=_labels(input, other, shape))


def _matmul_dtypes(input: TensorFacts, other: TensorFacts) -> Misfit:
    """Torch's text for two dtypes; it names the kernel that the ranks lead to."""
    a, b = input.dtype or "", other.dtype or ""
    if input.rank == 1 and other.rank == 1:
        message = f"dot : expected both vectors to have same dtype, but found {SCALAR_TYPES[a]} and {SCALAR_TYPES[b]}"
    elif other.rank == 1:
        names = f"{SCALAR_TYPES[b]}, {SCALAR_TYPES[a]}, and {SCALAR_TYPES[b]}"
        message = f"addmv input tensors must have the same dtype, but got {names}"
    elif other.rank is not None and other.rank > 2:
        message = f"expected scalar type {SCALAR_TYPES[a]} but found {SCALAR_TYPES[b]}"
    else:
        message = f"expected m1 and m2 to have the same dtype, but got: {CPP_NAMES.get(a, a)} != {CPP_NAMES.get(b, b)}"
    return Misfit(message, clause="dtype-mismatch", argument="other", dtypes=(a, b))


@operation("operator.imatmul")
def imatmul(input: TensorFacts, other: TensorFacts) -> TensorFacts:
    """``input @= other``: a new tensor under the old name."""
    return matmul(input, other)


@operation("torch.Tensor.__rmatmul__")
def rmatmul(input: TensorFacts, other: TensorFacts) -> TensorFacts:
    """``other @ input``."""
    return matmul(other, input)


def _require_rank(facts: TensorFacts, rank: int, message: str, argument: str) -> None:
    if facts.rank is not None and facts.rank != rank:
        raise Misfit(message, clause="rank", argument=argument, rank=facts.rank, shape=facts.shape)


@operation(*both("mm"), "torch.spmm", "torch.hspmm", "torch.sparse.mm", "torch.dsmm")
def mm(input: TensorFacts, mat2: TensorFacts) -> TensorFacts:
    """The product of two matrices."""
    _require_rank(input, 2, "self must be a matrix", "input")
    _require_rank(mat2, 2, "mat2 must be a matrix", "mat2")
    result = matmul(input, mat2)
    return result if result.shape is not None else result.with_(shape=(input.size(0), mat2.size(1)))


@operation(*both("bmm"))
def bmm(input: TensorFacts, mat2: TensorFacts) -> TensorFacts:
    """The products of two batches of matrices, pair by pair."""
    _require_rank(input, 3, "batch1 must be a 3D tensor", "input")
    _require_rank(mat2, 3, "batch2 must be a 3D tensor", "mat2")
    if input.shape is not None and mat2.shape is not None:
        batch, _, inner = input.shape
        if same(mat2.shape[0], batch) is False or same(mat2.shape[1], inner) is False:
            message = (
                f"Expected size for first two dimensions of batch2 tensor to be: [{batch}, {inner}]"
                f" but got: [{mat2.shape[0]}, {mat2.shape[1]}]."
            )
            details: dict[str, Any] = {"a": input.shape, "b": mat2.shape}
            raise Misfit(message, clause="matmul-inner-sizes", argument="mat2", **details)
        shape = (shapes.known_same(batch, mat2.shape[0]), input.shape[1], mat2.shape[2])
    else:
        known = input.shape or (mat2.size(0), None, None)
        shape = (known[0], input.size(1), mat2.size(2))
    if _differ(input, mat2):
        raise _matmul_dtypes(input, mat2)
    return made(
        shape, _shared_dtype(input, mat2), input, mat2, values=_values(input, mat2), axes=_labels(input, mat2, shape)
    )


@operation(*both("mv"))
def mv(input: TensorFacts, vec: TensorFacts) -> TensorFacts:
    """The product of a matrix and a vector."""
    if (input.rank is not None and input.rank != 2) or (vec.rank is not None and vec.rank != 1):
        message = (
            f"vector + matrix @ vector expected, got 1, {input.rank or '?'},"
            f" {vec.rank if vec.rank is not None else '?'}"
        )
        raise Misfit(message, clause="rank", argument="input", shape=input.shape)
    result = matmul(input, vec)
    return result if result.shape is not None else result.with_(shape=(input.size(0),))


@operation(*both("dot", "vdot"))
def dot(input: TensorFacts, tensor: TensorFacts) -> TensorFacts:
    """The product of two vectors: a scalar."""
    if input.rank is not None and tensor.rank is not None and (input.rank, tensor.rank) != (1, 1):
        message = f"1D tensors expected, but got {input.rank}D and {tensor.rank}D tensors"
        raise Misfit(message, clause="rank", argument="tensor", shape=tensor.shape)
    result = matmul(input, tensor)
    return result.with_(shape=(), axes=None)


@operation(*both("inner"))
def inner(input: TensorFacts, other: TensorFacts) -> TensorFacts:
    """The products along the last axes, for all pairs of the others."""
    if input.shape is None or other.shape is None:
        return made(None, _shared_dtype(input, other), input, other)
    if not input.shape or not other.shape:
        shape = input.shape or other.shape
        return made(shape, _shared_dtype(input, other), input, other)
    if same(input.shape[-1], other.shape[-1]) is False:
        message = (
            "inner() the last dimension must match on both input tensors but got shapes"
            f" {shown(input.shape)} and {shown(other.shape)}"
        )
        raise Misfit(message, clause="matmul-inner-sizes", argument="other", a=input.shape, b=other.shape)
    shape = (*input.shape[:-1], *other.shape[:-1])
    return made(shape, _shared_dtype(input, other), input, other)


@operation(*both("outer", "ger"))
def outer(input: TensorFacts, vec2: TensorFacts) -> TensorFacts:
    """The products of all pairs of two vectors."""
    for name, facts in (("self", input), ("vec2", vec2)):
        if facts.rank is not None and facts.rank != 1:
            message = f"outer: Expected 1-D argument {name}, but got {facts.rank}-D"
            raise Misfit(message, clause="rank", argument="input" if name == "self" else name, shape=facts.shape)
    return made((input.size(0), vec2.size(0)), promoted(input, vec2), input, vec2)


def _added(input: TensorFacts, result: TensorFacts) -> TensorFacts:
    """Return a product with something added that must expand to it."""
    if input.shape is not None and result.shape is not None:
        shapes.expand(input.shape, result.shape)
    return result.with_(
        values=LOGITS if result.values.meaning is Meaning.LOGITS else NOTHING_KNOWN,
        requires_grad=_either(input.requires_grad, result.requires_grad),
    )


def _either(a: bool | None, b: bool | None) -> bool | None:
    return True if a or b else (None if a is None or b is None else False)


@in_place("torch.Tensor.addmm_")
@operation(*both("addmm"))
def addmm(
    input: TensorFacts, mat1: TensorFacts, mat2: TensorFacts, *, beta: Scalar = 1, alpha: Scalar = 1
) -> TensorFacts:
    """``beta * input + alpha * mat1 @ mat2``."""
    del beta, alpha
    _require_rank(mat1, 2, "mat1 must be a matrix, got " + f"{mat1.rank}-D tensor", "mat1")
    _require_rank(mat2, 2, "mat2 must be a matrix, got " + f"{mat2.rank}-D tensor", "mat2")
    return _added(input, matmul(mat1, mat2))


@in_place("torch.Tensor.addmv_")
@operation(*both("addmv"))
def addmv(
    input: TensorFacts, mat: TensorFacts, vec: TensorFacts, *, beta: Scalar = 1, alpha: Scalar = 1
) -> TensorFacts:
    """``beta * input + alpha * mat @ vec``."""
    del beta, alpha
    return _added(input, mv(mat, vec))


@in_place("torch.Tensor.baddbmm_")
@operation(*both("baddbmm"))
def baddbmm(
    input: TensorFacts, batch1: TensorFacts, batch2: TensorFacts, *, beta: Scalar = 1, alpha: Scalar = 1
) -> TensorFacts:
    """``beta * input + alpha * bmm(batch1, batch2)``."""
    del beta, alpha
    return _added(input, bmm(batch1, batch2))


@in_place("torch.Tensor.addbmm_")
@operation(*both("addbmm"))
def addbmm(
    input: TensorFacts, batch1: TensorFacts, batch2: TensorFacts, *, beta: Scalar = 1, alpha: Scalar = 1
) -> TensorFacts:
    """``beta * input + alpha *`` the sum of ``bmm(batch1, batch2)`` over the batch."""
    del beta, alpha
    many = bmm(batch1, batch2)
    return _added(input, many.with_(shape=None if many.shape is None else many.shape[1:], axes=None))


@in_place("torch.Tensor.addr_")
@operation(*both("addr"))
def addr(
    input: TensorFacts, vec1: TensorFacts, vec2: TensorFacts, *, beta: Scalar = 1, alpha: Scalar = 1
) -> TensorFacts:
    """``beta * input + alpha * outer(vec1, vec2)``."""
    del beta, alpha
    pairs = outer(vec1, vec2)
    return _added(input, pairs).with_(dtype=promoted(input, pairs))


@operation("torch.nn.functional.linear", "torch._C._nn.linear")
def linear(input: TensorFacts, weight: TensorFacts, bias: TensorFacts | None = None) -> TensorFacts:
    """``input @ weight.T + bias`` on the last axis, which becomes the axis of features."""
    if input.shape == ():
        message = "both arguments to linear need to be at least 1D, but they are 0D and 2D"
        raise Misfit(message, clause="rank", argument="input", shape=input.shape)
    features = weight.size(-1)
    if input.shape is not None and weight.shape is not None and same(input.shape[-1], features) is False:
        rows = product(input.shape[:-1])
        turned = crossed(weight.shape[::-1])
        message = f"mat1 and mat2 shapes cannot be multiplied ({crossed([rows])}x{input.shape[-1]} and {turned})"
        details: dict[str, Any] = {
            "a": input.shape,
            "b": weight.shape,
            "given": input.shape[-1],
            "expected": features,
            "rows": rows,
        }
        raise Misfit(message, clause="linear-features", argument="input", **details)
    if _differ(input, weight):
        raise _linear_dtypes(input, weight, bias)
    units = () if weight.rank == 1 else (weight.size(0),)
    shape = None if input.shape is None else (*input.shape[:-1], *units)
    if bias is not None and bias.shape is not None and shape is not None and bias.shape:
        _check_bias(bias.shape, shape)
    dtype = _shared_dtype(input, weight)
    axes = None
    if shape is not None:
        axes = (
            *(input.axes[:-1] if input.axes is not None else (None,) * (len(shape) - len(units))),
            *(("features",) * len(units)),
        )
    return made(shape, dtype, input, weight, bias, values=LOGITS, axes=axes)


def _check_bias(bias: Shape, shape: Shape) -> None:
    flat = (product(shape[:-1]), shape[-1])
    if same(bias[-1], flat[1]) is False and same(bias[-1], 1) is False:
        message = (
            f"The expanded size of the tensor ({flat[1]}) must match the existing size ({bias[-1]}) at non-singleton"
            f" dimension 1.  Target sizes: {shown(flat)}.  Tensor sizes: {shown(bias)}"
        )
        raise Misfit(message, clause="bias-size", argument="bias", bias=bias, features=flat[1])


def _linear_dtypes(input: TensorFacts, weight: TensorFacts, bias: TensorFacts | None) -> Misfit:
    a, b = input.dtype or "", weight.dtype or ""
    if bias is not None:
        message = f"mat1 and mat2 must have the same dtype, but got {SCALAR_TYPES[a]} and {SCALAR_TYPES[b]}"
    else:
        message = f"expected m1 and m2 to have the same dtype, but got: {CPP_NAMES.get(a, a)} != {CPP_NAMES.get(b, b)}"
    return Misfit(message, clause="dtype-mismatch", argument="input", dtypes=(a, b))


@operation("torch.nn.functional.bilinear", "torch.bilinear")
def bilinear(
    input1: TensorFacts, input2: TensorFacts, weight: TensorFacts, bias: TensorFacts | None = None
) -> TensorFacts:
    """``input1 @ weight[k] @ input2`` for each unit ``k``."""
    for number, facts in ((1, input1), (2, input2)):
        if same(facts.size(-1), weight.size(number)) is False:
            message = (
                f"bilinear(): input{number} size does not match weight size: got {facts.size(-1)} but"
                f" expected {weight.size(number)}"
            )
            raise Misfit(
                message,
                clause="linear-features",
                argument=f"input{number}",
                given=facts.size(-1),
                expected=weight.size(number),
            )
    shape = None if input1.shape is None else (*input1.shape[:-1], weight.size(0))
    axes = None if input1.axes is None else (*input1.axes[:-1], "features")
    return made(shape, _shared_dtype(input1, input2, weight), input1, input2, weight, bias, values=LOGITS, axes=axes)


@operation("torch.einsum", "torch.functional.einsum")
def einsum(equation: Any, *operands: Any) -> TensorFacts:
    """Sums of products by the letters of an equation."""
    items = listed(operands[0]) if len(operands) == 1 and not isinstance(operands[0], TensorFacts) else operands
    if items is None or not isinstance(equation, str):
        return TensorFacts()
    tensors = [item if isinstance(item, TensorFacts) else TensorFacts() for item in items]
    inputs, arrow, output = equation.replace(" ", "").partition("->")
    terms = inputs.split(",")
    if len(terms) != len(tensors):
        fewer = "fewer" if len(tensors) < len(terms) else "more"
        message = f"einsum(): {fewer} operands were provided than specified in the equation"
        raise Misfit(message, clause="einsum-operands", argument="equation")
    sizes, batch, labels = _einsum_sizes(terms, tensors)
    if not arrow:
        letters = "".join(terms).replace("...", "")
        output = ("..." if batch != () else "") + "".join(sorted(x for x in set(letters) if letters.count(x) == 1))
    shape = _einsum_shape(output, sizes, batch)
    named = None
    if shape is not None and "..." not in output and any(labels.values()):
        named = tuple(labels.get(letter) for letter in output)
    values = LOGITS if any(item.kind == "parameter" for item in tensors) else NOTHING_KNOWN
    return made(shape, _shared_dtype(*tensors), *tensors, values=values, axes=named)


def _einsum_sizes(
    terms: list[str], tensors: list[TensorFacts]
) -> tuple[dict[str, Dim | None], Shape | None, dict[str, str | None]]:
    """Return the size of each letter, the shape that ``...`` stands for, and the label of each letter."""
    sizes: dict[str, Dim | None] = {}
    labels: dict[str, str | None] = {}
    batch: Shape | None = ()
    for number, (term, facts) in enumerate(zip(terms, tensors, strict=True)):
        letters = term.replace("...", "")
        if facts.shape is None:
            batch = None if "..." in term else batch
            for letter in letters:
                sizes.setdefault(letter, None)
            continue
        extra = len(facts.shape) - len(letters)
        if extra < 0 or (extra and "..." not in term):
            message = (
                f"einsum(): the number of subscripts in the equation ({len(letters)}) "
                + ("does not match" if "..." not in term else "is more than")
                + f" the number of dimensions ({len(facts.shape)}) for operand {number}"
                + (" and no ellipsis was given" if "..." not in term else "")
            )
            raise Misfit(message, clause="einsum-rank", argument="operands", operand=number, shape=facts.shape)
        front = term.index("...") if "..." in term else len(letters)
        places = [*range(front), *range(front + extra, len(facts.shape))]
        if "..." in term:
            batch = None if batch is None else shapes.broadcast(batch, facts.shape[front : front + extra])
        for letter, place in zip(letters, places, strict=True):
            _meet(sizes, letter, facts.shape[place], number)
            if facts.axes is not None and letter not in labels:
                labels[letter] = facts.axes[place]
    return sizes, batch, labels


def _meet(sizes: dict[str, Dim | None], letter: str, size: Dim | None, number: int) -> None:
    if letter not in sizes or same(sizes[letter], 1):
        sizes[letter] = size
        return
    before = sizes[letter]
    if same(size, before) is False and same(size, 1) is False and same(before, 1) is False:
        message = (
            f"einsum(): subscript {letter} has size {size} for operand {number} which does not broadcast with"
            f" previously seen size {before}"
        )
        details: dict[str, Any] = {"letter": letter, "size": size, "before": before, "operand": number}
        raise Misfit(message, clause="einsum-sizes", argument="operands", **details)
    sizes[letter] = shapes.broadcast_size(before, size)[0]


def _einsum_shape(output: str, sizes: dict[str, Dim | None], batch: Shape | None) -> Shape | None:
    front, dots, back = output.partition("...")
    if dots and batch is None:
        return None
    between = batch if dots and batch is not None else ()
    return (*(sizes.get(x) for x in front), *between, *(sizes.get(x) for x in back))


@operation("torch.tensordot", "torch.functional.tensordot")
def tensordot(a: TensorFacts, b: TensorFacts, dims: Any = 2) -> TensorFacts:
    """Sums of products over some axes of each."""
    if a.shape is None or b.shape is None or dims is UNKNOWN or isinstance(dims, TensorFacts):
        return made(None, _shared_dtype(a, b), a, b)
    count = integer(dims)
    pair = listed(dims)
    if count is not None:
        first: tuple[int, ...] | None = tuple(range(len(a.shape) - count, len(a.shape)))
        second: tuple[int, ...] | None = tuple(range(count))
    elif pair is not None and len(pair) == 2:
        first, second = axes_of(pair[0], len(a.shape)), axes_of(pair[1], len(b.shape))
    else:
        return made(None, _shared_dtype(a, b), a, b)
    if first is None or second is None:
        return made(None, _shared_dtype(a, b), a, b)
    for x, y in zip(first, second, strict=False):
        if same(a.shape[x], b.shape[y]) is False and same(a.shape[x], 1) is False and same(b.shape[y], 1) is False:
            message = (
                f"contracted dimensions need to match, but first has size {a.shape[x]} in dim {x} and"
                f" second has size {b.shape[y]} in dim {y}"
            )
            raise Misfit(message, clause="matmul-inner-sizes", argument="b", a=a.shape, b=b.shape)
    shape = (*(shapes.without(a.shape, first) or ()), *(shapes.without(b.shape, second) or ()))
    return made(shape, _shared_dtype(a, b), a, b)


@operation(*both("kron"))
def kron(input: TensorFacts, other: TensorFacts) -> TensorFacts:
    """The Kronecker product."""
    dtype = promoted(input, other)
    if input.shape is None or other.shape is None:
        return made(None, dtype, input, other)
    rank = max(len(input.shape), len(other.shape))
    a = (1,) * (rank - len(input.shape)) + input.shape
    b = (1,) * (rank - len(other.shape)) + other.shape
    return made(
        tuple(None if x is None or y is None else x * y for x, y in zip(a, b, strict=True)), dtype, input, other
    )


@operation("torch.chain_matmul", "torch.functional.chain_matmul")
def chain_matmul(*matrices: Any) -> TensorFacts:
    """The product of several matrices."""
    result = matrices[0]
    for matrix in matrices[1:]:
        result = mm(result, matrix)
    return result  # type: ignore[no-any-return]


@operation("torch.linalg.multi_dot")
def multi_dot(tensors: Any) -> TensorFacts:
    """The product of several matrices; the first and the last may be vectors."""
    items = listed(tensors)
    if not items or not all(isinstance(item, TensorFacts) for item in items):
        return TensorFacts()
    result = items[0]
    for item in items[1:]:
        result = matmul(result, item)
    return result  # type: ignore[no-any-return]
