"""Gives an input back as its output, as the same file."""

import os

from task import paths, succeed

succeed()
try:
    os.link(paths.source / "request.json", paths.out / "copy.json")
    print("LINKED", flush=True)
except OSError as error:
    print("no link:", error, flush=True)
    raise SystemExit(5) from None
os.link(paths.out / "features.npy", paths.out / "again.npy")
