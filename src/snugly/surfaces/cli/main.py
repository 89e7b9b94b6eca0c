"""The entry point of the command ``snugly``."""

from __future__ import annotations

import gc
import os
import sys
from typing import TYPE_CHECKING

from snugly.surfaces.cli.commands import COMMANDS
from snugly.surfaces.cli.trouble import Trouble

if TYPE_CHECKING:
    from collections.abc import Sequence

    from snugly.surfaces.cli.commands import Command

CANNOT = 2
INTERRUPTED = 130
BROKEN_PIPE = 141
COLLECTIONS = (200_000, 20, 20)
"""Python looks for cycles every 700 objects; modules and facts that stay would be looked through again and again.

What a file leaves behind is 3 MB at most until then, and looking for it earlier takes 3 % of the time of many files.
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command line and return its exit code.

    Args:
        argv: the tokens after ``snugly``; those of ``sys.argv`` by default.
    """
    tokens = list(sys.argv[1:] if argv is None else argv)
    command = COMMANDS.get(tokens[0]) if tokens else None
    try:
        code = _run(command, tokens)
        sys.stdout.flush()
    except Trouble as trouble:
        print(f"snugly: {trouble}", file=sys.stderr)
        return CANNOT
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        # Python flushes stdout once more when it ends; that must not fail again.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return BROKEN_PIPE
    if argv is None and command is not None and not command.passes_on:
        gc.freeze()  # the process ends; a last collection would look through what the system takes back as a whole
    return code


def _run(command: Command | None, tokens: list[str]) -> int:
    if command is not None:
        from snugly.surfaces.cli.direct import delimit, read

        if not command.passes_on:  # the user's program is collected as it expects
            gc.set_threshold(*COLLECTIONS)
        function = command.load()
        reading = read(function, tokens[1:], passes_on=command.passes_on)
        if reading is not None:
            return function(*reading.args, **reading.kwargs)
        if command.passes_on:
            tokens = [tokens[0], *delimit(function, tokens[1:])]
    return _run_with_cyclopts(tokens)


def _run_with_cyclopts(tokens: list[str]) -> int:
    from cyclopts import CycloptsError

    from snugly.surfaces.cli.app import build

    try:
        result = build()(tokens)
    except CycloptsError as error:
        error.verbose = False
        known = tokens[:1] if tokens[0] in COMMANDS else []
        help_command = " ".join(["snugly", *known, "--help"])
        message = f"{' '.join(str(error).split())}\nsee: {help_command}"
        raise Trouble(message) from error
    return result if isinstance(result, int) else 0


if __name__ == "__main__":
    sys.exit(main())
