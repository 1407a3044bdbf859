"""What changes a key, what doesn't, and how a change is told."""

from __future__ import annotations

from typing import Any

import pytest

from edgewright.planner.keys import changed_parts, source_digest
from edgewright.planner.tasks import CodeRows, FeatureRows, FromTask, Part, Rows, WindowRows
from edgewright_specs.interface import digest_json

BASE: dict[str, Any] = {
    "contract": 1, "operation": "fit", "block": "a" * 64, "environment": ["numpy==2.2.6", "python==3.11.7"],
    "params": {"clusters": 8, "radius": 99.0}, "inputs": {"features": "b" * 64}, "seed": 0, "threads": 1,
}  # fmt: skip


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"params": {"clusters": 9, "radius": 99.0}}, "parameters: clusters 8 → 9"),
        (
            {"environment": ["numpy==2.3.0", "python==3.11.7"]},
            "environment (library versions, Python, architecture): numpy==2.2.6 → numpy==2.3.0",
        ),
        ({"block": "c" * 64}, "code or spec of the block"),
        ({"inputs": {"features": "d" * 64}}, "inputs: features"),
        ({"contract": 2}, "contract version: 1 → 2"),
        ({"seed": 7}, "seed: 0 → 7"),
    ],
)
def test_each_change_is_a_miss_and_told(change: dict[str, Any], told: str) -> None:
    new = {**BASE, **change}
    assert digest_json(new) != digest_json(BASE)
    assert changed_parts(BASE, new) == [told]


def test_the_order_of_parameters_does_not_count() -> None:
    new = {**BASE, "params": dict(reversed(list(BASE["params"].items())))}
    assert digest_json(new) == digest_json(BASE)


def test_an_unchanged_key_without_outputs_is_told_too() -> None:
    assert changed_parts(BASE, BASE) == ["its outputs are no longer in the store"]
    assert changed_parts(None, BASE) == ["first time"]


def test_sources_differ_by_all_that_they_are_cut_from() -> None:
    def digest(task: str, output: str) -> str:
        return f"{task}:{output}"

    part = Part("flat", "flat/describe", ("flat/transform/training-0",))
    sources = [
        FromTask("a", "x"),
        WindowRows("data/read", "data/index", 0, 5, 20),
        WindowRows("data/read", "data/index", 0, 6, 20),
        WindowRows("data/read", "data/index", 0, 5, 20, (1,)),
        FeatureRows((part,)),
        FeatureRows((part,), Rows("k/select")),
        FeatureRows((part,), Rows("k/select", part="learned")),
        FeatureRows((part,), Rows("k/select", part="validates")),
        CodeRows("targets", Rows("k/select")),
        CodeRows("groups", Rows("k/select")),
        CodeRows("targets", Rows("k/select", part="learned")),
        FeatureRows((part,), Rows("k/select", 0)),
        FeatureRows((part,), Rows("k/select", 0, held=True)),
        FeatureRows((part, part)),
    ]
    digests = [source_digest(source, digest) for source in sources]
    assert len(set(digests)) == len(digests)
