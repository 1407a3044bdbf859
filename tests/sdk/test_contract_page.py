"""``docs/contract.md`` says what the code does."""

from __future__ import annotations

import json
import re

import numpy as np

from edgewright_sdk import Context, Params, load_block
from edgewright_sdk.driver import run_task
from edgewright_sdk.messages import Channel
from edgewright_specs.catalog import check_text
from edgewright_specs.interface import OPERATION_OUTPUTS, OPERATIONS

from .conftest import ROOT

PAGE = (ROOT / "docs" / "contract.md").read_text(encoding="utf-8")


def test_every_operation_and_its_outputs_are_listed():
    rows = re.findall(r"^\| `(\w+)` \| (\w+) \| .* \| (.*) \|$", PAGE, flags=re.MULTILINE)
    ours = {(kind, operation) for kind, operations in OPERATIONS.items() for operation in operations}
    assert {(kind, operation) for operation, kind, _ in rows} == ours | {("legacy", "train")}
    assert {operation for _, operation in ours} | {"train"} == set(OPERATION_OUTPUTS)
    for operation, _, outputs in rows:
        assert set(re.findall(r"`(\w+)`", outputs)) == set(OPERATION_OUTPUTS[operation])


def test_the_example_documents_are_valid():
    examples = [
        json.loads(text.replace("…", "0" * 64))
        for text in re.findall(r"```json\n(\{.*?\})\n```", PAGE, re.DOTALL)[:1]
    ]
    check_text("request", json.dumps(examples[0]), "request.json")
    result = re.search(r"## result.json\n\n```json\n(.*?)\n```", PAGE, re.DOTALL)
    assert result is not None
    check_text("result", result[1], "result.json")


def test_the_example_block_runs(block, folder):
    code = re.search(r"```python\n(.*?)\n```", PAGE, re.DOTALL)
    assert code is not None
    values = np.random.default_rng(0).normal(size=(2, 8, 2)).astype(np.float32)
    task = folder().windows(values).request("transform")
    loaded = load_block(block(code[1]))
    run_task(loaded, task.in_dir, task.out_dir, Channel(None))
    loaded.close()
    np.testing.assert_array_equal(task.output("features"), values.max(axis=1))


def test_what_the_page_says_of_context_and_params_is_there():
    line = next(line for line in PAGE.splitlines() if line.startswith("* **Context.**"))
    names = set(re.findall(r"`(\w+)(?:\(\))?`", line)) - {"fit"}
    assert {name for name in names if not hasattr(Context(), name)} == set()
    assert hasattr(Params, "defaults")
