"""What the fixtures share: the paths and parameters of their task, and a result that is right."""

import argparse
import json
import struct
from pathlib import Path

_parser = argparse.ArgumentParser()
_parser.add_argument("--in", dest="source", type=Path)
_parser.add_argument("--out", type=Path)
paths = _parser.parse_args()
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
