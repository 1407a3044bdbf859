"""Signals everybody it can see."""

import contextlib
import os
import signal
import time

from task import params

assert os.getpid() < 100, "not in a namespace of its own: everybody would be the whole machine"
number = getattr(signal, params["variant"])
for target in (1, -1, os.getppid(), os.getpid()):
    with contextlib.suppress(OSError):  # where nobody else is
        os.kill(target, number)
time.sleep(600)
