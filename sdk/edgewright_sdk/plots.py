"""Plots as data, by the schema of ``plots.json`` (``docs/contract.md``)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray


def lines_plot(
    title: str, x: tuple[str, NDArray[Any]], y_label: str, series: Mapping[str, NDArray[Any]]
) -> dict[str, Any]:
    """Draw lines over one axis.

    Parameters
    ----------
    title : str
    x : (label, values)
    y_label : str
    series : mapping
        By name, as many values each as `x` has.
    """
    return {
        "kind": "lines",
        "title": title,
        "x": {"label": x[0], "values": x[1]},
        "y": {"label": y_label},
        "series": [{"name": name, "values": values} for name, values in series.items()],
    }


def signal_plot(
    title: str, axes: Sequence[str], values: NDArray[Any], frequency: float, y_label: str = "value"
) -> dict[str, Any]:
    """Draw a signal ``(axes, length)`` over time."""
    seconds = np.arange(values.shape[-1]) / frequency
    return lines_plot(title, ("time (s)", seconds), y_label, dict(zip(axes, values, strict=True)))
