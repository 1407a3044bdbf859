"""Builders of small data sets."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from edgewright.data import IndexSummary, ReadSummary, index, inventory, read
from edgewright.plugins import Plugins, make_plugins
from edgewright_specs.impulse import DataSpec, InputSpec

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.fixture(scope="session")
def plugins() -> Plugins:
    return make_plugins()


@dataclass
class Outcome:
    """What a whole read and index left behind."""

    read: ReadSummary
    index: IndexSummary | None
    out: Path

    def json(self, name: str) -> Any:
        import json

        return json.loads((self.out / name).read_text(encoding="utf-8"))

    @property
    def signal(self) -> Any:
        return np.load(self.out / "signal.npy")

    @property
    def table(self) -> Any:
        return np.load(self.out / "index.npy")

    def splits(self) -> dict[str, str]:
        return {sample["name"]: sample["split"] for sample in self.json("samples.json")}


@pytest.fixture
def run(tmp_path: Path, plugins: Plugins) -> Callable[..., Outcome]:
    """Inventory, read and index a folder, as the engine does."""

    def go(
        path: Path,
        data: dict[str, Any] | None = None,
        input: dict[str, Any] | None = None,  # noqa: A002
        *,
        normal_only: bool = True,
        by_label: bool = False,
        seed: int = 0,
        only_read: bool = False,
    ) -> Outcome:
        spec = DataSpec(path=str(path), **(data or {}))
        window = InputSpec(**(input or {"window_ms": 1000}))
        out = tmp_path / f"out{len(list(tmp_path.glob('out*')))}"
        out.mkdir()
        done = read(inventory(spec, Path(), plugins), spec, window, out)
        indexed = (
            None
            if only_read
            else index(out, spec, window, out, normal_only=normal_only, by_label=by_label, seed=seed)
        )
        return Outcome(done, indexed, out)

    return go


def write_csv(
    path: Path, values: Any, *, step_ms: float | None = 20, axes: str = "x,y", start: float = 0
) -> Path:
    """A CSV file of ``values`` (rows, axes), by default at 50 Hz."""
    path.parent.mkdir(parents=True, exist_ok=True)
    rows = np.atleast_2d(np.asarray(values))
    lines = [axes if step_ms is None else f"timestamp,{axes}"]
    for i, row in enumerate(rows.tolist()):
        cells = [repr(float(cell)) for cell in row]
        lines.append(",".join(cells if step_ms is None else [f"{start + i * step_ms:g}", *cells]))
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def noise(rows: int, axes: int = 2, seed: int = 0) -> Any:
    return np.random.default_rng(seed).normal(size=(rows, axes)).astype(np.float32)
