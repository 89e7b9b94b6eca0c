"""linear_cross_entropy, the last layer and the loss in one, new in torch 2.13."""

from __future__ import annotations

from typing import TYPE_CHECKING

from snugly.messages.catalog import Meaning, message
from snugly.messages.texts import Text
from snugly.rules.findings import LikelyCause

if TYPE_CHECKING:
    from snugly.messages.catalog import Reading

_FUSED = ("linear_cross_entropy",)


@message(
    Text(
        "expected equal input and linear_weight last dimensions (in_features), got {got} and {expected}, respectively",
        versions="2.13",
        losses=_FUSED,
    ),
    Text("expected linear_bias shape {expected_sizes:sizes}, got {got_sizes:sizes}", versions="2.13", losses=_FUSED),
    Text("expected input with dimensionality 1 or 2, got {rank}", versions="2.13", losses=_FUSED),
    Text("expected linear_weight with dimensionality at least 2, got {rank}", versions="2.13", losses=_FUSED),
    Text(
        "K-dimensional loss defined by linear_weight shape {weight:sizes} requires batched input",
        versions="2.13",
        losses=_FUSED,
    ),
    Text("narrow() cannot be applied to a 0-dim tensor.", versions="2.13", losses=_FUSED),
    Text("start ({start}) + length ({length}) exceeds dimension size ({size}).", versions="1.0 to 2.13"),
    Text("index_select(): {_:any}", "IndexError", "1.0 to 2.13"),
    Text("Index tensor must have the same number of dimensions as input tensor", versions="1.0 to 2.13"),
    Text(
        "ArrayRef: invalid slice, N = {count}; size = {size}",
        versions="1.0 to 2.13",
        losses=("cross_entropy", "nll_loss", "linear_cross_entropy"),
    ),
    Text("1D tensors expected, but got {one}D and {other}D tensors", versions="1.0 to 2.13"),
)
def fused_arguments(reading: Reading) -> Meaning:
    """Explain arguments of the fused loss that do not go together."""
    loss = reading.loss
    fused = loss == "linear_cross_entropy"
    says = (
        "linear_cross_entropy takes the features before the last layer, input (N, in_features), that layer's weight (C, in_features) "
        "and bias (C,), and class indices (N,)."
        if fused
        else "A tensor has fewer axes or elements than the operation reads."
    )
    causes = (
        LikelyCause(
            "the logits are passed instead of the features, or the weight is transposed"
            if fused
            else "an axis is missing: squeeze(), an index or a scalar",
            "the fused loss applies the last layer itself; nn.Linear.weight is (out_features, in_features)"
            if fused
            else "the operation needs one axis more",
            "print the shapes of all arguments",
            "F.linear_cross_entropy(features, head.weight, target, linear_bias=head.bias)" if fused else "",
        ),
        LikelyCause(
            "sequences were not flattened",
            "the features must be (N, in_features), one row for each label",
            "print(features.shape, target.shape)",
            "features.flatten(0, -2), target.flatten()",
        ),
    )
    return Meaning(says, "arguments-do-not-fit", {}, (), causes, loss)
