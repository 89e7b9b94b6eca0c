"""Discrete Fourier transforms."""

from __future__ import annotations

from typing import Any

from snugly.facts.dims import Dim, less
from snugly.facts.dtypes import COMPLEX, complex_of, real_of
from snugly.facts.misfits import Misfit
from snugly.facts.tensors import TensorFacts
from snugly.facts.values import NOTHING_KNOWN
from snugly.operations.arguments import axes_of, axis_of, chosen_device, chosen_dtype, flag, listed, whole
from snugly.operations.pointwise import floating
from snugly.operations.registry import operation
from snugly.operations.results import made

_FFT = "torch.fft."


def _spectrum(dtype: str | None) -> str | None:
    real = floating(dtype)
    return None if real is None else complex_of(real)


def _replaced(input: TensorFacts, sizes: dict[int, Dim | None]) -> tuple[Dim | None, ...] | None:
    if input.shape is None:
        return None
    for axis, size in sizes.items():
        if less(size, 1):
            message = f"Invalid number of data points ({size}) specified"
            raise Misfit(message, clause="fft-size", argument="n", axis=axis)
    return tuple(sizes.get(axis, size) for axis, size in enumerate(input.shape))


def _one(input: TensorFacts, n: Any, dim: Any, kind: str) -> TensorFacts:
    axis = axis_of(dim, input.rank)
    dtype = _spectrum(input.dtype)
    if kind in ("hfft", "irfft"):
        dtype = None if dtype is None else real_of(dtype)
    elif kind in ("rfft", "ihfft") and input.dtype in COMPLEX:
        message = f"{kind} expects a real input tensor, but got ComplexFloat"
        raise Misfit(message, clause="fft-dtype", argument="input", dtype=input.dtype)
    if axis is None or input.shape is None:
        return made(None if input.rank is None else (None,) * input.rank, dtype, input)
    if not input.shape:
        message = f"Dimension specified as {dim} but tensor has no dimensions"
        raise Misfit(message, clause="axis-range", raises="IndexError", argument="dim")
    length = input.shape[axis] if n is None else whole(n)
    return made(_replaced(input, {axis: _length(length, kind, given=n is not None)}), dtype, input, axes=input.axes)


def _length(length: Dim | None, kind: str, *, given: bool) -> Dim | None:
    """Return the size of a transformed axis: half of it for real input, twice for real output."""
    if length is None or kind == "fft":
        return length
    if kind in ("rfft", "ihfft"):
        return length // 2 + 1
    return length if given else 2 * (length - 1)


def _declare_one() -> None:
    kinds = {"fft": "fft", "ifft": "fft", "rfft": "rfft", "ihfft": "ihfft", "irfft": "irfft", "hfft": "hfft"}
    for name, kind in kinds.items():

        def transform(
            input: TensorFacts, n: Any = None, dim: int = -1, norm: str | None = None, *, kind: str = kind
        ) -> TensorFacts:
            del norm
            return _one(input, n, dim, kind)

        operation(_FFT + name)(transform)


_declare_one()


def _several(input: TensorFacts, s: Any, dim: Any, kind: str) -> TensorFacts:
    dtype = _spectrum(input.dtype)
    if kind in ("hfft", "irfft"):
        dtype = None if dtype is None else real_of(dtype)
    elif kind in ("rfft", "ihfft") and input.dtype in COMPLEX:
        raise Misfit(
            f"{kind}n expects a real-valued input tensor, but got ComplexFloat", clause="fft-dtype", argument="input"
        )
    if input.shape is None:
        return made(None, dtype, input)
    sizes = None if s is None else listed(s)
    if dim is None:
        count = len(input.shape) if sizes is None else len(sizes)
        axes: tuple[int, ...] | None = tuple(range(len(input.shape) - count, len(input.shape)))
    else:
        axes = axes_of(dim, len(input.shape))
    if axes is None or (s is not None and sizes is None) or not input.shape:
        return made((None,) * len(input.shape), dtype, input)
    lengths: dict[int, Dim | None] = {}
    for place, axis in enumerate(axes):
        given = sizes is not None and place < len(sizes) and sizes[place] != -1
        length = whole(sizes[place]) if given and sizes is not None else input.shape[axis]
        lengths[axis] = _length(length, kind, given=given) if place == len(axes) - 1 else length
    return made(_replaced(input, lengths), dtype, input, axes=input.axes)


def _declare_several() -> None:
    kinds = {"fft": "fft", "ifft": "fft", "rfft": "rfft", "ihfft": "ihfft", "irfft": "irfft", "hfft": "hfft"}
    for name, kind in kinds.items():

        def two(
            input: TensorFacts, s: Any = None, dim: Any = (-2, -1), norm: str | None = None, *, kind: str = kind
        ) -> TensorFacts:
            del norm
            return _several(input, s, dim, kind)

        def many(
            input: TensorFacts, s: Any = None, dim: Any = None, norm: str | None = None, *, kind: str = kind
        ) -> TensorFacts:
            del norm
            return _several(input, s, dim, kind)

        operation(f"{_FFT}{name}2")(two)
        operation(f"{_FFT}{name}n")(many)


_declare_several()


@operation(_FFT + "fftshift", _FFT + "ifftshift")
def fftshift(input: TensorFacts, dim: Any = None) -> TensorFacts:
    """The zero frequency moved to the middle."""
    del dim
    return made(input.shape, input.dtype, input, values=NOTHING_KNOWN, axes=input.axes)


@operation(_FFT + "fftfreq")
def fftfreq(
    n: Any, d: float = 1.0, *, dtype: str | None = None, device: str | None = None, requires_grad: bool = False
) -> TensorFacts:
    """The frequencies of a transform."""
    del d
    return TensorFacts((whole(n),), chosen_dtype(dtype, "float32"), chosen_device(device, "cpu"), requires_grad)


@operation(_FFT + "rfftfreq")
def rfftfreq(
    n: Any, d: float = 1.0, *, dtype: str | None = None, device: str | None = None, requires_grad: bool = False
) -> TensorFacts:
    """The frequencies of a transform of real numbers."""
    del d
    count = whole(n)
    size = None if count is None else count // 2 + 1
    return TensorFacts((size,), chosen_dtype(dtype, "float32"), chosen_device(device, "cpu"), requires_grad)


@operation("torch.stft", "torch.Tensor.stft", "torch.functional.stft")
def stft(
    input: TensorFacts,
    n_fft: Any,
    hop_length: Any = None,
    win_length: Any = None,
    window: TensorFacts | None = None,
    center: bool = True,
    pad_mode: str = "reflect",
    normalized: bool = False,
    onesided: bool | None = None,
    return_complex: bool | None = None,
    align_to_window: bool | None = None,
) -> TensorFacts:
    """Spectra of windows along the last axis: ``(batch) frequencies frames``."""
    del win_length, pad_mode, normalized, align_to_window
    points = whole(n_fft)
    hop = whole(hop_length) if hop_length is not None else (None if points is None else points // 4)
    samples = input.size(-1)
    if samples is not None and points is not None and center is True:
        samples = samples + 2 * (points // 2)
    frames = None
    if samples is not None and points is not None and hop is not None and isinstance(center, bool):
        frames = (samples - points) // hop + 1
    whole_band = onesided is False or (onesided is None and input.dtype in COMPLEX)
    bins = None if points is None else (points if whole_band else points // 2 + 1)
    if input.shape is None or input.dtype is None:
        return made(None, None, input, window)
    dtype = _spectrum(input.dtype)
    pair = () if return_complex is not False else (2,)
    return made((*input.shape[:-1], bins, frames, *pair), real_of(dtype or "") if pair else dtype, input, window)


@operation("torch.istft", "torch.Tensor.istft")
def istft(
    input: TensorFacts,
    n_fft: Any,
    hop_length: Any = None,
    win_length: Any = None,
    window: TensorFacts | None = None,
    center: bool = True,
    normalized: bool = False,
    onesided: bool | None = None,
    length: Any = None,
    return_complex: bool = False,
) -> TensorFacts:
    """The signal of a spectrum: ``(batch) samples``."""
    del win_length, normalized, onesided
    if input.dtype is not None and input.dtype not in COMPLEX:
        message = "istft requires a complex-valued input tensor matching the output from stft with return_complex=True."
        raise Misfit(message, clause="fft-dtype", argument="input", dtype=input.dtype)
    as_complex = flag(return_complex)
    dtype = input.dtype
    if dtype is not None and as_complex is not True:
        dtype = real_of(dtype) if as_complex is False else None
    points, frames = whole(n_fft), input.size(-1)
    hop = whole(hop_length) if hop_length is not None else (None if points is None else points // 4)
    samples: Dim | None = None
    if length is not None:
        samples = whole(length)
    elif points is not None and hop is not None and frames is not None and isinstance(center, bool):
        samples = points + hop * (frames - 1) - (2 * (points // 2) if center else 0)
    return made(None if input.shape is None else (*input.shape[:-2], samples), dtype, input, window)
