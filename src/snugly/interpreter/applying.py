"""Operations and losses: from the interpreter's values to facts, to a rule, and back."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any

from snugly.contracts.calls import UNKNOWN as UNKNOWN_OPTION
from snugly.contracts.calls import LossCall
from snugly.facts.dims import Expr
from snugly.facts.misfits import Misfit
from snugly.facts.origins import Origin, Source
from snugly.facts.tensors import UNKNOWN_TENSOR, TensorFacts
from snugly.interpreter.events import LossRecord
from snugly.interpreter.flow import Signal
from snugly.interpreter.joins import for_any, length_of, settle
from snugly.interpreter.values import (
    NOTHING,
    DType,
    LibraryName,
    Number,
    Sequence,
    Text,
    Unknown,
    Value,
)
from snugly.operations.registry import UNKNOWN as UNKNOWN_ARGUMENT
from snugly.operations.registry import UNKNOWN_DEVICE, Application, Operation, Repeated, lookup

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from snugly.contracts.calls import Verdict
    from snugly.facts.origins import Place
    from snugly.interpreter.machine import Machine
    from snugly.rules.findings import Finding

_SCALARS = {
    "bool": "bool", "uint8": "int", "int8": "int", "int16": "int", "int32": "int", "int64": "int", "float16": "float",
    "float32": "float", "float64": "float",
}  # fmt: skip
PLAIN = (Number, int, float, str, bool, complex, Expr, TensorFacts, type(None), type(...))


_MIXED = (None, "float32", "float16", "bfloat16")


def to_facts(value: Value) -> Any:
    """Turn a value into an argument of an operation."""
    value = settle(value)
    if isinstance(value, PLAIN):
        return value
    if isinstance(value, DType):
        return value.name
    if isinstance(value, tuple):
        return tuple(_to_item(item) for item in value)
    if isinstance(value, Sequence):
        if value.items is not None:
            return [_to_item(item) for item in value.items]
        return Repeated(UNKNOWN_ARGUMENT if value.element is NOTHING else _to_item(value.element), value.length)
    if isinstance(value, slice):
        return slice(to_facts(value.start), to_facts(value.stop), to_facts(value.step))
    if isinstance(value, (Text, Unknown, LibraryName)):
        return UNKNOWN_ARGUMENT
    settled = getattr(value, "as_argument", None)
    return UNKNOWN_ARGUMENT if settled is None else settled()


def _to_item(value: Value) -> Any:
    """Turn one of several items into an argument: sizes of its own say nothing beside those of the others."""
    facts = to_facts(value)
    return for_any(facts) if isinstance(facts, TensorFacts) else facts


def from_facts(result: Any) -> Value:
    """Turn what an operation answered into a value."""
    if result is UNKNOWN_ARGUMENT:
        return Unknown("an operation's result")
    if isinstance(result, list):
        return Sequence("list", [from_facts(item) for item in result])
    if isinstance(result, Repeated):
        return Sequence("list", None, from_facts(result.element), result.length)
    if isinstance(result, tuple):
        parts = [from_facts(item) for item in result]
        return type(result)(*parts) if hasattr(result, "_fields") else tuple(parts)
    return result


def apply(machine: Machine, name: str, args: tuple[Value, ...], kwargs: Mapping[str, Value]) -> Value:
    """Apply the operation ``name``; see ``Machine.apply``."""
    array_method = _array_method(name, args)
    if array_method is not None:
        return machine.call(LibraryName(array_method), *args)
    operation = lookup(name)
    if operation is None:
        return machine.unknown(name)
    given = [to_facts(value) for value in args]
    if name == "torch.Tensor.to":
        given = [UNKNOWN_DEVICE if isinstance(value, Text) else facts for value, facts in zip(args, given, strict=True)]
    if name.startswith("operator."):
        given = _numbers_of_scalars(given)
    named = {key: to_facts(value) for key, value in kwargs.items()}
    misfit: Misfit | None = None
    result: Any = None
    try:
        result = operation(*given, **named)
    except Misfit as error:
        misfit = error
    except Signal:
        raise
    except Exception as error:  # noqa: BLE001 - whatever goes wrong in a rule, the program's facts are only unknown
        machine.events.miss(machine.place, name, f"{type(error).__name__}: {error}"[:200])
        return Unknown(name)
    arguments = _by_name(operation, given, named)
    sources = find_sources(machine, _by_name(operation, list(args), dict(kwargs)))
    if misfit is None:
        result = _with_origin(machine, name, arguments, sources, _with_sizes(machine, result))
    _judge(machine, Application(name, arguments, result, misfit), sources)
    return Unknown(f"{name} does not fit") if misfit is not None else from_facts(result)


def _array_method(name: str, args: tuple[Value, ...]) -> str | None:
    """Return the path of numpy's method behind an operator that is applied to arrays and no tensor."""
    if not name.startswith("operator.") or not args:
        return None
    operands = args[:1] if name in ("operator.getitem", "operator.setitem") else args
    tensors = [value for value in operands if isinstance(value, TensorFacts)]
    if not tensors or any(value.kind != "ndarray" for value in tensors):
        return None
    return f"numpy.ndarray.__{name.removeprefix('operator.').rstrip('_')}__"


def _numbers_of_scalars(operands: list[Any]) -> list[Any]:
    """Let a numpy scalar beside a tensor be the Python number that torch takes it for."""
    return [
        Number(_SCALARS[facts.dtype], facts.values.low, facts.values.high)
        if isinstance(facts, TensorFacts) and facts.kind == "ndarray" and facts.shape == () and facts.dtype in _SCALARS
        else facts
        for facts in operands
    ]


def made_by(
    machine: Machine,
    function: Callable[..., Any],
    name: str,
    args: list[Value],
    kwargs: dict[str, Value],
    result: Value,
) -> Value:
    """Note on arrays and tensors that a library's function made where they come from, unless they know it."""
    parts = result if isinstance(result, tuple) else (result,)
    if not any(isinstance(part, TensorFacts) and part.origin is None for part in parts):
        return result
    bound = getattr(function, "function", None)
    if bound is not None and hasattr(function, "receiver"):  # a method of an array
        code = getattr(bound, "__code__", None)
        takes_machine = code is not None and code.co_varnames[:1] == ("machine",)
        args = [*([machine] if takes_machine else []), function.receiver, *args]
        function = bound
    code = getattr(function, "__code__", None)
    names = () if code is None else code.co_varnames[hasattr(function, "__func__") : code.co_argcount]
    arguments = {key: value for key, value in zip(names, args, strict=False) if key != "machine"}
    if code is not None and code.co_flags & 0x04 and len(args) > len(names):
        arguments[code.co_varnames[code.co_argcount + code.co_kwonlyargcount]] = tuple(args[len(names) :])
    arguments.update(kwargs)
    sources = find_sources(machine, arguments)
    same = {id(value) for value in arguments.values()}
    stamped = [
        _with_origin(machine, name, arguments, sources, part)
        if isinstance(part, TensorFacts) and part.origin is None and id(part) not in same
        else part
        for part in parts
    ]
    if not isinstance(result, tuple):
        if name.startswith("numpy."):
            _judge_array(machine, name, arguments, stamped[0])
        return stamped[0]
    return type(result)(*stamped) if hasattr(result, "_fields") else tuple(stamped)


def _judge_array(machine: Machine, name: str, arguments: Mapping[str, Value], result: TensorFacts) -> None:
    """Look at what numpy did as at the same operation of torch: arrays are broadcast and reshaped alike."""
    method = name.rpartition(".")[2]
    if method.startswith("__"):
        name = f"operator.{method.strip('_')}"
        operands = next((value for value in arguments.values() if isinstance(value, tuple)), ())
        arguments = dict(zip(("input", "other"), operands, strict=False))
    given = {key: to_facts(value) for key, value in arguments.items()}
    _judge(machine, Application(name, given, result), find_sources(machine, arguments))


def _judge(machine: Machine, application: Application, sources: dict[str, Source]) -> None:
    from snugly.rules import judge

    if machine.events.muted:
        return
    findings = judge.judge_operation(
        application,
        place=machine.place,
        sources=sources,
        callers=callers(machine),
        constructor=machine.layers[-1] if machine.layers else None,
    )
    if findings:
        machine.events.find(findings, machine.batch)
    if application.name.endswith((".view", ".reshape", ".view_as")):
        from snugly.rules.layers.view_mixes_axes import taken_back_by

        meant = taken_back_by(application)
        if meant is not None:
            machine.events.take_back("SNG802", meant)


def callers(machine: Machine) -> tuple[Place, ...]:
    """Return the calls of the user's functions that are open, innermost first."""
    return tuple(frame.caller for frame in reversed(machine.frames[-12:]) if frame.caller is not None)


def _by_name(operation: Operation, args: list[Any], kwargs: dict[str, Any]) -> dict[str, Any]:
    code = operation.function.__code__
    names = code.co_varnames[: code.co_argcount]
    bound = dict(zip(names, args, strict=False))
    if code.co_flags & 0x04 and len(args) > len(names):
        star = code.co_varnames[code.co_argcount + code.co_kwonlyargcount]
        bound[star] = tuple(args[len(names) :])
    bound.update(kwargs)
    return bound


def find_sources(machine: Machine, values: Mapping[str, Value]) -> dict[str, Source]:
    """Find which expression of the innermost call gave each argument, by the identity of its value."""
    if not machine.sites:
        return {}
    site = machine.sites[-1]
    keywords: dict[int, str | None] = {}
    if isinstance(site.node, ast.Call):
        keywords = {id(keyword.value): keyword.arg for keyword in site.node.keywords}
    found: dict[str, Source] = {}
    taken: set[int] = set()
    for name, value in values.items():
        nodes = [node for given, node in site.given if _is(given, value)]
        named = [node for node in nodes if keywords.get(id(node)) == name]
        free = [node for node in nodes if keywords.get(id(node), name) == name and id(node) not in taken]
        others = [] if isinstance(value, int | str | float | None) else nodes  # equal constants are one object
        chosen = next(iter((*named, *free, *others)), None)
        if chosen is not None:
            taken.add(id(chosen))
            found[name] = site.source.source(chosen)
    return found


def _is(given: Value, value: Value) -> bool:
    return given is value or (isinstance(value, tuple) and len(value) == 1 and value[0] is given)


def _with_origin(
    machine: Machine,
    name: str,
    arguments: dict[str, Any],
    sources: dict[str, Source],
    result: Any,
) -> Any:
    if not isinstance(result, (TensorFacts, tuple, list, Repeated)):
        return result
    site = machine.sites[-1] if machine.sites else None
    where = None if site is None else site.source.source(site.node)
    origin = Origin(
        name,
        None if where is None else where.place,
        "" if where is None else where.text,
        tuple(_tensors(arguments)),
        {key: value for key, value in arguments.items() if not isinstance(value, TensorFacts)},
        sources,
        machine.layers[-1] if machine.layers else None,
        callers(machine),
    )
    same = {id(value) for value in arguments.values()}
    stamped = _without_gradient(machine, name, arguments, _stamp(result, origin, same))
    return _under_autocast(stamped, origin) if machine.settings.get("torch.autocast") else stamped


def _under_autocast(result: Any, origin: Origin) -> Any:
    """Under mixed precision the floating dtype of a result depends on the operation and the device: it is not known."""
    if isinstance(result, TensorFacts):
        computed = any(facts.dtype in _MIXED for facts in origin.inputs)
        return result.with_(dtype=None) if computed and result.dtype in _MIXED else result
    if isinstance(result, tuple):
        parts = [_under_autocast(part, origin) for part in result]
        return type(result)(*parts) if hasattr(result, "_fields") else tuple(parts)
    return result


def _without_gradient(machine: Machine, name: str, arguments: dict[str, Any], result: Any) -> Any:
    """Within ``torch.no_grad`` no result requires grad, but for one that is asked to or that was there before."""
    setting = machine.settings.get("torch.no_grad", False)
    if setting is False or name.endswith("_") or arguments.get("requires_grad"):
        return result
    if isinstance(result, TensorFacts):
        return result.with_(requires_grad=None if setting is None else False) if result.requires_grad else result
    if isinstance(result, tuple):
        parts = [_without_gradient(machine, name, arguments, part) for part in result]
        return type(result)(*parts) if hasattr(result, "_fields") else tuple(parts)
    return result


def _with_sizes(machine: Machine, result: Any) -> Any:
    """Name the sizes of a result that are not known: whatever they are, they are fixed from here on."""
    if isinstance(result, TensorFacts) and result.shape is not None and None in result.shape:
        sizes = (machine.new_symbol("L") if size is None else size for size in result.shape)
        return result.with_(shape=tuple(sizes))
    return result


def _stamp(result: Any, origin: Origin, same: set[int]) -> Any:
    if isinstance(result, TensorFacts):
        return result if id(result) in same else result.with_(origin=origin)
    if isinstance(result, tuple):
        parts = [_stamp(item, origin, same) for item in result]
        return type(result)(*parts) if hasattr(result, "_fields") else tuple(parts)
    if isinstance(result, list):
        return [_stamp(item, origin, same) for item in result]
    return Repeated(_stamp(result.element, origin, same), result.length) if isinstance(result, Repeated) else result


def _tensors(arguments: Mapping[str, Any]) -> list[TensorFacts]:
    found: list[TensorFacts] = []
    for value in arguments.values():
        if isinstance(value, TensorFacts):
            found.append(value)
        elif isinstance(value, (list, tuple)):
            found.extend(item for item in value[:16] if isinstance(item, TensorFacts))
        elif isinstance(value, Repeated) and isinstance(value.element, TensorFacts):
            found.append(value.element)
    return found


def loss(
    machine: Machine, name: str, arguments: Mapping[str, Value], options: Mapping[str, Any], module: str | None
) -> Value:
    """Judge a loss call; see ``Machine.loss``."""
    given: dict[str, Value] = {}
    tensors: dict[str, TensorFacts] = {}
    for key, value in arguments.items():
        settled = settle(value)
        if settled is None:
            continue
        given[key] = settled
        tensors[key] = settled if isinstance(settled, TensorFacts) else UNKNOWN_TENSOR
    plain = {key: _option(value) for key, value in options.items()}
    call = LossCall(name, tensors, plain, module)
    machine.events.losses.append(LossRecord(machine.place, name, tensors, machine.batch))
    sources = find_sources(machine, given)
    verdict, findings = _judged(machine, call, sources)
    machine.events.find(findings, machine.batch)
    output = verdict.output
    if output is None:
        if verdict.accepted is False:
            return Unknown(f"{name} does not fit")
        output = UNKNOWN_TENSOR
    return _with_origin(machine, name, {**tensors, **plain}, sources, output)


def _judged(machine: Machine, call: LossCall, sources: dict[str, Source]) -> tuple[Verdict, tuple[Finding, ...]]:
    """Judge a loss call, once for the same facts at the same place."""
    from snugly.rules import judge

    place = machine.place
    known: list[tuple[LossCall, tuple[Verdict, tuple[Finding, ...]]]]
    known = machine.judged.setdefault((place, call.loss), [])
    for other, answer in known:
        if other == call:
            return answer
    answer = judge.judge_loss(
        call,
        place=place,
        sources=sources,
        callers=callers(machine),
        constructor=machine.layers[-1] if machine.layers else None,
        kernel=machine.program.kernel,
    )
    known.append((call, answer))
    return answer


def _option(value: Value) -> Any:
    facts = to_facts(value)
    if isinstance(facts, Repeated):
        return UNKNOWN_OPTION
    return UNKNOWN_OPTION if facts is UNKNOWN_ARGUMENT else facts


__all__ = ["apply", "from_facts", "length_of", "loss", "to_facts"]
