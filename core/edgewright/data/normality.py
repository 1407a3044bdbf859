"""Which labels are normal: as the impulse says, else as their names say."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from edgewright.data.names import known_normal, some
from edgewright.errors import DataError

Labels = Sequence[str] | Literal["rest"] | None


@dataclass(frozen=True)
class Normality:
    """``of`` maps every label to True (normal), False (abnormal) or None (unknown); ``lines`` tell why, with counts."""

    of: Mapping[str | None, bool | None]
    lines: tuple[str, ...]

    @property
    def known(self) -> bool:
        """Whether anything is normal."""
        return any(value is True for value in self.of.values())


def conclude(counts: Mapping[str | None, int], normal: Labels, abnormal: Labels) -> Normality:
    """Sort labels into normal and abnormal.

    Parameters
    ----------
    counts : label -> number of samples; the label None stands for samples without one
    normal, abnormal : lists of labels, ``"rest"``, or None
        As the impulse has them. One list alone makes all other labels the opposite. Without any, names decide: normal,
        good, ok, no anomaly; abnormal, anomaly, bad, ng, defect. Where a normal name is among the labels, all others
        are abnormal.

    Raises
    ------
    DataError
        A label that the data do not have, one that is in both lists, or ``rest`` twice.
    """
    labels = [label for label in counts if label is not None]
    if normal == "rest" and abnormal == "rest":
        raise DataError(
            "data.normal and data.abnormal are both 'rest'", hint="list the labels of one of them"
        )
    for name, given in (("normal", normal), ("abnormal", abnormal)):
        if isinstance(given, Sequence) and not isinstance(given, str):
            _check(name, given, counts)
    if normal is None and abnormal is None:
        return _by_name(counts, labels)
    good = None if normal in (None, "rest") else set(normal or ())
    bad = None if abnormal in (None, "rest") else set(abnormal or ())
    both = sorted((good or set()) & (bad or set()))
    if both:
        raise DataError(
            f"data: the label {both[0]!r} is both normal and abnormal", hint="keep it in one list"
        )
    of: dict[str | None, bool | None] = {None: None} if None in counts else {}
    for label in labels:
        if good is not None and bad is not None:
            of[label] = True if label in good else False if label in bad else None
        elif good is not None:
            of[label] = label in good
        else:
            of[label] = label not in (bad or set())
    return Normality(of, tuple(_lines(counts, of, "as the impulse says")))


def no_normal(counts: Mapping[str | None, int], shown: str) -> DataError:
    """The error for an anomaly block without a known normal set; it lists what was found."""
    labels = [label for label in counts if label is not None]
    if not labels:
        return DataError(
            f"{shown}: no sample has a label, so nothing is known to be normal",
            hint="put recordings into one folder a label (normal/, abnormal/), or set data.split: none to explore without labels",
        )
    return DataError(
        f"{shown}: no label is known to be normal; found {_with_counts(counts, labels)}",
        hint="list the normal labels in data.normal, or set data.split: none to explore without labels",
    )


def _by_name(counts: Mapping[str | None, int], labels: list[str]) -> Normality:
    of: dict[str | None, bool | None] = {label: known_normal(label) for label in labels}
    why = "by their names"
    if any(value is True for value in of.values()):
        if any(value is None for value in of.values()):
            why = "by the names of the normal ones; all others count as abnormal"
        of = {label: value is True for label, value in of.items()}
    if None in counts:
        of[None] = None
    return Normality(of, tuple(_lines(counts, of, why)))


def _lines(counts: Mapping[str | None, int], of: Mapping[str | None, bool | None], why: str) -> list[str]:
    lines = []
    for word, wanted in (("normal", True), ("abnormal", False)):
        labels = [label for label, value in of.items() if value is wanted and label is not None]
        if labels:
            lines.append(f"{word} ({why}): {_with_counts(counts, labels)}")
    unknown = [label for label, value in of.items() if value is None and label is not None]
    if unknown:
        lines.append(f"neither normal nor abnormal: {_with_counts(counts, unknown)}")
    if counts.get(None):
        lines.append(f"without a label: {counts[None]} sample(s)")
    return lines


def _with_counts(counts: Mapping[str | None, int], labels: Sequence[str], most: int = 12) -> str:
    return some([f"{label} ({counts[label]})" for label in sorted(labels)], most)


def _check(name: str, given: Sequence[str], counts: Mapping[str | None, int]) -> None:
    labels = [label for label in counts if label is not None]
    for label in given:
        if label not in labels:
            near = difflib.get_close_matches(label, labels, n=1)
            hint = f"did you mean {near[0]!r}? " if near else ""
            found = _with_counts(counts, labels) or "none"
            raise DataError(
                f"data.{name}: no sample has the label {label!r}", hint=f"{hint}labels found: {found}"
            )
