"""Gives outputs that are not what the contract says."""

import argparse
import json
import struct
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


variant = params["variant"]
succeed()
if variant == "nan":
    data = bytearray((paths.out / "features.npy").read_bytes())
    data[-4:] = struct.pack("<f", float("nan"))
    (paths.out / "features.npy").write_bytes(data)
elif variant == "pickle":
    header = b"{'descr': '|O', 'fortran_order': False, 'shape': (1,), }"
    header += b" " * (63 - (10 + len(header)) % 64) + b"\n"
    magic = b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header))
    (paths.out / "features.npy").write_bytes(magic + header + b"cos\nsystem\n(S'touch /tmp/owned'\ntR.")
elif variant == "cut":
    data = (paths.out / "features.npy").read_bytes()
    (paths.out / "features.npy").write_bytes(data[:-4])
elif variant == "claim":
    text = (paths.out / "result.json").read_text()
    (paths.out / "result.json").write_text(text.replace("[2, 3]", "[2, 4]"))
