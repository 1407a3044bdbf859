"""Run a package's self-test in a browser without a window: its own page, served on loopback, sends the result back."""

from __future__ import annotations

import functools
import http.server
import json
import os
import queue
import shutil
import subprocess
import tempfile
import threading
from typing import TYPE_CHECKING, Any

from edgewright_sdk import BlockError

if TYPE_CHECKING:
    from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
_SECONDS = 120
_PAGE = """<!doctype html>
<title>self-test</title>
<script type="module">
  const tell = (what) => fetch("result", { method: "POST", body: JSON.stringify(what) });
  try {
    tell((await import("./selftest/selftest.mjs")).result);
  } catch (error) {
    tell({ failed: String(error) });
  }
</script>
"""


def find_browser() -> str | None:
    """Path of Chromium or Chrome, if it is here."""
    return next((path for name in NAMES if (path := shutil.which(name))), None)


def run_browser(browser: str, package: Path, module: str) -> dict[str, Any]:
    """Run ``selftest.mjs`` on one module in a browser.

    Raises
    ------
    BlockError
        When the page sends no result.
    """
    results: queue.Queue[dict[str, Any]] = queue.Queue()

    class Handler(http.server.SimpleHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.path.partition("?")[0] != "/":
                super().do_GET()
                return
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(_PAGE.encode())

        def do_POST(self) -> None:
            results.put(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(204)
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
            """Say nothing."""

    handler = functools.partial(Handler, directory=str(package))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            found = _visited(browser, f"http://127.0.0.1:{server.server_port}/?module={module}", results)
        finally:
            server.shutdown()
    if "nodes" not in found:
        raise BlockError(f"the self-test's page failed: {found.get('failed')}")
    return found


def _visited(browser: str, address: str, results: queue.Queue[dict[str, Any]]) -> dict[str, Any]:
    with (
        tempfile.TemporaryDirectory(prefix="edgewright-browser-", ignore_cleanup_errors=True) as home,
        tempfile.TemporaryFile() as log,
    ):
        options = ["--headless", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run"]
        # Its own sandbox needs rights that a task hasn't; the page is this package, and the address this machine.
        options += ["--no-sandbox", f"--user-data-dir={home}", address]
        process = subprocess.Popen(
            [browser, *options],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd=home,
            # It makes a socket below the folder for temporary files, whose whole path may have 107 bytes.
            env={**os.environ, "HOME": home, "TMPDIR": "."},
        )
        try:
            for _ in range(_SECONDS):
                try:
                    return results.get(timeout=1)
                except queue.Empty:
                    if process.poll() is not None:
                        break
        finally:
            process.kill()
            process.wait()
        log.seek(0)
        said = log.read()[-1000:].decode(errors="replace").strip()
        how = (
            f"ended with {process.returncode}"
            if process.returncode != -9
            else f"said nothing within {_SECONDS} s"
        )
        raise BlockError(f"{browser} {how}:\n{said}")
