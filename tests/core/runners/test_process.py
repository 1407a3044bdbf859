"""The process runner, beyond the faults of tests/evil: our own death, limits of the output, real blocks."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import secrets
import signal
import subprocess
import sys
import textwrap
import threading
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from edgewright import trees
from edgewright.harvest import harvest, output_rules
from edgewright.plugins import make_plugins
from edgewright.registry import Block, resolve
from edgewright.runners.base import Job, Limits, Outcome, Prepared
from edgewright.runners.process import ProcessRunner, source_paths

ROOTS = os.pathsep.join(path for path in sys.path if path)


def command_block(folder: Path, code: str) -> Any:
    """A block in any language: here a Python script."""
    folder.mkdir()
    (folder / "main.py").write_text(textwrap.dedent(code))
    return block_of(folder, ["python3", "main.py"])


def block_of(folder: Path, command: list[str]) -> Block:
    spec: Any = SimpleNamespace(edgewright=SimpleNamespace(command=command), legacy=False)
    return Block("b", "processing", spec, folder, None, False, "")


def run(tmp_path: Path, block: Any, **limits: Any) -> tuple[Outcome, bytes]:
    for name in ("in", "out"):
        (tmp_path / name).mkdir(exist_ok=True)
    job = Job(
        "job",
        "run",
        Prepared(block, "process", ()),
        tmp_path / "in",
        tmp_path / "out",
        tmp_path / "log",
        Limits(**limits),
    )
    outcome = ProcessRunner().run(job, threading.Event(), lambda _: None)
    return outcome, (tmp_path / "log").read_bytes()


def alive(token: str) -> list[int]:
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if token.encode() in (process / "cmdline").read_bytes():
                found.append(int(process.name))
    return found


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_nothing_survives_when_we_are_killed(tmp_path: Path) -> None:
    token = f"token{secrets.token_hex(8)}"
    block = f"""
        import os, time
        if os.fork() == 0:
            os.setsid()
            os.execvp("python3", ["python3", "-c", "import time; time.sleep(600)", "{token}"])
        time.sleep(600)
        """
    command_block(tmp_path / "block", block)
    host = """
        import sys, threading
        from pathlib import Path
        from types import SimpleNamespace as NS
        from edgewright.registry import Block
        from edgewright.runners.base import Job, Limits, Prepared
        from edgewright.runners.process import ProcessRunner
        t = Path(sys.argv[1])
        spec = NS(edgewright=NS(command=["python3", "main.py"]), legacy=False)
        block = Block("b", "processing", spec, t / "block", None, False, "")
        (t / "in").mkdir(); (t / "out").mkdir()
        job = Job("j", "r", Prepared(block, "process", ()), t / "in", t / "out", t / "log", Limits())
        ProcessRunner().run(job, threading.Event(), print)
        """
    with subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(host), str(tmp_path)], env={**os.environ, "PYTHONPATH": ROOTS}
    ) as us:
        deadline = time.monotonic() + 30
        while not alive(token):
            assert time.monotonic() < deadline
            time.sleep(0.05)
        us.send_signal(signal.SIGKILL)
    while alive(token):
        assert time.monotonic() < deadline + 5
        time.sleep(0.05)


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("f = open(out + '/big', 'wb')\nwhile True: f.write(bytes(1 << 16)); f.flush()", "bytes"),
        ("import os\nfor i in range(10**6): os.mkdir(f'{out}/{i}')", "files"),
        ("for i in range(10**6): open(f'{out}/{i}', 'wb').write(bytes(1 << 16))", "bytes"),
        (
            "import time\nfor i in range(9): open(f'{out}/{i}', 'wb').truncate(1 << 19)\ntime.sleep(60)",
            "bytes",
        ),
    ],
)
def test_the_output_is_capped_while_the_block_runs(tmp_path: Path, code: str, said: str) -> None:
    block = command_block(tmp_path / "block", "import sys\nout = sys.argv[4]\n" + code)
    outcome, _ = run(tmp_path, block, out_bytes=1 << 20, out_files=500, seconds=60)
    assert outcome.reason == "limit"
    assert said in outcome.message
    assert trees.measure(tmp_path / "out", 1 << 40, 1 << 40)[1] < 200_000
    assert outcome.seconds < 20


def test_messages_and_the_last_error_reach_us(tmp_path: Path) -> None:
    block = command_block(
        tmp_path / "block",
        """
        import sys
        print('{"type": "error", "text": "ValueError: bad"}', flush=True)
        print("on stderr", file=sys.stderr)
        sys.exit(1)
        """,
    )
    outcome, log = run(tmp_path, block)
    assert (outcome.reason, outcome.message) == ("block_error", "exit code 1: ValueError: bad")
    assert log == b"on stderr\n"


def test_a_shells_exit_code_is_translated(tmp_path: Path) -> None:
    outcome, _ = run(tmp_path, command_block(tmp_path / "block", "import sys; sys.exit(139)"))
    assert outcome.message == "exit code 139 (a shell's word for SIGSEGV)"
    assert outcome.signal is None


def test_a_block_gets_no_descriptor_but_three(tmp_path: Path) -> None:
    block = command_block(
        tmp_path / "block", "import os; print(sorted(os.listdir('/proc/self/fd')), os.read(0, 1))"
    )
    if sys.platform != "linux":
        pytest.skip("reads /proc")
    opened = os.open("/dev/null", os.O_RDONLY)
    os.set_inheritable(opened, True)
    try:
        _, log = run(tmp_path, block)
    finally:
        os.close(opened)
    assert log == b"['0', '1', '2', '3'] b''\n"  # 3 is the listing's own


def test_a_failing_listener_still_leaves_nothing(tmp_path: Path) -> None:
    token = f"token{secrets.token_hex(8)}"
    block = command_block(
        tmp_path / "block",
        f'import time\nprint(\'{{"type": "log", "text": "{token}"}}\', flush=True)\ntime.sleep(600)',
    )
    for name in ("in", "out"):
        (tmp_path / name).mkdir()
    job = Job(
        "j",
        "r",
        Prepared(block, "process", ()),
        tmp_path / "in",
        tmp_path / "out",
        tmp_path / "log",
        Limits(),
    )

    def fail(_: Any) -> None:
        raise RuntimeError("the listener's own fault")

    with pytest.raises(RuntimeError, match="own fault"):
        ProcessRunner().run(job, threading.Event(), fail)
    assert alive(str(tmp_path / "out")) == []
    assert sorted(path.name for path in tmp_path.iterdir()) == ["block", "in", "log", "out"]


def test_source_paths_are_the_roots_of_the_checkout() -> None:
    for root in source_paths():
        assert (Path(root) / "edgewright_sdk").is_dir() or (Path(root) / "edgewright_specs").is_dir()


def test_a_built_in_block_runs_and_is_harvested(tmp_path: Path) -> None:
    block = resolve("flatten", tmp_path, make_plugins())
    runner = ProcessRunner()
    prepared = runner.prepare(block, lambda _: None)
    assert any(line.startswith("numpy==") for line in prepared.environment)
    for name in ("in", "out", "staged"):
        (tmp_path / name).mkdir()
    write_transform(tmp_path / "in", dict(block.spec.defaults))
    job = Job("j", "r", prepared, tmp_path / "in", tmp_path / "out", tmp_path / "log", Limits(seconds=60))
    outcome = runner.run(job, threading.Event(), lambda _: None)
    assert outcome.reason == "ok", (tmp_path / "log").read_text()
    got = harvest(
        tmp_path / "out",
        tmp_path / "staged",
        output_rules("transform", block.spec.edgewright.outputs),
        Limits(),
    )  # type: ignore[union-attr]
    assert got.outputs["features"].shape == (4, 21)


def write_transform(folder: Path, params: dict[str, Any]) -> None:
    windows = np.random.default_rng(0).normal(size=(4, 20, 3)).astype(np.float32)
    np.save(folder / "windows.npy", windows)
    digest = hashlib.sha256((folder / "windows.npy").read_bytes()).hexdigest()
    chunk = {"path": "windows.npy", "shape": [4, 20, 3], "sha256": digest}
    request = {
        "contract": 1, "operation": "transform", "params": params, "seed": 0, "threads": 1,
        "window": {"kind": "time-series", "length": 20, "axes": ["x", "y", "z"], "frequency": 10.0},
        "inputs": {"windows": {"kind": "array", "dtype": "float32", "chunks": [chunk]}},
    }  # fmt: skip
    (folder / "request.json").write_text(json.dumps(request))
