"""What preflight learned about a step."""

from __future__ import annotations

from typing import TYPE_CHECKING

from snugly.facts.records import dataclass, field

if TYPE_CHECKING:
    from snugly.rules.findings import Finding
    from snugly.runtime.preflight.formation import Assumption
    from snugly.runtime.preflight.layers import Layer
    from snugly.runtime.preflight.sizes import Sizes


@dataclass(slots=True)
class Flight:
    """What preflight learned about a step.

    Attributes:
        sizes: the batch sizes that matter.
        real: the step had to be run on copies on the CPU, because of this; empty when tensors without
            elements could do it.
        proved: the batch sizes for which the step is proved to fit.
        tested: the batch sizes at which it was run.
        failed: the batch sizes at which it does not fit, with what torch would raise.
        assumed: what the proof would have to assume, where it is none.
        apart: why its sizes cannot be flown side by side; empty when they can.
        branches: lines at which an element decides which way the step goes; both ways were tried.
        findings: the misfits, each once.
        layers: the layers at the configured batch size.
        saved: bytes kept for the backward pass at that size.
        parameters: how many numbers are trained.
        without_gradient: parameters that require a gradient and get none.
        notes: what else a person should know, a sentence each.
    """

    sizes: Sizes
    real: str = ""
    proved: frozenset[int] = frozenset()
    tested: tuple[int, ...] = ()
    failed: dict[int, str] = field(default_factory=dict)
    assumed: tuple[Assumption, ...] = ()
    apart: str = ""
    branches: set[str] = field(default_factory=set)
    findings: list[Finding] = field(default_factory=list)
    layers: list[Layer] = field(default_factory=list)
    saved: int = 0
    parameters: int = 0
    without_gradient: tuple[str, ...] = ()
    notes: list[str] = field(default_factory=list)

    @property
    def size(self) -> int:
        """The configured batch size."""
        return self.sizes.configured

    def note(self, text: str) -> None:
        """Add a sentence, once."""
        if text not in self.notes:
            self.notes.append(text)
