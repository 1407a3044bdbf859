"""Data folders of many kinds, as people have them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
import soundfile

from .conftest import noise, write_csv

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def motion(root: Path) -> None:
    for label in ("normal", "shaking"):
        for i in range(12):
            write_csv(root / label / f"{i}.csv", noise(500, 3, i), step_ms=16, axes="accX,accY,accZ")


def motion_without_known_normal(root: Path) -> None:
    for label in ("walking", "standing"):
        for i in range(6):
            write_csv(root / label / f"{i}.csv", noise(100, 6, i), step_ms=100, axes="a,b,c,d,e,f")


def motion_export(root: Path) -> None:
    files = []
    for split in ("training", "testing"):
        for i in range(6):
            label = "idle" if i % 2 else "anomaly"
            name = f"{label}.{i}.json"
            payload = {
                "device_name": "d",
                "interval_ms": 16,
                "sensors": [{"name": "x", "units": "g"}],
                "values": noise(200, 1, i).tolist(),
            }
            (root / split).mkdir(parents=True, exist_ok=True)
            (root / split / name).write_text(
                json.dumps({"protected": {}, "signature": "0", "payload": payload})
            )
            files.append(
                {
                    "path": f"{split}/{name}",
                    "name": name,
                    "category": split,
                    "label": {"type": "label", "label": label},
                }
            )
    (root / "info.labels").write_text(json.dumps({"version": 1, "files": files}))


def audio(root: Path) -> None:
    for label in ("normal", "abnormal"):
        for i in range(6):
            (root / "fan" / "id_00" / label).mkdir(parents=True, exist_ok=True)
            wave = 0.1 * np.random.default_rng(i).normal(size=16000)
            soundfile.write(root / "fan" / "id_00" / label / f"{i:08d}.wav", wave, 8000, subtype="PCM_16")


def table(root: Path) -> None:
    root.mkdir(parents=True, exist_ok=True)
    values = noise(400, 4)
    lines = ["id,temperature,pressure,flow,speed,status"]
    lines += [
        f"{i},{','.join(f'{v:.4f}' for v in row)},{'bad' if i % 20 == 0 else 'ok'}"
        for i, row in enumerate(values.tolist())
    ]
    (root / "plant.csv").write_text("\n".join(lines))


def table_in_train_and_test(root: Path) -> None:
    root.mkdir(parents=True, exist_ok=True)
    for name in ("train", "test"):
        rows = [";".join(f"{v:.3f}".replace(".", ",") for v in row) for row in noise(200, 3).tolist()]
        flags = ["1" if name == "test" and i % 5 == 0 else "0" for i in range(200)]
        (root / f"{name}.csv").write_text(
            "a;b;c;anomaly\n" + "\n".join(f"{row};{flag}" for row, flag in zip(rows, flags, strict=True))
        )


def one_file_each(root: Path) -> None:
    write_csv(root / "normal.csv", noise(3000, 2), step_ms=10)
    write_csv(root / "fault_abnormal.csv", noise(1500, 2, 1), step_ms=10)


def without_labels(root: Path) -> None:
    for i in range(5):
        write_csv(root / f"rec{i}.csv", noise(300, 2, i))


def one_class(root: Path) -> None:
    for i in range(9):
        write_csv(root / "running" / f"{i}.csv", noise(300, 2, i))


def without_clock(root: Path) -> None:
    for i in range(8):
        write_csv(root / ("ok" if i % 2 else "ng") / f"{i}.csv", noise(300, 2, i), step_ms=None)


def mixed_rates_axes_and_junk(root: Path) -> None:
    for i in range(8):
        write_csv(root / "good" / f"{i}.csv", noise(300, 2, i), step_ms=20 if i < 6 else 10)
    write_csv(root / "good" / "more.csv", noise(300, 3), axes="x,y,z")
    (root / "good" / "broken.csv").write_text("timestamp,x,y\n0,1,2\n20,?!,2\n40,1,1\n60,2,2\n")
    (root / "good" / "empty.csv").write_text("")
    (root / "README.md").write_text("# data")
    (root / "photo.jpg").write_bytes(b"\xff\xd8")


def slow_process(root: Path) -> None:
    root.mkdir(parents=True, exist_ok=True)
    rows = [
        f"2024-03-01 {i // 60:02d}:{i % 60:02d}:00,{v:.3f},{'normal' if i < 900 else 'leak'}"
        for i, v in enumerate(noise(1200, 1)[:, 0])
    ]
    (root / "tank.csv").write_text("DateTime,level [m],state\n" + "\n".join(rows))


def gestures(root: Path) -> None:
    for label in ("ok", "wave"):
        for i in range(10):
            write_csv(root / label / f"{label}.{i}.csv", noise(20 + i, 3, i), axes="x,y,z")


def arrays(root: Path) -> None:
    for split in ("train", "test"):
        for label in ("normal", "anomaly")[: 2 if split == "test" else 1]:
            (root / split / label).mkdir(parents=True)
            for i in range(5):
                np.save(root / split / label / f"{i}.npy", noise(400, 2, i))


def unicode_and_blanks(root: Path) -> None:
    for label in ("no anomaly", "Störung #1: yes"):
        for i in range(5):
            write_csv(root / label / f"Aufnahme {i}.csv", noise(200, 2, i), axes="x: weg,on")


FOLDERS: dict[str, tuple[Callable[[Path], None], str]] = {
    "motion": (motion, "motion"),
    "motion-without-known-normal": (motion_without_known_normal, "motion"),
    "motion-export": (motion_export, "motion"),
    "audio": (audio, "audio"),
    "table": (table, "tabular"),
    "table-train-test": (table_in_train_and_test, "tabular"),
    "one-file-each": (one_file_each, "motion"),
    "without-labels": (without_labels, "motion"),
    "one-class": (one_class, "motion"),
    "without-clock": (without_clock, "motion"),
    "mixed": (mixed_rates_axes_and_junk, "motion"),
    "slow": (slow_process, "motion"),
    "gestures": (gestures, "motion"),
    "arrays": (arrays, "motion"),
    "unicode": (unicode_and_blanks, "motion"),
}


def make(name: str, root: Path) -> Any:
    """Write the folder ``name`` to ``root`` and return what kind of data it holds."""
    build, kind = FOLDERS[name]
    build(root)
    return kind
