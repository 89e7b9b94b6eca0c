"""One pass through a contract: the checks that were made, and what came of those that the facts did not decide.

A contract reads like the torch code that it describes. Where a check is certain, the pass goes on or
ends in ``Rejected``. Where it is not, the pass goes on and notes what is missing; where the facts do
not decide which way torch would go, the contract is run again for each way, and ``evaluate`` joins
what came out. So a verdict on unknown sizes holds for every size they can have.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn

from snugly.contracts.arithmetic import Node
from snugly.contracts.calls import UNKNOWN, LossCall, Raises, Violation
from snugly.facts.dtypes import COMPLEX, FLOATING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from snugly.facts.tensors import TensorFacts

_ASKED = {
    "mse_loss": "size",
    "l1_loss": "size",
    "smooth_l1_loss": "size",
    "huber_loss": "size",
    "binary_cross_entropy": "size",
    "binary_cross_entropy_with_logits": "size",
    "margin_ranking_loss": "dim",
    "linear_cross_entropy": "dim",
    "triplet_margin_with_distance_loss": "ndim",
}
_TAKE_NUMBERS = ("torch.nn.functional.gaussian_nll_loss", "torch.nn.functional.multilabel_soft_margin_loss")
MOST_AXES = 6  # no loss of torch treats more axes than this differently


class Rejected(Exception):  # noqa: N818 - an answer, not an error
    """torch raises."""

    def __init__(self, raises: Raises | None, violation: Violation) -> None:
        """Keep what torch raises, ``None`` where it raises nothing and fails in another way, and the broken clause."""
        super().__init__(violation.clause)
        self.raises = raises
        self.violation = violation


class Undetermined(Exception):  # noqa: N818 - an answer, not an error
    """The facts do not reach far enough to go on."""

    def __init__(self, missing: str) -> None:
        """Keep what would have to be known."""
        super().__init__(missing)
        self.missing = missing


class Trace:
    """The state of one pass.

    Attributes:
        call: the call that is judged.
        mode: the mode the contract found, if any.
        missing: what would have to be known to be certain.
        obligations: what the backward pass will check.
        doubts: rejections that the unknown facts could bring about, for remedies and reports.
    """

    __slots__ = ("_nodes", "_position", "_script", "_ways", "call", "doubts", "missing", "mode", "obligations")

    def __init__(self, call: LossCall, script: tuple[int, ...], ways: list[tuple[int, ...]]) -> None:
        """Start a pass that takes the ways in ``script`` and adds the ways it did not take to ``ways``."""
        self.call = call
        self.mode: str | None = None
        self.missing: list[str] = []
        self.doubts: list[tuple[Violation, str, str, str | Callable[[], str]]] = []
        self.obligations: list[tuple[bool | None, bool | None, str, Any, str, str, dict[str, Any]]] = []
        self._script = script
        self._position = 0
        self._ways = ways
        self._nodes: dict[str, Node | None] = {}

    def choose(self, ways: int) -> int:
        """Return which of several possible ways this pass takes."""
        position = self._position
        self._position += 1
        if position < len(self._script):
            return self._script[position]
        for other in range(1, ways):
            self._ways.append((*self._script, other))
        self._script = (*self._script, 0)
        return 0

    def decide(self, truth: bool | None, *, likely: bool = True) -> bool:
        """Return the truth, or take the likely way now and the other in another pass."""
        if truth is not None:
            return truth
        return likely if self.choose(2) == 0 else not likely

    def likeliest(self, rejected: Rejected) -> tuple[Raises | None, tuple[Violation, ...]]:
        """Return what torch raises for almost every size, and every clause that is broken.

        Sizes that are symbols can be equal and hardly ever are: where torch checks them before what
        is certainly wrong, that check is the one that a user meets.
        """
        for violation, kind, when, message in self.doubts:
            shapes = [part for part in violation.details.values() if isinstance(part, tuple)]
            if shapes and all(size is not None for shape in shapes for size in shape):
                text = message if isinstance(message, str) else message()
                return Raises(kind, when, text), (violation, rejected.violation)
        return rejected.raises, (rejected.violation,)

    def require(
        self,
        truth: bool | None,
        kind: str,
        message: str | Callable[[], str],
        clause: str,
        argument: str,
        when: str = "forward",
        **details: Any,
    ) -> None:
        """Go on where ``truth`` holds; note what is missing where that is not known.

        Raises:
            Rejected: ``truth`` is certainly false.
        """
        if truth is True:
            return
        violation = Violation(clause, argument, details)
        if truth is None:
            self.missing.append(f"{argument}: {clause}")
            self.doubts.append((violation, kind, when, message))
            return
        text = message if isinstance(message, str) else message()
        raise Rejected(Raises(kind, when, text), violation)

    def backward(
        self,
        grad: bool | None,
        truth: bool | None,
        kind: str,
        message: str | Callable[[], str],
        clause: str,
        argument: str,
        **details: Any,
    ) -> None:
        """Require something of the backward pass; it is raised when the forward pass is through.

        Args:
            grad: whether there is a backward pass that needs it.
            truth: whether torch can do it.
            kind: the type of the exception.
            message: torch's text.
            clause: which requirement it is.
            argument: the argument to blame.
            **details: numbers for rules and reports.
        """
        if grad is False or truth is True:
            return
        self.obligations.append((grad, truth, kind, message, clause, argument, details))

    def settle(self) -> None:
        """Make the checks of the backward pass.

        Raises:
            Rejected: torch certainly raises in backward.
        """
        for grad, truth, kind, message, clause, argument, details in self.obligations:
            certain = truth if grad else None
            self.require(certain, kind, message, clause, argument, "backward", **details)

    def reject(
        self, kind: str, message: str, clause: str, argument: str, when: str = "forward", **details: Any
    ) -> NoReturn:
        """End the pass.

        Raises:
            Rejected: always.
        """
        raise Rejected(Raises(kind, when, message), Violation(clause, argument, details))

    def tensor(self, name: str) -> Node:
        """Return the facts of an argument that torch requires.

        Raises:
            Rejected: it was not given.
        """
        node = self.optional(name)
        if node is not None:
            return node
        given = self.call.options.get(name)
        if self.call.loss in _TAKE_NUMBERS and isinstance(given, int | float):
            return Node((), "float32" if isinstance(given, float) else "int64", False, name=name, number=True)
        return self._refuse(name)

    def _refuse(self, name: str) -> NoReturn:
        """End the pass because an argument is no tensor.

        The losses that are written in Python ask it for its size or rank and find no such attribute.
        """
        given = type(self.call.options.get(name)).__name__
        loss = self.call.loss.rpartition(".")[2]
        attribute = _ASKED.get(loss)
        if attribute is not None:
            message = f"'{given}' object has no attribute '{attribute}'"
            self.reject("AttributeError", message, "not-a-tensor", name, given=given)
        message = f"{loss}(): argument '{name}' must be Tensor, not {given}"
        self.reject("TypeError", message, "not-a-tensor", name, given=given)

    def optional(self, name: str) -> Node | None:
        """Return the facts of an argument, ``None`` when it was not given.

        An argument of unknown rank is taken to have each possible rank in turn.
        """
        if name in self._nodes:
            return self._nodes[name]
        facts = self.call.arguments.get(name)
        node = None if facts is None else self._node(name, facts)
        self._nodes[name] = node
        return node

    def _node(self, name: str, facts: TensorFacts) -> Node:
        shape = facts.shape
        if shape is None:
            shape = (None,) * self.choose(MOST_AXES + 1)
        grad = facts.requires_grad
        if grad is None and facts.dtype is not None and facts.dtype not in FLOATING and facts.dtype not in COMPLEX:
            grad = False
        return Node(shape, facts.dtype, grad, name=name, values=facts.values, device=facts.device)

    def option(self, name: str, default: Any) -> Any:
        """Return an option; ``None`` for a number that is not known."""
        value = self.call.options.get(name, default)
        return None if value is UNKNOWN else value

    def flag(self, name: str, *, default: bool) -> bool:
        """Return a boolean option, each way in turn when it is not known."""
        value = self.call.options.get(name, default)
        return self.decide(None if value is UNKNOWN else bool(value))

    def reduction(self, *, legacy: bool = True) -> str:
        """Return the reduction as the Python code of torch sees it; it may be one that torch refuses.

        Source: ``torch/nn/_reduction.py``, ``legacy_get_string``.
        """
        options: Mapping[str, Any] = self.call.options
        if not options:
            return "mean"
        size_average, reduce = options.get("size_average"), options.get("reduce")
        if legacy and (size_average is not None or reduce is not None):
            average = size_average is None or self.decide(None if size_average is UNKNOWN else bool(size_average))
            summed = reduce is None or self.decide(None if reduce is UNKNOWN else bool(reduce))
            return "none" if not summed else ("mean" if average else "sum")
        reduction = options.get("reduction", "mean")
        if reduction is UNKNOWN:
            self.missing.append("reduction: reduction-name")
            return ("mean", "sum", "none")[self.choose(3)]
        return reduction if isinstance(reduction, str) else str(reduction)

    def checked(self, reduction: str) -> str:
        """Return the reduction that ``_Reduction.get_enum`` makes of a name.

        Raises:
            Rejected: torch knows no such reduction.
        """
        if reduction in ("mean", "sum", "none"):
            return reduction
        if reduction == "elementwise_mean":
            return "mean"
        return self.bad_reduction(reduction, f"{reduction} is not a valid value for reduction")

    def bad_reduction(self, reduction: str, message: str) -> NoReturn:
        """End the pass because of the name of the reduction.

        Raises:
            Rejected: always.
        """
        self.reject("ValueError", message, "reduction-name", "reduction", reduction=reduction)
