"""Names of images are read as engines read them."""

from __future__ import annotations

import pytest

from edgewright.errors import UsageError
from edgewright.sharing.reference import Reference, is_loopback, registry_address

DIGEST = "sha256:" + "0a" * 32


@pytest.mark.parametrize(
    ("text", "expected", "written"),
    [
        ("localhost:5000/a", Reference("localhost:5000", "a"), "localhost:5000/a"),
        (
            "127.0.0.1:5000/team/a:1.0",
            Reference("127.0.0.1:5000", "team/a", "1.0"),
            "127.0.0.1:5000/team/a:1.0",
        ),
        (
            "r.example.com/a@" + DIGEST,
            Reference("r.example.com", "a", None, DIGEST),
            "r.example.com/a@" + DIGEST,
        ),
        (
            "r.example.com/a:2@" + DIGEST,
            Reference("r.example.com", "a", "2", DIGEST),
            "r.example.com/a:2@" + DIGEST,
        ),
        ("user/a:x", Reference("docker.io", "user/a", "x"), "user/a:x"),
        ("a", Reference("docker.io", "library/a"), "a"),
        ("docker.io/library/a:1", Reference("docker.io", "library/a", "1"), "a:1"),
        ("index.docker.io/user/a", Reference("docker.io", "user/a"), "user/a"),
    ],
)
def test_references(text: str, expected: Reference, written: str) -> None:
    assert Reference.parse(text) == expected
    assert expected.text == written
    assert Reference.parse(written) == expected


@pytest.mark.parametrize(
    "text",
    ["", "r.example.com/", "r.example.com/A", "r.example.com/a b", "r.example.com/a:", "r.example.com/a:-x",
     "r.example.com/a@sha256:12", "r.example.com/../a", "http://r.example.com/a", "--help", "r.example.com/a\n",
     "r.example.com/" + "a" * 300],
)  # fmt: skip
def test_what_is_none_is_refused(text: str) -> None:
    with pytest.raises(UsageError):
        Reference.parse(text)


def test_a_tag_is_latest_where_there_is_none() -> None:
    assert Reference.parse("r.example.com/a").tagged().text == "r.example.com/a:latest"
    assert Reference.parse("r.example.com/a:1").tagged().text == "r.example.com/a:1"
    assert Reference.parse("r.example.com/a:1").pinned(DIGEST).text == f"r.example.com/a@{DIGEST}"


@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("localhost:5000", "http://localhost:5000"),
        ("127.8.0.1", "http://127.8.0.1"),
        ("r.example.com", "https://r.example.com"),
        ("10.0.0.1:5000", "https://10.0.0.1:5000"),
        ("docker.io", "https://registry-1.docker.io"),
    ],
)
def test_only_this_machine_is_spoken_to_in_the_clear(host: str, address: str) -> None:
    assert registry_address(host) == address
    assert is_loopback(host) == address.startswith("http:")
