"""Panels as data: what each holds, what it leaves out and says so, and runs that lack something."""

from __future__ import annotations

import base64
import json
import shutil

import numpy as np
import pytest

from edgewright.report import panels
from edgewright.report.features import principal, separation
from edgewright.report.panels import plain
from edgewright.report.sampling import envelope, packed, spread


def unpack(document):
    return np.frombuffer(base64.b64decode(document["f4"]), "<f4").reshape(document["shape"])


@pytest.fixture(scope="module")
def found(plain_run):
    return {panel["id"]: panel for panel in panels(plain_run)["panels"]}


def test_all_panels_are_there_and_strict_json(plain_run, found):
    assert list(found) == [
        "data", "features-spectral", "importance-anomaly", "anomaly-anomaly", "scores-anomaly", "worst-anomaly", "mistakes-anomaly", "stream-anomaly", "plots-anomaly", "memory-anomaly", "packages"
    ]  # fmt: skip
    document = panels(plain_run)
    assert document["problems"] == []
    assert json.loads(json.dumps(document, allow_nan=False)) == document


def test_the_memory_of_a_network_is_told_with_its_fullest_step(found):
    data = found["memory-anomaly"]["data"]
    assert (data["live"], data["peak"]) == ([32, 96, 64], 1)
    assert data["steps"] == ["before the first operation", "conv · Conv", "activation · Relu"]


def test_a_packages_self_test_is_a_line_a_node(found):
    (target,) = found["packages"]["data"]["targets"]
    rows = dict(target["verification"])
    assert rows["nodes.anomaly"] == "scores: at most 2.1e-06 from Python"
    assert (rows["ok"], rows["decisions_differ"], rows["engines"]) == ("yes", "none", "wasmtime, Node")


def test_overview_counts_recordings_and_windows_by_split(found, plain_run):
    data = found["data"]["data"]
    idle = next(row for row in data["labels"] if row["label"] == "idle")
    assert idle["recordings"] == {"training": 14, "calibration": 2, "test": 4}
    assert (
        sum(sum(row["windows"].values()) for row in data["labels"]) == data["windows"] == len(plain_run.index)
    )
    assert [row["normal"] for row in data["labels"]] == [True, True, False, False]
    assert data["window_seconds"] == 2.0


def test_features_of_a_point_are_those_of_its_window(found, plain_run):
    data = found["features-spectral"]["data"]
    assert data["features"][:2] == ["accX RMS", "accY RMS"]
    assert data["features"][-1].startswith("PC 3")
    values = unpack(data["values"])
    first, last = plain_run.rows("test")
    np.testing.assert_array_equal(values[:12, first:last], plain_run.features("spectral", "test").values.T)
    assert len(data["sample"]) == values.shape[1] == data["windows"]
    limit = np.float32(plain_run.threshold("anomaly")["value"])
    assert (
        data["decision"]["anomaly"][first:last]
        == (plain_run.scores("anomaly", "test") > limit).astype(int).tolist()
    )


def test_windows_in_the_explorer_lie_at_their_score_from_the_edge(found):
    """The distance that the page shows is the one its own circles give, over all dimensions."""
    data = found["anomaly-anomaly"]["data"]
    centers, radii = unpack(data["balls"]), unpack(data["radii"])
    for sample in data["samples"]:
        places = unpack(sample["places"]).T
        edge = (np.linalg.norm(places[:, None] - centers[None], axis=2) - radii).min(axis=1)
        np.testing.assert_allclose(edge, sample["scores"], atol=1e-4)
        assert sample["flags"] == [int(score > data["threshold"]) for score in sample["scores"]]
        assert len(sample["start"]) == len(sample["p"]) == len(sample["reasons"]) == len(sample["scores"])
    assert data["samples_total"] == len(data["samples"]) == 20


def test_importance_stands_by_label_beside_what_was_chosen(found):
    data = found["importance-anomaly"]["data"]
    assert [(row["label"], row["importance"]) for row in data["features"]] == [
        ("accX RMS", pytest.approx(0.4)), ("accY RMS", pytest.approx(0.4)), ("accZ RMS", pytest.approx(0.2))
    ]  # fmt: skip
    assert data["features"][0]["parts"] == [0.05, 0.15, 0.2]
    assert data["chosen"]["features"] == data["suggested"] == ["accX RMS", "accY RMS"]
    assert data["codes"] == [1, 3, 2]  # as the explorer colours labels; it knows no "novel"
    assert data["all_features"] == 3


def test_explorer_works_without_a_cluster_space(make_run):
    data = next(p["data"] for p in panels(make_run(space=False))["panels"] if p["kind"] == "anomaly")
    assert data["has_edge"] is False
    assert unpack(data["balls"]).shape[0] == 0
    assert len(data["dimensions"]) == 12


def test_rules_carry_their_rates_on_the_test_split(found, plain_run):
    data = found["scores-anomaly"]["data"]
    rule = next(rule for rule in data["rules"] if rule["chosen"])
    assert rule["test_fpr"] == data["metrics"]["windows"]["fpr"]
    assert rule["test_recall"] == data["metrics"]["windows"]["recall"]
    assert [part["name"] for part in data["distributions"]] == [
        "held-out normal",
        "test normal",
        "test abnormal",
    ]
    curve = data["curves"]
    area = np.sum(
        np.diff(curve["fpr"]) * (np.array(curve["recall"])[1:] + np.array(curve["recall"])[:-1]) / 2
    )
    assert area == pytest.approx(data["metrics"]["windows"]["auroc"], abs=1e-6)


def test_worst_samples_are_the_extremes_of_each_side(found, plain_run):
    groups = found["worst-anomaly"]["data"]["groups"]
    rows = plain_run.decisions("anomaly")["recordings"]
    assert groups[0]["rows"][0]["score"] == max(row["score"] for row in rows if row["normal"])
    assert groups[1]["rows"][0]["score"] == min(row["score"] for row in rows if row["normal"] is False)


def test_unlabelled_runs_have_no_metrics_but_everything_else(make_run):
    document = panels(make_run(labelled=False))
    assert document["problems"] == []
    kinds = {panel["kind"]: panel["data"] for panel in document["panels"]}
    assert kinds["scores"]["metrics"]["windows"] is None
    assert kinds["worst"]["groups"][0]["title"].startswith("Unlabelled")


@pytest.mark.parametrize(
    ("missing", "gone"),
    [
        ("anomaly/threshold.json", {"scores"}),
        ("anomaly/decisions.json", {"anomaly", "scores", "worst"}),
        ("anomaly", {"anomaly", "scores", "worst", "plots"}),
        ("cpp", {"packages"}),
    ],
)
def test_a_failed_run_shows_what_it_has(make_run, missing, gone):
    run = make_run()
    path = run.path / "outputs" / missing
    shutil.rmtree(path) if path.is_dir() else path.unlink()
    document = panels(run)
    kinds = {panel["kind"] for panel in document["panels"]}
    assert not kinds & gone
    assert "overview" in kinds
    assert "features" in kinds
    if missing != "cpp":
        assert document["problems"]


def test_plugin_panels_are_added_and_a_raising_one_is_named(plain_run):
    class Good:
        name, title = "extra", "My panel"

        def build(self, run):
            return {
                "text": f"{len(run.samples)} samples",
                "tables": [{"columns": ["a"], "rows": [[float("nan")]]}],
            }

    class Absent(Good):
        name = "absent"

        def build(self, run):
            return None

    class Bad(Good):
        name = "bad"

        def build(self, run):
            raise ValueError("no luck")

    document = panels(plain_run, [Good(), Absent(), Bad()])
    assert [p["id"] for p in document["panels"] if p["id"].startswith("extra")] == ["extra-extra"]
    assert document["panels"][-1]["data"]["tables"][0]["rows"] == [[None]]
    assert document["problems"] == ["panel bad: ValueError: no luck"]


def test_plain_spells_out_what_a_page_would_obey():
    assert plain({"a\u202eb": ["\x1b[31m", float("inf"), ("x", 1)], "ok": "é\n"}) == {
        "a\\u202eb": ["\\u001b[31m", None, ["x", 1]], "ok": "é\n"
    }  # fmt: skip


def test_thinning_keeps_ends_and_peaks():
    assert spread(5, 10).tolist() == [0, 1, 2, 3, 4]
    rows = spread(100_000, 77)
    assert (len(rows), rows[0], rows[-1]) == (77, 0, 99_999)
    signal = np.zeros((100_003, 2), np.float32)
    signal[51_234] = (9, -9)
    thin, step = envelope(signal, 400)
    assert len(thin) <= 400
    assert thin.max() == 9
    assert thin.min() == -9
    assert step > 200
    assert unpack(packed([[1.5, float("nan")]]))[0, 0] == 1.5


def test_separation_ranks_the_telling_feature_first_and_constant_ones_last():
    random = np.random.default_rng(0)
    target = np.repeat([0, 1], 50)
    values = np.stack(
        [random.normal(size=100), target + 0.01 * random.normal(size=100), np.ones(100)], axis=1
    )
    assert np.argsort(-separation(values, target)).tolist() == [1, 0, 2]
    components, share = principal(values)
    assert components.shape == (100, 2)
    assert sum(share) == pytest.approx(1)
    assert principal(np.ones((10, 3)))[1] == []


def test_budgets_thin_the_page_and_say_so(plain_run, monkeypatch):
    from edgewright.report import anomaly, features

    monkeypatch.setattr(anomaly, "MAX_WINDOWS", 10)
    monkeypatch.setattr(anomaly, "MAX_READ", 10)
    monkeypatch.setattr(anomaly, "MAX_KNOWN", 50)
    monkeypatch.setattr(anomaly, "MAX_DIMENSIONS", 4)
    monkeypatch.setattr(features, "MAX_WINDOWS", 210)
    monkeypatch.setattr(features, "MAX_FEATURES", 5)
    data = anomaly.build(plain_run, "anomaly")
    assert sum(len(sample["scores"]) for sample in data["samples"]) <= 300 or len(data["samples"]) == 1
    assert len(data["samples"]) <= data["samples_total"]
    assert (len(data["dimensions"]), data["dimensions_total"]) == (4, 12)
    assert unpack(data["known"]).shape == (4, 50)
    scores = np.array([0.0, 5.0, 1.0, 2.0, 3.0])
    assert 1 in anomaly._thinned(np.arange(5), scores, 3).tolist()
    data = features.build(plain_run, "spectral")
    assert len(data["sample"]) == 210 < data["windows"]
    assert len([name for name in data["features"] if not name.startswith("PC")]) == 5 < data["all_features"]


def test_equal_labels_of_two_nodes_are_told_apart():
    from edgewright.report.anomaly import _columns

    assert _columns(["RMS", "peak", "RMS"], ["RMS", "peak", "RMS"]) == [0, 1, 2]
    assert _columns(["peak"], ["RMS", "peak"]) == [1]


@pytest.mark.parametrize(
    "change",
    [
        {"dimensions": ["no such feature"]},
        {"mean": [0.0]},
        {"scale": None},
        {"balls": [{"center": [1.0], "radius": 1.0}]},
        {"balls": [{"radius": "wide"}]},
        {"balls": 7},
    ],
)
def test_a_malformed_space_is_as_good_as_none(make_run, change):
    run = make_run()
    path = run.path / "outputs" / "anomaly" / "plots.json"
    document = json.loads(path.read_text())
    document["plots"][0].update(change)
    path.write_text(json.dumps(document))
    found = panels(run)
    assert found["problems"] == []
    assert next(p["data"] for p in found["panels"] if p["kind"] == "anomaly")["has_edge"] is False


def test_a_malformed_document_of_a_block_costs_its_panel_only(make_run):
    run = make_run()
    (run.path / "outputs" / "anomaly" / "plots.json").write_text('{"plots": 3}')
    found = panels(run)
    assert {"overview", "features", "scores"} <= {panel["kind"] for panel in found["panels"]}
    assert "can't be drawn" in found["problems"][0]


def test_a_run_that_failed_at_once_still_has_a_report(tmp_path):
    from edgewright.report import render, run_info
    from edgewright.running.run import Run

    failed = {
        "id": "data/read",
        "node": "data",
        "status": "failed",
        "reason": "block_error",
        "message": "no",
        "log_tail": "<b>",
    }
    nodes = [{"id": "spectral", "type": "processing", "block": "raw", "inputs": ["input"]}]
    (tmp_path / "run.json").write_text(
        json.dumps({"name": "x", "status": "failed", "tasks": [failed], "nodes": nodes})
    )
    run = Run(tmp_path)
    document = panels(run)
    assert document["panels"] == []
    assert any("no such output" in problem for problem in document["problems"])
    assert '"log_tail":"\\u003cb\\u003e"' in render(document, run_info(run)).decode("utf-8")
