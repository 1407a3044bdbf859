"""``model.json``: a trained model as data beside its arrays."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from edgewright_specs.shared import Contract, Dtype, FileName, Plain, Shape
from edgewright_specs.validation import WrittenModel

ArrayName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]


class ModelArray(WrittenModel):
    """One ``.npy`` file beside ``model.json``."""

    file: FileName
    dtype: Dtype
    shape: Shape


class ModelNetwork(WrittenModel):
    """One ``.onnx`` file beside ``model.json``."""

    file: FileName


class ModelFile(WrittenModel):
    """``model.json``: ``meta`` is the block's own, ``arrays`` and ``networks`` name the files."""

    contract: Contract
    meta: Plain = Field(default_factory=dict)
    arrays: dict[ArrayName, ModelArray] = Field(default_factory=dict)
    networks: dict[ArrayName, ModelNetwork] = Field(default_factory=dict)
