from __future__ import annotations

import io
import re

import pytest

from snugly.facts.notation import parse
from snugly.facts.origins import Place, Source
from snugly.facts.records import replace
from snugly.reports import full
from snugly.reports.report import Failure, Report
from snugly.reports.writing import OutputFormat, wants_color, write

FULL = """\
error[SNG101]: cross_entropy takes one target for each of the 32 rows of input, and the target has 1
row of 32.
 --> train.py:4:12
  |
4 |     loss = F.cross_entropy(model(xb), yb)
  |                            ---------  ^^ target int64[1, 32]
  |                            |
  |                            input float32[32, 10]
  |
  = weight  float32[C]
  = raises  ValueError: Expected input batch_size (32) to match target batch_size (1).
  = target came from
    data.py:2  y = torch.tensor(rows)  int64[32]
  > data.py:3  y = y.unsqueeze(0)      int64[1, 32]
  = fix  Leave the target one-dimensional
    data.py
       3 - y = y.unsqueeze(0)
       3 + y = y
    proved: the contract accepts it for every batch size from 1 to 32; torch ran it forward and
    backward at 1, 2, 32
  = or   Drop the axis at the loss: yb.squeeze(0)

Found 1 error in 2 files; 1 loss call judged.
1 can be fixed with --fix.
"""


class Terminal(io.StringIO):
    def isatty(self):
        return True


def frame(text, *labels, width=100):
    """Return the frame of a one-line program whose spans, ``(start, end, argument)``, are labelled."""
    from snugly.reports.frame import Label, draw
    from snugly.reports.styled import Page
    from snugly.reports.texts import Texts

    page = Page(width)
    drawn = [Label(Place("p.py", 1, start, 1, end), name, "error") for start, end, name in labels]
    draw(page, drawn, Texts({"p.py": text}), 1)
    return page.plain().splitlines()[1:-1]


def test_report_says_everything_in_order(report):
    assert str(report) == FULL


def test_colour_adds_only_escapes(report):
    stream = Terminal()
    full.page(report).print(stream, color=True)
    assert "\x1b[" in stream.getvalue()
    bare = re.sub(r"\x1b\[[0-9;]*m", "", stream.getvalue())
    assert [line.rstrip() for line in bare.splitlines()] == FULL.splitlines()


def test_a_page_without_code_is_coloured_without_rich_as_rich_colours_it():
    from snugly.reports import styled

    lines = [((f"what is {name}", name), (" and plain", "")) for name in styled.STYLES if name != "code"]
    lines += [(("", "good"),), ()]
    ours = styled._in_color(lines, Terminal())
    assert ours == styled._highlighted(lines)


def test_no_color_wins_over_a_terminal(monkeypatch):
    monkeypatch.setenv("NO_COLOR", "1")
    assert not wants_color(Terminal())


def test_a_pipe_gets_no_colour_and_a_terminal_does(monkeypatch):
    for name in ("NO_COLOR", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm")
    assert not wants_color(io.StringIO())
    assert wants_color(Terminal())


def test_a_narrow_terminal_wraps_prose(report, monkeypatch):
    monkeypatch.setenv("COLUMNS", "60")
    monkeypatch.setenv("NO_COLOR", "1")
    stream = Terminal()
    write(report, OutputFormat.FULL, stream)
    prose = [line for line in stream.getvalue().splitlines() if line.startswith(("error", "row"))]
    assert max(map(len, prose)) <= 60


def test_three_labels_hang_below_one_another():
    assert frame("f(aa, bb, cc)", (3, 5, "input"), (7, 9, "target"), (11, 13, "weight")) == [
        "1 | f(aa, bb, cc)",
        "  |   ^^  ^^  ^^ weight",
        "  |   |   |",
        "  |   |   target",
        "  |   input",
    ]


def test_tabs_and_wide_characters_keep_the_mark_in_place():
    assert frame("\t名 = f(y)", (8, 9, "target"))[1] == "  |            ^ target"


def test_a_long_line_is_cut_around_its_mark():
    drawn = frame("x" * 300 + "(bad)" + "y" * 300, (302, 305, "target"), width=80)
    assert all(len(line) <= 80 for line in drawn[:1])
    start = drawn[1].index("^")
    assert drawn[0][start : start + 3] == "bad"


def test_a_call_over_several_lines_marks_each_argument(finding, program):
    (program / "train.py").write_text("loss = F.cross_entropy(\n    model(xb),\n    # labels\n    yb,\n)\n")
    file = str(program / "train.py")
    sources = {
        "input": Source(Place(file, 2, 5, 2, 14), "model(xb)"),
        "target": Source(Place(file, 4, 5, 4, 7), "yb"),
    }
    moved = replace(finding, place=Place(file, 1, 8, 5, 2), sources=sources)
    assert str(Report((moved,))).splitlines()[3:10] == [
        "  |",
        "2 |     model(xb),",
        "  |     --------- input float32[32, 10]",
        "3 |     # labels",
        "4 |     yb,",
        "  |     ^^ target int64[1, 32]",
        "  |",
    ]


def test_facts_without_source_are_listed(finding):
    pasted = replace(finding, place=None, sources={}, origin=(), cause=None, fixes=(), raises=None)
    assert str(Report((pasted,))).splitlines()[2:5] == [
        "  = input   float32[32, 10]",
        "  = target  int64[1, 32]",
        "  = weight  float32[C]",
    ]


def test_a_cause_outside_the_chain_is_shown(finding):
    report = Report((replace(finding, origin=(), fixes=()),))
    assert "  = change first\n  > data.py:3  y = y.unsqueeze(0)\n" in str(report)


def test_a_file_that_is_gone_costs_only_its_lines(finding, program):
    (program / "train.py").unlink()
    assert "target  int64[1, 32]" in str(Report((finding,)))


def test_clean_report_says_how_far_it_looked():
    clean = Report(files=("a.py", "b.py"), losses=7, undecided=2)
    assert str(clean) == "No misfit found in 2 files; 7 loss calls judged, 2 of them undecided.\n"


@pytest.mark.parametrize(
    ("report", "code"),
    [(Report(), 0), (Report(failures=(Failure("a.py", "there is no such file"),)), 2)],
)
def test_exit_code(report, code):
    assert report.exit_code == code


def test_findings_exit_with_one(report):
    assert report.exit_code == 1
    assert list(report) == list(report.findings)
    assert parse("int64[1, 32]") == report.findings[0].facts["target"]
