"""Fetch the data of this example: seven shoulder exercises, done by ten people with a watch on the wrist.

Source: D. Burns et al., "Shoulder physiotherapy exercise recognition: machine learning the inertial signals from a
smartwatch", Physiol. Meas. 39 (2018), as shipped inside the Python package ``seglearn``
(https://pypi.org/project/seglearn/, BSD-3-Clause). Acceleration (g) and rotation (rad/s) at 50 Hz; each person did each
exercise once with either arm: 140 recordings.

Only the wheel file is downloaded (11 MB, into ``.cache/``); nothing is installed. Run it again and it does nothing::

    python examples/shoulder/fetch.py
"""

from __future__ import annotations

import argparse
import hashlib
import io
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np

HERE = Path(__file__).resolve().parent
VERSION = "1.2.5"
MEMBER = "seglearn/data/watch_dataset.npy"
#: The file is a pickle, which can run code: only the very one that was looked at is opened.
SHA256 = "eb122f23cdf06ef6bd6c6c5312958ec5cf9d038e2e6d457b8081662c75a42537"
EXPECTED = 140


def main() -> int:
    """Fetch and write ``data/<exercise>/subject<n>/<arm>.npy``; return the exit code."""
    parser = argparse.ArgumentParser(description="Fetch the watch recordings as NumPy files.")
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
    if len(list(options.out.glob("*/*/*.npy"))) == EXPECTED:
        print(f"{options.out}: {EXPECTED} recordings are there already")
        return 0
    try:
        count = write(wheel(options.cache), options.out)
    except (subprocess.CalledProcessError, OSError, KeyError, zipfile.BadZipFile) as error:
        print(f"The data can't be fetched: {error}", file=sys.stderr)
        print(
            "They lie in the package seglearn on PyPI; put its wheel into the cache folder if this machine is offline.",
            file=sys.stderr,
        )
        return 1
    print(f"{options.out}: {count} recordings written")
    return 0


def wheel(cache: Path) -> Path:
    """The wheel of seglearn: the one in the cache, else downloaded by pip."""
    path = cache / f"seglearn-{VERSION}-py3-none-any.whl"
    if not path.exists():
        cache.mkdir(parents=True, exist_ok=True)
        download = ("download", "--quiet", "--no-deps", "--only-binary", ":all:", "--dest", str(cache))
        subprocess.run([sys.executable, "-m", "pip", *download, f"seglearn=={VERSION}"], check=True)
    return path


def write(package: Path, out: Path) -> int:
    """One file a recording, ``(rows, 6)`` float32; returns how many."""
    with zipfile.ZipFile(package) as archive:
        data = archive.read(MEMBER)
    if hashlib.sha256(data).hexdigest() != SHA256:
        raise OSError(f"{MEMBER} of {package.name} is not the file that this example knows")
    found = np.load(io.BytesIO(data), allow_pickle=True, encoding="latin1").item()
    rows = zip(found["X"], found["y"], found["subject"], found["side"], strict=True)
    for values, exercise, subject, side in rows:
        folder = out / found["y_labels"][int(exercise)].lower() / f"subject{int(subject):02}"
        folder.mkdir(parents=True, exist_ok=True)
        np.save(folder / ("right.npy" if side else "left.npy"), values.astype(np.float32))
    return len(found["X"])


if __name__ == "__main__":
    sys.exit(main())
