"""Readers: one file a format. ``builtin_readers`` is what the default plugin returns from ``edgewright_readers``."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from edgewright.data.readers.base import Reader


def builtin_readers() -> list[Reader]:
    """All readers of ours, the surest first: a file goes to the first that detects it."""
    from edgewright.data.readers.acquisition import AcquisitionReader
    from edgewright.data.readers.audio import AudioReader
    from edgewright.data.readers.csv_reader import CsvReader
    from edgewright.data.readers.image import ImageReader
    from edgewright.data.readers.matlab import MatReader
    from edgewright.data.readers.npy import NpyReader
    from edgewright.data.readers.ts import TsReader

    return [
        AcquisitionReader(),
        AudioReader(),
        NpyReader(),
        MatReader(),
        TsReader(),
        CsvReader(),
        ImageReader(),
    ]
