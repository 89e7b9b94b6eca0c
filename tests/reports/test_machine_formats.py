from __future__ import annotations

import io
import json

import jsonschema
import pytest

from snugly.reports import concise, github, sarif
from snugly.reports.report import Failure, Report
from snugly.reports.writing import OutputFormat, write

FINDING = {
    "code": "SNG101",
    "name": "batch-size-mismatch",
    "severity": "error",
    "message": "cross_entropy takes one target for each of the 32 rows of input, and the target has 1 row of 32.",
    "file": "train.py",
    "line": 4,
    "column": 12,
    "end_line": 4,
    "end_column": 42,
    "loss": "torch.nn.functional.cross_entropy",
    "facts": {
        "input": {"shape": [32, 10], "dtype": "float32"},
        "target": {"shape": [1, 32], "dtype": "int64"},
        "weight": {"shape": ["C"], "dtype": "float32"},
    },
    "raises": {
        "type": "ValueError",
        "when": "forward",
        "message": "Expected input batch_size (32) to match target batch_size (1).",
    },
    "origin": [
        {"file": "data.py", "line": 2, "text": "y = torch.tensor(rows)", "argument": "target"},
        {"file": "data.py", "line": 3, "text": "y = y.unsqueeze(0)", "argument": "target"},
    ],
    "cause": {"file": "data.py", "line": 3},
    "fixes": [
        {
            "title": "Leave the target one-dimensional.",
            "applicability": "safe",
            "edits": [{"file": "data.py", "start": [3, 1], "end": [3, 19], "text": "y = y"}],
            "diff": "--- data.py\n+++ data.py\n@@ -2,2 +2,2 @@\n y = torch.tensor(rows)\n-y = y.unsqueeze(0)\n+y = y\n",
            "proof": {"contract": "every batch size from 1 to 32", "kernel": "forward and backward at 1, 2, 32"},
        },
        {
            "title": "Drop the axis at the loss: yb.squeeze(0)",
            "applicability": "unsafe",
            "edits": [],
            "diff": "",
            "proof": {"contract": None, "kernel": None},
        },
    ],
}

# The parts of the SARIF 2.1.0 schema that this log uses; unknown properties are an error there too.
LOCATION = {
    "type": "object",
    "required": ["artifactLocation", "region"],
    "properties": {
        "artifactLocation": {"type": "object", "required": ["uri"]},
        "region": {"type": "object", "additionalProperties": {"type": "integer", "minimum": 1}},
    },
}
RESULT = {
    "type": "object",
    "required": ["message", "ruleId"],
    "additionalProperties": False,
    "properties": {
        "ruleId": {"type": "string"},
        "ruleIndex": {"type": "integer", "minimum": 0},
        "level": {"enum": ["none", "note", "warning", "error"]},
        "message": {"type": "object", "required": ["text"]},
        "properties": {"type": "object"},
        "locations": {"type": "array", "items": {"type": "object", "properties": {"physicalLocation": LOCATION}}},
        "codeFlows": {"type": "array"},
        "fixes": {"type": "array", "items": {"type": "object", "required": ["artifactChanges"]}},
    },
}


def test_json_is_the_documented_format(report):
    assert json.loads(report.to_json()) == {"version": 1, "findings": [FINDING]}
    assert report.to_dict() == {"version": 1, "findings": [FINDING]}


def test_a_finding_has_the_fields_of_the_json(finding):
    for name in FINDING:
        assert hasattr(finding, name)
    assert (finding.file.endswith("train.py"), finding.line, finding.end_column) == (True, 4, 42)
    edit = finding.fixes[0].edits[0]
    assert (edit.file, edit.start, edit.end) == ("data.py", (3, 1), (3, 19))


def test_concise_is_one_line_each(report):
    first, *rest = concise.render(report).splitlines()
    assert first == f"train.py:4:12: SNG101 {FINDING['message']}"
    assert rest == ["Found 1 error in 2 files; 1 loss call judged.", "1 can be fixed with --fix."]


def test_github_annotates_the_span(report):
    assert github.render(report) == (
        "::error title=snugly SNG101 (batch-size-mismatch),file=train.py,line=4,endLine=4,col=12,endColumn=42::"
        f"{FINDING['message']}\n"
    )


def test_sarif_results_follow_the_schema(report):
    log = json.loads(sarif.render(report))
    (run,) = log["runs"]
    assert log["version"] == "2.1.0"
    for result in run["results"]:
        jsonschema.validate(result, RESULT)
        assert run["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] == result["ruleId"]
    change = run["results"][0]["fixes"][0]["artifactChanges"][0]
    assert change["replacements"][0]["insertedContent"] == {"text": "y = y"}


def test_sarif_tells_what_could_not_be_read():
    log = sarif.as_dict(Report(failures=(Failure("gone dir/a.py", "there is no such file"),)))
    (notification,) = log["runs"][0]["invocations"][0]["toolExecutionNotifications"]
    assert notification["locations"][0]["physicalLocation"]["artifactLocation"] == {"uri": "gone%20dir/a.py"}


@pytest.mark.parametrize("form", OutputFormat)
def test_every_format_writes(report, form):
    stream = io.StringIO()
    write(report, form, stream)
    assert "SNG101" in stream.getvalue()


def test_statistics_count_rules_and_what_was_not_followed(report):
    stream = io.StringIO()
    counted = Report(report.findings, unknown={"torch.foo": 1, "torch.bar": 12})
    write(counted, OutputFormat.CONCISE, stream, statistics=True)
    assert stream.getvalue().splitlines()[-4:] == [
        "     1  SNG101  batch-size-mismatch",
        "not followed:",
        "    12  torch.bar",
        "     1  torch.foo",
    ]
