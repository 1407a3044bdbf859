"""The page of a wasm package in Chromium: files, the microphone, thresholds, and the module in a worker."""

from __future__ import annotations

import functools
import http.server
import io
import json
import shutil
import subprocess
import threading
import wave
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from deployment_folder import block_folder, params_of, window_spec, write_deployment

from edgewright.data.resize import resize
from edgewright_sdk import Export
from edgewright_sdk.codegen.compilers import has_zig
from edgewright_sdk.deployment import TrainedImpulse
from edgewright_sdk.loading import load_block

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = [pytest.mark.browser, pytest.mark.skipif(not has_zig(), reason="needs the ziglang wheel")]

RUN_IMAGES = """
const { load } = await import(process.argv[1]);
const model = await load();
const images = JSON.parse(await new Response(process.stdin).text());
const results = images.map(({ data, width, height }) => {
  const image = { data: Uint8Array.from(data), width, height };
  const { decision, outputs: [{ score, map }] } = model.runImage(image);
  return { decision, score, map: Array.from(map.values), window: Array.from(model.imageWindow(image)) };
});
let refused = "";
try { model.runImage({ data: new Uint8Array(7), width: 2, height: 2 }); } catch (error) { refused = error.message; }
console.log(JSON.stringify({ results, refused }));
"""
UNNAMED = """() => [...document.querySelectorAll("button, input, textarea, meter, svg, [role=region]")]
  .filter((one) => one.checkVisibility() && !one.ariaLabel && !one.labels?.length && !one.textContent.trim()).length"""
IN_A_WORKER = """async ([module, windows]) => {
  const { compile } = await import(module);
  const code = `onmessage = async ({ data: [module, compiled, windows] }) => {
    const { load } = await import(module);
    const classifier = await load(compiled);
    postMessage(windows.map((window) => classifier.run(window).outputs[0].score));
  }`;
  const worker = new Worker(URL.createObjectURL(new Blob([code], { type: "text/javascript" })), { type: "module" });
  const answer = new Promise((done, failed) => { worker.onmessage = ({ data }) => done(data); worker.onerror = failed; });
  worker.postMessage([new URL(module, location.href).href, await compile(), windows]);
  return answer;
}"""


class QuietHandler(http.server.SimpleHTTPRequestHandler):
    """Serves files without writing a log."""

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Say nothing."""


class Opened:
    """The page of a package, served by HTTP, and its faults."""

    def __init__(self, package: Path, browser: Any) -> None:
        handler = functools.partial(QuietHandler, directory=str(package))
        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._thread = threading.Thread(target=self._server.serve_forever)
        self._thread.start()
        self.faults: list[str] = []
        self.page = browser.new_page(reduced_motion="reduce")
        self.page.set_default_timeout(60_000)
        self.page.on("pageerror", lambda error: self.faults.append(str(error)))
        self.page.on(
            "console", lambda line: line.type in ("error", "warning") and self.faults.append(line.text)
        )
        self.page.goto(f"http://127.0.0.1:{self._server.server_port}/index.html")
        self.page.wait_for_selector("#input:not([hidden])")

    def close(self) -> None:
        self.page.close()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def score(self, name: str, content: bytes, said: str) -> None:
        """Choose a file, and wait for a status that has ``said`` in it."""
        self.page.set_input_files("#file", {"name": name, "mimeType": "", "buffer": content})
        self.page.wait_for_function(
            "said => document.querySelector('#status').textContent.includes(said)", arg=said
        )

    def table(self) -> list[list[str]]:
        """Rows of the table of all windows."""
        if not self.page.locator("#all[open]").count():
            self.page.click("#all summary")
        self.page.wait_for_selector("tbody tr")
        rows: list[list[str]] = self.page.evaluate(
            "[...document.querySelectorAll('tbody tr')].map((row) => [...row.cells].map((cell) => cell.textContent))"
        )
        return rows


@pytest.fixture
def opened(browser: Any) -> Iterator[Any]:
    pages: list[Opened] = []

    def open_package(package: Path) -> Opened:
        pages.append(Opened(package, browser))
        return pages[-1]

    yield open_package
    for page in pages:
        page.close()


def test_motion_files_thresholds_and_a_worker(wasm_package: Path, opened: Any) -> None:
    document = json.loads((wasm_package / "selftest" / "selftest.json").read_text())
    expected = document["outputs"][0]["expected"]
    shown = opened(wasm_package)
    page = shown.page
    # Windows 0 and 4 one after the other, 125 rows each: with a stride of 25 results 0 and 5 are theirs.
    rows = np.concatenate([np.reshape(document["windows"][i], (125, 3)) for i in (0, 4)])
    lines = ["timestamp,z,x,y", *(f"{16 * i},{z:.9g},{x:.9g},{y:.9g}" for i, (x, y, z) in enumerate(rows))]
    shown.score("walk.csv", "\n".join(lines).encode(), "6 windows of walk.csv")
    table = shown.table()
    for row, window in ((0, 0), (5, 4)):
        assert float(table[row][2]) == pytest.approx(expected[window]["score"], rel=1e-3)
        assert table[row][1] == ("anomaly" if expected[window]["decision"] else "normal")
    assert page.inner_text("#decision") == table[0][1]
    # By keyboard: to the last window, then a threshold below all scores.
    page.focus("#window")
    page.keyboard.press("End")
    assert page.inner_text("#place").startswith("Window 6 of 6, from 2 s")
    page.get_by_label("Threshold of anomaly", exact=True).fill("-1000")
    page.keyboard.press("Enter")
    page.wait_for_function("document.querySelector('#status').textContent.includes('anomaly 6')")
    assert page.inner_text("#place").startswith("Window 6 of 6")
    slider = page.get_by_label("Threshold of anomaly, slider")
    slider.focus()
    page.keyboard.press("End")
    page.wait_for_function("document.querySelector('#status').textContent.includes('normal 6')")
    page.get_by_role("button", name="As trained").click()
    page.get_by_role("button", name="self-test").click()
    anomalies = sum(row["decision"] for row in expected)
    page.wait_for_function(f"document.querySelector('#status').textContent.includes('anomaly {anomalies}')")
    assert page.evaluate(UNNAMED) == 0
    for text, told in (
        (b"x,y\n1,2\n", "no column z"),
        (b"x,y,z\n1,2,3\n4,,6\n", "line 3"),
        (b"", "empty"),
    ):
        page.set_input_files("#file", {"name": "bad.csv", "mimeType": "text/csv", "buffer": text})
        page.wait_for_function(
            "told => document.querySelector('#problem').textContent.includes(told)", arg=told
        )
    scores = page.evaluate(IN_A_WORKER, ["./pump_monitor.mjs", document["windows"][:2]])
    assert scores == pytest.approx([row["score"] for row in expected[:2]], rel=1e-3)
    assert shown.faults == []


@pytest.fixture(scope="module")
def sound_package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An impulse that hears a tenth of a second at 8 kHz."""
    folder = tmp_path_factory.mktemp("sound")
    impulse = write_deployment(
        folder / "impulse",
        name="sound",
        processing=[{"id": "loudness", "block": "flatten"}],
        learning=[{"id": "anomaly", "block": "kmeans", "inputs": ["loudness"]}],
        window=window_spec(800, ["audio"], 8000.0),
        stride=400,
    )
    (folder / "package").mkdir()
    loaded = load_block(block_folder("wasm"))
    loaded.new().build(
        TrainedImpulse.load(impulse), params_of("wasm", {"selftest-data": "none"}), folder / "package"
    )
    loaded.close()
    return folder / "package"


def test_sound_by_file_and_microphone(sound_package: Path, opened: Any, tmp_path: Path) -> None:
    shown = opened(sound_package)
    page = shown.page
    samples = (8000 * np.sin(np.arange(1600) / 7)).astype("<i2")
    with wave.open(str(tmp_path / "tone.wav"), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes(samples.tobytes())
    shown.score("tone.wav", (tmp_path / "tone.wav").read_bytes(), "3 windows of tone.wav")
    run = "async (w) => (await (await import('./sound.mjs')).load()).run(w).outputs[0].score"
    direct = [page.evaluate(run, samples[at : at + 800].tolist()) for at in (0, 400, 800)]
    assert [float(row[2]) for row in shown.table()] == pytest.approx(
        direct, rel=1e-3
    )  # decoders scale by 2¹⁵ − 1
    page.get_by_role(
        "button", name="Listen"
    ).click()  # Chromium's own device: it beeps, or now and then is silent
    page.wait_for_function("document.querySelectorAll('tbody tr').length >= 8")
    page.get_by_role("button", name="Stop listening").click()
    page.wait_for_function(
        "/^\\d+ windows of the microphone/.test(document.querySelector('#status').textContent)"
    )
    assert shown.faults == []


HEADER = """#pragma once
#include "edgewright/node.h"
namespace EW_NS {
struct spots_tables { int32_t count; };
ew_status spots(const spots_tables& tables, void* state, const ew_view* in, ew_view* out, ew_arena& scratch);
}
"""
SOURCE = """#include "spots.h"
namespace EW_NS {
ew_status spots(const spots_tables& tables, void*, const ew_view* in, ew_view* out, ew_arena&) {
    const uint8_t* const pixels = static_cast<const uint8_t*>(in[0].data);
    float* const map = ew_floats(out[1]);
    float darkest = 0.0f;
    for (int32_t i = 0; i < tables.count; ++i) {
        map[i] = 255.0f - static_cast<float>(pixels[i]);
        if (map[i] > darkest) darkest = map[i];
    }
    ew_floats(out[0])[0] = darkest;
    return ew_ok;
}
}
"""


@pytest.fixture(scope="module")
def image_package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An impulse of grey images of 8 × 6 whose score is how dark the darkest pixel is, with a map of darkness."""
    folder = tmp_path_factory.mktemp("image")
    for part in ("device", "nodes", "selftest", "package"):
        (folder / part).mkdir()
    (folder / "device" / "spots.h").write_text(HEADER)
    (folder / "device" / "spots.cpp").write_text(SOURCE)
    shape = [6, 8, 1]
    outputs = [
        {"name": "scores", "dtype": "float32", "shape": [1]},
        {"name": "map", "dtype": "float32", "shape": shape[:2]},
    ]
    Export(
        symbol="spots", header="spots.h", sources=["spots.cpp"], modules=[], tables={"count": 48},
        inputs=[{"dtype": "uint8", "shape": shape}], outputs=outputs,
    ).write(folder / "nodes" / "spots", folder / "device")  # fmt: skip
    window = {"kind": "image", "width": 8, "height": 6, "channels": 1, "resize": "squash"}
    node = {
        "id": "spots",
        "type": "learning",
        "kind": "anomaly",
        "inputs": ["input"],
        "threshold": {"value": 200.0},
    }
    document = {"contract": 1, "name": "spots", "build_id": "00000000000000aa", "namespace": "spots_00000000"}
    (folder / "deployment.json").write_text(json.dumps({**document, "window": window, "nodes": [node]}))
    loaded = load_block(block_folder("wasm"))
    params = params_of("wasm", {"selftest-data": "none"})
    loaded.new().build(TrainedImpulse.load(folder), params, folder / "package")
    loaded.close()
    return folder / "package"


def test_images_are_resized_as_in_training(image_package: Path, opened: Any) -> None:
    image = np.random.default_rng(0).integers(120, 256, (45, 61, 3)).astype(np.uint8)
    image[20:33, 30:43] = 7  # a dark spot
    encoded = io.BytesIO()
    pytest.importorskip("PIL.Image").fromarray(image).save(encoded, "PNG")
    shown = opened(image_package)
    shown.score("part.png", encoded.getvalue(), "part.png: anomaly.")
    darkness = 255 - resize(image, width=8, height=6, channels=1).astype(int)
    assert [row[2] for row in shown.table()] == [str(darkness.max())]
    heat = shown.page.locator(".map")
    assert heat.get_attribute("aria-label") == f"Map of scores from {darkness.min()} to {darkness.max()}"
    sizes = heat.locator("canvas").evaluate_all("all => all.map(({ width, height }) => [width, height])")
    assert sizes == [[8, 6], [8, 6]]
    shown.page.set_input_files("#file", {"name": "bad.png", "mimeType": "image/png", "buffer": b"no image"})
    shown.page.wait_for_function("document.querySelector('#problem').textContent.includes('bad.png')")
    assert shown.faults == []


@pytest.mark.skipif(shutil.which("node") is None, reason="needs Node")
def test_node_scores_images_of_any_size_and_format(image_package: Path) -> None:
    random = np.random.default_rng(1)
    images = [random.integers(0, 256, size, dtype=np.uint8) for size in ((45, 61, 3), (6, 8, 1), (20, 9, 4))]
    given = [{"data": i.ravel().tolist(), "height": i.shape[0], "width": i.shape[1]} for i in images]
    command = ["node", "--input-type=module", "--eval", RUN_IMAGES, str(image_package / "spots.mjs")]
    done = subprocess.run(
        command, input=json.dumps(given), capture_output=True, text=True, timeout=60, check=True
    )
    answer = json.loads(done.stdout)
    for image, result in zip(images, answer["results"], strict=True):
        window = resize(image[..., :3], width=8, height=6, channels=1).ravel()
        assert result["window"] == window.tolist()
        assert result["map"] == (255 - window.astype(int)).tolist()
        assert result["score"] == 255 - window.min()
        assert bool(result["decision"]) == (result["score"] > 200)
    assert "7 bytes" in answer["refused"]
