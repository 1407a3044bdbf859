"""One decision from several nodes: anomaly wins, then the class; and how it is judged."""

from __future__ import annotations

from edgewright.scoring import combine, combined_documents

SAMPLES = [
    {"name": "walk_1", "label": "walk", "normal": True},
    {"name": "rest_1", "label": "rest", "normal": True},
    {"name": "fall_1", "label": "fall", "normal": False},
    {"name": "odd_1", "label": "odd", "normal": False},
    {"name": "mystery", "label": None, "normal": None},
]
OWNER, START = [0, 0, 1, 2, 3, 4], [0, 10, 0, 0, 0, 0]
CLASSES = ["walk", "rest", "fall"]


def classified(predicted: list[int]) -> dict:
    by_recording = {sample: CLASSES[predicted[OWNER.index(sample)]] for sample in range(5)}
    return {
        "split": "test",
        "classes": CLASSES,
        "windows": {"sample": OWNER, "start": START, "predicted": predicted, "probability": [1.0] * 6},
        "recordings": [
            {"sample": s, "name": SAMPLES[s]["name"], "windows": OWNER.count(s), "predicted": label}
            for s, label in by_recording.items()
        ],
    }


def detected(flags: list[bool]) -> dict:
    return {
        "split": "test",
        "windows": {"sample": OWNER, "start": START, "anomalous": flags},
        "recordings": [
            {
                "sample": s,
                "name": SAMPLES[s]["name"],
                "windows": OWNER.count(s),
                "anomalous": any(flag for owner, flag in zip(OWNER, flags, strict=True) if owner == s),
            }
            for s in range(5)
        ],
    }


def test_anomaly_wins_over_the_first_class_over_normal():
    normal, odd = {"anomalous": False}, {"anomalous": True}
    assert combine({"a": normal, "b": odd}) == {"label": "anomaly", "anomalous": True, "nodes": ["b"]}
    assert combine({"a": normal}) == {"label": "normal", "anomalous": False, "nodes": []}
    both = combine({"one": {"class": "walk"}, "two": {"class": "rest"}, "a": normal})
    assert both == {"label": "walk", "anomalous": False, "nodes": []}
    assert combine({"height": {"value": 3.0}}) is None
    assert combine({}) is None


def test_abnormal_labels_and_classes_count_as_anomaly():
    # walk walk | rest | fall, called fall | odd, called rest | mystery
    nodes = {
        "gesture": classified([0, 0, 1, 2, 1, 0]),
        "far": detected([False, True, False, False, True, False]),
    }
    decisions, metrics = combined_documents(nodes, SAMPLES)
    assert decisions["labels"] == ["walk", "rest", "fall", "anomaly"]
    shown = [decisions["labels"][number] for number in decisions["windows"]["label"]]
    assert shown == ["walk", "anomaly", "rest", "fall", "anomaly", "walk"]
    assert metrics["classes"] == ["walk", "rest", "anomaly"]
    assert metrics["unlabelled"] == 1
    table = metrics["windows"]
    assert table["n"] == 5
    assert table["labels"] == ["walk", "rest", "anomaly"]
    assert table["confusion"] == [[1, 0, 1], [0, 1, 0], [0, 0, 2]]  # fall by its class, odd by its score
    assert table["accuracy"] == 4 / 5
    rows = {row["name"]: (row["decided"], row["right"]) for row in decisions["recordings"]}
    assert rows == {
        "walk_1": ("anomaly", False),
        "rest_1": ("rest", True),
        "fall_1": ("fall", True),
        "odd_1": ("anomaly", True),
        "mystery": ("walk", None),
    }
    assert decisions["recordings"][0]["name"] == "walk_1"  # the wrong ones first
    assert metrics["recordings"]["accuracy"] == 3 / 4


def test_two_anomaly_nodes_make_normal_and_anomaly():
    nodes = {
        "near": detected([True, False, False, False, False, False]),
        "far": detected([False, False, False, False, True, False]),
    }
    decisions, metrics = combined_documents(nodes, SAMPLES)
    assert decisions["labels"] == metrics["classes"] == ["normal", "anomaly"]
    assert decisions["windows"]["anomalous"] == [True, False, False, False, True, False]
    assert metrics["windows"]["confusion"] == [[2, 1], [1, 1]]
    assert metrics["windows"]["per_class"]["anomaly"]["recall"] == 1 / 2
