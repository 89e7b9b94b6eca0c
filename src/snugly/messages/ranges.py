"""Values outside the range that a loss or a layer takes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from snugly.facts.tensors import TensorFacts
from snugly.facts.values import ValueFacts
from snugly.messages.catalog import Meaning, message
from snugly.messages.texts import Text
from snugly.rules.findings import LikelyCause

if TYPE_CHECKING:
    from snugly.messages.catalog import Reading

_BCE = ("binary_cross_entropy",)


@message(
    Text("all elements of input should be between 0 and 1", versions="1.5 to 2.13", losses=_BCE),
    Text("Assertion `input_val >= zero && input_val <= one` failed", "device-side assert", "CUDA", _BCE),
    Text("Assertion `x >= 0. && x <= 1.' failed", versions="to 1.4", losses=_BCE),
    Text("Assertion `(x >= 0.) && (x <= 1.)' failed", versions="to 1.4", losses=_BCE),
    Text("Assertion `input >= 0. && input <= 1.` failed", "device-side assert", "to 1.4, CUDA", _BCE),
    Text("reduce failed to synchronize: {_:any}", versions="to 1.4, CUDA", losses=_BCE),
)
def not_probabilities(reading: Reading) -> Meaning:
    """Explain a BCELoss whose input is no probability."""
    return Meaning(
        "binary_cross_entropy takes probabilities; its input has an element below 0, above 1, or NaN.",
        "scores-for-probabilities",
        {"input": TensorFacts(None, None, values=ValueFacts())},
        (),
        (
            LikelyCause(
                "the model returns logits: there is no sigmoid before the loss",
                "a Linear layer gives any real number",
                "look at the last layer",
                f"nn.BCEWithLogitsLoss()({reading.input}, {reading.target})    # applies the sigmoid itself, and is more exact",
            ),
            LikelyCause(
                "the model diverged to NaN",
                "a NaN is in no range",
                f"print({reading.input}.isnan().any())",
                "lower the learning rate; look for log(0), sqrt(0) and division by 0",
            ),
        ),
        "binary_cross_entropy",
    )


@message(Text("all elements of target should be between 0 and 1", versions="2.1 to 2.13", losses=_BCE))
def target_not_probabilities(reading: Reading) -> Meaning:
    """Explain a BCELoss whose target is no probability."""
    return Meaning(
        "binary_cross_entropy takes targets from 0 to 1; yours has an element outside.",
        "target-outside-unit-interval",
        {"target": TensorFacts()},
        (),
        (
            LikelyCause(
                "the masks hold 0 and 255",
                "an image file keeps bytes",
                f"print({reading.target}.unique())",
                f"{reading.target} / 255",
            ),
            LikelyCause(
                "the labels are -1 and 1",
                "SVM-style labels belong to hinge losses",
                f"print({reading.target}.unique())",
                f"({reading.target} + 1) / 2",
            ),
            LikelyCause(
                "the labels are class indices of more than two classes",
                "",
                f"print({reading.target}.max())",
                "nn.CrossEntropyLoss()",
            ),
        ),
        "binary_cross_entropy",
    )


@message(
    Text("index out of range in self", "IndexError", "1.5 to 2.13"),
    Text("index out of range: Tried to access index {index} out of table with {last} rows. at", versions="1.2 to 1.4"),
    Text("index out of range at", versions="to 1.1"),
    Text("Assertion `srcIndex < srcSelectDimSize` failed", "device-side assert", "CUDA"),
)
def embedding_index(reading: Reading) -> Meaning:
    """Explain an id that an embedding has no row for."""
    index = reading.values.get("index")
    return Meaning(
        "nn.Embedding(num_embeddings, …) has rows 0 to num_embeddings - 1; an id in the input is beyond them"
        + (f": {index}." if index is not None else "."),
        "operation-does-not-fit",
        {"input": TensorFacts(None, "int64")},
        (),
        (
            LikelyCause(
                "num_embeddings is the number of words, and ids start at 1 or a special token was added",
                "a padding or unknown token takes a row too",
                "print(ids.max(), embedding.num_embeddings)",
                "nn.Embedding(len(vocab) + 1, dim, padding_idx=0)",
            ),
            LikelyCause(
                "the ids come from another vocabulary or tokenizer than the model",
                "a tokenizer with added tokens needs resize_token_embeddings",
                "print(len(tokenizer), embedding.num_embeddings)",
                "model.resize_token_embeddings(len(tokenizer))",
            ),
            LikelyCause(
                "a sequence is longer than the table of positions",
                "position ids run to the length of the sequence",
                "print(ids.size(1)) against max_len",
                "truncate to max_length",
            ),
            LikelyCause(
                "an id is negative, such as -100 or -1",
                "the labels' padding value got into the inputs",
                "print(ids.min())",
                "pad inputs with pad_token_id, labels with -100",
            ),
        ),
    )


@message(
    Text("Class values must be non-negative.", versions="1.1 to 2.13"),
    Text("Class values must be smaller than num_classes.", versions="1.1 to 2.13"),
    Text("target out of range", versions="1.0 to 2.13", losses=("multi_margin_loss",)),
    Text("argument #2 'target' is out of range", versions="1.0 to 2.13", losses=("multilabel_margin_loss",)),
    Text(
        "Target values should be in [0, {last}], but values in range [{low:number}, {high:number}] were found.",
        versions="1.0 to 2.13",
        losses=("adaptive_log_softmax_with_loss",),
    ),
    Text("index {index} is out of bounds for dimension {axis} with size {size}", "IndexError", "1.0 to 2.13"),
)
def class_value(reading: Reading) -> Meaning:
    """Explain a class index beyond the number of classes."""
    size = reading.values.get("size")
    says = "A class index is negative or not below the number of classes."
    if size is not None:
        says = f"Index {reading['index']} is not below the size {size} of axis {reading['axis']}; indices start at 0."
    elif "last" in reading.values:
        says = f"Class indices run from 0 to {reading['last']}; the target holds values from {reading['low']:g} to {reading['high']:g}."
    return Meaning(
        says,
        "label-out-of-range",
        {"target": TensorFacts()},
        (),
        (
            LikelyCause(
                "the labels start at 1",
                "C classes numbered 1 to C need C + 1 places",
                f"print({reading.target}.min(), {reading.target}.max())",
                f"{reading.target} - 1",
            ),
            LikelyCause(
                "there are more classes in the data than the model was told",
                "a class list in another file",
                "",
                "num_classes = int(labels.max()) + 1",
            ),
            LikelyCause(
                "a marker such as -100, -1 or 255 is among the labels",
                "markers are no classes",
                f"print({reading.target}.unique())",
                "mask them out first",
            ),
        ),
        reading.loss,
    )


@message(Text("var has negative entry/entries", "ValueError", "1.8 to 2.13", ("gaussian_nll_loss",)))
def negative_variance(_: Reading) -> Meaning:
    """Explain a variance below zero."""
    return Meaning(
        "gaussian_nll_loss takes a variance as its third argument; it has a negative element.",
        "arguments-do-not-fit",
        {"var": TensorFacts()},
        (),
        (
            LikelyCause(
                "the raw output of a Linear layer is passed as the variance",
                "a Linear layer gives any real number",
                "look at how var is made",
                "var = F.softplus(raw) + 1e-6    # or raw.exp() when it is a log-variance",
            ),
            LikelyCause(
                "the arguments are in another order",
                "it is loss(input, target, var): the variance last",
                "",
                "criterion(mean, target, var)",
            ),
        ),
        "gaussian_nll_loss",
    )


@message(Text("var is of incorrect size", "ValueError", "1.8 to 2.13", ("gaussian_nll_loss",)))
def variance_size(_: Reading) -> Meaning:
    """Explain a variance whose shape fits neither the input nor one value a row."""
    return Meaning(
        "gaussian_nll_loss takes a variance of the input's shape, or of that shape with the last axis 1 or left out.",
        "arguments-do-not-fit",
        {"var": TensorFacts()},
        (),
        (
            LikelyCause(
                "the variance kept or lost an axis",
                "chunk keeps the last axis, unbind and [:, 0] take it off",
                "print(mean.shape, var.shape)",
                "mean, var = out.unbind(-1)    # both (N,)",
            ),
        ),
        "gaussian_nll_loss",
    )
