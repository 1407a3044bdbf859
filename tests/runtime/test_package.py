"""The cpp package: what it is made of, its C API, streams, settings, errors, and how it links."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from typing import TYPE_CHECKING

import numpy as np
import pytest
from c_api import BAD_ARGUMENT, MORE, NO_MEMORY, NOT_FINITE, OK, CApi
from deployment_folder import block_folder, params_of, recordings, write_deployment
from wasm_node import STRING_H

from edgewright_sdk.codegen.compilers import (
    FLAGS,
    WARNINGS,
    Compiler,
    has_zig,
    native_compilers,
    zig_compiler,
)
from edgewright_sdk.codegen.graph import Graph
from edgewright_sdk.codegen.header import arena_bytes
from edgewright_sdk.codegen.package import cpp_sources
from edgewright_sdk.codegen.verify import run_selftest
from edgewright_sdk.deployment import TrainedImpulse
from edgewright_sdk.loading import load_block

if TYPE_CHECKING:
    from pathlib import Path

COMPILERS = [
    pytest.param(c, id=c.name, marks=[pytest.mark.slow] if c.name == "zig" else [])
    for c in native_compilers()
]


def build_package(deployment: Path, out: Path, **given: str) -> Path:
    out.mkdir()
    loaded = load_block(block_folder("cpp"))
    loaded.new().build(TrainedImpulse.load(deployment), params_of("cpp", given), out)
    loaded.close()
    return out


@pytest.fixture(scope="module")
def package(deployment: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_package(deployment, tmp_path_factory.mktemp("cpp") / "package")


@pytest.fixture(scope="module")
def api(deployment: Path, package: Path, tmp_path_factory: pytest.TempPathFactory) -> CApi:
    graph = Graph(TrainedImpulse.load(deployment))
    return CApi(
        package, tmp_path_factory.mktemp("api"), "pump_monitor", outputs=1, arena_bytes=arena_bytes(graph)
    )


@pytest.fixture
def model(api: CApi) -> CApi:
    assert api.start() == OK
    assert api.call("stream_init", api.stream, api.model) == OK
    return api


@pytest.mark.parametrize("compiler", COMPILERS)
def test_self_test_agrees_under_every_compiler(package: Path, compiler: Compiler) -> None:
    found = run_selftest(package, compiler)
    assert found["ok"], found
    assert set(found["nodes"]) == {"spectral", "flat", "anomaly"}
    assert found["windows"] == 8
    assert all(node["largest_difference"] < 1e-3 for node in found["nodes"].values())


def test_self_test_fails_on_wrong_features(package: Path, tmp_path: Path) -> None:
    broken = tmp_path / "package"
    shutil.copytree(package, broken)
    source = broken / "src" / "ew_flatten" / "flatten.cpp"
    source.write_text(source.read_text().replace("m.mean * tables.scale", "m.mean * tables.scale + 0.01f"))
    found = run_selftest(broken)
    assert not found["ok"]
    assert found["nodes"]["flat"]["beyond_tolerance"] > 0
    assert found["nodes"]["spectral"]["beyond_tolerance"] == 0


def test_a_decision_within_tolerance_of_the_threshold_is_listed(package: Path, tmp_path: Path) -> None:
    near = tmp_path / "package"
    shutil.copytree(package, near)
    data = near / "selftest" / "selftest_data.h"
    rows, tolerance = (
        re.search(r"expected\[1\].*?;", data.read_text(), re.S),
        r"(score_tolerance\[1\]\[2\] = ).*;",
    )
    assert rows is not None
    first, *others = rows[0].rsplit(", 1}", 1)  # the last of the windows that Python calls anomalous
    text = data.read_text().replace(rows[0], ", 0}".join([first, *others]))
    data.write_text(re.sub(tolerance, r"\1{{1000.0, 0.0}};", text))
    found = run_selftest(near)
    assert found["ok"]
    (one,) = found["decisions_differ"]
    assert one["within_tolerance"]
    assert one["python_score"] == pytest.approx(one["device_score"], abs=1e-3)
    assert one["device_score"] > one["threshold"]


def test_same_input_gives_same_bytes(deployment: Path, package: Path, tmp_path: Path) -> None:
    again = build_package(deployment, tmp_path / "again")
    first = {p.relative_to(package): p.read_bytes() for p in package.rglob("*") if p.is_file()}
    assert first == {p.relative_to(again): p.read_bytes() for p in again.rglob("*") if p.is_file()}


def test_no_self_test_data_when_none_is_asked_for(deployment: Path, tmp_path: Path) -> None:
    package = build_package(deployment, tmp_path / "package", **{"selftest-data": "none"})
    assert not (package / "selftest").exists()
    with pytest.raises(Exception, match="no self-test data"):
        run_selftest(package)


@pytest.mark.parametrize("compiler", COMPILERS)
def test_sources_have_no_warnings(package: Path, compiler: Compiler, tmp_path: Path) -> None:
    for source in [*cpp_sources(package / "src"), *cpp_sources(package / "selftest")]:
        include = [f"-I{package / 'src'}"] if source.parent.name == "selftest" else []
        compiler.run(["-Os", *FLAGS, *WARNINGS, *include, "-c", source, "-o", tmp_path / "one.o"])


def test_sources_use_no_heap_exceptions_or_writable_globals(package: Path, tmp_path: Path) -> None:
    for i, source in enumerate(cpp_sources(package / "src")):
        native_compilers()[0].run(
            [
                "-Os",
                "-fno-pie",
                *FLAGS,
                *WARNINGS,
                "-Wsign-conversion",
                "-c",
                source,
                "-o",
                tmp_path / f"{i}.o",
            ]
        )
    listed = subprocess.run(["nm", *tmp_path.glob("*.o")], capture_output=True, text=True, check=True).stdout
    imported = {line.split()[-1] for line in listed.splitlines() if re.search(r" U ", line)}
    outside = {
        name for name in imported if not re.match(r"_ZN\d+pump_monitor_1a2b3c4d|_ZNK?\d+pump_monitor_", name)
    }
    allowed = {"memcpy", "memmove", "memset", "sqrtf", "log10f", "_GLOBAL_OFFSET_TABLE_", "__stack_chk_fail"}
    assert outside <= allowed
    assert not re.search(r" [bBdDC] ", listed), listed  # nothing but code and constants
    includes = {
        m for p in (package / "src").rglob("*.[hc]*") for m in re.findall(r"#include <(.+)>", p.read_text())
    }
    assert includes == {"stdint.h", "stddef.h", "string.h"}


@pytest.mark.parametrize(
    "language", [["-x", "c", "-std=c99", "-pedantic"], ["-x", "c++", "-std=c++17", "-pedantic"]]
)
def test_header_is_c99_and_cpp17(package: Path, tmp_path: Path, language: list[str]) -> None:
    program = tmp_path / "one.c"
    program.write_text(
        '#include "pump_monitor.h"\nint main(void) { pump_monitor_result r; return sizeof r == 0; }\n'
    )
    command = [
        "gcc",
        *language,
        "-Wall",
        "-Wextra",
        "-Werror",
        "-Wconversion",
        f"-I{package / 'src'}",
        "-c",
        program,
    ]
    if not shutil.which("gcc"):
        command[0] = "clang"
    subprocess.run([*command, "-o", tmp_path / "one.o"], check=True)


def test_two_packages_link_into_one_program(deployment: Path, package: Path, tmp_path: Path) -> None:
    """A second impulse that uses the same blocks, called from one C file that includes both headers."""
    second = write_deployment(
        tmp_path / "impulse",
        name="fan",
        build_id="ffffffff00000000",
        processing=[{"id": "spectral", "block": "spectral_analysis", "params": {"fft-length": 32}}],
        learning=[{"id": "anomaly", "block": "kmeans", "inputs": ["spectral"]}],
    )
    other = build_package(second, tmp_path / "other")
    program = tmp_path / "main.c"
    program.write_text(
        '#include "fan.h"\n#include "pump_monitor.h"\n#include <stdio.h>\n'
        "static unsigned char a[PUMP_MONITOR_ARENA_BYTES], b[FAN_ARENA_BYTES];\n"
        "static float window[PUMP_MONITOR_WINDOW_VALUES];\n"
        "int main(void) {\n  pump_monitor_model m; fan_model f; pump_monitor_result r; fan_result s; int i;\n"
        "  for (i = 0; i < PUMP_MONITOR_WINDOW_VALUES; ++i) window[i] = (float)(i % 7);\n"
        "  if (pump_monitor_init(&m, a, sizeof a) || fan_init(&f, b, sizeof b)) return 1;\n"
        "  if (pump_monitor_run(&m, window, PUMP_MONITOR_WINDOW_VALUES, &r)) return 2;\n"
        "  if (fan_run(&f, window, FAN_WINDOW_VALUES, &s)) return 3;\n"
        '  printf("%s %s\\n", r.build_id, s.build_id);\n  return 0;\n}\n'
    )
    compiler = native_compilers()[0]
    objects = []
    for i, source in enumerate([*cpp_sources(package / "src"), *cpp_sources(other / "src")]):
        objects.append(tmp_path / f"{i}.o")
        # As Arduino does: both libraries are on the include path, so each must find its own runtime first.
        paths = [f"-I{other / 'src'}", f"-I{package / 'src'}"]
        compiler.run(["-O1", *FLAGS, *paths, "-c", source, "-o", objects[-1]])
    c_compiler = shutil.which("gcc") or "clang"
    include = [f"-I{package / 'src'}", f"-I{other / 'src'}"]
    subprocess.run([c_compiler, "-std=c99", *include, "-c", program, "-o", tmp_path / "main.o"], check=True)
    compiler.run([tmp_path / "main.o", *objects, "-o", tmp_path / "both", "-lm"])
    done = subprocess.run([tmp_path / "both"], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["1a2b3c4d5e6f7081", "ffffffff00000000"]


# A program without a C library: building one for another processor takes minutes.
BARE_PROGRAM = """\
#include "../selftest/selftest_data.h"
#include "pump_monitor.h"
static unsigned char memory[PUMP_MONITOR_ARENA_BYTES];
static float values[most_features];

static long call(long number, long a, long b, long c) {
    register long x8 __asm__("x8") = number, x0 __asm__("x0") = a, x1 __asm__("x1") = b, x2 __asm__("x2") = c;
    __asm__ volatile("svc 0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2) : "memory");
    return x0;
}
extern "C" {
float sqrtf(float x) { __asm__("fsqrt %s0, %s0" : "+w"(x)); return x; }
float log10f(float) { return 0.0f; }  // of a scale that this impulse hasn't
void* memset(void* to, int value, unsigned long n) {
    for (unsigned long i = 0; i < n; ++i) static_cast<volatile char*>(to)[i] = static_cast<char>(value);
    return to;
}
void* memcpy(void* to, const void* from, unsigned long n) {
    for (unsigned long i = 0; i < n; ++i) static_cast<volatile char*>(to)[i] = static_cast<const char*>(from)[i];
    return to;
}
void _start() {
    pump_monitor_model model;
    pump_monitor_result result;
    pump_monitor_init(&model, memory, sizeof memory);
    for (int32_t w = 0; w < windows; ++w) {
        const float* const at = window + w * PUMP_MONITOR_WINDOW_VALUES;
        size_t count = 0;
        if (pump_monitor_features(&model, 0, at, PUMP_MONITOR_WINDOW_VALUES, values, most_features, &count)) call(93, 3, 0, 0);
        if (pump_monitor_run(&model, at, PUMP_MONITOR_WINDOW_VALUES, &result)) call(93, 4, 0, 0);
        call(64, 1, reinterpret_cast<long>(values), static_cast<long>(count * sizeof(float)));
        call(64, 1, reinterpret_cast<long>(&result.outputs[0].score), sizeof(float));
    }
    call(93, 0, 0, 0);
}
}
"""


@pytest.mark.slow
@pytest.mark.skipif(not (has_zig() and shutil.which("qemu-aarch64")), reason="needs ziglang and qemu-user")
def test_features_and_scores_agree_on_arm(deployment: Path, package: Path, tmp_path: Path) -> None:
    program = package / "src" / "bare.cpp"
    program.write_text(BARE_PROGRAM)
    try:
        options = [
            "-target",
            "aarch64-freestanding-none",
            "-Os",
            "-fno-builtin",
            "-nostdlib",
            *FLAGS,
            "-Ifreestanding",
        ]
        (tmp_path / "freestanding").mkdir()
        (tmp_path / "freestanding" / "string.h").write_text(STRING_H)
        zig_compiler().run([*options, *cpp_sources(package / "src"), "-o", "bare"], cwd=tmp_path)
    finally:
        program.unlink()
    done = subprocess.run(["qemu-aarch64", tmp_path / "bare"], capture_output=True, check=True)
    impulse = TrainedImpulse.load(deployment)
    features, scores = impulse.selftest("features-spectral"), impulse.selftest("scores-anomaly")
    assert features is not None
    assert scores is not None
    found = np.frombuffer(done.stdout, np.float32).reshape(len(scores), -1)
    assert found[:, :-1] == pytest.approx(features, rel=1e-4, abs=1e-3)
    assert found[:, -1] == pytest.approx(scores, rel=1e-4, abs=1e-4)


@pytest.mark.slow
@pytest.mark.skipif(not shutil.which("cmake"), reason="cmake isn't installed")
def test_cmake_builds_and_runs_the_self_test(package: Path, tmp_path: Path) -> None:
    subprocess.run(["cmake", "-S", package, "-B", tmp_path], check=True, capture_output=True)
    subprocess.run(["cmake", "--build", tmp_path], check=True, capture_output=True)
    subprocess.run(["ctest", "--test-dir", tmp_path], check=True, capture_output=True)
    rows = "\n".join(f"{i % 5} {i % 3} {i % 7}" for i in range(300))
    example = subprocess.run(
        [tmp_path / "pump_monitor_example"], input=rows, capture_output=True, text=True, check=True
    )
    assert len(example.stdout.splitlines()) == (300 - 125) // 25 + 1


def test_results_are_those_of_python(model: CApi, deployment: Path) -> None:
    impulse = TrainedImpulse.load(deployment)
    windows = impulse.selftest("windows")
    scores = impulse.selftest("scores-anomaly")
    assert windows is not None
    assert scores is not None
    labels = next(node for node in impulse.nodes if node.id == "anomaly").entry["contributions"]
    for window, score, decision in zip(windows, scores, impulse.decisions(), strict=True):
        assert model.run(window) == OK
        output = model.result.outputs[0]
        expected = decision["nodes"]["anomaly"]
        assert output.score == pytest.approx(score, abs=1e-3)
        assert output.decision == model.result.decision == int(expected["anomalous"])
        assert output.p_value == pytest.approx(expected["p"], abs=2 / 101)
        assert output.smoothed == output.score
        assert output.contribution_count == 3
        values = [c.value for c in output.contributions]
        assert values == sorted(values, reverse=True)
        assert model.text("contribution_label", 0, output.contributions[0].feature) in labels
    assert model.result.build_id == b"1a2b3c4d5e6f7081"


def test_stream_gives_the_windows_of_one_shot_calls(model: CApi) -> None:
    signal = recordings(1, 400, 3, seed=7)[0]
    random = np.random.default_rng(0)
    found = []
    at = 0
    while at < len(signal):
        rows = signal[at : at + int(random.integers(1, 60))]
        while len(rows):
            status, used = model.push(rows)
            assert status in (OK, MORE)
            if status == OK:
                found.append((model.result.start, model.result.outputs[0].score))
            at += used
            rows = rows[used:]
    starts = list(range(0, 400 - 125 + 1, 25))
    assert [start for start, _ in found] == starts
    for start, score in found:
        assert model.run(signal[start : start + 125]) == OK
        assert model.result.outputs[0].score == score


def test_stream_forgets_at_reset(model: CApi) -> None:
    signal = recordings(1, 125, 3, seed=8)[0]
    model.push(signal[:100])
    assert model.call("stream_reset", model.stream) == OK
    assert model.push(signal[:124]) == (MORE, 124)
    assert model.push(signal[124:]) == (OK, 1)
    assert model.result.start == 0


def test_nan_in_a_stream_is_told_until_it_has_left_the_window(model: CApi) -> None:
    signal = recordings(1, 350, 3, seed=9)[0]
    signal[130, 1] = np.nan
    statuses = []
    at = 0
    while at < len(signal):
        status, used = model.push(signal[at:])
        at += used
        if status != MORE:
            statuses.append(status)
    # Windows start every 25 rows; those that start at 25 … 125 hold row 130.
    assert statuses == [OK] + [NOT_FINITE] * 5 + [OK] * 4


def test_smoothing_weighs_the_past(model: CApi) -> None:
    assert model.set("smoothing", 0.75) == OK
    signal = recordings(1, 300, 3, seed=10)[0]
    expected = None
    at = 0
    while at < len(signal):
        status, used = model.push(signal[at:])
        at += used
        if status == OK:
            output = model.result.outputs[0]
            expected = output.score if expected is None else 0.75 * expected + 0.25 * output.score
            assert output.smoothed == pytest.approx(expected, rel=1e-5)
            assert output.decision == int(output.smoothed > output.threshold)
    assert expected is not None


def test_threshold_can_be_set(model: CApi) -> None:
    window = recordings(1, 125, 3, seed=11)[0]
    assert model.run(window) == OK
    score = model.result.outputs[0].score
    model.set("threshold", np.nextafter(np.float32(score), np.float32(-np.inf)))
    assert model.run(window) == OK
    assert model.result.outputs[0].decision == 1
    model.set("threshold", score)  # the same bits: not above
    assert model.run(window) == OK
    assert model.result.outputs[0].decision == 0
    assert model.get("threshold") == score


def test_wrong_use_is_told(model: CApi) -> None:
    window = recordings(1, 125, 3, seed=12)[0]
    assert model.run(window[:-1]) == BAD_ARGUMENT
    window[3, 1] = np.inf
    assert model.run(window) == NOT_FINITE
    assert model.result.decision == 0
    assert model.set("threshold", float("nan")) == BAD_ARGUMENT
    assert model.set("threshold", 1.0, output=1) == BAD_ARGUMENT
    assert model.set("smoothing", 1.0) == BAD_ARGUMENT
    assert model.text("output_name", 1) is None
    assert model.text("axis_name", 2) == "z"
    assert model.text("axis_name", -1) is None
    assert model.text("status_text", NOT_FINITE)
    model.arena_bytes -= 1
    assert model.start() == NO_MEMORY
    model.arena_bytes += 1


def test_arena_may_be_unaligned(model: CApi) -> None:
    window = recordings(1, 125, 3, seed=13)[0]
    assert model.run(window) == OK
    score = model.result.outputs[0].score
    assert model.start(offset=1) == OK
    assert model.run(window) == OK
    assert model.result.outputs[0].score == score


def test_names_with_quotes_and_umlauts_compile(tmp_path: Path) -> None:
    axes = ['x "quoted" \\', "Größe °C", "z??/"]
    folder = write_deployment(
        tmp_path / "impulse",
        name="Prüfstand 2 */ x",
        processing=[{"id": "my-node", "block": "flatten"}, {"id": "my_node", "block": "raw"}],
        learning=[],
        window={"kind": "time-series", "length": 4, "axes": axes, "frequency": 10.0},
    )
    found = run_selftest(build_package(folder, tmp_path / "package"))
    assert found["ok"]
    assert set(found["nodes"]) == {"my-node", "my_node"}


def test_contradicting_exports_are_refused(deployment: Path, tmp_path: Path) -> None:
    broken = tmp_path / "impulse"
    shutil.copytree(deployment, broken)
    path = broken / "nodes" / "anomaly" / "export.json"
    document = json.loads(path.read_text())
    document["inputs"][0]["shape"] = [7]
    path.write_text(json.dumps(document))
    with pytest.raises(Exception, match=r"'anomaly' exports an input of float32 \[7\]; the impulse gives it"):
        Graph(TrainedImpulse.load(broken))
