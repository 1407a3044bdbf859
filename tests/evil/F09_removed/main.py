"""Sleeps, so that its container can be removed behind the runner's back."""

import time

from task import paths

(paths.out / "started").touch()
time.sleep(600)
