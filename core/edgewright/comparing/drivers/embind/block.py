"""Windows through a WebAssembly package of Edge Impulse: its own JavaScript, run by Node."""

from __future__ import annotations

import json
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from edgewright_sdk import BlockError, Features, ProcessingBlock

if TYPE_CHECKING:
    from edgewright_sdk import Params, Windows

SECONDS = 3600


class Embind(ProcessingBlock):
    """Score, class shares and time of each window."""

    batch_bytes = 64 << 20

    def transform(self, windows: Windows, params: Params) -> Features:  # noqa: ARG002
        """Have Node classify each window."""
        node = shutil.which("node")
        if node is None:
            raise BlockError("there is no Node here; install Node 18 or later")
        values = windows.values.reshape(len(windows.values), -1).astype("<f4")
        with tempfile.TemporaryDirectory(prefix="embind-") as work:
            written, answered = Path(work, "windows.f32"), Path(work, "answer.json")
            values.tofile(written)
            script = self.folder / "program" / "edge-impulse-standalone.js"
            command = [
                node,
                str(self.folder / "classify.cjs"),
                str(script),
                str(written),
                str(values.shape[1]),
                str(answered),
            ]
            try:
                done = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, timeout=SECONDS, check=False)  # fmt: skip
            except subprocess.TimeoutExpired:
                raise BlockError(f"the package did not finish within {SECONDS} s") from None
            if not answered.is_file():
                said = done.stderr.strip().splitlines()
                reason = next(
                    (line for line in said if line.startswith("Error: ")),
                    "Error: " + (said[-1] if said else ""),
                )
                raise BlockError(f"the package failed: {reason[len('Error: ') :][:400]}")
            answer = json.loads(answered.read_text(encoding="utf-8"))
        table = np.array(answer["rows"], dtype=np.float32)
        return Features(table, [str(label) for label in answer["labels"]])
