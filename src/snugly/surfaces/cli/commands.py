"""Which commands there are. The module of a command is imported when it is called."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from snugly.facts.records import dataclass

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(frozen=True, slots=True)
class Command:
    """A command: the function of the same name in a module of the same name beside this one.

    Attributes:
        name: what the user types.
        help: what it is for, in a line of the list of commands.
        passes_on: whether everything after the first positional argument belongs to the user's program.
    """

    name: str
    help: str
    passes_on: bool = False

    @property
    def path(self) -> str:
        """Where the function is, as ``module:function``."""
        return f"snugly.surfaces.cli.{self.name}:{self.name}"

    def load(self) -> Callable[..., int]:
        """Import the function."""
        module, _, name = self.path.partition(":")
        function: Callable[..., int] = getattr(import_module(module), name)
        return function


COMMANDS = {
    command.name: command
    for command in (
        Command("check", "Find misfits in source, without running it."),
        Command("run", "Run a script as python would; explain its misfits and its crash.", passes_on=True),
        Command("fit", "Tell whether tensors fit a loss, and if not, what would."),
        Command("shapes", "Show the source with the shape of every tensor beside its line."),
        Command("explain", "Explain a pasted error or traceback, of any version of torch."),
        Command("preflight", "Prove a training step for every batch size, before training."),
        Command("rule", "Print the page of a rule: what it finds, why that is bad, the fix."),
    )
}
