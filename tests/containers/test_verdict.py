"""From the engine's words to an outcome."""

from __future__ import annotations

import pytest

from edgewright.runners.docker.verdict import judge_exit, signal_name


@pytest.mark.parametrize(
    ("state", "error", "reason", "says"),
    [
        ({"ExitCode": 0}, b"", "ok", ""),
        ({"ExitCode": 3}, b"", "block_error", "exit code 3"),
        ({"ExitCode": 137}, b"", "block_error", "SIGKILL"),
        ({"ExitCode": 137, "OOMKilled": True}, b"", "oom", "memory"),
        ({"ExitCode": 0, "OOMKilled": True}, b"", "oom", "memory"),
        ({"ExitCode": 153}, b"", "limit", "size"),
        (
            {"ExitCode": 127},
            b"[FATAL tini (7)] exec x failed: No such file\n",
            "refused",
            "exec x failed: No such file",
        ),
        ({"ExitCode": 127}, b"sh: x: not found\n", "block_error", "exit code 127"),
        ({"ExitCode": 128, "Error": "OCI runtime"}, b"", "infra", "OCI runtime"),
        ({"ExitCode": 0, "Status": "removing"}, b"", "infra", "removed by someone else"),
        ({}, b"", "block_error", "exit code -1"),
    ],
)
def test_each_end_has_its_reason(state: dict[str, object], error: bytes, reason: str, says: str) -> None:
    verdict = judge_exit(state, error)
    assert verdict.reason == reason
    assert says in verdict.message


def test_signals_are_named() -> None:
    assert signal_name(139) == "SIGSEGV"
    assert signal_name(128 + 65) is None
    assert signal_name(3) is None
