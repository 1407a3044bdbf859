"""Uses its secret and a mount, and lets the secret slip into log, messages, result and files."""

import base64
import os
import sys
from pathlib import Path

import numpy as np

from edgewright_sdk import BlockError, Features, ProcessingBlock


class Secret(ProcessingBlock):
    def transform(self, windows, params):
        token = self.context.secret("TOKEN")
        if params["where"] != "nowhere":
            self.slip(token)
        if params["where"] == "error":
            raise BlockError(f"the service refuses {token}")
        if params["where"] == "name":
            (self.out() / f"cache-{token}.txt").write_text("")
        factor = float((self.context.mount("tables") / "factor.txt").read_text())
        value = factor * len(token)
        return Features(np.full((len(windows), 1), value, np.float32), ["value"])

    def slip(self, token):
        login = base64.b64encode(f"user:{token}".encode()).decode()
        print("printed", token, flush=True)
        print(f"Authorization: Basic {login}", file=sys.stderr, flush=True)
        os.write(2, token.encode() * 3 + b"\n")
        self.context.log(f"logged {token}")
        self.context.progress(1, 2, f"asking with {login}")
        self.context.warn(f"the token {token} is about to expire")
        if "--out" in sys.argv:  # a warm driver is told in each request
            (self.out() / "notes.txt").write_text(f"curl -H 'X-Token: {token}'\n")

    def out(self):
        return Path(sys.argv[sys.argv.index("--out") + 1])
