"""Configurations: the sizes of a network, by the name of a published one or as they are given."""

from __future__ import annotations

from typing import TYPE_CHECKING

from snugly.interpreter.values import Mapping, Sequence, Text, Unknown, Value
from snugly.library.registry import Model, function, model

if TYPE_CHECKING:
    from snugly.interpreter.machine import Machine

FAMILIES = ("Auto", "Bert", "DistilBert", "Roberta", "XLMRoberta", "Albert", "Electra", "Deberta", "DebertaV2", "XLNet",
            "Camembert", "Longformer", "MobileBert", "MPNet", "GPT2", "GPTNeo", "OPT", "Llama", "OpenAIGPT", "T5",
            "Bart", "MBart", "Pegasus", "Marian", "XLM", "BigBird", "SqueezeBert", "RoFormer", "Funnel")  # fmt: skip

_WIDTHS = {
    "distilbert-base": 768, "bert-base": 768, "bert-large": 1024, "roberta-base": 768, "roberta-large": 1024,
    "distilroberta-base": 768, "xlm-roberta-base": 768, "xlm-roberta-large": 1024, "albert-base": 768,
    "albert-large": 1024, "gpt2-medium": 1024, "gpt2-large": 1280, "gpt2-xl": 1600, "distilgpt2": 768, "gpt2": 768,
    "electra-small": 256, "electra-base": 768, "electra-large": 1024, "deberta-v3-small": 768, "deberta-v3-base": 768,
    "deberta-v3-large": 1024, "deberta-base": 768, "t5-small": 512, "t5-base": 768, "t5-large": 1024, "bart-base": 768,
    "bart-large": 1024, "xlnet-base": 768, "camembert-base": 768, "all-MiniLM-L6-v2": 384, "MiniLM-L12-H384": 384,
    "chinese-roberta-wwm-ext-large": 1024, "chinese-roberta-wwm-ext": 768, "chinese-bert-wwm-ext": 768,
    "biobert-base": 768, "scibert_scivocab": 768, "codebert-base": 768, "mpnet-base": 768,
}  # fmt: skip
_WORDS = {
    "bert-base-uncased": 30522, "bert-large-uncased": 30522, "distilbert-base-uncased": 30522,
    "bert-base-cased": 28996, "bert-large-cased": 28996, "distilbert-base-cased": 28996, "bert-base-chinese": 21128,
    "bert-base-multilingual-cased": 119547, "roberta-base": 50265, "roberta-large": 50265, "distilroberta-base": 50265,
    "xlm-roberta-base": 250002, "gpt2": 50257, "gpt2-medium": 50257, "gpt2-large": 50257, "gpt2-xl": 50257,
    "distilgpt2": 50257,
}  # fmt: skip
_ALSO = {"hidden_size": ("n_embd", "d_model", "dim"), "vocab_size": (), "num_labels": ()}


@model("transformers.PretrainedConfig", "transformers.PreTrainedConfig")
class Config(Model):
    """A configuration: ``hidden_size``, ``vocab_size``, ``num_labels``, and whatever else a program sets."""

    def __init__(self, machine: Machine, name: Value = None, **given: Value) -> None:
        """Read what the name of a published network says, and what is given."""
        plain = name.rpartition("/")[2] if isinstance(name, str) else ""
        width = next((size for prefix, size in _WIDTHS.items() if plain.startswith(prefix)), None)
        labels = given.get("id2label", given.get("label2id"))
        for wide in _ALSO["hidden_size"]:
            width = given.get(wide, width)
        self.hidden_size = given.get("hidden_size", machine.new_symbol("hidden_size", 1) if width is None else width)
        words = _WORDS.get(plain)
        self.vocab_size = given.get("vocab_size", machine.new_symbol("vocab_size", 1) if words is None else words)
        count = len(labels.entries) if isinstance(labels, Mapping) and not labels.open else 2
        self.num_labels = given.get("num_labels", count)
        self.n_embd = self.d_model = self.dim = self.hidden_size
        self.hidden_dropout_prob: Value = 0.1
        vars(self).update({key: value for key, value in given.items() if not key.startswith("_")})

    def set_attribute(self, name: str, new: Value) -> None:
        """``config.name = new``."""
        vars(self)[name] = new

    def update(self, given: Value) -> None:
        """``config.update(dict)``."""
        if isinstance(given, Mapping):
            vars(self).update({key: value for key, value in given.entries.items() if isinstance(key, str)})

    def to_dict(self) -> Value:
        """``to_dict()``."""
        return Mapping({}, Unknown("an entry of a configuration"), open=True, rest_key=Text())


def _from_pretrained(machine: Machine, name: Value = None, *args: Value, **given: Value) -> Value:
    """``Config.from_pretrained(name, num_labels=...)``."""
    return Config(machine, name, **given)


def _declare(family: str) -> None:
    base = "bert-base" if family in _OF_BASE_SIZE else None

    def make(machine: Machine, *args: Value, **given: Value) -> Value:
        if args:
            given = {"vocab_size": args[0], **given}
        return Config(machine, base, **given)

    make.__doc__ = f"``{family}Config(...)``: the sizes of the base network, but for what is given."
    function(f"transformers.{family}Config")(make)
    function(f"transformers.{family}Config.from_pretrained")(_from_pretrained)


_OF_BASE_SIZE = ("Bert", "Roberta", "DistilBert", "Camembert", "XLMRoberta", "GPT2")
for _family in FAMILIES:
    _declare(_family)
function("transformers.PretrainedConfig.from_pretrained")(_from_pretrained)


def listed(value: Value) -> Sequence:
    """Return several hidden states, as many as there are layers."""
    return Sequence("tuple", None, value, None)
