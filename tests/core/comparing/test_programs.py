"""Programs of Edge Impulse: refused unless isolated or trusted, and asked by their own protocols."""

from __future__ import annotations

import shutil

import numpy as np
import pytest

from edgewright.errors import RunnerUnavailableError, TaskError

from .conftest import VALUES
from .programs import write_eim, write_embind

needs_node = pytest.mark.skipif(shutil.which("node") is None, reason="needs Node")


def test_an_eim_is_asked_over_its_socket(compare, sizes, fresh, tmp_path):
    told = compare(write_eim(tmp_path / "model.eim", VALUES))
    assert told["second"]["kind"] == "Linux .eim"
    assert told["second"]["threshold"] == 1.5
    assert told["windows"]["second"]["anomalous"] == int((sizes > 1.5).sum())
    expected = np.corrcoef(sizes, fresh.scores["anomaly"])[0, 1]
    assert told["windows"]["pearson"] == pytest.approx(expected, abs=1e-4)
    assert told["second"]["seconds_per_window"] > 0
    assert "runner process" in told["notes"][0]


def test_the_classes_of_an_eim_can_be_its_score(compare, sizes, tmp_path):
    told = compare(write_eim(tmp_path / "model.eim", VALUES), by="classes", threshold=0.5)
    assert told["windows"]["second"]["anomalous"] == int((sizes > 1).sum())
    assert "normal classes idle" in told["notes"][1]
    only = compare(write_eim(tmp_path / "only.eim", VALUES, "classes only"), threshold=0.5)
    assert only["windows"]["second"]["anomalous"] == int((sizes > 1).sum())


@pytest.mark.parametrize("kind", ["eim", "embind"])
def test_foreign_programs_need_isolation_or_trust(compare, nowhere, tmp_path, kind):
    path = write_eim(tmp_path / "m.eim", VALUES) if kind == "eim" else write_embind(tmp_path / "p", VALUES)
    with pytest.raises(RunnerUnavailableError, match="not built in"):
        compare(path, trust=False)


@pytest.mark.parametrize(
    ("mode", "message"),
    [
        ("dies", "ended with 3"),
        ("refuses", "no such thing"),
        ("hangs up", "closed the connection|stopped answering"),
        ("babbles", "no JSON"),
    ],
)
def test_what_an_eim_does_wrong_is_told(compare, tmp_path, mode, message):
    with pytest.raises(TaskError, match=message):
        compare(write_eim(tmp_path / "model.eim", VALUES, mode))


def test_an_eim_of_other_windows_or_no_program_at_all(compare, tmp_path):
    with pytest.raises(TaskError, match="takes 33 values a window"):
        compare(write_eim(tmp_path / "model.eim", 33))
    (tmp_path / "text.eim").write_bytes(b"\x7fELF for another machine")
    with pytest.raises(TaskError, match="can't be started"):
        compare(tmp_path / "text.eim")


@needs_node
@pytest.mark.parametrize("place", ["folder", "zip", "script"])
def test_their_package_is_asked_through_its_own_module(compare, sizes, tmp_path, place):
    package = write_embind(tmp_path / "package", VALUES)
    if place == "zip":
        shutil.make_archive(str(tmp_path / "package"), "zip", package)
        package = tmp_path / "package.zip"
    elif place == "script":
        package = package / "node" / "edge-impulse-standalone.js"
    told = compare(package)
    assert told["second"]["threshold"] == 1.5
    assert told["windows"]["second"]["anomalous"] == int((sizes > 1.5).sum())


@needs_node
def test_what_their_package_does_wrong_is_told(compare, tmp_path):
    with pytest.raises(TaskError, match="takes 33 values a window"):
        compare(write_embind(tmp_path / "a", 33))
    with pytest.raises(TaskError, match="run_classifier returned -5"):
        compare(write_embind(tmp_path / "b", VALUES, result=-5))
    (tmp_path / "c").mkdir()
    (tmp_path / "c" / "edge-impulse-standalone.js").write_text("syntax error")
    with pytest.raises(TaskError, match="the package failed"):
        compare(tmp_path / "c")
