"""Stops who watches over it."""

import os
import signal
import time

os.kill(os.getppid(), signal.SIGSTOP)
time.sleep(600)
