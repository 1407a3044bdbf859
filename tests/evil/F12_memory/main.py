"""Asks for more memory than it may have."""
# ruff: noqa: PTH123

import os

from task import params


def eat() -> None:
    held = []
    while True:
        held.append(bytearray(os.urandom(1 << 20)) * 16)


if params["variant"] == "itself":
    eat()
elif params["variant"] == "grandchild":
    if os.fork() == 0:
        if os.fork() == 0:
            eat()
        os.wait()
        os._exit(0)
    os.wait()
    raise SystemExit(1)  # the grandchild is dead, this process is not
else:
    folder = {"tmp": "/tmp", "shm": "/dev/shm"}[params["variant"]]
    block = os.urandom(1 << 20)
    with open(f"{folder}/ballast", "wb") as file:
        while True:
            file.write(block)
