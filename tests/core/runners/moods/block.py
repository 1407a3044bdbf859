"""Does what its parameter ``mood`` says, mostly what a warm block should not."""

import os
import subprocess
import sys
import threading
import time
from pathlib import Path

from edgewright_sdk import BlockError, Features, ProcessingBlock

OUT = Path("/out")
KEPT = []
#: Puts other things in the place of the outputs for as long as it lives.
SWAP = """
import os
os.chdir("/out")
ways = [lambda: os.symlink("/etc/hostname", "x"), lambda: os.mkdir("x"), lambda: open("x", "w").write("{"),
        lambda: os.link("features.npy", "x"), lambda: os.mkfifo("x")]
while True:
    for number, make in enumerate(ways):
        for name in ("result.json", "features.npy")[: 1 + (number < 4)]:  # the driver would wait for the FIFO's reader
            try:
                make()
                os.rename("x", name)
            except OSError:
                pass
"""


def flood():
    for number in range(6):
        (OUT / f"flood{number}").write_bytes(bytes(1 << 20))


class Moods(ProcessingBlock):
    """The mean of each axis, and what the mood adds."""

    def transform(self, windows, params):
        mood = params.get("mood", "good")
        print("mood", mood, file=sys.stderr, flush=True)
        values = windows.values.mean(axis=1)
        names = [f"{axis} mean" for axis in windows.axes]
        if mood == "exit":
            os._exit(7)
        if mood == "hang":
            time.sleep(600)
        if mood == "leave":
            (OUT / "a" / "b").mkdir(parents=True)
            (OUT / "a" / "stray").write_bytes(b"stray")
            (OUT / "a" / "b").chmod(0)
            threading.Timer(0.1, lambda: (OUT / "link").symlink_to("/in")).start()
        if mood == "look":
            values = values * 0 + len(list(OUT.iterdir()))
        if mood == "swap":
            subprocess.Popen([sys.executable, "-c", SWAP], start_new_session=True)
        if mood == "flood":
            threading.Timer(0.2, flood).start()
        if mood == "grow":
            KEPT.append(b"x" * (10 << 20))
        if mood == "write":
            try:
                Path("/in/windows.npy").open("r+b").close()
            except OSError as problem:
                values = values * 0 + problem.errno
        if mood == "pipes":
            try:
                Path("/run/edgewright/more").write_bytes(b"x")
            except OSError as problem:
                values = values * 0 + problem.errno
        if mood == "name":
            (OUT / self.context.secret("TOKEN")).write_bytes(b"")
        if mood == "wrong":
            raise BlockError(f"{self.context.secret('TOKEN')} refused")
        if mood == "tell":
            secret = self.context.secret("TOKEN")
            print(secret)
            self.context.warn(f"the token is {secret}")
            names = [f"{secret} {axis}" for axis in windows.axes]
        return Features(values, names)
