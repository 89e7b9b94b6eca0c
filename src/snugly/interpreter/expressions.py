"""Expressions: one small function a kind of node, found by the node's type."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any

from snugly.facts.dims import Expr
from snugly.interpreter import attributes, calls, comprehensions, functions, operators
from snugly.interpreter.budget import LARGEST_TEXT, LISTED_ITEMS
from snugly.interpreter.classes import Super
from snugly.interpreter.flow import Raised, Site
from snugly.interpreter.items import as_key
from snugly.interpreter.iteration import listed
from snugly.interpreter.joins import element_of, join
from snugly.interpreter.values import (
    NOTHING,
    Class,
    LibraryName,
    Mapping,
    Number,
    Sequence,
    Text,
    Unknown,
    Value,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from snugly.interpreter.machine import Machine

LONGEST_CHAIN = 400


def evaluate(machine: Machine, node: ast.expr) -> Value:
    """Return the value of an expression."""
    budget = machine.budget
    budget.steps += 1
    if budget.steps >= budget.check:
        budget.look()
    rule = EXPRESSIONS.get(type(node))
    return Unknown(type(node).__name__) if rule is None else rule(machine, node)


def _constant(_machine: Machine, node: ast.Constant) -> Value:
    return node.value


def _name(machine: Machine, node: ast.Name) -> Value:
    found = machine.frames[-1].scope.find(node.id)
    if found is NOTHING:
        found = machine.program.libraries.builtin(node.id)
        if found is None:
            return Unknown(f"name {node.id}")
    return found


def _attribute(machine: Machine, node: ast.Attribute) -> Value:
    machine.sites.append(Site(node, machine.frames[-1].source))
    try:
        return attributes.get(machine, evaluate(machine, node.value), node.attr)
    finally:
        machine.sites.pop()


def with_site(machine: Machine, node: ast.expr | ast.stmt, action: Callable[[], Value]) -> Value:
    """Do something as part of a node: operations that happen name it as their place."""
    machine.sites.append(Site(node, machine.frame.source))
    try:
        return action()
    finally:
        machine.sites.pop()


def _binary(machine: Machine, node: ast.BinOp) -> Value:
    chain: list[ast.BinOp] = [node]
    while isinstance(chain[-1].left, ast.BinOp) and len(chain) < LONGEST_CHAIN:
        chain.append(chain[-1].left)
    left = evaluate(machine, chain[-1].left)
    for link in reversed(chain):
        right = evaluate(machine, link.right)
        left = operate(machine, link, type(link.op).__name__, (left, link.left), (right, link.right))
    return left


def operate(
    machine: Machine, node: ast.expr | ast.stmt, op: str, left: tuple[Value, ast.expr], right: tuple[Value, ast.expr]
) -> Value:
    """Apply a binary operator as part of a node, so that its operands' sources are known."""
    machine.sites.append(Site(node, machine.frame.source, [left, right]))
    try:
        return operators.binary(machine, op, left[0], right[0])
    finally:
        machine.sites.pop()


def _unary(machine: Machine, node: ast.UnaryOp) -> Value:
    value = evaluate(machine, node.operand)
    machine.sites.append(Site(node, machine.frame.source, [(value, node.operand)]))
    try:
        return operators.unary(machine, type(node.op).__name__, value)
    finally:
        machine.sites.pop()


def _boolean(machine: Machine, node: ast.BoolOp) -> Value:
    stop = isinstance(node.op, ast.Or)
    result: Value = NOTHING
    for operand in node.values:
        value = evaluate(machine, operand)
        answer = machine.truth(value)
        if answer is stop:
            return join(result, value)
        if answer is None or operand is node.values[-1]:
            result = join(result, value)
    return result


def _compare(machine: Machine, node: ast.Compare) -> Value:
    left, left_node = evaluate(machine, node.left), node.left
    result: Value = True
    for op, right_node in zip(node.ops, node.comparators, strict=True):
        right = evaluate(machine, right_node)
        machine.sites.append(Site(node, machine.frame.source, [(left, left_node), (right, right_node)]))
        try:
            value = operators.compare(machine, type(op).__name__, left, right)
        finally:
            machine.sites.pop()
        if len(node.ops) == 1:
            return value
        answer = machine.truth(value)
        if answer is False:
            return False
        result = result if answer and result is True else Number("bool")
        left, left_node = right, right_node
    return result


def _conditional(machine: Machine, node: ast.IfExp) -> Value:
    from snugly.interpreter.branches import choose

    return choose(machine, node.test, lambda: evaluate(machine, node.body), lambda: evaluate(machine, node.orelse))


def _tuple(machine: Machine, node: ast.Tuple) -> Value:
    items = _items(machine, node.elts)
    return tuple(items.items) if items.items is not None else items


def _list(machine: Machine, node: ast.List) -> Value:
    items = _items(machine, node.elts)
    items.kind = "list"
    return items


def _set(machine: Machine, node: ast.Set) -> Value:
    return make_set(_items(machine, node.elts))


def make_set(items: Sequence, kind: str = "set") -> Sequence:
    """Return a set of a sequence's items, each constant once."""
    if items.items is None:
        return Sequence(kind, None, items.element, None)
    keys = [as_key(item) for item in items.items]
    if all(key is not NOTHING for key in keys):
        return Sequence(kind, list(dict.fromkeys(keys)))
    return Sequence(kind, None, element_of(items), None)


def _items(machine: Machine, nodes: list[ast.expr]) -> Sequence:
    if len(nodes) > LISTED_ITEMS:
        return _many_items(machine, nodes)
    result = Sequence("tuple", [])
    for node in nodes:
        if isinstance(node, ast.Starred):
            more = machine.iterate(evaluate(machine, node.value))
            known = listed(more, 4096)
            result = operators.concatenate(result, Sequence("tuple", list(known)) if known is not None else more)
        elif result.items is not None:
            result.items.append(evaluate(machine, node))
        else:
            result = operators.concatenate(result, (evaluate(machine, node),))
    return result


def _many_items(machine: Machine, nodes: list[ast.expr]) -> Sequence:
    """Sum up a literal that is longer than a list may be: the constants in it, or nothing."""
    length = None if any(isinstance(node, ast.Starred) for node in nodes) else len(nodes)
    kinds = {type(node.value) if isinstance(node, ast.Constant) else None for node in nodes}
    if len(kinds) != 1 or not kinds <= {int, float, str}:
        return Sequence("tuple", None, Unknown("an item of a long literal"), length)
    values = [node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, (int, float))]
    if kinds == {str}:
        return Sequence("tuple", None, Text(), length)
    machine.budget.steps += len(nodes) // 64
    return Sequence("tuple", None, Number("int" if kinds == {int} else "float", min(values), max(values)), length)


def _dict(machine: Machine, node: ast.Dict) -> Value:
    result = Mapping()
    if len(node.keys) > LISTED_ITEMS:
        return Mapping({}, Unknown("an entry of a long literal"), open=True)
    for key_node, value_node in zip(node.keys, node.values, strict=True):
        value = evaluate(machine, value_node)
        if key_node is None:
            merge_mapping(machine, result, value)
        else:
            put(result, evaluate(machine, key_node), value)
    return result


def put(mapping: Mapping, key: Value, value: Value) -> None:
    """Add an entry to a dict that is being made."""
    constant = as_key(key)
    if constant is not NOTHING:
        mapping.entries[constant] = value
        return
    mapping.rest = join(mapping.rest if mapping.open else NOTHING, value)
    mapping.rest_key = key if mapping.rest_key is None else join(mapping.rest_key, key)
    mapping.open = True


def merge_mapping(machine: Machine, mapping: Mapping, other: Value) -> None:
    """Do ``mapping.update(other)``."""
    machine.touch(mapping)
    if isinstance(other, Mapping):
        mapping.entries.update(other.entries)
        if other.open:
            mapping.rest = join(mapping.rest if mapping.open else NOTHING, other.rest)
            mapping.open = True
            mapping.rest_key = other.rest_key if mapping.rest_key is None else mapping.rest_key
    else:
        mapping.open = True
        mapping.rest = Unknown("an entry of something unknown")


def _subscript(machine: Machine, node: ast.Subscript) -> Value:
    value = evaluate(machine, node.value)
    key = evaluate(machine, node.slice)
    machine.sites.append(Site(node, machine.frame.source, [(value, node.value), (key, node.slice)]))
    try:
        return machine.item(value, key)
    finally:
        machine.sites.pop()


def _slice(machine: Machine, node: ast.Slice) -> Value:
    start, stop, step = (None if end is None else evaluate(machine, end) for end in (node.lower, node.upper, node.step))
    if isinstance(start, (Unknown, Number, LibraryName)):
        start, stop = _window(machine, node, start, stop)
    return slice(start, stop, step)


def _window(machine: Machine, node: ast.Slice, start: Value, stop: Value) -> tuple[Value, Value]:
    """Return the ends of ``[i : i + 32]``, where ``i`` is not known, as two places 32 apart."""
    upper = node.upper
    if node.lower is None or not isinstance(upper, ast.BinOp) or not isinstance(upper.op, ast.Add):
        return start, stop
    if ast.dump(upper.left) != ast.dump(node.lower):
        return start, stop
    width = evaluate(machine, upper.right)
    if not isinstance(width, (int, Expr)):
        return start, stop
    place = machine.new_symbol("i")
    return place, place + width


def _joined_text(machine: Machine, node: ast.JoinedStr) -> Value:
    parts: list[str] | None = []
    for part in node.values:
        value = evaluate(machine, part)
        if parts is not None and isinstance(value, str):
            parts.append(value)
        else:
            parts = None
    text = None if parts is None else "".join(parts)
    return Text() if text is None or len(text) > LARGEST_TEXT else text


def _formatted(machine: Machine, node: ast.FormattedValue) -> Value:
    value = evaluate(machine, node.value)
    form = "" if node.format_spec is None else evaluate(machine, node.format_spec)
    return format_value(value, form, {-1: "", 115: "s", 114: "r", 97: "a"}.get(node.conversion, ""))


def format_value(value: Value, form: Value, conversion: str = "") -> Value:
    """Return ``format(value, form)`` for a constant."""
    if not isinstance(form, str) or not isinstance(value, (str, int, float, type(None))) or len(form) > 8:
        return Text()
    if sum(character.isdigit() for character in form) > 3:
        return Text()
    if conversion in ("r", "a"):
        value = repr(value)
    try:
        return format(value, form)
    except (TypeError, ValueError):
        return Text()


def _call(machine: Machine, node: ast.Call) -> Value:
    if isinstance(node.func, ast.Name) and node.func.id in SPECIAL:
        special = SPECIAL[node.func.id](machine, node)
        if special is not NOTHING:
            return special
    function = evaluate_callee(machine, node)
    site = Site(node, machine.frame.source)
    if isinstance(node.func, ast.Attribute) and machine.last_receiver is not NOTHING:
        site.given.append((machine.last_receiver, node.func.value))
    args, kwargs, rest = arguments(machine, node, site)
    machine.sites.append(site)
    try:
        result = calls.call(machine, function, args, kwargs, rest)
    finally:
        machine.sites.pop()
    if isinstance(node.func, ast.Attribute) and node.func.attr.endswith("_") and not node.func.attr.startswith("_"):
        from snugly.interpreter.assignment import mutate_receiver

        mutate_receiver(machine, node.func.value, site, result)
    return result


def evaluate_callee(machine: Machine, node: ast.Call) -> Value:
    """Return what is called; the receiver of a method is left in ``machine.last_receiver``."""
    if isinstance(node.func, ast.Attribute):
        receiver = evaluate(machine, node.func.value)
        found = attributes.get(machine, receiver, node.func.attr)
        machine.last_receiver = receiver
        return found
    found = evaluate(machine, node.func)
    machine.last_receiver = NOTHING
    return found


def arguments(machine: Machine, node: ast.Call, site: Site) -> tuple[list[Value], dict[str, Value], Value]:
    """Evaluate the arguments of a call: positional, by keyword, and what unknown starred ones hold."""
    args: list[Value] = []
    rest: Value = NOTHING
    for argument in node.args:
        if isinstance(argument, ast.Starred):
            value = evaluate(machine, argument.value)
            sequence = machine.iterate(value)
            known = listed(sequence, 4096)
            if known is not None and rest is NOTHING:
                args.extend(known)
                site.given.extend((item, argument.value) for item in known[:16])
            else:
                rest = sequence if rest is NOTHING else join(rest, sequence)
            continue
        value = evaluate(machine, argument)
        site.given.append((value, argument))
        if rest is NOTHING:
            args.append(value)
        else:
            rest = Sequence("tuple", None, join(element_of(rest), value), None)
    kwargs: dict[str, Value] = {}
    for keyword in node.keywords:
        value = evaluate(machine, keyword.value)
        if keyword.arg is not None:
            kwargs[keyword.arg] = value
            site.given.append((value, keyword.value))
        elif isinstance(value, Mapping):
            kwargs.update({key: entry for key, entry in value.entries.items() if isinstance(key, str)})
            if value.open:
                rest = _any_rest(rest)
        else:
            rest = _any_rest(rest)
    return args, kwargs, rest


def _any_rest(rest: Value) -> Sequence:
    element = Unknown("a keyword argument")
    return Sequence("tuple", None, element if rest is NOTHING else join(rest.element, element), None)


def _super(machine: Machine, node: ast.Call) -> Value:
    for frame in reversed(machine.frames):
        if frame.function is not None and frame.function.owner is not None:
            receiver = evaluate(machine, node.args[1]) if len(node.args) > 1 else frame.receiver
            return Super(frame.function.owner, receiver)
    return NOTHING


def _locals(machine: Machine, node: ast.Call) -> Value:
    if node.func.id == "locals":  # type: ignore[attr-defined]
        return Mapping(dict(machine.frame.scope.names))
    return Mapping(dict(machine.frame.scope.module().names), Unknown("a global"), open=True)


SPECIAL: dict[str, Callable[[Machine, ast.Call], Value]] = {"super": _super, "locals": _locals, "globals": _locals}


def _lambda(machine: Machine, node: ast.Lambda) -> Value:
    return functions.define(machine, node, "<lambda>")


def _named(machine: Machine, node: ast.NamedExpr) -> Value:
    from snugly.interpreter.assignment import assign

    value = evaluate(machine, node.value)
    assign(machine, node.target, value)
    return value


def _yield(machine: Machine, node: ast.Yield) -> Value:
    functions.add_yield(machine, None if node.value is None else evaluate(machine, node.value))
    return Unknown("what is sent to a generator")


def _yield_from(machine: Machine, node: ast.YieldFrom) -> Value:
    sequence = machine.iterate(evaluate(machine, node.value))
    yields = machine.frame.yields
    if yields is not None:
        machine.touch(yields)
        if yields.items == [] and sequence.items is None:
            yields.items, yields.element = None, sequence.element
            yields.length, yields.cases = sequence.length, sequence.cases
        else:
            grown = operators.concatenate(yields, sequence)
            yields.items, yields.element, yields.length, yields.cases = grown.items, grown.element, grown.length, ()
    return None


def _await(machine: Machine, node: ast.Await) -> Value:
    return evaluate(machine, node.value)


def _starred(machine: Machine, node: ast.Starred) -> Value:
    return evaluate(machine, node.value)


EXPRESSIONS: dict[type[ast.expr], Callable[[Any, Any], Value]] = {
    ast.Constant: _constant,
    ast.Name: _name,
    ast.Attribute: _attribute,
    ast.BinOp: _binary,
    ast.UnaryOp: _unary,
    ast.BoolOp: _boolean,
    ast.Compare: _compare,
    ast.IfExp: _conditional,
    ast.Tuple: _tuple,
    ast.List: _list,
    ast.Set: _set,
    ast.Dict: _dict,
    ast.Subscript: _subscript,
    ast.Slice: _slice,
    ast.JoinedStr: _joined_text,
    ast.FormattedValue: _formatted,
    ast.Call: _call,
    ast.Lambda: _lambda,
    ast.NamedExpr: _named,
    ast.Yield: _yield,
    ast.YieldFrom: _yield_from,
    ast.Await: _await,
    ast.Starred: _starred,
    ast.ListComp: comprehensions.list_comprehension,
    ast.SetComp: comprehensions.set_comprehension,
    ast.GeneratorExp: comprehensions.generator_expression,
    ast.DictComp: comprehensions.dict_comprehension,
}

__all__ = ["Class", "LibraryName", "Raised", "evaluate", "format_value", "make_set", "operate", "put", "with_site"]
