"""Spectral analysis: filter, statistics and max-hold spectrum."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edgewright_sdk import BlockError, Params, Windows, load_block
from edgewright_sdk.blocks import zero_windows
from edgewright_sdk.codegen.ctypes_node import DeviceNode, build_library
from edgewright_sdk.codegen.nodes import load_node

FOLDER = Path(__file__).parents[1]
BLOCK = load_block(FOLDER)

filters = st.one_of(
    st.fixed_dictionaries({"filter_type": st.just("none")}),
    st.fixed_dictionaries(
        {
            "filter_type": st.sampled_from(["low", "high"]),
            "filter_order": st.sampled_from([0, 2, 4, 6, 8]),
            "filter_cutoff": st.floats(3, 24),
        }
    ),
)
parameters = st.tuples(
    filters,
    st.fixed_dictionaries(
        {
            "fft_length": st.sampled_from([16, 32, 64, 128]),
            "do_log": st.booleans(),
            "do_fft_overlap": st.booleans(),
            "scale_axes": st.sampled_from([1.0, -0.5, 9.81]),
        }
    ),
).map(lambda pair: pair[0] | pair[1])


def window_of(length, axes=2, frequency=50.0):
    names = [f"a{i}" for i in range(axes)]
    return {"kind": "time-series", "length": length, "axes": names, "frequency": frequency}


def compute(values, **params):
    window = window_of(values.shape[1], values.shape[2])
    return BLOCK.new().transform(Windows(values, window), Params.defaults(FOLDER, **params))


def noise(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape).astype(np.float32)


def test_golden(golden):
    features = golden.compute()
    assert golden.differences(features) == []
    first = f"{golden.record['axes'][0]} "
    ours = [label.removeprefix(first) for label in features.labels if label.startswith(first)]
    # The reference gives powers of low frequencies the names of others.
    assert [label.removesuffix(" LF") for label in ours] == [
        label.removesuffix(" LF") for label in golden.record["labels"]
    ]


def test_golden_refusals(refused):
    with pytest.raises(BlockError, match="allowed"):
        refused.compute()


@settings(deadline=None, max_examples=60)
@given(params=parameters, rows=st.integers(1, 5), length=st.integers(1, 200), seed=st.integers(0, 99))
def test_a_batch_is_its_windows_byte_for_byte(params, rows, length, seed):
    values = noise(rows, length, 2, seed=seed)
    whole = compute(values, **params)
    single = [compute(values[i : i + 1], **params).values[0] for i in range(rows)]
    np.testing.assert_array_equal(whole.values, single)
    assert np.isfinite(whole.values).all()
    description = BLOCK.new().describe(window_of(length), Params.defaults(FOLDER, **params))
    assert description.labels == whole.labels


@settings(deadline=None, max_examples=30)
@given(params=parameters, length=st.integers(2, 100))
def test_a_constant_axis_follows_the_rule(params, length):
    params |= {"filter_type": "none"}
    features = compute(np.full((1, length, 2), 0.1, np.float32), **params)
    floor = -10.0 if params["do_log"] else 0.0
    for label, value in zip(features.labels, features.values[0], strict=True):
        assert value == (floor if "Power" in label else 0.0), label


@pytest.mark.parametrize("length", [319, 625, 2000])  # float32 means of a constant that are not the constant
@pytest.mark.parametrize("wavelet", ["db4", "sym10", "rbio6.8"])
def test_a_constant_axis_has_no_wavelets(length, wavelet):
    values = np.full((1, length, 2), -0.05, np.float32)
    features = compute(values, analysis_type="Wavelet", wavelet=wavelet, wavelet_level=3)
    assert not features.values.any()


@pytest.mark.parametrize("overlap", [True, False])
def test_the_spectrum_is_the_largest_of_its_frames(overlap):
    values, n = noise(1, 100, 1), 16
    powers = []
    signal = values[0, :, 0].astype(float) - values[0, :, 0].mean(dtype=float)
    for start in range(0, 101, n // 2 if overlap else n):
        frame = np.zeros(n)
        frame[: len(signal[start : start + n])] = signal[start : start + n]
        powers.append(np.abs(np.fft.rfft(frame)) ** 2 / n)
    features = compute(values, do_log=False, do_fft_overlap=overlap, fft_length=n)
    np.testing.assert_allclose(features.values[0, 5:], np.max(powers, axis=0)[1:], rtol=1e-6)


def test_long_ffts_of_many_short_windows_stay_within_memory():
    features = compute(np.ones((300, 20, 2), np.float32) * noise(300, 20, 2), fft_length=16384)
    assert features.values.shape == (300, 2 * (5 + 8192))


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"fft_length": 100}, "fft-length is 100; allowed: a power of two"),
        ({"fft_length": 2}, "fft-length is 2; allowed: a power of two from 4"),
        ({"fft_length": 0}, "fft-length is 0"),
        ({"filter_type": "low", "filter_order": 3}, "filter-order is 3; allowed: 0, 2, 4, 6 or 8"),
        (
            {"filter_type": "low", "filter_cutoff": 0},
            "filter-cutoff is 0.0; allowed: above 0 and at most 25 Hz",
        ),
        ({"filter_type": "high", "filter_cutoff": 25.1}, "filter-cutoff is 25.1; allowed"),
        ({"filter_type": "low", "filter_cutoff": 25}, "of order 6 at 25 Hz is unstable"),
        ({"filter_type": "low", "filter_cutoff": 0.0005, "filter_order": 8, "fft_length": 65536}, "unstable"),
        (
            {"filter_type": "low", "filter_cutoff": 0.2},
            "leaves no spectral power at fft-length 16.*allowed: a cutoff from 1.5625 Hz, or a longer FFT",
        ),
        (
            {"filter_type": "high", "filter_cutoff": 6, "extra_low_freq": True},
            "fft-length 16 LF.*allowed: a cutoff below 2.65625 Hz",
        ),
        (
            {"input_decimation_ratio": "1000"},
            "leaves 1 samples of a window of 125; allowed: ratios that leave 4",
        ),
        (
            {"analysis_type": "Wavelet", "wavelet_level": 2},
            r"wavelet-level is 2, which needs 32 · 2\^2 samples, and a window has 125; allowed: 1 to 1",
        ),
        (
            {"input_decimation_ratio": "10", "filter_type": "low", "filter_cutoff": 2.4},
            "allowed: above 0 and at most 2.25 Hz, 0.9 of half the frequency after decimation by 10",
        ),
        ({"extra_low_freq": True, "fft_length": 32}, "extra-low-freq needs windows of 160 samples"),
        ({"scale_axes": float("inf")}, "scale-axes is inf"),
    ],
)
def test_what_can_not_work_is_refused_while_describing(params, message):
    with pytest.raises(BlockError, match=message):
        BLOCK.new().describe(window_of(125), Params.defaults(FOLDER, **params))


def test_masking_alone_filters_nothing():
    values = noise(2, 125, 2)
    plain, masked = compute(values), compute(values, filter_type="low", filter_order=0, filter_cutoff=10.0)
    columns = [plain.labels.index(label) for label in masked.labels]
    assert len(columns) == 2 * (5 + 3)
    np.testing.assert_array_equal(masked.values, plain.values[:, columns])


def test_plots_show_the_first_window():
    window = window_of(20)
    plots = BLOCK.new().plot(Windows(noise(3, 20, 2), window), Params.defaults(FOLDER))
    assert [plot["title"] for plot in plots] == ["After the filter", "Spectral power"]
    for plot in plots:
        assert [line["name"] for line in plot["series"]] == ["a0", "a1"]
        assert all(len(line["values"]) == len(plot["x"]["values"]) for line in plot["series"])


def test_plots_show_which_bins_are_chosen():
    params = Params.defaults(FOLDER, filter_type="low", filter_cutoff=10, fft_length=64, extra_low_freq=True)
    plots = BLOCK.new().plot(Windows(noise(1, 640, 2), window_of(640)), params)
    titles = [plot["title"] for plot in plots]
    assert titles[1:3] == ["Spectral power", "Spectral power, chosen bins 1…13"]
    assert [len(plot["x"]["values"]) for plot in plots[1:3]] == [32, 13]
    assert titles[3:] == ["Spectral power, low frequencies"]  # the cutoff lies beyond all of them


@pytest.mark.parametrize("kind", ["none", "low"])
def test_export_fits_the_device_code(tmp_path, kind):
    params = Params.defaults(FOLDER, filter_type=kind, fft_length=64)
    export = BLOCK.new().export(window_of(125), params)
    assert export.outputs[0]["shape"] == [len(BLOCK.new().describe(window_of(125), params).labels)]
    assert export.tables["quarter_wave"].shape == (17,)
    assert export.tables["filter"].shape == ((1,) if kind == "none" else (3, 5))
    export.write(tmp_path / "export", FOLDER / "device")


def test_zeros_can_be_described():
    window = window_of(125)
    features = BLOCK.new().transform(Windows(zero_windows(window), window), Params.defaults(FOLDER))
    assert features.labels == BLOCK.new().describe(window, Params.defaults(FOLDER)).labels


@pytest.fixture(scope="module")
def device(tmp_path_factory):
    """Compile both nodes once; give what runs any parameter set on them."""
    folder = tmp_path_factory.mktemp("device")
    numbers = iter(range(10**6))

    def export(spec, **params):
        place = folder / str(next(numbers))
        BLOCK.new().export(spec, Params.defaults(FOLDER, **params)).write(place, FOLDER / "device")
        return load_node(place)

    both = [export(window_of(125)), export(window_of(125), analysis_type="Wavelet")]
    (folder / "build").mkdir()
    library = build_library(both, folder / "build", options=["-Wall", "-Wextra", "-Werror"])
    return lambda spec, **params: DeviceNode(library, export(spec, **params))


@settings(deadline=None, max_examples=40)
@given(params=parameters, ratio=st.sampled_from(["1", "3", "10"]), low=st.booleans(), seed=st.integers(0, 99))
def test_the_device_gives_the_spectra_that_python_gives(device, params, ratio, low, seed):
    params = params | {"input_decimation_ratio": ratio, "extra_low_freq": low, "fft_length": 16}
    if "filter_cutoff" in params:
        params["filter_cutoff"] = min(params["filter_cutoff"], 20.0 / int(ratio))
    values = noise(3, 1000, 2, seed=seed)
    try:
        features = compute(values, **params)
    except BlockError:
        return  # a filter that leaves nothing, or is unstable
    got = device(window_of(1000), **params).batch(values)["features"]
    np.testing.assert_allclose(got, features.values, rtol=1e-3, atol=1e-3)


@settings(deadline=None, max_examples=40)
@given(
    name=st.sampled_from(["db4", "haar", "bior1.3", "bior6.8", "rbio3.5", "coif3", "sym10"]),
    level=st.integers(1, 4),
    length=st.integers(512, 700),
    seed=st.integers(0, 99),
)
def test_the_device_gives_the_wavelet_statistics_that_python_gives(device, name, level, length, seed):
    params = {"analysis_type": "Wavelet", "wavelet": name, "wavelet_level": level}
    values = noise(2, length, 2, seed=seed)
    features = compute(values, **params)
    got = device(window_of(length), **params).batch(values)["features"]
    counted = np.array(["entropy" in label or "cross" in label for label in features.labels])
    np.testing.assert_allclose(got[:, ~counted], features.values[:, ~counted], rtol=1e-3, atol=1e-4)
    # A value within rounding of an edge falls on either side; mirrored ends make some that would be 0 exactly.
    shortest = min(length // 2**level, 100)
    np.testing.assert_allclose(got[:, counted], features.values[:, counted], atol=3 / shortest)


@pytest.mark.parametrize("length", [512, 640, 700])
def test_the_device_counts_the_crossings_that_python_counts(device, length):
    """Where a wavelet takes a mirrored end to 0, the order of additions decides about the sign of what is left."""
    values = (9.8 + noise(4, length, 2, seed=length)).astype(np.float32)
    for name in ("bior3.1", "rbio2.4", "db4", "coif3", "sym5"):
        params = {"analysis_type": "Wavelet", "wavelet": name, "wavelet_level": 3}
        features = compute(values, **params)
        crossings = [place for place, label in enumerate(features.labels) if "zcross" in label]
        got = device(window_of(length), **params).batch(values)["features"]
        np.testing.assert_array_equal(got[:, crossings], features.values[:, crossings])


def test_a_decimated_signal_keeps_what_is_slow():
    t = np.arange(2000) / 50.0
    slow, fast = np.sin(2 * np.pi * 0.5 * t), np.sin(2 * np.pi * 20 * t)
    values = (slow + fast).astype(np.float32)[None, :, None]
    features = compute(values, input_decimation_ratio="10", fft_length=32)
    assert features.values[0, 0] == pytest.approx(np.sqrt(0.5), rel=0.03)  # the fast half is gone


@pytest.mark.parametrize("ratio", ["3", "10", "30"])
def test_a_constant_axis_stays_constant_when_decimated(device, ratio):
    params = {"input_decimation_ratio": ratio, "extra_low_freq": True, "fft_length": 4}
    values = np.full((1, 1000, 2), 7.1, np.float32)
    features = compute(values, **params)
    for label, value in zip(features.labels, features.values[0], strict=True):
        assert value == (-10.0 if "Power" in label else 0.0), label
    np.testing.assert_array_equal(
        device(window_of(1000), **params).batch(values)["features"], features.values
    )
