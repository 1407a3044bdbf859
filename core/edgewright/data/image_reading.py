"""Read images: each at the impulse's size in ``signal.npy``, masks beside them in ``masks.npy``."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from edgewright.data.items import FIELD
from edgewright.data.masks import resize_mask
from edgewright.data.names import known_normal
from edgewright.data.readers.base import BadFileError
from edgewright.data.reading import ReadSummary, bad_file, bounded_warnings, shown, together, unique_name
from edgewright.data.resize import LARGEST_SIDE, resize
from edgewright.data.signal_file import SignalWriter
from edgewright.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from edgewright.data.layout import FileFacts
    from edgewright.data.listing import DataFile, Inventory
    from edgewright.data.readers.base import Picture, PictureReader
    from edgewright_specs.impulse import DataSpec, InputSpec

CHANNEL_NAMES = {1: ("grey",), 3: ("red", "green", "blue")}
#: Images are one window each; a rate of 1 keeps their place in a list of windows a whole number.
RATE = 1.0
#: Proportions that differ by more than this part of themselves are told of.
_SAME_SHAPE = 0.1


def read_images(inventory: Inventory, data: DataSpec, input: InputSpec, out: Path) -> ReadSummary:  # noqa: A002 - the impulse's word
    """Write ``out/signal.npy``, uint8 ``(images, height, width, channels)``, and ``out/recordings.json``.

    With masks ``out/masks.npy`` too, bool ``(masks, height, width)``; ``mask`` of a sample is its row there.

    Raises
    ------
    DataError
        Images where the impulse wants signals or the other way round, or an image that can't be read (unless
        ``skip-bad``).
    """
    if inventory.reader.kind != "image":
        raise DataError(
            f"{inventory.shown}: read by the reader {inventory.reader.name}, which gives no images",
            hint="set input.kind to time-series or tabular, or name a folder of images in data.path",
        )
    if input.kind != "image":
        raise DataError(
            f"{inventory.shown}: holds images, and input.kind is {input.kind}",
            hint="write `input: {kind: image, width: 96, height: 96}`; `edgewright init` writes a whole impulse",
        )
    layout = inventory.layout(data.options)
    reading = _Reading(inventory, data, input, out)
    try:
        for file in inventory.files:
            reading.file(file, layout.facts[file.relative])
    finally:
        reading.close()
    return reading.finish(layout.lines)


class _Reading:
    """The state of one ``read``."""

    def __init__(self, inventory: Inventory, data: DataSpec, input: InputSpec, out: Path) -> None:  # noqa: A002
        self.inventory, self.input, self.out, self.skip = inventory, input, out, data.skip_bad
        assert input.width is not None
        assert input.height is not None
        self.width, self.height, self.channels = input.width, input.height, input.channel_count
        self.writer = SignalWriter(out / "signal.npy", (self.height, self.width, self.channels), "|u1")
        self.masks = SignalWriter(out / "masks.npy", (self.height, self.width), "|b1")
        self.samples: list[dict[str, Any]] = []
        self.sizes: Counter[tuple[int, int]] = Counter()
        self.noted: list[tuple[str, str]] = []
        self.skipped: list[tuple[str, str]] = []
        self.names: set[str] = set()

    def file(self, file: DataFile, fact: FileFacts) -> None:
        """Read one image with its mask, or nothing of it."""
        place = shown(self.inventory, file)
        try:
            picture = picture_of(self.inventory, file)
            height, width = picture.pixels.shape[:2]
            masks = [
                resize_mask(mask, width=self.width, height=self.height, fit=self.input.fit)
                for mask in masks_of(self.inventory, file, width, height)
            ]
        except BadFileError as problem:
            if not self.skip:
                raise bad_file(place, problem) from problem
            self.skipped.append((place, problem.reason))
            return
        self.noted += [(place, remark) for remark in picture.remarks]
        self.sizes[width, height] += 1
        content = hashlib.sha256(f"{width} {height}".encode())
        content.update(np.ascontiguousarray(picture.pixels).data)
        self.samples.append(
            {
                "name": unique_name(file.relative, "", self.names),
                "file": file.relative,
                "label": fact.label,
                "split": fact.split,
                "offset": self.writer.length,
                "length": 1,
                "metadata": {**fact.metadata, "width": width, "height": height},
                "sha256": content.hexdigest(),
                "mask": self.masks.length if masks else None,
            }
        )
        self.writer.append(self._resized(picture.pixels)[None])
        if masks:
            self.masks.append(np.logical_or.reduce(masks)[None])

    def _resized(self, pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
        return resize(
            pixels, width=self.width, height=self.height, channels=self.channels, fit=self.input.fit
        )

    def close(self) -> None:
        """Complete the arrays; one without any mask is taken away."""
        self.writer.close()
        self.masks.close()
        if not self.masks.length:
            (self.out / "masks.npy").unlink()

    def finish(self, layout_lines: Sequence[str]) -> ReadSummary:
        """Write ``recordings.json``. Raises DataError when nothing was read."""
        if not self.samples:
            reasons = "; ".join(f"{file}: {reason}" for file, reason in self.skipped[:3])
            raise DataError(f"{self.inventory.shown}: no image could be read", hint=reasons or None)
        axes = CHANNEL_NAMES[self.channels]
        lines = [*self.inventory.notes(), *layout_lines, *self._size_lines()]
        warnings = [f"skipped {file}: {reason}" for file, reason in self.skipped]
        warnings += [*together(self.noted), *self._size_warnings(), *self._mask_warnings()]
        warnings += item_warnings((sample["label"], sample["metadata"]) for sample in self.samples)
        bounded = bounded_warnings(warnings)
        document = {
            "kind": "image",
            "reader": self.inventory.reader.name,
            "axes": list(axes),
            "units": [""] * len(axes),
            "frequency": RATE,
            "width": self.width,
            "height": self.height,
            "channels": self.channels,
            "resize": self.input.fit,
            "samples": self.samples,
            "lines": lines,
            "warnings": list(bounded),
            "remarks": together(self.noted),
            "skipped": [list(item) for item in self.skipped],
        }
        text = json.dumps(document, ensure_ascii=False, allow_nan=False)
        (self.out / "recordings.json").write_text(text, encoding="utf-8")
        return ReadSummary(
            len(self.samples), self.writer.length, axes, RATE, tuple(lines), bounded, tuple(self.skipped)
        )

    def _size_lines(self) -> list[str]:
        found = [f"{width} × {height} ({count})" for (width, height), count in self.sizes.most_common(4)]
        more = f" and {len(self.sizes) - 4} more sizes" if len(self.sizes) > 4 else ""
        target = f"{self.width} × {self.height}, {'RGB' if self.channels == 3 else 'grey'}"
        return [f"images of {', '.join(found)}{more} pixels are brought to {target}, {self.input.fit}"]

    def _size_warnings(self) -> list[str]:
        """What a person may not want: another shape, and detail that is made up."""
        warnings = []
        ratio = self.width / self.height
        other = [size for size in self.sizes if abs(size[0] / size[1] / ratio - 1) > _SAME_SHAPE]
        if other:
            what = {
                "squash": "they are distorted (`fit-shortest` cuts, `fit-longest` fills with black)",
                "fit-shortest": "what lies beyond is cut off and never looked at (`squash` and `fit-longest` keep all)",
                "fit-longest": "black is put beside them",
            }[self.input.fit]
            width, height = max(other, key=lambda size: self.sizes[size])
            count = sum(self.sizes[size] for size in other)
            warnings.append(
                f"{count} image(s) have other proportions ({width} × {height}, …) than the input's "
                f"{self.width} × {self.height}: {what}"
            )
        small = sum(
            count for size, count in self.sizes.items() if size[0] < self.width or size[1] < self.height
        )
        if small:
            warnings.append(
                f"{small} image(s) are smaller than {self.width} × {self.height} and are enlarged"
            )
        return warnings

    def _mask_warnings(self) -> list[str]:
        warnings = [
            f"{mask}: a mask without its image (or with several that could be meant): not used"
            for mask in self.inventory.lone_masks[:4]
        ]
        if len(self.inventory.lone_masks) > 4:
            warnings.append(f"{len(self.inventory.lone_masks) - 4} more masks without their image")
        masked = [sample for sample in self.samples if sample["mask"] is not None]
        normal = [sample["name"] for sample in masked if known_normal(sample["label"] or "") is True]
        if normal:
            warnings.append(
                f"{len(normal)} image(s) are normal by name and have a mask of defects: {normal[0]}, …"
            )
        return warnings


def picture_of(inventory: Inventory, file: DataFile) -> Picture:
    """Pixels of one image. Raises BadFileError for whatever goes wrong."""
    try:
        picture = cast("PictureReader", inventory.reader).picture(file.path, {})
    except BadFileError:
        raise
    except Exception as error:  # a reader, ours or a plugin's, met bytes that nobody thought of
        raise BadFileError(f"{type(error).__name__}: {error}") from error
    sides = picture.pixels.shape[:2]
    if not 1 <= min(sides) <= max(sides) <= LARGEST_SIDE:
        raise BadFileError(f"is {sides[1]} × {sides[0]} pixels; allowed: sides of 1 to {LARGEST_SIDE}")
    return picture


def masks_of(inventory: Inventory, file: DataFile, width: int, height: int) -> list[NDArray[np.bool_]]:
    """Masks of an image at its own size. Raises BadFileError where one can't be read, or has another size."""
    masks = []
    for mask in inventory.masks.get(file.relative, ()):
        try:
            pixels = picture_of(inventory, mask).pixels
        except BadFileError as problem:
            raise BadFileError(f"its mask {mask.relative} {problem.reason}") from problem
        if pixels.shape[:2] != (height, width):
            found = f"{pixels.shape[1]} × {pixels.shape[0]}"
            raise BadFileError(f"is {width} × {height} pixels, and its mask {mask.relative} {found}")
        masks.append(np.any(pixels != 0, axis=2))
    return masks


def item_warnings(images: Iterable[tuple[str | None, Mapping[str, Any]]]) -> list[str]:
    """Say where normal images of several items would teach one model; of each image its label and metadata."""
    found = [(known_normal(label or ""), metadata) for label, metadata in images]
    wanted = True if any(kind is True for kind, _ in found) else None
    counts = Counter(str(metadata[FIELD]) for kind, metadata in found if kind is wanted and FIELD in metadata)
    if len(counts) < 2:
        return []
    named = ", ".join(f"{item or 'beside them'} ({count})" for item, count in sorted(counts.items())[:6])
    return [
        (
            f"normal images of {len(counts)} items: {named}. One model learns all of them, and what is a defect of one may "
            "be normal for another; `data: {per: metadata.item}` trains one model for each, which sees more"
        )
    ]
