"""The page of one block over a few windows: what it draws, its features, and the windows themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from edgewright.report import blocks
from edgewright.report.page import render
from edgewright.report.panels import plain
from edgewright.report.sampling import envelope

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from edgewright.face import BlockFeatures
    from edgewright_specs.interface import WindowSpec

#: What the page shows of many: windows side by side, features, points a line, pixels.
MOST_WINDOWS = 6
MOST_FEATURES = 500
MOST_POINTS = 4000
MOST_PIXELS = 1 << 20


def render_block_page(
    name: str,
    *,
    windows: NDArray[Any] | None = None,
    window: WindowSpec | None = None,
    features: BlockFeatures | None = None,
    plots: Sequence[Mapping[str, Any]] = (),
    names: Sequence[str] = (),
    about: Mapping[str, str] | None = None,
    warnings: Sequence[str] = (),
) -> bytes:
    """Render the page.

    Parameters
    ----------
    name : str
        The block's.
    windows : np.ndarray [shape=(n, length, axes) or (n, height, width, channels)], optional
    window : WindowSpec, optional
        What they are.
    features : BlockFeatures, optional
        Of these windows; left out where the block failed.
    plots : sequence of mapping
        ``plots.json``'s.
    names : sequence of str
        What each window is called; by default its number.
    about : mapping, optional
        What stands below the title: ``runner``, ``parameters`` …
    warnings : sequence of str

    Returns
    -------
    bytes
        HTML in UTF-8.
    """
    rows = len(windows) if windows is not None else 0 if features is None else len(features.values)
    called = [str(text) for text in names] or [f"window {number}" for number in range(rows)]
    panels: list[dict[str, Any]] = []

    def add(kind: str, title: str, data: Mapping[str, Any] | None) -> None:
        if data is not None:
            panels.append({"kind": "plots", "id": kind, "title": title, "data": data})

    add("plots", "What the block draws", blocks.fitting(plots))
    if features is not None:
        add("features", "Features", _features(features, called))
    if windows is not None and window is not None:
        add(
            "windows",
            "Windows",
            {"plots": [plot for plot in (_window(windows[:1], window, called),) if plot]},
        )
    info = {
        "name": name, "status": "ok" if features is not None else "failed", "started": "", "seconds": None, "runner": "",
        "build_id": "", "versions": dict(about or {}), "warnings": list(warnings), "nodes": [], "times": {}, "tasks": [],
        "failed": [],
    }  # fmt: skip
    return render({"panels": plain(panels), "problems": []}, plain(info))


def _features(features: BlockFeatures, called: Sequence[str]) -> dict[str, Any]:
    labels, shown = list(features.labels[:MOST_FEATURES]), features.values[:MOST_WINDOWS, :MOST_FEATURES]
    left_out = len(features.labels) - len(labels)
    rows = [
        [label, *(float(value) for value in column)] for label, column in zip(labels, shown.T, strict=True)
    ]
    line = {
        "kind": "lines",
        "title": "Features of each window",
        "x": {"label": "feature", "values": labels},
        "y": {"label": "value"},
        "series": [{"name": name, "values": row.tolist()} for name, row in zip(called, shown, strict=False)],
    }
    return {
        "text": f"{left_out} more features aren't shown." if left_out else "",
        "plots": [line, *_as_matrix(features, called)],
        "tables": [{"title": "Values", "columns": ["feature", *called[: len(shown)]], "rows": rows}],
    }


def _as_matrix(features: BlockFeatures, called: Sequence[str]) -> list[dict[str, Any]]:
    """The first window's features in their declared shape, where that has rows and columns."""
    from math import prod

    sides = [int(features.shape[key]) for key in ("height", "width") if key in features.shape]
    if features.shape.get("type") not in ("spectrogram", "image") or prod(sides) != features.values.shape[1]:
        return []
    height, width = sides
    first = features.values[0]
    if features.shape["type"] == "spectrogram":  # frame by frame, each a column
        values, x, y = first.reshape(width, height).T, "frame", "row"
    else:
        values, x, y = first.reshape(height, width)[::-1], "column", "row from the bottom"
    return [{"kind": "heatmap", "title": f"{called[0]} in its shape", "x": {"label": x}, "y": {"label": y},
             "values": values.tolist()}]  # fmt: skip


def _window(first: NDArray[Any], window: WindowSpec, called: Sequence[str]) -> dict[str, Any] | None:
    """The first window as a plot."""
    if not len(first):
        return None
    if window["kind"] == "image":
        height, width, channels = first.shape[1:]
        if height * width > MOST_PIXELS:
            return None
        pixels = first[0] if channels in (1, 3) else first[0, :, :, :1]
        return {"kind": "image", "title": called[0], "width": width, "height": height, "channels": pixels.shape[2],
                "values": pixels.ravel().tolist()}  # fmt: skip
    thinned, _step = envelope(first[0], MOST_POINTS)
    seconds = np.linspace(0, first.shape[1] / window.get("frequency", 1.0), len(thinned), endpoint=False)
    return {
        "kind": "lines",
        "title": called[0],
        "x": {"label": "seconds", "values": seconds.tolist()},
        "y": {"label": "sample"},
        "series": [
            {"name": axis, "values": values.tolist()}
            for axis, values in zip(window["axes"][:12], thinned.T, strict=False)
        ],
    }
