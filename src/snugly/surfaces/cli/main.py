"""The entry point of the command ``snugly``."""

from __future__ import annotations

import sys


def main() -> int:
    """Run the command that ``sys.argv`` names and return its exit code."""
    return 2 if len(sys.argv) < 2 else 0
