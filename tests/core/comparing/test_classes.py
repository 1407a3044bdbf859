"""Two classifiers: another run, a program, a model file and a list beside a run that tells classes."""

from __future__ import annotations

import json

import numpy as np
import pytest

from edgewright.comparing import Wishes, compare_scores
from edgewright.errors import DataError, UsageError
from edgewright.running import Options, run_impulse
from edgewright.running.fresh import scored
from edgewright.store import Store

from .programs import write_eim
from .test_files import onnx_model, write_csv

TRUSTED = Options(runner="process", trust=True)

BLOCK = '''"""Shares of classes by the distance to their means."""

import numpy as np

from edgewright_sdk import LearningBlock, LearningDescription, Model, Scores


class Means(LearningBlock):
    def describe(self, features, params):
        return LearningDescription("classification", ["probabilities"], classes=self.context.classes)

    def fit(self, train, validation, params, context):
        x, y = np.asarray(train.values), np.asarray(context.targets)
        return Model({}, {"means": np.stack([x[y == code].mean(axis=0) for code in np.unique(y)])})

    def score(self, model, features, params):
        far = ((np.asarray(features.values)[:, None] - np.asarray(model.arrays["means"])) ** 2).sum(axis=2)
        near = np.exp(far.min(axis=1, keepdims=True) - far)
        return Scores(probabilities=near / near.sum(axis=1, keepdims=True))
'''
SPEC = {
    "version": 1, "type": "learning", "info": {"name": "means"}, "parameters": [],
    "edgewright": {"contract": 1, "training": "labelled"},
}  # fmt: skip


@pytest.fixture(scope="module")
def classified(trained, impulse_text, recordings, tmp_path_factory):
    """A run of a block that tells idle, running and broken apart."""
    folder = tmp_path_factory.mktemp("classified")
    (folder / "data").symlink_to(recordings)
    (folder / "means").mkdir()
    (folder / "means" / "parameters.json").write_text(json.dumps(SPEC))
    (folder / "means" / "block.py").write_text(BLOCK)
    text = impulse_text.replace(", normal: [idle, running], abnormal: rest", "").partition("learning:")[0]
    (folder / "impulse.yaml").write_text(
        text + "learning:\n  - {id: classes, block: ./means, input: [flat]}\n"
    )
    return run_impulse(
        folder / "impulse.yaml", runs=folder / "runs", options=TRUSTED, store=Store(trained[0] / "store")
    )


@pytest.fixture
def compare(classified, recordings, store):
    def run(other, **wishes):
        return compare_scores(
            classified, other, recordings, wishes=Wishes(**wishes), options=TRUSTED
        ).document

    return run


@pytest.fixture
def told(classified, recordings, store):
    """Features and shares of every window, and its file and time."""
    with scored(classified, recordings, options=TRUSTED) as fresh:
        files = [fresh.samples[int(row["sample"])]["file"] for row in fresh.index]
        yield fresh.features("flat"), fresh.scores["classes"], list(zip(files, fresh.times(), strict=True))


def test_a_run_beside_itself_names_the_same_classes(compare, classified):
    found = compare(classified.path)
    assert found["kind"] == "classification"
    assert (found["windows"]["n"], found["windows"]["differ"]) == (165, 0)
    assert (found["recordings"]["n"], found["recordings"]["differ"]) == (15, 0)
    assert found["windows"]["pearson"] == pytest.approx(1.0)
    assert found["windows"]["first"] == found["windows"]["second"]
    assert found["windows"]["first"]["accuracy"] > 0.9
    assert found["pairs"] == []


def test_a_program_with_other_classes(compare, tmp_path):
    found = compare(write_eim(tmp_path / "model.eim", 40))
    assert found["windows"]["classes"] == ["idle"]
    assert {pair["second"] for pair in found["pairs"]} <= {"idle", "wave"}
    assert found["windows"]["differ"] == sum(pair["windows"] for pair in found["pairs"])
    window = found["differing"][0]
    assert window["first"]["class"] != window["second"]["class"]
    assert window["first"]["right"] == (window["first"]["class"] == window["label"])
    assert "of the other side: idle, wave" in found["notes"][-1]


def test_a_model_file_takes_the_classes_of_the_run_in_order(compare, classified, tmp_path, told):
    features, shares, _ = told
    weights = np.random.default_rng(1).normal(0, 0.3, (14, 3))
    found = compare(onnx_model(tmp_path / "m.onnx", ["n", 14], weights, classes=True))
    own = classified.description("classes")["classes"]
    assert f"classes {', '.join(own)}, in this order" in found["notes"][1]
    said = (features @ weights.astype(np.float32)).argmax(axis=1)
    assert found["windows"]["agree"] == int((shares.argmax(axis=1) == said).sum())
    with pytest.raises(DataError, match="1 values a window and 3 class names"):
        compare(onnx_model(tmp_path / "one.onnx", ["n", 14], weights[:, :1]))


def test_a_list_of_shares(compare, classified, tmp_path, told):
    _, shares, places = told
    own = classified.description("classes")["classes"]
    rows = [(*place, *map(float, row)) for place, row in zip(places, shares, strict=True)]
    found = compare(write_csv(tmp_path / "s.csv", f"file,start,{','.join(own)}", rows))
    assert found["windows"]["differ"] == 0
    turned = compare(write_csv(tmp_path / "t.csv", f"file,start,{','.join([*own[1:], own[0]])}", rows))
    assert turned["windows"]["agree"] == 0
    assert turned["windows"]["second"]["accuracy"] < 0.1


def test_what_tells_no_classes_is_refused(compare, classified, trained, tmp_path, told):
    with pytest.raises(UsageError, match="0 classification nodes"):
        compare(trained[1].path)
    (tmp_path / "s.csv").write_text("file,score\nidle/0.csv,1\n")
    with pytest.raises(DataError, match="neither a column score nor columns of classes"):
        compare(tmp_path / "s.csv")
    with pytest.raises(UsageError, match="no such anomaly or classification node"):
        compare(classified.path, node="nonsense")
