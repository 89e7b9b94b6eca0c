"""Rooms: packages whose modules declare things by name, each imported when one of its names is asked for.

Nothing lists what a module declares. An index is made by importing every module of the room once. It is kept beside the
room's bytecode, where there is some, and holds while its files have the names, times and sizes that they had then.
Where it cannot be kept, each process imports the whole room: that is slower, and nothing else.
"""

from __future__ import annotations

import marshal
import os
import sys
from _thread import RLock
from abc import abstractmethod
from collections.abc import Iterator, Mapping
from functools import cache
from importlib import import_module
from typing import Any, Generic, TypeVar

Thing = TypeVar("Thing")

_MISSING: Any = object()
_SNUGLY = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
Stamp = tuple[str, int, int]


class Room:
    """A package, and the tables of what its modules declare.

    Attributes:
        package: its name within snugly.
        sources: the packages that decide what it declares: itself, and those that it takes names from.
    """

    def __init__(self, package: str, *sources: str) -> None:
        """Describe the room of a package, which is not imported yet."""
        self.package = package
        self.sources = (package, *sources)
        self._tables: dict[str, Declared[Any]] = {}
        self._index: dict[str, dict[str, Any]] | None = None
        self._lock = RLock()
        self._making = False

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
            with self._lock:  # another thread waits
                if self._making:  # a module that looks something up meanwhile finds what is declared so far
                    return {}
                if self._index is None:
                    self._making = True
                    try:
                        file = self._file()
                        self._index = _read(file, self._stamp()) or self._make(file)
                    finally:
                        self._making = False
        return self._index.get(what, {})

    def load(self) -> None:
        """Import every module of the room."""
        for file in _files(self.package):
            import_module(
                f"snugly.{file.removesuffix('.py').removesuffix('__init__').replace(os.sep, '.').rstrip('.')}"
            )

    def _file(self) -> str | None:
        spec = import_module(f"snugly.{self.package}").__spec__
        cached = None if spec is None else spec.cached
        return None if cached is None else f"{cached.removesuffix('.pyc')}.index"

    def _make(self, file: str | None) -> dict[str, dict[str, Any]]:
        stamp = self._stamp()
        self.load()
        index = {what: table.declared() for what, table in self._tables.items()}
        if file is not None:
            _write(file, stamp, index)
        return index

    def _stamp(self) -> Stamp:
        """Return what changes with the files: their names, and the sums of their times and sizes."""
        files = {file: stamp for source in self.sources for file, stamp in _files(source).items()}
        return "\n".join(files), sum(time for time, _ in files.values()), sum(size for _, size in files.values())


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
def _files(package: str) -> dict[str, tuple[int, int]]:
    """Return time and size of every module of a package, by its path within snugly, in order."""
    found: dict[str, tuple[int, int]] = {}
    folders = [package]
    while folders:
        folder = folders.pop()
        with os.scandir(os.path.join(_SNUGLY, folder)) as entries:
            for entry in entries:
                path = f"{folder}{os.sep}{entry.name}"
                if path.endswith(".py"):
                    status = entry.stat()
                    found[path] = status.st_mtime_ns, status.st_size
                elif "." not in entry.name and entry.name != "__pycache__":
                    folders.append(path)
    return dict(sorted(found.items()))


def _read(file: str | None, stamp: Stamp) -> dict[str, dict[str, Any]] | None:
    """Return a kept index; ``None`` where there is none or a file has changed since."""
    if file is None:
        return None
    try:
        with open(file, "rb") as stream:
            kept, index = marshal.loads(stream.read())  # noqa: S302 - written by this program, as bytecode is
    except (OSError, EOFError, ValueError, TypeError):
        return None
    known: dict[str, dict[str, Any]] = index
    return known if kept == stamp else None


def _write(file: str, stamp: Stamp, index: dict[str, dict[str, Any]]) -> None:
    """Keep an index where that is possible; another process sees the old one or the new one."""
    unfinished = f"{file}.{os.getpid()}"
    try:
        with open(unfinished, "wb") as stream:
            stream.write(marshal.dumps((stamp, index)))
        os.replace(unfinished, file)
    except OSError:
        return
