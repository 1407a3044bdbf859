"""Prints bytes that are no text, and text that commands terminals."""

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


os.write(1, b"nul \x00 invalid \xff\xfe title \x1b]0;owned\x07 red \x1b[31m over\rwritten\n")
os.write(2, b"split \xf0\x9f")
time.sleep(0.2)
os.write(2, b"\x98\x80 done\n")
succeed()
