"""Estimators that a block has just trained, as its model: arrays and JSON, scored and exported as converted ones are."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from edgewright_sdk.artifacts.kernels import Kernel
from edgewright_sdk.artifacts.layers import Layers
from edgewright_sdk.artifacts.linear import Linear
from edgewright_sdk.artifacts.scoring import model_of
from edgewright_sdk.artifacts.sklearn_models import predictor_of
from edgewright_sdk.standardisation import standardisation, standardise_bounded

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from edgewright_sdk.artifacts.trees import Trees
    from edgewright_sdk.model import Model

Standard = tuple["NDArray[np.float32]", "NDArray[np.float32]"]


def standard_of(values: NDArray[np.float32]) -> tuple[Standard, NDArray[np.float64]]:
    """Mean and scale of training values, and the values standardised as ``score`` will do it."""
    mean, scale = standardisation(values)
    return (mean, scale), standardise_bounded(values, mean, scale)


def classifier_model(
    estimator: object,
    labels: Sequence[str],
    columns: Sequence[int],
    classes: Sequence[str],
    standard: Standard | None = None,
) -> Model:
    """Model of a classifier.

    Parameters
    ----------
    estimator : scikit-learn estimator
        Fitted on indices of ``classes``; indices may be missing.
    labels : sequence of str
        Of all features.
    columns : sequence of int
        Those that the estimator was fitted on, in that order.
    classes : sequence of str
    standard : tuple of np.ndarray, optional
        Mean and scale where it was fitted on standardised values.
    """
    predictor = predictor_of(estimator)
    assert predictor.labels is not None
    known = np.array(predictor.labels, np.int32)
    meta, arrays = _described(predictor.source, "classification", labels, columns, standard)
    return model_of(predictor, {**meta, "classes": list(classes)}, {**arrays, "columns": known})


def regressor_model(
    estimator: object,
    labels: Sequence[str],
    columns: Sequence[int],
    standard: Standard | None = None,
    *,
    slope: float = 1.0,
    shift: float = 0.0,
) -> Model:
    """Model of a regressor that was fitted on ``(target − shift) / slope``; the rest as in :func:`classifier_model`."""
    predictor = predictor_of(estimator)
    predictor = replace(predictor, scorer=turned_back(predictor.scorer, slope, shift))
    meta, arrays = _described(predictor.source, "regression", labels, columns, standard)
    return model_of(predictor, meta, arrays)


def _described(
    source: str, mode: str, labels: Sequence[str], columns: Sequence[int], standard: Standard | None
) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    meta = {
        "source": source,
        "mode": mode,
        "features": len(columns),
        "labels": [labels[column] for column in columns],
    }
    arrays: dict[str, NDArray[Any]] = {"selected": np.array(columns, np.int32)}
    if standard is not None:
        arrays["mean"], arrays["scale"] = standard
    return meta, arrays


def turned_back(
    scorer: Linear | Kernel | Layers | Trees, slope: float, shift: float
) -> Linear | Kernel | Layers | Trees:
    """Let a scorer of one output, taught on ``(target − shift) / slope``, give the number itself."""
    if isinstance(scorer, Linear):
        return Linear(scorer.weights * slope, scorer.bias * slope + shift)
    if isinstance(scorer, Kernel):
        return replace(scorer, coefficients=scorer.coefficients * slope, bias=scorer.bias * slope + shift)
    if isinstance(scorer, Layers):
        inputs = int(scorer.table[-1, 1] * scorer.table[-1, 2])
        weights, bias = scorer.weights.copy(), scorer.layer_bias.copy()
        weights[-inputs:] *= np.float32(slope)
        bias[-1] = bias[-1] * slope + shift
        return Layers(scorer.table, weights, bias)
    leaves = (scorer.leaves.astype(np.float64) * slope).astype(np.float32)
    return replace(scorer, leaves=leaves, base=scorer.base * slope + shift)
