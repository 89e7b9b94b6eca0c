"""How a program runs torch: devices, threads, seeds, processes, compilation, files. Little of it changes facts."""

from __future__ import annotations

import math
from typing import Any

from snugly.facts.dtypes import ALIASES, DTYPES
from snugly.facts.tensors import TensorFacts
from snugly.interpreter.values import DType, LibraryName, Number, Text, Unknown, Value
from snugly.library.registry import Model, alias, attribute, constant, function, model
from snugly.library.torch.arguments import dtype_name
from snugly.library.torch.module import Module, default_dtype
from snugly.operations.registry import UNKNOWN_DEVICE

for _name in (*DTYPES, *ALIASES):
    constant(f"torch.{_name}", DType(ALIASES.get(_name, _name)))
for _name, _number in (("inf", math.inf), ("nan", math.nan), ("pi", math.pi), ("e", math.e)):
    constant(f"torch.{_name}", _number)
for _name in (
    "__version__", "version.cuda", "version.hip", "strided", "sparse_coo", "sparse_csr", "contiguous_format",
    "channels_last", "channels_last_3d", "preserve_format", "per_tensor_affine",
):  # fmt: skip
    constant(f"torch.{_name}", Text())
constant("torch.newaxis", None)

ANSWERS: dict[str, Value] = {
    **dict.fromkeys(
        (
            "torch.cuda.is_available", "torch.cuda.is_bf16_supported", "torch.cuda.is_initialized",
            "torch.backends.mps.is_available", "torch.backends.mps.is_built", "torch.backends.cudnn.is_available",
            "torch.backends.cuda.is_built", "torch.accelerator.is_available", "torch.distributed.is_available",
            "torch.distributed.is_initialized", "torch.distributed.is_nccl_available", "torch.xpu.is_available",
            "torch.is_grad_enabled", "torch.is_inference_mode_enabled", "torch.are_deterministic_algorithms_enabled",
            "torch.mps.is_available", "torch.distributed.is_torchelastic_launched", "torch.is_autocast_enabled",
            "torch.distributed.is_gloo_available", "torch.jit.is_scripting", "torch.jit.is_tracing",
            "torch.compiler.is_compiling",
        ),
        Number("bool"),
    ),
    **dict.fromkeys(
        (
            "torch.cuda.device_count", "torch.accelerator.device_count", "torch.xpu.device_count",
            "torch.distributed.get_rank", "torch.distributed.get_node_local_rank", "torch.cuda.current_device",
            "torch.accelerator.current_device_index", "torch.cuda.memory_allocated", "torch.cuda.memory_reserved",
            "torch.cuda.max_memory_allocated", "torch.cuda.max_memory_reserved", "torch.initial_seed", "torch.seed",
            "torch.mps.current_allocated_memory", "torch.mps.driver_allocated_memory",
            "torch.backends.cudnn.version",
        ),
        Number("int", 0),
    ),
    **dict.fromkeys(
        (
            "torch.distributed.get_world_size", "torch.get_num_threads", "torch.get_num_interop_threads",
            "torch.multiprocessing.cpu_count",
        ),
        Number("int", 1),
    ),
    **dict.fromkeys(
        (
            "torch.cuda.get_device_name", "torch.distributed.get_backend", "torch.cuda.memory_summary",
            "torch.distributed.get_default_backend_for_device", "torch.typename", "torch.get_float32_matmul_precision",
            "torch.utils.collect_env.get_pretty_env_info",
        ),
        Text(),
    ),
    **dict.fromkeys(
        (
            "torch.cuda.manual_seed", "torch.cuda.manual_seed_all", "torch.cuda.empty_cache",
            "torch.cuda.synchronize", "torch.cuda.set_device", "torch.cuda.init", "torch.cuda.reset_peak_memory_stats",
            "torch.cuda.reset_max_memory_allocated", "torch.cuda.ipc_collect", "torch.mps.manual_seed",
            "torch.mps.empty_cache", "torch.mps.synchronize", "torch.xpu.manual_seed", "torch.xpu.empty_cache",
            "torch.accelerator.set_device_index", "torch.accelerator.set_device_idx", "torch.accelerator.synchronize",
            "torch.accelerator.empty_cache", "torch.set_num_threads", "torch.set_num_interop_threads",
            "torch.set_printoptions", "torch.set_float32_matmul_precision", "torch.use_deterministic_algorithms",
            "torch.set_deterministic_debug_mode", "torch.autograd.set_detect_anomaly", "torch.autograd.backward",
            "torch.set_rng_state", "torch.cuda.set_rng_state", "torch.cuda.set_rng_state_all",
            "torch.set_flush_denormal",
            "torch.distributed.init_process_group", "torch.distributed.destroy_process_group",
            "torch.distributed.barrier", "torch.distributed.all_reduce", "torch.distributed.broadcast",
            "torch.distributed.reduce", "torch.distributed.all_gather", "torch.distributed.gather",
            "torch.distributed.scatter", "torch.distributed.send", "torch.distributed.recv",
            "torch.distributed.broadcast_object_list", "torch.distributed.all_gather_object",
            "torch.distributed.rpc.init_rpc", "torch.distributed.rpc.shutdown", "torch.distributed.autograd.backward",
            "torch.multiprocessing.set_start_method", "torch.multiprocessing.set_sharing_strategy",
            "torch.multiprocessing.freeze_support", "torch.onnx.export", "torch.hub.set_dir",
            "torch.serialization.add_safe_globals", "torch.cuda.memory.set_per_process_memory_fraction",
            "torch.cuda.set_per_process_memory_fraction", "torch.utils.data.dataloader._utils.signal_handling",
            "torch.backends.cuda.enable_flash_sdp", "torch.backends.cuda.enable_mem_efficient_sdp",
            "torch.backends.cuda.enable_math_sdp", "torch._dynamo.reset", "torch.compiler.reset",
            "torch.hub.download_url_to_file", "torch.distributed.checkpoint.save", "torch.cuda.nvtx.range_push",
            "torch.cuda.nvtx.range_pop",
        ),
        None,
    ),
}  # fmt: skip


def _declare(path: str, answer: Value) -> None:
    def call(*args: Value, **kwargs: Value) -> Value:
        return answer

    call.__doc__ = f"Describe ``{path}``."
    function(path)(call)


for _path, _answer in ANSWERS.items():
    _declare(_path, _answer)
for _name in ("deterministic", "benchmark", "enabled", "allow_tf32"):
    constant(f"torch.backends.cudnn.{_name}", Number("bool"))


@model("torch.device")
class Device(Model):
    """A device: its name, where it is known."""

    def __init__(self, type: Value = None, index: Value = None) -> None:
        """Read ``"cuda"``, ``"cuda:1"``, ``("cuda", 1)`` or an index."""
        self.name: str | None = None
        if isinstance(type, Device):
            self.name = type.name
        elif isinstance(type, str):
            self.name = f"{type}:{index}" if isinstance(index, int) else type
        elif isinstance(type, int) and not isinstance(type, bool):
            self.name = f"cuda:{type}"

    @property
    def type(self) -> Value:
        """The kind of device."""
        return Text() if self.name is None else self.name.partition(":")[0]

    @property
    def index(self) -> Value:
        """The number of the device among its kind."""
        tail = "" if self.name is None else self.name.partition(":")[2]
        return int(tail) if tail.isdigit() else (None if self.name is not None else Unknown("torch.device.index"))

    def as_argument(self) -> Any:
        """Return what an operation is given."""
        return UNKNOWN_DEVICE if self.name is None else self.name

    def joined(self, other: Device) -> Device:
        """Return a device that may be either."""
        return self if self.name == other.name else Device()

    def enter(self) -> Value:
        """Return itself."""
        return self


@function("torch.accelerator.current_accelerator", "torch.get_default_device", "torch.cuda.device_of")
def some_device(*args: Value, **kwargs: Value) -> Device:
    """Describe a function whose device depends on the machine."""
    return Device()


@function("torch.set_default_dtype")
def set_default_dtype(machine: Any, d: Value) -> None:
    """Describe ``set_default_dtype``: what layers make from here on."""
    machine.settings["torch.default_dtype"] = dtype_name(d, None)


@function("torch.get_default_dtype")
def get_default_dtype(machine: Any) -> Value:
    """Describe ``get_default_dtype``."""
    name = default_dtype(machine)
    return Unknown("torch.get_default_dtype") if name is None else DType(name)


@function("torch.set_default_tensor_type")
def set_default_tensor_type(machine: Any, t: Value) -> None:
    """Describe ``set_default_tensor_type``."""
    name = t if isinstance(t, str) else getattr(t, "path", "")
    kinds = {"FloatTensor": "float32", "DoubleTensor": "float64", "HalfTensor": "float16"}
    machine.settings["torch.default_dtype"] = kinds.get(name.rpartition(".")[2])


@function("torch.set_default_device")
def set_default_device(machine: Any, device: Value) -> None:
    """Describe ``set_default_device``."""
    machine.settings["torch.default_device"] = device


@model("torch.Generator", "torch._C.Generator")
class Generator(Model):
    """A source of random numbers."""

    def __init__(self, device: Value = "cpu") -> None:
        """Keep the device."""
        self.device = device

    def manual_seed(self, seed: Value) -> Value:
        """Return itself."""
        return self

    def seed(self) -> Value:
        """Return a seed."""
        return Number("int", 0)

    initial_seed = seed

    def get_state(self) -> TensorFacts:
        """Return the state."""
        return TensorFacts((None,), "uint8", "cpu", requires_grad=False)

    def set_state(self, new_state: Value) -> None:
        """Change nothing that facts show."""


constant("torch.default_generator", Generator())


@function("torch.manual_seed", "torch.random.manual_seed")
def manual_seed(seed: Value) -> Generator:
    """Describe ``manual_seed``."""
    return Generator()


@function("torch.get_rng_state", "torch.cuda.get_rng_state")
def get_rng_state(*args: Value) -> TensorFacts:
    """Describe ``get_rng_state``."""
    return TensorFacts((None,), "uint8", "cpu", requires_grad=False)


@function("torch.Size")
def size_of(sizes: Value = ()) -> Value:
    """Describe ``torch.Size``: a tuple."""
    items = getattr(sizes, "items", None)
    return tuple(items) if isinstance(items, list) else sizes


_PRECISION = {
    "float16": (65504.0, 2.0**-10, 2.0**-14),
    "bfloat16": (3.3895313892515355e38, 2.0**-7, 2.0**-126),
    "float32": (3.4028234663852886e38, 2.0**-23, 2.0**-126),
    "float64": (1.7976931348623157e308, 2.0**-52, 2.0**-1022),
}


@model("torch.finfo")
class FloatInfo(Model):
    """The limits of a floating dtype."""

    def __init__(self, machine: Any, type: Value = None) -> None:
        """Look the limits up."""
        limits = _PRECISION.get(dtype_name(type, default_dtype(machine)) or "")
        unknown: tuple[Value, ...] = (Number("float"),) * 3
        largest, step, least = unknown if limits is None else limits
        self.max: Value = largest
        self.eps: Value = step
        self.tiny: Value = least
        self.min: Value = Number("float") if limits is None else -limits[0]
        self.smallest_normal = self.tiny


@model("torch.iinfo")
class IntegerInfo(Model):
    """The limits of an integer dtype."""

    def __init__(self, type: Value) -> None:
        """Compute the limits from the name."""
        name = dtype_name(type, None) or ""
        bits = int(name[-2:].lstrip("t")) if name and name[-1].isdigit() and "int" in name else None
        self.min: Value = Number("int")
        self.max: Value = Number("int")
        self.bits: Value = Number("int", 8, 64)
        if bits is not None:
            unsigned = name.startswith("u")
            self.min = 0 if unsigned else -(2 ** (bits - 1))
            self.max = 2**bits - 1 if unsigned else 2 ** (bits - 1) - 1
            self.bits = bits


@function("torch.jit.script", "torch.jit.trace", "torch.fx.symbolic_trace", "torch.jit.optimize_for_inference")
def same_callable(func: Value = None, *args: Value, **kwargs: Value) -> Value:
    """Describe what returns a callable that does the same."""
    return kwargs.get("obj", kwargs.get("root", func))


@function("torch.compile", "torch._dynamo.optimize", "torch.compiler.disable", "torch._dynamo.disable")
def compiled(model: Value = None, **options: Value) -> Value:
    """Describe ``torch.compile``: the same callable, or a decorator."""
    return LibraryName("torch.jit.script") if model is None or isinstance(model, str) else model


for _path in ("torch.jit.ignore", "torch.jit.export", "torch.jit.unused", "torch.jit.interface", "torch.jit.freeze"):
    alias(_path, "torch.jit.script")


@function("torch.utils.checkpoint.checkpoint")
def checkpoint(
    machine: Any,
    function: Value,
    *args: Value,
    use_reentrant: Value = None,
    context_fn: Value = None,
    determinism_check: Value = None,
    debug: Value = None,
    early_stop: Value = None,
    preserve_rng_state: Value = None,
    **kwargs: Value,
) -> Value:
    """Describe ``checkpoint``: the function called."""
    return machine.call(function, *args, **kwargs)


@function("torch.utils.checkpoint.checkpoint_sequential")
def checkpoint_sequential(
    machine: Any, functions: Value, segments: Value, input: Value, use_reentrant: Value = None, **kwargs: Value
) -> Value:
    """Describe ``checkpoint_sequential``: the functions called one after the other."""
    for part in machine.iterate(functions).items or ():
        input = machine.call(part, input)
    return input


class _Wrapper(Module):
    """A module around a module: it is called like the one inside."""

    def __init__(self, module: Value, *args: Value, **kwargs: Value) -> None:
        """Keep the module."""
        self.module = module

    def forward(self, machine: Any, *args: Value, **kwargs: Value) -> Value:
        """Call the module."""
        return machine.call(self.module, *args, **kwargs)

    def no_sync(self) -> Value:
        """Return a context that changes nothing."""
        return Device()


for _path in (
    "torch.nn.DataParallel",
    "torch.nn.parallel.DataParallel",
    "torch.nn.parallel.DistributedDataParallel",
    "torch.nn.parallel.distributed.DistributedDataParallel",
    "torch.distributed.fsdp.FullyShardedDataParallel",
):
    _doc = f"What the interpreter knows of ``{_path}``."
    model(_path)(type(_path.rpartition(".")[2], (_Wrapper,), {"__doc__": _doc}))


@function("torch.nn.parallel.data_parallel")
def data_parallel(machine: Any, module: Value, inputs: Value, *args: Value, **kwargs: Value) -> Value:
    """Describe ``data_parallel``: the module called."""
    return machine.call(module, *(inputs if isinstance(inputs, tuple) else (inputs,)))


@function("torch.distributed.fsdp.fully_shard", "torch.distributed.tensor.parallel.parallelize_module")
def same_module(module: Value, *args: Value, **kwargs: Value) -> Value:
    """Describe what spreads a module over devices."""
    return module


@function("torch.multiprocessing.spawn", "torch.multiprocessing.start_processes")
def spawn(machine: Any, fn: Value, args: Value = (), nprocs: Value = 1, **options: Value) -> None:
    """Describe ``spawn``: the function called with the number of its process."""
    machine.call(fn, Number("int", 0), *(args if isinstance(args, tuple) else ()))


@model("torch.multiprocessing.Process")
class Process(Model):
    """A process; starting it calls its target."""

    def __init__(
        self, group: Value = None, target: Value = None, name: Value = None, args: Value = (), kwargs: Value = None
    ) -> None:
        """Keep the target and its arguments."""
        self._target, self._args = target, args

    def start(self, machine: Any) -> None:
        """Call the target."""
        if self._target is not None:
            items = machine.iterate(self._args).items
            machine.call(self._target, *(items or ()))

    def join(self, timeout: Value = None) -> None:
        """Change nothing that facts show."""


alias("torch.multiprocessing.Queue", "multiprocessing.Queue")


@attribute("torch.Tensor.device")
def device_of(self: TensorFacts) -> Device:
    """Describe ``tensor.device``."""
    return Device(self.device)


@attribute("torch.Tensor.is_cuda", "torch.Tensor.is_cpu", "torch.Tensor.is_mps")
def is_on(self: TensorFacts) -> Number:
    """Describe ``tensor.is_cuda``: where the program runs is not known."""
    return Number("bool")


@function("torch.Tensor.to")
def tensor_to(machine: Any, self: Value, *args: Value, **kwargs: Value) -> Value:
    """Describe ``tensor.to``: a device that is not known is still no dtype."""
    unnamed = [isinstance(value, Text) or (isinstance(value, Device) and value.name is None) for value in args]
    kept = [value for value, is_device in zip(args, unnamed, strict=True) if not is_device]
    if any(unnamed):
        kwargs["device"] = Unknown("a device")
    return machine.apply("torch.Tensor.to", self, *kept, **kwargs)
