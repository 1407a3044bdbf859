"""``python3 -m edgewright_sdk.ingestion --out DIR --port N``; the key of its clients is in ``EDGEWRIGHT_INGESTION_KEY``."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from edgewright_sdk.ingestion.server import make_server
from edgewright_sdk.ingestion.uploads import Uploads

if TYPE_CHECKING:
    from collections.abc import Sequence

KEY_VARIABLE = "EDGEWRIGHT_INGESTION_KEY"


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until the process is ended."""
    parser = argparse.ArgumentParser(
        prog="python3 -m edgewright_sdk.ingestion", description="Take uploads and write them as files."
    )
    parser.add_argument("--out", required=True, type=Path, metavar="DIR")
    parser.add_argument("--port", required=True, type=int)
    options = parser.parse_args(arguments)
    key = os.environ.get(KEY_VARIABLE, "")
    if not key:
        parser.error(f"{KEY_VARIABLE} is not set")
    # Listening first: the labels file, which the uploads begin with, tells that uploads are welcome.
    with make_server(("127.0.0.1", options.port), key) as server:
        server.uploads = Uploads(options.out)
        server.serve_forever()
    return 0


if __name__ == "__main__":
    sys.exit(main())
