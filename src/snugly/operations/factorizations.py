"""Factorizations of matrices and the systems solved with them: LU, LDL, Householder, least squares, low rank."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from snugly.facts.dims import less, same
from snugly.facts.dtypes import real_of
from snugly.facts.misfits import Misfit
from snugly.facts.shapes import broadcast
from snugly.facts.values import ValueFacts
from snugly.operations.arguments import axes_of, flag, integer, whole
from snugly.operations.linalg import inv, matrices, smaller, solve, square
from snugly.operations.registry import operation
from snugly.operations.results import made

if TYPE_CHECKING:
    from snugly.facts.tensors import Shape, TensorFacts

_L = "torch.linalg."
_INFO = ValueFacts(integral=True)


class Factor(NamedTuple):
    """What ``cholesky_ex`` returns."""

    L: TensorFacts
    info: TensorFacts


class Inverse(NamedTuple):
    """What ``inv_ex`` returns."""

    inverse: TensorFacts
    info: TensorFacts


class Solution(NamedTuple):
    """What ``solve_ex`` returns."""

    result: TensorFacts
    info: TensorFacts


class LU(NamedTuple):
    """What ``lu`` and ``lu_unpack`` return."""

    P: TensorFacts
    L: TensorFacts
    U: TensorFacts


class Pivoted(NamedTuple):
    """What ``lu_factor`` and ``ldl_factor`` return."""

    LU: TensorFacts
    pivots: TensorFacts


class PivotedWithInfo(NamedTuple):
    """What ``lu_factor_ex`` and ``ldl_factor_ex`` return."""

    LU: TensorFacts
    pivots: TensorFacts
    info: TensorFacts


class Reflectors(NamedTuple):
    """What ``geqrf`` returns."""

    a: TensorFacts
    tau: TensorFacts


class Triangular(NamedTuple):
    """What ``triangular_solve`` returns."""

    solution: TensorFacts
    cloned_coefficient: TensorFacts


class LeastSquares(NamedTuple):
    """What ``lstsq`` returns; what the driver decides is not followed."""

    solution: TensorFacts
    residuals: TensorFacts
    rank: TensorFacts
    singular_values: TensorFacts


class LowRank(NamedTuple):
    """What ``svd_lowrank`` and ``pca_lowrank`` return."""

    U: TensorFacts
    S: TensorFacts
    V: TensorFacts


def _info(A: TensorFacts, shape: Shape | None) -> TensorFacts:
    """Return one ``int32`` for each matrix."""
    return made(None if shape is None else shape[:-2], "int32", A, values=_INFO)


def _few(shape: Shape | None) -> Shape | None:
    """Return the batch axes with the smaller of rows and columns behind them."""
    return None if shape is None else (*shape[:-2], smaller(*shape[-2:]))


@operation(_L + "cholesky_ex")
def cholesky_ex(A: TensorFacts, *, upper: bool = False, check_errors: bool = False) -> Factor:
    """Cholesky factors, and for each matrix whether it had one."""
    del upper, check_errors
    shape = square(A, "linalg.cholesky_ex")
    return Factor(made(shape, A.dtype, A), _info(A, shape))


@operation(_L + "inv_ex")
def inv_ex(A: TensorFacts, *, check_errors: bool = False) -> Inverse:
    """Inverses, and for each matrix whether it had one."""
    del check_errors
    result = inv(A)
    return Inverse(result, _info(A, result.shape))


@operation(_L + "solve_ex")
def solve_ex(A: TensorFacts, B: TensorFacts, *, left: bool = True, check_errors: bool = False) -> Solution:
    """Solutions of linear systems, and for each whether it had one."""
    del check_errors
    return Solution(solve(A, B, left=left), _info(A, A.shape))


@operation(_L + "lu_factor")
def lu_factor(A: TensorFacts, *, pivot: bool = True) -> Pivoted:
    """The LU factors in one matrix, and the pivots."""
    del pivot
    shape = matrices(A, "linalg.lu_factor")
    return Pivoted(made(shape, A.dtype, A), made(_few(shape), "int32", A, values=_INFO))


@operation(_L + "lu_factor_ex")
def lu_factor_ex(A: TensorFacts, *, pivot: bool = True, check_errors: bool = False) -> PivotedWithInfo:
    """The LU factors in one matrix, the pivots, and for each matrix whether it went well."""
    del check_errors
    return PivotedWithInfo(*lu_factor(A, pivot=pivot), _info(A, A.shape))


@operation("torch.lu", "torch.Tensor.lu", "torch.functional.lu")
def old_lu(A: TensorFacts, pivot: bool = True, get_infos: bool = False) -> Any:
    """The LU factors as ``torch.lu`` gives them: a tuple of two, of three with ``get_infos``."""
    factors = lu_factor(A, pivot=pivot)
    wanted = flag(get_infos)
    if wanted is None:
        return factors
    return (*factors, _info(A, A.shape)) if wanted else tuple(factors)


@operation(_L + "lu")
def lu(A: TensorFacts, *, pivot: bool = True) -> LU:
    """Permutation, lower and upper factor; without pivoting the permutation is empty."""
    shape = matrices(A, "linalg.lu")
    pivoting = flag(pivot)
    if shape is None:
        return LU(made(None, A.dtype, A), made(None, A.dtype, A), made(None, A.dtype, A))
    *batch, rows, columns = shape
    few = smaller(rows, columns)
    order: Shape | None = None if pivoting is None else ((*batch, rows, rows) if pivoting else (0,))
    return LU(made(order, A.dtype, A), made((*batch, rows, few), A.dtype, A), made((*batch, few, columns), A.dtype, A))


@operation("torch.lu_unpack")
def lu_unpack(LU_data: TensorFacts, LU_pivots: TensorFacts, unpack_data: bool = True, unpack_pivots: bool = True) -> LU:
    """Permutation, lower and upper factor from what ``lu_factor`` gave; what is not wanted is empty."""
    if LU_pivots.dtype not in (None, "int32"):
        message = "torch.lu_unpack: LU_pivots is expected to be a contiguous tensor of torch.int32 dtype."
        raise Misfit(message, clause="dtype", argument="LU_pivots", dtype=LU_pivots.dtype)
    order, lower, upper = lu(LU_data)
    data, pivots = flag(unpack_data), flag(unpack_pivots)
    parts = [
        part if wanted else part.with_(shape=(0,) if wanted is False else None)
        for part, wanted in ((order, pivots), (lower, data), (upper, data))
    ]
    return LU(*parts)


@operation(_L + "lu_solve")
def lu_solve(
    LU: TensorFacts, pivots: TensorFacts, B: TensorFacts, *, left: bool = True, adjoint: bool = False
) -> TensorFacts:
    """Solutions from LU factors: the shape of the right sides, batch axes broadcast."""
    del pivots, left, adjoint
    shape = square(LU, "linalg.lu_solve")
    return _right_sides(shape, matrices(B, "linalg.lu_solve"), B)


@operation("torch.lu_solve", "torch.Tensor.lu_solve")
def old_lu_solve(b: TensorFacts, LU_data: TensorFacts, LU_pivots: TensorFacts) -> TensorFacts:
    """Solutions from LU factors, the right sides first."""
    return lu_solve(LU_data, LU_pivots, b)


def _right_sides(coefficients: Shape | None, sides: Shape | None, B: TensorFacts) -> TensorFacts:
    """Return right sides whose batch axes are broadcast with those of the matrices."""
    if coefficients is None or sides is None:
        return made(None, B.dtype, B)
    batch = broadcast(coefficients[:-2], sides[:-2])
    return made(None if batch is None else (*batch, *sides[-2:]), B.dtype, B)


@operation(_L + "solve_triangular")
def solve_triangular(
    A: TensorFacts, B: TensorFacts, *, upper: bool, left: bool = True, unitriangular: bool = False
) -> TensorFacts:
    """Solutions of triangular systems."""
    del upper, left, unitriangular
    return _right_sides(square(A, "linalg.solve_triangular"), matrices(B, "linalg.solve_triangular"), B)


@operation("torch.triangular_solve", "torch.Tensor.triangular_solve")
def triangular_solve(
    b: TensorFacts, A: TensorFacts, upper: bool = True, transpose: bool = False, unitriangular: bool = False
) -> Triangular:
    """Solutions of triangular systems, the right sides first, and the matrices again."""
    del upper, transpose, unitriangular
    coefficients, sides = square(A, "triangular_solve"), matrices(b, "triangular_solve")
    solution = _right_sides(coefficients, sides, b)
    if coefficients is None or sides is None:
        return Triangular(solution, made(None, A.dtype, A))
    batch = broadcast(coefficients[:-2], sides[:-2])
    return Triangular(solution, made(None if batch is None else (*batch, *coefficients[-2:]), A.dtype, A))


@operation(_L + "ldl_factor")
def ldl_factor(A: TensorFacts, *, hermitian: bool = False) -> Pivoted:
    """The LDL factors in one matrix, and the pivots."""
    del hermitian
    shape = square(A, "linalg.ldl_factor")
    return Pivoted(made(shape, A.dtype, A), made(None if shape is None else shape[:-1], "int32", A, values=_INFO))


@operation(_L + "ldl_factor_ex")
def ldl_factor_ex(A: TensorFacts, *, hermitian: bool = False, check_errors: bool = False) -> PivotedWithInfo:
    """The LDL factors in one matrix, the pivots, and for each matrix whether it went well."""
    del check_errors
    return PivotedWithInfo(*ldl_factor(A, hermitian=hermitian), _info(A, A.shape))


@operation(_L + "ldl_solve")
def ldl_solve(LD: TensorFacts, pivots: TensorFacts, B: TensorFacts, *, hermitian: bool = False) -> TensorFacts:
    """Solutions from LDL factors."""
    del pivots, hermitian
    return _right_sides(square(LD, "linalg.ldl_solve"), matrices(B, "linalg.ldl_solve"), B)


@operation("torch.geqrf", "torch.Tensor.geqrf")
def geqrf(input: TensorFacts) -> Reflectors:
    """The QR factors as Householder reflectors."""
    shape = matrices(input, "torch.geqrf")
    return Reflectors(made(shape, input.dtype, input), made(_few(shape), input.dtype, input))


@operation(_L + "householder_product", "torch.orgqr", "torch.Tensor.orgqr")
def householder_product(A: TensorFacts, tau: TensorFacts) -> TensorFacts:
    """The first columns of a product of Householder reflectors."""
    shape = matrices(A, "torch.linalg.householder_product")
    if shape is not None and less(shape[-2], shape[-1]):
        message = "torch.linalg.householder_product: input.shape[-2] must be greater than or equal to input.shape[-1]"
        raise Misfit(message, clause="tall-matrix", argument="A", shape=shape)
    return made(shape, A.dtype, A, tau)


@operation("torch.ormqr", "torch.Tensor.ormqr")
def ormqr(
    input: TensorFacts, tau: TensorFacts, other: TensorFacts, left: bool = True, transpose: bool = False
) -> TensorFacts:
    """A product with the matrix of Householder reflectors: the shape of the other factor."""
    del left, transpose
    return made(matrices(other, "torch.ormqr"), other.dtype, input, tau, other)


@operation(_L + "lstsq")
def lstsq(A: TensorFacts, B: TensorFacts, rcond: Any = None, *, driver: Any = None) -> LeastSquares:
    """Least squares: as many rows as ``A`` has columns."""
    del rcond, driver
    shape, sides = matrices(A, "torch.linalg.lstsq"), B.shape
    real = None if A.dtype is None else real_of(A.dtype)
    rest = made(None, real, A), made(None, "int64", A, values=_INFO), made(None, real, A)
    if shape is None or sides is None or not sides:
        return LeastSquares(made(None, A.dtype, A, B), *rest)
    vector = len(sides) == len(shape) - 1
    rows = sides[-1] if vector else sides[-2]
    if same(rows, shape[-2]) is False:
        message = "torch.linalg.lstsq: input.size(-2) should match other.size(-2)"
        raise Misfit(message, clause="matmul-inner-sizes", argument="B", a=shape, b=sides)
    batch = broadcast(shape[:-2], sides[:-1] if vector else sides[:-2])
    if batch is None:
        return LeastSquares(made(None, A.dtype, A, B), *rest)
    solution = (*batch, shape[-1]) if vector else (*batch, shape[-1], sides[-1])
    return LeastSquares(made(solution, A.dtype, A, B), *rest)


@operation(_L + "cond")
def cond(A: TensorFacts, p: Any = None) -> TensorFacts:
    """Condition numbers."""
    del p
    shape = matrices(A, "linalg.cond")
    return made(None if shape is None else shape[:-2], None if A.dtype is None else real_of(A.dtype), A)


@operation(_L + "tensorinv")
def tensorinv(A: TensorFacts, ind: int = 2) -> TensorFacts:
    """The inverse of a tensor read as a matrix: the axes from ``ind`` on come first."""
    at = integer(ind)
    shape = None if A.shape is None or at is None else (*A.shape[at:], *A.shape[:at])
    return made(shape, A.dtype, A)


@operation(_L + "tensorsolve")
def tensorsolve(A: TensorFacts, B: TensorFacts, dims: Any = None) -> TensorFacts:
    """The tensor that multiplied with ``A`` gives ``B``: the axes of ``A`` that ``B`` does not have."""
    if A.shape is None or B.shape is None:
        return made(None, A.dtype, A, B)
    sizes: Shape | None = A.shape
    if dims is not None:
        moved = axes_of(dims, len(A.shape))
        kept = None if moved is None else [axis for axis in range(len(A.shape)) if axis not in moved]
        sizes = None if moved is None or kept is None else tuple(A.shape[axis] for axis in (*kept, *moved))
    return made(None if sizes is None else sizes[len(B.shape) :], A.dtype, A, B)


@operation("torch.svd_lowrank")
def svd_lowrank(A: TensorFacts, q: int | None = 6, niter: int = 2, M: TensorFacts | None = None) -> LowRank:
    """The ``q`` largest singular values with their vectors, the right ones as columns."""
    del niter, M
    return _low_rank(A, 6 if q is None else q)


@operation("torch.pca_lowrank")
def pca_lowrank(A: TensorFacts, q: int | None = None, center: bool = True, niter: int = 2) -> LowRank:
    """The ``q`` principal components; without ``q`` 6, or as many as there are rows or columns."""
    del center, niter
    shape = matrices(A, "pca_lowrank")
    if q is not None or shape is None:
        return _low_rank(A, q)
    return _low_rank(A, smaller(6, smaller(*shape[-2:])))


def _low_rank(A: TensorFacts, q: object) -> LowRank:
    shape = matrices(A, "svd_lowrank")
    if shape is None:
        return LowRank(made(None, A.dtype, A), made(None, A.dtype, A), made(None, A.dtype, A))
    *batch, rows, columns = shape
    count = whole(q)
    values = made((*batch, count), A.dtype, A, values=ValueFacts(low=0))
    return LowRank(made((*batch, rows, count), A.dtype, A), values, made((*batch, columns, count), A.dtype, A))
