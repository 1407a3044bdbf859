"""A block that is only an image: its spec is brought out of the image, nothing of it is run."""

from __future__ import annotations

import io
import subprocess
import tarfile
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from edgewright.errors import RunnerUnavailableError, UsageError
from edgewright.registry.block import Block
from edgewright.registry.digest import SPEC_FILE
from edgewright_specs.interface import BLOCK_TYPES

if TYPE_CHECKING:
    from edgewright_specs.parameters import BlockSpec

COPY_SECONDS = 120
MAX_SPEC_BYTES = 4 << 20


def block_in_image(reference: str) -> Block:
    """Read the spec of a block from its image, which is pulled if the engine hasn't got it.

    Raises
    ------
    RunnerUnavailableError
        No engine answers.
    UsageError
        There is no such image, or no block in it.
    """
    from edgewright.images.commands import ImageError, run
    from edgewright.images.engine import inspect_image, why_unreachable

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
        raise UsageError(f"no image {reference!r}")
    with tempfile.TemporaryDirectory(prefix="edgewright-") as folder:
        (Path(folder) / SPEC_FILE).write_bytes(_spec_bytes(reference))
        spec = _load(Path(folder))
    for kind in BLOCK_TYPES:
        if spec.type == kind:
            return Block(
                spec.name, kind, spec, None, reference, False, str(image["Id"]).removeprefix("sha256:")
            )
    raise UsageError(
        f"image {reference!r} holds a block of type {spec.type!r}", hint=f"allowed: {', '.join(BLOCK_TYPES)}"
    )


def _load(folder: Path) -> BlockSpec:
    from edgewright_specs.parameters import load_block_spec

    return load_block_spec(folder)


def _spec_bytes(reference: str) -> bytes:
    """Copy one file out of a container that is made and never started."""
    from edgewright.images.commands import engine_command
    from edgewright.images.context import BLOCK_FOLDER

    made = _run([*engine_command(), "create", "--network", "none", reference, "true"], reference)
    container = made.decode().strip().splitlines()[-1]
    try:
        archive = _run([*engine_command(), "cp", f"{container}:{BLOCK_FOLDER}/{SPEC_FILE}", "-"], reference)
    finally:
        subprocess.run(
            [*engine_command(), "rm", "--force", "--volumes", container],
            capture_output=True,
            check=False,
            timeout=COPY_SECONDS,
        )
    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        for member in tar:
            file = tar.extractfile(member) if member.isreg() and member.size <= MAX_SPEC_BYTES else None
            if file is not None:
                return file.read()
    raise UsageError(f"image {reference!r}: {BLOCK_FOLDER}/{SPEC_FILE} is no plain file")


def _run(words: list[str], reference: str) -> bytes:
    from edgewright.images.context import BLOCK_FOLDER

    done = subprocess.run(words, capture_output=True, check=False, timeout=COPY_SECONDS)
    if done.returncode != 0:
        raise UsageError(
            f"image {reference!r} holds no block: {done.stderr.decode('utf-8', 'replace').strip()[-300:]}",
            hint=f"a block's image has {BLOCK_FOLDER}/{SPEC_FILE}: build it by `edgewright blocks build`",
        )
    return done.stdout
