"""Fill a task's ``/in``: request, links to stored files, and the windows or rows cut just for it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from edgewright.arrays import load_array
from edgewright.planner.samples import CHUNK_BYTES
from edgewright.planner.tasks import (
    BlockTask,
    CodeRows,
    FeatureRows,
    FromTask,
    Rows,
    Source,
    WindowRows,
)
from edgewright.request_folder import put_array, put_chunk, put_request

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from edgewright.store import Links, StoredOutput
    from edgewright_specs.interface import FileRef

#: (task, output) -> what the store holds of it, and where
Find = Callable[[str, str], "tuple[StoredOutput, Path]"]


def materialise(task: BlockTask, in_dir: Path, find: Find, links: Links) -> None:
    """Write everything ``task`` may see into the empty folder ``in_dir``.

    Stored files are hard-linked (copied across file systems); only windows and chosen rows are new bytes.
    """
    inputs = {name: _place(name, source, in_dir, find, links) for name, source in task.inputs.items()}
    put_request(
        in_dir, task.operation, task.params, inputs=inputs, window=task.window, classes=task.classes,
        seed=task.seed, threads=task.threads, deploys=task.deploys, choosing=task.choosing,
    )  # fmt: skip


def expected_shapes(task: BlockTask, find: Find) -> dict[str, tuple[int | None, ...]]:
    """What a task's arrays must be: a row for each of its windows, and the columns that ``describe`` announced."""
    rows: int | None = None
    windows, features = task.inputs.get("windows"), task.inputs.get("features")
    if isinstance(windows, WindowRows):
        kept = windows.rows
        rows = windows.last - windows.first if kept is None else len(_rows(kept, find))
    elif isinstance(windows, FromTask):
        rows = (find(windows.task, windows.output)[0].shape or (None,))[0]
    elif isinstance(features, FeatureRows):
        rows = _count_rows(features, find)
    if task.operation == "transform":
        return {"features": (rows, task.columns)}
    if task.operation == "score":
        one = {"scores": (rows,), "contributions": (rows, None), "probabilities": (rows, task.columns)}
        return {
            **one,
            "map": (rows, None, None),
            "in_float32": (rows, task.columns or 1),
            "nearest": (rows, 3),
        }
    if task.operation != "fit":
        return {}
    return {"train_scores": (rows,), "train_contributions": (rows, None), "train_map": (rows, None, None)}


def _count_rows(source: FeatureRows, find: Find) -> int | None:
    if source.rows is not None:
        return len(_rows(source.rows, find))
    if not source.parts or not source.parts[0].chunks:
        return None
    shapes = [find(chunk, "features")[0].shape or (0,) for chunk in source.parts[0].chunks]
    return sum(shape[0] for shape in shapes)


def _rows(rows: Rows, find: Find) -> NDArray[np.intp]:

    return rows.of(*(load_array(find(rows.task, output)[1]) for output in rows.outputs()))


def _place(name: str, source: Source, in_dir: Path, find: Find, links: Links) -> dict[str, Any]:
    if isinstance(source, FromTask):
        return _stored(name, source, in_dir, find, links)
    if isinstance(source, WindowRows):
        return _windows(name, source, in_dir, find)
    if isinstance(source, CodeRows):
        return put_array(in_dir, name, _codes(source, find))
    return _features(name, source, in_dir, find, links)


def _stored(name: str, source: FromTask, in_dir: Path, find: Find, links: Links) -> dict[str, Any]:
    output, path = find(source.task, source.output)
    if output.kind == "array":
        links.place(path, in_dir / f"{name}.npy")
        ref = {"path": f"{name}.npy", "shape": list(output.shape or ()), "sha256": output.sha256}
        return {"kind": "array", "dtype": output.dtype or "float32", "chunks": [ref]}
    target = in_dir / (f"{name}.json" if output.kind == "json" else name)
    links.place(path, target)
    return {"kind": output.kind, "path": target.name, "sha256": output.sha256}


def _features(name: str, source: FeatureRows, in_dir: Path, find: Find, links: Links) -> dict[str, Any]:

    parts = []
    for number, part in enumerate(source.parts):
        _, description_path = find(part.describe, "description")
        description = json.loads(description_path.read_text(encoding="utf-8"))
        folder = Path(name) / str(number)
        (in_dir / folder).mkdir(parents=True)
        chunks: list[FileRef] = []
        stored = [find(chunk, "features") for chunk in part.chunks]
        if source.rows is None:
            for chunk_number, (output, path) in enumerate(stored):
                relative = (folder / f"{chunk_number}.npy").as_posix()
                links.place(path, in_dir / relative)
                chunks.append({"path": relative, "shape": list(output.shape or ()), "sha256": output.sha256})
        elif stored:
            files = [load_array(path, mapped=True) for _, path in stored]
            rows = take_rows(files, _rows(source.rows, find))
            chunks.append(put_chunk(in_dir, (folder / "0.npy").as_posix(), rows))
        parts.append(
            {
                "node": part.node,
                "labels": description["labels"],
                "shape": description["shape"],
                "chunks": chunks,
            }
        )
    return {"kind": "features", "dtype": "float32", "parts": parts}


def _codes(source: CodeRows, find: Find) -> NDArray[Any]:

    codes: NDArray[Any] = load_array(find(source.rows.task, source.output)[1])[_rows(source.rows, find)]
    return codes


def take_rows(files: list[NDArray[Any]], rows: NDArray[np.intp]) -> NDArray[Any]:
    """Take ascending ``rows`` of arrays that stand for one array cut along axis 0."""
    import numpy as np

    starts = np.cumsum([0, *(len(file) for file in files)])
    picked = [
        file[rows[(rows >= start) & (rows < stop)] - start]
        for file, start, stop in zip(files, starts[:-1], starts[1:], strict=True)
    ]
    return np.concatenate(picked)


def _windows(name: str, source: WindowRows, in_dir: Path, find: Find) -> dict[str, Any]:
    """Windows, cut from the signal into files of bounded size: a fit may read more than memory holds."""
    import numpy as np

    from edgewright.data import windows

    signal = load_array(find(source.read_task, "signal")[1], mapped=True)
    index = load_array(find(source.index_task, "index")[1], mapped=True)
    wanted: NDArray[Any] = np.arange(source.first, source.last)
    if source.rows is not None:
        wanted = source.first + _rows(source.rows, find)
    step = max(CHUNK_BYTES // max(source.length * signal[:1].nbytes, 1), 1)
    chunks: list[FileRef] = []
    for start in range(0, max(len(wanted), 1), step):
        values = windows(signal, index, wanted[start : start + step], source.length)
        chosen = values if source.columns is None else values[:, :, list(source.columns)]
        if len(wanted) <= step:
            return put_array(in_dir, name, chosen)
        chunks.append(put_chunk(in_dir, f"{name}-{len(chunks)}.npy", chosen))
    return {"kind": "array", "dtype": signal.dtype.name, "chunks": chunks}
