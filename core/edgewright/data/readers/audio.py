"""Audio files through libsndfile: WAV, FLAC, OGG, AIFF."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgewright.data.readers.base import BadFileError, Kind, Options, Recording, as_signal, known_options

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_SUFFIXES = (".wav", ".wave", ".flac", ".ogg", ".oga", ".aif", ".aiff")
#: Full scale. Impulses are trained on 16-bit numbers as float32, whatever the depth of the file.
FULL_SCALE = 32768.0


class AudioReader:
    """Float32 in the range of int16; one axis ``audio``, or ``audio1``, ``audio2``, … by channel."""

    name = "audio"
    version = 1
    kind: Kind = "signal"

    def detect(self, path: Path) -> bool:
        return path.suffix.lower() in _SUFFIXES

    def recordings(self, path: Path, options: Options) -> Iterator[Recording]:
        known_options(options, (), self.name)
        import soundfile

        try:
            values, rate = soundfile.read(str(path), dtype="float32", always_2d=True)
        except (soundfile.LibsndfileError, RuntimeError) as error:
            raise BadFileError(f"can't be read as audio: {error}") from error
        values *= FULL_SCALE
        channels = values.shape[1]
        axes = ("audio",) if channels == 1 else tuple(f"audio{i + 1}" for i in range(channels))
        yield Recording(as_signal(values), axes, frequency=float(rate))
