"""Class weights against the formulas, and against the losses that take them."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn import functional as F
from torch.utils.data import DataLoader, Dataset, Subset, TensorDataset

import snugly
from snugly.labels.class_weights import LabelsWarning, class_weights

LABELS = [0, 0, 0, 0, 1, 1, 2, 2, 2, 2]


class Pairs(Dataset):
    """A dataset without a table of its labels."""

    def __init__(self, labels):
        self.rows = [(torch.ones(3), label) for label in labels]

    def __len__(self):
        return len(self.rows)

    def __getitem__(self, index):
        return self.rows[index]


class Table(Pairs):
    """One with a table, whose samples must not be loaded."""

    def __init__(self, labels):
        self.targets = list(labels)

    def __len__(self):
        return len(self.targets)

    def __getitem__(self, index):
        raise AssertionError


class Dicts(Pairs):
    """Samples as transformers' datasets give them."""

    def __getitem__(self, index):
        return {"input_ids": [1, 2], "labels": self.rows[index][1]}


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(0, 4), min_size=1, max_size=60))
def test_the_formulas(labels):
    counts = np.bincount(labels, minlength=5)
    n, present = len(labels), counts > 0
    filled = np.where(present, counts, n / 5)
    effective = (1 - 0.9) / (1 - 0.9**filled)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", LabelsWarning)
        found = {
            method: class_weights(labels, 5, method=method, beta=0.9).numpy()
            for method in ("balanced", "inverse", "effective")
        }
    # sklearn.utils.class_weight.compute_class_weight("balanced", classes=present, y=labels), of 5 classes
    np.testing.assert_allclose(found["balanced"][present], n / (5 * counts[present]), rtol=1e-6)
    np.testing.assert_allclose(found["inverse"][present], n / counts[present], rtol=1e-6)
    np.testing.assert_allclose(found["effective"], effective * 5 / effective.sum(), rtol=1e-5)
    for weights in found.values():
        assert weights.shape == (5,)
        assert np.isfinite(weights).all()
        assert (weights > 0).all()


@pytest.mark.parametrize(
    "labels",
    [
        LABELS,
        tuple(LABELS),
        np.array(LABELS, dtype=np.int32),
        torch.tensor(LABELS, dtype=torch.uint8),
        torch.tensor(LABELS).reshape(5, 2),
        TensorDataset(torch.zeros(10, 3), torch.tensor(LABELS)),
        Pairs(LABELS),
        Pairs([torch.tensor(label) for label in LABELS]),
        Table(LABELS),
        Dicts(LABELS),
        Subset(Table([*LABELS, 1, 1]), range(10)),
        Subset(Pairs([*LABELS, 1, 1]), range(10)),
        DataLoader(Pairs(LABELS), batch_size=4, shuffle=True),
        [(torch.zeros(3), label) for label in LABELS],
        (batch for batch in DataLoader(Pairs(LABELS), batch_size=3)),
    ],
)
def test_labels_are_found_wherever_they_are(labels):
    torch.testing.assert_close(class_weights(labels, 3), torch.tensor([10 / 12, 10 / 6, 10 / 12]))


def test_the_generators_are_left_alone():
    state = torch.get_rng_state()
    class_weights(DataLoader(Pairs(LABELS), batch_size=4, shuffle=True), 3)
    assert torch.equal(state, torch.get_rng_state())


def test_the_weights_fit_the_loss():
    weights = class_weights(LABELS, 3, dtype=torch.float64, device="cpu")
    loss = F.cross_entropy(torch.randn(10, 3, dtype=torch.float64), torch.tensor(LABELS), weight=weights)
    assert loss.dtype is torch.float64
    multi = torch.tensor([[1, 0, 0], [1, 1, 0], [0, 1, 1], [0, 1, 0]])
    positive = class_weights(multi, 3, pos_weight=True)
    torch.testing.assert_close(positive, torch.tensor([1.0, 1 / 3, 3.0]))
    assert F.binary_cross_entropy_with_logits(torch.randn(4, 3), multi.float(), pos_weight=positive).isfinite()
    torch.testing.assert_close(class_weights([0, 0, 0, 1], 1, pos_weight=True), torch.tensor([3.0]))
    torch.testing.assert_close(
        class_weights(torch.tensor([[0.0], [1.0], [0.0]]), 1, pos_weight=True), torch.tensor([2.0])
    )
    torch.testing.assert_close(class_weights([False, True, False], 2, pos_weight=True), torch.tensor([2.0]))
    assert snugly.class_weights is class_weights


def test_a_class_that_never_occurs_weighs_as_one_of_average_size():
    with pytest.warns(LabelsWarning, match="class 2 of 3 never occurs") as shown:
        weights = class_weights([0, 0, 0, 1], 3)
    torch.testing.assert_close(weights, torch.tensor([4 / 9, 4 / 3, 1.0]))
    assert shown[0].filename == __file__
    with pytest.warns(LabelsWarning, match="class 1 has labels of one kind only"):
        torch.testing.assert_close(
            class_weights(torch.tensor([[0, 1], [1, 1]]), 2, pos_weight=True), torch.tensor([1.0, 1.0])
        )


def test_what_is_ignored_is_not_counted():
    torch.testing.assert_close(class_weights([*LABELS, -100, -100], 3), class_weights(LABELS, 3))
    torch.testing.assert_close(class_weights([*LABELS, 255], 3, ignore_index=255), class_weights(LABELS, 3))


@pytest.mark.parametrize(
    ("labels", "words"),
    [
        (torch.tensor(LABELS, dtype=torch.float32), r"float32.*labels\.long\(\)"),
        (torch.tensor(LABELS).unsqueeze(1), r"\(10, 1\).*flatten"),
        (torch.tensor([LABELS]), r"\(1, 10\).*flatten"),
        (F.one_hot(torch.tensor(LABELS)), r"one-hot.*argmax\(1\)"),
    ],
)
def test_labels_that_the_loss_will_not_take_are_counted_with_a_warning(labels, words):
    with pytest.warns(LabelsWarning, match=words):
        weights = class_weights(labels, 3)
    torch.testing.assert_close(weights, class_weights(LABELS, 3))


@pytest.mark.parametrize(
    ("labels", "options", "error", "words"),
    [
        ([1, 2, 3], {}, ValueError, "out of range.*start at 1"),
        ([0, 255, 255], {}, ValueError, "ignore_index=255"),
        ([0, -5, 7], {}, ValueError, "2 of 3 labels are out of range, such as -5"),
        ([0.5, 1.0], {}, ValueError, "fractions"),
        ([[1, 1, 0], [0, 0, 1]], {}, ValueError, "multi-hot.*pos_weight=True"),
        ([], {}, ValueError, "no labels"),
        ([-100], {}, ValueError, "no labels"),
        (["cat", "dog"], {}, TypeError, "numbered from 0"),
        (object(), {}, TypeError, "object"),
        ([0, 1], {"method": "sqrt"}, ValueError, "balanced, inverse, effective"),
        ([0, 1], {"beta": 1.0}, ValueError, "below 1"),
        ([0, 1], {"dtype": torch.int64}, ValueError, "floating"),
        ([0, 2], {"pos_weight": True}, ValueError, r"\(N, 3\)"),
        ([[0, 1, 2]], {"pos_weight": True}, ValueError, "takes 0 and 1"),
    ],
)
def test_labels_that_cannot_be_counted_are_refused_in_clear_words(labels, options, error, words):
    with pytest.raises(error, match=words):
        class_weights(labels, 3, **options)


@pytest.mark.parametrize("num_classes", [0, -1, True, 2.0])
def test_the_class_count_is_checked(num_classes):
    with pytest.raises(ValueError, match="num_classes"):
        class_weights([0], num_classes)
