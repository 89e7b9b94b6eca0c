"""Data sets of torchvision whose pictures differ in size, or whose targets are more than a label."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from snugly.facts.tensors import TensorFacts
from snugly.facts.values import ValueFacts
from snugly.interpreter.values import Number, Value
from snugly.library.registry import model
from snugly.library.torch.arguments import bind
from snugly.library.torchvision.datasets import (
    DOWNLOAD,
    ROOM,
    ROOT_,
    TRANSFORMS,
    VisionDataset,
    as_number,
    picture,
)

if TYPE_CHECKING:
    from snugly.facts.dims import Dim


class _Pairs(VisionDataset):
    """A data set whose samples are a picture of any size and a target that ``_target`` describes."""

    _parameters: ClassVar[dict[str, Any]] = {}
    _lengths: ClassVar[dict[Any, int]] = {}

    def __init__(self, *args: Value, **kwargs: Value) -> None:
        """Keep the options."""
        options = bind(self._parameters, args, kwargs)
        super().__init__(
            options.get("root"),
            options.get("transforms"),
            options.get("transform"),
            options.get("target_transform"),
        )
        self._options = options

    def _target(self, machine: Any) -> Value:
        return machine.unknown(self.path)

    def item(self, machine: Any, index: Value) -> Value:
        """Return a picture and its target, after the transforms."""
        return self._sample(machine, picture(None, None, 3), self._target(machine))

    def length(self) -> Dim | None:
        """Return the number of samples, where the split is known."""
        chosen = self._options.get("split", self._options.get("image_set"))
        return self._lengths.get(chosen) if isinstance(chosen, str) else None


@model(f"{ROOM}.VOCSegmentation")
class VOCSegmentation(_Pairs):
    """Pictures and masks of one channel: classes 0 to 20, and 255 where none counts."""

    _parameters: ClassVar[dict[str, Any]] = {
        **ROOT_, "year": "2012", "image_set": "train", **DOWNLOAD, **TRANSFORMS, "transforms": None,
    }  # fmt: skip

    def _target(self, machine: Any) -> Value:
        values = ValueFacts(low=0, high=255, integral=True, attained=True)
        return TensorFacts((None, None, 1), "uint8", values=values, kind="image")


@model(f"{ROOM}.VOCDetection", f"{ROOM}.CocoDetection", f"{ROOM}.CocoCaptions", f"{ROOM}.Kitti")
class Annotated(_Pairs):
    """Pictures with annotations that are not followed."""

    def __init__(self, *args: Value, **kwargs: Value) -> None:
        """Keep the transforms."""
        VisionDataset.__init__(
            self, None, kwargs.get("transforms"), kwargs.get("transform"), kwargs.get("target_transform")
        )
        self._options = {}


@model(f"{ROOM}.OxfordIIITPet")
class OxfordIIITPet(_Pairs):
    """Pets: 37 breeds, cat or dog, or a mask of one channel."""

    _parameters: ClassVar[dict[str, Any]] = {
        **ROOT_, "split": "trainval", "target_types": "category", "transforms": None, **TRANSFORMS, **DOWNLOAD,
    }  # fmt: skip
    _lengths: ClassVar[dict[Any, int]] = {"trainval": 3680, "test": 3669}

    def _target(self, machine: Any) -> Value:
        wanted = self._options["target_types"]
        if wanted == "category":
            return Number("int", 0, 36)
        if wanted == "binary-category":
            return Number("int", 0, 1)
        if wanted == "segmentation":
            values = ValueFacts(low=1, high=3, integral=True, attained=True)
            return TensorFacts((None, None, 1), "uint8", values=values, kind="image")
        return machine.unknown(f"{ROOM}.OxfordIIITPet.target_types")


@model(f"{ROOM}.CelebA")
class CelebA(_Pairs):
    """Faces of 218 by 178, with 40 attributes."""

    _parameters: ClassVar[dict[str, Any]] = {
        **ROOT_, "split": "train", "target_type": "attr", **TRANSFORMS, **DOWNLOAD,
    }  # fmt: skip
    _lengths: ClassVar[dict[Any, int]] = {"train": 162770, "valid": 19867, "test": 19962, "all": 202599}

    def item(self, machine: Any, index: Value) -> Value:
        """Return a face and what is asked for, after the transforms."""
        values = ValueFacts(low=0, high=1, integral=True, members=frozenset({0, 1}))
        target: Value = TensorFacts((40,), "int64", "cpu", requires_grad=False, values=values)
        if self._options["target_type"] != "attr":
            target = machine.unknown(f"{ROOM}.CelebA.target_type")
        return self._sample(machine, picture(218, 178, 3), target)


@model(f"{ROOM}.Cityscapes")
class Cityscapes(_Pairs):
    """Streets of 1024 by 2048; a semantic target is a mask of one channel."""

    _parameters: ClassVar[dict[str, Any]] = {
        **ROOT_, "split": "train", "mode": "fine", "target_type": "instance", **TRANSFORMS, "transforms": None,
    }  # fmt: skip

    def item(self, machine: Any, index: Value) -> Value:
        """Return a street and its target, after the transforms."""
        target: Value = TensorFacts((1024, 2048, 1), "uint8", values=ValueFacts(0, 255, integral=True), kind="image")
        if self._options["target_type"] != "semantic":
            target = machine.unknown(f"{ROOM}.Cityscapes.target_type")
        return self._sample(machine, picture(1024, 2048, 3), target)


class _Labelled(_Pairs):
    """Pictures of any size with a label."""

    _labels: ClassVar[tuple[int, int] | None] = None

    def item(self, machine: Any, index: Value) -> Value:
        """Return a picture and its label, after the transforms."""
        return self._sample(machine, picture(None, None, self._channels()), as_number(self._labels))

    def _channels(self) -> int | None:
        return 3

    def length(self) -> None:
        """Return nothing: the files are not counted."""


@model(f"{ROOM}.Caltech101", f"{ROOM}.Caltech256")
class Caltech(_Labelled):
    """Objects; some pictures are grey."""

    _parameters: ClassVar[dict[str, Any]] = {**ROOT_, "target_type": "category", **TRANSFORMS, **DOWNLOAD}

    def _channels(self) -> int | None:
        return None


@model(f"{ROOM}.LSUN")
class LSUN(_Labelled):
    """Scenes and objects."""

    _parameters: ClassVar[dict[str, Any]] = {**ROOT_, "classes": "train", **TRANSFORMS}


@model(f"{ROOM}.Places365")
class Places365(_Labelled):
    """Scenes of 365 kinds."""

    _labels: ClassVar[tuple[int, int] | None] = (0, 364)
    _parameters: ClassVar[dict[str, Any]] = {
        **ROOT_, "split": "train-standard", "small": False, **DOWNLOAD, **TRANSFORMS, "loader": None,
    }  # fmt: skip


@model(f"{ROOM}.Omniglot")
class Omniglot(_Labelled):
    """Characters of 105 by 105, black and white."""

    _parameters: ClassVar[dict[str, Any]] = {**ROOT_, "background": True, **TRANSFORMS, **DOWNLOAD, "loader": None}

    def item(self, machine: Any, index: Value) -> Value:
        """Return a character and its class, after the transforms."""
        return self._sample(machine, picture(105, 105, 1), as_number(None))


@model(f"{ROOM}.LFWPeople")
class LFWPeople(_Labelled):
    """Faces of 250 by 250."""

    _parameters: ClassVar[dict[str, Any]] = {
        **ROOT_, "split": "10fold", "image_set": "funneled", **TRANSFORMS, **DOWNLOAD,
    }  # fmt: skip

    def item(self, machine: Any, index: Value) -> Value:
        """Return a face and whose it is, after the transforms."""
        return self._sample(machine, picture(250, 250, 3), as_number(None))
