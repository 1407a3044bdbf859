"""The parameter table of a README: generated, renewed in its place, and nothing else touched."""

from __future__ import annotations

import pytest

from edgewright_specs.parameters import BlockSpec, load_block_spec
from edgewright_specs.readme import BEGIN, END, has_table, parameter_table, with_table

from .conftest import WriteBlock, block, item

TABLE = """| parameter | default | allowed | meaning |
|---|---|---|---|
| `gain` | `1.5` | number 0…10 | Times a \\| b. On two lines. |
| `size` | `8` | integer …64, auto | |
| `mode` | `"a"` | a, b | |
| `on` | `true` | true, false | |
| `names` | `[]` | list of texts | |
| `note` | `"é"` | text | |
| `key` | | secret | |"""


@pytest.fixture
def spec(write_block: WriteBlock) -> BlockSpec:
    return load_block_spec(
        write_block(
            block(
                item("gain", "float", 1.5, min=0, max=10, help="Times a | b.\nOn two lines."),
                item("size", "int", 8, max=64, valid=["auto"]),
                item("mode", "select", "a", valid=["a", {"value": "b", "label": "B"}]),
                item("on", "boolean", True),
                item("names", "list", []),
                item("note", "string", "é"),
                item("hidden", "int", 1, showForImplementationVersion=[]),
                item("key", "secret"),
                kind="transform",
            )
        )
    )


def squeezed(table: str) -> list[list[str]]:
    return [[cell.strip() for cell in line.split(" |")] for line in table.splitlines()]


def test_every_type_of_parameter_has_its_words(spec: BlockSpec) -> None:
    assert squeezed(parameter_table(spec)) == squeezed(TABLE)


def test_a_block_without_parameters_says_so(write_block: WriteBlock) -> None:
    spec = load_block_spec(write_block(block()))
    assert parameter_table(spec) == "It takes no parameters."


def test_a_table_is_put_at_the_end_and_renewed_in_its_place(spec: BlockSpec) -> None:
    written = with_table("# Mine\n\nBy hand.\n", spec)
    assert written.startswith("# Mine\n\nBy hand.\n\n## Parameters\n\n" + BEGIN)
    assert written.endswith(END + "\n")
    assert has_table(written)
    assert with_table(written, spec) == written
    stale = written.replace("Times", "Plus").replace("By hand.", "Still by hand.") + "\nThe end.\n"
    assert with_table(stale, spec) == stale.replace("Plus", "Times")


def test_the_marker_of_an_older_version_is_known(spec: BlockSpec) -> None:
    old = f"# Mine\n<!-- parameters: generated otherwise -->\nold\n{END}\nafter\n"
    renewed = with_table(old, spec)
    assert renewed == f"# Mine\n{BEGIN}\n{parameter_table(spec)}\n{END}\nafter\n"


def test_half_a_marker_is_no_table(spec: BlockSpec) -> None:
    assert not has_table(f"# Mine\n{BEGIN}\n")
    assert with_table(f"{END}\n", spec).count(END) == 2
