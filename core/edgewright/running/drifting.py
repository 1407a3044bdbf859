"""Drift of a stream's inputs against a run's training: what a device tells, for ``score --follow``."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from edgewright.running.run import Run
    from edgewright.scoring import Drift


def drift_of(run: Run, node: str) -> Drift | None:
    """Return what follows a stream at a learning node; None where it doesn't standardise, or has no device code.

    Device code says how a node standardises, since that is what a device computes drift from.
    """
    import numpy as np

    from edgewright.scoring import Drift
    from edgewright_specs.interface import EXPORT_FILE

    folder = run.path / "outputs" / node / "export"
    if not (folder / EXPORT_FILE).is_file():
        return None
    export = json.loads((folder / EXPORT_FILE).read_text(encoding="utf-8"))
    names = export.get("standardisation")
    if names is None:
        return None
    files = {table["name"]: table.get("file") for table in export["tables"]}
    arrays = (
        np.load(folder / files[names[name]], allow_pickle=False) for name in ("selected", "mean", "scale")
    )
    return Drift(*arrays)
