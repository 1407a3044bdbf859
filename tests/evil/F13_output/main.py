"""Writes more to /out than it may."""

import os

from task import params, paths

if params["variant"] == "sparse":
    with (paths.out / "huge").open("wb") as file:
        file.truncate(1 << 40)
elif params["variant"] == "one-file":
    with (paths.out / "big").open("wb") as file:
        while True:
            file.write(b"x" * (1 << 20))
elif params["variant"] == "many-files":
    number = 0
    while True:
        with (paths.out / str(number)).open("wb") as file:
            while file.tell() < 1 << 20:
                file.write(os.urandom(1 << 16))
        number += 1
elif params["variant"] == "empty-files":
    for number in range(10_000_000):
        (paths.out / str(number)).touch()
