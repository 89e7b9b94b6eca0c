"""The outputs of recurrent layers: all steps of a sequence at once, where torch takes them one by one.

What the modules check about sizes they check in Python before; what the first layer multiplies is multiplied here too,
so dtypes meet as they do in torch. https://docs.pytorch.org/docs/stable/generated/torch.nn.LSTM.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import torch as _torch

RECURRENT = frozenset(("lstm", "gru", "rnn_tanh", "rnn_relu"))


def recurrent_output(args: Any) -> Any:
    """Return what a recurrent function gives for a batch that is not packed.

    Args:
        args: its arguments: input, hidden state, weights, whether it has biases, layers, dropout, whether it trains,
            whether it is bidirectional, whether the batch comes first.
    """
    import torch

    given, hx, weights, *_, bidirectional, _ = args
    states: tuple[_torch.Tensor, ...] = tuple(hx) if isinstance(hx, (tuple, list)) else (hx,)
    gates = torch.nn.functional.linear(given, weights[0]).sum()
    if weights[1].size(-1) == states[0].size(-1):  # it is projected otherwise
        gates = gates + torch.nn.functional.linear(states[0], weights[1]).sum()
    linked = gates + sum(each.sum() for each in (*states, *weights))
    features = states[0].size(-1) * (2 if bidirectional else 1)
    output = given.new_zeros(*given.shape[:-1], features) + linked
    after = tuple(state + linked for state in states)
    return (output, *after)
