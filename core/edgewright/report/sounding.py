"""A signal from a rebuilt spectrum: its magnitudes with the phase of the original."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from edgewright.running.run import Run


def rebuilt_signal(
    run: Run, node: str, row: int, spectrum: NDArray[Any]
) -> tuple[str, NDArray[np.float64], NDArray[np.float64]] | None:
    """The first axis of a window and what its rebuilt spectrum sounds like, both as long as the recording.

    None where the node reads anything but the whole of one ``spectrum``.

    Returns
    -------
    axis : str
    original, rebuilt : np.ndarray [shape=(length,)]
    """
    inputs = run.inputs_of(node)
    entry = next((one for one in run.nodes if one["id"] == inputs[0]), None)
    if len(inputs) != 1 or entry is None or entry["block"] != "spectrum":
        return None
    description = run.description(inputs[0])
    if list(run.description(node).get("contributions", ())) != list(description["labels"]):
        return None
    axis = str(description["labels"][0]).rsplit(" ", 2)[0]
    axes = list(run.windows_info["axes"])
    if axis not in axes:
        return None
    original = np.asarray(run.window(row)[:, axes.index(axis)], np.float64)
    bins = next(
        (number for number, label in enumerate(description["labels"]) if not label.startswith(f"{axis} ")),
        len(description["labels"]),
    )
    n = 2 * (bins - 1)
    whole = np.fft.rfft(original, n)
    magnitude = magnitudes(
        np.asarray(spectrum[:bins], np.float64), entry["params"], float(np.abs(whole).max()), n
    )
    rebuilt = np.fft.irfft(magnitude * np.exp(1j * np.angle(whole)), n)
    length = int(run.index[row]["valid"])
    return axis, original[:length], rebuilt[:length]


def magnitudes(
    spectrum: NDArray[np.float64], params: dict[str, Any], largest: float, n: int
) -> NDArray[np.float64]:
    """``|rfft|`` of a spectrum in the scale that its block was told to give.

    Parameters
    ----------
    spectrum : np.ndarray [shape=(n/2 + 1,)]
    params : dict
        Of the block: ``scale`` and ``normalise``.
    largest : float
        The largest magnitude of the original, by which it was divided.
    n : int
        Length of the transform.
    """
    scale = params.get("scale")
    if scale == "db":
        found = 10 ** (np.minimum(spectrum, 200) / 20)
    else:
        found = np.sqrt(np.maximum(spectrum, 0)) if scale == "power" else np.maximum(spectrum, 0)
    if params.get("normalise") == "max":
        return np.asarray(found * largest)
    # Powers are over n; magnitudes that aren't normalised are |rfft| as it is.
    return np.asarray(found if scale == "magnitude" else found * np.sqrt(n))
