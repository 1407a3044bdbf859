"""Keys: what a task's outputs depend on, as a document whose hash finds them again.

The document (*parts*) is kept beside the outputs, so that a later miss can say which part changed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from edgewright.planner.tasks import (
    BlockTask,
    CodeRows,
    FromTask,
    HostTask,
    Rows,
    Source,
    WindowRows,
)
from edgewright_specs.interface import CONTRACT_VERSION, digest_json

#: (task, output) -> sha256 of that output
Digest = Callable[[str, str], str]

#: What a person is told of each part; causes first, then what follows from them upstream.
PART_NAMES = {
    "contract": "contract version",
    "step": "version of the host step",
    "block": "code or spec of the block",
    "environment": "environment (library versions, Python, architecture)",
    "params": "parameters",
    "window": "window",
    "classes": "class names",
    "settings": "settings",
    "seed": "seed",
    "threads": "threads",
    "grants": "what it was granted",
    "deploys": "whether it is deployed",
    "choosing": "device and training windows that it chooses by",
    "inputs": "inputs",
}


def block_parts(task: BlockTask, environment: Sequence[str], digest: Digest) -> dict[str, Any]:
    """Key document of a block task."""
    return {
        "contract": CONTRACT_VERSION,
        "operation": task.operation,
        "block": task.block.digest,
        "environment": list(environment),
        "params": dict(task.params),
        "window": task.window,
        "classes": list(task.classes),
        "inputs": {name: source_digest(source, digest) for name, source in task.inputs.items()},
        "seed": task.seed,
        "threads": task.threads,
        **({"deploys": True} if task.deploys else {}),
        **({"choosing": dict(task.choosing)} if task.choosing is not None else {}),
    }


def host_parts(task: HostTask, environment: Sequence[str], digest: Digest) -> dict[str, Any]:
    """Key document of a host step."""
    inputs = {f"{source.task}:{source.output}": digest(source.task, source.output) for source in task.reads}
    return {
        "operation": task.operation,
        "step": task.version,
        "environment": list(environment),
        "settings": dict(task.settings),
        "inputs": inputs,
    }


def source_digest(source: Source, digest: Digest) -> str:
    """Digest of what a source stands for, from the digests of what it is cut from."""
    if isinstance(source, FromTask):
        return digest(source.task, source.output)
    if isinstance(source, WindowRows):
        return digest_json(
            {
                "signal": digest(source.read_task, "signal"),
                "index": digest(source.index_task, "index"),
                "rows": [source.first, source.last],
                "length": source.length,
                "columns": source.columns,
                **({} if source.rows is None else {"kept": _kept(source.rows, digest)}),
            }
        )
    if isinstance(source, CodeRows):
        return digest_json(
            {"codes": digest(source.rows.task, source.output), "rows": _kept(source.rows, digest)}
        )
    parts = [
        [
            part.node,
            digest(part.describe, "description"),
            [digest(chunk, "features") for chunk in part.chunks],
        ]
        for part in source.parts
    ]
    rows = source.rows
    return digest_json({"parts": parts, "rows": None if rows is None else _kept(rows, digest)})


def _kept(rows: Rows, digest: Digest) -> list[Any]:
    return [*(digest(rows.task, output) for output in rows.outputs()), rows.fold, rows.held, rows.part]


def changed_parts(old: Mapping[str, Any] | None, new: Mapping[str, Any]) -> list[str]:
    """Say in words which parts of a key differ from the last one of the same task.

    Parameters, settings, inputs and environment are named one by one.
    """
    if old is None:
        return ["first time"]
    reasons = []
    for part, name in PART_NAMES.items():
        before, after = old.get(part), new.get(part)
        if before != after:
            reasons.append(f"{name}{_detail(before, after)}")
    return reasons or ["its outputs are no longer in the store"]


def _detail(before: Any, after: Any) -> str:
    if isinstance(before, dict) and isinstance(after, dict):
        names = sorted(name for name in set(before) | set(after) if before.get(name) != after.get(name))
        shown = [
            f"{name} {_short(before.get(name))} → {_short(after.get(name))}"
            if not _is_digest(before.get(name)) and not _is_digest(after.get(name))
            else str(name)
            for name in names[:4]
        ]
        return ": " + ", ".join(shown) + ("" if len(names) <= 4 else f" and {len(names) - 4} more")
    if isinstance(before, list) and isinstance(after, list):
        gone = [str(item) for item in before if item not in after]
        come = [str(item) for item in after if item not in before]
        return f": {', '.join(gone[:3]) or '–'} → {', '.join(come[:3]) or '–'}"
    if _is_digest(before) or _is_digest(after):
        return ""
    return f": {_short(before)} → {_short(after)}"


def _is_digest(value: Any) -> bool:
    return isinstance(value, str) and len(value) == 64


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 40 else text[:37] + "…"
