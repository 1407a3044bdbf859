"""Host steps of a deployment: choose the self-test's windows, then lay out the folder that ``build`` reads."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING, Any

from edgewright.arrays import load_array
from edgewright_specs.interface import CONTRACT_VERSION, DEPLOYMENT_FILE, identifier

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from edgewright.planner.tasks import StepInputs

SELF_TEST_WINDOWS = 8
STEP_VERSION = 2


def self_test_windows(inputs: StepInputs, settings: Mapping[str, Any], out: Path) -> Mapping[str, str]:
    """Write the self-test's windows, once as a whole and once a processing node with its axes.

    ``recorded`` takes windows of the test split spread evenly over its normal and abnormal parts; ``synthetic`` makes windows
    with the mean and spread of the training windows; ``none`` has no window.
    """
    import numpy as np

    signal = load_array(inputs["data/read", "signal"], mapped=True)
    index = load_array(inputs["data/index", "index"], mapped=True)
    samples = json.loads(inputs["data/index", "samples"].read_text(encoding="utf-8"))
    length, mode = settings["length"], settings["mode"]
    origin: list[dict[str, Any]] = []
    if mode == "recorded":
        rows = _choose(index, samples, settings["splits"])
        values = _cut(signal, index, rows, length)
        for row in rows:
            sample = samples[int(index["sample"][row])]
            origin.append(
                {"sample": sample["name"], "start": int(index["start"][row]) - int(sample["offset"])}
            )
    elif mode == "synthetic":
        first, last = settings["splits"]["training"]
        values = _synthesise(
            _cut(signal, index, np.arange(first, last)[:: max(1, (last - first) // 256)], length)
        )
        origin = [{"sample": f"synthetic {number}", "start": 0} for number in range(len(values))]
    else:
        values = _cut(signal, index, np.arange(0), length)
    np.save(out / "windows.npy", values)
    (out / "origin.json").write_text(json.dumps(origin, ensure_ascii=False), encoding="utf-8")
    outputs = {"windows": "windows.npy", "origin": "origin.json"}
    for node, columns in settings["columns"].items():
        chosen = values if columns is None else np.ascontiguousarray(values[:, :, columns])
        np.save(out / f"windows-{node}.npy", chosen)
        outputs[f"windows-{node}"] = f"windows-{node}.npy"
    return outputs


def _choose(
    index: NDArray[Any], samples: Sequence[Mapping[str, Any]], splits: Mapping[str, Sequence[int]]
) -> NDArray[np.int64]:
    """Pick rows of the first split that has any, half of them abnormal where there are such."""
    import numpy as np

    first, last = next(
        (splits[name] for name in ("test", "calibration", "training") if splits[name][1] > splits[name][0]),
        (0, 0),
    )
    rows = np.arange(first, last)
    abnormal = np.array([samples[number]["normal"] is False for number in index["sample"][first:last]], bool)
    half = SELF_TEST_WINDOWS // 2
    bad = _spread(rows[abnormal], half)
    good = _spread(rows[~abnormal], SELF_TEST_WINDOWS - len(bad))
    return np.sort(np.concatenate([good, bad]))


def _spread(rows: NDArray[np.int64], count: int) -> NDArray[np.int64]:
    import numpy as np

    if len(rows) <= count:
        return rows
    chosen: NDArray[np.int64] = rows[np.linspace(0, len(rows) - 1, count).round().astype(int)]
    return chosen


def _cut(signal: NDArray[Any], index: NDArray[Any], rows: NDArray[Any], length: int) -> NDArray[Any]:
    from edgewright.data import windows

    return windows(signal, index, rows, length)


def _synthesise(training: NDArray[Any]) -> NDArray[Any]:
    """Waves and noise around the training data's mean and spread, from a fixed seed."""
    import numpy as np

    if training.ndim == 4:  # each row of pixels a wave of its own phase
        flat = training.astype(np.float32).reshape(len(training), -1, training.shape[3])
        pixels = np.clip(np.rint(_synthesise(flat)), 0, 255).astype(np.uint8)
        images: NDArray[Any] = pixels.reshape(-1, *training.shape[1:])
        return images
    random = np.random.default_rng(0)
    _, length, axes = training.shape
    mean, spread = training.mean((0, 1)), training.std((0, 1)) + 1e-6
    phase = np.arange(length)[:, None] / length
    shapes = []
    for number in range(SELF_TEST_WINDOWS):
        wave = np.sin(2 * np.pi * (phase * (number + 1) * 1.7 + random.random(axes)))
        shapes.append(
            mean + spread * (wave * (0.5 + number / 3) + 0.3 * random.standard_normal((length, axes)))
        )
    return np.asarray(shapes, np.float32)


def assemble(inputs: StepInputs, settings: Mapping[str, Any], out: Path) -> Mapping[str, str]:
    """Lay out the deployment folder (docs/architecture.md) from exports, descriptions, thresholds and the self-test."""
    import numpy as np

    from edgewright.scoring import PTable, decide, p_values

    root = out / "impulse"
    selftest = root / "selftest"
    selftest.mkdir(parents=True)
    mode = settings["mode"]
    test = f"selftest/{mode}"
    origin = json.loads(inputs[test, "origin"].read_text(encoding="utf-8"))
    decisions: list[dict[str, Any]] = [{**place_, "nodes": {}} for place_ in origin]
    shutil.copyfile(inputs[test, "windows"], selftest / "windows.npy")
    nodes = []
    for node in settings["nodes"]:
        name = node["id"]
        shutil.copytree(
            inputs[f"{name}/export", "export"], root / "nodes" / name, copy_function=shutil.copyfile
        )
        description = json.loads(inputs[f"{name}/describe", "description"].read_text(encoding="utf-8"))
        document = {**node}
        if node["type"] == "processing":
            document |= {"labels": description["labels"], "features": description["features"]}
            shutil.copyfile(
                inputs[f"{name}/transform/selftest-{mode}", "features"], selftest / f"features-{name}.npy"
            )
        else:
            document |= {
                "kind": description["kind"],
                "contributions": description.get("contributions", []),
                "classes": description.get("classes", []),
            }
        if node["type"] == "learning":
            classifies = description["kind"] == "classification"
            given = "probabilities" if classifies else "scores"
            scores = load_array(inputs[f"{name}/score/selftest-{mode}", given])
            np.save(selftest / f"{given}-{name}.npy", scores)
            if classifies:
                _add_classes(decisions, name, scores, description["classes"])
            elif description["kind"] == "regression":
                for decision, score in zip(decisions, scores, strict=True):
                    decision["nodes"][name] = {"score": float(score)}
        if (f"{name}/scale", "scale") in inputs.files:
            document["map_scale"] = json.loads(inputs[f"{name}/scale", "scale"].read_text(encoding="utf-8"))
        decides = (f"{name}/threshold", "threshold") in inputs.files
        if node["type"] == "learning" and description["kind"] == "anomaly" and not decides:  # its regions do
            for decision, score in zip(decisions, scores, strict=True):
                decision["nodes"][name] = {"score": float(score), "p": None, "anomalous": False}
        if decides:
            threshold = json.loads(inputs[f"{name}/threshold", "threshold"].read_text(encoding="utf-8"))
            document["threshold"] = {
                key: threshold.get(key) for key in ("value", "method", "target_fpr", "smoothing")
            }
            document["quantiles"] = threshold["quantiles"]
            chances: Any = (
                p_values(scores, PTable.from_document(threshold["quantiles"])) if len(scores) else []
            )
            flags = decide(scores, threshold["value"])
            for decision, score, chance, flag in zip(decisions, scores, chances, flags, strict=True):
                decision["nodes"][name] = {
                    "score": float(score), "p": float(chance), "anomalous": bool(flag),
                }  # fmt: skip
        nodes.append(document)
    (selftest / "decisions.json").write_text(
        json.dumps(decisions, indent=1, ensure_ascii=False), encoding="utf-8"
    )
    deployment = {
        "contract": CONTRACT_VERSION,
        "name": settings["name"],
        "build_id": settings["build_id"],
        "namespace": f"{identifier(settings['name'])}_{settings['build_id'][:8]}",
        "window": settings["window"],
        "nodes": nodes,
    }
    (root / DEPLOYMENT_FILE).write_text(
        json.dumps(deployment, indent=1, ensure_ascii=False), encoding="utf-8"
    )
    return {"impulse": "impulse"}


def _add_classes(
    decisions: Sequence[dict[str, Any]], node: str, probabilities: NDArray[Any], classes: Sequence[str]
) -> None:
    for decision, row in zip(decisions, probabilities, strict=True):
        best = int(row.argmax())
        decision["nodes"][node] = {"class": classes[best], "score": float(row[best])}
