"""A Finding and its parts, by the names of the JSON report."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from snugly.contracts.calls import Raises
    from snugly.facts.origins import Place
    from snugly.facts.tensors import TensorFacts


class Severity(StrEnum):
    """How sure and how bad.

    ``ERROR``: torch raises, or the result is certainly wrong. ``WARNING``: almost certainly wrong,
    or only some batches fail.
    """

    ERROR = "error"
    WARNING = "warning"


class Applicability(StrEnum):
    """Who may apply a fix: a tool by itself, a person who asked for it, or a person by hand."""

    SAFE = "safe"
    UNSAFE = "unsafe"
    DISPLAY_ONLY = "display-only"


@dataclass(frozen=True, slots=True)
class Edit:
    """A span of a file and the text that takes its place."""

    place: Place
    text: str


@dataclass(frozen=True, slots=True)
class Proof:
    """What was shown about a fix before it was offered; ``None`` where a check was not run.

    Attributes:
        contract: for which batches the contract accepts it, such as ``"every batch size from 1 to 32"``.
        kernel: at which sizes the real kernel ran it, such as ``"forward and backward at 1, 2, 32"``.
    """

    contract: str | None = None
    kernel: str | None = None


@dataclass(frozen=True, slots=True)
class Fix:
    """A way to mend a finding: a title for people, edits for tools, a proof for both.

    Attributes:
        title: an imperative sentence, such as ``"Make the target a column: yb.unsqueeze(1)"``.
        applicability: who may apply it.
        edits: spans to replace; empty when only a person can.
        diff: the same as a unified diff.
        proof: what was shown.
    """

    title: str
    applicability: Applicability
    edits: tuple[Edit, ...] = ()
    diff: str = ""
    proof: Proof = Proof()


@dataclass(frozen=True, slots=True)
class OriginStep:
    """One line of the chain that gave an argument its shape, nearest the cause first.

    ``facts`` is the tensor after this line.
    """

    place: Place
    text: str
    argument: str
    facts: TensorFacts | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """One misfit, told once. The fields are those of the JSON report.

    Attributes:
        code: such as ``"SNG101"``.
        name: the rule's name, such as ``"batch-size-mismatch"``.
        severity: see ``Severity``.
        message: what torch does and its consequence, in one or two sentences.
        place: where the misfit takes effect; ``None`` for a pasted text.
        loss: qualified name of the loss function, if it is at a loss.
        facts: the facts of each argument that matters.
        raises: what torch raises, or ``None``.
        origin: where the sizes came from.
        cause: the place to change first.
        fixes: the best first.
        argument: the argument to blame, whose source a report underlines.
    """

    code: str
    name: str
    severity: Severity
    message: str
    place: Place | None = None
    loss: str | None = None
    facts: Mapping[str, TensorFacts] = field(default_factory=dict)
    raises: Raises | None = None
    origin: tuple[OriginStep, ...] = ()
    cause: Place | None = None
    fixes: tuple[Fix, ...] = ()
    argument: str | None = None
    details: Mapping[str, Any] = field(default_factory=dict)
