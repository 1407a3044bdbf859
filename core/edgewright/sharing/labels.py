"""What the image of a shared block says of itself, in labels, so that nobody must pull it to know what it is.

A label is its author's word: good for showing a block and for reading its parameters, never for a key. A key counts
an image by its content id.
"""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from edgewright.errors import UsageError
from edgewright.images.blocks import BLOCK_LABEL
from edgewright.registry.digest import SPEC_FILE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from edgewright.registry import Block
    from edgewright_specs.parameters import BlockSpec

TYPE_LABEL = "org.edgewright.type"
DIGEST_LABEL = "org.edgewright.digest"
SPEC_LABEL = "org.edgewright.spec"

#: The kernel takes at most 128 KiB for one argument of a program; a larger spec is read out of the image itself.
MAX_LABEL_BYTES = 100_000


def labels_of(block: Block) -> list[tuple[str, str]]:
    """Labels for the image of a block in a folder."""
    labels = [(BLOCK_LABEL, block.name), (TYPE_LABEL, block.type), (DIGEST_LABEL, block.digest)]
    spec = json.dumps(spec_document(block.spec), ensure_ascii=True, separators=(",", ":"))
    return [*labels, (SPEC_LABEL, spec)] if len(spec) <= MAX_LABEL_BYTES else labels


def spec_document(spec: BlockSpec) -> dict[str, Any]:
    """The spec as one object, with the type that an Edge Impulse file may have been given from outside."""
    from edgewright_specs.documents import load_document

    value: Any = load_document(spec.path).value if spec.path.exists() else {}
    document: dict[str, Any] = {"parameters": value} if isinstance(value, list) else dict(value)
    document.setdefault("type", spec.type)
    if spec.operates_on is not None:
        operates = list(spec.operates_on) if isinstance(spec.operates_on, tuple) else spec.operates_on
        document["info"] = {**(document.get("info") or {}), "operatesOn": operates}
    return document


def spec_of_labels(labels: Mapping[str, str], reference: str) -> BlockSpec | None:
    """The spec that an image's labels hold, checked like any other; None where they hold none.

    Raises
    ------
    UsageError
        The label is not JSON.
    edgewright_specs.problems.SpecError
        The spec has problems; all are listed.
    """
    text = labels.get(SPEC_LABEL)
    if text is None:
        return None
    try:
        json.loads(text)
    except (ValueError, RecursionError) as problem:
        raise UsageError(f"image {reference!r}: its label {SPEC_LABEL} is not JSON: {problem}") from problem
    return spec_of_text(text.encode(), labels.get(BLOCK_LABEL) or "")


def spec_of_text(content: bytes, name: str = "") -> BlockSpec:
    """Load a spec that is not in a file of ours. ``name`` is the block's where the spec itself gives none."""
    from edgewright_specs.parameters import load_block_spec

    with tempfile.TemporaryDirectory(prefix="edgewright-") as folder:
        place = Path(folder) / (Path(name).name or "block")
        place.mkdir()
        (place / SPEC_FILE).write_bytes(content)
        return load_block_spec(place)
