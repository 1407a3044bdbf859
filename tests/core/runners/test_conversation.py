"""What is said with a warm block, whatever it says: cut anywhere, and as a hostile block would."""

from __future__ import annotations

import fcntl
import json
import os
import threading
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgewright.runners.warm.conversation import Conversation, EndedError, FailedError
from edgewright.runners.warm.piped import write_pipe
from edgewright_specs.interface import CARRIED_BYTES

FILES = {"result.json": b'{"a":\n1}', "features.npy": bytes(range(256)), "empty.npy": b""}


class Said:
    """The block's side: what it will have said, piece by piece; None where nothing comes any more."""

    def __init__(self, pieces: list[bytes | None]) -> None:
        self.pieces, self.heard = pieces, b""

    def send(self, data: bytes, seconds: float) -> None:
        self.heard += data

    def receive(self, seconds: float) -> bytes | None:
        return self.pieces.pop(0) if self.pieces else b""


def conversation(*pieces: bytes | None) -> tuple[Conversation, Said, list[Any]]:
    messages: list[Any] = []
    said = Said(list(pieces))
    return Conversation(said, None, messages.append), said, messages  # type: ignore[arg-type]


def answer(number: int = 1, **more: Any) -> bytes:
    return json.dumps({"id": number, "type": "done", "ok": True} | more).encode() + b"\n"


def carrying(number: int = 1) -> bytes:
    sizes = {name: len(content) for name, content in FILES.items()}
    return answer(number, files=sizes) + b"".join(FILES.values())


@given(st.lists(st.integers(1, 60), max_size=40))
def test_an_answer_cut_anywhere_is_one_answer(steps: list[int]) -> None:
    told = b'{"type": "log", "text": "hello"}\n'
    stream = told + carrying(1) + told + carrying(2)
    pieces, start = [], 0
    for step in (*steps, len(stream)):
        pieces.append(stream[start : start + step])
        start += step
    talk, said, messages = conversation(*filter(None, pieces))
    for number in (1, 2):
        assert talk.ask(number, "/in", "/out", {"request.json": b"{}"}, time.monotonic() + 5) == FILES
    assert [message["text"] for message in messages] == ["hello"] * 2
    assert said.heard.count(b'"files": {"request.json": 2}}\n{}') == 2


@pytest.mark.parametrize(
    "files",
    [
        7, [1], {"a": -1}, {"a": 1.5}, {"a": True}, {"a": "1"}, {"a": None}, {"a": CARRIED_BYTES, "b": 1},
        {str(number): 0 for number in range(65)},
    ],
)  # fmt: skip
def test_files_in_a_way_that_is_not_allowed(files: Any) -> None:
    talk, _, _ = conversation(answer(files=files) + b"x" * 100)
    with pytest.raises(FailedError, match="isn't allowed") as caught:
        talk.ask(1, "/in", "/out", {}, time.monotonic() + 5)
    assert (caught.value.reason, caught.value.fatal) == ("block_error", True)


def test_files_that_nobody_asked_for_or_that_never_come() -> None:
    talk, _, _ = conversation(carrying())
    with pytest.raises(FailedError, match="isn't allowed"):
        talk.ask(1, "/in", "/out", None, time.monotonic() + 5)
    talk, _, _ = conversation(carrying()[:-1], None)
    with pytest.raises(FailedError, match="in time") as caught:
        talk.ask(1, "/in", "/out", {}, time.monotonic() + 5)
    assert caught.value.reason == "timeout"
    talk, _, _ = conversation(carrying()[:-1])
    with pytest.raises(EndedError):
        talk.ask(1, "/in", "/out", {}, time.monotonic() + 5)


def test_an_error_does_not_end_it_and_its_files_are_not_taken_for_a_line() -> None:
    refused = answer(ok=False, error="too quiet", kind="refused", files={"a": 3}) + b"\n{\n"
    talk, _, _ = conversation(refused + answer(2))
    with pytest.raises(FailedError, match="too quiet") as caught:
        talk.ask(1, "/in", "/out", {}, time.monotonic() + 5)
    assert (caught.value.kind, caught.value.fatal) == ("refused", False)
    assert talk.ask(2, "/in", "/out", {}, time.monotonic() + 5) == {}
    assert talk.is_over()


def test_a_small_pipe_is_written_whole_and_a_full_one_keeps_nobody_long() -> None:
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    if hasattr(fcntl, "F_SETPIPE_SZ"):
        fcntl.fcntl(writing, fcntl.F_SETPIPE_SZ, 4096)
    data = bytes(range(250)) * 200
    got = bytearray()
    reader = threading.Thread(
        target=lambda: [got.extend(os.read(reading, 900)) for _ in iter(lambda: len(got) < len(data), False)]
    )
    reader.start()
    write_pipe(writing, data, 10)
    reader.join(10)
    assert bytes(got) == data
    started = time.monotonic()
    write_pipe(writing, data, 0.3)
    assert 0.3 <= time.monotonic() - started < 8
    os.close(reading)
    write_pipe(writing, data, 10)
    os.close(writing)


def test_what_it_has_ready_prolongs_no_request_and_fills_no_memory() -> None:
    flood = b'{"type": "log", "text": ""}\n' * 2000
    talk, said, _ = conversation(*[flood] * 200)
    with pytest.raises(FailedError, match="in time"):
        talk.ask(1, "/in", "/out", {}, time.monotonic() + 0.05)
    assert len(said.pieces) > 0
    talk, said, _ = conversation(b"".join(map(answer, range(1, 1000))), *[flood] * 200)
    asked = 0
    while not talk.is_over():
        asked += 1
        talk.ask(asked, "/in", "/out", {}, time.monotonic() + 5)
    assert 0 < asked < 5
    assert len(said.pieces) > 190
