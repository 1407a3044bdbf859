"""More faults and attacks of blocks, each under every runner: floods of files and processes, names, the kernel, the host."""

from __future__ import annotations

import json
import os
import shutil
from typing import Any

import pytest

from edgewright.runners.base import Limits
from edgewright.terminal import printable_line

MIB = 1 << 20
SMALL = Limits(
    seconds=60, grace_seconds=1, memory_bytes=256 * MIB, out_bytes=20 * MIB, out_files=200, tmp_bytes=32 * MIB
)


def test_f11_a_fork_bomb_stays_in_its_box(evil: Any, only: Any) -> None:
    only("docker", "bwrap")
    ran = evil.run("F11_fork", limits=Limits(seconds=60, memory_bytes=512 * MIB, pids=30))
    assert (ran.reason, ran.outcome.exit_code) == ("block_error", 5)
    assert b"stopped by" in ran.log
    assert int(ran.log.split()[-1]) < 30
    assert evil.left_processes() == []


@pytest.mark.parametrize("variant", ["sparse", "one-file", "many-files", "empty-files"])
def test_f13_the_output_is_capped(evil: Any, variant: str) -> None:
    free = shutil.disk_usage(evil._folder).free
    ran = evil.run("F13_output", {"variant": variant}, limits=SMALL)
    assert ran.reason == "limit" or (variant == "sparse" and "File too large" in ran.log.decode())
    assert ran.seconds < 20
    # Of many small files half a second may pass, which is how long a look at a busy disk may take.
    assert free - shutil.disk_usage(evil._folder).free < 4 << 30


def test_f14_the_hosts_disk_is_out_of_reach(evil: Any, only: Any) -> None:
    only("docker", "bwrap")
    ran = evil.run(
        "F14_disk", limits=Limits(seconds=60, memory_bytes=256 * MIB, tmp_bytes=16 * MIB, shm_bytes=8 * MIB)
    )
    said = dict(line.split(": ") for line in ran.log.decode().splitlines())
    assert said.pop("/tmp") == said.pop("/dev/shm") == "ENOSPC"
    assert set(said.values()) <= {"EROFS", "ENOENT", "EACCES"}
    assert {said["/"], said["/usr"], said["/block"]} <= {"EROFS", "EACCES"}


def test_f16_bytes_are_kept_and_never_command_a_terminal(evil: Any) -> None:
    ran = evil.run("F16_bytes")
    assert ran.reason == "ok"
    line = b"nul \x00 invalid \xff\xfe title \x1b]0;owned\x07 red \x1b[31m over\rwritten\n"
    assert line in ran.log
    assert ran.log.replace(line, b"") == "split \N{GRINNING FACE} done\n".encode()  # the streams may cross
    shown = printable_line(ran.log.decode("utf-8", "replace"), 2000)
    assert not set(shown) & {chr(code) for code in (0, 7, 13, 27)}


def test_f17_a_forged_message_is_no_result(evil: Any) -> None:
    ran = evil.run("F17_forged")
    assert (ran.reason, ran.outcome.exit_code) == ("block_error", 6)
    assert b"/etc/shadow" in ran.log  # a line of the log, and nothing more


@pytest.mark.parametrize("variant", ["closed", "left"])
def test_f18_streams_never_hang_a_run(evil: Any, variant: str) -> None:
    ran = evil.run("F18_streams", {"variant": variant})
    assert ran.reason == "ok"
    assert ran.seconds < 20
    assert b"after the end" not in ran.log


def test_f20_an_input_is_never_given_away(evil: Any) -> None:
    ran = evil.run("F20_hard_link")
    if b"LINKED" in ran.log:
        assert ran.reason == "bad_output"
        assert "hard link" in ran.message or "links" in ran.message
    else:  # another mount, or another owner
        assert (ran.reason, ran.outcome.exit_code) == ("block_error", 5)
    assert json.loads((ran.in_dir / "request.json").read_text())["params"]["token"] == evil.token
    assert list(ran.staged.iterdir()) == []


@pytest.mark.parametrize(
    "variant", ["newline", "leading", "invalid", "control", "dot", "device", "override", "case"]
)
def test_f23_names_that_are_traps_are_refused(evil: Any, variant: str) -> None:
    ran = evil.run("F23_names", {"variant": variant})
    assert ran.reason == "bad_output"
    assert ran.message.isprintable()
    assert "\u202e" not in ran.message


@pytest.mark.parametrize(
    "path", ["/etc/passwd", "../request.json", "%2e%2e/x", "file:///etc/passwd", "./../../x", ""]
)
def test_f24_paths_that_leave_are_refused(evil: Any, path: str) -> None:
    ran = evil.run("F24_paths", {"variant": path})
    assert ran.reason == "bad_output"


@pytest.mark.parametrize("variant", ["nan", "pickle", "cut", "claim"])
def test_f26_arrays_that_lie_are_refused(evil: Any, variant: str) -> None:
    ran = evil.run("F26_values", {"variant": variant})
    assert ran.reason == "bad_output"
    assert "features" in ran.message


def test_f30_nothing_of_the_host_is_there(evil: Any, only: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    only("docker", "bwrap")
    monkeypatch.setenv("EDGEWRIGHT_CANARY", "of the host")
    canary = evil._folder / "canary"
    canary.write_text("of the host")
    canary.chmod(0o644)
    ran = evil.run("F30_proc", {"host": os.getpid(), "canary": str(canary)})
    assert b"REACHED" not in ran.log, ran.log
    assert b"processes: True" in ran.log


def test_f31_the_kernel_gives_nothing(evil: Any, only: Any) -> None:
    only("docker", "bwrap")
    ran = evil.run("F31_kernel")
    said = dict(line.split(": ", 1) for line in ran.log.decode().splitlines() if ": " in line)
    user = str(tuple([os.geteuid() or 65532] * 3))
    assert said.pop("id") == user
    calls = {name: code for name, code in said.items() if code.isupper()}
    assert len(calls) >= 28
    assert "DONE" not in calls.values(), calls
    assert set(calls.values()) <= {"EPERM", "ENOSYS", "EACCES"}, calls


@pytest.mark.parametrize("variant", ["file", "folder", "out"])
def test_f34_what_nobody_may_read_is_taken_or_refused(evil: Any, variant: str) -> None:
    ran = evil.run("F34_modes", {"variant": variant})
    assert ran.reason in ("ok", "bad_output")
    shutil.rmtree(ran.out_dir)  # as its caller, whoever that is


def test_f35_no_core_file_is_left(evil: Any) -> None:
    ran = evil.run("F35_core")
    assert (ran.reason, ran.outcome.signal) == ("block_error", "SIGSEGV")
    assert b"core: (0, 0)" in ran.log
    assert b"RAISED" not in ran.log or os.geteuid() == 0
    assert [path.name for path in ran.out_dir.iterdir() if "core" in path.name] == []
