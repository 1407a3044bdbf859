"""Whether what a learning block says of its outputs is what it gives."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from edgewright.conformance import common
from edgewright.conformance.checks import BrokenPromiseError
from edgewright.conformance.fitting import fit, score, scored_rows
from edgewright.conformance.rows import SCORED, rows_of

if TYPE_CHECKING:
    from edgewright.conformance.bench import Answer, Bench


def compare_description(bench: Bench, params: dict[str, Any]) -> None:
    """Compare what `describe` says of some parameters with what `score` gives. Raises BrokenPromiseError."""
    import numpy as np

    described = bench.ask(rows_of(bench).request("describe", params)).document("description")
    model = fit(bench, params)
    if not common.declares(bench, "score"):
        if described["outputs"]:
            raise BrokenPromiseError(
                f"described are {', '.join(described['outputs'])}, but the spec declares no `score`",
                "let describe list no outputs, or name score in the spec's operations",
            )
        return
    answer = score(bench, model, scored_rows(bench), params)
    if sorted(described["outputs"]) != sorted(answer.outputs):
        raise BrokenPromiseError(
            f"described are {', '.join(described['outputs'])}, score gives {', '.join(answer.outputs)}",
            "let describe list exactly what score gives",
        )
    widths = {"contributions": len(described["contributions"]), "probabilities": len(described["classes"])}
    for name in answer.outputs:
        array = answer.array(name)
        if len(array) != SCORED or (name in widths and array.shape[1] != widths[name]):
            raise BrokenPromiseError(
                f"{name} has shape {array.shape} for {SCORED} windows", "one row a window, one column a label"
            )
        if not np.isfinite(array).all():
            raise BrokenPromiseError(f"{name} is not finite", "clip or define what far-away windows score")
    if "nearest" in answer.outputs:
        _check_nearest(bench, answer)


def _check_nearest(bench: Bench, answer: Answer) -> None:
    if "map" not in answer.outputs:
        raise BrokenPromiseError(
            "nearest tells of cells, and there is no map", "give the map too, or neither"
        )
    nearest, cells = answer.array("nearest"), answer.array("map").shape[1:]
    within = (len(rows_of(bench).training()), *cells)
    if ((nearest < 0) | (nearest >= within)).any():
        raise BrokenPromiseError(
            f"nearest goes from {nearest.min(axis=0).tolist()} to {nearest.max(axis=0).tolist()}",
            f"below {list(within)}: a training window, a row and a column of its map",
        )
