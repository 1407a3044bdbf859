"""A run beside itself, beside a run of other parameters, and beside its own WebAssembly package."""

from __future__ import annotations

import shutil

import pytest

from edgewright.errors import DataError, UsageError
from edgewright.running import Options, run_impulse
from edgewright.store import Store


@pytest.fixture(scope="module")
def other(trained, impulse_text, tmp_path_factory):
    """The same data, cut at another stride, with one cluster."""
    folder = tmp_path_factory.mktemp("other")
    (folder / "data").symlink_to(trained[0] / "data")
    text = impulse_text.replace("stride_ms: 200", "stride_ms: 300").replace("clusters: 3", "clusters: 1")
    text = text.replace("id: anomaly", "id: lonely").replace(
        "normal: [idle, running], abnormal: rest", "split: none"
    )
    (folder / "impulse.yaml").write_text(text)  # explored: no folds, so that it is quick
    return run_impulse(
        folder / "impulse.yaml", runs=folder / "runs", options=Options(runner="process"),
        store=Store(trained[0] / "store"),
    )  # fmt: skip


def test_a_run_beside_itself_is_the_same(compare, trained):
    told = compare(trained[1].path)
    for name, count in (("windows", 165), ("recordings", 15)):
        assert told[name]["n"] == count
        assert told[name]["pearson"] == pytest.approx(1.0)
        assert told[name]["spearman"] == pytest.approx(1.0)
        assert told[name]["differ"] == 0
        assert told[name]["first"] == told[name]["second"]
        assert told[name]["first"]["auroc"] == 1.0
    assert told["windows"]["abnormal"] == 55
    assert told["differing"] == []
    assert told["first"]["threshold"] == told["second"]["threshold"]
    assert told["first"]["seconds_per_window"] > 0
    assert told["first"]["bytes"] > 0


def test_windows_of_another_run_are_matched_by_time(compare, other):
    told = compare(other.path)
    # Starts every 10 and every 15 rows of 120: 0, 30, 60, 90 are in both.
    assert told["windows"]["n"] == 15 * 4
    assert told["windows"]["first_only"] == 15 * 7
    assert told["recordings"]["n"] == 15
    assert told["windows"]["pearson"] < 1
    assert "cuts the recordings otherwise" in told["notes"][0]
    assert told["second"]["threshold"] == other.threshold("lonely")["value"]


def test_a_given_threshold_counts_and_differing_windows_are_told(compare, trained):
    told = compare(trained[1].path, threshold=-1e9, most=3)
    window = told["differing"][0]
    assert told["second"]["threshold_from"] == "as given"
    assert told["windows"]["differ"] > 3
    assert len(told["differing"]) == 3
    assert window["second"]["anomalous"]
    assert not window["first"]["anomalous"]
    assert window["first"]["score"] == window["second"]["score"]


def test_labels_that_the_run_never_saw_are_what_its_impulse_says(compare, recordings, tmp_path, trained):
    shutil.copytree(recordings / "broken", tmp_path / "data" / "unheard-of")
    shutil.copytree(recordings / "idle", tmp_path / "data" / "idle")
    told = compare(trained[1].path, data=tmp_path / "data")
    assert (told["recordings"]["normal"], told["recordings"]["abnormal"]) == (5, 5)


def test_a_node_that_is_not_there_is_refused(compare, trained):
    with pytest.raises(UsageError, match="no such anomaly or classification node"):
        compare(trained[1].path, node="nonsense")
    with pytest.raises(UsageError, match="--other-node nonsense"):
        compare(trained[1].path, other_node="nonsense")


def test_what_is_not_there_is_refused(compare, trained, tmp_path):
    with pytest.raises(UsageError, match="there is no such file"):
        compare(tmp_path / "nowhere.eim")
    with pytest.raises(DataError, match="there is no such file"):
        compare(trained[1].path, data=tmp_path / "nowhere")
    (tmp_path / "x.txt").write_text("x")
    with pytest.raises(UsageError, match="nothing that can be compared"):
        compare(tmp_path / "x.txt")
    with pytest.raises(DataError, match="no WebAssembly package"):
        compare(tmp_path)


@pytest.mark.skipif(shutil.which("node") is None, reason="needs Node")
def test_a_run_beside_its_own_package(compare, trained, tmp_path, store):
    pytest.importorskip("ziglang")
    from edgewright.running import Run, deploy

    copied = tmp_path / "run"
    shutil.copytree(trained[1].path, copied, symlinks=True)
    deploy(Run(copied), "wasm", tmp_path / "wasm", params={}, options=Options(runner="process"))
    told = compare(tmp_path / "wasm")
    assert told["second"]["kind"] == "WebAssembly package"
    assert told["windows"]["n"] == 165
    assert told["windows"]["pearson"] > 0.99999
    assert told["windows"]["differ"] == 0
    assert told["second"]["threshold"] == pytest.approx(told["first"]["threshold"], rel=1e-6)
    assert 0 < told["second"]["seconds_per_window"] < 0.01
    shutil.make_archive(str(tmp_path / "zipped"), "zip", tmp_path / "wasm")
    assert compare(tmp_path / "zipped.zip")["windows"]["differ"] == 0

    scalar, module = sorted((tmp_path / "wasm").glob("*.wasm"))
    assert compare(scalar)["windows"]["differ"] == 0
    module.write_bytes(bytes.fromhex("0061736d0100000001040160000002060101780179000a"))
    with pytest.raises(DataError, match="can't be run"):
        compare(tmp_path / "wasm")
