"""Counts the files of a folder: a test's block, Python standard library only."""

import os
import sys

words = dict(zip(sys.argv[1::2], sys.argv[2::2]))
found = []
for folder, _, names in os.walk(words["--in-directory"]):
    found += [os.path.join(folder, name) for name in names if name.endswith(words["--suffix"])]
with open(os.path.join(words["--out-directory"], "count.txt"), "w") as file:
    file.write(str(len(found)))
with open(os.path.join(words["--out-directory"], "environment.txt"), "w") as file:
    file.write("\n".join(sorted(name for name in os.environ if name.startswith("EI_"))))
