"""Remedies that change an operation before the loss, a layer, or the loss itself."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from snugly.facts.records import dataclass, replace
from snugly.remedies.lexical import Written, expression_at, followed
from snugly.remedies.remedy import Placement, Remedy
from snugly.remedies.undo import called, with_argument, without
from snugly.rules.findings import Edit

if TYPE_CHECKING:
    from snugly.contracts.calls import LossCall
    from snugly.facts.origins import Origin
    from snugly.remedies.site import Site
    from snugly.remedies.text import SourceText

Write = Callable[["Site"], "Iterable[Placement]"]


@dataclass(frozen=True, slots=True)
class Rewrite(Remedy):
    """Rewrite something that an argument came from.

    Attributes:
        title: see ``Remedy``.
        changed: the facts of the arguments that change by it.
        write: yields the ways to write it.
        safe: see ``Remedy``.
    """

    title: str
    changed: Mapping[str, Any]
    write: Write
    safe: bool = False

    def arguments(self, arguments: Mapping[str, Any]) -> Mapping[str, Any] | None:
        """Put the changed facts in."""
        return {**arguments, **self.changed}

    def placements(self, arguments: Mapping[str, Any], site: Site) -> Iterable[Placement]:
        """Yield the ways to write it."""
        del arguments
        return self.write(site)


@dataclass(frozen=True, slots=True)
class SetOption(Remedy):
    """Give the loss an option, or take one away.

    Attributes:
        option: its name.
        value: its value as facts.
        text: its value as source; ``None`` takes the option away.
        title: see ``Remedy``.
        safe: see ``Remedy``.
    """

    option: str
    value: Any
    text: str | None
    title: str
    safe: bool = False

    def call(self, call: LossCall) -> LossCall | None:
        """Set the option."""
        options = dict(call.options)
        if self.text is None:
            options.pop(self.option, None)
        else:
            options[self.option] = self.value
        return replace(call, options=options)

    def placements(self, arguments: Mapping[str, Any], site: Site) -> Iterable[Placement]:
        """Edit the construction of the loss module, or the call of the function."""
        del arguments
        made = _loss_expression(site)
        if made is None or not isinstance(made.node, ast.Call):
            return
        keyword = next((each for each in made.node.keywords if each.arg == self.option), None)
        if keyword is not None:
            edit = (
                without(made.text, made.node, keyword)
                if self.text is None
                else Edit(made.text.place(keyword.value), self.text)
            )
        elif self.text is not None:
            edit = with_argument(made.text, made.node, f"{self.option}={self.text}")
        else:
            return
        shown = f"{self.option}={self.text}" if self.text is not None else self.option
        yield Placement((edit,), shown, made.place)


def _loss_expression(site: Site) -> Written | None:
    """Return the construction of the loss module, or the call of the loss function."""
    if site.constructor is not None:
        return expression_at(site.constructor.place, site.constructor.callers)
    return expression_at(site.place, site.callers)


@dataclass(frozen=True, slots=True)
class UseLoss(Remedy):
    """Use another loss.

    Attributes:
        function: the last part of the function's name.
        module: the class of the module that applies it.
        title: see ``Remedy``.
        safe: see ``Remedy``.
    """

    function: str
    module: str
    title: str
    safe: bool = False

    def call(self, call: LossCall) -> LossCall | None:
        """Change the loss and keep what both understand."""
        module = None if call.module is None else f"torch.nn.{self.module}"
        return replace(call, loss=f"torch.nn.functional.{self.function}", module=module)

    def placements(self, arguments: Mapping[str, Any], site: Site) -> Iterable[Placement]:
        """Change the name in the construction of the module, or in the call of the function."""
        del arguments
        made = _loss_expression(site)
        if made is None or not isinstance(made.node, ast.Call):
            return
        new = self.module if site.constructor is not None else self.function
        function = made.node.func
        if isinstance(function, ast.Attribute):
            whole = made.text.place(function)
            name = replace(whole, line=whole.end_line, column=whole.end_column - len(function.attr))
            yield Placement((Edit(name, new),), new, made.place, local=site.constructor is None)


@dataclass(frozen=True, slots=True)
class Traced:
    """An argument of a layer's construction, followed to the place where its value was written.

    Attributes:
        best: where to change it first.
        others: other places that would do.
    """

    best: Written
    others: tuple[Written, ...] = ()


def traced(start: Written | None) -> Traced | None:
    """Return where a size should be changed: outward through parameters that serve nothing else."""
    if start is None:
        return None
    hops = list(followed(start))
    chosen = 0
    for position, written in enumerate(hops[1:], start=1):
        alone = written.hop == "caller" and written.shared == 0
        if alone or (written.hop in ("constant", "assignment") and _literal(written.node)):
            chosen = position
        elif written.hop != "assignment":
            break
    best = hops[chosen]
    return Traced(best, tuple(each for each in reversed(hops) if each is not best))


def _literal(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, int)


def layer_argument(layer: Origin, name: str) -> Written | None:
    """Return the expression that a layer's constructor got for a parameter."""
    source = layer.arguments.get(name)
    return None if source is None else expression_at(source.place, layer.callers)


def resized(layer: Origin, name: str, old: int | None, new: str, wanted: int | None) -> Iterable[Placement]:
    """Yield the ways to give a layer another size: where it is written, then at the layer itself.

    Args:
        layer: the construction of the layer.
        name: the parameter, such as ``"in_features"``.
        old: its value now.
        new: how the new value reads.
        wanted: the new value.
    """
    found = traced(layer_argument(layer, name))
    if found is None:
        return
    for written in (found.best, *found.others):
        text = _scaled(written, old, wanted) or new
        yield Placement((Edit(written.place, text),), text, written.place, local=False)


def _scaled(written: Written, old: int | None, wanted: int | None) -> str | None:
    """Return the new size in terms of the expression that gave the old one, where it is a multiple of a name."""
    if old is None or wanted is None or old <= 0 or wanted % old or isinstance(written.node, ast.Constant):
        return None
    source = written.source
    if not isinstance(written.node, ast.Name | ast.Attribute):
        return None
    return source if wanted == old else f"{wanted // old} * {source}"


def removed_layer(text: SourceText, layer: ast.expr) -> tuple[Edit, ...]:
    """Return the edit that takes a layer out of the call, list or dict of layers that it stands in."""
    parent = text.parents.get(layer)
    element: ast.expr = layer
    if isinstance(parent, ast.Tuple) and len(parent.elts) == 2 and isinstance(text.parents.get(parent), ast.List):
        element, parent = parent, text.parents.get(parent)
    if isinstance(parent, ast.Call) and element in parent.args:
        return (_without_element(text, parent.args, element),)
    if isinstance(parent, ast.List | ast.Tuple) and not _unpacked(text, parent):
        return (_without_element(text, parent.elts, element),)
    return ()


def _unpacked(text: SourceText, elements: ast.expr) -> bool:
    """Tell whether several names are assigned at once, so that each element has its own."""
    statement = text.parents.get(elements)
    return isinstance(statement, ast.Assign) and any(
        isinstance(target, ast.Tuple | ast.List) for target in statement.targets
    )


def _without_element(text: SourceText, elements: list[ast.expr], element: ast.expr) -> Edit:
    position = elements.index(element)
    own = text.place(element)
    if position == 0:
        if len(elements) == 1:
            return Edit(own, "")
        after = text.place(elements[1])
        return Edit(type(own)(own.file, own.line, own.column, after.line, after.column), "")
    before = text.place(elements[position - 1])
    return Edit(type(own)(own.file, before.end_line, before.end_column, own.end_line, own.end_column), "")


def unwrapped(text: SourceText, node: ast.expr) -> tuple[Edit, ...]:
    """Return the edit that takes an activation off its operand: ``F.softmax(x, 1)`` and ``x.softmax(1)`` give ``x``."""
    if not isinstance(node, ast.Call):
        return ()
    name, receiver = called(node)
    base = receiver
    if (isinstance(receiver, ast.Name) and receiver.id in ("F", "torch", "nn", "functional", "np")) or receiver is None:
        base = node.args[0] if node.args else None
    if isinstance(receiver, ast.Attribute) and node.args and name in ("softmax", "sigmoid", "log_softmax"):
        base = node.args[0] if text.of(receiver).startswith(("torch.", "nn.")) else receiver
    if isinstance(receiver, ast.Call) and name == "" and node.args:
        base = node.args[0]
    return () if base is None else (Edit(text.place(node), text.of(base)),)
