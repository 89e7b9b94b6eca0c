"""What torch's own kernels do with a call."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(frozen=True, slots=True)
class Truth:
    """What happened: the exception and when it came, or the result."""

    raised: str | None
    when: str
    message: str
    shape: tuple[int, ...] | None
    dtype: str | None


def run(function: Callable[..., Any], tensors: dict[str, Any], options: dict[str, Any]) -> Truth:
    """Run a loss forward, and backward for the arguments that require grad."""
    try:
        result = function(**tensors, **options)
    except Exception as error:
        return Truth(type(error).__name__, "forward", str(error), None, None)
    result = getattr(result, "loss", result)
    shape, dtype = tuple(result.shape), str(result.dtype).removeprefix("torch.")
    if result.requires_grad:
        wanted = [x for x in tensors.values() if isinstance(x, torch.Tensor) and x.requires_grad]
        if wanted:
            try:
                torch.autograd.grad(result, wanted, torch.ones_like(result), allow_unused=True)
            except Exception as error:
                return Truth(type(error).__name__, "backward", str(error), shape, dtype)
    return Truth(None, "", "", shape, dtype)
