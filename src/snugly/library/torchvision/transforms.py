"""Transforms, first and second version: objects that pass a picture to a function of ``transforms.functional``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from snugly.facts.tensors import TensorFacts
from snugly.library.registry import Model, alias, model
from snugly.library.torch.arguments import REQUIRED, bind
from snugly.library.torch.module import Module, within

if TYPE_CHECKING:
    from snugly.interpreter.values import Value

FIRST = "torchvision.transforms"
SECOND = "torchvision.transforms.v2"


class Transform(Module):
    """A transform: options as attributes, and a function that it passes the picture and some of them to."""

    _function: ClassVar[str] = ""
    _parameters: ClassVar[dict[str, Any]] = {}
    _passes: ClassVar[tuple[str, ...]] = ()
    _room: ClassVar[str] = FIRST

    def __init__(self, *args: Value, **kwargs: Value) -> None:
        """Keep the options."""
        for name, value in bind(self._parameters, args, kwargs).items():
            setattr(self, name, value)

    def forward(self, machine: Any, *inputs: Value) -> Value:
        """Transform the picture, which is the first input; what comes with it stays as it is."""
        if not inputs:
            return machine.unknown(self.path)
        picture = self._transform(machine, inputs[0])
        if len(inputs) == 1:
            return picture
        others = [self._beside(machine, other) for other in inputs[1:]]
        return (picture, *others)

    def _beside(self, machine: Any, value: Value) -> Value:
        """Return what comes with a picture: another picture is transformed alike, a label stays."""
        if isinstance(value, TensorFacts) and value.kind == "image":
            return self._transform(machine, value)
        return value

    def _transform(self, machine: Any, img: Value) -> Value:
        if isinstance(img, tuple) and img and self._room == SECOND:
            return self.forward(machine, *img)
        options = {name: getattr(self, name) for name in self._passes}
        return self._operate(machine, f"{self._room}.functional.{self._function}", img, **options)


def _declare(
    name: str,
    function: str,
    parameters: dict[str, Any],
    passes: tuple[str, ...] = (),
    rooms: tuple[str, ...] = (FIRST, SECOND),
) -> None:
    for room in rooms:
        members = {
            "__doc__": f"What the interpreter knows of ``{room}.{name}``.",
            "_function": function,
            "_parameters": parameters,
            "_passes": passes,
            "_room": room,
        }
        model(f"{room}.{name}")(type(name, (Transform,), members))


_CHANCE: dict[str, Any] = {"p": 0.5}
_RESIZE: dict[str, Any] = {"size": REQUIRED, "interpolation": None, "max_size": None, "antialias": True}

for _name, _function, _parameters, _passes in (
    ("ToTensor", "to_tensor", {}, ()),
    ("PILToTensor", "pil_to_tensor", {}, ()),
    ("ToPILImage", "to_pil_image", {"mode": None}, ("mode",)),
    ("ConvertImageDtype", "convert_image_dtype", {"dtype": REQUIRED}, ("dtype",)),
    ("Resize", "resize", _RESIZE, ("size", "max_size")),
    ("Scale", "resize", _RESIZE, ("size", "max_size")),
    ("Normalize", "normalize", {"mean": REQUIRED, "std": REQUIRED, "inplace": False}, ("mean", "std", "inplace")),
    ("Pad", "pad", {"padding": REQUIRED, "fill": 0, "padding_mode": "constant"}, ("padding",)),
    ("Grayscale", "rgb_to_grayscale", {"num_output_channels": 1}, ("num_output_channels",)),
    ("FiveCrop", "five_crop", {"size": REQUIRED}, ("size",)),
    ("TenCrop", "ten_crop", {"size": REQUIRED, "vertical_flip": False}, ("size",)),
    ("RandomHorizontalFlip", "hflip", _CHANCE, ()),
    ("RandomVerticalFlip", "vflip", _CHANCE, ()),
    (
        "RandomRotation",
        "rotate",
        {"degrees": REQUIRED, "interpolation": None, "expand": False, "center": None, "fill": 0},
        ("expand",),
    ),
    (
        "RandomAffine",
        "affine",
        {
            "degrees": REQUIRED,
            "translate": None,
            "scale": None,
            "shear": None,
            "interpolation": None,
            "fill": 0,
            "center": None,
        },
        (),
    ),
    ("RandomPerspective", "perspective", {"distortion_scale": 0.5, "p": 0.5, "interpolation": None, "fill": 0}, ()),
    (
        "ColorJitter",
        "adjust_hue",
        {"brightness": None, "contrast": None, "saturation": None, "hue": None},
        (),
    ),
    ("GaussianBlur", "gaussian_blur", {"kernel_size": REQUIRED, "sigma": None}, ()),
    ("RandomErasing", "erase", {"p": 0.5, "scale": None, "ratio": None, "value": 0.0, "inplace": False}, ()),
    ("RandomInvert", "invert", _CHANCE, ()),
    ("RandomPosterize", "posterize", {"bits": REQUIRED, "p": 0.5}, ()),
    ("RandomSolarize", "solarize", {"threshold": REQUIRED, "p": 0.5}, ()),
    ("RandomAdjustSharpness", "adjust_sharpness", {"sharpness_factor": REQUIRED, "p": 0.5}, ()),
    ("RandomAutocontrast", "autocontrast", _CHANCE, ()),
    ("RandomEqualize", "equalize", _CHANCE, ()),
    ("ElasticTransform", "elastic", {"alpha": 50.0, "sigma": 5.0, "interpolation": None, "fill": 0}, ()),
    ("GaussianNoise", "gaussian_noise", {"mean": 0.0, "sigma": 0.1, "clip": True}, ()),
    (
        "RandomPhotometricDistort",
        "adjust_hue",
        {"brightness": None, "contrast": None, "saturation": None, "hue": None, "p": 0.5},
        (),
    ),
    ("AutoAugment", "adjust_hue", {"policy": None, "interpolation": None, "fill": None}, ()),
    (
        "RandAugment",
        "adjust_hue",
        {"num_ops": 2, "magnitude": 9, "num_magnitude_bins": 31, "interpolation": None, "fill": None},
        (),
    ),
    ("TrivialAugmentWide", "adjust_hue", {"num_magnitude_bins": 31, "interpolation": None, "fill": None}, ()),
    (
        "AugMix",
        "adjust_hue",
        {
            "severity": 3,
            "mixture_width": 3,
            "chain_depth": -1,
            "alpha": 1.0,
            "all_ops": True,
            "interpolation": None,
            "fill": None,
        },
        (),
    ),
):
    _declare(_name, _function, _parameters, _passes)

_declare("ToImage", "to_image", {}, (), (SECOND,))
_declare("ToDtype", "to_dtype", {"dtype": REQUIRED, "scale": False}, ("dtype", "scale"), (SECOND,))


class _Sized(Transform):
    """A transform to a size that its options give."""

    def _wanted(self) -> Value:
        return vars(self)["size"]

    def _transform(self, machine: Any, img: Value) -> Value:
        return self._operate(machine, f"{self._room}.functional.center_crop", img, self._wanted())


class _RandomCrop(Transform):
    """A part of a picture, which must be large enough."""

    def _transform(self, machine: Any, img: Value) -> Value:
        held = vars(self)
        return self._operate(
            machine,
            "torchvision.transforms.RandomCrop",
            img,
            held["size"],
            padding=held["padding"],
            pad_if_needed=held["pad_if_needed"],
        )


_RESIZED: dict[str, Any] = {
    "size": REQUIRED,
    "scale": None,
    "ratio": None,
    "interpolation": None,
    "antialias": True,
}
_CROPPED: dict[str, Any] = {
    "size": REQUIRED,
    "padding": None,
    "pad_if_needed": False,
    "fill": 0,
    "padding_mode": "constant",
}

for _room in (FIRST, SECOND):
    for _name, _base, _parameters in (
        ("RandomResizedCrop", _Sized, _RESIZED),
        ("RandomSizedCrop", _Sized, _RESIZED),
        ("CenterCrop", _Sized, {"size": REQUIRED}),
        ("RandomCrop", _RandomCrop, _CROPPED),
    ):
        _members = {
            "__doc__": f"What the interpreter knows of ``{_room}.{_name}``.",
            "_parameters": _parameters,
            "_room": _room,
        }
        model(f"{_room}.{_name}")(type(_name, (_base,), _members))


@model(f"{FIRST}.Compose", f"{SECOND}.Compose")
class Compose(Module):
    """Transforms one after the other."""

    def __init__(self, transforms: Value) -> None:
        """Keep the transforms."""
        self.transforms = transforms

    def forward(self, machine: Any, *inputs: Value) -> Value:
        """Call each with the result of the one before."""
        steps = machine.iterate(self.transforms).items
        if steps is None:
            return machine.unknown(f"{self.path} of transforms that are not known")
        for step in steps:
            result = within(machine, step, *inputs)
            inputs = result if len(inputs) > 1 and isinstance(result, tuple) else (result,)
        return inputs[0] if len(inputs) == 1 else inputs


@model(f"{FIRST}.RandomOrder", f"{SECOND}.RandomOrder")
class RandomOrder(Compose):
    """Transforms in some order: what holds in the order given is taken."""


@model(f"{FIRST}.RandomApply", f"{SECOND}.RandomApply")
class RandomApply(Compose):
    """Transforms that are applied or not."""

    def __init__(self, transforms: Value, p: Value = 0.5) -> None:
        """Keep the transforms."""
        super().__init__(transforms)
        self.p = p

    def forward(self, machine: Any, *inputs: Value) -> Value:
        """Return what holds for the picture before and after."""
        after = super().forward(machine, *inputs)
        return machine.join(inputs[0] if len(inputs) == 1 else inputs, after)


@model(f"{FIRST}.RandomChoice", f"{SECOND}.RandomChoice")
class RandomChoice(Module):
    """One of several transforms."""

    def __init__(self, transforms: Value, p: Value = None) -> None:
        """Keep the transforms."""
        self.transforms = transforms

    def forward(self, machine: Any, *inputs: Value) -> Value:
        """Return what holds after any of them."""
        steps = machine.iterate(self.transforms).items
        if not steps:
            return machine.unknown(f"{self.path} of transforms that are not known")
        result = machine.call(steps[0], *inputs)
        for step in steps[1:]:
            result = machine.join(result, machine.call(step, *inputs))
        return result


@model(f"{FIRST}.RandomGrayscale", f"{SECOND}.RandomGrayscale")
class RandomGrayscale(Module):
    """A picture that may lose its colours; it keeps its channels."""

    def __init__(self, p: Value = 0.1) -> None:
        """Keep the chance."""
        self.p = p

    def forward(self, machine: Any, *inputs: Value) -> Value:
        """Return a picture of the same sizes."""
        picture = self._operate(machine, f"{FIRST}.functional.adjust_hue", inputs[0])
        return picture if len(inputs) == 1 else (picture, *inputs[1:])


@model(f"{FIRST}.Lambda", f"{SECOND}.Lambda")
class Lambda(Module):
    """A function as a transform."""

    def __init__(self, lambd: Value, *types: Value) -> None:
        """Keep the function."""
        self.lambd = lambd

    def forward(self, machine: Any, *inputs: Value) -> Value:
        """Call the function."""
        return machine.call(self.lambd, *inputs)


@model(f"{SECOND}.Identity", f"{SECOND}.ToPureTensor", f"{SECOND}.SanitizeBoundingBoxes", f"{SECOND}.RGB")
class Unchanged(Module):
    """A transform that keeps the picture."""

    def __init__(self, *args: Value, **kwargs: Value) -> None:
        """Keep nothing."""

    def forward(self, machine: Any, *inputs: Value) -> Value:
        """Return what came in."""
        return inputs[0] if len(inputs) == 1 else inputs


class _Interpolation(Model):
    """``InterpolationMode``: how a picture is resized decides no size."""

    NEAREST = NEAREST_EXACT = BILINEAR = BICUBIC = BOX = HAMMING = LANCZOS = "interpolation"


model(f"{FIRST}.InterpolationMode")(_Interpolation)
alias(f"{SECOND}.InterpolationMode", f"{FIRST}.InterpolationMode")
alias(f"{FIRST}.transforms", FIRST)
alias(f"{FIRST}.autoaugment", FIRST)
