"""A trained impulse as a deployment block sees it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from edgewright_sdk.arrays import Array, open_array
from edgewright_sdk.errors import RequestError
from edgewright_specs.interface import CONTRACT_VERSION, DEPLOYMENT_FILE, EXPORT_FILE

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True)
class TrainedNode:
    """One exported node: its entry of ``deployment.json`` and its folder."""

    entry: dict[str, Any]
    export: dict[str, Any]
    folder: Path

    @property
    def id(self) -> str:
        """The node's name in the impulse."""
        return str(self.entry["id"])

    @property
    def type(self) -> str:
        """``processing`` or ``learning``."""
        return str(self.entry["type"])

    def table(self, name: str) -> Array | float | int:
        """Read one table of the export: an array, or a scalar field's value."""
        for table in self.export["tables"]:
            if table["name"] == name:
                if "file" in table:
                    return open_array(self.folder / table["file"])
                value: float | int = table["value"]
                return value
        raise RequestError(f"node {self.id!r} exports no table {name!r}")


@dataclass(frozen=True)
class TrainedImpulse:
    """The deployment folder: ``deployment.json``, exported nodes in graph order, self-test windows."""

    folder: Path
    document: dict[str, Any]
    nodes: list[TrainedNode]

    @classmethod
    def load(cls, folder: Path) -> TrainedImpulse:
        """Read a deployment folder.

        Raises
        ------
        RequestError
            When a document is missing or of another contract version.
        """
        document = _read(folder / DEPLOYMENT_FILE)
        nodes = []
        for entry in document.get("nodes", []):
            place = folder / "nodes" / str(entry["id"])
            nodes.append(TrainedNode(entry, _read(place / EXPORT_FILE), place))
        return cls(folder, document, nodes)

    def node(self, name: str) -> TrainedNode:
        """Find a node by id."""
        for node in self.nodes:
            if node.id == name:
                return node
        raise RequestError(f"the impulse has no node {name!r}")

    def selftest(self, name: str) -> Array | None:
        """Read ``selftest/<name>.npy``; None when the package ships no self-test data."""
        path = self.folder / "selftest" / f"{name}.npy"
        return open_array(path) if path.is_file() else None

    def decisions(self) -> list[dict[str, Any]]:
        """Read ``selftest/decisions.json``; empty without self-test data."""
        path = self.folder / "selftest" / "decisions.json"
        return json.loads(path.read_bytes()) if path.is_file() else []


def _read(path: Path) -> dict[str, Any]:
    try:
        document = json.loads(path.read_bytes())
    except (OSError, ValueError) as error:
        raise RequestError(f"{path} can't be read: {error}") from None
    if not isinstance(document, dict) or document.get("contract") != CONTRACT_VERSION:
        raise RequestError(f"{path}: not a document of contract {CONTRACT_VERSION}")
    return document
