"""``torchvision.utils``, ``io`` and ``ops``: pictures written and read, boxes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from snugly.facts.tensors import TensorFacts
from snugly.facts.values import ValueFacts
from snugly.library.registry import function
from snugly.library.torch.arguments import tensor

if TYPE_CHECKING:
    from snugly.interpreter.values import Value


@function("torchvision.utils.save_image", "torchvision.io.write_png", "torchvision.io.write_jpeg")
def save_image(*args: Value, **kwargs: Value) -> None:
    """Describe ``save_image``: it writes a file."""


@function("torchvision.utils.make_grid")
def make_grid(machine: Any, tensor: Value, nrow: Value = 8, padding: Value = 2, **options: Value) -> TensorFacts:
    """Describe ``make_grid``: a picture of three channels, as large as the grid."""
    dtype = tensor.dtype if isinstance(tensor, TensorFacts) else None
    return TensorFacts((3, None, None), dtype)


@function("torchvision.io.read_image", "torchvision.io.decode_image")
def read_image(machine: Any, path: Value = None, mode: Value = None, **options: Value) -> TensorFacts:
    """Describe ``read_image``: bytes, channels first; how many channels depends on the file."""
    channels = 3 if isinstance(mode, str) and mode.upper() == "RGB" else None
    values = ValueFacts(low=0, high=255, integral=True)
    return TensorFacts((channels, None, None), "uint8", "cpu", requires_grad=False, values=values)


@function("torchvision.ops.nms", "torchvision.ops.batched_nms")
def nms(boxes: Value, *args: Value, **kwargs: Value) -> TensorFacts:
    """Describe ``nms``: the indices of the boxes that are kept."""
    return TensorFacts((None,), "int64", tensor(boxes).device, requires_grad=False)


@function("torchvision.ops.box_iou", "torchvision.ops.generalized_box_iou")
def box_iou(boxes1: Value, boxes2: Value) -> TensorFacts:
    """Describe ``box_iou``: each box against each."""
    rows, columns = tensor(boxes1).size(0), tensor(boxes2).size(0)
    return TensorFacts((rows, columns), tensor(boxes1).dtype)


@function("torchvision.ops.box_convert", "torchvision.ops.clip_boxes_to_image")
def same_boxes(boxes: Value, *args: Value, **kwargs: Value) -> Value:
    """Describe what turns boxes into as many boxes."""
    return boxes.with_shape(*boxes.shape) if isinstance(boxes, TensorFacts) and boxes.shape is not None else boxes


@function("torchvision.ops.sigmoid_focal_loss")
def sigmoid_focal_loss(
    machine: Any, inputs: Value, targets: Value, alpha: Value = 0.25, gamma: Value = 2, reduction: Value = "none"
) -> Value:
    """Describe ``sigmoid_focal_loss``: binary cross entropy with logits inside, then a weight for each element."""
    loss = machine.loss(
        "torch.nn.functional.binary_cross_entropy_with_logits",
        {"input": inputs, "target": targets},
        {"reduction": "none"},
    )
    if reduction in ("mean", "sum") and isinstance(loss, TensorFacts):
        return machine.apply(f"torch.{reduction}", loss)
    return loss
