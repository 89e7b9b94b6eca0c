"""SNG706 step-fails-at-batch-size."""

from __future__ import annotations

from typing import TYPE_CHECKING

from snugly.rules.findings import Finding, Severity
from snugly.rules.registry import rule

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from snugly.contracts.calls import Raises
    from snugly.facts.origins import Place
    from snugly.rules.diagnosis import Diagnosis

CODE, NAME = "SNG706", "step-fails-at-batch-size"


@rule(CODE, name=NAME, severity=Severity.ERROR)
def step_fails_at_batch_size() -> Iterator[Diagnosis]:
    """Finds a training step that torch stops at some batch size, for a reason that no other rule knows."""
    return iter(())


def fails_at(size: int, works: Sequence[int], raises: Raises, place: Place | None) -> Finding:
    """Return the finding.

    Args:
        size: the batch size at which the step fails.
        works: batch sizes at which it was run and fits.
        raises: what stopped it.
        place: the user's line that was running.
    """
    if works:
        fits = ", ".join(str(each) for each in works)
        message = f"The step fits at batch size {fits} and is stopped at batch size {size}."
    else:
        message = f"The step is stopped at batch size {size}, the first that was tried."
    return Finding(
        CODE,
        NAME,
        Severity.WARNING if works else Severity.ERROR,
        message,
        place=place,
        raises=raises,
        cause=place,
        details={"batch_size": size, "fits_at": list(works)},
    )
