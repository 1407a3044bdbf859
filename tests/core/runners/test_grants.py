"""Blocks of Edge Impulse's can't ask: the impulse's word is enough for them, by the names that their files declare."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from edgewright.plugins import make_plugins
from edgewright.registry import Block, resolve
from edgewright.runners.grants import ALL_GPUS, Grants, Mounted, asked_of, grants_of, key_part
from edgewright_specs.impulse import GrantSpec

NAMES = ["API_TOKEN", "../../../etc/cron.d/x", "LD_PRELOAD", "PATH"]


@pytest.fixture
def legacy(tmp_path: Path) -> Block:
    spec = {
        "version": 1,
        "type": "transform",
        "info": {
            "name": "Fetch", "operatesOn": "standalone", "requiredEnvVariables": NAMES,
            "transformMountpoints": [{"bucketId": 1, "mountPoint": "/mnt/s3"}, {"bucketId": 2, "mountPoint": "/"}, {"bucketId": 3, "mountPoint": "/in"}],
        },
        "parameters": [{"name": "Key", "param": "service-key", "type": "secret"}],
    }  # fmt: skip
    (tmp_path / "fetch").mkdir()
    (tmp_path / "fetch" / "parameters.json").write_text(json.dumps(spec))
    (tmp_path / "fetch" / "Dockerfile").write_text("FROM scratch\n")
    return resolve("./fetch", tmp_path, make_plugins())


def test_what_may_be_granted_by_name(legacy: Block) -> None:
    assert asked_of(legacy) == ["the secret service-key", "the secret API_TOKEN", "the mount 1 at /mnt/s3"]


def test_the_impulse_alone_grants(legacy: Block, tmp_path: Path) -> None:
    (tmp_path / "bucket").mkdir()
    spec = GrantSpec.model_validate(
        {"network": True, "writable_root": True, "gpu": True, "secrets": {"API_TOKEN": "env:X"}, "mounts": {"1": "bucket"}}
    )  # fmt: skip
    grants, problems = grants_of(legacy, spec, tmp_path)
    assert problems == []
    assert grants == Grants(
        True, True, ALL_GPUS, {"API_TOKEN": "env:X"}, (Mounted("1", tmp_path / "bucket", "/mnt/s3"),)
    )
    assert grants_of(legacy, GrantSpec(), tmp_path) == (Grants(), [])


@pytest.mark.parametrize("given", [{"secrets": {name: "env:X"}} for name in NAMES[1:]] + [{"mounts": {"2": "."}}, {"mounts": {"3": "."}}])  # fmt: skip
def test_a_hostile_file_declares_nothing_that_can_be_granted(
    legacy: Block, tmp_path: Path, given: Any
) -> None:
    grants, problems = grants_of(legacy, GrantSpec.model_validate(given), tmp_path)
    assert len(problems) == 1
    assert grants.mounts == ()


def test_a_secret_is_in_no_key_and_a_writable_mount_in_one_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("1")
    (tmp_path / "link").symlink_to("/etc/passwd")

    def digest(path: Path) -> str:
        return path.read_text()

    assert key_part(Grants(network=True, secrets={"T": "env:X"}), digest) == {}
    read_only = Grants(mounts=(Mounted("m", tmp_path, "/data"),))
    first = key_part(read_only, digest)
    assert key_part(read_only, digest) == first
    (tmp_path / "a.txt").write_text("2")
    assert key_part(read_only, digest) != first
    writable = Grants(mounts=(Mounted("m", tmp_path, "/data", read_only=False),))
    assert key_part(writable, digest) != key_part(writable, digest)
    assert key_part(Grants(gpus=2), digest) == {"gpus": 2}


def test_a_mount_that_a_block_can_do_without_may_be_left_out(tmp_path: Path) -> None:
    spec: dict[str, Any] = {
        "version": 1,
        "type": "learning",
        "info": {"name": "seer"},
        "edgewright": {
            "contract": 1,
            "mounts": [
                {"name": "weights", "path": "/weights", "optional": True},
                {"name": "data", "path": "/data"},
            ],
        },
    }
    (tmp_path / "seer").mkdir()
    (tmp_path / "seer" / "parameters.json").write_text(json.dumps(spec))
    block = resolve("./seer", tmp_path, make_plugins())
    assert asked_of(block) == ["the mount weights at /weights, if granted", "the mount data at /data"]
    grants, problems = grants_of(block, GrantSpec.model_validate({"mounts": {"data": "."}}), tmp_path)
    assert problems == []
    assert [mount.name for mount in grants.mounts] == ["data"]
    _, problems = grants_of(block, GrantSpec.model_validate({"mounts": {"weights": "."}}), tmp_path)
    assert ["'data'" in str(line) for line in problems] == [True]
