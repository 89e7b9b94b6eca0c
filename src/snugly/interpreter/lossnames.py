"""Losses called as functions: which parameters are tensors, by the contracts' own tables."""

from __future__ import annotations

from typing import Any

from snugly.interpreter.values import Value

TENSORS = {
    "weight", "pos_weight", "target", "input", "var", "log_probs", "targets", "input1", "input2", "anchor", "positive",
    "negative", "x1", "x2", "input_lengths", "target_lengths", "labels", "inputs", "other", "mat1",
}


def split_arguments(
    path: str, args: list[Value], kwargs: dict[str, Value]
) -> tuple[dict[str, Value], dict[str, Any]] | None:
    """Bind a loss function's arguments and part them into tensors and options; ``None`` where it is not known."""
    from snugly import contracts  # noqa: PLC0415 - contracts are loaded when the first loss is met

    names: tuple[str, ...] | None = getattr(contracts, "parameters", lambda _path: None)(path)
    if names is None:
        return None
    bound = {**dict(zip(names, args, strict=False)), **kwargs}
    tensors = {name: value for name, value in bound.items() if name in TENSORS}
    return tensors, {name: value for name, value in bound.items() if name not in TENSORS}
