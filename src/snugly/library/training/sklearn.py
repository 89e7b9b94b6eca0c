"""``sklearn``: data sets, splits, scalers and encoders by the shapes of the arrays that they return."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from snugly.facts import ranges
from snugly.facts.dims import Dim, value
from snugly.facts.records import replace
from snugly.facts.tensors import TensorFacts
from snugly.facts.values import ValueFacts
from snugly.interpreter.values import Mapping, Number, Sequence, Text, Unknown, Value
from snugly.library.numpy.arranging import indices_below
from snugly.library.numpy.arrays import as_array, integer, made, size_of, unordered
from snugly.library.numpy.promotion import averaged
from snugly.library.registry import Model, function, model, quiet
from snugly.library.training.pandas import DataFrame, Series

if TYPE_CHECKING:
    from collections.abc import Callable

    from snugly.interpreter.machine import Machine

quiet("sklearn", "imblearn", "xgboost", "lightgbm", "catboost", "statsmodels")

_FINITE = ValueFacts(finite=True)


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
        values = ValueFacts(0, 16, finite=True) if name == "load_digits" else _FINITE
        target = made((rows,), None if name == "fetch_covtype" else "float64", _FINITE)
        bundle = _bundle(
            made((rows, features), "float64", values), labels(rows, classes) if classes else target, options
        )
        if name == "load_digits" and not isinstance(bundle, tuple):
            bundle.images = made((rows, 8, 8), "float64", values)
        return bundle

    function(f"sklearn.datasets.{name}")(load)


for _name, (_rows, _features, _classes) in _TOYS.items():
    _declare_toy(_name, _rows, _features, _classes)


@function("sklearn.datasets.make_classification")
def make_classification(
    n_samples: Value = 100, n_features: Value = 20, *, n_classes: Value = 2, flip_y: Value = 0.01, **options: Value
) -> Value:
    """``make_classification(n_samples, n_features, n_classes=...)``."""
    classes = integer(n_classes)
    rows = size_of(n_samples)
    return made((rows, size_of(n_features)), "float64", _FINITE), labels(rows, classes, attained=False)


@function("sklearn.datasets.make_regression")
def make_regression(
    n_samples: Value = 100, n_features: Value = 100, *, n_targets: Value = 1, **options: Value
) -> Value:
    """``make_regression(n_samples, n_features, n_targets=1)``: the targets have no second axis when there is one."""
    rows, targets = size_of(n_samples), size_of(n_targets)
    shape = (rows,) if targets == 1 else (rows, targets)
    return made((rows, size_of(n_features)), "float64", _FINITE), made(shape, "float64", _FINITE)


@function("sklearn.datasets.make_moons", "sklearn.datasets.make_circles", "sklearn.datasets.make_gaussian_quantiles_")
def make_moons(n_samples: Value = 100, **options: Value) -> Value:
    """``make_moons(n_samples)``: points in the plane, two classes."""
    rows = size_of(n_samples)
    return made((rows, 2), "float64", _FINITE), labels(rows, 2)


@function("sklearn.datasets.make_blobs")
def make_blobs(n_samples: Value = 100, n_features: Value = 2, *, centers: Value = None, **options: Value) -> Value:
    """``make_blobs(n_samples, n_features, centers=3)``."""
    rows = size_of(n_samples)
    return made((rows, size_of(n_features)), "float64", _FINITE), labels(
        rows, 3 if centers is None else integer(centers)
    )


@function("sklearn.datasets.make_s_curve", "sklearn.datasets.make_swiss_roll")
def make_curve(n_samples: Value = 100, **options: Value) -> Value:
    """``make_swiss_roll(n_samples)``: points in space and their place on the curve."""
    rows = size_of(n_samples)
    return made((rows, 3), "float64", _FINITE), made((rows,), "float64", _FINITE)


# Splits.


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
    if total is not None and train is None:
        train, test = machine.new_symbol("train", 1), machine.new_symbol("test", 1)
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
            return Sequence("iterator", None, _fold(None, None, total), None)
        if rows is None or not self._even(rows, folds):
            sizes: list[Dim | None] = [None] * folds
        else:
            sizes = [rows // folds + (1 if i < rows % folds else 0) for i in range(folds)]
        return Sequence("iterator", [_fold(None if n is None or rows is None else rows - n, n, total) for n in sizes])

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


def _fold(train: Dim | None, test: Dim | None, total: Dim | None) -> Value:
    positions = indices_below(total)
    return made((train,), "int64", positions), made((test,), "int64", positions)


# Preprocessing.


class _Transformer(Model):
    """What scalers and encoders have in common."""

    def __init__(self, *args: Value, **options: Value) -> None:
        self._options = options
        self._fitted: Value = None

    def fit(self, machine: Machine, X: Value, y: Value = None, **options: Value) -> Value:
        machine.touch(self)
        self._fitted = _matrix(machine, X)
        return self

    def transform(self, machine: Machine, X: Value, *args: Value) -> Value:
        return self._transformed(machine, _matrix(machine, X))

    def fit_transform(self, machine: Machine, X: Value, y: Value = None, **options: Value) -> Value:
        self.fit(machine, X, y)
        return self.transform(machine, X)

    def inverse_transform(self, machine: Machine, X: Value) -> Value:
        array = _matrix(machine, X)
        return made(array.shape, averaged(array.dtype), _FINITE)

    def _transformed(self, machine: Machine, array: TensorFacts) -> Value:
        return made(None, None)


def _matrix(machine: Machine, X: Value) -> TensorFacts:
    return X.to_numpy() if isinstance(X, DataFrame | Series) else as_array(machine, X)


@model(
    "sklearn.preprocessing.StandardScaler",
    "sklearn.preprocessing.RobustScaler",
    "sklearn.preprocessing.Normalizer",
    "sklearn.preprocessing.PowerTransformer",
    "sklearn.preprocessing.QuantileTransformer",
    "sklearn.preprocessing.MaxAbsScaler",
    "sklearn.impute.SimpleImputer",
)
class Scaler(_Transformer):
    """A scaler: same shape, floats."""

    @property
    def mean_(self) -> Value:
        fitted = self._fitted
        return made((fitted.size(1),) if isinstance(fitted, TensorFacts) and fitted.rank == 2 else (None,), "float64")

    scale_ = mean_
    var_ = mean_

    def _transformed(self, machine: Machine, array: TensorFacts) -> Value:
        return made(array.shape, averaged(array.dtype) or "float64", _FINITE)


@model("sklearn.preprocessing.MinMaxScaler")
class MinMaxScaler(Scaler):
    """A scaler into a range: what it was fitted on lies in it, other data may not."""

    data_min_ = Scaler.mean_
    data_max_ = Scaler.mean_
    min_ = Scaler.mean_

    def fit_transform(self, machine: Machine, X: Value, y: Value = None, **options: Value) -> Value:
        result = super().fit_transform(machine, X)
        low, high = self._options.get("feature_range", (0, 1))
        known = isinstance(low, int | float) and isinstance(high, int | float)
        return result.with_(values=ValueFacts(low, high, finite=True)) if known else result


@model("sklearn.preprocessing.LabelEncoder")
class LabelEncoder(_Transformer):
    """Labels as integers from 0; how many there are is known where the labels are."""

    @property
    def classes_(self) -> Value:
        count = _distinct(self._fitted)
        return made((count,), None)

    def _transformed(self, machine: Machine, array: TensorFacts) -> Value:
        count = _distinct(self._fitted)
        result = labels(array.size(0) if array.rank == 1 else None, count)
        return result.with_(values=replace(result.values, attained=False))

    def fit_transform(self, machine: Machine, X: Value, y: Value = None, **options: Value) -> Value:
        self.fit(machine, X)
        array = self._fitted
        count = _distinct(array)
        return labels(array.size(0) if array.rank == 1 else None, count) if count else self._transformed(machine, array)

    def inverse_transform(self, machine: Machine, X: Value) -> Value:
        return made(_matrix(machine, X).shape, None)


def _distinct(fitted: Value) -> int | None:
    """Return how many different values an array has."""
    if not isinstance(fitted, TensorFacts):
        return None
    known = fitted.values.elements if fitted.values.elements is not None else fitted.values.members
    return len(set(known)) if known is not None and (fitted.values.attained or fitted.values.elements) else None


@model(
    "sklearn.preprocessing.OneHotEncoder",
    "sklearn.preprocessing.LabelBinarizer",
    "sklearn.preprocessing.OrdinalEncoder",
    "sklearn.feature_extraction.text.CountVectorizer",
    "sklearn.feature_extraction.text.TfidfVectorizer",
    "sklearn.preprocessing.PolynomialFeatures",
    "sklearn.preprocessing.MultiLabelBinarizer",
    "sklearn.compose.ColumnTransformer",
    "sklearn.pipeline.Pipeline",
)
class Encoder(_Transformer):
    """An encoder whose number of columns depends on the data: the same in every call."""

    def fit(self, machine: Machine, X: Value, y: Value = None, **options: Value) -> Value:
        machine.touch(self)
        self._fitted = machine.new_symbol("F", 1)
        return self

    def transform(self, machine: Machine, X: Value, *args: Value) -> Value:
        return Sparse(machine.length(X), self._fitted)

    def get_feature_names_out(self, *args: Value) -> Value:
        return made((self._fitted,), None)

    @property
    def vocabulary_(self) -> Value:
        return Mapping({}, Number("int", 0), open=True, rest_key=Text())

    @property
    def categories_(self) -> Value:
        return Sequence("list", None, made((None,), None), None)


@model("scipy.sparse.csr_matrix", "scipy.sparse.coo_matrix", "scipy.sparse.csc_matrix")
class Sparse(Model):
    """A sparse matrix; where an encoder was told to be dense it stands for the dense array."""

    def __init__(self, rows: Value = None, columns: Value = None, *args: Value, **options: Value) -> None:
        self._shape = (size_of(rows), size_of(columns))

    def toarray(self) -> Value:
        return made(self._shape, None)

    todense = toarray

    @property
    def shape(self) -> Value:
        return tuple(Number("int", 0) if size is None else size for size in self._shape)

    def astype(self, machine: Machine, dtype: Value) -> Value:
        return machine.call(machine.get(self.toarray(), "astype"), dtype)


@model(
    "sklearn.decomposition.PCA",
    "sklearn.decomposition.TruncatedSVD",
    "sklearn.manifold.TSNE",
    "sklearn.decomposition.NMF",
)
class PCA(_Transformer):
    """A projection on a few components."""

    def __init__(self, n_components: Value = None, **options: Value) -> None:
        super().__init__(**options)
        self.n_components = n_components

    def _transformed(self, machine: Machine, array: TensorFacts) -> Value:
        width = size_of(self.n_components)
        return made((array.size(0), width) if array.rank == 2 else None, None, _FINITE)


# Figures.


def _declare_figure(path: str, result: Callable[[], Value]) -> None:
    def figure(*args: Value, **options: Value) -> Value:
        return result()

    function(path)(figure)


_FIGURES = (
    "accuracy_score", "f1_score", "precision_score", "recall_score", "roc_auc_score", "balanced_accuracy_score",
    "average_precision_score", "jaccard_score", "r2_score", "mean_squared_error", "mean_absolute_error",
    "matthews_corrcoef", "cohen_kappa_score", "log_loss", "auc",
)  # fmt: skip
for _name in _FIGURES:
    _declare_figure(f"sklearn.metrics.{_name}", lambda: Number("float"))
_declare_figure("sklearn.metrics.classification_report", Text)
_declare_figure("sklearn.metrics.confusion_matrix", lambda: made((None, None), "int64", ValueFacts(0, integral=True)))
for _name in ("roc_curve", "precision_recall_curve"):
    _declare_figure(f"sklearn.metrics.{_name}", lambda: (made((None,), "float64"),) * 3)


@function("sklearn.utils.class_weight.compute_class_weight")
def compute_class_weight(machine: Machine, class_weight: Value, *, classes: Value, y: Value, **options: Value) -> Value:
    """``compute_class_weight("balanced", classes=..., y=...)``: one weight for each class."""
    return made((as_array(machine, classes).size(0),), "float64", ValueFacts(0, finite=True))


@function("sklearn.utils.class_weight.compute_sample_weight")
def compute_sample_weight(machine: Machine, class_weight: Value, y: Value, **options: Value) -> Value:
    """``compute_sample_weight("balanced", y)``: one weight for each sample."""
    return made((as_array(machine, y).size(0),), "float64", ValueFacts(0, finite=True))
