"""``python3 -m edgewright_sdk.ingestion --out DIR --port N [--tls-port N]``.

The key of its clients is in ``EDGEWRIGHT_INGESTION_KEY``; what it shows to those who ask by HTTPS in ``EDGEWRIGHT_INGESTION_TLS``,
key and certificate as PEM.
"""

from __future__ import annotations

import argparse
import os
import ssl
import sys
import tempfile
import threading
from pathlib import Path
from typing import TYPE_CHECKING

from edgewright_sdk.ingestion.server import Server, make_server
from edgewright_sdk.ingestion.uploads import Uploads

if TYPE_CHECKING:
    from collections.abc import Sequence

KEY_VARIABLE = "EDGEWRIGHT_INGESTION_KEY"
TLS_VARIABLE = "EDGEWRIGHT_INGESTION_TLS"


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until the process is ended."""
    parser = argparse.ArgumentParser(
        prog="python3 -m edgewright_sdk.ingestion", description="Take uploads and write them as files."
    )
    parser.add_argument("--out", required=True, type=Path, metavar="DIR")
    parser.add_argument("--port", required=True, type=int)
    parser.add_argument("--tls-port", type=int)
    options = parser.parse_args(arguments)
    key = os.environ.get(KEY_VARIABLE, "")
    if not key:
        parser.error(f"{KEY_VARIABLE} is not set")
    servers = [make_server(("127.0.0.1", options.port), key)]
    if options.tls_port is not None:
        servers += _secured(options.tls_port, key)
    # Listening first: the labels file, which the uploads begin with, tells that uploads are welcome.
    uploads = Uploads(options.out)
    for server in servers:
        server.uploads = uploads
    for server in servers[1:]:
        threading.Thread(target=server.serve_forever, daemon=True).start()
    servers[0].serve_forever()
    return 0


def _secured(port: int, key: str) -> list[Server]:
    """The same by HTTPS, where that port may be had; scripts that know plain HTTP can do without."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with tempfile.NamedTemporaryFile("w", suffix=".pem") as file:
        file.write(os.environ.get(TLS_VARIABLE, ""))
        file.flush()
        context.load_cert_chain(file.name)
    try:
        return [make_server(("127.0.0.1", port), key, context)]
    except OSError as problem:
        print(f"ingestion: no HTTPS: port {port}: {problem.strerror}", file=sys.stderr, flush=True)  # noqa: T201
        return []


if __name__ == "__main__":
    sys.exit(main())
