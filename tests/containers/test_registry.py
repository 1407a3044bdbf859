"""Blocks go through a real registry: pushed, listed, pulled, pinned; with and without a login."""

from __future__ import annotations

import base64
import json
import os
import shutil
import socket
import subprocess
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from docker.errors import ImageNotFound

from edgewright.cli.app import application
from edgewright.images.commands import ImageError
from edgewright.images.engine import inspect_image
from edgewright.plugins import make_plugins
from edgewright.registry import resolve
from edgewright.sharing.listing import list_remote
from edgewright.sharing.pull import pull
from edgewright.sharing.push import Pushed, push
from edgewright.sharing.registry import Registry, SharingError
from edgewright.sharing.transport import UnreachableError

pytestmark = pytest.mark.docker

HERE = Path(__file__).parent
#: tester:geheim7
LOGIN = "tester:$2b$04$DNgfSs5MGpctdZxg/ebp7enMUG8MVBudsGo3Tz9Tq3nMI6ey9.RgC"

CONFIG = """version: 0.1
log: {level: error}
storage:
  filesystem: {rootdirectory: %(data)s}
  cache: {blobdescriptor: inmemory}
http: {addr: "127.0.0.1:%(port)d"}
"""


def quiet(_message: Any) -> None:
    pass


@pytest.fixture(scope="session")
def start_registry(engine: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], str]]:
    """Start a registry on this machine with further lines of configuration; gives ``127.0.0.1:port``."""
    program = shutil.which("docker-registry")
    if program is None:
        if os.environ.get("EDGEWRIGHT_REQUIRE_ENGINE", "") not in ("", "0"):
            pytest.fail("EDGEWRIGHT_REQUIRE_ENGINE is set, but there is no docker-registry on PATH")
        pytest.skip("needs the program docker-registry (Debian: apt install docker-registry)")
    running: list[subprocess.Popen[bytes]] = []

    def start(more: str = "") -> str:
        folder = tmp_path_factory.mktemp("registry")
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        (folder / "htpasswd").write_text(LOGIN + "\n")
        text = CONFIG % {"data": folder / "data", "port": port} + more.replace("HERE", str(folder))
        (folder / "config.yml").write_text(text)
        with (folder / "log").open("wb") as log:
            running.append(
                subprocess.Popen([program, "serve", str(folder / "config.yml")], stdout=log, stderr=log)
            )
        for _ in range(100):
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=5).close()
                return f"127.0.0.1:{port}"
            except OSError:
                time.sleep(0.1)
        raise AssertionError((folder / "log").read_text())

    yield start
    for process in running:
        process.terminate()
        process.wait(10)


@pytest.fixture(scope="session")
def registry(start_registry: Callable[[str], str]) -> str:
    return start_registry("")


@pytest.fixture
def own(engine: Any, tmp_path: Path) -> Iterator[Path]:
    """A copy of the probe under a name of its own, in an image of a few kilobytes; all its images are removed afterwards."""
    folder = tmp_path / f"shared{os.getpid()}"
    shutil.copytree(HERE / "probe", folder)
    (folder / "Dockerfile").write_text("FROM scratch\nCOPY . /block\n")
    yield folder
    for image in engine.images():
        for name in [*(image["RepoTags"] or ()), *(image["RepoDigests"] or ())]:
            if f"shared{os.getpid()}" in name:
                with suppress(ImageNotFound):  # its digest went with its last tag
                    engine.remove_image(name, force=True)


def push_folder(folder: Path, reference: str) -> Pushed:
    plugins = make_plugins()
    block = resolve(str(folder), folder, plugins)
    runner = plugins.runners()["docker"]
    try:
        return push(block, runner.prepare(block, quiet).detail["tag"], reference, quiet)
    finally:
        runner.close()


def forget(engine: Any, name: str) -> None:
    """Make it a machine that has never seen this image."""
    engine.remove_image(name, force=True)
    assert inspect_image(name) is None


def test_a_block_goes_through_a_registry_by_the_command_line(
    own: Path, registry: str, engine: Any, tmp_path: Path
) -> None:
    reference = f"{registry}/team/{own.name}:1.0"
    command = CliRunner()
    done = command.invoke(application, ["blocks", "push", str(own), reference, "--json"])
    assert done.exit_code == 0, done.output
    pushed = json.loads(done.stdout)
    assert pushed["pinned"].startswith(f"{registry}/team/{own.name}@sha256:")

    done = command.invoke(application, ["blocks", "list", "--remote", f"{registry}/team", "--json"])
    assert done.exit_code == 0, done.output
    listed = [block for block in json.loads(done.stdout) if block["reference"] == reference]
    assert [(block["name"], block["type"], block["pinned"], block["digest"]) for block in listed] == [
        (own.name, "processing", pushed["pinned"], pushed["digest"])
    ]

    forget(engine, reference)
    target = tmp_path / "pulled"
    done = command.invoke(application, ["blocks", "pull", reference, "-o", str(target), "--json"])
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout)["pinned"] == pushed["pinned"]
    for name in ("parameters.json", "probe.py"):
        assert (target / name).read_bytes() == (own / name).read_bytes()
    again = resolve(str(target), tmp_path, make_plugins())
    assert again.spec.without_texts() == resolve(str(own), tmp_path, make_plugins()).spec.without_texts()


def test_the_spec_is_read_from_the_label_without_a_container(
    own: Path, registry: str, engine: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    reference = f"{registry}/{own.name}:2"
    push_folder(own, reference)
    forget(engine, reference)
    from edgewright.registry import images

    def never(*_: Any) -> bytes:
        raise AssertionError("a container was made")

    monkeypatch.setattr(images, "_run", never)
    block = resolve(reference, own, make_plugins())
    image = inspect_image(reference)
    assert image is not None
    assert (block.name, block.type, block.image) == (own.name, "processing", reference)
    assert block.digest == image["Id"].removeprefix("sha256:"), "an author's word is no key"
    assert block.command == ("python3", "/block/probe.py")


def test_a_block_of_edge_impulse_keeps_what_it_was_said_to_be(own: Path, registry: str, engine: Any) -> None:
    """Its file is a bare list of parameters: type and what it works on were said when it was pushed."""
    (own / "parameters.json").write_text('[{"name": "Gain", "param": "gain", "type": "float", "value": "2"}]')
    (own / "Dockerfile").write_text('FROM scratch\nCOPY . /app\nENTRYPOINT ["/app/probe.py"]\n')
    reference = f"{registry}/{own.name}:legacy"
    words = ["blocks", "push", str(own), reference, "--type", "transform", "--operates-on", "file"]
    done = CliRunner().invoke(application, words)
    assert done.exit_code == 0, done.output
    forget(engine, reference)
    block = resolve(reference, own, make_plugins())
    assert (block.name, block.type, block.spec.legacy, block.spec.operates_on) == (
        own.name,
        "transform",
        True,
        "file",
    )
    assert block.spec.defaults == {"gain": 2.0}


def test_a_tag_that_moved_gives_another_digest(own: Path, registry: str, engine: Any) -> None:
    reference = f"{registry}/{own.name}:latest"
    first = push_folder(own, f"{registry}/{own.name}")
    assert first.reference == reference
    assert push_folder(own, reference).pinned == first.pinned, "the same block twice is one image"
    (own / "probe.py").write_text("raise SystemExit(0)  # other code")
    second = push_folder(own, reference)
    assert second.pinned != first.pinned
    assert Registry(registry).digest(own.name, "latest") == second.pinned.partition("@")[2]
    assert Registry(registry).digest(own.name, "no-such-tag") is None
    # What was pinned is still there, by its digest.
    forget(engine, reference)
    assert pull(first.pinned, None, quiet).pinned == first.pinned


BLOCK = """import numpy as np

from edgewright_sdk import Features, ProcessingBlock


class Constant(ProcessingBlock):
    def transform(self, windows, params):
        return Features(np.full((len(windows), 1), VALUE, np.float32), ["value"])
"""


def write_constant(folder: Path, value: float) -> None:
    """A block whose features tell which version of it ran."""
    spec = {
        "version": 1, "type": "processing", "info": {"title": "Constant"}, "parameters": [],
        "edgewright": {"contract": 1, "operations": ["describe", "transform"]},
    }  # fmt: skip
    (folder / "parameters.json").write_text(json.dumps(spec))
    (folder / "block.py").write_text(BLOCK.replace("VALUE", str(value)))


def of_images(run: Any) -> list[str]:
    """What a run warned of, but for its data: the made-up recordings are much alike."""
    return [text for text in run.record["warnings"] if "near-duplicate" not in text]


def test_a_run_pins_its_images_and_says_when_a_tag_has_moved(
    own: Path, registry: str, engine: Any, tmp_path: Path, recordings: Path
) -> None:
    from edgewright.running import Options, Run, run_impulse
    from edgewright.store import Store

    reference = f"{registry}/{own.name}:stable"
    for name in ("probe.py", "Dockerfile"):
        (own / name).unlink()
    write_constant(own, 1)
    first_pin = push_folder(own, reference).pinned
    (tmp_path / "data").symlink_to(recordings)
    (tmp_path / "impulse.yaml").write_text(
        "version: 1\nname: pinned\ndata: {path: data, normal: [idle, running], abnormal: rest}\n"
        "input: {kind: time-series, frequency: 50, window_ms: 400, stride_ms: 400, axes: [accX]}\n"
        f"processing:\n  - {{id: constant, block: '{reference}'}}\n"
    )

    def run(name: str, **options: Any) -> tuple[Run, float]:
        finished = run_impulse(
            tmp_path / "impulse.yaml",
            out=tmp_path / name,
            options=Options(runner="docker", **options),
            store=Store(tmp_path / "store"),
        )
        return finished, float(finished.features("constant", "test").values[0, 0])

    first, value = run("first")
    assert value == 1
    assert first.lock["images"] == {reference: first_pin}
    assert of_images(first) == []

    # Somebody else pushes a new version: it is only said, since what is here is still the old one.
    write_constant(own, 2)
    second_pin = push_folder(own, reference).pinned
    forget(engine, reference)
    subprocess.run(["docker", "pull", first_pin], check=True, capture_output=True)
    subprocess.run(["docker", "tag", first_pin, reference], check=True)
    second, value = run("second")
    assert value == 1
    assert [text for text in second.record["warnings"] if "the registry has another image" in text]

    # It is taken here too: the run says that the tag has moved, and the lock still knows what it was.
    pull(reference, None, quiet)
    third, value = run("third")
    assert value == 2
    assert third.lock["images"] == {reference: second_pin}
    [warning] = of_images(third)
    assert f"the tag {reference} has moved" in warning
    assert first_pin in warning

    locked, value = run("locked", locked=tmp_path / "first" / "impulse.lock")
    assert value == 1
    assert locked.lock["images"] == {reference: first_pin}
    assert {task["status"] for task in locked.record["tasks"]} == {"hit"}


def test_a_registry_with_a_login(
    own: Path, start_registry: Callable[[str], str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    host = start_registry("auth: {htpasswd: {realm: blocks, path: HERE/htpasswd}}\n")
    docker = tmp_path / "docker-config"
    docker.mkdir()
    monkeypatch.setenv("DOCKER_CONFIG", str(docker))
    with pytest.raises(ImageError, match=f"pushing {host}") as caught:
        push_folder(own, f"{host}/{own.name}:1")
    assert f"docker login {host}" in str(caught.value)
    with pytest.raises(SharingError, match="docker login"):
        list_remote(host)

    secret = base64.b64encode(b"tester:geheim7").decode()
    (docker / "config.json").write_text(json.dumps({"auths": {host: {"auth": secret}}}))
    pushed = push_folder(own, f"{host}/{own.name}:1")
    assert [block.pinned for block in list_remote(host)] == [pushed.pinned]


def test_what_is_no_block_is_not_listed_and_what_is_not_there_is_said(
    registry: str, own: Path, engine: Any
) -> None:
    plain = f"{registry}/plain/{own.name}:1"
    subprocess.run(["docker", "build", "-t", plain, "-"], input=b"FROM scratch\nLABEL a=b\n", check=True, capture_output=True)  # fmt: skip
    subprocess.run(["docker", "push", plain], check=True, capture_output=True)
    assert list_remote(f"{registry}/plain") == []
    with pytest.raises(ImageError, match="pulling"):
        pull(f"{registry}/nothing/here:1", None, quiet)
    with pytest.raises(UnreachableError, match="does not answer"):
        list_remote("127.0.0.1:9")
