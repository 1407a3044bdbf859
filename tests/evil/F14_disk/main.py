"""Fills every place that it can write to but /out."""

import errno
import os

block = b"x" * (1 << 20)
for place in ("/tmp", "/dev/shm", "/", "/usr", "/etc", "/block", "/var/tmp", "/root"):
    try:
        with open(f"{place}/ballast", "wb") as file:  # noqa: PTH123
            for _ in range(4096):
                file.write(block)
        print(f"{place}: FILLED", flush=True)
    except OSError as error:
        print(f"{place}: {errno.errorcode[error.errno or 0]}", flush=True)
    try:
        os.unlink(f"{place}/ballast")  # noqa: PTH108
    except OSError:
        continue
raise SystemExit(5)
