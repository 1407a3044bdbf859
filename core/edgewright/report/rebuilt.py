"""Windows beside their reconstruction: features, and the signal where they are a spectrum."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from edgewright.report.sampling import MAX_POINTS, envelope, peaks, thin
from edgewright.report.sounding import rebuilt_signal

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from numpy.typing import NDArray

    from edgewright.running.run import Run


class NamedSamples:
    """A panel of recordings that somebody asked for, by one node.

    Parameters
    ----------
    node : str
    drawn : iterable of (int, dict)
        Rows of the run's index, each with its plot of two lines (:func:`edgewright.running.rebuilding.rebuilt_samples`).
    """

    def __init__(self, node: str, drawn: Iterable[tuple[int, Mapping[str, Any]]]) -> None:
        self.name, self.title = f"named-{node}", f"Recordings asked for · {node}"
        self._node, self._drawn = node, list(drawn)

    def build(self, run: Run) -> dict[str, Any]:
        """Each recording's oddest windows, beside what the final model makes of them."""
        return {
            "text": "The oddest windows of each recording, rebuilt by the final model.",
            "plots": [
                plot for row, drawn in self._drawn for plot in side_by_side(run, self._node, row, drawn)
            ],
        }


def side_by_side(run: Run, node: str, row: int, drawn: Mapping[str, Any]) -> list[dict[str, Any]]:
    """One window and its reconstruction: the plot that its block drew, under the recording's name, and the signal.

    Parameters
    ----------
    row : int
        Of the run's index.
    drawn : mapping
        A plot of two lines, ``original`` and ``reconstructed``.
    """
    sample, start = origin(run, row)
    title = f"{sample['name']}, from {start:g} s"
    heard = rebuilt_signal(run, node, row, np.asarray(drawn["series"][1]["values"]))
    plots = [_thinned({**drawn, "title": title})]
    return plots if heard is None else [*plots, _signal(run, title, *heard)]


def origin(run: Run, row: int) -> tuple[dict[str, Any], float]:
    """The sample of a window, and the second at which it begins there."""
    entry = run.index[row]
    sample = run.samples[int(entry["sample"])]
    return sample, (int(entry["start"]) - int(sample["offset"])) / float(run.windows_info["frequency"] or 1)


def _thinned(plot: dict[str, Any]) -> dict[str, Any]:
    """A plot of two lines with the peaks of each stretch."""
    rows = np.asarray([line["values"] for line in plot["series"]], dtype=float)
    highest = peaks(rows)
    places = plot["x"].get("values") or list(range(rows.shape[1]))
    series = [
        {"name": line["name"], "values": row.tolist()}
        for line, row in zip(plot["series"], highest, strict=True)
    ]
    return {**plot, "x": {**plot["x"], "values": thin(places, highest.shape[1])}, "series": series}


def _signal(run: Run, title: str, axis: str, original: NDArray[Any], heard: NDArray[Any]) -> dict[str, Any]:
    both, step = envelope(np.stack([original, heard], axis=1), 2 * MAX_POINTS)
    seconds = np.arange(len(both)) * step / float(run.windows_info["frequency"])
    return {
        "kind": "lines",
        "title": f"{title}: signal",
        "x": {"label": "seconds", "values": seconds.round(5).tolist()},
        "y": {"label": axis},
        "series": [
            {"name": "original", "values": both[:, 0].tolist()},
            {"name": "reconstructed", "values": both[:, 1].tolist()},
        ],
    }
