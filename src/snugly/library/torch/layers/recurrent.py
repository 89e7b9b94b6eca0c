"""Recurrent layers and cells; the sizes of their results are those of the operations of the same name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from snugly.facts.tensors import TensorFacts
from snugly.library.registry import Model, model
from snugly.library.torch.arguments import flag, integer, size
from snugly.library.torch.module import Module, new_parameter

if TYPE_CHECKING:
    from snugly.facts.dims import Dim
    from snugly.interpreter.values import Value


@model("torch.nn.utils.rnn.PackedSequence")
class PackedSequence(Model):
    """A batch of sequences of several lengths, packed.

    Attributes:
        data: the elements, one row each.
        batch_sizes: how many sequences reach each time step.
        padded: facts of the batch as it was before packing, batch first.
    """

    def __init__(
        self,
        data: Value = None,
        batch_sizes: Value = None,
        sorted_indices: Value = None,
        unsorted_indices: Value = None,
    ) -> None:
        """Keep the parts."""
        self.data, self.batch_sizes = data, batch_sizes
        self.sorted_indices, self.unsorted_indices = sorted_indices, unsorted_indices
        self._padded: TensorFacts | None = None

    def to(self, *args: Value, **kwargs: Value) -> Value:
        """Return itself: only the device changes."""
        return self

    def cuda(self, *args: Value, **kwargs: Value) -> Value:
        """Return itself: only the device changes."""
        return self

    cpu = cuda


def packed(padded: TensorFacts) -> PackedSequence:
    """Return the packed form of a padded batch ``(batch, time, *features)``."""
    features = None if padded.shape is None or len(padded.shape) < 2 else padded.shape[2:]
    batch = PackedSequence(
        TensorFacts(None if features is None else (None, *features), padded.dtype, requires_grad=padded.requires_grad),
        TensorFacts((padded.size(1),), "int64", device="cpu", requires_grad=False),
    )
    batch._padded = padded
    return batch


@model("torch.nn.RNNBase")
class RNNBase(Module):
    """What the recurrent layers share: the weights, layer by layer and direction by direction."""

    _gates: ClassVar[int] = 1
    mode: Value = "RNN_TANH"

    def _make(self, machine: Any, options: dict[str, Value], dtype: Value) -> None:
        for name, value in options.items():
            setattr(self, name, value)
        layers = integer(options["num_layers"])
        for layer in range(layers if layers is not None and layers <= 64 else 1):
            for suffix in ("", "_reverse") if flag(options["bidirectional"]) else ("",):
                for name, shape in self._shapes(options, layer).items():
                    setattr(self, f"{name}_l{layer}{suffix}", new_parameter(machine, shape, dtype))

    def _shapes(self, options: dict[str, Value], layer: int) -> dict[str, tuple[Dim | None, ...]]:
        hidden, projected = size(options["hidden_size"]), integer(options.get("proj_size", 0))
        state: Dim | None = hidden if projected == 0 else projected
        rows = None if hidden is None else hidden * self._gates
        directions = 2 if flag(options["bidirectional"]) else 1
        columns = size(options["input_size"]) if layer == 0 else (None if state is None else state * directions)
        shapes: dict[str, tuple[Dim | None, ...]] = {"weight_ih": (rows, columns), "weight_hh": (rows, state)}
        if flag(options["bias"]) is not False:
            shapes |= {"bias_ih": (rows,), "bias_hh": (rows,)}
        if projected:
            shapes["weight_hr"] = (projected, hidden)
        return shapes

    def flatten_parameters(self) -> None:
        """Change nothing that facts show."""

    def forward(self, machine: Any, input: Value, hx: Value = None) -> Value:
        """Run over the time steps: the outputs and the last state."""
        held = vars(self)
        batch_first = held["batch_first"]
        if isinstance(input, PackedSequence):
            if input._padded is None:
                return machine.unknown(f"{self.path} of a PackedSequence that is not known")
            source, batch_first = input._padded, True
        else:
            source = input
        options = {"proj_size": held["proj_size"]} if "proj_size" in held else {}
        if "nonlinearity" in held:
            options = {"nonlinearity": held["nonlinearity"]}
        result = self._operate(
            machine,
            f"{self.path}.forward",
            source,
            hx,
            weights=(held["weight_ih_l0"],),
            input_size=held["input_size"],
            hidden_size=held["hidden_size"],
            num_layers=held["num_layers"],
            batch_first=batch_first,
            bidirectional=held["bidirectional"],
            **options,
        )
        if isinstance(input, PackedSequence) and isinstance(result, tuple) and isinstance(result[0], TensorFacts):
            return (packed(result[0]), result[1])
        return result


@model("torch.nn.RNN")
class RNN(RNNBase):
    """A plain recurrent layer."""

    def __init__(
        self,
        machine: Any,
        input_size: Value,
        hidden_size: Value,
        num_layers: Value = 1,
        nonlinearity: Value = "tanh",
        bias: Value = True,
        batch_first: Value = False,
        dropout: Value = 0.0,
        bidirectional: Value = False,
        device: Value = None,
        dtype: Value = None,
    ) -> None:
        """Make the weights."""
        options = {
            "input_size": input_size,
            "hidden_size": hidden_size,
            "num_layers": num_layers,
            "nonlinearity": nonlinearity,
            "bias": bias,
            "batch_first": batch_first,
            "dropout": dropout,
            "bidirectional": bidirectional,
        }
        self._make(machine, options, dtype)


@model("torch.nn.GRU")
class GRU(RNNBase):
    """A gated recurrent layer."""

    _gates = 3
    mode = "GRU"

    def __init__(
        self,
        machine: Any,
        input_size: Value,
        hidden_size: Value,
        num_layers: Value = 1,
        bias: Value = True,
        batch_first: Value = False,
        dropout: Value = 0.0,
        bidirectional: Value = False,
        device: Value = None,
        dtype: Value = None,
    ) -> None:
        """Make the weights."""
        options = {
            "input_size": input_size,
            "hidden_size": hidden_size,
            "num_layers": num_layers,
            "bias": bias,
            "batch_first": batch_first,
            "dropout": dropout,
            "bidirectional": bidirectional,
        }
        self._make(machine, options, dtype)


@model("torch.nn.LSTM")
class LSTM(RNNBase):
    """A long short-term memory; its state is a pair."""

    _gates = 4
    mode = "LSTM"

    def __init__(
        self,
        machine: Any,
        input_size: Value,
        hidden_size: Value,
        num_layers: Value = 1,
        bias: Value = True,
        batch_first: Value = False,
        dropout: Value = 0.0,
        bidirectional: Value = False,
        proj_size: Value = 0,
        device: Value = None,
        dtype: Value = None,
    ) -> None:
        """Make the weights."""
        options = {
            "input_size": input_size,
            "hidden_size": hidden_size,
            "num_layers": num_layers,
            "bias": bias,
            "batch_first": batch_first,
            "dropout": dropout,
            "bidirectional": bidirectional,
            "proj_size": proj_size,
        }
        self._make(machine, options, dtype)


@model("torch.nn.RNNCellBase")
class RNNCellBase(Module):
    """One step of a recurrent layer."""

    _gates: ClassVar[int] = 1
    bias_ih: Value = None
    bias_hh: Value = None

    def __init__(
        self,
        machine: Any,
        input_size: Value,
        hidden_size: Value,
        bias: Value = True,
        device: Value = None,
        dtype: Value = None,
    ) -> None:
        """Make the weights."""
        self.input_size, self.hidden_size, self.bias = input_size, hidden_size, bias
        hidden = size(hidden_size)
        rows = None if hidden is None else hidden * self._gates
        self.weight_ih = new_parameter(machine, (rows, size(input_size)), dtype)
        self.weight_hh = new_parameter(machine, (rows, hidden), dtype)
        if flag(bias) is not False:
            self.bias_ih = new_parameter(machine, (rows,), dtype)
            self.bias_hh = new_parameter(machine, (rows,), dtype)

    def forward(self, machine: Any, input: Value, hx: Value = None) -> Value:
        """Take one step."""
        return self._operate(
            machine,
            f"{self.path}.forward",
            input,
            hx,
            weights=(self.weight_ih,),
            input_size=self.input_size,
            hidden_size=self.hidden_size,
        )


@model("torch.nn.RNNCell")
class RNNCell(RNNCellBase):
    """One step of a plain recurrent layer."""

    def __init__(
        self,
        machine: Any,
        input_size: Value,
        hidden_size: Value,
        bias: Value = True,
        nonlinearity: Value = "tanh",
        device: Value = None,
        dtype: Value = None,
    ) -> None:
        """Make the weights."""
        super().__init__(machine, input_size, hidden_size, bias, device, dtype)
        self.nonlinearity = nonlinearity


@model("torch.nn.GRUCell")
class GRUCell(RNNCellBase):
    """One step of a gated recurrent layer."""

    _gates = 3


@model("torch.nn.LSTMCell")
class LSTMCell(RNNCellBase):
    """One step of a long short-term memory; its state is a pair."""

    _gates = 4
