"""Networks that were trained before, by what their heads return: parts with names, in an order.

Sources: ``modeling_bert.py``, ``modeling_gpt2.py`` and the like of ``transformers`` 5, compared in ``tests/library``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from snugly.facts.tensors import TensorFacts
from snugly.facts.values import NOTHING_KNOWN, Meaning, ValueFacts
from snugly.interpreter.values import NOTHING, Instance, Sequence, Text, Unknown, Value
from snugly.library.numpy.arrays import size_of
from snugly.library.registry import Model, alias, function, model
from snugly.library.torch.layers.linear import Embedding
from snugly.library.torch.module import Module
from snugly.library.transformers.configurations import FAMILIES, Config, listed

if TYPE_CHECKING:
    from snugly.facts.dims import Dim
    from snugly.interpreter.machine import Machine

_LOGITS = ValueFacts(meaning=Meaning.LOGITS)
_POOLED = ("Bert", "Roberta", "XLMRoberta", "Albert", "Camembert", "MobileBert", "Longformer", "BigBird", "MPNet")
_HEADS = {
    "Model": "base", "ForSequenceClassification": "sequence", "ForTokenClassification": "token",
    "ForMaskedLM": "words", "LMHeadModel": "words", "ForCausalLM": "words", "WithLMHead": "words",
    "ForQuestionAnswering": "answer", "ForMultipleChoice": "choice", "ForConditionalGeneration": "generation",
    "ForNextSentencePrediction": "next", "ForPreTraining": "pretraining",
}  # fmt: skip


class Output(Model):
    """What a network returns: parts by name, and by position where they are there."""

    path = "transformers.utils.ModelOutput"

    def __init__(self, **parts: Value) -> None:
        """Keep the parts that are there."""
        self._parts = {name: value for name, value in parts.items() if value is not None}

    def get_attribute(self, name: str) -> Value:
        """Return the part of a name."""
        own = hasattr(type(self), name)
        return NOTHING if own else self._parts.get(name, NOTHING)

    def item(self, key: Value) -> Value:
        """``output[0]``, ``output["logits"]``."""
        parts = list(self._parts.values())
        if isinstance(key, int) and -len(parts) <= key < len(parts):
            return parts[key]
        if isinstance(key, slice):
            return (
                tuple(parts)[key] if all(isinstance(end, int | None) for end in (key.start, key.stop)) else Unknown("")
            )
        return self._parts.get(key, Unknown("a part of an output")) if isinstance(key, str) else Unknown("a part")

    def iterate(self) -> Value:
        """Unpack it, as the versions did whose networks return tuples."""
        return Sequence("tuple", list(self._parts.values()))

    def length(self) -> Value:
        """``len(output)``."""
        return len(self._parts)

    def to_tuple(self) -> Value:
        """``to_tuple()``."""
        return tuple(self._parts.values())

    def get(self, key: Value, default: Value = None) -> Value:
        """``output.get(name)``."""
        return self._parts.get(key, default) if isinstance(key, str) else Unknown("a part of an output")


class Pretrained(Module):
    """A network with a head.

    Attributes:
        config: its sizes.
    """

    path = "transformers.PreTrainedModel"

    def __init__(self, machine: Machine, head: str, config: Value, *, pooled: bool = True) -> None:
        """Keep the head and the sizes."""
        super().__init__()
        self.config = config if isinstance(config, Config) else Config(machine)
        self._head, self._pooled = head, pooled
        self.weights = TensorFacts(None, "float32", requires_grad=True, kind="parameter")  # stands for all of them

    def _size(self, name: str) -> Dim | None:
        return size_of(getattr(self.config, name, None))

    def call(self, machine: Machine, input_ids: Value = None, *args: Value, **options: Value) -> Value:
        """Run it."""
        given = options.get("inputs_embeds") if input_ids is None else input_ids
        several = self._head == "choice"
        axes = 3 if several or options.get("inputs_embeds") is given is not None else 2
        shape = given.shape if isinstance(given, TensorFacts) and given.rank == axes else None
        rows = shape[0] if shape is not None else machine.new_symbol("N", 1)
        steps = shape[2 if several else 1] if shape is not None else machine.new_symbol("T", 1)
        parts = self._parts(machine, (rows, steps), shape, options)
        named = ("labels", "start_positions", "lm_labels", "masked_lm_labels", "next_sentence_label")
        if any(options.get(name) is not None for name in named):
            parts = {"loss": TensorFacts((), "float32", requires_grad=True), **parts}
        if options.get("output_hidden_states", getattr(self.config, "output_hidden_states", False)) is True:
            parts["hidden_states"] = listed(_made((rows, steps, self._size("hidden_size"))))
        if options.get("return_dict", getattr(self.config, "return_dict", True)) is False:
            return tuple(parts.values())
        return Output(**parts)

    def _parts(
        self, machine: Machine, batch: tuple[Dim | None, Dim | None], shape: object, options: dict[str, Value]
    ) -> dict[str, Value]:
        rows, steps = batch
        width, labels, words = self._size("hidden_size"), self._size("num_labels"), self._size("vocab_size")
        scores = {
            "sequence": (rows, labels), "token": (rows, steps, labels), "words": (rows, steps, words),
            "next": (rows, 2), "choice": (rows, shape[1] if isinstance(shape, tuple) else None),
        }  # fmt: skip
        if self._head in scores:
            return {"logits": _made(scores[self._head], _LOGITS)}
        if self._head == "answer":
            return {"start_logits": _made(batch, _LOGITS), "end_logits": _made(batch, _LOGITS)}
        if self._head == "pretraining":
            return {
                "prediction_logits": _made((rows, steps, words), _LOGITS),
                "seq_relationship_logits": _made((rows, 2), _LOGITS),
            }
        if self._head == "generation":
            told = options.get("labels") if options.get("labels") is not None else options.get("decoder_input_ids")
            length = told.size(1) if isinstance(told, TensorFacts) and told.rank == 2 else machine.new_symbol("T", 1)
            return {"logits": _made((rows, length, words), _LOGITS)}
        parts: dict[str, Value] = {"last_hidden_state": _made((rows, steps, width))}
        if self._pooled:
            parts["pooler_output"] = _made((rows, width))
        return parts

    def parameters(self, recurse: Value = True) -> Sequence:
        """``parameters()``: some, of any shape."""
        return Sequence("generator", None, self.weights, None)

    def named_parameters(self, *args: Value, **options: Value) -> Sequence:
        """``named_parameters()``."""
        return Sequence("generator", None, (Text(), self.weights), None)

    def get_input_embeddings(self, machine: Machine) -> Value:
        """``get_input_embeddings()``."""
        return Embedding(machine, self.config.vocab_size, self.config.hidden_size)

    def resize_token_embeddings(self, machine: Machine, new_num_tokens: Value = None, *args: Value) -> Value:
        """``resize_token_embeddings(count)``: as many words."""
        machine.touch(self.config)
        size = size_of(new_num_tokens)
        self.config.vocab_size = machine.new_symbol("vocab_size", 1) if size is None else size
        return self.get_input_embeddings(machine)

    def generate(self, machine: Machine, inputs: Value = None, *args: Value, **options: Value) -> Value:
        """``generate(ids)``: ids of some length."""
        given = options.get("input_ids") if inputs is None else inputs
        rows = given.size(0) if isinstance(given, TensorFacts) else None
        return TensorFacts((rows, machine.new_symbol("T", 1)), "int64")

    def _nothing(self, *args: Value, **options: Value) -> None:
        """Do what changes no shape."""

    save_pretrained = push_to_hub = gradient_checkpointing_enable = freeze_feature_encoder = _nothing


def _made(shape: tuple[Dim | None, ...], values: ValueFacts = NOTHING_KNOWN) -> TensorFacts:
    return TensorFacts(shape, "float32", requires_grad=True, values=values)


_UNWRITTEN = ("config", "torch_dtype", "dtype", "quantization_config")


def _declare(family: str, suffix: str, head: str) -> None:
    name = {"Auto": f"AutoModel{'' if suffix == 'Model' else suffix}"}.get(family, f"{family}{suffix}")
    pooled = family in _POOLED

    def pretrained(machine: Machine, name: Value = None, *args: Value, config: Value = None, **options: Value) -> Value:
        sure = pooled or (family == "Auto" and isinstance(name, str) and "bert" in name and "distil" not in name)
        known = config if isinstance(config, Config) else Config(machine, name, **_sizes(options))
        return Pretrained(machine, head, known, pooled=sure)

    def made(machine: Machine, config: Value = None, *args: Value, **options: Value) -> Value:
        return Pretrained(machine, head, config, pooled=pooled)

    function(f"transformers.{name}.from_pretrained")(pretrained)
    function(f"transformers.{name}" if family != "Auto" else f"transformers.{name}.from_config")(made)


def _sizes(options: dict[str, Value]) -> dict[str, Value]:
    return {key: value for key, value in options.items() if key not in _UNWRITTEN}


for _family in FAMILIES:
    for _suffix, _head in _HEADS.items():
        _declare(_family, _suffix, _head)


for _family in FAMILIES:
    alias(f"transformers.{_family}PreTrainedModel", "transformers.PreTrainedModel")
for _name in ("bert", "roberta", "distilbert", "gpt2", "albert", "electra"):
    alias(f"transformers.modeling_{_name}", "transformers")
    alias(f"transformers.models.{_name}.modeling_{_name}", "transformers")
    alias(f"transformers.models.{_name}", "transformers")
alias("transformers.optimization", "transformers")
alias("transformers.AdamW", "torch.optim.AdamW")
alias("pytorch_transformers", "transformers")


@model("transformers.PreTrainedModel", "transformers.modeling_utils.PreTrainedModel")
class PreTrainedModel(Module):
    """The base of the users' own models."""

    def __init__(self, machine: Machine, config: Value = None, *args: Value, **options: Value) -> None:
        """Keep the configuration."""
        super().__init__()
        self.config = config if config is not None else Unknown("a configuration")

    def init_weights(self, *args: Value) -> None:
        """``init_weights()``, ``post_init()``."""

    post_init = init_weights


@function("transformers.PreTrainedModel.from_pretrained")
def from_pretrained(machine: Machine, cls: Value, name: Value = None, *args: Value, **options: Value) -> Value:
    """``UsersModel.from_pretrained(name)``: its class, with the configuration of that name."""
    config = options.pop("config", None)
    known = config if isinstance(config, Config | Instance) else Config(machine, name, **_sizes(options))
    return machine.call(cls, known, *args)


@function(
    "transformers.get_linear_schedule_with_warmup",
    "transformers.get_cosine_schedule_with_warmup",
    "transformers.get_constant_schedule_with_warmup",
    "transformers.get_scheduler",
)
def schedule(*args: Value, **options: Value) -> Value:
    """A schedule of the learning rate."""
    return Unknown("a schedule")
