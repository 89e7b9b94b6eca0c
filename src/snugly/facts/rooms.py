"""Rooms: packages whose modules declare things by name, each imported when one of its names is asked for.

Nothing lists what a module declares. An index is made by importing every module of the room once. It is kept beside the
room's bytecode, where there is some, and holds while every file of snugly has the size and the time that it had then.
Where it cannot be kept, each process imports the whole room: that is slower, and nothing else.
"""

from __future__ import annotations

import marshal
import os
import sys
from abc import abstractmethod
from collections.abc import Iterator, Mapping
from functools import cache
from importlib import import_module
from typing import Any, Generic, TypeVar

Thing = TypeVar("Thing")

_MISSING: Any = object()
_SNUGLY = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
Stamps = dict[str, tuple[int, int]]


class Room:
    """A package, and the tables of what its modules declare.

    Attributes:
        package: its dotted name.
    """

    def __init__(self, package: str) -> None:
        """Describe the room of a package, which is not imported yet."""
        self.package = package
        self._tables: dict[str, Declared[Any]] = {}
        self._index: dict[str, dict[str, Any]] | None = None

    def things(self, what: str) -> Things[Any]:
        """Return a new table of things that are imported when they are asked for."""
        table: Things[Any] = Things(self, what)
        self._tables[what] = table
        return table

    def notes(self, what: str) -> Notes[Any]:
        """Return a new table of plain values that are known without an import, as the index holds them."""
        table: Notes[Any] = Notes(self, what)
        self._tables[what] = table
        return table

    def index(self, what: str) -> Mapping[str, Any]:
        """Return the index of one table: the module of each thing, or each note itself."""
        if self._index is None:
            self._index = {}  # a module that looks something up while the index is made finds what is declared so far
            file = self._file()
            self._index = _read(file) or self._make(file)
        return self._index.get(what, {})

    def load(self) -> None:
        """Import every module of the room."""
        for file in _stamps():
            name = file.removesuffix(".py").replace(os.sep, ".").removesuffix(".__init__")
            if name.startswith(f"{self.package}."):
                import_module(name)

    def _file(self) -> str | None:
        spec = import_module(self.package).__spec__
        cached = None if spec is None else spec.cached
        return None if cached is None else f"{cached.removesuffix('.pyc')}.index"

    def _make(self, file: str | None) -> dict[str, dict[str, Any]]:
        self.load()
        index = {what: table.declared() for what, table in self._tables.items()}
        if file is not None:
            _write(file, index)
        return index


class Declared(Mapping[str, Thing], Generic[Thing]):
    """What the modules of a room declare, by name."""

    def __init__(self, room: Room, what: str) -> None:
        """Make an empty table of a room."""
        self._room = room
        self._what = what
        self._known: dict[str, Thing] = {}
        self._modules: dict[str, str] = {}

    def declare(self, name: str, thing: Thing) -> None:
        """Declare a thing under a name, for the module that is being imported.

        Raises:
            ValueError: another module has declared that name.
        """
        module = _declaring()
        if self._modules.setdefault(name, module) != module:
            msg = f"{name} is declared by both {self._modules[name]} and {module}"
            raise ValueError(msg)
        self._known[name] = thing

    @abstractmethod
    def declared(self) -> dict[str, Any]:
        """Return what the index keeps of the names that are declared until now."""

    def __iter__(self) -> Iterator[str]:
        """Iterate over the names."""
        return iter({**self._room.index(self._what), **self._known})

    def __len__(self) -> int:
        """Count the names."""
        return sum(1 for _ in self)

    def __contains__(self, name: object) -> bool:
        """Tell whether a name is declared."""
        return name in self._known or name in self._room.index(self._what)

    def __getitem__(self, name: str) -> Thing:
        """Return what is declared under a name. Raises ``KeyError``."""
        found = self.get(name, _MISSING)
        if found is _MISSING:
            raise KeyError(name)
        thing: Thing = found
        return thing


class Things(Declared[Thing]):
    """Functions, classes and the like: a module is imported when something that it declares is asked for."""

    def declared(self) -> dict[str, Any]:
        """Return the module of each name."""
        return {name: sys.intern(module) for name, module in self._modules.items()}

    def get(self, name: str, default: Any = None) -> Any:
        """Return what is declared under a name, importing its module."""
        found = self._known.get(name, _MISSING)
        if found is not _MISSING:
            return found
        module = self._room.index(self._what).get(name)
        if module is None:
            return default
        import_module(module)
        return self._known.get(name, default)


class Notes(Declared[Thing]):
    """Plain values, such as texts and tuples of them."""

    def declared(self) -> dict[str, Any]:
        """Return the values."""
        return dict(self._known)

    def get(self, name: str, default: Any = None) -> Any:
        """Return what is declared under a name."""
        found = self._known.get(name, _MISSING)
        return self._room.index(self._what).get(name, default) if found is _MISSING else found


def _declaring() -> str:
    """Return the module whose body is running."""
    frame = sys._getframe(2)  # noqa: SLF001 - the only way to the module that is being imported
    while frame.f_code.co_name != "<module>" and frame.f_back is not None:
        frame = frame.f_back
    name: str = frame.f_globals["__name__"]
    return name


@cache
def _stamps() -> Stamps:
    """Return time and size of every file of snugly, by its path with the package in front."""
    found: Stamps = {}
    folders = [(_SNUGLY, "snugly")]
    while folders:
        folder, shown = folders.pop()
        with os.scandir(folder) as entries:
            for entry in entries:
                path = f"{shown}{os.sep}{entry.name}"
                if entry.name.endswith(".py"):
                    status = entry.stat()
                    found[path] = status.st_mtime_ns, status.st_size
                elif "." not in entry.name and entry.name != "__pycache__" and entry.is_dir():
                    folders.append((entry.path, path))
    return found


def _read(file: str | None) -> dict[str, dict[str, Any]] | None:
    """Return a kept index; ``None`` where there is none or a file has changed since."""
    if file is None:
        return None
    try:
        with open(file, "rb") as stream:
            stamps, index = marshal.loads(stream.read())  # noqa: S302 - written by this program, as bytecode is
    except (OSError, EOFError, ValueError, TypeError):
        return None
    known: dict[str, dict[str, Any]] = index
    return known if stamps == _stamps() else None


def _write(file: str, index: dict[str, dict[str, Any]]) -> None:
    """Keep an index where that is possible; another process sees the old one or the new one."""
    unfinished = f"{file}.{os.getpid()}"
    try:
        with open(unfinished, "wb") as stream:
            stream.write(marshal.dumps((_stamps(), index)))
        os.replace(unfinished, file)
    except OSError:
        return
