"""The kit finds the faults it is for: each is put into a block that is sound, and the one check must name it."""

from __future__ import annotations

from pathlib import Path

import pytest

from edgewright.blocks_init import NewBlock, write_block
from edgewright.conformance import Bench, checks_for
from edgewright.conformance.checks import Verdict, judge
from edgewright.conformance.variants import variants
from edgewright.errors import UsageError
from edgewright.plugins import make_plugins
from edgewright.registry import resolve
from edgewright_specs.parameters import load_block_spec

from .faults import module, plant


@pytest.fixture(scope="module")
def plugins():
    return make_plugins()


def verdict_of(name, folder, plugins):
    block = resolve(str(folder), Path.cwd(), plugins)
    check = next(check for check in checks_for(block.type) if check.name == name)
    with Bench(block, plugins, docker=False) as bench:
        for other in check.needs:  # they pass, and cost time
            bench.verdicts[other] = Verdict(other, "", "passed")
        return judge(check, bench)


# check, file, what stands there, what is put there, what the verdict must say
PROCESSING_FAULTS = {
    "no Dockerfile": ("spec", "Dockerfile", None, None, "no Dockerfile"),
    "crash": ("defaults", "block.py", "scaled = ", "scaled = undefined + ", "NameError"),
    "wrong width": ("defaults", "block.py", 'if params.span else ["Level"]', 'if not params.span else ["Level"]', "labels"),
    "wrong shape": ("description", "block.py", "return Description([", "return Description(shape={'type': 'image', 'width': 2, 'height': 2, 'channels': 1}, labels=[", "holds 4 values, there are 6 features"),
    "doubled labels": ("description", "block.py", '["Level", "Span"]', '["Level", "Level"]', "given twice"),
    "crash at an option": ("bounds", "block.py", "if params.span:", "if not params.span: features[9]\n        if params.span:", "span = False: block_error: IndexError"),
    "not finite at a bound": ("bounds", "block.py", "params.scale_axes)\n        features", "params.scale_axes ** 9)\n        features", "scale-axes"),
    "neighbours": ("batch", "block.py", "scaled = windows.values", "scaled = windows.values - windows.values.mean(axis=0)", "alone"),
    "device does not compile": ("device", "device/mine.cpp", "float sum = 0.0f;", "double sum = 0.0;", "failed"),
    "device writes too far": ("device", "device/mine.cpp", "return ew_ok;", "float* p = ew_floats(out[0]); for (int32_t i = 0; i < 900000000; ++i) p[i] = 1.0f;\n    return ew_ok;", "crashed"),
}  # fmt: skip


@pytest.mark.parametrize("fault", PROCESSING_FAULTS)
def test_a_fault_of_a_processing_block_is_found(fault, tmp_path, plugins):
    name, file, old, new, expected = PROCESSING_FAULTS[fault]
    write_block(NewBlock("processing", tmp_path / "mine"))
    path = tmp_path / "mine" / file
    if old is None:
        path.unlink()
    else:
        text = path.read_text()
        assert old in text
        path.write_text(text.replace(old, new))
    verdict = verdict_of(name, tmp_path / "mine", plugins)
    assert verdict.status == "failed", verdict
    assert expected in verdict.message
    assert verdict.remedy


LEARNING_FAULTS = {
    "undeclared output": ("description", '["scores", "contributions"]', '["scores"]', "score gives"),
    "seedless": ("deterministic", "values = train.values.astype(np.float64)", "values = train.values + np.random.random(train.values.shape)", "differ"),
    "neighbours": ("batch", "squares = standard**2", "squares = standard**2 / len(standard)", "alone"),
    "constant feature": ("degenerate", "np.maximum(values.std(axis=0), params.smallest_deviation)", "values.std(axis=0)", "one window"),
    "ignored parameter": ("effect", "params.smallest_deviation)", "1e-6)", "smallest-deviation changes nothing"),
    "device": ("device", "(1 / model.arrays", "(2 / model.arrays", "on the device"),
}  # fmt: skip


def test_network_that_a_block_fails_without_is_named_beside_the_failure(tmp_path, plugins):
    added = 'import socket\n\nsocket.create_connection(("127.0.0.1", 9), timeout=0.05)'
    block = plant(tmp_path, module(added))
    with Bench(block, plugins, docker=False) as bench:
        verdicts = {check.name: judge(check, bench) for check in checks_for("processing")}
    assert [v.name for v in verdicts.values() if v.status == "failed"] == ["defaults", "network"]
    assert "ConnectionRefusedError" in verdicts["defaults"].message
    assert verdicts["network"].message.endswith("block.py:16: connects to 127.0.0.1:9")
    assert (verdicts["writes"].status, verdicts["writes"].because) == ("skipped", "")


@pytest.mark.parametrize("fault", LEARNING_FAULTS)
def test_a_fault_of_a_learning_block_is_found(fault, tmp_path, plugins):
    name, old, new, expected = LEARNING_FAULTS[fault]
    write_block(NewBlock("learning", tmp_path / "mine"))
    path = tmp_path / "mine" / "block.py"
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))
    verdict = verdict_of(name, tmp_path / "mine", plugins)
    assert verdict.status == "failed", verdict
    assert expected in verdict.message


def test_a_new_block_never_replaces_anything(tmp_path):
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "notes.txt").write_text("mine")
    with pytest.raises(UsageError, match="is there already"):
        write_block(NewBlock("processing", tmp_path / "full"))
    assert [path.name for path in (tmp_path / "full").iterdir()] == ["notes.txt"]
    with pytest.raises(UsageError, match="can't be a block's name"):
        write_block(NewBlock("processing", tmp_path / "9lives"))
    with pytest.raises(UsageError, match="no kind of block"):
        write_block(NewBlock("plugin", tmp_path / "new"))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["full"]


def test_variants_reach_what_showif_hides(tmp_path):
    (tmp_path / "parameters.json").write_text("""{
        "type": "processing", "edgewright": {"contract": 1},
        "parameters": [
            {"param": "solver", "type": "select", "value": "plain", "valid": ["plain", "saga"]},
            {"param": "penalty", "type": "boolean", "value": false,
             "showIf": {"parameter": "solver", "operator": "eq", "value": "saga"}},
            {"param": "ratio", "type": "float", "value": 0.5, "min": 0, "max": 1,
             "showIf": {"parameter": "penalty", "operator": "eq", "value": "true"}},
            {"param": "depth", "type": "int", "value": 3, "min": 1, "optional": true}
        ]}""")
    tried = dict(variants(load_block_spec(tmp_path)))
    assert tried == {
        "solver = saga": {"solver": "saga"},
        "penalty = True": {"solver": "saga", "penalty": True},
        "ratio = 0.0": {"penalty": True, "solver": "saga", "ratio": 0},
        "ratio = 1.0": {"penalty": True, "solver": "saga", "ratio": 1},
        "depth = 1": {"depth": 1},
        "depth = None": {"depth": None},
    }
