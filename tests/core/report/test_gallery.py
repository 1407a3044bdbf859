"""The gallery of images: all of 2000 within the page's size, and what an image's worst place was compared with."""

from __future__ import annotations

import json
import re

import numpy as np
import pytest

from edgewright.cli.app import run as command
from edgewright.report import gallery
from edgewright.report.page import MAX_BYTES, render, run_info
from edgewright.report.panels import panels
from edgewright.running.run import Run
from edgewright.scoring import (
    choose,
    classification_metrics,
    decisions_document,
    metrics_document,
    predictions_document,
    table,
    threshold_document,
)

SIDE, GRID = 224, 28
TRAINING, NORMAL = 5, 0.9


def write_image_run(folder, count, *, pictures=24):
    """A run over ``count`` test images, each one of a few noisy photographs; one in ten is abnormal."""
    random = np.random.default_rng(5)
    coarse = random.integers(40, 200, (pictures, 28, 28, 3)).repeat(8, axis=1).repeat(8, axis=2)
    signal = (coarse + random.normal(0, 12, coarse.shape)).clip(0, 255).astype(np.uint8)
    samples = [
        {
            "name": f"image_{number}", "file": f"{number}.png", "label": "good", "split": "training", "normal": True,
            "offset": number % pictures, "length": 1, "group": None, "metadata": {}, "mask": None,
        }
        for number in range(TRAINING + count)
    ]  # fmt: skip
    for sample in samples[TRAINING:]:
        sample["split"] = "test"
        if random.random() > NORMAL:
            sample |= {"label": "scratch", "normal": False}
    index = np.array(
        [(number, sample["offset"], 1) for number, sample in enumerate(samples)],
        dtype=[("sample", "i4"), ("start", "i8"), ("valid", "i4")],
    )
    data, node = folder / "outputs/data", folder / "outputs/cells"
    data.mkdir(parents=True)
    node.mkdir()
    np.save(data / "signal.npy", signal)
    np.save(data / "index.npy", index)
    put(data / "samples.json", samples)
    splits = {
        "training": [0, TRAINING],
        "calibration": [TRAINING, TRAINING],
        "test": [TRAINING, len(samples)],
    }
    put(
        data / "windows.json",
        {
            "splits": splits,
            "length": 1,
            "stride": 1,
            "axes": [],
            "frequency": 1.0,
            "resize": "squash",
            "kind": "image",
            "width": SIDE,
            "height": SIDE,
            "channels": 3,
        },
    )
    maps = random.normal(3, 0.4, (count, GRID, GRID)).astype(np.float32)
    odd = np.array([not sample["normal"] for sample in samples[TRAINING:]])
    maps[odd, 9, 20] += 3
    scores = maps.reshape(count, -1).max(axis=1)
    nearest = np.tile(np.array([[3, 27, 2]], np.int32), (count, 1))
    nearest[0] = [-7, 0, 0]
    for name, values in (("map", maps), ("scores", scores), ("nearest", nearest)):
        np.save(node / f"{name}-test-0.npy", values)
    np.save(node / "assignment.npy", np.array([0, -2, 0, 1, 1], np.int32))
    held = random.normal(4, 0.4, 60)
    threshold = choose("held-out", held_out=held, training=held, labelled=None, truth=None, fpr=0.05)
    document = threshold_document(threshold, table(held), held_out=held, training=held)
    decisions = decisions_document(
        scores, {"sample": index["sample"][TRAINING:], "start": np.zeros(count, int)}, samples,
        document["value"], table(held), split="test", method="max",
    )  # fmt: skip
    put(node / "scale.json", {"low": 2.0, "high": 5.0})
    put(node / "threshold.json", {"node": "cells", "on_test": False, "smoothing": 0.0, **document})
    put(node / "decisions.json", decisions)
    put(node / "metrics.json", metrics_document(decisions, samples, threshold, seed=1))
    put(node / "description.json", {"kind": "anomaly", "outputs": ["scores", "map", "nearest"]})
    put(
        folder / "run.json",
        {
            "name": "surfaces", "status": "ok", "tasks": [],
            "nodes": [{"id": "cells", "type": "learning", "block": "visual_anomaly", "inputs": ["input"]}],
        },
    )  # fmt: skip
    return Run(folder)


def add_classifier(run):
    """A node ``kinds`` that tells the labels of the test images apart, in int8, and takes some for another."""
    node = run.path / "outputs/kinds"
    node.mkdir()
    test = run.index[TRAINING:]
    right = np.array([run.samples[number]["label"] == "good" for number in test["sample"]])
    right[::3] ^= True
    probabilities = np.where(right[:, None], [0.8, 0.2], [0.3, 0.7]).astype(np.float32)
    classes = ["good", "scratch"]
    windows = {"sample": test["sample"], "start": np.zeros(len(test), int)}
    metrics = classification_metrics(probabilities, test["sample"], run.samples, classes)
    head = {"kind": "classification", "split": "test", "classes": classes, "calibration": {}}
    put(node / "metrics.json", {**head, **metrics})
    put(node / "decisions.json", predictions_document(probabilities, windows, run.samples, classes))
    put(node / "description.json", {**head, "outputs": ["probabilities"]})
    np.save(node / "probabilities-test-0.npy", probabilities)
    np.save(node / "in_float32-test-0.npy", probabilities[:, ::-1])
    record = run.record
    record["nodes"].append(
        {"id": "kinds", "type": "learning", "block": "neural_network", "inputs": ["pixels"]}
    )
    put(run.path / "run.json", record)
    return Run(run.path)


def put(path, document):
    path.write_text(json.dumps(document), encoding="utf-8")


def test_worst_places_stand_beside_what_they_were_compared_with(tmp_path):
    run = write_image_run(tmp_path, 12)
    images = {image["name"]: image for image in gallery.build(run, "cells")["images"]}
    assert images["image_5"]["compared"] is None  # the block named nothing that there is
    found = images["image_6"]["compared"]
    assert found["name"] == "image_4"  # row 3 of the windows that were learned from, of which one was not
    assert found["there"]["box"] == pytest.approx([16 / 56, 48 / 56, 8 / 56, 8 / 56], abs=1e-3)
    assert run.nearest("cells", "test")[0].tolist() == [-1, 0, 0]


def texts(value):
    """All that a panel shows as words."""
    if isinstance(value, dict):
        return [text for key, one in value.items() if key not in ("picture", "data") for text in texts(one)]
    if isinstance(value, list):
        return [text for one in value for text in texts(one)]
    return [value] if isinstance(value, str) else []


def test_images_are_called_images(tmp_path, capsys):
    run = add_classifier(write_image_run(tmp_path, 40))
    found = panels(run)
    assert found["problems"] == []
    shown = {panel["id"]: panel for panel in found["panels"]}
    assert {"images-cells", "predictions-kinds", "mistakes-kinds", "precision-kinds"} < set(shown)
    wrong = [text for text in texts(found["panels"]) if re.search("window|recording", text, re.IGNORECASE)]
    assert wrong == []
    (confusion,) = shown["predictions-kinds"]["data"]["plots"]
    assert confusion["title"] == "Confusion of images"
    assert sum(map(sum, confusion["values"])) == 40
    tables = shown["predictions-kinds"]["data"]["tables"]
    assert [len({len(row) for row in table["rows"]} | {len(table["columns"])}) for table in tables] == [1] * 4
    assert command(["test", str(tmp_path)]) == 0
    printed = capsys.readouterr().out
    assert "images of" in printed
    assert not re.search("window|recording", printed)


@pytest.mark.slow
@pytest.mark.browser
def test_pairs_are_shown_where_an_image_is_judged_anomalous(browser, tmp_path):
    run = write_image_run(tmp_path, 40)
    (tmp_path / "report.html").write_bytes(render(panels(run), run_info(run)))
    page, alarms = browser.new_page(viewport={"width": 1300, "height": 900}), []
    page.set_default_timeout(60_000)  # machines that run tests are busy
    page.on("pageerror", lambda error: alarms.append(str(error)))
    page.goto((tmp_path / "report.html").as_uri())
    card = page.locator("section.card", has=page.get_by_role("heading", name="Images · cells"))
    above = run.metrics("cells")["windows"]["confusion"]
    count = above["true_positive"] + above["false_positive"]
    assert 0 < count < 40
    pairs = card.locator(".pair:visible")
    assert pairs.count() == count
    assert pairs.first.locator("p").all_inner_texts() == ["worst place", "normal: image_4"]
    calm = card.locator(".picture", has=page.locator(".chip", has_text="passed")).first
    calm.press("Enter")  # one that is enlarged shows its pair too
    assert pairs.count() == count + 1
    calm.press("Enter")
    card.locator("input[type=range]").fill("1000")
    assert pairs.count() == sum(row["normal"] is False for row in run.decisions("cells")["recordings"])
    card.get_by_label("nearest normal place").uncheck()
    assert pairs.count() == 0
    assert alarms == []
    page.close()


@pytest.mark.slow
def test_2000_images_fit_into_a_page(tmp_path, monkeypatch):
    run = write_image_run(tmp_path, 2000)
    found = panels(run)
    assert found["problems"] == []
    (data,) = [panel["data"] for panel in found["panels"] if panel["kind"] == "gallery"]
    assert (data["total"], len(data["images"])) == (2000, 2000)
    page = render(found, run_info(run))
    assert len(page) < MAX_BYTES
    (tmp_path / "report.html").write_bytes(page)

    monkeypatch.setattr(gallery, "MAX_BYTES", 2_000_000)
    few = gallery.build(run, "cells")["images"]
    assert 100 < len(few) < 400
    wrong = {row["name"] for row in run.decisions("cells")["recordings"] if row["normal"] is row["anomalous"]}
    assert wrong <= {image["name"] for image in few}
