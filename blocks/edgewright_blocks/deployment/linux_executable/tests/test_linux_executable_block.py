"""What the block is asked for, and what its programs are called; tests/runtime/test_linux_executable.py builds and runs them."""

from __future__ import annotations

from pathlib import Path

import pytest

from edgewright_blocks.deployment.linux_executable.block import program_name
from edgewright_sdk.codegen.linux import TARGETS
from edgewright_specs.parameters import load_block_spec, resolve_params
from edgewright_specs.problems import SpecError

FOLDER = Path(__file__).parents[1]


def test_a_program_for_each_processor_that_can_be_asked_for() -> None:
    spec = load_block_spec(FOLDER)
    (asked,) = (parameter for parameter in spec.parameters if parameter.key == "processors")
    assert {str(value) for value in asked.valid or ()} == {"both", *TARGETS}
    assert len({program_name("pump", processor) for processor in TARGETS}) == len(TARGETS)
    with pytest.raises(SpecError, match="riscv"):
        resolve_params(spec, {"processors": "riscv"})
