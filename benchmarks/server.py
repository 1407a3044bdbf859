"""How many requests a second the server of the `docker` target answers, and in what time.

    edgewright deploy RUN --target docker -o dist
    python benchmarks/server.py dist/server-x86-64 [--seconds 10] [--connections 16] [--workers 2]

By `wrk` where it is installed, else by a client in Python, which is slower than the server: then its numbers are a lower bound.
Server and client share this machine's processors.
"""

from __future__ import annotations

import argparse
import http.client
import json
import shutil
import subprocess
import tempfile
import threading
import time
from pathlib import Path

import numpy as np


def window_of(info: dict) -> bytes:
    """A request with one window of the shape that the server tells."""
    model = info["model_parameters"]
    if model["image_input_width"]:
        size = model["image_input_width"] * model["image_input_height"] * model["image_channel_count"]
        values = np.random.default_rng(0).integers(0, 256, size)
    else:
        values = np.random.default_rng(0).standard_normal(model["input_features_count"]).round(3)
    return json.dumps({"window": values.tolist()}).encode()


def by_wrk(port: int, body: bytes, seconds: int, connections: int) -> str:
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as script:
        script.write(f'wrk.method = "POST"\nwrk.body = [[{body.decode()}]]\n')
        script.write('wrk.headers["Content-Type"] = "application/json"\n')
        script.flush()
        command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}", "--latency", "-s", script.name]
        done = subprocess.run(
            [*command, f"http://127.0.0.1:{port}/v1/classify"], capture_output=True, text=True, check=True
        )
        return done.stdout


def by_python(port: int, body: bytes, seconds: int, connections: int) -> str:
    times: list[float] = []
    end = time.perf_counter() + seconds

    def client() -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port)
        while (began := time.perf_counter()) < end:
            connection.request("POST", "/v1/classify", body, {"Content-Type": "application/json"})
            reply = connection.getresponse()
            reply.read()
            assert reply.status == 200, reply.status
            times.append(time.perf_counter() - began)

    threads = [threading.Thread(target=client) for _ in range(connections)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    middle, late = np.percentile(times, [50, 99]) * 1000
    return f"{len(times) / seconds:.0f} requests/s, 50 % within {middle:.2f} ms, 99 % within {late:.2f} ms (client in Python)"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("program", type=Path)
    parser.add_argument("--seconds", type=int, default=10)
    parser.add_argument("--connections", type=int, default=16)
    parser.add_argument("--workers", type=int, default=2)
    given = parser.parse_args()
    command = [given.program.absolute(), "--listen", "127.0.0.1:0", "--workers", str(given.workers)]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as server:
        port = int(server.stderr.readline().split(":")[1])
        connection = http.client.HTTPConnection("127.0.0.1", port)
        connection.request("GET", "/info")
        info = json.loads(connection.getresponse().read())
        connection.close()
        body = window_of(info)
        load = by_wrk if shutil.which("wrk") else by_python
        print(f"{info['name']}, build {info['build_id']}: {len(body)} bytes a request")
        print(load(port, body, given.seconds, given.connections))
        for child in Path(f"/proc/{server.pid}/task/{server.pid}/children").read_text().split():
            status = Path(f"/proc/{child}/status").read_text()
            print(f"worker {child}: {status.split('VmHWM:')[1].split(chr(10))[0].strip()} at most")
        server.terminate()


if __name__ == "__main__":
    main()
