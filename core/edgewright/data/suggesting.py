"""Propose an impulse for a folder: what ``edgewright init`` does."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import numpy as np

from edgewright.data.names import known_normal
from edgewright.data.overview import readers_of
from edgewright.data.resampling import same_rate
from edgewright.data.scan import Scan, scan
from edgewright.data.suggestion import Choice, Suggestion, impulse_name
from edgewright.data.two_folders import data_of
from edgewright.data.windowing import count_windows
from edgewright.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from edgewright.data.readers.base import Reader
    from edgewright.plugins import Plugins

#: Files opened at most: enough to know rate, axes and durations, quick on ten thousand.
MOST_FILES = 400
#: From this rate on a signal is treated as sound.
AUDIO_RATE = 3000.0
_ASSUMED_RATE = 100.0
_MOTION_WINDOW_S = 2.0
_AUDIO_WINDOW_S = 1.0
#: Sounds up to this long may be words or strokes, each a window by itself.
_CLIP_S = 4.0
_FEWEST_VALUES = 16
_MOST_WINDOWS = 20_000
#: Below this a false-alarm rate of 1 in 100 can hardly be estimated.
_FEW_WINDOWS = 400
_MOST_CLUSTERS = 32
#: The built-in block that learns from images themselves.
_VISUAL = "visual_anomaly"


def suggest(
    path: Path | str | None = None,
    *,
    normal: Path | str | None = None,
    abnormal: Path | str | None = None,
    reader: str | None = None,
    plugins: Plugins | None = None,
) -> Suggestion:
    """Look at a data folder and propose an impulse that runs as it is.

    Parameters
    ----------
    path : folder or file
        The data set; left out when ``normal`` is given.
    normal, abnormal : folders, optional
        Recordings known to be normal and, if there are any, abnormal.
    reader : str, optional
    plugins : Plugins, optional

    Raises
    ------
    DataError
        Nothing that can be read.
    UsageError
        Neither ``path`` nor ``normal``.
    """
    root, options = data_of(path, normal, abnormal, "init")
    found = _scanned(root, readers_of(plugins), reader, options)
    if not found.facts:
        reasons = "; ".join(f"{file}: {reason}" for file, reason in found.bad[:3])
        what = "image" if found.kind == "image" else "recording"
        raise DataError(f"{root}: no {what} could be read", hint=reasons)
    if found.kind == "image":
        return _images(found, root, options, plugins)
    _leave_out_other_axes(found)
    return _tabular(found, root, options) if found.kind == "tabular" else _series(found, root, options)


def _scanned(root: Path, readers: Sequence[Reader], reader: str | None, options: dict[str, Any]) -> Scan:
    """Scan; where cells are missing, choose what to do about them and scan again."""
    if not root.exists():
        raise DataError(
            f"{root}: there is no such file or folder", hint="name the folder that holds the data"
        )

    def look() -> Scan:
        return scan(root, readers, reader=reader, options=options, most_files=MOST_FILES)

    found = look()
    if found.missing:
        options["missing"] = "interpolate"
        found = look()
        if (
            found.kind == "tabular"
        ):  # rows are samples by themselves: one can go, and none lies between two others
            options["missing"] = "drop"
            found = look()
    return found


def _leave_out_other_axes(found: Scan) -> None:
    """Where recordings have no axis in common but most have the same ones, the others count as bad."""
    sets = found.axis_sets().most_common()
    most, count = sets[0]
    if 2 * count <= len(found.facts) or any(all(name in axes for axes, _ in sets) for name in most):
        return
    for axes, others in sets[1:]:
        reason = f"the axes {', '.join(axes[:6])}, where most recordings have {', '.join(most[:6])}"
        found.bad.append((f"{others} recording(s)", reason))
    found.facts = [fact for fact in found.facts if fact.axes == most]


def _series(found: Scan, root: Path, options: dict[str, Any]) -> Suggestion:
    rate, why_rate = _rate(found)
    audio = rate >= AUDIO_RATE
    lengths = np.array([_at_rate(fact.length, fact.frequency, rate) for fact in found.facts])
    window, why_window = _window(lengths, rate, _AUDIO_WINDOW_S if audio else _MOTION_WINDOW_S)
    if audio and lengths.max() <= _CLIP_S * rate:
        why_window += "; for short sounds as a whole: window: sample, without window_ms and stride_ms"
    factor = len(found.inventory.files) / max(found.read, 1)
    stride = _stride(lengths, window, factor)
    training = _training_windows(found, lengths, window, stride, factor)
    data, notes = _data(found)
    chosen: dict[str, Choice] = {
        "kind": Choice("time-series"),
        "frequency": Choice(rate, why_rate),
        "window_ms": Choice(_ms(window, rate), f"{window} values; {why_window}"),
        "stride_ms": Choice(_ms(stride, rate), f"{stride} values from one window to the next"),
        **_axes(found),
    }
    fft = 128 if audio else 16
    while not audio and fft < 64 and 4 * fft <= window and training >= 500:
        fft *= 2
    processing = (
        "spectral_analysis",
        {"fft-length": Choice(fft, f"bins {rate / fft:.4g} Hz wide; longer sees finer, and needs more data")},
        "level, shape and spectrum of each axis: "
        + ("the hum of a machine" if audio else "for anything that repeats"),
    )
    what = "sound" if audio else "sensor time series"
    return _suggestion(
        "audio" if audio else "motion", what, found, root, options, data, chosen, processing, training, notes
    )


def _tabular(found: Scan, root: Path, options: dict[str, Any]) -> Suggestion:
    data, notes = _data(found)
    rows = len(found.facts) * len(found.inventory.files) / max(found.read, 1)
    chosen = {"kind": Choice("tabular", "each row is a sample by itself"), **_axes(found)}
    processing: tuple[str, dict[str, Choice], str] = (
        "raw",
        {},
        "the columns as they are; K-means brings them to one scale",
    )
    training = int(rows * _normal_share(found) * 0.7)
    return _suggestion(
        "tabular", "table of rows", found, root, options, data, chosen, processing, training, notes
    )


def _images(found: Scan, root: Path, options: dict[str, Any], plugins: Plugins | None) -> Suggestion:
    from edgewright.data.suggesting_images import suggest_images
    from edgewright.plugins import make_plugins
    from edgewright.registry import builtin_folders, resolve

    plugins = plugins or make_plugins()
    block = resolve(_VISUAL, root, plugins) if _VISUAL in builtin_folders(plugins) else None
    data, notes = _data(found)
    images = len(found.facts) * len(found.inventory.files) / max(found.read, 1)
    return suggest_images(
        found, root, options, data, notes,
        training=int(images * _normal_share(found) * 0.7),
        visual=block,
    )  # fmt: skip


def _suggestion(
    kind: str,
    what: str,
    found: Scan,
    root: Path,
    options: dict[str, Any],
    data: dict[str, Choice],
    chosen: dict[str, Choice],
    processing: tuple[str, dict[str, Choice], str],
    training: int,
    notes: list[str],
) -> Suggestion:
    clusters = int(np.clip(training // 20, 1, _MOST_CLUSTERS))
    learning = (
        "kmeans",
        {"clusters": Choice(clusters, f"about {training} training windows, 20 or more a cluster")},
        "learns what normal windows look like; a window's score is its distance from them",
    )
    files = len(found.inventory.files)
    head = [
        f"Made by `edgewright init` for a {what}: {files} file(s), read as {found.inventory.reader.name}."
    ]
    warnings = [*(f"{file}: {reason}" for file, reason in found.bad), *found.warnings]
    named = (root.resolve() if root.is_dir() else root.with_suffix("")).name
    return Suggestion(
        kind=kind,
        path=root,
        name=impulse_name(named),
        data=data,
        input=chosen,
        processing=processing,
        learning=learning,
        notes=(*head, *notes),
        warnings=tuple(warnings),
        options=options,
    )


def _data(found: Scan) -> tuple[dict[str, Choice], list[str]]:
    """The data section, and comments about labels."""
    data = {"reader": Choice(found.inventory.reader.name, "detected")}
    if found.bad:
        names = ", ".join(file for file, _ in found.bad[:3]) + (", …" if len(found.bad) > 3 else "")
        data["skip-bad"] = Choice(True, f"{len(found.bad)} can't be used: {names}")
    counts = found.label_counts()
    labels = sorted(label for label in counts if label is not None)
    good, why = _normal_labels(found)
    listed = ", ".join(f"{label} ({counts[label]})" for label in labels[:12])
    if good:
        data["normal"] = Choice(good, why)
        if len(good) < len(labels):
            data["abnormal"] = Choice(
                "rest", f"all other labels: {', '.join(label for label in labels if label not in good)[:80]}"
            )
        return data, []
    what = "image" if found.kind == "image" else "recording"
    data["split"] = Choice("none", f"explore: every {what} is fitted and scored, without right or wrong")
    if not labels:
        return data, [
            f"No labels were found: put {what}s into one folder a label to get thresholds that are tested.",
            "If all of them are normal, `edgewright init --normal DIR` says so.",
        ]
    return data, [
        f"Labels found: {listed}. None says by its name that it is normal.",
        "List the normal ones as `normal: [...]` under data and delete `split: none` to get tested thresholds.",
    ]


def _normal_labels(found: Scan) -> tuple[list[str], str]:
    """The labels to learn from and why; none where nothing says so."""
    labels = sorted(label for label in found.label_counts() if label is not None)
    by_name = {label: known_normal(label) for label in labels}
    good = [label for label in labels if by_name[label] is True]
    if good:
        return good, "by name"
    unknown = [label for label in labels if by_name[label] is None]
    if len(labels) == 1:
        return unknown, "the only label, so taken as normal; nothing abnormal to test with"
    if len(unknown) < len(labels):
        return unknown, "all that are not abnormal by name; check this"
    return [], ""


def _rate(found: Scan) -> tuple[float, str]:
    rates: Counter[float] = Counter()
    for rate, count in found.rates().items():
        if rate is not None:
            near = next((known for known in rates if same_rate(known, rate)), rate)
            rates[near] += count
    if not rates:
        return _ASSUMED_RATE, "Hz. AN ASSUMPTION: the files do not say; set the real rate"
    rate, count = rates.most_common(1)[0]
    if len(rates) == 1:
        return rate, "Hz, as the files say"
    if 2 * count <= rates.total():
        ordered = sorted(rates.elements())
        return ordered[len(ordered) // 2], (
            f"Hz, the middle of {ordered[0]:g} to {ordered[-1]:g} Hz; all recordings are resampled to it"
        )
    others = ", ".join(f"{other:g} Hz ({n})" for other, n in rates.most_common()[1:4])
    return rate, f"Hz, as most recordings have ({count}); resampled: {others}"


def _at_rate(length: int, frequency: float | None, rate: float) -> int:
    if frequency is None or same_rate(frequency, rate):
        return length
    return max(1, int(length * rate / frequency))


def _window(lengths: Any, rate: float, seconds: float) -> tuple[int, str]:
    """The usual duration, but at most a quarter of what nine of ten recordings have, so that each gives many windows."""
    short = int(np.quantile(lengths, 0.1, method="lower"))
    wanted = max(round(seconds * rate), _FEWEST_VALUES)
    if wanted <= short // 4:
        return wanted, "long enough to hold the movement" if seconds > 1 else "long enough to hear it"
    if short // 4 >= _FEWEST_VALUES:
        return short // 4, "a quarter of the shortest recordings"
    return max(min(short, _FEWEST_VALUES), 1), "as long as the short recordings allow"


def _stride(lengths: Any, window: int, factor: float) -> int:
    """A quarter of a window; an eighth where windows are few, wider where there would be more than anyone needs."""
    total = float(lengths.sum()) * factor
    usual = window // 4 if total / max(window // 4, 1) >= _FEW_WINDOWS else window // 8
    return int(np.clip(max(usual, round(total / _MOST_WINDOWS)), 1, max(window, 1)))


def _training_windows(found: Scan, lengths: Any, window: int, stride: int, factor: float) -> int:
    total = sum(count_windows(int(length), window, stride, pad=False) for length in lengths)
    return int(total * factor * _normal_share(found) * 0.7)


def _normal_share(found: Scan) -> float:
    """The share of samples that will be learned from; all of them where normal is not known."""
    counts = found.label_counts()
    good = sum(counts[label] for label in _normal_labels(found)[0])
    return good / max(sum(counts.values()), 1) if good else 1.0


def _axes(found: Scan) -> dict[str, Choice]:
    """Axes are named only where recordings differ: those that all have."""
    sets = found.axis_sets().most_common()
    if len(sets) == 1:
        listed = ", ".join(sets[0][0][:8]) + (", …" if len(sets[0][0]) > 8 else "")
        return (
            {"axes": Choice(list(sets[0][0]), "")}
            if len(sets[0][0]) <= 12
            else {"axes": Choice(list(sets[0][0]), listed)}
        )
    common = [name for name in sets[0][0] if all(name in axes for axes, _ in sets)]
    if common:
        return {"axes": Choice(common, "those that every recording has")}
    raise DataError(
        f"{found.inventory.shown}: recordings have no axis in common: "
        + "; ".join(f"{', '.join(axes[:6])} ({count})" for axes, count in sets[:4]),
        hint="name a folder whose recordings come from the same sensors",
    )


def _ms(values: int, rate: float) -> float:
    """A duration that comes back as the same number of values."""
    for digits in (3, 6, 9, 12, 15):
        duration = float(f"{1000 * values / rate:.{digits}g}")
        if max(1, round(duration * rate / 1000)) == values and (
            digits >= 6 or abs(duration * rate / 1000 - values) < 0.05
        ):
            return duration
    return 1000 * values / rate
