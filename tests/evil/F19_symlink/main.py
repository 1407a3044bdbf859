"""Leaves symbolic links in its output."""
# ruff: noqa: PTH107, PTH120, PTH211

import argparse
import json
import os
import struct
from pathlib import Path

parser = argparse.ArgumentParser()
parser.add_argument("--in", dest="source", type=Path)
parser.add_argument("--out", type=Path)
paths = parser.parse_args()
params = json.loads((paths.source / "request.json").read_text())["params"]

header = b"{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }"
header += b" " * (63 - (10 + len(header)) % 64) + b"\n"
magic = b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header))
(paths.out / "features.npy").write_bytes(magic + header + struct.pack("<6f", *range(6)))
output = {"kind": "array", "path": "features.npy", "dtype": "float32", "shape": [2, 3]}
result = {"contract": 1, "outputs": {"features": output}, "metrics": {}, "warnings": []}
(paths.out / "result.json").write_text(json.dumps(result))

os.chdir(paths.out)
variant = params["variant"]
if variant == "shadow":
    os.symlink("/etc/shadow", "a")
elif variant == "instead-of-output":
    os.remove("features.npy")
    os.symlink(params["target"], "features.npy")
elif variant == "instead-of-result":
    os.remove("result.json")
    os.symlink(params["target"], "result.json")
elif variant == "parent":
    os.symlink("../../", "a")
elif variant == "folder":
    os.symlink(os.path.dirname(params["target"]) or "/", "model")
elif variant == "chain":
    os.symlink("b", "a")
    os.symlink("c", "b")
    os.symlink(params["target"], "c")
elif variant == "loop":
    os.symlink("b", "a")
    os.symlink("a", "b")
elif variant == "dangling":
    os.symlink("/nowhere/at/all", "a")
