"""Edge Impulse's data acquisition format, as JSON or CBOR."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any

from edgewright.data.readers.base import BadFileError, Kind, Options, Recording, as_signal, known_options

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    import numpy as np

_HEAD_BYTES = 4096
_MARKS = (b"payload", b"interval_ms")


class AcquisitionReader:
    """``{"protected", "signature", "payload": {"device_name", "interval_ms", "sensors", "values"}}``.

    The signature says who sent the data, not what they are: it is not checked. Files without the envelope (the payload
    alone) are read too. The format has no label; file names, folders and ``info.labels`` give it.
    """

    name = "edge-impulse"
    version = 1
    kind: Kind = "signal"

    def detect(self, path: Path) -> bool:
        suffix = path.suffix.lower()
        if suffix == ".cbor":
            return True
        if suffix != ".json":
            return False
        try:
            with path.open("rb") as file:
                head = file.read(_HEAD_BYTES)
        except OSError:
            return False
        return any(mark in head for mark in _MARKS)

    def recordings(self, path: Path, options: Options) -> Iterator[Recording]:
        known_options(options, (), self.name)
        document = _cbor(path) if path.suffix.lower() == ".cbor" else _json(path)
        if not isinstance(document, dict):
            raise BadFileError(f"holds {type(document).__name__} where an object is expected")
        payload = document.get("payload", document)
        if not isinstance(payload, dict):
            raise BadFileError(f"payload is {type(payload).__name__}, not an object")
        axes, units = _sensors(payload)
        interval = payload.get("interval_ms")
        if isinstance(interval, bool) or not isinstance(interval, int | float) or not 0 < interval < math.inf:
            raise BadFileError(f"payload.interval_ms must be a number above 0, got {interval!r}")
        metadata = {key: str(payload[key]) for key in ("device_name", "device_type") if payload.get(key)}
        yield Recording(
            as_signal(_values(payload.get("values"), len(axes))),
            axes,
            units,
            frequency=float(f"{1000 / interval:.6g}"),
            metadata=metadata,
        )


def _json(path: Path) -> Any:
    try:
        return json.loads(path.read_bytes())
    except json.JSONDecodeError as error:
        raise BadFileError(f"not valid JSON: {error.msg}", line=error.lineno) from error
    except (UnicodeDecodeError, RecursionError) as error:
        raise BadFileError(f"not valid JSON: {error}") from error


def _cbor(path: Path) -> Any:
    import cbor2

    try:
        return cbor2.loads(path.read_bytes())
    except (cbor2.CBORDecodeError, RecursionError, MemoryError) as error:
        raise BadFileError(f"not valid CBOR: {error}") from error


def _sensors(payload: Mapping[str, Any]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    sensors = payload.get("sensors")
    if not isinstance(sensors, list) or not sensors:
        raise BadFileError("payload.sensors must be a list of {name, units}")
    names = tuple(str(sensor.get("name", "")) if isinstance(sensor, dict) else "" for sensor in sensors)
    if "" in names or len(set(names)) != len(names):
        raise BadFileError(f"payload.sensors must have different names, got {', '.join(map(repr, names))}")
    units = tuple(str(sensor.get("units", "")) for sensor in sensors)
    if "rgba" in units or any(name == "image" for name in names):
        raise BadFileError("holds an image, not a time series")
    return names, units


def _values(values: Any, axes: int) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Rows of ``axes`` numbers; a single sensor may also come as a flat list."""
    import numpy as np

    if not isinstance(values, list) or not values:
        raise BadFileError("payload.values must be a list with at least one row")
    try:
        table = np.asarray(values, dtype=np.float64)
    except (ValueError, TypeError) as error:
        row = next((i for i, item in enumerate(values) if not _fits(item, axes)), None)
        where = f" (row {row + 1}: {str(values[row])[:60]})" if row is not None else ""
        raise BadFileError(f"payload.values must be rows of {axes} number(s){where}") from error
    if table.ndim == 1 and axes == 1:
        table = table[:, None]
    if table.ndim != 2 or table.shape[1] != axes:
        got = table.shape[1] if table.ndim == 2 else "no"
        raise BadFileError(f"payload.values has {got} columns, but there are {axes} sensor(s)")
    return table


def _fits(item: Any, axes: int) -> bool:
    row = item if isinstance(item, list) else [item]
    return len(row) == axes and all(isinstance(x, int | float) for x in row)
