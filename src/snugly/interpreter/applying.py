"""Operations and losses: from the interpreter's values to facts, to a rule, and back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from snugly.contracts.calls import UNKNOWN as UNKNOWN_OPTION
from snugly.contracts.calls import LossCall
from snugly.facts.dims import Expr
from snugly.facts.misfits import Misfit
from snugly.facts.tensors import UNKNOWN_TENSOR, TensorFacts
from snugly.interpreter.events import LossRecord
from snugly.interpreter.flow import Signal
from snugly.interpreter.joins import for_any, length_of, settle
from snugly.interpreter.origins import Met
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
from snugly.operations.indexing import Span
from snugly.operations.registry import UNKNOWN as UNKNOWN_ARGUMENT
from snugly.operations.registry import UNKNOWN_DEVICE, Application, Operation, Repeated, lookup
from snugly.rules.registry import operation_rules, withdrawals

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from snugly.contracts.calls import Verdict
    from snugly.interpreter.machine import Machine
    from snugly.rules.findings import Finding

_SCALARS = {
    "bool": "bool", "uint8": "int", "int8": "int", "int16": "int", "int32": "int", "int64": "int", "float16": "float",
    "float32": "float", "float64": "float",
}  # fmt: skip
PLAIN = (Number, int, float, str, bool, complex, Expr, TensorFacts, Span, type(None), type(...))
_AS_IT_IS = frozenset(PLAIN)

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
    operator = name.startswith("operator.")
    if operator and args:
        array_method = _array_method(name, args)
        if array_method is not None:
            return machine.call(LibraryName(array_method), *args)
    operation = lookup(name)
    if operation is None:
        return machine.unknown(name)
    given = [value if type(value) in _AS_IT_IS else to_facts(value) for value in args]
    if operator:
        given = _numbers_of_scalars(given)
    elif name == "torch.Tensor.to":
        given = [UNKNOWN_DEVICE if isinstance(value, Text) else facts for value, facts in zip(args, given, strict=True)]
    named = {key: to_facts(value) for key, value in kwargs.items()} if kwargs else {}
    try:
        result = operation(*given, **named)
    except Misfit as error:
        met = Met(machine, name, lambda: _by_name(operation, given, named), lambda: _by_name(operation, args, kwargs))
        _judge(machine, met, None, error)
        return Unknown(f"{name} does not fit")
    except Signal:
        raise
    except Exception as error:  # noqa: BLE001 - whatever goes wrong in a rule, the program's facts are only unknown
        machine.events.miss(machine.place, name, f"{type(error).__name__}: {error}"[:200])
        return Unknown(name)
    met = Met(machine, name, lambda: _by_name(operation, given, named), lambda: _by_name(operation, args, kwargs))
    result = _with_origin(machine, met, [*given, *named.values()], _with_sizes(machine, result))
    _judge(machine, met, result)
    return result if type(result) is TensorFacts else from_facts(result)


def _array_method(name: str, args: tuple[Value, ...]) -> str | None:
    """Return the path of numpy's method behind an operator that is applied to arrays and no tensor."""
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
    if isinstance(result, TensorFacts):
        if result.origin is not None:
            return result
    elif not isinstance(result, tuple) or not any(
        isinstance(part, TensorFacts) and part.origin is None for part in result
    ):
        return result
    arguments = _given_to(machine, function, args, kwargs)
    met = Met(machine, name, lambda: arguments, lambda: arguments)
    same = {id(value) for value in arguments.values()}
    if isinstance(result, tuple):
        parts = [_made(machine, met, arguments, same, part) for part in result]
        return type(result)(*parts) if hasattr(result, "_fields") else tuple(parts)
    made = _made(machine, met, arguments, same, result)
    if name.startswith("numpy."):
        _judge_array(machine, name, arguments, made)
    return made


def _made(machine: Machine, met: Met, arguments: dict[str, Value], same: set[int], part: Value) -> Value:
    if isinstance(part, TensorFacts) and part.origin is None and id(part) not in same:
        return _with_origin(machine, met, arguments.values(), part)
    return part


def _given_to(
    machine: Machine, function: Callable[..., Any], args: list[Value], kwargs: dict[str, Value]
) -> dict[str, Value]:
    """Return the arguments of a library's function by the names of its parameters."""
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
    return arguments


def _judge_array(machine: Machine, name: str, arguments: Mapping[str, Value], result: TensorFacts) -> None:
    """Look at what numpy did as at the same operation of torch: arrays are broadcast and reshaped alike."""
    method = name.rpartition(".")[2]
    if method.startswith("__"):
        name = f"operator.{method.strip('_')}"
        operands = next((value for value in arguments.values() if isinstance(value, tuple)), ())
        arguments = dict(zip(("input", "other"), operands, strict=False))
    met = Met(machine, name, lambda: {key: to_facts(value) for key, value in arguments.items()}, lambda: arguments)
    _judge(machine, met, result)


def _judge(machine: Machine, met: Met, result: Any, misfit: Misfit | None = None) -> None:
    """Look for what is wrong with an operation that was met; most are looked at by no rule."""
    name = met.operation
    if machine.events.muted:
        return
    if not (operation_rules(name, None if misfit is None else misfit.clause) or withdrawals(name)):
        return
    from snugly.rules import judge

    application = Application(name, met.facts(), result, misfit)
    if judge.diagnose_operation(application):
        findings = judge.judge_operation(
            application, place=met.place, sources=met.arguments, callers=met.callers, constructor=met.layer
        )
        machine.events.find(findings, machine.batch)
    for code, meant in judge.withdrawn_by(application):
        machine.events.take_back(code, meant)


def _by_name(operation: Operation, args: Iterable[Any], kwargs: Mapping[str, Any]) -> dict[str, Any]:
    names, star = operation.positions, operation.star
    bound = dict(zip(names, args, strict=False))
    if star is not None:
        more = tuple(args)[len(names) :]
        if more:
            bound[star] = more
    bound.update(kwargs)
    return bound


def _with_origin(machine: Machine, origin: Met, given: Iterable[Any], result: Any) -> Any:
    """Say where a result comes from; what was given and comes out again keeps its own origin."""
    if type(result) is TensorFacts:
        stamped: Any = result if any(result is each for each in given) else result.with_(origin=origin)
    elif isinstance(result, (TensorFacts, tuple, list, Repeated)):
        stamped = _stamp(result, origin, {id(value) for value in given})
    else:
        return result
    if machine.settings.get("torch.no_grad", False) is not False:
        stamped = _without_gradient(machine, origin, stamped)
    return _under_autocast(stamped, origin) if machine.settings.get("torch.autocast") else stamped


def _under_autocast(result: Any, origin: Met) -> Any:
    """Under mixed precision the floating dtype of a result depends on the operation and the device: it is not known."""
    if isinstance(result, TensorFacts):
        computed = any(facts.dtype in _MIXED for facts in origin.inputs)
        return result.with_(dtype=None) if computed and result.dtype in _MIXED else result
    if isinstance(result, tuple):
        parts = [_under_autocast(part, origin) for part in result]
        return type(result)(*parts) if hasattr(result, "_fields") else tuple(parts)
    return result


def _without_gradient(machine: Machine, origin: Met, result: Any) -> Any:
    """Within ``torch.no_grad`` no result requires grad, but for one that is asked to or that was there before."""
    setting = machine.settings.get("torch.no_grad", False)
    if isinstance(result, TensorFacts):
        if not result.requires_grad or origin.operation.endswith("_") or origin.facts().get("requires_grad"):
            return result
        return result.with_(requires_grad=None if setting is None else False)
    if isinstance(result, tuple):
        parts = [_without_gradient(machine, origin, part) for part in result]
        return type(result)(*parts) if hasattr(result, "_fields") else tuple(parts)
    return result


def _with_sizes(machine: Machine, result: Any) -> Any:
    """Name the sizes of a result that are not known: whatever they are, they are fixed from here on."""
    if isinstance(result, TensorFacts) and result.shape is not None and None in result.shape:
        sizes = (machine.new_symbol("L") if size is None else size for size in result.shape)
        return result.with_(shape=tuple(sizes))
    return result


def _stamp(result: Any, origin: Met, same: set[int]) -> Any:
    if isinstance(result, TensorFacts):
        return result if id(result) in same else result.with_(origin=origin)
    if isinstance(result, tuple):
        parts = [_stamp(item, origin, same) for item in result]
        return type(result)(*parts) if hasattr(result, "_fields") else tuple(parts)
    if isinstance(result, list):
        return [_stamp(item, origin, same) for item in result]
    return Repeated(_stamp(result.element, origin, same), result.length) if isinstance(result, Repeated) else result


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
        if not isinstance(settled, (TensorFacts, Unknown)) and hasattr(settled, "as_argument"):
            settled = settled.as_argument()
        given[key] = settled
        tensors[key] = settled if isinstance(settled, TensorFacts) else UNKNOWN_TENSOR
    plain = {key: _option(value) for key, value in options.items()}
    call = LossCall(name, tensors, plain, module)
    told = {key: _with_sizes(machine, facts) for key, facts in tensors.items()}
    machine.events.losses.append(LossRecord(machine.place, name, told, machine.batch))
    met = Met(machine, name, lambda: {**tensors, **plain}, lambda: given)
    verdict, findings = _judged(machine, call, met)
    machine.events.find(findings, machine.batch)
    output = verdict.output
    if output is None:
        if verdict.accepted is False:
            return Unknown(f"{name} does not fit")
        output = UNKNOWN_TENSOR
    return _with_origin(machine, met, tensors.values(), output)


def _judged(machine: Machine, call: LossCall, met: Met) -> tuple[Verdict, tuple[Finding, ...]]:
    """Judge a loss call, once for the same facts at the same place."""
    from snugly.rules import judge

    place = met.place
    known: list[tuple[LossCall, tuple[Verdict, tuple[Finding, ...]]]]
    known = machine.judged.setdefault((place, call.loss), [])
    for other, answer in known:
        if other == call:
            return answer
    answer = judge.judge_loss(
        call,
        place=place,
        sources=met.arguments,
        callers=met.callers,
        constructor=met.layer,
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
