"""Edge Impulse's deployment blocks: a program that makes ``deploy.zip`` of a trained impulse's C++ library.

The library under their names is what the ``cpp`` block builds with ``edge-impulse-names``; the run puts it beside the
deployment folder (input ``library``).
"""

from __future__ import annotations

import json
import shlex
import shutil
import zipfile
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any, Final

from edgewright.contracts.arguments import command_line
from edgewright.contracts.base import OWN_FOLDER, Launch, Part, Seen
from edgewright.contracts.deployment_metadata import deployment_metadata
from edgewright.errors import UsageError
from edgewright.zips import ZIP_FAULTS, GuardedFile, unusual_method
from edgewright_specs.interface import DEPLOYMENT_FILE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from edgewright.registry import Block
    from edgewright_specs.interface import Operation

INPUT_FOLDER: Final = "/home/input"
OUTPUT_FOLDER: Final = "/home/output"
METADATA_FILE: Final = "deployment-metadata.json"
ARCHIVE: Final = "deploy.zip"
#: Folders of the library that the block finds.
LIBRARY_FOLDERS: Final = ("edge-impulse-sdk", "model-parameters", "tflite-model")
#: The block that makes the library, and the parameters that it does so with.
LIBRARY_BLOCK: Final = "cpp"
LIBRARY_PARAMS: Final = {"edge-impulse-names": True, "selftest-data": "none"}

MAX_MEMBERS: Final = 100_000
MAX_UNPACKED: Final = 4 << 30


class Deployment:
    """The block sees ``/home/input`` and leaves ``/home/output/deploy.zip``."""

    name = "edge-impulse-deployment"

    def places(self, operation: Operation) -> tuple[str, str]:  # noqa: ARG002
        """``/home/input`` and ``/home/output``."""
        return INPUT_FOLDER, OUTPUT_FOLDER

    def refusal(self, block: Block, operation: Operation) -> str | None:
        """Refuse all but ``build``."""
        if operation != "build":
            return (
                f"block {block.name!r} follows Edge Impulse's contract of deployment blocks, which has no {operation}: "
                "what it makes can't be tried here"
            )
        return None

    def has_service(self, block: Block, operation: Operation) -> bool:  # noqa: ARG002
        """One program does it all."""
        return False

    def enter(self, block: Block, request: Mapping[str, Any], request_dir: Path, made: Path) -> Path:  # noqa: ARG002
        """Make the input folder: metadata and the library."""
        inputs = request["inputs"]
        if "impulse" not in inputs:
            raise UsageError(
                "the request names no input 'impulse'", hint="a deployment block builds from one"
            )
        impulse = request_dir / str(inputs["impulse"]["path"])
        deployment = json.loads((impulse / DEPLOYMENT_FILE).read_text(encoding="utf-8"))
        made.mkdir()
        if "library" in inputs:
            library = request_dir / str(inputs["library"]["path"])
            for name in LIBRARY_FOLDERS:
                shutil.copytree(library / name, made / name, copy_function=shutil.copyfile)
        _write_metadata(made, deployment_metadata(deployment, INPUT_FOLDER, OUTPUT_FOLDER))
        return made

    def launch(self, block: Block, request: Mapping[str, Any], seen: Seen) -> Launch:
        """Start what the Dockerfile starts, with the metadata, the block's own words and its parameters."""
        if seen.in_dir != INPUT_FOLDER:
            _move(Path(seen.in_dir), seen)
        own = shlex.split(block.spec.info.cli_arguments or "")
        given = command_line(block.spec, request["params"])
        arguments = ("--metadata", f"{seen.in_dir}/{METADATA_FILE}", *own, *given)
        return Launch(Part(arguments=arguments, prologue=OWN_FOLDER))

    def whole_folder(self, operation: Operation) -> str | None:
        """The output folder is the package."""
        return "package" if operation == "build" else None

    def check(self, block: Block, operation: Operation, folder: Path) -> tuple[str, ...]:  # noqa: ARG002
        """Want a ``deploy.zip`` that opens: such blocks end well even when their compiler failed."""
        from edgewright.harvest.errors import bad

        path = folder / ARCHIVE
        if not path.is_file():
            found = sorted(item.name for item in folder.iterdir())
            what = f"only {', '.join(found[:5])}" if found else "nothing"
            raise bad(
                f"the block ended well but left {what} in {OUTPUT_FOLDER}, no {ARCHIVE}; its log says what failed"
            )
        try:
            with GuardedFile(path, MAX_MEMBERS) as file, zipfile.ZipFile(file) as archive:
                members = archive.infolist()
                fault = _fault(members)
                damaged = None if fault else archive.testzip()
        except ZIP_FAULTS as error:
            raise bad(f"{ARCHIVE} is not a ZIP archive that opens: {error}") from None
        if fault or damaged:
            raise bad(f"{ARCHIVE}: {fault or f'{damaged} is damaged'}")
        if not members:
            raise bad(
                f"{ARCHIVE} is empty: the block packed a folder that its build had not filled; see its log"
            )
        return _not_given(block)


def _write_metadata(folder: Path, document: Mapping[str, Any]) -> None:
    (folder / METADATA_FILE).write_text(json.dumps(document, indent=2, ensure_ascii=False), encoding="utf-8")


def _move(folder: Path, seen: Seen) -> None:
    """Name the folders as a task without a container sees them: where they really are."""
    document = json.loads((folder / METADATA_FILE).read_text(encoding="utf-8"))
    document["folders"] = {"input": seen.in_dir, "output": seen.out_dir}
    _write_metadata(folder, document)


def _fault(members: list[zipfile.ZipInfo]) -> str | None:
    """What is wrong with an archive's list, before any of it is unpacked."""
    if len(members) > MAX_MEMBERS or sum(member.file_size for member in members) > MAX_UNPACKED:
        return f"more than {MAX_MEMBERS} files or {MAX_UNPACKED >> 30} GiB"
    unusual = unusual_method(members)
    if unusual is not None:
        return f"{unusual.filename[:80]!r} is neither stored nor deflated"
    for member in members:
        name = member.filename.replace("\\", "/")
        path = PurePosixPath(name)
        if path.is_absolute() or ".." in path.parts or (path.parts and ":" in path.parts[0]):
            return f"the path {member.filename[:80]!r} leads out of it"
    return None


def _not_given(block: Block) -> tuple[str, ...]:
    """What such a block asks for that it isn't given here."""
    info = block.spec.info
    asked = [
        (
            "privileged",
            info.privileged,
            "there is no project whose API key it could have, and the network is the impulse's to grant",
        ),
        ("mountLearnBlock", info.mount_learn_block, "the training data are not given to it in /data"),
    ]
    return tuple(f"its parameters.json says {name}: {what}" for name, wanted, what in asked if wanted)


DEPLOYMENT = Deployment()
