"""The full report: what torch does, what was passed, where its size came from, and the smallest edit."""

from __future__ import annotations

import os
from itertools import groupby
from typing import TYPE_CHECKING

from snugly.facts.records import replace
from snugly.reports.frame import Label, draw
from snugly.reports.json import relative
from snugly.reports.styled import Page, Span, cells
from snugly.reports.summary import add_summary
from snugly.reports.texts import Texts
from snugly.rules.findings import OriginStep

if TYPE_CHECKING:
    from collections.abc import Iterable

    from snugly.facts.origins import Place
    from snugly.facts.tensors import TensorFacts
    from snugly.reports.report import Report
    from snugly.rules.findings import Finding, Fix


def render(report: Report, width: int = 100) -> str:
    """Return the report for a person, without colour."""
    return page(report, width).plain()


def page(report: Report, width: int = 100) -> Page:
    """Lay out the whole report."""
    drawn = Page(width)
    texts = Texts(report.sources)
    for finding in report.findings:
        add_finding(drawn, finding, texts)
        drawn.add()
    add_summary(drawn, report)
    return drawn


def add_finding(page: Page, finding: Finding, texts: Texts) -> None:
    """Lay out one finding."""
    style = str(finding.severity)
    page.prose(finding.message, "heading", start=((f"{finding.severity}[{finding.code}]", style), (": ", "heading")))
    gutter = len(str(_last_line(finding)))
    if finding.place is not None:
        page.add((" " * gutter + "--> ", "gutter"), (_where(finding.place), "place"))
    _add_passed(page, finding, texts, gutter)
    _add_raises(page, finding, gutter)
    _add_origin(page, finding, texts, gutter)
    _add_likely(page, finding, gutter)
    _add_fixes(page, finding, gutter)


def _last_line(finding: Finding) -> int:
    places = [finding.place] if finding.place else []
    places += [source.place for source in finding.sources.values()]
    return max((place.end_line or place.line for place in places), default=1)


def _where(place: Place) -> str:
    return f"{relative(place.file)}:{place.line}:{place.column}"


def _add_passed(page: Page, finding: Finding, texts: Texts, gutter: int) -> None:
    """Draw the call with the facts of each argument under its source, and list those that have no source there."""
    style = str(finding.severity)
    place = finding.place
    named = max((len(name) for name in finding.facts), default=0)
    shown: set[str] = set()
    labels: list[Label] = []
    if place is not None and texts.line(place.file, place.line) is not None:
        for name, source in finding.sources.items():
            blamed = name == finding.argument
            if source.place.file == place.file and (blamed or name in finding.facts):
                passed = _passed(name, finding.facts.get(name))
                labels.append(Label(source.place, passed, style if blamed else "other"))
                shown.add(name)
        if not any(label.style == style for label in labels):
            labels = [label for label in labels if label.place.line != place.line]
            shown = {name for name in shown if finding.sources[name].place.line != place.line}
            labels.append(Label(place, "", style))
        draw(page, labels, texts, gutter)
    for name, facts in finding.facts.items():
        if name not in shown:
            blamed = name == finding.argument
            page.add(*_bullet(gutter), (f"{name:<{named}}  ", style if blamed else ""), (str(facts), "shape"))


def _passed(name: str, facts: TensorFacts | None) -> str:
    return name if facts is None else f"{name} {facts}"


def _bullet(gutter: int) -> tuple[Span, ...]:
    return ((" " * gutter + " = ", "gutter"),)


def _add_raises(page: Page, finding: Finding, gutter: int) -> None:
    raises = finding.raises
    if raises is None or raises.type in finding.message:
        return
    when = " in backward" if raises.when == "backward" else ""
    said = "" if raises.message.rstrip(".") in finding.message else f": {raises.message}"
    start = (*_bullet(gutter), ("raises  ", "heading"))
    page.prose(f"{raises.type}{when}{said}", start=start, indent=" " * (gutter + 11))


def _add_origin(page: Page, finding: Finding, texts: Texts, gutter: int) -> None:
    """List the lines that gave each argument its shape; ``>`` marks the one to change first."""
    cause = _line_of(finding.cause)
    for argument, steps in groupby(finding.origin, key=lambda step: step.argument):
        page.add(*_bullet(gutter), (f"{argument} came from", "heading"))
        _add_steps(page, finding, _by_line(steps, texts), " " * (gutter + 1))
    known = {_line_of(finding.place), *(_line_of(step.place) for step in finding.origin)}
    if finding.cause is not None and cause not in known:
        page.add(*_bullet(gutter), ("change first", "heading"))
        text = texts.line(finding.cause.file, finding.cause.line) or ""
        _add_steps(page, finding, [OriginStep(finding.cause, text, "")], " " * (gutter + 1))


def _by_line(steps: Iterable[OriginStep], texts: Texts) -> list[OriginStep]:
    """Return one step for each run of steps on one line, with that line and the tensor after it."""
    runs = [list(run) for _, run in groupby(steps, key=lambda step: _line_of(step.place))]
    return [replace(run[-1], text=_whole(run[-1], texts)) for run in runs]


def _whole(step: OriginStep, texts: Texts) -> str:
    """Return the source line that a step is a part of, or the step where it fills more than one line."""
    line = texts.line(step.file, step.line) or ""
    return line if " ".join(step.text.split()) in " ".join(line.split()) else step.text


def _line_of(place: Place | None) -> tuple[str, int] | None:
    return None if place is None else (relative(place.file), place.line)


def _short_place(step: OriginStep, finding: Finding) -> str:
    """Return the name of the file alone where the report has given its path above."""
    path = relative(step.file)
    known = finding.place is not None and finding.place.file == step.file
    return f"{os.path.basename(path) if known else path}:{step.line}"


def _add_steps(page: Page, finding: Finding, steps: list[OriginStep], indent: str) -> None:
    cause = _line_of(finding.cause)
    places = [_short_place(step, finding) for step in steps]
    facts = ["" if step.facts is None else str(step.facts) for step in steps]
    left = max(map(cells, places))
    middle = max(page.width - len(indent) - left - max(map(cells, facts)) - 6, 30)
    lines = [_shorten(" ".join(step.text.split()), middle) for step in steps]
    middle = max(map(cells, lines))
    for step, place, line, shape in zip(steps, places, lines, facts, strict=True):
        first = _line_of(step.place) == cause
        page.add(
            (f"{indent}> " if first else f"{indent}  ", "error"),
            (place + " " * (left - cells(place)), "place" if first else "quiet"),
            ("  ", ""),
            (line + " " * (middle - cells(line)), "code"),
            ("  ", ""),
            (shape, "shape"),
        )


def _shorten(text: str, width: int) -> str:
    return text if cells(text) <= width else text[: width - 3] + "..."


def _add_likely(page: Page, finding: Finding, gutter: int) -> None:
    """List what the numbers of a pasted message imply and its likely causes, likeliest first."""
    for sentence in finding.numbers:
        page.prose(sentence, start=(*_bullet(gutter), ("numbers  ", "heading")), indent=" " * (gutter + 12))
    if not finding.likely:
        return
    page.add(*_bullet(gutter), ("likely causes, the likeliest first", "heading"))
    indent = " " * (gutter + 6)
    for number, likely in enumerate(finding.likely, 1):
        page.prose(likely.claim, start=((f"{' ' * (gutter + 3)}{number}. ", "good"),), indent=indent)
        if likely.because:
            page.prose(likely.because, "quiet", start=((f"{indent}because  ", "quiet"),), indent=indent + " " * 9)
        if likely.check:
            page.prose(likely.check, start=((f"{indent}check    ", "quiet"),), indent=indent + " " * 9)
        if likely.edit:
            page.add((f"{indent}edit     ", "quiet"), (likely.edit, "added"))


def _add_fixes(page: Page, finding: Finding, gutter: int) -> None:
    if not finding.fixes:
        return
    best, *others = finding.fixes
    start = (*_bullet(gutter), ("fix  ", "good"))
    indent = " " * (gutter + 3)
    page.prose(_sentence(best.title), start=start, indent=indent + "     ")
    for span in _diff(best):
        page.add((indent, ""), *span)
    proof = _proof(best)
    if proof:
        page.prose(proof, "quiet", start=((indent, ""),), indent=indent)
    for other in others:
        page.prose(_sentence(other.title), start=(*_bullet(gutter), ("or   ", "quiet")), indent=indent + "     ")


def _sentence(title: str) -> str:
    return title.strip().removesuffix(".")


def _diff(fix: Fix) -> Iterable[tuple[Span, ...]]:
    """Yield the changed lines of a unified diff, numbered, each file named once."""
    old = new = 0
    for line in fix.diff.splitlines():
        if line.startswith("--- "):
            yield ((relative(line[4:].split("\t")[0].removeprefix("a/")), "place"),)
        elif line.startswith("@@"):
            before, after = line.split()[1:3]
            old, new = (int(part[1:].split(",")[0]) for part in (before, after))
        elif line.startswith("+") and not line.startswith("+++ "):
            yield ((f"{new:>4} ", "quiet"), (f"+ {line[1:]}", "added"))
            new += 1
        elif line.startswith("-"):
            yield ((f"{old:>4} ", "quiet"), (f"- {line[1:]}", "removed"))
            old += 1
        elif line.startswith(" "):
            old += 1
            new += 1


def _proof(fix: Fix) -> str:
    parts = []
    if fix.proof.contract:
        parts.append(f"the contract accepts it for {fix.proof.contract}")
    if fix.proof.kernel:
        parts.append(f"torch ran it {fix.proof.kernel}")
    return f"proved: {'; '.join(parts)}" if parts else ""
