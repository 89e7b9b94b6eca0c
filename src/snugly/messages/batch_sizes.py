"""Cross entropy and its kin: the first axis of input and target differs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from snugly.facts.tensors import TensorFacts
from snugly.messages.catalog import Meaning, message
from snugly.messages.numbers import relate
from snugly.messages.texts import CLASS_LOSSES, Text
from snugly.rules.findings import LikelyCause

if TYPE_CHECKING:
    from snugly.messages.catalog import Reading
    from snugly.messages.numbers import Relation


@message(
    Text(
        "Expected input batch_size ({input}) to match target batch_size ({target}).",
        "ValueError",
        "0.4 to 2.13",
        CLASS_LOSSES,
    ),
    Text(
        "Expected input batch_size ({input}) to match target batch_size ({target})",
        "ValueError",
        "0.4 to 2.13",
        CLASS_LOSSES,
    ),
    Text("size mismatch (got input: [{input}], target: [{target}]", versions="1.10 to 2.13", losses=CLASS_LOSSES),
)
def batch_sizes_differ(reading: Reading) -> Meaning:
    """Explain two different batch sizes by what their quotient, difference or common factor implies."""
    rows, labels = reading["input"], reading["target"]
    relation = relate(rows, labels)
    says = (
        f"{reading.loss or 'cross_entropy'} pairs row i of the input with element i of the target; "
        f"here the input has {rows} rows and the target {labels}."
    )
    if labels == 0:
        says += " A target batch size of 0 is how torch calls a target without any axis, int64[]."
    causes, numbers = _causes(reading, relation)
    target = () if labels == 0 else (labels, *((None,) if labels == 1 and rows > 1 else ()))
    facts = {"input": TensorFacts((rows, None)), "target": TensorFacts(target)}
    return Meaning(says, "batch-size-mismatch", facts, tuple(numbers), tuple(causes), reading.loss)


@message(
    Text(
        "size mismatch (got input: {input:sizes} , target: {target:sizes}", versions="1.9 to 2.13", losses=CLASS_LOSSES
    ),
    Text(
        "input and target batch or spatial sizes don't match: target {target:crossed}, input {input:crossed}",
        versions="0.2 to 1.8",
        losses=CLASS_LOSSES,
    ),
    Text(
        "input and target batch or spatial sizes don't match: target {target:sizes}, input {input:sizes}",
        versions="0.2 to 1.8",
        losses=CLASS_LOSSES,
    ),
)
def maps_differ(reading: Reading) -> Meaning:
    """Explain a map and a mask of different sizes."""
    input_, target = reading["input"], reading["target"]
    says = (
        "Logits (N, C, H, W) go with a mask of class indices (N, H, W): the same batch size, height and width. "
        f"The input is {list(input_)}, the target {list(target)}."
    )
    causes = (
        LikelyCause(
            "the output map has another size than the mask",
            "strided layers made the map smaller, or the mask was not resized with the image",
            "compare the model's output size with the mask's",
            f"F.interpolate({reading.input}, size={reading.target}.shape[-2:], mode='bilinear')",
        ),
        LikelyCause(
            "a transform of the image (resize, crop, flip) was not applied to the mask",
            "images and masks must go through the same geometry",
            "print(image.shape, mask.shape) in the dataset",
            "resize the mask with nearest-neighbour interpolation, so that its values stay class indices",
        ),
    )
    facts = {"input": TensorFacts(input_), "target": TensorFacts(target)}
    return Meaning(says, "map-size-differs", facts, (), causes, reading.loss)


def _causes(reading: Reading, relation: Relation) -> tuple[list[LikelyCause], list[str]]:
    rows, labels = reading["input"], reading["target"]
    match relation.kind:
        case "scalar":
            return _without_axis(reading), []
        case "row" if labels == 1:
            return [*_target_is_a_row(reading), *_positions_in_batch(reading, relation)], [
                f"1 against {rows}: a target of shape (1, {rows}) has a batch size of 1"
            ]
        case "row":
            return _one_prediction(reading), [f"1 against {labels}: the whole batch became one row"]
        case "multiple" if rows > labels:
            return _positions_in_batch(reading, relation), _sentences(relation)
        case "multiple":
            return _labels_flattened(reading, relation), _sentences(relation)
        case "off-by-one" | "shared-factor" | "other":
            return _lengths_differ(reading, relation), _sentences(relation)
        case _:
            return [], []


def _sentences(relation: Relation) -> list[str]:
    sentences = [relation.equation] if relation.equation else []
    if relation.kind == "shared-factor":
        one, other = relation.larger // relation.factor, relation.smaller // relation.factor
        sentences[0] += f": {relation.factor} samples of {one} positions on one side and {other} on the other"
    return sentences


def _target_is_a_row(reading: Reading) -> list[LikelyCause]:
    rows = reading["input"]
    return [
        LikelyCause(
            f"the labels are one row, (1, {rows}), instead of a vector, ({rows},)",
            "a list inside a list, ndmin=2, unsqueeze(0) or reshape(1, -1) puts an axis in front of all labels; "
            "class weights have nothing to do with it",
            f"print({reading.target}.shape) right before the loss, then look where the labels are built",
            f"{reading.target}.squeeze(0)    # better: drop the outer brackets where the labels are made",
        )
    ]


def _without_axis(reading: Reading) -> list[LikelyCause]:
    return [
        LikelyCause(
            "the target lost its batch axis: squeeze() without an axis, item() or int indexing",
            "squeeze() removes every axis of size 1, so a batch of one label (1, 1) or (1,) becomes a scalar",
            "does it fail on the last batch only, len(dataset) % batch_size == 1?",
            f"{reading.target}.squeeze(1)    # name the axis; or .reshape(-1) for labels that may be 0-D",
        )
    ]


def _one_prediction(reading: Reading) -> list[LikelyCause]:
    labels = reading["target"]
    return [
        LikelyCause(
            f"the batch of {labels} samples was flattened into a single row",
            "torch.flatten(x), x.view(1, -1) or x.view(-1).unsqueeze(0) takes the batch axis with it",
            f"print({reading.input}.shape); its first size should be {labels}",
            "x = torch.flatten(x, 1)    # or x.view(x.size(0), -1)",
        ),
        LikelyCause(
            "the model answers once per sequence and the labels name every position",
            f"{labels} labels for one sample are one label for each of {labels} positions",
            "is the output of the recurrent layer cut with [:, -1] although every position has a label?",
        ),
    ]


def _positions_in_batch(reading: Reading, relation: Relation) -> list[LikelyCause]:
    rows, labels, times = reading["input"], reading["target"], relation.factor
    side = relation.side
    causes = []
    viewed = LikelyCause(
        f"a view(-1, K) with the wrong K moved {f'{side} × {side}' if side else times} positions of each sample into the batch",
        f"view(-1, K) keeps the number of elements: with K {times}× too small every sample gives {times} rows",
        "print(x.shape) before the view; K must be the product of all its sizes but the first",
        "x = x.view(x.size(0), -1)    # and give the next Linear the in_features that this asks for",
    )
    joined = LikelyCause(
        f"{times} tensors of {labels} rows were joined along the batch axis",
        f"torch.cat(parts, 0) of {times} branches gives {rows} rows, where features belong on axis 1",
        "look for torch.cat or stack in forward, and for a loop over branches, crops or views",
        "torch.cat(parts, dim=1)",
    )
    steps = LikelyCause(
        f"the output has a row for each of {times} time steps and the target one label for each sample",
        "a recurrent layer returns every step; a label of the whole sequence wants the last one or a mean",
        f"is {times} the length of a sequence?",
        "logits = self.head(out[:, -1])    # batch_first=True",
    )
    if labels == 1:
        causes = [viewed]
    elif side is not None and times > 4:
        causes = [viewed, steps, joined]
    elif (times <= 12 and reading.paste.mentions("cat(", "stack(", "chunk(")) or (times <= 8 and side is None):
        causes = [joined, viewed, steps]
    else:
        causes = [viewed, joined, steps]
    if times == 3:
        causes.insert(
            1,
            LikelyCause(
                "the three colour channels went into the batch",
                "3 × is what view(-1, H * W) makes of an RGB batch",
                "is the view written for one channel?",
                "x = x.view(x.size(0), -1)",
            ),
        )
    return causes


def _labels_flattened(reading: Reading, relation: Relation) -> list[LikelyCause]:
    rows, labels, times = reading["input"], reading["target"], relation.factor
    one_hot = LikelyCause(
        f"the labels are one-hot rows of {times} classes, flattened to {labels} numbers",
        f"{labels} = {rows} samples × {times} classes is what .view(-1) makes of one-hot labels",
        f"are there {times} classes, and are the labels 0 and 1 only?",
        f"{reading.target}.view({rows}, {times}).argmax(dim=1)    # better: keep the class indices",
    )
    per_position = LikelyCause(
        f"every sample has {times} labels (time steps, pixels) and the output only one row",
        "labels flattened with view(-1) want logits flattened the same way",
        f"is {times} the length of a sequence or the number of pixels?",
        f"{reading.input}.reshape(-1, num_classes)    # from (N, T, num_classes), to go with {reading.target}.reshape(-1)",
    )
    pieces = LikelyCause(
        f"the dataset gives {times} labels for each sample",
        "segmented recordings, several crops or several annotators",
        "print one sample of the dataset",
    )
    if times == 3:
        rgb = LikelyCause(
            "the label image was read with three colour channels",
            "3 × as many labels as positions is an RGB mask",
            "print(mask.shape) in the dataset",
            "mask = Image.open(path).convert('L')    # then map its values to class indices",
        )
        return [rgb, one_hot, per_position]
    if times <= 100:
        return [one_hot, per_position, pieces]
    return [per_position, one_hot, pieces]


def _lengths_differ(reading: Reading, relation: Relation) -> list[LikelyCause]:
    rows, labels = reading["input"], reading["target"]
    last_batch = LikelyCause(
        "one side was built for the configured batch size and the last batch is shorter",
        f"{relation.smaller} is the rest of a division, {relation.larger} a batch size",
        f"is batch_size {relation.larger}, and does it fail on the last batch of the epoch only?",
        "n = x.size(0)    # instead of batch_size, wherever a tensor is made for the batch",
    )
    shifted = LikelyCause(
        "input and labels are sequences of different lengths, flattened",
        "a shifted target (all but the first token), a start token or extra tokens make one side longer"
        if relation.kind != "other"
        else "one side counts tokens that the other does not have (prompt, image tokens, padding)",
        "print both shapes before they are flattened",
        "logits = logits[:, :-1]; labels = labels[:, 1:]    # predict the next token, same length",
    )
    pieces = LikelyCause(
        "a reshape with the wrong second size",
        f"{rows} is no multiple of {labels} and the other way round, so elements of one sample went to another",
        "look for view(-1, K) and reshape(-1, K) between the last layer and the loss",
    )
    configured = relation.larger & (relation.larger - 1) == 0 or relation.larger % 10 == 0
    if relation.kind == "off-by-one":
        return [shifted, last_batch]
    if configured and relation.smaller < relation.larger and relation.kind != "shared-factor":
        return [last_batch, shifted, pieces]
    return [shifted, pieces, last_batch] if relation.kind == "shared-factor" else [shifted, last_batch, pieces]
