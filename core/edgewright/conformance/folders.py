"""Small data folders for the checks of transform blocks: made up, the same on every machine."""

from __future__ import annotations

import json
import wave
from typing import TYPE_CHECKING, Any

from edgewright.conformance import samples

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from edgewright.conformance.bench import Bench
    from edgewright_specs.interface import WindowSpec

LABELS = ("idle", "running")
RECORDINGS = 2
SECONDS = 2.0
SOUND_RATE = 8000
AXES = ["accX", "accY", "accZ"]
RATE = 50.0


def folder(bench: Bench, kind: str, seed: int = samples.SEED) -> Path:
    """A folder a label with a few recordings of a kind, made once a bench."""
    key = f"folder {kind} {seed}"
    if key not in bench.made:
        root = bench.new_folder() / "data"
        for label_number, label in enumerate(LABELS):
            (root / label).mkdir(parents=True)
            for number in range(RECORDINGS):
                _WRITERS[kind](root / label / str(number), seed + 10 * label_number + number)
        bench.made[key] = root
    made: Path = bench.made[key]
    return made


def _motion(seed: int) -> Any:
    window: WindowSpec = {
        "kind": "time-series",
        "length": int(SECONDS * RATE),
        "axes": AXES,
        "frequency": RATE,
    }
    return samples.windows(window, 1, seed)[0]


def _sound(seed: int) -> Any:
    window: WindowSpec = {
        "kind": "time-series",
        "length": int(SECONDS * SOUND_RATE),
        "axes": ["audio"],
        "frequency": SOUND_RATE,
    }
    return samples.windows(window, 1, seed)[0, :, 0]


def _csv(path: Path, seed: int) -> None:
    rows = [",".join(["timestamp", *AXES])]
    rows += [
        ",".join([f"{i * 1000 / RATE:g}", *(f"{v:.5f}" for v in row)]) for i, row in enumerate(_motion(seed))
    ]
    path.with_suffix(".csv").write_text("\n".join(rows) + "\n", encoding="utf-8")


def _json(path: Path, seed: int) -> None:
    """Edge Impulse's acquisition format, unsigned."""
    document = {
        "protected": {"ver": "v1", "alg": "none", "iat": 0},
        "signature": "0" * 64,
        "payload": {
            "device_name": "made-up",
            "device_type": "MADE_UP",
            "interval_ms": 1000 / RATE,
            "sensors": [{"name": axis, "units": "m/s2"} for axis in AXES],
            "values": [[round(float(value), 5) for value in row] for row in _motion(seed)],
        },
    }
    path.with_suffix(".json").write_text(json.dumps(document), encoding="utf-8")


def _wav(path: Path, seed: int) -> None:
    import numpy as np

    signal = _sound(seed)
    values = (signal / np.abs(signal).max() * 30_000).astype("<i2")
    with wave.open(str(path.with_suffix(".wav")), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(SOUND_RATE)
        file.writeframes(values.tobytes())


def _npy(path: Path, seed: int) -> None:
    import numpy as np

    np.save(path.with_suffix(".npy"), _motion(seed))


def _png(path: Path, seed: int) -> None:
    from PIL import Image

    window: WindowSpec = {"kind": "image", "width": 64, "height": 48, "channels": 3}
    Image.fromarray(samples.windows(window, 1, seed)[0]).save(path.with_suffix(".png"))


def _unknown(path: Path, seed: int) -> None:
    path.with_suffix(".xyz").write_text(f"nothing that a block would know, {seed}\n", encoding="utf-8")


_WRITERS: dict[str, Callable[[Path, int], None]] = {
    "csv": _csv,
    "wav": _wav,
    "json": _json,
    "png": _png,
    "npy": _npy,
    "unknown": _unknown,
}
#: Those that a block may be for, the likeliest first.
KINDS = tuple(kind for kind in _WRITERS if kind != "unknown")
