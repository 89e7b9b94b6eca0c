"""SNG703 batch-norm-on-one-row."""

from __future__ import annotations

from typing import TYPE_CHECKING

from snugly.facts.records import dataclass
from snugly.facts.tensors import TensorFacts
from snugly.remedies.lexical import expression_at
from snugly.remedies.remedy import Placement
from snugly.remedies.rewrite import Rewrite
from snugly.remedies.undo import with_argument
from snugly.rules.diagnosis import Diagnosis
from snugly.rules.findings import Severity
from snugly.rules.reading import sizes
from snugly.rules.registry import rule

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from snugly.facts.origins import Origin
    from snugly.facts.tensors import Shape
    from snugly.operations.registry import Application
    from snugly.remedies.site import Site


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchNormOnOneRow(Diagnosis):
    """Batch normalization in training over one value for each channel.

    Attributes:
        input: the shape it gets.
    """

    input: Shape

    @property
    def message(self) -> str:
        """Say why it raises."""
        return (
            "Batch normalization in training needs more than one value for each channel, gets "
            f"{sizes(self.input)}, and raises: "
            f"the last batch has one row."
        )


@rule(
    "SNG703",
    name="batch-norm-on-one-row",
    severity=Severity.ERROR,
    refused=True,
    clauses={"batch-norm-one-value"},
)
def batch_norm_on_one_row(application: Application) -> Iterator[Diagnosis]:
    """Finds batch normalization, in training, on a last batch of one row."""
    input = application.arguments.get("input")
    if not isinstance(input, TensorFacts) or input.shape is None:
        return
    loader = None
    if input.origin is not None:
        loader = next((each for each in input.origin.walk() if each.operation == "collate"), None)

    def write(site: Site) -> Iterable[Placement]:
        del site
        return () if loader is None else _dropping(loader)

    yield BatchNormOnOneRow(
        input=input.shape,
        argument="input",
        blame=loader,
        remedies=(Rewrite("Leave the last batch out of training", {}, write),),
    )


def _dropping(loader: Origin) -> Iterable[Placement]:
    import ast

    written = expression_at(loader.place, loader.callers)
    if written is not None and isinstance(written.node, ast.Call):
        edit = with_argument(written.text, written.node, "drop_last=True")
        yield Placement((edit,), "drop_last=True", written.place, local=False)
