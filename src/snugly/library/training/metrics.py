"""``torchmetrics`` and its like: figures without axes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from snugly.facts.tensors import TensorFacts
from snugly.interpreter.values import Unknown, Value
from snugly.library.registry import function, model, quiet
from snugly.library.torch.module import Module

if TYPE_CHECKING:
    from snugly.interpreter.machine import Machine

quiet("torchmetrics", "ignite", "evaluate")

_FIGURE = TensorFacts((), "float32")


_ROOMS = ("torchmetrics", "torchmetrics.classification", "torchmetrics.regression", "torchmetrics.aggregation")
_METRICS = (
    "Metric", "Accuracy", "F1Score", "Precision", "Recall", "AUROC", "AveragePrecision", "JaccardIndex", "MeanMetric",
    "MeanSquaredError", "MeanAbsoluteError", "R2Score", "MulticlassAccuracy", "BinaryAccuracy", "MulticlassF1Score",
    "BinaryF1Score", "MulticlassJaccardIndex", "BinaryAUROC", "MultilabelF1Score", "CohenKappa", "SumMetric",
)  # fmt: skip


@model(*(f"{room}.{name}" for room in _ROOMS for name in _METRICS))
class Metric(Module):
    """A figure that is collected over batches."""

    def call(self, machine: Machine, *args: Value, **options: Value) -> Value:
        return Unknown("a figure of many classes") if "average" in self._settings else _FIGURE

    def __init__(self, *args: Value, **settings: Value) -> None:
        super().__init__()
        self._settings = {
            name: value for name, value in settings.items() if name == "average" and value in (None, "none")
        }

    def update(self, *args: Value, **options: Value) -> None:
        """``update(preds, target)``."""

    def compute(self) -> Value:
        return Unknown("a figure of many classes") if "average" in self._settings else _FIGURE

    def reset(self) -> None:
        """``reset()``."""


@function("torchmetrics.MetricCollection")
def metric_collection(metrics: Value, *args: Value, **options: Value) -> Value:
    """``MetricCollection(metrics)``: a dict of figures."""
    return Unknown("torchmetrics.MetricCollection")
