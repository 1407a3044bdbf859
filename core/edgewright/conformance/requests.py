"""Requests of the checks: data in memory until a runner needs a folder."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from edgewright.request_folder import put_array, put_features, put_path, put_request

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from numpy.typing import NDArray

    from edgewright_specs.interface import Operation, WindowSpec


@dataclass(frozen=True)
class FeatureBatch:
    """Features with their labels; ``values`` None tells a block of labels and shape only."""

    values: NDArray[Any] | None
    labels: tuple[str, ...]
    made_as: Mapping[str, Any] | None = None  # flat, unless said otherwise

    @property
    def shape(self) -> dict[str, Any]:
        """The output shape of whoever made them."""
        return dict(self.made_as or {"type": "flat", "width": len(self.labels)})

    def bare(self) -> FeatureBatch:
        """Labels and shape alone."""
        return replace(self, values=None)


@dataclass(frozen=True)
class Request:
    """One question to a block."""

    operation: Operation
    params: Mapping[str, Any]
    window: WindowSpec | None = None
    arrays: Mapping[str, NDArray[Any]] = field(default_factory=dict)
    features: Mapping[str, FeatureBatch] = field(default_factory=dict)
    paths: Mapping[str, Path] = field(default_factory=dict)
    classes: tuple[str, ...] = ()
    seed: int = 0
    options: Mapping[str, Any] = field(default_factory=dict)

    def write(self, folder: Path) -> None:
        """Write the request and all that it names into an empty folder."""
        inputs: dict[str, Any] = {name: put_array(folder, name, array) for name, array in self.arrays.items()}
        for name, batch in self.features.items():
            inputs[name] = put_features(folder, name, batch.values, batch.labels, batch.shape)
        for name, path in self.paths.items():
            inputs[name] = put_path(folder, name, path)
        put_request(
            folder,
            self.operation,
            self.params,
            inputs=inputs,
            window=self.window,
            classes=self.classes,
            seed=self.seed,
            options=self.options,
        )
