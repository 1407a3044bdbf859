"""What ``edgewright data show`` prints: classes, durations, gaps, rates, axes, ranges, and every file that is bad."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from edgewright.data.image_reading import item_warnings
from edgewright.data.normality import Labels, conclude
from edgewright.data.resampling import same_rate
from edgewright.data.scan import Facts, Scan, scan, scan_files

if TYPE_CHECKING:
    from collections.abc import Mapping

    from edgewright.plugins import Plugins

_MOST_WARNINGS = 100


@dataclass(frozen=True)
class LabelOverview:
    """One class. ``normal``: True, False, or None where its name does not say. ``seconds``: None where no rate is known."""

    label: str | None
    normal: bool | None
    samples: int
    seconds: float | None
    splits: Mapping[str, int]


@dataclass(frozen=True)
class AxisOverview:
    """One axis over the whole data set."""

    name: str
    unit: str
    minimum: float
    maximum: float
    mean: float
    std: float


@dataclass(frozen=True)
class DataOverview:
    """A data set at a glance.

    ``kind``: ``time-series``, ``tabular`` or ``image``. ``frequencies``: (Hz or None, recordings), most common first.
    ``lengths``: shortest, median and longest recording in values. ``sizes``: (width, height, images), most common first.
    ``lines`` say what was concluded and why.
    """

    path: str
    kind: str
    reader: str
    files: int
    samples: int
    seconds: float | None
    labels: tuple[LabelOverview, ...]
    axes: tuple[AxisOverview, ...]
    frequencies: tuple[tuple[float | None, int], ...]
    lengths: tuple[int, int, int]
    sizes: tuple[tuple[int, int, int], ...]
    masks: int
    lines: tuple[str, ...]
    warnings: tuple[str, ...]
    bad: tuple[tuple[str, str], ...]
    ignored: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """Plain values, for ``--json``."""
        return asdict(self)


def describe(
    path: Path | str,
    *,
    reader: str | None = None,
    options: Mapping[str, Any] | None = None,
    plugins: Plugins | None = None,
) -> DataOverview:
    """Look at a folder or file.

    Parameters
    ----------
    path : path of a folder or a file
    reader : str, optional
        As ``data.reader``; detected by default.
    options : mapping, optional
        As ``data.options``.
    plugins : Plugins, optional
        Where readers come from.

    Raises
    ------
    DataError
        Nothing there that a reader knows. Single bad files are listed in the result.
    """
    return overview_of(scan(Path(path), readers_of(plugins), reader=reader, options=options))


def describe_impulse(path: Path, *, plugins: Plugins | None = None) -> DataOverview:
    """Look at the data of an impulse file as a run of it sees them: its reader, options, part of the data and labels.

    Raises
    ------
    SpecError
        The impulse isn't one.
    DataError
        Nothing there that can be read.
    """
    from edgewright.data.listing import inventory
    from edgewright.plugins import make_plugins
    from edgewright_specs.loading import load_impulse

    impulse = load_impulse(path)
    data = impulse.data
    files = inventory(data, path.resolve().parent, plugins or make_plugins())
    found = scan_files(files, data.options, tabular=impulse.input.kind == "tabular")
    return overview_of(found, data.normal, data.abnormal)


def readers_of(plugins: Plugins | None) -> Any:
    if plugins is None:
        from edgewright.plugins import make_plugins

        plugins = make_plugins()
    return plugins.readers()


def overview_of(found: Scan, normal: Labels = None, abnormal: Labels = None) -> DataOverview:
    """Sum a scan up; `normal` and `abnormal` as an impulse has them."""
    counts = found.label_counts()
    normality = conclude(counts, normal, abnormal)
    members: dict[str | None, list[Facts]] = {label: [] for label in counts}
    for fact in found.facts:
        members[fact.label].append(fact)
    labels = [
        LabelOverview(
            label,
            normality.of[label],
            len(own),
            _total([fact.seconds for fact in own]),
            dict(Counter(fact.split for fact in own if fact.split)),
        )
        for label, own in sorted(members.items(), key=lambda item: (item[0] is None, item[0] or ""))
    ]
    lengths = [fact.length for fact in found.facts] or [0]
    axes = tuple(
        AxisOverview(name, axis.unit, axis.minimum, axis.maximum, axis.mean, axis.std)
        for name, axis in found.ranges.items()
    )
    warnings = [*_findings(found), *found.warnings]
    if len(warnings) > _MOST_WARNINGS:
        warnings = [*warnings[:_MOST_WARNINGS], f"and {len(warnings) - _MOST_WARNINGS} more"]
    return DataOverview(
        path=found.inventory.shown,
        kind=found.kind,
        reader=found.inventory.reader.name,
        files=len(found.inventory.files),
        samples=len(found.facts),
        seconds=_total([fact.seconds for fact in found.facts]),
        labels=tuple(labels),
        axes=axes,
        frequencies=tuple(found.rates().most_common()),
        lengths=(min(lengths), int(np.median(lengths)), max(lengths)),
        sizes=_sizes(found),
        masks=len(found.inventory.masks),
        lines=(*found.lines, *normality.lines),
        warnings=tuple(warnings),
        bad=tuple(found.bad),
        ignored=found.inventory.ignored,
    )


def _sizes(found: Scan) -> tuple[tuple[int, int, int], ...]:
    if found.kind != "image":
        return ()
    counts = Counter((int(fact.metadata["width"]), int(fact.metadata["height"])) for fact in found.facts)
    return tuple((width, height, count) for (width, height), count in counts.most_common())


def _total(seconds: list[float | None]) -> float | None:
    known = [value for value in seconds if value is not None]
    return float(sum(known)) if len(known) == len(seconds) and known else None


def _findings(found: Scan) -> list[str]:
    """What would hinder a run: rates and axes that differ, flat axes."""
    warnings = []
    if found.kind == "time-series":
        rates = found.rates()
        usual = next((rate for rate, _ in rates.most_common() if rate is not None), None)
        unknown = rates.get(None, 0)
        if unknown:
            warnings.append(f"{unknown} recording(s) do not say their rate: input.frequency will be needed")
        for rate, count in rates.most_common():
            if rate is not None and usual is not None and not same_rate(rate, usual):
                warnings.append(f"{count} recording(s) are at {rate:g} Hz, most at {usual:g} Hz")
    if found.kind == "image":
        warnings += [f"{mask}: a mask without its image" for mask in found.inventory.lone_masks[:20]]
        return warnings + item_warnings((fact.label, fact.metadata) for fact in found.facts)
    sets = found.axis_sets().most_common()
    warnings += [
        f"{count} recording(s) have the axes {', '.join(axes[:12])}; most have {', '.join(sets[0][0][:12])}"
        for axes, count in sets[1:4]
    ]
    flat = [name for name, axis in found.ranges.items() if axis.minimum == axis.maximum]
    if flat:
        warnings.append(f"never changes: {', '.join(flat[:8])}")
    return warnings
