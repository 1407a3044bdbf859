"""Make the data of this example: many voices that say "six", and ten recordings among them that aren't right.

The voices are those of the speech synthesiser ``espeak-ng`` (GPL-3.0): eight English accents, each with some hundred ways to speak.
The program is used where it is installed; else Debian's packages are downloaded by ``apt-get download`` (5 MB, into
``.cache/``) and unpacked, not installed; on other systems put the .deb files there by hand::

    python examples/audio_six/fetch.py
"""

from __future__ import annotations

import argparse
import hashlib
import io
import json
import os
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import soundfile
from oddities import ODDITIES

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

HERE = Path(__file__).resolve().parent
PACKAGES = ("espeak-ng", "espeak-ng-data", "libespeak-ng1", "libpcaudio0", "libsonic0")
ACCENTS = (
    "en-gb",
    "en-us",
    "en-gb-scotland",
    "en-029",
    "en-gb-x-rp",
    "en-gb-x-gbclan",
    "en-gb-x-gbcwmd",
    "en-us-nyc",
)
COUNT = 240
SEED = 6


@dataclass(frozen=True)
class Synthesiser:
    """How to start ``espeak-ng``."""

    program: str
    environment: dict[str, str]

    def ask(self, *arguments: str) -> bytes:
        """What it writes to its standard output."""
        asked = subprocess.run(
            [self.program, *arguments], env=self.environment, check=True, capture_output=True
        )
        return asked.stdout

    def variants(self) -> list[str]:
        """Names of the ways to speak that every accent can take."""
        lines = self.ask("--voices=variant").decode().splitlines()[1:]
        return sorted({line.split()[4].removeprefix("!v/") for line in lines})

    def say(self, text: str, voice: str) -> tuple[np.ndarray, int]:
        """A text as 16-bit values, and their rate."""
        spoken = self.ask("-v", voice, "--stdout", text)
        values, rate = soundfile.read(io.BytesIO(spoken), dtype="int16")
        return np.asarray(values), int(rate)


def main() -> int:
    """Fetch and write ``data/<voice>.wav`` and ``oddities.json``; return the exit code."""
    parser = argparse.ArgumentParser(description="Make recordings of voices that say six.")
    parser.add_argument(
        "-o",
        "--out",
        type=Path,
        default=HERE / "data",
        help="folder to write (default: data/ beside this file)",
    )
    parser.add_argument(
        "--cache", type=Path, default=HERE / ".cache", help="folder for the packages (default: .cache/)"
    )
    parser.add_argument("--voices", type=int, default=COUNT, help=f"how many recordings (default: {COUNT})")
    parser.add_argument(
        "--seed", type=int, default=SEED, help=f"which voices, and which of them are odd (default: {SEED})"
    )
    options = parser.parse_args()
    if options.out.is_dir():
        print(f"{options.out} is there already")
        return 0
    try:
        synthesiser = find(options.cache)
        count = write(synthesiser, options.out, options.voices, options.seed)
    except (subprocess.CalledProcessError, OSError) as error:
        print(f"The voices can't be fetched: {error}", file=sys.stderr)
        print(
            f"Install espeak-ng, or put Debian's {', '.join(PACKAGES)} into {options.cache}.", file=sys.stderr
        )
        return 1
    print(
        f"{options.out}: {count} recordings written, {len(ODDITIES)} of them odd (oddities.json says which)"
    )
    return 0


def find(cache: Path) -> Synthesiser:
    """The installed program, or the one unpacked in the cache, downloaded where there is none."""
    installed = shutil.which("espeak-ng")
    if installed:
        return Synthesiser(installed, dict(os.environ))
    cache.mkdir(parents=True, exist_ok=True)
    root = cache / "unpacked"
    if not (root / "usr/bin/espeak-ng").is_file():
        if not list(cache.glob("espeak-ng_*.deb")):
            subprocess.run(
                ["apt-get", "-q", "download", *PACKAGES], cwd=cache, check=True, capture_output=True
            )
        for archive in sorted(cache.glob("*.deb")):
            subprocess.run(["dpkg-deb", "-x", str(archive), str(root)], check=True)
    data = next(root.glob("usr/lib/*/espeak-ng-data"))
    environment = {**os.environ, "LD_LIBRARY_PATH": str(data.parent), "ESPEAK_DATA_PATH": str(data.parent)}
    return Synthesiser(str(root / "usr/bin/espeak-ng"), environment)


def write(synthesiser: Synthesiser, out: Path, count: int, seed: int = SEED) -> int:
    """One recording of each distinct voice, of which the odd ones are changed; how many there are."""
    random = np.random.default_rng(seed)
    names = [f"{accent}+{variant}" for accent in ACCENTS for variant in synthesiser.variants()]
    random.shuffle(names)
    chosen: dict[str, tuple[np.ndarray, int]] = {}
    for name, spoken in distinct(synthesiser, names):
        chosen[name] = spoken
        if len(chosen) == count:
            break
    odd = dict(
        zip(random.choice(sorted(chosen), len(ODDITIES), replace=False), ODDITIES.items(), strict=True)
    )
    out.mkdir(parents=True)
    for name, (values, rate) in sorted(chosen.items()):
        if name in odd:
            text, change = odd[name][1]
            if text != "six":
                values, rate = synthesiser.say(text, name)
            values = change(values / 32768, rate, random)
        soundfile.write(out / f"{name.replace('+', '.')}.wav", values, rate, subtype="PCM_16")
    told = {str(name).replace("+", "."): kind for name, (kind, _) in sorted(odd.items())}
    (out.parent / "oddities.json").write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")
    return len(chosen)


def distinct(synthesiser: Synthesiser, names: Sequence[str]) -> Iterator[tuple[str, tuple[np.ndarray, int]]]:
    """Voices with their "six", each sound once: some variants are the same under another name, or silent."""
    seen: set[bytes] = set()
    with ThreadPoolExecutor(2) as pool:
        for name, (values, rate) in zip(
            names, pool.map(lambda name: synthesiser.say("six", name), names), strict=True
        ):
            digest = hashlib.sha256(values.tobytes()).digest()
            if digest not in seen and np.abs(values).max(initial=0) > 1000:
                seen.add(digest)
                yield name, (values, rate)


if __name__ == "__main__":
    sys.exit(main())
