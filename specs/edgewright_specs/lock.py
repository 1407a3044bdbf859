"""``impulse.lock``: digests of everything that a run used."""

from __future__ import annotations

from typing import Literal

from pydantic import ConfigDict, Field

from edgewright_specs.shared import Contract, One, Plain, Sha256, Size
from edgewright_specs.validation import WrittenModel


class LockedTrainer(WrittenModel):
    """The foreign block whose training a node's block converts."""

    block: str
    digest: str
    params: Plain


class LockedNode(WrittenModel):
    """One node of the graph: block, digest and complete parameters."""

    id: str
    block: str
    digest: str
    params: Plain
    trainer: LockedTrainer | None = None


class Identity(WrittenModel):
    """What makes a trained impulse this one and no other; its digest is the build id."""

    contract: Contract
    name: str
    seed: Size
    nodes: list[LockedNode]
    outputs: dict[str, Sha256]


class LockedBlock(WrittenModel):
    """A block as it was run, under its digest; runners add what they know (image id …)."""

    model_config = ConfigDict(extra="allow")

    name: str
    runner: str
    environment: list[str]
    image: str | None = None


class Suggestion(WrittenModel):
    """The features that the run chose for a node which left them to it, and why these."""

    features: list[str] | Literal["all"]
    note: str


class Chosen(WrittenModel):
    """A parameter that a node's block chose for the device, and why."""

    parameter: str
    value: str | bool | int | float | list[str]
    reason: str


class LockedTask(WrittenModel):
    """Key and outputs of one task."""

    key: str
    outputs: dict[str, Sha256]


class LockFile(WrittenModel):
    """``impulse.lock``."""

    version: One
    edgewright: str
    python: str
    build_id: str = Field(pattern=r"^[0-9a-f]{16}$")
    identity: Identity
    impulse: Sha256
    blocks: dict[str, LockedBlock]
    images: dict[str, str] = Field(default_factory=dict)
    suggested: dict[str, Suggestion] = Field(default_factory=dict)
    chosen: dict[str, list[Chosen]] = Field(default_factory=dict)
    tasks: dict[str, LockedTask]
