"""Whatever a spec accepts reaches a block byte for byte: by request.json, by a command line, by HTTP (S05)."""

from __future__ import annotations

import http.server
import json
import subprocess
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from edgewright.contracts.arguments import command_line
from edgewright.contracts.http_processing import HTTP_PROCESSING
from edgewright.plugins import make_plugins
from edgewright.registry import Block, resolve
from edgewright.request_folder import put_array, put_request
from edgewright.runners.process import ProcessRunner
from edgewright.runners.warm import WarmWorker
from edgewright_sdk.http_block.ask import ask_task
from edgewright_sdk.messages import Channel
from edgewright_specs.interface import canonical_json
from edgewright_specs.parameters import BlockSpec, resolve_params
from edgewright_specs.problems import SpecError

from .conftest import block
from .test_values_property import LEGACY, OURS, PARAMETERS, TEXT, items, spec_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ECHO = """
import json
from edgewright_sdk import TransformBlock


class Echo(TransformBlock):
    def apply(self, source, params, out, context):
        values = {name: params[name] for name in NAMES}
        (out / "params.json").write_bytes(json.dumps(values, ensure_ascii=False).encode())
"""
PRINT_ARGUMENTS = "import os, sys; os.write(1, b'\\0'.join(map(os.fsencode, sys.argv[1:])))"
VALUES: dict[str, st.SearchStrategy[Any]] = {
    "string": TEXT,
    "int": st.integers(-(2**63), 2**63 - 1),
    "float": st.floats(allow_nan=False, allow_infinity=False) | st.integers(-(2**53), 2**53),
    "boolean": st.booleans(),
    "flag": st.booleans(),
    "list": st.lists(TEXT, max_size=4),
}
NAMES = {"t": "string", "i": "int", "f": "float", "b": "boolean", "l": "list"}
assert set(NAMES) == set(PARAMETERS)


@st.composite
def sound_items(draw: st.DrawFn) -> dict[str, Any]:
    """Parameters that mostly are what a spec should hold."""
    kind = draw(st.sampled_from([*VALUES, "select"]))
    made: dict[str, Any] = {
        "param": draw(st.from_regex(r"[a-z][a-z0-9_-]{0,8}", fullmatch=True)),
        "type": kind,
    }
    if kind == "select":
        made["valid"] = draw(st.lists(TEXT | st.integers(-5, 5), min_size=1, max_size=3, unique_by=str))
        made["value"] = draw(st.sampled_from(made["valid"]))
        return made
    made["value"] = draw(VALUES[kind])
    if draw(st.booleans()):
        made |= {"optional": True} | draw(st.sampled_from([{}, {"value": None}]))
    return made


PARAMETER_LISTS = st.lists(
    sound_items() | items(), min_size=1, max_size=4, unique_by=lambda i: i["param"].replace("_", "-")
)


def some_values(names: str) -> st.SearchStrategy[dict[str, Any]]:
    """Values that the fixed specs should take."""
    return st.fixed_dictionaries({}, optional={name: VALUES[NAMES[name]] for name in names})


#: Every character but halves of surrogate pairs; NUL is refused where a command line must carry it.
MANY = settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
FEW = settings(max_examples=25)
WINDOW: Any = {"kind": "time-series", "length": 2, "axes": ["x"], "frequency": 10.0}


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[dict[str, Any]], Any]]:
    """Parameters as a block on the SDK gets them, from a real driver."""
    folder = tmp_path_factory.mktemp("echo")
    (folder / "parameters.json").write_text(json.dumps(block(kind="transform")))
    (folder / "block.py").write_text(ECHO.replace("for name in NAMES", "for name in params._values"))
    echo = resolve(str(folder), folder, make_plugins())
    runner = ProcessRunner()
    number = 0
    with WarmWorker(runner, runner.prepare(echo, lambda _message: None)) as worker:

        def tell(params: dict[str, Any]) -> Any:
            nonlocal number
            number += 1
            in_dir, out_dir = folder / f"in-{number}", folder / f"out-{number}"
            in_dir.mkdir()
            out_dir.mkdir()
            put_request(in_dir, "apply", params)
            worker.request("apply", in_dir, out_dir)
            return json.loads((out_dir / "data" / "params.json").read_bytes())

        yield tell


@MANY
@given(PARAMETER_LISTS)
def test_an_accepted_spec_runs_at_its_defaults(
    told: Callable[[dict[str, Any]], Any], parameters: list[dict[str, Any]]
) -> None:
    spec = spec_of(block(*parameters))
    assume(spec is not None)
    assert spec is not None
    params = resolve_params(spec, {})
    assert canonical_json(told(params)) == canonical_json(params)


@MANY
@given(some_values("tifbl"))
def test_accepted_values_reach_a_block_on_the_sdk(
    told: Callable[[dict[str, Any]], Any], values: dict[str, Any]
) -> None:
    assert OURS is not None
    params = resolve_params(OURS, values)
    got = told(params)
    assert canonical_json(got) == canonical_json(params)
    for name, value in values.items():
        assert got[name] == value
        assert isinstance(got[name], bool) == isinstance(value, bool)


def printed(words: list[str]) -> list[bytes]:
    """What a program is given as its arguments."""
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", PRINT_ARGUMENTS, *words], capture_output=True, check=True, env={"LANG": "C.UTF-8"}
    )  # fmt: skip
    return done.stdout.split(b"\0") if words else []


@FEW
@given(TEXT)
def test_a_text_reaches_a_command_line(text: str) -> None:
    assert LEGACY is not None
    try:
        params = resolve_params(LEGACY, {"t": text, "b": True, "f": 0.5, "i": -7})
    except SpecError as error:
        assert "\0" in text
        assert "NUL" in str(error)  # noqa: PT017
        return
    # A line break is two characters there: what Edge Impulse's blocks expect.
    wanted = ["--t", text.replace("\n", "\\n"), "--i", "-7", "--f", "0.5", "--b", "1"]
    assert printed(command_line(LEGACY, params)) == [word.encode() for word in wanted]


@FEW
@given(PARAMETER_LISTS)
def test_a_foreign_spec_gives_a_command_line_at_its_defaults(parameters: list[dict[str, Any]]) -> None:
    spec = spec_of({"parameters": parameters})
    assume(spec is not None)
    assert spec is not None
    params = resolve_params(spec, {})
    words = command_line(spec, params)
    assert printed(words) == [word.encode() for word in words]
    for made in parameters:
        value = params[made["param"].replace("_", "-")]
        if value is None or (made["type"] == "flag" and not value):
            continue
        assert words.pop(0) == f"--{made['param']}"
        if made["type"] != "flag":
            text = words.pop(0)
            assert made["type"] != "string" or text == value.replace("\n", "\\n")
    assert words == []


class _Server(http.server.BaseHTTPRequestHandler):
    """Answers one feature, and keeps the parameters that it was given."""

    seen: list[dict[str, Any]] = []  # noqa: RUF012

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.seen.append(body["params"])
        answer = json.dumps(
            {"success": True, "features": [[1.0]] if self.path == "/batch" else [1.0], "labels": ["one"]}
        ).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_words: Any) -> None:
        """Quiet."""


@pytest.fixture(scope="module")
def posted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[BlockSpec, dict[str, Any]], Any]]:
    """Parameters as an HTTP server of Edge Impulse's contract gets them, from the real driver."""
    folder = tmp_path_factory.mktemp("posted")
    number = 0
    with http.server.HTTPServer(("127.0.0.1", 0), _Server) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()

        def post(spec: BlockSpec, params: dict[str, Any]) -> Any:
            nonlocal number
            number += 1
            in_dir, out_dir = folder / f"in-{number}", folder / f"out-{number}"
            in_dir.mkdir()
            out_dir.mkdir()
            windows = put_array(in_dir, "windows", np.zeros((1, 2, 1), np.float32))
            put_request(in_dir, "transform", params, window=WINDOW, inputs={"windows": windows})
            foreign = Block("b", "processing", spec, Path(folder), None, False, "")
            request = json.loads((in_dir / "request.json").read_bytes())
            HTTP_PROCESSING.enter(foreign, request, in_dir, folder / f"made-{number}")
            _Server.seen.clear()
            ask_task(in_dir, out_dir, server.server_port, 5.0, Channel(None))
            return _Server.seen[-1]

        yield post
        server.shutdown()
        thread.join()


@MANY
@given(some_values("tifb"))
def test_accepted_values_reach_an_http_server(
    posted: Callable[[BlockSpec, dict[str, Any]], Any], values: dict[str, Any]
) -> None:
    assert LEGACY is not None
    try:
        params = resolve_params(LEGACY, values)
    except SpecError:
        assert "\0" in values["t"]
        return
    got = posted(LEGACY, params)
    assert got == params
    for name, value in values.items():
        if isinstance(value, str) and name == "t":
            assert got[name].encode() == value.encode()
    assert {name: isinstance(value, bool) for name, value in got.items()} == {
        name: isinstance(value, bool) for name, value in params.items()
    }
