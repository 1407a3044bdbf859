"""Writes very much to stdout or stderr."""

import os

from task import params

stream = 2 if params["variant"].startswith("stderr") else 1
line = b"y" * 99 + b"\n" if params["variant"].endswith("lines") else b"x" * 100
block = line * 10_000
for _ in range(params["megabytes"]):
    view = memoryview(block)
    while view:
        view = view[os.write(stream, view) :]
os.write(stream, b"\nthe very last line\n")
raise SystemExit(4)
