"""Tables of trained anomaly blocks: the same from JSON and from C, refused where they don't fit together."""

from __future__ import annotations

import time

import pytest

from edgewright.errors import DataError
from edgewright.moving.finding import look
from edgewright.moving.studio import number
from edgewright.moving.tables import KMeansTables, MixtureTables, from_document, read_tables

from . import exports


def test_json_and_c_hold_the_same_tables(save):
    document = exports.clusters(5)
    (from_json,) = read_tables(save("a.json", document))
    (from_c,) = read_tables(save("model_variables.h", exports.clusters_in_c(document, "_9")))
    assert isinstance(from_json, KMeansTables)
    assert isinstance(from_c, KMeansTables)
    assert from_c.block == 9
    assert from_json.threshold == 0.3
    for name in ("axes", "mean", "scale", "centers", "radii"):
        assert getattr(from_c, name) == getattr(from_json, name)
    assert from_document(from_json.to_document(), "again") == from_json


def test_a_c_export_gives_window_name_and_clusters(bring, save, tmp_path):
    save("model-parameters/model_metadata.h", exports.clusters_in_c(exports.clusters(6)))
    save("edge-impulse-sdk/classifier/broken.h", "const float ei_classifier_anom_mean[] = { 1 };")
    exports.data_export(tmp_path / "export" / "data")
    done = bring(tmp_path / "export")
    assert "window_ms: 2000" in done.text
    assert "clusters: 6" in done.text
    assert (done.folder / "kmeans.json").is_file()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda d: d["mean"].append(1.0), "axes with tables"),
        (lambda d: d["clusters"][1]["center"].pop(), "axes with tables"),
        (lambda d: d["clusters"].clear(), "axes with tables"),
        (lambda d: d["clusters"][0].pop("maxError"), "KeyError"),
        (lambda d: d["scale"].__setitem__(0, 0.0), "a scale is 0"),
        (lambda d: d["mean"].__setitem__(0, float("nan")), "not finite"),
        (lambda d: d["mean"].__setitem__(0, "x"), "could not convert"),
    ],
)
def test_tables_that_dont_fit_are_refused(change, message):
    document = exports.clusters()
    change(document)
    with pytest.raises(DataError, match=message):
        from_document(document, "a.json")


def test_a_mixture_tells_its_components():
    document = {"success": True, "weights": [0.5, 0.5], "means": [[0, 1], [1, 0]], "covariances": []}
    assert from_document(document, "gmm.json") == MixtureTables(2)


def test_code_is_read_as_text_only(save):
    path = save("x.h", 'const float anom_mean[] = { system("id"), 1 };\nconst float anom_scale[] = { 1, 2')
    assert read_tables(path) == []


@pytest.mark.parametrize("piece", ["anom", "anom[", "/*", "anom_mean [1] ", "\n", "#define ", "a "])
def test_no_text_takes_longer_than_its_length_is_worth(save, piece):
    began = time.monotonic()
    with pytest.raises(DataError, match="nothing of a project"):
        look(save("x.h", "const float anom_axes = 1;" + piece * 200_000), [])
    assert time.monotonic() - began < 20


@pytest.mark.parametrize(
    "document",
    [
        {"weights": [1], "means": [], "axes": [float("nan"), float("inf")], "thresholds": 5},
        {"weights": [1], "means": [], "axes": 5, "thresholds": [{"type": "anomaly", "threshold": 10**400}]},
    ],
)
def test_numbers_that_no_float_holds_are_left_out(document):
    assert from_document(document, "gmm.json") == MixtureTables(1)


def test_tables_of_such_numbers_are_refused():
    document = {"clusters": [{"center": [1], "maxError": 1}], "mean": [10**400], "scale": [1]}
    with pytest.raises(DataError, match="don't fit together"):
        from_document(document, "kmeans.json")
    assert number(10**400) is None
