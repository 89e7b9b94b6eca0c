"""Draws docs/session.svg: what ``snugly check`` really prints about an example, in a terminal's colours."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from pathlib import Path

from rich.console import Console
from rich.text import Text

ROOT = Path(__file__).resolve().parent.parent
COMMAND = ("snugly", "check", "concrete/train.py")


def main() -> None:
    environment = os.environ | {"FORCE_COLOR": "1"}
    environment.pop("NO_COLOR", None)
    done = subprocess.run(
        [sys.executable, "-m", *COMMAND],
        cwd=ROOT / "examples",
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    console = Console(record=True, width=104, file=io.StringIO(), force_terminal=True)
    console.print(Text.assemble(("$ ", "green"), (" ".join(COMMAND), "bold")))
    console.print(Text.from_ansi(done.stdout))
    (ROOT / "docs" / "session.svg").write_text(console.export_svg(title="snugly", unique_id="snugly"))


if __name__ == "__main__":
    main()
