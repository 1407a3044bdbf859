"""New images with what a run's nodes make of each place, as PNG files."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from edgewright.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from edgewright.running.fresh import Fresh
    from edgewright.running.run import Run


def nodes_with_maps(run: Run) -> list[str]:
    """Anomaly nodes whose places can be drawn.

    Raises
    ------
    UsageError
        There is none.
    """
    described = {node: run.description(run.regions.get(node, node)) for node in run.anomaly_nodes}
    found = [node for node, description in described.items() if "map" in description["outputs"]]
    if not run.of_images or not found:
        what = "no node of this run gives a map" if run.of_images else "this run is not of images"
        raise UsageError(
            f"{run.path}: {what}, so there is nothing to lay over them", hint="leave --overlays out"
        )
    return found


def with_overlays(
    run: Run, fresh: Fresh, results: Iterable[Mapping[str, Any]], out: Path, taken: set[Path]
) -> Iterator[dict[str, Any]]:
    """Draw each image as its result comes, and put the path of each node's picture into it: ``overlays``.

    Parameters
    ----------
    results : iterable of mapping
        One an image, in their order.
    out : Path
        Folder: ``<sample>.png``, or ``<sample>.<node>.png`` where several nodes give maps.
    taken : set of Path
        What was written already; another image of the same name gets a number.
    """
    import numpy as np

    from edgewright.report.overlay import overlay, save_overlay

    nodes = nodes_with_maps(run)
    maps = {node: fresh.maps(run, node) for node in nodes}
    for number, result in enumerate(results):
        pixels = fresh.signal[int(fresh.index[number]["start"])]
        drawn: dict[str, str] = {}
        for node in nodes:
            verdict, cells = result["nodes"][node], maps[node][number]
            deciding = bool(
                np.isclose(cells, verdict["score"], rtol=1e-4).any()
            )  # else its threshold is of no cell
            path = _place(out, str(result["sample"]), f".{node}.png" if len(nodes) > 1 else ".png", taken)
            picture = overlay(pixels, cells, run.map_scale(node), verdict["threshold"] if deciding else None)
            save_overlay(path, picture)
            drawn[node] = str(path)
        yield {**result, "overlays": drawn}


def _place(out: Path, sample: str, ending: str, taken: set[Path]) -> Path:
    """A path within the folder, whatever a sample is called."""
    parts = [part for part in PurePosixPath(sample).parts if part not in ("/", "..")] or ["image"]
    stem, number = "/".join(parts), 1
    while (path := out / f"{stem}{'' if number == 1 else f'-{number}'}{ending}") in taken:
        number += 1
    taken.add(path)
    return path
