"""``string``, ``re``, ``json``, ``csv``, ``pickle``, ``hashlib``, ``struct`` …: texts and what is read from them."""

from __future__ import annotations

import json
import re
import string
from typing import TYPE_CHECKING, Any

from snugly.interpreter.values import SETTING, Mapping, Number, Sequence, Text, Unknown, Value
from snugly.library.plain import compute
from snugly.library.registry import Model, constant, function, model

if TYPE_CHECKING:
    from collections.abc import Callable

    from snugly.interpreter.machine import Machine


_TEXTS = Sequence("list", None, Text(), None)
_LONGEST_SUBJECT = 20_000
_REPEATS = re.compile(r"(?<!\\)[*+{]")
_NESTED = re.compile(r"\)[*+{?]|\\\d|\(\?[=!<P]")

for _name in ("ascii_letters", "ascii_lowercase", "ascii_uppercase", "digits", "punctuation", "printable", "whitespace",
              "hexdigits", "octdigits"):  # fmt: skip
    constant(f"string.{_name}", getattr(string, _name))
for _name in ("IGNORECASE", "I", "MULTILINE", "M", "DOTALL", "S", "VERBOSE", "X", "UNICODE", "U", "ASCII", "A"):
    constant(f"re.{_name}", int(getattr(re, _name)))


def _harmless(pattern: Value, subject: Value) -> bool:
    """Tell whether a known pattern takes no more than a moment on a known text: it has at most one open repetition."""
    if not isinstance(pattern, str) or not isinstance(subject, str) or len(subject) > _LONGEST_SUBJECT:
        return False
    return len(_REPEATS.findall(pattern)) <= 1 and not _NESTED.search(pattern)


def _searched(real: Callable[..., Any], otherwise: Value, pattern: Value, subject: Value, *rest: Value) -> Value:
    return compute(real, pattern, *rest, subject, otherwise=otherwise) if _harmless(pattern, subject) else otherwise


@function("re.findall")
def findall(pattern: Value, string: Value, flags: Value = 0) -> Value:
    """``findall(pattern, string)``."""
    unsure = Sequence("list", None, Text() if isinstance(pattern, str) and "(" not in pattern else Unknown("re"), None)
    return _searched(lambda p, s: re.findall(p, s, flags), unsure, pattern, string)


@function("re.split")
def split(pattern: Value, string: Value, maxsplit: Value = 0, flags: Value = 0) -> Value:
    """``split(pattern, string)``."""
    return _searched(lambda p, s: re.split(p, s, flags=flags), Sequence("list", None, Text(), None), pattern, string)


@function("re.sub")
def sub(pattern: Value, repl: Value, string: Value, count: Value = 0, flags: Value = 0) -> Value:
    """``sub(pattern, repl, string)``."""
    return _searched(lambda p, r, s: re.sub(p, r, s, flags=flags), Text(), pattern, string, repl)


@function("re.subn")
def subn(pattern: Value, repl: Value, string: Value, count: Value = 0, flags: Value = 0) -> Value:
    """``subn(pattern, repl, string)``."""
    return sub(pattern, repl, string), Number("int", 0)


@function("re.escape")
def escape(pattern: Value) -> Value:
    """``escape(pattern)``."""
    return compute(re.escape, pattern, otherwise=Text())


@function("re.match", "re.search", "re.fullmatch")
def match(pattern: Value, string: Value, flags: Value = 0) -> Value:
    """``match(pattern, string)``: whether it matches is not followed."""
    return Unknown("a match")


@function("re.finditer")
def finditer(pattern: Value, string: Value, flags: Value = 0) -> Value:
    """``finditer(pattern, string)``."""
    return Sequence("iterator", None, Unknown("a match"), None)


@model("re.Pattern")
class Pattern(Model):
    """A compiled pattern."""

    def __init__(self, pattern: Value, flags: Value = 0) -> None:
        self.pattern, self._flags = pattern, flags

    def findall(self, string: Value) -> Value:
        return findall(self.pattern, string, self._flags)

    def split(self, string: Value, maxsplit: Value = 0) -> Value:
        return split(self.pattern, string, maxsplit, self._flags)

    def sub(self, repl: Value, string: Value, count: Value = 0) -> Value:
        return sub(self.pattern, repl, string, count, self._flags)

    def match(self, string: Value) -> Value:
        return Unknown("a match")

    search = match
    fullmatch = match

    def finditer(self, string: Value) -> Value:
        return Sequence("iterator", None, Unknown("a match"), None)


@function("re.compile")
def compile_pattern(pattern: Value, flags: Value = 0) -> Value:
    """``compile(pattern)``."""
    return Pattern(pattern, flags)


@function("json.loads")
def loads(s: Value, **options: Value) -> Value:
    """``loads(s)``."""
    return compute(json.loads, s, otherwise=SETTING)


@function(
    "json.load",
    "yaml.safe_load",
    "yaml.load",
    "yaml.full_load",
    "yaml.unsafe_load",
    "toml.load",
    "toml.loads",
    "tomllib.load",
    "tomllib.loads",
    "tomli.load",
)
def settings(*args: Value, **options: Value) -> Value:
    """Plain data: numbers, texts, lists and dicts."""
    return SETTING


@function(
    "json.dumps",
    "yaml.dump",
    "textwrap.dedent",
    "textwrap.fill",
    "unicodedata.normalize",
    "html.unescape",
    "urllib.parse.quote",
    "pprint.pformat",
    "unicodedata.category",
)
def some_text(*args: Value, **options: Value) -> Value:
    """A text."""
    return Text()


@function(
    "pickle.load",
    "pickle.loads",
    "requests.get",
    "urllib.request.urlopen",
    "struct.unpack",
    "base64.b64decode",
    "hashlib.md5",
    "hashlib.sha256",
    "uuid.uuid4",
    "pickle.dumps",
)
def from_outside(*args: Value, **options: Value) -> Value:
    """What a file or the network holds."""
    return Unknown("what a file holds")


@function("json.dump", "pickle.dump", "pprint.pprint", "urllib.request.urlretrieve", "locale.setlocale")
def nothing(*args: Value, **options: Value) -> None:
    """What is written is not followed."""


@function("csv.reader")
def reader(machine: Machine, csvfile: Value, *args: Value, **options: Value) -> Value:
    """``reader(csvfile)``: rows of texts."""
    row = Sequence("list", None, Text(), None)
    return Sequence("iterator", None, row, None)


@function("csv.DictReader")
def dict_reader(f: Value, *args: Value, **options: Value) -> Value:
    """``DictReader(f)``: a dict of texts for each row."""
    return Sequence("iterator", None, Mapping({}, Text(), open=True, rest_key=Text()), None)


@function("csv.writer", "csv.DictWriter")
def writer(*args: Value, **options: Value) -> Value:
    """``writer(csvfile)``."""
    return Unknown("csv.writer")
