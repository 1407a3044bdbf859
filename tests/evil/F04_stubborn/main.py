"""Ignores SIGTERM and sleeps for ever."""

import argparse
import json
import signal
import subprocess
import time
from pathlib import Path

parser = argparse.ArgumentParser()
parser.add_argument("--in", dest="source", type=Path)
parser.add_argument("--out", type=Path)
paths = parser.parse_args()
params = json.loads((paths.source / "request.json").read_text())["params"]

signal.signal(signal.SIGTERM, signal.SIG_IGN)
signal.signal(signal.SIGINT, signal.SIG_IGN)
subprocess.Popen(["python3", "-c", "import time; time.sleep(600)", params["token"]])
(paths.out / "started").touch()
while True:
    time.sleep(600)
