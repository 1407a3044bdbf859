"""Attacks that no list had, each under every runner. Those that found a hole stand here with what mended it."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from edgewright import trees
from edgewright.runners import watch
from edgewright.runners.base import Limits

MIB = 1 << 20
#: What no block gets: by the filter, by the kernel's own rules, because it isn't there, or at the cost of its life.
REFUSED = {"EPERM", "ENOSYS", "EACCES", "ENOENT", "ENXIO", "ENOTTY", "EAFNOSUPPORT", "SIGSYS"}
HUNDRED = Limits(seconds=100, grace_seconds=1, memory_bytes=256 * MIB, out_bytes=100 * MIB, out_files=200)


def test_f37_a_file_takes_no_more_of_the_disk_than_it_shows(evil: Any) -> None:
    ran = evil.run("F37_hidden_bytes", {"variant": "allocate"}, limits=HUNDRED)
    if evil.name == "process":  # without a filter: counted is at least half of what a file takes
        assert (ran.reason, b"DONE" in ran.log) == ("limit", True)
    else:
        assert (ran.reason, ran.log.count(b": refused, "), b"DONE" in ran.log) == ("block_error", 40, False)
        assert trees.measure(ran.out_dir, allocated=True)[0] < MIB


@pytest.mark.parametrize(("variant", "said"), [("unlinked", "had unlinked"), ("in-flight", "no file shows")])
def test_f37_files_without_a_name_are_capped(
    evil: Any, only: Any, monkeypatch: pytest.MonkeyPatch, variant: str, said: str
) -> None:
    if (
        variant == "in-flight"
    ):  # files that no process holds end a task where the disk is nearly full: let it be
        only("process", "bwrap")
        monkeypatch.setattr(watch, "LEFT_BYTES", 1 << 62)
        monkeypatch.setattr(watch, "LEFT_SHARE", 1.0)
    small = replace(HUNDRED, out_bytes=20 * MIB)
    ran = evil.run("F37_hidden_bytes", {"variant": variant}, limits=small)
    assert (ran.reason, said in ran.message) == ("limit", True), ran.message


def test_f38_side_doors_are_shut(evil: Any, only: Any) -> None:
    only("docker", "bwrap")
    ran = evil.run("F38_doors", {"host": os.getpid()})
    said = dict(line.split(": ", 1) for line in ran.log.decode().splitlines() if ": " in line)
    seen = {name: text for name, text in said.items() if name.startswith("process ")}
    assert len(seen) >= 2
    for text in seen.values():  # also process 1, whose memory a block may write: it has no right more
        assert text.startswith("CapEff=0000000000000000 CapPrm=0000000000000000"), seen
        assert text.endswith("NoNewPrivs=1 Seccomp=2"), seen
    links = [text for name, text in said.items() if name.startswith("descriptors ")]
    assert not any("/" in text.replace("/dev/null", "") for text in links), links
    doors = {n: text for n, text in said.items() if not n.startswith(("process ", "descriptors ", "shared"))}
    doors.pop("memory of process 1")
    assert len(doors) > 50
    assert set(doors.values()) <= REFUSED, doors
    assert said["shared memory"] == "True"
    assert "\n   4544076 " not in Path("/proc/sysvipc/shm").read_text()  # it went with its namespace


def test_f39_folders_deeper_than_a_path_are_capped_and_removed(evil: Any, only: Any) -> None:
    only("process")  # what looks and what removes is the same for all
    ran = evil.run("F39_deep")
    assert ran.reason == "limit"
    assert "files in /out" in ran.message  # and the harness removes them


@pytest.mark.parametrize(
    ("variant", "seconds", "ends"), [("SIGKILL", 100, "block_error"), ("SIGSTOP", 2, "timeout")]
)
def test_f40_signals_reach_nobody_else(evil: Any, only: Any, variant: str, seconds: int, ends: str) -> None:
    only("docker", "bwrap")
    ran = evil.run("F40_everybody", {"variant": variant}, limits=Limits(seconds=seconds, grace_seconds=1))
    assert ran.reason == ends
    assert evil.left_processes() == []


def test_f41_a_stopped_supervisor_keeps_nobody_waiting(evil: Any, only: Any) -> None:
    only("process")  # elsewhere it is out of reach
    ran = evil.run("F41_stopped", limits=Limits(seconds=1, grace_seconds=1))
    assert ran.reason == "timeout"
    assert ran.seconds < 10
