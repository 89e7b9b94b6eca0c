"""Optimizers and learning rate schedulers: they change no facts, so all that counts is what is read from them."""

from __future__ import annotations

from typing import Any

from snugly.interpreter.values import Mapping, Number, Sequence, Value
from snugly.library.registry import Model, alias, model

_OPTIMIZERS = (
    "Adadelta", "Adafactor", "Adagrad", "Adam", "AdamW", "Adamax", "ASGD", "LBFGS", "Muon", "NAdam", "RAdam", "RMSprop",
    "Rprop", "SGD", "SparseAdam",
)  # fmt: skip
_SCHEDULERS = (
    "LambdaLR", "MultiplicativeLR", "StepLR", "MultiStepLR", "ConstantLR", "LinearLR", "ExponentialLR",
    "CosineAnnealingLR", "ChainedScheduler", "SequentialLR", "ReduceLROnPlateau", "CyclicLR",
    "CosineAnnealingWarmRestarts", "OneCycleLR", "PolynomialLR",
)  # fmt: skip


@model("torch.optim.Optimizer", "torch.optim.optimizer.Optimizer")
class Optimizer(Model):
    """What every optimizer has."""

    def __init__(self, params: Value = None, *args: Value, **kwargs: Value) -> None:
        """Keep the settings, which the groups repeat."""
        group = Mapping({"params": params, "lr": kwargs.get("lr", args[0] if args else Number("float")), **kwargs})
        self.param_groups = Sequence("list", [group])
        self.defaults = Mapping(dict(kwargs))
        self.state = Mapping({}, rest=Mapping(open=True), open=True)

    def zero_grad(self, set_to_none: Value = True) -> None:
        """Change nothing that facts show."""

    def step(self, machine: Any, closure: Value = None) -> Value:
        """Call the closure, if any, and return what it returns."""
        return None if closure is None else machine.call(closure)

    def add_param_group(self, machine: Any, param_group: Value) -> None:
        """Add a group."""
        machine.touch(self.param_groups)
        if self.param_groups.items is not None:
            self.param_groups.items.append(param_group)

    def state_dict(self) -> Mapping:
        """Return a dict whose entries are not followed."""
        return Mapping(open=True)

    def load_state_dict(self, state_dict: Value) -> None:
        """Change nothing that facts show."""

    def train(self) -> None:
        """Change nothing that facts show."""

    def eval(self) -> None:
        """Change nothing that facts show."""


@model("torch.optim.lr_scheduler.LRScheduler", "torch.optim.lr_scheduler._LRScheduler")
class Scheduler(Model):
    """What every scheduler has."""

    def __init__(self, optimizer: Value = None, *args: Value, **kwargs: Value) -> None:
        """Keep the optimizer."""
        self.optimizer = optimizer
        self.last_epoch = Number("int", -1)
        self.base_lrs = Sequence("list", None, Number("float"), None)

    def step(self, *args: Value, **kwargs: Value) -> None:
        """Change nothing that facts show."""

    def get_last_lr(self) -> Sequence:
        """Return the rates, one for each group."""
        return Sequence("list", None, Number("float"), None)

    get_lr = get_last_lr

    def state_dict(self) -> Mapping:
        """Return a dict whose entries are not followed."""
        return Mapping(open=True)

    def load_state_dict(self, state_dict: Value) -> None:
        """Change nothing that facts show."""


for _name in _OPTIMIZERS:
    _doc = f"What the interpreter knows of ``torch.optim.{_name}``."
    model(f"torch.optim.{_name}", f"torch.optim.{_name.lower()}.{_name}")(type(_name, (Optimizer,), {"__doc__": _doc}))
for _name in _SCHEDULERS:
    _doc = f"What the interpreter knows of ``torch.optim.lr_scheduler.{_name}``."
    model(f"torch.optim.lr_scheduler.{_name}")(type(_name, (Scheduler,), {"__doc__": _doc}))


@model("torch.optim.swa_utils.AveragedModel")
class AveragedModel(Model):
    """A model whose parameters are averaged; it is called like the model."""

    def __init__(self, model: Value, *args: Value, **kwargs: Value) -> None:
        """Keep the model."""
        self.module = model

    def call(self, machine: Any, *args: Value, **kwargs: Value) -> Value:
        """Call the model."""
        return machine.call(self.module, *args, **kwargs)

    def update_parameters(self, model: Value) -> None:
        """Change nothing that facts show."""

    def train(self, mode: Value = True) -> Value:
        """Return itself."""
        return self

    def eval(self) -> Value:
        """Return itself."""
        return self

    def to(self, *args: Value, **kwargs: Value) -> Value:
        """Return itself."""
        return self

    def parameters(self, machine: Any) -> Value:
        """Return the model's."""
        return machine.call(machine.get(self.module, "parameters"))

    def state_dict(self) -> Mapping:
        """Return a dict whose entries are not followed."""
        return Mapping(open=True)


alias("torch.optim.swa_utils.SWALR", "torch.optim.lr_scheduler.LRScheduler")
alias("torch.distributed.optim.DistributedOptimizer", "torch.optim.Optimizer")
alias("torch.distributed.optim.ZeroRedundancyOptimizer", "torch.optim.Optimizer")
