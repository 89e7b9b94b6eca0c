"""snugly: makes model outputs and targets fit.

This is the public API and nothing else. A name is imported from its room when it is first used, so
``import snugly`` costs nothing and imports neither torch nor numpy, rich or libcst.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from snugly.contracts.calls import Verdict
    from snugly.facts.tensors import TensorFacts
    from snugly.labels.class_weights import class_weights
    from snugly.reports.report import Report
    from snugly.rules.findings import Finding
    from snugly.runtime.misfits import MisfitError, MisfitWarning
    from snugly.surfaces.checking import check
    from snugly.surfaces.explaining import explain
    from snugly.surfaces.fitting import fit
    from snugly.surfaces.guarding import guard
    from snugly.surfaces.installing import install, uninstall
    from snugly.surfaces.preflighting import preflight

__version__ = "0.1.0"

_ROOMS = {
    "Finding": "snugly.rules.findings",
    "Report": "snugly.reports.report",
    "TensorFacts": "snugly.facts.tensors",
    "check": "snugly.surfaces.checking",
    "class_weights": "snugly.labels.class_weights",
    "Verdict": "snugly.contracts.calls",
    "explain": "snugly.surfaces.explaining",
    "fit": "snugly.surfaces.fitting",
    "guard": "snugly.surfaces.guarding",
    "MisfitError": "snugly.runtime.misfits",
    "MisfitWarning": "snugly.runtime.misfits",
    "preflight": "snugly.surfaces.preflighting",
    "install": "snugly.surfaces.installing",
    "load_ipython_extension": "snugly.surfaces.ipython",
    "uninstall": "snugly.surfaces.installing",
    "unload_ipython_extension": "snugly.surfaces.ipython",
}

__all__ = [
    "Finding",
    "MisfitError",
    "MisfitWarning",
    "Report",
    "TensorFacts",
    "Verdict",
    "check",
    "class_weights",
    "explain",
    "fit",
    "guard",
    "install",
    "preflight",
    "uninstall",
]


def __getattr__(name: str) -> object:
    """Import a public name from its room."""
    if name not in _ROOMS:
        msg = f"module 'snugly' has no attribute {name!r}"
        raise AttributeError(msg)
    value: object = getattr(import_module(_ROOMS[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """List the public names."""
    return sorted([*__all__, "__version__"])
