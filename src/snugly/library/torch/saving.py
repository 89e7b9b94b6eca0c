"""``torch.save`` and ``torch.load``, and the models that ``torch.hub`` loads by name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from snugly.interpreter.joins import LOADED
from snugly.interpreter.values import LibraryName
from snugly.library.registry import function

if TYPE_CHECKING:
    from snugly.interpreter.values import Value


@function("torch.hub.load")
def hub_load(machine: Any, repo_or_dir: Value, model: Value, *args: Value, **options: Value) -> Value:
    """Describe ``hub.load``: torchvision's models are known by their names."""
    given = {key: value for key, value in options.items() if key not in _HUB_OPTIONS}
    if isinstance(repo_or_dir, str) and repo_or_dir.startswith("pytorch/vision") and isinstance(model, str):
        return machine.call(machine.get(LibraryName("torchvision.models"), model), *args, **given)
    return machine.unknown("torch.hub.load")


_HUB_OPTIONS = ("source", "trust_repo", "force_reload", "verbose", "skip_validation")


@function("torch.save", "torch.jit.save")
def save(machine: Any, obj: Value, f: Value, *args: Value, **options: Value) -> None:
    """Describe ``save``: a later ``load`` of the same file gives it back."""
    if isinstance(f, str):
        machine.settings["torch.saved"] = {**machine.settings.get("torch.saved", {}), f: obj}


@function("torch.load", "torch.jit.load")
def load(machine: Any, f: Value, *args: Value, **options: Value) -> Value:
    """Describe loading: what is in a file that the program did not write itself is not known."""
    saved = machine.settings.get("torch.saved", {})
    return saved[f] if isinstance(f, str) and f in saved else machine.unknown(LOADED)


@function("torch.hub.load_state_dict_from_url")
def load_state_dict_from_url(machine: Any, *args: Value, **options: Value) -> Value:
    """Describe loading of parameters: which they are is not known."""
    return machine.unknown("torch.hub.load_state_dict_from_url")
