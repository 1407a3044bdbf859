"""``run.json``: the record of a run. Plugins may add fields, which stay."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import ConfigDict, Field

from edgewright_specs.shared import Plain
from edgewright_specs.validation import WrittenModel


class TaskRecord(WrittenModel):
    """How one task ended. ``reason`` says why it failed, or why it was not found in the store."""

    model_config = ConfigDict(extra="allow")

    id: str
    node: str
    operation: str
    status: Literal["hit", "ran", "failed", "skipped"]
    seconds: float = Field(ge=0)
    key: str | None = None
    reason: str | None = None


class NodeRecord(WrittenModel):
    """One node of the graph as it was run."""

    model_config = ConfigDict(extra="allow")

    id: str
    type: str
    block: str
    inputs: list[str]
    params: Plain = Field(default_factory=dict)


class RunFile(WrittenModel):
    """``run.json``."""

    model_config = ConfigDict(extra="allow")

    name: str
    started: str
    status: Literal["running", "ok", "failed", "cancelled"]
    runner: str
    seconds: float | None = Field(default=None, ge=0)
    tasks: list[TaskRecord]
    nodes: list[NodeRecord]
    versions: dict[str, str] = Field(default_factory=dict)
    warnings: list[str] = Field(default_factory=list)
    build_id: str | None = None
    metrics: dict[str, Any] = Field(default_factory=dict)
