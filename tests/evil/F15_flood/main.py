"""Writes very much to stdout or stderr."""

import argparse
import json
import os
from pathlib import Path

parser = argparse.ArgumentParser()
parser.add_argument("--in", dest="source", type=Path)
parser.add_argument("--out", type=Path)
paths = parser.parse_args()
params = json.loads((paths.source / "request.json").read_text())["params"]

stream = 2 if params["variant"].startswith("stderr") else 1
line = b"y" * 99 + b"\n" if params["variant"].endswith("lines") else b"x" * 100
block = line * 10_000
for _ in range(params["megabytes"]):
    view = memoryview(block)
    while view:
        view = view[os.write(stream, view) :]
os.write(stream, b"\nthe very last line\n")
raise SystemExit(4)
