"""Pooling and padding layers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from snugly.library.registry import model
from snugly.library.torch.arguments import REQUIRED, known_items, sizes
from snugly.library.torch.layers.functional import FUNCTIONAL, FunctionalLayer, layer
from snugly.library.torch.module import Module

if TYPE_CHECKING:
    from snugly.interpreter.values import Value


class _StridedPool(FunctionalLayer):
    """A pooling layer whose stride is its kernel size unless given."""

    def __init__(self, *args: Value, **kwargs: Value) -> None:
        """Keep the options."""
        super().__init__(*args, **kwargs)
        if vars(self).get("stride") is None:
            self.stride = vars(self)["kernel_size"]


def _strided(name: str, function: str, parameters: dict[str, Any]) -> None:
    members = {
        "__doc__": f"What the interpreter knows of ``torch.nn.{name}``.",
        "_function": f"{FUNCTIONAL}.{function}",
        "_parameters": parameters,
        "_passes": {key: key for key in parameters},
    }
    model(f"torch.nn.{name}")(type(name, (_StridedPool,), members))


_WINDOW: dict[str, Any] = {"kernel_size": REQUIRED, "stride": None}

for _axes in (1, 2, 3):
    _strided(
        f"MaxPool{_axes}d",
        f"max_pool{_axes}d",
        {**_WINDOW, "padding": 0, "dilation": 1, "return_indices": False, "ceil_mode": False},
    )
    _divisor = {} if _axes == 1 else {"divisor_override": None}
    _strided(
        f"AvgPool{_axes}d",
        f"avg_pool{_axes}d",
        {**_WINDOW, "padding": 0, "ceil_mode": False, "count_include_pad": True, **_divisor},
    )
    layer(f"LPPool{_axes}d", f"lp_pool{_axes}d", {"norm_type": REQUIRED, **_WINDOW, "ceil_mode": False})
    layer(f"AdaptiveAvgPool{_axes}d", f"adaptive_avg_pool{_axes}d", {"output_size": REQUIRED})
    layer(
        f"AdaptiveMaxPool{_axes}d",
        f"adaptive_max_pool{_axes}d",
        {"output_size": REQUIRED, "return_indices": False},
    )
    _strided(f"MaxUnpool{_axes}d", f"max_unpool{_axes}d", {**_WINDOW, "padding": 0})


class _FractionalPool(FunctionalLayer):
    """A pooling layer whose windows lie at random; its sizes are given for each axis."""

    def __init__(self, *args: Value, **kwargs: Value) -> None:
        """Keep the options."""
        super().__init__(*args, **kwargs)
        held = vars(self)
        axes = 2 if self.path.endswith("2d") else 3
        for name in ("kernel_size", "output_size"):
            if held[name] is not None:
                held[name] = sizes(held[name], axes)


for _axes in (2, 3):
    _members: dict[str, Any] = {
        "__doc__": f"What the interpreter knows of ``torch.nn.FractionalMaxPool{_axes}d``.",
        "_function": f"{FUNCTIONAL}.fractional_max_pool{_axes}d",
        "_parameters": {
            "kernel_size": REQUIRED,
            "output_size": None,
            "output_ratio": None,
            "return_indices": False,
            "_random_samples": None,
        },
        "_passes": {name: name for name in ("kernel_size", "output_size", "output_ratio", "return_indices")},
    }
    model(f"torch.nn.FractionalMaxPool{_axes}d")(type(f"FractionalMaxPool{_axes}d", (_FractionalPool,), _members))


class _Pad(Module):
    """A layer that widens the last axes."""

    _axes: ClassVar[int] = 1
    _mode: ClassVar[str] = "constant"
    _filler: ClassVar[Any] = 0.0

    def __init__(self, padding: Value) -> None:
        """Keep the padding as a tuple, last axis first."""
        items = known_items(padding)
        self.padding = (padding,) * (2 * self._axes) if items is None else items

    def forward(self, machine: Any, input: Value) -> Value:
        """Pad."""
        filler = getattr(self, "value", self._filler)
        options = {"value": filler} if self._mode == "constant" else {}
        return self._operate(machine, f"{FUNCTIONAL}.pad", input, self.padding, mode=self._mode, **options)


class _ConstantPad(_Pad):
    """Padding with a value of one's own."""

    def __init__(self, padding: Value, value: Value) -> None:
        """Keep the padding and the value."""
        super().__init__(padding)
        self.value = value


for _axes in (1, 2, 3):
    for _name, _mode, _base in (
        ("ZeroPad", "constant", _Pad),
        ("ConstantPad", "constant", _ConstantPad),
        ("ReflectionPad", "reflect", _Pad),
        ("ReplicationPad", "replicate", _Pad),
        ("CircularPad", "circular", _Pad),
    ):
        _full = f"{_name}{_axes}d"
        _members = {
            "__doc__": f"What the interpreter knows of ``torch.nn.{_full}``.",
            "_axes": _axes,
            "_mode": _mode,
        }
        model(f"torch.nn.{_full}")(type(_full, (_base,), _members))
