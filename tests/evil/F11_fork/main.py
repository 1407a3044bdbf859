"""Makes as many processes as it can."""

import os
import time

made = 0
try:
    while made < 5000:
        if os.fork() == 0:
            time.sleep(60)
            os._exit(0)
        made += 1
except OSError as error:
    print("stopped by", error, "after", made, flush=True)
raise SystemExit(5)
