"""``sklearn.metrics`` and weights of classes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from snugly.facts.values import ValueFacts
from snugly.interpreter.values import Number, Text, Value
from snugly.library.numpy.arrays import as_array, made
from snugly.library.registry import function

if TYPE_CHECKING:
    from collections.abc import Callable

    from snugly.interpreter.machine import Machine


def _declare_figure(path: str, result: Callable[[], Value]) -> None:
    def figure(*args: Value, **options: Value) -> Value:
        return result()

    function(path)(figure)


_FIGURES = (
    "accuracy_score", "f1_score", "precision_score", "recall_score", "roc_auc_score", "balanced_accuracy_score",
    "average_precision_score", "jaccard_score", "r2_score", "mean_squared_error", "mean_absolute_error",
    "matthews_corrcoef", "cohen_kappa_score", "log_loss", "auc",
)  # fmt: skip
for _name in _FIGURES:
    _declare_figure(f"sklearn.metrics.{_name}", lambda: Number("float"))
_declare_figure("sklearn.metrics.classification_report", Text)
_declare_figure("sklearn.metrics.confusion_matrix", lambda: made((None, None), "int64", ValueFacts(0, integral=True)))
for _name in ("roc_curve", "precision_recall_curve"):
    _declare_figure(f"sklearn.metrics.{_name}", lambda: (made((None,), "float64"),) * 3)


@function("sklearn.utils.class_weight.compute_class_weight")
def compute_class_weight(machine: Machine, class_weight: Value, *, classes: Value, y: Value, **options: Value) -> Value:
    """``compute_class_weight("balanced", classes=..., y=...)``: one weight for each class."""
    return made((as_array(machine, classes).size(0),), "float64", ValueFacts(0, finite=True))


@function("sklearn.utils.class_weight.compute_sample_weight")
def compute_sample_weight(machine: Machine, class_weight: Value, y: Value, **options: Value) -> Value:
    """``compute_sample_weight("balanced", y)``: one weight for each sample."""
    return made((as_array(machine, y).size(0),), "float64", ValueFacts(0, finite=True))
