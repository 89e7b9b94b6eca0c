"""``attach`` for Ignite: a guard from the start of an engine's run to its end."""

from __future__ import annotations

from typing import Any

from ignite.engine import Engine, Events

from snugly.surfaces.guarding import guard


def attach(engine: Engine, **options: Any) -> guard:
    """Watch the losses while an engine runs; takes the options of ``snugly.guard`` and returns the guard.

    An exception ends the guard and goes on as it would without, unless other handlers take it.
    """
    watching = guard(**options)
    running: list[guard] = []

    def start() -> None:
        running.append(watching.__enter__())

    def end() -> None:
        while running:
            running.pop().__exit__(None, None, None)

    def failed(engine: Engine, error: BaseException) -> None:
        while running:
            running.pop().__exit__(type(error), error, None)
        others = engine._event_handlers[Events.EXCEPTION_RAISED]  # noqa: SLF001 - Ignite drops an exception that is handled
        if all(handler is failed for handler, *_ in others):
            raise error

    engine.add_event_handler(Events.STARTED, start)
    engine.add_event_handler(Events.COMPLETED, end)
    engine.add_event_handler(Events.TERMINATE, end)
    engine.add_event_handler(Events.EXCEPTION_RAISED, failed)
    return watching
