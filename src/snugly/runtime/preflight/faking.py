"""One run of a step on stand-ins: shadows, or copies where only elements say how the step goes on."""

from __future__ import annotations

import sys
from contextlib import ExitStack, contextmanager, nullcontext
from typing import TYPE_CHECKING, Any

from snugly.facts.records import dataclass, field
from snugly.runtime.kernel import no_warnings
from snugly.runtime.preflight.batches import stand_in_batch, tensors_of
from snugly.runtime.preflight.formation import Formation, PairsNeededError, formation_of
from snugly.runtime.preflight.judging import Judging, LossRefusedError, Seen, judge_class, known_facts
from snugly.runtime.preflight.layers import Recorder
from snugly.runtime.preflight.shadows import Shadows
from snugly.runtime.preflight.standing import StandIns, copies, is_there, shadowing
from snugly.runtime.preflight.unchanged import left_as_it_was

if TYPE_CHECKING:
    from collections.abc import Iterator

    import torch

    from snugly.facts.tensors import TensorFacts
    from snugly.rules.findings import Finding
    from snugly.runtime.preflight.formation import Assumption
    from snugly.runtime.preflight.layers import Layer
    from snugly.runtime.preflight.steps import Step


@dataclass(frozen=True, slots=True)
class How:
    """How a step is run.

    Attributes:
        real: on copies on the CPU, not on shadows.
        sizes: the batch sizes that are run side by side; none for the one size alone.
        paired: each of them flies twice; see ``Formation``.
        backward: whether gradients are followed too.
        autocast: a dtype for mixed precision, ``None`` for none.
        device: where tensors pretend to be; ``None`` for where they are.
        evaluating: in evaluation mode.
        example: what an element is taken to be where the step reads one; 1, and 0 for the other way of a branch.
        watched: batch sizes at which traps are looked for, beside the size itself.
    """

    real: bool = False
    sizes: tuple[int, ...] = ()
    paired: bool = False
    backward: bool = True
    autocast: Any = None
    device: str | None = None
    evaluating: bool = False
    example: int = 1
    watched: frozenset[int] = frozenset()


@dataclass(slots=True)
class Outcome:
    """What one run of a step showed.

    Attributes:
        size: the batch size; of several the one whose way was followed.
        covered: the batch sizes for which the run says what happens.
        parted: what made others fall out.
        error: what stopped the run, with its traceback; ``None`` when it went through.
        findings: what losses and operations showed.
        seen: the judged calls.
        results: facts of the tensors that the step returned, and of those that it called ``backward`` on.
        layers: the modules in the order of their calls, with shapes and memory.
        without_gradient: names of the parameters that require a gradient and got none.
        saved: bytes that the forward pass keeps for the backward pass.
        values: for a run on copies, the elements of the losses.
    """

    size: int
    covered: frozenset[int] = frozenset()
    parted: tuple[Assumption, ...] = ()
    error: BaseException | None = None
    findings: list[Finding] = field(default_factory=list)
    seen: Seen = field(default_factory=Seen)
    results: list[TensorFacts] = field(default_factory=list)
    layers: list[Layer] = field(default_factory=list)
    without_gradient: list[str] = field(default_factory=list)
    saved: int = 0
    values: list[float] = field(default_factory=list)
    not_finite: list[str] = field(default_factory=list)


def run(step: Step, size: int, how: How) -> Outcome:
    """Run a step with ``size`` samples, leaving its models as they were.

    Args:
        step: the step.
        size: the number of samples; of several sizes the one whose way is followed.
        how: on what, and with what.

    Raises:
        PairsNeededError: the sizes have to fly in pairs.
    """
    outcome = Outcome(size)
    formation = None if how.real else formation_of(how.sizes or (size,), size, paired=how.paired)
    with left_as_it_was(step.modules, step.leaves):
        try:
            _run(step, formation, how, outcome)
        except PairsNeededError:
            raise
        except Exception as error:
            outcome.error = error
            if isinstance(error, LossRefusedError):
                outcome.findings += error.findings
    if formation is not None:
        outcome.covered, outcome.parted = formation.sizes, tuple(formation.parted)
    outcome.findings += outcome.seen.findings
    return outcome


def _run(step: Step, formation: Formation | None, how: How, outcome: Outcome) -> None:
    import torch

    shadows = None if formation is None else Shadows(formation)
    make = copies if shadows is None else shadowing(shadows, how.device)
    stand_ins = StandIns(make)
    given = step.batch_of(outcome.size)
    batch, twins = stand_in_batch(given, make if shadows is None else shadowing(shadows, how.device, outcome.size))
    if shadows is not None:
        shadows.constants = twins.add_constant
    recorder = Recorder()
    followed = False
    with ExitStack() as stack:
        stack.enter_context(no_warnings())
        stack.enter_context(_eagerly())
        stack.enter_context(_anywhere(step, evaluating=how.evaluating))
        stand_ins.fill(step.all_models)
        stack.enter_context(stand_ins.holding_still(step.steppers))
        stack.enter_context(recorder.watching(step.models))
        stack.enter_context(torch.enable_grad())
        stack.enter_context(shadows.watching() if shadows is not None else nullcontext())
        stack.enter_context(judge_class()(Judging(outcome.seen, twins, shadows, how.example, how.watched)))
        stack.enter_context(_casting(step, how))
        try:
            with recorder.saving() if how.backward else nullcontext():
                result = step.run(batch)
            outcome.results = [known_facts(each) for each in tensors_of(result)]
            if how.backward and not how.evaluating:
                followed = _backward(result, outcome, how)
        finally:
            outcome.layers, outcome.saved = recorder.layers, recorder.saved
            stand_ins.leave()
    outcome.without_gradient = stand_ins.without_gradient if followed or outcome.seen.backwards else []
    if followed:
        outcome.seen.backwards.clear()  # only those of the step itself say something about it
    if how.real:
        outcome.values = [float(each.detach().sum()) for each in tensors_of(result) if each.is_floating_point()]
        outcome.not_finite = [
            name
            for name, each in stand_ins.parameters.items()
            if each.grad is not None and not bool(torch.isfinite(each.grad).all())
        ]


def _backward(result: Any, outcome: Outcome, how: How) -> bool:
    """Go backward from what the step returned, where the step did not do so itself; tell whether it was done."""
    import torch

    if outcome.seen.backwards:
        return False
    losses: list[torch.Tensor] = [each for each in tensors_of(result) if each.requires_grad]
    if not losses:
        return False
    with torch.autocast(losses[0].device.type, enabled=False) if how.autocast is not None else nullcontext():
        total = sum(each.sum() for each in losses)
        total.backward()
    return True


def _casting(step: Step, how: How) -> Any:
    import torch

    if how.autocast is None or not is_there(how.device):
        return nullcontext()
    kind = next((p.device.type for model in step.modules for p in model.parameters()), "cpu")
    return torch.autocast(how.device.partition(":")[0] if how.device else kind, dtype=how.autocast)


@contextmanager
def _anywhere(step: Step, *, evaluating: bool) -> Iterator[None]:
    for model in step.models.values():
        model.train(not evaluating)
    yield


def _eagerly() -> Any:
    """Run compiled models uncompiled, where this torch can."""
    import torch

    if "torch._dynamo" not in sys.modules or not hasattr(torch.compiler, "set_stance"):
        return nullcontext()
    return torch.compiler.set_stance("force_eager")
