"""What ``edgewright features --importance`` reads and prints."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from edgewright.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from edgewright.cli.console import Console

#: Lines of the list; the JSON document has all.
SHOWN = 30
#: Labels that get a column of their own.
MOST_LABELS = 6


def read_labels(path: Path) -> list[str]:
    """Read one label a window: a list in JSON, a one-dimensional ``.npy``, or text with a label a line.

    Raises
    ------
    DataError
        The file isn't there, or is none of these.
    """
    try:
        if path.suffix == ".npy":
            import numpy as np

            array = np.load(path, allow_pickle=False)
            if array.ndim != 1 or array.dtype.kind not in "iuUSb":
                raise DataError(
                    f"{path}: an array of shape {array.shape} and dtype {array.dtype}",
                    hint="allowed: whole numbers or texts of shape (n,), one a window",
                )
            return [
                label.decode("utf-8") if isinstance(label, bytes) else str(label) for label in array.tolist()
            ]
        text = path.read_text(encoding="utf-8-sig")
        if path.suffix != ".json":
            return [line.strip() for line in text.splitlines()]
        listed = json.loads(text)
    except FileNotFoundError:
        raise DataError(f"{path}: no such file") from None
    except (OSError, ValueError, EOFError) as error:
        raise DataError(
            f"{path}: no labels that can be read: {error}",
            hint="allowed: text with a label a line, a list in .json, a one-dimensional .npy",
        ) from None
    if not isinstance(listed, list) or not all(
        label is None or isinstance(label, (str, int)) for label in listed
    ):
        raise DataError(f"{path}: is no list of labels", hint='allowed: ["idle", "running", null, …]')
    return ["" if label is None else str(label) for label in listed]


def show_importance(console: Console, name: str, document: Mapping[str, Any]) -> None:
    """Print the features in descending order, and which are suggested."""
    features, classes = document["features"], document["classes"]
    if not features:
        console.print(f"{name}: nothing to rank by: {document['note']}")
        return
    labels = f", labels {', '.join(classes)}" if classes else ""
    console.print(f"{name}: {len(features)} features, {document['windows']} windows{labels}", bold=True)
    columns = classes if 2 < len(classes) <= MOST_LABELS else []  # of two both are alike
    rows = [
        (
            "*" if entry["label"] in document["suggested"] else "",
            entry["label"],
            f"{entry['importance']:.3f}",
            *(f"{part:.3f}" for part in entry.get("by_label", ())[: len(columns)]),
        )
        for entry in features[:SHOWN]
    ]
    console.table(["", "feature", "importance", *columns], rows, indent=2)
    if len(features) > SHOWN:
        console.print(f"  … and {len(features) - SHOWN} more (--json has all)")
    if document["note"]:
        console.print(f"suggested: all ({document['note']})")
    else:
        chosen = ", ".join(document["suggested"])
        console.print(f"suggested (*): {chosen} ({document['share']:.0%} of importance)")
    console.print("It ranks what tells these labels apart, not what would show an anomaly.")
