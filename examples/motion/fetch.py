"""Fetch the data of this example: wrist motion while standing, walking, running and playing badminton.

Source: BasicMotions (J. Clements, Department of Computer Science, University of East Anglia, 2016), part of the UEA & UCR time
series archive (https://www.timeseriesclassification.com), as shipped inside the Python package ``aeon``
(https://pypi.org/project/aeon/, BSD-3-Clause). Four people wore a smart watch: three axes of acceleration, three of
rotation, ten readings a second for ten seconds, 80 recordings in all.

Only the wheel file is downloaded (6 MB, into ``.cache/``); nothing is installed. Run it again and it does nothing::

    python examples/motion/fetch.py
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import zipfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
AXES = ("accX", "accY", "accZ", "gyrX", "gyrY", "gyrZ")
STEP_MS = 100
PARTS = ("TRAIN", "TEST")
MEMBER = "aeon/datasets/data/BasicMotions/BasicMotions_{part}.ts"
EXPECTED = 80


def main() -> int:
    """Fetch and write ``data/<label>/<n>.csv``; return the exit code."""
    parser = argparse.ArgumentParser(description="Fetch the BasicMotions recordings as CSV files.")
    parser.add_argument(
        "-o",
        "--out",
        type=Path,
        default=HERE / "data",
        help="folder to write (default: data/ beside this file)",
    )
    parser.add_argument(
        "--cache", type=Path, default=HERE / ".cache", help="folder for the wheel (default: .cache/)"
    )
    options = parser.parse_args()
    if len(list(options.out.glob("*/*.csv"))) == EXPECTED:
        print(f"{options.out}: {EXPECTED} recordings are there already")
        return 0
    try:
        recordings = read(wheel(options.cache))
    except (subprocess.CalledProcessError, OSError, KeyError, zipfile.BadZipFile) as error:
        print(f"The data can't be fetched: {error}", file=sys.stderr)
        print(
            "They lie in the package aeon on PyPI; put its wheel into the cache folder if this machine is offline.",
            file=sys.stderr,
        )
        return 1
    count = write(recordings, options.out)
    print(f"{options.out}: {count} recordings written ({', '.join(sorted(recordings))})")
    return 0


def wheel(cache: Path) -> Path:
    """The wheel of aeon: the one in the cache, else downloaded by pip."""
    found = sorted(cache.glob("aeon-*.whl"))
    if not found:
        cache.mkdir(parents=True, exist_ok=True)
        command = [
            sys.executable,
            "-m",
            "pip",
            "download",
            "--quiet",
            "--no-deps",
            "--only-binary",
            ":all:",
            "--dest",
            str(cache),
            "aeon",
        ]
        subprocess.run(command, check=True)
        found = sorted(cache.glob("aeon-*.whl"))
    if not found:
        raise OSError(f"pip left no wheel in {cache}")
    return found[-1]


def read(path: Path) -> dict[str, list[list[list[str]]]]:
    """Recordings by label; a recording is one list of texts an axis, so that no digit is lost."""
    recordings: dict[str, list[list[list[str]]]] = {}
    with zipfile.ZipFile(path) as archive:
        for part in PARTS:
            lines = archive.read(MEMBER.format(part=part)).decode("utf-8").splitlines()
            start = next(i for i, line in enumerate(lines) if line.strip().lower() == "@data") + 1
            for line in filter(None, map(str.strip, lines[start:])):
                *axes, label = line.split(":")
                recordings.setdefault(label.strip().lower(), []).append([axis.split(",") for axis in axes])
    return recordings


def write(recordings: dict[str, list[list[list[str]]]], out: Path) -> int:
    """One CSV file a recording; returns how many."""
    count = 0
    for label, members in recordings.items():
        (out / label).mkdir(parents=True, exist_ok=True)
        for number, axes in enumerate(members, 1):
            rows = [",".join(("timestamp", *AXES))]
            rows += [
                ",".join((str(i * STEP_MS), *values)) for i, values in enumerate(zip(*axes, strict=True))
            ]
            (out / label / f"{number}.csv").write_text("\n".join(rows) + "\n", encoding="ascii")
            count += 1
    return count


if __name__ == "__main__":
    sys.exit(main())
