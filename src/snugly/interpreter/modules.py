"""The user's program: its files, found and evaluated once each, and the libraries beside them."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from snugly.interpreter.budget import Exhausted
from snugly.interpreter.flow import Frame, Signal
from snugly.interpreter.libraries import Libraries
from snugly.interpreter.origins import callers
from snugly.interpreter.scopes import Scope
from snugly.interpreter.sources import SourceFile, Unreadable, parse
from snugly.interpreter.values import Module

if TYPE_CHECKING:
    from snugly.interpreter.machine import Machine
    from snugly.interpreter.seeds import Seeds
    from snugly.remedies.proof import Kernel

    FilePath = str | os.PathLike[str]

LARGEST_FILE = 4_000_000

ABOVE = 3
"""So many folders above a script may be where its project begins."""

PROJECT_FILES = ("pyproject.toml", "setup.py", "setup.cfg", "requirements.txt", "environment.yml", ".git")


class Program:
    """What one script and the user's modules that it imports are made of.

    Attributes:
        root: the folder that absolute imports start from: that of the script.
        command_line: the arguments the script is run with; ``None`` when it is only read.
        kernel: runs the real kernel; ``None`` where torch is not at hand.
        seeds: what the live program knows; ``None`` where there is none.
        libraries: what is known of the libraries.
        modules: the modules that were evaluated, by path of the file.
        sources: their files, by path.
        folders: the folder that each of them lies in.
        bases: the folders that absolute imports are looked up in.
    """

    def __init__(
        self,
        root: FilePath | None,
        display: FilePath | None = None,
        *,
        command_line: tuple[str, ...] | None = None,
        kernel: Kernel | None = None,
        seeds: Seeds | None = None,
    ) -> None:
        """Start with nothing read.

        Args:
            root: the folder of the script; ``None`` for a text without a folder.
            display: paths are reported relative to this folder.
            command_line: the arguments the script is run with, when it really is.
            kernel: runs the real kernel, to prove fixes with, where torch is at hand.
            seeds: what the live program knows, when it has run.
        """
        self.root = None if root is None else os.fspath(root)
        self.command_line = command_line
        self.kernel = kernel
        self.seeds = seeds
        self.display = None if display is None else os.path.realpath(display)
        self.libraries = Libraries()
        self.modules: dict[str, Module] = {}
        self.sources: dict[str, SourceFile] = {}
        self.folders: dict[str, str] = {}
        self._importing = False
        self.bases: dict[tuple[str, bool], list[str]] = {}

    def shown(self, path: FilePath) -> str:
        """Return a file's path as reports show it."""
        if self.display is not None:
            real, folder = os.path.realpath(path), os.path.join(self.display, "")
            if real.startswith(folder):
                return real.removeprefix(folder)
        return os.fspath(path)

    def locate(self, name: str, level: int, importer: SourceFile | None) -> str | None:
        """Return the file of one of the user's modules, ``None`` when it is not one of theirs."""
        if self.root is None:
            return None
        bases = [self.root]
        if level:
            if importer is None:
                return None
            base = self.folders.get(importer.path, self.root)
            for _ in range(level - 1):
                base = os.path.dirname(base)
            bases = [base]
        else:
            bases = self._bases(importer)
        parts = name.split(".") if name else []
        if not all(part.isidentifier() for part in parts):
            return None
        for base in bases:
            if base is not bases[0] and self.libraries.describes(parts[0]):
                break  # an example inside of a library's own project: what is described need not be followed
            target = os.path.join(base, *parts)
            for candidate in (os.path.join(target, "__init__.py"), *([f"{target}.py"] if parts else [])):
                if os.path.isfile(candidate):
                    return candidate
            if parts and level and os.path.isdir(target):
                return target
        return None

    def _bases(self, importer: SourceFile | None) -> list[str]:
        """Return the folders that absolute imports are looked up in: the script's, and those of its project above.

        A folder above counts where a project begins there, where the script lies in a package that it holds, or
        where the script changes ``sys.path`` itself.
        """
        root = os.path.abspath(self.root or "")
        moves = importer is not None and any("sys.path" in line for line in importer.lines)
        key = (root, moves)
        if key not in self.bases:
            found, folder = [self.root or root], root
            for _ in range(ABOVE):
                inside = os.path.exists(os.path.join(folder, "__init__.py"))
                folder = os.path.dirname(folder)
                if moves or inside or any(os.path.exists(os.path.join(folder, name)) for name in PROJECT_FILES):
                    found.append(folder)
            self.bases[key] = found
        return self.bases[key]

    def read(self, path: FilePath) -> SourceFile:
        """Read one of the user's files. Raises ``Unreadable``."""
        shown = self.shown(path)
        if shown not in self.sources:
            try:
                if os.path.getsize(path) > LARGEST_FILE:
                    msg = "the file is too large to follow"
                    raise Unreadable(msg)
                with open(path, "rb") as file:
                    data = file.read()
            except OSError as error:
                msg = f"cannot be read: {error.strerror}"
                raise Unreadable(msg) from error
            self.sources[shown] = parse(data, shown)
            self.folders[shown] = os.path.dirname(path)
        return self.sources[shown]

    def load(self, machine: Machine, path: str, name: str) -> Module | None:
        """Evaluate one of the user's modules, once; ``None`` where its file cannot be read."""
        if os.path.isdir(path):
            return Module(name, path)
        shown = self.shown(path)
        if shown in self.modules:
            return self.modules[shown]
        machine.budget.look()  # a package may have hundreds of files with few steps in each, and all are parsed
        try:
            source = self.read(path)
        except Unreadable:
            return None
        return self._import(machine, source, name)

    def _import(self, machine: Machine, source: SourceFile, name: str) -> Module:
        """Evaluate an imported module, as far as the time for imports goes: a large package must not take all of it."""
        if self._importing:
            return self.run(machine, source, name)
        self._importing = True
        opened, kept = machine.opened(), machine.budget.lend()
        try:
            return self.run(machine, source, name)
        except Exhausted:
            if not machine.budget.take_back(kept):
                raise
            machine.close_to(opened)
            machine.events.miss(machine.place, name, "its import takes too long")
            return self.modules[source.path]
        finally:
            machine.budget.take_back(kept)
            self._importing = False

    def run(self, machine: Machine, source: SourceFile, name: str) -> Module:
        """Evaluate a module's body."""
        from snugly.interpreter.statements import run_block

        scope = Scope({}, None, "module", source)
        module = Module(name, source.path, scope.names)
        self.modules[source.path] = module
        scope.names.update({"__name__": name, "__file__": source.path, "__doc__": None})
        frame = Frame(scope, source, machine.trail.open(), callers=callers(machine))
        machine.frames.append(frame)
        try:
            run_block(machine, source.tree.body)
        except Signal:
            pass
        finally:
            machine.frames.pop()
            machine.trail.close_to(frame.mark)
            machine.trail.keep()
            module.names = scope.names
        return module

    def submodule(self, machine: Machine, module: Module, name: str) -> Module | None:
        """Return a module inside one of the user's packages."""
        folder = self.folders.get(module.file)
        if folder is None and os.path.isdir(module.file):
            folder = module.file
        if folder is None or not name.isidentifier():
            return None
        if module.file.endswith(".py") and not module.file.endswith("__init__.py"):
            return None
        for candidate in (os.path.join(folder, f"{name}.py"), os.path.join(folder, name, "__init__.py")):
            if os.path.isfile(candidate):
                return self.load(machine, candidate, f"{module.name}.{name}")
        return None
