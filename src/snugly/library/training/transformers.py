"""``transformers``: tokenizers give padded ``int64[N, T]``, classifiers logits by the number of labels."""

from __future__ import annotations

from typing import TYPE_CHECKING

from snugly.facts.tensors import TensorFacts
from snugly.facts.values import NOTHING_KNOWN, Meaning, ValueFacts
from snugly.interpreter.values import Mapping, Number, Sequence, Text, Unknown, Value
from snugly.library.numpy.arrays import size_of
from snugly.library.registry import Model, attribute, function, model, quiet
from snugly.library.torch.module import Module

if TYPE_CHECKING:
    from snugly.facts.dims import Dim
    from snugly.interpreter.machine import Machine

quiet("transformers", "datasets", "tokenizers", "peft", "sentence_transformers", "huggingface_hub")

_WIDTHS = {
    "bert-base": 768, "bert-large": 1024, "distilbert-base": 768, "roberta-base": 768, "roberta-large": 1024,
    "albert-base": 768, "gpt2-medium": 1024, "gpt2-large": 1280, "gpt2": 768, "electra-base": 768,
}  # fmt: skip
_IDS = ValueFacts(0, integral=True, finite=True)
_LOGITS = ValueFacts(meaning=Meaning.LOGITS)


class Tokenizer(Model):
    """A tokenizer: how many tokens a text has is not known, that a batch has one length is."""

    def __init__(self) -> None:
        self.vocab_size: Value = Number("int", 1)
        self.pad_token: Value = Text()
        self.eos_token: Value = Text()
        self.pad_token_id: Value = Number("int", 0)

    def call(self, machine: Machine, text: Value = None, text_pair: Value = None, **options: Value) -> Value:
        single = isinstance(text, str | Text)
        rows: Dim | None = 1 if single else machine.length(text)
        longest = size_of(options.get("max_length"))
        columns = longest if options.get("padding") == "max_length" else None
        if options.get("return_tensors") != "pt":
            return Mapping({}, Unknown("tokens"), open=True, rest_key=Text(), kind="BatchEncoding")
        width: Dim = columns if columns is not None else machine.new_symbol("T", 1)
        ids = TensorFacts((rows, width), "int64", "cpu", False, _IDS)
        mask = ids.with_(values=ValueFacts(0, 1, integral=True, finite=True))
        return Mapping({"input_ids": ids, "attention_mask": mask}, None, open=False, kind="BatchEncoding")

    def encode(self, text: Value, *args: Value, **options: Value) -> Value:
        return Sequence("list", None, Number("int", 0), None)

    def decode(self, *args: Value, **options: Value) -> Value:
        return Text()

    def length(self) -> Value:
        return self.vocab_size


@function("collections.BatchEncoding.to")
def to(self: Mapping, *args: Value, **options: Value) -> Value:
    """``encoding.to(device)``."""
    return self


@attribute("collections.BatchEncoding.input_ids")
def input_ids(self: Mapping) -> Value:
    """``encoding.input_ids``."""
    return self.entries.get("input_ids", Unknown("tokens"))


@attribute("collections.BatchEncoding.attention_mask")
def attention_mask(self: Mapping) -> Value:
    """``encoding.attention_mask``."""
    return self.entries.get("attention_mask", Unknown("tokens"))


class Output(Model):
    """What a model returns: parts by name and by position."""

    def __init__(self, **parts: Value) -> None:
        vars(self).update({name: value for name, value in parts.items() if value is not None})

    def item(self, key: Value) -> Value:
        parts = list(vars(self).values())
        if isinstance(key, int) and -len(parts) <= key < len(parts):
            return parts[key]
        return (
            vars(self).get(key, Unknown("a part of an output"))
            if isinstance(key, str)
            else Unknown("a part of an output")
        )


class Pretrained(Module):
    """A model that was trained before, by what its head returns."""

    def __init__(self, head: str, labels: Value = 2, width: int | None = None) -> None:
        super().__init__()
        self._head, self._labels, self._width = head, labels, width

    @property
    def config(self) -> Value:
        return Output(hidden_size=self._width or Number("int", 1), num_labels=self._labels, vocab_size=Number("int", 1))

    def call(self, machine: Machine, input_ids: Value = None, attention_mask: Value = None, **options: Value) -> Value:
        shape = input_ids.shape if isinstance(input_ids, TensorFacts) else None
        rows, steps = shape if shape is not None and len(shape) == 2 else (None, None)
        loss = TensorFacts((), "float32", requires_grad=True) if options.get("labels") is not None else None
        if self._head == "base":
            return Output(last_hidden_state=_made((rows, steps, self._width)), pooler_output=_made((rows, self._width)))
        if self._head == "sequence":
            return Output(loss=loss, logits=_made((rows, size_of(self._labels)), _LOGITS))
        labels = size_of(self._labels) if self._head == "token" else None
        return Output(loss=loss, logits=_made((rows, steps, labels), _LOGITS))


def _made(shape: tuple[Dim | None, ...], values: ValueFacts = NOTHING_KNOWN) -> TensorFacts:
    return TensorFacts(shape, "float32", requires_grad=True, values=values)


def _width(name: Value) -> int | None:
    if not isinstance(name, str):
        return None
    plain = name.rpartition("/")[2]
    return next((width for prefix, width in _WIDTHS.items() if plain.startswith(prefix)), None)


def _declare(path: str, head: str) -> None:
    def from_pretrained(name: Value = None, *args: Value, num_labels: Value = 2, **options: Value) -> Value:
        return Pretrained(head, num_labels, _width(name))

    function(f"{path}.from_pretrained")(from_pretrained)


for _family in ("Auto", "Bert", "DistilBert", "Roberta", "Albert", "Electra"):
    _declare(f"transformers.{_family}Model", "base")
    for _suffix, _head in (("SequenceClassification", "sequence"), ("TokenClassification", "token")):
        _declare(f"transformers.{_family}{'Model' if _family == 'Auto' else ''}For{_suffix}", _head)
for _name in ("AutoModelForCausalLM", "AutoModelForMaskedLM", "GPT2LMHeadModel", "BertForMaskedLM"):
    _declare(f"transformers.{_name}", "vocabulary")


def _tokenizer(*args: Value, **options: Value) -> Value:
    return Tokenizer()


for _name in ("Auto", "Bert", "BertFast", "DistilBert", "DistilBertFast", "Roberta", "RobertaFast", "GPT2", "GPT2Fast"):
    _stem, _fast = (_name[:-4], "Fast") if _name.endswith("Fast") else (_name, "")
    function(f"transformers.{_stem}Tokenizer{_fast}.from_pretrained")(_tokenizer)


@function("transformers.get_linear_schedule_with_warmup", "transformers.get_cosine_schedule_with_warmup")
def schedule(*args: Value, **options: Value) -> Value:
    """A schedule of the learning rate."""
    return Unknown("a schedule")


@model("transformers.PreTrainedModel")
class PreTrainedModel(Module):
    """The base of the users' own models."""
