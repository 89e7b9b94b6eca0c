"""Runs a class of torch beside its description, and compares what comes out."""

import importlib

import torch

from snugly.facts.dims import value as only_value
from snugly.facts.tensors import TensorFacts
from snugly.interpreter.machine import Machine
from snugly.interpreter.modules import Program
from snugly.interpreter.values import DType, LibraryName, Mapping, Number, Sequence, Text, Unknown


def new_machine() -> Machine:
    return Machine(Program(None))


def abstract(value):
    """Return the abstract value of a value of torch or Python."""
    if isinstance(value, torch.Tensor):
        dtype = str(value.dtype).removeprefix("torch.")
        kind = "parameter" if isinstance(value, torch.nn.Parameter) else "tensor"
        return TensorFacts(tuple(value.shape), dtype, "cpu", value.requires_grad, kind=kind)
    if isinstance(value, torch.dtype):
        return DType(str(value).removeprefix("torch."))
    if isinstance(value, tuple):
        return tuple(abstract(item) for item in value)
    if isinstance(value, list):
        return Sequence("list", [abstract(item) for item in value])
    if isinstance(value, dict):
        return Mapping({key: abstract(item) for key, item in value.items()})
    return value


def real_class(path):
    module, _, name = path.rpartition(".")
    return getattr(importlib.import_module(module), name)


def disagreements(described, real, where="result"):
    """List what the description says that the real value contradicts; what it leaves open is no disagreement."""
    if isinstance(described, Unknown):
        return []
    if isinstance(real, torch.Tensor):
        return _tensor_disagreements(described, real, where)
    if isinstance(real, tuple | list):
        items = described.items if isinstance(described, Sequence) else described
        if isinstance(described, Sequence) and items is None:
            length = only_value(described.length)
            wrong = [] if length in (None, len(real)) else [f"{where}: {length} items, really {len(real)}"]
            return wrong + [d for item in real for d in disagreements(described.element, item, f"{where}[*]")]
        if not isinstance(items, tuple | list) or len(items) != len(real):
            return [f"{where}: {described!r}, really {type(real).__name__} of {len(real)}"]
        pairs = enumerate(zip(items, real, strict=True))
        return [found for i, (a, b) in pairs for found in disagreements(a, b, f"{where}[{i}]")]
    if isinstance(real, dict):
        if not isinstance(described, Mapping):
            return [f"{where}: {described!r}, really a dict"]
        return [
            found
            for key, item in real.items()
            for found in disagreements(described.entries.get(key, Unknown()), item, f"{where}[{key!r}]")
        ]
    if isinstance(described, Text):
        return [] if isinstance(real, str) else [f"{where}: text, really {real!r}"]
    if isinstance(described, Number):
        fits = isinstance(real, int | float) and (described.low is None or described.low <= real)
        return (
            [] if fits and (described.high is None or real <= described.high) else [f"{where}: {described}, {real!r}"]
        )
    return [] if described == real or described is real else [f"{where}: {described!r}, really {real!r}"]


def _tensor_disagreements(described, real, where):
    if not isinstance(described, TensorFacts):
        return [f"{where}: {described!r}, really a tensor of {tuple(real.shape)}"]
    found = []
    shape = described.shape
    if shape is not None and (
        len(shape) != real.dim()
        or any(only_value(size) not in (None, n) for size, n in zip(shape, real.shape, strict=True))
    ):
        found.append(f"{where}: shape {shape}, really {tuple(real.shape)}")
    dtype = str(real.dtype).removeprefix("torch.")
    if described.dtype not in (None, dtype):
        found.append(f"{where}: dtype {described.dtype}, really {dtype}")
    if described.requires_grad not in (None, real.requires_grad):
        found.append(f"{where}: requires_grad {described.requires_grad}, really {real.requires_grad}")
    return found + _value_disagreements(described, real, where)


def _value_disagreements(described, real, where):
    values = described.values
    if real.numel() == 0 or real.is_complex() or real.dtype == torch.bool:
        return []
    low, high = real.min().item(), real.max().item()
    slack = 1e-4
    if (values.low is not None and low < values.low - slack) or (
        values.high is not None and high > values.high + slack
    ):
        return [f"{where}: values in [{values.low}, {values.high}], really [{low}, {high}]"]
    if values.elements is not None and len(values.elements) != real.numel():
        return [f"{where}: {len(values.elements)} elements, really {real.numel()}"]
    if values.members is not None and any(
        all(abs(x - member) > slack * max(1.0, abs(x)) for member in values.members) for x in real.flatten().tolist()
    ):
        return [f"{where}: members {values.members}"]
    return []


def unknown_sizes(described):
    """Count what the description leaves open in a result."""
    if isinstance(described, TensorFacts):
        return 1 if described.shape is None else sum(only_value(size) is None for size in described.shape)
    if isinstance(described, tuple):
        return sum(unknown_sizes(item) for item in described)
    return 1 if isinstance(described, Unknown) else 0


def twin(path, args=(), kwargs=None, *, machine=None):
    """Construct a class of torch and its description with the same arguments."""
    machine = machine or new_machine()
    kwargs = kwargs or {}
    real = real_class(path)(*args, **kwargs)
    given = [abstract(value) for value in args]
    described = machine.call(LibraryName(path), *given, **{key: abstract(value) for key, value in kwargs.items()})
    return machine, real, described
