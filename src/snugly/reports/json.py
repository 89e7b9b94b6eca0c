"""The JSON report, version 1: stable names, lines and columns from 1, ends exclusive, paths relative."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

from snugly.facts.dims import Dim, value

if TYPE_CHECKING:
    from snugly.facts.tensors import TensorFacts
    from snugly.reports.report import Report
    from snugly.rules.findings import Finding, Fix

VERSION = 1


def render(report: Report) -> str:
    """Write the report as JSON text that ends in a newline."""
    return json.dumps(as_dict(report), indent=2, ensure_ascii=False) + "\n"


def as_dict(report: Report) -> dict[str, Any]:
    """Return the report as objects that ``json`` can write."""
    return {"version": VERSION, "findings": [finding_as_dict(finding) for finding in report.findings]}


def finding_as_dict(finding: Finding) -> dict[str, Any]:
    """Return one finding by the names of the format."""
    raises = finding.raises
    cause = finding.cause
    return {
        "code": finding.code,
        "name": finding.name,
        "severity": str(finding.severity),
        "message": finding.message,
        "file": None if finding.file is None else relative(finding.file),
        "line": finding.line,
        "column": finding.column,
        "end_line": finding.end_line,
        "end_column": finding.end_column,
        "loss": finding.loss,
        "facts": {name: facts_as_dict(facts) for name, facts in finding.facts.items()},
        "raises": None if raises is None else {"type": raises.type, "when": raises.when, "message": raises.message},
        "origin": [
            {"file": relative(step.file), "line": step.line, "text": step.text.strip(), "argument": step.argument}
            for step in finding.origin
        ],
        "cause": None if cause is None else {"file": relative(cause.file), "line": cause.line},
        "fixes": [_fix_as_dict(fix) for fix in finding.fixes],
        **_explanation(finding),
    }


def _explanation(finding: Finding) -> dict[str, Any]:
    """Return what only a pasted message has: the reading of its numbers and its likely causes."""
    if not finding.likely:
        return {}
    causes = [
        {"claim": likely.claim, "because": likely.because, "check": likely.check, "edit": likely.edit}
        for likely in finding.likely
    ]
    return {"explanation": {"numbers": list(finding.numbers), "causes": causes}}


def facts_as_dict(facts: TensorFacts) -> dict[str, Any]:
    """Return shape and dtype: a number for a known size, text for a symbolic one, ``null`` for an unknown one."""
    shape = None if facts.shape is None else [_size(size) for size in facts.shape]
    return {"shape": shape, "dtype": facts.dtype}


def relative(file: str) -> str:
    """Return a path relative to the working directory where it lies below it."""
    if not os.path.isabs(file):
        return file
    try:
        path = os.path.relpath(file)
    except ValueError:  # another drive
        return file
    return file if path.startswith("..") else path


def _size(size: Dim | None) -> int | str | None:
    known = value(size)
    if known is not None or size is None:
        return known
    return str(size)


def _fix_as_dict(fix: Fix) -> dict[str, Any]:
    return {
        "title": fix.title,
        "applicability": str(fix.applicability),
        "edits": [
            {"file": relative(edit.file), "start": list(edit.start), "end": list(edit.end), "text": edit.text}
            for edit in fix.edits
        ],
        "diff": fix.diff,
        "proof": {"contract": fix.proof.contract, "kernel": fix.proof.kernel},
    }
