"""What a spec may ask for and an impulse may grant, as documents."""

from __future__ import annotations

from typing import Any

import pytest

from edgewright_specs.block_checks import is_mountable, names_secret
from edgewright_specs.loading import parse_impulse
from edgewright_specs.parameters import load_block_spec
from edgewright_specs.problems import SpecError

from .conftest import WriteBlock, block

IMPULSE = """version: 1
data: {path: data}
input: {kind: tabular}
processing:
  - {id: a, block: raw, grants: GRANTS}
"""


def test_a_spec_that_asks_for_everything_loads(write_block: WriteBlock) -> None:
    asked = {
        "network": True, "writable_root": True, "gpu": 2, "secrets": ["API_TOKEN", "key-2"],
        "mounts": [{"name": "tables", "path": "/data/tables"}, {"name": "cache", "path": "/mnt/cache", "read_only": False}],
    }  # fmt: skip
    section = load_block_spec(write_block(block(**asked))).edgewright
    assert section is not None
    assert section.model_dump(include=set(asked), exclude_unset=False)["gpu"] == 2
    assert [(mount.name, mount.read_only) for mount in section.mounts] == [("tables", True), ("cache", False)]


@pytest.mark.parametrize(
    ("asked", "pointer", "message"),
    [
        ({"secrets": ["LD_PRELOAD"]}, "/edgewright/secrets/0", "can't name a secret"),
        ({"secrets": ["../../etc/passwd"]}, "/edgewright/secrets/0", "can't name a secret"),
        ({"secrets": ["A", "A"]}, "/edgewright/secrets/1", "is given twice"),
        ({"gpu": 0}, "/edgewright/gpu", ""),
        ({"mounts": [{"name": "a", "path": "/in"}]}, "/edgewright/mounts/0/path", "can't be mounted to"),
        (
            {"mounts": [{"name": "a", "path": "/run/secrets"}]},
            "/edgewright/mounts/0/path",
            "can't be mounted to",
        ),
        ({"mounts": [{"name": "a", "path": "data"}]}, "/edgewright/mounts/0/path", "can't be mounted to"),
        (
            {"mounts": [{"name": "a", "path": "/data/../etc"}]},
            "/edgewright/mounts/0/path",
            "can't be mounted to",
        ),
        ({"mounts": [{"name": "A b", "path": "/data"}]}, "/edgewright/mounts/0/name", ""),
        (
            {"mounts": [{"name": "a", "path": "/data"}, {"name": "b", "path": "/data/b"}]},
            "/edgewright/mounts/1/path",
            "lies on another mount",
        ),
        (
            {"mounts": [{"name": "a", "path": "/data"}, {"name": "a", "path": "/mnt"}]},
            "/edgewright/mounts/1/name",
            "is given twice",
        ),
    ],
)
def test_what_no_block_may_ask_for(write_block: WriteBlock, asked: Any, pointer: str, message: str) -> None:
    with pytest.raises(SpecError) as caught:
        load_block_spec(write_block(block(**asked)))
    found = {problem.pointer: str(problem) for problem in caught.value.problems}
    assert pointer in found, found
    assert message in found[pointer]


def test_grants_of_every_kind_load() -> None:
    text = "{gpu: true, network: true, writable-root: true, secrets: {T: 'env:TOKEN', K: 'file:../key'}, mounts: {a: x, b: {path: y, read-only: false}}}"
    granted = parse_impulse(IMPULSE.replace("GRANTS", text)).processing[0].grants
    assert (granted.gpu, granted.network, granted.writable_root) == (True, True, True)
    assert granted.secrets == {"T": "env:TOKEN", "K": "file:../key"}
    assert granted.mounts["a"] == "x"
    assert not isinstance(granted.mounts["b"], str)
    assert granted.mounts["b"].read_only is False


@pytest.mark.parametrize(
    "text",
    ["{secrets: {T: geheim}}", "{secrets: {T: 'env:'}}", "{secrets: {T: 'env:A B'}}", "{secrets: [T]}", "{gpu: 0}",
     "{gpu: many}", "{mounts: {a: 3}}", "{mounts: {a: {read_only: false}}}", "{privileged: true}"],
)  # fmt: skip
def test_what_is_no_grant_is_refused_with_its_line(text: str) -> None:
    with pytest.raises(SpecError) as caught:
        parse_impulse(IMPULSE.replace("GRANTS", text))
    assert all(problem.line == 5 for problem in caught.value.problems)


@pytest.mark.parametrize("path", ["/", "/in", "/out/x", "/tmp", "/block/data", "/proc", "/usr/share", "/data/", "//data", "/da ta", "/.x", ""])  # fmt: skip
def test_system_folders_are_no_mounts(path: str) -> None:
    assert not is_mountable(path)


def test_usual_places_are_mounts_and_usual_names_name_secrets() -> None:
    assert all(map(is_mountable, ["/data", "/mnt/s3fs/bucket-1", "/home/models.v2", "/srv/a_b"]))
    assert all(map(names_secret, ["API_TOKEN", "key", "EI_PROJECT_API_KEY", "a-b"]))
    assert not any(
        map(names_secret, ["", "1A", "A/B", "A B", "PATH", "PYTHONPATH", "LD_X", "A" * 101, "A\n"])
    )
