"""Class weights and element weights whose length, rank or dtype does not fit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from snugly.facts.tensors import TensorFacts
from snugly.messages.catalog import Meaning, message
from snugly.messages.texts import CLASS_LOSSES, Text
from snugly.rules.findings import LikelyCause

if TYPE_CHECKING:
    from snugly.messages.catalog import Reading


@message(
    Text(
        "weight tensor should be defined either for all {classes} classes or no classes but got weight tensor of shape: {weight:sizes}",
        versions="1.4 to 2.13",
        losses=CLASS_LOSSES,
    ),
    Text(
        "weight tensor should be defined either for all {classes} classes or no classes at",
        versions="0.2 to 1.3",
        losses=CLASS_LOSSES,
    ),
    Text("weight tensor should be defined either for all or no classes", versions="0.2 to 2.13", losses=CLASS_LOSSES),
    Text(
        "inconsistent weight size, expected {classes} but got {weight:sizes}",
        versions="1.1 to 2.13",
        losses=("multi_margin_loss",),
    ),
    Text("weight must be one-dimensional", "ValueError", "0.4 to 2.13", ("multi_margin_loss",), {"rank": 2}),
)
def weight_length(reading: Reading) -> Meaning:
    """Explain class weights of another length than the class axis."""
    classes = reading.values.get("classes")
    weight = reading.values.get("weight")
    says = "The loss takes one weight for each class, a vector as long as the input has columns"
    says += f": ({classes},)." if classes is not None else "."
    numbers: list[str] = []
    causes = [
        LikelyCause(
            "the weights were counted over another list of classes",
            "a class that is missing in the table or in the training split, a background or padding class that only one side counts",
            "compare len(weights), the last layer's out_features and labels.max() + 1",
            f"counts = torch.bincount(labels, minlength={classes or 'num_classes'})    # or snugly.class_weights(labels, {classes or 'num_classes'})",
        )
    ]
    if weight is not None:
        says += f" Yours is {list(weight)}."
        count = 1
        for size in weight:
            count *= size
        if len(weight) > 1 and count == classes:
            causes.insert(
                0,
                LikelyCause(
                    "the weights have an axis too many",
                    f"{list(weight)} holds the right number of weights, {classes}, but is no vector",
                    "look for [weights], unsqueeze and keepdim where they are computed",
                    "weight.squeeze(0)" if weight[0] == 1 else "weight.reshape(-1)",
                ),
            )
        elif len(weight) == 0:
            causes.insert(
                0,
                LikelyCause(
                    "the weight is one number",
                    "a scalar tensor is no weight for each class",
                    "print(weight.shape)",
                    "torch.tensor([w0, w1, ...])",
                ),
            )
        elif classes is not None and len(weight) == 1 and weight[0] > max(2 * classes, classes + 8):
            causes.insert(
                0,
                LikelyCause(
                    "there is a weight for each sample instead of each class",
                    f"{weight[0]} weights are far more than {classes} classes",
                    "are the weights indexed by the labels?",
                    "loss = (F.cross_entropy(logits, target, reduction='none') * sample_weight).mean()",
                ),
            )
        if classes is not None and len(weight) == 1 and abs(weight[0] - classes) == 1:
            numbers.append(f"{weight[0]} weights for {classes} classes: one is missing or one is extra")
    facts = (
        {"input": TensorFacts((None, classes)), "weight": TensorFacts(weight)}
        if classes is not None
        else {"weight": TensorFacts(weight)}
    )
    return Meaning(says, "class-weight-length", facts, tuple(numbers), tuple(causes), reading.loss)


@message(
    Text(
        "Attempting to broadcast a dimension of length {size} at {axis}! Mismatching argument at index {position} had {weight:sizes}; but expected shape should be broadcastable to {input:sizes}",
        versions="1.9 to 2.13",
        losses=("binary_cross_entropy",),
    ),
    Text("output with shape {input:sizes} doesn't match the broadcast shape {weight:sizes}", versions="1.0 to 2.13"),
    Text(
        "Weights and input must have the same size.", "ValueError", "2.6 to 2.13", ("mse_loss", "l1_loss", "huber_loss")
    ),
)
def element_weight(reading: Reading) -> Meaning:
    """Explain an element weight or pos_weight that does not broadcast to the input."""
    input_, weight = reading.values.get("input"), reading.values.get("weight")
    loss = reading.loss
    if reading.known.losses and "mse_loss" in reading.known.losses:
        says = f"The weight of {loss or 'this loss'} is a weight for each element and must have the input's shape; it does not broadcast."
        edit = "weight.expand_as(input)"
    else:
        says = "The weight (or pos_weight) of a binary loss is laid along the last axes of the input; it must broadcast to the input's shape without making it larger."
        edit = "pos_weight.view(-1, 1, 1)    # one weight for each of C channels of (N, C, H, W)"
    causes = (
        LikelyCause(
            "the weights belong to another axis: classes are not the last axis",
            "broadcasting aligns from the right, and on (N, C, H, W) a vector of C weights meets W",
            "print(input.shape, weight.shape)",
            edit,
        ),
        LikelyCause(
            "there is a weight for each sample, (N,), and the input has columns",
            "a weight for each row must be a column",
            "",
            "weight.unsqueeze(1)",
        ),
        LikelyCause(
            "input and target lost their axes",
            "squeeze() at a batch of one row leaves no axis to lay the weights along",
            f"print({reading.input}.shape)",
            "squeeze(1)    # name the axis",
        ),
    )
    facts = {name: TensorFacts(sizes) for name, sizes in (("input", input_), ("weight", weight)) if sizes is not None}
    return Meaning(says, "weight-does-not-broadcast", facts, (), causes, loss)
