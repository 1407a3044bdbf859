"""The runtime's commissioning arithmetic on hard numbers, against numpy: scalers, scalers without a row, quantiles."""

from __future__ import annotations

import ctypes
import zlib
from typing import Any

import numpy as np
import pytest

from edgewright.scoring import choose
from edgewright_sdk.codegen.compilers import FLAGS, WARNINGS, native_compilers
from edgewright_sdk.codegen.sources import package_files
from edgewright_sdk.commissioning import _without
from edgewright_sdk.standardisation import standardisation

CALLS = """
#include "edgewright/calibrate.h"
extern "C" {
int32_t fit(const float* rows, int32_t n, int32_t k, const float* trained, float* mean, float* scale) {
    return EW_NS::ew_fit_scaler(rows, n, k, trained, mean, scale);
}
void without(const float* row, int32_t n, int32_t k, const float* m, const float* s, float* m2, float* s2) {
    EW_NS::ew_scaler_without(row, n, k, m, s, m2, s2);
}
float quantile(const float* scores, int32_t n, float rate) { return EW_NS::ew_held_out_threshold(scores, n, rate); }
uint32_t checksum(const void* bytes, size_t n) { return EW_NS::ew_checksum(bytes, n); }
}
"""


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> ctypes.CDLL:
    folder = tmp_path_factory.mktemp("calibrate")
    for name, text in {**package_files([], "calibrate_test", ["calibrate"]), "calls.cpp": CALLS}.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text)
    sources = ["calls.cpp", "edgewright/calibrate.cpp"]
    native_compilers()[0].run(
        ["-O2", "-shared", "-fPIC", *FLAGS, *WARNINGS, *sources, "-o", "calibrate.so", "-lm"], cwd=folder
    )
    return ctypes.CDLL(str(folder / "calibrate.so"))


def pointer(array: Any) -> ctypes.c_void_p:
    return ctypes.c_void_p(array.ctypes.data)


def fit(library: ctypes.CDLL, rows: Any, trained: Any = None) -> tuple[int, Any, Any]:
    rows = np.ascontiguousarray(rows, np.float32)
    n, k = rows.shape
    trained = np.full(k, 2.0, np.float32) if trained is None else np.asarray(trained, np.float32)
    mean, scale = np.zeros(k, np.float32), np.zeros(k, np.float32)
    found = library.fit(pointer(rows), n, k, pointer(trained), pointer(mean), pointer(scale))
    return int(found), mean, scale


@pytest.mark.parametrize(
    ("size", "offset"), [(1.0, 0.0), (1e-3, 9.81), (1e-25, 0.0), (1e30, 0.0), (1e-2, -1e3), (1.0, 1e5)]
)
def test_scaler_is_that_of_training(library: ctypes.CDLL, size: float, offset: float) -> None:
    random = np.random.default_rng(1)
    rows = np.asarray(offset + size * random.standard_normal((77, 9)), np.float32)
    found, mean, scale = fit(library, rows)
    expected = standardisation(rows)
    assert found == -1
    assert mean == pytest.approx(expected[0], rel=1e-6, abs=1e-7 * size)
    assert scale == pytest.approx(expected[1], rel=1e-6)


def test_constant_columns(library: ctypes.CDLL) -> None:
    rows = np.column_stack([np.arange(20), np.full(20, 7.0), 1e6 + np.arange(20) * 1e-3]).astype(np.float32)
    assert fit(library, rows)[0] == 1
    assert fit(library, rows[:, ::2])[0] == 1  # rounding noise is constant too
    found, mean, scale = fit(library, rows, trained=[2, 1, 1])
    assert found == -1
    assert (mean[1], scale[1], scale[2]) == (7.0, 1.0, 1.0)


def test_scaler_without_a_row_is_that_of_the_others(library: ctypes.CDLL) -> None:
    random = np.random.default_rng(2)
    rows = np.asarray([3.0, -100.0, 0.0] + [2.0, 0.1, 50.0] * random.standard_t(2, (40, 3)), np.float32)
    _, mean, scale = fit(library, rows)
    for i in range(len(rows)):
        m, s = np.zeros(3, np.float32), np.zeros(3, np.float32)
        library.without(pointer(rows[i]), 40, 3, pointer(mean), pointer(scale), pointer(m), pointer(s))
        others = standardisation(np.delete(rows, i, axis=0))
        assert m == pytest.approx(others[0], rel=1e-5, abs=1e-6)
        assert s == pytest.approx(others[1], rel=1e-4)
        same = _without(rows, i, mean, scale)
        assert np.array_equal(m, same[0])
        assert np.array_equal(s, same[1])


def test_one_row_that_makes_all_of_the_spread_leaves_a_hundredth_of_it(library: ctypes.CDLL) -> None:
    rows = np.zeros((50, 1), np.float32)
    rows[7] = 1.0
    _, mean, scale = fit(library, rows)
    m, s = np.zeros(1, np.float32), np.zeros(1, np.float32)
    library.without(pointer(rows[7]), 50, 1, pointer(mean), pointer(scale), pointer(m), pointer(s))
    assert m[0] == pytest.approx(0.0, abs=1e-6)
    assert s[0] == pytest.approx(0.01 * scale[0] * np.sqrt(50 / 49), rel=1e-3)


@pytest.mark.parametrize("rate", [0.001, 0.01, 0.05, 0.3, 0.99])
def test_threshold_is_that_of_core(library: ctypes.CDLL, rate: float) -> None:
    library.quantile.restype = ctypes.c_float
    random = np.random.default_rng(3)
    for n in (2, 16, 19, 20, 99, 100, 500, 1000):
        scores = np.sort(random.standard_exponential(n).astype(np.float32))
        found = library.quantile(pointer(scores), n, ctypes.c_float(rate))
        least = 1 / (n + 1)
        expected = scores[-1] if rate <= least else choose("held-out", held_out=scores, fpr=rate).value
        assert found == pytest.approx(float(expected), rel=1e-5, abs=1e-6), n


def test_checksum_is_crc32(library: ctypes.CDLL) -> None:
    library.checksum.restype = ctypes.c_uint32
    assert library.checksum(b"123456789", ctypes.c_size_t(9)) == zlib.crc32(b"123456789") == 0xCBF43926
