"""``SnuglyCallback`` for the Trainer of transformers: a guard while it trains."""

from __future__ import annotations

from typing import Any

from transformers import TrainerCallback

from snugly.surfaces.guarding import guard


class SnuglyCallback(TrainerCallback):  # type: ignore[misc]
    """Watches the losses while a Trainer trains; takes the options of ``snugly.guard``.

    A Trainer does not tell its callbacks of an exception, so after one the guard watches on until ``close`` or the
    next training; ``with snugly.guard(): trainer.train()`` ends in any case.

    Attributes:
        guard: the guard, with its findings and counts.
    """

    def __init__(self, **options: Any) -> None:
        """Prepare the guard; nothing is watched before training starts."""
        self.guard = guard(**options)
        self._watching = False

    def on_train_begin(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        """Start watching."""
        self.close()
        self.guard.__enter__()
        self._watching = True

    def on_train_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        """Stop watching."""
        self.close()

    def close(self) -> None:
        """Stop watching, if it is."""
        if self._watching:
            self._watching = False
            self.guard.__exit__(None, None, None)
