"""Reads a plain command line straight from the signature of the command's function.

cyclopts, which defines what a command line means here, takes 80 ms to import; a check of one file
has 200 ms in all. So what needs no help text and no error message is read here, and whatever this
module does not read for certain is left to cyclopts. The tests hold the two readings equal.
"""

from __future__ import annotations

import inspect
from enum import StrEnum
from typing import TYPE_CHECKING, Any, get_type_hints

from snugly.facts.records import dataclass, field

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


SHORT = {"-m": "--module"}
"""Short names of flags, for the commands that pass on what follows: ``-m`` as in ``python -m``."""


class _Unread(Exception):  # noqa: N818 - not an error: cyclopts reads it
    """This command line is for cyclopts."""


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
    parameters = inspect.signature(function).parameters
    types = get_type_hints(function)
    options = {_flag(name): name for name, one in parameters.items() if one.kind is one.KEYWORD_ONLY}
    any_option = any(one.kind is one.VAR_KEYWORD for one in parameters.values())
    reading = Reading()
    try:
        waiting = list(reversed(tokens))
        while waiting:
            token = waiting.pop()
            if token.startswith("--"):
                known = not any_option or token.partition("=")[0] in options
                name, value = _option(token, waiting, options, types) if known else _free_option(token, waiting)
                _keep(reading, name, value)
            elif token.startswith("-") and token != "-":  # noqa: S105 - a token of a command line
                return None
            else:
                reading.args.append(token)
                while passes_on and waiting:
                    reading.args.append(waiting.pop())
        _check_positional(reading, parameters, types)
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


def _option(token: str, waiting: list[str], options: dict[str, str], types: dict[str, Any]) -> tuple[str, Any]:
    flag, equals, text = token.partition("=")
    if flag not in options:
        raise _Unread
    name = options[flag]
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


def _check_positional(reading: Reading, parameters: Any, types: dict[str, Any]) -> None:
    """Leave missing, surplus and typed positional arguments to cyclopts."""
    given = len(reading.args)
    for name, parameter in parameters.items():
        if parameter.kind is parameter.VAR_KEYWORD:
            continue
        if parameter.kind is parameter.KEYWORD_ONLY:
            if parameter.default is parameter.empty and name not in reading.kwargs:
                raise _Unread
        elif types[name] not in (str, str | None):
            raise _Unread
        elif parameter.kind is parameter.VAR_POSITIONAL:
            given = 0
        else:
            if given == 0 and parameter.default is parameter.empty:
                raise _Unread
            given = max(given - 1, 0)
    if given:
        raise _Unread
