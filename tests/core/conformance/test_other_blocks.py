"""Checks of transform blocks, and of blocks that follow one of Edge Impulse's contracts."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from edgewright.conformance import Bench, checks_for, judge
from edgewright.plugins import make_plugins
from edgewright.registry import resolve

PLUGINS = make_plugins()
COPY = """
import shutil
from edgewright_sdk import BlockError, TransformBlock


class Copy(TransformBlock):
    def apply(self, source, params, out, context):
        if source is None:
            raise BlockError("no data: give a folder")
        for path in sorted(source.rglob("*.csv")):
            target = out / path.relative_to(source)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(path.read_text()[: params.length])
        if not any(out.iterdir()):
            raise BlockError("no csv file in the folder")
"""
TRANSFORM_FAULTS = {
    "random": ("deterministic", ".write_text(path.read_text()[", ".write_text(str(__import__('os').urandom(4)) + path.read_text()["),
    "crash without data": ("empty", "if source is None:", "if source is 3:"),
    "ignored": ("effect", "[: params.length]", "[:20]"),
}  # fmt: skip


def write(folder, code=COPY, **spec):
    folder.mkdir()
    document = {
        "type": "transform",
        "parameters": [{"param": "length", "type": "int", "value": 50, "min": 10}],
        "edgewright": {"contract": 1},
        **spec,
    }
    (folder / "parameters.json").write_text(json.dumps(document))
    (folder / "block.py").write_text(code)
    (folder / "requirements.txt").write_text("numpy\n")
    (folder / "Dockerfile").write_text("FROM edgewright/base:latest\nCOPY . /block\n")
    return folder


def verdicts_of(folder, **more):
    block = resolve(str(folder), Path.cwd(), PLUGINS, **more)
    with Bench(block, PLUGINS, docker=False) as bench:
        return {c.name: judge(c, bench) for c in checks_for(block.type, legacy=block.spec.legacy)}


def failed(verdicts):
    return [verdict.name for verdict in verdicts.values() if verdict.status == "failed"]


def test_a_sound_transform_block(tmp_path):
    verdicts = verdicts_of(write(tmp_path / "copy"))
    assert failed(verdicts) == []
    assert [v.name for v in verdicts.values() if v.status == "skipped"] == ["readme", "container"]
    assert verdicts["defaults"].message == "4 files of a folder with csv files"


@pytest.mark.parametrize("fault", TRANSFORM_FAULTS)
def test_a_fault_of_a_transform_block_is_found(fault, tmp_path):
    name, old, new = TRANSFORM_FAULTS[fault]
    assert old in COPY
    assert failed(verdicts_of(write(tmp_path / "copy", COPY.replace(old, new)))) == [name]


SERVER = """
import http.server, json, os, random

class Handler(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.path != "/run":
            self.send_error(404)
            return
        features = [max(body["features"]) * body["params"]["gain"]]
        answer = json.dumps({"success": True, "features": features, "labels": ["largest"]}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

http.server.HTTPServer((os.environ["HOST"], int(os.environ["PORT"])), Handler).serve_forever()
"""


def write_server(folder, code=SERVER):
    folder.mkdir()
    spec = {
        "version": 1,
        "info": {"title": "Largest", "operatesOn": "other"},
        "parameters": [{"group": "g", "items": [{"name": "Gain", "param": "gain", "type": "float", "value": "2"}]}],
    }  # fmt: skip
    (folder / "parameters.json").write_text(json.dumps(spec))
    (folder / "server.py").write_text(code)
    (folder / "Dockerfile").write_text(
        'FROM python:3.11-slim-bookworm\nWORKDIR /app\nCOPY . ./\nENTRYPOINT ["python3", "server.py"]\n'
    )
    return folder


def test_a_server_of_edge_impulses_contract_by_the_process_runner(tmp_path):
    verdicts = verdicts_of(write_server(tmp_path / "largest"))
    assert failed(verdicts) == []
    assert verdicts["spec"].message.splitlines()[0] == "1 parameter, works on other"
    assert verdicts["description"].message == "1 features"
    assert verdicts["network"].status == "skipped"  # nothing is claimed of what nobody can see


def test_a_server_with_a_fault(tmp_path):
    code = SERVER.replace('* body["params"]["gain"]]', "* random.random()]")
    assert failed(verdicts_of(write_server(tmp_path / "largest", code))) == ["deterministic"]
