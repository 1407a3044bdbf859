"""``request.json`` and ``result.json``: one task's question and answer (the names are in :mod:`.interface`)."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, Tag

from edgewright_specs.interface import Operation
from edgewright_specs.shared import (
    Contract,
    Dtype,
    InnerPath,
    OutputShape,
    Plain,
    Sha256,
    Shape,
    Size,
    Window,
)
from edgewright_specs.validation import WrittenModel


class FileEntry(WrittenModel):
    """One ``.npy`` file."""

    path: InnerPath
    shape: Shape
    sha256: Sha256 | None = None


class ArrayInput(WrittenModel):
    """An array cut into chunk files along axis 0."""

    kind: Literal["array"]
    dtype: Dtype
    chunks: list[FileEntry]


class FeaturePart(WrittenModel):
    """The features of one upstream node."""

    node: str
    labels: list[str]
    shape: OutputShape
    chunks: list[FileEntry] = Field(default_factory=list)


class FeaturesInput(WrittenModel):
    """Features of one or more nodes over the same windows."""

    kind: Literal["features"]
    dtype: Dtype
    parts: list[FeaturePart]


class PathInput(WrittenModel):
    """A folder or a JSON document."""

    kind: Literal["folder", "json"]
    path: InnerPath
    sha256: Sha256 | None = None


def _kind(value: Any) -> str:
    kind = value.get("kind") if isinstance(value, dict) else getattr(value, "kind", None)
    return f"<{kind}>" if kind in {"array", "features"} else "<path>"


Input = Annotated[
    Annotated[ArrayInput, Tag("<array>")]
    | Annotated[FeaturesInput, Tag("<features>")]
    | Annotated[PathInput, Tag("<path>")],
    Discriminator(_kind),
]


class ChoosingDevice(WrittenModel):
    """The device as a block that chooses for it sees it; sizes in KiB."""

    name: str
    cpu: str
    os: bool
    ram_kb: float
    flash_kb: float


class Choosing(WrittenModel):
    """What a block that chooses parameters may know: the device, the parameters that the impulse gives, its training windows."""

    device: ChoosingDevice | None
    given: list[str]
    training_windows: Size


class RequestFile(WrittenModel):
    """``request.json``: what a block is asked."""

    contract: Contract
    operation: Operation
    params: Plain = Field(default_factory=dict)
    seed: Size = 0
    threads: int = Field(default=1, ge=1)
    window: Window | None = None
    classes: list[str] = Field(default_factory=list)
    inputs: dict[str, Input] = Field(default_factory=dict)
    options: Plain = Field(default_factory=dict)
    deploys: bool = False
    choosing: Choosing | None = None


class OutputEntry(WrittenModel):
    """One output; an array says its dtype and shape."""

    kind: Literal["array", "folder", "json"]
    path: InnerPath
    dtype: Dtype | None = None
    shape: Shape | None = None


class ResultFile(WrittenModel):
    """``result.json``: what a block says it has written."""

    contract: Contract
    outputs: dict[str, OutputEntry]
    metrics: dict[str, float] = Field(default_factory=dict)
    warnings: list[str] = Field(default_factory=list)
