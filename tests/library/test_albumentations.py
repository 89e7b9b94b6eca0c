"""Transforms of albumentations: what they make of the sizes of a picture and its mask."""

from __future__ import annotations

import pytest

HEAD = """
import albumentations as A
import cv2
import numpy as np
from albumentations.pytorch import ToTensorV2

picture = cv2.imread("picture.png")
mask = cv2.imread("mask.png", cv2.IMREAD_GRAYSCALE)
"""

KNOWN = {
    "A.Resize(256, 128)": ("uint8", (256, 128, 3), (256, 128)),
    "A.Compose([A.Resize(height=64, width=32), A.Normalize()])": ("float32", (64, 32, 3), (64, 32)),
    "A.Compose([A.Resize(64, 32), A.Normalize(), ToTensorV2()])": ("float32", (3, 64, 32), (64, 32)),
    "A.Compose([A.Resize(64, 32), ToTensorV2()])": ("uint8", (3, 64, 32), (64, 32)),
    "A.Compose([A.RandomResizedCrop(size=(40, 50)), A.HorizontalFlip(p=0.5)])": ("uint8", (40, 50, 3), (40, 50)),
    "A.Compose([A.RandomResizedCrop(height=40, width=50)])": ("uint8", (40, 50, 3), (40, 50)),
    "A.Compose([A.PadIfNeeded(512, 512), A.RandomCrop(224, 224)])": ("uint8", (224, 224, 3), (224, 224)),
    "A.Compose([A.Resize(8, 8), A.OneOf([A.GaussNoise(), A.Blur()], p=0.2)])": ("uint8", (8, 8, 3), (8, 8)),
    "A.Compose([A.Resize(8, 8), A.RandomRotate90(), A.Transpose()])": ("uint8", (8, 8, 3), (8, 8)),
}


@pytest.mark.parametrize("transform", KNOWN)
def test_a_transform_gives_these_sizes(follow, transform):
    names = follow(f"{HEAD}\nfound = {transform}(image=picture, mask=mask)\nx, y = found['image'], found['mask']\n")
    assert (names["x"].dtype, names["x"].shape, names["y"].shape) == KNOWN[transform]


@pytest.mark.parametrize("transform", ["A.RandomRotate90()", "A.LongestMaxSize(512)", "A.PadIfNeeded(64, 64)"])
def test_sizes_that_depend_on_the_picture_are_other_sizes(follow, transform):
    names = follow(f"{HEAD}\nx = {transform}(image=picture)['image']\n")
    assert names["x"].rank == 3
    assert not set(names["x"].shape[:2]) & set(names["picture"].shape[:2])


def test_a_transform_that_is_not_described_says_nothing(follow):
    names = follow(f"{HEAD}\nx = A.Compose([A.SomethingNew(), A.Normalize()])(image=picture)['image']\n")
    assert getattr(names["x"], "shape", None) is None
