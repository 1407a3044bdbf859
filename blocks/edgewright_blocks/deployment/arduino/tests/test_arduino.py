"""The arduino block on the smallest impulse: the zip's layout, its metadata, its self-test."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from edgewright_sdk import BlockError, Params, TrainedImpulse
from edgewright_sdk.loading import load_block

from ..archive import read_zip, write_zip
from ..metadata import library_name
from .lint import broken_rules

HERE = Path(__file__).resolve().parents[1]


def build(impulse: TrainedImpulse, out: Path, **given: object) -> Path:
    out.mkdir()
    block = load_block(HERE)
    block.new().build(impulse, Params.defaults(HERE, **given), out)
    block.close()
    (archive,) = out.glob("*.zip")
    return archive


@pytest.mark.parametrize(
    "name", ["two", "Arduino library", "ARDUINO pump-Library 7", "Prüfstand 2 */\\ x", "9"]
)
def test_no_rule_of_the_arduino_tools_is_broken(impulse: TrainedImpulse, tmp_path: Path, name: str) -> None:
    named = replace(impulse, document=impulse.document | {"name": name})
    archive = build(named, tmp_path / "package", edge_impulse_names=True)
    reserved = "arduino" in name.lower()  # only then the header has another name than the library
    assert broken_rules(archive) == ({"no header of the library's name"} if reserved else set())
    assert f"name={archive.stem}\n" in read_zip(archive)["library.properties"]


def test_the_rules_are_not_blind(impulse: TrainedImpulse, tmp_path: Path) -> None:
    files = read_zip(build(impulse, tmp_path / "package"))
    files["library.properties"] = (
        files["library.properties"].replace("Data Processing", "Magic").replace("url=", "u=")
    )
    files["Main/Main.ino"] = files.pop("examples/Sensor/Sensor.ino")
    files["examples/Other/SerialRows.ino"] = files.pop("examples/SerialRows/SerialRows.ino")
    write_zip(files, "bad name", tmp_path / "bad.zip")
    found = broken_rules(tmp_path / "bad.zip")
    assert {
        "category",
        "character in folder name",
        "stray sketch",
        "sketch of another name than its folder",
        "url is missing",
        "a field is not one of theirs",
    } <= found


def test_package_is_deterministic_and_agrees(impulse: TrainedImpulse, tmp_path: Path) -> None:
    first, again = build(impulse, tmp_path / "a"), build(impulse, tmp_path / "b")
    assert first.read_bytes() == again.read_bytes()
    block = load_block(HERE)
    found = block.new().verify(first.parent, Params.defaults(HERE))
    block.close()
    assert found["ok"]
    assert found["nodes"]["raw"]["largest_difference"] == 0
    text = read_zip(first)["keywords.txt"]
    assert {"two_run\tKEYWORD2", "two_model\tKEYWORD1", "TWO_ARENA_BYTES\tLITERAL1"} <= set(text.splitlines())


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"library_version": "1.0"}, "library-version: got '1.0'; three numbers"),
        ({"library_author": "Arduino & friends"}, "not beginning with Arduino"),
        ({"library_author": "a\nname=b"}, "on one line"),
        ({"library_author": "  "}, "a name in ASCII"),
    ],
)
def test_what_the_tools_would_refuse_is_refused(
    impulse: TrainedImpulse, tmp_path: Path, given: dict[str, str], message: str
) -> None:
    with pytest.raises(BlockError, match=message):
        build(impulse, tmp_path / "package", **given)
    assert not list((tmp_path / "package").iterdir())


def test_names_keep_what_they_may() -> None:
    assert [library_name(name) for name in ("my_arduino_pump", "arduino", "library_2", "fan")] == [
        "my_pump", "impulse", "2", "fan",
    ]  # fmt: skip
    assert len(library_name("x" * 80)) == 63


def test_images_get_a_sketch_of_their_own(impulse: TrainedImpulse, tmp_path: Path) -> None:
    folder = tmp_path / "image"
    shutil.copytree(impulse.folder, folder)
    document = json.loads((folder / "deployment.json").read_text())
    document["window"] = {"kind": "image", "width": 3, "height": 2, "channels": 1, "resize": "squash"}
    document["nodes"] = []
    (folder / "deployment.json").write_text(json.dumps(document))
    archive = build(TrainedImpulse.load(folder), tmp_path / "package", selftest_data="none")
    assert broken_rules(archive) == set()
    assert [name for name in read_zip(archive) if name.endswith(".ino")] == [
        "examples/SerialFrame/SerialFrame.ino"
    ]
