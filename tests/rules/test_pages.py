"""Every rule has a page; its program has the finding on the marked line, its twin none; report and fix are as shown."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

import pytest

from snugly.edits.applying import apply_edits
from snugly.rules.registry import rules

sys.path.insert(0, str(Path(__file__).parent))
from rule_pages import COMMENT, Page, checked, pages, renewed

PAGES = {page.code: page for page in pages()}


def test_every_rule_has_a_page_and_every_page_a_rule():
    assert set(PAGES) == {rule.code for rule in rules()}


@pytest.mark.parametrize("code", PAGES)
def test_page_names_its_rule(code):
    rule = next(rule for rule in rules() if rule.code == code)
    head, _, rest = PAGES[code].text.partition("\n\n")
    assert head == f"# {code} {rule.name}"
    assert rest.startswith(rule.summary)


def examples() -> list[str]:
    return [code for code, page in PAGES.items() if page.block("python")]


@pytest.mark.parametrize("code", examples())
def test_finding_is_on_the_marked_line_and_nowhere_else(code):
    page = PAGES[code]
    assert {(finding.code, finding.line) for finding in checked(page.bad).findings} == page.marked()
    assert len(page.marked()) == 1


@pytest.mark.parametrize("code", examples())
def test_program_without_the_fault_has_no_finding(code):
    assert checked(PAGES[code].good).findings == ()


@pytest.mark.parametrize("code", examples())
def test_report_and_fix_are_those_of_the_page(code):
    page: Page = PAGES[code]
    assert renewed(page) == page.text


@pytest.mark.parametrize("code", examples())
def test_first_fix_parses_and_leaves_nothing_to_find(code):
    program = COMMENT.sub("", PAGES[code].bad)
    (finding,) = checked(program).findings
    if not finding.fixes or not finding.fixes[0].edits:
        pytest.skip("only a person can mend it")
    fixed = apply_edits(program, finding.fixes[0].edits)
    assert fixed is not None
    ast.parse(fixed)
    assert checked(fixed).findings == ()
