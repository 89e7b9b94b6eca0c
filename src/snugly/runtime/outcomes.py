"""What comes of a live call of a loss, and what made the elements of its arguments that are not finite.

Nothing is computed before someone asks, and someone asks only when an argument holds NaN or an infinity: a mask of
minus infinity before a softmax is no fault, and only torch's own kernel knows whether it gets into the loss.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

from snugly.contracts.calls import Odd
from snugly.rules.reading import WARNED

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    import torch

Node = Any
MOST_NODES = 2000


class LiveOutcome:
    """The outcome of a call that is about to run."""

    def __init__(self, loss: str, arguments: Mapping[str, Any]) -> None:
        """Keep what was passed, by torch's parameter names.

        Args:
            loss: qualified name of the function of ``torch.nn.functional``.
            arguments: every argument.
        """
        self._loss = loss.rpartition(".")[2]
        self._arguments = arguments

    @cached_property
    def returned(self) -> float | None:
        """One of the numbers that the loss returns, and one that is not finite if there is any."""
        import torch

        function = getattr(torch.nn.functional, self._loss, None)
        if function is None or not self._is_quiet():
            return None
        given = {name: _detached(value) for name, value in self._arguments.items()}
        if given.get("reduction") == "mean" and self._loss == "kl_div":
            given["reduction"] = "batchmean"  # as finite as the mean, which warns
        try:
            result = function(**given).double().reshape(-1)
        except Exception:
            return None  # torch refuses the call, and says so itself
        odd = result[~result.isfinite()]
        chosen = odd if odd.numel() else result
        return float(chosen[0]) if chosen.numel() else None

    def odd(self, argument: str) -> Odd | None:
        """Return which elements of an argument are not finite."""
        import torch

        tensor = self._arguments.get(argument)
        if not isinstance(tensor, torch.Tensor) or not tensor.is_floating_point():
            return None
        seen = tensor.detach()
        strange = ~seen.isfinite()
        number = int(strange.sum())
        if not number:
            return None
        nans = int(seen.isnan().sum())
        first = tuple(int(at) for at in strange.nonzero()[0])
        return Odd(nans, number - nans, tensor.numel(), first, origin_of(tensor))

    def _is_quiet(self) -> bool:
        """Tell whether torch says nothing about the call but its result."""
        legacy = self._arguments.get("size_average") is not None or self._arguments.get("reduce") is not None
        shapes = [getattr(self._arguments.get(name), "shape", None) for name in ("input", "target")]
        return not legacy and not (self._loss in WARNED and shapes[0] != shapes[1])


def _detached(value: Any) -> Any:
    return value.detach() if hasattr(value, "detach") else value


def origin_of(tensor: torch.Tensor) -> str:
    """Say what made the elements of a tensor that are not finite, as far as autograd's graph keeps it.

    A parameter that is not finite explains everything; else the operation that is farthest from the loss.
    """
    order = list(_nodes(tensor.grad_fn))
    for node in order:
        parameter = getattr(node, "variable", None)
        if parameter is not None and not bool(parameter.detach().isfinite().all()):
            size = "×".join(map(str, parameter.shape)) or "1"
            return f"a parameter of {size} elements is not finite already, an update before this step made it so"
    for node in reversed(order):
        look = _MAKERS.get(node.name())
        try:
            said = "" if look is None else look(node)
        except (RuntimeError, AttributeError, TypeError):  # freed, or kept otherwise by another torch
            said = ""
        if said:
            return said
    return _given(order)


def _nodes(start: Node | None) -> Iterator[Node]:
    """Yield the nodes of autograd's graph from one on, the nearest first."""
    seen = {start}
    waiting = [] if start is None else [start]
    while waiting and len(seen) < MOST_NODES:
        following = []
        for node in waiting:
            yield node
            for before, _ in node.next_functions:
                if before is not None and before not in seen:
                    seen.add(before)
                    following.append(before)
        waiting = following


def _given(order: list[Node]) -> str:
    """Say that what the model was given was not finite, where the layer that took it kept it."""
    for node in reversed(order):
        for name in ("_saved_mat1", "_saved_input", "_saved_self"):
            try:
                kept: Any = getattr(node, name, None)
            except RuntimeError:
                continue
            if hasattr(kept, "isfinite") and kept.is_floating_point():
                odd = int((~kept.isfinite()).sum())
                return f"what the model was given holds {_times(odd)} already" if odd else ""
    return ""


def _times(number: int) -> str:
    return f"{number} such element{'s' if number != 1 else ''}"


def _count(number: int, singular: str, plural: str) -> str:
    return f"{number} {singular if number == 1 else plural}"


def _logarithm(at: float) -> Callable[[Node], str]:
    def look(node: Node) -> str:
        zeros, below = int((node._saved_self == at).sum()), int((node._saved_self < at).sum())
        said = [_count(zeros, "zero", "zeros") if at == 0 else f"1 + {at:g}"] if zeros else []
        said += [_count(below, "number below", "numbers below")] if below else []
        return f"log was taken of {' and '.join(said)}" if said else ""

    return look


def _division(node: Node) -> str:
    zeros = int((node._saved_other == 0).sum())
    return f"there was a division by {_count(zeros, 'zero', 'zeros')}" if zeros else ""


def _inverse(node: Node) -> str:
    return "" if bool(node._saved_result.isfinite().all()) else "there was a division by zero"


def _root(node: Node) -> str:
    odd = int((~node._saved_result.isfinite()).sum())
    name, where = ("rsqrt", "not above zero") if node.name().startswith("Rsqrt") else ("sqrt", "below zero")
    return f"{name} was taken of {_count(odd, 'number', 'numbers')} {where}" if odd else ""


def _power(node: Node) -> str:
    exponent = float(node._saved_exponent)
    base = node._saved_self
    if exponent < 0 and (zeros := int((base == 0).sum())):
        return f"{_count(zeros, 'zero', 'zeros')} had the power {exponent:g}"
    if not exponent.is_integer() and (below := int((base < 0).sum())):
        return f"{_count(below, 'number', 'numbers')} below zero had the power {exponent:g}"
    return ""


def _overflow(node: Node) -> str:
    odd = int(node._saved_result.isinf().sum())
    return f"exp was larger than its dtype holds in {_count(odd, 'place', 'places')}" if odd else ""


def _softmax(node: Node) -> str:
    rows = node._saved_result.isnan().any(_signed(node._saved_dim))
    odd = int(rows.sum())
    return f"softmax was taken of {_count(odd, 'row that is', 'rows that are')} masked throughout" if odd else ""


def _arc(node: Node) -> str:
    odd = int((node._saved_self.abs() > 1).sum())
    return f"{_count(odd, 'number', 'numbers')} beyond 1 had no angle" if odd else ""


def _signed(dim: int) -> int:
    return dim if dim < 2**63 else dim - 2**64


_MAKERS: dict[str, Callable[[Node], str]] = {
    "LogBackward0": _logarithm(0),
    "Log2Backward0": _logarithm(0),
    "Log10Backward0": _logarithm(0),
    "Log1PBackward0": _logarithm(-1),
    "DivBackward0": _division,
    "ReciprocalBackward0": _inverse,
    "SqrtBackward0": _root,
    "RsqrtBackward0": _root,
    "PowBackward0": _power,
    "ExpBackward0": _overflow,
    "SoftmaxBackward0": _softmax,
    "AcosBackward0": _arc,
    "AsinBackward0": _arc,
}
