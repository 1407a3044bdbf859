"""Numerics of signals (``edgewright_sdk.signal``) as operations of a fragment."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from edgewright_sdk.fragments.fragment import Fragment


class Moments(NamedTuple):
    """Names of the values of statistics, each ``(n, axes, 1)``, and of the signals without their means."""

    mean: str
    minimum: str
    maximum: str
    rms: str
    stdev: str
    skewness: str
    kurtosis: str
    centred: str


def moments_of(fragment: Fragment, value: str, size: int) -> Moments:
    """Population statistics of signals ``(n, axes, size)``; of a constant one as :func:`edgewright_sdk.signal.moments` has them."""
    low, high = fragment.smallest(value, [2], keep=True), fragment.largest(value, [2], keep=True)
    constant = fragment.add("Equal", low, high)
    # The mean of what lies beside the least value: large offsets then cost no digits.
    shifted = fragment.add("Sub", value, low)
    mean = fragment.add("Add", low, fragment.mean(shifted, 2, size, keep=True))
    centred = fragment.add("Sub", shifted, fragment.mean(shifted, 2, size, keep=True))
    squares = fragment.square(centred)
    variance = fragment.mean(squares, 2, size, keep=True)
    flat = fragment.add("Or", constant, fragment.do("LessOrEqual", variance, 0.0))
    divisor = fragment.add(
        "Where", flat, fragment.do("Add", fragment.do("Mul", variance, 0.0), 1.0), variance
    )
    deviation = fragment.add("Sqrt", divisor)
    z = fragment.add("Div", centred, deviation)
    cubes = fragment.mean(fragment.add("Mul", fragment.square(z), z), 2, size, keep=True)
    fourths = fragment.mean(fragment.square(fragment.square(z)), 2, size, keep=True)
    varies = fragment.do("Sub", 1.0, fragment.add("Cast", flat, to=1))
    return Moments(
        mean=mean,
        minimum=low,
        maximum=high,
        rms=fragment.add("Sqrt", fragment.mean(fragment.square(value), 2, size, keep=True)),
        stdev=fragment.add("Mul", deviation, varies),
        skewness=fragment.add("Mul", cubes, varies),
        kurtosis=fragment.add("Mul", fragment.do("Sub", fourths, 3.0), varies),
        centred=centred,
    )
