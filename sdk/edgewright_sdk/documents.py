"""JSON documents that a block writes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from edgewright_sdk.errors import OutputError
from edgewright_specs.interface import canonical_json

if TYPE_CHECKING:
    from pathlib import Path


def plain(value: Any) -> Any:
    """Turn numpy scalars and arrays, tuples and mappings into what JSON knows, deeply."""
    if isinstance(value, np.ndarray):
        return plain(value.tolist())
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    return value


def document_bytes(name: str, document: Mapping[str, Any]) -> bytes:
    """Return the bytes of a JSON document's file: of equal documents, equal ones.

    Raises
    ------
    OutputError
        When it holds NaN, an infinity or something that JSON has no form for.
    """
    try:
        try:
            content = canonical_json(document)
        except TypeError:  # seldom: something of numpy's is in it
            content = canonical_json(plain(document))
    except (TypeError, ValueError) as error:
        raise OutputError(f"{name}: the block returned what JSON can't hold: {error}") from None
    return content + b"\n"


def write_document(path: Path, document: Mapping[str, Any]) -> None:
    """Write a JSON document; raises as :func:`document_bytes`."""
    path.write_bytes(document_bytes(path.name, document))


@dataclass(frozen=True)
class Description:
    """What a processing block gives for a window: said from parameters alone, before anything runs.

    Attributes
    ----------
    labels : list of str
        One a feature, ``"<axis> <feature>"``.
    shape : dict
        Output shape; flat by default.
    """

    labels: list[str]
    shape: dict[str, Any] = field(default_factory=dict)

    def document(self) -> dict[str, Any]:
        """Return ``description.json``."""
        width = len(self.labels)
        return {
            "features": width,
            "labels": list(self.labels),
            "shape": self.shape or {"type": "flat", "width": width},
            "dtype": "float32",
        }


@dataclass(frozen=True)
class LearningDescription:
    """What a learning block gives for features: said before anything runs.

    Attributes
    ----------
    kind : {"anomaly", "classification", "regression"}
    outputs : list of str
        Which of ``scores``, ``contributions``, ``probabilities``, ``map``, ``in_float32``, ``nearest`` it writes.
    contributions : list of str
        Labels of the columns of ``contributions``.
    classes : list of str
    bounded_in_sample : bool
        The largest score of the training data is bounded by construction, so no threshold can be read from it.
    choices : list of dict
        Parameters that the block chooses where it was told to (``Context.choosing``): ``parameter``, ``value``, ``reason``.
    device : dict or None
        What the node takes of a device at least: ``ram_bytes``, ``flash_bytes``, and a ``note`` that says of what.
    """

    kind: str
    outputs: list[str]
    contributions: list[str] = field(default_factory=list)
    classes: list[str] = field(default_factory=list)
    bounded_in_sample: bool = False
    choices: list[dict[str, Any]] = field(default_factory=list)
    device: dict[str, Any] | None = None

    def document(self) -> dict[str, Any]:
        """Return ``description.json``."""
        document = asdict(self)
        return {name: value for name, value in document.items() if value or name not in ("choices", "device")}
