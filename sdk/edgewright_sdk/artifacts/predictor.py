"""What every classical model becomes: raw outputs, a link, and what its outputs are called."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from edgewright_sdk.artifacts import links

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from edgewright_sdk.artifacts.kernels import Kernel
    from edgewright_sdk.artifacts.layers import Layers
    from edgewright_sdk.artifacts.linear import Linear
    from edgewright_sdk.artifacts.trees import Trees


@dataclass(frozen=True)
class Predictor:
    """A model as it was read, before it knows the impulse's classes.

    Attributes
    ----------
    source : str
        What was read, for messages: ``model.pkl (RandomForestClassifier)``.
    scorer : Linear, Kernel, Layers or Trees
    link : str
        See :mod:`~edgewright_sdk.artifacts.links`.
    labels : list or None
        Label of each value that the link gives; None for regression.
    extra : dict of str to np.ndarray
        Further tables: those of the link, and ``mean`` and ``scale`` where the scorer takes standardised features.
    """

    source: str
    scorer: Linear | Kernel | Layers | Trees
    link: str
    labels: list[object] | None = None
    extra: dict[str, NDArray[np.float32]] = field(default_factory=dict)

    @property
    def values(self) -> int:
        """Number of values that the link gives."""
        return links.width(self.link, self.scorer.outputs)
