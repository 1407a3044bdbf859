"""Golden cases of processing blocks: recorded outputs of a reference, compared by the stated tolerance."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import pytest

from edgewright_sdk import Features, Params, ProcessingBlock, Windows, WindowSpec, load_block
from edgewright_sdk.codegen.ctypes_node import DeviceNode, build_library
from edgewright_sdk.codegen.nodes import load_node

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from edgewright_sdk.codegen.ctypes_node import DeviceLibrary

RELATIVE, ABSOLUTE = 1e-4, 1e-5
#: Log bins this far below the largest power of their window are rounding noise in the reference.
NOISE = 1e-10


@dataclass
class Case:
    """One recorded case."""

    folder: Path
    record: dict[str, Any]

    def __post_init__(self) -> None:
        golden = self.folder / "tests" / "golden"
        self.values = np.load(golden / self.record["input"])
        self.expected = np.load(golden / "expected.npz").get(self.record["id"])

    def compute(self) -> Features:
        window: WindowSpec = {
            "kind": "time-series",
            "length": self.values.shape[1],
            "axes": self.record["axes"],
            "frequency": self.record["sampling_freq"],
        }
        loaded = load_block(self.folder)
        try:
            params = Params.defaults(self.folder, **self.record["params"])
            block = loaded.new()
            assert isinstance(block, ProcessingBlock)
            return block.transform(Windows(self.values, window), params)
        finally:
            loaded.close()

    def differences(self, features: Features) -> list[str]:
        """Name each feature that is out of tolerance."""
        axes = self.record["axes"]
        constant = np.ptp(self.values[0], axis=0) == 0
        found = []
        for _i, (label, got, expected) in enumerate(
            zip(features.labels, features.values[0].astype(float), self.expected, strict=True)
        ):
            axis = next(k for k, name in enumerate(axes) if label.startswith(f"{name} "))
            if constant[axis] and not _is_level(label):
                allowed = -10.0 if "Power" in label else 0.0
                if got != allowed:
                    found.append(f"{label}: {got}, the rule for a constant axis says {allowed}")
                continue
            if self._is_noise(label, expected, features.labels, axes[axis]):
                continue
            if not abs(got - expected) <= ABSOLUTE + RELATIVE * abs(expected):
                found.append(f"{label}: {got}, expected {expected}")
        return found

    def _is_noise(self, label: str, expected: float, labels: list[str], axis: str) -> bool:
        if "Spectral Power" not in label or not self.record["params"].get("do_log"):
            return False
        ours = [
            other.startswith(f"{axis} Spectral Power") and other.endswith(" LF") == label.endswith(" LF")
            for other in labels
        ]
        return bool(expected < self.expected[ours].max() + np.log10(NOISE))


class SoundBlock:
    """A block over one axis of sound under test: waves to try, Python, and its device code, compiled once."""

    frequency = 8000.0

    def __init__(self, folder: Path, work: Path) -> None:
        self.folder, self.work = folder, work
        self._loaded = load_block(folder)
        self._library: DeviceLibrary | None = None
        self._exports = 0

    @property
    def block(self) -> ProcessingBlock:
        block = self._loaded.new()
        assert isinstance(block, ProcessingBlock)
        return block

    def window(self, length: int, **more: Any) -> WindowSpec:
        spec = {
            "kind": "time-series",
            "length": length,
            "axes": ["audio"],
            "frequency": self.frequency,
            **more,
        }
        return cast("WindowSpec", spec)

    def params(self, **given: Any) -> Params:
        return Params.defaults(self.folder, **given)

    def compute(self, values: NDArray[Any], **params: Any) -> Features:
        return self.block.transform(Windows(values, self.window(values.shape[1])), self.params(**params))

    def waves(self, count: int, length: int, seed: int = 0) -> NDArray[np.float32]:
        """Noise, a tone, a fading chirp and clicks, each over some noise, in the range of int16."""
        random, t = np.random.default_rng(seed), np.arange(length) / self.frequency
        fading = np.exp(-3 * t) * np.sin(2 * np.pi * (300 + 900 * t) * t)
        kinds = [
            3000 * random.standard_normal(length),
            8000 * np.sin(2 * np.pi * 440 * t) + 300 * random.standard_normal(length),
            6000 * fading + 100 * random.standard_normal(length),
            np.where(np.arange(length) % 1000 < 40, 20000.0, 0.0) + 50 * random.standard_normal(length),
        ]
        return np.stack([kinds[i % 4] for i in range(count)]).astype(np.float32)[:, :, None]

    def device(self, window: WindowSpec, **params: Any) -> DeviceNode:
        place = self.work / str(self._exports)
        self._exports += 1
        self.block.export(window, self.params(**params)).write(place, self.folder / "device")
        node = load_node(place)
        if self._library is None:
            (self.work / "build").mkdir()
            strict = ["-Wall", "-Wextra", "-Werror"]
            self._library = build_library([node], self.work / "build", options=strict)
        return DeviceNode(self._library, node)

    def close(self) -> None:
        self._loaded.close()


@pytest.fixture(scope="module")
def sound(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[SoundBlock]:
    """The block beside whose tests this is asked."""
    block = SoundBlock(request.path.parents[1], tmp_path_factory.mktemp("device"))
    yield block
    block.close()


def _is_level(label: str) -> bool:
    if " MFCC " in label:
        return False  # all of them are normalised
    if "-" in label.split(" ")[-1]:
        return True  # of a wavelet's part
    return (
        label.rsplit(" ", 1)[-1] in ("Average", "Minimum", "Maximum")
        or label.endswith("RMS")
        or label[-1].isdigit()
    )


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Give each golden case of the block to tests that ask for ``golden`` (or ``refused``)."""
    folder = Path(metafunc.module.__file__ or "").parents[1]
    for name, error in (("golden", False), ("refused", True)):
        if name in metafunc.fixturenames:
            records = json.loads((folder / "tests" / "golden" / "cases.json").read_text())["cases"]
            cases = [Case(folder, record) for record in records if record["error"] is error]
            metafunc.parametrize(name, cases, ids=[case.record["id"] for case in cases])
