"""Convolutions, transposed ones, and their lazy forms."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from snugly.library.registry import alias, model
from snugly.library.torch.arguments import size, sizes, tensor
from snugly.library.torch.layers.functional import FUNCTIONAL
from snugly.library.torch.layers.linear import optional_bias
from snugly.library.torch.module import Module, new_parameter

if TYPE_CHECKING:
    from snugly.facts.dims import Dim
    from snugly.interpreter.values import Value


def quotient(whole: Dim | None, part: Dim | None) -> Dim | None:
    """Divide sizes, rounding down; unknown where one is, or where the divisor may be zero."""
    if whole is None or part is None or part == 0:
        return None
    return whole // part


def per_axis(value: Value, count: int) -> Value:
    """Return an option as torch keeps it: a tuple with an entry for each axis, strings as they are."""
    return value if isinstance(value, str) else sizes(value, count)


@model("torch.nn.modules.conv._ConvNd")
class ConvNd(Module):
    """What the convolutions share."""

    _axes: ClassVar[int] = 2

    def _set_options(self, **options: Value) -> None:
        for name, value in options.items():
            setattr(self, name, value)

    def _window(self) -> tuple[Dim | None, ...]:
        return sizes(vars(self)["kernel_size"], self._axes)


class _Conv(ConvNd):
    """Weight ``(out_channels, in_channels // groups, *kernel_size)``."""

    def __init__(
        self,
        machine: Any,
        in_channels: Value,
        out_channels: Value,
        kernel_size: Value,
        stride: Value = 1,
        padding: Value = 0,
        dilation: Value = 1,
        groups: Value = 1,
        bias: Value = True,
        padding_mode: Value = "zeros",
        device: Value = None,
        dtype: Value = None,
    ) -> None:
        """Make the parameters."""
        self._set_options(
            in_channels=in_channels,
            out_channels=out_channels,
            kernel_size=per_axis(kernel_size, self._axes),
            stride=per_axis(stride, self._axes),
            padding=per_axis(padding, self._axes),
            dilation=per_axis(dilation, self._axes),
            groups=groups,
            padding_mode=padding_mode,
            transposed=False,
            output_padding=(0,) * self._axes,
        )
        rows = size(out_channels)
        self.weight = new_parameter(machine, (rows, quotient(size(in_channels), size(groups)), *self._window()), dtype)
        self.bias = optional_bias(machine, bias, (rows,), dtype)

    def forward(self, machine: Any, input: Value) -> Value:
        """Pad where the mode asks for it, and convolve."""
        held = vars(self)
        padding = held["padding"]
        if held["padding_mode"] not in ("zeros", None):
            input = self._pad(machine, input, padding)
            padding = (0,) * self._axes
        return self._operate(
            machine,
            f"{FUNCTIONAL}.conv{self._axes}d",
            input,
            self.weight,
            self.bias,
            stride=held["stride"],
            padding=padding,
            dilation=held["dilation"],
            groups=held["groups"],
        )

    def _pad(self, machine: Any, input: Value, padding: Value) -> Value:
        held = vars(self)
        if isinstance(padding, str):
            totals: list[Dim] = [
                0 if padding == "valid" or window is None or step is None else step * (window - 1)
                for window, step in zip(self._window(), sizes(held["dilation"], self._axes), strict=True)
            ]
            pairs: list[tuple[Dim | None, Dim | None]] = [(total // 2, total - total // 2) for total in totals]
        else:
            pairs = [(width, width) for width in sizes(padding, self._axes)]
        widths = tuple(width for pair in reversed(pairs) for width in pair)
        return self._operate(machine, f"{FUNCTIONAL}.pad", input, widths, mode=held["padding_mode"])


class _ConvTranspose(ConvNd):
    """Weight ``(in_channels, out_channels // groups, *kernel_size)``."""

    def __init__(
        self,
        machine: Any,
        in_channels: Value,
        out_channels: Value,
        kernel_size: Value,
        stride: Value = 1,
        padding: Value = 0,
        output_padding: Value = 0,
        groups: Value = 1,
        bias: Value = True,
        dilation: Value = 1,
        padding_mode: Value = "zeros",
        device: Value = None,
        dtype: Value = None,
    ) -> None:
        """Make the parameters."""
        self._set_options(
            in_channels=in_channels,
            out_channels=out_channels,
            kernel_size=per_axis(kernel_size, self._axes),
            stride=per_axis(stride, self._axes),
            padding=per_axis(padding, self._axes),
            output_padding=per_axis(output_padding, self._axes),
            dilation=per_axis(dilation, self._axes),
            groups=groups,
            padding_mode=padding_mode,
            transposed=True,
        )
        columns = quotient(size(out_channels), size(groups))
        self.weight = new_parameter(machine, (size(in_channels), columns, *self._window()), dtype)
        self.bias = optional_bias(machine, bias, (size(out_channels),), dtype)

    def forward(self, machine: Any, input: Value, output_size: Value = None) -> Value:
        """Convolve, transposed."""
        held = vars(self)
        extra = held["output_padding"] if output_size is None else self._extra(tensor(input), output_size)
        return self._operate(
            machine,
            f"{FUNCTIONAL}.conv_transpose{self._axes}d",
            input,
            self.weight,
            self.bias,
            stride=held["stride"],
            padding=held["padding"],
            output_padding=extra,
            groups=held["groups"],
            dilation=held["dilation"],
        )

    def _extra(self, input: Any, output_size: Value) -> tuple[Dim | None, ...]:
        """Return the output padding that gives the size asked for."""
        held = vars(self)
        wanted = sizes(output_size, self._axes)
        extra: list[Dim | None] = []
        for axis in range(self._axes):
            parts = (
                input.size(axis - self._axes),
                self._window()[axis],
                *(sizes(held[name], self._axes)[axis] for name in ("stride", "padding", "dilation")),
                wanted[axis],
            )
            if any(part is None for part in parts):
                extra.append(None)
                continue
            length, window, stride, padding, dilation, target = parts
            least = (length - 1) * stride - 2 * padding + dilation * (window - 1) + 1
            extra.append(target - least)
        return tuple(extra)


class _LazyConv:
    """A convolution that takes ``in_channels`` from its first input."""

    def __init__(self, machine: Any, *args: Value, **kwargs: Value) -> None:
        """Make the parameters, the weight without its channels."""
        super().__init__(machine, None, *args, **kwargs)  # type: ignore[call-arg]  # the convolution it is mixed into
        self.in_channels: Value = 0

    def forward(self, machine: Any, input: Value, *rest: Value, **kwargs: Value) -> Value:
        """Take the number of channels, once, and convolve."""
        layer: Any = self
        if self.in_channels == 0:
            machine.touch(self)
            self.in_channels = tensor(input).size(-1 - layer._axes)
            axis = 0 if layer.transposed else 1
            shape = list(layer.weight.shape)
            shape[axis] = self.in_channels if axis == 0 else quotient(self.in_channels, size(layer.groups))
            layer.weight = layer.weight.with_(shape=tuple(shape))
        return super().forward(machine, input, *rest, **kwargs)  # type: ignore[misc]  # as above


for _axes in (1, 2, 3):
    for _name, _base in ((f"Conv{_axes}d", _Conv), (f"ConvTranspose{_axes}d", _ConvTranspose)):
        _doc = f"What the interpreter knows of ``torch.nn.{_name}``."
        _declared: Any = model(f"torch.nn.{_name}")(type(_name, (_base,), {"__doc__": _doc, "_axes": _axes}))
        _doc = f"What the interpreter knows of ``torch.nn.Lazy{_name}``."
        model(f"torch.nn.Lazy{_name}")(type(f"Lazy{_name}", (_LazyConv, _declared), {"__doc__": _doc}))

alias("torch.nn.modules.conv", "torch.nn")
