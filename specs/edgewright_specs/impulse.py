"""``impulse.yaml``: data, input, processing, learning, thresholds, deployment, device, seed. ``loading.py`` reads it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, PrivateAttr

from edgewright_specs.block_file import Gpu
from edgewright_specs.documents import Document
from edgewright_specs.shared import One
from edgewright_specs.validation import SpecModel


def _one_or_many(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


def _rest_or_many(value: Any) -> Any:
    return [value] if isinstance(value, str) and value != "rest" else value


NodeId = Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_-]{0,63}$")]
Texts = Annotated[
    list[Annotated[str, Field(min_length=1)]],
    BeforeValidator(_one_or_many, json_schema_input_type=str | list[str]),
]
Labels = Annotated[
    list[str] | Literal["rest"], BeforeValidator(_rest_or_many, json_schema_input_type=str | list[str])
]
Percent = Annotated[float, Field(ge=0, le=100)]
#: Where a secret's value is; the value itself stands in no file of a project.
SecretSource = Annotated[str, Field(pattern=r"^(env:[A-Za-z_][A-Za-z0-9_]*|file:.+)$")]
Rate = Annotated[float, Field(gt=0, lt=1)]
Share = Annotated[float, Field(ge=0, le=1)]
#: A place in an image: shares of its width and height, from the left and the top.
Point = Annotated[list[Share], Field(min_length=2, max_length=2)]

Method = Literal[
    "held-out", "max-of-training", "percentile", "sigma", "manual",
    "target-fpr", "target-fnr", "f1", "fbeta", "roc", "pr",
]  # fmt: skip

#: Kinds of processors: each has a profile of a device.
Cpu = Literal["cortex-m4f", "cortex-m7", "esp32s3", "cortex-a", "x86-64", "browser"]
Positive = Annotated[float, Field(gt=0)]

#: What a learning block of Edge Impulse's works on, in their words.
OperatesOn = Literal[
    "object_detection", "audio", "image", "regression", "anomaly_detection", "visual_anomaly_detection", "other",
]  # fmt: skip


class SplitSpec(SpecModel):
    """Percentages of the normal samples; ``group`` is the metadata field whose values are kept on one side."""

    training: Percent = 70.0
    calibration: Percent = 10.0
    test: Percent = 20.0
    group: str | None = None


class DataSpec(SpecModel):
    """Where the samples are, and what is normal."""

    path: str = Field(min_length=1)
    reader: str | None = None
    options: dict[str, Any] = Field(default_factory=dict)
    normal: Labels | None = None
    abnormal: Labels | None = None
    split: SplitSpec | Literal["none"] = Field(default_factory=SplitSpec)
    where: dict[str, str] = Field(default_factory=dict)
    per: str | None = Field(default=None, pattern=r"^metadata\.\S+$")
    skip_bad: bool = False


class InputSpec(SpecModel):
    """How samples are cut into windows, or images brought to one size."""

    kind: Literal["time-series", "image", "tabular"] = "time-series"
    frequency: float | None = Field(default=None, gt=0)
    window: Literal["sample"] | None = None
    window_ms: float | None = Field(default=None, gt=0)
    max_length_ms: float | None = Field(default=None, gt=0)
    stride_ms: float | None = Field(default=None, gt=0)
    axes: Texts | None = None
    pad: bool = False
    width: int | None = Field(default=None, ge=1, le=16384)
    height: int | None = Field(default=None, ge=1, le=16384)
    channels: Literal["rgb", "grayscale"] | None = None
    resize: Literal["squash", "fit-shortest", "fit-longest"] | None = None
    strict_size: bool = False

    @property
    def fit(self) -> Literal["squash", "fit-shortest", "fit-longest"]:
        """How images are brought to their size where the proportions differ."""
        return self.resize or "squash"

    @property
    def channel_count(self) -> int:
        """Return the values of a pixel: 3, or 1 in grey."""
        return 1 if self.channels == "grayscale" else 3

    @property
    def whole(self) -> bool:
        """Whether each recording is one window."""
        return self.window == "sample"

    def window_length(self, frequency: float) -> int | None:
        """Return the samples of one window at `frequency` Hz: 1 for tabular rows, None where the longest recording decides."""
        milliseconds = self.max_length_ms if self.whole else self.window_ms
        if milliseconds is None:
            return None if self.whole else 1
        return max(1, round(milliseconds * frequency / 1000))

    def stride_length(self, frequency: float) -> int | None:
        """Return the samples from one window's start to the next; the window's length where no stride is given."""
        if self.stride_ms is None:
            return self.window_length(frequency)
        return max(1, round(self.stride_ms * frequency / 1000))


class MountGrant(SpecModel):
    """A folder of this machine that a block may see."""

    path: str = Field(min_length=1)
    read_only: bool = True


class GrantSpec(SpecModel):
    """What the impulse grants a block beyond the default caps."""

    seconds: float | None = Field(default=None, gt=0)
    memory_mb: int | None = Field(default=None, gt=0)
    pids: int | None = Field(default=None, gt=0)
    cpus: float | None = Field(default=None, gt=0)
    out_mb: int | None = Field(default=None, gt=0)
    out_files: int | None = Field(default=None, gt=0)
    tmp_mb: int | None = Field(default=None, gt=0)
    log_mb: int | None = Field(default=None, gt=0)
    network: bool = False
    writable_root: bool = False
    gpu: Gpu = False
    secrets: dict[str, SecretSource] = Field(default_factory=dict)
    mounts: dict[str, str | MountGrant] = Field(default_factory=dict)


class ProcessingNode(SpecModel):
    """One use of a processing block."""

    id: NodeId
    block: str = Field(min_length=1)
    input: Texts = Field(default_factory=lambda: ["input"])
    axes: Texts | None = None
    params: dict[str, Any] = Field(default_factory=dict)
    grants: GrantSpec = Field(default_factory=GrantSpec)


class TrainSpec(SpecModel):
    """What a learning block learns from; without labels, the normal ones."""

    labels: Texts | None = None


class RegionSpec(SpecModel):
    """A part of the image that is decided by itself: a box, a polygon, or without either the whole of it."""

    box: Annotated[list[Share], Field(min_length=4, max_length=4)] | None = None
    polygon: Annotated[list[Point], Field(min_length=3)] | None = None
    min_cells: int = Field(default=1, ge=1)


class LearningNode(SpecModel):
    """One use of a learning block."""

    id: NodeId
    block: str = Field(min_length=1)
    operates_on: OperatesOn | None = None
    input: Texts
    params: dict[str, Any] = Field(default_factory=dict)
    train: TrainSpec = Field(default_factory=TrainSpec)
    regions: dict[NodeId, RegionSpec] = Field(default_factory=dict)
    grants: GrantSpec = Field(default_factory=GrantSpec)


class ThresholdSpec(SpecModel):
    """How the threshold of one anomaly block is set, and how windows make a recording's score."""

    method: Method = "held-out"
    fpr: Rate | None = None
    fnr: Rate | None = None
    beta: float | None = Field(default=None, gt=0)
    percentile: float | None = Field(default=None, gt=0, lt=100)
    sigma: float | None = Field(default=None, gt=0)
    value: float | None = None
    aggregate: Literal["max", "mean", "top-k", "share-over-threshold"] = "max"
    k: int | None = Field(default=None, ge=1)
    smoothing: float | None = Field(default=None, ge=0, lt=1)


class DeploymentNode(SpecModel):
    """One use of a deployment block."""

    id: NodeId | None = None
    block: str = Field(min_length=1)
    params: dict[str, Any] = Field(default_factory=dict)
    grants: GrantSpec = Field(default_factory=GrantSpec)

    @property
    def name(self) -> str:
        """The node's id: given, or the last part of the block's name."""
        if self.id:
            return self.id
        last = self.block.rstrip("/").rpartition("/")[2].partition("@")[0].partition(":")[0]
        return re.sub(r"[^A-Za-z0-9_-]", "-", last).lstrip("-_0123456789")[:64] or "deployment"


class DeviceSpec(SpecModel):
    """Where the impulse will run."""

    name: str = "custom"
    cpu: Cpu
    clock_mhz: float | None = Field(default=None, gt=0)
    ram_kb: float | None = Field(default=None, gt=0)
    flash_kb: float | None = Field(default=None, gt=0)
    os: bool | None = None
    cycles: Annotated[list[Positive], Field(min_length=2, max_length=2)] | None = None


class BudgetSpec(SpecModel):
    """What the impulse may take of its device; where it says nothing, all that the device has."""

    ram_kb: float | None = Field(default=None, gt=0)
    flash_kb: float | None = Field(default=None, gt=0)
    ms: float | None = Field(default=None, gt=0)


class ImpulseSpec(SpecModel):
    """The whole of ``impulse.yaml``; made by :func:`load_impulse`, which also checks the graph."""

    version: One
    name: str = Field(default="impulse", pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$")
    data: DataSpec
    input: InputSpec
    processing: list[ProcessingNode] = Field(default_factory=list)
    learning: list[LearningNode] = Field(default_factory=list)
    thresholds: dict[str, ThresholdSpec] = Field(default_factory=dict)
    deployment: list[DeploymentNode] = Field(default_factory=list)
    device: str | DeviceSpec | None = None
    budget: BudgetSpec | None = None
    seed: int = Field(default=0, ge=0, lt=2**32)

    _document: Document | None = PrivateAttr(default=None)

    @property
    def path(self) -> Path | None:
        """The file that it was loaded from."""
        return self._document.path if self._document else None

    @property
    def base(self) -> Path:
        """The folder that relative paths in the file start from."""
        return self.path.parent if self.path else Path()

    def locate(self, pointer: str) -> str:
        """Return ``file:line`` of the value at a JSON pointer, such as ``/learning/0/params/clusters``."""
        return self._document.locate(pointer) if self._document else ""
