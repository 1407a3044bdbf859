"""Networks: shapes in and out, layouts, and what is refused."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest
from onnx import TensorProto, helper, numpy_helper

from edgewright_sdk import Context, Features, FeatureSpec, artifacts
from edgewright_sdk.errors import BlockError
from edgewright_specs.interface import IMAGE_SCALINGS

GOLDEN = Path(__file__).parent / "golden"
FLAT = FeatureSpec([f"f{i}" for i in range(6)], {"type": "flat", "width": 6})
IMAGE = FeatureSpec([f"p{i}" for i in range(12)], {"type": "image", "width": 2, "height": 3, "channels": 2})


def save(folder, nodes, given, made, constants=(), kind=TensorProto.FLOAT):
    """Write ``model.onnx``; ``given`` and ``made`` are the shapes of ``x`` and ``y``."""
    graph = helper.make_graph(
        nodes,
        "g",
        [helper.make_tensor_value_info("x", kind, given)],
        [helper.make_tensor_value_info("y", kind, made)],
        [numpy_helper.from_array(array, name) for name, array in constants],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    (folder / "model.onnx").write_bytes(model.SerializeToString())
    return folder


def dense(folder, outputs=3, batch="N", width=6):
    weights = np.arange(width * outputs, dtype=np.float32).reshape(width, outputs) / 10
    nodes = [
        helper.make_node("MatMul", ["x", "w"], ["z"]),
        helper.make_node("Softmax", ["z"], ["y"], axis=-1),
    ]
    save(folder, nodes, [batch, width], [batch, outputs], [("w", weights)])
    return weights


def convert(folder, classes="abc", spec=FLAT, **options):
    return artifacts.convert(folder, spec, Context(classes=list(classes)), **options)


def score(model, values, spec=FLAT):
    return artifacts.score(model, Features(np.asarray(values, np.float32), spec.labels))


X = np.random.default_rng(0).normal(size=(5, 6)).astype(np.float32)


@pytest.mark.parametrize("batch", ["N", 1, None])
def test_a_dense_network_gives_its_probabilities(batch, tmp_path):
    z = X @ dense(tmp_path, batch=batch)
    e = np.exp(z - z.max(axis=1, keepdims=True))
    made = score(convert(tmp_path), X).probabilities
    np.testing.assert_allclose(made, e / e.sum(axis=1, keepdims=True), atol=1e-6)


@pytest.mark.parametrize(("shape", "first"), [([1, 3, 2, 2], False), (["N", 2, 3, 2], True)])
def test_images_go_in_as_the_network_takes_them(shape, first, tmp_path):
    """The sum over rows and columns of each channel: only a right layout gives it."""
    axes = [2, 3] if first else [1, 2]
    save(
        tmp_path, [helper.make_node("ReduceMean", ["x"], ["y"], axes=axes, keepdims=0)], shape, [shape[0], 2]
    )
    values = np.arange(24).reshape(2, 12)
    made = score(convert(tmp_path, "ab", IMAGE), values, IMAGE).probabilities
    np.testing.assert_allclose(made, values.reshape(2, 6, 2).mean(axis=1))


@pytest.mark.parametrize("name", sorted(IMAGE_SCALINGS))
@pytest.mark.parametrize("shape", [["N", 3, 2, 3], ["N", 3, 3, 2], ["N", 18]])
def test_pixels_are_scaled_as_in_training(name, shape, tmp_path):
    spec = FeatureSpec(
        [f"p{i}" for i in range(18)], {"type": "image", "width": 2, "height": 3, "channels": 3}
    )
    save(tmp_path, [helper.make_node("Flatten", ["x"], ["y"])], shape, ["N", 18])
    pixels = np.random.default_rng(0).random((4, 3, 2, 3)).astype(np.float32)
    factor, mean, spread, turned = IMAGE_SCALINGS[name]
    expected = ((pixels * factor)[..., ::-1] if turned else pixels * factor) - np.array(mean)
    expected = expected / np.array(spread)
    if shape[1:] == [3, 3, 2]:
        expected = np.moveaxis(expected, -1, 1)
    model = convert(tmp_path, [str(i) for i in range(18)], spec, scaling=name)
    made = score(model, pixels.reshape(4, -1), spec).probabilities
    np.testing.assert_allclose(made, expected.reshape(4, -1), rtol=1e-5, atol=1e-4)


def test_a_free_size_is_filled_in(tmp_path):
    save(
        tmp_path, [helper.make_node("ReduceMax", ["x"], ["y"], axes=[1], keepdims=0)], ["N", "T", 3], ["N", 3]
    )
    np.testing.assert_array_equal(score(convert(tmp_path), X).probabilities, X.reshape(5, 2, 3).max(axis=1))


def test_one_output_of_two_classes_is_that_of_the_second(tmp_path):
    save(tmp_path, [helper.make_node("ReduceMax", ["x"], ["y"], axes=[1], keepdims=1)], ["N", 6], ["N", 1])
    made = score(convert(tmp_path, "ab"), X).probabilities
    np.testing.assert_allclose(made, np.stack([1 - X.max(axis=1), X.max(axis=1)], axis=1), atol=1e-6)


@pytest.mark.parametrize("mode", ["regression", "anomaly"])
def test_a_number_is_a_score(mode, tmp_path):
    save(tmp_path, [helper.make_node("ReduceMax", ["x"], ["y"], axes=[1], keepdims=0)], ["N", 6], ["N"])
    np.testing.assert_array_equal(score(convert(tmp_path, "", mode=mode), X).scores, X.max(axis=1))


def test_a_grid_is_a_map_whose_largest_value_is_the_score(tmp_path):
    constants = [("s", np.array([1, 2, 3, 1], np.int64))]
    save(tmp_path, [helper.make_node("Reshape", ["x", "s"], ["y"])], [1, 6], [1, 2, 3, 1], constants)
    made = score(convert(tmp_path, "", mode="visual-anomaly"), X)
    np.testing.assert_array_equal(made.map, X.reshape(5, 2, 3))
    np.testing.assert_array_equal(made.scores, X.max(axis=1))


def test_half_and_double_floats_are_taken(tmp_path):
    for kind in (TensorProto.FLOAT16, TensorProto.DOUBLE):
        save(tmp_path, [helper.make_node("Neg", ["x"], ["y"])], ["N", 6], ["N", 6], kind=kind)
        np.testing.assert_allclose(score(convert(tmp_path, "abcdef"), X).probabilities, -X, atol=2e-3)


def test_zeros_before_a_pool_stay_zeros(tmp_path):
    """onnxruntime's own optimiser would make them minus infinity."""
    constants = [("p", np.array([0, 0, 1, 1, 0, 0, 1, 1], np.int64)), ("s", np.array([1, 1, 2, 3], np.int64))]
    nodes = [
        helper.make_node("Reshape", ["x", "s"], ["a"]),
        helper.make_node("Pad", ["a", "p"], ["b"]),
        helper.make_node("MaxPool", ["b"], ["y"], kernel_shape=[4, 5]),
    ]
    save(tmp_path, nodes, [1, 6], [1, 1, 1, 1], constants)
    assert score(convert(tmp_path, "", mode="regression"), -np.ones((1, 6))).scores == [0.0]


@pytest.mark.parametrize(
    ("given", "made", "options", "message"),
    [
        (["N", 7], ["N", 7], {}, r"an input of shape \['N', 7\]; this node has 6 features"),
        ([8, 6], [8, 6], {}, "allowed: a batch of any size or of 1 in front"),
        (["N", "A", "B"], ["N", "A", "B"], {}, "this node has 6 features"),
        (["N", 6], ["N", 6], {}, r"an output of shape \[6\]; allowed: 3 values, one a class"),
        (["N", 6], ["N", 6], {"mode": "regression"}, "allowed: 1 value"),
        (
            ["N", 2, 1, 3],
            ["N", 2, 1, 3],
            {"mode": "regression"},
            r"an output of shape \[2, 1, 3\]; allowed: 1 value",
        ),
        (["N", 6], ["N", 6], {"classes": ""}, "allowed: 0 values, one a class"),
    ],
)
def test_other_shapes_are_refused(given, made, options, message, tmp_path):
    save(tmp_path, [helper.make_node("Relu", ["x"], ["y"])], given, made)
    with pytest.raises(BlockError, match=message):
        convert(tmp_path, **options)


def test_a_map_of_three_dimensions_is_refused(tmp_path):
    spec = FeatureSpec([f"f{i}" for i in range(8)], {"type": "flat", "width": 8})
    save(tmp_path, [helper.make_node("Relu", ["x"], ["y"])], [1, 2, 2, 2], [1, 2, 2, 2])
    with pytest.raises(BlockError, match=r"allowed: a map of scores \(height, width\)"):
        convert(tmp_path, "", spec, mode="visual-anomaly")


def test_integers_are_refused(tmp_path):
    save(tmp_path, [helper.make_node("Identity", ["x"], ["y"])], ["N", 6], ["N", 6], kind=TensorProto.INT64)
    with pytest.raises(BlockError, match=r"has the inputs x tensor\(int64\) .*; allowed: one, of floats"):
        convert(tmp_path)


def test_damaged_networks_are_refused_in_one_line(tmp_path):
    (tmp_path / "model.onnx").write_bytes(b"nothing")
    with pytest.raises(BlockError, match=r"^model.onnx is no ONNX network that can be run: "):
        convert(tmp_path)


def test_damaged_tensorflow_lite_files_are_refused_in_one_line(tmp_path):
    path = tmp_path / "model.tflite"
    path.write_bytes(b"nothing at all")
    with pytest.raises(BlockError, match=r"model.tflite is no TensorFlow Lite file"):
        convert(tmp_path)
    whole = (GOLDEN / "tensorflow-2.18.1-dense" / "model.tflite").read_bytes()
    random = np.random.default_rng(0)
    for trial in range(150):
        damaged = bytearray(whole[: len(whole) - 37 * trial] if trial < 40 else whole)
        for place in random.integers(8, len(damaged), 3):
            damaged[place] = random.integers(0, 256)
        path.write_bytes(bytes(damaged))
        try:
            convert(tmp_path)
        except BlockError as error:
            assert str(error).startswith("model.tflite")  # noqa: PT017 - either way is right


def test_operators_that_are_not_supported_are_named(tmp_path):
    data = bytearray((GOLDEN / "tensorflow-2.18.1-dense" / "model.tflite").read_bytes())
    place = data.find(struct.pack("<i", 25), 8)  # SOFTMAX, the new field of its code
    found = [i for i in range(8, len(data) - 4) if data[i : i + 4] == struct.pack("<i", 25)]
    assert place in found
    for i in found:
        changed = bytearray(data)
        changed[i : i + 4] = struct.pack("<i", 119)
        (tmp_path / "model.tflite").write_bytes(bytes(changed))
        try:
            convert(tmp_path)
        except BlockError as error:
            if "operators that are not supported: WHILE; allowed: ABS" in str(error):
                return
    pytest.fail("no change of the file made a WHILE of its SOFTMAX")
