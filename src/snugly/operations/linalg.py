"""Linear algebra: decompositions, solutions, inverses, and what sizes they want."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from snugly.facts.dims import Dim, less, same
from snugly.facts.dtypes import complex_of, real_of
from snugly.facts.misfits import Misfit
from snugly.facts.shapes import broadcast
from snugly.facts.values import NOTHING_KNOWN, ValueFacts
from snugly.operations.arguments import flag, integer
from snugly.operations.registry import UNKNOWN, operation
from snugly.operations.results import made

if TYPE_CHECKING:
    from snugly.facts.tensors import Shape, TensorFacts

_L = "torch.linalg."


class SlogDet(NamedTuple):
    """What ``slogdet`` returns."""

    sign: TensorFacts
    logabsdet: TensorFacts


class QR(NamedTuple):
    """What ``qr`` returns."""

    Q: TensorFacts
    R: TensorFacts


class SVD(NamedTuple):
    """What ``linalg.svd`` returns."""

    U: TensorFacts
    S: TensorFacts
    Vh: TensorFacts


class Eigen(NamedTuple):
    """What ``eig`` and ``eigh`` return."""

    eigenvalues: TensorFacts
    eigenvectors: TensorFacts


def matrices(facts: TensorFacts, name: str) -> Shape | None:
    """Return the shape of a batch of matrices.

    Raises:
        Misfit: there are fewer than two axes.
    """
    if facts.rank is not None and facts.rank < 2:
        message = f"{name}: The input tensor A must have at least 2 dimensions."
        raise Misfit(message, clause="rank", argument="A", shape=facts.shape)
    return facts.shape


def square(facts: TensorFacts, name: str) -> Shape | None:
    """Return the shape of a batch of square matrices.

    Raises:
        Misfit: rows and columns differ.
    """
    shape = matrices(facts, name)
    if shape is not None and same(shape[-1], shape[-2]) is False:
        message = f"{name}: A must be batches of square matrices, but they are {shape[-2]} by {shape[-1]} matrices"
        raise Misfit(message, clause="square", argument="A", shape=shape)
    return shape


def smaller(a: Dim | None, b: Dim | None) -> Dim | None:
    """Return the smaller of two sizes where that is decided."""
    if same(a, b):
        return a
    below = less(a, b)
    return None if below is None else (a if below else b)


@operation(_L + "inv", "torch.inverse", "torch.Tensor.inverse")
def inv(A: TensorFacts) -> TensorFacts:
    """Inverses of square matrices."""
    return made(square(A, "linalg.inv"), A.dtype, A)


@operation(_L + "pinv", "torch.pinverse", "torch.Tensor.pinverse")
def pinv(A: TensorFacts, *tolerances: Any, atol: Any = None, rtol: Any = None, hermitian: bool = False) -> TensorFacts:
    """Pseudo-inverses: rows and columns exchanged."""
    del tolerances, atol, rtol, hermitian
    shape = matrices(A, "linalg.pinv")
    return made(None if shape is None else (*shape[:-2], shape[-1], shape[-2]), A.dtype, A)


@operation(_L + "det", "torch.det", "torch.Tensor.det")
def det(A: TensorFacts) -> TensorFacts:
    """Determinants of square matrices."""
    shape = square(A, "linalg.det")
    return made(None if shape is None else shape[:-2], A.dtype, A)


@operation("torch.logdet", "torch.Tensor.logdet")
def logdet(A: TensorFacts) -> TensorFacts:
    """Logarithms of determinants."""
    shape = square(A, "logdet")
    return made(None if shape is None else shape[:-2], A.dtype, A)


@operation(_L + "slogdet", "torch.slogdet", "torch.Tensor.slogdet")
def slogdet(A: TensorFacts) -> SlogDet:
    """Signs and logarithms of determinants."""
    shape = square(A, "linalg.slogdet")
    sign = made(None if shape is None else shape[:-2], A.dtype, A)
    return SlogDet(sign, sign.with_(dtype=_real(A)))


def _real(facts: TensorFacts) -> str | None:
    return None if facts.dtype is None else real_of(facts.dtype)


@operation(_L + "cholesky", "torch.cholesky", "torch.Tensor.cholesky")
def cholesky(A: TensorFacts, upper: bool = False) -> TensorFacts:
    """Cholesky factors of square matrices."""
    del upper
    return made(square(A, "linalg.cholesky"), A.dtype, A)


@operation(_L + "matrix_power", "torch.matrix_power", "torch.Tensor.matrix_power")
def matrix_power(A: TensorFacts, n: int) -> TensorFacts:
    """Powers of square matrices."""
    del n
    return made(square(A, "linalg.matrix_power"), A.dtype, A)


@operation(_L + "matrix_exp", "torch.matrix_exp", "torch.Tensor.matrix_exp")
def matrix_exp(A: TensorFacts) -> TensorFacts:
    """Exponentials of square matrices."""
    return made(square(A, "linalg.matrix_exp"), A.dtype, A)


@operation(_L + "matrix_rank")
def matrix_rank(
    A: TensorFacts, *tolerance: Any, tol: Any = None, atol: Any = None, rtol: Any = None, hermitian: bool = False
) -> TensorFacts:
    """Ranks of matrices."""
    del tolerance, tol, atol, rtol, hermitian
    shape = matrices(A, "linalg.matrix_rank")
    return made(None if shape is None else shape[:-2], "int64", A, values=ValueFacts(low=0, integral=True))


@operation(_L + "qr", "torch.qr", "torch.Tensor.qr")
def qr(A: TensorFacts, mode: Any = "reduced") -> QR:
    """QR factors."""
    shape = matrices(A, "linalg.qr")
    if shape is None:
        return QR(made(None, A.dtype, A), made(None, A.dtype, A))
    rows, columns = shape[-2:]
    few = smaller(rows, columns)
    if mode == "complete" or mode is False:
        return QR(made((*shape[:-2], rows, rows), A.dtype, A), made(shape, A.dtype, A))
    if mode == "r":
        return QR(made((0,), A.dtype, A), made((*shape[:-2], few, columns), A.dtype, A))
    return QR(made((*shape[:-2], rows, few), A.dtype, A), made((*shape[:-2], few, columns), A.dtype, A))


@operation(_L + "svd")
def svd(A: TensorFacts, full_matrices: bool = True, *, driver: Any = None) -> SVD:
    """Singular values with their vectors."""
    del driver
    shape = matrices(A, "linalg.svd")
    full = flag(full_matrices)
    if shape is None or full is None:
        return SVD(made(None, A.dtype, A), made(None, _real(A), A), made(None, A.dtype, A))
    rows, columns = shape[-2:]
    few = smaller(rows, columns)
    left, right = (rows, columns) if full else (few, few)
    values = made((*shape[:-2], few), _real(A), A, values=ValueFacts(low=0))
    return SVD(made((*shape[:-2], rows, left), A.dtype, A), values, made((*shape[:-2], right, columns), A.dtype, A))


@operation(_L + "svdvals")
def svdvals(A: TensorFacts, *, driver: Any = None) -> TensorFacts:
    """Singular values."""
    del driver
    shape = matrices(A, "linalg.svdvals")
    size = None if shape is None else (*shape[:-2], smaller(*shape[-2:]))
    return made(size, _real(A), A, values=ValueFacts(low=0))


@operation("torch.svd", "torch.Tensor.svd")
def old_svd(input: TensorFacts, some: bool = True, compute_uv: bool = True) -> SVD:
    """Singular values with their vectors, the right ones as columns."""
    del compute_uv
    keep = flag(some)
    left, values, right = svd(input, UNKNOWN if keep is None else not keep)  # type: ignore[arg-type]
    turned = None if right.shape is None else (*right.shape[:-2], right.shape[-1], right.shape[-2])
    return SVD(left, values, right.with_(shape=turned))


@operation(_L + "eigh")
def eigh(A: TensorFacts, UPLO: str = "L") -> Eigen:
    """Eigenvalues and eigenvectors of symmetric matrices."""
    del UPLO
    shape = square(A, "linalg.eigh")
    return Eigen(made(None if shape is None else shape[:-1], _real(A), A), made(shape, A.dtype, A))


@operation(_L + "eigvalsh")
def eigvalsh(A: TensorFacts, UPLO: str = "L") -> TensorFacts:
    """Eigenvalues of symmetric matrices."""
    del UPLO
    shape = square(A, "linalg.eigvalsh")
    return made(None if shape is None else shape[:-1], _real(A), A)


def _complex(facts: TensorFacts) -> str | None:
    return None if facts.dtype is None else complex_of(facts.dtype)


@operation(_L + "eig")
def eig(A: TensorFacts) -> Eigen:
    """Eigenvalues and eigenvectors, complex."""
    shape = square(A, "linalg.eig")
    return Eigen(made(None if shape is None else shape[:-1], _complex(A), A), made(shape, _complex(A), A))


@operation(_L + "eigvals")
def eigvals(A: TensorFacts) -> TensorFacts:
    """Eigenvalues, complex."""
    shape = square(A, "linalg.eigvals")
    return made(None if shape is None else shape[:-1], _complex(A), A)


@operation(_L + "solve")
def solve(A: TensorFacts, B: TensorFacts, *, left: bool = True) -> TensorFacts:
    """Solutions of linear systems: the shape of the right sides."""
    shape = square(A, "linalg.solve")
    if shape is None or B.shape is None:
        return made(None, A.dtype, A, B)
    vector = len(B.shape) == 1 or (
        len(B.shape) == len(shape) - 1 and all(same(a, b) for a, b in zip(B.shape, shape[:-1], strict=True))
    )
    if vector:
        batch = broadcast(shape[:-2], B.shape[:-1]) if len(B.shape) > 1 else shape[:-2]
        result: Shape | None = None if batch is None else (*batch, B.shape[-1])
    else:
        batch = broadcast(shape[:-2], B.shape[:-2])
        result = None if batch is None else (*batch, *B.shape[-2:])
    inner = B.shape[-1] if vector else (B.shape[-2] if flag(left) else B.shape[-1])
    if same(inner, shape[-1]) is False:
        message = (
            f"linalg.solve: Incompatible shapes of A and B for the equation {'AX = B' if left else 'XA = B'}"
            f" ({shape[-2]}x{shape[-1]} and {B.shape[-2] if len(B.shape) > 1 else B.shape[-1]}x{B.shape[-1]})"
        )
        raise Misfit(message, clause="matmul-inner-sizes", argument="B", a=shape, b=B.shape)
    return made(result, A.dtype, A, B)


@operation("torch.cholesky_inverse", "torch.Tensor.cholesky_inverse")
def cholesky_inverse(input: TensorFacts, upper: bool = False) -> TensorFacts:
    """Inverses of matrices given by their Cholesky factors."""
    del upper
    return made(square(input, "cholesky_inverse"), input.dtype, input)


@operation("torch.cholesky_solve", "torch.Tensor.cholesky_solve")
def cholesky_solve(B: TensorFacts, L: TensorFacts, upper: bool = False) -> TensorFacts:
    """Solutions of systems given by Cholesky factors."""
    del upper
    if B.shape is None or L.shape is None or len(B.shape) < 2 or len(L.shape) < 2:
        return made(None, B.dtype, B, L)
    batch = broadcast(B.shape[:-2], L.shape[:-2])
    return made(None if batch is None else (*batch, *B.shape[-2:]), B.dtype, B, L)


@operation("torch.vander", _L + "vander")
def vander(x: TensorFacts, N: Any = None, increasing: bool = False) -> TensorFacts:
    """Powers of elements as columns."""
    del increasing
    size = x.size(-1) if N is None else integer(N)
    dtype = "int64" if x.dtype in ("bool", "uint8", "int8", "int16", "int32") else x.dtype
    return made(None if x.shape is None else (*(x.shape or (1,)), size), dtype, x, values=NOTHING_KNOWN)
