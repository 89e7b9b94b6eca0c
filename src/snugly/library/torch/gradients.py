"""``torch.autograd`` and the contexts that change how operations run: no gradients, mixed precision, profiling."""

from __future__ import annotations

from typing import Any

from snugly.facts.records import replace
from snugly.facts.tensors import TensorFacts
from snugly.interpreter.values import Function, Mapping, Number, Sequence, Text, Unknown, Value
from snugly.library.registry import Model, alias, function, model
from snugly.library.torch.arguments import flag


class Context(Model):
    """A context manager that is a decorator as well. Its setting counts for the operations inside.

    Attributes:
        setting: the entry of ``machine.settings`` that holds while the context is open; empty for none.
    """

    setting = ""

    def __init__(self, *args: Value, **kwargs: Value) -> None:
        """Keep the arguments."""
        self._before: Any = None
        self._value = self._read(args, kwargs)

    def _read(self, args: tuple[Value, ...], kwargs: dict[str, Value]) -> Any:
        return True

    def enter(self, machine: Any) -> Value:
        """Set the setting."""
        if self.setting:
            self._before = machine.settings.get(self.setting)
            machine.settings[self.setting] = self._value
        return self

    def exit(self, machine: Any, *error: Value) -> None:
        """Set it back."""
        if self.setting:
            machine.settings[self.setting] = self._before

    def call(self, machine: Any, function: Value = None, *args: Value, **kwargs: Value) -> Value:
        """Decorate a function: it runs with the context open."""
        return replace(function, contexts=(*function.contexts, self)) if isinstance(function, Function) else function


@model("torch.no_grad", "torch.autograd.no_grad", "torch.autograd.grad_mode.no_grad")
class NoGrad(Context):
    """No gradients inside."""

    setting = "torch.no_grad"


@model("torch.inference_mode", "torch.autograd.inference_mode", "torch.autograd.grad_mode.inference_mode")
class InferenceMode(NoGrad):
    """No gradients inside, unless ``mode`` is false."""

    def _read(self, args: tuple[Value, ...], kwargs: dict[str, Value]) -> Any:
        mode = args[0] if args else kwargs.get("mode", True)
        return flag(mode) if isinstance(mode, bool) else True


@model("torch.enable_grad", "torch.autograd.enable_grad")
class EnableGrad(Context):
    """Gradients inside, even within ``no_grad``."""

    setting = "torch.no_grad"

    def _read(self, args: tuple[Value, ...], kwargs: dict[str, Value]) -> Any:
        return False


@model("torch.set_grad_enabled", "torch.autograd.set_grad_enabled")
class SetGradEnabled(Context):
    """Gradients inside, or not."""

    setting = "torch.no_grad"

    def _read(self, args: tuple[Value, ...], kwargs: dict[str, Value]) -> Any:
        known = flag(args[0] if args else kwargs.get("mode"))
        return None if known is None else not known


@model("torch.autocast", "torch.amp.autocast", "torch.cuda.amp.autocast", "torch.cpu.amp.autocast")
class Autocast(Context):
    """Mixed precision inside: which floating dtype a result has depends on the operation and the device."""

    setting = "torch.autocast"

    def _read(self, args: tuple[Value, ...], kwargs: dict[str, Value]) -> Any:
        return flag(kwargs.get("enabled", True)) is not False


for _path in (
    "torch.autograd.detect_anomaly", "torch.autograd.set_multithreading_enabled", "torch.autograd.graph.save_on_cpu",
    "torch.autograd.profiler.profile", "torch.autograd.profiler.record_function", "torch.profiler.record_function",
    "torch.cuda.stream", "torch.cuda.device", "torch.random.fork_rng", "torch.backends.cuda.sdp_kernel",
    "torch.nn.attention.sdpa_kernel", "torch.distributed.autograd.context", "torch.serialization.safe_globals",
    "torch.backends.cudnn.flags", "torch.overrides.TorchFunctionMode", "torch.utils.flop_counter.FlopCounterMode",
):  # fmt: skip
    model(_path)(type(_path.rpartition(".")[2], (Context,), {"__doc__": f"What is known of ``{_path}``."}))


@model("torch.profiler.profile")
class Profile(Context):
    """A profile, whose results are not followed."""

    def step(self) -> None:
        """Change nothing that facts show."""

    def export_chrome_trace(self, path: Value) -> None:
        """Change nothing that facts show."""


@model("torch.amp.GradScaler", "torch.cuda.amp.GradScaler", "torch.amp.grad_scaler.GradScaler")
class GradScaler(Model):
    """Scales losses; a scaled loss has the facts of the loss."""

    def __init__(self, *args: Value, **kwargs: Value) -> None:
        """Keep nothing."""

    def scale(self, machine: Any, outputs: Value) -> Value:
        """Return a tensor of the same facts."""
        return machine.apply("operator.mul", outputs, Number("float", 0.0)) if _is_tensor(outputs) else outputs

    def step(self, machine: Any, optimizer: Value, *args: Value, **kwargs: Value) -> Value:
        """Let the optimizer step."""
        return machine.call(machine.get(optimizer, "step"), *args, **kwargs)

    def unscale_(self, optimizer: Value) -> None:
        """Change nothing that facts show."""

    def update(self, new_scale: Value = None) -> None:
        """Change nothing that facts show."""

    def get_scale(self) -> Value:
        """Return the factor."""
        return Number("float", 0.0)

    def is_enabled(self) -> Value:
        """Tell whether it scales."""
        return Number("bool")

    def state_dict(self) -> Mapping:
        """Return a dict whose entries are not followed."""
        return Mapping(open=True)

    def load_state_dict(self, state_dict: Value) -> None:
        """Change nothing that facts show."""


def _is_tensor(value: Value) -> bool:
    return isinstance(value, TensorFacts)


@function("torch.autograd.Variable", "torch.autograd.variable.Variable")
def variable(data: Value = None, requires_grad: Value = False, volatile: Value = None) -> Value:
    """Describe ``Variable``: the tensor itself, as a leaf."""
    if isinstance(data, TensorFacts):
        return data.with_(requires_grad=flag(requires_grad), kind="tensor")
    return Unknown("torch.autograd.Variable")


@function("torch.autograd.grad")
def grad(
    machine: Any,
    outputs: Value,
    inputs: Value,
    grad_outputs: Value = None,
    retain_graph: Value = None,
    create_graph: Value = False,
    **options: Value,
) -> Value:
    """Describe ``autograd.grad``: a gradient of the shape and dtype of each input."""
    given = (inputs,) if isinstance(inputs, TensorFacts) else machine.iterate(inputs).items
    if given is None:
        element = machine.iterate(inputs).element
        return Sequence("tuple", None, _gradient(element, create_graph), None)
    return tuple(_gradient(each, create_graph) for each in given)


def _gradient(value: Value, create_graph: Value) -> TensorFacts:
    if not isinstance(value, TensorFacts):
        return TensorFacts()
    known = flag(create_graph)
    return TensorFacts(value.shape, value.dtype, value.device, known, axes=value.axes)


@model("torch.autograd.Function", "torch.autograd.function.Function")
class AutogradFunction(Model):
    """What a user's function with its own backward inherits."""

    def __init__(self, *args: Value, **kwargs: Value) -> None:
        """Keep nothing."""


@model("torch.autograd.function.FunctionCtx")
class FunctionContext(Model):
    """What ``forward`` keeps for ``backward``."""

    def __init__(self) -> None:
        """Start with nothing kept."""
        self.saved_tensors: Value = ()
        self.needs_input_grad: Value = Sequence("tuple", None, Number("bool"), None)

    def save_for_backward(self, *tensors: Value) -> None:
        """Keep tensors."""
        self.saved_tensors = tensors

    def mark_non_differentiable(self, *args: Value) -> None:
        """Change nothing that facts show."""

    def mark_dirty(self, *args: Value) -> None:
        """Change nothing that facts show."""

    def set_materialize_grads(self, value: Value) -> None:
        """Change nothing that facts show."""


@function("torch.autograd.Function.apply", "torch.autograd.function.Function.apply")
def apply(machine: Any, cls: Value, *args: Value) -> Value:
    """Describe ``Function.apply``: the user's ``forward``; its result requires grad where an input does."""
    forward = machine.get(cls, "forward")
    given = args if "setup_context" in getattr(cls, "names", {}) else (FunctionContext(), *args)
    result = machine.call(forward, *given)
    flags = [value.requires_grad for value in args if isinstance(value, TensorFacts)]
    grad = True if True in flags else (None if None in flags else False)
    if isinstance(result, TensorFacts):
        return result.with_(requires_grad=grad)
    if isinstance(result, tuple):
        return tuple(part.with_(requires_grad=grad) if isinstance(part, TensorFacts) else part for part in result)
    return result


@model("torch.utils.tensorboard.SummaryWriter", "torch.utils.tensorboard.writer.SummaryWriter")
class SummaryWriter(Model):
    """Writes summaries; nothing it does changes facts."""

    def __init__(self, *args: Value, **kwargs: Value) -> None:
        """Keep nothing."""
        self.log_dir = Text()

    def enter(self) -> Value:
        """Return itself."""
        return self

    def _write(self, *args: Value, **kwargs: Value) -> None:
        """Change nothing that facts show."""

    add_scalar = add_scalars = add_histogram = add_histogram_raw = add_image = add_images = add_image_with_boxes = (
        _write
    )
    add_figure = add_video = add_audio = add_text = add_onnx_graph = add_graph = add_embedding = add_pr_curve = _write
    add_pr_curve_raw = add_custom_scalars = add_mesh = add_hparams = add_tensor = flush = close = _write


alias("tensorboardX.SummaryWriter", "torch.utils.tensorboard.SummaryWriter")
