"""``lightning``: modules whose steps a ``Trainer`` calls with the batches of the loaders."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from snugly.interpreter.values import Case, Function, Instance, Method, Number, Sequence, Unknown, Value
from snugly.library.records import NAMESPACE, record
from snugly.library.registry import Model, alias, function, model, quiet
from snugly.library.torch.module import Module

if TYPE_CHECKING:
    from snugly.interpreter.machine import Machine

quiet("lightning", "pytorch_lightning", "lightning_fabric")
alias("pytorch_lightning", "lightning.pytorch")
alias("lightning.LightningModule", "lightning.pytorch.LightningModule")
alias("lightning.LightningDataModule", "lightning.pytorch.LightningDataModule")
alias("lightning.Trainer", "lightning.pytorch.Trainer")
alias("lightning.seed_everything", "lightning.pytorch.seed_everything")


def _keep_hyperparameters(machine: Machine, owner: Value, names: tuple[Value, ...]) -> None:
    """Make ``self.hparams`` of the arguments of the ``__init__`` that asks for it."""
    if not isinstance(owner, Instance):
        return
    given = {
        name: value
        for name, value in machine.frame.scope.names.items()
        if name != "self" and not name.startswith("__") and (not names or name in names)
    }
    machine.touch(owner)
    owner.attributes["hparams"] = record(NAMESPACE, given)


@model("lightning.pytorch.LightningModule")
class LightningModule(Module):
    """A module with its training and validation steps."""

    def save_hyperparameters(self, machine: Machine, *args: Value, **options: Value) -> None:
        _keep_hyperparameters(machine, self.owner, args)

    def log(self, name: Value, value: Value, *args: Value, **options: Value) -> None:
        """``log(name, value)``."""

    def log_dict(self, dictionary: Value, *args: Value, **options: Value) -> None:
        """``log_dict(dictionary)``."""

    def print(self, *args: Value, **options: Value) -> None:
        """``print()``."""

    def freeze(self) -> None:
        """``freeze()``."""

    def optimizers(self, use_pl_optimizer: Value = True) -> Value:
        return Unknown("the optimizers of a module")

    def manual_backward(self, loss: Value, *args: Value, **options: Value) -> None:
        """``manual_backward(loss)``."""

    @property
    def trainer(self) -> Value:
        return Unknown("the trainer of a module")

    @property
    def current_epoch(self) -> Value:
        return Number("int", 0)

    global_step = current_epoch

    @property
    def device(self) -> Value:
        return Unknown("the device of a module")

    @property
    def logger(self) -> Value:
        return Unknown("the logger of a module")


@model("lightning.pytorch.LightningDataModule")
class LightningDataModule(Model):
    """The loaders of an experiment."""

    def __init__(self, *args: Value, **options: Value) -> None:
        """Nothing is kept."""

    def save_hyperparameters(self, machine: Machine, *args: Value, **options: Value) -> None:
        _keep_hyperparameters(machine, self.owner, args)

    def prepare_data(self) -> None:
        """``prepare_data()``."""

    def setup(self, stage: Value = None) -> None:
        """``setup(stage)``."""


def _hook(machine: Machine, owner: Value, name: str) -> Value:
    """Return a method that the user's class defines, or ``None``."""
    found = machine.get(owner, name)
    return found if isinstance(found, Method | Function) else None


def _call_hook(machine: Machine, owner: Value, name: str, *args: Value) -> Value:
    hook = _hook(machine, owner, name)
    return None if hook is None else machine.call(hook, *args)


def _batches(machine: Machine, loader: Value) -> tuple[Case, ...]:
    found = machine.iterate(loader)
    if found.cases:
        return found.cases
    if found.items is not None:
        return tuple(Case(item, 1) for item in found.items)
    return (Case(found.element, found.length),)


def _run_step(machine: Machine, module: Value, name: str, loaders: Value) -> None:
    step = _hook(machine, module, name)
    if step is None or loaders is None:
        return
    several = loaders.items if isinstance(loaders, Sequence) and loaders.items is not None else [loaders]
    for loader in several:
        for case in _batches(machine, loader):
            machine.batches.append(case.name)
            try:
                _call_step(machine, step, case.element)
            finally:
                machine.batches.pop()


def _call_step(machine: Machine, step: Value, batch: Value) -> None:
    node: Any = step.function.node if isinstance(step, Method) else step.node
    wanted = len(node.args.args) - 1
    machine.call(step, *(batch, Number("int", 0), 0)[: max(wanted, 1)])


@model("lightning.pytorch.Trainer")
class Trainer(Model):
    """Runs the steps of a module."""

    def __init__(self, *args: Value, **options: Value) -> None:
        self.callback_metrics: Value = Unknown("the metrics of a trainer")
        self.logger: Value = Unknown("the logger of a trainer")

    def fit(
        self,
        machine: Machine,
        model: Value,
        train_dataloaders: Value = None,
        val_dataloaders: Value = None,
        datamodule: Value = None,
        ckpt_path: Value = None,
        **options: Value,
    ) -> None:
        train = options.get("train_dataloader", train_dataloaders)
        source = datamodule
        if isinstance(train, Instance) and isinstance(train.native, LightningDataModule):
            train, source = None, train
        _call_hook(machine, model, "configure_optimizers")
        train = self._loader(machine, source, model, "train_dataloader", "fit") if train is None else train
        val = val_dataloaders
        val = self._loader(machine, source, model, "val_dataloader", None) if val is None else val
        _call_hook(machine, model, "on_train_epoch_start")
        _run_step(machine, model, "training_step", train)
        _run_step(machine, model, "validation_step", val)
        _call_hook(machine, model, "on_validation_epoch_end")
        _call_hook(machine, model, "on_train_epoch_end")

    def _loader(self, machine: Machine, source: Value, module: Value, name: str, stage: str | None) -> Value:
        if source is not None and stage is not None:
            _call_hook(machine, source, "prepare_data")
            _call_hook(machine, source, "setup", stage)
        return _call_hook(machine, module if source is None else source, name)

    def test(
        self, machine: Machine, model: Value = None, dataloaders: Value = None, datamodule: Value = None, **_: Value
    ) -> Value:
        loaders = dataloaders
        if loaders is None and model is not None:
            loaders = self._loader(machine, datamodule, model, "test_dataloader", "test")
        if model is not None:
            _run_step(machine, model, "test_step", loaders)
            _call_hook(machine, model, "on_test_epoch_end")
        return Unknown("the results of a test")

    def validate(self, machine: Machine, model: Value = None, dataloaders: Value = None, **_: Value) -> Value:
        if model is not None:
            _run_step(machine, model, "validation_step", dataloaders)
        return Unknown("the results of a validation")

    def predict(self, machine: Machine, model: Value = None, dataloaders: Value = None, **_: Value) -> Value:
        if model is not None:
            _run_step(machine, model, "predict_step", dataloaders)
        return Sequence("list", None, Unknown("a prediction"), None)


@function("lightning.pytorch.seed_everything")
def seed_everything(seed: Value = None, workers: Value = False) -> Value:
    """``seed_everything(seed)``."""
    return seed
