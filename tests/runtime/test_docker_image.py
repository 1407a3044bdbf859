"""The images of the `docker` target: built for both processors, loaded into an engine, and giving our scores."""

from __future__ import annotations

import http.client
import json
import os
import platform
import shutil
import socket
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from deployment_folder import block_folder, params_of
from http_server import Server

from edgewright_blocks.deployment.docker import block as module
from edgewright_sdk import BlockError
from edgewright_sdk.codegen.compilers import has_zig, native_compiler
from edgewright_sdk.codegen.program import compile_program, write_program
from edgewright_sdk.deployment import TrainedImpulse
from edgewright_sdk.loading import load_block

pytestmark = pytest.mark.skipif(
    platform.system() != "Linux" or platform.machine() != "x86_64", reason="runs programs for x86-64"
)


def holds_our_scores(deployment: Path, ask: Callable[[bytes], Any]) -> None:
    windows = np.load(deployment / "selftest" / "windows.npy")
    expected = json.loads((deployment / "selftest" / "decisions.json").read_text())
    found = ask(json.dumps({"windows": windows.tolist()}).encode())["windows"]
    assert len(found) == len(expected)
    for ours, theirs in zip(expected, found, strict=True):
        assert theirs["nodes"]["anomaly"]["score"] == pytest.approx(
            ours["nodes"]["anomaly"]["score"], rel=1e-4
        )
        assert theirs["decision"]["anomalous"] == ours["nodes"]["anomaly"]["anomalous"]


@pytest.mark.slow
@pytest.mark.skipif(not has_zig(), reason="needs ziglang")
def test_an_image_for_another_processor_is_verified_and_serves(deployment: Path, tmp_path: Path) -> None:
    out = tmp_path / "package"
    out.mkdir()
    qemu = shutil.which("qemu-aarch64")
    emulator = [qemu] if qemu else []
    processor = "aarch64" if emulator else "x86-64"
    params = params_of("docker", {"processors": processor})
    block = load_block(block_folder("docker"))
    block.new().build(TrainedImpulse.load(deployment), params, out)
    found = block.new().verify(out, params)
    assert found["ok"], found
    assert set(found["engines"]) == {processor}
    archive = out / f"pump_monitor-{processor}.tar"
    archive.write_bytes(archive.read_bytes().replace(b"pump-monitor", b"Pump-monitor", 1))
    with pytest.raises(BlockError, match="another content than its name says"):
        block.new().verify(out, params)
    block.close()
    program, log = out / f"server-{processor}", tmp_path / "log"
    with Server(program, log, "--workers", "1", emulator=emulator) as server:
        holds_our_scores(deployment, lambda body: server.classify(body, "application/json").document)


def build_here(graph: Any, impulse: Any, own: Path, to: Path, processor: str, **options: Any) -> None:
    """In place of zig, whose first build takes a minute: this machine's compiler, as static."""
    work = to.parent / "work"
    work.mkdir()
    sources = write_program(graph, impulse, own, work, **options)
    shutil.copyfile(compile_program(native_compiler(), sources, work, "program", ["-static", "-O1"]), to)
    to.chmod(0o755)
    shutil.rmtree(work)


def docker(*words: Any) -> str:
    done = subprocess.run(
        ["docker", *map(str, words)], capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.mark.docker
def test_an_engine_loads_the_archive_and_runs_it_locked_down(
    engine: Any, deployment: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if shutil.which("docker") is None:
        pytest.skip("needs the docker command line")
    monkeypatch.setattr(module, "build_static", build_here)
    tag = f"test-{os.getpid()}"
    out, sockets = tmp_path / "package", tmp_path / "sockets"
    out.mkdir()
    sockets.mkdir()
    block = module.DockerImage(block_folder("docker"))
    block.build(TrainedImpulse.load(deployment), params_of("docker", {"tag": tag}), out)
    reference = f"pump-monitor:{tag}"
    assert reference in docker("load", "-i", out / "pump_monitor-x86-64.tar")
    sockets.chmod(0o777)
    mine = [] if os.getuid() == 0 else ["--user", f"{os.getuid()}:{os.getgid()}"]
    locked = ["--read-only", "--network", "none", "--cap-drop", "ALL", "--security-opt", "no-new-privileges"]
    name = f"edgewright-{tag}"
    try:
        docker(
            "run", "-d", "--name", name, *locked, *mine, "--memory", "64m", "-v", f"{sockets}:/sockets",
            "-e", "EDGEWRIGHT_LISTEN=unix:/sockets/a.sock", reference, "--workers", "2",
        )  # fmt: skip
        end = time.monotonic() + 20
        while not (sockets / "a.sock").exists() and time.monotonic() < end:
            time.sleep(0.05)
        docker("exec", name, "/server", "--health")

        def ask(body: bytes) -> Any:
            connection = http.client.HTTPConnection("localhost")
            connection.sock = socket.socket(socket.AF_UNIX)
            connection.sock.connect(str(sockets / "a.sock"))
            connection.request("POST", "/v1/classify", body, {"Content-Type": "application/json"})
            reply = connection.getresponse()
            assert reply.status == 200
            content = reply.read()
            connection.close()
            return json.loads(content)

        holds_our_scores(deployment, ask)
        config = json.loads(docker("inspect", name))[0]["Config"]
        assert config["User"] == (mine[1] if mine else "65532:65532")
        assert config["Healthcheck"]["Test"] == ["CMD", "/server", "--health"]
        docker("stop", "-t", "20", name)
        assert json.loads(docker("inspect", name))[0]["State"]["ExitCode"] == 0
    finally:
        subprocess.run(["docker", "rm", "-f", name], capture_output=True, check=False)
        subprocess.run(["docker", "rmi", "-f", reference], capture_output=True, check=False)
