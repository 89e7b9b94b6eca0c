"""One entry of a table that was read from a text file: a number or a text, it is not known which."""

from __future__ import annotations

from typing import TYPE_CHECKING

from snugly.facts.tensors import TensorFacts
from snugly.interpreter.values import Number, Sequence, Text, Unknown, Value
from snugly.library.numpy.arrays import made
from snugly.library.registry import Model

if TYPE_CHECKING:
    from snugly.facts.dims import Dim
    from snugly.interpreter.machine import Machine


class Cell(Model):
    """A number or a text: what is done with it tells which."""

    path = "pandas.cell"

    def as_argument(self) -> TensorFacts:
        """Return what it is for an operation on tensors: only a number can be given to one."""
        return made((), None)

    def covers(self, value: Value) -> bool:
        """Tell whether a value is a number or a text."""
        if isinstance(value, TensorFacts):
            return value.shape == ()
        return isinstance(value, int | float | str | Number | Text | Cell)

    def get_attribute(self, machine: Machine, name: str) -> Value:
        """Return a method of a text, or what numpy's numbers have."""
        if hasattr(type(self), name):
            return Unknown(name)
        return machine.get(Text() if hasattr(str, name) else made((), None), name)

    def iterate(self) -> Value:
        """Go through the characters of a text."""
        return Sequence("str", None, Text(), None)

    def length(self) -> Value:
        """``len(cell)``."""
        return None

    def item(self, key: Value) -> Value:
        """``cell[key]``."""
        return Text()

    def collated(self, count: Dim | None) -> Value:
        """Return what ``default_collate`` makes of ``count`` of them."""
        return Cells(count)

    def _compared(self, other: Value) -> Value:
        return Number("bool")

    operate_gt = operate_lt = operate_ge = operate_le = operate_eq = operate_ne = _compared

    def _computed(self, other: Value) -> Value:
        return self

    operate_add = operate_sub = operate_mul = operate_truediv = operate_floordiv = operate_mod = operate_pow = _computed
    operate_radd = operate_rsub = operate_rmul = operate_rtruediv = _computed


class Cells(Model):
    """A batch of cells: a tensor of numbers or a list of texts, it is not known which."""

    path = "pandas.cells"

    def __init__(self, count: Dim | None) -> None:
        """Keep how many there are."""
        self._count = count

    def as_argument(self) -> TensorFacts:
        """Return what it is for an operation on tensors."""
        return TensorFacts((self._count,))

    def get_attribute(self, machine: Machine, name: str) -> Value:
        """Return what a tensor has."""
        if hasattr(type(self), name) or hasattr(list, name):
            return Unknown(name)
        return machine.get(self.as_argument(), name)

    def iterate(self) -> Value:
        """Go through the cells."""
        return Sequence("list", None, Cell(), self._count)

    def length(self) -> Value:
        """``len(cells)``."""
        return self._count

    def item(self, machine: Machine, key: Value) -> Value:
        """``cells[key]``."""
        return Cell() if isinstance(key, int | Number) else machine.item(self.as_argument(), key)
