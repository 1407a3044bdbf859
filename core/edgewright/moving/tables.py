"""Tables of a trained anomaly block: K-means clusters and Gaussian mixtures, from JSON or from C text, never executed.

The K-means score is the distance to the nearest cluster's centre less that cluster's ``maxError``, in the space
``(feature - mean) / scale`` of the chosen features (``axes``, by index).
"""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from edgewright.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

MOST_BYTES = 64 << 20

#: Repetitions are bounded, so that no text takes longer than its length is worth.
_ARRAY = re.compile(
    r"\b(?P<name>\w{1,200})(?!\w)\s{0,40}(?:\[[^\[\]]{0,200}\]\s{0,40}){0,4}=\s*(?=\{)",
    re.IGNORECASE,
)
_COMMENTS = re.compile(r"/\*.*?(?:\*/|\Z)|//[^\n]*", re.DOTALL)
_TOKEN = re.compile(r"\s*(?:(?P<mark>[{},])|(?P<number>[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)[fFuUlL]*)")
_NUMBER_AT_END = re.compile(r"_(\d+)$")


@dataclass(frozen=True)
class KMeansTables:
    """One trained K-means block. ``block`` is the id of the learning block where the tables tell it."""

    axes: tuple[int, ...]
    mean: tuple[float, ...]
    scale: tuple[float, ...]
    centers: tuple[tuple[float, ...], ...]
    radii: tuple[float, ...]
    block: int | None = None
    threshold: float | None = None
    labels: tuple[str, ...] = ()

    def to_document(self) -> dict[str, Any]:
        """The tables in the form that the API of Edge Impulse gives them."""
        document: dict[str, Any] = {
            "axes": list(self.axes),
            "mean": list(self.mean),
            "scale": list(self.scale),
            "clusters": [
                {"center": list(center), "maxError": radius}
                for center, radius in zip(self.centers, self.radii, strict=True)
            ],
        }
        if self.labels:
            document["labels"] = list(self.labels)
        if self.threshold is not None:
            document["thresholds"] = [{"type": "anomaly", "min_anomaly_score": self.threshold}]
        return document


@dataclass(frozen=True)
class MixtureTables:
    """What is told of a trained Gaussian mixture."""

    components: int
    axes: tuple[int, ...] = ()
    threshold: float | None = None


def read_tables(path: Path) -> list[KMeansTables | MixtureTables]:
    """Read the tables of a JSON document or of C source; an empty list where there are none.

    Raises
    ------
    DataError
        There are tables, but they don't fit together.
    """
    if path.stat().st_size > MOST_BYTES:
        return []
    text = path.read_text(encoding="utf-8", errors="replace")
    if path.suffix.lower() != ".json":
        return list(_from_c(text, str(path)))
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        return []
    found = from_document(document, str(path))
    return [] if found is None else [found]


def from_document(document: Any, where: str) -> KMeansTables | MixtureTables | None:
    """Read the tables of a parsed JSON document; None where it holds none. Raises DataError."""
    if not isinstance(document, dict):
        return None
    clusters = document.get("clusters")
    if isinstance(clusters, list) and {"mean", "scale"} <= document.keys():
        try:
            return _checked(
                where,
                axes=document.get("axes") or list(range(len(document["mean"]))),
                mean=document["mean"],
                scale=document["scale"],
                clusters=[[cluster["center"], cluster["maxError"]] for cluster in clusters],
                threshold=threshold_of(document),
                labels=tuple(str(label) for label in document.get("labels") or ()),
            )
        except (KeyError, TypeError, ValueError, OverflowError) as error:
            raise _bad(where, f"{type(error).__name__}: {error}") from error
    weights = document.get("weights")
    if isinstance(weights, list) and isinstance(document.get("means"), list):
        told = document.get("axes")
        axes = tuple(int(axis) for axis in told if _finite(axis)) if isinstance(told, list) else ()
        return MixtureTables(len(weights), axes, threshold_of(document))
    return None


def threshold_of(document: Mapping[str, Any]) -> float | None:
    """The anomaly threshold among a block's or model's ``thresholds``, if one is told."""
    entries = document.get("thresholds")
    for entry in entries if isinstance(entries, list) else ():
        if isinstance(entry, dict) and str(entry.get("type", "")).startswith("anomaly"):
            value: Any = entry.get("min_anomaly_score", entry.get("threshold"))
            if _finite(value):
                return float(value)
    return None


def _finite(value: Any) -> bool:
    """Whether it is a number that a float can hold."""
    try:
        return isinstance(value, int | float) and math.isfinite(value)
    except OverflowError:
        return False


def _from_c(text: str, where: str) -> list[KMeansTables]:
    """Every set of tables in C source: arrays called ``…anom…`` with ``axis``, ``mean``, ``scale``, ``cluster`` in the name."""
    plain = _COMMENTS.sub(" ", text)
    sets: dict[int | None, dict[str, Any]] = {}
    for match in _ARRAY.finditer(plain):
        name = match["name"].lower()
        part = next((word for word in ("axis", "axes", "mean", "scale", "cluster") if word in name), None)
        if part is None or "anom" not in name:
            continue
        suffix = _NUMBER_AT_END.search(name)
        try:
            value = _initialiser(plain, match.end())
        except (ValueError, RecursionError):
            continue  # names or expressions, not a table of numbers
        sets.setdefault(int(suffix[1]) if suffix else None, {})["axes" if part == "axis" else part] = value
    return [
        _checked(
            where, axes=parts.get("axes") or list(range(len(parts["mean"]))), mean=parts["mean"],
            scale=parts["scale"], clusters=parts["cluster"], block=block,
        )
        for block, parts in sets.items()
        if {"mean", "scale", "cluster"} <= parts.keys()
    ]  # fmt: skip


def _initialiser(text: str, start: int) -> list[Any]:
    """A braced list of numbers and lists, as nested lists. Raises ValueError where anything else stands in it."""
    stack: list[list[Any]] = []
    at = start
    while True:
        token = _TOKEN.match(text, at)
        if token is None:
            raise ValueError(f"not a table of numbers at {text[at : at + 20]!r}")
        at = token.end()
        if token["number"] is not None:
            stack[-1].append(float(token["number"]))
        elif token["mark"] == "{":
            stack.append([])
        elif token["mark"] == "}":
            done = stack.pop()
            if not stack:
                return done
            stack[-1].append(done)


def _checked(
    where: str,
    *,
    axes: Any,
    mean: Any,
    scale: Any,
    clusters: Any,
    block: int | None = None,
    threshold: float | None = None,
    labels: tuple[str, ...] = (),
) -> KMeansTables:
    try:
        tables = KMeansTables(
            tuple(int(axis) for axis in axes),
            tuple(float(value) for value in mean),
            tuple(float(value) for value in scale),
            tuple(tuple(float(value) for value in center) for center, _ in clusters),
            tuple(float(radius) for _, radius in clusters),
            block, threshold, labels,
        )  # fmt: skip
    except (TypeError, ValueError, OverflowError) as error:
        raise _bad(where, str(error)) from error
    width = len(tables.axes)
    sizes = {len(tables.mean), len(tables.scale), *map(len, tables.centers)}
    if not tables.centers or sizes != {width}:
        raise _bad(where, f"{width} axes with tables of {sorted(sizes)} values")
    numbers = [*tables.mean, *tables.scale, *tables.radii, *(v for center in tables.centers for v in center)]
    if not all(map(math.isfinite, numbers)) or 0.0 in tables.scale or min(tables.axes) < 0:
        raise _bad(where, "a value is not finite, a scale is 0, or an axis is negative")
    return tables


def _bad(where: str, why: str) -> DataError:
    return DataError(
        f"{where}: the K-means tables don't fit together: {why}",
        hint="expected axes, mean and scale of one length and clusters of {center, maxError}; export them again",
    )
