"""Each planted fault is found by the one check that is for it, and every other check holds."""

from __future__ import annotations

import pytest

from edgewright.conformance import Bench, checks_for, judge
from edgewright.plugins import make_plugins

from .faults import DEVICE, FAULTS, plant

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
