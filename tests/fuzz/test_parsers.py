"""Damaged files of strangers are read or refused: no other exception, no hang, nothing outside of their folder.

Each file of ``corpus/`` is damaged in many ways, the same ways each time; ``EDGEWRIGHT_FUZZ_SECONDS`` (for each file)
goes on with others for so long. A file that broke a parser stays in the corpus.
"""

from __future__ import annotations

import contextlib
import os
import random
import time
import warnings
from pathlib import Path

import pytest

from edgewright import trees

from .parsers import PARSERS, REFUSALS

CORPUS = Path(__file__).with_name("corpus")
FILES = sorted(path for path in CORPUS.glob("*/*") if path.is_file())
DAMAGED = 60
#: Each is read by a process of its own.
DAMAGED_MATLAB = 4
SECONDS = float(os.environ.get("EDGEWRIGHT_FUZZ_SECONDS", "0"))
#: A file of a few kilobytes that takes longer hangs, on a busy machine too.
HANGS = 30.0
INTERESTING = (
    b"",
    b"\x00",
    b"\xff",
    b"\x7f\xff\xff\xff",
    b"\x80\x00\x00\x00",
    b"\xff" * 8,
    b"-1",
    b"1e999",
    b"[" * 200,
    b"\n",
    b'"',
)

pytestmark = pytest.mark.slow


def damaged(data: bytes, random: random.Random) -> bytes:
    """One to four damages: bits flipped, bytes replaced, pieces cut out, doubled or swapped."""
    made = bytearray(data)
    for _ in range(random.randint(1, 4)):
        at = random.randrange(len(made) + 1)
        size = random.choice((1, 1, 2, 4, 8, 64, 512))
        kind = random.randrange(6)
        if kind == 0 and at < len(made):
            made[at] ^= 1 << random.randrange(8)
        elif kind == 1:
            made[at : at + size] = random.randbytes(size)
        elif kind == 2:
            del made[at : at + size]
        elif kind == 3:
            made[at:at] = made[at : at + size]
        elif kind == 4:
            made[at : at + random.choice((0, 1, 4, 8))] = random.choice(INTERESTING)
        else:
            del made[at:]
    return bytes(made)


def parse(folder: Path, name: str, group: str, data: bytes) -> None:
    folder.mkdir()
    path = folder / name
    path.write_bytes(data)
    began = time.monotonic()
    try:
        with contextlib.suppress(*REFUSALS), warnings.catch_warnings():
            warnings.simplefilter("error", ResourceWarning)
            PARSERS[group](path)
        assert time.monotonic() - began < HANGS
        assert {each.name for each in folder.parent.iterdir()} == {folder.name}
    finally:
        trees.remove_tree(folder)


@pytest.mark.parametrize("path", FILES, ids=[f"{path.parent.name}/{path.name}" for path in FILES])
def test_damaged_files_are_read_or_refused(path: Path, tmp_path: Path) -> None:
    data = path.read_bytes()
    parse(tmp_path / "whole", path.name, path.parent.name, data)
    deadline = time.monotonic() + SECONDS
    number = 0
    least = DAMAGED_MATLAB if path.suffix == ".mat" else DAMAGED
    while number < least or time.monotonic() < deadline:
        made = damaged(data, random.Random(f"{path.name} {number}"))
        try:
            parse(tmp_path / "damaged", path.name, path.parent.name, made)
        except Exception:
            print(f"damage {number}: {made[:4000]!r}")
            raise
        number += 1


def test_the_corpus_has_files_for_every_parser() -> None:
    assert {path.parent.name for path in FILES} == set(PARSERS)
