"""The container engine's command line, which builds, saves and loads images.

The docker library has no BuildKit, so a build through it would refuse what users' Dockerfiles may use.
"""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
from collections import deque
from collections.abc import Callable, Iterable
from functools import lru_cache

from edgewright.errors import EdgewrightError, RunnerUnavailableError
from edgewright.images.engine import engine_url

Progress = Callable[[str], None]

#: Extra arguments of every build, for engines whose builds need e.g. ``--network host``.
BUILD_ARGS_VARIABLE = "EDGEWRIGHT_BUILD_ARGS"
TAIL_LINES = 25


class ImageError(EdgewrightError):
    """An image can't be built, saved or loaded."""


@lru_cache(maxsize=1)
def engine_command() -> tuple[str, ...]:
    """Return the words that start every command: ``docker``, or ``podman`` where only that is present.

    They name the engine's address, so that program and library never speak to different engines.

    Raises
    ------
    RunnerUnavailableError
        Neither program is on the path.
    """
    url = engine_url()
    for name, option in (("docker", ("--host",)), ("podman", ("--remote", "--url"))):
        program = shutil.which(name)
        if program:
            return (program, *option, url) if url else (program,)
    raise RunnerUnavailableError(
        "no `docker` or `podman` program on the path, which building images needs",
        hint="install Docker's command line (Debian: apt install docker.io), or load images saved elsewhere",
    )


def build(tag: str, context: bytes, *, labels: Iterable[tuple[str, str]] = (), progress: Progress) -> None:
    """Build an image from a tar archive that holds ``Dockerfile`` and all that it copies.

    Raises
    ------
    ImageError
        The build failed; the message ends with its last lines.
    """
    # Without --force-rm the legacy builder leaves the container of the step that failed.
    words = ["build", "--force-rm", "--tag", tag, *shlex.split(os.environ.get(BUILD_ARGS_VARIABLE, ""))]
    for name, value in labels:
        words += ["--label", f"{name}={value}"]
    run([*words, "-"], what=f"building {tag}", progress=progress, standard_input=context)


def run(words: list[str], *, what: str, progress: Progress, standard_input: bytes | None = None) -> None:
    """Run one command of the engine, giving each line that it writes to ``progress``.

    Raises
    ------
    ImageError
        It failed; the message ends with its last lines.
    """
    tail: deque[str] = deque(maxlen=TAIL_LINES)
    process = subprocess.Popen(
        [*engine_command(), *words],
        stdin=subprocess.DEVNULL if standard_input is None else subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    assert process.stdout is not None
    try:
        if process.stdin is not None and standard_input is not None:
            _feed(process.stdin, standard_input)
        for raw in process.stdout:
            line = raw.decode("utf-8", "replace").rstrip()
            if line:
                tail.append(line)
                progress(line)
        code = process.wait()
    except BaseException:
        process.kill()
        process.wait()
        raise
    finally:
        process.stdout.close()
    if code != 0:
        listed = "\n".join(f"  {line}" for line in tail)
        raise ImageError(f"{what} failed with exit code {code}:\n{listed}", hint=_hint(words[0], tail))


def _feed(pipe: object, content: bytes) -> None:
    """Hand over the context on a thread: an engine that fails early stops reading and starts to write."""
    import threading

    def write() -> None:
        try:
            pipe.write(content)  # type: ignore[attr-defined]
            pipe.close()  # type: ignore[attr-defined]
        except OSError:  # it stopped reading: its exit code and its lines say why
            pass

    threading.Thread(target=write, daemon=True).start()


def _hint(command: str, lines: Iterable[str]) -> str | None:
    text = "\n".join(lines).lower()
    network = (
        "name resolution",
        "network is unreachable",
        "no such host",
        "could not find a version",
        "connection refused",
        "timed out",
    )
    if not any(word in text for word in network):
        return None
    if command == "build":
        return (
            f"a build needs the network; if it needs the host's, set {BUILD_ARGS_VARIABLE}='--network host'"
        )
    return "can the engine reach the registry? Its name and port stand before the first / of the image's name"
