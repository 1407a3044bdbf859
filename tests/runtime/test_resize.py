"""The device's resize gives the bytes of Python's: x86-64 through ctypes, wasm32 through wasmtime."""

from __future__ import annotations

import ctypes
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from edgewright.data.resize import from_rgb565, resize
from edgewright_sdk.codegen.compilers import FLAGS, WARNINGS, has_zig, native_compilers, zig_compiler
from edgewright_sdk.codegen.sources import package_files

if TYPE_CHECKING:
    from collections.abc import Callable

FORMATS = ("rgb888", "rgb565", "gray8")
FITS = ("squash", "fit-shortest", "fit-longest")
OK, BAD_SHAPE, NO_MEMORY, BAD_TABLES = 0, -1, -2, -4
GUARD = 64

ENTRY = """
#include "edgewright/resize.h"
using namespace EW_NS;

extern "C" int32_t scratch_bytes(int32_t width, int32_t channels) {
    return static_cast<int32_t>(ew_resize_scratch_bytes(width, channels));
}

extern "C" int32_t resize(const uint8_t* data, int32_t format, int32_t width, int32_t height, int32_t stride, int32_t fit,
                          uint8_t* out, int32_t to_width, int32_t to_height, int32_t channels, unsigned char* scratch,
                          int32_t bytes) {
    const ew_pixels source = {data, static_cast<ew_pixel_format>(format), width, height, stride};
    ew_arena arena = {scratch, scratch + bytes};
    return ew_resize(source, static_cast<ew_fit>(fit), out, to_width, to_height, channels, arena);
}
"""
WASM_ENTRY = (
    ENTRY + 'alignas(16) unsigned char area[1 << 21];\nextern "C" unsigned char* place() { return area; }\n'
)
STRING_H = """#pragma once
#include <stddef.h>
extern "C" {
void* memcpy(void* to, const void* from, size_t bytes);
void* memset(void* to, int value, size_t bytes);
}
"""


@dataclass(frozen=True)
class Picture:
    """A picture as a camera gives it, and the same as Python takes it."""

    data: np.ndarray  # (height, stride) uint8
    format: str
    width: int
    pixels: np.ndarray  # (height, width, 3 or 1)


def picture_of(kind: str, width: int, height: int, more: int, seed: int) -> Picture:
    """Random noise, the ends of the range more often than the rest; `more` bytes follow each row."""
    random = np.random.default_rng(seed)
    bytes_a_pixel = {"rgb888": 3, "rgb565": 2, "gray8": 1}[kind]
    used = width * bytes_a_pixel
    data = np.clip(random.integers(-80, 336, (height, used + more)), 0, 255).astype(np.uint8)
    pixels = np.ascontiguousarray(data[:, :used])
    if kind == "rgb565":
        pixels = from_rgb565(pixels.view("<u2").astype(np.uint16))
    return Picture(data, kind, width, pixels.reshape(height, width, -1))


def write_sources(folder: Path, entry: str) -> list[str]:
    files = {**package_files([], "resize_test", ["resize"]), "entry.cpp": entry}
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return [name for name in files if name.endswith(".cpp")]


@pytest.fixture(scope="module")
def native(tmp_path_factory: pytest.TempPathFactory) -> ctypes.CDLL:
    folder = tmp_path_factory.mktemp("resize")
    sources = write_sources(folder, ENTRY)
    traps = ["-fsanitize=undefined", "-fsanitize-undefined-trap-on-error"]
    options = ["-O2", "-shared", "-fPIC", *FLAGS, *WARNINGS, *traps]
    native_compilers()[0].run([*options, *sources, "-o", "resize.so"], cwd=folder)
    return ctypes.CDLL(str(folder / "resize.so"))


def on_device(
    library: ctypes.CDLL, picture: Picture, width: int, height: int, channels: int, fit: str
) -> np.ndarray:
    """Call the C++ with exactly the memory that it asks for, guarded on both sides."""
    scratch = np.full(library.scratch_bytes(width, channels) + 2 * GUARD, 0xA5, np.uint8)
    out = np.full(width * height * channels + 2 * GUARD, 0xA5, np.uint8)
    start = GUARD + -scratch.ctypes.data % 16
    data = np.ascontiguousarray(picture.data)
    status = library.resize(
        ctypes.c_void_p(data.ctypes.data), FORMATS.index(picture.format), picture.width, len(data), data.shape[1],
        FITS.index(fit), ctypes.c_void_p(out.ctypes.data + GUARD), width, height, channels,
        ctypes.c_void_p(scratch.ctypes.data + start), len(scratch) - 2 * GUARD,
    )  # fmt: skip
    assert status == OK
    guards = [out[:GUARD], out[-GUARD:], scratch[:start], scratch[start + len(scratch) - 2 * GUARD :]]
    assert all((guard == 0xA5).all() for guard in guards)
    return out[GUARD:-GUARD].reshape(height, width, channels)


def on_host(picture: Picture, width: int, height: int, channels: int, fit: str) -> np.ndarray:
    return resize(picture.pixels, width=width, height=height, channels=channels, fit=fit)  # type: ignore[arg-type]


@settings(max_examples=250, deadline=None, derandomize=True)
@given(
    kind=st.sampled_from(FORMATS),
    size=st.tuples(st.integers(1, 300), st.integers(1, 300)),
    target=st.tuples(st.integers(1, 300), st.integers(1, 300)),
    channels=st.sampled_from([1, 3]),
    fit=st.sampled_from(FITS),
    more=st.sampled_from([0, 1, 2, 13]),
    seed=st.integers(0, 2**32 - 1),
)
@example(kind="rgb888", size=(640, 480), target=(96, 96), channels=3, fit="fit-shortest", more=0, seed=0)
@example(kind="rgb565", size=(320, 240), target=(160, 160), channels=3, fit="fit-longest", more=0, seed=0)
@example(kind="gray8", size=(1, 300), target=(300, 1), channels=1, fit="fit-shortest", more=1, seed=0)
@example(kind="gray8", size=(300, 1), target=(1, 300), channels=3, fit="fit-longest", more=1, seed=0)
def test_no_byte_differs(
    native: ctypes.CDLL,
    kind: str,
    size: tuple[int, int],
    target: tuple[int, int],
    channels: int,
    fit: str,
    more: int,
    seed: int,
) -> None:
    picture = picture_of(kind, *size, more, seed)
    expected = on_host(picture, *target, channels, fit)
    np.testing.assert_array_equal(on_device(native, picture, *target, channels, fit), expected)


@pytest.mark.parametrize(
    ("size", "target"),
    [
        ((32767, 2), (5, 3)),
        ((32767, 2), (32766, 1)),
        ((2, 3), (32767, 2)),
        ((2, 32767), (3, 5)),
        ((2, 32767), (1, 32766)),
        ((3, 2), (2, 32767)),
        ((32767, 1), (1, 32767)),
    ],
)
@pytest.mark.parametrize("fit", FITS)
def test_the_largest_sides(
    native: ctypes.CDLL, size: tuple[int, int], target: tuple[int, int], fit: str
) -> None:
    picture = picture_of("gray8", *size, 0, 1)
    np.testing.assert_array_equal(
        on_device(native, picture, *target, 1, fit), on_host(picture, *target, 1, fit)
    )


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({}, OK),
        ({"data": 0}, BAD_SHAPE),
        ({"format": 3}, BAD_SHAPE),
        ({"format": -1}, BAD_SHAPE),
        ({"width": 0}, BAD_SHAPE),
        ({"height": 32768}, BAD_SHAPE),
        ({"stride": 23}, BAD_SHAPE),
        ({"stride": -24}, BAD_SHAPE),
        ({"out": 0}, BAD_SHAPE),
        ({"to_width": 32768}, BAD_SHAPE),
        ({"to_height": 0}, BAD_SHAPE),
        ({"channels": 2}, BAD_SHAPE),
        ({"fit": 3}, BAD_TABLES),
        ({"bytes": 79}, NO_MEMORY),
    ],
)
def test_what_cannot_be_is_refused(native: ctypes.CDLL, change: dict[str, int], status: int) -> None:
    memory = np.zeros(8 * 24, np.uint8)
    out = np.zeros(5 * 5 * 3, np.uint8)
    scratch = np.zeros(256, np.uint8)
    arguments: dict[str, Any] = {
        "data": memory.ctypes.data, "format": 0, "width": 8, "height": 8, "stride": 24, "fit": 0,
        "out": out.ctypes.data, "to_width": 5, "to_height": 5, "channels": 3, "scratch": scratch.ctypes.data,
        "bytes": 80,
    } | change  # fmt: skip
    for name in ("data", "out", "scratch"):
        arguments[name] = ctypes.c_void_p(arguments[name])
    assert native.resize(*arguments.values()) == status


@pytest.fixture(scope="module")
def in_wasm(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., np.ndarray]:
    """Compile to wasm32 as packages are, and give what resizes there."""
    wasmtime = pytest.importorskip("wasmtime")
    if not has_zig():
        pytest.skip("the ziglang wheel isn't installed")
    folder = tmp_path_factory.mktemp("resize-wasm")
    (folder / "freestanding").mkdir()
    (folder / "freestanding" / "string.h").write_text(STRING_H)
    exports = [f"-Wl,--export={name}" for name in ("resize", "scratch_bytes", "place")]
    target = ["-target", "wasm32-freestanding", "-mcpu=generic+simd128+bulk_memory", "-O3"]
    sources = write_sources(folder, WASM_ENTRY)
    zig_compiler().run(
        [*target, *FLAGS, "-Ifreestanding", *sources, "-o", "resize.wasm", "-Wl,--no-entry", *exports],
        cwd=folder,
    )
    store = wasmtime.Store()
    module = wasmtime.Module.from_file(store.engine, str(folder / "resize.wasm"))
    assert not module.imports
    exported = wasmtime.Instance(store, module, []).exports(store)

    def run(picture: Picture, width: int, height: int, channels: int, fit: str) -> np.ndarray:
        memory, start = exported["memory"], exported["place"](store)
        scratch = exported["scratch_bytes"](store, width, channels)
        data = start + scratch
        out = data + picture.data.size
        memory.write(store, picture.data.tobytes(), data)
        status = exported["resize"](
            store, data, FORMATS.index(picture.format), picture.width, *picture.data.shape, FITS.index(fit),
            out, width, height, channels, start, scratch,
        )  # fmt: skip
        assert status == OK
        read = memory.read(store, out, out + width * height * channels)
        return np.frombuffer(read, np.uint8).reshape(height, width, channels)

    return run


@pytest.mark.parametrize("fit", FITS)
@pytest.mark.parametrize("kind", FORMATS)
@pytest.mark.parametrize(
    ("size", "target"),
    [((320, 240), (96, 96)), ((61, 97), (300, 17)), ((5, 4), (32, 32)), ((200, 3), (1, 7))],
)
def test_no_byte_differs_in_wasm(
    in_wasm: Callable[..., np.ndarray], size: tuple[int, int], target: tuple[int, int], kind: str, fit: str
) -> None:
    picture = picture_of(kind, *size, 5, 3)
    for channels in (1, 3):
        expected = on_host(picture, *target, channels, fit)
        np.testing.assert_array_equal(in_wasm(picture, *target, channels, fit), expected)


def test_the_example_of_the_page_compiles_and_works(tmp_path: Path) -> None:
    page = (Path(__file__).parents[2] / "docs" / "images.md").read_text()
    (example,) = re.findall(r"```cpp\n(.*?)```", page, re.DOTALL)
    entry = (
        'extern "C" int32_t small(const uint8_t* frame, uint8_t* out) { return small_picture(frame, out); }\n'
    )
    sources = write_sources(tmp_path, example + entry)
    native_compilers()[0].run(
        ["-shared", "-fPIC", *FLAGS, *WARNINGS, *sources, "-o", "page.so"], cwd=tmp_path
    )
    picture = picture_of("rgb565", 320, 240, 0, 7)
    out = np.zeros((96, 96, 1), np.uint8)
    pointers = [ctypes.c_void_p(array.ctypes.data) for array in (picture.data, out)]
    assert ctypes.CDLL(str(tmp_path / "page.so")).small(*pointers) == OK
    np.testing.assert_array_equal(out, on_host(picture, 96, 96, 1, "fit-shortest"))
