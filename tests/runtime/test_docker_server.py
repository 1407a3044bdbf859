"""The server of the `docker` target: what it reads and refuses, and that it holds under load and abuse."""

from __future__ import annotations

import json
import platform
import shutil
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
import pytest
from deployment_folder import block_folder
from http_server import Server, replies

from edgewright_blocks.deployment.docker.block import server_headers
from edgewright_sdk.codegen.compilers import WARNINGS, native_compiler
from edgewright_sdk.codegen.graph import Graph
from edgewright_sdk.codegen.program import compile_program, write_program
from edgewright_sdk.deployment import TrainedImpulse

from .test_commissioning_nodes import BRIGHTNESS, STANDARDISED
from .test_commissioning_nodes import deployment as own_node
from .test_linux_executable import EXPECTED, RATE, ROWS, SANITISED, encoded, wav

pytestmark = pytest.mark.skipif(platform.system() != "Linux", reason="programs for Linux")

SIGNAL = {"kind": "time-series", "length": 4, "axes": ["left", "right"], "frequency": RATE, "stride": 4}
PICTURE = {"kind": "image", "width": 2, "height": 1, "channels": 1, "resize": "squash"}
WINDOW = json.dumps({"window": list(range(8))}).encode()  # (0 + 5) / 3
POST = b"POST /v1/classify HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
WHOLE = POST + b"Content-Length: %d\r\n\r\n" % len(WINDOW) + WINDOW


def native(folder: Path, window: dict[str, Any], node: str, *options: str) -> Path:
    """The server for this machine."""
    impulse = TrainedImpulse.load(own_node(folder / "impulse", window, node))
    graph, work = Graph(impulse), folder / "work"
    work.mkdir()
    own = block_folder("docker") / "program"
    sources = write_program(graph, impulse, own, work, selftest=False, generated=server_headers(graph))
    return compile_program(native_compiler(), sources, work, "program", [*WARNINGS, *options])


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """With sanitisers: a worker that they stop is told on standard error, and the fixture's end fails."""
    folder = tmp_path_factory.mktemp("signals")
    with Server(native(folder, SIGNAL, STANDARDISED, *SANITISED), folder / "log") as running:
        yield running


def scores(windows: list[dict[str, Any]]) -> list[float]:
    return [window["nodes"]["own"]["score"] for window in windows]


def test_windows_and_recordings_are_scored_as_it_says_itself(server: Server) -> None:
    schema = server.ask("GET", "/openapi.json").document
    response = schema["paths"]["/v1/classify"]["post"]["responses"]["200"]["content"]["application/json"]
    validator = jsonschema.Draft202012Validator({**response["schema"], "components": schema["components"]})
    rows = ROWS.reshape(2, 4, 2).tolist()
    csv = "time,right,left\n" + "".join(f"0,{b:g},{a:g}\n" for a, b in ROWS)
    bodies = {
        "application/json": json.dumps({"windows": [rows[0], list(np.ravel(rows[1]))]}).encode(),
        "text/csv; charset=utf-8": csv.encode(),
        "audio/wav": wav(ROWS),
        "application/octet-stream": ROWS.astype("<f4").tobytes(),
    }
    for kind, body in bodies.items():
        reply = server.classify(body, kind)
        assert reply.code == 200, reply.body
        assert scores(reply.document["windows"]) == EXPECTED
        validator.validate(reply.document)
    one = server.classify(json.dumps({"window": rows[1]}).encode(), "application/json").document
    assert scores([one]) == EXPECTED[1:]
    assert one["decision"] == {"label": "anomaly", "anomalous": True}
    validator.validate(one)
    told = server.ask("GET", "/info").document
    assert (told["name"], told["nodes"]) == ("own", [{"id": "own", "kind": "anomaly", "threshold": 1}])
    assert server.ask("HEAD", "/health").body == b""
    assert server.ask("GET", "/ready").document == {"status": "ready"}


@pytest.mark.parametrize(
    ("body", "kind", "code", "reason"),
    [
        (b"{", "application/json", 400, "isn't a JSON object"),
        (b"[" * 100_000, "application/json", 400, "isn't a JSON object"),
        (b'{"window": 1}\0', "application/json", 400, "isn't a JSON object"),
        (b'{"windows": 4}', "application/json", 422, "windows is a list"),
        (b"{}", "application/json", 422, "window, a window, or windows"),
        (b'{"window": [1, 2]}', "application/json", 422, "4 rows of 2 numbers, or 8 numbers"),
        (b'{"window": [[1, 2], [3]]}', "application/json", 422, "4 rows of 2 numbers"),
        (b'{"window": [[1, 2], ["3", 4]]}', "application/json", 422, "4 rows of 2 numbers"),
        (b'{"window": [1e999, 2, 3, 4, 5, 6, 7, 8]}', "application/json", 422, "NaN or infinity"),
        (json.dumps({"windows": [[0] * 8] * 1001}).encode(), "application/json", 413, "more than 1000 windows"),
        (b"1,\xff\n", "text/csv", 422, "right: ? is no number"),
        (b"1,2\n", "text/csv", 422, "1 rows; a window has 4"),
        (wav(ROWS)[:-4], "audio/wav", 422, "1 samples are missing"),
        (wav(ROWS, rate=16000), "audio/wav", 422, "16000 samples a second"),
        (b"1234", "application/octet-stream", 422, "8 float32 values"),
        (b"", "application/json", 422, "the body is empty"),
        (b"x=1", "application/x-www-form-urlencoded", 415, "Content-Type is to be application/json, text/csv"),
    ],
)  # fmt: skip
def test_bodies_that_cannot_be_scored_are_refused(
    server: Server, body: bytes, kind: str, code: int, reason: str
) -> None:
    reply = server.classify(body, kind)
    assert (reply.code, reason in reply.error) == (code, True), reply.body


BAD = {
    b"GARBAGE\r\n\r\n": (400, "METHOD PATH"),
    b"GET /health\r\n\r\n": (400, "METHOD PATH"),
    b"GET http://x/health HTTP/1.1\r\nHost: x\r\n\r\n": (400, "isn't a path"),
    b"PRI * HTTP/2.0\r\n\r\n": (400, "HTTP/1.1"),
    b"\x16\x03\x01\x02\x00": (400, "bytes that aren't allowed"),
    b"GET /health HTTP/1.1\nHost: x\n\n": (400, "lines that don't end"),
    b"GET /health HTTP/1.1\r\n\r\n": (400, "one Host header"),
    b"GET /health HTTP/1.1\r\nHost: x\r\nfolded\r\n\r\n": (400, "NAME: VALUE"),
    b"GET /health HTTP/1.1\r\nHost: x\r\nA: " + b"a" * 20_000: (431, "16 KiB"),
    b"GET /" + b"a" * 20_000: (431, "16 KiB"),
    POST + b"\r\n": (411, "Content-Length is needed"),
    POST + b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n": (411, "chunks"),
    POST + b"Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n": (400, "don't go together"),
    POST + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\n": (400, "twice"),
    POST + b"Content-Length: -1\r\n\r\n": (400, "isn't a number"),
    POST + b"Content-Length: 99999999999999999999\r\n\r\n": (400, "isn't a number"),
    POST + b"Content-Length: 999999999\r\n\r\n": (413, "larger than is taken"),
    POST + b"Content-Encoding: gzip\r\nContent-Length: 2\r\n\r\nxx": (415, "compressed"),
    POST + b"Expect: tea\r\nContent-Length: 2\r\n\r\nxx": (417, "100-continue"),
    b"DELETE /v1/classify HTTP/1.1\r\nHost: x\r\n\r\n": (405, "POST a body"),
    b"GET /../etc/passwd HTTP/1.1\r\nHost: x\r\n\r\n": (404, "there are /v1/classify"),
}


def test_requests_that_no_client_would_send_are_refused(server: Server) -> None:
    for letters, (code, reason) in BAD.items():
        (reply,) = server.send(letters)
        assert (reply.code, reason in reply.error) == (code, True), (letters[:60], reply)
    random = np.random.default_rng(5)
    for _ in range(150):  # damaged anywhere: an answer or none, never a fault
        letters = bytearray(WHOLE)
        for at in random.integers(0, len(letters), 3):
            letters[at] = random.integers(256)
        assert all(reply.code == 200 or reply.error for reply in server.send(bytes(letters)))
    assert server.metrics()["edgewright_worker_restarts_total"] == 0


def test_connections_are_kept_and_end_as_asked(server: Server) -> None:
    found = server.send(WHOLE[:30], WHOLE[30:-5], WHOLE[-5:] + WHOLE + b"\r\n" + WHOLE[:-1])
    assert [reply.code for reply in found] == [200, 200]  # the third isn't whole
    assert [reply.headers["connection"] for reply in found] == ["keep-alive"] * 2
    (last,) = server.send(WHOLE.replace(b"Host: x", b"Host: x\r\nConnection: close") * 2)
    assert last.headers["connection"] == "close"
    (old,) = server.send(b"GET /health HTTP/1.0\r\n\r\n" * 2)
    assert old.headers["connection"] == "close"
    with server.connect() as connection:
        connection.sendall(POST + b"Expect: 100-continue\r\nContent-Length: %d\r\n\r\n" % len(WINDOW))
        assert connection.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n"
        connection.sendall(WINDOW)
        assert replies(connection.recv(65536))[0].code == 200


def test_it_is_asked_for_its_health_and_drains(server: Server, tmp_path: Path) -> None:
    program = Path(str(server.process.args[0]))  # type: ignore[index]
    place = f"unix:{tmp_path / 'a.sock'}"
    for words, code in ((["--health", "--listen", place], 1), (["--listen", "nowhere"], 2), (["--port"], 2)):
        assert subprocess.run([program, *words], capture_output=True, check=False).returncode == code
    with subprocess.Popen([program, "--listen", place, "--workers", "1"], stderr=subprocess.PIPE) as process:
        assert process.stderr is not None
        process.stderr.readline()
        subprocess.run([program, "--health", "--listen", place], check=True)
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0
    assert not (tmp_path / "a.sock").exists()
    with Server(program, tmp_path / "log", "--workers", "1") as other, other.connect() as connection:
        connection.sendall(WHOLE[:-3])
        time.sleep(0.2)
        other.process.terminate()
        time.sleep(0.8)
        connection.sendall(WHOLE[-3:])  # begun before the end: answered
        (reply,) = replies(connection.recv(65536))
        assert (reply.code, reply.headers["connection"]) == (200, "close")


@pytest.mark.slow
def test_pictures_come_as_files_and_as_pixels(tmp_path: Path) -> None:
    program = native(tmp_path, PICTURE, BRIGHTNESS, *SANITISED)
    with Server(program, tmp_path / "log", "--workers", "1") as server:
        bodies = {
            "image/png": encoded(np.array([[7, 5]], np.uint8)),
            "image/jpeg": encoded(np.array([[6, 6]], np.uint8), "JPEG"),
            "image/x-portable-anymap": b"P5 2 1 255\n\x07\x05",
            "application/octet-stream": b"\x07\x05",
            "application/json": b'{"window": [[7, 5]]}',
        }
        for kind, body in bodies.items():
            assert scores([server.classify(body, kind).document]) == [12.0]
        raw = {"Content-Type": "application/octet-stream"}
        grey = server.ask("POST", "/v1/classify?height=2&width=4", b"\7" * 8, **raw)
        colours = server.ask("POST", "/v1/classify?height=2&width=4", b"\7" * 24, **raw)
        assert scores([grey.document, colours.document]) == [14.0, 14.0]
        for path, body, kind, reason in (
            ("?width=0", b"1", "application/octet-stream", "from 1 to 32767"),
            ("?width=3", b"1", "application/octet-stream", "3 in grey and 9 in"),
            ("", b"P5 9000 9000 255\n", "image/x-portable-anymap", "16777216 pixels in all"),
            ("", b"\xff\xd8\xff", "image/png", "truncated"),
            ("", b'{"window": [[7, 256]]}', "application/json", "whole numbers from 0 to 255"),
            ("", b"1,2\n", "text/csv", "image/png"),
        ):
            assert reason in server.ask("POST", f"/v1/classify{path}", body, **{"Content-Type": kind}).error


def resident_kb(process: subprocess.Popen[bytes]) -> int:
    """Memory of a server and its workers."""
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    total = 0
    for one in (str(process.pid), *children):
        status = Path(f"/proc/{one}/status").read_text()
        total += int(status.split("VmRSS:")[1].split()[0])
    return total


def abuse(server: Server, seconds: float, refused: list[int]) -> None:
    """Bad requests, as long as asked; every answer is one of 4xx with a reason."""
    end, letters = time.monotonic() + seconds, list(BAD)
    while time.monotonic() < end:
        for one in letters:
            refused.extend(reply.code for reply in server.send(one) if reply.error)


@pytest.mark.slow
def test_it_holds_under_load_and_abuse(tmp_path: Path) -> None:
    program = native(tmp_path, SIGNAL, STANDARDISED)
    (tmp_path / "post.lua").write_text(
        f'wrk.method = "POST"\nwrk.body = [[{WINDOW.decode()}]]\nwrk.headers["Content-Type"] = "application/json"\n'
    )
    with Server(program, tmp_path / "log", "--connections", "64") as server:
        slow = [server.connect() for _ in range(40)]  # half a head each, a letter now and then
        for connection in slow:
            connection.sendall(POST[:20])

        def load(seconds: int) -> None:
            refused: list[int] = []
            other = threading.Thread(target=abuse, args=(server, seconds, refused))
            other.start()
            if shutil.which("wrk"):
                command = ["wrk", "-t1", "-c16", f"-d{seconds}", "-s", str(tmp_path / "post.lua")]
                url = f"http://127.0.0.1:{server.port}/v1/classify"
                told = subprocess.run([*command, url], capture_output=True, text=True, check=True).stdout
                assert "Non-2xx" not in told, told
                assert "Socket errors" not in told, told
            else:
                end = time.monotonic() + seconds
                while time.monotonic() < end:
                    assert [reply.code for reply in server.send(WHOLE * 200)] == [200] * 200
            other.join()
            assert len(refused) >= len(BAD)

        load(1)
        before = resident_kb(server.process)
        load(3)
        assert resident_kb(server.process) < before + 2048
        counted = server.metrics()
        assert counted["edgewright_worker_restarts_total"] == 0
        assert counted['edgewright_requests_total{code="200"}'] > 1000
        assert not any(code in str(counted) for code in ('code="500"', 'code="503"'))
        for connection in slow:
            with connection:  # ten seconds after they began
                (reply,) = replies(connection.recv(65536))
                assert (reply.code, "didn't come in time" in reply.error) == (408, True)
        end = time.monotonic() + 10
        while (left := server.metrics()["edgewright_connections"]) > 1 and time.monotonic() < end:
            time.sleep(0.1)
        assert left == 1  # its own
