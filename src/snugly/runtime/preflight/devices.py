"""Devices that calls ask for, which this machine need not have: torch gets one that it has, the shadow knows which."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from snugly.runtime.preflight.shadows import is_shadow, standing_in

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import torch


def asked_device(name: str, args: Any, kwargs: Mapping[str, Any]) -> torch.device | None:
    """Return the device that a call asks for; ``None`` where it asks for none.

    Args:
        name: of the function.
        args: its arguments.
        kwargs: its arguments by name.
    """
    import torch

    device = kwargs.get("device")
    if device is None and name in {"to", "cuda", "cpu"} and args and isinstance(args[0], torch.Tensor):
        if name == "cpu":
            return torch.device("cpu")
        device = next((each for each in args[1:] if isinstance(each, (str, int, torch.device))), None)
        if name == "cuda":
            return torch.device("cuda", device if isinstance(device, int) else 0)
        other = next((each for each in args[1:] if isinstance(each, torch.Tensor)), None)
        device = other.device if other is not None else device
    if device is None or isinstance(device, bool):
        return None
    found = torch.device(device)
    return torch.device("cuda", 0) if found.type == "cuda" and found.index is None else found


def without_device(
    func: Callable[..., Any], name: str, args: Any, kwargs: Mapping[str, Any]
) -> tuple[Callable[..., Any], Any, dict[str, Any]]:
    """Return a call with devices that this machine has in the place of those that it asks for."""
    import torch

    if name in {"cuda", "cpu"}:
        wanted = standing_in(asked_device(name, args, kwargs) or torch.device("cpu"))
        return torch.Tensor.to, (args[0], wanted), {}
    named = {
        each: standing_in(torch.device(value)) if each == "device" and value is not None else value
        for each, value in kwargs.items()
    }
    kinds = (str, int, torch.device) if name == "to" else torch.device
    changed = tuple(
        standing_in(torch.device(each)) if at and isinstance(each, kinds) and not isinstance(each, bool) else each
        for at, each in enumerate(args)
    )
    return func, changed, named


def moved(result: Any, wanted: torch.device) -> Any:
    """Return the result of a call that asked for a device: torch moves nothing where both are one to it."""
    if not is_shadow(result) or result.place == wanted:
        return result
    import torch

    with result.shadows.asking(wanted):
        copied = torch.clone(result)
    copied.place = wanted
    return copied
