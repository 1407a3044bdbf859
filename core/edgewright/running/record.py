"""The record of a run: ``events.jsonl`` as it happens, ``run.json`` when the run begins and ends."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from edgewright.trees import replacing

if TYPE_CHECKING:
    from pathlib import Path

#: Called with every event, for progress bars and run-event plugins.
Listener = Callable[[Mapping[str, Any]], None]


def now() -> str:
    """The present moment as ISO 8601 in UTC, to the millisecond."""
    return datetime.now(timezone.utc).isoformat(timespec="milliseconds")


def write_json(path: Path, document: Mapping[str, Any]) -> None:
    """Write JSON so that a reader sees the old file or the new one, never half of it."""
    with replacing(path) as unfinished:
        unfinished.write_text(lines_of(document), encoding="utf-8")


def lines_of(document: Mapping[str, Any]) -> str:
    """JSON with a line for each field, and for each item of a field that is a list or an object.

    A person finds a task in it, and it costs a tenth of ``json.dumps(…, indent=1)``, which is written in Python.
    """

    def compact(value: Any) -> str:
        return json.dumps(value, ensure_ascii=False)

    fields = []
    for name, value in document.items():
        if isinstance(value, list) and value:
            inner = ",\n  ".join(compact(item) for item in value)
            text = f"[\n  {inner}\n ]"
        elif isinstance(value, dict) and value:
            inner = ",\n  ".join(f"{compact(key)}: {compact(item)}" for key, item in value.items())
            text = f"{{\n  {inner}\n }}"
        else:
            text = compact(value)
        fields.append(f" {compact(name)}: {text}")
    return "{\n" + ",\n".join(fields) + "\n}\n"


class Recorder:
    """Collects what happens to each task of one run and keeps it on disk.

    Parameters
    ----------
    folder : Path
        The run folder; must exist.
    head : mapping
        The fields of ``run.json`` known at the start: name, id, runner, versions.
    listeners : callables
        Told every event; an exception of one is the caller's fault and not caught.
    """

    def __init__(self, folder: Path, head: Mapping[str, Any], listeners: tuple[Listener, ...] = ()) -> None:
        self.folder = folder
        self.document: dict[str, Any] = {
            "started": now(),
            "status": "running",
            "tasks": [],
            "warnings": [],
            **head,
        }
        self._tasks: dict[str, dict[str, Any]] = {task["id"]: task for task in self.document["tasks"]}
        self._listeners = listeners
        self._lock = threading.Lock()
        self._clock = datetime.now(timezone.utc)
        self._events = (folder / "events.jsonl").open("a", encoding="utf-8")
        self._write()

    @classmethod
    def reopen(cls, folder: Path, listeners: tuple[Listener, ...] = ()) -> Recorder:
        """Go on with the record of a finished run, to add a package or a threshold to it."""
        return cls(folder, json.loads((folder / "run.json").read_text(encoding="utf-8")), listeners)

    def event(self, kind: str, /, **fields: Any) -> None:
        """Append one event and tell the listeners."""
        record = {"time": now(), "event": kind, **fields}
        line = json.dumps(record, ensure_ascii=False)
        with self._lock:
            self._events.write(line + "\n")
            self._events.flush()
        for listener in self._listeners:
            listener(record)

    def task(self, **fields: Any) -> None:
        """Record how a task ended: id, node, operation, status ``hit|ran|failed|skipped``, seconds, key, why."""
        with self._lock:
            self._tasks[fields["id"]] = fields
        self.event("task", **fields)

    @property
    def tasks(self) -> list[dict[str, Any]]:
        """Entries of the tasks that have ended so far."""
        with self._lock:
            return list(self._tasks.values())

    def warning(self, text: str) -> None:
        """Record a warning that the report shows, once."""
        with self._lock:
            known = text in self.document["warnings"]
            if not known:
                self.document["warnings"].append(text)
        if not known:
            self.event("warning", text=text)

    def set(self, **fields: Any) -> None:
        """Set fields of ``run.json``."""
        with self._lock:
            self.document.update(fields)

    def finish(self, status: str) -> None:
        """Close the record: ``status`` is ``ok``, ``failed`` or ``cancelled``."""
        if "seconds" not in self.document:  # of a reopened run the first time counts
            ended = datetime.now(timezone.utc)
            self.set(status=status, ended=now(), seconds=round((ended - self._clock).total_seconds(), 3))
        self.event("end", status=status)
        self._write()
        self._events.close()

    def _write(self) -> None:
        write_json(self.folder / "run.json", {**self.document, "tasks": list(self._tasks.values())})
