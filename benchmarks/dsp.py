"""Speed of the processing blocks in Python beside librosa and python_speech_features (``pip install librosa python_speech_features``).

::

    python benchmarks/dsp.py [--repeats 30] [--json]
    python benchmarks/dsp.py --quick              # does it run? three repeats, no goals

One process, one thread. A block's ``transform`` is called as a user calls it, on 64 windows and on one: 1 s of sound at 16 kHz
and 2 s of motion on 3 axes at 62.5 Hz. Peers do the same work in turns with it, so that a busy machine slows all: the same frames,
transform length, bands and coefficients, pre-emphasis where the block has it, no padding, a rectangular window. They are called once
a window, which is what their users do with a folder of recordings; "at once" is librosa's call on all 64 together. Times
are CPU time a window, medians of turns of 40 ms; a ratio is the median of the ratios of pairs. Peers that aren't installed are left out. Exit
code 1 when a goal is missed.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import statistics
import sys
import time
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

for library in ("OMP", "OPENBLAS", "MKL", "BLIS", "NUMEXPR", "NUMBA", "VECLIB_MAXIMUM"):
    os.environ[f"{library}_NUM_THREADS"] = "1"  # read when the libraries are loaded

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / root) for root in ("specs", "sdk", "blocks")]

import numpy as np  # noqa: E402

from edgewright_sdk import Params, Windows, load_block  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType

    from numpy.typing import NDArray

    from edgewright_specs.interface import WindowSpec

    Work = Callable[[NDArray[np.float32]], object]

PROCESSING = ROOT / "blocks" / "edgewright_blocks" / "processing"
SOUND: WindowSpec = {"kind": "time-series", "length": 16000, "axes": ["audio"], "frequency": 16000.0}
MOTION: WindowSpec = {"kind": "time-series", "length": 125, "axes": ["x", "y", "z"], "frequency": 62.5}
BATCHES = (64, 1)
AT_ONCE = "librosa, at once"
REPEATS, TURN = 30, 0.04
CUT = {"n_fft": 256, "center": False, "window": "boxcar"}


@dataclass(frozen=True)
class Case:
    """A block with parameters, the peers' work, and goals by batch: at least so many times librosa, at most so many µs."""

    name: str
    block: str
    params: dict[str, Any]
    window: WindowSpec
    peers: dict[str, Work]
    times_librosa: dict[int, float]
    microseconds: dict[int, float]


def librosa_peers(librosa: ModuleType) -> dict[str, dict[str, Work]]:
    """Work of librosa by block: a call a window, and one call for all."""

    def emphasised(y: NDArray[Any]) -> NDArray[Any]:
        return np.asarray(librosa.effects.preemphasis(y, coef=0.98))

    def plain_mfcc(y: NDArray[Any]) -> object:
        return librosa.feature.mfcc(y=y, sr=16000, n_mfcc=13, n_mels=32, htk=True, hop_length=320, **CUT)

    def mfcc(y: NDArray[Any]) -> object:
        return plain_mfcc(emphasised(y))

    def mfe(y: NDArray[Any]) -> object:
        mel = librosa.feature.melspectrogram(
            y=emphasised(y), sr=16000, n_mels=40, htk=True, hop_length=160, **CUT
        )
        return librosa.power_to_db(mel, amin=1e-30, top_db=None)

    def spectrogram(y: NDArray[Any]) -> object:
        spectrum = librosa.stft(y, n_fft=128, hop_length=160, center=False, window="boxcar")
        return librosa.power_to_db(np.abs(spectrum) ** 2, amin=1e-30, top_db=None)

    works = {"mfcc": mfcc, "mfe": mfe, "spectrogram": spectrogram}
    peers: dict[str, dict[str, Work]] = {
        block: {"librosa": each(work), AT_ONCE: work} for block, work in works.items()
    }
    peers["mfcc"]["librosa, no pre-emphasis"] = each(plain_mfcc)
    return peers


def speech_peers(features: ModuleType) -> dict[str, dict[str, Work]]:
    """Work of python_speech_features by block; it takes one signal a call."""

    def mfcc(y: NDArray[Any]) -> object:
        return features.mfcc(y, 16000, 0.016, 0.02, numcep=13, nfilt=32, nfft=256, preemph=0.98, ceplifter=0)

    def mfe(y: NDArray[Any]) -> object:
        return features.logfbank(y, 16000, 0.016, 0.01, nfilt=40, nfft=256, preemph=0.98)

    def spectrogram(y: NDArray[Any]) -> object:
        return features.sigproc.logpowspec(features.sigproc.framesig(y, 128, 160), 128)

    name = "python_speech_features"
    return {"mfcc": {name: each(mfcc)}, "mfe": {name: each(mfe)}, "spectrogram": {name: each(spectrogram)}}


def each(work: Work) -> Work:
    """Call work once a window."""
    return lambda windows: [work(window) for window in windows]


def cases() -> list[Case]:
    """Return what is measured, with the peers that are installed."""
    peers: dict[str, dict[str, Work]] = {"mfcc": {}, "mfe": {}, "spectrogram": {}}
    for name, make in (("librosa", librosa_peers), ("python_speech_features", speech_peers)):
        try:
            module = importlib.import_module(name)
        except ImportError:
            print(f"{name} is not installed and left out", file=sys.stderr)
            continue
        for block, works in make(module).items():
            peers[block].update(works)
    unnormalised, normalised = {64: 10.0, 1: 2.0}, {64: 2.5, 1: 2.5}
    return [
        Case("mfcc, no normalisation", "mfcc", {"win_size": 0}, SOUND, peers["mfcc"], unnormalised, {}),
        Case("mfcc", "mfcc", {}, SOUND, peers["mfcc"], normalised, {}),
        Case("mfe", "mfe", {}, SOUND, peers["mfe"], {}, {}),
        Case("spectrogram", "spectrogram", {}, SOUND, peers["spectrogram"], {}, {}),
        Case("spectral_analysis", "spectral_analysis", {}, MOTION, {}, {}, {64: 60.0}),
        Case("spectral_analysis, filter", "spectral_analysis", {"filter_type": "low"}, MOTION, {}, {}, {}),
        Case("flatten", "flatten", {}, MOTION, {}, {}, {}),
        Case("raw", "raw", {}, MOTION, {}, {}, {}),
    ]


def measure(case: Case, batch: int, repeats: int, turn: float) -> dict[str, list[float]]:
    """CPU time a window in µs of the block (``ours``) and of each peer, in turns of about so many seconds each."""
    folder = PROCESSING / case.block
    loaded = load_block(folder)
    params = Params.defaults(folder, **case.params)
    shape = (batch, case.window["length"], len(case.window["axes"]))
    values = np.random.default_rng(0).normal(0, 3000, shape).astype(np.float32)
    signals = np.ascontiguousarray(values[:, :, 0])

    def ours() -> object:
        return loaded.new().transform(Windows(values, case.window), params)  # type: ignore[attr-defined]

    works: dict[str, Callable[[], object]] = {"ours": ours}
    works |= {
        name: partial(work, signals) for name, work in case.peers.items() if batch > 1 or name != AT_ONCE
    }
    for work in works.values():
        work()  # filters and labels are made
    calls = {name: max(round(turn / clocked(work, 1)), 1) for name, work in works.items()}
    taken: dict[str, list[float]] = {name: [] for name in works}
    for _ in range(repeats):
        for name, work in works.items():
            taken[name].append(clocked(work, calls[name]) / batch * 1e6)
    loaded.close()
    return taken


def clocked(work: Callable[[], object], calls: int) -> float:
    """CPU time of one call, in s, from so many."""
    started = time.process_time()
    for _ in range(calls):
        work()
    return (time.process_time() - started) / calls


def judge(case: Case, batch: int, taken: dict[str, list[float]]) -> dict[str, Any]:
    """Medians, ratios and whether the goal of this batch is reached."""
    ours = taken["ours"]
    medians = {name: statistics.median(times) for name, times in taken.items()}
    ratios = {
        name: statistics.median(p / o for p, o in zip(times, ours, strict=True))
        for name, times in taken.items()
        if name != "ours"
    }
    goal, reached = "", True
    if batch in case.times_librosa and "librosa" in ratios:
        goal = f"at least {case.times_librosa[batch]:g} × librosa"
        reached = ratios["librosa"] >= case.times_librosa[batch]
    if batch in case.microseconds:
        goal = f"at most {case.microseconds[batch]:g} µs"
        reached = medians["ours"] <= case.microseconds[batch]
    return {
        "case": case.name,
        "batch": batch,
        "microseconds": medians,
        "ratios": ratios,
        "goal": goal,
        "reached": reached,
    }


def show(row: dict[str, Any]) -> None:
    """Print one case at one batch size."""
    verdict = f"{row['goal']}: {'yes' if row['reached'] else 'MISSED'}" if row["goal"] else ""
    print(f"{row['case']:<28} {row['batch']:>5} {row['microseconds']['ours']:>9.1f} µs           {verdict}")
    for name, ratio in row["ratios"].items():
        print(f"  {name:<32} {row['microseconds'][name]:>9.1f} µs {ratio:>7.1f} ×")


def main() -> int:
    """Measure and print; exit code 1 when a goal is missed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=REPEATS)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--json", action="store_true", dest="as_json")
    options = parser.parse_args()
    rows = []
    for case in cases():
        for batch in BATCHES:
            taken = measure(case, batch, *((3, 0.0) if options.quick else (options.repeats, TURN)))
            rows.append(judge(case, batch, taken))
            if not options.as_json:
                show(rows[-1])
    if options.as_json:
        print(json.dumps(rows))
    return 0 if options.quick or all(row["reached"] for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
