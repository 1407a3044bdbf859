"""Calibration on streams: smoothing as on the device, alarms, and a front that nothing beats."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edgewright.errors import DataError
from edgewright.scoring.streaming import Recordings, alarms, calibrate, judge, smooth, weight

SCORE = st.sampled_from([0.0, 0.2, 0.4, 0.5, 0.9, 1.0])


@st.composite
def recordings(draw):
    scores = draw(st.lists(st.lists(SCORE, min_size=1, max_size=12), min_size=2, max_size=6))
    event = draw(
        st.lists(st.booleans(), min_size=len(scores), max_size=len(scores)).filter(lambda e: len(set(e)) == 2)
    )
    return Recordings([np.float32(one) for one in scores], np.array(event), window=1.0, stride=0.5)


@settings(deadline=None)
@given(
    data=recordings(),
    averaging=st.sampled_from([1, 2, 5]),
    silence=st.sampled_from([0.0, 1.0, 2.5]),
    threshold=st.sampled_from([-1.0, 0.1, 0.45, 0.7, 0.95, 1.0]),
)
def test_no_setting_beats_the_front(data, averaging, silence, threshold):
    front = calibrate(data, averaging=[1, 2, 5], suppression=[0.0, 1.0, 2.5])
    rates = [(one.false_alarms_per_hour, one.false_reject_rate) for one in front]
    assert rates == sorted(rates)
    assert all(a[1] > b[1] for a, b in pairwise(rates))
    other = judge(data, averaging=averaging, suppression=silence, threshold=threshold)
    assert any(
        alarm <= other.false_alarms_per_hour and missed <= other.false_reject_rate + 1e-12
        for alarm, missed in rates
    )
    for one in front:
        again = judge(data, averaging=one.averaging, suppression=one.suppression, threshold=one.threshold)
        assert again == one


@settings(deadline=None)
@given(scores=st.lists(SCORE, min_size=1, max_size=30), silent=st.integers(0, 6))
def test_alarms_are_above_and_apart(scores, silent):
    values = np.float32(scores)
    raised = alarms(values, 0.45, silent)
    assert all(values[raised] > 0.45)
    assert all(np.diff(raised) >= max(silent, 1))
    last = -silent
    for place in np.flatnonzero(values > 0.45):  # as a device would, one window after another
        if place - last >= silent or not silent:
            assert place in raised
            last = place
    assert len(alarms(values, 0.7, silent)) <= len(raised)


@settings(deadline=None)
@given(scores=st.lists(SCORE, min_size=1, max_size=30), averaging=st.integers(1, 20))
def test_smoothing_is_the_devices(scores, averaging):
    s = weight(averaging)
    past, expected = scores[0], []
    for score in scores:
        past = s * past + (1 - s) * score
        expected.append(past)
    assert smooth(scores, s) == pytest.approx(expected, abs=1e-6)


def test_silence_costs_the_events_that_fall_into_it():
    quiet, event = np.float32([0, 1, 0, 0, 0, 0, 0, 0, 0]), np.float32([0, 0, 1])
    data = Recordings([quiet, event], np.array([False, True]), window=1.0, stride=1.0)
    loud = judge(data, averaging=1, suppression=0.0, threshold=0.5)
    assert (loud.false_alarms, loud.missed, loud.false_reject_rate, loud.delay) == (1, 0, 0.0, 3.0)
    assert loud.false_alarms_per_hour == pytest.approx(3600 / 9)
    silent = judge(data, averaging=1, suppression=3.0, threshold=0.5)
    assert silent.false_reject_rate == pytest.approx(3 / 9)


def test_both_kinds_are_needed():
    data = Recordings([np.float32([1.0])], np.array([True]), window=1.0, stride=1.0)
    with pytest.raises(DataError, match="got 1 with and 0 without it"):
        calibrate(data)
    both = Recordings([np.float32([1.0])] * 2, np.array([True, False]), window=1.0, stride=1.0)
    with pytest.raises(DataError, match="windows from 1 on"):
        calibrate(both, averaging=[0])
