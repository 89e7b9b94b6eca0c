"""Fields: what a column of examples becomes in a batch; and the vocabularies that they build.

Source: ``torchtext/data/field.py`` and ``torchtext/data/batch.py`` of torchtext 0.8 (later ``torchtext.legacy``).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from snugly.facts.tensors import TensorFacts
from snugly.facts.values import ValueFacts
from snugly.interpreter.values import Mapping, Number, Sequence, Text, Value
from snugly.library.numpy.arrays import size_of
from snugly.library.registry import Model, alias, function, model, quiet
from snugly.library.torch.arguments import dtype_name

if TYPE_CHECKING:
    from snugly.facts.dims import Dim
    from snugly.interpreter.machine import Machine

quiet("torchtext")
alias("torchtext.legacy", "torchtext")
alias("torchtext.data.field", "torchtext.data")
alias("torchtext.data.iterator", "torchtext.data")

_WIDTH = re.compile(r"(?:^|\.)(\d+)d$")
_PAD, _UNKNOWN = "<pad>", "<unk>"
_INDICES = ValueFacts(0, integral=True, finite=True)


@model("torchtext.vocab.Vocab")
class Vocab(Model):
    """A vocabulary: as many words as there are in the texts that it was built from."""

    def __init__(self, machine: Machine, *args: Value, **options: Value) -> None:
        """Give the number of words a name."""
        self._count = machine.new_symbol("vocab", 1)
        self.stoi = Mapping({}, Number("int", 0), open=True, rest_key=Text())
        self.itos = Sequence("list", None, Text(), self._count)
        self.freqs = Mapping({}, Number("int", 0), open=True, rest_key=Text())
        self.vectors: Value = None

    def length(self) -> Value:
        """``len(vocab)``."""
        return self._count

    def item(self, key: Value) -> Value:
        """``vocab[token]``."""
        return Number("int", 0)

    def call(self, machine: Machine, tokens: Value) -> Value:
        """``vocab(tokens)``: an index for each."""
        return Sequence("list", None, Number("int", 0), machine.length(tokens))

    lookup_indices = forward = call

    def get_stoi(self) -> Value:
        """``get_stoi()``, ``get_itos()``."""
        return self.stoi

    def get_itos(self) -> Value:
        """``get_itos()``."""
        return self.itos

    def lookup_token(self, index: Value) -> Value:
        """``lookup_token(index)``."""
        return Text()

    def lookup_tokens(self, indices: Value) -> Value:
        """``lookup_tokens(indices)``."""
        return Sequence("list", None, Text(), None)

    def set_default_index(self, index: Value) -> None:
        """``set_default_index(index)``."""

    def load(self, vectors: Value) -> None:
        """Keep the vectors of the words: as wide as the name of published ones says."""
        width = _width_of(vectors)
        if vectors is not None:
            self.vectors = TensorFacts((self._count, width), "float32")

    def load_vectors(self, machine: Machine, vectors: Value = None, **options: Value) -> None:
        """``load_vectors(vectors)``."""
        machine.touch(self)
        self.load(vectors)

    def set_vectors(self, machine: Machine, stoi: Value, vectors: Value, dim: Value, *args: Value) -> None:
        """``set_vectors(stoi, vectors, dim)``."""
        machine.touch(self)
        self.vectors = TensorFacts((self._count, size_of(dim)), "float32")


def _width_of(vectors: Value) -> Dim | None:
    if isinstance(vectors, Vectors):
        return vectors.dim if not isinstance(vectors.dim, Number) else None
    found = _WIDTH.search(vectors) if isinstance(vectors, str) else None
    return None if found is None else int(found[1])


@model("torchtext.vocab.Vectors", "torchtext.vocab.GloVe", "torchtext.vocab.FastText")
class Vectors(Model):
    """Published vectors of words."""

    def __init__(self, name: Value = None, dim: Value = 300, **options: Value) -> None:
        """Keep how wide they are."""
        self.dim = dim if isinstance(dim, int) else Number("int", 1)

    def get_vecs_by_tokens(self, machine: Machine, tokens: Value, *args: Value, **options: Value) -> Value:
        """``get_vecs_by_tokens(tokens)``."""
        width = self.dim if isinstance(self.dim, int) else None
        several = () if isinstance(tokens, str | Text) else (machine.length(tokens),)
        return TensorFacts((*several, width), "float32")


@model("torchtext.data.RawField")
class RawField(Model):
    """A column that stays as it is."""

    def batched(self, machine: Machine, rows: Dim) -> Value:
        """Return what the column is in a batch of so many rows."""
        return Sequence("list", None, Text(), rows)


@model("torchtext.data.Field")
class Field(RawField):
    """A column of texts (``sequential``) or of single values, as numbers."""

    def __init__(
        self, sequential: Value = True, use_vocab: Value = True, init_token: Value = None, eos_token: Value = None,
        fix_length: Value = None, dtype: Value = None, preprocessing: Value = None, postprocessing: Value = None,
        lower: Value = False, tokenize: Value = None, tokenizer_language: Value = "en", include_lengths: Value = False,
        batch_first: Value = False, pad_token: Value = _PAD, unk_token: Value = _UNKNOWN, **options: Value,
    ) -> None:  # fmt: skip
        """Keep what decides the tensors of a batch."""
        self.sequential, self.use_vocab, self.include_lengths = sequential, use_vocab, include_lengths
        self.init_token, self.eos_token, self.pad_token, self.unk_token = init_token, eos_token, pad_token, unk_token
        self.fix_length, self.batch_first = fix_length, batch_first
        self.dtype = "int64" if dtype is None else dtype_name(dtype, None)
        self.tokenize = tokenize
        self._changed = postprocessing is not None

    def build_vocab(self, machine: Machine, *args: Value, vectors: Value = None, **options: Value) -> None:
        """``build_vocab(data, vectors=...)``."""
        machine.touch(self)
        self.vocab = Vocab(machine)
        self.vocab.load(vectors)

    def batched(self, machine: Machine, rows: Dim) -> Value:
        """Return what the column is in a batch of so many rows: time comes first, unless ``batch_first``."""
        if self._changed or self.sequential not in (True, False):
            return TensorFacts()
        values = _INDICES if self.dtype == "int64" else ValueFacts()
        if self.sequential is False:
            return TensorFacts((rows,), self.dtype, None, False, values)
        fixed = size_of(self.fix_length)
        steps = machine.new_symbol("T", 1) if fixed is None else fixed
        if self.batch_first not in (True, False):
            return TensorFacts((None, None), self.dtype)
        shape = (rows, steps) if self.batch_first else (steps, rows)
        facts = TensorFacts(shape, self.dtype, None, False, values)
        if self.include_lengths is True:
            return facts, TensorFacts((rows,), "int64", None, False, _INDICES)
        return facts if self.include_lengths is False else TensorFacts()

    def process(self, machine: Machine, batch: Value, *args: Value, **options: Value) -> Value:
        """``process(texts)``."""
        rows = machine.length(batch)
        return self.batched(machine, machine.new_symbol("N", 1) if rows is None else rows)


@model("torchtext.data.LabelField")
class LabelField(Field):
    """A column of labels."""

    def __init__(self, **options: Value) -> None:
        """Take single values."""
        super().__init__(**{"sequential": False, "unk_token": None, **options})


@function("torchtext.data.get_tokenizer", "torchtext.data.utils.get_tokenizer")
def get_tokenizer(*args: Value, **options: Value) -> Value:
    """``get_tokenizer(name)``."""
    return Tokens()


class Tokens(Model):
    """What splits a text into tokens."""

    def call(self, text: Value, *args: Value) -> Value:
        """Split a text."""
        return Sequence("list", None, Text(), None)


@function("torchtext.vocab.build_vocab_from_iterator", "torchtext.vocab.vocab")
def build_vocab(machine: Machine, *args: Value, **options: Value) -> Value:
    """``build_vocab_from_iterator(tokens)``."""
    return Vocab(machine)
