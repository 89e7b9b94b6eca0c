"""``timm``, ``segmentation_models_pytorch`` and ``efficientnet_pytorch``: networks by name, their features and outputs.

The last layer is a real one under the name that it has there, so that a program may read its sizes and replace it; what
lies before it turns a picture into so many features.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from snugly.facts.tensors import TensorFacts
from snugly.interpreter.values import Unknown, Value
from snugly.library.registry import MODELS, function, model, quiet
from snugly.library.torch.arguments import size, tensor
from snugly.library.torch.module import Module, within

if TYPE_CHECKING:
    from snugly.facts.dims import Dim
    from snugly.interpreter.machine import Machine

quiet("timm", "segmentation_models_pytorch", "efficientnet_pytorch")

_EFFICIENT = {"b0": 1280, "b1": 1280, "b2": 1408, "b3": 1536, "b4": 1792, "b5": 2048, "b6": 2304, "b7": 2560}
_SIZES = {"tiny": 192, "small": 384, "base": 768, "large": 1024, "huge": 1280}
_STAGED = {"tiny": 768, "small": 768, "base": 1024, "large": 1536}

_FAMILIES: tuple[tuple[str, str, int | dict[str, int]], ...] = (
    (r"resnet(18|34)d?", "fc", 512),
    (r"(wide_)?(se)?resne[xs]t\d+.*", "fc", 2048),
    (r"(wide_)?resnet(26|50|101|152|200).*", "fc", 2048),
    (r"res2net\d+.*", "fc", 2048),
    (r"(tf_)?efficientnet_(?P<size>b\d)(_.*)?", "classifier", _EFFICIENT),
    (r"(tf_)?efficientnetv2_(s|m|l)(_.*)?", "classifier", 1280),
    (r"mobilenetv2_100", "classifier", 1280),
    (r"mobilenetv3_large_100(_.*)?", "classifier", 1280),
    (r"mobilenetv3_small_100(_.*)?", "classifier", 1024),
    (r"densenet121(_.*)?", "classifier", 1024),
    (r"densenet169(_.*)?", "classifier", 1664),
    (r"densenet201(_.*)?", "classifier", 1920),
    (r"(legacy_)?xception(41|65|71)?", "", 2048),
    (r"inception_v3", "fc", 2048),
    (r"(vit|deit|deit3|beit|beitv2|eva)_(?P<size>tiny|small|base|large|huge)_.*", "head", _SIZES),
    (r"convnext(v2)?_(?P<size>tiny|small|base|large)(_.*)?", "", _STAGED),
    (r"swin(v2)?_(?P<size>tiny|small|base|large)_.*", "", _STAGED),
)
"""Names, the attribute that is the last layer (none where it is no plain layer in every version), the features."""


def _described(name: Value) -> tuple[str, int | None]:
    """Return the attribute of the last layer and the features before it; of a name that is not listed, nothing."""
    plain = name.partition(".")[0].rpartition("/")[2] if isinstance(name, str) else ""
    for pattern, last, features in _FAMILIES:
        found = re.fullmatch(pattern, plain)
        if found is not None:
            return last, features if isinstance(features, int) else features.get(found["size"])
    return "", None


def _layer(name: str, *args: Value) -> Any:
    return MODELS[f"torch.nn.{name}"](*args)


@model("timm.models.Backbone")
class Backbone(Module):
    """A network of ``timm`` by its name: pictures ``(N, C, H, W)`` to scores ``(N, num_classes)``."""

    def __init__(self, machine: Machine, name: Value, num_classes: Value, channels: Value) -> None:
        """Make the last layer; without classes the features are the output."""
        self._last, self._width = _described(name)
        self.num_classes, self._channels = num_classes, size(channels)
        self.num_features: Value = Unknown("the features of a network") if self._width is None else self._width
        self._scores: Dim | None = size(num_classes)
        self._known = True
        if self._last and self._width is not None:
            setattr(self, self._last, self._new_last(machine, num_classes))

    def _new_last(self, machine: Machine, num_classes: Value) -> Value:
        if num_classes == 0:
            return _layer("Identity")
        return _layer("Linear", machine, self._width, num_classes)

    def set_attribute(self, machine: Machine, name: str, new: Value) -> None:
        """Replace a part; where it is not the last layer, what comes out is no longer known."""
        machine.touch(self)
        vars(self)[name] = new
        self._known = self._known and name in ("training", "drop_rate", self._last)

    def reset_classifier(self, machine: Machine, num_classes: Value, *args: Value, **options: Value) -> None:
        """``reset_classifier(num_classes)``."""
        machine.touch(self)
        self.num_classes, self._scores = num_classes, size(num_classes)
        if self._last and self._width is not None:
            setattr(self, self._last, self._new_last(machine, num_classes))

    def get_classifier(self) -> Value:
        """``get_classifier()``."""
        return getattr(self, self._last, Unknown("the last layer of a network"))

    def forward(self, machine: Machine, x: Value) -> Value:
        """Turn the pictures into features, and these into scores."""
        picture = tensor(x)
        if not self._known or picture.rank not in (4, None):
            return Unknown("a network that was changed")
        rows = picture.size(0)
        if self._last and self._width is not None:
            features = TensorFacts((rows, self._width), "float32", picture.device, requires_grad=True)
            return within(machine, getattr(self, self._last), features)
        if self._scores is None:
            return TensorFacts(None, "float32", requires_grad=True)
        width = self._width if self._scores == 0 else self._scores
        return TensorFacts((rows, width), "float32", picture.device, requires_grad=True)

    def forward_features(self, machine: Machine, x: Value) -> Value:
        """``forward_features(x)``: a map or tokens, as the network has it."""
        return TensorFacts(None, "float32", requires_grad=True)


@function("timm.create_model", "timm.models.create_model")
def create_model(
    machine: Machine, model_name: Value, pretrained: Value = False, *args: Value, **options: Value
) -> Value:
    """``create_model(name, num_classes=1000, in_chans=3)``."""
    if options.get("features_only", False) is not False or options.get("global_pool", "avg") not in ("avg", "token"):
        return Unknown("a network that gives its features")
    return Backbone(machine, model_name, options.get("num_classes", 1000), options.get("in_chans", 3))


@function("timm.list_models")
def list_models(*args: Value, **options: Value) -> Value:
    """``list_models()``."""
    return Unknown("timm.list_models")


@model("efficientnet_pytorch.EfficientNet")
class EfficientNet(Module):
    """EfficientNet with its last layer ``_fc``."""

    def __init__(self, machine: Machine, name: Value, num_classes: Value) -> None:
        """Make the last layer."""
        width = _EFFICIENT.get(name.removeprefix("efficientnet-")) if isinstance(name, str) else None
        self._width = width
        self._fc: Value = _layer("Linear", machine, width, num_classes)
        self._dropout: Value = _layer("Dropout", 0.2)

    def internals(self, name: str) -> Value:
        """Return ``_fc`` and ``_dropout``, which programs read and replace."""
        return vars(self)[name] if name in ("_fc", "_dropout") else super().internals(name)

    def set_attribute(self, machine: Machine, name: str, new: Value) -> None:
        """Replace a part."""
        machine.touch(self)
        vars(self)[name] = new

    def forward(self, machine: Machine, inputs: Value) -> Value:
        """Turn the pictures into features, and these into scores."""
        picture = tensor(inputs)
        features = TensorFacts((picture.size(0), self._width), "float32", picture.device, requires_grad=True)
        return within(machine, self._fc, features)

    def extract_features(self, machine: Machine, inputs: Value) -> Value:
        """``extract_features(inputs)``: a map."""
        return TensorFacts((tensor(inputs).size(0), self._width, None, None), "float32", requires_grad=True)


@function("efficientnet_pytorch.EfficientNet.from_pretrained", "efficientnet_pytorch.EfficientNet.from_name")
def named_efficientnet(machine: Machine, model_name: Value, *args: Value, **options: Value) -> Value:
    """``from_pretrained(name, num_classes=1000)``."""
    return EfficientNet(machine, model_name, options.get("num_classes", 1000))


_ARCHITECTURES = (
    "Unet", "UnetPlusPlus", "MAnet", "Linknet", "FPN", "PSPNet", "PAN", "DeepLabV3", "DeepLabV3Plus",
    "UPerNet", "Segformer",
)  # fmt: skip


@model(*(f"segmentation_models_pytorch.{name}" for name in _ARCHITECTURES))
class Segmenter(Module):
    """An encoder and a decoder: pictures ``(N, C, H, W)`` to scores ``(N, classes, H, W)``."""

    def __init__(
        self,
        encoder_name: Value = "resnet34",
        *args: Value,
        in_channels: Value = 3,
        classes: Value = 1,
        **options: Value,
    ) -> None:
        """Keep the channels and the classes."""
        self._channels, self._classes, self._options = size(in_channels), size(classes), options

    def set_attribute(self, machine: Machine, name: str, new: Value) -> None:
        """Replace a part: what comes out is no longer known."""
        machine.touch(self)
        vars(self)[name] = new
        if name != "training":
            self._classes = None

    def forward(self, machine: Machine, x: Value) -> Value:
        """Score each position."""
        picture = tensor(x)
        if picture.rank != 4:
            return TensorFacts(None, "float32", requires_grad=True)
        shape = (picture.size(0), self._classes, picture.size(2), picture.size(3))
        scores: Value = TensorFacts(shape, "float32", picture.device, requires_grad=True)
        activation = self._options.get("activation")
        if isinstance(activation, str) and activation in ("sigmoid", "softmax2d", "softmax"):
            name, axis = ("sigmoid", ()) if activation == "sigmoid" else ("softmax", (1,))
            scores = machine.apply(f"torch.{name}", scores, *axis)
        elif activation is not None:
            scores = scores.with_(values=TensorFacts().values)
        if self._options.get("aux_params") is not None:
            return scores, TensorFacts(None, "float32", requires_grad=True)
        return scores


@function("segmentation_models_pytorch.create_model")
def create_segmenter(arch: Value, *args: Value, **options: Value) -> Value:
    """``create_model(arch, encoder_name=..., classes=1)``."""
    return Segmenter(*args, **options)


@function("segmentation_models_pytorch.encoders.get_preprocessing_fn")
def get_preprocessing_fn(*args: Value, **options: Value) -> Value:
    """``get_preprocessing_fn(encoder)``: what changes no size."""
    return Unknown("a function that prepares pictures")
