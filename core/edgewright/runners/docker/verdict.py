"""From what the engine saw to an outcome's reason and message."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

    from edgewright_specs.interface import Reason

#: What the container's init writes when it can't execute the command.
INIT_FAILED = b"[FATAL tini"
CANNOT_EXECUTE = (126, 127)
#: The engine is taking the container away, which only someone else can have asked for while we still look at it.
LEAVING = ("removing", "dead")
REMOVED = "its container was removed by someone else before its end could be read"


class Verdict(NamedTuple):
    """Reason, message, exit code and signal of an outcome."""

    reason: Reason
    message: str
    exit_code: int | None = None
    signal: str | None = None


def judge_exit(state: Mapping[str, Any], first_error: bytes) -> Verdict:
    """Judge a container that ended by itself.

    Parameters
    ----------
    state : mapping
        The engine's ``State``: ``ExitCode``, ``OOMKilled`` (read from the cgroup, never guessed from 137), ``Error``.
    first_error : bytes
        The beginning of its stderr.
    """
    code = int(state.get("ExitCode", -1))
    if state.get("Status") in LEAVING:
        return Verdict("infra", REMOVED)
    if state.get("OOMKilled"):
        return Verdict("oom", "the kernel ended it, or a process of it, for want of memory", code)
    if state.get("Error"):
        return Verdict("infra", f"the engine says: {state['Error']}", code)
    if code == 0:
        return Verdict("ok", "", 0)
    if code in CANNOT_EXECUTE and first_error.startswith(INIT_FAILED):
        text = first_error.split(b"\n", 1)[0].decode("utf-8", "replace")
        return Verdict("refused", f"its command can't be executed: {text.split('] ', 1)[-1]}", code)
    name = signal_name(code)
    if name == "SIGXFSZ":
        return Verdict("limit", "wrote a file beyond the size that is allowed", code, name)
    if name is not None:
        return Verdict("block_error", f"ended by {name} (exit code {code})", code, name)
    return Verdict("block_error", f"exit code {code}", code)


def judge_service(state: Mapping[str, Any], first_error: bytes, last_line: str) -> Verdict:
    """Judge a service that ended before the task that needs it: that is never well."""
    verdict = judge_exit(state, first_error)
    if verdict.reason == "ok":
        verdict = Verdict("block_error", "exit code 0", 0)
    said = f": {last_line}" if last_line and verdict.reason == "block_error" else ""
    return verdict._replace(message=f"its server ended before the task was done: {verdict.message}{said}")


def signal_name(code: int) -> str | None:
    """Name of the signal that an exit code above 128 stands for."""
    try:
        return signal.Signals(code - 128).name if code > 128 else None
    except ValueError:
        return None
