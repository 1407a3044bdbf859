"""What a labelled learning node learns: a class or a number for each training window, from its sample's label."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from edgewright.data.names import number_of
from edgewright.errors import PlanError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy as np
    from numpy.typing import NDArray

_SHOWN = 5


def class_codes(
    samples: Sequence[Mapping[str, Any]], owners: NDArray[Any], used: NDArray[np.bool_], classes: Sequence[str],
    where: str,
) -> NDArray[np.int32]:  # fmt: skip
    """Return the index of each training window's label in ``classes``; −1 for windows that aren't used.

    Raises
    ------
    PlanError
        A window that is used has a sample without a label.
    """
    import numpy as np

    _refuse(
        [sample for sample in _used_samples(samples, owners, used) if sample["label"] is None],
        f"{where} learns labels, and {{count}} training sample(s) have none: {{names}}",
        "label them, remove them, or leave them out by `train: labels`",
    )
    code = {label: number for number, label in enumerate(classes)}
    of_sample = np.array([code.get(str(sample["label"]), -1) for sample in samples], np.int32)
    return np.where(used, of_sample[owners], -1).astype(np.int32)


def numbers(
    samples: Sequence[Mapping[str, Any]], owners: NDArray[Any], used: NDArray[np.bool_], where: str
) -> NDArray[np.float32]:
    """Return the number that each training window's label is; 0 for windows that aren't used.

    Raises
    ------
    PlanError
        A window that is used has a sample whose label is no number.
    """
    import numpy as np

    _refuse(
        [sample for sample in _used_samples(samples, owners, used) if number_of(sample["label"]) is None],
        f"{where} learns numbers, and the label(s) of {{count}} training sample(s) are none: {{names}}",
        "a regression needs a number as the label of each sample",
    )
    of_sample = np.array([number_of(sample["label"]) or 0.0 for sample in samples], np.float32)
    return np.where(used, of_sample[owners], 0).astype(np.float32)


def group_codes(samples: Sequence[Mapping[str, Any]], owners: NDArray[Any], *, by: str) -> NDArray[np.int32]:
    """Return a number for each training window: its sample's, from 1, or with ``by="group"`` its group's.

    A sample that is in no group is a group of its own.
    """
    import numpy as np

    if by == "sample":
        return (np.asarray(owners) + 1).astype(np.int32)
    names = [(str(s["group"]), -1) if s["group"] else ("", number) for number, s in enumerate(samples)]
    code = {name: number for number, name in enumerate(dict.fromkeys(names))}
    codes: NDArray[np.int32] = np.array([code[name] for name in names], np.int32)[owners]
    return codes


def _used_samples(
    samples: Sequence[Mapping[str, Any]], owners: NDArray[Any], used: NDArray[np.bool_]
) -> list[Mapping[str, Any]]:
    import numpy as np

    return [samples[number] for number in np.unique(np.asarray(owners)[used])]


def _refuse(found: Sequence[Mapping[str, Any]], message: str, hint: str) -> None:
    if found:
        shown = ", ".join(f"{sample['name']} ({sample['label'] or 'no label'})" for sample in found[:_SHOWN])
        names = shown + (", …" if len(found) > _SHOWN else "")
        raise PlanError(message.format(count=len(found), names=names), hint=hint)
