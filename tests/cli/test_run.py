"""`run`, `score`, `test`, `threshold`, `deploy`, `report` and `runs`, as a user types them."""

from __future__ import annotations

import io
import json
import re
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edgewright.cli.console import Console
from edgewright.cli.deploy import show_verification
from edgewright.running import Run
from edgewright.running.verification import read_verification


@pytest.fixture
def store(trained: tuple[Path, Run], monkeypatch: pytest.MonkeyPatch) -> Path:
    """The store of the finished run, in which nothing is to be computed again."""
    monkeypatch.setenv("EDGEWRIGHT_STORE", str(trained[0] / "store"))
    return trained[0] / "store"


@pytest.fixture
def command(cli: Any, store: Path) -> Any:
    """The command line over the finished run's store."""

    def call(*arguments: object) -> Any:
        import os

        os.environ["EDGEWRIGHT_STORE"] = str(store)
        return cli(*arguments)

    return call


def test_run_json_tells_all(command: Any, trained: tuple[Path, Run], tmp_path: Path) -> None:
    project, _ = trained
    done = command("run", project / "impulse.yaml", "-o", tmp_path / "run", "--runner", "process", "--json")
    assert done.code == 0, done.err
    document = done.json()
    assert document["ok"] is True
    assert {task["status"] for task in document["record"]["tasks"]} == {"hit"}
    assert document["nodes"]["anomaly"]["metrics"]["windows"]["auroc"] > 0.95
    assert Path(document["report"]).is_file()


def test_run_explains_each_task(command: Any, trained: tuple[Path, Run], tmp_path: Path) -> None:
    project, _ = trained
    done = command(
        "run", project / "impulse.yaml", "-o", tmp_path / "run", "--runner", "process", "--explain"
    )
    assert done.code == 0, done.err
    assert "anomaly/fit" in done.out
    assert "same key" in done.out


def test_an_output_folder_of_someone_else_is_left_alone(
    command: Any, trained: tuple[Path, Run], tmp_path: Path
) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("years of work")
    done = command("run", trained[0] / "impulse.yaml", "-o", tmp_path / "mine")
    assert done.code == 2
    assert "not a run folder" in done.err
    assert [path.name for path in (tmp_path / "mine").iterdir()] == ["thesis.txt"]


def test_score_gives_a_line_a_window(command: Any, trained: tuple[Path, Run]) -> None:
    project, run = trained
    done = command("score", run.path, project / "data" / "broken" / "0.csv", "--runner", "process", "--json")
    assert done.code == 0, done.err
    lines = [json.loads(line) for line in done.out.splitlines()]
    assert [line["time"] for line in lines[:3]] == [0.0, 0.2, 0.4]
    verdicts = [line["nodes"]["anomaly"] for line in lines]
    assert all(verdict["anomalous"] == (verdict["score"] > verdict["threshold"]) for verdict in verdicts)
    assert all(0 < verdict["p"] <= 1 for verdict in verdicts)
    assert len(verdicts[0]["contributions"]) == 3
    assert sum(verdict["anomalous"] for verdict in verdicts) > len(verdicts) / 2


def test_files_to_score_are_looked_for_first(command: Any, trained: tuple[Path, Run]) -> None:
    project, run = trained
    done = command("score", run.path, project / "data" / "broken" / "0.csv", "gone.csv")
    assert (done.code, done.out) == (2, "")
    assert (
        done.err == "error: gone.csv: there is no such file or folder\n  → name recordings, or their folder\n"
    )


def test_a_stream_gives_what_the_file_gives(
    command: Any, trained: tuple[Path, Run], monkeypatch: pytest.MonkeyPatch
) -> None:
    project, run = trained
    path = project / "data" / "running" / "1.csv"
    whole = command("score", run.path, path, "--runner", "process", "--json")
    monkeypatch.setattr("sys.stdin", io.StringIO(path.read_text()))
    stream = command("score", run.path, "--follow", "-", "--json")
    assert stream.code == 0, stream.err
    a, b = ([json.loads(line) for line in done.out.splitlines()] for done in (whole, stream))
    assert [line["time"] for line in a] == [line["time"] for line in b]
    np.testing.assert_allclose(
        [line["nodes"]["anomaly"]["score"] for line in a],
        [line["nodes"]["anomaly"]["score"] for line in b],
        rtol=1e-6,
    )


@pytest.mark.parametrize(
    "line", ["1.0,2.0,3.0", "[1.0]", '{"accX": 1}', "a,b", '["x", 2]', "{", "nan,1", "1", '"a', "[" * 2000]
)
def test_a_bad_line_of_a_stream_is_named(
    command: Any, trained: tuple[Path, Run], monkeypatch: pytest.MonkeyPatch, line: str
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(f"accX,accY\n1,2\n{line}\n"))
    done = command("score", trained[1].path, "--follow", "-")
    assert done.code == 0
    if line == "1.0,2.0,3.0":
        assert done.err == ""  # further columns are ignored
    else:
        assert done.err.startswith("warning: skipped stdin:3: ")


def test_no_window_of_a_stream_goes_across_a_bad_line(
    command: Any, trained: tuple[Path, Run], monkeypatch: pytest.MonkeyPatch
) -> None:
    project, run = trained
    lines = (project / "data" / "running" / "1.csv").read_text().splitlines()
    length, stride = run.windows_info["length"], run.windows_info["stride"]
    rate = run.windows_info["frequency"]
    monkeypatch.setattr(
        "sys.stdin", io.StringIO("\n".join([*lines[: length + 1], "garbled", *lines[length + 2 :]]))
    )
    done = command("score", run.path, "--follow", "-", "--json")
    times = [json.loads(line)["time"] for line in done.out.splitlines()]
    after = -(-(length + 1) // stride) * stride
    assert times[:2] == [0.0, pytest.approx(after / rate)]


@pytest.mark.parametrize("text", ["hello\n", "1,2,3,4\n" * 100])
def test_a_stream_of_another_kind_is_refused(
    command: Any, trained: tuple[Path, Run], monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(text))
    done = command("score", trained[1].path, "--follow", "-")
    assert done.code == 2
    assert done.err.count("skipped") < 20
    assert "a header with the axes' names" in done.err


def test_test_and_threshold_print_their_tables(command: Any, trained: tuple[Path, Run]) -> None:
    tested, rules = command("test", trained[1].path), command("threshold", trained[1].path)
    assert tested.code == rules.code == 0, tested.err + rules.err
    assert "observed" in tested.out
    assert "max-of-training" in rules.out


def test_a_self_test_is_told_by_node(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """Differences of nodes, and decisions that differ by the recordings that they are of."""
    node = {"output": "scores", "largest_difference": 0.0234, "tolerance": {"absolute": 0.1, "relative": 0.0}}
    odd = {"node": "anomaly", "device_score": 1.5000001, "python_score": 1.5, "threshold": 1.5}
    written = {"windows": 2, "engines": {"Node": {}, "wasmtime": {}}, "nodes": {"anomaly": node}}
    written["decisions_differ"] = [{**odd, "window": 1, "engine": "Node"}, {**odd, "window": 0}]
    (tmp_path / "verification.json").write_text(json.dumps(written))
    (tmp_path / "selftest").mkdir()
    windows = [{"sample": f"walk.{i}", "start": 40, "nodes": {"anomaly": {"score": 0.5 + i}}} for i in (0, 1)]
    (tmp_path / "selftest" / "decisions.json").write_text(json.dumps(windows))
    show_verification(Console(), read_verification(tmp_path / "verification.json", tmp_path))
    show_verification(Console(), None)
    assert capsys.readouterr().out.splitlines() == [
        "  self-test of 2 windows, by Node, wasmtime",
        "  anomaly: scores at most 0.0234 from Python's (allowed 0.1)",
        "  decisions: other than Python's",
        "    anomaly: walk.1, row 40 in Node: score 1.5, Python 1.5, threshold 1.5",
        # Of another score in Python: that deployment folder is not the one that this was built from.
        "    anomaly: window 0: score 1.5, Python 1.5, threshold 1.5",
    ]


def test_deploy_builds_and_verifies(command: Any, trained: tuple[Path, Run], tmp_path: Path) -> None:
    run = tmp_path / "run"  # deploying adds to a run's record, and others read the one that is shared
    shutil.copytree(trained[1].path, run, symlinks=True)
    done = command(
        "deploy",
        run,
        "--target",
        "cpp",
        "-o",
        tmp_path / "lib",
        "--verify",
        "--runner",
        "process",
        "--json",
    )
    assert done.code == 0, done.err
    assert done.json()["verification"]["ok"] is True
    locked = json.loads((run / "impulse.lock").read_text())["blocks"]
    assert {block["name"] for block in locked.values()} == {"flatten", "raw", "kmeans", "cpp"}
    assert (tmp_path / "lib" / "CMakeLists.txt").is_file()
    again = command("deploy", run, "--target", "cpp", "-o", tmp_path / "lib")
    assert again.code == 2
    assert "not an empty folder" in again.err


def test_deploy_refuses_what_is_no_target(command: Any, trained: tuple[Path, Run], tmp_path: Path) -> None:
    done = command("deploy", trained[1].path, "--target", "kmeans", "-o", tmp_path / "lib")
    assert done.code == 2
    assert "not a target" in done.err
    assert not (tmp_path / "lib").exists()


def test_a_missing_run_is_named(command: Any, tmp_path: Path) -> None:
    for arguments in (["test"], ["report"], ["score"], ["threshold"]):
        done = command(*arguments, tmp_path, *(["x.csv"] if arguments == ["score"] else []))
        assert done.code == 2
        assert "not a run folder" in done.err


def test_a_report_that_is_written_again_keeps_the_panels_of_plugins(
    command: Any, trained: tuple[Path, Run], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Wear:
        name, title = "wear", "Wear of the bearing"

        def build(self, run: Run) -> dict[str, str]:
            return {"text": f"{len(run.samples)} recordings looked at"}

    monkeypatch.setattr("edgewright.plugins.Plugins.report_panels", lambda _plugins: [Wear()])
    done = command("report", trained[1].path, "-o", tmp_path / "again.html")
    assert done.code == 0, done.err
    assert "Wear of the bearing" in (tmp_path / "again.html").read_text(encoding="utf-8")


def test_a_run_that_came_to_nothing_leaves_no_folder(
    cli: Any, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (project / "file").write_text("")
    monkeypatch.setenv("EDGEWRIGHT_STORE", str(project / "file" / "store"))
    done = cli("run", "impulse.yaml", "-o", "out", "--runner", "process")
    assert done.code == 1
    assert "set EDGEWRIGHT_STORE to a folder that you can write to" in done.err
    assert not (project / "out").exists()
    monkeypatch.setenv("EDGEWRIGHT_STORE", str(project / "store"))
    monkeypatch.setenv("DOCKER_HOST", f"unix://{project}/nowhere.sock")
    done = cli("run", "impulse.yaml", "-o", "out", "--runner", "docker")
    assert done.code == 1
    assert "does not answer" in done.err
    assert not (project / "out").exists()


def test_a_broken_block_leaves_its_log(cli: Any, project: Path) -> None:
    assert cli("blocks", "init", "processing", "mine").code == 0
    with (project / "mine" / "block.py").open("a") as file:
        file.write("raise RuntimeError('no luck')\n")
    text = (project / "impulse.yaml").read_text().replace("block: flatten", "block: ./mine")
    (project / "impulse.yaml").write_text(text)
    done = cli("run", "impulse.yaml", "-o", "out", "--runner", "process", "--trust")
    assert done.code == 1
    assert "block 'mine', node 'flat' (impulse.yaml:6); its log: out/logs" in done.err
    assert "RuntimeError: no luck" in done.err
    assert any(
        "no luck" in path.read_text() for path in (project / "out" / "logs").rglob("*") if path.is_file()
    )


def test_a_block_over_windows_is_refused_while_planning(cli: Any, project: Path) -> None:
    assert cli("blocks", "init", "learning", "odd", "--visual").code == 0
    text = (project / "impulse.yaml").read_text()
    assert "block: kmeans" in text
    (project / "impulse.yaml").write_text(re.sub(r"block: kmeans.*", "block: ./odd, input: [flat]}", text))
    done = cli("run", "impulse.yaml", "-o", "out", "--runner", "process", "--trust")
    assert done.code == 2
    assert "(block 'odd') reads the windows themselves" in done.err
