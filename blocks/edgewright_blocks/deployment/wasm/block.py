"""WebAssembly: a trained impulse as modules without imports, and an ES module that calls them."""

from __future__ import annotations

import importlib.util
import json
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from edgewright_sdk import BlockError, DeploymentBlock
from edgewright_sdk.codegen.engines import attempt
from edgewright_sdk.codegen.expectations import expectations, rows_of
from edgewright_sdk.codegen.graph import Graph
from edgewright_sdk.codegen.header import c_header, comment_text
from edgewright_sdk.codegen.package import write_files
from edgewright_sdk.codegen.selftest import selftest_windows
from edgewright_sdk.codegen.templates import fill

from .browser import find_browser, run_browser
from .edge_impulse import modules_of, standalone_files
from .engines import merged, run_node, run_wasmtime
from .module import compile_modules, module_cpus
from .npm import package_json, package_name

if TYPE_CHECKING:
    from collections.abc import Callable

    from edgewright_sdk import Params, TrainedImpulse

_FILES = ("README.md", "LICENSE.txt", "index.html")
_DEMO = ("demo.mjs", "view.mjs", "chart.mjs", "sources.mjs", "recorder.js", "demo.css")

_SOUND = 3000  # Hz, as in demo.mjs

_EXAMPLES = {
    "image": """\
const image = context.getImageData(0, 0, width, height);  // any size: it is resized as in training, to {window}
const result = monitor.runImage(image);
if (result.decision) console.log(result.outputs[0].score, result.outputs[0].map);""",
    "signal": """\
const result = monitor.run(window);        // {window} values, rows on end
if (result.decision) console.log(result.outputs[0].score, result.outputs[0].contributions);

for (const result of monitor.push(samples)) {{ /* a stream: a result each time a window is complete */ }}""",
}


class WasmModule(DeploymentBlock):
    """A module for browsers, Node and wasmtime."""

    def build(self, impulse: TrainedImpulse, params: Params, out: Path) -> None:
        """Compile the module and write it with its wrapper, types, header, page and self-test."""
        graph = Graph(impulse, params.calibration_windows)
        templates = self.folder / "templates"
        values = _values(graph)
        with tempfile.TemporaryDirectory(prefix="edgewright-wasm-") as work:
            modules = compile_modules(graph, fill(templates / "entry.cpp", **values), Path(work))
            for name, module in modules.items():
                shutil.copyfile(module, out / name)
        document = _selftest(graph, impulse) if params.selftest_data != "none" else None
        values["selftest"] = "" if document is None else "selftest/selftest.json"
        files = {
            f"{graph.name}.h": c_header(graph),
            f"{graph.name}.mjs": fill(templates / "wrapper.mjs", **values),
            f"{graph.name}.d.mts": fill(templates / "wrapper.d.mts", **values),
            "package.json": package_json(graph),
            **{name: fill(templates / name, **values) for name in _FILES},
            **{f"demo/{name}": (templates / "demo" / name).read_text(encoding="utf-8") for name in _DEMO},
        }
        if params.edge_impulse_names:
            files |= standalone_files(graph, files[f"{graph.name}.mjs"], templates, values)
            for path, name in modules_of(graph.name).items():
                (out / path).parent.mkdir(exist_ok=True)
                shutil.copyfile(out / name, out / path)
        if document is not None:
            files["selftest/selftest.json"] = json.dumps(document, separators=(",", ":")) + "\n"
            files["selftest/selftest.mjs"] = fill(templates / "selftest.mjs", **values)
        write_files(files, out)

    def verify(self, package: Path, params: Params) -> dict[str, Any]:  # noqa: ARG002
        """Run the self-test of each module in every engine there is: wasmtime, Node."""
        document = _document(package)
        answers = {}
        for name in module_cpus(str(document["name"])):
            suffix = " without SIMD" if name.endswith(".scalar.wasm") else ""
            answers[f"wasmtime{suffix}"] = run_wasmtime(package / name, document)
            answers[f"Node{suffix}"] = run_node(package, name)
        found = {engine: answer for engine, answer in answers.items() if answer is not None}
        if not found:
            raise BlockError(
                "no engine runs the module here; install one: `pip install wasmtime`, or Node 18 or later"
            )
        return {
            **merged(found),
            "engines": found,
            "module_bytes": {
                name: (package / name).stat().st_size for name in module_cpus(str(document["name"]))
            },
        }

    def parity(self, package: Path, params: Params) -> dict[str, Any]:  # noqa: ARG002
        """Run the self-test of both modules in wasmtime, Node and Chromium."""
        document = _document(package)
        modules = list(module_cpus(str(document["name"])))
        wasmtime, node, browser = importlib.util.find_spec("wasmtime"), shutil.which("node"), find_browser()

        def everywhere(run: Callable[[str], dict[str, Any] | None]) -> dict[str, Any]:
            return merged({module: found for module in modules if (found := run(module)) is not None})

        return {
            "wasmtime": attempt(
                [] if wasmtime else ["wasmtime"],
                lambda: everywhere(lambda module: run_wasmtime(package / module, document)),
            ),
            "Node": attempt(
                [] if node else ["node"], lambda: everywhere(lambda module: run_node(package, module))
            ),
            "Chromium": attempt(
                [] if browser else ["chromium"],
                lambda: everywhere(lambda module: run_browser(str(browser), package, module)),
            ),
        }


def _document(package: Path) -> dict[str, Any]:
    """Windows and what Python made of them, as the package holds them."""
    path = package / "selftest" / "selftest.json"
    if not path.is_file():
        raise BlockError(
            "the package has no self-test data; build it with `selftest-data: recorded` or `synthetic` to verify it"
        )
    document: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return document


def _selftest(graph: Graph, impulse: TrainedImpulse) -> dict[str, Any] | None:
    windows = selftest_windows(graph, impulse)
    if windows is None:
        return None
    return {**expectations(graph, impulse, len(windows)), "windows": rows_of(windows)}


def _values(graph: Graph) -> dict[str, str]:
    info = {
        "name": str(graph.document["name"]),
        "buildId": graph.build_id,
        "kind": str(graph.window.get("kind", "time-series")),
        "shape": list(graph.shape),
        "axes": [] if graph.image else list(graph.window["axes"]),
        "frequency": graph.window.get("frequency"),
        "calibrationWindows": graph.calibration_windows,
        "stride": None if graph.image else graph.stride,
        "features": [{"name": step.id, "labels": step.labels} for step in graph.processing],
        "outputs": [
            {
                "name": s.id,
                "kind": s.entry["kind"],
                "classes": s.classes,
                "contributions": s.labels,
                "mapScale": s.entry.get("map_scale"),
            }
            for s in graph.learning
        ],
    }
    return {
        "title": comment_text(str(graph.document["name"])),
        "name": graph.name,
        "NAME": graph.name.upper(),
        "package": package_name(graph.name),
        "input": _input(graph),
        "example": _EXAMPLES["image" if graph.image else "signal"].format(
            window=" × ".join(map(str, graph.shape))
        ),
        "drift": ""
        if graph.image
        else "; `drift` tells how far a stream's inputs have moved from training's, in standard deviations",
        "build_id": graph.build_id,
        "info": json.dumps(info, indent=2),
        "array": "Uint8Array" if graph.image else "Float32Array",
        "ctype": "uint8_t" if graph.image else "float",
        "calibration_windows": str(graph.calibration_windows),
        "stream": "0" if graph.image else "1",
        "most_features": str(max((step.node.outputs[0].count for step in graph.processing), default=1)),
        "window": " × ".join(map(str, graph.shape)),
    }


def _input(graph: Graph) -> str:
    """What the page takes: see demo.mjs."""
    if graph.image:
        return "an image"
    sound = graph.shape[1] == 1 and float(graph.window.get("frequency") or 0) >= _SOUND
    return "the microphone or a sound file" if sound else "a CSV file or pasted rows"
