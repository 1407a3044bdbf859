"""``deployment-metadata.json``: a trained impulse as Edge Impulse's deployment blocks read of it.

Facts of the deployment folder under their names. What has no counterpart here is there with a neutral value, so that
a script that reads the field finds it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

#: Names of our blocks -> theirs, where they differ by more than the dash.
LEARN_TYPES: Final = {"kmeans": "anomaly", "gmm": "anomaly-gmm", "visual_gmm": "keras-visual-anomaly"}
KIND_TYPES: Final = {"anomaly": "anomaly", "classification": "keras", "regression": "keras-regression"}
NO_TIME: Final = "1970-01-01T00:00:00.000Z"
INPUT_ID: Final = 1
AUDIBLE_HZ: Final = 4000


def deployment_metadata(
    deployment: Mapping[str, Any], input_folder: str, output_folder: str, *, api_key: str | None = None
) -> dict[str, Any]:
    """Return the document for a deployment folder's ``deployment.json``.

    Parameters
    ----------
    input_folder, output_folder : str
        Where the block finds its files and leaves ``deploy.zip``.
    api_key : str, optional
        Only for a block that is granted the network.
    """
    window = deployment["window"]
    image = window.get("kind") == "image"
    nodes = deployment["nodes"]
    ids = {node["id"]: number for number, node in enumerate(nodes, INPUT_ID + 1)}
    project: dict[str, Any] = {
        "name": deployment["name"], "id": 1, "owner": "Edgewright", "studioHost": "localhost",
    }  # fmt: skip
    if api_key is not None:
        project["apiKey"] = api_key
    document: dict[str, Any] = {
        "version": 1,
        "deployCounter": 1,
        "classes": classes_of(nodes),
        "samplesPerInference": window["width"] * window["height"] if image else window["length"],
        "axesCount": 1 if image else len(window["axes"]),
        "frequency": 0 if image else window.get("frequency", 0),
        "tfliteModels": [],
        "project": project,
        "impulse": {
            "inputBlocks": [_image_input(window) if image else _time_series_input(window)],
            "dspBlocks": [
                _dsp_block(node, ids[node["id"]], window, nodes)
                for node in nodes
                if node["type"] == "processing"
            ],
            "learnBlocks": [
                _learn_block(node, ids[node["id"]], ids) for node in nodes if node["type"] == "learning"
            ],
        },
        "folders": {"input": input_folder, "output": output_folder},
    }
    sensor = _sensor(window)
    if sensor is not None:
        document["sensor"] = sensor
    return document


def classes_of(nodes: Sequence[Mapping[str, Any]]) -> list[str]:
    """Class names of the first node that has any."""
    return next((list(node["classes"]) for node in nodes if node.get("classes")), [])


def _base(number: int, kind: str, name: str) -> dict[str, Any]:
    return {
        "id": number, "type": kind, "name": name, "title": name, "description": "", "createdBy": "edgewright",
        "createdAt": NO_TIME, "tunerTemplateId": None, "db": True, "primaryVersion": True,
    }  # fmt: skip


def _milliseconds(samples: int, window: Mapping[str, Any]) -> float:
    value = samples * 1000.0 / float(window.get("frequency") or 1)
    return int(value) if value == int(value) else value


def _time_series_input(window: Mapping[str, Any]) -> dict[str, Any]:
    return {
        **_base(INPUT_ID, "time-series", "Time series"),
        "windowSizeMs": _milliseconds(window["length"], window),
        "windowIncreaseMs": _milliseconds(window.get("stride") or window["length"], window),
        "frequencyHz": window.get("frequency", 0),
        "padZeros": False,
    }


def _image_input(window: Mapping[str, Any]) -> dict[str, Any]:
    return {
        **_base(INPUT_ID, "image", "Image"),
        "imageWidth": window["width"],
        "imageHeight": window["height"],
        "resizeMode": "squash",
        "cropAnchor": "middle-center",
        "resizeMethod": "lanczos3",
    }


def _dsp_block(
    node: Mapping[str, Any], number: int, window: Mapping[str, Any], nodes: Sequence[Mapping[str, Any]]
) -> dict[str, Any]:
    names = window.get("axes", [])
    axes = [names[axis] for axis in node["axes"]] if names else ["image"]
    features = node["features"]
    image = window.get("kind") == "image"
    return {
        **_base(number, str(node["block"]).replace("_", "-"), node["id"]),
        "axes": axes,
        "input": INPUT_ID,
        "implementationVersion": 1,
        "valuesPerAxis": features // max(1, len(axes)),
        "metadata": {
            "created": NO_TIME,
            "dspConfig": {
                "options": dict(node.get("params", {})),
                "performance": {"latency": 0, "ram": 0},
                "calculateFeatureImportance": False,
                "skipFeatureExplorer": True,
            },
            "labels": classes_of(nodes),
            "featureLabels": list(node["labels"]),
            "featureCount": features,
            "valuesPerAxis": features // max(1, len(axes)),
            "windowCount": 0,
            "windowSizeMs": 0 if image else _milliseconds(window["length"], window),
            "windowIncreaseMs": 0
            if image
            else _milliseconds(window.get("stride") or window["length"], window),
            "padZeros": False,
            "frequency": 0 if image else window.get("frequency", 0),
            "outputConfig": {"type": "flat", "shape": {"width": features}},
            "performance": {"latency": 0, "ram": 0},
            "fftUsed": [],
            "includeEmptyLabels": False,
            "inputShape": [features],
            "includedSamplesAreInOrder": True,
            "resamplingAlgorithmVersion": 1,
            "resizingAlgorithmVersion": 1,
        },
    }


def _learn_block(node: Mapping[str, Any], number: int, ids: Mapping[str, int]) -> dict[str, Any]:
    kind = LEARN_TYPES.get(str(node["block"]), KIND_TYPES[node["kind"]])
    sources = [ids[name] for name in node["inputs"] if name in ids]
    return {**_base(number, kind, node["id"]), "dsp": sources}


def _sensor(window: Mapping[str, Any]) -> str | None:
    if window.get("kind") == "image":
        return "camera"
    axes = [str(axis).lower() for axis in window["axes"]]
    moving = [axis for axis in axes if axis.startswith("acc") or axis in ("x", "y", "z")]
    if moving:
        return "accelerometer" if moving == axes else "fusion"
    return "microphone" if len(axes) == 1 and window.get("frequency", 0) >= AUDIBLE_HZ else None
