"""Where an expression was written: from a name to its only assignment, from a parameter to the caller's argument."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from snugly.facts.records import dataclass
from snugly.remedies.text import FUNCTIONS, Scope, SourceText, source_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from snugly.facts.origins import Place

MOST_HOPS = 12


@dataclass(frozen=True, slots=True, eq=False)
class Written:
    """An expression in the user's source that has the value in question.

    Attributes:
        text: the file it stands in.
        node: the expression.
        callers: the calls that were running where it stands, innermost first.
        hop: how it was reached: ``"use"``, ``"assignment"``, ``"caller"``, ``"default"`` or ``"constant"``.
        shared: how many more times the name it was reached from is used in its scope.
    """

    text: SourceText
    node: ast.expr
    callers: tuple[Place, ...]
    hop: str = "use"
    shared: int = 0

    @property
    def place(self) -> Place:
        """The span of the expression."""
        return self.text.place(self.node)

    @property
    def source(self) -> str:
        """The text of the expression."""
        return self.text.of(self.node)


def expression_at(place: Place | None, callers: tuple[Place, ...] = ()) -> Written | None:
    """Return the expression that stands at a place, if its file can be read and parses."""
    text = None if place is None else source_text(place.file)
    node = None if text is None or place is None else text.expression(place)
    return None if text is None or node is None else Written(text, node, callers)


def followed(start: Written) -> Iterator[Written]:
    """Yield the expressions that a value passed through, from the one at hand back to where it was written."""
    current: Written | None = start
    for _ in range(MOST_HOPS):
        if current is None:
            return
        yield current
        current = _before(current)


def _before(at: Written) -> Written | None:
    match at.node:
        case ast.Name(id=name):
            return _name(at, name)
        case ast.Attribute(value=ast.Name(id="self"), attr=name):
            return _attribute(at, name)
    return None


def _name(at: Written, name: str) -> Written | None:
    scope = at.text.scope(at.node)
    while True:
        uses = _uses(scope, name)
        if isinstance(scope, FUNCTIONS) and name in _parameters(scope):
            if _assignments(scope, name):
                return None
            return _argument(at, scope, name, uses)
        values = _assignments(scope, name)
        if values is None or len(values) > 1:
            return None
        if len(values) == 1:
            hop = "constant" if isinstance(scope, ast.Module) else "assignment"
            return Written(at.text, values[0], at.callers, hop, uses)
        if isinstance(scope, ast.Module):
            return _imported(at, name)
        scope = at.text.scope(scope)


def _parameters(scope: Scope) -> list[str]:
    if not isinstance(scope, FUNCTIONS):
        return []
    return [each.arg for each in (*scope.args.posonlyargs, *scope.args.args, *scope.args.kwonlyargs)]


def _uses(scope: Scope, name: str) -> int:
    loads = [node for node in ast.walk(scope) if isinstance(node, ast.Name) and node.id == name]
    return sum(isinstance(node.ctx, ast.Load) for node in loads) - 1


def _assignments(scope: Scope, name: str) -> list[ast.expr] | None:
    """Return what is assigned to a name in a scope; ``None`` where it is bound in another way, such as by a loop."""
    found: list[ast.expr] = []
    for node in _own(scope):
        match node:
            case ast.Assign(targets=targets, value=value):
                for target in targets:
                    paired = _paired(target, value, name)
                    if paired is False:
                        return None
                    if isinstance(paired, ast.expr):
                        found.append(paired)
            case ast.AnnAssign(target=ast.Name(id=bound), value=ast.expr() as value) if bound == name:
                found.append(value)
            case ast.NamedExpr(target=ast.Name(id=bound), value=value) if bound == name:
                found.append(value)
            case ast.Name(id=bound, ctx=ast.Store()) if bound == name and not _of_assignment(node, scope):
                return None
    return found


def _paired(target: ast.expr, value: ast.expr, name: str) -> ast.expr | bool | None:
    """Return what a target binds a name to: an expression, ``False`` for a part of one, ``None`` for nothing."""
    if isinstance(target, ast.Name):
        return value if target.id == name else None
    if isinstance(target, ast.Tuple | ast.List):
        names = [node.id for node in ast.walk(target) if isinstance(node, ast.Name)]
        if name not in names:
            return None
        if isinstance(value, ast.Tuple | ast.List) and len(value.elts) == len(target.elts):
            for each, part in zip(target.elts, value.elts, strict=True):
                paired = _paired(each, part, name)
                if paired is not None:
                    return paired
        return False
    return None


def _own(scope: Scope) -> Iterator[ast.AST]:
    """Yield the nodes of a scope without those of the functions and classes inside it."""
    queue: list[ast.AST] = list(scope.body) if isinstance(scope.body, list) else [scope.body]
    while queue:
        node = queue.pop()
        yield node
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda):
            queue.extend(ast.iter_child_nodes(node))


def _of_assignment(name: ast.Name, scope: Scope) -> bool:
    for node in _own(scope):
        targets: list[ast.expr] = []
        if isinstance(node, ast.Assign):
            targets = node.targets
        elif isinstance(node, ast.AnnAssign | ast.NamedExpr):
            targets = [node.target]
        if any(name is each for target in targets for each in ast.walk(target)):
            return True
    return False


def _argument(at: Written, scope: Scope, name: str, uses: int) -> Written | None:
    """Return what the caller passed for a parameter, or the parameter's default."""
    if not at.callers or not isinstance(scope, FUNCTIONS):
        return None
    called = expression_at(at.callers[0], at.callers[1:])
    if called is None or not isinstance(called.node, ast.Call):
        return None
    passed = argument_of(called.node, scope, name)
    if passed is not None:
        return Written(called.text, passed, called.callers, "caller", uses)
    default = _default(scope, name)
    return None if default is None else Written(at.text, default, at.callers, "default", uses)


def argument_of(call: ast.Call, function: Scope, name: str) -> ast.expr | None:
    """Return the expression that a call passes for a parameter of the user's function, if it is written out."""
    for keyword in call.keywords:
        if keyword.arg == name:
            return keyword.value
    if not isinstance(function, FUNCTIONS):
        return None
    names = [each.arg for each in (*function.args.posonlyargs, *function.args.args)]
    if name not in names:
        return None
    position = names.index(name)
    bound = names and names[0] in ("self", "cls")
    if bound:
        position -= 1
    before = call.args[: position + 1]
    if position < 0 or len(before) <= position or any(isinstance(each, ast.Starred) for each in before):
        return None
    return call.args[position]


def _default(scope: Scope, name: str) -> ast.expr | None:
    if not isinstance(scope, FUNCTIONS):
        return None
    positional = [*scope.args.posonlyargs, *scope.args.args]
    padded: list[ast.expr | None] = [None] * (len(positional) - len(scope.args.defaults)) + list(scope.args.defaults)
    found = {each.arg: default for each, default in zip(positional, padded, strict=True)}
    found |= {
        each.arg: each_default for each, each_default in zip(scope.args.kwonlyargs, scope.args.kw_defaults, strict=True)
    }
    return found.get(name)


def _attribute(at: Written, name: str) -> Written | None:
    """Return what a class's methods assign to ``self.name``, if they do so once."""
    owner = next((each for each in at.text.ancestors(at.node) if isinstance(each, ast.ClassDef)), None)
    if owner is None:
        return None
    found: list[ast.expr] = []
    uses = 0
    for node in ast.walk(owner):
        if isinstance(node, ast.Attribute) and node.attr == name and isinstance(node.ctx, ast.Load):
            uses += 1
        if isinstance(node, ast.Assign):
            for target in node.targets:
                pairs = [(target, node.value)]
                if isinstance(target, ast.Tuple) and isinstance(node.value, ast.Tuple):
                    pairs = list(zip(target.elts, node.value.elts, strict=False))
                found += [value for each, value in pairs if isinstance(each, ast.Attribute) and each.attr == name]
    return Written(at.text, found[0], (), "assignment", uses - 1) if len(found) == 1 else None


def _imported(at: Written, name: str) -> Written | None:
    """Return what a name that is imported from a file beside this one is assigned there."""
    import os

    for node in ast.walk(at.text.tree) if at.text.tree is not None else ():
        if not isinstance(node, ast.ImportFrom) or node.module is None:
            continue
        for alias in node.names:
            if (alias.asname or alias.name) != name:
                continue
            path = os.path.join(os.path.dirname(at.text.file), *node.module.split(".")) + ".py"
            other = source_text(path)
            if other is None or other.tree is None:
                return None
            values = _assignments(other.tree, alias.name)
            if values is not None and len(values) == 1:
                return Written(other, values[0], (), "constant", _uses(other.tree, alias.name) + 1)
    return None


def name_of_functional(tree: ast.Module) -> str | None:
    """Return how a file reaches ``torch.nn.functional``."""
    names: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name: alias.asname or alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names |= {f"{node.module}.{alias.name}": alias.asname or alias.name for alias in node.names}
    if "torch.nn.functional" in names:
        return names["torch.nn.functional"]
    if "torch.nn" in names:
        return f"{names['torch.nn']}.functional"
    return f"{names['torch']}.nn.functional" if "torch" in names else None
