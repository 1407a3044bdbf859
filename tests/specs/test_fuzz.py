"""Block files with parts replaced, dropped or added: a spec that resolves, or a SpecError; never anything else."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edgewright_specs.parameters import load_block_spec, resolve_params
from edgewright_specs.problems import SpecError

from .test_schemas import GOOD, mutated

if TYPE_CHECKING:
    from pathlib import Path

BLOCKS = [value for name, value in GOOD if name == "parameters"]
WRONG = st.sampled_from(
    [None, True, -1, 2.5, 10**30, "", "x", "int", [], {}, [{}], [["a"]], {"parameter": "x"}, "\u202e"]
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("fuzzed")


def loads_or_is_refused(folder: Path, content: bytes) -> None:
    (folder / "parameters.json").write_bytes(content)
    try:
        spec = load_block_spec(folder)
    except SpecError as error:
        assert error.problems, "a refusal says why"  # noqa: PT017
        assert all(p.path and len(str(p)) < 2000 for p in error.problems)  # noqa: PT017
        return
    assert set(resolve_params(spec, {})) <= {p.key for p in spec.parameters}


@given(mutated(BLOCKS), st.booleans())
def test_mutated_blocks(folder: Path, case: tuple[str, Any], legacy: bool) -> None:
    value = case[1]
    if legacy and isinstance(value, dict):
        value.pop("edgewright", None)
    loads_or_is_refused(folder, json.dumps(value).encode())


@given(st.data())
def test_items_with_wrong_fields(folder: Path, data: st.DataObject) -> None:
    fields = ["param", "type", "value", "valid", "showIf", "min", "optional", "group", "items", "help", "new"]
    items = data.draw(
        st.lists(st.dictionaries(st.sampled_from(fields), WRONG, max_size=5) | WRONG, max_size=3)
    )
    document: Any = {"type": data.draw(st.sampled_from(["processing", "transform", 3])), "parameters": items}
    if data.draw(st.booleans()):
        document["edgewright"] = data.draw(
            st.sampled_from([{"contract": 1}, {}, 1, {"contract": 1, "limits": []}])
        )
    if data.draw(st.booleans()):
        document = items
    loads_or_is_refused(folder, json.dumps(document).encode())


@settings(max_examples=50)
@given(st.binary(max_size=100), st.integers(0, 400), st.integers(0, 40))
def test_damaged_bytes(folder: Path, junk: bytes, at: int, cut: int) -> None:
    text = json.dumps(BLOCKS[0]).encode()
    loads_or_is_refused(folder, text[:at] + junk + text[at + cut :])
