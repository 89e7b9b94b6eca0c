"""``scipy.sparse``: matrices by their shape."""

from __future__ import annotations

from typing import TYPE_CHECKING

from snugly.facts.dims import Expr
from snugly.interpreter.values import Number, Value
from snugly.library.numpy.arrays import as_array, made, shape_of, size_of
from snugly.library.numpy.promotion import dtype_of
from snugly.library.registry import Model, function, model

if TYPE_CHECKING:
    from snugly.facts.dims import Dim
    from snugly.interpreter.machine import Machine


@model("scipy.sparse.csr_matrix", "scipy.sparse.coo_matrix", "scipy.sparse.csc_matrix", "scipy.sparse.lil_matrix")
class Sparse(Model):
    """A sparse matrix by its shape; where an encoder may be dense it stands for the dense array too."""

    def __init__(
        self, machine: Machine, arg1: Value = None, shape: Value = None, dtype: Value = None, copy: Value = False
    ) -> None:
        """Keep the shape of a matrix, or the one that is given beside its entries."""
        given = arg1 if isinstance(arg1, tuple) and len(arg1) == 2 and not isinstance(arg1[0], tuple) else None
        sizes = None if shape is None else shape_of(machine, shape)
        if sizes is None and given is not None and isinstance(given[0], int | Expr):
            sizes = shape_of(machine, given)
        array = as_array(machine, arg1) if sizes is None and given is None else None
        self._dtype = dtype_of(dtype) if dtype is not None else None if array is None else array.dtype
        known = sizes if array is None else array.shape
        self._shape: tuple[Dim | None, ...] = known if known is not None and len(known) == 2 else (None, None)

    def toarray(self) -> Value:
        """``toarray()``, ``todense()``."""
        return made(self._shape, self._dtype)

    todense = to_numpy = toarray

    @property
    def shape(self) -> Value:
        """``matrix.shape``."""
        return tuple(Number("int", 0) if size is None else size for size in self._shape)

    def astype(self, dtype: Value) -> Value:
        """``astype(dtype)``."""
        return sparse(self._shape, dtype_of(dtype))

    def _same(self, *args: Value) -> Value:
        return sparse(self._shape, self._dtype)

    tocsr = tocoo = tocsc = tolil = copy = _same

    @property
    def T(self) -> Value:
        """``matrix.T``."""
        return sparse(self._shape[::-1], self._dtype)


def sparse(shape: tuple[Dim | None, ...], dtype: str | None = None) -> Sparse:
    """Return a sparse matrix of a shape."""
    made_ = Sparse.__new__(Sparse)
    made_._shape, made_._dtype = shape, dtype
    return made_


@function("scipy.sparse.eye", "scipy.sparse.identity")
def eye(m: Value, n: Value = None, **options: Value) -> Value:
    """``eye(m)``."""
    return sparse((size_of(m), size_of(m if n is None else n)), "float64")
