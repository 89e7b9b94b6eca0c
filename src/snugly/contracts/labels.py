"""Labels: whether every class index lies in the range of the classes, and what torch says if not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from snugly.contracts.arithmetic import Node, any_empty, known
from snugly.facts.dims import Dim, bounds

if TYPE_CHECKING:
    from snugly.contracts.trace import Trace


def labels_inside(target: Node, classes: Dim | None, ignored: int | None) -> bool | None:
    """Tell whether every label is in ``[0, classes)`` or ignored; an empty target has no label that is not."""
    if any_empty(target.shape):
        return True
    low, high = (None, None) if classes is None else bounds(classes)
    if high is not None and target.values.inside(0, high - 1, ignoring=ignored) is False:
        return _unless_empty(target)
    if classes is None and target.values.inside(0, float("inf"), ignoring=ignored) is False:
        return _unless_empty(target)
    if low is not None and target.values.inside(0, low - 1, ignoring=ignored):
        return True
    return None


def _unless_empty(target: Node) -> bool | None:
    return False if any_empty(target.shape) is False else None


def class_labels(trace: Trace, target: Node, classes: Dim | None, ignored: int | None, *, as_character: bool) -> None:
    """Require labels in the range of the classes.

    Args:
        trace: the pass.
        target: the labels.
        classes: how many classes there are.
        ignored: the label that counts for nothing, ``None`` where the option is not known.
        as_character: whether torch writes the label of a ``uint8`` target as a character.
    """
    inside = None if ignored is None else labels_inside(target, classes, ignored)
    if inside:
        return
    number = known(classes)
    first = None
    if inside is False and number is not None:
        first = target.values.first_outside(0, number - 1, ignoring=ignored)
    kind, text = "IndexError", f"Target {'?' if first is None else int(first)} is out of bounds."
    if as_character and target.dtype == "uint8" and first is not None:
        kind, text = _written_as_character(int(first))
    trace.require(inside, kind, text, "label-range", "target", classes=classes, label=first, ignore_index=ignored)


def _written_as_character(label: int) -> tuple[str, str]:
    """Return what becomes of a message with a ``uint8`` label in it, which C++ prints as a character."""
    if label >= 128:
        reason = "invalid continuation byte" if 0xC2 <= label <= 0xF4 else "invalid start byte"
        return "UnicodeDecodeError", f"'utf-8' codec can't decode byte 0x{label:02x} in position 7: {reason}"
    if label == 0:
        return "IndexError", "Target "
    return "IndexError", f"Target {chr(label)} is out of bounds."
