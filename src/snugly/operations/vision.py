"""Pictures: the functions of ``torchvision.transforms.functional``, and of its second version, on facts.

A PIL image has the shape ``(H, W, C)`` and the kind ``"image"``; a tensor image is ``(..., C, H, W)``. Sources:
``torchvision/transforms/functional.py``, ``_functional_tensor.py`` and ``v2/functional/`` of torchvision 0.20 and later.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from snugly.facts.dims import Dim, less, same, value
from snugly.facts.dtypes import FLOATING, canonical_dtype
from snugly.facts.misfits import Misfit, require
from snugly.facts.shapes import shown
from snugly.facts.tensors import TensorFacts
from snugly.facts.values import NOTHING_KNOWN, ValueFacts
from snugly.operations.arguments import flag, listed, whole
from snugly.operations.registry import operation

if TYPE_CHECKING:
    from collections.abc import Callable

    from snugly.facts.tensors import Shape

FIRST = "torchvision.transforms.functional"
SECOND = "torchvision.transforms.v2.functional"
UNIT = ValueFacts(low=0.0, high=1.0, finite=True)
Size = tuple[Dim | None, Dim | None]


def both(*names: str) -> tuple[str, ...]:
    """Return the qualified names of functions that both versions have."""
    return tuple(f"{room}.{name}" for name in names for room in (FIRST, SECOND))


def size_of(img: TensorFacts) -> Size:
    """Return the height and the width of a picture."""
    if img.kind == "image":
        return img.size(0), img.size(1)
    return img.size(-2), img.size(-1)


def resized(img: TensorFacts, size: Size, values: ValueFacts | None = None) -> TensorFacts:
    """Return a picture of another size."""
    kept = ValueFacts(img.values.low, img.values.high) if values is None else values
    if img.shape is None:
        return img.with_(values=kept)
    if img.kind == "image":
        return img.with_(shape=(*size, *img.shape[2:]), values=kept)
    if len(img.shape) < 2:
        return img.with_(shape=None, values=kept)
    return img.with_(shape=(*img.shape[:-2], *size), values=kept)


def pair(size: Any) -> Size:
    """Return a height and a width given as one number or as two."""
    items = listed(size)
    if items is None:
        return whole(size), whole(size)
    if len(items) == 1:
        return whole(items[0]), whole(items[0])
    return (whole(items[0]), whole(items[1])) if len(items) == 2 else (None, None)


@operation(f"{FIRST}.to_tensor", f"{SECOND}.to_tensor")
def to_tensor(pic: TensorFacts) -> TensorFacts:
    """Return ``(C, H, W)``: bytes become ``float32`` between 0 and 1, other arrays keep their dtype."""
    if pic.kind not in ("image", "ndarray"):
        if pic.shape is None:
            return TensorFacts()
        message = "pic should be PIL Image or ndarray. Got <class 'torch.Tensor'>"
        raise Misfit(message, clause="picture-type", raises="TypeError", argument="pic")
    shape = pic.shape
    if shape is not None and pic.kind == "ndarray":
        if len(shape) not in (2, 3):
            message = f"pic should be 2/3 dimensional. Got {len(shape)} dimensions."
            raise Misfit(message, clause="picture-rank", raises="ValueError", argument="pic")
        shape = (*shape, 1) if len(shape) == 2 else shape
    chw = None if shape is None else (shape[2], shape[0], shape[1])
    if pic.dtype == "uint8":
        return TensorFacts(chw, "float32", "cpu", requires_grad=False, values=UNIT, axes=_named(chw))
    dtype = pic.dtype if pic.kind == "ndarray" else None
    values = pic.values if pic.kind == "ndarray" else NOTHING_KNOWN
    return TensorFacts(chw, dtype, "cpu", requires_grad=False, values=values, axes=_named(chw))


def _named(shape: Shape | None) -> tuple[str | None, ...] | None:
    return None if shape is None else ("channels", "height", "width")


@operation(f"{FIRST}.pil_to_tensor", f"{SECOND}.pil_to_tensor", f"{SECOND}.to_image")
def pil_to_tensor(pic: TensorFacts) -> TensorFacts:
    """Return ``(C, H, W)`` with the dtype kept."""
    if pic.kind not in ("image", "ndarray"):
        return pic
    shape = pic.shape
    if shape is not None and len(shape) == 2:
        shape = (*shape, 1)
    chw = None if shape is None or len(shape) != 3 else (shape[2], shape[0], shape[1])
    return TensorFacts(chw, pic.dtype, "cpu", requires_grad=False, values=pic.values, axes=_named(chw))


@operation(*both("to_pil_image"))
def to_pil_image(pic: TensorFacts, mode: Any = None) -> TensorFacts:
    """Return a PIL image of a tensor ``(C, H, W)`` or ``(H, W)``, or of an array ``(H, W, C)``."""
    shape = pic.shape
    if shape is None:
        return TensorFacts((None, None, None), None, kind="image")
    if len(shape) not in (2, 3):
        message = f"pic should be 2/3 dimensional. Got {len(shape)} dimensions."
        raise Misfit(message, clause="picture-rank", raises="ValueError", argument="pic")
    hwc = (*shape, 1) if len(shape) == 2 else shape
    if pic.kind != "ndarray" and len(shape) == 3:
        hwc = (shape[1], shape[2], shape[0])
    dtype = "uint8" if pic.dtype == "uint8" or (pic.dtype in FLOATING and pic.kind != "ndarray") else None
    return TensorFacts(hwc, dtype, kind="image")


@operation(f"{FIRST}.convert_image_dtype", f"{SECOND}.to_dtype", f"{SECOND}.convert_image_dtype")
def convert_image_dtype(image: TensorFacts, dtype: Any = "float32", scale: Any = True) -> TensorFacts:
    """Convert, and scale bytes to the unit interval."""
    target = canonical_dtype(dtype) if isinstance(dtype, str) else None
    if image.kind in ("image", "ndarray"):
        return image
    values = UNIT if image.dtype == "uint8" and target in FLOATING and flag(scale) else NOTHING_KNOWN
    if image.dtype == target:
        values = image.values
    return image.with_(dtype=target, values=values)


@operation(*both("resize"))
def resize(
    img: TensorFacts, size: Any, interpolation: Any = None, max_size: Any = None, antialias: Any = True
) -> TensorFacts:
    """Resize: to a height and a width, or the shorter side to one number."""
    items = listed(size)
    if items is not None and len(items) == 2:
        return resized(img, pair(size))
    one = whole(items[0] if items else size)
    height, width = size_of(img)
    if max_size is not None or one is None:
        return resized(img, (None, None))
    if same(height, width):
        return resized(img, (one, one))
    known_height, known_width, known = value(height), value(width), value(one)
    if known_height is None or known_width is None or known is None or not known_height or not known_width:
        return resized(img, (None, None))
    long = int(known * max(known_height, known_width) / min(known_height, known_width))
    return resized(img, (known, long) if known_height <= known_width else (long, known))


@operation(*both("center_crop", "resized_crop_to"))
def center_crop(img: TensorFacts, output_size: Any) -> TensorFacts:
    """Cut the middle out; what is too small is padded."""
    return resized(img, pair(output_size))


@operation(*both("crop"))
def crop(img: TensorFacts, top: Any, left: Any, height: Any, width: Any) -> TensorFacts:
    """Cut a part out."""
    return resized(img, (whole(height), whole(width)))


@operation(*both("resized_crop"))
def resized_crop(
    img: TensorFacts,
    top: Any,
    left: Any,
    height: Any,
    width: Any,
    size: Any,
    interpolation: Any = None,
    antialias: Any = True,
) -> TensorFacts:
    """Cut a part out and resize it."""
    return resize(img, size) if listed(size) is None else resized(img, pair(size))


@operation("torchvision.transforms.RandomCrop")
def random_crop(img: TensorFacts, size: Any, padding: Any = None, pad_if_needed: Any = False) -> TensorFacts:
    """Cut a part out somewhere; the picture, padded, must be large enough."""
    whole_picture = img if padding is None else pad(img, padding)
    wanted, own = pair(size), size_of(whole_picture)
    if flag(pad_if_needed) is False and (less(own[0], wanted[0]) or less(own[1], wanted[1])):
        message = f"Required crop size ({wanted[0]}, {wanted[1]}) is larger than input image size ({own[0]}, {own[1]})"
        raise Misfit(message, clause="crop-size", raises="ValueError", argument="img", wanted=wanted, got=own)
    return resized(img, wanted)


@operation(*both("pad"))
def pad(img: TensorFacts, padding: Any, fill: Any = 0, padding_mode: Any = "constant") -> TensorFacts:
    """Widen: by one number on each side, by two for left-right and top-bottom, or by four from the left on."""
    items = listed(padding)
    widths = [whole(padding)] * 4 if items is None else [whole(item) for item in items]
    if len(widths) == 1:
        widths *= 4
    elif len(widths) == 2:
        widths *= 2
    if len(widths) != 4:
        return resized(img, (None, None))
    left, top, right, bottom = widths
    height, width = size_of(img)
    return resized(img, (_sum(height, top, bottom), _sum(width, left, right)), NOTHING_KNOWN)


def _sum(*sizes: Dim | None) -> Dim | None:
    total: Dim = 0
    for size in sizes:
        if size is None:
            return None
        total = total + size
    return total


@operation(*both("five_crop"))
def five_crop(img: TensorFacts, size: Any) -> tuple[TensorFacts, ...]:
    """Cut the corners and the middle out."""
    return (resized(img, pair(size)),) * 5


@operation(*both("ten_crop"))
def ten_crop(img: TensorFacts, size: Any, vertical_flip: Any = False) -> tuple[TensorFacts, ...]:
    """Cut the corners and the middle out, of the picture and of its mirror image."""
    return (resized(img, pair(size)),) * 10


@operation(f"{FIRST}.normalize")
def normalize(tensor: TensorFacts, mean: Any, std: Any, inplace: Any = False) -> TensorFacts:
    """Subtract and divide channel by channel, in place of a copy: the channels cannot become more."""
    shape = _check_normal(tensor)
    channels = None if shape is None else shape[-3]
    for argument, given in (("mean", mean), ("std", std)):
        items = listed(given)
        count = None if items is None else len(items)
        if count is not None and count != 1 and same(channels, count) is False and shape is not None:
            if same(channels, 1):
                wide = (*shape[:-3], count, *shape[-2:])
                message = f"output with shape [{_plain(shape)}] doesn't match the broadcast shape [{_plain(wide)}]"
            else:
                message = (
                    f"The size of tensor a ({channels}) must match the size of tensor b ({count})"
                    f" at non-singleton dimension {len(shape) - 3}"
                )
            raise Misfit(message, clause="normalize-channels", argument=argument, channels=channels, count=count)
    return tensor.with_(values=_normal_values(tensor.values, mean, std))


@operation(f"{SECOND}.normalize")
def normalize_v2(inpt: TensorFacts, mean: Any, std: Any, inplace: Any = False) -> TensorFacts:
    """Subtract and divide channel by channel; one channel becomes as many as there are means."""
    shape = _check_normal(inpt)
    items = listed(mean)
    if shape is None or items is None:
        return inpt.with_(shape=None if items is None else shape, values=NOTHING_KNOWN)
    channels, count = shape[-3], len(items)
    message = (
        f"The size of tensor a ({channels}) must match the size of tensor b ({count})"
        f" at non-singleton dimension {len(shape) - 3}"
    )
    fits = count == 1 or same(channels, 1) or same(channels, count)
    if not fits:
        certain = same(channels, count) is False and same(channels, 1) is False
        require(False if certain else None, message, clause="normalize-channels", argument="mean", count=count)
    wide = channels if count == 1 else (count if fits else None)
    return inpt.with_(shape=(*shape[:-3], wide, *shape[-2:]), values=_normal_values(inpt.values, mean, std))


def _plain(shape: Shape) -> str:
    return shown(shape).strip("[]()")


def _check_normal(tensor: TensorFacts) -> Shape | None:
    if tensor.kind == "image":
        message = "img should be Tensor Image. Got <class 'PIL.Image.Image'>"
        raise Misfit(message, clause="picture-type", raises="TypeError", argument="tensor")
    if tensor.dtype is not None and tensor.dtype not in FLOATING:
        message = f"Input tensor should be a float tensor. Got torch.{tensor.dtype}."
        raise Misfit(message, clause="picture-dtype", raises="TypeError", argument="tensor", dtype=tensor.dtype)
    if tensor.shape is not None and len(tensor.shape) < 3:
        message = (
            "Expected tensor to be a tensor image of size (..., C, H, W). "
            f"Got tensor.size() = torch.Size([{_plain(tensor.shape)}])"
        )
        raise Misfit(message, clause="picture-rank", raises="ValueError", argument="tensor")
    return tensor.shape


def _normal_values(values: ValueFacts, mean: Any, std: Any) -> ValueFacts:
    """Return the bounds after normalization, where means and deviations are known."""
    means, deviations = _numbers(mean), _numbers(std)
    if not means or not deviations or values.low is None or values.high is None or min(deviations) <= 0:
        return NOTHING_KNOWN
    return ValueFacts(
        low=min((values.low - m) / s for m in means for s in deviations),
        high=max((values.high - m) / s for m in means for s in deviations),
    )


def _numbers(given: Any) -> list[float]:
    items = listed(given) if listed(given) is not None else (given,)
    numbers = [item for item in items or () if isinstance(item, int | float)]
    return numbers if len(numbers) == len(items or ()) else []


@operation(*both("rgb_to_grayscale", "to_grayscale"))
def rgb_to_grayscale(img: TensorFacts, num_output_channels: Any = 1) -> TensorFacts:
    """Return one channel, or three that are equal."""
    channels = whole(num_output_channels)
    if img.shape is None or len(img.shape) < 3:
        return img.with_(values=NOTHING_KNOWN)
    values = ValueFacts(img.values.low, img.values.high)
    if img.kind == "image":
        return img.with_(shape=(*img.shape[:2], channels), values=values)
    return img.with_(shape=(*img.shape[:-3], channels, *img.shape[-2:]), values=values)


def _same_size(name: str) -> Callable[..., TensorFacts]:
    def call(img: TensorFacts, *args: Any, expand: Any = False, **kwargs: Any) -> TensorFacts:
        if flag(expand) is not False:
            return resized(img, (None, None))
        values = img.values if name in ("hflip", "vflip", "horizontal_flip", "vertical_flip") else NOTHING_KNOWN
        return img.with_(values=ValueFacts(values.low, values.high, values.integral, values.members))

    return call


for _name in (
    "hflip", "vflip", "horizontal_flip", "vertical_flip", "rotate", "affine", "perspective", "adjust_brightness",
    "adjust_contrast", "adjust_saturation", "adjust_hue", "adjust_gamma", "adjust_sharpness", "gaussian_blur", "erase",
    "invert", "posterize", "solarize", "autocontrast", "equalize", "elastic", "elastic_transform", "gaussian_noise",
):  # fmt: skip
    operation(*both(_name))(_same_size(_name))
