"""Forms: dtype, sizes and strides of a tensor for every batch size of a formation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from snugly.facts.records import dataclass
from snugly.runtime.preflight.formation import Formation, Number

if TYPE_CHECKING:
    from collections.abc import Sequence

    import torch


class Form:
    """Dtype, sizes and strides of a tensor, for every batch size; equal forms of one run are one object.

    Attributes:
        dtype: torch's dtype.
        sizes: its sizes, integers where they are the same for all.
        strides: its strides.
        dense: whether no element lies between its elements and no two lie at one place, in whichever order.
        rows: whether it is dense and lies row by row.
    """

    __slots__ = ("dense", "dtype", "outer", "rows", "sizes", "strides")

    def __init__(
        self, dtype: torch.dtype, sizes: tuple[Any, ...], strides: tuple[Any, ...], *, dense: bool, rows: bool
    ) -> None:
        """Keep what was given."""
        self.dtype, self.sizes, self.strides, self.dense, self.rows = dtype, sizes, strides, dense, rows
        self.outer: tuple[int, tuple[Any, ...], tuple[Any, ...]] | None = None

    def at(self, member: int) -> torch.Tensor:
        """Return a tensor without memory of the sizes for one batch size."""
        import torch

        sizes = [each.values[member] if type(each) is Number else each for each in self.sizes]
        strides = [each.values[member] if type(each) is Number else each for each in self.strides]
        return torch.empty_strided(sizes, strides, dtype=self.dtype, device="meta")


@dataclass(slots=True, eq=False)
class Memory:
    """What a shadow would lie in; views share it.

    Attributes:
        bytes: how much it would be, for the lead.
    """

    bytes: int


class Forms:
    """The forms of one run; equal ones are one object, so that calls with such arguments can be told to be the same.

    Attributes:
        formation: the batch sizes.
    """

    def __init__(self, formation: Formation) -> None:
        """Start without forms."""
        self.formation = formation
        self._known: dict[Any, Form] = {}

    def form(self, dtype: torch.dtype, sizes: tuple[Any, ...], strides: tuple[Any, ...]) -> Form:
        """Return the form of these sizes and strides."""
        key = dtype, sizes, strides
        found = self._known.get(key)
        if found is None:
            rows = self.strides(sizes, range(len(sizes), 0, -1)) == strides
            dense = rows or self.strides(sizes, [self._lead(each) for each in strides]) == strides
            found = self._known[key] = Form(dtype, sizes, strides, dense=dense, rows=rows)
        return found

    def _lead(self, value: Any) -> int:
        return int(value.values[self.formation.lead]) if type(value) is Number else int(value)

    def laid_out(self, dtype: torch.dtype, sizes: tuple[Any, ...]) -> Form:
        """Return the form of a tensor that lies row by row."""
        return self.form(dtype, sizes, self.strides(sizes, range(len(sizes), 0, -1)))

    def permuted(self, dtype: torch.dtype, sizes: tuple[Any, ...], order: Sequence[int]) -> Form:
        """Return the form of a dense tensor whose axes follow one another in memory in some order, slowest first."""
        return self.form(dtype, sizes, self.strides(sizes, [-order.index(axis) for axis in range(len(sizes))]))

    def strides(self, sizes: Sequence[Any], like: Sequence[int]) -> tuple[Any, ...]:
        """Return dense strides for sizes, in the order of those of another tensor."""
        order = sorted(range(len(sizes)), key=lambda at: (like[at], -at))
        strides: list[Any] = [1] * len(sizes)
        step: Any = 1
        for at in order:
            strides[at] = step
            step = self._product(step, sizes[at])
        return tuple(strides)

    def _product(self, a: Any, b: Any) -> Any:
        if type(a) is not Number and type(b) is not Number:
            return a * max(b, 1)
        a, b = (each if type(each) is Number else self.formation.constant(each) for each in (a, b))
        return self.formation.apply(_step, a, b)

    def bytes(self, form: Form) -> int:
        """Return how much memory a tensor of a form takes, for the lead."""
        last = 1
        for size, stride in zip(form.sizes, form.strides, strict=True):
            many = self._lead(size)
            if many == 0:
                return 0
            last += (many - 1) * self._lead(stride)
        return last * int(form.dtype.itemsize)


def _step(stride: int, size: int) -> int:
    """Return the stride of the axis before one."""
    return stride * max(size, 1)
