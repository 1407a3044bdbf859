"""The folder, the command line and the results of Edge Impulse's learning blocks."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from edgewright.contracts import Seen, contract_of
from edgewright.contracts.training import ARTIFACTS, TRAINING, mode_of, why_not
from edgewright.contracts.training_folder import answers, scaling
from edgewright.errors import PlanError
from edgewright.harvest import HarvestError
from edgewright.plugins import make_plugins
from edgewright.registry import Block, resolve
from edgewright.request_folder import put_array, put_chunk, put_request

if TYPE_CHECKING:
    from pathlib import Path

PARAMETERS = [
    {"name": "Trees", "param": "num_trees", "type": "int", "value": "10"},
    {"name": "Bias", "param": "bias", "type": "boolean", "value": True},
    {"name": "Loud", "param": "loud", "type": "flag", "value": True},
]
SEEN = Seen(block_dir="/block", in_dir="/home", out_dir="/home/out", python="python3", port=4446)


def block(folder: Path, parameters: Any = None, operates_on: str | None = None, **info: Any) -> Block:
    folder.mkdir(exist_ok=True)
    (folder / "Dockerfile").write_text("FROM scratch\n")
    document = {
        "version": 1,
        "type": "machine-learning",
        "info": {"name": "Trees", **info},
        "parameters": parameters or [],
    }
    (folder / "parameters.json").write_text(json.dumps(document))
    return resolve(str(folder), folder, make_plugins(), operates_on=operates_on)


def flat(folder: Path, name: str, *parts: np.ndarray[Any, Any], cut: int | None = None) -> dict[str, Any]:
    """A features input: one part an array, each in two files."""
    entries = []
    for number, array in enumerate(parts):
        middle = cut or len(array) // 2
        pieces = [piece for piece in (array[:middle], array[middle:]) if len(piece)]
        chunks = [
            put_chunk(folder, f"{name}-{number}-{i}.npy", piece.astype(np.float32))
            for i, piece in enumerate(pieces)
        ]
        width = array.shape[1]
        labels = [f"{number} {column}" for column in range(width)]
        shape = {"type": "flat", "width": width}
        entries.append({"node": f"n{number}", "labels": labels, "shape": shape, "chunks": chunks})
    return {"kind": "features", "dtype": "float32", "parts": entries}


def request(folder: Path, params: dict[str, Any], inputs: dict[str, Any], classes: Any = ()) -> Any:
    put_request(folder, "train", params, inputs=inputs, classes=classes)
    return json.loads((folder / "request.json").read_text())


def entered(tmp_path: Path, of: Block, inputs: dict[str, Any], classes: Any = ()) -> Path:
    asked = request(tmp_path / "in", {}, inputs, classes)
    return TRAINING.enter(of, asked, tmp_path / "in", tmp_path / "seen")


@pytest.fixture
def inside(tmp_path: Path) -> Path:
    (tmp_path / "in").mkdir()
    return tmp_path / "in"


def test_classification_gets_rows_in_order_and_one_column_a_class(tmp_path: Path, inside: Path) -> None:
    one, two = np.arange(10).reshape(5, 2), np.arange(100, 115).reshape(5, 3)
    inputs = {
        "features": flat(inside, "features", one, two),
        "targets": put_array(inside, "targets", np.array([0, 2, 1, 1, 0], np.int32)),
        "groups": put_array(inside, "groups", np.array([7, 7, 9, 9, 4], np.int32)),
        "validation": flat(inside, "validation", one[:2], two[:2]),
        "validation_targets": put_array(inside, "validation_targets", np.array([1, 0], np.int32)),
        "validation_groups": put_array(inside, "validation_groups", np.array([1, 2], np.int32)),
    }
    seen = entered(tmp_path, block(tmp_path / "b"), inputs, ["idle", "snake", "wave"])
    x, y = np.load(seen / "X_split_train.npy"), np.load(seen / "Y_split_train.npy")
    np.testing.assert_array_equal(x, np.concatenate([one, two], axis=1))
    assert (x.dtype, y.dtype) == (np.float32, np.float32)
    np.testing.assert_array_equal(y, np.eye(3)[[0, 2, 1, 1, 0]])
    np.testing.assert_array_equal(np.load(seen / "Y_split_test.npy"), np.eye(3)[[1, 0]])
    assert np.load(seen / "X_split_test.npy").shape == (2, 5)
    ids = json.loads((seen / "sample_id_details.json").read_text())
    assert ids == {"train": [7, 7, 9, 9, 4], "validation": [1, 2]}
    facts = json.loads((seen / "train_input.json").read_text())
    assert facts["classes"] == ["idle", "snake", "wave"]
    assert (facts["mode"], facts["inputShapeString"], facts["yType"]) == ("classification", "(5,)", "npy")
    assert list((seen / "out").iterdir()) == []  # what the results are mounted on


def test_regression_gets_one_number_a_row(tmp_path: Path, inside: Path) -> None:
    inputs = {
        "features": flat(inside, "features", np.ones((3, 2))),
        "targets": put_array(inside, "targets", np.array([1.5, -2, 0], np.float32)),
        "validation": flat(inside, "validation", np.ones((1, 2))),
        "validation_targets": put_array(inside, "validation_targets", np.array([4], np.float32)),
    }
    seen = entered(tmp_path, block(tmp_path / "b", operates_on="regression"), inputs, ["0", "1.5"])
    y = np.load(seen / "Y_split_train.npy")
    assert (y.tolist(), y.dtype) == ([1.5, -2.0, 0.0], np.float32)
    assert np.load(seen / "Y_split_test.npy").tolist() == [4.0]
    assert json.loads((seen / "train_input.json").read_text())["mode"] == "regression"


def test_anomaly_detection_gets_no_validation(tmp_path: Path, inside: Path) -> None:
    inputs = {"features": flat(inside, "features", np.ones((3, 2)))}
    seen = entered(tmp_path, block(tmp_path / "b", operates_on="anomaly_detection"), inputs)
    assert np.load(seen / "X_split_train.npy").shape == (3, 2)
    assert np.load(seen / "Y_split_train.npy").shape == (3, 1)
    assert np.load(seen / "X_split_test.npy").shape == (0, 2)
    assert np.load(seen / "Y_split_test.npy").shape == (0, 1)


def test_a_spectrogram_stays_flat_and_an_image_stands_up(tmp_path: Path, inside: Path) -> None:
    pixels = np.arange(24).reshape(2, 12) / 23
    features = flat(inside, "features", pixels)
    features["parts"][0]["shape"] = {"type": "spectrogram", "width": 3, "height": 4}
    targets = put_array(inside, "targets", np.zeros(2, np.int32))
    inputs = {"features": features, "targets": targets}
    seen = entered(tmp_path, block(tmp_path / "b"), inputs, ["a", "b"])
    assert np.load(seen / "X_split_train.npy").shape == (2, 12)
    features["parts"][0]["shape"] = {"type": "image", "width": 2, "height": 2, "channels": 3}
    of = block(tmp_path / "c", operatesOn="image", imageInputScaling="-1..1")
    asked = request(inside, {}, inputs, ["a", "b"])
    x = np.load(TRAINING.enter(of, asked, inside, tmp_path / "images") / "X_split_train.npy")
    np.testing.assert_allclose(x, pixels.reshape(2, 2, 2, 3) * 2 - 1, atol=1e-6)


@pytest.mark.parametrize(
    ("name", "black", "white"),
    [
        ("0..1", [0, 0, 0], [1, 1, 1]),
        ("-128..127", [-128, -128, -128], [127, 127, 127]),
        ("0..255", [0, 0, 0], [255, 255, 255]),
        ("torch", [-2.117904, -2.035714, -1.804444], [2.248908, 2.428571, 2.64]),
        ("bgr-subtract-imagenet-mean", [-103.939, -116.779, -123.68], [151.061, 138.221, 131.32]),
    ],
)
def test_scalings_of_images(name: str, black: list[float], white: list[float]) -> None:
    both = scaling(name)(np.array([[[0, 0, 0], [1, 1, 1]]], np.float32))
    np.testing.assert_allclose(both[0], [black, white], rtol=1e-5)


def test_an_unknown_scaling_is_refused() -> None:
    with pytest.raises(PlanError, match=r"imageInputScaling is '0\.\.2'"):
        scaling("0..2")


def test_an_empty_validation_is_an_empty_table() -> None:
    assert answers("classification", None, 0, 3).shape == (0, 3)
    assert answers("regression", None, 0, 0).shape == (0,)


def test_the_command_line_has_folders_and_then_the_blocks_own_names(tmp_path: Path) -> None:
    of = block(tmp_path / "b", PARAMETERS)
    launch = contract_of(of).launch(of, {"params": {"num-trees": 12, "bias": False, "loud": True}}, SEEN)
    assert launch.service is None
    assert launch.main.argv is None
    assert launch.main.arguments == (
        "--info-file", "/home/train_input.json", "--data-directory", "/home", "--out-directory", "/home/out",
        "--num_trees", "12", "--bias", "0", "--loud",
    )  # fmt: skip


def test_epochs_and_learning_rate_only_where_nothing_is_declared(tmp_path: Path) -> None:
    of = block(tmp_path / "b")
    arguments = contract_of(of).launch(of, {"params": {}}, SEEN).main.arguments
    assert arguments[-4:] == ("--epochs", "30", "--learning-rate", "0.0005")


@pytest.mark.parametrize(
    ("works_on", "mode"),
    [
        (None, "classification"),
        ("other", "classification"),
        ("audio", "classification"),
        ("regression", "regression"),
        ("anomaly_detection", "anomaly"),
        ("visual_anomaly_detection", "visual-anomaly"),
    ],
)
def test_what_a_block_learns(tmp_path: Path, works_on: str | None, mode: str) -> None:
    of = block(tmp_path / "b", operates_on=works_on)
    assert mode_of(of) == mode
    assert why_not(of) is None
    assert TRAINING.refusal(of, "train") is None


@pytest.mark.parametrize(
    ("works_on", "why"), [("object_detection", "bounding boxes"), ("classification_akida", "Akida")]
)
def test_what_cant_be_learned_is_refused_with_the_reason(tmp_path: Path, works_on: str, why: str) -> None:
    of = block(tmp_path / "b", operatesOn=works_on)
    refusal = TRAINING.refusal(of, "train")
    assert refusal is not None
    assert works_on in refusal
    assert why in refusal


def test_a_server_listed_as_a_learner_is_told_apart(tmp_path: Path) -> None:
    refusal = TRAINING.refusal(block(tmp_path / "b", cppType="flatten_custom"), "train")
    assert refusal is not None
    assert "list it under processing" in refusal


def test_only_training_can_be_asked(tmp_path: Path) -> None:
    refusal = TRAINING.refusal(block(tmp_path / "b"), "score")
    assert refusal is not None
    assert "only trains" in refusal


@pytest.mark.parametrize("name", ARTIFACTS)
def test_one_known_model_file_is_enough(tmp_path: Path, name: str) -> None:
    of = block(tmp_path / "b")
    (tmp_path / "artifacts").mkdir()
    (tmp_path / "artifacts" / name).write_bytes(b"x")
    assert TRAINING.check(of, "train", tmp_path / "artifacts") == ()


def test_without_a_model_file_the_output_is_bad_and_what_is_there_is_named(tmp_path: Path) -> None:
    folder = tmp_path / "artifacts"
    (folder / "sub").mkdir(parents=True)
    (folder / "model.h5").write_bytes(b"x")
    (folder / "sub" / "model.onnx").write_bytes(b"x")
    with pytest.raises(HarvestError, match=r"found: model\.h5, sub/model\.onnx; wanted is one of") as caught:
        TRAINING.check(block(tmp_path / "b"), "train", folder)
    assert caught.value.reason == "bad_output"


def test_a_block_that_wants_a_gpu_is_told_of(tmp_path: Path) -> None:
    (tmp_path / "model.onnx").write_bytes(b"x")
    of = block(tmp_path / "b", indRequiresGpu=True)
    assert "GPU" in TRAINING.check(of, "train", tmp_path)[0]
