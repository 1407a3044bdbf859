"""Dockerfiles as blocks of Edge Impulse's have them, read without an engine."""

from __future__ import annotations

import pytest

from edgewright.contracts.dockerfile import last_stage, pairs, read_stages, split, substituted
from edgewright.errors import UsageError

TYPICAL = r"""# syntax = docker/dockerfile:experimental
ARG VERSION=3.9.7
FROM python:${VERSION} AS base

WORKDIR /app
# a comment
RUN apt update && apt install -y gfortran-9 && \
    # a comment within
    ln -s $(which gfortran-9) /usr/bin/gfortran

COPY --chown=1:1 requirements-blocks.txt ./
run pip3 --no-cache-dir install -r requirements-blocks.txt
FROM base
EXPOSE 4446
ENTRYPOINT ["python3", "-u", "dsp-server.py"]
"""


def test_stages_stand_on_each_other() -> None:
    stages = read_stages(TYPICAL)
    assert [(stage.base, stage.name) for stage in stages] == [("python:3.9.7", "base"), ("base", "1")]
    image, instructions = last_stage(stages)
    assert image == "python:3.9.7"
    assert [(one.name, one.line) for one in instructions] == [
        ("WORKDIR", 5), ("RUN", 7), ("COPY", 11), ("RUN", 12), ("EXPOSE", 14), ("ENTRYPOINT", 15),
    ]  # fmt: skip
    assert instructions[1].text.endswith("ln -s $(which gfortran-9) /usr/bin/gfortran")
    assert instructions[2].flags == {"chown": "1:1"}
    assert instructions[2].text == "requirements-blocks.txt ./"
    assert instructions[5].words == ["python3", "-u", "dsp-server.py"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('["a", "b c"]', ["a", "b c"]),
        ("python3 -u run.py", None),
        ("['a']", None),  # not JSON: Docker takes it as a shell's text
        ('["a", 1]', None),
        ("[]", []),
    ],
)
def test_the_two_forms_of_a_command(text: str, words: list[str] | None) -> None:
    (stage,) = read_stages(f"FROM x\nCMD {text}")
    assert stage.instructions[0].words == words


def test_here_documents_belong_to_their_instruction() -> None:
    (stage,) = read_stages('FROM x\nRUN <<EOF\npip install a\necho "CMD no"\nEOF\nCMD ["y"]\n')
    assert [one.name for one in stage.instructions] == ["RUN", "CMD"]
    assert "pip install a\n" in stage.instructions[0].text


def test_the_escape_character_can_be_another_and_lines_end_as_they_like() -> None:
    (stage,) = read_stages("# escape=`\r\nFROM x\r\nRUN a `\r\n  b\r\nCMD c\r\n")
    assert [one.text for one in stage.instructions] == ["a   b", "c"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("$A/x", "1/x"),
        ("${A}x", "1x"),
        ("$NO-", "-"),
        ("${NO:-d}", "d"),
        ("${EMPTY:-d}", "d"),
        ("${EMPTY-d}", ""),
        ("${A:+d}", "d"),
        ("${NO:+d}", ""),
        (r"\$A", "$A"),
    ],
)
def test_variables(text: str, expected: str) -> None:
    assert substituted(text, {"A": "1", "EMPTY": ""}) == expected


def test_pairs_of_env() -> None:
    assert pairs("A=1 B='two words' C=x\\ y") == [("A", "1"), ("B", "two words"), ("C", "x y")]
    assert pairs("OLD some words") == [("OLD", "some words")]
    assert split("it's") == ["it's"]


@pytest.mark.parametrize("text", ["", "# nothing", "RUN x\nFROM y", "FROM"])
def test_what_is_no_dockerfile_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match=r"FROM"):
        read_stages(text)
