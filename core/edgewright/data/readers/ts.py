"""The ``.ts`` text format of the time-series classification archive (aeon, sktime)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgewright.data.readers.base import (
    BadFileError,
    Options,
    Recording,
    as_signal,
    axis_names,
    known_options,
    number_option,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from edgewright.data.readers.base import Kind

_TRUE = ("true", "yes", "1")


def _text(line: bytes, count: int) -> str:
    try:
        return line.decode("utf-8-sig" if count == 1 else "utf-8")
    except UnicodeDecodeError:
        raise BadFileError("is not UTF-8 text", line=count) from None


class TsReader:
    """One recording a line: dimensions parted by ``:``, values by ``,``, the class last.

    The format has no rate; the option ``frequency`` or the impulse gives it. Files ``…_TRAIN.ts`` and ``…_TEST.ts``
    carry the archive's own split. Options: ``axes`` (names), ``frequency`` (Hz).
    """

    name = "ts"
    version = 1
    kind: Kind = "signal"

    def detect(self, path: Path) -> bool:
        return path.suffix.lower() == ".ts"

    def recordings(self, path: Path, options: Options) -> Iterator[Recording]:
        known_options(options, ("axes", "frequency"), self.name)
        frequency = number_option(options, "frequency")
        ending = path.stem.rpartition("_")[2].upper()
        split = {"TRAIN": "training", "TEST": "test"}.get(ending)
        header: dict[str, str] = {}
        in_data = False
        number = 0
        with path.open("rb") as lines:
            for count, raw in enumerate(lines, 1):
                line = _text(raw, count).strip()
                if not line or line.startswith(("#", "%")):
                    continue
                if not in_data:
                    if not line.startswith("@"):
                        raise BadFileError("a line before @data does not start with @", line=count)
                    word, _, rest = line[1:].partition(" ")
                    header[word.lower()] = rest.strip()
                    in_data = word.lower() == "data"
                    if in_data and header.get("timestamps", "false").lower() in _TRUE:
                        raise BadFileError(
                            "series with time stamps are not read from .ts; use CSV", line=count
                        )
                    continue
                yield self._recording(line, count, number, header, options, frequency, split)
                number += 1
        if not in_data:
            raise BadFileError("there is no @data line")

    def _recording(
        self,
        line: str,
        count: int,
        number: int,
        header: dict[str, str],
        options: Options,
        frequency: float | None,
        split: str | None,
    ) -> Recording:
        import numpy as np

        fields = line.split(":")
        label = fields.pop().strip() if header.get("classlabel", "").lower().startswith("true") else None
        if not fields:
            raise BadFileError("a line without values", line=count)
        try:
            columns = [np.array(text.split(","), dtype=np.float64) for text in fields]
        except ValueError as error:
            raise BadFileError(f"a value is not a number ({error})", line=count) from error
        if len({len(column) for column in columns}) != 1:
            lengths = ", ".join(str(len(column)) for column in columns)
            raise BadFileError(f"dimensions of different lengths: {lengths}", line=count)
        given = options.get("axes")
        axes = tuple(str(name) for name in given) if given else axis_names(len(columns))
        if len(axes) != len(columns):
            raise BadFileError(f"has {len(columns)} dimensions, but {len(axes)} names are given", line=count)
        return Recording(
            as_signal(np.stack(columns, axis=1)),
            axes,
            frequency=frequency,
            label=label,
            part=str(number),
            split=split,
        )
