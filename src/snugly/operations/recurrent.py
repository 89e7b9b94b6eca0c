"""Recurrent layers and cells: what ``forward`` of ``torch.nn.LSTM`` and its kin checks and returns.

Source: ``torch/nn/modules/rnn.py`` of torch 2.13. Sizes are those of the layer: ``weight`` is ``weight_ih_l0`` (or
``weight_ih`` of a cell), which carries the input size, the dtype and whether gradients flow.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from snugly.facts.dims import Dim, same
from snugly.facts.misfits import Misfit, require
from snugly.facts.tensors import UNKNOWN_TENSOR, TensorFacts
from snugly.facts.values import NOTHING_KNOWN, ValueFacts
from snugly.operations.arguments import flag, listed, whole
from snugly.operations.registry import UNKNOWN, operation
from snugly.operations.results import gradient

if TYPE_CHECKING:
    from snugly.facts.tensors import Shape

BOUNDED = ValueFacts(low=-1.0, high=1.0)


class _Layer:
    """One call of a recurrent layer: its sizes, as far as they are known."""

    def __init__(self, name: str, input: TensorFacts, weight: TensorFacts, options: dict[str, Any]) -> None:
        self.name = name
        self.input = input
        self.weight = weight
        self.batch_first = flag(options["batch_first"])
        self.hidden = whole(options["hidden_size"])
        projected = whole(options["proj_size"])
        self.state = None if projected is None else (self.hidden if projected == 0 else projected)
        both = flag(options["bidirectional"])
        self.directions: int | None = None if both is None else 1 + both
        layers = whole(options["num_layers"])
        self.rows = None if layers is None or self.directions is None else layers * self.directions

    def check_input(self) -> None:
        """Check rank, dtype and features, in torch's order."""
        rank = self.input.rank
        if rank is not None and rank not in (2, 3):
            tensor = " tensor" if self.name == "RNN" else ""
            message = f"{self.name}: Expected input to be 2D or 3D, got {rank}D{tensor} instead"
            raise Misfit(message, clause="input-rank", raises="ValueError", argument="input", rank=rank)

    def check_features(self) -> None:
        """Check dtype and features."""
        given, own = self.input.dtype, self.weight.dtype
        if given is not None and own is not None and given != own:
            message = (
                f"RNN input dtype (torch.{given}) does not match weight dtype (torch.{own}). "
                f"Convert input: input.to(torch.{own}), or convert model: model.to(torch.{given})"
            )
            raise Misfit(message, clause="input-dtype", raises="ValueError", argument="input", expected=own)
        expected, features = self.weight.size(1), self.input.size(-1)
        require(
            same(expected, features),
            f"input.size(-1) must be equal to input_size. Expected {expected}, got {features}",
            clause="input-features",
            argument="input",
            expected=expected,
            got=features,
        )

    @property
    def batch(self) -> Dim | None:
        """The size of the batch axis, 1 for an input without one."""
        if self.input.rank == 2:
            return 1
        return None if self.batch_first is None else self.input.size(0 if self.batch_first else 1)

    def check_state(self, state: TensorFacts, width: Dim | None, what: str) -> None:
        """Check a hidden state, given with its batch axis."""
        expected = (self.rows, self.batch, width)
        if state.shape is None or len(state.shape) != 3:
            return
        for axis, (own, wanted) in enumerate(zip(state.shape, expected, strict=True)):
            if same(own, wanted) is False:
                shown = tuple("?" if size is None else size for size in expected)
                got = "[" + ", ".join("?" if size is None else str(size) for size in state.shape) + "]"
                message = f"Expected {what} size ({', '.join(map(str, shown))}), got {got}"
                raise Misfit(
                    message,
                    clause="hidden-size" if axis != 1 else "hidden-batch",
                    argument="hx",
                    axis=axis,
                    expected=wanted,
                    got=own,
                    batch_axis=0 if self.batch_first else 1,
                )

    def output(self, values: ValueFacts) -> TensorFacts:
        """Return the outputs of all time steps."""
        shape = self.input.shape
        if shape is None:
            return self._made(None, values, None)
        wide = None if self.state is None or self.directions is None else self.state * self.directions
        axes = (*(self.input.axes or (None,) * len(shape))[:-1], "features")
        return self._made((*shape[:-1], wide), values, axes)

    def last(self, width: Dim | None, values: ValueFacts) -> TensorFacts:
        """Return the state after the last time step."""
        rank = self.input.rank
        if rank == 2:
            return self._made((self.rows, width), values, (None, "features"))
        if rank is None:
            return self._made(None, values, None)
        named = None
        if self.input.axes is not None and self.batch_first is not None:
            named = self.input.axes[0 if self.batch_first else 1]
        return self._made((self.rows, self.batch, width), values, (None, named, "features"))

    def _made(self, shape: Shape | None, values: ValueFacts, axes: tuple[str | None, ...] | None) -> TensorFacts:
        dtype = self.weight.dtype or self.input.dtype
        grad = gradient(dtype, (self.input, self.weight))
        return TensorFacts(shape, dtype, self.input.device, grad, values, axes)


def _with_batch(state: TensorFacts, rank: int | None) -> TensorFacts:
    """Return a state with the batch axis that an input without one leaves out."""
    if rank == 2 and state.shape is not None and len(state.shape) == 2:
        return state.with_(shape=(state.shape[0], 1, state.shape[1]))
    return state


def _plain(name: str, input: TensorFacts, hx: Any, weight: TensorFacts, options: dict[str, Any]) -> tuple[Any, ...]:
    layer = _Layer(name, input, weight, options)
    layer.check_input()
    if isinstance(hx, tuple | list):
        message = f"'{type(hx).__name__}' object has no attribute 'dim'"
        raise Misfit(message, clause="hidden-pair", raises="AttributeError", argument="hx")
    if isinstance(hx, TensorFacts):
        rank, wanted = hx.rank, input.rank
        if rank is not None and wanted is not None and rank != wanted:
            kind = "unbatched 2-D" if wanted == 2 else "batched 3-D"
            message = f"For {kind} input, hx should also be {wanted}-D but got {rank}-D tensor"
            raise Misfit(message, clause="hidden-rank", argument="hx", expected=wanted, got=rank)
    layer.check_features()
    if isinstance(hx, TensorFacts):
        layer.check_state(_with_batch(hx, input.rank), layer.state, "hidden")
    bounded = name == "RNN" and options["nonlinearity"] == "tanh"
    values = BOUNDED if bounded or (name == "GRU" and hx is None) else NOTHING_KNOWN
    return layer.output(values), layer.last(layer.state, values)


@operation("torch.nn.RNN")
def rnn(
    input: TensorFacts,
    hx: Any = None,
    *,
    weight: TensorFacts,
    hidden_size: Any,
    num_layers: Any = 1,
    batch_first: Any = False,
    bidirectional: Any = False,
    nonlinearity: Any = "tanh",
) -> tuple[TensorFacts, TensorFacts]:
    """Return the outputs and the last state of ``torch.nn.RNN``."""
    options = _options(hidden_size, num_layers, batch_first, bidirectional) | {"nonlinearity": nonlinearity}
    return _plain("RNN", input, hx, weight, options)  # type: ignore[return-value] - two of them


@operation("torch.nn.GRU")
def gru(
    input: TensorFacts,
    hx: Any = None,
    *,
    weight: TensorFacts,
    hidden_size: Any,
    num_layers: Any = 1,
    batch_first: Any = False,
    bidirectional: Any = False,
) -> tuple[TensorFacts, TensorFacts]:
    """Return the outputs and the last state of ``torch.nn.GRU``."""
    options = _options(hidden_size, num_layers, batch_first, bidirectional)
    return _plain("GRU", input, hx, weight, options)  # type: ignore[return-value] - two of them


def _options(
    hidden_size: Any, num_layers: Any, batch_first: Any, bidirectional: Any, proj_size: Any = 0
) -> dict[str, Any]:
    return {
        "hidden_size": hidden_size,
        "num_layers": num_layers,
        "batch_first": batch_first,
        "bidirectional": bidirectional,
        "proj_size": proj_size,
    }


@operation("torch.nn.LSTM")
def lstm(
    input: TensorFacts,
    hx: Any = None,
    *,
    weight: TensorFacts,
    hidden_size: Any,
    num_layers: Any = 1,
    batch_first: Any = False,
    bidirectional: Any = False,
    proj_size: Any = 0,
) -> tuple[TensorFacts, tuple[TensorFacts, TensorFacts]]:
    """Return the outputs of ``torch.nn.LSTM`` and its last state, a pair."""
    layer = _Layer(
        "LSTM", input, weight, _options(hidden_size, num_layers, batch_first, bidirectional, proj_size)
    )
    layer.check_input()
    states = _pair(hx)
    ranks = tuple(state.rank for state in states or ())
    if input.rank is not None and any(rank is not None and rank != input.rank for rank in ranks):
        kind = "unbatched 2-D" if input.rank == 2 else "batched 3-D"
        first, second = (("?" if rank is None else rank) for rank in ranks)
        message = (
            f"For {kind} input, hx and cx should also be {input.rank}-D but got ({first}-D, {second}-D) tensors"
        )
        raise Misfit(message, clause="hidden-rank", argument="hx", expected=input.rank)
    layer.check_features()
    for position, (state, width) in enumerate(zip(states or (), (layer.state, layer.hidden), strict=False)):
        layer.check_state(_with_batch(state, input.rank), width, f"hidden[{position}]")
    values = BOUNDED if proj_size == 0 else NOTHING_KNOWN
    return layer.output(values), (layer.last(layer.state, values), layer.last(layer.hidden, NOTHING_KNOWN))


def _pair(hx: Any) -> tuple[TensorFacts, TensorFacts] | None:
    """Return the two states; a tensor is taken apart along its first axis, as ``hx[0]`` and ``hx[1]`` do."""
    if isinstance(hx, TensorFacts):
        if hx.shape is None:
            return None
        row = hx.with_shape(*hx.shape[1:])
        return row, row
    items = listed(hx)
    if hx is None or hx is UNKNOWN or items is None or len(items) < 2:
        return None
    first, second = (item if isinstance(item, TensorFacts) else UNKNOWN_TENSOR for item in items[:2])
    return first, second


def _cell(
    name: str, input: TensorFacts, states: tuple[TensorFacts, ...], weight: TensorFacts, hidden_size: Any
) -> TensorFacts:
    rank = input.rank
    if rank is not None and rank not in (1, 2):
        message = f"{name}: Expected input to be 1D or 2D, got {rank}D instead"
        raise Misfit(message, clause="input-rank", raises="ValueError", argument="input", rank=rank)
    for position, state in enumerate(states):
        if state.rank is not None and state.rank not in (1, 2):
            what = "hidden" if name != "LSTMCell" else f"hx[{position}]"
            message = f"{name}: Expected {what} to be 1D or 2D, got {state.rank}D instead"
            raise Misfit(message, clause="hidden-rank", raises="ValueError", argument="hx", rank=state.rank)
    hidden = whole(hidden_size)
    expected, features = weight.size(1), input.size(-1)
    message = f"input has inconsistent input_size: got {features} expected {expected}"
    require(same(features, expected), message, clause="input-features", argument="input", expected=expected, got=features)
    for position, state in enumerate(states):
        _check_cell_state(input, state, hidden, position)
    shape = None if input.shape is None else (*input.shape[:-1], hidden)
    axes = None if shape is None else (*(input.axes or (None,) * len(shape))[:-1], "features")
    dtype = weight.dtype or input.dtype
    return TensorFacts(shape, dtype, input.device, gradient(dtype, (input, weight, *states)), NOTHING_KNOWN, axes)


def _check_cell_state(input: TensorFacts, state: TensorFacts, hidden: Dim | None, position: int) -> None:
    if state.shape is None or input.shape is None or len(state.shape) != len(input.shape):
        return
    if len(input.shape) == 2 and same(input.shape[0], state.shape[0]) is False:
        message = f"Input batch size {input.shape[0]} doesn't match hidden{position} batch size {state.shape[0]}"
        raise Misfit(message, clause="hidden-batch", argument="hx", expected=input.shape[0], got=state.shape[0])
    message = f"hidden{position} has inconsistent hidden_size: got {state.shape[-1]}, expected {hidden}"
    equal = same(state.shape[-1], hidden)
    require(equal, message, clause="hidden-size", argument="hx", expected=hidden, got=state.shape[-1])


@operation("torch.nn.RNNCell")
def rnn_cell(input: TensorFacts, hx: Any = None, *, weight: TensorFacts, hidden_size: Any) -> TensorFacts:
    """Return the state after one step of ``torch.nn.RNNCell``."""
    return _cell("RNNCell", input, (hx,) if isinstance(hx, TensorFacts) else (), weight, hidden_size)


@operation("torch.nn.GRUCell")
def gru_cell(input: TensorFacts, hx: Any = None, *, weight: TensorFacts, hidden_size: Any) -> TensorFacts:
    """Return the state after one step of ``torch.nn.GRUCell``."""
    return _cell("GRUCell", input, (hx,) if isinstance(hx, TensorFacts) else (), weight, hidden_size)


@operation("torch.nn.LSTMCell")
def lstm_cell(
    input: TensorFacts, hx: Any = None, *, weight: TensorFacts, hidden_size: Any
) -> tuple[TensorFacts, TensorFacts]:
    """Return the two states after one step of ``torch.nn.LSTMCell``."""
    result = _cell("LSTMCell", input, _pair(hx) or (), weight, hidden_size)
    return result, result
