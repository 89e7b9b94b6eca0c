"""A Finding and its parts, by the names of the JSON report."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Any

from snugly.facts.records import dataclass, field

if TYPE_CHECKING:
    from collections.abc import Mapping

    from snugly.contracts.calls import Raises
    from snugly.facts.origins import Place, Source
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

    @property
    def file(self) -> str:
        """The file to change."""
        return self.place.file

    @property
    def start(self) -> tuple[int, int]:
        """Line and column where the span starts, from 1."""
        return self.place.line, self.place.column

    @property
    def end(self) -> tuple[int, int]:
        """Line and column after the end of the span."""
        return self.place.end_line or self.place.line, self.place.end_column or self.place.column


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

    @property
    def file(self) -> str:
        """The file of this line."""
        return self.place.file

    @property
    def line(self) -> int:
        """The number of this line, from 1."""
        return self.place.line


@dataclass(frozen=True, slots=True)
class LikelyCause:
    """What may have led to a message that was pasted without its program.

    Attributes:
        claim: what went wrong, as a sentence.
        because: the evidence for it, and for its place in the order.
        check: what to look at to be sure.
        edit: the line to write when it is so; empty where there is none to show.
    """

    claim: str
    because: str
    check: str = ""
    edit: str = ""


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
        sources: the source of each argument at ``place``, by parameter name.
        numbers: what the sizes at hand imply, a sentence each.
        likely: for a message pasted without its program, the likely causes, likeliest first.
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
    sources: Mapping[str, Source] = field(default_factory=dict)
    numbers: tuple[str, ...] = ()
    likely: tuple[LikelyCause, ...] = ()

    @property
    def file(self) -> str | None:
        """The file of ``place``."""
        return None if self.place is None else self.place.file

    @property
    def line(self) -> int | None:
        """The first line of ``place``, from 1."""
        return None if self.place is None else self.place.line

    @property
    def column(self) -> int | None:
        """The first column of ``place``, from 1, in characters."""
        return None if self.place is None else self.place.column

    @property
    def end_line(self) -> int | None:
        """The last line of ``place``."""
        return None if self.place is None else self.place.end_line or self.place.line

    @property
    def end_column(self) -> int | None:
        """The column after the last of ``place``."""
        return None if self.place is None else self.place.end_column or self.place.column
