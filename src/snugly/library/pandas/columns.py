"""``pandas.Series`` and ``pandas.Index``: a column by its rows and its dtype, and the names of columns."""

from __future__ import annotations

from typing import TYPE_CHECKING

from snugly.facts.dims import Expr
from snugly.facts.values import NOTHING_KNOWN, ValueFacts
from snugly.interpreter.items import sliced_length
from snugly.interpreter.values import NOTHING, Mapping, Number, Sequence, Text, Unknown, Value
from snugly.library.numpy.arrays import as_array, made
from snugly.library.numpy.promotion import dtype_of
from snugly.library.pandas.cells import Cell
from snugly.library.plain import NotPlainError, plain
from snugly.library.registry import Model, model

if TYPE_CHECKING:
    from snugly.facts.dims import Dim
    from snugly.facts.tensors import TensorFacts
    from snugly.interpreter.machine import Machine


def count(size: Dim | None) -> Value:
    """Return a size as ``len`` or ``shape`` shows it."""
    return Number("int", 0) if size is None else size


def names_in(key: Value) -> list[str] | None:
    """Return the names that a list or tuple of constants holds, ``None`` where it is none."""
    try:
        names = plain(key)
    except NotPlainError:
        return None
    return list(names) if isinstance(names, list | tuple) and all(isinstance(name, str) for name in names) else None


def first_rows(machine: Machine, rows: Dim | None, n: Value) -> Dim | None:
    """Return how many rows ``head(n)`` gives of so many."""
    if not isinstance(n, int) or n < 0:
        return machine.new_symbol("rows")
    known = sliced_length(machine, rows, slice(None, n))
    return machine.new_symbol("rows", 0, n) if known is None else known


class Frame(Model):
    """What columns and tables have in common: their rows."""

    _rows: Dim | None
    _plain = False
    """Whether each entry is a number or a text, as in a text file, and not an object such as a list."""

    def length(self) -> Value:
        """``len(frame)``."""
        return self._rows

    @property
    def index(self) -> Value:
        """``frame.index``."""
        return made((self._rows,), None)

    @property
    def empty(self) -> Value:
        """``frame.empty``."""
        return Number("bool")

    def _with_rows(self, rows: Dim | None) -> Frame:
        return self

    def _fewer(self, machine: Machine, *args: Value, **options: Value) -> Value:
        return self._changed(machine, self._with_rows(machine.new_symbol("rows")), options)

    def _same(self, machine: Machine, *args: Value, **options: Value) -> Value:
        return self._changed(machine, self._with_rows(self._rows), options)

    def _changed(self, machine: Machine, new: Frame, options: dict[str, Value]) -> Value:
        """Return what a method made; with ``inplace=True`` the frame itself becomes it."""
        inplace = options.get("inplace", False)
        if inplace is False:
            return new
        machine.touch(self)
        if inplace is True:
            vars(self).update(vars(new))
            return None
        self._forget()
        return Unknown("a frame that is changed or not")

    def _forget(self) -> None:
        self._rows = None

    def head(self, machine: Machine, n: Value = 5) -> Value:
        """``head(n=5)``."""
        return self._with_rows(first_rows(machine, self._rows, n))

    def tail(self, machine: Machine, n: Value = 5) -> Value:
        """``tail(n=5)``."""
        return self.head(machine, n)

    def sample(self, machine: Machine, n: Value = None, frac: Value = None, **options: Value) -> Value:
        """``sample(n)``, ``sample(frac=1)``."""
        if frac in (1, 1.0):
            return self._with_rows(self._rows)
        return self._with_rows(n if isinstance(n, int) else machine.new_symbol("rows"))


@model("pandas.Series", "pandas.core.series.Series")
class Series(Frame):
    """A column: its rows, and what is known of its values as an array."""

    ndim = 1

    def __init__(
        self, machine: Machine, data: Value = None, index: Value = None, dtype: Value = None, **options: Value
    ) -> None:
        """Keep the rows and the dtype of what it is made of."""
        array = as_array(machine, data)
        self._rows = array.size(0) if array.rank == 1 else None
        self._dtype = array.dtype if dtype is None else dtype_of(dtype)
        self._values = array.values
        self._plain = array.rank == 1

    def _with_rows(self, rows: Dim | None) -> Series:
        return column(rows, self._dtype, plain=self._plain)

    def entry(self) -> Value:
        """Return what is known of one entry."""
        if self._dtype is not None and self._dtype != "object":
            return made((), self._dtype)
        return Cell() if self._plain else Unknown("an item of a column")

    @property
    def values(self) -> Value:
        """``column.values``."""
        return made((self._rows,), self._dtype, self._values)

    array = values

    @property
    def shape(self) -> Value:
        """``column.shape``."""
        return (count(self._rows),)

    @property
    def size(self) -> Value:
        """``column.size``."""
        return count(self._rows)

    @property
    def iloc(self) -> Value:
        """``column.iloc``, ``column.loc``."""
        return Rows(self)

    loc = at = iat = iloc

    @property
    def dt(self) -> Value:
        """``column.dt``, ``column.str``: methods on each element."""
        return EachElement(self._rows)

    str = dt

    @property
    def cat(self) -> Value:
        """``column.cat``: a column of categories."""
        return Categories(self._rows)

    @property
    def T(self) -> Value:
        """``column.T``."""
        return self

    def to_numpy(self, dtype: Value = None, **options: Value) -> TensorFacts:
        """``to_numpy(dtype=None)``."""
        return made((self._rows,), self._dtype if dtype is None else dtype_of(dtype), self._values)

    ravel = to_numpy

    def as_argument(self) -> TensorFacts:
        """Return what torch takes it for: a sequence of numbers, whose dtype it finds by itself."""
        exact = self._dtype if self._dtype == "int64" else None
        return made((self._rows,), exact, self._values)

    def tolist(self) -> Value:
        """``tolist()``."""
        kinds = (("bool", "bool"), ("int", "int"), ("float", "float"))
        kind = next((name for part, name in kinds if part in (self._dtype or "")), None)
        return Sequence("list", None, self.entry() if kind is None else Number(kind), self._rows)

    to_list = tolist

    def iterate(self) -> Value:
        """Go through the items."""
        return self.tolist()

    def items(self) -> Value:
        """``items()``."""
        return Sequence("iterator", None, (Unknown("a label"), self.tolist().element), self._rows)

    def to_dict(self) -> Value:
        """``to_dict()``."""
        return Mapping({}, self.tolist().element, open=True, rest_key=Unknown("a label"))

    def to_frame(self, name: Value = None) -> Value:
        """``to_frame()``: a table of one column."""
        from snugly.library.pandas.tables import table

        return table(self._rows, None, 1, self._dtype)

    def item(self, machine: Machine, key: Value) -> Value:
        """``column[key]``."""
        return Rows(self).item(machine, key)

    def set_item(self, key: Value, new: Value) -> None:
        """``column[key] = new``."""

    def astype(self, dtype: Value, *args: Value, **options: Value) -> Value:
        """``astype(dtype)``."""
        name = dtype_of(dtype)
        return column(self._rows, name, plain=self._plain or name not in (None, "object"))

    def unique(self, machine: Machine) -> Value:
        """``unique()``."""
        return made((machine.new_symbol("K", 0),), self._dtype)

    def nunique(self, dropna: Value = True) -> Value:
        """``nunique()``."""
        return Number("int", 0)

    def value_counts(self, machine: Machine, *args: Value, **options: Value) -> Value:
        """``value_counts()``: a count for each value there is."""
        return column(machine.new_symbol("K", 0), None if options.get("normalize") else "int64")

    def groupby(self, *args: Value, **options: Value) -> Value:
        """``groupby(by)``."""
        return Unknown("groups of a column")

    def _elementwise(self, machine: Machine, *args: Value, **options: Value) -> Value:
        return self._changed(machine, column(self._rows, None, plain=self._plain), options)

    def apply(self, machine: Machine, func: Value, *args: Value, **options: Value) -> Value:
        """``apply(function)``, ``map(function)``: a column of what it makes of each entry."""
        return column(self._rows, None, plain=self._maps_to_plain(machine, func))

    map = apply

    def _maps_to_plain(self, machine: Machine, change: Value) -> bool:
        """Tell whether a function or a dict makes numbers or texts of entries."""
        if isinstance(change, Mapping):
            return not change.open and all(map(is_plain, change.entries.values()))
        return is_plain(machine.call(change, self.entry()))

    fillna = replace = clip = abs = round = shift = diff = cumsum = rank = where = mask = _elementwise
    interpolate = ffill = bfill = pct_change = cumprod = transform = rename = infer_objects = _elementwise
    copy = sort_values = sort_index = reindex_like = Frame._same
    dropna = drop_duplicates = drop = nlargest = nsmallest = Frame._fewer

    def reset_index(self, machine: Machine, *args: Value, **options: Value) -> Value:
        """``reset_index(drop=True)``; the index becomes a column where it is not dropped."""
        from snugly.library.pandas.tables import table

        if options.get("drop") is True:
            return self._changed(machine, self._with_rows(self._rows), options)
        return table(self._rows, None, 2)

    def _asked(self, *args: Value, **options: Value) -> Value:
        return column(self._rows, "bool")

    isin = isna = isnull = notna = notnull = between = duplicated = eq = ne = gt = lt = ge = le = _asked
    operate_gt = operate_lt = operate_ge = operate_le = operate_eq = operate_ne = operate_invert = _asked
    operate_and = operate_or = operate_xor = operate_rand = operate_ror = _asked

    def _figure(self, *args: Value, **options: Value) -> Value:
        return Number("float")

    mean = std = median = sum = min = max = var = quantile = prod = skew = kurt = corr = sem = _figure

    def idxmax(self, *args: Value) -> Value:
        """``idxmax()``."""
        return Unknown("a label")

    idxmin = mode = idxmax

    def _decided(self, *args: Value) -> Value:
        return Number("bool")

    any = all = _decided

    def _arithmetic(self, other: Value = None, *args: Value, **options: Value) -> Value:
        from snugly.library.pandas.tables import DataFrame

        return Unknown("a column and a table") if isinstance(other, DataFrame) else column(self._rows, None)

    add = sub = mul = div = pow = _arithmetic
    operate_add = operate_sub = operate_mul = operate_truediv = operate_pow = operate_mod = operate_floordiv = (
        _arithmetic
    )
    operate_radd = operate_rsub = operate_rmul = operate_rtruediv = operate_rpow = operate_neg = _arithmetic


def column(rows: Dim | None, dtype: str | None, values: ValueFacts = NOTHING_KNOWN, *, plain: bool = False) -> Series:
    """Return a column of so many rows; ``plain`` where each entry is a number or a text."""
    made_ = Series.__new__(Series)
    made_._rows, made_._dtype, made_._values, made_._plain = rows, dtype, values, plain
    return made_


def is_plain(value: Value) -> bool:
    """Tell whether a value is a number or a text."""
    return Cell().covers(value) or isinstance(value, Expr)


class EachElement(Model):
    """``column.str`` and ``column.dt``: a method on each element."""

    path = "pandas.core.strings.accessor.StringMethods"

    def __init__(self, rows: Dim | None) -> None:
        """Keep the rows."""
        self._rows = rows

    def item(self, key: Value) -> Value:
        """``column.str[key]``."""
        return column(self._rows, None)

    def get_attribute(self, name: str) -> Value:
        """Return a property such as ``dt.year``, which can be called where it is a method."""
        return (
            Unknown("a table of parts")
            if name in ("split", "extract", "get_dummies", "partition")
            else Each(self._rows)
        )


class Each(Series):
    """The elements' property of a name, or the method that gives it."""

    def __init__(self, rows: Dim | None) -> None:
        """Keep the rows."""
        self._rows, self._dtype, self._values = rows, None, NOTHING_KNOWN

    def call(self, *args: Value, **options: Value) -> Value:
        """Call the method."""
        return column(self._rows, None)


class Categories(Model):
    """``column.cat``: the code of each element, and the categories there are."""

    path = "pandas.core.arrays.categorical.CategoricalAccessor"

    def __init__(self, rows: Dim | None) -> None:
        """Keep the rows."""
        self._rows = rows

    @property
    def codes(self) -> Value:
        """``cat.codes``: from 0, -1 where a value is missing."""
        return column(self._rows, None, ValueFacts(-1, integral=True))

    @property
    def categories(self) -> Value:
        """``cat.categories``."""
        return Sequence("list", None, Unknown("a category"), None)


class Rows(Model):
    """``column.iloc`` and ``column.loc``: rows by position or label."""

    path = "pandas.core.indexing._iLocIndexer"

    def __init__(self, owner: Series) -> None:
        """Keep whose rows they are."""
        self._owner = owner

    def item(self, machine: Machine, key: Value) -> Value:
        """``column.iloc[key]``."""
        rows = rows_taken(machine, self._owner._rows, key)
        return self._owner.entry() if rows is NOTHING else self._owner._with_rows(rows)

    def set_item(self, key: Value, new: Value) -> None:
        """``column.loc[key] = new``."""


def rows_taken(machine: Machine, rows: Dim | None, key: Value) -> Value:
    """Return how many rows a key takes; ``NOTHING`` where it means one row, not a choice of rows."""
    from snugly.facts.tensors import TensorFacts

    if isinstance(key, slice):
        known = sliced_length(machine, rows, key)
        return machine.new_symbol("rows") if known is None else known
    if isinstance(key, TensorFacts) and key.rank == 1:
        return key.size(0) if key.dtype not in ("bool", None) else machine.new_symbol("rows")
    if isinstance(key, Sequence):
        return key.length if key.items is None else len(key.items)
    if isinstance(key, Series):
        return machine.new_symbol("rows")
    return None if isinstance(key, TensorFacts | Unknown) and getattr(key, "shape", None) != () else NOTHING


@model("pandas.Index")
class Index(Model):
    """The names of a table's columns: known, or so many."""

    def __init__(self, names: Value = None, length: Dim | None = None) -> None:
        """Keep the names where they are known, else how many they are."""
        known = names_in(names)
        self._names, self._length = known, length if known is None else len(known)

    def iterate(self) -> Sequence:
        """Go through the names."""
        if self._names is not None:
            return Sequence("list", list(self._names))
        return Sequence("list", None, Text(), self._length)

    def length(self) -> Value:
        """``len(index)``."""
        return self._length

    def item(self, machine: Machine, key: Value) -> Value:
        """``index[key]``."""
        found = machine.item(self.iterate(), key)
        return Index(found, found.length) if isinstance(found, Sequence) else found

    def tolist(self) -> Value:
        """``tolist()``."""
        return self.iterate()

    to_list = tolist

    @property
    def values(self) -> Value:
        """``index.values``: the names."""
        return self.iterate()

    def _without(self, labels: Value, *args: Value, **options: Value) -> Value:
        gone = [labels] if isinstance(labels, str) else names_in(labels)
        if gone is None:
            return Index()
        if self._names is not None:
            return Index(Sequence("list", [name for name in self._names if name not in gone]))
        return Index(None, None if self._length is None else self._length - len(gone))

    drop = _without

    def difference(self, machine: Machine, other: Value, *args: Value) -> Value:
        """``difference(other)``: names that are not there are left out of account."""
        return self._without(other) if self._names is not None else Index(None, machine.new_symbol("F"))

    def get_loc(self, key: Value) -> Value:
        """``get_loc(name)``."""
        return self._names.index(key) if self._names is not None and key in self._names else Number("int", 0)
