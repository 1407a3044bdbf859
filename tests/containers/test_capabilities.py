"""What is concluded from an engine's description of itself; nothing here needs an engine."""

from __future__ import annotations

import json
import os
import socket
from typing import TYPE_CHECKING, Any

import pytest
import requests

from edgewright.images import engine as engine_module
from edgewright.images.engine import engine_url, why_unreachable
from edgewright.runners.docker import capabilities
from edgewright.runners.docker.capabilities import ask_capabilities
from edgewright.runners.docker.flags import task_user
from edgewright.runners.unenforced import ALLOW_VARIABLE

if TYPE_CHECKING:
    from pathlib import Path

WHOLE = {
    "NCPU": 4,
    "Architecture": "aarch64",
    "MemoryLimit": True,
    "SwapLimit": True,
    "PidsLimit": True,
    "CpuCfsQuota": True,
    "SecurityOptions": ["name=seccomp,profile=default"],
}


class FakeApi:
    base_url = "http+docker://localhost"
    timeout = 60

    def __init__(self, name: str = "Engine", controllers: tuple[str, ...] = (), **changes: Any) -> None:
        self._name = name
        self._controllers = list(controllers)
        self._info = {**WHOLE, **changes}

    def info(self) -> dict[str, Any]:
        return self._info

    def version(self) -> dict[str, Any]:
        return {"Components": [{"Name": self._name}]}

    def get(self, url: str, timeout: float) -> requests.Response:
        assert url.endswith("/libpod/info")
        answer = requests.Response()
        answer.status_code = 200
        answer._content = json.dumps({"host": {"cgroupControllers": self._controllers}}).encode()
        return answer


def ask(**changes: Any) -> Any:
    return ask_capabilities(FakeApi(**changes))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("controllers", "unenforced"),
    [
        ((), ("memory", "swap", "pids", "cpus")),
        (("memory", "pids"), ("cpus",)),
        (("cpu", "memory", "pids"), ()),
    ],
)
def test_a_rootless_podman_holds_what_it_was_handed(
    controllers: tuple[str, ...], unenforced: tuple[str, ...]
) -> None:
    """As podman 4.3 answers: by docker's interface it tells of its host's controllers, as if they were its own."""
    found = ask(name="Podman Engine", controllers=controllers, Rootless=True)
    assert (found.podman, found.rootless, found.unenforced) == (True, True, unenforced)
    assert ask(name="Podman Engine", Rootless=False).unenforced == ()


def test_a_whole_engine_refuses_nothing() -> None:
    found = ask()
    assert (found.cpus, found.architecture, found.unenforced, found.refusal()) == (4, "arm64", (), None)


def test_what_can_not_be_held_is_a_refusal_that_names_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(ALLOW_VARIABLE, raising=False)
    found = ask(MemoryLimit=False, PidsLimit=False, SecurityOptions=[])
    assert found.unenforced == ("memory", "pids", "seccomp")
    assert "can't enforce: memory, pids, seccomp" in str(found.refusal())
    monkeypatch.setenv(ALLOW_VARIABLE, "1")
    assert found.refusal() is None


@pytest.mark.parametrize(("swaps", "unenforced"), [(True, ("swap",)), (False, ())])
def test_swap_that_does_not_exist_needs_no_limit(
    monkeypatch: pytest.MonkeyPatch, swaps: bool, unenforced: tuple[str, ...]
) -> None:
    monkeypatch.setattr(capabilities, "has_swap", lambda: swaps)
    assert ask(SwapLimit=False).unenforced == unenforced


@pytest.mark.parametrize(
    ("uid", "options", "inside", "ours"),
    [
        (0, [], "65532:65532", False),
        (1000, [], "1000:1000", True),
        (1000, ["name=rootless"], "0:0", True),
    ],
)
def test_a_task_is_never_root_on_the_host(
    monkeypatch: pytest.MonkeyPatch, uid: int, options: list[str], inside: str, ours: bool
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: uid)
    monkeypatch.setattr(os, "getegid", lambda: uid)
    user = task_user(ask(SecurityOptions=["name=seccomp", *options]))
    assert (user.inside, user.ours) == (inside, ours)


def test_a_remote_or_missing_engine_is_explained(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("DOCKER_HOST", "tcp://10.0.0.1:2375")
    assert "not on this machine" in str(why_unreachable())
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/none.sock")
    assert "does not answer" in str(why_unreachable())
    monkeypatch.delenv("DOCKER_HOST")
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    monkeypatch.setattr(engine_module, "_usual_sockets", list)
    assert "no container engine found" in str(why_unreachable())


def test_the_engine_of_the_docker_context_is_found(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("DOCKER_HOST", "DOCKER_CONTEXT"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    meta = tmp_path / "contexts" / "meta" / "abc" / "meta.json"
    meta.parent.mkdir(parents=True)
    meta.write_text(
        json.dumps({"Name": "desktop", "Endpoints": {"docker": {"Host": "unix:///run/desktop.sock"}}})
    )
    (tmp_path / "config.json").write_text(json.dumps({"currentContext": "desktop"}))
    assert engine_url() == "unix:///run/desktop.sock"
    (tmp_path / "config.json").write_text("{}")
    path = tmp_path / "usual.sock"
    monkeypatch.setattr(engine_module, "_usual_sockets", lambda: [tmp_path / "gone.sock", path])
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        assert engine_url() == f"unix://{path}"
