"""The wasm block on the smallest impulse: one `raw` node."""

from __future__ import annotations

from pathlib import Path

import pytest

from edgewright_sdk import Params, TrainedImpulse
from edgewright_sdk.codegen.compilers import has_zig
from edgewright_sdk.loading import load_block

needs_zig = pytest.mark.skipif(not has_zig(), reason="the ziglang wheel isn't installed")

HERE = Path(__file__).resolve().parents[1]


@needs_zig
def test_package_is_whole_and_agrees(impulse: TrainedImpulse, tmp_path: Path) -> None:
    out = tmp_path / "package"
    out.mkdir()
    block = load_block(HERE)
    params = Params.defaults(HERE)
    block.new().build(impulse, params, out)
    written = {str(path.relative_to(out)) for path in out.rglob("*") if path.is_file()}
    expected = {"two.wasm", "two.scalar.wasm", "two.mjs", "two.d.mts", "two.h"}
    expected |= {"package.json", "index.html", "README.md", "LICENSE.txt"}
    page = {name for name in written if name.startswith("demo/")}
    assert {"demo/demo.mjs", "demo/demo.css"} <= page
    assert written == expected | page | {"selftest/selftest.json", "selftest/selftest.mjs"}
    found = block.new().verify(out, params)
    block.close()
    assert found["ok"]
    assert found["nodes"]["raw"]["largest_difference"] == 0
    assert max(found["module_bytes"].values()) < 32_000
