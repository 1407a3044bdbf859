"""Every way a command can fail, as one message and an exit code."""

from __future__ import annotations

import os
import sys
import tempfile
import traceback
from pathlib import Path
from typing import Any

import click

from edgewright.cli.console import Console
from edgewright.errors import INTERRUPTED, EdgewrightError

ISSUES = "https://github.com/edgewright/edgewright/issues"


def report(error: BaseException, *, as_json: bool) -> int:
    """Print what went wrong and return the exit code.

    On stderr for people; with ``--json`` also ``{"ok": false, "error": {…}}`` on stdout.
    """
    if os.environ.get("EDGEWRIGHT_DEBUG", "") not in ("", "0") and not isinstance(
        error, (click.exceptions.Exit, click.Abort)
    ):
        Console().note("".join(traceback.format_exception(error)))
    code, lines, fields = _describe(error)
    if lines:
        Console().note("\n".join(lines), fg="red" if code != INTERRUPTED else None)
    if fields:
        Console(as_json).document({"ok": False, "error": {**fields, "exit_code": code}})
    return code


def _describe(error: BaseException) -> tuple[int, list[str], dict[str, Any]]:
    if isinstance(error, click.exceptions.Exit):
        return error.exit_code, [], {}
    if isinstance(error, (KeyboardInterrupt, click.Abort)):
        return INTERRUPTED, ["stopped"], {"kind": "cancelled", "message": "stopped"}
    if isinstance(error, click.ClickException):
        return _click(error)
    problems = getattr(error, "problems", None)
    if problems is not None:
        lines = [str(problem) for problem in problems]
        return (
            2,
            [f"error: {line}" for line in lines],
            {"kind": "spec", "message": str(error), "problems": lines},
        )
    if isinstance(error, EdgewrightError):
        return _ours(error)
    if isinstance(error, OSError) and error.filename is not None:
        text = f"{error.filename}: {error.strerror or error}"
        return 1, [f"error: {text}"], {"kind": type(error).__name__, "message": text}
    return _unexpected(error)


def _click(error: click.ClickException) -> tuple[int, list[str], dict[str, Any]]:
    message = error.format_message()
    lines = [f"error: {message}"]
    context = getattr(error, "ctx", None)
    if context is not None:
        lines.append(
            f"  → {context.get_usage().removeprefix('Usage: ')}; see `{context.command_path} --help`"
        )
    return error.exit_code, lines, {"kind": "usage", "message": message}


def _ours(error: EdgewrightError) -> tuple[int, list[str], dict[str, Any]]:
    fields: dict[str, Any] = {"kind": type(error).__name__, "message": error.message}
    lines = [f"error: {error}"]
    if error.hint:
        fields["hint"] = error.hint
    for name in ("task", "reason", "plugin"):
        if getattr(error, name, None):
            fields[name] = getattr(error, name)
    tail = getattr(error, "log_tail", "")
    if tail:
        fields["log_tail"] = tail
    if tail and not error.message.endswith(tail.strip()):  # a block's own word is said once
        lines += ["  last lines of its log:", *(f"    {line}" for line in tail.splitlines())]
    return error.exit_code, lines, fields


def _unexpected(error: BaseException) -> tuple[int, list[str], dict[str, Any]]:
    """A fault of ours: one line, and the traceback in a file to send in."""
    text = f"{type(error).__name__}: {error}".splitlines()[0][:300]
    try:
        handle, name = tempfile.mkstemp(prefix="edgewright-traceback-", suffix=".txt")
        with os.fdopen(handle, "w", encoding="utf-8", errors="backslashreplace") as file:
            file.write(f"edgewright {' '.join(sys.argv[1:])}\nPython {sys.version}\n\n")
            file.write("".join(traceback.format_exception(error)))
        place = str(Path(name))
    except OSError:
        place = "nowhere: no temporary folder can be written"
    lines = [f"internal error: {text}", f"  → traceback: {place}; please report it at {ISSUES}"]
    return 1, lines, {"kind": "internal", "message": text, "traceback": place}
