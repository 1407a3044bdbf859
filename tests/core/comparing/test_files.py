"""Model files and lists: ONNX, K-means tables, CSV."""

from __future__ import annotations

import json

import numpy as np
import pytest

from edgewright.errors import DataError, UsageError

FEATURES = 14  # seven statistics of two axes


def features_of(fresh):
    return fresh.features("flat").astype(np.float64)


def onnx_model(path, shape, weights, *, classes=None, name="score"):
    """``input · weights`` (and a softmax over classes), whatever the input's shape."""
    onnx = pytest.importorskip("onnx")
    pytest.importorskip("onnxruntime")
    from onnx import TensorProto, helper, numpy_helper

    weights = np.asarray(weights, np.float32)
    nodes = [
        helper.make_node("Flatten", ["input"], ["flat"], axis=1),
        helper.make_node("MatMul", ["flat", "weights"], ["product"]),
        helper.make_node("Softmax", ["product"], [name], axis=1) if classes else helper.make_node("Identity", ["product"], [name]),
    ]  # fmt: skip
    graph = helper.make_graph(
        nodes, "g", [helper.make_tensor_value_info("input", TensorProto.FLOAT, shape)],
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, [shape[0], weights.shape[1]])],
        [numpy_helper.from_array(weights, "weights")],
    )  # fmt: skip
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    if isinstance(classes, str):
        helper.set_model_props(model, {"classes": classes})
    onnx.save(model, str(path))
    return path


def test_a_model_of_features(compare, fresh, tmp_path):
    weights = np.arange(FEATURES, dtype=float)[:, None]
    told = compare(onnx_model(tmp_path / "m.onnx", ["n", FEATURES], weights))
    expected = features_of(fresh) @ weights[:, 0]
    own = fresh.scores["anomaly"]
    assert told["windows"]["pearson"] == pytest.approx(np.corrcoef(expected, own)[0, 1], abs=1e-4)
    assert told["windows"]["first"]["anomalous"] == told["windows"]["second"]["anomalous"]
    assert "as many windows anomalous" in told["second"]["threshold_from"]
    assert told["second"]["seconds_per_window"] > 0


@pytest.mark.parametrize("shape", [[1, 20, 2], [4, 40], ["n", 20, 2], [None, 40]])
def test_a_model_of_windows_in_batches_of_its_own(compare, fresh, tmp_path, shape):
    from edgewright.data import windows

    weights = np.linspace(-1, 1, 40)[:, None]
    told = compare(onnx_model(tmp_path / "m.onnx", shape, weights), threshold=0.0)
    cut = windows(fresh.signal, fresh.index, slice(None), fresh.length).reshape(-1, 40)
    assert told["windows"]["second"]["anomalous"] == int((cut @ weights[:, 0].astype(np.float32) > 0).sum())


@pytest.mark.parametrize("how", ["in the file", "by option"])
def test_a_model_of_classes_scores_what_is_not_normal(compare, tmp_path, how):
    weights = np.zeros((FEATURES, 3))
    weights[2] = [-3.0, 1.0, 5.0]  # the largest value of the first axis: broken is large
    names = "idle,running,broken"
    path = onnx_model(
        tmp_path / "m.onnx", ["n", FEATURES], weights, classes=names if how == "in the file" else True
    )
    options = {} if how == "in the file" else {"classes": names.split(",")}
    told = compare(path, **options)
    assert "normal classes idle, running" in told["notes"][1]
    assert told["recordings"]["second"]["auroc"] == 1.0
    with pytest.raises(UsageError, match="no such class"):
        compare(path, normal=["swimming"], **options)


def test_a_model_that_fits_nothing_is_told_so(compare, tmp_path):
    with pytest.raises(DataError, match="20 × 2 = 40 values and 14 features"):
        compare(onnx_model(tmp_path / "m.onnx", [1, 33], np.ones((33, 1))))
    with pytest.raises(DataError, match="gives 3 values a window and 0 class names"):
        compare(onnx_model(tmp_path / "c.onnx", [1, FEATURES], np.ones((FEATURES, 3))))
    (tmp_path / "broken.onnx").write_bytes(b"no model")
    with pytest.raises(DataError, match="can't be loaded as ONNX"):
        compare(tmp_path / "broken.onnx")


def test_clusters_trained_elsewhere(compare, fresh, tmp_path):
    tables = {
        "axes": [1, 3], "mean": [0.5, 1.0], "scale": [2.0, 0.5], "thresholds": [{"type": "anomaly_kmeans", "min_anomaly_score": 0.3}],
        "clusters": [{"center": [0.0, 0.0], "maxError": 0.5}, {"center": [1.0, -1.0], "maxError": 0.1}],
    }  # fmt: skip
    (tmp_path / "kmeans.json").write_text(json.dumps(tables))
    told = compare(tmp_path / "kmeans.json")
    z = (features_of(fresh)[:, [1, 3]] - [0.5, 1.0]) / [2.0, 0.5]
    expected = np.minimum(np.hypot(*z.T) - 0.5, np.hypot(*(z - [1, -1]).T) - 0.1)
    assert told["second"]["threshold"] == 0.3
    assert told["windows"]["second"]["anomalous"] == int((expected > 0.3).sum())
    tables["axes"] = [1, 99]
    (tmp_path / "kmeans.json").write_text(json.dumps(tables))
    with pytest.raises(DataError, match="feature number 99"):
        compare(tmp_path / "kmeans.json")


def rows_of(fresh, *, unit=1.0, score=lambda value: value):
    return [
        (fresh.samples[int(row["sample"])]["name"], time * unit, score(float(value)))
        for row, time, value in zip(fresh.index, fresh.times(), fresh.scores["anomaly"], strict=True)
    ]


def write_csv(path, header, rows):
    path.write_text("\n".join([header, *(",".join(map(str, row)) for row in rows)]) + "\n")
    return path


def with_files(fresh, rows):
    """Names of recordings are numbers that repeat in each label's folder: paths tell them apart."""
    files = [fresh.samples[int(row["sample"])]["file"] for row in fresh.index]
    return [(file, *row[1:]) for file, row in zip(files, rows, strict=True)]


@pytest.mark.parametrize(("header", "unit"), [("file,start,score", 1.0), ("file,start_ms,Anomaly", 1000.0)])
def test_a_list_with_times(compare, fresh, tmp_path, header, unit):
    rows = with_files(fresh, rows_of(fresh, unit=unit))[::-1]
    told = compare(write_csv(tmp_path / "s.csv", header, rows))
    assert told["windows"]["n"] == 165
    assert told["windows"]["pearson"] == pytest.approx(1.0)
    assert told["windows"]["differ"] == 0


def test_a_list_without_times_goes_by_order_or_by_recording(compare, fresh, tmp_path):
    rows = with_files(fresh, rows_of(fresh))
    ordered = compare(write_csv(tmp_path / "s.csv", "file,score", [(file, score) for file, _, score in rows]))
    assert ordered["windows"]["pearson"] == pytest.approx(1.0)
    highest = {}
    for file, _, score in rows:
        highest[file] = max(score, highest.get(file, -np.inf))
    whole = compare(write_csv(tmp_path / "r.csv", "file;score".replace(";", ","), highest.items()))
    assert whole["windows"] is None
    assert whole["recordings"]["n"] == 15
    assert whole["recordings"]["pearson"] == pytest.approx(1.0)
    assert whole["recordings"]["differ"] == 0
    assert whole["second"]["threshold"] is None


def test_a_list_of_classes(compare, fresh, tmp_path):
    rows = [
        (f, t, 1 - 1 / (1 + np.exp(-s)), 1 / (1 + np.exp(-s)))
        for f, t, s in with_files(fresh, rows_of(fresh))
    ]
    told = compare(write_csv(tmp_path / "s.csv", "file,start,running,odd", rows))
    assert told["windows"]["spearman"] == pytest.approx(1.0)
    with pytest.raises(DataError, match="none of its classes"):
        compare(write_csv(tmp_path / "s.csv", "file,start,a,b", rows))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("score\n1\n", "no column sample or file"),
        ("file\nx\n", "neither a column score nor columns of classes"),
        ("file,score\nidle/0.csv,many\n", "s.csv:2: score: 'many' is not a finite number"),
        ("file,score\nidle/0.csv,nan\n", "not a finite number"),
        ("file,score\nnowhere.csv,1\n", "no row matches a window"),
        ("file,score\nidle/0.csv,1\nidle/0.csv,2\n", "has 2 rows and 11 windows"),
        ("file,score,score\na,1,2\n", "two columns have one name"),
        ("", "no column sample or file"),
    ],
)
def test_lists_that_can_t_be_used_say_why(compare, tmp_path, text, message):
    (tmp_path / "s.csv").write_text(text)
    with pytest.raises(DataError, match=message):
        compare(tmp_path / "s.csv")
