"""Task folders as a host makes them, and the real driver in a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest

ROOT = Path(__file__).parents[2]
BLOCKS = ROOT / "blocks" / "edgewright_blocks"
WINDOW = {"kind": "time-series", "length": 8, "axes": ["x", "y"], "frequency": 10.0}

ECHO = '''
from edgewright_sdk import ProcessingBlock, Features, BlockError

class Echo(ProcessingBlock):
    """Mean of each axis."""
    def transform(self, windows, params):
        return Features(windows.values.mean(axis=1), [f"{a} mean" for a in windows.axes])
'''


@dataclass
class Answer:
    code: int
    messages: list[dict[str, Any]]
    stdout: bytes
    log: str


@dataclass
class Folder:
    """One task's ``in`` and ``out``."""

    root: Path
    inputs: dict[str, Any] = field(default_factory=dict)

    @property
    def in_dir(self) -> Path:
        return self.root / "in"

    @property
    def out_dir(self) -> Path:
        return self.root / "out"

    def array(self, path: str, array: np.ndarray) -> dict[str, Any]:
        target = self.in_dir / path
        target.parent.mkdir(parents=True, exist_ok=True)
        np.save(target, array)
        return {"path": path, "shape": list(array.shape), "sha256": ""}

    def windows(self, *chunks: np.ndarray) -> Folder:
        refs = [self.array(f"windows/{i}.npy", chunk) for i, chunk in enumerate(chunks)]
        self.inputs["windows"] = {"kind": "array", "dtype": chunks[0].dtype.name, "chunks": refs}
        return self

    def features(self, *parts: tuple[list[str], list[np.ndarray]], name: str = "features") -> Folder:
        listed = []
        for number, (labels, chunks) in enumerate(parts):
            refs = [self.array(f"{name}/{number}/{i}.npy", chunk) for i, chunk in enumerate(chunks)]
            shape = {"type": "flat", "width": len(labels)}
            listed.append({"node": f"n{number}", "labels": labels, "shape": shape, "chunks": refs})
        self.inputs[name] = {"kind": "features", "dtype": "float32", "parts": listed}
        return self

    def request(self, operation: str, params: dict[str, Any] | None = None, **changes: Any) -> Folder:
        document = {
            "contract": 1,
            "operation": operation,
            "params": params or {},
            "seed": 0,
            "threads": 1,
            "window": WINDOW,
            "inputs": self.inputs,
            **changes,
        }
        (self.in_dir / "request.json").write_text(json.dumps(document))
        return self

    def result(self) -> dict[str, Any]:
        return json.loads((self.out_dir / "result.json").read_bytes())

    def output(self, name: str) -> np.ndarray:
        return np.load(self.out_dir / self.result()["outputs"][name]["path"], allow_pickle=False)

    def files(self) -> dict[str, bytes]:
        return {
            str(p.relative_to(self.out_dir)): p.read_bytes()
            for p in sorted(self.out_dir.rglob("*"))
            if p.is_file()
        }


@pytest.fixture
def folder(tmp_path: Path):
    """Make task folders."""
    made = []

    def make() -> Folder:
        root = tmp_path / f"task-{len(made)}"
        made.append(root)
        (root / "in").mkdir(parents=True)
        (root / "out").mkdir()
        return Folder(root)

    return make


@pytest.fixture
def block(tmp_path: Path):
    """Write a block's folder from the text of its ``block.py``."""

    def write(code: str = ECHO, name: str = "block", **files: str) -> Path:
        path = tmp_path / "blocks" / name
        path.mkdir(parents=True)
        (path / "block.py").write_text(code)
        for file, text in files.items():
            (path / f"{file}.py").write_text(text)
        return path

    return write


def driver_command(*arguments: str) -> tuple[list[str], dict[str, str]]:
    environment = {
        "PATH": os.environ.get("PATH", ""),
        "PYTHONPATH": os.pathsep.join(str(ROOT / part) for part in ("sdk", "specs")),
        "PYTHONDONTWRITEBYTECODE": "1",
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
    }
    return [sys.executable, "-m", "edgewright_sdk", *arguments], environment


@pytest.fixture
def run():
    """Run one task cold."""

    def run_task(block: Path, task: Folder) -> Answer:
        command, environment = driver_command(
            "run", "--block", str(block), "--in", str(task.in_dir), "--out", str(task.out_dir)
        )
        done = subprocess.run(command, env=environment, capture_output=True, timeout=60, check=False)
        messages = [json.loads(line) for line in done.stdout.splitlines()]
        return Answer(done.returncode, messages, done.stdout, done.stderr.decode())

    return run_task


class Server:
    """A warm driver."""

    def __init__(self, block: Path) -> None:
        command, environment = driver_command("serve", "--block", str(block))
        self.process = subprocess.Popen(
            command,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )

    def send(self, line: bytes, end: bytes = b"\n") -> list[dict[str, Any]]:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(line + end)
        self.process.stdin.flush()
        messages = []
        while not messages or messages[-1]["type"] != "done":
            messages.append(json.loads(self.process.stdout.readline()))
        return messages

    def ask(self, task: Folder, number: int = 1) -> dict[str, Any]:
        request = {"id": number, "in": str(task.in_dir), "out": str(task.out_dir)}
        return self.send(json.dumps(request).encode())[-1]

    def carry(self, task: Folder) -> tuple[dict[str, Any], dict[str, bytes]]:
        """Ask with the task's files behind the line; return the answer, and the files behind it."""
        paths = [path for path in sorted(task.in_dir.rglob("*")) if path.is_file()]
        sizes = {str(path.relative_to(task.in_dir)): path.stat().st_size for path in paths}
        line = json.dumps({"id": 1, "in": "/nowhere", "out": str(task.out_dir), "files": sizes})
        content = b"".join(path.read_bytes() for path in paths)
        answer = self.send(line.encode() + b"\n" + content[:-1], end=content[-1:])[-1]
        assert self.process.stdout is not None
        return answer, {
            name: self.process.stdout.read(size) for name, size in answer.pop("files", {}).items()
        }

    def close(self) -> tuple[int, str]:
        out, err = self.process.communicate(timeout=30)
        assert out == b""
        return self.process.returncode, err.decode()


@pytest.fixture
def serve():
    """Start warm drivers; they are ended after the test."""
    servers: list[Server] = []

    def start(block: Path) -> Server:
        servers.append(Server(block))
        return servers[-1]

    yield start
    for server in servers:
        if server.process.returncode is None:
            server.process.kill()
            server.process.communicate()
