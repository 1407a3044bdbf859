"""The runtime's transforms, logarithms and moments against numpy, with and without SIMD."""

from __future__ import annotations

import ctypes
from typing import TYPE_CHECKING

import numpy as np
import pytest

from edgewright_sdk.codegen.compilers import FLAGS, WARNINGS, native_compiler
from edgewright_sdk.codegen.sources import package_files

if TYPE_CHECKING:
    from collections.abc import Callable

LENGTHS = [2**bits for bits in range(1, 17)]
ENTRY = """
#include "edgewright/fft.h"
#include "edgewright/lanes.h"
#include "edgewright/logarithm.h"
#include "edgewright/statistics.h"
#include "edgewright/vector.h"
using namespace EW_NS;

extern "C" {
int32_t lanes() { return ew_width<ew_lanes>(); }
void rfft(float* values, int32_t length, const float* wave, float* spectrum) { ew_rfft(values, length, wave, spectrum); }
void powers(float* values, int32_t length, const float* wave, float* work) {
    ew_power_spectrum(values, length, wave, work);
}
void logarithms(float* values, int32_t count) { ew_logarithms(values, count, 1.0f); }
void moments(const float* values, int32_t count, int32_t stride, float* out) {
    const ew_moments m = ew_statistics(values, count, stride);
    const float all[8] = {m.mean, m.mean_low, m.minimum, m.maximum, m.rms, m.stdev, m.skewness, m.kurtosis};
    for (int32_t i = 0; i < 8; ++i) out[i] = all[i];
}
float dot(const float* a, const float* b, int32_t count) { return ew_dot(a, b, count); }
float total(const float* values, int32_t count) { return ew_total(values, count); }
}
"""


@pytest.fixture(scope="module", params=["as it is", "plain"])
def library(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> ctypes.CDLL:
    """Compiled with undefined behaviour trapped; plain: as for a processor without SIMD."""
    folder = tmp_path_factory.mktemp("numerics")
    modules = ["fft", "logarithm", "statistics", "vector"]
    files = {**package_files([], "numerics", modules), "entry.cpp": ENTRY}
    for name, text in files.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text)
    plain = ["-U__SSE2__", "-U__aarch64__"] if request.param == "plain" else []
    traps = ["-fsanitize=undefined", "-fsanitize-undefined-trap-on-error"]
    sources = [name for name in files if name.endswith(".cpp")]
    options = ["-O2", "-shared", "-fPIC", *FLAGS, *WARNINGS, *traps, *plain]
    native_compiler().run([*options, *sources, "-o", "n.so"], cwd=folder)
    loaded = ctypes.CDLL(str(folder / "n.so"))
    loaded.dot.restype = loaded.total.restype = ctypes.c_float
    if plain:
        assert loaded.lanes() == 1
    return loaded


def pointer(array: np.ndarray) -> ctypes.c_void_p:
    return ctypes.c_void_p(array.ctypes.data)


def transformed(function: Callable[..., None], signal: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Call a transform with exactly the memory it needs, on addresses of floats that are on no larger boundary."""
    n = len(signal)
    wave = np.sin(2 * np.pi * np.arange(n // 4 + 1) / n).astype(np.float32)
    memory = np.full(2 * n + 3, np.nan, np.float32)
    values, work = memory[1 : n + 1], memory[n + 2 : -1]
    values[:] = signal
    function(pointer(values), n, pointer(wave), pointer(work))
    assert np.isnan(memory[[0, n + 1, -1]]).all()
    return values, work


def signals(n: int) -> list[np.ndarray]:
    random = np.random.default_rng(n)
    impulse = np.zeros(n)
    impulse[n // 3] = 1.0
    tone = np.cos(2 * np.pi * max(n // 5, 1) * np.arange(n) / n + 0.3)
    return [np.asarray(x, np.float32) for x in (random.standard_normal(n), impulse, tone, np.ones(n))]


@pytest.mark.parametrize("n", LENGTHS)
def test_transforms_are_numpys(library: ctypes.CDLL, n: int) -> None:
    for signal in signals(n):
        expected = np.fft.rfft(signal.astype(np.float64))
        allowed = 1.5e-7 * (1 + np.log2(n)) * np.sqrt(np.sum(np.abs(expected) ** 2))
        _, spectrum = transformed(library.rfft, signal)
        imaginary = np.zeros(n // 2 + 1)
        imaginary[1 : n // 2] = spectrum[: n // 2 : -1]
        np.testing.assert_allclose(spectrum[: n // 2 + 1], expected.real, rtol=0, atol=allowed)
        np.testing.assert_allclose(imaginary, expected.imag, rtol=0, atol=allowed)

        powers, _ = transformed(library.powers, signal)
        power = np.abs(expected) ** 2 / n
        slack = 2 * allowed * np.abs(expected) / n + allowed**2 / n
        assert (np.abs(powers[: n // 2 + 1] - power) <= slack + 1e-30).all()


def test_logarithms_are_right_over_the_whole_range(library: ctypes.CDLL) -> None:
    bits = np.arange(1, 0x7F800000, 9973, dtype=np.uint32)
    near_one = np.arange(0x3F7F0000, 0x3F810000, 7, dtype=np.uint32)
    values = np.concatenate([bits, near_one]).view(np.float32)  # subnormal numbers are among them
    expected = np.log(values.astype(np.float64))
    library.logarithms(pointer(values), len(values))
    error = np.abs(values - expected)
    assert error[expected == 0].sum() == 0
    assert (error <= 2e-7 * np.abs(expected)).all()


@pytest.mark.parametrize("count", [1, 2, 3, 4, 5, 63, 64, 257, 1000, 16000])
@pytest.mark.parametrize(
    ("offset", "size"), [(0.0, 1.0), (9.81, 0.5), (-1000.0, 1.0), (0.0, 1e-42), (1e30, 3e33)]
)
def test_moments_are_numpys(library: ctypes.CDLL, count: int, offset: float, size: float) -> None:
    random = np.random.default_rng(count)
    table = (offset + size * random.standard_exponential((count, 3))).astype(np.float32)
    for stride in (1, 3):
        values = np.ascontiguousarray(table[:, 0]) if stride == 1 else table
        x = table[:, 0].astype(np.float64)
        out = np.zeros(8, np.float32)
        library.moments(pointer(values), count, stride, pointer(out))
        deviation = x.std()
        assert out[2:4].tolist() == [x.min(), x.max()]
        if x.min() == x.max():
            assert out[5:].tolist() == [0, 0, 0]
            continue
        z = (x - x.mean()) / deviation
        precise = 1e-6 * deviation + 1e-7 * np.spacing(np.float32(np.abs(x).max()))
        assert abs(float(out[0]) + float(out[1]) - x.mean()) <= precise + 1e-45
        np.testing.assert_allclose(out[4:6], [np.sqrt(np.mean(x**2)), deviation], rtol=2e-6, atol=3e-45)
        shape = [np.mean(z**3), np.mean(z**4) - 3]
        np.testing.assert_allclose(out[6:], shape, rtol=2e-5, atol=2e-5)


@pytest.mark.parametrize("count", [0, 1, 3, 4, 7, 129, 1000])
def test_sums_are_numpys(library: ctypes.CDLL, count: int) -> None:
    random = np.random.default_rng(count)
    a, b = random.standard_normal((2, count)).astype(np.float32)
    exact_a, exact_b = a.astype(np.float64), b.astype(np.float64)
    size = np.abs(exact_a * exact_b).sum() + np.abs(exact_a).sum() + 1e-30
    assert abs(library.dot(pointer(a), pointer(b), count) - exact_a @ exact_b) <= 3e-6 * size
    assert abs(library.total(pointer(a), count) - exact_a.sum()) <= 3e-6 * size
