from __future__ import annotations

import pickle

import pytest

from edgewright_specs.problems import Problem, SpecError, keys_of, pointer_of, shown, suggestion


def test_a_line_names_file_line_pointer_what_got_and_allowed() -> None:
    problem = Problem("is odd", "/a/0", '"x"', "y, z", 'did you mean "y"?', "f.json", 3)
    assert str(problem) == 'f.json:3: /a/0: is odd; got "x"; allowed: y, z; did you mean "y"?'


def test_untrusted_text_can_neither_act_on_a_terminal_nor_fake_a_line() -> None:
    problem = Problem("is odd", "/a\n/b", shown("\x1b[31mred\nline\u202e"), path="f\r.json", line=1)
    assert all(c.isprintable() for c in str(problem))
    assert "\\x1b[31mred\\nline\\u202e" in str(problem)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("a" * 1_000_000, '"' + "a" * 60 + '…"'),
        (True, "true"),
        (10**100_000, "an integer of 332193 bits"),
        ([1, 2], "a list of 2 [1, 2]"),
        ({"a": 1}, "an object {a}"),
        (None, "null"),
        ("\ud800", '"\\ud800"'),
    ],
    ids=["text", "bool", "huge", "list", "object", "null", "surrogate"],
)
def test_shown_is_bounded(value: object, text: str) -> None:
    assert shown(value) == text


def test_suggestions_ignore_case_and_dashes_and_stay_silent_when_nothing_is_near() -> None:
    assert suggestion("FFT_lenght", ["fft-length", "wavelet"]) == 'did you mean "fft-length"?'
    assert suggestion("zzz", ["fft-length"]) == ""
    assert suggestion(3, ["fft-length"]) == ""


def test_pointers_round_trip() -> None:
    keys = ["a/b", "~", "", "0", "~1"]
    assert keys_of(pointer_of(keys)) == keys


def test_an_error_lists_its_problems_bounded_and_drops_warnings() -> None:
    error = SpecError([Problem(f"p{i}") for i in range(60)] + [Problem("w", warning=True)])
    assert len(error.problems) == 60
    assert str(error).splitlines()[-1] == "… and 10 more"
    assert error.exit_code == 2
    assert pickle.loads(pickle.dumps(error)).problems == error.problems  # noqa: S301
