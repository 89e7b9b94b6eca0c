"""The report of a preflight: the proof in a sentence, the findings, the layers, and what else a person should know."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from snugly.facts.notation import render_sizes
from snugly.facts.records import dataclass, field
from snugly.reports import full
from snugly.reports.json import as_dict
from snugly.reports.report import Report
from snugly.reports.styled import Page

if TYPE_CHECKING:
    from collections.abc import Sequence

    from snugly.facts.tensors import Shape

_UNITS = ("B", "kB", "MB", "GB", "TB")


@dataclass(frozen=True, slots=True)
class LayerRow:
    """One layer as the table shows it.

    Attributes:
        name: its path in the model.
        kind: its class.
        output: the shape that came out.
        parameters: how many numbers it holds.
        saved: bytes it keeps for the backward pass, at the configured batch size.
    """

    name: str
    kind: str
    output: Shape | None
    parameters: int
    saved: int


@dataclass(frozen=True, slots=True)
class PreflightReport(Report):
    """What ``snugly.preflight`` returns: a report with the proof and the layers.

    Attributes:
        size: the configured batch size.
        proved: the batch sizes for which the step is proved to fit.
        proof: the proof, or what is missing to it, in a sentence.
        tested: the batch sizes at which the step was run.
        failed: the sizes at which it does not fit, with what torch would raise.
        assumptions: what a proof would have to assume.
        without_gradient: parameters that require a gradient and get none.
        layers: the layers in the order of their calls.
        saved: bytes kept for the backward pass at the configured batch size.
        parameters: how many numbers are trained.
    """

    size: int = 0
    proved: tuple[int, ...] = ()
    proof: str = ""
    tested: tuple[int, ...] = ()
    failed: dict[int, str] = field(default_factory=dict)
    assumptions: tuple[str, ...] = ()
    without_gradient: tuple[str, ...] = ()
    layers: tuple[LayerRow, ...] = ()
    saved: int = 0
    parameters: int = 0

    @property
    def exit_code(self) -> int:
        """0 when the step fits at every size that can occur, 1 when not."""
        return int(bool(self.findings))

    def __str__(self) -> str:
        """Return the full report without colour."""
        return page(self).plain()

    def to_json(self) -> str:
        """Return the findings as every report has them, and what preflight adds under ``"preflight"``."""
        return json.dumps(preflight_as_dict(self), indent=2, ensure_ascii=False) + "\n"

    def to_html(self) -> str:
        """Return a self-contained page with the proof, the findings and the shapes layer by layer."""
        from snugly.reports.preflight_html import page as html_page

        return html_page(self, _notes(self))

    def __bool__(self) -> bool:
        """Tell whether there is something to mend."""
        return bool(self.exit_code)


def preflight_as_dict(report: PreflightReport) -> dict[str, Any]:
    """Return the report as objects that ``json`` can write."""
    return {
        **as_dict(report),
        "preflight": {
            "batch_size": report.size,
            "proved": ranges(report.proved),
            "proof": report.proof,
            "tested": list(report.tested),
            "failed": [{"batch_size": size, "raises": text} for size, text in report.failed.items()],
            "assumptions": list(report.assumptions),
            "without_gradient": list(report.without_gradient),
            "parameters": report.parameters,
            "activation_bytes": report.saved,
            "notes": list(report.notes),
            "layers": [
                {
                    "name": row.name,
                    "kind": row.kind,
                    "output": None if row.output is None else [str(size) for size in row.output],
                    "parameters": row.parameters,
                    "activation_bytes": row.saved,
                }
                for row in report.layers
            ],
        },
    }


def ranges(sizes: Sequence[int]) -> str:
    """Write sizes as ranges, such as ``"1 to 32, 64"``."""
    parts: list[str] = []
    start = previous = None
    for size in [*sorted(sizes), None]:
        if start is not None and size != (previous or 0) + 1:
            parts.append(str(start) if start == previous else f"{start} to {previous}")
            start = None
        if start is None:
            start = size
        previous = size
    return ", ".join(parts)


def page(report: PreflightReport, width: int = 100) -> Page:
    """Lay out the report."""
    drawn = Page(width)
    drawn.prose(report.proof, "error" if report.findings else "good")
    drawn.add()
    if report.layers:
        _add_layers(drawn, report)
        drawn.add()
    for note in _notes(report):
        drawn.prose(note, start=(("• ", "quiet"),), indent="  ")
    findings = full.page(report.without_notes(), width) if report.findings else None
    if findings is not None:
        drawn.add()
        drawn.lines += findings.lines
    return drawn


def _notes(report: PreflightReport) -> list[str]:
    kept = f"about {in_bytes(report.saved)} of activations are kept for backward at batch size {report.size}"
    notes = [f"{report.parameters:,} parameters are trained; {kept}"]
    if report.without_gradient:
        shown = ", ".join(report.without_gradient[:6]) + (" …" if len(report.without_gradient) > 6 else "")
        notes.append(f"no gradient reaches {len(report.without_gradient)} parameters that require one: {shown}")
    notes += [f"a proof would have to assume {assumption}" for assumption in report.assumptions]
    return [*notes, *report.notes]


def _add_layers(page: Page, report: PreflightReport) -> None:
    rows = [
        (
            row.name,
            row.kind,
            "" if row.output is None else f"[{render_sizes(row.output)}]",
            f"{row.parameters:,}" if row.parameters else "",
            in_bytes(row.saved) if row.saved else "",
        )
        for row in _shortened(report.layers)
    ]
    header = ("layer", "kind", "output", "parameters", "kept")
    widths = [max(len(row[column]) for row in (header, *rows)) for column in range(5)]
    for row, style in ((header, "heading"), *((each, "") for each in rows)):
        left = "  ".join(f"{cell:<{wide}}" for cell, wide in zip(row[:2], widths[:2], strict=True))
        right = "  ".join(f"{cell:>{wide}}" for cell, wide in zip(row[3:], widths[3:], strict=True))
        page.add(
            (left, style or "code"),
            ("  ", ""),
            (f"{row[2]:<{widths[2]}}", style or "shape"),
            ("  ", ""),
            (right, style or "quiet"),
        )


_MOST_ROWS = 40


def _shortened(layers: tuple[LayerRow, ...]) -> list[LayerRow]:
    """Return the rows of a table that fits a screen: the first, the last, and how many were left out between."""
    if len(layers) <= _MOST_ROWS:
        return list(layers)
    half = _MOST_ROWS // 2
    left_out = layers[half:-half]
    gap = LayerRow(
        f"… {len(left_out)} more", "", None, sum(row.parameters for row in left_out), sum(row.saved for row in left_out)
    )
    return [*layers[:half], gap, *layers[-half:]]


def in_bytes(count: int) -> str:
    """Write a number of bytes for a person, such as ``"1.5 MB"``."""
    size = float(count)
    for unit in _UNITS:
        if size < 1000 or unit == _UNITS[-1]:
            return f"{size:.0f} {unit}" if unit == "B" else f"{size:.1f} {unit}"
        size /= 1000
    return ""
