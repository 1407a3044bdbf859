"""From what a user writes (``block: …``) to a checked block."""

from __future__ import annotations

import difflib
import re
from typing import TYPE_CHECKING

from edgewright.errors import UsageError
from edgewright.registry.block import Block
from edgewright.registry.digest import SPEC_FILE, block_digest
from edgewright_specs.interface import BLOCK_TYPES

if TYPE_CHECKING:
    from pathlib import Path

    from edgewright.plugins import Plugins

#: ``name:tag``, ``host/name``, ``name@sha256:…``: anything with one of these can be no built-in name.
_IMAGE = re.compile(
    r"[a-z0-9][a-z0-9._/-]*(:[0-9]+/[a-z0-9._/-]+)?(:[\w][\w.-]{0,127})?(@sha256:[0-9a-f]{64})?"
)


def resolve(reference: str, base: Path, plugins: Plugins) -> Block:
    """Find a block and check its spec.

    Parameters
    ----------
    reference : str
        A built-in name (dash and underscore alike), a folder (relative to `base`, or absolute; anything that starts
        with ``.`` or ``/`` or is a folder with a spec) or an image reference (has a ``:`` or ``/``).
    base : Path
        Where relative folders start: the folder of the impulse, or the current one.
    plugins : Plugins
        Who brings the built-in blocks.

    Raises
    ------
    UsageError
        Nothing of that name; close matches are named.
    edgewright_specs.problems.SpecError
        The block's spec has problems; all are listed.
    """
    text = reference.strip()
    if not text:
        raise UsageError("a block reference is empty", hint="give a built-in name, a folder or an image")
    builtin = builtin_folders(plugins)
    name = text.replace("-", "_")
    if name in builtin:
        return _from_folder(builtin[name], builtin=True)
    folder = (base / text).expanduser() if not text.startswith("~") else base.joinpath(text).expanduser()
    if folder.is_dir():
        return _from_folder(folder.resolve(), builtin=False)
    if text.startswith((".", "/", "~")):
        raise UsageError(f"{reference!r}: no folder {folder}", hint=f"looked from {base.resolve()}")
    if (":" in text or "/" in text or "@" in text) and _IMAGE.fullmatch(text):
        return _from_image(text)
    raise UsageError(f"no block {reference!r}", hint=_suggestion(name, list(builtin)))


def builtin_folders(plugins: Plugins) -> dict[str, Path]:
    """Folders of the blocks that plugins bring, by name. Reads no spec, so it costs a few file system calls."""
    folders: dict[str, Path] = {}
    owners: dict[str, str] = {}
    for plugin, folder in plugins.blocks():
        name = folder.name.replace("-", "_")
        if name in folders:
            raise UsageError(
                f"two plugins bring a block {name!r}: {owners[name]} ({folders[name]}) and {plugin} ({folder})",
                hint=f"leave one out: EDGEWRIGHT_DISABLE_PLUGINS={plugin}",
            )
        folders[name] = folder
        owners[name] = plugin
    return dict(sorted(folders.items()))


def _from_folder(folder: Path, *, builtin: bool) -> Block:
    from edgewright_specs.parameters import load_block_spec

    if not (folder / SPEC_FILE).is_file():
        raise UsageError(
            f"{folder}: not a block: it has no {SPEC_FILE}",
            hint="`edgewright blocks init processing DIR` writes one to start from",
        )
    spec = load_block_spec(folder)
    for kind in BLOCK_TYPES:
        if spec.type == kind:
            digest = block_digest(folder, spec)
            return Block(folder.name.replace("-", "_"), kind, spec, folder, None, builtin, digest)
    raise UsageError(
        f"{folder}: a block of type {spec.type!r} can't be run here",
        hint=f"allowed: {', '.join(BLOCK_TYPES)}",
    )


def _from_image(reference: str) -> Block:
    """An image carries its block: the engine is asked for the spec in it."""
    from edgewright.registry.images import block_in_image

    return block_in_image(reference)


def _suggestion(name: str, known: list[str]) -> str:
    close = difflib.get_close_matches(name, known, n=3, cutoff=0.5)
    if close:
        return "did you mean " + " or ".join(repr(word) for word in close) + "?"
    listed = ", ".join(known) or "none: is the plugin 'blocks' disabled?"
    return f"built-in blocks: {listed}; or give a folder (./my_block) or an image (name:tag)"
