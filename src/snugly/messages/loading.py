"""What the data loader says when samples do not make a batch."""

from __future__ import annotations

from typing import TYPE_CHECKING

from snugly.facts.tensors import TensorFacts
from snugly.messages.catalog import Meaning, message
from snugly.messages.texts import Text
from snugly.rules.findings import LikelyCause

if TYPE_CHECKING:
    from snugly.messages.catalog import Reading


@message(
    Text(
        "stack expects each tensor to be equal size, but got {first:sizes} at entry 0 and {other:sizes} at entry {entry}",
        versions="1.5 to 2.13",
    ),
    Text(
        "Sizes of tensors must match except in dimension 0. Got {first_size} and {other_size} in dimension {axis} at {_:any}TH{_:any}",
        versions="1.0 to 1.4",
    ),
    Text("inconsistent tensor sizes at {_:any}", versions="to 0.3"),
    Text("each element in list of batch should be of equal size", versions="1.7 to 2.13"),
    Text("Trying to resize storage that is not resizable", versions="1.11 to 2.13"),
)
def unequal_samples(reading: Reading) -> Meaning:
    """Explain samples of different sizes in one batch."""
    first, other = reading.values.get("first"), reading.values.get("other")
    says = "The loader stacks the samples of a batch, and they must all have the same shape."
    if first is not None and other is not None:
        says += f" Sample 0 is {list(first)}, sample {reading['entry']} is {list(other)}."
    colour = LikelyCause(
        "some images are grey or have an alpha channel",
        "1, 3 and 4 channels occur in one folder",
        "print(image.mode) of the samples",
        "Image.open(path).convert('RGB')",
    )
    size = LikelyCause(
        "the images have different sizes",
        "Resize(256) keeps the aspect ratio; only a pair gives one size for all",
        "look at the transforms",
        "transforms.Resize((256, 256))",
    )
    length = LikelyCause(
        "the sequences have different lengths",
        "text, audio and time series need padding in a collate function",
        "print the lengths",
        "DataLoader(..., collate_fn=lambda b: pad_sequence(b, batch_first=True))",
    )
    causes = [length, size, colour]
    if first and other and len(first) == len(other) >= 3:
        causes = [colour, size] if first[0] != other[0] and first[1:] == other[1:] else [size, colour]
    facts = {"sample 0": TensorFacts(first), "other sample": TensorFacts(other)} if first and other else {}
    return Meaning(says, "operation-does-not-fit", facts, (), tuple(causes))


@message(
    Text(
        "default_collate: batch must contain tensors, numpy arrays, numbers, dicts or lists; found {found:any}",
        "TypeError",
        "1.0 to 2.13",
    ),
    Text("batch must contain tensors, numbers, dicts or lists; found {found:any}", "TypeError", "0.2 to 1.0"),
    Text(
        "expected Tensor as element {element} in argument {argument}, but got {found:word}", "TypeError", "1.0 to 2.13"
    ),
    Text("can't convert np.ndarray of type numpy.object_", "TypeError", "0.4 to 2.13"),
    Text("too many dimensions 'str'", "ValueError", "0.4 to 2.13"),
    Text("expected sequence of length {first} at dim {axis} (got {other})", "ValueError", "1.0 to 2.13"),
    Text("only integer scalar arrays can be converted to a scalar index", "TypeError", "numpy"),
)
def not_collatable(reading: Reading) -> Meaning:
    """Explain samples that cannot become a tensor."""
    found = reading.values.get("found")
    ragged = LikelyCause(
        "rows of different lengths in one list",
        "a tensor is a full rectangle",
        "print the lengths",
        "pad_sequence([torch.tensor(row) for row in rows], batch_first=True)",
    )
    causes = [
        LikelyCause(
            "the dataset returns PIL images, None, strings or objects",
            f"found: {found}" if found else "an object array holds Python objects",
            "print(type(part)) for the parts of dataset[0]",
            "transforms.ToTensor()    # images; map strings to indices",
        ),
        ragged,
    ]
    if "first" in reading.values:
        causes.reverse()
    return Meaning(
        "The parts of a sample must be tensors, arrays or numbers of one shape.",
        "operation-does-not-fit",
        {},
        (),
        tuple(causes),
    )


@message(
    Text("not enough values to unpack (expected {expected}, got {got})", "ValueError", "Python"),
    Text("too many values to unpack (expected {expected})", "ValueError", "Python"),
)
def unpacking(reading: Reading) -> Meaning:
    """Explain a batch or a shape that is unpacked into another number of names."""
    expected = reading["expected"]
    return Meaning(
        f"{expected} names stand on the left and another number of values on the right.",
        "operation-does-not-fit",
        {},
        (),
        (
            LikelyCause(
                "the loader gives batches of another form: a dict, a tensor alone, or (x, y, extra)",
                "TensorDataset(x) gives 1-tuples, many libraries give dicts",
                "print(type(batch), len(batch))",
                "for batch in loader: x, y = batch[0], batch[1]",
            ),
            LikelyCause(
                "x.shape is unpacked and the tensor has another number of axes",
                "b, c, h, w = x.shape wants four",
                "print(x.shape)",
                "x.unsqueeze(1)    # when a channel axis is missing",
            ),
        ),
    )
