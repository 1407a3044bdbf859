"""What a subspace looks like: its components, and windows beside their reconstruction."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from .subspace import Subspace

_COMPONENTS = 4
_VARIANCES = 100
_WINDOWS = 20
_NUMBERED = re.compile(r"(.+) (-?[0-9]+(?:\.[0-9]+)?) ([^\W\d]+)")


def pictures(
    subspace: Subspace, labels: Sequence[str], rows: NDArray[np.float32] | None
) -> list[dict[str, Any]]:
    """Plots: variance by component, the first components, then each of at most 20 windows with its reconstruction.

    Parameters
    ----------
    subspace : Subspace
    labels : sequence of str [length=k]
    rows : np.ndarray [shape=(n, k)], optional
        Windows to show.
    """
    plots = []
    made, total = len(subspace.components), float(subspace.variances.sum())
    if total > 0:
        share = np.cumsum(subspace.variances[:_VARIANCES]) / total
        numbers = [float(number) for number in range(1, len(share) + 1)]
        kept = np.where(np.arange(len(share)) < made, share, share[min(made, len(share)) - 1])
        plots.append(
            _lines(
                f"Variance that components explain: {subspace.explained:.1%} by {made}",
                {"label": "components", "values": numbers},
                "share",
                {"all": share, "kept": kept},
            )
        )
    axis = _axis(labels)
    if made:
        first = {
            f"component {number + 1}": row for number, row in enumerate(subspace.components[:_COMPONENTS])
        }
        plots.append(_lines("The first components", axis, "weight", first))
    if rows is not None:
        shown = rows[:_WINDOWS]
        for number, (window, rebuilt) in enumerate(zip(shown, subspace.reconstruct(shown), strict=True)):
            series = {"original": window, "reconstructed": rebuilt}
            plots.append(_lines(f"Window {number}: original and reconstructed", axis, "value", series))
    return plots


def _axis(labels: Sequence[str]) -> dict[str, Any]:
    """Labels that differ in a number only (``audio 62.5 Hz``) become a scale, others stay names."""
    found = [_NUMBERED.fullmatch(label) for label in labels]
    parts = [match.groups() for match in found if match]
    if len(parts) == len(labels) and len({(before, unit) for before, _, unit in parts}) == 1:
        return {"label": f"{parts[0][0]} {parts[0][2]}", "values": [float(number) for _, number, _ in parts]}
    return {"label": "feature", "values": list(labels)}


def _lines(title: str, x: dict[str, Any], y: str, series: dict[str, NDArray[Any]]) -> dict[str, Any]:
    lines = [{"name": name, "values": values} for name, values in series.items()]
    return {"kind": "lines", "title": title, "x": x, "y": {"label": y}, "series": lines}
