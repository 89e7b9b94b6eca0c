"""``tqdm`` and its like: a loop over them meets what a loop over the thing itself meets."""

from __future__ import annotations

from typing import TYPE_CHECKING

from snugly.interpreter.values import Text, Unknown, Value
from snugly.library.registry import Model, function, model, quiet

if TYPE_CHECKING:
    from snugly.facts.dims import Dim
    from snugly.interpreter.machine import Machine

quiet("tqdm", "rich", "progressbar", "alive_progress", "colorama", "termcolor", "tabulate", "prettytable")


@model(
    "tqdm.tqdm", "tqdm.auto.tqdm", "tqdm.notebook.tqdm", "tqdm.std.tqdm", "tqdm.tqdm_notebook", "tqdm.autonotebook.tqdm"
)
class Progress(Model):
    """A progress bar: transparent."""

    def __init__(self, iterable: Value = None, desc: Value = None, total: Value = None, **options: Value) -> None:
        self._iterable = iterable
        self.n: Value = Unknown("the state of a progress bar")
        self.format_dict: Value = Unknown("the state of a progress bar")

    def iterate(self, machine: Machine) -> Value:
        return machine.iterate(self._iterable)

    def length(self, machine: Machine) -> Dim | None:
        return machine.length(self._iterable)

    def enter(self) -> Value:
        return self

    def update(self, n: Value = 1) -> None:
        """``update(n)``."""

    def set_description(self, desc: Value = None, refresh: Value = True) -> None:
        """``set_description(desc)``."""

    set_description_str = set_description

    def set_postfix(self, ordered_dict: Value = None, refresh: Value = True, **values: Value) -> None:
        """``set_postfix(**values)``."""

    def set_postfix_str(self, s: Value = "", refresh: Value = True) -> None:
        """``set_postfix_str(s)``."""

    def write(self, s: Value = "", *args: Value, **options: Value) -> None:
        """``write(s)``."""

    def close(self) -> None:
        """``close()``."""

    def refresh(self, *args: Value, **options: Value) -> None:
        """``refresh()``."""

    def reset(self, total: Value = None) -> None:
        """``reset()``."""

    def clear(self, *args: Value, **options: Value) -> None:
        """``clear()``."""


@function("tqdm.trange", "tqdm.auto.trange", "tqdm.notebook.trange", "tqdm.tnrange")
def trange(machine: Machine, *args: Value, **options: Value) -> Value:
    """``trange(*args)``: a progress bar over a range."""
    from snugly.interpreter.values import LibraryName

    return Progress(machine.call(LibraryName("builtins.range"), *args))


@function("rich.progress.track")
def track(machine: Machine, sequence: Value, *args: Value, **options: Value) -> Value:
    """``track(sequence)``."""
    return machine.iterate(sequence)


@function("tqdm.tqdm.write", "rich.print")
def write(*args: Value, **options: Value) -> None:
    """``write(s)``."""


@function("tabulate.tabulate", "termcolor.colored")
def some_text(*args: Value, **options: Value) -> Value:
    """A text."""
    return Text()
