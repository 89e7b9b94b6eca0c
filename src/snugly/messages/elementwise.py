"""Losses that compare element by element: input and target differ in shape, with an error or by broadcasting."""

from __future__ import annotations

from typing import TYPE_CHECKING

from snugly.facts.tensors import TensorFacts
from snugly.messages.catalog import Meaning, message
from snugly.messages.numbers import is_power_of_two, product, relate
from snugly.messages.texts import Text
from snugly.rules.findings import LikelyCause

if TYPE_CHECKING:
    from snugly.messages.catalog import Reading

_BCE = ("binary_cross_entropy",)
_WITH_LOGITS = ("binary_cross_entropy_with_logits",)
_DISTANCES = ("mse_loss", "l1_loss", "smooth_l1_loss", "huber_loss")
Sizes = tuple[int, ...]


@message(
    Text(
        "Using a target size ({target:sizes}) that is different to the input size ({input:sizes}) is deprecated. "
        "Please ensure they have the same size.",
        "ValueError",
        "1.7 to 2.13 (a warning from 0.2 to 1.6)",
        _BCE,
    ),
    Text(
        "Target size ({target:sizes}) must be the same as input size ({input:sizes})",
        "ValueError",
        "0.2 to 2.13",
        _WITH_LOGITS,
    ),
)
def binary_sizes_differ(reading: Reading) -> Meaning:
    """Explain a binary loss whose target has another shape."""
    input_, target = reading["input"], reading["target"]
    says = (
        f"{reading.known.losses[0]} compares element by element and does not broadcast: input {list(input_)} and target "
        f"{list(target)} must have the same shape."
    )
    return _meaning(reading, says, "target-shape-differs", input_, target)


@message(
    Text(
        "Target and input must have the same number of elements. target nelement ({target}) != input nelement ({input})",
        "ValueError",
        "0.2 to 1.6; since then only in code copied from it",
        _BCE,
    ),
)
def element_counts_differ(reading: Reading) -> Meaning:
    """Explain two numbers of elements by their quotient."""
    input_, target = reading["input"], reading["target"]
    relation = relate(input_, target)
    says = (
        f"binary_cross_entropy compares element by element: {input_} predictions meet {target} labels. "
        "torch 1.7 and later say 'Using a target size …' instead."
    )
    numbers = [relation.equation] if relation.equation else []
    more_labels = target > input_
    times = relation.factor
    classes = LikelyCause(
        f"the labels have {times} columns for each prediction (one-hot or multi-label), the head has one"
        if more_labels
        else f"the head has {times} outputs for each label",
        f"{relation.equation}" if relation.equation else "the counts have no common factor that explains it",
        "print both shapes",
        "nn.Linear(features, num_labels)    # as many outputs as label columns; or cross entropy with class indices",
    )
    rgb = LikelyCause(
        "the masks were read with three colour channels, the output has one"
        if more_labels
        else "the output has three channels, the mask one",
        f"{relation.larger} is exactly 3 × {relation.smaller}",
        "print(mask.shape) in the dataset",
        "mask = Image.open(path).convert('L')",
    )
    batch = LikelyCause(
        "one side was built for the configured batch size, the other for the last, shorter batch",
        "labels made with torch.full((batch_size,), 1.) do not follow the batch",
        "does it fail at the end of the epoch?",
        "labels = torch.ones(x.size(0))    # follow the batch at hand",
    )
    if relation.kind == "multiple" and times == 3:
        causes = [rgb, classes]
    elif relation.kind == "multiple":
        causes = [classes, batch] if times <= 100 else [_map_size(reading), classes]
    else:
        causes = [batch, classes]
    return Meaning(says, "target-shape-differs", {}, tuple(numbers), tuple(causes), "binary_cross_entropy")


@message(
    Text(
        "Using a target size ({target:sizes}) that is different to the input size ({input:sizes}). This will likely lead to "
        "incorrect results due to broadcasting. Please ensure they have the same size.",
        "UserWarning",
        "1.1 to 2.13",
        _DISTANCES,
    ),
)
def broadcast_warning(reading: Reading) -> Meaning:
    """Explain the only hint that torch gives of a silent broadcast."""
    input_, target = reading["input"], reading["target"]
    result = _broadcast(input_, target)
    if result is None:
        says = f"The loss compares element by element; input {list(input_)} and target {list(target)} do not even broadcast, and the next line raises."
    elif product(result) == max(product(input_), 1) == product(target):
        says = f"One element meets one element, so the value is right, but the shapes {list(input_)} and {list(target)} differ only because an axis of size 1 is missing."
    else:
        says = (
            f"torch broadcasts input {list(input_)} against target {list(target)} to {list(result)}: the loss averages "
            f"{product(result)} pairs instead of {max(product(input_), product(target))} elements, and the model learns the mean of the targets. "
            "It is no harmless warning."
        )
    return _meaning(reading, says, "input-broadcasts-against-target", input_, target)


@message(
    Text(
        "input and target shapes do not match: input {input:crossed}, target {target:crossed}",
        versions="0.4 to 0.4.1",
        losses=_DISTANCES,
    ),
    Text(
        "input and target have different number of elements: input{input:crossed} has {input_count} elements, while target{target:crossed} has {target_count} elements",
        versions="to 0.3.1",
        losses=_DISTANCES,
    ),
)
def old_distance_sizes(reading: Reading) -> Meaning:
    """Explain the errors that mse_loss and its kin raised before torch 1.0."""
    input_, target = reading["input"], reading["target"]
    says = (
        f"The loss compares element by element: input {list(input_)}, target {list(target)}. "
        "This torch still raised; since 1.0 the same call broadcasts in silence or with a warning."
    )
    return _meaning(reading, says, "target-shape-differs", input_, target)


@message(
    Text(
        "The size of tensor a ({a}) must match the size of tensor b ({b}) at non-singleton dimension {axis}",
        versions="1.0 to 2.13",
    ),
    Text(
        "The size of tensor a ({a}) must match the size of tensor b ({b}) at dimension {axis}", versions="0.2 to 2.13"
    ),
    Text(
        "The expanded size of the tensor ({a}) must match the existing size ({b}) at non-singleton dimension {axis}.",
        versions="0.4 to 2.13",
    ),
    Text("operands could not be broadcast together with shapes {a_sizes:sizes} {b_sizes:sizes}", "ValueError", "numpy"),
)
def sizes_do_not_broadcast(reading: Reading) -> Meaning:
    """Explain element-wise arithmetic whose sizes differ."""
    if "a" not in reading.values:
        a_sizes, b_sizes = reading["a_sizes"], reading["b_sizes"]
        return _meaning(
            reading,
            f"numpy cannot pair the shapes {a_sizes} and {b_sizes} axis by axis.",
            "operation-does-not-fit",
            a_sizes,
            b_sizes,
        )
    a, b, axis = reading["a"], reading["b"], reading["axis"]
    relation = relate(a, b)
    at_loss = reading.loss is not None
    where = f"{reading.loss} pairs" if at_loss else "the operation pairs"
    says = (
        f"{where} its tensors element by element; at axis {axis} one has size {a} and the other {b}, and neither is 1."
    )
    numbers = [relation.equation] if relation.equation else []
    facts = {"input": TensorFacts((None,) * axis + (a,)), "target": TensorFacts((None,) * axis + (b,))}
    return Meaning(
        says, "operation-does-not-fit", facts, tuple(numbers), tuple(_at_axis(reading, a, b, axis)), reading.loss
    )


def _at_axis(reading: Reading, a: int, b: int, axis: int) -> list[LikelyCause]:
    relation = relate(a, b)
    last_batch = LikelyCause(
        "a tensor made for the configured batch size meets the last, shorter batch",
        f"{relation.larger} is a batch size, {relation.smaller} what is left of the data",
        "does it fail at the end of the epoch? look for batch_size in zeros(), ones(), full(), view() and masks",
        "n = x.size(0)    # instead of batch_size;  or DataLoader(..., drop_last=True)",
    )
    vector = LikelyCause(
        "a vector of labels, (N,), meets a prediction of several columns, (N, C)",
        "broadcasting aligns the last axes: the N labels are laid along the C columns",
        "print both shapes",
        f"{reading.target}.unsqueeze(1)    # a column; or one-hot labels for C outputs: F.one_hot(labels, {a}).float()",
    )
    stride = LikelyCause(
        f"the model's output is {relation.factor} times smaller than the target map"
        if a < b
        else f"the target map is {relation.factor} times smaller than the output",
        f"{relation.larger} / {relation.smaller} = {relation.factor}, the stride of the network",
        "compare the spatial sizes of output and target",
        "F.interpolate(output, size=target.shape[-2:])    # or make the targets at the output's size",
    )
    odd = LikelyCause(
        "two feature maps of a skip connection differ by a pixel",
        "pooling an odd size rounds down, and upsampling does not give the pixel back",
        "is the image size a multiple of 2 ** number of poolings?",
        "x = F.interpolate(x, size=skip.shape[2:])    # or pad the images",
    )
    if axis == 0 and relation.kind != "multiple":
        return [last_batch, vector]
    if relation.kind == "off-by-one":
        return [odd, last_batch]
    if axis >= 2 and relation.kind == "multiple":
        return [stride, odd]
    if axis == 0:
        return [last_batch, vector, stride]
    if relation.larger >= 8 and (axis == 1) and (is_power_of_two(relation.factor) and relation.factor > 2):
        return [vector, stride, last_batch]
    return [vector, last_batch, stride]


def _broadcast(a: Sizes, b: Sizes) -> Sizes | None:
    width = max(len(a), len(b))
    result = []
    for x, y in zip((1,) * (width - len(a)) + a, (1,) * (width - len(b)) + b, strict=True):
        if x != y and 1 not in {x, y}:
            return None
        result.append(y if x == 1 else x)
    return tuple(result)


def _meaning(reading: Reading, says: str, rule: str, input_: Sizes, target: Sizes) -> Meaning:
    facts = {"input": TensorFacts(input_), "target": TensorFacts(target)}
    numbers = []
    relation = relate(product(input_), product(target))
    if relation.equation and relation.kind == "multiple":
        numbers.append(f"{relation.equation} elements")
    return Meaning(says, rule, facts, tuple(numbers), tuple(_of_shapes(reading, input_, target)), reading.loss)


def _of_shapes(reading: Reading, input_: Sizes, target: Sizes) -> list[LikelyCause]:
    """Order the causes by what the two shapes have in common."""
    if input_ == target:
        return []
    if _without_ones(input_) == _without_ones(target):
        return _an_axis_of_one(reading, input_, target)
    if len(input_) == len(target) and sum(a != b for a, b in zip(input_, target, strict=True)) == 1:
        axis = next(i for i, (a, b) in enumerate(zip(input_, target, strict=True)) if a != b)
        return _one_axis_differs(reading, input_, target, axis)
    if len(target) == len(input_) - 1 and target == input_[:1] + input_[2:]:
        return [_class_indices(reading, input_)]
    if len(input_) == len(target) - 1 and input_ == target[:-1]:
        return [_more_columns(reading, target[-1])]
    if len(input_) >= 3 and len(target) >= 3:
        return [_map_size(reading), _colour_mask()]
    return [_wrong_data(reading), _map_size(reading)]


def _without_ones(sizes: Sizes) -> Sizes:
    return tuple(size for size in sizes if size != 1)


def _an_axis_of_one(reading: Reading, input_: Sizes, target: Sizes) -> list[LikelyCause]:
    one, other = reading.input, reading.target
    if max(len(_without_ones(input_)), len(_without_ones(target))) == 0:
        return [
            LikelyCause(
                "squeeze() without an axis took the batch axis of a batch of one row",
                f"{list(input_)} against {list(target)}: both hold one element",
                "does it happen on the last batch only, len(dataset) % batch_size == 1?",
                "squeeze(1)    # name the axis",
            )
        ]
    if len(input_) > len(target):
        axis = next(i for i in range(len(input_)) if input_[:i] + input_[i + 1 :] == target or i == len(input_) - 1)
        return [
            LikelyCause(
                "the prediction is a column and the target a vector"
                if len(input_) == 2
                else "the target lacks an axis that the prediction has",
                "a Linear layer of one output gives (N, 1); labels of a table or list are (N,). In public threads the target is changed more than twice as often as the prediction",
                f"print({one}.shape, {other}.shape)",
                f"{other}.unsqueeze({axis})    # once, where the labels are made",
            ),
            LikelyCause(
                "or take the axis off the prediction",
                "right when every use of the prediction wants a vector",
                "",
                f"{one}.squeeze({axis})    # with the axis: squeeze() fails on a batch of one row",
            ),
        ]
    axis = next(i for i in range(len(target)) if target[:i] + target[i + 1 :] == input_ or i == len(target) - 1)
    return [
        LikelyCause(
            "the labels have an axis of size 1 that the prediction has not",
            "a slice of length one (y[i:i+1]), [[label]] in a collate function, df[['y']] or squeeze() in the model",
            f"print({one}.shape, {other}.shape)",
            f"{other}.squeeze({axis})    # best where the sample is made; never squeeze() without an axis",
        ),
        LikelyCause(
            "squeeze() or [:, 0] in the model took the axis off the prediction",
            "the last layer gives (N, 1)",
            "look at the last line of forward",
            f"{one}.unsqueeze({axis})    # or leave squeeze out",
        ),
    ]


def _one_axis_differs(reading: Reading, input_: Sizes, target: Sizes, axis: int) -> list[LikelyCause]:
    a, b = input_[axis], target[axis]
    if axis == 0:
        return [
            LikelyCause(
                "one side was made for the configured batch size and the last batch is shorter"
                if 1 not in {a, b}
                else "one side holds a single row",
                f"{a} rows against {b}",
                "does it fail on the last batch?",
                "n = x.size(0)    # instead of batch_size",
            )
        ]
    if {a, b} >= {3, 1} and len(input_) >= 3:
        return [_colour_mask()]
    if len(input_) >= 3 and axis >= 2:
        return [_map_size(reading)]
    classes = LikelyCause(
        f"the head has {a} outputs and the labels {b} columns",
        "a number of classes written in two places; in public threads the constant is changed to the data's count",
        "compare the list of labels with the last layer's out_features",
        f"num_classes = {b}    # better: len(labels) of the data",
    )
    if b == 1:
        indices = LikelyCause(
            f"the target is a column of class indices and the model gives {a} scores",
            f"{a} scores a row with one label is multi-class, which wants cross entropy",
            "is it one class out of several?",
            f"nn.CrossEntropyLoss()({reading.input}, {reading.target}.squeeze(1).long())",
        )
        return [indices, classes]
    return [classes]


def _class_indices(reading: Reading, input_: Sizes) -> LikelyCause:
    classes = input_[1] if len(input_) > 1 else 1
    return LikelyCause(
        f"the target holds class indices and the model gives {classes} scores",
        "an element-wise loss wants a number for each score; class indices go with cross entropy. "
        "It is what is left when CrossEntropyLoss is swapped for BCELoss",
        "is it one class out of several?",
        f"nn.CrossEntropyLoss()({reading.input}, {reading.target}.long())    # or one-hot labels: F.one_hot(labels, {classes}).float()",
    )


def _more_columns(reading: Reading, columns: int) -> LikelyCause:
    return LikelyCause(
        f"the labels have {columns} columns and the prediction none",
        "squeeze, argmax or an index took the column axis off the prediction, or the head has one output",
        f"print({reading.input}.shape)",
        f"nn.Linear(features, {columns})",
    )


def _map_size(reading: Reading) -> LikelyCause:
    return LikelyCause(
        "the output map and the target map have different sizes",
        "strided layers shrink the map, or the target was not resized with the image",
        "print both shapes",
        f"F.interpolate({reading.input}, size={reading.target}.shape[-2:])    # or resize the target where it is loaded",
    )


def _colour_mask() -> LikelyCause:
    return LikelyCause(
        "the masks were read as RGB, with three channels, and the output has one",
        "3 against 1 on the channel axis",
        "print(mask.shape) in the dataset",
        "mask = Image.open(path).convert('L')",
    )


def _wrong_data(reading: Reading) -> LikelyCause:
    return LikelyCause(
        "something else than the labels arrives as the target",
        "the two shapes have nothing in common: a wrong column in the collate function, labels for another task, or the images themselves",
        f"print one batch: what is {reading.target}?",
    )
