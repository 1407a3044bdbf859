"""The driver of Edge Impulse's processing blocks against a real server: what goes right and what goes wrong."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edgewright.request_folder import put_array, put_request
from edgewright_sdk.arrays import Array
from edgewright_sdk.errors import BlockError, OutputError
from edgewright_sdk.http_block import ask
from edgewright_sdk.http_block.questions import SETTINGS_FILE
from edgewright_sdk.messages import Channel

SERVER = Path(__file__).parents[1] / "containers" / "legacy" / "http_peak" / "server.py"
WINDOW: Any = {"kind": "time-series", "length": 8, "axes": ["accX", "accY"], "frequency": 62.5}
WINDOWS = np.random.default_rng(5).standard_normal((50, 8, 2)).astype(np.float32)
PEAKS = np.stack([WINDOWS.min(axis=1), WINDOWS.max(axis=1)], axis=2).reshape(50, 4)

Ask = Callable[..., Path]


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        free: int = probe.getsockname()[1]
    variables = {**os.environ, "HOST": "127.0.0.1", "PORT": str(free)}
    with subprocess.Popen(
        [sys.executable, os.fspath(SERVER)], env=variables, stdout=subprocess.DEVNULL
    ) as server:
        yield free
        server.terminate()


@pytest.fixture
def asked(port: int, tmp_path: Path) -> Ask:
    def start(operation: Any, windows: Array | None = WINDOWS, **params: Any) -> Path:
        in_dir, out_dir = tmp_path / "in", tmp_path / "out"
        in_dir.mkdir()
        out_dir.mkdir()
        inputs = {} if windows is None else {"windows": put_array(in_dir, "windows", windows)}
        put_request(in_dir, operation, {}, inputs=inputs, window=WINDOW)
        given = {"scale_axes": 1, "count": 2, "trouble": "", **params}
        (in_dir / SETTINGS_FILE).write_text(json.dumps({"params": given, "implementation_version": 3}))
        ask.ask_task(in_dir, out_dir, port, 30, Channel(None))
        return out_dir

    return start


def warnings_of(out_dir: Path) -> list[str]:
    warnings: list[str] = json.loads((out_dir / "result.json").read_text())["warnings"]
    return warnings


@pytest.mark.parametrize("trouble", ["", "no-batch", "other-batch"])
def test_batches_give_the_same_as_one_request(
    asked: Ask, trouble: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ask, "BATCH_BYTES", WINDOWS[:7].nbytes)
    assert np.load(asked("transform", trouble=trouble) / "features.npy").tobytes() == PEAKS.tobytes()


def test_state_goes_on_from_batch_to_batch(asked: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ask, "BATCH_BYTES", WINDOWS[:7].nbytes)
    given = np.load(asked("transform", trouble="state") / "features.npy")
    assert given.tobytes() == (PEAKS.astype(np.float64) + np.arange(50)[:, None]).astype(np.float32).tobytes()


def test_a_label_list_that_fits_nothing_is_a_warning(asked: Ask) -> None:
    out_dir = asked("describe", None, trouble="labels")
    assert json.loads((out_dir / "description.json").read_text())["labels"][0] == "feature 0"
    assert "3 labels for 4 features of 2 axes" in warnings_of(out_dir)[0]


def test_a_block_that_refuses_zeros_is_described_by_noise(asked: Ask) -> None:
    described = json.loads((asked("describe", None, trouble="zeros") / "description.json").read_text())
    assert described["labels"] == ["accX Minimum", "accX Maximum", "accY Minimum", "accY Maximum"]


@pytest.mark.parametrize(
    ("trouble", "kind", "said"),
    [
        ("refuse", BlockError, "window 0: the block says: scale-axes is 1: choose another"),
        ("loud", BlockError, "window 13: the block says: too loud"),
        ("nan", OutputError, "'accX Maximum' of window 0 is nan"),
        ("ragged", OutputError, r"window \d+ has . features, window 0 has"),
        ("status", OutputError, "window 0: .* answers /run with 500: '<html>Internal error</html>'"),
        ("garbage", OutputError, "window 0: .* answers /run with no JSON object: 'not json'"),
        ("huge", OutputError, "'accX Maximum' of window 0 is inf"),
    ],
)
def test_what_a_block_does_wrong_is_said(
    asked: Ask, trouble: str, kind: type[BlockError], said: str, tmp_path: Path
) -> None:
    windows = WINDOWS.copy()
    windows[13, 0, 0] = 99
    with pytest.raises(kind, match=said) as caught:
        asked("transform", windows, trouble=trouble)
    assert type(caught.value) is kind
    assert not (tmp_path / "out" / "result.json").exists()
