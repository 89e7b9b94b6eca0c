"""Reads a plain command line straight from the signature of the command's function.

cyclopts, which defines what a command line means here, takes 80 ms to import; a check of one file
has 200 ms in all. So what needs no help text and no error message is read here, and whatever this
module does not read for certain is left to cyclopts. The tests hold the two readings equal.
"""

from __future__ import annotations

from enum import StrEnum
from functools import cached_property
from typing import TYPE_CHECKING, Any, get_type_hints

from snugly.facts.records import dataclass, field

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


_TAKES_ANY_PLACED, _TAKES_ANY_NAMED = 0x04, 0x08
"""``inspect.CO_VARARGS`` and ``inspect.CO_VARKEYWORDS``."""

_TEXTS = ("str", "str | None")
"""Annotations of what takes any text, as they are written: to evaluate them takes 2 ms."""

SHORT = {"-m": "--module"}
"""Short names of flags, for the commands that pass on what follows: ``-m`` as in ``python -m``."""


class _Unread(Exception):  # noqa: N818 - not an error: cyclopts reads it
    """This command line is for cyclopts."""


class _Parameters:
    """The parameters of a command's function, read from its code: ``inspect`` takes 6 ms to import.

    Attributes:
        function: the function.
        ordered: those given by their position.
        named: those given by their name only.
        optional: those that have a default.
        placed: ``ordered``, and the one that takes the positional arguments that are left.
        any_placed: whether there is such a one.
        any_named: whether there is one that takes any option.
    """

    def __init__(self, function: Callable[..., int]) -> None:
        """Read the parameters of ``function``."""
        code = function.__code__
        last = code.co_argcount + code.co_kwonlyargcount
        self.function = function
        self.ordered = code.co_varnames[: code.co_argcount]
        self.named = code.co_varnames[code.co_argcount : last]
        self.any_placed = bool(code.co_flags & _TAKES_ANY_PLACED)
        self.any_named = bool(code.co_flags & _TAKES_ANY_NAMED)
        self.placed = self.ordered + code.co_varnames[last : last + self.any_placed]
        defaults = len(function.__defaults__ or ())
        self.optional = {*self.ordered[len(self.ordered) - defaults :], *(function.__kwdefaults__ or ())}

    @cached_property
    def types(self) -> dict[str, Any]:
        """The type of each by its name, evaluated when there is an option to read."""
        return get_type_hints(self.function)


@dataclass(slots=True)
class Reading:
    """The arguments of a command's function."""

    args: list[Any] = field(default_factory=list)
    kwargs: dict[str, Any] = field(default_factory=dict)


def read(function: Callable[..., int], tokens: Sequence[str], *, passes_on: bool = False) -> Reading | None:
    """Return the arguments that the tokens give, or ``None`` where cyclopts has to look.

    Args:
        function: a command.
        tokens: what follows its name on the command line.
        passes_on: whether everything after the first positional token is taken as it is.
    """
    parameters = _Parameters(function)
    options = {_flag(name): name for name in parameters.named}
    any_option = parameters.any_named
    reading = Reading()
    try:
        waiting = list(reversed(tokens))
        while waiting:
            token = waiting.pop()
            if token.startswith("--"):
                known = not any_option or token.partition("=")[0] in options
                name, value = _option(token, waiting, options, parameters) if known else _free_option(token, waiting)
                _keep(reading, name, value)
            elif token.startswith("-") and token != "-":  # noqa: S105 - a token of a command line
                return None
            else:
                reading.args.append(token)
                while passes_on and waiting:
                    reading.args.append(waiting.pop())
        _check_positional(reading, parameters)
    except _Unread:
        return None
    return reading


def delimit(function: Callable[..., int], tokens: Sequence[str]) -> list[str]:
    """Put ``--`` before the first positional token, so that cyclopts takes no option from what follows it."""
    types = get_type_hints(function)
    position = 0
    while position < len(tokens) and tokens[position].startswith("-") and tokens[position] != "-":
        token = tokens[position]
        if token == "--":  # noqa: S105 - a token of a command line
            return list(tokens)
        takes_value = types.get(token[2:].replace("-", "_")) not in (None, bool) and "=" not in token
        position += 2 if takes_value else 1
    return [*(SHORT.get(token, token) for token in tokens[:position]), "--", *tokens[position:]]


def _flag(name: str) -> str:
    return "--" + name.replace("_", "-")


def _option(token: str, waiting: list[str], options: dict[str, str], parameters: _Parameters) -> tuple[str, Any]:
    flag, equals, text = token.partition("=")
    if flag not in options:
        raise _Unread
    name, types = options[flag], parameters.types
    if types[name] is bool:
        if equals:
            raise _Unread
        return name, True
    return name, _convert(text if equals else _value(waiting), types[name])


def _free_option(token: str, waiting: list[str]) -> tuple[str, str]:
    """Read an option that the function takes by ``**``, whatever its name is."""
    flag, equals, text = token.partition("=")
    name = flag[2:]
    if not name.replace("-", "_").isidentifier() or name == "help":
        raise _Unread
    return name, text if equals else _value(waiting)


def _value(waiting: list[str]) -> str:
    if not waiting or waiting[-1].startswith("-"):
        raise _Unread
    return waiting.pop()


def _convert(text: str, kind: Any) -> Any:
    if kind is str or kind == str | None:
        return text
    if kind == tuple[str, ...]:
        return (text,)
    if kind in (int, int | None) and text.isdecimal() and text.isascii():
        return int(text)
    if isinstance(kind, type) and issubclass(kind, StrEnum) and text in kind.__members__.values():
        return kind(text)
    raise _Unread


def _keep(reading: Reading, name: str, value: Any) -> None:
    if name in reading.kwargs and not isinstance(value, tuple):
        raise _Unread
    reading.kwargs[name] = (*reading.kwargs[name], *value) if name in reading.kwargs else value


def _check_positional(reading: Reading, parameters: _Parameters) -> None:
    """Leave missing, surplus and typed positional arguments to cyclopts."""
    given = len(reading.args)
    named = all(name in reading.kwargs for name in parameters.named if name not in parameters.optional)
    texts = all(parameters.function.__annotations__.get(name) in _TEXTS for name in parameters.placed)
    surplus = given > len(parameters.ordered) and not parameters.any_placed
    if surplus or not (named and texts and parameters.optional.issuperset(parameters.ordered[given:])):
        raise _Unread
