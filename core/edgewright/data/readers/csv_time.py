"""Time columns in seconds: numbers in s, ms, µs or ns, and ISO dates."""

from __future__ import annotations

import re
import warnings
from datetime import datetime
from typing import TYPE_CHECKING

from edgewright.data.readers.base import BadFileError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

TIME_UNITS = {"s": 1.0, "ms": 1e-3, "us": 1e-6, "ns": 1e-9}
_ZONE = re.compile(r"(Z|[+-]\d\d:?\d\d)$")
#: Names that mean seconds by habit, as long as the steps look like it.
_SECONDS_NAMES = frozenset({"time", "t", "elapsed", "time elapsed"})


def guess_unit(values: NDArray[np.float64], name: str) -> str:
    """Conclude the unit of a numeric time column that does not name it.

    Notes
    -----
    Dates since 1970 tell their unit by their size. Otherwise a usual step below 0.5 can only be seconds; a column
    called ``time`` or ``t`` counts seconds while its step is below 5; everything else is milliseconds, which is what a
    column called ``timestamp`` holds in Edge Impulse's CSV files.
    """
    import numpy as np

    first = abs(float(values[0])) if len(values) else 0.0
    for limit, unit in ((1e17, "ns"), (1e14, "us"), (1e11, "ms"), (5e8, "s")):
        if first >= limit:
            return unit
    steps = np.diff(values[:1000])
    steps = steps[steps > 0]
    usual = float(np.median(steps)) if len(steps) else 0.0
    if 0 < usual < 0.5 or (name in _SECONDS_NAMES and usual < 5):
        return "s"
    return "ms"


def numeric_seconds(values: NDArray[np.float64], unit: str | None, name: str) -> NDArray[np.float64]:
    """Seconds since the first value, so that dates keep their microseconds."""
    scale = TIME_UNITS[unit or guess_unit(values, name)]
    return (values - values[0]) * scale if len(values) else values


def iso_seconds(cells: NDArray[np.str_]) -> NDArray[np.float64]:
    """Seconds since the first of a column of ISO dates (``2024-05-01T12:00:00.250Z``). Raises BadFileError.

    One time zone for all (or none) is read at NumPy's speed; changing zones are read one by one.
    """
    import numpy as np

    zones = {match.group(1) if (match := _ZONE.search(cell)) else "" for cell in cells[:1]}
    zone = zones.pop() if zones else ""
    try:
        if zone:
            ends = np.char.endswith(cells, zone)
            if not ends.all():
                return _one_by_one(cells)
            cells = np.array([cell[: -len(zone)] for cell in cells])
        with warnings.catch_warnings():
            warnings.simplefilter("error")  # a zone in a later row is only warned of, and would be lost
            stamps = np.char.replace(np.char.strip(cells), ",", ".").astype("datetime64[us]")
    except (ValueError, Warning):
        return _one_by_one(cells)
    return np.asarray((stamps - stamps[0]).astype(np.float64) * 1e-6)


_FORMATS = ("%d.%m.%Y %H:%M:%S.%f", "%d.%m.%Y %H:%M:%S", "%Y/%m/%d %H:%M:%S.%f", "%Y/%m/%d %H:%M:%S",
    "%H:%M:%S.%f", "%H:%M:%S", "%H.%M.%S",
)  # fmt: skip


def is_date(cell: str) -> bool:
    """Whether a cell can be read as a date or a time of day."""
    return _date(cell.strip()) is not None


def _one_by_one(cells: NDArray[np.str_]) -> NDArray[np.float64]:
    import numpy as np

    seconds = np.empty(len(cells))
    first: datetime | None = None
    for row, cell in enumerate(cells.tolist()):
        stamp = _date(cell.strip())
        if stamp is None:
            raise BadFileError(f"the time {cell!r} is neither a number nor an ISO date")
        first = first or stamp
        try:
            seconds[row] = (stamp - first).total_seconds()
        except TypeError as error:
            raise BadFileError("some times name a zone and others do not") from error
    return seconds


# Python 3.10 takes fractions of 3 or 6 digits only, and zones with a colon.
_FRACTION = re.compile(r"(?<=:\d\d)\.\d+")
_ZONE_WITHOUT_COLON = re.compile(r"(:\d\d(?:\.\d+)?[+-]\d\d)(\d\d)$")


def _date(text: str) -> datetime | None:
    iso = text.replace("Z", "+00:00").replace(",", ".")
    iso = _FRACTION.sub(lambda found: found[0][:7].ljust(7, "0"), iso)
    try:
        return datetime.fromisoformat(_ZONE_WITHOUT_COLON.sub(r"\1:\2", iso))
    except ValueError:
        pass
    for form in _FORMATS:
        try:
            return datetime.strptime(text, form)
        except ValueError:
            continue
    return None
