"""The losses of ``torch.nn`` and ``torch.nn.functional``: both reach the one judge, ``machine.loss``.

Which parameters they have, and which of them are tensors, is said once, in ``snugly.contracts.binding``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

from snugly.contracts import LOSSES
from snugly.contracts.binding import MODULES, bind_function, bind_module, construct
from snugly.contracts.calls import UNKNOWN, LossCall
from snugly.facts.records import replace
from snugly.facts.tensors import TensorFacts
from snugly.facts.values import Meaning, ValueFacts
from snugly.interpreter.values import DType, Expr, Value
from snugly.library.registry import function, model
from snugly.library.torch.arguments import size
from snugly.library.torch.module import Module

if TYPE_CHECKING:
    from snugly.contracts.binding import ModuleState

_KNOWN = (bool, int, float, str, type(None), TensorFacts, Expr)


def option(value: Value) -> Any:
    """Return an argument of a loss as contracts take it: a value that is not known is ``UNKNOWN``."""
    if isinstance(value, DType):
        return value.name
    if isinstance(value, tuple):
        return tuple(option(item) for item in value)
    return value if isinstance(value, _KNOWN) else UNKNOWN


def judge(machine: Any, call: LossCall) -> Value:
    """Hand a call to the machine, which judges it and answers with the loss."""
    return machine.loss(call.loss, call.arguments, call.options, call.module)


class LossModule(Module):
    """A loss as a module: the options of the constructor are attributes, class weights buffers."""

    _state: ModuleState
    _module: ClassVar[str] = ""

    def __init__(self, *args: Value, **kwargs: Value) -> None:
        """Keep the options."""
        self._state = construct(self._module, [option(value) for value in args], _options(kwargs))
        for parameter in self._state.module.parameters:
            if parameter.name not in ("size_average", "reduce"):
                setattr(self, parameter.name, self._state.options.get(parameter.name, _default(parameter.default)))
        for name, facts in self._state.tensors.items():
            self._buffers = self._buffers | {name}
            setattr(self, name, facts)

    def forward(self, machine: Any, *args: Value, **kwargs: Value) -> Value:
        """Judge the call with the module's options and its tensors as they are now."""
        held = {name: member for name, member in vars(self).items() if isinstance(member, TensorFacts)}
        state = replace(self._state, tensors={**self._state.tensors, **held})
        call = bind_module(state, [option(value) for value in args], _options(kwargs))
        if self.origin is None:
            return judge(machine, call)
        with machine.layer(self.origin):
            return judge(machine, call)


def _options(kwargs: dict[str, Value]) -> dict[str, Any]:
    return {name: option(value) for name, value in kwargs.items()}


def _default(default: Any) -> Value:
    return default if isinstance(default, _KNOWN) else None


def _declare_module(path: str) -> None:
    name = path.rpartition(".")[2]
    members = {"__doc__": f"What the interpreter knows of ``{path}``.", "_module": path}
    model(path)(type(name, (LossModule,), members))


def _declare_function(path: str) -> None:
    def call(machine: Any, *args: Value, **kwargs: Value) -> Value:
        return judge(machine, bind_function(path, [option(value) for value in args], _options(kwargs)))

    call.__doc__ = f"Judge a call of ``{path}``."
    function(path)(call)


class AdaptiveOutput(NamedTuple):
    """What ``AdaptiveLogSoftmaxWithLoss`` returns."""

    output: Value
    loss: Value


@model("torch.nn.AdaptiveLogSoftmaxWithLoss")
class AdaptiveLogSoftmaxWithLoss(LossModule):
    """A softmax over clusters of classes with its loss."""

    _module = "torch.nn.AdaptiveLogSoftmaxWithLoss"

    def forward(self, machine: Any, *args: Value, **kwargs: Value) -> Value:
        """Judge the call; each row's log-probability comes with the loss."""
        loss = super().forward(machine, *args, **kwargs)
        target = args[1] if len(args) > 1 else kwargs.get("target_")
        shape = target.shape if isinstance(target, TensorFacts) else None
        dtype = loss.dtype if isinstance(loss, TensorFacts) else None
        return AdaptiveOutput(TensorFacts(shape, dtype, requires_grad=True), loss)

    def log_prob(self, machine: Any, input: Value) -> Value:
        """Return the log-probabilities of all classes."""
        classes = vars(self).get("n_classes")
        rows = input.size(0) if isinstance(input, TensorFacts) else None
        values = ValueFacts(high=0.0, meaning=Meaning.LOG_PROBABILITIES, axis=1)
        return TensorFacts((rows, size(classes)), getattr(input, "dtype", None), requires_grad=True, values=values)

    def predict(self, machine: Any, input: Value) -> Value:
        """Return the likeliest class of each row."""
        rows = input.size(0) if isinstance(input, TensorFacts) else None
        return TensorFacts((rows,), "int64", requires_grad=False, values=ValueFacts(low=0, integral=True))


for _path in MODULES:
    if _path != AdaptiveLogSoftmaxWithLoss.path:
        _declare_module(_path)
for _path in LOSSES:
    if _path not in MODULES:
        _declare_function(_path)
