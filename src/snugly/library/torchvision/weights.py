"""The weights that come with models, as far as programs use them for sizes: the transforms of their pictures."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from snugly.library.registry import function, model
from snugly.library.torch.module import Module

if TYPE_CHECKING:
    from snugly.interpreter.values import Value

ROOM = "torchvision.models"
# Classes whose pictures are cut to 224 by 224, whatever the training recipe.
_CLASSES = (
    "AlexNet", "DenseNet121", "DenseNet161", "DenseNet169", "DenseNet201", "EfficientNet_B0", "GoogLeNet",
    "MNASNet1_0",
    "MobileNet_V2", "MobileNet_V3_Large", "MobileNet_V3_Small", "ResNet18", "ResNet34", "ResNet50", "ResNet101",
    "ResNet152", "ResNeXt50_32X4D", "ResNeXt101_32X8D",
    "ShuffleNet_V2_X1_0", "SqueezeNet1_0", "SqueezeNet1_1", "Swin_T",
    "VGG11", "VGG13", "VGG16", "VGG19", "ViT_B_32", "Wide_ResNet50_2", "Wide_ResNet101_2",
)  # fmt: skip
_MEMBERS = ("DEFAULT", "IMAGENET1K_V1", "IMAGENET1K_V2")
_MEAN, _STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
_FUNCTIONS = "torchvision.transforms.functional"


@model(f"{ROOM}.ImageClassification")
class ImageClassification(Module):
    """Resizes a picture, cuts its middle out, and normalizes it."""

    def __init__(self, crop_size: int) -> None:
        """Keep the size."""
        self.crop_size = crop_size

    def forward(self, machine: Any, img: Value) -> Value:
        """Return ``(3, crop_size, crop_size)``."""
        img = self._operate(machine, f"{_FUNCTIONS}.center_crop", img, (self.crop_size, self.crop_size))
        img = self._operate(machine, f"{_FUNCTIONS}.pil_to_tensor", img)
        img = self._operate(machine, f"{_FUNCTIONS}.convert_image_dtype", img)
        return self._operate(machine, f"{_FUNCTIONS}.normalize", img, _MEAN, _STD)


@function(*(f"{ROOM}.{name}_Weights.{member}.transforms" for name in _CLASSES for member in _MEMBERS))
def transforms(**options: Value) -> ImageClassification:
    """Describe ``Weights.transforms()``."""
    crop = options.get("crop_size", 224)
    return ImageClassification(crop if isinstance(crop, int) else 224)
