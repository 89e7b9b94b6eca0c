"""Cross entropy and its kin: the target has the wrong rank or shape, or its labels are out of range."""

from __future__ import annotations

from typing import TYPE_CHECKING

from snugly.facts.tensors import TensorFacts
from snugly.facts.values import ValueFacts
from snugly.messages.catalog import Meaning, message
from snugly.messages.texts import CLASS_LOSSES, Text
from snugly.rules.findings import LikelyCause

if TYPE_CHECKING:
    from snugly.messages.catalog import Reading


@message(
    Text(
        "0D or 1D target tensor expected, multi-target not supported",
        versions="1.10 to 2.13",
        losses=(*CLASS_LOSSES, "cosine_embedding_loss", "adaptive_log_softmax_with_loss"),
    ),
    Text("1D target tensor expected, multi-target not supported", versions="1.4 to 1.9", losses=CLASS_LOSSES),
    Text("multi-target not supported at {where:any}ClassNLLCriterion", versions="to 1.3", losses=CLASS_LOSSES),
    Text("multi-target not supported", versions="to 1.3", losses=CLASS_LOSSES),
)
def target_is_not_a_vector(reading: Reading) -> Meaning:
    """Explain a target with an axis too many."""
    target = reading.target
    loss = reading.loss or "cross_entropy"
    if loss == "cosine_embedding_loss":
        says = "cosine_embedding_loss takes one label, 1 or -1, for each pair: target (N,); yours has two axes or more."
        return Meaning(
            says,
            "stray-target-axis",
            {"target": TensorFacts((None, None))},
            (),
            (
                LikelyCause(
                    "the labels are a column, (N, 1)",
                    "one label for each pair is a vector",
                    "print(target.shape)",
                    f"{target}.squeeze(1)",
                ),
            ),
            loss,
        )
    says = (
        f"{loss} with logits (N, C) takes class indices as a vector, (N,): one label for each row. "
        "Yours has two axes or more, so torch takes it for several labels a row, which this loss does not have."
    )
    causes = (
        LikelyCause(
            "the labels are a column, (N, 1)",
            "a column comes from a table (df[['label']], y[:, :1]), from [[label]] in a collate function or from "
            "unsqueeze(1) written for a regression loss; in public threads the fix is on the target's side",
            f"print({target}.shape); is its last size 1?",
            f"{target}.squeeze(1)    # not squeeze(): a last batch of one row would lose its batch axis",
        ),
        LikelyCause(
            "the labels are integer one-hot rows, or several tags a sample",
            "(N, C) zeros and ones hold the class as a position; with several ones a row it is multi-label, another loss",
            f"does {target}.sum(dim=1) give 1 everywhere? then it is one-hot",
            f"{target}.argmax(dim=1)    # one-hot; for several tags use BCEWithLogitsLoss with {target}.float()",
        ),
        LikelyCause(
            "each sample carries several labels (segments, time steps) and the model answers once",
            "(N, K) with K neither 1 nor the number of classes",
            "print one sample of the dataset",
        ),
    )
    return Meaning(
        says,
        "stray-target-axis",
        {"input": TensorFacts((None, None)), "target": TensorFacts((None, None), "int64")},
        (),
        causes,
        loss,
    )


@message(
    Text(
        "only batches of spatial targets supported (3D tensors) but got targets of dimension: {rank}",
        versions="1.0 to 2.13",
        losses=CLASS_LOSSES,
    ),
    Text(
        "only batches of spatial targets supported (non-empty 3D tensors) but got targets of size: : {sizes:sizes}",
        versions="to 1.0",
        losses=CLASS_LOSSES,
    ),
    Text(
        "only batches of spatial targets supported (3D tensors) but got targets of size: : {sizes:sizes}",
        versions="1.0 to 1.8",
        losses=CLASS_LOSSES,
    ),
)
def spatial_target_rank(reading: Reading) -> Meaning:
    """Explain a mask with a channel axis, or labels of the image where a map is predicted."""
    sizes = reading.values.get("sizes")
    rank = len(sizes) if sizes is not None else reading["rank"]
    shape = sizes if sizes is not None else (None,) * rank
    target = reading.target
    says = (
        "With logits of a map, (N, C, H, W), the target holds a class index for each pixel: (N, H, W). "
        f"Yours has {rank} {'axis' if rank == 1 else 'axes'}."
    )
    channel = LikelyCause(
        "the masks have a channel axis, (N, 1, H, W)",
        "transforms and image readers add one; in public threads the fix is to take it off in the dataset",
        f"print({target}.shape); is its second size 1?",
        f"{target}.squeeze(1).long()",
    )
    colour = LikelyCause(
        "the masks are colour images, (N, H, W, 3) or (N, 3, H, W)",
        "a palette image read as RGB has colours where class indices belong",
        "print(mask.shape) and its distinct values in the dataset",
        "mask = np.array(Image.open(path))    # mode 'P' keeps the indices; else map each colour to its class",
    )
    one_hot = LikelyCause(
        "the masks are one-hot, (N, C, H, W), as integers",
        "a channel for each class holds 0 and 1",
        f"is {target}.size(1) the number of classes?",
        f"{target}.argmax(dim=1)",
    )
    label = LikelyCause(
        "the model returns a map and the target is one label an image",
        "a classifier needs its feature map pooled and flattened before the last layer",
        f"print({reading.input}.shape); a classifier's output is (N, C)",
        "x = self.pool(x).flatten(1)    # nn.AdaptiveAvgPool2d(1), then the Linear layer",
    )
    causes = (channel, colour, one_hot) if rank >= 4 else (label,)
    if sizes is not None and 3 in (sizes[-1], sizes[1] if rank > 1 else 0):
        causes = (colour, channel, one_hot)
    facts = {"input": TensorFacts((None, None, None, None)), "target": TensorFacts(tuple(shape))}
    return Meaning(says, "stray-target-axis", facts, (), causes, reading.loss)


@message(Text("Expected target size {expected:sizes}, got {got:sizes}", versions="1.1 to 2.13", losses=CLASS_LOSSES))
def target_size(reading: Reading) -> Meaning:
    """Explain that axis 1 of the input is read as the classes."""
    expected, got = reading["expected"], reading["got"]
    input_, target = reading.input, reading.target
    says = (
        "For an input of more than two axes cross entropy reads axis 1 as the classes and every other axis as positions. "
        f"With this input the target would have to be {list(expected)}; it is {list(got)}."
    )
    axis_last = LikelyCause(
        "the class axis is the last one, as a Linear layer leaves it: (N, T, C)",
        f"the target has {got[1]} positions where the loss counts {expected[1]}, which is the size of the last axis: the classes"
        if len(got) > 1 and len(expected) > 1
        else "a Linear layer puts the classes last",
        f"print({input_}.shape): is its last size the number of classes?",
        f"criterion({input_}.transpose(1, 2), {target})",
    )
    flat = LikelyCause(
        "or flatten both sides",
        "the same mean, written as most tutorials do",
        "",
        f"criterion({input_}.reshape(-1, {input_}.size(-1)), {target}.reshape(-1))",
    )
    last_step = LikelyCause(
        "each sample has one label, and the output has one row for each time step",
        "the target has no axis for positions",
        "does the label belong to the whole sequence?",
        f"criterion({input_}[:, -1], {target})",
    )
    resized = LikelyCause(
        "the output map has another size than the mask",
        f"{expected[1:]} against {got[1:]}: strided layers made the map smaller, or the mask was not resized with the image",
        "compare the model's output size with the mask's",
        f"F.interpolate({input_}, size={target}.shape[-2:], mode='bilinear')",
    )
    if len(got) == 1:
        causes: tuple[LikelyCause, ...] = (last_step, axis_last)
    elif len(expected) > 2:
        causes = (resized, axis_last)
    else:
        causes = (axis_last, flat)
    facts = {"input": TensorFacts((expected[0], None, *expected[1:])), "target": TensorFacts(got)}
    return Meaning(says, "class-axis-not-second", facts, (), causes, reading.loss)


@message(
    Text("Target {label} is out of bounds.", "IndexError", "1.9 to 2.13", CLASS_LOSSES),
    Text("Target {label} is out of bounds.", "RuntimeError", "1.4 to 1.8", CLASS_LOSSES),
    Text("Target {glyph:any} is out of bounds.", "IndexError", "1.9 to 2.13", CLASS_LOSSES),
    Text(
        "Expected cur_target >= 0 && cur_target < n_classes to be true, but got false",
        versions="1.4 to 1.8",
        losses=CLASS_LOSSES,
    ),
    Text("Assertion `cur_target >= 0 && cur_target < n_classes' failed", versions="to 1.3", losses=CLASS_LOSSES),
    Text("Assertion `cur_target >= 0 && cur_target < n_classes` failed", versions="to 1.3", losses=CLASS_LOSSES),
    Text("Assertion `t >= 0 && t < n_classes` failed", "device-side assert", "CUDA", CLASS_LOSSES),
)
def label_out_of_range(reading: Reading) -> Meaning:
    """Explain a label that is no class."""
    label = reading.values.get("label")
    glyph = reading.values.get("glyph")
    if label is None and glyph and len(glyph) == 1:
        label = ord(glyph)
    named = "a label" if label is None else f"the label {label}"
    says = f"The labels of {reading.loss or 'cross_entropy'} are class indices from 0 to C - 1; {named} is no class of this output."
    if glyph and label is not None:
        says += f" (torch prints the label of a uint8 target as a character: {glyph!r} is {label}.)"
    causes = _out_of_range(label, reading)
    values = ValueFacts() if label is None else ValueFacts(low=min(label, 0), high=max(label, 0))
    facts = {"target": TensorFacts(None, "int64", values=values)}
    numbers = (
        ()
        if label is None
        else (
            f"the output needs {label + 1} columns or more for label {label}"
            if label >= 0
            else f"{label} is negative: a marker, not a class",
        )
    )
    return Meaning(says, "label-out-of-range", facts, numbers, causes, reading.loss)


def _out_of_range(label: int | None, reading: Reading) -> tuple[LikelyCause, ...]:
    target = reading.target
    from_one = LikelyCause(
        "the labels start at 1",
        "the label equals the number of classes when C classes are numbered 1 to C",
        f"print({target}.min(), {target}.max(), num_classes)",
        f"{target} - 1    # best where the labels are read",
    )
    void = LikelyCause(
        f"{label} marks what is to be left out",
        "255 is the void pixel of most segmentation data sets, -1 and -100 are markers of unlabelled positions; "
        "the loss ignores only the value it was told (default -100)",
        "look for the marker in the data set's description",
        f"nn.CrossEntropyLoss(ignore_index={label})",
    )
    few = LikelyCause(
        "the model has fewer outputs than the data has classes",
        "a class list in another file, a configuration of another data set, a padding or background class not counted",
        "compare the labels' maximum + 1 with the last layer's out_features",
        "num_classes = int(labels.max()) + 1",
    )
    raw = LikelyCause(
        "the labels are not class indices (identifiers, pixel values, ages)",
        "a value far above the number of classes was never an index",
        f"print({target}.unique())",
        "classes, labels = np.unique(labels, return_inverse=True)    # map once, on the training labels",
    )
    if label is not None and (label < 0 or label in {255, 65535}):
        return void, raw, few
    if label is not None and label > 1000:
        return raw, few, void
    return from_one, few, raw


@message(
    Text(
        "For 1D input, 1D target must have size 1, but got target size: {size}",
        "ValueError",
        "2.10 to 2.13",
        CLASS_LOSSES,
    ),
)
def unbatched_input(reading: Reading) -> Meaning:
    """Explain an output that lost its batch axis."""
    size = reading["size"]
    return Meaning(
        f"An input of one axis, (C,), is a single sample and takes one label; there are {size} labels.",
        "batch-size-mismatch",
        {"input": TensorFacts((None,)), "target": TensorFacts((size,))},
        (),
        (
            LikelyCause(
                "squeeze() took an axis off the logits",
                "(N, 1) becomes (N,) and is then read as N classes of one sample; (1, C) loses its batch axis",
                f"print({reading.input}.shape) before and after squeeze",
                "leave the logits (N, C); for one output and 0/1 labels use BCEWithLogitsLoss",
            ),
            LikelyCause(
                "one output column for a binary label",
                "cross entropy needs a column for each class",
                "",
                "nn.Linear(features, 2)    # or BCEWithLogitsLoss",
            ),
        ),
        reading.loss,
    )


@message(
    Text("Dimension specified as {axis} but tensor has no dimensions", "IndexError"),
    Text("Expected 1 or more dimensions (got 0)", "ValueError", "1.0 to 2.13", ("nll_loss", "cross_entropy")),
    Text("Expected 2 or more dimensions (got {rank})", "ValueError", "to 1.9", ("nll_loss", "cross_entropy")),
)
def input_without_axes(reading: Reading) -> Meaning:
    """Explain an input that lost its axes."""
    return Meaning(
        "The tensor has no axis left, or only one: the loss needs an axis of classes.",
        "arguments-do-not-fit",
        {"input": TensorFacts((None,) * reading.values.get("rank", 0))},
        (),
        (
            LikelyCause(
                "squeeze(), item(), mean() or an index took the axes off",
                "squeeze() removes every axis of size 1, in a batch of one row also the batch axis",
                f"print({reading.input}.shape)",
                "x.squeeze(1)    # name the axis",
            ),
        ),
        reading.loss,
    )


@message(
    Text(
        "Expected floating point type for target with class probabilities, got {got:dtype}",
        versions="1.10 to 2.13",
        losses=("cross_entropy", "linear_cross_entropy"),
    ),
)
def integer_probabilities(reading: Reading) -> Meaning:
    """Explain an integer target with the shape of the logits."""
    target = reading.target
    return Meaning(
        "A target with the shape of the logits is read as class probabilities, which are floating point; "
        f"this one is {reading['got'] or 'an integer type'}.",
        "integer-one-hot",
        {"target": TensorFacts(None, reading["got"])},
        (),
        (
            LikelyCause(
                "the labels are one-hot rows",
                "F.one_hot and np.eye(C)[labels] give the shape of the logits",
                f"does every row of {target} hold one 1?",
                f"{target}.argmax(dim=1)    # better: leave the class indices as they were",
            ),
            LikelyCause(
                "the shapes coincide: logits and labels have the same sizes by accident",
                "(N, C) labels of C positions with C classes, or logits that lost their class axis, as at the last batch",
                f"print({reading.input}.shape, {target}.shape); class indices have one axis less than the logits",
            ),
            LikelyCause(
                "several tags a sample",
                "with more than one 1 in a row it is multi-label",
                f"{target}.sum(dim=1)",
                f"nn.BCEWithLogitsLoss()(logits, {target}.float())",
            ),
        ),
        reading.loss,
    )


@message(
    Text("ignore_index is not supported for floating point target", versions="1.10 to 2.13", losses=("cross_entropy",)),
    Text(
        "ignore_index cannot be specified when target contains probabilities",
        versions="2.13",
        losses=("linear_cross_entropy",),
    ),
)
def ignore_index_with_probabilities(reading: Reading) -> Meaning:
    """Explain ignore_index with a floating point target."""
    return Meaning(
        "ignore_index names a class index to leave out; this target has the logits' shape and floating point, so it holds probabilities.",
        "arguments-do-not-fit",
        {"target": TensorFacts()},
        (),
        (
            LikelyCause(
                "class indices were turned into floats or one-hot rows",
                "labels read from a table become float",
                f"print({reading.target}.dtype, {reading.target}.shape)",
                f"{reading.target}.long()    # class indices; keep ignore_index",
            ),
            LikelyCause(
                "the target really holds probabilities",
                "mixup, distillation, soft labels",
                "",
                "criterion without ignore_index; mask the rows: (loss_per_row * mask).sum() / mask.sum()    # reduction='none'",
            ),
        ),
        reading.loss,
    )
