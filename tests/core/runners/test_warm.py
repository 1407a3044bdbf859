"""The warm worker over a plain process: alive after every kind of failure. What holds for every runner: test_warm_isolated.py."""

from __future__ import annotations

import hashlib
import json
import sys
import textwrap
import threading
from contextlib import ExitStack
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from edgewright.errors import TaskError
from edgewright.plugins import make_plugins
from edgewright.registry import resolve
from edgewright.runners.base import Prepared
from edgewright.runners.logs import LogFile
from edgewright.runners.process import ProcessRunner
from edgewright.runners.process_task import Start
from edgewright.runners.warm import WarmWorker
from edgewright.runners.warm.piped import Piped

if TYPE_CHECKING:
    from pathlib import Path

CODE = """
    import os
    import signal
    import sys

    from edgewright_sdk import Features, ProcessingBlock


    class Moody(ProcessingBlock):
        calls = 0

        def transform(self, windows, params):
            Moody.calls += 1
            mood = params.get("mood", "good")
            print("call", Moody.calls, file=sys.stderr, flush=True)
            if mood == "raise":
                raise ValueError("a bad mood")
            if mood == "exit":
                os._exit(7)
            if mood == "signal":
                os.kill(os.getpid(), signal.SIGSEGV)
            if mood == "chatty":
                for _ in range(3000):
                    print("x" * 1000)
            values = windows.values.mean(axis=1)
            return Features(values, [f"{axis} mean" for axis in windows.axes], {"type": "flat", "width": 3})
"""


@pytest.fixture
def block(tmp_path: Path) -> Any:
    folder = tmp_path / "moody"
    folder.mkdir()
    (folder / "block.py").write_text(textwrap.dedent(CODE))
    spec = {"version": 1, "type": "processing", "info": {"name": "moody", "title": "Moody"}, "parameters": [],
            "edgewright": {"contract": 1}}  # fmt: skip
    (folder / "parameters.json").write_text(json.dumps(spec))
    return resolve("moody", tmp_path, make_plugins())


class Asker:
    def __init__(self, worker: WarmWorker, folder: Path) -> None:
        self.worker, self.folder, self.count = worker, folder, 0

    def ask(self, mood: str = "good", timeout: float = 30) -> Path:
        self.count += 1
        folder = self.folder / str(self.count)
        write_request(folder, mood)
        self.worker.request("transform", folder / "in", folder / "out", timeout)
        return folder / "out"


def write_request(folder: Path, mood: str) -> None:
    (folder / "in").mkdir(parents=True)
    (folder / "out").mkdir()
    windows = np.random.default_rng(0).normal(size=(4, 20, 3)).astype(np.float32)
    np.save(folder / "in" / "windows.npy", windows)
    digest = hashlib.sha256((folder / "in" / "windows.npy").read_bytes()).hexdigest()
    chunk = {"path": "windows.npy", "shape": [4, 20, 3], "sha256": digest}
    request = {
        "contract": 1, "operation": "transform", "params": {"mood": mood}, "seed": 0, "threads": 1,
        "window": {"kind": "time-series", "length": 20, "axes": ["x", "y", "z"], "frequency": 10.0},
        "inputs": {"windows": {"kind": "array", "dtype": "float32", "chunks": [chunk]}},
    }  # fmt: skip
    (folder / "in" / "request.json").write_text(json.dumps(request))


@pytest.fixture
def asker(block: Any, tmp_path: Path) -> Any:
    with WarmWorker(ProcessRunner(), Prepared(block, "process", ())) as worker:
        yield Asker(worker, tmp_path / "requests")


def test_an_exception_fails_the_request_and_nothing_else(asker: Asker) -> None:
    asker.ask()
    with pytest.raises(TaskError, match="a bad mood") as caught:
        asker.ask("raise")
    assert caught.value.reason == "block_error"
    asker.ask()
    assert "call 3" in _log(asker)  # the same process


@pytest.mark.parametrize(("mood", "said"), [("exit", "exit code 7"), ("signal", "SIGSEGV")])
def test_a_crash_is_told_and_the_next_request_starts_anew(asker: Asker, mood: str, said: str) -> None:
    asker.ask()
    with pytest.raises(TaskError, match=said) as caught:
        asker.ask(mood)
    assert caught.value.reason == "block_error"
    assert "call 2" in caught.value.log_tail
    asker.ask()
    assert "call 2" not in _log(asker)


def test_prints_are_log_and_fill_no_pipe(asker: Asker) -> None:
    asker.ask("chatty")
    asker.ask("chatty")


@pytest.mark.parametrize("answer", ["garbage\\n", '{"type": "done", "id": 99, "ok": true}\\n', "x" * 100_000])
def test_nonsense_on_the_channel_is_the_blocks_error(asker: Asker, block: Any, answer: str) -> None:
    # The channel is the driver's own; a block has to look for it to write there.
    code = textwrap.dedent(CODE).replace(
        "calls = 0",
        f"""calls = 0

    def __init__(self, *given, **more):
        super().__init__(*given, **more)
        import stat
        for fd in range(3, 20):
            try:
                if stat.S_ISFIFO(os.fstat(fd).st_mode):
                    os.write(fd, b'''{answer}''')
            except OSError:
                pass
""",
    )
    (block.folder / "block.py").write_text(code)
    with pytest.raises(TaskError, match=r"no answer to the request|longer than") as caught:
        asker.ask()
    assert caught.value.reason == "block_error"
    (block.folder / "block.py").write_text(textwrap.dedent(CODE))
    asker.ask()


def test_a_block_that_reads_nothing_and_floods_its_log_keeps_nobody_waiting(tmp_path: Path) -> None:
    flood = "import os\nwhile True: os.write(2, bytes(1 << 16))"
    with LogFile(tmp_path / "log.txt", 1 << 16) as log:
        start = Start([sys.executable, "-c", flood], {}, tmp_path)
        channel = Piped(start, log, 1 << 20, ExitStack())
        try:
            assert channel.receive(0.2) is None
            for _ in range(4):
                channel.send(b"x" * 50_000 + b"\n", 0.2)
            channel.settle()
        finally:
            channel.close()


def test_a_block_that_takes_back_what_it_wrote_keeps_nobody_waiting(tmp_path: Path) -> None:
    back = """if True:
        import os
        back = os.open("/proc/self/fd/1", os.O_RDONLY | os.O_NONBLOCK)
        while True:
            os.write(1, b"x")
            try:
                os.read(back, 1)
            except BlockingIOError:
                pass
    """
    with LogFile(tmp_path / "log.txt", 1 << 16) as log:
        channel = Piped(Start([sys.executable, "-c", back], {}, tmp_path), log, 1 << 20, ExitStack())
        try:
            told = [channel.receive(0.005) for _ in range(200)]
            assert {b"x"} < set(told) <= {None, b"x"}
        finally:
            channel.close()


def test_many_threads_may_ask(asker: Asker) -> None:
    asker.ask()
    lock, problems = threading.Lock(), []

    def work(number: int) -> None:
        folder = asker.folder / f"thread{number}"
        write_request(folder, "good")
        try:
            asker.worker.request("transform", folder / "in", folder / "out")
            assert (folder / "out" / "result.json").exists()
        except BaseException as problem:
            with lock:
                problems.append(problem)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert problems == []


def test_blocks_in_other_languages_are_refused(block: Any) -> None:
    spec = replace(block.spec, edgewright=block.spec.edgewright.model_copy(update={"command": ["./run"]}))
    block = replace(block, spec=spec)
    with pytest.raises(TaskError, match="kept warm"):
        WarmWorker(ProcessRunner(), Prepared(block, "process", ()))


def _log(asker: Asker) -> str:
    alive = asker.worker._life
    assert alive is not None
    return alive.log_tail()
