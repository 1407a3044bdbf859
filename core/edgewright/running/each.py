"""One run for each value of a metadata field (``data: {per: metadata.item}``): each item has a model of its own."""

from __future__ import annotations

import re
import tempfile
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

from edgewright.errors import DataError, UsageError
from edgewright.running.impulse import run_impulse

if TYPE_CHECKING:
    from collections.abc import Callable

    from edgewright.plugins import Plugins
    from edgewright.running.run import Run
    from edgewright_specs.impulse import ImpulseSpec

#: How many runs one impulse may become.
MOST = 200
_LONGEST = 64  # letters of an impulse's name


def run_each(
    path: Path,
    *,
    out: Path | None = None,
    plugins: Plugins | None = None,
    tell: Callable[[str], None] = lambda _line: None,
    **options: Any,
) -> dict[str, Run]:
    """Run an impulse once for each value of its ``data: per``.

    Each run is one like any other: its impulse says ``where`` in the place of ``per``, so it is scored, decided again and
    deployed by itself.

    Parameters
    ----------
    path : Path
        ``impulse.yaml``.
    out : Path, optional
        Folder for the run folders, each called by its value; by default each is what :func:`run_impulse` chooses.
    tell : callable, optional
        Told lines about what is run, and what belongs to none of the runs.
    **options
        As of :func:`run_impulse`.

    Returns
    -------
    dict
        By value, in their order.

    Raises
    ------
    DataError
        No file has the field.
    TaskError
        Of the first run that fails; runs before it are kept.
    """
    from edgewright.plugins import make_plugins
    from edgewright_specs.loading import load_impulse

    plugins = plugins or make_plugins()
    impulse, base = load_impulse(path), path.resolve().parent
    if impulse.data.per is None:
        raise UsageError(f"{path}: has no `data: per`", hint="run it as one impulse: `edgewright run`")
    field = impulse.data.per.partition(".")[2]
    values = _values(impulse, field, base, plugins, tell)
    if out is not None and out.exists() and (not out.is_dir() or (out / "run.json").exists()):
        raise UsageError(f"{out}: is no folder for several runs", hint="choose another folder for -o")
    runs: dict[str, Run] = {}
    for number, value in enumerate(values, 1):
        tell(f"{field} {value}: run {number} of {len(values)}")
        text = narrowed(path.read_text(encoding="utf-8"), field, value, _name(impulse.name, value))
        with tempfile.TemporaryDirectory(prefix="edgewright-each-") as folder:
            written = Path(folder) / path.name
            written.write_text(text, encoding="utf-8")
            place = None if out is None else out / _plain(value)
            runs[value] = run_impulse(written, out=place, base=base, plugins=plugins, **options)
    return runs


def narrowed(text: str, field: str, value: str, name: str) -> str:
    """The text of an impulse over only the files with a value of a metadata field; comments and all else stay."""
    from ruamel.yaml import YAML
    from ruamel.yaml.scalarstring import DoubleQuotedScalarString

    yaml = YAML()
    yaml.preserve_quotes = True
    yaml.width = 10**6
    yaml.indent(mapping=2, sequence=4, offset=2)
    document = yaml.load(text)
    document["name"] = name
    data = document["data"]
    del data["per"]
    data["where"] = {**(data.get("where") or {}), field: DoubleQuotedScalarString(value)}
    stream = StringIO()
    yaml.dump(document, stream)
    return stream.getvalue()


def _values(
    impulse: ImpulseSpec, field: str, base: Path, plugins: Plugins, tell: Callable[[str], None]
) -> list[str]:
    """Values of the field among files that may be learned from."""
    from edgewright.data import inventory
    from edgewright.data.items import learned_values

    data = impulse.data
    facts = inventory(data, base, plugins).layout(data.options).facts
    values = learned_values(facts.values(), field, data.normal if isinstance(data.normal, list) else None)
    if not values:
        known = sorted({name for fact in facts.values() for name in fact.metadata})
        raise DataError(
            f"{impulse.locate('/data/per')}: no file to learn from has metadata {field!r}",
            hint=f"metadata here: {', '.join(known) or 'none'}; images get `item` where normal ones lie in several folders",
        )
    if len(values) > MOST:
        raise DataError(
            f"{impulse.locate('/data/per')}: {len(values)} values of {field!r}, of which each would be a run; allowed: {MOST}"
        )
    names = [_plain(value) for value in values]
    twice = next((value for value, name in zip(values, names, strict=True) if names.count(name) > 1), None)
    if twice is not None:
        raise DataError(
            f"two values of {field!r} are alike beside signs and case: {twice!r} is one of them; rename one"
        )
    left = sum(str(fact.metadata.get(field, "")) not in values for fact in facts.values())
    if left:
        tell(f"{left} file(s) belong to no {field} that has normal ones: in none of the runs")
    return values


def _plain(value: str) -> str:
    return re.sub(r"[^a-z0-9_.-]+", "-", value.lower()).strip("-.") or "none"


def _name(impulse: str, value: str) -> str:
    plain = _plain(value)[: _LONGEST - 2]
    return f"{impulse[: _LONGEST - 1 - len(plain)]}-{plain}"
