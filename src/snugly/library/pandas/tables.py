"""``pandas.DataFrame``: a table by its rows and its columns, which are known by name, by number, or not at all."""

from __future__ import annotations

from typing import TYPE_CHECKING

from snugly.facts.tensors import TensorFacts
from snugly.facts.values import NOTHING_KNOWN
from snugly.interpreter.items import sliced_length
from snugly.interpreter.values import NOTHING, Mapping, Number, Sequence, Text, Unknown, Value
from snugly.library.numpy.arrays import as_array, made
from snugly.library.numpy.promotion import dtype_of, promote
from snugly.library.pandas.columns import Frame, Index, Series, column, count, is_plain, names_in, rows_taken
from snugly.library.registry import Model, model

if TYPE_CHECKING:
    from snugly.facts.dims import Dim
    from snugly.interpreter.machine import Machine

Columns = tuple[tuple[str, str | None], ...]

_UNDESCRIBED = frozenset(
    [
        "agg",
        "aggregate",
        "align",
        "asfreq",
        "asof",
        "at_time",
        "attrs",
        "axes",
        "backfill",
        "bfill",
        "between_time",
        "boxplot",
        "combine",
        "combine_first",
        "compare",
        "convert_dtypes",
        "cov",
        "describe",
        "divide",
        "dot",
        "droplevel",
        "equals",
        "eval",
        "explode",
        "expanding",
        "ewm",
        "filter",
        "first",
        "first_valid_index",
        "floordiv",
        "from_dict",
        "groupby",
        "hist",
        "iat",
        "idxmax",
        "idxmin",
        "infer_objects",
        "isetitem",
        "items",
        "join",
        "keys",
        "last",
        "last_valid_index",
        "lookup",
        "melt",
        "memory_usage",
        "multiply",
        "nunique",
        "pad",
        "pipe",
        "pivot",
        "pivot_table",
        "plot",
        "prod",
        "product",
        "quantile",
        "rank",
        "reorder_levels",
        "resample",
        "rolling",
        "skew",
        "squeeze",
        "stack",
        "style",
        "subtract",
        "swapaxes",
        "swaplevel",
        "to_dict",
        "to_json",
        "to_latex",
        "to_parquet",
        "to_pickle",
        "to_records",
        "to_string",
        "to_timestamp",
        "transform",
        "truncate",
        "tz_localize",
        "unstack",
        "update",
        "value_counts",
        "xs",
    ]
)
"""Attributes of a table that are no columns, and of which nothing is said here."""


@model("pandas.DataFrame", "pandas.core.frame.DataFrame")
class DataFrame(Frame):
    """A table: its rows, and its columns by name and dtype where they are known."""

    ndim = 2
    _objects: frozenset[str] = frozenset()
    """The columns whose entries may be anything, where the others are plain."""

    def __init__(
        self,
        machine: Machine,
        data: Value = None,
        index: Value = None,
        columns: Value = None,
        dtype: Value = None,
        **options: Value,
    ) -> None:
        """Keep the rows and columns of what it is made of."""
        self._rows: Dim | None = None
        self._columns: Columns | None = None
        self._width: Dim | None = None
        self._dtype: str | None = None if dtype is None else dtype_of(dtype)
        if isinstance(data, DataFrame):
            vars(self).update(vars(data))
        elif isinstance(data, Mapping) and not data.open:
            self._plain = True
            arrays = {name: as_array(machine, part) for name, part in data.entries.items() if isinstance(name, str)}
            self._rows = next((array.size(0) for array in arrays.values() if array.rank == 1), None)
            self._columns = tuple((name, array.dtype) for name, array in arrays.items())
            self._objects = frozenset(name for name, array in arrays.items() if array.rank != 1)
        else:
            self._of_array(as_array(machine, data), columns)

    def _of_array(self, data: TensorFacts, columns: Value) -> None:
        if data.rank not in (1, 2):
            return
        self._rows, self._width, self._dtype = data.size(0), data.size(1) if data.rank == 2 else 1, data.dtype
        names = columns._names if isinstance(columns, Index) else names_in(columns)
        self._columns = None if names is None else tuple((name, data.dtype) for name in names)

    @property
    def _count(self) -> Dim | None:
        return self._width if self._columns is None else len(self._columns)

    def _with_rows(self, rows: Dim | None) -> DataFrame:
        return self._alike(table(rows, self._columns, self._width, self._dtype))

    def _with_columns(self, columns: Columns | None, width: Dim | None = None) -> DataFrame:
        return self._alike(table(self._rows, columns, width, self._dtype))

    def _alike(self, new: DataFrame) -> DataFrame:
        """Return a table whose entries are as plain as those of this one."""
        new._plain, new._objects = self._plain, self._objects
        return new

    def _column(self, name: str) -> Series:
        dtype = dict(self._columns or ()).get(name, self._dtype)
        return column(self._rows, dtype, plain=self._plain and name not in self._objects)

    def row(self) -> Value:
        """Return one row: its entries by the names of the columns."""
        return Row(self)

    def _forget(self) -> None:
        self._rows = self._columns = self._width = self._dtype = None

    def get_attribute(self, name: str) -> Value:
        """Return the column of a name that is no attribute of a table."""
        if hasattr(type(self), name) or name in _UNDESCRIBED or name.startswith("_"):
            return NOTHING
        if self._columns is not None and name not in dict(self._columns):
            return NOTHING
        return self._column(name)

    @property
    def columns(self) -> Value:
        """``frame.columns``."""
        if self._columns is None:
            return Index(None, self._width)
        return Index(Sequence("list", [name for name, _ in self._columns]))

    @property
    def values(self) -> Value:
        """``frame.values``."""
        return self.to_numpy()

    @property
    def shape(self) -> Value:
        """``frame.shape``."""
        return count(self._rows), count(self._count)

    @property
    def dtypes(self) -> Value:
        """``frame.dtypes``."""
        return column(self._count, None)

    @property
    def T(self) -> Value:
        """``frame.T``."""
        return table(self._count, None, self._rows, self._dtype)

    transpose = T

    @property
    def iloc(self) -> Value:
        """``frame.iloc``, ``frame.loc``."""
        return Locator(self)

    loc = at = iat = iloc

    def to_numpy(self, dtype: Value = None, **options: Value) -> TensorFacts:
        """``to_numpy(dtype=None)``."""
        found: str | None = self._dtype
        for position, (_, kind) in enumerate(self._columns or ()):
            found = kind if position == 0 else promote(found, kind)
        return made((self._rows, self._count), found if dtype is None else dtype_of(dtype))

    def iterate(self) -> Value:
        """Go through the names of the columns."""
        return self.columns.iterate()

    def item(self, machine: Machine, key: Value) -> Value:
        """``frame[key]``."""
        dtypes = dict(self._columns or ())
        if isinstance(key, str):
            return self._column(key)
        if isinstance(key, Text):
            return column(self._rows, self._dtype, plain=self._plain and not self._objects)
        if isinstance(key, slice):
            return self._with_rows(rows_taken(machine, self._rows, key))
        if isinstance(key, Series) or (isinstance(key, TensorFacts) and key.dtype == "bool"):
            return self._with_rows(machine.new_symbol("rows"))
        if isinstance(key, DataFrame):
            return self._with_rows(self._rows)
        names = key._names if isinstance(key, Index) else names_in(key)
        if names is not None:
            return self._with_columns(tuple((name, dtypes.get(name, self._dtype)) for name in names))
        if isinstance(key, Index | Sequence):
            length = machine.length(key)
            return self._with_columns(None, machine.new_symbol("F") if length is None else length)
        return Unknown("a part of a table")

    def set_item(self, machine: Machine, key: Value, new: Value) -> None:
        """``frame[key] = new``."""
        machine.touch(self)
        if isinstance(key, str):
            plain = new._plain if isinstance(new, Series) else as_array(machine, new).rank in (0, 1)
            self._objects = self._objects - {key} if plain else self._objects | {key}
        if isinstance(key, str) and self._columns is not None:
            dtype = new._dtype if isinstance(new, Series) else None
            if key in dict(self._columns):
                self._columns = tuple((name, dtype if name == key else old) for name, old in self._columns)
            else:
                self._columns = (*self._columns, (key, dtype))
            return
        self._dtype = None
        if isinstance(key, DataFrame):
            return
        self._columns, self._width = None, machine.new_symbol("F", 1)  # the column may have been there

    def delete_item(self, machine: Machine, key: Value) -> None:
        """``del frame[key]``."""
        self.pop(machine, key)

    def drop(
        self,
        machine: Machine,
        labels: Value = None,
        axis: Value = 0,
        index: Value = None,
        columns: Value = None,
        **options: Value,
    ) -> Value:
        """``drop(labels, axis=1)``, ``drop(columns=...)``."""
        gone = columns if columns is not None else labels
        if columns is None and axis not in (1, "columns"):
            return self._fewer(machine, **options)
        names = [gone] if isinstance(gone, str) else gone._names if isinstance(gone, Index) else names_in(gone)
        if names is None or options.get("errors", "raise") != "raise":
            return self._changed(machine, self._with_columns(None, machine.new_symbol("F")), options)
        if self._columns is not None:
            left = tuple(pair for pair in self._columns if pair[0] not in names)
            return self._changed(machine, self._with_columns(left), options)
        width = None if self._width is None else self._width - len(set(names))
        return self._changed(machine, self._with_columns(None, width), options)

    copy = sort_values = sort_index = round = applymap = map = clip = abs = rename_axis = Frame._same
    dropna = drop_duplicates = query = nlargest = nsmallest = Frame._fewer

    def _filled(self, machine: Machine, *args: Value, **options: Value) -> Value:
        columns = None if self._columns is None else tuple((name, None) for name, _ in self._columns)
        return self._changed(machine, table(self._rows, columns, self._width), options)

    fillna = replace = ffill = bfill = interpolate = shift = diff = pct_change = cumsum = where = mask = _filled

    def astype(self, dtype: Value, *args: Value, **options: Value) -> Value:
        """``astype(dtype)``."""
        name = None if isinstance(dtype, Mapping) else dtype_of(dtype)
        columns = None if self._columns is None else tuple((each, name) for each, _ in self._columns)
        return table(self._rows, columns, self._width, name)

    def rename(self, machine: Machine, mapper: Value = None, **options: Value) -> Value:
        """``rename(columns={...})``: other names, as many."""
        return self._changed(machine, self._with_columns(None, self._count), options)

    def reset_index(self, machine: Machine, *args: Value, **options: Value) -> Value:
        """``reset_index()``; the index becomes a column where it is not dropped."""
        if options.get("drop", False) is True:
            return self._changed(machine, self._with_rows(self._rows), options)
        width = None if self._count is None or "level" in options else self._count + 1
        return self._changed(machine, table(self._rows, None, width), options)

    def set_index(self, machine: Machine, keys: Value, *args: Value, **options: Value) -> Value:
        """``set_index(keys)``: columns that become the index."""
        names = [keys] if isinstance(keys, str) else names_in(keys)
        if names is None or options.get("drop", True) is not True:
            return self._changed(machine, self._with_columns(None, machine.new_symbol("F")), options)
        return self.drop(machine, columns=Sequence("list", list(names)), **options)

    def pop(self, machine: Machine, item: Value) -> Value:
        """``pop(name)``: the column, which the table loses."""
        taken = self.item(machine, item)
        self.drop(machine, columns=item if isinstance(item, str) else Unknown("a name"), inplace=True)
        return taken

    def insert(self, machine: Machine, loc: Value, column: Value, value: Value, *args: Value) -> None:
        """``insert(loc, name, value)``."""
        machine.touch(self)
        width = self._count
        self._columns, self._width, self._dtype = None, None if width is None else width + 1, None

    def select_dtypes(self, machine: Machine, *args: Value, **options: Value) -> Value:
        """``select_dtypes(include=...)``: some of the columns."""
        return self._with_columns(None, machine.new_symbol("F"))

    def assign(self, machine: Machine, **columns: Value) -> Value:
        """``assign(name=...)``."""
        result = self._with_rows(self._rows)
        for name, value in columns.items():
            result.set_item(machine, name, value)
        return result

    def _per_column(self, machine: Machine, *args: Value, **options: Value) -> Value:
        axis = options.get("axis", args[0] if args else 0)
        if axis in (1, "columns"):
            return column(self._rows, None)
        return column(self._count, None) if axis in (0, "index") else Unknown("figures of a table")

    mean = std = var = median = sum = min = max = any = all = nunique = count = _per_column

    def corr(self, *args: Value, **options: Value) -> Value:
        """``corr()``: each column with each."""
        return table(self._count, None, self._count, "float64")

    def isna(self) -> Value:
        """``isna()``: for each element."""
        return table(self._rows, None, self._count, "bool")

    isnull = notna = notnull = isna

    def duplicated(self, *args: Value, **options: Value) -> Value:
        """``duplicated()``: for each row."""
        return column(self._rows, "bool")

    def _arithmetic(self, other: Value = None, *args: Value, **options: Value) -> Value:
        if isinstance(other, TensorFacts | Unknown):
            return Unknown("a table and something else")
        columns = None if self._columns is None else tuple((name, None) for name, _ in self._columns)
        return table(self._rows, columns, self._width)

    operate_add = operate_sub = operate_mul = operate_truediv = operate_pow = add = sub = mul = div = _arithmetic
    operate_radd = operate_rsub = operate_rmul = operate_rtruediv = operate_neg = _arithmetic

    def _asked(self, *args: Value) -> Value:
        return self.isna()

    operate_gt = operate_lt = operate_ge = operate_le = operate_eq = operate_ne = operate_invert = isin = _asked
    operate_and = operate_or = _asked

    def groupby(self, by: Value = None, *args: Value, **options: Value) -> Value:
        """``groupby(by)``."""
        return Unknown("groups of a table")

    def merge(self, machine: Machine, *args: Value, **options: Value) -> Value:
        """``merge(other)``: some rows, some columns."""
        return table(machine.new_symbol("rows"), None, machine.new_symbol("F", 1))

    def iterrows(self) -> Value:
        """``iterrows()``."""
        return Sequence("iterator", None, (Number("int", 0), self.row()), self._rows)

    def itertuples(self, *args: Value, **options: Value) -> Value:
        """``itertuples()``."""
        return Sequence("iterator", None, self.row(), self._rows)

    def apply(self, machine: Machine, func: Value = None, axis: Value = 0, **options: Value) -> Value:
        """``apply(function, axis=1)``: what a function makes of each row; of each column nothing is said."""
        if axis not in (1, "columns") or options or func is None or isinstance(func, str | Text):
            return Unknown("what a function makes of a table")
        each = machine.call(func, self.row())
        if isinstance(each, tuple | Sequence):
            return column(self._rows, None)
        return column(self._rows, None, plain=True) if is_plain(each) else Unknown("what a function makes of a row")

    def info(self, *args: Value, **options: Value) -> None:
        """``info()``, ``to_csv()``."""

    to_csv = to_excel = to_sql = info


class Row(Series):
    """One row of a table: a column of its entries, each also by the name of its column."""

    def __init__(self, owner: DataFrame) -> None:
        """Keep whose row it is."""
        self._rows, self._dtype, self._values = owner._count, owner._dtype, NOTHING_KNOWN
        self._plain = owner._plain and not owner._objects
        self._owner = owner

    def item(self, machine: Machine, key: Value) -> Value:
        """``row[key]``."""
        return self._owner._column(key).entry() if isinstance(key, str) else super().item(machine, key)

    def get(self, machine: Machine, key: Value, default: Value = None) -> Value:
        """``row.get(key)``."""
        return self.item(machine, key)

    def get_attribute(self, name: str) -> Value:
        """Return the entry of a name that is no attribute of a column."""
        own = hasattr(type(self), name) or name.startswith("_") or name in ("name", "keys", "astype")
        return NOTHING if own else self._owner._column(name).entry()


def table(rows: Dim | None, columns: Columns | None, width: Dim | None = None, dtype: str | None = None) -> DataFrame:
    """Return a table of so many rows and columns, all of one dtype where that is known."""
    made_ = DataFrame.__new__(DataFrame)
    made_._rows, made_._columns, made_._width, made_._dtype = rows, columns, width, dtype
    return made_


class Locator(Model):
    """``frame.iloc`` and ``frame.loc``: rows and columns by position or name."""

    path = "pandas.core.indexing._LocIndexer"

    def __init__(self, owner: DataFrame) -> None:
        """Keep whose parts they are."""
        self._owner = owner

    def item(self, machine: Machine, key: Value) -> Value:
        """``frame.iloc[key]``."""
        rows_key, columns_key = key if isinstance(key, tuple) and len(key) == 2 else (key, slice(None))
        owner = self._owner
        rows = rows_taken(machine, owner._rows, rows_key)
        one = isinstance(columns_key, int | str | Text | Number) and not isinstance(columns_key, bool)
        if rows is NOTHING:
            if one:
                return owner._column(columns_key if isinstance(columns_key, str) else "").entry()
            if columns_key == slice(None):
                return owner.row()
            return column(self._chosen(machine, columns_key)._count, owner._dtype, plain=owner._plain)
        if one:
            return owner._column(columns_key if isinstance(columns_key, str) else "")._with_rows(rows)
        return self._chosen(machine, columns_key)._with_rows(rows)

    def _chosen(self, machine: Machine, key: Value) -> DataFrame:
        """Return the table of the columns that a key chooses."""
        owner = self._owner
        if isinstance(key, slice):
            if key == slice(None):
                return owner
            width = sliced_length(machine, owner._count, key)
            return owner._with_columns(None, machine.new_symbol("F") if width is None else width)
        names = key._names if isinstance(key, Index) else names_in(key)
        if names is not None:
            dtypes = dict(owner._columns or ())
            return owner._with_columns(tuple((name, dtypes.get(name, owner._dtype)) for name in names))
        length = machine.length(key) if isinstance(key, Index | Sequence) else None
        if isinstance(key, TensorFacts) and key.rank == 1 and key.dtype not in ("bool", None):
            length = key.size(0)
        return owner._with_columns(None, machine.new_symbol("F") if length is None else length)

    def set_item(self, machine: Machine, key: Value, new: Value) -> None:
        """``frame.loc[key] = new``: values change, and a column of a new name is added."""
        column_key = key[1] if isinstance(key, tuple) and len(key) == 2 else None
        if isinstance(column_key, str | Text):
            self._owner.set_item(machine, column_key, new)
