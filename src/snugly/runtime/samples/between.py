"""From what a model returned to what a loss was given: who made each row, through autograd's graph.

The nodes of the graph are called one by one, from the loss's argument back to the model's output. Neither hooks nor
the accumulation of gradients are a part of that, and the graph stays what it is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from snugly.runtime.samples.copying import UnknowableError
from snugly.runtime.samples.makers import NOBODY, SEVERAL, digits

if TYPE_CHECKING:
    from collections.abc import Sequence

    import torch

    Node = Any
    Edge = tuple[Node, int]

MOST_NODES = 20_000
FINEST = 2**20
"""The rows of an argument with more elements are its slices along the first axis."""
MOST_ROWS = 64
"""Where rows share what they are made of, so many are looked at."""


def edge(tensor: torch.Tensor) -> Edge | None:
    """Return where a tensor stands in autograd's graph."""
    return None if tensor.grad_fn is None else (tensor.grad_fn, tensor.output_nr)


def reaches(tensor: torch.Tensor, outputs: Sequence[torch.Tensor]) -> bool:
    """Tell whether a tensor was made of one of these, as far as that can be seen: by graph, or as its view."""
    if any(_is_view(tensor, each) for each in outputs):
        return True
    targets = {each for output in outputs if (each := edge(output)) is not None}
    return bool(targets) and tensor.grad_fn is not None and bool(leading(edge(tensor), targets))


def rows_of(
    tensor: torch.Tensor, outputs: Sequence[torch.Tensor], labels: Sequence[torch.Tensor], rows: torch.Tensor
) -> torch.Tensor:
    """Return who made each element of a tensor, or each row where elements cannot be told apart.

    Args:
        tensor: what the loss was given.
        outputs: what the model returned.
        labels: who made each element of those.
        rows: for each element of ``tensor`` the number of its row; elements of a row need not be told apart.

    Raises:
        UnknowableError: the way from the outputs to the tensor cannot be followed.
    """
    for output, marks in zip(outputs, labels, strict=True):
        if _is_view(tensor, output) and tensor.numel() == output.numel() and _dense(tensor) and _dense(output):
            return marks.reshape(tensor.shape)
    pulled = _Pull(tensor, outputs)
    count = int(rows.max()) + 1
    codes = [marks.new_zeros(marks.shape) for marks in labels]
    touched = [marks == SEVERAL for marks in labels]
    shared = any(
        _spell(pulled, codes, touched, digit, chosen.to(rows.device)[rows])
        for digit, chosen in enumerate(digits(count))
    )
    if shared:
        return _one_by_one(pulled, labels, rows, count)
    return _gathered(codes, touched, labels, count)[rows]


def _spell(
    pulled: _Pull, codes: list[torch.Tensor], touched: list[torch.Tensor], digit: int, chosen: torch.Tensor
) -> bool:
    """Add a digit of the rows that the elements of the outputs go into; tell whether one goes into several."""
    shared = False
    for at, (on, off) in enumerate(zip(pulled(chosen), pulled(~chosen), strict=True)):
        codes[at] += on.to(codes[at].dtype) << digit
        touched[at] |= on | off
        shared |= bool((on & off).any())
    return shared


def _gathered(
    codes: list[torch.Tensor], touched: list[torch.Tensor], labels: Sequence[torch.Tensor], count: int
) -> torch.Tensor:
    """Return who made each row, where each element of the outputs goes into one row."""
    import torch

    large = torch.iinfo(torch.int32).max
    least = torch.full((count,), large, dtype=torch.int32, device=codes[0].device)
    most = torch.full((count,), NOBODY, dtype=torch.int32, device=codes[0].device)
    for code, used, marks in zip(codes, touched, labels, strict=True):
        known = used & (marks != NOBODY)
        where, who = code[known].long(), marks[known].int()
        least.scatter_reduce_(0, where, who, "amin")
        most.scatter_reduce_(0, where, who, "amax")
    alone = torch.where(least == most, most, SEVERAL)
    return torch.where(least == large, NOBODY, torch.where(least == SEVERAL, SEVERAL, alone))


def _one_by_one(pulled: _Pull, labels: Sequence[torch.Tensor], rows: torch.Tensor, count: int) -> torch.Tensor:
    """Return who made each of some rows, one after the other; of those between it is not known."""
    import torch

    who = torch.full((count,), NOBODY, dtype=torch.int32, device=rows.device)
    for row in range(0, count, -(-count // MOST_ROWS)):
        found: set[int] = set()
        for used, marks in zip(pulled(rows == row), labels, strict=True):
            found.update(marks[used].unique().tolist())
        found.discard(NOBODY)
        who[row] = NOBODY if not found else found.pop() if len(found) == 1 else SEVERAL
    return who[rows]


def pairwise(tensor: torch.Tensor, outputs: Sequence[torch.Tensor], labels: Sequence[torch.Tensor]) -> bool:
    """Tell whether each element of a matrix was made of two samples, as far as a few of them show it."""
    import torch

    if tensor.dim() != 2:
        return False
    for output, marks in zip(outputs, labels, strict=True):
        if _is_view(tensor, output) and tensor.numel() == output.numel():
            return few_in_common(marks.reshape(tensor.shape))
    pulled = _Pull(tensor, outputs)
    several = 0
    for at in range(1, tensor.numel(), max(1, tensor.numel() // 7)):
        chosen = torch.zeros(tensor.shape, dtype=torch.bool, device=tensor.device)
        chosen.view(-1)[at] = True
        found = {each for used, marks in zip(pulled(chosen), labels, strict=True) for each in marks[used].tolist()}
        found.discard(NOBODY)
        if len(found) > 2 or SEVERAL in found:
            return False
        several += len(found) == 2
    return several > 0


def few_in_common(marks: torch.Tensor) -> bool:
    """Tell whether a matrix within a model has a diagonal where a sample meets itself, and others meet off it."""
    if marks.dim() != 2:
        return False
    size = min(marks.shape)
    alone = marks.diagonal()[:size]
    return bool((alone >= 0).all()) and bool((marks == SEVERAL).any()) and alone.unique().numel() == alone.numel()


def followed(tensor: torch.Tensor, outputs: Sequence[torch.Tensor]) -> tuple[str, ...]:
    """Return the names of autograd's nodes between outputs and a tensor, from the outputs on."""
    targets = {each for output in outputs if (each := edge(output)) is not None}
    return tuple(node.name() for node in reversed(leading(edge(tensor), targets)))


class _Pull:
    """Tells which elements of the outputs some elements of a tensor were made of."""

    def __init__(self, tensor: torch.Tensor, outputs: Sequence[torch.Tensor]) -> None:
        self._tensor = tensor
        self._outputs = outputs
        self._edges = [edge(each) for each in outputs]
        self._targets = {each for each in self._edges if each is not None}
        self._nodes = leading(edge(tensor), self._targets)
        if not self._nodes and edge(tensor) not in self._targets:
            raise UnknowableError("what is between the model and the loss leaves no trace")
        for node in self._nodes:
            _check(node)

    def __call__(self, chosen: torch.Tensor) -> list[torch.Tensor]:
        """Return for each output which elements a choice of elements of the tensor depends on."""
        import torch

        generator = torch.Generator(self._tensor.device).manual_seed(7)
        noise = torch.rand(chosen.shape, generator=generator, device=self._tensor.device) + 0.5
        start = noise.to(self._tensor.dtype) * chosen
        pulled = self._backward(start)
        return [
            torch.zeros_like(output, dtype=torch.bool) if at is None or at not in pulled else pulled[at] != 0
            for output, at in zip(self._outputs, self._edges, strict=True)
        ]

    def _backward(self, start: torch.Tensor) -> dict[Edge, torch.Tensor]:
        first = edge(self._tensor)
        waiting: dict[Edge, torch.Tensor] = {} if first is None else {first: start}
        for node in self._nodes:
            inputs = len(node._input_metadata)
            gradients = [waiting.pop((node, at), None) for at in range(inputs)]
            if all(each is None for each in gradients):
                continue
            results = node(*gradients)
            results = results if isinstance(results, tuple) else (results,)
            for following, result in zip(node.next_functions, results, strict=False):
                if following[0] is None or result is None:
                    continue
                waiting[following] = waiting[following] + result if following in waiting else result
        return {at: waiting[at] for at in self._targets if at in waiting}


def _check(node: Node) -> None:
    """Refuse what is not a plain function of torch's."""
    import torch

    if isinstance(node, torch.autograd.function.BackwardCFunction) or node.name() == "CopySlices":
        raise UnknowableError(f"what is between the model and the loss cannot be followed: {node.name()}")


def leading(start: Edge | None, targets: set[Edge]) -> list[Node]:
    """Return the nodes on the ways from an edge back to some others, each before those that it leads to."""
    if start is None or start in targets:
        return []
    order: list[Node] = []
    leads: dict[Node, bool] = {}
    stack: list[tuple[Node, bool]] = [(start[0], False)]
    while stack:
        node, done = stack.pop()
        if done:
            leads[node] = any(each in targets or leads.get(each[0], False) for each in node.next_functions)
            if leads[node]:
                order.append(node)
            continue
        if node in leads:
            continue
        leads[node] = False
        if len(leads) > MOST_NODES:
            raise UnknowableError("there is too much between the model and the loss")
        stack.append((node, True))
        onward = (each for each in node.next_functions if each not in targets)
        stack += [(each, False) for each, _ in onward if each is not None and each not in leads]
    return order[::-1]


def _is_view(tensor: torch.Tensor, output: torch.Tensor) -> bool:
    """Tell whether both are the same elements, seen in one way or another."""
    if tensor is output:
        return True
    if tensor.is_meta or type(tensor) is not type(output) or tensor.numel() == 0:
        return False
    return bool(tensor.dtype == output.dtype and tensor.data_ptr() == output.data_ptr())


def _dense(tensor: torch.Tensor) -> bool:
    return bool(tensor.is_contiguous())
