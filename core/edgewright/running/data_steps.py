"""Host steps that read a data set and cut it into windows, as keyed tasks."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from edgewright.planner.plan import INDEX, LEAKAGE, READ
from edgewright.planner.tasks import FromTask, HostTask, StepInputs, Task

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from edgewright.data import Inventory
    from edgewright.store import Store
    from edgewright_specs.impulse import ImpulseSpec

READ_VERSION = 1
INDEX_VERSION = 3
LEAKAGE_VERSION = 1


def data_tasks(
    impulse: ImpulseSpec, files: Inventory, store: Store, *, normal_only: bool, by_label: bool
) -> list[Task]:
    """Tasks that read every file once, index its windows and look for leakage; the key holds each file's digest."""
    data, window = impulse.data, impulse.input

    def read_step(_inputs: StepInputs, _settings: Mapping[str, Any], out: Path) -> Mapping[str, str]:
        from edgewright.data import read

        summary = read(files, data, window, out)
        _write(out / "summary.json", asdict(summary))
        masks = {"masks": "masks.npy"} if (out / "masks.npy").exists() else {}
        return {"signal": "signal.npy", "recordings": "recordings.json", "summary": "summary.json", **masks}

    def index_step(inputs: StepInputs, _settings: Mapping[str, Any], out: Path) -> Mapping[str, str]:
        from edgewright.data import index

        folder = inputs[READ, "recordings"].parent
        summary = index(
            folder, data, window, out, normal_only=normal_only, by_label=by_label, seed=impulse.seed
        )
        _write(out / "summary.json", asdict(summary))
        return {
            "samples": "samples.json", "index": "index.npy", "windows": "windows.json", "summary": "summary.json",
        }  # fmt: skip

    asked = data.model_dump(mode="json", exclude={"per", *(() if data.where else ("where",))})
    input_ = window.model_dump(mode="json", exclude={"strict_size"})  # what is done with new images
    reading = HostTask(
        id=READ, node="data", operation="read", step=read_step, version=READ_VERSION,
        settings={
            "reader": [files.reader.name, files.reader.version], "options": asked.get("options") or {}, "skip_bad": asked.get("skip_bad", False), "input": input_,
            # Data sets of links are usual; the store itself follows none.
            "files": [[file.relative, store.digest_file(file.path.resolve())] for file in files.all_files],
            **({"others": [file.relative for file in files.others]} if files.others else {}),
        },
    )  # fmt: skip
    indexing = HostTask(
        id=INDEX, node="data", operation="index", step=index_step, version=INDEX_VERSION,
        settings={"data": {k: v for k, v in asked.items() if k != "path"}, "input": input_, "normal_only": normal_only, "by_label": by_label, "seed": impulse.seed},
        reads=(FromTask(READ, "signal"), FromTask(READ, "recordings")), place=impulse.locate("/input"),
    )  # fmt: skip
    leakage = HostTask(
        id=LEAKAGE, node="data", operation="leakage", step=_leakage, version=LEAKAGE_VERSION, settings={},
        reads=(FromTask(READ, "signal"), *(FromTask(INDEX, name) for name in ("samples", "index", "windows"))),
    )  # fmt: skip
    return [reading, indexing, leakage]


def _leakage(inputs: StepInputs, _settings: Mapping[str, Any], out: Path) -> Mapping[str, str]:
    from edgewright.data.leakage import leakage_of

    _write(out / "leakage.json", leakage_of(inputs[READ, "signal"].parent, inputs[INDEX, "index"].parent))
    return {"leakage": "leakage.json"}


def _write(path: Path, document: Any) -> None:
    path.write_text(json.dumps(document, indent=1, ensure_ascii=False, default=str), encoding="utf-8")
