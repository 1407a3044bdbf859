"""Samples: arrays, recordings and folders become a few windows."""

from __future__ import annotations

import wave

import numpy as np
import pytest
from PIL import Image

from edgewright.devloop import read_sample
from edgewright.errors import DataError, UsageError
from edgewright.plugins import make_plugins


@pytest.fixture(scope="module")
def readers():
    return make_plugins().readers()


def csv(path, rows, step_ms=10, axes=("x", "y")):
    lines = [",".join(("timestamp", *axes))]
    lines += [
        ",".join(str(number) for number in (i * step_ms, *(i + k for k in range(len(axes)))))
        for i in range(rows)
    ]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(lines) + "\n")
    return path


def test_windows_and_images_stay_what_they_are(tmp_path, readers):
    for name, values in {
        "w": np.zeros((20, 5, 2), np.float32),
        "i": np.zeros((3, 4, 5, 3), np.uint8),
    }.items():
        np.save(tmp_path / f"{name}.npy", values)
        sample = read_sample(tmp_path / f"{name}.npy", readers, most=8)
        np.testing.assert_array_equal(sample.values, values[:8])
        assert sample.names[0] == "window 0"


def test_a_signal_is_cut(tmp_path, readers):
    signal = np.arange(250, dtype=np.float32).reshape(125, 2)
    np.save(tmp_path / "s.npy", signal)
    sample = read_sample(tmp_path / "s.npy", readers, frequency=10.0, window_ms=5000, axes=["a", "b"])
    assert sample.values.shape == (2, 50, 2)
    np.testing.assert_array_equal(sample.values[1], signal[50:100])
    assert sample.axes == ("a", "b")
    assert read_sample(tmp_path / "s.npy", readers).values.shape == (1, 125, 2)


def test_a_recording_brings_its_rate_and_axes(tmp_path, readers):
    path = csv(tmp_path / "walk.csv", 500)
    sample = read_sample(path, readers, window_ms=1000)
    assert (sample.values.shape, sample.axes) == ((5, 100, 2), ("x", "y"))
    assert sample.frequency == pytest.approx(100)
    one = read_sample(path, readers, window_ms=1000, axes=["y"], most=1)
    np.testing.assert_allclose(one.values[0, :3, 0], [1, 2, 3])
    slower = read_sample(path, readers, window_ms=1000, frequency=50.0)
    assert slower.values.shape[1:] == (50, 2)


def test_a_wave_file(tmp_path, readers):
    with wave.open(str(tmp_path / "tone.wav"), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes((1000 * np.sin(np.arange(8000))).astype("<i2").tobytes())
    sample = read_sample(tmp_path / "tone.wav", readers, window_ms=250)
    assert sample.values.shape == (4, 2000, 1)
    assert sample.frequency == 8000


def test_a_folder_gives_a_window_of_each_recording(tmp_path, readers):
    for label in ("idle", "walking"):
        for number in range(3):
            csv(tmp_path / label / f"{number}.csv", 150)
    csv(tmp_path / "walking" / "short.csv", 20)
    sample = read_sample(tmp_path, readers, window_ms=1000)
    assert sample.values.shape == (6, 100, 2)
    assert {name.split("/")[0] for name in sample.names} == {"idle", "walking"}


def test_a_short_recording_first_does_not_decide(tmp_path, readers):
    csv(tmp_path / "a" / "0.csv", 20)
    for number in range(1, 4):
        csv(tmp_path / "a" / f"{number}.csv", 150)
    assert read_sample(tmp_path, readers, window_ms=1000).values.shape == (3, 100, 2)


def test_images_of_a_folder(tmp_path, readers):
    pixels = np.arange(4 * 6 * 3, dtype=np.uint8).reshape(4, 6, 3)
    for number in range(3):
        Image.fromarray(pixels + number).save(tmp_path / f"{number}.png")
    Image.fromarray(pixels[:2]).save(tmp_path / "other.png")
    sample = read_sample(tmp_path, readers)
    np.testing.assert_array_equal(sample.values, [pixels, pixels + 1, pixels + 2])
    Image.fromarray(pixels[:, :, 0]).save(tmp_path / "grey.png")
    assert read_sample(tmp_path / "grey.png", readers).values.shape == (1, 4, 6, 1)


@pytest.mark.parametrize(
    ("content", "name", "options", "message"),
    [
        (b"not an array", "x.npy", {}, "not an array that can be read"),
        (b"a,b\n1,2\n3,4\n", "x.csv", {}, "doesn't say its rate"),
        (b"timestamp,x\n0,1\n10,2\n", "x.csv", {"axes": ["z"]}, "no axis 'z'"),
        (b"RIFF", "x.wav", {}, "x.wav"),
        (b"PNG", "x.png", {}, "can't be read as an image"),
        (b"", "x.csv", {"window_ms": 0}, "windows of 0 ms"),
    ],
)
def test_what_can_not_be_read(tmp_path, readers, content, name, options, message):
    (tmp_path / name).write_bytes(content)
    with pytest.raises((DataError, UsageError), match=message):
        read_sample(tmp_path / name, readers, **options)


def test_arrays_that_are_no_windows(tmp_path, readers):
    np.save(tmp_path / "deep.npy", np.zeros((1, 1, 1, 1, 1)))
    np.save(tmp_path / "none.npy", np.zeros((0, 3, 1)))
    with pytest.raises(DataError, match="not windows, images or a signal"):
        read_sample(tmp_path / "deep.npy", readers)
    with pytest.raises(DataError, match="holds nothing"):
        read_sample(tmp_path / "none.npy", readers)
