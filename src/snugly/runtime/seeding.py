"""What live frames know, for the run that follows the source: names, and attributes of the user's objects.

Nothing is executed: names are read from frames, attributes from where objects keep them.
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any

from snugly.facts.dims import same
from snugly.facts.scalars import Number
from snugly.facts.tensors import TensorFacts
from snugly.interpreter.seeds import MODULE, Seeds
from snugly.interpreter.values import Mapping, Sequence
from snugly.runtime.facts import facts_of, is_tensor_like
from snugly.runtime.frames import is_user_file, walk

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from types import FrameType, TracebackType

MOST_ITEMS = 64
"""A longer list or dict is told by its length and its kind of items only."""
MOST_OBJECTS = 2_000
DEEPEST = 4


class _NotTold(Exception):  # noqa: N818 - an answer
    """A value that the interpreter has no word for."""


def seeds_of(frames: Iterable[FrameType]) -> Seeds:
    """Return what frames of the user's know, the innermost first, with the modules that their code is of."""
    seeds = Seeds()
    objects: list[Any] = []
    for frame in frames:
        code = frame.f_code
        if not is_user_file(code.co_filename):
            continue
        file = os.path.realpath(code.co_filename)
        if code.co_name != "<module>":
            _add(seeds.names.setdefault((file, code.co_firstlineno), {}), frame.f_locals)
        _add(seeds.names.setdefault((file, MODULE), {}), frame.f_globals)
        objects += [*frame.f_locals.values(), *frame.f_globals.values()]
    _add_module("__main__", seeds, objects)
    _add_attributes(seeds, objects)
    return seeds


def frames_of(traceback: TracebackType | None) -> list[FrameType]:
    """Return the frames of a traceback, the innermost first, and those that called the outermost."""
    links = [link.tb_frame for link in walk(traceback)]
    return [*reversed(links), *callers_of(links[0].f_back if links else None)]


def callers_of(frame: FrameType | None) -> list[FrameType]:
    """Return a frame and those that called it."""
    found: list[FrameType] = []
    while frame is not None:
        found.append(frame)
        frame = frame.f_back
    return found


def _add_module(name: str, seeds: Seeds, objects: list[Any]) -> None:
    names = vars(sys.modules[name]) if name in sys.modules else {}
    file = names.get("__file__")
    if isinstance(file, str) and is_user_file(file):
        _add(seeds.names.setdefault((os.path.realpath(file), MODULE), {}), names)
        objects += names.values()


def _add(known: dict[str, Any], names: dict[str, Any]) -> None:
    for name, value in list(names.items()):
        if name in known or name.startswith("__"):
            continue
        try:
            known[name] = told(value)
        except _NotTold:
            continue


def told(value: Any, depth: int = 0) -> Any:
    """Return a live value in the interpreter's words. Raises ``_NotTold``."""
    if is_tensor_like(value):
        return facts_of(value)
    if value is None or type(value) in (bool, int, float, str):
        return value
    if depth < DEEPEST and type(value) in (tuple, list):
        return _sequence(value, depth)
    if depth < DEEPEST and type(value) is dict and len(value) <= MOST_ITEMS and {*map(type, value)} <= {str, int}:
        return Mapping({key: told(each, depth + 1) for key, each in list(value.items())})
    raise _NotTold


def _sequence(value: Any, depth: int) -> Any:
    if len(value) <= MOST_ITEMS:
        items = [told(each, depth + 1) for each in value]
        return tuple(items) if type(value) is tuple else Sequence("list", items)
    kinds = {type(each) for each in value}
    if kinds <= {int, float} and len(kinds) == 1:
        kind = kinds.pop()
        return Sequence(type(value).__name__, None, Number(kind.__name__, min(value), max(value)), len(value))
    if all(is_tensor_like(each) for each in value):
        return Sequence(type(value).__name__, None, _common([facts_of(each, look=False) for each in value]), len(value))
    raise _NotTold


def _common(items: list[TensorFacts]) -> TensorFacts:
    first = items[0]
    shapes = [each.shape for each in items]
    ranks = {None if shape is None else len(shape) for shape in shapes}
    shape = None
    if len(ranks) == 1 and first.shape is not None:
        shape = tuple(size if all(s is not None and s[axis] == size for s in shapes) else None
                      for axis, size in enumerate(first.shape))  # fmt: skip
    dtype = first.dtype if all(each.dtype == first.dtype for each in items) else None
    return TensorFacts(shape, dtype, first.device, kind=first.kind)


def _add_attributes(seeds: Seeds, objects: list[Any]) -> None:
    clashes: set[tuple[Any, str]] = set()
    for instance in _instances(objects):
        for cls in type(instance).__mro__:
            file = _file_of(cls)
            if file is None:
                continue
            known = seeds.attributes.setdefault((file, cls.__name__), {})
            for name, value in list(vars(instance).items()):
                try:
                    here = told(value)
                except _NotTold:
                    continue
                if name in known and not _agree(known[name], here):
                    clashes.add(((file, cls.__name__), name))
                known[name] = here
    for key, name in clashes:
        seeds.attributes[key].pop(name, None)


def _agree(a: Any, b: Any) -> bool:
    if isinstance(a, TensorFacts) and isinstance(b, TensorFacts) and a.shape is not None and b.shape is not None:
        return (
            a.dtype == b.dtype
            and len(a.shape) == len(b.shape)
            and all(same(x, y) is True for x, y in zip(a.shape, b.shape, strict=True))
        )
    return type(a) is type(b) and type(a) in (bool, int, float, str, type(None)) and a == b


def _instances(objects: list[Any]) -> Iterator[Any]:
    """Yield each object of a class of the user's that the given ones are, hold or are made of."""
    seen: set[int] = set()
    waiting = [(each, 0) for each in objects]
    while waiting and len(seen) < MOST_OBJECTS:
        each, depth = waiting.pop(0)
        if id(each) in seen or isinstance(each, type) or is_tensor_like(each):
            continue
        seen.add(id(each))
        own = getattr(each, "__dict__", None)
        users = _file_of(type(each)) is not None
        if users and isinstance(own, dict):
            yield each
        if depth >= DEEPEST:
            continue
        if type(each) in (list, tuple) and len(each) <= MOST_ITEMS:
            waiting += [(inner, depth + 1) for inner in each]
        elif isinstance(own, dict) and (users or type(each).__module__.startswith("torch.utils.data")):
            waiting += [(inner, depth + 1) for inner in list(own.values())]


def _file_of(cls: type) -> str | None:
    module = sys.modules.get(cls.__module__)
    file = getattr(module, "__file__", None)
    return os.path.realpath(file) if isinstance(file, str) and is_user_file(file) else None
