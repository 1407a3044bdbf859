"""Sound blocks compute in pieces that a cache holds, partly in float32: neither may show in what they give."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scipy.fft import dct

from edgewright_sdk import Params, Windows, load_block
from edgewright_sdk.signal import Frames, MelProduct, audio, level_of, mel_filters, squared_spectra

PROCESSING = Path(__file__).parents[2] / "blocks" / "edgewright_blocks" / "processing"
RATE, LENGTH = 16000, 4000


def signals(amplitude):
    """Noise, a tone of whole int16 numbers over nothing, a tone that fills bins exactly, a click in silence, speech-like decay."""
    random, t = np.random.default_rng(3), np.arange(LENGTH) / RATE
    kinds = [
        random.standard_normal(LENGTH),
        np.rint(3000 * np.sin(2 * np.pi * 440 * t)) / 3000,
        np.sin(2 * np.pi * 1000 * t),
        (np.arange(LENGTH) == 1500) * 5.0,
        np.exp(-8 * t) * np.sin(2 * np.pi * 300 * t) + 1e-3 * random.standard_normal(LENGTH),
    ]
    return (amplitude * np.stack(kinds)).astype(np.float32)


def compute(block, values, **given):
    window = {"kind": "time-series", "length": LENGTH, "axes": ["audio"], "frequency": float(RATE)}
    loaded = load_block(PROCESSING / block)
    params = Params.defaults(PROCESSING / block, **given)
    features = loaded.new().transform(Windows(values[:, :, None], window), params).values
    loaded.close()
    return features


@pytest.mark.parametrize(
    ("block", "given"),
    [
        ("mfcc", {}),
        ("mfcc", {"win_size": 0}),
        ("mfe", {}),
        ("spectrogram", {}),
        ("spectrum", {"scale": "db"}),
    ],
)
def test_neither_pieces_nor_neighbours_change_a_byte(monkeypatch, block, given):
    values = np.concatenate([signals(3000), signals(0.3)])
    whole = compute(block, values, **given)
    for kept in (1, 3 * LENGTH, 10**7):
        monkeypatch.setattr(audio, "_FRAME_VALUES", kept)
        assert compute(block, values, **given).tobytes() == whole.tobytes()
    for i in (0, 4, 9):
        assert compute(block, values[i : i + 1], **given).tobytes() == whole[i].tobytes()


@pytest.mark.parametrize("amplitude", [1e-4, 1.0, 30.0, 30000.0])
def test_cepstra_keep_far_within_their_tolerance_in_float32(amplitude):
    values = signals(amplitude)
    given = {"num_cepstral": 32, "low_frequency": 80}
    got = compute("mfcc", values, win_size=0, **given)
    x = values.astype(np.float64)
    x -= 0.98 * np.roll(x, 1, axis=1)
    frames = np.stack([x[:, i * 320 : i * 320 + 256] for i in range(LENGTH // 320)], axis=1)
    power = np.abs(np.fft.rfft(frames)) ** 2 / 256
    energies = power @ mel_filters(32, 256, float(RATE), 80, 0).T
    cepstra = dct(np.log(np.where(energies > 0, energies, 1e-10)), norm="ortho")
    total = power.sum(axis=-1)
    cepstra[..., 0] = np.log(np.where(total > 0, total, 1e-10))
    expected = cepstra.reshape(len(values), -1)
    audible = np.ones(len(values), bool)
    audible[2] = (
        False  # beside a tone that fills its bin exactly there is only the rounding of samples to float32
    )
    np.testing.assert_allclose(got[audible], expected[audible], rtol=2.5e-5, atol=2.5e-6)


@pytest.mark.parametrize("amplitude", [1e-45, 1e-21, 1e-18, 1e-10, 1e16])
@pytest.mark.parametrize("smoothing", [0, 101])
def test_cepstra_of_the_faintest_and_the_loudest_are_finite(amplitude, smoothing):
    assert np.isfinite(compute("mfcc", signals(amplitude), win_size=smoothing)).all()


def test_energies_are_the_plain_matrix_product():
    frames = Frames(length=400, step=160, count=20, fft_length=512, frequency=16000.0)
    filters = mel_filters(40, 512, 16000.0, 20, 7600)
    x = signals(1000)
    pieces = list(squared_spectra(x, frames, emphasis=(0.9, 3)))
    y = x - 0.9 * np.roll(x.astype(np.float64), 3, axis=1)
    cut = np.stack([y[:, i * 160 : i * 160 + 400] for i in range(20)], axis=1)
    squares = np.abs(np.fft.rfft(cut, 512)) ** 2
    assert [rows for rows, _ in pieces] == [slice(0, len(x))]
    np.testing.assert_allclose(pieces[0][1], squares, rtol=1e-9, atol=1e-6)
    got = MelProduct(filters, 1 / 512)(pieces[0][1])
    np.testing.assert_allclose(got, squares @ filters.T / 512, rtol=1e-9, atol=1e-6)


def test_levels_are_decibels_between_the_floor_and_twelve():
    power = np.array([0.0, 1e-6, 1.0, 10**1.2, 100.0])
    expected = np.maximum((10 * np.log10(np.maximum(power, 1e-30)) + 52) / 64, 0)
    np.testing.assert_allclose(level_of(power * 128, -52, divisor=128), expected, rtol=1e-12, atol=1e-14)
