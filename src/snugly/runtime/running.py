"""Runs a script or a module as ``python`` would, in this process, with its losses watched.

``sys.argv``, ``sys.path[0]``, ``__main__`` and the exit code are those of a plain run, so that pickling,
``multiprocessing`` and ``torchrun`` find what they expect. The traceback of an exception is shown by
``sys.excepthook``, the user's own if there is one, with the frames of snugly left out.
"""

from __future__ import annotations

import importlib.machinery
import importlib.util
import os
import sys
import threading
from contextlib import contextmanager, suppress
from types import ModuleType
from typing import TYPE_CHECKING, Any

from snugly.facts.records import dataclass

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from types import CodeType, TracebackType

    from snugly.runtime.session import Session

FAILED = 1
INTERRUPTED = 130


class NotRunnable(Exception):  # noqa: N818 - a fact about what the user named
    """There is nothing to run; the message says why."""


@dataclass(frozen=True, slots=True)
class Target:
    """What to run: the code of a script or of a module, and the ``__main__`` it runs in.

    Attributes:
        file: the path of its source.
        code: the compiled source.
        main: the module that it runs in.
        folder: what ``sys.path[0]`` is while it runs.
    """

    file: str
    code: CodeType
    main: ModuleType
    folder: str


def script(path: str) -> Target:
    """Return a script, or the ``__main__.py`` of a folder. Raises ``NotRunnable``."""
    file = os.path.join(path, "__main__.py") if os.path.isdir(path) else path
    full = os.path.join(os.getcwd(), file)  # as Python makes it absolute: not normalized
    code = _compile(path, full)
    main = ModuleType("__main__")
    loader = importlib.machinery.SourceFileLoader("__main__", full)
    _like_the_first_module(main)
    vars(main).update(__file__=full, __loader__=loader, __package__=None, __spec__=None, __cached__=None)
    return Target(full, code, main, os.path.dirname(os.path.realpath(full)))


def module(name: str) -> Target:
    """Return a module as ``python -m`` finds it, the working directory first. Raises ``NotRunnable``."""
    sys.path[0] = os.getcwd()
    try:
        spec = importlib.util.find_spec(name)
        if spec is not None and spec.submodule_search_locations is not None:
            spec = importlib.util.find_spec(f"{name}.__main__")
    except (ImportError, ValueError, AttributeError) as error:
        msg = f"cannot find the module {name}: {error}"
        raise NotRunnable(msg) from error
    if spec is None or spec.origin is None or not spec.origin.endswith(".py"):
        msg = f"there is no module {name} to run"
        raise NotRunnable(msg)
    code = _compile(spec.origin, spec.origin)
    main = ModuleType("__main__")
    _like_the_first_module(main)
    vars(main).update(
        __file__=spec.origin, __loader__=spec.loader, __package__=spec.parent, __spec__=spec, __cached__=spec.cached
    )
    return Target(spec.origin, code, main, os.getcwd())


def _like_the_first_module(main: ModuleType) -> None:
    """Give a module what the ``__main__`` of this Python has besides."""
    vars(main)["__builtins__"] = sys.modules["builtins"]
    if sys.version_info < (3, 14):
        vars(main)["__annotations__"] = {}


def _compile(shown: str, path: str) -> CodeType:
    try:
        with open(path, "rb") as file:
            return compile(file.read(), path, "exec", dont_inherit=True)
    except OSError as error:
        main = "there is no __main__.py in this folder"
        msg = f"cannot open {shown}: {main if os.path.isdir(shown) else error.strerror}"
        raise NotRunnable(msg) from error
    except SyntaxError as error:
        msg = f"{shown}:{error.lineno or 1}:{error.offset or 1}: {error.msg}"
        raise NotRunnable(msg) from error
    except ValueError as error:
        msg = f"{shown} is not Python source: {error}"
        raise NotRunnable(msg) from error


def run(target: Target, arguments: Sequence[str], session: Session) -> int:
    """Run a target with its command line and return its exit code; findings go to the session.

    Raises:
        SystemExit: the program ended itself so; Python makes the exit code of it.
    """
    sys.argv[:] = [target.file if target.main.__spec__ else _as_given(target, sys.argv), *arguments]
    if not getattr(sys.flags, "safe_path", False):
        sys.path[0] = target.folder
    sys.modules["__main__"] = target.main
    process = os.getpid()
    try:
        with _watched(session):
            exec(target.code, vars(target.main))  # noqa: S102 - the user asked to run it
    except SystemExit:
        _finish(session, process)
        raise
    except BaseException as error:
        return _died(error, session, process)
    _finish(session, process)
    return 0


def _as_given(target: Target, argv: list[str]) -> str:
    """Return ``sys.argv[0]``: the script as the user wrote it."""
    return next((each for each in argv[1:] if _same_file(each, target.file)), target.file)


def _same_file(given: str, file: str) -> bool:
    return os.path.join(os.getcwd(), given) == file or os.path.join(os.getcwd(), given, "__main__.py") == file


def _finish(session: Session, process: int) -> None:
    if os.getpid() == process:
        _flush()
        carefully(session.finish)


def _died(error: BaseException, session: Session, process: int) -> int:
    """Show an exception as Python would and explain it; a forked child only shows it."""
    error = error.with_traceback(without_own_frames(error.__traceback__))
    _flush()
    sys.excepthook(type(error), error, error.__traceback__)
    if os.getpid() == process:
        carefully(lambda: session.explain(error))
    return INTERRUPTED if isinstance(error, KeyboardInterrupt) else FAILED


def carefully(action: Callable[[], object]) -> None:
    """Explain, and let a fault in the explanation cost one line and nothing else."""
    try:
        action()
    except Exception as error:
        sys.stderr.write(f"snugly: cannot explain this: {type(error).__name__}: {error}\n")


def _flush() -> None:
    with suppress(OSError, ValueError, AttributeError):  # closed, or the user's own object
        sys.stdout.flush()


def without_own_frames(traceback: TracebackType | None) -> TracebackType | None:
    """Return a traceback from the first frame that is not one of snugly's."""
    own = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    while traceback is not None and traceback.tb_frame.f_code.co_filename.startswith(own + os.sep):
        traceback = traceback.tb_next
    return traceback


def watch_torch(session: Session) -> Callable[[], None]:
    """Watch the losses as soon as the program has imported torch, without importing it; return how to stop."""
    from snugly.runtime import interception

    finder = _AfterTorch(session)
    if "torch.nn.functional" in sys.modules:
        interception.watch(session.look)
    else:
        sys.meta_path.insert(0, finder)

    def stop() -> None:
        if finder in sys.meta_path:
            sys.meta_path.remove(finder)
        interception.unwatch(session.look)

    return stop


class _AfterTorch:
    """Finds torch as Python would, and has the losses watched once it is imported."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> importlib.machinery.ModuleSpec | None:
        """Answer for ``torch`` only, once."""
        if name != "torch":
            return None
        sys.meta_path.remove(self)
        spec = importlib.machinery.PathFinder.find_spec(name, path, target)
        loader = None if spec is None else spec.loader
        if loader is None:
            return None
        execute = loader.exec_module

        def exec_module(module: ModuleType) -> None:
            del loader.exec_module
            execute(module)
            from snugly.runtime import interception

            interception.watch(self._session.look)

        loader.exec_module = exec_module  # type: ignore[method-assign]
        return spec


@contextmanager
def _watched(session: Session) -> Iterator[None]:
    """Watch the losses, and explain exceptions that end a thread after whoever shows them has."""
    stop = watch_torch(session)
    shown = threading.excepthook

    def hook(args: threading.ExceptHookArgs) -> None:
        shown(args)
        error = args.exc_value
        if error is not None:
            carefully(lambda: session.explain(error))

    threading.excepthook = hook
    try:
        yield
    finally:
        stop()
        if threading.excepthook is hook:
            threading.excepthook = shown
