"""``SnuglyCallback`` for Lightning: a guard from the start of fit, validate, test or predict to its end."""

from __future__ import annotations

from typing import Any

try:
    from lightning.pytorch import Callback
except ImportError:
    from pytorch_lightning import Callback

from snugly.surfaces.guarding import guard


class SnuglyCallback(Callback):  # type: ignore[misc]
    """Watches the losses of a Trainer; takes the options of ``snugly.guard``.

    Attributes:
        guard: the guard, with its findings and counts.
    """

    def __init__(self, **options: Any) -> None:
        """Prepare the guard; nothing is watched before the Trainer starts."""
        super().__init__()
        self.guard = guard(**options)
        self._watching = False

    def setup(self, trainer: Any, pl_module: Any, stage: str) -> None:
        """Start watching."""
        if not self._watching:
            self._watching = True
            self.guard.__enter__()

    def teardown(self, trainer: Any, pl_module: Any, stage: str) -> None:
        """Stop watching."""
        self._end(None)

    def on_exception(self, trainer: Any, pl_module: Any, exception: BaseException) -> None:
        """Stop watching; the exception goes its way."""
        self._end(exception)

    def _end(self, error: BaseException | None) -> None:
        if self._watching:
            self._watching = False
            self.guard.__exit__(None if error is None else type(error), error, None)
