"""The command line as cyclopts reads it: every command, its help and its errors."""

from __future__ import annotations

from cyclopts import App, Parameter

import snugly
from snugly.surfaces.cli.commands import COMMANDS


def build() -> App:
    """Return the application; its commands are imported when they are used or listed."""
    app = App(
        name="snugly",
        help="Finds why a PyTorch model's output, target and class weight do not fit.",
        version=snugly.__version__,
        default_parameter=Parameter(negative=()),
        help_format="plaintext",
        exit_on_error=False,
        print_error=False,
        suppress_keyboard_interrupt=False,
        result_action="return_value",
    )
    for command in COMMANDS.values():
        app.command(command.path, name=command.name, help=command.help)
    return app
