"""Edge Impulse's processing blocks, unchanged: a server in one container, the driver that asks it in another."""

from __future__ import annotations

import json
import os
import shutil
import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edgewright.errors import TaskError
from edgewright.plugins import make_plugins
from edgewright.registry import Block, resolve
from edgewright.request_folder import put_array, put_request
from edgewright.runners.base import Limits, Prepared
from edgewright.runners.docker import DockerRunner
from edgewright.single import Finished, run_once
from edgewright_specs.parameters import resolve_params

pytestmark = pytest.mark.docker

HERE = Path(__file__).parent
WINDOW: Any = {"kind": "time-series", "length": 8, "axes": ["accX", "accY"], "frequency": 62.5}
WINDOWS = np.random.default_rng(5).standard_normal((6, 8, 2)).astype(np.float32)
PEAKS = np.stack([WINDOWS.min(axis=1), WINDOWS.max(axis=1)], axis=2).reshape(6, 4)
OURS = {"label": f"org.edgewright.pid={os.getpid()}"}
LABELS = ["accX Minimum", "accX Maximum", "accY Minimum", "accY Maximum"]

Ask = Callable[..., Finished]


@pytest.fixture(scope="session")
def peak(engine: Any) -> Block:
    return resolve("legacy/http_peak", HERE, make_plugins(), type="processing")


@pytest.fixture(scope="session")
def ready(peak: Block) -> Prepared:
    return DockerRunner().prepare(peak, lambda _message: None)


@pytest.fixture
def ask(
    runner: DockerRunner, ready: Prepared, peak: Block, short: Limits, tmp_path: Path, engine: Any
) -> Ask:
    def start(
        operation: Any, windows: Any = WINDOWS, *, cancel: Any = None, limits: Any = None, **params: Any
    ) -> Finished:
        in_dir, work = tmp_path / f"in-{time.monotonic_ns()}", tmp_path / "work"
        in_dir.mkdir()
        work.mkdir(exist_ok=True)
        inputs = {} if operation == "describe" else {"windows": put_array(in_dir, "windows", windows)}
        put_request(in_dir, operation, resolve_params(peak.spec, params), inputs=inputs, window=WINDOW)
        return run_once(
            runner,
            ready,
            in_dir,
            work,
            operation=operation,
            limits=replace(short, **{"seconds": 180, **(limits or {})}),
            cancel=cancel,
        )

    return start


def features(finished: Finished) -> Any:
    return np.load(finished.outputs["features"])


def document(finished: Finished, name: str) -> Any:
    return json.loads(finished.outputs[name].read_text(encoding="utf-8"))


def test_the_block_is_described_by_its_own_answer(ask: Ask) -> None:
    described = document(ask("describe"), "description")
    assert described == {
        "features": 4, "labels": LABELS, "shape": {"type": "flat", "width": 4}, "dtype": "float32"
    }  # fmt: skip


def test_features_are_the_blocks_own_bytes(ask: Ask) -> None:
    finished = ask("transform")
    assert features(finished).tobytes() == PEAKS.tobytes()
    assert "asked for" in finished.log  # what the server prints is in the task's log
    assert "Listening on host 127.0.0.1 port 4446" in finished.log


def test_no_windows_give_no_rows(ask: Ask) -> None:
    assert features(ask("transform", WINDOWS[:0])).shape == (0, 4)


def test_parameters_arrive_as_the_platform_sends_them(ask: Ask) -> None:
    (label, *_) = document(ask("describe", trouble="echo", count=None, scale_axes=1.5), "description")[
        "labels"
    ]
    assert label == "[3, 62.5, 1.5, null]"


def test_graphs_become_plots(ask: Ask) -> None:
    finished = ask("plot", WINDOWS[:1])
    signal, power, picture = document(finished, "plots")["plots"]
    assert signal["x"] == {"label": "Sample", "values": [float(n) for n in range(8)]}
    assert [series["name"] for series in signal["series"]] == ["accX", "accY"]
    assert np.array_equal(np.float32(signal["series"][1]["values"]), WINDOWS[0, :, 1])
    assert power["y"]["scale"] == "log"
    assert len(power["series"][0]["values"]) == 2
    assert (picture["kind"], picture["mime"]) == ("encoded-image", "image/png")
    assert any("Broken" in warning for warning in finished.warnings)


@pytest.fixture
def neighbour(engine: Any) -> Iterator[str]:
    """Address of a container that listens on the engine's default network, and that this host can reach."""
    server = "import http.server; http.server.test(http.server.SimpleHTTPRequestHandler, port=8765)"
    made = engine.create_container(
        "python:3.11-slim-bookworm", ["python3", "-c", server], labels={"edgewright-test": "1"}
    )
    try:
        engine.start(made["Id"])
        address = engine.inspect_container(made["Id"])["NetworkSettings"]["Networks"]["bridge"]["IPAddress"]
        until = time.monotonic() + 60
        while True:
            try:
                socket.create_connection((address, 8765), 1).close()
                break
            except OSError:
                assert time.monotonic() < until, "the neighbour doesn't listen"
                time.sleep(0.1)
        yield f"{address}:8765"
    finally:
        engine.remove_container(made["Id"], force=True)


def test_nothing_but_the_driver_can_be_reached(ask: Ask, engine: Any, neighbour: str) -> None:
    gateway = engine.inspect_network("bridge")["IPAM"]["Config"][0]["Gateway"]
    with socket.create_server(("0.0.0.0", 0)) as listener:
        port = listener.getsockname()[1]
        own = {found[4][0] for found in socket.getaddrinfo(socket.gethostname(), port, socket.AF_INET)}
        here = [f"{address}:{port}" for address in sorted({gateway, *own} - {"127.0.0.1"})]
        for address in here:
            socket.create_connection(
                (address.partition(":")[0], port), 5
            ).close()  # so that a refusal means something
        # Our own listener by the loopback address: the block has one of its own. And the world, and a cloud's metadata.
        addresses = [*here, neighbour, f"127.0.0.1:{port}", "1.1.1.1:53", "169.254.169.254:80"]
        reached = features(ask("transform", WINDOWS[:1], trouble=f"reach {' '.join(addresses)}"))[0]
    assert dict(zip([*addresses, "/in or /out"], reached.tolist(), strict=True)) == dict.fromkeys(
        [*addresses, "/in or /out"], 0.0
    )


@pytest.mark.parametrize(
    ("trouble", "reason", "said"),
    [
        ("refuse", "block_error", "the block says: scale-axes is 1: choose another"),
        ("die", "block_error", "its server ended before the task was done: exit code 3: giving up"),
        ("write", "block_error", "Read-only file system: 'picture.png'; .*writable-root: true"),
        ("memory", "oom", "its server ended before the task was done: .* for want of memory"),
    ],
)
def test_what_a_block_does_wrong_is_said(ask: Ask, trouble: str, reason: str, said: str, engine: Any) -> None:
    with pytest.raises(TaskError, match=said) as caught:
        ask("transform", trouble=trouble, limits={"memory_bytes": 96 << 20})
    assert caught.value.reason == reason


def test_the_task_is_cancelled_and_timed_with_its_server(ask: Ask, runner: DockerRunner, engine: Any) -> None:
    cancel = threading.Event()
    threading.Timer(1.5, cancel.set).start()
    with pytest.raises(TaskError) as caught:
        ask("transform", trouble="sleep", cancel=cancel)
    assert caught.value.reason == "cancelled"
    with pytest.raises(TaskError) as caught:
        ask("transform", trouble="sleep", limits={"seconds": 2})
    assert caught.value.reason == "timeout"
    assert engine.containers(all=True, filters=OURS) == []


def test_both_containers_have_the_strict_profile(ask: Ask, engine: Any) -> None:
    seen: list[dict[str, Any]] = []
    cancel = threading.Event()

    def look() -> None:
        until = time.monotonic() + 60
        while len(seen) < 2 and time.monotonic() < until:
            found = engine.containers(filters=OURS)
            mine = [engine.inspect_container(one["Id"]) for one in found]
            pairs = [one for one in mine if one["HostConfig"]["NetworkMode"].startswith("container:")]
            if pairs:
                name = pairs[0]["HostConfig"]["NetworkMode"].partition(":")[2]
                seen.extend([pairs[0], engine.inspect_container(name)])
            time.sleep(0.02)
        cancel.set()

    thread = threading.Thread(target=look)
    thread.start()
    with pytest.raises(TaskError):
        ask("transform", trouble="sleep", cancel=cancel)
    thread.join()
    driver, service = seen
    assert service["HostConfig"]["NetworkMode"] == "none"
    assert service["Mounts"] == []
    assert {mount["Destination"] for mount in driver["Mounts"]} == {"/in", "/out"}
    for one in seen:
        host = one["HostConfig"]
        assert host["ReadonlyRootfs"] is True
        assert host["CapDrop"] == ["ALL"]
        assert host["SecurityOpt"][0] == "no-new-privileges"
        assert host["PidsLimit"] > 0
        assert host["Memory"] == host["MemorySwap"] == 256 << 20
        assert one["Config"]["Labels"]["org.edgewright.run"]
        assert one["Config"]["User"] not in ("", "0:0")
    assert service["Config"]["Entrypoint"] == ["python3", "-u", "server.py"]


def test_a_server_may_listen_where_it_says(runner: DockerRunner, engine: Any, tmp_path: Path) -> None:
    folder = tmp_path / f"own{os.getpid()}"
    shutil.copytree(HERE / "legacy" / "http_peak", folder)
    lines = "FROM python:3.11-slim-bookworm\nWORKDIR /srv\nCOPY . .\nEXPOSE 5000\nCMD HOST=0.0.0.0 PORT=5000 python3 server.py\n"
    (folder / "Dockerfile").write_text(lines)
    in_dir, work = tmp_path / "in", tmp_path / "work"
    in_dir.mkdir()
    work.mkdir()
    block = resolve(str(folder), folder, make_plugins())
    try:
        prepared = runner.prepare(block, lambda _message: None)
        put_request(in_dir, "describe", resolve_params(block.spec, {}), window=WINDOW)
        described = run_once(runner, prepared, in_dir, work, operation="describe")
        assert document(described, "description")["labels"] == LABELS
        assert "port 5000" in described.log
    finally:
        for kind in ("block", "stage"):
            for image in engine.images(name=f"edgewright/{kind}-{folder.name}"):
                for tag in image["RepoTags"] or ():
                    engine.remove_image(tag, force=True)


def test_export_is_refused_and_says_what_to_do(ask: Ask) -> None:
    with pytest.raises(TaskError, match=r"no device code .*docs/authoring.md") as caught:
        ask("export")
    assert caught.value.reason == "refused"
