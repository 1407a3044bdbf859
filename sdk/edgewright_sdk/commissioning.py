"""Commissioning in Python: what a device makes of normal windows of a new place (``edgewright/calibrate.h``).

A model that standardises gets another scaler, fitted to the new windows; what it learned in standardised units stays. The
scores from which threshold and p-values come are those of the new windows, each with the scaler that all others give, so
that it counts as unseen.
"""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from edgewright_sdk.columns import trained_columns
from edgewright_sdk.errors import BlockError
from edgewright_sdk.standardisation import constant_columns, standardisation
from edgewright_sdk.values import Features

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from edgewright_sdk.blocks import LearningBlock
    from edgewright_sdk.model import Model
    from edgewright_sdk.params import Params

#: Fewer windows than that say nothing about a spread.
LEAST = 16
#: A window that makes nearly all of the spread leaves a hundredth of it.
_LEFT = np.float32(1e-4)


@dataclass(frozen=True)
class Commissioned:
    """A model with the scaler of the new windows, and their scores in window order, float32."""

    model: Model
    scores: NDArray[np.float32]


def commission(block: LearningBlock, model: Model, features: Features, params: Params) -> Commissioned:
    """Fit a model's scaler to normal windows of a new place, and score them as if unseen.

    Parameters
    ----------
    block : LearningBlock
        An anomaly block. Where its model has the arrays ``selected``, ``mean`` and ``scale``, these are its scaler; else only
        scores are computed.
    model : Model
        As trained; stays as it is.
    features : Features
        Of the new windows, at least 16.
    params : Params

    Raises
    ------
    BlockError
        Too few windows, or a feature that varied in training and is constant now.
    """
    values = np.asarray(features.values)
    if len(values) < LEAST:
        raise BlockError(f"commissioning: {len(values)} windows; at least {LEAST} are needed")
    if not {"selected", "mean", "scale"} <= set(model.arrays):
        return Commissioned(model, np.asarray(block.score(model, features, params).scores, np.float32))
    columns = trained_columns(model, features.labels)
    rows = values[:, columns]
    mean, scale = standardisation(rows)
    still = np.flatnonzero(constant_columns(rows) & (np.asarray(model.arrays["scale"]) != 1))
    if len(still):
        raise BlockError(
            f"commissioning: feature {features.labels[columns[still[0]]]!r} varied in training and is constant in all "
            f"{len(values)} windows; look at its sensor, or record more"
        )
    scores = np.empty(len(rows), np.float32)
    for i in range(len(rows)):
        one = Features(values[i : i + 1], features.labels, features.spec.shape)
        scores[i] = np.asarray(
            block.score(_scaled(model, *_without(rows, i, mean, scale)), one, params).scores
        )[0]
    return Commissioned(_scaled(model, mean, scale), scores)


def calibration_bytes(
    build_id: str, most: int, outputs: Sequence[tuple[float, NDArray[np.float32]]], scalers: Sequence[Model]
) -> bytes:
    """Write a package's ``<name>_calibration`` (little-endian), for devices that are commissioned from recordings.

    Parameters
    ----------
    build_id : str
    most : int
        The package's ``CALIBRATION_WINDOWS``.
    outputs : sequence of (threshold, scores)
        One an anomaly node, in order; all of the same number of scores.
    scalers : sequence of Model
        The commissioned models of those nodes that standardise, in order.
    """
    windows = len(outputs[0][1])
    kept = np.zeros((len(outputs), most), np.float32)
    for row, (_, scores) in zip(kept, outputs, strict=True):
        row[:windows] = np.sort(scores)
    parts = [np.concatenate([m.arrays["mean"], m.arrays["scale"]]) for m in scalers] or [np.zeros(1)]
    floats = [np.array([threshold for threshold, _ in outputs]), kept.ravel(), *parts]
    values: bytes = np.concatenate(floats).astype("<f4").tobytes()
    rest = struct.pack("<Ii32s", 4 * 12 + len(values), windows, build_id.encode()) + values
    return struct.pack("<II", 1, zlib.crc32(rest)) + rest


def _without(
    rows: NDArray[np.float32], row: int, mean: NDArray[np.float32], scale: NDArray[np.float32]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return the scaler of all rows but one, by the formula (and the float32) of the device."""
    others = np.float32(len(rows) - 1)
    z = (rows[row] - mean) / scale
    left = np.maximum(np.float32(1) - z * z / others, _LEFT)
    more = np.float32(len(rows)) / others
    return mean - scale * (z / others), scale * np.sqrt(more * left)


def _scaled(model: Model, mean: NDArray[np.float32], scale: NDArray[np.float32]) -> Model:
    return replace(model, arrays={**model.arrays, "mean": mean, "scale": scale})
