"""The WebAssembly package by Edge Impulse's calls: an application like their run-impulse.js gets our scores."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from deployment_folder import block_folder, params_of
from test_custom_nodes import impulse, node

from edgewright_blocks.deployment.wasm.block import _values
from edgewright_blocks.deployment.wasm.edge_impulse import modules_of, standalone_files
from edgewright_sdk.codegen.compilers import has_zig
from edgewright_sdk.codegen.graph import Graph
from edgewright_sdk.codegen.package import write_files
from edgewright_sdk.deployment import TrainedImpulse
from edgewright_sdk.loading import load_block

pytestmark = [
    pytest.mark.skipif(not has_zig(), reason="needs the ziglang wheel"),
    pytest.mark.skipif(shutil.which("node") is None, reason="needs Node"),
]

APPLICATION = r"""
const { EdgeImpulseClassifier } = require("./run-impulse");
const Module = require("./edge-impulse-standalone");
const { windows, slices } = JSON.parse(require("fs").readFileSync(0, "utf8"));
(async () => {
  const classifier = new EdgeImpulseClassifier();
  let early = "";
  try { classifier.getProperties(); } catch (error) { early = error.message; }
  await classifier.init();
  const properties = classifier.getProperties();
  const whole = windows.map((window) => classifier.classify(window));
  await classifier.init();
  const sliced = slices.map((slice) => classifier.classifyContinuous(slice).anomaly);
  let short = "", refused = "";
  try { classifier.classify([1, 2]); } catch (error) { short = error.message; }
  try { classifier.setThreshold({ id: 7, min_anomaly_score: 1 }); } catch (error) { refused = error.message; }
  if (properties.thresholds.length) classifier.setThreshold({ id: properties.thresholds[0].id, min_anomaly_score: 12.5 });
  // Memory is given back, and grows.
  const at = Module._malloc(100), beside = Module._malloc(100);
  Module._free(at);
  const again = Module._malloc(100), large = Module._malloc(1e6);
  const memory = [beside >= at + 100, again === at, Module.HEAPU8.length >= large + 1e6];
  console.log(JSON.stringify({ early, properties, project: classifier.getProjectInfo(), whole, sliced, short, refused,
    thresholds: classifier.getProperties().thresholds, memory }));
})();
"""


def run(folder: Path, windows: Any, slices: Any = ()) -> dict[str, Any]:
    (folder / "node" / "application.js").write_text(APPLICATION)
    asked = json.dumps({"windows": windows, "slices": slices})
    command = ["node", str(folder / "node" / "application.js")]
    done = subprocess.run(command, input=asked, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def test_signals(deployment: Path, wasm_package: Path, tmp_path: Path) -> None:
    trained = TrainedImpulse.load(deployment)
    graph = Graph(trained)
    wrapper = (wasm_package / f"{graph.name}.mjs").read_text()
    templates = block_folder("wasm") / "templates"
    write_files(standalone_files(graph, wrapper, templates, _values(graph)), tmp_path)
    for path, name in modules_of(graph.name).items():
        shutil.copyfile(wasm_package / name, tmp_path / path)
    windows, scores = trained.selftest("windows"), trained.selftest("scores-anomaly")
    assert windows is not None
    assert scores is not None
    rows = windows.reshape(len(windows), -1).tolist()
    slices = windows[:2].reshape(10, -1).tolist()
    found = run(tmp_path, rows, slices)
    np.testing.assert_allclose([one["anomaly"] for one in found["whole"]], scores, rtol=1e-4, atol=1e-4)
    assert found["sliced"][:4] == [0, 0, 0, 0]
    assert (found["sliced"][4], found["sliced"][9]) == (
        found["whole"][0]["anomaly"],
        found["whole"][1]["anomaly"],
    )
    assert "await init()" in found["early"]
    assert found["short"].endswith("(error code: -1)")
    assert "no anomaly threshold 7" in found["refused"]
    assert found["properties"]["input_features_count"] == len(rows[0])
    assert (found["properties"]["axis_count"], found["properties"]["has_anomaly"]) == (3, 1)
    assert found["thresholds"] == [{"id": 0, "type": "anomaly", "min_anomaly_score": 12.5}]
    assert found["project"]["name"] == "pump-monitor"
    assert found["memory"] == [True, True, True]
    # As its author runs it, and as `edgewright compare` does.
    command = ["node", str(tmp_path / "node" / "run-impulse.js"), ", ".join(map(str, rows[0]))]
    printed = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True).stdout
    assert f"anomaly: {found['whole'][0]['anomaly']}" in printed
    driver = (
        Path(__file__).parents[2]
        / "core"
        / "edgewright"
        / "comparing"
        / "drivers"
        / "embind"
        / "classify.cjs"
    )
    windows.astype("<f4").tofile(tmp_path / "windows")
    script = tmp_path / "node" / "edge-impulse-standalone.js"
    subprocess.run(
        ["node", driver, script, tmp_path / "windows", str(len(rows[0])), tmp_path / "out"], check=True
    )
    answer = json.loads((tmp_path / "out").read_text())
    assert answer["labels"][:2] == ["score", "threshold"]
    assert [row[0] for row in answer["rows"]] == [one["anomaly"] for one in found["whole"]]


@pytest.mark.slow
def test_classes_and_maps_of_images(tmp_path: Path) -> None:
    """Built by the block, with its parameter."""
    (tmp_path / "nodes").mkdir()
    pixels = "    const uint8_t* const pixels = static_cast<const uint8_t*>(in[0].data);\n"
    kind_body = pixels + (
        "    float sum = 0.0f;\n    for (int32_t i = 0; i < count; ++i) sum += static_cast<float>(pixels[i]);\n"
        "    ew_floats(out[0])[1] = sum / (255.0f * static_cast<float>(count));\n    ew_floats(out[0])[0] = 1.0f - ew_floats(out[0])[1];"
    )
    spot_body = pixels + (
        "    ew_floats(out[0])[0] = static_cast<float>(count);\n"
        "    for (int32_t i = 0; i < 4; ++i) ew_floats(out[1])[i] = static_cast<float>(pixels[6 * i]);"
    )
    shape, folder = [2, 4, 3], tmp_path / "nodes"
    node(folder / "kind", "own_kind", kind_body, shape, {"probabilities": [2]}, dtype="uint8")
    node(folder / "spot", "own_spot", spot_body, shape, {"scores": [1], "map": [2, 2]}, dtype="uint8")
    one = {"type": "learning", "inputs": ["input"]}
    impulse(
        tmp_path,
        {"kind": "image", "width": 4, "height": 2, "channels": 3},
        [
            {**one, "id": "kind", "kind": "classification", "classes": ["dark", "bright"]},
            {**one, "id": "spot", "kind": "anomaly", "threshold": {"value": 100.0}},
        ],
    )
    out = tmp_path / "out"
    out.mkdir()
    loaded = load_block(block_folder("wasm"))
    params = params_of("wasm", {"selftest-data": "none", "edge-impulse-names": True})
    loaded.new().build(TrainedImpulse.load(tmp_path), params, out)
    loaded.close()
    assert (out / "browser" / "run-impulse.js").is_file()
    picture = np.random.default_rng(0).integers(0, 256, (2, 4, 3))
    numbers = picture @ [65536, 256, 1]
    found = run(out, [numbers.ravel().tolist()])["whole"][0]
    cells = picture.reshape(-1)[::6]
    assert found["anomaly"] == 24
    assert (found["visual_ad_max"], found["visual_ad_mean"]) == (cells.max(), cells.mean())
    above = [i for i in range(4) if cells[i] > 100]
    assert [(c["x"], c["y"], c["width"], c["height"], c["value"]) for c in found["visual_ad_grid_cells"]] == [
        (2 * (i % 2), i // 2, 2, 1, cells[i]) for i in above
    ]
    shares = {entry["label"]: entry["value"] for entry in found["results"]}
    assert shares == pytest.approx({"dark": 1 - picture.mean() / 255, "bright": picture.mean() / 255})
