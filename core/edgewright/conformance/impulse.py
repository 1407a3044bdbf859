"""A small trained impulse for the checks of deployment blocks: two built-in blocks over made-up windows."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from edgewright.conformance import samples
from edgewright.conformance.bench import Bench
from edgewright.conformance.requests import FeatureBatch, Request
from edgewright_specs.parameters import resolve_params

if TYPE_CHECKING:
    from edgewright.conformance.bench import Answer
    from edgewright_specs.interface import WindowSpec

TRAINING = 160
SELF_TEST = 6
THRESHOLD_RATE = 0.05
BUILD_ID = "0123456789abcdef"


def trained_impulse(bench: Bench) -> Path:
    """The deployment folder (docs/architecture.md) of `flatten` and `kmeans`, made once a bench."""
    if "impulse" not in bench.made:
        folder = bench.new_folder()
        _make(bench, folder)
        bench.made["impulse"] = folder / "impulse"
    made: Path = bench.made["impulse"]
    return made


def _make(bench: Bench, folder: Path) -> None:
    import numpy as np

    from edgewright.planner.tasks import StepInputs
    from edgewright.registry import resolve
    from edgewright.running.assemble import assemble
    from edgewright.scoring.conformal import table

    window = samples.WINDOWS[0]
    flatten = resolve("flatten", Path.cwd(), bench.plugins)
    kmeans = resolve("kmeans", Path.cwd(), bench.plugins)
    tested = samples.windows(window, SELF_TEST, seed=1)
    np.save(folder / "windows.npy", tested)
    origin = [{"sample": f"made up {number}", "start": 0} for number in range(SELF_TEST)]
    (folder / "origin.json").write_text(json.dumps(origin), encoding="utf-8")
    with Bench(flatten, bench.plugins) as processing, Bench(kmeans, bench.plugins) as learning:
        params = resolve_params(flatten.spec, {})
        described = processing.ask(Request("describe", params, window=window))
        train, test = (
            processing.ask(Request("transform", params, window=window, arrays={"windows": values}))
            for values in (samples.windows(window, TRAINING, seed=2), tested)
        )
        exported = processing.ask(Request("export", params, window=window))
        labels = tuple(described.document("description")["labels"])
        learned = _Learned(learning, labels, resolve_params(kmeans.spec, {"clusters": 4}))
        scores = learned.score(learned.fit(train), train).array("scores")
        threshold = {
            "value": float(np.quantile(scores, 1 - THRESHOLD_RATE)),
            "method": "held-out",
            "target_fpr": THRESHOLD_RATE,
            "quantiles": table(scores).to_document(),
        }
        (folder / "threshold.json").write_text(json.dumps(threshold), encoding="utf-8")
        files = {
            ("selftest/made", "windows"): folder / "windows.npy",
            ("selftest/made", "origin"): folder / "origin.json",
            ("flatten/export", "export"): exported.outputs["export"],
            ("flatten/describe", "description"): described.outputs["description"],
            ("flatten/transform/selftest-made", "features"): test.outputs["features"],
            ("kmeans/export", "export"): learned.export().outputs["export"],
            ("kmeans/describe", "description"): learned.describe().outputs["description"],
            ("kmeans/score/selftest-made", "scores"): learned.score(learned.model, test).outputs["scores"],
            ("kmeans/threshold", "threshold"): folder / "threshold.json",
        }
        assemble(StepInputs(files), _settings(window), folder)


class _Learned:
    """K-means over the features of the processing block."""

    def __init__(self, bench: Bench, labels: tuple[str, ...], params: dict[str, Any]) -> None:
        self._bench, self._params = bench, params
        self._bare = {"features": FeatureBatch(None, labels)}
        self._labels = labels
        self.model = Path()

    def fit(self, features: Answer) -> Path:
        batch = FeatureBatch(features.array("features"), self._labels)
        self.model = self._bench.ask(Request("fit", self._params, features={"features": batch})).outputs[
            "model"
        ]
        return self.model

    def score(self, model: Path, features: Answer) -> Answer:
        batch = FeatureBatch(features.array("features"), self._labels)
        return self._bench.ask(
            Request("score", self._params, features={"features": batch}, paths={"model": model})
        )

    def describe(self) -> Answer:
        return self._bench.ask(Request("describe", self._params, features=self._bare))

    def export(self) -> Answer:
        return self._bench.ask(
            Request("export", self._params, features=self._bare, paths={"model": self.model})
        )


def _settings(window: WindowSpec) -> dict[str, Any]:
    return {
        "mode": "made",
        "name": "conformance",
        "build_id": BUILD_ID,
        "window": {**window, "stride": window["length"] // 2},
        "nodes": [
            {
                "id": "flatten",
                "type": "processing",
                "block": "flatten",
                "inputs": ["input"],
                "axes": [0, 1, 2],
            },
            {"id": "kmeans", "type": "learning", "block": "kmeans", "inputs": ["flatten"]},
        ],
    }
