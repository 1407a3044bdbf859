"""What learning nodes do to features first: choose columns and standardise them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from edgewright_sdk.columns import trained_columns
from edgewright_sdk.fragments.fragment import INPUT, Fragment
from edgewright_sdk.standardisation import FARTHEST

if TYPE_CHECKING:
    from edgewright_sdk.model import Model
    from edgewright_sdk.values import FeatureSpec


def chosen_features(model: Model, features: FeatureSpec) -> tuple[Fragment, str]:
    """Begin a fragment that takes a model's columns of features; also return the name of their value."""
    fragment = Fragment([features.width])
    value = INPUT
    if "selected" in model.arrays:
        value = fragment.chosen(value, trained_columns(model, features.labels), features.width)
    return fragment, value


def standardised_features(model: Model, features: FeatureSpec) -> tuple[Fragment, str]:
    """Begin a fragment that standardises a model's columns, as ``standardise_bounded`` does."""
    fragment, value = chosen_features(model, features)
    away = fragment.do("Sub", value, np.asarray(model.arrays["mean"]))
    z = fragment.do("Div", away, np.asarray(model.arrays["scale"]))
    return fragment, fragment.clipped(z, -FARTHEST, FARTHEST)


def give_errors(fragment: Fragment, errors: str) -> bytes:
    """End a fragment whose score is the sum of what each feature adds ``(n, k)``."""
    fragment.give("scores", fragment.total(errors, 1))
    fragment.give("contributions", errors)
    return fragment.data()
