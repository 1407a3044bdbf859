"""A whole run by the process runner, and what the store does for the ones after it."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import numpy as np
import pytest

from edgewright.errors import PlanError, TaskError
from edgewright.running import Options, Run, run_impulse
from edgewright.store import Store

if TYPE_CHECKING:
    from pathlib import Path

PROCESS = Options(runner="process", jobs=2)


def outputs_of(run: Run) -> dict[str, dict[str, str]]:
    return {task: entry["outputs"] for task, entry in run.lock["tasks"].items() if not task.endswith("/fit")}


def statuses(run: Run) -> dict[str, str]:
    return {task["id"]: task["status"] for task in run.record["tasks"]}


def again(project: Path, text: str | None = None) -> Run:
    path = project / "impulse.yaml"
    if text is not None:
        path = project / "other.yaml"
        path.write_text(text)
    return run_impulse(path, runs=project / "runs", options=PROCESS, store=Store(project / "store"))


def test_a_run_learns_what_is_normal(trained: tuple[Path, Run]) -> None:
    _, run = trained
    assert run.record["status"] == "ok"
    assert run.anomaly_nodes == ["anomaly"]
    metrics = run.metrics("anomaly")
    assert metrics["windows"]["auroc"] > 0.95
    assert run.features("flat", "training").labels[:2] == ("accX Average", "accX Minimum")
    assert run.features("flat", "test").values.dtype == np.float32
    assert len(run.scores("anomaly", "test")) == run.rows("test")[1] - run.rows("test")[0]
    assert (run.path / "report.html").stat().st_size > 100_000
    assert (run.path.parent / "latest").resolve() == run.path.resolve()


def test_the_training_split_holds_only_normal_samples(trained: tuple[Path, Run]) -> None:
    _, run = trained
    first, last = run.rows("training")
    assert {run.samples[number]["label"] for number in run.index["sample"][first:last]} == {"idle", "running"}


def test_a_node_sees_only_the_axes_it_chose(trained: tuple[Path, Run]) -> None:
    _, run = trained
    values = run.features("plain", "training").values
    first, _ = run.rows("training")
    np.testing.assert_array_equal(values[0], run.window(first)[:, 1])


def test_the_second_run_does_nothing(trained: tuple[Path, Run]) -> None:
    project, run = trained
    second = again(project)
    assert set(statuses(second).values()) == {"hit"}
    assert second.lock["build_id"] == run.lock["build_id"]
    assert second.lock["tasks"] == run.lock["tasks"]


def test_a_run_that_finds_everything_imports_no_array_library(trained: tuple[Path, Run]) -> None:
    project, run = trained
    command = [str(project / "impulse.yaml"), "--runner", "process", "-o", str(project / "runs" / "light")]
    program = f"""
import json, sys
from edgewright.cli import main
sys.argv = ["edgewright", "run", "--json", *{command!r}]
try:
    main()
except SystemExit as end:
    assert not end.code, end.code
heavy = {{"numpy", "scipy", "sklearn", "docker", "jsonschema", "plotly", "http.client"}} & set(sys.modules)
assert not heavy, heavy
"""
    environment = {**os.environ, "EDGEWRIGHT_STORE": str(project / "store")}
    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        env=environment,
        cwd=project,
        check=False,
    )
    record = json.loads((project / "runs" / "light" / "run.json").read_text(encoding="utf-8"))
    assert {task["status"] for task in record["tasks"]} == {"hit"}  # else a source file changed meanwhile
    assert len(record["tasks"]) == len(run.record["tasks"])
    assert done.returncode == 0, done.stderr


def test_a_changed_parameter_runs_only_what_depends_on_it_and_says_why(
    trained: tuple[Path, Run], impulse_text: str
) -> None:
    project, _ = trained
    changed = again(project, impulse_text.replace("clusters: 3", "clusters: 4"))
    ran = {task for task, status in statuses(changed).items() if status == "ran"}
    assert ran
    assert all(task.startswith(("anomaly/", "assemble")) for task in ran), ran
    why = {task["id"]: task["why"] for task in changed.record["tasks"]}
    assert why["anomaly/fit"] == ["parameters: clusters 3 → 4"]
    assert why["anomaly/score/test-0"][0].startswith("parameters: clusters")


def test_two_stores_give_the_same_bytes(trained: tuple[Path, Run], tmp_path: Path) -> None:
    project, run = trained
    other = run_impulse(
        project / "impulse.yaml", runs=tmp_path / "runs", options=PROCESS, store=Store(tmp_path / "store")
    )
    assert set(statuses(other).values()) == {"ran"}
    assert other.lock["tasks"] == run.lock["tasks"]


def test_a_lost_or_damaged_output_is_made_again(trained: tuple[Path, Run]) -> None:
    project, run = trained
    path = (run.path / "outputs" / "flat" / "features-test-0.npy").resolve()
    path.chmod(0o644)
    data = bytearray(path.read_bytes())
    data[-3] ^= 1
    path.write_bytes(data)
    mended = again(project)
    assert statuses(mended)["flat/transform/test-0"] == "ran"
    assert mended.lock["tasks"] == run.lock["tasks"]


def wait_for_lines(path: Path, count: int, child: subprocess.Popen[bytes]) -> None:
    """Wait until a file has so many lines or its writer has ended: by events, since a busy machine has no clock."""
    while child.poll() is None and (not path.exists() or path.read_bytes().count(b"\n") < count):
        time.sleep(0.01)


def test_kill_9_at_random_points_then_the_same_outputs(trained: tuple[Path, Run], tmp_path: Path) -> None:
    """What finished before each kill is kept; nothing half-written is ever taken for done."""
    project, run = trained
    command = [
        sys.executable,
        "-m",
        "edgewright",
        "run",
        str(project / "impulse.yaml"),
        "--runner",
        "process",
        "-o",
    ]
    environment = {
        **os.environ,
        "EDGEWRIGHT_STORE": str(tmp_path / "store"),
        "PYTHONPATH": os.pathsep.join(sys.path),
    }
    chance = random.Random(5)
    for attempt in range(4):
        child = subprocess.Popen(
            [*command, str(tmp_path / f"killed-{attempt}")], cwd=tmp_path, env=environment,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        events = tmp_path / f"killed-{attempt}" / "events.jsonl"
        wait_for_lines(events, chance.randrange(8, 30), child)  # of 70; what is in the store writes fewer
        time.sleep(0.1 * chance.random())
        child.send_signal(signal.SIGKILL)
        child.wait()
    last = run_impulse(
        project / "impulse.yaml", out=tmp_path / "last", options=PROCESS, store=Store(tmp_path / "store")
    )
    assert {"hit", "ran"} == set(statuses(last).values()), "the runs were killed too early or too late"
    assert last.lock["tasks"] == run.lock["tasks"]
    assert not Store(tmp_path / "store").fsck().damaged


BROKEN = """
from edgewright_sdk import BlockError, Features, ProcessingBlock


class Broken(ProcessingBlock):
    def transform(self, windows, params):
        if len(windows.values) > 1:
            raise BlockError("the sensor is unplugged")
        return Features(windows.values[:, :1, 0], labels=("first",))
"""


def broken_block(folder: Path) -> Path:
    folder.mkdir()
    (folder / "block.py").write_text(BROKEN)
    spec = {
        "version": 1, "type": "processing", "info": {"name": "broken", "title": "Broken", "description": "fails"},
        "parameters": [], "edgewright": {"contract": 1, "environment": "base"},
    }  # fmt: skip
    (folder / "parameters.json").write_text(json.dumps(spec))
    return folder


def test_a_failed_task_names_block_reason_and_place(project: Path) -> None:
    broken_block(project / "broken")
    text = (
        (project / "impulse.yaml")
        .read_text()
        .replace("{id: plain, block: raw, axes: [accY]}", "{id: bad, block: ./broken}")
    )
    (project / "impulse.yaml").write_text(text)
    options = Options(runner="process", trust=True, jobs=1, keep_going=True)
    with pytest.raises(TaskError, match="the sensor is unplugged") as caught:
        run_impulse(project / "impulse.yaml", out=project / "run", options=options)
    assert caught.value.reason == "block_error"
    assert "impulse.yaml:" in str(caught.value)
    record = json.loads((project / "run" / "run.json").read_text())
    of = {task["id"]: task["status"] for task in record["tasks"]}
    assert record["status"] == "failed"
    assert of["bad/transform/training-0"] == "failed"
    assert of["anomaly/fit"] == "ran", "a sibling that does not depend on the failure finishes"


def test_bad_input_leaves_nothing_behind(project: Path) -> None:
    text = (project / "impulse.yaml").read_text()
    for change, message in (
        (("window_ms: 400", "window_ms: 60000"), "longest"),
        (("axes: [accY]", "axes: [gyrX]"), "gyrX"),
        (("normal: [idle, running]", "normal: [asleep]"), "asleep"),
        (("input: [flat]", "input: [nothing]"), "nothing"),
        (("block: flatten", "block: flaten"), "flatten"),
        (("clusters: 3", "clusters: many"), "clusters"),
    ):
        (project / "impulse.yaml").write_text(text.replace(*change))
        done = subprocess.run(
            [sys.executable, "-m", "edgewright", "run", "impulse.yaml", "--runner", "process"],
            capture_output=True, text=True, check=False, cwd=project,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        )  # fmt: skip
        assert done.returncode == 2, (change, done.stderr)
        assert message in done.stderr, (change, done.stderr)
        assert "Traceback" not in done.stderr
        assert not list((project / "runs").glob("2*")), change


def test_axes_that_the_data_lack_are_refused_with_the_place(project: Path) -> None:
    text = (project / "impulse.yaml").read_text().replace("axes: [accY]", "axes: [gyrX]")
    (project / "impulse.yaml").write_text(text.replace(", axes: [accX, accY]}", "}"))
    with pytest.raises(PlanError, match=r"impulse\.yaml:\d+: node 'plain' chooses axes \['gyrX'\]"):
        run_impulse(project / "impulse.yaml", options=PROCESS)


def test_ctrl_c_stops_tasks_and_says_how_to_go_on(project: Path) -> None:
    child = subprocess.Popen(
        [sys.executable, "-m", "edgewright", "run", "impulse.yaml", "--runner", "process", "-o", "run"],
        cwd=project, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )  # fmt: skip
    events = project / "run" / "events.jsonl"
    deadline = time.monotonic() + 120
    while not (events.exists() and '"anomaly/fit' in events.read_text()):
        assert child.poll() is None, child.stderr.read() if child.stderr else ""
        assert time.monotonic() < deadline
        time.sleep(0.05)
    child.send_signal(signal.SIGINT)
    _, errors = child.communicate(timeout=60)
    assert child.returncode == 130, errors
    assert "run again to go on" in errors
    assert json.loads((project / "run" / "run.json").read_text())["status"] == "cancelled"
    assert (
        str(project)
        not in subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True).stdout
    )


def test_every_document_of_a_run_keeps_to_its_schema(trained: tuple[Path, Run]) -> None:
    from edgewright_specs.catalog import load_file

    _, run = trained
    outputs = run.path / "outputs"
    for name, path in (
        ("impulse", run.path / "impulse.yaml"),
        ("run", run.path / "run.json"),
        ("lock", run.path / "impulse.lock"),
        ("description", outputs / "flat" / "description.json"),
        ("model", outputs / "anomaly" / "model" / "model.json"),
        ("plots", outputs / "anomaly" / "plots.json"),
        ("export", outputs / "anomaly" / "export" / "export.json"),
    ):
        load_file(name, path)
