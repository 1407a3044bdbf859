"""A task's way through a real engine, as far as the fault fixtures (``tests/evil``) don't go it."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from edgewright.runners.docker.capabilities import ask_capabilities

pytestmark = pytest.mark.docker


def test_outputs_logs_and_messages_come_back(run: Any) -> None:
    ran = run(
        "import os, sys\n"
        'print(\'{"type": "progress", "done": 1, "total": 2, "text": "half"}\', flush=True)\n'
        "print('to stdout', flush=True)\n"
        "print('to stderr', file=sys.stderr)\n"
        "facts['uid'] = os.getuid()\n"
    )
    uid = os.geteuid() or 65532
    assert ran.facts == {"uid": uid}
    assert ran.messages == [{"type": "progress", "done": 1, "total": 2, "text": "half"}]
    assert sorted(ran.log.split()) == ["stderr", "stdout", "to", "to"]
    assert ran.outcome.exit_code == 0
    assert {path.stat().st_uid for path in [ran.out, *ran.out.iterdir()]} == {os.geteuid()}


def test_outputs_that_the_block_closed_are_opened_again(run: Any) -> None:
    ran = run(
        "import os\n"
        "os.makedirs('/out/closed/deep'); open('/out/closed/deep/file', 'w').write('x')\n"
        "os.chmod('/out/closed/deep/file', 0); os.chmod('/out/closed/deep', 0); os.chmod('/out/closed', 0)\n"
        "os.symlink('/etc/shadow', '/out/link'); facts['ok'] = 1\n"
    )
    before = Path("/etc/shadow").stat()
    assert (ran.out / "closed" / "deep" / "file").read_text() == "x"
    assert (ran.out / "closed").stat().st_mode & 0o777 == 0o700
    assert (ran.out / "link").is_symlink()
    assert Path("/etc/shadow").stat().st_mode == before.st_mode


@pytest.mark.parametrize(
    ("code", "says"),
    [
        (
            "import time\nfor i in range(100):\n open(f'/out/{i}','wb').write(bytes(1<<20)); time.sleep(.02)",
            "bytes to /out",
        ),
        (
            "import time\nfor i in range(1000): open(f'/out/{i}', 'w').close()\ntime.sleep(30)",
            "files in /out",
        ),
        ("f = open('/out/one', 'wb')\nwhile True: f.write(bytes(1 << 20)); f.flush()", "bytes to /out"),
    ],
    ids=["many bytes", "many files", "one file"],
)
def test_out_is_capped(run: Any, code: str, says: str) -> None:
    ran = run(code)
    assert ran.outcome.reason == "limit"
    assert says in ran.outcome.message
    assert sum(path.stat().st_size for path in ran.out.iterdir()) < 64 << 20


def test_an_image_without_the_command_is_refused(run: Any, engine: Any, tmp_path: Path) -> None:
    from edgewright.images.archive import pack

    tag = f"edgewright/test-empty:{os.getpid()}"
    engine.import_image_from_data(pack({"x": b""}), repository=tag, changes=["CMD true"])
    try:
        outcome = run("", image=engine.inspect_image(tag)["Id"]).outcome
        assert outcome.reason == "refused"
        assert "can't be executed" in outcome.message
        assert "python3" in outcome.message
    finally:
        engine.remove_image(tag)


def test_an_image_for_another_cpu_is_refused_before_it_starts(run: Any, runner: Any, engine: Any) -> None:
    theirs = ask_capabilities(engine)
    runner._capabilities = replace(theirs, architecture="s390x")
    outcome = run("").outcome
    assert outcome.reason == "refused"
    assert outcome.message == f"its image is for {theirs.architecture}, the engine runs s390x"
