"""What a training step is: a model, a loss, a batch, and how the three meet."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from itertools import islice
from typing import TYPE_CHECKING, Any

from snugly.facts.records import dataclass, field

if TYPE_CHECKING:
    import torch
    from torch import nn

# Batches of a loader whose labels are looked at.
_BATCHES_LOOKED_AT = 3


class StepError(TypeError):
    """The pieces do not make a step; the message says what is missing."""


@dataclass(slots=True)
class Step:
    """A training step, ready to be run with any batch.

    Attributes:
        models: the modules whose parameters are trained, by name.
        run: takes a batch and returns the loss.
        batch: a real batch.
        more: further real batches, of which only the labels are looked at.
        size: the number of samples of ``batch``.
        configured: the batch size that the loader makes, if there is a loader.
        last: the size of the last, shorter batch; ``None`` when there is none or the length is not known.
        training: whether the models were in training mode when they were given.
    """

    models: dict[str, nn.Module]
    run: Callable[[Any], Any]
    batch: Any
    more: tuple[Any, ...] = ()
    size: int = 0
    configured: int | None = None
    last: int | None = None
    notes: list[str] = field(default_factory=list)


def make_step(
    model: Any,
    loss: Any,
    batch_or_loader: Any,
    step: Callable[..., Any] | None,
) -> Step:
    """Put the pieces of a step together.

    Args:
        model: a module, or several as a sequence or a mapping.
        loss: a loss function or module of ``(output, target)``; ``None`` when ``step`` or the model computes it.
        batch_or_loader: a batch (a tensor, or tuples, lists and dicts of them), or a ``DataLoader``.
        step: computes the loss: ``step(model, batch)``; the model is called with all but the last part of the
            batch otherwise, and the loss with its output and the last part.

    Raises:
        StepError: the pieces do not make a step.
    """
    import torch

    models = _models(model)
    if isinstance(batch_or_loader, torch.utils.data.DataLoader):
        batches, configured, last = _first_batches(batch_or_loader)
    else:
        batches, configured, last = [batch_or_loader], None, None
    size = batch_size(batches[0])
    if size is None:
        msg = "the batch holds no tensor with a first axis; give a batch as the training loop sees it, such as (x, y)"
        raise StepError(msg)
    run = _runner(model, loss, batches[0], step)
    return Step(models, run, batches[0], tuple(batches[1:]), size, configured, last)


def _models(model: Any) -> dict[str, nn.Module]:
    from torch import nn

    if isinstance(model, nn.Module):
        return {"": model}
    pairs = (
        model.items() if isinstance(model, Mapping) else enumerate(model) if isinstance(model, (tuple, list)) else ()
    )
    named = {str(name): each for name, each in pairs}
    if not named or not all(isinstance(each, nn.Module) for each in named.values()):
        msg = f"the model must be a torch.nn.Module, or several as a list or a dict; this is {type(model).__name__}"
        raise StepError(msg)
    return named


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
    if isinstance(batch, (tuple, list)) and len(batch) >= 2:
        return lambda given: loss(model(*given[:-1]), given[-1])
    if isinstance(batch, Mapping) and "labels" in batch:
        return lambda given: loss(_logits(model(**{k: v for k, v in given.items() if k != "labels"})), given["labels"])
    msg = (
        f"how the model takes a batch of type {type(batch).__name__} is not clear; "
        "give step=, a function of (model, batch) that returns the loss"
    )
    raise StepError(msg)


def _loss_of(result: Any) -> Any:
    if isinstance(result, Mapping):
        return result["loss"]
    return getattr(result, "loss", result)


def _logits(result: Any) -> Any:
    return getattr(result, "logits", result)


def _first_batches(loader: Any) -> tuple[list[Any], int | None, int | None]:
    batches = list(islice(iter(loader), _BATCHES_LOOKED_AT))
    if not batches:
        msg = "the loader gives no batch"
        raise StepError(msg)
    configured = (
        loader.batch_size if loader.batch_size is not None else getattr(loader.batch_sampler, "batch_size", None)
    )
    try:
        samples = len(loader.sampler)
    except (TypeError, NotImplementedError):
        return batches, configured, None
    drops = loader.drop_last or getattr(loader.batch_sampler, "drop_last", False)
    rest = samples % configured if configured else 0
    return batches, configured, rest if rest and not drops else None


def tensors_of(batch: Any) -> list[torch.Tensor]:
    """Return the tensors in a batch, in order."""
    import torch

    return [leaf for leaf in torch.utils._pytree.tree_leaves(batch) if isinstance(leaf, torch.Tensor)]


def batch_size(batch: Any) -> int | None:
    """Return the number of samples of a batch: the first size that most of its tensors share."""
    sizes = Counter(tensor.size(0) for tensor in tensors_of(batch) if tensor.dim())
    return sizes.most_common(1)[0][0] if sizes else None


def batch_axis(tensor: torch.Tensor, size: int) -> int | None:
    """Return the axis of a tensor that the samples lie along; ``None`` when there is none."""
    return next((axis for axis, here in enumerate(tensor.shape) if here == size), None)
