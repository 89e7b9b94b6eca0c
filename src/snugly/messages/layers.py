"""Layers and products whose sizes do not follow from the ones before."""

from __future__ import annotations

from typing import TYPE_CHECKING

from snugly.facts.tensors import TensorFacts
from snugly.messages.catalog import Meaning, message
from snugly.messages.numbers import relate, square_factors
from snugly.messages.texts import Text
from snugly.rules.findings import LikelyCause

if TYPE_CHECKING:
    from snugly.messages.catalog import Reading


@message(
    Text("mat1 and mat2 shapes cannot be multiplied ({mat1:product} and {mat2:product})", versions="1.8 to 2.13"),
    Text("size mismatch, m1: {mat1:crossed}, m2: {mat2:crossed}", versions="0.3 to 1.7"),
    Text("size mismatch, got {rows}, {matrix:product},{vector}", versions="1.4 to 2.13"),
    Text("mat1 dim 1 must match mat2 dim 0", versions="1.6 to 1.8"),
)
def matrix_sizes(reading: Reading) -> Meaning:
    """Explain a Linear layer that gets another number of features than it was built for."""
    if "mat1" not in reading.values:
        return Meaning(
            "A matrix and a tensor with another inner size are multiplied.",
            "layer-input-size",
            {},
            (),
            (_count_features(None, None),),
        )
    mat1, mat2 = reading["mat1"], reading["mat2"]
    rows, got, expected, out = mat1[0], mat1[-1], mat2[0], mat2[-1]
    says = f"A Linear layer built for {expected} features gets {got}: its input is ({rows}, {got}), its weight takes {expected} and gives {out}."
    numbers, causes = _features(rows, got, expected)
    facts = {"input": TensorFacts(mat1), "weight": TensorFacts((out, expected))}
    return Meaning(says, "layer-input-size", facts, tuple(numbers), tuple(causes))


def _features(rows: int, got: int, expected: int) -> tuple[list[str], list[LikelyCause]]:
    numbers = []
    relation = relate(got, expected)
    for count, who in ((got, "arrive"), (expected, "were expected")):
        ways = square_factors(count)
        if ways:
            channels, side = ways[0]
            numbers.append(f"{count} = {channels} × {side} × {side} features {who}")
    count_features = _count_features(got, expected)
    not_flat = LikelyCause(
        "the tensor was not flattened before the Linear layer",
        f"{rows} rows of {got}: the last axis is a width or a time axis, not all features of a sample",
        "print(x.shape) before the layer",
        "x = torch.flatten(x, 1)",
    )
    wrong_axis = LikelyCause(
        "several tensors were joined along the batch axis instead of the features",
        f"{expected} = {relation.factor} × {got}: that many parts were to be joined on axis 1",
        "look for torch.cat(..., dim=0) before the layer",
        "torch.cat(parts, dim=1)",
    )
    swapped = LikelyCause(
        "the flattening took the batch axis along",
        f"{got} features is a whole batch",
        "look for flatten() and view(-1) without the batch axis",
        "x = torch.flatten(x, 1)",
    )
    whole_input = LikelyCause(
        "the tensor that arrives is not the one this layer was made for",
        "the two sizes have nothing in common: raw features instead of an embedding, or a layer of another part",
        "print(x.shape) and where x was made",
        f"nn.Linear({got}, ...)",
    )
    if 0 < got < rows and got <= 256 and expected % got == 0 and expected > got:
        return [*numbers, f"{expected} = {got} × {expected // got}"], [not_flat, count_features, wrong_axis]
    if relation.kind == "multiple" and got < expected and relation.factor <= 12:
        numbers.append(relation.equation)
        return numbers, [count_features, wrong_axis] if square_factors(expected) else [wrong_axis, count_features]
    if rows == 1 and got > expected > 0 and got % expected == 0:
        return [*numbers, relation.equation], [swapped, count_features]
    if relation.kind == "other" and not square_factors(got):
        return numbers, [whole_input, count_features]
    return numbers, [count_features, not_flat]


def _count_features(got: int | None, expected: int | None) -> LikelyCause:
    return LikelyCause(
        "in_features was computed for another image size, padding or pooling",
        "each unpadded 3x3 convolution takes two pixels off, each pooling halves and rounds down",
        "print(x.shape) right before the layer, once",
        f"nn.Linear({got}, ...)"
        + (f"    # instead of {expected}; or nn.LazyLinear, which counts by itself" if expected else ""),
    )


@message(
    Text(
        "Given groups={groups}, weight of size {weight:sizes}, expected input{input:sizes} to have {expected} channels, but got {got} channels instead",
        versions="1.0 to 2.13",
    ),
    Text(
        "Given transposed={transposed}, weight of size {weight:sizes}, expected input{input:sizes} to have {expected} channels, but got {got} channels instead",
        versions="1.0 to 2.13",
    ),
    Text(
        "Given groups={groups}, weight{weight:sizes}, so expected input{input:sizes} to have {expected} channels, but got {got} channels instead",
        versions="0.3 to 0.4",
    ),
)
def convolution_channels(reading: Reading) -> Meaning:
    """Explain a convolution that gets another number of channels."""
    input_, weight = reading["input"], reading["weight"]
    expected, got = reading["expected"], reading["got"]
    says = (
        f"A convolution built for {expected} channels gets {got}: axis 1 of its input {list(input_)} is the channels."
    )
    last = LikelyCause(
        "the images are height × width × channels",
        f"the last axis is {input_[-1]}, the channels; torch wants them on axis 1",
        "print(x.shape)",
        "x = x.permute(0, 3, 1, 2)    # not view or reshape, which would mix the pixels",
    )
    time = LikelyCause(
        "the sequence is (N, T, C) and Conv1d wants (N, C, T)",
        "recurrent layers and embeddings put the features last",
        "print(x.shape)",
        "x = x.transpose(1, 2)",
    )
    skip = LikelyCause(
        "a skip connection was concatenated and the next convolution declared for one of the two",
        f"{got} = {got - expected} + {expected} channels come out of torch.cat(..., 1)",
        "add the channels of the tensors in torch.cat",
        f"nn.Conv2d({got}, ...)",
    )
    chain = LikelyCause(
        "in_channels is not the out_channels of the layer before",
        f"{got} arrive, {expected} were declared",
        "read the layers in order",
        f"in_channels={got}",
    )
    colour = LikelyCause(
        "grey images meet a layer for RGB, or the other way round",
        f"{got} against {expected} channels",
        "print(x.shape)",
        "transforms.Grayscale(num_output_channels=3)"
        if got == 1
        else "image.convert('RGB')    # 4 channels: an alpha channel",
    )
    batch = LikelyCause(
        "a batch axis is missing: a single image of three axes",
        "unbatched input is read as (C, H, W)",
        "print(x.shape)",
        "x.unsqueeze(0)",
    )
    causes: list[LikelyCause]
    if len(input_) == 4 and input_[-1] == expected:
        causes = [last, chain]
    elif len(input_) == 3 and input_[-1] == expected and len(weight) == 3:
        causes = [time, chain]
    elif {got, expected} <= {1, 3, 4}:
        causes = [colour, last, batch]
    elif got > expected:
        causes = [skip, chain]
    else:
        causes = [chain, skip]
    facts = {"input": TensorFacts(input_), "weight": TensorFacts(weight)}
    numbers = (f"{got} = 2 × {expected}",) if got == 2 * expected else ()
    return Meaning(says, "layer-input-size", facts, numbers, tuple(causes))


@message(
    Text(
        "Expected {_:word}D (unbatched) or {_:word}D (batched) input to {layer:word}, but got input of size: {input:sizes}",
        versions="1.11 to 2.13",
    ),
    Text(
        "Expected {_:any}-dimensional input for {_:any}-dimensional weight {weight:sizes}, but got {_:any}-dimensional input of size {input:sizes} instead",
        versions="0.4 to 1.10",
    ),
    Text("expected {expected}D input (got {got}D input)", "ValueError", "0.2 to 2.13"),
    Text("expected 2D or 3D input (got {got}D input)", "ValueError", "0.2 to 2.13"),
    Text("input must have {expected} dimensions, got {got}", versions="0.2 to 2.13"),
    Text("For unbatched 2-D input, hx should also be 1-D but got {got}-D tensor", versions="1.11 to 2.13"),
    Text("For batched 3-D input, hx and cx should also be 3-D but got ({_:any}) tensors", versions="1.11 to 2.13"),
    Text("LSTM: Expected input to be 2D or 3D, got {got}D instead", "ValueError", "2.0 to 2.13"),
    Text("GRU: Expected input to be 2D or 3D, got {got}D instead", "ValueError", "2.0 to 2.13"),
)
def layer_rank(reading: Reading) -> Meaning:
    """Explain a layer whose input has the wrong number of axes."""
    input_ = reading.values.get("input")
    return Meaning(
        f"A layer gets an input with another number of axes than it works on{f': {list(input_)}' if input_ else ''}.",
        "operation-does-not-fit",
        {"input": TensorFacts(input_)} if input_ else {},
        (),
        (
            LikelyCause(
                "the batch or channel axis is missing",
                "a single sample, or grey images without a channel",
                "print(x.shape)",
                "x.unsqueeze(1)    # a channel axis; unsqueeze(0) for a batch of one",
            ),
            LikelyCause(
                "the tensor was flattened too early",
                "flatten and view belong after the convolutions",
                "look for view and flatten before the layer",
                "x = torch.flatten(self.features(x), 1)",
            ),
            LikelyCause(
                "squeeze() took an axis", "it removes every axis of size 1", "", "squeeze(1)    # name the axis"
            ),
        ),
    )


@message(
    Text("Expected hidden[0] size ({_:any}), got [{_:any}]", versions="1.0 to 2.13"),
    Text("Expected hidden size ({_:any}), got [{_:any}]", versions="1.0 to 2.13"),
    Text("Expected hidden[1] size ({_:any}), got [{_:any}]", versions="1.0 to 2.13"),
    Text("Expected hidden[0] size ({_:any}), got ({_:any})", versions="0.3 to 1.0"),
)
def hidden_size(reading: Reading) -> Meaning:
    """Explain a recurrent state made for another batch size."""
    expected, got = _two_shapes(reading.message)
    numbers = []
    if len(expected) == len(got) == 3 and expected[1] != got[1]:
        numbers.append(f"the batch holds {expected[1]} rows, the state {got[1]}")
    last_batch = LikelyCause(
        "the hidden state is made for the configured batch size and the last batch is shorter",
        f"{list(got)} against {list(expected)}",
        "does it fail at the end of the epoch?",
        "h = torch.zeros(num_layers, x.size(0), hidden_size, device=x.device)    # the batch at hand",
    )
    axes = LikelyCause(
        "batch and time axes are exchanged",
        "without batch_first=True the layer reads (T, N, F)",
        "print(x.shape) and the layer's batch_first",
        "nn.LSTM(..., batch_first=True)",
    )
    layers = LikelyCause(
        "the state does not count the directions or layers",
        "its first size is num_layers × 2 for a bidirectional layer",
        "",
        "torch.zeros(2 * num_layers, n, hidden_size)",
    )
    first_differs = bool(expected and got and expected[0] != got[0])
    causes = (layers, last_batch) if first_differs else (last_batch, axes, layers)
    facts = {"hidden": TensorFacts(got)} if got else {}
    return Meaning(
        f"The recurrent layer wants a hidden state {expected} for this input and gets {list(got)}.",
        "fixed-batch-size",
        facts,
        tuple(numbers),
        causes,
    )


def _two_shapes(text: str) -> tuple[tuple[int, ...], tuple[int, ...]]:
    from re import findall

    shapes = [
        tuple(int(n) for n in findall(r"\d+", part))
        for part in findall(r"[(\[]([\d, ]*)[)\]]", text.split("size", 1)[-1])
    ]
    return (shapes[0], shapes[1]) if len(shapes) > 1 else ((), ())


@message(
    Text("input.size(-1) must be equal to input_size. Expected {expected}, got {got}", versions="1.0 to 2.13"),
    Text("input.size(-1) must be equal to input_size. Expected {expected}, got {got}", "ValueError", "1.0 to 2.13"),
    Text(
        "Given normalized_shape={expected_sizes:sizes}, expected input with shape [*, {_:any}], but got input of size{input:sizes}",
        versions="1.1 to 2.13",
    ),
    Text("running_mean should contain {got} elements not {expected}", versions="0.2 to 2.13"),
    Text("weight should contain {got} elements not {expected}", versions="0.2 to 2.13"),
    Text("was expecting embedding dimension of {expected}, but got {got}", "AssertionError", "1.9 to 2.13"),
    Text(
        "Expected weight to be a vector of size equal to the number of channels in input, but got weight of shape {weight:sizes} and input of shape {input:sizes}",
        versions="1.1 to 2.13",
    ),
)
def feature_size(reading: Reading) -> Meaning:
    """Explain a layer that gets another number of features."""
    got, expected = reading.values.get("got"), reading.values.get("expected")
    says = "A layer gets another number of features than it was built for"
    says += f": {got} instead of {expected}." if got is not None else "."
    return Meaning(
        says,
        "layer-input-size",
        {"input": TensorFacts(reading.values.get("input") or ((None, None, got) if got is not None else None))},
        (),
        (
            LikelyCause(
                "the layer before gives another size",
                "a bidirectional layer gives 2 × hidden_size, a concatenation the sum of its parts",
                "print(x.shape) before the layer",
                f"build the layer for {got}" if got is not None else "",
            ),
            LikelyCause(
                "the axes are exchanged",
                "the layer reads the last axis (BatchNorm: axis 1)",
                "print(x.shape)",
                "x.transpose(1, 2)",
            ),
        ),
    )


@message(
    Text(
        "Expected more than 1 value per channel when training, got input size {input:sizes}",
        "ValueError",
        "0.4 to 2.13",
    ),
    Text(
        "Expected more than 1 spatial element when training, got input size {input:sizes}", "ValueError", "1.9 to 2.13"
    ),
)
def one_value_a_channel(reading: Reading) -> Meaning:
    """Explain a normalisation over one value."""
    input_ = reading["input"]
    return Meaning(
        f"BatchNorm in training needs more than one value for each channel to compute a variance; its input is {list(input_)}.",
        "batch-norm-on-one-row",
        {"input": TensorFacts(input_)},
        (),
        (
            LikelyCause(
                "the last batch of the epoch holds one sample",
                "len(dataset) % batch_size == 1",
                "does it fail at the end of the epoch?",
                "DataLoader(train_set, batch_size=..., shuffle=True, drop_last=True)",
            ),
            LikelyCause(
                "the model is used on a single sample without eval()",
                "in eval mode the running statistics are used",
                "",
                "model.eval()",
            ),
        ),
    )
