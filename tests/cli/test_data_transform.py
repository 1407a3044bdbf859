"""``data transform``: blocks of ours and unchanged ones of Edge Impulse's, run as processes."""

from __future__ import annotations

import json
import shutil
import wave
from pathlib import Path

import pytest

from edgewright.transforming.labels import entries_of, write_entries

LEGACY = Path(__file__).parents[1] / "containers" / "legacy"
PROCESS = ("--runner", "process", "--trust")

UPPER = '''
from edgewright_sdk import BlockError, TransformBlock


class Upper(TransformBlock):
    """Every text file in capitals, as often as asked."""

    def apply(self, source, params, out, context):
        if source is None:
            raise BlockError("give it a folder")
        for path in sorted(source.rglob("*.txt")):
            target = out / path.relative_to(source)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(path.read_text().upper() * params.times)
            context.metric("files", 1)
'''
SPEC = {
    "version": 1,
    "type": "transform",
    "info": {"title": "Upper", "name": "upper", "description": "Capitals."},
    "parameters": [{"name": "Times", "param": "times", "type": "int", "value": 1, "min": 1}],
    "edgewright": {"contract": 1},
}


@pytest.fixture
def upper(tmp_path):
    folder = tmp_path / "upper"
    folder.mkdir()
    (folder / "block.py").write_text(UPPER)
    (folder / "parameters.json").write_text(json.dumps(SPEC))
    return folder


@pytest.fixture
def data(tmp_path):
    """Four recordings of two labels, two of them in a labels file that says more."""
    folder = tmp_path / "raw"
    for label in ("idle", "moving"):
        (folder / label).mkdir(parents=True)
        for number in range(2):
            rows = [f"{time * 20},{number + time}" for time in range(50)]
            (folder / label / f"{number}.csv").write_text("timestamp,x\n" + "\n".join(rows) + "\n")
    entry = {
        "path": "idle/0.csv",
        "category": "testing",
        "label": {"type": "label", "label": "calm"},
        "metadata": {"site": "A"},
    }
    (folder / "info.labels").write_text(json.dumps({"version": 1, "files": [entry]}))
    return folder


def files(folder):
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def test_our_block_over_a_folder(cli, upper, tmp_path):
    (tmp_path / "texts" / "a").mkdir(parents=True)
    (tmp_path / "texts" / "a" / "x.txt").write_text("one ")
    out = tmp_path / "out"
    result = cli(
        "data", "transform", upper, tmp_path / "texts", "-o", out, "-p", "times=2", *PROCESS, "--json"
    )
    assert result.code == 0, result.err
    assert (out / "a" / "x.txt").read_text() == "ONE ONE "
    document = result.json()
    assert (document["files"], document["runs"], document["metrics"]) == (1, 1, {"files": 1.0})


def test_what_is_known_of_a_file_goes_on_to_the_one_of_its_name(cli, upper, tmp_path):
    (tmp_path / "texts").mkdir()
    for name in ("x", "y"):
        (tmp_path / "texts" / f"{name}.txt").write_text(name)
    entry = {"path": "x.txt", "category": "training", "label": {"type": "label", "label": "still"}}
    (tmp_path / "texts" / "info.labels").write_text(json.dumps({"version": 1, "files": [entry]}))
    out = tmp_path / "out"
    assert cli("data", "transform", upper, tmp_path / "texts", "-o", out, *PROCESS).code == 0
    assert json.loads((out / "info.labels").read_text())["files"] == [entry]


def test_our_block_over_one_file(cli, upper, tmp_path):
    (tmp_path / "x.txt").write_text("one")
    assert cli("data", "transform", upper, tmp_path / "x.txt", "-o", tmp_path / "out", *PROCESS).code == 0
    assert (tmp_path / "out" / "x.txt").read_text() == "ONE"


def test_a_failure_leaves_nothing(cli, upper, tmp_path):
    result = cli("data", "transform", upper, "-o", tmp_path / "out", *PROCESS)
    assert result.code == 1
    assert "give it a folder" in result.err
    assert not (tmp_path / "out").exists()
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".edgewright")] == []


def test_a_block_once_a_file(cli, data, tmp_path):
    out = tmp_path / "out"
    result = cli(
        "data", "transform", LEGACY / "shift_file", data, "-o", out, "-p", "by=2.5", *PROCESS, "--json"
    )
    assert result.code == 0, result.err
    assert files(out) == [
        "idle/0.shifted.csv", "idle/1.shifted.csv", "info.labels", "moving/0.shifted.csv", "moving/1.shifted.csv",
    ]  # fmt: skip
    assert (out / "moving" / "1.shifted.csv").read_text().splitlines()[:3] == [
        "timestamp,x",
        "0,3.5",
        "20,4.5",
    ]
    assert (result.json()["runs"], result.json()["checks"]) == (4, {"ei_check": True})
    entries = {entry["path"]: entry for entry in json.loads((out / "info.labels").read_text())["files"]}
    # what was known of the file goes on; its metadata was handed over and came back with more
    assert entries["idle/0.shifted.csv"]["label"] == {"type": "label", "label": "calm"}
    assert entries["idle/0.shifted.csv"]["metadata"] == {"site": "A", "shifted_by": 2.5, "ei_check": 1}
    assert entries["moving/1.shifted.csv"]["metadata"] == {"shifted_by": 2.5, "ei_check": 1}
    shown = cli("data", "show", out, "--json").json()
    assert {label["label"]: label["samples"] for label in shown["labels"]} == {
        "calm": 1,
        "idle": 1,
        "moving": 2,
    }


def test_only_some_files(cli, data, tmp_path):
    result = cli(
        "data",
        "transform",
        LEGACY / "shift_file",
        data,
        "-o",
        tmp_path / "out",
        "--only",
        "moving/*",
        *PROCESS,
    )
    assert result.code == 0, result.err
    assert files(tmp_path / "out") == ["info.labels", "moving/0.shifted.csv", "moving/1.shifted.csv"]
    result = cli(
        "data",
        "transform",
        LEGACY / "shift_file",
        data,
        "-o",
        tmp_path / "other",
        "--only",
        "*.wav",
        *PROCESS,
    )
    assert result.code == 2
    assert "no file to work on that fits '*.wav'" in result.err


def test_a_file_that_fails_is_named(cli, data, tmp_path):
    (data / "moving" / "2.csv").write_text("timestamp,x\n0,not a number\n")
    result = cli("data", "transform", LEGACY / "shift_file", data, "-o", tmp_path / "out", *PROCESS)
    assert result.code == 1
    assert "moving/2.csv: " in result.err
    assert not (tmp_path / "out").exists()
    result = cli(
        "data",
        "transform",
        LEGACY / "shift_file",
        data,
        "-o",
        tmp_path / "out",
        "--keep-going",
        *PROCESS,
        "--json",
    )
    assert result.code == 1
    assert [name for name, _ in result.json()["failed"]] == ["moving/2.csv"]
    assert result.json()["files"] == 4


def test_a_block_over_a_directory_needs_to_be_told_so(cli, data, tmp_path):
    result = cli(
        "data",
        "transform",
        LEGACY / "count_directory",
        data,
        "-o",
        tmp_path / "out",
        "--type",
        "transform",
        *PROCESS,
    )
    assert result.code == 2
    assert "--operates-on file | directory | standalone" in result.err
    how = ("--type", "transform", "--operates-on", "directory")
    result = cli(
        "data", "transform", LEGACY / "count_directory", data, "-o", tmp_path / "out", *how, *PROCESS
    )
    assert result.code == 0, result.err
    assert (tmp_path / "out" / "count.txt").read_text() == "4"
    assert (tmp_path / "out" / "environment.txt").read_text().split() == [
        "EI_API_ENDPOINT", "EI_API_KEY", "EI_INGESTION_HOST", "EI_LAST_SUCCESSFUL_RUN", "EI_ORGANIZATION_ID",
        "EI_PROJECT_API_KEY", "EI_PROJECT_ID",
    ]  # fmt: skip
    result = cli("data", "transform", LEGACY / "count_directory", "-o", tmp_path / "other", *how, *PROCESS)
    assert result.code == 2
    assert "works on a directory" in result.err


def test_what_a_block_uploads_becomes_data_of_an_impulse(cli, tmp_path, monkeypatch):
    out = tmp_path / "tones"
    for label, count in (("low", 5), ("high", 2)):
        how = ("-p", f"label={label}", "-p", f"count={count}", "-p", "upload-category=training")
        result = cli("data", "transform", LEGACY / "tones", "-o", tmp_path / label, *how, *PROCESS)
        assert result.code == 0, result.err
    assert files(tmp_path / "low")[-1] == "training/low.4.wav"
    with wave.open(str(tmp_path / "low" / "training" / "low.4.wav")) as file:
        assert file.getnframes() == 8000
    entry = json.loads((tmp_path / "low" / "info.labels").read_text())["files"][0]
    assert entry == {
        "path": "training/low.0.wav", "category": "training", "label": {"type": "label", "label": "low"},
        "metadata": {"generated_by": "tones", "height": 200.0},
    }  # fmt: skip
    out.mkdir()
    for label in ("low", "high"):
        shutil.copytree(tmp_path / label / "training", out / label)
    (tmp_path / "impulse.yaml").write_text(
        "version: 1\nname: tones\ndata: {path: tones, normal: [low], abnormal: [high]}\n"
        "input: {kind: time-series, frequency: 8000, window_ms: 250, stride_ms: 250}\n"
        "processing: [{id: flat, block: flatten}]\nlearning: [{id: odd, block: kmeans, input: [flat], params: {clusters: 2}}]\n"
    )
    monkeypatch.chdir(tmp_path)
    result = cli("data", "split", "impulse.yaml", "--json")
    assert result.code == 0, result.err
    found = result.json()
    assert {sample["label"] for sample in found["samples"]} == {"low", "high"}
    assert sum(found["windows"].values()) == 7 * 4


def test_what_is_no_transform_block_is_refused(cli, data, tmp_path):
    result = cli("data", "transform", "flatten", data, "-o", tmp_path / "out")
    assert result.code == 2
    assert "flatten is a processing block, not one that transforms data" in result.err
    (tmp_path / "labels").mkdir()
    document = {
        "version": 1,
        "type": "ai-action",
        "info": {"name": "Labels", "operatesOn": ["audio"]},
        "parameters": [],
    }
    (tmp_path / "labels" / "parameters.json").write_text(json.dumps(document))
    result = cli("data", "transform", tmp_path / "labels", data, "-o", tmp_path / "out")
    assert result.code == 2
    assert "an AI labelling block is a client of Edge Impulse's project API" in result.err


def test_a_full_output_folder_is_refused(cli, upper, data, tmp_path):
    result = cli("data", "transform", upper, data, "-o", data, *PROCESS)
    assert result.code == 2
    assert "is not an empty folder" in result.err


@pytest.mark.parametrize(
    ("option", "value", "said"),
    [
        ("--secret", "TOKEN", "not NAME=env:VARIABLE"),
        ("--secret", "TOKEN=abc", "a secret is"),
        ("--limit", "days=3", "limits are seconds"),
        ("--mount", "x=/nowhere/at/all", "is no mount"),
        ("--secret", "OTHER=env:HOME", "is no secret"),
    ],
)
def test_grants_that_are_none(cli, upper, data, tmp_path, option, value, said):
    result = cli("data", "transform", upper, data, "-o", tmp_path / "out", option, value, *PROCESS)
    assert result.code == 2, result.err
    assert said in result.err


def test_a_secret_reaches_a_block_and_nothing_else(cli, tmp_path, monkeypatch):
    block = tmp_path / "asks"
    block.mkdir()
    (block / "Dockerfile").write_text(
        'FROM python:3.11-slim-bookworm\nWORKDIR /app\nCOPY . ./\nENTRYPOINT ["python3", "ask.py"]\n'
    )
    (block / "ask.py").write_text(
        "import hashlib, os, sys\n"
        "print('the token is', os.environ['API_TOKEN'])\n"
        "folder = sys.argv[sys.argv.index('--out-directory') + 1]\n"
        "open(folder + '/digest.txt', 'w').write(hashlib.sha256(os.environ['API_TOKEN'].encode()).hexdigest())\n"
    )
    parameters = [{"name": "Token", "param": "API_TOKEN", "type": "secret", "value": ""}]
    info = {"name": "Asks", "operatesOn": "directory"}
    (block / "parameters.json").write_text(
        json.dumps({"version": 1, "type": "transform", "info": info, "parameters": parameters})
    )
    (tmp_path / "empty").mkdir()
    (tmp_path / "empty" / "a.txt").write_text("a")
    monkeypatch.setenv("MY_TOKEN", "s3cret-value")
    out = tmp_path / "out"
    result = cli(
        "data",
        "transform",
        block,
        tmp_path / "empty",
        "-o",
        out,
        "--secret",
        "API_TOKEN=env:MY_TOKEN",
        *PROCESS,
    )
    assert result.code == 0, result.err
    assert "s3cret-value" not in result.out + result.err
    import hashlib

    assert (out / "digest.txt").read_text() == hashlib.sha256(b"s3cret-value").hexdigest()
    result = cli("data", "transform", block, tmp_path / "empty", "-o", tmp_path / "other", *PROCESS)
    assert result.code == 1
    assert "asks for the secret API_TOKEN: --secret API_TOKEN=env:API_TOKEN" in result.err


@pytest.mark.skipif(not Path("/proc/self/cmdline").exists(), reason="finds the service in /proc")
def test_a_service_that_died_is_no_success(cli, tmp_path):
    shutil.copytree(LEGACY / "tones", tmp_path / "tones")
    program = tmp_path / "tones" / "generate.py"
    kill = (
        "\nimport glob, signal, time\n"
        "for path in glob.glob('/proc/[0-9]*/environ'):\n"
        "    try:\n        told = open(path, 'rb').read()\n"
        "    except OSError:\n        continue\n"
        "    if b'EDGEWRIGHT_INGESTION_KEY=' + KEY.encode() in told:\n"
        "        os.kill(int(path.split('/')[2]), signal.SIGTERM)\n"
        "time.sleep(0.4)\n"
    )
    program.write_text(program.read_text() + kill)
    result = cli("data", "transform", tmp_path / "tones", "-o", tmp_path / "out", *PROCESS)
    assert result.code == 1, result.out
    assert "its server ended before the task was done" in result.err
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("ei-metadata.json", "{"),
        ("ei-metadata.json", '{"version": 1, "action": "forget", "metadata": {}}'),
        ("ei-metadata.json", '{"version": 2, "metadata": {}}'),
        ("ei-metadata.json", '{"version": 1, "metadata": []}'),
        ("info.labels", '{"files": 3}'),
        ("info.labels", '{"files": [{"path": "a.txt", "metadata": [1]}]}'),
        ("info.labels", "[" * 100_000),
    ],
)
def test_documents_that_a_block_garbles(cli, tmp_path, name, text):
    block = tmp_path / "garbles"
    block.mkdir()
    program = (
        f"def write(out):\n    (out / 'a.txt').write_text('a')\n    (out / {name!r}).write_text({text!r})\n"
    )
    (block / "block.py").write_text(
        f"from edgewright_sdk import TransformBlock\n\n\n{program}\n\n"
        "class Garbles(TransformBlock):\n    def apply(self, source, params, out, context):\n        write(out)\n"
    )
    (block / "parameters.json").write_text(json.dumps({**SPEC, "parameters": []}))
    result = cli("data", "transform", block, "-o", tmp_path / "out", *PROCESS)
    assert result.code in (1, 2), result.err
    assert name in result.err
    assert "internal error" not in result.err
    assert not (tmp_path / "out").exists()


def test_labels_of_half_a_character_are_written(tmp_path):
    write_entries(tmp_path, [{"path": "a", "label": "\ud800"}])
    assert entries_of(tmp_path)["a"]["label"] == "?"
