"""Scalers, encoders and projections of ``sklearn``: the shapes that they fit and give back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from snugly.facts.records import replace
from snugly.facts.tensors import TensorFacts
from snugly.facts.values import ValueFacts
from snugly.interpreter.values import Mapping, Number, Sequence, Text, Unknown, Value
from snugly.library.numpy.arrays import as_array, made, size_of
from snugly.library.numpy.promotion import averaged
from snugly.library.pandas.columns import Series
from snugly.library.pandas.tables import DataFrame
from snugly.library.registry import Model, function, model
from snugly.library.sklearn.datasets import FINITE, labels
from snugly.library.sklearn.sparse import sparse

if TYPE_CHECKING:
    from snugly.interpreter.machine import Machine


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
        return made(array.shape, averaged(array.dtype), FINITE)

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
        return made(array.shape, averaged(array.dtype) or "float64", FINITE)


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
    "sklearn.feature_extraction.text.CountVectorizer",
    "sklearn.feature_extraction.text.TfidfVectorizer",
    "sklearn.preprocessing.PolynomialFeatures",
    "sklearn.preprocessing.MultiLabelBinarizer",
    "sklearn.preprocessing.KBinsDiscretizer",
    "sklearn.compose.ColumnTransformer",
    "sklearn.feature_selection.SelectKBest",
)
class Encoder(_Transformer):
    """An encoder whose number of columns depends on the data: the same in every call."""

    def fit(self, machine: Machine, X: Value, y: Value = None, **options: Value) -> Value:
        machine.touch(self)
        self._fitted = machine.new_symbol("F", 1)
        return self

    def transform(self, machine: Machine, X: Value, *args: Value) -> Value:
        made_ = sparse((machine.length(X), self._fitted))
        return made_.toarray() if self._dense() else made_

    def _dense(self) -> bool:
        return self._options.get("sparse_output", self._options.get("sparse")) is False

    def get_feature_names_out(self, *args: Value) -> Value:
        return made((self._fitted,), None)

    @property
    def vocabulary_(self) -> Value:
        return Mapping({}, Number("int", 0), open=True, rest_key=Text())

    @property
    def categories_(self) -> Value:
        return Sequence("list", None, made((None,), None), None)


@model("sklearn.preprocessing.LabelBinarizer")
class LabelBinarizer(Encoder):
    """A column for each label there is, but a single one for two labels."""

    def fit(self, machine: Machine, X: Value, y: Value = None, **options: Value) -> Value:
        machine.touch(self)
        classes = _distinct(_matrix(machine, X))
        self._fitted = machine.new_symbol("F", 1) if classes is None else 1 if classes <= 2 else classes
        return self

    def _dense(self) -> bool:
        return self._options.get("sparse_output", False) is False


@model("sklearn.preprocessing.OrdinalEncoder")
class OrdinalEncoder(Scaler):
    """A number for each value: same shape, floats."""


@model("sklearn.pipeline.Pipeline")
class Pipeline(_Transformer):
    """Transformers one after the other."""

    def __init__(self, steps: Value, **options: Value) -> None:
        super().__init__(**options)
        self.steps = steps

    def fit(self, machine: Machine, X: Value, y: Value = None, **options: Value) -> Value:
        self._through(machine, "fit_transform", X)
        return self

    def transform(self, machine: Machine, X: Value, *args: Value) -> Value:
        return self._through(machine, "transform", X)

    def fit_transform(self, machine: Machine, X: Value, y: Value = None, **options: Value) -> Value:
        return self._through(machine, "fit_transform", X)

    def _through(self, machine: Machine, method: str, X: Value) -> Value:
        steps = machine.iterate(self.steps).items
        if steps is None:
            return Unknown("transformers that are not known")
        for step in steps:
            transformer = step[1] if isinstance(step, tuple) and len(step) == 2 else step
            X = machine.call(machine.get(transformer, method), X)
        return X


@function("sklearn.pipeline.make_pipeline")
def make_pipeline(*steps: Value, **options: Value) -> Value:
    """``make_pipeline(*transformers)``."""
    return Pipeline(Sequence("list", list(steps)))


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
        return made((array.size(0), width) if array.rank == 2 else None, None, FINITE)
