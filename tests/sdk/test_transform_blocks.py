"""Transform blocks: files in, files out."""

from __future__ import annotations

import pytest

from edgewright_sdk import BlockError, load_block
from edgewright_sdk.driver import run_task
from edgewright_sdk.messages import Channel

UPPER = '''
from edgewright_sdk import BlockError, TransformBlock

class Upper(TransformBlock):
    """Every text file in capitals; a greeting where there is none."""
    def apply(self, source, params, out, context):
        if source is None:
            (out / "hello.txt").write_text(f"HELLO {context.seed}")
            return
        for path in sorted(source.rglob("*.txt")):
            target = out / path.relative_to(source)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(path.read_text().upper())
            context.metric("files", 1)
'''


def perform(block, task):
    loaded = load_block(block)
    try:
        assert loaded.type == "transform"
        run_task(loaded, task.in_dir, task.out_dir, Channel(None))
    finally:
        loaded.close()
    return task


def given(task, **files):
    for name, text in files.items():
        path = task.in_dir / "data" / f"{name}.txt"
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    (task.in_dir / "data").mkdir(exist_ok=True)
    task.inputs["data"] = {"kind": "folder", "path": "data", "sha256": ""}
    return task.request("apply", seed=7)


def test_files_become_files(folder, block):
    task = perform(block(UPPER), given(folder(), a="one", b="two"))
    assert task.files()["data/a.txt"] == b"ONE"
    assert task.result()["outputs"] == {"data": {"kind": "folder", "path": "data"}}
    assert task.result()["metrics"] == {"files": 1.0}


def test_data_out_of_nothing(folder, block):
    assert perform(block(UPPER), folder().request("apply", seed=7)).files()["data/hello.txt"] == b"HELLO 7"


def test_nothing_written_is_a_failure(folder, block):
    task = given(folder())
    with pytest.raises(BlockError, match="apply wrote no file"):
        perform(block(UPPER), task)
    assert not (task.out_dir / "result.json").exists()


def test_a_file_is_no_data_folder(folder, block):
    task = folder()
    (task.in_dir / "data").write_text("x")
    task.inputs["data"] = {"kind": "folder", "path": "data", "sha256": ""}
    with pytest.raises(BlockError, match="the input data is a file; a transform block reads a folder"):
        perform(block(UPPER), task.request("apply"))


def test_other_operations_are_not_its_own(folder, block):
    with pytest.raises(BlockError, match="operation: got 'transform'; allowed: of a transform block: apply"):
        perform(block(UPPER), folder().request("transform"))
