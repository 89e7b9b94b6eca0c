"""Activations before a loss: which one it was, where it is written, and taking it away or exchanging it."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from snugly.facts.records import dataclass, replace
from snugly.facts.values import Meaning, ValueFacts
from snugly.remedies.lexical import expression_at
from snugly.remedies.remedy import Placement
from snugly.remedies.rewrite import Rewrite, removed_layer, unwrapped
from snugly.rules.findings import Edit
from snugly.rules.steps import chain

if TYPE_CHECKING:
    from collections.abc import Iterable

    from snugly.facts.origins import Origin
    from snugly.facts.tensors import TensorFacts
    from snugly.remedies.remedy import Remedy
    from snugly.remedies.site import Site

ACTIVATIONS = frozenset(
    ("softmax", "sigmoid", "softmax2d", "expit", "softmin", "log_softmax", "logsigmoid", "sigmoid_")
)
LAYERS = frozenset(("Softmax", "Sigmoid", "Softmax2d", "LogSoftmax", "LogSigmoid", "Softmin"))


@dataclass(frozen=True, slots=True)
class Applied:
    """An activation on the way to a loss.

    Attributes:
        origin: the operation.
        before: what it was given.
    """

    origin: Origin
    before: TensorFacts | None

    @property
    def name(self) -> str:
        """How the user wrote it: the layer's class, or the function."""
        layer = self.origin.layer
        if layer is not None and layer.operation.rpartition(".")[2] in LAYERS:
            return layer.operation.rpartition(".")[2]
        return self.origin.operation.rpartition(".")[2]


def applied(facts: TensorFacts) -> Applied | None:
    """Return the last activation on the main line of a tensor."""
    for origin, _, before in chain(facts):
        if origin.operation.rpartition(".")[2] in ACTIVATIONS:
            return Applied(origin, before)
    return None


LINEAR = frozenset(
    ("linear", "matmul", "mm", "bmm", "addmm", "addmv", "mv", "einsum", "conv1d", "conv2d", "conv3d", "spmm")
)
CARRYING = frozenset((
    "getitem", "view", "reshape", "flatten", "transpose", "permute", "contiguous", "dropout", "squeeze", "unsqueeze",
    "index_select", "float", "to", "t", "mT", "T", "movedim", "clone",
))  # fmt: skip


def raw_scores(facts: TensorFacts) -> bool:
    """Tell whether a tensor is the product of a layer as it comes, with nothing that normalizes it in between.

    A product with an adjacency matrix, as in a graph network, is one; what is added to it must be a parameter.
    """
    if facts.values.meaning is not None:
        return facts.values.meaning is Meaning.LOGITS
    if facts.requires_grad is not True or facts.values.high is not None:
        return False
    for origin, _, _ in chain(facts):
        name = origin.operation.rpartition(".")[2]
        if name in LINEAR:
            return True
        biased = name in ("add", "add_") and all(each.kind == "parameter" for each in origin.inputs[1:])
        if name not in CARRYING and not biased:
            return False
    return False


def blame(found: Applied | None) -> Origin | None:
    """Return the place to change: where the layer is constructed, else the call."""
    if found is None:
        return None
    layer = found.origin.layer
    return layer if layer is not None and layer.operation.rpartition(".")[2] in LAYERS else found.origin


def without_activation(argument: str, facts: TensorFacts, *, safe: bool = False) -> tuple[Remedy, ...]:
    """Return the remedy that takes the activation away."""
    found = applied(facts)
    name = "activation" if found is None else found.name
    values = ValueFacts(meaning=Meaning.LOGITS)

    def write(site: Site) -> Iterable[Placement]:
        del site
        if found is None:
            return
        culprit = blame(found)
        written = None if culprit is None else expression_at(culprit.place, culprit.callers)
        if written is None or culprit is None:
            return
        edits = (
            removed_layer(written.text, written.node)
            if culprit is not found.origin
            else unwrapped(written.text, written.node)
        )
        if not edits and culprit is not found.origin:
            edits = _identity(written.text.place(written.node), written.node)
        if edits:
            yield Placement(edits, name, written.place, local=False)

    return (Rewrite(f"Take the {name} out of the model", {argument: facts.with_(values=values)}, write, safe),)


def _identity(place: object, node: ast.expr) -> tuple[Edit, ...]:
    """Return the edit that puts ``nn.Identity()`` in the place of a layer."""
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
        return ()
    prefix = ast.unparse(node.func.value)
    return (Edit(place, f"{prefix}.Identity()"),)  # type: ignore[arg-type]


def exchanged(
    argument: str, facts: TensorFacts, names: dict[str, str], meaning: Meaning, title: str
) -> tuple[Remedy, ...]:
    """Return the remedy that exchanges an activation for another, such as ``Softmax`` for ``LogSoftmax``."""
    found = applied(facts)
    values = replace(ValueFacts(meaning=meaning), high=0.0, axis=facts.values.axis)

    def write(site: Site) -> Iterable[Placement]:
        del site
        culprit = blame(found)
        written = None if culprit is None else expression_at(culprit.place, culprit.callers)
        if (
            written is None
            or not isinstance(written.node, ast.Call)
            or not isinstance(written.node.func, ast.Attribute)
        ):
            return
        function = written.node.func
        new = names.get(function.attr)
        if new is None:
            return
        whole = written.text.place(function)
        span = replace(whole, line=whole.end_line, column=whole.end_column - len(function.attr))
        yield Placement((Edit(span, new),), new, written.place, local=False)

    if found is None:
        return ()
    return (Rewrite(title, {argument: facts.with_(values=values)}, write),)
