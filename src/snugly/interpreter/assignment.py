"""Assignments: names, attributes, items, unpacking, and tensors that are changed in place."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from snugly.facts.dims import value as known
from snugly.facts.records import replace
from snugly.facts.tensors import UNKNOWN_TENSOR, TensorFacts
from snugly.facts.values import NOTHING_KNOWN
from snugly.interpreter import items, seeds
from snugly.interpreter.events import LineRecord
from snugly.interpreter.flow import Site
from snugly.interpreter.iteration import listed
from snugly.interpreter.joins import element_of, settle
from snugly.interpreter.trees import within
from snugly.interpreter.values import NOTHING, Instance, Number, Sequence, Unknown, Value

if TYPE_CHECKING:
    from snugly.interpreter.machine import Machine
    from snugly.interpreter.scopes import Scope


def assign(machine: Machine, target: ast.expr, value: Value, *, record: bool = True) -> None:
    """Bind a target to a value."""
    if isinstance(target, ast.Name):
        value = seeds.bound(machine, target, value)
        bind_name(machine, target.id, named(machine, target.id, value))
        if record and isinstance(value, TensorFacts) and not machine.events.muted:
            machine.events.lines.append(LineRecord(machine.frame.source.place(target), target.id, value))
    elif isinstance(target, ast.Attribute):
        _assign_attribute(machine, target, value)
    elif isinstance(target, ast.Subscript):
        _assign_item(machine, target, value)
    elif isinstance(target, (ast.Tuple, ast.List)):
        unpack(machine, target.elts, value, record=record)
    elif isinstance(target, ast.Starred):
        assign(machine, target.value, value, record=record)


def named(machine: Machine, name: str, value: Value) -> Value:
    """Give an integer that is not known an identity: the name stands for one number until it is bound again."""
    if isinstance(value, Number) and value.type == "int" and value.low is not None and value.low >= 0:
        high = value.high
        members = None if value.members is None else frozenset(map(int, value.members))
        return machine.new_symbol(name, int(value.low), None if high is None else int(high), members)
    return value


def bind_name(machine: Machine, name: str, value: Value) -> None:
    """Bind a name in the scope that an assignment here binds it in."""
    scope = machine.frame.scope.home(name)
    machine.touch(scope)
    scope.names[name] = value


def _assign_attribute(machine: Machine, target: ast.Attribute, value: Value) -> None:
    from snugly.interpreter.expressions import evaluate

    owner = evaluate(machine, target.value)
    if isinstance(owner, Instance):
        value = seeds.attribute(machine, owner, target, value)
    machine.set(owner, target.attr, value)
    if isinstance(value, TensorFacts) and not machine.events.muted:
        source = machine.frame.source.source(target)
        machine.events.lines.append(LineRecord(source.place, source.text, value))


def _assign_item(machine: Machine, target: ast.Subscript, value: Value) -> None:
    from snugly.interpreter.expressions import evaluate

    owner = settle(evaluate(machine, target.value))
    key = evaluate(machine, target.slice)
    machine.sites.append(Site(target, machine.frame.source, [(owner, target.value), (key, target.slice)]))
    try:
        written = items.set_item(machine, owner, key, value)
    finally:
        machine.sites.pop()
    if isinstance(owner, TensorFacts) and isinstance(written, TensorFacts) and written is not owner:
        replace_tensor(machine, target.value, owner, written)


def rewrites_what_it_reads(machine: Machine, node: ast.If) -> None:
    """Take back what was written into a tensor where a condition on its elements decides about writing over them.

    ``if mask[y, x] == 255: mask[y, x] = 0``, for every pixel, leaves no 255.
    """
    read = {each.value.id for each in within(node.test) if _is_item_of_name(each)}  # type: ignore[attr-defined]
    if not read:
        return
    for statement in (*node.body, *node.orelse):
        targets = statement.targets if isinstance(statement, ast.Assign) else ()
        for target in targets:
            held = machine.frame.scope.find(target.value.id) if _is_item_of_name(target, read) else NOTHING  # type: ignore[attr-defined]
            if isinstance(held, TensorFacts) and held.values.written:
                replace_everywhere(machine, held, held.with_(values=replace(held.values, written=frozenset())))


def _is_item_of_name(node: ast.AST, names: set[str] | None = None) -> bool:
    return (
        isinstance(node, ast.Subscript)
        and isinstance(node.value, ast.Name)
        and (names is None or node.value.id in names)
    )


def replace_tensor(machine: Machine, node: ast.expr, old: TensorFacts, new: TensorFacts) -> None:
    """Put a changed tensor wherever the old one is held: in open scopes, and where ``node`` names it.

    Where ``node`` is a view of a named tensor (``x[0]``, ``x.diagonal()``), the elements of that tensor are
    no longer known.
    """
    kept = replace_everywhere(machine, old, new)
    base = node
    while isinstance(base, (ast.Subscript, ast.Call, ast.Attribute)):
        if isinstance(base, ast.Attribute):
            held = _peek(machine, base)
            if held is kept:
                return
            if isinstance(held, TensorFacts):
                replace_everywhere(machine, held, held.with_(values=NOTHING_KNOWN))
                return
        base = base.func if isinstance(base, ast.Call) else base.value
    if isinstance(base, ast.Name) and base is not node:
        held = machine.frame.scope.find(base.id)
        if isinstance(held, TensorFacts) and held is not kept:
            replace_everywhere(machine, held, held.with_(values=NOTHING_KNOWN))


def replace_everywhere(machine: Machine, old: TensorFacts, new: TensorFacts) -> TensorFacts:
    """Put a changed tensor wherever open scopes, and objects that they name, hold the old one; return it."""
    kept = new.with_(origin=old.origin) if new.shape == old.shape and new.dtype == old.dtype else new
    scopes = {id(frame.scope): frame.scope for frame in machine.frames}
    for scope in list(scopes.values()):
        outer: Scope | None = scope
        while outer is not None:
            scopes[id(outer)] = outer
            outer = outer.outer
    for scope in scopes.values():
        _replace_in(machine, scope, scope.names, old, kept)
        for held in list(scope.names.values()):
            if isinstance(held, Instance):
                _replace_in(machine, held, held.attributes, old, kept)
    return kept


def _peek(machine: Machine, node: ast.Attribute) -> Value:
    """Return what an attribute of a named object holds, without following anything."""
    if not isinstance(node.value, ast.Name):
        return NOTHING
    owner = machine.frame.scope.find(node.value.id)
    return owner.attributes.get(node.attr, NOTHING) if isinstance(owner, Instance) else NOTHING


def _replace_in(machine: Machine, thing: object, names: dict[str, Value], old: Value, new: Value) -> None:
    found = [name for name, value in names.items() if value is old]
    if found:
        machine.touch(thing)
        for name in found:
            names[name] = new


def mutate_receiver(machine: Machine, node: ast.expr, site: Site, result: Value) -> None:
    """Note that a method whose name ends with an underscore changed the tensor that ``node`` names."""
    receiver = settle(site.given[0][0]) if site.given else NOTHING
    if not isinstance(receiver, TensorFacts):
        return
    new = result if isinstance(result, TensorFacts) else receiver.with_(values=NOTHING_KNOWN)
    if new is not receiver:
        replace_tensor(machine, node, receiver, new)


def count_axes(machine: Machine, targets: list[ast.expr], node: ast.expr) -> None:
    """Note what it tells about a tensor that its sizes are unpacked: ``n, c, h, w = x.shape``, so it has four axes."""
    match node:
        case ast.Attribute(value=ast.Name(id=name), attr="shape"):
            pass
        case ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr="size"), args=[], keywords=[]):
            pass
        case _:
            return
    held = machine.frame.scope.find(name)
    if not isinstance(held, TensorFacts) or held.shape is not None or held is UNKNOWN_TENSOR:
        return
    if any(isinstance(target, ast.Starred) for target in targets):
        return
    sizes = tuple(machine.new_symbol(target.id if isinstance(target, ast.Name) else "L") for target in targets)
    replace_everywhere(machine, held, held.with_(shape=sizes))


def unpack(machine: Machine, targets: list[ast.expr], value: Value, *, record: bool = True) -> None:
    """Bind several targets to the items of a value."""
    sequence = machine.iterate(value)
    starred = next((index for index, target in enumerate(targets) if isinstance(target, ast.Starred)), None)
    known_items = listed(sequence, 4096)
    if known_items is not None and starred is None and len(known_items) == len(targets):
        for target, item in zip(targets, known_items, strict=True):
            assign(machine, target, item, record=record)
        return
    if known_items is not None and starred is not None and len(known_items) >= len(targets) - 1:
        after = len(targets) - starred - 1
        middle = Sequence("list", known_items[starred : len(known_items) - after])
        parts: list[Value] = [*known_items[:starred], middle, *known_items[len(known_items) - after :]]
        for target, item in zip(targets, parts, strict=True):
            assign(machine, target, item, record=record)
        return
    element = element_of(sequence)
    if element is NOTHING or (known_items is not None) or _too_many(sequence, targets, starred):
        element = Unknown("an item to unpack")
    for target in targets:
        item = Sequence("list", None, element, None) if isinstance(target, ast.Starred) else element
        assign(machine, target, item, record=record)


def _too_many(sequence: Sequence, targets: list[ast.expr], starred: int | None) -> bool:
    length = known(sequence.length)
    return starred is None and length is not None and length != len(targets)


def rebind(machine: Machine, node: ast.expr, value: Value) -> None:
    """Bind the name or attribute that ``node`` is to a value that says more about what it already holds."""
    if isinstance(node, ast.Name):
        scope: Scope | None = machine.frame.scope.home(node.id)
        while scope is not None and node.id not in scope.names:
            scope = scope.enclosing()
        if scope is not None:
            machine.touch(scope)
            scope.names[node.id] = value
    elif isinstance(node, ast.Attribute):
        owner = machine.frame.scope.find(node.value.id) if isinstance(node.value, ast.Name) else NOTHING
        if isinstance(owner, Instance) and node.attr in owner.attributes:
            machine.touch(owner)
            owner.attributes[node.attr] = value
        elif not isinstance(node.value, ast.Name):
            return


def augment(machine: Machine, node: ast.AugAssign) -> None:
    """Do ``target op= value``."""
    from snugly.interpreter.expressions import evaluate, operate

    target = node.target
    right = evaluate(machine, node.value)
    op = type(node.op).__name__
    left = evaluate(machine, target)
    if isinstance(left, Sequence) and left.kind in ("list", "deque") and op == "Add":
        extend(machine, left, machine.iterate(right))
        return
    result = operate(machine, node, op, (left, target), (right, node.value))
    if isinstance(left, TensorFacts) and isinstance(result, TensorFacts):
        if result.dtype != left.dtype and left.dtype is not None:
            result = result.with_(dtype=left.dtype)
        replace_tensor(machine, target, left, result)
        if not isinstance(target, ast.Subscript):
            assign(machine, target, result)
        return
    assign(machine, target, result)


def extend(machine: Machine, sequence: Sequence, more: Sequence) -> None:
    """Do ``sequence.extend(more)``."""
    from snugly.interpreter.operators import concatenate

    machine.touch(sequence)
    kind = sequence.kind
    known_items = listed(more, 4096)
    grown = concatenate(sequence, Sequence("list", list(known_items)) if known_items is not None else more)
    if sequence.items == [] and known_items is None:
        sequence.cases = more.cases
    else:
        sequence.cases = ()
    sequence.items, sequence.element, sequence.length = grown.items, grown.element, grown.length
    sequence.kind = kind
