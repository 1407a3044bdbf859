"""A run folder in the layout of docs/architecture.md, small but real: signals, features, clusters, scores, decisions."""

from __future__ import annotations

import json
import shutil
from base64 import b64encode

import numpy as np
import pytest

from edgewright.running.run import Run
from edgewright.scoring import (
    choose,
    decisions_document,
    make_folds,
    metrics_document,
    table,
    threshold_document,
)
from edgewright.scoring.importance import importance_document

LENGTH, STRIDE, FREQUENCY, AXES = 50, 10, 25.0, ["accX", "accY", "accZ"]
LABELS = {"idle": True, "walking": True, "bearing fault": False, "loose belt": False}
HOSTILE = [
    "<img src=x onerror=alert(1)>",
    "</script><script>alert(2)</script>",
    '"><svg onload=alert(3)>',
    "<a href='javascript:alert(4)'>click</a>",
    '\x1b[31mred\x1b[0m =HYPERLINK("http://example.com")',
    "@@DATA@@ %{x} $x$ <b>bold</b>",
    "]]> <!-- --> \u2028 \u202e \ud800",
    "<img src='http://example.com/leak.png'>",
]

SVG = (
    b'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9" onload="alert(5)"><script>alert(6)</script>'
    b'<image href="http://example.com/leak.png" width="9" height="9"/></svg>'
)


def write_run(folder, *, hostile=False, labelled=True, space=True):
    """Write a run folder and return its path."""
    random = np.random.default_rng(3)
    name = (lambda i, text: f"{HOSTILE[i % len(HOSTILE)]} {text}") if hostile else (lambda i, text: text)
    samples, signals, offset = [], [], 0
    for label_number, (label, normal) in enumerate(LABELS.items()):
        for take in range(20 if normal else 8):
            length = int(random.integers(150, 260))
            t = np.arange(length) / FREQUENCY
            size = [0.3, 1.0, 1.6, 0.5][label_number] * random.normal(1, 0.08)
            rate = [0.8, 1.9, 3.1, 5.2][label_number] * random.normal(1, 0.03)
            signal = np.stack(
                [size * np.sin(2 * np.pi * rate * t + axis) * [1, 0.6, 0.4][axis] for axis in range(3)],
                axis=1,
            )
            signals.append((signal + random.normal(0, 0.12, signal.shape)).astype(np.float32))
            split = (
                ["training"] * 14 + ["calibration"] * 2 + ["test"] * 4
                if normal
                else ["calibration"] * 2 + ["test"] * 6
            )
            samples.append(
                {
                    "name": name(take, f"{label.replace(' ', '_')}_{take:02d}"), "file": f"{label}/{take}.csv",
                    "label": name(label_number, label), "split": split[take], "normal": normal if labelled else None,
                    "offset": offset, "length": length, "group": None, "metadata": {},
                }
            )  # fmt: skip
            offset += length
    signal = np.concatenate(signals)
    rows = [
        (number, start, LENGTH)
        for split in ("training", "calibration", "test")
        for number, sample in enumerate(samples)
        if sample["split"] == split
        for start in range(sample["offset"], sample["offset"] + sample["length"] - LENGTH + 1, STRIDE)
    ]
    index = np.array(rows, dtype=[("sample", "i4"), ("start", "i8"), ("valid", "i4")])
    of_split = np.array([samples[number]["split"] for number in index["sample"]])
    splits = {
        split: [int(np.flatnonzero(of_split == split)[0]), int(np.flatnonzero(of_split == split)[-1]) + 1]
        for split in ("training", "calibration", "test")
    }
    data = folder / "outputs" / "data"
    data.mkdir(parents=True)
    np.save(data / "signal.npy", signal)
    np.save(data / "index.npy", index)
    put(data / "samples.json", samples)
    info = {
        "splits": splits,
        "length": LENGTH,
        "stride": STRIDE,
        "axes": AXES,
        "frequency": FREQUENCY,
        "kind": "time-series",
    }
    put(data / "windows.json", info)

    windows = np.stack([signal[start : start + LENGTH] for start in index["start"]])
    power = np.abs(np.fft.rfft(windows, axis=1)) ** 2 / LENGTH
    bands = [power[:, a:b].sum(axis=1) for a, b in ((1, 4), (4, 8), (8, 16))]
    features = np.concatenate([windows.std(axis=1), *[np.log10(band) for band in bands]], axis=1).astype(
        np.float32
    )
    labels = [f"{axis} {what}" for what in ("RMS", "0.5–2 Hz", "2–4 Hz", "4–8 Hz") for axis in AXES]
    labels = [name(i, label) for i, label in enumerate(labels)]
    node = folder / "outputs" / "spectral"
    node.mkdir()
    put(
        node / "description.json",
        {"features": len(labels), "labels": labels, "shape": {"type": "flat"}, "dtype": "float32"},
    )
    for split, (first, last) in splits.items():
        middle = (first + last) // 2  # two chunks
        np.save(node / f"features-{split}-0.npy", features[first:middle])
        np.save(node / f"features-{split}-1.npy", features[middle:last])

    train = features[slice(*splits["training"])]
    model = fit(train)
    scores, closest = score(model, features)
    node = folder / "outputs" / "anomaly"
    node.mkdir()
    put(
        node / "description.json",
        {
            "kind": "anomaly",
            "outputs": ["scores", "contributions"],
            "contributions": labels,
            "classes": [],
            "bounded_in_sample": False,
        },
    )
    contributions = ((features - model["mean"]) / model["scale"] - model["centers"][closest]).astype(
        np.float32
    ) ** 2
    for split, (first, last) in splits.items():
        np.save(node / f"scores-{split}-0.npy", scores[first:last])
        np.save(node / f"contributions-{split}-0.npy", contributions[first:last])
    owner = index["sample"][slice(*splits["training"])]
    folds = make_folds([str(i) for i in owner], [samples[i]["label"] for i in owner], overlap=4)
    held_out = np.concatenate(
        [score(fit(train[folds.fit_rows(f)]), train[folds.held_rows(f)])[0] for f in range(folds.count)]
    )
    np.save(node / "held_out.npy", held_out)
    chosen = choose("held-out", held_out=held_out)
    quantiles = table(held_out)
    inside = scores[slice(*splits["training"])]
    put(
        node / "threshold.json",
        threshold_document(chosen, quantiles, held_out=held_out, training=inside, notes=[folds.note]),
    )
    tested = index[slice(*splits["test"])]
    offsets = np.array([sample["offset"] for sample in samples])
    decisions = decisions_document(
        scores[slice(*splits["test"])], {"sample": tested["sample"], "start": tested["start"] - offsets[tested["sample"]]},
        samples, chosen.value, quantiles,
    )  # fmt: skip
    put(node / "decisions.json", decisions)
    put(node / "metrics.json", metrics_document(decisions, samples, chosen))
    balls = [
        {"center": centre.tolist(), "radius": float(radius), "size": int(size)}
        for centre, radius, size in zip(model["centers"], model["radii"], model["sizes"], strict=True)
    ]
    plots = [
        {"kind": "lines", "title": name(1, "Convergence"), "x": {"label": "step", "values": [0, 1, 2]}, "y": {"label": "inertia"}, "series": [{"name": name(0, "inertia"), "values": [3.0, 2.0, None]}]},
        {"kind": "heatmap", "title": "Distances", "x": {"label": "a"}, "y": {"label": "b"}, "values": [[1, 2], [3, float("nan")]]},
        {"kind": "image", "title": "Picture", "width": 2, "height": 2, "channels": 1, "values": [0, 80, 160, 255]},
        {"kind": "encoded-image", "title": "Drawn", "mime": "image/svg+xml", "data": b64encode(SVG).decode()},
        {"kind": "encoded-image", "title": "Page", "mime": "text/html", "data": "PGI+"},
        {"kind": name(2, "novel"), "title": "Unknown"},
        {"kind": "lines", "title": "No series"}, {"kind": "image", "title": "Vast", "width": 1e9, "height": 1e9, "values": []},
        {"kind": "constructor", "title": "Inherited"}, ["not a plot"],
    ]  # fmt: skip
    if space:
        plots.insert(
            0,
            {
                "kind": "space",
                "title": "Clusters",
                "dimensions": labels,
                "mean": model["mean"].tolist(),
                "scale": model["scale"].tolist(),
                "balls": balls,
            },
        )
    put(node / "plots.json", {"plots": plots})
    (node / "export").mkdir()
    put(
        node / "export" / "memory.json",
        {
            "arena": 96, "weights": 400,
            "steps": [{"name": name(0, "Conv"), "kind": "conv"}, {"name": "Relu", "kind": "activation"}],
            "values": [
                {"name": "x", "offset": 0, "size": 32, "first": 0, "last": 1},
                {"name": name(1, "v0"), "offset": 32, "size": 64, "first": 1, "last": 2},
            ],
        },
    )  # fmt: skip
    package = folder / "outputs" / "cpp" / "package"
    package.mkdir(parents=True)
    (package / "model.cpp").write_text("// tables\n" * 300)
    (package / "README.md").write_text("How to build it.\n")
    put(
        folder / "outputs" / "cpp" / "verification.json",
        {
            "ok": True,
            "windows": 8,
            "compiler": name(4, "g++ 12"),
            "engines": {"wasmtime": {"ok": True, "nodes": {}}, "Node": {"ok": True, "nodes": {}}},
            "decisions_differ": [],
            "nodes": {
                name(5, "anomaly"): {"output": "scores", "largest_difference": 2.1e-6, "beyond_tolerance": 0}
            },
        },
    )
    parts = np.array([[0.05, 0.1, 0.05], [0.15, 0.2, 0.05], [0.2, 0.1, 0.1]])
    classes = [name(0, "idle"), name(1, "walking"), name(2, "novel")]
    ranking = importance_document(labels[:3], parts.sum(axis=0), parts, classes, 140)
    put(folder / "outputs" / "anomaly" / "importance.json", ranking)
    suggested = {"features": ranking["suggested"], "note": name(3, "80% of importance")}
    steps = [("data/read", "data", "hit"), ("data/index", "data", "hit"), ("spectral/describe", "spectral", "ran"), ("spectral/transform/test-0", "spectral", "ran"), ("anomaly/fit", "anomaly", "ran"), ("anomaly/threshold", "anomaly", "ran"), ("cpp/build", "cpp", "ran")]  # fmt: skip
    record = {
        "name": name(1, "pump-monitor"), "status": "ok", "started": "2026-01-31T09:12:44.120+00:00", "seconds": 12.4, "runner": "process",
        "build_id": "0123456789abcdef", "versions": {"edgewright": "0.1.0", "python": "3.11.2"},
        "tasks": [{"id": task, "node": owner_, "operation": task.split("/")[1], "status": status, "seconds": 0.31 * (i + 1), "key": "ab" * 32} for i, (task, owner_, status) in enumerate(steps)],
        "nodes": [
            {"id": "spectral", "type": "processing", "block": "spectral_analysis", "inputs": ["input"]},
            {"id": "anomaly", "type": "learning", "block": "kmeans", "inputs": ["spectral"], "suggested": suggested},
            {"id": "cpp", "type": "deployment", "block": "cpp", "inputs": []},
        ],
        "warnings": [name(0, "3 windows of walking_07 are shorter than the window and were padded")],
    }  # fmt: skip
    put(folder / "run.json", record)
    return folder


def put(path, document):
    path.write_text(json.dumps(document), encoding="utf-8")


def fit(values, clusters=10):
    """A few rounds of Lloyd's algorithm: near enough to K-means, and quick on a busy machine."""
    mean, scale = values.mean(axis=0), values.std(axis=0)
    z = (values - mean) / scale
    centers = z[np.linspace(0, len(z) - 1, clusters).astype(int)]
    for _ in range(10):
        member = np.linalg.norm(z[:, None] - centers[None], axis=2).argmin(axis=1)
        centers = np.stack(
            [z[member == c].mean(axis=0) if (member == c).any() else centers[c] for c in range(clusters)]
        )
    distance = np.linalg.norm(z[:, None] - centers[None], axis=2)
    member = distance.argmin(axis=1)
    radii = [
        np.percentile(distance[member == c, c], 99) if (member == c).any() else 0.0 for c in range(clusters)
    ]
    sizes = np.bincount(member, minlength=clusters)
    return {"mean": mean, "scale": scale, "centers": centers, "radii": np.array(radii), "sizes": sizes}


def score(model, values):
    z = (values - model["mean"]) / model["scale"]
    edge = np.linalg.norm(z[:, None] - model["centers"][None], axis=2) - model["radii"]
    return edge.min(axis=1).astype(np.float32), edge.argmin(axis=1)


@pytest.fixture(scope="session")
def plain_run(tmp_path_factory):
    return Run(write_run(tmp_path_factory.mktemp("plain")))


@pytest.fixture(scope="session")
def hostile_run(tmp_path_factory):
    return Run(write_run(tmp_path_factory.mktemp("hostile"), hostile=True))


@pytest.fixture
def make_run(tmp_path, plain_run):
    """A run folder of its own, which a test may damage."""

    def make(**options):
        folder = tmp_path / "run"
        return Run(write_run(folder, **options) if options else shutil.copytree(plain_run.path, folder))

    return make
