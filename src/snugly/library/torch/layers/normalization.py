"""Normalization layers, and their lazy forms."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from snugly.facts.tensors import TensorFacts
from snugly.library.registry import alias, model
from snugly.library.torch.arguments import flag, known_items, size, tensor
from snugly.library.torch.layers.functional import FUNCTIONAL
from snugly.library.torch.module import Module, new_parameter

if TYPE_CHECKING:
    from snugly.interpreter.values import Value


class _NormBase(Module):
    """Weight, bias and running statistics, each with one entry for each of the channels."""

    weight: Value = None
    bias: Value = None
    running_mean: Value = None
    running_var: Value = None
    num_batches_tracked: Value = None

    def _make(self, machine: Any, num_features: Value, dtype: Value) -> None:
        held = vars(self)
        features = size(num_features)
        if flag(held["affine"]) is not False:
            self.weight = new_parameter(machine, (features,), dtype)
            self.bias = new_parameter(machine, (features,), dtype)
        if flag(held["track_running_stats"]) is not False:
            statistics = new_parameter(machine, (features,), dtype).with_(kind="tensor", requires_grad=False)
            self.register_buffer(machine, "running_mean", statistics)
            self.register_buffer(machine, "running_var", statistics)
            self.register_buffer(machine, "num_batches_tracked", TensorFacts((), "int64", requires_grad=False))

    def _uses_batch(self) -> bool | None:
        """Tell whether the statistics of the batch are used, rather than the running ones."""
        tracked = flag(vars(self)["track_running_stats"])
        if tracked is False:
            return True
        return flag(self.training)


@model("torch.nn.modules.batchnorm._BatchNorm")
class BatchNorm(_NormBase):
    """What the batch normalizations share."""

    _axes: ClassVar[int] = 1

    def __init__(
        self,
        machine: Any,
        num_features: Value,
        eps: Value = 1e-5,
        momentum: Value = 0.1,
        affine: Value = True,
        track_running_stats: Value = True,
        device: Value = None,
        dtype: Value = None,
    ) -> None:
        """Make the parameters and the running statistics."""
        self.num_features, self.eps, self.momentum = num_features, eps, momentum
        self.affine, self.track_running_stats = affine, track_running_stats
        self._make(machine, num_features, dtype)

    def forward(self, machine: Any, input: Value) -> Value:
        """Check the rank, as the module does, and normalize over the batch."""
        return self._operate(
            machine,
            f"torch.nn.BatchNorm{self._axes}d",
            input,
            self.running_mean,
            self.running_var,
            self.weight,
            self.bias,
            training=self._uses_batch(),
            momentum=self.momentum,
            eps=self.eps,
        )


@model("torch.nn.modules.instancenorm._InstanceNorm")
class InstanceNorm(_NormBase):
    """What the instance normalizations share."""

    _axes: ClassVar[int] = 1

    def __init__(
        self,
        machine: Any,
        num_features: Value,
        eps: Value = 1e-5,
        momentum: Value = 0.1,
        affine: Value = False,
        track_running_stats: Value = False,
        device: Value = None,
        dtype: Value = None,
    ) -> None:
        """Make the parameters and the running statistics, if any."""
        self.num_features, self.eps, self.momentum = num_features, eps, momentum
        self.affine, self.track_running_stats = affine, track_running_stats
        self._make(machine, num_features, dtype)

    def forward(self, machine: Any, input: Value) -> Value:
        """Check the rank, as the module does, and normalize each sample."""
        return self._operate(
            machine,
            f"torch.nn.InstanceNorm{self._axes}d",
            input,
            self.running_mean,
            self.running_var,
            self.weight,
            self.bias,
            use_input_stats=self._uses_batch(),
            momentum=self.momentum,
            eps=self.eps,
            num_features=self.num_features,
        )


class _LazyNorm:
    """A normalization that takes ``num_features`` from its first input."""

    def __init__(self, machine: Any, *args: Value, **kwargs: Value) -> None:
        """Make the parameters without their size."""
        super().__init__(machine, None, *args, **kwargs)  # type: ignore[call-arg]  # the layer it is mixed into
        self.num_features: Value = 0

    def forward(self, machine: Any, input: Value) -> Value:
        """Take the number of channels, once, and normalize."""
        layer: Any = self
        if self.num_features == 0:
            machine.touch(self)
            facts = tensor(input)
            batched = isinstance(layer, BatchNorm) or facts.rank == layer._axes + 2
            self.num_features = facts.size(1 if batched else 0)
            for name in ("weight", "bias", "running_mean", "running_var"):
                held = getattr(layer, name)
                if isinstance(held, TensorFacts):
                    setattr(layer, name, held.with_(shape=(self.num_features,)))
        return super().forward(machine, input)  # type: ignore[misc]  # as above


class _LazyInstanceNorm(_LazyNorm):
    """A lazy instance normalization, which is affine and keeps statistics unless told otherwise."""

    def __init__(
        self,
        machine: Any,
        eps: Value = 1e-5,
        momentum: Value = 0.1,
        affine: Value = True,
        track_running_stats: Value = True,
        device: Value = None,
        dtype: Value = None,
    ) -> None:
        """Make the parameters without their size."""
        super().__init__(machine, eps, momentum, affine, track_running_stats, device, dtype)


for _axes in (1, 2, 3):
    for _name, _base in ((f"BatchNorm{_axes}d", BatchNorm), (f"InstanceNorm{_axes}d", InstanceNorm)):
        _doc = f"What the interpreter knows of ``torch.nn.{_name}``."
        _declared: Any = model(f"torch.nn.{_name}")(type(_name, (_base,), {"__doc__": _doc, "_axes": _axes}))
        _doc = f"What the interpreter knows of ``torch.nn.Lazy{_name}``."
        model(f"torch.nn.Lazy{_name}")(
            type(f"Lazy{_name}", (_LazyNorm if _base is BatchNorm else _LazyInstanceNorm, _declared), {"__doc__": _doc})
        )


@model("torch.nn.SyncBatchNorm")
class SyncBatchNorm(BatchNorm):
    """Batch normalization over the processes: any rank from two on."""

    def __init__(
        self,
        machine: Any,
        num_features: Value,
        eps: Value = 1e-5,
        momentum: Value = 0.1,
        affine: Value = True,
        track_running_stats: Value = True,
        process_group: Value = None,
        device: Value = None,
        dtype: Value = None,
    ) -> None:
        """Make the parameters and the running statistics."""
        super().__init__(machine, num_features, eps, momentum, affine, track_running_stats, device, dtype)
        self.process_group = process_group

    def forward(self, machine: Any, input: Value) -> Value:
        """Normalize; the other processes may hold more of the batch, so one row is no fault."""
        return self._operate(
            machine,
            f"{FUNCTIONAL}.batch_norm",
            input,
            self.running_mean,
            self.running_var,
            self.weight,
            self.bias,
            training=None,
            momentum=self.momentum,
            eps=self.eps,
        )


def normalized(value: Value) -> tuple[Any, ...] | None:
    """Return ``normalized_shape`` as torch keeps it."""
    items = known_items(value)
    if items is not None:
        return tuple(size(item) for item in items)
    return (size(value),) if size(value) is not None else None


@model("torch.nn.LayerNorm")
class LayerNorm(Module):
    """Normalizes the last axes of each sample."""

    weight: Value = None
    bias: Value = None

    def __init__(
        self,
        machine: Any,
        normalized_shape: Value,
        eps: Value = 1e-5,
        elementwise_affine: Value = True,
        bias: Value = True,
        device: Value = None,
        dtype: Value = None,
    ) -> None:
        """Make the parameters."""
        shape = normalized(normalized_shape)
        self.normalized_shape: Value = machine.unknown("normalized_shape") if shape is None else shape
        self.eps, self.elementwise_affine = eps, elementwise_affine
        if flag(elementwise_affine) is not False:
            self.weight = new_parameter(machine, shape, dtype)
            if flag(bias) is not False:
                self.bias = new_parameter(machine, shape, dtype)

    def forward(self, machine: Any, input: Value) -> Value:
        """Apply ``layer_norm``."""
        return self._operate(
            machine, f"{FUNCTIONAL}.layer_norm", input, self.normalized_shape, self.weight, self.bias, self.eps
        )


@model("torch.nn.RMSNorm")
class RMSNorm(Module):
    """Scales the last axes of each sample."""

    weight: Value = None

    def __init__(
        self,
        machine: Any,
        normalized_shape: Value,
        eps: Value = None,
        elementwise_affine: Value = True,
        device: Value = None,
        dtype: Value = None,
    ) -> None:
        """Make the weight."""
        shape = normalized(normalized_shape)
        self.normalized_shape: Value = machine.unknown("normalized_shape") if shape is None else shape
        self.eps, self.elementwise_affine = eps, elementwise_affine
        if flag(elementwise_affine) is not False:
            self.weight = new_parameter(machine, shape, dtype)

    def forward(self, machine: Any, x: Value) -> Value:
        """Apply ``rms_norm``."""
        return self._operate(machine, f"{FUNCTIONAL}.rms_norm", x, self.normalized_shape, self.weight, self.eps)


@model("torch.nn.GroupNorm")
class GroupNorm(Module):
    """Normalizes groups of channels of each sample."""

    weight: Value = None
    bias: Value = None

    def __init__(
        self,
        machine: Any,
        num_groups: Value,
        num_channels: Value,
        eps: Value = 1e-5,
        affine: Value = True,
        device: Value = None,
        dtype: Value = None,
    ) -> None:
        """Make the parameters."""
        self.num_groups, self.num_channels, self.eps, self.affine = num_groups, num_channels, eps, affine
        if flag(affine) is not False:
            self.weight = new_parameter(machine, (size(num_channels),), dtype)
            self.bias = new_parameter(machine, (size(num_channels),), dtype)

    def forward(self, machine: Any, input: Value) -> Value:
        """Apply ``group_norm``."""
        return self._operate(
            machine, f"{FUNCTIONAL}.group_norm", input, self.num_groups, self.weight, self.bias, self.eps
        )


for _part in (
    "batchnorm",
    "instancenorm",
    "normalization",
    "activation",
    "dropout",
    "pooling",
    "padding",
    "upsampling",
    "flatten",
    "pixelshuffle",
    "channelshuffle",
    "distance",
    "fold",
    "container",
    "rnn",
    "transformer",
    "loss",
    "adaptive",
):
    alias(f"torch.nn.modules.{_part}", "torch.nn")
    alias(f"torch.nn.{_part}", "torch.nn")  # what the alias of torch.nn.modules makes of it
for _part in ("conv", "linear", "sparse"):
    alias(f"torch.nn.{_part}", "torch.nn")
alias("torch.nn.modules", "torch.nn")
