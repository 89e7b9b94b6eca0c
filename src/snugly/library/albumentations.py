"""``albumentations``: transforms of pictures and masks that are arrays ``(H, W, C)`` and ``(H, W)``, passed by name."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from snugly.facts.dims import Dim, less
from snugly.facts.tensors import TensorFacts
from snugly.facts.values import NOTHING_KNOWN
from snugly.interpreter.values import Mapping, Unknown, Value
from snugly.library.numpy.arrays import as_array, made, size_of
from snugly.library.registry import Model, model, quiet

if TYPE_CHECKING:
    from collections.abc import Callable

    from snugly.interpreter.machine import Machine

quiet("albumentations")

Sides = tuple[Dim | None, Dim | None]

_SAME = (
    "HorizontalFlip", "VerticalFlip", "Flip", "ShiftScaleRotate", "Affine", "Rotate", "SafeRotate", "Perspective",
    "ElasticTransform", "GridDistortion", "OpticalDistortion", "PiecewiseAffine", "CoarseDropout", "Cutout",
    "GridDropout", "MaskDropout", "NoOp", "RandomBrightnessContrast", "RandomBrightness", "RandomContrast",
    "HueSaturationValue", "RGBShift", "ColorJitter", "RandomGamma", "CLAHE", "Blur", "GaussianBlur", "MotionBlur",
    "MedianBlur", "GaussNoise", "ISONoise", "ImageCompression", "JpegCompression", "Sharpen", "Emboss", "Equalize",
    "Posterize", "Solarize", "InvertImg", "ChannelShuffle", "ChannelDropout", "RandomFog", "RandomRain", "RandomSnow",
    "RandomShadow", "RandomSunFlare", "RandomToneCurve", "ToSepia", "Downscale", "MultiplicativeNoise", "FancyPCA",
    "Superpixels", "PixelDropout", "AdvancedBlur", "Defocus", "ZoomBlur", "D4_", "RandomGridShuffle", "XYMasking",
    "PlanckianJitter", "Spatter", "UnsharpMask", "GlassBlur", "AdditiveNoise", "RandomErasing", "Morphological",
)  # fmt: skip
"""Transforms that keep the sizes."""


class Transform(Model):
    """A transform: its options, and what it does to a picture and to a mask."""

    _parameters: ClassVar[tuple[str, ...]] = ()

    def __init__(self, *args: Value, **options: Value) -> None:
        """Keep the options."""
        self._options = {**dict(zip(self._parameters, args, strict=False)), **options}

    def call(self, machine: Machine, **data: Value) -> Value:
        """Transform what is passed by name."""
        return Mapping({name: self._changed(machine, name, value) for name, value in data.items()})

    def _changed(self, machine: Machine, name: str, value: Value) -> Value:
        if name.startswith(("image", "mask")) and isinstance(value, TensorFacts):
            return self._array(machine, as_array(machine, value), mask=name.startswith("mask"))
        return Unknown("what a transform makes of it") if name.startswith(("image", "mask", "bbox")) else value

    def _array(self, machine: Machine, array: TensorFacts, *, mask: bool) -> Value:
        if array.rank not in (2, 3):
            return made(None, self._dtype(array, mask=mask))
        sides = self._sides(machine, (array.size(0), array.size(1)))
        values = array.values if mask and array.values.elements is None else NOTHING_KNOWN
        return made((*sides, *(array.shape or ())[2:]), self._dtype(array, mask=mask), values)

    def _sides(self, machine: Machine, sides: Sides) -> Sides:
        return sides

    def _dtype(self, array: TensorFacts, *, mask: bool) -> str | None:
        return array.dtype


def _declare(name: str, base: type[Transform], parameters: tuple[str, ...] = ()) -> None:
    doc = f"What the interpreter knows of ``albumentations.{name}``."
    model(f"albumentations.{name}")(type(name, (base,), {"__doc__": doc, "_parameters": parameters}))


for _name in _SAME:
    _declare(_name, Transform)


class _Floating(Transform):
    """Makes floats of the picture; masks stay."""

    def _dtype(self, array: TensorFacts, *, mask: bool) -> str | None:
        return array.dtype if mask else "float32"


for _name in ("Normalize", "ToFloat"):
    _declare(_name, _Floating)


class _Sized(Transform):
    """Gives the sizes ``height`` and ``width``, or ``size``."""

    def _sides(self, machine: Machine, sides: Sides) -> Sides:
        wanted = self._options.get("size")
        if isinstance(wanted, tuple) and len(wanted) == 2:
            return size_of(wanted[0]), size_of(wanted[1])
        return size_of(self._options.get("height")), size_of(self._options.get("width"))


for _name, _parameters in (
    ("Resize", ("height", "width")),
    ("RandomCrop", ("height", "width")),
    ("CenterCrop", ("height", "width")),
    ("CropNonEmptyMaskIfExists", ("height", "width")),
    ("RandomResizedCrop", ("size",)),
    ("RandomSizedCrop", ("min_max_height", "height", "width")),
    ("RandomSizedBBoxSafeCrop", ("height", "width")),
):
    _declare(_name, _Sized, _parameters)


class _Padded(Transform):
    """Makes each side ``min_height`` and ``min_width`` at least."""

    def _sides(self, machine: Machine, sides: Sides) -> Sides:
        wanted = (self._options.get("min_height", 1024), self._options.get("min_width", 1024))
        least = [size_of(each) for each in wanted]
        return self._padded(machine, sides[0], least[0]), self._padded(machine, sides[1], least[1])

    @staticmethod
    def _padded(machine: Machine, side: Dim | None, least: Dim | None) -> Dim | None:
        short = None if side is None or least is None else less(side, least)
        if short is not None:
            return least if short else side
        return machine.new_symbol("H", least if isinstance(least, int) else 1)


_declare("PadIfNeeded", _Padded, ("min_height", "min_width"))


class _Resized(Transform):
    """Gives sizes that depend on the picture."""

    def _sides(self, machine: Machine, sides: Sides) -> Sides:
        return machine.new_symbol("H", 1), machine.new_symbol("W", 1)


for _name in ("LongestMaxSize", "SmallestMaxSize", "RandomScale", "CropAndPad", "Crop", "BBoxSafeRandomCrop"):
    _declare(_name, _Resized)


class _Turned(Transform):
    """May turn the picture by 90°."""

    def _sides(self, machine: Machine, sides: Sides) -> Sides:
        square = sides[0] is not None and sides[0] == sides[1]
        return sides if square else (machine.new_symbol("H", 1), machine.new_symbol("W", 1))


for _name in ("RandomRotate90", "Transpose", "D4"):
    _declare(_name, _Turned)


@model("albumentations.ToGray")
class ToGray(Transform):
    """Greys the colours, three channels by default."""

    def _array(self, machine: Machine, array: TensorFacts, *, mask: bool) -> Value:
        if mask or self._options.get("num_output_channels", 3) == 3:
            return super()._array(machine, array, mask=mask)
        return made(None, array.dtype)


@model("albumentations.pytorch.ToTensorV2", "albumentations.pytorch.transforms.ToTensorV2", "albumentations.ToTensorV2")
class ToTensorV2(Transform):
    """Makes a tensor ``(C, H, W)`` of the picture; a mask keeps its axes unless it is told otherwise."""

    def _array(self, machine: Machine, array: TensorFacts, *, mask: bool) -> Value:
        shape = array.shape
        if shape is not None and not mask:
            shape = (shape[2], *shape[:2]) if len(shape) == 3 else (1, *shape)
        if mask and shape is not None and len(shape) == 3 and self._options.get("transpose_mask", False) is not False:
            shape = (shape[2], *shape[:2])
        return TensorFacts(shape, array.dtype, "cpu", requires_grad=False, values=array.values)


@model("albumentations.Lambda")
class Lambda(Transform):
    """Functions of the user's for the picture and for the mask."""

    def _array(self, machine: Machine, array: TensorFacts, *, mask: bool) -> Value:
        function = self._options.get("mask" if mask else "image")
        return array if function is None else machine.call(function, array)


@model("albumentations.Compose", "albumentations.Sequential", "albumentations.ReplayCompose")
class Compose(Model):
    """Transforms one after the other."""

    def __init__(self, transforms: Value, *args: Value, **options: Value) -> None:
        """Keep the transforms."""
        self.transforms = transforms

    def call(self, machine: Machine, **data: Value) -> Value:
        """Pass what is named through each."""
        steps = machine.iterate(self.transforms).items
        if steps is None:
            return Unknown("transforms that are not known")
        return self._combined(machine, [_step(machine, step) for step in steps if step is not None], data)

    def _combined(
        self, machine: Machine, steps: list[Callable[[dict[str, Value]], dict[str, Value]]], data: dict[str, Value]
    ) -> Value:
        for step in steps:
            data = step(data)
        return Mapping(dict(data))


def _step(machine: Machine, transform: Value) -> Callable[[dict[str, Value]], dict[str, Value]]:
    def apply(data: dict[str, Value]) -> dict[str, Value]:
        result = machine.call(transform, **data)
        if isinstance(result, Mapping) and not result.open:
            return {name: value for name, value in result.entries.items() if isinstance(name, str)}
        return dict.fromkeys(data, Unknown("what a transform makes of it"))

    return apply


@model("albumentations.OneOf", "albumentations.SomeOf", "albumentations.OneOrOther", "albumentations.RandomOrder")
class OneOf(Compose):
    """Some of the transforms, or none."""

    def _combined(
        self, machine: Machine, steps: list[Callable[[dict[str, Value]], dict[str, Value]]], data: dict[str, Value]
    ) -> Value:
        results = [data, *(step(data) for step in steps)]
        joined = dict(data)
        for result in results:
            joined = {name: machine.join(value, result.get(name)) for name, value in joined.items()}
        return Mapping(joined)
