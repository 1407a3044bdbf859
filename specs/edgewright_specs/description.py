"""``description.json``: what a block will give, said from parameters alone."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, RootModel, Tag, model_validator

from edgewright_specs.shared import OutputShape, Size
from edgewright_specs.validation import WrittenModel


class ProcessingDescription(WrittenModel):
    """What a processing block makes of one window."""

    features: Size
    labels: list[str]
    shape: OutputShape
    dtype: Literal["float32"] = "float32"

    @model_validator(mode="after")
    def _as_many_labels(self) -> ProcessingDescription:
        if len(self.labels) != self.features:
            raise ValueError(f"says {self.features} features but has {len(self.labels)} labels")
        return self


class DeviceNeeds(WrittenModel):
    """What a node takes of a device at least, in bytes, as far as that is known before it has learned."""

    ram_bytes: Size = 0
    flash_bytes: Size = 0
    note: str = ""


class Choice(WrittenModel):
    """A parameter that a block chose, and why."""

    parameter: str
    value: str | bool | int | float | list[str]
    reason: str


class LearningDescription(WrittenModel):
    """What a learning block makes of features."""

    kind: Literal["anomaly", "classification", "regression"]
    outputs: list[Literal["scores", "contributions", "probabilities", "map", "in_float32", "nearest"]]
    contributions: list[str] = Field(default_factory=list)
    classes: list[str] = Field(default_factory=list)
    bounded_in_sample: bool = False
    choices: list[Choice] = Field(default_factory=list)
    device: DeviceNeeds | None = None


def _which(value: Any) -> str:
    learning = "kind" in value if isinstance(value, dict) else isinstance(value, LearningDescription)
    return "<learning>" if learning else "<processing>"


class DescriptionFile(
    RootModel[
        Annotated[
            Annotated[ProcessingDescription, Tag("<processing>")]
            | Annotated[LearningDescription, Tag("<learning>")],
            Discriminator(_which),
        ]
    ]
):
    """``description.json`` of a processing or a learning block."""
