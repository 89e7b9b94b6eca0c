"""The pages of the rules: which programs they show, and the report and the fix that snugly has for them now.

``python tests/rules/rule_pages.py`` writes both into the pages anew.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from snugly.surfaces.checking import check_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from snugly.reports.report import Report

FOLDER = Path(__file__).parents[2] / "docs" / "rules"
FILE = "train.py"
BLOCK = re.compile(r"^```(?P<info>[^\n]*)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
COMMENT = re.compile(r"  # SNG\d+$", re.MULTILINE)


@dataclass(frozen=True)
class Page:
    """One page: its code and its blocks, in the order that every page has."""

    path: Path
    text: str

    @property
    def code(self) -> str:
        """The code of the rule."""
        return self.path.stem

    def blocks(self) -> list[re.Match[str]]:
        """Return the fenced blocks."""
        return list(BLOCK.finditer(self.text))

    def block(self, info: str) -> str | None:
        """Return the first block of a language."""
        return next((each["text"] for each in self.blocks() if each["info"] == info), None)

    @property
    def bad(self) -> str:
        """The program with the fault, its line marked with the code."""
        return self.block("python") or ""

    @property
    def good(self) -> str:
        """The same program without it."""
        return [each["text"] for each in self.blocks() if each["info"] == "python"][1]

    def marked(self) -> set[tuple[str, int]]:
        """Return the code and the lines that carry it."""
        lines = enumerate(self.bad.splitlines(), start=1)
        return {(self.code, number) for number, line in lines if line.endswith(f"# {self.code}")}


def pages() -> Iterator[Page]:
    """Yield every page."""
    for path in sorted(FOLDER.glob("SNG*.md")):
        yield Page(path, path.read_text(encoding="utf-8"))


def checked(program: str) -> Report:
    """Check a program of a page, without its mark."""
    return check_text(COMMENT.sub("", program), FILE)


def renewed(page: Page) -> str:
    """Return the text of a page with its report and its fix as they are now; one without a program stays as it is."""
    if page.block("python") is None:
        return page.text
    report = checked(page.bad)
    fixes = report.findings[0].fixes if report.findings else ()
    now = {"text": str(report).rstrip() + "\n", "diff": (fixes[0].diff.rstrip() if fixes else "") + "\n"}
    text = page.text
    for block in reversed(page.blocks()):
        if block["info"] in now:
            text = text[: block.start("text")] + now[block["info"]] + text[block.end("text") :]
    return text


if __name__ == "__main__":
    for each in pages():
        each.path.write_text(renewed(each), encoding="utf-8")
