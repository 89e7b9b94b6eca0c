"""SARIF 2.1.0: what code scanning services and editors read."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import snugly
from snugly.reports.json import finding_as_dict, relative

if TYPE_CHECKING:
    from snugly.facts.origins import Place
    from snugly.reports.report import Failure, Report
    from snugly.rules.findings import Finding, Fix

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"


def render(report: Report) -> str:
    """Write the report as a SARIF log with one run."""
    return json.dumps(as_dict(report), indent=2, ensure_ascii=False) + "\n"


def as_dict(report: Report) -> dict[str, Any]:
    """Return the log as objects that ``json`` can write."""
    rules = sorted({(finding.code, finding.name) for finding in report.findings})
    driver = {
        "name": "snugly",
        "version": snugly.__version__,
        "rules": [{"id": code, "name": name} for code, name in rules],
    }
    index = {code: position for position, (code, _) in enumerate(rules)}
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "invocations": [
            {
                "executionSuccessful": not report.failures,
                "toolExecutionNotifications": [_notification(failure) for failure in report.failures],
            }
        ],
        "results": [_result(finding, index[finding.code]) for finding in report.findings],
    }
    return {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}


def _notification(failure: Failure) -> dict[str, Any]:
    notification: dict[str, Any] = {"level": "error", "message": {"text": failure.message}}
    if failure.file:
        location: dict[str, Any] = {"artifactLocation": _artifact(failure.file)}
        if failure.line is not None:
            location["region"] = {"startLine": failure.line}
        notification["locations"] = [{"physicalLocation": location}]
    return notification


def _result(finding: Finding, rule: int) -> dict[str, Any]:
    facts = finding_as_dict(finding)
    result: dict[str, Any] = {
        "ruleId": finding.code,
        "ruleIndex": rule,
        "level": str(finding.severity),
        "message": {"text": finding.message},
        "properties": {name: facts[name] for name in ("loss", "facts", "raises")},
    }
    if finding.place is not None:
        result["locations"] = [{"physicalLocation": _location(finding.place)}]
    if finding.origin:
        steps = [
            {
                "location": {
                    "physicalLocation": _location(step.place),
                    "message": {"text": f"{step.argument} {step.facts}" if step.facts else step.argument},
                }
            }
            for step in finding.origin
        ]
        result["codeFlows"] = [{"threadFlows": [{"locations": steps}]}]
    fixes = [_fix(fix) for fix in finding.fixes if fix.edits]
    if fixes:
        result["fixes"] = fixes
    return result


def _fix(fix: Fix) -> dict[str, Any]:
    changes: dict[str, list[dict[str, Any]]] = {}
    for edit in fix.edits:
        replacement = {"deletedRegion": _region(edit.place), "insertedContent": {"text": edit.text}}
        changes.setdefault(edit.file, []).append(replacement)
    return {
        "description": {"text": fix.title},
        "artifactChanges": [
            {"artifactLocation": _artifact(file), "replacements": replacements}
            for file, replacements in changes.items()
        ],
    }


def _location(place: Place) -> dict[str, Any]:
    return {"artifactLocation": _artifact(place.file), "region": _region(place)}


def _artifact(file: str) -> dict[str, str]:
    return {"uri": quote(relative(file).replace("\\", "/"))}


def _region(place: Place) -> dict[str, int]:
    return {
        "startLine": place.line,
        "startColumn": place.column,
        "endLine": place.end_line or place.line,
        "endColumn": place.end_column or place.column,
    }
