"""What a learning block is fed: features, or the windows themselves; made up, the same on every machine."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from edgewright.conformance import common, samples
from edgewright.conformance.bench import RefusedError
from edgewright.conformance.requests import FeatureBatch, Request

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from edgewright.conformance.bench import Bench
    from edgewright_specs.interface import Operation, WindowSpec

TRAINING = 240
SCORED = 20
LABELS = samples.labels()
CLASSES = ("one", "two", "three")
#: Windows are larger than features: fewer of them teach as much.
TRAINING_WINDOWS = 60


@dataclass(frozen=True)
class Rows:
    """Rows of one kind; ``window`` is None for features."""

    window: WindowSpec | None

    @property
    def finite_by_type(self) -> bool:
        """Whether the rows are integers, which hold no NaN."""
        return self.window is not None and self.window["kind"] == "image"

    def training(self, seed: int = samples.SEED, count: int | None = None) -> NDArray[Any]:
        """Rows to learn from."""
        if self.window is None:
            return samples.features(TRAINING if count is None else count, seed=seed)
        return samples.windows(self.window, TRAINING_WINDOWS if count is None else count, seed=seed)

    def scored(self, count: int = SCORED) -> NDArray[Any]:
        """Rows to score: as in training, every third far away."""
        rows = self.training(samples.SEED + 7, count)
        rows[::3] = 255 - rows[::3] if self.finite_by_type else rows[::3] * 3
        return rows

    def request(
        self,
        operation: Operation,
        params: dict[str, Any],
        values: NDArray[Any] | None = None,
        *,
        model: Path | None = None,
        targets: NDArray[Any] | None = None,
    ) -> Request:
        """Ask with these rows; without any, with what is known of them before they exist."""
        arrays = {} if targets is None else {"targets": targets}
        paths = {} if model is None else {"model": model}
        classes = () if targets is None else CLASSES
        if self.window is not None:
            given = {} if values is None else {"windows": values}
            return Request(
                operation,
                params,
                window=self.window,
                arrays={**given, **arrays},
                paths=paths,
                classes=classes,
            )
        features = {"features": FeatureBatch(values, LABELS)}
        return Request(operation, params, features=features, arrays=arrays, paths=paths, classes=classes)


def rows_of(bench: Bench) -> Rows:
    """Features, or the first kind of window that the block's defaults describe."""
    if "rows" not in bench.made:
        bench.made["rows"] = _found(bench)
    found: Rows = bench.made["rows"]
    return found


def _found(bench: Bench) -> Rows:
    params = common.complete(bench)
    refused: RefusedError | None = None
    images_first = sorted(samples.WINDOWS, key=lambda window: window["kind"] != "image")
    for rows in (Rows(None), *(Rows(window) for window in images_first)):
        try:
            bench.ask(rows.request("describe", params))
        except RefusedError as error:
            refused = refused or error
            if error.cause != "request" and rows.window is None:
                break  # it reads features, and something else is wrong
            continue
        return rows
    assert refused is not None
    raise refused
