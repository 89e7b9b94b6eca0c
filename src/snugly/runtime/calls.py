"""A call of a loss function that is running, seen from inside, as the contracts know it; see ``losses`` for asking."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from snugly import contracts
from snugly.contracts.calls import LossCall
from snugly.runtime.facts import facts_of, is_tensor_like
from snugly.runtime.losses import module_state
from snugly.runtime.outcomes import LiveOutcome

if TYPE_CHECKING:
    from collections.abc import Mapping

_RENAMED = {"input_": "input", "target_": "target"}


def running_call(
    loss: str, arguments: Mapping[str, Any], module: Any = None, *, look: bool = True, wait: bool = True
) -> LossCall:
    """Return the call of a loss with live arguments.

    Args:
        loss: qualified name of the function, or of the class where there is no function.
        arguments: every argument by torch's parameter name, defaults filled in.
        module: the ``torch.nn`` loss module it was called through, if it was.
        look: whether questions about elements may read them.
        wait: whether such a question may wait for a device other than the CPU.

    Raises:
        KeyError: there is no contract for the loss.
    """
    parameters = {parameter.name: parameter for parameter in contracts.contract(loss).parameters}
    tensors = {}
    options = {}
    for given, value in arguments.items():
        name = _RENAMED.get(given, given)
        if is_tensor_like(value):
            tensors[name] = facts_of(value, look=look, wait=wait)
        elif name in parameters and not _is_default(parameters[name].default, value):
            options[name] = value
    if loss.startswith("torch.nn.functional."):
        outcome = LiveOutcome(loss, arguments) if look and wait else None
        return LossCall(loss, tensors, options, _class_of(module), outcome)
    state = module_state(module)
    options.update({} if state is None else state.options)
    return LossCall(loss, tensors, options, _class_of(module))


def _is_default(default: Any, value: Any) -> bool:
    return value is default or (type(value) is type(default) and value == default)


def _class_of(module: Any) -> str | None:
    """Return torch's name of a loss module; a class of the user's goes by the class of torch that it inherits from."""
    for cls in type(module).__mro__:
        if cls.__module__.startswith("torch.nn.modules."):
            return f"torch.nn.{cls.__name__}"
    return None
