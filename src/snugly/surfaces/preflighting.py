"""``snugly.preflight``: prove a training step before training."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from snugly.reports.preflight import LayerRow, PreflightReport, ranges

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from snugly.runtime.preflight.proving import Flight


def preflight(
    model: Any,
    loss: Any = None,
    batch_or_loader: Any = None,
    *,
    step: Callable[..., Any] | None = None,
    batch_sizes: Sequence[int] | None = None,
    autocast: Any = None,
) -> PreflightReport:
    """Prove that a training step fits for every batch that can occur, without training.

    The model runs on fake tensors: no activation is computed or stored, no parameter is copied, and no parameter,
    buffer, gradient, random state or attribute of it is different afterwards. Losses are judged by their contracts.

    Args:
        model: a ``torch.nn.Module``, or several as a list or a dict.
        loss: a loss module or function of ``(output, target)``; may be left out when ``step`` or the model computes it.
        batch_or_loader: a batch as the training loop sees it, or a ``DataLoader``.
        step: ``step(model, batch)`` returns the loss, for steps that are not ``loss(model(x), y)``.
        batch_sizes: the sizes that matter; the loader's, its last partial batch and 1 otherwise.
        autocast: a dtype for mixed precision, such as ``torch.bfloat16``.

    Returns:
        A report: proved for which sizes, or where, why and at which sizes the step fails, with the fix.

    Raises:
        StepError: the pieces do not make a step; the message says what is missing.
    """
    from snugly.runtime.preflight.proving import fly

    flight = fly(model, loss, batch_or_loader, step=step, batch_sizes=batch_sizes, autocast=autocast)
    return _report(flight)


def _report(flight: Flight) -> PreflightReport:
    rows = tuple(
        LayerRow(layer.name, layer.kind, layer.output, layer.parameters, layer.saved) for layer in flight.layers
    )
    return PreflightReport(
        findings=tuple(flight.findings),
        notes=tuple(flight.notes),
        size=flight.size,
        proved=tuple(sorted(flight.proved)),
        proof=_proof(flight),
        tested=flight.tested,
        failed=dict(flight.failed),
        assumptions=tuple(f"{each.condition}{f' ({each.line})' if each.line else ''}" for each in flight.assumed),
        without_gradient=flight.without_gradient,
        layers=rows,
        saved=flight.saved,
        parameters=flight.parameters,
    )


def _proof(flight: Flight) -> str:
    if flight.size in flight.failed:
        return f"does not fit: {flight.failed[flight.size]}"
    proved = sorted(flight.proved)
    if flight.failed:
        sizes = ranges(sorted(flight.failed))
        text = next(iter(flight.failed.values()))
        return f"fits at batch size {flight.size}, fails at {sizes}: {text}"
    largest = flight.largest
    if len(proved) >= largest:
        return f"proved for every batch size from 1 to {largest}"
    if proved:
        return f"proved for batch sizes {ranges(proved)}; tested at {ranges(flight.tested)}{_because(flight)}"
    return f"not provable{_because(flight)}; tested at batch sizes {ranges(flight.tested)}"


def _because(flight: Flight) -> str:
    return f" (torch cannot trace a symbolic batch here: {flight.fallback})" if flight.fallback else ""
