"""``snugly rule``: the page of a rule."""

from __future__ import annotations

import difflib
import sys
from pathlib import Path

import snugly
from snugly.reports.writing import wants_color, width
from snugly.surfaces.cli.trouble import Trouble


def rule(code: str | None = None, /, *, all: bool = False) -> int:  # noqa: A002 - the name of the flag
    """Print the page of a rule: what it finds, why that is bad, an example, the fix.

    Args:
        code: a code such as SNG101, or a rule's name such as batch-size-mismatch.
        all: list every rule instead.
    """
    pages = _pages()
    if all:
        for known, page in sorted(pages.items()):
            print(f"{known}  {_title(page, known)}")
        return 0
    if code is None:
        message = "which rule? Give a code such as SNG101, or --all for the list"
        raise Trouble(message)
    _show(_find(pages, code))
    return 0


def _pages() -> dict[str, Path]:
    """Return the pages by code: those of the package, or of the checkout that it was installed from."""
    package = Path(snugly.__file__).parent
    for root in (package / "pages", package.parent.parent / "docs" / "rules"):
        if root.is_dir():
            return {page.stem[:6].upper(): page for page in root.rglob("*.md") if page.stem[:3].upper() == "SNG"}
    return {}


def _title(page: Path, code: str) -> str:
    with page.open(encoding="utf-8") as lines:
        heading = next((line for line in lines if line.startswith("# ")), "")
    return heading[2:].strip().removeprefix(code).strip(" :()")


def _find(pages: dict[str, Path], wanted: str) -> Path:
    if wanted.upper() in pages:
        return pages[wanted.upper()]
    for code, page in pages.items():
        if wanted.lower() in _title(page, code).lower().split():
            return page
    near = difflib.get_close_matches(wanted.upper(), pages, n=3)
    hint = f"did you mean {' or '.join(near)}?" if near else "snugly rule --all lists them"
    message = f"there is no rule {wanted!r}; {hint}"
    raise Trouble(message)


def _show(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    if not wants_color(sys.stdout):
        print(text, end="")
        return
    from rich.console import Console
    from rich.markdown import Markdown

    Console(width=width(sys.stdout)).print(Markdown(text))
