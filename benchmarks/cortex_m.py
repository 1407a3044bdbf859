"""Instructions of the FFT on a Cortex-M4 beside CMSIS-DSP's, counted by QEMU: ``benchmarks/device.py --cortex-m PATH``.

PATH is a folder of CMSIS-DSP with ``Include`` and ``Source``, such as the source distribution of ``cmsisdsp`` on PyPI. It also takes
``apt-get install gcc-arm-none-eabi libnewlib-arm-none-eabi qemu-system-arm``.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from edgewright_sdk.codegen.compilers import FLAGS
from edgewright_sdk.codegen.literals import array_definition
from edgewright_sdk.codegen.sources import package_files

if TYPE_CHECKING:
    from collections.abc import Sequence

GOAL = 1.1
LONGEST = 4096
CPU = ("-mcpu=cortex-m4", "-mfpu=fpv4-sp-d16", "-mfloat-abi=hard", "-mthumb")
CXX_HEADERS = {
    "cstdint": "stdint.h",
    "cstring": "string.h",
    "cmath": "math.h",
    "cfloat": "float.h",
    "climits": "limits.h",
}
FILES = Path(__file__).parent / "cortex_m_program"
#: Whose templates start the program, count and print.
FOOTPRINT = Path(__file__).parents[1] / "blocks/edgewright_blocks/deployment/footprint/templates"
CMSIS = (
    *(
        f"TransformFunctions/arm_{name}.c"
        for name in ("rfft_fast_f32", "rfft_fast_init_f32", "cfft_f32", "cfft_init_f32", "cfft_radix8_f32")
    ),
    "TransformFunctions/arm_bitreversal2.c",
    "CommonTables/arm_common_tables.c",
    "CommonTables/arm_const_structs.c",
)


def compare_with_cmsis(cmsis: Path, *, as_json: bool) -> int:
    """Count and print; exit code 1 when the goal is missed for a length."""
    missing = [
        tool
        for tool in ("arm-none-eabi-gcc", "arm-none-eabi-g++", "qemu-system-arm")
        if not shutil.which(tool)
    ]
    if missing:
        raise SystemExit(
            f"{', '.join(missing)} can't be found; install: "
            "apt-get install gcc-arm-none-eabi libnewlib-arm-none-eabi qemu-system-arm"
        )
    if not (cmsis / "Source" / CMSIS[0]).is_file():
        raise SystemExit(f"{cmsis} is no folder of CMSIS-DSP: it has no Source/{CMSIS[0]}")
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        for level in ("-Os", "-O3"):
            work = Path(folder) / level
            rows += [{"compiled": level, **row} for row in _count(cmsis.resolve(), level, work)]
    if as_json:
        print(json.dumps({"goal": GOAL, "transforms": rows}))
    else:
        print(
            f"{'':>5} {'length':>7} {'ours':>8} {'CMSIS-DSP -O3':>14} {'ratio':>6} {'EW_FFT_CMSIS':>13} {'differ by':>10}"
        )
        for row in rows:
            print(
                f"{row['compiled']:>5} {row['length']:>7} {row['ours']:>8} {row['cmsis']:>14} {row['ratio']:>6.2f}"
                f" {row['with_define']:>13} {row['difference']:>10.1e}"
            )
        print(f"goal: at most {GOAL:g} × the instructions of arm_rfft_fast_f32, compiled by -O3")
    fastest = [row for row in rows if row["compiled"] == "-O3"]
    return 1 if max(row["ratio"] for row in fastest) > GOAL else 0


def _count(cmsis: Path, level: str, work: Path) -> list[dict[str, float]]:
    work.mkdir()
    sine = np.sin(2 * np.pi * np.arange(LONGEST // 4 + 1) / LONGEST).astype(np.float32)
    files = package_files([], "bench", ["fft"])
    files |= {f"cmsis/{name}": text for name, text in package_files([], "cmsis_backed", ["fft"]).items()}
    files["sine.h"] = array_definition("sine", sine).replace("const", "static const", 1)
    for name, text in files.items():
        (work / name).parent.mkdir(parents=True, exist_ok=True)
        (work / name).write_text(text)
    includes = ["-D__GNUC_PYTHON__", f"-I{cmsis / 'Include'}", f"-I{cmsis / 'PrivateInclude'}"]
    # The tool chain comes without a C++ library; CMSIS-DSP's header asks for these.
    for name, header in CXX_HEADERS.items():
        (work / name).write_text(f"#include <{header}>\n")
    sections = ["-ffunction-sections", "-fdata-sections"]
    theirs = [str(cmsis / "Source" / name) for name in CMSIS]
    _run(
        ["arm-none-eabi-gcc", *CPU, "-O3", *sections, *includes, "-c", *theirs, str(FILES / "cmsis.c")], work
    )
    ours = [name for name in files if name.endswith(".cpp") and not name.startswith("cmsis/")]
    _run(["arm-none-eabi-g++", *CPU, level, *sections, *FLAGS, "-c", *ours], work)
    limits = ["-DLLONG_MAX=__LONG_LONG_MAX__", "-DLLONG_MIN=(-__LONG_LONG_MAX__-1)"]
    backed = [*FLAGS, *includes, "-I.", *limits, "-DEW_FFT_CMSIS"]
    for name in ("fft", "fft_cmsis"):
        source = [f"cmsis/edgewright/{name}.cpp", "-o", f"backed_{name}.o"]
        _run(["arm-none-eabi-g++", *CPU, level, *sections, *backed, "-c", *source], work)
    program = [
        "-O2",
        "-fno-tree-loop-distribute-patterns",
        *FLAGS,
        "-I.",
        f"-I{FOOTPRINT}",
        "-c",
        str(FILES / "main.cpp"),
    ]
    _run(["arm-none-eabi-g++", *CPU, *program], work)
    link = [
        "-nostartfiles",
        "--specs=nano.specs",
        "--specs=nosys.specs",
        "-Wl,--gc-sections",
        "-T",
        str(FILES / "link.ld"),
    ]
    _run(
        ["arm-none-eabi-gcc", *CPU, *link, *sorted(path.name for path in work.glob("*.o")), "-o", "fft.elf"],
        work,
    )
    machine = ["-M", "mps2-an386", "-nographic", "-monitor", "none", "-serial", "null", "-icount", "shift=0"]
    semihosting = ["-semihosting-config", "enable=on,target=native"]
    printed = _run(["qemu-system-arm", *machine, *semihosting, "-kernel", "fft.elf"], work)
    rows = []
    for line in printed.splitlines():
        length, own, other, backed_by, *nanos = map(int, line.split())
        rows.append(
            {
                "length": length,
                "ours": own,
                "cmsis": other,
                "ratio": own / other,
                "with_define": backed_by,
                "difference": max(nanos) * 1e-9,
            }
        )
    return rows


def _run(command: Sequence[str], folder: Path) -> str:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=300, check=False)
    if done.returncode != 0:
        raise SystemExit(f"{command[0]} failed:\n{done.stderr[-3000:]}")
    return done.stdout + done.stderr
