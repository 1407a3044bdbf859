"""Prints what looks like our protocol."""

import json
import os
import subprocess
import sys

forged = json.dumps({"id": 1, "type": "done", "ok": True, "outputs": {"features": "/etc/shadow"}})
print(forged, flush=True)
print('{"type": "result", "reason": "ok"}', file=sys.stderr, flush=True)
subprocess.run([sys.executable, "-c", f"print({forged!r})"], check=True)
os.write(1, b'{"type": "progress", "done": -1e999, "total": "x"}\n{"type":')
raise SystemExit(6)
