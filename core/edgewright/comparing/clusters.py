"""The other side is the tables of a K-means block trained elsewhere, on the run's own features."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import numpy as np

from edgewright.comparing.sides import Answer
from edgewright.errors import DataError, UsageError
from edgewright.moving.tables import KMeansTables, read_tables

if TYPE_CHECKING:
    from pathlib import Path

    from edgewright.comparing.sides import Question


def answer_of_tables(path: Path, question: Question) -> Answer:
    """Distance of each window to the nearest cluster, less that cluster's size.

    Raises
    ------
    DataError
        No tables, or tables over features that the run does not have.
    """
    if question.classifies:
        raise UsageError(
            f"{path}: K-means tables tell no classes, as node {question.node!r} does",
            hint="name an anomaly node of the run by --node",
        )
    found = [tables for tables in read_tables(path) if isinstance(tables, KMeansTables)]
    if not found:
        raise DataError(
            f"{path}: holds no K-means tables",
            hint="expected axes, mean, scale and clusters of {center, maxError}",
        )
    tables = found[0]
    values, labels = question.features()
    absent = [label for label in tables.labels if label not in labels]
    if tables.labels and not absent:
        columns = [labels.index(label) for label in tables.labels]
        how = "features matched by label"
    elif not tables.labels and max(tables.axes) < len(labels):
        columns = list(tables.axes)
        how = "features matched by number"
    else:
        what = f"a feature {absent[0]!r}" if absent else f"feature number {max(tables.axes)}"
        raise DataError(
            f"{path}: its tables are over {what}, which the run's node {question.node!r} doesn't read",
            hint=f"the node reads {len(labels)} features, {', '.join(labels[:3])} …; compare runs of the same features",
        )
    started = time.perf_counter()
    z = (values[:, columns].astype(np.float64) - np.array(tables.mean)) / np.array(tables.scale)
    scores = np.full(len(z), np.inf)
    for center, radius in zip(tables.centers, tables.radii, strict=True):
        scores = np.minimum(scores, np.linalg.norm(z - np.array(center), axis=1) - radius)
    seconds = (time.perf_counter() - started) / max(len(z), 1)
    return Answer(
        "K-means tables", path.name, scores, None, tables.threshold, seconds, path.stat().st_size,
        (f"{len(tables.radii)} clusters over {len(columns)} of {len(labels)} features; {how}",),
        "scoring alone, on the run's features", "file",
    )  # fmt: skip
