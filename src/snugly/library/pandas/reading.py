"""Functions of ``pandas`` that make tables and columns: read from files, put together, encoded."""

from __future__ import annotations

from typing import TYPE_CHECKING

from snugly.facts.values import ValueFacts
from snugly.interpreter.values import Number, Sequence, Value
from snugly.library.numpy.arrays import made
from snugly.library.pandas.columns import Series, column, names_in
from snugly.library.pandas.tables import DataFrame, table
from snugly.library.registry import function

if TYPE_CHECKING:
    from snugly.facts.dims import Dim
    from snugly.interpreter.machine import Machine


@function("pandas.read_csv", "pandas.read_excel", "pandas.read_table", "pandas.read_sql", "pandas.read_sql_query",
          "pandas.read_sql_table", "pandas.read_fwf")  # fmt: skip
def read_csv(machine: Machine, *args: Value, **options: Value) -> Value:
    """``read_csv(file)``: some rows; each entry is a number or a text."""
    read = read_objects(machine, *args, **options)
    read._plain = True
    return read


@function("pandas.read_json", "pandas.read_parquet", "pandas.read_pickle", "pandas.read_feather", "pandas.read_hdf",
          "pandas.DataFrame.from_records")  # fmt: skip
def read_objects(machine: Machine, *args: Value, **options: Value) -> DataFrame:
    """``read_pickle(file)``: some rows; the columns that are named, or some."""
    given = options.get("usecols") if options.get("usecols") is not None else options.get("names")
    names = names_in(given)
    if names is not None and options.get("index_col") is None:
        return table(machine.new_symbol("rows", 2), tuple((name, None) for name in names))
    return table(machine.new_symbol("rows", 2), None, machine.new_symbol("F", 1))


@function("pandas.get_dummies")
def get_dummies(machine: Machine, data: Value, *args: Value, **options: Value) -> Value:
    """``get_dummies(data)``: as many columns as there are values."""
    return table(machine.length(data), None, machine.new_symbol("F", 1))


@function("pandas.concat")
def concat(machine: Machine, objs: Value, axis: Value = 0, **options: Value) -> Value:
    """``concat(objs, axis=0)``."""
    parts = machine.iterate(objs).items
    if not parts or not all(isinstance(part, DataFrame | Series) for part in parts):
        return table(machine.new_symbol("rows"), None, machine.new_symbol("F", 1))
    rows, widths = [part._rows for part in parts], [_width(part) for part in parts]
    if axis in (1, "columns"):
        shared = rows[0] if all(other == rows[0] for other in rows) else None
        return table(shared, None, _total(widths))
    if all(isinstance(part, Series) for part in parts):
        return column(_total(rows), None)
    same = widths[0] if all(width == widths[0] for width in widths) else machine.new_symbol("F", 1)
    columns = parts[0]._columns if all(getattr(part, "_columns", None) == parts[0]._columns for part in parts) else None
    return table(_total(rows), columns, same)


def _width(part: DataFrame | Series) -> Dim | None:
    return part._count if isinstance(part, DataFrame) else 1


def _total(sizes: list[Dim | None]) -> Dim | None:
    total: Dim | None = 0
    for size in sizes:
        total = None if total is None or size is None else total + size
    return total


@function("pandas.merge")
def merge(machine: Machine, left: Value, right: Value, *args: Value, **options: Value) -> Value:
    """``merge(left, right)``: some rows, some columns."""
    return table(machine.new_symbol("rows"), None, machine.new_symbol("F", 1))


@function("pandas.to_datetime", "pandas.to_numeric", "pandas.cut", "pandas.qcut")
def converted(machine: Machine, arg: Value, *args: Value, **options: Value) -> Value:
    """A column of another kind."""
    return column(machine.length(arg), None)


@function("pandas.isna", "pandas.isnull", "pandas.notna", "pandas.notnull")
def isna(machine: Machine, obj: Value) -> Value:
    """``isna(obj)``."""
    return obj.isna() if isinstance(obj, Series | DataFrame) else Number("bool")


@function("pandas.unique")
def unique(machine: Machine, values: Value) -> Value:
    """``unique(values)``."""
    return made((machine.new_symbol("K"),), values._dtype if isinstance(values, Series) else None)


@function("pandas.factorize")
def factorize(machine: Machine, values: Value, **options: Value) -> Value:
    """``factorize(values)``: labels from 0 and what they stand for."""
    count = machine.new_symbol("K", 1)
    return made((machine.length(values),), "int64", ValueFacts(-1, integral=True)), made((count,), None)


@function("pandas.DataFrame.from_dict")
def from_dict(machine: Machine, data: Value, orient: Value = "columns", **options: Value) -> Value:
    """``DataFrame.from_dict(data)``."""
    return DataFrame(machine, data) if orient == "columns" else table(None, None)


@function("pandas.date_range", "pandas.RangeIndex")
def date_range(machine: Machine, *args: Value, periods: Value = None, **options: Value) -> Value:
    """``date_range(start, periods=n)``."""
    return Sequence("list", None, Number("int"), periods if isinstance(periods, int) else None)
