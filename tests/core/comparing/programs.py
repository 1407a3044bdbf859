"""Stand-ins for programs that Edge Impulse builds: they speak its protocols over real sockets and real memory.

Both score a window by its largest absolute value, and give the classes ``idle`` and ``wave``.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

EIM = """#!{python}
import json, os, socket, sys
mode, values = {mode!r}, {values}
if mode == "dies":
    sys.exit(3)
server = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
server.bind(sys.argv[1])
server.listen(1)
print("what a program prints is no message", flush=True)
connection, _ = server.accept()
while True:
    content = b""
    while True:
        part = connection.recv(4096)
        if not part:
            sys.exit(0)
        content += part
        try:
            message = json.loads(content)
            break
        except ValueError:
            pass
    answer = {{"id": message["id"], "success": True}}
    if "hello" in message:
        answer["model_parameters"] = {{
            "axis_count": 2, "frequency": 50, "has_anomaly": 1, "input_features_count": values, "label_count": 2,
            "labels": ["idle", "wave"], "model_type": "classification", "sensor": 2,
            "thresholds": [{{"id": 3, "type": "anomaly_kmeans", "min_anomaly_score": 1.5}}],
        }}
        answer["project"] = {{"name": "pump", "owner": "me", "id": 1, "deploy_version": 1}}
    elif mode == "refuses":
        answer = {{"id": message["id"], "success": False, "error": "no such thing"}}
    elif mode == "hangs up":
        sys.exit(0)
    elif mode == "babbles":
        connection.sendall(b"not json\\0")
        continue
    else:
        size = max(abs(value) for value in message["classify"])
        share = 1 / (1 + size)
        answer["result"] = {{"classification": {{"idle": share, "wave": 1 - share}}}}
        if mode != "classes only":
            answer["result"]["anomaly"] = size
        answer["timing"] = {{"dsp": 1, "classification": 1, "anomaly": 1}}
    text = json.dumps(answer).encode() + b"\\0"
    connection.sendall(text[:5])
    connection.sendall(text[5:])
"""

EMBIND = """// A module as Emscripten makes them: not ready until it says so.
const Module = { onRuntimeInitialized: null };
let memory = new ArrayBuffer(1 << 20), next = 64, alive = 0;
setTimeout(() => {
  Module._malloc = (size) => { const at = next; next += (size + 15) & ~15; return at; };
  Module._free = () => {};
  Module.HEAPU8 = new Uint8Array(memory);
  Module.init = () => 0;
  Module.get_properties = () => ({ has_anomaly: true, input_features_count: VALUES, model_type: "classification",
    label_count: 2, thresholds: [{ id: 3, type: "anomaly_kmeans", min_anomaly_score: 1.5 }] });
  Module.run_classifier = (at, count, debug) => {
    if (alive > 3) throw new Error("results were not deleted");
    const size = Math.max(...Array.from(new Float32Array(memory, at, count), Math.abs));
    alive++;
    const share = 1 / (1 + size);
    const entries = [{ label: "idle", value: share, delete() {} }, { label: "wave", value: 1 - share, delete() {} }];
    return { result: RESULT, anomaly: size, size: () => 2, get: (i) => entries[i], delete() { alive--; } };
  };
  if (Module.onRuntimeInitialized) Module.onRuntimeInitialized();
}, 20);
module.exports = Module;
"""


def write_eim(path: Path, values: int, mode: str = "", python: str = sys.executable) -> Path:
    """A program that answers as a Linux ``.eim`` does."""
    path.write_text(EIM.format(python=python, mode=mode, values=values))
    path.chmod(0o755)
    return path


def write_embind(folder: Path, values: int, result: int = 0) -> Path:
    """A package with the JavaScript module in ``node/``, as Edge Impulse lays it out."""
    (folder / "node").mkdir(parents=True)
    script = folder / "node" / "edge-impulse-standalone.js"
    script.write_text(EMBIND.replace("VALUES", str(values)).replace("RESULT", str(result)))
    (folder / "node" / "edge-impulse-standalone.wasm").write_bytes(b"\0asm\1\0\0\0")
    (folder / "node" / "run-impulse.js").write_text("throw new Error('not to be run')")
    return folder
