"""The losses of ``torch.nn`` and ``torch.nn.functional``: both reach the one judge, ``machine.loss``."""

from __future__ import annotations

from typing import Any, ClassVar

from snugly.contracts.calls import UNKNOWN
from snugly.facts.tensors import TensorFacts
from snugly.interpreter.values import Number, Text, Unknown, Value
from snugly.library.registry import function, model
from snugly.library.torch.arguments import REQUIRED, bind
from snugly.library.torch.module import Module

FUNCTIONAL = "torch.nn.functional"
_AVERAGED: dict[str, Any] = {"size_average": None, "reduce": None, "reduction": "mean"}
_PAIR: dict[str, Any] = {"input": REQUIRED, "target": REQUIRED}

# Every loss function: its parameters in order, with their defaults.
FUNCTIONS: dict[str, dict[str, Any]] = {
    "mse_loss": {**_PAIR, **_AVERAGED, "weight": None},
    "l1_loss": {**_PAIR, **_AVERAGED, "weight": None},
    "smooth_l1_loss": {**_PAIR, **_AVERAGED, "beta": 1.0},
    "huber_loss": {**_PAIR, "reduction": "mean", "delta": 1.0, "weight": None},
    "binary_cross_entropy": {**_PAIR, "weight": None, **_AVERAGED},
    "binary_cross_entropy_with_logits": {**_PAIR, "weight": None, **_AVERAGED, "pos_weight": None},
    "cross_entropy": {
        **_PAIR, "weight": None, "size_average": None, "ignore_index": -100, "reduce": None, "reduction": "mean",
        "label_smoothing": 0.0,
    },
    "nll_loss": {
        **_PAIR, "weight": None, "size_average": None, "ignore_index": -100, "reduce": None, "reduction": "mean",
    },
    "kl_div": {**_PAIR, **_AVERAGED, "log_target": False},
    "poisson_nll_loss": {
        **_PAIR, "log_input": True, "full": False, "size_average": None, "eps": 1e-8, "reduce": None,
        "reduction": "mean",
    },
    "gaussian_nll_loss": {**_PAIR, "var": REQUIRED, "full": False, "eps": 1e-6, "reduction": "mean"},
    "hinge_embedding_loss": {**_PAIR, "margin": 1.0, **_AVERAGED},
    "soft_margin_loss": {**_PAIR, **_AVERAGED},
    "multilabel_soft_margin_loss": {**_PAIR, "weight": None, **_AVERAGED},
    "multilabel_margin_loss": {**_PAIR, **_AVERAGED},
    "multi_margin_loss": {**_PAIR, "p": 1, "margin": 1.0, "weight": None, **_AVERAGED},
    "margin_ranking_loss": {"input1": REQUIRED, "input2": REQUIRED, "target": REQUIRED, "margin": 0, **_AVERAGED},
    "cosine_embedding_loss": {"input1": REQUIRED, "input2": REQUIRED, "target": REQUIRED, "margin": 0, **_AVERAGED},
    "triplet_margin_loss": {
        "anchor": REQUIRED, "positive": REQUIRED, "negative": REQUIRED, "margin": 1.0, "p": 2, "eps": 1e-6,
        "swap": False, **_AVERAGED,
    },
    "triplet_margin_with_distance_loss": {
        "anchor": REQUIRED, "positive": REQUIRED, "negative": REQUIRED, "distance_function": None, "margin": 1.0,
        "swap": False, "reduction": "mean",
    },
    "ctc_loss": {
        "log_probs": REQUIRED, "targets": REQUIRED, "input_lengths": REQUIRED, "target_lengths": REQUIRED, "blank": 0,
        "reduction": "mean", "zero_infinity": False,
    },
    "linear_cross_entropy": {
        "input": REQUIRED, "weight": REQUIRED, "target": REQUIRED, "bias": None, "ignore_index": -100,
        "reduction": "mean", "label_smoothing": 0.0,
    },
}

# Every loss module: its function, and the constructor's parameters in order with their defaults.
_SIZES: dict[str, Any] = {"size_average": None, "reduce": None, "reduction": "mean"}
_WEIGHTED: dict[str, Any] = {"weight": None, **_SIZES}
MODULES: dict[str, tuple[str, dict[str, Any]]] = {
    "MSELoss": ("mse_loss", _SIZES),
    "L1Loss": ("l1_loss", _SIZES),
    "SmoothL1Loss": ("smooth_l1_loss", {**_SIZES, "beta": 1.0}),
    "HuberLoss": ("huber_loss", {"reduction": "mean", "delta": 1.0}),
    "BCELoss": ("binary_cross_entropy", _WEIGHTED),
    "BCEWithLogitsLoss": ("binary_cross_entropy_with_logits", {**_WEIGHTED, "pos_weight": None}),
    "CrossEntropyLoss": (
        "cross_entropy",
        {
            "weight": None, "size_average": None, "ignore_index": -100, "reduce": None, "reduction": "mean",
            "label_smoothing": 0.0,
        },
    ),
    "NLLLoss": (
        "nll_loss",
        {"weight": None, "size_average": None, "ignore_index": -100, "reduce": None, "reduction": "mean"},
    ),
    "NLLLoss2d": (
        "nll_loss",
        {"weight": None, "size_average": None, "ignore_index": -100, "reduce": None, "reduction": "mean"},
    ),
    "KLDivLoss": ("kl_div", {**_SIZES, "log_target": False}),
    "PoissonNLLLoss": (
        "poisson_nll_loss",
        {"log_input": True, "full": False, "size_average": None, "eps": 1e-8, "reduce": None, "reduction": "mean"},
    ),
    "GaussianNLLLoss": ("gaussian_nll_loss", {"full": False, "eps": 1e-6, "reduction": "mean"}),
    "HingeEmbeddingLoss": ("hinge_embedding_loss", {"margin": 1.0, **_SIZES}),
    "SoftMarginLoss": ("soft_margin_loss", _SIZES),
    "MultiLabelSoftMarginLoss": ("multilabel_soft_margin_loss", _WEIGHTED),
    "MultiLabelMarginLoss": ("multilabel_margin_loss", _SIZES),
    "MultiMarginLoss": ("multi_margin_loss", {"p": 1, "margin": 1.0, **_WEIGHTED}),
    "MarginRankingLoss": ("margin_ranking_loss", {"margin": 0.0, **_SIZES}),
    "CosineEmbeddingLoss": ("cosine_embedding_loss", {"margin": 0.0, **_SIZES}),
    "TripletMarginLoss": (
        "triplet_margin_loss",
        {"margin": 1.0, "p": 2.0, "eps": 1e-6, "swap": False, **_SIZES},
    ),
    "TripletMarginWithDistanceLoss": (
        "triplet_margin_with_distance_loss",
        {"distance_function": None, "margin": 1.0, "swap": False, "reduction": "mean"},
    ),
    "CTCLoss": ("ctc_loss", {"blank": 0, "reduction": "mean", "zero_infinity": False}),
}

# Parameters that take a tensor where they take anything but ``None``.
TENSORS = frozenset(
    {
        "input", "target", "weight", "pos_weight", "var", "input1", "input2", "anchor", "positive", "negative",
        "log_probs", "targets", "input_lengths", "target_lengths", "bias",
    }
)  # fmt: skip


def judge(machine: Any, loss: str, bound: dict[str, Value], module: str | None = None) -> Value:
    """Hand a call with bound arguments to the machine, tensors apart from options; defaults are left out."""
    defaults = FUNCTIONS[loss]
    arguments: dict[str, TensorFacts] = {}
    options: dict[str, Any] = {}
    for name, value in bound.items():
        if isinstance(value, TensorFacts):
            arguments[name] = value
        elif name in TENSORS and value is not None and isinstance(value, Unknown):
            arguments[name] = TensorFacts()
        elif value is not defaults.get(name, REQUIRED) and not (name in TENSORS and value is None):
            options[name] = UNKNOWN if isinstance(value, Unknown | Number | Text) else value
    return machine.loss(f"{FUNCTIONAL}.{loss}", arguments, options, module)


class LossModule(Module):
    """A loss as a module: the options of the constructor become attributes, class weights buffers."""

    _loss: ClassVar[str] = ""
    _parameters: ClassVar[dict[str, Any]] = {}

    def __init__(self, *args: Value, **kwargs: Value) -> None:
        """Keep the options."""
        for name, value in bind(self._parameters, args, kwargs).items():
            if name in ("weight", "pos_weight"):
                self._buffers = self._buffers | {name}
            setattr(self, name, value)

    def forward(self, machine: Any, *args: Value, **kwargs: Value) -> Value:
        """Judge the call with the module's options."""
        tensors = {
            name: default for name, default in FUNCTIONS[self._loss].items() if name not in self._parameters
        }
        if self._loss in ("mse_loss", "l1_loss", "huber_loss"):
            tensors.pop("weight")
        options = {name: getattr(self, name) for name in self._parameters}
        with machine.layer(self.origin):
            return judge(machine, self._loss, bind(tensors, args, kwargs) | options, self.path)


def _declare_module(name: str, loss: str, parameters: dict[str, Any]) -> None:
    members = {
        "__doc__": f"What the interpreter knows of ``torch.nn.{name}``.",
        "_loss": loss,
        "_parameters": parameters,
    }
    model(f"torch.nn.{name}")(type(name, (LossModule,), members))


def _declare_function(name: str, parameters: dict[str, Any]) -> None:
    def call(machine: Any, *args: Value, **kwargs: Value) -> Value:
        return judge(machine, name, bind(parameters, args, kwargs))

    call.__name__ = name
    call.__doc__ = f"Judge a call of ``{FUNCTIONAL}.{name}``."
    function(f"{FUNCTIONAL}.{name}")(call)


for _name, (_loss, _options) in MODULES.items():
    _declare_module(_name, _loss, _options)
for _name, _options in FUNCTIONS.items():
    _declare_function(_name, _options)
