"""Data sets of examples with fields, and the iterators over batches of them.

Source: ``torchtext/data/iterator.py`` and ``torchtext/datasets`` of torchtext 0.8; those that give pairs, of 0.18.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from snugly.facts.tensors import TensorFacts
from snugly.interpreter.values import Mapping, Number, Sequence, Text, Unknown, Value
from snugly.library.numpy.arrays import size_of
from snugly.library.registry import Model, function, model
from snugly.library.torchtext.fields import RawField

if TYPE_CHECKING:
    from snugly.facts.dims import Dim
    from snugly.interpreter.machine import Machine

Fields = dict[str, Value]
# The fields of the published data sets, in the order of the arguments of ``splits``.
_PUBLISHED = {"IMDB": ("text", "label"), "SST": ("text", "label"), "TREC": ("text", "label"),
              "SNLI": ("premise hypothesis", "label"), "MultiNLI": ("premise hypothesis", "label"),
              "UDPOS": (), "WikiText2": ("text",), "WikiText103": ("text",), "PennTreebank": ("text",)}  # fmt: skip
_PAIRS = ("AG_NEWS", "IMDB", "SST2", "YelpReviewPolarity", "YelpReviewFull", "AmazonReviewPolarity",
          "AmazonReviewFull", "YahooAnswers", "DBpedia", "SogouNews")  # fmt: skip


class Examples(Model):
    """A data set of examples: their fields by name; nothing tells how many there are."""

    path = "torchtext.data.Dataset"

    def __init__(self, machine: Machine, fields: Fields) -> None:
        """Keep the fields."""
        self._fields = fields
        self._count = machine.new_symbol("examples", 1)

    def length(self) -> Value:
        """``len(dataset)``."""
        return self._count

    def split(self, machine: Machine, split_ratio: Value = 0.7, **options: Value) -> Value:
        """``split(ratio)``: two data sets, or three where the ratio has three parts."""
        parts = machine.iterate(split_ratio).items if not isinstance(split_ratio, float | int) else None
        return tuple(Examples(machine, self._fields) for _ in range(2 if parts is None else len(parts)))

    def iterate(self) -> Value:
        """Go through the examples."""
        return Sequence("list", None, Unknown("an example"), self._count)


@model("torchtext.data.Dataset")
class Dataset(Examples):
    """``Dataset(examples, fields)``."""

    def __init__(self, machine: Machine, examples: Value = None, fields: Value = None, **options: Value) -> None:
        """Read the fields."""
        super().__init__(machine, fields_in(machine, fields))


def fields_in(machine: Machine, fields: Value) -> Fields:
    """Return fields by name from pairs, or from a dict of such pairs."""
    pairs = list(fields.entries.values()) if isinstance(fields, Mapping) else machine.iterate(fields).items or []
    found: Fields = {}
    for pair in pairs:
        if isinstance(pair, tuple) and len(pair) == 2:
            names, given = (pair[0], pair[1]) if isinstance(pair[0], tuple) else ((pair[0],), (pair[1],))
            given = given if isinstance(given, tuple) else (given,)
            found.update({name: one for name, one in zip(names, given, strict=False) if isinstance(name, str)})
    return found


def _several(machine: Machine, fields: Fields, options: dict[str, Value]) -> Value:
    """Return the parts that ``splits`` makes: those that are named, or all three."""
    named = [key for key in ("train", "validation", "test") if key in options and options[key] is not None]
    return tuple(Examples(machine, fields) for _ in (named or range(3)))


@function("torchtext.data.TabularDataset.splits")
def tabular_splits(machine: Machine, *args: Value, fields: Value = None, **options: Value) -> Value:
    """``TabularDataset.splits(train=..., fields=...)``: a part for each file that is named."""
    return _several(machine, fields_in(machine, fields), options)


@function("torchtext.data.TabularDataset")
def tabular(machine: Machine, *args: Value, fields: Value = None, **options: Value) -> Value:
    """``TabularDataset(path, format, fields)``."""
    return Examples(machine, fields_in(machine, args[2] if fields is None and len(args) > 2 else fields))


def _declare(name: str, names: tuple[str, ...]) -> None:
    def splits(machine: Machine, *args: Value, **options: Value) -> Value:
        given = [each for each in (*args, *options.values()) if isinstance(each, RawField)]
        if not names:
            fields = args[0] if args else options.get("fields")
            return _several(machine, fields_in(machine, fields), {})
        count = 2 if name in ("IMDB", "TREC") else 3
        fields = {each: field for each_names, field in zip(names, given, strict=False) for each in each_names.split()}
        return tuple(Examples(machine, fields) for _ in range(count))

    splits.__doc__ = f"``{name}.splits(...)``."
    function(f"torchtext.datasets.{name}.splits")(splits)


for _name, _names in _PUBLISHED.items():
    _declare(_name, _names)


@function("torchtext.datasets.Multi30k.splits", "torchtext.datasets.IWSLT.splits", "torchtext.datasets.WMT14.splits",
          "torchtext.datasets.TranslationDataset.splits")  # fmt: skip
def translations(machine: Machine, *args: Value, fields: Value = None, **options: Value) -> Value:
    """``Multi30k.splits(exts, fields)``: ``src`` and ``trg``."""
    pair = machine.iterate(args[1] if fields is None and len(args) > 1 else fields).items or []
    return tuple(Examples(machine, dict(zip(("src", "trg"), pair, strict=False))) for _ in range(3))


class Batch(Model):
    """A batch: each field's tensor by its name."""

    path = "torchtext.data.Batch"

    def __init__(self, parts: Fields, rows: Dim) -> None:
        """Keep the tensors."""
        self._parts = parts
        self.batch_size = rows
        self.fields = Sequence("list", list(parts))

    def get_attribute(self, name: str) -> Value:
        """Return a field's tensor."""
        return Unknown(name) if hasattr(type(self), name) else self._parts.get(name, Unknown(name))

    def length(self) -> Value:
        """``len(batch)``."""
        return self.batch_size

    def iterate(self) -> Value:
        """Unpack it: the inputs and the targets."""
        return Sequence("tuple", list(self._parts.values()))


class Batches(Model):
    """An iterator over batches, which can be gone through again."""

    path = "torchtext.data.Iterator"

    def __init__(self, machine: Machine, dataset: Value, batch_size: Value, *, steps: Value = None) -> None:
        """Keep the data set and the size; ``steps`` is that of a language model's batches."""
        self.dataset, self.batch_size = dataset, batch_size
        self._steps = steps
        self._rows: Dim | None = None
        self._count = machine.new_symbol("batches", 1)

    def length(self) -> Value:
        """``len(iterator)``."""
        return self._count

    def init_epoch(self) -> None:
        """``init_epoch()``."""

    def iterate(self, machine: Machine) -> Value:
        """Go through the batches."""
        fields = self.dataset._fields if isinstance(self.dataset, Examples) else {}
        size = size_of(self.batch_size)
        if self._steps is not None:
            steps = size_of(self._steps)
            length = machine.new_symbol("T", 1, steps if isinstance(steps, int) else None)
            text = TensorFacts((length, size), "int64")
            return Sequence("iterator", None, Batch({"text": text, "target": text}, size or 1), self._count)
        if self._rows is None:
            self._rows = machine.new_symbol("N", 2, size if isinstance(size, int) and size > 1 else None)
        parts = {
            name: field.batched(machine, self._rows) for name, field in fields.items() if isinstance(field, RawField)
        }
        return Sequence("iterator", None, Batch(parts, self._rows), self._count)


@function("torchtext.data.Iterator", "torchtext.data.BucketIterator")
def iterator(machine: Machine, dataset: Value, batch_size: Value, *args: Value, **options: Value) -> Value:
    """``BucketIterator(dataset, batch_size)``."""
    return Batches(machine, dataset, batch_size)


@function("torchtext.data.Iterator.splits", "torchtext.data.BucketIterator.splits")
def iterators(
    machine: Machine, datasets: Value, batch_sizes: Value = None, batch_size: Value = None, **options: Value
) -> Value:
    """``BucketIterator.splits(datasets, batch_size=...)``: one for each."""
    parts = machine.iterate(datasets).items or []
    sizes = None if batch_sizes is None else machine.iterate(batch_sizes).items
    return tuple(
        Batches(machine, part, batch_size if sizes is None else sizes[min(index, len(sizes) - 1)])
        for index, part in enumerate(parts)
    )


@function("torchtext.data.BPTTIterator.splits")
def language_model(
    machine: Machine, datasets: Value, batch_size: Value = None, bptt_len: Value = 35, **options: Value
) -> Value:
    """``BPTTIterator.splits(datasets, batch_size=..., bptt_len=...)``."""
    return tuple(Batches(machine, part, batch_size, steps=bptt_len) for part in machine.iterate(datasets).items or [])


def _pairs(*args: Value, **options: Value) -> Value:
    """Return the labels and texts of a split, or of each of two."""
    pairs = Sequence("iterator", None, (Number("int", 0), Text()), None)
    split = options.get("split", next((each for each in args if isinstance(each, str | tuple)), None))
    return pairs if isinstance(split, str) else (pairs, pairs)


for _name in _PAIRS:
    function(f"torchtext.datasets.{_name}")(_pairs)


@function("torchtext.data.functional.to_map_style_dataset")
def to_map_style(machine: Machine, iter_data: Value) -> Value:
    """``to_map_style_dataset(iterator)``: a list of what it gives."""
    found = machine.iterate(iter_data)
    return Sequence("list", None, found.element, machine.new_symbol("examples", 1))
