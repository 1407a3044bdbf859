"""Standardised features: ``z = (x − mean) / scale``. Learning blocks that compare features share it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from edgewright_sdk.columns import trained_columns
from edgewright_sdk.export import Export

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from edgewright_sdk.export import TableValue
    from edgewright_sdk.model import Model
    from edgewright_sdk.values import FeatureSpec

#: How far a standardised feature counts, as in ``runtime/src/standardise.cpp``: squares and sums stay finite in float32.
FARTHEST: Final = 1e15
#: A feature that varies by less than this share of its size holds rounding noise, not information.
_CONSTANT = 1e-6
_SMALLEST_SPREAD = 1e-30
#: `standardisation` of an export whose tables have these names.
TABLES = {"selected": "selected", "mean": "mean", "scale": "scale"}
_AT_ONCE = 1 << 21  # float64 values held at a time: 16 MiB


def standardisation(values: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Learn how to standardise features, in float32 so that a device computes with the very same numbers.

    Parameters
    ----------
    values : np.ndarray [shape=(n, k)]
        Finite; ``n`` ≥ 1.

    Returns
    -------
    mean, scale : np.ndarray [shape=(k,), dtype=float32]
        Mean and population standard deviation. A constant feature gets scale 1: it counts in its own units.
    """
    low, high = _limits(values)
    mean, deviation = np.empty(len(low)), np.empty(len(low))
    step = max(_AT_ONCE // len(values), 1)
    for start in range(0, len(low), step):
        columns = slice(start, start + step)
        wide = values[:, columns].astype(np.float64)
        mean[columns], deviation[columns] = wide.mean(axis=0), wide.std(axis=0)
    centre, scale = np.where(low == high, low, mean), np.where(constant_columns(values), 1.0, deviation)
    return centre.astype(np.float32), scale.astype(np.float32)


def constant_columns(values: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Which features hold rounding noise only.

    Examples
    --------
    >>> constant_columns(np.float32([[1.0, 2.0], [1.0, 2.1]])).tolist()
    [True, False]
    """
    low, high = _limits(values)
    size = np.maximum(np.abs(low), np.abs(high))
    constant: NDArray[np.bool_] = high - low <= np.maximum(_CONSTANT * size, _SMALLEST_SPREAD)
    return constant


def _limits(values: NDArray[np.float32]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    return values.min(axis=0).astype(np.float64), values.max(axis=0).astype(np.float64)


def standardise(
    values: NDArray[np.float32], mean: NDArray[np.float32], scale: NDArray[np.float32]
) -> NDArray[np.float64]:
    """Return ``(x − mean) / scale`` in float64.

    Examples
    --------
    >>> standardise(np.float32([[3.0]]), np.float32([1.0]), np.float32([4.0])).item()
    0.5
    """
    return (values.astype(np.float64) - mean) / scale.astype(np.float64)


def standardise_bounded(
    values: NDArray[np.float32], mean: NDArray[np.float32], scale: NDArray[np.float32]
) -> NDArray[np.float64]:
    """Standardise, no further than ``FARTHEST`` from the mean: what a device computes with."""
    z: NDArray[np.float64] = np.clip(standardise(values, mean, scale), -FARTHEST, FARTHEST)
    return z


def anomaly_export(
    name: str,
    model: Model,
    features: FeatureSpec,
    *,
    modules: Sequence[str],
    tables: Mapping[str, TableValue],
    scratch_bytes: int,
    tolerance: Mapping[str, float],
    onnx: bytes | None = None,
) -> Export:
    """Give the device node of a block that standardises its features and gives a score with a contribution of each.

    Parameters
    ----------
    name : str
        Of header, source and symbol (``ew_<name>``).
    model : Model
        With the arrays ``selected``, ``mean`` and ``scale``.
    features : FeatureSpec
        What comes in.
    modules, scratch_bytes, tolerance, onnx
        As of :class:`~edgewright_sdk.export.Export`.
    tables : mapping
        What follows ``inputs, features, selected, mean, scale`` in ``ew_<name>_tables``.
    """
    columns = trained_columns(model, features.labels)
    used = len(columns)
    return Export(
        symbol=f"ew_{name}",
        header=f"{name}.h",
        sources=[f"{name}.cpp"],
        modules=list(modules),
        tables={
            "inputs": features.width,
            "features": used,
            "selected": np.array(columns, dtype=np.int32),
            "mean": model.arrays["mean"],
            "scale": model.arrays["scale"],
            **tables,
        },
        inputs=[{"dtype": "float32", "shape": [features.width]}],
        outputs=[
            {"name": "scores", "dtype": "float32", "shape": [1]},
            {"name": "contributions", "dtype": "float32", "shape": [used]},
        ],
        scratch_bytes=scratch_bytes,
        tolerance=tolerance,
        standardisation=TABLES,
        onnx=onnx,
    )
