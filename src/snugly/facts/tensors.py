"""TensorFacts: what is known about one tensor. Every part may be unknown, and unknown is ``None``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from snugly.facts.dims import Dim, product
from snugly.facts.records import dataclass, field, replace
from snugly.facts.values import NOTHING_KNOWN, ValueFacts

if TYPE_CHECKING:
    from snugly.facts.origins import Origin

Shape = tuple[Dim | None, ...]


@dataclass(frozen=True, slots=True)
class TensorFacts:
    """What is known about one tensor (or numpy array, see ``kind``).

    Attributes:
        shape: a size or ``None`` for each axis; ``None`` where not even the rank is known.
        dtype: torch's name without ``torch.``, such as ``"float32"``.
        device: ``"cpu"``, ``"cuda"``, ``"cuda:1"`` …
        requires_grad: whether gradients flow to it.
        values: what is known about the elements.
        axes: what each axis stands for, where operations tell: ``"batch"``, ``"features"`` (made by
            a linear layer), ``"channels"`` (made by a convolution), ``"time"``, ``"height"`` …; same
            length as ``shape``.
        origin: the operation that made it. Takes no part in equality.
        kind: ``"tensor"``, ``"ndarray"``, ``"parameter"`` or ``"image"`` (a PIL image, H W C).
    """

    shape: Shape | None = None
    dtype: str | None = None
    device: str | None = None
    requires_grad: bool | None = None
    values: ValueFacts = NOTHING_KNOWN
    axes: tuple[str | None, ...] | None = None
    origin: Origin | None = field(default=None, compare=False)
    kind: str = "tensor"

    @property
    def rank(self) -> int | None:
        """The number of axes."""
        return None if self.shape is None else len(self.shape)

    @property
    def numel(self) -> Dim | None:
        """The number of elements."""
        return None if self.shape is None else product(self.shape)

    def size(self, axis: int) -> Dim | None:
        """Return the size of ``axis`` (negative counts from the end); ``None`` when unknown or absent."""
        if self.shape is None or not -len(self.shape) <= axis < len(self.shape):
            return None
        return self.shape[axis]

    def with_(self, **changes: Any) -> TensorFacts:
        """Return a copy with some parts changed; a new shape drops axes of another length."""
        if "shape" in changes and "axes" not in changes and self.axes is not None:
            shape = changes["shape"]
            if shape is None or len(shape) != len(self.axes):
                changes["axes"] = None
        return replace(self, **changes)

    def with_shape(self, *sizes: Dim | None) -> TensorFacts:
        """Return a copy with another shape and nothing claimed about the elements."""
        return self.with_(shape=sizes, values=NOTHING_KNOWN)

    def __str__(self) -> str:
        """Show it in the notation, such as ``float32[N, 10]``."""
        from snugly.facts.notation import render

        return render(self)


def left_out(facts: TensorFacts, chooser: TensorFacts) -> frozenset[float]:
    """Return which values among the elements a mask or an index may have been made to find.

    Those are all of them where the mask comes of the tensor itself (``mask[mask == 255] = 0``), else those that a
    tensor it comes of has too.
    """
    there = facts.values.explicit()
    if not there or chooser.origin is None:
        return frozenset()
    found: frozenset[float] = frozenset()
    for origin in chooser.origin.walk(40):
        if origin is facts.origin or facts in origin.inputs:
            return there
        for each in origin.inputs:
            known = each.values.members
            found |= there & known if known is not None and each.dtype != "bool" else frozenset()
    return found


UNKNOWN_TENSOR = TensorFacts()
