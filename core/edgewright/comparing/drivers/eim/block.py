"""Windows through a Linux ``.eim``: a program that answers JSON over a Unix socket, one message after another."""

from __future__ import annotations

import json
import math
import socket
import subprocess
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from edgewright_sdk import BlockError, Features, ProcessingBlock

if TYPE_CHECKING:
    from types import TracebackType

    from edgewright_sdk import Params, Windows

STARTING_SECONDS = 30.0
ANSWER_SECONDS = 120.0
MOST_BYTES = 64 << 20


class Eim(ProcessingBlock):
    """Score, class shares and time of each window."""

    batch_bytes = 64 << 20

    def transform(self, windows: Windows, params: Params) -> Features:  # noqa: ARG002
        """Ask the program about each window."""
        with Program(self.folder / "program" / "model.eim") as program:
            model = program.ask({"hello": 1}).get("model_parameters") or {}
            values = windows.values.reshape(len(windows.values), -1)
            wanted = model.get("input_features_count")
            if wanted is not None and wanted != values.shape[1]:
                raise BlockError(
                    f"the .eim takes {wanted} values a window ({model.get('axis_count')} axes), these windows have "
                    f"{values.shape[1]}; compare a run of the same window"
                )
            rows = [_row(program, [float(value) for value in window]) for window in values]
        labels = list(rows[0])
        threshold = _threshold(model)
        table = np.array([[row[label] for label in labels] for row in rows], dtype=np.float32)
        if threshold is not None and "score" in labels:
            labels.append("threshold")
            table = np.column_stack([table, np.full(len(table), threshold, np.float32)])
        return Features(table, labels)


def _row(program: Program, window: list[float]) -> dict[str, float]:
    began = time.perf_counter()
    answer = program.ask({"classify": window})
    seconds = time.perf_counter() - began
    result = answer.get("result") or {}
    row: dict[str, float] = {}
    for name in ("visual_anomaly_max", "anomaly"):
        if isinstance(result.get(name), int | float):
            row["score"] = float(result[name])
            break
    for label, share in (result.get("classification") or {}).items():
        row[f"class {label}"] = float(share)
    if not row:
        raise BlockError(
            f"the .eim gives neither an anomaly score nor classes, but {', '.join(result) or 'nothing'}"
        )
    row["seconds"] = seconds
    bad = [name for name, value in row.items() if not math.isfinite(value)]
    if bad:
        raise BlockError(f"the .eim answers {row[bad[0]]} for {bad[0]}")
    return row


def _threshold(model: dict[str, Any]) -> float | None:
    for entry in model.get("thresholds") or ():
        if str(entry.get("type", "")).startswith("anomaly") and "min_anomaly_score" in entry:
            return float(entry["min_anomaly_score"])
    return None


class Program:
    """A running ``.eim`` and the connection to it."""

    def __init__(self, path: Path) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="eim-")
        place = Path(self._folder.name, "socket")
        try:
            self._process = subprocess.Popen(
                [str(path), str(place)],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                cwd=self._folder.name,
            )
        except OSError as error:
            self._folder.cleanup()
            raise BlockError(
                f"the .eim can't be started here: {error.strerror}; is it for another processor, or does it need a library that is not here?"
            ) from None
        self._number = 0
        try:
            self._socket = self._connect(str(place))
        except BaseException:
            self._end()
            raise

    def __enter__(self) -> Program:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._socket.close()
        self._end()

    def ask(self, message: dict[str, Any]) -> dict[str, Any]:
        """Send one message and return its answer."""
        self._number += 1
        try:
            self._socket.sendall(json.dumps({**message, "id": self._number}).encode())
            answer = self._answer()
        except OSError as error:
            raise BlockError(f"the .eim stopped answering: {error}") from error
        if answer.get("id") != self._number:
            raise BlockError(f"the .eim answers message {answer.get('id')} when asked {self._number}")
        if not answer.get("success"):
            raise BlockError(f"the .eim answers: {answer.get('error') or 'no success'}")
        return answer

    def _answer(self) -> dict[str, Any]:
        """Read up to the zero byte that ends an answer."""
        content = b""
        while not content.endswith(b"\0"):
            part = self._socket.recv(1 << 16)
            content += part
            if not part or len(content) > MOST_BYTES:
                raise BlockError(
                    "the .eim closed the connection within an answer" if not part else "an answer has no end"
                )
        try:
            answer = json.loads(content.rstrip(b"\0"))
        except ValueError:
            raise BlockError(f"the .eim answers no JSON: {content[:80]!r}") from None
        if not isinstance(answer, dict):
            raise BlockError("the .eim answers no JSON object")
        return answer

    def _connect(self, place: str) -> socket.socket:
        end = time.monotonic() + STARTING_SECONDS
        while True:
            connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            try:
                connection.connect(place)
            except OSError:
                connection.close()
            else:
                connection.settimeout(ANSWER_SECONDS)
                return connection
            if self._process.poll() is not None:
                raise BlockError(f"the .eim ended with {self._process.returncode} before it answered")
            if time.monotonic() > end:
                raise BlockError(f"the .eim opened no socket within {STARTING_SECONDS:g} s")
            time.sleep(0.05)

    def _end(self) -> None:
        self._process.terminate()
        try:
            self._process.wait(2)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._folder.cleanup()
