"""Compiled networks on every width of SIMD: the same networks, wide enough for whole panels, say what onnxruntime says."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from network_makers import MAKERS, residual_network
from networks import Net, expected, exported, floats
from networks_int8 import NETWORKS, quantised
from wasm_node import PLAIN, SIMD, STRING_H, WasmLibrary

from edgewright_sdk.codegen.compilers import FLAGS, WARNINGS, has_zig, native_compilers, zig_compiler
from edgewright_sdk.codegen.ctypes_node import DeviceNode, build_library
from edgewright_sdk.codegen.sources import package_files
from edgewright_sdk.compiler import quantise_parts
from edgewright_sdk.compiler.integer import evaluate

if TYPE_CHECKING:
    from collections.abc import Callable

#: Name → options of the compiler, and what the processor must have.
NATIVE: dict[str, tuple[list[str], str]] = {
    "scalar": (["-Os", "-DEW_SCALAR"], ""),
    "sse2": (["-O2"], ""),
    "avx2": (["-O3", "-march=x86-64-v3"], "avx2"),
    "avx512": (["-O3", "-march=x86-64-v4"], "avx512f"),
}
WASM = {"wasm": PLAIN, "wasm with simd": SIMD}
#: What others stand for in the quick tests.
SLOW = ("sse2", "avx512", "wasm")
VARIANTS = [pytest.param(name, marks=pytest.mark.slow if name in SLOW else ()) for name in (*NATIVE, *WASM)]
#: Processors that tests can't run on: options of zig.
ELSEWHERE = {
    "avx512": ["-target", "x86_64-freestanding", "-mcpu=x86_64_v4"],
    "arm64": ["-target", "aarch64-freestanding"],
    "cortex-m": ["-target", "thumb-freestanding-eabihf", "-mcpu=cortex_m4+vfp4d16sp", "-Os"],
}


def wide(random: np.random.Generator) -> Net:
    """A convolution of many channels: panels of 16 and what is left, all pixels of a tile and what is left, any edges."""
    axes, groups = int(random.integers(1, 3)), int(random.choice([1, 1, 1, 2, 3]))
    depthwise = random.integers(3) == 0
    deep = 1 if depthwise else int(random.integers(1, 300 // groups if random.integers(4) == 0 else 40))
    if depthwise:
        groups = int(random.integers(1, 100))
    made = 1 if depthwise else int(random.integers(1, 70 // groups + 1))
    kernel = random.integers(1, 6, axes) if random.integers(3) else np.ones(axes, np.int64)
    strides, dilations = random.integers(1, 3, axes), random.integers(1, 3, axes)
    size = (kernel - 1) * dilations + random.integers(1, 20, axes)
    net = Net(1, groups * deep, *map(int, size))
    value = net.add(
        "Conv", "x", floats(random, groups * made, deep, *kernel) / np.sqrt(deep * kernel.prod()).astype(np.float32),
        floats(random, groups * made), group=groups, strides=strides.tolist(), dilations=dilations.tolist(),
        pads=random.integers(0, 4, 2 * axes).tolist(),
    )  # fmt: skip
    other = net.add(
        "Conv", value, floats(random, groups * made, groups * made, *[1] * axes) / (groups * made)
    )
    value = net.add("Add", value, other)
    ends: list[tuple[str, list[Any]]] = [
        ("Clip", [np.float32(0), np.float32(1)]), ("HardSwish", []), ("Abs", []), ("Relu", []),
    ]  # fmt: skip
    kind, inputs = ends[int(random.integers(len(ends)))]
    net.add(kind, value, *inputs)
    return net


@pytest.fixture(scope="module")
def cases(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[Any, Any, Any, str]]:
    """Networks as nodes, an input, what onnxruntime gives, and what they are."""
    folder = tmp_path_factory.mktemp("variants")
    makers = [*[wide] * 40, residual_network, *MAKERS.values()]
    found = []
    for seed, make in enumerate(makers):
        random = np.random.default_rng(1000 + seed)
        net = make(random)
        program, node = exported(net, folder / str(seed))
        x = floats(random, *net.shape)
        found.append((node, x.ravel(), expected(net, x), program.graph.dump()))
    return found


def has(feature: str) -> bool:
    """Whether the processor has what a variant needs."""
    info = Path("/proc/cpuinfo")
    return not feature or (info.is_file() and feature in info.read_text().split())


@pytest.fixture(scope="module")
def int8_cases(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[Any, Any, Any, str]]:
    """The same of networks in int8, and what the integer reference gives."""
    folder = tmp_path_factory.mktemp("int8")
    found = []
    for seed, make in enumerate([*[NETWORKS["wide"]] * 10, *NETWORKS.values()]):
        random = np.random.default_rng(2000 + seed)
        # With no value short enough to stay float32, every operation is computed in int8.
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(quantise_parts, "_MOST", 0 if seed % 4 else 4096)
            network, node, windows = quantised(make(random), folder / str(seed), random)
        want = evaluate(network, windows[:1])[0].ravel()
        found.append((node, windows[0], want, network.graph.dump()))
    return found


@pytest.mark.parametrize("variant", VARIANTS)
def test_every_variant_says_what_the_references_say(
    variant: str,
    cases: list[tuple[Any, Any, Any, str]],
    int8_cases: list[tuple[Any, Any, Any, str]],
    tmp_path: Path,
) -> None:
    """Of float32 what onnxruntime says, nearly; of int8 the reference's bytes."""
    nodes = [cases[0][0], int8_cases[0][0]]
    run: Callable[[Any, Any], Any]
    if variant in NATIVE:
        options, feature = NATIVE[variant]
        if not has(feature):
            pytest.skip(f"this processor has no {feature}")
        library = build_library(
            nodes, tmp_path, compiler=native_compilers()[0], options=[*WARNINGS, *options]
        )
        run = functools.partial(native, library)
    else:
        if not has_zig():
            pytest.skip("the ziglang wheel isn't installed")
        module = WasmLibrary(nodes, tmp_path, WASM[variant])
        run = functools.partial(in_wasm, module)
    for node, x, want, what in cases:
        size = max(float(np.abs(want).max()), 1)
        np.testing.assert_allclose(run(node, x), want, rtol=1e-4, atol=4e-6 * size, err_msg=what)
    for node, x, want, what in int8_cases:
        np.testing.assert_array_equal(run(node, x), want, what)


@pytest.mark.slow
@pytest.mark.skipif(not has_zig(), reason="the ziglang wheel isn't installed")
@pytest.mark.parametrize("processor", ELSEWHERE)
def test_kernels_compile_for_other_processors(processor: str, tmp_path: Path) -> None:
    files = {
        **package_files([], "other", ["network", "network_model_int8"]),
        "freestanding/string.h": STRING_H,
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    for name in ("gemm", "depthwise", "values", "int8_sums", "exact"):
        options = ["-O3", *ELSEWHERE[processor], *FLAGS, *WARNINGS, "-Ifreestanding"]
        zig_compiler().run(
            [*options, "-c", f"edgewright/network_{name}.cpp", "-o", f"{name}.o"], cwd=tmp_path
        )
        # An instruction of the processor, never a call of the C library.
        assert b"fmaf" not in (tmp_path / f"{name}.o").read_bytes()


def native(library: Any, node: Any, x: Any) -> Any:
    return DeviceNode(library, node).run(x)["scores"]


def in_wasm(module: WasmLibrary, node: Any, x: Any) -> Any:
    return module.batch(node, x[None])[0]
