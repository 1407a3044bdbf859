"""Requests that aren't what the contract says are refused with the place, what was got and what is allowed."""

from __future__ import annotations

import json

import numpy as np
import pytest

from edgewright_sdk.errors import RequestError
from edgewright_sdk.request import read_request

VALUES = np.arange(32, dtype=np.float32).reshape(2, 8, 2)


@pytest.fixture
def task(folder):
    return folder().windows(VALUES).request("transform", {"a-b": 1})


def change(task, *path, to):
    document = json.loads((task.in_dir / "request.json").read_bytes())
    place = document
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = to
    (task.in_dir / "request.json").write_text(json.dumps(document))


def test_a_good_request_is_read(task):
    request = read_request(task.in_dir, "processing")
    assert (request.operation, request.seed, request.threads) == ("transform", 0, 1)
    assert request.params["a-b"] == request.params["a_b"] == request.params.a_b == 1
    np.testing.assert_array_equal(request.array("windows").rows(0, 2), VALUES)


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        (["contract"], 2, "contract: got 2; allowed: 1"),
        (["operation"], "fit", "operation: got 'fit'; allowed: of a processing block: describe, transform"),
        (["operation"], None, "operation: got None"),
        (["params"], [], "params: got \\[\\]; allowed: an object"),
        (["seed"], -1, "seed: got -1; allowed: an integer ≥ 0"),
        (["seed"], True, "seed: got True"),
        (["inputs"], {}, "inputs.windows: got 'missing'; allowed: transform needs it"),
        (["inputs", "model"], {}, "inputs.model: got 'given'; allowed: for transform: windows"),
        (["inputs", "windows"], 3, "inputs.windows: got 3; allowed: an object"),
    ],
)
def test_a_wrong_request_says_where(task, path, value, message):
    change(task, *path, to=value)
    with pytest.raises(RequestError, match="request.json: " + message):
        read_request(task.in_dir, "processing")


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("path", "../secret.npy", "a relative path inside the task's folder"),
        ("path", "/etc/passwd", "a relative path inside the task's folder"),
        ("path", "", "a relative path"),
        ("path", "windows/9.npy", "9.npy can't be read"),
        ("shape", [2, 8, 3], r"chunks\[0\].shape: got \[2, 8, 3\]; allowed: the file's shape, \[2, 8, 2\]"),
    ],
)
def test_a_wrong_chunk_says_where(task, key, value, message):
    change(task, "inputs", "windows", "chunks", 0, key, to=value)
    with pytest.raises(RequestError, match=message):
        read_request(task.in_dir, "processing").array("windows")


def test_the_declared_dtype_must_be_the_files(task):
    change(task, "inputs", "windows", "dtype", to="uint8")
    with pytest.raises(RequestError, match="dtype: got 'uint8'; allowed: the file's dtype, float32"):
        read_request(task.in_dir, "processing").array("windows")


@pytest.mark.parametrize("damage", [b"", b"\x93NUMPY", b"not an array at all", None])
def test_a_damaged_array_is_refused(task, damage):
    path = task.in_dir / "windows" / "0.npy"
    path.write_bytes(path.read_bytes()[:-4] if damage is None else damage)
    with pytest.raises(RequestError, match=r"0.npy can't be read as a .npy array"):
        read_request(task.in_dir, "processing").array("windows")


def test_pickles_are_never_read(task):
    np.save(task.in_dir / "windows" / "0.npy", np.array([{}], dtype=object), allow_pickle=True)
    with pytest.raises(RequestError, match="allow_pickle"):
        read_request(task.in_dir, "processing").array("windows")


@pytest.mark.parametrize("text", ["", "{", "[]", "\x00"])
def test_what_is_no_json_object_is_refused(task, text):
    (task.in_dir / "request.json").write_text(text)
    with pytest.raises(RequestError, match=r"request.json"):
        read_request(task.in_dir, "processing")


def test_a_missing_request_is_refused(tmp_path):
    with pytest.raises(RequestError, match="No such file"):
        read_request(tmp_path, "processing")


def test_parts_are_put_side_by_side(folder):
    one, two = np.ones((3, 2), np.float32), np.zeros((3, 1), np.float32)
    task = folder().features((["a", "b"], [one[:1], one[1:]]), (["c"], [two])).request("fit")
    features = read_request(task.in_dir, "learning").features()
    assert features.labels == ["a", "b", "c"]
    assert features.shape == {"type": "flat", "width": 3}
    np.testing.assert_array_equal(features.values, [[1, 1, 0]] * 3)
    np.testing.assert_array_equal(features.rows(1, 2), [[1, 1, 0]])


def test_parts_of_different_length_are_refused(folder):
    rows = np.ones((3, 1), np.float32)
    task = folder().features((["a"], [rows]), (["b"], [rows[:2]])).request("fit")
    with pytest.raises(RequestError, match=r"got \[3, 2\]; allowed: the same number of windows"):
        read_request(task.in_dir, "learning").features()


def test_columns_must_be_as_many_as_labels(folder):
    task = folder().features((["a"], [np.ones((3, 2), np.float32)])).request("fit")
    with pytest.raises(RequestError, match="one column a label"):
        read_request(task.in_dir, "learning").features()
