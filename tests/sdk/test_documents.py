"""What the SDK writes is what the host's models read; what blocks ship is whole."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from edgewright_sdk import Params, load_block
from edgewright_sdk.driver import run_task
from edgewright_sdk.messages import Channel
from edgewright_specs.catalog import load_file
from edgewright_specs.parameters import load_block_spec, resolve_params
from edgewright_specs.readme import has_table, with_table

from .conftest import BLOCKS

if TYPE_CHECKING:
    from pathlib import Path

PROCESSING = ["raw", "flatten", "spectral_analysis"]
WINDOW = {"kind": "time-series", "length": 40, "axes": ["accX", "accY"], "frequency": 50.0}


def perform(block: Path, task, operation, **inputs):
    for name, path in inputs.items():
        (task.in_dir / name).symlink_to(path)
        task.inputs[name] = {"kind": "folder", "path": name, "sha256": "0" * 64}
    task.request(operation, dict(Params.defaults(block)), window=WINDOW)
    loaded = load_block(block)
    try:
        run_task(loaded, task.in_dir, task.out_dir, Channel(None))
    finally:
        loaded.close()
    load_file("result", task.out_dir / "result.json")
    return task.out_dir


def check_export(folder: Path) -> None:
    document = load_file("export", folder / "export.json")
    names = {document.header, *document.sources, "export.json"}
    names |= {table.file for table in document.tables if table.file}
    names |= {document.onnx} if document.onnx else set()
    assert {p.name for p in folder.iterdir()} == names
    for table in document.tables:
        if table.file:
            array = np.load(folder / table.file, allow_pickle=False)
            assert (array.dtype.name, list(array.shape)) == (table.dtype, table.shape)


@pytest.mark.parametrize("name", PROCESSING)
def test_documents_of_processing_blocks(folder, name):
    block = BLOCKS / "processing" / name
    windows = np.random.default_rng(0).normal(size=(3, 40, 2)).astype(np.float32)
    load_file("description", perform(block, folder(), "describe") / "description.json")
    load_file("plots", perform(block, folder().windows(windows), "plot") / "plots.json")
    check_export(perform(block, folder(), "export") / "export")


def test_documents_of_kmeans(folder):
    block = BLOCKS / "learning" / "kmeans"
    labels = ["accX RMS", "accY RMS"]
    rows = np.random.default_rng(0).normal(size=(60, 2)).astype(np.float32)

    def with_features():
        return folder().features((labels, [rows]))

    load_file("description", perform(block, with_features(), "describe") / "description.json")
    model = perform(block, with_features(), "fit") / "model"
    load_file("model", model / "model.json")
    load_file("plots", perform(block, folder(), "plot", model=model) / "plots.json")
    check_export(perform(block, with_features(), "export", model=model) / "export")


@pytest.mark.parametrize("path", sorted(BLOCKS.glob("*/*/parameters.json")), ids=lambda p: p.parent.name)
def test_specs_of_built_in_blocks(path):
    spec = load_block_spec(path.parent)
    assert spec.name == path.parent.name
    assert resolve_params(spec, {}) == dict(Params.defaults(path.parent))
    assert all(parameter.help for parameter in spec.parameters)
    loaded = load_block(path.parent)
    assert loaded.type == spec.type
    loaded.close()


@pytest.mark.parametrize("path", sorted(BLOCKS.glob("*/*/parameters.json")), ids=lambda p: p.parent.name)
def test_a_block_folder_is_whole(path):
    names = {p.name for p in path.parent.iterdir()}
    assert {"block.py", "Dockerfile", "requirements.txt", "README.md", "tests"} <= names
    readme = (path.parent / "README.md").read_text(encoding="utf-8")
    assert has_table(readme)
    assert with_table(readme, load_block_spec(path.parent)) == readme
