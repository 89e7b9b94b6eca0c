"""CUDA: what an assert hides, and tensors on different devices."""

from __future__ import annotations

from typing import TYPE_CHECKING

from snugly.messages.catalog import Meaning, message
from snugly.messages.texts import Text
from snugly.rules.findings import LikelyCause

if TYPE_CHECKING:
    from snugly.messages.catalog import Reading


@message(
    Text("CUDA error: device-side assert triggered", versions="1.5 to 2.13"),
    Text("cuda runtime error (59) : device-side assert triggered", versions="to 1.4"),
    Text("cuda runtime error (710) : device-side assert triggered", versions="1.2 to 1.5"),
    Text("CUBLAS_STATUS_ALLOC_FAILED", versions="to 2.13"),
    Text("CUBLAS_STATUS_NOT_INITIALIZED", versions="to 2.13"),
)
def device_assert(reading: Reading) -> Meaning:
    """Explain an assert that a kernel raised some calls earlier."""
    says = (
        "A CUDA kernel met a value that it must not, some calls before the line in the traceback: kernels run later than they are "
        "called, and the process cannot use the GPU any more. In a training loop it is nearly always a label that is no class, "
        "or an id that an embedding has no row for."
    )
    label = LikelyCause(
        "a label is not below the number of classes, or is negative",
        "cross_entropy and nll_loss assert t >= 0 && t < n_classes; it is the most common assert in public threads",
        "run the same batch on the CPU, where torch names the label: CUDA_VISIBLE_DEVICES='' python train.py",
        f"assert 0 <= {reading.target}.min() and {reading.target}.max() < num_classes",
    )
    index = LikelyCause(
        "an id is not below num_embeddings",
        "a padding or unknown token beyond the table, a tokenizer of another model, a sequence longer than the table of positions",
        "print(ids.max(), embedding.num_embeddings)",
        "nn.Embedding(len(vocab) + 1, dim)",
    )
    interval = LikelyCause(
        "BCELoss got a value outside [0, 1], or NaN",
        "its kernel asserts input_val >= zero && input_val <= one",
        "is there a sigmoid before it?",
        "nn.BCEWithLogitsLoss()",
    )
    return Meaning(says, "label-out-of-range", {}, (), (label, index, interval), reading.loss)


@message(
    Text(
        "Expected all tensors to be on the same device, but found at least two devices, {one:any} and {other:word}",
        versions="1.7 to 2.13",
    ),
    Text(
        "Expected all tensors to be on the same device, but got {_:any} is on {one:word}, different from other tensors on {other:word}",
        versions="2.8 to 2.13",
    ),
    Text("Expected object of backend {one:word} but got backend {other:word} for argument", versions="1.0 to 1.4"),
    Text(
        "Expected object of device type {one:word} but got device type {other:word} for argument", versions="1.4 to 1.6"
    ),
    Text("Input, output and indices must be on the current device", versions="1.4 to 1.9"),
)
def another_device(reading: Reading) -> Meaning:
    """Explain tensors on different devices."""
    one, other = reading.values.get("one"), reading.values.get("other")
    loss = reading.loss or ""
    weight = LikelyCause(
        "the class weights stayed on the CPU",
        "a weight tensor given to a loss moves only when the loss is moved",
        "print(criterion.weight.device)",
        "criterion = nn.CrossEntropyLoss(weight=weight.to(device))",
    )
    data = LikelyCause(
        "the labels or the inputs were not moved",
        "x.to(device) returns a copy; without assignment it is lost",
        "print(x.device, y.device)",
        "x, y = x.to(device), y.to(device)",
    )
    made = LikelyCause(
        "a tensor made in forward is on the CPU",
        "torch.zeros and torch.arange make CPU tensors unless told",
        "look for zeros, ones, arange and tensor( in forward",
        "torch.zeros(..., device=x.device)",
    )
    causes = (
        (weight, data)
        if reading.paste.mentions("weight", "cross_entropy_loss", "nll_loss") or "cross_entropy" in loss
        else (data, made, weight)
    )
    where = f" One is on {one}, another on {other}." if isinstance(one, str) and isinstance(other, str) else ""
    return Meaning(
        f"All tensors of an operation must be on one device.{where}",
        "operation-does-not-fit",
        {},
        (),
        causes,
        reading.loss,
    )
