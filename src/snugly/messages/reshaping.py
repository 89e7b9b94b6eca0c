"""view, reshape, cat, stack, squeeze and indexing that do not fit."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from snugly.facts.tensors import TensorFacts
from snugly.messages.catalog import Meaning, message
from snugly.messages.numbers import square_factors
from snugly.messages.texts import Text
from snugly.rules.findings import LikelyCause

if TYPE_CHECKING:
    from snugly.messages.catalog import Reading


@message(
    Text("shape '{shape:sizes}' is invalid for input of size {count}", versions="0.4 to 2.13"),
    Text("size '{shape:crossed}' is invalid for input with {count} elements at", versions="to 0.3"),
    Text("cannot reshape array of size {count} into shape {shape:sizes}", "ValueError", "numpy"),
)
def reshape(reading: Reading) -> Meaning:
    """Explain a view whose sizes do not multiply to the number of elements."""
    shape, count = reading["shape"], reading["count"]
    known = math.prod(size for size in shape if size != -1)
    says = f"{count} elements do not fill the shape {list(shape)}"
    says += (
        f": {count} / {known} = {count / known:.2f} is no whole number."
        if -1 in shape and known
        else f", which holds {known}."
    )
    numbers = [f"{count} = {channels} × {side} × {side}" for channels, side in square_factors(count)[:1]]
    causes = []
    first = shape[0] if shape else 0
    if first not in {-1, 0} and known and -1 not in shape and count % (known // first) == 0:
        rows = count // (known // first)
        numbers.append(f"{count} = {rows} × {known // first}: there are {rows} rows, not {first}")
        causes.append(
            LikelyCause(
                "the view is written for the configured batch size and the last batch is shorter",
                f"{rows} rows arrive instead of {first}",
                "does it fail at the end of the epoch?",
                "x.view(x.size(0), ...)    # instead of batch_size",
            )
        )
    causes.append(
        LikelyCause(
            "the size of the feature map is not the one the view was written for",
            "another image size, padding or pooling than in the original code",
            "print(x.shape) before the view",
            "x = torch.flatten(x, 1)    # and let the next layer follow",
        )
    )
    return Meaning(says, "view-size", {"input": TensorFacts()}, tuple(numbers), tuple(causes))


@message(
    Text(
        "view size is not compatible with input tensor's size and stride (at least one dimension spans across two contiguous subspaces). Use .reshape(...) instead.",
        versions="1.0 to 2.13",
    ),
    Text(
        "invalid argument {_:any}: view size is not compatible with input tensor's size and stride",
        versions="0.4 to 1.1",
    ),
)
def view_of_strides(_: Reading) -> Meaning:
    """Explain a view of a tensor whose memory is not in order."""
    return Meaning(
        "view only relabels memory, and after permute, transpose or a slice the memory is not in the order that the new shape needs.",
        "operation-does-not-fit",
        {},
        (),
        (
            LikelyCause(
                "the tensor was permuted or transposed before the view",
                "transpose changes strides, not memory",
                "is the order of the axes the one you want to flatten?",
                "x.reshape(...)    # copies where it must, the same values",
            ),
            LikelyCause(
                "the labels or logits are a slice, y[:, 1:]", "a slice is not contiguous", "", "y[:, 1:].reshape(-1)"
            ),
        ),
    )


@message(
    Text(
        "Sizes of tensors must match except in dimension {axis}. Expected size {expected} but got size {got} for tensor number {position} in the list.",
        versions="1.10 to 2.13",
    ),
    Text(
        "Sizes of tensors must match except in dimension {axis}. Got {expected} and {got} in dimension {other}",
        versions="1.0 to 1.9",
    ),
    Text(
        "Sizes of tensors must match except in dimension {axis}. Expected size {expected} but got size {got}",
        versions="1.10 to 2.13",
    ),
    Text("Tensors must have same number of dimensions: got {expected} and {got}", versions="1.0 to 2.13"),
)
def concatenation(reading: Reading) -> Meaning:
    """Explain torch.cat of tensors that differ on another axis than the joined one."""
    expected, got = reading["expected"], reading["got"]
    off_by_one = abs(expected - got) <= 2
    skip = LikelyCause(
        "the feature maps of a skip connection differ by a pixel or two",
        "pooling an odd size rounds down, and upsampling does not give it back",
        "is the image size a multiple of 2 ** number of poolings?",
        "x = F.interpolate(x, size=skip.shape[2:])    # or pad the images",
    )
    axis = LikelyCause(
        "the tensors are joined on the wrong axis",
        "features are joined on axis 1, batches on axis 0",
        "print the shapes in the list",
        "torch.cat(parts, dim=1)",
    )
    short = LikelyCause(
        "one of them was made for the configured batch size",
        "the last batch is shorter",
        "does it fail at the end of the epoch?",
        "x.size(0) instead of batch_size",
    )
    causes = (skip, axis, short) if off_by_one else (axis, short, skip)
    return Meaning(
        f"torch.cat joins tensors that are equal on every other axis; here {expected} meets {got}.",
        "operation-does-not-fit",
        {},
        (),
        causes,
    )


@message(
    Text(
        "Dimension out of range (expected to be in range of [{low}, {high}], but got {axis})",
        "IndexError",
        "0.4 to 2.13",
    ),
    Text("dimension out of range (expected to be in range of [{low}, {high}], but got {axis})", versions="0.2 to 0.4"),
    Text("too many indices for tensor of dimension {rank}", "IndexError", "0.4 to 2.13"),
    Text("invalid index of a 0-dim tensor. Use `tensor.item()`", "IndexError", "0.5 to 2.13"),
)
def axis_out_of_range(reading: Reading) -> Meaning:
    """Explain an axis that the tensor does not have."""
    high = reading.values.get("high")
    rank = high + 1 if high is not None else reading.values.get("rank", 0)
    return Meaning(
        f"The tensor has {rank} {'axis' if rank == 1 else 'axes'}, and another is asked for. Axes count from 0.",
        "operation-does-not-fit",
        {"input": TensorFacts((None,) * max(rank, 0))},
        (),
        (
            LikelyCause(
                "squeeze() took an axis away, at a batch of one row also the batch axis",
                "squeeze() removes every axis of size 1",
                "does it fail on the last batch only, len(dataset) % batch_size == 1?",
                "x.squeeze(1)    # name the axis",
            ),
            LikelyCause(
                "the logits were reduced or indexed before",
                "argmax, mean and [0] take an axis off",
                "print(x.shape)",
                "softmax(dim=-1) works for any rank; but look at why the axis is gone",
            ),
        ),
        reading.loss,
    )


@message(
    Text("only one element tensors can be converted to Python scalars", "ValueError", "0.4 to 2.13"),
    Text("a Tensor with {count} elements cannot be converted to Scalar", "RuntimeError", "1.10 to 2.13"),
    Text("Boolean value of Tensor with more than one value is ambiguous", "RuntimeError", "1.0 to 2.13"),
    Text("bool value of Tensor with more than one value is ambiguous", "RuntimeError", "0.4"),
    Text("grad can be implicitly created only for scalar outputs", "RuntimeError", "0.4 to 2.13"),
)
def not_a_scalar(reading: Reading) -> Meaning:
    """Explain a loss that is no number."""
    ambiguous = "ambiguous" in reading.message
    causes = [
        LikelyCause(
            "the loss was not averaged: reduction='none', or hand-written without mean()",
            "backward and item want one number",
            "print(loss.shape)",
            "loss.mean().backward()",
        ),
        LikelyCause(
            "DataParallel gathers one loss for each GPU",
            "the loss computed in forward comes back as a vector",
            "",
            "loss.mean().backward()",
        ),
    ]
    if ambiguous:
        causes = [
            LikelyCause(
                "the loss class was called with the tensors: nn.MSELoss(output, target)",
                "the first parameters of the constructor are options, and a tensor is tested for truth",
                "look at the line of the loss",
                "nn.MSELoss()(output, target)",
            ),
            LikelyCause(
                "tensors are compared with if, and, or or in",
                "an element-wise comparison has no single truth",
                "",
                "torch.equal(a, b)    # or (a == b).all()",
            ),
        ]
    return Meaning(
        "One number is needed and a tensor with several elements is there.",
        "arguments-do-not-fit",
        {},
        (),
        tuple(causes),
        reading.loss,
    )
