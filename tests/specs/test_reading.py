"""JSON and YAML as text: caps, lines, and what is refused before anything is understood (S01)."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgewright_specs.documents import MAX_BYTES, load_document, parse_document, read_text
from edgewright_specs.problems import SpecError, pointer_of

JSON, YAML = Path("f.json"), Path("f.yaml")


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"\xef\xbb\xbf{}", "f.json:1: begins with a byte order mark"),
        (b'{\n"a": "\x00"}', "f.json:2: holds a NUL character"),
        (b'{\n"a": "\\u0000"}', "f.json:2: /a: holds a NUL character"),
        (b'{\n"a": "\\ud800"}', "f.json:2: /a: holds half of a surrogate pair"),
        (b'{"a":\n\n NaN}', "f.json:1: /a: is not a finite number; got nan"),
        (b'{"a":[0,\n-Infinity]}', "f.json:2: /a/1: is not a finite number; got -inf"),
        (b'{"a":\n1e999}', "f.json:1: /a: is not a finite number; got inf"),
        (b'{"a": 1' + b"0" * 5000 + b"}", "/a: is an integer of more than 400 digits"),
        (
            b'{"a": 1,\n}',
            "f.json:1: is not JSON: illegal trailing comma|f.json:2: is not JSON: expecting property name",
        ),
        (b"", "f.json:1: is not JSON: expecting value"),
        (b'{"a": "\xff"}', "f.json:1: is not UTF-8"),
        (b"[" * 100_000, "f.json:1: is nested deeper than 64 levels"),
        (b'{"a":' * 100_000, "f.json:1: is nested deeper than 64 levels"),
    ],
    ids=range(13),
)
def test_hostile_json_is_refused_with_its_place(tmp_path: Path, data: bytes, message: str) -> None:
    path = tmp_path / "f.json"
    path.write_bytes(data)
    with pytest.raises(SpecError) as caught:
        load_document(path)
    assert any(part in str(caught.value) for part in message.split("|")), caught.value


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: [\n" * 50_000, "nested deeper than 64"),
        ("- " * 100_000, "nested deeper than 64"),
        ("a: 1\n---\nb: 2\n", "f.yaml:2: holds more than one document"),
        ("a: !!python/object:os.system x\n", "f.yaml:1: has the tag"),
        ("a: !thing 3\n", "has the tag"),
        ("a: &x [*x]\n", "has an alias"),
        ("a: *nothing\n", "has an alias"),
        ("? [1, 2]\n: 3\n", "has a key that is not text"),
        ("a: .nan\n", "f.yaml:1: /a: is not a finite number"),
        ("a: -.inf\n", "/a: is not a finite number; got -inf"),
        ("a:\n\t- 1\n", "f.yaml:2: is not YAML"),
        ("a: {b: 1\n", "is not YAML"),
        ("a: 'x\n", "is not YAML"),
        ("a: @x\n", "in quotes"),
        ("a: \x01\n", "is not YAML"),
        ("%YAML 9.9\n---\na: 1\n", "is not YAML"),
        ("a: 1" + "0" * 5000, "/a: is an integer of more than 400 digits"),
    ],
    ids=range(17),
)
def test_hostile_yaml_is_refused_with_its_place(text: str, message: str) -> None:
    with pytest.raises(SpecError) as caught:
        parse_document(text, YAML)
    assert message in str(caught.value)


def test_aliases_that_multiply_are_refused_cheaply() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]" for i in range(1, 12)]
    start = time.process_time()
    with pytest.raises(SpecError, match="aliases that grow"):
        parse_document("\n".join(lines), YAML)
    assert time.process_time() - start < 5


def test_a_large_file_is_refused_unread(tmp_path: Path) -> None:
    path = tmp_path / "parameters.json"
    with path.open("wb") as file:
        file.truncate(1 << 30)
    start = time.process_time()
    with pytest.raises(SpecError, match=f"is {1 << 30} bytes; allowed: at most {MAX_BYTES}"):
        read_text(path)
    assert time.process_time() - start < 1


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no FIFOs here")
def test_a_fifo_a_folder_and_a_missing_file_are_refused_without_waiting(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    with pytest.raises(SpecError, match="is not a regular file"):
        read_text(tmp_path / "fifo")
    with pytest.raises(SpecError, match=r"is not a regular file|can't be read"):
        read_text(tmp_path)
    with pytest.raises(SpecError, match="no such file"):
        read_text(tmp_path / "nothing")


def test_yaml_is_1_2_so_norwegian_labels_stay_text() -> None:
    text = "[no, yes, on, off, N, 1_000, 12:30, 0o17, 017, 0x1F, 1e3, .5, ~, true, 'true', !!str 3]"
    expected = [
        "no",
        "yes",
        "on",
        "off",
        "N",
        "1_000",
        "12:30",
        15,
        17,
        31,
        1000.0,
        0.5,
        None,
        True,
        "true",
        "3",
    ]
    value = parse_document(text, YAML).value
    assert value == expected
    assert [type(v) for v in value] == [type(v) for v in expected]


def test_yaml_with_a_byte_order_mark_is_read(tmp_path: Path) -> None:
    (tmp_path / "f.yaml").write_bytes(b"\xef\xbb\xbfa: 1\n")
    assert load_document(tmp_path / "f.yaml").value == {"a": 1}


def test_lines_of_json_and_yaml_by_pointer() -> None:
    json = parse_document('{\n"a": [\n1,\n{"b/c":\n2}],\n"d": {}\n}', JSON)
    assert [json.line(p) for p in ("", "/a", "/a/0", "/a/1", "/a/1/b~1c", "/d", "/d/x")] == [
        1,
        2,
        3,
        4,
        4,
        6,
        6,
    ]
    yaml = parse_document("a:\n  - 1\n  - b/c: 2\nwindow-ms: 3\n", YAML)
    assert [yaml.line(p) for p in ("/a", "/a/0", "/a/1", "/a/1/b~1c", "/window_ms")] == [1, 2, 3, 3, 4]
    assert yaml.locate("/window_ms") == "f.yaml:4"


@pytest.mark.parametrize(
    ("path", "text"), [(JSON, '{"a": 1,\n"b": {"c": 1,\n"c": 2}}'), (YAML, "a: 1\nb:\n c: 1\n c: 2\n")]
)
def test_duplicate_keys_are_named_and_the_last_holds(path: Path, text: str) -> None:
    document = parse_document(text, path)
    assert document.duplicates == ("/b/c",)
    assert document.value == {"a": 1, "b": {"c": 2}}


PLAIN = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**30), 10**30)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=8),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=5),
            inner,
            max_size=4,
        )
    ),
    max_leaves=15,
)


def _pointers(value: Any, keys: tuple[str | int, ...] = ()) -> list[str]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [pointer_of(keys), *(p for k, v in inner for p in _pointers(v, (*keys, k)))]


@given(PLAIN, st.sampled_from([None, 1]))
def test_any_json_value_comes_back_and_every_part_has_a_line(value: Any, indent: int | None) -> None:
    import json

    text = json.dumps(value, indent=indent)
    document = parse_document(text, JSON)
    assert document.value == value
    lines = document._lines()
    for pointer in _pointers(value):
        assert 1 <= lines[pointer] <= text.count("\n") + 1


@given(st.binary(max_size=200), st.sampled_from([JSON, YAML]))
def test_no_bytes_raise_anything_but_a_spec_error(data: bytes, path: Path) -> None:
    from edgewright_specs.documents import decode

    try:
        parse_document(decode(data, path), path)
    except SpecError:
        return


@given(st.text(alphabet="ab:-[]{}#&*!|>'\"%@`, \n\t?~<.0\\", max_size=60))
def test_no_yaml_like_text_raises_anything_but_a_spec_error(text: str) -> None:
    try:
        parse_document(text, YAML)
    except SpecError:
        return
