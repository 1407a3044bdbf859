"""PatchCore on many images: how much memory the task takes that learns from them.

::

    python benchmarks/patchcore_memory.py [--images 2000] [--side 256] [--ratio 0.01] [--memory-limit 2000] [--json]
    python benchmarks/patchcore_memory.py --images 20 --side 96         # does it run?

Images are made up, as those of ``patchcore.py``, and lie in files as a run leaves them. The block learns in a process of its
own, as under ``--runner process``, with one thread. Its memory is the largest resident size that the system saw, mapped files
and libraries included. The goal is 4096 MB; exit code 1 where it is missed.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
from patchcore import BLOCK, ROOT, images_of

from edgewright_sdk import Params

GOAL = 4096  # MB
IMAGES_A_FILE = 250


def write_task(folder: Path, count: int, side: int, params: Params) -> None:
    """Images and request of a task that learns."""
    (folder / "in").mkdir()
    (folder / "out").mkdir()
    chunks = []
    for first in range(0, count, IMAGES_A_FILE):
        images = images_of(min(IMAGES_A_FILE, count - first), side, seed=first)
        np.save(folder / "in" / f"{first}.npy", images)
        chunks.append({"path": f"{first}.npy", "shape": list(images.shape), "sha256": ""})
    request = {
        "contract": 1,
        "operation": "fit",
        "params": dict(params),
        "seed": 0,
        "threads": 1,
        "window": {"kind": "image", "height": side, "width": side, "channels": 3},
        "inputs": {"windows": {"kind": "array", "dtype": "uint8", "chunks": chunks}},
    }
    (folder / "in" / "request.json").write_text(json.dumps(request))


def run_task(folder: Path) -> dict[str, float]:
    """Run it; its time, and the most memory that it held, in MB: all of it, and without mapped files."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(str(ROOT / root) for root in ("specs", "sdk"))}
    command = [sys.executable, "-m", "edgewright_sdk", "run", "--block", str(BLOCK)]
    command += ["--in", str(folder / "in"), "--out", str(folder / "out")]
    whole = own = 0
    started = time.monotonic()
    with subprocess.Popen(command, env=environment, stdout=sys.stderr) as process:
        while process.poll() is None:
            status = Path(f"/proc/{process.pid}/status").read_text()
            held = dict(line.split(":", 1) for line in status.splitlines())
            whole = max(whole, int(held.get("VmHWM", "0 kB").split()[0]))
            own = max(own, int(held.get("RssAnon", "0 kB").split()[0]))
            time.sleep(0.05)
    if process.returncode:
        raise SystemExit("the task failed")
    return {"seconds": time.monotonic() - started, "resident MB": whole / 1024, "own MB": own / 1024}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--images", type=int, default=2000)
    parser.add_argument("--side", type=int, default=256)
    parser.add_argument("--ratio", type=float, default=0.01)
    parser.add_argument("--memory-limit", type=int, default=2000)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    params = Params.defaults(
        BLOCK, scoring="patchcore", sampling_ratio=given.ratio, memory_limit=given.memory_limit
    )
    with tempfile.TemporaryDirectory() as name:
        write_task(Path(name), given.images, given.side, params)
        found: dict[str, Any] = run_task(Path(name))
        kept = np.load(next(Path(name).glob("out/model/**/cells.npy")), mmap_mode="r")
        found |= {"images": given.images, "side": given.side, "kept": len(kept)}
    if given.json:
        print(json.dumps(found, indent=1))
    else:
        print(
            f"{given.images} images of {given.side} x {given.side} at ratio {given.ratio:g}: {found['kept']} cells kept, {found['seconds']:.0f} s, "
            f"{found['resident MB']:.0f} MB resident (goal {GOAL}), {found['own MB']:.0f} MB without mapped files"
        )
    return 0 if found["resident MB"] <= GOAL else 1


if __name__ == "__main__":
    sys.exit(main())
