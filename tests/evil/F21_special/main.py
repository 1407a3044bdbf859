"""Leaves a FIFO, a socket or a device in its output."""
# ruff: noqa: PTH107

import os
import socket
import stat

from task import params, paths, succeed

succeed()

os.chdir(paths.out)
if params["variant"] == "fifo":
    os.mkfifo("pipe")
elif params["variant"] == "fifo-as-output":
    os.remove("features.npy")
    os.mkfifo("features.npy")
elif params["variant"] == "fifo-as-result":
    os.remove("result.json")
    os.mkfifo("result.json")
elif params["variant"] == "socket":
    socket.socket(socket.AF_UNIX).bind("here")
elif params["variant"] == "device":
    os.mknod("null", stat.S_IFCHR | 0o666, os.makedev(1, 3))
