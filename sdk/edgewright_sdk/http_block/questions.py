"""What a block's server is asked: windows and parameters as JSON."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from edgewright_sdk.errors import RequestError

if TYPE_CHECKING:
    from pathlib import Path

    from edgewright_sdk.arrays import Array
    from edgewright_specs.interface import WindowSpec

#: Beside request.json: what the block's own file says, in its own words.
SETTINGS_FILE = "service.json"
IMAGE_AXES = ["image"]


@dataclass(frozen=True)
class Questions:
    """Makes the bodies of requests about windows of one kind.

    Attributes
    ----------
    window : WindowSpec
    settings : dict
        ``params`` as the block's functions name them, ``implementation_version``, ``named_axes`` (names that the block
        asks for, each true if it can do without).
    """

    window: WindowSpec
    settings: dict[str, Any]

    @property
    def axes(self) -> list[str]:
        """Names of the axes; an image is one."""
        return list(self.window.get("axes") or IMAGE_AXES)

    def run(self, values: Array, *, draw_graphs: bool = False) -> dict[str, Any]:
        """Body of ``/run``: one window, ``(length, axes)`` or ``(height, width, channels)``."""
        return {**self._common(), "features": numbers(values), "draw_graphs": draw_graphs}

    def batch(self, values: Array, state: Any) -> dict[str, Any]:
        """Body of ``/batch``: several windows, and what the one before them left."""
        return {
            **self._common(),
            "features": [numbers(window) for window in values],
            "draw_graphs": False,
            "state": "" if state is None else state,
        }

    def missing_axes(self) -> list[str]:
        """Named axes that the block can't do without and that the windows don't have."""
        named = self._named_axes()
        wanted = self.settings.get("named_axes", {})
        return [name for name, optional in wanted.items() if not optional and named and named[name] is False]

    def _common(self) -> dict[str, Any]:
        frequency = float(self.window.get("frequency") or 1.0)
        named = self._named_axes()
        return {
            "axes": self.axes,
            # As the platform's own client writes it: a whole number has no point.
            "sampling_freq": int(frequency) if frequency.is_integer() else frequency,
            "implementation_version": self.settings.get("implementation_version", 1),
            "params": self.settings.get("params", {}),
            # Servers that check what they are sent want all of these, and an object or nothing for the axes.
            "project_id": 1,
            "calculate_performance": False,
            **({"named_axes": named} if named else {}),
        }

    def _named_axes(self) -> dict[str, str | bool]:
        known = {axis.lower(): axis for axis in reversed(self.axes)}
        return {name: known.get(name.lower(), False) for name in self.settings.get("named_axes", {})}


def numbers(window: Array) -> list[float] | list[int]:
    """One window as the contract writes it.

    A time series is interleaved (``t0 x, t0 y, t1 x, …``); each float32 is written so that reading it gives the same
    number. An image is its width, its height and a number ``0xRRGGBB`` for each pixel.
    """
    if window.ndim == 3:
        height, width, channels = window.shape
        colours = window[:, :, :3] if channels >= 3 else np.repeat(window[:, :, :1], 3, axis=2)
        packed: list[int] = (colours.astype(np.int64) @ np.array([1 << 16, 1 << 8, 1])).ravel().tolist()
        return [width, height, *packed]
    flat: list[float] = window.astype(np.float64).ravel().tolist()
    return flat


def read_settings(folder: Path) -> dict[str, Any]:
    """Read what the host says of the block beside ``request.json``."""
    path = folder / SETTINGS_FILE
    try:
        settings = json.loads(path.read_bytes())
    except (OSError, ValueError) as error:
        raise RequestError(f"{path} can't be read: {error}") from None
    if not isinstance(settings, dict):
        raise RequestError(f"{path} must hold a JSON object")
    return settings
