"""Sleeps, so that its container can be removed behind the runner's back."""

import argparse
import json
import time
from pathlib import Path

parser = argparse.ArgumentParser()
parser.add_argument("--in", dest="source", type=Path)
parser.add_argument("--out", type=Path)
paths = parser.parse_args()
params = json.loads((paths.source / "request.json").read_text())["params"]

(paths.out / "started").touch()
time.sleep(600)
