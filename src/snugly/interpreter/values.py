"""The values that an abstract run of a program computes with.

Known Python constants (``int``, ``float``, ``bool``, ``str``, ``bytes``, ``None``, ``complex``, ``...``) are
themselves, a known tuple is a ``tuple`` of values, a symbolic integer is a ``facts.Expr``, and a tensor, a
numpy array or a picture is a ``TensorFacts``. Everything else is one of the classes below. Values that
Python would mutate are mutable and have identity (``born`` tells their age); the others are frozen.
"""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING, Any

from snugly.facts.dims import Dim, Expr
from snugly.facts.records import dataclass, field
from snugly.facts.scalars import Number
from snugly.facts.tensors import TensorFacts

if TYPE_CHECKING:
    import ast
    from collections.abc import Callable


_clock = count(1)

Value = Any  # one of the kinds named above; the alias is for readers


@dataclass(frozen=True, slots=True)
class Unknown:
    """Nothing is known. ``reason`` says why, for ``--statistics``: an operation or a construct."""

    reason: str = ""


UNKNOWN = Unknown()
SETTING = Unknown("a setting")
"""What a file of settings (YAML, JSON, TOML) holds, or a part of it: beside a tensor it is a number."""


class _Nothing:
    """No value at all: the element of an empty list, a name that no path has bound."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "NOTHING"


NOTHING = _Nothing()


@dataclass(frozen=True, eq=False, slots=True)
class Choice:
    """One of a few values, it is not known which, such as ``None`` or a tuple of states.

    Library code never meets one: the machine settles it first (``None`` is dropped where something else is possible,
    what is left of several is joined).
    """

    options: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Text:
    """A string that is not known; ``members`` are the constants that it is one of, where paths or draws choose."""

    members: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class DType:
    """``torch.float32`` (or numpy's): the canonical torch name."""

    name: str


@dataclass(frozen=True, eq=False, slots=True)
class Case:
    """A run of equal items: ``times`` of them (``None``: some, not known how many), each an ``element``.

    A loader of 129 samples in batches of 32 yields ``Case(batch of 32, 4)`` and then
    ``Case(batch of 1, 1, "the last batch")``.
    A ``for`` statement follows its body once for each case, in order.
    """

    element: Value
    times: Dim | None = None
    name: str = ""


@dataclass(eq=False, slots=True)
class Sequence:
    """A list, deque, set, generator, range … of abstract values.

    Either every item is known (``items``), or the items are summed up: ``element`` stands for each of
    them (``NOTHING`` while there is none yet) and ``length`` for how many there are (``None``: not known).
    ``cases``, where it is not empty, tells the same more exactly: runs of equal items, in order.
    """

    kind: str = "list"
    items: list[Value] | None = None
    element: Value = None
    length: Dim | None = None
    cases: tuple[Case, ...] = ()
    born: int = field(default_factory=_clock.__next__, repr=False)


@dataclass(eq=False, slots=True)
class Range(Sequence):
    """A ``range``: ``element`` and ``length`` are those of a Sequence, the ends are kept for loops."""

    start: Value = 0
    stop: Value = 0
    step: Value = 1


@dataclass(eq=False, slots=True)
class Mapping:
    """A dict. ``entries`` by constant key; ``rest`` stands for the value of any other key, if there are such.

    ``kind`` is the class: ``"dict"``, or one of ``collections``. What such a class (or a deque, a ``Sequence`` of that
    kind) does otherwise than a dict or a list is a library function ``collections.KIND.METHOD`` with ``self`` first.
    ``factory`` is what a defaultdict calls for a key that is missing.
    """

    entries: dict[Any, Value] = field(default_factory=dict)
    rest: Value | None = None
    open: bool = False
    rest_key: Value | None = None
    kind: str = "dict"
    factory: Value = None
    born: int = field(default_factory=_clock.__next__, repr=False)


@dataclass(eq=False, slots=True)
class Module:
    """One of the user's own modules, evaluated."""

    name: str
    file: str
    names: dict[str, Value] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class LibraryName:
    """Something of a library, by its canonical dotted path, such as ``"torch.nn.Linear"``."""

    path: str


@dataclass(eq=False, slots=True)
class Function:
    """A function or lambda of the user's, with the scope it closes over.

    ``contexts`` are open while it runs: ``@torch.no_grad()``.
    """

    name: str
    node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
    scope: Any
    defaults: dict[str, Value] = field(default_factory=dict)
    owner: Class | None = None
    kind: str = "function"  # or "staticmethod", "classmethod", "property", "contextmanager"
    module: Any = None
    contexts: tuple[Value, ...] = ()


@dataclass(eq=False, slots=True)
class Class:
    """A class of the user's. ``bases`` are ``Class`` or ``LibraryName`` in source order."""

    name: str
    node: ast.ClassDef
    bases: tuple[Value, ...]
    names: dict[str, Value]
    scope: Any
    dataclass_fields: dict[str, Value] | None = None
    order: tuple[Value, ...] = ()  # the method resolution order: this class, its bases, then LibraryNames
    kind: str = "class"  # or "enum", "namedtuple"


@dataclass(eq=False, slots=True)
class Instance:
    """An object of a user's class.

    ``native`` is the library's part of it, when a base is a library's class (``torch.nn.Module``,
    ``torch.utils.data.Dataset``, ``torch.nn.LSTM`` …): an instance of the model in ``snugly.library``.
    """

    type: Class
    attributes: dict[str, Value] = field(default_factory=dict)
    native: Any = None
    born: int = field(default_factory=_clock.__next__, repr=False)


@dataclass(frozen=True, eq=False, slots=True)
class Method:
    """A callable with its receiver: a user's function bound to an instance or a class, or a library's."""

    function: Any
    receiver: Value


@dataclass(frozen=True, eq=False, slots=True)
class Partial:
    """``functools.partial``: a callable with some arguments already given."""

    function: Value
    args: tuple[Value, ...]
    kwargs: dict[str, Value]


@dataclass(frozen=True, eq=False, slots=True)
class Native:
    """A callable written in Python here: library functions and bound library methods."""

    function: Callable[..., Value]
    name: str = ""


__all__ = [
    "NOTHING",
    "SETTING",
    "UNKNOWN",
    "Case",
    "Choice",
    "Class",
    "DType",
    "Dim",
    "Expr",
    "Function",
    "Instance",
    "LibraryName",
    "Mapping",
    "Method",
    "Module",
    "Native",
    "Number",
    "Partial",
    "Range",
    "Sequence",
    "TensorFacts",
    "Text",
    "Unknown",
    "Value",
]


def now() -> int:
    """Return a number between ``born`` of every object there is and that of every later one."""
    return next(_clock)
