"""Errors that name a dtype: labels, targets, weights or inputs of the wrong type."""

from __future__ import annotations

from typing import TYPE_CHECKING

from snugly.facts.dtypes import FLOATING, INTEGRAL
from snugly.facts.tensors import TensorFacts
from snugly.messages.catalog import Meaning, message
from snugly.messages.texts import CLASS_LOSSES, Text
from snugly.rules.findings import LikelyCause

if TYPE_CHECKING:
    from snugly.messages.catalog import Reading

_FLOATS = (*FLOATING, None)


@message(
    Text("expected target dtype to be Long or Byte, but got {got:dtype}", versions="2.12 to 2.13", losses=CLASS_LOSSES),
    Text(
        "Expected object of scalar type Long but got scalar type {got:dtype} for argument #2 'target'",
        versions="1.0 to 1.6",
        losses=CLASS_LOSSES,
    ),
    Text(
        "Expected object of type {expected:dtype} but found type {got:dtype} for argument #2 'target'",
        versions="0.4",
        losses=CLASS_LOSSES,
    ),
    Text(
        "Expected object of type {expected:dtype} but found type {got:dtype} for argument #2 'target'",
        "TypeError",
        "0.4",
        CLASS_LOSSES,
    ),
    Text(
        "\"nll_loss_forward_reduce_cuda_kernel_2d_index\" not implemented for '{got:dtype}'",
        versions="1.9 to 2.13, CUDA",
        losses=CLASS_LOSSES,
    ),
    Text(
        "\"nll_loss_forward_no_reduce_cuda_kernel_index\" not implemented for '{got:dtype}'",
        versions="1.9 to 2.13, CUDA",
        losses=CLASS_LOSSES,
    ),
)
def label_dtype(reading: Reading) -> Meaning:
    """Explain class indices that are not int64."""
    got = reading["got"]
    target = reading.target
    says = f"{reading.loss or 'cross_entropy'} takes class indices as int64 (uint8 works too); the target is {got or 'of another type'}."
    floats = LikelyCause(
        "the labels went through a float table, torch.Tensor(...) or .float()",
        "torch.Tensor and FloatTensor always make float32, and pandas or numpy tables of features and labels have one dtype",
        f"print({target}.dtype) where the labels are made",
        f"{target}.long()    # better: torch.tensor(labels, dtype=torch.long) where they are made",
    )
    small = LikelyCause(
        f"the labels are {got}, as numpy on Windows or a byte table makes them",
        "numpy's default integer is int32 on Windows, and astype(int) follows it; only int64 and uint8 are taken",
        f"print({target}.dtype)",
        f"{target}.long()",
    )
    probabilities = LikelyCause(
        "the target was meant as class probabilities",
        "probabilities have the shape of the logits, (N, C)",
        f"print({target}.shape)",
        "F.one_hot(labels, num_classes).float()    # or keep the indices, which is cheaper",
    )
    causes = (small, floats) if got in INTEGRAL or got == "bool" else (floats, probabilities)
    return Meaning(says, "float-class-labels", {"target": TensorFacts(None, got)}, (), causes, reading.loss)


@message(
    Text("expected scalar type {expected:dtype} but found {got:dtype}", versions="1.7 to 2.13"),
    Text(
        "Expected object of scalar type {expected:dtype} but got scalar type {got:dtype} for argument {_:any} in call to {call:word}",
        versions="1.0 to 1.6",
    ),
    Text("Expected object of type {expected:dtype} but found type {got:dtype} for argument {_:any}", versions="0.4"),
)
def scalar_type(reading: Reading) -> Meaning:
    """Explain a dtype message that does not say whose dtype it means."""
    expected, got = reading["expected"], reading["got"]
    loss = reading.loss
    if expected == "int64" and (
        loss in CLASS_LOSSES
        or reading.paste.mentions("cross_entropy", "CrossEntropy", "nll_loss", "NLLLoss")
        or loss is None
    ):
        return label_dtype(reading)
    if expected == "int64" or got == "int64":
        return found_dtype(reading)
    says = f"Two floating point types meet: {expected} and {got}."
    weight = LikelyCause(
        "the class weights are float64 and the model float32",
        "weights computed in numpy are float64; class weights must have the dtype of the logits",
        "print(criterion.weight.dtype)",
        "torch.tensor(weights, dtype=torch.float32)",
    )
    data = LikelyCause(
        "the data are float64 and the model float32",
        "numpy's default is float64, and torch.from_numpy keeps it",
        f"print(x.dtype, {reading.target}.dtype)",
        "x = x.float()    # once, in the dataset",
    )
    causes = (weight, data) if loss in CLASS_LOSSES or reading.paste.mentions("weight") else (data, weight)
    return Meaning(says, "target-dtype-differs", {"input": TensorFacts(None, got)}, (), causes, loss)


@message(
    Text("Found dtype {got:dtype} but expected {expected:dtype}", versions="1.5 to 2.13"),
    Text("result type {expected:dtype} can't be cast to the desired output type {got:dtype}", versions="1.5 to 2.13"),
)
def found_dtype(reading: Reading) -> Meaning:
    """Explain integer or double targets of a loss that compares numbers."""
    expected, got = reading["expected"], reading["got"]
    if got in _FLOATS and expected not in _FLOATS:
        expected, got = got, expected
    target = reading.target
    loss = reading.loss
    says = (
        f"The target of {loss or 'this loss'} must be {expected or 'floating point'}, as its input is; it is {got}. "
        "Some losses (huber_loss with a float64 target) let it pass in forward and raise this in backward."
    )
    literal = LikelyCause(
        "the labels are integers: 0 and 1 from a table, or torch.full(size, 1)",
        "torch.full, torch.tensor and a table of 0 and 1 take their dtype from the numbers: 1 makes int64, 1.0 float32",
        f"print({target}.dtype)",
        f"{target}.float()    # better where they are made: real_label = 1.0, dtype=torch.float32",
    )
    double = LikelyCause(
        "the targets come from numpy as float64",
        "numpy's default is float64 and torch.from_numpy keeps it",
        f"print({target}.dtype)",
        f"{target}.float()    # or astype(np.float32) in the dataset",
    )
    classes = LikelyCause(
        "the labels are class indices and the loss is one for probabilities",
        "integer labels of more than two classes belong to cross entropy",
        f"print({target}.unique())",
        "nn.CrossEntropyLoss()",
    )
    causes = (double, literal) if got == "float64" else (literal, classes)
    return Meaning(
        says,
        "target-dtype-differs",
        {"target": TensorFacts(None, got)},
        (),
        causes,
        loss,
        "backward" if "Found" in reading.message and loss != "binary_cross_entropy" else "forward",
    )


@message(
    Text("mat1 and mat2 must have the same dtype, but got {one:dtype} and {other:dtype}", versions="1.13 to 2.13"),
    Text("mat1 and mat2 must have the same dtype", versions="1.9 to 1.12"),
    Text("expected m1 and m2 to have the same dtype, but got: {one:dtype} != {other:dtype}", versions="1.9 to 2.13"),
    Text("self and mat2 must have the same dtype, but got {one:dtype} and {other:dtype}", versions="2.0 to 2.13"),
    Text("Input type ({one:dtype}) and bias type ({other:dtype}) should be the same", versions="1.0 to 2.13"),
    Text("Input type ({one:dtype}) and weight type ({other:dtype}) should be the same", versions="1.0 to 2.13"),
)
def layer_dtype(reading: Reading) -> Meaning:
    """Explain an input whose dtype (or device) is not that of the layer's parameters."""
    one, other = reading.values.get("one"), reading.values.get("other")
    if "cuda" in reading.message and reading.message.count("cuda") == 1:
        from snugly.messages.devices import another_device

        return another_device(reading)
    says = f"A layer multiplies its input ({one or 'one dtype'}) with its parameters ({other or 'another dtype'}), and both must have one dtype."
    causes: tuple[LikelyCause, ...] = (
        LikelyCause(
            "the data are float64, as numpy makes them",
            "torch.from_numpy keeps numpy's float64; parameters are float32",
            "print(x.dtype)",
            "x = x.float()",
        ),
    )
    if one in INTEGRAL or other in INTEGRAL or "char" in reading.message:
        causes = (
            LikelyCause(
                "integers (ids, bytes, one-hot rows) reach a layer that computes with floats",
                "F.one_hot gives int64, images read as bytes are uint8; ids belong to nn.Embedding",
                "print(x.dtype)",
                "x = x.float()    # images: / 255; ids: nn.Embedding",
            ),
            *causes,
        )
    if "float16" in {one, other} or "bfloat16" in {one, other}:
        causes = (
            LikelyCause(
                "half precision on one side only",
                ".half() or autocast covers the model and not the input, or the other way round",
                "",
                "with torch.autocast(device_type): ...",
            ),
            *causes,
        )
    return Meaning(says, "operation-does-not-fit", {"input": TensorFacts(None, one)}, (), causes)


@message(
    Text(
        "\"{kernel:word}\" not implemented for '{got:dtype}'",
        "NotImplementedError",
        "1.0 to 2.13 (RuntimeError to 2.5)",
    ),
    Text(
        "Subtraction, the `-` operator, with a bool tensor is not supported.",
        versions="1.2 to 2.13",
        fixed={"got": "bool"},
    ),
    Text(
        "Subtraction, the `-` operator, with two bool tensors is not supported.",
        versions="1.2 to 2.13",
        fixed={"got": "bool"},
    ),
    Text(
        "Negation, the `-` operator, on a bool tensor is not supported.", versions="1.2 to 2.13", fixed={"got": "bool"}
    ),
    Text(
        "mean(): could not infer output dtype. Input dtype must be either a floating point or complex dtype. Got: {got:dtype}",
        versions="1.13 to 2.13",
    ),
    Text("Can only calculate the mean of floating types. Got {got:dtype} instead.", versions="1.0 to 1.12"),
    Text(
        "mean(): input dtype should be either floating point or complex dtypes. Got {got:dtype} instead.",
        versions="1.9 to 1.12",
    ),
    Text("kl_div: Integral inputs not supported.", versions="1.13 to 2.13", losses=("kl_div",)),
    Text(
        "kl_div: Complex inputs not supported.", versions="1.13 to 2.13", losses=("kl_div",), fixed={"got": "complex64"}
    ),
    Text(
        "{operation:word} does not support automatic differentiation for outputs with complex dtype.",
        versions="1.6 to 2.13",
        fixed={"got": "complex64"},
    ),
    Text("clamp is not supported for complex types", versions="1.7 to 2.13", fixed={"got": "complex64"}),
    Text("value cannot be converted to type {got:word} without overflow", versions="1.0 to 2.13"),
    Text("gather(): Expected dtype int32/int64 for index", versions="2.0 to 2.13"),
    Text("gather(): Expected dtype int64 for index", versions="1.5 to 2.0"),
)
def dtype_not_supported(reading: Reading) -> Meaning:
    """Explain an operation that has no kernel for a dtype."""
    got = reading.values.get("got")
    got = got if isinstance(got, str) else None
    kernel = reading.values.get("kernel", "")
    if "nll_loss" in kernel and ("index" in kernel or ("2d" in kernel and got in {*FLOATING})):
        return label_dtype(reading)
    says = f"This operation is not defined for {got or 'integers'}."
    causes: tuple[LikelyCause, ...] = (
        LikelyCause(
            "predictions or targets are integers or booleans where numbers are compared",
            "labels, masks and ids are integers; losses that average need floating point on both sides",
            f"print({reading.input}.dtype, {reading.target}.dtype)",
            f"{reading.input}.float(), {reading.target}.float()",
        ),
    )
    if got == "float16":
        causes = (
            LikelyCause(
                "half precision on the CPU",
                "many CPU kernels have no float16",
                "print(x.device, x.dtype)",
                "x.float()    # or bfloat16",
            ),
            *causes,
        )
    if got == "bool":
        causes = (
            LikelyCause(
                "a boolean mask is used as numbers",
                "comparisons such as (y > 0) give bool",
                f"print({reading.target}.dtype)",
                f"{reading.target}.float()",
            ),
            *causes,
        )
    if "index" in reading.message:
        causes = (
            LikelyCause(
                "the index is floating point",
                "gather, embedding and class indices take int64",
                "print(index.dtype)",
                "index.long()",
            ),
        )
    return Meaning(says, "arguments-do-not-fit", {"input": TensorFacts(None, got)}, (), causes, reading.loss)


@message(
    Text(
        "Expected tensor for argument #{position} 'indices' to have one of the following scalar types: Long, Int; but got {got:any} instead",
        versions="1.8 to 2.13",
    ),
    Text(
        "Expected tensor for argument #{position} 'indices' to have scalar type Long; but got {got:any} instead",
        versions="1.0 to 1.7",
    ),
    Text("tensors used as indices must be long, int, byte or bool tensors", "IndexError", "2.0 to 2.13"),
    Text("tensors used as indices must be long, byte or bool tensors", "IndexError", "1.2 to 1.13"),
    Text("only integer tensors of a single element can be converted to an index", "TypeError", "1.0 to 2.13"),
    Text("one_hot is only applicable to index tensor", versions="1.1 to 2.13"),
)
def index_dtype(_: Reading) -> Meaning:
    """Explain a floating point index."""
    return Meaning(
        "Indices (token ids, class indices) must be integers; these are not.",
        "operation-does-not-fit",
        {},
        (),
        (
            LikelyCause(
                "the ids were made with torch.Tensor(...) or zeros(...) or come from a float table",
                "torch.Tensor and torch.zeros make float32",
                "print(ids.dtype)",
                "torch.tensor(ids, dtype=torch.long)    # or ids.long()",
            ),
        ),
    )
