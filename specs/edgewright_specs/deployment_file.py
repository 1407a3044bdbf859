"""``deployment.json``: a trained impulse as a deployment block gets it."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from edgewright_specs.shared import Contract, Plain, Size, Window
from edgewright_specs.validation import WrittenModel

NodeName = Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_-]{0,63}$")]


class ThresholdEntry(WrittenModel):
    """The threshold that goes with an anomaly node; ``smoothing`` is the weight of the past in a stream."""

    value: float
    method: str
    target_fpr: float | None = None
    smoothing: float | None = Field(default=None, ge=0, lt=1)


class Quantiles(WrittenModel):
    """The p-value table: ``counts[j]`` of `n` held-out scores are greater than ``values[j − 1]``."""

    n: Size
    values: list[float] = Field(max_length=256)
    counts: list[Size] = Field(max_length=256)

    @model_validator(mode="after")
    def _a_table(self) -> Quantiles:
        if len(self.values) != len(self.counts):
            raise ValueError("has not one count for each value")
        if any(a >= b for a, b in zip(self.values, self.values[1:], strict=False)):
            raise ValueError("values do not ascend")
        if any(a <= b for a, b in zip(self.counts, self.counts[1:], strict=False)):
            raise ValueError("counts do not descend")
        return self


class MapScale(WrittenModel):
    """Scores of places that are drawn palest and strongest, the same for all images."""

    low: float
    high: float


class ProcessingEntry(WrittenModel):
    """One processing node; ``axes`` are indices into the window's axes."""

    id: NodeName
    type: Literal["processing"]
    block: str
    inputs: list[str] = Field(min_length=1)
    axes: list[Size]
    labels: list[str]
    features: Size
    params: Plain = Field(default_factory=dict)


class LearningEntry(WrittenModel):
    """One learning node."""

    id: NodeName
    type: Literal["learning"]
    kind: Literal["anomaly", "classification", "regression"]
    block: str
    inputs: list[str] = Field(min_length=1)
    contributions: list[str] = Field(default_factory=list)
    classes: list[str] = Field(default_factory=list)
    threshold: ThresholdEntry | None = None
    quantiles: Quantiles | None = None
    map_scale: MapScale | None = None
    params: Plain = Field(default_factory=dict)


class DeploymentFile(WrittenModel):
    """``deployment.json``; nodes are in the order they run."""

    contract: Contract
    name: str
    build_id: str = Field(pattern=r"^[0-9a-f]{16}$")
    namespace: str = Field(pattern=r"^[a-z][a-z0-9_]{0,127}$")
    window: Window
    nodes: list[Annotated[ProcessingEntry | LearningEntry, Field(discriminator="type")]]

    @model_validator(mode="after")
    def _runs_in_order(self) -> DeploymentFile:
        known = {"input"}
        for node in self.nodes:
            for name in node.inputs:
                if name not in known:
                    raise ValueError(f"node {node.id} takes from {name}, which does not come before it")
            known.add(node.id)
        return self
