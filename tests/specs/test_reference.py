"""The reference pages: every field has a text, every example works."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from edgewright_specs.generate import model_named
from edgewright_specs.loading import parse_impulse
from edgewright_specs.parameters import load_block_spec
from edgewright_specs.reference import page, table
from edgewright_specs.texts import TEXTS

from .conftest import WORDS_SCHEMAS_OTHERWISE

if TYPE_CHECKING:
    from .conftest import WriteBlock

DOCS = Path(__file__).parents[2] / "docs"


@pytest.mark.parametrize("name", TEXTS)
def test_every_field_has_a_text_and_every_text_a_field(name: str) -> None:
    assert set(TEXTS[name]) == set(model_named(name).model_fields)


@pytest.mark.parametrize("name", ["impulse.md", "parameters.md"])
def test_a_page_has_each_table_once(name: str) -> None:
    tables = re.findall(r"<!-- fields of (\w+), generated -->", (DOCS / name).read_text())
    assert tables
    assert len(set(tables)) == len(tables)
    assert set(tables) <= set(TEXTS)


def test_both_pages_together_have_every_table() -> None:
    text = (DOCS / "impulse.md").read_text() + (DOCS / "parameters.md").read_text()
    assert set(TEXTS) - set(re.findall(r"<!-- fields of (\w+), generated -->", text)) == {"Group"}


def test_the_example_of_the_impulse_page() -> None:
    example = re.search(r"```yaml\n(.*?)```", (DOCS / "impulse.md").read_text(), re.DOTALL)
    assert example
    assert [n.block for n in parse_impulse(example[1]).deployment] == ["cpp", "wasm"]


def test_the_example_of_the_parameters_page(write_block: WriteBlock) -> None:
    example = re.search(r"```json\n(.*?)```", (DOCS / "parameters.md").read_text(), re.DOTALL)
    assert example
    spec = load_block_spec(write_block(example[1]))
    assert (spec.name, spec.type, [p.key for p in spec.parameters]) == (
        "flatten",
        "processing",
        ["scale-axes", "average"],
    )


@pytest.mark.skipif(WORDS_SCHEMAS_OTHERWISE, reason="needs pydantic 2.12")
def test_a_table_names_both_spellings_type_default_and_bounds() -> None:
    rows = table(model_named("InputSpec"))
    assert "| `window_ms` or `window-ms` | number > 0 |  | Length of a window in milliseconds. |" in rows
    assert "| `kind` | `time-series`, `image`, `tabular` | `time-series` |" in rows
    old = "a\n<!-- fields of TrainSpec, generated -->\nold\n<!-- end -->\nb\n"
    assert page(old, {"TrainSpec": model_named("TrainSpec")}).count("\n") == old.count("\n") + 2
