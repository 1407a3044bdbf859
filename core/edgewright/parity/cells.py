"""One cell of the table: how far a node's outputs on an engine are from the run's, or why that isn't known."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray


@dataclass(frozen=True)
class Cell:
    """What one engine makes of one node.

    Attributes
    ----------
    largest_difference : float or None
        None where there is nothing to compare: `missing`, `note` or `failed` say why.
    beyond_tolerance : int
        How many values differ by more than the node allows.
    decisions_differ : int
        How many windows are decided otherwise.
    decided_beyond : int
        Of these, windows whose score is not within tolerance of the threshold.
    same_bytes : bool
        Equal to the last bit.
    missing : tuple of str
        What would be needed and isn't here.
    note : str
        Another reason that is no failure: it doesn't fit, the node isn't computed there.
    failed : str
        What went wrong.
    """

    largest_difference: float | None = None
    beyond_tolerance: int = 0
    decisions_differ: int = 0
    decided_beyond: int = 0
    same_bytes: bool = False
    missing: tuple[str, ...] = ()
    note: str = ""
    failed: str = ""

    @property
    def ok(self) -> bool:
        """Nothing differs by more than is allowed; what isn't here doesn't count as a difference."""
        return not (self.failed or self.beyond_tolerance or self.decided_beyond)

    def text(self) -> str:
        """The cell in a few words."""
        if self.failed:
            return "failed"
        if self.missing:
            return f"not here: {', '.join(self.missing)}"
        if self.largest_difference is None:
            return self.note or "–"
        said = "same bytes" if self.same_bytes else f"{self.largest_difference:.2g}"
        if self.beyond_tolerance:
            said += f", {self.beyond_tolerance} beyond tolerance"
        if self.decisions_differ:
            said += f", {self.decisions_differ} decided otherwise"
        return said


def cells_of_engine(found: Mapping[str, Any], nodes: Sequence[str]) -> dict[str, Cell]:
    """Cells of one engine from what a deployment block's ``parity`` says of it."""
    for name in ("missing", "too_large", "too_slow", "failed"):
        if name not in found:
            continue
        cell = {
            "missing": Cell(missing=tuple(map(str, found.get("missing", ())))),
            "too_large": Cell(note=f"too large: {found.get('too_large')}"),
            "too_slow": Cell(note=f"too slow: {found.get('too_slow')}"),
            "failed": Cell(failed=str(found.get("failed"))),
        }[name]
        return dict.fromkeys(nodes, cell)
    # p-values and streams have no node of their own: where they differ, no cell of this engine is right.
    elsewhere = int(found.get("p_values_beyond_tolerance", 0)) + int(found.get("stream_differs", 0))
    cells = {}
    for node in nodes:
        result = found["nodes"].get(node)
        if result is None:
            cells[node] = Cell(note="not compared")
            continue
        differing = [one for one in found.get("decisions_differ", ()) if one.get("node") == node]
        cells[node] = Cell(
            float(result["largest_difference"]),
            int(result["beyond_tolerance"]),
            len(differing),
            sum(not one.get("within_tolerance") for one in differing),
            failed="its p-values or its stream differ from one-shot scores" if elsewhere else "",
        )
    return cells


def compared(
    again: NDArray[Any],
    recorded: NDArray[Any],
    tolerance: Mapping[str, float],
    decisions: tuple[NDArray[Any], NDArray[Any]] | None = None,
    *,
    bytes_promised: bool = False,
) -> Cell:
    """A cell of an array that was computed again.

    Parameters
    ----------
    again, recorded : np.ndarray
    tolerance : mapping
        ``absolute`` and ``relative``.
    decisions : pair of np.ndarray, optional
        What was decided by `again` and by `recorded`, one a window.
    bytes_promised : bool
        Both environments are equal: then nothing but the same bytes is right.
    """
    import numpy as np

    if again.shape != recorded.shape:
        return Cell(failed=f"gives an array {again.shape}, the run's is {recorded.shape}")
    difference = np.abs(again.astype(np.float64) - recorded.astype(np.float64))
    allowed = tolerance.get("absolute", 0.0) + tolerance.get("relative", 0.0) * np.abs(recorded)
    differ = 0 if decisions is None else int((decisions[0] != decisions[1]).sum())
    same = again.dtype == recorded.dtype and again.tobytes() == recorded.tobytes()
    return Cell(
        float(np.nan_to_num(difference, nan=1e300).max(initial=0.0)),
        int((~(difference <= allowed)).sum()),
        differ,
        0,
        same,
        failed="the environments are equal, the bytes differ" if bytes_promised and not same else "",
    )
