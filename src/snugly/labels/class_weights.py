"""Class weights that fit the loss: one number per class, in the right order, dtype and place, never infinite."""

from __future__ import annotations

import inspect
import warnings
from typing import TYPE_CHECKING, Any, Literal, NoReturn

from snugly.labels.sources import pieces

if TYPE_CHECKING:
    import torch

Method = Literal["balanced", "inverse", "effective"]
METHODS = ("balanced", "inverse", "effective")


class LabelsWarning(UserWarning):
    """Labels that could be counted, and that the loss will not take as they are, or not count as meant."""


def class_weights(
    labels: Any,
    num_classes: int,
    *,
    method: Method = "balanced",
    beta: float = 0.999,
    pos_weight: bool = False,
    ignore_index: int = -100,
    dtype: torch.dtype | None = None,
    device: torch.device | str | None = None,
) -> torch.Tensor:
    """Count labels and return the weights for ``weight`` of a classification loss, or for ``pos_weight``.

    With ``n`` labels, ``C`` classes and ``n_c`` labels of class ``c``, the weight of ``c`` is

    * ``"balanced"``: ``n / (C * n_c)``, as scikit-learn's ``compute_class_weight("balanced")``;
    * ``"inverse"``: ``n / n_c``, one over the frequency;
    * ``"effective"``: ``(1 - beta) / (1 - beta ** n_c)``, scaled so that all weights sum to ``C``
      (Cui et al., Class-Balanced Loss Based on Effective Number of Samples, 2019).

    A class that never occurs gets the weight of a class of average size, ``n_c = n / C``, and a warning: not ``inf``,
    which makes the loss NaN, and not 0, which makes it NaN for a batch of that class alone.

    With ``pos_weight=True`` the result is for ``BCEWithLogitsLoss(pos_weight=...)``: negatives over positives, for each
    column of multi-label targets ``(N, C)``, or of shape ``(1,)`` for binary labels (``num_classes`` 1 or 2). Where a
    class has no positives or no negatives the weight is 1, and there is a warning.

    Args:
        labels: class indices (or, for ``pos_weight``, zeros and ones) as a tensor, an array, a list, a dataset or a
            ``DataLoader``. Masks and token labels of any shape are counted element by element.
        num_classes: how many scores the model gives.
        method: the formula.
        beta: for ``"effective"``, from 0 (no weighting) to below 1 (towards inverse).
        pos_weight: return the weights of the positives instead.
        ignore_index: labels of this value are not counted.
        dtype: of the result; the default dtype of torch if none is given. It must be that of the model's output.
        device: of the result; the CPU if none is given. It must be that of the model's output.

    Returns:
        A tensor of shape ``(num_classes,)``; for ``pos_weight`` of binary labels ``(1,)``.

    Raises:
        ValueError: a label is out of range, not an integer, or part of a multi-hot row; there is no label at all; or an
            option is not one of those above.
        TypeError: no labels can be found in ``labels``.
    """
    import torch

    _check_options(num_classes, method, beta)
    dtype = dtype or torch.get_default_dtype()
    if not dtype.is_floating_point:
        msg = f"dtype is {dtype}; a weight must have the floating dtype of the model's output"
        raise ValueError(msg)
    if pos_weight:
        weights = _positive_weights(labels, num_classes, ignore_index)
    else:
        counts = _count(labels, num_classes, ignore_index)
        weights = _weights(_average_for_absent(counts), int(counts.sum()), method, beta)
    return weights.to(device=device or "cpu", dtype=dtype)


def _check_options(num_classes: int, method: str, beta: float) -> None:
    if isinstance(num_classes, bool) or not isinstance(num_classes, int) or num_classes < 1:
        msg = f"num_classes is {num_classes!r}; it must be how many scores the model gives, such as 10"
        raise ValueError(msg)
    if method not in METHODS:
        msg = f"method is {method!r}; it must be one of {', '.join(METHODS)}"
        raise ValueError(msg)
    if not 0 <= beta < 1:
        msg = f"beta is {beta}; it must be at least 0 and below 1, such as 0.999"
        raise ValueError(msg)


def _weights(counts: torch.Tensor, total: int, method: str, beta: float) -> torch.Tensor:
    classes = counts.numel()
    if method == "balanced":
        return total / (classes * counts)
    if method == "inverse":
        return total / counts
    weights = (1 - beta) / (1 - beta**counts)
    return weights * (classes / weights.sum())


def _average_for_absent(counts: torch.Tensor) -> torch.Tensor:
    absent = (counts == 0).nonzero().flatten().tolist()
    if absent:
        _warn(
            f"{_classes(absent)} of {counts.numel()} never occur{'s' if len(absent) == 1 else ''} in the labels; "
            "the weight of a class of average size is used"
        )
    counts = counts.double()
    return counts.where(counts > 0, counts.sum() / counts.numel())


def _count(labels: Any, num_classes: int, ignore_index: int) -> torch.Tensor:
    """Return how often each class occurs."""
    import torch

    counts = torch.zeros(num_classes, dtype=torch.int64)
    warned: set[str] = set()
    for piece in pieces(labels):
        indices = _class_indices(piece, num_classes, ignore_index, warned)
        counts += torch.bincount(indices, minlength=num_classes).cpu()
    if not int(counts.sum()):
        msg = f"there are no labels to count, those equal to ignore_index ({ignore_index}) left out"
        raise ValueError(msg)
    return counts


def _class_indices(piece: torch.Tensor, num_classes: int, ignore_index: int, warned: set[str]) -> torch.Tensor:
    if not piece.numel():
        return piece.reshape(-1).long()
    if piece.is_complex() or piece.is_floating_point():
        piece = _whole_numbers(piece, warned)
    if _is_hot(piece, num_classes):
        piece = _hot_rows(piece, warned)
    elif piece.dim() == 2 and 1 in piece.shape and piece.numel() > 1:
        _warn_once(
            warned, f"labels have the shape {tuple(piece.shape)}; the loss wants ({piece.numel()},): flatten them"
        )
    flat = piece.reshape(-1).long()
    flat = flat[flat != ignore_index]
    if flat.numel():
        least, most = (int(x) for x in flat.aminmax())
        if least < 0 or most >= num_classes:
            _refuse_range(flat, num_classes, least, most)
    return flat


def _whole_numbers(piece: torch.Tensor, warned: set[str]) -> torch.Tensor:
    if piece.is_complex() or bool((piece != piece.round()).any()):
        msg = "labels have fractions; class indices are integers (for probabilities, count their argmax)"
        raise ValueError(msg)
    dtype = str(piece.dtype).removeprefix("torch.")
    _warn_once(warned, f"labels are {dtype}; a loss takes class indices as int64: labels.long()")
    return piece.long()


def _is_hot(piece: torch.Tensor, num_classes: int) -> bool:
    """Tell whether labels are rows of zeros and ones, one column for each class."""
    if piece.dim() != 2 or piece.shape[1] != num_classes or num_classes < 2 or not piece.numel():
        return False
    return bool(((piece == 0) | (piece == 1)).all())


def _hot_rows(piece: torch.Tensor, warned: set[str]) -> torch.Tensor:
    if bool((piece.sum(1) != 1).any()):
        msg = "labels are multi-hot rows; for BCEWithLogitsLoss ask for pos_weight=True"
        raise ValueError(msg)
    _warn_once(warned, "labels are one-hot rows; a loss takes class indices: labels.argmax(1)")
    return piece.int().argmax(1)


def _refuse_range(flat: Any, num_classes: int, least: int, most: int) -> NoReturn:
    outside = flat[(flat < 0) | (flat >= num_classes)]
    value, times = int(outside[0]), outside.numel()
    text = f"{times} of {flat.numel()} labels are out of range, such as {value}; "
    text += f"with {num_classes} classes they go from 0 to {num_classes - 1}"
    if int((outside == value).sum()) == times and value not in (num_classes, -1):
        text += f" (if {value} marks what has no label, give ignore_index={value} here and to the loss)"
    elif least == 1 and most == num_classes:
        text += " (they seem to start at 1: subtract 1)"
    raise ValueError(text)


def _positive_weights(labels: Any, num_classes: int, ignore_index: int) -> torch.Tensor:
    """Return negatives over positives, for each column."""
    import torch

    positives: torch.Tensor | None = None
    total: torch.Tensor | None = None
    for piece in pieces(labels):
        columns = _columns(piece, num_classes)
        counted = columns != ignore_index
        if bool((counted & (columns != 0) & (columns != 1)).any()):
            value = columns[counted & (columns != 0) & (columns != 1)][0].item()
            msg = f"a label is {value}; BCEWithLogitsLoss takes 0 and 1"
            raise ValueError(msg)
        ones, seen = ((columns == 1) & counted).sum(0).cpu(), counted.sum(0).cpu()
        positives = ones if positives is None else positives + ones
        total = seen if total is None else total + seen
    if positives is None or total is None or not int(total.sum()):
        msg = "there are no labels to count"
        raise ValueError(msg)
    one_sided = ((positives == 0) | (positives == total)).nonzero().flatten().tolist()
    if one_sided:
        have = "has" if len(one_sided) == 1 else "have"
        _warn(f"{_classes(one_sided)} {have} labels of one kind only; pos_weight 1 is used")
    ratio = (total - positives).double() / positives.double()
    return torch.where((positives == 0) | (positives == total), torch.ones_like(ratio), ratio)


def _columns(piece: torch.Tensor, num_classes: int) -> torch.Tensor:
    """Return labels as ``(N, C)``: multi-label targets as they are, binary ones as one column."""
    if num_classes <= 2 and (piece.dim() < 2 or num_classes == 1):
        return piece.reshape(-1, 1)
    if piece.dim() < 2 or piece.shape[1] != num_classes:
        msg = (
            f"labels have the shape {tuple(piece.shape)}; pos_weight for {num_classes} classes wants (N, {num_classes})"
        )
        raise ValueError(msg)
    return piece.movedim(1, -1).reshape(-1, num_classes)


def _classes(which: list[int]) -> str:
    shown = ", ".join(map(str, which[:8])) + (", …" if len(which) > 8 else "")
    return f"class {shown}" if len(which) == 1 else f"classes {shown}"


def _warn_once(warned: set[str], message: str) -> None:
    if message not in warned:
        warned.add(message)
        _warn(message)


def _warn(message: str) -> None:
    warnings.warn(message, LabelsWarning, stacklevel=_depth_to_user())


def _depth_to_user() -> int:
    """Return the ``stacklevel`` of the first frame outside of snugly, for a warning that the caller gives."""
    frame, depth = inspect.currentframe(), 0
    while frame is not None and frame.f_globals.get("__name__", "").startswith("snugly."):
        frame, depth = frame.f_back, depth + 1
    return depth
