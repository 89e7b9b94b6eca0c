"""Tokenizers: how many tokens a text has is not known; that a padded batch has one length is, and which."""

from __future__ import annotations

from typing import TYPE_CHECKING

from snugly.facts.tensors import TensorFacts
from snugly.facts.values import ValueFacts
from snugly.interpreter.values import Mapping, Number, Sequence, Text, Unknown, Value
from snugly.library.numpy.arrays import size_of
from snugly.library.registry import Model, attribute, function, quiet

if TYPE_CHECKING:
    from snugly.facts.dims import Dim
    from snugly.interpreter.machine import Machine

quiet("transformers", "datasets", "tokenizers", "peft", "sentence_transformers", "huggingface_hub",
      "pytorch_transformers", "pytorch_pretrained_bert")  # fmt: skip

_IDS = ValueFacts(0, integral=True, finite=True)
_MASK = ValueFacts(0, 1, integral=True, finite=True)
_WITHOUT_SEGMENTS = ("Roberta", "DistilBert", "GPT2", "T5", "Bart", "Camembert", "Longformer", "MPNet")
_NAMES_WITHOUT_SEGMENTS = ("roberta", "distilbert", "gpt2", "t5", "bart", "camembert", "longformer", "mpnet", "opt")


class Tokenizer(Model):
    """A tokenizer.

    Attributes:
        vocab_size, pad_token_id and the like: as of ``transformers``.
    """

    path = "transformers.PreTrainedTokenizer"

    def __init__(self, *, segments: bool = True) -> None:
        """Keep whether it tells the two texts of a pair apart."""
        self.vocab_size: Value = Number("int", 1)
        self.model_max_length: Value = Number("int", 1)
        for name in ("pad", "eos", "bos", "cls", "sep", "unk", "mask"):
            setattr(self, f"{name}_token", Text())
            setattr(self, f"{name}_token_id", Number("int", 0))
        self._segments = segments

    def call(self, machine: Machine, text: Value = None, text_pair: Value = None, **options: Value) -> Value:
        """``tokenizer(text)`` of one text, or of several in a list."""
        single = isinstance(text, str | Text) or hasattr(text, "covers")
        return self._encoded(machine, None if single else (machine.length(text),), options)

    def encode_plus(self, machine: Machine, text: Value = None, text_pair: Value = None, **options: Value) -> Value:
        """``encode_plus(text)``: of one text."""
        return self._encoded(machine, None, options)

    def batch_encode_plus(self, machine: Machine, batch: Value = None, **options: Value) -> Value:
        """``batch_encode_plus(texts)``."""
        return self._encoded(machine, (machine.length(batch),), options)

    def pad(self, machine: Machine, encoded: Value = None, **options: Value) -> Value:
        """``pad(encodings)``."""
        return self._encoded(machine, (machine.length(encoded),), {"padding": True, **options})

    def _encoded(self, machine: Machine, rows: tuple[Dim | None] | None, options: dict[str, Value]) -> Value:
        """Return the encoding of one text (``rows`` is ``None``) or of as many as ``rows`` holds."""
        names = ["input_ids"]
        if options.get("return_token_type_ids", self._segments) is not False:
            names.append("token_type_ids")
        if options.get("return_attention_mask", True) is not False:
            names.append("attention_mask")
        width = _padded_to(options)
        if options.get("return_tensors") in ("pt", "np"):
            kind = "tensor" if options["return_tensors"] == "pt" else "ndarray"
            shape = (1 if rows is None else rows[0], machine.new_symbol("T", 1) if width is None else width)
            parts: dict[str, Value] = {
                name: TensorFacts(shape, "int64", "cpu", False, _IDS if name == "input_ids" else _MASK, kind=kind)
                for name in names
            }
        else:
            for_each = Sequence("list", None, Number("int", 0), width)
            parts = {name: for_each if rows is None else Sequence("list", None, for_each, rows[0]) for name in names}
        return Mapping(parts, None, open=False, kind="BatchEncoding")

    def encode(self, machine: Machine, text: Value, *args: Value, **options: Value) -> Value:
        """``encode(text)``: the ids."""
        found: Value = self._encoded(machine, None, options).entries["input_ids"]
        return found

    def tokenize(self, *args: Value, **options: Value) -> Value:
        """``tokenize(text)``."""
        return Sequence("list", None, Text(), None)

    def convert_tokens_to_ids(self, machine: Machine, tokens: Value) -> Value:
        """``convert_tokens_to_ids(tokens)``."""
        if isinstance(tokens, str | Text):
            return Number("int", 0)
        return Sequence("list", None, Number("int", 0), machine.length(tokens))

    def decode(self, *args: Value, **options: Value) -> Value:
        """``decode(ids)``."""
        return Text()

    convert_ids_to_tokens = batch_decode = tokenize

    def length(self) -> Value:
        """``len(tokenizer)``."""
        return self.vocab_size

    def get_vocab(self) -> Value:
        """``get_vocab()``."""
        return Mapping({}, Number("int", 0), open=True, rest_key=Text())

    def add_special_tokens(self, *args: Value, **options: Value) -> Value:
        """``add_special_tokens(tokens)``: how many are new."""
        return Number("int", 0)

    add_tokens = add_special_tokens


def _padded_to(options: dict[str, Value]) -> Dim | None:
    """Return how long every encoding becomes, ``None`` where that depends on the texts."""
    longest = size_of(options.get("max_length", options.get("max_len")))
    if options.get("pad_to_max_length") is True:  # of the versions that truncate by themselves
        return longest
    if options.get("padding") != "max_length" or options.get("truncation", False) in (False, None):
        return None
    return longest


@function("collections.BatchEncoding.to")
def to(self: Mapping, *args: Value, **options: Value) -> Value:
    """``encoding.to(device)``."""
    return self


def _part(name: str) -> None:
    def part(self: Mapping) -> Value:
        return self.entries.get(name, Unknown("tokens"))

    part.__doc__ = f"``encoding.{name}``."
    attribute(f"collections.BatchEncoding.{name}")(part)


for _name in ("input_ids", "attention_mask", "token_type_ids"):
    _part(_name)


def _declare(name: str) -> None:
    def make(name_or_path: Value = None, *args: Value, **options: Value) -> Value:
        told = name.startswith(_WITHOUT_SEGMENTS) or (
            isinstance(name_or_path, str) and any(part in name_or_path.lower() for part in _NAMES_WITHOUT_SEGMENTS)
        )
        return Tokenizer(segments=not told)

    for package in ("transformers", "pytorch_transformers", "pytorch_pretrained_bert"):
        function(f"{package}.{name}Tokenizer.from_pretrained", f"{package}.{name}TokenizerFast.from_pretrained")(make)


for _name in ("Auto", "Bert", "DistilBert", "Roberta", "XLMRoberta", "Albert", "Electra", "GPT2", "T5", "Bart", "XLNet",
              "Camembert", "Deberta", "DebertaV2", "Longformer", "MPNet", "MBart", "Pegasus", "Marian",
              "OpenAIGPT", "Llama", "PreTrained", "BertJapanese"):  # fmt: skip
    _declare(_name)
