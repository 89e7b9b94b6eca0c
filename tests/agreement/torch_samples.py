"""Torch's own operator samples, turned into facts and compared with what snugly.operations answers.

Run it as a script for the table of names covered: ``python -m tests.agreement.torch_samples``.
"""

from __future__ import annotations

import contextlib
import io
import itertools
import math
import sys
import warnings
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import torch

from snugly.facts.dims import Expr, substitute, symbol, symbols, value
from snugly.facts.misfits import Misfit
from snugly.facts.scalars import Number
from snugly.facts.tensors import TensorFacts
from snugly.facts.values import NOTHING_KNOWN, Meaning, ValueFacts
from snugly.operations import registry

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

DTYPES = (torch.float32, torch.int64, torch.bool, torch.complex64)
MOST_ELEMENTS = 64
# Entries of the table that call something else than the function that they name.
OTHERS = frozenset({"normal", "rand_like", "svd_lowrank", "pca_lowrank"})


@dataclass
class Score:
    """What came of the samples of one operation."""

    samples: int = 0
    symbolic: int = 0
    unknown: int = 0
    wrong: list[str] = field(default_factory=list)
    refused: int = 0  # torch raises, and so do we, with the same type
    other_type: list[str] = field(default_factory=list)  # torch raises, and so do we, with another type
    gaps: int = 0  # torch raises, we answer


def dtype_name(dtype: torch.dtype) -> str:
    """Return a dtype as facts write it."""
    return str(dtype).removeprefix("torch.")


def value_facts(tensor: torch.Tensor) -> ValueFacts:
    """Return everything that is true of the elements of a small real tensor."""
    if tensor.numel() > MOST_ELEMENTS or tensor.is_complex() or tensor.dtype in (torch.float16, torch.bfloat16):
        return NOTHING_KNOWN
    elements = tuple(tensor.detach().reshape(-1).tolist())
    if not elements or not all(math.isfinite(x) for x in elements):
        return NOTHING_KNOWN
    integral = all(float(x).is_integer() for x in elements)
    return ValueFacts(min(elements), max(elements), integral, frozenset(elements), elements, finite=True, attained=True)


def facts_of(argument: Any, *, values: bool, names: dict[int, Expr] | None = None) -> Any:
    """Return an argument of torch as an argument of an operation; with ``names``, sizes as symbols."""
    if isinstance(argument, torch.Tensor):
        if argument.layout is not torch.strided:
            raise NotImplementedError(argument.layout)
        known = value_facts(argument) if values else NOTHING_KNOWN
        shape = tuple(argument.shape if names is None else (named(size, names) for size in argument.shape))
        kind = "parameter" if isinstance(argument, torch.nn.Parameter) else "tensor"
        return TensorFacts(shape, dtype_name(argument.dtype), "cpu", argument.requires_grad, known, kind=kind)
    if isinstance(argument, torch.dtype):
        return dtype_name(argument)
    if isinstance(argument, torch.device):
        return str(argument)
    if isinstance(argument, torch.Size):
        return tuple(argument)
    if isinstance(argument, list | tuple):
        items = [facts_of(item, values=values, names=names) for item in argument]
        return tuple(items) if isinstance(argument, tuple) else items
    if isinstance(argument, dict):
        return {name: facts_of(item, values=values, names=names) for name, item in argument.items()}
    return argument


def named(size: int, names: dict[int, Expr]) -> Any:
    """Return a size as a symbol that could be any size that is not 0 or 1; equal sizes have one symbol."""
    return names.setdefault(size, symbol(f"S{size}", 2)) if size > 1 else size


def compare(ours: Any, real: Any, sizes: dict[Any, int] | None = None) -> tuple[str | None, bool]:
    """Return what is wrong with an answer, if anything, and whether a part of it is not known."""
    if ours is registry.UNKNOWN:
        return None, True
    if isinstance(real, torch.Tensor):
        return compare_tensor(ours, real, sizes) if isinstance(ours, TensorFacts) else (f"{ours!r} for a tensor", False)
    if isinstance(real, list | tuple):
        return compare_items(ours, real, sizes)
    if isinstance(ours, Number):
        kinds = {"int": int, "float": float, "bool": bool, "complex": complex}
        right = isinstance(real, kinds[ours.type])
        inside = (
            not isinstance(real, int | float)
            or math.isnan(real)
            or ((ours.low is None or real >= ours.low) and (ours.high is None or real <= ours.high))
        )
        return (None if right and inside else f"{ours!r} for {real!r}"), False
    if isinstance(ours, Expr):
        ours = concrete(ours, sizes)
    return (None if ours == real else f"{ours!r} for {real!r}"), False


def compare_items(ours: Any, real: Any, sizes: dict[Any, int] | None) -> tuple[str | None, bool]:
    """Compare a sequence of results."""
    if isinstance(ours, registry.Repeated):
        length = concrete(ours.length, sizes)
        if length is not None and length != len(real):
            return f"{length} items for {len(real)}", False
        answers = [compare(ours.element, item, sizes) for item in real]
        return next((wrong for wrong, _ in answers if wrong), None), length is None or any(part for _, part in answers)
    if not isinstance(ours, list | tuple) or len(ours) != len(real):
        return f"{ours!r} for {len(real)} results", False
    answers = [compare(a, b, sizes) for a, b in zip(ours, real, strict=True)]
    return next((wrong for wrong, _ in answers if wrong), None), any(part for _, part in answers)


def concrete(size: Any, sizes: dict[Any, int] | None) -> int | None:
    """Return a size as an integer, symbols replaced."""
    return value(substitute(size, sizes)) if isinstance(size, Expr) and sizes is not None else value(size)


def compare_tensor(ours: TensorFacts, real: torch.Tensor, sizes: dict[Any, int] | None) -> tuple[str | None, bool]:
    """Compare shape, dtype, grad and elements with a real tensor."""
    shape = None if ours.shape is None else tuple(concrete(size, sizes) for size in ours.shape)
    partial = shape is None or None in shape or ours.dtype is None
    if shape is not None and (
        len(shape) != real.dim() or any(a is not None and a != b for a, b in zip(shape, real.shape, strict=True))
    ):
        return f"shape {ours} for {tuple(real.shape)}", partial
    if ours.dtype is not None and ours.dtype != dtype_name(real.dtype):
        return f"dtype {ours} for {real.dtype}", partial
    if ours.axes is not None and ours.shape is not None and len(ours.axes) != len(ours.shape):
        return f"axes {ours.axes} for {ours}", partial
    if ours.device not in (None, "cpu"):
        return f"device {ours.device}", partial
    return wrong_values(ours.values, real), partial


def wrong_values(ours: ValueFacts, real: torch.Tensor) -> str | None:
    """Return which value fact the elements contradict."""
    if ours is NOTHING_KNOWN or real.is_complex() or real.numel() == 0 or real.layout is not torch.strided:
        return None
    found = real.detach().to(torch.float64).reshape(-1)
    found = found[~found.isnan()]
    if not found.numel():
        return None
    slack = 1e-4 * (1 + found.abs().max().item()) if real.is_floating_point() else 0
    if math.isinf(slack):
        return None
    low, high = found.min().item(), found.max().item()
    if (ours.low is not None and low < ours.low - slack) or (ours.high is not None and high > ours.high + slack):
        return f"range [{ours.low}, {ours.high}] for [{low}, {high}]"
    if ours.integral and real.is_floating_point() and not bool((found == found.round()).all()):
        return "integral"
    if ours.attained and (
        (ours.low is not None and abs(low - ours.low) > slack)
        or (ours.high is not None and abs(high - ours.high) > slack)
    ):
        return f"attained [{ours.low}, {ours.high}] for [{low}, {high}]"
    if ours.members is not None and not slack and not set(found.tolist()) <= {float(x) for x in ours.members}:
        return f"members {ours.members} for {set(found.tolist())}"
    if ours.elements is not None:
        listed = torch.tensor(ours.elements, dtype=torch.float64)
        if listed.numel() != real.numel() or not torch.allclose(
            listed, real.detach().to(torch.float64).reshape(-1), atol=1e-4, rtol=1e-4, equal_nan=True
        ):
            return f"elements {ours.elements[:6]} for {found.tolist()[:6]}"
    return wrong_meaning(ours, real)


def wrong_meaning(ours: ValueFacts, real: torch.Tensor) -> str | None:
    """Return whether a distribution does not sum to one along its axis."""
    if ours.axis is None or not real.is_floating_point():
        return None
    if ours.axis >= max(real.dim(), 1):
        return f"axis {ours.axis} of {real.dim()}"
    if real.dim() == 0 or ours.meaning not in (Meaning.PROBABILITIES, Meaning.LOG_PROBABILITIES):
        return None
    total = real.exp() if ours.meaning is Meaning.LOG_PROBABILITIES else real
    total = total.sum(ours.axis)
    return (
        None if bool((total - 1).abs().max() < 1e-3 if total.numel() else True) else f"{ours.meaning} along {ours.axis}"
    )


def call(function: Callable[..., Any], *args: Any, **kwargs: Any) -> tuple[Any, Exception | None]:
    """Call torch without its noise."""
    with warnings.catch_warnings(), contextlib.redirect_stderr(io.StringIO()):
        warnings.simplefilter("ignore")
        try:
            return function(*args, **kwargs), None
        except Exception as error:
            return None, error


def judge(score: Score, name: str, real: tuple[Any, Exception | None], args: Any, kwargs: Any, *, values: bool) -> None:
    """Apply an operation to the facts of a sample and record how it compares with the real result."""
    declared = registry.lookup(name)
    assert declared is not None
    result, error = real
    try:
        ours = declared(*facts_of(args, values=values), **facts_of(kwargs, values=values))
    except NotImplementedError:
        return
    except Misfit as misfit:
        score.samples += 1
        if error is None:
            score.wrong.append(f"{name}{shapes_of(args, kwargs)}: refused: {misfit}")
        elif type(error).__name__ == misfit.raises:
            score.refused += 1
        else:
            score.other_type.append(
                f"{name}{shapes_of(args, kwargs)}: {type(error).__name__}: {error} | {misfit.raises}: {misfit}"
            )
        return
    except TypeError as misuse:
        if error is None:
            score.samples += 1
            score.unknown += 1
            score.wrong.append(f"{name}{shapes_of(args, kwargs)}: does not bind: {misuse}")
        return
    except Exception as crash:
        score.wrong.append(f"{name}{shapes_of(args, kwargs)}: crashed: {crash!r}")
        return
    score.samples += 1
    if error is not None:
        score.gaps += 1
        return
    wrong, partial = compare(ours, result)
    score.unknown += partial
    if wrong:
        score.wrong.append(f"{name}{shapes_of(args, kwargs)}: {wrong}")


def judge_symbols(score: Score, name: str, real: Any, args: Any, kwargs: Any) -> None:
    """Apply an operation to symbolic sizes: what it answers must hold for the sizes of the sample."""
    declared = registry.lookup(name)
    assert declared is not None
    names: dict[int, Expr] = {}
    try:
        ours = declared(*facts_of(args, values=False, names=names), **facts_of(kwargs, values=False, names=names))
    except NotImplementedError:
        return
    except Exception as refusal:
        score.wrong.append(f"{name}{shapes_of(args, kwargs)}: symbolic: {refusal!r}")
        return
    score.symbolic += 1
    sizes = {next(iter(symbols(expression))): size for size, expression in names.items()}
    wrong, _ = compare(ours, real, sizes)
    if wrong:
        score.wrong.append(f"{name}{shapes_of(args, kwargs)}: symbolic: {wrong}")


def shapes_of(args: Any, kwargs: Any) -> str:
    """Describe a sample."""

    def one(item: Any) -> str:
        if isinstance(item, torch.Tensor):
            return f"{dtype_name(item.dtype)}{list(item.shape)}"
        if isinstance(item, list | tuple):
            return "(" + ", ".join(map(one, item)) + ")"
        return repr(item)

    return "(" + ", ".join([*map(one, args), *(f"{name}={one(item)}" for name, item in kwargs.items())]) + ")"


def operators() -> list[Any]:
    """Return torch's table of operators."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from torch.testing._internal.common_methods_invocations import op_db

    return list(op_db)


def names_of(op: Any) -> list[tuple[str, Callable[..., Any]]]:
    """Return the declared names of an operator of torch with what to call: function, method, operator."""
    found: dict[str, Callable[..., Any]] = {}
    plain = op.name.removeprefix("_refs.")
    function = function_of(op)
    for name in (f"torch.{plain}", f"torch.Tensor.{plain}"):
        if registry.lookup(name) is not None:
            owner, _, attribute = name.rpartition(".")
            real = function
            if owner == "torch.Tensor":
                method = getattr(torch.Tensor, attribute, None)
                real = method if callable(method) else function
            found[name] = real
    special = {"__getitem__": torch.Tensor.__getitem__}
    if plain in special:
        found[f"torch.Tensor.{plain}"] = special[plain]
    return list(found.items())


def samples_of(op: Any, dtype: torch.dtype, most: int) -> list[tuple[tuple[Any, ...], dict[str, Any]]]:
    """Return the arguments of the samples that torch has for an operator and a dtype, up to ``most``."""
    if dtype not in op.dtypes:
        return []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            samples = itertools.islice(op.sample_inputs("cpu", dtype, requires_grad=False), most)
            return [(in_order(op.name, (sample.input, *sample.args)), sample.kwargs) for sample in samples]
        except (RuntimeError, ModuleNotFoundError):
            return []


def in_order(name: str, args: tuple[Any, ...]) -> tuple[Any, ...]:
    """Return the arguments in the order of torch's own function; the table has a few in the order of gradients."""
    if name in ("nn.functional.embedding", "nn.functional.embedding_bag", "where") and len(args) > 1:
        return (args[1], args[0], *args[2:])
    return (args[1], *args[0]) if name == "einsum" else args


def function_of(op: Any) -> Callable[..., Any]:
    """Return the function that an operator of the table stands for, where the table wraps it to reorder arguments."""
    if op.name in ("nn.functional.embedding", "nn.functional.embedding_bag", "where", "einsum"):
        owner: Any = torch
        for part in op.name.split("."):
            owner = getattr(owner, part)
        return owner  # type: ignore[no-any-return]
    return op.op  # type: ignore[no-any-return]


def errors_of(op: Any) -> Iterator[tuple[tuple[Any, ...], dict[str, Any]]]:
    """Yield the arguments of every sample that torch has for what an operator refuses."""
    if op.error_inputs_func is None:
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            for error in op.error_inputs("cpu"):
                yield in_order(op.name, (error.sample_input.input, *error.sample_input.args)), error.sample_input.kwargs
        except Exception:
            return


def run(ops: list[Any], dtypes: tuple[torch.dtype, ...] = DTYPES, most: int = 1000) -> dict[str, Score]:
    """Compare every declared operator on its samples; every second one with its elements known."""
    scores: dict[str, Score] = {}
    for op in ops:
        names = names_of(op)
        if not names or op.name in OTHERS or op.variant_test_name in ("singular", "grad_oriented"):
            continue
        score = scores.setdefault(op.name, Score())
        for dtype in dtypes:
            for number, (args, kwargs) in enumerate(samples_of(op, dtype, most)):
                real = call(function_of(op), *copied(args), **copied(kwargs))
                for name, function in names:
                    if name.startswith("torch.Tensor.") and (not args or not isinstance(args[0], torch.Tensor)):
                        continue
                    given = (args[1], args[0], *args[2:]) if name == "torch.Tensor.where" else args
                    answer = (
                        real
                        if function is function_of(op) or number
                        else call(function, *copied(given), **copied(kwargs))
                    )
                    judge(score, name, answer, given, kwargs, values=bool(number % 2))
                    if answer[1] is None and dtype is torch.float32:
                        judge_symbols(score, name, answer[0], given, kwargs)
        for args, kwargs in errors_of(op):
            if names[0][0].startswith("torch.Tensor.") and not isinstance(args[0], torch.Tensor):
                continue
            real = call(function_of(op), *copied(args), **copied(kwargs))
            judge(score, names[0][0], real, args, kwargs, values=True)
    return scores


def copied(arguments: Any) -> Any:
    """Copy arguments, so that an operation in place does not change the sample."""
    if isinstance(arguments, torch.Tensor):
        return arguments.clone() if arguments.layout is torch.strided else arguments
    if isinstance(arguments, dict):
        return {name: copied(item) for name, item in arguments.items()}
    if type(arguments) in (list, tuple):
        return type(arguments)(copied(item) for item in arguments)
    return arguments


def main() -> None:
    """Print the table of operators: covered, samples, unknown, wrong."""
    torch.manual_seed(0)
    wanted = sys.argv[1:]
    scores = run([op for op in operators() if not wanted or op.name in wanted])
    total: Counter[str] = Counter()
    for name, score in sorted(scores.items()):
        total.update(samples=score.samples, unknown=score.unknown, wrong=len(score.wrong), gaps=score.gaps,
                     refused=score.refused, other=len(score.other_type))  # fmt: skip
        print(
            f"{name:45} samples {score.samples:5} unknown {score.unknown:4} wrong {len(score.wrong):3} gaps {score.gaps:3} refused {score.refused:3} other {len(score.other_type)}"
        )
        for line in score.wrong[:3]:
            print("    WRONG", line[:300])
        for line in score.other_type[:2]:
            print("    TYPE ", line[:400])
    print(dict(total), len(scores), "operators")


if __name__ == "__main__":
    main()
