"""The library's example sketches compile as the Arduino tools compile them, and print what the impulse says."""

from __future__ import annotations

import shutil
import subprocess
import zipfile
from pathlib import Path

import pytest
from deployment_folder import block_folder, params_of

from edgewright_sdk.codegen.compilers import native_compiler
from edgewright_sdk.codegen.package import cpp_sources
from edgewright_sdk.deployment import TrainedImpulse
from edgewright_sdk.loading import load_block

from .test_commissioning_nodes import BRIGHTNESS
from .test_commissioning_nodes import deployment as own_node

CORE = Path(__file__).parent / "arduino"
#: What the oldest cores tell GCC, and what sketches are compiled with everywhere.
OLDEST = ("-std=gnu++11", "-fno-exceptions", "-fno-rtti", "-fpermissive", "-w")


def unpacked(impulse: Path, out: Path) -> Path:
    """The library of a deployment folder, as the IDE unpacks it."""
    loaded = load_block(block_folder("arduino"))
    loaded.new().build(TrainedImpulse.load(impulse), params_of("arduino", {}), out)
    loaded.close()
    (archive,) = out.glob("*.zip")
    with zipfile.ZipFile(archive) as opened:
        opened.extractall(out)
    return out / archive.stem


def compiled(library: Path, work: Path) -> dict[str, Path]:
    """Each example as a program of this machine."""
    compiler, paths = native_compiler(), [f"-I{CORE}", f"-I{library / 'src'}"]
    objects = []
    for number, source in enumerate([*cpp_sources(library / "src"), CORE / "main.cpp"]):
        objects.append(work / f"{number}.o")
        compiler.run(["-O0", *OLDEST, *paths, "-c", source, "-o", objects[-1]])
    programs = {}
    for sketch in sorted(library.glob("examples/*/*.ino")):
        unit = work / f"{sketch.stem}.ino.cpp"
        unit.write_text(f'#include <Arduino.h>\n#line 1 "{sketch}"\n{sketch.read_text()}')
        programs[sketch.stem] = work / sketch.stem
        # The sketch itself: no warning.
        warnings = [*OLDEST[:-2], "-Wall", "-Wextra", "-Werror"]
        compiler.run(["-O0", *warnings, *paths, unit, *objects, "-o", programs[sketch.stem], "-lm"])
    return programs


@pytest.fixture(scope="module")
def library(deployment: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return unpacked(deployment, tmp_path_factory.mktemp("arduino"))


def test_sketches_of_signals_score_rows_and_a_sensor(deployment: Path, library: Path, tmp_path: Path) -> None:
    programs = compiled(library, tmp_path)
    assert set(programs) == {"Sensor", "SerialRows"}
    impulse = TrainedImpulse.load(deployment)
    windows, scores = impulse.selftest("windows"), impulse.selftest("scores-anomaly")
    assert windows is not None
    assert scores is not None
    rows = "".join(", ".join(f"{value:.9g}" for value in row) + "\r\n" for row in windows[0])
    done = subprocess.run(
        [programs["SerialRows"]], input=f"x, y, z\n{rows}1,2\n", capture_output=True, text=True, check=True
    )
    first, result, last = done.stdout.splitlines()
    assert first == last == "not a row of numbers"
    label, node, score = result.split()
    assert (label, node) == ("normal", "anomaly")
    assert float(score) == pytest.approx(scores[0], abs=1e-3)
    # 125 rows at 62.5 Hz; this clock moves 1 ms each time that the sketch looks.
    looks = 16 * (125 + 25) + 50
    done = subprocess.run([programs["Sensor"], str(looks)], capture_output=True, text=True, check=True)
    assert [line.split()[:2] for line in done.stdout.splitlines()] == [["anomaly", "anomaly"]] * 2


def test_the_sketch_of_images_scores_frames(tmp_path: Path) -> None:
    window = {"kind": "image", "width": 2, "height": 1, "channels": 1, "resize": "squash"}
    library = unpacked(own_node(tmp_path / "impulse", window, BRIGHTNESS), tmp_path)
    (program,) = compiled(library, tmp_path).values()
    done = subprocess.run([program], input=bytes([3, 4, 0, 1]), capture_output=True, check=True)
    assert done.stdout.splitlines() == [b"anomaly own 7.0000", b"normal own 1.0000"]


@pytest.mark.skipif(not shutil.which("arm-none-eabi-gcc"), reason="needs arm-none-eabi-gcc")
def test_the_library_compiles_for_a_board(library: Path, tmp_path: Path) -> None:
    options = [
        "-mcpu=cortex-m4",
        "-mthumb",
        "-mfpu=fpv4-sp-d16",
        "-mfloat-abi=hard",
        "-std=gnu++14",
        "-w",
        "-Os",
    ]
    sources = [str(path) for path in cpp_sources(library / "src")]
    compiler = ["arm-none-eabi-gcc", "-x", "c++", "-fno-exceptions", "-fno-rtti", *options]
    done = subprocess.run(
        [*compiler, "-c", *sources], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert len(list(tmp_path.glob("*.o"))) == len({Path(source).name for source in sources})
