"""``sklearn.model_selection`` and ``sklearn.utils``: how many rows go where."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from snugly.facts import ranges
from snugly.facts.dims import Dim, value
from snugly.facts.tensors import TensorFacts
from snugly.interpreter.values import Sequence, Value
from snugly.library.numpy.arranging import indices_below
from snugly.library.numpy.arrays import integer, made, unordered
from snugly.library.pandas.columns import Series
from snugly.library.pandas.tables import DataFrame
from snugly.library.registry import Model, function, model

if TYPE_CHECKING:
    from snugly.interpreter.machine import Machine


def taken(machine: Machine, thing: Value, count: Dim | None) -> Value:
    """Return ``count`` of the rows of an array, a table or a list."""
    if isinstance(thing, TensorFacts):
        values = ranges.some_of(unordered(thing.values))
        return thing.with_(shape=None if thing.shape is None else (count, *thing.shape[1:]), values=values, origin=None)
    if isinstance(thing, DataFrame | Series):
        return thing._with_rows(count)
    found = machine.iterate(thing)
    element = found.element
    if found.items:
        element = found.items[0]
        for item in found.items[1:]:
            element = machine.join(element, item)
    return Sequence("list", None, element, count)


def split_sizes(total: Dim | None, test_size: Value, train_size: Value) -> tuple[Dim | None, Dim | None]:
    """Return how many rows go to train and to test, as ``train_test_split`` rounds."""
    rows = value(total)
    parts = [
        part if isinstance(part, int | float) and not isinstance(part, bool) else None
        for part in (train_size, test_size)
    ]
    if rows is None or (test_size is not None and parts[1] is None) or (train_size is not None and parts[0] is None):
        return None, None
    train, test = parts
    if test is None and train is None:
        test = 0.25
    train_rows = None if train is None else math.floor(train * rows) if isinstance(train, float) else train
    test_rows = None if test is None else math.ceil(test * rows) if isinstance(test, float) else test
    if test_rows is None and train_rows is not None:
        test_rows = rows - train_rows
    if train_rows is None and test_rows is not None:
        train_rows = rows - test_rows
    return train_rows, test_rows


@function("sklearn.model_selection.train_test_split")
def train_test_split(
    machine: Machine, *arrays: Value, test_size: Value = None, train_size: Value = None, **options: Value
) -> Value:
    """``train_test_split(*arrays, test_size=0.25)``: train and test rows of each."""
    total = machine.length(arrays[0]) if arrays else None
    train, test = split_sizes(total, test_size, train_size)
    if train is None:
        train, test = machine.new_symbol("train", 2), machine.new_symbol("test", 2)
    parts = [taken(machine, array, count) for array in arrays for count in (train, test)]
    return Sequence("list", parts)


@function("sklearn.utils.shuffle", "sklearn.utils.resample")
def shuffle(machine: Machine, *arrays: Value, **options: Value) -> Value:
    """``shuffle(*arrays)``."""
    parts = [taken(machine, array, machine.length(array) if "n_samples" not in options else None) for array in arrays]
    return parts[0] if len(parts) == 1 else Sequence("list", parts)


@model("sklearn.model_selection.KFold")
class KFold(Model):
    """Folds of rows, the first ones longer by one where they do not divide."""

    def __init__(self, n_splits: Value = 5, *, shuffle: Value = False, random_state: Value = None) -> None:
        self.n_splits = n_splits

    def split(self, machine: Machine, X: Value, y: Value = None, groups: Value = None) -> Value:
        total, folds = machine.length(X), integer(self.n_splits)
        rows = value(total)
        if folds is None:
            return Sequence("iterator", None, _some_fold(machine, total), None)
        if rows is None or not self._even(rows, folds):
            return Sequence("iterator", [_some_fold(machine, total) for _ in range(folds)])
        sizes = [rows // folds + (1 if i < rows % folds else 0) for i in range(folds)]
        return Sequence("iterator", [_fold(rows - size, size, total) for size in sizes])

    def get_n_splits(self, *args: Value) -> Value:
        return self.n_splits

    def _even(self, rows: int, folds: int) -> bool:
        return True


@model(
    "sklearn.model_selection.StratifiedKFold",
    "sklearn.model_selection.GroupKFold",
    "sklearn.model_selection.StratifiedGroupKFold",
)
class StratifiedKFold(KFold):
    """Folds that keep the share of each class: their sizes depend on the labels."""

    def _even(self, rows: int, folds: int) -> bool:
        return False


def _some_fold(machine: Machine, total: Dim | None) -> Value:
    """Return a fold of which nobody knows how many rows it has."""
    return _fold(machine.new_symbol("train", 1), machine.new_symbol("test", 1), total)


def _fold(train: Dim | None, test: Dim | None, total: Dim | None) -> Value:
    positions = indices_below(total)
    return made((train,), "int64", positions), made((test,), "int64", positions)
