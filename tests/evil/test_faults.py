"""Faults and attacks of blocks, each under every runner. The numbers are those of the fixtures' folders."""

from __future__ import annotations

import concurrent.futures
import contextlib
import json
import os
import resource
import socket
import subprocess
import threading
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from edgewright.errors import EdgewrightError
from edgewright.images.engine import inspect_image
from edgewright.runners.base import Limits
from edgewright.runners.environment import task_environment
from edgewright.running.cancel import Cancel

MIB = 1 << 20


def wait_for(path: Path) -> None:
    deadline = time.monotonic() + 30
    while not path.exists():
        assert time.monotonic() < deadline, f"{path} never came"
        time.sleep(0.02)


def test_f00_a_good_block_passes(evil: Any) -> None:
    ran = evil.run("F00_control")
    assert (ran.reason, ran.message, ran.log) == ("ok", "", b"")
    assert ran.outcome.exit_code == 0
    assert (ran.staged / "features.npy").stat().st_size == 128 + 24


@pytest.mark.parametrize("count", [16, pytest.param(96, marks=pytest.mark.slow)])
def test_f01_exit_codes_are_never_lost(evil: Any, count: int) -> None:
    evil.prepare("F01_exit")
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        ran = list(pool.map(lambda _: evil.run("F01_exit"), range(count)))
    assert [(one.reason, one.outcome.exit_code) for one in ran] == [("block_error", 3)] * count
    assert "3" in ran[0].message


@pytest.mark.parametrize(
    ("variant", "said"),
    [
        ("none", "result.json was not written"),
        ("half", "result.json is not valid JSON"),
        ("empty", "result.json is not valid JSON"),
        ("nothing-in-it", "no output 'features'"),
        ("file-missing", "features.npy"),
    ],
)
def test_f02_success_needs_a_whole_result(evil: Any, variant: str, said: str) -> None:
    ran = evil.run("F02_result", {"variant": variant})
    assert ran.reason == "bad_output"
    assert said in ran.message
    assert ran.outcome.exit_code == 0


@pytest.mark.parametrize("name", ["SIGSEGV", "SIGKILL", "SIGABRT"])
def test_f03_a_signal_is_named(evil: Any, name: str) -> None:
    ran = evil.run("F03_signal", {"variant": name})
    assert ran.reason == "block_error"  # never oom: nobody saw the kernel take memory back
    assert ran.outcome.signal == name
    assert name in ran.message
    assert list(ran.out_dir.glob("core*")) == []


def test_f04_a_deadline_holds_against_a_stubborn_block(evil: Any) -> None:
    evil.prepare("F04_stubborn")
    ran = evil.run("F04_stubborn", limits=Limits(seconds=2, grace_seconds=1))
    assert ran.reason == "timeout"
    assert "2 s" in ran.message
    assert 2.9 <= ran.seconds <= 4.5  # 4 s and what a busy machine adds
    assert evil.left_processes() == []


@pytest.mark.parametrize("times", [1, 2])
def test_f06_cancelling_asks_first_and_kills_the_second_time(evil: Any, times: int) -> None:
    evil.prepare("F04_stubborn")
    cancel = Cancel()
    limits = Limits(seconds=60, grace_seconds=2 if times == 1 else 30)

    def press() -> None:
        wait_for(evil._folder / "task-1" / "out" / "started")
        for _ in range(times):
            cancel.set()
            time.sleep(0.3)

    thread = threading.Thread(target=press)
    thread.start()
    ran = evil.run("F04_stubborn", limits=limits, cancel=cancel)
    thread.join()
    assert ran.reason == "cancelled"
    assert ran.seconds < 15
    assert evil.left_processes() == []


@pytest.mark.parametrize("variant", ["streams-closed", "streams-kept"])
def test_f05_a_daemon_dies_with_its_block(evil: Any, variant: str) -> None:
    ran = evil.run("F05_daemon", {"variant": variant})
    assert ran.reason == "bad_output"  # it exits with 0 and leaves no result
    assert ran.seconds < 20
    assert evil.left_processes() == []


def test_f09_a_container_that_vanishes_is_no_success(evil: Any, only: Any) -> None:
    only("docker")
    evil.prepare("F09_removed")

    def remove() -> None:
        wait_for(evil._folder / "task-1" / "out" / "started")
        for container in evil.left_containers():
            subprocess.run(["docker", "rm", "--force", container], capture_output=True, check=False)

    thread = threading.Thread(target=remove)
    thread.start()
    ran = evil.run("F09_removed")
    thread.join()
    assert ran.reason == "infra"


def test_f10_a_command_that_is_not_there_is_refused(evil: Any) -> None:
    ran = evil.run("F10_command")
    assert ran.reason in ("refused", "infra")
    assert "not-there" in ran.message or "No such file" in ran.message
    assert ran.seconds < 20


def test_f10_a_command_that_may_not_be_executed_is_refused(evil: Any) -> None:
    prepared = evil.prepare("F10_command")
    spec = prepared.block.spec
    section = spec.edgewright.model_copy(update={"command": ["./main.py"]})
    block = replace(prepared.block, spec=replace(spec, edgewright=section))
    ran = evil.run("F10_command", prepared=replace(prepared, block=block))
    assert ran.reason == "refused"
    assert "ermission denied" in ran.message


def test_f10_an_image_that_is_not_there_is_infra(evil: Any, only: Any) -> None:
    only("docker")
    prepared = replace(evil.prepare("F00_control"), image="sha256:" + "0" * 64)
    ran = evil.run("F00_control", prepared=prepared)
    assert ran.reason == "infra"
    assert "image" in ran.message


@pytest.mark.parametrize("variant", ["itself", "grandchild", "tmp", "shm"])
def test_f12_memory_is_capped_and_the_cgroup_says_oom(evil: Any, only: Any, variant: str) -> None:
    only("docker", "bwrap")
    limits = Limits(seconds=60, memory_bytes=128 * MIB, tmp_bytes=1024 * MIB, shm_bytes=1024 * MIB)
    ran = evil.run("F12_memory", {"variant": variant}, limits=limits)
    assert ran.reason == "oom"


@pytest.mark.parametrize(
    ("megabytes", "variant"),
    [
        (50, "stdout-one-line"),
        (50, "stderr-one-line"),
        (50, "stdout-lines"),
        pytest.param(1000, "stdout-one-line", marks=pytest.mark.slow),
    ],
)
def test_f15_a_flood_is_cut_and_counted(evil: Any, variant: str, megabytes: int) -> None:
    evil.prepare("F15_flood")
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    cap = 4 * MIB
    params = {"variant": variant, "megabytes": megabytes}
    ran = evil.run("F15_flood", params, limits=Limits(seconds=200, log_bytes=cap))
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert (ran.reason, ran.outcome.exit_code) == ("block_error", 4)
    assert cap * 0.99 <= len(ran.log) <= cap + 200
    assert ran.log.endswith(b"the very last line\n")
    cut = megabytes * 1_000_000 + len(b"\nthe very last line\n") - cap
    assert ran.outcome.log_truncated_bytes == cut
    assert f"truncated {cut} bytes".encode() in ran.log
    assert grown < 32 << 10, f"memory grew by {grown} KiB"  # ru_maxrss is in KiB


LINKS = ["shadow", "instead-of-output", "instead-of-result", "parent", "folder", "chain", "loop", "dangling"]


@pytest.mark.parametrize("variant", LINKS)
def test_f19_links_are_refused_and_never_followed(evil: Any, variant: str, tmp_path: Path) -> None:
    secrets = evil._folder / "secrets"
    secrets.mkdir()
    canary = secrets / "canary.json"
    canary.write_text('{"contract": 1, "outputs": {}, "canary": "this must not be read"}')
    ran = evil.run("F19_symlink", {"variant": variant, "target": str(canary)})
    assert ran.reason == "bad_output"
    assert "symbolic link" in ran.message
    assert "canary" not in ran.message.replace("canary.json", "")
    assert list(ran.staged.iterdir()) == []


@pytest.mark.parametrize("variant", ["fifo", "fifo-as-output", "fifo-as-result", "socket", "device"])
def test_f21_special_files_are_refused_at_once(evil: Any, variant: str) -> None:
    if variant == "device" and (evil.name != "process" or os.geteuid() != 0):
        pytest.skip("only root can make a device")
    ran = evil.run("F21_special", {"variant": variant})
    assert ran.reason == "bad_output"
    assert {"fifo": "FIFO", "socket": "socket", "device": "device"}[variant.split("-")[0]] in ran.message
    assert ran.seconds < 20


def test_f28_the_input_can_not_be_changed(evil: Any, only: Any) -> None:
    only("docker", "bwrap")
    ran = evil.run("F28_input")
    request = json.loads((ran.in_dir / "request.json").read_text())
    assert request["params"]["token"] == evil.token
    assert [path.name for path in ran.in_dir.iterdir()] == ["request.json"]
    assert ran.log.count(b": refused, ") == 6
    assert b"DONE" not in ran.log


def test_f29_there_is_no_network(evil: Any, only: Any) -> None:
    only("docker", "bwrap")
    with contextlib.ExitStack() as stack:
        listener = stack.enter_context(socket.create_server(("0.0.0.0", 0)))
        abstract = stack.enter_context(socket.socket(socket.AF_UNIX))
        abstract.bind(f"\0{evil.token}")
        abstract.listen()
        ran = evil.run("F29_network", {"port": listener.getsockname()[1]})
    assert ran.log.count(b": refused, ") == 6, ran.log
    assert b"REACHED" not in ran.log
    assert b"interfaces: ['lo']" in ran.log


def test_f32_the_environment_is_ours_alone(evil: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EDGEWRIGHT_CANARY", "secret of the host")
    monkeypatch.setenv("LD_LIBRARY_PATH", "/nowhere")
    ran = evil.run("F32_environment")
    line = next(line for line in ran.log.splitlines() if line.startswith(b"environment "))
    seen = json.loads(line.removeprefix(b"environment "))
    ours = set(task_environment(threads=1, home="", temporary="")) | {"PATH"}
    extra = {"PYTHONPATH", "PWD"} if evil.name == "bwrap" else {"PYTHONPATH"}
    if evil.name == "docker":
        image = inspect_image(evil.prepare("F32_environment").image)
        extra = {"HOSTNAME", *(line.split("=", 1)[0] for line in image["Config"]["Env"])}
    assert ours <= set(seen) <= ours | extra
    assert "secret of the host" not in line.decode()
    assert (seen["TZ"], seen["LANG"], seen["PYTHONHASHSEED"]) == ("UTC", "C.UTF-8", "0")
    if evil.name == "process":
        assert Path(seen["HOME"]).is_relative_to(evil._folder)
        assert not Path(seen["HOME"]).exists()


def test_a_runner_says_what_it_did_not_enforce(evil: Any) -> None:
    ran = evil.run("F00_control")
    memory = ran.outcome.enforced["memory_bytes"]
    assert memory == ("not enforced" if evil.name == "process" else 256 * MIB)


def test_an_image_without_a_folder_needs_a_container(evil: Any, only: Any) -> None:
    only("process")
    block = replace(evil.prepare("F00_control").block, folder=None, image="example/block:1")
    with pytest.raises(EdgewrightError, match="refused"):
        evil.runner.prepare(block, lambda _: None)
