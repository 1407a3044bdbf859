"""Leaves symbolic links in its output."""
# ruff: noqa: PTH107, PTH120, PTH211

import os

from task import params, paths, succeed

succeed()

os.chdir(paths.out)
variant = params["variant"]
if variant == "shadow":
    os.symlink("/etc/shadow", "a")
elif variant == "instead-of-output":
    os.remove("features.npy")
    os.symlink(params["target"], "features.npy")
elif variant == "instead-of-result":
    os.remove("result.json")
    os.symlink(params["target"], "result.json")
elif variant == "parent":
    os.symlink("../../", "a")
elif variant == "folder":
    os.symlink(os.path.dirname(params["target"]) or "/", "model")
elif variant == "chain":
    os.symlink("b", "a")
    os.symlink("c", "b")
    os.symlink(params["target"], "c")
elif variant == "loop":
    os.symlink("b", "a")
    os.symlink("a", "b")
elif variant == "dangling":
    os.symlink("/nowhere/at/all", "a")
