"""A text of torch's with fields in it, and how it is found in what a person pasted.

``Text("Expected input batch_size ({input}) to match target batch_size ({target}).")`` reads integers;
``{name:sizes}`` reads ``torch.Size([4, 1])``, ``[4, 1]`` or ``(4, 1)``; ``{name:product}`` reads ``32x400`` and
``{name:crossed}`` ``[32 x 400]``;
``{name:dtype}`` reads ``Long``, ``torch.int64`` or ``unsigned char``; ``{name:number}`` a float;
``{name:word}`` one word and ``{name:any}`` whatever stands there.
"""

from __future__ import annotations

import re
from functools import cached_property
from typing import Any

from snugly.facts.dtypes import SCALAR_TYPES, canonical_dtype
from snugly.facts.records import dataclass, field

CLASS_LOSSES = ("cross_entropy", "nll_loss", "linear_cross_entropy")
"""The losses that take class indices, the commonest first."""

_FIELD = re.compile(r"\{(\w+)(?::(\w+))?\}")
_SIZES = r"(?:torch\.Size\(\s*)?[\[(]\s*(?:-?\d+(?:\s*,\s*-?\d+)*)?\s*,?\s*[\])]\)?"
_KINDS = {
    "int": r"-?\d+",
    "sizes": _SIZES,
    "crossed": r"\[[\dx\s]*\]",
    "product": r"\d*(?:\s?x\s?\d+)*",
    "dtype": r"(?:torch\.(?:cuda\.)?)?[A-Za-z_]\w*(?:::\w+)?(?: (?:char|int))?",
    "number": r"-?(?:\d+\.?\d*(?:e[+-]?\d+)?|nan|inf)",
    "word": r"[\w.\-]+",
    "any": r".*?",
}
_CPP_NAMES = {
    "unsigned char": "uint8",
    "signed char": "int8",
    "char": "int8",
    "short": "int16",
    "short int": "int16",
    "long int": "int64",
    "int": "int32",
    "long": "int64",
    "bool": "bool",
    "float": "float32",
    "double": "float64",
    "BFloat16": "bfloat16",
    "c10::Half": "float16",
}
_ATEN_NAMES = {aten: name for name, aten in SCALAR_TYPES.items()}
# A window of the paste around an anchor in which the whole text must lie.
_REACH = 1500
# Matches looked at for one text; a log can repeat an error a million times.
_MOST = 40


def read_dtype(name: str) -> str | None:
    """Return torch's dtype for any of the names its messages use, such as ``Long`` or ``FloatTensor``."""
    name = name.removeprefix("torch.").removeprefix("cuda.").removesuffix("Type").removesuffix("Tensor")
    return _ATEN_NAMES.get(name) or _CPP_NAMES.get(name) or canonical_dtype(name)


def _sizes(text: str) -> tuple[int, ...]:
    return tuple(int(size) for size in re.findall(r"-?\d+", text.removeprefix("torch.Size")))


_READERS: dict[str, Any] = {
    "int": int,
    "sizes": _sizes,
    "crossed": lambda text: tuple(int(size) for size in re.findall(r"\d+", text)),
    "product": lambda text: tuple(int(size) for size in re.findall(r"\d+", text)),
    "dtype": read_dtype,
    "number": float,
    "word": str,
    "any": str.strip,
}


@dataclass(frozen=True)
class Match:
    """A text that was found: where it starts, what stands there, and the values of its fields."""

    start: int
    text: str
    values: dict[str, Any]


@dataclass(frozen=True)
class Text:
    """One wording of one message.

    Attributes:
        form: the text with its fields.
        raises: the exception type that carries it; ``"UserWarning"`` for a warning.
        versions: the versions of torch that say it so, such as ``"0.4 to 2.13"``.
        losses: the losses that say it, by short name; empty where any operation can.
        fixed: values that this wording implies without naming them.
    """

    form: str
    raises: str = "RuntimeError"
    versions: str = "to 2.13"
    losses: tuple[str, ...] = ()
    fixed: dict[str, Any] = field(default_factory=dict)

    @cached_property
    def anchor(self) -> str:
        """The longest part without a field or a blank: what is looked for first."""
        parts = [word for literal in _FIELD.split(self.form)[::3] for word in literal.split()]
        return max(parts, key=len)

    @cached_property
    def _fields(self) -> list[tuple[str, str]]:
        return [(name, kind or "int") for name, kind in _FIELD.findall(self.form)]

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        literals = _FIELD.split(self.form)[::3]
        pattern = _literal(literals[0])
        for (_, kind), literal in zip(self._fields, literals[1:], strict=True):
            last = kind == "any" and not literal
            pattern += f"({'.*' if last else _KINDS[kind]}){_literal(literal)}"
        return re.compile(pattern)

    def find(self, paste: str) -> list[Match]:
        """Return where the text stands in ``paste``, whatever blanks and line ends a terminal put into it."""
        found: list[Match] = []
        end = len(paste)
        covered = -1
        for _ in range(_MOST):
            at = paste.rfind(self.anchor, 0, end)
            if at < 0:
                break
            end = at
            match = self._match_near(paste, at)
            if match is not None and match.start != covered:
                covered = match.start
                found.append(match)
        return found

    def _match_near(self, paste: str, at: int) -> Match | None:
        begin = max(0, at - _REACH)
        window = paste[begin : at + _REACH]
        for match in self._pattern.finditer(window):
            if match.start() <= at - begin < match.end():
                values = dict(self.fixed)
                for (name, kind), text in zip(self._fields, match.groups(), strict=True):
                    values[name] = _READERS[kind](text)
                return Match(begin + match.start(), " ".join(match.group().split()), values)
        return None


def _literal(text: str) -> str:
    """Return a pattern for a literal in which any blank matches any run of blanks."""
    return r"\s+".join(re.escape(part) for part in re.split(r"\s+", text))
