"""A package's self-test as firmware: it runs on a board of QEMU's, and `edgewright verify` reads it over a port."""

from __future__ import annotations

import json
import os
import threading
from pathlib import Path

import pytest
from deployment_folder import block_folder, params_of, window_spec, write_deployment

from edgewright.cli.app import run
from edgewright_sdk.codegen.firmware import (
    BOARDS,
    TooLargeError,
    build_firmware,
    missing_tools,
    run_firmware,
)
from edgewright_sdk.deployment import TrainedImpulse
from edgewright_sdk.loading import load_block

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(bool(missing_tools()), reason=f"needs {', '.join(missing_tools())}"),
]


def test_a_board_and_the_port(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    deployment = write_deployment(
        tmp_path / "impulse",
        window=window_spec(16),
        processing=[{"id": "flat", "block": "flatten"}],
        learning=[{"id": "anomaly", "block": "kmeans", "inputs": ["flat"]}],
        stride=4,
    )
    package = tmp_path / "package"
    package.mkdir()
    loaded = load_block(block_folder("cpp"))
    loaded.new().build(
        TrainedImpulse.load(deployment), params_of("cpp", {"selftest-data": "recorded"}), package
    )
    loaded.close()
    board = BOARDS["Cortex-M4"]
    work = tmp_path / "work"
    work.mkdir()
    found = run_firmware(build_firmware(package, board, work), board)
    assert found["ok"] is True
    assert 0 < found["nodes"]["anomaly"]["largest_difference"] < 1e-3
    assert 1 < found["microseconds"] < 10_000
    ours, theirs = os.openpty()
    sent = b"starting\r\n" + json.dumps(found).encode() + b"\r\n"
    sending = threading.Timer(0.2, os.write, (ours, sent))
    sending.start()
    assert run(["verify", str(package), "--serial", os.ttyname(theirs), "--seconds", "20"]) == 0
    sending.join()
    os.close(ours)
    os.close(theirs)
    assert "a window takes" in capsys.readouterr().out
    # Memory that no board has: the linker says by how much.
    program = package / "selftest" / "selftest.cpp"
    program.write_text(program.read_text().replace("_ARENA_BYTES];", "_ARENA_BYTES + 20000000];", 1))
    huge = tmp_path / "huge"
    huge.mkdir()
    with pytest.raises(TooLargeError, match=r"\d+ bytes more than mps2-an386 has of ram"):
        build_firmware(package, board, huge)
