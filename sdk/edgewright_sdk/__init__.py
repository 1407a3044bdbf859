"""What a block is written on. Needs numpy only; runs inside the block's container."""

from edgewright_sdk.blocks import (
    DeploymentBlock,
    LearningBlock,
    ProcessingBlock,
    TransformBlock,
    WindowLearningBlock,
)
from edgewright_sdk.context import Context
from edgewright_sdk.deployment import TrainedImpulse, TrainedNode
from edgewright_sdk.documents import Description, LearningDescription
from edgewright_sdk.errors import BlockError
from edgewright_sdk.export import Export
from edgewright_sdk.loading import load_block
from edgewright_sdk.model import Model
from edgewright_sdk.params import Params
from edgewright_sdk.remember import remembered
from edgewright_sdk.values import Features, FeatureSpec, Scores, Windows
from edgewright_specs.interface import WindowSpec

__all__ = [
    "BlockError",
    "Context",
    "DeploymentBlock",
    "Description",
    "Export",
    "FeatureSpec",
    "Features",
    "LearningBlock",
    "LearningDescription",
    "Model",
    "Params",
    "ProcessingBlock",
    "Scores",
    "TrainedImpulse",
    "TrainedNode",
    "TransformBlock",
    "WindowLearningBlock",
    "WindowSpec",
    "Windows",
    "load_block",
    "remembered",
]
