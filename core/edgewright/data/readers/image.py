"""Images, listed with their sizes: pixels are for a later kind of impulse."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgewright.data.readers.base import BadFileError, Kind, Options, Recording, known_options

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_SUFFIXES = (".png", ".jpg", ".jpeg", ".bmp", ".tif", ".tiff", ".webp")


class ImageReader:
    """One recording without values a file; ``metadata`` has width, height and channels, read from the header."""

    name = "images"
    version = 1
    kind: Kind = "image"

    def detect(self, path: Path) -> bool:
        return path.suffix.lower() in _SUFFIXES

    def recordings(self, path: Path, options: Options) -> Iterator[Recording]:
        known_options(options, (), self.name)
        import numpy as np
        from PIL import Image, UnidentifiedImageError

        try:
            with Image.open(path) as image:
                width, height = image.size
                bands = image.getbands()
        except (UnidentifiedImageError, OSError, ValueError, Image.DecompressionBombError) as error:
            raise BadFileError(f"can't be read as an image: {error}") from error
        yield Recording(
            np.empty((0, len(bands)), dtype=np.float32),
            tuple(bands),
            metadata={"width": width, "height": height, "channels": len(bands)},
        )
