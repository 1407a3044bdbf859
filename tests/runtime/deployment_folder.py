"""Makes deployment folders from the built-in blocks, in process: what the host lays out for ``build``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from edgewright_sdk import Features, FeatureSpec, Params, Windows
from edgewright_sdk.codegen.graph import identifier
from edgewright_sdk.codegen.nodes import Node, load_node
from edgewright_sdk.context import Context
from edgewright_sdk.loading import load_block

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

BLOCKS = Path(__file__).resolve().parents[2] / "blocks" / "edgewright_blocks"


def block_folder(name: str) -> Path:
    """Folder of a built-in block."""
    return next(BLOCKS.glob(f"*/{name}"))


def window_spec(
    length: int, axes: Sequence[str] = ("x", "y", "z"), frequency: float = 62.5
) -> dict[str, Any]:
    """A time-series window."""
    return {"kind": "time-series", "length": length, "axes": list(axes), "frequency": frequency}


def params_of(name: str, given: Mapping[str, Any]) -> Params:
    """A block's defaults, with some replaced."""
    return Params.defaults(
        block_folder(name), **{key.replace("-", "_"): value for key, value in given.items()}
    )


def export_processing(name: str, window: dict[str, Any], given: Mapping[str, Any], out: Path) -> Node:
    """Export a processing block and read it back."""
    loaded = load_block(block_folder(name))
    try:
        block = loaded.new()
        block.export(window, params_of(name, given)).write(out, block.folder / "device")
    finally:
        loaded.close()
    return load_node(out)


def transform(name: str, windows: np.ndarray, window: dict[str, Any], given: Mapping[str, Any]) -> Features:
    """Python's features."""
    loaded = load_block(block_folder(name))
    try:
        return loaded.new().transform(Windows(windows, window), params_of(name, given))
    finally:
        loaded.close()


class Trained:
    """A learning block fitted in process."""

    def __init__(self, name: str, train: Features, given: Mapping[str, Any]) -> None:
        self.name, self.spec, self.params = name, train.spec, params_of(name, given)
        self._loaded = load_block(block_folder(name))
        self.block = self._loaded.new(Context())
        self.model = self.block.fit(train, None, self.params, self.block.context)

    def score(self, features: Features) -> Any:
        return self.block.score(self.model, features, self.params)

    def export(self, out: Path) -> Node:
        self.block.export(self.model, self.spec, self.params).write(out, self.block.folder / "device")
        return load_node(out)

    def contributions(self) -> list[str]:
        return self.block.describe(self.spec, self.params).contributions

    def close(self) -> None:
        self._loaded.close()


def recordings(count: int, length: int, axes: int, seed: int = 0) -> np.ndarray:
    """Windows like motion: an offset, a wave and noise on each axis, ``(count, length, axes)``."""
    random = np.random.default_rng(seed)
    t = np.arange(length)[None, :, None] / 62.5
    frequency = random.uniform(1, 12, (count, 1, axes))
    wave = np.sin(2 * np.pi * frequency * t + random.uniform(0, 6, (count, 1, axes)))
    offset = np.array([0.0, 9.81, -3.0, 1.0, 2.0, 5.0])[:axes]
    return np.asarray(offset + 2 * wave + 0.3 * random.standard_normal((count, length, axes)), np.float32)


def write_deployment(
    folder: Path,
    *,
    name: str = "pump-monitor",
    build_id: str = "1a2b3c4d5e6f7081",
    processing: Sequence[Mapping[str, Any]],
    learning: Sequence[Mapping[str, Any]],
    window: dict[str, Any] | None = None,
    stride: int = 25,
    selftest: int = 8,
    seed: int = 0,
) -> Path:
    """Write a deployment folder.

    ``processing``: ``{"id", "block", "params", "axes"?}``; ``learning``: ``{"id", "block", "params", "inputs"}``.
    """
    window = window or window_spec(125)
    axes = window["axes"]
    train = recordings(200, window["length"], len(axes), seed)
    held_out = recordings(100, window["length"], len(axes), seed + 1)
    shown = recordings(selftest, window["length"], len(axes), seed + 2)
    shown[selftest // 2 :] *= 1.7
    (folder / "nodes").mkdir(parents=True)
    tests = folder / "selftest"
    tests.mkdir()
    nodes: list[dict[str, Any]] = []
    features: dict[str, list[Features]] = {}
    for entry in processing:
        columns = entry.get("axes") or list(range(len(axes)))
        spec = {**window, "axes": [axes[c] for c in columns]}
        given = entry.get("params", {})
        export_processing(entry["block"], spec, given, folder / "nodes" / entry["id"])
        features[entry["id"]] = [
            transform(entry["block"], np.ascontiguousarray(w[:, :, columns]), spec, given)
            for w in (train, held_out, shown)
        ]
        made = features[entry["id"]][2]
        np.save(tests / f"features-{entry['id']}.npy", made.values)
        nodes.append(
            {
                "id": entry["id"],
                "type": "processing",
                "block": entry["block"],
                "inputs": ["input"],
                "axes": columns,
            }
            | {"labels": made.labels, "features": made.values.shape[1]}
        )
    decisions: list[dict[str, Any]] = [{"sample": f"s{i}", "start": 0, "nodes": {}} for i in range(selftest)]
    for entry in learning:
        joined = [_join([features[i][part] for i in entry["inputs"]]) for part in range(3)]
        trained = Trained(entry["block"], joined[0], entry.get("params", {}))
        trained.export(folder / "nodes" / entry["id"])
        normal = np.sort(np.asarray(trained.score(joined[1]).scores, np.float64))
        scores = np.asarray(trained.score(joined[2]).scores)
        threshold = float(normal[-2])
        np.save(tests / f"scores-{entry['id']}.npy", scores)
        counts = [len(normal), *[int((normal > value).sum()) for value in normal[:-1]]]
        nodes.append(
            {
                "id": entry["id"],
                "type": "learning",
                "kind": "anomaly",
                "block": entry["block"],
                "inputs": entry["inputs"],
            }
            | {"contributions": trained.contributions(), "classes": []}
            | {"threshold": {"value": threshold, "method": "held-out", "target_fpr": 0.01}}
            | {"quantiles": {"n": len(normal), "values": normal.tolist(), "counts": counts}}
        )
        for decision, score in zip(decisions, scores, strict=True):
            p = (int((normal >= score).sum()) + 1) / (len(normal) + 1)
            decision["nodes"][entry["id"]] = {
                "score": float(score),
                "p": p,
                "anomalous": bool(np.float32(score) > np.float32(threshold)),
            }
        trained.close()
    np.save(tests / "windows.npy", shown)
    (tests / "decisions.json").write_text(json.dumps(decisions))
    document = {
        "contract": 1,
        "name": name,
        "build_id": build_id,
        "namespace": f"{identifier(name)}_{build_id[:8]}",
        "window": {**window, "stride": stride},
        "nodes": nodes,
    }
    (folder / "deployment.json").write_text(json.dumps(document))
    return folder


def _join(parts: Sequence[Features]) -> Features:
    values = np.concatenate([part.values for part in parts], axis=1)
    return Features(values, [label for part in parts for label in part.labels])


def feature_spec(features: Features) -> FeatureSpec:
    """Labels and shape of features."""
    return features.spec
