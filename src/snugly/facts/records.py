"""Dataclasses that cost nothing until they are used.

The standard library's decorator writes and compiles the methods of a class when its module is imported, which was a
third of a cold ``snugly check``. This one means the same for what snugly uses of it; but ``__init__`` is compiled when
some objects were made, and the other methods are shared closures over the names of the fields. That a ``frozen``
record stays as it is, the type checker sees to: an object that refuses assignment at run time costs four times as
much to make, and following one file makes thousands.
"""

from __future__ import annotations

from functools import cache
from operator import attrgetter, ge, gt, le, lt
from types import CodeType, FunctionType
from typing import TYPE_CHECKING, Any, TypeVar, dataclass_transform

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

Record = TypeVar("Record")
Made = TypeVar("Made", bound=type)

MISSING = object()
MANY = 16
"""As many records of a class are made before a function is compiled that makes them: that takes as long."""


class Field:
    """One field of a record.

    Attributes:
        name: of the attribute.
        default: its value where none is given, or ``MISSING``.
        factory: what makes that value, or ``None``.
        init: whether ``__init__`` takes it.
        repr: whether ``repr`` shows it.
        compare: whether equality and hash look at it.
        keyword: whether it is given by name only.
    """

    __slots__ = ("compare", "default", "factory", "init", "keyword", "name", "repr")

    def __init__(self, default: Any, factory: Callable[[], Any] | None, init: bool, repr: bool, compare: bool) -> None:  # noqa: A002, FBT001
        """Keep what ``field`` was given; the decorator adds the name."""
        self.name = ""
        self.default = default
        self.factory = factory
        self.init = init
        self.repr = repr
        self.compare = compare
        self.keyword = False


def field(
    *,
    default: Any = MISSING,
    default_factory: Callable[[], Any] | None = None,
    init: bool = True,
    repr: bool = True,  # noqa: A002
    compare: bool = True,
) -> Any:
    """Say more of a field than its default; as ``dataclasses.field``."""
    return Field(default, default_factory, init, repr, compare)


@dataclass_transform(field_specifiers=(field,))
def dataclass(
    *, eq: bool = True, order: bool = False, frozen: bool = False, kw_only: bool = False, slots: bool = False
) -> Callable[[Made], Made]:
    """Make a class of annotated fields; as ``dataclasses.dataclass``."""

    def declare(cls: Made) -> Made:
        own = _own_fields(cls, kw_only)
        known = {each.name: each for base in reversed(cls.__mro__[1:]) for each in vars(base).get("__fields__", ())}
        known.update(own)
        everything = tuple(known.values())
        made: dict[str, Any] = {
            "__fields__": everything,
            "__match_args__": tuple(each.name for each in everything if each.init and not each.keyword),
            "__init__": _initializer(everything),
            "__repr__": _show,
        }
        if eq:
            key = _key(tuple(each.name for each in everything if each.compare))
            made |= {**_comparisons(key, order), "__hash__": _hasher(key) if frozen else None}
        if frozen:
            made |= _STATE
        written = dict(vars(cls))
        if written.get("__hash__") is None:  # Python's own mark on a class that writes an __eq__
            written.pop("__hash__", None)
        if slots:
            return _slotted(cls, own, made | written)
        for name, member in made.items():
            if name not in written:
                setattr(cls, name, member)
        return cls

    return declare


def fields(record: Any) -> tuple[Field, ...]:
    """Return the fields of a record or of its class, in order."""
    found: tuple[Field, ...] = record.__fields__
    return found


def replace(record: Record, /, **changes: Any) -> Record:
    """Return a record of the same class with some fields changed."""
    cls = type(record)
    copied = _COPIED.get(cls)
    if copied is None:
        copied = _COPIED[cls] = _copier(cls)
    made: Record = copied(record, changes)
    return made


_COPIED: dict[type, Callable[[Any, dict[str, Any]], Any]] = {}


def _copier(cls: Any) -> Callable[[Any, dict[str, Any]], Any]:
    """Return how a record is copied with changes: field by field, or by its class where that does more than assign.

    Of a class that declares no fields of its own, the copy is a record of the class that does.
    """
    if "__fields__" not in vars(cls) or hasattr(cls, "__post_init__") or not all(each.init for each in cls.__fields__):
        names = [each.name for each in cls.__fields__ if each.init]
        made = next(each for each in cls.__mro__ if "__fields__" in vars(each))
        return lambda record, changes: made(**{name: getattr(record, name) for name in names} | changes)
    names = [each.name for each in cls.__fields__]
    body = "".join(f"  made.{each} = record.{each}\n" for each in _numbered(names))
    source = (
        f"def copied(record, changes):\n  made = new(cls)\n{body}"
        "  for name, value in changes.items():\n    setattr(made, name, value)\n  return made"
    )
    found: Callable[[Any, dict[str, Any]], Any] = _function(source, names, {"cls": cls, "new": cls.__new__}, "copied")
    return found


def _own_fields(cls: type, keyword: bool) -> dict[str, Field]:  # noqa: FBT001
    found: dict[str, Field] = {}
    for name, hint in vars(cls).get("__annotations__", {}).items():
        if hint.startswith("ClassVar"):
            continue
        given = vars(cls).get(name, MISSING)
        one = given if isinstance(given, Field) else Field(given, None, init=True, repr=True, compare=True)
        one.name, one.keyword = name, keyword
        found[name] = one
        if given is one:
            if one.default is MISSING:
                delattr(cls, name)
            else:
                setattr(cls, name, one.default)
    return found


def _slotted(cls: Made, own: dict[str, Field], members: dict[str, Any]) -> Made:
    """Return the class made again with a slot for each field, which a class that exists cannot be given."""
    inherited = {name for base in cls.__mro__[1:] for name in vars(base).get("__slots__", ())}
    namespace = {name: member for name, member in members.items() if name not in own}
    namespace.pop("__dict__", None)
    namespace.pop("__weakref__", None)
    namespace["__slots__"] = tuple(name for name in own if name not in inherited)
    namespace["__qualname__"] = cls.__qualname__
    made: Made = type(cls)(cls.__name__, cls.__bases__, namespace)
    return made


def _initializer(everything: tuple[Field, ...]) -> Callable[..., None]:
    """Return ``__init__`` for the first records; of a class that has many, it makes place for a compiled one."""
    names = [each.name for each in everything if each.init and not each.keyword]
    made = 0

    def first(self: Any, *args: Any, **kwargs: Any) -> None:
        nonlocal made
        made += 1
        given = dict(zip(names, args, strict=False))
        if (
            made < MANY
            and len(args) <= len(names)
            and given.keys().isdisjoint(kwargs)
            and _fill(self, everything, given | kwargs)
        ):
            return
        cls = next(each for each in type(self).__mro__ if vars(each).get("__fields__") is everything)
        compiled = cls.__init__ = _compiled(cls, everything)  # type: ignore[misc]
        compiled(self, *args, **kwargs)

    return first


def _fill(record: Any, everything: tuple[Field, ...], given: dict[str, Any]) -> bool:
    """Assign the fields; ``False`` where what is given is not what there has to be."""
    for each in everything:
        if each.init and each.name in given:
            value = given.pop(each.name)
        elif each.factory is not None:
            value = each.factory()
        elif each.default is not MISSING:
            value = each.default
        elif each.init:
            return False
        else:
            continue
        setattr(record, each.name, value)
    if given:
        return False
    if hasattr(record, "__post_init__"):
        record.__post_init__()
    return True


def _compiled(cls: type, everything: tuple[Field, ...]) -> Callable[..., None]:
    """Return ``__init__``: one parameter and one assignment for each field."""
    kept = [each for each in everything if each.init or each.factory is not None or each.default is not MISSING]
    scope: dict[str, Any] = {"MISSING": MISSING}
    places: list[str] = []
    keywords: list[str] = []
    body: list[str] = []
    for placed, each in zip(_numbered(kept), kept, strict=True):
        value = placed
        if each.factory is not None:
            scope[f"make_{placed}"] = each.factory
            value = f"make_{placed}() if {placed} is MISSING else {placed}" if each.init else f"make_{placed}()"
        elif not each.init:
            scope[f"default_{placed}"] = each.default
            value = f"default_{placed}"
        if each.init:
            (keywords if each.keyword else places).append(placed)
        body.append(f"self.{placed} = {value}")
    if hasattr(cls, "__post_init__"):
        body.append("self.__post_init__()")
    listed = ", ".join(["self", *places, *(["*", *keywords] if keywords else [])])
    lines = "\n  ".join(body or ["pass"])
    source = f"def __init__({listed}):\n  {lines}"
    made: Any = _function(source, [each.name for each in kept], scope, f"{cls.__qualname__}.__init__")
    optional = [each for each in kept if each.init and (each.factory is not None or each.default is not MISSING)]
    given = {each.name: MISSING if each.factory is not None else each.default for each in optional}
    made.__defaults__ = tuple(given[each.name] for each in optional if not each.keyword)
    made.__kwdefaults__ = {each.name: given[each.name] for each in optional if each.keyword}
    found: Callable[..., None] = made
    return found


def _numbered(fields: Sequence[Any]) -> list[str]:
    return [f"field_{number}" for number in range(len(fields))]


def _function(source: str, names: Sequence[str], scope: dict[str, Any], name: str) -> FunctionType:
    """Return a function whose source calls its fields ``field_0``, ``field_1`` …; these get their names here.

    So records of as many fields share what the compiler made: it takes longer than all else about a small class.
    """
    named = dict(zip(_numbered(names), names, strict=True))
    code = _code(source)
    known = code.replace(
        co_varnames=tuple(named.get(each, each) for each in code.co_varnames),
        co_names=tuple(named.get(each, each) for each in code.co_names),
        co_qualname=name,
    )
    return FunctionType(known, scope)


@cache
def _code(source: str) -> CodeType:
    module = compile(source, __file__, "exec")
    return next(each for each in module.co_consts if isinstance(each, CodeType))


def _key(names: tuple[str, ...]) -> Callable[[Any], Any]:
    """Return what equality, order and hash look at."""
    if not names:
        return lambda _: ()
    get = attrgetter(*names)
    return (lambda record: (get(record),)) if len(names) == 1 else get


def _comparisons(key: Callable[[Any], Any], order: bool) -> dict[str, Any]:  # noqa: FBT001
    def equal(self: Any, other: Any) -> bool:
        if self is other:
            return True
        return bool(key(self) == key(other)) if other.__class__ is self.__class__ else NotImplemented

    def ordered(compare: Callable[[Any, Any], bool]) -> Callable[[Any, Any], bool]:
        return lambda a, b: compare(key(a), key(b)) if a.__class__ is b.__class__ else NotImplemented

    comparisons: dict[str, Any] = {"__eq__": equal}
    if order:
        comparisons |= {f"__{each.__name__}__": ordered(each) for each in (lt, le, gt, ge)}
    return comparisons


def _hasher(key: Callable[[Any], Any]) -> Callable[[Any], int]:
    def hashed(self: Any) -> int:
        return hash(key(self))

    return hashed


_shown: set[int] = set()


def _show(self: Any) -> str:
    """``Name(field=value, ...)``; a record inside of itself is ``...``."""
    if id(self) in _shown:
        return "..."
    _shown.add(id(self))
    try:
        parts = ", ".join(f"{each.name}={getattr(self, each.name)!r}" for each in self.__fields__ if each.repr)
    finally:
        _shown.discard(id(self))
    return f"{type(self).__qualname__}({parts})"


def _state(self: Any) -> list[Any]:
    return [getattr(self, each.name) for each in self.__fields__]


def _restore(self: Any, state: list[Any]) -> None:
    for each, value in zip(self.__fields__, state, strict=True):
        setattr(self, each.name, value)


_STATE = {"__getstate__": _state, "__setstate__": _restore}
