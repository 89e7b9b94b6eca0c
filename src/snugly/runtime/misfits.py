"""What a guard raises and warns with."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from snugly.facts.records import replace
from snugly.facts.values import NOTHING_KNOWN
from snugly.runtime.interception import Refusal

if TYPE_CHECKING:
    from snugly.rules.findings import Finding


_PLAIN = {
    each.__name__: each
    for each in (
        RuntimeError,
        ValueError,
        IndexError,
        TypeError,
        NotImplementedError,
        AssertionError,
        ZeroDivisionError,
    )
}
"""The exception types of torch's losses that are made from a message alone."""


class MisfitError(Refusal):
    """Tensors do not fit the loss that they were about to be given to; the loss did not run.

    Where torch would have raised, it is an instance of torch's exception type too, so that what catches a
    ``ValueError`` of a loss goes on catching it.

    Attributes:
        findings: what is wrong, the worst first.
    """

    def __init__(self, message: str, findings: tuple[Finding, ...] = ()) -> None:
        """Keep the findings; the message is their report."""
        super().__init__(message)
        self.findings = findings

    def __reduce__(self) -> tuple[object, ...]:
        """Pickle as what ``misfit_error`` makes: workers send exceptions to their parents."""
        return misfit_error, (str(self), tuple(map(_without_tensors, self.findings)))


class MisfitWarning(Refusal, UserWarning):
    """A finding of a guard that was asked to warn. A filter that turns it into an error has it raised."""


def misfit_error(message: str, findings: tuple[Finding, ...]) -> MisfitError:
    """Return the exception for findings, of torch's type as well where torch would raise."""
    raised = next((finding.raises.type for finding in findings if finding.raises is not None), None)
    return _class_for(raised)(message, findings)


def _without_tensors(finding: Finding) -> Finding:
    """Return a finding whose facts hold no live tensor, which nobody wants to send along."""
    plain = {name: facts.with_(values=NOTHING_KNOWN, origin=None) for name, facts in finding.facts.items()}
    return replace(finding, facts=plain)


@cache
def _class_for(name: str | None) -> type[MisfitError]:
    base = _PLAIN.get(name or "")
    if base is None:
        return MisfitError
    members = {"__module__": MisfitError.__module__, "__doc__": MisfitError.__doc__}
    return type("MisfitError", (MisfitError, base), members)
