"""Shows for one call of a loss that no sample's loss depends on another sample, or where they meet."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from snugly.facts.records import dataclass, replace
from snugly.rules.batches.samples_depend_on_each_other import Way
from snugly.runtime.samples import between
from snugly.runtime.samples.copying import UnknowableError
from snugly.runtime.samples.describing import Told, described
from snugly.runtime.samples.locating import locate
from snugly.runtime.samples.makers import NOBODY, Makers, batches, changed, makers, sample_axis
from snugly.runtime.samples.rerunning import Rerun, Spot, settle
from snugly.runtime.samples.rows import apart, covers, differ, elements, order_of, rows_of_loss, slices
from snugly.runtime.session import undisturbed

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from types import FrameType

    import torch

    from snugly.runtime.samples.locating import Meeting
    from snugly.runtime.samples.makers import Batch
    from snugly.runtime.samples.recording import Call, Recorder

MOST_OF_ONE_MODEL = 3
MOST_HALVES = 3
_BY_INDEX = ("Index", "Gather", "Scatter", "Sparse", "Sort", "Topk")


@dataclass(frozen=True, slots=True)
class Shown:
    """What was shown about a call of a loss.

    Attributes:
        independent: whether each sample's loss depends on it alone; ``None`` where that is not known.
        samples: how many samples there were.
        model: the class of the model.
        runs: how often it ran to show that.
        why: what is told besides: why it is not known, or for what purpose samples meet.
        normalized: batch normalization was left out of the proof: while it trains, all samples meet there.
        told: the fault.
        meeting: where the samples meet.
        order: for each row of a loss's argument the number of its sample.
        unseen: no model was seen.
    """

    independent: bool | None
    samples: int = 0
    model: str = ""
    runs: int = 0
    why: str = ""
    normalized: bool = False
    told: Told | None = None
    meeting: Meeting | None = None
    order: torch.Tensor | None = None
    unseen: bool = False


def show_outputs(calls: list[Call]) -> Shown | None:
    """Show whether samples stay apart in what models return; ``None`` where they return nothing to see that of."""
    worst: Shown | None = None
    for call in calls:
        sinks = [_Sink(each, elements(each)) for each in call.results or () if each.dim() and each.is_floating_point()]
        try:
            shown = _Walk([call], {}).over(sinks)
        except UnknowableError as error:
            shown = Shown(None, why=str(error))
        if shown is not None:
            worst = shown if worst is None else _worse(worst, shown)
    return worst


def show(loss: str, arguments: Mapping[str, Any], caller: FrameType, recorder: Recorder) -> Shown:
    """Show whether a sample's loss depends on this sample alone, in a call of a loss that is about to run.

    Args:
        loss: qualified name of the loss.
        arguments: what was passed.
        caller: the frame that calls it.
        recorder: has the calls of models that came before.
    """
    import torch

    tensors = [each for each in arguments.values() if isinstance(each, torch.Tensor) and each.is_floating_point()]
    sinks = [_Sink(each, rows_of_loss(loss, each)) for each in tensors if each.dim()]
    try:
        shown = _Walk(list(recorder.ended()), arguments).over(sinks)
        if shown is not None:
            return _in_order(shown, arguments.get("target"))
        running = recorder.running(caller)
        if running is None or not loss.startswith("torch.nn.functional."):
            return Shown(None, why="no model was seen to make what the loss was given", unseen=True)
        function = getattr(torch.nn.functional, loss.rpartition(".")[2])
        spot = Spot(function, caller.f_code, caller.f_lineno)
        return _Walk([], arguments).within(running, spot, loss)
    except UnknowableError as error:
        return Shown(None, why=str(error))


@dataclass(frozen=True, slots=True)
class _Sink:
    """A tensor whose rows are each to come from one sample.

    Attributes:
        tensor: it.
        rows: for each element the number of its row.
    """

    tensor: torch.Tensor
    rows: torch.Tensor


@dataclass(slots=True)
class _Walk:
    """Goes back from the arguments of a loss over the models that made them.

    Attributes:
        calls: of models, the latest first.
        arguments: of the loss.
    """

    calls: list[Call]
    arguments: Mapping[str, Any]

    def over(self, sinks: list[_Sink]) -> Shown | None:
        """Return what is shown about the models that made some tensors; ``None`` where no model did."""
        best: Shown | None = None
        done: set[tuple[int, int]] = set()
        often: dict[int, int] = {}
        while sinks:
            sink = sinks.pop(0)
            for call in self.calls:
                if (id(call), id(sink.tensor)) in done or not between.reaches(sink.tensor, call.results or ()):
                    continue
                done.add((id(call), id(sink.tensor)))
                call.judged = True
                often[id(call.module)] = often.get(id(call.module), 0) + 1
                if often[id(call.module)] > MOST_OF_ONE_MODEL:
                    continue
                shown = self._through(call, sink)
                if best is not None and differ(best.order, shown.order):
                    return replace(shown, independent=None, why="the loss is given rows of different samples together")
                best = shown if best is None else _worse(best, shown)
                if shown.independent is not True:
                    return best
                sinks += [_Sink(each, slices(each)) for each in call.given if _is_made(each)]
        return best

    def within(self, call: Call, spot: Spot, loss: str) -> Shown:
        """Return what is shown about a loss that a model calls itself."""
        call.judged = True
        rerun = Rerun(call, spot)
        result = rerun(call.leaves, settled=False)[0]
        return self._best(
            call, rerun, lambda made: made.labels[0], _Sink(result, rows_of_loss(loss, result)), within=True
        )

    def _through(self, call: Call, sink: _Sink) -> Shown:
        """Return what is shown about a model and the way from it to a tensor."""
        rerun = Rerun(call)
        results = call.results or []
        if not _close(rerun(call.leaves, settled=False), results):
            raise UnknowableError(f"{type(call.module).__name__} makes other things when it runs again")

        def labels(made: Makers) -> torch.Tensor:
            return between.rows_of(sink.tensor, results, made.labels, sink.rows)

        return self._best(call, rerun, labels, sink)

    def _best(self, call: Call, rerun: Rerun, labels: Any, sink: _Sink, *, within: bool = False) -> Shown:
        """Return what is shown where the samples lie along the axis for which it is best."""
        worst: tuple[Makers, torch.Tensor] | None = None
        why = f"{type(call.module).__name__} takes no tensor of two samples that differ"
        for batch in batches(call.leaves):
            try:
                made = makers(rerun, batch)
                who = labels(made)
            except UnknowableError as error:
                why = str(error)
                continue
            if bool((who == NOBODY).all()):
                why = "what the loss is given depends on no sample"
            elif apart(who, sink.rows) and (batch.axis == 0 or covers(who, batch.samples)):
                doubt = "" if worst is None or batch.axis == 0 else self._doubt(call, rerun, worst[0], sink)
                if doubt:
                    return self._shown(call, rerun, batch, why=doubt)
                return self._shown(call, rerun, batch, independent=True, order=order_of(who, sink.rows))
            elif worst is None:
                worst = made, who
        if worst is None:
            raise UnknowableError(why)
        made, who = worst
        why = _not_of_samples(made, sink)
        if why:
            return self._shown(call, rerun, made.batch, why=why)
        if _names_samples(sink.tensor, self.arguments.get("target"), made.batch.samples) or (
            between.few_in_common(who) if within else between.pairwise(sink.tensor, call.results or (), made.labels)
        ):
            return self._shown(call, rerun, made.batch, why="the loss compares every sample with every other")
        return self._blamed(call, rerun, made, None if within else sink.tensor)

    def _doubt(self, call: Call, rerun: Rerun, made: Makers, sink: _Sink) -> str:
        """Say why samples may lie along the first axis, where they meet, although along the second they stay apart.

        What meets along the first axis is time where a layer for sequences does it, or where it has one loss.
        """
        if not any(size % made.batch.samples == 0 for size in sink.tensor.shape):
            return ""
        told = self._blamed(call, rerun, made, sink.tensor if call.results is not None else None).told
        if told is None or told.way in {Way.RECURRENT, Way.ATTENTION}:
            return ""
        return f"they meet by {told.operation} if samples lie along axis 0, and stay apart if they lie along axis 1"

    def _blamed(self, call: Call, rerun: Rerun, made: Makers, tensor: torch.Tensor | None) -> Shown:
        """Return where samples meet: in the model, or between it and the loss."""
        clean = all(sample_axis(each) is not None for each in made.labels if bool((each != NOBODY).any()))
        if clean and tensor is not None:
            names = between.followed(tensor, call.results or ())
            if any(word in name for name in names for word in _BY_INDEX):
                return self._shown(call, rerun, made.batch, why="samples are chosen by indices before the loss")
            said = " or ".join(dict.fromkeys(map(_plain, names))) or "a view"
            told = Told(Way.BETWEEN, operation=said)
            return self._shown(call, rerun, made.batch, independent=False, told=told)
        meeting = None
        for chosen in _halves(made.batch.samples):
            meeting = locate(rerun, made.batch, chosen)
            if meeting is not None:
                break
        if meeting is None:
            return self._shown(call, rerun, made.batch, why="samples meet, but not always at the same operation")
        told = described(meeting, made.batch.samples)
        if told.way is None:
            return self._shown(call, rerun, made.batch, why=told.purpose)
        return self._shown(call, rerun, made.batch, independent=False, told=told, meeting=meeting)

    def _shown(self, call: Call, rerun: Rerun, batch: Batch, **parts: Any) -> Shown:
        from snugly.runtime.samples.copying import sharing

        normalized = call.copy is not None and settle(sharing(call.copy))
        parts.setdefault("independent", None)
        name = type(call.module).__name__
        return Shown(samples=batch.samples, model=name, runs=rerun.runs, normalized=normalized, **parts)


def _not_of_samples(made: Makers, sink: _Sink) -> str:
    """Say why what a loss is given may not be one row or some rows for each sample; nothing where it is."""
    if all(each.dim() == 1 for each in made.batch.others.values()):
        return "the model may have been given one sample, without a batch"
    sizes = tuple(sink.tensor.shape)
    reduced = any(
        sizes == tuple(each.shape[1:]) for each in made.base if each.dim() and each.shape[0] == made.batch.samples
    )
    if reduced or int(sink.rows.max()) == 0 or not any(size % made.batch.samples == 0 for size in sizes):
        return "the loss is that of the batch as a whole"
    return ""


def _halves(samples: int) -> Iterator[torch.Tensor]:
    """Yield ways to choose half of the samples that no regular view follows."""
    import torch

    generator = torch.Generator().manual_seed(7)
    for _ in range(MOST_HALVES):
        chosen = torch.zeros(samples, dtype=torch.bool)
        chosen[torch.randperm(samples, generator=generator)[: samples // 2]] = True
        yield chosen


def _worse(one: Shown, other: Shown) -> Shown:
    return one if one.independent is not True else other


def _plain(node: str) -> str:
    """Return the name of a function for that of autograd's node: ``log_softmax`` for ``LogSoftmaxBackward0``."""
    word = node.rpartition("::")[2].partition("Backward")[0]
    name = "".join(f"_{each.lower()}" if each.isupper() and at else each.lower() for at, each in enumerate(word))
    return {"t": "transpose", "clone": "reshape", "unsafe_view": "reshape"}.get(name, name)


def _in_order(shown: Shown, target: Any) -> Shown:
    """Return the same, with a fault where the rows of a flattened target belong to other samples than those they meet.

    The target tells whose its rows are where it is a view of a tensor that has an axis of samples.
    """
    import torch

    whole = getattr(target, "_base", None)
    if not isinstance(whole, torch.Tensor) or shown.order is None or shown.independent is not True:
        return shown
    if target.dim() != 1 or target.numel() != whole.numel() or not (whole.is_contiguous() and target.is_contiguous()):
        return shown
    axes = [axis for axis, size in enumerate(whole.shape) if size == shown.samples]
    if len(axes) != 1 or whole.dim() < 2 or shown.order.numel() != target.numel():
        return shown
    numbers = torch.arange(shown.samples, device=shown.order.device, dtype=shown.order.dtype)
    meant = numbers.reshape([-1 if axis == axes[0] else 1 for axis in range(whole.dim())]).expand(whole.shape)
    if not differ(shown.order, meant.reshape(-1)):
        return shown
    told = Told(Way.ORDER, before=tuple(whole.shape), axis=axes[0])
    return replace(shown, independent=False, told=told)


def _is_made(value: Any) -> bool:
    import torch

    return isinstance(value, torch.Tensor) and value.grad_fn is not None and value.dim() > 0


def _close(ran: list[torch.Tensor], before: list[torch.Tensor]) -> bool:
    """Tell whether a model made again what it made, as far as another kernel for evaluation can."""
    import torch

    if [each.shape for each in ran] != [each.shape for each in before]:
        return False
    with undisturbed():
        for one, other in zip(ran, before, strict=True):
            if not one.is_floating_point():
                if bool(changed(one.detach(), other.detach()).any()):
                    return False
                continue
            first, second = one.detach().double(), other.detach().double()
            scale = float(second.nan_to_num(0, 0, 0).abs().amax()) if second.numel() else 0.0
            rough = 2e-2 if one.dtype in {torch.float16, torch.bfloat16} else 1e-3
            if not torch.allclose(first, second, rtol=rough, atol=rough * scale + 1e-12, equal_nan=True):
                return False
    return True


def _names_samples(tensor: torch.Tensor, target: Any, samples: int) -> bool:
    """Tell whether each row's target names another one, as an index of the batch does and a class does not."""
    import torch

    if not isinstance(target, torch.Tensor) or target.dim() != 1 or target.is_floating_point():
        return False
    few = samples < 4 or tensor.dim() != 2 or tensor.shape[1] < samples - 1
    return not few and target.detach().unique().numel() == target.numel()
