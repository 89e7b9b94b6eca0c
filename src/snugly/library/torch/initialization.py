"""``torch.nn.init`` and ``torch.nn.utils``: initial values, packed sequences, gradients and reparametrizations."""

from __future__ import annotations

from typing import Any

from snugly.facts.dims import Dim, longest, product
from snugly.facts.tensors import TensorFacts
from snugly.facts.values import NOTHING_KNOWN, ValueFacts
from snugly.interpreter.joins import element_of
from snugly.interpreter.values import Number, Sequence, Value
from snugly.library.registry import function
from snugly.library.torch.arguments import flag, size, tensor
from snugly.library.torch.layers.recurrent import PackedSequence, packed

_RANDOM = (
    "uniform", "normal", "trunc_normal", "eye", "dirac", "xavier_uniform", "xavier_normal", "kaiming_uniform",
    "kaiming_normal", "orthogonal", "sparse",
)  # fmt: skip


def _filled(value: Value, values: ValueFacts = NOTHING_KNOWN) -> Value:
    """Return a tensor with other elements; its shape and its grad stay."""
    return value.with_(values=values) if isinstance(value, TensorFacts) else value


def _declare(name: str, values: ValueFacts = NOTHING_KNOWN) -> None:
    def call(tensor: Value, *args: Value, **kwargs: Value) -> Value:
        return _filled(tensor, values)

    call.__doc__ = f"Describe ``torch.nn.init.{name}_``: it fills a tensor and returns it."
    function(f"torch.nn.init.{name}_", f"torch.nn.init.{name}")(call)


for _name in _RANDOM:
    _declare(_name)
_declare("zeros", ValueFacts(0.0, 0.0, integral=True, members=frozenset({0.0}), finite=True, attained=True))
_declare("ones", ValueFacts(1.0, 1.0, integral=True, members=frozenset({1.0}), finite=True, attained=True))


@function("torch.nn.init.constant_", "torch.nn.init.constant")
def constant(tensor: Value, val: Value) -> Value:
    """Describe ``torch.nn.init.constant_``."""
    if isinstance(val, int | float):
        return _filled(tensor, ValueFacts(val, val, members=frozenset({val}), attained=True))
    return _filled(tensor)


@function("torch.nn.init.calculate_gain")
def calculate_gain(nonlinearity: Value, param: Value = None) -> Value:
    """Describe ``torch.nn.init.calculate_gain``."""
    return Number("float", 0.0)


# Sequences of several lengths.


@function("torch.nn.utils.rnn.pad_sequence")
def pad_sequence(
    machine: Any,
    sequences: Value,
    batch_first: Value = False,
    padding_value: Value = 0.0,
    padding_side: Value = "right",
) -> Value:
    """Describe ``pad_sequence``: ``(time, batch, *)`` with the longest time, or batch first."""
    padded = machine.apply(
        "torch.nn.utils.rnn.pad_sequence", sequences, batch_first=batch_first, padding_value=padding_value
    )
    return _as_long_as_the_longest(padded, sequences, flag(batch_first))


def _as_long_as_the_longest(padded: Value, sequences: Value, first: bool | None) -> Value:
    """Return padded sequences whose time axis is the largest of the lengths, where those are sizes of the items."""
    together = Sequence("list", list(sequences)) if isinstance(sequences, tuple) else sequences
    element = element_of(together) if isinstance(together, Sequence) else None
    steps = longest(element.size(0)) if isinstance(element, TensorFacts) else None
    if steps is None or first is None or not isinstance(padded, TensorFacts) or padded.shape is None:
        return padded
    shape = list(padded.shape)
    shape[1 if first else 0] = steps
    return padded.with_(shape=tuple(shape))


@function("torch.nn.utils.rnn.pack_padded_sequence")
def pack_padded_sequence(
    machine: Any, input: Value, lengths: Value, batch_first: Value = False, enforce_sorted: Value = True
) -> Value:
    """Describe ``pack_padded_sequence``: the padded batch is kept beside the packed one."""
    facts = tensor(input)
    first = flag(batch_first)
    if facts.shape is None or first is None or len(facts.shape) < 2:
        return packed(TensorFacts(None, facts.dtype, requires_grad=facts.requires_grad))
    if first:
        return packed(facts)
    axes = facts.axes
    swapped = None if axes is None else (axes[1], axes[0], *axes[2:])
    return packed(facts.with_(shape=(facts.shape[1], facts.shape[0], *facts.shape[2:]), axes=swapped))


@function("torch.nn.utils.rnn.pad_packed_sequence")
def pad_packed_sequence(
    machine: Any,
    sequence: Value,
    batch_first: Value = False,
    padding_value: Value = 0.0,
    total_length: Value = None,
) -> Value:
    """Describe ``pad_packed_sequence``: the time axis is as long as the longest sequence, which may be shorter."""
    padded = sequence._padded if isinstance(sequence, PackedSequence) else None
    if padded is None or padded.shape is None or flag(batch_first) is None:
        return (TensorFacts(), TensorFacts((None,), "int64", "cpu", requires_grad=False))
    batch, *features = padded.shape[0], *padded.shape[2:]
    time: Dim | None = None if total_length is None else size(total_length)
    shape = (batch, time, *features) if flag(batch_first) else (time, batch, *features)
    names = padded.axes
    axes = None
    if names is not None:
        axes = (names[0], names[1], *names[2:]) if flag(batch_first) else (names[1], names[0], *names[2:])
    lengths = TensorFacts((batch,), "int64", "cpu", requires_grad=False, values=ValueFacts(low=1, integral=True))
    return (padded.with_(shape=shape, axes=axes, values=NOTHING_KNOWN), lengths)


@function("torch.nn.utils.rnn.pack_sequence")
def pack_sequence(machine: Any, sequences: Value, enforce_sorted: Value = True) -> Value:
    """Describe ``pack_sequence``."""
    padded = machine.apply("torch.nn.utils.rnn.pad_sequence", sequences, batch_first=True)
    return packed(padded) if isinstance(padded, TensorFacts) else packed(TensorFacts())


@function("torch.nn.utils.rnn.unpad_sequence", "torch.nn.utils.rnn.unpack_sequence")
def unpad_sequence(machine: Any, *args: Value, **kwargs: Value) -> Value:
    """Describe ``unpad_sequence``: the time axis of each sequence is its own."""
    facts = tensor(args[0]) if args else TensorFacts()
    shape = None if facts.shape is None else (None, *facts.shape[2:])
    return Sequence("list", None, TensorFacts(shape, facts.dtype, requires_grad=facts.requires_grad), None)


# Gradients and parameters as a whole.


@function("torch.nn.utils.clip_grad_norm_", "torch.nn.utils.clip_grad_norm", "torch.nn.utils.get_total_norm")
def clip_grad_norm(parameters: Value = None, *args: Value, **kwargs: Value) -> Value:
    """Describe ``clip_grad_norm_``: the norm before clipping."""
    return TensorFacts((), "float32", requires_grad=False, values=ValueFacts(low=0.0))


@function("torch.nn.utils.clip_grad_value_", "torch.nn.utils.clip_grads_with_norm_")
def clip_grad_value(parameters: Value = None, *args: Value, **kwargs: Value) -> None:
    """Describe ``clip_grad_value_``: it returns nothing."""


@function("torch.nn.utils.parameters_to_vector")
def parameters_to_vector(machine: Any, parameters: Value) -> Value:
    """Describe ``parameters_to_vector``: all elements in one axis."""
    items = machine.iterate(parameters).items
    total: Dim | None = 0 if items is not None else None
    for item in items or ():
        count = product(tensor(item).shape or (None,))
        total = None if total is None or count is None else total + count
    return TensorFacts((total,), "float32", requires_grad=True)


@function("torch.nn.utils.vector_to_parameters")
def vector_to_parameters(vec: Value, parameters: Value) -> None:
    """Describe ``vector_to_parameters``: it returns nothing."""


@function(
    "torch.nn.utils.weight_norm",
    "torch.nn.utils.spectral_norm",
    "torch.nn.utils.remove_weight_norm",
    "torch.nn.utils.remove_spectral_norm",
    "torch.nn.utils.parametrizations.weight_norm",
    "torch.nn.utils.parametrizations.spectral_norm",
    "torch.nn.utils.parametrizations.orthogonal",
    "torch.nn.utils.parametrize.register_parametrization",
    "torch.nn.utils.parametrize.remove_parametrizations",
    "torch.nn.SyncBatchNorm.convert_sync_batchnorm",
)
def reparametrized(module: Value, *args: Value, **kwargs: Value) -> Value:
    """Describe a reparametrization: the module itself; its sizes stay."""
    return module


@function("torch.nn.utils.stateless.functional_call", "torch.func.functional_call")
def functional_call(
    machine: Any, module: Value, parameter_and_buffer_dicts: Value, args: Value = None, kwargs: Value = None
) -> Value:
    """Describe ``functional_call``: the module called; the parameters given have the same sizes."""
    positional = args if isinstance(args, tuple) else (() if args is None else (args,))
    return machine.call(module, *positional)


@function("torch.nn.utils.fusion.fuse_conv_bn_eval")
def fuse_conv_bn_eval(conv: Value, bn: Value, transpose: Value = False) -> Value:
    """Describe ``fuse_conv_bn_eval``: a convolution of the same sizes."""
    return conv
