"""CTC: lengths, axes and labels."""

from __future__ import annotations

from typing import TYPE_CHECKING

from snugly.facts.tensors import TensorFacts
from snugly.messages.catalog import Meaning, message
from snugly.messages.texts import Text
from snugly.rules.findings import LikelyCause

if TYPE_CHECKING:
    from snugly.messages.catalog import Reading

_CTC = ("ctc_loss",)
_CHECK = " (while checking arguments for {_:word})"


@message(
    Text(
        "Expected input_lengths to have value at most {steps}, but got value {length}" + _CHECK,
        versions="1.0 to 2.13",
        losses=_CTC,
    ),
    Text(
        "Expected input_lengths to have value at most {steps}, but got value {length}",
        versions="1.0 to 2.13",
        losses=_CTC,
    ),
)
def input_lengths(reading: Reading) -> Meaning:
    """Explain an input length beyond the time axis."""
    steps, length = reading["steps"], reading["length"]
    ratio = length / steps if steps else 0
    strided = LikelyCause(
        "the lengths were counted before layers that shorten the sequence",
        f"a stride of {round(ratio)} makes about {steps} steps of {length}"
        if round(ratio) > 1
        else f"an unpadded convolution takes steps off: {length} became {steps}",
        "look for stride, pooling and unpadded convolutions between the frames and log_probs",
        "input_lengths = (frame_lengths + 2 * padding - kernel_size) // stride + 1",
    )
    axes = LikelyCause(
        "log_probs are (N, T, C) and the loss reads axis 0 as time",
        "a batch-first model leaves the batch in front",
        f"is {steps} your batch size?",
        "ctc(log_probs.transpose(0, 1), ...)",
    )
    return Meaning(
        f"log_probs (T, N, C) has {steps} time steps, and an input length says {length}.",
        "ctc-lengths",
        {"log_probs": TensorFacts((steps, None, None))},
        (f"{length} / {steps} = {ratio:.2f}",) if steps else (),
        (axes, strided) if ratio > 5 else (strided, axes),
        "ctc_loss",
    )


@message(
    Text(
        "Expected input_lengths to have value at least {least}, but got value {length}" + _CHECK,
        versions="2.0 to 2.13",
        losses=_CTC,
    ),
    Text(
        "Expected target_lengths to have value at least {least}, but got value {length}" + _CHECK,
        versions="2.0 to 2.13",
        losses=_CTC,
    ),
    Text("input_lengths must be of size batch_size", versions="1.0 to 2.13", losses=_CTC),
    Text("target_lengths must be of size batch_size", versions="1.0 to 2.13", losses=_CTC),
    Text("input_lengths must be integral", versions="1.0 to 2.13", losses=_CTC),
    Text("target_lengths must be integral", versions="1.0 to 2.13", losses=_CTC),
)
def lengths(_: Reading) -> Meaning:
    """Explain lengths that are not one integer for each sample."""
    return Meaning(
        "ctc_loss takes input_lengths and target_lengths as one non-negative integer for each sample of the batch, (N,), "
        "and N is axis 1 of log_probs.",
        "ctc-lengths",
        {"log_probs": TensorFacts((None, None, None))},
        (),
        (
            LikelyCause(
                "log_probs are (N, T, C), so the loss counts T samples",
                "a batch-first model leaves the batch in front",
                "print(log_probs.shape, len(input_lengths))",
                "ctc(log_probs.transpose(0, 1), targets, input_lengths, target_lengths)",
            ),
            LikelyCause(
                "the lengths were made for the configured batch size and the last batch is shorter",
                "torch.full((batch_size,), T) does not follow the batch",
                "does it fail on the last batch?",
                "torch.full((log_probs.size(1),), log_probs.size(0))",
            ),
            LikelyCause(
                "the lengths are floats",
                "a division with / gives floats",
                "print(input_lengths.dtype)",
                "lengths // 2    # or torch.div(lengths, 2, rounding_mode='floor')",
            ),
        ),
        "ctc_loss",
    )


@message(
    Text(
        "Expected 3-dimensional tensor, but got {rank}-dimensional tensor for argument #1 'log_probs'" + _CHECK,
        versions="1.0 to 2.13",
        losses=_CTC,
    ),
    Text("log_probs tensor must not be empty", versions="1.13 to 2.13", losses=_CTC),
)
def log_probs_rank(reading: Reading) -> Meaning:
    """Explain log_probs of another rank."""
    rank = reading.values.get("rank")
    return Meaning(
        "ctc_loss takes log_probs (T, N, C): time, batch, classes."
        + (f" Yours has {rank} axes." if rank is not None else " Yours holds no element."),
        "arguments-do-not-fit",
        {"log_probs": TensorFacts((None,) * rank if rank is not None else None)},
        (),
        (
            LikelyCause(
                "the output was flattened to (N * T, C), or is a single sample",
                "CTC needs the time axis of each sample",
                "print(log_probs.shape)",
                "log_probs.view(n, t, c).transpose(0, 1)",
            ),
        ),
        "ctc_loss",
    )


@message(
    Text(
        "Expected {_:any} dimensions, but got {rank}-dimensional tensor for argument #2 'targets'" + _CHECK,
        versions="1.0 to 2.13",
        losses=_CTC,
    ),
    Text(
        "Expected tensor to have size {expected} at dimension 0, but got size {got} for argument #2 'targets'" + _CHECK,
        versions="1.0 to 2.13",
        losses=_CTC,
    ),
    Text(
        "Expected tensor to have size at least {expected} at dimension 1, but got size {got} for argument #2 'targets'"
        + _CHECK,
        versions="1.0 to 2.13",
        losses=_CTC,
    ),
    Text("blank must be in label range", versions="1.0 to 2.13", losses=_CTC),
)
def ctc_targets(reading: Reading) -> Meaning:
    """Explain targets that do not go with their lengths."""
    expected, got = reading.values.get("expected"), reading.values.get("got")
    says = "ctc_loss takes targets either as rows padded to the longest, (N, S), or as all labels one after the other, (sum of target_lengths,)."
    if expected is not None:
        says += f" By the lengths there would be {expected}; there are {got}."
    if reading.message.startswith("blank"):
        says = "blank is the index of the blank class and must be below the number of classes of log_probs."
        causes = (
            LikelyCause(
                "blank is counted behind the classes and log_probs has no column for it",
                "C labels and a blank need C + 1 columns",
                "print(log_probs.size(-1), blank)",
                "nn.Linear(features, num_labels + 1); nn.CTCLoss(blank=num_labels)",
            ),
        )
        return Meaning(says, "ctc-label-range", {}, (), causes, "ctc_loss")
    return Meaning(
        says,
        "ctc-lengths",
        {"targets": TensorFacts()},
        (),
        (
            LikelyCause(
                "the target lengths are not those of the targets at hand",
                "lengths counted before a blank or an end token was added, or of another batch",
                "print(target_lengths.sum(), targets.shape)",
                "target_lengths = torch.tensor([len(t) for t in texts])",
            ),
            LikelyCause(
                "the targets were flattened with their padding",
                "flattened targets must not contain padding",
                "",
                "targets = torch.cat(texts)    # or leave them padded, (N, S)",
            ),
        ),
        "ctc_loss",
    )
