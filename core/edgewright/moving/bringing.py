"""``edgewright import edge-impulse``: a project becomes a folder with an impulse, its data, and a list of what is missing."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from edgewright.data.suggestion import Choice, impulse_name, relative_path
from edgewright.errors import DataError, UsageError
from edgewright.moving.finding import Found, look
from edgewright.moving.impulse_text import impulse_text
from edgewright.moving.learning import learning_node
from edgewright.moving.nodes import Node, Translator
from edgewright.moving.notes import Notes
from edgewright.moving.sections import Recordings, input_section, recordings
from edgewright.moving.unpacking import unpack
from edgewright.scratch import scratch_folder

if TYPE_CHECKING:
    from edgewright.moving.tables import KMeansTables
    from edgewright.plugins import Plugins

IMPULSE, LIST, DATA, TABLES = "impulse.yaml", "imported.md", "data", "kmeans.json"


@dataclass(frozen=True)
class Imported:
    """What was written: ``files`` of the folder, the impulse's text, and what became of each part."""

    folder: Path
    text: str
    notes: Notes
    recordings: int
    runs: bool


def import_edge_impulse(path: Path, out: Path, *, plugins: Plugins, copy: bool = False) -> Imported:
    """Make an impulse of what a project of Edge Impulse exported.

    Parameters
    ----------
    path : Path
        A folder, a zip archive or a file: a data export, ``deployment-metadata.json``, an impulse as JSON, K-means or
        mixture tables, a C++ export; or several of them in one folder.
    out : Path
        A new or empty folder.
    plugins : Plugins
        Whose blocks and readers may be used.
    copy : bool
        Copy the recordings into ``out``; without it they stay where they are (those of an archive are always copied).

    Raises
    ------
    DataError
        Nothing that is known, or documents and tables that can't be read. Nothing is left in `out` then.
    UsageError
        `out` holds something already.
    """
    if not path.exists():
        raise DataError(f"{path}: there is no such file or folder", hint="name an export of Edge Impulse")
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise UsageError(f"{out} is not empty", hint="give a new or an empty folder with -o")
    out.parent.mkdir(parents=True, exist_ok=True)
    with scratch_folder("import", out.parent) as work:
        source = path
        if path.is_file() and path.suffix.lower() == ".zip":
            unpacked = work / "unpacked"
            unpacked.mkdir()
            source = unpack(path, unpacked)
            copy = True
        built = work / "project"
        built.mkdir()
        found = look(source, plugins.readers())
        imported = _write(found, path, built, out, plugins, copy=copy)
        if out.exists():
            out.rmdir()
        built.rename(out)
    return replace(imported, folder=out)


def _write(found: Found, path: Path, built: Path, out: Path, plugins: Plugins, *, copy: bool) -> Imported:
    from edgewright_specs.loading import parse_impulse

    notes = Notes()
    data = None if found.data is None else recordings(found.root, found.data, plugins, notes)
    window, spec = input_section(found, data, notes)
    translator = Translator(plugins, notes, spec)
    processing, learning = _graph(found, translator, data, notes)
    for entry in found.project.post:
        notes.left(
            f"post-processing “{entry.get('title') or entry.get('name') or entry.get('type')}”",
            "it has no counterpart in an impulse",
            "smoothing is a setting of the deployed library; anything else belongs into your application",
        )
    if (processing or learning) and not any(node.active for node in (*processing, *learning)):
        processing.append(
            Node("stand_in", "raw", True, "", why="an impulse needs a block: take it out for yours")
        )
        notes.changed(
            "the impulse", "none of its blocks could be carried over: node stand_in (raw) keeps the file loadable",
            "take it out once one of the nodes in comments is there",
        )  # fmt: skip
    if found.project.models:
        notes.left(
            f"{found.project.models} trained network(s)", "models are trained anew here",
            "`edgewright compare` takes the old .eim, WebAssembly package or ONNX file",
        )  # fmt: skip
    tables = found.tables[0] if found.tables else None
    if tables is not None:
        _keep_tables(tables, processing, translator, built, notes)
    section = _data_section(found, data, built, out, copy=copy, notes=notes)
    source = path.name or str(path)
    if processing or learning or data is None or data.suggestion is None:
        name = impulse_name(found.project.name or path.stem)
        text = impulse_text(
            name, source, section, {} if data is None else data.options, window, processing, learning
        )
    else:
        text = _proposed(data, section, source, found, notes)
    parse_impulse(text, out / IMPULSE)  # what we write must load; a bug here must not become the user's
    (built / IMPULSE).write_text(text, encoding="utf-8")
    (built / LIST).write_text(notes.to_markdown(source), encoding="utf-8")
    runs = data is not None and not any(node.id == "stand_in" for node in processing)
    return Imported(out, text, notes, 0 if found.data is None else len(found.data.files), runs)


def _graph(
    found: Found, translator: Translator, data: Recordings | None, notes: Notes
) -> tuple[list[Node], list[Node]]:
    project = found.project
    processing = [translator.processing(block) for block in project.processing]
    if data is not None and data.axes:
        known = set(data.axes)
        processing = [
            replace(node, axes=tuple(axis for axis in node.axes if axis in known)) for node in processing
        ]
    learning = []
    for block in project.learning:
        tables = next((t for t in found.tables if t.block == block.id), None) or (
            found.tables[0] if found.tables and found.tables[0].block is None else None
        )
        mixture = found.mixtures[0] if found.mixtures else None
        learning.append(learning_node(translator, block, processing, tables, mixture))
    anomaly = [node for node in learning if node.active and node.anomaly]
    if anomaly and data is not None and not data.normal:
        notes.changed(
            "what is normal", "no label says that it is normal: the impulse explores (split: none)",
            "list the normal labels as `normal: [...]` under data and delete `split: none`",
        )  # fmt: skip
    return processing, learning


def _keep_tables(
    tables: KMeansTables, processing: list[Node], translator: Translator, built: Path, notes: Notes
) -> None:
    """Write the old model's tables where ``compare`` takes them."""
    labels = [label for node in processing for label in translator.labels.get(node.id, ())]
    if not tables.labels and labels and max(tables.axes) < len(labels):
        tables = replace(tables, labels=tuple(labels[axis] for axis in tables.axes))
    (built / TABLES).write_text(json.dumps(tables.to_document(), indent=1) + "\n", encoding="utf-8")
    notes.carried(
        f"the trained K-means tables ({len(tables.radii)} clusters of {len(tables.axes)} features)",
        f"as {TABLES}: `edgewright compare RUN {TABLES} DATA` puts the model trained here beside them",
    )


def _data_section(
    found: Found, data: Recordings | None, built: Path, out: Path, *, copy: bool, notes: Notes
) -> dict[str, Choice]:
    inventory = found.data
    if inventory is None or data is None:
        notes.left(
            "the recordings", "there are none in what was given",
            f"export the data of the project (Dashboard, Export) and put training/ and testing/ into {DATA}/ beside "
            "impulse.yaml, or correct `path:` under data",
        )  # fmt: skip
        return {"path": Choice(DATA, "put the project's data export here")}
    if not copy:
        return {"path": Choice(relative_path(found.root, out), "relative to this file"), **data.section}
    for file in inventory.all_files:
        place = built / DATA / file.relative
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file.path, place)
    return {"path": Choice(DATA, "relative to this file"), **data.section}


def _proposed(data: Recordings, section: dict[str, Choice], source: str, found: Found, notes: Notes) -> str:
    """The impulse that ``init`` proposes, where an export holds recordings and no impulse."""
    suggestion: Any = data.suggestion
    processing, processing_params, processing_why = suggestion.processing
    learner, learner_params, learner_why = suggestion.learning
    params = dict(learner_params)
    if found.tables:
        params["clusters"] = Choice(len(found.tables[0].radii), "as trained there")
    notes.left(
        "the impulse", "a data export doesn't hold it: blocks and parameters were chosen by looking at the data",
        "import deployment-metadata.json or the impulse's JSON together with the data to have the project's own",
    )  # fmt: skip
    name = impulse_name(found.project.name or Path(source).stem)
    window, _ = input_section(found, data, Notes())
    return impulse_text(
        name, source, section, data.options, window,
        [Node("features", processing, True, "", params=processing_params, why=processing_why)],
        [Node("anomaly", learner, True, "", inputs=("features",), params=params, why=learner_why, anomaly=True)],
    )  # fmt: skip
