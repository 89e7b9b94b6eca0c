"""Windows of signal processing: vectors of a given length."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from snugly.facts.dims import less
from snugly.facts.misfits import Misfit
from snugly.facts.tensors import TensorFacts
from snugly.operations.arguments import chosen_device, chosen_dtype, flag, whole
from snugly.operations.registry import operation

if TYPE_CHECKING:
    from snugly.facts.dims import Dim

_WINDOWS = "torch.signal.windows."


def window(length: Dim | None, dtype: str | None, device: str | None, requires_grad: object) -> TensorFacts:
    """Return the facts of a vector of ``length`` elements.

    Raises:
        Misfit: the length is negative.
    """
    if length is not None and less(length, 0):
        message = f"Requires non-negative window length, got M={length}"
        raise Misfit(message, clause="size", raises="ValueError", argument="M", size=length)
    return TensorFacts((length,), chosen_dtype(dtype, "float32"), chosen_device(device, "cpu"), flag(requires_grad))


@operation(
    *(_WINDOWS + name for name in ("bartlett", "blackman", "cosine", "exponential", "gaussian", "general_cosine")),
    *(_WINDOWS + name for name in ("general_hamming", "hamming", "hann", "kaiser", "nuttall")),
)
def signal_window(
    M: int, *, dtype: str | None = None, device: str | None = None, requires_grad: bool = False, **_form: Any
) -> TensorFacts:
    """A window of ``M`` elements; what it looks like decides no size."""
    return window(whole(M), dtype, device, requires_grad)


@operation(*(f"torch.{name}_window" for name in ("hann", "hamming", "blackman", "bartlett", "kaiser")))
def old_window(
    window_length: int,
    periodic: bool = True,
    *_form: Any,
    dtype: str | None = None,
    device: str | None = None,
    requires_grad: bool = False,
    **_named: Any,
) -> TensorFacts:
    """A window of ``window_length`` elements, periodic or symmetric."""
    del periodic
    return window(whole(window_length), dtype, device, requires_grad)
