"""What a block may know and say besides data and parameters."""

from __future__ import annotations

import math
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from edgewright_sdk.errors import BlockError
from edgewright_sdk.messages import Channel, clipped
from edgewright_specs.interface import MOUNT_VARIABLE, SECRETS_VARIABLE

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from edgewright_specs.interface import Choosing


@dataclass
class Context:
    """One task's surroundings; ``Context()`` serves for calling a block by hand.

    Attributes
    ----------
    seed : int >= 0
        The only source of randomness a block may use.
    threads : int >= 1
        How many threads the task may use.
    classes : list of str
        Names that ``targets`` index.
    deploys : bool
        In ``describe``: the impulse names targets of deployment, so that what can't become device code is refused here, before
        anything runs.
    choosing : dict or None
        In ``describe`` of a block whose spec says ``"chooses": true``: ``device`` (``name``, ``cpu``, ``os``, ``ram_kb``, ``flash_kb``, or
        None where the impulse names none), ``given``, the parameters that the impulse gives, and ``training_windows``. What isn't given,
        or ``auto``, may be chosen: the description's ``choices``.
    targets : np.ndarray [shape=(n,), dtype=int32 or float32] or None
        Class of each training window as an index into `classes`, or the number to learn for a regression; where the
        block's spec says ``"training": "labelled"``.
    groups : np.ndarray [shape=(n,), dtype=int32] or None
        Group of each training window: windows of one group must stay together. Given with `targets`.
    folds : np.ndarray [shape=(n,), dtype=int32] or None
        Which fold each training window is in, where the block's spec says ``"folds": true`` or names the output
        ``train_scores``: to be scored as if unseen, a window of fold k is scored by what was learned from the other
        folds. −1 is in none: it overlaps two.
    validation_targets, validation_groups : np.ndarray [shape=(m,)] or None
        The same for the validation windows, where the spec says ``"validation": true``.
    """

    seed: int = 0
    threads: int = 1
    classes: list[str] = field(default_factory=list)
    deploys: bool = False
    choosing: Choosing | None = None
    targets: NDArray[np.int32 | np.float32] | None = None
    groups: NDArray[np.int32] | None = None
    folds: NDArray[np.int32] | None = None
    validation_targets: NDArray[np.int32 | np.float32] | None = None
    validation_groups: NDArray[np.int32] | None = None
    channel: Channel = field(default_factory=lambda: Channel(None), repr=False)
    metrics: dict[str, float] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)

    def random(self) -> np.random.Generator:
        """Return a fresh generator on the task's seed."""
        return np.random.default_rng(self.seed)

    def secret(self, name: str) -> str:
        """Return the value of a secret that the spec declares (``edgewright.secrets``) and the impulse grants.

        Raises
        ------
        BlockError
            It was not granted.
        """
        folder = os.environ.get(SECRETS_VARIABLE)
        try:
            if folder is None:
                raise FileNotFoundError
            return (Path(folder) / name).read_text(encoding="utf-8")
        except FileNotFoundError:
            raise BlockError(
                f"the secret {name!r} was not granted: in the impulse, grants: {{secrets: {{{name}: env:VARIABLE}}}}"
            ) from None

    def mount(self, name: str) -> Path:
        """Return the folder of a mount that the spec declares (``edgewright.mounts``) and the impulse grants.

        Raises
        ------
        BlockError
            It was not granted.
        """
        folder = os.environ.get(MOUNT_VARIABLE + name.upper())
        if folder is None:
            raise BlockError(
                f"the mount {name!r} was not granted: in the impulse, grants: {{mounts: {{{name}: path/to/folder}}}}"
            )
        return Path(folder)

    def progress(self, done: float, total: float, text: str = "") -> None:
        """Say how far the task is."""
        self.channel.send({"type": "progress", "done": done, "total": total, "text": clipped(text)})

    def metric(self, name: str, value: float) -> None:
        """Report a number; the last value of a name goes into ``result.json``."""
        number = float(value)
        if not math.isfinite(number):
            self.warn(f"metric {name!r} is {number} and was left out")
            return
        self.metrics[name] = number
        self.channel.send({"type": "metric", "name": name, "value": number})

    def log(self, text: str) -> None:
        """Send a line for the run's log, as ``print`` does."""
        self.channel.send({"type": "log", "text": clipped(text)})

    def warn(self, text: str) -> None:
        """Record a warning in ``result.json``: the task succeeds, and the user should know."""
        if text not in self.warnings:
            self.warnings.append(clipped(text))
