"""Linear layers and embeddings: the layers whose sizes are the sizes of one table of weights."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from snugly.facts.tensors import TensorFacts
from snugly.library.registry import alias, function, model
from snugly.library.torch.arguments import flag, size, tensor
from snugly.library.torch.layers.functional import FUNCTIONAL
from snugly.library.torch.module import Module, new_parameter

if TYPE_CHECKING:
    from snugly.interpreter.values import Value


@model("torch.nn.Linear")
class Linear(Module):
    """An affine map of the last axis: weight ``(out_features, in_features)``, bias ``(out_features,)``."""

    def __init__(
        self,
        machine: Any,
        in_features: Value,
        out_features: Value,
        bias: Value = True,
        device: Value = None,
        dtype: Value = None,
    ) -> None:
        """Make the parameters."""
        self.in_features, self.out_features = in_features, out_features
        rows, columns = size(out_features), size(in_features)
        self.weight = new_parameter(machine, (rows, columns), dtype)
        self.bias = optional_bias(machine, bias, (rows,), dtype)

    def forward(self, machine: Any, input: Value) -> Value:
        """Apply ``linear``."""
        return self._operate(machine, f"{FUNCTIONAL}.linear", input, self.weight, self.bias)


def optional_bias(machine: Any, wanted: Value, shape: tuple[Any, ...], dtype: Value = None) -> Value:
    """Return a bias, ``None`` where the flag says so, or a value that is not known where the flag is not."""
    known = flag(wanted)
    if known is None:
        return TensorFacts(shape, None, kind="parameter")
    return new_parameter(machine, shape, dtype) if known else None


@model("torch.nn.LazyLinear")
class LazyLinear(Linear):
    """A linear layer that takes ``in_features`` from its first input."""

    def __init__(
        self, machine: Any, out_features: Value, bias: Value = True, device: Value = None, dtype: Value = None
    ) -> None:
        """Make the parameters, the weight without its columns."""
        super().__init__(machine, None, out_features, bias, device, dtype)
        self.in_features = 0

    def forward(self, machine: Any, input: Value) -> Value:
        """Take the size of the last axis, once, and apply ``linear``."""
        if self.in_features == 0:
            machine.touch(self)
            features = tensor(input).size(-1)
            self.in_features = features
            self.weight = self.weight.with_(shape=(self.weight.size(0), features))
        return super().forward(machine, input)


@model("torch.nn.Bilinear")
class Bilinear(Module):
    """A bilinear map: weight ``(out_features, in1_features, in2_features)``."""

    def __init__(
        self,
        machine: Any,
        in1_features: Value,
        in2_features: Value,
        out_features: Value,
        bias: Value = True,
        device: Value = None,
        dtype: Value = None,
    ) -> None:
        """Make the parameters."""
        self.in1_features, self.in2_features, self.out_features = in1_features, in2_features, out_features
        shape = (size(out_features), size(in1_features), size(in2_features))
        self.weight = new_parameter(machine, shape, dtype)
        self.bias = optional_bias(machine, bias, shape[:1], dtype)

    def forward(self, machine: Any, input1: Value, input2: Value) -> Value:
        """Apply ``bilinear``."""
        return self._operate(machine, f"{FUNCTIONAL}.bilinear", input1, input2, self.weight, self.bias)


@model("torch.nn.PReLU")
class PReLU(Module):
    """A leaky ReLU with a learnt slope for all, or for each, of the channels."""

    def __init__(
        self, machine: Any, num_parameters: Value = 1, init: Value = 0.25, device: Value = None, dtype: Value = None
    ) -> None:
        """Make the slopes."""
        self.num_parameters, self.init = num_parameters, init
        self.weight = new_parameter(machine, (size(num_parameters),), dtype)

    def forward(self, machine: Any, input: Value) -> Value:
        """Apply ``prelu``."""
        return self._operate(machine, f"{FUNCTIONAL}.prelu", input, self.weight)


@model("torch.nn.Embedding")
class Embedding(Module):
    """A table of vectors: weight ``(num_embeddings, embedding_dim)``."""

    def __init__(
        self,
        machine: Any,
        num_embeddings: Value,
        embedding_dim: Value,
        padding_idx: Value = None,
        max_norm: Value = None,
        norm_type: Value = 2.0,
        scale_grad_by_freq: Value = False,
        sparse: Value = False,
        _weight: Value = None,
        _freeze: Value = False,
        device: Value = None,
        dtype: Value = None,
    ) -> None:
        """Make the table."""
        self.num_embeddings, self.embedding_dim, self.padding_idx = num_embeddings, embedding_dim, padding_idx
        self.max_norm, self.norm_type = max_norm, norm_type
        self.scale_grad_by_freq, self.sparse = scale_grad_by_freq, sparse
        table = new_parameter(machine, (size(num_embeddings), size(embedding_dim)), dtype)
        if _weight is not None:
            table = tensor(_weight).with_(kind="parameter", requires_grad=True)
        self.weight = table.with_(requires_grad=False) if _freeze is True else table

    def forward(self, machine: Any, input: Value) -> Value:
        """Apply ``embedding``."""
        return self._operate(
            machine, f"{FUNCTIONAL}.embedding", input, self.weight, padding_idx=self.padding_idx, sparse=self.sparse
        )


@model("torch.nn.EmbeddingBag")
class EmbeddingBag(Module):
    """A table of vectors that are summed up bag by bag."""

    def __init__(
        self,
        machine: Any,
        num_embeddings: Value,
        embedding_dim: Value,
        max_norm: Value = None,
        norm_type: Value = 2.0,
        scale_grad_by_freq: Value = False,
        mode: Value = "mean",
        sparse: Value = False,
        _weight: Value = None,
        include_last_offset: Value = False,
        padding_idx: Value = None,
        device: Value = None,
        dtype: Value = None,
    ) -> None:
        """Make the table."""
        self.num_embeddings, self.embedding_dim, self.padding_idx = num_embeddings, embedding_dim, padding_idx
        self.max_norm, self.norm_type, self.mode, self.sparse = max_norm, norm_type, mode, sparse
        self.include_last_offset = include_last_offset
        self.weight = new_parameter(machine, (size(num_embeddings), size(embedding_dim)), dtype)
        if _weight is not None:
            self.weight = tensor(_weight).with_(kind="parameter", requires_grad=True)

    def forward(self, machine: Any, input: Value, offsets: Value = None, per_sample_weights: Value = None) -> Value:
        """Apply ``embedding_bag``."""
        return self._operate(
            machine,
            f"{FUNCTIONAL}.embedding_bag",
            input,
            self.weight,
            offsets,
            mode=self.mode,
            per_sample_weights=per_sample_weights,
            include_last_offset=self.include_last_offset,
            padding_idx=self.padding_idx,
        )


def _pretrained(kind: type[Any], machine: Any, embeddings: Value, freeze: Value, options: dict[str, Value]) -> Value:
    facts = tensor(embeddings)
    made = kind(machine, facts.size(0), facts.size(1), **options)
    made.weight = facts.with_(kind="parameter", requires_grad=None if flag(freeze) is None else not flag(freeze))
    return made


@function("torch.nn.Embedding.from_pretrained")
def embedding_from_pretrained(machine: Any, embeddings: Value, freeze: Value = True, **options: Value) -> Value:
    """Describe ``Embedding.from_pretrained``: the sizes are those of the table given."""
    return _pretrained(Embedding, machine, embeddings, freeze, options)


@function("torch.nn.EmbeddingBag.from_pretrained")
def embedding_bag_from_pretrained(machine: Any, embeddings: Value, freeze: Value = True, **options: Value) -> Value:
    """Describe ``EmbeddingBag.from_pretrained``: the sizes are those of the table given."""
    return _pretrained(EmbeddingBag, machine, embeddings, freeze, options)


alias("torch.nn.modules.linear", "torch.nn")
alias("torch.nn.modules.sparse", "torch.nn")
