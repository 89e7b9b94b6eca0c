"""Patterns on shapes, against einops itself, on generated shapes: what comes out and what is refused."""

import itertools
import random

import pytest

from snugly.operations.patterns import PatternError, transformed

einops = pytest.importorskip("einops")
numpy = pytest.importorskip("numpy")

PATTERNS = [
    ("rearrange", "b c h w -> b (c h w)", {}),
    ("rearrange", "b c h w -> b h w c", {}),
    ("rearrange", "b (h w) c -> b c h w", {"h": 2}),
    ("rearrange", "b c (h p1) (w p2) -> b (h w) (p1 p2 c)", {"p1": 2, "p2": 2}),
    ("rearrange", "b n (h d) -> b h n d", {"h": 3}),
    ("rearrange", "b h n d -> b n (h d)", {}),
    ("rearrange", "... d -> d ...", {}),
    ("rearrange", "b ... -> b (...)", {}),
    ("rearrange", "b 1 d -> b d", {}),
    ("rearrange", "b d -> b d 1", {}),
    ("rearrange", "b d -> b () d", {}),
    ("rearrange", "b c h w -> b c h", {}),
    ("rearrange", "b (c c) -> b c", {}),
    ("rearrange", "b (x y) -> b x y", {}),
    ("rearrange", "b (x y -> b x y", {"x": 2}),
    ("rearrange", "b c -> b c", {"q": 2}),
    ("rearrange", "(a b) c -> a b c", {"a": 2, "b": 2}),
    ("reduce", "b c h w -> b c", {}),
    ("reduce", "b c (h 2) (w 2) -> b c h w", {}),
    ("reduce", "b c h w -> b c 1 1", {}),
    ("reduce", "b ... -> b", {}),
    ("reduce", "b d -> b d e", {}),
    ("repeat", "b d -> b n d", {"n": 3}),
    ("repeat", "b d -> (b r) d", {"r": 2}),
    ("repeat", "d -> b d", {"b": 4}),
    ("repeat", "b d -> b n d", {}),
    ("repeat", "1 n d -> b n d", {"b": 2}),
    ("repeat", "() n d -> b n d", {"b": 2}),
    ("repeat", "h w -> h (w 3)", {}),
]


def real_answer(kind, pattern, shape, axes):
    array = numpy.zeros(shape)
    try:
        if kind == "reduce":
            return einops.reduce(array, pattern, "max", **axes).shape
        return getattr(einops, kind)(array, pattern, **axes).shape
    except einops.EinopsError:
        return "refused"


def our_answer(kind, pattern, shape, axes):
    try:
        return transformed(pattern, shape, axes, kind)
    except PatternError:
        return "refused"


def test_shapes_and_refusals_are_those_of_einops():
    draw = random.Random(5)
    wrong = []
    for (kind, pattern, axes), _ in itertools.product(PATTERNS, range(60)):
        shape = tuple(draw.choice([1, 2, 3, 4, 6]) for _ in range(draw.choice([1, 2, 2, 3, 3, 4, 4, 5])))
        ours, real = our_answer(kind, pattern, shape, axes), real_answer(kind, pattern, shape, axes)
        if ours != real:
            wrong.append((pattern, axes, shape, ours, real))
    assert wrong == []


def test_symbols_go_through_a_pattern(follow):
    names = follow("""
import torch
from einops import rearrange, repeat
from einops.layers.torch import Rearrange
x = torch.zeros(8, 3, 32, 32)
patches = rearrange(x, "b c (h p1) (w p2) -> b (h w) (p1 p2 c)", p1=4, p2=4)
tokens = repeat(torch.zeros(1, 1, 64), "() n d -> b n d", b=x.shape[0])
flat = Rearrange("b c h w -> b (c h w)")(x)
""")
    assert names["patches"].shape == (8, 64, 48)
    assert names["tokens"].shape == (8, 1, 64)
    assert names["flat"].shape == (8, 3072)
