"""Blocks of Edge Impulse's as processes: what their Dockerfile says, done without an image."""

from __future__ import annotations

import concurrent.futures
import json
import os
import shutil
import socket
import sys
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edgewright.errors import RunnerUnavailableError, TaskError
from edgewright.face import open_block
from edgewright.plugins import make_plugins
from edgewright.registry import resolve
from edgewright.runners.base import Job, Limits, Outcome
from edgewright.runners.ports import free_port, is_free
from edgewright.runners.process import ProcessRunner
from edgewright.runners.unpacked.environment import make_environment
from edgewright.runners.unpacked.plan import Copy, Install, read_plan

PEAK = Path(__file__).parents[2] / "containers" / "legacy" / "http_peak"
WINDOWS = np.random.default_rng(5).standard_normal((6, 8, 2)).astype(np.float32)


@pytest.fixture(autouse=True)
def own_cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", os.fspath(tmp_path_factory.getbasetemp() / "cache"))


def test_what_a_dockerfile_asks_for() -> None:
    plan = read_plan(
        "FROM python:3.9-slim\nENV A=1 PYTHONPATH=/app/lib:$A\nWORKDIR app\nCOPY a b* lib/\nADD x.txt /y.txt\n"
        "RUN apt-get update && apt-get install -y python3-pip gfortran-9 libfoo && rm -rf /x\n"
        "RUN pip3 install -U pip==22.0.3\n"
        "RUN --mount=type=cache,target=/root/.cache pip3 --no-cache-dir install -r requirements.txt numpy==1.2 wheel\n"
        "RUN cd /opt && python3 -m pip install . && make all\nRUN mkdir -p out /models\n"
        "COPY --from=builder /bin/tool /bin/tool\nADD https://example.org/m.bin /m.bin\n"
        'ENTRYPOINT ["python3"]\nCMD ["run.py", "--fast"]\n'
    )
    assert (plan.python, plan.workdir) == ("3.9", "/app")
    assert plan.variables == {"A": "1", "PYTHONPATH": "/app/lib:"}
    assert plan.steps[:4] == [
        Copy(("a", "b*"), "/app/lib/", 4),
        Copy(("x.txt",), "/y.txt", 5),
        Install(("-r", "requirements.txt", "numpy==1.2"), "/app"),
        Install((".",), "/opt"),
    ]
    assert plan.folders == ["/app", "/app/out", "/models"]
    assert (plan.entrypoint, plan.command) == (["python3"], ["run.py", "--fast"])
    assert plan.warnings == [
        "line 6: not done here: gfortran-9, libfoo",
        "line 9: not done here: `make all`",
        "line 11: what it copies from 'builder' is not here",
        "line 12: https://example.org/m.bin is not fetched",
    ]
    assert "what its base image nvidia/cuda:12 brings" in read_plan("FROM nvidia/cuda:12\nCMD x").warnings[0]


def test_an_http_block_runs_as_a_process() -> None:
    with open_block(PEAK, runner="process", trust=True) as block:
        features = block.transform(WINDOWS, frequency=62.5, axes=["accX", "accY"])
        assert features.labels == ("accX Minimum", "accX Maximum", "accY Minimum", "accY Maximum")
        peaks = np.stack([WINDOWS.min(axis=1), WINDOWS.max(axis=1)], axis=2).reshape(6, 4)
        assert features.values.tobytes() == peaks.tobytes()
        with pytest.raises(
            TaskError, match="its server ended before the task was done: exit code 3: giving up"
        ):
            block.transform(WINDOWS, axes=["accX", "accY"], params={"trouble": "die"})


def test_a_server_that_does_not_read_its_port_is_found(tmp_path: Path) -> None:
    folder = tmp_path / "deaf"
    shutil.copytree(PEAK, folder)
    port = free_port()
    command = f"FROM python:3.11\nWORKDIR /app\nCOPY . .\nEXPOSE {port}\nCMD unset HOST; PORT={port} python3 server.py\n"
    (folder / "Dockerfile").write_text(command)

    def describe() -> None:
        with open_block(folder, runner="process", trust=True) as block:
            block.describe({"kind": "time-series", "length": 4, "axes": ["x"], "frequency": 1.0})
            assert block.warnings == ["the block asks for an axis named 'accX'; the windows have x"]

    with concurrent.futures.ThreadPoolExecutor(2) as pool:  # they wait for each other
        for task in [pool.submit(describe) for _ in range(2)]:
            task.result(timeout=60)


def test_a_port_that_another_program_has_is_left_to_it() -> None:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        held.listen()
        assert not is_free(held.getsockname()[1])
    assert is_free(free_port())


def legacy(folder: Path, dockerfile: str, **files: str) -> Any:
    """A block of a contract that starts one program, in place of a learning block's real one."""
    folder.mkdir()
    (folder / "parameters.json").write_text(
        json.dumps({"type": "transform", "info": {"operatesOn": "directory"}})
    )
    (folder / "Dockerfile").write_text(dockerfile)
    for name, content in files.items():
        path = folder / name.replace("__", "/")
        path.parent.mkdir(exist_ok=True)
        path.write_text(content)
    return resolve(str(folder), folder, make_plugins())


def run(block: Any, tmp_path: Path) -> tuple[Outcome, str]:
    from edgewright.contracts import contract_of

    runner = ProcessRunner()
    told: list[str] = []
    prepared = runner.prepare(block, lambda message: told.append(message["text"]))
    for name in ("in", "out"):
        (tmp_path / name).mkdir()
    request = {"operation": "apply", "params": {}, "inputs": {}}
    job = Job("j", "r", prepared, tmp_path / "in", tmp_path / "out", tmp_path / "log", Limits(seconds=60),
              contract=contract_of(block), request=request)  # fmt: skip
    outcome = runner.run(job, threading.Event(), lambda _message: None)
    return outcome, (tmp_path / "log").read_text()


PROGRAM = """
import json, os, sys
import pip_less_module
out = sys.argv[sys.argv.index("--out-directory") + 1]
json.dump({"argv": sys.argv, "cwd": os.getcwd(), "prefix": sys.prefix, "lib": os.environ["LIB"],
           "module": pip_less_module.WHERE, "path": os.environ["PATH"].split(":")[0], "sdk": os.environ.get("PYTHONPATH")},
          open(out + "/facts.json", "w"))
"""


@pytest.mark.parametrize(
    "command",
    ['ENTRYPOINT ["python3", "-u", "/app/run.py"]', 'ENTRYPOINT ["/usr/bin/python3.9", "run.py"]',
     'ENTRYPOINT ["./run.sh"]', 'ENTRYPOINT ["/app/run.sh"]'],
)  # fmt: skip
def test_paths_of_the_image_are_the_tasks_own(tmp_path: Path, command: str) -> None:
    files = {
        "run.py": PROGRAM,
        "run.sh": '#!/bin/sh\nexec python3 run.py "$@"\n',
        "lib__pip_less_module.py": "WHERE = __file__\n",
    }
    dockerfile = "FROM debian\nRUN apt-get install -y libfoo\nWORKDIR /app\nENV LIB=/opt/lib PYTHONPATH=/opt/lib\nCOPY lib /opt/lib\nCOPY run.* ./\n"
    block = legacy(tmp_path / "block", dockerfile + command, **files)
    (tmp_path / "block" / "run.sh").chmod(0o755)
    outcome, log = run(block, tmp_path)
    assert outcome.reason == "ok", (outcome, log)
    assert log.startswith("[edgewright: without an image: line 2: not done here: libfoo]\n")
    facts = json.loads((tmp_path / "out" / "facts.json").read_text())
    root = Path(facts["lib"]).parents[1]
    assert root.parent.parent == tmp_path  # a folder of the task, gone with it
    assert not root.exists()
    assert facts["module"] == f"{facts['lib']}/pip_less_module.py"
    assert facts["sdk"] == facts["lib"]
    assert facts["path"] == f"{facts['prefix']}/bin"
    assert facts["prefix"] != sys.prefix
    assert (tmp_path / "block" / "lib" / "__pycache__").exists() is False


def test_requirements_are_installed_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = {
        "pkg__setup.py": "raise SystemExit('not built by setup.py')\n",
        "pkg__pyproject.toml": '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n',
        "pkg__backend.py": BACKEND,
        "run.py": "import tiny_thing; print(tiny_thing.VALUE)\n",
    }
    dockerfile = 'FROM python:3.11\nWORKDIR /app\nCOPY . ./\nRUN pip install --no-build-isolation ./pkg\nENTRYPOINT ["python3", "run.py"]\n'
    block = legacy(tmp_path / "block", dockerfile, **package)
    outcome, log = run(block, tmp_path)
    assert outcome.reason == "ok", (outcome, log)
    assert log.splitlines()[-1] == "42"
    prepared = ProcessRunner().prepare(block, lambda message: pytest.fail(f"made again: {message}"))
    assert "tiny-thing==1.0" in prepared.environment
    assert any(line.startswith("python==") for line in prepared.environment)


BACKEND = """
import os, zipfile

def build_wheel(directory, config_settings=None, metadata_directory=None):
    name = "tiny_thing-1.0-py3-none-any.whl"
    info = "tiny_thing-1.0.dist-info"
    with zipfile.ZipFile(os.path.join(directory, name), "w") as wheel:
        wheel.writestr("tiny_thing.py", "VALUE = 42\\n")
        wheel.writestr(f"{info}/METADATA", "Metadata-Version: 2.1\\nName: tiny-thing\\nVersion: 1.0\\n")
        wheel.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\\nGenerator: x\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")
        wheel.writestr(f"{info}/RECORD", f"tiny_thing.py,,\\n{info}/METADATA,,\\n{info}/WHEEL,,\\n{info}/RECORD,,\\n")
    return name
"""


@pytest.mark.parametrize(
    ("dockerfile", "said"),
    [
        ("FROM python:3.9\nCOPY . .\n", "neither ENTRYPOINT nor CMD: its base image python:3.9"),
        ("FROM python:3.9\nCOPY absent.txt .\nCMD x\n", "Dockerfile:2: there is no 'absent.txt' to copy"),
    ],
)
def test_what_can_not_be_done_without_an_image_is_refused(tmp_path: Path, dockerfile: str, said: str) -> None:
    block = legacy(tmp_path / "block", dockerfile)
    with pytest.raises(TaskError, match=said) as caught:
        ProcessRunner().prepare(block, lambda _message: None)
    assert caught.value.reason == "refused"


def test_an_environment_that_can_not_be_made_is_said(tmp_path: Path) -> None:
    broken = tmp_path / "python3"
    broken.write_text("#!/bin/sh\necho no room on the disk\nexit 1\n")
    broken.chmod(0o755)
    with pytest.raises(
        RunnerUnavailableError, match=r"(?s)-m venv .* failed:\n  no room on the disk"
    ) as caught:
        make_environment(os.fspath(broken), [], tmp_path, lambda _line: None)
    assert "--runner docker" in str(caught.value.hint)
