"""``PIL`` and ``cv2``: a picture of PIL is facts of kind ``"image"`` (H W C), one of OpenCV an array."""

from __future__ import annotations

from typing import TYPE_CHECKING

from snugly.facts.tensors import TensorFacts
from snugly.facts.values import ValueFacts
from snugly.interpreter.values import Number, Sequence, Text, Unknown, Value
from snugly.library.numpy.arrays import as_array, made, of_picture, shape_of
from snugly.library.registry import attribute, constant, function, quiet

if TYPE_CHECKING:
    from snugly.facts.dims import Dim
    from snugly.interpreter.machine import Machine

quiet("PIL", "cv2", "skimage", "imageio")

_BYTES = ValueFacts(0, 255, integral=True, finite=True)
_CHANNELS = {
    "RGB": 3,
    "L": 1,
    "RGBA": 4,
    "CMYK": 4,
    "YCbCr": 3,
    "HSV": 3,
    "LAB": 3,
    "1": 1,
    "P": 1,
    "LA": 2,
    "I": 1,
    "F": 1,
}

for _number, _name in enumerate(("NEAREST", "LANCZOS", "BILINEAR", "BICUBIC", "BOX", "HAMMING")):
    constant(f"PIL.Image.{_name}", _number)
    constant(f"PIL.Image.Resampling.{_name}", _number)
constant("PIL.Image.ANTIALIAS", 1)
for _number, _name in enumerate(
    ("FLIP_LEFT_RIGHT", "FLIP_TOP_BOTTOM", "ROTATE_90", "ROTATE_180", "ROTATE_270", "TRANSPOSE")
):
    constant(f"PIL.Image.{_name}", _number)


def picture(height: Dim | None, width: Dim | None, channels: Dim | None, dtype: str | None = "uint8") -> TensorFacts:
    """Return the facts of a picture."""
    values = _BYTES if dtype == "uint8" else ValueFacts()
    return TensorFacts(
        (height, width, channels), dtype, "cpu", False, values, ("height", "width", "channels"), kind="image"
    )


def _like(image: TensorFacts, height: Dim | None, width: Dim | None) -> TensorFacts:
    return picture(height, width, image.size(2) if image.rank == 3 else None, image.dtype)


@function("PIL.Image.open")
def open_image(machine: Machine, fp: Value, *args: Value, **options: Value) -> Value:
    """``Image.open(fp)``: of some size and mode."""
    return picture(machine.new_symbol("H", 1), machine.new_symbol("W", 1), None, None)


@function("PIL.Image.new")
def new(machine: Machine, mode: Value, size: Value, color: Value = 0) -> Value:
    """``Image.new(mode, (width, height))``."""
    sizes = shape_of(machine, size)
    width, height = sizes if sizes is not None and len(sizes) == 2 else (None, None)
    return picture(height, width, _CHANNELS.get(mode) if isinstance(mode, str) else None)


@function("PIL.Image.fromarray")
def fromarray(machine: Machine, obj: Value, mode: Value = None) -> Value:
    """``Image.fromarray(obj)``."""
    array = as_array(machine, obj)
    shape = array.shape
    if shape is None or len(shape) not in (2, 3):
        return picture(None, None, None, None)
    return picture(shape[0], shape[1], shape[2] if len(shape) == 3 else 1, array.dtype)


@function("PIL.Image.Image.convert")
def convert(self: TensorFacts, mode: Value = None, *args: Value, **options: Value) -> Value:
    """``image.convert(mode)``."""
    channels = _CHANNELS.get(mode) if isinstance(mode, str) else None
    dtype = {"I": "int32", "F": "float32", "1": "bool"}.get(mode, "uint8") if isinstance(mode, str) else None
    return picture(self.size(0), self.size(1), channels, dtype)


@function("PIL.Image.Image.resize", "PIL.Image.Image.thumbnail_")
def resize(machine: Machine, self: TensorFacts, size: Value, *args: Value, **options: Value) -> Value:
    """``image.resize((width, height))``."""
    sizes = shape_of(machine, size)
    width, height = sizes if sizes is not None and len(sizes) == 2 else (None, None)
    return _like(self, height, width)


@function("PIL.Image.Image.crop")
def crop(machine: Machine, self: TensorFacts, box: Value = None) -> Value:
    """``image.crop((left, upper, right, lower))``."""
    edges = shape_of(machine, box) if box is not None else None
    if edges is None or len(edges) != 4 or None in edges:
        return _like(self, None, None)
    left, upper, right, lower = edges
    return _like(self, lower - upper, right - left)  # type: ignore[operator]


@function(
    "PIL.Image.Image.rotate",
    "PIL.Image.Image.copy",
    "PIL.Image.Image.filter",
    "PIL.Image.Image.point",
    "PIL.ImageOps.equalize",
    "PIL.ImageOps.mirror",
    "PIL.ImageOps.flip",
    "PIL.ImageOps.invert",
    "PIL.ImageOps.autocontrast",
    "PIL.ImageOps.exif_transpose",
)
def same_size(self: TensorFacts, *args: Value, **options: Value) -> Value:
    """What keeps the size of a picture."""
    whole = not options.get("expand")
    return _like(self, self.size(0) if whole else None, self.size(1) if whole else None)


@function("PIL.Image.Image.transpose")
def transpose(self: TensorFacts, method: Value) -> Value:
    """``image.transpose(method)``."""
    return _like(self, self.size(0), self.size(1)) if method in (0, 1, 3) else _like(self, self.size(1), self.size(0))


@function("PIL.Image.Image.split")
def split(self: TensorFacts) -> Value:
    """``image.split()``: a picture for each channel."""
    channels = self.size(2)
    one = picture(self.size(0), self.size(1), 1, self.dtype)
    return (one,) * channels if isinstance(channels, int) else Sequence("tuple", None, one, channels)


@function("PIL.Image.Image.save", "PIL.Image.Image.show", "PIL.Image.Image.close", "PIL.Image.Image.load")
def nothing(self: TensorFacts, *args: Value, **options: Value) -> None:
    """What changes no picture."""


@function("PIL.Image.Image.getpixel", "PIL.Image.Image.getbbox", "PIL.Image.Image.histogram")
def some_pixel(self: TensorFacts, *args: Value) -> Value:
    """What a picture shows."""
    return Unknown("what a picture shows")


@attribute("PIL.Image.Image.size")
def size(self: TensorFacts) -> Value:
    """``image.size``: width and height."""
    return tuple(Number("int", 1) if side is None else side for side in (self.size(1), self.size(0)))


@attribute("PIL.Image.Image.width")
def width(self: TensorFacts) -> Value:
    """``image.width``."""
    return Number("int", 1) if self.size(1) is None else self.size(1)


@attribute("PIL.Image.Image.height")
def height(self: TensorFacts) -> Value:
    """``image.height``."""
    return Number("int", 1) if self.size(0) is None else self.size(0)


@attribute("PIL.Image.Image.mode", "PIL.Image.Image.format", "PIL.Image.Image.filename")
def mode(self: TensorFacts) -> Value:
    """``image.mode``."""
    return Text()


# OpenCV.


@function("cv2.imread")
def imread(machine: Machine, filename: Value, flags: Value = 1) -> Value:
    """``imread(filename, flags)``: BGR, or grey without a channel axis when flags are 0."""
    sides = (machine.new_symbol("H", 1), machine.new_symbol("W", 1))
    if flags in (0, 1):
        return made(sides if flags == 0 else (*sides, 3), "uint8", _BYTES)
    return of_picture(machine, *sides, None)


@function(
    "imageio.imread",
    "imageio.v2.imread",
    "imageio.v3.imread",
    "skimage.io.imread",
    "matplotlib.pyplot.imread",
    "matplotlib.image.imread",
)
def read_picture(machine: Machine, uri: Value, *args: Value, **options: Value) -> Value:
    """``imread(uri)``: of some size, with colours or without."""
    return of_picture(machine, machine.new_symbol("H", 1), machine.new_symbol("W", 1), None)


constant("cv2.IMREAD_GRAYSCALE", 0)
constant("cv2.IMREAD_COLOR", 1)
constant("cv2.IMREAD_UNCHANGED", -1)
for _name, _channels in {"BGR2RGB": 3, "RGB2BGR": 3, "BGR2GRAY": 0, "RGB2GRAY": 0, "GRAY2RGB": 3, "GRAY2BGR": 3,
                         "BGR2HSV": 3, "RGB2HSV": 3, "HSV2BGR": 3, "BGR2LAB": 3, "BGRA2RGB": 3}.items():  # fmt: skip
    constant(f"cv2.COLOR_{_name}", ("channels", _channels))


@function("cv2.cvtColor")
def cvt_color(machine: Machine, src: Value, code: Value, *args: Value) -> Value:
    """``cvtColor(src, code)``."""
    array = as_array(machine, src)
    if array.shape is None or not isinstance(code, tuple):
        return made(None, array.dtype)
    return made((*array.shape[:2], code[1]) if code[1] else array.shape[:2], array.dtype, array.values)


@function("cv2.resize")
def cv_resize(machine: Machine, src: Value, dsize: Value = None, *args: Value, **options: Value) -> Value:
    """``resize(src, (width, height))``; one channel on an axis of its own is dropped."""
    array = as_array(machine, src)
    sizes = None if dsize is None else shape_of(machine, dsize)
    if array.shape is None or sizes is None or len(sizes) != 2:
        return made(None, array.dtype)
    rest = array.shape[2:]
    return made(
        (sizes[1], sizes[0], *(() if rest == (1,) else rest)),
        array.dtype,
        ValueFacts(array.values.low, array.values.high),
    )


@function("cv2.flip", "cv2.GaussianBlur", "cv2.blur", "cv2.medianBlur", "cv2.threshold_", "cv2.Canny_")
def cv_same(machine: Machine, src: Value, *args: Value, **options: Value) -> Value:
    """What keeps the size of an array."""
    array = as_array(machine, src)
    return made(array.shape, array.dtype, ValueFacts(array.values.low, array.values.high))


@function("cv2.imwrite", "cv2.imshow", "cv2.waitKey", "cv2.destroyAllWindows")
def cv_nothing(*args: Value) -> None:
    """Windows and files."""
