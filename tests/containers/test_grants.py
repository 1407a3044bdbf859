"""What a container has that was granted, and only then: network, a writable root, secrets, mounts; a GPU that isn't there."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from edgewright.runners.base import Job, Outcome, Prepared
from edgewright.runners.docker import DockerRunner
from edgewright.runners.grants import ALL_GPUS, NO_GRANTS, Grants, Mounted
from edgewright.runners.secrets import opened

pytestmark = pytest.mark.docker

FACTS = """
import json, os, sys
facts = {"links": sorted(os.listdir("/sys/class/net")), "root": True}
try:
    open("/var/probe", "w").close()
except OSError as problem:
    facts["root"] = problem.strerror
folder = os.environ.get("EDGEWRIGHT_SECRETS_DIR")
if folder:
    facts["secrets"] = {n: [open(f"{folder}/{n}").read(), oct(os.stat(f"{folder}/{n}").st_mode), os.stat(f"{folder}/{n}").st_uid]
                        for n in sorted(os.listdir(folder))}
    try:
        open(f"{folder}/other", "w").close()
    except OSError as problem:
        facts["write"] = problem.strerror
facts["uid"] = os.getuid()
facts["variables"] = sorted(n for n in os.environ if n.startswith("EDGEWRIGHT"))
for name in ("tables", "cache"):
    place = os.environ.get("EDGEWRIGHT_MOUNT_" + name.upper())
    if place:
        facts[name] = [place, sorted(os.listdir(place))]
        try:
            open(f"{place}/new", "w").close()
            facts[name].append("written")
        except OSError as problem:
            facts[name].append(problem.strerror)
out = sys.argv[sys.argv.index("--out") + 1]
json.dump(facts, open(f"{out}/facts.json", "w"))
"""

Ask = Callable[..., tuple[Outcome, dict[str, Any]]]


@pytest.fixture
def ask(runner: DockerRunner, prepared: Prepared, tmp_path: Path, short: Any, left_of: Any) -> Ask:
    """Run FACTS in the probe's container with grants."""

    def run(grants: Grants = NO_GRANTS) -> tuple[Outcome, dict[str, Any]]:
        in_dir, out_dir = tmp_path / "in", tmp_path / "out"
        for folder in (in_dir, out_dir):
            folder.mkdir(exist_ok=True)
        (in_dir / "probe.py").write_text(FACTS)
        with opened(grants.secrets) as secrets:
            job = Job(
                "task", f"run-{tmp_path.name}", prepared, in_dir, out_dir, tmp_path / "log.txt", short,
                grants=grants, secrets=secrets,
            )  # fmt: skip
            outcome = runner.run(job, threading.Event(), lambda _message: None)
        assert left_of(job.run_id) == []
        facts = out_dir / "facts.json"
        return outcome, json.loads(facts.read_text()) if facts.exists() else {}

    return run


def test_without_grants_there_is_nothing(ask: Ask) -> None:
    outcome, facts = ask()
    assert outcome.reason == "ok", outcome
    assert (facts["links"], facts["root"], facts["variables"]) == (["lo"], "Read-only file system", [])
    assert (outcome.enforced["network"], outcome.enforced["root"]) == ("none", "read-only")
    assert not {"secrets", "mounts", "gpus"} & set(outcome.enforced)


def test_the_network_is_there_when_granted(ask: Ask) -> None:
    outcome, facts = ask(replace(NO_GRANTS, network=True))
    assert facts["links"] == ["eth0", "lo"]
    assert outcome.enforced["network"] == "bridge"
    assert facts["root"] == "Read-only file system"


def test_the_root_can_be_written_when_granted(ask: Ask) -> None:
    outcome, facts = ask(replace(NO_GRANTS, writable_root=True))
    # An unprivileged user may still not write everywhere, but the file system is no longer what forbids it.
    assert facts["root"] in (True, "Permission denied")
    assert outcome.enforced["root"] == "writable"
    assert facts["links"] == ["lo"]


def test_a_secret_is_a_file_that_only_the_task_reads(ask: Ask, engine: Any, monkeypatch: Any) -> None:
    monkeypatch.setenv("MY_TOKEN", "geheim-Zq7")
    seen: list[str] = []
    create = engine.create_container

    def spy(**arguments: Any) -> Any:
        made = create(**arguments)
        seen.append(json.dumps(engine.inspect_container(made["Id"])))
        return made

    monkeypatch.setattr(engine, "create_container", spy)
    outcome, facts = ask(replace(NO_GRANTS, secrets={"TOKEN": "env:MY_TOKEN"}))
    assert outcome.reason == "ok", outcome
    assert facts["secrets"] == {"TOKEN": ["geheim-Zq7", "0o100400", facts["uid"]]}
    assert facts["variables"] == ["EDGEWRIGHT_SECRETS_DIR"]
    assert facts["write"] == "Read-only file system"
    assert len(seen) == 1
    assert "geheim" not in seen[0], "the engine knows the secret"
    assert outcome.enforced["secrets"] == ["TOKEN"]


def test_mounts_are_read_only_unless_granted_otherwise(ask: Ask, tmp_path: Path) -> None:
    for name in ("tables", "cache"):
        (tmp_path / name).mkdir(mode=0o777)
        (tmp_path / name).chmod(0o777)
        (tmp_path / name / f"{name}.txt").write_text("x")
    mounts = (
        Mounted("tables", tmp_path / "tables", "/data/tables"),
        Mounted("cache", tmp_path / "cache", "/mnt/cache", read_only=False),
    )
    outcome, facts = ask(replace(NO_GRANTS, mounts=mounts))
    assert facts["tables"] == ["/data/tables", ["tables.txt"], "Read-only file system"]
    assert facts["cache"] == ["/mnt/cache", ["cache.txt"], "written"]
    assert (tmp_path / "cache" / "new").exists()
    assert [text.rpartition(" ")[2] for text in outcome.enforced["mounts"].values()] == [
        "(read-only)",
        "(writable)",
    ]


def test_a_gpu_that_the_engine_has_not_is_refused(ask: Ask, engine: Any) -> None:
    if "nvidia" in json.dumps(engine.info()).lower():
        pytest.skip("this engine has a GPU")
    outcome, facts = ask(replace(NO_GRANTS, gpus=ALL_GPUS))
    assert outcome.reason == "refused"
    assert "this engine has none to give" in outcome.message
    assert facts == {}
