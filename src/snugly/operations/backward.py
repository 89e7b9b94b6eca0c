"""``backward``: it changes no facts, and wants one number to start from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from snugly.facts.dims import same
from snugly.facts.misfits import Misfit
from snugly.operations.registry import operation

if TYPE_CHECKING:
    from snugly.facts.tensors import TensorFacts


@operation("torch.Tensor.backward")
def backward(
    input: TensorFacts, gradient: Any = None, retain_graph: Any = None, create_graph: Any = False, inputs: Any = None
) -> None:
    """Compute gradients; without a gradient to start from, the tensor must have one element."""
    if gradient is None and same(input.numel, 1) is False:
        message = "grad can be implicitly created only for scalar outputs"
        raise Misfit(message, clause="backward-of-many", argument="input", shape=input.shape)
