"""SNG804 view-size."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any

from snugly.facts.dims import Dim, divides, product, same
from snugly.facts.records import dataclass
from snugly.facts.tensors import TensorFacts
from snugly.remedies.lexical import Written, expression_at, followed
from snugly.remedies.remedy import Placement
from snugly.remedies.rewrite import Rewrite
from snugly.remedies.undo import called
from snugly.rules.diagnosis import Diagnosis
from snugly.rules.findings import Edit, Severity
from snugly.rules.flattening import shared_size, view_by_sample
from snugly.rules.reading import fixed, sizes
from snugly.rules.registry import rule

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from snugly.facts.tensors import Shape
    from snugly.operations.registry import Application
    from snugly.remedies.site import Site


@dataclass(frozen=True, slots=True, kw_only=True)
class ViewSize(Diagnosis):
    """A view to rows of a size that does not divide the elements.

    Attributes:
        operation: ``"view"`` or ``"reshape"``.
        input: the shape that it is given.
        size: the size of a row that was written.
        features: how many elements a sample has.
    """

    operation: str
    input: Shape
    size: Dim
    features: Dim

    @property
    def message(self) -> str:
        """Say both sizes."""
        inner = " × ".join(str(each) for each in self.input[1:])
        return (
            f"{self.operation} to rows of {self.size} raises for {sizes(self.input)}: "
            f"a sample has {inner} = {self.features} elements."
        )


@rule("SNG804", name="view-size", severity=Severity.ERROR, refused=True, operations={"view", "reshape"})
def view_size(application: Application) -> Iterator[Diagnosis]:
    """Finds a view to rows of a size that the elements cannot be divided into."""
    misfit, input = application.misfit, application.arguments.get("input")
    if misfit is None or not isinstance(input, TensorFacts) or input.shape is None:
        return
    wanted = _sizes(application.arguments.get("shape"))
    features = product(input.shape[1:])
    if len(wanted) != 2 or len(input.shape) < 3 or features is None or not isinstance(wanted[1], Dim):
        return
    size = wanted[1]
    if same(size, -1) is not False or same(size, features) is not False or divides(size, features) is True:
        return
    number = fixed(features)
    yield ViewSize(
        operation=application.name.rpartition(".")[2],
        input=input.shape,
        size=size,
        features=features,
        argument="input",
        remedies=() if number is None else (_by_sample(input, number),),
        only=("input",),
    )


def _sizes(shape: Any) -> tuple[Any, ...]:
    if isinstance(shape, tuple | list):
        return _sizes(shape[0]) if len(shape) == 1 and isinstance(shape[0], tuple | list) else tuple(shape)
    return ()


def _by_sample(input: TensorFacts, features: int) -> Rewrite:
    """Return the remedy that keeps a row for each sample and makes the layer that was given the same size fit it."""
    factors = [fixed(each) for each in (input.shape or ())[1:]]
    text = " * ".join(map(str, factors)) if None not in factors else str(features)

    def write(site: Site) -> Iterable[Placement]:
        view = expression_at(site.place, site.callers)
        if view is None:
            return
        size = _size_of_layer(view)
        if size is None:
            return
        shared = shared_size(view, size)
        if shared is not None:
            yield Placement((Edit(shared.place, text),), text, shared.place, local=False)
        yield Placement((Edit(size.place, text), *view_by_sample(view)), text, size.place, local=False)

    title = f"Give the layer all {features} features of a sample"
    return Rewrite(title, {"shape": (-1, features)}, write, safe=False)


def _size_of_layer(view: Written) -> Written | None:
    """Return the number of features of the one linear layer of the class that was written as the view was."""
    if not isinstance(view.node, ast.Call) or not view.node.args:
        return None
    last = view.node.args[-1]
    last = last.elts[-1] if isinstance(last, ast.Tuple | ast.List) and last.elts else last
    owner = next((each for each in view.text.ancestors(view.node) if isinstance(each, ast.ClassDef)), view.text.tree)
    if owner is None:
        return None
    written = {ast.dump(hop.node) for hop in followed(Written(view.text, last, view.callers))}
    found: list[Written] = []
    for node in ast.walk(owner):
        if not isinstance(node, ast.Call) or called(node)[0] != "Linear":
            continue
        given = next((each.value for each in node.keywords if each.arg == "in_features"), None)
        given = node.args[0] if given is None and node.args else given
        if given is None:
            continue
        start = Written(view.text, given, ())
        if any(ast.dump(hop.node) in written for hop in followed(start)):
            found.append(start)
    return found[0] if len(found) == 1 else None
