"""The wasm package: modules without imports, with SIMD and without, that say what Python says, in wasmtime and Node."""

from __future__ import annotations

import importlib.util
import json
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from deployment_folder import block_folder, params_of, recordings

from edgewright_sdk.codegen import compilers
from edgewright_sdk.deployment import TrainedImpulse
from edgewright_sdk.errors import BlockError
from edgewright_sdk.loading import load_block

if TYPE_CHECKING:
    from collections.abc import Iterator

needs_zig = pytest.mark.skipif(not compilers.has_zig(), reason="the ziglang wheel isn't installed")
needs_node = pytest.mark.skipif(not shutil.which("node"), reason="Node isn't installed")


@pytest.fixture(scope="module")
def block() -> Iterator[Any]:
    loaded = load_block(block_folder("wasm"))
    yield loaded.new()
    loaded.close()


@needs_zig
def test_modules_import_nothing_and_one_needs_no_simd(wasm_package: Path) -> None:
    wasmtime = pytest.importorskip("wasmtime")
    config = wasmtime.Config()
    config.wasm_relaxed_simd = False
    config.wasm_simd = False
    old = wasmtime.Engine(config)
    for name in ("pump_monitor.wasm", "pump_monitor.scalar.wasm"):
        module = wasmtime.Module.from_file(wasmtime.Engine(), str(wasm_package / name))
        assert [i.name for i in module.imports] == []
        names = {e.name for e in module.exports}
        assert {"memory", "pump_monitor_run", "pump_monitor_stream_push", "pump_monitor_wasm_start"} <= names
        assert (wasm_package / name).stat().st_size < 64_000
    wasmtime.Module.from_file(old, str(wasm_package / "pump_monitor.scalar.wasm"))
    with pytest.raises(wasmtime.WasmtimeError, match="SIMD support is not enabled"):
        wasmtime.Module.from_file(old, str(wasm_package / "pump_monitor.wasm"))


@needs_zig
def test_each_module_agrees_with_python_in_every_engine(block: Any, wasm_package: Path) -> None:
    found = block.verify(wasm_package, params_of("wasm", {}))
    assert found["ok"], found
    here = {"Node": bool(shutil.which("node")), "wasmtime": importlib.util.find_spec("wasmtime") is not None}
    assert set(found["engines"]) == {
        engine + suffix for engine in here if here[engine] for suffix in ("", " without SIMD")
    }
    for engine in found["engines"].values():
        assert set(engine["nodes"]) == {"spectral", "flat", "anomaly"}
        assert all(node["largest_difference"] < 1e-3 for node in engine["nodes"].values())


@needs_zig
def test_verify_finds_what_differs(block: Any, wasm_package: Path, tmp_path: Path) -> None:
    broken = tmp_path / "package"
    shutil.copytree(wasm_package, broken)
    path = broken / "selftest" / "selftest.json"
    document = json.loads(path.read_text())
    expected = document["outputs"][0]["expected"]
    expected[5]["decision"] = 1 - expected[5]["decision"]
    document["outputs"][0]["tolerance"]["absolute"] = 1e3  # the score is within that of the threshold
    path.write_text(json.dumps(document))
    found = block.verify(broken, params_of("wasm", {}))
    assert found["ok"]
    assert [(one["window"], one["within_tolerance"]) for one in found["decisions_differ"]] == [
        (5, True)
    ] * len(found["engines"])
    assert {one["engine"] for one in found["decisions_differ"]} == set(found["engines"])
    document["outputs"][0]["tolerance"]["absolute"] = 1e-4
    document["features"][1]["values"][2][0] += 0.5
    expected[3]["score"] += 0.5
    path.write_text(json.dumps(document))
    found = block.verify(broken, params_of("wasm", {}))
    assert not found["ok"]
    assert not any(one["within_tolerance"] for one in found["decisions_differ"])
    for engine in (found, *found["engines"].values()):
        assert engine["nodes"]["flat"]["beyond_tolerance"] == 1
        assert engine["nodes"]["anomaly"]["beyond_tolerance"] == 1
        assert engine["nodes"]["flat"]["largest_difference"] == pytest.approx(0.5, rel=1e-3)


@needs_zig
@needs_node
def test_wrapper_streams_and_sets_thresholds(wasm_package: Path, tmp_path: Path) -> None:
    signal = recordings(1, 300, 3, seed=7)[0]
    (tmp_path / "signal.json").write_text(json.dumps(signal.ravel().tolist()))
    (tmp_path / "try.mjs").write_text(
        f'import {{ load, info }} from "{wasm_package.as_uri()}/pump_monitor.mjs";\n'
        'import { readFileSync } from "node:fs";\n'
        f'const signal = JSON.parse(readFileSync("{tmp_path}/signal.json"));\n'
        "const c = await load();\n"
        "const streamed = c.push(signal).map((r) => [r.start, r.outputs[0].score]);\n"
        "const single = streamed.map(([start]) => c.run(signal.slice(start * 3, (start + 125) * 3)).outputs[0].score);\n"
        "c.setThreshold(-1000);\n"
        "const low = c.run(signal.slice(0, 375));\n"
        "const errors = [];\n"
        "for (const bad of [() => c.run([1, 2]), () => c.run(new Float32Array(375).fill(NaN)), () => c.push([1]), "
        "() => c.setThreshold(NaN), () => c.setSmoothing(2)]) {\n"
        "  try { bad(); errors.push(null); } catch (e) { errors.push(e.message); }\n}\n"
        "console.log(JSON.stringify({ streamed, single, low, errors, labels: info.features.map((f) => f.labels.length), "
        "count: c.features(signal.slice(0, 375), 1).length }));\n"
    )
    done = subprocess.run(["node", tmp_path / "try.mjs"], capture_output=True, text=True, check=True)
    found = json.loads(done.stdout)
    assert [start for start, _ in found["streamed"]] == list(range(0, 300 - 125 + 1, 25))
    assert [score for _, score in found["streamed"]] == found["single"]
    assert found["low"]["decision"] is True
    assert found["low"]["label"] == "anomaly"
    assert found["low"]["outputs"][0]["threshold"] == -1000
    assert len(found["low"]["outputs"][0]["contributions"]) == 3
    assert all(found["errors"]), found["errors"]
    assert found["count"] == found["labels"][1] == 14


def test_missing_zig_says_how_to_get_it(
    block: Any, deployment: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(compilers, "has_zig", lambda: False)
    with pytest.raises(BlockError, match="pip install ziglang"):
        block.build(TrainedImpulse.load(deployment), params_of("wasm", {}), tmp_path)
    assert not list(tmp_path.iterdir())


@needs_zig
def test_read_only_cache_is_copied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    warm = tmp_path / "warm"
    (warm / "z").mkdir(parents=True)
    (warm / "z" / "entry").write_text("cached")
    monkeypatch.setenv("ZIG_GLOBAL_CACHE_DIR", str(warm))
    monkeypatch.setattr(compilers.tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(compilers.os, "access", lambda *_: False)  # root may write anything
    cache = Path(compilers.zig_compiler().environment["ZIG_GLOBAL_CACHE_DIR"])
    assert cache.parent == tmp_path
    assert (cache / "z" / "entry").read_text() == "cached"
    assert compilers.zig_compiler().environment["ZIG_GLOBAL_CACHE_DIR"] == str(cache)
    cache.chmod(0o777)  # anybody could have put files there
    assert compilers.zig_compiler().environment["ZIG_GLOBAL_CACHE_DIR"] != str(cache)


@needs_zig
def test_without_self_test_data_the_modules_are_the_same(
    block: Any, deployment: Path, wasm_package: Path, tmp_path: Path
) -> None:
    params = params_of("wasm", {"selftest-data": "none"})
    block.build(TrainedImpulse.load(deployment), params, tmp_path)
    names = {str(path.relative_to(wasm_package)) for path in wasm_package.rglob("*") if path.is_file()}
    plain = {str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_file()}
    assert names - plain == {"selftest/selftest.json", "selftest/selftest.mjs"}
    for name in plain - {"index.html"}:
        assert (tmp_path / name).read_bytes() == (wasm_package / name).read_bytes(), name
    with pytest.raises(BlockError, match="no self-test data"):
        block.verify(tmp_path, params)
