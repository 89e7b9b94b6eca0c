"""Comments that silence nothing, told only where the lines they stand on were followed to the end."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from snugly.facts.origins import Place
from snugly.rules.findings import Applicability, Edit, Finding, Fix

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from snugly.interpreter.events import Events
    from snugly.interpreter.sources import SourceFile
    from snugly.interpreter.suppressions import Suppression

_CODE = "SNG001"

_WATCHED = ("SNG3", "SNG7")
"""Families that look at elements and batches, which a run can see where the source does not tell."""

_ACTIVE = (ast.Call, ast.BinOp, ast.AugAssign, ast.Compare, ast.Subscript, ast.For, ast.AsyncFor)


def unused(
    source: SourceFile, suppressions: Iterable[Suppression], events: Events, found: Iterable[Finding]
) -> tuple[Finding, ...]:
    """Return a finding for each comment of a file, or some of its codes, that silences nothing.

    Args:
        source: the file.
        suppressions: its comments.
        events: what its run has to tell.
        found: every finding of the run, whether silenced or not.
    """
    from snugly.rules.registry import rules

    existing = [rule.code for rule in rules()]
    here = [each for each in found if each.place is not None and each.place.file == source.path]
    told = []
    for one in suppressions:
        if one.codes and one.covers(_CODE):
            continue
        unknown = sorted(code for code in one.codes if not any(each.startswith(code) for each in existing))
        first, last = _statement(source.tree, one.line)
        at = [each.code for each in here if each.place and each.place.line <= last and first <= _end(each.place)]
        idle = sorted(
            code
            for code in one.codes.difference(unknown)
            if not any(each.startswith(code) for each in at) and _is_decided(source, events, (first, last), code)
        )
        blanket = not one.codes and not at and _is_decided(source, events, (first, last), "")
        if unknown or idle or blanket:
            told.append(_finding(source, one, tuple(unknown), tuple(idle)))
    return tuple(told)


def _statement(tree: ast.Module, line: int) -> tuple[int, int]:
    """Return the lines of the innermost statement around a line; of one with a body, those above the body."""
    first = last = line
    for node in ast.walk(tree):
        if not isinstance(node, ast.stmt):
            continue
        body = getattr(node, "body", None)
        end = (
            max(node.lineno, body[0].lineno - 1) if isinstance(body, list) and body else node.end_lineno or node.lineno
        )
        if node.lineno <= line <= end:
            first, last = node.lineno, end
    return first, last


def _end(place: Place) -> int:
    return max(place.line, place.end_line)


def _is_decided(source: SourceFile, events: Events, lines: tuple[int, int], code: str) -> bool:
    """Tell whether a rule would have found what there is: nothing happens here, or all of it is known."""
    first, last = lines
    if not any(isinstance(node, _ACTIVE) and first <= node.lineno <= last for node in ast.walk(source.tree)):
        return True
    if not code or "SNG".startswith(code) or code.startswith(_WATCHED):
        return False

    def is_here(place: Place | None) -> bool:
        return place is not None and place.file == source.path and place.line <= last and first <= _end(place)

    losses = [record for record in events.losses if is_here(record.place)]
    lines_known = [record.facts.shape is not None for record in events.lines if is_here(record.place)]
    losses_known = [facts.shape is not None for record in losses for facts in record.arguments.values()]
    missed = any(is_here(each.place) for each in events.unknown)
    return bool(losses) and not missed and all(lines_known) and all(losses_known)


def _finding(source: SourceFile, one: Suppression, unknown: tuple[str, ...], idle: tuple[str, ...]) -> Finding:
    from snugly.remedies.text import unified_diff
    from snugly.rules.registry import lookup
    from snugly.rules.tool.unused_suppression import UnusedSuppression

    diagnosis = UnusedSuppression(comment=one.text, unknown=unknown, idle=idle)
    rule = lookup(_CODE)
    assert rule is not None  # noqa: S101 - it is the one beside the diagnosis
    place = Place(source.path, one.line, one.column, one.line, one.column + len(one.text))
    left = _left(one.text, {*unknown, *idle})
    title = f"Leave {left!r}" if left else "Remove the comment"
    edits = tuple(_edits(source, place, left))
    # A program that imports this file, and is not checked with it, may need an idle code.
    applicability = Applicability.UNSAFE if idle else Applicability.SAFE
    fix = Fix(title, applicability, edits, unified_diff(edits))
    return Finding(
        rule.code,
        rule.name,
        rule.severity,
        diagnosis.message,
        place=place,
        fixes=(fix,),
        details=diagnosis.details(),
    )


def _left(text: str, gone: set[str]) -> str:
    """Return a comment without some of its codes; empty where none is left."""
    named = re.search(r"(?P<open>[\[:]\s*)(?P<codes>[A-Za-z]+[0-9]+(?:[\s,]+[A-Za-z]+[0-9]+)*)(?P<close>\s*\]?)$", text)
    if named is None:
        return ""
    codes = [code for code in re.split(r"[\s,]+", named["codes"]) if code.upper() not in gone]
    return text[: named.start("codes")] + ", ".join(codes) + named["close"] if codes else ""


def _edits(source: SourceFile, place: Place, left: str) -> Iterator[Edit]:
    line = source.lines[place.line - 1]
    before, after = line[: place.column - 1], line[place.end_column - 1 :]
    if not left and not after.strip():
        start = len(before.rstrip())
        yield Edit(Place(place.file, place.line, start + 1, place.line, len(line) + 1), "")
        return
    left = left or ("" if after.lstrip().startswith("#") else "#")
    spaces = 0 if left else len(after) - len(after.lstrip())
    yield Edit(Place(place.file, place.line, place.column, place.line, place.end_column + spaces), left)
