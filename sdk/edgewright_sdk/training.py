"""Teach small networks with PyTorch: one thread of seeds, early stopping, the best state kept. Only `fit` needs torch."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from edgewright_sdk.artifacts.layers import CONVOLUTION, DENSE, MEAN, POOL, Layer, assemble
from edgewright_sdk.errors import BlockError
from edgewright_sdk.plots import lines_plot

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import NDArray

    from edgewright_sdk.artifacts.layers import Layers
    from edgewright_sdk.context import Context


def require_torch() -> None:
    """Refuse early where a network can't be taught.

    Raises
    ------
    BlockError
        torch isn't installed.
    """
    if find_spec("torch") is None:
        raise BlockError(
            "this block learns with PyTorch, which isn't installed here: pip install 'edgewright[torch]', "
            "or --runner docker, whose images bring it"
        )


@dataclass(frozen=True)
class Schedule:
    """How to teach.

    Attributes
    ----------
    loss : {"cross-entropy", "squared"}
    epochs : int
        At most.
    patience : int
        Epochs without a better validation loss (training loss where nothing validates) after which it ends.
    class_weights : np.ndarray [shape=(classes,)], optional
        Of the cross-entropy.
    augment : callable, optional
        ``(batch (n, length, channels), generator) -> batch``, tensors.
    """

    loss: Literal["cross-entropy", "squared"]
    epochs: int
    rate: float
    batch: int
    patience: int
    dropout: float = 0.0
    class_weights: NDArray[np.float32] | None = None
    augment: Callable[[Any, Any], Any] | None = None


@dataclass
class Taught:
    """A network, after how many epochs it was best, and the loss after each: ``training`` and ``validation``."""

    layers: Layers
    epochs: int
    curves: dict[str, list[float]] = field(default_factory=dict)

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Arrays of a model that keep the curves; :func:`learning_curve` draws them."""
        return {f"{name}_curve": np.array(curve) for name, curve in self.curves.items()}


def learning_curve(arrays: Mapping[str, NDArray[Any]], y_label: str) -> dict[str, Any]:
    """Draw how the loss fell, from the arrays of a model (:meth:`Taught.arrays`)."""
    names = [name for name in ("training", "validation") if f"{name}_curve" in arrays]
    curves = {name: arrays[f"{name}_curve"] for name in names}
    epochs = np.arange(1, len(curves["training"]) + 1, dtype=float)
    return lines_plot("Learning curve", ("epoch", epochs), y_label, curves)


def teach(
    plan: Sequence[Layer],
    inputs: NDArray[np.floating],
    targets: NDArray[Any],
    schedule: Schedule,
    context: Context,
    *,
    validation: tuple[NDArray[np.floating], NDArray[Any]] | None = None,
    text: str = "epochs",
) -> Taught:
    """Teach a network.

    Parameters
    ----------
    plan : sequence of Layer
    inputs : np.ndarray [shape=(n, features)]
        Standardised.
    targets : np.ndarray [shape=(n,), dtype=int] or [shape=(n, outputs)]
        Classes, or values.
    schedule : Schedule
    context : Context
        Seed, threads, progress.
    validation : (inputs, targets), optional
        Decides when to stop, and which epoch was best.
    text : str
        For the progress line.

    Returns
    -------
    Taught
        The same for the same seed, threads and machine.
    """
    import torch

    torch.set_num_threads(context.threads)
    torch.use_deterministic_algorithms(True)
    generator = torch.Generator().manual_seed(context.seed)
    weights = [_initial(layer, generator) for layer in plan]
    parameters = [tensor.requires_grad_() for pair in weights for tensor in pair]
    optimiser = torch.optim.Adam(parameters, lr=schedule.rate)
    x, y = torch.tensor(np.asarray(inputs, np.float32)), _targets(targets, schedule.loss)
    held = (
        None
        if validation is None
        else (torch.tensor(np.asarray(validation[0], np.float32)), _targets(validation[1], schedule.loss))
    )
    class_weights = None if schedule.class_weights is None else torch.tensor(schedule.class_weights)
    curves: dict[str, list[float]] = {"training": [], **({"validation": []} if held else {})}
    best, best_at, kept = math.inf, 0, [tensor.detach().clone() for tensor in parameters]
    for epoch in range(1, schedule.epochs + 1):
        total = 0.0
        order = torch.randperm(len(x), generator=generator)
        for start in range(0, len(x), schedule.batch):
            rows = order[start : start + schedule.batch]
            batch = x[rows].reshape(len(rows), plan[0].length, plan[0].inputs)
            if schedule.augment is not None:
                batch = schedule.augment(batch, generator)
            raw = _forward(plan, weights, batch, schedule.dropout, generator)
            loss = _loss(raw, y[rows], schedule.loss, class_weights)
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            total += float(loss.detach()) * len(rows)
        curves["training"].append(total / len(x))
        if held is not None:
            with torch.no_grad():
                raw = _forward(
                    plan, weights, held[0].reshape(-1, plan[0].length, plan[0].inputs), 0.0, generator
                )
                curves["validation"].append(float(_loss(raw, held[1], schedule.loss, class_weights)))
        now = curves["validation" if held is not None else "training"][-1]
        if not math.isfinite(now):
            raise BlockError(
                f"the loss became {now} in epoch {epoch}: a smaller learning-rate may help, now {schedule.rate:g}"
            )
        if now < best:
            best, best_at, kept = now, epoch, [tensor.detach().clone() for tensor in parameters]
        context.progress(epoch, schedule.epochs, f"{text}: loss {now:.4g}")
        if epoch - best_at >= schedule.patience:
            break
    final = [tensor.numpy() for tensor in kept]
    made = [(layer, _rows(layer, final[2 * i]), final[2 * i + 1]) for i, layer in enumerate(plan)]
    return Taught(assemble(made), best_at, curves)


def _initial(layer: Layer, generator: Any) -> tuple[Any, Any]:
    """Weights and bias, evenly within ±1/√inputs·√3 (He's variance for rectified layers)."""
    import torch

    outputs, inputs = layer.weights
    if layer.kind == CONVOLUTION:
        shape: tuple[int, ...] = (outputs, layer.inputs, layer.kernel)
    else:
        shape = (outputs, inputs)
    limit = math.sqrt(6.0 / max(inputs, 1)) if layer.relu else math.sqrt(3.0 / max(inputs, 1))
    return (torch.rand(shape, generator=generator) * 2 - 1) * limit, torch.zeros(outputs)


def _forward(
    plan: Sequence[Layer], weights: Sequence[tuple[Any, Any]], batch: Any, dropout: float, generator: Any
) -> Any:
    import torch
    from torch.nn import functional

    values = batch
    for number, (layer, (matrix, bias)) in enumerate(zip(plan, weights, strict=True)):
        values = values.reshape(len(batch), layer.length, layer.inputs)
        if layer.kind == POOL:
            values = functional.max_pool1d(values.transpose(1, 2), 2).transpose(1, 2)
        elif layer.kind == MEAN:
            values = values.mean(dim=1, keepdim=True)
        elif layer.kind == DENSE:
            values = functional.linear(values.reshape(len(batch), -1), matrix, bias)[:, None]
        else:
            values = functional.conv1d(
                values.transpose(1, 2), matrix, bias, padding=layer.kernel // 2
            ).transpose(1, 2)
        if layer.relu:
            values = functional.relu(values)
        if dropout and layer.relu and number + 1 < len(plan):
            kept = torch.rand(values.shape, generator=generator) >= dropout
            values = values * kept / (1 - dropout)
    return values.reshape(len(batch), -1)


def _rows(layer: Layer, matrix: NDArray[np.float32]) -> NDArray[np.float32]:
    """A row an output; of a convolution by time first, then channel, as windows lie in memory."""
    return matrix.transpose(0, 2, 1).reshape(layer.weights) if layer.kind == CONVOLUTION else matrix


def _targets(targets: NDArray[Any], loss: str) -> Any:
    import torch

    return torch.tensor(np.asarray(targets, np.int64 if loss == "cross-entropy" else np.float32))


def _loss(raw: Any, targets: Any, loss: str, class_weights: Any) -> Any:
    from torch.nn import functional

    if loss == "cross-entropy":
        return functional.cross_entropy(raw, targets, weight=class_weights)
    return functional.mse_loss(raw, targets)
