"""Runs every case with torch: a broken program fails as its ``case.json`` says, or prints something else than its twin.

    python tests/quality/verify_cases.py [FOLDER]

The correct programs run too, to their end. Nothing is written.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import programs

OUR_CASES = Path(__file__).parent / "cases"


def wrong(case: Path) -> list[str]:
    """Return what ``case.json`` says of a case and torch does not."""
    told = json.loads((case / "case.json").read_text())
    broken, fixed = programs.run(case, "broken.py"), programs.run(case, "fixed.py")
    problems = [] if fixed.error_type is None else [f"fixed.py fails: {fixed.error_message}"]
    if told["silent"]:
        if broken.error_type is not None:
            problems.append(f"broken.py fails: {broken.error_message}")
        if broken.printed == fixed.printed:
            problems.append("both print the same")
        return problems
    for name, is_so in (("file", broken.file), ("error_line", broken.line), ("error_type", broken.error_type)):
        if told[name] != is_so:
            problems.append(f"{name} is {is_so}, said to be {told[name]}")
    if told["error_message"] != broken.error_message:
        problems.append(f"torch says {broken.error_message!r}")
    return problems


def main(root: Path) -> int:
    """Verify the cases of a folder, and the correct programs beside them."""
    failed = 0
    for case in sorted(path.parent for path in root.glob("*/case.json")):
        problems = wrong(case.resolve())
        failed += bool(problems)
        print(f"{case.name:32} {'; '.join(problems) or 'true'}", flush=True)
    for script in sorted([*root.glob("correct/*.py"), *root.parent.glob("correct/*.py")]):
        ran = programs.run(script.resolve().parent, script.name)
        failed += ran.error_type is not None
        print(f"{script.name:32} {ran.error_message or 'runs'}", flush=True)
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]) if len(sys.argv) > 1 else OUR_CASES))
