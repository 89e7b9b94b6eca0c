"""Operators on values: constants are computed, symbols kept, tensors given to ``operations``."""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING, Any

from snugly.facts.dims import Dim, Expr, less, same
from snugly.facts.scalars import choice
from snugly.facts.tensors import TensorFacts
from snugly.facts.values import NOTHING_KNOWN
from snugly.interpreter.budget import LARGEST_BITS, LARGEST_TEXT, LISTED_COPIES, LISTED_ITEMS
from snugly.interpreter.joins import element_of, equivalent, join, length_of, number_bounds, number_type, settle
from snugly.interpreter.values import (
    NOTHING,
    SETTING,
    Choice,
    Class,
    DType,
    Function,
    Instance,
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

BINARY: dict[str, Callable[[Any, Any], Any]] = {
    "Add": operator.add,
    "Sub": operator.sub,
    "Mult": operator.mul,
    "Div": operator.truediv,
    "FloorDiv": operator.floordiv,
    "Mod": operator.mod,
    "Pow": operator.pow,
    "LShift": operator.lshift,
    "RShift": operator.rshift,
    "BitOr": operator.or_,
    "BitXor": operator.xor,
    "BitAnd": operator.and_,
    "MatMult": operator.matmul,
}
BINARY_NAMES = {
    "Add": "add",
    "Sub": "sub",
    "Mult": "mul",
    "Div": "truediv",
    "FloorDiv": "floordiv",
    "Mod": "mod",
    "Pow": "pow",
    "LShift": "lshift",
    "RShift": "rshift",
    "BitOr": "or_",
    "BitXor": "xor",
    "BitAnd": "and_",
    "MatMult": "matmul",
}
COMPARE: dict[str, Callable[[Any, Any], Any]] = {
    "Eq": operator.eq,
    "NotEq": operator.ne,
    "Lt": operator.lt,
    "LtE": operator.le,
    "Gt": operator.gt,
    "GtE": operator.ge,
}
COMPARE_NAMES = {"Eq": "eq", "NotEq": "ne", "Lt": "lt", "LtE": "le", "Gt": "gt", "GtE": "ge"}
DUNDERS = {**BINARY_NAMES, **COMPARE_NAMES, "or_": "or", "and_": "and"}
NUMBERS = (bool, int, float, complex, Expr, Number)
FLOATING = ("float", "bfloat", "complex")
IDENTITIES = (Class, DType, Function, LibraryName)


def binary(machine: Machine, op: str, a: Value, b: Value) -> Value:
    """Return ``a op b``; ``op`` is ast's name of the operator."""
    a, b = settle(a), settle(b)
    if isinstance(a, TensorFacts) or isinstance(b, TensorFacts):
        found = _of_models(machine, DUNDERS[op].rstrip("_"), a, b)
        return _on_tensors(machine, op, a, b) if found is NOTHING else found
    if isinstance(a, Unknown) or isinstance(b, Unknown):
        of_settings = all(side == SETTING or isinstance(side, NUMBERS) for side in (a, b))
        return SETTING if of_settings else Unknown("an operand is not known")
    dunder = DUNDERS[op].rstrip("_")
    if isinstance(a, Instance) or isinstance(b, Instance):
        return _dunder(machine, dunder, a, b)
    if isinstance(a, NUMBERS) and isinstance(b, NUMBERS):
        return numbers(op, a, b)
    if isinstance(a, (str, Text, bytes)):
        return _texts(op, a, b)
    result = _containers(op, a, b)
    if result is not NOTHING:
        return result
    result = _of_models(machine, dunder, a, b)
    return machine.unknown(f"operator {op}") if result is NOTHING else result


def _of_models(machine: Machine, dunder: str, a: Value, b: Value) -> Value:
    """Return what a library's object says of an operator, ``NOTHING`` where it says nothing."""
    for thing, other, name in ((a, b, f"operate_{dunder}"), (b, a, f"operate_r{dunder}")):
        if hasattr(type(thing), name):
            return machine.call(machine.get(thing, name), other)
    return NOTHING


def _on_tensors(machine: Machine, op: str, a: Value, b: Value) -> Value:
    if op in ("Eq", "NotEq") and (a is None or b is None):
        return op == "NotEq"
    name = BINARY_NAMES.get(op) or COMPARE_NAMES[op]
    for thing in (a, b):
        if isinstance(thing, (str, Text, Mapping)) or (isinstance(thing, Instance) and thing.native is None):
            return Unknown("an operator on a tensor and something else")
    for tensor, setting in ((a, b), (b, a)):
        if setting == SETTING and tensor.kind in ("tensor", "parameter"):
            return _by_setting(machine, name, a, b, tensor)
    return machine.apply(f"operator.{name}", a, b)


def _by_setting(machine: Machine, name: str, a: Value, b: Value, tensor: TensorFacts) -> Value:
    """Return what a tensor and a number give, of which not even the type is known."""
    number = Number("float" if tensor.dtype is not None and tensor.dtype.startswith(FLOATING) else "int")
    found = machine.apply(f"operator.{name}", *(number if side is not tensor else side for side in (a, b)))
    if number.type == "int" and isinstance(found, TensorFacts) and name in BINARY_NAMES.values():
        return found.with_(dtype=None, values=NOTHING_KNOWN)
    return found


def _dunder(machine: Machine, name: str, a: Value, b: Value) -> Value:
    from snugly.interpreter.classes import lookup

    for thing, other, method in ((a, b, f"__{name}__"), (b, a, f"__r{name}__")):
        if isinstance(thing, Instance) and lookup(thing.type, method) is not NOTHING:
            return machine.call(machine.get(thing, method), other)
    if name == "eq":
        return a is b if isinstance(a, Instance) and isinstance(b, Instance) else Number("bool")
    return Unknown(f"operator {name} on an object")


def numbers(op: str, a: Value, b: Value) -> Value:
    """Compute with numbers."""
    if isinstance(a, (int, float, complex)) and isinstance(b, (int, float, complex)):
        return _constants(op, a, b)
    if isinstance(a, (int, Expr)) and isinstance(b, (int, Expr)):
        result = _dims(op, a, b)
        if result is not None:
            return result
    return _ranges(op, a, b)


def _constants(op: str, a: Any, b: Any) -> Value:
    large = (
        isinstance(a, int)
        and isinstance(b, int)
        and ((op == "Pow" and abs(b) * max(a.bit_length(), 1) > LARGEST_BITS) or (op == "LShift" and b > LARGEST_BITS))
    )
    if large or (isinstance(a, int) and a.bit_length() > LARGEST_BITS):
        return Number("int")
    try:
        return BINARY[op](a, b)
    except (ArithmeticError, TypeError, ValueError):
        return Unknown(f"operator {op}")


def _dims(op: str, a: Dim, b: Dim) -> Value | None:
    if op in ("Add", "Sub", "Mult"):
        return BINARY[op](a, b)
    if op in ("FloorDiv", "Mod") and same(b, 0) is False:
        return BINARY[op](a, b)
    if op == "Pow" and isinstance(b, int) and 0 <= b <= 4:
        power: Dim = 1
        for _ in range(b):
            power = power * a
        return power
    return None


def _ranges(op: str, a: Value, b: Value) -> Value:
    kind = "float" if op == "Div" or "float" in (number_type(a), number_type(b)) else "int"
    if op in ("BitAnd", "BitOr", "BitXor") and number_type(a) == number_type(b) == "bool":
        return Number("bool")
    a_low, a_high = number_bounds(a)
    b_low, b_high = number_bounds(b)
    if op == "Add":
        return Number(kind, _sum(a_low, b_low), _sum(a_high, b_high))
    if op == "Sub":
        return Number(kind, _sum(a_low, b_high, -1), _sum(a_high, b_low, -1))
    if op in ("Mult", "Div") and None not in (a_low, a_high, b_low, b_high):
        if op == "Div" and b_low <= 0 <= b_high:  # type: ignore[operator]
            return Number(kind)
        corners = [BINARY[op](x, y) for x in (a_low, a_high) for y in (b_low, b_high)]
        return Number(kind, min(corners), max(corners))
    if op == "Mod" and b_low is not None and b_low > 0 and b_high is not None:
        return Number(kind, 0, b_high - 1 if kind == "int" else b_high)
    if op in ("Mult", "FloorDiv", "Div") and _positive(a_low) and _positive(b_low):
        return Number(kind, 0)
    return Number(kind)


def _positive(low: float | None) -> bool:
    return low is not None and low >= 0


def _sum(a: float | None, b: float | None, sign: int = 1) -> float | None:
    return None if a is None or b is None else a + sign * b


def _texts(op: str, a: Value, b: Value) -> Value:
    if op == "Mod":
        return format_percent(a, b)
    if op == "Add" and isinstance(a, str) and isinstance(b, str):
        return a + b if len(a) + len(b) <= LARGEST_TEXT else Text()
    if op == "Mult" and isinstance(b, int) and isinstance(a, (str, bytes)):
        return a * b if len(a) * max(b, 0) <= LARGEST_TEXT else Text()
    return Text() if op in ("Add", "Mult") else Unknown(f"operator {op} on text")


def format_percent(a: Value, b: Value) -> Value:
    """Return ``a % b`` for a text."""
    parts = b if isinstance(b, tuple) else (b,)
    plain = isinstance(a, str) and all(isinstance(part, (str, int, float)) for part in parts)
    if not plain or any(character.isdigit() or character == "*" for character in a) or len(a) > LARGEST_TEXT:
        return Text()
    try:
        return a % b
    except (TypeError, ValueError):
        return Text()


def _containers(op: str, a: Value, b: Value) -> Value:
    if op == "Add" and isinstance(a, tuple) and isinstance(b, tuple):
        return tuple(a) + tuple(b) if len(a) + len(b) <= LISTED_ITEMS else Unknown("a long tuple")
    if op == "Add" and isinstance(a, Sequence) and isinstance(b, (Sequence, tuple)):
        return concatenate(a, b)
    if op == "Mult":
        for thing, times in ((a, b), (b, a)):
            if isinstance(thing, (Sequence, tuple)) and isinstance(times, NUMBERS):
                return repeat(thing, times)
    if isinstance(a, Sequence) and a.kind in ("set", "frozenset") and isinstance(b, Sequence):
        return _sets(op, a, b)
    if op == "BitOr" and isinstance(a, Mapping) and isinstance(b, Mapping):
        merged = Mapping({**a.entries, **b.entries}, a.rest, a.open or b.open, a.rest_key)
        merged.rest = join(a.rest, b.rest) if a.open and b.open else (a.rest if a.open else b.rest)
        return merged
    if op in ("BitOr", "BitAnd", "BitXor") and isinstance(a, IDENTITIES):
        return Unknown("a union of types")
    return NOTHING


def concatenate(a: Sequence, b: Sequence | tuple[Value, ...]) -> Sequence:
    """Return a list of the items of both."""
    second = Sequence("list", list(b)) if isinstance(b, tuple) else b
    if a.items is not None and second.items is not None and len(a.items) + len(second.items) <= LISTED_ITEMS:
        return Sequence(a.kind, [*a.items, *second.items])
    x, y = length_of(a), length_of(second)
    return Sequence(a.kind, None, join(element_of(a), element_of(second)), None if x is None or y is None else x + y)


def repeat(thing: Sequence | tuple[Value, ...], times: Value) -> Value:
    """Return ``thing * times``."""
    items = list(thing) if isinstance(thing, tuple) else thing.items
    constant = items is not None and all(isinstance(item, int | float | str) for item in items)
    most = LISTED_ITEMS if constant else LISTED_COPIES
    if items is not None and isinstance(times, int) and len(items) * max(times, 0) <= most:
        repeated = items * times
        return tuple(repeated) if isinstance(thing, tuple) else Sequence(thing.kind, repeated)
    if isinstance(thing, tuple):
        thing = Sequence("tuple", list(thing))
    size = length_of(thing)
    length = size * times if size is not None and isinstance(times, (int, Expr)) else None
    return Sequence(thing.kind, None, element_of(thing), length)


def _sets(op: str, a: Sequence, b: Sequence) -> Value:
    if a.items is None or b.items is None:
        return Sequence(a.kind, None, join(element_of(a), element_of(b)), None)
    inside = [item for item in a.items if any(equivalent(item, other) for other in b.items)]
    only_a = [item for item in a.items if not any(item is other for other in inside)]
    only_b = [item for item in b.items if not any(equivalent(item, other) for other in a.items)]
    chosen = {"BitOr": a.items + only_b, "BitAnd": inside, "Sub": only_a, "BitXor": only_a + only_b}.get(op)
    return Unknown(f"operator {op} on sets") if chosen is None else Sequence(a.kind, list(chosen))


def compare(machine: Machine, op: str, a: Value, b: Value) -> Value:
    """Return ``a op b`` for a comparison; ``op`` is ast's name of it."""
    if op in ("Is", "IsNot"):
        answer = _identical(a, b)
        return Number("bool") if answer is None else (answer if op == "Is" else not answer)
    if op in ("In", "NotIn"):
        answer = contains(machine, b, a)
        return Number("bool") if answer is None else (answer if op == "In" else not answer)
    a, b = (settle(side) if _of_arrays(side) else side for side in (a, b))
    if isinstance(a, Choice) or isinstance(b, Choice):
        return Number("bool")
    if isinstance(a, NUMBERS) and isinstance(b, NUMBERS):
        return compare_numbers(op, a, b)
    found = _of_models(machine, COMPARE_NAMES[op], a, b)
    if found is not NOTHING:
        return found
    if isinstance(a, TensorFacts) or isinstance(b, TensorFacts):
        return _on_tensors(machine, op, a, b)
    if isinstance(a, Instance) or isinstance(b, Instance):
        if a is None or b is None:
            return op == "NotEq"
        return _dunder(machine, COMPARE_NAMES[op], a, b)
    if op in ("Eq", "NotEq"):
        answer = same_values(a, b)
        return Number("bool") if answer is None else (answer if op == "Eq" else not answer)
    try:
        if isinstance(a, (str, bytes)) and isinstance(b, (str, bytes)):
            return COMPARE[op](a, b)
        if _plain(a) and _plain(b):
            return COMPARE[op](a, b)
    except TypeError:
        return Unknown("a comparison")
    if isinstance(a, Sequence) and isinstance(b, Sequence):
        return Number("bool")
    return Unknown("a comparison") if isinstance(a, Unknown) or isinstance(b, Unknown) else Number("bool")


def _of_arrays(value: Value) -> bool:
    return isinstance(value, Choice) and all(isinstance(option, TensorFacts) for option in value.options)


def _plain(value: Value) -> bool:
    if isinstance(value, tuple):
        return all(_plain(item) for item in value)
    return isinstance(value, (int, float, str, bytes, type(None)))


def compare_numbers(op: str, a: Value, b: Value) -> Value:
    """Compare numbers: a bool where it is decided."""
    if isinstance(a, (int, float, complex)) and isinstance(b, (int, float, complex)):
        try:
            return COMPARE[op](a, b)
        except TypeError:
            return Unknown("a comparison")
    answer: bool | None = None
    if isinstance(a, (int, Expr)) and isinstance(b, (int, Expr)):
        if op in ("Eq", "NotEq"):
            answer = same(a, b)
        elif op in ("Lt", "GtE"):
            answer = less(a, b)
        else:
            answer = less(b, a)
    else:
        answer = _compare_bounds(op, number_bounds(a), number_bounds(b))
    if answer is None:
        return Number("bool")
    return answer if op in ("Eq", "Lt", "Gt") else not answer


def _compare_bounds(op: str, a: tuple[float | None, float | None], b: tuple[float | None, float | None]) -> bool | None:
    if op in ("Gt", "LtE"):
        a, b = b, a
    below = a[1] is not None and b[0] is not None and a[1] < b[0]
    if op in ("Eq", "NotEq"):
        above = a[0] is not None and b[1] is not None and a[0] > b[1]
        return False if below or above else None
    if below:
        return True
    return False if a[0] is not None and b[1] is not None and a[0] >= b[1] else None


def _identical(a: Value, b: Value) -> bool | None:
    for thing, other in ((a, b), (b, a)):
        if other is None or other is ...:
            if isinstance(thing, Choice):
                return None if any(option is other for option in thing.options) else False
            return None if isinstance(thing, Unknown) else thing is other
    if isinstance(a, (Unknown, Choice)) or isinstance(b, (Unknown, Choice)):
        return None
    if isinstance(a, bool) and isinstance(b, bool):
        return a is b
    if isinstance(a, IDENTITIES) and isinstance(b, IDENTITIES):
        return a == b
    if isinstance(a, Instance) and isinstance(b, Instance):
        return a is b
    return False if type(a) is not type(b) else None


def same_values(a: Value, b: Value) -> bool | None:
    """Tell whether ``a == b``, ``None`` when it depends."""
    if isinstance(a, (Unknown, Text, Choice)) or isinstance(b, (Unknown, Text, Choice)):
        different_kinds = isinstance(a, Text) and isinstance(b, (int, float, type(None)))
        return False if different_kinds else None
    if isinstance(a, NUMBERS) and isinstance(b, NUMBERS):
        answer = compare_numbers("Eq", a, b)
        return answer if isinstance(answer, bool) else None
    if isinstance(a, tuple) and isinstance(b, tuple):
        if len(a) != len(b):
            return False
        answers = [same_values(x, y) for x, y in zip(a, b, strict=True)]
        return False if False in answers else (None if None in answers else True)
    if isinstance(a, (str, bytes, type(None), *IDENTITIES)) and isinstance(b, (str, bytes, type(None), *IDENTITIES)):
        return bool(a == b)
    if isinstance(a, Sequence) and isinstance(b, Sequence):
        if a.items is None or b.items is None:
            return None
        return same_values(tuple(a.items), tuple(b.items))
    if a is None or b is None:
        return False
    if a is b:
        return True
    return False if _kind(a) != _kind(b) and None not in (_kind(a), _kind(b)) else None


def _kind(value: Value) -> str | None:
    if isinstance(value, NUMBERS):
        return "number"
    if isinstance(value, (str, Text)):
        return "text"
    if isinstance(value, Sequence):
        return value.kind
    return "tuple" if isinstance(value, tuple) else ("dict" if isinstance(value, Mapping) else None)


def contains(machine: Machine, container: Value, item: Value) -> bool | None:
    """Tell whether ``item in container``."""
    container = settle(container)
    if isinstance(container, str):
        return item in container if isinstance(item, str) else None
    if isinstance(container, Mapping):
        from snugly.interpreter.items import as_key

        key = as_key(item)
        if key is NOTHING:
            return None
        return True if key in container.entries else (None if container.open else False)
    if isinstance(container, (Sequence, tuple)):
        items = list(container) if isinstance(container, tuple) else container.items
        if items is None:
            return None
        answers = [same_values(item, other) for other in items]
        return True if True in answers else (None if None in answers else False)
    if isinstance(container, Instance):
        from snugly.interpreter.classes import lookup

        if lookup(container.type, "__contains__") is not NOTHING:
            return machine.truth(machine.call(machine.get(container, "__contains__"), item))
    return None


def unary(machine: Machine, op: str, value: Value) -> Value:
    """Return ``op value``; ``op`` is ast's name of the operator."""
    if op == "Not":
        answer = machine.truth(value)
        return Number("bool") if answer is None else not answer
    value = settle(value)
    if isinstance(value, TensorFacts):
        return machine.apply(f"operator.{ {'USub': 'neg', 'UAdd': 'pos', 'Invert': 'invert'}[op] }", value)
    if isinstance(value, (bool, int, float, complex)):
        try:
            return -value if op == "USub" else (+value if op == "UAdd" else ~value)  # type: ignore[operator]
        except TypeError:
            return Unknown(f"operator {op}")
    if isinstance(value, Expr):
        return -value if op == "USub" else (value if op == "UAdd" else -value - 1)
    if isinstance(value, Number):
        if op != "USub":
            return Number(value.type)
        if value.members is not None:
            return choice(value.type, frozenset(-member for member in value.members))
        return Number(
            value.type, None if value.high is None else -value.high, None if value.low is None else -value.low
        )
    if isinstance(value, Instance):
        return machine.call(machine.get(value, {"USub": "__neg__", "UAdd": "__pos__", "Invert": "__invert__"}[op]))
    name = {"USub": "operate_neg", "Invert": "operate_invert"}.get(op, "")
    if hasattr(value, name):
        return machine.call(machine.get(value, name))
    return Unknown(f"operator {op}")
