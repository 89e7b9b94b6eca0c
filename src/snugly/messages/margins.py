"""Margin, ranking, triplet and embedding losses, and adaptive log-softmax."""

from __future__ import annotations

from typing import TYPE_CHECKING

from snugly.facts.tensors import TensorFacts
from snugly.messages.catalog import Meaning, message
from snugly.messages.texts import Text
from snugly.rules.findings import LikelyCause

if TYPE_CHECKING:
    from snugly.messages.catalog import Reading

_RANKING = ("margin_ranking_loss",)
_TRIPLET = ("triplet_margin_loss", "triplet_margin_with_distance_loss")


@message(
    Text(
        "margin_ranking_loss : All input tensors should have same dimension but got sizes: input1: {input1:sizes}, input2: {input2:sizes}, target: {target:sizes}",
        versions="1.11 to 2.13",
        losses=_RANKING,
    ),
    Text(
        "margin_ranking_loss : All input tensors should have same dimension but got sizes: {_:any}",
        versions="1.11 to 2.13",
        losses=_RANKING,
    ),
    Text("margin_ranking_loss does not support scalars, got sizes: {_:any}", versions="0.4 to 1.10", losses=_RANKING),
)
def ranking_ranks(reading: Reading) -> Meaning:
    """Explain ranking arguments of different rank."""
    names = ("input1", "input2", "target")
    facts = {name: TensorFacts(reading[name]) for name in names if name in reading.values}
    return Meaning(
        "margin_ranking_loss compares input1, input2 and target element by element; all three must have the same number of axes.",
        "target-shape-differs",
        facts,
        (),
        (
            LikelyCause(
                "the scores are columns, (N, 1), and the target a vector, (N,)",
                "a Linear layer of one output gives columns",
                "print the three shapes",
                "criterion(score1.squeeze(1), score2.squeeze(1), target)",
            ),
            LikelyCause(
                "the target is one number, or lost its axes",
                "squeeze() at a batch of one row, or target = torch.tensor(1.)",
                "",
                "target = torch.ones_like(score1)",
            ),
        ),
        "margin_ranking_loss",
    )


@message(
    Text(
        "The anchor, positive, and negative tensors are expected to have the same number of dimensions, but got: anchor {anchor}D, positive {positive}D, and negative {negative}D inputs",
        versions="2.0 to 2.13",
        losses=_TRIPLET,
    ),
    Text(
        "All inputs should have same dimension but got {anchor}D, {positive}D and {negative}D inputs",
        versions="1.10 to 1.13",
        losses=_TRIPLET,
    ),
    Text("All inputs should have same dimension but got{_:any}", versions="1.10 to 1.13", losses=_TRIPLET),
)
def triplet_ranks(reading: Reading) -> Meaning:
    """Explain triplets of different rank."""
    facts = {
        name: TensorFacts((None,) * reading[name])
        for name in ("anchor", "positive", "negative")
        if name in reading.values
    }
    return Meaning(
        "A triplet loss compares anchor, positive and negative row by row: all three are (N, D).",
        "target-shape-differs",
        facts,
        (),
        (
            LikelyCause(
                "one of the three is a single sample without a batch axis",
                "dataset[i] gives (D,), a loader gives (N, D)",
                "print the three shapes",
                "negative.unsqueeze(0).expand_as(anchor)",
            ),
            LikelyCause(
                "squeeze() took the batch axis of a batch of one row",
                "does it fail on the last batch only?",
                "",
                "squeeze(1)    # name the axis",
            ),
        ),
        reading.loss or "triplet_margin_loss",
    )


@message(
    Text(
        "0D target tensor expects 1D input tensors, but found inputs with sizes {input1:sizes} and {input2:sizes}.",
        versions="1.10 to 2.13",
        losses=("cosine_embedding_loss",),
    ),
    Text(
        "1D target tensor expects 2D input tensors, but found inputs with sizes {input1:sizes} and {input2:sizes}.",
        versions="1.10 to 2.13",
        losses=("cosine_embedding_loss",),
    ),
    Text(
        "0D target tensor expects 1D input tensors, but found inputs with size {input1:sizes}",
        versions="1.11 to 2.13",
        losses=("adaptive_log_softmax_with_loss",),
    ),
    Text(
        "1D target tensor expects 2D input tensors, but found inputs with size {input1:sizes}",
        versions="1.11 to 2.13",
        losses=("adaptive_log_softmax_with_loss",),
    ),
    Text(
        "Input and target should have the same size in the batch dimension.",
        versions="1.0 to 2.13",
        losses=("adaptive_log_softmax_with_loss",),
    ),
)
def one_label_a_row(reading: Reading) -> Meaning:
    """Explain embeddings that are not one row for each label."""
    facts = {name: TensorFacts(reading[name]) for name in ("input1", "input2") if name in reading.values}
    return Meaning(
        f"{reading.loss or 'This loss'} takes one label for each row: target (N,) with inputs (N, D), or a single label with (D,).",
        "stray-target-axis",
        facts,
        (),
        (
            LikelyCause(
                "sequences or maps reach the loss without being pooled or flattened",
                "inputs with a time axis have three axes",
                "print the shapes",
                "x.mean(dim=1)    # or reshape(-1, D) with the labels flattened the same way",
            ),
            LikelyCause(
                "the embeddings lost an axis: an output of one column was squeezed",
                "(N, 1) becomes (N,)",
                "",
                "leave the embeddings (N, D)",
            ),
        ),
        reading.loss,
    )


@message(
    Text(
        "inconsistent target size: {target:sizes} for input of size: {input:sizes}",
        versions="1.8 to 2.13",
        losses=("multilabel_margin_loss",),
    ),
    Text(
        "inconsistent target size, got: {target:sizes}",
        versions="1.0 to 2.11",
        losses=("multi_margin_loss", "multilabel_margin_loss"),
    ),
    Text("inconsistent target size at", versions="to 1.3", losses=("multi_margin_loss", "multilabel_margin_loss")),
    Text("inconsistent target size", versions="to 2.11", losses=("multi_margin_loss", "multilabel_margin_loss")),
    Text(
        "multi_margin_loss: target tensor should be 1-D with size equal to the number of input samples (batch size). Expected target size [{rows}], but got {target:sizes}.",
        versions="2.12 to 2.13",
        losses=("multi_margin_loss",),
    ),
    Text(
        "Expected non-empty vector or matrix with optional 0-dim batch size, but got: {input:sizes}",
        versions="1.2 to 2.13",
        losses=("multi_margin_loss", "multilabel_margin_loss"),
    ),
)
def margin_target(reading: Reading) -> Meaning:
    """Explain the target of the multi-class margin losses."""
    facts = {
        name: TensorFacts(reading[name]) for name in ("input", "target") if isinstance(reading.values.get(name), tuple)
    }
    many = reading.loss == "multilabel_margin_loss"
    says = (
        "multilabel_margin_loss takes a target of the input's shape, (N, C): class indices padded with -1, not zeros and ones."
        if many
        else "multi_margin_loss takes scores (N, C) and one class index for each row, (N,)."
    )
    return Meaning(
        says,
        "stray-target-axis",
        facts,
        (),
        (
            LikelyCause(
                "the labels are a column or one-hot",
                "(N, 1) and (N, C) are no vector of class indices",
                f"print({reading.target}.shape)",
                f"{reading.target}.squeeze(1)    # one-hot: .argmax(dim=1)",
            )
            if not many
            else LikelyCause(
                "the target has fewer columns than there are classes",
                "each row lists its classes and is filled up with -1 to C entries",
                f"print({reading.target}.shape)",
                "F.pad(target, (0, num_classes - target.size(1)), value=-1)",
            ),
            LikelyCause(
                "it is multi-label with zeros and ones",
                "multi-hot rows go with another loss",
                "",
                "nn.MultiLabelSoftMarginLoss()    # or BCEWithLogitsLoss",
            ),
        ),
        reading.loss,
    )
