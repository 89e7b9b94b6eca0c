"""``numpy.random``: the module, ``RandomState`` and ``Generator`` draw alike; of what they draw, bounds are known."""

from __future__ import annotations

from typing import TYPE_CHECKING

from snugly.facts import ranges, shapes
from snugly.facts.misfits import Misfit
from snugly.facts.records import replace
from snugly.facts.tensors import TensorFacts
from snugly.facts.values import NOTHING_KNOWN, ValueFacts
from snugly.interpreter.values import Number, Unknown, Value
from snugly.library.drawing import any_item, forget_order
from snugly.library.numpy.arrays import as_array, made, shape_of, size_of, unordered
from snugly.library.numpy.promotion import chosen, python_kind
from snugly.library.numpy.shaping import normal
from snugly.library.plain import number
from snugly.library.registry import Model, function, model
from snugly.library.standard.random import whole

if TYPE_CHECKING:
    from snugly.facts.tensors import Shape
    from snugly.interpreter.machine import Machine

_UNIT = ValueFacts(0, 1, finite=True)
_FINITE = ValueFacts(finite=True)
_POSITIVE = ValueFacts(0, finite=True)
_COUNTS = ValueFacts(0, integral=True, finite=True)


class _Generator(Model):
    """What the generators and the module have in common: the distributions."""

    def random(self, machine: Machine, size: Value = None, dtype: Value = None, out: Value = None) -> Value:
        """``random(size=None)``: in [0, 1)."""
        return _drawn(machine, size, chosen(dtype, "float64"), _UNIT)

    def uniform(self, machine: Machine, low: Value = 0.0, high: Value = 1.0, size: Value = None) -> Value:
        """``uniform(low=0.0, high=1.0, size=None)``."""
        edges = [as_array(machine, low), as_array(machine, high)]
        values = ranges.union(*(unordered(edge.values) for edge in edges))
        return _shaped(machine, size, ValueFacts(values.low, values.high, finite=True), low, high)

    def normal(self, machine: Machine, loc: Value = 0.0, scale: Value = 1.0, size: Value = None) -> Value:
        """``normal(loc=0.0, scale=1.0, size=None)``."""
        return _shaped(machine, size, _FINITE, loc, scale)

    def standard_normal(self, machine: Machine, size: Value = None, dtype: Value = None, out: Value = None) -> Value:
        """``standard_normal(size=None)``."""
        return _drawn(machine, size, chosen(dtype, "float64"), _FINITE)

    def multivariate_normal(
        self, machine: Machine, mean: Value, cov: Value, size: Value = None, *_: Value, **__: Value
    ) -> Value:
        """``multivariate_normal(mean, cov, size=None)``: the length of the mean comes last."""
        center = as_array(machine, mean)
        outer = () if size is None else shape_of(machine, size)
        return made(None if outer is None or center.shape is None else (*outer, *center.shape), "float64", _FINITE)

    def dirichlet(self, machine: Machine, alpha: Value, size: Value = None) -> Value:
        """``dirichlet(alpha, size=None)``."""
        return replace(self.multivariate_normal(machine, alpha, None, size), values=_UNIT)

    def binomial(self, machine: Machine, n: Value, p: Value, size: Value = None) -> Value:
        """``binomial(n, p, size=None)``."""
        top = as_array(machine, n).values.high
        return _shaped(machine, size, ValueFacts(0, top, integral=True, finite=True), n, p, dtype="int64")

    def multinomial(self, machine: Machine, n: Value, pvals: Value, size: Value = None) -> Value:
        """``multinomial(n, pvals, size=None)``: a row of counts."""
        shape = as_array(machine, pvals).shape
        outer = () if size is None else shape_of(machine, size)
        return made(None if shape is None or outer is None else (*outer, *shape), "int64", _COUNTS)

    def beta(self, machine: Machine, a: Value, b: Value, size: Value = None) -> Value:
        """``beta(a, b, size=None)``."""
        return _shaped(machine, size, _UNIT, a, b)

    def choice(
        self,
        machine: Machine,
        a: Value,
        size: Value = None,
        replace: Value = True,
        p: Value = None,
        axis: Value = 0,
        shuffle: Value = True,
    ) -> Value:
        """``choice(a, size=None, replace=True, p=None)``: of ``range(a)`` or of the items of ``a``."""
        below = size_of(a)
        if below is not None or isinstance(a, Number):
            return _drawn(machine, size, "int64", _below(0, a))
        if size is None and not isinstance(a, TensorFacts):
            found = as_array(machine, a)
            if found.dtype is None:
                return any_item(machine, a)
        pool = as_array(machine, a)
        values = ranges.some_of(unordered(pool.values))
        outer = () if size is None else shape_of(machine, size)
        place = normal(axis, pool.rank or 0)
        if pool.shape is None or outer is None or place is None:
            return made(outer if pool.rank == 1 else None, pool.dtype, values)
        return made((*pool.shape[:place], *outer, *pool.shape[place + 1 :]), pool.dtype, values)

    def permutation(self, machine: Machine, x: Value, axis: Value = 0) -> Value:
        """``permutation(x)``: of ``range(x)``, or a copy in another order."""
        size = size_of(x)
        if size is not None or isinstance(x, Number):
            return made(
                (size,), "int64", replace(_below(0, x), attained=True) if isinstance(x, int) and x else _below(0, x)
            )
        array = as_array(machine, x)
        return made(array.shape, array.dtype, unordered(array.values))

    def permuted(self, machine: Machine, x: Value, *, axis: Value = None, out: Value = None) -> Value:
        """``permuted(x)``."""
        array = as_array(machine, x)
        return made(array.shape, array.dtype, unordered(array.values))

    def shuffle(self, machine: Machine, x: Value, axis: Value = 0) -> None:
        """``shuffle(x)``: in place."""
        forget_order(machine, x)

    def bytes(self, length: Value) -> Value:
        """``bytes(length)``."""
        return Unknown("numpy.random.bytes")


def _below(low: Value, high: Value, *, endpoint: bool = False) -> ValueFacts:
    least, most = ranges.constant(low).low, ranges.constant(high).high
    if isinstance(low, TensorFacts):
        least = low.values.low
    if isinstance(high, TensorFacts):
        most = high.values.high
    top = None if most is None else most if endpoint else max(most - 1, least if least is not None else most - 1)
    return ValueFacts(least, top, integral=True, finite=True)


def _drawn(machine: Machine, size: Value, dtype: str | None, values: ValueFacts) -> Value:
    if size is None:
        return number("int" if dtype == "int64" else "float", values.low, values.high)
    return made(shape_of(machine, size), dtype, values)


def _shaped(machine: Machine, size: Value, values: ValueFacts, *parameters: Value, dtype: str = "float64") -> Value:
    """Return draws of a given size, one for each element of the parameters, or a Python number."""
    if size is not None:
        return made(shape_of(machine, size), dtype, values)
    arrays = [() if python_kind(x) is not None else as_array(machine, x).shape for x in parameters]
    try:
        shape: Shape | None = shapes.broadcast(*arrays) if arrays else ()
    except Misfit:
        return Unknown("a distribution whose parameters do not fit")
    return _drawn(machine, None, dtype, values) if shape == () else made(shape, dtype, values)


def _integers(machine: Machine, size: Value, values: ValueFacts, *ends: Value, dtype: str | None) -> Value:
    """Return whole numbers; a single one is a numpy scalar, not a Python integer."""
    found = _shaped(machine, size, values, *ends, dtype="int64")
    return found.with_(dtype=dtype) if isinstance(found, TensorFacts) else made((), dtype, values)


def _declare(name: str, values: ValueFacts, dtype: str, parameters: int) -> None:
    def draw(self: _Generator, machine: Machine, *args: Value, size: Value = None, **named: Value) -> Value:
        given = list(args)
        if size is None and len(given) > parameters:
            size = given.pop(parameters)
        return _shaped(machine, size, values, *given, *named.values(), dtype=dtype)

    setattr(_Generator, name, draw)


for _name, _values, _dtype, _parameters in (
    ("exponential", _POSITIVE, "float64", 1),
    ("standard_exponential", _POSITIVE, "float64", 0),
    ("poisson", _COUNTS, "int64", 1),
    ("gamma", _POSITIVE, "float64", 2),
    ("standard_gamma", _POSITIVE, "float64", 1),
    ("chisquare", _POSITIVE, "float64", 1),
    ("geometric", replace(_COUNTS, low=1), "int64", 1),
    ("negative_binomial", _COUNTS, "int64", 2),
    ("hypergeometric", _COUNTS, "int64", 3),
    ("laplace", _FINITE, "float64", 2),
    ("logistic", _FINITE, "float64", 2),
    ("gumbel", _FINITE, "float64", 2),
    ("lognormal", _POSITIVE, "float64", 2),
    ("rayleigh", _POSITIVE, "float64", 1),
    ("weibull", _POSITIVE, "float64", 1),
    ("pareto", _POSITIVE, "float64", 1),
    ("power", _UNIT, "float64", 1),
    ("standard_t", NOTHING_KNOWN, "float64", 1),
    ("standard_cauchy", NOTHING_KNOWN, "float64", 0),
    ("triangular", _FINITE, "float64", 3),
    ("vonmises", _FINITE, "float64", 2),
    ("wald", _POSITIVE, "float64", 2),
    ("zipf", replace(_COUNTS, low=1), "int64", 1),
    ("logseries", replace(_COUNTS, low=1), "int64", 1),
):
    _declare(_name, _values, _dtype, _parameters)


@model("numpy.random.Generator")
class Generator(_Generator):
    """The generator that ``default_rng`` makes."""

    def __init__(self, bit_generator: Value = None) -> None:
        """Make a generator; the seed decides nothing that is followed."""

    def integers(
        self,
        machine: Machine,
        low: Value,
        high: Value = None,
        size: Value = None,
        dtype: Value = None,
        endpoint: Value = False,
    ) -> Value:
        """``integers(low, high=None, size=None, endpoint=False)``."""
        first, last = (0, low) if high is None else (low, high)
        values = _below(first, last, endpoint=endpoint is True)
        return _integers(machine, size, values, first, last, dtype=chosen(dtype, "int64"))

    def spawn(self, machine: Machine, n_children: Value) -> Value:
        """``spawn(n_children)``."""
        return Unknown("numpy.random.Generator.spawn")


@model("numpy.random.RandomState")
class RandomState(_Generator):
    """The generator of numpy 1, and what the module's functions draw from."""

    def __init__(self, seed: Value = None) -> None:
        """Make a generator; the seed decides nothing that is followed."""

    def seed(self, seed: Value = None) -> None:
        """``seed(seed)``."""

    def get_state(self, *_: Value, **__: Value) -> Value:
        """``get_state()``."""
        return Unknown("numpy.random.get_state")

    def set_state(self, state: Value) -> None:
        """``set_state(state)``."""

    def rand(self, machine: Machine, *d: Value) -> Value:
        """``rand(d0, d1, ...)``: in [0, 1)."""
        return _drawn(machine, d or None, "float64", _UNIT)

    def randn(self, machine: Machine, *d: Value) -> Value:
        """``randn(d0, d1, ...)``."""
        return _drawn(machine, d or None, "float64", _FINITE)

    def randint(
        self, machine: Machine, low: Value, high: Value = None, size: Value = None, dtype: Value = None
    ) -> Value:
        """``randint(low, high=None, size=None)``."""
        first, last = (0, low) if high is None else (low, high)
        if dtype is None and size is None:
            one = _shaped(machine, None, _below(first, last), first, last, dtype="int64")
            return whole(machine, one.low, one.high) if isinstance(one, Number) else one
        return _integers(machine, size, _below(first, last), first, last, dtype=chosen(dtype, "int64"))

    def random_integers(self, machine: Machine, low: Value, high: Value = None, size: Value = None) -> Value:
        """``random_integers(low, high=None, size=None)``: both ends included."""
        first, last = (1, low) if high is None else (low, high)
        return _shaped(machine, size, _below(first, last, endpoint=True), dtype="int64")

    def random_sample(self, machine: Machine, size: Value = None) -> Value:
        """``random_sample(size=None)``: in [0, 1)."""
        return _drawn(machine, size, "float64", _UNIT)

    def ranf(self, machine: Machine, size: Value = None) -> Value:
        """``ranf(size=None)``."""
        return _drawn(machine, size, "float64", _UNIT)

    def sample(self, machine: Machine, size: Value = None) -> Value:
        """``sample(size=None)``."""
        return _drawn(machine, size, "float64", _UNIT)


_MODULE = RandomState()


for _name in dir(RandomState):
    if not _name.startswith("_") and callable(getattr(_MODULE, _name)):
        function(f"numpy.random.{_name}")(getattr(_MODULE, _name))


@function("numpy.random.default_rng")
def default_rng(seed: Value = None) -> Value:
    """``default_rng(seed)``."""
    return Generator()


@function("numpy.random.SeedSequence", "numpy.random.PCG64", "numpy.random.MT19937", "numpy.random.Philox")
def bit_generator(*args: Value, **options: Value) -> Value:
    """A source of bits."""
    return Unknown("a source of random bits")
