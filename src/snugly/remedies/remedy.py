"""Changes that could mend a finding, each as an operation on the facts of a call and as edits of source."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any

from snugly.facts.records import dataclass, replace
from snugly.remedies.changes import Change, compose, written
from snugly.remedies.positions import Position, outermost, positions
from snugly.remedies.text import SourceText, source_text, splice
from snugly.remedies.undo import undo
from snugly.rules.findings import Edit

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from snugly.contracts.calls import LossCall
    from snugly.facts.origins import Place
    from snugly.facts.tensors import TensorFacts
    from snugly.remedies.site import Site


@dataclass(frozen=True, slots=True)
class Placement:
    """One way to write a remedy into the source.

    Attributes:
        edits: spans to replace.
        shown: what the changed expression reads, for the title.
        place: the place to change first.
        local: whether nothing but this call can notice the change.
    """

    edits: tuple[Edit, ...]
    shown: str
    place: Place
    local: bool = True


class Remedy(ABC):
    """A change that could mend a finding.

    Attributes:
        title: what it does, as an imperative clause.
        safe: whether, once proved, the meaning cannot be another.
    """

    title: str
    safe: bool

    def arguments(self, arguments: Mapping[str, Any]) -> Mapping[str, Any] | None:
        """Return the changed arguments, or ``None`` where it does not apply."""
        return arguments

    def call(self, call: LossCall) -> LossCall | None:
        """Return the changed call, or ``None`` where it does not apply."""
        changed = self.arguments(call.arguments)
        return None if changed is None else replace(call, arguments=changed)

    @abstractmethod
    def placements(self, arguments: Mapping[str, Any], site: Site) -> Iterable[Placement]:
        """Yield ways to write it into the source, the best first."""


@dataclass(frozen=True, slots=True)
class ChangeArgument(Remedy):
    """Change one argument.

    Attributes:
        argument: its name.
        changes: what to do to it, in order.
        title: see ``Remedy``.
        near: whether the place to change is the call itself; otherwise the place where the fault was made.
        safe: see ``Remedy``.
        outward: whether a parameter that its function uses several times is changed where the function is called.
    """

    argument: str
    changes: tuple[Change, ...]
    title: str
    near: bool = False
    safe: bool = True
    outward: bool = False

    def arguments(self, arguments: Mapping[str, Any]) -> Mapping[str, Any] | None:
        """Apply the changes to the facts of the argument."""
        facts = arguments.get(self.argument)
        changed = None if facts is None else compose(self.changes, facts)
        return None if changed is None else {**arguments, self.argument: changed}

    def placements(self, arguments: Mapping[str, Any], site: Site) -> Iterable[Placement]:
        """Yield the call, the data set, and where the argument was made, in the order that the fault suggests."""
        facts: TensorFacts = arguments[self.argument]
        every = list(positions(self.argument, facts, self.changes, site))
        found = [each for each in every if each.whole]
        used = list(_used(found, outward=self.outward))
        items = [_wrapped(each) for each in found if each.hop == "item"]
        samples = [each for each in found if each.hop == "made" and each.sample]
        items += [_wrapped(each) for each in samples[:1]]
        undone = list(_undone(every))
        made = [_wrapped(each) for each in found if each.hop == "made" and outermost(each, found)]
        if self.near:
            return (*used, *undone, *items, *made)
        return (*undone, *items, *made[-1:], *used, *made[:-1])


def _used(found: list[Position], *, outward: bool) -> Iterator[Placement]:
    """Yield the expression at the call, but the caller's first where the callee uses its parameter several times."""
    lexical = [each for each in found if each.hop in ("use", "caller")]
    if outward and len(lexical) > 1 and (lexical[1].shared or lexical[1].hop == "caller"):
        lexical = [*lexical[1:], lexical[0]]
    for each in lexical:
        yield _wrapped(each, local=each.hop == "use")


def _wrapped(position: Position, *, local: bool = False) -> Placement:
    text = written(position.changes, position.text, position.facts.kind)
    return Placement((Edit(position.place, text),), _short(text), position.place, local)


def _undone(found: list[Position]) -> Iterator[Placement]:
    """Yield the operation that brought the fault in, taken back."""
    for each in found:
        text = source_text(each.place.file)
        if text is None or len(each.changes) != 1:
            continue
        edits = undo(text, each.place, each.changes[0], each.facts.rank)
        if edits:
            yield Placement(edits, _short(_after(text, each.place, edits)), each.place, local=False)


def _after(text: SourceText, place: Place, edits: tuple[Edit, ...]) -> str:
    """Return how the expression at a place reads once edits inside it are made."""
    before, after = text.at(place), splice(text, edits)
    start = text.offset(place.line, place.column)
    return after[start : start + len(before) + len(after) - len(text.text)]


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= 60 else f"{line[:57]}..."


@dataclass(frozen=True, slots=True)
class ChangeBoth(Remedy):
    """Change two arguments alike.

    Attributes:
        first: the change to one.
        second: the change to the other.
        title: see ``Remedy``.
        safe: see ``Remedy``.
    """

    first: ChangeArgument
    second: ChangeArgument
    title: str
    safe: bool = False

    def arguments(self, arguments: Mapping[str, Any]) -> Mapping[str, Any] | None:
        """Apply both changes."""
        changed = self.first.arguments(arguments)
        return None if changed is None else self.second.arguments(changed)

    def placements(self, arguments: Mapping[str, Any], site: Site) -> Iterable[Placement]:
        """Yield the best way to write each of them, together."""
        one = next(iter(self.first.placements(arguments, site)), None)
        other = next(iter(self.second.placements(arguments, site)), None)
        if one is not None and other is not None:
            yield Placement(
                (*one.edits, *other.edits), f"{one.shown}, {other.shown}", one.place, one.local and other.local
            )


@dataclass(frozen=True, slots=True)
class SwapArguments(Remedy):
    """Let two arguments change places."""

    first: str
    second: str
    title: str
    safe: bool = True

    def arguments(self, arguments: Mapping[str, Any]) -> Mapping[str, Any] | None:
        """Exchange the facts."""
        if self.first not in arguments or self.second not in arguments:
            return None
        return {**arguments, self.first: arguments[self.second], self.second: arguments[self.first]}

    def placements(self, arguments: Mapping[str, Any], site: Site) -> Iterable[Placement]:
        """Exchange the two expressions at the call."""
        del arguments
        first, second = site.sources.get(self.first), site.sources.get(self.second)
        if first is None or second is None:
            return ()
        edits = Edit(first.place, second.text), Edit(second.place, first.text)
        return (Placement(edits, f"{second.text}, {first.text}", site.place or first.place),)
