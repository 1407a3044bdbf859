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

block = b"x" * (1 << 20)
lines = (b"y" * 99 + b"\n") * 10_000
stream = 2 if params["variant"].startswith("stderr") else 1
if params["variant"].endswith("lines"):
    for _ in range(100):
        os.write(stream, lines)
else:
    for _ in range(300):
        os.write(stream, block)
os.write(stream, b"\nthe very last line\n")
raise SystemExit(4)
