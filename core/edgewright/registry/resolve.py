"""From what a user writes (``block: …``) to a checked block."""

from __future__ import annotations

import difflib
import re
from typing import TYPE_CHECKING

from edgewright.errors import UsageError
from edgewright.registry.block import RUN_AS, WHY_NOT, Block
from edgewright.registry.digest import DOCKERFILE, SPEC_FILE, block_digest

if TYPE_CHECKING:
    from pathlib import Path

    from edgewright.plugins import Plugins

#: ``name:tag``, ``host/name``, ``name@sha256:…``: anything with one of these can be no built-in name.
_IMAGE = re.compile(
    r"[a-z0-9][a-z0-9._/-]*(:[0-9]+/[a-z0-9._/-]+)?(:[\w][\w.-]{0,127})?(@sha256:[0-9a-f]{64})?"
)


def resolve(
    reference: str,
    base: Path,
    plugins: Plugins,
    *,
    type: str | None = None,  # noqa: A002
    operates_on: str | None = None,
    otherwise: str | None = None,
) -> Block:
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
    type, operates_on : str, optional
        What a folder of Edge Impulse's is and works on, where its file doesn't say so.
    otherwise : str, optional
        What it is if nothing at all says so: how it is used.

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
        return _from_folder(
            folder.resolve(), builtin=False, type=type, operates_on=operates_on, otherwise=otherwise
        )
    if text.startswith((".", "/", "~")):
        raise UsageError(f"{reference!r}: no folder {folder}", hint=f"looked from {base.resolve()}")
    if (":" in text or "/" in text or "@" in text) and _IMAGE.fullmatch(text):
        return _from_image(text)
    raise UsageError(f"no block {reference!r}", hint=_suggestion(name, _of_kind(builtin, otherwise)))


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


def _from_folder(
    folder: Path,
    *,
    builtin: bool,
    type: str | None = None,  # noqa: A002
    operates_on: str | None = None,
    otherwise: str | None = None,
) -> Block:
    from edgewright_specs.legacy import SIDECAR
    from edgewright_specs.parameters import load_block_spec

    said = type is not None or otherwise is not None or (folder / SIDECAR).is_file()
    if not (folder / SPEC_FILE).is_file() and not (said and (folder / DOCKERFILE).is_file()):
        raise UsageError(
            f"{folder}: not a block: it has no {SPEC_FILE}",
            hint="`edgewright blocks init processing DIR` writes one to start from; a deployment block of Edge Impulse's "
            "that has none needs to be told: --type deployment",
        )
    spec = load_block_spec(folder, type=type, operates_on=operates_on, otherwise=otherwise)
    kind = RUN_AS.get(spec.type)
    if kind is None:
        raise UsageError(
            f"{folder}: a block of type {spec.type!r} can't be run here", hint=WHY_NOT.get(spec.type)
        )
    digest = block_digest(folder, spec)
    return Block(folder.name.replace("-", "_"), kind, spec, folder, None, builtin, digest)


def _from_image(reference: str) -> Block:
    """An image carries its block: the engine is asked for the spec in it."""
    from edgewright.registry.images import block_in_image

    return block_in_image(reference)


def _of_kind(folders: dict[str, Path], kind: str | None) -> list[str]:
    """Names of the blocks that lie under a folder of that kind, as Edgewright's own do; all, where none does."""
    return [name for name, folder in folders.items() if folder.parent.name == kind] or list(folders)


def _suggestion(name: str, known: list[str]) -> str:
    close = difflib.get_close_matches(name, known, n=3, cutoff=0.5)
    if close:
        return "did you mean " + " or ".join(repr(word) for word in close) + "?"
    listed = ", ".join(known) or "none: is the plugin 'blocks' disabled?"
    return f"built-in blocks: {listed}; or give a folder (./my_block) or an image (name:tag)"
