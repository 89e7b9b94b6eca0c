"""``collections``: deques are sequences, the dicts mappings with a kind; here is what they do otherwise than those."""

from __future__ import annotations

import collections
from typing import TYPE_CHECKING, Any

from snugly.interpreter.values import NOTHING, Mapping, Native, Number, Sequence, Unknown, Value
from snugly.library.drawing import any_item, joined
from snugly.library.plain import NotPlainError, is_atom, plain
from snugly.library.registry import alias, function

if TYPE_CHECKING:
    from snugly.facts.dims import Dim
    from snugly.interpreter.machine import Machine


_COUNT = Number("int", 1)


@function("collections.deque")
def deque(machine: Machine, iterable: Value = (), maxlen: Value = None) -> Value:
    """``deque([iterable[, maxlen]])``; with a bound, which items are still there is not known."""
    found = machine.iterate(iterable)
    items = found.items
    if maxlen is None:
        return Sequence("deque", None if items is None else list(items), found.element, found.length)
    return Sequence("deque", None, found.element if items is None else joined(machine, items), None)


@function("collections.deque.appendleft")
def deque_appendleft(machine: Machine, self: Sequence, x: Value) -> None:
    """``deque.appendleft(x)``."""
    machine.touch(self)
    if self.items is not None:
        self.items.insert(0, x)
    else:
        self.element = x if self.element is NOTHING else machine.join(self.element, x)
        self.length = _shifted(self.length, 1)


@function("collections.deque.extendleft")
def deque_extendleft(machine: Machine, self: Sequence, iterable: Value) -> None:
    """``deque.extendleft(iterable)``."""
    found = machine.iterate(iterable)
    if found.items is not None:
        for item in found.items:
            deque_appendleft(machine, self, item)
        return
    machine.touch(self)
    self.element = machine.join(any_item(machine, self), found.element)
    self.items, self.length = None, None


@function("collections.deque.popleft")
def deque_popleft(machine: Machine, self: Sequence) -> Value:
    """``deque.popleft()``."""
    machine.touch(self)
    if self.items:
        return self.items.pop(0)
    self.length = _shifted(self.length, -1)
    return Unknown("popleft of an empty deque") if self.element is NOTHING else self.element


@function("collections.deque.rotate")
def deque_rotate(machine: Machine, self: Sequence, n: Value = 1) -> None:
    """``deque.rotate(n)``."""
    if self.items and isinstance(n, int):
        machine.touch(self)
        turn = -n % len(self.items)
        self.items = self.items[turn:] + self.items[:turn]
    elif self.items:
        machine.touch(self)
        self.element, self.length, self.items = joined(machine, self.items), len(self.items), None


def _shifted(length: Dim | None, by: int) -> Dim | None:
    return None if length is None else length + by


def _fill(machine: Machine, mapping: Mapping, source: Value, entries: dict[str, Value]) -> Mapping:
    machine.call(machine.get(mapping, "update"), *(() if source is None else (source,)), **entries)
    return mapping


@function("collections.defaultdict")
def defaultdict(machine: Machine, default_factory: Value = None, source: Value = None, /, **entries: Value) -> Value:
    """``defaultdict(default_factory[, ...])``."""
    return _fill(machine, Mapping(kind="defaultdict", factory=default_factory), source, entries)


@function("collections.OrderedDict")
def ordered_dict(machine: Machine, source: Value = None, /, **entries: Value) -> Value:
    """``OrderedDict([items])``."""
    return _fill(machine, Mapping(kind="OrderedDict"), source, entries)


@function("collections.OrderedDict.move_to_end")
def ordered_dict_move_to_end(machine: Machine, self: Mapping, key: Value, last: Value = True) -> None:
    """``OrderedDict.move_to_end(key)``."""
    if is_atom(key) and key in self.entries:
        machine.touch(self)
        value = self.entries.pop(key)
        self.entries = {**self.entries, key: value} if last else {key: value, **self.entries}


@function("collections.Counter")
def counter(machine: Machine, source: Value = None, /, **entries: Value) -> Value:
    """``Counter([iterable-or-mapping])``: counts are exact where every item is known."""
    result = Mapping(kind="Counter", factory=Native(lambda: 0, "int"))
    counter_update(machine, result, source, **entries)
    return result


@function("collections.Counter.update")
def counter_update(machine: Machine, self: Mapping, source: Value = None, /, **entries: Value) -> None:
    """``Counter.update(iterable-or-mapping)``: adds."""
    machine.touch(self)
    if isinstance(source, Mapping):
        for key, value in source.entries.items():
            self.entries[key] = machine.apply("operator.add", self.entries.get(key, 0), value)
        if source.open:
            _open(machine, self, source.rest_key)
    elif source is not None:
        _count(machine, self, machine.iterate(source))
    for key, value in entries.items():
        self.entries[key] = machine.apply("operator.add", self.entries.get(key, 0), value)


def _count(machine: Machine, self: Mapping, found: Sequence) -> None:
    try:
        counts = collections.Counter(plain(item) for item in found.items) if found.items is not None else None
    except (NotPlainError, TypeError):
        counts = None
    if counts is None:
        _open(machine, self, joined(machine, found.items) if found.items else found.element)
        return
    for key, times in counts.items():
        before = self.entries.get(key, 0)
        self.entries[key] = before + times if isinstance(before, int) else _COUNT


def _open(machine: Machine, self: Mapping, key: Value) -> None:
    self.rest_key = key if self.rest_key is None else machine.join(self.rest_key, key)
    self.open, self.rest = True, _COUNT
    self.entries = dict.fromkeys(self.entries, _COUNT)


@function("collections.Counter.most_common")
def counter_most_common(machine: Machine, self: Mapping, n: Value = None) -> Value:
    """``Counter.most_common([n])``: in order where every count is known; at most ``n``."""
    if not self.open and all(isinstance(times, int) for times in self.entries.values()):
        ordered: list[Value] = sorted(self.entries.items(), key=lambda item: -item[1])
        if n is None or isinstance(n, int):
            return Sequence("list", ordered[:n])
    keys: list[Value] = [*self.entries, *([self.rest_key] if self.open else [])]
    return Sequence("list", None, (joined(machine, keys), _COUNT), None)


@function("collections.Counter.elements")
def counter_elements(machine: Machine, self: Mapping) -> Value:
    """``Counter.elements()``."""
    if not self.open and all(isinstance(times, int) for times in self.entries.values()):
        return Sequence("iterator", list(collections.Counter(self.entries).elements()))
    return Sequence("iterator", None, joined(machine, [*self.entries, self.rest_key]), None)


@function("collections.Counter.total")
def counter_total(self: Mapping) -> Value:
    """``Counter.total()``."""
    counts = list(self.entries.values())
    return sum(counts) if not self.open and all(isinstance(times, int) for times in counts) else Number("int", 0)


@function("collections.namedtuple")
def namedtuple(
    typename: Value,
    field_names: Value,
    *,
    rename: Value = False,
    defaults: Value = None,
    module: Value = None,
) -> Value:
    """``namedtuple(typename, field_names)``: makes Python's own named tuples of abstract values."""
    try:
        names = plain(field_names)
        given = None if defaults is None else list(plain(defaults))
        make: Any = collections.namedtuple  # noqa: PYI024 - it is what the program calls
        made = make(plain(typename), names, rename=bool(rename), defaults=given)
    except (NotPlainError, ValueError, TypeError):
        return Unknown("collections.namedtuple")
    return Native(made, made.__name__)


@function("collections.ChainMap")
def chain_map(machine: Machine, *maps: Value) -> Value:
    """``ChainMap(*maps)``: read as the one dict that they make; the first one wins."""
    result = Mapping()
    for source in reversed(maps):
        _fill(machine, result, source, {})
    return result


for _name in ("Iterable", "Iterator", "Sequence", "Mapping", "Callable", "MutableMapping", "Hashable", "Sized"):
    alias(f"collections.{_name}", f"collections.abc.{_name}")
