"""``snugly.fit``: do these fit?"""

from __future__ import annotations

import difflib
import sys
from typing import TYPE_CHECKING, Any

from snugly.contracts import LOSSES, LossCall, Raises, Verdict, contract
from snugly.contracts.binding import MODULES, BindingError, bind_function, bind_module, construct, module
from snugly.contracts.conditions import ELEMENT_CLAUSES
from snugly.facts.notation import parse
from snugly.facts.records import replace
from snugly.facts.tensors import TensorFacts
from snugly.rules.judge import judge_loss

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


def fit(loss: Any, *args: Any, **kwargs: Any) -> Verdict:
    """Tell whether arguments fit a loss, what comes out, and what is wrong with them.

    Args:
        loss: a name (``"cross_entropy"``, ``"nn.CrossEntropyLoss"``), a function of
            ``torch.nn.functional``, or a loss module, whose options are read.
        *args: the arguments in torch's order: tensors, whose elements and ``requires_grad`` count,
            TensorFacts, or the notation (``"float32[32, 10]"``), which says nothing about elements,
            so that they are taken to be in range.
        **kwargs: arguments and options by torch's names. A module by name takes its options here too.

    Returns:
        The verdict, with the findings of every rule that applies, traps that torch accepts included.

    Raises:
        ValueError: ``loss`` is no loss of torch.
        TypeError: the arguments do not fit the signature of the loss.
        NotationError: a text is not in the notation.
    """
    call, error = _call(loss, args, kwargs)
    if error is not None:
        return Verdict(accepted=False, raises=Raises(error[0], "forward", error[1]))
    call = replace(call, arguments={name: _without_grad(name, facts) for name, facts in call.arguments.items()})
    verdict, findings = judge_loss(call, kernel=_kernel())
    if verdict.accepted is None and _decided_but_for_elements(verdict, call):
        verdict = replace(verdict, accepted=True)
    return replace(verdict, findings=findings)


def _call(loss: Any, args: Sequence[Any], kwargs: Mapping[str, Any]) -> tuple[LossCall, tuple[str, str] | None]:
    if not isinstance(loss, str):
        return _live_call(loss, args, kwargs), None
    found = module(loss)
    if found is None:
        name = _function(loss)
        names = contract(name).tensors
        parameters = [parameter.name for parameter in contract(name).parameters if not parameter.keyword_only]
        positional = [_read(value, tensor=key in names) for key, value in zip(parameters, args, strict=False)]
        positional += args[len(parameters) :]
        return bind_function(
            name, positional, {key: _read(value, tensor=key in names) for key, value in kwargs.items()}
        ), None
    constructor = {parameter.name: parameter.tensor for parameter in found.parameters}
    options = {key: _read(value, tensor=constructor[key]) for key, value in kwargs.items() if key in constructor}
    forward = {key: _read(value, tensor=True) for key, value in kwargs.items() if key not in constructor}
    state = construct(found.name, (), options)
    return bind_module(state, [_read(value, tensor=True) for value in args], forward), state.error


def _live_call(loss: Any, args: Sequence[Any], kwargs: Mapping[str, Any]) -> LossCall:
    from snugly.runtime.losses import loss_call, loss_name, module_of

    found = module_of(loss)
    if found is not None:
        names: Sequence[str] = found.forward
        parameters = list(found.forward)
    else:
        name = loss_name(loss)
        names = contract(name).tensors if name is not None else ()
        parameters = [parameter.name for parameter in contract(name).parameters] if name is not None else []
    positional = [_read(value, tensor=key in names) for key, value in zip(parameters, args, strict=False)]
    positional += args[len(parameters) :]
    call = loss_call(loss, positional, {key: _read(value, tensor=key in names) for key, value in kwargs.items()})
    if call is None:
        msg = f"{getattr(loss, '__name__', type(loss).__name__)} is no loss of torch; snugly knows {_known()}"
        raise ValueError(msg)
    return call


def _function(name: str) -> str:
    last = name.rpartition(".")[2]
    qualified = f"torch.nn.functional.{last}"
    if qualified in LOSSES:
        return qualified
    near = difflib.get_close_matches(last, [known.rpartition(".")[2] for known in (*LOSSES, *MODULES)], 1)
    hint = f"did you mean {near[0]}?" if near else f"snugly knows {_known()}"
    msg = f"{name!r} is no loss of torch; {hint}"
    raise ValueError(msg)


def _known() -> str:
    return ", ".join(name.rpartition(".")[2] for name in LOSSES)


def _read(value: Any, *, tensor: bool) -> Any:
    """Return the facts of what stands for a tensor, and anything else as it is."""
    if not tensor or isinstance(value, TensorFacts):
        return value
    if isinstance(value, str):
        return parse(value)
    if "torch" in sys.modules or "numpy" in sys.modules:
        from snugly.runtime.facts import facts_of, is_tensor_like

        if is_tensor_like(value):
            return facts_of(value)
    return value


def _without_grad(name: str, facts: TensorFacts) -> TensorFacts:
    """Take a target or a weight of which nothing else is said not to require grad."""
    if facts.requires_grad is None and name in ("target", "targets", "weight", "pos_weight"):
        return facts.with_(requires_grad=False)
    return facts


def _kernel() -> Any:
    """Return torch's own kernels to prove fixes with, where the user has imported torch."""
    if "torch" not in sys.modules:
        return None
    from snugly.runtime.kernel import run_kernel

    return run_kernel


def _decided_but_for_elements(verdict: Verdict, call: LossCall) -> bool:
    """Tell whether only elements are not known, and of facts that have none."""
    return bool(verdict.doubts) and all(
        doubt.clause in ELEMENT_CLAUSES and call.arguments.get(doubt.argument, TensorFacts()).values.data() is None
        for doubt in verdict.doubts
    )


__all__ = ["BindingError", "fit"]
