"""Field types that several documents share."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field

from edgewright_specs.validation import WrittenModel


def _inside(path: str) -> str:
    pure = PurePosixPath(path)
    if pure.is_absolute() or ".." in pure.parts or not pure.parts or "\\" in path or ":" in pure.parts[0]:
        raise ValueError("is not a relative path within the folder of this document")
    return path


def _not_truth(value: Any) -> Any:
    if isinstance(value, bool):
        raise ValueError("is not a version number")  # pydantic finds True among [1]
    return value


One = Annotated[Literal[1], BeforeValidator(_not_truth)]
Contract = One
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
#: A path with forward slashes, below the folder of the document.
InnerPath = Annotated[str, Field(min_length=1, max_length=4096), AfterValidator(_inside)]
FileName = Annotated[str, Field(pattern=r"^[A-Za-z0-9_][A-Za-z0-9_.-]{0,254}$")]
Size = Annotated[int, Field(ge=0)]
Shape = list[Size]
Dtype = Annotated[str, Field(pattern=r"^(bool|u?int(8|16|32|64)|float(16|32|64)|complex(64|128))$")]
DeviceDtype = Literal["float32", "int8", "uint8", "int16", "uint16", "int32", "uint32"]
Symbol = Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]{0,127}$")]


class Window(WrittenModel):
    """What one window is: ``time-series`` and ``tabular`` have length, axes and frequency, images their size."""

    kind: Literal["time-series", "image", "tabular"]
    length: int | None = Field(default=None, ge=1)
    axes: list[str] | None = None
    frequency: float | None = Field(default=None, gt=0)
    stride: int | None = Field(default=None, ge=1)
    width: int | None = Field(default=None, ge=1)
    height: int | None = Field(default=None, ge=1)
    channels: int | None = Field(default=None, ge=1)
    resize: Literal["squash", "fit-shortest", "fit-longest"] | None = None
    whole: bool | None = None


class OutputShape(WrittenModel):
    """The declared shape of features: ``flat``, ``spectrogram`` or ``image``."""

    type: Literal["flat", "spectrogram", "image"]
    width: Size
    height: Size | None = None
    channels: Size | None = None
    frames: Size | None = None


Plain = dict[str, Any]
