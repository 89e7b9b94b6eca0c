"""Where something was seen: the call in the user's source, and what led there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from snugly.facts.records import dataclass, field

if TYPE_CHECKING:
    from collections.abc import Mapping

    from snugly.facts.origins import Origin, Place, Source
    from snugly.remedies.proof import Kernel


@dataclass(frozen=True, slots=True)
class Site:
    """The place of a loss call or an operation.

    Attributes:
        place: the call in the user's source; ``None`` where there is no source.
        sources: span and text of every argument, by parameter name.
        callers: the calls of the user's functions that were running, innermost first.
        constructor: where the loss module was made, with the sources of its options.
        kernel: runs the real kernel on stand-ins.
    """

    place: Place | None = None
    sources: Mapping[str, Source] = field(default_factory=dict)
    callers: tuple[Place, ...] = ()
    constructor: Origin | None = None
    kernel: Kernel | None = None
