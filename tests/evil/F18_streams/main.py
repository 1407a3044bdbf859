"""Closes its streams and leaves them to others."""

import argparse
import json
import os
import struct
import time
from pathlib import Path

parser = argparse.ArgumentParser()
parser.add_argument("--in", dest="source", type=Path)
parser.add_argument("--out", type=Path)
paths = parser.parse_args()
params = json.loads((paths.source / "request.json").read_text())["params"]


def succeed() -> None:
    """Leave a result that is right, so that only the mischief can fail."""
    header = b"{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }"
    header += b" " * (63 - (10 + len(header)) % 64) + b"\n"
    magic = b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header))
    (paths.out / "features.npy").write_bytes(magic + header + struct.pack("<6f", *range(6)))
    output = {"kind": "array", "path": "features.npy", "dtype": "float32", "shape": [2, 3]}
    result = {"contract": 1, "outputs": {"features": output}, "metrics": {}, "warnings": []}
    (paths.out / "result.json").write_text(json.dumps(result))


if params["variant"] == "closed":
    for descriptor in (0, 1, 2):
        os.close(descriptor)
    succeed()
    time.sleep(0.5)
elif os.fork() == 0:
    time.sleep(30)
    os.write(1, b"written after the end\n")
else:
    succeed()
os._exit(0)
