"""Regions of images from impulse to package, and one run an item."""

from __future__ import annotations

import importlib.util
import json
import shutil
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from ruamel.yaml import YAML

from edgewright.cli.app import run as command
from edgewright.errors import UsageError
from edgewright.report.panels import panels as report_panels
from edgewright.running import Options, Run, run_impulse
from edgewright.running.redecide import redecide
from edgewright.scoring import region_scores

from ..data.image_folders import save

if TYPE_CHECKING:
    from collections.abc import Iterator

_TINY = Path(__file__).parents[3] / "blocks/edgewright_blocks/learning/visual_anomaly/tests/networks.py"
SIDE = 48
OPTIONS = Options(runner="process", trust=True, jobs=2)
REGIONS = """    regions:
      left: {box: [0, 0, 0.5, 0.5]}
      right: {polygon: [[0.5, 0], [1, 0], [1, 0.6], [0.5, 0.5]], min-cells: 2}
"""
CELLS = """version: 1
name: lids
data: {path: data}
input: {kind: image, width: 48, height: 48}
learning:
  - id: cells
    block: visual_anomaly
    input: [input]
    params: {backbone: tiny.onnx, taps: [fine], pool-size: 1, sampling-ratio: 0.1}
    grants: {mounts: {backbone: net}}
"""

pytestmark = pytest.mark.slow


def textures(random: np.random.Generator, count: int, light: float = 128) -> Any:
    waves = light + 50 * np.sin(np.arange(SIDE)[:, None] / 3 + random.uniform(0, 6, (count, 1, 1)))
    noisy = (waves + random.normal(0, 6, (count, SIDE, SIDE))).clip(0, 255).astype(np.uint8)
    return np.repeat(noisy[..., None], 3, axis=-1)


def put(folder: Path, images: Any, spot: tuple[slice, slice] | None = None) -> None:
    for number, image in enumerate(images):
        if spot is not None:
            image[spot] = [250, 20, 20]
        save(folder / f"{number:03}.png", image)


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder, random = tmp_path_factory.mktemp("regions"), np.random.default_rng(0)
    spec = importlib.util.spec_from_file_location("tiny_networks", _TINY)
    assert spec is not None
    assert spec.loader is not None
    networks = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(networks)
    (folder / "net").mkdir()
    (folder / "net/tiny.onnx").write_bytes(networks.tiny_backbone())
    put(folder / "data/train/good", textures(random, 20))
    put(folder / "data/test/good", textures(random, 4))
    put(folder / "data/test/right", textures(random, 3), np.s_[8:24, 30:44])
    put(folder / "data/test/left", textures(random, 3), np.s_[8:24, 4:16])
    put(folder / "data/test/below", textures(random, 3), np.s_[32:44, 4:44])
    for number in range(3):  # of the left ones it is known where the defect is
        mask = np.zeros((SIDE, SIDE), np.uint8)
        mask[8:24, 4:16] = 255
        save(folder / f"data/ground_truth/left/{number:03}_mask.png", mask)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("EDGEWRIGHT_STORE", str(folder / "store"))
        yield folder


@pytest.fixture(scope="module")
def run(project: Path) -> Run:
    text = CELLS + REGIONS + "thresholds: {left: {fpr: 0.1}}\ndeployment: [{block: cpp}]\n"
    (project / "impulse.yaml").write_text(text)
    options = Options(runner="process", jobs=2, verify=True)
    return run_impulse(project / "impulse.yaml", out=project / "run", options=options)


def test_each_region_decides_by_its_own_cells_and_what_is_outside_is_ignored(run: Run) -> None:
    assert run.anomaly_nodes == run.deciding_nodes == ["left", "right"]
    assert run.threshold("left")["target_fpr"] == 0.1
    maps = run.maps("cells", "test")
    assert maps is not None
    for node in ("left", "right"):
        shape = run.params(node)
        np.testing.assert_array_equal(run.scores(node, "test"), region_scores(maps, shape))
        unseen = np.load(run.path / "outputs/cells/train_map.npy")
        np.testing.assert_array_equal(run.held_out(node), region_scores(unseen, shape))
        rows = run.decisions(node)["recordings"]
        own = [row["score"] for row in rows if row["label"] == node]
        others = [row["score"] for row in rows if row["label"] != node]
        assert min(own) > max(run.threshold(node)["value"], 2 * max(others))
    judged = {
        node: {row["label"]: row["normal"] for row in run.decisions(node)["recordings"]}
        for node in ("left", "right")
    }
    assert judged["left"] == {"good": True, "left": False, "right": False, "below": False}
    assert judged["right"] == {"good": True, "left": True, "right": False, "below": False}
    counts = run.metrics("right")["windows"]["confusion"]
    assert counts["true_positive"] + counts["false_negative"] == 6  # right, and below without masks
    left, right = run.pixels("left"), run.pixels("right")
    assert left is not None
    assert right is not None
    assert (left["regions"], left["without_mask"]) == (3, 6)
    assert left["auroc"] > 0.9
    assert left["good"] + left["defective"] == 7 * SIDE * SIDE // 4  # of the images whose defects are known
    assert right["auroc"] is None  # no mask touches it
    together = {row["name"]: row["decided"] for row in run.decisions("decision")["recordings"]}
    assert {together[f"test/{kind}/000"] for kind in ("left", "right")} == {"anomaly"}


def test_a_package_decides_by_the_same_regions(run: Run) -> None:
    found = run.verification("cpp")
    assert found is not None
    assert found["ok"] is True
    assert set(found["nodes"]) == {"cells", "left", "right"}
    folder = run.path / "outputs/assemble/impulse"
    document = json.loads((folder / "deployment.json").read_text())
    nodes = {node["id"]: node for node in document["nodes"]}
    assert "threshold" not in nodes["cells"]
    assert nodes["right"]["inputs"] == ["cells"]
    low, high = run.map_scale("right")
    assert nodes["cells"]["map_scale"] == {"low": low, "high": high}
    decisions = json.loads((folder / "selftest/decisions.json").read_text())
    assert any(entry["nodes"]["right"]["anomalous"] for entry in decisions)
    assert not any(entry["nodes"]["cells"]["anomalous"] for entry in decisions)


def test_regions_are_drawn_scored_and_given_thresholds(
    run: Run, project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    document = report_panels(run)
    assert document["problems"] == []
    panels = {panel["id"]: panel["data"] for panel in document["panels"]}
    assert "images-cells" not in panels
    assert panels["images-left"]["region"]["cells"] == [0, 1, 2, 6, 7, 8, 12, 13, 14]
    assert panels["images-right"]["region"]["corners"][0] == [0.5, 0]
    assert panels["images-right"]["same_scale"]
    trust = ["--runner", "process", "--trust"]
    assert command(["score", str(run.path), str(project / "data/test/right/000.png"), "--json", *trust]) == 0
    scored = json.loads(capsys.readouterr().out)
    assert "right" in scored["decision"]["nodes"]
    assert set(scored["nodes"]) == {"left", "right"}
    raised = redecide(run, "right", {"method": "manual", "value": 1e6}, out=project / "raised")
    assert raised.metrics("right")["windows"]["recall"] == 0
    assert raised.metrics("left") == run.metrics("left")
    with pytest.raises(UsageError, match="'cells' is no anomaly node"):
        redecide(run, "cells", {"method": "manual", "value": 1.0}, out=project / "none")


def test_strict_size_refuses_new_images_of_another_size(
    run: Run, project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    save(project / "other/large.png", np.full((96, 96, 3), 99, np.uint8))
    words = ["score", str(run.path), str(project / "other"), "--runner", "process"]
    assert command(words) == 0
    assert (
        "1 image(s) of 96 × 96, a size that was not learned from, are brought to 48 × 48"
        in capsys.readouterr().err
    )
    strict = project / "strict"
    shutil.copytree(run.path, strict, symlinks=True)
    text = (strict / "impulse.yaml").read_text().replace("height: 48", "height: 48, strict-size: true")
    (strict / "impulse.yaml").write_text(text)
    for kind in (
        ["score", str(strict), str(project / "other")],
        ["test", str(strict), "--data", str(project / "other")],
    ):
        assert command([*kind, "--runner", "process"]) != 0
        assert (
            "large is 96 × 96, and strict-size allows only what was learned from: 48 × 48"
            in capsys.readouterr().err
        )


def test_each_item_gets_a_run_of_its_own(
    project: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """With regions of a block that can't score its training as if unseen: its folds' maps are read."""
    random = np.random.default_rng(5)
    for item, light in (("bottle", 70), ("Cable 2", 180)):
        put(tmp_path / "data/good" / item, textures(random, 12, light))
        put(tmp_path / "data/bad" / item, textures(random, 3, light), np.s_[8:24, 4:16])
    put(tmp_path / "data/bad/screw", textures(random, 1))
    shutil.copytree(str(files("edgewright.blocks_init") / "visual"), tmp_path / "visual")
    text = f"""version: 1
name: things  # of all sorts
data: {{path: data, per: metadata.item}}
input: {{kind: image, width: 48, height: 48}}
learning:
  - id: cells
    block: ./visual
    input: [input]
    params: {{cell: 8}}
{REGIONS}"""
    (tmp_path / "impulse.yaml").write_text(text)
    with pytest.raises(UsageError, match="this impulse is several runs"):
        run_impulse(tmp_path / "impulse.yaml", out=tmp_path / "one", options=OPTIONS)
    words = [
        "run",
        str(tmp_path / "impulse.yaml"),
        "-o",
        str(tmp_path / "runs"),
        "--runner",
        "process",
        "--trust",
    ]
    assert command([*words, "--json"]) == 0
    printed = capsys.readouterr()
    assert "1 file(s) belong to no item that has normal ones" in printed.err
    made = json.loads(printed.out)["runs"]
    assert list(made) == ["Cable 2", "bottle"]
    bottle = Run(tmp_path / "runs/bottle")
    assert {sample["metadata"]["item"] for sample in bottle.samples} == {"bottle"}
    impulse = YAML().load((bottle.path / "impulse.yaml").read_text())
    assert (impulse["name"], dict(impulse["data"])) == (
        "things-bottle",
        {"path": "data", "where": {"item": "bottle"}},
    )
    assert "# of all sorts" in (bottle.path / "impulse.yaml").read_text()
    for node, scores in (("left", bottle.held_out("left")), ("right", bottle.held_out("right"))):
        assert scores is not None
        assert len(scores) == sum(sample["split"] == "training" for sample in bottle.samples)
        assert run_fold_scores(bottle, node) == pytest.approx(sorted(scores))
    (tmp_path / "impulse.yaml").write_text(text.replace("metadata.item", "metadata.machine"))
    assert command(words) != 0
    assert "no file to learn from has metadata 'machine'" in capsys.readouterr().err


def run_fold_scores(run: Run, node: str) -> list[float]:
    """Scores of a region by the maps of the folds, which the store holds."""
    from edgewright.store import Store

    scores: list[float] = []
    for task in run.record["tasks"]:
        if task["id"].startswith("cells/score/fold-"):
            entry = Store().lookup(task["key"])
            assert entry is not None
            scores += region_scores(np.load(entry.file("map")), run.params(node)).tolist()
    return sorted(scores)


def test_new_images_that_cannot_be_read_are_named_and_the_others_scored(
    run: Run, project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    put(project / "fresh", textures(np.random.default_rng(9), 2))
    (project / "fresh/cut.png").write_bytes((project / "fresh/000.png").read_bytes()[:200])
    four = np.dstack([textures(np.random.default_rng(8), 1)[0], np.full((SIDE, SIDE), 9, np.uint8)])
    save(project / "fresh/glass.png", four)
    assert command(["score", str(run.path), str(project / "fresh"), "--json", "--runner", "process"]) == 1
    printed = capsys.readouterr()
    scored = [json.loads(line)["file"] for line in printed.out.splitlines()]
    assert scored == [str(project / f"fresh/{name}.png") for name in ("000", "001", "glass")]
    assert f"not scored: {project}/fresh/cut.png: can't be read as an image" in printed.err
    assert "glass.png: has transparent pixels" in printed.err
    assert command(["score", str(run.path), str(project / "fresh/cut.png"), "--runner", "process"]) == 2
    told = capsys.readouterr().err
    assert "cut.png: can't be read as an image" in told
    assert "mend or remove the file; `edgewright data show" in told
    assert "skip-bad" not in told
