"""Packages of image impulses take frames of any size and format, and see the pixels that training saw."""

from __future__ import annotations

import ctypes
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from edgewright.data.resize import from_rgb565, resize
from edgewright_sdk.codegen.graph import Graph
from edgewright_sdk.codegen.header import arena_bytes
from edgewright_sdk.codegen.package import library_files, write_files
from edgewright_sdk.deployment import TrainedImpulse

from .c_api import BAD_ARGUMENT, OK, CApi
from .test_commissioning_nodes import BRIGHTNESS, deployment

if TYPE_CHECKING:
    pass

RGB888, RGB565, GRAY8, RGBA8888 = range(4)
BYTES = {RGB888: 3, RGB565: 2, GRAY8: 1, RGBA8888: 4}


class Frame(ctypes.Structure):
    _fields_ = (
        ("data", ctypes.c_void_p),
        ("format", ctypes.c_int32),
        ("width", ctypes.c_int32),
        ("height", ctypes.c_int32),
        ("stride", ctypes.c_int32),
    )


def frame(pixels: Any, format: int, *, stride: int = 0) -> tuple[Frame, Any]:  # noqa: A002
    """A frame of bytes ``(height, row bytes)``, its rows ``stride`` bytes apart, and the memory that it points to."""
    height, row = pixels.shape
    memory = np.zeros((height, stride or row), np.uint8)
    memory[:, :row] = pixels
    return Frame(memory.ctypes.data, format, row // BYTES[format], height, stride), memory


@pytest.fixture(scope="module", params=["fit-shortest", "fit-longest"])
def package(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[CApi, str]:
    """A package of one node that adds up two grey pixels, of two ways to resize."""
    folder = tmp_path_factory.mktemp("frames")
    window = {"kind": "image", "width": 2, "height": 1, "channels": 1, "resize": request.param}
    graph = Graph(TrainedImpulse.load(deployment(folder, window, BRIGHTNESS)))
    write_files(library_files(graph), folder / "package" / "src")
    api = CApi(folder / "package", folder, "own", outputs=1, arena_bytes=arena_bytes(graph))
    assert api.start() == OK
    return api, str(request.param)


def test_frames_are_resized_as_in_training(package: tuple[CApi, str], random: np.random.Generator) -> None:
    api, fit = package
    for format_, size in BYTES.items():
        for _ in range(6):
            height, width = (int(side) for side in random.integers(1, 40, 2))
            pixels = random.integers(0, 256, (height, width * size), dtype=np.uint8)
            stride = int(random.choice([0, width * size, width * size + 5]))
            given, memory = frame(pixels, format_, stride=stride)
            seen = pixels.reshape(height, width, size)
            if format_ == RGB565:
                seen = from_rgb565(seen[..., 0].astype(np.uint16) | seen[..., 1].astype(np.uint16) << 8)
            small = resize(np.ascontiguousarray(seen[..., :3]), width=2, height=1, channels=1, fit=fit)  # type: ignore[arg-type]
            found = np.zeros(2, np.uint8)
            at = ctypes.c_void_p(found.ctypes.data)
            assert api.call("frame_window", api.model, ctypes.byref(given), at, ctypes.c_size_t(2)) == OK
            np.testing.assert_array_equal(found, small.ravel())
            assert api.call("run_frame", api.model, ctypes.byref(given), ctypes.byref(api.result)) == OK
            assert api.result.outputs[0].score == float(small.sum())
            assert memory.size  # the frame points to it


def test_frames_that_are_none(package: tuple[CApi, str]) -> None:
    api, _ = package
    whole, memory = frame(np.zeros((4, 12), np.uint8), RGB888)
    for change in (
        {"data": None},
        {"width": 0},
        {"height": 40000},
        {"format": 9},
        {"stride": 11},
        {"width": 2**31 - 1},
    ):
        fields = {name: getattr(whole, name) for name, _ in Frame._fields_} | change
        bad = Frame(**fields)
        assert api.call("run_frame", api.model, ctypes.byref(bad), ctypes.byref(api.result)) == BAD_ARGUMENT
    assert api.call("run_frame", api.model, None, ctypes.byref(api.result)) == BAD_ARGUMENT
    assert api.call("run_frame", api.model, ctypes.byref(whole), ctypes.byref(api.result)) == OK
    assert memory.size
