"""What each loss of torch accepts, and the verdict on a call.

>>> from snugly.contracts import LossCall, evaluate
>>> from snugly.facts.notation import parse
>>> call = LossCall("torch.nn.functional.mse_loss", {"input": parse("float32[8, 3]"), "target": parse("float32[8]")})
>>> evaluate(call).raises.message
'The size of tensor a (3) must match the size of tensor b (8) at non-singleton dimension 1'
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from snugly.contracts.calls import UNKNOWN, LossCall, Raises, Verdict, Violation
from snugly.contracts.contract import CONTRACTS, REQUIRED, Contract, Mode, Parameter
from snugly.contracts.evaluation import evaluate_with

if TYPE_CHECKING:
    from collections.abc import Collection

LOSSES: Collection[str] = CONTRACTS
"""The qualified name of every loss that has a contract."""


def contract(name: str) -> Contract:
    """Return the contract of a loss.

    Args:
        name: the qualified name, or its last part (``"cross_entropy"``).

    Raises:
        KeyError: there is no loss of that name.
    """
    return CONTRACTS[name if name in CONTRACTS else f"torch.nn.functional.{name}"]


def evaluate(call: LossCall) -> Verdict:
    """Return what torch does with a call, as far as its facts decide it.

    Raises:
        KeyError: there is no contract for ``call.loss``.
    """
    return evaluate_with(CONTRACTS[call.loss], call)


__all__ = [
    "LOSSES",
    "REQUIRED",
    "UNKNOWN",
    "Contract",
    "LossCall",
    "Mode",
    "Parameter",
    "Raises",
    "Verdict",
    "Violation",
    "contract",
    "evaluate",
]
