"""Flatten: population statistics of each axis."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from edgewright_sdk import BlockError, Params, Windows, load_block

FOLDER = Path(__file__).parents[1]
NAMES = ["average", "minimum", "maximum", "rms", "stdev", "skewness", "kurtosis"]
BLOCK = load_block(FOLDER)

finite = st.floats(-1e6, 1e6, width=32)
batches = st.tuples(st.integers(1, 4), st.integers(1, 40), st.integers(1, 3)).flatmap(
    lambda shape: arrays.arrays(np.float32, shape, elements=finite)
)


def compute(values, **params):
    axes = [f"a{i}" for i in range(values.shape[2])]
    window = {"kind": "time-series", "length": values.shape[1], "axes": axes, "frequency": 1.0}
    return BLOCK.new().transform(Windows(values, window), Params.defaults(FOLDER, **params))


def test_golden(golden):
    features = golden.compute()
    assert golden.differences(features) == []
    chosen = len(features.labels) // 3
    assert [label.split(" ", 1)[1] for label in features.labels[:chosen]] == golden.record["labels"][:chosen]


@settings(deadline=None, max_examples=50)
@given(values=batches)
def test_a_batch_is_its_windows_byte_for_byte(values):
    whole = compute(values).values
    single = [compute(values[i : i + 1]).values[0] for i in range(len(values))]
    np.testing.assert_array_equal(whole, single)
    assert np.isfinite(whole).all()


@settings(deadline=None, max_examples=50)
@given(values=batches, chosen=st.lists(st.sampled_from(NAMES), min_size=1, unique=True))
def test_switches_choose_columns(values, chosen):
    everything = compute(values)
    some = compute(values, **{name: name in chosen for name in NAMES})
    columns = [i for i, label in enumerate(everything.labels) if label.split()[1].lower() in chosen]
    assert some.labels == [everything.labels[i] for i in columns]
    np.testing.assert_array_equal(some.values, everything.values[:, columns])


@settings(deadline=None, max_examples=50)
@given(value=finite, length=st.integers(1, 50))
def test_a_constant_axis_has_no_spread(value, length):
    average, low, high, rms, stdev, skewness, kurtosis = compute(
        np.full((1, length, 1), value, np.float32)
    ).values[0]
    assert average == low == high == np.float32(value)
    assert rms == pytest.approx(abs(value), rel=1e-6)
    assert stdev == skewness == kurtosis == 0


def test_a_negative_scale_mirrors():
    values = np.random.default_rng(0).normal(size=(1, 50, 1)).astype(np.float32)
    plain, mirrored = compute(values).values[0], compute(values, scale_axes=-2.0).values[0]
    np.testing.assert_allclose(
        mirrored[[0, 1, 2, 3, 4]], plain[[0, 2, 1, 3, 4]] * [-2, -2, -2, 2, 2], rtol=1e-6
    )
    np.testing.assert_allclose(mirrored[[5, 6]], plain[[5, 6]] * [-1, 1], rtol=1e-5)


def test_no_statistic_at_all_is_refused():
    with pytest.raises(BlockError, match="every statistic is switched off"):
        compute(np.zeros((1, 3, 1), np.float32), **dict.fromkeys(NAMES, False))


def test_export_fits_the_device_code(tmp_path):
    window = {"kind": "time-series", "length": 9, "axes": ["x", "y"], "frequency": 1.0}
    export = BLOCK.new().export(window, Params.defaults(FOLDER, average=False, kurtosis=False))
    assert export.tables == {"scale": 1.0, "statistics": 0b0111110}
    assert export.outputs[0]["shape"] == [10]
    export.write(tmp_path / "export", FOLDER / "device")
