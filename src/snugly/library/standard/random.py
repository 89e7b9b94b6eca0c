"""``random``: bounds of what is drawn. The module's functions are the methods of one generator, as in Python."""

from __future__ import annotations

from typing import TYPE_CHECKING

from snugly.facts.dims import Expr
from snugly.interpreter.values import Number, Sequence, Unknown, Value
from snugly.library.drawing import any_item, forget_order
from snugly.library.plain import bounds, hull, number
from snugly.library.registry import Model, function, model

if TYPE_CHECKING:
    from snugly.facts import dims
    from snugly.interpreter.machine import Machine


@model("random.Random", "random.SystemRandom")
class Random(Model):
    """A generator. What it draws is known by its bounds only, whatever the seed."""

    def __init__(self, x: Value = None) -> None:
        """Make a generator; the seed decides nothing that is followed."""

    def seed(self, a: Value = None, version: Value = 2) -> None:
        """``seed(a)``."""

    def getstate(self) -> Value:
        """``getstate()``."""
        return Unknown("random.Random.getstate")

    def setstate(self, state: Value) -> None:
        """``setstate(state)``."""

    def random(self) -> Value:
        """``random()``: in [0, 1)."""
        return Number("float", 0, 1)

    def uniform(self, a: Value, b: Value) -> Value:
        """``uniform(a, b)``."""
        return number("float", *hull((a, b)))

    def triangular(self, low: Value = 0.0, high: Value = 1.0, mode: Value = None) -> Value:
        """``triangular(low, high, mode)``."""
        return number("float", *hull((low, high)))

    def randint(self, machine: Machine, a: Value, b: Value) -> Value:
        """``randint(a, b)``: both ends included."""
        return whole(machine, bounds(a)[0], bounds(b)[1])

    def randrange(self, machine: Machine, start: Value, stop: Value = None, step: Value = 1) -> Value:
        """``randrange([start,] stop[, step])``."""
        low: Value = 0 if stop is None else start
        end: Value = start if stop is None else stop
        least, most = bounds(low)[0], bounds(end)[1]
        forward = bounds(step)[0]
        if forward is None or forward < 1:
            least, most = hull((low, end))
            return whole(machine, least, most)
        return whole(machine, least, None if most is None else most - 1)

    def getrandbits(self, k: Value) -> Value:
        """``getrandbits(k)``."""
        return Number("int", 0, 2**k - 1 if isinstance(k, int) and 0 <= k <= 64 else None)

    def randbytes(self, n: Value) -> Value:
        """``randbytes(n)``."""
        return Unknown("random.Random.randbytes")

    def gauss(self, mu: Value = 0.0, sigma: Value = 1.0) -> Value:
        """``gauss(mu, sigma)``."""
        return Number("float")

    def normalvariate(self, mu: Value = 0.0, sigma: Value = 1.0) -> Value:
        """``normalvariate(mu, sigma)``."""
        return Number("float")

    def lognormvariate(self, mu: Value, sigma: Value) -> Value:
        """``lognormvariate(mu, sigma)``."""
        return Number("float", 0)

    def expovariate(self, lambd: Value = 1.0) -> Value:
        """``expovariate(lambd)``."""
        rate = bounds(lambd)[0]
        return Number("float", 0 if rate is not None and rate > 0 else None)

    def betavariate(self, alpha: Value, beta: Value) -> Value:
        """``betavariate(alpha, beta)``."""
        return Number("float", 0, 1)

    def gammavariate(self, alpha: Value, beta: Value) -> Value:
        """``gammavariate(alpha, beta)``."""
        return Number("float", 0)

    def vonmisesvariate(self, mu: Value, kappa: Value) -> Value:
        """``vonmisesvariate(mu, kappa)``."""
        return Number("float")

    def paretovariate(self, alpha: Value) -> Value:
        """``paretovariate(alpha)``."""
        return Number("float", 1)

    def weibullvariate(self, alpha: Value, beta: Value) -> Value:
        """``weibullvariate(alpha, beta)``."""
        return Number("float", 0)

    def binomialvariate(self, n: Value = 1, p: Value = 0.5) -> Value:
        """``binomialvariate(n, p)``."""
        return Number("int", 0, bounds(n)[1])

    def choice(self, machine: Machine, seq: Value) -> Value:
        """``choice(seq)``: any of its items."""
        return any_item(machine, seq)

    def choices(
        self, machine: Machine, population: Value, weights: Value = None, *, cum_weights: Value = None, k: Value = 1
    ) -> Value:
        """``choices(population, k=1)``: a list of ``k``, drawn with repetition."""
        return Sequence("list", None, any_item(machine, population), _count(k))

    def sample(self, machine: Machine, population: Value, k: Value, *, counts: Value = None) -> Value:
        """``sample(population, k)``: a list of ``k`` different ones."""
        return Sequence("list", None, any_item(machine, population), _count(k))

    def shuffle(self, machine: Machine, x: Value) -> None:
        """``shuffle(x)``: in place, so that from here on no position is known to hold one item rather than another."""
        forget_order(machine, x)


def whole(machine: Machine, low: float | None, high: float | None) -> Value:
    """Return a whole number between two bounds: as a symbol, so that ``x[i : i + 32]`` is known to have 32 items."""
    if low is None or low < 0 or high is None or low == high:
        return number("int", low, high)
    return machine.new_symbol("random", int(low), int(high))


def _count(k: Value) -> dims.Dim | None:
    return k if isinstance(k, int | Expr) and not isinstance(k, bool) else None


_MODULE = Random()

for _name in vars(Random):
    if not _name.startswith("_") and callable(getattr(_MODULE, _name)):
        function(f"random.{_name}")(getattr(_MODULE, _name))
for _name in ("choice", "randbelow", "randbits"):
    _method = {"randbelow": "randrange", "randbits": "getrandbits"}.get(_name, _name)
    function(f"secrets.{_name}")(getattr(_MODULE, _method))
