"""Numerics that several blocks share: vectorised over a batch, free of files and parameters."""

from edgewright_sdk.signal.audio import Frames, frames_of, level_of, pre_emphasis, squared_spectra
from edgewright_sdk.signal.cepstra import dct_matrix, sliding_means, sliding_normalise
from edgewright_sdk.signal.filters import DECIMATIONS, butterworth, decimate, decimator, filter_sections
from edgewright_sdk.signal.framing import whole_frames
from edgewright_sdk.signal.mel import MelProduct, mel_filters, mel_plot
from edgewright_sdk.signal.spectrum import bin_frequencies, max_hold_power, squared_magnitudes
from edgewright_sdk.signal.statistics import Moments, moments

__all__ = [
    "DECIMATIONS",
    "Frames",
    "MelProduct",
    "Moments",
    "bin_frequencies",
    "butterworth",
    "dct_matrix",
    "decimate",
    "decimator",
    "filter_sections",
    "frames_of",
    "level_of",
    "max_hold_power",
    "mel_filters",
    "mel_plot",
    "moments",
    "pre_emphasis",
    "sliding_means",
    "sliding_normalise",
    "squared_magnitudes",
    "squared_spectra",
    "whole_frames",
]
