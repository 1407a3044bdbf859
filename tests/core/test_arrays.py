"""Arrays that many threads read at once."""

from __future__ import annotations

import gc
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from edgewright.arrays import load_array
from edgewright.data.windowing import INDEX_DTYPE
from edgewright.store.describe import describe

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def switching() -> Iterator[None]:
    """The collector runs often, and lets another thread go on each time: also amid the parsing of a header."""

    def pause(_phase: str, _info: Any) -> None:
        time.sleep(1e-4)

    thresholds = gc.get_threshold()
    gc.set_threshold(10, 1000, 1000)
    gc.callbacks.append(pause)
    yield
    gc.callbacks.remove(pause)
    gc.set_threshold(*thresholds)


@pytest.mark.usefixtures("switching")
def test_many_threads_read_at_once(tmp_path: Path) -> None:
    # By np.load alone some of so many fail in Python 3.11: "AST constructor recursion depth mismatch".
    index = np.zeros(5, INDEX_DTYPE)
    index["start"] = range(5)
    np.save(tmp_path / "index.npy", index)
    with ThreadPoolExecutor(4) as threads:
        read = list(threads.map(lambda _: load_array(tmp_path / "index.npy", mapped=True), range(400)))
        described = list(threads.map(lambda _: describe(tmp_path, "index.npy", "array").shape, range(200)))
    assert all(array.tolist() == index.tolist() for array in read)
    assert set(described) == {(5,)}


@pytest.mark.parametrize("shape", [(), (0, 3), (2, 3)])
def test_it_is_what_was_written(tmp_path: Path, shape: tuple[int, ...]) -> None:
    written = np.full(shape, 1.5, np.float32, order="F")
    np.save(tmp_path / "a.npy", written)
    whole, mapped = load_array(tmp_path / "a.npy"), load_array(tmp_path / "a.npy", mapped=True)
    for array in (whole, mapped):
        assert (array.shape, array.dtype, array.tolist()) == (shape, np.float32, written.tolist())
    assert (whole.flags.writeable, mapped.flags.writeable) == (True, False)
    assert type(whole) is np.ndarray


def test_pickled_objects_are_refused(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", np.array([{}]), allow_pickle=True)
    with pytest.raises(ValueError, match="pickle"):
        load_array(tmp_path / "a.npy")
