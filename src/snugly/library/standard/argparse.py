"""``argparse``: a program is followed as if started without arguments, unless it really runs and they are known.

What has no default and is not given is known by its type.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from snugly.facts.records import dataclass, replace
from snugly.interpreter.values import (
    Function,
    Instance,
    LibraryName,
    Native,
    Number,
    Sequence,
    Text,
    Unknown,
    Value,
)
from snugly.library.drawing import joined
from snugly.library.plain import NotPlainError, compute, plain
from snugly.library.records import NAMESPACE, record
from snugly.library.registry import Model, constant, function, model

if TYPE_CHECKING:
    from snugly.interpreter.machine import Machine


SUPPRESS = "==SUPPRESS=="
_ABSENT = Unknown("absent")
_TYPES: dict[str, tuple[type, Value]] = {
    "int": (int, Number("int")),
    "float": (float, Number("float")),
    "str": (str, Text()),
    "bool": (bool, Number("bool")),
    "complex": (complex, Unknown("argparse")),
}
_WITHOUT_VALUE = ("help", "version")
_FLAGS = {"store_true": (False, True), "store_false": (True, False)}

constant("argparse.SUPPRESS", SUPPRESS)
constant("argparse.REMAINDER", "...")
constant("argparse.OPTIONAL", "?")
constant("argparse.ZERO_OR_MORE", "*")
constant("argparse.ONE_OR_MORE", "+")


@dataclass(frozen=True)
class Argument:
    """One argument of a parser, as it was declared."""

    flags: tuple[str, ...]
    dest: str
    default: Value = None
    type: Value = None
    nargs: Value = None
    choices: Value = None
    action: Value = "store"
    const: Value = None
    required: bool = False

    @property
    def positional(self) -> bool:
        """Tell whether it is known by its position and not by a flag."""
        return not self.flags[0].startswith("-")

    def when_absent(self, machine: Machine) -> Value:
        """Return its value in a run without arguments."""
        optional = not self.positional or self.nargs in ("?", "*")
        if optional and not self.required:
            if self.positional and self.nargs == "*" and self.default is None:
                return Sequence("list", [])
            return self._converted(machine, self.default) if isinstance(self.default, str) else self.default
        return self._unknown(machine)

    def _unknown(self, machine: Machine) -> Value:
        """Return what is known of a value that the user must give."""
        if self.choices is not None:
            found = machine.iterate(self.choices)
            item = joined(machine, found.items) if found.items else found.element
        else:
            item = Text() if self.type is None else _unknown_of(machine, self.type)
        if self.nargs in (None, "?"):
            return item
        return Sequence("list", None, item, self.nargs if isinstance(self.nargs, int) else None)

    def _converted(self, machine: Machine, given: Value) -> Value:
        if self.type is None:
            return given
        name = _type_name(self.type)
        if name in _TYPES:
            return compute(_TYPES[name][0], given, otherwise=_TYPES[name][1])
        return machine.call(self.type, given)

    def from_texts(self, machine: Machine, given: Any) -> Value:
        """Return its value where texts were given for it: a list of them, one, or a constant of its own."""
        if isinstance(given, list):
            return Sequence("list", [self.from_texts(machine, item) for item in given])
        return self._converted(machine, given) if isinstance(given, str) else given


def _type_name(kind: Value) -> str:
    if isinstance(kind, LibraryName):
        return kind.path.rpartition(".")[2]
    if isinstance(kind, Native):
        return kind.name.rpartition(".")[2]
    return kind.__name__ if isinstance(kind, type) else ""


def _unknown_of(machine: Machine, kind: Value) -> Value:
    name = _type_name(kind)
    if name in _TYPES:
        return _TYPES[name][1]
    return machine.call(kind, Text()) if isinstance(kind, Function) else Unknown("argparse")


class _Container(Model):
    """What a parser and its groups have in common."""

    def __init__(self) -> None:
        self._arguments: tuple[Argument, ...] = ()
        self._defaults: tuple[tuple[str, Value], ...] = ()
        self._argument_default: Value = None

    def add_argument(self, machine: Machine, *name_or_flags: Value, **options: Value) -> Value:
        """``add_argument(name or flags...)``."""
        flags = tuple(flag for flag in name_or_flags if isinstance(flag, str))
        dest = options.get("dest")
        if len(flags) != len(name_or_flags) or not (flags or isinstance(dest, str)):
            return Unknown("argparse.ArgumentParser.add_argument")
        action = options.get("action", "store")
        action = _type_name(action) if not isinstance(action, str) else action
        if action not in _WITHOUT_VALUE:
            machine.touch(self._root())
            self._root()._arguments += (self._declared(flags, action, options),)
        return Unknown("argparse.Action")

    def _root(self) -> _Container:
        return self

    def _declared(self, flags: tuple[str, ...], action: str, options: dict[str, Value]) -> Argument:
        dest = options.get("dest")
        if not isinstance(dest, str):
            long = [flag for flag in flags if flag.startswith("--")]
            dest = (long or list(flags))[0].lstrip("-")
            dest = dest.replace("-", "_") if flags[0].startswith("-") else dest
        default = options.get("default", self._root()._argument_default)
        if action in _FLAGS:
            default = options.get("default", _FLAGS[action][0])
        return Argument(
            flags or (dest,),
            dest,
            default,
            options.get("type"),
            options.get("nargs"),
            options.get("choices"),
            action,
            options.get("const"),
            options.get("required") is True,
        )

    def add_argument_group(self, *args: Value, **options: Value) -> Value:
        """``add_argument_group(title, description)``."""
        return _Group(self._root())

    def add_mutually_exclusive_group(self, *, required: Value = False) -> Value:
        """``add_mutually_exclusive_group()``."""
        return _Group(self._root())

    def set_defaults(self, machine: Machine, **defaults: Value) -> None:
        """``set_defaults(**kwargs)``: of arguments, or of attributes that no argument sets."""
        root = self._root()
        machine.touch(root)
        root._arguments = tuple(
            replace(argument, default=defaults.get(argument.dest, argument.default)) for argument in root._arguments
        )
        root._defaults += tuple(defaults.items())

    def get_default(self, dest: Value) -> Value:
        """``get_default(dest)``."""
        return next((argument.default for argument in self._root()._arguments if argument.dest == dest), None)


class _Group(_Container):
    """A group of arguments: they belong to its parser."""

    def __init__(self, parser: _Container) -> None:
        super().__init__()
        self._parser = parser

    def _root(self) -> _Container:
        return self._parser


@model("argparse.ArgumentParser")
class ArgumentParser(_Container):
    """A parser of the command line."""

    def __init__(
        self,
        machine: Machine,
        prog: Value = None,
        usage: Value = None,
        description: Value = None,
        epilog: Value = None,
        parents: Value = (),
        formatter_class: Value = None,
        prefix_chars: Value = "-",
        fromfile_prefix_chars: Value = None,
        argument_default: Value = None,
        conflict_handler: Value = "error",
        add_help: Value = True,
        allow_abbrev: Value = True,
        exit_on_error: Value = True,
    ) -> None:
        super().__init__()
        self._argument_default = argument_default
        self._subparsers: Subparsers | None = None
        for parent in machine.iterate(parents).items or ():
            if isinstance(parent, ArgumentParser):
                self._arguments += parent._arguments
                self._defaults += parent._defaults

    def add_subparsers(self, machine: Machine, **options: Value) -> Value:
        """``add_subparsers(dest=...)``."""
        machine.touch(self)
        self._subparsers = Subparsers(options.get("dest"))
        return self._subparsers

    def parse_args(self, machine: Machine, args: Value = None, namespace: Value = None) -> Value:
        """``parse_args([args[, namespace]])``: the namespace."""
        found = self._absent(machine)
        command_line = machine.program.command_line
        if args is None and command_line is not None:
            args = Sequence("list", list(command_line))
        if args is not None:
            found.update(self._given(machine, args))
        if isinstance(namespace, Instance):
            machine.touch(namespace)
            namespace.attributes.update({name: v for name, v in found.items() if name not in namespace.attributes})
            return namespace
        return record(NAMESPACE, found)

    def parse_intermixed_args(self, machine: Machine, args: Value = None, namespace: Value = None) -> Value:
        """``parse_intermixed_args([args[, namespace]])``."""
        return self.parse_args(machine, args, namespace)

    def parse_known_args(self, machine: Machine, args: Value = None, namespace: Value = None) -> Value:
        """``parse_known_args([args[, namespace]])``: the namespace and what was left."""
        return self.parse_args(machine, args, namespace), Sequence("list", None, Text(), None)

    def _absent(self, machine: Machine) -> dict[str, Value]:
        found = {name: value for name, value in self._defaults if name not in {a.dest for a in self._arguments}}
        for argument in self._arguments:
            value = argument.when_absent(machine)
            if value != SUPPRESS and not (argument.dest in found and argument.default is None):
                found.setdefault(argument.dest, value)
        if self._subparsers is not None:
            found.update(self._subparsers._absent(machine))
        return found

    def _given(self, machine: Machine, args: Value) -> dict[str, Value]:
        """Let Python's own parser sort given texts to arguments; the conversion stays ours."""
        import argparse

        try:
            texts = plain(args)
        except NotPlainError:
            return {argument.dest: Unknown("argparse") for argument in self._arguments}
        if not texts:
            return {}
        parser = argparse.ArgumentParser(add_help=False, argument_default=argparse.SUPPRESS, exit_on_error=False)
        by_dest = {argument.dest: argument for argument in self._arguments}
        try:
            for argument in self._arguments:
                parser.add_argument(*argument.flags, **_real_options(argument))
            given = vars(parser.parse_known_args(texts)[0])
        except (argparse.ArgumentError, NotPlainError, ValueError, TypeError, SystemExit):
            return {dest: Unknown("argparse") for dest in by_dest}
        return {dest: by_dest[dest].from_texts(machine, value) for dest, value in given.items()}

    def print_help(self, file: Value = None) -> None:
        """``print_help()``."""

    def print_usage(self, file: Value = None) -> None:
        """``print_usage()``."""

    def format_help(self) -> Value:
        """``format_help()``."""
        return Text()

    def format_usage(self) -> Value:
        """``format_usage()``."""
        return Text()


def _real_options(argument: Argument) -> dict[str, Any]:
    import argparse

    action: Any = {"BooleanOptionalAction": argparse.BooleanOptionalAction}.get(argument.action, argument.action)
    options: dict[str, Any] = {"action": action, "default": argparse.SUPPRESS}
    if not argument.positional:
        options["dest"] = argument.dest
    if action in ("store", "append", "extend") and argument.nargs is not None:
        options["nargs"] = plain(argument.nargs)
    if action in ("store_const", "append_const") or (action == "store" and argument.nargs == "?"):
        options["const"] = plain(argument.const)
    return options


class Subparsers(Model):
    """What ``add_subparsers`` returns. Which command will be given is not known: every one is followed."""

    def __init__(self, dest: Value = None) -> None:
        self._dest = dest
        self._parsers: tuple[tuple[str, ArgumentParser], ...] = ()

    def add_parser(
        self, machine: Machine, name: Value, *, aliases: Value = (), help: Value = None, **options: Value
    ) -> Value:
        """``add_parser(name)``."""
        parser = ArgumentParser(machine, **{key: value for key, value in options.items() if key != "deprecated"})
        machine.touch(self)
        self._parsers += ((name if isinstance(name, str) else "", parser),)
        return parser

    def _absent(self, machine: Machine) -> dict[str, Value]:
        found: dict[str, Value] = {}
        for _, parser in self._parsers:
            for dest, value in parser._absent(machine).items():
                found[dest] = machine.join(found[dest], value) if dest in found else value
        if isinstance(self._dest, str) and self._parsers:
            found[self._dest] = joined(machine, [name for name, _ in self._parsers])
        return found


@function("argparse.Namespace")
def namespace(**attributes: Value) -> Value:
    """``Namespace(**kwargs)``."""
    return record(NAMESPACE, attributes)


@function("argparse.FileType")
def file_type(mode: Value = "r", *args: Value, **options: Value) -> Value:
    """``FileType(mode)``."""
    return Native(lambda _: Unknown("a file"), "argparse.FileType")


for _name in [
    "ArgumentDefaultsHelpFormatter",
    "RawTextHelpFormatter",
    "RawDescriptionHelpFormatter",
    "MetavarTypeHelpFormatter",
    "HelpFormatter",
]:
    constant(f"argparse.{_name}", LibraryName(f"argparse.{_name}"))
constant("argparse.BooleanOptionalAction", LibraryName("argparse.BooleanOptionalAction"))
