"""Calibrate decisions on a stream: averaging, threshold and suppression against false alarms and missed events.

A stream gives a score every stride. It is smoothed as a device does it, an alarm is raised where the smoothed score
exceeds a threshold, and after an alarm none is raised for a while. What that costs is counted on labelled recordings:
false alarms in an hour of recordings without the event, and recordings with it in which no alarm is raised.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from edgewright.errors import DataError
from edgewright.scoring.arrays import as_scores
from edgewright.scoring.curves import candidates

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike, NDArray

    from edgewright.scoring.arrays import Scores

#: How many windows are averaged, where nothing else is asked for.
AVERAGING = (1, 2, 3, 5, 8, 13)
#: Of many events so many thresholds are tried for each averaging and suppression.
MOST_THRESHOLDS = 60


@dataclass(frozen=True)
class Recordings:
    """Scores of labelled recordings, window by window in time order.

    Attributes
    ----------
    scores : list of np.ndarray [shape=(n_i,), float32]
        By recording.
    event : np.ndarray of bool [shape=(recordings,)]
        Whether the recording is one of the event (an anomaly, a word); else it is a stretch of time without.
    window, stride : float > 0
        Seconds.
    """

    scores: list[Scores]
    event: NDArray[np.bool_]
    window: float
    stride: float

    @property
    def quiet_seconds(self) -> float:
        """Time without the event."""
        windows = [len(one) for one, event in zip(self.scores, self.event, strict=True) if not event]
        return float(sum((count - 1) * self.stride + self.window for count in windows if count))


@dataclass(frozen=True)
class Setting:
    """One way to decide on a stream, and what it gives.

    ``averaging`` windows make the weight ``smoothing`` of a device; ``suppression`` is in seconds.
    ``false_alarms_per_hour`` counts alarms in recordings without the event. ``missed`` of ``events`` recordings of the
    event have no alarm; ``false_reject_rate`` adds the share of time in which a false alarm keeps the stream silent, since
    an event that falls into it is missed too. ``delay``: median seconds from the beginning of a recording of the event
    to the end of the window that raises the alarm, None without one.
    """

    averaging: int
    smoothing: float
    suppression: float
    threshold: float
    false_alarms: int
    false_alarms_per_hour: float
    missed: int
    events: int
    false_reject_rate: float
    delay: float | None

    def to_document(self) -> dict[str, Any]:
        """Give the JSON form."""
        return asdict(self)


def weight(averaging: int) -> float:
    """The weight of the past that averages over so many windows: ``(k − 1)/(k + 1)``.

    An exponential average with it has the mean age of a moving average over ``k`` windows.

    Examples
    --------
    >>> weight(1), weight(3)
    (0.0, 0.5)
    """
    return (averaging - 1) / (averaging + 1)


def smooth(scores: ArrayLike, smoothing: float) -> Scores:
    """Smooth the scores of one recording as a device's stream does: ``s·previous + (1 − s)·score``, from the first on.

    Examples
    --------
    >>> smooth([0.0, 1.0, 1.0], 0.5).tolist()
    [0.0, 0.5, 0.75]
    """
    values = as_scores(scores)
    if smoothing == 0 or not len(values):
        return values
    from scipy.signal import lfilter

    wide = values.astype(np.float64)
    done, _ = lfilter([1.0 - smoothing], [1.0, -smoothing], wide, zi=[smoothing * wide[0]])
    return np.asarray(done, np.float32)


def alarms(smoothed: Scores, threshold: float, silent: int) -> NDArray[np.intp]:
    """Windows of one recording that raise an alarm: above the threshold, and not within ``silent`` windows of the last.

    Examples
    --------
    >>> alarms(np.float32([0, 2, 2, 2, 0, 2]), 1.0, 2).tolist()
    [1, 3, 5]
    """
    over = np.flatnonzero(smoothed > np.float32(threshold))
    if silent <= 1 or len(over) < 2:
        return over
    following = np.searchsorted(over, over + silent)
    kept = [0]
    while (place := int(following[kept[-1]])) < len(over):
        kept.append(place)
    return over[kept]


def judge(recordings: Recordings, *, averaging: int, suppression: float, threshold: float) -> Setting:
    """Count what one setting gives. See :class:`Setting`."""
    smoothing = weight(averaging)
    smoothed = [smooth(one, smoothing) for one in recordings.scores]
    return _judge(recordings, smoothed, averaging, suppression, threshold)


def calibrate(
    recordings: Recordings,
    *,
    averaging: Sequence[int] = AVERAGING,
    suppression: Sequence[float] | None = None,
) -> list[Setting]:
    """Find the settings that no other beats in both false alarms and missed events.

    Parameters
    ----------
    recordings : Recordings
    averaging : sequence of int >= 1
        Windows to average over.
    suppression : sequence of float >= 0, optional
        Seconds of silence after an alarm; none, one window and five windows where not given.

    Returns
    -------
    list of Setting
        The Pareto front, fewest false alarms first; of equal ones that with the shortest delay, then the least
        averaging and suppression.

    Raises
    ------
    DataError
        No recording of the event, or none without it; an averaging or a suppression out of range.

    Notes
    -----
    For each averaging and suppression only those thresholds can lie on the front that stand just below the highest
    smoothed score of a recording of the event: any lower one raises more alarms and finds no more events. So those are
    tried, half-way to the next lower score, and the one above all scores.
    """
    silences = [0.0, recordings.window, 5 * recordings.window] if suppression is None else list(suppression)
    if not recordings.event.any() or recordings.event.all():
        count = int(recordings.event.sum())
        raise DataError(
            f"calibration needs recordings with and without the event, got {count} with and "
            f"{len(recordings.event) - count} without it"
        )
    if not averaging or min(averaging) < 1 or not silences or min(silences) < 0:
        raise DataError(
            f"calibration: got averaging {list(averaging)} and suppression {silences}; must be windows from 1 on, "
            "and seconds from 0 on"
        )
    found: list[Setting] = []
    for count in sorted(set(averaging)):
        smoothed = [smooth(one, weight(count)) for one in recordings.scores]
        for threshold in _thresholds(smoothed, recordings.event):
            found += [
                _judge(recordings, smoothed, count, silence, threshold) for silence in sorted(set(silences))
            ]
    return pareto(found)


def pareto(settings: Sequence[Setting]) -> list[Setting]:
    """Those that no other beats in false alarms and false rejects, fewest false alarms first."""
    ordered = sorted(
        settings,
        key=lambda one: (
            one.false_alarms_per_hour,
            one.false_reject_rate,
            float("inf") if one.delay is None else one.delay,
            one.averaging,
            one.suppression,
        ),
    )
    kept: list[Setting] = []
    for one in ordered:
        if not kept or one.false_reject_rate < kept[-1].false_reject_rate:
            kept.append(one)
    return kept


def _thresholds(smoothed: Sequence[Scores], event: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Just below the peak of each recording of the event, and above everything."""
    peaks = np.unique(
        [one.max() for one, is_event in zip(smoothed, event, strict=True) if is_event and len(one)]
    )
    if len(peaks) > MOST_THRESHOLDS:
        peaks = peaks[np.unique(np.linspace(0, len(peaks) - 1, MOST_THRESHOLDS).round().astype(int))]
    every = np.concatenate(list(smoothed))
    limits = candidates(every)  # the one at place i is below the i-th smallest distinct score
    places = np.searchsorted(np.unique(every), peaks)
    return np.concatenate([limits[places], limits[-1:]])


def _judge(
    recordings: Recordings, smoothed: Sequence[Scores], averaging: int, suppression: float, threshold: float
) -> Setting:
    silent = round(suppression / recordings.stride)
    false_alarms, found, events = 0, [], 0
    blind = 0.0
    for scores, event in zip(smoothed, recordings.event, strict=True):
        raised = alarms(scores, threshold, silent)
        if event:
            events += 1
            if len(raised):
                found.append(float(raised[0]) * recordings.stride + recordings.window)
        else:
            false_alarms += len(raised)
            ends = np.minimum(raised + silent, len(scores))
            blind += float(np.sum(ends - raised)) * recordings.stride if silent > 1 else 0.0
    seconds = recordings.quiet_seconds
    seen = (len(found) / events if events else 0.0) * (1.0 - min(1.0, blind / seconds if seconds else 0.0))
    return Setting(
        averaging=averaging,
        smoothing=weight(averaging),
        suppression=float(suppression),
        threshold=float(np.float32(threshold)),
        false_alarms=false_alarms,
        false_alarms_per_hour=false_alarms / seconds * 3600 if seconds else 0.0,
        missed=events - len(found),
        events=events,
        false_reject_rate=1.0 - seen,
        delay=float(np.median(found)) if found else None,
    )
