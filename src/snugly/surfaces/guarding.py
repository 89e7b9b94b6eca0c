"""``snugly.guard``: watch the losses of a training loop, at the price of a dictionary look-up a call."""

from __future__ import annotations

import atexit
import functools
import inspect
import logging
import sys
import warnings
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Self, TypeVar

from snugly.reports.report import Report
from snugly.runtime.guard import Checks, Guard
from snugly.runtime.interception import Passing, Refusal
from snugly.runtime.misfits import MisfitError, MisfitWarning, misfit_error
from snugly.runtime.ranks import Ranks
from snugly.runtime.session import key_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from types import TracebackType

    from snugly.rules.findings import Finding
    from snugly.runtime.samples.reporting import BatchProof
    from snugly.runtime.samples.watching import SampleWatch

    OnFinding = Literal["warn", "raise", "log"] | Callable[[Finding], object]

Wrapped = TypeVar("Wrapped", bound="Callable[..., Any]")
LOG = logging.getLogger("snugly")


class guard:  # noqa: N801 - it is used like a function
    """Watch the losses of a block, a function or a process.

    A context manager and a decorator; ``guard.enable(...)`` and ``guard.disable()`` do it for the process. Every
    loss of ``torch.nn.functional`` is watched, in all threads, however it is reached. Results, gradients and torch's
    own exceptions stay what they are, and nothing stays patched when the guard ends. Of guards within each other
    the innermost tells a finding.

    Attributes:
        findings: what was found, each once, in order.
        counts: for each of ``findings``, how many calls are known to have it.
    """

    _enabled: ClassVar[list[guard]] = []

    def __init__(
        self,
        *,
        on_finding: OnFinding = "warn",
        value_checks: Literal["first", "sampled", "always", "never"] = "sampled",
        select: Iterable[str] = (),
        ignore: Iterable[str] = (),
        batch_axis: bool = False,
    ) -> None:
        """Say what to do about findings.

        Args:
            on_finding: ``"warn"`` (a ``snugly.MisfitWarning``, once for each place and signature), ``"raise"`` (a
                ``snugly.MisfitError`` before each such call), ``"log"`` (to the logger ``snugly``), or a function that
                is called with each ``Finding`` once; what it raises reaches the caller of the loss.
            value_checks: how often elements are looked at, of each place and pattern of sizes: in the first three
                batches, then ever more rarely down to every 1,024th (``"sampled"``) or no more (``"first"``);
                ``"always"``, which waits for the device at each call; ``"never"``. The kernels of ``ctc_loss`` corrupt
                memory, so unless ``"never"`` it is looked at each time.
            select: only findings whose codes begin so.
            ignore: no findings whose codes begin so.
            batch_axis: show of each loss, when it is first met, that no sample's loss depends on another sample: copies
                of the model that share its parameters run again with some samples exchanged, about two times for each
                doubling of the batch. ``proofs`` says what was shown.

        Raises:
            TypeError: an argument has the wrong type.
            ValueError: an argument is none of the words that it can be.
        """
        self._on_finding = _checked_on_finding(on_finding)
        self._select = _codes("select", select) or ("SNG",)
        self._ignore = _codes("ignore", ignore)
        self._ranks = Ranks()
        self._guard = Guard(
            self._answer,
            checks=_checked_checks(value_checks),
            wanted=self._wants,
            insists=on_finding == "raise",
        )
        self._samples = self._sample_watch() if _checked_flag("batch_axis", batch_axis) else None

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What was found, each once, in order."""
        return tuple(met.finding for met in self._guard.met.values())

    @property
    def counts(self) -> tuple[int, ...]:
        """For each of ``findings``, how many calls are known to have it."""
        return tuple(met.calls for met in self._guard.met.values())

    @property
    def proofs(self) -> tuple[BatchProof, ...]:
        """With ``batch_axis``, what was shown about each loss."""
        return () if self._samples is None else tuple(self._samples.proofs)

    def __enter__(self) -> Self:
        """Start watching."""
        self._guard.start()
        if self._samples is not None:
            self._samples.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Stop watching, and say how often each finding was met; an exception on its way stays what it is."""
        if self._samples is not None:
            self._samples.stop()
        try:
            self._guard.stop()
        except Refusal as refusal:
            late = refusal.error if isinstance(refusal, Passing) else refusal
            if error is None:
                raise late from None
            error.add_note(f"snugly found out while this was raised: {late}")
        self._sum_up()

    def __call__(self, function: Wrapped) -> Wrapped:
        """Watch while the function runs; what is known stays known from call to call."""
        if not _is_function(function):
            msg = f"guard decorates functions, not {function!r}; its options are keywords"
            raise TypeError(msg)
        if inspect.iscoroutinefunction(function):

            @functools.wraps(function)
            async def watched(*args: Any, **kwargs: Any) -> Any:
                with self:
                    return await function(*args, **kwargs)

        elif inspect.isgeneratorfunction(function):

            @functools.wraps(function)
            def watched(*args: Any, **kwargs: Any) -> Any:
                with self:
                    return (yield from function(*args, **kwargs))

        else:

            @functools.wraps(function)
            def watched(*args: Any, **kwargs: Any) -> Any:
                with self:
                    return function(*args, **kwargs)

        return watched  # type: ignore[return-value]

    @classmethod
    def enable(cls, **options: Any) -> guard:
        """Watch this process until ``disable`` or its end; takes the options of ``guard``.

        A second call replaces the first.
        """
        made = cls(**options)
        cls.disable()
        cls._enabled.append(made.__enter__())
        atexit.register(cls.disable)
        return made

    @classmethod
    def disable(cls) -> None:
        """End what ``enable`` began; without it do nothing."""
        atexit.unregister(cls.disable)
        while cls._enabled:
            cls._enabled.pop().__exit__(None, None, None)

    def _sample_watch(self) -> SampleWatch:
        from snugly.runtime.samples.watching import SampleWatch

        return SampleWatch(self._guard.meet, insists=self._on_finding == "raise")

    def _wants(self, finding: Finding) -> bool:
        return finding.code.startswith(self._select) and not (self._ignore and finding.code.startswith(self._ignore))

    def _answer(self, findings: tuple[Finding, ...]) -> None:
        if self._on_finding == "raise":
            raise misfit_error(_text(findings), findings)
        if callable(self._on_finding):
            for finding in findings:
                try:
                    self._on_finding(finding)
                except Exception as error:
                    raise Passing(error) from error
            return
        new = [finding for finding in findings if not self._ranks.repeats(key_of(finding))]
        self._ranks.told([key_of(finding) for finding in self.findings])
        for finding in new:
            self._say(finding)

    def _say(self, finding: Finding) -> None:
        text = self._ranks.prefix + _text((finding,))
        if self._on_finding == "log":
            LOG.warning("%s", text)
            return
        place = finding.place
        file, line = ("<unknown>", 1) if place is None else (place.file, place.line)
        warnings.warn_explicit(text, MisfitWarning, file, line, registry={})

    def _alone(self) -> list[str]:
        """Say for rank 0 what other ranks met and it did not: a short batch, a shard with other labels."""
        if self._ranks.rank:
            return []
        keys = [key_of(finding) for finding in self.findings]
        return [
            f"{code} at {'an unknown place' if line is None else f'{line[0]}:{line[1]}'}: only on {_named(ranks)}"
            for (code, _, line), ranks in self._ranks.elsewhere(keys)
        ]

    def _sum_up(self) -> None:
        """Say how often each finding was met, where it was more than once; of the ranks what they met alone."""
        if not self._guard.own or self._on_finding not in {"warn", "log"}:
            return
        often = [met for met in self._guard.met.values() if met.calls > 1 and met.calls != met.said]
        lines = [f"{met.finding.code} at {_where(met.finding)}: {met.calls:,} calls" for met in often]
        lines += self._alone()
        for met in often:
            met.said = met.calls
        if not lines or self._ranks.rank:
            return
        text = "\n".join(["snugly guard, in all:", *(f"  {line}" for line in lines)])
        if self._on_finding == "log":
            LOG.warning("%s", text)
        elif sys.stderr is not None:
            sys.stderr.write(f"{text}\n")


def _named(ranks: tuple[int, ...]) -> str:
    return f"rank{'s' if len(ranks) > 1 else ''} {', '.join(map(str, ranks))}"


def _text(findings: tuple[Finding, ...]) -> str:
    return str(Report(findings)).rpartition("\n\nFound ")[0].strip()


def _is_function(given: Any) -> bool:
    return callable(given) and not isinstance(given, type)


def _where(finding: Finding) -> str:
    return "an unknown place" if finding.place is None else f"{finding.place.file}:{finding.place.line}"


def _checked_on_finding(given: Any) -> Any:
    if callable(given) or given in {"warn", "raise", "log"}:
        return given
    msg = f'on_finding must be "warn", "raise", "log" or a function of a Finding, not {given!r}'
    raise ValueError(msg) if isinstance(given, str) else TypeError(msg)


def _checked_checks(given: Any) -> Checks:
    try:
        return Checks(given)
    except ValueError:
        msg = f"value_checks must be {', '.join(repr(each.value) for each in Checks)}, not {given!r}"
        raise (ValueError(msg) if isinstance(given, str) else TypeError(msg)) from None


def _checked_flag(name: str, given: Any) -> bool:
    if isinstance(given, bool):
        return given
    msg = f"{name} must be True or False, not {given!r}"
    raise TypeError(msg)


def _codes(name: str, given: Any) -> tuple[str, ...]:
    codes = (given,) if isinstance(given, str) else tuple(given)
    for code in codes:
        if not isinstance(code, str) or not code.strip().upper().startswith("SNG"):
            msg = f'{name} takes codes such as "SNG401" or "SNG4", not {code!r}'
            raise ValueError(msg) if isinstance(code, str) else TypeError(msg)
    return tuple(code.strip().upper() for code in codes)


__all__ = ["MisfitError", "MisfitWarning", "guard"]
