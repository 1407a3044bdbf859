"""Leaves a daemon behind: two forks, a session of its own, streams closed or kept."""

import os
import subprocess

from task import params

if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        if params["variant"] == "streams-closed":
            os.close(0)
            os.close(1)
            os.close(2)
        os.execvp("python3", ["python3", "-c", "import time; time.sleep(600)", params["token"]])
    os._exit(0)
os.wait()
keep = subprocess.Popen(["sleep", "0.2"])
keep.wait()
