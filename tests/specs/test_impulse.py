"""``impulse.yaml``: the whole of it, every kind of fault with its line, and graphs of any size (G01)."""

from __future__ import annotations

import itertools
import json
import time
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgewright_specs.graph import find_cycle
from edgewright_specs.impulse import SplitSpec
from edgewright_specs.loading import load_impulse, parse_impulse
from edgewright_specs.problems import SpecError

if TYPE_CHECKING:
    from pathlib import Path

    from edgewright_specs.impulse import ImpulseSpec

WHOLE = """\
version: 1
name: pump-monitor
data:
  path: data/pump
  reader: csv
  options: {delimiter: ";"}
  normal: [idle, running, no, 007, 1.0]
  abnormal: rest
  split: {training: 60, calibration: 15, test: 25, group: machine}
  skip-bad: true
input: {kind: time-series, frequency: 62.5, window-ms: 2000, stride_ms: 240, axes: [accX, accY, accZ], pad: true}
processing:
  - {id: spectral, block: spectral_analysis, axes: [accX, accY], params: {fft-length: 16}}
  - {id: flat, block: ./blocks/mine, input: spectral}
learning:
  - id: anomaly
    block: kmeans
    input: [spectral, flat]
    params: {clusters: 32, features: all}
    train: {labels: [idle]}
    grants: {memory-mb: 8000, seconds: 10, writable-root: false}
thresholds:
  anomaly: {method: held-out, fpr: 0.01, aggregate: top-k, k: 3}
deployment:
  - {block: cpp}
  - {id: browser, block: "ghcr.io/someone/wasm:1", params: {selftest-data: none}}
device: {name: mine, cpu: cortex-m4f, clock-mhz: 80, ram-kb: 256, flash_kb: 1024}
seed: 7
"""


def refused(text: str) -> list[str]:
    with pytest.raises(SpecError) as caught:
        parse_impulse(text)
    return [str(p) for p in caught.value.problems]


def changed(**sections: Any) -> str:
    base: dict[str, Any] = {
        "version": 1,
        "data": {"path": "d"},
        "input": {"window_ms": 1000},
        "processing": [{"id": "p", "block": "flatten"}],
        "learning": [{"id": "l", "block": "kmeans", "input": ["p"]}],
    }
    return json.dumps({k: v for k, v in {**base, **sections}.items() if v is not None}, indent=1)


def test_the_whole_of_it(tmp_path: Path) -> None:
    path = tmp_path / "impulse.yaml"
    path.write_text(WHOLE)
    impulse = load_impulse(path)
    assert impulse.data.normal == ["idle", "running", "no", "007", "1.0"]
    assert (impulse.data.abnormal, impulse.data.skip_bad, impulse.data.reader) == ("rest", True, "csv")
    assert impulse.data.split == SplitSpec(training=60.0, calibration=15.0, test=25.0, group="machine")
    assert (impulse.input.window_ms, impulse.input.stride_ms, impulse.input.pad) == (2000.0, 240.0, True)
    assert (impulse.input.window_length(62.5), impulse.input.stride_length(62.5)) == (125, 15)
    assert [n.input for n in impulse.processing] == [["input"], ["spectral"]]
    assert impulse.learning[0].params == {"clusters": 32, "features": "all"}
    assert impulse.learning[0].train.labels == ["idle"]
    assert impulse.learning[0].grants.memory_mb == 8000
    assert (impulse.thresholds["anomaly"].fpr, impulse.thresholds["anomaly"].k) == (0.01, 3)
    assert [d.name for d in impulse.deployment] == ["cpp", "browser"]
    assert not isinstance(impulse.device, str | None)
    assert (impulse.device.clock_mhz, impulse.device.flash_kb, impulse.seed) == (80.0, 1024.0, 7)
    assert impulse.locate("/learning/0/params/clusters") == f"{path}:19"
    assert (impulse.path, impulse.base) == (path, tmp_path)


def test_defaults() -> None:
    impulse = parse_impulse(changed())
    assert impulse.data.split == SplitSpec(training=70.0, calibration=10.0, test=20.0)
    assert (impulse.name, impulse.seed, impulse.device, impulse.thresholds) == ("impulse", 0, None, {})
    assert impulse.input.stride_length(100) == impulse.input.window_length(100) == 100


def test_one_text_stands_for_a_list_of_one() -> None:
    impulse = parse_impulse(changed(data={"path": "d", "normal": "idle", "abnormal": ["rest"]}))
    assert (impulse.data.normal, impulse.data.abnormal) == (["idle"], ["rest"])


def test_every_problem_of_a_file_comes_at_once_even_those_across_it() -> None:
    text = """\
version: 1
nam: x
data: {path: data/pump, normal: [a], abnormal: [a]}
input: {kind: time-series, frequency: -3, window_ms: "2000"}
processing:
  - id: spectral
    block: spectral_analysis
    params: {fft-length: 16}
    params: {fft-length: 32}
  - {id: spectral, block: 3, input: [flat]}
  - {id: flat, block: flatten, input: [flatt]}
learning:
  - {id: anomaly, block: kmeans, input: [spectra], parms: {clusters: 32}}
thresholds:
  anomaly: {method: heldout, fpr: 0.01}
  anomly: {method: manual}
"""
    assert [p.removeprefix("impulse.yaml:").split(";")[0] for p in refused(text)] == [
        "2: /nam: is not a known field",
        "3: /data/abnormal/0: is normal and abnormal at once",
        "4: /input/frequency: is out of range",
        "4: /input/window_ms: is not a number",
        "9: /processing/0/params: is given twice",
        "10: /processing/1/block: is not text",
        "11: /processing/2/input/0: names no block",
        "13: /learning/0/parms: is not a known field",
        "13: /learning/0/input/0: names no block",
        "15: /thresholds/anomaly/method: is not a known value",
        "16: /thresholds/anomly: names no learning block",
        '16: /thresholds/anomly: lacks "value", which method manual needs',
    ]


@pytest.mark.parametrize(
    ("sections", "message"),
    [
        ({"version": 2}, "/version: is not supported; got 2; allowed: 1; a newer version"),
        ({"version": None}, 'lacks "version"'),
        ({"data": {}}, '/data: lacks "path"'),
        ({"data": {"path": "d", "normal": "rest", "abnormal": "rest"}}, "/data/abnormal: can't be the rest on both sides"),
        ({"data": {"path": "d", "normal": [1]}}, "/data/normal"),
        ({"data": {"path": "d", "split": {"training": 80}}}, "/data/split: percentages add up to 110; allowed: 100"),
        ({"data": {"path": "d", "split": {"training": 0, "test": 90}}}, "/data/split/training: leaves nothing to learn from"),
        ({"data": {"path": "d", "split": "nine"}}, '/data/split: is not allowed here; got "nine"; allowed: an object; or none'),
        ({"data": {"path": "d", "split": {"train": 80}}}, "/data/split/train: is not a known field"),
        ({"data": {"path": "d", "skip-bad": True, "skip_bad": False}}, "/data/skip_bad: is the same as skip-bad, given too"),
        ({"input": {}}, '/input: lacks "window_ms"'),
        ({"input": {"kind": "image", "window_ms": 3}}, "/input/window_ms: is only for kind: time-series; this is image"),
        ({"input": {"kind": "tabular", "pad": True}}, "/input/pad: is only for kind: time-series"),
        ({"input": {"window_ms": 1, "axes": ["x", "x"]}}, "/input/axes/1: is listed twice"),
        ({"input": {"window_ms": 0}}, "/input/window_ms: is out of range; got 0; allowed: more than 0"),
        ({"input": {"window_ms": 1, "windows": 1}}, "/input/windows: is not a known field"),
        ({"input": {"window": "sample", "window_ms": 1}}, "/input/window_ms: doesn't go with window: sample"),
        ({"input": {"window": "sample", "pad": False}}, "/input/pad: doesn't go with window: sample"),
        ({"input": {"window_ms": 1, "max_length_ms": 1}}, "/input/max_length_ms: is only for window: sample"),
        ({"input": {"kind": "tabular", "window": "sample"}}, "/input/window: is only for kind: time-series"),
        ({"processing": [], "learning": []}, "has no block"),
        ({"processing": [{"id": "input", "block": "x"}]}, '/processing/0/id: is reserved; got "input"'),
        ({"processing": [{"id": "Data", "block": "x"}]}, "is reserved"),
        ({"processing": [{"id": "a b", "block": "x"}]}, "/processing/0/id: has a form that is not allowed"),
        ({"processing": [{"id": "p", "block": ""}]}, "/processing/0/block: is out of range"),
        ({"processing": [{"id": "p", "block": "x", "input": []}]}, "/processing/0/input: is empty"),
        ({"processing": [{"id": "p", "block": "x", "input": ["input", "input"]}]}, "/processing/0/input/1: is listed twice"),
        ({"processing": [{"id": "p", "block": "x", "input": ["l"]}]}, "is a learning block, which has no features"),
        ({"processing": [{"id": "p", "block": "x", "input": ["p"]}]}, "the blocks run in a circle: p → p"),
        ({"deployment": [{"block": "cpp"}, {"block": "cpp"}]}, "/deployment/1/block: is taken, at /deployment/0/block"),
        ({"deployment": [{"block": "x/l"}]}, "is taken, at /learning/0/id"),
        ({"learning": [{"id": "P", "block": "k", "input": ["p"]}]}, "/learning/0/id: is too like p, at /processing/0/id"),
        ({"learning": [{"id": "l", "block": "k"}]}, '/learning/0: lacks "input"'),
        ({"learning": [3]}, "/learning/0: is not an object; got 3"),
        ({"learning": {"id": "l"}}, "/learning: is not a list"),
        ({"thresholds": {"p": {}}}, '/thresholds/p: names no learning block; got "p"; allowed: l'),
        ({"thresholds": {"l": {"method": "held-out", "value": 3}}}, "/thresholds/l/value: does not go with method held-out; it goes with manual"),
        ({"thresholds": {"l": {"fpr": 1.5}}}, "/thresholds/l/fpr: is out of range; got 1.5; allowed: less than 1"),
        ({"thresholds": {"l": {"k": 3}}}, "/thresholds/l/k: goes only with aggregate top-k"),
        ({"device": 3}, "/device: is not allowed here; got 3; allowed: text; or an object"),
        ({"seed": -1}, "/seed: is out of range; got -1; allowed: at least 0"),
        ({"seed": 1.5}, "/seed: is not an integer"),
        ({"seed": True}, "/seed: is not an integer; got true"),
        ({"name": "../x"}, "/name: has a form that is not allowed"),
    ],
)  # fmt: skip
def test_one_fault(sections: Any, message: str) -> None:
    problems = refused(changed(**sections))
    assert any(message in p for p in problems), problems
    assert all(p.startswith("impulse.yaml:") for p in problems)


def test_axes_of_a_block_are_axes_of_the_input() -> None:
    text = changed(
        input={"window_ms": 1, "axes": ["accX", "accY"]},
        processing=[{"id": "p", "block": "x", "axes": ["accZ"]}],
    )
    assert (
        '/processing/0/axes/0: is no axis of the input; got "accZ"; allowed: accX, accY' in refused(text)[0]
    )


@pytest.mark.parametrize("text", ["3", "[]", "just text"])
def test_what_is_not_an_object_at_all(text: str) -> None:
    assert "is not an impulse" in refused(text)[0]


def test_a_cycle_is_named_by_its_path() -> None:
    nodes = [
        {"id": n, "block": "x", "input": i}
        for n, i in (("a", "input"), ("b", ["a", "d"]), ("c", "b"), ("d", "c"))
    ]
    assert "the blocks run in a circle: b → c → d → b" in refused(changed(processing=nodes))[0]


def _chain(count: int) -> list[dict[str, Any]]:
    return [{"id": f"n{i}", "block": "x", "input": [f"n{i - 1}"] if i else ["input"]} for i in range(count)]


def test_ten_thousand_nodes_are_read_and_a_cycle_among_them_found() -> None:
    nodes = _chain(10_000)
    start = time.process_time()
    impulse: ImpulseSpec = parse_impulse(changed(processing=nodes, learning=[]))
    assert len(impulse.processing) == 10_000
    nodes[0]["input"] = ["n9999"]
    problems = refused(changed(processing=nodes, learning=[]))
    assert len(problems) == 1
    assert "circle: n0 → n1 → n2" in problems[0]
    assert len(problems[0]) < 400
    assert time.process_time() - start < 10


def test_ten_thousand_dangling_inputs_are_reported_bounded() -> None:
    nodes = [{"id": f"n{i}", "block": "x", "input": [f"missing{i}"]} for i in range(10_000)]
    start = time.process_time()
    with pytest.raises(SpecError) as caught:
        parse_impulse(changed(processing=nodes, learning=[]))
    assert len(str(caught.value).splitlines()) == 51
    assert time.process_time() - start < 10


@given(st.dictionaries(st.integers(0, 6), st.lists(st.integers(0, 6), max_size=3), max_size=7))
def test_a_cycle_is_found_exactly_when_there_is_one(graph: dict[int, list[int]]) -> None:
    inputs = {str(k): [str(i) for i in v] for k, v in graph.items()}
    left = dict(inputs)
    while free := [k for k, v in left.items() if not any(i in left for i in v)]:
        for key in free:
            del left[key]
    cycle = find_cycle(inputs)
    assert bool(cycle) == bool(left)
    if cycle:
        assert cycle[0] == cycle[-1]
        assert all(source in inputs[target] for source, target in itertools.pairwise(cycle))


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 10**20) | st.floats() | st.text(max_size=6) | st.sampled_from(["p", "l", "input"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4) | st.sampled_from(["id", "block", "input"]), inner, max_size=3),
    max_leaves=8,
)  # fmt: skip


@given(
    st.dictionaries(
        st.sampled_from(
            [
                "version",
                "name",
                "data",
                "input",
                "processing",
                "learning",
                "thresholds",
                "deployment",
                "device",
                "seed",
            ]
        ),
        VALUES,
    )
)
def test_any_sections_give_an_impulse_or_a_spec_error(sections: dict[str, Any]) -> None:
    try:
        parse_impulse(changed(**sections))
    except SpecError as error:
        assert error.problems  # noqa: PT017
