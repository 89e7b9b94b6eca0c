"""From a call as it was written to a LossCall: positional and keyword arguments, functions and modules.

There is one table of modules, so that the interpreter, the runtime and ``snugly.fit`` bind alike, the
trap ``nn.MSELoss('none')`` included: its first parameter is the deprecated ``size_average``, and a text
that is not empty is true, so the reduction becomes ``"mean"``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any

from snugly.contracts.calls import UNKNOWN, LossCall
from snugly.contracts.contract import REDUCE, REDUCTION, REQUIRED, SIZE_AVERAGE, Parameter, optional_tensor, tensors
from snugly.facts.records import dataclass
from snugly.facts.tensors import TensorFacts

Tensors = Mapping[str, TensorFacts]


class BindingError(TypeError):
    """The arguments do not fit the signature; the message is Python's."""


@dataclass(frozen=True, slots=True)
class Module:
    """A loss module: its constructor, its ``forward`` and the function that this calls.

    Attributes:
        name: qualified name of the class.
        loss: qualified name of the function, or of the class itself where there is none.
        parameters: the parameters of the constructor.
        forward: the parameters of ``forward``, all tensors.
        renamed: names of ``forward``'s parameters that differ from the function's.
    """

    name: str
    loss: str
    parameters: tuple[Parameter, ...]
    forward: tuple[str, ...] = ("input", "target")
    renamed: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True)
class ModuleState:
    """A constructed loss module: what its attributes hold.

    Attributes:
        module: which class it is.
        tensors: facts of its buffers (``weight``, ``pos_weight``) and parameters.
        options: the options with which it calls its function.
        error: the type and message of what the constructor raises, if it does.
    """

    module: Module
    tensors: Tensors
    options: Mapping[str, Any]
    error: tuple[str, str] | None = None


_LEGACY = (SIZE_AVERAGE, REDUCE, REDUCTION)
_WEIGHTED = (optional_tensor("weight"), *_LEGACY)
_CLASSES = (optional_tensor("weight"), SIZE_AVERAGE, Parameter("ignore_index", -100), REDUCE, REDUCTION)
_PAIR = ("input", "target")
_TRIPLE = ("anchor", "positive", "negative")
_TWO = ("input1", "input2", "target")


def _keyword(name: str, default: Any = REQUIRED) -> Parameter:
    return Parameter(name, default, keyword_only=True)


def _module(
    name: str,
    function: str,
    parameters: Sequence[Parameter],
    forward: tuple[str, ...] = _PAIR,
    renamed: Mapping[str, str] | None = None,
) -> Module:
    return Module(f"torch.nn.{name}", f"torch.nn.functional.{function}", tuple(parameters), forward, renamed)


_MODULES = (
    _module("L1Loss", "l1_loss", _LEGACY),
    _module("MSELoss", "mse_loss", _LEGACY),
    _module("SmoothL1Loss", "smooth_l1_loss", (*_LEGACY, Parameter("beta", 1.0))),
    _module("HuberLoss", "huber_loss", (REDUCTION, Parameter("delta", 1.0))),
    _module("NLLLoss", "nll_loss", _CLASSES),
    _module("NLLLoss2d", "nll_loss", _CLASSES),
    _module("CrossEntropyLoss", "cross_entropy", (*_CLASSES, Parameter("label_smoothing", 0.0))),
    _module("BCELoss", "binary_cross_entropy", _WEIGHTED),
    _module("BCEWithLogitsLoss", "binary_cross_entropy_with_logits", (*_WEIGHTED, optional_tensor("pos_weight"))),
    _module("KLDivLoss", "kl_div", (*_LEGACY, Parameter("log_target", default=False))),
    _module(
        "PoissonNLLLoss",
        "poisson_nll_loss",
        (
            Parameter("log_input", default=True),
            Parameter("full", default=False),
            SIZE_AVERAGE,
            Parameter("eps", 1e-8),
            REDUCE,
            REDUCTION,
        ),
        ("log_input", "target"),
        {"log_input": "input"},
    ),
    _module(
        "GaussianNLLLoss",
        "gaussian_nll_loss",
        (_keyword("full", default=False), _keyword("eps", 1e-6), _keyword("reduction", "mean")),
        ("input", "target", "var"),
    ),
    _module("HingeEmbeddingLoss", "hinge_embedding_loss", (Parameter("margin", 1.0), *_LEGACY)),
    _module("SoftMarginLoss", "soft_margin_loss", _LEGACY),
    _module("MultiLabelMarginLoss", "multilabel_margin_loss", _LEGACY),
    _module("MultiLabelSoftMarginLoss", "multilabel_soft_margin_loss", _WEIGHTED),
    _module("MultiMarginLoss", "multi_margin_loss", (Parameter("p", 1), Parameter("margin", 1.0), *_WEIGHTED)),
    _module("MarginRankingLoss", "margin_ranking_loss", (Parameter("margin", 0.0), *_LEGACY), _TWO),
    _module("CosineEmbeddingLoss", "cosine_embedding_loss", (Parameter("margin", 0.0), *_LEGACY), _TWO),
    _module(
        "TripletMarginLoss",
        "triplet_margin_loss",
        (
            Parameter("margin", 1.0),
            Parameter("p", 2.0),
            Parameter("eps", 1e-6),
            Parameter("swap", default=False),
            *_LEGACY,
        ),
        _TRIPLE,
    ),
    _module(
        "TripletMarginWithDistanceLoss",
        "triplet_margin_with_distance_loss",
        (
            _keyword("distance_function", None),
            _keyword("margin", 1.0),
            _keyword("swap", default=False),
            _keyword("reduction", "mean"),
        ),
        _TRIPLE,
    ),
    _module(
        "CTCLoss",
        "ctc_loss",
        (Parameter("blank", 0), REDUCTION, Parameter("zero_infinity", default=False)),
        ("log_probs", "targets", "input_lengths", "target_lengths"),
    ),
    _module(
        "LinearCrossEntropyLoss",
        "linear_cross_entropy",
        (
            Parameter("in_features"),
            Parameter("num_classes"),
            _keyword("out_features", ()),
            _keyword("bias", default=False),
            _keyword("device", None),
            _keyword("dtype", None),
            _keyword("reduction", "mean"),
            optional_tensor("weight", keyword_only=True),
            _keyword("ignore_index", None),
            _keyword("label_smoothing", 0.0),
            _keyword("options", None),
        ),
    ),
    Module(
        "torch.nn.AdaptiveLogSoftmaxWithLoss",
        "torch.nn.AdaptiveLogSoftmaxWithLoss",
        (
            Parameter("in_features"),
            Parameter("n_classes"),
            Parameter("cutoffs"),
            Parameter("div_value", 4.0),
            Parameter("head_bias", default=False),
            Parameter("device", None),
            Parameter("dtype", None),
        ),
        ("input_", "target_"),
        {"input_": "input", "target_": "target"},
    ),
)

MODULES: dict[str, Module] = {module.name: module for module in _MODULES}
"""Every loss module of ``torch.nn``, by qualified name."""


def module(name: str) -> Module | None:
    """Return the loss module of a name: qualified, ``nn.MSELoss`` or ``MSELoss``."""
    return MODULES.get(f"torch.nn.{name.rpartition('.')[2]}")


def bind(parameters: Sequence[Parameter], positional: Sequence[Any], keywords: Mapping[str, Any]) -> dict[str, Any]:
    """Give each argument its parameter, as Python would; parameters that got none are left out.

    Raises:
        BindingError: too many arguments, an unknown name, one given twice, or one missing.
    """
    places = [parameter for parameter in parameters if not parameter.keyword_only]
    if len(positional) > len(places):
        msg = f"takes {len(places)} positional arguments but {len(positional)} were given"
        raise BindingError(msg)
    bound = {parameter.name: value for parameter, value in zip(places, positional, strict=False)}
    names = {parameter.name for parameter in parameters}
    for name, value in keywords.items():
        if name not in names:
            msg = f"got an unexpected keyword argument {name!r}"
            raise BindingError(msg)
        if name in bound:
            msg = f"got multiple values for argument {name!r}"
            raise BindingError(msg)
        bound[name] = value
    missing = [
        parameter.name for parameter in parameters if parameter.default is REQUIRED and parameter.name not in bound
    ]
    if missing:
        what = "a required argument" if len(missing) == 1 else f"{len(missing)} required arguments"
        msg = f"missing {what}: {', '.join(map(repr, missing))}"
        raise BindingError(msg)
    return bound


def bind_function(name: str, positional: Sequence[Any], keywords: Mapping[str, Any]) -> LossCall:
    """Return the LossCall of a call of a loss function.

    Args:
        name: the function, qualified or not.
        positional: the arguments by position; tensors as TensorFacts, unknown values as ``UNKNOWN``.
        keywords: the arguments by name.

    Raises:
        BindingError: the arguments do not fit the signature.
        KeyError: there is no loss of that name.
    """
    from snugly.contracts import contract

    found = contract(name)
    return _call(found.loss, found.tensors, bind(found.parameters, positional, keywords))


def _call(loss: str, tensor_names: Sequence[str], bound: Mapping[str, Any], module_name: str | None = None) -> LossCall:
    arguments: dict[str, TensorFacts] = {}
    options: dict[str, Any] = {}
    for name, value in bound.items():
        if isinstance(value, TensorFacts):
            arguments[name] = value
        elif name in tensor_names and value is UNKNOWN:
            arguments[name] = TensorFacts()
        elif not (name in tensor_names and value is None):
            options[name] = value
    return LossCall(loss, arguments, options, module_name)


def construct(name: str, positional: Sequence[Any], keywords: Mapping[str, Any]) -> ModuleState:
    """Return the state of a loss module that is constructed with these arguments.

    Raises:
        BindingError: the arguments do not fit the constructor.
        KeyError: there is no such module.
    """
    found = MODULES[name] if name in MODULES else MODULES[f"torch.nn.{name.rpartition('.')[2]}"]
    bound = bind(found.parameters, positional, keywords)
    values = {parameter.name: bound.get(parameter.name, parameter.default) for parameter in found.parameters}
    held = {key: value for key, value in values.items() if isinstance(value, TensorFacts)}
    options = {key: value for key, value in bound.items() if key not in held and not _absent(found, key, value)}
    error = _CHECKS[found.name](values) if found.name in _CHECKS else None
    if found.name == "torch.nn.LinearCrossEntropyLoss":
        held, options = _linear_state(values, held, options)
    return ModuleState(found, held, _without_legacy(options), error)


def _absent(found: Module, key: str, value: Any) -> bool:
    tensor = any(parameter.name == key and parameter.tensor for parameter in found.parameters)
    return tensor and value is None


def _without_legacy(options: Mapping[str, Any]) -> dict[str, Any]:
    """Turn ``size_average`` and ``reduce`` into the reduction that the module then has.

    A text that stands where ``size_average`` is expected is kept beside it, for the rule about it.
    """
    kept = {key: value for key, value in options.items() if key not in ("size_average", "reduce")}
    average, reduce = options.get("size_average"), options.get("reduce")
    if average is None and reduce is None:
        return kept
    if UNKNOWN in (average, reduce):
        return {**kept, "reduction": UNKNOWN}
    if reduce is not None and not reduce:
        return {**kept, "reduction": "none"}
    if isinstance(average, str):
        kept["size_average"] = average
    return {**kept, "reduction": "mean" if average is None or average else "sum"}


def _linear_state(
    values: Mapping[str, Any], held: Mapping[str, TensorFacts], options: Mapping[str, Any]
) -> tuple[dict[str, TensorFacts], dict[str, Any]]:
    dtype = values["dtype"] if isinstance(values["dtype"], str) else "float32"
    outer = values["out_features"] if isinstance(values["out_features"], tuple) else ()
    sizes = tuple(None if size is UNKNOWN else size for size in (values["num_classes"], *outer, values["in_features"]))
    kept = {**held, "linear_weight": TensorFacts(sizes, dtype, requires_grad=True, kind="parameter")}
    if values["bias"]:
        kept["linear_bias"] = TensorFacts(sizes[:-1], dtype, requires_grad=True, kind="parameter")
    layer = ("in_features", "num_classes", "out_features", "bias", "device", "dtype")
    return kept, {key: value for key, value in options.items() if key not in layer}


def bind_module(state: ModuleState, positional: Sequence[Any], keywords: Mapping[str, Any]) -> LossCall:
    """Return the LossCall of a call of a constructed loss module.

    Raises:
        BindingError: the arguments do not fit ``forward``.
    """
    parameters = tensors(*state.module.forward)
    renamed = state.module.renamed or {}
    bound = {renamed.get(name, name): value for name, value in bind(parameters, positional, keywords).items()}
    names = (*bound, *state.tensors)
    return _call(state.module.loss, names, {**state.options, **state.tensors, **bound}, state.module.name)


@cache
def parameter_names(name: str) -> tuple[str, ...]:
    """Return the names of the parameters of a loss function, in torch's order."""
    from snugly.contracts import contract

    return tuple(parameter.name for parameter in contract(name).parameters)


def _refuse_margin(values: Mapping[str, Any]) -> tuple[str, str] | None:
    margin = values["margin"]
    if isinstance(margin, int | float) and margin <= 0:
        return "ValueError", f"expected margin to be greater than 0, got {margin} instead"
    return None


def _refuse_power(values: Mapping[str, Any]) -> tuple[str, str] | None:
    if isinstance(values["p"], int | float) and values["p"] not in (1, 2):
        return "ValueError", "only p == 1 and p == 2 supported"
    weight = values["weight"]
    if isinstance(weight, TensorFacts) and weight.rank not in (None, 1):
        message = f"MultiMarginLoss: expected weight to be None or 1D tensor, got {weight.rank}D instead"
        return "ValueError", message
    return None


def _refuse_cutoffs(values: Mapping[str, Any]) -> tuple[str, str] | None:
    cutoffs, classes = values["cutoffs"], values["n_classes"]
    if not isinstance(cutoffs, list | tuple) or not all(isinstance(cutoff, int) for cutoff in cutoffs):
        return None
    if not cutoffs:
        return "ValueError", "cutoffs should be a sequence of length larger than 0"
    ordered = list(cutoffs) == sorted(set(cutoffs)) and cutoffs[0] > 0
    if not ordered or (isinstance(classes, int) and cutoffs[-1] > classes - 1):
        return "ValueError", (
            "cutoffs should be a sequence of unique, positive integers sorted in an increasing order, "
            "where each value is between 1 and n_classes-1"
        )
    return None


def _refuse_delta(values: Mapping[str, Any]) -> tuple[str, str] | None:
    delta = values["delta"]
    if delta is UNKNOWN or isinstance(delta, int | float):
        return None
    return "TypeError", f"delta must be a float or int, got: {type(delta)}"


def _refuse_linear(values: Mapping[str, Any]) -> tuple[str, str] | None:
    weight, classes, smoothing = values["weight"], values["num_classes"], values["label_smoothing"]
    if isinstance(weight, TensorFacts) and weight.shape is not None and isinstance(classes, int):
        known = None not in weight.shape and all(isinstance(size, int) for size in weight.shape)
        if weight.rank != 1 or (known and weight.shape != (classes,)):
            return "RuntimeError", f"expected weight shape to be {(classes,)}, got {weight.shape}"
    if isinstance(smoothing, int | float) and not 0 <= smoothing <= 1:
        return "RuntimeError", f"expected label_smoothing to be in range [0, 1], got {smoothing}"
    return None


_CHECKS: dict[str, Callable[[Mapping[str, Any]], tuple[str, str] | None]] = {
    "torch.nn.TripletMarginLoss": lambda values: _named("TripletMarginLoss", _refuse_margin(values)),
    "torch.nn.TripletMarginWithDistanceLoss": lambda values: _named(
        "TripletMarginWithDistanceLoss", _refuse_margin(values)
    ),
    "torch.nn.MultiMarginLoss": _refuse_power,
    "torch.nn.AdaptiveLogSoftmaxWithLoss": _refuse_cutoffs,
    "torch.nn.HuberLoss": _refuse_delta,
    "torch.nn.LinearCrossEntropyLoss": _refuse_linear,
}


def _named(name: str, error: tuple[str, str] | None) -> tuple[str, str] | None:
    return None if error is None else (error[0], f"{name}: {error[1]}")
