"""Recurrent layers and cells as operations on facts: input, hidden state and the sizes of the layer."""

from __future__ import annotations

from typing import Any, NamedTuple

from snugly.facts.dims import Dim, same
from snugly.facts.misfits import Misfit
from snugly.facts.records import replace
from snugly.facts.shapes import known_same, shown
from snugly.facts.tensors import Shape, TensorFacts
from snugly.facts.values import NOTHING_KNOWN, ValueFacts
from snugly.operations.arguments import flag, integer, listed, whole
from snugly.operations.registry import UNKNOWN, operation
from snugly.operations.results import made

_BOUNDED = ValueFacts(-1, 1)


class _Layer(NamedTuple):
    """The sizes of a recurrent layer."""

    name: str
    input_size: Dim | None
    hidden_size: Dim | None
    layers: int | None
    directions: int | None
    proj: Dim | None
    batch_first: bool | None

    @property
    def output_size(self) -> Dim | None:
        """What one direction gives for each step: the projection, where there is one."""
        return self.hidden_size if self.proj == 0 else self.proj

    def hidden_shape(self, batch: Dim | None, size: Dim | None, *, batched: bool) -> Shape:
        """The shape of a hidden state."""
        count = None if self.layers is None or self.directions is None else self.layers * self.directions
        return (count, batch, size) if batched else (count, size)


def _layer(name: str, sizes: dict[str, Any]) -> _Layer:
    both = flag(sizes["bidirectional"])
    directions = None if both is None else 2 if both else 1
    return _Layer(
        name,
        whole(sizes["input_size"]),
        whole(sizes["hidden_size"]),
        integer(sizes["num_layers"]),
        directions,
        whole(sizes.get("proj_size", 0)),
        flag(sizes["batch_first"]),
    )


def _check_input(input: TensorFacts, layer: _Layer) -> bool | None:
    """Return whether the input has a batch axis.

    Raises:
        Misfit: its rank is not 2 or 3, or its last axis is not ``input_size``.
    """
    if input.rank is not None and input.rank not in (2, 3):
        message = f"{layer.name}: Expected input to be 2D or 3D, got {input.rank}D instead"
        raise Misfit(message, clause="rnn-rank", raises="ValueError", argument="input", shape=input.shape)
    if same(input.size(-1), layer.input_size) is False:
        message = f"input.size(-1) must be equal to input_size. Expected {layer.input_size}, got {input.size(-1)}"
        details: dict[str, Any] = {"expected": layer.input_size, "given": input.size(-1), "shape": input.shape}
        raise Misfit(message, clause="rnn-input-size", argument="input", **details)
    return None if input.rank is None else input.rank == 3


def _check_dtype(input: TensorFacts, weights: tuple[TensorFacts, ...]) -> None:
    """Raise what torch does for an input of another dtype than the weights'."""
    own = weights[0].dtype if weights else None
    if input.rank in (2, 3) and None not in (own, input.dtype) and own != input.dtype:
        message = (
            f"RNN input dtype (torch.{input.dtype}) does not match weight dtype (torch.{own}). "
            f"Convert input: input.to(torch.{own}), or convert model: model.to(torch.{input.dtype})"
        )
        raise Misfit(message, clause="rnn-input-dtype", raises="ValueError", argument="input", expected=own)


def _check_hidden(state: TensorFacts, wanted: Shape, text: str) -> None:
    """Raise what torch does for a hidden state of another shape."""
    if state.shape is None:
        return
    if len(state.shape) != len(wanted) or any(same(a, b) is False for a, b in zip(state.shape, wanted, strict=True)):
        message = f"Expected {text} ({', '.join(map(str, wanted))}), got {shown(state.shape)}"
        details: dict[str, Any] = {
            "expected": wanted,
            "given": state.shape,
            "batch": wanted[1] if len(wanted) > 2 else None,
        }
        raise Misfit(message, clause="rnn-hidden-size", argument="hx", **details)


def _run(
    input: TensorFacts, states: list[TensorFacts], layer: _Layer, weights: tuple[TensorFacts, ...]
) -> tuple[TensorFacts, bool | None, Dim | None]:
    """Return the output, whether there is a batch, and the batch size."""
    _check_dtype(input, weights)
    batched = _check_input(input, layer)
    if batched is not None:
        _check_state_ranks(states, batched=batched)
    batch_axis = None if layer.batch_first is None else (0 if layer.batch_first else 1)
    batch = input.size(batch_axis) if batched and batch_axis is not None else None
    wide = layer.output_size
    width = None if wide is None or layer.directions is None else wide * layer.directions
    shape = None if input.shape is None else (*input.shape[:-1], width)
    axes = _labels(input, layer, batched)
    dtype = input.dtype or next((weight.dtype for weight in weights if weight.dtype), None)
    values = _BOUNDED if layer.proj == 0 else NOTHING_KNOWN
    return made(shape, dtype, input, *states, *weights, values=values, axes=axes), batched, batch


def _check_state_ranks(states: list[TensorFacts], *, batched: bool) -> None:
    rank, kind = (3, "batched 3-D") if batched else (2, "unbatched 2-D")
    if any(state.rank is not None and state.rank != rank for state in states):
        if len(states) == 1:
            message = f"For {kind} input, hx should also be {rank}-D but got {states[0].rank}-D tensor"
        else:
            ranks = f"({states[0].rank}-D, {states[1].rank}-D)"
            message = f"For {kind} input, hx and cx should also be {rank}-D but got {ranks} tensors"
        raise Misfit(message, clause="rnn-hidden-rank", argument="hx", given=states[0].shape)


def _labels(input: TensorFacts, layer: _Layer, batched: bool | None) -> tuple[str | None, ...] | None:
    if batched is None:
        return None
    if not batched:
        return ("time", "features")
    if layer.batch_first is None:
        return None
    return ("batch", "time", "features") if layer.batch_first else ("time", "batch", "features")


def _state(
    output: TensorFacts, layer: _Layer, size: Dim | None, batched: bool | None, batch: Dim | None
) -> TensorFacts:
    shape = None if batched is None else layer.hidden_shape(batch, size, batched=batched)
    axes = None if batched is None else ((None, "batch", "features") if batched else (None, "features"))
    return replace(output, shape=shape, axes=axes)


def _given(hx: object, count: int) -> list[TensorFacts]:
    """Return the hidden states that were given, unknown ones as nothing known."""
    if hx is None:
        return []
    if count == 1:
        return [hx] if isinstance(hx, TensorFacts) else [TensorFacts()]
    items = listed(hx)
    if items is None or len(items) != count:
        return [TensorFacts()] * count
    return [item if isinstance(item, TensorFacts) else TensorFacts() for item in items]


def _single_state(
    name: str, input: TensorFacts, hx: object, sizes: dict[str, Any], weights: tuple[TensorFacts, ...]
) -> Any:
    layer = _layer(name, sizes)
    states = _given(hx, 1)
    output, batched, batch = _run(input, states, layer, weights)
    if batched is not None:
        wanted = layer.hidden_shape(batch, layer.hidden_size, batched=True)
        for state in states:
            lifted = state
            if not batched and state.shape is not None:
                lifted, wanted = state.with_(shape=(state.shape[0], 1, *state.shape[1:])), (wanted[0], 1, wanted[2])
            _check_hidden(lifted, wanted, "hidden size")
    if states and batched and states[0].shape is not None and batch is None:
        batch = states[0].size(1)
    return output, _state(output, layer, layer.hidden_size, batched, batch)


@operation("torch.nn.RNN.forward")
def rnn(
    input: TensorFacts,
    hx: Any = None,
    *,
    input_size: Any,
    hidden_size: Any,
    num_layers: Any = 1,
    nonlinearity: Any = "tanh",
    batch_first: Any = False,
    bidirectional: Any = False,
    weights: tuple[TensorFacts, ...] = (),
) -> Any:
    """The steps of an RNN: output and last hidden state."""
    sizes = {
        "input_size": input_size,
        "hidden_size": hidden_size,
        "num_layers": num_layers,
        "batch_first": batch_first,
        "bidirectional": bidirectional,
    }
    output, state = _single_state("RNN", input, hx, sizes, weights)
    if nonlinearity != "tanh":
        values = ValueFacts(low=0) if nonlinearity == "relu" else NOTHING_KNOWN
        return output.with_(values=values), state.with_(values=values)
    return output, state


@operation("torch.nn.GRU.forward")
def gru(
    input: TensorFacts,
    hx: Any = None,
    *,
    input_size: Any,
    hidden_size: Any,
    num_layers: Any = 1,
    batch_first: Any = False,
    bidirectional: Any = False,
    weights: tuple[TensorFacts, ...] = (),
) -> Any:
    """The steps of a GRU: output and last hidden state."""
    sizes = {
        "input_size": input_size,
        "hidden_size": hidden_size,
        "num_layers": num_layers,
        "batch_first": batch_first,
        "bidirectional": bidirectional,
    }
    output, state = _single_state("GRU", input, hx, sizes, weights)
    if hx is not None:  # a state that is given may lie outside of [-1, 1], and a GRU mixes it in
        return output.with_(values=NOTHING_KNOWN), state.with_(values=NOTHING_KNOWN)
    return output, state


@operation("torch.nn.LSTM.forward")
def lstm(
    input: TensorFacts,
    hx: Any = None,
    *,
    input_size: Any,
    hidden_size: Any,
    num_layers: Any = 1,
    batch_first: Any = False,
    bidirectional: Any = False,
    proj_size: Any = 0,
    weights: tuple[TensorFacts, ...] = (),
) -> Any:
    """The steps of an LSTM: output, and the last hidden and cell states."""
    layer = _layer(
        "LSTM",
        {
            "input_size": input_size,
            "hidden_size": hidden_size,
            "num_layers": num_layers,
            "batch_first": batch_first,
            "bidirectional": bidirectional,
            "proj_size": proj_size,
        },
    )
    if hx is UNKNOWN:
        hx = None
    states = _given(hx, 2)
    output, batched, batch = _run(input, states, layer, weights)
    if batched is not None and states:
        single = batch if batched else 1
        for place, (state, size) in enumerate(zip(states, (layer.output_size, layer.hidden_size), strict=True)):
            lifted = (
                state if batched or state.shape is None else state.with_(shape=(state.shape[0], 1, *state.shape[1:]))
            )
            _check_hidden(lifted, layer.hidden_shape(single, size, batched=True), f"hidden[{place}] size")
        if batched:
            batch = known_same(batch, states[0].size(1))
    hidden = _state(output, layer, layer.output_size, batched, batch)
    cell = _state(output, layer, layer.hidden_size, batched, batch).with_(values=NOTHING_KNOWN)
    return output, (hidden, cell)


def _cell(name: str, input: TensorFacts, states: list[TensorFacts], input_size: Any, hidden_size: Any) -> TensorFacts:
    wanted, hidden = whole(input_size), whole(hidden_size)
    if input.rank is not None and input.rank not in (1, 2):
        message = f"{name}: Expected input to be 1D or 2D, got {input.rank}D instead"
        raise Misfit(message, clause="rnn-rank", raises="ValueError", argument="input", shape=input.shape)
    for state in states:
        if state.rank is not None and state.rank not in (1, 2):
            message = f"{name}: Expected hidden to be 1D or 2D, got {state.rank}D instead"
            raise Misfit(message, clause="rnn-hidden-rank", raises="ValueError", argument="hx", given=state.shape)
    if same(input.size(-1), wanted) is False:
        message = f"input has inconsistent input_size: got {input.size(-1)} expected {wanted}"
        details: dict[str, Any] = {"expected": wanted, "given": input.size(-1), "shape": input.shape}
        raise Misfit(message, clause="rnn-input-size", argument="input", **details)
    rows = input.size(0) if input.rank == 2 else (1 if input.rank == 1 else None)
    for place, state in enumerate(states):
        given = state.size(0) if state.rank == 2 else None
        if same(given, rows) is False:
            message = f"Input batch size {rows} doesn't match hidden{place} batch size {given}"
            raise Misfit(
                message, clause="rnn-hidden-size", argument="hx", expected=(rows, hidden), given=state.shape, batch=rows
            )
        if same(state.size(-1), hidden) is False:
            message = f"hidden{place} has inconsistent hidden_size: got {state.size(-1)}, expected {hidden}"
            raise Misfit(
                message, clause="rnn-hidden-size", argument="hx", expected=(rows, hidden), given=state.shape, batch=rows
            )
    shape = None if input.shape is None else (*input.shape[:-1], hidden)
    front = None if shape is None else (("batch", "features") if len(shape) == 2 else ("features",))
    return made(shape, input.dtype, input, *states, axes=front)


@operation("torch.nn.RNNCell.forward")
def rnn_cell(
    input: TensorFacts,
    hx: Any = None,
    *,
    input_size: Any,
    hidden_size: Any,
    nonlinearity: Any = "tanh",
    weights: tuple[TensorFacts, ...] = (),
) -> TensorFacts:
    """One step of an RNN: the hidden state."""
    result = _cell("RNNCell", input, _given(hx, 1), input_size, hidden_size)
    values = {"tanh": _BOUNDED, "relu": ValueFacts(low=0)}.get(nonlinearity, NOTHING_KNOWN)
    return _learned(result, weights).with_(values=values)


@operation("torch.nn.GRUCell.forward")
def gru_cell(
    input: TensorFacts, hx: Any = None, *, input_size: Any, hidden_size: Any, weights: tuple[TensorFacts, ...] = ()
) -> TensorFacts:
    """One step of a GRU: the hidden state."""
    return _learned(_cell("GRUCell", input, _given(hx, 1), input_size, hidden_size), weights)


@operation("torch.nn.LSTMCell.forward")
def lstm_cell(
    input: TensorFacts, hx: Any = None, *, input_size: Any, hidden_size: Any, weights: tuple[TensorFacts, ...] = ()
) -> tuple[TensorFacts, TensorFacts]:
    """One step of an LSTM: hidden and cell state."""
    result = _learned(_cell("LSTMCell", input, _given(hx, 2), input_size, hidden_size), weights)
    return result.with_(values=_BOUNDED), result


def _learned(result: TensorFacts, weights: tuple[TensorFacts, ...]) -> TensorFacts:
    """Let a result require grad where a weight does."""
    return result.with_(requires_grad=True) if any(weight.requires_grad for weight in weights) else result
