"""``snugly rule``: the page of a rule."""

from __future__ import annotations

import difflib
import sys
from pathlib import Path

import snugly
from snugly.reports.writing import wants_color, width
from snugly.rules.registry import Rule, lookup, rules
from snugly.surfaces.cli.trouble import Trouble


def rule(code: str | None = None, /, *, all: bool = False) -> int:  # noqa: A002 - the name of the flag
    """Print the page of a rule: what it finds, why that is bad, an example, the fix.

    Args:
        code: a code such as SNG101, or a rule's name such as batch-size-mismatch.
        all: list every rule instead.
    """
    if all:
        widest = max((len(known.name) for known in rules()), default=0)
        for known in rules():
            print(f"{known.code}  {known.name:<{widest}}  {known.summary}")
        return 0
    if code is None:
        message = "which rule? Give a code such as SNG101, or --all for the list"
        raise Trouble(message)
    _show(_page(_find(code)))
    return 0


def _find(wanted: str) -> Rule:
    found = lookup(wanted)
    if found is not None:
        return found
    names = [name for known in rules() for name in (known.code, known.name)]
    near = difflib.get_close_matches(wanted, names, n=3) or difflib.get_close_matches(wanted.upper(), names, n=3)
    hint = f"did you mean {' or '.join(near)}?" if near else "snugly rule --all lists them"
    message = f"there is no rule {wanted!r}; {hint}"
    raise Trouble(message)


def _page(found: Rule) -> str:
    """Return the page, of the package or of the checkout that it was installed from."""
    package = Path(snugly.__file__).parent
    for root in (package / "pages", package.parent.parent / "docs" / "rules"):
        page = root / f"{found.code}.md"
        if page.is_file():
            return page.read_text(encoding="utf-8")
    return f"# {found.code} {found.name}\n\n{found.summary}\n"


def _show(page: str) -> None:
    if not wants_color(sys.stdout):
        print(page, end="")
        return
    from rich.console import Console
    from rich.markdown import Markdown

    Console(width=width(sys.stdout)).print(Markdown(page))
