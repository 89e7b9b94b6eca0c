"""The data sets of torchvision: what a sample is, how many there are, which labels occur."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from snugly.facts.records import dataclass
from snugly.facts.tensors import TensorFacts
from snugly.facts.values import ValueFacts
from snugly.interpreter.values import Mapping, Number, Sequence, Text, Value
from snugly.library.registry import alias, model
from snugly.library.torch.arguments import bind, flag, known_items, size
from snugly.library.torch.data.datasets import Dataset

if TYPE_CHECKING:
    from snugly.facts.dims import Dim

ROOM = "torchvision.datasets"


@dataclass(frozen=True, slots=True)
class Facts:
    """What is certain about a data set.

    Attributes:
        name: the class.
        height: of every picture; ``None`` where pictures differ or it is not known.
        width: likewise.
        channels: 1 or 3.
        labels: the smallest and the largest label; ``None`` where there is no such label.
        lengths: the number of samples by split; by ``True`` and ``False`` where ``train`` chooses.
        parameters: the constructor's parameters with their defaults.
        stored: the kind of ``data``, an array or a tensor of bytes, and of ``targets``, where they are attributes.
    """

    name: str
    height: int | None
    width: int | None
    channels: int
    labels: tuple[int, int] | None
    lengths: dict[Any, int]
    parameters: dict[str, Any]
    stored: str = ""


ROOT_: dict[str, Any] = {"root": None}
TRANSFORMS: dict[str, Any] = {"transform": None, "target_transform": None}
DOWNLOAD: dict[str, Any] = {"download": False}
_TRAIN: dict[str, Any] = {**ROOT_, "train": True, **TRANSFORMS, **DOWNLOAD}
_SPLIT: dict[str, Any] = {**ROOT_, "split": "train", **TRANSFORMS, **DOWNLOAD}


def _train(train: int, test: int) -> dict[Any, int]:
    return {True: train, False: test}


KNOWN = (
    Facts("MNIST", 28, 28, 1, (0, 9), _train(60000, 10000), _TRAIN, "tensor"),
    Facts("FashionMNIST", 28, 28, 1, (0, 9), _train(60000, 10000), _TRAIN, "tensor"),
    Facts("KMNIST", 28, 28, 1, (0, 9), _train(60000, 10000), _TRAIN, "tensor"),
    Facts("QMNIST", 28, 28, 1, None, {}, {**ROOT_, "what": None, "compat": True, "train": True}, "tensor"),
    Facts("CIFAR10", 32, 32, 3, (0, 9), _train(50000, 10000), _TRAIN, "array"),
    Facts("CIFAR100", 32, 32, 3, (0, 99), _train(50000, 10000), _TRAIN, "array"),
    Facts("USPS", 16, 16, 1, (0, 9), _train(7291, 2007), _TRAIN),
    Facts("SVHN", 32, 32, 3, (0, 9), {"train": 73257, "test": 26032, "extra": 531131}, _SPLIT),
    Facts(
        "STL10",
        96,
        96,
        3,
        (0, 9),
        {"train": 5000, "test": 8000},
        {**ROOT_, "split": "train", "folds": None, **TRANSFORMS, **DOWNLOAD},
    ),
    Facts("SEMEION", 16, 16, 1, (0, 9), {None: 1593}, {**ROOT_, **TRANSFORMS, "download": True}),
    Facts("EuroSAT", 64, 64, 3, (0, 9), {None: 27000}, {**ROOT_, **TRANSFORMS, **DOWNLOAD}),
    Facts("PCAM", 96, 96, 3, (0, 1), {"train": 262144, "val": 32768, "test": 32768}, _SPLIT),
    Facts("Flowers102", None, None, 3, (0, 101), {"train": 1020, "val": 1020, "test": 6149}, _SPLIT),
    Facts("Food101", None, None, 3, (0, 100), {"train": 75750, "test": 25250}, _SPLIT),
    Facts("StanfordCars", None, None, 3, (0, 195), {"train": 8144, "test": 8041}, _SPLIT),
    Facts("GTSRB", None, None, 3, (0, 42), {"train": 26640, "test": 12630}, _SPLIT),
    Facts("Country211", None, None, 3, (0, 210), {"train": 31650, "valid": 10550, "test": 21100}, _SPLIT),
    Facts(
        "DTD",
        None,
        None,
        3,
        (0, 46),
        {"train": 1880, "val": 1880, "test": 1880},
        {**ROOT_, "split": "train", "partition": 1, **TRANSFORMS, **DOWNLOAD},
    ),
    Facts(
        "FGVCAircraft",
        None,
        None,
        3,
        None,
        {"train": 3334, "val": 3333, "trainval": 6667, "test": 3333},
        {**ROOT_, "split": "trainval", "annotation_level": "variant", **TRANSFORMS, **DOWNLOAD},
    ),
    Facts("SUN397", None, None, 3, (0, 396), {None: 108754}, {**ROOT_, **TRANSFORMS, **DOWNLOAD}),
    Facts("Imagenette", None, None, 3, (0, 9), {}, {**ROOT_, "split": "train", "size": "full", **DOWNLOAD,
                                                    **TRANSFORMS}),
    Facts("RenderedSST2", None, None, 3, (0, 1), {}, _SPLIT),
    Facts("ImageNet", None, None, 3, (0, 999), {"train": 1281167, "val": 50000},
          {**ROOT_, "split": "train", **TRANSFORMS, "loader": None}),
)  # fmt: skip


def as_number(labels: tuple[int, int] | None) -> Value:
    """Return a label between two bounds."""
    return Number("int", 0) if labels is None else Number("int", labels[0], labels[1])


@model(f"{ROOM}.VisionDataset", f"{ROOM}.vision.VisionDataset")
class VisionDataset(Dataset):
    """What a user's set of pictures may inherit, and what all of them share."""

    transform: Value = None
    target_transform: Value = None
    transforms: Value = None

    def __init__(
        self,
        root: Value = None,
        transforms: Value = None,
        transform: Value = None,
        target_transform: Value = None,
    ) -> None:
        """Keep the transforms."""
        self.root, self.transforms = root, transforms
        self.transform, self.target_transform = transform, target_transform

    def _sample(self, machine: Any, picture: Value, target: Value) -> Value:
        """Return a pair after the transforms."""
        if self.transforms is not None:
            result = machine.call(self.transforms, picture, target)
            return result if isinstance(result, tuple) else machine.unknown(f"{self.path}.transforms")
        if self.transform is not None:
            picture = machine.call(self.transform, picture)
        if self.target_transform is not None:
            target = machine.call(self.target_transform, target)
        return (picture, target)


def picture(height: Dim | None, width: Dim | None, channels: Dim | None) -> TensorFacts:
    """Return the facts of a PIL image."""
    values = ValueFacts(low=0, high=255, integral=True, finite=True)
    return TensorFacts((height, width, channels), "uint8", values=values, kind="image")


class KnownDataset(VisionDataset):
    """A data set of the table."""

    _facts: ClassVar[Facts]

    def __init__(self, *args: Value, **kwargs: Value) -> None:
        """Keep the options; ``data``, ``targets`` and ``classes`` are known where the table says so."""
        extra = {name: kwargs.pop(name) for name in list(kwargs) if name not in self._facts.parameters}
        options = bind(self._facts.parameters, args, kwargs)
        super().__init__(
            options.get("root"), extra.get("transforms"), options.get("transform"), options.get("target_transform")
        )
        self.train, self.split = options.get("train"), options.get("split")
        self._length = self._read_length(options)
        labels = self._facts.labels
        count = None if labels is None else labels[1] - labels[0] + 1
        self.classes = Sequence("list", None, Text(), count)
        self.class_to_idx = Mapping({}, as_number(labels), open=True, rest_key=Text())
        self._store()

    def _read_length(self, options: dict[str, Value]) -> int | None:
        lengths = self._facts.lengths
        key = options.get("train") if "train" in options else options.get("split")
        if isinstance(key, bool | str | None) and not isinstance(key, Text):
            return lengths.get(key)
        return None

    def _store(self) -> None:
        labels, facts = self._facts.labels, self._facts
        if not facts.stored:
            return
        sizes: tuple[int | None, ...] = (self._length, facts.height, facts.width)
        values = ValueFacts(low=0, high=255, integral=True, finite=True)
        if facts.stored == "tensor":
            self.data = TensorFacts(sizes, "uint8", "cpu", requires_grad=False, values=values)
            low, high = labels or (0, None)
            bounds = ValueFacts(low=low, high=high, integral=True, attained=labels is not None)
            self.targets: Value = TensorFacts((self._length,), "int64", "cpu", requires_grad=False, values=bounds)
        else:
            self.data = TensorFacts((*sizes, facts.channels), "uint8", values=values, kind="ndarray")
            self.targets = Sequence("list", None, as_number(labels), self._length)

    def item(self, machine: Any, index: Value) -> Value:
        """Return a picture and its label, after the transforms."""
        facts = self._facts
        return self._sample(machine, picture(facts.height, facts.width, facts.channels), as_number(facts.labels))

    def length(self) -> Dim | None:
        """Return the number of samples."""
        return self._length


for _facts in KNOWN:
    _members = {"__doc__": f"What the interpreter knows of ``{ROOM}.{_facts.name}``.", "_facts": _facts}
    model(f"{ROOM}.{_facts.name}")(type(_facts.name, (KnownDataset,), _members))

_EMNIST = {
    "byclass": (697932, 116323, (0, 61)),
    "bymerge": (697932, 116323, (0, 46)),
    "balanced": (112800, 18800, (0, 46)),
    "letters": (124800, 20800, (1, 26)),
    "digits": (240000, 40000, (0, 9)),
    "mnist": (60000, 10000, (0, 9)),
}


@model(f"{ROOM}.EMNIST")
class EMNIST(VisionDataset):
    """Letters and digits; the labels of the split ``"letters"`` begin with 1."""

    def __init__(
        self,
        root: Value = None,
        split: Value = None,
        train: Value = True,
        transform: Value = None,
        target_transform: Value = None,
        download: Value = False,
    ) -> None:
        """Keep the options."""
        super().__init__(root, None, transform, target_transform)
        self.split = split
        found = _EMNIST.get(split) if isinstance(split, str) else None
        chosen = flag(train)
        self._labels = None if found is None else found[2]
        self._length = None if found is None or chosen is None else (found[0] if chosen else found[1])

    def item(self, machine: Any, index: Value) -> Value:
        """Return a picture and its label, after the transforms."""
        return self._sample(machine, picture(28, 28, 1), as_number(self._labels))

    def length(self) -> Dim | None:
        """Return the number of samples."""
        return self._length


@model(f"{ROOM}.FakeData")
class FakeData(VisionDataset):
    """Random pictures of a size, with random labels."""

    def __init__(
        self,
        size: Value = 1000,
        image_size: Value = (3, 224, 224),
        num_classes: Value = 10,
        transform: Value = None,
        target_transform: Value = None,
        random_offset: Value = 0,
    ) -> None:
        """Keep the sizes."""
        super().__init__(None, None, transform, target_transform)
        self.size, self.num_classes, self.image_size = size, num_classes, image_size

    def item(self, machine: Any, index: Value) -> Value:
        """Return a picture and its label, after the transforms."""
        items = known_items(self.image_size)
        channels, height, width = (size(item) for item in items) if items and len(items) == 3 else (None,) * 3
        classes = self.num_classes if isinstance(self.num_classes, int) else None
        label = Number("int", 0, None if classes is None else classes - 1)
        return self._sample(machine, picture(height, width, channels), label)

    def length(self) -> Dim | None:
        """Return the number of samples."""
        return size(self.size)


@model(f"{ROOM}.DatasetFolder")
class DatasetFolder(VisionDataset):
    """Files in folders, a folder for each class."""

    def __init__(
        self,
        root: Value = None,
        loader: Value = None,
        extensions: Value = None,
        transform: Value = None,
        target_transform: Value = None,
        is_valid_file: Value = None,
        allow_empty: Value = False,
    ) -> None:
        """Keep the loader and the transforms."""
        super().__init__(root, None, transform, target_transform)
        self.loader = loader
        self._describe()

    def _describe(self) -> None:
        self.classes = Sequence("list", None, Text(), None)
        self.class_to_idx = Mapping({}, Number("int", 0), open=True, rest_key=Text())
        self.samples = Sequence("list", None, (Text(), Number("int", 0)), None)
        self.imgs = self.samples
        self.targets = Sequence("list", None, Number("int", 0), None)

    def item(self, machine: Any, index: Value) -> Value:
        """Return what the loader makes of a file, and the number of its folder, after the transforms."""
        return self._sample(machine, machine.call(self.loader, Text()), Number("int", 0))

    def length(self) -> Dim | None:
        """Return nothing: the files are not looked at."""
        return None


@model(f"{ROOM}.ImageFolder", f"{ROOM}.folder.ImageFolder")
class ImageFolder(DatasetFolder):
    """Pictures in folders: colour pictures of any size, unless a loader is given."""

    def __init__(
        self,
        root: Value = None,
        transform: Value = None,
        target_transform: Value = None,
        loader: Value = None,
        is_valid_file: Value = None,
        allow_empty: Value = False,
    ) -> None:
        """Keep the loader and the transforms."""
        super().__init__(root, loader, None, transform, target_transform)

    def item(self, machine: Any, index: Value) -> Value:
        """Return a picture and the number of its folder, after the transforms."""
        found = picture(None, None, 3) if self.loader is None else machine.call(self.loader, Text())
        return self._sample(machine, found, Number("int", 0))


for _part in ("mnist", "cifar", "svhn", "stl10", "fakedata", "celeba", "voc", "coco", "oxford_iiit_pet", "flowers102"):
    alias(f"{ROOM}.{_part}", ROOM)
