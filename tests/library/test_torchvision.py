"""Programs with torchvision: its documented sizes reach the losses, and what it refuses is found."""

import pytest
from twins import new_machine, unknown_sizes

from snugly.facts.dims import value as only_value
from snugly.facts.tensors import TensorFacts
from snugly.interpreter.values import LibraryName, Unknown

ROOM = "torchvision"


def call(machine, name, *args, **kwargs):
    return machine.call(LibraryName(f"{ROOM}.{name}"), *args, **kwargs)


def batch_of(machine, dataset, size):
    loader = machine.call(LibraryName("torch.utils.data.DataLoader"), dataset, batch_size=size)
    return machine.iterate(loader).cases[0].element.items


@pytest.mark.parametrize(
    ("name", "options", "sizes", "length", "labels"),
    [
        ("MNIST", {"train": True}, (1, 28, 28), 60000, (0, 9)),
        ("FashionMNIST", {"train": False}, (1, 28, 28), 10000, (0, 9)),
        ("EMNIST", {"split": "letters", "train": True}, (1, 28, 28), 124800, (1, 26)),
        ("CIFAR10", {}, (3, 32, 32), 50000, (0, 9)),
        ("CIFAR100", {"train": False}, (3, 32, 32), 10000, (0, 99)),
        ("SVHN", {"split": "test"}, (3, 32, 32), 26032, (0, 9)),
        ("STL10", {"split": "train"}, (3, 96, 96), 5000, (0, 9)),
        ("FakeData", {"size": 40, "image_size": (3, 20, 30), "num_classes": 4}, (3, 20, 30), 40, (0, 3)),
    ],
)
def test_samples_of_known_data_sets_have_their_documented_sizes(name, options, sizes, length, labels):
    machine = new_machine()
    where = {} if name == "FakeData" else {"root": "data"}
    dataset = call(machine, f"datasets.{name}", **where, **options, transform=call(machine, "transforms.ToTensor"))
    images, targets = batch_of(machine, dataset, 16)
    assert machine.length(dataset) == length
    assert tuple(only_value(size) for size in images.shape) == (16, *sizes)
    assert images.dtype == "float32"
    assert (images.values.low, images.values.high) == (0.0, 1.0)
    assert targets.dtype == "int64"
    assert (targets.values.low, targets.values.high) == labels


def test_pictures_without_a_transform_are_refused_by_default_collate():
    machine = new_machine()
    dataset = call(machine, "datasets.MNIST", "data")
    loader = machine.call(LibraryName("torch.utils.data.DataLoader"), dataset, batch_size=4)
    machine.iterate(loader)
    assert any("PIL.Image" in finding.message for finding in machine.events.findings)


@pytest.mark.parametrize(
    ("name", "args", "before", "after"),
    [
        ("Resize", ((8, 9),), (3, 20, 30), (3, 8, 9)),
        ("Resize", (10,), (3, 20, 30), (3, 10, 15)),
        ("Resize", (10,), (3, 30, 20), (3, 15, 10)),
        ("CenterCrop", (5,), (3, 20, 30), (3, 5, 5)),
        ("RandomCrop", (18,), (3, 20, 30), (3, 18, 18)),
        ("RandomResizedCrop", (7,), (3, 20, 30), (3, 7, 7)),
        ("Pad", (2,), (3, 20, 30), (3, 24, 34)),
        ("Pad", ((1, 2),), (3, 20, 30), (3, 24, 32)),
        ("Grayscale", (), (3, 20, 30), (1, 20, 30)),
        ("RandomHorizontalFlip", (), (3, 20, 30), (3, 20, 30)),
        ("Normalize", ((0.5,) * 3, (0.5,) * 3), (3, 20, 30), (3, 20, 30)),
    ],
)
@pytest.mark.parametrize("room", ["transforms", "transforms.v2"])
def test_transforms_give_the_sizes_that_they_are_asked_for(room, name, args, before, after):
    machine = new_machine()
    result = machine.call(call(machine, f"{room}.{name}", *args), TensorFacts(before, "float32"))
    assert result.shape == after
    assert not machine.events.findings


def test_normalize_refuses_three_means_for_one_channel():
    machine = new_machine()
    transform = call(machine, "transforms.Normalize", (0.5,) * 3, (0.5,) * 3)
    result = machine.call(transform, TensorFacts((1, 28, 28), "float32"))
    assert isinstance(result, Unknown)
    (finding,) = machine.events.findings
    assert "output with shape [1, 28, 28] doesn't match the broadcast shape [3, 28, 28]" in finding.message


CLASSIFIERS = {
    "resnet18": ("fc", 512),
    "resnet50": ("fc", 2048),
    "densenet121": ("classifier", 1024),
    "shufflenet_v2_x1_0": ("fc", 1024),
    "swin_t": ("head", 768),
    "regnet_y_400mf": ("fc", 440),
}


@pytest.mark.parametrize("name", list(CLASSIFIERS))
def test_a_new_classifier_changes_the_output(name):
    attribute, features = CLASSIFIERS[name]
    machine = new_machine()
    model = call(machine, f"models.{name}")
    picture = TensorFacts((2, 3, 224, 224), "float32", requires_grad=False)
    assert machine.call(model, picture).shape == (2, 1000)
    last = machine.get(model, attribute)
    assert machine.get(last, "in_features") == features
    machine.set(model, attribute, machine.call(LibraryName("torch.nn.Linear"), features, 7))
    result = machine.call(model, picture)
    assert result.shape == (2, 7)
    assert unknown_sizes(result) == 0


@pytest.mark.parametrize(
    ("name", "position", "features"),
    [
        ("vgg16", 6, 4096),
        ("alexnet", 6, 4096),
        ("mobilenet_v2", 1, 1280),
        ("efficientnet_b3", 1, 1536),
        ("convnext_tiny", 2, 768),
    ],
)
def test_a_classifier_in_a_row_is_replaced_by_its_position(name, position, features):
    machine = new_machine()
    model = call(machine, f"models.{name}", num_classes=10)
    row = machine.get(model, "classifier")
    assert machine.get(machine.item(row, position), "in_features") == features
    machine.call(machine.get(row, "set_item"), position, machine.call(LibraryName("torch.nn.Linear"), features, 3))
    assert machine.call(model, TensorFacts((2, 3, 224, 224), "float32")).shape == (2, 3)


def test_inception_gives_a_pair_only_while_it_trains():
    machine = new_machine()
    model = call(machine, "models.inception_v3", num_classes=4)
    picture = TensorFacts((2, 3, 299, 299), "float32")
    outputs = machine.call(model, picture)
    assert [part.shape for part in outputs] == [(2, 4), (2, 4)]
    machine.call(machine.get(model, "eval"))
    assert machine.call(model, picture).shape == (2, 4)


def test_a_model_refuses_pictures_of_one_channel_until_its_stem_is_replaced():
    machine = new_machine()
    model = call(machine, "models.resnet18")
    grey = TensorFacts((2, 1, 64, 64), "float32")
    assert machine.call(model, grey).shape is None
    assert machine.events.findings
    machine.set(model, "conv1", machine.call(LibraryName("torch.nn.Conv2d"), 1, 64, 7, 2, 3))
    assert machine.call(model, grey).shape == (2, 1000)
