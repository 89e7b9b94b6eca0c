"""Where a size came from: places in source and the chain of operations that led to a tensor."""

from __future__ import annotations

from typing import TYPE_CHECKING

from snugly.facts.records import dataclass, field

if TYPE_CHECKING:
    from collections.abc import Iterator

    from snugly.facts.tensors import TensorFacts


@dataclass(frozen=True, slots=True)
class Place:
    """A span of source. Lines and columns count from 1 in characters; ends are exclusive."""

    file: str
    line: int
    column: int = 1
    end_line: int = 0
    end_column: int = 0


@dataclass(frozen=True, slots=True)
class Source:
    """An expression in the user's source: its span and its text."""

    place: Place
    text: str


@dataclass(frozen=True, slots=True, eq=False)
class Origin:
    """The operation that made a tensor, and through ``inputs`` the ones before it.

    What is not an operation has one of these words for its name: ``"parameter"``; ``"data"`` (made
    outside the program); ``"item"`` (a sample of a dataset: the place is the expression that
    ``__getitem__`` returns for it, or the argument of ``TensorDataset``, the input the value before it);
    ``"collate"`` (default collate: the place is the construction of the loader, the input the sample).

    Attributes:
        operation: qualified torch name, such as ``"torch.Tensor.view"`` or ``"torch.nn.Linear"``,
            or one of the words above.
        place: the call in the user's source; ``None`` where there is no source.
        text: the source of that call or its line.
        inputs: the tensors it was made from, in argument order.
        options: the arguments that are not tensors and decided the shape, such as ``{"dim": 1}``.
        arguments: the source of each argument of that call, by parameter name (``"self"`` for the
            receiver of a method).
        layer: for a layer, the call that constructed it, often the line to change; its ``arguments``
            are those of the constructor.
        callers: the calls of the user's functions that were running, innermost first: where an
            argument that this operation got as a parameter was written.
    """

    operation: str
    place: Place | None = None
    text: str = ""
    inputs: tuple[TensorFacts, ...] = ()
    options: dict[str, object] = field(default_factory=dict)
    arguments: dict[str, Source] = field(default_factory=dict)
    layer: Origin | None = None
    callers: tuple[Place, ...] = ()

    def walk(self, limit: int = 200) -> Iterator[Origin]:
        """Yield this origin and those of its inputs, nearest first, first input first."""
        seen: set[int] = set()
        queue: list[Origin] = [self]
        while queue and limit:
            origin = queue.pop(0)
            if id(origin) in seen:
                continue
            seen.add(id(origin))
            limit -= 1
            yield origin
            queue.extend(facts.origin for facts in origin.inputs if facts.origin is not None)
