"""``sklearn.datasets``: how many samples and features, and which labels."""

from __future__ import annotations

from typing import TYPE_CHECKING

from snugly.facts import ranges
from snugly.facts.values import ValueFacts
from snugly.interpreter.values import Sequence, Text, Unknown, Value
from snugly.library.numpy.arrays import integer, made, size_of
from snugly.library.pandas.columns import column
from snugly.library.pandas.tables import table
from snugly.library.registry import Model, function, model

if TYPE_CHECKING:
    from snugly.facts.dims import Dim
    from snugly.facts.tensors import TensorFacts
    from snugly.interpreter.machine import Machine

FINITE = ValueFacts(finite=True)


def labels(count: Dim | None, classes: int | None, *, attained: bool = True) -> TensorFacts:
    """Return class labels from 0, all of them present if they are ``attained``."""
    high = None if classes is None else classes - 1
    members = None if classes is None or classes > ranges.MOST_MEMBERS else frozenset(range(classes))
    return made((count,), "int64", ValueFacts(0, high, integral=True, members=members, finite=True, attained=attained))


@model("sklearn.utils.Bunch")
class Bunch(Model):
    """What the loaders of data sets return: parts by attribute or by key."""

    def __init__(self, **parts: Value) -> None:
        vars(self).update(parts)

    def item(self, key: Value) -> Value:
        return vars(self).get(key, Unknown("a part of a data set"))


def _bundle(data: TensorFacts, target: Value, options: dict[str, Value]) -> Value:
    if options.get("return_X_y") is True:
        return data, target
    names = Sequence("list", None, Text(), data.size(1))
    return Bunch(data=data, target=target, feature_names=names, DESCR=Text(), target_names=made((None,), None))


_TOYS: dict[str, tuple[int, int, int | None]] = {
    "load_iris": (150, 4, 3),
    "load_digits": (1797, 64, 10),
    "load_wine": (178, 13, 3),
    "load_breast_cancer": (569, 30, 2),
    "load_diabetes": (442, 10, None),
    "fetch_california_housing": (20640, 8, None),
    "fetch_covtype": (581012, 54, None),
}


def _declare_toy(name: str, rows: int, features: int, classes: int | None) -> None:
    def load(**options: Value) -> Value:
        if options.get("as_frame") is True:
            return Unknown(f"sklearn.datasets.{name}")
        values = ValueFacts(0, 16, finite=True) if name == "load_digits" else FINITE
        target = made((rows,), None if name == "fetch_covtype" else "float64", FINITE)
        bundle = _bundle(
            made((rows, features), "float64", values), labels(rows, classes) if classes else target, options
        )
        if name == "load_digits" and not isinstance(bundle, tuple):
            bundle.images = made((rows, 8, 8), "float64", values)
        return bundle

    function(f"sklearn.datasets.{name}")(load)


for _name, (_rows, _features, _classes) in _TOYS.items():
    _declare_toy(_name, _rows, _features, _classes)


_OPEN = {"mnist_784": (70000, 784), "Fashion-MNIST": (70000, 784), "CIFAR_10": (60000, 3072)}


@function("sklearn.datasets.fetch_openml")
def fetch_openml(machine: Machine, name: Value = None, *args: Value, **options: Value) -> Value:
    """``fetch_openml(name)``: a table, or arrays with ``as_frame=False``."""
    known = _OPEN.get(name) if isinstance(name, str) else None
    rows, width = known or (machine.new_symbol("rows", 1), machine.new_symbol("F", 1))
    target = made((rows,), None)
    if options.get("as_frame", "auto") is False:
        return _bundle(made((rows, width), None), target, options)
    data = table(rows, None, width)
    return (
        (data, column(rows, None))
        if options.get("return_X_y") is True
        else Bunch(data=data, target=column(rows, None), frame=table(rows, None, width + 1))
    )


@function("sklearn.datasets.make_classification")
def make_classification(
    n_samples: Value = 100, n_features: Value = 20, *, n_classes: Value = 2, flip_y: Value = 0.01, **options: Value
) -> Value:
    """``make_classification(n_samples, n_features, n_classes=...)``."""
    classes = integer(n_classes)
    rows = size_of(n_samples)
    return made((rows, size_of(n_features)), "float64", FINITE), labels(rows, classes, attained=False)


@function("sklearn.datasets.make_regression")
def make_regression(
    n_samples: Value = 100, n_features: Value = 100, *, n_targets: Value = 1, **options: Value
) -> Value:
    """``make_regression(n_samples, n_features, n_targets=1)``: the targets have no second axis when there is one."""
    rows, targets = size_of(n_samples), size_of(n_targets)
    shape = (rows,) if targets == 1 else (rows, targets)
    return made((rows, size_of(n_features)), "float64", FINITE), made(shape, "float64", FINITE)


@function("sklearn.datasets.make_moons", "sklearn.datasets.make_circles", "sklearn.datasets.make_gaussian_quantiles_")
def make_moons(n_samples: Value = 100, **options: Value) -> Value:
    """``make_moons(n_samples)``: points in the plane, two classes."""
    rows = size_of(n_samples)
    return made((rows, 2), "float64", FINITE), labels(rows, 2)


@function("sklearn.datasets.make_blobs")
def make_blobs(n_samples: Value = 100, n_features: Value = 2, *, centers: Value = None, **options: Value) -> Value:
    """``make_blobs(n_samples, n_features, centers=3)``."""
    rows = size_of(n_samples)
    return made((rows, size_of(n_features)), "float64", FINITE), labels(
        rows, 3 if centers is None else integer(centers)
    )


@function("sklearn.datasets.make_s_curve", "sklearn.datasets.make_swiss_roll")
def make_curve(n_samples: Value = 100, **options: Value) -> Value:
    """``make_swiss_roll(n_samples)``: points in space and their place on the curve."""
    rows = size_of(n_samples)
    return made((rows, 3), "float64", FINITE), made((rows,), "float64", FINITE)
