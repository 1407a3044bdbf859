"""ONNX: a trained impulse as one file, from windows or images to scores, p-values and decisions."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np

from edgewright_sdk import BlockError, DeploymentBlock
from edgewright_sdk.codegen.expectations import compare, expectations
from edgewright_sdk.codegen.graph import Graph
from edgewright_sdk.codegen.header import comment_text
from edgewright_sdk.codegen.package import write_files
from edgewright_sdk.codegen.selftest import selftest_windows
from edgewright_sdk.codegen.templates import fill

from .impulse import METADATA, impulse_onnx, output_names

if TYPE_CHECKING:
    from pathlib import Path

    from edgewright_sdk import Params, TrainedImpulse

#: float32 on any processor, with sums in any order: what a score may be off by, beside as much of its size.
TOLERANCE = 1e-3


class OnnxFile(DeploymentBlock):
    """A file for onnxruntime."""

    def build(self, impulse: TrainedImpulse, params: Params, out: Path) -> None:
        """Join what the nodes export, and write the file with its self-test."""
        graph = Graph(impulse)
        (out / f"{graph.name}.onnx").write_bytes(impulse_onnx(graph, impulse))
        windows = selftest_windows(graph, impulse) if params.selftest_data != "none" else None
        values = {
            "title": comment_text(str(graph.document["name"])),
            "name": graph.name,
            "build_id": graph.build_id,
            "shape": ", ".join(map(str, ("batch", *graph.shape))),
            "dtype": "uint8" if graph.image else "float32",
            "pixels": _PIXELS if graph.image else _ROWS,
            "outputs": "\n".join(f"| `{name}` | {what} |" for name, what in output_names(graph).items()),
            "one": ", ".join(map(str, (1, *graph.shape))),
        }
        templates = self.folder / "templates"
        files = {name: fill(templates / name, **values) for name in ("README.md", "LICENSE.txt")}
        if windows is not None:
            document = expectations(graph, impulse, len(windows), least=TOLERANCE)
            files["selftest/expected.json"] = json.dumps(document, separators=(",", ":")) + "\n"
        write_files(files, out)
        if windows is not None:
            np.save(out / "selftest" / "windows.npy", np.asarray(windows, values["dtype"]))

    def verify(self, package: Path, params: Params) -> dict[str, Any]:  # noqa: ARG002
        """Run the windows of the self-test through the file by onnxruntime, all at once."""
        import onnxruntime

        folder = package / "selftest"
        if not (folder / "expected.json").is_file():
            raise BlockError(
                "the package has no self-test data; build it with `selftest-data: recorded` or `synthetic` to verify it"
            )
        document = json.loads((folder / "expected.json").read_text(encoding="utf-8"))
        windows = np.load(folder / "windows.npy")
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 4
        path = package / f"{document['name']}.onnx"
        try:
            session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
            names = [output.name for output in session.get_outputs()]
            found = dict(zip(names, session.run(names, {"input": windows}), strict=True))
        except Exception as error:  # onnxruntime's errors have no base of their own
            raise BlockError(f"onnxruntime can't run {path.name}: {str(error)[:500]}") from None
        about = json.loads(session.get_modelmeta().custom_metadata_map[METADATA])
        nodes = {node["name"]: node for node in about["outputs"]}
        features = [
            found[f"{given['name']}.features"] for given in document["features"] if not document["outputs"]
        ]
        outputs = [_results(nodes[output["name"]], found, len(windows)) for output in document["outputs"]]
        return {
            **compare(document, len(windows), features, outputs),
            "engines": {f"onnxruntime {onnxruntime.__version__}": {"ok": True}},
            "file_bytes": path.stat().st_size,
        }


def _results(node: dict[str, Any], found: dict[str, Any], windows: int) -> list[dict[str, Any]]:
    def of(what: str, missing: Any) -> Any:
        return found.get(node["prefix"] + what, np.broadcast_to(missing, windows))

    classes = found.get(f"{node['prefix']}probabilities", np.zeros((windows, 0)))
    columns = zip(of("score", 0.0), of("p", -1.0), of("decision", 0), classes, strict=True)
    return [
        {
            "score": float(score),
            "p": float(p),
            "decision": int(decision),
            "classes": row,
            "threshold": node["threshold"],
        }
        for score, p, decision, row in columns
    ]


_PIXELS = "Pixels from 0 to 255 as they are, red, green, blue (or grey), at this size: bring other sizes to it first, as docs/images.md defines it (`edgewright.data.resize`)."
_ROWS = "Rows of samples in the units of training, at its rate, axes in the order of `window.axes` in the file's metadata."
