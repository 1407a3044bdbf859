"""Makes folders within folders, deeper than any path may name."""

import os

from task import paths, succeed

succeed()
os.chdir(paths.out)
for _ in range(3_000):  # fewer than it may make files
    os.mkdir("d")  # noqa: PTH102
    os.chdir("d")
