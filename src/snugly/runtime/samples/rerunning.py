"""Runs a recorded call of a model again, with other arguments, and leaves no trace of it."""

from __future__ import annotations

import sys
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

from snugly.facts.records import dataclass
from snugly.runtime.preflight.unchanged import random_states_kept, set_random_states
from snugly.runtime.samples.copying import UnknowableError, sharing
from snugly.runtime.samples.recording import unrecorded

if TYPE_CHECKING:
    from collections.abc import Sequence
    from contextlib import AbstractContextManager
    from types import CodeType

    import torch

    from snugly.runtime.samples.recording import Call


@dataclass(frozen=True, slots=True)
class Spot:
    """A call of a loss within a model.

    Attributes:
        loss: the function of ``torch.nn.functional``.
        code: of the frame that calls it.
        line: of that call.
    """

    loss: Any
    code: CodeType
    line: int


class Rerun:
    """A call that can run again.

    Attributes:
        runs: how often it ran.
    """

    def __init__(self, call: Call, spot: Spot | None = None) -> None:
        """Prepare.

        Args:
            call: what was recorded.
            spot: stop at this loss; its first argument is then the result.

        Raises:
            UnknowableError: the model could not be copied.
        """
        if call.copy is None:
            raise UnknowableError(call.why)
        self._call = call
        self._spot = spot
        self._learning = False
        self.runs = 0

    def __call__(
        self, leaves: Sequence[Any], *, settled: bool = True, modes: Sequence[AbstractContextManager[Any]] = ()
    ) -> list[torch.Tensor]:
        """Return the tensors that come of the model with other arguments.

        Args:
            leaves: the leaves of its arguments; tensors among them are copied.
            settled: normalize batches by the running statistics, where the model has them.
            modes: what watches the run.

        Raises:
            UnknowableError: the model cannot run so.
        """
        try:
            return self._run(leaves, settled=settled, modes=modes)
        except UnknowableError:
            raise
        except Exception as error:
            if self._learning or not self._call.ambient.learning:
                raise UnknowableError(f"{type(self._call.module).__name__} does not run again: {error}") from error
            self._learning = True  # a force field calls autograd within its forward pass
            return self(leaves, settled=settled, modes=modes)

    def _run(
        self, leaves: Sequence[Any], *, settled: bool, modes: Sequence[AbstractContextManager[Any]]
    ) -> list[torch.Tensor]:
        import torch
        from torch.utils import _pytree as pytree

        copy = sharing(self._call.copy)
        if settled:
            settle(copy)
        arguments = [each.detach().clone() if isinstance(each, torch.Tensor) else each for each in leaves]
        self.runs += 1
        tap = None if self._spot is None else _tap(self._spot)
        with ExitStack() as stack:
            self._enter(stack)
            for mode in (*([tap] if tap is not None else []), *modes):
                stack.enter_context(mode)
            args, kwargs = pytree.tree_unflatten(arguments, self._call.tree)
            try:
                result = copy(*args, **kwargs)
            except _ReachedError as reached:
                result = reached.input
            else:
                if tap is not None:
                    raise UnknowableError("the loss within the model was not reached again")
        return [each for each in pytree.tree_leaves(result) if isinstance(each, torch.Tensor)]

    def _enter(self, stack: ExitStack) -> None:
        """Bring the process into the state in which the model ran, for the time of the stack."""
        import torch
        from torch.utils._python_dispatch import _disable_current_modes

        ambient = self._call.ambient
        stack.enter_context(unrecorded())
        stack.enter_context(random_states_kept())
        stack.enter_context(_disable_current_modes())
        stack.enter_context(torch.set_grad_enabled(self._learning))
        if "torch._dynamo" in sys.modules and hasattr(torch.compiler, "set_stance"):
            stack.enter_context(torch.compiler.set_stance("force_eager"))
        for device, (casting, dtype) in ambient.autocast.items():
            stack.enter_context(torch.autocast(device, dtype=dtype, enabled=casting, cache_enabled=False))
        if torch.distributed.is_available() and torch.distributed.is_initialized():
            stack.enter_context(_silence())
        set_random_states(ambient.random)


def settle(model: torch.nn.Module) -> bool:
    """Have a model normalize batches by its running statistics; tell whether it normalized them by the batch."""
    from torch.nn.modules.batchnorm import _NormBase

    found = [each for each in model.modules() if isinstance(each, _NormBase) and each.training]
    for layer in found:
        if layer.running_mean is not None:
            layer.eval()
    return bool(found)


class _ReachedError(BaseException):
    """The loss was reached; not an ``Exception``, so that no handler of the user's takes it."""

    def __init__(self, given: Any) -> None:
        super().__init__()
        self.input = given


def _tap(spot: Spot) -> Any:
    from torch.overrides import TorchFunctionMode

    class Tap(TorchFunctionMode):  # type: ignore[misc]  # torch is not followed
        """Ends the run at the loss."""

        def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
            if func is spot.loss and _within(spot):
                raise _ReachedError(args[0])
            return func(*args, **(kwargs or {}))

    return Tap()


def _within(spot: Spot) -> bool:
    frame: Any = sys._getframe(2)
    while frame is not None:
        if frame.f_code is spot.code:
            return bool(frame.f_lineno == spot.line)
        frame = frame.f_back
    return False


def _silence() -> Any:
    """Return a mode in which no process talks to others: they may not be running the model again."""
    from torch.utils._python_dispatch import TorchDispatchMode

    class Silence(TorchDispatchMode):  # type: ignore[misc]  # torch is not followed
        """Ends the run at a collective."""

        @classmethod
        def _should_skip_dynamo(cls) -> bool:
            return False  # as in ``locating``

        def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
            if func.namespace in {"c10d", "_c10d_functional", "c10d_functional"}:
                raise UnknowableError("the model talks to other processes")
            return func(*args, **(kwargs or {}))

    return Silence()
