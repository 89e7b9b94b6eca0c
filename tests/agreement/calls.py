"""Generated calls of every loss: ranks 0 to 5, sizes 0, 1, 2, 3 and 5, all dtypes, all options, right and wrong."""

from __future__ import annotations

import math
from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING, Any

import torch
from pool import DTYPES, MOST_ELEMENTS, Entry, Pool, Shape

if TYPE_CHECKING:
    from collections.abc import Callable

CHUNKS = torch.nn.LinearCrossEntropyOptions()
SIZES = (0, 1, 2, 3, 5)
_RANKS = (0, 1, 1, 2, 2, 2, 2, 3, 3, 4, 5)
BANK = 150
REDUCTIONS = ("mean", "sum", "none")


@dataclass(frozen=True, slots=True)
class Generated:
    """A call: its arguments, its options, and the arguments that are to require grad."""

    loss: str
    entries: dict[str, Entry]
    options: dict[str, Any]
    wanted: set[str]


class Generator:
    """Draws calls of a loss; the same seed draws the same calls."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)
        self.pool = Pool(Random(seed + 1))
        self._banks: dict[tuple[int, ...], list[Shape]] = {}

    def call(self, loss: str) -> Generated:
        entries, options = _GENERATORS[loss](self)
        wanted = {name for name in entries if self.random.random() < (0.7 if name in _INPUTS else 0.12)}
        return Generated(loss, entries, options, wanted)

    # shapes

    def shape(self, ranks: tuple[int, ...] = _RANKS) -> Shape:
        """Return a shape, mostly one of a bank that changes from time to time: its tensors are in the pool."""
        bank = self._banks.setdefault(ranks, [])
        if len(bank) < BANK:
            bank.append(self._fresh_shape(ranks))
            return bank[-1]
        if self.random.random() < 0.02:
            bank[self.random.randrange(BANK)] = self._fresh_shape(ranks)
        return self.random.choice(bank)

    def _fresh_shape(self, ranks: tuple[int, ...]) -> Shape:
        draw = self.random
        while True:
            sizes = (1, 2, 3, 5) if draw.random() < 0.85 else SIZES
            shape = tuple(draw.choice(sizes) for _ in range(draw.choice(ranks)))
            if math.prod(shape) <= MOST_ELEMENTS:
                return shape

    def near(self, shape: Shape, right: float = 0.5) -> Shape:
        """Return the shape itself, or one that a mistake makes of it."""
        draw = self.random
        if draw.random() < right:
            return shape
        sizes = list(shape)
        match draw.randrange(7):
            case 0 if sizes:
                del sizes[draw.randrange(len(sizes))]
            case 1:
                sizes.insert(draw.randrange(len(sizes) + 1), 1)
            case 2 if len(sizes) > 1:
                i, j = draw.sample(range(len(sizes)), 2)
                sizes[i], sizes[j] = sizes[j], sizes[i]
            case 3 if sizes:
                sizes[draw.randrange(len(sizes))] = draw.choice(SIZES)
            case 4 if sizes:
                sizes[draw.randrange(len(sizes))] = 1
            case 5:
                return self.shape()
            case 6:
                sizes.append(draw.choice(SIZES))
        return tuple(sizes) if math.prod(sizes) <= MOST_ELEMENTS else shape

    # elements

    def dtype(self, usual: str = "float32", right: float = 0.6) -> str:
        return usual if self.random.random() < right else self.random.choice(DTYPES)

    def entry(
        self, shape: Shape, kind: str = "any", usual: str = "float32", right: float = 0.6, classes: int = 0
    ) -> Entry:
        return self.pool.draw(shape, self.dtype(usual, right), kind, classes)

    def chance(self, probability: float) -> bool:
        return self.random.random() < probability

    # options

    def options(self, legacy: bool = True, **choices: tuple[Any, ...]) -> dict[str, Any]:
        draw = self.random
        options: dict[str, Any] = {}
        if draw.random() < 0.65:
            options["reduction"] = draw.choice(REDUCTIONS)
        elif draw.random() < 0.1:
            options["reduction"] = draw.choice(("bogus", "elementwise_mean", "batchmean", "MEAN", ""))
        if legacy and draw.random() < 0.08:
            for name in ("size_average", "reduce"):
                if draw.random() < 0.6:
                    options[name] = draw.choice((True, False, None))
        for name, values in choices.items():
            if draw.random() < 0.6:
                options[name] = draw.choice(values)
        return options


_INPUTS = frozenset(("input", "input1", "anchor", "log_probs", "linear_weight"))
Drawn = tuple[dict[str, Entry], dict[str, Any]]


def _elementwise(weight: bool, **choices: tuple[Any, ...]) -> Callable[[Generator], Drawn]:
    def draw(generator: Generator) -> Drawn:
        shape = generator.shape()
        entries = {"input": generator.entry(shape), "target": generator.entry(generator.near(shape, 0.4))}
        if weight and generator.chance(0.25):
            entries["weight"] = generator.entry(generator.near(shape, 0.6), "positive")
        return entries, generator.options(legacy="delta" not in choices, **choices)

    return draw


def _bce(generator: Generator) -> Drawn:
    shape = generator.shape()
    kind = "unit" if generator.chance(0.85) else "any"
    entries = {
        "input": generator.entry(shape, kind),
        "target": generator.entry(generator.near(shape, 0.75), "unit" if generator.chance(0.85) else "any", right=0.75),
    }
    if generator.chance(0.3):
        entries["weight"] = generator.entry(generator.near(shape, 0.4), "positive")
    return entries, generator.options()


def _bce_logits(generator: Generator) -> Drawn:
    shape = generator.shape()
    entries = {"input": generator.entry(shape), "target": generator.entry(generator.near(shape, 0.75), "unit")}
    for name in ("weight", "pos_weight"):
        if generator.chance(0.3):
            entries[name] = generator.entry(generator.near(shape, 0.4), "positive")
    return entries, generator.options()


def _class_target(generator: Generator, shape: Shape) -> Entry:
    classes = shape[1] if len(shape) > 1 else (shape[0] if shape else 1)
    right = shape[:1] + shape[2:] if len(shape) > 1 else ()
    if len(shape) == 1 and generator.chance(0.3):
        right = (1,)
    kind = generator.random.choice(("index",) * 6 + ("ignored", "ignored", "outside"))
    return generator.entry(generator.near(right, 0.65), kind, "int64", 0.75, classes)


def _classes(loss: str) -> Callable[[Generator], Drawn]:
    def draw(generator: Generator) -> Drawn:
        shape = generator.shape((0, 1, 1, 2, 2, 2, 3, 3, 4, 4, 5))
        target = _class_target(generator, shape)
        if loss == "cross_entropy" and generator.chance(0.3):
            target = generator.entry(generator.near(shape, 0.8), "unit")
        entries = {"input": generator.entry(shape, right=0.75), "target": target}
        if generator.chance(0.3):
            classes = (shape[1],) if len(shape) > 1 else shape
            entries["weight"] = generator.entry(generator.near(classes, 0.7), "positive", right=0.75)
        ignored = (-100, -1, 0, 1, 255, 2)
        options = generator.options(ignore_index=(-100, -100, -100, *ignored))
        if loss == "cross_entropy" and generator.chance(0.35):
            options["label_smoothing"] = generator.random.choice((0.0, 0.1, 0.1, 1.0, 1.5, -0.1))
        return entries, options

    return draw


def _linear(generator: Generator) -> Drawn:
    rank, features = generator.random.choice((1, 2, 2, 2)), generator.random.choice(SIZES)
    batch = tuple(generator.random.choice(SIZES) for _ in range(rank - 1))
    outer = tuple(generator.random.choice((1, 2, 3)) for _ in range(generator.random.choice((0, 0, 0, 1, 2))))
    classes = generator.random.choice(SIZES)
    dtype = generator.dtype(right=0.75)
    logits = (*batch, classes, *outer)
    entries = {
        "input": generator.pool.draw(generator.near((*batch, features), 0.85), dtype, "any"),
        "linear_weight": generator.entry(generator.near((classes, *outer, features), 0.85), "any", dtype, 0.9),
        "target": _class_target(generator, logits),
    }
    if generator.chance(0.25):
        entries["target"] = generator.entry(generator.near(logits, 0.8), "unit")
    if generator.chance(0.35):
        entries["linear_bias"] = generator.entry(generator.near((classes, *outer), 0.85), "any", dtype, 0.9)
    if generator.chance(0.3):
        entries["weight"] = generator.entry(generator.near((classes,), 0.7), "positive", right=0.75)
    options = generator.options(legacy=False)
    if generator.chance(0.3):
        options["ignore_index"] = generator.random.choice((-100, -1, 0, 255))
    if generator.chance(0.3):
        options["label_smoothing"] = generator.random.choice((0.0, 0.1, 1.0, 1.5, -0.1))
    if generator.chance(0.06):
        options["options"] = CHUNKS
        if "weight" in entries and entries["weight"].tensor.dim() != 1:
            del entries["weight"]  # which rows such a weight gives to the chunks is not modelled
        if generator.chance(0.7):
            options.pop("label_smoothing", None)
    return entries, options


def _kl(generator: Generator) -> Drawn:
    shape = generator.shape()
    entries = {
        "input": generator.entry(shape, right=0.75),
        "target": generator.entry(generator.near(shape), "unit", right=0.75),
    }
    options = generator.options(log_target=(True, False))
    if generator.chance(0.3):
        options["reduction"] = "batchmean"
    return entries, options


def _gaussian(generator: Generator) -> Drawn:
    shape = generator.shape()
    entries = {"input": generator.entry(shape), "target": generator.entry(generator.near(shape))}
    options = generator.options(legacy=False, full=(True, False), eps=(1e-6, 1e-3))
    if generator.chance(0.2):
        options["var"] = generator.random.choice((1.0, 0.5, -1.0, 2, 0.0))
        return entries, options
    base = shape[:-1] if generator.chance(0.3) else (*shape[:-1], 1) if generator.chance(0.3) and shape else shape
    kind = "positive" if generator.chance(0.85) else "any"
    entries["var"] = generator.entry(generator.near(base, 0.7), kind, right=0.7)
    return entries, options


def _signs(**choices: tuple[Any, ...]) -> Callable[[Generator], Drawn]:
    def draw(generator: Generator) -> Drawn:
        shape = generator.shape()
        usual = generator.random.choice(("float32", "int64"))
        entries = {
            "input": generator.entry(shape),
            "target": generator.entry(generator.near(shape), "sign", usual),
        }
        return entries, generator.options(**choices)

    return draw


def _multilabel_soft(generator: Generator) -> Drawn:
    shape = generator.shape()
    entries = {"input": generator.entry(shape, right=0.75), "target": generator.entry(generator.near(shape), "unit")}
    if generator.chance(0.35):
        entries["weight"] = generator.entry(generator.near(shape[-1:], 0.5), "positive")
    return entries, generator.options()


def _multilabel(generator: Generator) -> Drawn:
    shape = generator.shape((0, 1, 1, 2, 2, 2, 2, 3))
    classes = shape[-1] if shape else 1
    kind = generator.random.choice(("list", "list", "list", "index", "outside"))
    entries = {
        "input": generator.entry(shape, right=0.75),
        "target": generator.entry(generator.near(shape, 0.7), kind, "int64", 0.75, classes),
    }
    return entries, generator.options()


def _multi_margin(generator: Generator) -> Drawn:
    shape = generator.shape((0, 1, 1, 2, 2, 2, 2, 3))
    classes = shape[-1] if shape else 1
    kind = generator.random.choice(("index", "index", "index", "index", "outside", "ignored"))
    target = shape[:1] if len(shape) > 1 else generator.random.choice(((), (1,)))
    entries = {
        "input": generator.entry(shape, right=0.75),
        "target": generator.entry(generator.near(target, 0.75), kind, "int64", 0.75, classes),
    }
    if generator.chance(0.3):
        entries["weight"] = generator.entry(generator.near((classes,), 0.75), "positive", right=0.75)
    return entries, generator.options(p=(1, 2, 2, 3), margin=(1.0, 0.5, -1.0))


def _ranking(generator: Generator) -> Drawn:
    shape = generator.shape()
    same_rank = generator.chance(0.7)

    def other() -> Shape:
        if not same_rank:
            return generator.near(shape)
        return tuple(generator.random.choice((x, x, x, 1, 2)) for x in shape)

    entries = {
        "input1": generator.entry(other()),
        "input2": generator.entry(other()),
        "target": generator.entry(other(), "sign"),
    }
    return entries, generator.options(margin=(0, 0.5, 1.0))


def _cosine(generator: Generator) -> Drawn:
    shape = generator.shape((1, 2, 2, 2, 3)) if generator.chance(0.9) else generator.shape()
    other = tuple(generator.random.choice((x, x, x, 1)) for x in shape)
    entries = {
        "input1": generator.entry(shape),
        "input2": generator.entry(generator.near(other, 0.85)),
        "target": generator.entry(generator.near(shape[:-1], 0.8), "sign"),
    }
    return entries, generator.options(margin=(0.0, 0.5))


def _triplets(distance: bool) -> Callable[[Generator], Drawn]:
    def draw(generator: Generator) -> Drawn:
        shape = generator.shape()

        def other() -> Shape:
            shape_ = tuple(generator.random.choice((x, x, x, x, 1)) for x in shape)
            return generator.near(shape_, 0.9)

        entries = {name: generator.entry(other(), right=0.7) for name in ("anchor", "positive", "negative")}
        choices: dict[str, tuple[Any, ...]] = {"margin": (1.0, 0.5, 1.0, 0.5, 0.0, -1.0), "swap": (True, False)}
        if not distance:
            choices["p"] = (2.0, 1.0, 3, 0.5)
        return entries, generator.options(legacy=not distance, **choices)

    return draw


def _ctc(generator: Generator) -> Drawn:
    draw = generator.random
    steps, batch, classes = (draw.choice((1, 2, 3, 5, 5, 5, 0)) for _ in range(3))
    batched = generator.chance(0.75)
    if not batched:
        batch = 1
    shape = (steps, batch, classes) if batched else (steps, classes)
    longest = draw.choice((1, 2, 3))
    lengths = [draw.choice((0, 1, longest)) for _ in range(batch)]
    padded = generator.chance(0.5)
    targets = (batch, longest) if padded else (sum(lengths),)
    kind = "index" if generator.chance(0.85) else "outside"
    entries = {
        "log_probs": generator.entry(generator.near(shape, 0.85), right=0.8),
        "targets": generator.entry(generator.near(targets, 0.85), kind, "int64", 0.8, classes),
    }
    times = [draw.choice((steps, steps, steps, 1, 0)) for _ in range(batch)]
    if generator.chance(0.15):
        (lengths if generator.chance(0.5) else times).append(draw.choice((1, -1, 6)))
    if generator.chance(0.15) and batch:
        (lengths if generator.chance(0.5) else times)[draw.randrange(batch)] = draw.choice((-1, 4, 6))
    options = generator.options(legacy=False, blank=(0, 0, 0, 1, -1, 5), zero_infinity=(True, False))
    as_tuples = generator.chance(0.35)
    for name, values in (("input_lengths", times), ("target_lengths", lengths)):
        if as_tuples != generator.chance(0.04):
            options[name] = tuple(values)
        else:
            scalar = not batched and len(values) == 1 and generator.chance(0.5)
            entries[name] = generator.pool.given(
                values, () if scalar else (len(values),), generator.dtype("int64", 0.85)
            )
    return entries, options


def _adaptive(generator: Generator) -> Drawn:
    draw = generator.random
    batch = () if generator.chance(0.25) else (draw.choice(SIZES),)
    kind = draw.choice(("index",) * 5 + ("ignored", "outside"))
    entries = {
        "input": generator.entry(generator.near((*batch, 5), 0.8), right=0.85),
        "target": generator.entry(generator.near(batch, 0.85), kind, "int64", 0.75, 10),
    }
    return entries, {"in_features": 5, "n_classes": 10, "cutoffs": draw.choice(([3], [2, 5], [1, 4, 9]))}


_GENERATORS: dict[str, Callable[[Generator], Drawn]] = {
    "mse_loss": _elementwise(True),
    "l1_loss": _elementwise(True),
    "smooth_l1_loss": _elementwise(False, beta=(1.0, 0.5, 0.0, 0, -1.0)),
    "huber_loss": _elementwise(True, delta=(1.0, 2.0, 0.5, 0.0, -1.0)),
    "binary_cross_entropy": _bce,
    "binary_cross_entropy_with_logits": _bce_logits,
    "nll_loss": _classes("nll_loss"),
    "cross_entropy": _classes("cross_entropy"),
    "linear_cross_entropy": _linear,
    "kl_div": _kl,
    "poisson_nll_loss": _signs(log_input=(True, False), full=(True, False), eps=(1e-8, 1e-3)),
    "gaussian_nll_loss": _gaussian,
    "hinge_embedding_loss": _signs(margin=(1.0, 0.5, -1.0, 0.0, 300.0)),
    "soft_margin_loss": _signs(),
    "multilabel_soft_margin_loss": _multilabel_soft,
    "multilabel_margin_loss": _multilabel,
    "multi_margin_loss": _multi_margin,
    "margin_ranking_loss": _ranking,
    "cosine_embedding_loss": _cosine,
    "triplet_margin_loss": _triplets(distance=False),
    "triplet_margin_with_distance_loss": _triplets(distance=True),
    "ctc_loss": _ctc,
    "AdaptiveLogSoftmaxWithLoss": _adaptive,
}
LOSSES = tuple(_GENERATORS)
