"""What a deployment block of Edge Impulse's sees, and what it must leave."""

from __future__ import annotations

import json
import zipfile
from typing import Any

import pytest

from edgewright.contracts import contract_of
from edgewright.contracts.base import Seen
from edgewright.contracts.deployment import DEPLOYMENT
from edgewright.contracts.deployment_metadata import deployment_metadata
from edgewright.harvest import HarvestError
from edgewright.plugins import make_plugins
from edgewright.registry import resolve

INSIDE = Seen("/block", "/home/input", "/home/output", "python3", 4446)
WINDOW = {
    "kind": "time-series",
    "length": 125,
    "axes": ["accX", "accY", "accZ"],
    "frequency": 62.5,
    "stride": 15,
}
SPECTRAL: dict[str, Any] = {
    "id": "spectral", "type": "processing", "block": "spectral_analysis", "inputs": ["input"], "axes": [0, 1, 2],
    "labels": [f"{axis} RMS" for axis in WINDOW["axes"]], "features": 3, "params": {"fft-length": 16},
}  # fmt: skip
DEPLOYED: dict[str, Any] = {
    "contract": 1, "name": "pump", "build_id": "0123456789abcdef", "namespace": "pump_01234567", "window": WINDOW,
    "nodes": [
        SPECTRAL,
        {"id": "odd", "type": "learning", "kind": "anomaly", "block": "kmeans", "inputs": ["spectral"], "contributions": [], "classes": []},
        {"id": "kind", "type": "learning", "kind": "classification", "block": "svm", "inputs": ["spectral"], "classes": ["idle", "snake"]},
    ],
}  # fmt: skip


@pytest.fixture
def block(tmp_path):
    def make(**info: Any) -> Any:
        folder = tmp_path / "deployer"
        folder.mkdir(exist_ok=True)
        (folder / "parameters.json").write_text(
            json.dumps({"version": 1, "type": "deploy", "info": {"name": "d", **info}})
        )
        (folder / "Dockerfile").write_text("FROM debian\n")
        return resolve("./deployer", tmp_path, make_plugins())

    return make


@pytest.fixture
def request_dir(tmp_path):
    folder = tmp_path / "request"
    (folder / "impulse").mkdir(parents=True)
    (folder / "impulse" / "deployment.json").write_text(json.dumps(DEPLOYED))
    for name in ("edge-impulse-sdk", "model-parameters", "tflite-model", "src"):
        (folder / "library" / name).mkdir(parents=True)
        (folder / "library" / name / "x.h").write_text(name)
    return folder


REQUEST: dict[str, Any] = {
    "operation": "build", "params": {},
    "inputs": {"impulse": {"kind": "folder", "path": "impulse"}, "library": {"kind": "folder", "path": "library"}},
}  # fmt: skip


def test_the_input_folder(block, request_dir, tmp_path):
    made = DEPLOYMENT.enter(block(), REQUEST, request_dir, tmp_path / "seen")
    names = sorted(path.relative_to(made).as_posix() for path in made.rglob("*") if path.is_file())
    assert names == [
        "deployment-metadata.json",
        "edge-impulse-sdk/x.h",
        "model-parameters/x.h",
        "tflite-model/x.h",
    ]
    metadata = json.loads((made / "deployment-metadata.json").read_text())
    assert metadata["folders"] == {"input": "/home/input", "output": "/home/output"}


def test_the_metadata():
    found = deployment_metadata(DEPLOYED, "/home/input", "/home/output")
    assert (found["version"], found["classes"], found["sensor"]) == (1, ["idle", "snake"], "accelerometer")
    assert (found["samplesPerInference"], found["axesCount"], found["frequency"]) == (125, 3, 62.5)
    assert "apiKey" not in found["project"]
    impulse = found["impulse"]
    window = impulse["inputBlocks"][0]
    assert (window["windowSizeMs"], window["windowIncreaseMs"], window["frequencyHz"]) == (2000, 240, 62.5)
    spectral = impulse["dspBlocks"][0]
    assert (spectral["id"], spectral["type"], spectral["axes"]) == (2, "spectral-analysis", WINDOW["axes"])
    assert spectral["metadata"]["featureLabels"] == SPECTRAL["labels"]
    assert spectral["metadata"]["dspConfig"]["options"] == {"fft-length": 16}
    assert spectral["metadata"]["featureCount"] == 3
    learning = [(node["id"], node["type"], node["dsp"]) for node in impulse["learnBlocks"]]
    assert learning == [(3, "anomaly", [2]), (4, "keras", [2])]


def test_the_metadata_of_images():
    window = {"kind": "image", "width": 32, "height": 16, "channels": 3}
    node = {**SPECTRAL, "block": "image", "axes": [], "labels": [], "features": 1536}
    found = deployment_metadata({**DEPLOYED, "window": window, "nodes": [node]}, "/i", "/o")
    assert (found["samplesPerInference"], found["axesCount"], found["sensor"]) == (512, 1, "camera")
    assert found["impulse"]["inputBlocks"][0]["imageWidth"] == 32


def test_the_command_line(block):
    made = block(cliArguments="--mode 'very fast'")
    assert contract_of(made) is DEPLOYMENT
    got = DEPLOYMENT.launch(made, REQUEST, INSIDE)
    assert got.main.arguments == ("--metadata", "/home/input/deployment-metadata.json", "--mode", "very fast")
    assert got.service is None


def test_without_a_container_the_folders_are_the_real_ones(block, request_dir, tmp_path):
    made = DEPLOYMENT.enter(block(), REQUEST, request_dir, tmp_path / "seen")
    seen = Seen("/b", str(made), str(tmp_path / "out"), "python3", 1)
    got = DEPLOYMENT.launch(block(), REQUEST, seen)
    assert got.main.arguments == ("--metadata", f"{made}/deployment-metadata.json")
    metadata = json.loads((made / "deployment-metadata.json").read_text())
    assert metadata["folders"] == {"input": str(made), "output": str(tmp_path / "out")}


def test_only_building_is_asked(block):
    assert "no verify" in DEPLOYMENT.refusal(block(), "verify")
    assert DEPLOYMENT.refusal(block(), "build") is None


def packed(folder, **members):
    folder.mkdir(exist_ok=True)
    with zipfile.ZipFile(folder / "deploy.zip", "w") as archive:
        for name, text in members.items():
            archive.writestr(name, text)
    return folder


def test_a_package(block, tmp_path):
    folder = packed(tmp_path / "out", **{"firmware.bin": "x", "readme.txt": "y"})
    assert DEPLOYMENT.check(block(), "build", folder) == ()
    warnings = DEPLOYMENT.check(block(privileged=True, mountLearnBlock=True), "build", folder)
    assert [warning.split(":")[0] for warning in warnings] == [
        "its parameters.json says privileged", "its parameters.json says mountLearnBlock",
    ]  # fmt: skip


def test_no_package(block, tmp_path):
    folder = tmp_path / "out"
    folder.mkdir()
    with pytest.raises(HarvestError, match=r"left nothing in /home/output, no deploy\.zip"):
        DEPLOYMENT.check(block(), "build", folder)
    (folder / "build.log").write_text("failed")
    with pytest.raises(HarvestError, match=r"left only build\.log"):
        DEPLOYMENT.check(block(), "build", folder)


@pytest.mark.parametrize("content", [b"", b"PK", b"no archive at all"])
def test_what_does_not_open(block, tmp_path, content):
    folder = tmp_path / "out"
    folder.mkdir()
    (folder / "deploy.zip").write_bytes(content)
    with pytest.raises(HarvestError, match="is not a ZIP archive that opens"):
        DEPLOYMENT.check(block(), "build", folder)


def test_a_damaged_member(block, tmp_path):
    folder = packed(tmp_path / "out", **{"a.bin": "x" * 1000})
    content = bytearray((folder / "deploy.zip").read_bytes())
    content[100] ^= 255
    (folder / "deploy.zip").write_bytes(bytes(content))
    with pytest.raises(HarvestError, match=r"deploy\.zip: a\.bin is damaged"):
        DEPLOYMENT.check(block(), "build", folder)


@pytest.mark.parametrize("name", ["../up.txt", "a/../../up.txt", "/etc/passwd", "..\\up.txt", "C:/x"])
def test_paths_that_lead_out(block, tmp_path, name):
    with pytest.raises(HarvestError, match="leads out of it"):
        DEPLOYMENT.check(block(), "build", packed(tmp_path / "out", **{name: "x"}))


def test_an_empty_archive(block, tmp_path):
    with pytest.raises(HarvestError, match="is empty"):
        DEPLOYMENT.check(block(), "build", packed(tmp_path / "out"))


def test_what_would_swell_is_not_opened(block, tmp_path):
    folder = tmp_path / "out"
    folder.mkdir()
    with zipfile.ZipFile(folder / "deploy.zip", "w", zipfile.ZIP_BZIP2) as archive:
        archive.writestr("a.bin", bytes(1 << 20))
    with pytest.raises(HarvestError, match=r"'a\.bin' is neither stored nor deflated"):
        DEPLOYMENT.check(block(), "build", folder)


def test_a_list_that_is_too_long_is_not_read(block, tmp_path, monkeypatch):
    monkeypatch.setattr("edgewright.contracts.deployment.MAX_MEMBERS", 3)
    folder = packed(tmp_path / "out", a="1", b="2", c="3", d="4")
    with pytest.raises(HarvestError, match="more than 3 members"):
        DEPLOYMENT.check(block(), "build", folder)


def test_a_broken_stream_is_a_bad_output(block, tmp_path):
    folder = tmp_path / "out"
    folder.mkdir()
    with zipfile.ZipFile(folder / "deploy.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.bin", bytes(range(256)) * 9)
    content = bytearray((folder / "deploy.zip").read_bytes())
    content[35:41] = b"\xff" * 6
    (folder / "deploy.zip").write_bytes(bytes(content))
    with pytest.raises(HarvestError, match="is not a ZIP archive that opens"):
        DEPLOYMENT.check(block(), "build", folder)
