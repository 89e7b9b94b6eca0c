"""What the methods of ``torch.distributions`` do to shapes: samples, log-probabilities, entropies.

Source: ``torch/distributions/distribution.py`` of torch 2.13. A distribution has a batch shape, one distribution for
each entry, and an event shape, that of one sample of one of them.
"""

from __future__ import annotations

from typing import Any

from snugly.facts.dims import Dim, same
from snugly.facts.misfits import Misfit
from snugly.facts.shapes import broadcast, shown
from snugly.facts.tensors import TensorFacts
from snugly.facts.values import ValueFacts
from snugly.operations.arguments import flag, sizes_of
from snugly.operations.registry import operation
from snugly.operations.results import gradient

ROOM = "torch.distributions.Distribution"


@operation(f"{ROOM}.sample")
def sample(support: TensorFacts, sample_shape: Any = (), reparametrized: Any = False) -> TensorFacts:
    """Return samples: ``sample_shape``, then batch and event.

    Args:
        support: facts of one sample of each distribution.
        sample_shape: how many of them.
        reparametrized: whether gradients flow through, as in ``rsample``.
    """
    front = sizes_of((sample_shape,)) if sample_shape != () else ()
    shape = None if front is None or support.shape is None else (*front, *support.shape)
    grad = support.requires_grad if flag(reparametrized) else False
    axes = None if shape is None or support.axes is None else ((None,) * len(front or ()) + support.axes)
    return TensorFacts(shape, support.dtype, support.device, grad, support.values, axes)


@operation(f"{ROOM}.log_prob")
def log_prob(support: TensorFacts, value: TensorFacts, event: int = 0) -> TensorFacts:
    """Return a log-probability for each event in ``value``.

    Args:
        support: facts of one sample of each distribution.
        value: the samples to judge.
        event: how many of the last axes make one event.
    """
    own, given = support.shape, value.shape
    whole = None
    if own is not None and given is not None:
        _require_event(own, given, event)
        try:
            whole = broadcast(own, given)
        except Misfit as error:
            message = (
                f"Value is not broadcastable with batch_shape+event_shape: torch.Size({shown(given)})"
                f" vs torch.Size({shown(own)})."
            )
            raise Misfit(
                message, clause="log-prob-shape", raises="ValueError", argument="value", own=own, given=given
            ) from error
    shape = None if whole is None else whole[: len(whole) - event]
    dtype = "float32" if support.dtype in (None, "int64") and value.dtype in (None, "int64") else None
    if support.dtype == value.dtype and support.dtype not in (None, "int64"):
        dtype = support.dtype
    grad = gradient("float32", (support.with_(dtype="float32"), value))
    return TensorFacts(shape, dtype, support.device, grad)


def _require_event(own: tuple[Dim | None, ...], given: tuple[Dim | None, ...], event: int) -> None:
    """Raise where the last axes, which are one event, cannot be one."""
    if event == 0:
        return
    pairs = zip(own[-event:], given[-event:], strict=False)
    if len(given) < event or any(same(a, b) is False for a, b in pairs):
        message = (
            f"The right-most size of value must match event_shape: torch.Size({shown(given)})"
            f" vs torch.Size({shown(own[-event:])})."
        )
        raise Misfit(message, clause="log-prob-event", raises="ValueError", argument="value", own=own, given=given)


@operation(f"{ROOM}.entropy")
def entropy(support: TensorFacts, event: int = 0) -> TensorFacts:
    """Return one number for each distribution."""
    shape = None if support.shape is None else support.shape[: len(support.shape) - event]
    dtype = support.dtype if support.dtype not in (None, "int64") else None
    return TensorFacts(shape, dtype, support.device, support.requires_grad)


@operation("torch.distributions.kl_divergence")
def kl_divergence(p: TensorFacts, q: TensorFacts, event: int = 0) -> TensorFacts:
    """Return one divergence for each pair of distributions."""
    whole = broadcast(p.shape, q.shape) if p.shape is not None and q.shape is not None else None
    shape = None if whole is None else whole[: len(whole) - event]
    dtype = p.dtype if p.dtype == q.dtype and p.dtype not in (None, "int64") else None
    return TensorFacts(shape, dtype, p.device, gradient(dtype, (p, q)), ValueFacts(low=0.0))
