"""``edgewright verify --serial``: what a board says, over a pseudo-terminal."""

from __future__ import annotations

import json
import os
import termios
import threading

import pytest

BUILD = "1a2b3c4d5e6f7081"
NODE = {
    "output": "scores",
    "largest_difference": 1e-6,
    "beyond_tolerance": 0,
    "tolerance": {"absolute": 1e-4},
}
GOOD = {"build_id": BUILD, "windows": 8, "nodes": {"anomaly": NODE}, "decisions_differ": [], "ok": True}


@pytest.fixture
def package(tmp_path):
    folder = tmp_path / "package"
    (folder / "selftest").mkdir(parents=True)
    text = f"// Windows and Python's results for the self-test of build {BUILD}.\n"
    (folder / "selftest" / "selftest_data.h").write_text(text)
    return folder


@pytest.fixture
def port():
    """A serial port, and what sends bytes over it in pieces, as an interrupt at a time."""
    ours, theirs = os.openpty()
    sending, over = [], threading.Event()

    def send(*pieces):
        def work():
            # What comes before the port is set is not heard, however long the command takes to get there.
            while termios.tcgetattr(theirs)[3] & termios.ICANON and not over.wait(0.01):
                pass
            for piece in pieces:
                os.write(ours, piece)

        sending.append(threading.Thread(target=work))
        sending[-1].start()
        return os.ttyname(theirs)

    yield send
    over.set()
    for thread in sending:
        thread.join()
    os.close(ours)
    os.close(theirs)


def line(**more):
    return json.dumps({**GOOD, **more}).encode() + b"\r\n"


def test_a_board_that_agrees(cli, package, port):
    text = line(microseconds=1234.0)
    done = cli("verify", package, "--serial", port(b"boot v1.2 \xff\r\n> ", text[:30], text[30:]))
    assert done.code == 0, done.err
    assert "anomaly: scores at most 1e-06 from Python's" in done.out
    assert "a window takes 1.23 ms there" in done.out


@pytest.mark.parametrize(
    ("sent", "code", "said"),
    [
        (line(build_id="0" * 16), 1, "flash it again"),
        (line(ok=False), 1, "differs from the run"),
        (b'{"build_id": "1a2b\n', 2, "damaged"),
        (b'{"build_id": 1, "nodes": [1]}\n', 2, "no self-test's result"),
        (b"hello\n", 2, "6 bytes came"),
        (b"", 2, "nothing was heard at 115200 baud"),
    ],
)
def test_a_board_that_does_not(cli, package, port, sent, code, said):
    done = cli("verify", package, "--serial", port(sent), "--seconds", "0.8")
    assert done.code == code
    assert said in done.out + done.err


def test_ports_and_folders_that_are_none(cli, package, tmp_path, port):
    for arguments, said in (
        ((package, "--serial", tmp_path / "none"), "No such file"),
        ((package, "--serial", package / "selftest" / "selftest_data.h"), "not a serial port"),
        ((package, "--serial", port(b""), "--baud", "12345"), "115200"),
        ((tmp_path, "--serial", "x"), "neither a run"),
    ):
        done = cli("verify", *arguments)
        assert done.code == 2
        assert said in done.err
