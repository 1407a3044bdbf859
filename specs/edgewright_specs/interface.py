"""The file contract between host and block: names, versions and document shapes.

Standard library only: this module is packed, with the SDK, into every block's container. The pydantic models in
:mod:`edgewright_specs` describe the same documents for checking on the host; a test holds the two together.
``docs/contract.md`` tells the contract in prose.
"""

from __future__ import annotations

import hashlib
import json
import re
from typing import Any, Final, Literal, TypedDict

CONTRACT_VERSION: Final = 1

REQUEST_FILE: Final = "request.json"
RESULT_FILE: Final = "result.json"

#: Named pipes of a warm block, where it isn't spoken to by its stdin and stdout.
REQUESTS_PIPE: Final = "requests"
ANSWERS_PIPE: Final = "answers"

#: Files of a warm request, or of its answer, that may come with the line instead of in a folder: at most so many, and half of
#: what a pipe mostly holds, so that nobody waits for the other side to read.
CARRIED_FILES: Final = 64
CARRIED_BYTES: Final = 32 << 10
MODEL_FILE: Final = "model.json"
EXPORT_FILE: Final = "export.json"
#: Beside it, where a node's network has a memory plan to show.
MEMORY_FILE: Final = "memory.json"
FRAGMENT_FILE: Final = "node.onnx"
DEPLOYMENT_FILE: Final = "deployment.json"

#: Variables by which a task finds what it was granted: the folder with a file a secret, and a mount by its name.
SECRETS_VARIABLE: Final = "EDGEWRIGHT_SECRETS_DIR"
MOUNT_VARIABLE: Final = "EDGEWRIGHT_MOUNT_"

BlockType = Literal["processing", "learning", "deployment", "transform"]
#: Types of blocks that can be run; Edge Impulse has two more.
BLOCK_TYPES: Final[tuple[BlockType, ...]] = ("processing", "learning", "deployment", "transform")
Split = Literal["training", "calibration", "test"]
SPLITS: Final[tuple[Split, ...]] = ("training", "calibration", "test")

#: Of all places of a data set, and of places of normal images: by these :func:`map_bounds` makes a scale.
MAP_PERCENTILES: Final = (1.0, 99.0)
CALM_PERCENTILE: Final = 99.9

#: How a task can end. Everything but ``ok`` is a failure, and the word says whose.
Reason = Literal[
    "ok", "block_error", "bad_output", "timeout", "oom", "limit", "cancelled", "infra", "refused"
]

#: Whose fault it is that a block reports an error: it ``refused`` data or parameters on purpose, the ``request`` breaks
#: the contract, what it returned does (``output``), or it crashed (``fault``).
ErrorKind = Literal["refused", "request", "output", "fault"]
ERROR_KINDS: Final[tuple[ErrorKind, ...]] = ("refused", "request", "output", "fault")

Operation = Literal[
    "describe",
    "transform",
    "plot",
    "export",
    "fit",
    "score",
    "train",
    "convert",
    "build",
    "verify",
    "parity",
    "apply",
]
OPERATIONS: Final[dict[str, tuple[Operation, ...]]] = {
    "processing": ("describe", "transform", "plot", "export"),
    "learning": ("describe", "fit", "score", "plot", "export", "convert"),
    "deployment": ("build", "verify", "parity"),
    "transform": ("apply",),
}
#: What blocks of Edge Impulse's contract can be asked. Their training gives artifacts, which `convert` of a block of
#: ours makes a model of.
LEGACY_OPERATIONS: Final[dict[str, tuple[Operation, ...]]] = {
    "processing": ("describe", "transform", "plot"),
    "learning": ("train",),
    "deployment": ("build",),
    "transform": ("apply",),
    "synthetic-data": ("apply",),
}


class WindowSpec(TypedDict, total=False):
    """What one window is. ``time-series``: ``length`` samples of ``axes`` at ``frequency`` Hz, float32.

    Only ``export`` is told the ``stride``: by how many samples the next window of a stream is further on; only a
    deployment how images of another size are brought to theirs, ``resize``, and that each window is a ``whole`` recording,
    cut off or filled up with zeros.
    """

    kind: Literal["time-series", "image", "tabular"]
    length: int
    axes: list[str]
    frequency: float
    stride: int
    width: int
    height: int
    channels: int
    resize: str
    whole: bool


class FileRef(TypedDict):
    """One ``.npy`` file: path relative to the folder of the document, shape of the array, sha256 of the bytes."""

    path: str
    shape: list[int]
    sha256: str


class ArrayInput(TypedDict):
    """An array cut into chunk files along axis 0."""

    kind: Literal["array"]
    dtype: str
    chunks: list[FileRef]


class FeaturePart(TypedDict):
    """The features of one upstream node: ``labels`` name the columns, ``shape`` is its declared output shape."""

    node: str
    labels: list[str]
    shape: dict[str, Any]
    chunks: list[FileRef]


class FeaturesInput(TypedDict):
    """Features of one or more nodes over the same windows; columns are concatenated in the order listed."""

    kind: Literal["features"]
    dtype: str
    parts: list[FeaturePart]


class PathInput(TypedDict):
    """A folder (a model, an export, a deployment) or a JSON document."""

    kind: Literal["folder", "json"]
    path: str
    sha256: str


class ChoosingDevice(TypedDict):
    """A device as blocks see it; ``os``: an operating system runs there."""

    name: str
    cpu: str
    os: bool
    ram_kb: float
    flash_kb: float


class Choosing(TypedDict):
    """What ``describe`` of a block that chooses is told: the device, the parameters that the impulse gives, training windows."""

    device: ChoosingDevice | None
    given: list[str]
    training_windows: int


class Request(TypedDict, total=False):
    """``request.json``. ``params`` by the spec's names, complete (defaults filled in) and typed.

    ``options`` are for blocks of Edge Impulse's contracts: what a contract hands over beside parameters and inputs.
    """

    contract: int
    operation: Operation
    params: dict[str, Any]
    seed: int
    threads: int
    window: WindowSpec | None
    classes: list[str]
    inputs: dict[str, ArrayInput | FeaturesInput | PathInput]
    options: dict[str, Any]
    deploys: bool
    choosing: Choosing


class Output(TypedDict, total=False):
    """One output: an array has ``dtype`` and ``shape``; a folder or JSON document has only ``path``."""

    kind: Literal["array", "folder", "json"]
    path: str
    dtype: str
    shape: list[int]


class Result(TypedDict):
    """``result.json``: written last, by rename; without it a task has not succeeded."""

    contract: int
    outputs: dict[str, Output]
    metrics: dict[str, float]
    warnings: list[str]


class OutputRule(TypedDict, total=False):
    """What an output must be. ``finite`` (default true): no NaN or infinity; ``shape``: None is any size."""

    kind: Literal["array", "folder", "json"]
    required: bool
    dtypes: tuple[str, ...]
    rank: int
    finite: bool
    shape: tuple[int | None, ...]


#: What fitting may be given beside its training input; each row of a code belongs to a row of that input.
_FITTING: Final = dict.fromkeys(
    ("targets", "groups", "validation", "validation_targets", "validation_groups"), False
)
#: What each operation reads and writes: the one table that driver, harvest and conformance kit share.
OPERATION_INPUTS: Final[dict[Operation, dict[str, bool]]] = {  # name -> required
    "describe": {"features": False},
    "transform": {"windows": True},
    "plot": {"windows": False, "features": False, "model": False},
    "export": {"model": False, "features": False},
    "fit": {"features": False, "windows": False, "folds": False} | _FITTING,
    "score": {"model": True, "features": False, "windows": False},
    "train": {"features": True} | _FITTING,
    "convert": {"artifacts": True, "features": True},
    "build": {"impulse": True, "library": False},
    "verify": {"package": True},
    "parity": {"package": True},
    "apply": {"data": False},
}
#: A learning block reads features or the windows themselves: one of the two where an operation names both.
EITHER_INPUT: Final = ("features", "windows")
OPERATION_OUTPUTS: Final[dict[Operation, dict[str, OutputRule]]] = {
    "describe": {"description": {"kind": "json", "required": True}},
    "transform": {"features": {"kind": "array", "required": True, "dtypes": ("float32",), "rank": 2}},
    "plot": {"plots": {"kind": "json", "required": True}},
    "export": {"export": {"kind": "folder", "required": True}},
    "fit": {
        "model": {"kind": "folder", "required": True},
        "train_scores": {"kind": "array", "required": False, "dtypes": ("float32", "float64"), "rank": 1},
        "train_contributions": {"kind": "array", "required": False, "dtypes": ("float32",), "rank": 2},
        "train_map": {"kind": "array", "required": False, "dtypes": ("float32",), "rank": 3},
    },
    "score": {
        "scores": {"kind": "array", "required": False, "dtypes": ("float32", "float64"), "rank": 1},
        "contributions": {"kind": "array", "required": False, "dtypes": ("float32",), "rank": 2},
        "probabilities": {"kind": "array", "required": False, "dtypes": ("float32",), "rank": 2},
        "map": {"kind": "array", "required": False, "dtypes": ("float32",), "rank": 3},
        "in_float32": {"kind": "array", "required": False, "dtypes": ("float32",), "rank": 2},
        "nearest": {"kind": "array", "required": False, "dtypes": ("int32",), "rank": 2, "shape": (None, 3)},
    },
    "train": {"artifacts": {"kind": "folder", "required": True}},
    "convert": {"model": {"kind": "folder", "required": True}},
    "build": {"package": {"kind": "folder", "required": True}},
    "verify": {"verification": {"kind": "json", "required": True}},
    "parity": {"engines": {"kind": "json", "required": True}},
    "apply": {"data": {"kind": "folder", "required": True}},
}


#: How blocks of Edge Impulse's contract want pixels that are 0..1: ``(x · factor − mean) / spread`` a channel, after the
#: channels were turned round where it says so. Training and scoring share it.
IMAGE_SCALINGS: Final[dict[str, tuple[float, tuple[float, ...], tuple[float, ...], bool]]] = {
    "0..1": (1, (0,), (1,), False),
    "-1..1": (2, (1,), (1,), False),
    "-128..127": (255, (128,), (1,), False),
    "0..255": (255, (0,), (1,), False),
    "torch": (1, (0.485, 0.456, 0.406), (0.229, 0.224, 0.225), False),
    "bgr-subtract-imagenet-mean": (255, (103.939, 116.779, 123.68), (1,), True),
}


def canonical_json(value: Any) -> bytes:
    """Serialise so that equal documents give equal bytes: sorted keys, no spaces, UTF-8, no NaN."""
    return json.dumps(
        value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    ).encode()


def digest_json(value: Any) -> str:
    """Sha256 of :func:`canonical_json`, in hex."""
    return hashlib.sha256(canonical_json(value)).hexdigest()


def map_bounds(low: float, high: float, calm: float) -> tuple[float, float]:
    """Scores of places that are drawn palest and strongest, one scale for all images: ``map_scale`` of a deployment.

    Parameters
    ----------
    low, high : float
        The percentiles :data:`MAP_PERCENTILES` of all places of a data set.
    calm : float
        The percentile :data:`CALM_PERCENTILE` of the places of normal images, as if unseen, which stays in the paler half;
        `low` where there are none.
    """
    return low, max(high, low + 2 * (calm - low), low + 1e-12)


def identifier(name: str) -> str:
    """Make a C identifier of a name: lower-case letters, digits and underscores, not starting with a digit.

    Examples
    --------
    >>> identifier('Pump monitor-2'), identifier('2nd'), identifier('…')
    ('pump_monitor_2', 'i_2nd', 'impulse')
    """
    text = re.sub(r"[^0-9A-Za-z]+", "_", name).strip("_").lower() or "impulse"
    return f"i_{text}" if text[0].isdigit() else text
