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
VALIDATION = 24


@dataclass(frozen=True)
class Rows:
    """Rows of one kind; ``window`` is None for features.

    ``beside`` says what a fit is given with them, as the block's spec asks: ``classes`` or ``numbers`` to learn,
    ``validation`` and ``folds``.
    """

    window: WindowSpec | None
    beside: frozenset[str] = frozenset()

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
    ) -> Request:
        """Ask with these rows; without any, with what is known of them before they exist."""
        arrays: dict[str, NDArray[Any]] = {}
        paths = {} if model is None else {"model": model}
        labelled = self.beside & {"classes", "numbers"}
        classes = CLASSES if labelled and operation in ("describe", "fit") else ()
        features = {"features": FeatureBatch(values, LABELS)}
        if operation == "fit" and values is not None:
            arrays |= self._codes("", len(values))
            if "folds" in self.beside:
                arrays["folds"] = _folds(len(values))
            if "validation" in self.beside:
                kept = self.training(samples.SEED + 3, VALIDATION)
                arrays |= self._codes("validation_", len(kept))
                if self.window is not None:
                    arrays["validation"] = kept
                features["validation"] = FeatureBatch(kept, LABELS)
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
        return Request(operation, params, features=features, arrays=arrays, paths=paths, classes=classes)

    def _codes(self, prefix: str, count: int) -> dict[str, NDArray[Any]]:
        """What each row is to be learned as, and which rows belong together; the first class is twice as frequent."""
        import numpy as np

        if not self.beside & {"classes", "numbers"}:
            return {}
        order = np.arange(count)
        targets = (order % (len(CLASSES) + 1) % len(CLASSES)).astype(
            np.float32 if "numbers" in self.beside else np.int32
        )
        return {f"{prefix}targets": targets, f"{prefix}groups": (order // 4).astype(np.int32)}


def _folds(count: int) -> NDArray[Any]:
    """Five pieces, and between the first two a row that belongs to neither."""
    import numpy as np

    folds = (np.arange(count) * 5 // count).astype(np.int32)
    folds[np.flatnonzero(np.diff(folds))[:1]] = -1
    return folds


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
    beside = _asked_for(bench)
    for rows in (Rows(None, beside), *(Rows(window, beside) for window in images_first)):
        try:
            answer = bench.ask(rows.request("describe", params))
        except RefusedError as error:
            refused = refused or error
            if error.cause != "request" and rows.window is None:
                break  # it reads features, and something else is wrong
            continue
        if "classes" in beside and answer.document("description").get("kind") == "regression":
            return Rows(rows.window, beside - {"classes"} | {"numbers"})
        return rows
    assert refused is not None
    raise refused


def _asked_for(bench: Bench) -> frozenset[str]:
    """What the block's spec asks for beside its training rows."""
    section = bench.block.spec.edgewright
    asked = {
        "classes": section is not None and section.training in ("labelled", "few-abnormal"),
        "validation": section is not None and section.validation,
        "folds": section is not None and "train_scores" in section.outputs,
    }
    return frozenset(name for name, wanted in asked.items() if wanted)
