"""Edge Impulse's transformation and synthetic data blocks, unchanged, each in its containers."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from edgewright.errors import TaskError
from edgewright.plugins import make_plugins
from edgewright.registry import Block, resolve
from edgewright.runners.base import Limits, Prepared
from edgewright.runners.docker import DockerRunner
from edgewright.transforming import Options, Transformed, transform
from edgewright_specs.parameters import resolve_params

pytestmark = pytest.mark.docker

LEGACY = Path(__file__).parent / "legacy"
OURS = {"label": f"org.edgewright.pid={os.getpid()}"}

Apply = Callable[..., Transformed]


@pytest.fixture
def apply(runner: DockerRunner, tmp_path: Path, engine: Any) -> Apply:
    def run(block: Block, source: Path | None, options: Options | None = None, **params: Any) -> Transformed:
        prepared: Prepared = runner.prepare(block, lambda _message: None)
        complete = resolve_params(block.spec, params)
        try:
            return transform(runner, prepared, source, tmp_path / "out", complete, options=options)
        finally:
            assert engine.containers(all=True, filters=OURS) == []

    return run


def block(name: str, **said: str) -> Block:
    return resolve(name, LEGACY, make_plugins(), **said)


@pytest.fixture
def table(tmp_path: Path) -> Path:
    (tmp_path / "data" / "idle").mkdir(parents=True)
    for name in ("a", "b"):
        (tmp_path / "data" / "idle" / f"{name}.csv").write_text("time,x\n0,1\n10,2\n")
    return tmp_path / "data"


def test_one_container_a_file(apply: Apply, table: Path, tmp_path: Path) -> None:
    done = apply(block("./shift_file"), table, Options(label="still"), by=0.5)
    assert (done.files, done.runs, done.checks) == (2, 2, {"ei_check": True})
    assert (tmp_path / "out" / "idle" / "b.shifted.csv").read_text() == "time,x\n0,1.5\n10,2.5\n"
    entries = json.loads((tmp_path / "out" / "info.labels").read_text())["files"]
    assert [entry["label"]["label"] for entry in entries] == ["still", "still"]


def test_a_directory(apply: Apply, table: Path, tmp_path: Path) -> None:
    counting = block("./count_directory", type="transform", operates_on="directory")
    assert apply(counting, table).files == 2
    assert (tmp_path / "out" / "count.txt").read_text() == "2"


def test_what_is_uploaded_becomes_files(apply: Apply, tmp_path: Path) -> None:
    done = apply(block("./tones"), None, label="hum", count=3, upload_category="testing")
    assert done.files == 3
    entries = json.loads((tmp_path / "out" / "info.labels").read_text())["files"]
    assert [entry["path"] for entry in entries] == [f"testing/hum.{number}.wav" for number in range(3)]
    assert (tmp_path / "out" / "testing" / "hum.2.wav").stat().st_uid == os.geteuid()


def changed(tmp_path: Path, old: str, new: str) -> Block:
    """The uploading block with other words in its program."""
    import shutil

    folder = tmp_path / "changed"
    shutil.copytree(LEGACY / "tones", folder)
    program = (folder / "generate.py").read_text()
    assert old in program
    (folder / "generate.py").write_text(program.replace(old, new))
    return resolve(str(folder), tmp_path, make_plugins())


def test_a_service_that_died_is_no_success(runner: DockerRunner, engine: Any, tmp_path: Path) -> None:
    flood = (
        "import socket\n"
        "with socket.create_connection((HOST, 4810)) as line:\n"
        "    line.sendall(b'POST /api/split/files HTTP/1.1\\r\\nHost: x\\r\\nContent-Length: 200000000\\r\\n\\r\\n')\n"
        "    try:\n        for _ in range(200): line.sendall(bytes(1000000))\n        line.recv(1)\n"
        "    except OSError:\n        pass\n"
        "import time; time.sleep(0.4)\n"
        "sys.exit(0)\n"
        "parser = argparse"
    )
    made = changed(tmp_path, "parser = argparse", flood)
    prepared = runner.prepare(made, lambda _message: None)
    with pytest.raises(TaskError, match="its server ended before the task was done") as caught:
        transform(
            runner, prepared, None, tmp_path / "out", resolve_params(made.spec, {}), limits=Limits(memory_bytes=80 << 20)
        )  # fmt: skip
    assert caught.value.reason == "oom"
    assert engine.containers(all=True, filters=OURS) == []


def test_another_key_is_refused(apply: Apply, tmp_path: Path) -> None:
    wrong = changed(tmp_path, '"x-api-key": KEY', '"x-api-key": "ei_0"')
    with pytest.raises(TaskError, match="exit code 1") as caught:
        apply(wrong, None)
    assert "401" in caught.value.log_tail
    assert not (tmp_path / "out").exists()


def test_there_is_no_way_out(apply: Apply, tmp_path: Path) -> None:
    probe = (
        "import socket\n"
        "for place in (('1.1.1.1', 53), ('172.17.0.1', 22), ('169.254.169.254', 80)):\n"
        "    try:\n        socket.create_connection(place, timeout=2)\n        raise SystemExit(f'reached {place}')\n"
        "    except OSError:\n        pass\n"
        "KEY = os.environ.get"
    )
    assert apply(changed(tmp_path, "KEY = os.environ.get", probe), None, count=1).files == 1


def test_what_was_uploaded_trains_an_impulse(
    apply: Apply, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from edgewright.running import Options as Running
    from edgewright.running import run_impulse

    monkeypatch.setenv("EDGEWRIGHT_STORE", str(tmp_path / "store"))
    apply(block("./tones"), None, label="hum", count=8)
    (tmp_path / "impulse.yaml").write_text(
        "version: 1\nname: hum\ndata: {path: out, normal: [hum]}\n"
        "input: {kind: time-series, frequency: 8000, window_ms: 250, stride_ms: 250}\n"
        "processing: [{id: flat, block: flatten}]\n"
        "learning: [{id: odd, block: kmeans, input: [flat], params: {clusters: 2}}]\n"
    )
    run = run_impulse(tmp_path / "impulse.yaml", out=tmp_path / "run", options=Running(runner="process"))
    samples = json.loads((run.path / "outputs" / "data" / "samples.json").read_text())
    assert {sample["label"] for sample in samples} == {"hum"}
    assert samples[0]["metadata"]["generated_by"] == "tones"


RULE = 'URL = "http://" + HOST + ":4810" if HOST == "host.docker.internal" else "https://ingestion." + HOST'


@pytest.mark.parametrize("url", ['"https://ingestion." + HOST', '"https://ingestion.edgeimpulse.com"'])
def test_scripts_that_know_https_only(apply: Apply, tmp_path: Path, url: str) -> None:
    assert apply(changed(tmp_path, RULE, f"URL = {url}"), None, count=2).files == 2
