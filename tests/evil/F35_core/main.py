"""Dies so that a core file would be written."""

import os
import resource
import signal

from task import paths

print("core:", resource.getrlimit(resource.RLIMIT_CORE), flush=True)
try:
    resource.setrlimit(resource.RLIMIT_CORE, (1 << 30, 1 << 30))
    print("RAISED", flush=True)
except (OSError, ValueError) as error:
    print("not raised:", error, flush=True)
os.chdir(paths.out)
os.kill(os.getpid(), signal.SIGSEGV)
