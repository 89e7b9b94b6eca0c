"""The models of torchvision: which attribute holds the classifier, what comes into it, what comes out.

The stem and the classifier are real layers, so that a program may replace them; what lies between is a ``Stage``,
which turns so many channels into so many others and shrinks the picture.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from snugly.facts.tensors import TensorFacts
from snugly.interpreter.values import Mapping, Value
from snugly.library.registry import MODELS, function, model
from snugly.library.torch.arguments import flag, integer, tensor
from snugly.library.torch.containers import Sequential
from snugly.library.torch.layers.linear import Linear
from snugly.library.torch.module import Module, within

ROOM = "torchvision.models"


def make(machine: Any, name: str, *args: Value, **kwargs: Value) -> Any:
    """Make a layer of ``torch.nn``."""
    declared = MODELS[f"torch.nn.{name}"]
    code = declared.__init__.__code__
    wants = code.co_argcount > 1 and code.co_varnames[1] == "machine"
    return declared(*((machine, *args) if wants else args), **kwargs)


def row(machine: Any, *layers: Value) -> Sequential:
    """Return layers in a row."""
    return Sequential(machine, *layers)


@model(f"{ROOM}.Stage")
class Stage(Module):
    """Some layers: ``(N, before, H, W)`` becomes ``(N, after, ...)``, each side divided by ``shrink``, rounded up.

    A program that changes one of the layers inside changes what the stage takes: then nothing is claimed.
    """

    def __init__(self, before: int, after: int, shrink: int | None) -> None:
        """Keep the channels and how much the picture shrinks, ``None`` where it is not simple."""
        self._before: int | None = before
        self._after, self._shrink = after, shrink

    def forward(self, machine: Any, input: Value) -> Value:
        """Check the channels, by a convolution, and return the result's sizes."""
        facts = tensor(input)
        if self._before is not None:
            weight = TensorFacts((self._after, self._before, 1, 1), facts.dtype, requires_grad=True, kind="parameter")
            result = self._operate(machine, "torch.nn.functional.conv2d", input, weight, None, stride=self._shrink or 1)
            if not isinstance(result, TensorFacts):
                return result
            facts = result
        if facts.shape is None or len(facts.shape) < 3:
            return facts.with_(shape=None)
        sides = facts.shape[-2:] if self._shrink is not None and self._before is not None else (None, None)
        return facts.with_shape(*facts.shape[:-3], self._after, *sides)

    def item(self, machine: Any, key: Value) -> Value:
        """Return one of the layers, which is not known; what it is replaced by is not seen either."""
        machine.touch(self)
        self._before = None
        return machine.unknown(f"a layer inside {ROOM}")

    def set_item(self, machine: Any, key: Value, value: Value) -> None:
        """Forget what the stage takes."""
        machine.touch(self)
        self._before = None


class Classifier(Module):
    """A model that turns pictures ``(N, 3, H, W)`` into scores ``(N, num_classes)``."""

    def _pooled(self, machine: Any, features: Value) -> Value:
        pooled = self._operate(machine, "torch.nn.functional.adaptive_avg_pool2d", features, (1, 1))
        return self._operate(machine, "torch.flatten", pooled, 1)


@model(f"{ROOM}.ResNet", f"{ROOM}.resnet.ResNet")
class ResNet(Classifier):
    """Stem, four stages, pooling and ``fc``."""

    def __init__(self, machine: Any, num_classes: Value, width: int) -> None:
        """Make the parts; ``width`` is 512 with basic blocks, 2048 with bottlenecks."""
        first = width // 8
        self.conv1 = make(machine, "Conv2d", 3, 64, 7, 2, 3, bias=False)
        self.bn1 = make(machine, "BatchNorm2d", 64)
        self.relu = make(machine, "ReLU", inplace=True)
        self.maxpool = make(machine, "MaxPool2d", 3, 2, 1)
        self.layer1 = Stage(64, first, 1)
        self.layer2 = Stage(first, 2 * first, 2)
        self.layer3 = Stage(2 * first, 4 * first, 2)
        self.layer4 = Stage(4 * first, width, 2)
        self.avgpool = make(machine, "AdaptiveAvgPool2d", (1, 1))
        self.fc = Linear(machine, width, num_classes)

    def forward(self, machine: Any, x: Value) -> Value:
        """Run the parts."""
        for name in ("conv1", "bn1", "relu", "maxpool", "layer1", "layer2", "layer3", "layer4", "avgpool"):
            x = within(machine, getattr(self, name), x)
        return within(machine, self.fc, self._operate(machine, "torch.flatten", x, 1))


class _WithFeatures(Classifier):
    """``features``, pooling, ``classifier``."""

    last_channel: int

    def __init__(self, features: Value, classifier: Value, avgpool: Value = None) -> None:
        """Keep the parts."""
        self.features = features
        if avgpool is not None:
            self.avgpool = avgpool
        self.classifier = classifier

    def forward(self, machine: Any, x: Value) -> Value:
        """Run the parts."""
        x = within(machine, self.features, x)
        if hasattr(self, "avgpool"):
            x = self._operate(machine, "torch.flatten", within(machine, self.avgpool, x), 1)
        else:
            x = self._pooled(machine, x)
        return within(machine, self.classifier, x)


class _Spatial(Classifier):
    """``features`` and a ``classifier`` that sees the positions, flattened at the end."""

    def __init__(self, features: Value, classifier: Value, avgpool: Value = None) -> None:
        """Keep the parts."""
        self.features = features
        if avgpool is not None:
            self.avgpool = avgpool
        self.classifier = classifier

    def forward(self, machine: Any, x: Value) -> Value:
        """Run the parts."""
        for name in ("features", "avgpool", "classifier"):
            if hasattr(self, name):
                x = within(machine, getattr(self, name), x)
        return self._operate(machine, "torch.flatten", x, 1)


class _WithHead(Classifier):
    """A trunk and a last layer under some name."""

    def __init__(self, trunk: Value, name: str, last: Value) -> None:
        """Keep the parts."""
        self.features = trunk
        setattr(self, name, last)
        self._name = name

    def forward(self, machine: Any, x: Value) -> Value:
        """Run the parts."""
        return within(machine, getattr(self, self._name), self._pooled(machine, within(machine, self.features, x)))


@model(f"{ROOM}.VisionTransformer")
class VisionTransformer(Classifier):
    """Patches, an encoder and ``heads``."""

    def __init__(self, machine: Any, num_classes: Value, patch: int, width: int, image_size: int) -> None:
        """Make the parts."""
        self.image_size, self.patch_size, self.hidden_dim = image_size, patch, width
        self.conv_proj = make(machine, "Conv2d", 3, width, patch, patch)
        self.heads = Sequential(machine, Mapping({"head": Linear(machine, width, num_classes)}))

    def forward(self, machine: Any, x: Value) -> Value:
        """Run the parts on what the encoder makes of the class token."""
        patches = tensor(within(machine, self.conv_proj, x))
        token = patches.with_shape(patches.size(0), self.hidden_dim) if patches.shape is not None else patches
        return within(machine, self.heads, token)


class AuxiliaryOutputs(NamedTuple):
    """The outputs of a model with classifiers on the side, while it trains."""

    logits: Value
    aux_logits: Value


@model(f"{ROOM}.Inception3")
class Inception3(Classifier):
    """Inception: ``fc``, and a classifier on the side that answers only while the model trains."""

    def __init__(self, machine: Any, num_classes: Value, aux_logits: Value = True) -> None:
        """Make the parts."""
        self.aux_logits = aux_logits
        self.features = Stage(3, 2048, None)
        self.AuxLogits: Value = None
        if flag(aux_logits) is not False:
            self.AuxLogits = _Auxiliary(Linear(machine, 768, num_classes))
        self.fc = Linear(machine, 2048, num_classes)

    def forward(self, machine: Any, x: Value) -> Value:
        """Run the parts: a pair while the model trains, unless it has no classifier on the side."""
        scores = within(machine, self.fc, self._pooled(machine, within(machine, self.features, x)))
        if self.AuxLogits is None or flag(self.training) is False:
            return scores
        if flag(self.aux_logits) is None or flag(self.training) is None:
            return machine.unknown(f"{ROOM}.Inception3")
        rows = tensor(x).size(0)
        side = TensorFacts((rows, 768), tensor(scores).dtype, requires_grad=True)
        return AuxiliaryOutputs(scores, within(machine, self.AuxLogits, side))


class _Auxiliary(Module):
    """A classifier on the side."""

    def __init__(self, fc: Value) -> None:
        """Keep the last layer."""
        self.fc = fc

    def forward(self, machine: Any, x: Value) -> Value:
        """Run the last layer."""
        return within(machine, self.fc, x)


class Segmentation(Module):
    """A model that answers with a dict of scores ``(N, num_classes, H, W)``."""

    def __init__(self, machine: Any, num_classes: Value, classifier: Sequential, aux: Sequential | None) -> None:
        """Make the parts."""
        self.backbone = Stage(3, 2048, None)
        self.classifier = classifier
        self.aux_classifier = aux

    def forward(self, machine: Any, x: Value) -> Value:
        """Run the parts and resize to the size of the picture."""
        features = within(machine, self.backbone, x)
        sides = (tensor(x).size(-2), tensor(x).size(-1))
        entries = {"out": self._score(machine, self.classifier, features, sides)}
        if self.aux_classifier is not None:
            narrow = tensor(features)
            narrow = narrow if narrow.shape is None else narrow.with_shape(narrow.size(0), 1024, *narrow.shape[2:])
            entries["aux"] = self._score(machine, self.aux_classifier, narrow, sides)
        return Mapping(entries)

    def _score(self, machine: Any, classifier: Value, features: Value, sides: tuple[Any, ...]) -> Value:
        scores = within(machine, classifier, features)
        if not isinstance(scores, TensorFacts) or scores.shape is None:
            return scores
        return scores.with_(shape=(*scores.shape[:-2], *sides))


_VGG: dict[str, tuple[Any, ...]] = {
    "vgg11": (64, "M", 128, "M", 256, 256, "M", 512, 512, "M", 512, 512, "M"),
    "vgg13": (64, 64, "M", 128, 128, "M", 256, 256, "M", 512, 512, "M", 512, 512, "M"),
    "vgg16": (64, 64, "M", 128, 128, "M", 256, 256, 256, "M", 512, 512, 512, "M", 512, 512, 512, "M"),
    "vgg19": (
        64, 64, "M", 128, 128, "M", 256, 256, 256, 256, "M", 512, 512, 512, 512, "M", 512, 512, 512, 512, "M",
    ),
}  # fmt: skip


def _vgg(machine: Any, plan: tuple[Any, ...], classes: Value, *, normalized: bool) -> Value:
    layers: list[Value] = []
    channels = 3
    for step in plan:
        if step == "M":
            layers.append(make(machine, "MaxPool2d", 2, 2))
            continue
        layers.append(make(machine, "Conv2d", channels, step, 3, padding=1))
        if normalized:
            layers.append(make(machine, "BatchNorm2d", step))
        layers.append(make(machine, "ReLU", inplace=True))
        channels = step
    classifier = row(
        machine,
        Linear(machine, 512 * 7 * 7, 4096),
        make(machine, "ReLU", inplace=True),
        make(machine, "Dropout", 0.5),
        Linear(machine, 4096, 4096),
        make(machine, "ReLU", inplace=True),
        make(machine, "Dropout", 0.5),
        Linear(machine, 4096, classes),
    )
    return _WithFeatures(row(machine, *layers), classifier, make(machine, "AdaptiveAvgPool2d", (7, 7)))


def _alexnet(machine: Any, classes: Value) -> Value:
    def relu() -> Value:
        return make(machine, "ReLU", inplace=True)

    features = row(
        machine,
        make(machine, "Conv2d", 3, 64, 11, 4, 2), relu(), make(machine, "MaxPool2d", 3, 2),
        make(machine, "Conv2d", 64, 192, 5, padding=2), relu(), make(machine, "MaxPool2d", 3, 2),
        make(machine, "Conv2d", 192, 384, 3, padding=1), relu(),
        make(machine, "Conv2d", 384, 256, 3, padding=1), relu(),
        make(machine, "Conv2d", 256, 256, 3, padding=1), relu(), make(machine, "MaxPool2d", 3, 2),
    )  # fmt: skip
    classifier = row(
        machine,
        make(machine, "Dropout", 0.5), Linear(machine, 256 * 6 * 6, 4096), relu(),
        make(machine, "Dropout", 0.5), Linear(machine, 4096, 4096), relu(),
        Linear(machine, 4096, classes),
    )  # fmt: skip
    return _WithFeatures(features, classifier, make(machine, "AdaptiveAvgPool2d", (6, 6)))


def _dropped(machine: Any, width: int, classes: Value, chance: float = 0.2) -> Sequential:
    return row(machine, make(machine, "Dropout", chance), Linear(machine, width, classes))


def _squeezenet(machine: Any, classes: Value) -> Value:
    classifier = row(
        machine,
        make(machine, "Dropout", 0.5),
        make(machine, "Conv2d", 512, classes, 1),
        make(machine, "ReLU", inplace=True),
        make(machine, "AdaptiveAvgPool2d", (1, 1)),
    )
    return _Spatial(Stage(3, 512, None), classifier)


def _convnext(machine: Any, width: int, classes: Value) -> Value:
    classifier = row(machine, _Unchanged(), make(machine, "Flatten", 1), Linear(machine, width, classes))
    return _Spatial(Stage(3, width, None), classifier, make(machine, "AdaptiveAvgPool2d", 1))


@model(f"{ROOM}.LayerNorm2d")
class _Unchanged(Module):
    """A normalization of the channels: the sizes stay."""

    def forward(self, machine: Any, x: Value) -> Value:
        """Return the facts without what is known of the elements."""
        return x.with_shape(*x.shape) if isinstance(x, TensorFacts) and x.shape is not None else x


def _mobilenet_v3(machine: Any, width: int, inner: int, classes: Value) -> Value:
    classifier = row(
        machine,
        Linear(machine, width, inner),
        make(machine, "Hardswish", inplace=True),
        make(machine, "Dropout", 0.2, inplace=True),
        Linear(machine, inner, classes),
    )
    return _WithFeatures(Stage(3, width, None), classifier, make(machine, "AdaptiveAvgPool2d", 1))


def _googlenet(machine: Any, classes: Value, options: dict[str, Value]) -> Value:
    """Return the model without its classifiers on the side: with them it answers otherwise while it trains."""
    pretrained = options.get("weights") is not None or flag(options.get("pretrained")) is True
    if flag(options.get("aux_logits", not pretrained)) is not False:
        return machine.unknown(f"{ROOM}.googlenet with classifiers on the side")
    return _WithHead(Stage(3, 1024, None), "fc", Linear(machine, 1024, classes))


def _fcn(machine: Any, before: int, inner: int, classes: Value) -> Sequential:
    return row(
        machine,
        make(machine, "Conv2d", before, inner, 3, padding=1, bias=False),
        make(machine, "BatchNorm2d", inner),
        make(machine, "ReLU"),
        make(machine, "Dropout", 0.1),
        make(machine, "Conv2d", inner, classes, 1),
    )


def _deeplab(machine: Any, classes: Value) -> Sequential:
    return row(
        machine,
        Stage(2048, 256, None),
        make(machine, "Conv2d", 256, 256, 3, padding=1, bias=False),
        make(machine, "BatchNorm2d", 256),
        make(machine, "ReLU"),
        make(machine, "Conv2d", 256, classes, 1),
    )


def _segmentation(machine: Any, kind: str, options: dict[str, Value]) -> Value:
    given = options.get("num_classes")
    classes = 21 if given is None else given
    aux = options.get("aux_loss")
    head = _fcn(machine, 2048, 512, classes) if kind == "fcn" else _deeplab(machine, classes)
    weights = options.get("weights") is not None or options.get("pretrained") is not None
    side = _fcn(machine, 1024, 256, classes) if flag(aux) or (aux is None and weights) else None
    return Segmentation(machine, classes, head, side)


# Every builder: what makes the model of so many classes.
_RESNETS = {
    **dict.fromkeys(("resnet18", "resnet34"), 512),
    **dict.fromkeys(
        (
            "resnet50", "resnet101", "resnet152", "resnext50_32x4d", "resnext101_32x8d", "resnext101_64x4d",
            "wide_resnet50_2", "wide_resnet101_2",
        ),
        2048,
    ),
}  # fmt: skip
_DENSENETS = {"densenet121": 1024, "densenet161": 2208, "densenet169": 1664, "densenet201": 1920}
_POOLED = {
    "mobilenet_v2": 1280, "mnasnet0_5": 1280, "mnasnet0_75": 1280, "mnasnet1_0": 1280, "mnasnet1_3": 1280,
    "efficientnet_b0": 1280, "efficientnet_b1": 1280, "efficientnet_b2": 1408, "efficientnet_b3": 1536,
    "efficientnet_b4": 1792, "efficientnet_b5": 2048, "efficientnet_b6": 2304, "efficientnet_b7": 2560,
    "efficientnet_v2_s": 1280, "efficientnet_v2_m": 1280, "efficientnet_v2_l": 1280,
}  # fmt: skip
_FC = {
    "shufflenet_v2_x0_5": 1024, "shufflenet_v2_x1_0": 1024, "shufflenet_v2_x1_5": 1024, "shufflenet_v2_x2_0": 2048,
    "regnet_y_400mf": 440, "regnet_y_800mf": 784, "regnet_y_1_6gf": 888, "regnet_y_3_2gf": 1512,
    "regnet_y_8gf": 2016, "regnet_y_16gf": 3024, "regnet_y_32gf": 3712, "regnet_x_400mf": 400, "regnet_x_800mf": 672,
    "regnet_x_1_6gf": 912, "regnet_x_3_2gf": 1008, "regnet_x_8gf": 1920, "regnet_x_16gf": 2048, "regnet_x_32gf": 2520,
}  # fmt: skip
_HEADS = {"swin_t": 768, "swin_s": 768, "swin_b": 1024, "swin_v2_t": 768, "swin_v2_s": 768, "swin_v2_b": 1024}
_CONVNEXT = {"convnext_tiny": 768, "convnext_small": 768, "convnext_base": 1024, "convnext_large": 1536}
_TRANSFORMERS = {
    "vit_b_16": (16, 768), "vit_b_32": (32, 768), "vit_l_16": (16, 1024), "vit_l_32": (32, 1024),
    "vit_h_14": (14, 1280),
}  # fmt: skip


def build(machine: Any, name: str, options: dict[str, Value]) -> Value:
    """Make the model of a builder's name."""
    given = options.get("num_classes")
    classes: Value = 1000 if given is None else given
    plain = name.removesuffix("_bn")
    if name in _RESNETS:
        return ResNet(machine, classes, _RESNETS[name])
    if plain in _VGG:
        return _vgg(machine, _VGG[plain], classes, normalized=name != plain)
    if name in _DENSENETS:
        width = _DENSENETS[name]
        return _WithFeatures(Stage(3, width, None), Linear(machine, width, classes))
    if name in _POOLED:
        pooled = _WithFeatures(Stage(3, _POOLED[name], None), _dropped(machine, _POOLED[name], classes))
        pooled.last_channel = _POOLED[name]
        return pooled
    if name in _FC:
        return _WithHead(Stage(3, _FC[name], None), "fc", Linear(machine, _FC[name], classes))
    if name in _HEADS:
        return _WithHead(Stage(3, _HEADS[name], None), "head", Linear(machine, _HEADS[name], classes))
    if name in _CONVNEXT:
        return _convnext(machine, _CONVNEXT[name], classes)
    if name in _TRANSFORMERS:
        side = integer(options.get("image_size", 224))
        return VisionTransformer(machine, classes, *_TRANSFORMERS[name], side or 224)
    return _OTHERS[name](machine, classes, options)


_OTHERS: dict[str, Any] = {
    "alexnet": lambda machine, classes, _: _alexnet(machine, classes),
    "squeezenet1_0": lambda machine, classes, _: _squeezenet(machine, classes),
    "squeezenet1_1": lambda machine, classes, _: _squeezenet(machine, classes),
    "mobilenet_v3_large": lambda machine, classes, _: _mobilenet_v3(machine, 960, 1280, classes),
    "mobilenet_v3_small": lambda machine, classes, _: _mobilenet_v3(machine, 576, 1024, classes),
    "googlenet": _googlenet,
    "inception_v3": lambda machine, classes, options: Inception3(machine, classes, options.get("aux_logits", True)),
}
_BUILDERS = (
    *_RESNETS, *_VGG, *(f"{name}_bn" for name in _VGG), *_DENSENETS, *_POOLED, *_FC, *_HEADS, *_CONVNEXT,
    *_TRANSFORMERS, *_OTHERS,
)  # fmt: skip


def _declare(name: str) -> None:
    def call(machine: Any, pretrained: Value = None, progress: Value = True, **options: Value) -> Value:
        made = build(machine, name, options if pretrained is None else {**options, "pretrained": pretrained})
        if isinstance(made, Module):
            made.place = machine.place
        return made

    call.__doc__ = f"Describe ``{ROOM}.{name}``."
    function(f"{ROOM}.{name}")(call)


for _name in _BUILDERS:
    _declare(_name)


@function(f"{ROOM}.get_model")
def get_model(machine: Any, name: Value, **config: Value) -> Value:
    """Describe ``get_model``: the model of a builder's name."""
    if isinstance(name, str) and name in _BUILDERS:
        return build(machine, name, config)
    return machine.unknown(f"{ROOM}.get_model")


def _declare_segmentation(name: str, kind: str) -> None:
    def call(machine: Any, pretrained: Value = None, progress: Value = True, **options: Value) -> Value:
        given = options if pretrained is None else {**options, "pretrained": pretrained}
        return _segmentation(machine, kind, given)

    call.__doc__ = f"Describe ``{ROOM}.segmentation.{name}``."
    function(f"{ROOM}.segmentation.{name}")(call)


for _name, _kind in (
    ("fcn_resnet50", "fcn"),
    ("fcn_resnet101", "fcn"),
    ("deeplabv3_resnet50", "deeplabv3"),
    ("deeplabv3_resnet101", "deeplabv3"),
):
    _declare_segmentation(_name, _kind)
