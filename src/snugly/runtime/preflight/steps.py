"""What a training step is: models, a loss, a batch, and how they meet."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from snugly.facts.records import dataclass
from snugly.runtime.preflight.batches import batch_size, of_size
from snugly.runtime.preflight.loaders import Loaded, first_batches
from snugly.runtime.preflight.reach import reached

if TYPE_CHECKING:
    import torch
    from torch import nn


# Samples that are loaded to make a batch of another size.
_MOST_COLLATED = 64


class StepError(TypeError):
    """The pieces do not make a step; the message says what is missing."""


@dataclass(slots=True)
class Step:
    """A training step, ready to be run with any batch.

    Attributes:
        models: the modules that were given, by name.
        run: takes a batch and returns the loss, or several.
        batch: a real batch.
        more: further real batches, of which only the labels are looked at.
        size: the number of samples of ``batch``.
        configured: the batch size that the loader makes, if there is a loader.
        last: the size of the last, shorter batch; ``None`` when there is none or the length is not known.
        every: whether the loader makes batches of one size only.
        known_length: how many samples the loader has; ``None`` when that is not known.
        collate: makes a real batch of some size; ``None`` where there is only this batch.
        beside: further modules that the step reaches, by the names that it knows them by.
        leaves: tensors outside of modules that require a gradient.
        steppers: optimizers, schedulers and gradient scalers that the step reaches.
        sources: functions and classes of the user's that make up the step.
    """

    models: dict[str, nn.Module]
    run: Callable[[Any], Any]
    batch: Any
    more: tuple[Any, ...] = ()
    size: int = 0
    configured: int | None = None
    last: int | None = None
    every: bool = False
    known_length: int | None = None
    collate: Callable[[int], Any] | None = None
    beside: dict[str, nn.Module] | None = None
    leaves: tuple[torch.Tensor, ...] = ()
    steppers: tuple[Any, ...] = ()
    sources: tuple[Any, ...] = ()

    def batch_of(self, size: int) -> Any:
        """Return a real batch of some size: collated from samples where that goes, else cut from the one at hand."""
        if size == self.size:
            return self.batch
        if self.collate is not None and size <= _MOST_COLLATED:
            try:
                made = self.collate(size)
            except Exception:  # fewer samples than that, or samples that only a worker can load
                made = None
            if made is not None and (size == 1 or batch_size(made) == size):
                return made
        return of_size(self.batch, self.size, size)

    @property
    def all_models(self) -> dict[str, nn.Module]:
        """The modules that were given and those beside them."""
        return {**self.models, **(self.beside or {})}

    @property
    def modules(self) -> tuple[nn.Module, ...]:
        """The same without their names."""
        return tuple(self.all_models.values())


def make_step(model: Any, loss: Any, batch_or_loader: Any, step: Callable[..., Any] | None) -> Step:
    """Put the pieces of a step together.

    Args:
        model: a module, or several as a sequence or a mapping.
        loss: a loss function or module of ``(output, target)``; ``None`` when ``step`` or the model computes it.
        batch_or_loader: a batch (a tensor, or tuples, lists and dicts of them), or what the training loop iterates
            over, such as a ``DataLoader``.
        step: computes the loss: ``step(model, batch)``; the model is called with all but the last part of the
            batch otherwise, and the loss with its output and the last part.

    Raises:
        StepError: the pieces do not make a step.
    """
    models = _models(model)
    _refuse_lazy(models)
    given = _uncompiled(model)
    loaded = first_batches(batch_or_loader)
    if not loaded.batches:
        msg = "the loader gives no batch"
        raise StepError(msg)
    batch = loaded.batches[0]
    size = batch_size(batch)
    if size is None:
        msg = "the batch holds no tensor with a first axis; give a batch as the training loop sees it, such as (x, y)"
        raise StepError(msg)
    run = _runner(given, loss, batch, step)
    return _complete(Step(models, run, batch, size=size), loaded, loss, step)


def _complete(made: Step, loaded: Loaded, loss: Any, step: Any) -> Step:
    """Add what the loader says about batches, and what the step reaches."""
    found = reached(*(each for each in (step, loss) if each is not None))
    own = {id(module) for model in made.models.values() for module in model.modules()}
    made.beside = {name or "loss": each for name, each in found.modules.items() if id(each) not in own}
    made.leaves, made.steppers = tuple(found.leaves), tuple(found.steppers)
    made.more, made.configured, made.last = tuple(loaded.batches[1:]), loaded.configured, loaded.last
    made.collate = loaded.collate
    made.every, made.known_length = loaded.drops_last, loaded.samples
    made.sources = (
        *(each for each in (step, loss) if each is not None),
        *(type(each) for each in made.models.values()),
        *loaded.sources,
    )
    return made


def _models(model: Any) -> dict[str, nn.Module]:
    from torch import nn

    if isinstance(model, nn.Module):
        return {"": _uncompiled(model)}
    pairs = (
        model.items() if isinstance(model, Mapping) else enumerate(model) if isinstance(model, (tuple, list)) else ()
    )
    named = {str(name): _uncompiled(each) for name, each in pairs}
    if not named or not all(isinstance(each, nn.Module) for each in named.values()):
        msg = f"the model must be a torch.nn.Module, or several as a list or a dict; this is {type(model).__name__}"
        raise StepError(msg)
    return named


def _uncompiled(model: Any) -> Any:
    """Return the model behind ``torch.compile``; of several, each in its place."""
    if isinstance(model, Mapping):
        return {name: _uncompiled(each) for name, each in model.items()}
    if isinstance(model, (tuple, list)):
        return [_uncompiled(each) for each in model]
    return vars(model).get("_modules", {}).get("_orig_mod", model) if hasattr(model, "__dict__") else model


def _refuse_lazy(models: Mapping[str, nn.Module]) -> None:
    from torch.nn.parameter import is_lazy

    for model in models.values():
        for name, parameter in model.named_parameters():
            if is_lazy(parameter):
                layer = name.rpartition(".")[0] or type(model).__name__
                msg = (
                    f"{layer} is lazy: its parameters get their shapes from the first batch; "
                    "call the model once with a batch, then preflight it"
                )
                raise StepError(msg)


def _runner(model: Any, loss: Any, batch: Any, step: Callable[..., Any] | None) -> Callable[[Any], Any]:
    if step is not None:
        return lambda given: step(model, given)
    training_step = getattr(model, "training_step", None)
    if loss is None and training_step is not None:
        return lambda given: _loss_of(training_step(given, 0))
    if loss is None and isinstance(batch, Mapping):
        return lambda given: _loss_of(model(**given))
    if loss is None:
        msg = "there is no loss: give one, or step=, a function of (model, batch) that returns the loss"
        raise StepError(msg)
    if not callable(model):
        msg = "how several models meet is not clear; give step=, a function of (models, batch) that returns the losses"
        raise StepError(msg)
    if isinstance(batch, (tuple, list)) and len(batch) >= 2:
        return lambda given: loss(_output(model(*given[:-1])), given[-1])
    key = (
        next((each for each in ("labels", "label", "target", "targets", "y") if each in batch), None)
        if isinstance(batch, Mapping)
        else None
    )
    if key is not None:
        return lambda given: loss(_output(model(**{k: v for k, v in given.items() if k != key})), given[key])
    msg = (
        f"how the model takes a batch of type {type(batch).__name__} is not clear; "
        "give step=, a function of (model, batch) that returns the loss"
    )
    raise StepError(msg)


def _loss_of(result: Any) -> Any:
    if isinstance(result, Mapping) and "loss" in result:
        return result["loss"]
    return getattr(result, "loss", result)


def _output(result: Any) -> Any:
    return getattr(result, "logits", result)
