"""What a contract is asked and what it answers: LossCall, Verdict and their parts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from snugly.facts.records import dataclass, field

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Protocol

    from snugly.facts.tensors import TensorFacts

    class Outcome(Protocol):
        """What comes of a call, known by who can run it; each answer is looked for when it is asked for."""

        @property
        def returned(self) -> float | None:
            """One of the numbers that the loss returns; of those that are not finite one, if there is any."""

        def odd(self, argument: str) -> Odd | None:
            """Return which elements of an argument are not finite; ``None`` where all are, or it is not known."""


@dataclass(frozen=True, slots=True)
class Odd:
    """Elements that are not finite.

    Attributes:
        nans: how many are NaN.
        infinities: how many are infinite.
        total: how many elements there are.
        first: where the first of them is.
        origin: what made them, as the end of a sentence; empty where that is not seen.
    """

    nans: int
    infinities: int
    total: int
    first: tuple[int, ...]
    origin: str = ""


@dataclass(frozen=True, slots=True)
class LossCall:
    """A call of a loss.

    Attributes:
        loss: qualified name of the function, such as ``"torch.nn.functional.cross_entropy"``, or of
            the module where there is no function (``"torch.nn.AdaptiveLogSoftmaxWithLoss"``).
        arguments: facts of each tensor argument that was given, by torch's own names
            (``input``, ``target``, ``weight``, ``pos_weight``, ``var``, ``log_probs`` …).
        options: every other argument that was given, by name; absent ones have torch's defaults.
            A value that is not known is ``snugly.contracts.UNKNOWN``.
        module: the module class it was called through, such as ``"torch.nn.CrossEntropyLoss"``.
        outcome: what comes of it, where a live call was seen.
    """

    loss: str
    arguments: Mapping[str, TensorFacts]
    options: Mapping[str, Any] = field(default_factory=dict)
    module: str | None = None
    outcome: Outcome | None = field(default=None, compare=False)


class _Unknown:
    """The value of an option that is not known."""

    def __repr__(self) -> str:
        return "UNKNOWN"


UNKNOWN = _Unknown()


@dataclass(frozen=True, slots=True)
class Raises:
    """What torch raises.

    Attributes:
        type: name of the exception type, such as ``"ValueError"``.
        when: ``"forward"`` or ``"backward"``.
        message: torch 2.13's text.
    """

    type: str
    when: str
    message: str


@dataclass(frozen=True, slots=True)
class Violation:
    """A clause of a contract that a call breaks.

    Attributes:
        clause: which one, in kebab case, such as ``"batch-size"``, ``"target-dtype"``.
        argument: the argument that breaks it.
        details: the numbers, for rules and reports.
    """

    clause: str
    argument: str
    details: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What torch does with a LossCall.

    Attributes:
        accepted: ``True``, ``False``, or ``None`` when the facts do not decide it. It covers the
            forward pass, and the backward pass for the arguments that require grad.
        mode: the mode of the contract that applies, such as ``"class indices"``.
        output: facts of the result, when accepted in forward.
        raises: what torch raises, when rejected; ``None`` too where torch raises nothing and corrupts
            memory instead (labels out of range at ``ctc_loss``).
        violations: the broken clauses, the one that torch reports first.
        missing: what would have to be known to decide.
        doubts: the clauses that the facts leave open, in torch's order: some of the sizes or values
            that the facts allow break them.
        findings: filled by ``snugly.fit``: the findings of the rules, traps included.
    """

    accepted: bool | None
    mode: str | None = None
    output: TensorFacts | None = None
    raises: Raises | None = None
    violations: tuple[Violation, ...] = ()
    missing: tuple[str, ...] = ()
    findings: tuple[Any, ...] = ()
    doubts: tuple[Violation, ...] = ()
