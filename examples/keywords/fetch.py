"""Make the data of this example: ten spoken digits and other words, each many times with noise, shift and speed.

Source: the voice prompts of the Asterisk telephone system, spoken by Allison Smith, as shipped in Debian's package
``asterisk-core-sounds-en-wav`` (CC-BY-SA-3.0). The package file is downloaded by ``apt-get download`` (18 MB, into
``.cache/``) and unpacked, not installed; on other systems put the .deb there by hand::

    python examples/keywords/fetch.py
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path

import numpy as np
import soundfile
from scipy.signal import resample

HERE = Path(__file__).resolve().parent
PACKAGE = "asterisk-core-sounds-en-wav"
WORDS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
RATE = 8000
SECONDS = 1.0
COPIES = {"training": 24, "test": 8}
OTHERS = {"training": 96, "test": 32}
SEED = 6


def main() -> int:
    """Fetch and write ``data/<split>/<word>/<n>.wav``; return the exit code."""
    parser = argparse.ArgumentParser(description="Make keyword recordings of real speech.")
    parser.add_argument(
        "-o",
        "--out",
        type=Path,
        default=HERE / "data",
        help="folder to write (default: data/ beside this file)",
    )
    parser.add_argument(
        "--cache", type=Path, default=HERE / ".cache", help="folder for the package (default: .cache/)"
    )
    options = parser.parse_args()
    if (options.out / "test").is_dir():
        print(f"{options.out} is there already")
        return 0
    try:
        sounds = unpack(options.cache)
    except (subprocess.CalledProcessError, OSError) as error:
        print(f"The speech can't be fetched: {error}", file=sys.stderr)
        print(f"It lies in Debian's package {PACKAGE}; put its .deb into {options.cache}.", file=sys.stderr)
        return 1
    count = write(sounds, options.out)
    print(f"{options.out}: {count} recordings written")
    return 0


def unpack(cache: Path) -> Path:
    """Folder of the prompts: unpacked from the .deb in the cache, downloaded where there is none."""
    cache.mkdir(parents=True, exist_ok=True)
    if not list(cache.glob(f"{PACKAGE}_*.deb")):
        subprocess.run(["apt-get", "-q", "download", PACKAGE], cwd=cache, check=True, capture_output=True)
    (archive,) = cache.glob(f"{PACKAGE}_*.deb")
    subprocess.run(["dpkg-deb", "-x", str(archive), str(cache / "unpacked")], check=True)
    return next((cache / "unpacked").rglob("digits")).parent


def write(sounds: Path, out: Path) -> int:
    """All recordings, training and test from separate prompts (other words) or separate random draws (digits)."""
    random = np.random.default_rng(SEED)
    digits = {word: load(sounds / "digits" / f"{number}.wav") for number, word in enumerate(WORDS)}
    prompts = sorted(path for path in sounds.glob("*.wav") if soundfile.info(path).duration > SECONDS)
    random.shuffle(prompts)
    cut = len(prompts) * 3 // 4
    others = {"training": prompts[:cut], "test": prompts[cut:]}
    count = 0
    for split, copies in COPIES.items():
        for word, spoken in digits.items():
            for number in range(copies):
                save(out / split / word / f"{number}.wav", vary(spoken, random))
        for number in range(OTHERS[split]):
            spoken = load(others[split][number % len(others[split])])
            start = int(random.integers(0, max(1, len(spoken) - int(RATE * SECONDS * 0.8))))
            save(
                out / split / "other" / f"{number}.wav",
                vary(spoken[start : start + int(RATE * SECONDS * 0.8)], random),
            )
        count += copies * len(digits) + OTHERS[split]
    return count


def load(path: Path) -> np.ndarray:
    """A prompt as float64 within ±1."""
    values, rate = soundfile.read(path)
    if rate != RATE:
        raise OSError(f"{path} has {rate} Hz; this example knows {RATE} Hz")
    return np.asarray(values)


def vary(spoken: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """One second with the word somewhere in it: speed ±12 %, gain ±6 dB, noise 5 to 20 dB below the speech."""
    length = int(RATE * SECONDS)
    word = resample(spoken, int(len(spoken) * random.uniform(0.88, 1.12)))[:length]
    whole = np.zeros(length)
    start = int(random.integers(0, length - len(word) + 1))
    whole[start : start + len(word)] = word
    noise = np.convolve(random.normal(size=length + 8), np.ones(random.integers(1, 9)), "valid")[:length]
    level = np.sqrt(np.mean(word**2)) * 10 ** (-random.uniform(5, 20) / 20)
    noisy = whole + noise / noise.std() * level
    return np.clip(noisy * 10 ** (random.uniform(-6, 6) / 20), -1, 1)


def save(path: Path, values: np.ndarray) -> None:
    """Write 16-bit mono."""
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, values, RATE, subtype="PCM_16")


if __name__ == "__main__":
    sys.exit(main())
