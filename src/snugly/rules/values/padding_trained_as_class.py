"""SNG305 padding-trained-as-class."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from snugly.facts.records import dataclass
from snugly.remedies.lexical import Written, expression_at, followed
from snugly.remedies.remedy import Placement
from snugly.remedies.rewrite import Rewrite, SetOption
from snugly.remedies.undo import with_argument
from snugly.rules.diagnosis import Diagnosis
from snugly.rules.findings import Edit, Severity
from snugly.rules.reading import CLASS_INDEX, classes, fixed, given, option, title
from snugly.rules.registry import rule
from snugly.rules.steps import chain

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from snugly.contracts import LossCall
    from snugly.facts.dims import Dim
    from snugly.facts.origins import Origin
    from snugly.facts.tensors import TensorFacts
    from snugly.remedies.remedy import Remedy
    from snugly.remedies.site import Site

MOST_WALKED = 400
WITHOUT_ELEMENTS = frozenset(("shape", "size", "numel", "dim", "ndim", "dtype", "device"))
CARRYING = frozenset((
    "view", "reshape", "flatten", "to", "long", "cuda", "contiguous", "getitem", "transpose", "permute",
    "clone", "collate",
    "detach", "type", "squeeze", "t", "item",
))  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class PaddingTrainedAsClass(Diagnosis):
    """Padding whose value is a class, beside a loss that ignores another value.

    Attributes:
        loss: what the user calls it.
        padding: the value of the padding.
        ignored: the value that the loss ignores.
        classes: how many classes there are.
    """

    loss: str
    padding: int
    ignored: int
    classes: Dim

    @property
    def message(self) -> str:
        """Say what is trained."""
        return (
            f"The labels are padded with {self.padding}, which is one of the {self.classes} classes, and "
            f"{self.loss} ignores "
            f"{self.ignored}: every padded position is trained, and counted in the mean, as class {self.padding}."
        )


@rule("SNG305", name="padding-trained-as-class", severity=Severity.ERROR, refused=False, losses=CLASS_INDEX)
def padding_trained_as_class(call: LossCall) -> Iterator[Diagnosis]:
    """Finds labels that are padded with the index of a class while the loss ignores another value."""
    target = given(call, "target")
    number, ignored = fixed(classes(call)), option(call, "ignore_index")
    if target is None or number is None:
        return
    if not isinstance(ignored, int) or option(call, "reduction") == "none":
        return
    padded = _padded(target)
    if padded is None:
        return
    origin, padding = padded
    if padding == ignored or not 0 <= padding < number:
        return
    input = given(call, "input")
    remedies: list[Remedy] = []
    if _excluded(origin, padding) or (input is not None and _feeds(origin, input)):
        text = _padding_text(origin, padding)
        remedies.append(SetOption("ignore_index", padding, text, "Leave the padding out of the loss"))
    if input is None or not _feeds(origin, input):
        pad = Rewrite(
            "Pad the labels with the ignored value",
            {"target": target.with_(origin=None)},
            lambda site: () if _read_elsewhere(site) else _written(origin, ignored),
        )
        remedies.append(pad)
    told = PaddingTrainedAsClass(
        loss=title(call),
        padding=padding,
        ignored=ignored,
        classes=number,
        argument="target",
        blame=None if remedies and isinstance(remedies[0], SetOption) else origin,
        remedies=tuple(remedies),
        silent=True,
        only=("target",),
        severity=Severity.ERROR if "ignore_index" in call.options else Severity.WARNING,
    )
    yield told


def _padded(target: TensorFacts) -> tuple[Origin, int] | None:
    """Return the padding that the labels come from, if nothing changed their elements since, and its value."""
    for origin, _, _ in chain(target):
        name = origin.operation.rpartition(".")[2]
        if name == "pad_sequence":
            value = origin.options.get("padding_value", 0)
            return (origin, int(value)) if isinstance(value, int | float) and float(value).is_integer() else None
        if name not in CARRYING:
            return None
    return None


def _feeds(origin: Origin, input: TensorFacts) -> bool:
    """Tell whether the scores were computed from the padded tensor, which an embedding then indexes by its elements."""
    return input.origin is not None and any(
        each is origin or (each.place == origin.place and each.operation == origin.operation)
        for each in input.origin.walk(MOST_WALKED)
    )


def _excluded(origin: Origin, padding: int) -> bool:
    """Tell whether no label has the value of the padding before the padding."""
    return bool(origin.inputs) and all(
        each.values.low is not None and each.values.low > padding for each in origin.inputs
    )


def _used_elsewhere(written: Written) -> bool:
    """Tell whether what an expression is assigned to is read more than once, its size and the like left out."""
    parent = written.text.parents.get(written.node)
    if not isinstance(parent, ast.Assign):
        return False
    names = {each.id for target in parent.targets for each in ast.walk(target) if isinstance(each, ast.Name)}
    return any(_reads(written, name) > 1 for name in names)


def _reads(at: Written, name: str) -> int:
    """Return how often a name's elements are read in the scope of an expression.

    ``name = name.to(device)`` and ``name.shape`` do not look at the elements.
    """
    parents = at.text.parents
    count = 0
    for node in _same_scope(at.text.scope(at.node), name):
        if not isinstance(node, ast.Name) or node.id != name or not isinstance(node.ctx, ast.Load):
            continue
        parent = parents.get(node)
        statement = next((each for each in at.text.ancestors(node) if isinstance(each, ast.stmt)), None)
        renewed = isinstance(statement, ast.Assign) and any(
            isinstance(target, ast.Name) and target.id == name for target in statement.targets
        )
        count += not renewed and not (isinstance(parent, ast.Attribute) and parent.attr in WITHOUT_ELEMENTS)
    return count


_SCOPES = (
    ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp,
)  # fmt: skip


def _same_scope(scope: ast.AST, name: str) -> Iterator[ast.AST]:
    """Yield the nodes of a scope, without what is inside it and in which a name means something of its own."""
    for child in ast.iter_child_nodes(scope):
        if isinstance(child, _SCOPES) and _binds(child, name):
            continue
        yield child
        yield from _same_scope(child, name)


def _binds(function: ast.AST, name: str) -> bool:
    for node in ast.walk(function):
        if isinstance(node, ast.arg) and node.arg == name:
            return True
        if isinstance(node, ast.Name) and node.id == name and isinstance(node.ctx, ast.Store):
            return True
    return False


def _read_elsewhere(site: Site) -> bool:
    """Tell whether the labels at the loss are read by something else too, such as a mask or a metric."""
    source = site.sources.get("target")
    written = None if source is None else expression_at(source.place, site.callers)
    if written is None:
        return False
    names = {each.id for each in ast.walk(written.node) if isinstance(each, ast.Name)} - {"torch", "F"}
    return any(_reads(written, name) > 1 for name in names)


def _padding_text(origin: Origin, padding: int) -> str:
    """Return the padding as it is written, where that is a constant of the module, else its value."""
    written = expression_at(origin.place, origin.callers)
    if written is None or not isinstance(written.node, ast.Call):
        return str(padding)
    given = [each.value for each in written.node.keywords if each.arg == "padding_value"] or written.node.args[2:3]
    start = expression_at(written.text.place(given[0]), origin.callers) if given else None
    hops = [] if start is None else list(followed(start))
    constant = start is not None and isinstance(start.node, ast.Name) and len(hops) > 1 and hops[1].hop == "constant"
    return start.source if constant and start is not None and hops[1].text is written.text else str(padding)


def _written(origin: Origin, ignored: int) -> Iterable[Placement]:
    written = expression_at(origin.place, origin.callers)
    if written is None or not isinstance(written.node, ast.Call) or _used_elsewhere(written):
        return
    keyword = next((each for each in written.node.keywords if each.arg == "padding_value"), None)
    if keyword is not None:
        edit = Edit(written.text.place(keyword.value), str(ignored))
    elif len(written.node.args) > 2:
        edit = Edit(written.text.place(written.node.args[2]), str(ignored))
    else:
        edit = with_argument(written.text, written.node, f"padding_value={ignored}")
    yield Placement((edit,), f"padding_value={ignored}", written.place, local=False)
