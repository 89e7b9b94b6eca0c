"""What ``snugly shapes`` shows: the source with the shape of every tensor beside its line."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from snugly.facts.records import dataclass
from snugly.reports.json import VERSION, facts_as_dict
from snugly.reports.styled import Page, cells
from snugly.reports.summary import count

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from snugly.facts.tensors import TensorFacts
    from snugly.rules.findings import Finding

MOST_CODE = 76


@dataclass(frozen=True, slots=True)
class Shown:
    """A name and the tensor that it was bound to on a line."""

    line: int
    name: str
    facts: TensorFacts


@dataclass(frozen=True, slots=True)
class ShownLoss:
    """A loss call and its arguments by torch's names."""

    line: int
    loss: str
    arguments: Mapping[str, TensorFacts]


@dataclass(frozen=True, slots=True)
class NotKnown:
    """Something that was not followed, and why; ``line`` is ``None`` where no line is to blame."""

    line: int | None
    operation: str
    reason: str


@dataclass(frozen=True, slots=True)
class ShapesReport:
    """The shapes of one file.

    Attributes:
        file: the path.
        text: its source.
        lines: what was bound where, in the order that it was met; the same name may come more than once.
        losses: the loss calls, one entry for each kind of batch.
        unknown: what was not followed.
        findings: what does not fit; only the page shows it.
    """

    file: str
    text: str
    lines: tuple[Shown, ...] = ()
    losses: tuple[ShownLoss, ...] = ()
    unknown: tuple[NotKnown, ...] = ()
    findings: tuple[Finding, ...] = ()

    def to_html(self) -> str:
        """Return a self-contained page: the source, its tensors, the path of each, and the findings."""
        from snugly.reports.shapes_html import page

        return page(self)

    def to_json(self) -> str:
        """Return the versioned JSON text."""
        return json.dumps(self.to_dict(), indent=2, ensure_ascii=False) + "\n"

    def to_dict(self) -> dict[str, Any]:
        """Return what ``to_json`` writes, as Python objects; equal entries are said once."""
        lines = [{"line": shown.line, "name": shown.name, **facts_as_dict(shown.facts)} for shown in self.lines]
        unknown = [{"line": one.line, "operation": one.operation, "reason": one.reason} for one in self.unknown]
        return {
            "version": VERSION,
            "losses": _once([_loss_as_dict(loss) for loss in self.losses]),
            "lines": _once(lines),
            "unknown": _once(unknown),
        }

    def __str__(self) -> str:
        """Return the source with the shapes, without colour."""
        return self.page().plain()

    def page(self, width: int = 120) -> Page:
        """Lay out every line of the source with what is known of it."""
        page = Page(width)
        source = self.text.expandtabs(4).splitlines()
        gutter = len(str(len(source)))
        beside = self._beside()
        longest = max((cells(source[number - 1]) for number in beside if number <= len(source)), default=0)
        column = min(longest, MOST_CODE)
        for number, code in enumerate(source, 1):
            start = ((f"{number:>{gutter}} | ", "gutter"), (code, "code"))
            said = beside.get(number, [])
            if not said:
                page.add(*start)
                continue
            pad = " " * max(column - cells(code) + 2, 2)
            page.add(*start, (pad, ""), said[0])
            for more in said[1:]:
                page.add((" " * gutter + " | ", "gutter"), (" " * max(column, cells(code)) + "  ", ""), more)
        page.add()
        page.add((self.summary(), ""))
        return page

    def summary(self) -> str:
        """Say how many loss calls are known and how much was not followed, in a sentence."""
        known = {loss.line for loss in self.losses if _is_known(loss)}
        met = {loss.line for loss in self.losses}
        text = f"{count(len(met), 'loss call')}, {len(known)} with every shape known"
        reasons = len(_once([f"{one.line} {one.operation}" for one in self.unknown]))
        return text + (f"; {count(reasons, 'place')} not followed" if reasons else "") + "."

    def _beside(self) -> dict[int, list[tuple[str, str]]]:
        """Return the words and styles to show beside each line."""
        beside: dict[int, dict[tuple[str, str], None]] = {}
        for loss in self.losses:
            arguments = ", ".join(f"{name} {facts}" for name, facts in loss.arguments.items())
            beside.setdefault(loss.line, {})[f"{loss.loss.rpartition('.')[2]}: {arguments}", "good"] = None
        for shown in self.lines:
            if shown.facts.shape is not None or shown.facts.dtype is not None:
                beside.setdefault(shown.line, {})[f"{shown.name} {shown.facts}", "shape"] = None
        return {line: list(said) for line, said in beside.items()}


def _is_known(loss: ShownLoss) -> bool:
    return all(facts.shape is not None and None not in facts.shape for facts in loss.arguments.values())


def _loss_as_dict(loss: ShownLoss) -> dict[str, Any]:
    """Return a loss under the names of the format; an argument of another name follows the first three."""
    first = {"input": None, "target": None, "weight": None}
    arguments = {name: facts_as_dict(facts) for name, facts in loss.arguments.items()}
    return {"line": loss.line, "loss": loss.loss, **first, **arguments}


def _once(entries: Sequence[Any]) -> list[Any]:
    seen: set[str] = set()
    kept = []
    for entry in entries:
        key = json.dumps(entry, sort_keys=True)
        if key not in seen:
            seen.add(key)
            kept.append(entry)
    return kept
