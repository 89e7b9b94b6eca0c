"""Every layer of torch.nn against its description: parameters, attributes, and what ``forward`` gives."""

import functools
import itertools
import random

import pytest
import torch
from twins import abstract, disagreements, twin, unknown_sizes

from snugly.interpreter.values import LibraryName, Mapping, Unknown
from snugly.library.registry import MODELS

# torch warns of slow paths and of deprecated options; what it computes is what counts here
pytestmark = pytest.mark.filterwarnings("ignore::UserWarning", "ignore::FutureWarning")
# name: constructor's arguments and options, then the shapes of the inputs; a dtype in a pair asks for integers below 5
LAYERS = [
    *[(name, (), {}, [(4, 6)]) for name in (
        "ReLU", "ReLU6", "Sigmoid", "Tanh", "SiLU", "Mish", "Hardswish", "ELU", "CELU", "SELU", "GLU", "GELU",
        "Hardshrink", "LeakyReLU", "LogSigmoid", "Softplus", "Softshrink", "Softsign", "Tanhshrink", "Hardsigmoid",
        "Hardtanh", "RReLU", "Dropout", "AlphaDropout", "Flatten", "Identity", "PReLU")],
    ("Threshold", (0.1, 20.0), {}, [(4, 6)]),
    ("Softmax", (1,), {}, [(4, 6)]), ("LogSoftmax", (), {"dim": -1}, [(4, 6)]), ("Softmin", (), {"dim": 0}, [(4, 6)]),
    ("Softmax2d", (), {}, [(2, 3, 4, 5)]), ("PReLU", (3,), {}, [(2, 3, 4)]),
    ("Dropout1d", (), {}, [(2, 3, 4)]), ("Dropout2d", (0.2,), {}, [(2, 3, 4, 5)]), ("Dropout3d", (), {}, [(2, 3, 4, 5, 6)]),
    ("FeatureAlphaDropout", (), {}, [(2, 3, 4)]), ("Flatten", (0,), {}, [(2, 3, 4)]), ("Flatten", (1, 2), {}, [(2, 3, 4, 5)]),
    ("Unflatten", (1, (2, 3)), {}, [(4, 6)]), ("Unflatten", (-1, (3, -1)), {}, [(4, 6)]),
    ("PixelShuffle", (2,), {}, [(2, 8, 3, 4)]), ("PixelUnshuffle", (2,), {}, [(2, 3, 4, 6)]),
    ("ChannelShuffle", (2,), {}, [(2, 4, 3, 3)]), ("CosineSimilarity", (), {}, [(4, 6), (4, 6)]),
    ("PairwiseDistance", (), {"keepdim": True}, [(4, 6), (4, 6)]), ("LocalResponseNorm", (3,), {}, [(2, 6, 4, 4)]),
    ("Unfold", (3,), {}, [(2, 3, 7, 8)]), ("Unfold", ((2, 3), 1, 1, 2), {}, [(2, 3, 7, 8)]),
    ("Fold", ((4, 5), (2, 2)), {}, [(1, 12, 12)]),
    ("Upsample", (), {"scale_factor": 2}, [(2, 3, 4, 5)]), ("Upsample", ((7, 9),), {"mode": "bilinear"}, [(2, 3, 4, 5)]),
    ("UpsamplingNearest2d", (), {"scale_factor": 3}, [(2, 3, 4, 5)]), ("UpsamplingBilinear2d", ((8, 8),), {}, [(2, 3, 4, 5)]),
    ("Linear", (6, 3), {}, [(4, 6)]), ("Linear", (6, 3), {"bias": False}, [(2, 4, 6)]), ("Linear", (6, 3), {}, [(6,)]),
    ("Linear", (6, 3), {"dtype": torch.float64}, [((4, 6), torch.float64)]), ("LazyLinear", (3,), {}, [(4, 6)]),
    ("Bilinear", (4, 5, 6), {}, [(2, 4), (2, 5)]),
    ("Embedding", (10, 3), {}, [((4, 7), torch.int64)]), ("Embedding", (10, 3), {"padding_idx": 0}, [((4,), torch.int64)]),
    ("EmbeddingBag", (10, 3), {}, [((4, 7), torch.int64)]), ("EmbeddingBag", (10, 3), {"mode": "sum"}, [((2, 2), torch.int64)]),
    ("BatchNorm1d", (6,), {}, [(4, 6)]), ("BatchNorm1d", (6,), {}, [(4, 6, 5)]), ("BatchNorm2d", (3,), {}, [(2, 3, 4, 5)]),
    ("BatchNorm3d", (3,), {"affine": False}, [(2, 3, 4, 5, 6)]), ("BatchNorm2d", (3,), {"track_running_stats": False}, [(2, 3, 4, 5)]),
    ("LazyBatchNorm1d", (), {}, [(4, 6)]), ("LazyBatchNorm2d", (), {}, [(2, 3, 4, 5)]),
    ("InstanceNorm1d", (3,), {}, [(2, 3, 5)]), ("InstanceNorm2d", (3,), {"affine": True}, [(2, 3, 4, 5)]),
    ("InstanceNorm2d", (3,), {}, [(3, 4, 5)]), ("InstanceNorm3d", (3,), {"track_running_stats": True}, [(2, 3, 4, 5, 6)]),
    ("LazyInstanceNorm2d", (), {}, [(2, 3, 4, 5)]),
    ("LayerNorm", (6,), {}, [(2, 4, 6)]), ("LayerNorm", ((4, 6),), {"elementwise_affine": False}, [(2, 4, 6)]),
    ("LayerNorm", ([4, 6],), {"bias": False}, [(2, 4, 6)]), ("RMSNorm", (6,), {}, [(2, 4, 6)]), ("GroupNorm", (2, 6), {}, [(2, 6, 4)]),
    ("GroupNorm", (3, 6), {"affine": False}, [(2, 6, 4, 4)]), ("CrossMapLRN2d", (3,), {}, [(2, 6, 4, 4)]),
    ("AdaptiveAvgPool1d", (3,), {}, [(2, 3, 9)]), ("AdaptiveAvgPool2d", ((None, 2),), {}, [(2, 3, 9, 8)]),
    ("AdaptiveAvgPool2d", (1,), {}, [(2, 3, 9, 8)]), ("AdaptiveMaxPool2d", (2,), {"return_indices": True}, [(2, 3, 9, 8)]),
    ("AdaptiveMaxPool1d", (2,), {}, [(3, 9)]), ("AdaptiveAvgPool3d", (2,), {}, [(2, 3, 4, 5, 6)]),
    ("FractionalMaxPool2d", (2,), {"output_size": (3, 4)}, [(2, 3, 9, 8)]), ("LPPool2d", (2, 3), {}, [(2, 3, 9, 8)]),
    ("MaxPool2d", (2,), {"return_indices": True}, [(2, 3, 9, 8)]),
    ("ZeroPad2d", (2,), {}, [(2, 3, 4, 5)]), ("ZeroPad2d", ((1, 2, 3, 4),), {}, [(2, 3, 4, 5)]), ("ZeroPad1d", (1,), {}, [(2, 3, 4)]),
    ("ConstantPad1d", (1, 3.5), {}, [(2, 3, 4)]), ("ConstantPad2d", ((1, 0, 2, 0), 0), {}, [(2, 3, 4, 5)]), ("ConstantPad3d", (1, 0.0), {}, [(2, 3, 4, 5, 6)]),
    ("ReflectionPad1d", (2,), {}, [(2, 3, 4)]), ("ReflectionPad2d", (1,), {}, [(2, 3, 4, 5)]), ("ReplicationPad2d", ((1, 2, 0, 1),), {}, [(2, 3, 4, 5)]),
    ("ReplicationPad3d", (1,), {}, [(2, 3, 4, 5, 6)]), ("CircularPad2d", (1,), {}, [(2, 3, 4, 5)]), ("ReflectionPad3d", (1,), {}, [(2, 3, 4, 5, 6)]),
    ("LSTM", (5, 7), {}, [(4, 2, 5)]), ("LSTM", (5, 7, 2), {"batch_first": True, "bidirectional": True}, [(4, 2, 5)]),
    ("LSTM", (5, 7), {"proj_size": 3}, [(4, 2, 5)]), ("LSTM", (5, 7), {}, [(4, 5)]), ("LSTM", (5, 7), {"bias": False}, [(4, 2, 5)]),
    ("GRU", (5, 7, 3), {"batch_first": True}, [(4, 2, 5)]), ("GRU", (5, 7), {"bidirectional": True}, [(4, 2, 5), (2, 2, 7)]),
    ("RNN", (5, 7), {"nonlinearity": "relu"}, [(4, 2, 5), (1, 2, 7)]), ("RNN", (5, 7, 2, "tanh", False, True), {}, [(4, 2, 5)]),
    ("RNNCell", (5, 7), {}, [(4, 5)]), ("GRUCell", (5, 7), {}, [(4, 5), (4, 7)]), ("LSTMCell", (5, 7), {"bias": False}, [(4, 5)]), ("LSTMCell", (5, 7), {}, [(5,)]),
    ("MultiheadAttention", (8, 2), {}, [(5, 3, 8)] * 3), ("MultiheadAttention", (8, 4), {"batch_first": True}, [(5, 3, 8), (5, 6, 8), (5, 6, 8)]),
    ("MultiheadAttention", (8, 2), {"kdim": 4, "vdim": 6}, [(5, 3, 8), (7, 3, 4), (7, 3, 6)]), ("MultiheadAttention", (8, 2), {"bias": False}, [(5, 8)] * 3),
    ("MultiheadAttention", (8, 2), {"add_bias_kv": True, "add_zero_attn": True}, [(5, 3, 8)] * 3),
    ("TransformerEncoderLayer", (8, 2), {"dim_feedforward": 16, "batch_first": True}, [(3, 5, 8)]),
    ("TransformerEncoderLayer", (8, 2, 16), {"norm_first": True}, [(5, 3, 8)]),
    ("TransformerDecoderLayer", (8, 2, 16), {}, [(5, 3, 8), (6, 3, 8)]), ("Transformer", (8, 2, 1, 2, 16), {}, [(5, 3, 8), (6, 3, 8)]),
    ("Transformer", (8, 2, 1, 1, 16), {"batch_first": True}, [(3, 5, 8), (3, 6, 8)]),
    ("Conv2d", (4, 6, 3), {"padding_mode": "reflect", "padding": 1}, [(2, 4, 7, 8)]), ("Conv2d", (4, 6, (3, 2)), {"padding": "same", "padding_mode": "circular"}, [(2, 4, 7, 8)]),
    ("Conv2d", (4, 6, 3), {"padding": "valid"}, [(4, 7, 8)]), ("LazyConv2d", (6, 3), {}, [(2, 4, 7, 8)]), ("LazyConvTranspose2d", (6, 3), {}, [(2, 4, 7, 8)]), ("LazyConv1d", (6, 3), {"groups": 2}, [(2, 4, 7)]),
    ("SyncBatchNorm", (3,), {}, None),
]  # fmt: skip


def make_inputs(shapes):
    inputs = []
    for shape in shapes:
        if isinstance(shape[-1], torch.dtype):
            sizes, dtype = shape
            inputs.append(
                torch.randint(0, 5, sizes, dtype=dtype)
                if not dtype.is_floating_point
                else torch.randn(sizes, dtype=dtype)
            )
        else:
            inputs.append(torch.randn(shape))
    return inputs


def compare(name, args, kwargs, shapes):
    """Return the disagreements about one layer, and how many sizes of its output were left open."""
    machine, real, described = twin(f"torch.nn.{name}", args, kwargs)
    assert not isinstance(described, Unknown), f"{name} was not described"
    found, opened = [], 0
    if shapes is not None:
        inputs = make_inputs(shapes)
        try:
            output = real(*inputs)
        except (RuntimeError, ValueError, AssertionError, IndexError, TypeError):
            output = None
        result = machine.call(described, *[abstract(tensor) for tensor in inputs])
        if output is None:
            if not isinstance(result, Unknown):
                found.append(f"torch raises, the description says {result}")
        else:
            found += disagreements(result, output)
            opened = unknown_sizes(result)
            if machine.events.findings and isinstance(result, Unknown):
                found.append(f"a finding where torch raises nothing: {machine.events.findings[0].message}")
    state = machine.call(machine.get(described, "state_dict"))
    assert isinstance(state, Mapping)
    found += disagreements(state, dict(real.state_dict()), "state_dict")
    missing = set(real.state_dict()) ^ set(state.entries)
    return found + [f"state_dict differs in {sorted(missing)}"] * bool(missing), opened


@pytest.mark.parametrize(
    ("name", "args", "kwargs", "shapes"), LAYERS, ids=[f"{i}-{x[0]}" for i, x in enumerate(LAYERS)]
)
def test_a_layer_is_what_torch_makes_of_it(name, args, kwargs, shapes):
    found, opened = compare(name, args, kwargs, shapes)
    assert found == []
    assert opened == 0


def numbers(rng, axes, low, high):
    """Return one number, or one for each axis."""
    return rng.choice([rng.randint(low, high), tuple(rng.randint(low, high) for _ in range(axes))])


@pytest.mark.parametrize("axes", [1, 2, 3])
def test_convolutions_and_pools_agree_with_torch_on_generated_options(axes):
    rng = random.Random(axes)
    wrong, opened, total = [], 0, 0
    for _ in range(120):
        name = rng.choice(
            [f"Conv{axes}d", f"ConvTranspose{axes}d", f"MaxPool{axes}d", f"AvgPool{axes}d", f"LPPool{axes}d"]
        )
        per_axis = functools.partial(numbers, rng, axes)
        channels = rng.choice([2, 4, 6])
        shape = (
            *([rng.randint(1, 3)] if rng.random() < 0.8 else []),
            channels,
            *(rng.randint(3, 9) for _ in range(axes)),
        )
        options = {"stride": per_axis(1, 3), "ceil_mode": rng.random() < 0.5}
        args = (per_axis(1, 4),)
        if "Conv" in name:
            groups = rng.choice([1, 2])
            args = (channels if rng.random() < 0.9 else channels + 2, 6, per_axis(1, 4))
            options = {
                "stride": per_axis(1, 3),
                "padding": per_axis(0, 2),
                "dilation": per_axis(1, 2),
                "groups": groups,
                "bias": rng.random() < 0.5,
            }
        elif name.startswith("Max"):
            options |= {"padding": per_axis(0, 1), "dilation": per_axis(1, 2)}
        elif name.startswith("Avg"):
            options |= {"padding": per_axis(0, 1), "count_include_pad": True}
        else:
            args = (2, *args)
            if axes == 1:  # takes numbers only
                args, options["stride"] = (2, 3), 2
        try:
            real_fails = False
            twin(f"torch.nn.{name}", args, options)
        except (ValueError, RuntimeError, TypeError):
            real_fails = True
        if real_fails:
            continue
        found, left = compare(name, args, options, [shape])
        wrong += [(name, args, options, shape, found)] if found else []
        opened, total = opened + left, total + 1
    assert wrong == []
    assert total > 60
    assert opened == 0


def test_every_layer_of_torch_is_described():
    theirs = {
        name
        for name in dir(torch.nn)
        if isinstance(getattr(torch.nn, name), type) and issubclass(getattr(torch.nn, name), torch.nn.Module)
    }
    ours = {path.rpartition(".")[2] for path in MODELS if path.startswith("torch.nn.")}
    assert theirs - ours == set()


def test_attributes_of_layers_are_those_of_torch():
    names = ("in_features", "out_features", "in_channels", "out_channels", "kernel_size", "stride", "padding", "num_features",
             "num_embeddings", "embedding_dim", "hidden_size", "num_layers", "p", "normalized_shape", "num_groups", "groups",
             "dilation", "embed_dim", "num_heads", "head_dim", "batch_first", "bidirectional", "output_size", "training", "eps")  # fmt: skip
    wrong = []
    for name, args, kwargs, _ in LAYERS:
        machine, real, described = twin(f"torch.nn.{name}", args, kwargs)
        for attribute in names:
            if hasattr(real, attribute) and not name.startswith("Lazy"):
                value = machine.get(described, attribute)
                wrong += disagreements(value, getattr(real, attribute), f"{name}.{attribute}")
    assert wrong == []


def test_containers_index_slice_and_extend_as_torch_does():
    machine, _, linear = twin("torch.nn.Linear", (4, 5))
    relu = machine.call(LibraryName("torch.nn.ReLU"))
    rows = [machine.call(LibraryName("torch.nn.Linear"), 5, size) for size in (6, 7)]
    net = machine.call(LibraryName("torch.nn.Sequential"), linear, relu)
    for module in rows[:1]:
        machine.call(machine.get(net, "append"), module)
    real = torch.nn.Sequential(torch.nn.Linear(4, 5), torch.nn.ReLU(), torch.nn.Linear(5, 6))
    x = torch.randn(3, 4)
    assert disagreements(machine.call(net, abstract(x)), real(x)) == []
    part = machine.item(net, slice(None, 2, None))
    assert disagreements(machine.call(part, abstract(x)), real[:2](x)) == []
    assert machine.length(net) == len(real)
    assert machine.item(net, -1) is rows[0]
    machine.call(machine.get(net, "set_item"), 2, rows[1])
    real[2] = torch.nn.Linear(5, 7)
    assert disagreements(machine.call(net, abstract(x)), real(x)) == []
    named = Mapping({"first": linear, "second": relu})
    table = machine.call(LibraryName("torch.nn.ModuleDict"), named)
    assert machine.item(table, "first") is linear
    assert [name for name, _ in machine.iterate(machine.call(machine.get(table, "items"))).items] == ["first", "second"]


def test_modes_dtypes_and_frozen_parameters_follow_the_calls():
    machine, real, net = twin("torch.nn.Sequential", ())
    machine.call(machine.get(net, "append"), machine.call(LibraryName("torch.nn.Linear"), 3, 2))
    real.append(torch.nn.Linear(3, 2))
    for call in ("eval", "double"):
        machine.call(machine.get(net, call))
        getattr(real, call)()
    machine.call(machine.get(net, "requires_grad_"), False)
    real.requires_grad_(False)
    inner = machine.item(net, 0)
    assert machine.get(inner, "training") is False
    for name in ("weight", "bias"):
        assert disagreements(machine.get(inner, name), getattr(real[0], name), name) == []


@pytest.mark.parametrize(("first", "second"), list(itertools.product([(4, 5), (5, 6)], [(5, 6), (6, 3)])))
def test_a_linear_layer_refuses_what_torch_refuses(first, second):
    machine, real, described = twin("torch.nn.Linear", second)
    x = torch.randn(first)
    try:
        real(x)
        raises = False
    except RuntimeError:
        raises = True
    machine.call(described, abstract(x))
    assert bool(machine.events.findings) is raises
