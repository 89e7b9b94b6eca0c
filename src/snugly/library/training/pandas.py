"""``pandas``: tables by their rows and columns; what a file holds is not known, how its parts relate is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from snugly.facts.tensors import TensorFacts
from snugly.facts.values import NOTHING_KNOWN, ValueFacts
from snugly.interpreter.items import sliced_length
from snugly.interpreter.values import Mapping, Number, Sequence, Text, Unknown, Value
from snugly.library.numpy.arrays import as_array, made
from snugly.library.numpy.promotion import dtype_of, promote
from snugly.library.plain import NotPlainError, plain
from snugly.library.registry import Model, function, model, quiet

if TYPE_CHECKING:
    from snugly.facts.dims import Dim
    from snugly.interpreter.machine import Machine

quiet("pandas", "polars", "dask", "pyarrow")


def _count(size: Dim | None) -> Value:
    return Number("int", 0) if size is None else size


class _Table(Model):
    """What columns and tables have in common."""

    _rows: Dim | None

    def length(self) -> Value:
        return self._rows

    @property
    def index(self) -> Value:
        return made((self._rows,), None)

    def _operate(self, *args: Value) -> Value:
        return self


@model("pandas.Series", "pandas.core.series.Series")
class Series(_Table):
    """A column: its rows, and what is known of its values as an array."""

    def __init__(
        self, machine: Machine, data: Value = None, index: Value = None, dtype: Value = None, **options: Value
    ) -> None:
        array = as_array(machine, data)
        self._rows = array.size(0)
        self._dtype = array.dtype if dtype is None else dtype_of(dtype)
        self._values = array.values

    def _with_rows(self, rows: Dim | None) -> Series:
        return column(rows, self._dtype)

    @property
    def values(self) -> Value:
        return made((self._rows,), self._dtype, self._values)

    @property
    def shape(self) -> Value:
        return (_count(self._rows),)

    @property
    def iloc(self) -> Value:
        return Locator(self)

    loc = iloc

    def to_numpy(self, machine: Value = None, dtype: Value = None, **options: Value) -> Value:
        return made((self._rows,), self._dtype if dtype is None else dtype_of(dtype), self._values)

    def tolist(self) -> Value:
        kind = (
            None
            if self._dtype is None
            else "bool"
            if self._dtype == "bool"
            else "int"
            if "int" in self._dtype
            else "float"
        )
        return Sequence("list", None, Unknown("an item of a column") if kind is None else Number(kind), self._rows)

    to_list = tolist

    def iterate(self) -> Value:
        return self.tolist()

    def item(self, machine: Machine, key: Value) -> Value:
        return Locator(self).item(machine, key)

    def astype(self, dtype: Value, *args: Value, **options: Value) -> Value:
        return column(self._rows, dtype_of(dtype))

    def unique(self, machine: Machine) -> Value:
        return made((machine.new_symbol("K", 0),), self._dtype)

    def nunique(self, dropna: Value = True) -> Value:
        return Number("int", 0)

    def _elementwise(self, *args: Value, **options: Value) -> Value:
        return column(self._rows, None)

    map = apply = fillna = replace = _elementwise

    def _figure(self, *args: Value, **options: Value) -> Value:
        return Number("float")

    mean = std = median = sum = min = max = var = quantile = _figure

    def _compared(self, other: Value) -> Value:
        return column(self._rows, "bool")

    operate_gt = operate_lt = operate_ge = operate_le = operate_eq = operate_ne = _compared

    def _arithmetic(self, other: Value) -> Value:
        return column(self._rows, None)

    operate_add = operate_sub = operate_mul = operate_truediv = _arithmetic
    operate_radd = operate_rsub = operate_rmul = operate_rtruediv = _arithmetic


def column(rows: Dim | None, dtype: str | None, values: ValueFacts = NOTHING_KNOWN) -> Series:
    """Return a column of so many rows."""
    made_ = Series.__new__(Series)
    made_._rows, made_._dtype, made_._values = rows, dtype, values
    return made_


@model("pandas.DataFrame", "pandas.core.frame.DataFrame")
class DataFrame(_Table):
    """A table: its rows, and its columns by name where they are known."""

    def __init__(
        self,
        machine: Machine,
        data: Value = None,
        index: Value = None,
        columns: Value = None,
        dtype: Value = None,
        **options: Value,
    ) -> None:
        self._rows: Dim | None = None
        self._columns: tuple[tuple[str, str | None], ...] | None = None
        self._width: Dim | None = None
        if isinstance(data, Mapping) and not data.open:
            arrays = {name: as_array(machine, part) for name, part in data.entries.items() if isinstance(name, str)}
            self._rows = next((array.size(0) for array in arrays.values() if array.rank == 1), None)
            self._columns = tuple((name, array.dtype) for name, array in arrays.items())
        elif isinstance(data, TensorFacts) and data.rank == 2:
            self._rows, self._width = data.size(0), data.size(1)
            names = _names(columns)
            self._columns = None if names is None else tuple((name, data.dtype) for name in names)

    @property
    def _columns_count(self) -> Dim | None:
        return self._width if self._columns is None else len(self._columns)

    def _with_rows(self, rows: Dim | None) -> DataFrame:
        return table(rows, self._columns, self._width)

    @property
    def columns(self) -> Value:
        if self._columns is None:
            return Sequence("list", None, Text(), self._width)
        return Sequence("list", [name for name, _ in self._columns])

    @property
    def values(self) -> Value:
        return self.to_numpy()

    @property
    def shape(self) -> Value:
        return _count(self._rows), _count(self._columns_count)

    @property
    def iloc(self) -> Value:
        return Locator(self)

    loc = iloc

    def to_numpy(self, machine: Value = None, dtype: Value = None, **options: Value) -> Value:
        found: str | None = None
        for position, (_, kind) in enumerate(self._columns or ()):
            found = kind if position == 0 else promote(found, kind)
        return made((self._rows, self._columns_count), found if dtype is None else dtype_of(dtype))

    def item(self, machine: Machine, key: Value) -> Value:
        if isinstance(key, str | Text):
            dtype = dict(self._columns or ()).get(key) if isinstance(key, str) else None
            return column(self._rows, dtype)
        if isinstance(key, Series):
            return self._with_rows(machine.new_symbol("K"))
        names = _names(key)
        if names is not None:
            dtypes = dict(self._columns or ())
            return table(self._rows, tuple((name, dtypes.get(name)) for name in names))
        if isinstance(key, Sequence) and key.length is not None:
            return table(self._rows, None, key.length)
        return table(self._rows if isinstance(key, Sequence) else None, None)

    def set_item(self, machine: Machine, key: Value, new: Value) -> None:
        machine.touch(self)
        if isinstance(key, str) and self._columns is not None:
            self._columns = (*(pair for pair in self._columns if pair[0] != key), (key, None))
        elif self._columns is None:
            self._width = None

    def drop(
        self, machine: Machine, labels: Value = None, axis: Value = 0, *, columns: Value = None, **options: Value
    ) -> Value:
        gone = columns if columns is not None else labels
        if columns is None and axis not in (1, "columns"):
            return table(None, self._columns, self._width)
        names = [gone] if isinstance(gone, str) else _names(gone)
        if names is None or self._columns is None:
            left = self._width - len(names) if names is not None and self._width is not None else None
            return table(self._rows, None, left if left is not None else machine.new_symbol("F", 1))
        return table(self._rows, tuple(pair for pair in self._columns if pair[0] not in names))

    def _same(self, *args: Value, **options: Value) -> Value:
        return table(self._rows, None if self._columns is None else self._columns, self._width)

    fillna = replace = copy = reset_index = sort_values = astype = set_index = round = _same

    def sample(self, n: Value = None, frac: Value = None, **options: Value) -> Value:
        return self._with_rows(self._rows if frac in (1, 1.0) else n if isinstance(n, int) else None)

    def head(self, n: Value = 5) -> Value:
        return self._with_rows(None)

    def dropna(self, machine: Machine, *args: Value, **options: Value) -> Value:
        return self._with_rows(machine.new_symbol("rows"))

    def iterrows(self, machine: Machine) -> Value:
        return Sequence("iterator", None, (Number("int", 0), Unknown("a row")), self._rows)

    def info(self, *args: Value) -> None:
        """``info()``."""

    def to_csv(self, *args: Value, **options: Value) -> None:
        """``to_csv()``."""


def _names(key: Value) -> list[str] | None:
    try:
        names = plain(key)
    except NotPlainError:
        return None
    return list(names) if isinstance(names, list | tuple) and all(isinstance(name, str) for name in names) else None


def table(rows: Dim | None, columns: tuple[tuple[str, str | None], ...] | None, width: Dim | None = None) -> DataFrame:
    """Return a table of so many rows and columns."""
    made_ = DataFrame.__new__(DataFrame)
    made_._rows, made_._columns, made_._width = rows, columns, width
    return made_


class Locator(Model):
    """``frame.iloc`` and ``frame.loc``: rows and columns by position or name."""

    def __init__(self, owner: DataFrame | Series) -> None:
        self._owner = owner

    def item(self, machine: Machine, key: Value) -> Value:
        rows_key, columns_key = key if isinstance(key, tuple) and len(key) == 2 else (key, slice(None))
        owner = self._owner
        if isinstance(rows_key, slice):
            rows = sliced_length(owner._rows, rows_key)
        elif isinstance(rows_key, TensorFacts):
            rows = rows_key.size(0) if rows_key.dtype != "bool" else None
        elif isinstance(rows_key, Sequence):
            rows = rows_key.length if rows_key.items is None else len(rows_key.items)
        elif isinstance(rows_key, Series):
            rows = machine.new_symbol("K")
        else:
            return Unknown("a row of a table")
        if isinstance(owner, Series):
            return owner._with_rows(rows)
        if isinstance(columns_key, slice):
            if columns_key == slice(None):
                return table(rows, owner._columns, owner._width)
            width = sliced_length(owner._columns_count, columns_key)
            return table(rows, None, machine.new_symbol("F", 1) if width is None else width)
        if isinstance(columns_key, int | str):
            return column(rows, None)
        names = _names(columns_key)
        return table(rows, None, None if names is None else len(names))

    def set_item(self, key: Value, new: Value) -> None:
        """``frame.loc[key] = new``."""


@function(
    "pandas.read_csv",
    "pandas.read_excel",
    "pandas.read_json",
    "pandas.read_parquet",
    "pandas.read_table",
    "pandas.read_pickle",
    "pandas.read_sql",
    "pandas.read_feather",
    "pandas.DataFrame.from_records",
)
def read_csv(machine: Machine, *args: Value, **options: Value) -> Value:
    """``read_csv(file)``: some rows, some columns."""
    return table(machine.new_symbol("rows", 1), None, machine.new_symbol("F", 1))


@function("pandas.get_dummies")
def get_dummies(machine: Machine, data: Value, *args: Value, **options: Value) -> Value:
    """``get_dummies(data)``: as many columns as there are values."""
    return table(machine.length(data), None, machine.new_symbol("F", 1))


@function("pandas.concat")
def concat(machine: Machine, objs: Value, axis: Value = 0, **options: Value) -> Value:
    """``concat(objs, axis=0)``."""
    parts = machine.iterate(objs).items or ()
    rows = [part._rows for part in parts if isinstance(part, DataFrame | Series)]
    if axis in (1, "columns"):
        return table(rows[0] if rows else None, None, machine.new_symbol("F", 1))
    total: Dim | None = 0
    for count in rows:
        total = None if total is None or count is None else total + count
    return table(total if rows and len(rows) == len(parts) else None, None, machine.new_symbol("F", 1))


@function("pandas.to_datetime", "pandas.to_numeric", "pandas.cut", "pandas.qcut")
def converted(machine: Machine, arg: Value, *args: Value, **options: Value) -> Value:
    """A column of another kind."""
    return column(machine.length(arg), None)


@function("pandas.isna", "pandas.isnull", "pandas.notna")
def isna(machine: Machine, obj: Value) -> Value:
    """``isna(obj)``."""
    return column(obj._rows, "bool") if isinstance(obj, Series) else Number("bool")


@function("pandas.factorize")
def factorize(machine: Machine, values: Value, **options: Value) -> Value:
    """``factorize(values)``: labels from 0 and what they stand for."""
    count = machine.new_symbol("K", 1)
    return made((machine.length(values),), "int64", ValueFacts(-1, integral=True)), made((count,), None)
