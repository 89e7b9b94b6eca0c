"""``torch.distributions``: batch and event shapes, samples and log-probabilities."""

from __future__ import annotations

from typing import Any, ClassVar

from snugly.facts.dims import value as only_value
from snugly.facts.records import replace
from snugly.facts.tensors import TensorFacts
from snugly.facts.values import NOTHING_KNOWN, Meaning, ValueFacts
from snugly.interpreter.values import Sequence, Value
from snugly.library.registry import Model, alias, function, model
from snugly.library.torch.arguments import REQUIRED, bind, integer, tensor

ROOM = "torch.distributions"
_METHODS = f"{ROOM}.Distribution"
_COUNTS = ValueFacts(low=0, integral=True)
_UNIT = ValueFacts(low=0.0, high=1.0)
_POSITIVE = ValueFacts(low=0.0)


def _parameter(value: Value) -> Value:
    """Return a parameter as the tensor that it becomes: Python numbers are ``float32`` without axes."""
    if isinstance(value, TensorFacts):
        return value
    if isinstance(value, bool | int | float):
        return TensorFacts((), "float32", requires_grad=False, values=ValueFacts(low=value, high=value))
    return TensorFacts()


@model(f"{ROOM}.Distribution", f"{ROOM}.distribution.Distribution")
class Distribution(Model):
    """What every distribution has.

    ``_support`` are the facts of one sample of each distribution of the batch; ``_event`` is how many of its last axes
    make one event.
    """

    _parameters: ClassVar[dict[str, Any]] = {}
    _values: ClassVar[ValueFacts] = NOTHING_KNOWN
    _event: int = 0
    has_rsample: Value = True

    def __init__(self, machine: Any, *args: Value, **kwargs: Value) -> None:
        """Broadcast the parameters."""
        bound = bind({**self._parameters, "validate_args": None}, args, kwargs)
        given = {name: _parameter(value) for name, value in bound.items() if name in self._parameters}
        for name, value in bound.items():
            if name in self._parameters and value is not None:
                setattr(self, name, given[name])
        parameters = [given[name] for name, value in bound.items() if name in self._parameters and value is not None]
        self._support = self._make(machine, parameters)

    def _make(self, machine: Any, parameters: list[TensorFacts]) -> TensorFacts:
        whole: Value = parameters[0] if parameters else TensorFacts()
        for other in parameters[1:]:
            whole = machine.apply("operator.add", whole, other)
        return tensor(whole).with_(values=self._values, kind="tensor")

    @property
    def batch_shape(self) -> Value:
        """The shape of the batch of distributions."""
        return self._part(0, -self._event or None)

    @property
    def event_shape(self) -> Value:
        """The shape of one sample of one distribution."""
        return self._part(-self._event, None) if self._event else ()

    def _part(self, start: int, stop: int | None) -> Value:
        shape = self._support.shape
        return Sequence("tuple", None, None, None) if shape is None else shape[start:stop]

    def sample(self, machine: Any, sample_shape: Value = ()) -> Value:
        """Return samples, through which no gradient flows."""
        return machine.apply(f"{_METHODS}.sample", self._support, sample_shape)

    def sample_n(self, machine: Any, n: Value) -> Value:
        """Return so many samples."""
        return machine.apply(f"{_METHODS}.sample", self._support, (n,))

    def rsample(self, machine: Any, sample_shape: Value = ()) -> Value:
        """Return samples, through which gradients flow."""
        return machine.apply(f"{_METHODS}.sample", self._support, sample_shape, reparametrized=True)

    def log_prob(self, machine: Any, value: Value) -> Value:
        """Return the log-probability, or its density, of samples."""
        return machine.apply(f"{_METHODS}.log_prob", self._support, value, event=self._event)

    def cdf(self, machine: Any, value: Value) -> Value:
        """Return the probability of less."""
        result = machine.apply(f"{_METHODS}.log_prob", self._support, value, event=self._event)
        return result.with_(values=_UNIT) if isinstance(result, TensorFacts) else result

    icdf = log_prob

    def entropy(self, machine: Any) -> Value:
        """Return the entropy of each distribution."""
        return machine.apply(f"{_METHODS}.entropy", self._support, event=self._event)

    def perplexity(self, machine: Any) -> Value:
        """Return the perplexity of each distribution."""
        return self.entropy(machine)

    @property
    def mean(self) -> Value:
        """The mean of each distribution."""
        return self._support.with_(values=NOTHING_KNOWN)

    @property
    def mode(self) -> Value:
        """The likeliest value."""
        return self._support

    @property
    def variance(self) -> Value:
        """The variance of each distribution."""
        return self._support.with_(values=_POSITIVE)

    stddev = variance

    def expand(self, machine: Any, batch_shape: Value, _instance: Value = None) -> Value:
        """Return a larger batch."""
        return machine.unknown(f"{self.path}.expand")


def _declare(
    name: str, module: str, parameters: dict[str, Any], values: ValueFacts = NOTHING_KNOWN, event: int = 0
) -> None:
    members = {
        "__doc__": f"What the interpreter knows of ``{ROOM}.{name}``.",
        "_parameters": parameters,
        "_values": values,
        "_event": event,
    }
    model(f"{ROOM}.{name}", f"{ROOM}.{module}.{name}")(type(name, (Distribution,), members))


_PLACE: dict[str, Any] = {"loc": REQUIRED, "scale": REQUIRED}
for _name, _module, _parameters, _values in (
    ("Normal", "normal", _PLACE, NOTHING_KNOWN),
    ("Laplace", "laplace", _PLACE, NOTHING_KNOWN),
    ("Cauchy", "cauchy", _PLACE, NOTHING_KNOWN),
    ("Gumbel", "gumbel", _PLACE, NOTHING_KNOWN),
    ("LogNormal", "log_normal", _PLACE, _POSITIVE),
    ("HalfNormal", "half_normal", {"scale": REQUIRED}, _POSITIVE),
    ("HalfCauchy", "half_cauchy", {"scale": REQUIRED}, _POSITIVE),
    ("Uniform", "uniform", {"low": REQUIRED, "high": REQUIRED}, NOTHING_KNOWN),
    ("Beta", "beta", {"concentration1": REQUIRED, "concentration0": REQUIRED}, _UNIT),
    ("Gamma", "gamma", {"concentration": REQUIRED, "rate": REQUIRED}, _POSITIVE),
    ("Exponential", "exponential", {"rate": REQUIRED}, _POSITIVE),
    ("Poisson", "poisson", {"rate": REQUIRED}, _COUNTS),
    ("StudentT", "studentT", {"df": REQUIRED, "loc": 0.0, "scale": 1.0}, NOTHING_KNOWN),
    ("Chi2", "chi2", {"df": REQUIRED}, _POSITIVE),
    ("Pareto", "pareto", {"scale": REQUIRED, "alpha": REQUIRED}, _POSITIVE),
    ("Weibull", "weibull", {"scale": REQUIRED, "concentration": REQUIRED}, _POSITIVE),
    ("VonMises", "von_mises", {"loc": REQUIRED, "concentration": REQUIRED}, NOTHING_KNOWN),
    (
        "Bernoulli",
        "bernoulli",
        {"probs": None, "logits": None},
        ValueFacts(low=0.0, high=1.0, integral=True, members=frozenset({0.0, 1.0})),
    ),
    ("Geometric", "geometric", {"probs": None, "logits": None}, _COUNTS),
    ("ContinuousBernoulli", "continuous_bernoulli", {"probs": None, "logits": None}, _UNIT),
):
    _declare(_name, _module, _parameters, _values)

_declare("Dirichlet", "dirichlet", {"concentration": REQUIRED}, _UNIT, event=1)


@model(f"{ROOM}.Categorical", f"{ROOM}.categorical.Categorical")
class Categorical(Distribution):
    """Class indices: the last axis of the parameter is that of the classes."""

    has_rsample = False
    _parameters: ClassVar[dict[str, Any]] = {"probs": None, "logits": None}

    def _make(self, machine: Any, parameters: list[TensorFacts]) -> TensorFacts:
        self.param_shape: Value = None
        given = parameters[0] if parameters else TensorFacts()
        classes = only_value(given.size(-1))
        high = None if classes is None else classes - 1
        values = ValueFacts(low=0, high=high, integral=True, meaning=Meaning.CLASS_INDICES)
        shape = None if not given.shape else given.shape[:-1]
        axes = None if given.axes is None or shape is None else given.axes[:-1]
        self._given = given
        axis = None if given.shape is None else len(given.shape) - 1
        self.probs = given.with_(
            kind="tensor", values=ValueFacts(low=0.0, high=1.0, meaning=Meaning.PROBABILITIES, axis=axis)
        )
        self.logits = given.with_(
            kind="tensor", values=ValueFacts(high=0.0, meaning=Meaning.LOG_PROBABILITIES, axis=axis)
        )
        return TensorFacts(shape, "int64", given.device, given.requires_grad, values, axes)

    def entropy(self, machine: Any) -> Value:
        """Return the entropy of each distribution."""
        return machine.apply(f"{_METHODS}.entropy", self._given.with_(kind="tensor"), event=1)

    def log_prob(self, machine: Any, value: Value) -> Value:
        """Return the log-probability of class indices."""
        result = machine.apply(f"{_METHODS}.log_prob", self._support, value)
        return result.with_(dtype=self._given.dtype) if isinstance(result, TensorFacts) else result


@model(f"{ROOM}.OneHotCategorical", f"{ROOM}.one_hot_categorical.OneHotCategorical")
class OneHotCategorical(Distribution):
    """One-hot vectors."""

    _parameters: ClassVar[dict[str, Any]] = {"probs": None, "logits": None}
    _event = 1
    has_rsample = False

    def _make(self, machine: Any, parameters: list[TensorFacts]) -> TensorFacts:
        given = parameters[0] if parameters else TensorFacts()
        axis = None if given.shape is None else len(given.shape) - 1
        values = ValueFacts(low=0.0, high=1.0, integral=True, meaning=Meaning.ONE_HOT, axis=axis)
        return given.with_(values=values, kind="tensor")


@model(f"{ROOM}.MultivariateNormal", f"{ROOM}.multivariate_normal.MultivariateNormal")
class MultivariateNormal(Distribution):
    """Vectors: the last axis of ``loc`` is the event."""

    _event = 1
    _parameters: ClassVar[dict[str, Any]] = {
        "loc": REQUIRED,
        "covariance_matrix": None,
        "precision_matrix": None,
        "scale_tril": None,
    }

    def _make(self, machine: Any, parameters: list[TensorFacts]) -> TensorFacts:
        loc = parameters[0]
        matrix = parameters[1] if len(parameters) > 1 else TensorFacts()
        if loc.shape is None or matrix.shape is None or len(matrix.shape) < 2:
            return TensorFacts(None, loc.dtype)
        row = matrix.with_shape(*matrix.shape[:-1])
        return tensor(machine.apply("operator.add", loc, row)).with_(values=NOTHING_KNOWN)


@model(f"{ROOM}.Independent", f"{ROOM}.independent.Independent")
class Independent(Distribution):
    """A distribution whose last batch axes count as the event."""

    def __init__(self, base_distribution: Value, reinterpreted_batch_ndims: Value, validate_args: Value = None) -> None:
        """Take the base's support, with a larger event."""
        self.base_dist = base_distribution
        known = isinstance(base_distribution, Distribution)
        extra = integer(reinterpreted_batch_ndims)
        self._support = base_distribution._support if known and extra is not None else TensorFacts()
        self._event = (base_distribution._event if known else 0) + (extra or 0)


@model(f"{ROOM}.TransformedDistribution", f"{ROOM}.transformed_distribution.TransformedDistribution")
class TransformedDistribution(Distribution):
    """A distribution of what a function makes of samples; its sizes are taken to stay only where they are known to."""

    def __init__(self, base_distribution: Value, transforms: Value, validate_args: Value = None) -> None:
        """Keep the base."""
        self.base_dist, self.transforms = base_distribution, transforms
        dtype = base_distribution._support.dtype if isinstance(base_distribution, Distribution) else None
        self._support = TensorFacts(None, dtype)


@function(f"{ROOM}.kl_divergence", f"{ROOM}.kl.kl_divergence")
def kl_divergence(machine: Any, p: Value, q: Value) -> Value:
    """Describe ``kl_divergence``: one number for each pair of distributions."""
    if not isinstance(p, Distribution) or not isinstance(q, Distribution):
        return machine.unknown(f"{ROOM}.kl_divergence")
    if isinstance(p, Categorical):
        given = (replace(each._given, kind="tensor") for each in (p, q) if isinstance(each, Categorical))
        return machine.apply(f"{ROOM}.kl_divergence", *given, event=1)
    return machine.apply(f"{ROOM}.kl_divergence", p._support, q._support, event=p._event)


alias(f"{ROOM}.relaxed_categorical", ROOM)
