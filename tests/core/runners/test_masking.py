"""No form of a secret stays where a task leaves things."""

from __future__ import annotations

import base64
import json
import os
from pathlib import Path
from urllib.parse import quote

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgewright.runners.masking import MASK, Mask

TOKEN = 'geheim/"ä+7'


@pytest.mark.parametrize(
    "written",
    [
        TOKEN,
        json.dumps(TOKEN)[1:-1],
        json.dumps(TOKEN, ensure_ascii=False)[1:-1],
        quote(TOKEN, safe=""),
        base64.b64encode(TOKEN.encode()).decode().rstrip("="),
        base64.urlsafe_b64encode(TOKEN.encode()).decode().rstrip("="),
    ],
)
def test_each_form_is_masked(written: str) -> None:
    masked = Mask([TOKEN.encode()]).text(f"before {written} after")
    assert written not in masked
    assert MASK in masked
    assert masked.startswith("before ")
    assert masked.endswith(" after")


@given(st.binary(max_size=7), st.binary(min_size=6, max_size=40), st.binary(max_size=7))
def test_a_secret_within_base64_of_something_longer_is_masked(
    before: bytes, secret: bytes, after: bytes
) -> None:
    """As in the header of an HTTP login, which is base64 of ``user:password``."""
    encoded = base64.b64encode(before + secret + after).decode()
    masked = Mask([secret]).text(encoded)
    assert MASK in masked
    assert len(masked.replace(MASK, "")) <= len(encoded) - (len(secret) * 8 // 6 - 4)


@given(st.text("abc*", min_size=4, max_size=6), st.text("abc*", max_size=60))
def test_what_is_masked_holds_no_secret_and_without_one_nothing_changes(secret: str, text: str) -> None:
    masked = Mask([secret.encode()]).text(text)
    if secret not in text:
        assert masked == text
    elif "*" not in secret:
        assert secret not in masked


def test_half_a_character_beside_it_hides_no_secret() -> None:
    assert Mask([TOKEN.encode()]).text(f"\ud800{TOKEN}") == f"\\ud800{MASK}"


def test_short_values_are_left_alone() -> None:
    assert Mask([b"a", b"abc"]).text("abc") == "abc"


def test_messages_are_masked_all_through() -> None:
    message = {"type": "log", "text": f"got {TOKEN}", TOKEN: [1, {"x": TOKEN}], "n": 3}
    masked = Mask([TOKEN.encode()]).plain(message)
    assert TOKEN not in json.dumps(masked, ensure_ascii=False)
    assert masked["n"] == 3


def test_files_keep_their_length_and_arrays_their_form(tmp_path: Path) -> None:
    (tmp_path / "deep" / "er").mkdir(parents=True)
    log = tmp_path / "deep" / "er" / "log.txt"
    log.write_text(f"x{TOKEN}y", encoding="utf-8")
    log.chmod(0o400)
    size = log.stat().st_size
    np.save(tmp_path / "a.npy", np.frombuffer(b"0123456789ab" + TOKEN.encode() * 2, np.uint8))
    (tmp_path / "plain.txt").write_text("nothing here")
    (tmp_path / "empty").touch()
    found, named = Mask([TOKEN.encode()]).tree(tmp_path)
    assert sorted(found) == ["a.npy", "deep/er/log.txt"]
    assert not named
    assert log.stat().st_size == size
    assert log.read_text() == "x" + "*" * (size - 2) + "y"
    assert TOKEN.encode() not in np.load(tmp_path / "a.npy").tobytes()
    assert (tmp_path / "plain.txt").read_text() == "nothing here"


def test_nothing_outside_is_touched_through_links(tmp_path: Path) -> None:
    outside = tmp_path / "outside.txt"
    outside.write_text(TOKEN, encoding="utf-8")
    out = tmp_path / "out"
    out.mkdir()
    (out / "link").symlink_to(outside)
    (out / "folder").symlink_to(tmp_path)
    (out / "hard").hardlink_to(outside)
    os.mkfifo(out / "pipe")
    assert Mask([TOKEN.encode()]).tree(out) == ([], False)
    assert outside.read_text(encoding="utf-8") == TOKEN


def test_a_name_that_holds_the_value_is_said(tmp_path: Path) -> None:
    (tmp_path / "x-geheim7-y").write_text("")
    assert Mask([b"geheim7"]).tree(tmp_path) == ([], True)
