"""The sections ``data`` and ``input`` of an imported impulse: from the project's input block and from the recordings."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from edgewright.data.names import known_normal
from edgewright.data.scan import scan
from edgewright.data.suggesting import MOST_FILES, suggest
from edgewright.data.suggestion import Choice, Suggestion
from edgewright.errors import DataError
from edgewright.moving.studio import integer, number, text, texts

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from edgewright.data import Inventory
    from edgewright.moving.finding import Found
    from edgewright.moving.notes import Notes
    from edgewright.plugins import Plugins
    from edgewright_specs.interface import WindowSpec

_RESIZE = {"squash": "squash", "fit-short": "fit-shortest", "fit-long": "fit-longest", "crop": "fit-shortest"}


@dataclass
class Recordings:
    """What the recordings say: the section, their axes, and what ``init`` would propose for them."""

    section: dict[str, Choice]
    axes: tuple[str, ...] = ()
    options: dict[str, Any] = field(default_factory=dict)
    suggestion: Suggestion | None = None
    #: Whether anything is known to be normal, so that an anomaly block can learn.
    normal: bool = False


def recordings(place: Path, data: Inventory, plugins: Plugins, notes: Notes) -> Recordings:
    """Look at the recordings in a folder or file. Raises DataError where none can be read."""
    if data.reader.kind == "image":
        named = sorted({fact.label for fact in data.layout({}).facts.values() if fact.label is not None})
        good = [label for label in named if known_normal(label)]
        notes.carried(f"{len(data.files)} images", f"labels: {', '.join(named[:12]) or 'none'}")
        section = {"reader": Choice(data.reader.name, "detected")}
        return Recordings(section | _normal(good, len(named), "by name"), normal=bool(good))
    proposed = suggest(place, reader=data.reader.name, plugins=plugins)
    found = scan(
        place, plugins.readers(), reader=data.reader.name, options=proposed.options, most_files=MOST_FILES
    )
    section = dict(proposed.data)
    for warning in proposed.warnings:
        notes.changed("the recordings", warning)
    labels = Counter(fact.label for fact in found.facts if fact.label is not None)
    if labels and not any(known_normal(label) for label in labels):
        split = any(fact.split for fact in found.facts)
        learned = {
            f.label for f in found.facts if f.label is not None and (not split or f.split == "training")
        }
        good = sorted(label for label in learned if known_normal(label) is None)
        if good:
            why = (
                "the labels in training/: an anomaly block of Edge Impulse learns from all of it"
                if split
                else ("all that are not abnormal by name")
            )
            for name in ("normal", "abnormal", "split"):
                section.pop(name, None)
            section |= _normal(good, len(labels), why)
            notes.changed(
                "what is normal",
                f"{', '.join(good)} ({why})",
                "correct `normal:` in impulse.yaml if it is not so",
            )
    kept = f"{len(data.files)} files read as {data.reader.name}"
    splits = Counter(fact.split for fact in found.facts)
    notes.carried(
        kept,
        "splits kept: " + ", ".join(f"{s} {n}" for s, n in splits.items() if s)
        if any(splits)
        else "no splits",
    )
    axes = found.facts[0].axes if found.facts else ()
    return Recordings(section, axes, dict(proposed.options), proposed, "split" not in section)


def _normal(good: list[str], labels: int, why: str) -> dict[str, Choice]:
    if not good:
        return {"split": Choice("none", "explore: nothing says by its name that it is normal")}
    section = {"normal": Choice(good, why)}
    if len(good) < labels:
        section["abnormal"] = Choice("rest", "all other labels")
    return section


def input_section(
    found: Found, data: Recordings | None, notes: Notes
) -> tuple[dict[str, Choice], WindowSpec | None]:
    """The section ``input``, and the window that it describes where everything needed is known.

    Raises
    ------
    DataError
        Neither the project nor the recordings tell how windows are cut.
    """
    project = found.project
    if not project.inputs and data is not None and data.suggestion is not None and not found.macros:
        return dict(data.suggestion.input), None
    block: Mapping[str, Any] = project.inputs[0] if project.inputs else {}
    for other in project.inputs[1:]:
        notes.left(
            f"input block “{text(other.get('title')) or text(other.get('name'))}”", "an impulse has one input here",
            "make a second impulse of the blocks that read it",
        )  # fmt: skip
    kind = text(block.get("type")) or "time-series"
    if kind == "image":
        return _image(block, project.processing, notes), None
    if kind == "features":
        notes.carried("input block of features", "as tabular data: a row is a sample")
        axes = _axes(found, data, notes)
        return {"kind": Choice("tabular", "each row is a sample by itself")} | axes, None
    return _series(found, block, data, notes)


def _series(
    found: Found, block: Mapping[str, Any], data: Recordings | None, notes: Notes
) -> tuple[dict[str, Choice], WindowSpec | None]:
    project = found.project
    proposed = data.suggestion.input if data is not None and data.suggestion is not None else {}
    frequency = number(block.get("frequencyHz")) or project.frequency or found.macros.get("FREQUENCY")
    window = number(block.get("windowSizeMs"))
    rows = project.samples or integer(found.macros.get("RAW_SAMPLE_COUNT"))
    if frequency is None and "frequency" in proposed:
        frequency = float(proposed["frequency"].value)
    if window is None and rows and frequency:
        window = rows * 1000.0 / frequency
    if window is None and "window_ms" in proposed:
        window = float(proposed["window_ms"].value)
        notes.changed(
            "the window", "its length is not in the export", "set window_ms to what the project has"
        )
    if window is None:
        raise DataError(
            f"{found.root}: nothing tells how long a window is",
            hint="give deployment-metadata.json or the impulse's JSON, or the data export beside it",
        )
    stride = number(block.get("windowIncreaseMs"))
    section = {"kind": Choice("time-series")}
    if frequency is not None:
        section["frequency"] = Choice(frequency, "Hz, as in the project; other recordings are resampled")
    section["window_ms"] = Choice(window)
    section["stride_ms"] = Choice(
        stride or window, "" if stride else "not in the export: windows side by side"
    )
    section |= _axes(found, data, notes)
    if block.get("padZeros") is True:
        section["pad"] = Choice(True, "recordings shorter than a window are filled with zeros")
    notes.carried("the window", f"{window:g} ms every {stride or window:g} ms")
    running = number(block.get("classificationWindowIncreaseMs"))
    if running is not None and running != stride:
        notes.left(
            f"a window every {running:g} ms when classifying", "one stride serves for training and for scoring",
            "set it as stride_ms, or push samples into the device's stream at your own pace",
        )  # fmt: skip
    if isinstance(block.get("labelingMethodMultiLabel"), dict):
        notes.left(
            "how a window of several labels gets one", "recordings are cut where their label changes",
            "nothing: no window here has two labels",
        )  # fmt: skip
    axes = section["axes"].value if "axes" in section else list(data.axes) if data is not None else None
    if frequency is None or not axes:
        return section, None
    length = max(1, round(window * frequency / 1000))
    return section, {"kind": "time-series", "length": length, "axes": list(axes), "frequency": frequency}


def _axes(found: Found, data: Recordings | None, notes: Notes) -> dict[str, Choice]:
    blocks = found.project.processing
    wanted = list(dict.fromkeys(axis for block in blocks for axis in block.axes))
    given = [axis for block in found.project.inputs[:1] for axis in texts(block.get("axes"))]
    names = given or wanted
    if data is None or not data.axes:
        return {"axes": Choice(names)} if names else {}
    absent = [axis for axis in names if axis not in data.axes]
    if not absent:
        return {"axes": Choice(names)} if names else {}
    if len(names) == len(data.axes) == 1:  # sound: the project calls its one axis as it likes
        return {}
    notes.left(
        f"axes {', '.join(absent)}", f"no recording has them; there are {', '.join(data.axes[:12])}",
        "correct `axes` in impulse.yaml, under input and at the nodes",
    )  # fmt: skip
    return {"axes": Choice([axis for axis in names if axis in data.axes] or list(data.axes))}


def _image(block: Mapping[str, Any], processing: Sequence[Any], notes: Notes) -> dict[str, Choice]:
    section = {"kind": Choice("image")}
    for ours, theirs in (("width", "imageWidth"), ("height", "imageHeight")):
        size = integer(block.get(theirs))
        if size:
            section[ours] = Choice(size)
    channels = next(
        (str(b.options["channels"]).lower() for b in processing if b.options.get("channels") is not None), ""
    )
    if channels in ("rgb", "grayscale"):
        section["channels"] = Choice(channels)
    mode = text(block.get("resizeMode"))
    if mode in _RESIZE:
        section["resize"] = Choice(_RESIZE[mode])
        if mode == "crop":
            notes.changed(
                "cropping images", "the middle is kept, whatever the anchor", "crop the images beforehand"
            )
    method = text(block.get("resizeMethod"))
    if method:
        notes.changed(f"resizing by {method}", "images are resized by this version's own method", "")
    notes.carried("the images' size", f"{block.get('imageWidth')} × {block.get('imageHeight')}")
    return section
