"""Logs and messages: bytes kept raw, caps held, terminals safe."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edgewright.runners.logs import LogFile, tail
from edgewright.runners.messages import MAX_LINE_BYTES, MAX_MESSAGES, MessageLines, parse_message
from edgewright.terminal import printable, printable_line


def test_a_short_log_is_kept_byte_for_byte(tmp_path: Path) -> None:
    data = bytes(range(256)) * 3
    with LogFile(tmp_path / "log", 1000) as log:
        log.write(data)
    assert (tmp_path / "log").read_bytes() == data
    assert log.truncated_bytes == 0


@settings(max_examples=100, deadline=None)
@given(st.lists(st.binary(max_size=50), max_size=60), st.integers(0, 300))
def test_a_long_log_keeps_beginning_and_end(tmp_path_factory: Any, pieces: list[bytes], cap: int) -> None:
    path = tmp_path_factory.mktemp("log") / "log"
    whole = b"".join(pieces)
    with LogFile(path, cap) as log:
        for piece in pieces:
            log.write(piece)
    kept = path.read_bytes()
    assert log.truncated_bytes == max(0, len(whole) - cap)
    if log.truncated_bytes:
        note = f"\n[edgewright: truncated {log.truncated_bytes} bytes here]\n".encode()
        assert kept == whole[: cap // 2] + note + whole[len(whole) - (cap - cap // 2) :]
    else:
        assert kept == whole


def test_a_full_disk_does_not_fail_the_task(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("needs /dev/full")
    with LogFile(Path("/dev/full"), 1000) as log:
        log.write(b"x" * 100)
    assert log.truncated_bytes == 100


def test_the_tail_starts_with_a_line_and_is_safe(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_bytes(b"first\n\x1b]0;owned\x07second \xff\xfe\r\x9b31m \xe2\x80\xaeabc\nthird\ttab\n")
    assert tail(path, 1000).splitlines() == [
        "first",
        "\\x1b]0;owned\\x07second \\xff\\xfe\\r\\x9b31m \\u202eabc",
        "third\ttab",
    ]
    assert tail(path, 15) == "third\ttab\n"
    path.write_bytes("ä".encode() * 10)
    assert tail(path, 5) == "\\xa4ää"  # a character cut in two


@pytest.mark.parametrize("cap", [10_000, 100])
def test_the_end_can_be_read_while_the_log_is_written(tmp_path: Path, cap: int) -> None:
    with LogFile(tmp_path / "log", cap) as log:
        log.write(b"".join(b"line %d\n" % number for number in range(100)))
        log.write(b"unfinished")
        assert log.last(10) == "unfinished"
        assert log.last(5) == "ished"


@given(st.text())
def test_printable_text_drives_no_terminal(text: str) -> None:
    shown = printable(text)
    assert all(c.isprintable() or c in "\n\t\N{NO-BREAK SPACE}" for c in shown)
    assert shown.encode().decode() == shown  # no lone surrogates
    line = printable_line(text, 50)
    assert "\n" not in line
    assert len(line) <= 50


class Listener:
    def __init__(self) -> None:
        self.messages: list[Any] = []
        self.log = b""
        self.lines = MessageLines(self.messages.append, self._log)

    def _log(self, data: bytes) -> None:
        self.log += data

    def feed(self, *pieces: bytes) -> Listener:
        for piece in pieces:
            self.lines.feed(piece)
        self.lines.finish()
        return self


def test_messages_are_taken_out_and_the_rest_is_log() -> None:
    heard = Listener().feed(
        b'hello\n{"type": "progress", "done": 3, "total": 10, "text": "x", "more": 1}\n',
        b'{"type": "met', b'ric", "name": "loss", "value": 0.5}\nbye',
    )  # fmt: skip
    assert heard.messages == [
        {"type": "progress", "done": 3, "total": 10, "text": "x"},
        {"type": "metric", "name": "loss", "value": 0.5},
    ]
    assert heard.log == b"hello\nbye"


def test_log_messages_are_in_the_log_too() -> None:
    heard = Listener().feed(b'{"type": "log", "text": "half way"}\n')
    assert heard.messages == [{"type": "log", "text": "half way"}]
    assert heard.log == b"half way\n"


@pytest.mark.parametrize(
    "line",
    [
        b'{"type": "done", "ok": true}',
        b'{"type": "progress"}',
        b'{"type": "progress", "done": "3"}',
        b'{"type": "progress", "done": NaN}',
        b'{"type": "metric", "name": 3, "value": 1}',
        b'{"type": "metric", "name": "x", "value": true}',
        b'{"type": "metric", "name": "x", "value": 1e999}',
        b'{"type": "log"}',
        b'{"type": ["log"], "text": "x"}',
        b'{"type": "result", "outputs": {}}',
        b"{}",
        b"{not json}",
        b'["type"]',
        b'{"type": "log", "text": "\xff"}',
        b'{"type": "log", "text": "' + b"x" * MAX_LINE_BYTES + b'"}',
        b'{"a":' * 10_000 + b"1" + b"}" * 10_000,
    ],
)
def test_what_is_no_message_is_log_byte_for_byte(line: bytes) -> None:
    heard = Listener().feed(line + b"\n")
    assert heard.messages == []
    assert heard.log == line + b"\n"


def test_the_end_of_a_long_line_is_no_message() -> None:
    message = b'{"type": "log", "text": "forged"}\n'
    for start in (b"x" * (MAX_LINE_BYTES + 10), b"{" + b"x" * (MAX_LINE_BYTES + 10), b"short"):
        heard = Listener().feed(start, message)
        assert heard.messages == []
        assert heard.log == start + message


def test_a_flood_of_messages_goes_to_the_log() -> None:
    line = b'{"type": "metric", "name": "x", "value": 1}\n'
    heard = Listener().feed(line * (MAX_MESSAGES + 5))
    assert len(heard.messages) == MAX_MESSAGES
    assert heard.log == line * 5


@settings(deadline=None)
@given(
    st.lists(
        st.sampled_from(
            [b'{"type": "log", "text": "a"}\n', b"plain\n", b"{", b"}\n", b"\n", b" ", b"no newline"]
        )
    ),
    st.data(),
)
def test_how_the_stream_is_cut_does_not_matter(pieces: list[bytes], data: Any) -> None:
    whole = b"".join(pieces)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(whole)), max_size=8)))
    parts = [whole[a:b] for a, b in zip([0, *cuts], [*cuts, len(whole)], strict=True)]
    once, cut = Listener().feed(whole), Listener().feed(*parts)
    assert once.messages == cut.messages
    assert once.log == cut.log


def test_texts_are_cut() -> None:
    message = parse_message(json.dumps({"type": "log", "text": "x" * 50_000}).encode())
    assert message is not None
    assert len(message["text"]) == 8000
