"""Images: their sizes from the header, and their pixels as a device has them, 8 bits of RGB or grey."""

from __future__ import annotations

import warnings
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from edgewright.data.readers.base import BadFileError, Kind, Options, Picture, Recording, known_options

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

_SUFFIXES = (".png", ".jpg", ".jpeg", ".jfif", ".bmp", ".gif", ".tif", ".tiff", ".webp")
#: EXIF's name for how a camera was held, and the values that swap width and height.
_ORIENTATION, _ON_ITS_SIDE = 0x0112, (5, 6, 7, 8)
_TRANSPARENT = "has transparent pixels: alpha is left out, so their hidden colours are seen"


class ImageReader:
    """One recording without values a file, with width, height and channels as metadata; ``picture`` reads the pixels."""

    name = "images"
    version = 2
    kind: Kind = "image"

    def detect(self, path: Path) -> bool:
        return path.suffix.lower() in _SUFFIXES

    def recordings(self, path: Path, options: Options) -> Iterator[Recording]:
        known_options(options, (), self.name)
        import numpy as np

        with _opened(path) as image:
            width, height = image.size
            if image.getexif().get(_ORIENTATION) in _ON_ITS_SIDE:
                width, height = height, width
            bands = image.getbands()
        yield Recording(
            np.empty((0, len(bands)), dtype=np.float32),
            tuple(bands),
            metadata={"width": width, "height": height, "channels": len(bands)},
        )

    def picture(self, path: Path, options: Options) -> Picture:
        """Read the pixels of one file, upright.

        Raises
        ------
        BadFileError
            It isn't an image, is cut off, or holds numbers that are no brightness (floating point, more than 16 bits).

        Notes
        -----
        16 bits a value: the upper eight. Palettes, CMYK and the like become RGB, one bit becomes 0 or 255. Alpha is left
        out. Of several pages the first counts. EXIF's orientation is followed.
        """
        known_options(options, (), self.name)
        import numpy as np
        from PIL import ImageOps

        remarks = []
        with _opened(path) as image:
            if getattr(image, "n_frames", 1) > 1:
                remarks.append("has several pages: the first is used")
            if image.getexif().get(_ORIENTATION, 1) != 1:
                image = ImageOps.exif_transpose(image)
            if image.has_transparency_data and _see_through(image):
                remarks.append(_TRANSPARENT)
            if image.mode == "F":
                raise BadFileError(
                    "holds floating point numbers; allowed: up to 16 bits a value, so save it as such"
                )
            if image.mode.startswith("I"):
                pixels = _upper_bits(np.asarray(image))
            else:
                grey = image.mode in ("1", "L", "LA", "La")
                pixels = np.asarray(image.convert("L" if grey else "RGB"), dtype=np.uint8)
        return Picture(pixels if pixels.ndim == 3 else pixels[:, :, None], tuple(remarks))


def _see_through(image: Any) -> bool:
    lowest: int = image.convert("RGBA").getchannel("A").getextrema()[0]
    return lowest < 255


def _upper_bits(values: NDArray[Any]) -> NDArray[np.uint8]:
    import numpy as np

    if values.size and (values.min() < 0 or values.max() > 0xFFFF):
        raise BadFileError(
            f"holds values from {values.min()} to {values.max()}; allowed: up to 16 bits a value, 0 to 65535"
        )
    narrowed: NDArray[np.uint8] = (values.astype(np.uint32) >> 8).astype(np.uint8)
    return narrowed


@contextmanager
def _opened(path: Path) -> Iterator[Any]:
    """Open an image; whatever Pillow meets within is said of the file."""
    from PIL import Image, UnidentifiedImageError

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            warnings.simplefilter("ignore", UserWarning)  # odd EXIF or TIFF tags, which nobody asked for
            with Image.open(path) as image:
                yield image
    except BadFileError:
        raise
    except UnidentifiedImageError:
        raise BadFileError(
            "can't be read as an image: it is of no known format, or damaged at its beginning"
        ) from None
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise BadFileError(f"is too large an image: {error}") from error
    except (
        Exception
    ) as error:  # of a damaged file Pillow raises what its code runs into: KeyError, TypeError …
        raise BadFileError(f"can't be read as an image: {error}") from error
