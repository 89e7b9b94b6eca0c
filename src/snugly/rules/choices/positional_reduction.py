"""SNG507 positional-reduction."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any

from snugly.facts.records import dataclass, replace
from snugly.remedies.lexical import Written, expression_at, followed
from snugly.remedies.remedy import Placement, Remedy
from snugly.rules.diagnosis import Diagnosis
from snugly.rules.findings import Edit, Severity
from snugly.rules.reading import title
from snugly.rules.registry import rule

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from snugly.contracts import LossCall, Verdict
    from snugly.remedies.site import Site


@dataclass(frozen=True, slots=True, kw_only=True)
class PositionalReduction(Diagnosis):
    """A reduction given by position, where ``size_average`` stands.

    Attributes:
        loss: what the user calls it.
        text: the reduction that was meant.
    """

    loss: str
    text: str

    @property
    def message(self) -> str:
        """Say what torch makes of it."""
        return (
            f"The first parameter of {self.loss} is the old flag size_average. {self.text!r} is true as a flag, so the "
            f"reduction is 'mean', not {self.text!r}."
        )


@dataclass(frozen=True, slots=True)
class NameReduction(Remedy):
    """Give the reduction by its name."""

    text: str
    title: str
    safe: bool = True

    def call(self, call: LossCall) -> LossCall | None:
        """Move the option."""
        options = {name: value for name, value in call.options.items() if name != "size_average"}
        return replace(call, options={**options, "reduction": self.text})

    def placements(self, arguments: Mapping[str, Any], site: Site) -> Iterable[Placement]:
        """Put the name before the argument."""
        del arguments
        made = site.constructor.arguments if site.constructor is not None else site.sources
        source = made.get("size_average")
        here = site.place if site.constructor is None else site.constructor.place
        called = expression_at(here)
        written = called if called is not None or source is None else expression_at(source.place)
        if written is not None and isinstance(written.node, ast.Call):
            named = next((each for each in written.node.keywords if each.arg == "size_average"), None)
            if named is not None:
                text = f"reduction={written.text.of(named.value)}"
                return (Placement((Edit(written.text.place(named), text),), text, written.place),)
            written = next(iter(self._positional(written)), None)
        if written is None:
            return ()
        text = f"reduction={written.source}"
        return (Placement((Edit(written.place, text),), text, written.place),)

    def _positional(self, call: Written) -> Iterator[Written]:
        """Yield the arguments of a call that have the reduction for their value."""
        for node in call.node.args if isinstance(call.node, ast.Call) else ():
            given = Written(call.text, node, call.callers)
            if any(isinstance(hop.node, ast.Constant) and hop.node.value == self.text for hop in followed(given)):
                yield given


@rule("SNG507", name="positional-reduction", severity=Severity.ERROR, given={"size_average"})
def positional_reduction(call: LossCall, verdict: Verdict) -> Iterator[Diagnosis]:
    """Finds a reduction that is given by position and taken for the old flag size_average."""
    text = call.options.get("size_average")
    if not isinstance(text, str) or text == "mean":
        return
    yield PositionalReduction(
        loss=title(call),
        text=text,
        remedies=(NameReduction(text, "Give the reduction by its name"),),
        silent=verdict.accepted is not False,
    )
