"""The program of `linux_executable`: what it reads, what it refuses, the runner protocol; and both processors' builds."""

from __future__ import annotations

import json
import math
import platform
import re
import shutil
import struct
import subprocess
import zlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from deployment_folder import block_folder, params_of, window_spec, write_deployment
from PIL import Image
from runner_client import Runner

from edgewright.data.readers.image import ImageReader
from edgewright_sdk.codegen.compilers import WARNINGS, has_zig, native_compiler
from edgewright_sdk.codegen.graph import Graph
from edgewright_sdk.codegen.program import compile_program, write_program
from edgewright_sdk.codegen.templates import TEXT
from edgewright_sdk.deployment import TrainedImpulse
from edgewright_sdk.loading import load_block

from .test_commissioning_nodes import BRIGHTNESS, STANDARDISED
from .test_commissioning_nodes import deployment as own_node

if TYPE_CHECKING:
    from collections.abc import Iterable

RATE = 8000
SANITISED = ("-O0", "-fsanitize=address,undefined", "-fno-sanitize-recover=all")


def native(folder: Path, work: Path) -> Path:
    """The program for this machine, with sanitisers."""
    impulse = TrainedImpulse.load(folder)
    graph, work = Graph(impulse), work / "work"
    work.mkdir()
    sources = write_program(graph, impulse, block_folder("linux_executable") / "program", work, selftest=True)
    return compile_program(native_compiler(), sources, work, "program", [*WARNINGS, *SANITISED])


@pytest.fixture(scope="module")
def signals(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A program whose score is a third of the sum of two values of a window of 4 x 2: (x0 + x5) / 3."""
    folder = tmp_path_factory.mktemp("signals")
    window = {"kind": "time-series", "length": 4, "axes": ["left", "right"], "frequency": RATE, "stride": 4}
    return native(own_node(folder / "impulse", window, STANDARDISED), folder)


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A program whose score is the sum of two grey pixels."""
    folder = tmp_path_factory.mktemp("pictures")
    window = {"kind": "image", "width": 2, "height": 1, "channels": 1, "resize": "squash"}
    return native(own_node(folder / "impulse", window, BRIGHTNESS), folder)


def run(program: Path, *words: Any, given: bytes = b"") -> tuple[int, list[dict[str, Any]], str]:
    done = subprocess.run(
        [program, *map(str, words)], input=given, capture_output=True, timeout=60, check=False
    )
    assert b"Sanitizer" not in done.stderr, done.stderr.decode()
    assert b"runtime error" not in done.stderr, done.stderr.decode()
    return done.returncode, [json.loads(line) for line in done.stdout.splitlines()], done.stderr.decode()


def scores(lines: list[dict[str, Any]]) -> list[float]:
    return [line["nodes"]["own"]["score"] for line in lines]


ROWS = np.arange(16, dtype=np.float64).reshape(8, 2) * 3  # two windows: (0 + 15) / 3 and (24 + 39) / 3
EXPECTED = [5.0, 21.0]


def wav(
    rows: np.ndarray, *, kind: int = 1, bits: int = 16, rate: int = RATE, size: int | None = None
) -> bytes:
    """A WAV file of values in the range of int16."""
    if kind == 3:
        data = (rows / 32768).astype("<f4").tobytes()
    elif bits == 8:
        data = (rows / 256 + 128).astype(np.uint8).tobytes()
    else:
        whole = (rows * 65536).astype("<i4")
        data = b"".join(value.tobytes()[4 - bits // 8 :] for value in whole.ravel())
    width = rows.shape[1] * bits // 8
    head = struct.pack("<HHIIHH", kind, rows.shape[1], rate, rate * width, width, bits)
    chunks = b"LIST" + struct.pack("<I", 3) + b"odd\0" + b"fmt " + struct.pack("<I", 16) + head
    stated = len(data) if size is None else size
    return b"RIFF" + struct.pack("<I", 0) + b"WAVE" + chunks + b"data" + struct.pack("<I", stated) + data


def test_lines_of_numbers_are_read_as_people_write_them(signals: Path, tmp_path: Path) -> None:
    plain = "".join(f"{a:g} {b:g}\n" for a, b in ROWS)
    forms = {
        "blanks": plain,
        "named": "time,right [g],x,left\r\n" + "".join(f"0.1,{b:g},text,{a:g}\r\n" for a, b in ROWS),
        "german": "left;right\n" + "".join(f"{a:.1f};{b:.1f}\n".replace(".", ",") for a, b in ROWS),
        "quoted": '\ufeff# comment\n"left"\t"right"\n' + "".join(f"{a:g}\t{b:g}\n" for a, b in ROWS),
    }
    for name, text in forms.items():
        (tmp_path / name).write_text(text)
    code, lines, _ = run(signals, *(tmp_path / name for name in forms), "--json")
    assert code == 0
    assert scores(lines) == EXPECTED * len(forms)
    assert [line["start"] for line in lines[:2]] == [0, 4]
    assert lines[1]["time"] == 4 / RATE
    assert lines[0]["sample"] == str(tmp_path / "blanks")
    assert lines[0]["decision"] == {"label": "anomaly", "anomalous": True}
    code, lines, _ = run(signals, "--threshold", "own=20.5", "-", given=plain.encode())
    assert [line["nodes"]["own"]["anomalous"] for line in lines] == [False, True]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (b"1,2\n3\n", "line 2 has 1 columns, not 2"),
        (b"1,2\n3,x\n", "line 2, right: x is no number"),
        (b"1,2\n3,\n", "line 2, right: an empty cell is no number"),
        (b"time,left\n1,2\n", "no column is called right"),
        (b"1,2\n3,4\n", "2 rows; a window has 4"),
        (b"", "0 rows; a window has 4"),
        (b"1,2\n\0\0\n", "line 2 isn't text"),
        (b"RIFF", "not a WAV file"),
        (b"1," * 300, "more than 256 columns"),
        (wav(ROWS)[:-4], "truncated: 1 samples are missing"),
        (wav(ROWS)[:40], "truncated: the file ends before|the file ends within its format"),
        (wav(ROWS, rate=16000), "16000 samples a second; the impulse takes 8000: resample it"),
        (wav(ROWS[:, :1]), "1 channels; the impulse takes 2"),
        (wav(ROWS, kind=7, bits=8), "WAV of kind 7 with 8 bits isn't read"),
        (b"nan,1\n" * 4, "NaN or infinity in the window"),
    ],
)
def test_recordings_that_cannot_be_read_are_refused(signals: Path, text: bytes, message: str) -> None:
    import re

    _, lines, told = run(signals, "-", given=text)
    assert re.search(message, told), told
    assert not lines or message.startswith("truncated: 1")


def test_a_window_that_is_a_whole_recording_is_filled_up_or_cut_off(tmp_path: Path) -> None:
    window = {"kind": "time-series", "length": 4, "axes": ["left", "right"], "frequency": RATE, "stride": 4}
    folder = own_node(tmp_path / "impulse", {**window, "whole": True}, STANDARDISED)
    program = native(folder, tmp_path)
    for name, rows in (("short", ROWS[:3]), ("exact", ROWS[:4]), ("long", ROWS)):
        (tmp_path / f"{name}.wav").write_bytes(wav(rows))
    (tmp_path / "none.csv").write_text("left,right\n")
    code, lines, told = run(program, *(tmp_path / f"{name}.wav" for name in ("short", "exact", "long")))
    assert code == 0
    assert scores(lines) == [5.0] * 3
    assert [line["start"] for line in lines] == [0, 0, 0]
    assert told == f"{tmp_path}/long.wav: 8 rows; what comes after the first 4 isn't looked at\n"
    code, lines, told = run(program, "-", given=b"3 0\n")
    assert (code, scores(lines)) == (0, [1.0])
    code, lines, told = run(program, tmp_path / "none.csv")
    assert (code, lines, told) == (1, [], f"{tmp_path}/none.csv: 0 rows; a window has 4\n")


def test_sound_of_every_depth_is_in_the_range_of_int16(signals: Path, tmp_path: Path) -> None:
    loud = ROWS * 256
    forms = [(1, 8), (1, 16), (1, 24), (1, 32), (3, 32)]
    for kind, bits in forms:
        (tmp_path / f"{kind}-{bits}.wav").write_bytes(wav(loud, kind=kind, bits=bits))
    code, lines, _ = run(signals, *(tmp_path / f"{kind}-{bits}.wav" for kind, bits in forms))
    assert code == 0
    assert scores(lines) == [value * 256 for value in EXPECTED] * len(forms)
    for size in (0, 0x7FFFFFFF, 0xFFFFFFFF):  # a recorder that writes to a pipe doesn't know
        assert scores(run(signals, "-", given=wav(loud, size=size))[1]) == [value * 256 for value in EXPECTED]


def test_wrong_use_is_told(signals: Path, tmp_path: Path) -> None:
    assert run(signals)[0] == 2
    for words, message in (
        (["--nonsense", "x"], "no such option"),
        (["--threshold"], "needs a value"),
        (["--threshold", "own=", "x"], "write NODE=NUMBER"),
        (["--threshold", "other=1", "x"], "there is no node other; there are own"),
        (["--selftest"], "without self-test data"),
    ):
        code, _, told = run(signals, *words)
        assert code == 2
        assert message in told
    assert "No such file" in run(signals, tmp_path / "missing.csv")[2]
    assert "it is a folder" in run(signals, tmp_path)[2]
    done = subprocess.run([signals, "--help"], capture_output=True, text=True, check=True)
    assert "usage:" in done.stdout
    done = subprocess.run([signals, "--version"], capture_output=True, text=True, check=True)
    assert done.stdout == "own 00000000000000aa\n"


def test_the_runner_protocol_is_served(signals: Path, tmp_path: Path) -> None:
    with Runner([signals], tmp_path / "runner.sock") as runner:
        hello = runner.ask({"hello": 1, "id": 1})
        assert hello["id"] == 1
        assert hello["success"] is True
        model = hello["model_parameters"]
        assert (model["axis_count"], model["input_features_count"], model["frequency"]) == (2, 8, RATE)
        assert model["thresholds"] == [{"id": 0, "type": "anomaly_gmm", "min_anomaly_score": 1}]
        answer = runner.ask({"classify": list(range(8)), "id": 2})
        assert answer["result"]["anomaly"] == pytest.approx(5 / 3)
        assert answer["decision"] == {"label": "anomaly", "anomalous": True}
        assert answer["timing"]["classification_us"] >= 0
        assert runner.ask({"set_threshold": {"id": 0, "min_anomaly_score": 2.5}, "id": 3})["success"]
        # In pieces, with a line end, as Node's client sends; two messages at once.
        answer = runner.ask_bytes(b'{"classify": [0,1,2,3,', b'4,5,6,7], "id": 4}\n')
        assert answer["decision"]["anomalous"] is False
        assert answer["nodes"]["own"]["threshold"] == 2.5
        for message, reason in (
            ({"classify": [1, 2]}, "got 2 values; a window has 8"),
            ({"classify": [float("nan")] * 8}, "NaN or infinity"),
            ({"classify": ["a"] * 8}, "a list of numbers"),
            ({"classify": {"a": 1}}, "a list of numbers"),
            ({"set_threshold": {"id": 7, "min_anomaly_score": 1}}, "hello lists the ids"),
            ({"set_threshold": 4}, "an object with id"),
            ({"dance": '}{"\\'}, "hello, classify and set_threshold are served"),
        ):
            refused = runner.ask({**message, "id": 5})
            assert refused["id"] == 5
            assert refused["success"] is False
            assert reason in refused["error"]
        assert "isn't JSON" in runner.ask_bytes(b'{"id": 6, "classify": [1,]}')["error"]
        assert runner.ask({"hello": 1, "id": 7})["success"]
        # What is no object at all ends the conversation, not the program.
        assert "not a JSON object" in runner.ask_bytes(b"GET / HTTP/1.1\r\n")["error"]
        runner.connection.close()
        runner.connection = runner.connect()
        assert runner.ask({"hello": 1, "id": 8})["success"]


def encoded(pixels: np.ndarray, kind: str = "PNG") -> bytes:
    from io import BytesIO

    stream = BytesIO()
    Image.fromarray(pixels).save(stream, kind)
    return stream.getvalue()


def grey_sum(image: Image.Image) -> float:
    """What the program's node gives for a picture of 2 x 1 in colours."""
    red, green, blue = np.asarray(image.convert("RGB"), np.int64).reshape(-1, 3).T
    return float(((19595 * red + 38470 * green + 7471 * blue + 32768) >> 16).sum())


def test_pictures_of_every_kind_are_seen_as_in_training(pictures: Path, tmp_path: Path) -> None:
    random = np.random.default_rng(3)
    colours = random.integers(0, 256, (1, 2, 4), dtype=np.uint8)
    opaque = Image.fromarray(colours[..., :3])
    grey = Image.fromarray(colours[..., 0])
    made = {
        "rgb.png": opaque, "rgba.png": Image.fromarray(colours), "grey.png": grey, "rgb.bmp": opaque, "grey.bmp": grey,
        "palette.png": opaque.quantize(4), "one.png": Image.fromarray(np.array([[0, 255]], np.uint8)).convert("1"),
        "rgb.ppm": opaque, "grey.pgm": grey,
    }  # fmt: skip
    expected = []
    for name, image in made.items():
        image.save(tmp_path / name)
        expected.append(grey_sum(Image.open(tmp_path / name)))
    Image.fromarray(np.array([[0x1234, 0xFF00]], np.uint16)).save(tmp_path / "deep.png")
    code, lines, told = run(pictures, *(tmp_path / name for name in made), tmp_path / "deep.png")
    assert code == 0, told
    assert scores(lines) == [*expected, 0x12 + 0xFF]
    # A larger picture, with every filter and kind of block that the encoder uses; seen at 2 x 1.
    large = Image.fromarray(
        random.integers(0, 256, (90, 120, 3), dtype=np.uint8) // np.uint8(9) * np.uint8(9)
    )
    for level in (0, 1, 9):
        large.save(tmp_path / f"{level}.png", compress_level=level)
    large.save(tmp_path / "large.ppm")
    found = scores(
        run(pictures, *(tmp_path / f"{level}.png" for level in (0, 1, 9)), tmp_path / "large.ppm")[1]
    )
    assert len(set(found)) == 1
    stream = (tmp_path / "large.ppm").read_bytes() + (tmp_path / "grey.pgm").read_bytes()
    assert scores(run(pictures, "-", given=stream)[1]) == [found[0], expected[-1]]


def test_pictures_that_cannot_be_read_are_refused(pictures: Path) -> None:
    whole = encoded(np.arange(300, dtype=np.uint8).reshape(10, 10, 3))
    header = struct.pack(">II", 70000, 1) + bytes([8, 2, 0, 0, 0])
    chunk = b"IHDR" + header
    huge = whole[:8] + struct.pack(">I", 13) + chunk + struct.pack(">I", zlib.crc32(chunk)) + whole[33:]
    cases = {
        whole[:-20]: "truncated",
        whole.replace(b"IDAT", b"IDAx"): "checksum",
        huge: "70000 x 1 pixels",
        b"\xff\xd8\xff": "truncated",
        b"GIF89a": "not a picture that is read here",
        b"": "empty",
        b"P6 2 1 255\n123": "truncated",
        b"P6 x": "damaged",
        b"BM" + b"\0" * 60: "BMP of 0 bits",
    }
    for content, message in cases.items():
        code, lines, told = run(pictures, "-", given=content)
        assert (code, lines) == (1, [])
        assert message in told
    random = np.random.default_rng(4)
    for _ in range(40):  # damaged anywhere, with checksums that match: sanitisers watch
        packed = bytearray(zlib.compress(random.integers(0, 8, 310, dtype=np.uint8).tobytes()))
        for at in random.integers(2, len(packed), 3):
            packed[at] = random.integers(256)
        parts = [
            (b"IHDR", struct.pack(">II", 10, 10) + bytes([8, 2, 0, 0, 0])),
            (b"IDAT", bytes(packed)),
            (b"IEND", b""),
        ]
        built = whole[:8] + b"".join(
            struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
            for kind, body in parts
        )
        run(pictures, "-", given=built)


@pytest.fixture(scope="module")
def jpeg_reader(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The shared picture reader alone: prints size and pixels of each file, and what it complains of."""
    work = tmp_path_factory.mktemp("jpeg")
    for path in sorted((TEXT / "program").iterdir()):
        if path.name.startswith(("jpeg", "picture.", "png", "inflate", "source", "text")):
            shutil.copy(path, work)
    (work / "main.cpp").write_text("""
#include "picture.h"
int main(int count, char** words) {
    for (int i = 1; i < count; ++i) {
        source from = {fopen(words[i], "rb"), "it"};
        picture to;
        if (take_picture(from, to)) {
            printf("%d %d %d\\n", to.height, to.width, to.channels);
            fwrite(to.at(0, 0), 1, static_cast<size_t>(to.height * to.width * to.channels), stdout);
        }
        fclose(from.file);
    }
    return 0;
}
""")
    sources = [path.relative_to(work) for path in sorted(work.glob("*.cpp"))]
    return compile_program(native_compiler(), sources, work, "reader", [*WARNINGS, *SANITISED])


def read_pictures(reader: Path, paths: Iterable[Path]) -> tuple[list[np.ndarray], list[str]]:
    """Pixels of those that can be read, and a complaint for each of the others."""
    done = subprocess.run([reader, *paths], capture_output=True, timeout=60, check=True)
    assert b"anitizer" not in done.stderr, done.stderr.decode()
    assert b"runtime error" not in done.stderr, done.stderr.decode()
    found, rest = [], done.stdout
    while rest:
        head, _, rest = rest.partition(b"\n")
        shape = [int(word) for word in head.split()]
        found.append(np.frombuffer(rest[: math.prod(shape)], np.uint8).reshape(shape))
        rest = rest[math.prod(shape) :]
    return found, done.stderr.decode().splitlines()


def photograph(height: int, width: int, seed: int) -> Image.Image:
    """Smooth colours with edges and some noise."""
    random, y, x = np.random.default_rng(seed), *np.mgrid[:height, :width]
    waves = np.stack([127 + 90 * np.sin(x / (5 + c) + y / (7 - c)) for c in range(3)], -1)
    waves[height // 3 : height // 2, width // 4 :] = [220, 30, 60]
    return Image.fromarray((waves + random.normal(0, 9, waves.shape)).clip(0, 255).astype(np.uint8))


def test_jpeg_gives_the_pixels_of_training(jpeg_reader: Path, tmp_path: Path) -> None:
    """Baseline and progressive, every way to halve colours, restarts, odd sizes, grey, RGB as it is, EXIF's orientation."""
    sizes = [(1, 1), (3, 2), (8, 8), (17, 31), (40, 57), (64, 48)]
    cases: list[dict[str, Any]] = [
        {"quality": quality, "subsampling": halved, "progressive": progressive}
        for quality, halved, progressive in [
            (95, 0, False), (75, 1, False), (75, 2, False), (30, 2, True), (90, 0, True), (85, 1, True), (100, 2, True)
        ]
    ]  # fmt: skip
    cases += [{"restart_marker_blocks": 2}, {"optimize": True, "progressive": True, "restart_marker_rows": 1}]
    cases += [{"keep_rgb": True, "subsampling": 0}]
    paths = []
    for number, options in enumerate(cases):
        for height, width in sizes:
            paths.append(tmp_path / f"{number}-{height}.jpg")
            photograph(height, width, number).save(paths[-1], **options)
    for turned in range(1, 9):
        exif = Image.Exif()
        exif[0x0112] = turned
        paths.append(tmp_path / f"turned-{turned}.jpg")
        photograph(24, 17, turned).save(paths[-1], exif=exif)
    paths.append(tmp_path / "grey.jpg")
    photograph(33, 20, 1).convert("L").save(paths[-1], progressive=True)
    found, told = read_pictures(jpeg_reader, paths)
    assert told == []
    for path, pixels in zip(paths, found, strict=True):
        np.testing.assert_array_equal(pixels, ImageReader().picture(path, {}).pixels, str(path))


def test_jpeg_that_cannot_be_read_is_refused(jpeg_reader: Path, tmp_path: Path) -> None:
    random, ink = np.random.default_rng(6), tmp_path / "ink.jpg"
    photograph(24, 24, 0).convert("CMYK").save(ink)
    photograph(24, 40, 0).save(tmp_path / "a.jpg")
    whole = (tmp_path / "a.jpg").read_bytes()
    (tmp_path / "cut.jpg").write_bytes(whole[:-30])
    (tmp_path / "other.jpg").write_bytes(whole.replace(b"\xff\xc0", b"\xff\xc9"))
    photograph(24, 40, 0).save(tmp_path / "a.jpg", progressive=True)
    steps = (tmp_path / "a.jpg").read_bytes()
    first = re.search(
        rb"\xff\xda\x00\x0c\x03.*?(?=\xff[\xc4\xda])", steps, re.DOTALL
    )  # says the same once more
    assert first is not None
    (tmp_path / "again.jpg").write_bytes(steps[: first.end()] + 200 * first[0] + steps[first.end() :])
    found, told = read_pictures(
        jpeg_reader, [ink, tmp_path / "cut.jpg", tmp_path / "other.jpg", tmp_path / "again.jpg"]
    )
    assert (found, told) == ([], [
        "it: JPEG of 4 colours (CMYK?) isn't read; grey and RGB are",
        "it: truncated",
        "it: this kind of JPEG (lossless or with arithmetic codes) isn't read",
        "it: JPEG of more than 200 scans isn't read",
    ])  # fmt: skip
    paths = []
    for progressive in (False, True):  # damaged anywhere: sanitisers watch
        photograph(24, 40, 0).save(tmp_path / "a.jpg", progressive=progressive, quality=60)
        whole = (tmp_path / "a.jpg").read_bytes()
        for number in range(150):
            broken = bytearray(whole)
            for at in random.integers(2, len(whole), 3):
                broken[at] = random.integers(256)
            paths.append(tmp_path / f"{progressive}-{number}.jpg")
            paths[-1].write_bytes(broken)
    found, told = read_pictures(jpeg_reader, paths)
    assert len(told) > 100
    assert len(found) + len(told) == len(paths)


def test_pictures_are_served_as_one_number_a_pixel(pictures: Path, tmp_path: Path) -> None:
    with Runner([pictures, "--serve"], tmp_path / "any.name") as runner:
        model = runner.ask({"hello": 1, "id": 1})["model_parameters"]
        assert (model["image_input_width"], model["image_input_height"], model["image_channel_count"]) == (
            2,
            1,
            1,
        )
        answer = runner.ask({"classify": [0x0A0A0A, 0x101010], "id": 2})
        assert answer["result"]["anomaly"] == 0x0A + 0x10


def built(folder: Path, out: Path, **given: str) -> Path:
    out.mkdir()
    loaded = load_block(block_folder("linux_executable"))
    loaded.new().build(TrainedImpulse.load(folder), params_of("linux_executable", given), out)
    loaded.close()
    return out


@pytest.mark.slow
@pytest.mark.skipif(
    not has_zig() or platform.machine() != "x86_64", reason="needs ziglang, and runs programs for x86-64"
)
def test_programs_of_both_processors_agree_with_python(deployment: Path, tmp_path: Path) -> None:
    """Motion for both processors; sound for the one that an emulator runs; pictures."""
    block = load_block(block_folder("linux_executable"))
    motion = built(deployment, tmp_path / "motion")
    sound = built(
        write_deployment(
            tmp_path / "sound",
            name="siren",
            window=window_spec(2000, ["audio"], 8000.0),
            stride=1000,
            processing=[{"id": "mfe", "block": "mfe"}],
            learning=[{"id": "anomaly", "block": "kmeans", "inputs": ["mfe"]}],
        ),
        tmp_path / "sound-package",
        processors="aarch64" if shutil.which("qemu-aarch64") else "x86-64",
    )
    for package in (motion, sound):
        found = block.new().verify(package, params_of("linux_executable", {}))
        assert found["ok"], found
        assert set(found["engines"]) | set(found["not_run"]) >= (
            {"x86-64", "aarch64"} if package == motion else set()
        )
    block.close()
    window = {"kind": "image", "width": 2, "height": 1, "channels": 1, "resize": "squash"}
    plates = own_node(tmp_path / "plates", window, BRIGHTNESS)
    seeing = built(plates, tmp_path / "plates-package", processors="x86-64", **{"selftest-data": "none"})
    frame = b"P5 2 1 255\n\x07\x05"
    assert scores(run(seeing / "own-linux-x86-64.eim", "-", given=frame)[1]) == [12.0]
    program = motion / "pump_monitor-linux-x86-64.eim"
    text = subprocess.run(["file", program], capture_output=True, text=True, check=False).stdout
    assert "statically linked" in text or not shutil.which("file")
    rows = "".join(f"{i % 5},{i % 3},{i % 7}\n" for i in range(150)).encode()
    answers = [run(program, "-", given=rows)[1]]
    if emulator := shutil.which("qemu-aarch64"):
        other = motion / "pump_monitor-linux-aarch64.eim"
        done = subprocess.run([emulator, other, "-"], input=rows, capture_output=True, check=True)
        answers.append([json.loads(line) for line in done.stdout.splitlines()])
    assert [len(lines) for lines in answers] == [2] * len(answers)
    assert scores_of(answers[0]) == pytest.approx(scores_of(answers[-1]), rel=1e-5)


def scores_of(lines: list[dict[str, Any]]) -> list[float]:
    return [line["nodes"]["anomaly"]["score"] for line in lines]
