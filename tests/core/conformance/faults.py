"""Faults, each planted into the sound block `level` by replacing a text: who must find it, and what must be said."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from edgewright.conformance.readme import renew
from edgewright.plugins import make_plugins
from edgewright.registry import Block, resolve

SOUND = Path(__file__).parent / "level"

SIZES = "sizes = np.abs(windows.values.astype(np.float64) * params.gain)"
RETURN = "return Features(levels, labels_of(windows.spec))"
CLASS = "class Level(ProcessingBlock):"


@dataclass(frozen=True)
class Fault:
    """``edits``: (file, what stands there, what is put there). ``place`` and ``remedy`` must be in the verdict."""

    check: str
    edits: tuple[tuple[str, str, str], ...]
    place: str
    remedy: str


def before(line: str, *added: str) -> tuple[str, str, str]:
    """Put lines before one of transform's."""
    return "block.py", line, "\n        ".join([*added, line])


def module(text: str) -> tuple[str, str, str]:
    """Put lines before the class."""
    return "block.py", CLASS, f"{text}\n\n\n{CLASS}"


DEVICE = ("parameters.json", '"transform"]', '"transform", "export"], "device": true')

FAULTS = {
    "undeclared output": Fault(
        "outputs",
        (
            module("import sys\nfrom pathlib import Path"),
            before(
                SIZES,
                'if "--out" in sys.argv:',
                '    Path(sys.argv[sys.argv.index("--out") + 1], "debug.csv").write_text("1,2,3")',
            ),
        ),
        "transform leaves files that no output names: debug.csv",
        "return it as part of an output",
    ),
    "non-determinism": Fault(
        "deterministic",
        (before(RETURN, "levels = levels + np.random.default_rng().random()"),),
        "two runs of one transform: features differ (at most by",
        "the request's seed only",
    ),
    "wrong shape": Fault(
        "description",
        (
            before(RETURN, "levels = np.column_stack([levels, levels[:, 0]])"),
            ("block.py", RETURN, 'return Features(levels, [*labels_of(windows.spec), "one more"])'),
        ),
        "described are 3 features with 3 labels, transform gives (3, 4)",
        "labels from one place",
    ),
    "state between requests": Fault(
        "warm",
        (module("LARGEST = [0.0]"), before(RETURN, "LARGEST[0] = max(LARGEST[0], levels.max())", "levels = levels / LARGEST[0] if LARGEST[0] else levels")),
        "and cold: features differ (at most by",
        "keep no state between requests",
    ),
    "network use": Fault(
        "network",
        (
            module("import contextlib\nimport socket"),
            before(SIZES, "with contextlib.suppress(OSError):", '    socket.create_connection(("192.0.2.1", 80), timeout=0.05).close()'),
        ),
        "block.py:24: connects to 192.0.2.1:80",
        "a task has no network",
    ),
    "write outside /out": Fault(
        "writes",
        (
            module("import contextlib\nfrom pathlib import Path"),
            before(SIZES, "with contextlib.suppress(OSError):", '    Path(__file__).with_name("cache.txt").write_text("seen")'),
        ),
        "level/cache.txt",
        "tempfile.TemporaryDirectory()",
    ),
    "ignored parameter": Fault(
        "effect",
        (("parameters.json", '"parameters": [', '"parameters": [{"param": "smoothing", "type": "int", "value": 3, "min": 1, "max": 9, "help": "Unused."},'),),
        "smoothing changes nothing: tried 4, 2, 6",
        "use the parameter, or take it out of parameters.json",
    ),
    "NaN": Fault(
        "constant",
        (before(RETURN, "with np.errstate(all='ignore'):", "    levels = levels / windows.values.std(axis=1)"),),
        "feature 'accX level' of window 0 is nan",
        "define what an axis without any change gives",
    ),
    "slow cancel": Fault(
        "cancel",
        (module("import signal"), before(SIZES, "signal.signal(signal.SIGTERM, signal.SIG_IGN)")),
        "asked to stop (SIGTERM) during transform, it still ran",
        "leave SIGTERM alone",
    ),
    "device mismatch": Fault(
        "device",
        (DEVICE, ("device/level.cpp", "size > peak", "sample > peak")),
        "on the device and",
        "mend device/ or state a tolerance",
    ),
}  # fmt: skip


def plant(folder: Path, *edits: tuple[str, str, str]) -> Block:
    """Write the sound block with some texts replaced into ``folder/level``, and find it there."""
    target = folder / "level"
    shutil.copytree(SOUND, target, ignore=shutil.ignore_patterns("__pycache__"))
    for file, old, new in edits:
        path = target / file
        text = path.read_text(encoding="utf-8")
        assert old in text, f"{file} has no {old!r}"
        path.write_text(text.replace(old, new), encoding="utf-8")
    block = resolve(str(target), Path.cwd(), make_plugins())
    renew(block)
    return block
