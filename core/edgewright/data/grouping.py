"""Which samples belong to one person or machine."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from edgewright.data.names import plain
from edgewright.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

#: Metadata fields that name a person or machine, in the order in which they are looked for.
GROUP_FIELDS = (
    "group", "subject", "subject id", "person", "person id", "participant", "participant id", "user", "user id",
    "patient", "patient id", "machine", "machine id", "unit id", "engine id",
)  # fmt: skip
#: Fewer groups than this among the samples to learn from can't fill three splits.
FEWEST_GROUPS = 3


def groups_of(samples: Sequence[Mapping[str, Any]], field: str | None, lines: list[str]) -> list[str | None]:
    """The group of each sample, or None.

    Parameters
    ----------
    samples : with ``metadata`` and ``normal``
    field : str or None
        ``data.split.group``: a metadata field. Without it the first of :data:`GROUP_FIELDS` that every sample has, as
        long as the samples that are not abnormal have at least three groups.
    lines : list of str
        Gets a line about what was concluded.

    Raises
    ------
    DataError
        ``field`` is given and a sample does not have it.
    """
    if field is not None:
        values = [_field(sample, field) for sample in samples]
        if None in values:
            without = samples[values.index(None)]
            have = sorted({key for sample in samples for key in sample["metadata"]})
            raise DataError(
                f"data.split.group: the sample {without['name']} has no metadata field {field!r}",
                hint=f"fields found: {', '.join(have[:12]) or 'none'}",
            )
        lines.append(f"groups: {len(set(values))} by {field}")
        return values
    present = {plain(key) for key in {key for sample in samples for key in sample["metadata"]}}
    for name in GROUP_FIELDS:
        if name not in present:
            continue
        values = [_field(sample, name) for sample in samples]
        if not values or None in values:
            continue
        learned = {
            value for value, sample in zip(values, samples, strict=True) if sample["normal"] is not False
        }
        if len(learned) >= FEWEST_GROUPS:
            lines.append(f"groups: {len(set(values))} by {name}, each on one side of the split")
            return values
        lines.append(
            f"groups: {name} has {len(learned)} value(s) among the samples to learn from, too few to split by"
        )
        break
    return [None] * len(samples)


def _field(sample: Mapping[str, Any], name: str) -> str | None:
    metadata: Mapping[str, Any] = sample["metadata"]
    if name in metadata:
        return str(metadata[name])
    return next((str(value) for key, value in metadata.items() if plain(key) == plain(name)), None)
