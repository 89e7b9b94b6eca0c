"""The methods of strings and numbers."""

from __future__ import annotations

from typing import Any

from snugly.interpreter.values import Mapping, Number, Sequence, Text, Unknown, Value
from snugly.library.plain import NotPlainError, lift, plain
from snugly.library.registry import function

LONGEST = 200_000
WIDEST = 4096

TEXTS = [
    "capitalize",
    "casefold",
    "center",
    "expandtabs",
    "format",
    "join",
    "ljust",
    "lower",
    "lstrip",
    "removeprefix",
    "removesuffix",
    "replace",
    "rjust",
    "rstrip",
    "strip",
    "swapcase",
    "title",
    "translate",
    "upper",
    "zfill",
    "format_map",
]
LISTS = ["split", "rsplit", "splitlines"]
BOOLS = [
    "endswith",
    "startswith",
    "isalnum",
    "isalpha",
    "isascii",
    "isdecimal",
    "isdigit",
    "isidentifier",
    "islower",
    "isnumeric",
    "isspace",
    "istitle",
    "isupper",
]
NUMBERS = ["count", "find", "index", "rfind", "rindex"]


def _describe(name: str, otherwise: Value) -> None:
    @function(f"builtins.str.{name}")
    def method(machine: Any, self: Value, *args: Value, **kwargs: Value) -> Value:
        """Compute a string method on constants; otherwise only the kind of its result is known."""
        if name == "join" and not isinstance(self, str):
            return Text()
        try:
            given = [plain(_listed(machine, argument)) for argument in args]
            named = {key: plain(value) for key, value in kwargs.items()}
        except NotPlainError:
            return _fresh(otherwise)
        if not isinstance(self, str) or len(self) > LONGEST or any(_flood(name, self, value) for value in given):
            return _fresh(otherwise)
        try:
            result = getattr(self, name)(*given, **named)
        except (TypeError, ValueError, IndexError, KeyError, AttributeError, OverflowError, MemoryError):
            return Unknown(f"str.{name}")
        return lift(result)


def _fresh(otherwise: Value) -> Value:
    return Sequence("list", None, Text(), None) if isinstance(otherwise, Sequence) else otherwise


def _listed(machine: Any, argument: Value) -> Value:
    if isinstance(argument, (Sequence, Mapping)):
        found = machine.iterate(argument)
        return Sequence("list", found.items) if found.items is not None else Unknown()
    return argument


def _flood(name: str, text: str, value: Any) -> bool:
    """Tell whether a result would be too large to be worth computing."""
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) > WIDEST:
        return True
    if name in ("format", "format_map"):
        return sum(character.isdigit() for character in text) > 6 and len(text) < LONGEST
    if name == "join" and isinstance(value, list):
        return sum(len(str(part)) + len(text) for part in value) > LONGEST
    return name == "replace" and isinstance(value, str) and len(value) * max(len(text), 1) > LONGEST * 10


for _names, _otherwise in (
    (TEXTS, Text()),
    (LISTS, Sequence("list")),
    (BOOLS, Number("bool")),
    (NUMBERS, Number("int")),
):
    for _name in _names:
        _describe(_name, _otherwise)


@function("builtins.str.encode")
def _encode(self: Value, *args: Value, **kwargs: Value) -> Value:
    return Unknown("bytes")


@function("builtins.float.is_integer")
def _is_integer(self: Value) -> Value:
    return self.is_integer() if isinstance(self, float) else Number("bool")


@function("builtins.int.bit_length")
def _bit_length(self: Value) -> Value:
    return self.bit_length() if isinstance(self, int) else Number("int", 0)


@function("builtins.int.item", "builtins.float.item")
def _itself(self: Value, *args: Value) -> Value:
    return self


@function("builtins.str.partition")
def _partition(self: Value, sep: Value) -> Value:
    if isinstance(self, str) and isinstance(sep, str) and sep:
        return self.partition(sep)
    return (Text(), Text(), Text())


@function("builtins.str.rpartition")
def _rpartition(self: Value, sep: Value) -> Value:
    if isinstance(self, str) and isinstance(sep, str) and sep:
        return self.rpartition(sep)
    return (Text(), Text(), Text())
