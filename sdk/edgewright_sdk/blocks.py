"""The classes that a block's ``block.py`` builds on: one function over a batch, no reading and checking of files."""

from __future__ import annotations

from abc import ABC, abstractmethod
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar

import numpy as np

from edgewright_sdk.context import Context
from edgewright_sdk.documents import Description, LearningDescription
from edgewright_sdk.errors import BlockError
from edgewright_sdk.values import Features, FeatureSpec, Scores, Windows
from edgewright_specs.interface import WindowSpec

if TYPE_CHECKING:
    from edgewright_sdk.deployment import TrainedImpulse
    from edgewright_sdk.export import Export
    from edgewright_sdk.model import Model
    from edgewright_sdk.params import Params


class Block(ABC):
    """What all blocks share. An object is made for each request, so nothing is left from the one before.

    Attributes
    ----------
    type : str
        ``processing``, ``learning``, ``deployment`` or ``transform``.
    folder : Path
        The block's folder, for data files beside ``block.py``.
    context : Context
        Seed, threads, progress, metrics, warnings.
    batch_bytes : int
        Largest input of one call; larger ones come as several batches.
    """

    type: ClassVar[str]
    batch_bytes: ClassVar[int] = 8 << 20

    def __init__(self, folder: Path | None = None, context: Context | None = None) -> None:
        self.folder = folder if folder is not None else Path.cwd()
        self.context = context if context is not None else Context()


class ProcessingBlock(Block):
    """Turns windows into features."""

    type = "processing"

    @abstractmethod
    def transform(self, windows: Windows, params: Params) -> Features:
        """Compute the features of a batch. Each window by itself: the batch size must not change a value.

        Parameters
        ----------
        windows : Windows [shape=(n, length, axes)]
            At least one, all finite.
        params : Params

        Returns
        -------
        Features [shape=(n, f)]
            ``f`` and the labels depend on the window spec and the parameters only.

        Raises
        ------
        BlockError
            For parameters that can't work with this window.
        """

    def describe(self, window: WindowSpec, params: Params) -> Description:
        """Say labels and shape without data. By default one window of zeros is transformed."""
        features = self.transform(Windows(zero_windows(window), window), params)
        return Description(features.labels, features.shape)

    def plot(self, windows: Windows, params: Params) -> list[dict[str, Any]]:  # noqa: ARG002
        """Show what the block does with a few windows, as data (``docs/contract.md``, plots)."""
        return []

    def export(self, window: WindowSpec, params: Params) -> Export:  # noqa: ARG002
        """Give the node for the device. Blocks without device code leave it out."""
        raise BlockError("this block has no device code, so it can't be deployed")


Batch = TypeVar("Batch", Features, Windows)
Spec = TypeVar("Spec", FeatureSpec, WindowSpec)


class Learner(Block, Generic[Batch, Spec]):
    """What both kinds of learning blocks share; ``block.py`` builds on one of the two below."""

    type = "learning"

    @abstractmethod
    def describe(self, spec: Spec, params: Params, /) -> LearningDescription:
        """Say which outputs ``score`` gives, before anything runs."""

    @abstractmethod
    def fit(self, train: Batch, validation: Batch | None, params: Params, context: Context, /) -> Model:
        """Learn from training windows.

        Parameters
        ----------
        train : Features [shape=(n, f)] or Windows
            At least one row, all finite.
        validation : Features or Windows or None
            Where the block's spec asks for it.
        params : Params
        context : Context
            ``targets``, ``groups`` and ``classes`` where asked for; progress and metrics.
        """

    @abstractmethod
    def score(self, model: Model, batch: Batch, params: Params, /) -> Scores:
        """Score a batch. Each row by itself: the batch size must not change a value."""

    def plot(self, model: Model, batch: Batch | None, params: Params, /) -> list[dict[str, Any]]:  # noqa: ARG002
        """Show the model as data (``docs/contract.md``, plots)."""
        return []

    def export(self, model: Model, spec: Spec, params: Params, /) -> Export:  # noqa: ARG002
        """Give the node for the device. Blocks without device code leave it out."""
        raise BlockError("this block has no device code, so it can't be deployed")


class LearningBlock(Learner[Features, FeatureSpec]):
    """Learns from features and scores them."""

    def convert(self, artifacts: Path, features: FeatureSpec, params: Params, context: Context) -> Model:  # noqa: ARG002
        """Make a model of what a training program elsewhere left behind. Few blocks do.

        Parameters
        ----------
        artifacts : Path
            Folder of files in foreign formats: read them as data, never run them.
        features : FeatureSpec
            What the model will score.
        params : Params
        context : Context
            ``classes``, in the order of the training targets.
        """
        raise BlockError("this block learns by itself: it converts no model files")


class WindowLearningBlock(Learner[Windows, WindowSpec]):
    """Learns from the windows themselves (images, mostly) and scores them; no processing block before it."""


class DeploymentBlock(Block):
    """Assembles exported nodes into a package for a target."""

    type = "deployment"

    @abstractmethod
    def build(self, impulse: TrainedImpulse, params: Params, out: Path) -> None:
        """Write the package into the empty folder ``out``."""

    def verify(self, package: Path, params: Params) -> dict[str, Any]:  # noqa: ARG002
        """Run a package's self-test and return its result as a JSON document."""
        raise BlockError("this block can't verify its packages")

    def parity(self, package: Path, params: Params) -> dict[str, Any]:  # noqa: ARG002
        """Run a package's self-test on everything that it is meant for, emulated where it must be.

        Returns
        -------
        dict
            By engine the result of the self-test, or why there is none: ``missing`` (a list of programs), ``too_large``,
            ``too_slow`` or ``failed`` (a text).
        """
        raise BlockError("this block can't run its packages on several engines")


class TransformBlock(Block):
    """Makes a data folder of another one, or of nothing: cleans, converts, augments, generates."""

    type = "transform"

    @abstractmethod
    def apply(self, source: Path | None, params: Params, out: Path, context: Context) -> None:
        """Read files and write files.

        Parameters
        ----------
        source : Path or None
            A folder, read-only; None when the block was given no data.
        params : Params
        out : Path
            An empty folder for the new data.
        context : Context
            Seed, progress, metrics, warnings.

        Raises
        ------
        BlockError
            For files that can't be read, and where there is no source and the block needs one.
        """


def zero_windows(window: WindowSpec, count: int = 1) -> np.ndarray[Any, np.dtype[Any]]:
    """Windows of zeros, ``(count, length, axes)`` float32 or ``(count, h, w, channels)`` uint8.

    Raises
    ------
    BlockError
        When the window spec has no shape.
    """
    try:
        if window.get("kind") == "image":
            shape = (count, window["height"], window["width"], window["channels"])
            return np.zeros(shape, np.uint8)
        return np.zeros((count, window["length"], len(window["axes"])), np.float32)
    except KeyError as error:
        raise BlockError(f"the window spec has no {error}") from None
