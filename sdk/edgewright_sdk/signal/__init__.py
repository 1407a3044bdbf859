"""Numerics that several blocks share: vectorised over a batch, free of files and parameters."""

from edgewright_sdk.signal.filters import butterworth, filter_sections
from edgewright_sdk.signal.framing import padded_frames
from edgewright_sdk.signal.spectrum import bin_frequencies, max_hold_power
from edgewright_sdk.signal.statistics import Moments, moments

__all__ = [
    "Moments",
    "bin_frequencies",
    "butterworth",
    "filter_sections",
    "max_hold_power",
    "moments",
    "padded_frames",
]
