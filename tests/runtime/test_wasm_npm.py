"""A wasm package as npm packs and installs it: imported by its name in Node, and by TypeScript."""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING

import pytest

from edgewright_sdk.codegen.compilers import has_zig

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not has_zig(), reason="needs the ziglang wheel"),
]
TYPESCRIPT = "typescript@5.9.3"
QUIET = ("--no-audit", "--no-fund", "--no-update-notifier", "--loglevel=error")

SCORE = """\
import { readFileSync } from "node:fs";
import { compile, info, load, simd } from "pump-monitor";
const windows = JSON.parse(readFileSync(0, "utf8"));
const module = await compile();
const scalar = await load(new URL(import.meta.resolve("pump-monitor/pump_monitor.scalar.wasm")));
const [first, second] = await Promise.all([load(module), load(module)]);
second.setThreshold(1e9);
console.log(JSON.stringify({
  simd, shape: info.shape,
  scores: [first, scalar].map((one) => windows.map((window) => one.run(window).outputs[0].score)),
  decisions: [first, second].map((one) => windows.map((window) => one.run(window).decision)),
}));
"""
TYPED = """\
import { Classifier, compile, info, load, type Output, type Result } from "pump-monitor";
const module: WebAssembly.Module = await compile();
const monitor: Classifier = await load(module);
const results: Result[] = monitor.push(new Float32Array(info.shape[0] * info.axes.length));
const output: Output | undefined = results[0]?.outputs[0];
const p: number | null | undefined = output?.pValue;
monitor.setThreshold((p ?? 0) + 1, 0);
// @ts-expect-error one number is no window
monitor.run(3);
// @ts-expect-error there is no such output
output?.nothing;
"""


def ask(npm: str, folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [npm, *arguments, *QUIET], cwd=folder, capture_output=True, text=True, timeout=120, check=False
    )


@pytest.fixture(scope="module")
def installed(npm: str, wasm_package: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A new project with the packed package in it."""
    project = tmp_path_factory.mktemp("project")
    packed = ask(npm, wasm_package, "pack", f"--pack-destination={project}")
    assert packed.returncode == 0, packed.stderr
    (project / "package.json").write_text('{"name": "consumer", "private": true, "type": "module"}')
    done = ask(npm, project, "install", "--offline", "./pump-monitor-1.0.0.tgz")
    assert done.returncode == 0, done.stderr
    return project


def test_packed_installed_and_run_in_node(installed: Path, wasm_package: Path) -> None:
    files = {path.name for path in (installed / "node_modules" / "pump-monitor").rglob("*")}
    assert files == {
        "package.json", "README.md", "LICENSE.txt", "pump_monitor.mjs", "pump_monitor.d.mts", "pump_monitor.h",
        "pump_monitor.wasm", "pump_monitor.scalar.wasm",
    }  # fmt: skip
    document = json.loads((wasm_package / "selftest" / "selftest.json").read_text())
    (installed / "score.js").write_text(SCORE)
    done = subprocess.run(
        ["node", "score.js"], cwd=installed, input=json.dumps(document["windows"]), capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    expected = document["outputs"][0]["expected"]
    assert found["simd"] is True
    assert found["shape"] == [125, 3]
    for scores in found["scores"]:
        assert scores == pytest.approx([row["score"] for row in expected], rel=1e-3)
    assert found["decisions"] == [[row["decision"] == 1 for row in expected], [False] * len(expected)]


def test_types_hold_for_a_consumer(npm: str, installed: Path) -> None:
    (installed / "use.ts").write_text(TYPED)
    if ask(
        npm, installed, "install", "--no-save", "--prefer-offline", "--fetch-retries=0", TYPESCRIPT
    ).returncode:
        pytest.skip("TypeScript can't be had from npm here")
    options = ["--module", "nodenext", "--target", "es2022", "--lib", "es2022,dom", "--strict"]
    command = [installed / "node_modules" / ".bin" / "tsc", "--noEmit", *options, "use.ts"]
    done = subprocess.run(command, cwd=installed, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
