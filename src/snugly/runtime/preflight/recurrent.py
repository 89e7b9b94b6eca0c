"""The outputs of recurrent layers for a symbolic batch, which torch's own kernels cannot be traced with.

``torch.lstm`` asks for ``numel()`` on the way to a kernel and refuses symbols (torch 2.13). What its modules check
about the hidden state they check in Python before, so only the shape of what comes out is left to say:
https://docs.pytorch.org/docs/stable/generated/torch.nn.LSTM.html.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import torch

RECURRENT = frozenset(("lstm", "gru", "rnn_tanh", "rnn_relu"))


def is_symbolic(tensor: Any) -> bool:
    """Tell whether some size of a tensor is a symbol."""
    return any(hasattr(size, "node") for size in getattr(tensor, "shape", ()))


def recurrent_output(args: Any) -> Any:
    """Return what a recurrent function gives for a batch that is not packed.

    Args:
        args: its arguments: input, hidden state, weights, whether it has biases, layers, dropout, whether it trains,
            whether it is bidirectional, whether the batch comes first.
    """
    given, hx, weights, *_, bidirectional, _ = args
    states: tuple[torch.Tensor, ...] = tuple(hx) if isinstance(hx, (tuple, list)) else (hx,)
    linked = sum(each.sum() for each in (given, *states, *weights))
    features = states[0].size(-1) * (2 if bidirectional else 1)
    output = given.new_zeros(*given.shape[:-1], features) + linked
    after = tuple(state + linked for state in states)
    return (output, *after)
