"""Graphs of a block's answer, as plots of ours."""

from __future__ import annotations

import base64
import binascii
import math
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

MAX_POINTS = 100_000
MAX_IMAGE_BYTES = 4 << 20
#: How the bytes of each kind of image begin.
_BEGINNINGS = {"image/png": (b"\x89PNG\r\n",), "image/jpeg": (b"\xff\xd8\xff",)}


def plots_of(graphs: Any, prefix: str, warn: Callable[[str], None]) -> list[dict[str, Any]]:
    """Return the plots of one answer's ``graphs``; those that can't be drawn are left out with a warning.

    Parameters
    ----------
    prefix : str
        Stands before each title.
    warn : callable
        Told what was left out.
    """
    plots = []
    for number, graph in enumerate(graphs if isinstance(graphs, list) else []):
        if not isinstance(graph, dict):
            warn(f"graph {number} is a {type(graph).__name__}, not an object; left out")
            continue
        name = str(graph.get("name") or f"Graph {number + 1}")
        title = f"{prefix}{name}"
        try:
            plots.append(_image(graph, title) if graph.get("type") == "image" else _lines(graph, title))
        except ValueError as problem:
            warn(f"graph {name!r} can't be drawn: {problem}")
    return plots


def _lines(graph: dict[str, Any], title: str) -> dict[str, Any]:
    values = graph.get("X")
    named = values if isinstance(values, dict) else dict(_numbered(values))
    series = [(str(name), _finite(items, str(name))) for name, items in named.items()]
    abscissa = _finite(graph["y"], "y") if graph.get("y") else None
    if not series:
        raise ValueError("it has no series")
    length = max(len(items) for _name, items in series)
    if abscissa is not None and len(abscissa) < length:
        length = len(abscissa)  # a point without a place can't be drawn
    words = graph.get("axisLabels") if isinstance(graph.get("axisLabels"), dict) else {}
    assert isinstance(words, dict)
    x: dict[str, Any] = {"label": str(words.get("X") or "")}
    if abscissa is not None:
        x["values"] = abscissa[:length]
    y: dict[str, Any] = {"label": str(words.get("y") or words.get("Y") or "")}
    if graph.get("type") == "logarithmic":
        y["scale"] = "log"
    return {
        "kind": "lines",
        "title": title,
        "x": x,
        "y": y,
        "series": [{"name": name, "values": items[:length]} for name, items in series],
    }


def _numbered(values: Any) -> list[tuple[str, Any]]:
    """Series without names: a list of lists, or one list."""
    if not isinstance(values, list) or not values:
        raise ValueError("'X' is neither an object nor a list of series")
    if not isinstance(values[0], list):
        return [("value", values)]
    return [(f"{number + 1}" if len(values) > 1 else "value", items) for number, items in enumerate(values)]


def _finite(values: Any, name: str) -> list[float]:
    """Numbers as JSON can hold them: an infinity (of a logarithm of nothing) becomes the nearest finite value."""
    if not isinstance(values, list) or not values:
        raise ValueError(f"{name!r} is not a list of numbers")
    if len(values) > MAX_POINTS:
        raise ValueError(f"{name!r} has {len(values)} points; at most {MAX_POINTS} are drawn")
    if any(isinstance(value, bool) or not isinstance(value, (int, float)) for value in values):
        raise ValueError(f"{name!r} holds something else than numbers")
    numbers = [float(value) for value in values]
    finite = [value for value in numbers if math.isfinite(value)]
    if any(math.isnan(value) for value in numbers) or not finite:
        raise ValueError(f"{name!r} holds NaN")
    lowest, highest = min(finite), max(finite)
    return [min(max(value, lowest), highest) for value in numbers]


def _image(graph: dict[str, Any], title: str) -> dict[str, Any]:
    mime = str(graph.get("imageMimeType") or "image/png").lower()
    text = str(graph.get("image") or "").partition("base64,")
    data = "".join((text[2] or text[0]).split())
    try:
        content = base64.b64decode(data, validate=True)
    except (binascii.Error, ValueError) as error:
        raise ValueError(f"its image is not base64: {error}") from None
    if len(content) > MAX_IMAGE_BYTES:
        raise ValueError(f"its image is larger than {MAX_IMAGE_BYTES >> 20} MiB")
    known = (
        b"<svg" in content[:4096]
        if mime == "image/svg+xml"
        else content.startswith(_BEGINNINGS.get(mime, ()))
    )
    if not known:
        raise ValueError(f"its image is no {mime}; images are PNG, JPEG or SVG")
    return {"kind": "encoded-image", "title": title, "mime": mime, "data": data}
