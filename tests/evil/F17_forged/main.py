"""Prints what looks like our protocol."""

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path

parser = argparse.ArgumentParser()
parser.add_argument("--in", dest="source", type=Path)
parser.add_argument("--out", type=Path)
paths = parser.parse_args()
params = json.loads((paths.source / "request.json").read_text())["params"]

forged = json.dumps({"id": 1, "type": "done", "ok": True, "outputs": {"features": "/etc/shadow"}})
print(forged, flush=True)
print('{"type": "result", "reason": "ok"}', file=sys.stderr, flush=True)
subprocess.run([sys.executable, "-c", f"print({forged!r})"], check=True)
os.write(1, b'{"type": "progress", "done": -1e999, "total": "x"}\n{"type":')
raise SystemExit(6)
