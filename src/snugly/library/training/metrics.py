"""``torchmetrics`` and ``timm``: figures without axes, and classifiers by the number of their classes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from snugly.facts.tensors import TensorFacts
from snugly.interpreter.values import Unknown, Value
from snugly.library.numpy.arrays import size_of
from snugly.library.registry import function, model, quiet
from snugly.library.torch.module import Module

if TYPE_CHECKING:
    from snugly.interpreter.machine import Machine

quiet("torchmetrics", "timm", "segmentation_models_pytorch", "efficientnet_pytorch", "ignite", "evaluate")

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


class Classifier(Module):
    """A network of which only the classes that it tells apart are known."""

    def __init__(self, num_classes: Value, channels: Value = 3) -> None:
        super().__init__()
        self.num_classes = num_classes
        self.num_features: Value = Unknown("the features of a classifier")

    def call(self, machine: Machine, x: Value, *args: Value, **options: Value) -> Value:
        if not isinstance(x, TensorFacts) or size_of(self.num_classes) in (None, 0):
            return TensorFacts(None, "float32", requires_grad=True)
        return TensorFacts((x.size(0), size_of(self.num_classes)), "float32", x.device, True)


@function("timm.create_model", "timm.models.create_model")
def create_model(
    model_name: Value, pretrained: Value = False, num_classes: Value = 1000, in_chans: Value = 3, **options: Value
) -> Value:
    """``create_model(name, num_classes=...)``."""
    return Classifier(num_classes, in_chans)


@function("timm.list_models")
def list_models(*args: Value, **options: Value) -> Value:
    """``list_models()``."""
    return Unknown("timm.list_models")


@function("torchmetrics.MetricCollection")
def metric_collection(metrics: Value, *args: Value, **options: Value) -> Value:
    """``MetricCollection(metrics)``: a dict of figures."""
    return Unknown("torchmetrics.MetricCollection")
