"""The readers of one format each: acquisition, audio, npy, mat, ts, images."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import cbor2
import numpy as np
import pytest
import soundfile
from PIL import Image
from scipy.io import savemat

from edgewright.data.readers import builtin_readers
from edgewright.data.readers.acquisition import AcquisitionReader
from edgewright.data.readers.audio import AudioReader
from edgewright.data.readers.base import BadFileError, Reader, Recording
from edgewright.data.readers.image import ImageReader
from edgewright.data.readers.matlab import MatReader
from edgewright.data.readers.npy import NpyReader
from edgewright.data.readers.ts import TsReader

if TYPE_CHECKING:
    from pathlib import Path


def read(reader: Reader, path: Path, **options: Any) -> list[Recording]:
    return list(reader.recordings(path, options))


def acquisition(**changes: Any) -> dict[str, Any]:
    payload = {
        "device_name": "ac:87",
        "device_type": "BOARD",
        "interval_ms": 16,
        "sensors": [{"name": "accX", "units": "m/s2"}, {"name": "accY", "units": "m/s2"}],
        "values": [[-9.81, 0.03], [-9.83, 0.04], [-9.12, 0.03]],
    }
    payload.update(changes)
    envelope = {"ver": "v1", "alg": "HS256", "iat": 1}
    return {
        "protected": envelope,
        "signature": "0" * 64,
        "payload": {k: v for k, v in payload.items() if v is not None},
    }


@pytest.mark.parametrize("kind", ["json", "cbor"])
def test_acquisition(tmp_path: Path, kind: str) -> None:
    path = tmp_path / f"a.{kind}"
    path.write_bytes(cbor2.dumps(acquisition()) if kind == "cbor" else json.dumps(acquisition()).encode())
    assert AcquisitionReader().detect(path)
    (one,) = read(AcquisitionReader(), path)
    assert (one.axes, one.units, one.frequency) == (("accX", "accY"), ("m/s2", "m/s2"), 62.5)
    assert one.metadata == {"device_name": "ac:87", "device_type": "BOARD"}
    np.testing.assert_array_equal(one.values, np.float32([[-9.81, 0.03], [-9.83, 0.04], [-9.12, 0.03]]))


def test_acquisition_of_one_sensor_as_a_flat_list(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text(json.dumps(acquisition(sensors=[{"name": "t", "units": "C"}], values=[1, 2, 3])))
    assert read(AcquisitionReader(), path)[0].values.shape == (3, 1)


@pytest.mark.parametrize(
    ("document", "match"),
    [
        (acquisition(values=[[1, 2], [3]]), "row 2: \\[3\\]"),
        (acquisition(values=[[1, 2, 3]]), "3 columns, but there are 2"),
        (acquisition(values=[]), "at least one row"),
        (acquisition(values=[[1, "x"]]), "row 1"),
        (acquisition(values=[[1, None]]), "missing or not finite"),
        (acquisition(interval_ms=0), "interval_ms must be a number above 0, got 0"),
        (acquisition(interval_ms="16"), "got '16'"),
        (acquisition(interval_ms=None), "got None"),
        (acquisition(sensors=[]), "must be a list"),
        (acquisition(sensors=[{"name": "a"}, {"name": "a"}]), "different names"),
        (acquisition(sensors=[{"name": "image", "units": "rgba"}]), "an image"),
        ({"payload": 3}, "payload is int"),
        ([1], "holds list"),
    ],
)
def test_broken_acquisitions(tmp_path: Path, document: Any, match: str) -> None:
    path = tmp_path / "a.json"
    path.write_text(json.dumps(document))
    with pytest.raises(BadFileError, match=match):
        read(AcquisitionReader(), path)


def test_broken_json_names_the_line_and_broken_cbor_the_fault(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text('{"payload":\n{"values": [1,]}}')
    with pytest.raises(BadFileError, match="not valid JSON") as caught:
        read(AcquisitionReader(), tmp_path / "a.json")
    assert caught.value.line == 2
    (tmp_path / "a.cbor").write_bytes(b"\x9b\xff\xff\xff\xff\xff\xff\xff\xff")
    with pytest.raises(BadFileError, match="not valid CBOR"):
        read(AcquisitionReader(), tmp_path / "a.cbor")


def test_other_json_is_not_an_acquisition(tmp_path: Path) -> None:
    (tmp_path / "package.json").write_text('{"name": "x"}')
    assert not AcquisitionReader().detect(tmp_path / "package.json")


@pytest.mark.parametrize(
    ("suffix", "subtype", "tolerance"),
    [
        ("wav", "PCM_16", 0),
        ("wav", "PCM_24", 0.01),
        ("wav", "PCM_U8", 256),
        ("wav", "FLOAT", 0.01),
        ("flac", "PCM_16", 0),
        ("ogg", "VORBIS", 2000),
    ],
)
def test_audio_is_in_the_range_of_int16(tmp_path: Path, suffix: str, subtype: str, tolerance: float) -> None:
    wave = np.round(20000 * np.sin(np.arange(4000) * 0.05)).astype(np.int16)
    path = tmp_path / f"a.{suffix}"
    soundfile.write(path, wave / 32768.0, 16000, subtype=subtype)
    (one,) = read(AudioReader(), path)
    assert (one.axes, one.frequency, one.values.dtype) == (("audio",), 16000.0, np.float32)
    assert np.abs(one.values[:, 0] - wave).max() <= tolerance


def test_channels_are_axes(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "a.wav", np.zeros((10, 3), dtype=np.int16), 8000)
    assert read(AudioReader(), tmp_path / "a.wav")[0].axes == ("audio1", "audio2", "audio3")


def test_broken_audio(tmp_path: Path) -> None:
    (tmp_path / "a.wav").write_bytes(b"RIFF" + b"x" * 50)
    with pytest.raises(BadFileError, match="can't be read as audio"):
        read(AudioReader(), tmp_path / "a.wav")


@pytest.mark.parametrize(
    ("shape", "options", "shapes"),
    [
        ((50,), {}, [(50, 1)]),
        ((50, 3), {}, [(50, 3)]),
        ((3, 50), {"layout": "axes,length"}, [(50, 3)]),
        ((4, 50), {"layout": "recordings,length"}, [(50, 1)] * 4),
        ((4, 50, 3), {}, [(50, 3)] * 4),
        ((4, 3, 50), {"layout": "recordings,axes,length"}, [(50, 3)] * 4),
    ],
)
def test_npy_layouts(
    tmp_path: Path, shape: tuple[int, ...], options: dict[str, Any], shapes: list[Any]
) -> None:
    values = np.arange(np.prod(shape), dtype=np.int16).reshape(shape)
    np.save(tmp_path / "a.npy", values)
    parts = read(NpyReader(), tmp_path / "a.npy", frequency=50, **options)
    assert [part.values.shape for part in parts] == shapes
    assert parts[0].frequency == 50.0
    assert float(sum(part.values.sum() for part in parts)) == float(values.sum())


@pytest.mark.parametrize(
    ("values", "options", "match"),
    [
        (np.zeros((3, 500)), {}, "more columns than rows"),
        (np.zeros((2, 2, 2, 2)), {}, "4 dimensions"),
        (np.zeros((5, 2)), {"layout": "length"}, "does not fit"),
        (np.zeros((5, 2)), {"axes": ["a"]}, "1 names"),
        (np.array(["a", "b"]), {}, "allowed are booleans"),
        (np.array([1.0, np.nan]), {}, "row 2"),
        (np.array([1e300]), {}, "not finite"),
    ],
)
def test_npy_refusals(tmp_path: Path, values: Any, options: dict[str, Any], match: str) -> None:
    np.save(tmp_path / "a.npy", values)
    with pytest.raises(BadFileError, match=match):
        read(NpyReader(), tmp_path / "a.npy", **options)


def test_npy_never_unpickles(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", np.array([{"a": 1}], dtype=object), allow_pickle=True)
    with pytest.raises(BadFileError):
        read(NpyReader(), tmp_path / "a.npy")
    (tmp_path / "b.npy").write_bytes(b"not numpy")
    with pytest.raises(BadFileError):
        read(NpyReader(), tmp_path / "b.npy")


def test_mat_vectors_scalars_and_rate(tmp_path: Path) -> None:
    savemat(
        tmp_path / "97.mat",
        {"X097_DE_time": np.arange(20.0)[:, None], "X097_FE_time": np.ones((20, 1)), "fs": 12000.0},
    )
    (one,) = read(MatReader(), tmp_path / "97.mat")
    assert (one.axes, one.frequency) == (("DE_time", "FE_time"), 12000.0)
    assert one.values[:, 0].tolist() == list(range(20))


def test_mat_matrix_and_chosen_variable(tmp_path: Path) -> None:
    savemat(tmp_path / "a.mat", {"acc": np.arange(60.0).reshape(3, 20), "other": np.ones(7), "note": "text"})
    (one,) = read(MatReader(), tmp_path / "a.mat")
    assert (one.axes, one.values.shape) == (("acc1", "acc2", "acc3"), (20, 3))
    (two,) = read(MatReader(), tmp_path / "a.mat", variable="other", frequency=10)
    assert (two.axes, two.values.shape, two.frequency) == (("other",), (7, 1), 10.0)
    with pytest.raises(BadFileError, match="no variable 'gyr'"):
        read(MatReader(), tmp_path / "a.mat", variable="gyr")


def test_broken_mat(tmp_path: Path) -> None:
    (tmp_path / "a.mat").write_bytes(b"no such thing" * 30)
    with pytest.raises(BadFileError, match="MATLAB"):
        read(MatReader(), tmp_path / "a.mat")
    savemat(tmp_path / "b.mat", {"note": "text only"})
    with pytest.raises(BadFileError, match="no vector or matrix"):
        read(MatReader(), tmp_path / "b.mat")


TS = "# remarks\n@problemName P\n@timeStamps false\n@univariate false\n@classLabel true a b\n@data\n1,2,3:4,5,6:a\n7,8,9:1,1,1:b\n"


def test_ts(tmp_path: Path) -> None:
    path = tmp_path / "P_TEST.ts"
    path.write_text(TS)
    parts = read(TsReader(), path, frequency=10)
    assert [(p.label, p.split, p.part, p.values.shape) for p in parts] == [
        ("a", "test", "0", (3, 2)),
        ("b", "test", "1", (3, 2)),
    ]
    np.testing.assert_array_equal(parts[0].values, [[1, 4], [2, 5], [3, 6]])


@pytest.mark.parametrize(
    ("text", "line", "match"),
    [
        (TS + "1,x:1,2:a\n", 9, "not a number"),
        (TS + "1,2:1:a\n", 9, "different lengths: 2, 1"),
        (TS.replace("@timeStamps false", "@timeStamps true"), 6, "time stamps"),
        ("@problemName P\n", None, "no @data"),
        ("hello\n", 1, "does not start with @"),
    ],
)
def test_broken_ts(tmp_path: Path, text: str, line: int | None, match: str) -> None:
    (tmp_path / "a.ts").write_text(text)
    with pytest.raises(BadFileError, match=match) as caught:
        read(TsReader(), tmp_path / "a.ts")
    assert caught.value.line == line


def test_images_are_listed_with_their_size(tmp_path: Path) -> None:
    Image.new("RGB", (40, 30)).save(tmp_path / "a.png")
    (one,) = read(ImageReader(), tmp_path / "a.png")
    assert one.metadata == {"width": 40, "height": 30, "channels": 3}
    (tmp_path / "b.png").write_bytes(b"PNG?")
    with pytest.raises(BadFileError, match="as an image"):
        read(ImageReader(), tmp_path / "b.png")


def test_every_reader_has_name_version_and_kind() -> None:
    readers = builtin_readers()
    assert [reader.name for reader in readers] == [
        "edge-impulse",
        "audio",
        "npy",
        "mat",
        "ts",
        "csv",
        "images",
    ]
    assert all(reader.version >= 1 and reader.kind in ("signal", "image") for reader in readers)


@pytest.mark.parametrize("reader", builtin_readers(), ids=lambda reader: str(reader.name))
def test_unknown_options_are_refused(reader: Reader, tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"")
    with pytest.raises(BadFileError, match="has no option 'colour'"):
        read(reader, tmp_path / "a", colour="red")
