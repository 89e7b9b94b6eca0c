"""A preflight as one self-contained page: the proof, the findings, and the shapes layer by layer."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from snugly.facts.notation import render_sizes
from snugly.reports import full

if TYPE_CHECKING:
    from collections.abc import Sequence

    from snugly.reports.preflight import LayerRow, PreflightReport

_STYLE = """
:root { color-scheme: light dark; --text: #1c2024; --quiet: #60646c; --line: #e0e3e7; --back: #ffffff;
  --good: #18794e; --bad: #c62a2f; --shape: #0b68cb; --bar: #8ec8f6; --code: #f4f5f7; }
@media (prefers-color-scheme: dark) { :root { --text: #edeef0; --quiet: #a0a4ab; --line: #33373d; --back: #15171a;
  --good: #4cc38a; --bad: #ff6369; --shape: #70b8ff; --bar: #205d9e; --code: #1f2328; } }
body { margin: 2.5rem auto; padding: 0 1.25rem; max-width: 62rem; background: var(--back); color: var(--text);
  font: 16px/1.5 system-ui, sans-serif; }
h1 { font-size: 1.35rem; line-height: 1.35; } h1.good { color: var(--good); } h1.bad { color: var(--bad); }
h2 { font-size: 1.05rem; margin-top: 2rem; }
pre { background: var(--code); padding: 1rem; border-radius: 6px; overflow-x: auto; font-size: .85rem; }
.table { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: .88rem; font-variant-numeric: tabular-nums; }
th { text-align: left; color: var(--quiet); font-weight: 500; }
th, td { padding: .3rem .9rem .3rem 0; border-bottom: 1px solid var(--line); white-space: nowrap; }
.number { text-align: right; } .shape, .name { font-family: ui-monospace, monospace; } .shape { color: var(--shape); }
.bar { display: block; height: .55rem; border-radius: 3px; background: var(--bar); min-width: 1px; }
.quiet { color: var(--quiet); }
"""


def page(report: PreflightReport, notes: Sequence[str]) -> str:
    """Return the page; it asks for nothing from anywhere.

    Args:
        report: the report.
        notes: what else a person should know, a sentence each.
    """
    kind = "bad" if report.findings else "good"
    parts = [
        "<!doctype html>",
        '<html lang="en"><head><meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<title>Preflight: {escape(report.proof)}</title><style>{_STYLE}</style></head><body>",
        f'<h1 class="{kind}">{escape(report.proof[:1].upper() + report.proof[1:])}</h1>',
        "<ul>",
        *(f"<li>{escape(note)}</li>" for note in notes),
        "</ul>",
    ]
    if report.findings:
        found = full.page(report.without_notes(), 100).plain()
        parts += ["<h2>Findings</h2>", f"<pre>{escape(found)}</pre>"]
    if report.layers:
        parts += [
            f"<h2>Layers at batch size {report.size}</h2>",
            '<div class="table">',
            *_table(report.layers),
            "</div>",
        ]
    return "\n".join([*parts, "</body></html>"]) + "\n"


def _table(layers: Sequence[LayerRow]) -> list[str]:
    from snugly.reports.preflight import in_bytes

    most = max((row.saved for row in layers), default=0) or 1
    head = "<table><thead><tr><th>layer</th><th>kind</th><th>output</th>"
    head += '<th class="number">parameters</th><th class="number">kept for backward</th><th></th></tr></thead><tbody>'
    rows = [
        f'<tr><td class="name">{escape(row.name)}</td><td class="quiet">{escape(row.kind)}</td>'
        f'<td class="shape">{"" if row.output is None else escape(f"[{render_sizes(row.output)}]")}</td>'
        f'<td class="number">{f"{row.parameters:,}" if row.parameters else ""}</td>'
        f'<td class="number">{in_bytes(row.saved) if row.saved else ""}</td>'
        f'<td style="width:9rem">{_bar(row.saved / most)}</td></tr>'
        for row in layers
    ]
    return [head, *rows, "</tbody></table>"]


def _bar(share: float) -> str:
    return f'<span class="bar" style="width:{100 * share:.1f}%"></span>' if share else ""
