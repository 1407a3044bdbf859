"""What code generation is made of: literals, memory plan, sources, p-values."""

from __future__ import annotations

import ctypes
import subprocess
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edgewright_sdk.codegen.compilers import native_compilers
from edgewright_sdk.codegen.ctypes_node import runtime_sources
from edgewright_sdk.codegen.literals import float_literal, int_literal, string_literal
from edgewright_sdk.codegen.memory import Slot, plan_arena, rounded
from edgewright_sdk.codegen.selftest import p_value
from edgewright_sdk.codegen.sources import RUNTIME, module_names, needed_modules
from edgewright_sdk.errors import RequestError

if TYPE_CHECKING:
    from pathlib import Path

QUICK = settings(max_examples=60, deadline=None, derandomize=True)


@given(st.floats(width=32, allow_nan=False, allow_infinity=False))
@QUICK
def test_float_literals_read_back_to_the_same_bits(value: float) -> None:
    text = float_literal(value)
    assert text.endswith("f")
    assert "." in text or "e" in text
    assert np.float32(text[:-1]).tobytes() == np.float32(value).tobytes()


def test_literals_compile_to_the_same_values(tmp_path: Path) -> None:
    floats = np.array([0.1, 1, -0.0, 3.4028235e38, 1e-45, 1.5e-8, -7.25e10], np.float32)
    text = 'tab\t "q" \\ ??= °C é'
    lines = ",".join(float_literal(value) for value in floats)
    (tmp_path / "a.cpp").write_text(
        f"#include <stdint.h>\n#include <stdio.h>\nconst float f[] = {{{lines}}};\n"
        f"const int32_t i[] = {{{int_literal(-(2**31))}, {int_literal(2**31 - 1)}}};\n"
        f"int main() {{ fwrite(f, 1, sizeof f, stdout); fwrite(i, 1, sizeof i, stdout); fputs({string_literal(text)}, stdout); }}\n"
    )
    native_compilers()[0].run(["-Wall", "-Wextra", "-Werror", tmp_path / "a.cpp", "-o", tmp_path / "a"])
    out = subprocess.run([tmp_path / "a"], capture_output=True, check=True).stdout
    expected = floats.tobytes() + np.array([-(2**31), 2**31 - 1], np.int32).tobytes() + text.encode()
    assert out == expected


@given(st.lists(st.tuples(st.integers(0, 500), st.integers(0, 8), st.integers(0, 8)), max_size=20))
@QUICK
def test_slots_that_live_together_never_overlap(entries: list[tuple[int, int, int]]) -> None:
    slots = [Slot(str(i), size, min(a, b), max(a, b)) for i, (size, a, b) in enumerate(entries)]
    plan = plan_arena(slots)
    for slot in slots:
        start = plan.offsets[slot.name]
        assert start % 16 == 0
        assert start + slot.size <= plan.size
        for other in slots:
            if other.name != slot.name and slot.overlaps(other) and slot.size and other.size:
                end = plan.offsets[other.name] + other.size
                assert start + slot.size <= plan.offsets[other.name] or end <= start
    assert plan.size <= sum(rounded(slot.size) for slot in slots)


def test_slots_with_separate_lives_share_memory() -> None:
    plan = plan_arena([Slot("a", 64, 0, 0), Slot("b", 32, 1, 1), Slot("c", 16, 0, 1)])
    assert plan.size == 80


def test_modules_are_closed_over_includes() -> None:
    assert needed_modules(["decision"]) == ["decision", "lanes", "node", "vector"]
    with pytest.raises(RequestError, match="no module 'fftt'"):
        needed_modules(["fftt"])


def test_runtime_files_say_their_licence() -> None:
    paths = [*RUNTIME.rglob("*.h"), *RUNTIME.rglob("*.cpp")]
    assert len(paths) > len(module_names())
    for path in paths:
        assert path.read_text().startswith("// SPDX-License-Identifier: Apache-2.0\n"), path


@pytest.fixture(scope="module")
def decision(tmp_path_factory: pytest.TempPathFactory) -> ctypes.CDLL:
    """The runtime's p-value and top contributions, compiled for ctypes."""
    folder = tmp_path_factory.mktemp("decision")
    (folder / "calls.cpp").write_text(
        '#include "edgewright/decision.h"\n'
        'extern "C" float p(int32_t n, int32_t m, const float* v, const int32_t* c, float s) {\n'
        "    return EW_NS::ew_p_value(EW_NS::ew_quantiles{n, m, v, c}, s);\n}\n"
        'extern "C" int32_t top(const float* v, int32_t n, EW_NS::ew_contribution* t, int32_t k) {\n'
        "    return EW_NS::ew_largest(v, n, t, k);\n}\n"
    )
    sources = [folder / "calls.cpp", *runtime_sources(["decision"])]
    native_compilers()[0].run(
        [
            "-std=c++17",
            "-O1",
            "-shared",
            "-fPIC",
            "-DEW_NS=test",
            f"-I{RUNTIME / 'include'}",
            *sources,
            "-o",
            folder / "d.so",
        ]
    )
    library = ctypes.CDLL(str(folder / "d.so"))
    library.p.restype = ctypes.c_float
    return library


@given(scores=st.lists(st.integers(-50, 50), min_size=1, max_size=80), probe=st.integers(-60, 60))
@QUICK
def test_p_value_is_the_share_of_normals_at_least_as_extreme(
    decision: ctypes.CDLL, scores: list[int], probe: int
) -> None:
    held_out = np.sort(np.array(scores, np.float32))
    values = np.unique(held_out)
    previous = np.concatenate([[-np.inf], values[:-1]])
    counts = np.array([(held_out > edge).sum() for edge in previous], np.int32)
    exact = (int((held_out >= probe).sum()) + 1) / (len(scores) + 1)
    device = decision.p(
        len(scores),
        len(values),
        values.ctypes.data_as(ctypes.c_void_p),
        counts.ctypes.data_as(ctypes.c_void_p),
        ctypes.c_float(probe),
    )
    assert device == pytest.approx(exact, rel=1e-6)
    assert p_value(len(scores), values, counts, probe) == pytest.approx(exact)


def test_p_value_is_unknown_without_held_out_scores(decision: ctypes.CDLL) -> None:
    assert decision.p(0, 0, None, None, ctypes.c_float(1)) == -1.0


@given(values=st.lists(st.integers(-9, 9), max_size=12), wanted=st.integers(1, 5))
@QUICK
def test_largest_contributions_come_first(decision: ctypes.CDLL, values: list[int], wanted: int) -> None:
    array = np.array(values, np.float32)
    top = np.zeros(wanted, dtype=[("feature", "i4"), ("value", "f4")])
    found = decision.top(
        array.ctypes.data_as(ctypes.c_void_p), len(values), top.ctypes.data_as(ctypes.c_void_p), wanted
    )
    assert found == min(wanted, len(values))
    order = np.argsort(-array, kind="stable")[:found]
    assert top["feature"][:found].tolist() == order.tolist()
    assert top["value"][:found].tolist() == array[order].tolist()
