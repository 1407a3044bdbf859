"""Numerics that several blocks share: vectorised over a batch, free of files and parameters."""

from edgewright_sdk.signal.audio import Frames, frame_powers, frames_of, level_of, pre_emphasis
from edgewright_sdk.signal.cepstra import dct_matrix, sliding_means, sliding_normalise
from edgewright_sdk.signal.filters import DECIMATIONS, butterworth, decimate, decimator, filter_sections
from edgewright_sdk.signal.framing import padded_frames
from edgewright_sdk.signal.mel import mel_filters, mel_plot
from edgewright_sdk.signal.spectrum import bin_frequencies, max_hold_power
from edgewright_sdk.signal.statistics import Moments, moments

__all__ = [
    "DECIMATIONS",
    "Frames",
    "Moments",
    "bin_frequencies",
    "butterworth",
    "dct_matrix",
    "decimate",
    "decimator",
    "filter_sections",
    "frame_powers",
    "frames_of",
    "level_of",
    "max_hold_power",
    "mel_filters",
    "mel_plot",
    "moments",
    "padded_frames",
    "pre_emphasis",
    "sliding_means",
    "sliding_normalise",
]
