"""A project of Edge Impulse as its documents tell it: ``deployment-metadata.json``, the API's ``Impulse``, block settings.

Every field of a foreign document may be missing or of another type; what can't be read as expected counts as missing.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from edgewright.moving.tables import threshold_of

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True)
class StudioBlock:
    """One processing or learning block. ``inputs`` are ids of blocks before it, ``options`` keep their dashes."""

    id: int
    type: str
    name: str
    axes: tuple[str, ...] = ()
    inputs: tuple[int, ...] = ()
    options: Mapping[str, Any] = field(default_factory=dict)
    labels: tuple[str, ...] = ()
    version: int | None = None
    custom: str = ""
    threshold: float | None = None
    raw: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Project:
    """What is known of a project. ``inputs`` and ``post`` stay as their documents have them."""

    name: str = ""
    inputs: tuple[Mapping[str, Any], ...] = ()
    processing: tuple[StudioBlock, ...] = ()
    learning: tuple[StudioBlock, ...] = ()
    post: tuple[Mapping[str, Any], ...] = ()
    frequency: float | None = None
    samples: int | None = None
    classes: tuple[str, ...] = ()
    models: int = 0
    metadata: bool = False

    @property
    def known(self) -> bool:
        """Whether an impulse was found."""
        return bool(self.inputs or self.processing or self.learning)


def is_metadata(document: Any) -> bool:
    """Whether a JSON document is a ``deployment-metadata.json``."""
    return isinstance(document, dict) and isinstance(document.get("impulse"), dict) and "folders" in document


def impulse_of(document: Any) -> Mapping[str, Any] | None:
    """The impulse in a document: itself, or under ``impulse`` as the API wraps it."""
    for candidate in (document, document.get("impulse") if isinstance(document, dict) else None):
        if isinstance(candidate, dict) and (
            isinstance(candidate.get("inputBlocks"), list) or isinstance(candidate.get("dspBlocks"), list)
        ):
            return candidate
    return None


def block_settings(document: Any) -> tuple[int, dict[str, Any]] | None:
    """Id and options of a processing block's settings, as ``GET /dsp/ID`` answers; None for any other document."""
    if not isinstance(document, dict) or not isinstance(document.get("config"), list):
        return None
    block = document.get("dsp")
    number = integer(block.get("id")) if isinstance(block, dict) else None
    if number is None:
        return None
    options = {}
    for group in document["config"]:
        for item in group.get("items") or () if isinstance(group, dict) else ():
            if (
                isinstance(item, dict)
                and isinstance(item.get("param"), str)
                and item.get("value") is not None
            ):
                options[item["param"]] = item["value"]
    return number, options


def read_project(
    impulse: Mapping[str, Any], metadata: Mapping[str, Any] | None, settings: Mapping[int, Mapping[str, Any]]
) -> Project:
    """Put a project together.

    Parameters
    ----------
    impulse : mapping
        From :func:`impulse_of`.
    metadata : mapping or None
        The ``deployment-metadata.json`` around it.
    settings : block id -> options
        From :func:`block_settings`; they come before those of the metadata.
    """
    around = metadata or {}
    project = around.get("project")
    name = text(project.get("name")) if isinstance(project, dict) else text(impulse.get("name"))
    return Project(
        name=name,
        inputs=objects(impulse.get("inputBlocks")),
        processing=tuple(_processing(block, settings) for block in objects(impulse.get("dspBlocks"))),
        learning=tuple(_learning(block) for block in objects(impulse.get("learnBlocks"))),
        post=objects(impulse.get("postProcessingBlocks")),
        frequency=number(around.get("frequency")),
        samples=integer(around.get("samplesPerInference")),
        classes=texts(around.get("classes")),
        models=len(objects(around.get("tfliteModels"))),
        metadata=metadata is not None,
    )


def _processing(block: Mapping[str, Any], settings: Mapping[int, Mapping[str, Any]]) -> StudioBlock:
    metadata = _object(block.get("metadata"))
    config = _object(metadata.get("dspConfig"))
    identity = integer(block.get("id")) or 0
    options = {**_object(config.get("options")), **settings.get(identity, {})}
    first = integer(block.get("input"))
    return StudioBlock(
        id=identity,
        type=text(block.get("type")),
        name=text(block.get("title")) or text(block.get("name")) or text(block.get("type")),
        axes=texts(block.get("axes")),
        inputs=() if first is None else (first,),
        options={key.replace("_", "-"): value for key, value in options.items()},
        labels=texts(metadata.get("featureLabels")),
        version=integer(block.get("implementationVersion")),
        custom=_custom(block),
        raw=block,
    )


def _custom(block: Mapping[str, Any]) -> str:
    """Why a processing block is nobody's but the user's own, or nothing."""
    organization = block.get("organization")
    if isinstance(organization, dict):
        return f"a block of organization {organization.get('id', '?')}"
    if text(block.get("customUrl")):
        return f"a block served at {text(block.get('customUrl'))}"
    return "a custom block" if text(block.get("type")) in ("custom", "organization") else ""


def _learning(block: Mapping[str, Any]) -> StudioBlock:
    inputs = block.get("dsp")
    return StudioBlock(
        id=integer(block.get("id")) or 0,
        type=text(block.get("type")),
        name=text(block.get("title")) or text(block.get("name")) or text(block.get("type")),
        inputs=tuple(found for item in inputs if (found := integer(item)) is not None)
        if isinstance(inputs, list)
        else (),
        threshold=threshold_of(block),
        raw=block,
    )


def text(value: Any) -> str:
    """A string, or an empty one for anything else."""
    return value.strip() if isinstance(value, str) else ""


def texts(value: Any) -> tuple[str, ...]:
    """The strings of a list."""
    return tuple(item for item in value if isinstance(item, str) and item) if isinstance(value, list) else ()


def number(value: Any) -> float | None:
    """A finite number above 0, or None."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        return float(value) if value > 0 and math.isfinite(value) else None
    except OverflowError:
        return None


def integer(value: Any) -> int | None:
    """A whole number, or None."""
    if isinstance(value, bool) or not isinstance(value, int | float) or value != value // 1:
        return None
    return int(value)


def objects(value: Any) -> tuple[Mapping[str, Any], ...]:
    """The objects of a list."""
    return tuple(item for item in value if isinstance(item, dict)) if isinstance(value, list) else ()


def _object(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}
