"""Tensors made from data, collation and loaders, against torch itself on generated data."""

import random
import string
from typing import NamedTuple

import numpy as np
import pytest
import torch
from torch.utils.data import DataLoader, TensorDataset, default_collate
from twins import abstract, disagreements, new_machine, unknown_sizes

from snugly.facts.dims import value as only_value
from snugly.facts.tensors import TensorFacts
from snugly.interpreter.values import LibraryName, Mapping, Sequence, Unknown

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")


class Point(NamedTuple):
    x: object
    y: object


def lifted(value):
    """Return the abstract value of nested data, numpy's included."""
    if isinstance(value, np.ndarray | np.generic):
        return TensorFacts(tuple(value.shape), str(value.dtype), kind="ndarray")
    if isinstance(value, Point):
        return Point(*(lifted(item) for item in value))
    if isinstance(value, tuple):
        return tuple(lifted(item) for item in value)
    if isinstance(value, list):
        return Sequence("list", [lifted(item) for item in value])
    if isinstance(value, dict):
        return Mapping({key: lifted(item) for key, item in value.items()})
    return abstract(value)


def nested(rng, depth):
    """Return nested lists that may be ragged now and then."""
    if depth == 0:
        kind = rng.choice("iiffbns")
        return {
            "i": rng.randint(-3, 300),
            "f": rng.uniform(-2, 2),
            "b": rng.random() < 0.5,
            "n": np.float32(1.5),
            "s": np.int16(3),
        }[kind]
    length = rng.randint(0, 3)
    if depth == 1 and rng.random() < 0.2:
        return np.zeros(length, dtype=rng.choice([np.float64, np.float32, np.int64, np.uint8]))
    if rng.random() < 0.9:
        pattern = rng.getrandbits(32)
        return [nested(random.Random(pattern), depth - 1) for _ in range(length)]
    return tuple(nested(rng, depth - 1) for _ in range(length))


def test_tensor_reads_nested_data_as_torch_does():
    rng = random.Random(1)
    wrong, known = [], 0
    for _ in range(1500):
        data = nested(rng, rng.randint(0, 3))
        machine = new_machine()
        dtype = rng.choice([None, None, torch.float32, torch.int64, torch.bool])
        if "np." in repr(data) or "array" in repr(data):  # torch converts these to few of the dtypes
            dtype = None
        for name in ("tensor", "as_tensor"):
            result = machine.call(LibraryName(f"torch.{name}"), lifted(data), dtype=abstract(dtype))
            try:
                real = getattr(torch, name)(data, dtype=dtype)
            except (TypeError, ValueError, RuntimeError):
                if not isinstance(result, Unknown):
                    wrong.append((name, data, "torch raises", str(result)))
                continue
            found = disagreements(result, real)
            found += ["a finding"] if machine.events.findings else []
            wrong += [(name, data, dtype, found)] if found else []
            known += not isinstance(result, Unknown) and unknown_sizes(result) == 0
    assert wrong == []
    assert known > 2000


CLASSES = ("Tensor", "FloatTensor", "LongTensor", "IntTensor", "DoubleTensor", "ByteTensor", "BoolTensor")


@pytest.mark.parametrize("name", CLASSES)
@pytest.mark.parametrize(
    "args", [(), (3,), (2, 3), ([1, 2, 3],), ([[1, 2], [3, 4]],), ([],), (np.zeros((2, 3)),), ([0, 1],)]
)
def test_tensor_classes_take_sizes_or_data(name, args):
    machine = new_machine()
    result = machine.call(LibraryName(f"torch.{name}"), *(lifted(argument) for argument in args))
    real = getattr(torch, name)(*args)
    if len(args) > 0 and isinstance(args[0], int):
        real = torch.zeros_like(real)
    assert disagreements(result, real) == []
    assert unknown_sizes(result) == 0


def sample_of(rng, depth=2):
    """Return a maker of samples: called, it gives one of always the same structure."""
    kind = rng.choice("tanifbsk" + "TLDP" * (depth > 0))
    shape = tuple(rng.randint(1, 4) for _ in range(rng.randint(0, 3)))
    makers = {
        "t": lambda: torch.zeros(shape, dtype=torch.float64 if len(shape) == 1 else torch.float32),
        "a": lambda: np.zeros((2, *shape), dtype=np.uint8 if len(shape) == 2 else np.float32),
        "n": lambda: np.float32(1.0),
        "i": lambda: rng.randint(0, 9),
        "f": rng.random,
        "b": lambda: rng.random() < 0.5,
        "s": lambda: rng.choice(string.ascii_letters),
        "k": lambda: np.int64(3),
    }
    if kind in makers:
        return makers[kind]
    parts = [sample_of(rng, depth - 1) for _ in range(rng.randint(1, 3))]
    if kind == "T":
        return lambda: tuple(part() for part in parts)
    if kind == "L":
        return lambda: [part() for part in parts]
    if kind == "D":
        return lambda: {f"k{i}": part() for i, part in enumerate(parts)}
    return lambda: Point(parts[0](), parts[-1]())


def test_default_collate_makes_the_batches_that_torch_makes():
    rng = random.Random(2)
    wrong, opened = [], 0
    for _ in range(400):
        make, count = sample_of(rng), rng.randint(1, 4)
        samples = [make() for _ in range(count)]
        machine = new_machine()
        batch = machine.call(LibraryName("torch.utils.data.default_collate"), lifted(samples))
        real = default_collate(samples)
        found = disagreements(batch, real)
        wrong += [(samples, found)] if found or machine.events.findings else []
        opened += unknown_sizes(batch)
    assert wrong == []
    assert opened == 0


@pytest.mark.parametrize("drop_last", [False, True])
@pytest.mark.parametrize(("rows", "size"), [(10, 3), (12, 4), (5, 8), (9, 1), (7, 7), (129, 32), (33, 32)])
def test_a_loader_yields_the_batch_sizes_that_torch_yields(rows, size, drop_last):
    machine = new_machine()
    x, y = torch.randn(rows, 4), torch.randint(0, 3, (rows,))
    dataset = machine.call(LibraryName("torch.utils.data.TensorDataset"), abstract(x), abstract(y))
    loader = machine.call(LibraryName("torch.utils.data.DataLoader"), dataset, batch_size=size, drop_last=drop_last)
    real = DataLoader(TensorDataset(x, y), batch_size=size, drop_last=drop_last)
    assert machine.length(loader) == len(real)
    found = machine.iterate(loader)
    sizes = [only_value(case.element.items[0].shape[0]) for case in found.cases for _ in range(case.times)]
    assert sizes == [len(batch[0]) for batch in real]
    for case, batch in zip(found.cases, list(real)[:: max(len(real) - 1, 1)], strict=False):
        assert disagreements(case.element, batch) == []
        assert case.element.items[0].axes[0] == "batch"


def test_splits_have_the_lengths_that_torch_gives():
    rng = random.Random(3)
    for _ in range(60):
        total = rng.randint(5, 200)
        lengths = rng.choice([[total - 3, 3], [0.8, 0.2], [0.5, 0.25, 0.25], [0.7, 0.15, 0.15]])
        real = torch.utils.data.random_split(list(range(total)), lengths)
        machine = new_machine()
        data = machine.call(LibraryName("torch.utils.data.TensorDataset"), TensorFacts((total, 2), "float32"))
        parts = machine.call(LibraryName("torch.utils.data.random_split"), data, lifted(lengths))
        assert [machine.length(part) for part in parts.items] == [len(part) for part in real]


def test_padded_and_packed_sequences_have_the_sizes_that_torch_gives():
    rnn = torch.nn.utils.rnn
    sequences = [torch.randn(n, 3) for n in (5, 3, 2)]
    machine = new_machine()
    for first in (False, True):
        result = machine.call(LibraryName("torch.nn.utils.rnn.pad_sequence"), lifted(sequences), batch_first=first)
        assert disagreements(result, rnn.pad_sequence(sequences, batch_first=first)) == []
        assert unknown_sizes(result) == 0
        packed = machine.call(
            LibraryName("torch.nn.utils.rnn.pack_padded_sequence"), result, lifted([5, 3, 2]), batch_first=first
        )
        gru = machine.call(LibraryName("torch.nn.GRU"), 3, 4, batch_first=first)
        output, state = machine.call(gru, packed)
        back = machine.call(LibraryName("torch.nn.utils.rnn.pad_packed_sequence"), output, batch_first=first)
        real = torch.nn.GRU(3, 4, batch_first=first)
        padded = rnn.pad_sequence(sequences, batch_first=first)
        real_out, real_state = real(rnn.pack_padded_sequence(padded, [5, 3, 2], batch_first=first))
        assert disagreements(state, real_state) == []
        assert disagreements(back, rnn.pad_packed_sequence(real_out, batch_first=first)) == []
