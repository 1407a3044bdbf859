"""What a project of Edge Impulse exports, in the forms that its documentation describes."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from pathlib import Path

AXES = ["accX", "accY", "accZ"]


def recording(number: int, size: float, *, rows: int = 400) -> dict[str, Any]:
    random = np.random.default_rng(number)
    time = np.arange(rows) / 62.5
    values = size * np.sin(2 * np.pi * np.outer(time, [1.5, 2.5, 3.5]) + number)
    values += random.normal(0, 0.05, values.shape)
    return {
        "protected": {"ver": "v1", "alg": "none"},
        "signature": "0" * 64,
        "payload": {
            "device_type": "DEVICE",
            "interval_ms": 16,
            "sensors": [{"name": axis, "units": "m/s2"} for axis in AXES],
            "values": values.round(5).tolist(),
        },
    }


def data_export(root: Path, labels: dict[str, float] | None = None) -> Path:
    """``training/``, ``testing/`` and ``info.labels``, as the dashboard exports them."""
    files = []
    number = 0
    for split, count in (("training", 5), ("testing", 3)):
        (root / split).mkdir(parents=True)
        for label, size in (labels or {"idle": 0.1, "wave": 1.0}).items():
            for _ in range(count):
                number += 1
                name = f"{label}.{number:08x}.json"
                (root / split / name).write_text(json.dumps(recording(number, size)))
                files.append(
                    {"path": f"{split}/{name}", "category": split, "label": {"type": "label", "label": label}}
                )
    number += 1
    name = f"shake.{number:08x}.json"
    (root / "testing" / name).write_text(json.dumps(recording(number, 5.0)))
    files.append(
        {"path": f"testing/{name}", "category": "testing", "label": {"type": "label", "label": "shake"}}
    )
    (root / "info.labels").write_text(json.dumps({"version": 1, "files": files}))
    return root


def impulse(**changes: Any) -> dict[str, Any]:
    """An impulse as the API gives it: spectral features, K-means and a network."""
    return {
        "id": 1,
        "name": "Impulse #1",
        "inputBlocks": [
            {
                "id": 2, "type": "time-series", "name": "Time series", "title": "Time series data", "windowSizeMs": 2000,
                "windowIncreaseMs": 240, "frequencyHz": 62.5, "padZeros": True, "classificationWindowIncreaseMs": 500,
            }
        ],
        "dspBlocks": [
            {
                "id": 3, "type": "spectral-analysis", "name": "Spectral features", "title": "Spectral Analysis",
                "axes": AXES, "input": 2, "implementationVersion": 4,
            }
        ],
        "learnBlocks": [
            {"id": 5, "type": "anomaly", "name": "Anomaly detection", "title": "Anomaly Detection (K-means)", "dsp": [3]},
            {"id": 6, "type": "keras", "name": "Classifier", "title": "Classification", "dsp": [3]},
        ],
        "postProcessingBlocks": [],
        **changes,
    }  # fmt: skip


def deployment_metadata(options: dict[str, Any] | None = None, **changes: Any) -> dict[str, Any]:
    """``deployment-metadata.json`` of a custom deployment block."""
    document = impulse(**changes)
    if document["dspBlocks"]:
        document["dspBlocks"][0]["metadata"] = {
            "dspConfig": {"options": options or {"scale-axes": 1, "fft-length": "32", "filter-type": "none"}},
            "featureLabels": [], "frequency": 62.5, "windowSizeMs": 2000,
        }  # fmt: skip
    return {
        "version": 1, "deployCounter": 2, "classes": ["idle", "wave"], "samplesPerInference": 125, "axesCount": 3,
        "frequency": 62.5, "tfliteModels": [{"details": {"modelType": "int8"}, "modelPath": "/home/input/trained.tflite"}],
        "project": {"name": "Pump 7 / motion", "id": 1, "owner": "me"}, "impulse": document, "sensor": "accelerometer",
        "folders": {"input": "/home/input", "output": "/home/output"},
    }  # fmt: skip


def clusters(count: int = 4, axes: tuple[int, ...] = (0, 13, 26)) -> dict[str, Any]:
    """Trained K-means tables as the API gives them."""
    random = np.random.default_rng(9)
    return {
        "created": "2024-05-01T10:00:00Z",
        "axes": list(axes),
        "mean": random.normal(1, 0.2, len(axes)).round(6).tolist(),
        "scale": random.uniform(0.2, 1, len(axes)).round(6).tolist(),
        "clusters": [
            {"center": random.normal(0, 1, len(axes)).round(6).tolist(), "maxError": round(0.3 + 0.1 * i, 6)}
            for i in range(count)
        ],
        "thresholds": [{"id": 5, "type": "anomaly_kmeans", "min_anomaly_score": 0.3}],
    }


def clusters_in_c(tables: dict[str, Any], suffix: str = "") -> str:
    """The same tables as C text."""

    def numbers(values: list[float]) -> str:
        return ", ".join(f"{value!r}f" for value in values)

    balls = ",\n    ".join(
        f"{{ {{ {numbers(c['center'])} }}, {c['maxError']!r}f }}" for c in tables["clusters"]
    )
    width = len(tables["axes"])
    return f"""// made for a test: {{ not a table }}
#define EI_CLASSIFIER_FREQUENCY 62.5
#define EI_CLASSIFIER_RAW_SAMPLE_COUNT 125
#define EI_CLASSIFIER_PROJECT_NAME "Pump 7"
#define EI_CLASSIFIER_ANOM_CLUSTER_COUNT{suffix} {len(tables["clusters"])}
const uint16_t EI_CLASSIFIER_ANOM_AXIS{suffix}[{width}] = {{ {", ".join(map(str, tables["axes"]))} }};
const float ei_classifier_anom_scale{suffix}[{width}] = {{ {numbers(tables["scale"])} }};
const float ei_classifier_anom_mean{suffix}[{width}] = {{ {numbers(tables["mean"])} }};
const cluster_t ei_classifier_anom_clusters{suffix}[] = {{
    {balls}
}};
const int other_anom_things = {{ NOT, NUMBERS }};
"""
