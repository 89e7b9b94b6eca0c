"""From a pasted text to findings: the door of this room."""

from __future__ import annotations

from typing import TYPE_CHECKING

from snugly.contracts.calls import Raises
from snugly.facts.origins import Place
from snugly.messages.catalog import read
from snugly.messages.paste import clean
from snugly.rules.findings import Finding, Severity
from snugly.rules.registry import lookup

if TYPE_CHECKING:
    from snugly.messages.catalog import Message, Reading

# Findings of one paste: the fault itself and at most two others that stand beside it.
_MOST = 3
_SAMPLE = 1 << 16


class NotTextError(ValueError):
    """What was pasted holds no text; the message says what to paste instead."""


def explain_text(text: str) -> tuple[Finding, ...]:
    """Explain every message of torch's in a pasted text, the one that stopped the program first.

    Args:
        text: an error line, a traceback, or a log with noise around it.

    Returns:
        Findings without source edits; empty when no message in the text is known.

    Raises:
        NotTextError: the text is empty or binary.
    """
    if not text.strip():
        msg = "nothing was pasted; give the error line or the whole traceback, as an argument or on standard input"
        raise NotTextError(msg)
    sample = text[:_SAMPLE]
    strange = sum(not (character.isprintable() or character.isspace() or character == "\x1b") for character in sample)
    if "\0" in sample or strange * 10 > len(sample):
        msg = (
            "this is not text (it has unprintable characters); paste the error line or the traceback that torch printed"
        )
        raise NotTextError(msg)
    readings = sorted(read(clean(text)), key=_urgency)
    findings: list[Finding] = []
    for reading, known in readings:
        finding = _finding(reading, known)
        if all(finding.message != other.message for other in findings):
            findings.append(finding)
        if len(findings) == _MOST:
            break
    return tuple(findings)


def _urgency(found: tuple[Reading, Message]) -> tuple[int, int]:
    """Order what stopped the program before warnings, an assert that names its condition before one that does not."""
    reading, _ = found
    raises = reading.known.raises
    if raises == "UserWarning":
        kind = 3
    elif "device-side assert triggered" in reading.message or "CUBLAS" in reading.message:
        kind = 2
    elif raises == "device-side assert":
        kind = 0
    else:
        kind = 1
    return kind, -reading.start


def _finding(reading: Reading, known: Message) -> Finding:
    meaning = known.explain(reading)
    rule = lookup(meaning.rule) or lookup("arguments-do-not-fit")
    frame = reading.frame
    raised = reading.known.raises
    error = raised != "UserWarning"
    raises = Raises(raised, meaning.when, reading.message) if error else None
    return Finding(
        code=rule.code if rule else "SNG100",
        name=rule.name if rule else meaning.rule,
        severity=Severity.ERROR if error else Severity.WARNING,
        message=meaning.says,
        place=None if frame is None else Place(frame.file, frame.line),
        loss=None if meaning.loss is None else f"torch.nn.functional.{meaning.loss}",
        facts=dict(meaning.facts),
        raises=raises,
        numbers=meaning.numbers,
        likely=meaning.causes,
        details={"versions": reading.known.versions, "said": reading.message},
    )
