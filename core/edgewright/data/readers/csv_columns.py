"""What each column of a delimited file is for: time, label, recording, group, index or an axis."""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass, field

from edgewright.data.readers.base import BadFileError, Options
from edgewright.data.readers.csv_dialect import Dialect, is_missing, mostly_numbers, number
from edgewright.data.readers.csv_time import TIME_UNITS, is_date

_UNIT_WORDS = {
    **dict.fromkeys(("s", "sec", "secs", "second", "seconds"), "s"),
    **dict.fromkeys(("ms", "msec", "milli", "millis", "millisecond", "milliseconds"), "ms"),
    **dict.fromkeys(("us", "µs", "μs", "usec", "micro", "micros", "microsecond", "microseconds"), "us"),
    **dict.fromkeys(("ns", "nsec", "nano", "nanos", "nanosecond", "nanoseconds"), "ns"),
}
_TIME_WORDS = frozenset(
    [
        "time",
        "timestamp",
        "timestamps",
        "t",
        "ts",
        "date",
        "datetime",
        "elapsed",
        "epoch",
        "clock",
        "utc",
        "unix",
        "local",
        "system",
        "relative",
    ]
)
#: Column names that say what a row is; the first that a file has wins.
LABEL_NAMES = ("label", "labels", "class", "target", "category", "activity", "condition", "state", "status")
FLAG_NAMES = (
    "anomaly",
    "is anomaly",
    "abnormal",
    "outlier",
    "fault",
    "faulty",
    "failure",
    "attack",
    "defect",
)
ID_NAMES = (
    "id", "recording", "recording id", "sample", "sample id", "series", "series id", "sequence", "sequence id",
    "episode", "trial", "run", "run id", "file", "filename", "file name", "session", "session id", "measurement",
)  # fmt: skip
GROUP_NAMES = (
    "group", "subject", "subject id", "person", "person id", "participant", "participant id", "user", "user id",
    "patient", "patient id", "machine", "machine id", "unit id", "engine id",
)  # fmt: skip
INDEX_NAMES = ("", "index", "row", "no", "nr", "unnamed 0", "counter", "seq", "packet", "sample number")
_NAME_UNIT = re.compile(r"^(?P<name>.*\S)\s*[\(\[](?P<unit>[^()\[\]]*)[\)\]]$")


@dataclass
class Columns:
    """Column numbers by role. ``axes`` are (column, name, unit)."""

    axes: list[tuple[int, str, str]] = field(default_factory=list)
    time: int | None = None
    time_name: str = ""
    time_unit: str | None = None
    time_text: bool = False
    label: int | None = None
    label_is_flag: bool = False
    recording: int | None = None
    group: int | None = None
    text: list[int] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def columns_of(dialect: Dialect, options: Options) -> Columns:
    """Give every column its role, from its name and the head's cells. Raises BadFileError."""
    names = dialect.header or tuple("" for _ in range(dialect.width))
    words = [_words(name) for name in names]
    result = Columns()
    named = (i for i, word in enumerate(words) if word in LABEL_NAMES or word in FLAG_NAMES)
    measured = {column for column in named if _is_measured(dialect, column)}
    taken: set[int] = set(_ignored(names, options))
    result.label = _choose("label", names, words, LABEL_NAMES, taken | measured, options)
    if result.label is None:
        result.label = _choose("label", names, words, FLAG_NAMES, taken | measured, {})
    if result.label is not None:
        taken.add(result.label)
        result.label_is_flag = words[result.label] in FLAG_NAMES
    result.recording = _choose("id", names, words, ID_NAMES, taken, options)
    result.group = _choose("group", names, words, GROUP_NAMES, taken, options)
    _find_time(result, dialect, names, words, taken, options)
    for column in range(dialect.width):
        if column in taken:
            continue
        filled = [row[column] for row in dialect.rows if not is_missing(row[column])]
        if not filled and dialect.rows:
            if names[column]:
                result.notes.append(f"the column {names[column]!r} is empty: ignored")
        elif dialect.header and words[column] in INDEX_NAMES:
            continue
        elif mostly_numbers(filled, dialect.decimal_comma):
            name, unit = _name_and_unit(names[column])
            result.axes.append((column, name or f"ch{len(result.axes) + 1}", unit))
        else:
            result.text.append(column)
    if not result.axes:
        raise BadFileError("no column of numbers was found")
    plain = [name for _, name, _ in result.axes]
    if len(set(plain)) != len(plain):
        result.axes = [(column, names[column] or name, unit) for column, name, unit in result.axes]
    plain = [name for _, name, _ in result.axes]
    twice = sorted({name for name in plain if plain.count(name) > 1})
    if twice:
        raise BadFileError(f"the column name(s) {', '.join(map(repr, twice))} appear more than once")
    return result


def _is_measured(dialect: Dialect, column: int) -> bool:
    """Whether numbers with fractions stand in a column: a reading, whatever its name (``state``: 0.37)."""
    values = [number(row[column], dialect.decimal_comma) for row in dialect.rows]
    return any(value is not None and value != value // 1 for value in values)


def _find_time(
    result: Columns,
    dialect: Dialect,
    names: tuple[str, ...],
    words: list[str],
    taken: set[int],
    options: Options,
) -> None:
    if options.get("time") == "none":
        return
    candidates: list[tuple[bool, int, str | None]] = []
    forced = _named("time", names, words, options)
    for column, word in enumerate(words):
        if forced is not None and column != forced:
            continue
        unit = _time_unit(word)
        if column not in taken and (forced is not None or unit is not None):
            candidates.append((unit in TIME_UNITS, column, unit or ""))
    if not candidates and not dialect.header and _looks_like_clock(dialect):
        candidates.append((False, 0, ""))
        result.notes.append(
            "the first column rises in equal steps: read as time (reader option time: none if it is not)"
        )
    if not candidates and forced is None:
        dates = [
            i
            for i in range(dialect.width)
            if i not in taken and _cells(dialect, i) and is_date(_cells(dialect, i)[0])
        ]
        candidates = [(False, i, "") for i in dates if not _is_number_column(dialect, i)]
    if not candidates:
        return
    # One that names its unit comes first, then one that moves: a date beside a time of day often stands still.
    candidates.sort(key=lambda item: (not item[0], len(set(_cells(dialect, item[1]))) < 2, item[1]))
    _, column, unit = candidates[0]
    taken.update(item[1] for item in candidates)
    result.time, result.time_name = column, words[column]
    given = options.get("time-unit")
    if given is not None and given not in TIME_UNITS:
        raise BadFileError(
            f"the reader option 'time-unit' must be one of {', '.join(TIME_UNITS)}, got {given!r}"
        )
    result.time_unit = str(given) if given else (unit or None)
    result.time_text = not _is_number_column(dialect, column)
    if result.time_text and forced is None and not is_date(next(iter(_cells(dialect, column)), "")):
        result.notes.append(f"the time column {names[column]!r} is not understood: ignored")
        result.time, result.time_text = None, False


def _cells(dialect: Dialect, column: int) -> list[str]:
    return [row[column] for row in dialect.rows if not is_missing(row[column])]


def _is_number_column(dialect: Dialect, column: int) -> bool:
    return mostly_numbers(_cells(dialect, column), dialect.decimal_comma)


def _looks_like_clock(dialect: Dialect) -> bool:
    if dialect.width < 2 or len(dialect.rows) < 8:
        return False
    cells = [number(row[0], dialect.decimal_comma) for row in dialect.rows]
    values = [cell for cell in cells if cell is not None]
    if len(values) != len(cells):
        return False
    steps = [b - a for a, b in itertools.pairwise(values)]
    return min(steps) > 0 and max(steps) - min(steps) <= 0.1 * max(steps)


def _time_unit(word: str) -> str | None:
    """``None``: not a time column; ``""``: one that does not say its unit; else the unit."""
    parts = word.split()
    units = [_UNIT_WORDS[part] for part in parts if part in _UNIT_WORDS]
    rest = [part for part in parts if part not in _UNIT_WORDS]
    if not parts or any(part not in _TIME_WORDS for part in rest):
        return None
    if not rest and parts[0] in ("s", "us", "ns", "micro", "milli", "nano"):
        return None  # a bare "s" is as likely an axis
    return units[0] if units else ""


def _choose(
    role: str,
    names: tuple[str, ...],
    words: list[str],
    known: tuple[str, ...],
    taken: set[int],
    options: Options,
) -> int | None:
    """The column of a role: the one that the options name, else the first known name."""
    if options.get(role) == "none":
        return None
    column = _named(role, names, words, options)
    if column is None:
        column = next(
            (words.index(name) for name in known if name in words and words.index(name) not in taken), None
        )
    if column is not None:
        taken.add(column)
    return column


def _named(role: str, names: tuple[str, ...], words: list[str], options: Options) -> int | None:
    wanted = options.get(role)
    if wanted is None:
        return None
    if wanted in names:
        return names.index(str(wanted))
    if _words(str(wanted)) in words:
        return words.index(_words(str(wanted)))
    have = ", ".join(repr(name) for name in names[:20] if name) or "no header"
    raise BadFileError(f"the reader option {role!r} names the column {wanted!r}, but the file has: {have}")


def _ignored(names: tuple[str, ...], options: Options) -> list[int]:
    wanted = options.get("ignore") or ()
    return [i for i, name in enumerate(names) if name in wanted]


def _words(name: str) -> str:
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name.strip())
    return re.sub(r"[^0-9a-zµμ]+", " ", spaced.lower()).strip()


def _name_and_unit(name: str) -> tuple[str, str]:
    match = _NAME_UNIT.match(name.strip())
    return (match["name"], match["unit"].strip()) if match else (name.strip(), "")
