"""A finished run, its store as the default one, and the comparison as a function."""

from __future__ import annotations

import numpy as np
import pytest

from edgewright.comparing import Wishes, compare_scores
from edgewright.running import Options
from edgewright.running.fresh import scored

VALUES = 40  # of a window: 20 rows of 2 axes


@pytest.fixture
def store(trained, monkeypatch):
    """The store that holds what the run learned."""
    monkeypatch.setenv("EDGEWRIGHT_STORE", str(trained[0] / "store"))


@pytest.fixture
def nowhere(monkeypatch, tmp_path):
    """No container engine answers."""
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/nowhere.sock")


@pytest.fixture
def compare(trained, recordings, store):
    """``compare(other, **wishes)`` compares the run over its recordings; programs are trusted."""

    def run(other, *, trust=True, most=12, data=recordings, **wishes):
        options = Options(runner="process", trust=trust)
        return compare_scores(
            trained[1], other, data, wishes=Wishes(**wishes), options=options, most=most
        ).document

    return run


@pytest.fixture
def fresh(trained, recordings, store):
    """The recordings, scored by the run."""
    with scored(trained[1], recordings, options=Options(runner="process")) as found:
        yield found


@pytest.fixture
def sizes(fresh):
    """The largest absolute value of each window: what the stand-ins give as their score."""
    from edgewright.data import windows

    cut = windows(fresh.signal, fresh.index, slice(None), fresh.length)
    return np.abs(cut).reshape(len(cut), -1).max(axis=1)
