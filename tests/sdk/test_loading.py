"""Blocks are imported from their folder and taken out again."""

from __future__ import annotations

import sys

import numpy as np
import pytest

from edgewright_sdk import Params, Windows, load_block
from edgewright_sdk.errors import BlockError, RequestError

from .conftest import ECHO, WINDOW


def labels_of(loaded):
    windows = Windows(np.zeros((1, 8, 2), np.float32), WINDOW)
    return loaded.new().transform(windows, Params({})).labels


@pytest.mark.parametrize("statement", ["from helper import WORD", "from .helper import WORD"])
def test_helpers_beside_a_block_are_its_own(block, statement):
    code = statement + "\n" + ECHO.replace('mean" for', '{WORD}" for')
    for word in ("one", "two"):
        loaded = load_block(block(code, name=word, helper=f"WORD = {word!r}"))
        assert labels_of(loaded) == [f"x {word}", f"y {word}"]
        loaded.close()


def test_nothing_is_left_after_closing(block):
    modules, path = set(sys.modules), list(sys.path)
    loaded = load_block(block("import helper\n" + ECHO, helper=""))
    assert loaded.type == "processing"
    loaded.close()
    assert (set(sys.modules), sys.path) == (modules, path)


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("x = 1", "defines no block"),
        ("from edgewright_sdk import ProcessingBlock", "defines no block"),
        (ECHO + "class Other(Echo): pass\n", r"defines 2 blocks \(Echo, Other\)"),
        (ECHO.replace("def transform", "def translate"), "Echo doesn't define transform"),
    ],
)
def test_a_folder_holds_exactly_one_block(block, code, message):
    modules, path = set(sys.modules), list(sys.path)
    with pytest.raises(RequestError, match=message):
        load_block(block(code))
    assert (set(sys.modules), sys.path) == (modules, path)


def test_a_folder_without_block_py_is_refused(tmp_path):
    with pytest.raises(RequestError, match=r"it has no block\.py"):
        load_block(tmp_path)


def test_code_that_fails_leaves_nothing_behind(block):
    modules, path = set(sys.modules), list(sys.path)
    with pytest.raises(ZeroDivisionError):
        load_block(block("import helper\n1 / 0", helper=""))
    assert (set(sys.modules), sys.path) == (modules, path)


def test_parameters_by_either_name(tmp_path):
    (tmp_path / "parameters.json").write_text(
        '{"parameters": [{"group": "g", "items": [{"param": "fft-length", "value": 16}]}, {"param": "log", "value": true}]}'
    )
    params = Params.defaults(tmp_path, fft_length=32)
    assert dict(params) == {"fft-length": 32, "log": True}
    assert params.fft_length == params["fft_length"] == params["fft-length"] == 32
    assert "fft_length" in params
    assert "fft" not in params
    with pytest.raises(BlockError, match="no parameter 'size'"):
        params["size"]
    with pytest.raises(AttributeError, match="no parameter 'size'"):
        _ = params.size
    with pytest.raises(BlockError, match="no parameter 'size'; there are"):
        Params.defaults(tmp_path, size=1)
