"""Images of blocks: the block's own Dockerfile, then one last layer with the SDK.

A block's image is built once for each content: its files, what it stands on and the SDK. A new SDK rebuilds the last
layer only, since what comes before it is an image of its own.
"""

from __future__ import annotations

import hashlib
import json
import re
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from edgewright.errors import UsageError
from edgewright.images.archive import SDK_FOLDER, files_digest, pack, sdk_contents
from edgewright.images.commands import ImageError, build, engine_command, run
from edgewright.images.context import BLOCK_FOLDER, block_dockerfile, read_context
from edgewright.images.engine import image_id, inspect_image, locked
from edgewright.images.frameworks import (
    DIGEST_LENGTH,
    build_framework,
    framework_tag,
    frameworks_of,
    resolve_from,
)
from edgewright.registry.digest import sdk_digest
from edgewright.registry.environment import REQUIREMENTS_FILE

if TYPE_CHECKING:
    from edgewright.images.commands import Progress
    from edgewright.registry import Block

ENVIRONMENT_LABEL = "org.edgewright.environment"
BLOCK_LABEL = "org.edgewright.block"

ENVIRONMENT_SECONDS = 120


@dataclass(frozen=True)
class BlockImage:
    """An image that is present: its content id, the environment that its block runs with, and its tag."""

    id: str
    environment: tuple[str, ...]
    tag: str


def block_tag(block: Block) -> str:
    """Tag of the image of a block in a folder: ``edgewright/block-<name>:<12 digits of its content's digest>``."""
    text = block_dockerfile(block)
    parts = [block.digest, sdk_digest(), text, *map(framework_tag, frameworks_of(text))]
    if block.spec.legacy:  # nothing of ours goes into it
        parts.remove(sdk_digest())
    digest = hashlib.sha256(json.dumps(["block image 1", *parts]).encode()).hexdigest()
    return f"edgewright/block-{_safe(block.name)}:{digest[:DIGEST_LENGTH]}"


def find_image(block: Block) -> BlockImage | None:
    """Return the image of a block if the engine has it. Builds and fetches nothing."""
    tag = block.image or block_tag(block)
    found = inspect_image(tag)
    return None if found is None else BlockImage(str(found["Id"]), environment_of(found), tag)


def build_block(block: Block, progress: Progress) -> BlockImage:
    """Return the image of a block, built (or for an image reference: pulled) if the engine hasn't got it.

    Raises
    ------
    ImageError
        The build or the pull failed.
    UsageError
        The block's folder holds what no build may see.
    """
    found = find_image(block)
    if found is not None:
        return found
    if block.image is not None:
        run(["pull", block.image], what=f"pulling {block.image}", progress=progress)
    else:
        tag = block_tag(block)
        with locked(tag):
            if image_id(tag) is None:
                progress(f"building {tag}")
                stage = _build_stage(block, progress)
                if block.spec.legacy:
                    run(["tag", stage, tag], what=f"naming {tag}", progress=progress)
                else:
                    _build_last_layer(block, tag, stage, progress)
    found = find_image(block)
    if found is None:
        raise ImageError(f"the image of block {block.name!r} was made but the engine hasn't got it")
    return found


def _build_stage(block: Block, progress: Progress) -> str:
    """Build what the block's Dockerfile says, unless it is there. Returns its tag."""
    assert block.folder is not None
    text = block_dockerfile(block)
    for framework in frameworks_of(text):
        build_framework(framework, progress)
    files, executable = read_context(block.folder, whole=block.spec.legacy)
    context = {**files, "Dockerfile": resolve_from(text).encode()}
    digest = files_digest(context, executable=executable)
    tag = f"edgewright/stage-{_safe(block.name)}:{digest[:DIGEST_LENGTH]}"
    if image_id(tag) is None:
        build(tag, pack(context, executable=executable), progress=progress)
    return tag


def _build_last_layer(block: Block, tag: str, stage: str, progress: Progress) -> None:
    config = (inspect_image(stage) or {}).get("Config") or {}
    path = next(
        (line[len("PYTHONPATH=") :] for line in config.get("Env") or () if line.startswith("PYTHONPATH=")), ""
    )
    lines = [
        f"FROM {stage}",
        "USER 0:0",
        f"COPY sdk {SDK_FOLDER}",
        f"ENV PYTHONPATH={SDK_FOLDER}{':' + path if path else ''}",
    ]
    if config.get("User"):
        lines.append(f"USER {config['User']}")
    files = {f"sdk/{name}": content for name, content in sdk_contents().items()}
    files["Dockerfile"] = ("\n".join(lines) + "\n").encode()
    labels = [(BLOCK_LABEL, block.name), (ENVIRONMENT_LABEL, json.dumps(_ask_environment(block, stage)))]
    build(tag, pack(files), labels=labels, progress=progress)


def _ask_environment(block: Block, stage: str) -> list[str]:
    """Ask a container of the block's image what is installed of what the block requires."""
    assert block.folder is not None
    requirements = (
        [f"{BLOCK_FOLDER}/{REQUIREMENTS_FILE}"] if (block.folder / REQUIREMENTS_FILE).is_file() else []
    )
    words = [
        *engine_command(), "run", "--rm", "--interactive", "--network", "none", "--read-only", "--cap-drop", "ALL",
        "--security-opt", "no-new-privileges", "--user", "65532:65532", "--entrypoint", "python3", stage,
        "-I", "-B", "-", *requirements,
    ]  # fmt: skip
    program = sdk_contents()["edgewright_specs/environment.py"]
    try:
        answer = subprocess.run(
            words, input=program, capture_output=True, timeout=ENVIRONMENT_SECONDS, check=False
        )
    except subprocess.TimeoutExpired as problem:
        raise ImageError(
            f"block {block.name!r}: its image doesn't say within {ENVIRONMENT_SECONDS} s what is installed"
        ) from problem
    if answer.returncode == 0:
        return [str(line) for line in json.loads(answer.stdout)]
    if block.command is not None:
        return [
            f"image=={image_id(stage)}"
        ]  # a block in another language: all of its image is its environment
    text = answer.stderr.decode("utf-8", "replace").strip()
    raise ImageError(
        f"block {block.name!r}: its image can't run python3 as a task would: {text[-500:]}",
        hint=f"does the Dockerfile copy the block (`COPY . {BLOCK_FOLDER}`) and install Python 3.10 or later?",
    )


def environment_of(image: dict[str, Any]) -> tuple[str, ...]:
    """Environment by the image's label; an image that says nothing counts by its digest."""
    label = ((image.get("Config") or {}).get("Labels") or {}).get(ENVIRONMENT_LABEL)
    if label is None:
        return (f"image=={image['Id']}",)
    try:
        lines = json.loads(label)
    except ValueError as problem:
        raise UsageError(
            f"image {image['Id']}: label {ENVIRONMENT_LABEL} is not JSON: {problem}"
        ) from problem
    return tuple(str(line) for line in lines)


def _safe(name: str) -> str:
    """The name as an image's name may be written."""
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-") or "block"
