"""What a run folder says of its run: the record, the lock, its nodes, and documents of its outputs."""

from __future__ import annotations

import json
from functools import cached_property
from pathlib import Path
from typing import Any

from edgewright.errors import UsageError


class RunDocuments:
    """The record and the lock of one run folder, and what they say of its nodes."""

    def __init__(self, path: Path | str) -> None:
        self.path = Path(path)
        if not (self.path / "run.json").is_file():
            raise UsageError(
                f"{self.path}: not a run folder (it has no run.json)",
                hint="`edgewright runs ls` lists the runs here",
            )

    def __repr__(self) -> str:
        return f"Run({str(self.path)!r}, {self.record['status']})"

    @cached_property
    def record(self) -> dict[str, Any]:
        """``run.json``."""
        document: dict[str, Any] = json.loads((self.path / "run.json").read_text(encoding="utf-8"))
        return document

    @cached_property
    def lock(self) -> dict[str, Any]:
        """``impulse.lock``."""
        document: dict[str, Any] = json.loads((self.path / "impulse.lock").read_text(encoding="utf-8"))
        return document

    @property
    def images(self) -> dict[str, str]:
        """Which image each image reference of the impulse stood for, whatever its tag means by now."""
        try:
            return dict(self.lock.get("images", {}))
        except FileNotFoundError:  # it ended before anything was trained
            return {}

    @property
    def locked_blocks(self) -> dict[str, Any]:
        """Blocks as the run had them, by digest; none where it ended before anything was trained."""
        try:
            return dict(self.lock["blocks"])
        except FileNotFoundError:
            return {}

    @property
    def nodes(self) -> list[dict[str, Any]]:
        """Nodes in the order of the impulse: id, type, block, inputs."""
        nodes: list[dict[str, Any]] = self.record.get("nodes", [])
        return nodes

    def node_ids(self, kind: str) -> list[str]:
        """Ids of the nodes of one type: ``processing``, ``learning`` or ``deployment``."""
        return [node["id"] for node in self.nodes if node["type"] == kind]

    @property
    def regions(self) -> dict[str, str]:
        """Nodes that decide by a region of the images, and the node whose maps they read."""
        return {node["id"]: node["region_of"] for node in self.nodes if "region_of" in node}

    def params(self, node: str) -> dict[str, Any]:
        """Parameters of a node; of one of a region ``box`` or ``polygon``, and ``min_cells``."""
        return next(dict(entry["params"]) for entry in self.nodes if entry["id"] == node)

    def inputs_of(self, node: str) -> list[str]:
        """Ids of the nodes that a node reads."""
        return next(list(entry["inputs"]) for entry in self.nodes if entry["id"] == node)

    def suggestion(self, node: str) -> dict[str, Any] | None:
        """The ``features`` that the run chose for a learning node, and the ``note`` that says why; None where it didn't."""
        found: dict[str, Any] | None = next(
            (entry.get("suggested") for entry in self.nodes if entry["id"] == node), None
        )
        return found

    def choices(self, node: str) -> list[dict[str, Any]]:
        """The parameters that a node's block chose for the device: ``parameter``, ``value`` and ``reason`` of each."""
        return next((list(entry.get("chosen") or ()) for entry in self.nodes if entry["id"] == node), [])

    def description(self, node: str) -> dict[str, Any]:
        """What a node says of its outputs."""
        description: dict[str, Any] = self._json(node, "description.json")
        return description

    def _json(self, *parts: str) -> Any:
        path = self.path.joinpath("outputs", *parts)
        try:
            return json.loads(path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            raise UsageError(
                f"{path}: this run has no such output",
                hint=f"its status is {self.record['status']!r}; run `edgewright run {self.path / 'impulse.yaml'}` again",
            ) from None

    def _optional(self, *parts: str) -> dict[str, Any] | None:
        if not self.path.joinpath("outputs", *parts).is_file():
            return None
        document: dict[str, Any] = self._json(*parts)
        return document
