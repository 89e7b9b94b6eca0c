"""What an operation that brings samples together means: a fault with a name, or what a model is made to do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from snugly.facts.records import dataclass
from snugly.rules.batches.samples_depend_on_each_other import Way

if TYPE_CHECKING:
    from collections.abc import Sequence

    from snugly.runtime.samples.locating import Layer, Meeting, Operation, Trace, Value

VIEWS = frozenset(("view", "_unsafe_view", "reshape", "clone", "as_strided", "_reshape_alias", "unfold", "t", "copy_"))
REDUCTIONS = frozenset((
    "sum", "mean", "var", "std", "var_mean", "std_mean", "linalg_vector_norm", "norm", "prod", "amax", "amin", "max",
    "min", "logsumexp", "_softmax", "_log_softmax", "native_layer_norm", "native_group_norm", "cumsum", "cumprod",
    "median", "any", "all", "sort", "topk", "argmax", "argmin", "aminmax", "_fused_rms_norm", "logcumsumexp",
    "max_pool2d_with_indices", "avg_pool2d", "_adaptive_avg_pool2d",
))  # fmt: skip
PRODUCTS = frozenset(("mm", "addmm", "bmm", "baddbmm", "mv", "addmv", "dot", "convolution", "mkldnn_linear"))
BY_INDEX = frozenset((
    "index_add", "index_add_", "scatter_add", "scatter_add_", "scatter_reduce", "scatter_reduce_", "index_put",
    "index_put_", "_index_put_impl_", "index_reduce", "index_reduce_", "segment_reduce", "_sparse_mm", "scatter",
    "scatter_", "_sparse_addmm", "index_copy", "index_copy_", "_sparse_sparse_matmul", "_embedding_bag",
    "_embedding_bag_forward_only",
))  # fmt: skip
NORMS = frozenset(("native_batch_norm", "_native_batch_norm_legit", "_batch_norm_with_update", "cudnn_batch_norm"))
SAID = {"_unsafe_view": "view", "clone": "reshape", "copy_": "reshape", "_reshape_alias": "reshape",
        "_softmax": "softmax", "_log_softmax": "log_softmax", "linalg_vector_norm": "norm",
        "native_layer_norm": "layer_norm", "addmm": "linear", "t": "transpose",
        "max_pool2d_with_indices": "max_pool2d", "_adaptive_avg_pool2d": "adaptive_avg_pool2d"}  # fmt: skip
ELEMENTWISE = frozenset(("add", "sub", "mul", "div", "lerp", "where", "maximum", "minimum", "addcmul", "add_", "mul_"))


@dataclass(frozen=True, slots=True)
class Told:
    """What is to be told of a meeting.

    Attributes:
        way: of the fault; ``None`` where samples are brought together on purpose.
        purpose: what that purpose is, as the end of a sentence.
        operation: torch's name.
        layer: the layer that runs it.
        before: the sizes that it takes.
        after: the sizes that it makes.
        axis: the axis of what it takes that holds samples.
    """

    way: Way | None
    purpose: str = ""
    operation: str = ""
    layer: str = ""
    before: tuple[int, ...] | None = None
    after: tuple[int, ...] | None = None
    axis: int | None = None


def described(meeting: Meeting, samples: int) -> Told:
    """Return what is to be told of a meeting of samples."""
    met = meeting.met or meeting.lost
    layers = meeting.met_layers if meeting.met is not None else meeting.layers
    purpose = _purpose(met, meeting.trace, layers, samples)
    if purpose:
        return Told(None, purpose)
    values = [meeting.trace.values[at] for at in meeting.lost.inputs]
    taken = next((each for each in values if each.touched), None)
    made = meeting.trace.values[meeting.lost.outputs[0]] if meeting.lost.outputs else None
    name = meeting.lost.name
    way, layer = _way(name, values, made, meeting.layers)
    return Told(
        way,
        operation=SAID.get(name, name.rstrip("_")),
        layer=layer,
        before=None if taken is None else taken.shape,
        after=None if made is None else made.shape,
        axis=None if taken is None else taken.axis,
    )


def _purpose(operation: Operation, trace: Trace, layers: Sequence[Layer], samples: int) -> str:
    """Say for what purpose an operation brings samples together; nothing where it should not."""
    values = [trace.values[at] for at in operation.inputs]
    if operation.name in NORMS:
        return f"{layer_name(layers)} normalizes by the batch and keeps no running statistics"
    if operation.name in BY_INDEX:
        return f"{operation.name.rstrip('_')} gathers rows by indices, as graph networks do"
    related = [each for each in values if not each.trained and not each.touched and _is_square(each, samples)]
    if operation.name in PRODUCTS and related:
        return f"{operation.name} multiplies by a {samples} × {samples} matrix that relates the samples"
    touched = [each for each in values if each.touched]
    sequence = next((each for each in layers if _follows_a_sequence(each.module)), None)
    if sequence is not None and sequence.single:
        return f"{layer_name([sequence])} is given one sequence"
    if operation.name == "convolution" and touched and touched[0].shape[0] == 1:
        return "a convolution is given one sample"
    if operation.name == "mm" and len(touched) > 1:
        return "mm multiplies rows with rows, as the attention of one sequence does"
    axes = {each.axis for each in touched}
    shapes = {each.shape for each in touched}
    if (
        sequence is None
        and operation.name in ELEMENTWISE
        and len(touched) > 1
        and len(axes) == len(shapes) == 1
        and None not in axes
    ):
        return f"{operation.name} combines each sample with one that was chosen for it"
    return ""


def _is_square(value: Value, samples: int) -> bool:
    return value.shape[-2:] == (samples, samples)


def _way(name: str, values: Sequence[Value], made: Value | None, layers: Sequence[Layer]) -> tuple[Way, str]:
    """Return how an operation brings samples together, and the layer to name for it."""
    import torch

    for at, each in enumerate(layers):
        if _follows_a_sequence(each.module):
            recurrent = isinstance(each.module, (torch.nn.RNNBase, torch.nn.RNNCellBase))
            return (Way.RECURRENT if recurrent else Way.ATTENTION), layer_name(layers[at:])
    layer = layer_name(layers)
    if "scaled_dot_product" in name or "multi_head_attention" in name or "transformer_encoder" in name:
        return Way.ATTENTION, layer
    touched = [each for each in values if each.touched]
    if name in VIEWS:
        return Way.VIEW, layer
    if name in REDUCTIONS:
        return Way.REDUCTION, layer
    if name in PRODUCTS:
        return (Way.FEATURES if len(touched) == 1 else Way.PRODUCT), layer
    if made is not None and len(touched) > 1 and all(each.shape != made.shape for each in touched):
        return Way.BROADCAST, layer
    return Way.OTHER, layer


def _follows_a_sequence(module: Any) -> bool:
    import torch

    return isinstance(module, (torch.nn.RNNBase, torch.nn.RNNCellBase, torch.nn.MultiheadAttention))


def layer_name(layers: Sequence[Layer]) -> str:
    """Name the innermost of some layers by its class and its name in the model."""
    if not layers:
        return ""
    kind = type(layers[0].module).__name__
    return f"{kind} ({layers[0].name})" if layers[0].name else kind
