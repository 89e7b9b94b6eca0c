"""What each loss of torch accepts, and the verdict on a call.

>>> from snugly.contracts import LossCall, evaluate
>>> from snugly.facts.notation import parse
>>> call = LossCall("torch.nn.functional.mse_loss", {"input": parse("float32[8, 3]"), "target": parse("float32[8]")})
>>> evaluate(call).raises.message
'The size of tensor a (3) must match the size of tensor b (8) at non-singleton dimension 1'
"""

from __future__ import annotations

from snugly.contracts import (
    adaptive,
    binary,
    classification,
    ctc,
    distributions,
    embeddings,
    linear,
    margins,
    regression,
)
from snugly.contracts.calls import UNKNOWN, LossCall, Raises, Verdict, Violation
from snugly.contracts.contract import REQUIRED, Contract, Mode, Parameter
from snugly.contracts.evaluation import evaluate_with

_CONTRACTS: dict[str, Contract] = {
    contract.loss: contract
    for family in (
        regression,
        binary,
        classification,
        linear,
        distributions,
        margins,
        embeddings,
        ctc,
        adaptive,
    )
    for contract in family.CONTRACTS
}

LOSSES = tuple(_CONTRACTS)
"""The qualified name of every loss that has a contract."""


def contract(name: str) -> Contract:
    """Return the contract of a loss.

    Args:
        name: the qualified name, or its last part (``"cross_entropy"``).

    Raises:
        KeyError: there is no loss of that name.
    """
    found = _CONTRACTS.get(name)
    if found is None:
        found = _CONTRACTS[f"torch.nn.functional.{name}"]
    return found


def evaluate(call: LossCall) -> Verdict:
    """Return what torch does with a call, as far as its facts decide it.

    Raises:
        KeyError: there is no contract for ``call.loss``.
    """
    return evaluate_with(_CONTRACTS[call.loss], call)


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
