"""Whole projects: what is written loads, runs where all came along, and names what did not."""

from __future__ import annotations

import json
import zipfile

import numpy as np
import pytest

from edgewright.errors import DataError, EdgewrightError, UsageError
from edgewright.running.session import load
from edgewright_specs.loading import load_impulse, parse_impulse
from edgewright_specs.problems import SpecError

from . import exports


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def fates(imported, fate):
    return "\n".join(f"{note.what}: {note.why} → {note.do}" for note in imported.notes.of(fate))


def test_a_whole_project_keeps_window_block_settings_and_clusters(bring, project, plugins):
    done = bring(project)
    impulse, processing, learning, _ = load(done.folder / "impulse.yaml", done.folder, plugins)
    assert done.runs
    assert impulse.name == "Pump-7-motion"
    assert (impulse.input.frequency, impulse.input.window_ms, impulse.input.stride_ms) == (62.5, 2000, 240)
    assert impulse.input.pad
    assert processing[0].block.name == "spectral_analysis"
    assert processing[0].params["fft-length"] == 32
    assert learning[0].params["clusters"] == 4
    assert impulse.data.normal == ["idle", "wave"]
    assert impulse.data.abnormal == "rest"
    assert "value: 0.3" in done.text
    assert "Classification" in fates(done, "changed")
    assert [node.block.name for node in learning] == ["kmeans", "neural_network"]
    assert "500 ms" in fates(done, "left")
    assert (done.folder / "imported.md").read_text().startswith("# What was imported from export")


def test_the_features_chosen_by_number_are_named_by_our_labels(bring, project, plugins):
    from edgewright.face import open_block

    done = bring(project)
    chosen = load_impulse(done.folder / "impulse.yaml").learning[0].params["features"]
    with open_block("spectral_analysis", runner="process", plugins=plugins) as block:
        window = {"kind": "time-series", "length": 125, "axes": exports.AXES, "frequency": 62.5}
        labels = block.describe(window, {"fft-length": 32})["labels"]
    assert chosen == [labels[axis] for axis in (0, 13, 26)]


def test_it_runs_unedited(bring, project, tmp_path):
    from edgewright.running import Options, run_impulse
    from edgewright.store import Store

    done = bring(project)
    run = run_impulse(
        done.folder / "impulse.yaml", runs=tmp_path / "runs", options=Options(runner="process"),
        store=Store(tmp_path / "store"),
    )  # fmt: skip
    assert run.record["status"] == "ok"
    assert {sample["split"] for sample in run.samples} == {"training", "test"}
    assert run.metrics("anomaly")["recordings"]["auroc"] == 1.0


def test_recordings_stay_where_they_are_unless_copied(bring, project, tmp_path):
    referenced = load_impulse(bring(project).folder / "impulse.yaml")
    assert (tmp_path / "out" / referenced.data.path).resolve() == project.resolve()
    copied = bring(project, out=tmp_path / "copied", copy=True)
    assert load_impulse(copied.folder / "impulse.yaml").data.path == "data"
    kept = {path.name for path in (copied.folder / "data" / "training").iterdir()}
    assert kept == {path.name for path in (project / "training").iterdir()}
    assert (copied.folder / "data" / "info.labels").is_file()


def test_a_zip_of_the_data_alone_gets_what_init_would_propose(bring, tmp_path):
    root = exports.data_export(tmp_path / "export")
    with zipfile.ZipFile(tmp_path / "pump.zip", "w") as archive:
        for path in sorted(root.rglob("*")):
            archive.write(path, path.relative_to(root))
    done = bring(tmp_path / "pump.zip")
    impulse = load_impulse(done.folder / "impulse.yaml")
    assert done.recordings == 17
    assert impulse.data.path == "data"
    assert [node.block for node in impulse.processing] == ["spectral_analysis"]
    assert [node.block for node in impulse.learning] == ["kmeans"]
    assert "blocks and parameters were chosen" in fates(done, "left")
    assert names(tmp_path) == ["export", "out", "pump.zip"]


def test_a_single_recording_is_only_itself(bring, tmp_path):
    root = exports.data_export(tmp_path / "export")
    file = next((root / "training").iterdir())
    done = bring(file)
    assert done.recordings == 1
    assert load_impulse(done.folder / "impulse.yaml").data.path.endswith(file.name)


def test_a_name_that_says_normal_decides_what_is_normal(bring, tmp_path):
    exports.data_export(tmp_path / "export", {"normal": 0.1, "wave": 1.0})
    impulse = load_impulse(bring(tmp_path / "export").folder / "impulse.yaml")
    assert impulse.data.normal == ["normal"]


def test_an_impulse_alone_names_the_missing_recordings(bring, save):
    done = bring(save("impulse.json", {"success": True, "impulse": exports.impulse()}))
    assert not done.runs
    assert load_impulse(done.folder / "impulse.yaml").data.path == "data"
    assert "the recordings" in fates(done, "left")
    assert "the defaults are used" in fates(done, "changed")


def test_settings_from_the_api_come_along(bring, save, tmp_path):
    save("impulse.json", exports.impulse())
    items = [{"param": "fft-length", "value": 64}, {"param": "do-log", "value": "false"}]
    save("dsp.json", {"success": True, "dsp": {"id": 3}, "config": [{"group": "Analysis", "items": items}]})
    node = load_impulse(bring(tmp_path / "export").folder / "impulse.yaml").processing[0]
    assert node.params["fft-length"] == 64
    assert node.params["do-log"] is False


def test_what_has_no_counterpart_is_a_comment_that_loads_once_uncommented(bring, save, tmp_path):
    blocks = [
        {"id": 3, "type": "organization", "title": "Our filter", "axes": ["accX"], "organization": {"id": 7, "dspId": 1}},
        {"id": 4, "type": "custom", "title": "At home", "axes": ["accX"], "customUrl": "http://10.0.0.1:4446"},
        {"id": 8, "type": "hrv", "title": "Heart", "axes": ["accY"]},
    ]  # fmt: skip
    learn = [
        {"id": 9, "type": "anomaly", "title": "Anomaly", "dsp": [3]},
        {"id": 10, "type": "keras-regression", "title": "Regression", "dsp": [3]},
    ]
    save("impulse.json", exports.impulse(dspBlocks=blocks, learnBlocks=learn))
    done = bring(tmp_path / "export")
    impulse = load_impulse(done.folder / "impulse.yaml")
    assert [node.id for node in impulse.processing] == ["stand_in"]
    assert impulse.learning == []
    assert not done.runs
    left = fates(done, "left")
    for name in ("Our filter", "At home", "http://10.0.0.1:4446", "Heart", "Anomaly", "Regression"):
        assert name in left
    assert "./our_filter" in left
    uncommented = "\n".join(
        line[2:] if line.startswith(("# processing:", "# learning:", "#   -", "#     ")) else line
        for line in done.text.splitlines()
    )
    whole = parse_impulse(uncommented)
    assert [node.block for node in whole.processing if node.id != "stand_in"] == [
        "./our_filter",
        "./at_home",
        "hrv",
    ]
    assert [node.id for node in whole.learning] == ["anomaly", "keras_regression"]


def test_a_gaussian_mixture_is_trained_anew_with_components_features_and_score_of_theirs(
    bring, save, tmp_path, plugins
):
    learn = [{"id": 5, "type": "anomaly-gmm", "name": "GMM", "title": "Anomaly Detection (GMM)", "dsp": [3]}]
    save("deployment-metadata.json", exports.deployment_metadata(learnBlocks=learn))
    mixture = {
        "axes": [0, 13],
        "weights": [0.5, 0.25, 0.25],
        "means": [[0, 0]] * 3,
        "covariances": [[[1, 0], [0, 1]]] * 3,
    }
    save("gmm.json", mixture)
    exports.data_export(tmp_path / "export")
    done = bring(tmp_path / "export")
    _, _, learning, _ = load(done.folder / "impulse.yaml", done.folder, plugins)
    assert done.runs
    (node,) = learning
    assert node.block.name == "gmm"
    assert (node.params["components"], node.params["score"], node.params["covariance"]) == (
        3,
        "absolute-z",
        "full",
    )
    assert len(node.params["features"]) == 2


def test_an_older_version_of_a_block_is_told(bring, save):
    document = exports.deployment_metadata()
    document["impulse"]["dspBlocks"][0]["implementationVersion"] = 2
    done = bring(save("deployment-metadata.json", document))
    assert "version 2" in fates(done, "changed")


def test_settings_that_our_block_refuses_leave_it_a_comment(bring, save):
    options = {"analysis-type": "Nonsense", "fft-length": "17", "unheard-of": 1}
    done = bring(save("deployment-metadata.json", exports.deployment_metadata(options)))
    left = fates(done, "left")
    assert "unheard-of" in left
    assert "Nonsense" in left
    assert "refuses its settings" in left
    assert [node.id for node in load_impulse(done.folder / "impulse.yaml").processing] == ["stand_in"]


def test_images_and_further_inputs(bring, save):
    blocks = [
        {"id": 1, "type": "image", "title": "Images", "imageWidth": 96, "imageHeight": 64, "resizeMode": "fit-short"},
        {"id": 2, "type": "time-series", "title": "Motion", "windowSizeMs": 1000},
    ]  # fmt: skip
    image = {"id": 3, "type": "image", "title": "Image", "axes": ["image"], "metadata": {"dspConfig": {"options": {"channels": "RGB"}}}}  # fmt: skip
    done = bring(save("impulse.json", exports.impulse(inputBlocks=blocks, dspBlocks=[image], learnBlocks=[])))
    section = load_impulse(done.folder / "impulse.yaml").input
    assert (section.kind, section.width, section.height) == ("image", 96, 64)
    assert (section.channels, section.resize) == ("rgb", "fit-shortest")
    assert "Motion" in fates(done, "left")


def test_axes_that_no_recording_has_are_named(bring, project, tmp_path, save):
    document = exports.deployment_metadata()
    document["impulse"]["dspBlocks"][0]["axes"] = ["accX", "gyrX"]
    save("deployment-metadata.json", document)
    done = bring(project)
    assert "gyrX" in fates(done, "left")
    impulse = load_impulse(done.folder / "impulse.yaml")
    assert impulse.input.axes == impulse.processing[0].axes == ["accX"]


def test_hostile_names_stay_text(bring, save):
    name = "x\nprocessing: [evil]\n# </comment> `rm -rf` *bold* [l](http://x) \x1b[31m\u202e"
    document = exports.deployment_metadata()
    document["project"]["name"] = name
    document["impulse"]["dspBlocks"][0]["title"] = name
    document["impulse"]["dspBlocks"][0]["axes"] = ["no", "a: b", "{c}"]
    done = bring(save("deployment-metadata.json", document))
    impulse = load_impulse(done.folder / "impulse.yaml")
    assert len(impulse.processing) == 1
    assert impulse.input.axes == ["no", "a: b", "{c}"]
    assert "\x1b" not in done.text
    assert "\n# </comment>" not in (done.folder / "imported.md").read_text()


@pytest.mark.parametrize("seed", range(16))
def test_damaged_documents_are_answered_or_imported_never_a_traceback(bring, save, seed, tmp_path):
    random = np.random.default_rng(seed)
    document = json.loads(json.dumps(exports.deployment_metadata()))
    junk = [None, 0, -1, 1e400, True, "", "x", [], {}, [[]], [{}], {"id": "x"}, float("nan")]

    def damage(value):
        if random.random() < 0.06:
            return junk[random.integers(len(junk))]
        if isinstance(value, dict):
            return {key: damage(item) for key, item in value.items()}
        return [damage(item) for item in value] if isinstance(value, list) else value

    path = save("deployment-metadata.json", damage(document))
    try:
        done = bring(path)
    except (EdgewrightError, SpecError):
        assert not (tmp_path / "out").exists()
    else:
        load_impulse(done.folder / "impulse.yaml")


def test_nothing_is_left_behind_where_it_fails(bring, save, tmp_path):
    with pytest.raises(DataError, match="nothing of a project"):
        bring(save("x.json", {"a": 1}))
    tables = exports.clusters()
    tables["mean"].pop()
    with pytest.raises(DataError, match="don't fit together"):
        bring(save("x.json", tables))
    assert names(tmp_path) == ["export"]


def test_what_is_there_is_not_touched(bring, save, tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "mine.txt").write_text("mine")
    with pytest.raises(UsageError, match="is not empty"):
        bring(save("impulse.json", exports.impulse()))
    assert names(tmp_path / "out") == ["mine.txt"]


def test_two_impulses_are_refused(bring, save, tmp_path):
    save("a.json", exports.impulse())
    save("b.json", exports.impulse(learnBlocks=[]))
    with pytest.raises(DataError, match="more than one impulse"):
        bring(tmp_path / "export")


@pytest.mark.parametrize("name", ["../evil.json", "/evil.json", "a/../../evil.json", "."])
def test_an_archive_can_write_nowhere_else(bring, tmp_path, name):
    with zipfile.ZipFile(tmp_path / "evil.zip", "w") as archive:
        archive.writestr(name, "{}")
    with pytest.raises(DataError, match="would lie outside"):
        bring(tmp_path / "evil.zip")
    assert names(tmp_path) == ["evil.zip"]


def test_an_archive_that_swells_is_refused(bring, tmp_path, monkeypatch):
    monkeypatch.setattr("edgewright.moving.unpacking.ALWAYS_FINE", 1 << 20)
    with zipfile.ZipFile(tmp_path / "bomb.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("training/a.json", b"0" * (1 << 22), compresslevel=9)
    with pytest.raises(DataError, match="would become 1 files of 4194304 bytes"):
        bring(tmp_path / "bomb.zip")
    (tmp_path / "broken.zip").write_bytes(b"PK\x03\x04 no archive")
    with pytest.raises(DataError, match="can't be unpacked"):
        bring(tmp_path / "broken.zip")
    assert names(tmp_path) == ["bomb.zip", "broken.zip"]


@pytest.mark.parametrize("members", [("a", "a/b/c"), ("x" * 300,)])
def test_an_archive_that_no_disk_holds_is_refused(bring, tmp_path, members):
    with zipfile.ZipFile(tmp_path / "odd.zip", "w") as archive:
        for member in members:
            archive.writestr(member, "{}")
    with pytest.raises(DataError, match=r"can't be unpacked|would lie outside"):
        bring(tmp_path / "odd.zip")
    assert names(tmp_path) == ["odd.zip"]


def test_an_archive_whose_sizes_can_t_be_trusted_is_refused(bring, tmp_path):
    with zipfile.ZipFile(tmp_path / "odd.zip", "w", zipfile.ZIP_LZMA) as archive:
        archive.writestr("a.json", bytes(1 << 20))
    with pytest.raises(DataError, match="neither stored nor deflated"):
        bring(tmp_path / "odd.zip")
