"""An impulse over images from folder to package: features of pixels beside a block that reads the images themselves."""

from __future__ import annotations

import json
import shlex
import shutil
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from PIL import Image
from sklearn.metrics import roc_auc_score

from edgewright.cli.app import run as command
from edgewright.report.panels import panels as report_panels
from edgewright.running import Options, Run, run_impulse
from edgewright.scoring.enlarging import enlarged

from ..data.image_folders import mvtec, save

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

IMPULSE = """version: 1
name: lids
data: {path: data}
input: {kind: image, width: 24, height: 16}
processing:
  - {id: pixels, block: image, params: {channels: Grayscale}}
learning:
  - {id: clusters, block: kmeans, input: [pixels], params: {clusters: 2, features: all}}
"""
VISUAL = "  - {id: cells, block: ./visual, input: [input], params: {cell: 4}}\n"

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("lids")
    mvtec(folder / "data", training=6)
    shutil.copytree(str(files("edgewright.blocks_init") / "visual"), folder / "visual")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("EDGEWRIGHT_STORE", str(folder / "store"))
        yield folder


@pytest.fixture(scope="module")
def run(project: Path) -> Run:
    (project / "impulse.yaml").write_text(IMPULSE + VISUAL)
    options = Options(runner="process", trust=True, jobs=2)
    return run_impulse(project / "impulse.yaml", out=project / "run", options=options)


def test_maps_show_where_the_masks_are(run: Run) -> None:
    maps, masks = run.maps("cells", "test"), run.masks
    assert maps is not None
    assert masks is not None
    assert maps.shape == (8, 4, 6)
    assert run.maps("clusters", "test") is None
    assert run.metrics("cells")["windows"]["auroc"] == 1.0
    first, last = run.rows("test")
    found = 0
    for row, cells in zip(range(first, last), maps, strict=True):
        sample = run.samples[run.index["sample"][row]]
        assert run.window(row).dtype == np.uint8
        if sample["mask"] is not None:
            hottest = np.unravel_index(cells.argmax(), cells.shape)
            cell = masks[sample["mask"]].reshape(4, 4, 6, 4).any(axis=(1, 3))
            assert cell[hottest]
            found += 1
    assert found == 4


def test_maps_are_held_against_masks_pixel_by_pixel(run: Run) -> None:
    found, maps, masks = run.pixels("cells"), run.maps("cells", "test"), run.masks
    assert found is not None
    assert maps is not None
    assert masks is not None
    assert run.pixels("clusters") is None
    first, last = run.rows("test")
    places = [run.samples[run.index["sample"][row]]["mask"] for row in range(first, last)]
    truth = np.stack([np.zeros((16, 24), bool) if place is None else masks[place] for place in places])
    large = np.stack([enlarged(cells, 16, 24) for cells in maps])
    assert found["auroc"] == pytest.approx(roc_auc_score(truth.ravel(), large.ravel()), abs=1e-9)
    assert [one["limit"] for one in found["aupro"]] == [0.3, 0.05]
    assert 1 >= found["aupro"][0]["value"] > found["aupro"][1]["value"] > 0
    assert (found["images"], found["without_mask"], found["defective"]) == (8, 0, truth.sum())
    assert run.metrics("cells")["windows"]["f1_max"] == 1.0


def test_files_are_scored_as_in_the_run(run: Run, project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    trust = ["--runner", "process", "--trust"]
    worst = run.decisions("cells")["recordings"][0]
    assert worst["anomalous"], worst
    file = project / f"data/{worst['name']}.png"
    words = ["score", str(run.path), str(file), "--json", "--overlays", str(project / "heat"), *trust]
    assert command(words) == 0
    scored = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert scored["overlays"] == {"cells": str(project / "heat" / file.name)}
    drawn = np.asarray(Image.open(project / "heat" / file.name))
    assert drawn.shape == (18 * 16, 18 * 24, 3)
    white = bool((drawn == 255).all(axis=2).any())  # the border around what is above the threshold
    assert white
    for node in ("clusters", "cells"):
        decisions = run.decisions(node)
        (there,) = [row for row in decisions["recordings"] if row["name"] == worst["name"]]
        assert scored["nodes"][node]["score"] == pytest.approx(there["score"], abs=1e-6)
    save(project / "other/tall.png", np.asarray(Image.open(file))[:, :8])
    assert command(["score", str(run.path), str(project / "other"), *trust]) == 0
    printed = capsys.readouterr()
    assert "tall is 8 × 16: the run has seen no image of such proportions" in printed.err
    assert " s " not in printed.out.splitlines()[0]  # an image has no time
    words = [str(run.path), str(run.path), str(file.parent), "--node", "cells", "--other-node", "cells"]
    assert command(["compare", *words, *trust]) == 0
    assert "0 of 4 decided otherwise" in capsys.readouterr().out


def test_the_report_shows_images(run: Run) -> None:
    document = report_panels(run)
    assert document["problems"] == []
    panels = {panel["id"]: panel["data"] for panel in document["panels"]}
    assert panels["data"]["image"] == {"width": 24, "height": 16, "channels": 3, "resize": "squash"}
    shown: list[Any] = [signal["picture"] for signal in panels["data"]["signals"]]
    assert all(picture.startswith("iVBORw0KGgo") for picture in shown)
    gallery = panels["images-cells"]
    assert (gallery["grid"], gallery["same_scale"], len(gallery["images"])) == ([4, 6], True, 8)
    assert [image["mask"] is not None for image in gallery["images"]] == [True] * 4 + [False] * 4
    scores = [image["score"] for image in gallery["images"]]
    assert scores == sorted(scores, reverse=True)
    assert panels["images-clusters"]["grid"] is None


@pytest.mark.browser
def test_the_gallery_gives_scores_of_places_and_the_command_that_decides_as_it_shows(
    browser: Any, run: Run, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page, alarms = browser.new_page(viewport={"width": 1300, "height": 900}, has_touch=True), []
    page.set_default_timeout(60_000)  # machines that run tests are busy
    page.on("pageerror", lambda error: alarms.append(str(error)))
    page.goto((run.path / "report.html").as_uri())
    scores = page.locator(
        "section.card", has=page.get_by_role("heading", name="Scores and threshold · cells")
    )
    assert scores.locator(".confusion figcaption").all_inner_texts() == ["images 4 normal, 4 abnormal"]
    assert " of 4 images caught" in page.locator(".key-number").all_inner_texts()[5]
    card = page.locator("section.card", has=page.get_by_role("heading", name="Images · cells"))
    assert "based on 6 held-out normal images" in card.inner_text()

    maps, (first, last) = run.maps("cells", "test"), run.rows("test")
    assert maps is not None
    names = [str(run.samples[run.index["sample"][row]]["name"]) for row in range(first, last)]
    figure = card.locator(".picture").first
    cells = maps[names.index(figure.locator("figcaption").inner_text())]
    said, picture = figure.locator(".told").last, figure.locator(".layers")
    figure.press("ArrowRight")
    assert said.inner_text().startswith(f"here {cells.max():.3g} ")
    figure.press("Escape")
    assert said.inner_text().startswith("score ")
    box = picture.bounding_box()
    corner = {"x": box["width"] * 0.99, "y": box["height"] * 0.99}
    for ask in (picture.hover, picture.tap):
        ask(position=corner)
        assert said.inner_text().startswith(f"here {cells[-1, -1]:.3g} ")
    assert figure.get_attribute("aria-expanded") == "false"

    slider, warning = card.locator("input[type=range]"), card.locator(".warn")
    assert warning.is_hidden()
    slider.fill("900")
    assert warning.inner_text().startswith("Chosen on the test set: these metrics are optimistic.")
    assert card.locator(".picture.wrong").count() > 0
    assert card.locator(".picture").first.locator(".chip").inner_text() == "missed"
    missed = card.locator(".chip", has_text="missed").count()
    text = warning.locator("code").inner_text()
    monkeypatch.chdir(project)  # where the impulse is
    assert command([*shlex.split(text)[1:], "-o", "again"]) == 0
    metrics = Run(project / "again").metrics("cells")
    assert metrics["windows"]["confusion"]["false_negative"] == missed
    assert metrics["threshold_chosen_on_test"] is True
    card.get_by_role("button", name="Reset").click()
    assert warning.is_hidden()
    assert alarms == []
    page.close()


def test_it_deploys_and_an_unchanged_impulse_runs_nothing(run: Run, project: Path) -> None:
    assert run.path.is_dir()
    (project / "device.yaml").write_text(IMPULSE + "deployment:\n  - {block: cpp}\n")
    options = Options(runner="process", jobs=2, verify=True)
    deployed = run_impulse(project / "device.yaml", out=project / "device", options=options)
    found = deployed.verification("cpp")
    assert found is not None
    assert found["ok"] is True
    assert found["windows"] == 8
    again = run_impulse(project / "device.yaml", out=project / "again", options=options)
    assert {task["status"] for task in again.record["tasks"]} == {"hit"}


def test_blocks_that_do_not_fit_are_refused(project: Path, capsys: pytest.CaptureFixture[str]) -> None:

    for text, message in (
        (IMPULSE.replace("block: image, params: {channels: Grayscale}", "block: raw"), "takes signals"),
        (IMPULSE + VISUAL.replace("[input]", "[pixels]"), "reads the windows themselves"),
        (IMPULSE.replace("input: [pixels]", "input: [input]"), "is not a processing node"),
        (IMPULSE.replace("block: image,", "block: image, axes: [red],"), "images have none"),
        (IMPULSE.replace(", height: 16", ""), 'lacks "height"'),
    ):
        (project / "bad.yaml").write_text(text)
        words = [
            "run",
            str(project / "bad.yaml"),
            "-o",
            str(project / "bad"),
            "--runner",
            "process",
            "--trust",
        ]
        assert command(words) != 0
        assert message in capsys.readouterr().err


def test_of_one_normal_image_a_threshold_can_be_set_but_none_held_out(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    mvtec(project / "single/data", training=1)
    file = project / "single.yaml"
    text = IMPULSE.replace("path: data", "path: single/data").replace("clusters: 2", "clusters: 1") + VISUAL
    file.write_text(
        text + "thresholds:\n  clusters: {method: manual, value: 1}\n  cells: {method: manual, value: 3}\n"
    )
    options = Options(runner="process", trust=True, jobs=2)
    run = run_impulse(file, out=project / "single/run", options=options)
    for node in ("clusters", "cells"):  # one scores its training itself, of the other folds are left out
        threshold = run.threshold(node)
        assert threshold["held_out_fpr"] is None
        assert threshold["quantiles"]["n"] == 0
        assert "learned from one window alone" in threshold["notes"][0]
        assert set(run.decisions(node)["windows"]["p"]) == {1.0}
    assert run.map_scale("cells") is not None
    assert report_panels(run)["problems"] == []
    file.write_text(text)
    assert (
        command(["run", str(file), "-o", str(project / "single/none"), "--runner", "process", "--trust"]) != 0
    )
    words = ["deploy", str(project / "single/none"), "--target", "cpp", "-o", str(project / "single/package")]
    capsys.readouterr()
    assert command(words) == 2
    assert "has no model or no threshold" in capsys.readouterr().err
    assert command(["threshold", str(run.path), "--node", "cells", "--method", "held-out"]) == 2
    assert "no held-out normal score" in (said := capsys.readouterr().err)
    assert "method: manual" in said
