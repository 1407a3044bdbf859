"""A processing block that speaks Edge Impulse's HTTP contract, with faults to choose from. Standard library only."""

import base64
import json
import os
import socket
import struct
import sys
import time
import zlib
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


def generate_features(
    implementation_version, draw_graphs, raw_data, axes, sampling_freq, scale_axes, count, trouble, state=None
):
    if trouble == "refuse":
        raise ValueError("scale-axes is 1: choose another")
    if trouble == "zeros" and not any(raw_data):
        raise ValueError("a window of zeros has no peak")
    if trouble == "loud" and max(raw_data) > 90:
        raise ValueError("too loud")
    if trouble == "write":
        open("picture.png", "wb").close()
    if trouble == "die":
        print("giving up", file=sys.stderr, flush=True)
        os._exit(3)
    if trouble == "memory":
        hog = []
        while True:
            hog.append(bytearray(b"x" * (16 << 20)))
    if trouble == "sleep":
        time.sleep(600)
    width = len(axes)
    columns = [[value * scale_axes for value in raw_data[axis::width]] for axis in range(width)]
    features = [extreme(column) for column in columns for extreme in (min, max)]
    if trouble == "nan":
        features[1] = float("nan")
    if trouble == "huge":
        features[1] = 1e300
    if trouble == "ragged" and raw_data[0] > 0:
        features.append(0.0)
    if trouble == "state":
        features = [value + (state or 0) for value in features]
    if trouble.startswith("reach "):
        features = [float(reach(address)) for address in trouble.split()[1:]] + [float(files_seen())]
    found = {
        "features": features,
        "graphs": [],
        "labels": ["Minimum", "Maximum"],
        "fft_used": [],
        "output_config": {"type": "flat", "shape": {"width": float(len(features))}},
        "state": (state or 0) + 1,
    }
    if trouble == "labels":
        found["labels"] = ["a", "b", "c"]
    if trouble == "echo":
        found["labels"] = [json.dumps([implementation_version, sampling_freq, scale_axes, count])] * len(
            features
        )
    if draw_graphs:
        found["graphs"] = [
            {"name": "Signal", "X": dict(zip(axes, columns)), "y": list(range(len(columns[0]) + 1)),
             "axisLabels": {"X": "Sample", "y": "g"}},
            {"name": "Power", "type": "logarithmic", "X": [columns[0]], "y": [1.0, 2.0]},
            {"name": "Picture", "type": "image", "image": base64.b64encode(png()).decode(), "imageMimeType": "image/png"},
            {"name": "Broken", "type": "image", "image": "AAAA", "imageMimeType": "image/png"},
        ]  # fmt: skip
    return found


def reach(address):
    host, _, port = address.rpartition(":")
    try:
        socket.create_connection((host, int(port)), 1).close()
        return True
    except OSError as error:
        return isinstance(error, ConnectionRefusedError) and host != "127.0.0.1"  # refused: somebody answered


def files_seen():
    return sum(os.path.exists(path) for path in ("/in", "/out", "/in/request.json"))


def png():
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", 2, 1, 8, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(b"\0\0\xff"))
        + chunk(b"IEND", b"")
    )


def run(body):
    return generate_features(body["implementation_version"], body["draw_graphs"], body["features"], body["axes"],
                             body["sampling_freq"], **body["params"])  # fmt: skip


def batch(body):
    state = body["state"] or None
    rows = []
    for window in body["features"]:
        found = generate_features(body["implementation_version"], False, window, body["axes"], body["sampling_freq"],
                                  state=state, **body["params"])  # fmt: skip
        state = found["state"]
        rows.append(found["features"])
    return {"success": True, "features": rows, "labels": found["labels"],
            "output_config": found["output_config"], "state": state}  # fmt: skip


class Handler(BaseHTTPRequestHandler):
    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        trouble = body["params"]["trouble"]
        routes = {"/run": run, "/batch": batch}
        if trouble == "no-batch":
            del routes["/batch"]
        if self.path not in routes:
            return self.answer(404, b"Invalid path")
        if trouble == "status":
            return self.answer(500, b"<html>Internal error</html>")
        if trouble == "other-batch" and self.path == "/batch":
            return self.answer(422, b'{"detail": "Input should be a valid list"}')
        if trouble == "garbage":
            return self.answer(200, b"not json")
        try:
            answer = routes[self.path](body)
        except Exception as error:
            answer = {"success": False, "error": str(error)}
        return self.answer(200, json.dumps(answer).encode())

    def answer(self, status, content):
        self.send_response(status)
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_arguments):
        print(f"asked for {self.path}")


if __name__ == "__main__":
    host, port = os.environ.get("HOST", "0.0.0.0"), int(os.environ.get("PORT", "4446"))
    print("Listening on host", host, "port", port)
    ThreadingHTTPServer((host, port), Handler).serve_forever()
