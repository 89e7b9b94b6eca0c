"""SNG801 layer-input-size."""

from __future__ import annotations

from typing import TYPE_CHECKING

from snugly.facts.dims import Dim, divides, product, same
from snugly.facts.records import dataclass
from snugly.facts.tensors import TensorFacts
from snugly.remedies.rewrite import Rewrite, resized
from snugly.rules.diagnosis import Diagnosis
from snugly.rules.findings import Severity
from snugly.rules.flattening import is_reshape
from snugly.rules.joining import Joined, along_features, joined_in_batch
from snugly.rules.reading import fixed, sizes
from snugly.rules.registry import rule
from snugly.rules.steps import chain

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from snugly.facts.tensors import Shape
    from snugly.operations.registry import Application
    from snugly.remedies.remedy import Placement, Remedy
    from snugly.remedies.site import Site

CLAUSES = frozenset((
    "linear-features", "conv-channels", "norm-channels", "layer-norm-shape", "input-features", "channels",
    "embedding-size",
    "matmul-inner-sizes",
))  # fmt: skip
PARAMETERS = (
    "in_features",
    "in_channels",
    "num_features",
    "input_size",
    "normalized_shape",
    "embed_dim",
    "num_channels",
)
AXES = {"conv-channels": 1, "norm-channels": 1, "channels": 1}


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerInputSize(Diagnosis):
    """A layer made for another size than it gets.

    Attributes:
        layer: the layer's class or the function.
        gets: the size it gets.
        expects: the size it was made for.
        input: the shape it gets.
        product: the sizes whose product the layer gets, if it comes from a flatten.
        never: whether no input size would fit.
    """

    layer: str
    gets: Dim
    expects: Dim
    input: Shape
    product: tuple[Dim | None, ...]
    never: bool

    @property
    def message(self) -> str:
        """Say both sizes and where the one it gets comes from."""
        arithmetic = (
            f" = {' × '.join('?' if size is None else str(size) for size in self.product)}"
            if len(self.product) > 1
            else ""
        )
        said = (
            f"{self.layer} is made for {self.expects} and gets {self.gets}{arithmetic} from an input of "
            f"{sizes(self.input)}, and raises."
        )
        return f"{said} No size of the input gives {self.expects}." if self.never else said


@rule("SNG801", name="layer-input-size", severity=Severity.ERROR, refused=True, clauses=CLAUSES)
def layer_input_size(application: Application) -> Iterator[Diagnosis]:
    """Finds a layer that is made for another number of features or channels than it gets."""
    misfit = application.misfit
    if misfit is None:
        return
    input = application.arguments.get("input")
    weight = application.arguments.get("weight")
    if not isinstance(input, TensorFacts) or input.shape is None:
        return
    gets, expects = misfit.details.get("given", misfit.details.get("got")), misfit.details.get("expected")
    axis = AXES.get(misfit.clause, -1)
    gets = input.size(axis) if gets is None else gets
    if expects is None and isinstance(weight, TensorFacts):
        expects = weight.size(1) if axis == 1 and weight.rank != 1 else weight.size(-1)
    if not isinstance(gets, Dim) or not isinstance(expects, Dim):
        return
    factors = flattened_from(input)
    joined = joined_in_batch(input)
    if joined is not None and joined.features != fixed(expects):
        joined = None
    yield LayerInputSize(
        layer=application.name.rpartition(".")[2],
        gets=gets,
        expects=expects,
        input=input.shape,
        product=factors,
        never=fixed(gets) is None and divides(known_factor(factors), expects) is False,
        argument="input",
        blame=None if joined is None else joined.origin,
        remedies=_resized(application, gets, factors) if joined is None else (_rejoined(joined, input),),
        only=("input", "weight"),
    )


def _rejoined(joined: Joined, input: TensorFacts) -> Remedy:
    return along_features(joined, "input", input.with_(shape=(joined.rows, joined.features)), resize=False)


def flattened_from(input: TensorFacts) -> tuple[Dim | None, ...]:
    """Return the sizes whose product became the last axis of a tensor, if a flatten made it."""
    for origin, after, before in chain(input):
        if before is None or before.shape is None or after.shape is None:
            return ()
        if is_reshape(origin):
            if len(before.shape) > len(after.shape) and same(product(before.shape[1:]), after.shape[-1]) is True:
                return tuple(before.shape[1:])
            return ()
        if before.shape != after.shape:
            return ()
    return ()


def known_factor(factors: tuple[Dim | None, ...]) -> int:
    """Return the product of the sizes that are known."""
    result = 1
    for size in factors:
        number = fixed(size)
        result *= 1 if number is None else number
    return result


def _resized(application: Application, gets: Dim, factors: tuple[Dim | None, ...]) -> tuple[Rewrite, ...]:
    size = fixed(gets)
    weight = application.arguments.get("weight")
    if size is None:
        return ()
    numbers = [fixed(each) for each in factors]
    text = " * ".join(map(str, numbers)) if len(numbers) > 1 and None not in numbers else str(size)

    def write(site: Site) -> Iterable[Placement]:
        layer = site.constructor
        if layer is None:
            return ()
        name = next((each for each in PARAMETERS if each in layer.arguments), None)
        if name is None:
            return ()
        old = layer.options.get(name)
        return resized(layer, name, old if isinstance(old, int) else None, text, size)

    changed = {}
    if isinstance(weight, TensorFacts) and weight.shape is not None:
        place = 1 if weight.rank is not None and weight.rank > 1 else 0
        changed["weight"] = weight.with_(shape=(*weight.shape[:place], gets, *weight.shape[place + 1 :]))
    return (Rewrite(f"Make the layer for the {size} that it gets", changed, write, safe=True),)
