"""The messages that snugly knows: declared by family files in this room, found, read and explained here."""

from __future__ import annotations

import importlib
import pkgutil
import re
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

from snugly.facts.records import dataclass, field
from snugly.messages.paste import Frame, Paste, call_arguments

if TYPE_CHECKING:
    from snugly.facts.tensors import TensorFacts
    from snugly.messages.texts import Text
    from snugly.rules.findings import LikelyCause

_LOSS_NAMES = re.compile(
    r"\b(?:F|functional|nn\.functional)\.(\w+_loss|(?:binary_|linear_)?cross_entropy(?:_with_logits)?|kl_div)\b"
    r"|\bin (\w+_loss|(?:binary_|linear_)?cross_entropy(?:_with_logits)?|kl_div)$",
    re.MULTILINE,
)
_MODULES = {
    "CrossEntropyLoss": "cross_entropy",
    "NLLLoss": "nll_loss",
    "NLLLoss2d": "nll_loss",
    "BCELoss": "binary_cross_entropy",
    "BCEWithLogitsLoss": "binary_cross_entropy_with_logits",
    "MSELoss": "mse_loss",
    "L1Loss": "l1_loss",
    "SmoothL1Loss": "smooth_l1_loss",
    "HuberLoss": "huber_loss",
    "KLDivLoss": "kl_div",
    "CTCLoss": "ctc_loss",
    "PoissonNLLLoss": "poisson_nll_loss",
    "GaussianNLLLoss": "gaussian_nll_loss",
}


@dataclass(frozen=True, slots=True)
class Reading:
    """A message that was recognised in a paste.

    Attributes:
        known: the wording that matched.
        message: the text as it stands in the paste.
        values: what its fields say.
        paste: everything around it.
        start: where it stands in the paste.
    """

    known: Text
    message: str
    values: Mapping[str, Any]
    paste: Paste
    start: int = 0

    def __getitem__(self, name: str) -> Any:
        """Return the value of a field."""
        return self.values[name]

    @property
    def loss(self) -> str | None:
        """The loss that said it, by short name: from the traceback, else where only one can."""
        names: list[str] = [first or second for first, second in _LOSS_NAMES.findall(self.paste.text)]
        candidates: list[str] = [name for name in names if not self.known.losses or name in self.known.losses]
        if candidates:
            return candidates[-1]
        for module, name in _MODULES.items():
            if (not self.known.losses or name in self.known.losses) and re.search(rf"\b{module}\b", self.paste.text):
                return name
        return self.known.losses[0] if len(self.known.losses) == 1 else None

    @property
    def frame(self) -> Frame | None:
        """The innermost frame in the user's own code."""
        frames = self.paste.user_frames
        return frames[-1] if frames else None

    def argument(self, position: int, default: str) -> str:
        """Return the source of an argument of the failing call, or ``default`` when the paste does not show it."""
        frame = self.frame
        arguments = call_arguments(frame.code) if frame and frame.code else []
        return arguments[position] if position < len(arguments) else default

    @property
    def input(self) -> str:
        """How the user writes the first argument of the loss."""
        return self.argument(0, "output")

    @property
    def target(self) -> str:
        """How the user writes the second argument of the loss."""
        return self.argument(1, "target")


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a message means.

    Attributes:
        says: what torch does and why, in a sentence or two.
        rule: name of the rule that finds the same fault in source or at run time.
        facts: what was passed, as far as the message tells.
        numbers: what its numbers imply, a sentence each.
        causes: the likely causes, likeliest first.
        loss: short name of the loss, where it is known.
        when: ``"forward"`` or ``"backward"``.
    """

    says: str
    rule: str
    facts: Mapping[str, TensorFacts] = field(default_factory=dict)
    numbers: tuple[str, ...] = ()
    causes: tuple[LikelyCause, ...] = ()
    loss: str | None = None
    when: str = "forward"


Explainer = Callable[[Reading], Meaning]


@dataclass(frozen=True, slots=True)
class Message:
    """One fault as torch words it, in every version's wording, and what it means."""

    texts: tuple[Text, ...]
    explain: Explainer


_MESSAGES: list[Message] = []


def message(*texts: Text) -> Callable[[Explainer], Explainer]:
    """Declare that the decorated function explains these wordings."""

    def declare(explain: Explainer) -> Explainer:
        _MESSAGES.append(Message(texts, explain))
        return explain

    return declare


@cache
def messages() -> tuple[Message, ...]:
    """Return every known message."""
    import snugly.messages

    for module in pkgutil.iter_modules(snugly.messages.__path__):
        importlib.import_module(f"snugly.messages.{module.name}")
    return tuple(_MESSAGES)


def read(paste: Paste) -> Iterator[tuple[Reading, Message]]:
    """Yield every known message in a paste, the last in the text first, the more specific first where two overlap."""
    found: list[tuple[int, int, Reading, Message]] = []
    for known in messages():
        for text in known.texts:
            if text.anchor not in paste.text:
                continue
            for match in text.find(paste.text):
                reading = Reading(text, match.text, match.values, paste, match.start)
                found.append((match.start, len(match.text), reading, known))
    found.sort(key=lambda one: (-one[0], -one[1]))
    spans: list[tuple[int, int]] = []
    for start, length, reading, known in found:
        if not any(begin <= start < end or start <= begin < start + length for begin, end in spans):
            spans.append((start, start + length))
            yield reading, known
