"""Options of a loss that are no option, and argument types that are no tensor."""

from __future__ import annotations

from typing import TYPE_CHECKING

from snugly.messages.catalog import Meaning, message
from snugly.messages.texts import Text
from snugly.rules.findings import LikelyCause

if TYPE_CHECKING:
    from snugly.messages.catalog import Reading


@message(
    Text("{given:word} is not a valid value for reduction", "ValueError", "1.0 to 2.13"),
    Text("Invalid reduction mode: {given:word}. Expected one of 'none', 'mean', 'sum'.", "ValueError", "2.6 to 2.13"),
    Text(
        "{given:word} is not valid", "ValueError", "1.0 to 2.13", ("gaussian_nll_loss", "multilabel_soft_margin_loss")
    ),
)
def reduction(reading: Reading) -> Meaning:
    """Explain a reduction that there is none of."""
    given = reading["given"]
    edit = {
        "avg": "reduction='mean'",
        "average": "reduction='mean'",
        "elementwise_mean": "reduction='mean'",
        "batchmean": "nn.KLDivLoss(reduction='batchmean')    # only there",
    }.get(given, "reduction='mean'")
    return Meaning(
        f"reduction is 'none', 'mean' or 'sum'; {given!r} is none of them. It is checked at the first call, not when the loss is made.",
        "arguments-do-not-fit",
        {},
        (),
        (
            LikelyCause(
                f"{given!r} is another library's word or another version's",
                "'elementwise_mean' was torch 0.4.1's, 'batchmean' is KLDivLoss's alone",
                "",
                edit,
            ),
        ),
        reading.loss,
    )


@message(
    Text(
        "size_average and reduce args will be deprecated, please use reduction='{reduction:word}' instead.",
        "UserWarning",
        "0.4.1 to 2.13",
    ),
)
def positional_reduction(reading: Reading) -> Meaning:
    """Explain the only hint that nn.MSELoss('none') is not what it says."""
    return Meaning(
        f"An argument of the loss was read as size_average or reduce, and the reduction is now {reading['reduction']!r}. "
        "In nn.MSELoss('none') the text is the first positional parameter, size_average, and any text is true: the loss is averaged.",
        "positional-reduction",
        {},
        (),
        (
            LikelyCause(
                "the reduction was passed by position",
                "the first parameters of most losses are weight or size_average",
                "look at the constructor's first argument",
                "nn.MSELoss(reduction='none')",
            ),
        ),
        reading.loss,
    )


@message(
    Text(
        "label_smoothing must be between 0.0 and 1.0. Got: {given:number}",
        versions="1.10 to 2.13",
        losses=("cross_entropy", "linear_cross_entropy"),
    ),
    Text(
        "smooth_l1_loss does not support negative values for beta.", versions="1.8 to 2.13", losses=("smooth_l1_loss",)
    ),
    Text("huber_loss does not support non-positive values for delta.", versions="1.9 to 2.13", losses=("huber_loss",)),
    Text(
        "margin must be greater than 0, got {given:number}",
        "ValueError",
        "2.1 to 2.13",
        ("triplet_margin_loss", "triplet_margin_with_distance_loss"),
    ),
    Text("only p == 1 and p == 2 supported", "ValueError", "0.4 to 2.13", ("multi_margin_loss",)),
    Text("acc_dtype must be one of {_:any}, got {given:word}", "ValueError", "2.13", ("linear_cross_entropy",)),
)
def option_range(reading: Reading) -> Meaning:
    """Explain an option outside its range."""
    return Meaning(
        f"An option of {reading.loss or 'the loss'} is out of range: {reading.message}",
        "arguments-do-not-fit",
        {},
        (),
        (
            LikelyCause(
                "the number is another option's, or passed by position",
                "positional arguments shift easily",
                "look at the constructor's arguments",
                "pass options by keyword",
            ),
        ),
        reading.loss,
    )


@message(
    Text("'list' object has no attribute 'size'", "AttributeError"),
    Text("'NoneType' object has no attribute 'size'", "AttributeError"),
    Text("'tuple' object has no attribute 'size'", "AttributeError"),
    Text("'tuple' object has no attribute 'log_softmax'", "AttributeError"),
    Text(
        "{loss:word}(): argument '{argument:word}' (position {position}) must be Tensor, not {given:word}", "TypeError"
    ),
    Text("'int' object is not callable", "TypeError"),
    Text("any() received an invalid combination of arguments", "TypeError", losses=("gaussian_nll_loss",)),
)
def not_a_tensor(reading: Reading) -> Meaning:
    """Explain an argument of the loss that is no tensor."""
    given = reading.values.get("given")
    text = reading.message
    kind = given or next((name for name in ("list", "NoneType", "tuple") if f"'{name}'" in text), "no tensor")
    causes = [
        LikelyCause(
            "the model returns a tuple",
            "nn.LSTM, nn.GRU and attention return (output, state); inception and some library models return several outputs",
            f"print(type({reading.input}))",
            "output, _ = model(x)    # or .logits of a transformers output",
        )
    ]
    labels = LikelyCause(
        "the labels are a list or an array",
        "a collate function that does not make tensors, or strings that cannot become one",
        f"print(type({reading.target}))",
        f"torch.as_tensor({reading.target})",
    )
    if kind == "NoneType":
        causes = [
            LikelyCause(
                "forward has no return statement, or a branch of it returns nothing",
                "a function without return gives None",
                "look at the last line of forward",
                "return x",
            )
        ]
    elif kind in {"list", "str"} or "callable" in text:
        causes.insert(0, labels)
    else:
        causes.append(labels)
    if "callable" in text:
        says = "torch called .size() on an argument whose size is a number, as numpy's is: the target (or the input) is a numpy array."
    else:
        says = f"An argument of the loss is {kind}, not a tensor."
    return Meaning(says, "arguments-do-not-fit", {}, (), tuple(causes), reading.loss)
