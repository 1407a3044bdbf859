"""What a block asks for and an impulse grants, in whole runs: refused where one side is silent, and no secret anywhere."""

from __future__ import annotations

import base64
import json
import shutil
from pathlib import Path

import pytest

from edgewright.errors import TaskError, UsageError
from edgewright.running import Options, Run, run_impulse
from edgewright.store import Store
from edgewright_specs.problems import SpecError

F33 = Path(__file__).parents[2] / "evil" / "F33_secret"
TOKEN = "geheim-Zq7+x9"
GRANTS = "grants: {secrets: {TOKEN: env:F33_TOKEN}, mounts: {tables: tables}}"
RUNNERS = ["process", pytest.param("docker", marks=pytest.mark.docker)]

IMPULSE = """version: 1
name: granted
data: {path: data, normal: [idle, running], abnormal: rest}
input: {kind: time-series, frequency: 50, window_ms: 400, stride_ms: 200, axes: [accX, accY]}
processing:
  - {id: secret, block: ./F33_secret, params: {where: WHERE}, GRANTS}
  - {id: flat, block: flatten}
"""


@pytest.fixture
def granted(tmp_path: Path, recordings: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "data").symlink_to(recordings)
    shutil.copytree(F33, tmp_path / "F33_secret")
    (tmp_path / "tables").mkdir()
    (tmp_path / "tables" / "factor.txt").write_text("2.5")
    monkeypatch.setenv("F33_TOKEN", TOKEN)
    return tmp_path


def run(project: Path, runner: str = "process", *, where: str = "nowhere", grants: str = GRANTS) -> Run:
    path = project / "impulse.yaml"
    path.write_text(IMPULSE.replace("WHERE", where).replace("GRANTS", grants))
    options = Options(runner=runner, trust=runner == "process")
    return run_impulse(path, runs=project / "runs", options=options, store=Store(project / "store"))


def forms() -> list[bytes]:
    middle = base64.b64encode(f"user:{TOKEN}".encode()).decode()[8:-4]
    return [TOKEN.encode(), json.dumps(TOKEN)[1:-1].encode(), middle.encode()]


@pytest.fixture
def runner(request: pytest.FixtureRequest) -> str:
    if request.param == "docker":
        request.getfixturevalue("engine")
    return str(request.param)


def places_of_secret(folder: Path) -> list[str]:
    """Files (and names) below a folder that hold the secret in some form; the digest memory too."""
    found = []
    for path in folder.rglob("*"):
        if TOKEN in path.name:
            found.append(f"name {path}")
        if path.is_file() and not path.is_symlink() and any(form in path.read_bytes() for form in forms()):
            found.append(str(path))
    return found


@pytest.mark.parametrize("runner", RUNNERS, indirect=True)
def test_the_secret_reaches_the_block_and_nothing_else(granted: Path, runner: str) -> None:
    finished = run(granted, runner, where="everywhere")
    values = finished.features("secret", "test").values
    assert (values == 2.5 * len(TOKEN)).all()
    assert places_of_secret(granted) == []
    assert any("the value of a secret was masked" in text for text in finished.record["warnings"])
    assert "secret: the token *" in " ".join(finished.record["warnings"])
    events = (finished.path / "events.jsonl").read_text()
    assert "logged ***" in events
    transform = next(t for t in finished.record["tasks"] if t["id"].startswith("secret/transform"))
    assert transform["enforced"]["secrets"] == ["TOKEN"]
    assert "tables" in transform["enforced"]["mounts"]


@pytest.mark.parametrize("runner", RUNNERS, indirect=True)
def test_a_failure_masks_its_message_and_its_log(granted: Path, runner: str) -> None:
    with pytest.raises(TaskError) as caught:
        run(granted, runner, where="error")
    assert "the service refuses ***" in caught.value.message
    assert TOKEN not in caught.value.log_tail
    assert "printed *" in caught.value.log_tail
    assert places_of_secret(granted) == []


def test_a_name_with_the_secret_is_refused(granted: Path) -> None:
    with pytest.raises(TaskError, match="the name of an output holds the value of a secret"):
        run(granted, where="name")
    assert places_of_secret(granted) == []


def test_a_stored_result_needs_no_secret(granted: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run(granted)
    monkeypatch.delenv("F33_TOKEN")
    again = run(granted)
    assert {task["status"] for task in again.record["tasks"]} == {"hit"}
    (granted / "tables" / "factor.txt").write_text("3")
    with pytest.raises(TaskError, match="variable F33_TOKEN, which is not set"):
        run(granted)


def test_another_content_of_a_mount_computes_again(granted: Path) -> None:
    run(granted)
    (granted / "tables" / "factor.txt").write_text("4.0")
    again = run(granted)
    task = next(t for t in again.record["tasks"] if t["id"].startswith("secret/transform"))
    assert task["status"] == "ran"
    assert task["why"] == ["what it was granted: mount tables"]
    assert (again.features("secret", "test").values == 4.0 * len(TOKEN)).all()
    assert next(t for t in again.record["tasks"] if t["id"].startswith("flat/"))["status"] == "hit"


@pytest.mark.parametrize(
    ("grants", "messages"),
    [
        ("grants: {mounts: {tables: tables}}", ["the secret 'TOKEN'", "grants: {secrets: {TOKEN: env:VARIABLE}}"]),
        ("grants: {secrets: {TOKEN: env:F33_TOKEN}}", ["the mount 'tables'"]),
        (
            "grants: {secrets: {TOKEN: env:F33_TOKEN, OTHER: env:X}, mounts: {tables: tables}}",
            ["is no secret that block 'F33_secret' asks for", "TOKEN"],
        ),
        ("grants: {secrets: {TOKEN: plain-text}, mounts: {tables: tables}}", ["secrets/TOKEN"]),
        (GRANTS.replace("tables: tables", "tables: nowhere"), ["is no folder"]),
        (GRANTS.replace("tables: tables", "tables: {path: tables, read_only: false}"), ["lets block 'F33_secret' write"]),
        (GRANTS.replace("{secrets", "{network: true, secrets"), ["grants the network, which block 'F33_secret' doesn't ask for"]),
        (GRANTS.replace("{secrets", "{gpu: 1, secrets"), ["grants a GPU, which block 'F33_secret' doesn't ask for"]),
        (GRANTS.replace("{secrets", "{writable-root: true, secrets"), ["a writable root file system"]),
    ],
)  # fmt: skip
def test_what_only_one_side_says_is_refused_with_its_line(
    granted: Path, grants: str, messages: list[str]
) -> None:
    with pytest.raises(SpecError) as caught:
        run(granted, grants=grants)
    text = str(caught.value)
    assert "impulse.yaml:6" in text
    for message in messages:
        assert message in text
    assert not (granted / "runs").exists()


@pytest.mark.parametrize(
    ("asks", "grants", "message"),
    [
        ({"network": True}, "grants: {}", "doesn't grant the network"),
        ({"writable_root": True}, "grants: {}", "doesn't grant a writable root"),
        ({"gpu": 2}, "grants: {}", "grants: {gpu: 2}"),
        ({"gpu": 2}, "grants: {gpu: 1}", "is fewer than block"),
    ],
)
def test_what_a_block_asks_for_must_be_granted(
    granted: Path, asks: dict[str, object], grants: str, message: str
) -> None:
    spec = json.loads((granted / "F33_secret" / "parameters.json").read_text())
    spec["edgewright"] = {"contract": 1, "operations": ["describe", "transform"], **asks}
    (granted / "F33_secret" / "parameters.json").write_text(json.dumps(spec))
    with pytest.raises(SpecError) as caught:
        run(granted, grants=grants)
    assert message in str(caught.value)


def test_a_gpu_that_is_not_there_is_refused(granted: Path) -> None:
    if Path("/dev/nvidiactl").exists():
        pytest.skip("there is a GPU here")
    spec = json.loads((granted / "F33_secret" / "parameters.json").read_text())
    spec["edgewright"] = {"contract": 1, "operations": ["describe", "transform"], "gpu": True}
    (granted / "F33_secret" / "parameters.json").write_text(json.dumps(spec))
    with pytest.raises(TaskError, match="granted a GPU, and this machine has none") as caught:
        run(granted, grants="grants: {gpu: true}")
    assert caught.value.reason == "refused"


def test_a_mount_of_something_else_than_files_is_refused(granted: Path) -> None:
    import socket

    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(granted / "tables" / "s"))
        with pytest.raises((TaskError, UsageError), match="which is no file"):
            run(granted)
