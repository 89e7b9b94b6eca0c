"""What modules of ``torch.nn`` check before they call the function that they are named after.

Source: ``torch/nn/modules/batchnorm.py`` and ``instancenorm.py`` of torch 2.13.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from snugly.facts.dims import same
from snugly.facts.misfits import Misfit
from snugly.operations.arguments import whole
from snugly.operations.registry import lookup, operation

if TYPE_CHECKING:
    from collections.abc import Callable

    from snugly.facts.tensors import TensorFacts

_RANKS = {
    "BatchNorm1d": (2, 3),
    "BatchNorm2d": (4,),
    "BatchNorm3d": (5,),
    "InstanceNorm1d": (2, 3),
    "InstanceNorm2d": (3, 4),
    "InstanceNorm3d": (4, 5),
}


def _check_rank(name: str, input: TensorFacts) -> None:
    ranks = _RANKS[name]
    if input.rank is not None and input.rank not in ranks:
        expected = " or ".join(f"{rank}D" for rank in ranks)
        message = f"expected {expected} input (got {input.rank}D input)"
        raise Misfit(
            message, clause="input-rank", raises="ValueError", argument="input", expected=ranks, got=input.rank
        )


def _normalize(name: str, input: TensorFacts, *args: Any, **kwargs: Any) -> TensorFacts:
    function = lookup(f"torch.nn.functional.{name}")
    if function is None:
        return input.with_shape(*(input.shape or ())) if input.shape is not None else input
    result: TensorFacts = function(input, *args, **kwargs)
    return result


def _batch_norm(name: str) -> Callable[..., TensorFacts]:
    def call(
        input: TensorFacts,
        running_mean: Any = None,
        running_var: Any = None,
        weight: Any = None,
        bias: Any = None,
        *,
        training: Any = None,
        momentum: Any = 0.1,
        eps: Any = 1e-5,
    ) -> TensorFacts:
        _check_rank(name, input)
        return _normalize(
            "batch_norm", input, running_mean, running_var, weight, bias, training=training, momentum=momentum, eps=eps
        )

    return call


def _instance_norm(name: str) -> Callable[..., TensorFacts]:
    def call(
        input: TensorFacts,
        running_mean: Any = None,
        running_var: Any = None,
        weight: Any = None,
        bias: Any = None,
        *,
        num_features: Any = None,
        use_input_stats: Any = True,
        momentum: Any = 0.1,
        eps: Any = 1e-5,
    ) -> TensorFacts:
        _check_rank(name, input)
        batched = input.rank == _RANKS[name][-1]
        axis = 1 if batched else 0
        if input.shape is not None and weight is not None and same(input.shape[axis], whole(num_features)) is False:
            message = (
                f"expected input's size at dim={axis} to match num_features ({num_features}),"
                f" but got: {input.shape[axis]}."
            )
            raise Misfit(message, clause="channels", raises="ValueError", argument="input", expected=num_features)
        if input.shape is None or batched:
            return _normalize(
                "instance_norm",
                input,
                running_mean,
                running_var,
                weight,
                bias,
                use_input_stats=use_input_stats,
                momentum=momentum,
                eps=eps,
            )
        axes = None if input.axes is None else (None, *input.axes)
        result = _normalize("instance_norm", input.with_(shape=(1, *input.shape), axes=axes))
        if result.shape is None:
            return result
        return result.with_(shape=result.shape[1:], axes=None if result.axes is None else result.axes[1:])

    return call


for _axes in (1, 2, 3):
    operation(f"torch.nn.BatchNorm{_axes}d")(_batch_norm(f"BatchNorm{_axes}d"))
    operation(f"torch.nn.InstanceNorm{_axes}d")(_instance_norm(f"InstanceNorm{_axes}d"))
