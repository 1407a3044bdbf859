"""A block that is only an image: its spec comes from the image's label, else out of its files; nothing of it is run."""

from __future__ import annotations

import contextlib
import io
import re
import subprocess
import tarfile
from typing import TYPE_CHECKING

from edgewright.errors import RunnerUnavailableError, UsageError
from edgewright.registry.block import RUN_AS, WHY_NOT, Block
from edgewright.registry.digest import SPEC_FILE

if TYPE_CHECKING:
    from collections.abc import Iterator

COPY_SECONDS = 120
MAX_SPEC_BYTES = 4 << 20
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")


def block_in_image(reference: str) -> Block:
    """Read the spec of a block from its image, which is pulled if the engine hasn't got it.

    Raises
    ------
    RunnerUnavailableError
        No engine answers.
    UsageError
        There is no such image, or no block in it.
    """
    from edgewright.images.blocks import BLOCK_LABEL
    from edgewright.images.commands import ImageError, run
    from edgewright.images.engine import inspect_image, why_unreachable
    from edgewright.sharing.labels import spec_of_labels, spec_of_text

    why_not = why_unreachable()
    if why_not is not None:
        raise RunnerUnavailableError(
            f"block {reference!r} is an image: {why_not}", hint="`edgewright doctor` says more"
        )
    if inspect_image(reference) is None:
        try:
            run(["pull", reference], what=f"pulling {reference}", progress=lambda _line: None)
        except ImageError as error:
            raise UsageError(
                f"no block {reference!r}: it is no folder, and no image that can be pulled",
                hint=error.message.splitlines()[-1].strip(),
            ) from error
    image = inspect_image(reference)
    if image is None:
        raise UsageError(
            f"no image {reference!r}",
            hint="`edgewright blocks build DIR` makes one of a folder, `edgewright blocks pull` fetches one",
        )
    labels = (image.get("Config") or {}).get("Labels") or {}
    spec = spec_of_labels(labels, reference) or spec_of_text(_spec_bytes(reference))
    kind = RUN_AS.get(spec.type)
    if kind is None:
        raise UsageError(
            f"image {reference!r} holds a block of type {spec.type!r}", hint=WHY_NOT.get(spec.type)
        )
    named = labels.get(BLOCK_LABEL) or ""
    name = named if _NAME.fullmatch(named) else spec.name
    return Block(name, kind, spec, None, reference, False, str(image["Id"]).removeprefix("sha256:"))


def _spec_bytes(reference: str) -> bytes:
    from edgewright.images.commands import engine_command
    from edgewright.images.context import BLOCK_FOLDER

    with never_started(reference) as container:
        archive = _run([*engine_command(), "cp", f"{container}:{BLOCK_FOLDER}/{SPEC_FILE}", "-"], reference)
    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        for member in tar:
            file = tar.extractfile(member) if member.isreg() and member.size <= MAX_SPEC_BYTES else None
            if file is not None:
                return file.read()
    raise UsageError(
        f"image {reference!r}: {BLOCK_FOLDER}/{SPEC_FILE} is no plain file",
        hint="build it by `edgewright blocks build`, which puts the block's folder there",
    )


@contextlib.contextmanager
def never_started(reference: str) -> Iterator[str]:
    """A container of an image, to copy files out of: made, never started, removed."""
    from edgewright.images.commands import engine_command

    made = _run([*engine_command(), "create", "--network", "none", reference, "true"], reference)
    container = made.decode().strip().splitlines()[-1]
    try:
        yield container
    finally:
        subprocess.run(
            [*engine_command(), "rm", "--force", "--volumes", container],
            capture_output=True,
            check=False,
            timeout=COPY_SECONDS,
        )


def _run(words: list[str], reference: str) -> bytes:
    from edgewright.images.context import BLOCK_FOLDER

    done = subprocess.run(words, capture_output=True, check=False, timeout=COPY_SECONDS)
    if done.returncode != 0:
        raise UsageError(
            f"image {reference!r} holds no block: {done.stderr.decode('utf-8', 'replace').strip()[-300:]}",
            hint=f"a block's image has {BLOCK_FOLDER}/{SPEC_FILE}: build it by `edgewright blocks build`",
        )
    return done.stdout
