"""The page of ``snugly shapes``: the source, the tensors beside their lines, and the path of each to where it is."""

from __future__ import annotations

import math
from html import escape
from itertools import zip_longest
from typing import TYPE_CHECKING

from snugly.facts.dims import Expr, symbols
from snugly.facts.notation import render_sizes
from snugly.facts.records import dataclass, field
from snugly.reports.coloring import colored
from snugly.reports.json import relative
from snugly.reports.shapes_style import SCRIPT, STYLE
from snugly.reports.summary import count
from snugly.rules.steps import chain

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from snugly.facts.origins import Origin, Place
    from snugly.facts.tensors import TensorFacts
    from snugly.facts.values import ValueFacts
    from snugly.reports.shapes import NotKnown, ShapesReport, Shown, ShownLoss
    from snugly.rules.findings import Finding, Fix

Link = tuple["Origin", "TensorFacts", bool]
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'"
_WORDS = {"item": "one sample of the dataset", "collate": "a batch of the loader", "data": "made outside the program"}
_MOST_VALUES = 8
_MOST_OPTIONS = 60
_PLAIN = (bool, int, float, str, Expr)


def page(report: ShapesReport) -> str:
    """Return the page; it asks for nothing from anywhere, and its script only marks and unmarks lines."""
    return "\n".join(_ShapesPage(report).parts()) + "\n"


@dataclass(eq=False, slots=True)
class _ShapesPage:
    """Writes one page.

    Attributes:
        report: what is shown.
        steps: the steps of all paths, each once, by what it says.
        bound: the names that each operation's result was bound to, by the identity of its origin.
        tensors: how many tensors were written.
    """

    report: ShapesReport
    steps: dict[str, str] = field(default_factory=dict)
    bound: dict[int, list[Shown]] = field(default_factory=dict)
    tensors: int = 0

    def parts(self) -> Iterable[str]:
        """Yield the page piece by piece."""
        for shown in self.report.lines:
            if shown.facts.origin is not None:
                self.bound.setdefault(id(shown.facts.origin), []).append(shown)
        name = escape(relative(self.report.file))
        yield '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        yield f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
        yield '<meta name="viewport" content="width=device-width, initial-scale=1">'
        yield f"<title>Shapes of {name}</title><style>{STYLE}</style></head><body>"
        yield f"<header><h1>{name}</h1><p>{self._summary()}</p></header><main>"
        yield '<ol class="source">'
        yield from self._lines()
        yield '</ol><aside aria-label="Paths"><section id="path" aria-live="polite"><h2>Paths</h2>'
        yield "<p>Pick a tensor to see each line that it came through, from where it was made. "
        yield "Hover over it, or move to it with Tab, for its dtype, axes and values.</p></section>"
        yield from self._elsewhere()
        yield from self._unknown()
        yield "</aside></main>"
        yield f'<template id="steps">{"".join(self.steps.values())}</template>'
        yield f'<div id="tip" role="tooltip" hidden></div><script>{SCRIPT}</script></body></html>'

    def _summary(self) -> str:
        findings = count(len(self.report.findings), "finding")
        if self.report.findings:
            here = [finding.line for finding in self.report.findings if finding.file == self.report.file]
            links = ", ".join(f'<a class="bad" href="#L{line}">line {line}</a>' for line in here if line is not None)
            findings = f'<span class="bad">{findings}{": " if links else ""}{links}</span>'
        return f"{findings}. {escape(self.report.summary())}"

    def _lines(self) -> Iterable[str]:
        """Yield every line of the source with what stands beside and below it."""
        beside = self._beside()
        found: dict[int, list[Finding]] = {}
        causes: dict[int, int | None] = {}
        for finding in self.report.findings:
            if finding.line is not None and finding.file == self.report.file:
                found.setdefault(finding.line, []).append(finding)
            if finding.cause is not None and finding.cause.file == finding.file == self.report.file:
                causes.setdefault(finding.cause.line, finding.line)
        for number, code in enumerate(colored(self.report.text.removesuffix("\n")), 1):
            marks = ["line", *sorted({str(finding.severity) for finding in found.get(number, [])})]
            marks += ["cause"] if number in causes and number not in found else []
            yield (
                f'<li class="{" ".join(marks)}" id="L{number}"><a class="number-of" href="#L{number}" tabindex="-1" '
                f'aria-label="line {number}">{number}</a><span class="code">{code}</span>'
            )
            if number in causes and number not in found:
                said = f'<a class="first" href="#L{causes[number]}">change first, for line {causes[number]}</a>'
                beside.setdefault(number, []).insert(0, said)
            if number in beside:
                yield f'<span class="beside">{"".join(beside[number])}</span>'
            yield "</li>"
            if number in found:
                yield "<li>" + "".join(map(_finding, found[number])) + "</li>"

    def _beside(self) -> dict[int, list[str]]:
        """Return the tensors, losses and gaps of each line; what looks the same is shown once."""
        beside: dict[int, dict[tuple[str, ...], str]] = {}
        for loss in self.report.losses:
            at = beside.setdefault(loss.line, {})
            key = (loss.loss, *(f"{name} {facts}" for name, facts in loss.arguments.items()))
            if key not in at:
                arguments = [self._argument(name, facts, loss) for name, facts in loss.arguments.items()]
                said = f'<span class="loss">{escape(_last(loss.loss))}</span>{"".join(arguments)}'
                at[key] = f'<span class="call">{said}</span>'
        for shown in self.report.lines:
            at = beside.setdefault(shown.line, {})
            key = (shown.name, str(shown.facts))
            if key not in at:
                at[key] = self._tensor(shown.name, shown.facts)
        for gap in self.report.unknown:
            if gap.line is not None:
                key = ("?", gap.operation, gap.reason)
                beside.setdefault(gap.line, {})[key] = _gap(gap)
        return {line: list(said.values()) for line, said in beside.items()}

    def _argument(self, name: str, facts: TensorFacts, loss: ShownLoss) -> str:
        """Return the button of a loss argument, whose path ends at the loss."""
        said = f'<span class="quiet">enters {escape(_last(loss.loss))} as</span><code>{escape(name)}</code>'
        said = f'<a href="#L{loss.line}">line {loss.line}</a> {said}<code class="shape">{escape(str(facts))}</code>'
        return self._tensor(name, facts, "argument", lambda: [self._kept(said, loss.line)])

    def _tensor(self, name: str, facts: TensorFacts, kind: str = "", end: Callable[[], list[str]] = list) -> str:
        """Return the button of a tensor with its details and the steps of its path; ``end`` gives those after it."""
        self.tensors += 1
        partly = facts.shape is None or None in facts.shape or facts.dtype is None
        marks = " ".join(filter(None, ("tensor", kind, "partly" if partly else "")))
        steps = " ".join([*self._path(facts), *end()])
        said = f"d{self.tensors}"
        return (
            f'<button type="button" class="{marks}" aria-pressed="false" aria-describedby="{said}" '
            f'data-steps="{steps}"><span class="name">{escape(name)}</span> {escape(str(facts))}'
            f'<span class="details" id="{said}">{_rows(_details(facts))}</span></button>'
        )

    def _path(self, facts: TensorFacts) -> Iterable[str]:
        """Yield the ids of the steps that led to a tensor, from where it was made."""
        links = [(origin, after, _changed(after, before)) for origin, after, before in reversed(list(chain(facts)))]
        for link, following in zip_longest(links, links[1:]):
            origin, after, changed = link
            if origin.place is not None and not (following and _within(link, following)):
                yield self._step(origin, origin.place, after, changed=changed)
            yield from self._names(origin, after)

    def _names(self, origin: Origin, after: TensorFacts) -> Iterable[str]:
        """Yield the steps in which the result of an operation was given to names on other lines.

        An operation with several results, such as a recurrent layer, has one origin for all: only the one that the path
        goes through counts.
        """
        made = origin.place
        seen = set() if made is None or made.file != self.report.file else {made.line}
        for shown in sorted(self.bound.get(id(origin), ()), key=lambda one: one.line):
            if shown.line not in seen and shown.facts == after:
                seen.add(shown.line)
                text = f'<code>{escape(shown.name)}</code> <code class="shape">{escape(str(shown.facts))}</code>'
                yield self._kept(
                    f'<a href="#L{shown.line}">line {shown.line}</a> <span class="quiet">named</span>{text}', shown.line
                )

    def _step(self, origin: Origin, place: Place, after: TensorFacts, *, changed: bool) -> str:
        """Return the id of the step of an operation: its line, its source, its layer, and the tensor after it."""
        mark = "shape changed" if changed else "shape"
        said = f'{self._link(place)} <span class="quiet">{escape(_operation(origin))}</span>'
        said += f"<code>{escape(_in_one_line(origin.text))}</code>"
        lines = [place.line] if place.file == self.report.file else []
        layer = origin.layer
        if layer is not None and layer.place is not None and layer.place != place:
            said += (
                f'<span class="layer">{self._link(layer.place)} <code>{escape(_in_one_line(layer.text))}</code></span>'
            )
            lines += [layer.place.line] if layer.place.file == self.report.file else []
        return self._kept(f'{said}<code class="{mark}">{escape(str(after))}</code>', *lines)

    def _link(self, place: Place) -> str:
        if place.file == self.report.file:
            return f'<a href="#L{place.line}">line {place.line}</a>'
        return f'<span class="quiet">{escape(relative(place.file))}:{place.line}</span>'

    def _kept(self, said: str, *lines: int) -> str:
        """Return the id of a step, which is written once however many paths have it."""
        name = f"s{len(self.steps) + 1}"
        data = " ".join(map(str, lines))
        kept = self.steps.setdefault(said, f'<li id="{name}" data-lines="{data}">{said}</li>')
        return kept.split('"', 2)[1]

    def _elsewhere(self) -> Iterable[str]:
        """Yield the findings that have no line on this page."""
        others = [finding for finding in self.report.findings if finding.file != self.report.file]
        if others:
            yield f"<section><h2>In other files</h2>{''.join(map(_finding, others))}</section>"

    def _unknown(self) -> Iterable[str]:
        """Yield the list of what was not followed, with its reason."""
        gaps = {(gap.line or 0, gap.operation, gap.reason): None for gap in self.report.unknown}
        if not gaps:
            return
        yield '<section><h2>Not followed</h2><ul class="list">'
        for line, operation, reason in sorted(gaps):
            link = f'<a href="#L{line}">line {line}</a> ' if line else ""
            yield f'<li>{link}<code>{escape(operation)}</code> <span class="quiet">{escape(reason)}</span></li>'
        yield "</ul></section>"


def _changed(after: TensorFacts, before: TensorFacts | None) -> bool:
    return before is None or (before.shape, before.dtype) != (after.shape, after.dtype)


def _within(link: Link, following: Link) -> bool:
    """Tell whether a step is arithmetic inside the expression of the one after it and changes no shape."""
    place, after = link[0].place, following[0].place
    same = place is not None and after is not None and (place.file, place.line) == (after.file, after.line)
    return same and not link[2] and link[0].operation.startswith("operator.") and link[0].text in following[0].text


def _in_one_line(text: str) -> str:
    return " ".join(text.split())


def _gap(gap: NotKnown) -> str:
    said = _rows([("not followed", gap.operation), ("because", gap.reason)])
    name = escape(_last(gap.operation))
    label = escape(f"{gap.operation} was not followed: {gap.reason}")
    return (
        f'<span class="unknown" tabindex="0" role="note" aria-label="{label}">? {name}'
        f'<span class="details">{said}</span></span>'
    )


def _finding(finding: Finding) -> str:
    where = ""
    if finding.cause is not None and finding.file == finding.cause.file and finding.cause.line != finding.line:
        where = f' <a href="#L{finding.cause.line}">Change line {finding.cause.line} first.</a>'
    said = f"<p><strong>{finding.severity} {escape(finding.code)}</strong> {escape(finding.message)}{where}</p>"
    fixes = "".join(map(_fix, finding.fixes[:1]))
    return f'<div class="finding {finding.severity}" role="note">{said}{fixes}</div>'


def _fix(fix: Fix) -> str:
    title = escape(fix.title)
    if not fix.diff:
        return f"<p>Fix: {title}</p>"
    kinds = {"+": "added", "-": "removed"}
    lines = [line for line in fix.diff.splitlines() if not line.startswith(("---", "+++", "@@"))]
    shown = [f'<span class="{kinds.get(line[:1], "quiet")}">{escape(line)}\n</span>' for line in lines if line.strip()]
    return f"<details><summary>Fix: {title}</summary><pre>{''.join(shown)}</pre></details>"


def _rows(details: Iterable[tuple[str, str]]) -> str:
    return "".join(f'<span class="row"><b>{term} </b><span>{escape(said)}</span></span>' for term, said in details)


def _details(facts: TensorFacts) -> list[tuple[str, str]]:
    """Return what is known about a tensor, a term and a sentence each."""
    rows = [("shape", "not known" if facts.shape is None else f"[{render_sizes(facts.shape)}]")]
    if facts.shape is not None and facts.axes is not None and any(facts.axes):
        rows.append(("axes", ", ".join(axis or "?" for axis in facts.axes)))
    rows += [("sizes", said) for said in _sizes(facts)]
    rows.append(("dtype", facts.dtype or "not known"))
    values = _values(facts.values)
    rows += [("values", values)] if values else []
    rows += [("gradient", "flows to it" if facts.requires_grad else "none")] if facts.requires_grad is not None else []
    rows += [("device", facts.device)] if facts.device else []
    origin = facts.origin
    if origin is not None:
        line = "" if origin.place is None else f", line {origin.place.line}"
        rows.append(("made by", f"{_operation(origin)}{line}"))
        if origin.text:
            rows.append(("source", _in_one_line(origin.text)))
        if origin.layer is not None and origin.layer.text:
            rows.append(("layer", _in_one_line(origin.layer.text)))
    return rows


def _sizes(facts: TensorFacts) -> Iterable[str]:
    """Yield the range of each symbol among the sizes that is not one number."""
    named = {one for size in facts.shape or () if size is not None for one in symbols(size)}
    for one in sorted(named, key=str):
        low, high = one.bounds()
        if low != high:
            yield f"{one} is at least {low}" if high is None else f"{one} is from {low} to {high}"


def _values(values: ValueFacts) -> str:
    """Return what is known about the elements."""
    said = [values.meaning.value] if values.meaning is not None else []
    if values.members is not None and len(values.members) <= _MOST_VALUES:
        listed = ", ".join(map(_number, sorted(values.members, key=lambda one: (one != one, one))))  # noqa: PLR0124 - NaN
        said.append(f"{'' if values.attained else 'among '}{listed}")
    elif values.low is not None or values.high is not None:
        low = "" if values.low is None else f"from {_number(values.low)} "
        high = "up" if values.high is None else f"to {_number(values.high)}"
        said.append(low + high)
    if values.integral and (values.meaning is None or not said):
        said.append("whole numbers")
    return ", ".join(said)


def _number(x: float) -> str:
    return f"{x:g}" if not isinstance(x, complex) and math.isfinite(x) else str(x)


def _last(name: str) -> str:
    return name.rpartition(".")[2]


def _operation(origin: Origin) -> str:
    """Return an operation as a person says it, with the options that are few."""
    if origin.operation in _WORDS:
        return _WORDS[origin.operation]
    name = origin.operation
    for prefix in ("torch.nn.functional.", "torch.", "operator."):
        name = name.removeprefix(prefix)
    plain = {option: value for option, value in origin.options.items() if _is_plain(value)}
    options = ", ".join(f"{option}={value}" for option, value in plain.items())
    return f"{name} ({options})" if 0 < len(options) <= _MOST_OPTIONS else name


def _is_plain(value: object) -> bool:
    return all(map(_is_plain, value)) if isinstance(value, tuple) else isinstance(value, _PLAIN)
