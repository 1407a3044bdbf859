"""Each planted fault is found by the one check that is for it, and every other check holds."""

from __future__ import annotations

import pytest

from edgewright.conformance import Bench, checks_for, judge
from edgewright.plugins import make_plugins

from .faults import DEVICE, FAULTS, module, plant

PLUGINS = make_plugins()


def verdicts_of(block):
    with Bench(block, PLUGINS, docker=False) as bench:
        return {check.name: judge(check, bench) for check in checks_for("processing")}


def test_the_block_that_faults_are_planted_into_is_sound(tmp_path):
    verdicts = verdicts_of(plant(tmp_path, DEVICE))
    assert {v.name: v.message for v in verdicts.values() if v.status != "passed"} == {
        "container": "left out (--no-docker)"
    }


@pytest.mark.parametrize("name", FAULTS)
def test_a_planted_fault_is_found_by_its_check_alone(name, tmp_path):
    fault = FAULTS[name]
    verdicts = verdicts_of(plant(tmp_path, *fault.edits))
    assert [v.name for v in verdicts.values() if v.status == "failed"] == [fault.check], verdicts
    found = verdicts[fault.check]
    assert fault.place in found.message
    assert fault.remedy in found.remedy
    left_out = {v.because for v in verdicts.values() if v.because}
    assert left_out <= {fault.check}


GRAPH = """graph = Fragment([window["length"], axes])
        sizes = graph.add("Abs", graph.do("Mul", "input", params.gain))
        powers = graph.mean(graph.do("Pow", sizes, params.power), 1, window["length"])
        graph.give("features", graph.smallest(sizes, [1]) if params.measure == "peak" else powers)
        return Export(
            onnx=graph.data(),"""


def test_an_exported_onnx_graph_is_held_to_python(tmp_path):
    imported = module("from edgewright_sdk.fragments import Fragment")
    block = plant(tmp_path, DEVICE, imported, ("block.py", "return Export(", GRAPH))
    (check,) = (check for check in checks_for("processing") if check.name == "device")
    with Bench(block, PLUGINS, docker=False) as bench:
        verdict = judge(check, bench)
    assert verdict.status == "failed"
    assert "in the ONNX graph and" in verdict.message
    assert "mend the graph" in verdict.remedy
