"""``snugly.preflight``: prove a training step before training."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from snugly.reports.preflight import LayerRow, PreflightReport, ranges

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from snugly.runtime.preflight.flight import Flight


_BRANCH = "an element of a tensor decides which way the step goes; it was followed both ways, at every branch alike"


def preflight(
    model: Any,
    loss: Any = None,
    batch_or_loader: Any = None,
    *,
    step: Callable[..., Any] | None = None,
    batch_sizes: Sequence[int] | None = None,
    device: str | None = None,
    autocast: Any = None,
    real_step: bool = False,
) -> PreflightReport:
    """Prove that a training step fits for every batch that can occur, without training.

    The model runs on tensors without elements, at all batch sizes side by side: no activation is computed or stored, no
    parameter is copied, and no parameter, buffer, gradient, random state, mode, hook or attribute of it is different
    afterwards; optimizers that the step reaches take no step. Losses are judged by their contracts. Where only the
    elements of tensors say how a step goes on (packed sequences, a loop up to the longest length), it runs on copies on
    the CPU with small batches instead, and the report says so.

    Args:
        model: a ``torch.nn.Module``, or several as a list or a dict; or a Lightning module, whose ``training_step`` is
            the step when ``loss`` and ``step`` are left out.
        loss: a loss module or function of ``(output, target)``; may be left out when ``step`` or the model computes it.
        batch_or_loader: a batch as the training loop sees it, or what the loop iterates over, such as a ``DataLoader``.
            Of a loader three batches are loaded, in this process; its random state is put back.
        step: ``step(model, batch)`` returns the loss, or several, or calls ``backward()`` itself, for steps that are
            not ``loss(model(x), y)``. With several models it gets them as they were given.
        batch_sizes: the sizes that matter; the loader's, its last partial batch and 1 otherwise.
        device: pretend that models and batch are on this device, such as ``"cuda"``; it need not be there.
        autocast: a dtype for mixed precision, such as ``torch.bfloat16``.
        real_step: run one real step on copies too, and look for a loss or gradients that are not finite.

    Returns:
        A report: proved for which sizes, or where, why and at which sizes the step fails, with the fix.

    Raises:
        StepError: the pieces do not make a step; the message says what is missing.
    """
    from snugly.runtime.preflight.proving import fly

    flight = fly(
        model,
        loss,
        batch_or_loader,
        step=step,
        batch_sizes=batch_sizes,
        device=device,
        autocast=autocast,
        real_step=real_step,
    )
    return _report(flight)


def _report(flight: Flight) -> PreflightReport:
    rows = tuple(
        LayerRow(layer.name, layer.kind, layer.output, layer.parameters, layer.saved) for layer in flight.layers
    )
    return PreflightReport(
        findings=tuple(flight.findings),
        notes=(*(f"{line}: {_BRANCH}" for line in sorted(flight.branches)), *flight.notes),
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
    failed = {size: text for size, text in flight.failed.items() if flight.sizes.occurs(size)}
    if failed and (flight.size in failed or not set(flight.tested) - set(failed)):
        return f"does not fit: {next(iter(failed.values()))}"
    if failed:
        fits = ranges([size for size in {*flight.tested, *flight.proved} if size not in flight.failed])
        return f"fits at batch size {fits}, fails at {ranges(sorted(failed))}: {next(iter(failed.values()))}"
    if flight.real:
        return (
            f"tested at batch sizes {ranges(flight.tested)} with real copies on the CPU; no proof, because only "
            f"elements say how this step goes on ({flight.real})"
        )
    every = flight.sizes.every
    missing = set(every) - flight.proved - set(flight.failed)
    if not missing and len(every) == 1:
        return f"proved for batch size {every[0]}, the only one that occurs"
    if not missing and not flight.failed:
        return f"proved for every batch size from {every[0]} to {every[-1]}"
    if not missing:
        return f"proved for batch sizes {ranges(sorted(flight.proved))}, every size that can occur among them"
    if flight.proved:
        return f"proved for batch sizes {ranges(sorted(flight.proved))}{_because(flight)}"
    return f"not provable{_because(flight)}; tested at batch sizes {ranges(flight.tested)}"


def _because(flight: Flight) -> str:
    return f" (the sizes cannot be followed together: {flight.apart})" if flight.apart else ""
