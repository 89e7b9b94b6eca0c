"""Shows snugly at work on the scripts beside this file: each that goes wrong, then its correct twin."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
SCRIPTS = ("shapes", "concrete", "welds")


def show(*command: str) -> None:
    """Print a command, run it, and print how it ended."""
    print(f"\n$ {shlex.join(command)}", flush=True)
    environment = os.environ | {"OMP_NUM_THREADS": os.environ.get("OMP_NUM_THREADS", "1")}
    done = subprocess.run([sys.executable, "-m", *command], cwd=HERE, env=environment, check=False)
    print(f"(exit code {done.returncode})", flush=True)


def main() -> None:
    for script in SCRIPTS:
        show("snugly", "check", f"{script}/train.py")
        show("snugly", "run", f"{script}/train.py")
        show("snugly", "check", f"{script}/train_fixed.py")


if __name__ == "__main__":
    main()
