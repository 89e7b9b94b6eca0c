"""``sys``, ``time``, ``datetime``, ``logging``, ``warnings`` …: the process, the clock, and what is said on the way."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from snugly.interpreter.flow import Raised
from snugly.interpreter.values import Mapping, Native, Number, Sequence, Text, Unknown, Value
from snugly.library.records import NAMESPACE, record
from snugly.library.registry import Model, constant, function, model, quiet

if TYPE_CHECKING:
    from snugly.interpreter.machine import Machine

quiet("datetime", "logging", "warnings", "gc", "platform", "signal", "threading", "multiprocessing", "subprocess",
      "traceback", "inspect", "atexit", "concurrent", "queue", "socket", "weakref", "decimal", "fractions", "calendar",
      "psutil", "getpass", "resource")  # fmt: skip

constant("sys.argv", Sequence("list", None, Text(), None))
constant("sys.path", Sequence("list", None, Text(), None))
constant("sys.maxsize", sys.maxsize)
constant("sys.platform", Text())
constant("sys.version", Text())
constant("sys.executable", Text())
constant("sys.modules", Mapping({}, Unknown("a module"), open=True, rest_key=Text()))


@function("sys.exit", "os._exit", "os.abort")
def leave(status: Value = None) -> Value:
    """``sys.exit()``: nothing after it happens."""
    raise Raised(Unknown("SystemExit"))


@function(
    "sys.getsizeof",
    "sys.getrecursionlimit",
    "gc.collect",
    "time.time_ns",
    "time.perf_counter_ns",
    "multiprocessing.cpu_count",
)
def some_count(*args: Value) -> Value:
    """A number that depends on the machine."""
    return Number("int", 0)


@function("time.time", "time.perf_counter", "time.process_time", "time.monotonic", "time.clock", "timeit.default_timer")
def some_time(*args: Value) -> Value:
    """A moment."""
    return Number("float", 0)


@function("time.sleep", "sys.setrecursionlimit", "sys.stdout.flush", "sys.stdout.write", "sys.stderr.write")
def nothing(*args: Value) -> None:
    """Nothing that is followed."""


@function(
    "time.strftime", "time.ctime", "time.asctime", "platform.system", "platform.node", "datetime.datetime.now.strftime"
)
def some_text(*args: Value) -> Value:
    """A text that depends on the machine."""
    return Text()


@function("types.SimpleNamespace")
def simple_namespace(mapping: Value = None, /, **attributes: Value) -> Value:
    """``SimpleNamespace(**kwargs)``."""
    return record(NAMESPACE, {**(mapping.entries if isinstance(mapping, Mapping) else {}), **attributes})


@function("types.MethodType")
def method_type(machine: Machine, function: Value, instance: Value) -> Value:
    """``MethodType(function, instance)``."""
    return Native(lambda *args, **kwargs: machine.call(function, instance, *args, **kwargs), "types.MethodType")


@model("contextlib.nullcontext")
class NullContext(Model):
    """A context that does nothing."""

    def __init__(self, enter_result: Value = None) -> None:
        self._result = enter_result

    def enter(self) -> Value:
        return self._result


@function(
    "contextlib.suppress",
    "contextlib.redirect_stdout",
    "contextlib.redirect_stderr",
    "contextlib.closing",
    "warnings.catch_warnings",
)
def some_context(*args: Value, **options: Value) -> Value:
    """A context that changes no value."""
    return NullContext(args[0] if args else None)
