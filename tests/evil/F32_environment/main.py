"""Tells its environment."""

import json
import os

print("environment", json.dumps(dict(os.environ)), flush=True)
raise SystemExit(5)
