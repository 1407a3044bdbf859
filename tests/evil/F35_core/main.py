"""Dies so that a core file would be written."""

import argparse
import json
import os
import resource
import signal
from pathlib import Path

parser = argparse.ArgumentParser()
parser.add_argument("--in", dest="source", type=Path)
parser.add_argument("--out", type=Path)
paths = parser.parse_args()
params = json.loads((paths.source / "request.json").read_text())["params"]

print("core:", resource.getrlimit(resource.RLIMIT_CORE), flush=True)
try:
    resource.setrlimit(resource.RLIMIT_CORE, (1 << 30, 1 << 30))
    print("RAISED", flush=True)
except (OSError, ValueError) as error:
    print("not raised:", error, flush=True)
os.chdir(paths.out)
os.kill(os.getpid(), signal.SIGSEGV)
