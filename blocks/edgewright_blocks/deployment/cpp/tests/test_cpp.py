"""The cpp block on the smallest impulse: one `raw` node."""

from __future__ import annotations

from pathlib import Path

import pytest

from edgewright_sdk import BlockError, Params, TrainedImpulse
from edgewright_sdk.loading import load_block

HERE = Path(__file__).resolve().parents[1]


def test_package_is_whole_and_agrees(impulse: TrainedImpulse, tmp_path: Path) -> None:
    out = tmp_path / "package"
    out.mkdir()
    block = load_block(HERE)
    params = Params.defaults(HERE)
    block.new().build(impulse, params, out)
    written = {str(path.relative_to(out)) for path in out.rglob("*") if path.is_file()}
    assert {"CMakeLists.txt", "LICENSE.txt", "README.md", "example/main.cpp"} <= written
    assert {
        "src/two.h",
        "src/two.cpp",
        "src/two_tables.h",
        "src/ew_raw/raw.cpp",
        "src/edgewright/node.h",
    } <= written
    assert "src/edgewright/fft.cpp" not in written  # only the runtime modules that are needed
    assert "@" not in (out / "CMakeLists.txt").read_text()
    found = block.new().verify(out, params)
    block.close()
    assert found["ok"]
    assert found["nodes"]["raw"]["largest_difference"] == 0
    assert found["arena_bytes"] < 200


def test_verify_without_self_test_says_what_to_do(impulse: TrainedImpulse, tmp_path: Path) -> None:
    out = tmp_path / "package"
    out.mkdir()
    block = load_block(HERE)
    params = Params.defaults(HERE, selftest_data="none")
    block.new().build(impulse, params, out)
    with pytest.raises(BlockError, match="selftest-data: recorded"):
        block.new().verify(out, params)
    block.close()
