"""Layers that only hold the options of one function of ``torch.nn.functional``: a table of them.

Each entry gives the constructor's parameters in order with their defaults, the function that ``forward``
calls, and which attributes it passes by which names; without ``passes`` every parameter is passed by its own
name. ``training`` passes the flag that ``train`` and ``eval`` set.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from snugly.library.registry import model
from snugly.library.torch.arguments import REQUIRED, bind
from snugly.library.torch.module import Module

if TYPE_CHECKING:
    from snugly.interpreter.values import Value

FUNCTIONAL = "torch.nn.functional"


class FunctionalLayer(Module):
    """A layer whose ``forward`` passes its input and its options to one function."""

    _function: ClassVar[str] = ""
    _parameters: ClassVar[dict[str, Any]] = {}
    _passes: ClassVar[dict[str, str]] = {}

    def __init__(self, *args: Value, **kwargs: Value) -> None:
        """Keep the options as attributes."""
        for name, value in bind(self._parameters, args, kwargs).items():
            setattr(self, name, value)

    def forward(self, machine: Any, *args: Value, **kwargs: Value) -> Value:
        """Apply the function."""
        options = {keyword: getattr(self, attribute) for keyword, attribute in self._passes.items()}
        return self._operate(machine, self._function, *args, **options, **kwargs)


def layer(
    name: str, function: str, parameters: dict[str, Any] | None = None, passes: dict[str, str] | None = None
) -> type[FunctionalLayer]:
    """Declare a layer of ``torch.nn``."""
    parameters = parameters or {}
    members = {
        "__doc__": f"What the interpreter knows of ``torch.nn.{name}``.",
        "_function": function if function.startswith("torch.") else f"{FUNCTIONAL}.{function}",
        "_parameters": parameters,
        "_passes": {key: key for key in parameters} if passes is None else passes,
    }
    declared: type[FunctionalLayer] = type(name, (FunctionalLayer,), members)
    return model(f"torch.nn.{name}")(declared)


INPLACE = {"inplace": False}

for _name, _function, _parameters in (
    ("Threshold", "threshold", {"threshold": REQUIRED, "value": REQUIRED, **INPLACE}),
    ("ReLU", "relu", INPLACE),
    ("Hardtanh", "hardtanh", {"min_val": -1.0, "max_val": 1.0, **INPLACE}),
    ("ReLU6", "relu6", INPLACE),
    ("Sigmoid", "torch.sigmoid", {}),
    ("Hardsigmoid", "hardsigmoid", INPLACE),
    ("Tanh", "torch.tanh", {}),
    ("SiLU", "silu", INPLACE),
    ("Mish", "mish", INPLACE),
    ("Hardswish", "hardswish", INPLACE),
    ("ELU", "elu", {"alpha": 1.0, **INPLACE}),
    ("CELU", "celu", {"alpha": 1.0, **INPLACE}),
    ("SELU", "selu", INPLACE),
    ("GLU", "glu", {"dim": -1}),
    ("GELU", "gelu", {"approximate": "none"}),
    ("Hardshrink", "hardshrink", {"lambd": 0.5}),
    ("LeakyReLU", "leaky_relu", {"negative_slope": 0.01, **INPLACE}),
    ("LogSigmoid", "logsigmoid", {}),
    ("Softplus", "softplus", {"beta": 1.0, "threshold": 20.0}),
    ("Softshrink", "softshrink", {"lambd": 0.5}),
    ("Softsign", "softsign", {}),
    ("Tanhshrink", "tanhshrink", {}),
    ("Softmin", "softmin", {"dim": None}),
    ("Softmax", "softmax", {"dim": None}),
    ("LogSoftmax", "log_softmax", {"dim": None}),
    ("Flatten", "torch.flatten", {"start_dim": 1, "end_dim": -1}),
    ("PixelShuffle", "pixel_shuffle", {"upscale_factor": REQUIRED}),
    ("PixelUnshuffle", "pixel_unshuffle", {"downscale_factor": REQUIRED}),
    ("ChannelShuffle", "channel_shuffle", {"groups": REQUIRED}),
    ("CosineSimilarity", "cosine_similarity", {"dim": 1, "eps": 1e-8}),
    ("PairwiseDistance", "pairwise_distance", {"p": 2.0, "eps": 1e-6, "keepdim": False}),
    ("LocalResponseNorm", "local_response_norm", {"size": REQUIRED, "alpha": 1e-4, "beta": 0.75, "k": 1.0}),
    ("CrossMapLRN2d", "local_response_norm", {"size": REQUIRED, "alpha": 1e-4, "beta": 0.75, "k": 1}),
    (
        "Unfold",
        "unfold",
        {"kernel_size": REQUIRED, "dilation": 1, "padding": 0, "stride": 1},
    ),
    (
        "Fold",
        "fold",
        {"output_size": REQUIRED, "kernel_size": REQUIRED, "dilation": 1, "padding": 0, "stride": 1},
    ),
    (
        "Upsample",
        "interpolate",
        {
            "size": None,
            "scale_factor": None,
            "mode": "nearest",
            "align_corners": None,
            "recompute_scale_factor": None,
        },
    ),
):
    layer(_name, _function, _parameters)

layer(
    "RReLU",
    "rrelu",
    {"lower": 1 / 8, "upper": 1 / 3, **INPLACE},
    {"lower": "lower", "upper": "upper", "training": "training", "inplace": "inplace"},
)
layer(
    "Unflatten",
    "torch.unflatten",
    {"dim": REQUIRED, "unflattened_size": REQUIRED},
    {"dim": "dim", "sizes": "unflattened_size"},
)

for _name, _function in (
    ("Dropout", "dropout"),
    ("Dropout1d", "dropout1d"),
    ("Dropout2d", "dropout2d"),
    ("Dropout3d", "dropout3d"),
    ("AlphaDropout", "alpha_dropout"),
    ("FeatureAlphaDropout", "feature_alpha_dropout"),
):
    layer(_name, _function, {"p": 0.5, **INPLACE}, {"p": "p", "training": "training", "inplace": "inplace"})


@model("torch.nn.Identity")
class Identity(Module):
    """Takes any arguments and returns its input."""

    def forward(self, machine: Any, input: Value = None) -> Value:
        """Return the input."""
        return input


@model("torch.nn.Softmax2d")
class Softmax2d(Module):
    """Softmax over the channels."""

    def forward(self, machine: Any, input: Value) -> Value:
        """Apply softmax along the third axis from the end."""
        return self._operate(machine, f"{FUNCTIONAL}.softmax", input, dim=-3)


@model("torch.nn.UpsamplingNearest2d")
class UpsamplingNearest2d(Module):
    """``Upsample`` with ``mode="nearest"``."""

    mode: Value = "nearest"
    align_corners: Value = None

    def __init__(self, size: Value = None, scale_factor: Value = None) -> None:
        """Keep the size or the factor."""
        self.size, self.scale_factor = size, scale_factor

    def forward(self, machine: Any, input: Value) -> Value:
        """Interpolate."""
        return self._operate(
            machine,
            f"{FUNCTIONAL}.interpolate",
            input,
            size=self.size,
            scale_factor=self.scale_factor,
            mode=self.mode,
            align_corners=self.align_corners,
        )


@model("torch.nn.UpsamplingBilinear2d")
class UpsamplingBilinear2d(UpsamplingNearest2d):
    """``Upsample`` with ``mode="bilinear"`` and aligned corners."""

    mode = "bilinear"
    align_corners = True
