"""What is remembered of a window's spec and parameters."""

from __future__ import annotations

import pytest

from edgewright_sdk import BlockError, Params, remembered

WINDOW = {"kind": "time-series", "length": 10, "axes": ["x"], "frequency": 50.0}


def test_equal_questions_are_worked_out_once_and_others_anew():
    asked = []

    @remembered
    def settings_of(window, params):
        asked.append((window["length"], params.fft_length))
        return object()

    first = settings_of(WINDOW, Params({"fft-length": 16}))
    assert settings_of({**WINDOW, "axes": ["x"]}, Params({"fft-length": 16})) is first
    assert settings_of(WINDOW, Params({"fft-length": 32})) is not first
    for other in ({"length": 11}, {"axes": ["y"]}, {"frequency": 51.0}, {"stride": 5}):
        assert settings_of({**WINDOW, **other}, Params({"fft-length": 16})) is not first
    assert asked == [(10, 16), (10, 32), (11, 16), (10, 16), (10, 16), (10, 16)]


def test_errors_are_not_remembered():
    asked = []

    @remembered
    def refuse(window, params):
        asked.append(window)
        raise BlockError(f"length is {window['length']}; allowed: none")

    for _ in range(2):
        with pytest.raises(BlockError, match="length is 10; allowed"):
            refuse(WINDOW, Params({}))
    assert len(asked) == 2
